"""SDTM variables and values that others are defined against (IG 4.2.8.3, 4.4.4, 5.2, 5.3, 7.3)."""

from __future__ import annotations

REFERENCE_START = "DM.RFSTDTC"
CONSENT = "DM.RFICDTC"
FIRST_EXPOSURE = "DM.RFXSTDTC"
SUBJECT_LEVEL = "DM"

# Trial summary, and the parameter that says which version of the guide a package follows.
TRIAL_SUMMARY, PARAMETER, PARAMETER_VALUE = "TS", "TSPARMCD", "TSVAL"
GUIDE_VERSION = "SDTIGVER"

ELEMENTS = "SE"
ELEMENT_START = "SESTDTC"
ELEMENT_END = "SEENDTC"
EPOCH = "EPOCH"

VISITS = "SV"
PLANNED_VISITS = "TV"
VISIT_VARIABLES = ("VISITNUM", "VISIT", "VISITDY")

# Stands for several answers in a variable of any codelist, with each of them in SUPP-- (IG 4.2.8.3).
MULTIPLE = "MULTIPLE"

IDENTIFIERS = ("STUDYID", "DOMAIN", "USUBJID")
