"""Datasets as Define-XML item groups: what each variable is, counted from the final frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.definexml import datatypes, termlists
from cdisc_kit.definexml.datatypes import DataType
from cdisc_kit.definexml.description import Comment, Dictionary, StudyDescription, ValueLevel
from cdisc_kit.definexml.model import AnyList, ExternalList, Group, Item
from cdisc_kit.definexml.origins import distinct, method, origins_by_block
from cdisc_kit.definexml.valuelevels import ValueLevels
from cdisc_kit.errors import SpecError

if TYPE_CHECKING:
    from cdisc_kit.standard import SDTMIG, ControlledTerminology, StandardVariable

# The order Define-XML 2.1 recommends for ItemGroupDef.
_CLASSES = (
    "TRIAL DESIGN",
    "STUDY REFERENCE",
    "SPECIAL PURPOSE",
    "INTERVENTIONS",
    "EVENTS",
    "FINDINGS",
    "FINDINGS ABOUT",
    "RELATIONSHIP",
)
_NO_RECORD = "The study has no record that belongs in this dataset."
_NO_VALUE = "Null in every record of this study."
# Sponsor terms are listed where they name or group something; a result is free to be anything.
_UNLISTED_ROLE = "Result Qualifier"


@dataclass(frozen=True)
class _Context:
    """What the items of one dataset are described from; `listed` are the guide's variables."""

    study: StudyDescription
    dataset: Dataset
    listed: Mapping[str, StandardVariable]
    ct: ControlledTerminology
    levels: ValueLevels
    keys: tuple[str, ...]


def item_groups(
    study: StudyDescription,
    datasets: Sequence[Dataset],
    sdtmig: SDTMIG,
    ct: ControlledTerminology,
    value_levels: Mapping[str, Sequence[ValueLevel]],
) -> list[Group]:
    """The groups by class, in the order reviewers know, and by name.

    SpecError where a comment or a value level names no dataset or variable there is.
    """
    _check_targets(study, datasets, value_levels)
    labels = {dataset.name: dataset.label for dataset in datasets}
    return [
        _group(study, dataset, sdtmig, ct, explicit=value_levels.get(dataset.name, ()), labels=labels)
        for dataset in sorted(datasets, key=_place)
    ]


def _place(dataset: Dataset) -> tuple[int, str]:
    known = dataset.cls in _CLASSES
    return _CLASSES.index(dataset.cls) if known else len(_CLASSES), dataset.name


def _check_targets(
    study: StudyDescription, datasets: Sequence[Dataset], value_levels: Mapping[str, Sequence[ValueLevel]]
) -> None:
    known = {"", *(dataset.name for dataset in datasets)}
    known |= {f"{dataset.name}.{variable.name}" for dataset in datasets for variable in dataset.variables}
    documents = {document.id for document in study.documents}
    problems = [
        f"comment on {c.on}: no such dataset or variable" for c in study.comments if c.on not in known
    ]
    problems += [
        f"comment on {c.on or 'the study'}: no document {c.document!r} is declared"
        for c in study.comments
        if c.document and c.document not in documents
    ]
    problems += [f"value levels of {name}: no such dataset" for name in value_levels if name not in known]
    if problems:
        raise SpecError(problems)


def _group(
    study: StudyDescription,
    dataset: Dataset,
    sdtmig: SDTMIG,
    ct: ControlledTerminology,
    *,
    explicit: Sequence[ValueLevel],
    labels: Mapping[str, str],
) -> Group:
    domain = _domain(dataset)
    standard = sdtmig.datasets.get(dataset.name if domain == dataset.name else "SUPPQUAL")
    levels = ValueLevels(dataset, explicit, ct, study.encoding)
    # A key the study has no values for is not a column (Permissible, dropped), so it takes no number.
    keys = tuple(name for name in dataset.keys if name in dataset.frame.columns)
    context = _Context(study, dataset, standard.variables if standard else {}, ct, levels, keys)
    comments = _comments(study, dataset.name, dataset.comment)
    if dataset.frame.empty and not comments:
        comments = (Comment(dataset.name, _NO_RECORD),)
    return Group(
        dataset,
        tuple(_item(context, variable) for variable in dataset.variables),
        comments,
        domain,
        labels.get(domain, "") if domain != dataset.name else "",
        standard is not None,
    )


def _domain(dataset: Dataset) -> str:
    """The domain of the rows: that of the parent for a supplemental dataset (RDOMAIN), else the name."""
    names = {variable.name for variable in dataset.variables}
    supplemental = {"RDOMAIN", "QNAM", "QVAL"} <= names
    return dataset.name.removeprefix("SUPP") if supplemental else dataset.name


def _item(context: _Context, variable: Variable) -> Item:
    dataset, standard = context.dataset, context.listed.get(variable.name)
    column = dataset.frame[variable.name]
    used = list(column.dropna().unique() if variable.type == "Num" else column[column != ""].unique())
    data = _data_type(variable, used, standard.format if standard else "")
    origins = origins_by_block(dataset, variable, None)
    levels = context.levels.of(variable, data)
    return Item(
        oid=f"IT.{dataset.name}.{variable.name}",
        name=variable.name,
        label=variable.label,
        label_zh=variable.label_zh,
        sas_name=variable.name,
        data=data,
        mandatory=variable.core == "Req",
        terms=None if levels or not used else _terms(context, variable, data, used),
        origins=distinct(origins),
        method=method(origins),
        comments=_item_comments(context, variable, null=not used and not dataset.frame.empty),
        key=context.keys.index(variable.name) + 1 if variable.name in context.keys else 0,
        role=variable.role,
        has_data=bool(used),
        levels=levels,
    )


def _data_type(variable: Variable, used: Sequence[object], form: str) -> DataType:
    if variable.type == "Num":
        return datatypes.of_numbers(float(str(value)) for value in used)
    if variable.iso8601:
        return datatypes.of_iso8601((str(value) for value in used), form)
    return datatypes.text(variable.length)


def _terms(context: _Context, variable: Variable, data: DataType, used: Sequence[object]) -> AnyList | None:
    """The list that governs the variable, reduced to `used`; with several to choose from, the strictest."""
    name, stem = variable.external_dictionary, variable.sponsor_codelist
    if name:
        return ExternalList(context.study.dictionaries.get(name, Dictionary(name, "")), data.name)
    if variable.type == "Num":
        return None
    values = [str(value) for value in used]
    decoded = termlists.decodes(context.dataset, variable.name)
    if variable.codelists:
        return termlists.controlled(variable.codelists, values, decoded, context.ct)
    if stem:
        return termlists.sponsor(stem, f"{variable.label} ({stem})", values, decoded)
    if _has_own_terms(context, variable):
        return termlists.sponsor(variable.name, variable.label, values, decoded)
    return None


def _has_own_terms(context: _Context, variable: Variable) -> bool:
    """True where the guide expects terms of the sponsor's, and no other variable's list shows them."""
    standard = context.listed.get(variable.name)
    names = (other.name for other in context.dataset.variables)
    return (
        standard is not None
        and standard.sponsor_terms
        and standard.role != _UNLISTED_ROLE
        and not termlists.is_decode(variable.name, names)
    )


def _comments(study: StudyDescription, on: str, own: str) -> tuple[Comment, ...]:
    """The comment a dataset or variable brings, then those of the study on it."""
    return (
        *((Comment(on, own),) if own else ()),
        *(comment for comment in study.comments if comment.on == on),
    )


def _item_comments(context: _Context, variable: Variable, null: bool) -> tuple[Comment, ...]:
    on = f"{context.dataset.name}.{variable.name}"
    comments = _comments(context.study, on, variable.comment)
    return comments or ((Comment(on, _NO_VALUE),) if null else ())
