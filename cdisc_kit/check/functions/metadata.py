"""Datasets and variables against the guide and the model: presence, names, order, types, labels."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.hit import Hit, at_rows, on_variable
from cdisc_kit.errors import StandardError

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_PART = re.compile(r"[A-Z0-9]{1,2}")
_CUSTOM = re.compile(r"[A-Z][A-Z0-9](?:[A-Z0-9]{1,2})?")


def dataset_present(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets of the list `datasets` that the folder does not hold, read or not."""
    unread = {problem.dataset or problem.file.partition(".")[0].upper() for problem in study.package.problems}
    for name in rule.texts("datasets"):
        if study.dataset(name) is None and name not in unread:
            yield Hit(name)


def dataset_known(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets that the guide does not know and whose name no custom domain can have."""
    for records in study.datasets.values():
        custom = _CUSTOM.fullmatch(records.name) and study.observation_class(records)
        if study.standard_dataset(records) is None and not custom:
            yield Hit(records.name, value=records.name, file=records.file)


def dataset_name(study: Study, rule: Rule) -> Iterator[Hit]:
    """Parts of split datasets that are not called by the domain and one or two more characters."""
    for records in study.datasets.values():
        whole = records.family
        part = records.name.removeprefix(whole)
        if records.name != whole and not _PART.fullmatch(part):
            yield Hit(records.name, value=records.name, facts={"domain": whole}, file=records.file)


def dataset_label_length(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets whose label is missing or longer than `most` characters."""
    for records in study.datasets.values():
        if not 1 <= len(records.label) <= int(rule.text("most")):
            yield Hit(records.name, value=records.label, file=records.file)


def dataset_label(study: Study, rule: Rule) -> Iterator[Hit]:
    """Labels of datasets other than the guide's. Labels of other scripts are translations, and pass."""
    for records in study.scope(rule.scope):
        dataset = study.standard_dataset(records)
        if not dataset or records.name != records.domain:
            continue
        supplement = records.is_supplement and records.label.startswith("Supplemental Qualifiers")
        if records.label != dataset.label and records.label.isascii() and not supplement:
            yield Hit(records.name, value=records.label, facts={"label": dataset.label}, file=records.file)


def variable_present(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables of the core status `core` that the guide lists for a dataset that lacks them."""
    for records in study.scope(rule.scope):
        dataset = study.standard_dataset(records)
        for variable in dataset.variables.values() if dataset else ():
            if variable.core == rule.text("core") and variable.name not in records:
                yield on_variable(records, variable.name)


def value_present(study: Study, rule: Rule) -> Iterator[Hit]:
    """Blank cells of Required variables."""
    for records in study.scope(rule.scope):
        dataset = study.standard_dataset(records)
        for variable in dataset.variables.values() if dataset else ():
            if variable.core == "Req" and variable.name in records:
                blank = records.text(variable.name).values == ""
                yield from at_rows(records, variable.name, records.where(variable.name, blank))


def variable_known(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables that neither the guide lists for the dataset nor the model allows in its class."""
    for records in study.scope(rule.scope):
        for name in records.variables:
            continued = name.rstrip("0123456789")  # TSVAL1, COVAL2: a text that goes on
            known = study.standard_variable(records, name) or _in_model(study, records, name)
            if not known and not (continued in records and study.standard_variable(records, continued)):
                yield on_variable(records, name)


def _in_model(study: Study, records: Records, name: str) -> bool:
    cls = study.observation_class(records) or None
    if cls == "FINDINGS ABOUT":
        cls = "FINDINGS"  # the model describes both in one class
    try:
        return study.model.find(cls, name, records.prefix) is not None
    except StandardError:
        return study.model.find(None, name, records.prefix) is not None


def variable_name(study: Study, rule: Rule) -> Iterator[Hit]:
    """Names that are not 1 to 8 capital letters, digits and underscores, or stand twice."""
    for records in study.datasets.values():
        before: set[str] = set()
        for name in (v.name for v in records.declared):
            if not _NAME.fullmatch(name) or name in before:
                yield on_variable(records, name, name)
            before.add(name)


def variable_order(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables out of the guide's order: as few as account for it, not all that a moved one has passed."""
    for records in study.scope(rule.scope):
        dataset = study.standard_dataset(records)
        if not dataset:
            continue
        held = [name for name in records.variables if name in dataset.variables]
        orders = [dataset.variables[name].order for name in held]
        for at in out_of_order(orders):
            yield on_variable(records, held[at])


def out_of_order(orders: list[int]) -> list[int]:
    """Positions outside a longest increasing run of `orders` (patience sorting)."""
    tails: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for at, order in enumerate(orders):
        place = bisect_left(tails, order)
        before.append(last[place - 1] if place else -1)
        tails[place : place + 1] = [order]
        last[place : place + 1] = [at]
    kept, at = set(), last[-1] if last else -1
    while at >= 0:
        kept.add(at)
        at = before[at]
    return [at for at in range(len(orders)) if at not in kept]


def variable_type(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables of another type than the guide (or, where it does not list them, the model) gives."""
    for records in study.scope(rule.scope):
        for variable in records.variables.values():
            standard = study.standard_variable(records, variable.name)
            if standard and standard.type != variable.type:
                yield on_variable(records, variable.name, variable.type, type=standard.type)


def variable_label(study: Study, rule: Rule) -> Iterator[Hit]:
    """Labels other than the guide's. Labels of other scripts are translations, and pass."""
    for records in study.scope(rule.scope):
        for variable in records.variables.values():
            standard = study.standard_variable(records, variable.name)
            wrong = standard and variable.label != standard.label and variable.label.isascii()
            if standard and wrong:
                yield on_variable(records, variable.name, variable.label, label=standard.label)


def domain_value(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of DOMAIN that are not the dataset's domain."""
    for records in study.scope(rule.scope):
        coded = records.text("DOMAIN")
        known = np.array([records.name.startswith(str(v)) and len(str(v)) == 2 for v in coded.values])
        if "DOMAIN" in records and records.rows:
            yield from at_rows(records, "DOMAIN", records.where("DOMAIN", ~known))


def supplement_domain(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of RDOMAIN in a supplement that are not the domain of its name."""
    for records in study.scope(rule.scope):
        if records.is_supplement:
            coded = records.text("RDOMAIN")
            wrong = np.array(
                [not records.name[4:].startswith(str(v) or " ") for v in coded.values], dtype=bool
            )
            yield from at_rows(records, "RDOMAIN", records.where("RDOMAIN", wrong))


def same_throughout(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of `variable` that differ from its commonest value in the whole package."""
    name = rule.text("variable")
    counts: dict[str, int] = {}
    holders = [records for records in study.datasets.values() if name in records]
    for records in holders:
        coded = records.text(name)
        for value, n in zip(coded.values, np.bincount(coded.codes, minlength=len(coded.values)), strict=True):
            counts[value] = counts.get(value, 0) + int(n)
    usual = max(counts, key=lambda v: counts[v], default="")
    for records in holders:
        values = records.text(name).values
        odd = (values != usual) & (values != "")
        yield from at_rows(records, name, records.where(name, odd))
