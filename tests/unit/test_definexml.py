"""define.xml: valid against the schema, every OID paired, types and lists as the data have them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import odmlib
import pandas as pd
import pytest
from lxml import etree

from cdisc_kit.dataset import Dataset, Lineage, Origin, Variable
from cdisc_kit.definexml import (
    Comment,
    Dictionary,
    Document,
    StudyDescription,
    ValueLevel,
    check_oids,
    datatypes,
    termlists,
    write_define,
)
from cdisc_kit.errors import SpecError, StandardError
from cdisc_kit.standard import load_ct, load_sdtmig

pytestmark = pytest.mark.xdist_group("definexml")

NS = {"o": "http://www.cdisc.org/ns/odm/v1.3", "d": "http://www.cdisc.org/ns/def/v2.1"}
DEF = f"{{{NS['d']}}}"
SUBJECTS = ["S-01-001", "S-01-002", "S-01-003"]
COLLECTED = Origin("Collected", "Investigator", columns=("A01.SEX",))
ASSIGNED = Origin("Assigned", "Sponsor")
DERIVED = Origin("Derived", "Sponsor", "Whole years from birth to consent.")


def char(name: str, *codelists: str, core: str = "Exp", **more: object) -> Variable:
    more.setdefault("origins", {"*": COLLECTED})
    return Variable(name, f"Label of {name}", "Char", core=core, codelists=codelists, **more)


def num(name: str, **more: object) -> Variable:
    more.setdefault("origins", {"*": COLLECTED})
    return Variable(name, f"Label of {name}", "Num", length=8, core="Exp", **more)


def dataset(
    name: str, cls: str, keys: tuple[str, ...], columns: dict, variables: list[Variable], **more
) -> Dataset:
    frame = pd.DataFrame(columns)
    sized = [
        replace(v, length=max([1, *(len(text.encode()) for text in frame[v.name])]))
        if v.type == "Char"
        else v
        for v in variables
    ]
    return Dataset(
        name, f"Label of {name}", cls, "One record per something", keys, tuple(sized), frame, **more
    )


def demographics() -> Dataset:
    return dataset(
        "DM",
        "SPECIAL PURPOSE",
        ("STUDYID", "USUBJID"),
        {
            "STUDYID": ["S"] * 3,
            "USUBJID": SUBJECTS,
            "RFICDTC": ["2026-01-02", "2026-01-03", "2026-02"],
            "RFSTDTC": ["2026-01-05T08:30", "2026-01-06", ""],
            "BRTHDTC": ["1970", "1980---12", ""],
            "DMDTC": ["2026-01-02", "2026-01-03", "2026-01-04"],
            "AGE": [55.0, 61.0, np.nan],
            "SEX": ["M", "F", "M"],
            "RACE": ["ASIAN", "MARTIAN", "ASIAN"],
            "ARMCD": ["ATG", "BAS", "BAS"],
            "ARM": ["ATG first", "Basiliximab", "Basiliximab"],
            "COUNTRY": ["CHN"] * 3,
            "DTHFL": ["", "", ""],
        },
        [
            char("STUDYID", core="Req", origins={"*": ASSIGNED}),
            char("USUBJID", core="Req", origins={"*": ASSIGNED}),
            char("RFICDTC", iso8601=True),
            char("RFSTDTC", iso8601=True),
            char("BRTHDTC", iso8601=True),
            char("DMDTC", iso8601=True, comment="Day of the interview."),
            num("AGE", origins={"*": DERIVED}),
            char("SEX", "C66731", core="Req", label_zh="性别"),
            char("RACE", "C74457"),
            char("ARMCD"),
            char("ARM"),
            char("COUNTRY", external_dictionary="ISO 3166"),
            char("DTHFL", "C66742"),
        ],
    )


def supplement() -> Dataset:
    names = ["RANDNO", "RACEOTH", "WEIGHT", "CONSENT2", "ELIGIBLE"]
    return dataset(
        "SUPPDM",
        "RELATIONSHIP",
        ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"),
        {
            "STUDYID": ["S"] * 5,
            "RDOMAIN": ["DM"] * 5,
            "USUBJID": ["S-01-001"] * 5,
            "IDVAR": [""] * 5,
            "IDVARVAL": [""] * 5,
            "QNAM": names,
            "QLABEL": [f"Text of {name}" for name in names],
            "QVAL": ["007", "汉族", "62.5", "2026-01-05", "Y"],
            "QORIG": ["CRF"] * 5,
            "QEVAL": [""] * 5,
        },
        [
            char(name, origins={"RANDNO": ASSIGNED, "*": COLLECTED} if name == "QVAL" else {"*": ASSIGNED})
            for name in (
                *(
                    "STUDYID",
                    "RDOMAIN",
                    "USUBJID",
                    "IDVAR",
                    "IDVARVAL",
                    "QNAM",
                    "QLABEL",
                    "QVAL",
                    "QORIG",
                    "QEVAL",
                ),
            )
        ],
        lineage=Lineage(tuple(names), ("A01",) * 5, np.arange(5), np.zeros(5, dtype=int)),
    )


def responses() -> Dataset:
    """Two categories, each with codelists of its own, and a test that no codelist knows."""
    rows = [
        ("RECIST 1.1", "TRGRESP", "Target Response", "PR", "PR", np.nan),
        ("RECIST 1.1", "OVRLRESP", "Overall Response", "PD", "PD", np.nan),
        ("ECOG", "ECOG101", "ECOG1-Performance Status", "1", "1", 1.0),
        ("ECOG", "ECOG101", "ECOG1-Performance Status", "0", "0", 0.0),
        ("OWN", "SCOREX", "Sponsor's Score", "<2.50", "2.5", 2.5),
    ]
    columns = ["RSCAT", "RSTESTCD", "RSTEST", "RSORRES", "RSSTRESC", "RSSTRESN"]
    block = np.array([0, 0, 1, 1, 1])
    frame = {"USUBJID": ["S-01-001"] * 5} | {
        name: [row[at] for row in rows] for at, name in enumerate(columns)
    }
    derived = Origin("Derived", "Sponsor", "Number of RSORRES.")
    return dataset(
        "RS",
        "FINDINGS",
        ("USUBJID", "RSTESTCD", "VISITNUM"),
        frame,
        [
            char("USUBJID", core="Req"),
            char("RSCAT"),
            char("RSTESTCD", "C96782", "C101815", core="Req"),
            char("RSTEST", core="Req"),
            char("RSORRES"),
            char("RSSTRESC", "C96785", origins={"scan": COLLECTED, "score": derived}),
            num("RSSTRESN", origins={"*": derived}),
        ],
        lineage=Lineage(("scan", "score"), ("A02", "A03"), block, np.zeros(5, dtype=int)),
    )


def nothing() -> Dataset:
    return dataset(
        "CO", "SPECIAL PURPOSE", ("USUBJID",), {"USUBJID": pd.Series([], dtype=object)}, [char("USUBJID")]
    )


STUDY = StudyDescription(
    oid="ST.S",
    name="S",
    description="A study of nothing & no one",
    protocol="S-1",
    created="2026-10-31T00:00:00",
    encoding="utf-8",
    define_ct="2025-03-28",
    documents=(
        Document("acrf", "Annotated CRF", "acrf.pdf", "annotated_crf"),
        Document("guide", "Reviewer's guide", "csdrg.html"),
    ),
    comments=(
        Comment("", "On the study.", "guide"),
        Comment("DM", "On the dataset.", "acrf", (2, 1)),
        Comment("DM.DMDTC", "From the study."),
    ),
    dictionaries={"ISO 3166": Dictionary("ISO 3166", "2024")},
    crf_pages={"A01": (3,), "A01.SEX": (4, 5)},
)
LEVELS = {
    "RS": [
        ValueLevel("RSTESTCD", {"RSCAT": ("RECIST 1.1",)}, "C96782"),
        ValueLevel("RSTESTCD", {"RSCAT": ("ECOG",)}, "C101815"),
    ],
    "SUPPDM": [ValueLevel("QVAL", {"QNAM": ("ELIGIBLE",)}, "C66742", label="Eligible")],
}


def write(path: Path, study: StudyDescription = STUDY, levels: object = LEVELS) -> etree._ElementTree:
    datasets = [responses(), supplement(), nothing(), demographics()]
    write_define(path, study, datasets, sdtmig=load_sdtmig(), ct=load_ct("2025-03-28"), value_levels=levels)
    return etree.parse(path)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("define") / "define.xml"
    write(path)
    return path


@pytest.fixture(scope="module")
def define(path: Path) -> etree._ElementTree:
    return etree.parse(path)


def item(define: etree._ElementTree, oid: str) -> etree._Element:
    (found,) = define.xpath("//o:ItemDef[@OID=$oid]", namespaces=NS, oid=oid)
    return found


def codelist(define: etree._ElementTree, oid: str) -> etree._Element | None:
    """The codelist of an item, None for none."""
    references = item(define, oid).xpath("o:CodeListRef/@CodeListOID", namespaces=NS)
    return (
        define.xpath("//o:CodeList[@OID=$oid]", namespaces=NS, oid=references[0])[0] if references else None
    )


def terms(define: etree._ElementTree, oid: str) -> list[str]:
    found = codelist(define, oid)
    return [] if found is None else found.xpath("o:*/@CodedValue", namespaces=NS)


def level_type(define: etree._ElementTree, oid: str) -> tuple[str | None, ...]:
    return tuple(item(define, oid).get(name) for name in ("DataType", "Length", "SignificantDigits"))


def test_valid_against_schema(define):
    folder = Path(odmlib.__file__).parent / "schemas" / "define" / "2.1"
    schema = etree.XMLSchema(etree.parse(folder / "define2-1-0.xsd"))
    assert schema.validate(define), schema.error_log


def test_every_oid_is_defined_once_and_used(path):
    assert check_oids(path) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('CodeListOID="CL.SEX"', 'CodeListOID="CL.GENDER"', "CodeList CL.GENDER: referenced but not defined"),
        ('CodeListOID="CL.SEX"', 'CodeListOID="CL.GENDER"', "CodeList CL.SEX: defined but not referenced"),
        (
            'MethodDef OID="MT.DM.AGE"',
            'MethodDef OID="MT.X"',
            "MethodDef MT.DM.AGE: referenced but not defined",
        ),
        (
            'leafID="LF.DOC.guide"',
            'leafID="LF.DOC.acrf"',
            "def:leaf LF.DOC.guide: defined but not referenced",
        ),
        ('ItemDef OID="IT.DM.AGE"', 'ItemDef OID="IT.DM.SEX"', "ItemDef IT.DM.SEX: defined 2 times"),
        (
            'def:StandardOID="STD.CT"',
            'def:StandardOID="STD.IG"',
            "def:Standard STD.CT: defined but not referenced",
        ),
        ('def:CommentOID="COM.DM"', "", "def:CommentDef COM.DM: defined but not referenced"),
        ('WhereClauseDef OID="WC.', 'WhereClauseDef OID="WD.', "not defined"),
        ('ValueListOID="VL.', 'ValueListOID="VX.', "VX."),
    ],
)
def test_oid_check_finds_what_is_broken(path, tmp_path, old, new, problem):
    text = path.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "broken.xml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    assert any(problem in line for line in check_oids(broken))


def test_equal_input_gives_equal_bytes(path, tmp_path):
    write(tmp_path / "again.xml")
    assert (tmp_path / "again.xml").read_bytes() == path.read_bytes()


def test_datasets_by_class(define):
    names = define.xpath("//o:ItemGroupDef/@Name", namespaces=NS)
    assert names == ["CO", "DM", "RS", "SUPPDM"]


def test_item_group_attributes(define):
    groups = {group.get("Name"): group for group in define.iterfind(".//o:ItemGroupDef", NS)}
    assert groups["DM"].get("Repeating") == "No"
    assert groups["RS"].get("Repeating") == "Yes"
    assert groups["SUPPDM"].get("Domain") == "DM"
    assert groups["SUPPDM"].find("o:Alias", NS).get("Name") == "Label of DM"
    assert groups["DM"].find("o:Alias", NS) is None
    assert groups["CO"].get(f"{DEF}HasNoData") == "Yes"
    assert groups["CO"].get(f"{DEF}CommentOID")
    assert groups["DM"].get(f"{DEF}HasNoData") is None
    assert groups["RS"].find("d:Class", NS).get("Name") == "FINDINGS"
    assert groups["RS"].xpath(
        "d:leaf/@xlink:href", namespaces=NS | {"xlink": "http://www.w3.org/1999/xlink"}
    ) == ["rs.xpt"]


def test_keys_number_the_variables_there_are(define):
    keys = define.xpath("//o:ItemGroupDef[@Name='RS']/o:ItemRef[@KeySequence]", namespaces=NS)
    assert [(key.get("ItemOID"), key.get("KeySequence")) for key in keys] == [
        ("IT.RS.USUBJID", "1"),
        ("IT.RS.RSTESTCD", "2"),
    ]


def test_null_variable_says_so(define):
    (reference,) = define.xpath("//o:ItemRef[@ItemOID='IT.DM.DTHFL']", namespaces=NS)
    assert reference.get(f"{DEF}HasNoData") == "Yes"
    assert codelist(define, "IT.DM.DTHFL") is None
    assert item(define, "IT.DM.DTHFL").get(f"{DEF}CommentOID")


def test_lengths_are_those_of_the_data(define):
    for data in (demographics(), responses(), supplement()):
        for variable in data.variables:
            found = item(define, f"IT.{data.name}.{variable.name}")
            if found.get("DataType") == "text":
                longest = max(len(text.encode()) for text in data.frame[variable.name])
                assert int(found.get("Length")) == max(1, longest), found.get("OID")


@pytest.mark.parametrize(
    ("oid", "expected"),
    [
        ("IT.DM.DMDTC", "date"),
        ("IT.DM.RFICDTC", "partialDate"),
        ("IT.DM.RFSTDTC", "partialDatetime"),
        ("IT.DM.BRTHDTC", "incompleteDatetime"),
        ("IT.DM.AGE", "integer"),
        ("IT.RS.RSSTRESN", "float"),
        ("IT.DM.SEX", "text"),
    ],
)
def test_data_types(define, oid, expected):
    assert item(define, oid).get("DataType") == expected


def test_dates_have_no_length(define):
    assert item(define, "IT.DM.DMDTC").get("Length") is None


def test_float_has_digits_and_format(define):
    assert level_type(define, "IT.RS.RSSTRESN") == ("float", "3", "1")
    assert item(define, "IT.RS.RSSTRESN").get(f"{DEF}DisplayFormat") == "3.1"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "20"], ("integer", 2, None)),
        (["1", "-2.50"], ("float", 5, 2)),
        (["007", "8"], ("text", 3, None)),
        (["1e3"], ("text", 3, None)),
        (["<5"], ("text", 2, None)),
        (["中文"], ("text", 6, None)),
        (["2026-01-05", "2026-01"], ("partialDate", None, None)),
        (["2026", "2025"], ("integer", 4, None)),
        ([], ("text", 1, None)),
    ],
)
def test_types_of_text(values, expected):
    found = datatypes.of_texts(values, lambda text: len(text.encode()))
    assert (found.name, found.length, found.digits) == expected


def test_tiny_number_has_no_exponent():
    assert datatypes.of_numbers([0.00001234]).digits == 8


def test_codelists_equal_the_data(define):
    for data in (demographics(), responses(), supplement()):
        for variable in data.variables:
            listed = terms(define, f"IT.{data.name}.{variable.name}")
            if listed:
                assert set(listed) == set(data.frame[variable.name]) - {""}, variable.name
    assert terms(define, "IT.DM.SEX") == ["F", "M"]


def test_codelist_has_codes_of_the_terminology(define):
    found = codelist(define, "IT.DM.SEX")
    assert found.get(f"{DEF}StandardOID") == "STD.CT"
    assert found.xpath("o:Alias/@Name", namespaces=NS) == ["C66731"]
    assert found.xpath("o:EnumeratedItem/o:Alias/@Name", namespaces=NS) == ["C16576", "C20197"]


def test_term_outside_an_extensible_list_is_marked(define, tmp_path):
    (own,) = codelist(define, "IT.RS.RSSTRESC.RSTESTCD.EQ.TRGRESP").xpath(
        "o:*[@CodedValue='PR']", namespaces=NS
    )
    assert own.get(f"{DEF}ExtendedValue") is None
    data = responses()
    data.frame.loc[0, "RSSTRESC"] = "MINOR"
    data.frame.loc[1, ["RSTESTCD", "RSSTRESC"]] = ["TRGRESP", "PR"]
    ct = load_ct("2025-03-28")
    out = tmp_path / "define.xml"
    write_define(out, replace(STUDY, comments=()), [data], sdtmig=load_sdtmig(), ct=ct)
    found = codelist(etree.parse(out), "IT.RS.RSSTRESC.RSTESTCD.EQ.TRGRESP")
    marks = {
        term.get("CodedValue"): term.get(f"{DEF}ExtendedValue")
        for term in found.iterfind("o:EnumeratedItem", NS)
    }
    assert marks == {"MINOR": "Yes", "PR": None}


def test_term_outside_a_closed_list_is_no_extension(define):
    (martian,) = codelist(define, "IT.DM.RACE").xpath("o:*[@CodedValue='MARTIAN']", namespaces=NS)
    assert martian.get(f"{DEF}ExtendedValue") is None
    assert martian.find("o:Alias", NS) is None


def test_multiple_is_marked_in_any_list():
    listed = termlists.controlled(
        ("C66767",), ["DOSE REDUCED", "MULTIPLE", "LESS"], {}, load_ct("2025-03-28")
    )
    assert {entry.value: entry.extended for entry in listed.entries} == {
        "DOSE REDUCED": False,
        "MULTIPLE": True,
        "LESS": False,
    }


def test_numbers_that_are_terms_keep_their_list(tmp_path):
    data = responses()
    data = replace(
        data,
        variables=tuple(
            replace(v, codelists=("C179944", "C96785")) if v.name == "RSSTRESC" else v for v in data.variables
        ),
    )
    out = tmp_path / "define.xml"
    ct = load_ct("2025-03-28")
    write_define(out, replace(STUDY, comments=()), [data], sdtmig=load_sdtmig(), ct=ct)
    found = codelist(etree.parse(out), "IT.RS.RSSTRESC.RSTESTCD.EQ.ECOG101")
    assert found.xpath("o:EnumeratedItem/@CodedValue", namespaces=NS) == ["0", "1"]


def test_sponsor_codes_have_the_text_of_the_paired_variable(define):
    found = codelist(define, "IT.DM.ARMCD")
    assert found.get(f"{DEF}IsNonStandard") == "Yes"
    texts = found.xpath("o:CodeListItem/o:Decode/o:TranslatedText/text()", namespaces=NS)
    assert texts == ["ATG first", "Basiliximab"]
    assert codelist(define, "IT.DM.ARM") is None


def test_external_dictionary_has_a_version(define):
    external = codelist(define, "IT.DM.COUNTRY").find("o:ExternalCodeList", NS)
    assert (external.get("Dictionary"), external.get("Version")) == ("ISO 3166", "2024")


def test_chinese_label(define):
    texts = item(define, "IT.DM.SEX").findall("o:Description/o:TranslatedText", NS)
    assert [text.text for text in texts] == ["Label of SEX", "性别"]


def test_origin_cites_the_pages_of_its_column(define):
    origin = item(define, "IT.DM.SEX").find("d:Origin", NS)
    assert (origin.get("Type"), origin.get("Source")) == ("Collected", "Investigator")
    assert origin.find("d:DocumentRef/d:PDFPageRef", NS).get("PageRefs") == "4 5"
    assert item(define, "IT.DM.USUBJID").find("d:Origin/d:DocumentRef", NS) is None


def test_derived_variable_has_its_method(define):
    (reference,) = define.xpath("//o:ItemRef[@ItemOID='IT.DM.AGE']", namespaces=NS)
    (method,) = define.xpath("//o:MethodDef[@OID=$oid]", namespaces=NS, oid=reference.get("MethodOID"))
    assert method.findtext("o:Description/o:TranslatedText", namespaces=NS) == DERIVED.method


def test_variable_with_two_origins_states_both(define):
    types = item(define, "IT.RS.RSSTRESC").xpath("d:Origin/@Type", namespaces=NS)
    assert types == ["Collected", "Derived"]
    (method,) = define.xpath("//o:MethodDef[@OID='MT.RS.RSSTRESC']//o:TranslatedText", namespaces=NS)
    assert method.text == "Records of score: Number of RSORRES."


def test_value_levels_of_results_follow_their_rows(define):
    scan, score = "IT.RS.RSSTRESC.RSTESTCD.EQ.TRGRESP", "IT.RS.RSSTRESC.RSTESTCD.EQ.ECOG101"
    assert level_type(define, score) == ("integer", "1", None)
    assert level_type(define, "IT.RS.RSORRES.RSTESTCD.EQ.SCOREX") == ("text", "5", None)
    assert level_type(define, "IT.RS.RSSTRESN.RSTESTCD.EQ.ECOG101") == ("integer", "1", None)
    assert level_type(define, "IT.RS.RSSTRESN.RSTESTCD.EQ.SCOREX") == ("float", "3", "1")
    assert terms(define, scan) == ["PR"]
    assert terms(define, score) == []
    assert item(define, scan).xpath("d:Origin/@Type", namespaces=NS) == ["Collected"]
    assert item(define, score).xpath("d:Origin/@Type", namespaces=NS) == ["Derived"]


def test_supplemental_values_by_qualifier(define):
    def found(name: str) -> tuple[str | None, ...]:
        return level_type(define, f"IT.SUPPDM.QVAL.QNAM.EQ.{name}")

    assert found("RANDNO") == ("text", "3", None)
    assert found("RACEOTH") == ("text", "6", None)
    assert found("WEIGHT") == ("float", "4", "1")
    assert found("CONSENT2") == ("date", None, None)
    assert terms(define, "IT.SUPPDM.QVAL.QNAM.EQ.ELIGIBLE") == ["Y"]
    origins = item(define, "IT.SUPPDM.QVAL.QNAM.EQ.RANDNO").xpath("d:Origin/@Type", namespaces=NS)
    assert origins == ["Assigned"]
    labels = item(define, "IT.SUPPDM.QVAL.QNAM.EQ.WEIGHT").findtext(
        "o:Description/o:TranslatedText", namespaces=NS
    )
    assert labels == "Text of WEIGHT"


def test_declared_levels_cover_every_row(define):
    wheres = {
        check.getparent().get("OID"): (check.get("Comparator"), [value.text for value in check])
        for check in define.iterfind(".//o:RangeCheck", NS)
        if check.get(f"{DEF}ItemOID") == "IT.RS.RSCAT"
    }
    assert sorted(wheres.values()) == [
        ("EQ", ["ECOG"]),
        ("EQ", ["RECIST 1.1"]),
        ("NOTIN", ["RECIST 1.1", "ECOG"]),
    ]
    recist = codelist(define, "IT.RS.RSTESTCD.RSCAT.EQ.RECIST_1-2e1")
    assert recist.xpath("o:Alias/@Name", namespaces=NS) == ["C96782"]
    decodes = recist.xpath("o:CodeListItem/o:Decode/o:TranslatedText/text()", namespaces=NS)
    assert decodes == ["Overall Response", "Target Response"]


def test_several_codelists_without_levels_are_joined(tmp_path):
    define = write(tmp_path / "define.xml", levels={})
    found = codelist(define, "IT.RS.RSTESTCD")
    codes = {term.get("CodedValue"): term.xpath("o:Alias/@Name", namespaces=NS) for term in found}
    assert found.get(f"{DEF}IsNonStandard") == "Yes"
    assert codes["SCOREX"] == [] and len(codes["TRGRESP"]) == len(codes["ECOG101"]) == 1
    assert check_oids(tmp_path / "define.xml") == []


def test_comments_of_data_and_study_are_one(define):
    oid = item(define, "IT.DM.DMDTC").get(f"{DEF}CommentOID")
    (text,) = define.xpath("//d:CommentDef[@OID=$oid]//o:TranslatedText/text()", namespaces=NS, oid=oid)
    assert text == "Day of the interview.\nFrom the study."
    assert define.xpath("//d:CommentDef[@OID='COM.DM']//d:PDFPageRef/@PageRefs", namespaces=NS) == ["1 2"]


def test_synthetic_study_says_so(tmp_path):
    define = write(tmp_path / "define.xml", replace(STUDY, synthetic=True))
    for name in ("StudyName", "StudyDescription"):
        assert "SYNTHETIC" in define.findtext(f".//o:{name}", namespaces=NS)


@pytest.mark.parametrize(
    ("study", "levels", "problem"),
    [
        (replace(STUDY, comments=(Comment("DM.DMDT", "x"),)), {}, "comment on DM.DMDT"),
        (replace(STUDY, comments=(Comment("DM", "x", "protocol"),)), {}, "no document 'protocol'"),
        (STUDY, {"QS": []}, "value levels of QS"),
        (STUDY, {"RS": [ValueLevel("RSTESTCD", {"RSSCAT": ("A",)})]}, "no variable RSSCAT"),
    ],
)
def test_what_does_not_exist_is_an_error(tmp_path, study, levels, problem):
    with pytest.raises(SpecError, match=problem):
        write(tmp_path / "define.xml", study, levels)
    assert not (tmp_path / "define.xml").exists()


def test_unknown_codelist_of_a_level_is_an_error(tmp_path):
    levels = {"RS": [ValueLevel("RSTESTCD", {"RSCAT": ("ECOG",)}, "C0")]}
    with pytest.raises(StandardError, match="C0"):
        write(tmp_path / "define.xml", levels=levels)
