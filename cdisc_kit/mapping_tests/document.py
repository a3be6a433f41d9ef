"""The test files of a mapping folder: `tests/subjects.yaml` and `tests/<domain>.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.errors import SpecError
from cdisc_kit.spec.load import shown
from cdisc_kit.spec.model import DomainSpec, FormSpec, StudySpec
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import Map, key_place, place, read_yaml

FOLDER = "tests"
SUBJECTS = "subjects.yaml"
EVERY_FORM = "*"
# What a case may state of a finding, and the field of `Finding` it speaks of.
FINDING_FIELDS = {
    **{name: name for name in ("rule", "severity", "variable", "value", "form", "usubjid")},
    "row": "source_row",
    "column": "source_column",
}

Rows = dict[str, list[dict[str, str]]]

_TEXT: dict[str, Any] = {"type": "string"}
_CELLS: dict[str, Any] = {"type": "object", "additionalProperties": _TEXT}
_FORMS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "array", "items": _CELLS}}
_DEFAULTS: dict[str, Any] = {"type": "object", "additionalProperties": _CELLS}
_FINDING: dict[str, Any] = {
    "type": "object",
    "properties": dict.fromkeys(FINDING_FIELDS, _TEXT),
    "required": ["rule"],
    "additionalProperties": False,
}
_CASE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "subjects": {"type": "array", "items": _TEXT},
        "raw": _FORMS,
        "expect": {"type": "array", "items": _CELLS},
        "findings": {"type": "array", "items": _FINDING},
    },
    "required": ["name", "expect"],
    "additionalProperties": False,
}
_NOT_COLLECTED: dict[str, Any] = {
    "type": "object",
    "properties": {"variable": _TEXT, "arms": {"type": "array", "items": _TEXT}, "reason": _TEXT},
    "required": ["variable", "arms", "reason"],
    "additionalProperties": False,
}
TESTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "domain": _TEXT,
        "defaults": _DEFAULTS,
        "cases": {"type": "array", "items": _CASE, "minItems": 1},
        "not_collected": {"type": "array", "items": _NOT_COLLECTED},
    },
    "required": ["domain", "cases"],
    "additionalProperties": False,
}
SUBJECTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"defaults": _DEFAULTS, "subjects": {"type": "object", "additionalProperties": _FORMS}},
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Case:
    """One case: raw rows by form, the records they must give, and the findings of the domain.

    `expect` and `findings` state only what is compared; `place` is file:line of the case.
    """

    name: str
    place: str
    rows: Rows
    expect: tuple[Map, ...]
    findings: tuple[Map, ...]


@dataclass(frozen=True)
class NotCollected:
    """Arms of a variable's operations that the study's data cannot reach, and why."""

    variable: str
    arms: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class DomainTests:
    """The test file of one domain."""

    domain: str
    cases: tuple[Case, ...]
    not_collected: tuple[NotCollected, ...]


def read_tests(spec: StudySpec) -> dict[str, DomainTests]:
    """Domain -> its tests. Raises SpecError with every problem of every test file."""
    problems = Problems()
    folder = spec.folder / FOLDER
    shared = (
        _read(spec.folder, SUBJECTS, SUBJECTS_SCHEMA, problems) if (folder / SUBJECTS).is_file() else Map()
    )
    found: dict[str, DomainTests] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name == SUBJECTS:
            continue
        document = _read(spec.folder, path.name, TESTS_SCHEMA, problems)
        if document is None or shared is None:
            continue
        domain = spec.domains.get(document["domain"])
        if domain is None:
            problems.unknown(document["domain"], "domain", "domain", document["domain"], spec.domains)
        elif domain.name in found:
            problems.at(document["domain"], f"domain {domain.name} has its tests in another file already")
        else:
            found[domain.name] = _tests(spec, domain, document, shared, problems)
    if problems:
        raise SpecError(problems)
    return found


def _read(folder: Path, name: str, schema: dict[str, Any], problems: Problems) -> Map | None:
    where = f"{FOLDER}/{name}"
    try:
        document = read_yaml(folder / where, shown(folder, where))
    except SpecError as error:
        problems.extend(error.problems)
        return None
    return document if problems.schema(document, schema) else None


@dataclass(frozen=True)
class _Reader:
    """What every case of a test file rests on."""

    spec: StudySpec
    domain: DomainSpec
    subjects: Map
    defaults: tuple[Map, ...]
    problems: Problems

    def case(self, entry: Map) -> Case:
        parts = []
        for name in entry.get("subjects", ()):
            if name in self.subjects:
                parts.append(self.subjects[name])
            else:
                self.problems.unknown(name, "subjects", f"subject of {SUBJECTS}", name, self.subjects)
        known = dict.fromkeys([target.name for target in self.domain.targets()])
        known |= dict.fromkeys(self.domain.standard.variables)
        for record in entry["expect"]:
            _check_names(record, known, f"variable of {self.domain.name}", self.problems)
        return Case(
            name=str(entry["name"]),
            place=key_place(entry, "name"),
            rows=self._rows([*parts, entry.get("raw", Map())]),
            expect=tuple(entry["expect"]),
            findings=tuple(entry.get("findings", ())),
        )

    def _rows(self, parts: list[Map]) -> Rows:
        """The rows of each form, the subjects' first; a cell left out takes the form's default."""
        rows: Rows = {}
        for name, given in ((name, given) for part in parts for name, given in part.items()):
            form = self.spec.sources.forms.get(name)
            if form is None:
                self.problems.unknown(name, "raw", "form", name, self.spec.sources.forms)
                continue
            start = self._defaults(form)
            for row in given:
                _check_names(row, form.columns, f"column of {name}", self.problems)
                rows.setdefault(str(name), []).append({**start, **row})
        return rows

    def _defaults(self, form: FormSpec) -> dict[str, str]:
        cells = [given.get(scope, {}) for given in self.defaults for scope in (EVERY_FORM, form.name)]
        return {key: str(value) for part in cells for key, value in part.items() if key in form.columns}


def _tests(
    spec: StudySpec, domain: DomainSpec, document: Map, shared: Map, problems: Problems
) -> DomainTests:
    defaults = (shared.get("defaults", Map()), document.get("defaults", Map()))
    for given in defaults:
        _check_defaults(spec, given, problems)
    reader = _Reader(spec, domain, shared.get("subjects", Map()), defaults, problems)
    return DomainTests(
        domain=domain.name,
        cases=tuple(reader.case(entry) for entry in document["cases"]),
        not_collected=tuple(
            NotCollected(str(entry["variable"]), tuple(map(str, entry["arms"])), place(entry))
            for entry in document.get("not_collected", ())
        ),
    )


def _check_defaults(spec: StudySpec, defaults: Map, problems: Problems) -> None:
    for name, cells in defaults.items():
        if name == EVERY_FORM:
            _check_names(
                cells, {key for f in spec.sources.forms.values() for key in f.columns}, "column", problems
            )
        elif name not in spec.sources.forms:
            problems.unknown(name, "defaults", "form", name, spec.sources.forms)
        else:
            _check_names(cells, spec.sources.forms[name].columns, f"column of {name}", problems)


def _check_names(cells: Map, known: Iterable[str], what: str, problems: Problems) -> None:
    known = list(known)
    for name in cells:
        if name not in known:
            problems.unknown(name, "tests", what, name, known)
