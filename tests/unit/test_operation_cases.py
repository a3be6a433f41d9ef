"""Every operation of the mapping language, by the cases of tests/cases/<operation>.yaml.

A case is run by the engine itself on the small study: `subjects` are rows of its form DEMOG, `forms` rows of
the others (of the one subject `1` unless they say so), `call` fills a work variable of the dataset `in` (CE
unless told), whose `records`, `variables` and other `work` variables a case may set. `expect` is the text
of each row, `report` the findings as [rule, severity, row of the file].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import TinyStudy

from cdisc_kit.columns import text
from cdisc_kit.derive import OPERATIONS
from cdisc_kit.yamltext import read_yaml

FOLDER = Path(__file__).resolve().parents[1] / "cases"
FILES = sorted(FOLDER.glob("*.yaml"))
CASES = [
    pytest.param(document["operation"], case, id=f"{path.stem}: {case['name']}")
    for path in FILES
    for document in [read_yaml(path, path.name)]
    for case in document["cases"]
]
SUBJECT = {"SITE": "01", "SUBJ": "1", "ICFDT": "2025-01-01"}


def plain(value: Any) -> Any:
    """The mapping of a case as plain lists and dictionaries of text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else str(value)


def rows_of(case: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    forms = {name: [{"SUBJ": "1", **row} for row in rows] for name, rows in case.get("forms", {}).items()}
    return {"DEMOG": [{**SUBJECT, **row} for row in case.get("subjects", [{}])], **forms}


@pytest.mark.parametrize(("operation", "given"), CASES)
def test_case(tiny: TinyStudy, operation: str, given: dict[str, Any]) -> None:
    case = plain(given)
    calls = case["call"].get("by", {})
    called = [case["call"]] if isinstance(calls, str) or not calls else calls.values()
    assert all(operation in call for call in called), "a case calls the operation of its file"
    host = case.get("in", "CE")
    sections = {"work": {**case.get("work", {}), "RESULT": case["call"]}}
    if "records" in case:
        sections["records"] = case["records"]
        # the dataset's own variables read columns that other records need not have
        own = {name: {"const": ""} for name in tiny.load().domains[host].variables}
        sections["variables"] = {**own, **case.get("variables", {})}
    tiny.change(f"domains/{host.lower()}.yaml", **sections)
    workspace = tiny.workspace(rows_of(case))
    values = text(workspace.draft(host).column("RESULT"))
    assert list(values) == case["expect"]
    found = sorted((f.rule, f.severity, str(f.source_row or "")) for f in workspace.findings)
    assert found == sorted(map(tuple, case.get("report", [])))


def test_every_operation_has_a_case_file_and_every_case_file_an_operation() -> None:
    assert {path.stem for path in FILES} == set(OPERATIONS)
    for path in FILES:
        document = read_yaml(path, path.name)
        assert document["operation"] == path.stem
        names = [case["name"] for case in document["cases"]]
        assert names and len(names) == len(set(names)), path.name
