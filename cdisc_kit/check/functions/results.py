"""Results in words: the codelist of a result variable holds for some tests only, which the data show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.functions.terminology import _declared
from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.standard.anchors import MULTIPLE

if TYPE_CHECKING:
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_WORDS = re.compile(r"[^\W\d_]{3}")  # three letters on end: no number, ratio, grade or limit


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
