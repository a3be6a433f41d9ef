"""Every name in a domain's mapping must mean something in the study."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from cdisc_kit.spec.model import BlockSpec, Call, DomainSpec, JoinSpec, StudySpec
from cdisc_kit.spec.names import is_dataset_variable, resolve, vocabulary
from cdisc_kit.spec.problems import Problems, suggestion
from cdisc_kit.yamltext import place


class References:
    """Checks the names of every domain; what it finds goes to `problems`.

    `broken` are datasets whose file could not be read: of names that point to them nothing can be said.
    """

    def __init__(self, spec: StudySpec, broken: frozenset[str], problems: Problems) -> None:
        self.spec = spec
        self.broken = broken
        self.problems = problems

    def check(self, domain: DomainSpec) -> None:
        """Report unknown names of one domain."""
        for own in domain.blocks:
            self._check_block(domain, own)
        for target in domain.targets():
            for block, call in domain.calls(target):
                where = f"{call.file}:{call.line} {target.name}"
                self._check_columns(domain, block, where, call.needs.columns)
                self._check_others(where, call)
                self._check_entries(where, call)
        self._check_finalize(domain)
        self._check_value_levels(domain)
        self._check_not_submitted(domain)

    def _check_block(self, domain: DomainSpec, block: BlockSpec) -> None:
        where = f"{block.file}:{block.line} records.{block.id}"
        if domain.blocks[[other.id for other in domain.blocks].index(block.id)] is not block:
            self.problems.append(f"{where}: another block has this id")
        if block.kind == "from" and block.source not in self.spec.sources.forms:
            self._unknown(where, "form", block.source, self.spec.sources.forms)
            return
        if block.kind == "dataset" and block.source not in (known := {*self.spec.domains, *self.broken}):
            self._unknown(where, "dataset", block.source, known)
            return
        if block.kind != "from" and (block.joins or (block.unpivot and block.unpivot.aliases)):
            self.problems.append(
                f"{where}: only a block that reads a form (from) can join or unpivot columns"
            )
            return
        for join in block.joins:
            self._check_join(block, join)
        last = block.last_per_subject
        if last and last not in (columns := self.spec.sources.forms[block.source].columns):
            self._unknown(where, "column", last, columns)
        self._check_columns(domain, block, where, block.names())
        for reference in block.visit_references():
            self._check_collection(f"{place(reference)} records.{block.id}", reference)

    def _known_source(self, block: BlockSpec) -> bool:
        """False where the block's rows come from what is not there: one problem, not one for each column."""
        if block.kind == "dataset":
            return block.source in self.spec.domains
        known = self.spec.sources.forms
        return block.kind != "from" or (block.source in known and all(j.form in known for j in block.joins))

    def _check_join(self, block: BlockSpec, join: JoinSpec) -> None:
        forms = self.spec.sources.forms
        where = f"{block.file}:{join.line} join"
        if join.form not in forms:
            self._unknown(where, "form", join.form, forms)
            return
        for own, other in join.on:
            for form, name in ((block.source, own), (join.form, other)):
                if name != "USUBJID" and name not in forms[form].columns:
                    hint = suggestion(name, forms[form].columns)
                    self.problems.append(f"{where}: {form} has no column '{name}'{hint}")

    def _check_columns(
        self, domain: DomainSpec, block: BlockSpec | None, where: str, names: tuple[str, ...]
    ) -> None:
        if block is not None and not self._known_source(block):
            return
        for name in names:
            if name.partition(".")[0] not in self.broken and resolve(self.spec, domain, block, name) is None:
                self._unknown(where, "column", name, vocabulary(self.spec, domain, block))

    def _check_others(self, where: str, call: Call) -> None:
        """Collections, and other datasets' variables."""
        for reference in call.needs.collections:
            self._check_collection(where, reference)
        for dataset, variable in call.needs.datasets:
            if dataset in self.broken:
                continue
            if dataset not in self.spec.domains:
                self._unknown(where, "dataset", dataset, self.spec.domains)
            elif resolve(self.spec, self.spec.domains[dataset], None, variable) is None:
                hint = suggestion(variable, self.spec.domains[dataset].variables)
                self.problems.append(f"{where}: dataset {dataset} has no variable '{variable}'{hint}")

    def _check_collection(self, where: str, reference: str) -> None:
        source, _, name = reference.partition(".")
        form = self.spec.sources.forms.get(source)
        if source in self.broken or is_dataset_variable(self.spec, reference):
            return
        if form is None or (name != "USUBJID" and name not in form.columns):
            known = [*(form.columns if form is not None else ())]
            if source in self.spec.domains:
                known += [target.name for target in self.spec.domains[source].targets()]
            hint = suggestion(reference, [f"{source}.{column}" for column in known])
            self.problems.append(
                f"{where}: '{reference}' is neither DATASET.VARIABLE nor FORM.COLUMN of this study{hint}"
            )

    def _check_entries(self, where: str, call: Call) -> None:
        """Entries of the study's other files: maps, parameters, coding tables."""
        for name in call.needs.maps:
            if name not in self.spec.maps:
                self._unknown(where, "map", name, self.spec.maps, " of ct.yaml")
        for name in call.needs.parameters:
            if name not in self.spec.parameters:
                self._unknown(where, "parameter", name, self.spec.parameters, " of study.yaml")
        folder = self.spec.folder / "coding"
        for table, column in call.needs.tables:
            path = folder / f"{table}.csv"
            if not path.is_file():
                self._unknown(where, "coding table", table, [found.stem for found in folder.glob("*.csv")])
            elif column not in (header := _header(path)):
                hint = suggestion(column, header)
                self.problems.append(f"{where}: coding/{table}.csv has no column '{column}'{hint}")

    def _check_finalize(self, domain: DomainSpec) -> None:
        for name in [*domain.sort, *domain.orders, *domain.keys]:
            by_number = name == domain.sequence and name in [*domain.sort, *domain.orders]
            if by_number or resolve(self.spec, domain, None, name) is None:
                self.problems.unknown(name, "finalize", "variable", name, domain.variables)

    def _check_value_levels(self, domain: DomainSpec) -> None:
        for level in domain.value_levels:
            for name in (level.variable, level.where):
                if name not in domain.variables:
                    self.problems.unknown(name, "value_levels", "variable", name, domain.variables)

    def _check_not_submitted(self, domain: DomainSpec) -> None:
        forms = self.spec.sources.forms
        for reference in domain.not_submitted:
            source, _, column = reference.partition(".")
            known = [f"{name}.{key}" for name, form in forms.items() for key in ("*", *form.columns)]
            if f"{source}.{column}" not in known:
                self.problems.unknown(reference, "not_submitted", "FORM.COLUMN", reference, known)

    def _unknown(self, where: str, what: str, name: str, known: Iterable[str], of: str = "") -> None:
        self.problems.append(f"{where}: unknown {what} '{name}'{of}{suggestion(name, known)}")


def _header(path: Path) -> list[str]:
    # bytes of another encoding are told with the table itself
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return next(csv.reader(file), [])
