"""Results: the words that some tests only have a codelist for, and numbers beside one another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.functions.conditions import holds, plain_numbers
from cdisc_kit.check.functions.terminology import _declared
from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.columns import number_text
from cdisc_kit.standard.anchors import MULTIPLE

if TYPE_CHECKING:
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_WORDS = re.compile(r"[^\W\d_]{3}")  # three letters on end: no number, ratio, grade or limit


def same_amount(study: Study, rule: Rule) -> Iterator[Hit]:
    """Numbers in `original` other than `number` beside them, where `when` says that the unit is the same.

    One of the two may be rounded: both are compared to the decimals of the shorter.
    """
    for records in study.scope(rule.scope):
        name, number = records.expand(rule.text("original")), records.expand(rule.text("number"))
        if name not in records or number not in records or not records.rows:
            continue
        said, held = plain_numbers(records, name), records.numbers(number)
        both = ~np.isnan(said) & ~np.isnan(held) & ~np.isclose(said, held, rtol=1e-9, atol=0)
        rows = np.flatnonzero(both)
        rows = rows[holds(study, records, rule.text("when"))[rows]] if len(rows) else rows
        for row in rows.tolist():
            shown = number_text(float(held[row]))
            decimals = min(_decimals(records.cell(name, row)), _decimals(shown))
            if abs(said[row] - held[row]) > 0.5001 * 10.0**-decimals:
                yield from at_rows(records, name, np.array([row]), facts={"number": shown})


def _decimals(value: str) -> int:
    return len(value.partition(".")[2])


def result_term(study: Study, rule: Rule) -> Iterator[Hit]:
    """Words in `result` that are no term of its extensible codelist, where other results of the `test` are.

    A word that differs in case only is left to the spelling, one that the Define-XML declares passes.
    """
    for records in study.scope(rule.scope):
        name, test = records.expand(rule.text("result")), records.expand(rule.text("test"))
        standard = study.standard_variable(records, name)
        lists = [study.ct[c] for c in standard.codelists if c in study.ct] if standard else []
        if name not in records or not any(one.extensible for one in lists):
            continue
        known = {v for one in lists for v in one.terms} | _declared(study, records, name)
        folded = {v.casefold() for v in known} | {"", MULTIPLE.casefold()}
        cells, tests = records.text(name), records.text(test)
        term = np.array([v in known for v in cells.values], dtype=bool)[cells.codes]
        odd = [bool(_WORDS.search(v)) and v.casefold() not in folded for v in map(str, cells.values)]
        rows = np.flatnonzero(
            np.array(odd, dtype=bool)[cells.codes] & np.isin(tests.codes, tests.codes[term])
        )
        facts = {"list": " / ".join(one.submission for one in lists)}
        yield from at_rows(records, name, rows, facts=facts)
