"""The released datasets described anew: what was done to a variable, in place of the sponsor's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from cdisc_kit.dataset import Dataset, Origin, Variable
from cdisc_kit.definexml import Comment, Dictionary, StudyDescription, ValueLevel, define_bytes
from cdisc_kit.definexml.groups import item_groups
from cdisc_kit.definexml.model import Group
from cdisc_kit.explanations import read_define_texts
from cdisc_kit.ipd.anchor import EPOCH
from cdisc_kit.locate import bundled
from cdisc_kit.package import value_levels
from cdisc_kit.sharing.release import ENCODING, Release
from cdisc_kit.sharing.treatment import SUPPLEMENT, Treatment, Treatments
from cdisc_kit.standard import load_ct, load_sdtmig

# Where the transport files lie, beside define.xml.
TRANSPORT = "sdtm/xpt"
# As fictitious as the dates of the data, and later than any of them.
MADE = f"{EPOCH + np.timedelta64(20 * 365, 'D')}T00:00:00"
# How the rule of a decision about records begins.
LEFT_OUT = "records left out"
BY_VALUE = f"{LEFT_OUT}:"
_AS_IN_STUDY = "As derived in the study's own package."
_WITHHELD = "Not released: the study's own package holds values."


def described(release: Release) -> dict[str, Dataset]:
    """The released datasets, the origin of each variable told in terms of the release."""
    treatments = Treatments(release)
    return {
        name: replace(
            dataset,
            comment="",
            variables=tuple(
                _described(dataset, variable, treatments.of_variable(name, variable.name))
                for variable in dataset.variables
            ),
        )
        for name, dataset in release.datasets.items()
    }


def _described(dataset: Dataset, variable: Variable, treatment: Treatment) -> Variable:
    column = dataset.frame[variable.name]
    blank = bool((column.isna() | (column.astype(object) == "")).all())
    if blank and treatment.changed and not dataset.frame.empty:
        origins, comment = {"*": Origin("Not Available")}, _WITHHELD
    else:
        origins, comment = {"*": _origin(variable.origin, treatment)}, ""
    return replace(variable, origins=origins, comment=comment, label_zh="", assumed=False)


def _origin(before: Origin, treatment: Treatment) -> Origin:
    """Derived by what was done; where nothing was, as in the study, without the words of its mapping."""
    if treatment.changed:
        return Origin("Derived", "Sponsor", treatment.en)
    if before.type == "Derived":
        return Origin("Derived", "Sponsor", _AS_IN_STUDY)
    return Origin(before.type, before.source)


def description_of(release: Release) -> StudyDescription:
    """What the Define-XML of the release says of the study; no document or place of the sponsor is in it."""
    spec = release.spec
    texts = read_define_texts(bundled("define"), spec.key)
    return StudyDescription(
        oid=f"ST.{spec.studyid}.IPD",
        name=spec.studyid,
        description=f"{spec.title} (individual participant data, de-identified, {release.plan.tier.name})",
        protocol=str(spec.study.get("protocol", {}).get("name", spec.studyid)),
        created=MADE,
        synthetic=release.synthetic,
        encoding=ENCODING,
        define_ct=spec.ct_version,
        comments=tuple(_record_comments(release)),
        dictionaries={
            str(name): Dictionary(str(entry["name"]), str(entry["version"]))
            for name, entry in texts.content.get("dictionaries", {}).items()
        },
        archive=lambda dataset: f"{TRANSPORT}/{dataset.lower()}.xpt",
    )


def _record_comments(release: Release) -> Iterator[Comment]:
    """A comment on each dataset of which records were left out, or would be if there were any of a value."""
    reasons: dict[str, list[str]] = {}
    for decision in release.deidentified.decisions:
        left_out = decision.rule.startswith(BY_VALUE) or (
            decision.rule.startswith(LEFT_OUT) and decision.rows
        )
        if left_out and decision.dataset in release.datasets:
            reasons.setdefault(decision.dataset, []).append(decision.reason)
    for name, given in reasons.items():
        yield Comment(name, f"Records are left out where there are any: {'; '.join(dict.fromkeys(given))}.")


def define_of(release: Release, datasets: Mapping[str, Dataset]) -> bytes:
    """The Define-XML of the `described` datasets."""
    return define_bytes(
        description_of(release),
        list(datasets.values()),
        sdtmig=load_sdtmig(),
        ct=load_ct(release.spec.ct_version),
        value_levels=levels_of(release, datasets),
    )


def groups_of(release: Release, datasets: Mapping[str, Dataset]) -> list[Group]:
    """The items that the Define-XML of the `described` datasets lists, with types, terms and value levels."""
    ct = load_ct(release.spec.ct_version)
    levels = levels_of(release, datasets)
    return item_groups(description_of(release), list(datasets.values()), load_sdtmig(), ct, levels)


def levels_of(release: Release, datasets: Mapping[str, Dataset]) -> dict[str, list[ValueLevel]]:
    """The value levels that still have a record; each supplemental qualifier with what was done to it."""
    treatments = Treatments(release)
    declared = value_levels(release.spec)
    found = {}
    for name, dataset in datasets.items():
        levels = [level for level in declared.get(name, ()) if _has_records(level, dataset)]
        if name.startswith(SUPPLEMENT):
            levels = list(_qualifiers(dataset, levels, treatments))
        if levels:
            found[name] = levels
    return found


def _has_records(level: ValueLevel, dataset: Dataset) -> bool:
    frame = dataset.frame
    return level.variable in frame and all(
        name in frame and frame[name].isin(values).any() for name, values in level.where.items()
    )


def _qualifiers(dataset: Dataset, levels: list[ValueLevel], treatments: Treatments) -> Iterator[ValueLevel]:
    lists = {level.where["QNAM"][0]: level.codelist for level in levels if "QNAM" in level.where}
    frame = dataset.frame
    named = dict(zip(frame["QNAM"].astype(str), frame["QLABEL"].astype(str), strict=True))
    origins = dict(zip(frame["QNAM"].astype(str), frame["QORIG"].astype(str), strict=True))
    for name in sorted(named):
        treatment = treatments.of_qualifier(dataset.name, name)
        origin = _origin(_collected(origins[name]), treatment)
        yield ValueLevel("QVAL", {"QNAM": (name,)}, lists.get(name, ""), origin=origin, label=named[name])


def _collected(origin: str) -> Origin:
    """A QORIG value as an origin of Define-XML."""
    sources = {
        "Collected": "Investigator",
        "Derived": "Sponsor",
        "Assigned": "Sponsor",
        "Protocol": "Sponsor",
    }
    return Origin(origin, sources[origin]) if origin in sources else Origin("Collected", "Investigator")
