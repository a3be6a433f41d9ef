"""The truth of measurements: laboratory results, tacrolimus levels and virology over time."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from cdisc_kit.synth.atg.chance import between, happens, stream
from cdisc_kit.synth.atg.truth import Subject, Visit


@dataclass(frozen=True)
class Item:
    """A LIS item. `low`/`high` are the reference limits (None: open), by sex where a pair (men, women)."""

    code: str
    name: str
    panel: str
    specimen: str
    unit: str
    digits: int
    low: float | tuple[float, float] | None
    high: float | tuple[float, float] | None


ITEMS = (
    Item("WBC", "白细胞计数", "HEM", "BLOOD", "10^9/L", 2, 3.5, 9.5),
    Item("NEUT", "中性粒细胞绝对值", "HEM", "BLOOD", "10^9/L", 2, 1.8, 6.3),
    Item("LYMPH", "淋巴细胞绝对值", "HEM", "BLOOD", "10^9/L", 2, 1.1, 3.2),
    Item("HGB", "血红蛋白", "HEM", "BLOOD", "g/L", 0, (130, 115), (175, 150)),
    Item("PLT", "血小板计数", "HEM", "BLOOD", "10^9/L", 0, 125, 350),
    Item("ALT", "丙氨酸氨基转移酶", "CHEM", "SERUM", "U/L", 0, (9, 7), (50, 40)),
    Item("AST", "天门冬氨酸氨基转移酶", "CHEM", "SERUM", "U/L", 0, (15, 13), (40, 35)),
    Item("TBIL", "总胆红素", "CHEM", "SERUM", "μmol/L", 1, 5, 21),
    Item("DBIL", "直接胆红素", "CHEM", "SERUM", "μmol/L", 1, None, 8),
    Item("ALB", "白蛋白", "CHEM", "SERUM", "g/L", 1, 40, 55),
    Item("ALP", "碱性磷酸酶", "CHEM", "SERUM", "U/L", 0, (45, 35), (125, 100)),
    Item("GGT", "γ-谷氨酰转移酶", "CHEM", "SERUM", "U/L", 0, (10, 7), (60, 45)),
    Item("CREA", "肌酐", "CHEM", "SERUM", "μmol/L", 0, (57, 41), (97, 73)),
    Item("UREA", "尿素", "CHEM", "SERUM", "mmol/L", 1, 3.1, 8.0),
    Item("K", "钾", "CHEM", "SERUM", "mmol/L", 2, 3.5, 5.3),
    Item("NA", "钠", "CHEM", "SERUM", "mmol/L", 1, 137, 147),
    Item("GLU", "葡萄糖", "CHEM", "SERUM", "mmol/L", 2, 3.9, 6.1),
    Item("INR", "国际标准化比值", "COAG", "PLASMA", "", 2, 0.85, 1.15),
    Item("PT", "凝血酶原时间", "COAG", "PLASMA", "s", 1, 10.0, 13.5),
    Item("AFP", "甲胎蛋白", "TM", "SERUM", "ng/mL", 1, None, 7.0),
    Item("PIVKA", "异常凝血酶原", "TM", "SERUM", "mAU/mL", 0, None, 40),
    Item("CRP", "C反应蛋白", "INFL", "SERUM", "mg/L", 1, None, 8.0),
    Item("PCT", "降钙素原", "INFL", "SERUM", "ng/mL", 2, None, 0.05),
    Item("UPRO", "尿蛋白", "URIN", "URINE", "", 0, None, None),
)
_QUANTIFIED_FROM = {"CRP": 0.5, "PCT": 0.03}
_ALL = ("HEM", "CHEM", "COAG", "URIN", "TM", "INFL")
_PANELS = {
    "V1": _ALL,
    "V2": ("HEM", "CHEM", "COAG"),
    "V3": ("HEM", "CHEM"),
    "V4": ("HEM", "CHEM", "COAG"),
    "V5": ("HEM", "CHEM", "INFL"),
    "V6": ("HEM", "CHEM", "COAG", "INFL"),
    "UNS": ("HEM", "CHEM", "INFL"),
}


@dataclass(frozen=True)
class Result:
    """One LIS line."""

    visit: Visit
    item: Item
    collected: dt.datetime
    sample: str
    result: str
    reference: str
    flag: str


def panels(code: str) -> tuple[str, ...]:
    """The panels ordered at a visit."""
    return _PANELS.get(code, _ALL)


def collected_at(visit: Visit) -> dt.datetime:
    """Blood is drawn at 06:00 on the ward (before the operation on POD 0); at 08:00 of the visit else."""
    hour = 6 if visit.mode == "3" else 8
    return dt.datetime.combine(visit.date, dt.time(hour, 0))


def laboratory(subject: Subject, seed: int) -> list[Result]:
    """Every LIS line of the subject, in order of visit and item."""
    rng = stream(seed, subject.index, "laboratory")
    own = {item.code: float(rng.normal()) for item in ITEMS}
    results = []
    for visit in subject.visits:
        if not visit.examined:
            continue
        day = _day(subject, visit)
        values = _values(subject, visit, day, own, rng)
        start = collected_at(visit) + dt.timedelta(minutes=between(rng, 0, 55))
        ordered = panels(visit.code)
        for item in ITEMS:
            if item.panel in ordered:
                results.append(_result(subject, visit, item, start, values[item.code]))
    return results


def _day(subject: Subject, visit: Visit) -> int:
    return (visit.date - subject.operated).days if subject.transplant else -14


def _values(
    subject: Subject, visit: Visit, day: int, own: dict[str, float], rng: np.random.Generator
) -> dict[str, float]:
    """One value per item: a baseline of the subject, the course after surgery, and noise of the day."""
    injury = 0.0 if day <= 0 else math.exp(-(day - 1) / 3.5)
    marrow = 0.0 if subject.arm != "ATG" or day <= 0 else math.exp(-((day - 4) ** 2) / 90)
    rejecting = any(r.visit is visit for r in subject.rejections)
    infected = any(e.infection and e.start <= visit.date <= (e.end or subject.end) for e in subject.events)
    blood = {
        "WBC": 5.2 + 5.5 * injury + (5 if infected else 0) - 2.2 * marrow,
        "LYMPH": 1.4 - 0.9 * marrow - 0.4 * injury,
        "HGB": 128 - 30 * injury - (12 if 0 < day < 60 else 0),
        "PLT": 150 - 70 * injury - 30 * marrow,
        "ALT": 34 + 620 * injury + (170 if rejecting else 0),
        "AST": 36 + 700 * injury + (130 if rejecting else 0),
        "TBIL": 24 + 52 * injury + (36 if rejecting else 0) - (8 if day > 20 else 0),
        "ALB": 39 - 6 * injury,
        "ALP": 96 + (90 if rejecting else 0),
        "GGT": 62 + (120 if rejecting else 0) + 60 * injury,
        "CREA": (76 if subject.sex == "1" else 62) + 22 * injury + (8 if day > 30 else 0),
        "UREA": 6.0 + 3.5 * injury,
        "K": 4.2,
        "NA": 140.0,
        "GLU": 5.8 + 4.0 * injury,
        "INR": 1.12 + 0.55 * injury,
        "AFP": 60.0 if day <= 0 else 5.0,
        "PIVKA": 120.0 if day <= 0 else 26.0,
        "CRP": 4 + 55 * injury + (45 if infected else 0),
        "PCT": 0.04 + 1.2 * injury + (0.9 if infected else 0),
        "UPRO": 0.0,
    }
    spread = {"K": 0.06, "NA": 0.012, "ALB": 0.05, "HGB": 0.07, "INR": 0.05, "LYMPH": 0.15}
    spread |= {"AFP": 0.9, "PIVKA": 0.6, "CRP": 0.9, "PCT": 0.3}
    values = {
        code: mean * math.exp(spread.get(code, 0.18) * (0.7 * own[code] + 0.7 * float(rng.normal())))
        for code, mean in blood.items()
    }
    values["NEUT"] = max(0.6, values["WBC"] - values["LYMPH"]) * 0.9
    values["DBIL"] = values["TBIL"] * 0.38
    values["PT"] = values["INR"] * 11.6
    values["UPRO"] = float(rng.random())
    return _plausible(values)


def _plausible(values: dict[str, float]) -> dict[str, float]:
    floors = {"WBC": 1.2, "NEUT": 0.6, "LYMPH": 0.1, "HGB": 66, "PLT": 22, "ALB": 24, "INR": 0.86}
    floors |= {"ALT": 6, "AST": 8, "CREA": 35, "CRP": 0.2, "PCT": 0.01}
    ceilings = {"HGB": 172, "INR": 2.4, "K": 5.8, "NA": 149, "ALT": 2800, "AST": 3000, "WBC": 24, "ALB": 52}
    for code, low in floors.items():
        values[code] = max(values[code], low)
    for code, high in ceilings.items():
        values[code] = min(values[code], high)
    return values


def _result(subject: Subject, visit: Visit, item: Item, start: dt.datetime, value: float) -> Result:
    collected = start + dt.timedelta(minutes=25) if item.panel == "URIN" else start
    sample = f"{collected:%Y%m%d}{subject.subjno}{_ALL.index(item.panel) + 1}"
    if item.code == "UPRO":
        text = "阴性" if value < 0.86 else "±" if value < 0.94 else "1+"
        return Result(visit, item, collected, sample, text, "阴性", "" if text == "阴性" else "↑")
    low, high = _limit(item.low, subject), _limit(item.high, subject)
    quantified = _QUANTIFIED_FROM.get(item.code, 0.0)
    shown = f"{value:.{item.digits}f}"
    if value < quantified:
        return Result(visit, item, collected, sample, f"<{quantified:g}", _reference(low, high), "")
    number = float(shown)
    flag = "↓" if low is not None and number < low else "↑" if high is not None and number > high else ""
    return Result(visit, item, collected, sample, shown, _reference(low, high), flag)


def _limit(limit: float | tuple[float, float] | None, subject: Subject) -> float | None:
    if isinstance(limit, tuple):
        return limit[0] if subject.sex == "1" else limit[1]
    return limit


def _reference(low: float | None, high: float | None) -> str:
    return f"<{high:g}" if low is None and high is not None else f"{low:g}-{high:g}"


def tacrolimus(subject: Subject, seed: int) -> list[tuple[Visit, str]]:
    """Trough in ng/mL at each visit from POD 1 on; blank where it was not measured."""
    rng = stream(seed, subject.index, "tacrolimus")
    levels = []
    for visit in subject.visits:
        if visit.code in ("V1", "V2") or not visit.examined:
            continue
        day = _day(subject, visit)
        value = float(rng.normal(3.0 if day == 1 else 8.2 if day < 40 else 6.8, 1.6))
        text = "<2.0" if value < 2.0 else f"{min(value, 15.0):.1f}"
        levels.append((visit, "" if happens(rng, 0.03) else text))
    return levels


def virology(subject: Subject, seed: int) -> list[tuple[Visit, str, str, str, str]]:
    """(visit, test, result, unit, specimen) at screening and from POD 14 on."""
    rng = stream(seed, subject.index, "virology")
    carrier = "1" in subject.hcc.get("ETIO", "").split(";")
    lines = []
    for visit in subject.visits:
        if visit.code not in ("V1", "V6", "V7", "V8", "V9", "V10") or not visit.examined:
            continue
        before = visit.code == "V1"
        lines.append((visit, "HBSAG", "阳性" if carrier and before else "阴性", "", "SERUM"))
        lines.append((visit, "HBVDNA", *_load(rng, 0.45 if carrier and before else 0.04), "SERUM"))
        if before:
            lines.append((visit, "HCVRNA", *_load(rng, 0.02), "SERUM"))
        else:
            lines.append((visit, "CMVDNA", *_load(rng, 0.10), "PLASMA"))
            lines.append((visit, "EBVDNA", *_load(rng, 0.10), "PLASMA"))
    return lines


def _load(rng: np.random.Generator, positive: float) -> tuple[str, str]:
    """A viral load and its unit: a count, below 20 IU/mL, or not detected (no unit)."""
    if happens(rng, positive):
        exponent = between(rng, 2, 5)
        return f"{1 + between(rng, 0, 79) / 10:.1f}E+{exponent}", "IU/mL"
    return ("<20", "IU/mL") if happens(rng, 0.3) else ("未检出", "")
