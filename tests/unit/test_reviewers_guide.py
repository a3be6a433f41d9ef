"""The reviewer's guide: what was accepted and why, what is known, and nothing that a browser would run."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TinyStudy
from lxml import html
from test_pipeline import PERSON, write_raw

from cdisc_kit.decisions import Decision
from cdisc_kit.findings import Finding
from cdisc_kit.pipeline import build
from cdisc_kit.render.reviewers_guide import render_guide

ROWS = {"DEMOG": [PERSON], "EVENT": [{"SUBJ": "1", "A": "late"}], "OTHER": [{"SUBJ": "1", "KEYNO": "1"}]}
DECISIONS = (
    Decision("CORE-000024", "AE", "AEBODSYS", "document", "No <b>codes</b>", evidence="coding", count=370),
    Decision("VAL-AGE", "DM", "AGE", "waive", "Checked", "A. Person", "2026-11-20", usubjid="S-1"),
    Decision("DATE-ORDER", "AE", "AEENDTC", "fix", "Asked", "A. Person", "2026-11-20"),
)
FINDINGS = [
    Finding("DATE-CONFLICT", "WARN", "two dates", "两个日期", dataset="CE"),
    Finding("DATE-CONFLICT", "WARN", "two dates", "两个日期", dataset="CE", row=2),
    Finding("ID-LOST", "ERROR", "no subject", form="EVENT"),
    Finding("NUM-NOTE", "INFO", "converted"),
]


def guide(tiny: TinyStudy, raw: Path, *, synthetic: bool = True) -> str:
    spec = tiny.load()
    built = build(spec, write_raw(tiny, raw, ROWS))
    standards = {"SDTMIG": "3.4"}
    return render_guide(spec, built.datasets, FINDINGS, DECISIONS, standards=standards, synthetic=synthetic)


def table(page: str, section: str) -> list[list[str]]:
    """The cells of the first table after a heading."""
    (found,) = html.fromstring(page).xpath(f"//h2[starts-with(., '{section}')]/following-sibling::table[1]")
    rows = found.xpath("./tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row.xpath("./td")] for row in rows]


def test_accepted_findings_stand_with_reason_and_author(tiny: TinyStudy, tmp_path: Path) -> None:
    page = guide(tiny, tmp_path / "raw")
    first, second = table(page, "4")
    assert first[:4] == ["CORE-000024", "AE.AEBODSYS", "370", "document"]
    assert "No <b>codes</b>" in first[4] and "coding" in first[4]
    assert "<b>codes</b>" not in page
    assert second == ["VAL-AGE", "DM.AGE S-1", "", "waive", "Checked", "A. Person, 2026-11-20"]


def test_known_issues_are_counted_the_worst_first(tiny: TinyStudy, tmp_path: Path) -> None:
    page = guide(tiny, tmp_path / "raw")
    rows = table(page, "5")
    assert [row[:4] for row in rows] == [
        ["ERROR 错误", "ID-LOST", "EVENT", "1"],
        ["WARN 警告", "DATE-CONFLICT", "CE", "2"],
    ]
    assert "1 conversions and notes" in page
    assert "Decided, not mended yet" in page and "Asked" in page


def test_datasets_name_their_forms_and_records(tiny: TinyStudy, tmp_path: Path) -> None:
    rows = {row[0]: row for row in table(guide(tiny, tmp_path / "raw"), "3")}
    assert rows["CE"][4] == "1"
    assert rows["CE"][5].startswith("EVENT")


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_are_marked(tiny: TinyStudy, tmp_path: Path, synthetic: bool) -> None:
    assert ("SYNTHETIC DATA" in guide(tiny, tmp_path / "raw", synthetic=synthetic)) is synthetic


def test_the_page_is_the_same_each_time_and_loads_nothing(tiny: TinyStudy, tmp_path: Path) -> None:
    page = guide(tiny, tmp_path / "raw")
    assert page == guide(tiny, tmp_path / "again")
    assert not html.fromstring(page).xpath("//script | //link | //img | //@src")
