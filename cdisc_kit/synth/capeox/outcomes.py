"""The registered outcomes as the hidden truth has them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import NamedTuple

from cdisc_kit.synth.capeox.imaging import Assessment
from cdisc_kit.synth.capeox.protocol import Protocol
from cdisc_kit.synth.capeox.subject import Subject
from cdisc_kit.synth.capeox.toxicity import INTEREST
from cdisc_kit.synth.capeox.tumour import best_of

RESPONSES = ("CR", "PR")
CONTROLLED = ("CR", "PR", "SD")


class Interval(NamedTuple):
    """Days from start to event or censoring, the first day being day 1."""

    days: int
    event: bool


def outcomes(people: list[Subject], protocol: Protocol) -> dict[str, object]:
    """Response rates of the treated, confirmed and not, times to event in days, worst grades of interest."""
    treated = [subject for subject in people if subject.treated]
    result: dict[str, object] = {"N_TREATED": len(treated)}
    for name, confirmed in (("CONFIRMED", True), ("UNCONFIRMED", False)):
        best = Counter(best_of(subject, protocol, confirmed=confirmed) for subject in treated)
        result[f"BOR_{name}"] = dict(sorted(best.items()))
        result[f"ORR_{name}"] = sum(best[response] for response in RESPONSES)
        result[f"DCR_{name}"] = sum(best[response] for response in CONTROLLED)
    responders = [s for s in treated if best_of(s, protocol, confirmed=True) in RESPONSES]
    result |= _summary("TTR", [time_to_response(subject) for subject in responders])
    result |= _summary("DOR", [duration_of_response(subject) for subject in responders])
    result |= _summary("PFS", [progression_free(subject) for subject in treated])
    result |= _summary("OS", [overall_survival(subject) for subject in treated])
    result |= {name: worst_grades(treated, code) for code, name in INTEREST.items()}
    result["TDNUMRPT"] = max((len(s.imaging.after_baseline()) for s in treated if s.imaging), default=0)
    return result


def _summary(name: str, intervals: list[Interval]) -> dict[str, object]:
    return {
        f"{name}_N": len(intervals),
        f"{name}_EVENTS": sum(interval.event for interval in intervals),
        f"{name}_MEDIAN_DAYS": median(intervals),
    }


def median(intervals: list[Interval]) -> int | None:
    """Kaplan-Meier median: the first time at which survival is one half or less; None where not reached."""
    numerator, denominator = 1, 1
    for day in sorted({interval.days for interval in intervals if interval.event}):
        at_risk = sum(interval.days >= day for interval in intervals)
        events = sum(interval.days == day and interval.event for interval in intervals)
        numerator, denominator = numerator * (at_risk - events), denominator * at_risk
        if 2 * numerator <= denominator:
            return day
    return None


def considered(subject: Subject) -> list[Assessment]:
    """Post-baseline assessments before any further anti-cancer therapy."""
    seen = subject.imaging.after_baseline() if subject.imaging else ()
    return [a for a in seen if subject.next_therapy is None or a.last < subject.next_therapy]


def time_to_response(subject: Subject) -> Interval:
    """First dose to the first CR or PR of a responder."""
    return Interval(_days(subject.person.first_dose, _first_response(subject)), True)


def duration_of_response(subject: Subject) -> Interval:
    """First CR or PR to progression or death, else censored as progression-free survival is."""
    end, event = _end_of_control(subject)
    return Interval(_days(_first_response(subject), end), event)


def progression_free(subject: Subject) -> Interval:
    """First dose to PD or death without further therapy; else censored at the last evaluable assessment
    (day 1 where there is none)."""
    end, event = _end_of_control(subject)
    return Interval(_days(subject.person.first_dose, end), event)


def overall_survival(subject: Subject) -> Interval:
    """First dose to death, else censored on the last day known alive."""
    end = subject.death or subject.until
    return Interval(_days(subject.person.first_dose, end), subject.death is not None)


def _end_of_control(subject: Subject) -> tuple[dt.date | None, bool]:
    seen = considered(subject)
    progressed = next((a.date for a in seen if a.overall == "PD"), None)
    if progressed:
        return progressed, True
    if subject.death and not subject.next_therapy:
        return subject.death, True
    evaluable = [a.last for a in seen if a.overall != "NE"]
    return (evaluable[-1] if evaluable else subject.person.first_dose), False


def _first_response(subject: Subject) -> dt.date | None:
    return next(a.last for a in considered(subject) if a.overall in RESPONSES)


def _days(start: dt.date | None, end: dt.date | None) -> int:
    assert start is not None and end is not None
    return (end - start).days + 1


def worst_grades(treated: list[Subject], interest: str) -> dict[str, int]:
    """Subjects by worst CTCAE grade of the events of interest in the AE log ("0": none)."""
    worst = Counter(
        max((event.grade for event in subject.events if event.interest == interest), default=0)
        for subject in treated
    )
    return {str(grade): worst[grade] for grade in sorted(worst)}
