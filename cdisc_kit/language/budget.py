"""Byte budgets: 40 bytes for a label, 200 for a value. What does not fit is told before anything is cut.

Long values go on as SDTMIG 4.5.3 says: COVAL and TSVAL in numbered variables of their dataset, a qualifier in
further qualifiers, any other variable of a subject's record in SUPP--. What was cut is put together again
from the bytes of the package and compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.findings import Finding
from cdisc_kit.language.parts import parts
from cdisc_kit.language.qualifiers import (
    SUPPLEMENT,
    Added,
    qualifier_keys,
    record_keys,
    sequence_of,
    supplemented,
)
from cdisc_kit.standard import load_chinese_labels
from cdisc_kit.xpt import MAX_CHAR_BYTES, MAX_LABEL_BYTES, byte_lengths, byte_range

# What identifies, groups or dates records is no text: a part of it would mean something else.
_NO_TEXT = frozenset({"Identifier", "Grouping Qualifier", "Timing"})


@dataclass(frozen=True)
class Cut:
    """Texts of a variable or qualifier (`names[0]`) on `rows` of a dataset; their parts stand in `names`."""

    dataset: str
    names: tuple[str, ...]
    rows: np.ndarray
    texts: tuple[str, ...]


def shown_label(item: Dataset | Variable, encoding: str) -> str:
    """The label in a package of that encoding: Chinese where it can be."""
    return item.label if encoding == "ascii" else item.label_zh or item.label


def label_findings(datasets: dict[str, Dataset], encoding: str) -> list[Finding]:
    """FATAL `LABEL-TOOLONG` for each label over 40 bytes: a label cannot be continued anywhere."""
    findings = []
    for dataset in datasets.values():
        labels = [("", shown_label(dataset, encoding), "", 0)]
        labels += [
            (v.name, shown_label(v, encoding), v.origin.spec_file, v.origin.spec_line)
            for v in dataset.variables
        ]
        if {"QNAM", "QLABEL"} <= set(dataset.frame.columns):
            pairs = dataset.frame[["QNAM", "QLABEL"]].drop_duplicates()
            origins = dataset.variable("QVAL").origins
            for name, label in zip(pairs["QNAM"], pairs["QLABEL"], strict=True):
                origin = origins.get(name, dataset.variable("QVAL").origin)
                labels.append((name, label, origin.spec_file, origin.spec_line))
        findings += [
            _label_too_long(dataset.name, *label, encoding=encoding)
            for label in labels
            if len(label[1].encode(encoding, "replace")) > MAX_LABEL_BYTES
        ]
    return findings


def _label_too_long(
    dataset: str, variable: str, label: str, file: str, line: int, *, encoding: str
) -> Finding:
    size = len(label.encode(encoding, "replace"))
    return Finding(
        rule="LABEL-TOOLONG",
        severity="FATAL",
        message=f"the label takes {size} bytes in {encoding}; shorten it to {MAX_LABEL_BYTES}",
        message_zh=f"标签在 {encoding} 编码下占{size}字节,请缩短到{MAX_LABEL_BYTES}字节以内",
        dataset=dataset,
        variable=variable,
        value=label,
        spec_file=file,
        spec_line=line,
    )


def fitted(
    datasets: dict[str, Dataset], encoding: str
) -> tuple[dict[str, Dataset], list[Finding], list[Cut]]:
    """The datasets with values over 200 bytes continued, an INFO `TXT-SPLIT` for each, and what was cut.

    What has no place to go on (trial design, a category, a name taken) is left as it is: writing refuses it.
    """
    done, cuts = dict(datasets), list[Cut]()
    for name, dataset in datasets.items():
        if "USUBJID" in dataset.frame or _value_of(dataset) in dataset.frame:
            for cut in _cuts(dataset, done.get(f"{SUPPLEMENT}{name}"), encoding):
                cuts.append(cut)
                _apply(done, cut, encoding)
    return done, [finding for cut in cuts for finding in _told(datasets, cut, encoding)], cuts


def _value_of(dataset: Dataset) -> str:
    """The variable that a dataset of its own continues in numbered variables (COVAL, TSVAL)."""
    return f"{dataset.name}VAL"


def _cuts(dataset: Dataset, supplement: Dataset | None, encoding: str) -> Iterator[Cut]:
    """The long texts of a dataset, then those of its qualifiers."""
    if {"QNAM", "QVAL"} <= set(dataset.frame.columns):
        return
    taken = {*dataset.frame.columns, *(supplement.frame["QNAM"] if supplement is not None else ())}
    for variable in dataset.variables:
        if (
            variable.type == "Char"
            and variable.role not in _NO_TEXT
            and byte_range(dataset.distinct(variable.name), encoding)[1] > MAX_CHAR_BYTES
        ):
            rows = np.flatnonzero(byte_lengths(dataset.frame[variable.name], encoding) > MAX_CHAR_BYTES)
            texts = tuple(dataset.frame[variable.name].iloc[rows])
            own = variable.name == _value_of(dataset)
            whole = Cut(dataset.name, (variable.name,), rows, texts)
            yield from _cut(whole, _filled(dataset, rows) if own else taken, encoding)
    if supplement is not None:
        keys = pd.Index(record_keys(dataset.frame, sequence_of(dataset)))
        long = byte_lengths(supplement.frame["QVAL"], encoding) > MAX_CHAR_BYTES
        for name, part in supplement.frame[long].groupby("QNAM"):
            rows = keys.get_indexer(pd.Index(qualifier_keys(part)))
            yield from _cut(Cut(dataset.name, (str(name),), rows, tuple(part["QVAL"])), taken, encoding)


def _filled(dataset: Dataset, rows: np.ndarray) -> set[str]:
    """The variables that hold something on one of the rows."""
    return {v.name for v in dataset.variables if (dataset.frame[v.name].iloc[rows] != "").any()}


def _cut(whole: Cut, taken: set[str], encoding: str) -> Iterator[Cut]:
    """The cut with the names its parts go to; none where there is nothing to cut or a name is taken."""
    most = max((len(parts(text, MAX_CHAR_BYTES, encoding)) for text in whole.texts), default=0)
    names = tuple(_numbered(whole.names[0], number) for number in range(1, most))
    if names and not taken & set(names):
        taken.update(names)
        yield replace(whole, names=(*whole.names, *names))


def _numbered(name: str, number: int) -> str:
    """The name of a continuation: AETERM1; of an 8-character name the end gives way to the number."""
    return f"{name[: 8 - len(str(number))]}{number}"


def _apply(done: dict[str, Dataset], cut: Cut, encoding: str) -> None:
    dataset, (name, *names) = done[cut.dataset], cut.names
    table = [parts(text, MAX_CHAR_BYTES, encoding) for text in cut.texts]
    columns = [[found[at] if at < len(found) else "" for found in table] for at in range(len(cut.names))]
    supplement = done.get(f"{SUPPLEMENT}{cut.dataset}")
    if name == _value_of(dataset):
        done[cut.dataset] = _in_own_variables(dataset, cut, columns)
        return
    if name in dataset.frame:
        done[cut.dataset] = dataset = _replaced(dataset, name, cut.rows, columns[0])
        origin, label, evaluator = (
            dataset.variable(name).origin,
            shown_label(dataset.variable(name), encoding),
            "",
        )
    else:
        assert supplement is not None
        places = _places(supplement, dataset, name, cut.rows)
        supplement = _replaced(supplement, "QVAL", places, columns[0])
        first = supplement.frame.iloc[places[0]]
        label, evaluator = str(first["QLABEL"]), str(first["QEVAL"])
        origins = supplement.variable("QVAL").origins
        origin = origins.get(name, supplement.variable("QVAL").origin)
    added = []
    for part_name, values in zip(names, columns[1:], strict=True):
        held = [at for at, value in enumerate(values) if value]
        own = [values[at] for at in held]
        added.append(Added(part_name, label, origin, cut.rows[held], own, evaluator))
    supplement = supplemented(dataset, supplement, added)
    done[supplement.name] = _described(supplement) if dataset.label_zh else supplement


def _described(supplement: Dataset) -> Dataset:
    """A supplemental dataset that was made here has Chinese labels like one that was there before."""
    labels = load_chinese_labels()
    variables = tuple(
        replace(v, label_zh=v.label_zh or labels.variable(supplement.name, v.name))
        for v in supplement.variables
    )
    return replace(
        supplement,
        variables=variables,
        label_zh=supplement.label_zh or labels.dataset(supplement.name),
    )


def _replaced(dataset: Dataset, name: str, rows: np.ndarray, values: list[str]) -> Dataset:
    column = dataset.frame[name].astype(object).copy()
    column.iloc[rows] = np.array(values, dtype=object)
    return replace(dataset, frame=dataset.frame.assign(**{name: column}))


def _in_own_variables(dataset: Dataset, cut: Cut, columns: list[list[str]]) -> Dataset:
    """The dataset with the parts in TSVAL, TSVAL1 …; a variable it lacks follows the one it continues."""
    base = dataset.variable(cut.names[0])
    for at, (name, values) in enumerate(zip(cut.names, columns, strict=True)):
        if name not in dataset.frame:
            before = [v.name for v in dataset.variables].index(cut.names[at - 1]) + 1
            zh = base.label_zh and f"{base.label_zh}{at}"
            added = replace(base, name=name, label=f"{base.label} {at}", label_zh=zh, core="Perm", comment="")
            variables = (*dataset.variables[:before], added, *dataset.variables[before:])
            frame = dataset.frame.copy()
            frame.insert(before, name, pd.Series("", index=frame.index, dtype=object))
            dataset = replace(dataset, variables=variables, frame=frame)
        dataset = _replaced(dataset, name, cut.rows, values)
    return dataset


def _places(supplement: Dataset, parent: Dataset, name: str, rows: np.ndarray) -> np.ndarray:
    """Positions in SUPP-- of the qualifier `name` of the parent's `rows`; -1 where there is none."""
    own = np.flatnonzero((supplement.frame["QNAM"] == name).to_numpy(dtype=bool))
    index = pd.Index(qualifier_keys(supplement.frame.iloc[own]))
    wanted = record_keys(parent.frame.iloc[rows], sequence_of(parent))
    found = index.get_indexer(pd.Index(wanted))
    return np.where(found >= 0, np.append(own, -1)[found], -1)


def _told(datasets: dict[str, Dataset], cut: Cut, encoding: str) -> Iterator[Finding]:
    dataset = datasets[cut.dataset]
    own = cut.names[0] == _value_of(dataset)
    places = ", ".join(
        name if own or name in dataset.frame else f"{SUPPLEMENT}{cut.dataset} {name}" for name in cut.names
    )
    subjects = dataset.frame["USUBJID"].iloc[cut.rows] if "USUBJID" in dataset.frame else [""] * len(cut.rows)
    for row, text, subject in zip(cut.rows, cut.texts, subjects, strict=True):
        size = len(text.encode(encoding))
        yield Finding(
            rule="TXT-SPLIT",
            severity="INFO",
            message=f"text of {size} bytes in {encoding}, cut at {MAX_CHAR_BYTES}, stands in {places}",
            message_zh=f"文字在 {encoding} 编码下占{size}字节,超过{MAX_CHAR_BYTES}字节,分段存放于 {places}",
            dataset=cut.dataset,
            variable=cut.names[0],
            row=int(row) + 1,
            usubjid=str(subject),
            value=text,
        )


def rejoin_findings(datasets: dict[str, Dataset], cuts: Iterable[Cut], encoding: str) -> list[Finding]:
    """FATAL `TXT-REJOIN` for each cut text that its parts, as the files will hold them, do not give back."""
    findings = []
    for cut in cuts:
        columns = [_stored(datasets, cut, name, encoding) for name in cut.names]
        for row, text, held in zip(cut.rows, cut.texts, zip(*columns, strict=True), strict=True):
            if "".join(held) != text.rstrip(" "):
                findings.append(
                    Finding(
                        rule="TXT-REJOIN",
                        severity="FATAL",
                        message="the parts of a long text do not give it back; the kit is at fault",
                        message_zh="长文本分段后无法还原",
                        dataset=cut.dataset,
                        variable=cut.names[0],
                        row=int(row) + 1,
                        value=text,
                    )
                )
    return findings


def _stored(datasets: dict[str, Dataset], cut: Cut, name: str, encoding: str) -> list[str]:
    """What a reader of the files finds under `name` on the rows of a cut; a field loses blanks at its end."""
    dataset = datasets[cut.dataset]
    if name in dataset.frame:
        values = dataset.frame[name].iloc[cut.rows].tolist()
    else:
        supplement = datasets[f"{SUPPLEMENT}{cut.dataset}"]
        held = np.append(supplement.frame["QVAL"].to_numpy(dtype=object), "")
        values = held[_places(supplement, dataset, name, cut.rows)].tolist()
    return [
        str(value).encode(encoding)[:MAX_CHAR_BYTES].rstrip(b" ").decode(encoding, "replace")
        for value in values
    ]
