"""Text cells to canonical cells, with the rule that applied; what does not fit is a finding and blank."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import TinyStudy

from cdisc_kit.findings import Finding
from cdisc_kit.normalise import canonical, normalise, spelling, wording
from cdisc_kit.normalise.dates import DateRules
from cdisc_kit.normalise.readers import cell_reader
from cdisc_kit.raw import RawTable
from cdisc_kit.spec import StudySpec
from cdisc_kit.spec.model import ColumnSpec

# A column of each type in the small study.
PLACES = {
    "text": ("EVENT", "A"),
    "date": ("EVENT", "D"),
    "datetime": ("OTHER", "XD"),
    "time": ("EVENT", "T"),
    "number": ("EVENT", "N"),
    "integer": ("DEMOG", "AGEC"),
    "yesno": ("EVENT", "YN"),
    "code": ("DEMOG", "SEXC"),
    "codes": ("EVENT", "M"),
}
RULES = {
    "date": "DT-INVALID",
    "datetime": "DT-INVALID",
    "time": "DT-INVALID",
    "number": "NUM-INVALID",
    "integer": "NUM-INVALID",
    "yesno": "CT-UNMAPPED",
    "code": "CT-UNMAPPED",
    "codes": "CT-UNMAPPED",
}
DATES = DateRules.of(("%Y/%m/%d",), ("UK",), "2026-10-31")


@pytest.fixture
def late(tiny: TinyStudy) -> TinyStudy:
    """The small study with a cut-off after every date used here."""
    return tiny.change("study.yaml", extract_date={"value": "2026-10-31"})


def cell(tiny: TinyStudy, kind: str, raw: str, *, dated: bool = False) -> tuple[str, list[Finding]]:
    form, column = PLACES[kind]
    spec = tiny.load()
    assert spec.sources.forms[form].columns[column].type == kind
    (table,) = tiny.tables({form: [{}, {column: raw}]}, spec)[form]
    if dated:
        flags = pd.DataFrame(False, index=[0, 1], columns=list(table.frame))
        flags.loc[1, column] = True
        table = replace(table, dates=flags, epoch="1900")
    result, findings = normalise(spec, table)
    assert (result.frame.drop(columns=column) == "").all(axis=None)
    return str(result.frame.loc[1, column]), findings


def read(column: ColumnSpec, raw: str, rules: DateRules = DATES) -> tuple[str, list[tuple[str, str]]]:
    """Canonical text, and (rule, severity) of what is told."""
    found = cell_reader(column, rules)(raw)
    return found.text, [(note.rule, note.severity) for note in found.notes if note.severity]


def column(kind: str, **options: object) -> ColumnSpec:
    return ColumnSpec("X", "列", kind, **options)  # type: ignore[arg-type]


INFO = "INFO"
TYPED = [
    # what the study declares passes without a word
    ("text", "发热 3 天", "发热 3 天", []),
    ("text", "NA", "NA", []),
    ("text", "无", "无", []),
    ("text", "不详", "不详", []),
    ("date", "2025-09-04", "2025-09-04", []),
    ("date", "2025/9/4", "2025-09-04", []),
    ("date", "2025", "2025", []),
    ("date", "2024-02-29", "2024-02-29", []),
    ("date", "2025/09/UK", "2025-09", ["DT-PARTIAL"]),
    ("date", "2025-不详-不详", "2025", ["DT-PARTIAL"]),
    ("datetime", "2025-09-04 08:05", "2025-09-04T08:05", []),
    ("datetime", "2025-09-04T8:05", "2025-09-04T08:05", []),
    ("datetime", "2025/09/04 08:05:59", "2025-09-04T08:05", []),
    ("datetime", "2025-09-04", "2025-09-04", []),
    ("time", "8:05", "08:05", []),
    ("time", "23:59:59", "23:59", []),
    ("number", "007.50", "007.50", []),
    ("number", "-.5", "-.5", []),
    ("integer", "007", "7", []),
    ("integer", "-3", "-3", []),
    ("yesno", "是", "Y", []),
    ("yesno", "N", "N", []),
    ("code", "女", "2", []),
    ("code", "2", "2", []),
    ("codes", "一;3", "1;3", []),
    ("codes", "二", "2", []),
    # typing accidents, told
    ("text", " 发热 3  天\t", "发热 3 天", ["TXT-TRIM"]),
    ("text", "停药\n后缓解", "停药 后缓解", ["TXT-TRIM"]),
    ("number", "３．５", "3.5", ["TXT-NFKC"]),
    ("number", "1e3", "1000", ["NUM-FORMAT"]),
    ("number", "1,234,567.5", "1234567.5", ["NUM-THOUS"]),
    ("integer", "1,200", "1200", ["NUM-THOUS"]),
    ("code", "女\u3000", "2", ["TXT-TRIM"]),
    ("codes", "一、二", "1;2", ["CODE-SYNONYM"]),
    ("yesno", "有", "Y", ["CODE-SYNONYM"]),
    ("yesno", "√", "Y", ["CODE-SYNONYM"]),
    ("yesno", "FALSE", "N", ["CODE-SYNONYM"]),
    ("yesno", "1", "Y", ["CODE-SYNONYM"]),
    ("yesno", "Yes", "Y", ["CODE-SYNONYM"]),
    ("yesno", "无", "N", ["CODE-SYNONYM"]),
    # tokens
    ("text", "-", "", ["TXT-MISSING"]),
    ("date", "/", "", ["TXT-MISSING"]),
    ("date", "UK", "", ["TXT-UNKNOWN"]),
    ("time", "NK", "", ["TXT-UNKNOWN"]),
    ("number", "无", "", ["TXT-MISSING"]),
    ("number", "n/a", "", ["TXT-MISSING"]),
    ("number", "NULL", "", ["TXT-MISSING"]),
    ("text", "NULL", "NULL", []),
    ("number", "ND", "", ["TXT-NOTDONE"]),
    ("number", "未查", "", ["TXT-NOTDONE"]),
    ("code", "不详", "", ["TXT-UNKNOWN"]),
    ("codes", "未填", "", ["TXT-MISSING"]),
    ("yesno", "不详", "", ["TXT-UNKNOWN"]),
]


@pytest.mark.parametrize(("kind", "raw", "value", "rules"), TYPED)
def test_a_cell_by_its_type(late: TinyStudy, kind: str, raw: str, value: str, rules: list[str]) -> None:
    text, findings = cell(late, kind, raw)
    assert text == value
    assert [(f.rule, f.severity, f.value) for f in findings] == [(rule, INFO, raw) for rule in rules]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("date", "2025-02-29"),
        ("date", "2025-13-01"),
        ("date", "2025-09-04 28:00"),
        ("date", "UK-09-04"),
        ("date", "45904"),
        ("datetime", "2025-09-04 25:00"),
        ("datetime", "2025-09-04 morning"),
        ("time", "12:60"),
        ("time", "12"),
        ("time", "晚12点"),
        ("number", "12 mg"),
        ("number", "<5"),
        ("number", "nan"),
        ("number", "1e999"),
        ("integer", "1.5"),
        ("yesno", "maybe"),
        ("code", "3"),
        ("codes", "1;9"),
        ("codes", "1;"),
    ],
)
def test_a_cell_that_does_not_fit_is_blank_and_reported_with_its_place(
    late: TinyStudy, kind: str, raw: str
) -> None:
    form, name = PLACES[kind]
    text, (finding,) = cell(late, kind, raw)
    assert text == ""
    assert (finding.rule, finding.severity, finding.value) == (RULES[kind], "ERROR", raw)
    assert (finding.form, finding.source_file, finding.source_row) == (form, f"{form}.csv", 3)
    assert finding.source_column == name
    assert raw not in finding.message and raw in finding.query
    assert finding.message_zh


def test_a_comma_is_not_guessed_to_be_a_decimal_point(late: TinyStudy) -> None:
    text, (finding,) = cell(late, "number", "3,5")
    assert (text, finding.rule, finding.severity) == ("", "NUM-COMMA", "ERROR")


def test_a_comma_before_three_digits_is_a_thousands_separator_in_doubt(late: TinyStudy) -> None:
    text, findings = cell(late, "number", "4,123")
    assert text == "4123"
    assert [(f.rule, f.severity) for f in findings] == [("NUM-THOUS", INFO), ("NUM-COMMA", "WARN")]
    assert "4,123" in findings[1].query


@pytest.mark.parametrize("kind", PLACES)
def test_blank_fits_every_type(late: TinyStudy, kind: str) -> None:
    assert cell(late, kind, "") == ("", [])
    assert cell(late, kind, " \u3000") == ("", [])


@pytest.mark.parametrize(
    ("raw", "value", "rules"),
    [
        ("阴性", "阴性", []),
        ("-", "-", []),
        ("−", "-", ["NUM-COMP"]),
        ("(-)", "(-)", []),
        ("（+）", "(+)", ["TXT-NFKC"]),
        ("2+", "2+", []),
        ("<0.05", "<0.05", []),
        ("≤40", "<=40", ["NUM-COMP"]),
        (">1000", ">1000", []),
        ("< 20", "<20", ["NUM-COMP"]),
        ("小于20", "<20", ["NUM-COMP"]),
        ("＜０．０５", "<0.05", ["TXT-NFKC"]),
        ("１.２Ｅ＋４", "1.2E+4", ["TXT-NFKC"]),
        ("1,200", "1200", ["NUM-THOUS", "NUM-COMMA"]),
        ("3.5～9.5", "3.5~9.5", ["TXT-NFKC"]),
        ("未查", "ND", ["TXT-NOTDONE"]),
        ("ND", "ND", []),
        ("/", "", ["TXT-MISSING"]),
        ("不详", "", ["TXT-UNKNOWN"]),
    ],
)
def test_a_result(raw: str, value: str, rules: list[str]) -> None:
    text, notes = read(column("qualitative"), raw)
    assert text == value
    assert {rule for rule, _ in notes} - {"TXT-NFKC"} == set(rules) - {"TXT-NFKC"}
    assert "TXT-NFKC" not in rules or ("TXT-NFKC", INFO) in notes


@pytest.mark.parametrize(
    ("raw", "value"),
    [("<0.05", "<0.05"), ("≥1,000", ">=1000"), ("4.0", "4.0"), ("未测", "ND"), ("-", "-")][:4],
)
def test_a_number_that_may_be_a_bound(raw: str, value: str) -> None:
    assert read(column("number", comparator=True), raw)[0] == value


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("腹痛（右上腹）；发热，３８℃", "腹痛（右上腹）；发热，38°C"),
        ("\u3000ＡＴＧ：用药？ \n停药！", "ATG：用药？ 停药！"),
        ("3～5天…", "3～5天…"),
        ("plain (text), 10⁹", "plain (text), 10^9"),
    ],
)
def test_the_wording_keeps_its_chinese_punctuation(raw: str, shown: str) -> None:
    assert wording(raw) == shown
    assert spelling(shown) == spelling(raw)


@pytest.mark.parametrize(
    ("raw", "value", "rule"),
    [
        ("×10⁹/L", "×10^9/L", "TXT-SUPER"),
        ("mg/m²", "mg/m2", "TXT-SUPER"),
        ("10⁻³", "10^-3", "TXT-SUPER"),
        ("37℃", "37°C", "TXT-NFKC"),
        ("5µg", "5μg", "TXT-NFKC"),
        ("他克莫司（普乐可复）", "他克莫司(普乐可复)", "TXT-NFKC"),
        ("\ufeff001", "001", "TXT-TRIM"),
        ("0\u200b01", "001", "TXT-TRIM"),
        ("a\x07b", "ab", "TXT-TRIM"),
        ("a\xa0 b", "a b", "TXT-TRIM"),
    ],
)
def test_characters(raw: str, value: str, rule: str) -> None:
    assert read(column("text"), raw) == (value, [(rule, INFO)])


@pytest.mark.parametrize("raw", ["è‚ç™Œ", "鑲濈檶", "发热\ufffd", "锟斤拷"])
def test_text_of_a_wrong_encoding_is_not_kept(raw: str) -> None:
    assert read(column("text"), raw) == ("", [("ENC-MOJIBAKE", "ERROR")])


@pytest.mark.parametrize(
    "raw", ["肝癌", "联通", "café", "β-内酰胺", "déjà vu", "鑫", "37.5°C", "µg", "洹河", "á la carte"]
)
def test_text_of_a_right_encoding_is_kept(raw: str) -> None:
    assert read(column("text"), raw)[0] != ""


CODES = {"0": "无", "UNK": "不详", "-80": "-80℃", "QD": "qd", "1": "PD-1抑制剂"}


@pytest.mark.parametrize(
    ("raw", "value", "rules"),
    [
        ("无", "0", []),
        ("不详", "UNK", []),
        ("-80℃", "-80", []),
        ("-80°C", "-80", []),
        ("Qd", "QD", ["CODE-SYNONYM"]),
        ("pd-1 抑制剂", "1", ["CODE-SYNONYM"]),
        ("ＰＤ－１抑制剂", "1", ["TXT-NFKC"]),
        ("免疫治疗", "1", ["CODE-SYNONYM"]),
        ("-", "", ["TXT-MISSING"]),
    ],
)
def test_declared_answers_come_before_tokens(raw: str, value: str, rules: list[str]) -> None:
    asked = column("code", codes=CODES, synonyms={"免疫治疗": "1"})
    assert read(asked, raw) == (value, [(rule, INFO) for rule in rules])


@pytest.mark.parametrize(
    ("kind", "raw"), [("date", "2025-09-04"), ("datetime", "2025-09-04T08:05"), ("datetime", "2025-09-04")]
)
def test_a_date_of_the_workbook_passes_whatever_the_declared_formats(
    late: TinyStudy, kind: str, raw: str
) -> None:
    late.edit("sources.yaml", '["%Y-%m-%d", "%Y/%m/%d", "%Y"]', '["%d.%m.%Y"]')
    assert cell(late, kind, raw, dated=True) == (raw, [])


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("number", "2025-09-04"), ("integer", "2025-09-04"), ("date", "10:30"), ("yesno", "2025-09-04")],
)
def test_a_date_of_the_workbook_where_none_belongs_is_a_misfit(late: TinyStudy, kind: str, raw: str) -> None:
    text, (finding,) = cell(late, kind, raw, dated=True)
    assert (text, finding.rule, finding.value) == ("", RULES[kind], raw)


def test_every_bad_cell_is_reported_once_per_row(late: TinyStudy) -> None:
    spec = late.load()
    (table,) = late.tables({"EVENT": [{"N": "x"}, {"N": "1"}, {"N": "x", "D": "?"}]}, spec)["EVENT"]
    _, findings = normalise(spec, table)
    assert [(f.source_column, f.source_row) for f in findings] == [("D", 4), ("N", 2), ("N", 4)]


def test_the_raw_table_keeps_what_was_written_and_the_log_tells_every_change(late: TinyStudy) -> None:
    spec = late.load()
    rows = [{"YN": "是", "A": "x"}, {"YN": "Y", "N": "１", "D": "2025/9/4"}]
    (table,) = late.tables({"EVENT": rows}, spec)["EVENT"]
    result, _ = normalise(spec, table)
    assert table.frame.loc[0, "YN"] == "是"
    assert result.log is not None
    assert result.log.to_numpy().tolist() == [
        ["EVENT.csv", 3, "D", "DT-ISO", "2025/9/4", "2025-09-04"],
        ["EVENT.csv", 3, "N", "TXT-NFKC;NUM-PLAIN", "１", "1"],
        ["EVENT.csv", 2, "YN", "CODE-TEXT", "是", "Y"],
    ]


def timed(late: TinyStudy) -> TinyStudy:
    return late.edit(
        "sources.yaml", "T: {label: 时间一, type: time}", "T: {label: 时间一, type: time, date: D}"
    )


@pytest.mark.parametrize(
    ("day", "after", "clock", "last"),
    [
        ("2025-10-01", "2025-10-02", "00:00", ("DT-2400", "INFO")),
        ("2025-12-31", "2026-01-01", "00:00", ("DT-2400", "INFO")),
        ("2025-10", "2025-10", "", ("DT-INVALID", "ERROR")),
        ("", "", "", ("DT-INVALID", "ERROR")),
    ],
)
def test_24_00_is_the_next_day_of_the_date_beside(
    late: TinyStudy, day: str, after: str, clock: str, last: tuple[str, str]
) -> None:
    spec = timed(late).load()
    (table,) = late.tables({"EVENT": [{"D": day, "T": "24:00"}]}, spec)["EVENT"]
    result, findings = normalise(spec, table)
    assert (result.frame.loc[0, "D"], result.frame.loc[0, "T"]) == (after, clock)
    told = [(f.rule, f.severity) for f in findings if f.source_column == "T"]
    assert told[-1] == last
    again, more = normalise(spec, replace(result, log=None))
    assert again.frame.equals(result.frame) and not [f for f in more if f.rule == "DT-2400"]


def test_24_00_without_a_date_beside_says_nothing(late: TinyStudy) -> None:
    text, findings = cell(late, "time", "24:00")
    assert (text, findings[-1].rule, findings[-1].severity) == ("", "DT-INVALID", "ERROR")


def serials(late: TinyStudy, epoch: str, births: dict[str, str]) -> list[tuple[str, list[str]]]:
    spec = late.load()
    cells = [{"SUBJ": "1", "D": "45904"}, {"SUBJ": "2", "D": "45904"}, {"SUBJ": "1", "D": "25.9.4"}]
    (table,) = late.tables({"EVENT": cells}, spec)["EVENT"]
    result, findings = normalise(spec, replace(table, epoch=epoch), births)
    rules = [[f.rule for f in findings if f.source_row == row] for row in (2, 3, 4)]
    return list(zip(result.frame["D"], rules, strict=True))


def test_a_serial_number_is_a_date_on_the_workbooks_own_base(late: TinyStudy) -> None:
    short = ("2025-09-04", ["DT-YY"])
    assert serials(late, "1900", {}) == [("2025-09-04", ["DT-SERIAL"]), ("2025-09-04", ["DT-SERIAL"]), short]
    assert [value for value, _ in serials(late, "1904", {})] == ["", "", "2025-09-04"], (
        "2029 is after the cut-off"
    )
    assert serials(late, "", {})[0] == ("", ["DT-INVALID"]), "a number of a text file is no date"


def test_what_was_worked_out_may_not_lie_before_birth(late: TinyStudy) -> None:
    found = serials(late, "1900", {"1": "2025-10", "2": "1968-03"})
    assert found[0] == ("", ["DT-SERIAL", "DT-INVALID"])
    assert found[1] == ("2025-09-04", ["DT-SERIAL"])
    assert found[2] == ("", ["DT-YY", "DT-INVALID"])


def test_one_cell_on_its_own(late: TinyStudy) -> None:
    spec = late.load()
    assert canonical(spec, "EVENT", "D", "2025年9月4日") == "2025-09-04"
    assert canonical(spec, "DEMOG", "SEXC", " 女 ") == "2"


def test_a_large_table_is_read_at_once(late: TinyStudy) -> None:
    spec = late.load()
    table = laboratory(spec)
    took = []
    for _ in range(3):
        start = time.process_time()
        result, _ = normalise(spec, table)
        took.append(time.process_time() - start)
    assert len(result.frame) == 20_000
    assert min(took) < 0.5, f"{min(took):.2f} s of processor time for 20,000 rows; 0.3 s on an idle machine"


def laboratory(spec: StudySpec) -> RawTable:
    """20,000 rows of EVENT's 13 columns, as varied as a laboratory export."""
    size = 20_000
    index = np.arange(size)
    texts = {
        "SUBJ": [f"{n % 104:05d}" for n in index],
        "VISDT": [f"2025/{1 + n % 12:02d}/{1 + n % 28:02d}" for n in index],
        "A": [f"L{n // 20:07d}" for n in index],
        "D": [f"2025/{1 + n % 12}/{1 + n % 28}" for n in index],
        "T": [f"{n % 24:02d}:{n % 60:02d}" for n in index],
        "N": [f"{(n * 7919) % 9973 / 10:.1f}" for n in index],
        "YN": ["是" if n % 2 else "否" for n in index],
    }
    columns = list(spec.sources.forms["EVENT"].columns)
    frame = pd.DataFrame({name: texts.get(name, [""] * size) for name in columns}, dtype=object)
    return RawTable("EVENT", "EVENT.csv", "", index + 2, frame)
