"""A bad mapping is told with file and line, what is wrong, and the nearest right name — all of it at once."""

from __future__ import annotations

import pytest
from conftest import TinyStudy

CE = "domains/ce.yaml"
CETERM = "CETERM: {assign: A}"
BLOCK = "- {id: event, from: EVENT}"


def line_of(tiny: TinyStudy, name: str, text: str) -> int:
    lines = (tiny.folder / name).read_text(encoding="utf-8").splitlines()
    (at,) = [number for number, line in enumerate(lines, start=1) if text in line]
    return at


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        # operations
        (CE, CETERM, "CETERM: {asign: A}", "CETERM: unknown operation 'asign'; did you mean 'assign'?"),
        (CE, CETERM, "CETERM: {assign: A, const: B}", "CETERM: names 2 operations (assign, const); give one"),
        (CE, CETERM, "CETERM: {comment: nothing}", "CETERM: names no operation; give one of assign, const"),
        (CE, CETERM, "CETERM: {map: A}", "CETERM: 'ct' is missing"),
        (
            CE,
            CETERM,
            "CETERM: {map: A, ct: sex, on_unmaped: keep}",
            "CETERM: unknown key 'on_unmaped'; did you mean 'on_unmapped'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {map: A, ct: sex, on_unmapped: drop}",
            "CETERM: on_unmapped: 'drop' is none of null, keep",
        ),
        (CE, CETERM, "CETERM: {assign: A, origin: CRF}", "origin: 'CRF' is none of Collected"),
        (CE, CETERM, 'CETERM: {expr: "lower(A)"}', "CETERM: unknown function 'lower'"),
        (CE, CETERM, 'CETERM: {expr: "A.b.c"}', "CETERM: Attribute is not part of the expression language"),
        # names
        (CE, CETERM, "CETERM: {assign: AA}", "CETERM: unknown column 'AA'; did you mean 'A'?"),
        (
            CE,
            CETERM,
            "CETERM: {assign: DM.RFSTDT}",
            "CETERM: unknown column 'DM.RFSTDT'; did you mean 'DM.RFSTDTC'?",
        ),
        (CE, CETERM, "CETERM: {assign: OTHER.X}", "CETERM: unknown column 'OTHER.X'"),
        (CE, CETERM, "CETERM: {expr: \"A if AB == '1' else ''\"}", "CETERM: unknown column 'AB'"),
        (
            CE,
            CETERM,
            "CETERM: {map: A, ct: sexx}",
            "CETERM: unknown map 'sexx' of ct.yaml; did you mean 'sex'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {param: cycle_day}",
            "CETERM: unknown parameter 'cycle_day' of study.yaml; did you mean 'cycle_days'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {lookup: A, table: term, take: term_en}",
            "CETERM: unknown coding table 'term'; did you mean 'terms'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {lookup: A, table: terms, take: term_e}",
            "CETERM: coding/terms.csv has no column 'term_e'; did you mean 'term_en'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {paired: A, codelists: [TSPARMC]}",
            "CETERM: unknown codelist 'TSPARMC'; did you mean 'TSPARMCD'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {paired: A, codelists: [SEX]}",
            "CETERM: codelist SEX is not paired with another",
        ),
        (CE, CETERM, "CETERM: {assign: A, codelist: SEXX}", "CETERM: unknown codelist 'SEXX'"),
        (
            CE,
            CETERM,
            "CETERM: {count: OTHER.Y}",
            "CETERM: 'OTHER.Y' is neither DATASET.VARIABLE nor FORM.COLUMN of this study; did you mean",
        ),
        (
            CE,
            CETERM,
            "CETERM: {decode: TVV, match: {VISIT: A}, take: VISIT}",
            "CETERM: unknown dataset 'TVV'; did you mean 'TV'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {decode: TV, match: {VISIT: A}, take: VISITDYY}",
            "CETERM: dataset TV has no variable 'VISITDYY'; did you mean 'VISITDY'?",
        ),
        (
            CE,
            CETERM,
            "CETERM: {by: {evnt: {assign: A}}}",
            "CETERM: unknown record block 'evnt'; did you mean 'event'?",
        ),
        # variables
        (
            CE,
            CETERM,
            CETERM + "\n  CETERMM: {assign: A}",
            "CETERMM: not a variable of CE in SDTMIG 3.4; did you mean 'CETERM'?",
        ),
        (
            CE,
            CETERM,
            CETERM + "\n  USUBJID: {assign: SUBJ}",
            "USUBJID: made by the kit for every dataset; leave it out",
        ),
        (
            CE,
            CETERM,
            CETERM + f"\n  CEDECOD: {{assign: A, label: {'x' * 41}}}",
            "CEDECOD: the label takes 41 bytes, at most 40 fit",
        ),
        (
            CE,
            CETERM,
            CETERM + f"\n  CEDECOD: {{assign: A, label: {'标' * 14}}}",
            "CEDECOD: the label takes 42 bytes",
        ),
        (
            CE,
            "finalize:",
            "supp:\n  CEX: {assign: B}\nfinalize:",
            "CEX: a supplemental qualifier needs a label (QLABEL)",
        ),
        (
            CE,
            "finalize:",
            "supp:\n  CEX: {assign: B, label: {zh: 值}}\nfinalize:",
            "CEX: a supplemental qualifier needs a label",
        ),
        (
            CE,
            "finalize:",
            f"supp:\n  CEX: {{assign: B, label: {'x' * 41}}}\nfinalize:",
            "CEX: the label takes 41 bytes",
        ),
        (
            CE,
            "finalize:",
            "supp:\n  CEXCEEDS8: {assign: B, label: b}\nfinalize:",
            "supp: 'CEXCEEDS8' does not have the form",
        ),
        (
            CE,
            "finalize:",
            "supp:\n  1CE: {assign: B, label: b}\nfinalize:",
            "supp: '1CE' does not have the form",
        ),
        # records
        (CE, BLOCK, "- {id: event, from: EVNT}", "records.event: unknown form 'EVNT'; did you mean 'EVENT'?"),
        (
            CE,
            BLOCK,
            "- {id: event, dataset: DMM}",
            "records.event: unknown dataset 'DMM'; did you mean 'DM'?",
        ),
        (CE, BLOCK, "- {id: event}", "records.0: needs exactly one of from, dataset, table, visits"),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, dataset: DM}",
            "records.0: needs exactly one of from, dataset, table, visits",
        ),
        (CE, BLOCK, BLOCK + "\n  - {id: event, from: OTHER}", "records.event: another block has this id"),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, when: \"YNN == 'Y'\"}",
            "records.event: unknown column 'YNN'; did you mean 'YN'?",
        ),
        (CE, BLOCK, "- {id: event, from: EVENT, when: YN}", "when: `YN` is no condition"),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, join: [{form: OTHR, on: [SUBJ], cardinality: many_to_one}]}",
            "join: unknown form 'OTHR'; did you mean 'OTHER'?",
        ),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, join: [{form: OTHER, on: {A: KEYN}, cardinality: many_to_one}]}",
            "join: OTHER has no column 'KEYN'; did you mean 'KEYNO'?",
        ),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, join: [{form: OTHER, on: [SUBJ], cardinality: one_to_many}]}",
            "cardinality: 'one_to_many' is none of",
        ),
        (
            CE,
            BLOCK,
            "- {id: event, dataset: DM, join: [{form: OTHER, on: [USUBJID], cardinality: many_to_one}]}",
            "records.event: only a block that reads a form (from) can join",
        ),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, unpivot: {items: [{columns: {V: A}}, {columns: {V: BB}}]}}",
            "records.event: unknown column 'BB'",
        ),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, unpivot: {items: [{columns: {V: A}}, {k: x}]}}",
            "unpivot: item 2 does not name column 'V'; name it in every item",
        ),
        (
            "domains/sv.yaml",
            "origin: DEMOG.FIRST",
            "origin: DEMOG.FIRS",
            "records.visits: 'DEMOG.FIRS' is neither",
        ),
        # the rest of a domain
        (CE, "domain: CE", "domain: CC", "domain: unknown SDTMIG dataset 'CC'"),
        (
            CE,
            "sort: [USUBJID, CESTDTC",
            "sort: [USUBJID, CESTDT",
            "finalize: unknown variable 'CESTDT'; did you mean 'CESTDTC'?",
        ),
        (CE, "sort: [USUBJID, CESTDTC", "sort: [CESEQ, CESTDTC", "finalize: unknown variable 'CESEQ'"),
        (
            CE,
            "finalize:",
            "not_submitted: {EVENT.ZZ: why}\nfinalize:",
            "not_submitted: unknown FORM.COLUMN 'EVENT.ZZ'",
        ),
        (
            CE,
            "finalize:",
            "value_levels: [{variable: CETEM, where: CETERM, in: [x], codelist: NY}]\nfinalize:",
            "value_levels: unknown variable 'CETEM'; did you mean 'CETERM'?",
        ),
        (
            CE,
            "finalize:",
            "value_levels: [{variable: CETERM, where: CETERM, in: [x], codelist: NNY}]\nfinalize:",
            "value_levels: unknown codelist 'NNY'",
        ),
        (CE, "finalize:", "finalise: {}\nfinalize:", "unknown key 'finalise'; did you mean 'finalize'?"),
        # the study's own files
        ("study.yaml", "form: DEMOG", "form: DEMO", "identity: unknown form 'DEMO'; did you mean 'DEMOG'?"),
        (
            "study.yaml",
            "subject: SUBJ,",
            "subject: SUBJECT,",
            "identity: unknown column of DEMOG 'SUBJECT'; did you mean 'SUBJ'?",
        ),
        (
            "study.yaml",
            "previous: PREV",
            "previous: PRVE",
            "identity: unknown column of DEMOG 'PRVE'; did you mean 'PREV'?",
        ),
        (
            "study.yaml",
            "{STUDYID}-{SITE}",
            "{STUDY}-{SITE}",
            "identity: unknown part of usubjid 'STUDY'; did you mean 'STUDYID'?",
        ),
        (
            "study.yaml",
            'ct: "2025-03-28"',
            'ct: "2025-03-29"',
            "standards: no sdtm terminology of 2025-03-29; there is: 2025-03-28",
        ),
        ("study.yaml", "studyid: TINY", "studid: TINY", "'studyid' is missing"),
        (
            "sources.yaml",
            "{site: SITE, subject",
            "{site: SIET, subject",
            "subject: unknown column 'SIET'; did you mean 'SITE'?",
        ),
        (
            "sources.yaml",
            "date: VISDT}",
            "date: VISTDT}",
            "visit: unknown column 'VISTDT'; did you mean 'VISDT'?",
        ),
        (
            "sources.yaml",
            "header: [SITE, SUBJ]",
            "header: [SITE, SUB]",
            "DEMOG: unknown header column 'SUB'; did you mean 'SUBJ'?",
        ),
        (
            "sources.yaml",
            "A: {label: 甲, type: text}",
            "A: {label: 甲, type: txt}",
            "type: 'txt' is none of text",
        ),
        (
            "sources.yaml",
            "header: [SUBJ]",
            "header: [SUBJ]\n    key: [SUBJ, KEY]",
            "OTHER: unknown column 'KEY'",
        ),
        ("ct.yaml", "codelist: OUT", "codelist: OUTC", "outcome: unknown codelist 'OUTC'"),
        ("ct.yaml", '"2": F}', '"2": W}', "sex: 'W' is no term of SEX"),
        ("ct.yaml", "UNIT: {", "SEX: {", "extensions: codelist SEX is not extensible"),
        ("ct.yaml", "UNIT: {", "UNITT: {", "extensions: unknown codelist 'UNITT'; did you mean 'UNIT'?"),
    ],
)
def test_a_problem_is_told_with_its_line(tiny: TinyStudy, name: str, old: str, new: str, told: str) -> None:
    tiny.edit(name, old, new)
    text = new.splitlines()[-2] if new.endswith("finalize:") and "\n" in new else new.splitlines()[-1]
    start = f"mappings/tiny/{name}:{line_of(tiny, name, text)} "
    problems = tiny.problems()
    matching = [problem for problem in problems if told in problem]
    assert matching, f"{told!r} is not told in {problems}"
    if "'studyid' is missing" in told:
        start = f"mappings/tiny/{name}:1 "
    assert matching[0].startswith(start), f"{matching[0]!r} does not start with {start!r}"


def test_a_sound_mapping_has_no_problem(tiny: TinyStudy) -> None:
    assert set(tiny.load().domains) == {"CE", "DM", "SE", "SV", "TS", "TV"}


def test_missing_required_variables_are_told_together(tiny: TinyStudy) -> None:
    tiny.edit("domains/dm.yaml", "  SITEID: {assign: SITE}\n", "").edit(
        "domains/dm.yaml", "  COUNTRY: {const: CHN}\n", ""
    )
    assert tiny.problems() == [
        "mappings/tiny/domains/dm.yaml:1 DM lacks the Required variables SITEID, COUNTRY; map them"
    ]


def test_a_cycle_is_told_with_its_path_and_place(tiny: TinyStudy) -> None:
    tiny.edit(CE, CETERM, "CETERM: {assign: CEDECOD}\n  CEDECOD: {assign: CETERM}")
    (problem,) = tiny.problems()
    assert problem.startswith("mappings/tiny/domains/ce.yaml:")
    assert "in a circle: CE.CETERM -> CE.CEDECOD -> CE.CETERM" in problem or (
        "in a circle: CE.CEDECOD -> CE.CETERM -> CE.CEDECOD" in problem
    )


def test_rows_that_depend_on_their_own_variables_are_a_cycle(tiny: TinyStudy) -> None:
    tiny.edit(CE, BLOCK, '- {id: event, from: EVENT, when: "present(CETERM)"}')
    (problem,) = tiny.problems()
    assert "in a circle" in problem and "CE.rows" in problem


def test_all_problems_of_all_files_are_told_at_once(tiny: TinyStudy) -> None:
    tiny.edit(CE, CETERM, "CETERM: {assign: AA}\n  CEDECOD: {asign: A}\n  CEREL: {map: A, ct: nowhere}")
    tiny.edit("domains/tv.yaml", '  TVSTRL: {template: "Day {visitdy}"}\n', "")
    tiny.edit("domains/sv.yaml", "VISIT: {assign: VISIT}", "VISITT: {assign: VISIT}")
    tiny.edit("ct.yaml", "codelist: OUT", "codelist: OUTC")
    tiny.edit("study.yaml", "form: DEMOG", "form: DEMO")
    problems = tiny.problems()
    for told in (
        "unknown column 'AA'",
        "unknown operation 'asign'",
        "unknown map 'nowhere'",
        "lacks the Required variables TVSTRL",
        "VISITT: not a variable of SV",
        "unknown codelist 'OUTC'",
        "unknown form 'DEMO'",
    ):
        assert any(told in problem for problem in problems), f"{told!r} is not among {problems}"
    assert len(problems) == len(set(problems))


def test_a_broken_file_does_not_make_the_others_look_wrong(tiny: TinyStudy) -> None:
    tiny.edit("domains/dm.yaml", "finalize:", "finalise:")
    problems = tiny.problems()
    assert problems and all("domains/dm.yaml" in problem for problem in problems), problems


def test_every_unknown_key_is_told_at_its_own_line(tiny: TinyStudy) -> None:
    tiny.edit(CE, "records:", "one: x\ntwo: y\nrecords:")
    assert [problem for problem in tiny.problems() if "unknown key" in problem] == [
        "mappings/tiny/domains/ce.yaml:2 unknown key 'one'",
        "mappings/tiny/domains/ce.yaml:3 unknown key 'two'",
    ]


def test_missing_files_are_told_together(tiny: TinyStudy) -> None:
    (tiny.folder / "ct.yaml").unlink()
    (tiny.folder / "sources.yaml").unlink()
    assert tiny.problems() == [
        "mappings/tiny/sources.yaml: file is missing",
        "mappings/tiny/ct.yaml: file is missing",
    ]


def test_a_relationship_names_datasets_and_variables_of_the_study(tiny: TinyStudy) -> None:
    (tiny.folder / "relrec.yaml").write_text(
        "relationships:\n"
        "  R1:\n"
        "    - {dataset: CE, variable: CELNKID, reltype: ONE}\n"
        "    - {dataset: PP, variable: PPLNKID, reltype: ONE}\n",
        encoding="utf-8",
    )
    assert tiny.problems() == [
        "mappings/tiny/relrec.yaml:3 R1: unknown CE variable 'CELNKID'",
        "mappings/tiny/relrec.yaml:4 R1: unknown dataset 'PP'",
    ]


def test_one_domain_in_two_files_is_told(tiny: TinyStudy) -> None:
    copy = (tiny.folder / CE).read_text(encoding="utf-8")
    (tiny.folder / "domains" / "ce2.yaml").write_text(copy, encoding="utf-8")
    assert any("domain CE is also described in mappings/tiny/domains/ce.yaml" in p for p in tiny.problems())


def test_a_parameter_may_have_the_name_of_another_operation(tiny: TinyStudy) -> None:
    tiny.edit(CE, CETERM, CETERM + "\n  CECAT: {param: route, source: Sponsor}")
    assert tiny.load().domains["CE"].variables["CECAT"].by["*"].operation.key == "param"


# -- what parses but cannot work ------------------------------------------------------------------------

V2 = '- {code: V2, visitnum: "2",'


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("study.yaml", V2, '- {code: V1, visitnum: "2",', "visits: code 'V1' stands in another row too"),
        ("study.yaml", V2, '- {code: V2, visitnum: "1",', "visits: visitnum '1' stands in another row too"),
        ("study.yaml", V2, "- {code: V2, visitnum: two,", "visits: visitnum 'two' is not a number"),
        ("study.yaml", 'last_day: "10"', "last_day: ten", "visits: last_day 'ten' is not a number of days"),
        ("study.yaml", "aliases:", "vists: []\naliases:", "unknown key 'vists'; did you mean 'visits'?"),
        (
            "study.yaml",
            "{STUDYID}-{SITE}-{SUBJ}",
            "{STUDYID}-{SITE}-{SUBJ",
            "identity: usubjid is no template; write the parts as {STUDYID}, {SITE}, {SUBJ}",
        ),
        (
            "study.yaml",
            "{STUDYID}-{SITE}-{SUBJ}",
            "{STUDYID}-{SITE:x}-{SUBJ}",
            "identity: usubjid is no template; write the parts as {STUDYID}, {SITE}, {SUBJ}",
        ),
        (
            "study.yaml",
            "{STUDYID}-{SITE}-{SUBJ}",
            "{STUDYID}-{SITE}",
            "identity: usubjid does not name {SUBJ}; two subjects would be one",
        ),
        (
            "study.yaml",
            "value: 2025-06-30",
            "value: 30.06.2025",
            "extract_date: '30.06.2025' is no date; write it as 2025-06-30",
        ),
        ("sources.yaml", '"%Y/%m/%d"', '"%m/%m/%Y"', "dates: '%m/%m/%Y' names %m twice"),
        ("sources.yaml", '"%Y/%m/%d"', '"%d/%m"', "dates: '%d/%m' names no year; add %Y or %y"),
        ("sources.yaml", '"%Y/%m/%d"', '"%Y/%j"', "dates.formats.1: '%Y/%j' does not have the form"),
        (
            CE,
            CETERM,
            'CETERM: {template: "E-{A:x}"}',
            "CETERM: '{A:x}' is no field of a template; write {A}, or {A:2} for zeros before it",
        ),
        (CE, CETERM, 'CETERM: {template: "E-{A"}', "CETERM: '{A' is no field of a template; write {A}"),
        (CE, CETERM, 'CETERM: {expr: "number(A) / 0"}', "CETERM: division by zero"),
        (
            CE,
            CETERM,
            'CETERM: {expr: "round(A, 400)"}',
            "CETERM: round: the number of decimals is a whole number from 0 to 15",
        ),
        (
            CE,
            BLOCK,
            "- {id: event, from: EVENT, unpivot: {items: [{columns: {V: A, W: B}}, {columns: {V: C}}]}}",
            "unpivot: item 2 does not name column 'W'; name it in every item",
        ),
    ],
)
def test_what_cannot_work_is_told_with_its_line(
    tiny: TinyStudy, name: str, old: str, new: str, told: str
) -> None:
    tiny.edit(name, old, new)
    start = f"mappings/tiny/{name}:{line_of(tiny, name, new.splitlines()[0])} "
    problems = tiny.problems()
    matching = [problem for problem in problems if told in problem]
    assert matching, f"{told!r} is not told in {problems}"
    assert matching[0].startswith(start), f"{matching[0]!r} does not start with {start!r}"


def test_an_anchor_that_holds_itself(tiny: TinyStudy) -> None:
    path = tiny.folder / "study.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "protocol: &again {name: *again}\n", encoding="utf-8")
    (problem,) = tiny.problems()
    assert problem == "mappings/tiny/study.yaml:15 an anchor holds itself; write the value out"


def test_a_study_without_domains(tiny: TinyStudy) -> None:
    for path in (tiny.folder / "domains").iterdir():
        path.unlink()
    assert "mappings/tiny/domains: no domain is described; add domains/dm.yaml" in tiny.problems()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "coding/terms.csv:1 the file is empty; the first line names its columns"),
        (b"verbatim,term_en,decod\n", "coding/terms.csv:1 the first column is 'verbatim_zh'"),
        (b"verbatim_zh,term_en,decod,decod\n", "coding/terms.csv:1 column 'decod' stands there twice"),
        (b"verbatim_zh,term_en,decod\na,b,c,d\n", "coding/terms.csv:2 4 cells in a table of 3 columns"),
        (b"verbatim_zh,term_en,decod\na,b,c\na,d,e\n", "coding/terms.csv:3 the text of line 2 again"),
        ("verbatim_zh,term_en,decod\n发热,b,c\n".encode("gb18030"), "coding/terms.csv: not UTF-8"),
    ],
)
def test_a_coding_table_that_cannot_be_right(tiny: TinyStudy, content: bytes, told: str) -> None:
    (tiny.folder / "coding" / "terms.csv").write_bytes(content)
    tiny.edit(CE, CETERM, "CETERM: {lookup: A, table: terms, take: term_en}")
    problems = tiny.problems()
    assert any(f"mappings/tiny/{told}" in problem for problem in problems), problems


def test_visits_without_a_plan_or_a_date_of_consent(tiny: TinyStudy) -> None:
    tiny.edit("domains/dm.yaml", "  RFICDTC: {datetime: ICFDT}\n", "")
    assert any(p.endswith("domains/sv.yaml:1 SV: visits need DM.RFICDTC; map it") for p in tiny.problems())
