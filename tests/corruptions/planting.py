"""One corruption: what is changed in a package, and where the checks must say so.

Entries of the YAML files beside this one:

    name, level, study, dataset   what it is
    where                         variable -> pattern of the record's cell (one that fits is chosen, seeded)
    set, shift, duplicate, …      what is done: see `_CHANGES`, `_FILES`, `_define`
    expect                        rules, `RULE` or `RULE VARIABLE`, at the changed cell or `at`, `file`, `row`
                                  (a number, or variable -> pattern of the first such record)
    also                          consequences elsewhere that cannot be told from a cause: rule, place, reason
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from lxml import etree
from packages import Table, prune

from cdisc_kit.findings import Finding
from cdisc_kit.xpt import XptVariable

FOLDER = Path(__file__).parent
LEVELS = ("value", "record", "metadata", "define", "file")
NAMESPACES = {
    "odm": "http://www.cdisc.org/ns/odm/v1.3",
    "def": "http://www.cdisc.org/ns/def/v2.1",
    "xlink": "http://www.w3.org/1999/xlink",
}
Entry = dict[str, Any]
Place = tuple[str, str, int]  # file, variable, record (1-based; 0 where none is meant)


@dataclass
class Planted:
    """Where the corruption is: the record (1-based, 0 for none) and the places the findings must be at."""

    entry: Entry
    row: int
    expected: dict[str, set[Place]] = field(default_factory=dict)
    changed: set[Place] = field(default_factory=set)

    @property
    def places(self) -> set[Place]:
        """The changed cells and where the findings are expected: at their partner in the record, or at what
        a deleted record left behind."""
        return self.changed.union(*self.expected.values())


@dataclass(frozen=True)
class Verdict:
    """What the findings of one corruption come to."""

    missed: tuple[str, ...]
    exact: int
    consequences: int
    elsewhere: tuple[str, ...]
    stale: tuple[str, ...]


def entries() -> list[Entry]:
    """Every corruption of the YAML files, in their order."""
    return [
        {"level": path.stem, **entry}
        for level in LEVELS
        for path in sorted(FOLDER.glob(f"{level}.yaml"))
        for entry in yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    ]


def plant(entry: Entry, tables: dict[str, Table], folder: Path) -> Planted:
    """Change the files of the entry in `folder` (links: a file is replaced, never written to)."""
    row, table = 0, tables.get(entry.get("dataset", ""))
    if table is not None:
        position = _chosen(entry, table.frame)
        changed = table
        for key in [key for key in entry if key in _CHANGES]:
            changed = _CHANGES[key](changed, entry[key], position)
        if changed is not table:
            _write(changed, folder, folder / table.file)
        row = position + (2 if "duplicate" in entry else 1)
    for key in [key for key in entry if key in _FILES]:
        _FILES[key](folder, entry.get("path", table.file if table else ""), entry[key])
    if "define" in entry:
        _define(folder / "define.xml", entry["define"])
    planted = Planted(entry, row)
    if table is not None:
        cells = {**entry.get("set", {}), **entry.get("shift", {}), **entry.get("duplicate", {})}
        planted.changed = {(table.file, name, row) for name in cells}
        rows = range(1, len(table.frame) + 1)
        planted.changed |= {(table.file, name, at) for name in entry.get("every", {}) for at in rows}
    for expected in entry["expect"]:
        rule, _, variable = str(expected).partition(" ")
        planted.expected.setdefault(rule, set()).add(_place(planted, tables, variable))
    return planted


def _place(planted: Planted, tables: dict[str, Table], variable: str) -> Place:
    entry = planted.entry
    table = tables.get(entry.get("dataset", ""))
    changed = [key for kind in ("set", "shift", "every") for key in entry.get(kind, {})]
    name = variable or entry.get("at", changed[0] if changed else "")
    of_record = "set" in entry or "shift" in entry or "duplicate" in entry
    file = entry.get("file", table.file if table else "")
    row = entry.get("row", planted.row if of_record else 0)
    if isinstance(row, dict):
        row = np.flatnonzero(_fits(tables[file.partition(".")[0].upper()].frame, row))[0] + 1
    return file, name, int(row)


def new(findings: Iterable[Finding], clean: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that the package did not have before (lines of the Define-XML may have moved)."""
    known = {(f.rule, f.source_file, f.dataset, f.variable) for f in clean}
    return tuple(f for f in findings if (f.rule, f.source_file, f.dataset, f.variable) not in known)


def judge(planted: Planted, findings: tuple[Finding, ...]) -> Verdict:
    """Hold the findings against the places; what is declared under `also` must be there."""
    in_define = "define.xml"  # its rows are lines
    found = [(f.rule, (f.source_file, f.variable, f.row * (f.source_file != in_define))) for f in findings]
    missed = tuple(
        f"{rule} at {place}"
        for rule, places in planted.expected.items()
        for place in places
        if (rule, place) not in found
    )
    declared = [(a["rule"], a["place"]) for a in planted.entry.get("also", ())]
    exact = sum(place in planted.places for _, place in found)
    others = [(rule, *place) for rule, place in found if place not in planted.places]
    named = [(rule, f"{file}:{variable}") for rule, file, variable, _ in others]
    elsewhere = tuple(
        f"{rule} {file}:{variable}#{row}"
        for rule, file, variable, row in others
        if (rule, f"{file}:{variable}") not in declared
    )
    stale = tuple(f"{rule} {place}" for rule, place in declared if named.count((rule, place)) != 1)
    return Verdict(missed, exact, len(others) - len(elsewhere), elsewhere, stale)


def _chosen(entry: Entry, frame: pd.DataFrame) -> int:
    """The position of the record: one of those that match, by a hash of the entry's name."""
    candidates = np.flatnonzero(_fits(frame, entry.get("where", {})))
    assert len(candidates), f"{entry['name']}: no record matches"
    at = entry.get("nth")
    return int(candidates[zlib.crc32(entry["name"].encode()) % len(candidates) if at is None else int(at)])


def _fits(frame: pd.DataFrame, where: dict[str, str]) -> np.ndarray:
    fits = np.ones(len(frame), dtype=bool)
    for variable, pattern in where.items():
        fits &= frame[variable].map(_text).str.fullmatch(str(pattern)).to_numpy(dtype=bool)
    return fits


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.15g}"
    return str(value)


def _set(table: Table, values: dict[str, Any], at: int) -> Table:
    frame = table.frame.copy()
    for name, value in values.items():
        number = _variable(table, name).type == "Num"
        text = re.sub(r"\{(\w+)\}", lambda m: _text(table.frame[m[1]].iloc[at]), str(value))
        text = re.sub(r"\{(\w+):10\}", lambda m: _text(table.frame[m[1]].iloc[at])[:10], text)
        frame[name] = frame[name].astype(object if not number else "float64")
        frame.loc[frame.index[at], name] = (float(text) if text else np.nan) if number else text
    return _refitted(replace(table, frame=frame))


def _shift(table: Table, days: dict[str, int], at: int) -> Table:
    moved = {}
    for name, count in days.items():
        text = str(table.frame[name].iloc[at])
        moved[name] = str(np.datetime64(text[:10], "D") + np.timedelta64(count, "D")) + text[10:]
    return _set(table, moved, at)


def _every(table: Table, values: dict[str, Any], _: int) -> Table:
    frame = table.frame.copy()
    for name, value in values.items():
        frame[name] = float(value) if _variable(table, name).type == "Num" else str(value)
    return _refitted(replace(table, frame=frame))


def _duplicate(table: Table, values: dict[str, Any], at: int) -> Table:
    order = np.insert(np.arange(len(table.frame)), at + 1, at)
    return _set(replace(table, frame=table.frame.iloc[order].reset_index(drop=True)), values, at + 1)


def _delete(table: Table, _: object, at: int) -> Table:
    return replace(table, frame=table.frame.drop(table.frame.index[at]).reset_index(drop=True))


def _swap(table: Table, with_next: bool, at: int) -> Table:
    order = np.arange(len(table.frame))
    order[[at, at + 1]] = order[[at + 1, at]]
    return replace(table, frame=table.frame.iloc[order].reset_index(drop=True))


def _refitted(table: Table) -> Table:
    """Lengths as long as the longest text needs, where a change made one longer."""
    longest = {
        v.name: int(table.frame[v.name].map(lambda text: len(str(text).encode())).max() or 1)
        for v in table.variables
        if v.type == "Char"
    }
    variables = tuple(replace(v, length=max(v.length, longest.get(v.name, 0))) for v in table.variables)
    return replace(table, variables=variables)


def _variable(table: Table, name: str) -> XptVariable:
    return next(v for v in table.variables if v.name == name)


def _described(**change: Any) -> Callable[[Table, dict[str, Any], int], Table]:
    """A change of one attribute of variables: `{VARIABLE: value}`."""
    (attribute,) = change

    def changed(table: Table, values: dict[str, Any], _: int) -> Table:
        variables = tuple(
            replace(v, **{attribute: type(change[attribute])(values[v.name])}) if v.name in values else v
            for v in table.variables
        )
        return replace(table, variables=variables)

    return changed


def _rename(table: Table, names: dict[str, str], _: int) -> Table:
    variables = tuple(replace(v, name=names.get(v.name, v.name)) for v in table.variables)
    return replace(table, variables=variables, frame=table.frame.rename(columns=names))


def _drop(table: Table, name: str, _: int) -> Table:
    variables = tuple(v for v in table.variables if v.name != name)
    return replace(table, variables=variables, frame=table.frame.drop(columns=name))


def _add(table: Table, told: dict[str, Any], _: int) -> Table:
    variable = XptVariable(told["name"], told["label"], told.get("type", "Char"), int(told.get("length", 8)))
    frame = table.frame.assign(**{told["name"]: told["value"]})
    return replace(table, variables=(*table.variables, variable), frame=frame)


def _type(table: Table, types: dict[str, str], _: int) -> Table:
    frame = table.frame.copy()
    variables = []
    for v in table.variables:
        if v.name not in types:
            variables.append(v)
        elif types[v.name] == "Char":
            frame[v.name] = frame[v.name].map(_text).astype(object)
            variables.append(replace(v, type="Char", length=8))
        else:
            frame[v.name] = pd.to_numeric(frame[v.name], errors="coerce")
            variables.append(replace(v, type="Num", length=8))
    return replace(table, frame=frame, variables=tuple(variables))


def _move(table: Table, before: dict[str, str], _: int) -> Table:
    variables = list(table.variables)
    for name, other in before.items():
        moved = variables.pop([v.name for v in variables].index(name))
        variables.insert([v.name for v in variables].index(other), moved)
    return replace(table, variables=tuple(variables))


def _empty(table: Table, _: object, __: int) -> Table:
    return replace(table, frame=table.frame.iloc[:0])


_CHANGES: dict[str, Callable[[Table, Any, int], Table]] = {
    "set": _set,
    "shift": _shift,
    "every": _every,
    "duplicate": _duplicate,
    "delete": _delete,
    "swap": _swap,
    "label": _described(label=""),
    "length": _described(length=0),
    "rename": _rename,
    "drop": _drop,
    "add": _add,
    "type": _type,
    "move": _move,
    "empty": _empty,
    "dataset_label": lambda table, label, _: replace(table, label=label),
    "dataset_name": lambda table, name, _: replace(table, name=name),
}


def _write(table: Table, folder: Path, path: Path) -> None:
    path.unlink()
    table.write(path)


def _replace_bytes(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / name
    data = change(path.read_bytes())
    path.unlink()
    path.write_bytes(data)


def _raw(text: str) -> bytes:
    return text.encode().decode("unicode_escape").encode("latin-1")


def _bytes(folder: Path, name: str, pair: list[str]) -> None:
    old, new = map(_raw, pair)
    assert len(old) == len(new) or name.endswith(".xml")
    data = (folder / name).read_bytes()
    assert old in data, f"{old!r} is not in {name}"
    _replace_bytes(folder, name, lambda d: d.replace(old, new, 1))


def _copy_as(folder: Path, name: str, other: str) -> None:
    (folder / other).write_bytes((folder / name).read_bytes())


_FILES: dict[str, Callable[[Path, str, Any], None]] = {
    "bytes": _bytes,
    "cut": lambda folder, name, count: _replace_bytes(folder, name, lambda d: d.rstrip(b" ")[: -int(count)]),
    "keep": lambda folder, name, count: _replace_bytes(folder, name, lambda d: d[: int(count)]),
    "append": lambda folder, name, text: _replace_bytes(folder, name, lambda d: d + _raw(text)),
    "text": lambda folder, name, text: _replace_bytes(folder, name, lambda _: _raw(text)),
    "copy_as": _copy_as,
    "file_name": lambda folder, name, other: (folder / name).rename(folder / other) and None,
    "remove_file": lambda folder, name, _: (folder / name).unlink(),
}


def _define(path: Path, edits: list[Entry]) -> None:
    tree = etree.parse(path)
    for edit in edits:
        nodes = tree.xpath(edit["path"], namespaces=NAMESPACES)
        assert nodes, f"{edit['path']}: nothing there"
        for node in nodes if edit.get("all") else nodes[:1]:
            _edit_node(node, edit)
        if edit.get("prune"):
            prune(tree)
    path.unlink()
    tree.write(path, encoding="UTF-8", xml_declaration=True)


def _edit_node(node: etree._Element, edit: Entry) -> None:
    for name, value in edit.get("set", {}).items():
        prefix, _, local = name.rpartition(":")
        key = f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local
        if value == "null":
            node.attrib.pop(key, None)
        else:
            node.set(key, str(value))
    if "text" in edit:
        node.text = str(edit["text"])
    if edit.get("remove"):
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)
    if edit.get("twice"):
        node.addnext(etree.fromstring(etree.tostring(node)))


def exact_share(verdicts: list[Verdict]) -> float:
    """The part of all findings that is at the place of the corruption."""
    exact = sum(v.exact for v in verdicts)
    return exact / max(1, exact + sum(v.consequences + len(v.elsewhere) for v in verdicts))


def summary(verdicts: list[Verdict]) -> str:
    """`corruptions: 143, recall 100.0 %, exact location 98.1 %, consequences 3, findings elsewhere 0`."""
    found = sum(not v.missed for v in verdicts)
    exact = sum(v.exact for v in verdicts)
    named = sum(v.consequences for v in verdicts)
    elsewhere = sum(len(v.elsewhere) for v in verdicts)
    return (
        f"corruptions: {len(verdicts)}, recall {found / max(1, len(verdicts)):.1%}, "
        f"exact location {exact_share(verdicts):.1%} of {exact + named + elsewhere} findings, "
        f"named consequences {named}, findings elsewhere {elsewhere}"
    )


def lines(planted: Planted, verdict: Verdict) -> Iterator[str]:
    """What is wrong with the verdict, for people."""
    for kind in ("missed", "elsewhere", "stale"):
        for text in getattr(verdict, kind):
            yield f"{planted.entry['name']}: {kind}: {text}"
