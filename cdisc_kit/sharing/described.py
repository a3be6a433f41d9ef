"""The released datasets described anew: what was done to a variable, in place of the sponsor's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cdisc_kit.dataset import Dataset, Origin, Variable
from cdisc_kit.definexml import StudyDescription, ValueLevel, define_bytes
from cdisc_kit.ipd.anchor import EPOCH
from cdisc_kit.ipd.policy import Rule
from cdisc_kit.package import value_levels
from cdisc_kit.sharing.release import ENCODING, Release
from cdisc_kit.standard import load_ct, load_sdtmig

# What a rule did, for a reader who does not know the policy. `{0}` is what the policy wrote under the action.
METHODS = {
    "terms": "Terms of the codelists and of the study are kept; any other text is left out.",
    "numbers": "Numbers and terms of the study are kept; any other text is left out.",
    "drop": "Not released.",
    "constant": "The same for every record: the value itself would identify.",
    "pseudonym": "A pseudonym of this release; the same identifier has the same one in every dataset.",
    "anchor": f"Moved so that the subject's day 1 is {EPOCH}; a partial date is an interval that holds it.",
    "from": "The value of {0}: the text as collected is not released.",
    "group": "Grouped.",
    "round": "Rounded to the nearest multiple of {0}.",
    "quasi": "In the form the search for the least loss of information chose.",
    "where": "Kept where the policy names the parameter; left out elsewhere.",
    "masks": "MSK where the value is withheld.",
}
# Where the transport files lie, beside define.xml.
TRANSPORT = "sdtm/xpt"
# As fictitious as the dates of the data, and later than any of them.
_MADE = EPOCH + np.timedelta64(20 * 365, "D")
_AS_IN_STUDY = "As derived in the study's own package."


def described(release: Release) -> dict[str, Dataset]:
    """The released datasets, the origin of each variable told in terms of the release."""
    return {
        name: replace(
            dataset,
            comment="",
            variables=tuple(
                _described(release.policy.rule_for(name, variable.name), variable)
                for variable in dataset.variables
            ),
        )
        for name, dataset in release.datasets.items()
    }


def _described(rule: Rule | None, variable: Variable) -> Variable:
    before = variable.origin
    method = METHODS.get(rule.action, "") if rule is not None else ""
    if method and rule is not None:
        origin = Origin("Derived", "Sponsor", method.format(rule.params))
    elif before.type == "Derived":
        origin = Origin("Derived", "Sponsor", _AS_IN_STUDY)
    else:
        origin = Origin(before.type, before.source)
    return replace(variable, origins={"*": origin}, comment="", label_zh="", assumed=False)


def define_of(release: Release, datasets: Mapping[str, Dataset]) -> bytes:
    """The Define-XML of the released datasets; no comment, document or place of the sponsor is in it."""
    spec = release.spec
    study = StudyDescription(
        oid=f"ST.{spec.studyid}.IPD",
        name=spec.studyid,
        description=f"{spec.title} (individual participant data, de-identified, {release.plan.tier.name})",
        protocol=str(spec.study.get("protocol", {}).get("name", spec.studyid)),
        created=f"{_MADE}T00:00:00",
        synthetic=release.synthetic,
        encoding=ENCODING,
        define_ct=spec.ct_version,
        archive=lambda dataset: f"{TRANSPORT}/{dataset.lower()}.xpt",
    )
    return define_bytes(
        study,
        list(datasets.values()),
        sdtmig=load_sdtmig(),
        ct=load_ct(spec.ct_version),
        value_levels=_levels(value_levels(spec), datasets),
    )


def _levels(
    declared: Mapping[str, list[ValueLevel]], datasets: Mapping[str, Dataset]
) -> dict[str, list[ValueLevel]]:
    """The value levels that still have a record."""
    found: dict[str, list[ValueLevel]] = {}
    for name, levels in declared.items():
        if name not in datasets:
            continue
        frame = datasets[name].frame
        found[name] = [
            level
            for level in levels
            if level.variable in frame
            and all(
                condition in frame and frame[condition].isin(values).any()
                for condition, values in level.where.items()
            )
        ]
    return found
