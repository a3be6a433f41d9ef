"""Outcomes on frames small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cdisc_kit.errors import SpecError
from cdisc_kit.outcomes import compute_outcomes, read_outcomes
from cdisc_kit.outcomes.compute import median

PARAMETERS = {
    "window": "90",
    "more": "14",
    "recist_conf_days": "28",
    "recist_sd_days": "35",
    "recist_max_ne": "1",
}
HEAD = """
population:
  subjects: {dataset: DM, when: "present(ARMCD)"}
  start: {dataset: PR, when: "PRCAT == 'TRANSPLANT'", date: PRSTDTC}
  group: ARMCD
outcomes:
"""


def frame(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


FRAMES = {
    "DM": frame(
        "USUBJID ARMCD DTHDTC RFPENDTC",
        ("1", "A", "", "2026-03-01"),
        ("2", "A", "2026-02-01", "2026-02-01"),
        ("3", "B", "", "2026-06-01"),
        ("4", "", "", "2026-01-05"),
        ("5", "B", "", "2026-01-09"),
    ),
    "PR": frame(
        "USUBJID PRSEQ PRCAT PRLNKID PRSTDTC",
        ("1", 1.0, "TRANSPLANT", "", "2026-01-01T10:00"),
        ("2", 1.0, "TRANSPLANT", "", "2026-01-01"),
        ("3", 1.0, "TRANSPLANT", "", "2026-01-01"),
        ("4", 1.0, "TRANSPLANT", "", "2026-01-01"),
        ("3", 2.0, "BIOPSY", "BX1", "2026-04-10"),
    ),
    "CE": frame(
        "USUBJID CESEQ CEOCCUR CESTDTC",
        ("1", 1.0, "Y", "2026-04-01"),
        ("2", 1.0, "Y", "2026-04-02"),
        ("4", 1.0, "Y", "2026-01-02"),
        ("1", 2.0, "Y", "2026-01"),
    ),
    "MI": frame(
        "USUBJID MISEQ MILNKID MIDTC", ("3", 1.0, "BX1", "2026-04-10"), ("3", 2.0, "BX2", "2026-02-01")
    ),
}


def compute(
    tmp_path: Path, body: str, frames: dict[str, pd.DataFrame] = FRAMES
) -> dict[str, dict[str, object]]:
    path = tmp_path / "outcomes.yaml"
    path.write_text(HEAD + body, encoding="utf-8")
    return compute_outcomes(frames, read_outcomes(path, "outcomes.yaml"), PARAMETERS)


def test_event_within_counts_subjects_of_the_population_once(tmp_path: Path) -> None:
    result = compute(
        tmp_path,
        """
  X:
    kind: event_within
    label: {en: x}
    days: [window]
    events: [{dataset: CE, when: "CEOCCUR == 'Y'", date: CESTDTC}]
""",
    )["X"]
    # day 90 after 1 January is 1 April: the event of subject 1 is in, that of subject 2 a day late;
    # subject 4 has no arm, subject 5 was not transplanted, a partial date is no date
    assert result["groups"] == {"A": {"events": 1, "n": 2}, "B": {"events": 0, "n": 1}}
    assert result["records"] == [{"dataset": "CE", "usubjid": "1", "seq": 1}]


def test_an_entry_has_its_own_window_and_link(tmp_path: Path) -> None:
    result = compute(
        tmp_path,
        """
  X:
    kind: event_within
    label: {en: x}
    days: [window]
    events:
      - dataset: MI
        date: MIDTC
        days: [window, more]
        link: {dataset: PR, own: MILNKID, other: PRLNKID, when: "PRCAT == 'BIOPSY'"}
""",
    )["X"]
    assert result["groups"] == {"A": {"events": 0, "n": 2}, "B": {"events": 1, "n": 1}}
    assert result["records"] == [{"dataset": "MI", "usubjid": "3", "seq": 1}]


def test_time_to_event_counts_the_first_day_as_one_and_censors(tmp_path: Path) -> None:
    result = compute(
        tmp_path,
        """
  OS:
    kind: time_to_event
    label: {en: survival}
    events: [{dataset: DM, when: "present(DTHDTC)", date: DTHDTC}]
    censor: [{dataset: DM, date: RFPENDTC}]
""",
    )["OS"]
    assert (result["n"], result["events"], result["median_days"]) == (3, 1, None)


def test_observation_ends_before_further_therapy(tmp_path: Path) -> None:
    frames = {**FRAMES, "CM": frame("USUBJID CMSEQ CMSTDTC", ("2", 1.0, "2026-02-01"))}
    result = compute(
        tmp_path,
        """
  PFS:
    kind: time_to_event
    label: {en: x}
    events: [{dataset: DM, when: "present(DTHDTC)", date: DTHDTC}]
    stop: {dataset: CM, date: CMSTDTC}
""",
        frames,
    )["PFS"]
    assert result["events"] == 0


def test_best_response_and_time_to_response(tmp_path: Path) -> None:
    responses = frame(
        "USUBJID RSSEQ RSSTRESC RSDTC",
        ("1", 1.0, "PR", "2026-02-11"),
        ("1", 2.0, "PR", "2026-03-25"),
        ("2", 1.0, "PR", "2026-02-11"),
        ("2", 2.0, "PD", "2026-03-25"),
    )
    result = compute(
        tmp_path,
        """
  RESPONSE: {kind: best_response, label: {en: r}, responses: {dataset: RS, date: RSDTC}, value: RSSTRESC}
  TTR:
    kind: time_to_event
    label: {en: t}
    responders: RESPONSE
    events: [{dataset: RS, when: "RSSTRESC == 'PR'", date: RSDTC}]
""",
        {**FRAMES, "RS": responses},
    )
    assert result["RESPONSE"]["confirmed"] == {
        "best": {"NE": 1, "PR": 1, "SD": 1},
        "responded": 1,
        "controlled": 2,
    }
    assert result["RESPONSE"]["unconfirmed"] == {"best": {"NE": 1, "PR": 2}, "responded": 2, "controlled": 2}
    assert (result["TTR"]["n"], result["TTR"]["median_days"]) == (1, 42)


def test_worst_grade(tmp_path: Path) -> None:
    events = frame(
        "USUBJID AESEQ AETOXGR", ("1", 1.0, "2"), ("1", 2.0, "3"), ("2", 1.0, "1"), ("4", 1.0, "5")
    )
    result = compute(
        tmp_path,
        "  G: {kind: worst_grade, label: {en: g}, events: [{dataset: AE}], grade: AETOXGR}\n",
        {**FRAMES, "AE": events},
    )["G"]
    assert result["grades"] == {"0": 1, "1": 1, "3": 1}


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([], None),
        ([(10, True)], 10),
        ([(10, True), (20, True)], 10),
        ([(10, False), (20, True), (30, True)], 20),
        ([(10, True), (20, False), (30, False)], None),
        ([(5, False), (5, True), (9, True)], 9),
    ],
)
def test_median(intervals: list[tuple[int, bool]], expected: int | None) -> None:
    assert median(intervals) == expected


def test_every_problem_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.yaml"
    path.write_text(
        HEAD
        + "  X: {kind: event_with, label: {en: x}}\n"
        + "  Y: {kind: worst_grade, label: {en: y}, events: [{dataset: AE, when: 'a.b.c'}]}\n",
        encoding="utf-8",
    )
    with pytest.raises(SpecError) as caught:
        read_outcomes(path, "outcomes.yaml")
    told = "\n".join(caught.value.problems)
    assert "outcomes.yaml:7 X: unknown kind of outcome 'event_with'; did you mean 'event_within'?" in told
    assert "outcomes.yaml:8 Y: 'grade' is missing" in told and "outcomes.yaml:8 when:" in told
