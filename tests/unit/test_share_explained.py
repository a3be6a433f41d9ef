"""The explanations of a policy: one list for all tiers, reasons taken over from the study's own package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdisc_kit.errors import SpecError
from cdisc_kit.explanations import DefineTexts, read_define_texts
from cdisc_kit.ipd.policy import Policy, load_policy
from cdisc_kit.locate import bundled
from cdisc_kit.sharing.explained import as_file, explanations

ENTRIES = """
explanations:
  - {rule: CORE-000160, dataset: CM, variable: CMTRT, reason: folded}
  - {rule: CORE-000701, dataset: CM, variable: EPOCH, tiers: [T2]}
"""
OWN = """
explanations:
  - {rule: CORE-000701, dataset: CM, variable: EPOCH, count: "12", reason: before consent, evidence: the form}
"""


def policy(folder: Path) -> Policy:
    """That of a study with the explanations above in place of its own."""
    text = (bundled("mappings") / "atg" / "ipd.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^explanations:\n(?:[ #].*\n)*", "", text, flags=re.MULTILINE)
    (folder / "ipd.yaml").write_text(text + ENTRIES, encoding="utf-8")
    return load_policy(folder)


def own(folder: Path, text: str = OWN) -> DefineTexts:
    (folder / "tiny.yaml").write_text(text, encoding="utf-8")
    return read_define_texts(folder, "tiny")


def test_a_tier_has_the_entries_that_name_it_or_none(tmp_path: Path) -> None:
    found = {tier: explanations(policy(tmp_path), tier, own(tmp_path)) for tier in ("T1", "T2")}
    assert [one.where for one in found["T1"]] == ["CORE-000160 CM CMTRT"]
    assert [one.where for one in found["T2"]] == ["CORE-000160 CM CMTRT", "CORE-000701 CM EPOCH"]


def test_a_reason_left_out_is_that_of_the_study(tmp_path: Path) -> None:
    reasons = [one.reason for one in explanations(policy(tmp_path), "T2", own(tmp_path))]
    assert reasons == ["folded", "before consent"]


def test_no_reason_anywhere_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        explanations(policy(tmp_path), "T2", own(tmp_path, "comments: []\n"))
    (problem,) = caught.value.problems
    assert re.search(r"ipd\.yaml:\d+ CORE-000701 CM EPOCH: give a reason", problem)
    line = int(problem.split(":")[1].split()[0])
    assert "CORE-000701" in (tmp_path / "ipd.yaml").read_text(encoding="utf-8").splitlines()[line - 1]


def test_check_reads_the_file(tmp_path: Path) -> None:
    found = explanations(policy(tmp_path), "T2", own(tmp_path))
    (tmp_path / "explanations.yaml").write_bytes(as_file(found))
    read = read_define_texts(tmp_path, "explanations").explanations
    assert [(one.target, one.count, one.reason, one.action) for one in read] == [
        (one.target, one.count, one.reason, one.action) for one in found
    ]
    assert [one.evidence for one in read] == [one.place for one in found]


@pytest.mark.parametrize("tier", ["T1", "T2"])
@pytest.mark.parametrize("study", ["atg", "capeox"])
def test_every_entry_of_the_bundled_policies_has_a_reason(study: str, tier: str) -> None:
    texts = read_define_texts(bundled("define"), study)
    found = explanations(load_policy(bundled("mappings") / study), tier, texts)
    assert len({one.target for one in found}) == len(found) > 10
    assert all(one.reason for one in found)
