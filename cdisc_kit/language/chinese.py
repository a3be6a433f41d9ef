"""The Chinese package: Chinese labels, collected wording in text variables, its English in SUPP--.

Which variables are text is declared: those a coding table translates (`take: term_en`), and those of `terms`
in chinese.yaml. Variables with CDISC terminology keep their submission values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cdisc_kit.build.study import Built
from cdisc_kit.build.verbatim import Wording, is_translation
from cdisc_kit.dataset import Dataset, Origin
from cdisc_kit.findings import Finding
from cdisc_kit.language.qualifiers import (
    SUPPLEMENT,
    Added,
    qualifier_keys,
    record_keys,
    sequence_of,
    supplemented,
)
from cdisc_kit.spec import StudySpec
from cdisc_kit.spec.chinese import EnglishQualifier
from cdisc_kit.standard import load_chinese_labels


@dataclass(frozen=True)
class _Exchange:
    """The Chinese of one variable on each record ('' keeps what stands there), and where English is known."""

    text: pd.Series
    translated: np.ndarray


def in_chinese(spec: StudySpec, built: Built) -> tuple[dict[str, Dataset], list[Finding]]:
    """The datasets of `built` in Chinese; a WARN for each label and each text that has none."""
    findings: list[Finding] = []
    datasets: dict[str, Dataset] = dict(built.datasets)
    for name in spec.domains:
        exchanges, notes = _exchanges(spec, built.datasets[name], built.wordings[name])
        findings += notes
        datasets[name] = _exchanged(built.datasets[name], exchanges)
        supplement = datasets.get(f"{SUPPLEMENT}{name}")
        if supplement is not None:
            supplement = _collected(supplement, built.datasets[name], built.wordings[name])
            supplement, notes = _with_labels(spec, supplement, name)
            findings += notes
        added = [
            qualifier
            for entry in spec.chinese.english
            if entry.dataset == name
            for qualifier in _english(entry, built.datasets[name], exchanges)
        ]
        if added or supplement is not None:
            datasets[f"{SUPPLEMENT}{name}"] = supplemented(datasets[name], supplement, added)
    for name, dataset in datasets.items():
        datasets[name], notes = _labelled(dataset)
        findings += notes
    return datasets, findings


def kept_in_chinese(spec: StudySpec, findings: Iterable[Finding]) -> list[Finding]:
    """The findings of a Chinese package: text without a translation stands in it, so its ERROR is an INFO."""
    calls = {
        (call.file, call.line, call.params["missing"]["rule"])
        for domain in spec.domains.values()
        for target in domain.targets()
        for call in target.by.values()
        if is_translation(call) and "missing" in call.params
    }
    return [
        replace(f, severity="INFO") if (f.spec_file, f.spec_line, f.rule) in calls else f for f in findings
    ]


def _exchanges(
    spec: StudySpec, dataset: Dataset, wordings: tuple[Wording, ...]
) -> tuple[dict[str, _Exchange], list[Finding]]:
    """The Chinese of each text variable of a dataset, and what `terms` does not know."""
    collected = {wording.variable: wording for wording in wordings}
    found: dict[str, _Exchange] = {}
    findings: list[Finding] = []
    for variable in dataset.variables:
        wording, terms = collected.get(variable.name), spec.chinese.terms.get(variable.name)
        if variable.codelists or (wording is None and terms is None):
            continue
        values = dataset.frame[variable.name]
        text = wording.text if wording is not None else pd.Series("", index=values.index, dtype=object)
        known = wording.translated if wording is not None else np.ones(len(values), dtype=bool)
        if terms is not None:
            listed = values.map(terms).astype(object)
            worded = values.str.contains("[A-Za-z]", regex=True).astype(bool)  # a number needs no translation
            lacking = worded & (text == "") & listed.isna()
            findings += _without_chinese(dataset.name, variable.name, values[lacking])
            known = known | (text == "").to_numpy(dtype=bool)
            text = text.where(text != "", listed.where(listed.notna(), ""))
        found[variable.name] = _Exchange(text.astype(object), known)
    return found, findings


def _without_chinese(dataset: str, variable: str, values: pd.Series) -> list[Finding]:
    return [
        Finding(
            rule="TXT-NOCHINESE",
            severity="WARN",
            message=f"{count} record(s) keep English text: no Chinese under terms in chinese.yaml",
            message_zh=f"有{count}条记录保留英文:chinese.yaml 的 terms 中没有对应的中文",
            dataset=dataset,
            variable=variable,
            value=str(value),
        )
        for value, count in values.value_counts(sort=False).items()
    ]


def _exchanged(dataset: Dataset, exchanges: dict[str, _Exchange]) -> Dataset:
    columns = {
        name: exchange.text.where(exchange.text != "", dataset.frame[name])
        for name, exchange in exchanges.items()
    }
    return replace(dataset, frame=dataset.frame.assign(**columns)) if columns else dataset


def _collected(supplement: Dataset, parent: Dataset, wordings: tuple[Wording, ...]) -> Dataset:
    """SUPP-- with the collected wording of the qualifiers that a coding table translates."""
    values = supplement.frame["QVAL"]
    places, keys = qualifier_keys(supplement.frame), record_keys(parent.frame, sequence_of(parent))
    for wording in wordings:
        own = supplement.frame["QNAM"] == wording.variable
        if own.any():
            text = places.map(pd.Series(wording.text.to_numpy(dtype=object), index=keys.to_numpy()))
            values = values.where(~(own & (text != "")), text)
    return replace(supplement, frame=supplement.frame.assign(QVAL=values))


def _with_labels(spec: StudySpec, supplement: Dataset, name: str) -> tuple[Dataset, list[Finding]]:
    """SUPP-- with the Chinese labels the mapping gives its qualifiers."""
    qualifiers = spec.domains[name].supp
    held = supplement.frame["QNAM"].unique()
    chinese = {q.name: q.label_zh for q in qualifiers.values() if q.label_zh}
    given = supplement.frame["QNAM"].map(chinese).astype(object)
    labels = given.where(given.notna(), supplement.frame["QLABEL"])
    findings = [
        _without_label(supplement.name, q.name, spec.domains[name].file, q.line)
        for q in qualifiers.values()
        if q.name in held and not q.label_zh
    ]
    return replace(supplement, frame=supplement.frame.assign(QLABEL=labels)), findings


def _english(entry: EnglishQualifier, dataset: Dataset, exchanges: dict[str, _Exchange]) -> Iterable[Added]:
    """The English of the records whose text is Chinese now; none where the coding table lacks it."""
    exchange = exchanges.get(entry.variable)
    if exchange is None:
        return
    english = dataset.frame[entry.variable]
    rows = np.flatnonzero(
        (exchange.text != "").to_numpy(dtype=bool)
        & (exchange.text != english).to_numpy(dtype=bool)
        & exchange.translated
    )
    if len(rows):
        origin = Origin("Assigned", "Sponsor", spec_file=entry.file, spec_line=entry.line)
        yield Added(entry.name, entry.label_zh, origin, rows, english.iloc[rows].tolist())


def _labelled(dataset: Dataset) -> tuple[Dataset, list[Finding]]:
    """The dataset with the Chinese labels of the mapping or of the kit's table."""
    labels = load_chinese_labels()
    variables = tuple(
        replace(v, label_zh=v.label_zh or labels.variable(dataset.name, v.name)) for v in dataset.variables
    )
    label = dataset.label_zh or labels.dataset(dataset.name)
    lacking = [v for v in variables if not v.label_zh]
    findings = [_without_label(dataset.name, v.name, v.origin.spec_file, v.origin.spec_line) for v in lacking]
    if not label:
        findings.append(_without_label(dataset.name, "", "", 0))
    return replace(dataset, label_zh=label, variables=variables), findings


def _without_label(dataset: str, variable: str, file: str, line: int) -> Finding:
    return Finding(
        rule="LABEL-NOCHINESE",
        severity="WARN",
        message="keeps its English label: give `label: {en: …, zh: …}` in the mapping",
        message_zh="保留英文标签:请在映射中给出 label: {en: …, zh: …}",
        dataset=dataset,
        variable=variable,
        spec_file=file,
        spec_line=line,
    )


def english_labels(spec: StudySpec, datasets: Iterable[Dataset]) -> dict[str, str]:
    """Chinese label -> English label, of qualifiers first; for descriptions in both languages."""
    found: dict[str, str] = {}
    for domain in spec.domains.values():
        for qualifier in domain.supp.values():
            if qualifier.label_zh:
                found.setdefault(qualifier.label_zh, qualifier.label)
    for entry in spec.chinese.english:
        found.setdefault(entry.label_zh, entry.label)
    for dataset in datasets:
        for variable in dataset.variables:
            if variable.label_zh:
                found.setdefault(variable.label_zh, variable.label)
    return found
