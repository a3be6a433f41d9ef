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
    quasis = policy.quasi_identifiers
    forms = [{level: _form(known[quasi.name], quasi, level) for level in quasi.levels} for quasi in quasis]
    weights = sum(quasi.weight for quasi in quasis)
    for choice in product(*(quasi.levels for quasi in quasis)):
        chosen = [form[level] for form, level in zip(forms, choice, strict=True)]
        k = _smallest([codes for codes, _ in chosen], len(known))
        loss = sum(quasi.weight * lost for quasi, (_, lost) in zip(quasis, chosen, strict=True)) / weights
        levels = tuple((quasi.name, level) for quasi, level in zip(quasis, choice, strict=True))
        found.append(Node(levels, k, Fraction(1, k) if k else Fraction(1), round(loss, 12)))
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


def _form(column: pd.Series, quasi: QuasiIdentifier, level: str) -> tuple[np.ndarray, float]:
    """A column at `level`: the class of each subject (missing is one), and the share of entropy given up."""
    if level == DROP:
        return np.zeros(len(column), dtype=np.int64), 1.0
    values = released_values(column, quasi, level).astype(object).fillna("")
    before = _entropy(column)
    return pd.factorize(values)[0].astype(np.int64), 1 - _entropy(values) / before if before else 0.0


def _smallest(columns: Iterable[np.ndarray], subjects: int) -> int:
    """Size of the smallest class of subjects that agree in every column."""
    if not subjects:
        return 0
    together = np.zeros(subjects, dtype=np.int64)
    for codes in columns:
        together = np.unique(together * (int(codes.max()) + 1) + codes, return_inverse=True)[1]
    return int(np.bincount(together).min())


def _entropy(column: pd.Series) -> float:
    shares = column.astype(object).fillna("").value_counts(normalize=True).to_numpy(dtype=float)
    return float(-(shares * np.log2(shares)).sum())
