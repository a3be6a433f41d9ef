"""What the cell ledger calls mapped reaches a dataset: another value of such a cell changes one.

One cell of each subject is changed at a time and the subject's records are compared, so that one build tries
as many cells as there are subjects. A cell passes when any of several other values changes something: the
first date of a visit is one of many dates, and only an earlier one is seen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from cdisc_kit.build.study import Built, build_datasets
from cdisc_kit.columns import text_as_objects
from cdisc_kit.ledger import Ledger, account
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.raw import RawTable, read_raw, read_resolutions
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.spec.model import ColumnSpec
from cdisc_kit.synth import DEMO_SEED
from cdisc_kit.synth.run import write_synthetic

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
STUDIES = ("atg", "capeox")
CELLS = 160  # of each study
LONG_AGO, LATE = "1990-01-01", "2026-10-30"


class Cell(NamedTuple):
    """A raw cell that is mapped, and what the ledger says it reaches."""

    form: str
    row: int
    column: str
    target: str


@dataclass(frozen=True)
class Study:
    """A study's clean raw data, its baseline digests by subject, and the mapped cells of each subject."""

    spec: StudySpec
    folder: Path
    raw: dict[str, tuple[RawTable, ...]]
    base: dict[str, int]
    cells: dict[str, list[Cell]]

    def changed(self, trials: dict[str, tuple[Cell, int]]) -> set[str]:
        """The subjects whose records differ when their cell holds another value, by the number of attempt."""
        raw = dict(self.raw)
        by_form: dict[str, list[tuple[Cell, int]]] = defaultdict(list)
        for cell, attempt in trials.values():
            by_form[cell.form].append((cell, attempt))
        for form, mine in by_form.items():
            raw[form] = _with_others(self.spec, raw[form], mine)
        now = digests(_built(self.spec, self.folder, raw))
        return {subject for subject in trials if now.get(subject) != self.base[subject]}


@text_as_objects
def _built(spec: StudySpec, folder: Path, raw: dict[str, tuple[RawTable, ...]]) -> Built:
    forms, _ = prepare_forms(spec, raw, read_resolutions(folder, spec.sources.resolution))
    return build_datasets(spec, forms)


def digests(built: Built) -> dict[str, int]:
    """Subject -> a number that stands for all its records, in any order."""
    found: dict[str, int] = defaultdict(int)
    for dataset in built.datasets.values():
        frame = dataset.frame
        if "USUBJID" not in frame:
            continue
        hashes = pd.util.hash_pandas_object(frame.astype(object).fillna(""), index=False)
        sums = hashes.groupby(frame["USUBJID"].to_numpy(dtype=object)).sum()
        for subject, total in sums.items():
            found[str(subject)] += int(total)
    return found


def _with_others(
    spec: StudySpec, tables: tuple[RawTable, ...], trials: list[tuple[Cell, int]]
) -> tuple[RawTable, ...]:
    """The form's tables with another value in each cell, in both entries alike."""
    first = tables[0]
    at = pd.Index(first.row).get_indexer([cell.row for cell, _ in trials])
    frames = [table.frame.copy() for table in tables]
    keys = [pd.util.hash_pandas_object(table.frame, index=False).to_numpy() for table in tables]
    for (cell, attempt), position in zip(trials, at, strict=True):
        column = spec.sources.forms[cell.form].columns[cell.column]
        old = str(first.frame[cell.column].iloc[position])
        new = another(column, old, first.frame[cell.column], attempt)
        for frame, own in zip(frames, keys, strict=True):
            frame.loc[np.flatnonzero(own == keys[0][position])[:1], cell.column] = new
    return tuple(replace(table, frame=frame) for table, frame in zip(tables, frames, strict=True))


def another(column: ColumnSpec, old: str, used: pd.Series, attempt: int) -> str:
    """Another value than `old` that the column may hold; attempt 0 is a small change, the last is blank."""
    if attempt == LAST_ATTEMPT:
        return ""
    if column.type in ("date", "datetime"):
        return (_next_day(old), LONG_AGO, LATE)[attempt % 3] + old[10:]
    if column.type in ("number", "integer") and old.replace(".", "", 1).isdigit():
        return (str(int(float(old)) + 1), "0", "999")[attempt % 3]
    if column.type == "time":
        return (f"{'11' if old[:2] != '11' else '12'}:17", "00:01", "23:58")[attempt % 3]
    if column.codes:
        choices = [code for code, text in column.codes.items() if old not in (code, text)]
    elif column.type == "yesno":
        choices = [answer for answer in ("是", "否") if answer != old]
    else:
        seen = [str(text) for text in dict.fromkeys(used) if str(text) not in ("", old)]
        choices = [f"{old}7", *seen[:1], *seen[-1:]]
    return choices[attempt % len(choices)] if choices else f"{old}7"


def _next_day(date: str) -> str:
    found = re.match(r"(\d{4}.\d{2}.)(\d{2})", date)
    return f"{found[1]}{'09' if found[2] != '09' else '08'}" if found else "2025-03-03"


LAST_ATTEMPT = 5  # a code may count as one of few: the others are tried in turn


def mapped_cells(spec: StudySpec, built: Built, ledger: Ledger) -> dict[str, list[Cell]]:
    """Subject -> its cells of fate `mapped`.

    Left out are the subject number, which moves records to somebody else, and what only tells that a visit
    took place: every form of a visit says that, so that one of them alone changes nothing.
    """
    visits = {name for name, d in spec.domains.items() if any(b.kind == "visits" for b in d.blocks)}
    found: dict[str, list[Cell]] = defaultdict(list)
    for part in ledger.forms:
        form = built.workspace.forms[part.form]
        subjects = pd.Series(form.column("USUBJID"), index=form.table.row).groupby(level=0).first()
        owners = subjects.reindex(part.row).fillna("").to_numpy(dtype=object)
        is_mapped = np.array([*(fate.fate == "mapped" for fate in part.fates), False])
        for at, position in zip(*np.nonzero(is_mapped[part.cells]), strict=True):
            column = part.columns[position]
            target = part.fates[part.cells[at, position]].target
            if owners[at] and column != spec.sources.subject and not visits.issuperset(target.split("; ")):
                found[owners[at]].append(Cell(part.form, int(part.row[at]), column, target))
    return found


@pytest.fixture(scope="module", params=STUDIES)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp(request.param) / "raw"
    write_synthetic(request.param, folder, seed=DEMO_SEED)
    spec = load_study(MAPPINGS / request.param)
    raw = read_raw(spec, folder).tables
    built = _built(spec, folder, raw)
    ledger, _ = account(built.workspace, raw, built.findings)
    return Study(spec, folder, raw, digests(built), mapped_cells(spec, built, ledger))


def drawn(cells: list[Cell], rng: np.random.Generator) -> Cell:
    """A cell by chance, columns of few rows as likely as those of many."""
    columns = sorted({(cell.form, cell.column) for cell in cells})
    chosen = columns[int(rng.integers(len(columns)))]
    own = [cell for cell in cells if (cell.form, cell.column) == chosen]
    return own[int(rng.integers(len(own)))]


def test_another_value_of_a_mapped_cell_changes_a_dataset(study: Study) -> None:
    rng = np.random.Generator(np.random.PCG64(20260701))
    count = -(-CELLS // len(study.cells))
    # each subject's cells with the number of the next attempt; a build tries the first of each
    pending = {who: [(drawn(study.cells[who], rng), 0) for _ in range(count)] for who in sorted(study.cells)}
    tried, idle = sum(map(len, pending.values())), []
    while any(pending.values()):
        now = {who: waiting.pop(0) for who, waiting in pending.items() if waiting}
        changed = study.changed(now)
        for who, (cell, attempt) in now.items():
            if who in changed:
                continue
            if attempt < LAST_ATTEMPT:
                pending[who].append((cell, attempt + 1))
            else:
                idle.append(f"{cell.form} row {cell.row} {cell.column}: {cell.target}")
    assert tried >= CELLS
    assert not idle, f"{len(idle)} of {tried} cells:\n" + "\n".join(sorted(idle))
