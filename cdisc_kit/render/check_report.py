"""One verdict, four forms: the ending of the file's name says which."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cdisc_kit.errors import InputError
from cdisc_kit.render.check_html import render_check
from cdisc_kit.render.check_xlsx import write_check_workbook
from cdisc_kit.render.junit import render_junit

if TYPE_CHECKING:
    from cdisc_kit.checked import CheckResult


def require_known_form(path: Path) -> None:
    """Raise InputError for a file whose ending is no form of a report, before any engine runs."""
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"{path}: a report ends in {', '.join(_WRITERS)}")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist")


def write_check_report(path: Path, result: CheckResult) -> None:
    """Write the report; the same verdict gives the same bytes."""
    _WRITERS[path.suffix.lower()](path, result)


def _html(path: Path, result: CheckResult) -> None:
    path.write_text(render_check(result), encoding="utf-8", newline="\n")


def _json(path: Path, result: CheckResult) -> None:
    text = json.dumps(result.as_json(), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _junit(path: Path, result: CheckResult) -> None:
    path.write_bytes(render_junit(result))


_WRITERS: dict[str, Callable[[Path, CheckResult], None]] = {
    ".html": _html,
    ".xlsx": write_check_workbook,
    ".json": _json,
    ".xml": _junit,
}
