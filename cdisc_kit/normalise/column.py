"""One column of a form while it is read: canonical cells, and the notes on each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cdisc_kit.columns import Coded, repeated
from cdisc_kit.normalise.notes import Note, Read
from cdisc_kit.normalise.readers import Plain, Reader


@dataclass
class ReadColumn:
    """`raw` and `values` are the cells before and after, `rules` the rule ids of each (`TXT-TRIM;DT-ISO`).

    `notes` holds, by position, the notes that become findings. `texts` are the values by their distinct texts
    and `altered` marks those that are not as written, as long as no value was changed by its position.
    """

    raw: np.ndarray
    values: np.ndarray
    rules: np.ndarray
    notes: dict[int, list[Note]] = field(default_factory=dict)
    texts: Coded | None = None
    altered: np.ndarray | None = None

    @classmethod
    def of(
        cls, texts: Coded, reader: Reader, plain: Plain | None, typed: np.ndarray | None, typed_reader: Reader
    ) -> ReadColumn:
        """Read each distinct text once; `typed` marks the workbook's date cells, for `typed_reader`."""
        cells = texts.cells()
        if typed is None or not typed.any():
            return cls(cells, *_read(texts, reader, plain))
        column = cls(cells, repeated("", len(cells)), repeated("", len(cells)))
        for positions, read in (
            (np.flatnonzero(~typed), reader),
            (np.flatnonzero(typed), typed_reader),
        ):
            values, rules, notes, *_ = _read(Coded.of(cells[positions]), read)
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
        self.texts = self.altered = None
        self.values[at] = read.text
        self.rules[at] = ";".join(filter(None, [self.rules[at], _rules(read.notes)]))
        told = [note for note in read.notes if note.severity]
        if told:
            self.notes.setdefault(at, []).extend(told)

    def changed(self) -> np.ndarray:
        """Positions of the cells that are not as they were written."""
        if self.texts is None or self.altered is None:
            return np.flatnonzero(self.values != self.raw)
        return np.flatnonzero(self.altered)


def _read(
    texts: Coded, reader: Reader, plain: Plain | None = None
) -> tuple[np.ndarray, np.ndarray, dict[int, list[Note]], Coded, np.ndarray]:
    """The canonical cells, their rules, by position the notes that become findings, and for `ReadColumn`."""
    codes, values = texts.codes, texts.values.tolist()
    is_plain, rule = plain or (lambda text: False, "")
    rules, altered = [rule] * len(values), np.zeros(len(values), dtype=bool)
    told: dict[int, list[Note]] = {}
    for at, text in enumerate(values):
        if not is_plain(text):
            read = reader(text)
            values[at], rules[at], altered[at] = read.text, _rules(read.notes), read.text != text
            if any(note.severity for note in read.notes):
                told[at] = [note for note in read.notes if note.severity]
    made = Coded.mapped(codes, values) if altered.any() else texts
    noted = np.flatnonzero(np.isin(codes, list(told))) if told else ()
    notes = {int(at): list(told[codes[at]]) for at in noted}
    return made.cells(), np.array(rules, dtype=object)[codes], notes, made, altered[codes]


def _rules(notes: tuple[Note, ...]) -> str:
    if len(notes) < 2:
        return notes[0].rule if notes else ""
    return ";".join(dict.fromkeys(note.rule for note in notes))
