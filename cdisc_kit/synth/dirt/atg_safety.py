"""Biopsies, events, infections and medications that do not fit together (study atg)."""

from __future__ import annotations

from cdisc_kit.synth.dirt.days import CUT_OFF, is_day, shift, slashed
from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import error, info, warn
from cdisc_kit.synth.dirt.raw import Record

DAYS_AFTER_SURGERY = 22


def _quiet_specimens(edit: Editor) -> set[str]:
    """Specimens with a result that no rejection rests on."""
    rejected = {r.values["ARBXNO"] for r in edit.rows("A17")}
    return {r.values["BXNO"] for r in edit.rows("A16")} - rejected


def late_biopsy(edit: Editor) -> None:
    """Case 67: report and specimen of the biopsy move with it, the visit does not."""
    surgery = {edit.subject(r): r.values["LTDT"] for r in edit.rows("A07")}
    quiet = _quiet_specimens(edit)
    record = edit.pick("A15", lambda v: v["BXTYPE"] == "1" and v["BXNO"] in quiet)
    subject, specimen = edit.subject(record), record.values["BXNO"]
    date = shift(surgery[subject], DAYS_AFTER_SURGERY)
    edit.write(record, "BXDT", slashed(date), warn("BX-WINDOW14", f"PR.PRSTDTC={_with_time(record, date)}"))
    for report in edit.rows("A16", subject, BXNO=specimen):
        edit.write(report, "RPTDT", slashed(shift(date.isoformat(), 3)))
    for sample in edit.rows("A25", subject, BXNO=specimen):
        _, _, time = sample.values["COLDT"].partition("T")
        edit.write(sample, "COLDT", f"{slashed(date)} {time}".strip())
        edit.write(sample, "STOREDT", slashed(date))


def _with_time(record: Record, date: object) -> str:
    time = record.values["BXTM"]
    return f"{date}T{time}" if time else f"{date}"


def wrong_total(edit: Editor) -> None:
    """Case 68."""
    quiet = _quiet_specimens(edit)
    record = edit.pick("A16", lambda v: v["BXNO"] in quiet and v["BANFFDX"] == "0")
    total = str(int(record.values["RAI"]) + 1)
    edit.write(record, "RAI", total, error("MI-RAISUM", f"MI.MIORRES={total}"))


def biopsy_and_result_apart(edit: Editor) -> None:
    """Case 69: a biopsy whose result is gone, and a result whose number belongs to no biopsy."""
    quiet = _quiet_specimens(edit)
    record = edit.pick("A16", lambda v: v["BXNO"] in quiet)
    edit.remove(record)
    edit.expect(_biopsy(edit, record), "BXNO", warn("BX-NOPATH"))
    record = edit.pick("A16", lambda v: v["BXNO"] in quiet)
    edit.write(record, "BXNO", record.values["BXNO"][:-2] + "09", error("BX-ORPHANPATH"))
    edit.expect(_biopsy(edit, record), "BXNO", warn("BX-NOPATH"), cascade=True)


def _biopsy(edit: Editor, report: Record) -> Record:
    return edit.rows("A15", edit.subject(report), BXNO=report.values["BXNO"])[0]


def no_end(edit: Editor) -> None:
    """Case 70."""
    record = edit.pick("A19", lambda v: v["AEONGO"] == "N" and is_day(v["AEENDT"]) and v["AEINF"] == "N")
    edit.write(record, "AEENDT", "", warn("AE-ENDMISS", "AE.AEENDTC="))


def uncoded_event(edit: Editor) -> None:
    """Case 71: a text that no coding table has is neither translated nor coded."""
    record = edit.pick("A19", lambda v: v["AEINF"] == "N" and v["AECMTRT"] == "N")
    edit.write(record, "AETXT", "全身乏力加重3级", error("AE-NOTRANS"))
    edit.expect(record, "AETXT", error("AE-UNCODED", "AE.AEDECOD=UNCODED"), cascade=True)


def seriousness(edit: Editor) -> None:
    """Case 72: grade 4 but not serious, fatal without a death, serious without a criterion."""
    record = edit.pick("A19", lambda v: v["AESERZH"] == "N" and v["AEGR"] == "3")
    edit.write(record, "AEGR", "4", warn("AE-SAE", "AE.AETOXGR=4"))
    dead = {edit.subject(r) for r in edit.rows("A22")}
    record = edit.pick(
        "A19", lambda v: v["AESERZH"] == "Y" and v["SUBJNO"] not in dead and v["AEONGO"] == "N"
    )
    edit.write(record, "AEOUTZH", "死亡", error("AE-FATAL", "AE.AEOUT=FATAL"))
    record = edit.pick("A19", lambda v: v["AESERZH"] == "Y" and bool(v["AESERCR"]))
    edit.write(record, "AESERCR", "", error("AE-SAECR", "AE.AESER=Y"))


def infections(edit: Editor) -> None:
    """Case 73: an infection without its page, and a page that points to no event."""
    record = edit.pick("A18", lambda v: bool(v["INFAENO"]))
    edit.remove(record)
    edit.expect(_event(edit, record), "AEINF", warn("AE-INF"))
    record = edit.pick("A18", lambda v: bool(v["INFAENO"]))
    edit.write(record, "INFAENO", "99", error("LINK-MISS"))
    edit.expect(_event(edit, record), "AEINF", warn("AE-INF"), cascade=True)


def _event(edit: Editor, page: Record) -> Record:
    return edit.rows("A19", edit.subject(page), ROWNO=page.values["INFAENO"])[0]


def medication_dates(edit: Editor) -> None:
    """Case 74."""
    record = edit.pick(
        "A20",
        lambda v: (
            v["CMONGO"] == "Y"
            and not v["CMENDT"]
            and is_day(v["CMSTDT"])
            and shift(v["CMSTDT"], 30) <= CUT_OFF
        ),
    )
    end = shift(record.values["CMSTDT"], 30)
    edit.write(record, "CMENDT", slashed(end), warn("CM-ONGO", f"CM.CMENDTC={end}"))
    record = edit.pick("A20", lambda v: is_day(v["CMSTDT"]) and is_day(v["CMENDT"]))
    end = shift(record.values["CMSTDT"], -3)
    edit.write(record, "CMENDT", slashed(end), error("DT-ORDER", f"CM.CMENDTC={end}"))


def dose_in_name(edit: Editor) -> None:
    """Case 75."""
    record = edit.pick("A20", lambda v: v["CMRTE"] == "ORAL" and not v["CMAENO"])
    edit.write(record, "CMTXT", "他克莫司胶囊(普乐可复)1mg bid", warn("CM-SPLIT", "CM.CMTRT=TACROLIMUS"))
    for key, output in (("CMDOSE", "CM.CMDOSE=1"), ("CMDOSU", "CM.CMDOSU=mg"), ("CMFRQ", "CM.CMDOSFRQ=BID")):
        edit.write(record, key, "", info("", output))
