"""Imaging forms: lesions, measurements, responses."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal

from cdisc_kit.synth.capeox.book import Book
from cdisc_kit.synth.capeox.imaging import NOT_EVALUABLE, Assessment, Observation
from cdisc_kit.synth.capeox.lesions import NEW, NON_TARGET, TARGET
from cdisc_kit.synth.capeox.protocol import Protocol
from cdisc_kit.synth.capeox.response import best_response
from cdisc_kit.synth.capeox.subject import Subject

CODES = {"NON-CR/NON-PD": "NONCRPD", "EQUIVOCAL": "EQ"}
SLICE_MM = 5


def add_imaging(book: Book, subject: Subject, protocol: Protocol) -> None:
    """TULES, TUTGT, TUNTG, TUNEW and RESP of every assessment."""
    if not subject.imaging:
        return
    best = best_of(subject, protocol, confirmed=True)
    assessments = subject.imaging.assessments
    over = assessments[-1].overall == "PD" or subject.left is not None
    registered: set[str] = set()
    for assessment in assessments:
        for seen in assessment.observations:
            if seen.lesion.number not in registered:
                _register(book, subject, assessment, seen)
                registered.add(seen.lesion.number)
            _measure(book, subject, assessment, seen)
        last = over and assessment is assessments[-1] and assessment.number > 0
        _respond(book, subject, assessment, best if last else "")


def best_of(subject: Subject, protocol: Protocol, *, confirmed: bool) -> str:
    """Best overall response of a treated subject, before any further anti-cancer therapy."""
    first = subject.person.first_dose
    if not first or not subject.imaging:
        return ""
    considered = [
        ((a.last - first).days, a.overall)
        for a in subject.imaging.after_baseline()
        if subject.next_therapy is None or a.last < subject.next_therapy
    ]
    return best_response(
        considered,
        confirmed=confirmed,
        conf_days=protocol.conf_days,
        sd_days=protocol.sd_days,
        max_ne=protocol.max_ne,
    )


def _register(book: Book, subject: Subject, assessment: Assessment, seen: Observation) -> None:
    lesion, site = seen.lesion, seen.lesion.site
    baseline = lesion.kind != NEW
    book.add(
        "TULES",
        subject.person,
        assessment.event,
        _visit_day(subject, assessment),
        LESNO=lesion.number,
        LESTYPE=lesion.kind,
        LESORG=site.organ,
        LESLAT=site.side,
        LESDET=site.detail,
        LESNODE=site.node,
        LESMETH=lesion.method,
        LESDT=seen.date,
        LESIRR=lesion.irradiated if baseline else None,
        LESIRRPD=True if lesion.irradiated else None,
    )


def _visit_day(subject: Subject, assessment: Assessment) -> dt.date:
    """Screening takes several days: its scans belong to the one screening visit."""
    return assessment.date if assessment.number else subject.person.screening


def _measure(book: Book, subject: Subject, assessment: Assessment, seen: Observation) -> None:
    person, event, day = subject.person, assessment.event, _visit_day(subject, assessment)
    common = {"LESNO": seen.lesion.number, "SCANDT": seen.date}
    reason = "QUALITY" if seen.state == NOT_EVALUABLE else ""
    if seen.lesion.kind == TARGET:
        book.add("TUTGT", person, event, day, **common, LESMETH=seen.lesion.method, DIAM=seen.mm,
                 TGTST=seen.state, TGTNERS=reason, SLICE=SLICE_MM)  # fmt: skip
    elif seen.lesion.kind == NON_TARGET:
        book.add("TUNTG", person, event, day, **common, NTST=seen.state, NTNERS=reason)
    else:
        book.add("TUNEW", person, event, day, **common, NEWST=seen.state, DIAM=seen.mm)


def _respond(book: Book, subject: Subject, assessment: Assessment, best: str) -> None:
    cells: dict[str, object] = {
        "ASMNO": assessment.number,
        "RSPDT": assessment.last,
        "SUMDIAM": assessment.sum,
    }
    if assessment.number:
        cells |= changes(assessment) | {
            "TRESP": assessment.target,
            "NTRESP": CODES.get(assessment.nontarget, assessment.nontarget),
            "NEWLES": CODES.get(assessment.new, assessment.new),
            "ORESP": CODES.get(assessment.overall, assessment.overall),
            "SYMPDET": assessment.symptoms,
            "BOR": CODES.get(best, best),
        }
    book.add("RESP", subject.person, assessment.event, _visit_day(subject, assessment), **cells)


def changes(assessment: Assessment) -> dict[str, object]:
    """PCHGBL, PCHGNAD (%, one decimal, half to even) and ACHNAD (mm); blank without a complete sum."""
    if assessment.sum is None:
        return {}
    difference = assessment.sum - assessment.nadir
    return {
        "PCHGBL": _percent(assessment.sum - assessment.baseline, assessment.baseline),
        "PCHGNAD": _percent(difference, assessment.nadir) if assessment.nadir else None,
        "ACHNAD": difference,
    }


def _percent(part: int, whole: int) -> str:
    value = (Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    return str(value + 0).removesuffix(".0") if value else "0"
