"""What every check function is given: the package, the standard it claims, and lookups across datasets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cdisc_kit.check.functions.define_levels import ValueLevel, value_levels
from cdisc_kit.check.functions.define_values import Part, described_values
from cdisc_kit.check.guide import claims
from cdisc_kit.check.joined import Joined
from cdisc_kit.errors import StandardError
from cdisc_kit.standard import load_ct, load_sdtm_model, load_sdtmig
from cdisc_kit.standard.anchors import GUIDE_VERSION, SUBJECT_LEVEL, TRIAL_SUMMARY

if TYPE_CHECKING:
    from cdisc_kit.check.folder import Package
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Scope
    from cdisc_kit.standard import ControlledTerminology, StandardDataset, StandardVariable

GUIDE = "3.4"
MODEL = "2.0"
TERMINOLOGY = "2025-03-28"
SUPPLEMENT = "SUPPQUAL"


class Study:
    """The package under check and the tables it is held against.

    Where the package claims a guide or a terminology that the kit has no tables of, the bundled ones are
    used and `not_checked` says so. `ig` is the version of the guide where the caller knows it.
    """

    def __init__(self, package: Package, ig: str = "") -> None:
        self.package, self.define = package, package.define
        self.datasets = package.datasets
        self.not_checked: list[str] = []
        self._wholes: dict[tuple[str, ...], Records] = {}
        self.guide = load_sdtmig(GUIDE)
        self.model = load_sdtm_model(MODEL)
        self.ct = self._terminology()
        self.claimed = claims(package, ig)
        self._tell_what_is_assumed()

    @property
    def exact_guide(self) -> bool:
        """True where the package is held against the guide it claims (or claims none)."""
        return not self.claimed or self.claimed[0].version == GUIDE

    def _tell_what_is_assumed(self) -> None:
        if not self.define:
            self.not_checked.append("no Define-XML: rules about it were not run")
        if not self.claimed:
            self.not_checked.append(
                f"nothing says which SDTMIG the package follows (Define-XML, {TRIAL_SUMMARY} "
                f"{GUIDE_VERSION}, --ig): {GUIDE} is assumed"
            )
        others = [claim for claim in self.claimed[1:] if claim.version != self.claimed[0].version]
        for claim in others:
            first = self.claimed[0]
            self.not_checked.append(
                f"{claim.source} says SDTMIG {claim.version}, {first.source} {first.version}: that was taken"
            )
        for name in self.package.ignored:
            self.not_checked.append(f"{name} is no Dataset-JSON and was not looked at")
        for name in self.package.packed:
            self.not_checked.append(f"{name} is compressed Dataset-JSON, which the kit does not unpack")

    def leave_out(self, rules: Sequence[str]) -> None:
        """Say which rules of the guide's tables were not applied to a package of another guide."""
        claim = self.claimed[0]
        self.not_checked.append(
            f"{claim.source} says SDTMIG {claim.version}, and the kit has the tables of {GUIDE}: values and "
            f"records were checked, but {len(rules)} rules were not applied, whose tables differ between the "
            f"guides: {', '.join(rules)}"
        )

    def _terminology(self) -> ControlledTerminology:
        claimed = self.define.standard("CT", "SDTM") if self.define else ""
        if claimed:
            try:
                return load_ct(claimed)
            except StandardError:
                self.not_checked.append(
                    f"the package claims SDTM terminology {claimed}, which the kit does not have: values "
                    f"were held against {TERMINOLOGY}"
                )
        return load_ct(TERMINOLOGY)

    def standard_dataset(self, records: Records) -> StandardDataset | None:
        """The guide's dataset, also for supplements and parts of split datasets; None for a custom domain."""
        return self.guide.find(records.family) or (
            self.guide.dataset(SUPPLEMENT) if records.is_supplement else None
        )

    def standard_variable(self, records: Records, name: str) -> StandardVariable | None:
        """The guide's variable, or None where the guide does not list it for the dataset."""
        dataset = self.standard_dataset(records)
        return dataset.variables.get(name) if dataset else None

    def told_missing(self, records: Records, name: str) -> bool:
        """True for a variable the dataset lacks that guide or Define-XML want there: that is told already."""
        if name in records:
            return False
        described = self.define.datasets.get(records.name) if self.define else None
        if described and name in described.by_name:
            return True
        standard = self.standard_variable(records, name) if self.exact_guide else None
        return standard is not None and standard.core in ("Req", "Exp")

    def observation_class(self, records: Records) -> str:
        """The class as Define-XML spells it; of a custom domain by its topic variable ('' when unclear)."""
        dataset = self.standard_dataset(records)
        if dataset:
            return dataset.define_class
        topics = {"TRT": "INTERVENTIONS", "TERM": "EVENTS", "TESTCD": "FINDINGS"}
        return next((c for suffix, c in topics.items() if records.prefix + suffix in records), "")

    def scope(self, scope: Scope) -> Iterator[Records]:
        """The datasets a rule is about, in the order of their files."""
        for records in self.datasets.values():
            if scope.datasets and records.domain not in scope.datasets:
                continue
            if records.domain in scope.excluded or (records.is_supplement and not scope.supplements):
                continue
            if scope.classes and not self.observation_class(records).startswith(scope.classes):
                continue
            if all(records.expand(name) in records for name in scope.having):
                yield records

    @cached_property
    def value_levels(self) -> tuple[ValueLevel, ...]:
        """The value levels that the Define-XML gives variables of the files, with their records."""
        return tuple(value_levels(self))

    @cached_property
    def described_values(self) -> tuple[Part, ...]:
        """The distinct values that each variable and each value level of the Define-XML is about."""
        return tuple(described_values(self))

    def whole(self, scope: Scope) -> Iterator[Records]:
        """Like `scope`, but the parts of a split dataset as one."""
        families: dict[str, list[Records]] = {}
        for records in self.scope(scope):
            families.setdefault(records.family, []).append(records)
        for name, parts in families.items():
            yield self._joined(name, parts)

    def dataset(self, name: str) -> Records | None:
        """The dataset of that name, or all parts of it where it is split."""
        parts = [one for one in self.datasets.values() if one.family == name]
        return self._joined(name, parts) if parts else self.datasets.get(name)

    def _joined(self, name: str, parts: list[Records]) -> Records:
        key = tuple(part.name for part in parts)
        if key not in self._wholes:
            self._wholes[key] = parts[0] if len(parts) == 1 else Joined(name, parts)
        return self._wholes[key]

    @cached_property
    def subject_level(self) -> Records | None:
        """The dataset with one record a subject."""
        return self.datasets.get(SUBJECT_LEVEL)
