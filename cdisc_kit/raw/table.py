"""`RawTable`: one form's rows as text cells that know their file, sheet and row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from cdisc_kit.columns import Coded, Texts
from cdisc_kit.findings import Finding

Extra = tuple[tuple[str, np.ndarray], ...]


@dataclass(frozen=True)
class RawTable:
    """One form. `frame` has the form's column keys as columns, text cells, '' for blank.

    `row` is the row of the file (or sheet) as a person counts it; `file` is relative to the raw folder.
    Several files of one form are several tables until they are reconciled; then `files` names the file of
    each row where rows come from more than one. `dates` marks, per column, the cells that the workbook itself
    typed as dates (already ISO 8601 text); None for text files. `epoch` is the workbook's date system (`1900`
    or `1904`, '' for text files). `notes` are findings of reading, `log` the cells changed by normalisation.
    `extra` are the columns of the file that the form does not declare: name, and where they are filled.
    `beyond` are the cells behind the last heading (`ROW-WIDTH`), told in the same way.
    `texts` is what is known of the distinct texts of `frame`; what is known of another frame is forgotten.
    """

    form: str
    file: str
    sheet: str
    row: np.ndarray
    frame: pd.DataFrame
    entry: str = ""
    dates: pd.DataFrame | None = None
    epoch: str = ""
    notes: tuple[Finding, ...] = ()
    files: np.ndarray | None = None
    log: pd.DataFrame | None = None
    extra: Extra = ()
    beyond: Extra = ()
    texts: Texts | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.texts is None or self.texts.frame is not self.frame:
            object.__setattr__(self, "texts", Texts(self.frame))

    def coded(self, name: str) -> Coded:
        """A column by its distinct texts."""
        assert self.texts is not None
        return self.texts.column(name)

    def changes(self, column: str) -> pd.DataFrame:
        """`before`, `after` and `rules` of a column's cells as the log has them; '' where unchanged."""
        names = ["before", "after", "rules"]
        log = self.log[self.log["column"] == column] if self.log is not None else None
        if log is None or log.empty:
            return pd.DataFrame("", index=range(len(self.row)), columns=names, dtype=object)
        places = pd.DataFrame({"file": self.files if self.files is not None else self.file, "row": self.row})
        found = places.merge(log.drop_duplicates(["file", "row"]), on=["file", "row"], how="left")[names]
        return found.astype(object).fillna("")

    def file_at(self, at: int) -> str:
        """The file of the row at a position."""
        return self.file if self.files is None else str(self.files[at])

    def of_file(self, file: str) -> np.ndarray:
        """True for the rows that stand in a file."""
        return np.full(len(self.row), self.file == file) if self.files is None else self.files == file

    def take(self, positions: np.ndarray) -> RawTable:
        """The table with the rows at `positions`, in that order."""
        return replace(
            self,
            row=self.row[positions],
            frame=self.frame.iloc[positions].reset_index(drop=True),
            dates=None if self.dates is None else self.dates.iloc[positions].reset_index(drop=True),
            files=None if self.files is None else self.files[positions],
            extra=tuple((name, filled[positions]) for name, filled in self.extra),
            beyond=tuple((name, filled[positions]) for name, filled in self.beyond),
        )
