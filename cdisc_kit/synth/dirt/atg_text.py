"""Text, encodings and layout of the paper forms and hospital exports (study atg)."""

from __future__ import annotations

from functools import partial

from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import error, fatal, info, warn

MOJIBAKE = "è‚ç™Œ"  # 肝癌 as UTF-8, read as a Western code page
FULL_WIDTH = str.maketrans("0123456789.E+", "０１２３４５６７８９．Ｅ＋")
USUBJID = "CHICTR2600122712-{site}-{subject}"


def undecodable_byte(edit: Editor) -> None:
    """Case 21: a byte that is no character of the declared encoding, in one entry pass."""
    record = edit.pick("A06", lambda v: bool(v["MHTXT"]))
    edit.write(record, "MHTXT", record.values["MHTXT"] + "\udcff", fatal("ENC-BAD"), entry="entry2")


def mojibake(edit: Editor) -> None:
    """Case 22: one clerk pasted from a program of another code page; the passes then differ."""
    record = edit.pick("A05", lambda v: bool(v["REMARK"]))
    edit.write(record, "REMARK", MOJIBAKE, error("ENC-MOJIBAKE"), entry="entry2")
    edit.expect(record, "REMARK", error("DDE-MISMATCH"), cascade=True)


def full_width_number(edit: Editor) -> None:
    """Case 23."""
    record = edit.pick("A11", lambda v: v["VISIT"] == "V7" and "." in v["TEMP"])
    value = record.values["TEMP"]
    edit.write(record, "TEMP", value.translate(FULL_WIDTH), info("", f"VS.VSORRES={value}"))


def thousands(edit: Editor) -> None:
    """Case 25."""
    record = edit.pick("A07", lambda v: v["BLOODLOSS"].isdigit() and int(v["BLOODLOSS"]) >= 1000)
    edit.write(record, "BLOODLOSS", f"{int(record.values['BLOODLOSS']):,}", info("NUM-THOUS"))


def full_width_exponent(edit: Editor) -> None:
    """Case 26."""
    record = edit.pick("A14", lambda v: "E+" in v["VIRRES"])
    value = record.values["VIRRES"]
    edit.write(record, "VIRRES", value.translate(FULL_WIDTH), info("", f"MB.MBSTRESN={float(value):g}"))


def padded_code(edit: Editor) -> None:
    """Case 27: an ideographic space and a tab after the group."""
    record = edit.pick("A03", lambda v: v["RANDGRP"] == "BAS")
    edit.write(record, "RANDGRP", "对照组　\t", info("TXT-TRIM", "DM.ARMCD=BAS"))


def synonyms(edit: Editor) -> None:
    """Case 28, with one answer that no table knows."""
    for code, words, sex in (("1", "男性", "M"), ("1", "Ｍ", "M"), ("1", "1", "M"), ("2", "F", "F")):
        enrolled = {edit.subject(r) for r in edit.rows("A01", SEXZH=code, SCRRES="1")}
        record = edit.pick("A01", partial(_is_one_of, enrolled))
        edit.write(record, "SEXZH", words, info("", f"DM.SEX={sex}"))
    for words in ("Y", "√", "有", "1"):
        record = edit.pick("A06", lambda v: v["MHONGO"] == "Y")
        edit.write(record, "MHONGO", words, info())
    record = edit.pick("A07", lambda v: bool(v["LTCAVA"]))
    edit.write(record, "LTCAVA", "改良式", error("CT-UNMAPPED"))


def _is_one_of(subjects: set[str], values: dict[str, str]) -> bool:
    return values["SUBJNO"] in subjects and not values["PREVSUBJ"]


def lost_zero(edit: Editor) -> None:
    """Case 29."""
    record = edit.pick("A12", lambda v: v["VISIT"] == "V8" and v["SUBJNO"].startswith("0"))
    subject = edit.subject(record)
    usubjid = USUBJID.format(site=record.values["SITENO"], subject=subject)
    edit.write(record, "SUBJNO", subject.removeprefix("0"), warn("ID-PAD", f"RS.USUBJID={usubjid}"))


def letter_for_digit(edit: Editor) -> None:
    """Case 30; the row is one that nothing else points to."""
    record = edit.pick("A20", lambda v: not v["CMAENO"] and v["SUBJNO"].startswith("0"))
    edit.write(record, "SUBJNO", "O" + edit.subject(record)[1:], error("ID-ORPHAN"))


def extra_column(edit: Editor) -> None:
    """Case 31: a column nobody declared, and two that changed places."""
    form = edit.raw.forms["A12"]
    form.columns.append("录入员")  # a column without a key is known by its heading
    edit.write(form.headings[0], "录入员", "录入员", warn("COL-UNKNOWN"))
    for record in form.records:
        record.cells["录入员"] = ""
    edit.swap_columns(form, "FILLDT", "REMARK")


def renamed_column(edit: Editor) -> None:
    """Case 31, the form that stops the build: a required column under a name nobody declared."""
    heading = edit.raw.forms["A19"].headings[0]
    edit.write(heading, "AEOUTZH", "结局", fatal("COL-MISSING"))
    edit.expect(heading, "结局", warn("COL-UNKNOWN"), cascade=True)


def rows_of_no_subject(edit: Editor) -> None:
    """Case 32: a blank row and a total below one hospital export, a title above the heading of another."""
    form = edit.raw.forms["A13"]
    blank = dict.fromkeys(form.columns, "")
    row = edit.insert(form.records[-1], blank, info("ROW-SKIP"))
    edit.insert(row, {"SITENO": "合计", "RESULT": str(len(form.records) - 1)}, info("ROW-SKIP"))
    form = edit.raw.forms["A16"]
    title = dict.fromkeys(form.columns, "") | {form.columns[0]: "病理结果导出"}
    edit.insert_heading(form, title, info("ROW-SKIP"))


def same_row_twice(edit: Editor) -> None:
    """Case 33."""
    record = edit.pick("A10", lambda v: v["VISIT"] == "V7")
    edit.insert(record, {}, info("ROW-DUP"))


def same_key_twice(edit: Editor) -> None:
    """Case 34: two pulses at one visit; the first stays."""
    record = edit.pick("A11", lambda v: v["VISIT"] == "V8" and v["HR"].isdigit())
    other = {"HR": str(int(record.values["HR"]) + 8)}
    edit.insert(record, other, error("ROW-DUPKEY", f"VS.VSORRES={record.values['HR']}"))


def identity_in_remark(edit: Editor) -> None:
    """Case 35: a made-up name and a resident identity number of somebody born in 1900."""
    record = edit.pick("A20", lambda v: not v["REMARK"] and not v["CMAENO"])
    number = _with_check_character("11010119000101001")
    edit.write(record, "REMARK", f"患者姓名：张伟，身份证号{number}", error("PHI-TEXT"))


def _with_check_character(body: str) -> str:
    """17 digits of a resident identity number and their check character (GB 11643: ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def broken_remark(edit: Editor) -> None:
    """Case 36."""
    record = edit.pick("A20", lambda v: not v["REMARK"])
    edit.write(record, "REMARK", '患者诉"口苦"\n已停药"两天"', info())
