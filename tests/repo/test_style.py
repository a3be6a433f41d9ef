"""Measurable house rules for the package's own code."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdisc_kit.standard import load_sdtmig

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cdisc_kit"

MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 400
ROW_BY_ROW = {"iterrows", "itertuples", "applymap"}
UNFINISHED = re.compile(r"\b(?:" + "TO" + "DO|FIX" + "ME|XX" + "X)\b")

# The synthetic generators know their study's domains; the anchors are a table of the standard's own.
MAY_NAME_DATASETS = ("synth/", "standard/anchors.py")
# What links records of other datasets is the structure of SDTM, not a domain (SDTMIG 3.4, section 8).
STRUCTURAL = {"RELREC", "RELSUB", "RELSPEC", "SUPPQUAL", "CO"}

Rule = Callable[[ast.AST], str]


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def complaints(rule: Rule, paths: list[Path]) -> Iterator[str]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if text := rule(node):
                yield f"{place(path, node)}: {text}"


def row_by_row(node: ast.AST) -> str:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    if node.func.attr in ROW_BY_ROW:
        return f".{node.func.attr}()"
    axis = next((k.value for k in node.keywords if k.arg == "axis"), None)
    if node.func.attr == "apply" and isinstance(axis, ast.Constant) and axis.value in (1, "columns"):
        return ".apply(axis=1)"
    return ""


def long_function(node: ast.AST) -> str:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.end_lineno is None:
        return ""
    lines = node.end_lineno - node.lineno + 1
    return f"{node.name} has {lines} lines" if lines > MAX_FUNCTION_LINES else ""


def dataset_literal(node: ast.AST) -> str:
    codes = load_sdtmig().datasets.keys() - STRUCTURAL
    if isinstance(node, ast.Constant) and node.value in codes:
        return f"names the dataset {node.value!r}: say it in a table or in YAML"
    return ""


def test_nothing_walks_over_rows() -> None:
    found = list(complaints(row_by_row, modules()))
    assert not found, "\n".join(found)


def test_functions_are_short() -> None:
    found = list(complaints(long_function, modules()))
    assert not found, "\n".join(found)


def test_modules_are_short() -> None:
    lines = {p: p.read_text(encoding="utf-8").count("\n") for p in modules()}
    found = [f"{p.relative_to(ROOT)} has {n} lines" for p, n in lines.items() if n > MAX_MODULE_LINES]
    assert not found, "\n".join(found)


def test_the_pipeline_names_no_dataset() -> None:
    blind = [p for p in modules() if not p.relative_to(PACKAGE).as_posix().startswith(MAY_NAME_DATASETS)]
    found = list(complaints(dataset_literal, blind))
    assert not found, "\n".join(found)


def test_nothing_is_left_for_later() -> None:
    folders = ("cdisc_kit", "mappings", "define", "tests", "docs", "tools")
    texts = [
        p
        for folder in folders
        for p in (ROOT / folder).rglob("*")
        if p.suffix in {".py", ".yaml", ".md", ".xsl", ".j2", ".txt"} and p.is_file()
    ]
    found = [
        f"{p.relative_to(ROOT)}:{number}: {line.strip()}"
        for p in texts
        for number, line in enumerate(p.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "code", "found"),
    [
        (row_by_row, "frame.iterrows()", True),
        (row_by_row, "frame.apply(f, axis=1)", True),
        (row_by_row, "frame.apply(f, axis='columns')", True),
        (row_by_row, "frame.apply(f)", False),
        (long_function, "def f():\n" + "    pass\n" * 60, True),
        (long_function, "def f():\n" + "    pass\n" * 59, False),
        (dataset_literal, "x == 'AE'", True),
        (dataset_literal, "x == 'AETERM'", False),
        (dataset_literal, "x == 'RELREC'", False),
    ],
)
def test_the_rules_themselves(rule: Rule, code: str, found: bool) -> None:
    assert any(rule(node) for node in ast.walk(ast.parse(code))) is found
