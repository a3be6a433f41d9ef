"""Where the parts of a tumour history stand in a study's datasets: names are data, not code."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from cdisc_kit.errors import SpecError
from cdisc_kit.recist.best import BestRules
from cdisc_kit.yamltext import Map, key_place, place, read_yaml

Words = tuple[str, ...]
SDTM_LAYOUT = Path(__file__).with_name("layout.yaml")


@dataclass(frozen=True)
class LesionTable:
    """The dataset with one record per lesion: its variables, and the terms that tell lesions apart."""

    dataset: str
    where: dict[str, str]
    sequence: str
    link: str
    parent: str
    test: str
    split: Words
    merged: Words
    result: str
    target: Words
    nontarget: Words
    new: Words
    location: str
    method: str
    date: str


@dataclass(frozen=True)
class MeasurementTable:
    """The dataset with one record per lesion, test and assessment; `supplement` is its SUPP-- dataset.

    `baseline` is the value of `assessment` that names the baseline; `states` translates results of the
    `state` tests into PRESENT, ABSENT, UP (unequivocal progression) and EQUIVOCAL.
    """

    dataset: str
    where: dict[str, str]
    sequence: str
    link: str
    assessment: str
    baseline: str
    visit: str
    test: str
    longest: Words
    short_axis: Words
    state: Words
    sum: str
    percent_from_baseline: str
    percent_from_nadir: str
    change_from_nadir: str
    original: str
    too_small: Words
    result: str
    states: dict[str, str]
    status: str
    not_done: Words
    reason: str
    merged_reasons: Words
    method: str
    date: str
    supplement: str
    supplement_reason: str
    supplement_slice: str


@dataclass(frozen=True)
class ResponseTable:
    """The dataset with one record per response: its variables, and the test code of each kind of response."""

    dataset: str
    where: dict[str, str]
    sequence: str
    assessment: str
    visit: str
    test: str
    target: str
    nontarget: str
    new: str
    overall: str
    best: str
    result: str
    new_states: dict[str, str]
    date: str


@dataclass(frozen=True)
class PeriodTable:
    """A dataset whose rows begin (and end) something on a date."""

    dataset: str
    where: dict[str, str]
    start: str
    end: str = ""


@dataclass(frozen=True)
class Layout:
    """All of it; `subject` names the subject in every dataset."""

    subject: str
    lesions: LesionTable
    measurements: MeasurementTable
    responses: ResponseTable
    doses: PeriodTable
    therapy: PeriodTable


@dataclass(frozen=True)
class Limits:
    """The protocol's numbers. Lengths in mm or days; `stop_days` None: treatment stop ends nothing.

    From `node_doubt_mm` on a short axis of a node at baseline may be its longest diameter.
    """

    best: BestRules = field(default_factory=BestRules)
    max_targets: int = 5
    max_per_organ: int = 2
    node_mm: Decimal = Decimal(15)
    node_doubt_mm: Decimal = Decimal(30)
    measurable_mm: Decimal = Decimal(10)
    gap_days: int = 49
    baseline_days: int = 28
    sum_tolerance_mm: Decimal = Decimal("0.5")
    percent_tolerance: Decimal = Decimal("0.1")
    stop_days: int | None = None


def limits_from(parameters: Mapping[str, str]) -> Limits:
    """Limits from a study's parameters by name (recist_conf_days …); what is not given keeps its default."""
    given = {name: Decimal(value) for name, value in parameters.items() if name in _PARAMETERS}
    values: dict[str, Any] = {}
    best: dict[str, int] = {}
    for name, number in given.items():
        attribute, factor = _PARAMETERS[name]
        if attribute in {f.name for f in dataclasses.fields(BestRules)}:
            best[attribute] = int(number)
        else:
            values[attribute] = number if attribute.endswith("_mm") else int(number) * factor
    return Limits(best=BestRules(**best), **values)


_PARAMETERS: dict[str, tuple[str, int]] = {
    "recist_conf_days": ("conf_days", 1),
    "recist_sd_days": ("sd_days", 1),
    "recist_max_ne": ("max_ne", 1),
    "recist_max_targets": ("max_targets", 1),
    "recist_max_targets_per_organ": ("max_per_organ", 1),
    "recist_node_mm": ("node_mm", 1),
    "recist_node_doubt_mm": ("node_doubt_mm", 1),
    "recist_measurable_mm": ("measurable_mm", 1),
    "recist_gap_weeks": ("gap_days", 7),
    "recist_stop_days": ("stop_days", 1),
    "baseline_imaging_days": ("baseline_days", 1),
}


def read_layout(path: Path = SDTM_LAYOUT) -> Layout:
    """The layout in a YAML file (SDTMIG 3.4 by default). Raises SpecError with every problem in it."""
    document = read_yaml(path, path.name)
    problems: list[str] = []
    tables = {
        "lesions": LesionTable,
        "measurements": MeasurementTable,
        "responses": ResponseTable,
        "doses": PeriodTable,
        "therapy": PeriodTable,
    }
    _names(document, {"subject", *tables}, {"subject", *tables}, problems)
    read = {name: _table(kind, document.get(name, Map()), problems) for name, kind in tables.items()}
    if problems:
        raise SpecError(problems)
    return Layout(subject=str(document["subject"]), **read)


def _table(kind: type, section: Any, problems: list[str]) -> Any:
    if not isinstance(section, Map):
        problems.append(f"{place(section)} must be a mapping")
        return None
    fields = {f.name: f for f in dataclasses.fields(kind)}
    required = {f.name for f in fields.values() if f.default is dataclasses.MISSING}
    before = len(problems)
    _names(section, set(fields), required, problems)
    values = {str(name): _plain(value) for name, value in section.items()}
    return kind(**values) if len(problems) == before else None


def _names(section: Map, known: set[str], required: set[str], problems: list[str]) -> None:
    problems += [f"{key_place(section, name)} unknown key '{name}'" for name in section if name not in known]
    problems += [f"{place(section)} key '{name}' is missing" for name in sorted(required - set(section))]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): str(v) for k, v in value.items()}
    return tuple(str(v) for v in value) if isinstance(value, list) else str(value)
