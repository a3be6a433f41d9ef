"""Final datasets to tumour findings: one planted problem in a sound history gives exactly its rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdisc_kit.errors import SpecError
from cdisc_kit.findings import Finding
from cdisc_kit.recist import (
    Assessment,
    BestRules,
    Limits,
    Mark,
    Measurement,
    NewLesion,
    Target,
    courses,
    evaluate,
    limits_from,
    read_layout,
    recist_findings,
)
from cdisc_kit.recist.layout import SDTM_LAYOUT
from cdisc_kit.recist.rules import RULES

LAYOUT = read_layout()
SUBJECT = "S-01-B017"
FIRST_DOSE = dt.date(2025, 9, 10)
DATES = [
    dt.date(2025, 9, 3),
    dt.date(2025, 10, 21),
    dt.date(2025, 12, 2),
    dt.date(2026, 1, 13),
    dt.date(2026, 2, 24),
]
CT, MR = "CONTRAST ENHANCED CT SCAN", "CONTRAST ENHANCED MRI"
NON = "NON-CR/NON-PD"
Rows = list[dict[str, Any]]


@dataclasses.dataclass
class History:
    """Rows of the datasets of one subject, changed by the tests and then read as frames."""

    tu: Rows
    tr: Rows
    rs: Rows
    dm: Rows
    cm: Rows
    supp: Rows

    def frames(self) -> dict[str, pd.DataFrame]:
        for rows, name in ((self.tu, "TUSEQ"), (self.tr, "TRSEQ"), (self.rs, "RSSEQ")):
            for number, row in enumerate(rows, 1):
                row[name] = float(number)
        supp = [
            {"IDVARVAL": f"{self.tr.index(s['row']) + 1}", **{k: v for k, v in s.items() if k != "row"}}
            for s in self.supp
        ]
        named = {"TU": self.tu, "TR": self.tr, "RS": self.rs, "DM": self.dm, "CM": self.cm, "SUPPTR": supp}
        return {
            name: pd.DataFrame([{"USUBJID": SUBJECT, **row} for row in rows]) for name, rows in named.items()
        }

    def findings(self, limits: Limits | None = None) -> list[Finding]:
        return recist_findings(self.frames(), LAYOUT, limits or Limits())

    def row(self, dataset: str, **values: Any) -> dict[str, Any]:
        """The only row of a dataset with these values."""
        rows: Rows = getattr(self, dataset)
        (found,) = [row for row in rows if all(row.get(name) == value for name, value in values.items())]
        return found

    def qualify(self, row: dict[str, Any], name: str, value: str) -> None:
        self.supp.append({"row": row, "IDVAR": "TRSEQ", "QNAM": name, "QVAL": value})


def response(history: History, number: int, **parts: str) -> None:
    """RS rows of one assessment; only the overall response names it."""
    tests = {"target": "TRGRESP", "nontarget": "NTRGRESP", "new": "NEWLPROG", "overall": "OVRLRESP"}
    for part, value in parts.items():
        history.rs.append(
            {
                "RSLNKGRP": f"A0{number}" if part == "overall" else "",
                "RSTESTCD": tests[part],
                "RSCAT": "RECIST 1.1",
                "RSSTRESC": value,
                "VISITNUM": float(number),
                "RSDTC": DATES[number].isoformat(),
            }
        )


def lesion(
    history: History, link: str, kind: str, organ: str = "LIVER", number: int = 0, **more: str
) -> None:
    history.tu.append(
        {"TULNKID": link, "TUGRPID": "", "TUTESTCD": "TUMIDENT", "TUSTRESC": kind, "TULOC": organ,
         "TUMETHOD": CT, "TUDTC": DATES[number].isoformat(), **more}
    )  # fmt: skip


def result(history: History, number: int, link: str, test: str, cell: Any) -> None:
    """One TR row: a number, TSTM, NE, or a word."""
    group = {"": "TARGET", "T": "TARGET", "NT": "NON-TARGET", "NEW": "NEW"}[link.rstrip("0123456789.")]
    row = {
        "TRGRPID": group, "TRLNKID": link, "TRLNKGRP": f"A0{number}", "TRTESTCD": test,
        "TRORRES": str(cell), "TRSTRESC": str(cell), "TRSTAT": "", "TRREASND": "",
        "TRMETHOD": CT if link else "",
        "VISITNUM": float(number), "TRDTC": DATES[number].isoformat(),
    }  # fmt: skip
    if cell == "TSTM":
        row |= {"TRORRES": "TOO SMALL TO MEASURE", "TRSTRESC": "5"}
    if cell == "NE":
        row |= {"TRORRES": "", "TRSTRESC": "", "TRSTAT": "NOT DONE", "TRREASND": "NOT EVALUABLE"}
    history.tr.append(row)


def story(
    sizes: dict[str, list[Any]],
    states: dict[str, list[Any]],
    responses: list[tuple[str, str, str]],
    *,
    organs: dict[str, str] | None = None,
    nodal: tuple[str, ...] = ("T02",),
    best: str = "",
) -> History:
    """A history from sizes and states of each lesion (baseline first) and the collected responses.

    None leaves a row out. Sums are written where every target has a number.
    """
    history = History([], [], [], [{"RFXSTDTC": f"{FIRST_DOSE}T09:30", "RFXENDTC": "2026-02-01"}], [], [])
    for link in sizes:
        lesion(history, link, "TARGET", (organs or {}).get(link, f"ORGAN {link}"))
    for link in states:
        lesion(history, link, "NON-TARGET", "BONE")
    for number in range(len(responses) + 1):
        cells = [row[number] for row in sizes.values()]
        if cells and all(isinstance(cell, int) for cell in cells):
            result(history, number, "", "SUMDIAM", sum(cells))
        for link, row in sizes.items():
            if row[number] is not None:
                result(history, number, link, "LPERP" if link in nodal else "LDIAM", row[number])
        for link, row in states.items():
            if row[number] is not None:
                result(history, number, link, "TUMSTATE", row[number])
        if number:
            words = dict(zip(("target", "nontarget", "overall"), responses[number - 1], strict=True))
            response(history, number, **{part: word for part, word in words.items() if word})
    if best:
        history.rs.append({**history.rs[-1], "RSTESTCD": "BESTRESP", "RSLNKGRP": "", "RSSTRESC": best})
    return history


def sound() -> History:
    """A confirmed partial response: 50, 32, 30, 29 mm."""
    return story(
        {"T01": [32, 20, 18, 17], "T02": [18, 12, 12, 12]},
        {"NT01": ["PRESENT"] * 4},
        [("PR", NON, "PR")] * 3,
        best="PR",
    )


def only(history: History, rule: str, severity: str, limits: Limits | None = None) -> Finding:
    found = history.findings(limits)
    assert [f.rule for f in found] == [rule], [(f.rule, f.value) for f in found]
    (finding,) = found
    assert finding.severity == severity
    assert finding.usubjid == SUBJECT
    assert finding.message and finding.message_zh and finding.query
    return finding


def place(finding: Finding) -> tuple[str, str, int, str]:
    assert finding.seq == str(finding.row)
    return finding.dataset, finding.variable, finding.row, finding.value


def at(history: History, dataset: str, row: dict[str, Any]) -> int:
    rows: Rows = getattr(history, dataset)
    return next(i for i, other in enumerate(rows, 1) if other is row)


def test_a_sound_history_has_no_findings() -> None:
    assert sound().findings() == []


def test_no_tumours_no_findings() -> None:
    assert recist_findings({}, LAYOUT, Limits()) == []
    empty = {name: frame.iloc[:0] for name, frame in sound().frames().items()}
    assert recist_findings(empty, LAYOUT, Limits()) == []


def test_frames_are_not_changed() -> None:
    frames = sound().frames()
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    recist_findings(frames, LAYOUT, Limits())
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_subjects_are_kept_apart() -> None:
    frames = sound().frames()
    other = {
        name: pd.concat([frame, frame.assign(USUBJID="S-01-B018")], ignore_index=True)
        for name, frame in frames.items()
    }
    assert recist_findings(other, LAYOUT, Limits()) == []
    wrong = (other["RS"]["USUBJID"] == "S-01-B018") & (other["RS"]["RSTESTCD"] == "BESTRESP")
    other["RS"].loc[wrong, "RSSTRESC"] = "CR"
    (finding,) = recist_findings(other, LAYOUT, Limits())
    assert (finding.rule, finding.usubjid, finding.row) == ("RX-BOR", "S-01-B018", 20)


# -- structure --


def test_more_than_five_targets() -> None:
    history = story({f"T0{i}": [20, 13] for i in range(1, 7)}, {}, [("PR", "", "PR")], nodal=(), best="PR")
    found = {f.rule: f for f in history.findings()}
    assert set(found) == {"TU-MAX5", "RX-CONF"}
    assert place(found["TU-MAX5"]) == ("TU", "TUSTRESC", 6, "6")
    assert found["TU-MAX5"].severity == "WARN"


@pytest.mark.parametrize(
    ("organs", "nodal", "row"),
    [
        ({"T01": "LIVER", "T02": "LIVER", "T03": "LIVER"}, (), 3),
        ({"T01": "LUNG", "T02": "LUNG, LEFT LOWER LOBE", "T03": "LUNG, RIGHT UPPER LOBE"}, (), 3),
        ({"T01": "LUNG", "T02": "LIVER", "T03": "LUNG"}, (), 0),
        ({}, ("T01", "T02", "T03"), 3),
    ],
    ids=["one organ", "lobes", "two and one", "nodes of three stations"],
)
def test_more_than_two_targets_in_one_organ(organs: dict[str, str], nodal: tuple[str, ...], row: int) -> None:
    sizes = {link: [20, 20] for link in ("T01", "T02", "T03")}
    history = story(sizes, {}, [("SD", "", "SD")], organs=organs, nodal=nodal)
    if row:
        assert place(only(history, "TU-ORG2", "WARN"))[:3] == ("TU", "TULOC", row)
    else:
        assert history.findings() == []


@pytest.mark.parametrize(
    ("link", "size", "slice_mm", "rule"),
    [
        ("T02", 14, "", "TU-NODE15"),
        ("T02", 15, "", ""),
        ("T01", 9, "", "TU-MEAS10"),
        ("T01", "TSTM", "", "TU-MEAS10"),
        ("T01", 10, "5", ""),
        ("T01", 15, "8", "TU-MEAS10"),
        ("T02", 15, "8", ""),
    ],
)
def test_targets_too_small_at_baseline(link: str, size: Any, slice_mm: str, rule: str) -> None:
    sizes = {"T01": [32, 30], "T02": [18, 17]} | {link: [size, size]}
    history = story(sizes, {}, [("SD", "", "SD")])
    row = history.row("tr", TRLNKID=link, TRLNKGRP="A00")
    if slice_mm:
        history.qualify(row, "TRSLTHK", slice_mm)
    if rule:
        finding = only(history, rule, "WARN")
        assert place(finding) == ("TR", "TRSTRESC", at(history, "tr", row), row["TRSTRESC"])
    else:
        assert history.findings() == []


@pytest.mark.parametrize(
    ("link", "size", "found"), [("T02", 30, True), ("T02", 29, False), ("T01", 30, False)]
)
def test_a_short_axis_that_may_be_the_longest_diameter(link: str, size: int, found: bool) -> None:
    sizes = {"T01": [32, 30], "T02": [18, 17]} | {link: [size, size]}
    history = story(sizes, {}, [("SD", "", "SD")])
    row = history.row("tr", TRLNKID=link, TRLNKGRP="A00")
    if found:
        assert place(only(history, "TU-NODEDIM", "WARN"))[:3] == ("TR", "TRSTRESC", at(history, "tr", row))
    else:
        assert history.findings() == []
    assert not history.findings(Limits(node_doubt_mm=Decimal(31)))


def test_a_lesion_number_is_not_given_to_another_lesion() -> None:
    history = sound()
    lesion(history, "T02", "NEW", "LUNG", number=2)
    assert place(only(history, "TU-REUSE", "FATAL")) == ("TU", "TULNKID", 4, "T02")


def test_a_lesion_registered_again_or_split_keeps_its_number() -> None:
    history = sound()
    history.tu.append(dict(history.tu[0]))
    history.tu.append({**history.tu[0], "TUTESTCD": "TUMERGE", "TUDTC": DATES[3].isoformat()})
    assert history.findings() == []


def test_result_of_an_unregistered_lesion() -> None:
    history = sound()
    result(history, 1, "T09", "LDIAM", 14)
    assert place(only(history, "TR-NOTU", "FATAL")) == ("TR", "TRLNKID", len(history.tr), "T09")


def test_a_lesion_of_another_subject_does_not_register_it() -> None:
    history = sound()
    result(history, 1, "T09", "LDIAM", 14)
    frames = history.frames()
    other = frames["TU"].iloc[:1].assign(USUBJID="S-01-B018", TULNKID="T09")
    frames["TU"] = pd.concat([frames["TU"], other], ignore_index=True)
    rules = {(f.rule, f.usubjid) for f in recist_findings(frames, LAYOUT, Limits())}
    assert ("TR-NOTU", SUBJECT) in rules


def test_registered_lesion_without_results() -> None:
    history = sound()
    lesion(history, "NEW01", "NEW", number=2)
    assert place(only(history, "TU-NOTR", "ERROR")) == ("TU", "TULNKID", 4, "NEW01")


def test_a_target_without_any_result_is_not_missed_at_each_assessment_as_well() -> None:
    history = sound()
    lesion(history, "T03", "TARGET")
    rules = {f.rule for f in history.findings()}
    assert "TU-NOTR" in rules
    assert "TR-MISS" not in rules


def test_target_without_a_row_at_one_assessment() -> None:
    history = story(
        {"T01": [32, 20, 18, 17], "T02": [18, None, 12, 12]},
        {"NT01": ["PRESENT"] * 4},
        [("NE", NON, "NE"), ("PR", NON, "PR"), ("PR", NON, "PR")],
        best="PR",
    )
    finding = only(history, "TR-MISS", "ERROR")
    first = history.row("tr", TRLNKID="T01", TRLNKGRP="A01")
    assert place(finding) == ("TR", "TRLNKID", at(history, "tr", first), "T02, A01")


def test_response_without_lesions() -> None:
    history = sound()
    response(history, 4, target="PR", nontarget=NON, overall="PR")
    assert place(only(history, "RS-NOTR", "ERROR")) == ("RS", "RSSTRESC", len(history.rs), "A04: PR")


# -- recomputation --


@pytest.mark.parametrize(("sum_mm", "found"), [("32.5", False), ("32.6", True), ("31", True)])
def test_sum_of_diameters(sum_mm: str, found: bool) -> None:
    history = sound()
    row = history.row("tr", TRTESTCD="SUMDIAM", TRLNKGRP="A01")
    row["TRSTRESC"] = sum_mm
    if found:
        shown = ("TR", "TRSTRESC", at(history, "tr", row), f"SUMDIAM {sum_mm}; 32")
        assert place(only(history, "RX-SUM", "ERROR")) == shown
    else:
        assert history.findings() == []


def test_sum_at_baseline() -> None:
    history = sound()
    history.row("tr", TRTESTCD="SUMDIAM", TRLNKGRP="A00")["TRSTRESC"] = "52"
    assert only(history, "RX-SUM", "ERROR").value == "SUMDIAM 52; 50"


@pytest.mark.parametrize(
    ("test", "value", "expected"),
    [
        ("PCBSD", "-40", ""),
        ("PCBSD", "-39.9", ""),
        ("PCBSD", "-39.8", "-40"),
        ("PCNSD", "-6.2", ""),
        ("PCNSD", "6.2", "-6.2"),
        ("ACNSD", "-2", ""),
        ("ACNSD", "2", "-2"),
    ],
)
def test_changes_of_the_sum(test: str, value: str, expected: str) -> None:
    history = sound()
    result(history, 2, "", test, value)
    if expected:
        assert only(history, "RX-SUM", "ERROR").value == f"{test} {value}; {expected}"
    else:
        assert history.findings() == []


def test_an_incomplete_sum_is_not_compared() -> None:
    history = story({"T01": [32, 20], "T02": [18, "NE"]}, {"NT01": ["PRESENT"] * 2}, [("NE", NON, "NE")])
    result(history, 1, "", "SUMDIAM", 20)
    assert history.findings() == []


def progressive(target: str, nontarget: str) -> History:
    """Third assessment: non-target progression, targets still smaller."""
    return story(
        {"T01": [32, 20, 18, 17], "T02": [18, 12, 12, 12]},
        {"NT01": ["PRESENT", "PRESENT", "PRESENT", "INCREASED"]},
        [("PR", NON, "PR"), ("PR", NON, "PR"), (target, nontarget, "PD")],
    )


def test_target_response() -> None:
    history = progressive("SD", "PD")
    row = next(r for r in reversed(history.rs) if r["RSTESTCD"] == "TRGRESP")
    finding = only(history, "RX-TRESP", "WARN")
    assert place(finding) == ("RS", "RSSTRESC", at(history, "rs", row), "A03: SD; PR")


def test_target_response_with_progression_in_question() -> None:
    assert only(progressive("PD", "PD"), "RX-TRESP", "ERROR").value == "A03: PD; PR"


def test_nontarget_response() -> None:
    history = sound()
    row = next(r for r in history.rs if r["RSTESTCD"] == "NTRGRESP")
    row["RSSTRESC"] = "NE"
    finding = only(history, "RX-NTRESP", "WARN")
    assert place(finding) == ("RS", "RSSTRESC", at(history, "rs", row), f"A01: NE; {NON}")


def test_overall_response_beside_blank_parts() -> None:
    history = story(
        {"T01": [32, 20, 18, 17], "T02": [18, 12, 12, 12]},
        {},
        [("PR", "", "PR"), ("PR", "", "PR"), ("", "", "SD")],
    )
    assert place(only(history, "RX-ORESP", "WARN"))[1:] == ("RSSTRESC", len(history.rs), "A03: SD; PR")


def test_overall_response_although_there_is_a_new_lesion() -> None:
    history = sound()
    lesion(history, "NEW01", "NEW", number=3)
    result(history, 3, "NEW01", "TUMSTATE", "PRESENT")
    assert only(history, "RX-ORESP", "ERROR").value == "A03: PR; PD"


def test_parts_that_do_not_give_the_overall_response() -> None:
    history = sound()
    response(history, 3, new="UNEQUIVOCAL")
    row = history.row("rs", RSTESTCD="OVRLRESP", RSLNKGRP="A03")
    shown = ("RS", "RSSTRESC", at(history, "rs", row), f"A03: PR + {NON} + UNEQUIVOCAL; PR")
    assert place(only(history, "RX-MATRIX", "ERROR")) == shown


def test_an_equivocal_new_lesion_fits_any_overall_response() -> None:
    history = sound()
    response(history, 3, new="EQUIVOCAL")
    assert history.findings() == []


def test_blank_parts_leave_room_but_not_for_everything() -> None:
    history = progressive("", "PD")
    assert history.findings() == []
    history.row("rs", RSTESTCD="OVRLRESP", RSLNKGRP="A03")["RSSTRESC"] = "SD"
    assert [f.rule for f in history.findings()] == ["RX-MATRIX", "RX-ORESP"]


# -- sequence of assessments --


@pytest.mark.parametrize(("best", "found"), [("PR", False), ("CR", True), ("SD", True)])
def test_best_response(best: str, found: bool) -> None:
    history = sound()
    history.rs[-1]["RSSTRESC"] = best
    if found:
        finding = only(history, "RX-BOR", "WARN")
        assert place(finding) == ("RS", "RSSTRESC", len(history.rs), f"{best}; PR")
    else:
        assert history.findings() == []


@pytest.mark.parametrize("best", ["PR", "SD"])
def test_response_that_was_not_confirmed(best: str) -> None:
    history = story(
        {"T01": [32, 23, 26], "T02": [18, 12, 12]}, {}, [("PR", "", "PR"), ("SD", "", "SD")], best=best
    )
    row = history.row("rs", RSTESTCD="OVRLRESP", RSLNKGRP="A01")
    finding = only(history, "RX-CONF", "WARN")
    assert place(finding) == ("RS", "RSSTRESC", at(history, "rs", row), "PR")


def test_responses_after_the_next_therapy_do_not_count() -> None:
    history = sound()
    history.cm += [
        {"CMSCAT": "PRIOR", "CMSTDTC": "2024-01"},
        {"CMSCAT": "SUBSEQUENT", "CMSTDTC": "2025-12"},
        {"CMSCAT": "SUBSEQUENT", "CMSTDTC": "2026-03-01"},
    ]
    # December may mean the first: the scan of 2 December is not sure to come before it.
    assert only(history, "RX-CONF", "WARN").value == "PR"
    history.cm[1]["CMSTDTC"] = "2025-12-02"
    assert history.findings() == []


def test_responses_long_after_treatment_count_unless_the_protocol_says_so() -> None:
    history = sound()
    history.dm[0]["RFXENDTC"] = "2025-11-01"
    assert history.findings(Limits(stop_days=31)) == []
    assert only(history, "RX-CONF", "WARN", Limits(stop_days=30))


def test_first_dose_may_come_from_the_doses_themselves() -> None:
    table = dataclasses.replace(LAYOUT.doses, dataset="EX", start="EXSTDTC", end="EXENDTC")
    layout = dataclasses.replace(LAYOUT, doses=table)
    frames = sound().frames()
    frames["EX"] = pd.DataFrame(
        {"USUBJID": [SUBJECT] * 2, "EXSTDTC": ["2025-10-01", "2025-09-02"], "EXENDTC": ["", "2025-09-02"]}
    )
    (finding,) = recist_findings(frames, layout, Limits())
    assert (finding.rule, finding.value) == ("RX-NOBASE", "2025-09-03; 2025-09-02")


def test_partial_after_complete_response() -> None:
    history = story(
        {"T01": [32, 0, 0], "T02": [18, 8, 8]},
        {"NT01": ["PRESENT", "ABSENT", "NE"]},
        [("CR", "CR", "CR"), ("CR", "NE", "PR")],
        best="CR",
    )
    row = history.row("rs", RSTESTCD="OVRLRESP", RSLNKGRP="A02")
    finding = only(history, "RX-CRPR", "ERROR")
    assert place(finding) == ("RS", "RSSTRESC", at(history, "rs", row), "PR")


def test_a_gap_between_assessments() -> None:
    history = sound()
    shift(history, 3, dt.date(2026, 1, 20))
    assert history.findings() == []
    shift(history, 3, dt.date(2026, 1, 21))
    first = history.row("tr", TRTESTCD="SUMDIAM", TRLNKGRP="A03")
    finding = only(history, "RX-GAP", "WARN")
    assert place(finding) == ("TR", "TRDTC", at(history, "tr", first), "A03: 50 d")


def shift(history: History, number: int, date: dt.date) -> None:
    """Move the scans and responses of an assessment."""
    for row in history.tr:
        if row["TRLNKGRP"] == f"A0{number}":
            row["TRDTC"] = date.isoformat()
    for row in history.rs:
        if row["VISITNUM"] == number:
            row["RSDTC"] = date.isoformat()


def test_the_first_assessment_is_due_after_the_first_dose() -> None:
    history = sound()
    shift(history, 0, dt.date(2025, 8, 14))
    assert history.findings() == []


@pytest.mark.parametrize(
    ("scan", "found"),
    [
        (dt.date(2025, 8, 12), True),
        (dt.date(2025, 8, 13), False),
        (dt.date(2025, 9, 10), False),
        (dt.date(2025, 9, 11), True),
    ],
)
def test_baseline_scan_and_first_dose(scan: dt.date, found: bool) -> None:
    history = sound()
    shift(history, 0, scan)
    if found:
        finding = only(history, "RX-NOBASE", "ERROR")
        assert place(finding) == ("TR", "TRDTC", 1, f"{scan}; 2025-09-10")
    else:
        assert history.findings() == []


def test_treated_without_any_baseline() -> None:
    history = sound()
    history.tr = [row for row in history.tr if row["TRLNKGRP"] != "A00"]
    assert "RX-NOBASE" in {f.rule for f in history.findings()}


def test_a_subject_never_treated_has_no_sequence_to_judge() -> None:
    history = story({"T01": [32], "T02": [18]}, {}, [])
    history.dm[0] |= {"RFXSTDTC": "", "RFXENDTC": ""}
    assert history.findings() == []


def doubtful(*states: str, overall: tuple[str, ...] = ("PR", "PR", "PR")) -> History:
    """A new lesion that is not sure from the second assessment on."""
    history = story(
        {"T01": [32, 20, 18, 17], "T02": [18, 12, 12, 12]},
        {},
        [("PR", "", word) for word in overall],
    )
    lesion(history, "NEW01", "NEW", number=2)
    for number, state in enumerate(states, 2):
        result(history, number, "NEW01", "TUMSTATE", state)
        if state != "ABSENT":
            response(history, number, new={"PRESENT": "UNEQUIVOCAL"}.get(state, state))
    return history


def test_a_doubtful_new_lesion_is_to_be_followed() -> None:
    history = doubtful("EQUIVOCAL", "EQUIVOCAL")
    row = history.row("tr", TRLNKID="NEW01", TRLNKGRP="A03")
    finding = only(history, "RX-EQNEW", "WARN")
    assert place(finding) == ("TR", "TRSTRESC", at(history, "tr", row), "NEW01")


def test_a_doubt_that_was_cleared_is_none() -> None:
    assert doubtful("EQUIVOCAL", "ABSENT").findings() == []


def test_a_doubtful_new_lesion_beside_progression_changes_nothing() -> None:
    history = story({"T01": [32, 45], "T02": [18, 18]}, {}, [("PD", "", "PD")])
    lesion(history, "NEW01", "NEW", number=1)
    result(history, 1, "NEW01", "TUMSTATE", "EQUIVOCAL")
    assert history.findings() == []


def test_progression_dates_back_to_the_doubtful_scan() -> None:
    history = doubtful("EQUIVOCAL", "PRESENT", overall=("PR", "PR", "PD"))
    row = history.row("tr", TRLNKID="NEW01", TRLNKGRP="A02")
    finding = only(history, "RX-BACKDATE", "WARN")
    assert place(finding) == ("TR", "TRDTC", at(history, "tr", row), "NEW01: A02, A03")


def merge_by_reason(history: History, row: dict[str, Any]) -> None:
    row["TRREASND"] = "MERGED"


def merge_by_qualifier(history: History, row: dict[str, Any]) -> None:
    history.qualify(row, "TRREASNE", "MERGED WITH ANOTHER LESION")


def merge_by_lesion(history: History, row: dict[str, Any]) -> None:
    lesion(history, "T02", "TARGET", number=2, TUTESTCD="TUMERGE")


@pytest.mark.parametrize("plant", [merge_by_reason, merge_by_qualifier, merge_by_lesion])
def test_a_merged_target_is_not_missing(plant: Any) -> None:
    history = story(
        {"T01": [32, 20, 30, 29], "T02": [18, 12, "NE", "NE"]}, {}, [("PR", "", "PR")] * 3, best="PR"
    )
    rows = [row for row in history.tr if row["TRLNKID"] == "T02" and row["TRLNKGRP"] in ("A02", "A03")]
    for row in rows:
        plant(history, row)
    result(history, 3, "", "SUMDIAM", 29)
    finding = only(history, "RX-MERGE", "WARN")
    assert place(finding)[:3] == ("TR", "TRSTRESC", at(history, "tr", rows[0]))


def test_a_value_after_a_merge_is_that_of_the_merged_lesion() -> None:
    history = sound()
    lesion(history, "T02", "TARGET", number=2, TUTESTCD="TUMERGE")
    (course,) = courses(history.frames(), LAYOUT)
    assert [t.total.mm for t in course.timepoints] == [32, 30, 29]
    assert history.findings() == []


def test_a_scan_that_could_not_be_read_was_not_taken_by_another_method() -> None:
    history = story({"T01": [32, "NE"], "T02": [18, 12]}, {"NT01": ["PRESENT"] * 2}, [("NE", NON, "NE")])
    history.row("tr", TRLNKID="T01", TRLNKGRP="A01")["TRMETHOD"] = MR
    assert history.findings() == []


def test_another_method_than_at_baseline() -> None:
    history = sound()
    row = history.row("tr", TRLNKID="T01", TRLNKGRP="A02")
    row["TRMETHOD"] = MR
    finding = only(history, "RX-METHOD", "WARN")
    assert place(finding) == ("TR", "TRMETHOD", at(history, "tr", row), f"T01, A02: {CT}; {MR}")


def test_the_method_of_identification_stands_in_at_baseline() -> None:
    history = sound()
    for row in history.tr:
        if row["TRLNKID"] == "T01":
            row["TRMETHOD"] = "" if row["TRLNKGRP"] == "A00" else MR
    assert [f.rule for f in history.findings()] == ["RX-METHOD"] * 3


# -- reading the datasets --


def test_a_split_target_is_the_sum_of_its_parts() -> None:
    history = story({"T01": [32, 20, None], "T02": [18, 12, 12]}, {}, [("PR", "", "PR"), ("PR", "", "PR")])
    for part, mm in (("T01.1", 11), ("T01.2", 9)):
        lesion(history, part, "TARGET", number=2, TUTESTCD="TUSPLIT", TUGRPID="T01")
        result(history, 2, part, "LDIAM", mm)
    result(history, 2, "", "SUMDIAM", 32)
    assert history.findings() == []
    (course,) = courses(history.frames(), LAYOUT)
    assert [t.total.mm for t in course.timepoints] == [32, 32]
    # Without its second part the target is not evaluable.
    history.tr = [row for row in history.tr if row["TRLNKID"] != "T01.2"]
    result(history, 1, "T01.2", "LDIAM", 9)
    (course,) = courses(history.frames(), LAYOUT)
    assert course.timepoints[1].target == "NE"
    assert ("TR-MISS", "T01.2, A02") in {(f.rule, f.value) for f in history.findings()}


def test_a_part_counts_from_its_first_row_whatever_its_date() -> None:
    history = story({"T01": [None, 20], "T02": [18, 12]}, {}, [("PR", "", "PR")])
    lesion(history, "T01.1", "TARGET", number=3, TUTESTCD="TUSPLIT", TUGRPID="T01")
    result(history, 0, "T01.1", "LDIAM", 32)
    (course,) = courses(history.frames(), LAYOUT)
    assert [target.baseline for target in course.targets] == [32, 18]


def test_a_target_added_after_baseline_takes_no_part() -> None:
    history = sound()
    lesion(history, "T03", "TARGET", number=2)
    for number in (2, 3):
        result(history, number, "T03", "LDIAM", 40)
    (course,) = courses(history.frames(), LAYOUT)
    assert list(course.target_lesions) == ["T01", "T02"]
    assert place(only(history, "TU-LATE", "WARN")) == ("TU", "TUSTRESC", 4, "T03")


def test_assessments_are_in_the_order_of_their_scans() -> None:
    history = sound()
    for row in history.tr:
        row["TRLNKGRP"] = {"A02": "A10", "A03": "A9"}.get(row["TRLNKGRP"], row["TRLNKGRP"])
    (course,) = courses(history.frames(), LAYOUT)
    assert course.after_baseline == ("A01", "A10", "A9")
    history.tr[-1]["TRDTC"] = history.tr[-2]["TRDTC"] = history.tr[-3]["TRDTC"] = "2026-01"
    (course,) = courses(history.frames(), LAYOUT)
    assert course.after_baseline == ("A9", "A01", "A10")


def test_responses_find_their_assessment_by_visit_or_date() -> None:
    history = sound()
    history.rs = [row for row in history.rs if row["RSTESTCD"] == "TRGRESP"]
    (course,) = courses(history.frames(), LAYOUT)
    assert list(course.assessment_of.values()) == ["A01", "A02", "A03"]
    for row in history.rs:
        row["VISITNUM"] = float("nan")
    (course,) = courses(history.frames(), LAYOUT)
    assert list(course.assessment_of.values()) == ["A01", "A02", "A03"]


def test_other_assessments_in_the_same_dataset_are_left_alone() -> None:
    history = sound()
    history.rs.insert(0, {"RSTESTCD": "ECOG101", "RSCAT": "ECOG", "RSSTRESC": "1", "VISITNUM": 9.0})
    history.rs.append(
        {"RSTESTCD": "SYMPTDTR", "RSCAT": "PROTOCOL DEFINED RESPONSE CRITERIA", "RSSTRESC": "PD"}
    )
    assert history.findings() == []


def test_values_do_not_stand_in_messages() -> None:
    history = progressive("SD", "PD")
    (finding,) = history.findings()
    assert "A03" not in finding.one_line()
    assert finding.query.endswith("(A03: SD; PR)。")


def test_severities() -> None:
    assert {rule for rule, entry in RULES.items() if entry.severity == "FATAL"} == {"TR-NOTU", "TU-REUSE"}
    warnings = {
        "TU-LATE",
        "TU-NODEDIM",
        "TU-MAX5",
        "TU-ORG2",
        "TU-NODE15",
        "TU-MEAS10",
        "RX-BOR",
        "RX-CONF",
        "RX-GAP",
        "RX-METHOD",
    }
    assert {RULES[rule].severity for rule in warnings} == {"WARN"}
    errors = {"TU-NOTR", "TR-MISS", "RS-NOTR", "RX-SUM", "RX-MATRIX", "RX-NOBASE", "RX-CRPR"}
    assert {RULES[rule].severity for rule in errors} == {"ERROR"}
    assert len({entry.en for entry in RULES.values()} | {entry.zh for entry in RULES.values()}) == 2 * len(
        RULES
    )


CELLS = st.sampled_from([0, 4, 5, 8, 10, 12, 20, 24, 30, "TSTM", "NE", None])
WORDS = st.sampled_from(["PRESENT", "ABSENT", "INCREASED", "NE"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, WORDS, st.sampled_from([None, "EQUIVOCAL", "PRESENT"])), max_size=3))
def test_datasets_give_back_the_history_they_were_written_from(rows: list[Any]) -> None:
    columns = list(zip((20, 16, "PRESENT", None), *rows, strict=True))
    history = story(
        {"T01": list(columns[0]), "T02": list(columns[1])},
        {"NT01": list(columns[2])},
        [("", "", "")] * len(rows),
    )
    lesion(history, "NEW01", "NEW", number=1)
    for number, state in enumerate(columns[3]):
        if state is not None:
            result(history, number, "NEW01", "TUMSTATE", state)

    def value(cell: Any) -> Any:
        return Mark.NOT_EVALUABLE if cell is None else Mark(cell) if isinstance(cell, str) else cell

    expected = evaluate(
        [Target("T01", False, 20), Target("T02", True, 16)],
        [
            Assessment(
                f"A0{number}",
                (Measurement("T01", value(first)), Measurement("T02", value(second))),
                ({"INCREASED": "UP"}.get(word, word),),
                () if state is None else (NewLesion("NEW01", state),),
                DATES[number],
                DATES[number],
            )
            for number, (first, second, word, state) in enumerate(rows, 1)
        ],
    )
    (course,) = courses(history.frames(), LAYOUT)
    assert course.timepoints == expected


# -- configuration --


def test_limits_from_the_parameters_of_a_study() -> None:
    given_by_study = {
        "recist_gap_weeks": "9",
        "recist_conf_days": "42",
        "recist_node_mm": "14.5",
        "other": "x",
    }
    limits = limits_from(given_by_study)
    assert limits == dataclasses.replace(
        Limits(), gap_days=63, best=BestRules(conf_days=42), node_mm=limits.node_mm
    )
    assert str(limits.node_mm) == "14.5"
    assert limits_from({}) == Limits()


def test_a_layout_file_is_checked(tmp_path: Path) -> None:
    text = SDTM_LAYOUT.read_text(encoding="utf-8")
    path = tmp_path / "layout.yaml"
    path.write_text(text.replace("  link: TULNKID\n", "  lnik: TULNKID\n"), encoding="utf-8")
    with pytest.raises(SpecError) as error:
        read_layout(path)
    assert [problem.split(" ", 1)[1] for problem in error.value.problems] == [
        "unknown key 'lnik'",
        "key 'link' is missing",
    ]
    assert error.value.problems[0].startswith("layout.yaml:10 ")
