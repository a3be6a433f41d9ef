"""Synthetic data of a study with what the generator knows of it, built in memory."""

from __future__ import annotations

import importlib
import json
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from cdisc_kit.pipeline import BuiltStudy, build
from cdisc_kit.spec import StudySpec, load_study

STUDIES = ("atg", "capeox")
# Of the packages that several files of tests look at; neither the demonstration's nor one of their own.
SEED = 20260407
MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


@dataclass(frozen=True)
class Study:
    """`raw` is the generated folder, `truth` its truth.json."""

    spec: StudySpec
    raw: Path
    truth: dict[str, Any]
    built: BuiltStudy

    def frame(self, name: str) -> pd.DataFrame:
        return self.built.datasets[name].frame


@lru_cache(maxsize=3)  # packages of full size: those of one group of tests
def generate(study: str, folder: Path, *, seed: int, dirt: str = "none") -> Study:
    """The study at full size, for tests that only read it; raw data in a new folder below `folder`."""
    raw = Path(tempfile.mkdtemp(prefix=f"{study}-", dir=folder)) / "raw"
    generator = importlib.import_module(f"cdisc_kit.synth.{study}")
    generator.generate(raw, seed=seed, subjects=None, dirt=dirt)
    spec = load_study(MAPPINGS / study)
    truth = json.loads((raw / "truth.json").read_text(encoding="utf-8"))
    return Study(spec, raw, truth, build(spec, raw))


def outcome_in_words_of_truth(name: str, result: dict[str, Any]) -> dict[str, object]:
    """An entry of outcomes.json as truth.json has it."""
    if result["kind"] == "event_within":
        return {name: result["groups"]}
    if result["kind"] == "worst_grade":
        return {name: result["grades"]}
    if result["kind"] == "time_to_event":
        return {f"{name}_{key.upper()}": result[key] for key in ("n", "events", "median_days")}
    words = {"best": "BOR", "responded": "ORR", "controlled": "DCR"}
    return {
        "N_TREATED": result["n"],
        **{
            f"{word}_{setting.upper()}": result[setting][key]
            for setting in ("confirmed", "unconfirmed")
            for key, word in words.items()
        },
    }
