"""Synthetic paper CRFs of the ATG study: a hidden truth per subject, printed on forms, entered twice.

`build_truth` makes the truth, `print_forms` the pages as canonical text, `printing` the cells and files.
Every count in `truth.json` comes from the truth and the clean pages (rules: `counts`), none from a mapping.
"""

from __future__ import annotations

from pathlib import Path

from cdisc_kit.errors import InputError
from cdisc_kit.locate import locate_study
from cdisc_kit.synth.atg.calendar import set_exit, set_visits
from cdisc_kit.synth.atg.counts import count_datasets, count_optional, count_qualifiers
from cdisc_kit.synth.atg.forms_graft import print_graft
from cdisc_kit.synth.atg.forms_outcome import annotate, print_outcome
from cdisc_kit.synth.atg.forms_screening import print_screening
from cdisc_kit.synth.atg.forms_treatment import print_treatment
from cdisc_kit.synth.atg.forms_visits import print_visits
from cdisc_kit.synth.atg.graft import biopsy, follow, lose_graft, reject
from cdisc_kit.synth.atg.layout import Layout, read_layout
from cdisc_kit.synth.atg.outcomes import describe, registered_outcomes, sum_doses
from cdisc_kit.synth.atg.pages import Forms
from cdisc_kit.synth.atg.plan import Slot, plan_study
from cdisc_kit.synth.atg.printing import print_data, write_forms, write_records
from cdisc_kit.synth.atg.safety import medicate, suffer
from cdisc_kit.synth.atg.screening import person
from cdisc_kit.synth.atg.treatment import induce, maintain, operate
from cdisc_kit.synth.atg.truth import Subject
from cdisc_kit.synth.dirt import choose, plant

STUDY = "atg"


def generate(out: Path, *, seed: int, subjects: int | None, dirt: str, dirt_case: int | None = None) -> None:
    """Write the raw folder `out` (forms, resolution.csv, truth.json, dirt_manifest.csv).

    `subjects` is the number randomised (None: the registered 104); screen failures and subjects not treated
    scale with it. The truth stays the clean one whatever `dirt` is planted (see `cdisc_kit.synth.dirt`).
    Same arguments, same bytes. Raises InputError for a size below 1 or dirt that cannot be planted.
    """
    cases = choose(STUDY, dirt, dirt_case)
    if subjects is not None and subjects < 1:
        raise InputError(f"--subjects {subjects}: give the number of randomised subjects, 1 or more")
    layout = read_layout(locate_study(STUDY).mappings)
    people = build_truth(layout, seed, subjects)
    forms = print_forms(people, layout, seed)
    raw = print_data(layout, forms)
    manifest = plant(raw, cases, seed)
    out.mkdir(parents=True, exist_ok=True)
    write_forms(out, layout, raw)
    write_records(out, truth_record(people, forms, layout), manifest)


def build_truth(layout: Layout, seed: int, subjects: int | None) -> list[Subject]:
    """The hidden truth of everyone screened, in order of first consent."""
    return [_live(slot, layout, seed) for slot in plan_study(layout, seed, subjects)]


def _live(slot: Slot, layout: Layout, seed: int) -> Subject:
    subject = person(slot, seed, layout.cutoff)
    if slot.treated:
        operate(subject, slot, seed)
    set_exit(subject, slot, layout, seed)
    set_visits(subject, slot, layout, seed)
    if slot.treated:
        induce(subject, slot, layout, seed)
        lose_graft(subject, slot, seed)
        biopsy(subject, slot, seed)
        reject(subject, slot, seed)
        follow(subject, slot, seed)
        suffer(subject, slot, seed)
        medicate(subject, seed)
        maintain(subject, seed)
    return subject


def print_forms(people: list[Subject], layout: Layout, seed: int) -> Forms:
    """Every form as rows of canonical text (ISO dates, codes, Y/N), before they are printed."""
    forms: Forms = {name: [] for name in layout.forms}
    for subject in people:
        own: Forms = {
            **print_screening(subject),
            **print_treatment(subject),
            **print_visits(subject, layout, seed),
            **print_graft(subject),
            **print_outcome(subject, seed),
        }
        annotate(subject, own, seed)
        for name, rows in own.items():
            forms[name] += rows
    return forms


def truth_record(people: list[Subject], forms: Forms, layout: Layout) -> dict[str, object]:
    """The content of truth.json."""
    return {
        "subjects": describe(people, layout),
        "counts": count_datasets(people, forms),
        "counts_optional": count_optional(people, forms),
        "qualifiers": count_qualifiers(people),
        "doses": sum_doses(people),
        "outcomes": registered_outcomes(people, layout),
    }
