"""Dates and times of the paper forms (study atg)."""

from __future__ import annotations

import datetime as dt

from cdisc_kit.synth.dirt.days import CUT_OFF, day, dotted, is_day, shift, slashed
from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import error, fatal, info, warn
from cdisc_kit.synth.dirt.raw import Record


def unknown_day(edit: Editor) -> None:
    """Case 1."""
    record = edit.pick("A06", lambda v: is_day(v["MHSTDT"]))
    year, month, _ = record.values["MHSTDT"].split("-")
    edit.write(record, "MHSTDT", f"{year}/{month}/UK", info("DT-PARTIAL", f"MH.MHSTDTC={year}-{month}"))
    edit.expect(record, "MHSTDT", info("", "MH.MHSTDY="))


def unknown_month(edit: Editor) -> None:
    """Case 3; the event is not an infection, which states its date twice."""
    record = edit.pick("A19", lambda v: v["AEINF"] == "N" and is_day(v["AESTDT"]))
    year, _, number = record.values["AESTDT"].split("-")
    edit.write(record, "AESTDT", f"{year}/UK/{number}", warn("DT-PARTIAL", f"AE.AESTDTC={year}---{number}"))
    edit.expect(record, "AESTDT", info("", "AE.AESTDY="))


def chinese_date(edit: Editor) -> None:
    """Case 4."""
    record = edit.pick("A01", lambda v: v["SCRRES"] == "1" and not v["PREVSUBJ"])
    iso = record.values["ICFDT"]
    date = day(iso)
    edit.write(record, "ICFDT", f"{date.year}年{date.month}月{date.day}日", info("", f"DM.RFICDTC={iso}"))


def _drug_treatment(values: dict[str, str]) -> bool:
    return values["TXCLASS"] in ("1", "2") and is_day(values["TXSTDT"])


def dotted_date(edit: Editor) -> None:
    """Case 5."""
    record = edit.pick("A05", _drug_treatment)
    iso = record.values["TXSTDT"]
    edit.write(record, "TXSTDT", dotted(day(iso)), info("", f"CM.CMSTDTC={iso}"))


def two_digit_year(edit: Editor) -> None:
    """Case 14: no other century lies between birth and cut-off."""
    record = edit.pick("A05", _drug_treatment)
    iso = record.values["TXSTDT"]
    edit.write(record, "TXSTDT", dotted(day(iso))[2:], warn("DT-YY", f"CM.CMSTDTC={iso}"))


def packed_date(edit: Editor) -> None:
    """Case 6."""
    record = edit.pick("A11", lambda v: v["VISIT"] == "V8")
    iso = record.values["VISDT"]
    edit.write(record, "VISDT", iso.replace("-", ""), info("", f"VS.VSDTC={iso}"))


def full_width_colon(edit: Editor) -> None:
    """Case 9."""
    record = edit.pick("A13", lambda v: v["VISIT"] == "V7" and "T" in v["COLDT"])
    date, _, time = record.values["COLDT"].partition("T")
    year, month, number = date.split("-")
    hour, minute = time.split(":")
    written = f"{year}-{int(month)}-{int(number)} {int(hour)}：{minute}"
    edit.write(record, "COLDT", written, info("", f"LB.LBDTC={date}T{time}"))


def _middle_infusion(edit: Editor) -> Record:
    """The second of three infusions given: neither first nor last exposure moves with it."""
    thirds = {edit.subject(r) for r in edit.rows("A08", ROWNO="3", INDGIVEN="Y", INDDRUG="ATG")}
    return edit.pick(
        "A08",
        lambda v: (
            v["ROWNO"] == "2" and v["INDGIVEN"] == "Y" and v["INDDRUG"] == "ATG" and v["SUBJNO"] in thirds
        ),
    )


def midnight(edit: Editor) -> None:
    """Case 10: the second basiliximab, started at 24:00 and ended on the day after.

    A second dose of a daily drug would fall on the day of the third.
    """
    record = edit.pick("A08", lambda v: v["ROWNO"] == "2" and v["INDDRUG"] == "BAS" and v["INDGIVEN"] == "Y")
    tomorrow = shift(record.values["INDSTDT"], 1)
    edit.write(record, "INDSTTM", "24:00", info("DT-2400", f"EX.EXSTDTC={tomorrow}T00:00"))
    edit.write(record, "INDENDT", slashed(tomorrow))
    edit.write(record, "INDENTM", "00:30")


def time_in_words(edit: Editor) -> None:
    """Case 11; the end is set so that the infusion keeps a plausible length."""
    record = _middle_infusion(edit)
    date = record.values["INDSTDT"]
    edit.write(record, "INDSTTM", "早8点半", warn("DT-ZHTIME", f"EX.EXSTDTC={date}T08:30"))
    edit.write(record, "INDENTM", "13:30")


def impossible_date(edit: Editor) -> None:
    """Case 12; the event then has neither an end nor a tick at ongoing."""
    record = edit.pick("A19", lambda v: v["AEONGO"] == "N" and is_day(v["AEENDT"]))
    edit.write(record, "AEENDT", f"{record.values['AEENDT'][:4]}-02-30", error("DT-INVALID", "AE.AEENDTC="))
    edit.expect(record, "AEENDT", warn("AE-ENDMISS"), cascade=True)


def future_follow_up(edit: Editor) -> None:
    """Case 15: 30 days after the cut-off, which an extract made later may hold, and longer after it."""
    last = {edit.subject(r): r for r in edit.rows("A21")}
    for late, expected in ((30, warn), (60, error)):
        record = edit.pick(
            "A21", lambda v: v["SURV"] == "1" and v["GRAFT"] == "1" and last[v["SUBJNO"]].values is v
        )
        date = CUT_OFF + dt.timedelta(days=late)
        edit.write(record, "FUDT", slashed(date), expected("DT-FUTURE", f"SS.SSDTC={date}"))


def end_before_start(edit: Editor) -> None:
    """Case 16."""
    record = edit.pick("A19", lambda v: is_day(v["AESTDT"]) and is_day(v["AEENDT"]))
    early = shift(record.values["AESTDT"], -3)
    edit.write(record, "AEENDT", slashed(early), error("DT-ORDER", f"AE.AEENDTC={early}"))
    edit.expect(record, "AESTDT", info("", f"AE.AESTDTC={record.values['AESTDT']}"))


def late_consent(edit: Editor) -> None:
    """Case 17: one consent after the first dose (hence after the tests too), one after the tests only."""
    first: dict[str, str] = {}
    for row in edit.rows("A08", INDGIVEN="Y"):
        first.setdefault(edit.subject(row), row.values["INDSTDT"])
    record = edit.pick("A01", lambda v: v["SUBJNO"] in first and not v["PREVSUBJ"])
    date = shift(first[edit.subject(record)], 1)
    edit.write(record, "ICFDT", slashed(date), error("DT-ICFLATE", f"DM.RFICDTC={date}"))
    edit.expect(record, "ICFDT", warn("DT-ICFLATE"), cascade=True)
    dose = edit.rows("A08", edit.subject(record), INDGIVEN="Y")[0]
    edit.expect(dose, "INDSTDT", error("EX-BEFORE-ICF"), cascade=True)
    record = edit.pick(
        "A01",
        lambda v: (
            v["SUBJNO"] in first and not v["PREVSUBJ"] and day(first[v["SUBJNO"]]) > shift(v["VISDT"], 4)
        ),
    )
    date = shift(record.values["VISDT"], 2)
    edit.write(record, "ICFDT", slashed(date), warn("DT-ICFLATE", f"DM.RFICDTC={date}"))


def event_after_death(edit: Editor) -> None:
    """Case 18: an event that did not kill begins after the death."""
    deaths = _deaths(edit)
    record = edit.pick("A19", lambda v: v["SUBJNO"] in deaths and v["AEOUTZH"] != "5" and v["AEINF"] == "N")
    start = shift(deaths[edit.subject(record)], 2)
    edit.write(record, "AESTDT", slashed(start), error("DT-AFTERDEATH", f"AE.AESTDTC={start}"))
    if record.values["AEENDT"]:
        end = start + dt.timedelta(days=4)
        edit.write(record, "AEENDT", slashed(end), error("DT-AFTERDEATH", f"AE.AEENDTC={end}"))


def death_in_conflict(edit: Editor) -> None:
    """Case 18, the form that stops the build: the end of study keeps the true day of death."""
    deaths = _deaths(edit)
    ended = {edit.subject(r) for r in edit.rows("A23", EOSRSN="1")}
    record = edit.pick("A22", lambda v: v["SUBJNO"] in ended and v["SUBJNO"] in deaths)
    edit.write(record, "DTHDT", slashed(shift(record.values["DTHDT"], -5)), fatal("DM-DTHCONF"))


def _deaths(edit: Editor) -> dict[str, str]:
    return {edit.subject(r): r.values["DTHDT"] for r in edit.rows("A22") if is_day(r.values["DTHDT"])}


def past_midnight(edit: Editor) -> None:
    """Case 19."""
    record = edit.pick("A07", lambda v: is_day(v["LTDT"]))
    tomorrow = shift(record.values["LTDT"], 1)
    edit.write(record, "LTSTTM", "20:40")
    edit.write(record, "LTENTM", "02:10", info("DT-MIDNIGHT", f"PR.PRENDTC={tomorrow}T02:10"))
