"""Lesions, measurements and responses of the EDC export (study capeox)."""

from __future__ import annotations

from cdisc_kit.synth.dirt.days import day, shift
from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import error, fatal, info, warn
from cdisc_kit.synth.dirt.raw import Record

NODE_MM = 30
MAX_TARGETS = 5


def _response(edit: Editor, record: Record) -> Record | None:
    """The response at the event of a row."""
    found = edit.rows("RESP", edit.subject(record), EVENT=record.values["EVENT"])
    return found[0] if found else None


def number_reused(edit: Editor) -> None:
    """Case 52: the number of a target is given to a new lesion."""
    second = {edit.subject(r) for r in edit.rows("TULES", LESNO="T02", LESTYPE="1")}
    seen = {edit.subject(r) for r in edit.rows("TUNEW", LESNO="N01")}
    record = edit.pick("TULES", lambda v: v["LESNO"] == "N01" and v["SUBJID"] in second & seen)
    edit.write(record, "LESNO", "T02", fatal("TU-REUSE"))
    for row in edit.rows("TUNEW", edit.subject(record), LESNO="N01"):
        edit.write(row, "LESNO", "T02")


def target_missing(edit: Editor) -> None:
    """Case 53: without the row the target response cannot be what was collected."""
    stable = {
        (edit.subject(r), r.values["EVENT"])
        for r in edit.rows("RESP", NEWLES="N")
        if r.values["TRESP"] == r.values["ORESP"] in ("SD", "PR") and r.values["NTRESP"] != "PD"
    }
    places = [(edit.subject(r), r.values["EVENT"]) for r in edit.rows("TUTGT")]
    record = edit.pick(
        "TUTGT",
        lambda v: (v["SUBJID"], v["EVENT"]) in stable and places.count((v["SUBJID"], v["EVENT"])) > 1,
    )
    edit.remove(record, error("TR-MISS"))
    response = _response(edit, record)
    if response is not None:
        edit.expect(response, "TRESP", warn("RX-TRESP"), cascade=True)
        edit.expect(response, "ORESP", warn("RX-ORESP"), cascade=True)


def new_lesion_ignored(edit: Editor) -> None:
    """Case 54: the new lesion stands beside the response that ignores it."""
    certain = {(edit.subject(r), r.values["EVENT"]) for r in edit.rows("TUNEW", NEWST="1")}
    record = edit.pick(
        "RESP",
        lambda v: (
            v["NEWLES"] == "Y"
            and v["ORESP"] == "PD"
            and v["TRESP"] != "PD"
            and (v["SUBJID"], v["EVENT"]) in certain
        ),
    )
    edit.write(record, "ORESP", "SD", error("RX-ORESP", "RS.RSORRES=SD"))
    edit.expect(record, "ORESP", error("RX-MATRIX"), cascade=True)


def late_target(edit: Editor) -> None:
    """Case 55: a non-target is measured as a target from the last assessment on."""
    last = {edit.subject(r): r.values["EVENT"] for r in edit.rows("TUTGT")}
    targets = [edit.subject(r) for r in edit.rows("TULES", LESTYPE="1")]
    record = edit.pick(
        "TULES",
        lambda v: (
            v["LESTYPE"] == "2"
            and v["LESNODE"] == "N"
            and last.get(v["SUBJID"], "SCR") != "SCR"
            and targets.count(v["SUBJID"]) < MAX_TARGETS
        ),
    )
    subject = edit.subject(record)
    measured = edit.rows("TUTGT", subject, EVENT=last[subject])[-1]
    date = day(measured.values["SCANDT"])
    name = {"LESNO": f"T{targets.count(subject) + 1:02d}"}
    visit = {key: measured.cells[key] for key in ("EVENT", "EVENTDT", "LASTMODTM", "FORMSTATUS")}
    kind = {"REPEATKEY": 9, "LESTYPE": 1, "LESTYPE_TXT": "靶病灶", "LESDT": date}
    edit.insert(record, visit | name | kind, warn("TU-LATE", f"TU.TUDTC={date}"))
    size = {"REPEATKEY": 9, "DIAM": 12, "TGTST": 1, "TGTST_TXT": "可测量", "TGTNERS": None}
    edit.insert(measured, name | size)


def length_of_node(edit: Editor) -> None:
    """Case 56: the length of a node for its short axis at baseline; the EDC sums what it is given."""
    nodes = {(edit.subject(r), r.values["LESNO"]) for r in edit.rows("TULES", LESNODE="Y", LESTYPE="1")}
    followed = {edit.subject(r) for r in edit.rows("RESP") if r.values["PCHGBL"]}
    unfollowed = {place for place in nodes if place[0] not in followed}
    record = edit.pick(
        "TUTGT",
        lambda v: (
            v["EVENT"] == "SCR" and (v["SUBJID"], v["LESNO"]) in (unfollowed or nodes) and bool(v["DIAM"])
        ),
    )
    edit.write(record, "DIAM", NODE_MM, warn("TU-NODEDIM", f"TR.TRORRES={NODE_MM}"))
    response = _response(edit, record)
    if response is not None and response.values["SUMDIAM"]:
        total = float(response.values["SUMDIAM"]) - float(record.values["DIAM"]) + NODE_MM
        edit.write(response, "SUMDIAM", int(total) if total.is_integer() else total)
    for later in edit.rows("RESP", edit.subject(record)):
        if later.values["PCHGBL"] not in ("", "-100"):
            edit.expect(later, "PCHGBL", error("RX-SUM"), cascade=True)


def two_scan_dates(edit: Editor) -> None:
    """Case 57: one organ was scanned three days later, and the response is dated by the last scan."""
    places = [(edit.subject(r), r.values["EVENT"]) for r in edit.rows("TUTGT")]
    last = {edit.subject(r): r.values["EVENT"] for r in edit.rows("RESP")}
    dated = {(edit.subject(r), r.values["EVENT"], r.values["RSPDT"]) for r in edit.rows("RESP")}
    record = edit.pick(
        "TUTGT",
        lambda v: (
            v["EVENT"].startswith("TA")
            and v["EVENT"] != last.get(v["SUBJID"])
            and (v["SUBJID"], v["EVENT"], v["SCANDT"]) in dated
            and places.count((v["SUBJID"], v["EVENT"])) > 1
        ),
    )
    date = shift(record.values["SCANDT"], 3)
    edit.write(record, "SCANDT", date, info("RS-MULTIDATE", f"RS.RSDTC={date}"))
    response = _response(edit, record)
    if response is not None:
        edit.write(response, "RSPDT", date)
