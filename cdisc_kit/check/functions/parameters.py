"""Trial summary parameters: a value's codelist and form depend on the parameter beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.functions.dates import is_date, is_duration
from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.standard.countries import countries

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study
    from cdisc_kit.standard import Codelist

_AMOUNT = re.compile(r"\d+(\.\d+)?", re.ASCII)
_FORMS: dict[str, Callable[[str], bool]] = {
    "date": is_date,
    "duration": is_duration,
    "number": lambda value: bool(_AMOUNT.fullmatch(value)),
    "country": lambda value: value in countries(),
}


def parameter_value(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of `value` that the codelist of the parameter in `code` does not hold.

    `lists` names each parameter's codelist; `extensible` says which of the lists are meant.
    """
    extensible = rule.text("extensible") == "yes"
    for records, rows, codelist in _listed(study, rule):
        if codelist.extensible == extensible:
            cells = records.text(rule.text("value"))
            known = np.array([v in codelist.terms or v == "" for v in cells.values], dtype=bool)
            facts = {"list": codelist.submission}
            yield from at_rows(records, rule.text("value"), rows[~known[cells.codes[rows]]], facts=facts)


def parameter_code(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of `term` that are not the NCI code that `value` has in the codelist of its parameter."""
    for records, rows, codelist in _listed(study, rule):
        values, terms = records.cells(rule.text("value"))[rows], records.cells(rule.text("term"))[rows]
        for row, value, term in zip(rows, values, terms, strict=True):
            code = codelist.terms[value].code if value in codelist.terms else term
            if code != term:
                facts = {"list": codelist.submission, "code": code}
                yield from at_rows(records, rule.text("term"), np.array([row]), facts=facts)


def _listed(study: Study, rule: Rule) -> Iterator[tuple[Records, np.ndarray, Codelist]]:
    """The records of each parameter that has a codelist, and the list."""
    for records in study.scope(rule.scope):
        held = records.cells(rule.text("code"))
        for parameter, submission in rule.pairs("lists").items():
            codelist = study.ct.find(submission)
            rows = np.flatnonzero(held == parameter)
            if codelist is not None and len(rows):
                yield records, rows, codelist


def parameter_form(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of `value` that are not of the form that their parameter asks for in `forms`."""
    for records in study.scope(rule.scope):
        held, cells = records.cells(rule.text("code")), records.text(rule.text("value"))
        for parameter, form in rule.pairs("forms").items():
            fits = np.array([not v or _FORMS[form](str(v)) for v in cells.values], dtype=bool)
            rows = np.flatnonzero((held == parameter) & ~fits[cells.codes])
            yield from at_rows(records, rule.text("value"), rows, facts={"form": form})
