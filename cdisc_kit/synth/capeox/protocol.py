"""The study's design values the generator works with, read from study.yaml (all but the cut-off assumed)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.locate import bundled
from cdisc_kit.yamltext import read_yaml

STUDY = "capeox"


@dataclass(frozen=True)
class Protocol:
    """Doses per m2 or kg, lengths in days unless the name says weeks."""

    cutoff: dt.date
    first_consent: dt.date
    site: str
    screened: int
    oxa_dose: int
    cap_dose: int
    bev_dose: float
    cap_days: int
    cycle_days: int
    max_cycles: int
    imaging_weeks: int
    last_imaging_week: int
    sfu_days: int
    survival_weeks: int
    survival_visits: int
    conf_days: int
    sd_days: int
    max_ne: int


def mapping_folder() -> Path:
    """The study's mapping folder as shipped: the generator prints exactly the forms described there."""
    return bundled("mappings") / STUDY


def read_protocol() -> Protocol:
    """The protocol values of the shipped study.yaml."""
    study = read_yaml(mapping_folder() / "study.yaml", f"mappings/{STUDY}/study.yaml")
    value = {str(name): str(entry["value"]) for name, entry in study["parameters"].items()}
    return Protocol(
        cutoff=dt.date.fromisoformat(study["extract_date"]["value"]),
        first_consent=dt.date.fromisoformat(value["first_consent"]),
        site=str(next(iter(study["sites"]))),
        screened=int(value["synth_screened"]),
        oxa_dose=int(value["oxa_dose_mg_per_m2"]),
        cap_dose=int(value["cap_dose_mg_per_m2"]),
        bev_dose=float(value["bev_dose_mg_per_kg"]),
        cap_days=int(value["cap_days_per_cycle"]),
        cycle_days=int(value["cycle_length_days"]),
        max_cycles=int(value["max_cycles"]),
        imaging_weeks=int(value["imaging_interval_weeks"]),
        last_imaging_week=int(value["imaging_last_week"]),
        sfu_days=int(value["sfu_days"]),
        survival_weeks=int(value["survival_interval_weeks"]),
        survival_visits=int(value["survival_visits"]),
        conf_days=int(value["recist_conf_days"]),
        sd_days=int(value["recist_sd_days"]),
        max_ne=int(value["recist_max_ne"]),
    )
