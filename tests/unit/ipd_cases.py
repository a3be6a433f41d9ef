"""Cases a release has to survive: each plants one in a small study and fails where it comes through.

They are functions by name, so that test_ipd_protections can run one with its protection taken away.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from ipd_small import (
    DAY_ONE,
    POLICY,
    SUBJECTS,
    K,
    Released,
    common,
    empty,
    events,
    release,
    roster,
    supplement,
    table,
    usubjid,
)

from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import OutputError, SpecError
from cdisc_kit.ipd.anchor import EPOCH
from cdisc_kit.sharing import cells

CASES: dict[str, Callable[[], None]] = {}
Case = Callable[[], None]


def case(name: str) -> Callable[[Case], Case]:
    def kept(function: Case) -> Case:
        CASES[name] = function
        return function

    return kept


def of(released: Released, name: str, number: int) -> pd.DataFrame:
    """The released rows of a subject."""
    frame = released.frame(name)
    return frame[frame["USUBJID"] == released.new[usubjid(number)]].reset_index(drop=True)


def one(released: Released, name: str, number: int, variable: str) -> object:
    rows = of(released, name, number)
    assert len(rows) == 1
    return rows.loc[0, variable]


def subjects_by(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame[frame[column] != ""].groupby(column)["USUBJID"].nunique()


def dated(number: int, start: str, **more: object) -> dict[str, object]:
    return {"of": number, "TERM": "Nausea", "DECOD": "Nausea", "BODSYS": "Gut", "STDTC": start, **more}


def with_event(start: str, roster_of: Dataset | None = None, **more: object) -> Released:
    """Twelve subjects with a common event; that of subject 3 begins on `start`."""
    rows = [
        dated(n, start if n == 3 else DAY_ONE, **(more if n == 3 else dict.fromkeys(more, "")))
        for n in range(12)
    ]
    return release(*([roster_of] if roster_of is not None else []), events(rows))


def donors(kinds: list[str]) -> tuple[Dataset, Dataset]:
    rows = [
        {
            "DOMAIN": "PR",
            "USUBJID": usubjid(n),
            "PRSEQ": 1.0,
            "PRTRT": "Transplantation",
            "PRDECOD": "Transplantation",
        }
        for n in range(SUBJECTS)
    ]
    said = [
        {"of": n, "IDVAR": "PRSEQ", "IDVARVAL": "1", "QNAM": "PRDONOR", "QVAL": kind}
        for n, kind in enumerate(kinds)
    ]
    return table("PR", rows, ("USUBJID", "PRDECOD"), "INTERVENTIONS"), supplement("PR", said)


# Quasi-identifiers


@case("one woman")
def one_woman() -> None:
    sexes = {n: {"SEX": "M"} for n in range(SUBJECTS)} | {7: {"SEX": "F"}}
    released = release(roster(sexes))
    assert "F" not in released.texts()
    assert set(released.frame("DM")["SEX"]) == {"U"}, "Required: the most general honest value"


@case("somebody who was never treated")
def never_treated() -> None:
    few = {n: {"ARMNRS": "SCREEN FAILURE" if n == 3 else ""} for n in range(SUBJECTS)}
    left_out = "subjects: {variable: ARMNRS, values: [SCREEN FAILURE], reason: seen to differ}\n"
    released = release(roster(few), events(common()), policy=POLICY + left_out)
    assert len(released.frame("DM")) == SUBJECTS - 1
    assert len(released.frame("AE")) == 11, "of twelve, and one of them was the third"
    told = {d.dataset: d.rows for d in released.decisions if d.rule.startswith("subjects left out")}
    assert told == {"AE": 1, "DM": 1}


@case("what else tells a withheld fact")
def told_otherwise() -> None:
    told_by = """told_by: {LB: {variables: {LBNRIND: {drop: "true", reason: by sex}}},
      VS: {records: [{variable: VSTESTCD, values: [HEIGHT], reason: by sex}]}}}"""
    policy = POLICY.replace("suppressed: U}", f"suppressed: U, {told_by}")
    usual = {"DOMAIN": "LB", "LBSEQ": 1.0, "LBTESTCD": "HGB", "LBSTRESC": "125", "LBSTRESN": 125.0}
    results = [{**usual, "USUBJID": usubjid(n), "LBNRIND": "LOW" if n % 2 else "NORMAL"} for n in range(20)]
    signs = [
        {"DOMAIN": "VS", "USUBJID": usubjid(n), "VSSEQ": 1.0, "VSTESTCD": test, "VSSTRESC": "1"}
        for n in range(SUBJECTS)
        for test in ("HEIGHT", "PULSE")
    ]
    both = table("LB", results, cls="FINDINGS"), table("VS", signs, cls="FINDINGS")
    sexes = {n: {"SEX": "M"} for n in range(SUBJECTS)} | {7: {"SEX": "F"}}
    hidden, shown = release(roster(sexes), *both, policy=policy), release(*both, policy=policy)
    assert set(hidden.frame("LB").get("LBNRIND", pd.Series([""]))) == {""}
    assert set(hidden.frame("VS")["VSTESTCD"]) == {"PULSE"}
    assert set(shown.frame("LB")["LBNRIND"]) == {"LOW", "NORMAL"}, "sex is released: it may be told"
    assert set(shown.frame("VS")["VSTESTCD"]) == {"HEIGHT", "PULSE"}


@case("one aged 78")
def one_aged_78() -> None:
    released = release(roster({4: {"AGE": 78.0}}))
    assert not (released.frame("DM")["AGE"] == 78).any()
    bands = (
        released.frame("SUPPDM")
        if "SUPPDM" in released.datasets
        else pd.DataFrame({"QVAL": [], "USUBJID": []})
    )
    assert (subjects_by(bands, "QVAL") >= K).all()
    assert not any("7" in band for band in bands["QVAL"])


@case("kept ages from 90 on are one group")
def ninety() -> None:
    ages = {n: {"SEX": "M", "AGE": (52.0, 52.0, 92.0, 95.0)[n % 4]} for n in range(SUBJECTS)}
    levels = 'levels: [keep, "10", drop], qualifier: {name: AGEBAND, label: Age Band (Years)}'
    released = release(roster(ages), policy=POLICY.replace(levels, "levels: [keep, drop]"))
    assert sorted(set(released.frame("DM")["AGE"])) == [52.0, 90.0]


@case("a site with one subject")
def one_at_site() -> None:
    released = release(roster({9: {"SITEID": "S77", "USUBJID": "TINY-S77-00009"}}))
    assert set(released.frame("DM")["SITEID"]) == {"ALL"}
    assert not any("S77" in text or "S01" in text for text in released.texts())


@case("a unique living donor")
def one_living_donor() -> None:
    released = release(*donors(["LIVING"] + ["DECEASED"] * (SUBJECTS - 1)))
    assert not {"LIVING", "DECEASED"} & released.texts(), "what is left would tell who is missing"


@case("a missing quasi-identifier is a value")
def missing_is_a_value() -> None:
    released = release(*donors(["DBD" if n % 2 else "DCD" for n in range(SUBJECTS - 1)]))
    assert not {"DBD", "DCD"} & released.texts()


# Terms


@case("a rare term in one subject on many rows")
def rare_on_many_rows() -> None:
    rare = [
        {
            "of": 2,
            "TERM": "Kidney loss",
            "DECOD": "Kidney loss",
            "BODSYS": "Kidney",
            "STDTC": f"2026-04-{d:02d}",
        }
        for d in range(1, 29)
    ]
    released = release(events([*({**row, "STDTC": DAY_ONE} for row in common()), *rare]))
    assert not any("Kidney" in text for text in released.texts())


@case("complementary suppression")
def complementary() -> None:
    rows = [*common("Nausea", "Gut", 6), {"of": 9, "TERM": "Ileus", "DECOD": "Ileus", "BODSYS": "Gut"}]
    frame = release(events([*rows, *common("Rash", "Skin", 8)])).frame("AE")
    for column in ("AEDECOD", "AEBODSYS", "AETERM"):
        assert (subjects_by(frame, column) >= K).all(), column
    told = frame[frame["AEDECOD"] != "Nausea"]
    assert not (told["AEBODSYS"] == "Gut").any(), "the class less its kept terms is the term left out"


@case("codes beside a folded term")
def codes_beside() -> None:
    fine = {
        "LLT": "LLT",
        "LLTCD": 10000001.0,
        "PTCD": 10000002.0,
        "HLT": "HLT",
        "HLGT": "HLGT",
        "BDSYCD": 10000003.0,
    }
    rows = [{**row, **fine} for row in common()]
    rows.append(
        {
            "of": 1,
            "TERM": "Porphyria",
            "DECOD": "Porphyria",
            "BODSYS": "Blood",
            **{k: "Porphyria" if isinstance(v, str) else 99999999.0 for k, v in fine.items()},
        }
    )
    released = release(events(rows))
    assert not {"Porphyria", "Blood", "99999999.0"} & released.texts()


@case("words as collected")
def verbatim() -> None:
    rows = common()
    rows[3] = {**rows[3], "TERM": "2026年3月5日张三恶心,电话13800138000"}
    frame = release(events(rows)).frame("AE")
    assert set(frame["AETERM"]) == {"Nausea"}


# Numbers


@case("dose divided by dose per kilogram")
def dose_gives_weight() -> None:
    weights = [50.3 + 1.7 * n for n in range(SUBJECTS)]
    weighed = [
        {
            "DOMAIN": "VS",
            "USUBJID": usubjid(n),
            "VSSEQ": 1.0,
            "VSTESTCD": "WEIGHT",
            "VSTEST": "Weight",
            "VSSTRESC": f"{w:g}",
            "VSSTRESN": w,
        }
        for n, w in enumerate(weights)
    ]
    milligrams = [
        {"DOMAIN": "EC", "USUBJID": usubjid(n), "ECSEQ": 1.0, "ECTRT": "ATG", "ECDECOD": "ATG", "ECDOSE": w}
        for n, w in enumerate(weights)
    ]
    each = [
        {"DOMAIN": "EX", "USUBJID": usubjid(n), "EXSEQ": 1.0, "EXTRT": "ATG", "EXDECOD": "ATG", "EXDOSE": 1.0}
        for n in range(SUBJECTS)
    ]
    made = [
        table(name, rows, ("USUBJID",), "INTERVENTIONS")
        for name, rows in (("EC", milligrams), ("EX", each), ("VS", weighed))
    ]
    released = release(*made)
    for number, weight in enumerate(weights):
        ratio = float(str(one(released, "EC", number, "ECDOSE"))) / float(
            str(one(released, "EX", number, "EXDOSE"))
        )
        assert ratio % 10 == 0, f"within 5 kg of {weight:g}, no nearer"
        assert float(str(one(released, "VS", number, "VSSTRESN"))) % 2 == 0


@case("a reference range")
def reference_range() -> None:
    rows = [
        {
            "DOMAIN": "LB",
            "USUBJID": usubjid(n),
            "LBSEQ": 1.0,
            "LBTESTCD": "ALT",
            "LBTEST": "ALT",
            "LBORRES": "40",
            "LBORNRLO": "9",
            "LBORNRHI": "57.3",
            "LBSTRESC": "40",
            "LBSTRESN": 40.0,
            "LBSTNRLO": 9.0,
            "LBSTNRHI": 57.3,
            "LBNAM": "第一医院检验科",
        }
        for n in range(SUBJECTS)
    ]
    released = release(table("LB", rows, ("USUBJID", "LBTESTCD"), "FINDINGS"))
    assert not {"57.3", "第一医院检验科"} & released.texts()


# Dates


@case("day 1 and day -1")
def day_one() -> None:
    for start, moved, day in ((DAY_ONE, "1930-01-01", 1.0), ("2026-03-04", "1929-12-31", -1.0)):
        released = with_event(start, STDY=day)
        assert one(released, "AE", 3, "AESTDTC") == moved
        assert one(released, "AE", 3, "AESTDY") == day


@case("29 February")
def leap_day() -> None:
    start = roster({3: {"RFSTDTC": "2024-02-29"}})
    assert one(with_event("2024-03-01", start), "AE", 3, "AESTDTC") == "1930-01-02"
    assert one(with_event("2025-02-28", start), "AE", 3, "AESTDTC") == "1931-01-01"


@case("a start after its end")
def start_after_end() -> None:
    released = with_event("2026-05-10", ENDTC="2026-05-01")
    start, end = (np.datetime64(str(one(released, "AE", 3, f"AE{part}DTC"))) for part in ("ST", "EN"))
    assert (end - start).astype(int) == -9, "as contradictory as it was collected"


@case("a date known in part")
def partial_dates() -> None:
    for text, grid in (("2026", 365), ("2026-05", 91), ("2026---05", 365)):
        intervals = set()
        for offset in range(0, 40, 3):
            first = np.datetime64("2026-03-01") + np.timedelta64(offset, "D")
            released = with_event(text, roster({3: {"RFSTDTC": str(first)}}))
            low, _, high = str(one(released, "AE", 3, "AESTDTC")).partition("/")
            begin, end = (int((np.datetime64(day) - EPOCH).astype(int)) for day in (low, high))
            assert begin % grid == 0
            assert (end + 1) % grid == 0
            intervals.add((begin, end))
        assert len(intervals) <= 3, "40 days on which the study could have begun look the same"


@case("a study day beside a date known in part")
def day_of_partial() -> None:
    rows = [dated(n, "2026-05" if n == 3 else DAY_ONE, STDY=58.0 if n == 3 else 1.0) for n in range(12)]
    assert pd.isna(one(release(events(rows)), "AE", 3, "AESTDY"))


@case("a time with its zone")
def zone() -> None:
    assert one(with_event("2026-03-06T23:59:30+08:00"), "AE", 3, "AESTDTC") == "1930-01-02"


@case("no RFSTDTC")
def no_first_day() -> None:
    released = with_event("2026-01-09", roster({3: {"RFSTDTC": "", "RFICDTC": "2026-01-10"}}))
    assert one(released, "AE", 3, "AESTDTC") == "1929-12-31"
    assert one(released, "DM", 3, "RFICDTC") == "1930-01-01"
    released = with_event("2026-01-09", roster({3: {"RFSTDTC": "", "RFICDTC": ""}}))
    assert one(released, "AE", 3, "AESTDTC") == "1930-01-01", "the earliest date there is"


@case("no date of the study's years")
def no_real_date() -> None:
    released = with_event("2026-03-09", roster({3: {"BRTHDTC": "1961-07-13"}}))
    assert not any(text[:4] in {"2026", "1961", "1970"} for text in released.texts())


# Identifiers, order, relationships


@case("two identifiers with one pseudonym")
def collision() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cdisc_kit.ipd.pseudonym.CHARACTERS", 1)
        with pytest.raises(OutputError, match="share a pseudonym"):
            release()


@case("identifiers tried one after the other")
def enumeration() -> None:
    released = release()
    found = set(released.frame("DM")["SUBJID"])
    for number, make in itertools.product(range(SUBJECTS), (hashlib.sha256, hashlib.md5, hashlib.sha1)):
        for text in (usubjid(number), f"{number:05d}"):
            digest = make(text.encode()).digest()
            guesses = {digest.hex()[:10], digest.hex()[:10].upper(), base64.b32encode(digest).decode()[:10]}
            assert not guesses & found, "an unkeyed hash is as good as the number"


@case("two recipients")
def two_recipients() -> None:
    first, second = (set(release(recipient=name).new.values()) for name in ("one", "two"))
    assert not first & second


@case("the order of enrolment")
def order() -> None:
    released = release(events(common("Nausea", "Gut", SUBJECTS)))
    ranks = {new: number for number, new in enumerate(released.new.values())}
    for name in ("DM", "AE"):
        places = np.array([ranks[subject] for subject in released.frame(name)["USUBJID"]])
        assert abs(np.corrcoef(places, np.arange(SUBJECTS))[0, 1]) < 0.5, name


@case("a number with the site before it")
def prefixed() -> None:
    changed = {n: {"SUBJID": f"S77-{n:05d}"} for n in range(SUBJECTS)}
    assert not any("S77" in text for text in release(roster(changed)).texts())


@case("link identifiers")
def links() -> None:
    common_rows = {"TESTCD": "X", "TEST": "x"}
    tu = [
        {
            "DOMAIN": "TU",
            "USUBJID": usubjid(n),
            "TUSEQ": 1.0,
            "TULNKID": f"LES-{n}",
            **{f"TU{k}": v for k, v in common_rows.items()},
        }
        for n in range(SUBJECTS)
    ]
    tr = [
        {
            "DOMAIN": "TR",
            "USUBJID": usubjid(n),
            "TRSEQ": 1.0,
            "TRLNKID": f"LES-{n}",
            **{f"TR{k}": v for k, v in common_rows.items()},
        }
        for n in range(SUBJECTS)
    ]
    released = release(
        table("TU", tu, ("USUBJID", "TULNKID"), "FINDINGS"),
        table("TR", tr, ("USUBJID", "TRLNKID"), "FINDINGS"),
    )
    both = released.frame("TU").merge(
        released.frame("TR"), left_on=["USUBJID", "TULNKID"], right_on=["USUBJID", "TRLNKID"]
    )
    assert len(both) == SUBJECTS
    assert not any(text.startswith("LES-") for text in released.texts())


@case("lot, sponsor's and hospital's numbers")
def numbers_of_others() -> None:
    rows = [
        {
            "DOMAIN": "EX",
            "USUBJID": usubjid(n),
            "EXSEQ": 1.0,
            "EXSPID": f"Z{n}",
            "EXREFID": f"H{n}",
            "EXTRT": "ATG",
            "EXDECOD": "ATG",
            "EXLOT": f"LOT{n}",
        }
        for n in range(SUBJECTS)
    ]
    released = release(table("EX", rows, ("USUBJID",), "INTERVENTIONS"))
    assert not any(
        text in released.texts() for n in range(SUBJECTS) for text in (f"Z{n}", f"H{n}", f"LOT{n}")
    )


@case("an old number in a qualifier")
def number_in_qualifier() -> None:
    said = [
        {"of": n, "IDVAR": "AESEQ", "IDVARVAL": "1", "QNAM": "NOTE", "QVAL": f"see {usubjid(n)}"}
        for n in range(12)
    ]
    released = release(events(common()), supplement("AE", said))
    assert not any(usubjid(n) in text for n in range(SUBJECTS) for text in released.texts())


@case("a pointer follows its record")
def pointer() -> None:
    policy = POLICY + "  SUPPAE: {keep: by name, qualifiers: {GRADE: {keep: 'true', reason: a test}}}\n"
    rows = [
        row
        for n in range(8)
        for row in (
            {"of": n, "TERM": "Zoster", "DECOD": "Zoster", "BODSYS": "Skin"},
            {"of": n, "TERM": "Asthma", "DECOD": "Asthma", "BODSYS": "Lung"},
        )
    ]
    said = [
        {"of": n, "IDVAR": "AESEQ", "IDVARVAL": "1", "QNAM": "GRADE", "QVAL": "of Zoster"} for n in range(8)
    ]
    released = release(events(rows), supplement("AE", said), policy=policy)
    events_of, qualifiers = released.frame("AE"), released.frame("SUPPAE")
    qualifiers = qualifiers.assign(AESEQ=qualifiers["IDVARVAL"].astype(float))
    joined = qualifiers.merge(events_of, on=["USUBJID", "AESEQ"])
    assert list(joined["AEDECOD"]) == ["Zoster"] * 8


@case("a dangling relationship")
def dangling() -> None:
    ends = [("AE", "1"), ("IE", "1")]
    rows = [
        {
            "RDOMAIN": domain,
            "USUBJID": usubjid(1),
            "IDVAR": f"{domain}SEQ",
            "IDVARVAL": value,
            "RELTYPE": "",
            "RELID": "gone",
        }
        for domain, value in ends
    ]
    rows += [
        {
            "RDOMAIN": "AE",
            "USUBJID": usubjid(2),
            "IDVAR": "AESEQ",
            "IDVARVAL": value,
            "RELTYPE": "",
            "RELID": "none",
        }
        for value in ("1", "9")
    ]
    rows += [
        {
            "RDOMAIN": "AE",
            "USUBJID": usubjid(4),
            "IDVAR": "AESEQ",
            "IDVARVAL": value,
            "RELTYPE": "",
            "RELID": "kept",
        }
        for value in ("1", "2")
    ]
    excluded = table("IE", [{"DOMAIN": "IE", "USUBJID": usubjid(1), "IESEQ": 1.0, "IETESTCD": "X"}])
    made = events([*common(), *common("Rash", "Skin", 8)])
    released = release(made, excluded, table("RELREC", rows, ("USUBJID", "RELID"), "RELATIONSHIP"))
    assert "IE" not in released.datasets
    assert list(released.frame("RELREC")["RELID"]) == ["kept", "kept"]


# What nobody named, and what is empty or too long


@case("a variable that no rule names")
def unnamed_variable() -> None:
    rows = [{**row, "XNAME": "张三"} for row in common()]
    assert "张三" not in release(events(rows)).texts()


@case("a dataset that no rule names")
def unnamed_dataset() -> None:
    rows = [{"DOMAIN": "CO", "USUBJID": usubjid(1), "COSEQ": 1.0, "COVAL": "张三"}]
    assert "CO" not in release(table("CO", rows)).datasets


@case("a qualifier that no rule names")
def unnamed_qualifier() -> None:
    released = release(events(common()), supplement("AE", [{"of": 1, "QNAM": "NAME", "QVAL": "张三"}]))
    assert "张三" not in released.texts()


@case("an empty domain")
def empty_domain() -> None:
    columns = ("DOMAIN", "USUBJID", "MHSEQ", "MHTERM", "MHDECOD", "MHBODSYS", "MHSTDTC")
    released = release(empty("MH", columns))
    assert len(released.frame("DM")) == SUBJECTS
    assert "MH" not in released.datasets or released.frame("MH").empty


@case("a Required variable is never blank")
def required() -> None:
    made = events(common())
    frame = made.frame.assign(AEDECOD="")
    with pytest.raises(SpecError, match="Required"):
        release(
            replace(made, frame=frame),
            policy=POLICY.replace(
                "fold: [AEDECOD, AEBODSYS]", "variables: {AETERM: {drop: 'true', reason: x}}"
            ),
        )


@case("a text that a spreadsheet would run")
def formula() -> None:
    for text in ("=1+1", "@SUM(A1)", "+cmd", "-cmd", "\t=1"):
        (line,) = cells.csv_table([["TERM"], [text]]).decode("utf-8-sig").splitlines()[1:]
        assert line.strip('"').startswith("'"), text
    assert cells.csv_table([["-1.5"], ["+2E3"]]).decode("utf-8-sig").split() == ["-1.5", "+2E3"]
