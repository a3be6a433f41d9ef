"""The mapping language's reference is generated: it says what the schema says."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_reference_is_up_to_date() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "make_mapping_reference.py"))
    written = (ROOT / "docs" / "mapping-language.md").read_text(encoding="utf-8")
    assert written == tool["text"](), "run python tools/make_mapping_reference.py"
