"""Newer terminology from a published file, beside what comes with the kit; removed terms are told."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from conftest import TinyStudy

from cdisc_kit.check import check_folder
from cdisc_kit.cli import main
from cdisc_kit.ct_command import import_ct
from cdisc_kit.errors import InputError, StandardError
from cdisc_kit.standard import ControlledTerminology, load_ct
from cdisc_kit.standard.ct_files import read_ct_file
from cdisc_kit.standard.nci_ct import NCI_COLUMNS, write_package
from cdisc_kit.standard.terminology import CT_VARIABLE, packages, removed

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from small_package import good_package, write_define
from small_package import write_package as write_sdtm

BUNDLED, NEW = "2025-03-28", "2099-03-27"
HEAD = (*NCI_COLUMNS[:6], "CDISC Definition", NCI_COLUMNS[6], "Standard and Date")
LISTS = (
    ("C1002", "SHTESTCD", "Shape Test Code", "Shape Test Code Terminology", True),
    ("C1001", "SHTEST", "Shape Test Name", "Shape Test Name Terminology", True),
    ("C1003", "COLOUR", "Colour", "Colour Terminology", False),
)
TERMS = (
    ("C1002", "C2", "ROUND", "Roundness Measurement", ("Roundness", "Circularity")),
    ("C1002", "C1", "EDGES", "Edge Count", ()),
    ("C1001", "C1", "Number of Edges", "Edge Count", ()),
    ("C1001", "C2", "Roundness", "Roundness Measurement", ("Circularity",)),
    ("C1003", "C3", "RED & <BLUE>", "Red", ()),
)


def nci_rows(standard: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for code, submission, name, preferred, extensible in LISTS:
        answer = "Yes" if extensible else "No"
        rows.append((code, "", answer, name, submission, name, "A made-up text.", preferred, standard))
        rows += [
            (term, code, "", name, value, "; ".join(synonyms), "A made-up text.", label, standard)
            for owner, term, value, label, synonyms in TERMS
            if owner == code
        ]
    return rows


def as_text(folder: Path) -> Path:
    path = folder / "SDTM Terminology.txt"
    lines = ["\t".join(row) for row in (HEAD, *nci_rows(f"SDTM CT {NEW}"))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def as_workbook(folder: Path) -> Path:
    path = folder / "SDTM Terminology.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("ReadMe").write(0, 0, "About this file")
        sheet = book.add_worksheet(f"SDTM Terminology {NEW}")
        for line, row in enumerate((HEAD[:8], *(row[:8] for row in nci_rows("")))):
            sheet.write_row(line, 0, row)
    return path


def as_odm(folder: Path) -> Path:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def codelist(code: str, submission: str, name: str, preferred: str, extensible: bool) -> str:
        items = "".join(
            f'<EnumeratedItem CodedValue="{escaped(value)}" nciodm:ExtCodeID="{term}">'
            + "".join(f"<nciodm:CDISCSynonym>{s}</nciodm:CDISCSynonym>" for s in synonyms)
            + "<nciodm:CDISCDefinition>A made-up text.</nciodm:CDISCDefinition>"
            + f"<nciodm:PreferredTerm>{label}</nciodm:PreferredTerm></EnumeratedItem>"
            for owner, term, value, label, synonyms in TERMS
            if owner == code
        )
        return (
            f'<CodeList OID="CL.{code}.{submission}" Name="{name}" DataType="text" nciodm:ExtCodeID="{code}"'
            f' nciodm:CodeListExtensible="{"Yes" if extensible else "No"}">{items}'
            f"<nciodm:CDISCSubmissionValue>{submission}</nciodm:CDISCSubmissionValue>"
            f"<nciodm:PreferredTerm>{preferred}</nciodm:PreferredTerm></CodeList>"
        )

    path = folder / "ct.xml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"'
        ' xmlns:nciodm="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"'
        f' FileOID="CDISC_CT.SDTM.{NEW}" FileType="Snapshot"><Study OID="CDISC_CT.SDTM.{NEW}">'
        '<MetaDataVersion OID="M" Name="CDISC SDTM Controlled Terminology">'
        + "".join(codelist(*one) for one in LISTS)
        + "</MetaDataVersion></Study></ODM>",
        encoding="utf-8",
    )
    return path


def as_library(folder: Path) -> Path:
    path = folder / "package.json"
    content = {
        "name": f"SDTM CT {NEW}",
        "effectiveDate": NEW,
        "codelists": [
            {
                "conceptId": code,
                "submissionValue": submission,
                "name": name,
                "preferredTerm": preferred,
                "extensible": "true" if extensible else "false",
                "definition": "A made-up text.",
                "terms": [
                    {
                        "conceptId": term,
                        "submissionValue": value,
                        "preferredTerm": label,
                        "synonyms": list(synonyms),
                    }
                    for owner, term, value, label, synonyms in TERMS
                    if owner == code
                ],
            }
            for code, submission, name, preferred, extensible in LISTS
        ],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


PERSON = {"SITE": "01", "SUBJ": "1"}
FORMS = (as_text, as_workbook, as_odm, as_library)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for packages of this test alone."""
    monkeypatch.setenv(CT_VARIABLE, str(tmp_path / "ct"))
    return tmp_path / "ct"


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_package(form: Callable[[Path], Path], tmp_path: Path, mine: Path) -> None:
    imported = import_ct(form(tmp_path))
    assert (imported.folder, imported.codelists, imported.terms) == (mine / f"sdtm-{NEW}", 3, 5)
    expected = tmp_path / "expected"
    write_package(expected, read_ct_file(as_text(tmp_path)).codelists)
    for path in expected.iterdir():
        assert (imported.folder / path.name).read_bytes() == path.read_bytes()
    assert [path.name for path in mine.iterdir()] == [f"sdtm-{NEW}"], "nothing else is left there"


def test_packages_stand_side_by_side(tmp_path: Path, mine: Path) -> None:
    import_ct(as_text(tmp_path))
    import_ct(as_text(tmp_path), package="sdtm", date=NEW)  # again: it replaces itself
    assert list(packages()) == [BUNDLED, NEW]
    ct = load_ct(NEW)
    assert (ct.package, ct.version, list(ct)) == ("sdtm", NEW, ["C1001", "C1002", "C1003"])
    assert ct.paired(ct["C1002"], "ROUND").value == "Roundness"
    assert ct["C1002"].terms["ROUND"].synonyms == ("Roundness", "Circularity")
    assert "C66742" in load_ct(BUNDLED)
    with pytest.raises(
        StandardError, match=rf"no sdtm terminology of 1999-01-01; there is: {BUNDLED}, {NEW}"
    ):
        load_ct("1999-01-01")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ((f"SDTM CT {NEW}", ""), {}, "does not say of which date"),
        ((f"SDTM CT {NEW}", f"ADaM CT {NEW}"), {}, "does not say which package"),
        (("", ""), {"date": "2098-01-01"}, rf"says it is of {NEW}, not 2098-01-01"),
        (("", ""), {"package": "define-xml"}, "says it is sdtm terminology, not define-xml"),
        ((NEW, BUNDLED), {}, rf"sdtm-{BUNDLED} comes with the kit"),
        (("CDISC Submission Value", "Value"), {}, "no column CDISC Submission Value"),
    ],
)
def test_what_is_unclear_is_asked_for(
    tmp_path: Path, mine: Path, change: tuple[str, str], options: dict[str, str], message: str
) -> None:
    path = as_text(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=message) as raised:
        import_ct(path, **options)
    assert str(path) in str(raised.value)
    assert not list(mine.glob("*"))


def test_options_say_what_the_file_does_not(tmp_path: Path, mine: Path) -> None:
    path = tmp_path / "terms.txt"
    text = as_text(tmp_path).read_text(encoding="utf-8").replace(f"SDTM CT {NEW}", "")
    path.write_text(text, encoding="utf-8")
    assert import_ct(path, package="define-xml", date=NEW).folder.name == f"define-xml-{NEW}"
    assert load_ct(NEW, "define-xml").by_submission("COLOUR").terms.keys() == {"RED & <BLUE>"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ct.json", b'{"name": "SDTM CT"}'),
        ("ct.json", b"[" * 100_000),
        ("ct.json", b'{"codelists": []}'),
        ("ct.xml", b"<ODM/>"),
        ("ct.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;'),
        ("ct.xlsx", b"no workbook"),
        ("ct.pdf", b""),
        ("ct.txt", b"\xff\xfe"),
    ],
)
def test_what_is_no_terminology_is_refused_by_name(
    tmp_path: Path, mine: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        import_ct(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        import_ct(tmp_path / "gone.txt")


def test_an_incomplete_or_repeated_term_is_refused(tmp_path: Path, mine: Path) -> None:
    path = as_library(tmp_path)
    content = path.read_text(encoding="utf-8")
    for old, new in (('"C3"', '""'), ('"EDGES"', '"ROUND"'), ('"COLOUR"', '""')):
        path.write_text(content.replace(old, new), encoding="utf-8")
        with pytest.raises(InputError, match=r"package\.json"):
            import_ct(path)


def test_the_command(tmp_path: Path, mine: Path) -> None:
    run = CliRunner().invoke(main, ["ct", "import", str(as_odm(tmp_path))])
    assert run.exit_code == 0, run.output
    assert f"sdtm-{NEW}: 3 codelists, 5 terms" in run.output
    assert f'ct: "{NEW}"' in run.output
    run = CliRunner().invoke(main, ["ct", "import", str(as_odm(tmp_path)), "--date", "2099-3-27"])
    assert run.exit_code == 2
    assert "YYYY-MM-DD" in run.output


def test_a_whole_published_package_reads_as_the_bundled_one(tmp_path: Path) -> None:
    reference = os.environ.get("CDISC_KIT_REFERENCE")
    if not reference:
        pytest.skip("CDISC_KIT_REFERENCE is not set: no terminology to compare with")
    packed = Path(reference) / "standards" / f"sdtm-ct-{BUNDLED}.json.gz"
    content = json.loads(gzip.decompress(packed.read_bytes()))["codelists"]
    path = tmp_path / "package.json"
    codelists = [
        {
            "conceptId": code,
            "submissionValue": one["submission"],
            "name": one["name"],
            "preferredTerm": one["preferred"],
            "extensible": str(one["extensible"]).lower(),
            "terms": [
                {"conceptId": t[0], "submissionValue": t[1], "preferredTerm": t[2], "synonyms": t[3]}
                for t in one["terms"]
            ],
        }
        for code, one in content.items()
    ]
    path.write_text(json.dumps({"name": f"SDTM CT {BUNDLED}", "codelists": codelists}), encoding="utf-8")
    folder = tmp_path / f"sdtm-{BUNDLED}"
    write_package(folder, read_ct_file(path).codelists)
    for name in ("codelists.tsv", "terms.tsv"):
        assert (folder / name).read_bytes() == (load_ct(BUNDLED).folder / name).read_bytes()


# -- terms that a newer package lacks --------------------------------------------------------------------


@pytest.fixture
def without(mine: Path) -> ControlledTerminology:
    """A newer package that lacks FATAL in OUT (closed) and mg in UNIT (open)."""
    old = load_ct(BUNDLED)
    kept = [old[code] for code in old]
    for submission, value in (("OUT", "FATAL"), ("UNIT", "mg")):
        at = old.by_submission(submission)
        terms = {name: term for name, term in at.terms.items() if name != value}
        kept = [replace(one, terms=terms) if one.code == at.code else one for one in kept]
    write_package(mine / f"sdtm-{NEW}", kept)
    return load_ct(NEW)


def test_removed_names_the_last_package_that_had_it(without: ControlledTerminology) -> None:
    out = without.by_submission("OUT")
    assert removed(without, out, "FATAL") == BUNDLED
    assert removed(without, out, "NEVER A TERM") == ""
    assert removed(without, out, "UNKNOWN") == "", "still a term"
    old = load_ct(BUNDLED)
    assert removed(old, old.by_submission("OUT"), "FATAL") == ""


def test_a_build_tells_of_removed_terms(tiny: TinyStudy, without: ControlledTerminology) -> None:
    tiny.change("study.yaml", standards={"ct": NEW})
    coded = "CETERM: {assign: A}\n  CEOUT: {assign: B, codelist: OUT}\n  CECAT: {assign: C, codelist: UNIT}"
    tiny.edit("domains/ce.yaml", "CETERM: {assign: A}", coded)
    event = {"SUBJ": "1", "A": "x", "B": "FATAL", "C": "mg"}
    built = tiny.build({"DEMOG": [PERSON], "EVENT": [event]})
    told = {(f.rule, f.severity, f.variable, f.value) for f in built.findings}
    assert told == {("CT-REMOVED", "ERROR", "CEOUT", "FATAL"), ("CT-REMOVED", "WARN", "CECAT", "mg")}
    assert list(built.datasets["CE"].frame["CEOUT"]) == [""]
    assert list(built.datasets["CE"].frame["CECAT"]) == ["mg"]
    assert all(BUNDLED in f.message and NEW in f.message for f in built.findings)


def test_a_map_to_a_removed_term_is_a_problem_of_the_mapping(
    tiny: TinyStudy, without: ControlledTerminology
) -> None:
    tiny.change("study.yaml", standards={"ct": NEW})
    tiny.edit("ct.yaml", '"2": NOT RECOVERED/NOT RESOLVED', '"2": FATAL')
    (problem,) = tiny.problems()
    assert problem == (
        f"mappings/tiny/ct.yaml:3 outcome: CT-REMOVED 'FATAL' was a term of OUT in {BUNDLED} "
        f"and is none in {NEW}; map to another"
    )


def test_the_built_in_rules_tell_of_removed_terms_once(
    without: ControlledTerminology, tmp_path: Path
) -> None:
    """The Define-XML of the package states the newer terminology; the kit comes with the older one."""
    package = good_package()
    package["AE"][1][1]["AEOUT"] = "FATAL"
    folder = write_sdtm(package, tmp_path / "sdtm")
    write_define(package, folder / "define.xml", {}, ct_version=NEW)
    found = [f for f in check_folder(folder).findings if f.rule.startswith("CT-")]
    assert {(f.rule, f.dataset, f.variable, f.row, f.value) for f in found if f.value in ("FATAL", "mg")} == {
        ("CT-REMOVED", "AE", "AEOUT", 2, "FATAL"),
        *(("CT-REMOVED", "EX", "EXDOSU", row, "mg") for row in range(1, 7)),
    }
    assert any(BUNDLED in f.message and NEW in f.message for f in found)
    write_define(package, folder / "define.xml", {}, ct_version=BUNDLED)
    terms = [f.value for f in check_folder(folder).findings if f.rule.startswith("CT-")]
    assert not {"FATAL", "mg"} & set(terms)
