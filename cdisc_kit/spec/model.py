"""What a study's mapping files say, as values: forms, maps, domains, blocks, operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from cdisc_kit.derive.operation import Needs, Operation
from cdisc_kit.expression import Expression
from cdisc_kit.spec.chinese import ChineseSpec
from cdisc_kit.standard import StandardDataset
from cdisc_kit.yamltext import Map

EVERY_BLOCK = "*"


@dataclass(frozen=True)
class Parameter:
    """A value of study.yaml; `assumed` marks what neither the registration nor the CRF states."""

    value: str
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True)
class ColumnSpec:
    """One raw column: the key used in mappings, the label in the file, its type and answer codes.

    `synonyms` are other wordings of the answers (wording -> code), `aliases` other headings of the column.
    `comparator` lets a number be a bound (`<0.05`). Two entries of a `critical` cell that differ stop the
    build. `date` names the date column whose day a time belongs to, `text_of` the coded column whose answer
    this column states in words.

    Of amounts: `unit` is the unit of every cell, `unit_in` the column that holds the unit of each row,
    `minimum` and `maximum` bound what is possible, `not_done` is the yes/no column that says the amount was
    not determined, `unreadable` the rule (WARN) of a cell that is no number, where that is a lesser matter.
    """

    key: str
    label: str
    type: str
    codes: dict[str, str] = field(default_factory=dict)
    required: bool = False
    synonyms: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    comparator: bool = False
    critical: bool = False
    date: str = ""
    text_of: str = ""
    unit: str = ""
    unit_in: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    not_done: str = ""
    unreadable: str = ""


@dataclass(frozen=True)
class PauseSpec:
    """Rows that hold an interval from `start` to `end`, some of them a pause inside another row's interval.

    A pause is a row with `value` in `column`. The interval around it is split (INFO under `rule`); columns in
    `once` count over the whole interval and stay with its first part.
    """

    start: str
    end: str
    column: str
    value: str
    rule: str
    once: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormSpec:
    """One CRF form: how its file is read, its columns in file order, the key of a row.

    `header` are its columns that identify the page, not what it states. `natural_key` says what a row speaks
    of where `key` holds a running number: two rows of one natural key that differ contradict each other.
    """

    name: str
    title: str
    title_zh: str
    reader: Map
    columns: dict[str, ColumnSpec]
    key: tuple[str, ...]
    pauses: PauseSpec | None = None
    header: tuple[str, ...] = ()
    natural_key: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourcesSpec:
    """sources.yaml: every form, the header columns that name subject and visit, and the date formats.

    `not_submitted` maps FORM.COLUMN, either part with wildcards, to the reason why it reaches no dataset.
    `birth` is the screening form's column of the date of birth, `resolution` the file of decided differences
    between two entries ('' where the study has none). `alternative` reads every form from one file, where
    that lies in the raw folder instead of the forms' own. `agree` maps header columns that must say of a
    subject what the screening form says to the rule they break otherwise; `visit_spread` is the parameter of
    the days between forms of one visit, and the planned visits it does not hold for.
    """

    forms: dict[str, FormSpec]
    site: str
    subject: str
    visit: str
    visit_date: str
    date_formats: tuple[str, ...]
    unknown: tuple[str, ...]
    drafts: tuple[str, frozenset[str]] | None
    not_submitted: dict[str, str]
    birth: str = ""
    resolution: str = ""
    no_visit: tuple[str, ...] = ()
    alternative: Map | None = None
    agree: dict[str, str] = field(default_factory=dict)
    visit_spread: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class IdentitySpec:
    """Where USUBJID is made: screening form, its subject column, the person's earlier subject number.

    `consent` are the form's columns that show a consent; blank in all, a person who is on no other form never
    gave one.
    """

    form: str
    subject: str
    previous: str
    usubjid: str
    consent: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeMap:
    """A map of ct.yaml: raw code -> submission value, of a CDISC codelist or of the sponsor's own list."""

    name: str
    codelist: str
    terms: dict[str, str]


@dataclass(frozen=True)
class Call:
    """One use of an operation in a mapping, with its place in the file."""

    operation: Operation
    params: Map
    file: str
    line: int
    origin: str
    origin_source: str
    method: str

    @cached_property
    def needs(self) -> Needs:
        return self.operation.needs(self.params)


@dataclass(frozen=True)
class JoinSpec:
    """Columns of another form (`form`) beside each row, matched on columns of equal name."""

    form: str
    on: tuple[tuple[str, str], ...]
    cardinality: str
    line: int


@dataclass(frozen=True)
class UnpivotSpec:
    """Several rows for each record: item constants, columns renamed per item, and which rows to keep."""

    items: tuple[dict[str, str], ...]
    aliases: dict[str, tuple[str, ...]]
    keep: Expression | None


@dataclass(frozen=True)
class BlockSpec:
    """One source of rows: a raw form, another dataset's rows, rows written in YAML, or visits."""

    id: str
    kind: str
    source: str
    when: Expression | None
    joins: tuple[JoinSpec, ...]
    unpivot: UnpivotSpec | None
    last_per_subject: str
    first_per: tuple[str, ...]
    table: tuple[dict[str, str], ...]
    options: Map
    file: str
    line: int
    # file:line of each row of `table`
    places: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The columns that decide which rows there are."""
        names = [*(self.when.names if self.when else ()), *self.first_per]
        if self.unpivot is not None:
            names += self.unpivot.keep.names if self.unpivot.keep else ()
            names += [column for columns in self.unpivot.aliases.values() for column in columns]
        return tuple(names)

    def visit_references(self) -> tuple[str, ...]:
        """The dates, as DATASET.VARIABLE or FORM.COLUMN, by which visits began, ended or were missed."""
        until = [value for values in self.options.get("until", {}).values() for value in values]
        collected = self.options.get("collected", ())
        return tuple(value for value in [self.options.get("origin", ""), *until, *collected] if value)


@dataclass(frozen=True)
class VariableSpec:
    """One target: the call for each block (`*` for all), and what a study may say about the variable."""

    name: str
    by: dict[str, Call]
    line: int
    label: str = ""
    label_zh: str = ""
    type: str = ""
    codelist: str = ""
    comment: str = ""
    evaluator: str = ""


@dataclass(frozen=True)
class ValueLevelSpec:
    """Rows of a variable that follow another codelist ('' for none), by a condition variable's value."""

    variable: str
    where: str
    values: tuple[str, ...]
    codelist: str
    line: int


@dataclass(frozen=True)
class DomainSpec:
    """One dataset's mapping."""

    name: str
    file: str
    standard: StandardDataset
    blocks: tuple[BlockSpec, ...]
    work: dict[str, VariableSpec]
    variables: dict[str, VariableSpec]
    supp: dict[str, VariableSpec]
    sort: tuple[str, ...]
    orders: dict[str, tuple[str, ...]]
    keys: tuple[str, ...]
    value_levels: tuple[ValueLevelSpec, ...]
    not_submitted: dict[str, str]
    comment: str = ""

    @property
    def sequence(self) -> str:
        """The --SEQ variable the kit numbers; '' where the dataset has none, no subject, or maps its own."""
        name = f"{self.name}SEQ"
        known = self.standard.variables
        return name if name in known and "USUBJID" in known and name not in self.variables else ""

    def targets(self) -> Iterator[VariableSpec]:
        """Work variables, variables and supplemental qualifiers."""
        yield from self.work.values()
        yield from self.variables.values()
        yield from self.supp.values()

    def calls(self, target: VariableSpec) -> Iterator[tuple[BlockSpec | None, Call]]:
        """Each (block, call) of a variable; block None where the call works on the whole dataset."""
        for block_id, call in target.by.items():
            for block in self.blocks:
                if block_id in (EVERY_BLOCK, block.id):
                    yield (None if call.operation.scope == "dataset" else block), call


@dataclass(frozen=True)
class RelationSpec:
    """One dataset-level relationship: (dataset, variable, ONE|MANY) for each end (IG 8.3)."""

    relid: str
    ends: tuple[tuple[str, str, str], ...]
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class PointerSpec:
    """Record-level relationships (IG 8.2): `pointer` and `target` are (dataset, variable) of equal values."""

    relid: str
    pointer: tuple[str, str]
    target: tuple[str, str]
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class GatherSpec:
    """More than `above` findings on a subject are one at the subject's FORM.COLUMN, with its own question."""

    above: int
    form: str
    column: str
    query: str


@dataclass(frozen=True)
class CheckSpec:
    """One check of checks.yaml: the rows on which its condition is true are findings.

    `rows` holds the record blocks and helper columns as a dataset without variables; among them `when` (the
    condition) and `at` (the cell a finding points at). `query` is the question to the site, with {COLUMN}.
    `gathered` says when many findings on a subject come from one wrong cell.
    """

    rule: str
    severity: str
    message: str
    message_zh: str
    query: str
    rows: DomainSpec
    references: tuple[str, ...]
    line: int
    gathered: GatherSpec | None = None


@dataclass(frozen=True)
class StudySpec:
    """Everything the mapping folder of a study says."""

    key: str
    folder: Path
    studyid: str
    title: str
    title_zh: str
    ct_version: str
    extract_date: str
    parameters: dict[str, Parameter]
    sources: SourcesSpec
    identity: IdentitySpec
    maps: dict[str, CodeMap]
    extensions: dict[str, frozenset[str]]
    domains: dict[str, DomainSpec]
    relations: tuple[RelationSpec, ...]
    pointers: tuple[PointerSpec, ...]
    checks: tuple[CheckSpec, ...]
    chinese: ChineseSpec
    study: Map
    files: tuple[Path, ...]
