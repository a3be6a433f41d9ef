"""Registered outcomes, declared in outcomes.yaml and computed from the final SDTM datasets alone."""

from cdisc_kit.outcomes.compute import compute_outcomes
from cdisc_kit.outcomes.declaration import OutcomesSpec, read_outcomes

__all__ = ["OutcomesSpec", "compute_outcomes", "read_outcomes"]
