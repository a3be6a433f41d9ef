"""Forms A10 to A14 and A25: what is measured and collected at visits."""

from __future__ import annotations

import datetime as dt

import numpy as np

from cdisc_kit.synth.atg.chance import around, days, happens, one_of, stream
from cdisc_kit.synth.atg.labs import collected_at, laboratory, tacrolimus, virology
from cdisc_kit.synth.atg.layout import Layout
from cdisc_kit.synth.atg.pages import Forms, Row, page, visit_page
from cdisc_kit.synth.atg.treatment import weigh
from cdisc_kit.synth.atg.truth import Biopsy, Subject, Visit

_ECOG_VISITS = ("V1", "V7", "V8", "V9", "V10")
_BLOOD_VISITS = ("V1", "V6", "V8")


def print_visits(subject: Subject, layout: Layout, seed: int) -> Forms:
    """The pages of examinations; vital signs only where screening stopped, or has not got, beyond them."""
    forms: Forms = {name: [] for name in ("A10", "A11", "A12", "A13", "A14", "A25")}
    forms["A11"] = _vital_signs(subject, stream(seed, subject.index, "vital signs"))
    if not subject.attempts[-1].asked:
        return forms
    forms["A10"] = _concentrations(subject, layout, seed)
    forms["A12"] = _performance(subject, stream(seed, subject.index, "ecog"))
    forms["A13"] = _laboratory(subject, seed)
    forms["A14"] = _virology(subject, seed)
    forms["A25"] = _specimens(subject, stream(seed, subject.index, "specimens"))
    return forms


def _concentrations(subject: Subject, layout: Layout, seed: int) -> list[Row]:
    rows = []
    for visit, level in tacrolimus(subject, seed):
        measured = bool(level)
        rows.append(
            visit_page(
                subject,
                visit,
                TACDT=visit.date.isoformat() if measured else "",
                TACTM=collected_at(visit).strftime("%H:%M") if measured else "",
                TACRES=level,
                TACU="ng/mL" if measured else "",
                TACLOQ=layout.parameters["tac_lloq"] if measured else "",
                TACND="" if measured else "Y",
                TACPRE="Y" if measured else "",
            )
        )
    return rows


def _vital_signs(subject: Subject, rng: np.random.Generator) -> list[Row]:
    rows = []
    for attempt in subject.attempts[:-1]:
        first = Visit("V1", attempt.consent + days(1), "1")
        row = visit_page(subject, first, **_signs(subject, first, rng))
        rows.append(row | {"SUBJNO": attempt.subjno})
    for visit in subject.visits:
        if visit.examined:
            rows.append(visit_page(subject, visit, **_signs(subject, visit, rng)))
    return rows


def _signs(subject: Subject, visit: Visit, rng: np.random.Generator) -> Row:
    pod = (visit.date - subject.operated).days if subject.transplant else -1
    feverish = 0.4 if 0 < pod < 6 else 0.0
    systolic = round(around(rng, 126, 12, 98, 168))
    weight = subject.weight if visit.code == "V1" else weigh(subject, pod, rng)
    return {
        "WT": f"{weight:.1f}",
        "HT": str(subject.height) if visit.code == "V1" else "",
        "TEMP": f"{around(rng, 36.6 + feverish, 0.3, 35.8, 38.9):.1f}",
        "SBP": str(systolic),
        "DBP": str(round(systolic * around(rng, 0.61, 0.04, 0.5, 0.72))),
        "HR": str(round(around(rng, 80, 9, 56, 112))),
        "RR": "" if happens(rng, 0.01) else str(round(around(rng, 18, 1.5, 14, 24))),
    }


def _performance(subject: Subject, rng: np.random.Generator) -> list[Row]:
    rows = []
    for visit in subject.visits:
        if visit.code not in _ECOG_VISITS:
            continue
        screening = visit.code == "V1"
        score = subject.ecog if screening else one_of(rng, ("0", "1", "2"), (0.55, 0.37, 0.08))
        missing = not visit.examined or (not screening and happens(rng, 0.03))
        rows.append(visit_page(subject, visit, ECOG="" if missing else score, ECOGND="Y" if missing else ""))
    return rows


def _laboratory(subject: Subject, seed: int) -> list[Row]:
    rows = []
    for line in laboratory(subject, seed):
        rows.append(
            page(
                subject,
                None,
                VISIT=line.visit.code,
                VISDT=line.visit.date.isoformat(),
                LISID=line.sample,
                COLDT=line.collected.isoformat(timespec="minutes"),
                PANEL=line.item.panel,
                ITEM=line.item.name,
                ITEMCD=line.item.code,
                RESULT=line.result,
                UNIT=line.item.unit,
                REFRANGE=line.reference,
                FLAG=line.flag,
                SPEC=line.item.specimen,
            )
        )
    return rows


def _virology(subject: Subject, seed: int) -> list[Row]:
    return [
        visit_page(
            subject,
            visit,
            VIRDT=visit.date.isoformat(),
            VIRTEST=test,
            VIRRES=result,
            VIRU=unit,
            VIRSPEC=specimen,
        )
        for visit, test, result, unit, specimen in virology(subject, seed)
    ]


def _specimens(subject: Subject, rng: np.random.Generator) -> list[Row]:
    """Blood at V1, V6 and V8; tissue of every biopsy in paraffin, sometimes an aliquot in liquid nitrogen."""
    rows: list[Row] = []
    taken = {id(b.visit): b for b in subject.biopsies if b.specimen}
    if subject.randomised is None:
        return rows
    for visit in subject.visits:
        if visit.code in _BLOOD_VISITS:
            rows.append(_blood(subject, visit, rng))
        found = taken.get(id(visit))
        if found is not None:
            rows += _tissue(subject, found, rng)
    for number, row in enumerate(rows, start=1):
        row["ROWNO"] = str(number)
    return rows


def _blood(subject: Subject, visit: Visit, rng: np.random.Generator) -> Row:
    return visit_page(
        subject,
        visit,
        SPECNO=f"PB-{subject.subjno}-{visit.code}",
        SPECTYPE="1",
        COLDT=collected_at(visit).isoformat(timespec="minutes"),
        VOL=one_of(rng, ("5", "6", "10")),
        STORE="-80",
        STOREDT=visit.date.isoformat(),
    )


def _tissue(subject: Subject, found: Biopsy, rng: np.random.Generator) -> list[Row]:
    moment = dt.datetime.combine(found.visit.date, dt.time.fromisoformat(found.time))
    whole = visit_page(
        subject,
        found.visit,
        SPECNO=f"LT-{found.specimen[3:]}",
        SPECTYPE="2",
        COLDT=moment.isoformat(timespec="minutes"),
        BXNO=found.specimen,
        STORE="FFPE",
        STOREDT=found.visit.date.isoformat(),
        PARENT=found.specimen,
    )
    if not happens(rng, 0.3):
        return [whole]
    part = whole | {"SPECNO": whole["SPECNO"] + "-A", "STORE": "LN2", "PARENT": whole["SPECNO"]}
    return [whole, part]
