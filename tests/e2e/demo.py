"""The demonstration package of a study, built through the command line, for the tests that look at it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from cdisc_kit.synth import DEMO_SEED

STUDIES = ("atg", "capeox")


@dataclass(frozen=True)
class Demo:
    """`out` is the package; `truth` what the generator knows of the same seed."""

    study: str
    out: Path
    truth: dict[str, Any]

    @property
    def xpt(self) -> list[Path]:
        return sorted((self.out / "sdtm").glob("*.xpt"))

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Dataset -> values as pyreadstat reads them back."""
        return {path.stem.upper(): pyreadstat.read_xport(path)[0] for path in self.xpt}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.out / "manifest.json").read_text(encoding="utf-8"))
        return loaded

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        loaded = json.loads((self.out / "reports" / "findings.json").read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = loaded["findings"]
        return found


def cdisc_kit(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "cdisc_kit", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


@cache
def make_demo(study: str, parent: Path) -> Demo:
    """`build --demo`, and the truth of the same synthetic data: built once, for tests that only read it."""
    folder = Path(tempfile.mkdtemp(prefix=f"{study}-", dir=parent))
    built = cdisc_kit("build", "--study", study, "--demo", "--out", folder / "out", cwd=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    made = cdisc_kit("synth", "--study", study, "--out", folder / "raw", "--seed", str(DEMO_SEED), cwd=folder)
    assert made.returncode == 0, made.stdout + made.stderr
    truth = json.loads((folder / "raw" / "truth.json").read_text(encoding="utf-8"))
    return Demo(study, folder / "out", truth)
