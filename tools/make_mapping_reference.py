"""Write docs/mapping-language.md from the schema and the operations."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cdisc_kit.derive import OPERATIONS
from cdisc_kit.derive.operation import Operation
from cdisc_kit.expression import FUNCTIONS
from cdisc_kit.spec.column_schema import COLUMN_TYPES
from cdisc_kit.spec.schema import CALL_EXTRAS, VARIABLE_EXTRAS, domain_schema

TARGET = Path(__file__).parents[1] / "docs" / "mapping-language.md"

HEAD = """# The mapping language

Generated from the schema by `tools/make_mapping_reference.py`; a test compares. The full JSON Schema of a
domain file, for editors, is printed by `python tools/make_mapping_reference.py --schema`.

A domain file says which rows a dataset has (`records`), what each variable holds (`variables`), its
supplemental qualifiers (`supp`), helper columns that are not written (`work`), and how rows are ordered
(`finalize`). STUDYID, DOMAIN, USUBJID and --SEQ are made by the kit. Labels, types, order and codelists come
from the standard.

A name means, in this order: a column of the block's rows (raw column, unpivot item, column of the source
dataset), a work or own variable. `FORM.COLUMN` is a column of a joined form, `DATASET.VARIABLE` the value of
that one-record-per-subject dataset for the row's subject.
"""

BLOCK = """`first_per` keeps the subject's first row of each combination of its columns. `last_per_subject`
names a date column of the form and keeps the subject's row of the latest date: a partial date comes before
the days it may mean, a blank one first; of several rows with that date the one further down, with a WARN
`LAST-TIED` where they differ in more than the form's key."""


def shape(schema: dict[str, Any]) -> str:
    """A parameter's schema in a few words."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(shape(option) for option in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {shape(schema.get('items', {}))}"
    if schema.get("type") == "object":
        return "mapping"
    return "name" if "pattern" in schema and "A-Za-z" in schema["pattern"] else "text"


def table(rows: list[tuple[str, ...]], *head: str) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def operation(entry: Operation) -> list[str]:
    """The section of one operation."""
    rows = []
    for name, schema in entry.schema.items():
        needed = "yes" if name == entry.key or name in entry.required else "no"
        rows.append((f"`{name}`", shape(schema), needed))
    lines = [f"### {entry.key}", "", entry.summary, ""]
    lines += table(rows, "Parameter", "Value", "Required")
    over = "the whole dataset" if entry.scope == "dataset" else "the rows of a block"
    return [*lines, "", f"Works on {over}. Origin in Define-XML unless stated: {entry.origin}.", ""]


def extras(schema: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(f"`{name}`", shape(value)) for name, value in schema.items()]


def text() -> str:
    """The whole page."""
    sections = domain_schema()["properties"]
    block = sections["records"]["items"]["properties"]
    lines = [HEAD, "## Sections of a domain file", ""]
    lines += table(extras(sections), "Section", "Value")
    lines += ["", "## A record block", ""]
    lines += table(extras(block), "Key", "Value")
    lines += ["", BLOCK]
    lines += ["", "## What any operation may say beside its parameters", ""]
    lines += table([*extras(CALL_EXTRAS), *extras(VARIABLE_EXTRAS)], "Key", "Value")
    lines += [
        "",
        "A variable that differs between blocks has `by:` with one operation for each block id.",
        "",
    ]
    lines += ["## Column types of sources.yaml", "", ", ".join(f"`{name}`" for name in COLUMN_TYPES), ""]
    lines += [
        "## Expressions",
        "",
        "`when`, `keep` and `expr` take Python-like expressions over columns: comparisons,",
    ]
    lines += ["`in` with a list, `and`, `or`, `not`, `+ - * /`, `a if b else c`, and these functions:", ""]
    lines += [", ".join(f"`{name}`" for name in sorted(FUNCTIONS)), "", "## Operations", ""]
    for entry in OPERATIONS.values():
        lines += operation(entry)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    if "--schema" in sys.argv:
        print(json.dumps(domain_schema(full=True), indent=1))
    else:
        TARGET.write_text(text(), encoding="utf-8", newline="\n")
