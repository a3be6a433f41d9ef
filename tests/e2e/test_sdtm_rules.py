"""Rules of SDTM recomputed record by record from the built datasets, of clean and of dirty data.

Written as plain loops over Python values: nothing of the engine is used but to build, and to know the sort
keys the mapping declares.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from generated import SEED, STUDIES, Study, generate

from cdisc_kit.standard import load_sdtmig

DIRT = ("none", "full")
Record = dict[str, Any]

# What an epoch follows where it is neither the start of an event or intervention nor the date of a finding.
EPOCH_DATES = {"CE": ("CESTDTC", "CEDTC")}
# Epochs known without a date: of elements and arms themselves, of criteria checked at screening.
EPOCH_ASSIGNED = {"SE", "TA", "IE"}
# Of dispositions only the end of participation is placed by its date; a milestone or a phase names its epoch.
BY_DATE = {"DS": ("DSSCAT", "STUDY PARTICIPATION")}

pytestmark = pytest.mark.e2e


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((study, dirt), id=f"{study}-{dirt}", marks=pytest.mark.xdist_group(f"build-{study}"))
        for study in STUDIES
        for dirt in DIRT
    ],
)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    name, dirt = request.param
    return generate(name, tmp_path_factory.getbasetemp(), seed=SEED, dirt=dirt)


def records(study: Study, name: str) -> list[Record]:
    return study.frame(name).to_dict("records")


def of_subjects(study: Study) -> Iterator[tuple[str, list[Record]]]:
    """Datasets with records of subjects, but for those that only point at others."""
    for name in study.built.datasets:
        if "USUBJID" in study.frame(name) and not name.startswith("SUPP") and name != "RELREC":
            yield name, records(study, name)


def by_subject(rows: list[Record]) -> dict[str, list[Record]]:
    found = defaultdict(list)
    for row in rows:
        found[row["USUBJID"]].append(row)
    return found


def missing(value: Any) -> bool:
    return value == "" or (isinstance(value, float) and math.isnan(value))


@cache
def days_meant(value: str) -> tuple[dt.date, ...]:
    """Every day a date can mean: complete, cut on the right, or without its month alone (2025---12)."""
    if len(value) >= len("2025-09-04"):
        return (dt.date.fromisoformat(value[:10]),)
    if not value:
        return ()
    pattern = value.replace("---", "-..-")
    first = dt.date(int(value[:4]), 1, 1)
    year = [first + dt.timedelta(days=n) for n in range(366)]
    return tuple(day for day in year if re.match(pattern, day.isoformat()))


def whole_day(value: str) -> dt.date | None:
    return dt.date.fromisoformat(value[:10]) if len(value) >= 10 else None


# -- structure ----------------------------------------------------------------------------------------------


def test_required_and_expected_variables_are_there(study: Study) -> None:
    standard = load_sdtmig()
    for name, dataset in study.built.datasets.items():
        wanted = {v.name for v in standard.dataset(name).variables.values() if v.core in ("Req", "Exp")}
        assert wanted, name
        assert wanted <= {v.name for v in dataset.variables}, name


def test_identifiers_are_those_of_the_study_and_the_dataset(study: Study) -> None:
    for name, rows in of_subjects(study):
        for row in rows:
            assert row["STUDYID"] == study.spec.studyid
            assert row["USUBJID"].startswith(f"{study.spec.studyid}-")
            assert row.get("DOMAIN", name) == name


def test_declared_keys_identify_records(study: Study) -> None:
    for name, dataset in study.built.datasets.items():
        seen: dict[tuple[Any, ...], int] = {}
        for at, row in enumerate(records(study, name), start=1):
            key = tuple("" if missing(row[column]) else row[column] for column in dataset.keys)
            assert key not in seen, f"{name}: records {seen[key]} and {at} share {', '.join(dataset.keys)}"
            seen[key] = at


def test_sequence_numbers_run_from_one_in_the_order_of_the_sort_keys(study: Study) -> None:
    numbered = 0
    for name, rows in of_subjects(study):
        if f"{name}SEQ" not in study.frame(name):
            continue
        numbered += 1
        for subject, own in by_subject(rows).items():
            numbers = [row[f"{name}SEQ"] for row in own]
            assert numbers == list(range(1, len(own) + 1)), f"{name} {subject}"
            for before, after in pairwise(own):
                assert sort_key(study, name, before) <= sort_key(study, name, after), (
                    f"{name} {subject} {after[f'{name}SEQ']:.0f}"
                )
    assert numbered >= 20


def sort_key(study: Study, name: str, row: Record) -> list[tuple[bool, Any]]:
    """The declared sort keys' values, missing ones first; up to the first that is not in the dataset."""
    domain = study.spec.domains[name]
    key: list[tuple[bool, Any]] = []
    for column in domain.sort:
        if column not in row:
            break
        value = row[column]
        if column in domain.orders and not missing(value):
            value = domain.orders[column].index(value)
        key.append((not missing(value), 0 if missing(value) else value))
    return key


# -- study days and epochs ----------------------------------------------------------------------------------


def test_study_days_count_from_the_reference_start(study: Study) -> None:
    starts = {row["USUBJID"]: whole_day(row["RFSTDTC"]) for row in records(study, "DM")}
    counted = 0
    for name, rows in of_subjects(study):
        columns = study.frame(name).columns
        pairs = [
            (day, f"{day[:-2]}DTC") for day in columns if day.endswith("DY") and f"{day[:-2]}DTC" in columns
        ]
        for row in rows:
            for day, date in pairs:
                expected = study_day(whole_day(row[date]), starts[row["USUBJID"]])
                found = None if missing(row[day]) else row[day]
                assert found == expected, f"{name} {row['USUBJID']} {day} of {row[date]}"
                counted += expected is not None
    assert counted > 1000


def study_day(day: dt.date | None, start: dt.date | None) -> int | None:
    if day is None or start is None:
        return None
    return (day - start).days + (1 if day >= start else 0)


def test_every_kind_of_date_has_its_study_day(study: Study) -> None:
    """Where the guide has a study day for a date that the dataset holds."""
    standard = load_sdtmig()
    for name, rows in of_subjects(study):
        for kind in ("", "ST", "EN"):
            date, day = f"{name}{kind}DTC", f"{name}{kind}DY"
            if day in standard.dataset(name).variables and any(row.get(date) for row in rows):
                assert day in study.frame(name), f"{name} has {date} but no {day}"


def test_epochs_follow_from_the_subject_elements(study: Study) -> None:
    elements = by_subject(records(study, "SE"))
    checked, blank = 0, 0
    for name, rows in of_subjects(study):
        if "EPOCH" not in study.frame(name) or name in EPOCH_ASSIGNED:
            continue
        dates = EPOCH_DATES.get(name) or next(
            (column,) for column in (f"{name}STDTC", f"{name}DTC") if column in study.frame(name)
        )
        for row in rows:
            own = elements.get(row["USUBJID"], [])
            if name in BY_DATE and (row[BY_DATE[name][0]] != BY_DATE[name][1] or not own):
                continue
            date = next((row[column] for column in dates if row[column]), "")
            expected = epoch(date, own)
            assert row["EPOCH"] == expected, f"{name} {row['USUBJID']} {date}"
            checked, blank = checked + 1, blank + (expected == "")
    assert checked > 1000 and 0 < blank < checked


def epoch(date: str, elements: list[Record]) -> str:
    """The epoch all days of the date fall in; '' where they fall in several, in none or before the first."""
    found = {epoch_of_day(day, elements) for day in days_meant(date)}
    return found.pop() if len(found) == 1 else ""


def epoch_of_day(day: dt.date, elements: list[Record]) -> str:
    """An element holds the days from its start to the day before its end; the last one its end as well."""
    for at, element in enumerate(elements):
        start, end = whole_day(element["SESTDTC"]), whole_day(element["SEENDTC"])
        last = at == len(elements) - 1
        if start is not None and start <= day and (end is None or day < end or (last and day == end)):
            return str(element["EPOCH"])
    return ""


def test_elements_follow_one_another(study: Study) -> None:
    elements = by_subject(records(study, "SE"))
    for person in records(study, "DM"):
        subject, own = person["USUBJID"], elements.get(person["USUBJID"], [])
        consent, dose = person["RFICDTC"][:10], person["RFXSTDTC"][:10]
        if not consent and not dose:
            assert not own, subject
        elif dose and (not consent or dose < consent):
            assert own[0]["SESTDTC"] == person["RFXSTDTC"], subject
            assert all(row["EPOCH"] != "SCREENING" for row in own), subject
        else:
            assert own[0]["SESTDTC"] == person["RFICDTC"] and own[0]["EPOCH"] == "SCREENING", subject
        for before, after in pairwise(own):
            assert before["SEENDTC"] == after["SESTDTC"], subject
            assert before["SESTDTC"][:10] <= after["SESTDTC"][:10], subject
        if own and own[-1]["SEENDTC"]:
            assert own[-1]["SEENDTC"][:10] >= own[-1]["SESTDTC"][:10], subject


# -- visits -------------------------------------------------------------------------------------------------


def test_visits_are_those_of_the_plan_and_of_the_subject(study: Study) -> None:
    plan = {row["VISITNUM"]: row for row in records(study, "TV")}
    held = {(row["USUBJID"], row["VISITNUM"]): row for row in records(study, "SV")}
    checked = 0
    for name, rows in of_subjects(study):
        if "VISITNUM" not in study.frame(name):
            continue
        for row in rows:
            where = f"{name} {row['USUBJID']} {row['VISITNUM']}"
            if missing(row["VISITNUM"]):
                assert missing(row.get("VISIT", "")) and missing(row.get("VISITDY", "")), where
                continue
            visit = held[row["USUBJID"], row["VISITNUM"]]
            assert visit["SVOCCUR"] != "N" or name == "SV", where
            for column in ("VISIT", "VISITDY"):
                assert column not in row or same(row[column], visit[column]), f"{where} {column}"
            checked += 1
    for (subject, number), visit in held.items():
        planned = plan.get(number)
        if planned is not None:
            assert visit["VISIT"] == planned["VISIT"] and same(visit["VISITDY"], planned["VISITDY"]), subject
            assert visit["SVPRESP"] == "Y" and visit["SVOCCUR"] in ("Y", "N"), subject
        else:
            whole, part = divmod(round(number * 100), 100)
            assert visit["VISIT"] == f"UNSCHEDULED {whole}.{part}", subject
            assert missing(visit["VISITDY"]) and visit["SVPRESP"] == visit["SVOCCUR"] == "", subject
    assert checked > 1000


def same(one: Any, other: Any) -> bool:
    return bool(missing(one) and missing(other)) or one == other


def test_unplanned_visits_are_numbered_in_order_of_their_dates(study: Study) -> None:
    for subject, own in by_subject(records(study, "SV")).items():
        after: dict[int, list[Record]] = defaultdict(list)
        for row in own:
            if row["SVPRESP"] == "":
                after[int(row["VISITNUM"])].append(row)
        for base, rows in after.items():
            numbers = [round(row["VISITNUM"] * 100) for row in rows]
            assert numbers == list(range(base * 100 + 1, base * 100 + 1 + len(rows))), subject
            dates = [row["SVSTDTC"] for row in rows]
            assert dates == sorted(dates), subject
