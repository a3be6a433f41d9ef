"""Shape of a column of sources.yaml, and the types a column can have."""

from __future__ import annotations

from typing import Any

from cdisc_kit.derive.operation import NAME, TEXT

Schema = dict[str, Any]

BOOLEAN: Schema = {"enum": ["true", "false"]}
TEXT_MAP: Schema = {"type": "object", "additionalProperties": TEXT}
RULE_ID = {"type": "string", "pattern": "^[A-Z]{2,4}-[A-Z0-9]+(-[A-Z0-9]+)*$"}

COLUMN_TYPES = [
    "text",
    "date",
    "time",
    "datetime",
    "number",
    "integer",
    "yesno",
    "code",
    "codes",
    "qualitative",
]
AMOUNTS = ("number", "integer", "qualitative")
LIMIT: Schema = {"type": "string", "pattern": r"^(none|-?[0-9]+(\.[0-9]+)?)$"}
COLUMN: Schema = {
    "type": "object",
    "properties": {
        "label": TEXT,
        "type": {"enum": COLUMN_TYPES},
        "codes": TEXT_MAP,
        "synonyms": TEXT_MAP,
        "aliases": {"type": "array", "items": TEXT},
        "comparator": BOOLEAN,
        "critical": BOOLEAN,
        "date": NAME,
        "text_of": NAME,
        "required": BOOLEAN,
        # of an amount: its unit, or the column that holds it; a cell may repeat it after the number
        "unit": TEXT,
        "unit_in": NAME,
        # the least and the greatest possible amount (`none`: no limit); beyond is NUM-RANGE and null
        "minimum": LIMIT,
        "maximum": LIMIT,
        # yes/no column that says the amount was not determined; ND-RESULT where there is one all the same
        "not_done": NAME,
        # rule (WARN) of a cell that is no number, instead of NUM-INVALID (ERROR)
        "unreadable": RULE_ID,
        "note": TEXT,
    },
    "required": ["label", "type"],
    "additionalProperties": False,
}
