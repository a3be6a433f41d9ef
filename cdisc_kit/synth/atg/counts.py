"""What the SDTM datasets of the clean raw data must hold, counted from the truth and not by any mapping.

Rules where the design leaves a choice:

* DM: one row per person who consented; a re-screened person is one row.
* SUPPDM: ETHGRP and ICFVER for everyone, RANDNO for the randomised, PSUBJID for the re-screened.
* DS: one INFORMED CONSENT OBTAINED per A01 row; ELIGIBILITY CRITERIA MET per A01 row with SCRRES=1;
  RANDOMIZED per A03 row; one screening disposition per A01 row with SCRRES=2 (also the earlier attempt
  of a re-screened person), dated A01.FILLDT; one STUDY TREATMENT disposition per subject with an infusion
  given; one per A23.
* SE: everyone has SCRN; a treated subject also the treatment element and FUP.
* SV: one row per planned visit that has any form row (all V1 rows of a person are one visit); one with
  SVOCCUR=N per planned visit without any whose last day (transplantation + last_pod) lies before the day
  the subject left (A23.EOSDT) and before the data cut-off; one per date of an unplanned visit.
  Never transplanted: V1 only.
* EX: A08 rows given. EC: each A08 row gives a SCHEDULED row (INDPLAN) and a PERFORMED row (given or not).
* PR: the transplantation; every A15 row (a protocol biopsy not done is a row with PROCCUR=N); A21 with
  RETX=Y; A05 lines of class 3 to 7. CM: A05 lines of class 1, 2 and 9, A09, A20.
* CE: every A17 row (Y or N); A21 rows with GRLOSSDT (told once); A21 rows with RECUR answered (not asked
  again after it was once Y).
* MI: per A16 row five results, plus C4D and DIAGNOS where filled in; the explanted liver where A07 says what
  it showed. MH: the A04 row and every A06 row.
* RS: every A12 row (score or not done). PC: every A10 row. MB: every A14 row. LB: every A13 row. VS: every
  vital sign filled in.
* SS: survival of every A21 row, graft status where answered. DD: cause, place and source of each death.
* FA: per infection its site, type, basis, onset, treatment and grade, and the organism where one was found.
* RELSPEC: every biopsy specimen and every A25 row. BE: the collection of every biopsy specimen and blood
  sample, and the storage of every A25 row. BS: the volume of every blood sample.
* SUPPDS: the day of last contact of each A23.
* IE: every criterion not met, of any attempt.
"""

from __future__ import annotations

from cdisc_kit.synth.atg.pages import Forms
from cdisc_kit.synth.atg.truth import UNPLANNED, Subject

_PROCEDURE_CLASSES = "34567"
_VITAL_SIGNS = ("WT", "HT", "TEMP", "SBP", "DBP", "HR", "RR")


def count_datasets(subjects: list[Subject], forms: Forms) -> dict[str, int]:
    """Rows per dataset."""
    supp = count_qualifiers(subjects)
    return {
        **_special_purpose(subjects),
        **_interventions(subjects),
        **_events(subjects, forms),
        **_findings(subjects, forms),
        **_specimens(subjects, forms),
        **{name: sum(qnams.values()) for name, qnams in supp.items()},
    }


def count_qualifiers(subjects: list[Subject]) -> dict[str, dict[str, int]]:
    """Rows per supplemental qualifier."""
    return {
        "SUPPDM": {
            "ETHGRP": len(subjects),
            "ICFVER": len(subjects),
            "RANDNO": sum(bool(s.randno) for s in subjects),
            "PSUBJID": sum(len(s.attempts) > 1 for s in subjects),
        },
        "SUPPDS": {"DSLASTC": sum(s.exit is not None for s in subjects)},
    }


def count_optional(subjects: list[Subject], forms: Forms) -> dict[str, int]:
    """Rows of datasets outside the first release: DV, and CO (one row per remark and per note on A02)."""
    remarks = sum(bool(row.get("REMARK")) for rows in forms.values() for row in rows)
    notes = sum(bool(row["IECMT"]) for row in forms["A02"])
    return {"CO": remarks + notes, "DV": len(forms["A24"])}


def _special_purpose(subjects: list[Subject]) -> dict[str, int]:
    return {
        "DM": len(subjects),
        "SE": sum(3 if s.given else 1 for s in subjects),
        "SV": sum(_visit_rows(s) for s in subjects),
    }


def _visit_rows(subject: Subject) -> int:
    planned = {visit.code for visit in subject.visits if visit.code != UNPLANNED}
    unplanned = {visit.date for visit in subject.visits if visit.code == UNPLANNED}
    return len(planned) + len(unplanned) + len(subject.missed)


def _interventions(subjects: list[Subject]) -> dict[str, int]:
    prior = [line.cls in _PROCEDURE_CLASSES for s in subjects for line in s.therapies]
    retransplanted = [f for s in subjects for f in s.followups if f.loss and f.loss.retransplanted]
    return {
        "EX": sum(len(s.given) for s in subjects),
        "EC": sum(2 * len(s.infusions) for s in subjects),
        "PR": sum(s.transplant is not None for s in subjects)
        + sum(len(s.biopsies) for s in subjects)
        + len(retransplanted)
        + sum(prior),
        "CM": len(prior) - sum(prior) + sum(len(s.maintenance) + len(s.medications) for s in subjects),
    }


def _events(subjects: list[Subject], forms: Forms) -> dict[str, int]:
    followups = [f for s in subjects for f in s.followups]
    return {
        "AE": sum(len(s.events) for s in subjects),
        "CE": len(forms["A17"])
        + sum(f.loss is not None for f in followups)
        + sum(bool(f.recurrence) for f in followups),
        "MH": sum(bool(s.hcc) + len(s.history) for s in subjects),
        "DS": sum(_dispositions(s) for s in subjects),
    }


def _dispositions(subject: Subject) -> int:
    attempts = subject.attempts
    return (
        len(attempts)
        + sum(a.result == "1" for a in attempts)
        + sum(a.result == "2" for a in attempts)
        + bool(subject.randomised)
        + bool(subject.given)
        + bool(subject.exit or subject.death)
    )


def _findings(subjects: list[Subject], forms: Forms) -> dict[str, int]:
    readings = [b.pathology for s in subjects for b in s.biopsies if b.pathology]
    followups = [f for s in subjects for f in s.followups]
    infections = [e.infection for s in subjects for e in s.events if e.infection]
    signs = sum(bool(row.get(sign)) for row in forms["A11"] for sign in _VITAL_SIGNS)
    return {
        "IE": sum(len(a.unmet) for s in subjects for a in s.attempts),
        "MI": sum(5 + bool(reading.c4d) + bool(reading.text) for reading in readings)
        + sum(bool(s.transplant and s.transplant.explant) for s in subjects),
        "FA": sum(6 + bool(infection.organism) for infection in infections),
        "RS": len(forms["A12"]),
        "PC": len(forms["A10"]),
        "MB": len(forms["A14"]),
        "LB": len(forms["A13"]),
        "VS": signs,
        "SS": len(followups) + sum(bool(f.graft) for f in followups),
        "DD": 3 * sum(s.death is not None for s in subjects),
    }


def _specimens(subjects: list[Subject], forms: Forms) -> dict[str, int]:
    biopsies = sum(bool(b.specimen) for s in subjects for b in s.biopsies)
    blood = sum(row["SPECTYPE"] == "1" for row in forms["A25"])
    stored = len(forms["A25"])
    return {"BE": biopsies + blood + stored, "BS": blood, "RELSPEC": biopsies + stored}
