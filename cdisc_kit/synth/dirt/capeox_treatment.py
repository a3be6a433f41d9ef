"""Study drugs of the EDC export (study capeox)."""

from __future__ import annotations

import datetime as dt

from cdisc_kit.synth.dirt.days import day, shift
from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import error, info, warn
from cdisc_kit.synth.dirt.raw import Record

LEAST_DAYS = 12


def _whole_course(edit: Editor) -> Record:
    """The only interval of a cycle that another follows, long enough to hold a pause."""
    diary = [r.values for r in edit.rows("EXPO")]
    per_cycle = [(v["SUBJID"], v["CYCLE"]) for v in diary]
    last = {v["SUBJID"]: v["CYCLE"] for v in diary}
    return edit.pick(
        "EXPO",
        lambda v: (
            v["TAKEN"] == "Y"
            and per_cycle.count((v["SUBJID"], v["CYCLE"])) == 1
            and v["CYCLE"] != last[v["SUBJID"]]
            and shift(v["STDT"], LEAST_DAYS) <= day(v["ENDT"])
        ),
    )


def _again(record: Record, start: dt.date, end: dt.date) -> dict[str, object]:
    return {"REPEATKEY": int(record.values["REPEATKEY"]) + 1, "STDT": start, "ENDT": end}


def overlap(edit: Editor) -> None:
    """Case 58; together the two are more days than a cycle has."""
    record = _whole_course(edit)
    start, end = shift(record.values["ENDT"], -2), shift(record.values["ENDT"], 4)
    added = edit.insert(record, _again(record, start, end), error("EX-OVERLAP", f"EX.EXSTDTC={start}"))
    edit.expect(added, "ENDT", warn("EX-CAP14"), cascade=True)


def pause_inside(edit: Editor) -> None:
    """Case 59."""
    record = _whole_course(edit)
    start, end = shift(record.values["STDT"], 4), shift(record.values["STDT"], 6)
    held: dict[str, object] = dict.fromkeys(("TAB500", "TAB150", "MISSED", "BSAUSED"))
    held |= {"TAKEN": "否", "HOLDRS": "手足综合征"}
    edit.insert(record, _again(record, start, end) | held, info("EX-SPLIT", f"EC.ECSTDTC={start}"))


def nothing_given(edit: Editor) -> None:
    """Case 60: a middle dose of bevacizumab, so that first and last exposure stay."""
    given = [r.values for r in edit.rows("EXIV", IVDRUG="2", GIVEN="Y")]
    last = {v["SUBJID"]: v["CYCLE"] for v in given}
    record = edit.pick(
        "EXIV",
        lambda v: v["IVDRUG"] == "2" and v["GIVEN"] == "Y" and v["CYCLE"] not in ("1", last[v["SUBJID"]]),
    )
    edit.write(record, "ACTDOSE", None, warn("EC-NOACT", "EC.ECMOOD=SCHEDULED"))


def no_reason(edit: Editor) -> None:
    """Case 61."""
    record = edit.pick("EXIV", lambda v: v["ADJ"] == "REDUCED" and bool(v["ADJRS"]))
    edit.write(record, "ADJRS", None, warn("EX-ADJ", "EX.EXADJ="))
