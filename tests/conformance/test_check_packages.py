"""Whole packages: split datasets, older guides, files of other versions, what follows from a cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from test_check_rules import line, package

from cdisc_kit.check import BuiltinResult, check_folder, load_rules
from cdisc_kit.check.xptfile import open_xpt
from cdisc_kit.check_command import check_package
from cdisc_kit.errors import InputError
from cdisc_kit.xpt import XptVariable, write_xpt

TABLE_RULES = [rule.info.code for rule in load_rules() if rule.same_guide]


def checked(folder: Path, changes: list[dict[str, Any]], ig: str = "") -> BuiltinResult:
    tables = package.base()
    for change in changes:
        package.edit(tables, change)
    package.write(tables, folder)
    return check_folder(folder, ig=ig)


def split(name: str, *, keep: str, of: str = "LB", among: str) -> list[dict[str, Any]]:
    """A part of a dataset: the records of `among` whose number is in `keep`."""
    drop = [number for number in reversed(among) if number not in keep]
    return [{"dataset": name, "add": of}, *({"dataset": name, "remove": int(number)} for number in drop)]


SPLIT = [
    *split("LBCH", keep="12456", among="123456"),
    *split("LBUR", keep="3", among="123456"),
    {"dataset": "LB", "remove": "dataset"},
]
SUPPLEMENTS = [
    *split("SUPPLBCH", of="SUPPAE", keep="1", among="123"),
    *split("SUPPLBUR", of="SUPPAE", keep="2", among="123"),
    {"dataset": "SUPPLBCH", "row": 1, "set": {"RDOMAIN": "LB", "IDVAR": "LBSEQ", "IDVARVAL": 1}},
    {"dataset": "SUPPLBUR", "row": 1, "set": {"RDOMAIN": "LB", "IDVAR": "LBSEQ", "IDVARVAL": 3}},
    {"dataset": "SUPPLBCH", "label": "Supplemental Qualifiers for LBCH"},
    {"dataset": "SUPPLBUR", "label": "Supplemental Qualifiers for LBUR"},
]


def test_a_split_dataset_is_one(tmp_path: Path) -> None:
    assert not [line(f) for f in checked(tmp_path, [*SPLIT, *SUPPLEMENTS]).findings]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"dataset": "LBUR", "row": 1, "set": {"LBSEQ": 1}}, "REC-SEQ LBUR.LBSEQ 1 1"),
        ({"dataset": "LBUR", "row": 1, "set": {"LBTEST": "Other"}}, "CT-TEST LBUR.LBTEST 1 Other"),
        ({"dataset": "LBUR", "row": 1, "set": {"DOMAIN": "XX"}}, "META-DOMAIN LBUR.DOMAIN 1 XX"),
        ({"dataset": "LBUR", "variable": "LBORRES", "label": "X"}, "META-LABEL LBUR.LBORRES X"),
        ({"dataset": "LBUR", "variable": "LBORRES", "rename": "LBX"}, "META-UNKNOWN LBUR.LBX"),
        ({"dataset": "SUPPLBUR", "row": 1, "set": {"IDVARVAL": 9}}, "REL-PARENT SUPPLBUR.IDVARVAL 1 9"),
        (
            {"dataset": "SUPPLBUR", "row": 1, "set": {"QLABEL": "Other"}},
            "REC-QNAM-LABEL SUPPLBUR.QLABEL 1 Other",
        ),
        (
            {"dataset": "SUPPLBUR", "row": 1, "set": {"IDVARVAL": 1, "QVAL": "TWICE"}},
            "REC-SUPPLEMENT-TWICE SUPPLBUR.QNAM 1 AENOTE",
        ),
    ],
)
def test_findings_of_split_datasets_name_the_part(
    tmp_path: Path, change: dict[str, Any], expected: str
) -> None:
    found = checked(tmp_path, [*SPLIT, *SUPPLEMENTS, change]).findings
    part = [f for f in found if line(f) == expected]
    assert part, [line(f) for f in found]
    assert part[0].source_file == f"{part[0].dataset.lower()}.xpt"


def test_baselines_are_counted_over_all_parts(tmp_path: Path) -> None:
    changes = [
        {"dataset": "LBUR", "row": 1, "set": {"LBTESTCD": "ALT", "LBTEST": "Alanine Aminotransferase"}}
    ]
    same = {"LBCAT": "CHEMISTRY", "LBSPEC": "SERUM", "LBBLFL": "Y", "LBDTC": "2024-01-04", "LBDY": -6}
    rest = {"LBENDTC": "", "LBENDY": "", "EPOCH": "SCREENING", "LBSTRESC": "POSITIVE"}
    changes.append({"dataset": "LBUR", "row": 1, "set": {**same, **rest}})
    assert "REC-BASELINE LBUR.LBBLFL 1 Y" in [line(f) for f in checked(tmp_path, [*SPLIT, *changes]).findings]


OLDER = [
    {"dataset": "AE", "variable": "AESEV", "rename": "AEOLD"},
    {"dataset": "DM", "row": 3, "set": {"ARMCD": "SCRNFAIL", "ARM": "Screen Failure", "ARMNRS": ""}},
    {"dataset": "DM", "row": 3, "set": {"ACTARMCD": "SCRNFAIL", "ACTARM": "Screen Failure"}},
    {"dataset": "DM", "remove": "ARMNRS"},
    {"dataset": "TS", "remove": 3},
]


def test_an_older_guide_is_not_held_against_our_tables(tmp_path: Path) -> None:
    result = checked(tmp_path, OLDER, ig="3.2")
    assert [line(f) for f in result.findings] == []
    said = [sentence for sentence in result.not_checked if "--ig says SDTMIG 3.2" in sentence]
    assert len(said) == 1
    assert said[0].endswith(": " + ", ".join(TABLE_RULES))
    assert {"META-UNKNOWN", "META-REQUIRED", "META-EXPECTED", "META-ORDER", "REL-ARM"} <= set(TABLE_RULES)


def test_values_and_records_of_an_older_guide_are_judged(tmp_path: Path) -> None:
    changes = [*OLDER, {"dataset": "AE", "row": 1, "set": {"AESER": "X"}}, {"dataset": "AE", "copy": 2}]
    found = {f.rule for f in checked(tmp_path, changes, ig="3.2").findings}
    assert {"CT-VALUE", "REC-DUPLICATE"} <= found
    assert not found & set(TABLE_RULES)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("3.3", "TS (SDTIGVER) says SDTMIG 3.3"),
        ("SDTMIG v3.3", "TS (SDTIGVER) says SDTMIG 3.3"),
        ("9.9", "TS (SDTIGVER) says SDTMIG 9.9"),
        ("none", "TS (SDTIGVER) says SDTMIG none"),
    ],
)
def test_the_trial_summary_says_the_guide(tmp_path: Path, told: str, sentence: str) -> None:
    said = {"TSPARMCD": "SDTIGVER", "TSPARM": "SDTM IG Version", "TSVAL": told}
    result = checked(tmp_path, [{"dataset": "TS", "copy": 16, "set": said}])
    assert any(text.startswith(sentence) for text in result.not_checked)


def test_without_any_word_the_guide_is_assumed(tmp_path: Path) -> None:
    result = checked(tmp_path, [])
    assert any("nothing says which SDTMIG" in text for text in result.not_checked)
    assert not any("not applied" in text for text in check_folder(tmp_path, ig="3.4").not_checked)


def test_the_option_is_taken_before_the_package(tmp_path: Path) -> None:
    said = {"TSPARMCD": "SDTIGVER", "TSPARM": "SDTM IG Version", "TSVAL": "3.3"}
    result = checked(tmp_path, [{"dataset": "TS", "copy": 16, "set": said}], ig="3.4")
    assert not any("not applied" in text for text in result.not_checked)
    assert "TS (SDTIGVER) says SDTMIG 3.3, --ig 3.4: that was taken" in result.not_checked


def test_version_8_is_told_in_a_word(tmp_path: Path) -> None:
    frame = pd.DataFrame({"STUDYID": ["S"], "A_NAME_OF_MORE_THAN_8": [1.0]})
    pyreadstat.write_xport(frame, tmp_path / "dm.xpt", table_name="DM", file_format_version=8)
    header, records, problems = open_xpt(tmp_path / "dm.xpt")
    assert (header, records) == (None, None)
    assert [p.kind for p in problems] == ["version"]
    found = [f for f in check_folder(tmp_path).findings if f.rule == "FILE-VERSION"]
    assert found[0].severity == "FATAL"
    assert "XPORT version 8" in found[0].message
    assert "version 5" in found[0].message
    assert "第8版" in found[0].message_zh


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"**COMPRESSED** **COMPRESSED** **COMPRESSED**", "PROC CPORT"),
        (b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14", "sas7bdat"),
        (b"PK\x03\x04", "ZIP"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, start: bytes, word: str) -> None:
    (tmp_path / "dm.xpt").write_bytes(start.ljust(2000))
    found = [f for f in check_folder(tmp_path).findings if f.rule == "FILE-VERSION"]
    assert word in found[0].message


def test_a_cause_counts_what_follows_from_it(tmp_path: Path) -> None:
    found = checked(tmp_path, [{"dataset": "DM", "row": 1, "set": {"RFICDTC": "2024-02-11"}}]).findings
    cause = next(f for f in found if f.rule == "DATE-CONSENT")
    assert cause.message == "Consent is after the first exposure (and 2 findings that follow from it)"
    assert cause.message_zh == "知情同意晚于首次给药（另有2个由此产生的问题）"
    assert not [f for f in found if f.rule == "DATE-EXPOSURE-CONSENT"]


def test_what_many_records_blame_counts_them(tmp_path: Path) -> None:
    found = checked(
        tmp_path, [{"dataset": "DM", "row": 1, "set": {"DTHDTC": "2024-01-03", "DTHFL": "Y"}}]
    ).findings
    blamed = next(f for f in found if f.rule == "DATE-AFTER-DEATH")
    assert (blamed.dataset, blamed.variable) == ("DM", "DTHDTC")
    assert "findings that follow from it" in blamed.message


def test_counts_are_of_records_also_of_those_not_listed(tmp_path: Path) -> None:
    variables = (XptVariable("STUDYID", "Study Identifier", "Char", 1),)
    write_xpt(tmp_path / "dm.xpt", "DM", "Demographics", pd.DataFrame({"STUDYID": ["."] * 120}), variables)
    decision = tmp_path / "decided.yaml"
    decided = "{rule: TEXT-UNTIDY, dataset: DM, variable: STUDYID, count: '120', decision: waive"
    decision.write_text(f"decisions: [{decided}, reason: R, who: W, when: 2026-01-01}}]", encoding="utf-8")
    result = check_package(tmp_path, define=None, engine="builtin", reports=(), decisions=(decision,))
    (group,) = (group for group in result.groups() if group.rule.code == "TEXT-UNTIDY")
    assert (group.count, group.stands, len(group.examples)) == (120, False, 5)
    assert sum(settled.finding.rule == "TEXT-UNTIDY" for settled in result.findings) == 50
    assert result.as_json()["summary"]["total"] == result.accepted + sum(result.counts().values())


@pytest.mark.parametrize("version", ["abc", "9.9", "v3.4"])
def test_a_guide_that_there_is_not_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(InputError, match=r"no such version of SDTMIG; there are .*3\.3, 3\.4"):
        check_package(tmp_path, define=None, engine="builtin", reports=(), decisions=(), ig=version)
