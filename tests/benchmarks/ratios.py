"""Every figure of docs/performance.md in one run: `python tests/benchmarks/ratios.py [--quick]`.

Each measurement has a process of its own: CPU seconds are the least of some rounds, memory is the peak of
that process less what importing the libraries takes. Only ratios of one run are worth comparing.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import io
import multiprocessing
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
DEMO_SEED = "20260701"


def measured(work: Callable[..., object], rounds: int, *arguments: object) -> tuple[float, float]:
    """(CPU seconds, MB above the libraries) of `work(*arguments)` in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_timed, work, rounds, arguments).result()


def _timed(work: Callable[..., object], rounds: int, arguments: tuple[object, ...]) -> tuple[float, float]:
    import cdisc_kit.pipeline  # noqa: F401, PLC0415 - what is imported anyway is not measured

    before = _peak()
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        own = work(*arguments)
        seconds.append(own if isinstance(own, float) else time.process_time() - start)
    return min(seconds), (_peak() - before) / 1024


def _peak() -> int:
    """Peak memory of this process in kB; getrusage would start from the parent's (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def by_engine(folder: str) -> None:
    from cdisc_kit.pipeline import build  # noqa: PLC0415
    from cdisc_kit.spec import load_study  # noqa: PLC0415

    build(load_study(HERE / "laboratory"), Path(folder))


def by_mapping(folder: str) -> float:
    """The engine without cleaning cells, accounting for each and lengths, which plain pandas leaves out."""
    from cdisc_kit.build.study import build_datasets  # noqa: PLC0415
    from cdisc_kit.pipeline import prepare_forms  # noqa: PLC0415
    from cdisc_kit.raw.read import read_raw  # noqa: PLC0415
    from cdisc_kit.raw.resolution import read_resolutions  # noqa: PLC0415
    from cdisc_kit.spec import load_study  # noqa: PLC0415

    spec = load_study(HERE / "laboratory")
    start = time.process_time()
    raw = read_raw(spec, Path(folder)).tables
    seconds = time.process_time() - start
    forms, _ = prepare_forms(spec, raw, read_resolutions(Path(folder), spec.sources.resolution))
    start = time.process_time()
    build_datasets(spec, forms)
    return seconds + time.process_time() - start


def by_hand(folder: str) -> None:
    sys.path.insert(0, str(HERE))
    from laboratory_plain import plain  # noqa: PLC0415

    plain(Path(folder))


def written(rows: int, ours: bool) -> None:
    import pyreadstat  # noqa: PLC0415

    from cdisc_kit.xpt import XptVariable, write_xpt  # noqa: PLC0415

    sys.path.insert(0, str(HERE))
    from test_xpt_benchmark import frame_of  # noqa: PLC0415

    frame = _FRAMES.setdefault(rows, frame_of(rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "zz.xpt"
        if ours:
            write_xpt(path, "ZZ", "", frame, [XptVariable(name, "", "Char", 12) for name in frame.columns])
        else:
            pyreadstat.write_xport(frame, path, table_name="ZZ", file_format_version=5)


_FRAMES: dict[int, object] = {}


def demo_build(study: str, raw: str) -> None:
    from cdisc_kit.cli import main  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as out:
        arguments = ["build", "--study", study, "--raw", raw, "--out", f"{out}/package"]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            main(arguments, standalone_mode=False)


def own_share(study: str, raw: str) -> float:
    """The share of a demo build's profile that is self time of the kit's own Python lines."""
    profile = cProfile.Profile()
    profile.runcall(demo_build, study, raw)
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(row[2] for row in stats.values())
    return sum(row[2] for (file, *_), row in stats.items() if "/cdisc_kit/" in file) / total


def laboratory(sizes: list[int]) -> None:
    sys.path.insert(0, str(HERE))
    from laboratory_plain import write_raw  # noqa: PLC0415

    print(
        "\n| results | plain pandas s | MB | read, map s | plain / map | whole engine s | MB | plain / all |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_raw(Path(folder), size)
            mapping, _ = measured(by_mapping, 5, folder)
            ours, peak = measured(by_engine, 5, folder)
            theirs, their_peak = measured(by_hand, 5, folder)
        row = [f"{size:,}", f"{theirs:.2f}", f"{their_peak:.0f}", f"{mapping:.2f}", f"{theirs / mapping:.2f}"]
        print(f"| {' | '.join([*row, f'{ours:.2f}', f'{peak:.0f}', f'{theirs / ours:.2f}'])} |")


def transport(sizes: list[int]) -> None:
    print("\n| rows x 25 | write_xpt s | pyreadstat s | ratio |\n|---|---|---|---|")
    for size in sizes:
        # the frame is made in the first round, which is never the least
        ours, _ = measured(written, 3, size, True)
        theirs, _ = measured(written, 2, size, False)
        print(f"| {size:,} | {ours:.2f} | {theirs:.2f} | {theirs / ours:.1f} |")


def demos() -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from cdisc_kit.cli import main  # noqa: PLC0415

    print("\n| study | build CPU s | peak MB | own Python |\n|---|---|---|---|")
    for study in ("atg", "capeox"):
        with tempfile.TemporaryDirectory() as folder:
            raw = f"{folder}/raw"
            CliRunner().invoke(
                main, ["synth", "--study", study, "--out", raw, "--seed", DEMO_SEED], catch_exceptions=False
            )
            seconds, peak = measured(demo_build, 2, study, raw)
            print(f"| {study} | {seconds:.1f} | {peak:.0f} | {own_share(study, raw):.0%} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    tenth = 10 if parser.parse_args().quick else 1
    laboratory([100_000 // tenth, 1_000_000 // tenth])
    transport([1_000_000 // tenth])
    demos()
