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
from planting import LEVELS, Verdict, entries, judge, lines, new, plant, summary

from cdisc_kit.check import check_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="", help="only entries with this text in the name")
    parser.add_argument("--level", default="")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    levels: dict[str, list[Verdict]] = {level: [] for level in LEVELS}
    start = time.process_time()
    with tempfile.TemporaryDirectory() as work:
        for study, folder in (text.split("=") for text in options.folders):
            _study(study, Path(folder), Path(work), options, levels)
    for level, verdicts in levels.items():
        print(f"{level}: {summary(verdicts)}")
    everything = [verdict for verdicts in levels.values() for verdict in verdicts]
    print(summary(everything), f"({time.process_time() - start:.0f} s CPU)")


def _study(
    study: str, folder: Path, work: Path, options: argparse.Namespace, levels: dict[str, list[Verdict]]
) -> None:
    bases = packages.bases(folder, study, work, small=options.small)
    for base in bases:
        for finding in base.clean:
            print("CLEAN", base.folder.name, finding.one_line())
    for entry in entries():
        if (
            entry["study"] != study
            or options.name not in entry["name"]
            or options.level not in entry["level"]
        ):
            continue
        changed = work / "changed"
        shutil.rmtree(changed, ignore_errors=True)
        base = packages.base_of(entry, bases)
        packages.link(base.folder, changed)
        try:
            planted = plant(entry, base.tables, changed)
        except Exception as error:
            print(f"{entry['name']}: cannot be planted: {error!r}")
            continue
        findings = new(check_folder(changed).findings, base.clean)
        verdict = judge(planted, findings)
        levels[entry["level"]].append(verdict)
        for line in lines(planted, verdict):
            print(line)


if __name__ == "__main__":
    main()
