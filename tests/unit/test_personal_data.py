"""Names, identity numbers and telephone numbers in free text are masked before anything else sees them."""

from __future__ import annotations

import pytest
from conftest import TinyStudy

from cdisc_kit.normalise.personal import is_identity_number, masked

# Made up: born in 1900 or in 1949, telephone numbers of a block nobody has.
IDENTITY = "110101190001010014"
WITH_LETTER = "11010519491231002X"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (f"患者姓名：张伟，身份证号{IDENTITY}", "患者姓名:***,身份证号***"),
        (f"身份证{WITH_LETTER}已核对", "身份证***已核对"),
        (f"身份证{WITH_LETTER.lower()}", "身份证***"),
        ("姓名欧阳娜娜", "姓名***"),
        ("姓名 为 李四,诉头痛", "姓名 为 ***,诉头痛"),
        ("联系人:王小明 13800000000", "联系人:*** ***"),
        ("电话１３８００００００００", "电话***"),
        ("电话+86 138-0000-0000", "电话***"),
        ("李女士来电", "***女士来电"),
        ("由陈建国先生陪同", "由***先生陪同"),
        (IDENTITY, "***"),
    ],
)
def test_what_identifies_a_person_is_masked(raw: str, shown: str) -> None:
    assert masked(raw) == shown


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "患者高血压,白细胞低,黄疸加重",
        "姓名缩写与知情同意书不符",
        "110101190001010015",  # the check character is wrong
        "110101190013010014",  # there is no 13th month
        "标本号20250904123456789",
        "病毒载量12800000000 IU/mL",
        "剂量13800000000.5",
        "　两次测量平均　",
    ],
)
def test_other_text_stays_as_it_is(raw: str) -> None:
    assert masked(raw) == raw


def test_the_check_character() -> None:
    assert is_identity_number(IDENTITY)
    assert is_identity_number(WITH_LETTER)
    assert is_identity_number(WITH_LETTER.lower())
    assert not is_identity_number("110105194912310021")


def test_no_finding_and_no_dataset_holds_it(tiny: TinyStudy) -> None:
    text = f"患者姓名：张伟　身份证号{IDENTITY}"
    rows = {
        "DEMOG": [{"SITE": "01", "SUBJ": "001"}],
        "EVENT": [{"SUBJ": "001", "VISIT": "筛选", "VISDT": "2025-01-01", "A": text, "B": IDENTITY}],
    }
    _, forms, findings = tiny.forms(rows)
    told = sorted((f.source_column, f.source_row, f.severity) for f in findings if f.rule == "PHI-TEXT")
    assert told == [("A", 2, "ERROR"), ("B", 2, "ERROR")]
    assert not any(secret in str(f.as_row()) for f in findings for secret in (IDENTITY, "张伟"))
    frame = forms["EVENT"].table.frame
    assert list(frame[["A", "B"]].iloc[0]) == ["患者姓名:*** 身份证号***", "***"]
    log = forms["EVENT"].table.log
    assert log is not None and not log.astype(str).apply(lambda c: c.str.contains(IDENTITY)).any().any()


def test_a_column_that_identifies_the_row_is_left_alone(tiny: TinyStudy) -> None:
    rows = {"DEMOG": [{"SITE": "01", "SUBJ": "13800000000"}], "EVENT": [{"SUBJ": "13800000000", "A": "x"}]}
    rows["EVENT"][0]["B"] = "13800000001"
    tiny.edit("sources.yaml", "header: [SUBJ, VISIT, VISDT]", "header: [SUBJ, VISIT, VISDT]\n    key: [B]")
    _, forms, findings = tiny.forms(rows)
    frame = forms["EVENT"].table.frame
    assert list(frame[["SUBJ", "B"]].iloc[0]) == ["13800000000", "13800000001"]
    assert not [f for f in findings if f.rule == "PHI-TEXT"]
