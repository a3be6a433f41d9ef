"""Laboratory values: a baseline per subject, a drift under treatment, and the values events ask for."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from cdisc_kit.synth.capeox.book import Book
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.person import Person


class Analyte(NamedTuple):
    """Unit and reference limits as the laboratory prints them ('' where it prints none)."""

    unit: str
    low: str
    high: str
    decimals: int


ANALYTES: dict[str, dict[str, Analyte]] = {
    "LBHEM": {
        "WBC": Analyte("10^9/L", "3.5", "9.5", 2),
        "NEUT": Analyte("10^9/L", "1.8", "6.3", 2),
        "LYMPH": Analyte("10^9/L", "1.1", "3.2", 2),
        "HGB": Analyte("g/L", "130", "175", 0),
        "PLT": Analyte("10^9/L", "125", "350", 0),
    },
    "LBCHEM": {
        "ALT": Analyte("U/L", "9", "50", 0),
        "AST": Analyte("U/L", "15", "40", 0),
        "TBIL": Analyte("umol/L", "5", "26", 1),
        "DBIL": Analyte("umol/L", "0", "8", 1),
        "ALB": Analyte("g/L", "40", "55", 1),
        "ALP": Analyte("U/L", "45", "125", 0),
        "GGT": Analyte("U/L", "10", "60", 0),
        "CREA": Analyte("umol/L", "57", "97", 0),
        "CRCL": Analyte("mL/min", "", "", 1),
        "UREA": Analyte("mmol/L", "3.1", "8", 1),
        "UA": Analyte("umol/L", "208", "428", 0),
        "K": Analyte("mmol/L", "3.5", "5.3", 2),
        "NA": Analyte("mmol/L", "137", "147", 0),
        "GLU": Analyte("mmol/L", "3.9", "6.1", 2),
    },
    "LBCOAG": {"INR": Analyte("", "0.8", "1.2", 2), "PT": Analyte("s", "9.4", "12.5", 1)},
    "LBURI": {
        "UPRO": Analyte("", "", "", 0),
        "U24P": Analyte("g/24h", "", "0.15", 2),
        "UPCR": Analyte("g/g", "", "0.2", 2),
    },
    "LBTM": {"AFP": Analyte("ng/mL", "", "7", 1), "PIVKA": Analyte("mAU/mL", "", "40", 0)},
    "LBPREG": {"HCG": Analyte("", "", "", 0), "HCGVAL": Analyte("mIU/mL", "", "5", 1)},
    "LBVIR": {
        "HBSAG": Analyte("", "", "", 0),
        "HBVDNA": Analyte("IU/mL", "", "", 0),
        "HCVAB": Analyte("", "", "", 0),
        "HCVRNA": Analyte("IU/mL", "", "", 0),
    },
    "STOOL": {"FOB": Analyte("", "", "", 0)},
}
FEMALE = {"HGB": ("115", "150"), "CREA": ("41", "73")}
# Mean, SD and limits of a subject's own baseline, then the least value shown without a reported event.
BASELINE = {
    "NEUT": (3.3, 0.7, 2.3, 5.5),
    "LYMPH": (1.3, 0.3, 0.8, 2.2),
    "HGB": (124, 12, 104, 152),
    "PLT": (160, 35, 112, 250),
    "ALT": (32, 13, 11, 80),
    "AST": (36, 13, 16, 84),
    "TBIL": (15, 4, 6, 28),
    "ALB": (40.5, 2.5, 37, 47),
    "ALP": (110, 30, 55, 220),
    "GGT": (80, 45, 18, 240),
    "CREA": (76, 10, 55, 98),
    "UREA": (5.4, 1, 3.2, 8.2),
    "UA": (330, 55, 200, 460),
    "K": (4.1, 0.25, 3.5, 4.8),
    "NA": (140, 1.6, 136, 145),
    "GLU": (5.6, 0.7, 4.2, 8.5),
    "INR": (1.05, 0.07, 0.9, 1.25),
    "PT": (12, 0.6, 10.4, 13.4),
    "AFP": (160, 140, 3, 800),
    "PIVKA": (420, 380, 18, 2600),
}
FLOOR = {"NEUT": 1.6, "PLT": 88, "HGB": 94, "ALB": 34, "LYMPH": 0.6, "K": 3.4}
# Share of the baseline left after each cycle.
DRIFT = {"NEUT": 0.97, "PLT": 0.96, "HGB": 0.99, "LYMPH": 0.98, "ALB": 0.995}
NOISE = {"NA": 0.006, "K": 0.03, "INR": 0.03, "PT": 0.02, "ALB": 0.02, "HGB": 0.025, "CREA": 0.05}


class Laboratory:
    """One subject's laboratory; `add` prints a sheet's row for one visit."""

    def __init__(self, book: Book, person: Person, chance: Chance) -> None:
        self._book = book
        self._person = person
        self.chance = chance
        self._own = {code: chance.normal(*shape) for code, shape in BASELINE.items()}
        if person.sex == "F":
            self._own["CREA"] *= 0.8
            self._own["HGB"] = min(self._own["HGB"], 136)

    def values(self, cycle: int, weight: float, tumour: float, given: dict[str, str]) -> dict[str, str]:
        """One day's results as text. `cycle`: cycles given so far; `tumour`: size relative to baseline;
        `given`: results fixed by what happened, by analyte."""
        result = {}
        for code, base in self._own.items():
            level = base * DRIFT.get(code, 1.0) ** cycle * (tumour if code in ("AFP", "PIVKA") else 1.0)
            drawn = level * self.chance.normal(1, NOISE.get(code, 0.08), 0.8, 1.2)
            result[code] = max(drawn, FLOOR.get(code, 0.0))
        result |= {code: float(value) for code, value in given.items() if code in result}
        result["WBC"] = result["NEUT"] + result["LYMPH"] + 0.45
        result["DBIL"] = 0.33 * result["TBIL"]
        result["CRCL"] = clearance(self._person, weight, round(result["CREA"]))
        decimals = {code: analyte.decimals for sheet in ANALYTES.values() for code, analyte in sheet.items()}
        text = {code: number(value, decimals[code]) for code, value in result.items()}
        return text | {"UPRO": self.chance.choice(("-", "-", "-", "±", "1+"))} | given

    def add(
        self,
        sheet: str,
        event: str,
        visit: dt.date,
        sampled: dt.date,
        values: dict[str, str],
        *,
        striking: set[str],
    ) -> None:
        """Print one sheet; abnormal results are NCS unless `striking`; the value ND ticks "not done"."""
        morning = f"{7 + self.chance.integer(0, 1):02d}:{self.chance.integer(5, 55):02d}"
        cells: dict[str, object] = {"COLDT": sampled, "COLTM": morning}
        for code, analyte in ANALYTES[sheet].items():
            if code in values:
                cells |= self._group(code, analyte, values[code], code in striking)
        if sheet == "LBCOAG":
            cells["PTCTRL"] = 11.5
        self._book.add(sheet, self._person, event, visit, **cells)

    def _group(self, code: str, analyte: Analyte, value: str, striking: bool) -> dict[str, object]:
        if value == "ND":
            return {f"{code}_ND": True}
        low, high = FEMALE.get(code, (analyte.low, analyte.high)) if self._person.sex == "F" else analyte[1:3]
        outside = _outside(value, low, high)
        significance = ("CS" if striking else "NCS") if outside else ""
        numeric = value.replace(".", "", 1).isdigit() or value.startswith("<")
        return {
            code: value,
            f"{code}_U": analyte.unit if numeric else "",
            f"{code}_LO": low if numeric else "",
            f"{code}_HI": high if numeric else "",
            f"{code}_CS": significance,
        }


def _outside(value: str, low: str, high: str) -> bool:
    if not value.replace(".", "", 1).isdigit():
        return value in ("2+", "3+", "4+", "阳性")
    return bool((low and float(value) < float(low)) or (high and float(value) > float(high)))


def number(value: float, decimals: int) -> str:
    """Plain decimal text without trailing zeros."""
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def clearance(person: Person, weight: float, creatinine: int) -> float:
    """Creatinine clearance in mL/min by Cockcroft and Gault; creatinine in umol/L."""
    result = (140 - person.age) * weight / (72 * creatinine / 88.4)
    return result * 0.85 if person.sex == "F" else result


def child_pugh(values: dict[str, str], ascites: int) -> dict[str, object]:
    """Points of the CPS sheet from one day's results; no encephalopathy."""
    bilirubin, albumin, inr = (float(values[code]) for code in ("TBIL", "ALB", "INR"))
    points = {
        "CPENC": 1,
        "CPASC": ascites,
        "CPBIL": 1 if bilirubin < 34 else 2 if bilirubin <= 51 else 3,
        "CPALB": 1 if albumin > 35 else 2 if albumin >= 28 else 3,
        "CPPT": 1 if inr < 1.7 else 2 if inr <= 2.3 else 3,
    }
    total = sum(points.values())
    grade = "A" if total <= 6 else "B" if total <= 9 else "C"
    return {**points, "CPPTTYPE": "INR", "CPTOT": total, "CPGRADE": grade}
