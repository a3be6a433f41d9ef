"""The only way a case may change the data: every change is written down as it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from cdisc_kit.errors import InputError
from cdisc_kit.synth.dirt.manifest import NOTHING, WHOLE_ROW, Entry, Expected
from cdisc_kit.synth.dirt.raw import RawData, RawForm, Record, text_of

Fits = Callable[[dict[str, str]], bool]


@dataclass
class Log:
    """What the cases of one run have done: the manifest, the subjects taken, the pages and cells touched."""

    entries: list[Entry] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    pages: set[tuple[str, str]] = field(default_factory=set)
    cells: set[tuple[int, str, str]] = field(default_factory=set)


class Editor:
    """The raw data in the hands of one case."""

    def __init__(self, raw: RawData, case: int, seed: int, log: Log) -> None:
        self.raw = raw
        self.case = case
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, case])))
        self._log = log

    # -- looking for a place ------------------------------------------------------------------------------

    def pick(self, form: str, fits: Fits) -> Record:
        """A row that fits, of a subject no case has taken; failing that, on a page no case has touched.

        The subject is taken. Raises InputError where no row is left.
        """
        found = [record for record in self.raw.forms[form].records if record.row and fits(record.values)]
        free = [record for record in found if self.subject(record) not in self._log.subjects]
        free = free or [r for r in found if (self.subject(r), form) not in self._log.pages]
        if not free:
            raise InputError(
                f"dirt case {self.case}: these data have no row of form {form} to plant it on; "
                "take another --seed or more --subjects"
            )
        record = free[int(self._rng.integers(len(free)))]
        self._log.subjects.add(self.subject(record))
        return record

    def subject(self, record: Record) -> str:
        """The true subject number of a row."""
        return record.values[self.raw.subject_key]

    def rows(self, form: str, subject: str = "", **values: str) -> list[Record]:
        """The clean rows of a form that still stand, of a subject and with these canonical values."""
        wanted = values | ({self.raw.subject_key: subject} if subject else {})
        records = self.raw.forms[form].records
        return [r for r in records if r.row and all(r.values.get(k) == v for k, v in wanted.items())]

    def all_rows(self, subject: str) -> list[Record]:
        """Every clean row of a subject."""
        return [record for form in self.raw.forms for record in self.rows(form, subject)]

    # -- changing -----------------------------------------------------------------------------------------

    def write(
        self, record: Record, key: str, dirty: object, expected: Expected = NOTHING, *, entry: str = ""
    ) -> None:
        """Write `dirty` into a cell; with `entry` in that entry pass only."""
        place = (id(record), key, entry)
        if place in self._log.cells:
            raise RuntimeError(f"dirt case {self.case}: {record.form}.{key} holds another case already")
        self._log.cells.add(place)
        clean = record.written(entry).get(key)
        (record.only.setdefault(entry, {}) if entry else record.cells)[key] = dirty
        form = f"{record.form}/{entry}" if entry else record.form
        self._note(form, record, key, (text_of(clean), text_of(dirty)), expected)

    def set(self, record: Record, key: str, value: object) -> None:
        """Write a cell that comes with the mistake, unless it holds that value already."""
        if text_of(record.cells.get(key)) != text_of(value):
            self.write(record, key, value)

    def insert(self, after: Record, changes: Mapping[str, object], expected: Expected = NOTHING) -> Record:
        """Put a row in below `after`: its clean cells with `changes`."""
        form = self.raw.forms[after.form]
        cells = after.cells | dict(changes)
        own = {key: text_of(cell) for key, cell in changes.items()}
        record = Record(after.form, 0, after.values | own, cells)
        form.records.insert(form.records.index(after) + 1, record)
        self._note(after.form, record, WHOLE_ROW, ("", _joined(form, record)), expected)
        return record

    def insert_heading(self, form: RawForm, cells: Mapping[str, object], expected: Expected) -> None:
        """Put a row above the heading."""
        record = Record(form.name, 0, {}, dict(cells))
        form.headings.insert(0, record)
        self._note(form.name, record, WHOLE_ROW, ("", _joined(form, record)), expected)

    def swap_columns(self, form: RawForm, one: str, other: str) -> None:
        """Let two columns change places; the manifest shows their positions as `#6`."""
        at, to = form.columns.index(one), form.columns.index(other)
        form.columns[at], form.columns[to] = other, one
        for key, line in ((one, (f"#{at + 1}", f"#{to + 1}")), (other, (f"#{to + 1}", f"#{at + 1}"))):
            self._note(form.name, form.headings[-1], key, line, NOTHING)

    def remove(self, record: Record, expected: Expected = NOTHING) -> None:
        """Take a row out."""
        form = self.raw.forms[record.form]
        form.records.remove(record)
        line = (_joined(form, record), "")
        self._note(record.form, record, WHOLE_ROW, line, expected, row=record.row)

    def expect(
        self, record: Record, key: str, expected: Expected, *, cascade: bool = False, entry: str = ""
    ) -> None:
        """A finding about a cell left as it is; `cascade` where it follows from what was planted."""
        written = text_of(record.written(entry).get(key))
        caused_by = str(self.case) if cascade else ""
        form = f"{record.form}/{entry}" if entry else record.form
        self._note(form, record, key, (written, written), expected, caused_by=caused_by)

    def expect_form(self, form: str, expected: Expected) -> None:
        """A finding about a form as a whole."""
        self._log.entries.append(Entry(self.case, form, None, "", "", "", expected))

    def switch_to_1904(self) -> None:
        """Let the workbook count days from 1904, as old versions of Excel for the Macintosh did."""
        self.raw.date_1904 = True
        self._log.entries.append(Entry(self.case, "", None, "date1904", "0", "1", NOTHING))

    def _note(
        self,
        form: str,
        record: Record,
        key: str,
        line: tuple[str, str],
        expected: Expected,
        *,
        caused_by: str = "",
        row: int = 0,
    ) -> None:
        if self.raw.subject_key in record.values:
            self._log.pages.add((self.subject(record), record.form))
        self._log.entries.append(
            Entry(
                self.case, form, record, key, _legible(line[0]), _legible(line[1]), expected, caused_by, row
            )
        )


def _joined(form: RawForm, record: Record) -> str:
    return "|".join(text_of(record.cells.get(key)) for key in form.columns)


def _legible(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
