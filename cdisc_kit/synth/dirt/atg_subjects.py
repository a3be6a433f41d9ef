"""Who is who, who was given what, and which visit was when (study atg)."""

from __future__ import annotations

import datetime as dt

from cdisc_kit.synth.dirt.days import day, is_day, shift, slashed
from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import Expected, error, fatal, info, warn
from cdisc_kit.synth.dirt.raw import Record


def never_treated(edit: Editor) -> None:
    """Case 62: the clean data hold such subjects; the manifest names one."""
    treated = {edit.subject(r) for r in edit.rows("A08", INDGIVEN="Y")}
    record = edit.pick("A03", lambda v: v["SUBJNO"] not in treated)
    edit.expect(record, "RANDNO", info("", "DM.ARMNRS=ASSIGNED, NOT TREATED"))


def screen_failures(edit: Editor) -> None:
    """Case 63: a failure who consented (the clean data hold them), and somebody who never did."""
    record = edit.pick("A01", lambda v: v["SCRRES"] == "2" and not _rescreened(edit, v["SUBJNO"]))
    edit.expect(record, "SCRRES", info("", "DM.ARMNRS=SCREEN FAILURE"))
    number = record.values["SITENO"] + "900"
    _new_person(edit, record, {"SUBJNO": number, "ICFDT": "", "ICFVER": ""}, info("ID-NOCONSENT"))


def rescreened(edit: Editor) -> None:
    """Case 64: a second screening (the clean data hold one), and a twin nobody linked."""
    record = edit.pick("A01", lambda v: bool(v["PREVSUBJ"]))
    edit.expect(record, "PREVSUBJ", info("DM-RESCREEN", f"DM.SUBJID={edit.subject(record)}"))
    treated = edit.rows("A01", SCRRES="1", PREVSUBJ="")
    twin = edit.pick(
        "A01",
        lambda v: v["SCRRES"] == "2" and not _rescreened(edit, v["SUBJNO"]) and bool(_likes(treated, v)),
    )
    other = _likes(treated, twin.values)[0]
    edit.write(twin, "BRTHDT", other.cells["BRTHDT"], warn("ID-TWIN"))
    edit.expect(other, "BRTHDT", warn("ID-TWIN"), cascade=True)
    for row in edit.all_rows(edit.subject(twin)):
        edit.set(row, "INITIALS", other.cells["INITIALS"])


def _likes(records: list[Record], values: dict[str, str]) -> list[Record]:
    """Those of the same centre and sex."""
    return [
        r for r in records if (r.values["SITENO"], r.values["SEXZH"]) == (values["SITENO"], values["SEXZH"])
    ]


def _rescreened(edit: Editor, subject: str) -> bool:
    return bool(edit.rows("A01", PREVSUBJ=subject))


def _new_person(edit: Editor, like: Record, changes: dict[str, object], expected: Expected) -> None:
    """A screening form of somebody else, below that of `like`."""
    birth = shift(like.values["BRTHDT"], -100)
    own = {"INITIALS": "ZZQX", "SCRNO": "S900", "BRTHDT": slashed(birth)}
    edit.insert(like, own | changes, expected)


def number_twice(edit: Editor) -> None:
    """Case 65."""
    first = edit.pick("A03", lambda v: v["RANDGRP"] == "ATG")
    second = edit.pick("A03", lambda v: v["RANDGRP"] == "ATG" and v["SUBJNO"] != edit.subject(first))
    edit.write(second, "RANDNO", first.values["RANDNO"], fatal("RAND-DUP"))
    edit.expect(first, "RANDNO", fatal("RAND-DUP"), cascade=True)


def other_arm(edit: Editor) -> None:
    """Case 66: treated with basiliximab, and the randomisation form says the other group."""
    treated = {edit.subject(r) for r in edit.rows("A08", INDDRUG="BAS", INDGIVEN="Y")}
    record = edit.pick("A03", lambda v: v["RANDGRP"] == "BAS" and v["SUBJNO"] in treated)
    edit.write(record, "RANDGRP", "研究组", warn("DM-ARMSWAP", "DM.ACTARMCD=BAS"))
    edit.expect(record, "RANDGRP", info("", "DM.ARMCD=ATG"))


def visit_out_of_order(edit: Editor) -> None:
    """Case 76: POD 30 two days before POD 14, on every page of the visit."""
    earlier = {edit.subject(r): r.values["VISDT"] for r in edit.rows("A11", VISIT="V6")}
    record = edit.pick("A11", lambda v: v["VISIT"] == "V7" and v["SUBJNO"] in earlier)
    date = shift(earlier[edit.subject(record)], -2)
    edit.write(record, "VISDT", slashed(date), error("SV-ORDER", f"SV.SVSTDTC={date}"))
    for row in edit.all_rows(edit.subject(record)):
        if row is not record and row.values.get("VISIT") == "V7":
            edit.write(row, "VISDT", slashed(date))


def visit_left_out(edit: Editor) -> None:
    """Case 77: every page of POD 7 is gone, later visits are there."""
    later = {edit.subject(r) for r in edit.rows("A11", VISIT="V6")}
    record = edit.pick("A11", lambda v: v["VISIT"] == "V5" and v["SUBJNO"] in later)
    pages = [r for r in edit.all_rows(edit.subject(record)) if r.values.get("VISIT") == "V5"]
    edit.remove(record, info("SV-MISS", "SV.SVOCCUR=N"))
    for row in pages:
        if row is not record:
            edit.remove(row)


def entered_two_ways(edit: Editor) -> None:
    """Case 80: the second clerk turned the digits of a dose, and nobody has decided."""
    record = edit.pick(
        "A08",
        lambda v: len(v["INDDOSE"]) == 2 and v["INDDOSE"][0] != v["INDDOSE"][1] and v["INDGIVEN"] == "Y",
    )
    edit.write(record, "INDDOSE", record.values["INDDOSE"][::-1], entry="entry2")
    edit.expect(record, "INDDOSE", fatal("DDE-MISMATCH"))  # it stands at the first entry and names the second


def consent_version(edit: Editor) -> None:
    """Case 82."""
    record = edit.pick("A01", lambda v: v["SCRRES"] == "1" and not v["PREVSUBJ"])
    edit.write(record, "ICFVER", "V3.0", warn("ICF-VER"))


def too_old(edit: Editor) -> None:
    """Case 83."""
    record = edit.pick("A01", lambda v: v["SCRRES"] == "1" and not v["PREVSUBJ"])
    consent = day(record.values["ICFDT"])
    birth = dt.date(consent.year - 76, consent.month, 1) - dt.timedelta(days=90)
    edit.write(record, "BRTHDT", slashed(birth), error("IE-AGE", "DM.AGE=76"))


def last_dose_too_late(edit: Editor) -> None:
    """Case 84."""
    surgery = {edit.subject(r): r.values["LTDT"] for r in edit.rows("A07")}
    record = edit.pick(
        "A05", lambda v: v["TXCLASS"] == "1" and is_day(v["LASTDOSE"]) and v["SUBJNO"] in surgery
    )
    date = shift(surgery[edit.subject(record)], -12)
    edit.write(record, "LASTDOSE", slashed(date), error("CM-PD1WIN"))
    edit.write(record, "TXENDT", slashed(date))


def never_screened(edit: Editor) -> None:
    """Case 85."""
    record = edit.pick("A12", lambda v: v["VISIT"] == "V7")
    stranger = {"SUBJNO": record.values["SITENO"] + "990", "INITIALS": "ZZZZ"}
    edit.insert(record, stranger, error("ID-ORPHAN"))


def tenth_centre(edit: Editor) -> None:
    """Case 86: a screening form of a centre that is not registered."""
    record = edit.pick("A01", lambda v: v["SCRRES"] == "2" and not v["PREVSUBJ"])
    _new_person(edit, record, {"SITENO": "10", "SUBJNO": "10001"}, error("SITE-UNKNOWN"))
