"""RECIST 1.1 recomputed in exact arithmetic, and collected tumour data compared with it.

The functions of target, response and best know nothing of datasets. `recist_findings` reads final datasets
and returns Findings; nothing here writes a response (SDTMIG 3.4, RS: no sponsor-derived responses).
"""

from __future__ import annotations

from cdisc_kit.findings import Finding
from cdisc_kit.recist import compare, overall, structure
from cdisc_kit.recist.best import (
    BestRules,
    Point,
    best_response,
    considered,
    is_confirmed,
    partial_after_complete,
)
from cdisc_kit.recist.course import Course
from cdisc_kit.recist.layout import Layout, Limits, limits_from, read_layout
from cdisc_kit.recist.lesion import Assessment, Mark, Measurement, NewLesion, Target, Value
from cdisc_kit.recist.records import Frames, read_subjects
from cdisc_kit.recist.response import (
    Backdating,
    Timepoint,
    backdatings,
    evaluate,
    new_lesion,
    nontarget_response,
    overall_response,
    progression_date,
)
from cdisc_kit.recist.target import Total, baseline_total, nadir, percent_change, target_response, total

CHECKS = (*structure.CHECKS, *compare.CHECKS, *overall.CHECKS)


def courses(frames: Frames, layout: Layout) -> list[Course]:
    """The tumour history of every subject that has one, with its recomputed timepoints."""
    return [Course(subject, layout) for subject in read_subjects(frames, layout)]


def recist_findings(frames: Frames, layout: Layout, limits: Limits) -> list[Finding]:
    """Every structural and RECIST finding, sorted. `frames` maps dataset names to final frames.

    Datasets that are absent count as empty, so a study without tumours has no findings.
    """
    return sorted(
        finding for course in courses(frames, layout) for check in CHECKS for finding in check(course, limits)
    )


__all__ = [
    "Assessment",
    "Backdating",
    "BestRules",
    "Course",
    "Layout",
    "Limits",
    "Mark",
    "Measurement",
    "NewLesion",
    "Point",
    "Target",
    "Timepoint",
    "Total",
    "Value",
    "backdatings",
    "baseline_total",
    "best_response",
    "considered",
    "courses",
    "evaluate",
    "is_confirmed",
    "limits_from",
    "nadir",
    "new_lesion",
    "nontarget_response",
    "overall_response",
    "partial_after_complete",
    "percent_change",
    "progression_date",
    "read_layout",
    "recist_findings",
    "target_response",
    "total",
]
