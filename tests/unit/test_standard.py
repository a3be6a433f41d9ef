"""The loader of the standard's tables: what it returns and what it says when something is not there."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from cdisc_kit.errors import StandardError
from cdisc_kit.standard import ControlledTerminology, load_ct, load_sdtm_model, load_sdtmig
from cdisc_kit.standard.nci_ct import read_nci_ct, write_package
from cdisc_kit.standard.sdtmig import DATASET_COLUMNS, VARIABLE_COLUMNS
from cdisc_kit.standard.tables import read_table, write_table
from cdisc_kit.standard.terminology import Codelist, Term

IG = load_sdtmig()
MODEL = load_sdtm_model()
CT = load_ct("2025-03-28")

# Written by hand in the layout of NCI EVS; codes, values and texts are made up.
NCI_HEADER = (
    "Code\tCodelist Code\tCodelist Extensible (Yes/No)\tCodelist Name\tCDISC Submission Value\t"
    "CDISC Synonym(s)\tCDISC Definition\tNCI Preferred Term\n"
)
NCI_SAMPLE = NCI_HEADER + (
    "C1002\t\tYes\tShape Test Code\tSHTESTCD\tShape Test Code\tA made-up text.\tShape Test Code Terminology\n"
    'C2\tC1002\t\tShape Test Code\tROUND\tRoundness; Circularity\tIt is "round".\tRoundness Measurement\n'
    "C1\tC1002\t\tShape Test Code\tEDGES\t\tA made-up text.\tEdge Count\n"
    "C1001\t\tYes\tShape Test Name\tSHTEST\tShape Test Name\tA made-up text.\tShape Test Name Terminology\n"
    "C1\tC1001\t\tShape Test Name\tNumber of Edges\t\tA made-up text.\tEdge Count\n"
    "C2\tC1001\t\tShape Test Name\tRoundness\tCircularity\tA made-up text.\tRoundness Measurement\n"
    "C1003\t\tNo\tColour\tCOLOUR\tColour\tA made-up text.\tColour Terminology\n"
    "C3\tC1003\t\tColour\tRED\t\tA made-up text.\tRed\n"
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "Shapes Terminology.txt"
    path.write_text(NCI_SAMPLE, encoding="utf-8", newline="\r\n")
    return path


# --- SDTMIG ------------------------------------------------------------------------------------------------


def test_dataset_has_the_guides_facts() -> None:
    ae = IG.datasets["AE"]
    assert (ae.label, ae.cls, ae.define_class) == ("Adverse Events", "Events", "EVENTS")
    assert ae.structure == "One record per adverse event per subject"
    assert ae.keys == ("STUDYID", "USUBJID", "AEDECOD", "AESTDTC")
    assert list(ae.variables)[:4] == ["STUDYID", "DOMAIN", "USUBJID", "SPDEVID"]
    assert [v.order for v in ae.variables.values()] == list(range(1, len(ae.variables) + 1))


def test_variable_has_the_guides_facts() -> None:
    severity = IG.datasets["AE"].variables["AESEV"]
    assert (severity.label, severity.type, severity.core) == ("Severity/Intensity", "Char", "Perm")
    assert severity.codelists == ("C66769",) and severity.codelist_names == ("AESEV",)
    assert CT[severity.codelists[0]].submission == severity.codelist_names[0]


def test_fixed_values_formats_and_dictionaries() -> None:
    dm, ae = IG.datasets["DM"].variables, IG.datasets["AE"].variables
    assert dm["DOMAIN"].values == ("DM",)
    assert dm["COUNTRY"].format == "ISO 3166-1 Alpha-3" and dm["COUNTRY"].external_dictionary == "ISO 3166"
    assert ae["AEDECOD"].external_dictionary == "MedDRA" and not ae["AEDECOD"].iso8601
    assert ae["AESTDTC"].iso8601 and ae["AESTDTC"].external_dictionary == ""
    assert not dm["AGE"].iso8601


def test_external_dictionaries_are_terms_of_cdiscs_list() -> None:
    named = {v.external_dictionary for d in IG.datasets.values() for v in d.variables.values()} - {""}
    assert named == {"MedDRA", "LOINC", "ISO 21090", "ISO 3166"}
    assert named <= load_ct("2025-03-28", "define-xml").by_submission("DICTNAM").terms.keys()


def test_define_classes_are_terms_of_cdiscs_list() -> None:
    classes = {d.define_class for d in IG.datasets.values()}
    assert "SPECIAL PURPOSE" in classes
    assert classes <= load_ct("2025-03-28", "define-xml").by_submission("GNRLOBSC").terms.keys()


def test_supplement_of_a_dataset_is_suppqual() -> None:
    supplement = IG.dataset("SUPPAE")
    assert (supplement.name, supplement.label) == ("SUPPAE", "Supplemental Qualifiers for AE")
    assert supplement.variables == IG.datasets["SUPPQUAL"].variables
    assert supplement.define_class == "RELATIONSHIP"
    assert IG.dataset("SUPPQUAL") is IG.datasets["SUPPQUAL"]
    assert IG.dataset("RELREC") is IG.datasets["RELREC"]


@pytest.mark.parametrize("name", ["SUPPZZ", "SUPP", "ZZ"])
def test_no_supplement_of_an_unknown_dataset(name: str) -> None:
    with pytest.raises(StandardError, match=f"SDTMIG 3.4 has no dataset '{name}'"):
        IG.dataset(name)


def test_unknown_names_say_what_is_near() -> None:
    with pytest.raises(StandardError, match=r"SDTMIG 3.4 AE has no variable 'AESVE'; did you mean 'AESEV'"):
        IG.datasets["AE"].variables["AESVE"]
    with pytest.raises(StandardError, match=r"SDTMIG 3.4 has no dataset 'ae'; did you mean 'AE'"):
        IG.datasets["ae"]
    assert "AESVE" not in IG.datasets["AE"].variables
    assert IG.datasets["AE"].variables.get("AESVE") is None


def test_unknown_versions_name_those_there_are() -> None:
    with pytest.raises(StandardError, match=r"'sdtmig-9.9'.*there are: sdtmig-3.4"):
        load_sdtmig("9.9")
    with pytest.raises(StandardError, match=r"'sdtm-9.9'.*there are: sdtm-2.0"):
        load_sdtm_model("9.9")
    with pytest.raises(StandardError, match=r"no sdtm terminology of 1999-01-01; there is: 2025-03-28"):
        load_ct("1999-01-01")


def test_loaded_once_frozen_and_picklable() -> None:
    assert load_sdtmig("3.4") is IG and load_sdtm_model("2.0") is MODEL and load_ct("2025-03-28") is CT
    with pytest.raises(dataclasses.FrozenInstanceError):
        IG.datasets["AE"].label = "x"  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(IG))
    assert again == IG
    with pytest.raises(StandardError, match="did you mean 'AE'"):
        again.datasets["ae"]


# --- SDTM --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cls", "name", "dataset", "found"),
    [
        ("Interventions", "--REASOC", "", "--REASOC"),
        ("INTERVENTIONS", "--REASOC", "", "--REASOC"),
        ("Events", "AEREASOC", "AE", "--REASOC"),
        ("Events", "VISITNUM", "AE", "VISITNUM"),
        ("Findings About", "FAOBJ", "FA", "--OBJ"),
        ("Findings About", "FATESTCD", "FA", "--TESTCD"),
        ("Special-Purpose", "ARMNRS", "DM", "ARMNRS"),
        ("SPECIAL PURPOSE", "DMDTC", "DM", "DMDTC"),
        (None, "--TRT", "", "--TRT"),
        (None, "QNAM", "", "QNAM"),
    ],
)
def test_model_finds(cls: str | None, name: str, dataset: str, found: str) -> None:
    variable = MODEL.find(cls, name, dataset)
    assert variable is not None and variable.name == found


@pytest.mark.parametrize(
    ("cls", "name", "dataset"),
    [
        ("Interventions", "--TERM", ""),
        ("Findings", "--OBJ", ""),
        ("Special-Purpose", "ARMNRS", "SE"),
        ("Special-Purpose", "ARMNRS", ""),
        ("Special-Purpose", "--GRPID", "DM"),
        ("Events", "AEREASOC", "CE"),
        (None, "--NOSUCH", ""),
    ],
)
def test_model_does_not_find(cls: str | None, name: str, dataset: str) -> None:
    assert MODEL.find(cls, name, dataset) is None


def test_model_refuses_an_unknown_class() -> None:
    with pytest.raises(StandardError, match=r"SDTM 2.0 has no class 'Event'; did you mean 'Events'"):
        MODEL.find("Event", "--TERM")


# --- controlled terminology --------------------------------------------------------------------------------


def test_codelist_by_code_and_by_submission() -> None:
    no_yes = CT["C66742"]
    assert no_yes is CT.by_submission("NY")
    assert (no_yes.name, no_yes.extensible) == ("No Yes Response", False)
    assert list(no_yes.terms) == ["N", "NA", "U", "Y"]
    assert no_yes.terms["U"] == Term("C17998", "U", "Unknown", ("U", "UNK", "Unknown"))
    assert no_yes.by_code["C49488"].value == "Y"


def test_membership_and_iteration() -> None:
    assert "C66742" in CT and "NY" not in CT and "C0" not in CT
    assert len(CT) == len(list(CT)) == 1158
    assert (CT.package, CT.version) == ("sdtm", "2025-03-28")


def test_first_and_last_codelist_of_the_file_are_whole() -> None:
    codes = list(CT)
    first, last = CT[codes[0]], CT[codes[-1]]
    lines = (CT.folder / "terms.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert list(first.terms) == [line.split("\t")[2] for line in lines if line.startswith(f"{first.code}\t")]
    assert list(last.terms) == [line.split("\t")[2] for line in lines if line.startswith(f"{last.code}\t")]
    assert first.terms and last.terms


def test_terms_are_case_sensitive() -> None:
    units = CT.by_submission("UNIT").terms
    assert units["Pa"].code != units["PA"].code


def test_test_codes_pair_with_names_both_ways() -> None:
    codes, names = CT.by_submission("LBTESTCD"), CT.by_submission("LBTEST")
    assert (codes.names_in, names.codes_in) == (names.code, codes.code)
    assert CT.paired(codes, "ALT").value == "Alanine Aminotransferase"
    assert CT.paired(names, "Alanine Aminotransferase").value == "ALT"
    assert CT.paired(CT.by_submission("PKPARMCD"), "CMAX").value == "Max Conc"


def test_pairing_refuses_what_has_no_partner() -> None:
    with pytest.raises(StandardError, match="NY is no list of test codes or names"):
        CT.paired(CT.by_submission("NY"), "Y")
    with pytest.raises(StandardError, match="LBTESTCD") as caught:
        CT.paired(CT.by_submission("LBTESTCD"), "secret value")
    assert "secret" not in str(caught.value)


def test_unknown_codelists_say_what_is_near() -> None:
    with pytest.raises(StandardError, match="no codelist with submission value 'ny'; did you mean 'NY'"):
        CT.by_submission("ny")
    with pytest.raises(StandardError, match="sdtm-2025-03-28 has no codelist 'C6674'"):
        CT["C6674"]


def test_nearest_terms() -> None:
    assert CT.by_submission("SEX").nearest("male") == ("M",)
    assert CT.by_submission("UNIT").nearest("MG/l") == ("mg/L",)
    assert CT.by_submission("NY").nearest("something else entirely") == ()


def test_load_imports_nothing_heavy() -> None:
    script = (
        "import sys; from cdisc_kit.standard import load_ct, load_sdtmig;"
        "load_sdtmig(); load_ct('2025-03-28').by_submission('NY');"
        "print([m for m in ('pandas', 'numpy', 'lxml', 'yaml', 'csv', 'difflib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- NCI's text file ---------------------------------------------------------------------------------------


def test_nci_text_file_round_trips_through_the_tables(sample: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shapes-2031-01-31"
    write_package(folder, read_nci_ct(sample))
    ct = ControlledTerminology(folder)
    assert (ct.package, ct.version, list(ct)) == ("shapes", "2031-01-31", ["C1001", "C1002", "C1003"])
    assert ct["C1002"] == Codelist(
        "C1002",
        "SHTESTCD",
        "Shape Test Code",
        "Shape Test Code Terminology",
        extensible=True,
        names_in="C1001",
        terms={
            "EDGES": Term("C1", "EDGES", "Edge Count"),
            "ROUND": Term("C2", "ROUND", "Roundness Measurement", ("Roundness", "Circularity")),
        },
    )
    assert ct.paired(ct["C1001"], "Roundness").value == "ROUND"
    assert not ct["C1003"].extensible and not ct["C1003"].names_in
    written = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    assert b"made-up" not in written and b"\r" not in written


def test_library_csv_reads_the_same(sample: Path, tmp_path: Path) -> None:
    quoted = ['"' + line.replace('"', '""').replace("\t", '","') + '"' for line in NCI_SAMPLE.splitlines()]
    path = tmp_path / "shapes.csv"
    path.write_text("\ufeff" + "\n".join(quoted) + "\n", encoding="utf-8")
    assert read_nci_ct(path) == read_nci_ct(sample)


def test_lists_of_different_concepts_do_not_pair(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text(NCI_SAMPLE.replace("C2\tC1001", "C9\tC1001"), encoding="utf-8")
    assert not any(c.names_in or c.codes_in for c in read_nci_ct(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Code\tName\nC1\tx\n", "no column Codelist Code"),
        (NCI_HEADER + "C1\tC7\t\tShape\tROUND\t\t\tx\n", "t.txt:2 a term names codelist C7"),
        (NCI_SAMPLE + "C8\tC1003\t\tColour\tRED\t\t\tx\n", "t.txt:10 codelist C1003 holds the same"),
    ],
)
def test_nci_reader_refuses(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "t.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StandardError, match=message):
        read_nci_ct(path)


def test_nci_reader_refuses_what_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(NCI_SAMPLE.encode() + b"C4\tC1003\t\tColour\tBL\xd6\t\t\tx\n")
    with pytest.raises(StandardError, match="cannot be read as UTF-8"):
        read_nci_ct(path)
    with pytest.raises(StandardError, match="cannot be read"):
        read_nci_ct(tmp_path / "absent.txt")


# --- the script that writes the tables, on hand-written samples of CDISC Library's exports ------------------

IG_DATASETS = """Version,Class,Dataset Name,Dataset Label,Structure
SDTMIG v9.9,Special-Purpose,DM,Demographics,One record per subject
SDTMIG v9.9,Findings,XF,Example Findings,"One record per finding,
per subject"
"""
IG_VARIABLES = (
    "Version,Variable Order,Class,Dataset Name,Variable Name,Variable Label,Type,CDISC CT Codelist Code(s),"
    "Codelist Submission Values,Described Value Domain(s),Value List,Role,CDISC Notes,Core\n"
    "SDTMIG v9.9,2,Findings,XF,DOMAIN,Domain,Char,,,,XF,Identifier,A note.,Req\n"
    "SDTMIG v9.9,10,Findings,XF,XFORRES,Result,Char,C1; C2,ONE; TWO,,,Result Qualifier,A note.,Exp\n"
    "SDTMIG v9.9,9,Findings,XF,XFDTC,Date,Char,,,ISO 8601 datetime or interval,,Timing,A note.,Perm\n"
    "SDTMIG v9.9,1,Special-Purpose,DM,COUNTRY,Country,Char,,,,,Record Qualifier,A note.,Req\n"
)
MODEL_DATASETS = """Version,Class,Dataset Name,Dataset Label,Structure
SDTM v9.9,Special-Purpose,DM,Demographics,
"""
MODEL_VARIABLES = (
    "Version,Variable Order,Class,Dataset Name,Variable Name,Variable Label,Type,Described Value Domain,Role,"
    "Variables Qualified,Usage Restrictions,Variable C-Code,Definition,Notes,Examples\n"
    "SDTM v9.9,1,General Observations,,--SEQ,Sequence,Num,,Identifier,,,C7,A text.,,\n"
    "SDTM v9.9,1,Events,,--TOX,Toxicity,Char,,Variable Qualifier,--TOXGR; --SEV,XF domain only,,A text.,,\n"
    "SDTM v9.9,3,Special-Purpose,DM,RFSTDTC,Start,Char,ISO 8601 datetime or interval,Timing,,,,A text.,,\n"
)


def make_tables(out: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).parents[2] / "tools" / "make_standard_tables.py"
    command = [sys.executable, script, "--out", out, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def exports(folder: Path, datasets: str, variables: str) -> tuple[Path, Path]:
    (folder / "datasets.csv").write_text("\ufeff" + datasets, encoding="utf-8")
    (folder / "variables.csv").write_text("\ufeff" + variables, encoding="utf-8")
    return folder / "datasets.csv", folder / "variables.csv"


def test_script_reads_the_guides_exports_and_keeps_what_they_lack(tmp_path: Path) -> None:
    folder = tmp_path / "sdtmig-9.9"
    write_table(folder / "datasets.tsv", DATASET_COLUMNS, [("XF", "", "USUBJID XFDTC", "", "")])
    marked = ("XF", "10", "XFORRES", *[""] * 7, "Yes", "")
    write_table(folder / "variables.tsv", VARIABLE_COLUMNS, [marked])
    done = make_tables(tmp_path, "ig", *exports(tmp_path, IG_DATASETS, IG_VARIABLES), "9.9")
    assert done.returncode == 0, done.stderr
    assert (folder / "datasets.tsv").read_text(encoding="utf-8").splitlines()[1:] == [
        "DM\tSpecial-Purpose\t\tOne record per subject\tDemographics",
        "XF\tFindings\tUSUBJID XFDTC\tOne record per finding, per subject\tExample Findings",
    ]
    assert (folder / "variables.tsv").read_text(encoding="utf-8").splitlines()[1:] == [
        "DM\t1\tCOUNTRY\tChar\tRecord Qualifier\tReq\t\t\t\tISO 3166-1 Alpha-3\t\tCountry",
        "XF\t2\tDOMAIN\tChar\tIdentifier\tReq\t\t\tXF\t\t\tDomain",
        "XF\t9\tXFDTC\tChar\tTiming\tPerm\t\t\t\tISO 8601 datetime or interval\t\tDate",
        "XF\t10\tXFORRES\tChar\tResult Qualifier\tExp\tC1 C2\tONE TWO\t\t\tYes\tResult",
    ]


def test_script_reads_the_models_exports(tmp_path: Path) -> None:
    done = make_tables(tmp_path, "model", *exports(tmp_path, MODEL_DATASETS, MODEL_VARIABLES), "9.9")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "sdtm-9.9"
    assert {path.name: path.read_text(encoding="utf-8").splitlines()[1:] for path in folder.iterdir()} == {
        "classes.tsv": ["\tGeneral Observations", "General Observations\tEvents", "\tSpecial-Purpose"],
        "datasets.tsv": ["Special-Purpose\tDM\tDemographics"],
        "variables.tsv": [
            "General Observations\t\t1\t--SEQ\tNum\tIdentifier\t\t\t\tC7\tSequence",
            "Events\t\t1\t--TOX\tChar\tVariable Qualifier\t\t--TOXGR --SEV\tXF domain only\t\tToxicity",
            "Special-Purpose\tDM\t3\tRFSTDTC\tChar\tTiming\tISO 8601 datetime or interval\t\t\t\tStart",
        ],
    }


def test_script_reads_ncis_text_file(sample: Path, tmp_path: Path) -> None:
    done = make_tables(tmp_path, "ct", sample, "sdtm", "2031-01-31")
    assert done.returncode == 0, done.stderr
    assert len(ControlledTerminology(tmp_path / "ct" / "sdtm-2031-01-31")) == 3
    sample.write_text("Code\n", encoding="utf-8")
    refused = make_tables(tmp_path, "ct", sample, "sdtm", "2031-01-31")
    assert refused.returncode == 1 and refused.stderr.startswith(f"{sample}: no column Codelist Code")


# --- tables ------------------------------------------------------------------------------------------------


def test_tables_refuse_damage(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    with pytest.raises(StandardError, match="cannot be read as a table"):
        list(read_table(path, ("a", "b")))
    write_table(path, ("a", "b"), [("1", ""), ("", "x y")])
    assert path.read_bytes() == b"a\tb\n1\t\n\tx y\n"
    assert list(read_table(path, ("a", "b"))) == [["1", ""], ["", "x y"]]
    with pytest.raises(StandardError, match="header is not a c"):
        list(read_table(path, ("a", "c")))
    path.write_text("a\tb\n1\n", encoding="utf-8")
    with pytest.raises(StandardError, match=r"t\.tsv:2 has 1 cells, not 2"):
        list(read_table(path, ("a", "b")))


@pytest.mark.parametrize("row", [("1", "x\ty"), ("1", "x\ny"), ("1", " x"), ("1",)])
def test_table_writer_refuses_cells_that_would_not_read_back(tmp_path: Path, row: tuple[str, ...]) -> None:
    with pytest.raises(StandardError, match=r"t\.tsv:2"):
        write_table(tmp_path / "t.tsv", ("a", "b"), [row])


def test_package_without_terms_is_refused(sample: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shapes-2031-01-31"
    write_package(folder, read_nci_ct(sample))
    (folder / "terms.tsv").unlink()
    with pytest.raises(StandardError, match=r"terms\.tsv: is missing"):
        ControlledTerminology(folder)["C1001"]


def test_synonyms_with_the_separator_are_refused(tmp_path: Path) -> None:
    codelist = Codelist("C1", "X", "X", "X", False, terms={"A": Term("C2", "A", "A", ("a; b",))})
    with pytest.raises(StandardError, match="codelist C1, term C2: a synonym holds a semicolon"):
        write_package(tmp_path / "x-2031-01-31", [codelist])
