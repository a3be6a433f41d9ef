"""One thing at a time is wrong with a demonstration package: the checks say what and where, no more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdisc_kit.check import check_folder

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "corruptions"), str(TESTS / "e2e")]

import packages  # noqa: E402
from demo import STUDIES, cdisc_kit  # noqa: E402
from planting import LEVELS, entries, exact_share, judge, lines, new, plant, summary  # noqa: E402

CUT_DOWN = {"DEFINE-WHERE-EMPTY", "DEFINE-WHERE-MISSING"}  # what the Define-XML says of records left out

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    "study", [pytest.param(s, marks=pytest.mark.xdist_group(f"demo-{s}")) for s in STUDIES]
)
def test_each_corruption_is_found_where_it_is(
    study: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    built = cdisc_kit("build", "--study", study, "--demo", "--out", tmp_path / "out", cwd=tmp_path)
    assert built.returncode == 0, built.stdout + built.stderr
    sdtm, base = tmp_path / "out" / "sdtm", tmp_path / "base"
    tables = packages.read_tables(sdtm, study)
    packages.write_package(tables, sdtm / "define.xml", base)
    clean = check_folder(base).findings
    assert not [f.one_line() for f in clean if f.rule not in CUT_DOWN]
    verdicts, problems = [], []
    for at, entry in enumerate(e for e in entries() if e["study"] == study):
        folder = tmp_path / str(at)
        packages.link(base, folder)
        planted = plant(entry, tables, folder)
        verdict = judge(planted, new(check_folder(folder).findings, clean))
        verdicts.append(verdict)
        problems += lines(planted, verdict)
    record_property("summary", f"{study}: {summary(verdicts)}")
    assert not problems, "\n".join(problems)
    assert exact_share(verdicts) >= 0.95


def test_there_are_corruptions_of_every_level_and_names_stand_once() -> None:
    found = entries()
    names = [entry["name"] for entry in found]
    assert len(names) == len(set(names)) >= 120
    assert {entry["level"] for entry in found} == set(LEVELS)
    assert all(consequence["reason"] for entry in found for consequence in entry.get("also", ()))
