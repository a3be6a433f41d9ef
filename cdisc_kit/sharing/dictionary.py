"""The dictionary of a release: each variable in English and Chinese, and what was done to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdisc_kit.dataset import Dataset
from cdisc_kit.definexml.model import AnyList, Group, Item, TermList
from cdisc_kit.sharing.cells import Cell, csv_table, workbook
from cdisc_kit.sharing.described import groups_of
from cdisc_kit.sharing.release import Release
from cdisc_kit.sharing.treatment import SUPPLEMENT, Treatment, Treatments
from cdisc_kit.standard import ControlledTerminology, load_ct
from cdisc_kit.standard.chinese import load_chinese_labels

COLUMNS = (
    "Dataset 数据集",
    "Dataset label",
    "数据集名称",
    "Variable 变量",
    "Label",
    "标签",
    "Type 类型",
    "Length 长度",
    "Codelist 代码表",
    "Values present 现有取值",
    "What was done",
    "处理方式",
    "Records with a value 有值记录数",
)
SHEET = "Dictionary 数据字典"
_MOST = 30000  # characters that a cell of a workbook may hold, less a reserve
_TYPES = {
    "text": "text 文本",
    "integer": "whole number 整数",
    "float": "number 数值",
    "date": "date 日期",
}
_TIMES = "date or time, possibly partial 日期时间，可不完整"


@dataclass(frozen=True)
class _Sources:
    """What the lines are read from."""

    release: Release
    treatments: Treatments
    ct: ControlledTerminology


def dictionary_rows(release: Release, datasets: Mapping[str, Dataset]) -> list[tuple[Cell, ...]]:
    """The heading, then a line for each variable of the `described` datasets, and one for each qualifier.

    A qualifier (QNAM) follows the variables of its SUPP-- dataset as `QVAL (QNAM)`. A number of records below
    the tier's k is given as `<k`.
    """
    sources = _Sources(release, Treatments(release), load_ct(release.spec.ct_version))
    rows: list[tuple[Cell, ...]] = [COLUMNS]
    for group in groups_of(release, datasets):
        rows += _lines(group, sources)
    return rows


def dictionary_files(release: Release, datasets: Mapping[str, Dataset]) -> dict[str, bytes]:
    """`dictionary.csv` and `dictionary.xlsx`."""
    rows = dictionary_rows(release, datasets)
    title = f"{release.spec.studyid}: data dictionary"
    return {"dictionary.csv": csv_table(rows), "dictionary.xlsx": workbook(SHEET, rows, title)}


def _lines(group: Group, sources: _Sources) -> Iterator[tuple[Cell, ...]]:
    dataset = group.dataset
    of_dataset = (dataset.name, dataset.label, load_chinese_labels().dataset(dataset.name))
    for item in group.items:
        column = dataset.frame[item.name]
        filled = int((column.notna() & (column.astype(object) != "")).sum())
        treatment = sources.treatments.of_variable(dataset.name, item.name)
        label_zh = load_chinese_labels().variable(dataset.name, item.name)
        terms = _codelist(item.terms, dataset, item.name, sources.ct)
        shown = _of_item(item, terms, filled, treatment, sources)
        yield (*of_dataset, item.name, item.label, label_zh, *shown)
    if dataset.name.startswith(SUPPLEMENT):
        for item in (level.item for one in group.items for level in one.levels if one.name == "QVAL"):
            filled = int((dataset.frame["QNAM"] == item.name).sum())
            treatment = sources.treatments.of_qualifier(dataset.name, item.name)
            label_zh = _qualifier_zh(dataset.name, item.name, sources.release)
            terms = _codelist(item.terms, dataset, "", sources.ct)
            shown = _of_item(item, terms, filled, treatment, sources)
            yield (*of_dataset, f"QVAL ({item.name})", item.label, label_zh, *shown)


def _of_item(
    item: Item, terms: tuple[str, str], filled: int, treatment: Treatment, sources: _Sources
) -> tuple[Cell, ...]:
    """The columns from the type on."""
    return (
        _TYPES.get(item.data.name, _TIMES),
        item.data.length or "",
        *terms,
        treatment.en,
        treatment.zh,
        shown_count(filled, sources.release.plan.tier.k),
    )


def shown_count(count: int, k: int) -> Cell:
    """A number of records, `<k` for one that is not 0 and below the tier's k."""
    return f"<{k}" if 0 < count < k else count


def _codelist(
    terms: AnyList | None, dataset: Dataset, variable: str, ct: ControlledTerminology
) -> tuple[str, str]:
    """Name of the codelist or dictionary of a variable, and the terms in use with what they mean."""
    if terms is None:
        return "", ""
    if not isinstance(terms, TermList):
        name = f"{terms.dictionary.name} {terms.dictionary.version}".strip()
        named = variable != "" and dataset.variable(variable).type == "Char"
        return name, _cut("; ".join(sorted(set(dataset.distinct(variable)) - {""})) if named else "")
    known = ct[terms.code].terms if terms.code in ct else {}
    shown = []
    for entry in terms.entries:
        preferred = known[entry.value].preferred if entry.value in known else ""
        meaning = entry.decode or _without_cdisc(preferred)
        says_more = meaning and _letters(meaning) != _letters(entry.value)
        shown.append(f"{entry.value} = {meaning}" if says_more else entry.value)
    text = "; ".join(shown)
    name = f"{terms.name} ({terms.code})" if terms.code else terms.name
    return name, _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]} …"


def _without_cdisc(preferred: str) -> str:
    """NCI's preferred term without the name of the list it closes with."""
    return re.sub(r"^CDISC .*(Terminology|Code|Name)$", "", preferred)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _qualifier_zh(dataset: str, name: str, release: Release) -> str:
    """The study's Chinese label of a qualifier, or that of the variable whose bands it holds."""
    domain = dataset.removeprefix(SUPPLEMENT)
    spec = release.spec.domains.get(domain)
    if spec is not None and name in spec.supp:
        return spec.supp[name].label_zh
    for quasi in release.policy.quasi_identifiers:
        if quasi.qualifier is not None and quasi.qualifier[0] == name:
            return f"{load_chinese_labels().variable(domain, quasi.variable.partition('.')[2])}分段"
    return ""
