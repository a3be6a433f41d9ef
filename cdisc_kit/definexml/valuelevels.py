"""Value-level metadata: what differs within a variable from test to test, or from qualifier to qualifier."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cdisc_kit.dataset import Dataset, Origin, Variable
from cdisc_kit.definexml import datatypes, termlists
from cdisc_kit.definexml.datatypes import DataType
from cdisc_kit.definexml.description import ValueLevel
from cdisc_kit.definexml.model import Condition, Item, Level, TermList
from cdisc_kit.definexml.origins import distinct, method, origins_by_block
from cdisc_kit.errors import SpecError

if TYPE_CHECKING:
    from cdisc_kit.standard import ControlledTerminology

# Key variable -> the variables whose values it types. -- stands for the prefix of the dataset's variables.
_QUALIFIER = "QNAM"
_TYPED_BY = {"--TESTCD": ("--ORRES", "--STRESC", "--STRESN"), _QUALIFIER: ("QVAL",)}


class _Part(NamedTuple):
    """Rows (positions) that conditions select, and the distinct values a variable has there, sorted."""

    where: tuple[Condition, ...]
    rows: np.ndarray
    values: list[str]


class ValueLevels:
    """The value levels of one dataset's variables.

    `explicit` are the levels the study declares. Results by test and supplemental values by qualifier come
    on their own, for the rows that no explicit level covers.
    """

    def __init__(
        self,
        dataset: Dataset,
        explicit: Sequence[ValueLevel],
        ct: ControlledTerminology,
        encoding: str,
    ) -> None:
        self.dataset = dataset
        self.explicit = explicit
        self.ct = ct
        self.encoding = encoding
        self._names = tuple(variable.name for variable in dataset.variables)
        self._keys = dict(_keys(self._names))
        self._check()

    def of(self, variable: Variable, data: DataType) -> tuple[Level, ...]:
        """The levels of `variable`, whose own type is `data`; none where they would say nothing more."""
        declared = [level for level in self.explicit if level.variable == variable.name]
        covered = np.zeros(len(self.dataset.frame), dtype=bool)
        levels: list[Level] = []
        for level in declared:
            rows = self._rows(level)
            covered |= rows
            levels += self._declared(variable, level, np.flatnonzero(rows))
        on = {name for level in declared for name in level.where}
        key = self._keys.get(variable.name, "")
        if key and on <= {key}:
            automatic = list(self._by_key(variable, key, np.flatnonzero(~covered)))
            always = levels or key == _QUALIFIER
            levels += automatic if always or _says_more(automatic, data) else []
        elif len(on) == 1:
            levels += self._rest(variable, declared, np.flatnonzero(~covered))
        elif key and key in on:
            known = set(self.dataset.frame[key].to_numpy(dtype=object)[covered])
            alone = ~self.dataset.frame[key].isin(known).to_numpy(dtype=bool)
            levels += self._by_key(variable, key, np.flatnonzero(alone))
        return tuple(sorted(levels, key=lambda level: level.where))

    def _check(self) -> None:
        missing = [
            f"value level of {self.dataset.name}.{level.variable}: the dataset has no variable {name}"
            for level in self.explicit
            for name in (level.variable, *level.where)
            if name not in self._names
        ]
        if missing:
            raise SpecError(missing)

    def _rows(self, level: ValueLevel) -> np.ndarray:
        rows = np.ones(len(self.dataset.frame), dtype=bool)
        for name, values in level.where.items():
            rows &= self.dataset.frame[name].isin(values).to_numpy(dtype=bool)
        return rows

    def _declared(self, variable: Variable, level: ValueLevel, rows: np.ndarray) -> list[Level]:
        where = tuple(condition(name, listed) for name, listed in sorted(level.where.items()))
        part = self._part(variable, where, rows)
        if not part.values:
            return []
        terms = self._terms(variable, level, part.values)
        return [Level(where, self._item(variable, part, terms, label=level.label, origin=level.origin))]

    def _terms(self, variable: Variable, level: ValueLevel, values: list[str]) -> TermList | None:
        decoded = termlists.decodes(self.dataset, variable.name)
        if level.codelist:
            self.ct[level.codelist]  # an unknown code raises here instead of leaving the item without a list
            return termlists.controlled((level.codelist,), values, decoded, self.ct)
        if level.sponsor_codelist:
            name = f"{level.label or variable.label} ({level.sponsor_codelist})"
            return termlists.sponsor(level.sponsor_codelist, name, values, decoded)
        return None

    def _by_key(self, variable: Variable, key: str, rows: np.ndarray) -> Iterator[Level]:
        """One level for each test or qualifier that has a value."""
        labels = termlists.decodes(self.dataset, key)
        keys = self.dataset.frame[key].iloc[rows].astype(str)
        groups = keys.groupby(keys.to_numpy(dtype=object)).indices
        for code in sorted(str(code) for code in groups if code):
            part = self._part(variable, (condition(key, (code,)),), rows[groups[code]])
            if part.values:
                terms = self._result_terms(variable, part.values)
                yield Level(part.where, self._item(variable, part, terms, label=labels.get(code, code)))

    def _result_terms(self, variable: Variable, values: list[str]) -> TermList | None:
        """The variable's codelist for a test whose results are terms: of numbers it governs its own only."""
        known = {term for code in variable.codelists if code in self.ct for term in self.ct[code].terms}
        numbers = any(datatypes.is_number(value) and value not in known for value in values)
        if numbers or not known.intersection(values):
            return None
        return termlists.controlled(variable.codelists, values, {}, self.ct)

    def _rest(self, variable: Variable, declared: list[ValueLevel], rows: np.ndarray) -> list[Level]:
        """The rows that the declared levels leave out, so that every value is described."""
        (name,) = declared[0].where
        listed = tuple(dict.fromkeys(value for level in declared for value in level.where[name]))
        part = self._part(variable, ((name, "NOTIN", listed),), rows)
        if not part.values:
            return []
        return [Level(part.where, self._item(variable, part, self._result_terms(variable, part.values)))]

    def _part(self, variable: Variable, where: tuple[Condition, ...], rows: np.ndarray) -> _Part:
        column = self.dataset.frame[variable.name].iloc[rows]
        if variable.type == "Num":
            return _Part(where, rows, sorted({repr(float(value)) for value in column.dropna().unique()}))
        return _Part(where, rows, sorted({str(value) for value in column.unique()} - {""}))

    def _item(
        self,
        variable: Variable,
        part: _Part,
        terms: TermList | None,
        *,
        label: str = "",
        origin: Origin | None = None,
    ) -> Item:
        origins = {"*": origin} if origin else origins_by_block(self.dataset, variable, part.rows)
        _, comparator, values = part.where[0]
        return Item(
            oid=f"IT.{self.dataset.name}.{variable.name}.{slug(part.where)}",
            name=values[0] if len(part.where) == 1 and comparator == "EQ" else variable.name,
            label=label or in_words(part.where),
            label_zh="",
            sas_name="",
            data=self._data_type(variable, part.values, terms),
            mandatory=variable.core == "Req",
            terms=terms,
            origins=distinct(origins),
            method=method(origins),
        )

    def _data_type(self, variable: Variable, values: list[str], terms: TermList | None) -> DataType:
        if variable.type == "Num":
            return datatypes.of_numbers(float(value) for value in values)
        if terms is not None:
            return datatypes.text(max(self._size(value) for value in values))
        return datatypes.of_texts(values, self._size)

    def _size(self, value: str) -> int:
        # A value the encoding lacks has stopped the build before; an exception here would show it in a log.
        return len(value.encode(self.encoding, "replace"))


def condition(name: str, values: tuple[str, ...]) -> Condition:
    """`name` is the value, or one of the values."""
    return (name, "EQ" if len(values) == 1 else "IN", values)


def slug(where: tuple[Condition, ...]) -> str:
    """The conditions as the tail of an OID: letters, digits, `_` and `.` only, distinct within a variable."""
    parts = [
        f"{name}.{comparator}.{'_'.join(_escaped(value) for value in values)}"
        for name, comparator, values in where
    ]
    return ".".join(parts)


def in_words(where: tuple[Condition, ...]) -> str:
    """`RSCAT = RECIST 1.1 and RSTESTCD in (OVRLRESP, TRGRESP)`."""
    signs = {"EQ": "{} = {}", "IN": "{} in ({})", "NOTIN": "{} not in ({})"}
    return " and ".join(
        signs[comparator].format(name, ", ".join(values)) for name, comparator, values in where
    )


def _escaped(value: str) -> str:
    """Blank as `_`, everything but letters and digits as its code point, so that no two values meet."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: "_" if found[0] == " " else f"-{ord(found[0]):x}", value)


def _keys(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Typed variable -> key variable, for the pairs of `_TYPED_BY` that stand in the dataset."""
    for key, typed in _TYPED_BY.items():
        for name in names:
            if name.endswith(key.removeprefix("--")) and (key.startswith("--") or name == key):
                prefix = name.removesuffix(key.removeprefix("--"))
                for variable in typed:
                    if variable.replace("--", prefix) in names:
                        yield variable.replace("--", prefix), name


def _says_more(levels: list[Level], data: DataType) -> bool:
    """True where a level has a type of its own, or levels differ in more than length and terms."""
    items = [level.item for level in levels]
    kinds = {
        (
            *(item.data.name, item.data.digits, item.terms is None, item.method),
            *((origin.type, origin.source) for origin in item.origins),
        )
        for item in items
    }
    return len(kinds) > 1 or any(item.data.name != data.name for item in items)
