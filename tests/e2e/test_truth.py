"""Clean data of several seeds against the generator's truth, worked out from the simulated subjects."""

from __future__ import annotations

import pytest
from generated import SEED, STUDIES, Study, generate, outcome_in_words_of_truth

from cdisc_kit.findings import at_or_above
from cdisc_kit.outcomes import compute_outcomes, read_outcomes

# None is the demonstration's.
SEEDS = (SEED, 20250228, 987654321)
# A parameter of the trial design (tumour assessments of a subject) that the truth keeps beside the outcomes.
NO_OUTCOME = {"TDNUMRPT"}

pytestmark = pytest.mark.e2e


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((study, seed), id=f"{study}-{seed}", marks=pytest.mark.xdist_group(f"build-{study}"))
        for study in STUDIES
        for seed in SEEDS
    ],
)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    name, seed = request.param
    return generate(name, tmp_path_factory.getbasetemp(), seed=seed)


def test_every_registered_outcome_equals_the_truth(study: Study) -> None:
    declared = read_outcomes(study.spec.folder / "outcomes.yaml", "outcomes.yaml")
    frames = {name: dataset.frame for name, dataset in study.built.english.items()}
    parameters = {name: parameter.value for name, parameter in study.spec.parameters.items()}
    found: dict[str, object] = {}
    for name, result in compute_outcomes(frames, declared, parameters).items():
        found |= outcome_in_words_of_truth(name, result)
    assert found == {name: value for name, value in study.truth["outcomes"].items() if name not in NO_OUTCOME}


def test_every_dataset_has_as_many_records_as_the_truth(study: Study) -> None:
    counted = study.truth["counts"]
    assert {"DM", "AE", "EX", "EC", "DS", "SE", "SV"} <= set(counted) and len(counted) >= 25
    assert counted == {name: len(study.frame(name)) for name in counted}


def test_nothing_is_found(study: Study) -> None:
    assert at_or_above(study.built.findings, "WARN") == []


def test_every_cell_is_accounted_for(study: Study) -> None:
    cells = study.built.ledger.totals["cells"]
    assert cells["open"] == 0 and cells["total"] > 50_000
