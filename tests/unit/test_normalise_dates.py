"""Dates and times as people write them: one meaning only, or none."""

from __future__ import annotations

import pytest

from cdisc_kit.normalise.dates import DateRules, read_date, read_datetime, read_typed_day
from cdisc_kit.normalise.times import read_time

CUTOFF = "2026-10-31"
RULES = DateRules.of(("%Y/%m/%d",), ("UK", "不详"), CUTOFF)
EXCEL = DateRules.of(("%Y-%m-%d", "%Y-%m"), ("UK",), CUTOFF, "1900")
MAC = DateRules.of(("%Y-%m-%d",), ("UK",), CUTOFF, "1904")


@pytest.mark.parametrize(
    ("raw", "value", "rules"),
    [
        ("2019/08/12", "2019-08-12", []),
        ("2019/08/UK", "2019-08", ["DT-PARTIAL INFO"]),
        ("2019/UK/UK", "2019", ["DT-PARTIAL INFO"]),
        ("2025/UK/12", "2025---12", ["DT-PARTIAL WARN"]),
        ("2025/UK/32", "", ["DT-INVALID ERROR"]),
        ("2025---12", "2025---12", []),
        ("2025年9月4日", "2025-09-04", ["DT-FORMAT INFO"]),
        ("2025年09月", "2025-09", ["DT-FORMAT INFO", "DT-PARTIAL INFO"]),
        ("2025年", "2025", ["DT-FORMAT INFO", "DT-PARTIAL INFO"]),
        ("2025.9.4", "2025-09-04", ["DT-FORMAT INFO"]),
        ("2025-9-4", "2025-09-04", ["DT-FORMAT INFO"]),
        ("20250904", "2025-09-04", ["DT-FORMAT INFO"]),
        ("20251304", "", ["DT-INVALID ERROR"]),
        ("2025-UK", "2025", ["DT-FORMAT INFO", "DT-PARTIAL INFO"]),
        ("2025-02-30", "", ["DT-INVALID ERROR"]),
        ("1968-13", "", ["DT-INVALID ERROR"]),
        ("04/09/2025", "", ["DT-AMBIG ERROR"]),
        ("25/09/2025", "", ["DT-AMBIG ERROR"]),
        ("04/09/25", "", ["DT-AMBIG ERROR"]),
        ("25.9.4", "2025-09-04", ["DT-YY WARN"]),
        ("68.3.5", "1968-03-05", ["DT-YY WARN"]),
        ("25年9月4日", "2025-09-04", ["DT-YY WARN"]),
        ("2026-11-30", "2026-11-30", ["DT-FORMAT INFO", "DT-FUTURE WARN"]),
        ("2026/12/01", "2026-12-01", ["DT-FUTURE ERROR"]),
        ("2027/UK/UK", "2027", ["DT-PARTIAL INFO", "DT-FUTURE ERROR"]),
        ("2026/UK/UK", "2026", ["DT-PARTIAL INFO"]),
        ("45904", "", ["DT-INVALID ERROR"]),
        ("yesterday", "", ["DT-INVALID ERROR"]),
        ("2025-09-04 00:00:00", "2025-09-04", ["DT-FORMAT INFO"]),
        ("2025/09/04T00:00:00.000", "2025-09-04", ["DT-FORMAT INFO"]),
        ("2025-09-04 03:20", "2025-09-04", ["DT-FORMAT INFO", "DT-TIME WARN"]),
        ("2025/09/UK 03:20", "", ["DT-INVALID ERROR"]),
        ("2025-09-04 25:70", "", ["DT-INVALID ERROR"]),
    ],
)
def test_a_date(raw: str, value: str, rules: list[str]) -> None:
    found = read_date(raw, RULES)
    assert (found.text, [f"{n.rule} {n.severity}" for n in found.notes if n.severity]) == (value, rules)


RAVE = DateRules.of(("%d-%b-%y", "%d %b %Y"), ("UN", "UNK"), CUTOFF)


@pytest.mark.parametrize(
    ("raw", "value", "rules"),
    [
        ("15-Sep-20", "2020-09-15", ["DT-YY INFO"]),
        ("6-MAY-18", "2018-05-06", ["DT-YY INFO"]),
        ("1-Jan-27", "1927-01-01", ["DT-YY INFO"]),
        ("30-Nov-26", "2026-11-30", ["DT-YY INFO", "DT-FUTURE WARN"]),
        ("UN-Sep-20", "2020-09", ["DT-YY INFO", "DT-PARTIAL INFO"]),
        ("UN UNK 2019", "2019", ["DT-PARTIAL INFO"]),
        ("20 UNK 2019", "2019---20", ["DT-PARTIAL WARN"]),
        ("12 Feb 2019", "2019-02-12", []),
        ("30 Feb 2019", "", ["DT-INVALID ERROR"]),
        ("12 Fev 2019", "", ["DT-INVALID ERROR"]),
    ],
)
def test_english_months_and_two_digits_of_a_declared_year(raw: str, value: str, rules: list[str]) -> None:
    found = read_date(raw, RAVE)
    assert (found.text, [f"{n.rule} {n.severity}" for n in found.notes if n.severity]) == (value, rules)


@pytest.mark.parametrize(
    ("rules", "raw", "value", "rule"),
    [
        (EXCEL, "45904", "2025-09-04", "DT-SERIAL INFO"),
        (EXCEL, "45904.337", "2025-09-04", "DT-SERIAL INFO"),
        (EXCEL, "46350", "2026-11-24", "DT-SERIAL INFO DT-FUTURE WARN"),
        (EXCEL, "46400", "", "DT-INVALID ERROR"),
        (MAC, "44442", "2025-09-04", "DT-1904 WARN"),
        (MAC, "45904", "", "DT-INVALID ERROR"),
        (EXCEL, "1968-03", "1968-03", ""),
    ],
)
def test_a_serial_number(rules: DateRules, raw: str, value: str, rule: str) -> None:
    found = read_date(raw, rules)
    assert (found.text, " ".join(f"{n.rule} {n.severity}" for n in found.notes if n.severity)) == (
        value,
        rule,
    )


@pytest.mark.parametrize(
    ("raw", "value", "rules"),
    [
        ("2025-9-4 8:05", "2025-09-04T08:05", ["DT-FORMAT"]),
        ("2025年9月4日8时05分", "2025-09-04T08:05", ["DT-FORMAT", "DT-ZHTIME"]),
        ("2025/10/01 24:00", "2025-10-02T00:00", ["DT-2400"]),
        ("2025/12/31 24:00", "2026-01-01T00:00", ["DT-2400"]),
        ("2025/UK/UK", "2025", ["DT-PARTIAL"]),
        ("2025/09/UK 08:00", "", ["DT-INVALID"]),
        ("04/09/2025 08:00", "", ["DT-AMBIG"]),
    ],
)
def test_a_date_with_a_time(raw: str, value: str, rules: list[str]) -> None:
    found = read_datetime(raw, RULES)
    assert (found.text, [n.rule for n in found.notes if n.severity]) == (value, rules)


def test_the_fraction_of_a_serial_number_is_its_time() -> None:
    assert read_datetime("45904.337", EXCEL).text == "2025-09-04T08:05"
    assert read_datetime("45904", EXCEL).text == "2025-09-04"


@pytest.mark.parametrize(
    ("raw", "value", "rule"),
    [
        ("8:05", "08:05", ""),
        ("0855", "08:55", "DT-FORMAT"),
        ("2460", "", "DT-INVALID"),
        ("855", "", "DT-INVALID"),
        ("9:10 PM", "21:10", "DT-FORMAT"),
        ("9:10:30am", "09:10", "DT-FORMAT"),
        ("12:05 a.m.", "00:05", "DT-FORMAT"),
        ("12:05 PM", "12:05", "DT-FORMAT"),
        ("13:05 PM", "", "DT-INVALID"),
        ("早8点半", "08:30", "DT-ZHTIME"),
        ("8点", "08:00", "DT-ZHTIME"),
        ("14时5分", "14:05", "DT-ZHTIME"),
        ("下午3点一刻", "15:15", "DT-ZHTIME"),
        ("晚8点30分", "20:30", "DT-ZHTIME"),
        ("中午12点", "12:00", "DT-ZHTIME"),
        ("晚12点", "", "DT-INVALID"),
        ("上午14点", "", "DT-INVALID"),
        ("晚上1点", "", "DT-INVALID"),
        ("晚上11:05", "23:05", "DT-ZHTIME"),
        ("中午9点", "", "DT-INVALID"),
        ("中午1点", "13:00", "DT-ZHTIME"),
        ("下午10点", "22:00", "DT-ZHTIME"),
        ("下午15点", "15:00", "DT-ZHTIME"),
        ("傍晚6点", "18:00", "DT-ZHTIME"),
        ("凌晨9点", "", "DT-INVALID"),
        ("凌晨2点半", "02:30", "DT-ZHTIME"),
        ("傍晚2点", "", "DT-INVALID"),
        ("7:5", "", "DT-INVALID"),
        ("7:", "", "DT-INVALID"),
        ("上午8:5", "", "DT-INVALID"),
        ("25:00", "", "DT-INVALID"),
        ("8点75分", "", "DT-INVALID"),
    ],
)
def test_a_time(raw: str, value: str, rule: str) -> None:
    found = read_time(raw)
    assert (found.text, "".join(n.rule for n in found.notes if n.severity)) == (value, rule)


def test_a_format_is_literal_but_for_its_parts() -> None:
    rules = DateRules.of(("%Y年%m月%d日", "%d.%m.%Y"), ("UN",), CUTOFF)
    assert read_date("2025年9月UN日", rules).text == "2025-09"
    assert read_date("04.09.2025", rules).text == "2025-09-04", "the study fixed the order"
    assert read_date("2025x09", rules).text == ""


def test_a_typed_cell_with_a_time_where_a_day_is_asked_for() -> None:
    found = read_typed_day("2025-09-04T03:20", EXCEL)
    assert (found.text, [note.rule for note in found.notes]) == ("2025-09-04", ["DT-TIME"])
    assert read_typed_day("2025-09-04", EXCEL).notes == ()
    assert [note.rule for note in read_typed_day("03:20", EXCEL).notes] == ["DT-INVALID"]
