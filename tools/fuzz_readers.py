"""Damage real files for as long as you like: `tools/fuzz_readers.py xpt FILE --examples 20000`.

Prints how many examples ran, how many stopped the reader, and the longest time of one. For `define` the
datasets beside the document are read too, and every rule about Define-XML runs on each example.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "property"))

from damage import check_damaged_define, damaged, read_damaged_xpt

from cdisc_kit.check.folder import read_folder


def main() -> int:
    """The exit code: 1 where an example stopped a reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("xpt", "define"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--examples", type=int, default=20_000)
    chosen = parser.parse_args()
    data = chosen.file.read_bytes()
    datasets = read_folder(chosen.file.parent).datasets if chosen.kind == "define" else {}
    times: list[float] = []
    stops: dict[str, int] = {}

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / chosen.file.name

        @settings(
            max_examples=chosen.examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(example=damaged(data))
        def run(example: bytes) -> None:
            start = time.perf_counter()
            try:
                if chosen.kind == "xpt":
                    read_damaged_xpt(path, example)
                else:
                    check_damaged_define(path, example, datasets)
            except Exception:
                last = traceback.format_exc(limit=-1)
                if last not in stops:
                    print(traceback.format_exc(), file=sys.stderr)
                stops[last] = stops.get(last, 0) + 1
            times.append(time.perf_counter() - start)

        run()
    print(f"{len(times)} examples, {sum(stops.values())} stopped the reader, longest {max(times):.3f} s")
    return 1 if stops else 0


if __name__ == "__main__":
    sys.exit(main())
