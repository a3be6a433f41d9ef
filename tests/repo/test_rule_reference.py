"""docs/conformance-rules.md is what its generator writes."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_rules_is_current() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "make_rule_reference.py"))
    written = (ROOT / "docs" / "conformance-rules.md").read_text(encoding="utf-8")
    assert written == tool["reference"](), "run tools/make_rule_reference.py"
