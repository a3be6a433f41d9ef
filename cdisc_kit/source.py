"""The raw folder a command reads: the one named, the study's own, or one generated for a demonstration."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from cdisc_kit.errors import InputError
from cdisc_kit.locate import StudyFolder
from cdisc_kit.synth import DEMO_SEED
from cdisc_kit.synth.run import write_synthetic


def raw_folder(
    stack: ExitStack, study: StudyFolder, raw: Path | None, demo: bool, mappings: Path | None
) -> Path:
    """The folder to read; one generated for `demo` lives as long as `stack`. InputError without any."""
    if demo:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cdisc-kit-demo-"))) / "raw"
        write_synthetic(study.key, folder, seed=DEMO_SEED, mappings=mappings or study.mappings.parent)
        return folder
    source = raw or Path("raw") / study.key
    if not source.is_dir():
        raise InputError(f"raw folder {source} does not exist; give --raw DIR, or --demo for synthetic data")
    return source
