"""What a mapping operation is: its key, its parameters' schema, what it reads, and how it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pandas as pd

    from cdisc_kit.yamltext import Map

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?$"}
NAMES: Schema = {"type": "array", "items": NAME, "minItems": 1}
TEXT: Schema = {"type": "string"}


@dataclass(frozen=True)
class Needs:
    """Everything a call refers to by name, so that a wrong name is found before any data is read.

    `columns` are names as `Rows.column` takes them (raw column, work or own variable, `FORM.COLUMN`,
    `DM.VARIABLE`); `collections` are `DATASET.VARIABLE` or `FORM.COLUMN` read over all rows of a subject;
    `datasets` are datasets read whole, by variable.
    """

    columns: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    datasets: tuple[tuple[str, str], ...] = ()
    maps: tuple[str, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()
    parameters: tuple[str, ...] = ()
    codelists: tuple[str, ...] = ()


class Rows(Protocol):
    """The rows an operation works on: one record block, or the whole dataset (`scope`)."""

    length: int

    def column(self, name: str) -> pd.Series:
        """A raw column, own variable, joined `FORM.COLUMN` or per-subject `DATASET.VARIABLE`."""

    def usubjid(self) -> pd.Series:
        """USUBJID of each row (missing in trial design)."""

    def collection(self, reference: str) -> tuple[pd.Series, pd.Series]:
        """(USUBJID, values) over all rows of `DATASET.VARIABLE` or `FORM.COLUMN`."""

    def dataset(self, name: str, variables: Sequence[str]) -> pd.DataFrame:
        """Columns of another dataset, all rows."""

    def code_map(self, name: str) -> Any:
        """A map of ct.yaml."""

    def table(self, name: str) -> pd.DataFrame:
        """A coding table."""

    def parameter(self, name: str) -> str:
        """A parameter of study.yaml."""

    def paired_term(self, codelist: str, value: str) -> str:
        """The paired list's term for a term of `codelist`; '' where there is none."""

    def same_record(self, dataset: str, variable: str) -> pd.Series:
        """`variable` of the first record that each row's raw record gives in another dataset; '' for none."""

    def unreadable(self, column: str) -> np.ndarray:
        """True where the cell of a raw column says something that gave no value; marks for none say none."""

    def raw_rows(self) -> pd.Series:
        """Row number in the raw file of each row, as text."""

    def raw_forms(self) -> pd.Series:
        """Name of the form behind each row; '' where there is none."""

    def visit(self, name: str, code: pd.Series, date: pd.Series) -> pd.Series:
        """VISITNUM, VISIT or VISITDY for raw visit codes and dates of these rows' subjects."""

    def report(
        self,
        rule: str,
        severity: str,
        message: str,
        where: np.ndarray,
        *,
        column: str = "",
        values: pd.Series | None = None,
        message_zh: str = "",
        ask: str = "",
    ) -> None:
        """One Finding for each row where `where` is True; `ask` completes the question on the raw cell."""


@dataclass(frozen=True)
class Operation:
    """One operation of the mapping language.

    `key` is the word in YAML; its value and the other parameters obey `schema` (properties of a closed
    object; `required` lists parameters beside the key). `run(rows, params)` returns one value per row.
    `origin` is the Define-XML origin when the call states none, `source` its source; `method` words the
    derivation for Define-XML. `scope` says which other rows of the dataset a row's value depends on:
    none (`row`), those of its block (`block`) or all (`dataset`). `listed` is False where a map gives only
    some of the values (words among numbers), so that the map is no list of the variable's values. `pure` says
    that a value depends on the row's own cells of `needs` alone and that nothing is reported, so that what is
    equal may be worked out once. `arms`
    names the ways a value can come about (a code of a map, a branch of an expression) and says of each
    whether the rows take it; the coverage of mapping tests is counted in them. `reads` tells of columns
    that do not count on every row on which they do (None: they are compared and give no value); the cell
    ledger goes by it.
    """

    key: str
    summary: str
    schema: Schema
    run: Callable[[Rows, Map], pd.Series]
    needs: Callable[[Map], Needs]
    origin: str = "Derived"
    source: str = "Sponsor"
    method: Callable[[Map], str] = field(default=lambda params: "")
    required: tuple[str, ...] = ()
    scope: Literal["row", "block", "dataset"] = "row"
    listed: bool = True
    pure: bool = False
    arms: Callable[[Rows, Map], dict[str, bool]] = field(default=lambda rows, params: {})
    reads: Callable[[Rows, Map], dict[str, np.ndarray | None]] = field(default=lambda rows, params: {})


def names(value: Any) -> tuple[str, ...]:
    """A parameter that is one name or a list of names, as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)
