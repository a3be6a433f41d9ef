"""The direction of dependencies, and what the command line may not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cdisc_kit"


@dataclass(frozen=True)
class Layer:
    """Top-level modules of one height. They import downwards; each other only where `siblings` says so."""

    name: str
    modules: frozenset[str]
    siblings: bool = True


def layer(name: str, modules: str, *, siblings: bool = True) -> Layer:
    return Layer(name, frozenset(modules.split()), siblings)


# From the top down. A module of a new top-level name is added here, at the lowest height that works.
LAYERS = (
    layer("command line", "cli share_cli __main__"),
    layer("commands", "build_command check_command ct_command share_command"),
    layer("sharing", "sharing"),
    layer("pipeline", "pipeline package language lengths partition ledger lineage mapping_tests source"),
    layer(
        "products",
        "build check xpt datasetjson definexml render reports ipd synth core_engine",
        siblings=False,
    ),
    layer(
        "reading and deriving",
        "spec raw normalise reconcile identity required "
        "derive recist outcomes explanations decisions checked",
    ),
    layer("foundations", "locate standard output"),
    layer("values", "errors findings dataset yamltext columns expression influence isodate"),
)

# The synthetic truth judges the mapping engine, so it must not be computed by it.
OFF_LIMITS = {"synth": LAYERS[5].modules}

HEAVY = ("lxml", "numpy", "openpyxl", "pandas", "pyarrow", "pyreadstat")


def height_of(module: str) -> int | None:
    """Position in LAYERS (0 is the top); None where the module is not placed."""
    return next((height for height, layer in enumerate(LAYERS) if module in layer.modules), None)


def imported_modules(tree: ast.AST, path: Path) -> set[tuple[str, int]]:
    """(top-level module of the package, line) of every import, at any depth and for type checkers too."""
    here = ("cdisc_kit", *path.relative_to(PACKAGE).with_suffix("").parts)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else ()
            start = ".".join([*base, *filter(None, [node.module])])
            names = [f"{start}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names]
        found |= {(p[1], node.lineno) for p in parts if p[0] == "cdisc_kit" and p[1:]}
    return {(name, line) for name, line in found if is_module(name)}


def is_module(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def edges() -> dict[tuple[str, str], str]:
    """(importing module, imported module) -> one place where that happens."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        importer = path.relative_to(PACKAGE).with_suffix("").parts[0]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for target, line in sorted(imported_modules(tree, path)):
            if target != importer:
                found.setdefault((importer, target), f"{path.relative_to(ROOT)}:{line}")
    return found


def complaint(importer: str, target: str) -> str:
    """Why this import is wrong; empty where it is right."""
    above, below = height_of(importer), height_of(target)
    if importer == "__init__" or above is None or below is None:
        return ""  # the package itself, or a module that the placement test names
    if target in OFF_LIMITS.get(importer, ()):
        return f"{importer} must stay independent of {target}"
    if above > below:
        return f"{importer} ({LAYERS[above].name}) imports upwards: {target} ({LAYERS[below].name})"
    if above == below and not LAYERS[above].siblings:
        return f"{importer} and {target} are both {LAYERS[above].name}: values pass through the pipeline"
    return ""


def test_every_module_has_a_place() -> None:
    modules = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or any(p.glob("*.py"))}
    unplaced = sorted(m for m in modules - {"__init__", "_bundled"} if height_of(m) is None)
    assert not unplaced, f"add {', '.join(unplaced)} to LAYERS in tests/repo/test_imports.py"


def test_imports_point_downwards() -> None:
    wrong = [f"{place}: {text}" for pair, place in edges().items() if (text := complaint(*pair))]
    assert not wrong, "\n".join(wrong)


def test_no_import_cycle_between_top_level_modules() -> None:
    graph: dict[str, set[str]] = {}
    for importer, target in edges():
        graph.setdefault(importer, set()).add(target)
    while leaves := [m for m, targets in graph.items() if not targets & graph.keys()]:
        for leaf in leaves:
            del graph[leaf]
    assert not graph, f"modules in or above a cycle: {', '.join(sorted(graph))}"


@pytest.mark.parametrize(
    ("importer", "target", "wrong"),
    [
        ("cli", "pipeline", False),
        ("spec", "derive", False),
        ("raw", "xpt", True),
        ("check", "render", True),
        ("errors", "standard", True),
        ("synth", "spec", True),
    ],
)
def test_the_rule_itself(importer: str, target: str, wrong: bool) -> None:
    assert bool(complaint(importer, target)) is wrong


@pytest.mark.parametrize(
    "command",
    [
        *[(), ("build",), ("synth",), ("check",), ("ct", "import"), ("studies",), ("test-mapping",)],
        *[("share", name) for name in ("prepare", "pack", "mail", "verify", "log")],
        ("share", "key", "new"),
    ],
)
def test_help_loads_nothing_heavy(command: tuple[str, ...]) -> None:
    script = (
        "import sys\n"
        "from cdisc_kit.cli import main\n"
        f"main([*{command!r}, '--help'], standalone_mode=False)\n"
        f"print('LOADED', *sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    assert "Usage:" in run.stdout
    assert run.stdout.splitlines()[-1] == "LOADED"
