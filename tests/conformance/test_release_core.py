"""CDISC's own engine on de-identified releases: every issue is explained, no explanation is stale."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cdisc_kit.core_engine import as_findings, run_core
from cdisc_kit.decisions import settle
from cdisc_kit.explanations import read_define_texts

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from demo import cdisc_kit, make_demo

REFERENCE = os.environ.get("CDISC_KIT_REFERENCE", "")
# What `build --demo` leaves and takes least time; `CDISC_KIT_CORE_RELEASES=all` judges every tier of both.
DEFAULT = [("capeox", "T1")]
ALL = [*DEFAULT, ("capeox", "T2"), ("atg", "T1"), ("atg", "T2")]
WANTED = ALL if os.environ.get("CDISC_KIT_CORE_RELEASES") == "all" else DEFAULT

pytestmark = [
    pytest.mark.core,
    pytest.mark.skipif(not REFERENCE, reason="CDISC_KIT_REFERENCE is not set: no rules for the engine"),
    pytest.mark.skipif(sys.version_info[:2] != (3, 12), reason="CDISC's engine runs on Python 3.12 only"),
]


@pytest.mark.parametrize(  # in the worker that builds the package for other tests
    ("study", "tier"), [pytest.param(s, t, marks=pytest.mark.xdist_group(f"demo-{s}")) for s, t in WANTED]
)
def test_every_issue_of_a_release_is_explained(
    study: str, tier: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, internal = released(study, tier, tmp_path, tmp_path_factory)
    (cache,) = Path(REFERENCE, "core-cache").glob("*.tar.xz")
    result = run_core(data / "sdtm" / "xpt", cache=cache, define=data / "define.xml")
    assert result.errors == ()
    assert len(result.judged) > 300
    explanations = read_define_texts(internal, "explanations").explanations
    settled, stale = settle(as_findings(result), explanations, lambda rule: True)
    assert [one.finding.one_line() for one in settled if one.stands] == []
    assert [str(one) for one in stale] == []


def released(
    study: str, tier: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The data of a release and the folder of its internal reports."""
    if (study, tier) in DEFAULT:
        made = make_demo(study, tmp_path_factory.getbasetemp()).out / "ipd"
        return made / "release" / "data", made / "internal"
    run = cdisc_kit("share", "prepare", "--study", study, "--demo", "--tier", tier, cwd=folder)
    assert run.returncode == 0, run.stdout + run.stderr
    made = folder / "ipd" / study
    return made / "release" / "data", made / "internal" / "reports" / "review"
