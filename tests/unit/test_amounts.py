"""Amounts of a form: what stands beside the number, what is possible, what was said not to be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TinyStudy

from cdisc_kit.findings import Finding
from cdisc_kit.locate import bundled
from cdisc_kit.normalise import canonical, normalise
from cdisc_kit.spec import StudySpec, load_study

STUDIES = sorted(path.name for path in Path(str(bundled("mappings"))).iterdir() if path.is_dir())


@pytest.fixture
def measured(tiny: TinyStudy) -> TinyStudy:
    """A limit A, an amount N in g/L that YN may mark as not done, a result C in the unit B of its row."""
    for label, written in (
        ("甲", 'type: number, maximum: "100", unreadable: LB-REF'),
        ("丙", "type: qualitative, unit_in: B"),
    ):
        tiny.edit("sources.yaml", f"{{label: {label}, type: text}}", f"{{label: {label}, {written}}}")
    amount = 'type: number, unit: g/L, comparator: "true", not_done: YN'
    tiny.edit("sources.yaml", "{label: 数值, type: number}", f"{{label: 数值, {amount}}}")
    return tiny.change("sources.yaml", numbers={"minimum": "0"})


def read(study: TinyStudy, **cells: str) -> tuple[dict[str, str], list[Finding]]:
    spec = study.load()
    (table,) = study.tables({"EVENT": [{}, cells]}, spec)["EVENT"]
    result, findings = normalise(spec, table)
    return {key: str(result.frame.loc[1, key]) for key in cells}, findings


def told(findings: list[Finding]) -> list[str]:
    return sorted(f"{f.severity} {f.rule}" for f in findings if f.rule not in ("TXT-NFKC", "TXT-SUPER"))


@pytest.mark.parametrize(
    ("raw", "value", "rules"),
    [
        ("13.5g/L", "13.5", ["INFO NUM-UNIT"]),
        ("13.5 g/L", "13.5", ["INFO NUM-UNIT"]),
        ("<13.5ｇ／Ｌ", "<13.5", ["INFO NUM-UNIT"]),
        ("13.5g/dL", "", ["ERROR NUM-INVALID"]),
        ("13.5G/L", "", ["ERROR NUM-INVALID"]),
        ("26↑", "26", ["INFO NUM-FLAG"]),
        ("26 ↓↓", "26", ["INFO NUM-FLAG"]),
        ("26↑ g/L", "26", ["INFO NUM-FLAG", "INFO NUM-UNIT"]),
        ("3.4×10⁵", "340000", ["INFO NUM-FORMAT"]),
        ("3.4 x 10^-2", "0.034", ["INFO NUM-FORMAT"]),
        ("<3.4*10^2 g/L", "<340", ["INFO NUM-COMP", "INFO NUM-FORMAT", "INFO NUM-UNIT"]),
        ("3.4×105", "", ["ERROR NUM-INVALID"]),
        ("4,123↑", "4123", ["INFO NUM-FLAG", "INFO NUM-THOUS", "WARN NUM-COMMA"]),
        ("g/L", "", ["ERROR NUM-INVALID"]),
        ("↑", "", ["ERROR NUM-INVALID"]),
        ("约26", "", ["ERROR NUM-INVALID"]),
        ("-3g/L", "", ["ERROR NUM-RANGE", "INFO NUM-UNIT"]),
    ],
)
def test_what_stands_beside_a_number(measured: TinyStudy, raw: str, value: str, rules: list[str]) -> None:
    cells, findings = read(measured, N=raw)
    assert (cells["N"], told(findings)) == (value, rules)


@pytest.mark.parametrize(
    ("raw", "unit", "value", "rules"),
    [
        ("<20 IU/mL", "IU/mL", "<20", ["INFO NUM-UNIT"]),
        ("<20 IU/mL", "copies/mL", "<20 IU/mL", []),
        ("3.4×10⁵ IU/mL", "IU/mL", "340000", ["INFO NUM-FORMAT", "INFO NUM-UNIT"]),
        ("5.6×10⁹/L", "10^9/L", "5.6", ["INFO NUM-UNIT"]),
        ("5.6 10⁹/L", "×10⁹/L", "5.6", ["INFO NUM-UNIT"]),
        ("510⁹/L", "10^9/L", "510^9/L", []),
        ("5.6×10⁹", "10^9/L", "5.6×10^9", []),
        ("阳性↑", "", "阳性↑", []),
        ("2+", "IU/mL", "2+", []),
    ],
)
def test_a_result_beside_the_unit_of_its_row(
    measured: TinyStudy, raw: str, unit: str, value: str, rules: list[str]
) -> None:
    cells, findings = read(measured, C=raw, B=unit)
    assert (cells["C"], told(findings)) == (value, rules)


@pytest.mark.parametrize(
    ("column", "raw", "value", "rules"),
    [
        ("N", "-60", "", ["ERROR NUM-RANGE"]),
        ("N", "−0.5", "", ["ERROR NUM-RANGE"]),
        ("N", "0", "0", []),
        ("N", "-0", "-0", []),
        ("C", "-5", "", ["ERROR NUM-RANGE"]),
        ("C", "(-)", "(-)", []),
        ("A", "100", "100", []),
        ("A", "100.1", "", ["ERROR NUM-RANGE"]),
    ],
)
def test_an_impossible_amount_is_not_used(
    measured: TinyStudy, column: str, raw: str, value: str, rules: list[str]
) -> None:
    cells, findings = read(measured, **{column: raw})
    assert (cells[column], told(findings)) == (value, rules)
    assert all(f.source_column == column and f.source_row == 3 and raw in f.query for f in findings)


def test_a_limit_that_cannot_be_read_is_a_lesser_matter(measured: TinyStudy) -> None:
    for raw in ("见报告", "3,5"):
        cells, findings = read(measured, A=raw)
        assert (cells["A"], told(findings)) == ("", ["WARN LB-REF"])


def test_an_amount_that_was_not_determined_all_the_same(measured: TinyStudy) -> None:
    cells, (finding,) = read(measured, N="26", YN="是")
    assert (cells["N"], finding.rule, finding.severity) == ("26", "ND-RESULT", "ERROR")
    assert (finding.source_column, finding.source_row) == ("N", 3) and finding.query
    assert not told(read(measured, N="26", YN="否")[1])
    assert not told(read(measured, N="", YN="是")[1])
    assert told(read(measured, N="未查", YN="是")[1]) == ["INFO TXT-NOTDONE"]


def test_a_date_before_birth_is_kept_and_told(tiny: TinyStudy) -> None:
    spec = tiny.edit("sources.yaml", "subject: SUBJ}", "subject: SUBJ, birth: BIRTH}").load()
    days = ["1925-03-01", "1968", "1968-02", "1968-03-30", "1925/UK/UK", "1900"]
    subjects = ["1", "1", "1", "1", "2", "3"]
    rows = [{"SUBJ": subject, "D": day} for subject, day in zip(subjects, days, strict=True)]
    (table,) = tiny.tables({"EVENT": rows}, spec)["EVENT"]
    births = {"1": "1968-03", "2": "", "3": "2168-03-01"}
    result, findings = normalise(spec, table, births)
    assert list(result.frame["D"]) == ["1925-03-01", "1968", "1968-02", "1968-03-30", "1925", "1900"]
    assert [f.source_row for f in findings if f.rule == "DT-BEFOREBIRTH"] == [2, 4]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{label: 数值, type: number}", "{label: 数值, type: number, unit_in: Z}", "unknown column 'Z'"),
        ("{label: 数值, type: number}", "{label: 数值, type: number, not_done: Z}", "unknown column 'Z'"),
        ("{label: 甲, type: text}", '{label: 甲, type: text, minimum: "0"}', "'minimum' is of amounts"),
    ],
)
def test_a_declaration_that_cannot_hold(tiny: TinyStudy, old: str, new: str, problem: str) -> None:
    assert any(problem in found for found in tiny.edit("sources.yaml", old, new).problems())


@pytest.mark.parametrize("study", STUDIES)
def test_no_amount_of_a_study_can_be_negative_unless_it_says_so(study: str) -> None:
    spec = load_study(bundled("mappings") / study)
    free = {name for name, minimum in _minima(spec).items() if minimum is None}
    assert free <= {"A13.REFRANGE", "RESP.PCHGBL", "RESP.PCHGNAD", "RESP.ACHNAD"}
    assert all(minimum >= 0 for minimum in _minima(spec).values() if minimum is not None)


def _minima(spec: StudySpec) -> dict[str, object]:
    return {
        f"{form.name}.{column.key}": column.minimum
        for form in spec.sources.forms.values()
        for column in form.columns.values()
        if column.type in ("number", "integer", "qualitative")
    }


def test_one_cell_on_its_own_is_held_to_its_limits() -> None:
    spec = load_study(bundled("mappings") / "atg")
    assert canonical(spec, "A11", "WT", "-60") == "" and canonical(spec, "A11", "WT", "60") == "60"
