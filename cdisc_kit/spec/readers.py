"""What sources.yaml may say of the file a form is read from: JSON Schema of `reader`."""

from __future__ import annotations

from typing import Any

from cdisc_kit.derive.operation import TEXT

_CSV_PASS: dict[str, Any] = {
    "type": "object",
    "properties": {"file": TEXT, "encoding": {"enum": ["utf-8", "utf-8-sig", "gb18030", "detect"]}},
    "required": ["file"],
    "additionalProperties": False,
}
# Keys of the elements around an ODM item that a column may be read from.
ODM_ATTRIBUTES = [
    "LocationOID",
    "UserOID",
    "SubjectKey",
    "StudyEventOID",
    "StudyEventRepeatKey",
    "FormOID",
    "FormRepeatKey",
    "ItemGroupOID",
    "ItemGroupRepeatKey",
]
# Keys that a reader of each type may have beside `type` and `file`.
READER_KEYS = {
    "csv": ("encoding", "passes"),
    "xlsx": ("sheet", "header_row", "code_row", "label_row", "data_row"),
    "odm": ("form", "item_group", "attributes"),
    "sas7bdat": ("encoding",),
    "xpt": ("encoding",),
    "sav": ("encoding",),
    "dta": ("encoding",),
}
READER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": list(READER_KEYS)},
        "file": TEXT,
        "encoding": _CSV_PASS["properties"]["encoding"],
        "passes": {"type": "object", "additionalProperties": _CSV_PASS},
        "sheet": TEXT,
        "header_row": TEXT,
        "code_row": TEXT,
        "label_row": TEXT,
        "data_row": TEXT,
        "form": TEXT,
        "item_group": TEXT,
        "attributes": {"type": "object", "additionalProperties": {"enum": ODM_ATTRIBUTES}},
    },
    "required": ["type"],
    "additionalProperties": False,
}
