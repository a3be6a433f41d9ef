"""The datasets under construction: every column is computed once, when something first asks for it.

DM needs EX (first dose), EX needs DM (study day), SE needs both: between datasets there is no order, between
variables there is. The load has checked that no variable depends on itself.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdisc_kit.columns import Coded
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding
from cdisc_kit.normalise import spelling
from cdisc_kit.normalise.notes import MISSING, SUPERSCRIPT, TRIM, WIDTH
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import DomainSpec, StudySpec
from cdisc_kit.spec.names import is_dataset_variable
from cdisc_kit.standard import ControlledTerminology

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdisc_kit.build.draft import Draft

# what reading notes on a cell without a value that says nothing: blanks, and marks for a missing value
_SAYS_NOTHING = frozenset({note.rule for note in (SUPERSCRIPT, WIDTH, TRIM, MISSING)} | {""})


@dataclass(frozen=True)
class Form:
    """One reconciled form: canonical cells, and USUBJID of each row ('' for an unknown subject)."""

    table: RawTable
    usubjid: pd.Series
    _coded: dict[str, Coded] = field(default_factory=dict, init=False, repr=False, compare=False)

    def column(self, name: str) -> np.ndarray:
        cells = self.usubjid if name == "USUBJID" else self.table.frame[name]
        return cells.to_numpy(dtype=object)

    def unreadable(self, name: str) -> np.ndarray:
        """True where the cell says something that gave no value: not where it holds a mark for none."""
        changes = self.table.changes(name)
        beyond = [not _SAYS_NOTHING.issuperset(rules.split(";")) for rules in changes["rules"]]
        return np.asarray((changes["after"] == "") & np.array(beyond, dtype=bool))

    def coded(self, name: str) -> Coded:
        """A column by its distinct texts, found once."""
        if name != "USUBJID":
            return self.table.coded(name)
        if name not in self._coded:
            self._coded[name] = Coded.of(self.usubjid)
        return self._coded[name]


class Workspace:
    """Spec, terminology, raw forms and drafts of one build; collects findings.

    `new_draft` lays out a dataset: drafts read the workspace, so the workspace does not know their class.
    """

    def __init__(
        self,
        spec: StudySpec,
        ct: ControlledTerminology,
        forms: dict[str, Form],
        new_draft: Callable[[Workspace, DomainSpec], Draft],
    ) -> None:
        self.spec = spec
        self.ct = ct
        self.forms = forms
        self._new_draft = new_draft
        self.findings: list[Finding] = []
        self.drafts: dict[str, Draft] = {}
        self._tables: dict[str, pd.DataFrame] = {}
        self._by_subject: dict[tuple[str, str], pd.Series] = {}

    def draft(self, name: str) -> Draft:
        """The dataset called `name`, its rows laid out on first use."""
        if name not in self.drafts:
            self.drafts[name] = self._new_draft(self, self.spec.domains[name])
        return self.drafts[name]

    def table(self, name: str) -> pd.DataFrame:
        """Coding table coding/<name>.csv as text."""
        if name not in self._tables:
            path = self.spec.folder / "coding" / f"{name}.csv"
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            frame = pd.DataFrame(rows, dtype=object).fillna("")
            verbatim = frame.columns[0]
            frame[verbatim] = [spelling(str(text)) for text in frame[verbatim]]
            self._tables[name] = frame.drop_duplicates(verbatim)
        return self._tables[name]

    def by_subject(self, dataset: str, variable: str) -> pd.Series:
        """`variable` of a one-record-per-subject dataset, indexed by USUBJID. FATAL where it is not."""
        key = (dataset, variable)
        if key not in self._by_subject:
            draft = self.draft(dataset)
            subjects = draft.usubjid()
            if subjects.duplicated().any():
                raise FatalFindingsError([*self.findings, self._repeated(dataset, subjects)])
            self._by_subject[key] = draft.column(variable).set_axis(subjects.to_numpy(dtype=object))
        return self._by_subject[key]

    def _repeated(self, dataset: str, subjects: pd.Series) -> Finding:
        at = int(np.flatnonzero(subjects.duplicated())[0])
        return Finding(
            rule="SUBJECT-REPEATED",
            severity="FATAL",
            message=f"{dataset} is read as one record per subject, but a subject has several",
            dataset=dataset,
            usubjid=str(subjects.iloc[at]),
            spec_file=self.spec.domains[dataset].file,
            spec_line=1,
        )

    def collection(self, reference: str) -> tuple[pd.Series, pd.Series]:
        """(USUBJID, values) over all rows of DATASET.VARIABLE or FORM.COLUMN."""
        source, _, name = reference.partition(".")
        if is_dataset_variable(self.spec, reference):
            draft = self.draft(source)
            return draft.usubjid(), draft.column(name)
        form = self.forms[source]
        return form.usubjid, pd.Series(form.column(name))
