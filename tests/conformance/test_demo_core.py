"""CDISC's own engine on both demonstration packages: every issue is explained, no explanation is stale."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cdisc_kit.core_engine import as_findings, run_core
from cdisc_kit.decisions import settle
from cdisc_kit.explanations import read_define_texts

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from demo import STUDIES, make_demo

ROOT = Path(__file__).parents[2]
REFERENCE = os.environ.get("CDISC_KIT_REFERENCE", "")

pytestmark = [
    pytest.mark.core,
    pytest.mark.skipif(not REFERENCE, reason="CDISC_KIT_REFERENCE is not set: no rules for the engine"),
    pytest.mark.skipif(sys.version_info[:2] != (3, 12), reason="CDISC's engine runs on Python 3.12 only"),
]


@pytest.mark.parametrize(  # in the worker that builds the package for other tests
    "study", [pytest.param(s, marks=pytest.mark.xdist_group(f"demo-{s}")) for s in STUDIES]
)
def test_every_issue_is_explained(study: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    demo = make_demo(study, tmp_path_factory.getbasetemp())
    (cache,) = Path(REFERENCE, "core-cache").glob("*.tar.xz")
    sdtm = demo.out / "sdtm"
    result = run_core(sdtm, cache=cache, define=sdtm / "define.xml")
    assert result.errors == ()
    assert len(result.judged) > 300
    explanations = read_define_texts(ROOT / "define", study).explanations
    settled, stale = settle(as_findings(result), explanations, lambda rule: True)
    assert stale == []
    assert [one.finding.one_line() for one in settled if one.stands] == []
