"""Imaging from baseline to progression: measurements first, then the responses they mean."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from cdisc_kit.synth.capeox.cast import Role
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.lesions import NEW, NON_TARGET, TARGET, Lesion, draw_new_lesion
from cdisc_kit.synth.capeox.protocol import Protocol
from cdisc_kit.synth.capeox.response import (
    Reading,
    nontarget_response,
    overall_response,
    target_response,
    total,
)

MEASURED, TINY, GONE, NOT_EVALUABLE = "1", "2", "3", "4"
NON_TARGET_CODE = {"PRESENT": "1", "ABSENT": "2", "UP": "3", "NE": "4"}
VANISHED_NODE_MM = 8
TOO_SMALL_MM = 5


class Observation(NamedTuple):
    """One lesion at one assessment; `state` as in TUTGT/TUNTG/TUNEW, `mm` None where not measured."""

    lesion: Lesion
    date: dt.date
    state: str
    mm: int | None = None


@dataclass(frozen=True)
class Assessment:
    """One row of RESP and its lesions. Sums in mm; `nadir` is the smallest complete sum before this one."""

    number: int
    event: str
    date: dt.date
    last: dt.date
    observations: tuple[Observation, ...]
    sum: int | None
    baseline: int
    nadir: int
    target: str = ""
    nontarget: str = ""
    new: str = ""
    overall: str = ""
    symptoms: bool = False


@dataclass(frozen=True)
class Imaging:
    """All assessments of a subject, the baseline first, up to and including progression."""

    assessments: tuple[Assessment, ...]
    lesions: tuple[Lesion, ...]

    @property
    def progression(self) -> dt.date | None:
        """Date of the first overall PD."""
        return next((a.date for a in self.assessments if a.overall == "PD"), None)

    def after_baseline(self) -> tuple[Assessment, ...]:
        return self.assessments[1:]


def schedule(
    first_dose: dt.date, until: dt.date, role: Role, protocol: Protocol, chance: Chance
) -> list[tuple[str, dt.date]]:
    """(event, date) of every imaging after baseline: by the calendar, up to five days early, plus extras."""
    weeks = range(protocol.imaging_weeks, protocol.last_imaging_week + 1, protocol.imaging_weeks)
    planned = [(f"TA{w}", first_dose + dt.timedelta(days=7 * w - chance.integer(0, 5))) for w in weeks]
    if role.extra:
        event, day = role.extra
        planned.append((event, first_dose + dt.timedelta(days=day)))
    return sorted(((e, d) for e, d in planned if d <= until), key=lambda entry: entry[1])


def baseline_imaging(lesions: tuple[Lesion, ...], date: dt.date, chance: Chance) -> Assessment:
    """The screening scans; MRI may follow CT by a day or two."""
    mri_date = date + dt.timedelta(days=chance.integer(0, 2))
    seen = tuple(
        Observation(lesion, mri_date if lesion.method == "CEMRI" else date, MEASURED, lesion.baseline or None)
        for lesion in lesions
    )
    size = sum(lesion.baseline for lesion in lesions)
    return Assessment(0, "SCR", date, max(o.date for o in seen), seen, size, size, size)


def draw_imaging(
    lesions: tuple[Lesion, ...],
    baseline: Assessment,
    visits: list[tuple[str, dt.date]],
    role: Role,
    chance: Chance,
) -> Imaging:
    """Follow the lesions along `role.ratios` until PD or the last visit."""
    done = [baseline]
    known = list(lesions)
    for number, (event, date) in enumerate(visits, 1):
        found = _new_lesion(number, tuple(known), role, chance)
        known += [found] if found else []
        done.append(_assess((event, date), tuple(known), done, role, chance))
        if done[-1].overall == "PD":
            break
    return Imaging(tuple(done), tuple(known))


def _new_lesion(number: int, known: tuple[Lesion, ...], role: Role, chance: Chance) -> Lesion | None:
    wanted = number == len(role.ratios) and {"new", "equivocal"} & set(role.progress)
    return draw_new_lesion(known, chance) if wanted else None


def _assess(
    visit: tuple[str, dt.date],
    lesions: tuple[Lesion, ...],
    history: list[Assessment],
    role: Role,
    chance: Chance,
) -> Assessment:
    number, (event, date) = len(history), visit
    seen = tuple(_observe(number, lesion, date, role, chance) for lesion in lesions)
    readings = [_reading(o) for o in seen if o.lesion.kind == TARGET]
    nadir = min(a.sum for a in history if a.sum is not None)
    complete = any(a.overall == "CR" for a in history)
    target = target_response(readings, history[0].baseline, nadir, was_complete=complete)
    nontarget = nontarget_response([_state_name(o) for o in seen if o.lesion.kind == NON_TARGET])
    new = _new_state(seen)
    overall = overall_response(target, nontarget, new)
    # Scans of a progression share one day, so that the earliest and the latest scan date agree.
    lag = 0 if overall == "PD" else chance.integer(0, 2)
    seen = tuple(
        o._replace(date=date + dt.timedelta(days=lag)) if o.lesion.method == "CEMRI" else o for o in seen
    )
    return Assessment(
        number, event, date, max(o.date for o in seen), seen, total(readings), history[0].baseline, nadir,
        target, nontarget, new, overall, number == len(role.ratios) and "symptoms" in role.progress,
    )  # fmt: skip


def _observe(number: int, lesion: Lesion, date: dt.date, role: Role, chance: Chance) -> Observation:
    ratio = role.ratios[min(number, len(role.ratios)) - 1]
    last = number == len(role.ratios)
    if lesion.kind == NEW:
        return Observation(
            lesion, date, "2" if "equivocal" in role.progress else "1", lesion.baseline or None
        )
    if lesion.kind == NON_TARGET:
        state = "UP" if last and "nontarget" in role.progress else "ABSENT" if ratio == 0 else "PRESENT"
        return Observation(lesion, date, NON_TARGET_CODE[state])
    mark = _mark(number, lesion, role)
    if mark == "NE":
        return Observation(lesion, date, NOT_EVALUABLE)
    if ratio == 0:
        vanished = Observation(lesion, date, GONE, 0)
        return Observation(lesion, date, MEASURED, VANISHED_NODE_MM) if lesion.site.node else vanished
    size = round(lesion.baseline * ratio * chance.normal(1, 0.006, 0.985, 1.015))
    if mark == "GONE":
        return Observation(lesion, date, GONE, 0)
    return Observation(lesion, date, TINY if mark == "TINY" else MEASURED, None if mark == "TINY" else size)


def _mark(number: int, lesion: Lesion, role: Role) -> str:
    """The mark for this assessment; a vanished lesion stays vanished."""
    place = int(lesion.number[1:])
    for assessment, target, state in role.marks:
        if target == place and (number == assessment or (state == "GONE" and number > assessment)):
            return state
    return ""


def _reading(observation: Observation) -> Reading:
    millimetres = {TINY: TOO_SMALL_MM, NOT_EVALUABLE: None}.get(observation.state, observation.mm)
    return Reading(millimetres, observation.lesion.site.node)


def _state_name(observation: Observation) -> str:
    return next(name for name, code in NON_TARGET_CODE.items() if code == observation.state)


def _new_state(seen: tuple[Observation, ...]) -> str:
    states = {o.state for o in seen if o.lesion.kind == NEW}
    return "Y" if "1" in states else "EQUIVOCAL" if "2" in states else "N"
