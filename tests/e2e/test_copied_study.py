"""A study is copied and gets one more domain: by YAML alone, without a line of code."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from cdisc_kit.build.study import Built
from cdisc_kit.pipeline import build
from cdisc_kit.spec import load_study
from cdisc_kit.synth.atg import generate

pytestmark = pytest.mark.xdist_group("copied-study")

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
FORM = "entry1/A11_生命体征.csv"
# VSTESTCD -> label of the raw column.
TESTS = {"SYSBP": "收缩压", "DIABP": "舒张压", "WEIGHT": "体重"}

DOMAIN = """
domain: VS
records:
  - id: measurement
    from: A11
    unpivot:
      items:
        - {test: SYSBP, unit: mmHg, columns: {VALUE: SBP}}
        - {test: DIABP, unit: mmHg, columns: {VALUE: DBP}}
        - {test: WEIGHT, unit: kg, columns: {VALUE: WT}}
      keep: present(VALUE)
variables:
  VSTESTCD: {assign: test}
  VSTEST: {paired: VSTESTCD, codelists: [VSTESTCD]}
  VSORRES: {assign: VALUE}
  VSORRESU: {assign: unit}
  VSSTRESC: {expr: "number(VALUE) * 1"}
  VSSTRESN: {expr: number(VALUE)}
  VSSTRESU: {assign: unit}
  VSLOBXFL: {last_before_exposure: VSDTC, result: VSORRES, per: [VSTESTCD], baseline_visits: ["1", "2"]}
  VISITNUM: {visit: number, code: VISIT, date: VISDT}
  VISIT: {visit: name, code: VISIT, date: VISDT}
  EPOCH: {epoch: VSDTC}
  VSDTC: {datetime: VISDT}
  VSDY: {study_day: VSDTC}
finalize: {sort: [USUBJID, VSTESTCD, VISITNUM, VSDTC], keys: [STUDYID, USUBJID, VSTESTCD, VISITNUM, VSDTC]}
"""


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copied") / "raw"
    generate(folder, seed=3, subjects=10, dirt="none")
    return folder


@pytest.fixture(scope="module")
def built(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    copy = tmp_path_factory.mktemp("mappings") / "second"
    shutil.copytree(MAPPINGS / "atg", copy)
    (copy / "domains" / "vs.yaml").write_text(DOMAIN, encoding="utf-8")
    spec = load_study(copy)
    assert spec.key == "second"
    return build(spec, raw)


def collected(raw: Path) -> list[tuple[str, str, str, str]]:
    """(USUBJID, visit date, test, value) of each filled cell, read without the kit."""
    truth = json.loads((raw / "truth.json").read_text(encoding="utf-8"))["subjects"]
    person = {number: subject["usubjid"] for number, subject in truth.items()}
    person |= {subject["previous"]: subject["usubjid"] for subject in truth.values()}
    with (raw / FORM).open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    return sorted(
        (person[row["受试者编号"]], row["访视日期"].replace("/", "-"), test, row[label].strip())
        for row in rows
        for test, label in TESTS.items()
        if row[label].strip()
    )


def test_each_filled_cell_is_a_record(built: Built, raw: Path) -> None:
    frame = built.datasets["VS"].frame
    records = sorted(zip(frame["USUBJID"], frame["VSDTC"], frame["VSTESTCD"], frame["VSORRES"], strict=True))
    assert records == collected(raw)
    assert len(records) > 100


def test_the_record_says_what_the_standard_asks(built: Built) -> None:
    dataset = built.datasets["VS"]
    frame = dataset.frame
    assert dataset.label == "Vital Signs" and dataset.cls == "FINDINGS"
    assert dict(zip(frame["VSTESTCD"], frame["VSTEST"], strict=True)) == {
        "SYSBP": "Systolic Blood Pressure",
        "DIABP": "Diastolic Blood Pressure",
        "WEIGHT": "Weight",
    }
    assert (frame["VSSTRESN"] == frame["VSORRES"].astype(float)).all()
    assert (frame["VSSTRESC"].astype(float) == frame["VSSTRESN"]).all()
    assert not frame["VSSTRESC"].str.contains(r"\.0$").any()
    assert (frame["VSSEQ"] == frame.groupby("USUBJID").cumcount() + 1).all()
    flagged = frame[frame["VSLOBXFL"] == "Y"]
    assert not flagged.duplicated(["USUBJID", "VSTESTCD"]).any() and len(flagged)
    assert (flagged["VSDY"] <= 1).all()
    assert set(frame["VISIT"][frame["VISITNUM"] == 1]) == {"SCREENING"}


def test_the_other_datasets_are_those_of_the_original(built: Built, raw: Path) -> None:
    original = build(load_study(MAPPINGS / "atg"), raw)
    for name, dataset in original.datasets.items():
        if not name.endswith("VS"):
            assert built.datasets[name].frame.equals(dataset.frame), name
