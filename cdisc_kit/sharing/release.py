"""One release: the datasets of one tier for one recipient, with the figures that justify it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import InputError, OutputError
from cdisc_kit.ipd.dayproof import DayProof, day_proof, require_equal_days
from cdisc_kit.ipd.deidentify import Deidentified, deidentify
from cdisc_kit.ipd.included import included
from cdisc_kit.ipd.key import derived
from cdisc_kit.ipd.lattice import Node, frontier, generalised, known_table, least_loss, nodes
from cdisc_kit.ipd.plan import Plan
from cdisc_kit.ipd.policy import Policy
from cdisc_kit.ipd.pseudonym import Pseudonyms
from cdisc_kit.ipd.risk import Risk, risk
from cdisc_kit.ipd.subjects import subjects_of
from cdisc_kit.ipd.utility import Utility, utility
from cdisc_kit.lengths import with_lengths
from cdisc_kit.sharing.gates import Gate, Override
from cdisc_kit.sharing.request import Request
from cdisc_kit.spec import StudySpec

ENCODING = "ascii"


@dataclass(frozen=True)
class Release:
    """`datasets` may leave; `plan` (pseudonyms, day 1 of each subject) and `known` never do.

    `known` holds the quasi-identifiers as collected, one row a subject; `node` is the choice of levels used,
    `frontier` the choices that no other beats; `before` and `after` the risk without and with that choice.
    `days` proves every study day.
    `gates` are those of a package as they stood when it was made; a release for review has none.
    """

    plan: Plan
    request: Request
    synthetic: bool
    deidentified: Deidentified
    datasets: dict[str, Dataset]
    known: pd.DataFrame
    node: Node
    frontier: tuple[Node, ...]
    before: Risk
    after: Risk
    utility: Utility
    days: tuple[DayProof, ...]
    gates: tuple[Gate, ...] = ()
    override: Override | None = None

    @property
    def spec(self) -> StudySpec:
        return self.plan.spec

    @property
    def policy(self) -> Policy:
        return self.plan.policy

    @property
    def name(self) -> str:
        """`<REGID>_IPD_<release>`: the folder of the package."""
        return f"{self.spec.study['registration']['id']}_IPD_{self.request.release}"


def make_release(
    spec: StudySpec,
    policy: Policy,
    datasets: Mapping[str, Dataset],
    request: Request,
    master: bytes,
    *,
    synthetic: bool,
) -> Release:
    """The release of `datasets` (as built, English) for `request`, its ids derived from the `master` key.

    InputError for a tier the policy does not have, OutputError where no choice of levels passes its gate, a
    study day does not follow from the released dates, or a text cannot be written in the package's encoding.
    """
    if request.tier not in policy.tiers:
        raise InputError(f"{policy.study} has no tier {request.tier}; there are: {', '.join(policy.tiers)}")
    tier = policy.tiers[request.tier]
    whole = datasets
    datasets, absent, stood = included(whole, policy)
    known = known_table(datasets, policy)
    found = nodes(known, policy)
    node = least_loss(found, tier)
    if node is None:
        raise OutputError(f"no form of the quasi-identifiers passes the gate of {tier.name} (k {tier.k})")
    levels = dict(node.levels)
    key = derived(master, policy.study, request.release, request.recipient, "pseudonyms")
    rules = policy.for_tier(tier.name).withholding(levels)
    plan = Plan(spec, rules, tier, levels, Pseudonyms(key), subjects_of(datasets))
    made = deidentify(datasets, plan)
    origins = {name: stood[name][at] for name, at in made.origins.items()}
    made = replace(made, decisions=(*absent, *made.decisions), origins=origins)
    proofs = day_proof(whole, made.datasets, origins)
    require_equal_days(proofs)
    sized, findings = with_lengths(made.datasets, ENCODING)
    if findings:
        raise OutputError("\n".join(sorted({replace(f, value="", usubjid="").one_line() for f in findings})))
    threshold = Fraction(str(tier.max_risk))
    population = int(policy.document["population"]["size"])
    finest = {quasi.name: quasi.levels[0] for quasi in policy.quasi_identifiers}
    before, after = (
        risk(generalised(known, policy, chosen), population=population, threshold=threshold)
        for chosen in (finest, levels)
    )
    return Release(
        *(plan, request, synthetic, made, sized, known, node, tuple(frontier(found)), before, after),
        utility=utility(whole, sized),
        days=proofs,
    )
