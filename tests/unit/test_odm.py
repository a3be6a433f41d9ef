"""ODM 1.3.2 to text cells: rows, keys, typed items, contradictions, and every file that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TinyStudy

from cdisc_kit.errors import CdiscKitError, FatalFindingsError, InputError, RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.raw import RawTable, read_raw
from cdisc_kit.raw.layout import Place
from cdisc_kit.raw.odmfile import read_odm
from cdisc_kit.raw.odmtable import odm_table
from cdisc_kit.spec import StudySpec

NS = "http://www.cdisc.org/ns/odm/v1.3"
ALTERNATIVE = {"type": "odm", "file": "*.xml", "attributes": {"SUBJ": "SubjectKey", "SITE": "LocationOID"}}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def study(tiny: TinyStudy) -> TinyStudy:
    return tiny.change("sources.yaml", alternative=ALTERNATIVE)


def odm(content: str, *, root: str = f'xmlns="{NS}" ODMVersion="1.3.2" FileType="Snapshot"') -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ODM {root}>\n{content}\n</ODM>\n'


def data(forms: str, subject: str = "007") -> str:
    return (
        '<ClinicalData StudyOID="S" MetaDataVersionOID="M">\n'
        f'<SubjectData SubjectKey="{subject}"><SiteRef LocationOID="01"/>'
        '<StudyEventData StudyEventOID="V1">\n'
        f"{forms}\n</StudyEventData></SubjectData></ClinicalData>"
    )


def group(*items: str, oid: str = "OTHER", repeat: str = "1") -> str:
    return (
        f'<ItemGroupData ItemGroupOID="{oid}" ItemGroupRepeatKey="{repeat}">{"".join(items)}</ItemGroupData>'
    )


def item(oid: str, value: str) -> str:
    return f'<ItemData ItemOID="{oid}" Value="{value}"/>'


def other(*groups: str) -> str:
    lines = "\n".join(groups)
    return odm(data(f'<FormData FormOID="OTHER">\n{lines}\n</FormData>'))


def read(spec: StudySpec, raw: Path, text: str | bytes, name: str = "OTHER") -> RawTable:
    (raw / "export.xml").write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return read_raw(spec, raw).tables[name][0]


def told(table: RawTable, rule: str) -> list[Finding]:
    return [note for note in table.notes if note.rule == rule]


def test_rows_have_the_keys_around_them_and_the_line_they_begin_in(study: TinyStudy, raw: Path) -> None:
    text = other(group(item("KEYNO", "1"), item("X", "a")), group(item("KEYNO", "2"), repeat="2"))
    table = read(study.load(), raw, text)
    assert table.frame.to_dict("list") == {
        "SUBJ": ["007", "007"],
        "KEYNO": ["1", "2"],
        "X": ["a", ""],
        "XD": ["", ""],
    }
    assert list(table.row) == [6, 7] and table.file == "export.xml"
    assert text.splitlines()[5].startswith("<ItemGroupData"), "line 6 as a person counts it"
    (absent,) = told(table, "COL-ABSENT")
    assert (absent.severity, "XD" in absent.message, "KEYNO" in absent.message) == ("INFO", True, False)


def test_keys_of_one_subject_do_not_reach_the_next(study: TinyStudy, raw: Path) -> None:
    study.change(
        "sources.yaml",
        alternative={
            **ALTERNATIVE,
            "attributes": {"SUBJ": "SubjectKey", "KEYNO": "StudyEventRepeatKey", "X": "UserOID"},
        },
    )
    form = f'<FormData FormOID="OTHER">{group(item("XD", "2025-01-02"))}</FormData>'
    subjects = (
        '<SubjectData SubjectKey="1"><InvestigatorRef UserOID="DOC"/>'
        f'<StudyEventData StudyEventOID="V" StudyEventRepeatKey="4">{form}</StudyEventData></SubjectData>'
        f'<SubjectData SubjectKey="2"><StudyEventData StudyEventOID="V">{form}</StudyEventData></SubjectData>'
    )
    text = odm(f'<ClinicalData StudyOID="S" MetaDataVersionOID="M">{subjects}</ClinicalData>')
    frame = read(study.load(), raw, text).frame
    assert frame[["SUBJ", "KEYNO", "X"]].to_numpy().tolist() == [["1", "4", "DOC"], ["2", "", ""]]


def test_groups_of_one_repeat_stand_side_by_side(study: TinyStudy, raw: Path) -> None:
    text = other(
        group(item("KEYNO", "1"), oid="A"),
        group(item("X", "a"), oid="B"),
        group(item("X", "b"), oid="B"),
        group(item("X", "c"), oid="B", repeat="2"),
    )
    table = read(study.load(), raw, text)
    assert table.frame[["KEYNO", "X"]].to_numpy().tolist() == [["1", "a"], ["", "b"], ["", "c"]]
    assert list(table.row) == [6, 8, 9], "a group that comes again is another row"


def test_one_group_of_a_form_can_be_a_form_of_its_own(tiny: TinyStudy, raw: Path) -> None:
    reader = "{type: odm, file: export.xml, form: F.1, item_group: IG.2, attributes: {SUBJ: SubjectKey}}"
    tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", reader)
    for name, heading in (
        ("DEMOG", "中心,编号,原编号,知情同意日期,出生日期,年龄,性别,首次用药,末次用药,退出日期"),
        ("EVENT", "编号,访视,访视日期,甲,乙,丙,日期一,日期二,时间一,时间二,数值,是否,多选"),
    ):
        (raw / f"{name}.csv").write_text(heading + "\n", encoding="utf-8")
    groups = group(item("X", "a"), oid="IG.1") + group(item("X", "b"), oid="IG.2")
    text = odm(
        data(f'<FormData FormOID="F.1">{groups}</FormData><FormData FormOID="F.2">{group()}</FormData>')
    )
    table = read(tiny.load(), raw, text)
    assert list(table.frame["X"]) == ["b"]
    group_of_its_own, form = read_raw(tiny.load(), raw).beside
    assert group_of_its_own.told.rule == form.told.rule == "FORM-UNKNOWN"
    assert "F.1/IG.1" in group_of_its_own.told.message and "F.2" in form.told.message
    assert group_of_its_own.columns == ("X",) and group_of_its_own.filled.sum() == 1


def test_typed_items_nulls_and_units(study: TinyStudy, raw: Path) -> None:
    unit = '<ItemDataString ItemOID="X">12<MeasurementUnitRef MeasurementUnitOID="kg"/></ItemDataString>'
    text = other(
        group('<ItemDataInteger ItemOID="KEYNO">3</ItemDataInteger>', unit),
        group('<ItemData ItemOID="X" Value="old" IsNull="Yes"/>', repeat="2"),
        group('<ItemDataIncompleteDate ItemOID="XD">2004-12--</ItemDataIncompleteDate>', repeat="3"),
        group('<ItemDataIncompleteDate ItemOID="XD">2004---15</ItemDataIncompleteDate>', repeat="4"),
        group('<ItemDataIncompleteDate ItemOID="XD">-----</ItemDataIncompleteDate>', repeat="5"),
        group('<ItemDataPartialDate ItemOID="XD">2004</ItemDataPartialDate>', repeat="6"),
    )
    table = read(study.load(), raw, text)
    assert list(table.frame["KEYNO"]) == ["3", "", "", "", "", ""]
    assert list(table.frame["X"][:2]) == ["12", ""]
    assert list(table.frame["XD"][2:]) == ["2004-12", "2004---15", "UNK", "2004"]
    (unknown,) = told(table, "COL-UNKNOWN")
    assert (unknown.severity, unknown.source_column) == ("WARN", "X.MeasurementUnitOID")


def test_elements_that_hold_no_item_are_told_by_their_number(study: TinyStudy, raw: Path) -> None:
    audit = (
        "<AuditRecord><UserRef UserOID='u'/><DateTimeStamp>2025-01-01T00:00:00</DateTimeStamp></AuditRecord>"
    )
    note = "<Annotation SeqNum='1'><Comment>text</Comment></Annotation>"
    text = other(group(f"<ItemData ItemOID='X' Value='1'>{audit}{note}</ItemData>", note))
    spec = study.load()
    first = next(iter(spec.sources.forms))
    (unread,) = told(read(spec, raw, text, first), "ODM-UNREAD")
    assert "2 Annotation, 1 AuditRecord" in unread.message and unread.severity == "INFO"


@pytest.mark.parametrize(
    ("values", "kept", "severity"),
    [
        (["1", "一"], "1", ""),
        (["一", "1"], "1", ""),
        (["一", "2"], "2", "ERROR"),
        (["1", "1"], "1", ""),
        (["", "1"], "1", ""),
        (["1", "九"], "1", "ERROR"),
    ],
)
def test_a_code_goes_before_a_text_that_contradicts_it(
    tiny: TinyStudy, raw: Path, values: list[str], kept: str, severity: str
) -> None:
    tiny.change("sources.yaml", alternative=ALTERNATIVE)
    tiny.edit(
        "sources.yaml",
        "label: 值\n        type: text",
        'label: 值\n        type: code\n        codes: {"1": 一, "2": 二}',
    )
    text = other(group(*(item("X", value) for value in values)))
    table = read(tiny.load(), raw, text)
    assert list(table.frame["X"]) == [kept]
    assert [f.severity for f in told(table, "ODM-CONFLICT")] == ([severity] if severity else [])


def test_a_key_stated_again_as_an_item_must_agree(study: TinyStudy, raw: Path) -> None:
    table = read(study.load(), raw, other(group(item("SUBJ", "007"), item("X", "1"))))
    assert told(table, "ODM-CONFLICT") == []
    table = read(study.load(), raw, other(group(item("SUBJ", "008"), item("X", "1"))))
    (conflict,) = told(table, "ODM-CONFLICT")
    assert list(table.frame["SUBJ"]) == ["007"] and conflict.value == "007 / 008"
    assert (conflict.source_column, conflict.source_row) == ("SUBJ", 6)


METADATA = (
    '<Study OID="S"><MetaDataVersion OID="M" Name="M"><FormDef OID="OTHER" Name="o" Repeating="No">'
    '<ItemGroupRef ItemGroupOID="G" Mandatory="No"/></FormDef><ItemGroupDef OID="G" Name="g" Repeating="No">'
    '<ItemRef ItemOID="KEYNO" Mandatory="No"/><ItemRef ItemOID="X" Mandatory="No"/>'
    '<ItemRef ItemOID="Y" Mandatory="No"/></ItemGroupDef></MetaDataVersion></Study>'
)


def test_the_files_own_metadata_say_which_columns_are_missing(tiny: TinyStudy, raw: Path) -> None:
    reader = "{type: odm, file: export.xml, attributes: {SUBJ: SubjectKey}}"
    tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", reader)
    form = tiny.load().sources.forms["OTHER"]
    path = raw / "export.xml"
    path.write_text(odm(METADATA + data("")), encoding="utf-8")
    with pytest.raises(FatalFindingsError) as caught:
        odm_table(Place(form, path, path.name, "", "key"), read_odm(path))
    assert [(f.rule, f.source_column) for f in caught.value.findings] == [
        ("COL-MISSING", "XD"),
        ("COL-UNKNOWN", "Y"),
    ]


def test_a_form_the_metadata_do_not_know_is_told_with_those_they_do(study: TinyStudy, raw: Path) -> None:
    with pytest.raises(RawDataError, match=r"form DEMOG: no FormDef 'DEMOG'; the file defines OTHER"):
        read(study.load(), raw, odm(METADATA + data("")))


def test_neither_container_is_told_with_both(study: TinyStudy, raw: Path) -> None:
    with pytest.raises(InputError, match=r"no file for form DEMOG .* or all of them as \*\.xml"):
        read_raw(study.load(), raw)


def test_both_containers_at_once_are_refused(study: TinyStudy, raw: Path) -> None:
    (raw / "EVENT.csv").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds both EVENT\.csv and \*\.xml, .*leave the one to be built"):
        read(study.load(), raw, other())


def test_two_files_of_the_alternative_are_refused(study: TinyStudy, raw: Path) -> None:
    (raw / "older.xml").write_text(other(), encoding="utf-8")
    with pytest.raises(InputError, match=r"2 files fit \*\.xml"):
        read(study.load(), raw, other())


BOMB = '<!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", r"the file is empty; export it again"),
        ("PK\x03\x04 no xml", r"line 1: not well-formed XML"),
        (other()[:-20], r"line \d+: not well-formed XML \(damaged, cut off"),
        (other().replace("UTF-8", "GB18030").encode() + b"\xff", r"not well-formed XML"),
        ("<html/>", r"the root element is html, not ODM; export ODM 1\.3\.2"),
        (
            odm("", root='xmlns="http://www.cdisc.org/ns/odm/v2.0" ODMVersion="2.0"'),
            r"ODM version '2\.0'.* not read",
        ),
        (odm("", root='xmlns="http://www.cdisc.org/ns/odm/v1.2" ODMVersion="1.2"'), r"export ODM 1\.3\.2"),
        (odm("", root='ODMVersion="1.3.2"'), r"namespace '' is not read"),
        (
            odm(data(""), root=f'xmlns="{NS}" FileType="Transactional"'),
            r"holds transactions.*export a Snapshot",
        ),
        (
            other('<ItemGroupData ItemGroupOID="G" TransactionType="Remove"/>'),
            r"line 6: a transaction of type Remove",
        ),
        (odm("<Study OID='S'/>"), r"no ClinicalData; export the data too"),
        (odm(data("") + data("").replace('"S"', '"T"')), r"data of 2 studies; export each alone"),
        (other().replace("<ODM", BOMB + "<ODM"), r"has a document type declaration"),
        (
            other().replace("<ODM", '<!DOCTYPE ODM SYSTEM "http://example.org/x.dtd"><ODM'),
            r"document type declaration",
        ),
    ],
)
def test_what_is_no_snapshot_is_refused(study: TinyStudy, raw: Path, text: str | bytes, reason: str) -> None:
    with pytest.raises(RawDataError, match=reason) as caught:
        read(study.load(), raw, text)
    assert "export.xml" in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_file_cut_off_anywhere_is_never_read(study: TinyStudy, raw: Path, share: float) -> None:
    text = other(*(group(item("X", str(n)), repeat=str(n)) for n in range(50)))
    with pytest.raises(RawDataError, match="not well-formed XML"):
        read(study.load(), raw, text[: int(len(text) * share)])


def test_a_folder_with_the_files_name_is_told(study: TinyStudy, raw: Path) -> None:
    (raw / "export.xml").mkdir()
    with pytest.raises(InputError, match=r"export\.xml is a folder"):
        read_raw(study.load(), raw)


def test_no_value_of_a_cell_is_in_a_message(study: TinyStudy, raw: Path) -> None:
    with pytest.raises(CdiscKitError) as caught:
        read(study.load(), raw, other(group(item("X", "secret"))).replace("</FormData>", "</Form>"))
    assert "secret" not in str(caught.value)
