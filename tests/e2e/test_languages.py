"""One study in three packages: English, Chinese as UTF-8, Chinese as GB18030. They differ in text only."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import odmlib
import pandas as pd
import pyreadstat
import pytest
from demo import STUDIES, cdisc_kit
from lxml import etree

from cdisc_kit.build.verbatim import is_translation
from cdisc_kit.definexml import check_oids
from cdisc_kit.locate import bundled
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.synth.run import write_synthetic

pytestmark = pytest.mark.e2e

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ENCODINGS = {"ascii": "US-ASCII", "utf8": "UTF-8", "gb18030": "GB18030"}
SUBJECTS = 8
# A remark nobody has translated, longer than 200 bytes in either encoding; 𠮷 and the face take four bytes.
REMARK = "外院复查肝功能,患者自述无明显不适,体温38.5度、乏力;" * 9 + "姓名用字为𠮷,家属表示感谢😀。"


@dataclass(frozen=True)
class Package:
    """One of the three packages of a study, read back with pyreadstat."""

    out: Path
    text: str

    @cached_property
    def read(self) -> dict[str, tuple[pd.DataFrame, Any]]:
        paths = sorted((self.out / "sdtm").glob("*.xpt"))
        return {p.stem.upper(): pyreadstat.read_xport(p, encoding=ENCODINGS[self.text]) for p in paths}

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        return {name: frame for name, (frame, _) in self.read.items()}

    @cached_property
    def define(self) -> etree._ElementTree:
        return etree.parse(self.out / "sdtm" / "define.xml")

    def report(self, name: str) -> Any:
        return json.loads((self.out / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Three:
    spec: StudySpec
    ascii: Package
    utf8: Package
    gb18030: Package

    @property
    def english_qualifiers(self) -> dict[tuple[str, str], str]:
        """(dataset, QNAM) -> the variable whose English it holds."""
        return {(e.dataset, e.name): e.variable for e in self.spec.chinese.english}

    def text_variables(self, name: str) -> set[str]:
        """The variables and qualifiers of a dataset that the study declares as text."""
        domain = self.spec.domains[name]
        found = set(self.spec.chinese.terms) & set(domain.variables)
        for target in (*domain.variables.values(), *domain.supp.values()):
            helpers = [
                domain.work[n] for c in target.by.values() for n in c.needs.columns if n in domain.work
            ]
            calls = [c for t in (target, *helpers) for c in t.by.values()]
            if any(is_translation(call) for call in calls):
                found.add(target.name)
        return found


@pytest.fixture(
    scope="module", params=[pytest.param(s, marks=pytest.mark.xdist_group(f"languages-{s}")) for s in STUDIES]
)
def three(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Three:
    folder, study = tmp_path_factory.mktemp(request.param), request.param
    mappings = bundled("mappings")
    raw = folder / "raw"
    write_synthetic(study, raw, seed=11, subjects=SUBJECTS, mappings=mappings)
    if study == "atg":
        add_remark(raw)
    packages = []
    for text in ENCODINGS:
        options = ("--raw", raw, "--text", text, "--out", folder / text, "--mappings", mappings)
        run = cdisc_kit("build", "--study", study, *options, "--no-ipd", "--fail-on", "never", cwd=folder)
        assert run.returncode == 0, run.stderr
        packages.append(Package(folder / text, text))
    return Three(load_study(mappings / study), *packages)


def add_remark(raw: Path) -> None:
    """The long remark on the first row of the history form, in both entries."""
    for entry, encoding in (("entry1", "gb18030"), ("entry2", "utf-8-sig")):
        (path,) = (raw / entry).glob("A06_*.csv")
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))
        rows[0]["备注"] = REMARK
        buffer = io.StringIO(newline="")
        writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        path.write_bytes(buffer.getvalue().encode(encoding))


def parents(package: Package) -> dict[str, pd.DataFrame]:
    """Datasets but SUPP--, with continued variables of their own (COVAL1) joined to the one they continue."""
    result = {}
    for name, frame in package.frames.items():
        if not name.startswith("SUPP"):
            more = [c for c in frame if c.startswith(f"{name}VAL") and c[len(name) + 3 :].isdigit()]
            joined = frame.get(f"{name}VAL", pd.Series(dtype=object)).astype(object)
            for column in more:
                joined = joined + frame[column]
            result[name] = frame.drop(columns=more).assign(**({f"{name}VAL": joined} if more else {}))
    return result


def test_the_same_records_with_other_text(three: Three) -> None:
    english = parents(three.ascii)
    changed = set()
    for package in (three.utf8, three.gb18030):
        other = parents(package)
        assert list(other) == list(english)
        for name, frame in english.items():
            text = three.text_variables(name) if name in three.spec.domains else set()
            pd.testing.assert_frame_equal(
                other[name].drop(columns=list(text & set(frame))), frame.drop(columns=list(text & set(frame)))
            )
            assert list(other[name].columns) == list(frame.columns)
            changed |= {f"{name}.{v}" for v in text & set(frame) if (other[name][v] != frame[v]).any()}
            for variable in text & set(frame):
                assert ((other[name][variable] == "") == (frame[variable] == "")).all(), variable
    assert {"AE.AETERM", "CM.CMTRT", "MH.MHTERM", "TI.IETEST", "EX.EXTRT", "DS.DSTERM"} <= changed


def test_both_chinese_packages_hold_the_same_text(three: Three) -> None:
    first, second = parents(three.utf8), parents(three.gb18030)
    for name, frame in first.items():
        pd.testing.assert_frame_equal(second[name], frame)
    supplements = {name for name in three.utf8.frames if name.startswith("SUPP")}
    assert supplements == {name for name in three.gb18030.frames if name.startswith("SUPP")}
    for name in supplements:
        pd.testing.assert_frame_equal(three.gb18030.frames[name], three.utf8.frames[name])


def test_supplemental_records_differ_by_declared_qualifiers_only(three: Three) -> None:
    for package in (three.utf8, three.gb18030):
        for name in sorted(package.frames):
            if not name.startswith("SUPP"):
                continue
            parent, frame = name.removeprefix("SUPP"), package.frames[name]
            added = {qnam for dataset, qnam in three.english_qualifiers if dataset == parent}
            own = ~frame["QNAM"].isin(added)
            english = three.ascii.frames.get(name)
            if english is None:
                assert not own.any()
                continue
            kept = frame[own].reset_index(drop=True)
            pd.testing.assert_frame_equal(
                kept.drop(columns=["QLABEL", "QVAL"]), english.drop(columns=["QLABEL", "QVAL"])
            )
            differs = kept.loc[kept["QVAL"] != english["QVAL"], "QNAM"]
            assert set(differs) <= three.text_variables(parent)
            assert not kept["QLABEL"].map(str.isascii).any(), "labels are Chinese"


def test_the_english_of_a_term_is_in_the_chinese_package(three: Three) -> None:
    for (dataset, qnam), variable in three.english_qualifiers.items():
        english, chinese = three.ascii.frames[dataset], three.utf8.frames[dataset]
        numbers = english[f"{dataset}SEQ"].map("{:.0f}".format)
        exchanged = english[variable] != chinese[variable]
        supplement = three.utf8.frames.get(f"SUPP{dataset}", pd.DataFrame(columns=["QNAM", "USUBJID"]))
        own = supplement[supplement["QNAM"] == qnam]
        held = {
            (u, i): v
            for u, i, v in zip(own["USUBJID"], own.get("IDVARVAL", ()), own.get("QVAL", ()), strict=True)
        }
        expected = dict(zip(zip(english["USUBJID"], numbers, strict=True), english[variable], strict=True))
        assert held == {k: v for (k, v), e in zip(expected.items(), exchanged, strict=True) if e}, qnam


def test_the_text_is_what_was_collected(three: Three) -> None:
    path = three.ascii.out / "reports" / "traceability" / "verbatim_zh.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    frames = parents(three.utf8)
    checked = 0
    for row in rows:
        frame = frames[row["domain"]]
        if row["variable"] in frame:
            record = frame[(frame["USUBJID"] == row["usubjid"])]
            record = record[record[f"{row['domain']}SEQ"].map("{:.0f}".format) == row["seq"]]
            assert record[row["variable"]].tolist() == [row["verbatim"]]
            checked += 1
    assert checked > 50


def test_reports_do_not_depend_on_the_language(three: Three) -> None:
    for package in (three.utf8, three.gb18030):
        for name in ("reports/outcomes.json", "reports/traceability/verbatim_zh.csv"):
            assert (package.out / name).read_bytes() == (three.ascii.out / name).read_bytes(), name
        cells, own = (
            (p.out / "reports" / "ledger.csv").read_text(encoding="utf-8").splitlines()
            for p in (three.ascii, package)
        )
        differs = [pair for pair in zip(cells, own, strict=True) if pair[0] != pair[1]]
        untranslated = ("A06,2,REMARK,finding,,TXT-NOTRANS", "A06,2,REMARK,mapped,CO; CO.COVAL,")
        assert differs == ([untranslated] if three.spec.key == "atg" else [])
        found = {f["rule"] for f in package.report("reports/findings.json")["findings"]}
        assert not {"LABEL-NOCHINESE", "TXT-NOCHINESE", "TXT-ENCODING"} & found


def test_the_encoding_is_stated(three: Three) -> None:
    for package in (three.ascii, three.utf8, three.gb18030):
        manifest = package.report("manifest.json")
        assert (manifest["text"], manifest["encoding"]) == (package.text, ENCODINGS[package.text])
        comments = " ".join(package.define.xpath("//*[local-name()='CommentDef']//text()"))
        assert (f"encoded in {ENCODINGS[package.text]}" in comments) == (package.text != "ascii")


def test_labels_read_back_are_those_of_define(three: Three) -> None:
    for package, language in ((three.ascii, "en"), (three.utf8, "zh"), (three.gb18030, "zh")):
        root = package.define.getroot()
        for name, (_, meta) in package.read.items():
            (group,) = root.iterfind(f".//{ODM}ItemGroupDef[@Name='{name}']")
            assert meta.file_label == described(group, language)
            shown = dict(zip(meta.column_names, meta.column_labels, strict=True))
            for reference in group.iterfind(f"{ODM}ItemRef"):
                (item,) = root.iterfind(f".//{ODM}ItemDef[@OID='{reference.get('ItemOID')}']")
                assert shown[item.get("Name")] == described(item, language)
        languages = {text.get(LANG) for text in root.iter(f"{ODM}TranslatedText")}
        assert languages == ({"en"} if language == "en" else {"en", "zh"})
        for text in root.iter(f"{ODM}TranslatedText"):
            if text.getparent().getparent().tag != f"{ODM}CodeListItem" or text.get(LANG) == "zh":
                assert str(text.text).isascii() or text.get(LANG) == "zh" or "…" in str(text.text), text.text


def described(element: etree._Element, language: str) -> str:
    texts = {t.get(LANG): str(t.text) for t in element.iterfind(f"{ODM}Description/{ODM}TranslatedText")}
    return texts[language]


def test_define_is_valid_and_keeps_its_oids(three: Three) -> None:
    schema = etree.XMLSchema(
        etree.parse(Path(odmlib.__file__).parent / "schemas" / "define" / "2.1" / "define2-1-0.xsd")
    )
    oids = {}
    for package in (three.ascii, three.utf8, three.gb18030):
        schema.assertValid(package.define)
        assert check_oids(package.out / "sdtm" / "define.xml") == []
        oids[package.text] = set(package.define.xpath("//@OID"))
    added = oids["utf8"] - oids["ascii"]
    longer = {"IT.CO.COVAL3"} if three.spec.key == "atg" else set()
    assert oids["utf8"] - oids["gb18030"] == longer, "three bytes for a character need a part more than two"
    assert not oids["gb18030"] - oids["utf8"]
    assert not oids["ascii"] - oids["utf8"]
    declared = {qnam for _, qnam in three.english_qualifiers}
    datasets = {name for name in three.utf8.frames if name not in three.ascii.frames}
    assert all(
        any(part in oid for part in ("COVAL1", "COVAL2", "COVAL3", "COM.", "QNAM", *declared, *datasets))
        for oid in added
    ), sorted(added)


def test_define_html_shows_both_languages(three: Three) -> None:
    page = (three.utf8.out / "sdtm" / "define.html").read_text(encoding="utf-8")
    assert "Reported Term for the Adverse Event" in page and "不良事件报告术语" in page


@pytest.mark.parametrize(  # the paper CRF has remarks
    "three", [pytest.param("atg", marks=pytest.mark.xdist_group("languages-atg"))], indirect=True
)
def test_a_long_remark_nobody_translated(three: Three) -> None:
    remark = REMARK.replace("，", ",")
    for package in (three.utf8, three.gb18030):
        size = len(remark.encode(ENCODINGS[package.text]))
        comments = package.frames["CO"]
        assert {"COVAL", "COVAL1", "COVAL2"} <= set(comments)
        assert parents(package)["CO"]["COVAL"].tolist().count(remark) == 1
        found = [f for f in package.report("reports/findings.json")["findings"] if f["rule"] == "TXT-SPLIT"]
        (finding,) = found
        assert f"text of {size} bytes" in finding["message"] and "COVAL1" in finding["message"]
        assert finding["source"]["file"].endswith(".csv") and finding["source"]["row"] == 2
        assert finding["spec"]["file"] == "mappings/atg/domains/co.yaml" and finding["spec"]["line"]
        severities = {
            f["severity"]
            for f in package.report("reports/findings.json")["findings"]
            if f["rule"] == "TXT-NOTRANS"
        }
        assert severities == {"INFO"}, "kept in Chinese, so nothing is lost"
    english = {
        f["severity"]
        for f in three.ascii.report("reports/findings.json")["findings"]
        if f["rule"] == "TXT-NOTRANS"
    }
    assert english == {"ERROR"}
    assert any(value.startswith("UNTRANSLATED TEXT") for value in three.ascii.frames["CO"]["COVAL"])
