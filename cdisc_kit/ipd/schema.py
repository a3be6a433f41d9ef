"""JSON Schema of `ipd.yaml` and of the kit's class rules. Every scalar is text, as in all mapping files."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}
_TRUE = {"const": "true"}
_NUMBER = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}
_DATE = {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}
_NAMES = {"type": "array", "items": _TEXT, "minItems": 1}
_BOTH = {
    "type": "object",
    "properties": {"en": _TEXT, "zh": _TEXT},
    "required": ["en", "zh"],
    "additionalProperties": False,
}

# What can happen to a variable or qualifier: name -> schema of what is written under it.
ACTIONS: dict[str, dict[str, Any]] = {
    # every value stays
    "keep": _TRUE,
    # terms of the variable's codelists and the study's own maps stay, and those listed; others are left out
    "terms": {"type": "array", "items": _TEXT},
    # numbers (also <5, >=10) stay, and what `terms` would keep; other text becomes OTHER
    "numbers": {"type": "array", "items": _TEXT},
    # nothing stays: a Required variable needs another rule, an Expected one stays blank, others go
    "drop": _TRUE,
    "constant": _TEXT,
    # subject: one pseudonym in every dataset; link: one for each identifier of a subject, for joins
    "pseudonym": {"enum": ["subject", "link"]},
    # dates moved to the fictitious day 1; of other text only what is listed stays
    "anchor": {"anyOf": [_TRUE, {"type": "array", "items": _TEXT}]},
    # study days and what is counted from them: kept, and proven equal to the released dates
    "day": _TRUE,
    # the value of another variable of the record, after folding
    "from": _TEXT,
    # value -> group; values without a group become OTHER
    "group": {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
    # values of fewer than k subjects become OTHER
    "fold": _TRUE,
    # numbers to the nearest multiple: one for all, or by the values of other variables of the record
    # (separated by a blank); a record whose values are not listed keeps no number
    "round": {
        "anyOf": [
            _NUMBER,
            {
                "type": "object",
                "properties": {
                    "by": _NAMES,
                    "steps": {"type": "object", "additionalProperties": _NUMBER, "minProperties": 1},
                },
                "required": ["by", "steps"],
                "additionalProperties": False,
            },
        ]
    },
    # numbers from here on are one group: 4 gives 1, 2, 3 and >=4
    "top": _NUMBER,
    # decided by the least-loss search, under the name of a quasi-identifier
    "quasi": _TEXT,
    # values stay in records whose `variable` has one of `values`; elsewhere they are left out
    "where": {
        "type": "object",
        "properties": {"variable": _TEXT, "values": _NAMES},
        "required": ["variable", "values"],
        "additionalProperties": False,
    },
    # the null flavor MSK (masked, ISO 21090) where the rule of this variable left a value out
    "masks": _TEXT,
}
_RULE: dict[str, Any] = {
    "type": "object",
    "properties": {**ACTIONS, "reason": _TEXT},
    "required": ["reason"],
    "additionalProperties": False,
    "minProperties": 2,
    "maxProperties": 2,
}
_RULES = {"type": "object", "additionalProperties": _RULE}
_DATASET: dict[str, Any] = {
    "type": "object",
    "properties": {
        "drop": _TEXT,
        "keep": _TEXT,
        "records": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"variable": _TEXT, "values": _NAMES, "reason": _TEXT},
                "required": ["variable", "values", "reason"],
                "additionalProperties": False,
            },
        },
        "variables": _RULES,
        "qualifiers": _RULES,
        "results": {
            "type": "object",
            "properties": {
                # test -> what happens to its results; `from` puts another variable in the result's place
                "from": {"type": "object", "additionalProperties": _TEXT},
                "round": {"type": "object", "additionalProperties": _NUMBER},
                "top": {"type": "object", "additionalProperties": _NUMBER},
                # significant digits of every result
                "digits": {"type": "string", "pattern": "^[1-9]$"},
                "bands": {"type": "object", "additionalProperties": _NUMBER},
                "reason": _TEXT,
            },
            "required": ["reason"],
            "additionalProperties": False,
        },
        "fold": _NAMES,
    },
    "oneOf": [{"required": ["drop"]}, {"required": ["keep"]}],
    "additionalProperties": False,
}
# What one tier says otherwise: rules by name come before those of `datasets`, anything else replaces it.
_OTHERWISE: dict[str, Any] = {key: value for key, value in _DATASET.items() if key != "oneOf"}
_TIER = {
    "type": "object",
    "properties": {
        "k": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "max_risk": _NUMBER,
        "source": _TEXT,
        "datasets": {"type": "object", "additionalProperties": _OTHERWISE},
    },
    "required": ["k", "max_risk", "source"],
    "additionalProperties": False,
}
# What tells a quasi-identifier goes with it: whole datasets, records, rules of variables and qualifiers.
_TELLING: dict[str, Any] = {
    "type": "object",
    "properties": {
        key: _DATASET["properties"][key] for key in ("drop", "records", "variables", "qualifiers")
    },
    "additionalProperties": False,
}
_QUASI = {
    "type": "object",
    "properties": {
        "variable": _TEXT,
        "levels": _NAMES,
        "groups": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        # level name -> where its bands of a number begin: [50, 65] gives <50, 50-64 and >=65
        "cuts": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]+$"}},
        },
        "weight": _NUMBER,
        # what a Required variable holds at level drop
        "suppressed": _TEXT,
        # by dataset, what else would tell it: left out as well at every level but `keep`
        "told_by": {"type": "object", "additionalProperties": _TELLING, "minProperties": 1},
        # the supplemental qualifier that holds the bands of a number
        "qualifier": {
            "type": "object",
            "properties": {"name": {"type": "string", "pattern": "^[A-Z][A-Z0-9]{0,7}$"}, "label": _TEXT},
            "required": ["name", "label"],
            "additionalProperties": False,
        },
    },
    "required": ["variable", "levels"],
    "additionalProperties": False,
}
# An issue that CDISC's rules engine has with a release and that is as it should be.
_EXPLANATION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "rule": _TEXT,
        "dataset": {"type": "string"},
        "variable": {"type": "string"},
        # the tiers that have it, where not all do
        "tiers": _NAMES,
        # left out where define/<study>.yaml gives one for the same issue of the study's own package
        "reason": _TEXT,
    },
    "required": ["rule", "dataset", "variable"],
    "additionalProperties": False,
}
POLICY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "release": {
            "type": "object",
            "properties": {
                "study_end": _DATE,
                "publication": _DATE,
                "opens": {
                    "type": "object",
                    "properties": {
                        "after": {"enum": ["study_end", "publication"]},
                        "months": {"type": "string", "pattern": "^[0-9]+$"},
                        "within": _TRUE,
                    },
                    "required": ["after", "months"],
                    "additionalProperties": False,
                },
                "approvals": {
                    "type": "array",
                    "items": {"enum": ["principal_investigator", "ethics_committee"]},
                },
                "channel": {"enum": ["email", "resman"]},
                "promise": _BOTH,
                "contact": _BOTH,
            },
            "required": ["opens", "approvals", "channel", "promise"],
            "additionalProperties": False,
        },
        "country": _TEXT,
        "default_tier": _TEXT,
        "tiers": {"type": "object", "additionalProperties": _TIER, "minProperties": 1},
        "population": {
            "type": "object",
            "properties": {"size": {"type": "string", "pattern": "^[1-9][0-9]*$"}, "source": _TEXT},
            "required": ["size", "source"],
            "additionalProperties": False,
        },
        # subjects whose variable of the roster has one of these values are left out with all their records
        "subjects": {
            "type": "object",
            "properties": {"variable": _TEXT, "values": _NAMES, "reason": _TEXT},
            "required": ["variable", "values", "reason"],
            "additionalProperties": False,
        },
        "partial_dates": {"enum": ["interval", "blank"]},
        "quasi_identifiers": {"type": "object", "additionalProperties": _QUASI, "minProperties": 1},
        "sensitive": _NAMES,
        # what the known-value scan looks for besides dates: raw columns as FORM.COLUMN with wildcards, and
        # texts that no column holds (investigators, how people call the hospitals)
        "identifiers": {
            "type": "object",
            "properties": {"columns": _NAMES, "texts": _NAMES},
            "required": ["columns"],
            "additionalProperties": False,
        },
        "datasets": {"type": "object", "additionalProperties": _DATASET, "minProperties": 1},
        "statement": {"type": "object", "additionalProperties": _BOTH},
        "explanations": {"type": "array", "items": _EXPLANATION},
    },
    "required": [
        *("release", "country", "default_tier", "tiers", "population", "partial_dates"),
        *("quasi_identifiers", "sensitive", "datasets"),
    ],
    "additionalProperties": False,
}
CLASSES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "classes": {
            "type": "array",
            "items": {
                **_RULE,
                "properties": {**_RULE["properties"], "variables": _NAMES},
                "required": ["variables", "reason"],
                "minProperties": 3,
                "maxProperties": 3,
            },
        }
    },
    "required": ["classes"],
    "additionalProperties": False,
}
