"""Planted dirt against what a build says of it: the lines of the manifest met, the findings without a cause.

A line of dirt_manifest.csv is met when

* its finding is there: rule, severity and place. The place is the form, the row and the column of the line;
  a finding on a record of a dataset stands at the raw row that record was made from. Of a row taken out
  nothing is left to point at: then subject and visit must be those of the line.
* its output is there: among the records made from the raw row (from the cell, where each column of the row
  gives a record of its own) one has the value; all of them have none where null is expected. Where a row
  gives no record of that dataset, those of the subject at the visit are looked at.

A finding of WARN or above is explained by a line it meets, or by a declared cascade of a case, and then
only for a subject of a line of that case and at the places the cascade names: by itself the row of such a
line. `CASCADES` declares them; everything else is unexplained.

By hand: `python tests/e2e/dirt_match.py STUDY [--case N] [--seed N] [--subjects N]`.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
import pandas as pd

from cdisc_kit.build.visits import planned_visits
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding, at_or_above
from cdisc_kit.pipeline import BuiltStudy, build
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.synth import DEMO_SEED, GENERATORS
from cdisc_kit.synth.dirt import choose

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
Line = dict[str, str]
ROW, LATER, ANY = "row", "later", "any"


class Cascade(NamedTuple):
    """A rule that follows from a case although the case was planted for another one.

    `at`: ROW for the row of a line of the case, LATER for that row and the rows of its form after it, ANY for
    every place of the subject, or else the column (FORM.COLUMN) or variable (DATASET.VARIABLE) that follows.
    """

    study: str
    case: int
    rule: str
    reason: str
    at: tuple[str, ...] = (ROW,)


CASCADES: tuple[Cascade, ...] = (
    Cascade(
        *("atg", 17, "DT-ICFLATE", "randomisation and operation are before the wrong day of consent too"),
        ("A03.RANDDT", "A07.LTDT"),
    ),
    Cascade(
        *("atg", 17, "AE-BEFORE-ICF", "an event between the true day of consent and the wrong one"),
        ("A19.AESTDT",),
    ),
    Cascade("atg", 18, "DT-AFTERDEATH", "every date between the wrong day of death and the true one", (ANY,)),
    Cascade("atg", 35, "TXT-NOTRANS", "what is left of the remark after masking has no translation"),
    Cascade("atg", 36, "TXT-NOTRANS", "a remark nobody has seen before has no translation"),
    *(
        Cascade("atg", case, "LB-FLAG", "the laboratory marked the result and the range it had reported")
        for case in (37, 38, 42, 43, 44, 45, 46, 51)
    ),
    Cascade("atg", 49, "VS-SUSPECT", "the diastolic pressure may be too low for a systolic one"),
    Cascade(
        *("atg", 72, "DTH-NODATE", "who died of an event without a death form has no date of death"),
        ("DM.DTHFL",),
    ),
    Cascade("atg", 72, "AE-GRADE5", "the grade of the event is not that of a death"),
    Cascade("atg", 76, "SV-ORDER", "every form of the visit carries its date"),
    Cascade(
        *("capeox", 52, "RX-ORESP", "a new lesion under the number of a target is not seen as new"),
        ("RESP.ORESP",),
    ),
    *(
        Cascade("capeox", 52, rule, "two lesions under one number are two rows with the keys of one")
        for rule in ("REC-KEYS", "ROW-CONFLICT", "TR-CONFLICT")
    ),
    *(
        Cascade("capeox", 53, rule, "an incomplete sum is no nadir for the assessments after it", (LATER,))
        for rule in ("RX-SUM", "RX-TRESP", "RX-ORESP")
    ),
    Cascade("capeox", 54, "RX-BOR", "the best response beside it was made with the true response"),
    *(
        Cascade("capeox", 56, rule, "sums and responses were made with the shorter diameter", (LATER,))
        for rule in ("RX-SUM", "RX-TRESP", "RX-ORESP", "RX-MATRIX", "RX-BOR", "RX-CONF")
    ),
)


class Record(NamedTuple):
    """A record of a dataset: its position and the raw row behind it.

    `columns` are the raw columns its unpivot item stands for, `spread` those of every item of its block.
    """

    at: int
    form: str
    row: int
    columns: frozenset[str]
    spread: frozenset[str]


@dataclass(frozen=True)
class Run:
    """One dirty build: `built` is None where a FATAL finding stopped it."""

    study: str
    spec: StudySpec
    manifest: tuple[Line, ...]
    findings: tuple[Finding, ...]
    built: BuiltStudy | None

    @cached_property
    def subject_at(self) -> dict[tuple[str, int], str]:
        """(form, row) -> true subject, as far as the manifest tells or the row itself says."""
        found: dict[tuple[str, int], str] = {}
        for tables in self.built.raw.values() if self.built else ():
            for table in tables:
                subjects = table.frame[self.spec.sources.subject]
                found |= {(table.form, int(row)): str(s) for row, s in zip(table.row, subjects, strict=True)}
        told = (line for line in self.manifest if line["row"] and line["dirty_value"])
        return found | {(form_of(line), int(line["row"])): line["subject"] for line in told}

    @cached_property
    def visit_numbers(self) -> dict[str, float]:
        """Raw code of a planned visit -> VISITNUM."""
        assert self.built is not None
        plan = planned_visits(self.built.workspace)
        return dict(zip(plan["plan_code"].astype(str), plan["VISITNUM"].astype(float), strict=True))

    @cached_property
    def _records(self) -> dict[str, list[Record]]:
        return {}

    def records(self, dataset: str) -> list[Record]:
        """The records of a dataset that stand on a raw row, in their final order."""
        assert self.built is not None
        if dataset not in self._records:
            drafts = self.built.workspace.drafts
            self._records[dataset] = list(self._trace(dataset)) if dataset in drafts else []
        return self._records[dataset]

    def _trace(self, dataset: str) -> Iterator[Record]:
        assert self.built is not None
        draft = self.built.workspace.drafts[dataset]
        final = np.argsort(draft.order())
        for block in draft.blocks:
            if block.spec.kind != "from":
                continue
            table = self.built.workspace.forms[block.spec.source].table
            aliases = block.spec.unpivot.aliases.values() if block.spec.unpivot is not None else ()
            spread = frozenset(name for names in aliases for name in names) - {""}
            for own in range(block.length):
                item = block.item[own] if block.item is not None else 0
                columns = frozenset(names[item] for names in aliases) - {""}
                row = int(table.row[block.record[own]])
                yield Record(int(final[block.start + own]), block.spec.source, row, columns, spread)


def form_of(line: Line) -> str:
    return line["form"].partition("/")[0]


def is_removed(line: Line) -> bool:
    """True for a whole row taken out: the dirty file has nothing at its place."""
    return line["field"] == "*" and not line["dirty_value"]


def make_run(
    study: str,
    folder: Path,
    *,
    seed: int,
    subjects: int | None,
    dirt: str = "none",
    case: int | None = None,
    level: str = "",
) -> Run:
    """Generate raw data with dirt into `folder` and build them in memory.

    A case number may have a form that builds and one that does not; `level` plants that of one level only.
    """
    generator = importlib.import_module(GENERATORS[study])
    chosen = choose(study, dirt, case)
    own = [planted for planted in chosen if level in ("", planted.level)]
    with mock.patch.object(generator, "choose", return_value=own):
        generator.generate(folder, seed=seed, subjects=subjects, dirt=dirt, dirt_case=case)
    return read_run(study, folder)


def read_run(study: str, folder: Path) -> Run:
    """Build the raw folder `folder` in memory, beside its manifest."""
    with (folder / "dirt_manifest.csv").open(encoding="utf-8", newline="") as file:
        manifest = tuple(csv.DictReader(file))
    spec = study_spec(study)
    try:
        built = build(spec, folder)
    except FatalFindingsError as stopped:
        return Run(study, spec, manifest, tuple(stopped.findings), None)
    return Run(study, spec, manifest, tuple(built.findings), built)


@cache
def study_spec(study: str) -> StudySpec:
    return load_study(MAPPINGS / study)


# --- findings ----------------------------------------------------------------------------------------------


def meets(run: Run, finding: Finding, line: Line) -> bool:
    """True where the finding is the one the line expects, at the place the line names."""
    if not line["expected_rule"]:
        return False
    if (finding.rule, finding.severity) != (line["expected_rule"], line["expected_severity"]):
        return False
    if is_removed(line):
        return _at_subject_and_visit(run, finding, line)
    places = [(finding.form, finding.source_row, frozenset({finding.source_column} - {""}))]
    if not finding.source_row and finding.dataset and finding.row:
        records = (r for r in run.records(finding.dataset) if r.at == finding.row - 1)
        places = [(r.form, r.row, r.columns) for r in records]
    passes = line["form"].partition("/")[2]
    if passes and f"{passes}/" not in finding.source_file:
        return False
    return any(_same_place(line, *place) for place in places)


def _same_place(line: Line, form: str, row: int, columns: frozenset[str]) -> bool:
    same_form = form == form_of(line) or not line["form"]
    same_row = not line["row"] or row == int(line["row"])
    same_column = line["field"] in ("", "*") or not columns or line["field"] in columns
    return same_form and same_row and same_column


def _at_subject_and_visit(run: Run, finding: Finding, line: Line) -> bool:
    if subject_of(run, finding) != line["subject"]:
        return False
    if not line["visit"] or not finding.dataset or run.built is None:
        return finding.form in ("", form_of(line))
    frame = run.built.datasets[finding.dataset].frame
    return _is_visit(run, frame.iloc[[finding.row - 1]], line).any()


def _is_visit(run: Run, frame: pd.DataFrame, line: Line) -> pd.Series:
    if not line["visit"] or "VISITNUM" not in frame:
        return pd.Series(True, index=frame.index)
    return frame["VISITNUM"] == run.visit_numbers.get(line["visit"], -1.0)


def subject_of(run: Run, finding: Finding) -> str:
    """The subject a finding is about; '' for a file or a dataset as a whole."""
    if finding.usubjid:
        return finding.usubjid.rpartition("-")[2]
    return run.subject_at.get((finding.form, finding.source_row), "")


# --- output ------------------------------------------------------------------------------------------------


def output_is_there(run: Run, line: Line) -> bool:
    """True where the built dataset holds what `expected_output` says."""
    place, _, value = line["expected_output"].partition("=")
    dataset, _, variable = place.partition(".")
    if run.built is None or dataset not in run.built.datasets:
        return False
    frame = run.built.datasets[dataset].frame
    if variable not in frame:
        return False
    rows, by_cell = _rows_behind(run, dataset, line)
    if by_cell and not rows:
        return not value
    if not rows:
        own = frame["USUBJID"].str.endswith(f"-{line['subject']}") & _is_visit(run, frame, line)
        rows = list(np.flatnonzero(own))
    equal = [_shown(cell) == _number_or_text(value) for cell in frame[variable].iloc[rows]]
    return bool(equal) and (any(equal) if value else all(equal))


def _rows_behind(run: Run, dataset: str, line: Line) -> tuple[list[int], bool]:
    """Positions of the records made from the line's cell, and whether each cell of its row makes its own.

    Where it is the row that makes the records, they are those of the row.
    """
    if not line["row"] or is_removed(line):
        return [], False
    records = [r for r in run.records(dataset) if (r.form, r.row) == (form_of(line), int(line["row"]))]
    by_cell = any(line["field"] in r.spread for r in records)
    return [r.at for r in records if not by_cell or line["field"] in r.columns], by_cell


def _shown(cell: object) -> str:
    if isinstance(cell, float | np.floating):
        return "" if np.isnan(cell) else f"{cell:.10g}"
    return _number_or_text(str(cell))


def _number_or_text(text: str) -> str:
    try:
        return f"{float(text):.10g}"
    except ValueError:
        return text


# --- the verdict -------------------------------------------------------------------------------------------


@dataclass
class Verdict:
    """`unmet`: expectations of the manifest without an answer; `unexplained`: findings without a cause."""

    expected: int = 0
    told: int = 0
    unmet: list[str] = field(default_factory=list)
    unexplained: list[Finding] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the manifest's expectations that are met, in percent."""
        return 100 * (1 - len(self.unmet) / self.expected) if self.expected else 100.0

    @property
    def precision(self) -> float:
        """Share of the findings of WARN or above that have a cause, in percent."""
        return 100 * (1 - len(self.unexplained) / self.told) if self.told else 100.0

    def text(self) -> str:
        """One line for each thing amiss."""
        return "\n".join([*self.unmet, *(f"unexplained: {_with_value(f)}" for f in self.unexplained)])


def judge(run: Run, cascades: tuple[Cascade, ...] = CASCADES) -> Verdict:
    """Every expectation of the manifest and every finding of WARN or above, held against each other."""
    verdict = Verdict()
    for line in run.manifest:
        if line["expected_rule"]:
            verdict.expected += 1
            if not any(meets(run, finding, line) for finding in run.findings):
                verdict.unmet.append(f"no finding: {_place(line)}{_nearest(run, line)}")
        if line["expected_output"] and run.built is not None:
            verdict.expected += 1
            if not output_is_there(run, line):
                verdict.unmet.append(f"no output: {_place(line)}")
    grave = at_or_above(run.findings, "WARN")
    verdict.told = len(grave)
    verdict.unexplained = [f for f in grave if not _explained(run, f, cascades)]
    return verdict


def _explained(run: Run, finding: Finding, cascades: tuple[Cascade, ...]) -> bool:
    if any(meets(run, finding, line) for line in run.manifest):
        return True
    subject = subject_of(run, finding)
    if not subject:
        return False
    return any(
        line["case_id"] == str(cascade.case)
        and line["subject"] == subject
        and _follows(finding, line, cascade)
        for cascade in cascades
        if (cascade.study, cascade.rule) == (run.study, finding.rule)
        for line in run.manifest
    )


def _follows(finding: Finding, line: Line, cascade: Cascade) -> bool:
    """True where the finding stands at a place that follows from the line's."""
    named = {f"{finding.form}.{finding.source_column}", f"{finding.dataset}.{finding.variable}"}
    if ANY in cascade.at or named & set(cascade.at):
        return True
    if finding.form != form_of(line) or not line["row"]:
        return False
    row = int(line["row"])
    return finding.source_row == row or (LATER in cascade.at and finding.source_row > row)


def _place(line: Line) -> str:
    keys = ("case_id", "form", "subject", "visit", "row", "field", "dirty_value")
    expected = " ".join(line[f"expected_{key}"] for key in ("severity", "rule", "output"))
    return f"case {' '.join(line[key] for key in keys)} -> {expected}"


def _nearest(run: Run, line: Line) -> str:
    same = [f for f in run.findings if f.rule == line["expected_rule"]]
    own = [f for f in same if subject_of(run, f) == line["subject"]] or same[:2]
    return "".join(f"\n    but: {_with_value(f)}" for f in own[:3])


def _with_value(finding: Finding) -> str:
    return f"{finding.one_line()} [{finding.usubjid or finding.form}] {finding.value!r}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description="What of the planted dirt is not met, and what has no cause."
    )
    parser.add_argument("study", choices=sorted(GENERATORS))
    parser.add_argument("--case", type=int, help="this case alone; otherwise every one that can be built")
    parser.add_argument("--seed", type=int, default=DEMO_SEED)
    parser.add_argument("--subjects", type=int, default=None)
    asked = parser.parse_args()
    dirt = "none" if asked.case else "full"
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(
            asked.study, Path(folder), seed=asked.seed, subjects=asked.subjects, dirt=dirt, case=asked.case
        )
        verdict = judge(run)
    print(verdict.text())
    print(
        f"{asked.study} seed {asked.seed}: {verdict.expected} expectations, recall {verdict.recall:.1f} %;",
        end=" ",
    )
    print(f"{verdict.told} findings of WARN or above, precision {verdict.precision:.1f} %")


if __name__ == "__main__":
    main()
