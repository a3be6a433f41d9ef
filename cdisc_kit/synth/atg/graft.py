"""The truth of the graft: biopsies and their reading, rejection episodes, loss, follow-up pages."""

from __future__ import annotations

import numpy as np

from cdisc_kit.synth.atg import terms
from cdisc_kit.synth.atg.chance import between, clock, days, happens, one_of, stream
from cdisc_kit.synth.atg.plan import Slot
from cdisc_kit.synth.atg.truth import (
    Biopsy,
    FollowUp,
    GraftLoss,
    Pathology,
    Rejection,
    Subject,
    Visit,
)

_PROTOCOL = {"V6": "1", "V8": "2"}
_FOLLOW_UP_VISITS = ("V7", "V8", "V9", "V10")
_CAUSE = "3"
_GRADE = {"2": "1", "3": "2", "4": "3", "5": "2"}  # Banff category -> severity of A17


def lose_graft(subject: Subject, slot: Slot, seed: int) -> None:
    """Graft loss with re-transplantation, or just before a death from graft failure."""
    rng = stream(seed, subject.index, "graft loss")
    if "retransplant" in slot.roles:
        lost = subject.operated + days(between(rng, 42, 60))
        reason = one_of(rng, terms.GRAFT_LOSS_REASONS)
        subject.graft_loss = GraftLoss(lost, reason, lost + days(between(rng, 1, 5)))
    elif subject.death is not None and subject.death.category == "GRAFT":
        lost = subject.death.date - days(between(rng, 1, 4))
        subject.graft_loss = GraftLoss(lost, one_of(rng, terms.GRAFT_LOSS_REASONS), None)


def biopsy(subject: Subject, slot: Slot, seed: int) -> None:
    """Protocol biopsies at V6 and V8 (done or not), biopsies for cause, and what they showed."""
    rng = stream(seed, subject.index, "biopsies")
    rejection = slot.roles.get("rejection", "")
    for visit in subject.visits:
        if visit.code in _PROTOCOL:
            rejected = rejection == visit.code
            wanted = rejected or ("bleeding" in slot.roles and visit.code == "V6")
            not_done = "" if wanted else _not_done(subject, visit, rng)
            if not_done:
                subject.biopsies.append(Biopsy(visit, _PROTOCOL[visit.code], not_done=not_done))
            else:
                finding = "rejection" if rejected else "none"
                subject.biopsies.append(_done(subject, visit, _PROTOCOL[visit.code], finding, rng))
        elif visit.purpose == "rejection" and rejection != "clinical":
            finding = "antibody" if rejection == "antibody" else "rejection"
            subject.biopsies.append(_done(subject, visit, _CAUSE, finding, rng))
        elif visit.purpose == "check" and happens(rng, 0.5):
            subject.biopsies.append(_done(subject, visit, _CAUSE, "late", rng))


def _not_done(subject: Subject, visit: Visit, rng: np.random.Generator) -> str:
    lost = subject.graft_loss
    if lost is not None and lost.date <= visit.date:
        return "4"
    missing = happens(rng, 0.10 if visit.code == "V6" else 0.18)
    return one_of(rng, ("1", "2", "9"), (0.75, 0.15, 0.10)) if missing else ""


def _done(subject: Subject, visit: Visit, kind: str, finding: str, rng: np.random.Generator) -> Biopsy:
    number = 1 + sum(bool(earlier.specimen) for earlier in subject.biopsies)
    return Biopsy(
        visit,
        kind,
        specimen=f"BX-{subject.subjno}-{number:02d}",
        time=clock(rng, 8, 17).strftime("%H:%M"),
        indication=one_of(rng, terms.BIOPSY_INDICATIONS) if kind == _CAUSE else "",
        method=one_of(rng, ("1", "2"), (0.96, 0.04)),
        adequate=happens(rng, 0.96),
        pathology=_read(subject, visit, finding, rng),
    )


def _read(subject: Subject, visit: Visit, finding: str, rng: np.random.Generator) -> Pathology:
    """`finding` is rejection, antibody, late (a biopsy for cause that may be chronic rejection) or none."""
    antibody = finding == "antibody"
    if antibody:
        components, diagnosis = (1, 1, 1), "5"
    elif finding == "rejection":
        components = one_of(rng, ((1, 1, 1), (2, 1, 1), (2, 2, 1), (2, 2, 2), (3, 3, 2)), (3, 4, 2, 2, 0.6))
        diagnosis = _banff(sum(components))
    elif finding == "late" and happens(rng, 0.4):
        components, diagnosis = (1, 1, 0), "6"
    else:
        components = one_of(rng, ((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1)), (0.72, 0.16, 0.07, 0.05))
        diagnosis = _banff(sum(components))
    portal, bile, venous = components
    c4d = "POS" if antibody else one_of(rng, ("NEG", ""), (0.9, 0.1))
    return Pathology(
        portal,
        bile,
        venous,
        diagnosis,
        c4d,
        between(rng, 6, 22),
        one_of(rng, terms.PATHOLOGY_TEXTS[diagnosis]),
        min(visit.date + days(between(rng, 1, 4)), subject.end),
    )


def _banff(rai: int) -> str:
    """Category of the total: 1-2 indeterminate, 3-4 mild, 5-6 moderate, above 6 severe."""
    return "0" if rai == 0 else "1" if rai < 3 else "2" if rai < 5 else "3" if rai < 7 else "4"


def reject(subject: Subject, slot: Slot, seed: int) -> None:
    """The rejection episode of the plan, diagnosed at its visit."""
    rng = stream(seed, subject.index, "rejection")
    kind = slot.roles.get("rejection", "")
    visit = next((v for v in subject.visits if v.purpose == "rejection" or v.code == kind), None)
    if not kind or visit is None:
        return
    found = next((b for b in subject.biopsies if b.visit is visit and b.specimen), None)
    grade = _GRADE[found.pathology.diagnosis] if found and found.pathology else "1"
    resistant = happens(rng, 0.12)
    treatment = "1;3" if resistant else one_of(rng, ("1", "1;2", "2"), (0.4, 0.4, 0.2))
    resolved = visit.date + days(between(rng, 6, 25))
    ended = resolved <= subject.end
    subject.rejections = [
        Rejection(
            visit=visit,
            date=visit.date,
            basis="1" if found else "2",
            specimen=found.specimen if found else "",
            grade=grade,
            treatment=treatment,
            steroid_resistant=resistant,
            outcome="RESOLVED" if ended else "UNRESOLVED",
            resolved=resolved if ended else None,
        )
    ]


def follow(subject: Subject, slot: Slot, seed: int) -> None:
    """The A21 pages: one per follow-up visit, one at death, one when lost."""
    rng = stream(seed, subject.index, "follow-up")
    pages = [v for v in subject.visits if v.code in _FOLLOW_UP_VISITS or v.purpose in ("death", "lost")]
    recurred_visit = _recurrence_visit(subject, slot, pages)
    told_loss = told_recurrence = False
    for visit in pages:
        if visit.purpose == "lost":
            subject.followups.append(FollowUp(visit, "3"))
            continue
        loss = subject.graft_loss if not told_loss else None
        loss = loss if loss is not None and loss.date <= visit.date else None
        told_loss = told_loss or loss is not None
        recurs = visit is recurred_visit
        subject.followups.append(
            FollowUp(
                visit,
                survival="2" if visit.purpose == "death" else "1",
                graft="2" if loss or _graft_is_gone(subject, visit) else "1",
                loss=loss,
                recurrence="" if told_recurrence else "Y" if recurs else "N",
                recurred=visit.date - days(between(rng, 1, 12)) if recurs else None,
                recurred_at=one_of(rng, terms.RECURRENCE_SITES) if recurs else "",
            )
        )
        told_recurrence = told_recurrence or recurs


def _graft_is_gone(subject: Subject, visit: Visit) -> bool:
    """True from the loss on where no new graft followed."""
    loss = subject.graft_loss
    return loss is not None and loss.date <= visit.date and loss.retransplanted is None


def _recurrence_visit(subject: Subject, slot: Slot, pages: list[Visit]) -> Visit | None:
    dies_of_it = subject.death is not None and subject.death.category == "RECURRENCE"
    if not dies_of_it and "recurrence" not in slot.roles:
        return None
    late = [v for v in pages if v.code in ("V8", "V9", "V10")]
    return late[-1] if late else None
