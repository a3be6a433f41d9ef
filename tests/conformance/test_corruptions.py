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
from demo import STUDIES, make_demo  # noqa: E402
from planting import LEVELS, entries, exact_share, judge, lines, new, plant, summary  # noqa: E402

CUT_DOWN = {"DEFINE-WHERE-EMPTY", "DEFINE-WHERE-MISSING"}  # what the Define-XML says of records left out

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    "study", [pytest.param(s, marks=pytest.mark.xdist_group(f"demo-{s}")) for s in STUDIES]
)
def test_each_corruption_is_found_where_it_is(
    study: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Callable[[str, object], None],
) -> None:
    sdtm = make_demo(study, tmp_path_factory.getbasetemp()).out / "sdtm"
    bases = packages.bases(sdtm, study, tmp_path, small=True)
    assert not [f.one_line() for base in bases for f in base.clean if f.rule not in CUT_DOWN]
    verdicts, problems = [], []
    for at, entry in enumerate(e for e in entries() if e["study"] == study):
        base, folder = packages.base_of(entry, bases), tmp_path / str(at)
        packages.link(base.folder, folder)
        planted = plant(entry, base.tables, folder)
        verdict = judge(planted, new(check_folder(folder).findings, base.clean))
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
