"""Damaged bytes of real files, and what a reader must do with them: tell, never stop."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cdisc_kit.check.definefile import read_define
from cdisc_kit.check.folder import Package
from cdisc_kit.check.functions import CHECKS
from cdisc_kit.check.records import Records
from cdisc_kit.check.rules import load_rules
from cdisc_kit.check.study import Study
from cdisc_kit.check.xptfile import open_xpt


@st.composite
def damaged(draw: DrawFn, data: bytes) -> bytes:
    """`data` after one to four mutations: flipped bits, cuts, repeated, replaced or moved parts, junk."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(("flip", "cut", "repeat", "splice", "junk", "end")))
        start = draw(st.integers(0, max(0, len(changed) - 1)))
        size = draw(st.integers(1, 200))
        part = changed[start : start + size]
        if kind == "flip" and part:
            changed[start] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del changed[start : start + size]
        elif kind == "repeat":
            changed[start:start] = part * draw(st.integers(1, 3))
        elif kind == "splice":
            to = draw(st.integers(0, max(0, len(changed) - 1)))
            changed[to : to + size] = part
        elif kind == "junk":
            changed[start : start + size] = draw(st.binary(min_size=0, max_size=40))
        else:
            del changed[start:]
    return bytes(changed)


def read_damaged_xpt(path: Path, data: bytes) -> None:
    """Read every column of the file; an exception or a wrong number of cells is a defect of the reader."""
    path.write_bytes(data)
    header, records, problems = open_xpt(path)
    assert (header is None) == (records is None)
    assert header is not None or problems
    for variable in header.variables if header and records else ():
        assert records is not None
        column = records.numbers(variable) if variable.type == "Num" else records.text(variable)[0].codes
        assert len(column) == records.rows


def check_damaged_define(path: Path, data: bytes, datasets: dict[str, Records]) -> None:
    """Read the document and run the rules about it; refused or told, never an exception."""
    path.write_bytes(data)
    define, problems = read_define(path)
    assert (define is None) == bool(problems)
    study = Study(Package(path.parent, datasets, define, tuple(problems)))
    for rule in load_rules():
        if rule.info.group.startswith("define-"):
            for hit in CHECKS[rule.check].find(study, rule):
                rule.info.message_en.format_map(hit.facts)
