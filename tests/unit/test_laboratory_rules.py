"""What both studies say of laboratory results: spellings of units, words, ranges, viral loads."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import Rows, build_only

from cdisc_kit.build.study import Built
from cdisc_kit.findings import Finding, at_or_above

SUBJECT: dict[str, dict[str, str]] = {
    "atg": {"SITENO": "01", "SUBJNO": "01001", "INITIALS": "ZHLI", "VISIT": "V6", "VISDT": "2025-10-05"},
    "capeox": {"SITEID": "01", "SUBJID": "B001", "INIT": "ZHLI", "EVENT": "C1D1", "EVENTDT": "2025-10-05",
               "REPEATKEY": "1", "FORMSTATUS": "已锁定"},
}  # fmt: skip
SCREENING: dict[str, tuple[str, dict[str, str]]] = {
    "atg": ("A01", {"VISIT": "V1", "VISDT": "2025-09-04", "ICFDT": "2025-09-04", "BRTHDT": "1970-05-05"}),
    "capeox": ("DM", {"EVENT": "SCR", "EVENTDT": "2025-09-04", "ICFDT": "2025-09-04", "BRTHYM": "1970-05"}),
}
COLLECTED = {"COLDT": "2025-10-05"}
LIS = {"LISID": "1", "COLDT": "2025-10-05T08:00", "PANEL": "血常规", "ITEM": "血小板计数", "ITEMCD": "PLT"}


def built(study: str, form: str, *cells: dict[str, str]) -> Built:
    """Laboratory and microbiology of the study, from the screened subject and rows of one form."""
    screening, screened = SCREENING[study]
    rows: Rows = {
        screening: [SUBJECT[study] | screened],
        form: [SUBJECT[study] | row for row in cells],
    }
    return build_only(study, rows, "LB", "MB")


def platelets(study: str, unit: str) -> tuple[Built, str]:
    """One count of 120 in a unit, and the column that holds the unit."""
    if study == "atg":
        return built(study, "A13", LIS | {"RESULT": "120", "UNIT": unit}), "UNIT"
    return built(study, "LBHEM", COLLECTED | {"PLT": "120", "PLT_U": unit}), "PLT_U"


def of_laboratory(found: Built, dataset: str = "LB") -> list[Finding]:
    own = [finding for finding in found.findings if finding.dataset in (dataset, "")]
    return [finding for finding in at_or_above(own, "WARN") if finding.rule != "REQ-MISSING"]


def record(found: Built, dataset: str = "LB") -> pd.Series:
    frame = found.datasets[dataset].frame
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.mark.parametrize("study", ["atg", "capeox"])
@pytest.mark.parametrize("unit", ["10∧9/L", "×109/L", "G/L", "10^9/l", "×10⁹/L", "10^3/μL", "k/uL"])
def test_another_spelling_of_a_unit_is_converted_and_told(study: str, unit: str) -> None:
    found, column = platelets(study, unit)
    (finding,) = of_laboratory(found)
    assert (finding.rule, finding.severity) == ("LB-UNIT", "WARN")
    assert (finding.variable, finding.source_column) == ("LBORRESU", column)
    assert tuple(record(found)[["LBORRESU", "LBSTRESN", "LBSTRESU"]]) == ("10^9/L", 120.0, "10^9/L")


@pytest.mark.parametrize("study", ["atg", "capeox"])
@pytest.mark.parametrize("unit", ["/L", "个", ""])
def test_a_unit_that_says_nothing_converts_nothing(study: str, unit: str) -> None:
    found, column = platelets(study, unit)
    (finding,) = of_laboratory(found)
    assert (finding.rule, finding.severity, finding.value) == ("LB-NOUNIT", "ERROR", unit)
    assert (finding.variable, finding.source_column) == ("LBSTRESC", column)
    result = record(found)
    assert result["LBORRES"] == "120"
    assert tuple(result[["LBORRESU", "LBSTRESC", "LBSTRESU"]]) == ("", "", "")
    assert pd.isna(result["LBSTRESN"])


@pytest.mark.parametrize("study", ["atg", "capeox"])
def test_the_units_of_the_forms_are_not_told(study: str) -> None:
    found, _ = platelets(study, "10^9/L")
    assert not of_laboratory(found)


@pytest.mark.parametrize(
    ("written", "result", "standard"),
    [
        ("阴性(-)", "NEGATIVE", "NEGATIVE"),
        ("+", "POSITIVE", "POSITIVE"),
        ("（+）", "POSITIVE", "POSITIVE"),
        ("弱阳性", "WEAKLY POSITIVE", "POSITIVE"),
    ],
)
def test_words_with_signs_are_read_and_told(written: str, result: str, standard: str) -> None:
    found = built("capeox", "STOOL", COLLECTED | {"FOB": written})
    (finding,) = of_laboratory(found)
    assert (finding.rule, finding.severity, finding.source_column) == ("LB-QUAL", "WARN", "FOB")
    assert tuple(record(found)[["LBORRES", "LBSTRESC"]]) == (result, standard)


@pytest.mark.parametrize("written", ["阴性", "阳性", "-"])
def test_plain_words_are_not_told(written: str) -> None:
    assert not of_laboratory(built("capeox", "STOOL", COLLECTED | {"FOB": written}))
    assert not of_laboratory(built("capeox", "LBURI", COLLECTED | {"UPRO": written.replace("阳性", "1+")}))


@pytest.mark.parametrize(
    ("study", "form", "cells"),
    [
        ("capeox", "LBVIR", {**COLLECTED, "HBVDNA": "12000", "HBVDNA_U": "copies/mL"}),
        ("atg", "A14", {"VIRDT": "2025-10-05", "VIRTEST": "HBV-DNA", "VIRRES": "12000", "VIRU": "copies/mL"}),
    ],
)
def test_copies_keep_their_unit_and_are_told(study: str, form: str, cells: dict[str, str]) -> None:
    found = built(study, form, cells)
    (finding,) = (f for f in found.findings if f.rule == "MB-COPIES")
    assert (finding.severity, finding.dataset, finding.variable) == ("WARN", "MB", "MBORRESU")
    assert finding.source_column == ("HBVDNA_U" if study == "capeox" else "VIRU")
    assert tuple(record(found, "MB")[["MBSTRESC", "MBSTRESU"]]) == ("12000", "copies/mL")
    other = built(study, form, {key: value.replace("copies", "IU") for key, value in cells.items()})
    assert not of_laboratory(other, "MB")


def test_pivka_in_units_a_thousand_times_larger_is_told() -> None:
    found = built("capeox", "LBTM", COLLECTED | {"PIVKA": "0.04", "PIVKA_U": "AU/mL"})
    (finding,) = of_laboratory(found)
    assert (finding.rule, finding.severity, finding.source_column) == ("LB-PIVKAUNIT", "WARN", "PIVKA_U")
    assert tuple(record(found)[["LBSTRESN", "LBSTRESU"]]) == (40.0, "mAU/mL")
