"""Contradictions between rows of the studies' own forms: told at the cells, with both rows kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import bundled_forms, bundled_study

from cdisc_kit.build.contradictions import contradicting_rows, scattered_visits
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.study import build_datasets
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.findings import Finding
from cdisc_kit.spec import StudySpec
from cdisc_kit.standard import load_ct

BASES = Path(__file__).resolve().parents[1] / "checks"
Rows = dict[str, list[dict[str, str]]]


@cache
def base_of(study: str) -> dict[str, dict[str, str]]:
    document: dict[str, Any] = yaml.load(
        (BASES / f"{study}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
    )
    base: dict[str, dict[str, str]] = document["base"]
    return base


def spec_of(study: str) -> StudySpec:
    return bundled_study(study)[0]


def prepared(study: str, rows: Rows) -> tuple[Workspace, list[Finding]]:
    """The forms of rows that stand on the base of their form, with what preparing them found."""
    spec, base = spec_of(study), base_of(study)
    complete = {}
    for form, given in {spec.identity.form: [{}], **rows}.items():
        known = spec.sources.forms[form].columns
        everywhere = {name: cell for name, cell in base["*"].items() if name in known}
        complete[form] = [{**everywhere, **base.get(form, {}), **row} for row in given]
    _, forms, findings = bundled_forms(study, complete)
    return Workspace(spec, load_ct(spec.ct_version), forms, Draft), findings


def places(findings: list[Finding]) -> list[str]:
    return [f"{f.rule} {f.severity} {f.form}.{f.source_column} {f.source_row} {f.value}" for f in findings]


# -- two rows of one natural key ----------------------------------------------------------------------------

TWICE = [
    ("capeox", "ECOG", {"EVENT": "C2D1", "ECOG": "0"}, {"ECOG": "2"}, ["ECOG"]),
    ("capeox", "TUTGT", {"DIAM": "20"}, {"DIAM": "44"}, ["DIAM"]),
    ("capeox", "TUNTG", {"NTST": "1"}, {"NTST": "3"}, ["NTST"]),
    ("capeox", "RESP", {"ORESP": "PR", "SUMDIAM": "2"}, {"ORESP": "PD", "SUMDIAM": "3"},
     ["SUMDIAM", "ORESP"]),
    ("capeox", "VS", {"SBP1": "120", "HR": "70"}, {"SBP1": "180", "HR": "70"}, ["SBP1"]),
    ("capeox", "LBHEM", {"COLTM": "08:00", "HGB": "120"}, {"EVENT": "UNS", "HGB": "60"}, ["HGB"]),
    ("capeox", "LBCHEM", {"COLTM": "08:00", "AST": "30"}, {"AST": "300"}, ["AST"]),
    ("capeox", "EXIV", {"GIVEN": "是"}, {"GIVEN": "否"}, ["GIVEN"]),
    ("capeox", "FU", {"SURV": "存活"}, {"SURV": "死亡"}, ["SURV"]),
    ("atg", "A12", {"VISIT": "V8", "VISDT": "2025-12-20", "ECOG": "0"},
     {"VISDT": "2025-12-21", "ECOG": "3"}, ["ECOG"]),
    ("atg", "A11", {"SBP": "120"}, {"VISDT": "2025-10-06", "SBP": "180"}, ["SBP"]),
    ("atg", "A13", {"RESULT": "30"}, {"LISID": "2", "RESULT": "3000"}, ["RESULT"]),
    ("atg", "A21", {"SURV": "存活"}, {"ROWNO": "2", "SURV": "死亡"}, ["SURV"]),
    ("atg", "A15", {"BXADQ": "是"}, {"ROWNO": "2", "BXADQ": "否"}, ["BXADQ"]),
]  # fmt: skip


@pytest.mark.parametrize(("study", "form", "first", "other", "columns"), TWICE, ids=lambda v: str(v)[:12])
def test_a_second_record_that_says_something_else(
    study: str, form: str, first: dict[str, str], other: dict[str, str], columns: list[str]
) -> None:
    second = {**first, "REPEATKEY": "2", **other} if study == "capeox" else {**first, **other}
    workspace, _ = prepared(study, {form: [first, second]})
    findings = contradicting_rows(workspace)
    assert [f.source_column for f in findings] == columns
    assert {(f.rule, f.severity, f.form, f.source_row) for f in findings} == {
        ("ROW-CONFLICT", "ERROR", form, 3)
    }
    assert all("第2行与第3行" in f.query and f.usubjid for f in findings)
    assert len(workspace.forms[form].table.row) == 2


@pytest.mark.parametrize(
    ("study", "form", "first", "second"),
    [
        pytest.param("capeox", "ECOG", {"EVENT": "C1D1", "ECOG": "0"}, {"EVENT": "C2D1", "ECOG": "2"}),
        pytest.param(
            "capeox", "ECOG", {"EVENT": "UNS", "ECOG": "0", "EVENTDT": "2025-11-01"},
            {"EVENT": "UNS", "ECOG": "2", "EVENTDT": "2025-11-09", "REPEATKEY": "2"}, id="unscheduled"),
        pytest.param("capeox", "LBHEM", {"COLTM": "08:00"}, {"COLTM": "09:00", "HGB": "60"}, id="minute"),
        pytest.param("capeox", "VS", {"HR": "70"}, {"REPEATKEY": "2", "HR": ""}, id="blank"),
        pytest.param("capeox", "VS", {}, {"REPEATKEY": "2", "LASTMODBY": "crc2"}, id="audit trail"),
        pytest.param("capeox", "TUTGT", {"DIAM": "20"}, {"LESNO": "T02", "DIAM": "30"}, id="lesion"),
        pytest.param("atg", "A15", {"BXNO": "", "BXDONE": "否"}, {"BXNO": "", "ROWNO": "2"}, id="no key"),
    ],
)  # fmt: skip
def test_rows_that_do_not_contradict_each_other(
    study: str, form: str, first: dict[str, str], second: dict[str, str]
) -> None:
    workspace, _ = prepared(study, {form: [first, second]})
    assert contradicting_rows(workspace) == []


def test_rows_of_nobody_are_not_compared() -> None:
    rows = [{"SUBJID": "B999", "ECOG": "0"}, {"SUBJID": "B999", "ECOG": "2", "REPEATKEY": "2"}]
    workspace, findings = prepared("capeox", {"ECOG": rows})
    assert contradicting_rows(workspace) == []
    assert {f.rule for f in findings if f.severity == "ERROR"} == {"ID-ORPHAN"}


def test_every_form_with_a_running_number_and_a_thing_it_speaks_of_declares_it() -> None:
    """Logs, where two rows may speak of two events, declare none."""
    logs = {"PRIORTX", "AE", "CM", "SUBSQ", "DV", "A05", "A06", "A09", "A18", "A19", "A20", "A24"}
    for study, running in (("capeox", "REPEATKEY"), ("atg", "ROWNO")):
        for name, form in spec_of(study).sources.forms.items():
            if running in form.key and name not in logs:
                assert form.natural_key, name
                assert running not in form.natural_key


# -- keys of the datasets -----------------------------------------------------------------------------------


def test_records_that_share_their_keys_are_told_once_for_their_raw_rows() -> None:
    white = {"COLTM": "08:00", "WBC": "5", "WBC_U": "10^9/L"}
    rows = [white, {**white, "WBC": "6", "REPEATKEY": "2"}]
    workspace, _ = prepared("capeox", {"LBHEM": rows})
    built = build_datasets(workspace.spec, workspace.forms)
    (finding,) = [f for f in built.findings if f.rule == "REC-KEYS"]
    assert len(built.datasets["LB"].frame) == 4
    assert (finding.severity, finding.dataset) == ("WARN", "LB")
    assert (finding.form, finding.source_row) == ("LBHEM", 3)
    assert finding.message.startswith("4 records") and "row 2, 3 of form LBHEM" in finding.message
    assert "第2、3行" in finding.query


def test_keys_that_tell_records_apart_say_nothing() -> None:
    rows = [{"COLTM": "08:00"}, {"COLTM": "09:00", "REPEATKEY": "2"}]
    workspace, _ = prepared("capeox", {"LBHEM": rows})
    built = build_datasets(workspace.spec, workspace.forms)
    assert [f for f in built.findings if f.rule == "REC-KEYS"] == []


# -- whose row it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("study", "form", "cells", "told"),
    [
        ("capeox", "VS", {"INIT": "WAXI"}, "ID-INITIALS ERROR VS.INIT 2 WAXI"),
        ("capeox", "AE", {"SITEID": "02"}, "ID-SITE ERROR AE.SITEID 2 02"),
        ("atg", "A19", {"INITIALS": "WAXI"}, "ID-INITIALS ERROR A19.INITIALS 2 WAXI"),
        ("atg", "A13", {"SITENO": "02"}, "ID-SITE ERROR A13.SITENO 2 02"),
    ],
)
def test_a_row_with_the_identity_of_another_subject(
    study: str, form: str, cells: dict[str, str], told: str
) -> None:
    _, findings = prepared(study, {form: [cells]})
    found = [f for f in findings if f.rule.startswith("ID-")]
    assert places(found) == [told]
    assert "筛选表" in found[0].query


@pytest.mark.parametrize(
    ("study", "form", "cells"), [("capeox", "VS", {"INIT": ""}), ("atg", "A19", {"INITIALS": "zhli "})]
)
def test_a_row_that_does_not_say_otherwise(study: str, form: str, cells: dict[str, str]) -> None:
    _, findings = prepared(study, {form: [cells]})
    assert [f.rule for f in findings if f.rule in ("ID-INITIALS", "ID-SITE")] == []


# -- forms of one visit -------------------------------------------------------------------------------------


def visit_forms(date: str, event: str = "C2D1") -> Rows:
    """Three forms of one visit, the vital signs on another date."""
    return {
        "VS": [{"EVENT": event, "EVENTDT": date}],
        "ECOG": [{"EVENT": event, "EVENTDT": "2025-10-01", "ECOG": "1"}],
        "LBHEM": [{"EVENT": event, "EVENTDT": "2025-10-01"}],
    }


@pytest.mark.parametrize("date", ["2025-09-24", "2025-10-08"])
def test_a_form_far_from_the_others_of_its_visit(date: str) -> None:
    workspace, _ = prepared("capeox", visit_forms(date))
    findings = scattered_visits(workspace)
    assert places(findings) == [f"SV-SPREAD WARN VS.EVENTDT 2 {date} | 2025-10-01"]
    assert findings[0].usubjid and date in findings[0].query


@pytest.mark.parametrize(
    ("date", "event"), [("2025-10-07", "C2D1"), ("2025-10-20", "UNS"), ("2025-10-20", "SCR")]
)
def test_forms_within_the_window_and_visits_without_one(date: str, event: str) -> None:  # fmt: skip
    workspace, _ = prepared("capeox", visit_forms(date, event))
    assert scattered_visits(workspace) == []


def test_a_visit_of_the_other_study() -> None:
    rows = {
        "A11": [{"VISIT": "V6", "VISDT": "2025-10-05"}],
        "A12": [{"VISIT": "V6", "VISDT": "2025-10-05"}],
        "A14": [{"VISIT": "V6", "VISDT": "2025-10-19"}],
    }
    workspace, _ = prepared("atg", rows)
    assert places(scattered_visits(workspace)) == ["SV-SPREAD WARN A14.VISDT 2 2025-10-19 | 2025-10-05"]
