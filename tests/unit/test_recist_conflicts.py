"""Two results of a lesion, or two responses, at one assessment: told, and nothing recomputed leans on one."""

from __future__ import annotations

import pytest
from test_recist_findings import LAYOUT, History, at, result, sound

from cdisc_kit.recist import courses


def rules(history: History) -> list[str]:
    return sorted(finding.rule for finding in history.findings())


def again(history: History, dataset: str, row: dict[str, object], **other: object) -> dict[str, object]:
    """The row entered a second time, with other cells."""
    second = {**row, **other}
    getattr(history, dataset).append(second)
    return second


@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize("mm", ["90", "1"])
def test_two_diameters_of_a_lesion_at_one_assessment(number: int, mm: str) -> None:
    """Whichever comes first: neither the sums nor the responses are compared with one of the two."""
    history = sound()
    row = history.row("tr", TRLNKID="T01", TRLNKGRP=f"A0{number}")
    second = again(history, "tr", row, TRORRES=mm, TRSTRESC=mm)
    (finding,) = history.findings()
    assert (finding.rule, finding.severity) == ("TR-CONFLICT", "ERROR")
    assert (finding.dataset, finding.variable) == ("TR", "TRSTRESC")
    assert finding.row == at(history, "tr", second) and finding.query
    history.tr.remove(second)
    history.tr.insert(0, second)
    assert rules(history) == ["TR-CONFLICT"]


def test_the_lesion_is_not_evaluable_there_and_what_depends_on_it_is_not_compared() -> None:
    history = sound()
    again(history, "tr", history.row("tr", TRLNKID="T01", TRLNKGRP="A02"), TRORRES="1", TRSTRESC="1")
    (course,) = courses(history.frames(), LAYOUT)
    assert [t.total.complete for t in course.timepoints[:2]] == [True, False]
    assert course.comparable == {"A00", "A01"}


def test_the_same_result_twice_is_no_contradiction() -> None:
    history = sound()
    again(history, "tr", history.row("tr", TRLNKID="T01", TRLNKGRP="A02"))
    assert rules(history) == []


def test_two_states_of_a_nontarget_hide_that_assessment_only() -> None:
    history = sound()
    row = history.row("tr", TRLNKID="NT01", TRLNKGRP="A01")
    again(history, "tr", row, TRORRES="INCREASED", TRSTRESC="INCREASED")
    (course,) = courses(history.frames(), LAYOUT)
    assert course.comparable == {"A00", *course.after_baseline} - {"A01"}
    assert rules(history) == ["TR-CONFLICT"]


def test_a_wrong_response_before_the_contradiction_is_still_told() -> None:
    history = sound()
    again(history, "tr", history.row("tr", TRLNKID="T01", TRLNKGRP="A02"), TRORRES="1", TRSTRESC="1")
    history.row("tr", TRTESTCD="SUMDIAM", TRLNKGRP="A01").update(TRORRES="999", TRSTRESC="999")
    assert "RX-SUM" in rules(history)


def test_two_overall_responses_of_one_assessment() -> None:
    history = sound()
    row = history.row("rs", RSTESTCD="OVRLRESP", RSLNKGRP="A01")
    second = again(history, "rs", row, RSSTRESC="PD")
    (finding,) = history.findings()
    assert (finding.rule, finding.severity) == ("RS-CONFLICT", "ERROR")
    assert (finding.dataset, finding.variable) == ("RS", "RSSTRESC")
    assert finding.row == at(history, "rs", second) and finding.query


def test_a_result_of_another_lesion_is_no_contradiction() -> None:
    history = sound()
    result(history, 1, "NT09", "TUMSTATE", "PRESENT")
    assert "TR-CONFLICT" not in rules(history)
