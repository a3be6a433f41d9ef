"""The small package of `base.yaml` with edits, as files: what the cases of the rules are made of."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import yaml

from cdisc_kit.standard import load_sdtm_model, load_sdtmig
from cdisc_kit.xpt import MAX_CHAR_BYTES, XptVariable, write_xpt

FOLDER = Path(__file__).parent
Table = dict[str, Any]
BASE: dict[str, Table] = yaml.safe_load((FOLDER / "base.yaml").read_text(encoding="utf-8"))["datasets"]
FILLED = {"STUDYID": "STUDY", "DOMAIN": ""}


def base() -> dict[str, Table]:
    """Dataset name to its variables (name, label, type, length) and rows (dicts of text)."""
    return {name: _table(name, copy.deepcopy(raw)) for name, raw in BASE.items()}


def _table(name: str, raw: Table) -> Table:
    standard = load_sdtmig().dataset(name)
    listed = [v for v in ("STUDYID", "DOMAIN") if v in standard.variables] + raw["variables"]
    held = {v: described(name, v) for v in listed}
    order = sorted(held, key=lambda v: standard.variables[v].order if v in standard.variables else 999)
    rows = [
        {"STUDYID": "STUDY", "DOMAIN": name, **dict(zip(raw["variables"], map(str, row), strict=True))}
        for row in raw["rows"]
    ]
    return {"label": standard.label, "variables": {v: held[v] for v in order}, "rows": rows, "file": ""}


def described(dataset: str, name: str) -> dict[str, Any]:
    """Label and type of a variable as the standard has them."""
    standard = load_sdtmig().dataset(dataset)
    found = standard.variables.get(name) or load_sdtm_model().find(None, name, dataset[:2])
    return {
        "label": found.label if found else "A variable of nobody",
        "type": found.type if found else "Char",
    }


def edit(package: dict[str, Table], change: dict[str, Any]) -> None:  # noqa: PLR0912 - one case each
    """One change: see the cases for what there is."""
    table = package.get(change["dataset"])
    match change:
        case {"add": like}:
            package[change["dataset"]] = copy.deepcopy(package[like])
        case {"remove": "dataset"}:
            del package[change["dataset"]]
        case {"remove": variable} if isinstance(variable, str):
            del table["variables"][variable]
        case {"remove": row}:
            del table["rows"][row - 1]
        case {"copy": row}:
            table["rows"].append(
                dict(table["rows"][row - 1]) | {k: str(v) for k, v in change.get("set", {}).items()}
            )
        case {"row": row}:
            table["rows"][row - 1] |= {k: str(v) for k, v in change["set"].items()}
        case {"every": values}:
            for row in table["rows"]:
                row |= {k: str(v) for k, v in values.items()}
        case {"variable": name, "rename": new}:
            table["variables"] = {new if k == name else k: v for k, v in table["variables"].items()}
            for row in table["rows"]:
                row[new] = row.pop(name)
        case {"variable": name, "before": other}:
            moved = table["variables"].pop(name, None) or described(change["dataset"], name)
            items = list(table["variables"].items())
            at = [k for k, _ in items].index(other)
            table["variables"] = dict([*items[:at], (name, moved), *items[at:]])
        case {"variable": name}:
            table["variables"][name] |= {k: v for k, v in change.items() if k in ("label", "type", "length")}
        case _:
            table |= {k: v for k, v in change.items() if k in ("label", "rows", "file")}


def write(package: dict[str, Table], folder: Path) -> None:
    """The package as XPT files."""
    for name, table in package.items():
        variables = table["variables"]
        frame = pd.DataFrame({v: [row.get(v, "") for row in table["rows"]] for v in variables}, dtype=object)
        for variable, told in variables.items():
            if told["type"] == "Num":
                frame[variable] = pd.to_numeric(frame[variable].replace("", None)).astype("float64")
        texts = (
            table["label"]
            + "".join(map(str, frame.to_numpy().ravel()))
            + "".join(v["label"] for v in variables.values())
        )
        encoding = "ascii" if texts.isascii() else "utf-8"
        declared = [
            XptVariable(
                v,
                told["label"],
                told["type"],
                told.get("length") or _length(frame[v], told["type"], encoding),
            )
            for v, told in variables.items()
        ]
        path = folder / f"{table['file'] or name.lower()}.xpt"
        if max(v.length for v in declared) > MAX_CHAR_BYTES:  # ours refuses what the case is about
            labels = [v["label"] for v in variables.values()]
            pyreadstat.write_xport(
                frame, path, table["label"], column_labels=labels, table_name=name, file_format_version=5
            )
            continue
        write_xpt(path, name, table["label"], frame, declared, encoding=encoding)


def _length(column: pd.Series, kind: str, encoding: str) -> int:
    return 8 if kind == "Num" else max(1, *(len(str(v).encode(encoding)) for v in column), 1)


def damage(folder: Path, change: dict[str, Any]) -> None:
    """One change to the bytes of a file, after it is written."""
    path = folder / change["path"]
    data = path.read_bytes() if path.is_file() else b""
    match change:
        case {"text": text}:
            data = text.encode()
        case {"cut": count}:
            data = data[:-count]
        case {"append": text}:
            data += text.encode().decode("unicode_escape").encode("latin-1")
        case {"replace": old, "by": new}:
            old, new = (t.encode().decode("unicode_escape").encode("latin-1") for t in (old, new))
            assert data.count(old), f"{old!r} does not stand in {path.name}"
            data = data.replace(old, new, 1)
        case {"twice": name}:
            (folder / name).write_bytes(data)
    path.write_bytes(data)
