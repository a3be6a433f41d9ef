"""Each study of full size, built in one go: against the generator's own truth and SDTM's structural rules.

The truth is computed from the simulated subjects, not by the engine. The command line, the files, the
demonstration's seed, further seeds, and rules that hold of dirty data too have their own tests.
"""

from __future__ import annotations

import pandas as pd
import pytest
from generated import SEED, STUDIES, Study, generate

from cdisc_kit.findings import at_or_above
from cdisc_kit.pipeline import build
from cdisc_kit.standard import load_sdtmig

# Drug of the truth -> EXTRT.
DRUGS = {
    "atg": {"ATG": "ANTI-THYMOCYTE GLOBULIN (RABBIT)", "BAS": "BASILIXIMAB"},
    "capeox": {name: name for name in ("BEVACIZUMAB", "CAPECITABINE", "OXALIPLATIN")},
}
# Taken over many days: a record holds the dose of a day, not the sum.
DAILY = {"CAPECITABINE"}

pytestmark = pytest.mark.e2e


@pytest.fixture(
    scope="module", params=[pytest.param(s, marks=pytest.mark.xdist_group(f"build-{s}")) for s in STUDIES]
)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return generate(request.param, tmp_path_factory.getbasetemp(), seed=SEED)


def test_doses_equal_the_truth(study: Study) -> None:
    ex, ec = study.frame("EX"), study.frame("EC")
    given = ec[(ec["ECMOOD"] == "PERFORMED") & (ec["ECOCCUR"] == "Y")]
    for drug, name in DRUGS[study.spec.key].items():
        truth = study.truth["doses"][drug]
        records = truth.get("given", truth.get("received"))
        assert (ex["EXTRT"] == name).sum() == (given["ECTRT"] == name).sum() == records, drug
        if drug not in DAILY:
            doses = given[given["ECTRT"] == name]
            assert set(doses["ECDOSU"]) == {"mg"}
            assert doses["ECDOSE"].sum() == pytest.approx(truth.get("total_mg", truth.get("mg"))), drug
    assert set(DRUGS[study.spec.key]) == set(study.truth["doses"])


def test_every_subject_has_the_arm_and_the_first_dose_of_the_truth(study: Study) -> None:
    for row in study.frame("DM").itertuples():
        truth = study.truth["subjects"][row.SUBJID]
        assert (truth["arm"] or "") == row.ARMCD, row.SUBJID
        first = truth.get("first_dose_time") or truth["first_dose"] or ""
        assert first == row.RFXSTDTC, row.SUBJID
        assert (truth["death"] or "") == row.DTHDTC, row.SUBJID


def test_nothing_is_found_in_clean_data(study: Study) -> None:
    assert at_or_above(study.built.findings, "WARN") == []


def test_a_second_build_gives_the_same_values(study: Study) -> None:
    again = build(study.spec, study.raw)
    assert again.findings == study.built.findings
    assert list(again.datasets) == list(study.built.datasets)
    for name, dataset in study.built.datasets.items():
        assert again.datasets[name].variables == dataset.variables
        pd.testing.assert_frame_equal(again.datasets[name].frame, dataset.frame)


def test_required_and_expected_variables_are_there_and_required_ones_filled(study: Study) -> None:
    standard = load_sdtmig()
    for name, dataset in study.built.datasets.items():
        known = standard.dataset(name).variables
        listed = [v.name for v in dataset.variables]
        assert listed == list(dataset.frame.columns)
        assert {v.name for v in known.values() if v.core in ("Req", "Exp")} <= set(listed), name
        for variable in known.values():
            if variable.core == "Req":
                column = dataset.frame[variable.name]
                blank = column.isna() | (column.astype(str) == "")
                assert not blank.any(), f"{name}.{variable.name}: {blank.sum()} of {len(column)}"


def test_columns_hold_their_declared_types(study: Study) -> None:
    for name, dataset in study.built.datasets.items():
        for variable in dataset.variables:
            column = dataset.frame[variable.name]
            if variable.type == "Num":
                assert column.dtype == "float64", f"{name}.{variable.name}"
            else:
                assert set(map(type, column)) <= {str}, f"{name}.{variable.name}"


def test_every_subject_is_in_the_demographics(study: Study) -> None:
    people = study.frame("DM")["USUBJID"]
    assert people.is_unique
    for name, dataset in study.built.datasets.items():
        if "USUBJID" in dataset.frame and name != "RELREC":
            assert set(dataset.frame["USUBJID"]) <= set(people), name


def test_supplemental_qualifiers_point_to_one_record_each(study: Study) -> None:
    supplements = [name for name in study.built.datasets if name.startswith("SUPP")]
    assert supplements
    for name in supplements:
        frame, parent = study.frame(name), study.frame(name.removeprefix("SUPP"))
        assert not frame.duplicated(["USUBJID", "IDVAR", "IDVARVAL", "QNAM"]).any(), name
        assert not set(frame["QNAM"]) & set(parent.columns), name
        assert (frame["QVAL"] != "").all() and frame["QLABEL"].str.len().between(1, 40).all(), name
        assert (frame.groupby("QNAM")[["QLABEL", "QORIG"]].nunique() == 1).all(axis=None), name
        for idvar, rows in frame.groupby("IDVAR"):
            keys = pd.MultiIndex.from_frame(rows[["USUBJID", "IDVARVAL"]])
            values = parent[idvar].map(lambda number: f"{number:.0f}") if idvar else ""
            known = pd.MultiIndex.from_arrays([parent["USUBJID"], pd.Series(values, index=parent.index)])
            assert known.is_unique and keys.isin(known).all(), f"{name} {idvar}"


def test_related_datasets_share_their_links(study: Study) -> None:
    relations = study.frame("RELREC")
    for relid, ends in relations[relations["IDVARVAL"] == ""].groupby("RELID"):
        links = []
        for end in ends.itertuples():
            frame = study.frame(end.RDOMAIN)
            linked = frame[frame[end.IDVAR] != ""]
            if end.RELTYPE == "ONE":
                assert not linked.duplicated(["USUBJID", end.IDVAR]).any(), f"{relid} {end.RDOMAIN}"
            links.append(set(zip(linked["USUBJID"], linked[end.IDVAR], strict=True)))
        assert links[0] & links[1], relid
        assert links[0] <= links[1] or links[1] <= links[0], f"{relid}: links without a partner at both ends"


def test_every_record_knows_its_raw_record(study: Study) -> None:
    for name, dataset in study.built.datasets.items():
        lineage = dataset.lineage
        assert lineage is not None and len(lineage.block) == len(lineage.record) == len(dataset.frame), name
        for block, form in enumerate(lineage.forms):
            records = lineage.record[lineage.block == block]
            if form:
                assert form in study.spec.sources.forms
                assert (records >= 0).all(), f"{name} {form}"
