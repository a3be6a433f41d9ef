"""The laboratory mapping of `laboratory/` by hand: its raw files, and the same dataset in plain pandas.

`plain` is what a programmer who avoids row-wise code writes for this one study: melt, map, merge, sort; no
word on where a value came from, no check of a term, no account of the cells.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

TESTS = {
    "ALB": ("Albumin", "SERUM", "CHEMISTRY", "g/L"),
    "ALP": ("Alkaline Phosphatase", "SERUM", "CHEMISTRY", "U/L"),
    "ALT": ("Alanine Aminotransferase", "SERUM", "CHEMISTRY", "U/L"),
    "AST": ("Aspartate Aminotransferase", "SERUM", "CHEMISTRY", "U/L"),
    "BILI": ("Bilirubin", "SERUM", "CHEMISTRY", "umol/L"),
    "CREAT": ("Creatinine", "SERUM", "CHEMISTRY", "umol/L"),
    "GLUC": ("Glucose", "SERUM", "CHEMISTRY", "mmol/L"),
    "HGB": ("Hemoglobin", "BLOOD", "HEMATOLOGY", "g/L"),
    "PLAT": ("Platelets", "BLOOD", "HEMATOLOGY", "10^9/L"),
    "WBC": ("Leukocytes", "BLOOD", "HEMATOLOGY", "10^9/L"),
}
VISITS = {
    "Screening": (1.0, "SCREENING", -7),
    "Day 1": (2.0, "DAY 1", 0),
    "Day 29": (3.0, "DAY 29", 28),
    "Day 57": (4.0, "DAY 57", 56),
    "Day 85": (5.0, "DAY 85", 84),
}
_PLANNED = [(1, "SCREENING", -7), (2, "DAY 1", 1), (3, "DAY 29", 29), (4, "DAY 57", 57), (5, "DAY 85", 85)]
_MISSED = 0.02  # share of the cells that are blank
_STUDY = "LABORATORY"


def write_raw(folder: Path, results: int) -> None:
    """LAB.csv, wide, with `results` result cells, and DEMOG.csv with one row for each five rows of it."""
    rows = results // len(TESTS)
    rng = np.random.Generator(np.random.PCG64(1))
    subject = np.arange(rows) // len(VISITS)
    number = np.char.zfill(subject.astype(str), 6)
    first = np.datetime64("2025-01-01") + subject % 400
    held = np.arange(rows) % len(VISITS)
    offsets = np.array([offset for _, _, offset in VISITS.values()])
    lab = pd.DataFrame(
        {
            "Site": "01",
            "Subject": number,
            "Visit": np.array(list(VISITS))[held],
            "Collected": (first + offsets[held]).astype(str),
        }
    )
    for at, test in enumerate(TESTS):
        result = np.round(rng.normal(50 + at, 10, rows), 1).astype(str).astype(object)
        result[rng.random(rows) < _MISSED] = ""
        lab[test] = result
    lab["Fasting"] = np.array(["Y", "N", ""])[rng.integers(0, 3, rows)]
    demog = pd.DataFrame(
        {
            "Site": "01",
            "Subject": number,
            "Consent": (first - np.timedelta64(14, "D")).astype(str),
            "First dose": first.astype(str),
        }
    )
    lab.to_csv(folder / "LAB.csv", index=False, lineterminator="\n")
    demog[:: len(VISITS)].to_csv(folder / "DEMOG.csv", index=False, lineterminator="\n")


def plain(folder: Path) -> dict[str, pd.DataFrame]:
    """DM, SV, TV and LB from the raw files, as the mappings describe them, Expected variables included."""
    lab = pd.read_csv(folder / "LAB.csv", dtype=str, keep_default_na=False)
    demog = pd.read_csv(folder / "DEMOG.csv", dtype=str, keep_default_na=False)
    lab["USUBJID"] = _STUDY + "-" + lab["Subject"]
    lab["VISITNUM"] = lab["Visit"].map({name: facts[0] for name, facts in VISITS.items()})
    lab["VISIT"] = lab["Visit"].map({name: facts[1] for name, facts in VISITS.items()})
    lab["day"] = pd.to_datetime(lab["Collected"], format="%Y-%m-%d", errors="coerce")
    return {"DM": _dm(demog), "SV": _sv(lab), "LB": _lb(lab, demog)}


def _dm(demog: pd.DataFrame) -> pd.DataFrame:
    dm = pd.DataFrame({"STUDYID": _STUDY, "DOMAIN": "DM", "USUBJID": _STUDY + "-" + demog["Subject"]})
    dm["SUBJID"] = demog["Subject"]
    dm["RFSTDTC"] = pd.to_datetime(demog["First dose"], format="%Y-%m-%d").dt.strftime("%Y-%m-%d")
    dm["RFICDTC"] = pd.to_datetime(demog["Consent"], format="%Y-%m-%d").dt.strftime("%Y-%m-%d")
    dm["SITEID"] = demog["Site"]
    dm["SEX"], dm["COUNTRY"] = "U", "CHN"
    return dm.sort_values("USUBJID", ignore_index=True)


def _sv(lab: pd.DataFrame) -> pd.DataFrame:
    held = lab.groupby(["USUBJID", "VISITNUM", "VISIT"], sort=True)["Collected"].min().reset_index()
    held = held.rename(columns={"Collected": "SVSTDTC"})
    held["VISITDY"] = held["VISIT"].map({name: float(day) for _, name, day in _PLANNED})
    held["STUDYID"], held["DOMAIN"] = _STUDY, "SV"
    return held


def _lb(lab: pd.DataFrame, demog: pd.DataFrame) -> pd.DataFrame:
    ids = ["USUBJID", "Subject", "VISITNUM", "VISIT", "Collected", "day", "Fasting"]
    lb = lab.melt(id_vars=ids, value_vars=list(TESTS), var_name="LBTESTCD", value_name="LBORRES")
    lb = lb[lb["LBORRES"] != ""]
    lb = lb.merge(demog[["Subject", "First dose"]], on="Subject", how="left")
    lb["STUDYID"], lb["DOMAIN"] = _STUDY, "LB"
    for at, variable in enumerate(("LBTEST", "LBSPEC", "LBCAT", "LBORRESU")):
        lb[variable] = lb["LBTESTCD"].map({test: facts[at] for test, facts in TESTS.items()})
    lb["LBSTRESC"] = lb["LBORRES"]
    lb["LBSTRESN"] = pd.to_numeric(lb["LBORRES"])
    lb["LBSTRESU"] = lb["LBORRESU"]
    lb["LBFAST"] = lb["Fasting"].map({"Y": "Y", "N": "N"}).fillna("")
    lb["LBDTC"] = lb["day"].dt.strftime("%Y-%m-%d")
    days = (lb["day"] - pd.to_datetime(lb["First dose"], format="%Y-%m-%d")).dt.days
    lb["LBDY"] = (days + (days >= 0)).astype("float64")
    for blank in ("LBORNRLO", "LBORNRHI", "LBNRIND", "LBLOBXFL"):
        lb[blank] = ""
    lb["LBSTNRLO"] = lb["LBSTNRHI"] = np.nan
    lb = lb.sort_values(["USUBJID", "LBTESTCD", "LBDTC"], kind="stable", ignore_index=True)
    lb["LBSEQ"] = (lb.groupby("USUBJID", sort=False).cumcount() + 1).astype("float64")
    return lb.drop(columns=["Subject", "Collected", "day", "Fasting", "First dose"])
