"""The study-level plan: who is screened where and when, for which arm, and takes which rare course."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cdisc_kit.synth.atg.chance import between, clock, days, happens, one_of, stream
from cdisc_kit.synth.atg.layout import Layout
from cdisc_kit.synth.atg.terms import FATAL, UNMET_NOTES
from cdisc_kit.synth.atg.truth import Attempt

# What became of those who were not randomised, in the proportion of the full-size study (14 of 118).
_LEFT_OUT: tuple[str, ...] = (
    "criterion",
    "withdrew",
    "criterion",
    "in screening",
    "criterion",
    "no transplant",
    "criterion",
)
_LEFT_OUT += ("criterion", "withdrew", "criterion", "in screening", "criterion", "other", "criterion")
_FAILURE_CODE = {"criterion": "1", "withdrew": "2", "no transplant": "3", "other": "9"}
_SITE_WEIGHTS = (0.34, 0.12, 0.05, 0.10, 0.09, 0.08, 0.10, 0.05, 0.07)
_REJECTION_KINDS = ("V6", "cause", "V8", "clinical", "cause", "V6", "antibody", "V8", "cause")
_SCREENING_SPAN = 40  # days before the cut-off in which nobody who reaches randomisation consents
_LATE = 240  # days of follow-up a death from recurrence needs


@dataclass
class Slot:
    """One person of the plan. `roles` names the rare courses taken, with their details."""

    index: int
    kind: str
    consent: dt.date
    site: str = ""
    visited: dt.date = dt.date.min
    attempts: tuple[Attempt, ...] = ()
    operation: dt.datetime | None = None
    randomised: dt.datetime | None = None
    randno: str = ""
    arm: str = ""
    roles: dict[str, str] = field(default_factory=dict)

    @property
    def treated(self) -> bool:
        """True for a subject who is transplanted and starts induction."""
        return self.kind == "treated"


def plan_study(layout: Layout, seed: int, subjects: int | None) -> list[Slot]:
    """Everyone screened, in the order of consent; `subjects` is the number randomised."""
    randomised = subjects or int(layout.number("synth_randomised"))
    rng = stream(seed, "plan")
    slots = _slots(layout, rng, randomised)
    for slot in slots:
        _schedule(slot, layout, stream(seed, slot.index, "calendar"))
    _rescreen_one(slots, layout, stream(seed, "rescreen"))
    _number(slots)
    _randomise(slots, rng)
    _assign_roles(slots, layout, rng)
    return slots


def _slots(layout: Layout, rng: np.random.Generator, randomised: int) -> list[Slot]:
    full = layout.number("synth_randomised")
    left_out = max(1, round((layout.number("synth_screened") - full) / full * randomised))
    untreated = round((full - layout.number("synth_treated")) / full * randomised)
    kinds = ["treated"] * (randomised - untreated) + ["not treated"] * untreated
    reasons = [_LEFT_OUT[i % len(_LEFT_OUT)] for i in range(left_out)]
    kinds += [reason for reason in reasons if reason != "in screening"]
    kinds = [kinds[i] for i in rng.permutation(len(kinds))]
    span = (layout.cutoff - layout.first_consent).days - _SCREENING_SPAN
    consents = sorted(layout.first_consent + days(int(span * u**1.25)) for u in rng.random(len(kinds)))
    consents[0] = layout.first_consent
    waiting = [layout.cutoff - days(between(rng, 2, 12)) for r in reasons if r == "in screening"]
    kinds += ["in screening"] * len(waiting)
    return [
        Slot(i, kind, day)
        for i, (kind, day) in enumerate(zip(kinds, consents + sorted(waiting), strict=True))
    ]


def _schedule(slot: Slot, layout: Layout, rng: np.random.Generator) -> None:
    slot.site = one_of(rng, [f"{n + 1:02d}" for n in range(len(_SITE_WEIGHTS))], _SITE_WEIGHTS)
    slot.visited = slot.consent + days(between(rng, 0, 1))
    closed = min(slot.visited + days(between(rng, 3, 14)), layout.cutoff)
    result, failure = "1", ""
    unmet: tuple[str, ...] = ()
    if slot.kind in ("treated", "not treated"):
        started = dt.datetime.combine(slot.visited + days(between(rng, 3, 21)), clock(rng, 7, 16))
        slot.randomised = started - dt.timedelta(minutes=5 * between(rng, 12, 240))
        closed = slot.randomised.date()
        slot.operation = started if slot.treated else None
    elif slot.kind == "in screening":
        result, closed = "3", slot.visited
    else:
        result, failure = "2", _FAILURE_CODE[slot.kind]
        unmet = _unmet(rng) if slot.kind == "criterion" else ()
    asked = slot.kind not in ("withdrew", "in screening")
    slot.attempts = (Attempt("", "", slot.consent, closed, result, failure, unmet=unmet, asked=asked),)


def _unmet(rng: np.random.Generator) -> tuple[str, ...]:
    criteria = list(UNMET_NOTES)
    chosen = {one_of(rng, criteria)}
    if happens(rng, 0.25):
        chosen.add(one_of(rng, criteria))
    return tuple(sorted(chosen - {"I06"} if "I05" in chosen else chosen))


def _rescreen_one(slots: list[Slot], layout: Layout, rng: np.random.Generator) -> None:
    """One treated person's first screening ran out of time; all dates move to a second one."""
    later = [s for s in slots[1:] if s.treated and (layout.cutoff - s.consent).days > 120]
    if not later:
        return
    slot = later[len(later) // 2]
    shift = days(between(rng, 35, 50))
    last = slot.attempts[0]
    first = Attempt("", "", slot.consent, slot.consent + days(28), "2", "9")
    second = Attempt("", "", last.consent + shift, last.closed + shift, "1", previous="first")
    slot.attempts = (first, second)
    slot.visited += shift
    if slot.operation is not None and slot.randomised is not None:
        slot.operation += shift
        slot.randomised += shift


def _number(slots: list[Slot]) -> None:
    """Subject numbers run per centre, screening numbers through the study, both by date of consent."""
    order = sorted((a.consent, s.index, n) for s in slots for n, a in enumerate(s.attempts))
    at_site: dict[str, int] = {}
    for position, (_, index, n) in enumerate(order, start=1):
        slot = slots[index]
        at_site[slot.site] = at_site.get(slot.site, 0) + 1
        old = slot.attempts[n]
        previous = slot.attempts[n - 1].subjno if old.previous else ""
        numbered = Attempt(
            f"{slot.site}{at_site[slot.site]:03d}",
            f"S{position:03d}",
            old.consent,
            old.closed,
            old.result,
            old.failure,
            previous,
            old.unmet,
            old.asked,
        )
        slot.attempts = (*slot.attempts[:n], numbered, *slot.attempts[n + 1 :])


def _randomise(slots: list[Slot], rng: np.random.Generator) -> None:
    """Randomisation numbers by time, arms in permuted blocks of four."""
    order = sorted((s for s in slots if s.randomised), key=lambda s: (s.randomised, s.index))
    arms = [arm for _ in range(0, len(order), 4) for arm in rng.permutation(["ATG", "ATG", "BAS", "BAS"])]
    for number, (slot, arm) in enumerate(zip(order, arms, strict=False), start=1):
        slot.randno, slot.arm = f"R{number:03d}", str(arm)


class Role(NamedTuple):
    """A rare course: how many take it, with which details, who may (days of follow-up, arm, other roles)."""

    name: str
    takers: int
    details: tuple[str, ...] = ("",)
    least: int = 20
    arm: str = ""
    barred: str = ""


def _assign_roles(slots: list[Slot], layout: Layout, rng: np.random.Generator) -> None:
    treated = [slots[i] for i in rng.permutation(len(slots)) if slots[i].treated]
    for role in _roles(treated, layout):
        for n in range(role.takers):
            _give(role, role.details[n % len(role.details)], treated, layout)


def _roles(treated: list[Slot], layout: Layout) -> list[Role]:
    total = len(treated)
    deaths = max(1, round(layout.number("synth_death_rate") * total))
    leaving = "death retransplant lost withdrew"
    roles = [
        Role("retransplant", _few(total, 100), least=120, barred=leaving),
        Role("death", deaths, tuple(str(n) for n in range(len(FATAL))), least=60, barred=leaving),
        Role("lost", _few(total, 50), least=200, barred=leaving),
        Role("withdrew", _few(total, 100), least=40, barred=leaving),
        Role("stop", _few(total, 35), ("1", "3", "1"), arm="ATG", barred="halve skip"),
        Role("halve", _few(total, 50), ("1",), arm="ATG", barred="stop skip"),
        Role("skip", _few(total, 100), ("4",), arm="ATG", barred="stop halve"),
        Role("stop", _few(total, 50), ("2", "4"), arm="BAS"),
    ]
    for arm, rejected, infected in zip(
        ("ATG", "BAS"), layout.numbers("synth_ar_rate"), layout.numbers("synth_infection_rate"), strict=True
    ):
        size = sum(slot.arm == arm for slot in treated)
        kinds = _REJECTION_KINDS if arm == "BAS" else _REJECTION_KINDS[1:]
        roles += [
            Role("rejection", round(rejected * size), kinds, 110, arm, "death retransplant withdrew"),
            Role("infection", round(infected * size), arm=arm),
        ]
    return [
        *roles,
        Role("recurrence", _few(total, 12), least=200, barred="death lost withdrew"),
        Role("check", _few(total, 9), least=60, barred="death withdrew"),
        Role("bleeding", _few(total, 60), least=30, barred="death"),
    ]


def _give(role: Role, detail: str, treated: list[Slot], layout: Layout) -> None:
    """The first subject who may takes the role; nobody does where there is none."""
    barred = {*role.barred.split(), role.name}
    least = _LATE if role.name == "death" and FATAL[int(detail)][0] == "RECURRENCE" else role.least
    for slot in treated:
        if role.arm in ("", slot.arm) and _followed(slot, layout) >= least and not barred & set(slot.roles):
            slot.roles[role.name] = detail
            return


def _few(total: int, one_in: int) -> int:
    return max(1, round(total / one_in))


def _followed(slot: Slot, layout: Layout) -> int:
    if slot.operation is None:
        return 0
    return (layout.cutoff - slot.operation.date()).days
