"""The figures of an anonymisation report: aggregates of a release, nothing of one subject.

What was suppressed has no frequency here, and no subject an original date: the report goes with the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pandas as pd

from cdisc_kit.ipd.actions import released_subject
from cdisc_kit.ipd.generalise import DROP, KEEP, released_values
from cdisc_kit.ipd.lattice import Node, generalised
from cdisc_kit.ipd.policy import QuasiIdentifier
from cdisc_kit.ipd.risk import Risk
from cdisc_kit.ipd.sensitive import Disclosure, disclosure
from cdisc_kit.ipd.trajectory import unique_by_days, unique_by_results
from cdisc_kit.ipd.utility import mean_shift
from cdisc_kit.sharing.explained import explanations_of
from cdisc_kit.sharing.release import Release
from cdisc_kit.standard import load_sdtmig
from cdisc_kit.standard.chinese import load_chinese_labels

Figures = dict[str, Any]
_SUPPLEMENT = "SUPP"


def figures(release: Release) -> Figures:
    """Every figure of the report, ready for JSON; exact shares as `fraction`, with their decimal `value`."""
    tier, population = release.plan.tier, release.policy.document["population"]
    return {
        "release": release.name,
        "study": release.spec.studyid,
        "synthetic": release.synthetic,
        "tier": {"name": tier.name, "k": tier.k, "max_risk": tier.max_risk, "source": tier.source},
        "subjects": release.after.subjects,
        "quasi_identifiers": [_quasi(release, quasi) for quasi in release.policy.quasi_identifiers],
        "risk": {
            "before": _risk(release.before),
            "after": {**_risk(release.after), "classes": _classes(release.after)},
            "comparison": comparison(release.after.maximum, Fraction(str(tier.max_risk))),
        },
        "population": {"size": int(population["size"]), "source": str(population["source"])},
        "sensitive": [_disclosure(found) for found in disclosures(release)],
        "utility": _utility(release),
        "frontier": [{**_node(node), "used": node == release.node} for node in release.frontier],
        "trajectory": {
            "days": share(unique_by_days(release.datasets)),
            "results": share(unique_by_results(release.datasets)),
        },
        "gates": [
            {"name": gate.name, "state": _state(release, gate.name, gate.open)} for gate in release.gates
        ],
        "override": _override(release),
        "explained": [
            {"rule": one.rule, "dataset": one.dataset, "variable": one.variable, "reason": one.reason}
            for one in explanations_of(release)
        ],
    }


def share(value: Fraction) -> dict[str, object]:
    """A share from 0 to 1, exact and as a decimal of four places."""
    return {"fraction": str(value), "value": round(float(value), 4)}


def comparison(risk: Fraction, threshold: Fraction) -> str:
    """The comparison as it was made, with exact numbers: `1/11 = 0.0909 > 0.09`."""
    sign = "<=" if risk <= threshold else ">"
    return f"{risk} = {float(risk):.4f} {sign} {float(threshold):.4g}"


def disclosures(release: Release) -> list[Disclosure]:
    """l and t of each sensitive variable that is released, in the classes that are."""
    table = generalised(release.known, release.policy, release.plan.levels).astype(object).fillna("")
    subjects = pd.Series(release.known.index, dtype=object)
    released = released_subject(release.plan, subjects, "USUBJID")
    keys = table.groupby(list(table.columns)).ngroup() if len(table.columns) else pd.Series(0, table.index)
    classes = pd.Series(keys.to_numpy(), index=released.to_numpy())
    found = []
    for variable in release.policy.sensitive:
        values = _sensitive_values(release, variable)
        if values is not None:
            found.append(disclosure(variable, classes, values))
    return found


def _sensitive_values(release: Release, variable: str) -> pd.DataFrame | None:
    """Columns subject and value of DATASET.VARIABLE or SUPPDATASET.QNAM as released; None where it is not."""
    dataset, _, name = variable.partition(".")
    if dataset not in release.datasets:
        return None
    frame = release.datasets[dataset].frame
    if dataset.startswith(_SUPPLEMENT):
        frame, name = frame[frame["QNAM"] == name], "QVAL"
    if name not in frame or frame.empty:
        return None
    return pd.DataFrame({"subject": frame["USUBJID"], "value": frame[name].astype(str)})


def _quasi(release: Release, quasi: QuasiIdentifier) -> Figures:
    level = release.plan.levels[quasi.name]
    column = release.known[quasi.name]
    label, label_zh = _labels(release, quasi.variable)
    shift = mean_shift(column, released_values(column, quasi, level)) if level != DROP else None
    return {
        "name": quasi.name,
        "variable": quasi.variable,
        "label": label or quasi.name,
        "label_zh": label_zh or quasi.name,
        "level": level,
        "levels": {name: level_text(quasi, name) for name in quasi.levels},
        "released": level_text(quasi, level),
        "mean_shift": round(shift, 2) if shift is not None else None,
    }


def _labels(release: Release, variable: str) -> tuple[str, str]:
    """English and Chinese label of DATASET.VARIABLE or SUPPDATASET.QNAM; '' where nobody gave one."""
    dataset, _, name = variable.partition(".")
    if dataset.startswith(_SUPPLEMENT):
        qualifier = release.spec.domains[dataset.removeprefix(_SUPPLEMENT)].supp.get(name)
        return (qualifier.label, qualifier.label_zh) if qualifier is not None else ("", "")
    known = load_sdtmig().dataset(dataset).variables.get(name)
    return known.label if known is not None else "", load_chinese_labels().variable(dataset, name)


def level_text(quasi: QuasiIdentifier, level: str) -> dict[str, str]:
    """The form of a quasi-identifier in words."""
    where = f"{quasi.variable.partition('.')[0]}, QNAM {quasi.qualifier[0]}" if quasi.qualifier else ""
    beside = (f" (SUPP{where})", f"（SUPP{where}）") if where and level not in (KEEP, DROP) else ("", "")
    if level == KEEP:
        return {"en": "as collected", "zh": "与采集时相同"}
    if level == DROP:
        return {"en": "not released", "zh": "不提供"}
    if level in quasi.groups:
        names = ", ".join(sorted(set(quasi.groups[level].values())))
        return {"en": f"in groups: {names}", "zh": f"分组：{names}"}
    if level in quasi.cuts:
        points = quasi.cuts[level]
        within = [f"{low}-{high - 1}" for low, high in pairwise(points)]
        names = ", ".join([f"<{points[0]}", *within, f">={points[-1]}"])
        return {"en": f"in bands: {names}{beside[0]}", "zh": f"分段：{names}{beside[1]}"}
    return {"en": f"in bands of {level}{beside[0]}", "zh": f"每 {level} 为一段{beside[1]}"}


def _risk(risk: Risk) -> Figures:
    return {
        "k": risk.k,
        "maximum": share(risk.maximum),
        "average": share(risk.average),
        "journalist": share(risk.journalist),
        "above": risk.above,
    }


def _classes(risk: Risk) -> list[dict[str, int]]:
    return [{"size": size, "classes": count} for size, count in risk.sizes.items()]


def _disclosure(found: Disclosure) -> Figures:
    return {
        "variable": found.variable,
        "several": found.several,
        "l": found.diversity,
        # no fraction: its two numbers may read like a number of the hospital
        "t": {"value": round(float(found.closeness), 4)},
        "shared": found.shared,
    }


def _utility(release: Release) -> Figures:
    """What is kept, in whole percent: a finer figure would count what is left out."""
    found = release.utility
    return {
        "datasets": list(found.datasets),
        "variables": list(found.variables),
        "cells_kept": percent(found.cells),
        "cells_changed": percent(found.changed),
        "by_dataset": [
            {
                "name": kept.name,
                "records": percent(kept.records),
                "cells_kept": percent(kept.cells),
                "cells_changed": percent(kept.changed),
            }
            for kept in found.by_dataset
            if kept.released
        ],
        "information_kept": round(1 - release.node.loss, 4),
    }


def percent(value: Fraction) -> int:
    """A share in whole percent."""
    return round(value * 100)


def _node(node: Node) -> Figures:
    return {
        "levels": dict(node.levels),
        "k": node.k,
        "maximum": share(node.maximum),
        "loss": round(node.loss, 4),
    }


def _state(release: Release, name: str, is_open: bool) -> str:
    passed: Mapping[str, object] | tuple[str, ...] = release.override.gates if release.override else ()
    return "open" if is_open else "overridden" if name in passed else "closed"


def _override(release: Release) -> Figures | None:
    """What was let pass, by which ethics number and why; who signed stays in the release log."""
    found = release.override
    if found is None:
        return None
    return {"gates": list(found.gates), "ethics_number": found.ethics_number, "reason": found.reason}
