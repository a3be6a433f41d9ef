"""What the form builders share: rows of canonical text and the header columns every page carries."""

from __future__ import annotations

import datetime as dt

from cdisc_kit.synth.atg.chance import days
from cdisc_kit.synth.atg.truth import Subject, Visit

Row = dict[str, str]
Forms = dict[str, list[Row]]


def page(subject: Subject, filled: dt.date | None, subjno: str = "", **values: str) -> Row:
    """A row with the header filled in; `filled` never lies after the subject's end or the cut-off."""
    row = {"SITENO": subject.site, "SUBJNO": subjno or subject.subjno, "INITIALS": subject.initials}
    if filled is not None:
        row["FILLDT"] = filled.isoformat()
    return row | values


def visit_page(subject: Subject, visit: Visit, **values: str) -> Row:
    """A row of a visit form, filled in on the day of the visit."""
    return page(subject, visit.date, VISIT=visit.code, VISDT=visit.date.isoformat(), **values)


def log_date(subject: Subject, date: dt.date) -> dt.date:
    """The day a log line is written: within a week of `date`, while the subject is still followed."""
    return max(date, min(date + days(7), subject.end))


def yes(answer: bool) -> str:
    """Y or N."""
    return "Y" if answer else "N"


def day_text(date: dt.date | None) -> str:
    """ISO text, blank where there is no date."""
    return date.isoformat() if date else ""


def number(value: float) -> str:
    """Plain decimal text without trailing zeros."""
    return f"{value:g}"
