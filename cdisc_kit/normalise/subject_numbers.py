"""Leading zeros that a spreadsheet dropped from site and subject numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from cdisc_kit.columns import Coded
from cdisc_kit.findings import Finding
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import StudySpec

Known = dict[str, dict[str, tuple[str, ...]]]


def known_numbers(spec: StudySpec, screening: Iterable[RawTable]) -> Known:
    """Site and subject column -> number without leading zeros -> full numbers of the screening form.

    The screening form may have lost zeros itself: a number is not full where another differs from it by more
    leading zeros, unless it has the usual length.
    """
    tables = list(screening)
    columns = (spec.sources.site, spec.sources.subject)
    return {
        name: _full_numbers([table.coded(name) for table in tables if name in table.frame])
        for name in columns
    }


def _full_numbers(columns: list[Coded]) -> dict[str, tuple[str, ...]]:
    lengths: Counter[int] = Counter()
    written: set[str] = set()
    for column in columns:
        counts = np.bincount(column.codes, minlength=len(column.values)).tolist()
        for number, count in zip(map(str, column.values), counts, strict=True):
            if number and count:
                lengths[len(number)] += count
                written.add(number)
    usual = max(lengths, key=lambda length: (lengths[length], length), default=0)
    by_short: dict[str, list[str]] = {}
    for number in sorted(written):
        by_short.setdefault(number.lstrip("0"), []).append(number)
    return {
        short: tuple(n for n in numbers if len(n) in (usual, max(map(len, numbers))))
        if len(numbers) > 1
        else tuple(numbers)
        for short, numbers in by_short.items()
    }


def birth_dates(spec: StudySpec, screening: RawTable) -> dict[str, str]:
    """Subject -> collected date of birth (ISO 8601, maybe partial), where the study declares its column."""
    frame = screening.frame
    if spec.sources.birth not in frame or spec.sources.subject not in frame:
        return {}
    return dict(zip(frame[spec.sources.subject], frame[spec.sources.birth], strict=True))


def with_zeros(spec: StudySpec, table: RawTable, known: Known) -> tuple[RawTable, list[Finding]]:
    """The table with full numbers: WARN `ID-PAD` for each; FATAL `ID-AMBIG` where it may be several."""
    findings: list[Finding] = []
    frame = table.frame
    for column, by_short in known.items():
        if column not in frame:
            continue
        codes, uniques = table.coded(column).codes, table.coded(column).values
        full = {number for numbers in by_short.values() for number in numbers}
        candidates = [() if str(n) in full else _candidates(str(n), by_short) for n in uniques]
        if not any(candidates):
            continue
        padded = [c[0] if len(c) == 1 else str(n) for n, c in zip(uniques, candidates, strict=True)]
        doubtful = np.array([len(c) > 0 for c in candidates], dtype=bool)
        positions = np.flatnonzero(doubtful[codes])
        frame = frame.assign(**{column: np.array(padded, dtype=object)[codes]})
        findings += [
            _finding(table, column, int(at), str(uniques[codes[at]]), candidates[codes[at]])
            for at in positions
        ]
    return (replace(table, frame=frame) if frame is not table.frame else table), findings


def _candidates(number: str, by_short: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The full numbers a short one can mean; none where it is a full number itself."""
    full = by_short.get(number.lstrip("0"), ()) if number else ()
    return () if number in full else tuple(n for n in full if len(n) > len(number))


def _finding(table: RawTable, column: str, at: int, value: str, candidates: tuple[str, ...]) -> Finding:
    clear = len(candidates) == 1
    return Finding(
        rule="ID-PAD" if clear else "ID-AMBIG",
        severity="WARN" if clear else "FATAL",
        message=(
            f"{column}: leading zeros restored from the screening form"
            if clear
            else f"{column}: {len(candidates)} numbers of the screening form differ in leading zeros only; "
            "correct the number"
        ),
        message_zh="编号的前导零已按筛选表补全" if clear else "编号缺前导零且对应多个受试者,请更正",
        value=value,
        form=table.form,
        source_file=table.file_at(at),
        source_sheet=table.sheet,
        source_row=int(table.row[at]),
        source_column=column,
        query=f"{table.form} 第{int(table.row[at])}行编号填写为“{value}”,请核对并更正。",
    )
