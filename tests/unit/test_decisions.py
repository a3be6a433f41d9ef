"""Decisions about findings: read with located problems, applied exactly, stale when they no longer fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdisc_kit.decisions import Decision, read_decisions, settle
from cdisc_kit.errors import InputError, SpecError
from cdisc_kit.findings import Finding

ENTRY = """\
decisions:
  - rule: CORE-000718
    dataset: AE
    variable: AESTDTC, AEENDTC
    {more}
    decision: {action}
    reason: as recorded by the site
    who: A. Reviewer
    when: {when}
"""


def written(folder: Path, more: str = "count: 2", action: str = "document", when: str = "2026-11-02") -> Path:
    path = folder / "decisions.yaml"
    path.write_text(ENTRY.format(more=more, action=action, when=when), encoding="utf-8")
    return path


def found(row: int, rule: str = "R", variable: str = "V", subject: str = "") -> Finding:
    return Finding(
        rule, "ERROR", "m", dataset="AE", variable=variable, row=row, usubjid=subject, seq=str(row)
    )


def decided(action: str, count: int = 0, record: int = 0, **more: str) -> Decision:
    return Decision("R", "AE", "V", action, "why", count=count, record=record, file="d.yaml", line=3, **more)


def standing(findings: list[Finding], decisions: list[Decision]) -> tuple[list[int], list[str]]:
    """Rows of the findings that stand, and what is said of decisions that do not fit."""
    settled, stale = settle(findings, decisions, lambda rule: True)
    assert [one.finding for one in settled] == findings
    return [one.finding.row for one in settled if one.stands], [one.reason for one in stale]


class TestReading:
    def test_an_entry_is_read_with_its_place(self, tmp_path: Path) -> None:
        (decision,) = read_decisions(written(tmp_path))
        assert decision == Decision(
            *("CORE-000718", "AE", "AESTDTC, AEENDTC", "document", "as recorded by the site"),
            who="A. Reviewer",
            when="2026-11-02",
            count=2,
            file="decisions.yaml",
            line=2,
        )

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (
                {"action": "ignore"},
                "decisions.yaml:6 decisions.0.decision: 'ignore' is none of fix, document",
            ),
            (
                {"when": "02.11.2026"},
                "decisions.yaml:9 decisions.0.when: '02.11.2026' does not have the form",
            ),
            ({"when": "2026-02-30"}, "decisions.yaml:9 when: '2026-02-30' is no date of the calendar"),
            ({"more": "count: none"}, "decisions.yaml:5 decisions.0.count: 'none' does not have the form"),
            ({"more": "subject: S-1"}, "decisions.yaml:5 decisions.0: unknown key 'subject'"),
        ],
    )
    def test_a_mistake_is_named_with_its_line(
        self, tmp_path: Path, change: dict[str, str], problem: str
    ) -> None:
        with pytest.raises(SpecError) as raised:
            read_decisions(written(tmp_path, **change))
        assert [text for text in raised.value.problems if text.startswith(problem)], raised.value.problems

    def test_a_missing_key_and_a_missing_file(self, tmp_path: Path) -> None:
        path = tmp_path / "d.yaml"
        path.write_text("decisions:\n  - {rule: R, dataset: AE, variable: V}\n", encoding="utf-8")
        with pytest.raises(SpecError, match="'who' is missing"):
            read_decisions(path)
        with pytest.raises(InputError, match="no such file"):
            read_decisions(tmp_path / "gone.yaml")


class TestSettling:
    def test_nothing_decided_all_stand(self) -> None:
        assert standing([found(1), found(2)], []) == ([1, 2], [])

    @pytest.mark.parametrize("action", ["document", "waive"])
    def test_what_is_accepted_stands_apart(self, action: str) -> None:
        findings = [found(1), found(2), found(3, variable="W"), found(4, rule="Q")]
        assert standing(findings, [decided(action)]) == ([3, 4], [])
        assert standing(findings, [decided(action, count=2)]) == ([3, 4], [])

    def test_a_fix_still_stands_and_is_done_when_nothing_is_left(self) -> None:
        assert standing([found(1)], [decided("fix")]) == ([1], [])
        assert standing([], [decided("fix")]) == ([], [])

    def test_another_count_is_stale_and_accepts_nothing(self) -> None:
        for count in (1, 3):
            rows, stale = standing([found(1), found(2)], [decided("waive", count=count)])
            assert (rows, stale) == ([1, 2], [f"decided for {count} finding(s), there are 2"])

    def test_nothing_found_is_stale(self) -> None:
        assert standing([found(1, rule="Q")], [decided("waive")]) == (
            [1],
            ["stale: there is no such finding"],
        )

    def test_the_narrowest_target_applies_and_takes_its_finding_from_the_wider(self) -> None:
        decisions = [decided("waive", count=2), decided("fix", record=2)]
        assert standing([found(1), found(2), found(3)], decisions) == ([2], [])

    def test_a_subject_and_its_record(self) -> None:
        findings = [found(1, subject="S-1"), found(2, subject="S-2"), found(3, subject="S-2")]
        assert standing(findings, [decided("waive", usubjid="S-2")]) == ([1], [])
        assert standing(findings, [decided("waive", usubjid="S-2", seq="3")]) == ([1, 2], [])

    def test_two_reasons_for_one_target_share_its_count(self) -> None:
        decisions = [decided("document", count=1), decided("document", count=2)]
        assert standing([found(1), found(2), found(3)], decisions) == ([], [])

    def test_two_actions_for_one_target_contradict(self) -> None:
        decisions = [decided("document"), decided("fix")]
        assert standing([found(1)], decisions) == ([1], ["decided document and fix at once"])

    def test_a_rule_that_did_not_run_leaves_its_decision_alone(self) -> None:
        settled, stale = settle([], [decided("waive")], lambda rule: False)
        assert (settled, stale) == ([], [])
