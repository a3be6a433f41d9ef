"""Values against controlled terminology: codelists, spelling, pairs of code and name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.hit import Hit, at_rows, on_variable
from cdisc_kit.check.xptheader import DEFINE_PROBLEM
from cdisc_kit.standard.anchors import MULTIPLE
from cdisc_kit.standard.terminology import earlier_packages, removed

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study
    from cdisc_kit.standard import Codelist


def codelist(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values that no codelist of the variable holds; `extensible` says which lists are meant.

    A value of an extensible list passes where the Define-XML declares it. A value that differs from a term
    in case only is left to `spelling`. `except`: variables whose lists hold for some tests only.
    """
    extensible = rule.text("extensible") == "yes"
    if extensible and any(problem.kind == DEFINE_PROBLEM for problem in study.package.problems):
        study.not_checked.append("the Define-XML cannot be used: what extends codelists was not checked")
        return
    for records, name, lists in _controlled(study, rule):
        if name in map(records.expand, rule.texts("except")):
            continue
        if all(not one.extensible for one in lists) == extensible:
            continue
        known = {value for one in lists for value in one.terms}
        declared = _declared(study, records, name) if extensible else frozenset()
        fine = {*known, *declared, "", MULTIPLE}
        odd = [(at, value) for at, value in enumerate(records.text(name).values) if value not in fine]
        folded = {value.casefold() for value in known} if odd else set()
        for position, value in odd:
            if value.casefold() not in folded:
                wanted = np.arange(len(records.text(name).values)) == position
                rows = records.where(name, wanted)
                facts = {"list": " / ".join(one.submission for one in lists), "count": str(len(rows))}
                yield from at_rows(records, name, rows[:1] if extensible else rows, facts=facts)


def removed_term(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values that no codelist of the variable holds any more, but an older package there is held.

    A value of an extensible list passes where the Define-XML declares it.
    """
    if not earlier_packages(study.ct):
        return
    for records, name, lists in _controlled(study, rule):
        known = {value for one in lists for value in one.terms}
        if any(one.extensible for one in lists):
            known |= _declared(study, records, name)
        for position, value in enumerate(records.text(name).values):
            last = "" if value in known else max(removed(study.ct, one, str(value)) for one in lists)
            if last:
                rows = records.where(name, np.arange(len(records.text(name).values)) == position)
                submissions = " / ".join(one.submission for one in lists)
                facts = {"list": submissions, "last": last, "version": study.ct.version}
                yield from at_rows(records, name, rows, facts=facts)


def spelling(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values that differ from a term of the variable's codelist in case only."""
    for records, name, lists in _controlled(study, rule):
        known = {value for one in lists for value in one.terms}
        odd = [(at, value) for at, value in enumerate(records.text(name).values) if value not in known]
        folded = {value.casefold(): value for value in sorted(known)} if any(v for _, v in odd) else {}
        for position, value in odd:
            term = folded.get(value.casefold())
            if term and value not in _declared(study, records, name):
                wanted = np.arange(len(records.text(name).values)) == position
                yield from at_rows(records, name, records.where(name, wanted), facts={"term": term})


def pair(study: Study, rule: Rule) -> Iterator[Hit]:
    """Names of tests and parameters that are not the name of the code beside them.

    `code` and `name` are the two variables. The codelist of the code names the list of the names, and terms
    of the two that belong together share an NCI code. Codes and names outside the lists are left to others.
    """
    for records in study.scope(rule.scope):
        code, name = records.expand(rule.text("code")), records.expand(rule.text("name"))
        standard = study.standard_variable(records, code)
        lists = [study.ct[c] for c in standard.codelists if c in study.ct] if standard else []
        if name not in records or not any(one.names_in for one in lists):
            continue
        names = {
            value: study.ct[one.names_in].by_code[term.code].value
            for one in lists
            if one.names_in
            for value, term in one.terms.items()
            if term.code in study.ct[one.names_in].by_code
        }
        coded, named = records.text(code), records.text(name)
        width = len(named.values)
        for both in np.unique(coded.codes * width + named.codes).tolist():
            value, text = coded.values[both // width], named.values[both % width]
            if text and value in names and names[value] != text:
                rows = np.flatnonzero(coded.codes * width + named.codes == both)
                yield from at_rows(records, name, rows, facts={"term": names[value], "code": code})


def term_code(study: Study, rule: Rule) -> Iterator[Hit]:
    """NCI codes in `code` that are not the code of the term in `value`, where `when` holds in `source`.

    Without a list for each parameter any list's term of that code is accepted.
    """
    for records in study.scope(rule.scope):
        code, value, source = (rule.text(key) for key in ("code", "value", "source"))
        from_ct = records.cells(source) == rule.text("when")
        for row in np.flatnonzero(from_ct & (records.cells(value) != "")).tolist():
            if not study.ct.has_term(records.cell(code, row), records.cell(value, row)):
                yield Hit(records.name, code, row, records.cell(code, row), {}, records.file)


def terminology_version(study: Study, rule: Rule) -> Iterator[Hit]:
    """Codelist versions in `version` other than that of the package, where `source` is `when`."""
    for records in study.scope(rule.scope):
        odd = (records.cells(rule.text("source")) == rule.text("when")) & (
            records.cells(rule.text("version")) != study.ct.version
        )
        yield from at_rows(records, rule.text("version"), np.flatnonzero(odd))


def values_present(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values of the list `values` that no record of the dataset has in `variable`."""
    for records in study.scope(rule.scope):
        held = set(records.text(rule.text("variable")).distinct())
        for value in rule.texts("values"):
            if value not in held:
                yield on_variable(records, rule.text("variable"), value)


def _controlled(study: Study, rule: Rule) -> Iterator[tuple[Records, str, list[Codelist]]]:
    """Datasets and variables with codelists, and those lists."""
    for records in study.scope(rule.scope):
        for name in records.variables:
            standard = study.standard_variable(records, name)
            codes = [c for c in standard.codelists if c in study.ct] if standard else []
            if codes and records.variables[name].type == "Char":
                yield records, name, [study.ct[c] for c in codes]


def _declared(study: Study, records: Records, name: str) -> frozenset[str]:
    """The terms that the Define-XML lists for the variable, value levels included."""
    if study.define is None or records.name not in study.define.datasets:
        return frozenset()
    found: set[str] = set()
    for item in study.define.datasets[records.name].items:
        if item.name == name:
            for level in (item, *study.define.value_lists.get(item.value_list, ())):
                found |= (
                    (study.define.codelists[level.codelist].terms or frozenset())
                    if (level.codelist in study.define.codelists)
                    else frozenset()
                )
    return frozenset(found)
