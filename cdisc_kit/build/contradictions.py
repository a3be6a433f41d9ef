"""Rows that contradict each other: two of one natural key, and forms of one visit that lie far apart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cdisc_kit.build.visits import planned_visits
from cdisc_kit.build.workspace import Form, Workspace
from cdisc_kit.findings import Finding
from cdisc_kit.isodate import days
from cdisc_kit.spec.model import FormSpec, SourcesSpec
from cdisc_kit.standard import anchors

DAY = np.timedelta64(1, "D")


def contradicting_rows(workspace: Workspace) -> list[Finding]:
    """An ERROR `ROW-CONFLICT` at each cell that says something else than an earlier row of its natural key.

    Both rows are kept, because neither is known to be wrong. A cell that one of them leaves blank contradicts
    nothing.
    """
    sources, planned = workspace.spec.sources, _planned(workspace)
    return [
        finding
        for name, form in workspace.forms.items()
        for finding in _of_form(sources, sources.forms[name], form, planned)
    ]


def _planned(workspace: Workspace) -> frozenset[str]:
    """Raw codes of the planned visits; none where the study plans no visits."""
    domains = workspace.spec.domains
    if anchors.VISITS not in domains or anchors.PLANNED_VISITS not in domains:
        return frozenset()
    return frozenset(map(str, planned_visits(workspace)["plan_code"]))


def _of_form(sources: SourcesSpec, spec: FormSpec, form: Form, planned: frozenset[str]) -> Iterable[Finding]:
    if not spec.natural_key or not len(form.table.row):
        return
    keys = _keys(sources, spec, form, planned)
    again = np.flatnonzero(keys.duplicated().to_numpy(dtype=bool))
    if not len(again):
        return
    group = keys.groupby(list(keys), sort=False).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    earlier = first[group[again]]
    for name in _stated(spec):
        cells = form.table.frame[name].to_numpy(dtype=object)
        said, before = cells[again], cells[earlier]
        differ = np.asarray((said != before) & (said != "") & (before != ""), dtype=bool)
        for at, other in zip(again[differ], earlier[differ], strict=True):
            yield _conflict(spec, form, name, int(at), int(other))


def _stated(spec: FormSpec) -> list[str]:
    """The columns that state something: neither header nor key, nor a code again in words."""
    identifying = {*spec.header, *spec.key, *spec.natural_key}
    return [name for name, column in spec.columns.items() if name not in identifying and not column.text_of]


def _keys(sources: SourcesSpec, spec: FormSpec, form: Form, planned: frozenset[str]) -> pd.DataFrame:
    """The natural key of each row; unique where the row has no subject or nothing else of its key.

    A planned visit happens once, so its code is enough; of other visits the date tells one from another.
    """
    frame = form.table.frame
    keys = frame[list(spec.natural_key)].copy()
    others = [name for name in keys if name != sources.subject]
    named = (form.usubjid != "").to_numpy(dtype=bool)
    if others:
        named = named & (keys[others] != "").any(axis=1).to_numpy(dtype=bool)
    if sources.visit in keys and sources.visit_date in frame:
        date = frame[sources.visit_date].to_numpy(dtype=object)
        keys[sources.visit_date] = np.where(keys[sources.visit].isin(planned), "", date)
    keys["row"] = np.where(named, 0, form.table.row)
    return keys


def _conflict(spec: FormSpec, form: Form, name: str, at: int, other: int) -> Finding:
    table, label = form.table, spec.columns[name].label
    row, first = int(table.row[at]), int(table.row[other])
    values = (str(table.frame[name].iloc[at]), str(table.frame[name].iloc[other]))
    key = "、".join(spec.columns[part].label for part in spec.natural_key)
    return Finding(
        rule="ROW-CONFLICT",
        severity="ERROR",
        message=(
            f"{name}: rows {first} and {row} are of one {' + '.join(spec.natural_key)} and say different "
            "things; both are kept, ask the site which is right"
        ),
        message_zh=f"第{first}行与第{row}行的{key}相同,但“{label}”不同,两行均保留",
        usubjid=str(form.usubjid.iloc[at]),
        value=f"{values[0]} | {values[1]}",
        form=spec.name,
        source_file=table.file_at(at),
        source_sheet=table.sheet,
        source_row=row,
        source_column=name,
        query=(
            f"{spec.title_zh}第{first}行与第{row}行的{key}相同,但“{label}”分别为“{values[1]}”和“{values[0]}”,"
            "请核对后保留正确的一行或更正。"
        ),
    )


def scattered_visits(workspace: Workspace) -> list[Finding]:
    """A WARN `SV-SPREAD` at each form of a planned visit dated too far from the visit's other forms.

    What most rows of the subject's visit say is its date (the earliest of dates as frequent). The window is
    the parameter that sources.yaml names, and it does not hold for the visits listed beside it.
    """
    sources = workspace.spec.sources
    if sources.visit_spread is None:
        return []
    parameter, apart = sources.visit_spread
    window = int(workspace.spec.parameters[parameter].value)
    held = _dated_rows(workspace, _planned(workspace) - set(apart))
    if held.empty:
        return []
    usual = _usual_dates(held)
    held = held.merge(usual, on=["subject", "code"], how="left")
    distance = (days(held["date"]) - days(held["usual"])) / DAY
    far = held[np.abs(distance) > window]
    return [
        _scattered(workspace.forms[str(form)], sources, int(at), str(usual))
        for form, at, usual in zip(far["form"], far["at"], far["usual"], strict=True)
    ]


def _dated_rows(workspace: Workspace, codes: frozenset[str]) -> pd.DataFrame:
    """One row for each form, subject, visit of `codes` and complete date: subject, code, date, form, at."""
    sources, parts = workspace.spec.sources, []
    for name, form in workspace.forms.items():
        frame = form.table.frame
        if sources.visit not in frame or sources.visit_date not in frame:
            continue
        part = pd.DataFrame(
            {
                "subject": form.column("USUBJID"),
                "code": form.column(sources.visit),
                "date": form.column(sources.visit_date),
                "form": name,
                "at": np.arange(len(frame)),
            }
        )
        kept = part["code"].isin(codes) & (part["subject"] != "") & ~np.isnat(days(part["date"]))
        parts.append(part[kept].drop_duplicates(["subject", "code", "date"]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _usual_dates(held: pd.DataFrame) -> pd.DataFrame:
    """The date most forms of each subject's visit have."""
    counts = held.groupby(["subject", "code", "date"], sort=True).size().rename("forms").reset_index()
    counts = counts.sort_values("forms", ascending=False, kind="stable")
    first = counts.drop_duplicates(["subject", "code"])
    return first[["subject", "code", "date"]].rename(columns={"date": "usual"})


def _scattered(form: Form, sources: SourcesSpec, at: int, usual: str) -> Finding:
    table, spec = form.table, sources.forms[form.table.form]
    row, date = int(table.row[at]), str(table.frame[sources.visit_date].iloc[at])
    return Finding(
        rule="SV-SPREAD",
        severity="WARN",
        message=f"{sources.visit_date} is far from the date of the visit's other forms; check date and visit",
        message_zh="该表的访视日期与同一访视其他表单的日期相差过大",
        usubjid=str(form.usubjid.iloc[at]),
        value=f"{date} | {usual}",
        form=spec.name,
        source_file=table.file_at(at),
        source_sheet=table.sheet,
        source_row=row,
        source_column=sources.visit_date,
        query=(
            f"{spec.title_zh}第{row}行的访视日期为{date},同一访视其他表单的日期为{usual},"
            "请核对访视日期和访视名称。"
        ),
    )
