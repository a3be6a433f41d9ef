"""Synthetic EDC export of the capeox study: a hidden truth per subject, printed as the forms of sources.yaml.

Truth first: lesions, doses, events and survival are drawn (cast.py says what must occur), responses follow
by RECIST 1.1, forms are printed from that, and `truth.json` states what SDTM and the outcomes must hold.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from cdisc_kit.errors import InputError
from cdisc_kit.synth.capeox.book import Book
from cdisc_kit.synth.capeox.cast import role_of
from cdisc_kit.synth.capeox.clinic import add_visits
from cdisc_kit.synth.capeox.course import add_doses, add_ending, add_events
from cdisc_kit.synth.capeox.history import add_screening
from cdisc_kit.synth.capeox.medication import add_medication
from cdisc_kit.synth.capeox.protocol import STUDY, Protocol, read_protocol
from cdisc_kit.synth.capeox.subject import Subject, draw_subject
from cdisc_kit.synth.capeox.truth import state_truth
from cdisc_kit.synth.capeox.tumour import add_imaging
from cdisc_kit.synth.dirt import choose, plant
from cdisc_kit.synth.dirt.manifest import sheet_rows
from cdisc_kit.synth.odm import odm_rows, write_odm
from cdisc_kit.synth.workbook import write_workbook

# ODM attribute -> column, as `alternative` of sources.yaml reads them
ODM_KEYS = {
    "LocationOID": "SITEID",
    "SubjectKey": "SUBJID",
    "StudyEventOID": "EVENT",
    "ItemGroupRepeatKey": "REPEATKEY",
}

# Cases of dirt that ODM cannot hold: a date that lost its number format, days counted from 1904.
OF_WORKBOOKS = (7, 8)


def generate(
    out: Path,
    *,
    seed: int,
    subjects: int | None,
    dirt: str,
    dirt_case: int | None = None,
    container: str = "xlsx",
) -> None:
    """Write `ResMan_export_YYYYMMDD.xlsx` (or `.xml`), `truth.json` and `dirt_manifest.csv` into `out`.

    `container` is `xlsx` or `odm`: the same forms as a workbook or as CDISC ODM 1.3.2.
    `subjects` is the number screened (the study's 35 when None). The truth stays the clean one whatever
    `dirt` is planted (see `cdisc_kit.synth.dirt`). The same arguments give the same bytes.
    Raises InputError for a number below 1 or dirt that cannot be planted (in this container).
    """
    is_odm = container == "odm"
    if is_odm and dirt_case in OF_WORKBOOKS:
        raise InputError(f"--dirt-case {dirt_case} is a mistake of workbooks; leave --container out")
    cases = [c for c in choose(STUDY, dirt, dirt_case) if not (is_odm and c.number in OF_WORKBOOKS)]
    if subjects is not None and subjects < 1:
        raise InputError("--subjects must be at least 1")
    protocol = read_protocol()
    people = draw_subjects(subjects or protocol.screened, seed, protocol)
    book = print_forms(people, seed, protocol)
    raw = book.printed()
    rows = partial(odm_rows, study=STUDY, keys=ODM_KEYS) if is_odm else sheet_rows
    manifest = plant(raw, cases, seed, rows)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"ResMan_export_{protocol.cutoff:%Y%m%d}{'.xml' if is_odm else '.xlsx'}"
    if is_odm:
        write_odm(path, raw, STUDY, ODM_KEYS)
    else:
        write_workbook(path, raw.sheets(), date_1904=raw.date_1904)
    truth = json.dumps(
        state_truth(people, book.tables, protocol), ensure_ascii=False, indent=1, sort_keys=True
    )
    (out / "truth.json").write_text(truth + "\n", encoding="utf-8", newline="\n")
    (out / "dirt_manifest.csv").write_text(manifest, encoding="utf-8", newline="\n")


def draw_subjects(screened: int, seed: int, protocol: Protocol) -> list[Subject]:
    """The hidden truth, one entry per subject screened, in order of consent."""
    return [draw_subject(n, screened, role_of(n, screened), seed, protocol) for n in range(screened)]


def print_forms(people: list[Subject], seed: int, protocol: Protocol) -> Book:
    """Every form of every subject, as canonical values."""
    book = Book(protocol)
    for subject in people:
        add_screening(book, subject, seed)
        add_visits(book, subject, seed)
        add_imaging(book, subject, protocol)
        add_doses(book, subject)
        add_events(book, subject)
        add_medication(book, subject, seed)
        add_ending(book, subject)
    return book
