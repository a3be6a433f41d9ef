"""Laws of the engine that hold for any data."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from random import Random

import numpy as np
import pandas as pd
from conftest import TINY, TinyStudy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import number, number_text, text
from cdisc_kit.derive import OPERATIONS
from cdisc_kit.derive.part import pieces
from cdisc_kit.derive.study_day import study_days
from cdisc_kit.isodate import days, iso, span
from cdisc_kit.yamltext import Map

DATES = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
PARTIAL = st.tuples(DATES, st.sampled_from([4, 7, 10])).map(lambda pair: pair[0].isoformat()[: pair[1]])
NEAR = st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31))
PARTIAL_NEAR = st.tuples(NEAR, st.sampled_from([4, 7, 10])).map(lambda pair: pair[0].isoformat()[: pair[1]])
ISO = st.one_of(PARTIAL, st.just(""), DATES.map(lambda day: f"{day.isoformat()}T08:30"))
# The month alone is unknown: IG 4.4.2.
WITHOUT_MONTH = DATES.map(lambda day: f"{day.year:04}---{day.day:02}")
WORDS = st.lists(st.text("abcxyz 发热é", max_size=30), max_size=40).map(" ".join)
# The study is only read, so one copy serves every example.
STUDY = TinyStudy(TINY)
RELAXED = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def series(values: list[str]) -> pd.Series:
    return pd.Series(values, dtype=object)


def completions(partial: str) -> list[dt.date]:
    """Every day a date can mean, by asking each day of its years."""
    if not partial:
        return []
    start = dt.date(int(partial[:4]), 1, 1)
    year = (start + dt.timedelta(days=n) for n in range(366))
    if "---" in partial:
        return [day for day in year if f"{day.year:04}---{day.day:02}" == partial]
    return [day for day in year if day.isoformat().startswith(partial[:10])]


@given(st.lists(st.one_of(ISO, WITHOUT_MONTH), max_size=20))
def test_a_date_spans_exactly_the_days_it_can_mean(values: list[str]) -> None:
    first, last = span(series(values))
    for value, earliest, latest in zip(values, first, last, strict=True):
        possible = completions(value)
        expected = (possible[0], possible[-1]) if possible else (None, None)
        assert (earliest.astype(object), latest.astype(object)) == expected


@given(st.lists(ISO, max_size=20))
def test_only_complete_dates_are_days_and_come_back_as_they_were(values: list[str]) -> None:
    assert list(iso(days(series(values)))) == [value[:10] if len(value) >= 10 else "" for value in values]


@given(DATES, DATES)
def test_a_study_day_is_never_zero_and_counts_days(day: dt.date, reference: dt.date) -> None:
    (value,) = study_days(series([day.isoformat()]), series([reference.isoformat()]))
    difference = (day - reference).days
    assert value == (difference + 1 if difference >= 0 else difference)
    assert value != 0


@given(PARTIAL, DATES)
def test_a_study_day_needs_a_complete_date(partial: str, reference: dt.date) -> None:
    for pair in ((partial, reference.isoformat()), (reference.isoformat(), partial)):
        (value,) = study_days(series([pair[0]]), series([pair[1]]))
        assert np.isnan(value) == (len(partial) < 10)


@given(st.lists(st.tuples(DATES, DATES), min_size=2, max_size=10))
def test_a_later_date_never_has_an_earlier_study_day(pairs: list[tuple[dt.date, dt.date]]) -> None:
    reference = pairs[0][0].isoformat()
    ordered = sorted(day for _, day in pairs)
    found = study_days(series([day.isoformat() for day in ordered]), series([reference] * len(ordered)))
    assert found.is_monotonic_increasing


@given(WORDS, st.integers(10, 200))
def test_pieces_of_a_text_join_to_the_text(value: str, limit: int) -> None:
    cut = pieces(value, limit)
    assert " ".join(cut) == value
    for piece in cut:
        assert len(piece.encode("utf-8")) <= limit or " " not in piece, "only a single word may be too long"


@given(WORDS)
def test_no_piece_could_have_held_the_next_word(value: str) -> None:
    cut = pieces(value, 50)
    for piece, following in pairwise(cut):
        assert len(f"{piece} {following.split(' ')[0]}".encode()) > 50


@given(st.floats(-1e15, 1e15, allow_nan=False))
def test_a_number_written_as_text_reads_back(value: float) -> None:
    written = number_text(value)
    assert "e" not in written.lower()
    assert np.isclose(float(written), value, rtol=1e-14, atol=0)


@given(st.lists(st.one_of(st.integers(-999, 999).map(str), st.text(max_size=4)), max_size=10))
def test_text_of_text_is_the_text_and_numbers_of_words_are_missing(values: list[str]) -> None:
    column = series(values)
    assert list(text(column)) == values
    for value, found in zip(values, number(column), strict=True):
        assert np.isnan(found) or float(value) == found


SUBJECTS = st.lists(st.sampled_from(["1", "2", "3"]), max_size=12)


@RELAXED
@given(SUBJECTS, st.randoms(use_true_random=False), st.lists(ISO.filter(lambda v: "T" not in v), max_size=12))
def test_sequence_numbers_run_from_one_without_gap_whatever_the_order_of_the_file(
    subjects: list[str], random: Random, dates: list[str]
) -> None:
    rows = [
        {"SUBJ": subject, "A": f"e{at}", "D": _collected(dates[at] if at < len(dates) else "")}
        for at, subject in enumerate(subjects)
    ]
    people = [{"SITE": "01", "SUBJ": subject} for subject in ("1", "2", "3")]
    frame = STUDY.build({"DEMOG": people, "EVENT": rows}).datasets["CE"].frame
    for _, own in frame.groupby("USUBJID"):
        assert list(own["CESEQ"]) == list(range(1, len(own) + 1))
    assert len(frame) == len(rows)
    random.shuffle(rows)
    again = STUDY.build({"DEMOG": people, "EVENT": rows}).datasets["CE"].frame
    pd.testing.assert_frame_equal(frame, again)


def _collected(value: str) -> str:
    """An ISO date as the small study's forms write it."""
    return {4: f"{value}-UK-UK", 7: f"{value}-UK"}.get(len(value), value)


@RELAXED
@given(st.lists(NEAR, min_size=4, max_size=4), PARTIAL_NEAR)
def test_an_epoch_of_a_partial_date_is_that_of_all_its_days(milestones: list[dt.date], partial: str) -> None:
    consent, first, last, end = (day.isoformat() for day in sorted(milestones))
    person = {"SITE": "01", "SUBJ": "1", "ICFDT": consent, "FIRST": first, "LAST": last, "EXIT": end}
    candidates = [day.isoformat() for day in completions(partial)]
    rows = [{"SUBJ": "1", "A": "x", "D": value} for value in [_collected(partial), *candidates]]
    whole, *each = _epochs(STUDY.workspace({"DEMOG": [person], "EVENT": rows}))
    # elements follow one another, so all days agree where the first and the last do
    assert whole == (each[0] if each[0] == each[-1] else "")
    if whole:
        assert set(each) == {whole}


def _epochs(workspace: Workspace) -> list[str]:
    rows = workspace.draft("CE").blocks[0]
    params = Map({"epoch": "D"})
    return list(OPERATIONS["epoch"].run(rows, params))
