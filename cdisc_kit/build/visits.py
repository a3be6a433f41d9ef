"""Subject visits from the visit code and date that stand on every visit form (IG 5.3, SV; 7.3, TV).

Planned visits are those of the planned-visit dataset. Unplanned visits are one per subject and date, numbered
after the last planned visit that had begun: n + 0.01, n + 0.02 …
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import Coded, combined, first_of, repeated, series, text
from cdisc_kit.isodate import DAY_LENGTH, days
from cdisc_kit.spec.model import BlockSpec
from cdisc_kit.standard import anchors

_KEY = ["USUBJID", "VISITNUM"]
_STEP = 100  # an unplanned visit adds hundredths


@dataclass(frozen=True)
class VisitRows:
    """One row per subject and visit: USUBJID, the visit variables, CODE, PLANNED, OCCURRED, START, END."""

    frame: pd.DataFrame

    @classmethod
    def of(cls, workspace: Workspace, block: BlockSpec) -> VisitRows:
        """Planned visits that took place, unplanned visits, and planned visits that were due but missed."""
        plan, raw = planned_visits(workspace), _raw_visits(workspace)
        held = _held(workspace, raw, plan, block)
        unplanned = _unplanned(raw, held, plan, block)
        missed = _missed(workspace, held, plan, block)
        frame = pd.concat([held, unplanned, missed], ignore_index=True)
        return cls(frame.sort_values(_KEY, kind="stable", ignore_index=True))

    @cached_property
    def planned(self) -> pd.DataFrame:
        """The planned visits that took place, indexed by CODE."""
        return self._where_planned("Y").drop_duplicates("CODE").set_index("CODE")

    @cached_property
    def unplanned(self) -> pd.DataFrame:
        """The unplanned visits, indexed by subject, code and date."""
        keys = ["USUBJID", "CODE", "START"]
        return self._where_planned("").drop_duplicates(keys).set_index(keys)

    def _where_planned(self, answer: str) -> pd.DataFrame:
        found: pd.DataFrame = self.frame[self.frame["PLANNED"].to_numpy(dtype=object) == answer]
        return found


def planned_visits(workspace: Workspace) -> pd.DataFrame:
    """The planned visits with the raw code of each and the other columns of their table in the mapping."""
    draft = workspace.draft(anchors.PLANNED_VISITS)
    frame = pd.DataFrame({name: draft.column(name) for name in anchors.VISIT_VARIABLES})
    rows = [row for block in draft.domain.blocks for row in block.table]
    extra = pd.DataFrame(rows, dtype=object).fillna("").add_prefix("plan_")
    return pd.concat([frame, extra], axis=1)


def _raw_visits(workspace: Workspace) -> pd.DataFrame:
    """USUBJID, code, date and form of each raw row that belongs to a visit."""
    sources = workspace.spec.sources
    parts = [pd.DataFrame({"USUBJID": [], "code": [], "date": [], "form": []}, dtype=object)]
    for name, form in workspace.forms.items():
        columns = form.table.frame.columns
        if sources.visit in columns and sources.visit_date in columns:
            cells = [form.coded(column) for column in ("USUBJID", sources.visit, sources.visit_date)]
            known = np.flatnonzero(~(cells[0].isin(("",)) | cells[1].isin(("",))))
            cells = [column.take(known) for column in cells]
            first = first_of(combined(cells, len(known)))
            subject, code, date = (column.take(first).cells() for column in cells)
            part = {"USUBJID": subject, "code": code, "date": date, "form": repeated(name, len(first))}
            parts.append(pd.DataFrame(part, dtype=object, copy=False))
    return pd.concat(parts, ignore_index=True)


def _collected(workspace: Workspace, reference: str) -> pd.DataFrame:
    """The days on which something of a visit was collected, beside the date of the visit itself."""
    name, _, column = reference.partition(".")
    form = workspace.forms[name]
    code = form.column(str(workspace.spec.sources.visit))
    date = text(pd.Series(form.column(column))).astype(str).str.slice(0, 10)
    part = pd.DataFrame({"USUBJID": form.column("USUBJID"), "code": code, "date": date, "form": name})
    return part[(part["USUBJID"] != "") & (part["code"] != "")]


def _dated(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """First and last complete date of each group ('' where no row has one)."""
    group = combined([Coded.of(rows[name]) for name in by], len(rows))
    dates = Coded.of(rows["date"])
    complete = dates.where(lambda date: len(date) >= DAY_LENGTH)
    texts, place = np.unique(dates.values, return_inverse=True)
    first = first_of(group)
    start, end = np.full(len(first), len(texts)), np.full(len(first), -1)
    np.minimum.at(start, group[complete], place[dates.codes[complete]])
    np.maximum.at(end, group[complete], place[dates.codes[complete]])
    shown = np.append(texts, "")  # for both marks of no date
    return (
        rows[by].iloc[first].reset_index(drop=True).assign(START=series(shown[start]), END=series(shown[end]))
    )


def _held(workspace: Workspace, raw: pd.DataFrame, plan: pd.DataFrame, block: BlockSpec) -> pd.DataFrame:
    """Planned visits with any form, from the first to the last of their dates since consent."""
    parts = [raw, *(_collected(workspace, reference) for reference in block.options.get("collected", ()))]
    rows = pd.concat(parts, ignore_index=True)
    subjects, dates = Coded.of(rows["USUBJID"]), rows["date"].to_numpy(dtype=object)
    consent = text(workspace.by_subject(*anchors.CONSENT.split(".")).reindex(subjects.values))
    since = dates >= consent.to_numpy(dtype=object)[subjects.codes]
    rows["date"] = series(np.where(since, dates, ""))
    dated = _dated(rows[rows["code"].isin(plan["plan_code"])], ["USUBJID", "code"])
    held = dated.merge(plan[["plan_code", *anchors.VISIT_VARIABLES]], left_on="code", right_on="plan_code")
    return held.drop(columns="plan_code").rename(columns={"code": "CODE"}).assign(PLANNED="Y", OCCURRED="Y")


def _unplanned(raw: pd.DataFrame, held: pd.DataFrame, plan: pd.DataFrame, block: BlockSpec) -> pd.DataFrame:
    codes: Any = block.options.get("unscheduled", ())
    rows = raw[raw["code"].isin(list(codes))]
    if rows.empty:
        return held.iloc[:0]
    series = _series_of(rows, block)
    visits = _dated(rows.assign(series=series), ["USUBJID", "code", "date", "series"]).drop(columns="date")
    visits["base"] = _last_planned(visits, held, plan)
    order = visits.sort_values(["USUBJID", "base", "START"], kind="stable")
    number = order.groupby(["USUBJID", "base"]).cumcount() + 1
    order["VISITNUM"] = (order["base"] * _STEP + number) / _STEP
    whole = order["base"].astype("int64").astype(str)
    order["VISIT"] = "UNSCHEDULED " + whole + "." + number.astype(str)
    order["VISITDY"] = np.nan
    order = order.rename(columns={"code": "CODE"}).assign(PLANNED="", OCCURRED="")
    return order[held.columns]


def _series_of(rows: pd.DataFrame, block: BlockSpec) -> pd.Series:
    """The series an unplanned visit counts in: that of its forms when all of them belong to one, else ''."""
    of_form = {
        str(form): str(name) for name, forms in block.options.get("series", {}).items() for form in forms
    }
    own = rows["form"].map(lambda form: of_form.get(form, ""))
    groups = own.groupby([rows["USUBJID"], rows["date"]])
    return own.where(groups.transform("nunique") == 1, "")


def _last_planned(visits: pd.DataFrame, held: pd.DataFrame, plan: pd.DataFrame) -> np.ndarray:
    """VISITNUM of the last planned visit of the series that began on or before each unplanned visit.

    Before the first visit of its series an unplanned visit counts with those that belong to none.
    """
    series = plan["plan_series"] if "plan_series" in plan else pd.Series("", index=plan.index)
    of_visit = dict(zip(plan["VISITNUM"], series, strict=True))
    known = held[held["START"] != ""].assign(
        series=held["VISITNUM"].map(of_visit), day=lambda f: days(f["START"])
    )
    asked = visits.assign(day=days(visits["START"]), order=np.arange(len(visits)))
    asked = asked.dropna(subset=["day"]).sort_values("day", kind="stable")
    known = known[["USUBJID", "series", "day", "VISITNUM"]].dropna(subset=["day"])
    known = known.sort_values(["day", "VISITNUM"], kind="stable")
    own = pd.merge_asof(asked, known, on="day", by=["USUBJID", "series"])
    other = pd.merge_asof(asked.assign(series=""), known, on="day", by=["USUBJID", "series"])
    result = np.zeros(len(visits))
    result[own["order"].to_numpy()] = own["VISITNUM"].fillna(other["VISITNUM"]).fillna(0).to_numpy()
    return result


def _missed(workspace: Workspace, held: pd.DataFrame, plan: pd.DataFrame, block: BlockSpec) -> pd.DataFrame:
    """Planned visits without any form that were due, or that a later visit of the group shows as skipped."""
    missed = pd.concat(
        [held.iloc[:0], *_due(workspace, plan, block), *_skipped(held, plan, block)], ignore_index=True
    ).drop_duplicates(_KEY)
    if missed.empty:
        return held.iloc[:0]
    already = pd.MultiIndex.from_frame(held[_KEY])
    missed = missed[~pd.MultiIndex.from_frame(missed[_KEY]).isin(already)]
    missed = missed.assign(CODE=missed.get("plan_code", ""), START="", END="", PLANNED="Y", OCCURRED="N")
    return missed[held.columns]


def _due(workspace: Workspace, plan: pd.DataFrame, block: BlockSpec) -> list[pd.DataFrame]:
    """Visits whose window closed before the subject left and before the cut-off."""
    options = block.options
    if "origin" not in options:
        return []
    origin = _first_day(workspace, [options["origin"]])
    offset = pd.to_numeric(plan[f"plan_{options['offset']}"], errors="coerce")
    parts = []
    for name, references in options["until"].items():
        left = _first_day(workspace, references).reindex(origin.index)
        wanted = plan[offset.notna() & ((_group(plan) == name) | (name == "every"))]
        parts.append(_overdue(workspace, origin, left, wanted, offset))
    return parts


def _skipped(held: pd.DataFrame, plan: pd.DataFrame, block: BlockSpec) -> list[pd.DataFrame]:
    """Visits before the subject's last visit of a group whose visits follow one another."""
    group = _group(plan)
    parts = []
    for name in block.options.get("in_order", ()):
        wanted = plan[group == name]
        last = held[held["VISITNUM"].isin(wanted["VISITNUM"])].groupby("USUBJID")["VISITNUM"].max()
        pairs = last.rename("last").reset_index().merge(wanted, how="cross")
        parts.append(pairs[pairs["VISITNUM"] < pairs["last"]])
    return parts


def _group(plan: pd.DataFrame) -> pd.Series:
    return plan["plan_group"] if "plan_group" in plan else pd.Series("", index=plan.index)


def _overdue(
    workspace: Workspace, origin: pd.Series, left: pd.Series, plan: pd.DataFrame, offset: pd.Series
) -> pd.DataFrame:
    cutoff = pd.Timestamp(workspace.spec.extract_date)
    end = left.where(left < cutoff, cutoff)
    subjects = pd.DataFrame({"USUBJID": origin.index, "origin": origin.to_numpy(), "end": end.to_numpy()})
    pairs = subjects.merge(plan.assign(offset=offset[plan.index]), how="cross")
    closes = pairs["origin"] + pd.to_timedelta(pairs["offset"], unit="D")
    return pairs[closes < pairs["end"]]


def _first_day(workspace: Workspace, references: list[str]) -> pd.Series:
    """Earliest complete day of each subject over the references, indexed by USUBJID."""
    parts = []
    for reference in references:
        subjects, values = workspace.collection(reference)
        parts.append(pd.DataFrame({"subject": subjects.to_numpy(dtype=object), "day": days(values)}))
    frame = pd.concat(parts, ignore_index=True).dropna()
    frame = frame[frame["subject"] != ""]
    return frame.groupby("subject")["day"].min()


def visit_of(
    workspace: Workspace, name: str, subjects: pd.Series, code: pd.Series, date: pd.Series
) -> pd.Series:
    """VISITNUM, VISIT or VISITDY for raw codes: by code if planned, else by subject, code and date."""
    visits = visit_rows(workspace)
    coded = Coded.of(code)
    planned = visits.planned[name].reindex(coded.values)
    other = ~coded.isin(visits.planned.index)
    if not other.any():
        values = planned if name != "VISIT" else planned.astype(object).fillna("")
        return series(values.to_numpy()[coded.codes])
    chosen = planned.to_numpy(dtype=object)[coded.codes]
    asked = pd.MultiIndex.from_arrays([column.to_numpy()[other] for column in (subjects, code, date)])
    chosen[other] = visits.unplanned[name].reindex(asked).to_numpy(dtype=object)
    found = pd.Series(chosen, dtype=object)
    return found.fillna("") if name == "VISIT" else found.astype("float64")


def visit_rows(workspace: Workspace) -> VisitRows:
    """The visits laid out for the subject-visit dataset."""
    for block in workspace.draft(anchors.VISITS).blocks:
        if block.visit_rows is not None:
            return block.visit_rows
    raise KeyError(f"{anchors.VISITS} has no block of visits")
