"""Concomitant drugs: maintenance immunosuppression, antivirals, and what adverse events were treated with."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from cdisc_kit.synth.capeox.book import LOG, Book
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.subject import Subject
from cdisc_kit.synth.capeox.toxicity import Event


class Drug(NamedTuple):
    """Name, CM class, indication, dose per administration, unit, frequency, route, days (0: as the event)."""

    name: str
    kind: str
    reason: str
    dose: str
    unit: str
    frequency: str
    route: str
    days: int = 0


FOR_EVENTS = {
    "GCSF": Drug("重组人粒细胞集落刺激因子", "GCSF", "中性粒细胞减少", "300", "ug", "QD", "SC", 3),
    "TPO": Drug("重组人血小板生成素", "TPO", "血小板减少", "15000", "U", "QD", "SC", 5),
    "UREA": Drug("尿素软膏", "OTHER", "手足综合征", "", "", "BID", "TOPICAL"),
    "LOPERAMIDE": Drug("洛哌丁胺", "OTHER", "腹泻", "2", "mg", "PRN", "ORAL"),
    "CCB": Drug("氨氯地平", "ANTIHYP", "高血压", "5", "mg", "QD", "ORAL"),
    "STEROID": Drug("地塞米松", "OTHER", "输注反应", "5", "mg", "ONCE", "IV", 1),
    "ANTIBIOTIC": Drug("哌拉西林他唑巴坦", "OTHER", "肺部感染", "4.5", "g", "TID", "IV"),
    "ONDANSETRON": Drug("昂丹司琼", "ANTIEMETIC", "化疗所致恶心呕吐", "8", "mg", "PRN", "ORAL"),
    "PARACETAMOL": Drug("对乙酰氨基酚", "OTHER", "发热", "0.5", "g", "PRN", "ORAL", 1),
}
IMMUNOSUPPRESSANTS = (
    Drug("他克莫司", "IMMUNO", "移植术后抗排斥", "1", "mg", "Q12H", "ORAL"),
    Drug("西罗莫司", "IMMUNO", "移植术后抗排斥", "1", "mg", "QD", "ORAL"),
    Drug("依维莫司", "IMMUNO", "移植术后抗排斥", "0.75", "mg", "BID", "ORAL"),
    Drug("吗替麦考酚酯", "IMMUNO", "移植术后抗排斥", "0.5", "g", "BID", "ORAL"),
)
ANTIVIRALS = (
    Drug("恩替卡韦", "ANTIVIRAL", "慢性乙型肝炎", "0.5", "mg", "QD", "ORAL"),
    Drug("富马酸丙酚替诺福韦", "ANTIVIRAL", "慢性乙型肝炎", "25", "mg", "QD", "ORAL"),
)
PROPHYLAXIS = Drug("帕洛诺司琼", "ANTIEMETIC", "预防化疗所致恶心呕吐", "0.25", "mg", "ONCE", "IV", 1)


def add_medication(book: Book, subject: Subject, seed: int) -> None:
    """The CM log; who only gave consent has none."""
    if subject.ending == "WITHDRAWN" and not subject.person.enrolled:
        return
    person = subject.person
    chance = subject.chance(seed, "medication")
    since = (person.consent - dt.timedelta(days=chance.integer(400, 900))).isoformat()[:7]
    for drug in _background(subject, chance):
        _add(book, subject, drug, since, None)
    for cycle in subject.treatment.cycles:
        _add(book, subject, PROPHYLAXIS, cycle.day.isoformat(), cycle.day)
    for number, event in enumerate(subject.events, 1):
        if event.drug:
            drug = FOR_EVENTS[event.drug]
            _add(book, subject, drug, event.start.isoformat(), _end(drug, event, subject.until), event=number)


def _background(subject: Subject, chance: Chance) -> list[Drug]:
    drugs = [IMMUNOSUPPRESSANTS[0]]
    drugs += [chance.choice(IMMUNOSUPPRESSANTS[1:])] if chance.happens(0.6) else []
    drugs += [chance.choice(ANTIVIRALS)] if subject.person.hbv else []
    drugs += [FOR_EVENTS["CCB"]] if subject.person.hypertensive else []
    return drugs


def _end(drug: Drug, event: Event, until: dt.date) -> dt.date | None:
    """The last day of a course; None while the event it is for goes on."""
    if not drug.days:
        return event.end
    return min(event.start + dt.timedelta(days=drug.days - 1), until)


def _add(
    book: Book, subject: Subject, drug: Drug, start: str, end: dt.date | None, *, event: int | None = None
) -> None:
    book.add(
        "CM",
        subject.person,
        LOG,
        subject.until,
        CMTXT=drug.name,
        CMCLASSZH=drug.kind,
        CMINDZH=drug.reason,
        CMAENO=event,
        CMDOSE=drug.dose,
        CMDOSU=drug.unit,
        CMFRQ=drug.frequency,
        CMRTE=drug.route,
        CMSTDT=start,
        CMENDT=end,
        CMONGO=end is None,
    )
