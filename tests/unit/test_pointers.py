"""Records related one by one, and the number of a record as other datasets see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TinyStudy

from cdisc_kit.build.study import Built

PEOPLE = [
    {"SITE": "01", "SUBJ": subject, "ICFDT": "2025-01-01", "FIRST": "2025-01-10"} for subject in ("1", "2")
]
PROCEDURES = """domain: PR
records:
  - {id: other, from: OTHER}
variables:
  PRTRT: {assign: X}
  PRLNKID: {assign: KEYNO}
  PRSTDTC: {datetime: XD}
finalize: {sort: [USUBJID, PRTRT], keys: [STUDYID, USUBJID, PRTRT]}
"""
RELATION = """relationships: {}
records:
  CEPR: {pointer: CE.REF, target: PR.PRLNKID}
"""


@pytest.fixture
def study(tiny: TinyStudy) -> TinyStudy:
    (tiny.folder / "relrec.yaml").write_text(RELATION, encoding="utf-8")
    (tiny.folder / "domains" / "pr.yaml").write_text(PROCEDURES, encoding="utf-8")
    return tiny.change("domains/ce.yaml", work={"REF": {"assign": "B"}})


def build(study: TinyStudy, events: list[dict[str, str]], procedures: list[dict[str, str]]) -> Built:
    return study.build({"DEMOG": PEOPLE, "EVENT": events, "OTHER": procedures})


def test_records_that_point_to_one_record_are_one_relationship(study: TinyStudy) -> None:
    events = [
        {"SUBJ": "1", "A": "second", "B": "k1"},
        {"SUBJ": "1", "A": "first", "B": "k1"},
        {"SUBJ": "1", "A": "third", "B": "k2"},
        {"SUBJ": "1", "A": "without pointer"},
        {"SUBJ": "2", "A": "of another person", "B": "k1"},
    ]
    procedures = [
        {"SUBJ": "1", "KEYNO": "k2", "X": "b"},
        {"SUBJ": "1", "KEYNO": "k1", "X": "a"},
        {"SUBJ": "1", "KEYNO": "k3", "X": "c"},
        {"SUBJ": "2", "KEYNO": "k1", "X": "a"},
    ]
    built = build(study, events, procedures)
    frame = built.datasets["RELREC"].frame
    names = ["USUBJID", "RDOMAIN", "IDVAR", "IDVARVAL", "RELTYPE", "RELID"]
    assert frame[names].to_numpy().tolist() == [
        ["TINY-01-1", "PR", "PRSEQ", "1", "", "CEPR-1"],
        ["TINY-01-1", "CE", "CESEQ", "1", "", "CEPR-1"],
        ["TINY-01-1", "CE", "CESEQ", "2", "", "CEPR-1"],
        ["TINY-01-1", "PR", "PRSEQ", "2", "", "CEPR-2"],
        ["TINY-01-1", "CE", "CESEQ", "3", "", "CEPR-2"],
        ["TINY-01-2", "PR", "PRSEQ", "1", "", "CEPR-1"],
        ["TINY-01-2", "CE", "CESEQ", "1", "", "CEPR-1"],
    ]
    assert set(frame["STUDYID"]) == {"TINY"} and built.findings == []


def test_a_pointer_to_no_record_of_the_subject_is_an_error(study: TinyStudy) -> None:
    events = [{"SUBJ": "1", "A": "x", "B": "k1"}, {"SUBJ": "1", "A": "y", "B": "gone"}]
    procedures = [{"SUBJ": "2", "KEYNO": "gone", "X": "a"}, {"SUBJ": "1", "KEYNO": "k1", "X": "a"}]
    built = build(study, events, procedures)
    assert len(built.datasets["RELREC"].frame) == 2
    (finding,) = built.findings
    assert (finding.rule, finding.severity) == ("LINK-MISS", "ERROR")
    assert (finding.dataset, finding.variable) == ("CE", "REF")
    assert (finding.usubjid, finding.seq, finding.row) == ("TINY-01-1", "2", 2)


def test_without_any_pointer_there_is_no_dataset(study: TinyStudy) -> None:
    built = build(study, [{"SUBJ": "1", "A": "x"}], [{"SUBJ": "1", "KEYNO": "k1", "X": "a"}])
    assert "RELREC" not in built.datasets
    assert [(f.rule, f.severity) for f in built.findings] == [("RELREC-EMPTY", "INFO")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("CE.REF", "CE.REFF", "CE has no variable 'REFF'; did you mean 'REF'?"),
        ("PR.PRLNKID", "PX.PRLNKID", "unknown dataset 'PX'"),
        ("PR.PRLNKID", "DM.SUBJID", "DM has no sequence number"),
    ],
)
def test_a_relationship_of_what_there_is_not_is_a_problem(
    study: TinyStudy, old: str, new: str, told: str
) -> None:
    study.edit("relrec.yaml", old, new)
    (problem,) = study.problems()
    assert problem.startswith("tiny/relrec.yaml records.CEPR: ") and told in problem


COMMENTS = """domain: CO
records:
  - {id: event, from: EVENT, when: present(C)}
variables:
  RDOMAIN: {const: CE}
  IDVAR: {const: CESEQ}
  IDVARVAL: {same_record: CE.CESEQ}
  COVAL: {assign: C}
finalize: {sort: [USUBJID, COVAL], keys: [STUDYID, USUBJID, COVAL]}
"""


def test_a_comment_names_the_number_that_its_record_ends_up_with(tiny: TinyStudy) -> None:
    (tiny.folder / "domains" / "co.yaml").write_text(COMMENTS, encoding="utf-8")
    events = [
        {"SUBJ": "1", "A": "late", "D": "2025-03-01", "C": "on the late one"},
        {"SUBJ": "1", "A": "early", "D": "2025-02-01"},
        {"SUBJ": "1", "A": "undated", "C": "on the undated one"},
        {"SUBJ": "2", "A": "x", "C": "on another person's"},
    ]
    built = tiny.build({"DEMOG": PEOPLE, "EVENT": events})
    comments = built.datasets["CO"].frame
    number = {
        (row["USUBJID"], row["CETERM"]): str(int(row["CESEQ"]))
        for row in built.datasets["CE"].frame.to_dict("records")
    }
    assert number["TINY-01-1", "late"] == "3"
    assert dict(zip(comments["COVAL"], comments["IDVARVAL"], strict=True)) == {
        "on the late one": number["TINY-01-1", "late"],
        "on the undated one": number["TINY-01-1", "undated"],
        "on another person's": number["TINY-01-2", "x"],
    }


def test_a_key_with_a_blank_part_joins_nothing(tiny: TinyStudy, tmp_path: Path) -> None:
    tiny.edit(
        "domains/ce.yaml",
        "- {id: event, from: EVENT}",
        "- {id: event, from: EVENT, join: [{form: OTHER, on: {USUBJID: USUBJID, B: KEYNO}, "
        "cardinality: one_to_one}]}",
    ).edit("domains/ce.yaml", "VISITNUM:", "CEDECOD: {assign: OTHER.X}\n  VISITNUM:")
    events = [{"SUBJ": "1", "A": "a"}, {"SUBJ": "1", "A": "b"}, {"SUBJ": "1", "A": "c", "B": "k"}]
    other = [{"SUBJ": "1", "X": "blank"}, {"SUBJ": "1", "X": "blank"}, {"SUBJ": "1", "KEYNO": "k", "X": "x"}]
    built = tiny.build({"DEMOG": PEOPLE, "EVENT": events, "OTHER": other})
    assert list(built.datasets["CE"].frame["CEDECOD"]) == ["", "", "x"]
