"""Which version of the implementation guide a package claims, and who says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.standard.anchors import GUIDE_VERSION, PARAMETER, PARAMETER_VALUE, TRIAL_SUMMARY

if TYPE_CHECKING:
    from cdisc_kit.check.definefile import Define
    from cdisc_kit.check.folder import Package

GUIDES = ("3.1", "3.1.1", "3.1.2", "3.1.3", "3.2", "3.3", "3.4")  # versions of SDTMIG that were published
_NUMBER = re.compile(r"\d+\.\d+(\.\d+)?")
_GUIDE = re.compile(r"SDTM-?IG", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """`version` is empty where nobody says; `source` names who says it."""

    version: str
    source: str


def claims(package: Package, option: str = "") -> list[Claim]:
    """Who claims which version, the one that counts first: the caller, the Define-XML, the trial summary."""
    told = [
        Claim(option, "--ig"),
        Claim(_of_define(package.define), "the Define-XML"),
        Claim(_of_parameters(package), f"{TRIAL_SUMMARY} ({GUIDE_VERSION})"),
    ]
    return [Claim(_plain(claim.version), claim.source) for claim in told if claim.version]


def is_guide(name: str) -> bool:
    """True for the name of a standard that is the SDTMIG."""
    return bool(_GUIDE.fullmatch(name))


def _of_define(define: Define | None) -> str:
    """The standard of type IG called SDTMIG, else the first of that type."""
    if define is None:
        return ""
    for node in define.root.iter(f"{define.namespace}Standard"):
        if node.get("Type") == "IG" and is_guide(node.get("Name", "")):
            return str(node.get("Version", ""))
    return define.standard("IG")


def _of_parameters(package: Package) -> str:
    records = package.datasets.get(TRIAL_SUMMARY)
    if records is None or not records.rows:
        return ""
    at = np.flatnonzero(records.cells(PARAMETER) == GUIDE_VERSION)
    return records.cell(PARAMETER_VALUE, int(at[0])) if len(at) else ""


def _plain(version: str) -> str:
    """`3.3` for `SDTMIG v3.3`; a text without a number stays as it is."""
    found = _NUMBER.search(version)
    return found.group() if found else version.strip()
