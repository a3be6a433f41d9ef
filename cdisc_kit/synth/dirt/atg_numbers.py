"""Numbers, units and reference ranges (study atg)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import Expected, error, info, warn
from cdisc_kit.synth.dirt.raw import Record

COUNTS = ("WBC", "NEUT", "LYMPH", "PLT")


def _lab(edit: Editor, *items: str, **values: str) -> Record:
    """A numeric or worded result of one of the items at a later visit (no baseline moves)."""
    return edit.pick(
        "A13",
        lambda v: (
            v["ITEMCD"] in items
            and v["VISIT"] in ("V6", "V7", "V8")
            and bool(v["RESULT"])
            and all(v[key] == value for key, value in values.items())
        ),
    )


def _results(edit: Editor, item: str, lines: Sequence[tuple[str, Expected]]) -> None:
    for written, expected in lines:
        edit.write(_lab(edit, item), "RESULT", written, expected)


def below_limit(edit: Editor) -> None:
    """Case 37."""
    _results(edit, "CRP", [("<0.05", info("", "LB.LBORRES=<0.05"))])


def comparisons(edit: Editor) -> None:
    """Case 38."""
    _results(edit, "CRP", [("≤40", info("", "LB.LBORRES=<=40"))])
    _results(edit, "AFP", [(">1000", info("", "LB.LBORRES=>1000"))])
    record = edit.pick("A14", lambda v: v["VIRRES"] == "<20" and v["VISIT"] == "V7")
    edit.write(record, "VIRRES", "小于20", info("", "MB.MBORRES=<20"))


def not_done(edit: Editor) -> None:
    """Case 39."""
    _results(edit, "ALP", [("未查", info("", "LB.LBSTAT=NOT DONE"))])


def spellings_of_units(edit: Editor) -> None:
    """Case 41: four spellings of one unit, one that is ambiguous, one that is none."""
    for unit in ("10∧9/L", "×109/L", "G/L", "10^9/l"):
        record = _lab(edit, *COUNTS, UNIT="10^9/L")
        edit.write(record, "UNIT", unit, warn("LB-UNIT", "LB.LBSTRESU=10^9/L"))
    edit.write(_lab(edit, *COUNTS, UNIT="10^9/L"), "UNIT", "/L", error("LB-NOUNIT", "LB.LBSTRESN="))
    edit.write(_lab(edit, *COUNTS, UNIT="10^9/L"), "UNIT", "个", error("LB-NOUNIT", "LB.LBSTRESN="))


def tenfold(edit: Editor) -> None:
    """Case 42: a haemoglobin in g/dL beside the unit g/L."""
    record = _lab(edit, "HGB", UNIT="g/L")
    value = f"{float(record.values['RESULT']) / 10:g}"
    edit.write(record, "RESULT", value, warn("LB-SUSPECT", f"LB.LBSTRESN={value}"))


def other_unit(edit: Editor) -> None:
    """Case 43: one creatinine of a subject in mg/dL, its reference range too."""
    record = _lab(edit, "CREA")
    edit.write(record, "RESULT", "1.0", info("", "LB.LBSTRESN=88.42"))
    edit.write(record, "UNIT", "mg/dL", info("", "LB.LBORRESU=mg/dL"))
    edit.write(record, "REFRANGE", "0.6-1.1")


def implausible(edit: Editor) -> None:
    """Case 44."""
    _results(edit, "AST", [("45000", warn("LB-RANGE", "LB.LBSTRESN=45000"))])


def ranges(edit: Editor) -> None:
    """Case 45."""
    lines = [
        ("WBC", "3.5～9.5", info("", "LB.LBORNRHI=9.5")),
        ("AST", "<40", info("", "LB.LBORNRHI=40")),
        ("UPRO", "阴性(-)", info()),
        ("ALB", "", info("", "LB.LBORNRLO=")),
        ("GLU", "见报告单", warn("LB-REF", "LB.LBORNRLO=")),
    ]
    for item, written, expected in lines:
        edit.write(_lab(edit, item), "REFRANGE", written, expected)


def foreign_range(edit: Editor) -> None:
    """Case 46: the range of the other sex, and one in another unit than its result."""
    record = _lab(edit, "HGB", REFRANGE="130-175")
    edit.write(record, "REFRANGE", "115-150", warn("LB-REFX", "LB.LBORNRLO=115"))
    record = _lab(edit, "HGB", REFRANGE="130-175")
    edit.write(record, "REFRANGE", "13.0-17.5", warn("LB-REFX", "LB.LBORNRLO=13.0"))


def second_count(edit: Editor) -> None:
    """Case 47: the whole panel again, four hours later, under a number of its own."""
    first = edit.pick("A13", lambda v: v["VISIT"] == "V6" and v["ITEMCD"] == "WBC" and "T" in v["COLDT"])
    panel = edit.rows("A13", edit.subject(first), LISID=first.values["LISID"])
    number = first.values["LISID"][:-1] + "9"
    later = dt.datetime.fromisoformat(first.values["COLDT"]) + dt.timedelta(hours=4)
    after = panel[-1]
    for record in panel:
        cells = record.cells | {"LISID": number, "COLDT": f"{later:%Y/%m/%d %H:%M}"}
        after = edit.insert(after, cells, info("", f"LB.LBREFID={number}"))


def missing_point(edit: Editor) -> None:
    """Case 48: a weight at a visit, and one that a dose was computed with (which then looks reduced)."""
    record = edit.pick("A11", lambda v: v["VISIT"] == "V8" and "." in v["WT"])
    value = record.values["WT"].replace(".", "")
    edit.write(record, "WT", value, warn("VS-SUSPECT", f"VS.VSORRES={value}"))
    record = edit.pick(
        "A08",
        lambda v: v["INDDRUG"] == "ATG" and v["INDADJ"] == "0" and "." in v["INDWT"] and bool(v["INDDOSE"]),
    )
    value = record.values["INDWT"].replace(".", "")
    dose = round(float(record.values["INDDOSE"]) / float(value), 2)
    edit.write(record, "INDWT", value, error("VS-SUSPECT", f"EX.EXDOSE={dose:g}"))
    edit.expect(record, "INDDOSE", warn("EX-CALC"), cascade=True)


def pressures_swapped(edit: Editor) -> None:
    """Case 49."""
    record = edit.pick("A11", lambda v: v["VISIT"] == "V8" and bool(v["SBP"]) and bool(v["DBP"]))
    high, low = record.values["SBP"], record.values["DBP"]
    edit.write(record, "SBP", low, error("VS-BP", f"VS.VSORRES={low}"))
    edit.write(record, "DBP", high)


def temperatures(edit: Editor) -> None:
    """Case 50: a point in the wrong place, and degrees Fahrenheit."""
    for value in ("3.72", "98.6"):
        record = edit.pick("A11", lambda v: v["VISIT"] == "V7" and bool(v["TEMP"]))
        edit.write(record, "TEMP", value, warn("VS-TEMP", f"VS.VSORRES={value}"))


def seconds_for_ratio(edit: Editor) -> None:
    """Case 51."""
    _results(edit, "INR", [("12.3", warn("LB-INR", "LB.LBSTRESN=12.3"))])
