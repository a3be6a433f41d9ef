"""Planted dirt: the mistakes real case report forms hold, each with the finding it must lead to.

`choose` names the cases of a level (`registry` holds all of them), `plant` lets them change the printed raw
data. The hidden truth is not touched: truth.json of a dirty folder is that of the clean one.
"""

from __future__ import annotations

from collections.abc import Callable

from cdisc_kit.errors import InputError
from cdisc_kit.synth.dirt.editor import Editor, Log
from cdisc_kit.synth.dirt.manifest import manifest_text, sheet_rows
from cdisc_kit.synth.dirt.raw import RawData
from cdisc_kit.synth.dirt.registry import CASES, FULL, LIGHT, Case

LEVELS = ("none", "light", "full")


def choose(study: str, level: str, number: int | None = None) -> list[Case]:
    """The cases of a study at a level, or every form of case `number`, in the order they are planted.

    Raises InputError for an unknown level, a case the study does not have, and for both at once.
    """
    if level not in LEVELS:
        raise InputError(f"--dirt {level}: give one of {', '.join(LEVELS)}")
    own = [case for case in CASES if case.study == study]
    if number is not None:
        if level != "none":
            raise InputError("give --dirt or --dirt-case, not both: a case is planted alone")
        return _only(own, number, study)
    levels = {"none": (), "light": (LIGHT,), "full": (LIGHT, FULL)}[level]
    chosen = [case for case in own if case.level in levels]
    return sorted(chosen, key=lambda case: (not case.rare, case.number))


def _only(own: list[Case], number: int, study: str) -> list[Case]:
    found = [case for case in own if case.number == number]
    if not found:
        elsewhere = sorted({case.study for case in CASES if case.number == number})
        hint = f"it belongs to {', '.join(elsewhere)}" if elsewhere else "cases have the numbers 1 to 88"
        raise InputError(f"--dirt-case {number}: study {study} has no such case; {hint}")
    return found


def plant(
    raw: RawData, cases: list[Case], seed: int, rows: Callable[[RawData], dict[int, int]] = sheet_rows
) -> str:
    """Change `raw` by the cases, and return the text of dirt_manifest.csv. Same seed, same changes.

    `rows` tells in which row (or line) of the file about to be written each record stands.
    Raises InputError where the data offer a case no place.
    """
    log = Log()
    for case in cases:
        case.plant(Editor(raw, case.number, seed, log))
    return manifest_text(log.entries, raw, rows)
