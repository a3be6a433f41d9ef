"""Synthetic case-report-form data: one seeded generator per study, with the truth it was printed from.

`GENERATORS` maps the study key to the module whose `generate(out, *, seed, subjects, dirt, dirt_case)`
writes the raw folder, `truth.json` and `dirt_manifest.csv`. Modules are named, not imported, so that looking
a study up costs nothing.
"""

from __future__ import annotations

GENERATORS = {"atg": "cdisc_kit.synth.atg", "capeox": "cdisc_kit.synth.capeox"}

# Studies whose forms can be written in several containers; the first is the usual one.
CONTAINERS = {"capeox": ("xlsx", "odm")}

# The seed of `build --demo`: fixed, so that a demonstration is the same everywhere.
DEMO_SEED = 20260701
