"""The registered outcomes, the doses and the subjects, as the truth knows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from cdisc_kit.synth.atg.chance import days
from cdisc_kit.synth.atg.layout import Layout
from cdisc_kit.synth.atg.truth import Subject

ARMS = ("ATG", "BAS")
_REJECTED = frozenset("2345")  # Banff categories of A16 that are a rejection by the case definition
_CAUSE = "3"


def describe(subjects: list[Subject], layout: Layout) -> dict[str, dict[str, object]]:
    """Subject number -> arm, first and last dose, transplantation, death, status …"""
    return {s.subjno: _one(s, layout) for s in subjects}


def _one(subject: Subject, layout: Layout) -> dict[str, object]:
    first = subject.attempts[0]
    starts = [i.start for i in subject.given if i.start]
    ends = [i.end for i in subject.given if i.end]
    return {
        "usubjid": f"{layout.studyid}-{subject.site}-{first.subjno}",
        "site": subject.site,
        "previous": first.subjno if len(subject.attempts) > 1 else None,
        "consents": [a.consent.isoformat() for a in subject.attempts],
        "status": subject.status,
        "unmet": sorted({code for a in subject.attempts for code in a.unmet}),
        "arm": subject.arm or None,
        "actual_arm": subject.arm if subject.given else None,
        "randno": subject.randno or None,
        "transplant": subject.operated.isoformat() if subject.transplant else None,
        "first_dose": min(starts).isoformat(timespec="minutes") if starts else None,
        "last_dose": max(ends).isoformat(timespec="minutes") if ends else None,
        "infusions_given": len(subject.given),
        "total_mg": sum(i.dose for i in subject.given),
        "death": subject.death.date.isoformat() if subject.death else None,
        "graft_loss": subject.graft_loss.date.isoformat() if subject.graft_loss else None,
        "rejections": [r.date.isoformat() for r in subject.rejections],
        "end_of_study": subject.exit.date.isoformat() if subject.exit else None,
        "visits": [f"{v.code} {v.date.isoformat()}" for v in subject.visits],
        "missed_visits": subject.missed,
    }


def sum_doses(subjects: list[Subject]) -> dict[str, dict[str, float]]:
    """Drug -> infusions planned and given, subjects treated, total mg."""
    result = {}
    for arm in ARMS:
        mine = [s for s in subjects if s.arm == arm]
        result[arm] = {
            "planned": sum(len(s.infusions) for s in mine),
            "given": sum(len(s.given) for s in mine),
            "subjects": sum(bool(s.given) for s in mine),
            "total_mg": sum(i.dose for s in mine for i in s.given),
        }
    return result


def registered_outcomes(subjects: list[Subject], layout: Layout) -> dict[str, dict[str, dict[str, int]]]:
    """Outcome -> arm -> events and n, among subjects randomised and transplanted (by assigned arm)."""
    tests: dict[str, Callable[[Subject, Layout], bool]] = {
        "AR90": rejected_by_90,
        "INF90": infected_by_90,
        "OS1Y": _died,
        "GS1Y": _lost_graft,
    }
    population = [s for s in subjects if s.transplant is not None and s.arm]
    return {
        name: {
            arm: {
                "events": sum(test(s, layout) for s in population if s.arm == arm),
                "n": sum(s.arm == arm for s in population),
            }
            for arm in ARMS
        }
        for name, test in tests.items()
    }


def _within(subject: Subject, layout: Layout, date: dt.date, window: str) -> bool:
    return subject.operated <= date <= subject.operated + days(int(layout.number(window)))


def rejected_by_90(subject: Subject, layout: Layout) -> bool:
    """A rejection diagnosed within 90 days, or a biopsy in a rejection category: for cause within 90 days,
    protocol within its visit window (POD 90 reaches beyond day 90)."""
    if any(_within(subject, layout, r.date, "ar_window_days") for r in subject.rejections):
        return True
    for biopsy in subject.biopsies:
        if biopsy.pathology is not None and biopsy.pathology.diagnosis in _REJECTED:
            protocol = biopsy.type != _CAUSE
            if protocol or _within(subject, layout, biopsy.visit.date, "ar_window_days"):
                return True
    return False


def infected_by_90(subject: Subject, layout: Layout) -> bool:
    """An infection AE that starts within 90 days of the transplantation."""
    return any(
        e.infection and _within(subject, layout, e.start, "infection_window_days") for e in subject.events
    )


def _died(subject: Subject, layout: Layout) -> bool:
    return subject.death is not None and _within(subject, layout, subject.death.date, "survival_window_days")


def _lost_graft(subject: Subject, layout: Layout) -> bool:
    lost = subject.graft_loss
    failed = lost is not None and _within(subject, layout, lost.date, "survival_window_days")
    return failed or _died(subject, layout)
