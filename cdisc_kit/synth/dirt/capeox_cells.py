"""Single cells, rows and sheets of the EDC export (study capeox)."""

from __future__ import annotations

import datetime as dt

from cdisc_kit.synth.dirt.atg_text import FULL_WIDTH
from cdisc_kit.synth.dirt.days import day, excel_serial, is_day
from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import error, fatal, info, warn


def unknown_month(edit: Editor) -> None:
    """Case 2."""
    for unknown in ("-UK", "-UK-UK"):
        record = edit.pick("MH", lambda v: "-" in v["MHSTDT"])
        year = record.values["MHSTDT"][:4]
        edit.write(record, "MHSTDT", year + unknown, info("DT-PARTIAL", f"MH.MHSTDTC={year}"))


def serial_number(edit: Editor) -> None:
    """Case 7: the cell lost its date format."""
    record = edit.pick("VS", lambda v: v["EVENT"] in ("C2D1", "C3D1"))
    iso = record.values["EVENTDT"]
    edit.write(record, "EVENTDT", excel_serial(day(iso)), info("DT-SERIAL", f"VS.VSDTC={iso}"))


def serial_number_1904(edit: Editor) -> None:
    """Case 8: the same in a workbook that counts from 1904."""
    record = edit.pick("LBHEM", lambda v: v["EVENT"] in ("C2D1", "C3D1"))
    iso, time = record.values["COLDT"], record.values["COLTM"]
    serial = excel_serial(day(iso), from_1904=True)
    edit.write(record, "COLDT", serial, warn("DT-1904", f"LB.LBDTC={iso}T{time}"))
    edit.switch_to_1904()


def ambiguous_date(edit: Editor) -> None:
    """Case 13."""
    record = edit.pick(
        "AE",
        lambda v: is_day(v["AESTDT"]) and day(v["AESTDT"]).day <= 12 and v["AESTDT"][5:7] != v["AESTDT"][8:],
    )
    written = f"{day(record.values['AESTDT']):%d/%m/%Y}"
    edit.write(record, "AESTDT", written, error("DT-AMBIG", "AE.AESTDTC="))


def impossible_birth(edit: Editor) -> None:
    """Case 20: no age can be made, neither computed nor collected, of a treated subject."""
    treated = {edit.subject(r) for r in edit.rows("EXIV", GIVEN="Y")}
    record = edit.pick("DM", lambda v: v["SUBJID"] in treated)
    edit.write(record, "BRTHYM", record.values["BRTHYM"][:4] + "-13", fatal("DT-INVALID"))
    edit.expect(record, "BRTHYM", error("DT-INVALID"))
    edit.write(record, "AGEICF", None)


def full_width_number(edit: Editor) -> None:
    """Case 23."""
    record = edit.pick("VS", lambda v: v["EVENT"] in ("C2D1", "C3D1") and bool(v["HR"]))
    value = record.values["HR"]
    edit.write(record, "HR", value.translate(FULL_WIDTH), info("", f"VS.VSORRES={value}"))


def decimal_comma(edit: Editor) -> None:
    """Case 24: no locale is declared, so the number is not guessed."""
    record = edit.pick("LBCHEM", lambda v: v["EVENT"] in ("C2D1", "C3D1") and "." in v["TBIL"])
    edit.write(record, "TBIL", record.values["TBIL"].replace(".", ","), error("NUM-COMMA", "LB.LBSTRESN="))


def below_limit(edit: Editor) -> None:
    """Case 37."""
    record = edit.pick("LBPREG", lambda v: bool(v["HCGVAL"]))
    edit.write(record, "HCGVAL", "<0.05", info("", "LB.LBORRES=<0.05"))


def words_and_signs(edit: Editor) -> None:
    """Case 40."""
    for written, result in (
        ("阴性(-)", "NEGATIVE"),
        ("+", "POSITIVE"),
        ("（+）", "POSITIVE"),
        ("弱阳性", "POSITIVE"),
    ):
        record = edit.pick("STOOL", lambda v: v["FOB"] == "阴性")
        edit.write(record, "FOB", written, warn("LB-QUAL", f"LB.LBSTRESC={result}"))


def empty_sheet(edit: Editor) -> None:
    """Case 78."""
    edit.expect_form("EGCV", info("FORM-EMPTY"))
    for record in edit.rows("EGCV"):
        edit.remove(record)


def code_against_text(edit: Editor) -> None:
    """Case 79: the code says one sex, the text beside it the other."""
    record = edit.pick("DM", lambda v: v["SCRRES"] == "1")
    text, sex = ("女", "M") if record.values["SEX"] == "1" else ("男", "F")
    edit.write(record, "SEX_TXT", text, error("ODM-CONFLICT", f"DM.SEX={sex}"))


def draft(edit: Editor) -> None:
    """Case 81."""
    record = edit.pick("ECOG", lambda v: v["EVENT"] in ("C2D1", "C3D1"))
    edit.write(record, "FORMSTATUS", "录入中", warn("FORM-DRAFT"))


def too_young(edit: Editor) -> None:
    """Case 83."""
    record = edit.pick("DM", lambda v: v["SCRRES"] == "1")
    consent = day(record.values["ICFDT"])
    birth = dt.date(consent.year - 17, consent.month, 1) - dt.timedelta(days=90)
    edit.write(record, "BRTHYM", f"{birth:%Y-%m}", error("IE-AGE", "DM.AGE=17"))
    edit.write(record, "AGEICF", 17)


def wrong_total(edit: Editor) -> None:
    """Case 87: items that sum to 8, a total of 7."""
    record = edit.pick("CPS", lambda v: v["EVENT"].startswith("C") and v["CPTOT"] in ("5", "6"))
    for key, points in zip(("CPENC", "CPASC", "CPBIL", "CPALB", "CPPT"), "12221", strict=True):
        edit.set(record, key, points)
    edit.write(record, "CPTOT", 7, error("RS-CPSUM", "RS.RSORRES=7"))
    edit.set(record, "CPGRADE", "B")


def protein_not_quantified(edit: Editor) -> None:
    """Case 88."""
    record = edit.pick(
        "LBURI", lambda v: v["EVENT"] == "SCR" and v["UPRO"] in ("-", "±", "1+") and not v["U24P"]
    )
    edit.write(record, "UPRO", "2+", warn("IE-UPRO", "LB.LBORRES=2+"))
