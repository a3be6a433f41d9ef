"""Define-XML against the files: datasets, variables, their order, types, lengths, labels, keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np

from cdisc_kit.check.functions.metadata import out_of_order
from cdisc_kit.check.hit import Hit

if TYPE_CHECKING:
    from cdisc_kit.check.defined import DefinedDataset, DefinedItem
    from cdisc_kit.check.definefile import Define
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_NUMBERS = ("integer", "float")
_LABEL = 40  # bytes of a label that version 5 holds
_NAME = 8  # characters of a name that SAS transport holds
_ONE_EACH = re.compile(r"one record per subject\.?", re.IGNORECASE)


def described(study: Study) -> Iterator[tuple[Define, Records, DefinedDataset]]:
    """Each dataset of the folder with its definition."""
    for records in study.datasets.values() if study.define else ():
        dataset = study.define.datasets.get(records.name) if study.define else None
        if study.define and dataset:
            yield study.define, records, dataset


def items(study: Study) -> Iterator[tuple[Define, Records, DefinedItem]]:
    """Each variable that stands both in a file and in its definition."""
    for define, records, dataset in described(study):
        for item in dataset.by_name.values():
            if item.name in records:
                yield define, records, item


def about(define: Define, dataset: str, item: DefinedItem, value: str, **facts: str) -> Hit:
    """A hit about what the document says of a variable."""
    return Hit(dataset, item.name, value=value, facts=facts, file=define.file, line=item.line)


def dataset_undeclared(study: Study, rule: Rule) -> Iterator[Hit]:
    """Files whose dataset the document does not define."""
    for records in study.datasets.values() if study.define else ():
        if study.define and records.name not in study.define.datasets:
            yield Hit(records.name, file=records.file)


def dataset_absent(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets that the document defines, without saying that there are no data, and that no file holds."""
    unread = {problem.dataset or problem.file.partition(".")[0].upper() for problem in study.package.problems}
    for dataset in study.define.datasets.values() if study.define else ():
        if dataset.name not in study.datasets and dataset.name not in unread and not dataset.no_data:
            yield _on(study.define, dataset, dataset.oid)


def _on(define: Define | None, dataset: DefinedDataset, value: str, **facts: str) -> Hit:
    assert define is not None
    return Hit(dataset.name, value=value, facts=facts, file=define.file, line=dataset.line)


def no_data(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets and variables that are said to have no data, and have some."""
    for define, records, dataset in described(study):
        if dataset.no_data and records.rows:
            yield _on(define, dataset, dataset.oid)
        for item in dataset.items:
            if item.no_data and item.name in records and any(records.text(item.name).distinct()):
                yield about(define, records.name, item, item.oid)


def dataset_leaf(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets whose leaf is not defined, or is another file than the one that holds the dataset."""
    for define, records, dataset in described(study):
        href = unquote(define.leaves.get(dataset.leaf, ""))
        here, there = PurePosixPath(records.file), PurePosixPath(href)
        if dataset.leaf and dataset.leaf not in define.leaves:
            continue  # a reference to nothing, which is told elsewhere
        same = here.name == there.name or (here.suffix != there.suffix and here.stem == there.stem.lower())
        if not same and (href or not dataset.no_data):
            yield _on(define, dataset, href, file=records.file)


def dataset_text(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets whose `part` (label, domain or class) differs from what the file or the guide has."""
    for define, records, dataset in described(study):
        match rule.text("part"):
            case "label":
                if not _same_label(records.label, dataset.labels):
                    yield _on(define, dataset, " / ".join(dataset.labels), told=records.label)
            case "domain":
                held = records.name[4:6] if records.is_supplement else records.domain
                if dataset.domain and dataset.domain not in (held, records.name):
                    yield _on(define, dataset, dataset.domain, told=held)
            case "class":
                known = study.standard_dataset(records)
                if known and study.exact_guide and dataset.cls.upper() != known.define_class:
                    yield _on(define, dataset, dataset.cls, told=known.define_class)


def _same_label(held: str, declared: tuple[str, ...]) -> bool:
    """True where the file's label is one of those, as far as the format holds it."""
    if not held and not declared:
        return True
    return any(
        held in (label, label.encode()[:_LABEL].decode(errors="ignore").rstrip()) for label in declared
    )


def kind_of_records(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets whose `part` is wrong.

    `repeating`: said not to repeat, with several records of a subject; `structure`: said to have one record
    a subject, the same. `reference`: said to be reference data, with subjects in them.
    """
    for define, records, dataset in described(study):
        if "USUBJID" not in records or not records.rows:
            continue
        subjects = records.text("USUBJID")
        counts = np.bincount(subjects.codes, minlength=len(subjects.values))[subjects.values != ""]
        if rule.text("part") == "repeating":
            if dataset.repeating == "No" and len(counts) and counts.max() > 1:
                yield _on(define, dataset, dataset.repeating)
        elif rule.text("part") == "structure":
            if _ONE_EACH.fullmatch(dataset.structure.strip()) and len(counts) and counts.max() > 1:
                yield _on(define, dataset, dataset.structure)
        elif dataset.reference_data == "Yes" and counts.any():
            yield _on(define, dataset, dataset.reference_data)


def variable_undeclared(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables of a file that the dataset's definition lacks."""
    for _, records, dataset in described(study):
        for name in records.variables.keys() - dataset.by_name.keys():
            yield Hit(records.name, name, file=records.file)


def variable_absent(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables of a dataset's definition that the file lacks."""
    for define, records, dataset in described(study):
        for item in dataset.items:
            if item.name not in records:
                yield about(define, records.name, item, item.oid)


def variable_order(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables that stand elsewhere in the file than in the definition: as few as account for it."""
    for define, records, dataset in described(study):
        place = {name: at for at, name in enumerate(records.variables)}
        held = [item for item in sorted(dataset.items, key=lambda i: i.order) if item.name in place]
        for at in out_of_order([place[item.name] for item in held]):
            yield about(define, records.name, held[at], held[at].oid)


def variable_type(study: Study, rule: Rule) -> Iterator[Hit]:
    """Numbers in the file that are text or dates in the definition, and the other way round."""
    for define, records, item in items(study):
        kind = records.variables[item.name].type
        if item.data_type and (item.data_type in _NUMBERS) != (kind == "Num"):
            yield about(define, records.name, item, item.data_type, told=kind)


def variable_label(study: Study, rule: Rule) -> Iterator[Hit]:
    """Labels other than the file's, in every language they are given in."""
    for define, records, item in items(study):
        held = records.variables[item.name].label
        if not _same_label(held, item.labels):
            yield about(define, records.name, item, " / ".join(item.labels), told=held)


def variable_length(study: Study, rule: Rule) -> Iterator[Hit]:
    """Lengths of text other than the file declares."""
    for define, records, item in items(study):
        held = records.variables[item.name]
        of_text = held.type == "Char" and item.data_type == "text" and held.length
        if of_text and item.length not in (0, held.length):
            yield about(define, records.name, item, str(item.length), told=str(held.length))


def sas_name(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets and variables with another name for SAS than the one they have in the file."""
    for define, records, dataset in described(study):
        if dataset.sas_name and dataset.sas_name != dataset.name:
            yield _on(define, dataset, dataset.sas_name)
        for item in dataset.by_name.values():
            held = item.name in records and len(item.name) <= _NAME
            if held and item.sas_name and item.sas_name != item.name:
                yield about(define, records.name, item, item.sas_name)


def data_type(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables and value levels of a data type that is none of `types`."""
    for define, place, item in _every(study):
        if item.data_type and item.data_type not in rule.texts("types"):
            yield about(define, place, item, item.data_type)


def length_stated(study: Study, rule: Rule) -> Iterator[Hit]:
    """Texts and numbers without a length, floats without significant digits."""
    for define, place, item in _every(study):
        no_length = item.data_type in ("text", *_NUMBERS) and not item.length
        if no_length or (item.data_type == "float" and item.digits is None):
            yield about(define, place, item, item.oid)


def _every(study: Study) -> Iterator[tuple[Define, str, DefinedItem]]:
    """Each variable and each value level, with the name of its dataset."""
    define = study.define
    for dataset in define.datasets.values() if define else ():
        for item in dataset.items:
            assert define is not None
            yield define, dataset.name, item
            for level in define.value_lists.get(item.value_list, ()):
                yield define, dataset.name, level


def keys(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets without key variables, or whose KeySequence is not 1, 2, 3 …"""
    for dataset in study.define.datasets.values() if study.define else ():
        stated = sorted(item.key for item in dataset.items if item.key)
        if stated != list(range(1, len(stated) + 1)) or not stated:
            yield _on(study.define, dataset, ", ".join(map(str, stated)))
