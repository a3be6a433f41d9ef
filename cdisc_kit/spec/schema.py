"""JSON Schema of the mapping files, assembled from the operations' own fragments."""

from __future__ import annotations

from cdisc_kit.derive import OPERATIONS
from cdisc_kit.derive.operation import NAME, NAMES, TEXT, Operation
from cdisc_kit.spec.column_schema import BOOLEAN, COLUMN, LIMIT, RULE_ID, TEXT_MAP, Schema
from cdisc_kit.spec.readers import READER

ORIGINS = ["Collected", "Derived", "Assigned", "Protocol", "Predecessor"]
VARIABLE_NAME = r"^[A-Z][A-Z0-9]{0,7}$"
WORK_NAME = r"^[A-Z][A-Z0-9_]*$"
# year in four or two digits, month as number or English abbreviation, day
DATE_FORMAT: Schema = {"type": "string", "pattern": "^([^%]|%[Yymbd])+$"}

# What any operation call may say beside its own parameters.
CALL_EXTRAS: Schema = {
    "origin": {"enum": ORIGINS},
    "source": {"enum": ["Investigator", "Sponsor", "Subject", "Vendor"]},
    "method": TEXT,
}
# What a variable may say of itself, whichever operation fills it.
VARIABLE_EXTRAS: Schema = {
    "label": {
        "anyOf": [
            TEXT,
            {"type": "object", "properties": {"en": TEXT, "zh": TEXT}, "additionalProperties": False},
        ]
    },
    "type": {"enum": ["Char", "Num"]},
    "codelist": TEXT,
    "comment": TEXT,
    "evaluator": TEXT,
}


def call_schema(operation: Operation) -> Schema:
    """The schema of one call of `operation`."""
    return {
        "type": "object",
        "properties": {**operation.schema, **CALL_EXTRAS, **VARIABLE_EXTRAS},
        "required": [operation.key, *operation.required],
        "additionalProperties": False,
    }


def _call(full: bool) -> Schema:
    """Any call: every operation's schema for documents and editors, a bare object for the loader.

    The loader picks the operation by its key first, so that a message speaks of that operation only.
    """
    if not full:
        return {"type": "object", "minProperties": 1}
    return {"oneOf": [{"$ref": f"#/$defs/{key}"} for key in OPERATIONS]}


_VISITS: Schema = {
    "type": "object",
    "properties": {
        "unscheduled": {"type": "array", "items": TEXT},
        "series": {"type": "object", "additionalProperties": NAMES},
        "origin": NAME,
        "offset": TEXT,
        "until": {"type": "object", "additionalProperties": NAMES},
        "in_order": {"type": "array", "items": TEXT, "minItems": 1},
        "collected": NAMES,
    },
    "dependentRequired": {"origin": ["offset", "until"]},
    "additionalProperties": False,
}


def _records() -> Schema:
    join = {
        "type": "object",
        "properties": {
            "form": NAME,
            "on": {"anyOf": [NAMES, {"type": "object", "additionalProperties": NAME}]},
            "cardinality": {"enum": ["one_to_one", "many_to_one"]},
        },
        "required": ["form", "on", "cardinality"],
        "additionalProperties": False,
    }
    item = {
        "type": "object",
        "additionalProperties": {"anyOf": [TEXT, {"type": "object", "additionalProperties": NAME}]},
    }
    block = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "from": NAME,
            "dataset": NAME,
            "table": {"anyOf": [TEXT, {"type": "array", "items": TEXT_MAP}]},
            "visits": _VISITS,
            "when": TEXT,
            "last_per_subject": NAME,
            "first_per": NAMES,
            "join": {"type": "array", "items": join},
            "unpivot": {
                "type": "object",
                "properties": {"items": {"type": "array", "items": item, "minItems": 1}, "keep": TEXT},
                "required": ["items"],
                "additionalProperties": False,
            },
        },
        "required": ["id"],
        "dependentRequired": {"last_per_subject": ["from"]},
        "oneOf": [{"required": [kind]} for kind in ("from", "dataset", "table", "visits")],
        "additionalProperties": False,
    }
    return {"type": "array", "items": block}


def _targets(name: str, full: bool) -> Schema:
    """A section that maps names of the form `name` to calls."""
    by_block = {
        "type": "object",
        "properties": {"by": {"type": "object", "additionalProperties": _call(full)}, **VARIABLE_EXTRAS},
        "required": ["by"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "patternProperties": {name: {"anyOf": [by_block, _call(full)]}},
        "additionalProperties": False,
    }


def domain_schema(full: bool = False) -> Schema:
    """The schema of domains/*.yaml; with `full` every operation is spelled out."""
    value_level = {
        "type": "object",
        "properties": {
            "variable": NAME,
            "where": NAME,
            "in": {"type": "array", "items": TEXT},
            "codelist": TEXT,
        },
        # without `codelist` the values of these rows are no terms (a diameter in TRSTRESC)
        "required": ["variable", "where", "in"],
        "additionalProperties": False,
    }
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "domain": {"type": "string", "pattern": "^[A-Z]{2}[A-Z0-9]{0,6}$"},
            "comment": TEXT,
            "records": _records(),
            "work": _targets(WORK_NAME, full),
            "variables": _targets(VARIABLE_NAME, full),
            "supp": _targets(VARIABLE_NAME, full),
            "finalize": {
                "type": "object",
                "properties": {
                    "sort": {"type": "array", "items": NAME},
                    "keys": {"type": "array", "items": NAME},
                    "order": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}},
                },
                "required": ["sort", "keys"],
                "additionalProperties": False,
            },
            "value_levels": {"type": "array", "items": value_level},
            "not_submitted": TEXT_MAP,
        },
        "required": ["domain", "records", "variables", "finalize"],
        "additionalProperties": False,
    }
    if full:
        schema["$defs"] = {key: call_schema(operation) for key, operation in OPERATIONS.items()}
    return schema


PARAMETER: Schema = {
    "type": "object",
    "properties": {"value": TEXT, "assumed": BOOLEAN, "note": TEXT},
    "required": ["value"],
    "additionalProperties": False,
}

STUDY_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "study": TEXT,
        "aliases": {"type": "array", "items": TEXT},
        "studyid": TEXT,
        "title": {"type": "object", "properties": {"en": TEXT, "zh": TEXT}, "required": ["en"]},
        "standards": {
            "type": "object",
            "properties": {
                "sdtmig": {"const": "3.4"},
                "sdtm": {"const": "2.0"},
                "define": {"const": "2.1"},
                "ct": TEXT,
            },
            "required": ["ct"],
        },
        "extract_date": PARAMETER,
        "identity": {
            "type": "object",
            "properties": {
                "form": NAME,
                "subject": NAME,
                "previous": NAME,
                "usubjid": TEXT,
                "consent": {"type": "array", "items": NAME, "minItems": 1},
            },
            "required": ["form", "subject", "usubjid"],
            "additionalProperties": False,
        },
        "parameters": {"type": "object", "additionalProperties": PARAMETER},
        "protocol": TEXT_MAP,
        "country": TEXT,
        "sites": {"type": "object"},
        # facts of the registry entry, in its own structure
        "registration": {"type": "object"},
        # what the trial team still has to answer, in both languages
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"en": TEXT, "zh": TEXT},
                "required": ["en", "zh"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["study", "studyid", "title", "standards", "extract_date", "identity"],
}

# rows that pause the interval of another row: column `when` holds `is`; the interval around is split
_PAUSES: Schema = {
    "type": "object",
    "properties": {
        "start": NAME,
        "end": NAME,
        "when": NAME,
        "is": TEXT,
        "rule": TEXT,
        "once": {"type": "array", "items": NAME},
    },
    "required": ["start", "end", "when", "is", "rule"],
    "additionalProperties": False,
}
SOURCES_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "subject": {
            "type": "object",
            "properties": {
                "site": NAME,
                "subject": NAME,
                "birth": NAME,
                # header columns that must agree with the screening form, and the rule they break otherwise
                "agree": {"type": "object", "additionalProperties": RULE_ID},
            },
            "required": ["site", "subject"],
            "additionalProperties": False,
        },
        "visit": {
            "type": "object",
            "properties": {
                "code": NAME,
                "date": NAME,
                "none": {"type": "array", "items": TEXT},
                # parameter: days between forms of one planned visit; `but` names visits it does not hold for
                "spread": {
                    "type": "object",
                    "properties": {"parameter": NAME, "but": {"type": "array", "items": TEXT}},
                    "required": ["parameter"],
                    "additionalProperties": False,
                },
            },
            "required": ["code", "date"],
            "additionalProperties": False,
        },
        "dates": {
            "type": "object",
            "properties": {
                "formats": {"type": "array", "items": DATE_FORMAT, "minItems": 1},
                "unknown": {"type": "array", "items": TEXT},
            },
            "required": ["formats"],
            "additionalProperties": False,
        },
        # limits of every amount whose column declares no other
        "numbers": {
            "type": "object",
            "properties": {"minimum": LIMIT, "maximum": LIMIT},
            "additionalProperties": False,
        },
        "resolution": TEXT,
        "drafts": {
            "type": "object",
            "properties": {"column": NAME, "values": {"type": "array", "items": TEXT}},
            "required": ["column", "values"],
            "additionalProperties": False,
        },
        # FORM.COLUMN (`*` stands for any) and why it reaches no dataset; the first that fits counts
        "not_submitted": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        "header": {"type": "object", "additionalProperties": COLUMN},
        # one file with every form that may lie in the raw folder instead of the forms' own files
        "alternative": READER,
        "forms": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "title": TEXT_MAP,
                    "reader": READER,
                    "header": {"type": "array", "items": NAME},
                    "order": {"type": "array", "items": NAME},
                    "key": {"type": "array", "items": NAME},
                    # what a row speaks of, where the key holds a running number
                    "natural_key": {"type": "array", "items": NAME, "minItems": 1},
                    "critical": {"type": "array", "items": NAME},
                    "pauses": _PAUSES,
                    "columns": {"type": "object", "additionalProperties": COLUMN},
                },
                "required": ["title", "reader", "columns"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["subject", "dates", "forms"],
    "additionalProperties": False,
}

CT_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "maps": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"codelist": TEXT, "terms": TEXT_MAP},
                "required": ["terms"],
                "additionalProperties": False,
            },
        },
        "extensions": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": TEXT},
        },
    },
    "additionalProperties": False,
}

_DATASET_VARIABLE: Schema = {"type": "string", "pattern": r"^[A-Z]{2}[A-Z0-9]{0,6}\.[A-Z][A-Z0-9]{0,7}$"}

RELREC_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "relationships": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "minItems": 2,
                "items": {
                    "type": "object",
                    "properties": {"dataset": NAME, "variable": NAME, "reltype": {"enum": ["ONE", "MANY"]}},
                    "required": ["dataset", "variable", "reltype"],
                    "additionalProperties": False,
                },
            },
        },
        # Records related one by one: `pointer` holds what the CRF wrote to name a record of the target's
        # dataset, `target` the value that names it there. Both are DATASET.VARIABLE.
        "records": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"pointer": _DATASET_VARIABLE, "target": _DATASET_VARIABLE},
                "required": ["pointer", "target"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["relationships"],
    "additionalProperties": False,
}
