"""Adverse events: those that change the treatment, and the everyday ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from cdisc_kit.synth.capeox.cast import Role
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.treatment import Cycle, Treatment

CYTOPENIA, PROTEINURIA, HYPERTENSION = "1", "2", "3"
INTEREST = {"1": "CYTOPENIA", "2": "PROTEINURIA", "3": "HYPERTENSION"}


class Toxicity(NamedTuple):
    """An event tied to a cycle: it starts `offset` days from the cycle's due day.

    `related` and `action` are the answers for oxaliplatin, capecitabine, bevacizumab (codes of AEREL_*,
    AEACN_*). `days` is how long it lasts, 0: ongoing to the end. `drug` names the treatment given for it.
    """

    term: str
    grade: int
    offset: int
    days: int
    related: tuple[str, str, str]
    action: tuple[str, str, str]
    interest: str = "0"
    serious: tuple[str, ...] = ()
    outcome: str = "1"
    drug: str = ""


TOXICITIES = {
    "NEUTROPENIA": Toxicity(
        "中性粒细胞减少", 3, 0, 7, ("2", "2", "4"), ("2", "3", "3"), CYTOPENIA, drug="GCSF"
    ),
    "PLATELETS": Toxicity("血小板减少", 2, -9, 9, ("2", "3", "4"), ("2", "1", "1"), CYTOPENIA, drug="TPO"),
    "NEUROPATHY": Toxicity("周围感觉神经病变", 2, -6, 0, ("1", "5", "5"), ("2", "1", "1"), outcome="3"),
    "NEUROPATHY_STOP": Toxicity("周围感觉神经病变", 3, -5, 60, ("1", "5", "5"), ("4", "1", "1"), outcome="4"),
    "HANDFOOT": Toxicity("手足综合征", 3, 9, 10, ("5", "1", "5"), ("1", "2", "1"), drug="UREA"),
    "DIARRHEA": Toxicity("腹泻", 3, 8, 4, ("3", "2", "5"), ("1", "2", "1"), drug="LOPERAMIDE"),
    "ONCE_DAILY": Toxicity("腹泻", 2, -3, 12, ("3", "2", "4"), ("1", "2", "1"), drug="LOPERAMIDE"),
    "PROTEINURIA": Toxicity("蛋白尿", 2, 0, 21, ("5", "5", "1"), ("1", "1", "3"), PROTEINURIA),
    "NEPHROTIC": Toxicity("蛋白尿", 3, 15, 40, ("5", "5", "1"), ("1", "1", "4"), PROTEINURIA),
    "HYPERTENSION": Toxicity(
        "高血压", 2, 0, 0, ("5", "5", "2"), ("1", "1", "1"), HYPERTENSION, outcome="2", drug="CCB"
    ),
    "INTERRUPTION": Toxicity("输注相关反应", 2, 0, 0, ("1", "5", "4"), ("3", "1", "1"), drug="STEROID"),
    "SLOWED": Toxicity("输注相关反应", 1, 0, 0, ("1", "5", "4"), ("5", "1", "1")),
    "ALLERGY": Toxicity(
        "过敏反应", 3, 0, 1, ("1", "5", "5"), ("4", "1", "1"), serious=("6",), drug="STEROID"
    ),
    "PNEUMONIA": Toxicity(
        "肺部感染", 4, -4, 9, ("4", "4", "4"), ("3", "3", "3"), serious=("2", "3"), drug="ANTIBIOTIC"
    ),
    "BLEEDING": Toxicity(
        "上消化道出血", 5, 6, 0, ("4", "4", "2"), ("4", "4", "4"), serious=("1", "3"), outcome="5"
    ),
}
FATAL_GRADE = 5
SAME_DAY = ("INTERRUPTION", "SLOWED")


class Complaint(NamedTuple):
    """An everyday event: possible grades, relation to the three drugs, shortest and longest duration."""

    term: str
    grades: tuple[int, ...]
    related: tuple[str, str, str]
    days: tuple[int, int]
    interest: str = "0"
    drug: str = ""


COMPLAINTS = (
    Complaint("恶心", (1, 1, 2), ("2", "2", "4"), (2, 8), drug="ONDANSETRON"),
    Complaint("呕吐", (1, 2), ("2", "2", "4"), (1, 4), drug="ONDANSETRON"),
    Complaint("乏力", (1, 2), ("3", "3", "3"), (10, 60)),
    Complaint("食欲减退", (1, 2), ("3", "3", "4"), (7, 40)),
    Complaint("手足麻木", (1,), ("1", "4", "5"), (20, 90)),
    Complaint("便秘", (1,), ("4", "4", "4"), (3, 14)),
    Complaint("口腔黏膜炎", (1, 2), ("4", "2", "5"), (5, 12)),
    Complaint("贫血", (1, 2), ("3", "3", "4"), (15, 60), CYTOPENIA),
    Complaint("白细胞减少", (1, 2), ("2", "2", "4"), (7, 20), CYTOPENIA),
    Complaint("淋巴细胞减少", (1, 2), ("3", "3", "4"), (14, 40), CYTOPENIA),
    Complaint("丙氨酸氨基转移酶升高", (1,), ("3", "3", "4"), (10, 30)),
    Complaint("天门冬氨酸氨基转移酶升高", (1, 2), ("3", "3", "4"), (10, 30)),
    Complaint("血胆红素升高", (1,), ("4", "3", "4"), (10, 40)),
    Complaint("鼻出血", (1,), ("5", "5", "2"), (1, 5)),
    Complaint("发热", (1,), ("3", "4", "4"), (1, 3), drug="PARACETAMOL"),
    Complaint("咳嗽", (1,), ("5", "5", "5"), (5, 20)),
    Complaint("失眠", (1,), ("5", "5", "5"), (5, 30)),
    Complaint("腹痛", (1, 2), ("4", "4", "4"), (2, 20)),
    Complaint("低白蛋白血症", (1,), ("4", "4", "4"), (14, 50)),
    Complaint("皮肤色素沉着", (1,), ("5", "2", "5"), (30, 90)),
    Complaint("下肢水肿", (1,), ("5", "5", "3"), (7, 30)),
    Complaint("头晕", (1,), ("4", "5", "3"), (1, 10)),
)


@dataclass(frozen=True)
class Event:
    """One row of the AE log; `end` None means ongoing at `asked`."""

    kind: str
    term: str
    start: dt.date
    end: dt.date | None
    grade: int
    serious: tuple[str, ...]
    related: tuple[str, str, str]
    action: tuple[str, str, str]
    outcome: str
    interest: str
    drug: str


def draw_events(
    role: Role, treatment: Treatment, screening: dt.date, until: dt.date, chance: Chance
) -> list[Event]:
    """The AE log up to `until` (last contact), in order of start; screening failures have none."""
    if not treatment.cycles:
        return [_before_treatment(screening)] if role.kind == "untreated" else []
    by_number = {cycle.number: cycle for cycle in treatment.cycles}
    tied = [
        _tied(kind, by_number[n], until) for n, kind in role.toxicity if n in by_number and kind in TOXICITIES
    ]
    taken = {event.term for event in tied}
    free = [complaint for complaint in COMPLAINTS if complaint.term not in taken]
    last = min(until, treatment.last_day() + dt.timedelta(days=10))
    events = [
        _complaint(c, last, until, treatment, chance) for c in chance.sample(free, chance.integer(3, 6))
    ]
    return sorted([*tied, *events], key=lambda event: (event.start, event.term))


def _before_treatment(screening: dt.date) -> Event:
    """Consent has been given, no drug has: neither causality nor action applies."""
    none = ("9", "9", "9")
    return Event("", "咳嗽", screening + dt.timedelta(days=1), None, 1, (), none, none, "3", "0", "")


def _tied(kind: str, cycle: Cycle, until: dt.date) -> Event:
    spec = TOXICITIES[kind]
    start = cycle.due + dt.timedelta(days=spec.offset)
    end = _end(start, spec.days, kind in SAME_DAY, until)
    if spec.grade == FATAL_GRADE:
        end = until
    outcome = spec.outcome if end or spec.outcome in ("2", "3") else "3"
    return Event(
        kind,
        spec.term,
        start,
        end,
        spec.grade,
        spec.serious,
        spec.related,
        spec.action,
        outcome,
        spec.interest,
        spec.drug,
    )


def _end(start: dt.date, days: int, same_day: bool, until: dt.date) -> dt.date | None:
    if same_day:
        return start
    end = start + dt.timedelta(days=days)
    return end if days and end <= until else None


def _complaint(
    complaint: Complaint, last: dt.date, until: dt.date, treatment: Treatment, chance: Chance
) -> Event:
    first = treatment.cycles[0].day
    start = first + dt.timedelta(days=chance.integer(0, max((last - first).days, 0)))
    end = _end(start, chance.integer(*complaint.days), False, until)
    after = start > treatment.last_day()
    action = ("9", "9", "9") if after else ("1", "1", "1")
    return Event(
        "", complaint.term, start, end, chance.choice(complaint.grades), (), complaint.related, action,
        "1" if end else chance.choice(("2", "3")), complaint.interest, complaint.drug,
    )  # fmt: skip
