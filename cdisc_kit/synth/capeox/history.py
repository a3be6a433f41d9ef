"""Screening forms: consent, criteria, tumour history, prior treatment, medical history, prior drugs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

from cdisc_kit.synth.capeox.book import Book
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.lesions import TARGET
from cdisc_kit.synth.capeox.person import Person
from cdisc_kit.synth.capeox.subject import Subject

CRITERIA = [f"I{n:02d}" for n in range(1, 14)] + [f"E{n:02d}" for n in range(1, 18)]
MET, NOT_MET, NOT_APPLICABLE = "1", "2", "9"
TKIS = ("仑伐替尼", "索拉非尼", "多纳非尼", "瑞戈非尼")
CONDITIONS = ("脂肪肝", "慢性胃炎", "甲状腺结节", "高尿酸血症", "骨质疏松", "胆囊切除术后状态", "痛风")
PRESPECIFIED = {
    "HTN": "高血压",
    "DM": "糖尿病",
    "HBV": "乙肝",
    "HCV": "丙肝",
    "TE": "血栓栓塞",
    "GIB": "消化道出血",
}


class Line(NamedTuple):
    """One prior drug treatment; `kind` is the code of PRIORTX.PTCLASS."""

    kind: str
    name: str
    start: dt.date
    end: dt.date
    progressed: bool


@dataclass(frozen=True)
class History:
    """Dates before the study; prior lines of drugs, oldest first."""

    diagnosis: dt.date
    transplant: dt.date
    recurrence: dt.date
    lines: list[Line] = field(default_factory=list)


def draw_history(subject: Subject, chance: Chance) -> History:
    """Transplant, recurrence and one or two TKI lines, each failed or not tolerated."""
    person = subject.person
    transplant = person.consent - dt.timedelta(days=chance.integer(500, 1500))
    recurrence = transplant + dt.timedelta(days=chance.integer(120, 300))
    start = recurrence + dt.timedelta(days=chance.integer(10, 25))
    stop = person.consent - dt.timedelta(days=chance.integer(15, 30))
    names = chance.sample(TKIS, 2 if (stop - start).days > 400 else 1)
    length = (stop - start).days // len(names)
    lines = []
    for number, name in enumerate(names):
        begin = start + dt.timedelta(days=number * length)
        lines.append(Line("1", name, begin, begin + dt.timedelta(days=length - 14), chance.happens(0.8)))
    first = lines[0].end
    if person.number % 9 == 3:
        lines.insert(1, Line("3", "奥沙利铂+氟尿嘧啶", first, first + dt.timedelta(days=10), True))
    if person.number % 11 == 5:
        lines.append(
            Line("2", "卡瑞利珠单抗", stop - dt.timedelta(days=13), stop - dt.timedelta(days=3), True)
        )
    return History(transplant - dt.timedelta(days=chance.integer(40, 300)), transplant, recurrence, lines)


def add_screening(book: Book, subject: Subject, seed: int) -> None:
    """Every form of the screening visit but vital signs, laboratory and imaging."""
    chance = subject.chance(seed, "history")
    history = draw_history(subject, chance)
    _add_consent(book, subject)
    if subject.ending == "WITHDRAWN" and not subject.person.enrolled:
        return
    _add_criteria(book, subject)
    _add_tumour(book, subject, history, chance)
    _add_prior_treatment(book, subject, history, chance)
    _add_medical_history(book, subject.person, history, chance)


def _add_consent(book: Book, subject: Subject) -> None:
    person = subject.person
    childbearing = person.childbearing if person.sex == "F" else None
    book.add(
        "DM",
        person,
        "SCR",
        person.screening,
        ICFDT=person.consent,
        BRTHYM=person.birth.isoformat()[:7],
        SEX="2" if person.sex == "F" else "1",
        NATION=person.nation,
        AGEICF=person.age,
        SCRRES="1" if person.enrolled else "2",
        ENRDT=person.enrolled,
        CHILDBEAR="NA" if childbearing is None else childbearing,
        CONTRA="Y" if childbearing or (person.sex == "M" and person.number % 2) else "NA",
    )


def _add_criteria(book: Book, subject: Subject) -> None:
    person = subject.person
    fails = dict(subject.role.fails)
    skip = ({"I13"} if person.sex == "F" else set()) | (set() if person.childbearing else {"I12"})
    for number in CRITERIA:
        wrong = number in fails
        met = (number[0] == "I") != wrong
        result = NOT_APPLICABLE if number in skip else MET if met else NOT_MET
        book.add(
            "IE", person, "SCR", person.screening,
            IENO=number, IEPART=fails.get(number, ""), IERES=result, IECMT="复查后仍不符合" if wrong else "",
        )  # fmt: skip


def _add_tumour(book: Book, subject: Subject, history: History, chance: Chance) -> None:
    person = subject.person
    regions = _regions(subject, chance)
    thrombus = (
        "VP3" if ("E02", "") in subject.role.fails else chance.choice(("NONE", "NONE", "NONE", "VP1", "VP2"))
    )
    book.add(
        "TUMHX",
        person,
        "SCR",
        person.screening,
        HCCDT=_partial(history.diagnosis, chance, 0.3),
        HISTTYP="HCC",
        DIFF=chance.choice(("HIGH", "MODERATE", "MODERATE", "LOW", "UNKNOWN")),
        LTDT=history.transplant,
        LTMILAN=chance.happens(0.5),
        RECDT=_partial(history.recurrence, chance, 0.2),
        RECSITE=";".join(regions),
        METN=len(regions),
        AFPBL=round(chance.normal(180, 150, 3, 900), 1),
        PVTT=thrombus if "LIVER" in regions else "NONE",
        LIVBURD=False,
    )


def _regions(subject: Subject, chance: Chance) -> list[str]:
    if not subject.imaging:
        return chance.sample(("LIVER", "LUNG", "NODE"), 2)
    baseline = subject.imaging.assessments[0].observations
    return list(dict.fromkeys(o.lesion.site.region for o in baseline))


def _partial(date: dt.date, chance: Chance, probability: float) -> str:
    """The date, or only its month or year, as people remember it."""
    if not chance.happens(probability):
        return date.isoformat()
    return date.isoformat()[: chance.choice((7, 7, 4))]


def _add_prior_treatment(book: Book, subject: Subject, history: History, chance: Chance) -> None:
    """Locoregional treatment before transplantation (sometimes), then drugs for the recurrence."""
    rows: list[dict[str, object]] = []
    if chance.happens(0.6):
        when = history.transplant - dt.timedelta(days=chance.integer(20, 35))
        kind, name = chance.choice((("4", "TACE"), ("4", "TACE"), ("5", "射频消融"), ("6", "肝切除术")))
        start = _partial(when, chance, 0.4)
        best = chance.choice(("PR", "SD", "NE"))
        rows.append({"PTCLASS": kind, "PTNAME": name, "PTSETTING": "1", "PTSTDT": start, "PTBEST": best})
    if _irradiated(subject):
        when = history.recurrence + dt.timedelta(days=chance.integer(5, 9))
        rows.append({"PTCLASS": "7", "PTNAME": "放射治疗", "PTSETTING": "3", "PTSTDT": when, "PTBEST": "SD"})
        rows[-1]["PTENDT"] = when + dt.timedelta(days=14)
    for row in rows:
        row["PTRSN"] = "3"
    rows += [_drug_line(number, line, chance) for number, line in enumerate(history.lines, 1)]
    for row in rows:
        book.add("PRIORTX", subject.person, "SCR", subject.person.screening, **row)


def _drug_line(number: int, line: Line, chance: Chance) -> dict[str, object]:
    return {
        "PTCLASS": line.kind,
        "PTNAME": line.name,
        "PTSETTING": "3",
        "PTLINE": number,
        "PTSTDT": line.start,
        "PTENDT": line.end,
        "PTBEST": chance.choice(("SD", "SD", "PR", "PD") if line.progressed else ("SD", "NE")),
        "PTRSN": "1" if line.progressed else "2",
        "PTPDDT": line.end if line.progressed else None,
    }


def _irradiated(subject: Subject) -> bool:
    baseline = subject.imaging.assessments[0].observations if subject.imaging else ()
    return any(o.lesion.irradiated for o in baseline if o.lesion.kind == TARGET)


def _add_medical_history(book: Book, person: Person, history: History, chance: Chance) -> None:
    present = {
        "HTN": person.hypertensive,
        "HBV": person.hbv,
        "DM": chance.happens(0.2),
        "HCV": not person.hbv,
    }
    start = history.diagnosis - dt.timedelta(days=chance.integer(400, 4000))
    for code, name in PRESPECIFIED.items():
        yes = present.get(code, False)
        since = start.isoformat()[: chance.choice((4, 4, 7))] if yes else None
        book.add("MH", person, "SCR", person.screening, MHSPID=code, MHYN=yes, MHTXT=name, MHSTDT=since,
                 MHONGO=True if yes else None)  # fmt: skip
    for name in chance.sample(CONDITIONS, chance.integer(0, 3)):
        over = chance.happens(0.3)
        year = history.transplant.year - chance.integer(1, 6)
        since = f"{year}-{chance.integer(1, 12):02d}"
        book.add("MH", person, "SCR", person.screening, MHTXT=name, MHSTDT=since, MHONGO=not over,
                 MHENDT=f"{year + 1}" if over else None)  # fmt: skip
