"""Tracked files speak of the project, never of the place where somebody happened to work on it."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The pieces are joined here so that this file does not hold the words it looks for.
SLASH, DOT, SPACE = "/", r"\.", r"[ _-]?"
WORDS = {
    "an absolute path of one machine": rf"(?<![\w.~-]){SLASH}(?:work|root|home/\w+|Users/\w+){SLASH}\w",
    "a scratch folder of one machine": rf"(?<![\w.]){SLASH}tmp{SLASH}\w",
    "the folder beside the checkout": DOT + DOT + SLASH + "shared",
    "a number in somebody's tracker": r"\bissue" + r" #?\d+\b",
    "the host of a package registry": r"\b(?:"
    + "|".join((f"pypi{DOT}org", f"pythonhosted{DOT}org", f"npmjs{DOT}(?:org|com)", f"crates{DOT}io"))
    + rf"|(?:deb|security){DOT}debian{DOT}org|proxy{DOT}golang{DOT}org)\b",
    "an option that names a registry": "--(?:extra-)?" + "index-url",
    "a tool that wrote the text": r"\b(?:cla" + r"ude|chat" + rf"gpt|co{SPACE}pilot|sub{SPACE}agent)\b",
}
PATTERNS = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in WORDS.items()}
ALLOWED = {(".ci/run", "the folder beside the checkout")}
UTF8_ONLY = {".csv", ".tsv", ".yaml", ".yml", ".md", ".py", ".toml", ".json", ".xsl"}


@cache
def tracked_files() -> tuple[str, ...]:
    """Paths relative to the checkout; skips where this is not a git checkout (an unpacked sdist)."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files are tracked is unknown")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    names = listing.decode("utf-8").split("\0")
    return tuple(name for name in names if name and (ROOT / name).is_file())


@cache
def text_of(name: str) -> str:
    """The file as text; empty for a binary file."""
    content = (ROOT / name).read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


def complaints(name: str, text: str) -> list[str]:
    return [
        f"{name}:{number}: {what}: {found.group()}"
        for what, pattern in PATTERNS.items()
        if (name, what) not in ALLOWED
        for number, line in enumerate(text.splitlines(), start=1)
        for found in pattern.finditer(line)
    ]


def test_no_tracked_file_speaks_of_a_workplace() -> None:
    assert "pyproject.toml" in tracked_files()
    found = [line for name in tracked_files() for line in complaints(name, text_of(name))]
    assert not found, "\n".join(found)


def test_text_files_are_utf8_with_line_feeds() -> None:
    wrong = []
    for name in tracked_files():
        if Path(name).suffix not in UTF8_ONLY or name.startswith("tests/golden/"):
            continue
        content = (ROOT / name).read_bytes()
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as problem:
            wrong.append(f"{name}: not UTF-8 at byte {problem.start}")
        if b"\r" in content:
            wrong.append(f"{name}: has carriage returns")
    assert not wrong, "\n".join(wrong)


def test_git_ignores_no_source() -> None:
    """An ignore pattern without a leading slash also hides folders of the package, from the wheel too."""
    tracked_files()
    sources = [p.relative_to(ROOT).as_posix() for p in (ROOT / "cdisc_kit").rglob("*.py")]
    run = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "--verbose"],
        input="\n".join(sources),
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert not run.stdout, run.stdout


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("see " + "/wo" + "rk/main/x", True),
        ("cp a " + "/tm" + "p/b", True),
        ("fixes " + "Iss" + "ue #12", True),
        ("from https://py" + "pi.org/simple", True),
        ("https://example.org/work/item", False),
        ("out/work/file", False),
        ("issue a warning for 12 rows", False),
    ],
)
def test_the_patterns_themselves(line: str, found: bool) -> None:
    assert bool(complaints("some.md", line)) is found
