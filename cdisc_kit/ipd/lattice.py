"""The search for the forms of the quasi-identifiers that lose least and still pass a tier's gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.generalise import DROP, released_values
from cdisc_kit.ipd.policy import Policy, QuasiIdentifier, Tier
from cdisc_kit.ipd.risk import class_sizes
from cdisc_kit.ipd.subjects import known_of


@dataclass(frozen=True)
class Node:
    """One choice of levels: its smallest class, largest risk and the share of information lost (0 to 1)."""

    levels: tuple[tuple[str, str], ...]
    k: int
    maximum: Fraction
    loss: float

    def passes(self, tier: Tier) -> bool:
        """True where the smallest class and the largest risk are within the tier's gate, exactly compared."""
        return self.k >= tier.k and self.maximum <= Fraction(str(tier.max_risk))


def known_table(datasets: Mapping[str, Dataset], policy: Policy) -> pd.DataFrame:
    """One row a subject, one column a quasi-identifier, as collected."""
    return pd.DataFrame(
        {quasi.name: known_of(datasets, quasi.variable) for quasi in policy.quasi_identifiers}
    )


def generalised(known: pd.DataFrame, policy: Policy, levels: Mapping[str, str]) -> pd.DataFrame:
    """`known` at `levels`; what is dropped is not in it."""
    return pd.DataFrame(
        {
            quasi.name: released_values(known[quasi.name], quasi, levels[quasi.name])
            for quasi in policy.quasi_identifiers
            if levels[quasi.name] != DROP
        },
        index=known.index,
    )


def nodes(known: pd.DataFrame, policy: Policy) -> list[Node]:
    """Every node of the lattice, the one that loses least first."""
    found = []
    for choice in product(*(quasi.levels for quasi in policy.quasi_identifiers)):
        levels = {quasi.name: level for quasi, level in zip(policy.quasi_identifiers, choice, strict=True)}
        sizes = class_sizes(generalised(known, policy, levels))
        k = int(sizes.min()) if len(sizes) else 0
        maximum = Fraction(1, k) if k else Fraction(1)
        found.append(Node(tuple(levels.items()), k, maximum, _loss(known, policy.quasi_identifiers, levels)))
    return sorted(found, key=lambda node: (node.loss, -node.k, node.levels))


def least_loss(found: Iterable[Node], tier: Tier) -> Node | None:
    """The first node that passes the gate; None where even dropping everything does not."""
    return next((node for node in found if node.passes(tier)), None)


def frontier(found: Iterable[Node]) -> list[Node]:
    """The nodes that no other beats in both loss and risk, by rising loss."""
    best: list[Node] = []
    for node in found:
        if not best or node.maximum < best[-1].maximum:
            best.append(node)
    return best


def _loss(known: pd.DataFrame, quasis: Iterable[QuasiIdentifier], levels: Mapping[str, str]) -> float:
    """Weighted mean of the share of each quasi-identifier's entropy that its level gives up."""
    total = weights = 0.0
    for quasi in quasis:
        column = known[quasi.name]
        before = _entropy(column)
        after = (
            0.0
            if levels[quasi.name] == DROP
            else _entropy(released_values(column, quasi, levels[quasi.name]))
        )
        lost = 1 - after / before if before else float(levels[quasi.name] == DROP)
        total, weights = total + quasi.weight * lost, weights + quasi.weight
    return round(total / weights, 12)


def _entropy(column: pd.Series) -> float:
    shares = column.astype(object).fillna("").value_counts(normalize=True).to_numpy(dtype=float)
    return float(-(shares * np.log2(shares)).sum())
