"""The parts around CDISC's rules engine that need no engine: its cache, its answers, our report."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cdisc_kit.checked import Unjudged
from cdisc_kit.core_engine import (
    CACHE_VARIABLE,
    CoreIssue,
    CoreResult,
    as_findings,
    run_core,
)
from cdisc_kit.core_engine.result import reference_of
from cdisc_kit.core_engine.rules_cache import (
    locate_cache,
    open_cache,
    published_ct_packages,
    read_cache_file,
    user_cache_folder,
)
from cdisc_kit.core_engine.verdict import read_verdict
from cdisc_kit.errors import InputError
from cdisc_kit.findings import Finding

RULE = {"core_id": "CORE-000001", "rule_type": "Record Data"}


def failure(error: str, message: object, status: str = "skipped") -> dict[str, object]:
    return {
        "executionStatus": status,
        "dataset": "AE",
        "variables": [],
        "message": "",
        "errors": [{"dataset": "AE", "error": error, "message": message}],
    }


def raised(entries: list[dict[str, object]], variables: list[str], dataset: str = "AE") -> dict[str, object]:
    return {
        "executionStatus": "issue reported",
        "dataset": dataset,
        "variables": variables,
        "message": "AESTDTC is after AEENDTC",
        "errors": entries,
    }


class TestVerdict:
    def test_an_issue_is_located_and_its_values_are_joined(self) -> None:
        entry = {
            "value": {"AEENDTC": None, "AESTDTC": "2024-01-02", "$day": 3.0, "AEDOSE": 1.5},
            "dataset": "AE",
            "row": 7,
            "USUBJID": "S-1",
            "SEQ": 2,
        }
        verdict = read_verdict(RULE, {"AE": [raised([entry], ["AESTDTC", "$day", "AEENDTC", "AEDOSE"])]})
        assert verdict.judged
        assert verdict.issues == (
            CoreIssue(
                rule="CORE-000001",
                dataset="AE",
                row=7,
                variables=("AESTDTC", "AEENDTC", "AEDOSE"),
                value="AESTDTC=2024-01-02; $day=3; AEENDTC=; AEDOSE=1.5",
                message="AESTDTC is after AEENDTC",
                usubjid="S-1",
                seq="2",
            ),
        )

    def test_a_rule_about_variables_names_the_variable_and_no_record(self) -> None:
        rule = {"core_id": "CORE-000002", "rule_type": "Variable Metadata Check"}
        entry = {"value": {"variable_name": "AETERM", "variable_size": 201}, "dataset": "AE", "row": 5}
        (issue,) = read_verdict(rule, {"AE": [raised([entry], ["variable_name", "variable_size"])]}).issues
        assert (issue.variables, issue.row) == (("AETERM",), 0)
        assert issue.value == "variable_name=AETERM; variable_size=201"

    def test_a_rule_about_the_package_has_no_dataset(self) -> None:
        rule = {"core_id": "CORE-000003", "rule_type": "Domain Presence Check"}
        entry = {"value": {"AE": "ae.xpt"}, "dataset": "STUDY", "row": ""}
        (issue,) = read_verdict(rule, {"AE": [raised([entry], ["AE"], "STUDY")]}).issues
        assert (issue.dataset, issue.row) == ("", 0)

    def test_lists_are_sorted_unless_their_order_is_the_point(self) -> None:
        rule = RULE | {
            "operations": [
                {"id": "$order", "operator": "get_column_order_from_dataset"},
                {"id": "$terms", "operator": "distinct"},
            ]
        }
        entry = {"value": {"$order": ["B", "A"], "$terms": ["B", "A"]}, "dataset": "AE"}
        (issue,) = read_verdict(rule, {"AE": [raised([entry], ["$order", "$terms"])]}).issues
        assert issue.value == "$order=B, A; $terms=A, B"

    @pytest.mark.parametrize(
        ("error", "message", "reason"),
        [
            ("Column not found in data", "EPOCH", "no variable EPOCH"),
            ("Column not found in data", "['B'] not in index, ['A'] not in index", "no variable A, B"),
            (
                "Column not found in data",
                "None of [Index(['AETPTNUM', 'AETPT'], dtype='str')] are in the [columns]",
                "no variable AETPT, AETPTNUM",
            ),
            ("Column not found in data", "RELREC.FAOBJ", "no variable RELREC.FAOBJ"),
            ("Domain not found", "Failed. Domain DD does not exist. Operation: x", "no dataset DD"),
            ("Empty dataset", "whatever", "no record is left after the rule's own selection"),
        ],
    )
    def test_ordinary_skips(self, error: str, message: str, reason: str) -> None:
        verdict = read_verdict(RULE, {"AE": [failure(error, message)]})
        assert verdict.skipped == (Unjudged("CORE-000001", "AE", reason),)
        assert (verdict.judged, verdict.errors, verdict.issues) == (False, (), ())

    @pytest.mark.parametrize(
        ("container", "reason"),
        [
            (failure("Column not found in data", "$result_of_an_operation"), "$result_of_an_operation"),
            (failure("Schema validation is off", "xsd"), "Schema validation is off: xsd"),
            (failure("An unknown exception has occurred", "boom", "execution error"), "exception"),
            (failure("Schema error", "in line 2", "success"), "Schema error: in line 2"),
            ("a bare message", "a bare message"),
        ],
    )
    def test_everything_else_is_an_error(self, container: object, reason: str) -> None:
        verdict = read_verdict(RULE, {"AE": [container]})
        assert verdict.skipped == ()
        (error,) = verdict.errors
        assert reason in error.reason
        assert (error.rule, error.dataset) == ("CORE-000001", "AE")

    def test_a_dataset_outside_the_scope_leaves_no_trace(self) -> None:
        verdict = read_verdict(RULE, {"AE": [failure("Outside scope", "not for AE")]})
        assert (verdict.judged, verdict.issues, verdict.skipped, verdict.errors) == (False, (), (), ())


class TestReport:
    result = CoreResult(
        engine_version="0.17.1",
        ct_packages=("sdtmct-2025-03-28",),
        judged=("CORE-000001",),
        issues=tuple(
            CoreIssue(
                "CORE-000001", "AE", row, ("AESTDTC", "AEENDTC"), "AESTDTC=1", "message", "S-1", str(row)
            )
            for row in (1, 2)
        ),
        skipped=(Unjudged("CORE-000002", "AE", "no variable EPOCH"),),
        errors=(Unjudged("CORE-000003", "DM", "boom"),),
        not_applicable=("CORE-000004",),
    )

    def test_issues_are_findings(self) -> None:
        first, _ = as_findings(self.result)
        assert first == Finding(
            "CORE-000001",
            "ERROR",
            "message",
            dataset="AE",
            variable="AESTDTC, AEENDTC",
            row=1,
            usubjid="S-1",
            seq="1",
            value="AESTDTC=1",
        )

    def test_references_are_those_of_the_sdtmig_alone(self) -> None:
        def cited(guide: str, *ids: str) -> dict[str, object]:
            return {"Name": guide, "References": [{"Rule_Identifier": {"Id": name}} for name in ids]}

        authorities = [
            {"Organization": "FDA", "Standards": [cited("SDTMIG", "FB2", "FB1"), cited("SENDIG", "S1")]},
            {"Organization": "CDISC", "Standards": [cited("SDTMIG", "CG1"), cited("SDTMIG", "CG1")]},
        ]
        assert reference_of({"authorities": authorities}) == "CDISC CG1, FDA FB1, FDA FB2"
        assert reference_of({}) == ""


def cache_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("rules.pkl", "rules_dictionary.pkl", "sdtmct-2025-03-28.pkl"):
        (folder / name).write_bytes(pickle.dumps({"name": name}))
    (folder / "published_ct_packages.txt").write_text("sdtmct-2024-03-29\n", encoding="utf-8")
    return folder


def archive_of(folder: Path, archive: Path, prefix: str = "core") -> Path:
    with tarfile.open(archive, "w:xz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, arcname=f"{prefix}/{path.name}")
    return archive


class TestCache:
    def test_without_one_the_error_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(CACHE_VARIABLE, raising=False)
        with pytest.raises(InputError, match=r"Set CDISC_KIT_CORE_CACHE to a folder .* or to a \.tar\.xz"):
            locate_cache()

    def test_the_environment_names_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
        assert locate_cache() == tmp_path
        assert locate_cache(Path(__file__)) == Path(__file__)
        monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "gone"))
        with pytest.raises(InputError, match=r"gone: no such cache"):
            locate_cache()

    def test_a_folder_without_rules_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"holds no rules\.pkl"):
            open_cache(tmp_path)

    def test_an_archive_is_unpacked_once_per_content(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cdisc_kit.core_engine.rules_cache.user_cache_folder", lambda: tmp_path / "user")
        folder = cache_folder(tmp_path / "made")
        opened = open_cache(archive_of(folder, tmp_path / "cache.tar.xz"))
        assert sorted(p.name for p in opened.iterdir()) == sorted(p.name for p in folder.iterdir())
        assert read_cache_file(opened, "rules.pkl") == {"name": "rules.pkl"}
        assert open_cache(archive_of(folder, tmp_path / "again.tar.xz")) == opened
        assert [p.name for p in opened.parent.iterdir()] == [opened.name], "something is left over"

    def test_names_inside_an_archive_decide_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cdisc_kit.core_engine.rules_cache.user_cache_folder", lambda: tmp_path / "user")
        archive = archive_of(
            cache_folder(tmp_path / "made"), tmp_path / "cache.tar.xz", prefix="../../escaped"
        )
        opened = open_cache(archive)
        assert (opened / "rules.pkl").is_file()
        assert not list(tmp_path.rglob("escaped"))

    def test_a_damaged_archive_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cdisc_kit.core_engine.rules_cache.user_cache_folder", lambda: tmp_path / "user")
        whole = archive_of(cache_folder(tmp_path / "made"), tmp_path / "cache.tar.xz").read_bytes()
        for name, content in (("cut.tar.xz", whole[: len(whole) // 2]), ("text.tar.xz", b"no archive")):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(InputError, match="not a readable"):
                open_cache(tmp_path / name)
        assert list((tmp_path / "user" / "core").iterdir()) == []

    def test_a_pickle_that_would_run_code_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "rules.pkl").write_bytes(pickle.dumps(subprocess.run))
        with pytest.raises(InputError, match=r"rules\.pkl.*plain values"):
            read_cache_file(tmp_path, "rules.pkl")

    def test_missing_and_cut_files_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"standards_models\.pkl: missing"):
            read_cache_file(tmp_path, "standards_models.pkl")
        (tmp_path / "rules.pkl").write_bytes(pickle.dumps(["text"] * 9)[:-9])
        with pytest.raises(InputError, match=r"rules\.pkl: not a usable file"):
            read_cache_file(tmp_path, "rules.pkl")

    def test_published_packages_are_those_listed_and_those_held(self, tmp_path: Path) -> None:
        folder = cache_folder(tmp_path / "made")
        assert published_ct_packages(folder) == ("sdtmct-2024-03-29", "sdtmct-2025-03-28")

    def test_the_user_cache_follows_the_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert user_cache_folder() == tmp_path / "cdisc-kit"


class TestRunsNowhereElse:
    def test_another_python_is_told_what_to_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cdisc_kit.core_engine.run.sys.version_info", (3, 13, 0))
        with pytest.raises(InputError, match=r"Python 3\.12 only; this is 3\.13\..*cdisc-kit\[core\]"):
            run_core(tmp_path, cache=tmp_path)

    def test_without_the_extra_the_error_names_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cdisc_kit.core_engine.run.sys.version_info", (3, 12, 0))
        monkeypatch.setattr("cdisc_kit.core_engine.run.importlib.util.find_spec", lambda _: None)
        with pytest.raises(InputError, match=r"pip install 'cdisc-kit\[core\]'"):
            run_core(tmp_path, cache=tmp_path)

    def test_the_parent_process_never_loads_the_engine(self) -> None:
        code = (
            "import sys, cdisc_kit.core_engine; "
            "print([name for name in ('pandas', 'cdisc_rules_engine') if name in sys.modules])"
        )
        shown = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        assert shown == "[]\n"
