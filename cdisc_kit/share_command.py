"""`cdisc-kit share`: the commands around a study's de-identified data."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from cdisc_kit import pipeline
from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import DEMO_KEY, read_key
from cdisc_kit.locate import locate_study
from cdisc_kit.sharing.prepare import Prepared, prepare
from cdisc_kit.sharing.request import read_request
from cdisc_kit.source import raw_folder
from cdisc_kit.spec import load_study
from cdisc_kit.synth.run import is_synthetic


def prepare_release(
    name: str,
    *,
    raw: Path | None,
    demo: bool,
    key: Path | None,
    request: Path | None,
    tier: str,
    state: Path | None,
    mappings: Path | None,
) -> Prepared:
    """Build the study called `name` in memory and prepare its release in `state` (ipd/<study>).

    The published demonstration key serves `demo` alone; InputError without a key otherwise.
    """
    study = locate_study(name, mappings)
    spec = load_study(study.mappings)
    master = master_key(key, demo=demo)
    asked = read_request(request) if request is not None else None
    with ExitStack() as stack:
        source = raw_folder(stack, study, raw, demo, mappings)
        built = pipeline.build(spec, source, "ascii")
        return prepare(
            spec,
            built.english,
            state or Path("ipd") / study.key,
            master,
            request=asked,
            tier=tier,
            synthetic=is_synthetic(source),
        )


def master_key(key: Path | None, *, demo: bool) -> bytes:
    """The master key of a run: the one named, or a demo's; there is no default and no environment."""
    if key is not None:
        return read_key(key)
    if demo:
        return DEMO_KEY
    raise InputError("no key; give --key FILE (`cdisc-kit share key new FILE` makes one)")
