"""The cell ledger: each fate on a small study, totals, and the file."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Rows, TinyStudy

from cdisc_kit.build.study import build_datasets
from cdisc_kit.findings import Finding
from cdisc_kit.ledger import FATES, Fate, Ledger, account, ledger_line, write_ledger
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.raw import Beside, RawTable

SUBJECT = {"SITE": "01", "SUBJ": "S1", "ICFDT": "2025-01-01", "FIRST": "2025-01-08", "SEXC": "男"}
REASONS = {"DEMOG.AGEC": "computed", "EVENT.[BCETUNM]*": "not asked for", "OTHER.*": "no dataset yet"}


def ledger_of(
    tiny: TinyStudy, rows: Rows, *, entries: int = 1, more: tuple[Finding, ...] = ()
) -> tuple[Ledger, list[Finding]]:
    spec = tiny.load()
    raw = tiny.tables(rows, spec)
    raw = {
        name: tuple(entered(tables[0], at, entries) for at in range(entries)) for name, tables in raw.items()
    }
    forms, findings = prepare_forms(spec, raw)
    built = build_datasets(spec, forms)
    return account(built.workspace, raw, [*findings, *built.findings, *more])


def entered(table: RawTable, at: int, entries: int) -> RawTable:
    return (
        table if entries == 1 else replace(table, entry=f"entry{at + 1}", file=f"entry{at + 1}/{table.file}")
    )


def fates(ledger: Ledger, form: str) -> dict[tuple[int, str], Fate]:
    """(row, column) -> fate of the non-blank cells of a form."""
    found = next(part for part in ledger.forms if part.form == form)
    return {
        (int(row), column): found.fates[found.cells[at, position]]
        for at, row in enumerate(found.row)
        for position, column in enumerate(found.columns)
        if found.cells[at, position] >= 0
    }


def test_a_cell_lists_every_variable_it_reaches(tiny: TinyStudy) -> None:
    ledger, _ = ledger_of(tiny, {"DEMOG": [SUBJECT]})
    cells = fates(ledger, "DEMOG")
    assert cells[2, "SEXC"] == Fate("mapped", "DM.SEX")
    assert cells[2, "ICFDT"] == Fate("mapped", "DM.RFICDTC")
    assert cells[2, "SITE"] == Fate("mapped", "DM.SITEID; USUBJID")
    # SV asks for the first day of treatment to tell which visits were due
    assert cells[2, "FIRST"] == Fate("mapped", "DM.RFSTDTC; DM.RFXSTDTC; SV")
    assert set(cells) == {(2, column) for column in SUBJECT}


def test_a_work_variable_leads_to_what_is_computed_from_it(tiny: TinyStudy) -> None:
    tiny.change(
        "domains/ce.yaml",
        work={
            "FIRSTWORK": {"assign": "B"},
            "DEADEND": {"assign": "C"},
            "SECOND": {"template": "{FIRSTWORK}!"},
        },
        variables={"CECAT": {"assign": "SECOND"}},
    )
    rows = {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a", "B": "b", "C": "c"}]}
    cells = fates(ledger_of(tiny, rows)[0], "EVENT")
    assert cells[2, "B"] == Fate("mapped", "CE.CECAT")
    assert cells[2, "C"] == Fate("open")


def test_rows_left_out_by_a_condition_are_filtered_by_its_name(tiny: TinyStudy) -> None:
    tiny.edit("domains/ce.yaml", "from: EVENT}", "from: EVENT, when: \"YN == 'Y'\"}")
    rows = {
        "DEMOG": [SUBJECT],
        "EVENT": [{"SUBJ": "S1", "A": "kept", "YN": "是"}, {"SUBJ": "S1", "A": "left", "YN": "否"}],
    }
    cells = fates(ledger_of(tiny, rows)[0], "EVENT")
    assert cells[2, "A"] == Fate("mapped", "CE.CETERM") and cells[2, "YN"] == Fate("mapped", "CE")
    assert {cells[3, column].fate for column in ("SUBJ", "A", "YN")} == {"filtered"}
    assert cells[3, "A"].reason == "mappings/tiny/domains/ce.yaml:3 event: when YN == 'Y'"


def test_an_unpivot_maps_the_column_of_each_item_it_keeps(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml",
        "{id: event, from: EVENT}",
        "{id: event, from: EVENT, unpivot: {items: [{columns: {TERM: A}}, {columns: {TERM: B}}], "
        "keep: \"present(TERM) and TERM != 'none'\"}}",
    ).edit("domains/ce.yaml", "{assign: A}", "{assign: TERM}")
    rows = {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a", "B": "none"}]}
    cells = fates(ledger_of(tiny, rows)[0], "EVENT")
    assert cells[2, "A"] == Fate("mapped", "CE; CE.CETERM")
    assert cells[2, "B"].fate == "filtered"
    assert cells[2, "B"].reason.endswith("event: keep present(TERM) and TERM != 'none'")


def guarded(
    tiny: TinyStudy, expression: str, rows: list[dict[str, str]], **work: dict[str, str]
) -> dict[int, Fate]:
    """Row -> fate of EVENT.B, which CECAT reads by the expression."""
    tiny.change("domains/ce.yaml", work=work, variables={"CECAT": {"expr": expression}})
    events = [{"SUBJ": "S1", "A": "a", **row} for row in rows]
    cells = fates(ledger_of(tiny, {"DEMOG": [SUBJECT], "EVENT": events})[0], "EVENT")
    return {row: fate for (row, column), fate in cells.items() if column == "B"}


@pytest.mark.parametrize(
    "expression",
    [
        "B if YN == 'Y' else ''",
        "'' if YN == 'N' else B",
        "'x' if YN == 'Y' and B == 'b' else ''",
        "'x' if YN == 'N' or B == 'b' else ''",
    ],
)
def test_a_value_that_an_expression_does_not_take_is_not_mapped(tiny: TinyStudy, expression: str) -> None:
    found = guarded(tiny, expression, [{"B": "b", "YN": "是"}, {"B": "b", "YN": "否"}])
    assert found[2] == Fate("mapped", "CE.CECAT")
    assert found[3].fate == "filtered"
    assert found[3].reason.startswith("mappings/tiny/domains/ce.yaml:")
    assert found[3].reason.endswith(f" CECAT: {expression}")


def test_a_guard_further_on_counts_too(tiny: TinyStudy) -> None:
    found = guarded(
        tiny, "HELPER if YN == 'Y' else ''", [{"B": "b", "YN": "是"}, {"B": "b", "YN": "否"}],
        HELPER={"assign": "B"},
    )  # fmt: skip
    assert found[2] == Fate("mapped", "CE.CECAT") and found[3].fate == "filtered"


def test_a_part_of_a_condition_that_changes_nothing_is_not_mapped(tiny: TinyStudy) -> None:
    tiny.edit("domains/ce.yaml", "from: EVENT}", "from: EVENT, when: \"YN == 'Y' or B == 'b'\"}")
    events = [{"SUBJ": "S1", "A": "a", "B": "b", "YN": "是"}, {"SUBJ": "S1", "A": "a", "B": "b", "YN": "否"}]
    cells = fates(ledger_of(tiny, {"DEMOG": [SUBJECT], "EVENT": events})[0], "EVENT")
    assert cells[2, "B"].fate == "filtered" and cells[2, "B"].reason.endswith("when YN == 'Y' or B == 'b'")
    assert cells[3, "B"] == Fate("mapped", "CE") and cells[3, "YN"].fate == "filtered"


def test_joined_cells_count_where_a_row_stands_beside_them(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml",
        "{id: event, from: EVENT}",
        "{id: event, from: EVENT, join: [{form: OTHER, on: {B: KEYNO}, cardinality: many_to_one}]}",
    ).change("domains/ce.yaml", variables={"CECAT": {"assign": "OTHER.X"}})
    rows = {
        "DEMOG": [SUBJECT],
        "EVENT": [{"SUBJ": "S1", "A": "a", "B": "k1"}],
        "OTHER": [{"SUBJ": "S1", "KEYNO": "k1", "X": "found"}, {"SUBJ": "S1", "KEYNO": "k2", "X": "lonely"}],
    }
    ledger, findings = ledger_of(tiny, rows)
    cells = fates(ledger, "OTHER")
    assert cells[2, "X"] == Fate("mapped", "CE.CECAT") and cells[2, "KEYNO"] == Fate("mapped", "CE")
    assert cells[3, "X"] == cells[3, "KEYNO"] == Fate("open")
    assert {finding.source_column: finding.source_row for finding in findings} == {
        "SUBJ": 2,
        "KEYNO": 3,
        "X": 3,
    }


def test_cells_and_rows_with_a_finding_end_there(tiny: TinyStudy) -> None:
    rows = {
        "DEMOG": [{**SUBJECT, "BIRTH": "no date"}],
        "EVENT": [{"SUBJ": "S9", "A": "nobody's"}],
    }
    ledger, _ = ledger_of(tiny, rows)
    birth = fates(ledger, "DEMOG")[2, "BIRTH"]
    assert birth.fate == "finding" and birth.reason.startswith("DT-")
    assert set(fates(ledger, "EVENT").values()) == {Fate("finding", reason="ID-ORPHAN")}


def test_what_nothing_reads_on_a_row_with_an_error_ends_in_the_error(tiny: TinyStudy) -> None:
    rows = {
        "DEMOG": [SUBJECT],
        "EVENT": [{"SUBJ": "S1", "A": "a", "B": "b"}, {"SUBJ": "S1", "A": "c", "B": "d"}],
    }
    broken = Finding("LINK-MISS", "ERROR", "lost", form="EVENT", source_file="EVENT.csv", source_row=2)
    ledger, findings = ledger_of(tiny, rows, more=(broken,))
    cells = fates(ledger, "EVENT")
    assert cells[2, "B"] == Fate("finding", reason="LINK-MISS") and cells[2, "A"].fate == "mapped"
    assert cells[3, "B"] == Fate("open") and [finding.source_row for finding in findings] == [3]


def test_drafts_are_filtered(tiny: TinyStudy) -> None:
    tiny.change("sources.yaml", drafts={"column": "YN", "values": ["N"]})
    rows = {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a", "YN": "否"}]}
    assert set(fates(ledger_of(tiny, rows)[0], "EVENT").values()) == {Fate("filtered", reason="FORM-DRAFT")}


def test_declared_columns_are_not_submitted(tiny: TinyStudy) -> None:
    tiny.change("sources.yaml", not_submitted=REASONS)
    tiny.change("domains/ce.yaml", not_submitted={"EVENT.B": "said by the dataset"})
    rows = {
        "DEMOG": [{**SUBJECT, "AGEC": "40"}],
        "EVENT": [{"SUBJ": "S1", "A": "a", "B": "b", "C": "c"}],
        "OTHER": [{"SUBJ": "S1", "KEYNO": "1", "X": "x"}],
    }
    ledger, findings = ledger_of(tiny, rows)
    assert fates(ledger, "DEMOG")[2, "AGEC"] == Fate("not_submitted", reason="computed")
    assert fates(ledger, "EVENT")[2, "B"] == Fate("not_submitted", reason="said by the dataset")
    assert fates(ledger, "EVENT")[2, "C"] == Fate("not_submitted", reason="not asked for")
    assert set(fates(ledger, "OTHER").values()) == {Fate("not_submitted", reason="no dataset yet")}
    assert findings == [] and ledger.totals["cells"]["open"] == 0


def test_a_declaration_must_fit_a_column(tiny: TinyStudy) -> None:
    tiny.change("sources.yaml", not_submitted={"EVENT.ZZ": "why"})
    assert any("not_submitted: unknown FORM.COLUMN 'EVENT.ZZ'" in problem for problem in tiny.problems())


def test_an_unmapped_column_is_an_error_that_names_it(tiny: TinyStudy) -> None:
    event = [
        {"SUBJ": "S1", "VISIT": "筛选", "VISDT": "2025-01-01", "A": "a", "B": "b"},
        {"SUBJ": "S2", "A": "a"},
    ]
    rows = {"DEMOG": [SUBJECT, {**SUBJECT, "SUBJ": "S2"}], "EVENT": event}
    ledger, findings = ledger_of(tiny, rows)
    (finding,) = findings
    assert (finding.rule, finding.severity) == ("LEDGER-OPEN", "ERROR")
    assert (finding.form, finding.source_column, finding.source_row) == ("EVENT", "B", 2)
    assert finding.message.startswith("1 cells of EVENT.B reach no dataset")
    assert ledger.totals["cells"]["open"] == 1
    assert ledger_line(ledger).startswith("ledger: 16 of 17 raw cells accounted for (94 %): 16 mapped, ")


@pytest.mark.parametrize("blank", ["", " ", "　"])
def test_blank_cells_need_no_fate(tiny: TinyStudy, blank: str) -> None:
    ledger, findings = ledger_of(tiny, {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a", "B": blank}]})
    assert set(fates(ledger, "EVENT")) == {(2, "SUBJ"), (2, "A")} and findings == []


def test_totals_count_each_cell_once(tiny: TinyStudy) -> None:
    tiny.change("sources.yaml", not_submitted=REASONS)
    rows = {
        "DEMOG": [{**SUBJECT, "AGEC": "40"}, {**SUBJECT, "SUBJ": "S2", "BIRTH": "?"}],
        "EVENT": [{"SUBJ": "S1", "A": "a", "B": "b"}, {"SUBJ": "S9", "A": "a"}],
        "OTHER": [{"SUBJ": "S1", "KEYNO": "1"}, {}],
    }
    totals = ledger_of(tiny, rows)[0].totals
    filled = sum(1 for table in rows.values() for row in table for cell in row.values() if cell)
    assert totals["cells"]["total"] == filled == sum(totals["cells"][fate] for fate in FATES)
    assert totals["rows"]["total"] == 5 == sum(totals["rows"][fate] for fate in FATES)
    assert totals["rows"] == {
        "total": 5, "mapped": 3, "finding": 1, "filtered": 0, "not_submitted": 1, "open": 0
    }  # fmt: skip
    assert totals["entered_again"] == {"rows": 0, "cells": 0}


def test_rows_of_the_second_entry_alone_are_counted_each(tiny: TinyStudy) -> None:
    spec = tiny.load()
    raw = tiny.tables({"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a"}]}, spec)
    more = tiny.tables(
        {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a"}, {"SUBJ": "S1", "A": "b"}]}, spec
    )
    raw["EVENT"] = (entered(raw["EVENT"][0], 0, 2), entered(more["EVENT"][0], 1, 2))
    forms, findings = prepare_forms(spec, raw)
    built = build_datasets(spec, forms)
    ledger, _ = account(built.workspace, raw, [*findings, *built.findings])
    alone = [form for form in ledger.forms if form.form == "EVENT"][1]
    assert list(alone.row) == [3] and ledger.again == (1, 2)
    assert alone.fates[alone.cells[0, alone.columns.index("A")]] == Fate("mapped", "CE.CETERM")


def test_what_no_form_declares_is_counted_and_ends_in_its_finding(tiny: TinyStudy, tmp_path: Path) -> None:
    spec = tiny.load()
    raw = tiny.tables({"DEMOG": [SUBJECT]}, spec)
    extra, beyond = (("备注", np.array([True])), ("K", np.array([False]))), (("L", np.array([True])),)
    raw["DEMOG"] = (replace(raw["DEMOG"][0], extra=extra, beyond=beyond),)
    forms, findings = prepare_forms(spec, raw)
    built = build_datasets(spec, forms)
    told = Finding("SHEET-UNKNOWN", "WARN", "no form", source_file="export.xlsx", source_sheet="notes")
    beside = Beside.of(told, [(1, ["a", ""]), (2, ["", "b"])])
    without, _ = account(built.workspace, tiny.tables({"DEMOG": [SUBJECT]}, spec), findings)
    ledger, _ = account(built.workspace, raw, [*findings, *built.findings], [beside])
    assert fates(ledger, "DEMOG")[2, "备注"] == Fate("finding", reason="COL-UNKNOWN")
    assert fates(ledger, "DEMOG")[2, "L"] == Fate("finding", reason="ROW-WIDTH")
    assert fates(ledger, "export.xlsx/notes") == dict.fromkeys(
        [(1, "A"), (2, "B")], Fate("finding", reason="SHEET-UNKNOWN")
    )
    assert ledger.totals["cells"]["total"] == without.totals["cells"]["total"] + 4
    write_ledger(tmp_path / "ledger.csv", ledger)
    lines = (tmp_path / "ledger.csv").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "export.xlsx/notes,2,B,finding,,SHEET-UNKNOWN"


def test_the_second_entry_is_counted_whole(tiny: TinyStudy) -> None:
    rows = {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a"}]}
    once, twice = ledger_of(tiny, rows)[0], ledger_of(tiny, rows, entries=2)[0]
    assert twice.totals["cells"] == once.totals["cells"]
    assert twice.totals["entered_again"] == {"rows": 2, "cells": once.totals["cells"]["total"]}
    assert "7 cells entered again" in ledger_line(twice)


def test_the_file_has_one_line_for_each_cell(tiny: TinyStudy, tmp_path: Path) -> None:
    tiny.change("sources.yaml", not_submitted={"EVENT.B": 'a "quoted", reason', **REASONS})
    rows = {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "A": "a", "B": "b"}], "OTHER": [{"X": "x"}]}
    ledger, _ = ledger_of(tiny, rows)
    write_ledger(tmp_path / "ledger.csv", ledger)
    with (tmp_path / "ledger.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["form", "row", "column", "fate", "target", "reason"]
    assert Counter(line["fate"] for line in lines) == +Counter(
        {fate: ledger.totals["cells"][fate] for fate in FATES}
    )
    assert lines[7] == {
        "form": "EVENT", "row": "2", "column": "B", "fate": "not_submitted", "target": "",
        "reason": 'a "quoted", reason',
    }  # fmt: skip
    write_ledger(tmp_path / "again.csv", ledger)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "ledger.csv").read_bytes()
