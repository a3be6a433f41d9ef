"""The documents name what there is, all of it, and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

import cdisc_kit

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
SPELLING = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def commands() -> dict[str, click.Command]:
    """Full name (`cdisc-kit share pack`) -> command, for every command that is not hidden."""
    from cdisc_kit.cli import main  # noqa: PLC0415 - only these tests need the command line

    assert isinstance(main, click.Group)
    return dict(_commands("cdisc-kit", main))


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    for part, child in command.commands.items():
        if not child.hidden:
            yield from _commands(f"{name} {part}", child)


def options(command: click.Command) -> set[str]:
    """Every long spelling of every option that is not hidden."""
    return {
        spelling
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for spelling in (*parameter.opts, *parameter.secondary_opts)
        if spelling.startswith("--")
    }


def sections(text: str) -> dict[str, str]:
    """Heading `## cdisc-kit NAME` -> the text under it, to the next heading of that level."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip((h.strip("` ") for h in parts[1::2]), parts[2::2], strict=True))


def documented() -> dict[str, str]:
    found = sections((DOCS / "cli.md").read_text(encoding="utf-8"))
    return {name: text for name, text in found.items() if name.startswith("cdisc-kit ")}


def test_every_command_has_its_section_and_every_section_its_command() -> None:
    assert sorted(documented()) == sorted(commands()), "docs/cli.md against the command line"


def test_every_option_is_described_and_every_described_option_exists() -> None:
    texts, wrong = documented(), []
    for name, command in commands().items():
        described = set(SPELLING.findall(texts.get(name, "")))
        wrong += [f"docs/cli.md, {name}: {o} is not described" for o in sorted(options(command) - described)]
        wrong += [f"docs/cli.md, {name}: there is no {o}" for o in sorted(described - options(command))]
    assert not wrong, "\n".join(wrong)


def test_every_choice_is_described() -> None:
    texts, wrong = documented(), []
    for name, command in commands().items():
        for option in (p for p in command.params if isinstance(p.type, click.Choice)):
            shown = f"`{option.opts[0]} {'|'.join(map(str, option.type.choices))}`"
            if shown not in texts.get(name, "").replace("\\|", "|"):
                wrong.append(f"docs/cli.md, {name}: {shown} is not described")
    assert not wrong, "\n".join(wrong)


def test_options_of_the_group_are_described() -> None:
    from cdisc_kit.cli import main  # noqa: PLC0415

    start = re.split(r"^## ", (DOCS / "cli.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
    assert options(main) <= set(SPELLING.findall(start))


def test_every_decision_stands_in_the_index() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    files = sorted(p.name for p in DECISIONS.glob("*.md") if p.name != "README.md")
    missing = [name for name in files if f"({name})" not in index]
    assert not missing, f"link these from docs/decisions/README.md: {', '.join(missing)}"


def test_links_lead_somewhere() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)", text):
            if "://" not in target and not (document.parent / target).exists():
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert not broken, "\n".join(broken)


def test_the_newest_version_is_this_one() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    shape = r"(\d+)\.(\d+)\.(\d+) \((?:\d{4}-\d{2}-\d{2}|not released)\)"
    matches = [re.fullmatch(shape, heading) for heading in headings]
    assert all(matches), f"a heading of CHANGELOG.md is not `X.Y.Z (YYYY-MM-DD)`: {headings}"
    versions = [tuple(map(int, match.groups())) for match in matches if match]
    assert versions == sorted(versions, reverse=True), "newest first"
    newest = ".".join(map(str, versions[0]))
    assert newest == project()["version"] == cdisc_kit.__version__


def test_the_readme_names_real_targets() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def requirements() -> list[str]:
    extras = project()["optional-dependencies"]
    return [*project()["dependencies"], *(line for extra in extras.values() for line in extra)]


@pytest.mark.parametrize("requirement", requirements())
def test_every_requirement_is_pinned(requirement: str) -> None:
    name = re.split(r"[^\w.-]", requirement)[0]
    pins = (ROOT / "tools" / "constraints.txt").read_text(encoding="utf-8")
    pinned = {re.sub(r"[-_.]+", "-", n).lower() for n in re.findall(r"^([\w.-]+)==", pins, re.MULTILINE)}
    assert re.sub(r"[-_.]+", "-", name).lower() in pinned, f"pin {name} in tools/constraints.txt"
