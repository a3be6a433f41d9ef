"""The checks of both studies, by the cases of tests/checks/<study>.yaml: rows in, findings out.

Each case runs the study's own checks.yaml on rows of its own forms. What a check of a rule found is told as
`severity FORM.COLUMN row` (row 1 of the file is the header), on a dataset's record as
`severity DATASET.VARIABLE record = FORM.COLUMN row`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import TinyStudy, bundled_forms, bundled_study

from cdisc_kit.build.checks import empty_forms, study_findings
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.findings import Finding
from cdisc_kit.spec import StudySpec
from cdisc_kit.standard import load_ct

FOLDER = Path(__file__).resolve().parents[1] / "checks"
STUDIES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def document(study: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(
        (FOLDER / f"{study}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
    )
    return content


def spec_of(study: str) -> StudySpec:
    return bundled_study(study)[0]


# One worker has the outcomes of all cases of a study.
GROUP = {study: pytest.mark.xdist_group(f"checks-{study}") for study in STUDIES}
CASES = [
    pytest.param(
        *(study, rule, at), id=f"{study} {rule} {at}: {case.get('name', case['finds'])}", marks=GROUP[study]
    )
    for study in STUDIES
    for rule, cases in document(study)["cases"].items()
    for at, case in enumerate(cases)
]


def rows_of(study: str, case: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The case's rows on the base of their form; the screened subject where the case does not say."""
    spec, base = spec_of(study), document(study)["base"]
    given = {spec.identity.form: [{}], **case["forms"]}
    rows = {}
    for form, cells in given.items():
        columns = spec.sources.forms[form].columns
        everywhere = {name: value for name, value in base["*"].items() if name in columns}
        rows[form] = [{**everywhere, **base.get(form, {}), **row} for row in cells]
    return rows


def workspace_of(study: str, case: dict[str, Any], rule: str) -> Workspace:
    spec, forms, _ = bundled_forms(study, rows_of(study, case))
    checks = tuple(check for check in spec.checks if check.rule == rule)
    assert checks, f"{study} has no check {rule}"
    return Workspace(replace(spec, checks=checks), load_ct(spec.ct_version), forms, Draft)


def told(finding: Finding) -> str:
    cell = f"{finding.form}.{finding.source_column} {finding.source_row}" if finding.form else ""
    record = f"{finding.dataset}.{finding.variable} {finding.row}" if finding.dataset else ""
    return f"{finding.severity} {' = '.join(place for place in (record, cell) if place)}"


@cache
def outcome(study: str, rule: str, at: int) -> tuple[list[Finding], set[int]]:
    """What a case finds, and the lines of the checks that had rows to look at."""
    workspace = workspace_of(study, document(study)["cases"][rule][at], rule)
    looking = {check.line for check in workspace.spec.checks if Draft(workspace, check.rows).length > 0}
    return study_findings(workspace), looking


@pytest.mark.parametrize(("study", "rule", "at"), CASES)
def test_case(study: str, rule: str, at: int) -> None:
    findings, _ = outcome(study, rule, at)
    assert sorted(map(told, findings)) == sorted(document(study)["cases"][rule][at]["finds"])
    assert {finding.rule for finding in findings} <= {rule}


@pytest.mark.parametrize("study", [pytest.param(study, marks=GROUP[study]) for study in STUDIES])
def test_every_check_has_a_case_it_finds_and_a_case_it_passes(study: str) -> None:
    outcomes = [
        outcome(study, rule, at)
        for rule, cases in document(study)["cases"].items()
        for at in range(len(cases))
    ]
    finding = {found.spec_line for findings, _ in outcomes for found in findings}
    passing = {line for findings, looking in outcomes for line in looking - {f.spec_line for f in findings}}
    for check in spec_of(study).checks:
        assert check.line in finding, f"{study} {check.rule} (line {check.line}) has no failing case"
        assert check.line in passing, f"{study} {check.rule} (line {check.line}) has no passing case"


@pytest.mark.parametrize("study", STUDIES)
def test_every_check_has_a_question_unless_it_is_for_information(study: str) -> None:
    for check in spec_of(study).checks:
        assert bool(check.query) == (check.severity != "INFO"), check.rule
        assert check.message and check.message_zh


def test_a_finding_names_its_subject_its_value_and_asks_about_them() -> None:
    case = {"forms": {"A19": [{"AEENDT": "2025-09-30", "AETXT": "发热"}]}}
    (finding,) = study_findings(workspace_of("atg", case, "DT-ORDER"))
    assert finding.usubjid == "CHICTR2600122712-01-01001"
    assert finding.value == "2025-09-30"
    assert finding.query == "结束日期2025-09-30早于开始日期2025-10-01,请核实。"
    assert finding.spec_file == "mappings/atg/checks.yaml"
    assert finding.message == "end is earlier than start"


def test_a_question_names_a_blank_cell() -> None:
    case = {"forms": {"A19": [{"AEENDT": "", "AETXT": ""}]}}
    (finding,) = study_findings(workspace_of("atg", case, "AE-ENDMISS"))
    assert finding.query.startswith("不良事件“(空)”")


def test_a_finding_on_a_record_names_it_by_sequence() -> None:
    case = {"forms": {"A22": [{"DTHDT": "2025-09-21"}], "A08": [{"INDSTDT": "2025-09-22"}, {"ROWNO": "2"}]}}
    (finding,) = study_findings(workspace_of("atg", case, "EX-AFTER-DEATH"))
    assert (finding.dataset, finding.variable, finding.row, finding.seq) == ("EX", "EXSTDTC", 2, "2")


def test_a_form_without_rows_is_noted() -> None:
    workspace = workspace_of("atg", {"forms": {"A19": [{}]}}, "AE-SAE")
    findings = empty_forms(workspace.forms)
    assert {finding.form for finding in findings} == set(workspace.forms) - {"A01", "A19"}
    assert {(finding.rule, finding.severity) for finding in findings} == {("FORM-EMPTY", "INFO")}


# -- checks.yaml that cannot be right ------------------------------------------------------------------

CHECK = {
    "rule": "CE-TEST",
    "severity": "WARN",
    "message": {"en": "a is b", "zh": "甲等于乙"},
    "rows": [{"id": "event", "from": "EVENT"}],
    "when": "A == B",
    "at": "A",
}


def tiny_with(tiny: TinyStudy, **changes: Any) -> TinyStudy:
    content = yaml.safe_dump({"checks": [{**CHECK, **changes}]}, allow_unicode=True, sort_keys=False)
    (tiny.folder / "checks.yaml").write_text(content, encoding="utf-8")
    return tiny


def test_a_check_runs_in_a_build(tiny: TinyStudy) -> None:
    person = {"SITE": "01", "SUBJ": "1", "ICFDT": "2025-01-01", "SEXC": "1"}
    events = [{"SUBJ": "1", "A": "x", "B": "y"}, {"SUBJ": "1", "A": "z", "B": "z"}]
    built = tiny_with(tiny).build({"DEMOG": [person], "EVENT": events})
    assert [(f.rule, f.source_file, f.source_row, f.value) for f in built.findings] == [
        ("CE-TEST", "EVENT.csv", 3, "z")
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"when": "A == BB"}, "checks.yaml:10 when: unknown column 'BB'"),
        ({"at": "AA"}, "at: unknown column 'AA'"),
        ({"when": "A"}, "when: `A` is no condition"),
        ({"query": "is {C} or {CC}?"}, "query: unknown column 'CC'"),
        ({"severity": "WARNING"}, "'WARNING' is none of INFO, WARN, ERROR, FATAL"),
        ({"rule": "lower"}, "checks.0.rule: 'lower' does not have the form"),
        ({"work": {"X": {"expr": "A"}}, "at": "X"}, "at: 'X' is no column of EVENT"),
        ({"work": {"X": {"assign": "Y"}, "Y": {"assign": "X"}}}, "depend on each other in a circle"),
        ({"work": {"X": {"param": "limit"}}}, "X: unknown parameter 'limit' of study.yaml"),
        (
            {"rows": {"every_column": "DAY", "of": ["date"], "except": ["EVENT.A"]}},
            "except: unknown FORM.COLUMN",
        ),
        (
            {"gathered": {"above": "3", "at": "EVENT.AA", "query": "?"}},
            "at: unknown FORM.COLUMN 'EVENT.AA'",
        ),
    ],
)
def test_a_check_that_names_what_is_not_there(tiny: TinyStudy, changes: Any, told: str) -> None:
    problems = tiny_with(tiny, **changes).problems()
    assert any("mappings/tiny/checks.yaml" in problem and told in problem for problem in problems), problems
    assert all(problem.startswith("mappings/tiny/checks.yaml:") for problem in problems)


def test_every_column_is_each_column_of_the_types_but_those_left_out(tiny: TinyStudy) -> None:
    rows = {"every_column": "DAY", "of": ["date"], "except": ["*.VISDT", "DEMOG.BIRTH"]}
    spec = tiny_with(tiny, rows=rows, when="present(DAY)", at="DAY").load()
    blocks = {
        block.source: block.unpivot.aliases["DAY"] for block in spec.checks[0].rows.blocks if block.unpivot
    }
    assert blocks == {"DEMOG": ("ICFDT", "EXIT"), "EVENT": ("D", "E")}
