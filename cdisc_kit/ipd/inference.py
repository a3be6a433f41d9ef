"""Facts that are withheld and that something released tells all the same.

A value that nearly everybody of a class has and hardly anybody else tells the class, whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import pandas as pd

from cdisc_kit.ipd.evidence import Evidence, Test
from cdisc_kit.ipd.generalise import DROP
from cdisc_kit.ipd.lattice import known_table

# Share of the class that has the value, less the share of the others.
_TELLS = 0.8
# A class matched so well by chance, among all values that are tried, is rarer than this.
_CHANCE = 0.01


def withheld_facts(evidence: Evidence) -> Test:
    """Each value of each withheld fact against each value released: none may tell it."""
    plan = evidence.plan
    names = plan.pseudonyms.given.get("subject", {})
    known = known_table(evidence.original, plan.policy).reindex(list(names))
    known.index = pd.Index([f"{plan.spec.studyid}-{name}" for name in names.values()])
    everybody = frozenset(known.index)
    held = dict(_values(evidence))
    withheld = [q.name for q in plan.policy.quasi_identifiers if plan.levels[q.name] == DROP]
    told = [
        f"{fact} by {place}"
        for fact in withheld
        for place in told_by(known[fact].astype(object).fillna(""), held, everybody)
    ]
    figures = {"facts": len(withheld), "values": len(held), "told": len(told)}
    detail = "none" if not told else "; ".join(sorted(set(told))[:5])
    return Test("withheld facts", not told, figures, detail)


def _values(evidence: Evidence) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    """(dataset, test or qualifier, variable, value) -> who has it."""
    for name, dataset in evidence.released.items():
        frame = dataset.frame
        if "USUBJID" not in frame:
            continue
        kind = next((v for v in (f"{name}TESTCD", "QNAM") if v in frame), "")
        kinds = frame[kind].astype(str) if kind else pd.Series("", index=frame.index)
        for variable in (v.name for v in dataset.variables if v.type == "Char" and not v.iso8601):
            if variable in ("USUBJID", "SUBJID", kind) or not frame[variable].nunique():
                continue
            pairs = pd.DataFrame({"s": frame["USUBJID"], "k": kinds, "v": frame[variable].astype(str)})
            pairs = pairs[pairs["v"] != ""].drop_duplicates()
            for (test, value), group in pairs.groupby(["k", "v"])["s"]:
                yield (name, str(test), variable, str(value)), frozenset(group)


def told_by(
    fact: pd.Series, held: dict[tuple[str, ...], frozenset[str]], everybody: frozenset[str]
) -> Iterator[str]:
    """Places (dataset, test, variable) one of whose values tells a value of `fact`."""
    for value in fact.unique():
        own = frozenset(fact.index[fact == value])
        others = everybody - own
        if not others or len(held) / comb(len(everybody), len(own)) >= _CHANCE:
            continue  # so few that some value fits them by chance
        fewest = (1 - _TELLS) * min(len(own), len(others))
        for (dataset, test, variable, _), has in held.items():
            if not fewest <= len(has) <= len(everybody) - fewest:
                continue
            lift = len(own & has) / len(own) - len(others & has) / len(others)
            if abs(lift) >= _TELLS and _chance(own, has, everybody) * len(held) < _CHANCE:
                yield ".".join(part for part in (dataset, test, variable) if part)


def _chance(own: frozenset[str], has: frozenset[str], everybody: frozenset[str]) -> float:
    """How likely so many, or so few, of `own` are among as many subjects as `has` drawn at random."""
    total, drawn, size, hit = len(everybody), len(has), len(own), len(own & has)
    ways = [comb(size, n) * comb(total - size, drawn - n) for n in range(min(size, drawn) + 1) if n <= drawn]
    low, high = sum(ways[: hit + 1]), sum(ways[hit:])
    return min(low, high) / comb(total, drawn)
