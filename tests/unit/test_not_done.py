"""What a form says was not done and yet fills in: a record has a result or a reason for none, never both."""

from __future__ import annotations

import pytest
from conftest import TinyStudy

from cdisc_kit.build.study import build_datasets
from cdisc_kit.dataset import Dataset
from cdisc_kit.locate import bundled
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.required import missing_required
from cdisc_kit.spec import load_study

HEADS = {
    "atg": {"SITENO": "01", "SUBJNO": "01001", "VISIT": "V6", "VISDT": "2025-10-05", "ROWNO": "1"},
    "capeox": {"SITEID": "01", "SUBJID": "B001", "EVENT": "C1D1", "EVENTDT": "2025-09-10", "REPEATKEY": "1"},
}
SCREENED = {
    "atg": {"ICFDT": "2025-09-04", "BRTHDT": "1970-05-05", "SEXZH": "男", "SCRRES": "入组"},
    "capeox": {"ICFDT": "2025-09-01", "BRTHYM": "1970-05", "SEX": "1", "SCRRES": "1"},
}
ANSWERED = [("1", "是"), ("", "是"), ("未查", "是"), ("未查", "否"), ("1", "否")]


def built(study: str, result: str, not_done: str) -> tuple[dict[str, Dataset], set[str]]:
    """Datasets and rules of a study where every form that asks is answered so."""
    spec = load_study(bundled("mappings") / study)
    rows = {spec.identity.form: [HEADS[study] | SCREENED[study]]}
    for form in spec.sources.forms.values():
        asked = {key: column.not_done for key, column in form.columns.items() if column.not_done}
        if asked:
            head = {key: value for key, value in HEADS[study].items() if key in form.columns}
            rows[form.name] = [head | dict.fromkeys(asked, result) | dict.fromkeys(asked.values(), not_done)]
    rows = {
        name: [
            {key: cell for key, cell in row.items() if key in spec.sources.forms[name].columns} for row in own
        ]
        for name, own in rows.items()
    }
    forms, findings = prepare_forms(spec, TinyStudy(spec.folder).tables(rows, spec))
    datasets = build_datasets(spec, forms).datasets
    return datasets, {finding.rule for finding in findings}


@pytest.mark.parametrize("study", sorted(HEADS))
@pytest.mark.parametrize(("result", "not_done"), ANSWERED)
def test_a_result_and_not_done_are_never_of_one_record(study: str, result: str, not_done: str) -> None:
    datasets, rules = built(study, result, not_done)
    seen = 0
    for name, dataset in datasets.items():
        frame = dataset.frame
        if not {f"{name}STAT", f"{name}ORRES"} <= set(frame):
            continue
        done, undone = frame[f"{name}ORRES"] != "", frame[f"{name}STAT"] == "NOT DONE"
        assert not (done & undone).any(), name
        asked = frame[done | undone]
        seen += len(asked)
        assert len(asked) == len(frame), f"{name}: a record says neither"
        assert done.all() if result == "1" else undone.all(), name
    assert seen >= 1
    assert ("ND-RESULT" in rules) == (result == "1" and not_done == "是")


def test_what_was_not_done_is_not_required() -> None:
    spec = load_study(bundled("mappings") / "atg")
    head = {"SITENO": "01", "SUBJNO": "01001"}
    asked = [
        head | {"VISIT": visit, "TACND": said} for visit, said in (("V5", "是"), ("V6", "否"), ("V7", ""))
    ]
    rows = {"A01": [head | SCREENED["atg"]], "A10": asked}
    forms, _ = prepare_forms(spec, TinyStudy(spec.folder).tables(rows, spec))
    missing = missing_required(spec.sources.forms["A10"], forms["A10"].table)
    assert [finding.source_row for finding in missing if finding.source_column == "TACRES"] == [3, 4]
