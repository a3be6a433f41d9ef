"""How many records each SDTM dataset must have, counted from the forms before any cell is spoilt.

Every rule is stated where it is applied; nothing here reads a mapping. `PARTS` name the pieces of a dataset
that come from different forms, so that a difference can be placed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cdisc_kit.synth.capeox.book import LOG, Row, Tables
from cdisc_kit.synth.capeox.laboratory import ANALYTES
from cdisc_kit.synth.capeox.subject import Subject
from cdisc_kit.synth.capeox.treatment import DRUGS

Parts = dict[str, dict[str, int]]
PRIOR_PROCEDURES = {
    "4": "PRIOR LOCOREGIONAL THERAPY",
    "5": "PRIOR LOCOREGIONAL THERAPY",
    "6": "PRIOR SURGERY",
    "7": "PRIOR RADIOTHERAPY",
}
LAB_SHEETS = ("LBHEM", "LBCHEM", "LBCOAG", "LBURI", "LBTM", "LBPREG", "STOOL")
VIROLOGY = ("HBSAG", "HBVDNA", "HCVRNA")
SEROLOGY = ("HCVAB",)
VITAL_SIGNS = ("SBP1", "DBP1", "SBP2", "DBP2", "HR", "TEMP", "RR", "WT", "HT", "BSA")
DRUG_SHORT = ("OXA", "CAP", "BEV")
CHILD_PUGH_ROWS = 7


def expected_counts(people: list[Subject], tables: Tables) -> tuple[dict[str, int], Parts]:
    """Records per dataset, and per part of the datasets made of several parts."""
    parts: Parts = {
        "DS": _disposition(people, tables),
        "SE": _elements(people),
        "EC": _exposure_collected(tables),
        "SUPPEC": _exposure_supplement(tables),
        "EX": {"INFUSION": _rows(tables["EXIV"], GIVEN="Y"), "ORAL": _rows(tables["EXPO"], TAKEN="Y")},
        "SUPPAE": _event_supplement(tables),
        "MH": {
            "LOG": len(tables["MH"]),
            "PRIMARY DIAGNOSIS": len(tables["TUMHX"]),
            "RELAPSE": len(tables["TUMHX"]),
        },
        "CM": _medication(tables),
        "PR": _procedures(tables),
        "TR": _tumour_results(tables),
        "SUPPTU": _filled(tables["TULES"], ("LESDET", "LESIRR", "LESIRRPD")),
        "SUPPTR": _tumour_supplement(tables),
        "RS": _responses(tables),
        "LB": {sheet: _results(tables[sheet], tuple(ANALYTES[sheet])) for sheet in LAB_SHEETS},
        "MB": {code: _results(tables["LBVIR"], (code,)) for code in VIROLOGY},
        "IS": {code: _results(tables["LBVIR"], (code,)) for code in SEROLOGY},
        "BE": _specimen_events(tables["SPEC"]),
        "VS": _filled(tables["VS"], VITAL_SIGNS),
        "DD": {"PRCDTH": len(tables["DTH"]), "CUSCDIND": len(tables["DTH"])},
        "SUPPDM": _filled(tables["DM"], ("NATION", "CHILDBEAR", "CONTRA")),
    }
    counts = {name: sum(part.values()) for name, part in parts.items()}
    counts |= {
        "DM": len(tables["DM"]),
        "SV": _visits(tables),
        "SUPPEX": counts["EX"],
        "AE": len(tables["AE"]),
        "IE": sum(_not_met(row) for row in tables["IE"]),
        "TU": len(tables["TULES"]),
        "SS": len(tables["FU"]),
        "BS": sum(bool(row["VOL"]) for row in tables["SPEC"]),
        "RELSPEC": len(tables["SPEC"]),
        "SUPPDS": sum(bool(row["LASTCONT"]) for row in tables["EOS"]),
    }
    return counts, parts


def _rows(rows: Iterable[Row], **wanted: str) -> int:
    return sum(all(row[key] == value for key, value in wanted.items()) for row in rows)


def _filled(rows: list[Row], columns: tuple[str, ...]) -> dict[str, int]:
    """One record for each cell that is not blank."""
    return {column: sum(bool(row[column]) for row in rows) for column in columns}


def _results(rows: list[Row], analytes: tuple[str, ...]) -> int:
    """One record for each result, and one for each test ticked as not done."""
    return sum(bool(row[code]) or row[f"{code}_ND"] == "Y" for row in rows for code in analytes)


def _specimen_events(rows: list[Row]) -> dict[str, int]:
    """Each specimen that was not taken from another is collected; every one is stored, some are destroyed."""
    return {
        "COLLECTING": sum(bool(row["COLDT"]) and not row["PARENT"] for row in rows),
        "STORING": sum(bool(row["STORE"] or row["STOREDT"]) for row in rows),
        "DESTROYING": sum(bool(row["DESTDT"]) for row in rows),
    }


def _not_met(row: Row) -> bool:
    """Inclusion answered "not met" (2), exclusion answered "applies" (1)."""
    return (row["IENO"][0], row["IERES"]) in (("I", "2"), ("E", "1"))


def _disposition(people: list[Subject], tables: Tables) -> dict[str, int]:
    """Consent for all; eligibility met and entry into the trial for the enrolled; one record per EOT row;
    one end of participation per screening failure, and per enrolled subject who left or died."""
    enrolled = [subject for subject in people if subject.person.enrolled]
    return {
        "INFORMED CONSENT OBTAINED": len(people),
        "ELIGIBILITY CRITERIA MET": len(enrolled),
        "ENTERED INTO TRIAL": len(enrolled),
        "STUDY TREATMENT": len(tables["EOT"]),
        "SCREENING": len(people) - len(enrolled),
        "STUDY PARTICIPATION": sum(subject.left is not None for subject in enrolled),
    }


def _elements(people: list[Subject]) -> dict[str, int]:
    """Screening for all, treatment for the treated, follow-up once every drug has ended and the subject
    went on for at least a day after the last dose."""
    treated = [subject for subject in people if subject.treated]
    done = [s for s in treated if len(s.discontinued) == len(DRUGS)]
    followed = [s for s in done if s.left is None or s.left > s.treatment.last_day()]
    return {"SCRN": len(people), "CAPOXBEV": len(treated), "FUP": len(followed)}


def _visits(tables: Tables) -> int:
    """One record per subject and visit; each unscheduled date is a visit of its own, LOG is none.

    No planned visit is missed: cycles and imaging are numbered without gaps, and the visits after treatment
    have no planned day on which they could be due.
    """
    made = {
        (row["SUBJID"], row["EVENT"], row["EVENTDT"] if row["EVENT"] == "UNS" else "")
        for rows in tables.values()
        for row in rows
        if row["EVENT"] != LOG
    }
    return len(made)


def _exposure_collected(tables: Tables) -> dict[str, int]:
    """PERFORMED: one per EXIV and EXPO row, given or not. SCHEDULED: one per subject, cycle and drug."""
    oral_cycles = {(row["SUBJID"], row["CYCLE"]) for row in tables["EXPO"]}
    return {
        "PERFORMED INFUSION": len(tables["EXIV"]),
        "PERFORMED ORAL": len(tables["EXPO"]),
        "SCHEDULED INFUSION": len(tables["EXIV"]),
        "SCHEDULED ORAL": len(oral_cycles),
    }


def _exposure_supplement(tables: Tables) -> dict[str, int]:
    """The cycle on every EC record; the rest (weight, surface, delay …) on PERFORMED records only."""
    infusions, orals = tables["EXIV"], tables["EXPO"]
    surfaces = _filled(infusions, ("BSAUSED",))["BSAUSED"] + _filled(orals, ("BSAUSED",))["BSAUSED"]
    return {
        "ECCYCLE": sum(_exposure_collected(tables).values()),
        "ECMISSN": _filled(orals, ("MISSED",))["MISSED"],
        "ECWT": _filled(infusions, ("WTUSED",))["WTUSED"],
        "ECBSA": surfaces,
        "ECDELAY": _filled(infusions, ("DELAY",))["DELAY"],
        "ECADJTYP": _filled(infusions, ("ADJ",))["ADJ"],
    }


def _event_supplement(tables: Tables) -> dict[str, int]:
    """Causality and action per drug on every event, also where the drugs agree; AESI where it is 1 to 3."""
    names = [f"{stem}{drug}" for stem in ("AEREL", "AEACN") for drug in DRUG_SHORT]
    interest = sum(row["AESI"] in ("1", "2", "3") for row in tables["AE"])
    return {name: len(tables["AE"]) for name in names} | {"AESI": interest}


def _medication(tables: Tables) -> dict[str, int]:
    """The CM log; prior and subsequent drugs (classes 1, 2, 3, 9), a combination "a+b" one row per drug."""
    drugs = ("1", "2", "3", "9")
    return {
        "LOG": len(tables["CM"]),
        "PRIOR": sum(1 + row["PTNAME"].count("+") for row in tables["PRIORTX"] if row["PTCLASS"] in drugs),
        "SUBSEQUENT": sum(1 + row["PTNAME"].count("+") for row in tables["SUBSQ"] if row["PTCLASS"] in drugs),
    }


def _procedures(tables: Tables) -> dict[str, int]:
    """Prior procedures (PRIORTX classes 4 to 7), the transplantation of every TUMHX row, and imaging: one
    per subject, scan date and method. Non-target and new lesions have the method of their TULES row."""
    prior = Counter(
        PRIOR_PROCEDURES[r["PTCLASS"]] for r in tables["PRIORTX"] if r["PTCLASS"] in PRIOR_PROCEDURES
    )
    method = {(row["SUBJID"], row["LESNO"]): row["LESMETH"] for row in tables["TULES"]}
    scans = {
        (row["SUBJID"], row["SCANDT"], row.get("LESMETH") or method[row["SUBJID"], row["LESNO"]])
        for form in ("TUTGT", "TUNTG", "TUNEW")
        for row in tables[form]
    }
    return {**prior, "PRIOR TRANSPLANT": len(tables["TUMHX"]), "TUMOR IMAGING": len(scans)}


def _tumour_results(tables: Tables) -> dict[str, int]:
    """One record per target, non-target and new-lesion row, one more per measured new lesion, and the sum and
    changes that RESP shows."""
    shown = _filled(tables["RESP"], ("SUMDIAM", "PCHGBL", "PCHGNAD", "ACHNAD"))
    names = {"SUMDIAM": "SUMDIAM", "PCHGBL": "PCBSD", "PCHGNAD": "PCNSD", "ACHNAD": "ACNSD"}
    return {
        "TARGET": len(tables["TUTGT"]),
        "NON-TARGET": len(tables["TUNTG"]),
        "NEW STATE": len(tables["TUNEW"]),
        "NEW SIZE": _filled(tables["TUNEW"], ("DIAM",))["DIAM"],
        **{names[column]: number for column, number in shown.items()},
    }


def _tumour_supplement(tables: Tables) -> dict[str, int]:
    """Slice thickness per target row; reason not evaluable per target or non-target row that has one."""
    reasons = (
        _filled(tables["TUTGT"], ("TGTNERS",))["TGTNERS"] + _filled(tables["TUNTG"], ("NTNERS",))["NTNERS"]
    )
    return {"TRSLTHK": _filled(tables["TUTGT"], ("SLICE",))["SLICE"], "TRREASNE": reasons}


def _responses(tables: Tables) -> dict[str, int]:
    """RECIST records from RESP (answers NA and "no new lesion" make none), one per ECOG row, seven per
    Child-Pugh row."""
    rows = tables["RESP"]
    return {
        "TRGRESP": sum(row["TRESP"] not in ("", "NA") for row in rows),
        "NTRGRESP": sum(row["NTRESP"] not in ("", "NA") for row in rows),
        "NEWLPROG": sum(row["NEWLES"] in ("Y", "EQ") for row in rows),
        "SYMPTDTR": _rows(rows, SYMPDET="Y"),
        "OVRLRESP": sum(bool(row["ORESP"]) for row in rows),
        "BESTRESP": sum(bool(row["BOR"]) for row in rows),
        "ECOG101": sum(bool(row["ECOG"]) for row in tables["ECOG"]),
        "CHILD-PUGH": CHILD_PUGH_ROWS * len(tables["CPS"]),
    }
