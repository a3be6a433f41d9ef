"""The merged verdict of a check in its four forms: complete, escaped, located, the same bytes each time."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from lxml import html

from cdisc_kit.check_command import BUILTIN, CORE, Verdict, core_rules, merged, text
from cdisc_kit.checked import CheckResult, RuleText, Unjudged
from cdisc_kit.cli import main
from cdisc_kit.core_engine import CoreIssue, CoreResult, as_findings
from cdisc_kit.decisions import Decision
from cdisc_kit.errors import InputError, RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.render.check_report import require_known_form, write_check_report

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from small_package import good_package, write_package

HOSTILE = '<img src=x onerror="alert(1)"> & =1+1 \x0b'
CORE_RUN = CoreResult(
    engine_version="0.17.1",
    ct_packages=("sdtmct-2025-03-28",),
    judged=("CORE-000001", "CORE-000002"),
    issues=tuple(
        CoreIssue("CORE-000001", "AE", row, ("AESTDTC", "AEENDTC"), HOSTILE, "late", "S-1", str(row))
        for row in range(1, 8)
    ),
    skipped=(Unjudged("CORE-000002", "EX", "no dataset EX"), Unjudged("CORE-000004", "", "needs define.xml")),
    errors=(Unjudged("CORE-000003", "DM", "boom"),),
    not_applicable=(),
    references={"CORE-000001": "CDISC CG0001"},
)
BUILTIN_RUN = Verdict(
    BUILTIN,
    "cdisc-kit 0.1.0",
    {
        "VAL-CT": RuleText("VAL-CT", BUILTIN, "ERROR", "value", "取值", "CDISC CG0002"),
        "VAL-ISO": RuleText("VAL-ISO", BUILTIN, "WARN", "date"),
    },
    (
        Finding("VAL-CT", "ERROR", "no term", "无此术语", "DM", "SEX", 2, "S-2", value="X", source_row=7),
        Finding("VAL-ISO", "WARN", "no date", dataset="AE", variable="AESTDTC", row=4),
    ),
    not_checked=("no Define-XML",),
)
WAIVED = Decision("VAL-CT", "DM", "SEX", "waive", "known <since> 2020", "A. B.", "2026-11-02", line=3)


def result(*decisions: Decision) -> CheckResult:
    core = Verdict(
        *(CORE, "CDISC rules engine 0.17.1", core_rules(CORE_RUN), as_findings(CORE_RUN)),
        *(CORE_RUN.skipped, CORE_RUN.errors),
        facts={"ct_packages": list(CORE_RUN.ct_packages)},
    )
    return merged(Path("sdtm"), [BUILTIN_RUN, core], decisions)


def test_groups_count_merge_and_give_first_examples() -> None:
    groups = result(WAIVED).groups()
    assert [(g.rule.code, g.severity, g.place, g.variable, g.count, g.stands) for g in groups] == [
        ("CORE-000001", "ERROR", "AE", "AESTDTC, AEENDTC", 7, True),
        ("VAL-ISO", "WARN", "AE", "AESTDTC", 1, True),
        ("VAL-CT", "ERROR", "DM", "SEX", 1, False),
    ]
    assert [finding.row for finding in groups[0].examples] == [1, 2, 3, 4, 5]
    assert groups[0].rule.reference == "CDISC CG0001"


@pytest.mark.parametrize(
    ("change", "severity", "fails"),
    [
        ({}, "FATAL", False),
        ({"findings": ()}, "WARN", False),
        ({"errors": (Unjudged("R", "", "boom"),)}, "FATAL", True),
    ],
)
def test_what_fails(change: dict[str, object], severity: str, fails: bool) -> None:
    assert replace(result(), **{"errors": (), **change}).fails(severity) is fails  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [("WARN", "error", 0), ("WARN", "warn", 1), ("ERROR", "never", 0), ("FATAL", "never", 3)],
)
def test_exit_codes(severity: str, fail_on: str, code: int) -> None:
    verdict = replace(BUILTIN_RUN, findings=(Finding("VAL-ISO", severity, "m"),))
    assert merged(Path("sdtm"), [verdict], []).exit_code(fail_on) == code


def test_with_both_engines_a_broken_file_leaves_the_others_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(folder: Path, **_: object) -> CoreResult:
        raise RawDataError("zz.xpt: not a SAS XPORT v5 file")

    monkeypatch.setattr("cdisc_kit.core_engine.check_with_core", unreadable)
    folder = write_package(good_package(), tmp_path / "sdtm")
    (folder / "zz.xpt").write_bytes(b"no such format")
    report = tmp_path / "r.json"
    run = CliRunner().invoke(main, ["check", str(folder), "--engine", "both", "--report", str(report)])
    assert run.exit_code == 3, run.output
    content = json.loads(report.read_text(encoding="utf-8"))
    assert [e["reason"] for e in content["summary"]["errors"]] == ["zz.xpt: not a SAS XPORT v5 file"]
    assert {f["dataset"] for f in content["findings"]} > {"AE", "DM"}
    assert CliRunner().invoke(main, ["check", str(folder), "--engine", "core"]).exit_code == 3


def test_stale_decisions_fail_only_for_engines_that_ran() -> None:
    gone = replace(WAIVED, rule="VAL-GONE")
    assert [stale.where for stale in result(gone).stale] == ["VAL-GONE DM SEX"]
    assert replace(result(gone), errors=(), findings=()).fails("FATAL")
    alone = merged(Path("sdtm"), [BUILTIN_RUN], [replace(WAIVED, rule="CORE-000001")])
    assert alone.stale == ()


def test_text_names_everything() -> None:
    lines = text(result(WAIVED, replace(WAIVED, rule="VAL-GONE"))).splitlines()
    assert lines[0] == "      7  ERROR     CORE-000001  AE.AESTDTC, AEENDTC: late"
    assert "      1  waive     VAL-CT  DM.SEX: no term" in lines
    assert " failed  CORE-000003  DM: boom" in lines
    assert any(line.startswith("  stale  ") and "VAL-GONE DM SEX" in line for line in lines)
    assert lines[-1].endswith(
        "0 FATAL, 7 ERROR, 1 WARN, 0 INFO; 1 accepted; 1 execution errors; 2 rule and dataset pairs skipped"
    )


@pytest.mark.parametrize("ending", ["html", "xlsx", "json", "xml"])
def test_the_same_verdict_gives_the_same_bytes(ending: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_check_report(tmp_path / f"{name}.{ending}", result(WAIVED))
    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


def test_an_unknown_ending_or_folder_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.html, \.xlsx, \.json, \.xml"):
        require_known_form(tmp_path / "report.pdf")
    with pytest.raises(InputError, match="does not exist"):
        require_known_form(tmp_path / "gone" / "report.html")
    run = CliRunner().invoke(main, ["check", str(tmp_path), "--report", "report.pdf"])
    assert run.exit_code == 2
    assert "ends in" in run.output


def test_json_has_the_shape_of_findings_and_hides_nothing(tmp_path: Path) -> None:
    write_check_report(tmp_path / "r.json", result(WAIVED))
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    first, *_, waived = report["findings"]
    assert first.keys() == Finding("R", "INFO", "m").as_json().keys() | {"engine", "stands", "decision"}
    assert len(report["findings"]) == 9
    assert (waived["rule"], waived["engine"], waived["stands"]) == ("VAL-ISO", "builtin", True)
    (kept,) = (entry for entry in report["findings"] if entry["decision"])
    assert kept["decision"]["reason"] == WAIVED.reason
    assert not kept["stands"]
    summary = report["summary"]
    assert summary["standing"] == {"FATAL": 0, "ERROR": 7, "WARN": 1, "INFO": 0}
    assert (summary["total"], summary["accepted"]) == (9, 1)
    assert summary["errors"] == [{"rule": "CORE-000003", "dataset": "DM", "reason": "boom"}]
    assert len(summary["skipped"]) == 2
    assert summary["not_checked"] == ["no Define-XML"]


def test_junit_has_a_case_for_each_rule_and_locates_failures(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    write_check_report(path, result(WAIVED, replace(WAIVED, rule="VAL-GONE")))
    suites = {suite.get("name"): suite for suite in ET.parse(path).getroot()}
    outcome = {
        (name, case.get("name")): [child.tag for child in case]
        for name, suite in suites.items()
        for case in suite
    }
    assert outcome == {
        ("builtin", "VAL-CT"): [],
        ("builtin", "VAL-ISO"): ["failure"],
        ("core", "CORE-000001"): ["failure"],
        ("core", "CORE-000002"): [],
        ("core", "CORE-000003"): ["error"],
        ("core", "CORE-000004"): ["skipped"],
        ("decisions", ":3"): ["failure"],
    }
    counts = ("tests", "failures", "errors", "skipped")
    assert [suites["core"].get(name) for name in counts] == ["4", "1", "1", "1"]
    failure = suites["core"].find("testcase/failure")
    assert failure is not None and failure.text is not None
    assert failure.get("message") == "7 finding(s): late"
    lines = failure.text.splitlines()
    assert len(lines) == 7
    assert lines[1].startswith("ERROR CORE-000001 AE.AESTDTC, AEENDTC record 2: late [S-1 seq 2: <img")
    assert "\ufffd" in lines[1], "a character that XML cannot hold"


def test_the_page_escapes_values_and_names_no_other_place(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    write_check_report(path, result(WAIVED))
    source = path.read_text(encoding="utf-8")
    assert "<img" not in source
    assert "http://" not in source
    assert "https://" not in source
    page = html.fromstring(source.encode())
    assert page.xpath("//*[@src or self::link]") == []
    assert len(page.xpath("//table[@id='table']/tbody/tr")) == 9
    assert len(page.xpath("//table[@id='table']/tbody/tr[@data-status='accepted']")) == 1
    shown = page.text_content()
    assert "known <since> 2020" in shown
    for part in ("CORE-000003", "boom", "needs define.xml", "no Define-XML", "CDISC CG0002"):
        assert part in shown


def test_the_page_joins_what_one_rule_says_of_many_variables(tmp_path: Path) -> None:
    names = [f"AEX{number}" for number in range(9)]
    findings = [Finding("VAL-ISO", "WARN", "no date", dataset="AE", variable=name) for name in names]
    verdict = replace(BUILTIN_RUN, findings=tuple(findings))
    write_check_report(tmp_path / "r.html", merged(Path("sdtm"), [verdict], []))
    page = html.fromstring((tmp_path / "r.html").read_bytes())
    (row,) = page.xpath("//table[contains(@class, 'rules')]/tbody/tr")
    assert [row[at].text_content() for at in (2, 3)] == [f"AE: {', '.join(names[:6])} and 3 more", "9"]


def test_findings_about_files_are_told_apart_and_decided_by_file_name() -> None:
    findings = [
        Finding("VAL-ISO", "WARN", "cut", source_file=name, row=0) for name in ("ae.xpt", "dm.xpt", "dm.xpt")
    ]
    verdict = replace(BUILTIN_RUN, findings=tuple(findings))
    waived = replace(WAIVED, rule="VAL-ISO", dataset="dm.xpt", variable="", count=2)
    groups = merged(Path("sdtm"), [verdict], [waived]).groups()
    assert [(g.place, g.count, g.stands) for g in groups] == [("ae.xpt", 1, True), ("dm.xpt", 2, False)]


def test_the_workbook_holds_all_as_text_with_a_fixed_time(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    write_check_report(path, result(WAIVED))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Rules", "Findings", "Not judged", "Stale decisions"]
    findings = list(book["Findings"].iter_rows(values_only=True))
    assert len(findings) == 10
    head = findings[0]
    row = dict(zip(head, findings[1], strict=True))
    assert (row["Rule"], row["Row"], row["USUBJID"], row["Stands"]) == ("CORE-000001", 1, "S-1", "yes")
    waived = next(dict(zip(head, r, strict=True)) for r in findings[1:] if r[1] == "VAL-CT")
    assert (waived["Source row"], waived["Stands"], waived["Decision"]) == (7, "no", "waive")
    assert [cell.data_type for cell in book["Findings"][2]].count("f") == 0
    assert [r[0] for r in book["Not judged"].iter_rows(min_row=2, values_only=True)] == [
        *("failed", "skipped", "skipped", "not checked")
    ]
    with zipfile.ZipFile(path) as archive:
        assert b"2025-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_an_empty_verdict_is_no_blank_report(tmp_path: Path) -> None:
    empty = CheckResult("sdtm", {BUILTIN: "cdisc-kit"}, {}, ())
    for ending in ("html", "xlsx", "json", "xml"):
        write_check_report(tmp_path / f"r.{ending}", empty)
    assert "No findings" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("rule", "stale"), [("VAL-GONE", True), ("CORE-000001", False)])
def test_explanations_of_a_study_are_decisions_too(rule: str, stale: bool, tmp_path: Path) -> None:
    folder = write_package(good_package(), tmp_path / "sdtm")
    entry = f'{{rule: {rule}, dataset: AE, variable: AETERM, count: "1", reason: why, evidence: where}}'
    (tmp_path / "study.yaml").write_text(f"explanations:\n  - {entry}\n", encoding="utf-8")
    run = CliRunner().invoke(main, ["check", str(folder), "--decisions", str(tmp_path / "study.yaml")])
    assert (f"study.yaml:2 {rule} AE AETERM: stale" in run.output) is stale, run.output
