"""Each built-in rule has a case that breaks it, with every finding that follows, and one that keeps it."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from cdisc_kit.check import check_folder, load_rules
from cdisc_kit.findings import Finding

FOLDER = Path(__file__).parents[1] / "check_cases"


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"check_cases_{name}", FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


package, define_base = _loaded("package"), _loaded("define_base")

CASES: list[dict[str, Any]] = [
    {**case, "line": f"{path.stem}-{case['rule']}"}
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8")).get("cases", ())
]

# A second terminology is in tests/unit/test_ct_import.py, another limit of size in test_check_files.py.
ELSEWHERE = {"CT-REMOVED", "FILE-SIZE"}
# Dataset-JSON is in test_dataset_json.py.
ELSEWHERE |= {"FILE-FORMATS", "FILE-JSON", "FILE-JSON-CELL", "FILE-JSON-ROW"}


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small package without a change."""
    folder: Path = tmp_path_factory.mktemp("small")
    package.write(package.base(), folder)
    return folder


def found(written: Path, folder: Path, changes: list[dict[str, Any]]) -> list[Finding]:
    """What the checks say of the small package after `changes`."""
    tables = package.base()
    for change in changes:
        if "dataset" in change:
            package.edit(tables, change)
    unchanged = package.base()
    same = {name for name, table in tables.items() if str(table) == str(unchanged.get(name))}  # order too
    for name in same:
        shutil.copy(written / f"{name.lower()}.xpt", folder)
    package.write({name: table for name, table in tables.items() if name not in same}, folder)
    edits = [change for change in changes if "define" in change]
    if edits:
        document = define_base.document(unchanged)
        for change in edits:
            define_base.edit(document, change)
        define_base.write(document, folder)
    for change in changes:
        if "path" in change:
            package.damage(folder, change)
    return list(check_folder(folder).findings)


def line(finding: Finding) -> str:
    """`CT-VALUE DM.SEX 1 X`: rule, place, record (left out where none is meant), value."""
    place = ".".join(filter(None, (finding.dataset, finding.variable))) or finding.source_file
    row = str(finding.row) if finding.row else ""
    return " ".join(filter(None, (finding.rule, place, row, finding.value)))


def test_the_small_package_is_clean(written: Path, tmp_path: Path) -> None:
    assert not [line(f) for f in found(written, tmp_path, [])]


@pytest.mark.parametrize("case", CASES, ids=[case["line"] for case in CASES])
def test_what_breaks_a_rule_is_found_and_nothing_else(
    case: dict[str, Any], written: Path, tmp_path: Path
) -> None:
    findings = found(written, tmp_path, case["fails"])
    assert sorted(map(line, findings)) == sorted(case["expect"])
    assert any(f.rule == case["rule"] for f in findings)
    assert all(f.message and f.message_zh and "{" not in f.message + f.message_zh for f in findings)
    assert all(f.source_file for f in findings if f.dataset and f.row)


@pytest.mark.parametrize("case", CASES, ids=[case["line"] for case in CASES])
def test_what_keeps_a_rule_passes(case: dict[str, Any], written: Path, tmp_path: Path) -> None:
    assert not [line(f) for f in found(written, tmp_path, case["passes"])]


def test_every_rule_has_a_case() -> None:
    cases = {case["rule"] for case in CASES}
    codes = {rule.info.code for rule in load_rules()}
    assert sorted(codes - cases - ELSEWHERE) == []
    assert sorted(cases - codes) == []
