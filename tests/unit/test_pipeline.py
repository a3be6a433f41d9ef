"""From a raw folder to datasets: what is set apart, what stops, what is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Rows, TinyStudy

from cdisc_kit.build.study import Built
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding
from cdisc_kit.pipeline import build

PERSON = {"SITE": "01", "SUBJ": "1", "ICFDT": "2025-01-01", "SEXC": "1"}
OTHER = {"SUBJ": "1", "KEYNO": "1"}


def told(built: Built) -> list[Finding]:
    """The findings, but for those of cells that the small study neither maps nor declares."""
    return [finding for finding in built.findings if finding.rule != "LEDGER-OPEN"]


def write_raw(tiny: TinyStudy, folder: Path, rows: Rows) -> Path:
    """The raw folder of the rows, as CSV files under the columns' labels."""
    folder.mkdir()
    for name, form in tiny.load().sources.forms.items():
        lines = [",".join(column.label for column in form.columns.values())]
        lines += [",".join(row.get(key, "") for key in form.columns) for row in rows.get(name, [])]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_form_still_being_entered_is_set_apart_and_told(tiny: TinyStudy, tmp_path: Path) -> None:
    tiny.edit("sources.yaml", "header:\n", "drafts: {column: C, values: [entering]}\nheader:\n")
    events = [{"SUBJ": "1", "A": "done"}, {"SUBJ": "1", "A": "half", "C": "entering"}]
    rows: Rows = {"DEMOG": [PERSON], "EVENT": events, "OTHER": [OTHER]}
    built = build(tiny.load(), write_raw(tiny, tmp_path / "raw", rows))
    assert list(built.datasets["CE"].frame["CETERM"]) == ["done"]
    assert [(f.rule, f.severity, f.form, f.source_row) for f in told(built)] == [
        ("FORM-DRAFT", "WARN", "EVENT", 3)
    ]


def test_findings_are_sorted_and_told_once(tiny: TinyStudy, tmp_path: Path) -> None:
    events = [{"SUBJ": "8", "N": "x"}, {"SUBJ": "9", "N": "y"}]
    rows: Rows = {"DEMOG": [PERSON], "EVENT": events, "OTHER": [OTHER]}
    built = build(tiny.load(), write_raw(tiny, tmp_path / "raw", rows))
    assert sorted(f.rule for f in told(built)) == ["ID-ORPHAN", "ID-ORPHAN", "NUM-INVALID", "NUM-INVALID"]
    assert built.findings == sorted(set(built.findings))


def test_cells_without_a_fate_are_findings_of_the_build(tiny: TinyStudy, tmp_path: Path) -> None:
    rows: Rows = {"DEMOG": [PERSON], "EVENT": [{"SUBJ": "1", "A": "x"}], "OTHER": [OTHER]}
    built = build(tiny.load(), write_raw(tiny, tmp_path / "raw", rows))
    opened = {f"{f.form}.{f.source_column}" for f in built.findings if f.rule == "LEDGER-OPEN"}
    assert "OTHER.KEYNO" in opened and built.ledger.totals["cells"]["open"] >= len(opened)


def test_text_that_cannot_be_written_stops_the_build_with_everything_found(
    tiny: TinyStudy, tmp_path: Path
) -> None:
    event = {"SUBJ": "1", "A": "发热", "N": "x"}
    rows: Rows = {"DEMOG": [PERSON], "EVENT": [event], "OTHER": [OTHER]}
    raw = write_raw(tiny, tmp_path / "raw", rows)
    with pytest.raises(FatalFindingsError) as caught:
        build(tiny.load(), raw)
    assert [f.rule for f in caught.value.findings] == ["NUM-INVALID", "TXT-NONASCII"]
    assert caught.value.exit_code == 3
    assert "发热" not in str(caught.value) and "CE.CETERM" in str(caught.value)
    assert build(tiny.load(), raw, "utf8").datasets["CE"].variable("CETERM").length == 6


def test_a_finding_on_a_qualifier_names_its_raw_cell_and_mapping_line(
    tiny: TinyStudy, tmp_path: Path
) -> None:
    tiny.change(
        "domains/ce.yaml",
        supp={"CENOTE": {"assign": "B", "label": {"en": "Note", "zh": "备注"}}},
    )
    events = [{"SUBJ": "1", "A": "late", "B": "z"}, {"SUBJ": "1", "A": "early", "B": "发热"}]
    rows: Rows = {"DEMOG": [PERSON], "EVENT": events, "OTHER": [OTHER]}
    raw = write_raw(tiny, tmp_path / "raw", rows)
    with pytest.raises(FatalFindingsError) as caught:
        build(tiny.load(), raw)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.dataset, finding.variable) == ("TXT-NONASCII", "SUPPCE", "QVAL")
    assert (finding.form, finding.source_row, finding.source_column) == ("EVENT", 3, "B")
    assert finding.spec_file == "mappings/tiny/domains/ce.yaml" and finding.spec_line


def test_a_join_that_multiplies_rows_stops_with_what_was_found_before(
    tiny: TinyStudy, tmp_path: Path
) -> None:
    join = "join: [{form: OTHER, on: [SUBJ], cardinality: many_to_one}]"
    tiny.edit("domains/ce.yaml", "{id: event, from: EVENT}", f"{{id: event, from: EVENT, {join}}}")
    tiny.edit("domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: OTHER.X}")
    others = [{"SUBJ": "1", "KEYNO": "1"}, {"SUBJ": "1", "KEYNO": "2"}]
    rows: Rows = {"DEMOG": [PERSON], "EVENT": [{"SUBJ": "1", "N": "x"}], "OTHER": others}
    with pytest.raises(FatalFindingsError) as caught:
        build(tiny.load(), write_raw(tiny, tmp_path / "raw", rows))
    assert [f.rule for f in caught.value.findings] == ["JOIN-CARDINALITY", "NUM-INVALID"]
