"""Files: what the reader could not make sense of, and names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from cdisc_kit.check.hit import Hit

if TYPE_CHECKING:
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study


def file_problem(study: Study, rule: Rule) -> Iterator[Hit]:
    """Problems the reader noted of the kind `problem`."""
    for problem in study.package.problems:
        if problem.kind == rule.text("problem"):
            facts = {"detail": problem.detail, "detail_zh": problem.detail_zh}
            place = problem.dataset, problem.variable, problem.row, problem.value
            yield Hit(*place, facts, problem.file)


def file_name(study: Study, rule: Rule) -> Iterator[Hit]:
    """Files whose name is not the dataset's name in lower case."""
    for records in study.datasets.values():
        if PurePath(records.file).stem.lower() != records.name.lower():
            yield Hit(records.name, value=records.file, file=records.file)


def no_records(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets without a record."""
    for records in study.datasets.values():
        if not records.rows:
            yield Hit(records.name, file=records.file)
