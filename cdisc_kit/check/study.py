"""What every check function is given: the package, the standard it claims, and lookups across datasets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from cdisc_kit.errors import StandardError
from cdisc_kit.standard import load_ct, load_sdtm_model, load_sdtmig
from cdisc_kit.standard.anchors import SUBJECT_LEVEL

if TYPE_CHECKING:
    from cdisc_kit.check.folder import Package
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Scope
    from cdisc_kit.standard import ControlledTerminology, StandardDataset, StandardVariable

GUIDE = "3.4"
MODEL = "2.0"
TERMINOLOGY = "2025-03-28"


class Study:
    """The package under check and the tables it is held against.

    Where the Define-XML claims a guide or a terminology that the kit has no tables of, the bundled ones are
    used and `not_checked` says so.
    """

    def __init__(self, package: Package) -> None:
        self.package, self.define = package, package.define
        self.datasets = package.datasets
        self.not_checked: list[str] = []
        self.guide = load_sdtmig(GUIDE)
        self.model = load_sdtm_model(MODEL)
        self.ct = self._terminology()
        self.exact_guide = self._claims_our_guide()

    def _claims_our_guide(self) -> bool:
        claimed = self.define.standard("IG") if self.define else ""
        if not self.define:
            self.not_checked.append(f"no Define-XML: rules about it were not run; SDTMIG {GUIDE} is assumed")
        if claimed in ("", GUIDE):
            return True
        self.not_checked.append(
            f"the package claims SDTMIG {claimed}; the kit has the tables of {GUIDE}: what "
            "the guides require of datasets and variables was not checked, values and records were"
        )
        return False

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
        try:
            return self.guide.dataset(records.domain)
        except StandardError:
            return None

    def standard_variable(self, records: Records, name: str) -> StandardVariable | None:
        """The guide's variable, or None where the guide does not list it for the dataset."""
        dataset = self.standard_dataset(records)
        return dataset.variables.get(name) if dataset else None

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
    def subject_level(self) -> Records | None:
        """The dataset with one record a subject."""
        return self.datasets.get(SUBJECT_LEVEL)
