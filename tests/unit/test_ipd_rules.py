"""What the rules of a policy make of a dataset: folding, rounding, tiers, equal records, the day proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.errors import OutputError
from cdisc_kit.ipd.actions import nearest, numeric_or
from cdisc_kit.ipd.dayproof import day_proof, require_equal_days
from cdisc_kit.ipd.deidentify import Deidentified, deidentify
from cdisc_kit.ipd.folding import folded
from cdisc_kit.ipd.plan import Decision, Plan
from cdisc_kit.ipd.policy import Policy, load_policy
from cdisc_kit.ipd.pseudonym import Pseudonyms
from cdisc_kit.ipd.results import coarsened, is_band
from cdisc_kit.ipd.subjects import subjects_of
from cdisc_kit.locate import bundled
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.standard import load_sdtmig
from cdisc_kit.yamltext import Map

SUBJECTS = [f"S-{n}" for n in range(12)]
ATG = bundled("mappings") / "atg"


@pytest.fixture(scope="module")
def spec() -> StudySpec:
    return load_study(ATG)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ATG)


def dataset(name: str, rows: list[dict[str, object]], keys: tuple[str, ...] = ("USUBJID",)) -> Dataset:
    known = load_sdtmig().dataset(name)
    frame = pd.DataFrame(rows)
    variables = tuple(
        Variable(
            n, n, "Num" if pd.api.types.is_numeric_dtype(frame[n]) else "Char", iso8601=n.endswith("DTC")
        )
        for n in frame.columns
    )
    return Dataset(name, name, known.cls.upper(), "", keys, variables, frame)


def roster() -> Dataset:
    rows = [
        {"STUDYID": "S", "DOMAIN": "DM", "USUBJID": s, "SUBJID": s, "RFSTDTC": "2026-03-01", "RFICDTC": ""}
        | {"SITEID": "01", "SEX": "M", "AGE": 50.0, "ARMCD": "ATG", "ARM": "ATG", "ACTARMCD": "ATG"}
        | {"ACTARM": "ATG", "COUNTRY": "CHN"}
        for s in SUBJECTS
    ]
    return dataset("DM", rows)


def released(spec: StudySpec, policy: Policy, *others: Dataset, tier: str = "T2") -> Deidentified:
    datasets = {d.name: d for d in (roster(), *others)}
    levels = {quasi.name: "drop" for quasi in policy.quasi_identifiers}
    gate = policy.tiers[tier]
    subjects = subjects_of(datasets)
    plan = Plan(spec, policy.for_tier(tier), gate, levels, Pseudonyms(b"k" * 32), subjects)
    return deidentify(datasets, plan)


def event(subject: str, term: str, body: str, day: int = 2, **more: object) -> dict[str, object]:
    first = {"STUDYID": "S", "DOMAIN": "AE", "USUBJID": subject, "AESEQ": 1.0, "AETERM": f"verbatim {term}"}
    date = str(np.datetime64("2026-03-01") + np.timedelta64(day - 1, "D"))
    coded = {"AEDECOD": term, "AEBODSYS": body, "AESOC": body, "AESTDTC": date, "AESTDY": float(day)}
    return {**first, **coded, **more}


class TestTerms:
    def test_a_folded_term_takes_its_verbatim_text_along(self, spec: StudySpec, policy: Policy) -> None:
        rows = [event(s, "Nausea", "Gut") for s in SUBJECTS[:6]] + [event(SUBJECTS[7], "GVHD", "Immune")]
        frame = released(spec, policy, dataset("AE", rows)).datasets["AE"].frame
        assert not frame["AETERM"].str.contains("verbatim").any()
        assert (frame["AETERM"] == frame["AEDECOD"]).all()
        assert "GVHD" not in frame.to_numpy().astype(str)

    def test_records_that_became_equal_stand_once(self, spec: StudySpec, policy: Policy) -> None:
        rare = [event(SUBJECTS[0], term, "Immune", AESEQ=n) for n, term in enumerate(("GVHD", "PTLD"), 1)]
        rows = [event(s, "Nausea", "Gut") for s in SUBJECTS[1:7]] + rare
        made = released(spec, policy, dataset("AE", rows))
        assert len(made.datasets["AE"].frame) == 7
        assert len(made.origins["AE"]) == 7

    def test_an_event_that_did_not_occur_counts_for_no_term(self, spec: StudySpec, policy: Policy) -> None:
        def asked(subject: str, occurred: str) -> dict[str, object]:
            first = {"STUDYID": "S", "DOMAIN": "MH", "USUBJID": subject, "MHSEQ": 1.0, "MHTERM": "bleeding"}
            return first | {"MHDECOD": "Bleeding", "MHBODSYS": "Gut", "MHSOC": "Gut", "MHOCCUR": occurred}

        rows = [asked(s, "Y" if s in SUBJECTS[:2] else "N") for s in SUBJECTS]
        frame = released(spec, policy, dataset("MH", rows)).datasets["MH"].frame
        assert set(frame["MHTERM"]) == {"OTHER"}
        assert list(frame["MHOCCUR"]) == ["Y", "Y"]

    def test_what_no_rule_names_does_not_leave(self, spec: StudySpec, policy: Policy) -> None:
        rows = [event(s, "Nausea", "Gut", AEXNEW="张三", AESPID="AE-1") for s in SUBJECTS]
        made = released(spec, policy, dataset("AE", rows))
        assert not {"AEXNEW", "AESPID"} & set(made.datasets["AE"].frame)
        assert {d.reason for d in made.decisions if d.variable == "AEXNEW"} == {"no rule keeps it"}


class TestNumbers:
    def test_text_among_results_becomes_other(self) -> None:
        column = pd.Series(["1.5", "<5", "", "see letter", "POSITIVE"], dtype=object)
        assert list(numeric_or(column, ["POSITIVE"])) == ["1.5", "<5", "", "OTHER", "POSITIVE"]

    def test_a_unit_without_a_step_keeps_no_number(self) -> None:
        doses = pd.Series([57.0, 1.02, 3.0])
        assert list(nearest(doses, pd.Series([5.0, 0.5, np.nan])).fillna(-1)) == [55.0, 1.0, -1.0]

    def test_a_band_of_the_policy_is_a_result_and_another_range_is_text(self) -> None:
        results = Map({"bands": Map({"LDIAM": "10", "SUMDIAM": "20"}), "reason": "r"})
        bands = ["1-9", "10-19", "120-139", "20-39"]
        assert [text for text in bands if not is_band(text, results)] == []
        assert [text for text in ("12-19", "2026-03", "10-29", "7-12", "10") if is_band(text, results)] == []

    def test_bands_digits_and_bounds_of_results(self) -> None:
        frame = pd.DataFrame({"TRTESTCD": ["LDIAM"] * 4 + ["AFP"], "TRSTRESN": [0.0, 5, 10, 19, 1234]})
        frame["TRSTRESC"] = frame["TRSTRESN"].map("{:.0f}".format).astype(object)
        banded = coarsened("TR", frame, Map({"bands": Map({"LDIAM": "10"}), "reason": "r"}), [])
        assert list(banded["TRSTRESC"]) == ["0", "1-9", "10-19", "10-19", "1234"]
        assert list(banded["TRSTRESN"].isna()) == [False, True, True, True, False]
        top = Map({"digits": "1", "top": Map({"AFP": "400"}), "reason": "r"})
        told: list[Decision] = []
        assert list(coarsened("TR", frame, top, told)["TRSTRESC"]) == ["0", "5", "10", "20", ">400"]
        assert {(d.variable, d.rule): d.rows for d in told} == {
            ("TRSTRESN", "digits: 1"): 2,
            ("TRSTRESC", "digits: 1"): 2,
            ("TRSTRESN of AFP", "top: 400"): 1,
            ("TRSTRESC of AFP", "top: 400"): 1,
        }

    def test_each_column_of_a_fold_is_told_with_its_own_number(self) -> None:
        rows = [(f"S{n}", "Nausea" if n < 8 else "Ileus", "Gut") for n in range(10)]
        frame = pd.DataFrame(rows, columns=["USUBJID", "AEDECOD", "AEBODSYS"])
        told: list[Decision] = []
        folded("AE", frame, ("AEDECOD", "AEBODSYS"), 5, told)
        assert {d.variable: d.rows for d in told} == {"AEDECOD": 10, "AEBODSYS": 10}, (
            "two leave eight: all fold"
        )


class TestTiers:
    def test_a_tier_leaves_out_what_another_releases(self, policy: Policy) -> None:
        assert policy.for_tier("T1").datasets["DD"].drop is not None
        assert policy.for_tier("T2").datasets["DD"].drop is None

    def test_a_rule_of_the_tier_comes_first_and_the_others_stay(self, policy: Policy) -> None:
        general, public = policy.datasets["PR"], policy.for_tier("T1").datasets["PR"]
        assert "PRCAT" not in general.variables
        assert public.variables["PRCAT"].action == "fold"
        assert public.variables["PRINDC"] == general.variables["PRINDC"]


class TestDayProof:
    def made(self, spec: StudySpec, policy: Policy) -> tuple[dict[str, Dataset], Deidentified]:
        rows = [event(s, "Nausea", "Gut", day) for day, s in enumerate(SUBJECTS, 1)]
        rows[0] |= {"AESTDTC": "2026-02-28", "AESTDY": -1.0}
        rows[1] |= {"AESTDTC": "2026-03", "AESTDY": np.nan}
        events = dataset("AE", rows)
        return {"DM": roster(), "AE": events}, released(spec, policy, events)

    def test_every_day_follows_from_the_released_dates(self, spec: StudySpec, policy: Policy) -> None:
        before, made = self.made(spec, policy)
        (proof,) = day_proof(before, made.datasets, made.origins)
        assert (proof.variable, proof.rows, proof.holds) == ("AE.AESTDY", 11, True)

    def test_one_day_off_stops_the_release(self, spec: StudySpec, policy: Policy) -> None:
        before, made = self.made(spec, policy)
        events = made.datasets["AE"]
        frame = events.frame.assign(AESTDY=events.frame["AESTDY"].where(events.frame["AESTDY"] != 5, 6.0))
        moved = {**made.datasets, "AE": replace(events, frame=frame)}
        (proof,) = day_proof(before, moved, made.origins)
        assert (proof.wrong, proof.moved) == (1, 0)
        with pytest.raises(OutputError, match=r"AE\.AESTDY"):
            require_equal_days((proof,))


def test_a_misspelt_action_is_a_problem_of_the_policy(tmp_path: Path) -> None:
    text = (ATG / "ipd.yaml").read_text(encoding="utf-8")
    (tmp_path / "ipd.yaml").write_text(text.replace("CO: {drop:", "CO: {dorp:"), encoding="utf-8")
    with pytest.raises(Exception, match="dorp"):
        load_policy(tmp_path)
