"""How operations see rows: what rows of a block and rows of a whole dataset share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cdisc_kit.build.visits import visit_of
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import repeated, series
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import Call, DomainSpec
from cdisc_kit.standard import anchors


class StudyRows:
    """Lookups by subject, study-wide things and findings; `call` is the use of an operation that asks."""

    length: int
    workspace: Workspace
    domain: DomainSpec
    call: Call | None = None

    def usubjid(self) -> pd.Series:
        raise NotImplementedError

    def collection(self, reference: str) -> tuple[pd.Series, pd.Series]:
        return self.workspace.collection(reference)

    def dataset(self, name: str, variables: Sequence[str]) -> pd.DataFrame:
        draft = self.workspace.draft(name)
        return pd.DataFrame({variable: draft.column(variable) for variable in variables})

    def code_map(self, name: str) -> Any:
        return self.workspace.spec.maps[name]

    def table(self, name: str) -> pd.DataFrame:
        return self.workspace.table(name)

    def parameter(self, name: str) -> str:
        return self.workspace.spec.parameters[name].value

    def paired_term(self, codelist: str, value: str) -> str:
        found = self.workspace.ct.find(codelist)
        if found is None or value not in found.terms:
            return ""
        return self.workspace.ct.paired(found, value).value

    def same_record(self, dataset: str, variable: str) -> pd.Series:
        raise NotImplementedError

    def unreadable(self, column: str) -> np.ndarray:
        raise NotImplementedError

    def raw_rows(self) -> pd.Series:
        numbers = [str(self.source_of(at)[3]) for at in range(self.length)]
        return pd.Series(numbers, dtype=object)

    def raw_forms(self) -> pd.Series:
        return pd.Series([self.source_of(at)[0] for at in range(self.length)], dtype=object)

    def visit(self, name: str, code: pd.Series, date: pd.Series) -> pd.Series:
        return visit_of(self.workspace, name, self.usubjid(), code, date)

    def _subject_value(self, dataset: str, variable: str) -> pd.Series:
        if variable in anchors.IDENTIFIERS:
            return self.usubjid()
        by_subject = self.workspace.by_subject(dataset, variable)
        found = self.usubjid().map(by_subject)
        return found if pd.api.types.is_numeric_dtype(by_subject) else found.astype(object).fillna("")

    def _identifier(self, name: str) -> pd.Series:
        if name == "USUBJID":
            return self.usubjid()
        value = self.workspace.spec.studyid if name == "STUDYID" else self.domain.name
        return series(repeated(value, self.length))

    def source_of(self, at: int) -> tuple[str, str, str, int]:
        """(form, file, sheet, row) of the raw record behind row `at`; blanks where there is none."""
        return ("", "", "", 0)

    def raw_column(self, name: str, at: int) -> str:
        """The raw column behind `name` on row `at`; '' where there is none."""
        return ""

    def raw_cell(self, column: str, at: int) -> str:
        """The canonical cell of a raw column behind row `at`."""
        raise NotImplementedError

    def _variable(self) -> str:
        """The variable that the asking call makes, or that its helper column is first used for."""
        made = (*self.domain.variables.values(), *self.domain.supp.values())
        asking = next(
            (t.name for t in self.domain.targets() if any(c is self.call for c in t.by.values())), ""
        )
        using = (v.name for v in made if any(asking in call.needs.columns for call in v.by.values()))
        return asking if any(v.name == asking for v in made) else next(using, "")

    def report(
        self,
        rule: str,
        severity: str,
        message: str,
        where: np.ndarray,
        *,
        column: str = "",
        values: pd.Series | None = None,
        message_zh: str = "",
        ask: str = "",
    ) -> None:
        subjects, variable = self.usubjid().fillna(""), self._variable()
        for at in np.flatnonzero(where):
            form, file, sheet, row = self.source_of(int(at))
            cell = self.raw_column(column, int(at)) if column else ""
            value = "" if values is None else str(values.iloc[at])
            self.workspace.findings.append(
                Finding(
                    rule=rule,
                    severity=severity,
                    message=message,
                    message_zh=message_zh,
                    dataset=self.domain.name,
                    variable=variable,
                    usubjid=str(subjects.iloc[at]),
                    value=self.raw_cell(cell, int(at)) if cell and values is not None else value,
                    form=form,
                    source_file=file,
                    source_sheet=sheet,
                    source_row=row,
                    source_column=cell,
                    spec_file=self.call.file if self.call else "",
                    spec_line=self.call.line if self.call else 0,
                    query=self._question(int(at), cell, ask) if cell and ask else "",
                )
            )

    def _question(self, at: int, column: str, ask: str) -> str:
        """The question to the site about the raw cell behind row `at`: where it is, what it says, `ask`."""
        name, _, _, row = self.source_of(at)
        form = self.workspace.spec.sources.forms[name]
        if column not in form.columns:  # of a joined form
            return ""
        said = self.raw_cell(column, at)
        filled = f"填写为“{form.columns[column].codes.get(said, said)}”" if said else "未填写"
        return f"{form.title_zh}第{row}行“{form.columns[column].label}”{filled},{ask}。"
