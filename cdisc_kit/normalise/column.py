"""One column of a form while it is read: canonical cells, and the notes on each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cdisc_kit.normalise.notes import Note, Read
from cdisc_kit.normalise.readers import Reader


@dataclass
class ReadColumn:
    """`raw` and `values` are the cells before and after, `rules` the rule ids of each (`TXT-TRIM;DT-ISO`).

    `notes` holds, by position, the notes that become findings.
    """

    raw: np.ndarray
    values: np.ndarray
    rules: np.ndarray
    notes: dict[int, list[Note]] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: np.ndarray, reader: Reader, typed: np.ndarray, typed_reader: Reader) -> ReadColumn:
        """Read each distinct text once; `typed` marks the workbook's date cells, for `typed_reader`."""
        if not typed.any():
            return cls(cells, *_read(cells, reader))
        column = cls(cells, np.full(len(cells), "", dtype=object), np.full(len(cells), "", dtype=object))
        for positions, read in (
            (np.flatnonzero(~typed), reader),
            (np.flatnonzero(typed), typed_reader),
        ):
            values, rules, notes = _read(cells[positions], read)
            column.values[positions], column.rules[positions] = values, rules
            column.notes |= {int(positions[at]): found for at, found in notes.items()}
        return column

    def noted(self, *notes: Note) -> list[int]:
        """Positions whose cells bear one of the notes."""
        return [at for at, found in self.notes.items() if any(note in found for note in notes)]

    def correct(self, at: int, wrong: Note, read: Read) -> None:
        """The value of a cell that was read after all: the note `wrong` on it no longer holds."""
        self.notes[at] = [note for note in self.notes.get(at, []) if note != wrong]
        if not self.notes[at]:
            del self.notes[at]
        self.rules[at] = ";".join(rule for rule in str(self.rules[at]).split(";") if rule != wrong.rule)
        self.change(at, read)

    def change(self, at: int, read: Read) -> None:
        """Another canonical value at a position, with the notes that led to it."""
        self.values[at] = read.text
        self.rules[at] = ";".join(filter(None, [self.rules[at], _rules(read.notes)]))
        told = [note for note in read.notes if note.severity]
        if told:
            self.notes.setdefault(at, []).extend(told)


def _read(cells: np.ndarray, reader: Reader) -> tuple[np.ndarray, np.ndarray, dict[int, list[Note]]]:
    """The canonical cells, their rules, and by position the notes that become findings."""
    codes, uniques = pd.factorize(cells)
    reads = [reader(str(text)) for text in uniques]
    told = [[note for note in read.notes if note.severity] for read in reads]
    values = np.array([read.text for read in reads], dtype=object)
    rules = np.array([_rules(read.notes) for read in reads], dtype=object)
    marked = np.array([bool(notes) for notes in told], dtype=bool)
    notes = {int(at): list(told[codes[at]]) for at in np.flatnonzero(marked[codes])} if marked.any() else {}
    return values[codes], rules[codes], notes


def _rules(notes: tuple[Note, ...]) -> str:
    if len(notes) < 2:
        return notes[0].rule if notes else ""
    return ";".join(dict.fromkeys(note.rule for note in notes))
