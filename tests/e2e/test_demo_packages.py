"""Both demonstration packages as a recipient gets them: read back with readers that are not ours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import odmlib
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from demo import STUDIES, Demo, cdisc_kit, make_demo
from generated import outcome_in_words_of_truth
from lxml import etree

from cdisc_kit.definexml import check_oids
from cdisc_kit.output import sha256
from cdisc_kit.sharing.verify import verify
from cdisc_kit.standard import load_sdtmig

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
DEF = "{http://www.cdisc.org/ns/def/v2.1}"
XLINK = "{http://www.w3.org/1999/xlink}"
SHARED = {"DM", "AE", "EX", "EC", "PR", "IE", "RS", "DS", "SE", "SV", "TA", "TE", "TV", "TI", "TS", "RELREC"}
SPECIMENS = {"BE", "BS", "RELSPEC"}
DOMAINS = {
    "atg": SHARED | SPECIMENS | {"FA", "SUPPDM", "SUPPEC", "SUPPPR"},
    "capeox": SHARED
    | SPECIMENS
    | {"IS", "TU", "TR", "TD", "SUPPDM", "SUPPAE", "SUPPEX", "SUPPEC", "SUPPTU", "SUPPTR"},
}

pytestmark = pytest.mark.e2e


DEMOS = [pytest.param(s, marks=pytest.mark.xdist_group(f"demo-{s}")) for s in STUDIES]


@pytest.fixture(scope="module", params=DEMOS)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return make_demo(request.param, tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def define(demo: Demo) -> etree._ElementTree:
    return etree.parse(demo.out / "sdtm" / "define.xml")


def test_every_domain_the_study_collects_is_there(demo: Demo) -> None:
    assert DOMAINS[demo.study] <= set(demo.frames)


def test_record_counts_equal_the_truth(demo: Demo) -> None:
    counts = {name: len(frame) for name, frame in demo.frames.items()}
    expected = {name: count for name, count in demo.truth["counts"].items() if name in counts}
    assert {name: counts[name] for name in expected} == expected
    assert {"DM", "EX", "AE"} <= set(expected)


def test_findings_are_information_only(demo: Demo) -> None:
    assert {finding["severity"] for finding in demo.findings} <= {"INFO"}


def test_every_raw_cell_is_accounted_for(demo: Demo) -> None:
    ledger = pd.read_csv(demo.out / "reports" / "ledger.csv", dtype=str, keep_default_na=False)
    assert list(ledger.columns) == ["form", "row", "column", "fate", "target", "reason"]
    assert set(ledger["fate"]) <= {"mapped", "filtered", "not_submitted", "finding"}
    assert not ledger.duplicated(["form", "row", "column"]).any()
    assert (ledger.loc[ledger["fate"] == "mapped", "target"] != "").all()
    assert (ledger.loc[ledger["fate"] != "mapped", "reason"] != "").all()
    targets = {t.split(".")[0] for cell in ledger["target"].unique() for t in cell.split("; ") if cell}
    assert targets - {"USUBJID"} <= set(demo.frames)


def test_clean_data_raise_no_query(demo: Demo) -> None:
    book = openpyxl.load_workbook(demo.out / "reports" / "queries_zh.xlsx")
    assert [sheet.max_row for sheet in book] == [1]
    questions = (demo.out / "reports" / "questions.md").read_text(encoding="utf-8")
    assert "\n7. " in questions
    assumptions = (demo.out / "reports" / "assumptions.csv").read_text(encoding="utf-8-sig")
    assert "time_zone,+08:00,not written into values" in assumptions


def test_doses_equal_the_truth(demo: Demo) -> None:
    ec, ex = demo.frames["EC"], demo.frames["EX"]
    given = ec[(ec["ECMOOD"] == "PERFORMED") & (ec["ECOCCUR"] == "Y")]
    assert len(given) == len(ex) == demo.truth["counts"]["EX"]
    assert sorted(given["USUBJID"] + given["ECLNKID"]) == sorted(ex["USUBJID"] + ex["EXLNKID"])
    dm = demo.frames["DM"]
    first = sorted(s["first_dose"][:10] for s in demo.truth["subjects"].values() if s.get("first_dose"))
    assert sorted(dm.loc[dm["RFXSTDTC"] != "", "RFXSTDTC"].str[:10]) == first


@pytest.mark.parametrize("demo", DEMOS[1:], indirect=True)  # the other: from a wheel, in test_wheel.py
def test_a_second_build_gives_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    again = cdisc_kit("build", "--study", demo.study, "--demo", "--out", tmp_path / "out", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")) == demo.manifest


def test_the_manifest_lists_every_file_with_its_hash(demo: Demo) -> None:
    files = {p.relative_to(demo.out).as_posix(): p for p in demo.out.rglob("*") if p.is_file()}
    assert set(files) == {*demo.manifest["outputs"], "manifest.json"}
    assert all(sha256(files[name]) == digest for name, digest in demo.manifest["outputs"].items())
    assert demo.manifest["raw"] and demo.manifest["spec"] and demo.manifest["synthetic"] is True


def test_the_release_for_review_stands_beside_the_package(demo: Demo) -> None:
    assert verify(demo.out / "ipd" / "release").problems == ()
    internal = demo.out / "ipd" / "internal"
    assert internal.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in internal.iterdir()} == {0o600}


def test_synthetic_is_marked_in_define_and_reports(demo: Demo) -> None:
    for name in ("sdtm/define.xml", "sdtm/define.html", "sdtm/csdrg.html", "reports/index.html"):
        assert "SYNTHETIC" in (demo.out / name).read_text(encoding="utf-8"), name


def test_define_is_valid_and_its_oids_meet(demo: Demo, define: etree._ElementTree) -> None:
    schema = Path(odmlib.__file__).parent / "schemas" / "define" / "2.1" / "define2-1-0.xsd"
    validator = etree.XMLSchema(etree.parse(schema))
    assert validator.validate(define), validator.error_log
    assert check_oids(demo.out / "sdtm" / "define.xml") == []


def items(define: etree._ElementTree) -> dict[str, dict[str, etree._Element]]:
    """Dataset -> variable -> ItemDef, in the order of the ItemRefs."""
    defs = {item.get("OID"): item for item in define.iter(f"{ODM}ItemDef")}
    return {
        group.get("Name"): {
            defs[ref.get("ItemOID")].get("Name"): defs[ref.get("ItemOID")]
            for ref in group.findall(f"{ODM}ItemRef")
        }
        for group in define.iter(f"{ODM}ItemGroupDef")
    }


def label_of(element: etree._Element) -> str:
    return str(element.findtext(f"{ODM}Description/{ODM}TranslatedText"))


def test_transport_files_say_what_define_says(demo: Demo, define: etree._ElementTree) -> None:
    described = items(define)
    labels = {g.get("Name"): label_of(g) for g in define.iter(f"{ODM}ItemGroupDef")}
    groups = list(define.iter(f"{ODM}ItemGroupDef"))
    leaves = {g.get("Name"): g.find(f"{DEF}leaf").get(f"{XLINK}href") for g in groups}
    assert set(described) == {path.stem.upper() for path in demo.xpt}
    for path in demo.xpt:
        name = path.stem.upper()
        _, meta = pyreadstat.read_xport(path, metadataonly=True)
        assert leaves[name] == path.name and labels[name] == meta.file_label and meta.table_name == name
        assert list(described[name]) == meta.column_names
        assert [label_of(item) for item in described[name].values()] == meta.column_labels
        for variable, item in described[name].items():
            text = meta.readstat_variable_types[variable] == "string"
            if item.get("Length") is not None and item.get("DataType") == "text":
                assert text and int(item.get("Length")) == meta.variable_storage_width[variable], variable


def record_bytes(path: Path) -> int:
    _, meta = pyreadstat.read_xport(path, metadataonly=True)
    return int(sum(meta.variable_storage_width.values()))


def test_the_pandas_reader_agrees(demo: Demo) -> None:
    for path in demo.xpt:
        ours = demo.frames[path.stem.upper()]
        if ours.empty:
            continue
        theirs = pd.read_sas(path, encoding="ascii")
        assert list(theirs.columns) == list(ours.columns)
        # Of records up to 80 bytes pandas takes blank fields in the last 80 bytes for padding of the file.
        lost = len(ours) - len(theirs)
        assert lost == 0 or (lost == 1 and record_bytes(path) <= 80), path.name
        for column in ours.columns:
            mine = ours[column].iloc[: len(theirs)]
            if pd.api.types.is_numeric_dtype(mine):
                assert np.allclose(theirs[column].astype(float), mine, equal_nan=True, atol=1e-70), column
            else:
                texts = theirs[column].astype(object).where(theirs[column].notna(), "")
                assert (texts.astype(str) == mine.fillna("").astype(str)).all(), (path.name, column)


def test_lengths_and_codelists_equal_the_data(demo: Demo, define: etree._ElementTree) -> None:
    lists = {
        element.get("OID"): {e.get("CodedValue") for e in element if e.get("CodedValue") is not None}
        for element in define.iter(f"{ODM}CodeList")
    }
    longest: dict[str, int] = {}
    for name, frame in demo.frames.items():
        for column in frame.columns:
            if not name.startswith("SUPP") and not pd.api.types.is_numeric_dtype(frame[column]):
                longest[column] = max(longest.get(column, 1), int(frame[column].str.len().max() or 0))
    for name, variables in items(define).items():
        frame = demo.frames[name]
        for variable, item in variables.items():
            if item.get("DataType") == "text" and not name.startswith("SUPP"):
                assert int(item.get("Length")) == longest[variable], (name, variable)
            reference = item.find(f"{ODM}CodeListRef")
            listed = lists.get(reference.get("CodeListOID"), set()) if reference is not None else set()
            if listed:
                used = {str(v) for v in frame[variable].dropna().unique()} - {""}
                used = {v.removesuffix(".0") for v in used}
                assert used <= listed, (name, variable, used - listed)


def test_required_and_expected_variables_are_present(demo: Demo) -> None:
    for name, frame in demo.frames.items():
        known = load_sdtmig().dataset(name)
        wanted = {v.name for v in known.variables.values() if v.core in ("Req", "Exp")}
        assert wanted <= set(frame.columns), name
        required = [v.name for v in known.variables.values() if v.core == "Req"]
        for variable in required:
            blank = frame[variable].isna() | (frame[variable] == "")
            assert not blank.any(), (name, variable)


def test_keys_of_define_are_unique(demo: Demo, define: etree._ElementTree) -> None:
    for group in define.iter(f"{ODM}ItemGroupDef"):
        name = group.get("Name")
        keys = {
            int(ref.get("KeySequence")): ref.get("ItemOID").rpartition(".")[2]
            for ref in group.findall(f"{ODM}ItemRef")
            if ref.get("KeySequence")
        }
        assert keys, name
        assert not demo.frames[name].duplicated([keys[k] for k in sorted(keys)]).any(), name


def test_supplemental_qualifiers_and_relations_lead_to_records(demo: Demo) -> None:
    for name, frame in demo.frames.items():
        if name.startswith("SUPP"):
            parent = demo.frames[name.removeprefix("SUPP")]
            assert (frame["QVAL"] != "").all() and not frame.duplicated(["USUBJID", "IDVARVAL", "QNAM"]).any()
            for variable, rows in frame[frame["IDVAR"] != ""].groupby("IDVAR"):
                known = set(parent["USUBJID"] + "|" + parent[variable].astype(int).astype(str))
                assert set(rows["USUBJID"] + "|" + rows["IDVARVAL"]) <= known, name
    relrec = demo.frames["RELREC"]
    for _, pair in relrec[relrec["USUBJID"] == ""].groupby("RELID"):
        ends = [demo.frames[d][v] for d, v in zip(pair["RDOMAIN"], pair["IDVAR"], strict=True)]
        assert len(ends) == 2
        filled = [set(end[end != ""]) for end in ends]
        assert filled[0] & filled[1]


def test_registered_outcomes_equal_the_truth(demo: Demo) -> None:
    outcomes = json.loads((demo.out / "reports" / "outcomes.json").read_text(encoding="utf-8"))["outcomes"]
    found: dict[str, object] = {}
    for name, result in outcomes.items():
        found |= outcome_in_words_of_truth(name, result)
    truth = {name: value for name, value in demo.truth["outcomes"].items() if name != "TDNUMRPT"}
    assert found == truth


def test_lesions_and_responses_equal_the_truth(demo: Demo) -> None:
    """Of a study with tumours: each lesion with its baseline size, each assessment with its response."""
    if "lesions" not in demo.truth:
        assert "TU" not in demo.frames
        return
    tu, tr, rs = (demo.frames[name] for name in ("TU", "TR", "RS"))
    number = dict(zip(demo.frames["DM"]["USUBJID"], demo.frames["DM"]["SUBJID"], strict=True))
    found = {
        (number[s], link): kind
        for s, link, kind in zip(tu["USUBJID"], tu["TULNKID"], tu["TUSTRESC"], strict=True)
    }
    lesions = {(s, lesion["link"]): lesion for s, own in demo.truth["lesions"].items() for lesion in own}
    assert found == {key: lesion["kind"] for key, lesion in lesions.items()}
    baseline = tr[tr["TRTESTCD"].isin(["LDIAM", "LPERP"]) & (tr["TRLNKGRP"] == "A00")]
    sizes = {
        (number[s], link): value
        for s, link, value in zip(baseline["USUBJID"], baseline["TRLNKID"], baseline["TRSTRESN"], strict=True)
    }
    targets = {key: lesion for key, lesion in lesions.items() if lesion["kind"] == "TARGET"}
    assert sizes == {key: float(lesion["baseline"]) for key, lesion in targets.items()}
    overall = rs[rs["RSTESTCD"] == "OVRLRESP"]
    responses = {
        (number[s], group): (value, date)
        for s, group, value, date in zip(
            overall["USUBJID"], overall["RSLNKGRP"], overall["RSSTRESC"], overall["RSDTC"], strict=True
        )
    }
    assert responses == {
        (s, f"A{visit['number']:02d}"): (visit["overall"], visit["last_scan"])
        for s, own in demo.truth["responses"].items()
        for visit in own
        if visit["overall"]
    }
