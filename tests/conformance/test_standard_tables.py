"""Every row of the standard's tables against the reference's facts, and every fact against the tables."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cdisc_kit.standard import ControlledTerminology, load_ct, load_sdtm_model, load_sdtmig
from cdisc_kit.standard.model import ModelVariable
from cdisc_kit.standard.sdtmig import StandardVariable
from cdisc_kit.standard.tables import FOLDER

REFERENCE = os.environ.get("CDISC_KIT_REFERENCE", "")
pytestmark = pytest.mark.skipif(not REFERENCE, reason="CDISC_KIT_REFERENCE does not name the reference data")

# The reference names the pairs of test codes and names; we pair these as well (PPTESTCD needs the last).
MORE_PAIRS = {("DIPARMCD", "DIPARM"), ("OIPRMCD", "OIPRM"), ("PDPARMCD", "PDPARM"), ("PKPARMCD", "PKPARM")}


def reference(name: str) -> dict[str, Any]:
    path = Path(REFERENCE) / "standards" / name
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    content: dict[str, Any] = json.loads(text)
    return content


# --- SDTMIG ------------------------------------------------------------------------------------------------


def guide_variable(variable: StandardVariable) -> dict[str, Any]:
    """The variable in the reference's shape, where what is blank is left out."""
    optional = {
        "codelists": list(variable.codelists),
        "codelist_names": list(variable.codelist_names),
        "values": list(variable.values),
        "format": variable.format,
        "sponsor_terms": variable.sponsor_terms,
    }
    return {
        "name": variable.name,
        "label": variable.label,
        "type": variable.type,
        "role": variable.role,
        "core": variable.core,
        "order": variable.order,
        **{key: value for key, value in optional.items() if value},
    }


def test_every_dataset_of_the_guide() -> None:
    ours = [
        {
            "name": d.name,
            "label": d.label,
            "class": d.cls,
            "define_class": d.define_class,
            "structure": d.structure,
            "keys": list(d.keys),
            "order": d.order,
        }
        for d in load_sdtmig("3.4").datasets.values()
    ]
    left_out = ("variables", "keys_adjusted")
    theirs = reference("sdtmig-3-4.json")["datasets"]
    assert ours == [{k: v for k, v in d.items() if k not in left_out} for d in theirs]
    assert len(ours) == 63


def test_every_variable_of_the_guide() -> None:
    theirs = {d["name"]: d["variables"] for d in reference("sdtmig-3-4.json")["datasets"]}
    country = next(v for v in theirs["DM"] if v["name"] == "COUNTRY")
    assert "format" not in country
    country["format"] = "ISO 3166-1 Alpha-3"  # the one fact we take from the model instead
    ours = {d.name: list(map(guide_variable, d.variables.values())) for d in load_sdtmig().datasets.values()}
    assert ours == theirs
    assert sum(map(len, ours.values())) == 1917
    assert all(name == v.name for d in load_sdtmig().datasets.values() for name, v in d.variables.items())


def test_keys_are_variables_of_the_dataset() -> None:
    assert not [(d.name, k) for d in load_sdtmig().datasets.values() for k in d.keys if k not in d.variables]


def test_codelists_of_the_guide_are_in_the_terminology() -> None:
    ct = load_ct("2025-03-28")
    missing = set()
    for dataset in load_sdtmig().datasets.values():
        for variable in dataset.variables.values():
            for code, name in zip(variable.codelists, variable.codelist_names, strict=True):
                if code not in ct or ct[code].submission != name:
                    missing.add((dataset.name, variable.name, code))
    assert missing == {("MS", "MSRESCAT", "C85495")}  # retired before 2025-03-28


# --- SDTM --------------------------------------------------------------------------------------------------


def model_variable(variable: ModelVariable) -> dict[str, Any]:
    optional = {
        "format": variable.format,
        "qualifies": list(variable.qualifies),
        "restriction": variable.restriction,
        "ccode": variable.ccode,
    }
    return {
        "name": variable.name,
        "label": variable.label,
        "type": variable.type,
        "role": variable.role,
        "order": variable.order,
        **{key: value for key, value in optional.items() if value},
    }


def test_every_class_dataset_and_variable_of_the_model() -> None:
    ours = []
    for order, c in enumerate(load_sdtm_model("2.0").classes.values(), start=1):
        datasets = [
            {"name": d.name, "label": d.label, "variables": list(map(model_variable, d.variables.values()))}
            for d in c.datasets.values()
        ]
        optional = {
            "parent": c.parent,
            "variables": list(map(model_variable, c.variables.values())),
            "datasets": datasets,
        }
        ours.append(
            {"name": c.name, "order": order, **{key: value for key, value in optional.items() if value}}
        )
    assert ours == reference("sdtm-2-0.json")["classes"]


def test_the_model_allows_every_variable_of_the_guide() -> None:
    model, unknown = load_sdtm_model(), set()
    for dataset in load_sdtmig().datasets.values():
        for name in dataset.variables:
            if model.find(dataset.cls, name, dataset.name) is None:
                unknown.add(f"{dataset.name}.{name}")
    assert unknown == set()


# --- controlled terminology --------------------------------------------------------------------------------

PACKAGES = {"sdtm": "sdtm-ct-2025-03-28.json.gz", "define-xml": "define-xml-ct-2025-03-28.json"}


def in_reference_shape(ct: ControlledTerminology) -> dict[str, Any]:
    return {
        code: {
            "submission": ct[code].submission,
            "name": ct[code].name,
            "preferred": ct[code].preferred,
            "extensible": ct[code].extensible,
            "terms": sorted(
                [t.code, t.value, t.preferred, list(t.synonyms)] for t in ct[code].terms.values()
            ),
        }
        for code in ct
    }


@pytest.mark.parametrize("package", ["sdtm", "define-xml"])
def test_every_codelist_and_term(package: Any) -> None:
    content = reference(PACKAGES[package])
    theirs = {
        code: {
            **{k: v for k, v in c.items() if k not in ("names_in", "codes_in")},
            "terms": sorted(c["terms"]),
        }
        for code, c in content["codelists"].items()
    }
    ct = load_ct("2025-03-28", package)
    ours = in_reference_shape(ct)
    assert ours.keys() == theirs.keys() and len(ours) == content["codelist_count"]
    assert [code for code in ours if ours[code] != theirs[code]] == []
    assert sum(len(ct[code].terms) for code in ct) == content["term_count"]


def test_every_pair_of_test_codes_and_names() -> None:
    codelists = reference(PACKAGES["sdtm"])["codelists"]
    theirs = {(c, codelists[c]["names_in"]) for c in codelists if "names_in" in codelists[c]}
    assert theirs == {(codelists[c]["codes_in"], c) for c in codelists if "codes_in" in codelists[c]}
    ct = load_ct("2025-03-28")
    ours = {(code, ct[code].names_in) for code in ct if ct[code].names_in}
    assert ours == {(ct[code].codes_in, code) for code in ct if ct[code].codes_in}
    assert theirs <= ours
    assert {(ct[a].submission, ct[b].submission) for a, b in ours - theirs} == MORE_PAIRS


# --- the script that writes the tables ---------------------------------------------------------------------


def test_the_script_writes_the_tables_byte_for_byte(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "tools" / "make_standard_tables.py"
    subprocess.run([sys.executable, script, "--out", tmp_path, "reference"], check=True)
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.tsv")}
    # the tables of a standard lie in its folder; what lies beside, and the Chinese labels, are the kit's own
    own = (FOLDER, FOLDER / "labels-zh")
    bundled = {path.relative_to(FOLDER) for path in FOLDER.rglob("*.tsv") if path.parent not in own}
    assert written == bundled
    assert [p for p in written if (tmp_path / p).read_bytes() != (FOLDER / p).read_bytes()] == []
