"""CDISC's rules engine on a small package: what it finds, where, and that nothing but the data decides it."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from small_package import STUDY, SUBJECTS, good_package, write_define, write_package

from cdisc_kit.core_engine import CACHE_VARIABLE, CoreResult, check_with_core, run_core
from cdisc_kit.core_engine.rules_cache import open_cache, read_cache_file
from cdisc_kit.errors import InputError, RawDataError
from cdisc_kit.standard import load_sdtmig

pytestmark = [
    pytest.mark.core,
    pytest.mark.xdist_group("core-engine"),
    pytest.mark.skipif(
        sys.version_info[:2] != (3, 12) or importlib.util.find_spec("cdisc_rules_engine") is None,
        reason="CDISC's rules engine (extra `core`) needs Python 3.12",
    ),
]

# CORE-000767 compares every --DECOD with FAOBJ, FA or not; CORE-000741 asks for TSPARMCD PCLASS, where the
# terminology says PCLAS.
KNOWN_FALSE = {("CORE-000767", "AE"): 6, ("CORE-000741", "TS"): 1}
RULES_FOR_SDTMIG_3_4 = 430


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine's cache, unpacked where this test run alone writes."""
    reference = os.environ.get("CDISC_KIT_REFERENCE")
    if not reference:
        pytest.skip("CDISC_KIT_REFERENCE is not set: no cache of the rules engine")
    (archive,) = (Path(reference) / "core-cache").glob("*.tar.xz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr("cdisc_kit.core_engine.rules_cache.sys.platform", "linux")
        return open_cache(archive)


@dataclass(frozen=True)
class Checked:
    result: CoreResult
    progress: list[tuple[int, int]]


@pytest.fixture(scope="module")
def planted(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """The verdict on a package with eight planted errors, as the command line gets it."""
    package = good_package()
    (_, ae), (_, dm), (_, ts) = package["AE"], package["DM"], package["TS"]
    dm[2]["RFXSTDTC"] = "2024-01-11"
    dm[1]["AGE"] = -1.0
    ae[1] |= {"AEENDTC": "2024-01-11", "AEENDY": 2.0}
    ae[3]["AESTDY"] = 4.0
    ae[4]["AETERM"] = " HEADACHE"
    ae[5]["USUBJID"] = f"{STUDY}-01-009"
    ts[0]["TSVALCD"] = "C00000"
    ts[1]["TSVCDVER"] = "2001-01-01"
    folder = write_package(package, tmp_path_factory.mktemp("planted"))
    progress: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(cache))
        result = check_with_core(folder, progress=lambda *step: progress.append(step))
    return Checked(result, progress)


@pytest.fixture(scope="module")
def clean(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> CoreResult:
    package = good_package()
    folder = write_package(package, tmp_path_factory.mktemp("clean"))
    define = write_define(package, folder / "define.xml", roles(package))
    return run_core(folder, cache=cache, define=define)


def roles(package: dict[str, Any]) -> dict[str, str]:
    ig = load_sdtmig()
    return {v.name: v.role for name in package for v in ig.datasets[name].variables.values()}


class TestPlantedErrors:
    def test_each_is_raised_at_its_record(self, planted: Checked) -> None:
        found = {
            (i.rule, i.dataset, i.row, i.usubjid, i.seq)
            for i in planted.result.issues
            if (i.rule, i.dataset) not in KNOWN_FALSE
        }
        assert found == {
            ("CORE-000201", "AE", 6, f"{STUDY}-01-009", "2"),  # a subject that is not in DM
            ("CORE-000239", "DM", 3, SUBJECTS[2], ""),  # RFXSTDTC is not the first EXSTDTC
            ("CORE-000310", "DM", 2, SUBJECTS[1], ""),  # negative AGE
            ("CORE-000552", "AE", 4, SUBJECTS[1], "2"),  # wrong AESTDY
            ("CORE-000708", "AE", 2, SUBJECTS[0], "2"),  # AESTDY after AEENDY
            ("CORE-000718", "AE", 2, SUBJECTS[0], "2"),  # AESTDTC after AEENDTC
            ("CORE-000867", "AE", 5, SUBJECTS[2], "1"),  # leading blank: the engine itself names no subject
            ("CORE-001080", "TS", 1, "", "1"),  # a code that is not in the terminology
        }

    def test_values_and_variables_are_given(self, planted: Checked) -> None:
        values = {i.rule: (i.variables, i.value) for i in planted.result.issues}
        assert values["CORE-000867"] == (("AETERM",), "variable_value= HEADACHE; variable_name=AETERM")
        assert values["CORE-000239"] == (
            ("RFXSTDTC",),
            "RFXSTDTC=2024-01-11; $min_ex_exstdtc=2024-01-10",
        )

    def test_a_cited_terminology_that_the_cache_lacks_is_not_passed_over(self, planted: Checked) -> None:
        assert [s.rule for s in planted.result.skipped if "sdtmct-2001-01-01" in s.reason] == ["CORE-001080"]

    def test_published_rules_are_named(self, planted: Checked) -> None:
        assert planted.result.references["CORE-000201"] == "CDISC CG0029"
        assert {issue.rule for issue in planted.result.issues} <= set(planted.result.judged)

    def test_rules_that_need_a_define_say_so(self, planted: Checked) -> None:
        needy = {s.rule for s in planted.result.skipped if s.reason == "needs define.xml"}
        assert needy == {"CORE-000929", "CORE-001081"}

    def test_progress_reaches_its_total(self, planted: Checked) -> None:
        total = RULES_FOR_SDTMIG_3_4 - 2
        assert planted.progress == [(done, total) for done in range(1, total + 1)]


class TestCleanPackage:
    def test_only_known_false_issues_remain(self, clean: CoreResult) -> None:
        assert Counter((i.rule, i.dataset) for i in clean.issues) == KNOWN_FALSE
        assert clean.errors == ()

    def test_every_rule_is_accounted_for(self, clean: CoreResult) -> None:
        only_skipped = {s.rule for s in clean.skipped} - set(clean.not_applicable)
        assert len(clean.judged) + len(clean.not_applicable) <= RULES_FOR_SDTMIG_3_4
        assert len(clean.judged) + len(clean.not_applicable) + len(only_skipped) >= RULES_FOR_SDTMIG_3_4
        assert len(clean.judged) > 170

    def test_skips_have_ordinary_reasons(self, clean: CoreResult) -> None:
        first_words = {" ".join(skip.reason.split()[:2]) for skip in clean.skipped}
        assert first_words == {"no variable", "no dataset"}


class TestOrderAndProcesses:
    SPLIT_RULE = "CORE-000365"  # judges each file of a split domain by itself; most rules judge them together

    def test_neither_changes_the_result(self, cache: Path, tmp_path: Path) -> None:
        """Rules with operations or a view of the metadata of their own, on a domain split into two files."""
        package = good_package() | {name: ("Medical History", history(name)) for name in ("MHA", "MHB")}
        folder = write_package(package, tmp_path / "sdtm")
        define = write_define(package, tmp_path / "define.xml", {})
        rules = rules_that_share_state(cache)
        shuffled = random.Random(1).sample(rules, len(rules))
        one = run_core(folder, cache=cache, define=define, rules=rules, processes=1)
        two = run_core(folder, cache=cache, define=define, rules=shuffled, processes=2)
        assert one == two
        assert one.errors == ()
        alone = run_core(folder, cache=cache, define=define, rules=[self.SPLIT_RULE], processes=1)
        assert {issue.dataset for issue in alone.issues} == {"MHA", "MHB"}
        assert [issue for issue in one.issues if issue.rule == self.SPLIT_RULE] == list(alone.issues)


def history(category: str) -> list[dict[str, object]]:
    """Medical history of each subject, all of one category."""
    return [
        {
            "STUDYID": STUDY,
            "DOMAIN": "MH",
            "USUBJID": subject,
            "MHSEQ": float(number),
            "MHTERM": "HYPERTENSION",
            "MHDECOD": "Hypertension",
            "MHCAT": category,
            "MHSTDTC": "2020",
        }
        for subject in SUBJECTS
        for number in (1, 2)
    ]


def rules_that_share_state(cache: Path) -> list[str]:
    everything = read_cache_file(cache, "rules.pkl")
    return [
        name
        for name in read_cache_file(cache, "rules_dictionary.pkl")["sdtmig/3-4"]
        if everything[name]["rule_type"] != "Record Data"
        or everything[name].get("operations")
        or (everything[name]["domains"] or {}).get("include_split_datasets")
    ]


class TestDefine:
    RULES = ("CORE-000929", "CORE-001081")

    def test_a_missing_role_is_found_on_its_variable(self, cache: Path, tmp_path: Path) -> None:
        package = good_package()
        given = roles(package)
        del given["AETERM"]
        folder = write_package(package, tmp_path / "sdtm")
        define = write_define(package, tmp_path / "define.xml", given, ct_version="2001-01-01")
        result = run_core(folder, cache=cache, define=define, rules=self.RULES)
        assert [(i.rule, i.dataset, i.variables, i.row) for i in result.issues] == [
            ("CORE-001081", "AE", ("AETERM",), 0)
        ]
        assert result.ct_packages == ("sdtmct-2001-01-01",)
        assert any("sdtmct-2001-01-01" in error.reason for error in result.errors)

    def test_a_broken_define_is_refused(self, cache: Path, tmp_path: Path) -> None:
        folder = write_package(good_package(), tmp_path / "sdtm")
        (folder / "define.xml").write_text("<ODM>", encoding="utf-8")
        with pytest.raises(RawDataError, match=r"not a readable define\.xml"):
            run_core(folder, cache=cache, define=folder / "define.xml", rules=self.RULES)


class TestInput:
    def test_chinese_in_gb18030_is_read(self, cache: Path, tmp_path: Path) -> None:
        package = good_package()
        package["AE"][1][2]["AETERM"] = " 恶心"
        folder = write_package(package, tmp_path)
        content = (folder / "ae.xpt").read_bytes()
        assert "恶心".encode() in content
        (folder / "ae.xpt").write_bytes(content.replace("恶心".encode(), "恶心".encode("gb18030") + b"  "))
        result = run_core(folder, cache=cache, rules=("CORE-000867",), processes=1)
        assert [(i.row, i.value) for i in result.issues] == [
            (3, "variable_value= 恶心; variable_name=AETERM")
        ]

    def test_a_dataset_without_records_is_judged(self, cache: Path, tmp_path: Path) -> None:
        folder = write_package(good_package(), tmp_path)
        import pandas as pd  # noqa: PLC0415
        import pyreadstat  # noqa: PLC0415

        empty = pd.DataFrame({"STUDYID": pd.Series(dtype=str), "DOMAIN": pd.Series(dtype=str)})
        pyreadstat.write_xport(empty, str(folder / "cm.xpt"), table_name="CM", file_format_version=5)
        result = run_core(folder, cache=cache, rules=("CORE-000579",), processes=1)
        assert [(i.dataset, i.row, i.message) for i in result.issues] == [("CM", 0, "Dataset has no record.")]

    def test_a_folder_or_file_that_cannot_be_read_is_named(self, cache: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"holds no \.xpt file"):
            run_core(tmp_path, cache=cache)
        (tmp_path / "ae.xpt").write_bytes(b"not SAS")
        with pytest.raises(RawDataError, match=r"ae\.xpt: not a SAS XPORT v5 file"):
            run_core(tmp_path, cache=cache)
        with pytest.raises(InputError, match="no such folder"):
            run_core(tmp_path / "gone", cache=cache)
