"""The releases of both studies' demonstration data: fit for use, conformant, and the outcomes stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cdisc_kit import pipeline
from cdisc_kit.check import check_folder
from cdisc_kit.dataset import Dataset
from cdisc_kit.definexml import STYLESHEET
from cdisc_kit.ipd.included import included
from cdisc_kit.ipd.key import DEMO_KEY
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.locate import bundled
from cdisc_kit.outcomes.compute import compute_outcomes
from cdisc_kit.outcomes.declaration import read_outcomes
from cdisc_kit.sharing.datafiles import transport_files
from cdisc_kit.sharing.described import define_of, described
from cdisc_kit.sharing.release import Release, make_release
from cdisc_kit.sharing.request import review_request
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.synth import DEMO_SEED
from cdisc_kit.synth.run import write_synthetic

# One worker builds the releases of a study for all its tests.
STUDIES = [pytest.param(s, marks=pytest.mark.xdist_group(f"release-{s}")) for s in ("atg", "capeox")]
BOTH = [pytest.param(*s.values, tier, marks=s.marks) for s in STUDIES for tier in ("T1", "T2")]
_PUBLIC = ("TSVCDVER", "TIVERS")
# Dates of the data lie around the fictitious day 1; any date of the study's own years is a leak.
_REAL = re.compile(r"20[12]\d-\d\d")


@dataclass(frozen=True)
class Built:
    spec: StudySpec
    datasets: Mapping[str, Dataset]


@cache
def built(study: str, folder: Path) -> Built:
    write_synthetic(study, folder / study, seed=DEMO_SEED)
    spec = load_study(bundled("mappings") / study)
    return Built(spec, pipeline.build(spec, folder / study, "ascii").english)


@cache
def release(study: str, tier: str, folder: Path) -> Release:
    made = built(study, folder)
    policy = load_policy(made.spec.folder)
    return make_release(made.spec, policy, made.datasets, review_request(tier), DEMO_KEY, synthetic=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("release")


@pytest.mark.parametrize(("study", "tier"), BOTH)
def test_the_gate_of_the_tier_is_passed(study: str, tier: str, folder: Path) -> None:
    made = release(study, tier, folder)
    assert made.after.k >= made.plan.tier.k
    assert made.after.maximum <= made.plan.tier.max_risk


@pytest.mark.parametrize(("study", "tier"), BOTH)
def test_released_datasets_conform(study: str, tier: str, folder: Path, tmp_path: Path) -> None:
    made = release(study, tier, folder)
    datasets = described(made)
    place = tmp_path / "sdtm" / "xpt"
    place.mkdir(parents=True)
    for name, content in transport_files(datasets).items():
        (place / name).write_bytes(content)
    (tmp_path / "define.xml").write_bytes(define_of(made, datasets))
    (tmp_path / STYLESHEET).write_bytes(b"<xsl/>")
    found = check_folder(place, define=tmp_path / "define.xml").findings
    assert [f.one_line() for f in found] == []


@pytest.mark.parametrize(("study", "tier"), BOTH)
def test_nothing_released_tells_a_fact_that_is_withheld(study: str, tier: str, folder: Path) -> None:
    made = release(study, tier, folder)
    levels, data = made.plan.levels, {name: d.frame for name, d in made.datasets.items()}
    assert set(data["DM"]["ARMNRS"]) == {""}, "who was never treated is seen at once"
    if levels["SEX"] != "keep":
        assert set(data["LB"]["LBNRIND"]) == {""}, "the ranges of haemoglobin and creatinine differ by sex"
        assert "LBCLSIG" not in data["LB"], "asked of what lies outside of them"
        assert "Anemia" not in set(data["LB"].get("LBTOX", ()))
        assert "HEIGHT" not in set(data["VS"]["VSTESTCD"])
    if levels["AGE"] != "keep":
        assert "CREATCLR" not in set(data["LB"]["LBTESTCD"]), "computed from age"
    if levels.get("ETIOLOGY", "keep") != "keep":
        assert "MB" not in data
        assert "CHRONIC HEPATITIS B" not in set(data["CM"]["CMINDC"])


@pytest.mark.xdist_group("release-capeox")
def test_bands_of_diameters_reach_the_public_release(folder: Path) -> None:
    results = release("capeox", "T1", folder).datasets["TR"].frame
    assert {"10-19", "20-29"} <= set(results.loc[results["TRTESTCD"] == "LDIAM", "TRSTRESC"])
    assert "OTHER" not in set(results["TRORRES"])


@pytest.mark.parametrize("study", STUDIES)
def test_outcomes_of_the_controlled_release_are_those_of_the_study(study: str, folder: Path) -> None:
    made, whole = release(study, "T2", folder), built(study, folder)
    assert figures(made.spec, made.datasets) == figures(whole.spec, whole.datasets)


def figures(spec: StudySpec, datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    """Outcome -> its numbers, without the records that carry them."""
    declared = read_outcomes(spec.folder / "outcomes.yaml", "outcomes.yaml")
    parameters = {str(name): str(entry["value"]) for name, entry in spec.study["parameters"].items()}
    found = compute_outcomes({name: data.frame for name, data in datasets.items()}, declared, parameters)
    return {name: {k: v for k, v in result.items() if k != "records"} for name, result in found.items()}


@pytest.mark.parametrize(("study", "tier"), BOTH)
def test_every_study_day_is_the_original_one(study: str, tier: str, folder: Path) -> None:
    proofs = release(study, tier, folder).days
    assert sum(proof.rows for proof in proofs) > 5000
    assert all(proof.holds for proof in proofs)


@pytest.mark.parametrize(("study", "tier"), BOTH)
def test_nothing_of_the_original_identifiers_or_dates_is_left(study: str, tier: str, folder: Path) -> None:
    made, whole = release(study, tier, folder), built(study, folder)
    roster = whole.datasets["DM"].frame
    old = set(roster["USUBJID"]) | set(roster["SUBJID"])
    for name, dataset in made.datasets.items():
        # versions of terminologies are dates, and that of the criteria is the day of the public registration
        names = [v.name for v in dataset.variables if v.type == "Char" and v.name not in _PUBLIC]
        texts = {str(value) for variable in names for value in dataset.frame[variable]}
        assert not old & texts, name
        assert not [text for text in texts if _REAL.search(text)], name


@pytest.mark.parametrize(("study", "tier"), BOTH)
def test_pointers_lead_to_released_records(study: str, tier: str, folder: Path) -> None:
    datasets = release(study, tier, folder).datasets
    for name in [n for n in datasets if n.startswith("SUPP") or n == "RELREC"]:
        frame = datasets[name].frame
        of_record = frame[frame["IDVAR"].str.endswith("SEQ")]
        for domain, rows in of_record.groupby("RDOMAIN"):
            parent = datasets[str(domain)].frame
            numbers = parent[f"{domain}SEQ"].map("{:.0f}".format)
            there = set(zip(parent["USUBJID"], numbers, strict=True))
            assert set(zip(rows["USUBJID"], rows["IDVARVAL"], strict=True)) <= there, (name, domain)


@pytest.mark.xdist_group("release-capeox")
@pytest.mark.parametrize(
    ("left", "name", "right", "other"),
    [("TR", "TRLNKID", "TU", "TULNKID"), ("RS", "RSLNKGRP", "TR", "TRLNKGRP")],
)
def test_links_of_tumours_join_as_before(left: str, name: str, right: str, other: str, folder: Path) -> None:
    def joined(datasets: Mapping[str, Dataset]) -> int:
        one = datasets[left].frame.rename(columns={name: "link"})[["USUBJID", "link"]]
        two = datasets[right].frame.rename(columns={other: "link"})[["USUBJID", "link"]].drop_duplicates()
        return len(one[one["link"] != ""].merge(two))

    made = release("capeox", "T2", folder)
    of_released, *_ = included(built("capeox", folder).datasets, made.policy)
    assert joined(made.datasets) == joined(of_released) > 0


@pytest.mark.parametrize("study", STUDIES)
def test_drugs_of_the_protocol_keep_their_names(study: str, folder: Path) -> None:
    exposure = release(study, "T2", folder).datasets["EX"].frame
    assert set(exposure["EXTRT"]) == set(built(study, folder).datasets["EX"].frame["EXTRT"])
    assert (exposure["EXDOSE"] > 0).all()


@pytest.mark.xdist_group("release-capeox")
def test_the_same_key_gives_the_same_release(folder: Path) -> None:
    made, whole = release("capeox", "T2", folder), built("capeox", folder)
    policy = load_policy(whole.spec.folder)
    again = make_release(whole.spec, policy, whole.datasets, review_request("T2"), DEMO_KEY, synthetic=True)
    assert transport_files(again.datasets) == transport_files(made.datasets)
