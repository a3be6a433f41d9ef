"""The built-in rules beside CDISC CORE: `CDISC_KIT_CORE_CACHE=… python tests/benchmarks/check_ratio.py SDTM`.

SDTM is the folder of the demonstration package of `atg`. Both judge fifteen of its datasets, as they are and
with every subject several times over. CORE runs only the rules that the built-in ones name as theirs. CPU
seconds are those of the run and its processes, in one go; memory is the peak of a process with `check_folder`
alone, what the libraries take included.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "corruptions")]

DATASETS = "AE CM DM DS EC EX LB MB MH SE SS SV TA TE VS"


def enlarged(sdtm: Path, folder: Path, times: int) -> tuple[int, int]:
    """The fifteen datasets, every subject `times` over under numbers of their own; (records, bytes)."""
    import pandas as pd  # noqa: PLC0415
    from packages import Table, _read, write_package  # noqa: PLC0415

    tables = {name: _read(sdtm / f"{name.lower()}.xpt") for name in DATASETS.split()}
    numbers = "|".join(tables["DM"].frame["SUBJID"])

    def copy(table: Table, at: int) -> pd.DataFrame:
        renamed = re.compile(rf"(?<![\d.])0({'|'.join(n[1:] for n in numbers.split('|'))})(?![\d.])")
        frame = table.frame.copy()
        for variable in table.variables:
            if variable.type == "Char":
                texts = {text: renamed.sub(rf"{at}\1", text) for text in frame[variable.name].unique()}
                frame[variable.name] = frame[variable.name].map(texts)
        return frame

    for name, table in tables.items():
        if "USUBJID" in table.frame:
            frame = pd.concat([copy(table, at) for at in range(times)], ignore_index=True)
            tables[name] = replace(table, frame=frame)
    write_package(tables, sdtm / "define.xml", folder)
    return sum(len(t.frame) for t in tables.values()), sum(p.stat().st_size for p in folder.glob("*.xpt"))


def builtin(folder: Path, rounds: int) -> tuple[float, float, int]:
    """(CPU seconds, peak MB, findings) of the built-in rules in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_builtin, folder, rounds).result()


def _builtin(folder: Path, rounds: int) -> tuple[float, float, int]:
    from ratios import _peak  # noqa: PLC0415

    from cdisc_kit.check import check_folder  # noqa: PLC0415

    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        result = check_folder(folder)
        seconds.append(time.process_time() - start)
    return min(seconds), _peak() / 1024, len(result.findings)


def shared_rules(cache: Path) -> list[str]:
    """The rules of CORE that a built-in rule names, itself or by the CDISC rule it carries out."""
    from cdisc_kit.check.rules import load_rules  # noqa: PLC0415
    from cdisc_kit.core_engine.result import reference_of  # noqa: PLC0415
    from cdisc_kit.core_engine.rules_cache import open_cache, read_cache_file  # noqa: PLC0415

    named = {reference for rule in load_rules() for reference in rule.info.reference}
    opened = open_cache(cache)
    rules = read_cache_file(opened, "rules.pkl")
    of_guide = read_cache_file(opened, "rules_dictionary.pkl")["sdtmig/3-4"]
    return [
        one for one in of_guide if one in named or named & set(re.findall(r"CG\d+", reference_of(rules[one])))
    ]


def core(folder: Path, cache: Path, rules: list[str]) -> tuple[float, int, int]:
    """(CPU seconds of its processes, rules that were judged, issues)."""
    from cdisc_kit.core_engine import run_core  # noqa: PLC0415

    before, own = _of_children(), time.process_time()
    result = run_core(folder, cache=cache, define=folder / "define.xml", rules=rules)
    seconds = _of_children() - before + time.process_time() - own
    return seconds, len(result.judged), len(result.issues)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    from cdisc_kit.core_engine.rules_cache import locate_cache  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sdtm", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 6])
    parser.add_argument("--core-to", type=int, default=6, help="no CORE beyond this many times")
    options = parser.parse_args()
    cache = locate_cache()
    rules = shared_rules(cache)
    print(f"\nrules of CORE that are named: {len(rules)}")
    print(
        "| subjects times | records | MB of files | built-in s | peak MB | found | CORE s | found | ratio |"
    )
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as work:
        for times in options.times:
            folder = Path(work) / str(times)
            records, size = enlarged(options.sdtm, folder, times)
            seconds, peak, found = builtin(folder, 3)
            row = [times, f"{records:,}", f"{size / 1e6:.0f}", f"{seconds:.2f}", f"{peak:.0f}", found]
            if times <= options.core_to:
                theirs, _, issues = core(folder, cache, rules)
                row += [f"{theirs:.0f}", issues, f"{theirs / seconds:.0f}"]
            print("|", " | ".join(map(str, row)), "|", flush=True)


if __name__ == "__main__":
    main()
