"""The findings as JSON, CSV and a page: complete, escaped, the same whatever order they come in."""

from __future__ import annotations

import csv
import json

import pytest
from lxml import html

from cdisc_kit.findings import Finding
from cdisc_kit.render import findings_html
from cdisc_kit.render.findings_html import render_findings
from cdisc_kit.reports import summary, write_findings

ORPHAN = Finding(
    "ID-ORPHAN",
    "ERROR",
    "the subject is not in the screening form",
    "受试者不在筛选表中",
    value="01007",
    form="A19",
    source_file="entry1/A19.csv",
    source_row=7,
    source_column="SUBJNO",
    query="请核对受试者编号",
)
EXTENDED = Finding(
    "CT-EXT", "WARN", "a term outside <LOC>", dataset="PR", variable="PRLOC", row=2, value="<script>x"
)
NOTE = Finding("NUM-UNIT", "INFO", "unit converted", dataset="LB", row=1)
FINDINGS = [NOTE, EXTENDED, ORPHAN, NOTE]


def page(findings: list[Finding], **options: object) -> html.HtmlElement:
    options = {"title": "S", "synthetic": False, "meta": {}} | options
    return html.fromstring(render_findings(findings, **options))


def rows(document: html.HtmlElement) -> list[str]:
    return [row.text_content() for row in document.xpath("//table[@id='table']/tbody/tr")]


def test_every_finding_stands_worst_first():
    found = rows(page(FINDINGS))
    assert [text.split()[0] for text in found] == ["ERROR", "WARN", "INFO", "INFO"]
    for expected in (
        "ID-ORPHAN",
        "受试者不在筛选表中",
        "请核对受试者编号",
        "01007",
        "A19",
        "SUBJNO",
        "row 7",
    ):
        assert expected in found[0]


def test_counts_by_severity_and_rule():
    document = page(FINDINGS)
    cards = {
        card.get("data-severity"): card.findtext("b") for card in document.xpath("//button[@data-severity]")
    }
    assert cards == {"FATAL": "0", "ERROR": "1", "WARN": "1", "INFO": "2"}
    rules = [
        [cell.text_content() for cell in row][:3]
        for row in document.xpath("//table[@class='rules']/tbody/tr")
    ]
    assert rules == [["ERROR", "ID-ORPHAN", "1"], ["WARN", "CT-EXT", "1"], ["INFO", "NUM-UNIT", "2"]]


def test_values_are_escaped():
    text = render_findings([EXTENDED], "<i>S</i>", False, {"<k>": "<v>"})
    assert "&lt;script&gt;x" in text
    for unescaped in ("<script>x", "<LOC>", "<i>", "<k>", "<v>"):
        assert unescaped not in text


@pytest.mark.parametrize("synthetic", [True, False])
def test_banner_stands_on_synthetic_data_only(synthetic):
    assert ("SYNTHETIC" in render_findings(FINDINGS, "S", synthetic)) is synthetic


def test_no_finding_is_said_in_both_languages():
    text = page([]).xpath("string(//main)")
    assert "No findings" in text
    assert "没有发现问题" in text


def test_page_loads_nothing():
    document = page(FINDINGS)
    assert not document.xpath("//link | //script[@src] | //img | //iframe")
    assert "http" not in render_findings(FINDINGS, "S", True)


def test_long_page_says_what_it_leaves_out(monkeypatch):
    monkeypatch.setattr(findings_html, "MAX_ROWS", 2)
    document = page(FINDINGS)
    assert len(rows(document)) == 2
    assert "2 more" in document.xpath("string(//p[@class='note'])")


def test_meta_is_shown():
    terms = page(FINDINGS, meta={"Kit": "1.2.3"}).xpath("//dl/div/*/text()")
    assert terms == ["Kit", "1.2.3"]


def test_json_has_the_shape_programs_read(tmp_path):
    write_findings(tmp_path / "reports", FINDINGS)
    content = json.loads((tmp_path / "reports" / "findings.json").read_text(encoding="utf-8"))
    assert content["summary"] == {
        "total": 4,
        "by_severity": {"FATAL": 0, "ERROR": 1, "WARN": 1, "INFO": 2},
        "by_rule": {"CT-EXT": {"WARN": 1}, "ID-ORPHAN": {"ERROR": 1}, "NUM-UNIT": {"INFO": 2}},
    }
    first = content["findings"][0]
    assert first == ORPHAN.as_json()
    assert first["source"] == {
        "form": "A19",
        "file": "entry1/A19.csv",
        "sheet": "",
        "row": 7,
        "column": "SUBJNO",
    }


def test_csv_opens_as_chinese_and_keeps_leading_zeros(tmp_path):
    write_findings(tmp_path, FINDINGS)
    data = (tmp_path / "findings.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfrule,severity,")
    assert data.count(b"\r\n") == data.count(b"\n") == 5
    first = next(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert (first["value"], first["message_zh"], first["row"]) == ("01007", "受试者不在筛选表中", "")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("-5.2", "-5.2"),
        ("-", "-"),
        ("+", "+"),
    ],
)
def test_csv_has_no_formula(tmp_path, value, written):
    write_findings(tmp_path, [Finding("R", "WARN", "m", value=value)])
    text = (tmp_path / "findings.csv").read_text(encoding="utf-8-sig")
    assert next(csv.DictReader(text.splitlines()))["value"] == written
    assert json.loads((tmp_path / "findings.json").read_text())["findings"][0]["value"] == value


def test_order_of_findings_does_not_matter(tmp_path):
    write_findings(tmp_path / "a", FINDINGS)
    write_findings(tmp_path / "b", reversed(FINDINGS))
    for name in ("findings.json", "findings.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert render_findings(FINDINGS, "S", True) == render_findings(reversed(FINDINGS), "S", True)


def test_summary_of_nothing():
    assert summary([]) == {
        "total": 0,
        "by_severity": {"FATAL": 0, "ERROR": 0, "WARN": 0, "INFO": 0},
        "by_rule": {},
    }
