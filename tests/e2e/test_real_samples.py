"""Real exports of other systems: a vendor's CSV of two forms, and the ODM file of an open EDC system.

The samples are found through CDISC_KIT_REFERENCE; the mapping of the CSV lies in tests/studies/oak.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lxml import etree

from cdisc_kit.build.study import Built
from cdisc_kit.findings import at_or_above
from cdisc_kit.pipeline import BuiltStudy, build
from cdisc_kit.raw.layout import Place
from cdisc_kit.raw.odmfile import NAMESPACE, OdmFile, read_odm
from cdisc_kit.raw.odmtable import odm_table
from cdisc_kit.spec import load_study
from cdisc_kit.spec.model import ColumnSpec, FormSpec
from cdisc_kit.yamltext import Map

pytestmark = pytest.mark.xdist_group("real-samples")

STUDY = Path(__file__).resolve().parents[1] / "studies" / "oak"
ODM = {"o": NAMESPACE}


def sample(name: str) -> Path:
    reference = os.environ.get("CDISC_KIT_REFERENCE")
    if not reference:
        pytest.skip("CDISC_KIT_REFERENCE is not set: no samples to read")
    path = Path(reference) / "samples" / name
    if not path.exists():
        pytest.skip(f"the reference has no samples/{name}")
    return path


@pytest.fixture(scope="module")
def oak(tmp_path_factory: pytest.TempPathFactory) -> BuiltStudy:
    """The sample's DM is SDTM already: its SUBJID repeats the study, which the forms do not."""
    raw = tmp_path_factory.mktemp("oak") / "raw"
    shutil.copytree(sample("oak"), raw)
    text = (raw / "dm.csv").read_text(encoding="utf-8")
    plain, changed = re.subn(r',"test_study-(\d+)","test_study-(\d+)",', r',"test_study-\1","\2",', text)
    assert changed == 5
    (raw / "dm.csv").write_text(plain, encoding="utf-8")
    return build(load_study(STUDY), raw)


def records(built: Built, dataset: str, *variables: str) -> list[tuple[str, ...]]:
    frame = built.datasets[dataset].frame[list(variables)]
    return [
        tuple("" if pd.isna(v) else f"{v:g}" if isinstance(v, float) else v for v in row)
        for row in frame.to_numpy()
    ]


# Written from the raw file by hand: drug, start, end, dose, form, route. A time beside a date without month
# or year is not kept; a known day of an unknown month has the form of IG 4.4.2.
MEDICATION = [
    ("test_study-375", "1", "BABY ASPIRIN", "", "", "10", "mg", "TABLET", "QD", "ORAL"),
    ("test_study-375", "2", "CORTISPORIN", "2020-09-15", "", "50", "g", "PILL", "", "ORAL"),
    ("test_study-376", "1", "ASPIRIN", "2021-02-17T08:00", "2021-02-17", "", "", "", "", ""),
    (
        "test_study-377",
        "1",
        "DIPHENHYDRAMINE HCL",
        "2020-10-04T09:00",
        "",
        "50",
        "mg",
        "CAPSULE",
        "BID",
        "ORAL",
    ),
    (
        "test_study-377",
        "2",
        "PARCETEMOL",
        "2020-01-20T10:00",
        "2020-01-20T10:00",
        "",
        "mg",
        "CAPSULE",
        "BID",
        "ORAL",
    ),
    ("test_study-377", "3", "VOMIKIND", "2019", "2019", "", "TABLET", "", "PRN", "ORAL"),
    (
        "test_study-377",
        "5",
        "ZENFLOX OZ",
        "2019---20",
        "2019---20",
        "",
        "mL",
        "INJECTION",
        "PRN",
        "INTRAMUSCULAR",
    ),
    (
        "test_study-378",
        "1",
        "BENADRYL",
        "2020-01-26T09:00",
        "2020-01-26T07:00",
        "100",
        "mg",
        "CAPSULE",
        "BID",
        "ORAL",
    ),
    (
        "test_study-378",
        "2",
        "DIPHENHYDRAMINE HYDROCHLORIDE",
        "2020-01-28",
        "2020-02-01",
        "100",
        "CAPSULE",
        "CAPSULE",
        "QD",
        "UNKNOWN",
    ),
    (
        "test_study-378",
        "3",
        "TETRACYCLINE",
        "2020-02-12T12:12",
        "2020-02-18",
        "10",
        "mg",
        "CAPSULE",
        "BID",
        "TRANSDERMAL",
    ),
    ("test_study-378", "4", "AMITRYPTYLINE", "2020", "2020", "12", "g", "INHALANT", "QD", "INTRA-ARTERIAL"),
    (
        "test_study-379",
        "1",
        "BENADRYL",
        "2020---10",
        "2020---20",
        "12",
        "IU",
        "LOTION",
        "",
        "INTRA-ARTICULAR",
    ),
    ("test_study-379", "2", "SOMINEX", "", "", "", "mL", "LIQUID", "PRN", "EPIDURAL"),
    ("test_study-379", "3", "ZQUILL", "", "2020-02-17", "5", "%", "AEROSOL", "Q2H", "OPHTHALMIC"),
]


def test_medication_of_the_vendor_export(oak: BuiltStudy) -> None:
    names = (
        "USUBJID",
        "CMGRPID",
        "CMTRT",
        "CMSTDTC",
        "CMENDTC",
        "CMDOSE",
        "CMDOSU",
        "CMDOSFRM",
        "CMDOSFRQ",
        "CMROUTE",
    )
    assert records(oak, "CM", *names) == MEDICATION


def test_medication_before_and_after_the_study(oak: BuiltStudy) -> None:
    told = records(oak, "CM", "CMTRT", "CMSTRTPT", "CMSTTPT", "CMENRTPT", "CMENTPT")
    last = "DATE OF LAST ASSESSMENT"
    assert ("BABY ASPIRIN", "BEFORE", "SCREENING", "ONGOING", last) in told
    assert ("TETRACYCLINE", "BEFORE", "SCREENING", "", "") in told
    assert ("ASPIRIN", "", "", "", "") in told
    assert Counter(row[1] for row in told) == {"BEFORE": 4, "": 10}
    assert Counter(row[3] for row in told) == {"ONGOING": 5, "": 9}


def test_study_days_count_from_the_reference_start_without_a_day_zero(oak: BuiltStudy) -> None:
    days = {row[0]: row[1:] for row in records(oak, "CM", "CMTRT", "CMSTDY", "CMENDY")}
    # RFSTDTC of subject 377 is 1999-03-14, of 378 2003-02-06
    assert (
        days["PARCETEMOL"]
        == (str((np.datetime64("2020-01-20") - np.datetime64("1999-03-14")).astype(int) + 1),) * 2
    )
    assert days["TETRACYCLINE"][1] == str(
        (np.datetime64("2020-02-18") - np.datetime64("2003-02-06")).astype(int) + 1
    )
    assert days["VOMIKIND"] == ("", ""), "a partial date has no study day"


def test_vital_signs_of_the_vendor_export(oak: BuiltStudy) -> None:
    rows = records(
        oak, "VS", "USUBJID", "VSTESTCD", "VSORRES", "VSORRESU", "VSDTC", "VISIT", "VSTPT", "VSLOC", "VSLAT"
    )
    assert len(rows) == 5 * 6 + 1
    assert Counter(row[1] for row in rows) == dict.fromkeys(
        ("SYSBP", "DIABP", "PULSE", "RESP", "TEMP", "OXYSAT"), 5
    ) | {"VSALL": 1}
    subject = "test_study-375"
    assert (subject, "SYSBP", "158", "mmHg", "2015-05-16T07:25", "VISIT 1", "PREDOSE", "", "") in rows
    assert (
        subject,
        "TEMP",
        "36.75",
        "C",
        "2015-05-16T10:25",
        "VISIT 1",
        "POSTDOSE",
        "TYMPANIC MEMBRANE",
        "",
    ) in rows
    assert (subject, "OXYSAT", "96", "%", "2018-05-06T02:01", "SCREENING", "", "FINGER", "LEFT") in rows
    assert (
        "test_study-376",
        "PULSE",
        "56",
        "beats/min",
        "2008-10-23T03:19",
        "VISIT 1",
        "POSTDOSE",
        "",
        "",
    ) in rows
    assert ("test_study-376", "VSALL", "", "", "", "SCREENING", "", "", "") in rows
    assert records(oak, "VS", "VSTESTCD", "VSSTAT")[-1] == ("VSALL", "NOT DONE")


def test_only_the_ugly_dates_are_told(oak: BuiltStudy) -> None:
    forms = ("MD1", "VTLS1")
    told = Counter((f.rule, f.severity) for f in oak.findings if f.form in forms)
    assert told == {("DT-YY", "INFO"): 18, ("DT-PARTIAL", "INFO"): 4, ("DT-PARTIAL", "WARN"): 4}
    assert at_or_above(oak.findings, "ERROR") == []


@pytest.fixture(scope="module")
def edc() -> tuple[OdmFile, etree._ElementTree]:
    path = sample("odm/openedc_clinicaldata.xml")
    return read_odm(path), etree.parse(path)


def test_every_subject_and_item_of_the_odm_sample_is_read(edc: tuple[OdmFile, etree._ElementTree]) -> None:
    odm, tree = edc
    groups = [group for groups in odm.forms.values() for group in groups]
    assert (
        len({group.keys["SubjectKey"] for group in groups})
        == 90
        == len(tree.xpath("//o:SubjectData", namespaces=ODM))
    )
    assert len(groups) == int(tree.xpath("count(//o:ItemGroupData)", namespaces=ODM))
    items = Counter(oid for group in groups for oid, _ in group.items)
    assert items == Counter(tree.xpath("//o:ItemData/@ItemOID", namespaces=ODM)) and items.total() > 1000


def test_lines_and_keys_of_the_odm_sample(edc: tuple[OdmFile, etree._ElementTree]) -> None:
    odm, tree = edc
    found = {
        (group.line, group.keys["SubjectKey"], group.keys["StudyEventOID"], form, group.keys["ItemGroupOID"])
        for form, groups in odm.forms.items()
        for group in groups
    }
    expected = set()
    for group in tree.iterfind(".//o:ItemGroupData", namespaces=ODM):
        form = group.getparent()
        event = form.getparent()
        keys = event.getparent().get("SubjectKey"), event.get("StudyEventOID"), form.get("FormOID")
        expected.add((group.sourceline, *keys, group.get("ItemGroupOID")))
    assert found == expected


def test_tables_of_the_odm_sample_hold_every_value(edc: tuple[OdmFile, etree._ElementTree]) -> None:
    odm, tree = edc
    path = sample("odm/openedc_clinicaldata.xml")
    cells = subjects = 0
    for name, groups in odm.forms.items():
        for group in sorted({group.keys["ItemGroupOID"] for group in groups}):
            oids = {oid for one in groups if one.keys["ItemGroupOID"] == group for oid, _ in one.items}
            columns = {oid: ColumnSpec(oid, oid, "text") for oid in sorted(oids)}
            columns["SUBJECT"] = ColumnSpec("SUBJECT", "subject", "text")
            reader = Map(
                {"type": "odm", "form": name, "item_group": group, "attributes": {"SUBJECT": "SubjectKey"}}
            )
            form = FormSpec(name, name, "", reader, columns, ())
            table = odm_table(Place(form, path, path.name, "", "key"), odm)
            assert table.notes == (), (name, group)
            cells += int((table.frame.drop(columns="SUBJECT") != "").to_numpy().sum())
            subjects += int((table.frame["SUBJECT"] != "").sum())
    assert cells == int(tree.xpath("count(//o:ItemData[string(@Value) != ''])", namespaces=ODM))
    assert subjects == int(tree.xpath("count(//o:ItemGroupData)", namespaces=ODM))
