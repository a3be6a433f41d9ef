"""Two passes of one form: equal in meaning, or the run stops with both places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import TinyStudy

from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding
from cdisc_kit.normalise import normalise
from cdisc_kit.pipeline import build
from cdisc_kit.raw import RawTable
from cdisc_kit.reconcile import reconcile

Pass = list[dict[str, str]]


def reconciled(tiny: TinyStudy, one: Pass, two: Pass) -> tuple[RawTable, list[Finding]]:
    spec = tiny.load()
    tables = []
    for name, rows in (("entry1", one), ("entry2", two)):
        (table,) = tiny.tables({"OTHER": rows}, spec)["OTHER"]
        named = replace(table, entry=name, file=f"{name}/OTHER.csv", row=np.arange(len(rows)) + 2)
        tables.append(normalise(spec, named)[0])
    return reconcile(spec.sources.forms["OTHER"], tuple(tables))


ROWS: Pass = [
    {"SUBJ": "1", "KEYNO": "1", "X": "a", "XD": "2025-01-02"},
    {"SUBJ": "1", "KEYNO": "2", "X": "b"},
    {"SUBJ": "2", "KEYNO": "1", "X": "c"},
]


def test_equal_passes_give_the_first(tiny: TinyStudy) -> None:
    table, findings = reconciled(tiny, ROWS, ROWS)
    assert findings == []
    assert table.entry == "entry1" and list(table.frame["X"]) == ["a", "b", "c"]


def test_the_order_of_rows_and_the_spelling_do_not_count(tiny: TinyStudy) -> None:
    other = [ROWS[2], {**ROWS[0], "XD": "2025/1/2", "X": " a "}, ROWS[1]]
    assert reconciled(tiny, ROWS, other)[1] == []


def test_a_cell_that_differs_is_fatal_with_both_places(tiny: TinyStudy) -> None:
    other = [ROWS[2], ROWS[0], {**ROWS[1], "X": "B"}]
    _, (finding,) = reconciled(tiny, ROWS, other)
    assert (finding.rule, finding.severity, finding.value) == ("DDE-MISMATCH", "FATAL", "b | B")
    assert (finding.source_file, finding.source_row, finding.source_column) == ("entry1/OTHER.csv", 3, "X")
    assert "entry2/OTHER.csv row 4" in finding.message
    assert "值" in finding.message_zh


def test_every_cell_that_differs_is_told(tiny: TinyStudy) -> None:
    other = [{**ROWS[0], "X": "z", "XD": ""}, ROWS[1], {**ROWS[2], "X": ""}]
    _, findings = reconciled(tiny, ROWS, other)
    assert sorted((f.source_row, f.source_column, f.value) for f in findings) == [
        (2, "X", "a | z"),
        (2, "XD", "2025-01-02 | "),
        (4, "X", "c | "),
    ]


@pytest.mark.parametrize(("first_has_it", "file", "row"), [(True, "entry1", 4), (False, "entry2", 4)])
def test_a_row_in_one_pass_only_is_fatal(tiny: TinyStudy, first_has_it: bool, file: str, row: int) -> None:
    one, two = (ROWS, ROWS[:2]) if first_has_it else (ROWS[:2], ROWS)
    _, (finding,) = reconciled(tiny, one, two)
    assert (finding.rule, finding.severity) == ("DDE-ONLYONE", "FATAL")
    assert (finding.source_file, finding.source_row) == (f"{file}/OTHER.csv", row)


def test_rows_of_an_equal_key_are_paired_in_their_order(tiny: TinyStudy) -> None:
    twice = [ROWS[0], {**ROWS[0], "X": "second"}]
    assert reconciled(tiny, twice, twice)[1] == []
    _, (finding,) = reconciled(tiny, twice, [ROWS[0], {**ROWS[0], "X": "other"}])
    assert finding.value == "second | other"
    _, (single,) = reconciled(tiny, twice, [ROWS[0]])
    assert (single.rule, single.source_row) == ("DDE-ONLYONE", 3)


def test_no_rows_agree_with_no_rows(tiny: TinyStudy) -> None:
    assert reconciled(tiny, [], [])[1] == []


def test_a_difference_stops_the_build(tiny: TinyStudy, tmp_path_factory: pytest.TempPathFactory) -> None:
    raw = tmp_path_factory.mktemp("raw")
    passes = "{type: csv, passes: {one: {file: 1.csv}, two: {file: 2.csv}}}"
    tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", passes)
    spec = tiny.load()
    for name in ("DEMOG", "EVENT"):
        header = ",".join(column.label for column in spec.sources.forms[name].columns.values())
        (raw / f"{name}.csv").write_text(header + "\n", encoding="utf-8")
    for number, value in (("1", "a"), ("2", "b")):
        (raw / f"{number}.csv").write_text(f"编号,键,值,值日期\n1,1,{value},\n", encoding="utf-8")
    with pytest.raises(FatalFindingsError) as caught:
        build(spec, raw)
    assert [finding.rule for finding in caught.value.findings if finding.severity == "FATAL"] == [
        "DDE-MISMATCH"
    ]
    assert "a | b" not in str(caught.value), "no cell value in the message"
