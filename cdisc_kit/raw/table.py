"""`RawTable`: one form's rows as text cells that know their file, sheet and row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class RawTable:
    """One form. `frame` has the form's column keys as columns, text cells, '' for blank.

    `row` is the row of the file (or sheet) as a person counts it; `file` is relative to the raw folder.
    Several files of one form are several tables until they are reconciled. `dates` marks, per column, the
    cells that the workbook itself typed as dates (already ISO 8601 text); None for text files.
    """

    form: str
    file: str
    sheet: str
    row: np.ndarray
    frame: pd.DataFrame
    entry: str = ""
    dates: pd.DataFrame | None = None
