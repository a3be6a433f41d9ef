"""The documents of a release: read me, statement, agreement, anonymisation report; all from its figures.

Their text stands in the templates beside this module. No calendar date is in them: a date in a package is
either fictitious or a leak.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.anchor import EPOCH, MONTH_GRID
from cdisc_kit.ipd.lattice import generalised, nodes
from cdisc_kit.ipd.risk import class_sizes
from cdisc_kit.sharing.explained import as_file, explanations_of
from cdisc_kit.sharing.figures import Figures, figures, share
from cdisc_kit.sharing.frontier_plot import frontier_plot
from cdisc_kit.sharing.gates import CONTROLLED
from cdisc_kit.sharing.release import Release
from cdisc_kit.standard.anchors import SUBJECT_LEVEL
from cdisc_kit.standard.chinese import load_chinese_labels

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).with_name("templates")
_PAGES = Path(__file__).parents[1] / "render"  # the style of every page
MARKDOWN = ("README.en.md", "README.zh.md", "DATA_SHARING_STATEMENT.md", "DUA.en.md", "DUA.zh.md")
REPORT = "anonymisation-report"
GATES_TEXT = {
    "window": ("the time the registration promised", "注册承诺的共享时间"),
    "approvals": ("approvals the registration promised", "注册承诺的批准"),
    "ethics": ("ethics approval of the request", "申请的伦理批准"),
    "agreement": ("data use agreement signed", "已签署数据使用协议"),
    "expiry": ("agreement in force", "协议在有效期内"),
    "export": ("export approval for a recipient abroad", "境外接收方的出境批准"),
}
_APPROVAL = {
    "principal_investigator": ("the principal investigator", "研究负责人"),
    "ethics_committee": ("the hospital's ethics committee", "医院伦理委员会"),
}
_RELATIONSHIPS = "RELREC"


def documents(release: Release) -> dict[str, bytes]:
    """The documents by their path in the package; equal releases give equal bytes."""
    report = figures(release)
    context = _context(release, report)
    found = {name: _rendered(f"{name}.j2", context) for name in MARKDOWN}
    found[f"deid/{REPORT}.json"] = _json(report)
    found[f"deid/{REPORT}.html"] = _rendered(f"{REPORT}.html.j2", {**context, "plot": frontier_plot(release)})
    return found


def internal_report(release: Release) -> dict[str, bytes]:
    """What stays in the house: each class of look-alikes as collected and as released, the whole lattice, and
    what the policy explains of the issues that CDISC's engine has with the release.

    Original values and their frequencies are in it; it belongs in a folder that its owner alone can open.
    """
    levels = {quasi.name: quasi.levels[0] for quasi in release.policy.quasi_identifiers}
    return {
        "risk-figures.json": _json(figures(release)),
        "risk-classes-before.csv": _classes(generalised(release.known, release.policy, levels)),
        "risk-classes-after.csv": _classes(generalised(release.known, release.policy, release.plan.levels)),
        "lattice.csv": _lattice(release),
        "explanations.yaml": as_file(explanations_of(release)),
    }


@cache
def _template(name: str) -> Template:
    """A template; its values are escaped in a page, and one that is missing is an error."""
    import jinja2  # noqa: PLC0415 - only a release needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_TEMPLATES, _PAGES]),
        autoescape=lambda file: file is not None and ".html" in file,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


def _rendered(name: str, context: Mapping[str, Any]) -> bytes:
    return _template(name).render(context).encode("utf-8")


def _context(release: Release, report: Figures) -> dict[str, Any]:
    terms = release.policy.document["release"]
    registration = release.spec.study["registration"]
    approvals = [_APPROVAL[str(name)] for name in terms["approvals"]]
    return {
        "synthetic": release.synthetic,
        "name": release.name,
        "registration": str(registration["id"]),
        "title": {"en": release.spec.title, "zh": release.spec.title_zh},
        "sponsor": registration["sponsor"],
        "tier": release.plan.tier.name,
        "controlled": release.plan.tier.name == CONTROLLED,
        "k": release.plan.tier.k,
        # What may be printed does not depend on how coarse the data are: the smallest class of any tier.
        "cell": _smallest_cell(release),
        "subjects": release.after.subjects,
        "tables": [_table(dataset) for dataset in release.datasets.values()],
        "relationships": _RELATIONSHIPS in release.datasets,
        "roster": release.datasets[SUBJECT_LEVEL],
        "arms": _arms(release),
        "left_out": release.policy.left_out,
        "quasis": report["quasi_identifiers"],
        "epoch": str(EPOCH),
        "interval_end": str(EPOCH + np.timedelta64(MONTH_GRID - 1, "D")),
        "intervals": release.policy.intervals,
        "example": _example(release),
        "statement": release.policy.document.get("statement", {}),
        "promise": terms["promise"],
        "channel": str(terms["channel"]),
        "approvals": {
            "en": " and ".join(en for en, _ in approvals) or "none beyond the ethics committee's",
            "zh": "、".join(zh for _, zh in approvals) or "伦理委员会",
        },
        "contact": terms.get("contact") or _contact(str(registration["id"])),
        "figures": report,
        "gates_text": GATES_TEXT,
    }


def _contact(registration: str) -> dict[str, str]:
    return {
        "en": f"The contact person named in the registry record of {registration}.",
        "zh": f"{registration} 注册信息中列出的联系人。",
    }


def _table(dataset: Dataset) -> dict[str, Any]:
    frame = dataset.frame
    return {
        "name": dataset.name,
        "label": dataset.label,
        "label_zh": load_chinese_labels().dataset(dataset.name),
        "rows": len(frame),
        "subjects": len(set(frame["USUBJID"]) - {""}) if "USUBJID" in frame else 0,
    }


def _arms(release: Release) -> list[dict[str, Any]]:
    roster = release.datasets[SUBJECT_LEVEL].frame
    if "ARM" not in roster:
        return []
    counts = roster.loc[roster["ARM"] != "", "ARM"].value_counts()
    return [{"name": name, "subjects": int(counts[name])} for name in sorted(counts.index)]


def _example(release: Release) -> dict[str, Any] | None:
    """A first analysis with its result: who had any event, by arm. None where no such table is released.

    A table in which a row can say that something did not happen is no example for beginners, and one that
    gives small cells none for people who may not print them.
    """
    roster = release.datasets[SUBJECT_LEVEL]
    events = [
        dataset
        for name, dataset in release.datasets.items()
        if dataset.cls == "EVENTS" and {"USUBJID", f"{name}DECOD"} <= set(dataset.frame) - {f"{name}OCCUR"}
    ]
    plain = [d for d in events if not {f"{d.name}OCCUR", f"{d.name}STAT", f"{d.name}CAT"} & set(d.frame)]
    if not events or "ARM" not in roster.frame:
        return None
    counted = [(dataset, _by_arm(roster.frame, dataset)) for dataset in plain or events]
    cell = _smallest_cell(release)
    chosen, rows = next((pair for pair in counted if not _small(pair[1], cell)), counted[0])
    return {
        "table": chosen.name,
        "label": chosen.label,
        "label_zh": load_chinese_labels().dataset(chosen.name),
        "column": _column(chosen, "USUBJID"),
        "roster_column": _column(roster, "USUBJID"),
        "rows": rows,
        "small": _small(rows, cell),
    }


def _by_arm(roster: pd.DataFrame, dataset: Dataset) -> list[dict[str, Any]]:
    """For each arm how many subjects have a record, and how many none."""
    some = roster["USUBJID"].isin(dataset.frame["USUBJID"])
    return [
        {"arm": arm, "some": int(group.sum()), "none": int((~group).sum())}
        for arm, group in some.groupby(roster["ARM"], sort=True)
    ]


def _smallest_cell(release: Release) -> int:
    """How many subjects a cell of a printed table must have at least."""
    return min(tier.k for tier in release.policy.tiers.values())


def _small(rows: list[dict[str, Any]], cell: int) -> bool:
    return any(0 < row[which] < cell for row in rows for which in ("some", "none"))


def _column(dataset: Dataset, variable: str) -> str:
    """The letter of a spreadsheet's column; the variables that matter stand among the first."""
    return chr(ord("A") + [v.name for v in dataset.variables].index(variable))


def _classes(table: pd.DataFrame) -> bytes:
    """One row a class of equal values, with its size and risk; the smallest first."""
    names = list(table.columns)
    sizes = class_sizes(table)
    keys = list(sizes.index) if names else ["" for _ in sizes]
    rows = [
        [*(key if isinstance(key, tuple) else (key,)), int(n)] for key, n in zip(keys, sizes, strict=True)
    ]
    rows.sort(key=lambda row: (row[-1], [str(value) for value in row[:-1]]))
    return _csv([*(names or ["everybody"]), "subjects"], rows)


def _lattice(release: Release) -> bytes:
    names = [quasi.name for quasi in release.policy.quasi_identifiers]
    rows = [
        [
            *(dict(node.levels)[name] for name in names),
            node.k,
            share(node.maximum)["value"],
            round(node.loss, 4),
            "yes" if node.passes(release.plan.tier) else "",
        ]
        for node in nodes(release.known, release.policy)
    ]
    return _csv([*names, "k", "largest_risk", "loss", "passes"], rows)


def _csv(header: list[str], rows: list[list[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows([header, *rows])
    return buffer.getvalue().encode("utf-8-sig")


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
