"""What nobody has confirmed yet: questions for the trial team, and the values the mapping assumes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from cdisc_kit.spec.model import StudySpec


def write_questions(path: Path, spec: StudySpec) -> None:
    """The open questions of study.yaml as a numbered list in both languages (Markdown, UTF-8)."""
    lines = [f"# Open questions for the trial team: {spec.studyid}", ""]
    asked = spec.study.get("questions", ())
    for number, question in enumerate(asked, start=1):
        lines.append(f"{number}. {question['en']}  ")
        lines.append(f"   {question['zh']}")
    if not asked:
        lines.append("None.")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")


def write_assumptions(path: Path, spec: StudySpec) -> None:
    """Every parameter of study.yaml marked as assumed: name, value, note. UTF-8 with BOM, for Excel."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("parameter", "value", "note"))
    for name, parameter in sorted(spec.parameters.items()):
        if parameter.assumed:
            writer.writerow((name, parameter.value, parameter.note))
    path.write_bytes(buffer.getvalue().encode("utf-8-sig"))
