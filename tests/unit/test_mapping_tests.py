"""Mapping tests: what a case compares, which branches its rows take, and mistakes in a test file."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from conftest import TinyStudy

from cdisc_kit.cli import main
from cdisc_kit.errors import SpecError
from cdisc_kit.mapping_tests.run import DomainResult, run_mapping_tests

PERSON = {"SITE": "01", "SUBJ": "1", "ICFDT": "2025-01-01", "SEXC": "男"}


def result_of(tiny: TinyStudy, document: dict[str, Any], domain: str = "DM") -> DomainResult:
    """The tiny study with one test file, run for its domain."""
    folder = tiny.folder / "tests"
    folder.mkdir(exist_ok=True)
    content = yaml.safe_dump({"domain": domain, **document}, allow_unicode=True, sort_keys=False)
    (folder / f"{domain.lower()}.yaml").write_text(content, encoding="utf-8")
    (result,) = run_mapping_tests(str(tiny.folder), only=domain).domains
    return result


def case(expect: list[dict[str, str]], *, name: str = "a case", **parts: Any) -> dict[str, Any]:
    return {"cases": [{"name": name, **parts, "expect": expect}]}


def missed(result: DomainResult) -> list[str]:
    return [f"{branch.where}: {branch.arm}" for branch in result.missing]


def test_a_case_that_holds_says_nothing(tiny: TinyStudy) -> None:
    result = result_of(tiny, case([{"USUBJID": "TINY-01-1", "SEX": "M"}], raw={"DEMOG": [PERSON]}))
    assert (result.cases, result.failed, result.differences) == (1, 0, ())


def test_a_value_that_differs_is_told_with_its_line(tiny: TinyStudy) -> None:
    result = result_of(tiny, case([{"SEX": "F"}], raw={"DEMOG": [PERSON]}))
    assert result.failed == 1
    (told,) = result.differences
    assert told == "mappings/tiny/tests/dm.yaml:11 record 1 SEX: expected 'F', found 'M'"


def test_a_variable_that_is_not_stated_is_not_compared_but_the_number_of_records_is(tiny: TinyStudy) -> None:
    rows = {"DEMOG": [PERSON, {**PERSON, "SUBJ": "2"}]}
    assert result_of(tiny, case([{}, {}], raw=rows)).differences == ()
    (told,) = result_of(tiny, case([{"SEX": "M"}], raw=rows)).differences
    assert told == "mappings/tiny/tests/dm.yaml:3 1 records expected, 2 made: SEX=M; SEX=M"


def test_a_finding_of_the_domain_must_be_stated(tiny: TinyStudy) -> None:
    tiny.change("ct.yaml", maps={"sex": {"codelist": "SEX", "terms": {"1": "M"}}})
    rows = {"DEMOG": [{**PERSON, "SEXC": "女"}]}
    (told,) = result_of(tiny, case([{}], raw=rows)).differences
    assert "finding not expected: ERROR CT-UNMAPPED DM" in told
    stated = {"rule": "CT-UNMAPPED", "value": "2", "column": "SEXC", "row": "2"}
    assert result_of(tiny, case([{"SEX": ""}], raw=rows, findings=[stated])).differences == ()
    (told,) = result_of(tiny, case([{}], raw={"DEMOG": [PERSON]}, findings=[stated])).differences
    assert "was not made" in told


def test_branches_that_no_row_takes_are_listed(tiny: TinyStudy) -> None:
    result = result_of(tiny, case([{}], raw={"DEMOG": [PERSON]}))
    assert missed(result) == ["records.subject: when is false", "SEX: 2"]
    assert result.missing[0].text().startswith("mappings/tiny/domains/dm.yaml:3 records.subject")
    rows = {"DEMOG": [PERSON, {**PERSON, "SUBJ": "2", "SEXC": "女"}, {**PERSON, "SUBJ": "3", "PREV": "1"}]}
    assert missed(result_of(tiny, case([{}, {}], raw=rows))) == []


def test_a_domain_without_tests_has_every_branch_open(tiny: TinyStudy) -> None:
    result = run_mapping_tests(str(tiny.folder))
    assert result.coverage == 0
    assert all(not domain.taken for domain in result.domains)
    assert not result.failed


def test_a_branch_declared_not_collected_does_not_count(tiny: TinyStudy) -> None:
    declared = [{"variable": "SEX", "arms": ["2"], "reason": "men only"}]
    document = {**case([{}], raw={"DEMOG": [PERSON]}), "not_collected": declared}
    result = result_of(tiny, document)
    assert (missed(result), result.declared) == (["records.subject: when is false"], 1)
    woman = {**PERSON, "SEXC": "女"}
    (told,) = result_of(tiny, {**case([{}], raw={"DEMOG": [woman]}), "not_collected": declared}).differences
    assert "a case takes the branch '2' of SEX" in told
    unknown = [{"variable": "SEX", "arms": ["9"], "reason": "x"}]
    (told,) = result_of(tiny, {**document, "not_collected": unknown}).differences
    assert "SEX has no branch '9'" in told


def test_subjects_and_defaults_fill_the_rows(tiny: TinyStudy) -> None:
    folder = tiny.folder / "tests"
    folder.mkdir()
    shared = {"defaults": {"*": {"SITE": "07"}}, "subjects": {"man": {"DEMOG": [PERSON]}}}
    (folder / "subjects.yaml").write_text(yaml.safe_dump(shared, allow_unicode=True), encoding="utf-8")
    document = case([{"SITEID": "01"}, {"SITEID": "07"}], subjects=["man"], raw={"DEMOG": [{"SUBJ": "2"}]})
    assert result_of(tiny, {**document, "defaults": {"DEMOG": {"ICFDT": "2025-01-02"}}}).differences == ()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (case([{"SEXX": "M"}]), "tests: unknown variable of DM 'SEXX'; did you mean 'SEX'?"),
        (case([], raw={"DEMOGG": [{}]}), "raw: unknown form 'DEMOGG'; did you mean 'DEMOG'?"),
        (case([], raw={"DEMOG": [{"SEXCC": "1"}]}), "tests: unknown column of DEMOG 'SEXCC'"),
        (case([], subjects=["nobody"]), "subjects: unknown subject of subjects.yaml 'nobody'"),
        ({**case([]), "defaults": {"DEMOG": {"Z": "1"}}}, "tests: unknown column of DEMOG 'Z'"),
        ({"cases": [{"name": "x"}]}, "cases.0: 'expect' is missing"),
        (case([], findings=[{"severity": "WARN"}]), "'rule' is missing"),
    ],
)
def test_mistakes_in_a_test_file(tiny: TinyStudy, document: dict[str, Any], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        result_of(tiny, document)
    assert any(problem.startswith("mappings/tiny/tests/dm.yaml:") for problem in caught.value.problems)
    assert told in str(caught.value)


def test_two_files_of_one_domain(tiny: TinyStudy) -> None:
    result_of(tiny, case([]))
    (tiny.folder / "tests" / "dm2.yaml").write_text("domain: DM\ncases: [{name: a, expect: []}]\n")
    with pytest.raises(SpecError, match=r"dm2\.yaml:1 domain DM has its tests in another file already"):
        run_mapping_tests(str(tiny.folder))


def test_synth_refuses_a_negative_seed() -> None:
    done = CliRunner().invoke(main, ["synth", "--study", "atg", "--out", "x", "--seed", "-1"])
    assert done.exit_code == 2 and "x>=0" in done.output


def test_the_command(tiny: TinyStudy) -> None:
    result_of(tiny, case([{"SEX": "M"}], raw={"DEMOG": [PERSON]}))
    done = CliRunner().invoke(main, ["test-mapping", str(tiny.folder), "--domain", "dm"])
    assert done.exit_code == 0, done.output
    assert "domains/dm.yaml:13 SEX: 2 (no case)" in done.output
    assert done.output.splitlines()[-1] == "tiny: 1 cases, 0 failed; 3 of 5 branches (60.0 %)"
    result_of(tiny, case([], raw={"DEMOG": [PERSON]}))
    assert CliRunner().invoke(main, ["test-mapping", str(tiny.folder)]).exit_code == 1
    assert CliRunner().invoke(main, ["test-mapping", "nosuch"]).exit_code == 2
    unknown = CliRunner().invoke(main, ["test-mapping", str(tiny.folder), "--domain", "xx"])
    assert (unknown.exit_code, unknown.output) == (
        2,
        "tiny has no domain 'XX'; it has CE, DM, SE, SV, TS, TV\n",
    )
