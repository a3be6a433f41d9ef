"""Do the keys a dataset declares (KeySequence of Define-XML 2.1) tell its records apart?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cdisc_kit.build.draft import Draft
from cdisc_kit.columns import text
from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding

Source = tuple[str, str, str, int]  # form, file, sheet, row of the raw record behind a record


def repeated_keys(draft: Draft, dataset: Dataset) -> list[Finding]:
    """A WARN `REC-KEYS` for the records that share all their keys, once for each set of raw rows behind them.

    It stands at the last of those raw rows; a dataset that is not made from raw rows is told of once for each
    group of records.
    """
    keys = [name for name in dataset.keys if name in dataset.frame]
    if not keys or _told_apart(draft, dataset, keys) or not dataset.frame.duplicated(keys).any():
        return []
    shared = np.flatnonzero(dataset.frame.duplicated(keys, keep=False))
    groups = dataset.frame.iloc[shared].groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    told: dict[tuple[Source, ...], list[np.ndarray]] = {}
    for group in range(int(groups.max()) + 1):
        records = shared[groups == group]
        sources = tuple(draft.source_of(int(draft.order()[at])) for at in records)
        raw = tuple(dict.fromkeys(source for source in sources if source[0]))
        told.setdefault(raw or (("", "", "", int(records[0])),), []).append(records)
    return list(_findings(dataset, keys, told))


def _told_apart(draft: Draft, dataset: Dataset, keys: list[str]) -> bool:
    """True where the codes of the keys show that all records differ; False where they cannot show it."""
    place, places = np.zeros(draft.length, dtype=np.int64), 1
    for name in keys:
        if dataset.variable(name).type == "Num":
            codes, values = pd.factorize(dataset.frame[name].to_numpy(), use_na_sentinel=False)
        elif name in ("STUDYID", "DOMAIN"):
            continue
        else:
            coded = draft.coded(name)
            if set(coded.distinct()) != set(dataset.distinct(name)):  # terms were removed
                return False
            codes, values = coded.codes[draft.order()], coded.values
        places *= len(values)
        if places > 2**62:
            return False
        place = place * len(values) + codes
    # the rows are sorted by much the same: a stable sort finds them nearly in order
    return not (np.diff(np.sort(place, kind="stable")) == 0).any()


def _findings(
    dataset: Dataset, keys: list[str], told: dict[tuple[Source, ...], list[np.ndarray]]
) -> Iterator[Finding]:
    for sources, groups in told.items():
        form, file, sheet, row = sources[-1]
        last = int(groups[0][-1])
        rows = ", ".join(str(source[3]) for source in sources)
        count = sum(len(records) for records in groups)
        yield Finding(
            rule="REC-KEYS",
            severity="WARN",
            message=(
                f"{count} records share their keys ({', '.join(keys)})"
                + (f"; they come from row {rows} of form {form}" if form else "; check the mapping")
            ),
            message_zh=f"{count}条记录的关键变量({'、'.join(keys)})相同,无法区分",
            dataset=dataset.name,
            row=last + 1,
            usubjid=_cell(dataset.frame, "USUBJID", last),
            form=form,
            source_file=file,
            source_sheet=sheet,
            source_row=row if form else 0,
            query=_question(form, rows, dataset.name) if form else "",
        )


def _question(form: str, rows: str, dataset: str) -> str:
    listed = rows.replace(", ", "、")
    return f"{form}表第{listed}行产生的{dataset}记录无法区分,请核对是否重复录入,或日期、编号有误。"


def _cell(frame: pd.DataFrame, name: str, at: int) -> str:
    return str(text(frame[name]).iloc[at]) if name in frame else ""
