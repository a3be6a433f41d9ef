"""Datasets from forms: joins, unpivots, sorting, terms, supplemental qualifiers, relationships, columns."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from conftest import TINY, TinyStudy

from cdisc_kit.build.metadata import variable_order
from cdisc_kit.build.study import Built
from cdisc_kit.errors import FatalFindingsError

PERSON = {"SITE": "01", "SUBJ": "1", "ICFDT": "2025-01-01", "SEXC": "男", "FIRST": "2025-01-10"}
OTHER_PERSON = {**PERSON, "SUBJ": "2"}


def build(tiny: TinyStudy, *events: dict[str, str], **forms: list[dict[str, str]]) -> Built:
    rows = {"DEMOG": [PERSON, OTHER_PERSON], "EVENT": [{"SUBJ": "1", **event} for event in events], **forms}
    return tiny.build(rows)


def column(built: Built, dataset: str, name: str) -> list[object]:
    return list(built.datasets[dataset].frame[name])


def rules(built: Built) -> list[tuple[str, str, str]]:
    return [(f.rule, f.severity, f.value) for f in built.findings]


# -- joins ---------------------------------------------------------------------------------------------

ON = "{form: OTHER, on: {USUBJID: USUBJID, A: KEYNO}, cardinality: "


def joined(tiny: TinyStudy, cardinality: str) -> TinyStudy:
    tiny.edit(
        "domains/ce.yaml",
        "- {id: event, from: EVENT}",
        f"- {{id: event, from: EVENT, join: [{ON}{cardinality}}}]}}",
    )
    return tiny.edit("domains/ce.yaml", "VISITNUM:", "CEDECOD: {assign: OTHER.X}\n  VISITNUM:")


@pytest.mark.parametrize("cardinality", ["many_to_one", "one_to_one"])
def test_a_join_puts_the_partner_beside_each_row(tiny: TinyStudy, cardinality: str) -> None:
    other = [{"SUBJ": "1", "KEYNO": "b", "X": "for b"}, {"SUBJ": "2", "KEYNO": "a", "X": "of another person"}]
    built = build(joined(tiny, cardinality), {"A": "a"}, {"A": "b"}, {"A": ""}, OTHER=other)
    assert column(built, "CE", "CEDECOD") == ["", "", "for b"]
    assert rules(built) == []


def test_a_join_that_would_multiply_rows_stops_with_the_row_and_the_line(tiny: TinyStudy) -> None:
    other = [{"SUBJ": "1", "KEYNO": "a", "X": "one"}, {"SUBJ": "1", "KEYNO": "a", "X": "two"}]
    with pytest.raises(FatalFindingsError) as caught:
        build(joined(tiny, "many_to_one"), {"A": "a"}, OTHER=other)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.severity, finding.form) == ("JOIN-CARDINALITY", "FATAL", "OTHER")
    assert (finding.source_file, finding.source_row) == ("OTHER.csv", 3)
    assert (finding.spec_file, finding.spec_line) == ("mappings/tiny/domains/ce.yaml", 3)
    assert "OTHER" in finding.message and "many_to_one" in finding.message


def test_many_rows_may_share_a_partner_only_where_declared(tiny: TinyStudy) -> None:
    rows = [{"A": "a"}, {"A": "a"}]
    other = [{"SUBJ": "1", "KEYNO": "a", "X": "x"}]
    assert column(build(joined(tiny, "many_to_one"), *rows, OTHER=other), "CE", "CEDECOD") == ["x", "x"]
    tiny.edit("domains/ce.yaml", "many_to_one", "one_to_one")
    with pytest.raises(FatalFindingsError) as caught:
        build(tiny, *rows, OTHER=other)
    assert [(f.rule, f.form, f.source_row) for f in caught.value.findings] == [
        ("JOIN-CARDINALITY", "EVENT", 3)
    ]


def test_blank_keys_match_nothing_and_are_no_repetition(tiny: TinyStudy) -> None:
    other = [{"SUBJ": "1", "X": "blank"}, {"SUBJ": "1", "X": "blank too"}]
    assert column(build(joined(tiny, "many_to_one"), {"A": ""}, OTHER=other), "CE", "CEDECOD") == [""]


def test_a_dataset_read_as_one_record_per_subject_must_be_one(tiny: TinyStudy) -> None:
    tiny.edit("domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: SV.VISIT}")
    with pytest.raises(FatalFindingsError) as caught:
        build(tiny, {"VISIT": "V1"}, {"VISIT": "V2"})
    assert [(f.rule, f.dataset, f.usubjid) for f in caught.value.findings] == [
        ("SUBJECT-REPEATED", "SV", "TINY-01-1")
    ]


# -- the last record of a subject ---------------------------------------------------------------------


def last(tiny: TinyStudy, *events: dict[str, str]) -> Built:
    tiny.change("sources.yaml", forms={**FORMS, "EVENT": {**FORMS["EVENT"], "key": ["SUBJ", "A"]}})
    tiny.edit("domains/ce.yaml", "from: EVENT}", "from: EVENT, when: present(A), last_per_subject: D}")
    return build(tiny, *events)


FORMS = yaml.load((TINY / "sources.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)["forms"]


@pytest.mark.parametrize(
    ("dates", "taken"),
    [
        (["2025-01-02", "2025-01-03", "2025-01-01"], "b"),  # the latest, wherever it stands
        (["2025-01-02", "", "2025-01-01"], "a"),  # a blank date is the first
        (["2025-02-01", "2025-02-UK", "2025-01-31"], "a"),  # a partial one comes before the days it may mean
        (["2025-01-31", "2025-02-UK"], "b"),
        (["2025-01-02", "2025-01-02", ""], "b"),  # of a tie the row that stands last
        (["", ""], "b"),
    ],
)
def test_the_last_record_of_a_subject_is_that_of_the_latest_date(
    tiny: TinyStudy, dates: list[str], taken: str
) -> None:
    events = [{"A": name, "D": date} for name, date in zip("abc", dates, strict=False)]
    built = last(tiny, {"D": "2025-06-01"}, *events, {"SUBJ": "2", "A": "other", "D": "2024-01-01"})
    assert column(built, "CE", "CETERM") == [taken, "other"]
    assert rules(built) == []


def test_tied_records_that_differ_are_told_at_the_one_that_is_taken(tiny: TinyStudy) -> None:
    same, later = {"D": "2025-01-02", "B": "x"}, {"D": "2025-01-02", "B": "y"}
    older = {"D": "2025-01-01", "B": "z"}
    built = last(tiny, {"A": "a", **same}, {"A": "b", **later}, {"A": "c", **same}, {"A": "d", **older})
    assert column(built, "CE", "CETERM") == ["c"]
    (finding,) = built.findings
    assert (finding.rule, finding.severity, finding.usubjid) == ("LAST-TIED", "WARN", "TINY-01-1")
    assert (finding.form, finding.source_file, finding.source_row) == ("EVENT", "EVENT.csv", 4)
    assert (finding.source_column, finding.value) == ("D", "2025-01-02")
    assert (finding.dataset, finding.spec_file, finding.spec_line) == (
        "CE",
        "mappings/tiny/domains/ce.yaml",
        3,
    )
    assert finding.message_zh and finding.query


def test_the_last_record_is_asked_of_a_form_by_a_column_it_has(tiny: TinyStudy) -> None:
    tiny.edit("domains/ce.yaml", "from: EVENT}", "from: EVENT, last_per_subject: DD}")
    assert any("unknown column 'DD'" in problem for problem in tiny.problems())
    tiny.edit(
        "domains/ce.yaml", "from: EVENT, last_per_subject: DD}", "dataset: DM, last_per_subject: RFSTDTC}"
    )
    assert any("last_per_subject" in problem and "from" in problem for problem in tiny.problems())


# -- records -------------------------------------------------------------------------------------------


def test_an_unpivot_makes_a_row_for_each_item_that_is_kept(tiny: TinyStudy) -> None:
    tiny.change(
        "domains/ce.yaml",
        records=[
            {
                "id": "event",
                "from": "EVENT",
                "when": "present(D)",
                "unpivot": {
                    "items": [
                        {"word": "FIRST", "columns": {"VALUE": "A"}},
                        {"word": "SECOND", "columns": {"VALUE": "B"}},
                    ],
                    "keep": "present(VALUE)",
                },
            }
        ],
        variables={"CETERM": {"template": "{word} {VALUE}"}, "CEDECOD": {"assign": "C"}},
    )
    built = build(
        tiny, {"A": "x", "B": "y", "C": "1", "D": "2025-01-02"}, {"A": "no date"}, {"B": "z", "D": "2025"}
    )
    frame = built.datasets["CE"].frame
    assert list(zip(frame["CETERM"], frame["CEDECOD"], frame["CESTDTC"], strict=True)) == [
        ("SECOND z", "", "2025"),
        ("FIRST x", "1", "2025-01-02"),
        ("SECOND y", "1", "2025-01-02"),
    ]
    lineage = built.datasets["CE"].lineage
    assert lineage is not None and list(lineage.record) == [2, 0, 0], "each row knows its raw record"


def test_a_report_of_an_unpivoted_record_is_made_once(tiny: TinyStudy) -> None:
    items = [{"word": "ONE"}, {"word": "TWO"}]
    tiny.change(
        "domains/ce.yaml",
        records=[{"id": "event", "from": "EVENT", "unpivot": {"items": items}}],
        variables={"CETERM": {"assign": "word"}, "CEOUT": {"map": "A", "ct": "outcome"}},
    )
    built = build(tiny, {"A": "1", "D": "2025-01-02"}, {"A": "9", "D": "2025-01-03"})
    assert sorted(column(built, "CE", "CEOUT")) == ["", "", "RECOVERED/RESOLVED", "RECOVERED/RESOLVED"]
    assert [(f.rule, f.source_row) for f in built.findings] == [("CT-UNMAPPED", 3)]


def test_too_many_values_for_one_sort_give_the_same_order(
    tiny: TinyStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"A": a, "D": d} for d in ("2025-03-01", "2025-01-02") for a in ("z", "x", "y")]
    expected = build(tiny, *rows).datasets["CE"].frame
    monkeypatch.setattr("cdisc_kit.build.draft._MOST", 0)
    pd.testing.assert_frame_equal(build(tiny, *rows).datasets["CE"].frame, expected)
    assert list(expected["CESTDTC"]) == sorted(expected["CESTDTC"]) and len(expected) == len(rows)


def test_a_report_names_the_line_of_its_own_variable(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml",
        "CETERM: {assign: A}",
        "CETERM: {assign: A}\n  CEOUT: {map: MIDDLE, ct: outcome}",
    ).edit("domains/ce.yaml", "variables:", "work:\n  MIDDLE: {expr: \"A + ''\"}\nvariables:")
    (finding,) = build(tiny, {"A": "9"}).findings
    text = (tiny.folder / "domains/ce.yaml").read_text(encoding="utf-8").splitlines()
    assert text[finding.spec_line - 1].strip().startswith("CEOUT:")
    assert (finding.source_file, finding.source_row, finding.dataset) == ("EVENT.csv", 2, "CE")


def test_blocks_are_stacked_and_a_variable_of_some_blocks_is_blank_in_others(tiny: TinyStudy) -> None:
    tiny.change(
        "domains/ce.yaml",
        records=[{"id": "event", "from": "EVENT"}, {"id": "other", "from": "OTHER"}],
        variables={
            "CETERM": {"by": {"event": {"assign": "A"}, "other": {"assign": "X"}}},
            "CEDECOD": {"by": {"event": {"assign": "B"}}},
            "VISITNUM": {"by": {"event": {"visit": "number", "code": "VISIT", "date": "VISDT"}}},
            "CESTDTC": {"by": {"event": {"datetime": "D"}, "other": {"datetime": "XD"}}},
        },
    )
    built = build(
        tiny,
        {"A": "a", "B": "b", "D": "2025-01-02", "VISIT": "V1"},
        OTHER=[{"SUBJ": "1", "X": "x", "XD": "2025-01-01 08:00"}],
    )
    dataset = built.datasets["CE"]
    assert column(built, "CE", "CETERM") == ["x", "a"]
    assert column(built, "CE", "CEDECOD") == ["", "b"]
    assert dataset.frame["VISITNUM"].isna().tolist() == [True, False]
    assert dataset.lineage is not None
    assert [dataset.lineage.forms[at] for at in dataset.lineage.block] == ["OTHER", "EVENT"]
    assert set(dataset.variable("CETERM").origins) == {"event", "other"}


def test_rows_are_sorted_null_first_and_numbered_within_the_subject(tiny: TinyStudy) -> None:
    built = build(
        tiny,
        {"A": "b", "D": "2025-01-02"},
        {"A": "a", "D": "2025-01-02"},
        {"A": "z"},
        {"A": "partial", "D": "2025-01-UK"},
        {"SUBJ": "2", "A": "another"},
    )
    assert column(built, "CE", "CETERM") == ["z", "partial", "a", "b", "another"]
    assert column(built, "CE", "CESEQ") == [1, 2, 3, 4, 1]
    assert column(built, "CE", "USUBJID") == ["TINY-01-1"] * 4 + ["TINY-01-2"]


def test_a_study_without_any_row_still_has_every_dataset(tiny: TinyStudy) -> None:
    built = tiny.build({})
    assert {name: len(d.frame) for name, d in built.datasets.items()} == {
        "CE": 0, "DM": 0, "SE": 0, "SV": 0, "TS": 2, "TV": 3,
    }  # fmt: skip
    for dataset in built.datasets.values():
        assert list(dataset.frame.columns) == [variable.name for variable in dataset.variables]
    assert built.findings == []


def test_the_same_rows_give_the_same_datasets(tiny: TinyStudy) -> None:
    events = [{"A": str(n % 3), "D": f"2025-01-0{n % 4 + 1}"} for n in range(20)]
    first, second = build(tiny, *events), build(tiny, *events)
    for name, dataset in first.datasets.items():
        pd.testing.assert_frame_equal(dataset.frame, second.datasets[name].frame)


# -- terms ---------------------------------------------------------------------------------------------


def test_a_term_of_the_list_passes(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  CEOUT: {assign: B, codelist: OUT}"
    )
    built = build(tiny, {"A": "x", "B": "FATAL"}, {"A": "y", "B": ""})
    assert column(built, "CE", "CEOUT") == ["FATAL", ""] and rules(built) == []


def test_a_strange_term_of_a_closed_list_is_left_null_and_counted(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  CEOUT: {assign: B, codelist: OUT}"
    )
    built = build(tiny, {"A": "x", "B": "FINE"}, {"A": "y", "B": "FATAL"}, {"A": "z", "B": "FINE"})
    assert column(built, "CE", "CEOUT") == ["", "FATAL", ""]
    (finding,) = built.findings
    assert (finding.rule, finding.severity) == ("CT-UNMAPPED", "ERROR")
    assert (finding.dataset, finding.variable, finding.value) == ("CE", "CEOUT", "FINE")
    assert finding.message.startswith("2 record(s)") and "OUT" in finding.message
    assert "FINE" not in finding.message


def test_multiple_stands_for_several_terms_of_any_list(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  CEOUT: {assign: B, codelist: OUT}"
    )
    built = build(tiny, {"A": "x", "B": "MULTIPLE"}, {"A": "y", "B": "FINE"}, {"A": "z", "B": "MULTIPLE"})
    assert column(built, "CE", "CEOUT") == ["MULTIPLE", "", "MULTIPLE"]
    assert sorted(rules(built)) == [("CT-MULTIPLE", "INFO", "MULTIPLE"), ("CT-UNMAPPED", "ERROR", "FINE")]
    assert built.findings[0].message.startswith("2 record(s)")


def test_a_strange_term_of_an_open_list_stays_and_warns_unless_declared(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  CECAT: {assign: B, codelist: UNIT}"
    )
    built = build(tiny, {"A": "x", "B": "mg"}, {"A": "y", "B": "tablets"}, {"A": "z", "B": "handful"})
    assert column(built, "CE", "CECAT") == ["mg", "tablets", "handful"]
    assert rules(built) == [("CT-EXT", "WARN", "handful")]


def test_a_value_level_follows_its_own_list(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml",
        "CETERM: {assign: A}",
        "CETERM: {assign: A}\n  CECAT: {assign: B, codelist: UNIT}",
    ).edit(
        "domains/ce.yaml",
        "finalize:",
        "value_levels: [{variable: CECAT, where: CETERM, in: [sex], codelist: SEX}]\nfinalize:",
    )
    built = build(tiny, {"A": "sex", "B": "M"}, {"A": "sex", "B": "mg"}, {"A": "unit", "B": "mg"})
    assert column(built, "CE", "CECAT") == ["M", "", "mg"]
    # the two records of "sex" share the keys of the dataset
    assert rules(built) == [("CT-UNMAPPED", "ERROR", "mg"), ("REC-KEYS", "WARN", "")]


# -- supplemental qualifiers and relationships ---------------------------------------------------------------


def with_supp(tiny: TinyStudy) -> TinyStudy:
    return tiny.change(
        "domains/ce.yaml",
        supp={
            "CEZ": {"assign": "B", "label": "Second", "evaluator": "INVESTIGATOR"},
            "CEA": {"expr": "'Y' if B == 'q' else ''", "label": "First"},
        },
    )


def test_a_qualifier_points_to_the_record_it_belongs_to(tiny: TinyStudy) -> None:
    events = [{"A": f"t{n}", "B": b, "D": f"2025-01-{20 - n:02d}"} for n, b in enumerate(["p", "", "q", "r"])]
    built = build(with_supp(tiny), *events, {"SUBJ": "2", "A": "t", "B": "q"})
    parent, supp = built.datasets["CE"].frame, built.datasets["SUPPCE"].frame
    assert set(supp["RDOMAIN"]) == {"CE"} and set(supp["IDVAR"]) == {"CESEQ"}
    term = {(r.USUBJID, str(int(r.CESEQ))): r.CETERM for r in parent.itertuples()}
    found = {(term[(r.USUBJID, r.IDVARVAL)], r.QNAM): r.QVAL for r in supp.itertuples()}
    assert found == {
        ("t0", "CEZ"): "p",
        ("t2", "CEA"): "Y",
        ("t2", "CEZ"): "q",
        ("t3", "CEZ"): "r",
        ("t", "CEA"): "Y",
        ("t", "CEZ"): "q",
    }
    assert not supp.duplicated(["USUBJID", "IDVARVAL", "QNAM"]).any()
    assert dict(zip(supp["QNAM"], supp["QLABEL"], strict=True)) == {"CEZ": "Second", "CEA": "First"}
    assert dict(zip(supp["QNAM"], supp["QORIG"], strict=True)) == {"CEZ": "CRF", "CEA": "Derived"}
    assert dict(zip(supp["QNAM"], supp["QEVAL"], strict=True)) == {"CEZ": "INVESTIGATOR", "CEA": ""}
    order = supp.assign(seq=supp["IDVARVAL"].astype(int))[["USUBJID", "seq", "QNAM"]]
    assert order.equals(order.sort_values(["USUBJID", "seq", "QNAM"])), (
        "records stand by parent, then by name"
    )


def test_sequence_numbers_of_two_digits_keep_their_order(tiny: TinyStudy) -> None:
    built = build(with_supp(tiny), *[{"A": f"{n:02d}", "B": "x"} for n in range(12)])
    assert column(built, "SUPPCE", "IDVARVAL") == [str(n) for n in range(1, 13)]


def test_a_dataset_without_sequence_is_pointed_to_by_subject(tiny: TinyStudy) -> None:
    tiny.change("domains/dm.yaml", supp={"NOTE": {"assign": "PREV", "label": "Note"}})
    tiny.edit("domains/dm.yaml", "when: missing(PREV)", "when: present(SUBJ)")
    built = tiny.build({"DEMOG": [{**PERSON, "PREV": "9"}]})
    assert built.datasets["SUPPDM"].frame.loc[0, ["IDVAR", "IDVARVAL", "QVAL"]].tolist() == ["", "", "9"]


RELATION = """relationships:
  PAIR:
    - {dataset: CE, variable: CELNKID, reltype: ONE}
    - {dataset: DM, variable: SUBJID, reltype: MANY}
"""


def related(tiny: TinyStudy) -> TinyStudy:
    (tiny.folder / "relrec.yaml").write_text(RELATION, encoding="utf-8")
    return tiny.edit("domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  CELNKID: {assign: B}")


def test_a_relationship_of_datasets_has_a_record_for_each_end(tiny: TinyStudy) -> None:
    frame = build(related(tiny), {"A": "x", "B": "1"}).datasets["RELREC"].frame
    assert frame.to_dict("records") == [
        {"STUDYID": "TINY", "RDOMAIN": name, "USUBJID": "", "IDVAR": variable, "IDVARVAL": "",
         "RELTYPE": kind, "RELID": "PAIR"}
        for name, variable, kind in (("CE", "CELNKID", "ONE"), ("DM", "SUBJID", "MANY"))
    ]  # fmt: skip


def test_a_relationship_without_values_is_left_out_and_told(tiny: TinyStudy) -> None:
    built = build(related(tiny), {"A": "x"})
    assert "RELREC" not in built.datasets
    assert [(f.rule, f.severity) for f in built.findings] == [("RELREC-EMPTY", "INFO")]
    assert "CE" in built.findings[0].message


# -- columns -------------------------------------------------------------------------------------------------


def test_columns_stand_in_the_order_of_the_guide(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml",
        "CETERM: {assign: A}",
        "CEENDTC: {datetime: E}\n  CEOUT: {map: A, ct: outcome, on_unmapped: 'null'}\n  CECAT: {const: X}\n"
        "  CETERM: {assign: A}\n  CESPID: {assign: B}",
    )
    names = [variable.name for variable in build(tiny).datasets["CE"].variables]
    listed = [name for name in tiny.load().domains["CE"].standard.variables if name in names]
    assert [name for name in names if name in listed] == listed
    assert names[0:2] == ["STUDYID", "DOMAIN"] and names.index("CESPID") < names.index("CETERM")


@pytest.mark.parametrize(
    ("added", "before", "after"),
    [
        ("CEREASOC", "CEOCCUR", "CESTDTC"),
        ("VISITNUM", "CEOUT", "CESTDTC"),
        ("CELNKID", "CESEQ", "CETERM"),
        ("TAETORD", "CEOUT", "CESTDTC"),
    ],
)
def test_a_variable_of_the_model_stands_after_its_neighbour(
    tiny: TinyStudy, added: str, before: str, after: str
) -> None:
    domain = tiny.load().domains["CE"]
    names = ["STUDYID", "DOMAIN", "USUBJID", "CESEQ", "CETERM", "CEOCCUR", "CEOUT", "CESTDTC", "CEENDTC"]
    order = variable_order(domain, [added, *names])
    assert [name for name in order if name != added] == names
    assert order.index(before) < order.index(added) < order.index(after)


def test_a_reason_for_occurrence_stands_behind_the_occurrence(tiny: TinyStudy) -> None:
    (tiny.folder / "domains" / "pr.yaml").write_text(
        "domain: PR\nrecords:\n  - {id: event, from: EVENT}\nvariables:\n  PRREASOC: {assign: B}\n"
        "  PRTRT: {assign: A}\n  PRCAT: {const: X}\n  PROCCUR: {assign: YN}\n  PRSTDTC: {datetime: D}\n"
        "finalize: {sort: [USUBJID, PRTRT], keys: [STUDYID, USUBJID, PRTRT]}\n",
        encoding="utf-8",
    )
    dataset = build(tiny, {"A": "x", "YN": "否"}).datasets["PR"]
    names = [variable.name for variable in dataset.variables]
    assert names == [
        "STUDYID", "DOMAIN", "USUBJID", "PRSEQ", "PRTRT", "PRCAT", "PROCCUR", "PRREASOC", "PRSTDTC",
    ]  # fmt: skip
    reason = dataset.variable("PRREASOC")
    assert reason.core == "Perm" and reason.label and "not listed" in reason.comment


def test_an_expected_variable_that_is_not_mapped_is_there_and_null(tiny: TinyStudy) -> None:
    built = build(tiny)
    race = built.datasets["DM"].variable("RACE")
    assert race.core == "Exp" and race.origin.type == "Not Available"
    assert column(built, "DM", "RACE") == ["", ""]
    assert built.datasets["DM"].frame["AGE"].isna().all()
    assert "ETHNIC" not in built.datasets["DM"].frame, "a Permissible variable is there only when mapped"


def test_origins_follow_from_the_operation_and_what_it_reads(tiny: TinyStudy) -> None:
    built = build(tiny)
    origin = {
        f"{dataset}.{name}": built.datasets[dataset].variable(name).origin
        for dataset, name in [
            ("CE", "CETERM"),
            ("DM", "COUNTRY"),
            ("SE", "SESTDTC"),
            ("TV", "VISIT"),
            ("CE", "CESEQ"),
        ]
    }
    assert (origin["CE.CETERM"].type, origin["CE.CETERM"].columns) == ("Collected", ("EVENT.A",))
    assert origin["DM.COUNTRY"].type == "Assigned"
    assert origin["SE.SESTDTC"].type == "Derived" and origin["SE.SESTDTC"].method
    assert origin["TV.VISIT"].type == "Protocol"
    assert "CESTDTC" in origin["CE.CESEQ"].method


def test_trial_design_findings_have_no_subject(tiny: TinyStudy) -> None:
    tiny.edit("domains/ts.yaml", "TSVAL: {assign: value}", "TSVAL: {map: value, ct: own_words}")
    (finding,) = {(f.rule, f.dataset, f.usubjid, f.source_file) for f in tiny.build({}).findings}
    assert finding == ("CT-UNMAPPED", "TS", "", "")
