"""Reading is settled: a canonical cell reads as itself, and no change goes without a rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdisc_kit.normalise.dates import DateRules
from cdisc_kit.normalise.readers import cell_reader
from cdisc_kit.normalise.times import LAST_MINUTE
from cdisc_kit.spec.column_schema import COLUMN_TYPES
from cdisc_kit.spec.model import ColumnSpec

CODES = {"1": "无", "2": "不详", "3": "-80℃", "QD": "qd", "1A": "肝 癌"}
COLUMNS = [
    ColumnSpec("X", "列", kind, codes=CODES if kind.startswith("code") else {}, comparator=kind == "number")
    for kind in COLUMN_TYPES
]
RULES = DateRules.of(("%Y/%m/%d", "%Y-%m"), ("UK", "不详"), "2026-10-31", "1900")
# Characters of which dates, numbers, tokens and accidents are made, so that every reader is reached.
ALPHABET = (
    "0123456789-/.:年月日点半早晚时分TUKND<>=≤≥小于大,;、+eE（）()％℃⁹²⁻×^无不详是否有√ABqd"
    "１２．： \u3000\xa0\n\t\ufeff\u200bé\u0301è‚"
)
SHAPE = r"(19|20)?[0-9]{2}[-/.年][01]?[0-9][-/.月][0-3]?[0-9]日?( [0-2]?[0-9]:[0-5][0-9])?"
CELLS = st.one_of(
    st.text(ALPHABET, max_size=14),
    st.text(max_size=8),
    st.from_regex(SHAPE, fullmatch=True),
    st.sampled_from(["45904", "45904.5", "24:00", "-", "(-)", "ND", "UK", "NA", "无;不详", "1.2E+4", "≤ 40"]),
)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: c.type)
@settings(max_examples=250, deadline=None)
@given(raw=CELLS)
def test_reading_twice_is_reading_once(column: ColumnSpec, raw: str) -> None:
    reader = cell_reader(column, RULES)
    once = reader(raw)
    if once.text != LAST_MINUTE:  # settled with the date beside
        assert reader(once.text).text == once.text
    assert once.text == raw or once.notes, "a change has a rule"
    assert once.text or not raw.strip() or once.notes, "nothing is lost without a word"
