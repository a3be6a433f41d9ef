"""Every corruption in packages of any size: `python tests/corruptions/run.py [--name TEXT] STUDY=FOLDER…`.

FOLDER holds the SDTM files of the study's demonstration package; with `--small` they are cut down first.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import packages
from planting import Verdict, entries, judge, lines, new, plant, summary

from cdisc_kit.check import check_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="", help="only entries with this text in the name")
    parser.add_argument("--level", default="")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    verdicts: list[Verdict] = []
    start = time.process_time()
    with tempfile.TemporaryDirectory() as work:
        for study, folder in (text.split("=") for text in options.folders):
            verdicts += _study(study, Path(folder), Path(work), options)
    print(summary(verdicts), f"({time.process_time() - start:.0f} s CPU)")


def _study(study: str, folder: Path, work: Path, options: argparse.Namespace) -> list[Verdict]:
    tables = packages.read_tables(folder, study if options.small else "")
    base = work / study
    packages.write_package(tables, folder / "define.xml", base)
    clean = check_folder(base).findings
    for finding in clean:
        print("CLEAN", finding.one_line())
    verdicts = []
    for entry in entries():
        if (
            entry["study"] != study
            or options.name not in entry["name"]
            or options.level not in entry["level"]
        ):
            continue
        changed = work / "changed"
        shutil.rmtree(changed, ignore_errors=True)
        packages.link(base, changed)
        try:
            planted = plant(entry, tables, changed)
        except Exception as error:
            print(f"{entry['name']}: cannot be planted: {error!r}")
            continue
        findings = new(check_folder(changed).findings, clean)
        verdict = judge(planted, findings)
        verdicts.append(verdict)
        for line in lines(planted, verdict):
            print(line)
    return verdicts


if __name__ == "__main__":
    main()
