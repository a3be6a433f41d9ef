"""Forms of treatment and what followed: doses, adverse events, end of treatment, follow-up, death."""

from __future__ import annotations

from cdisc_kit.synth.capeox.book import LOG, Book
from cdisc_kit.synth.capeox.subject import Subject
from cdisc_kit.synth.capeox.treatment import BEV, CAP, OXA, Infusion, Oral

INFUSED = {OXA: "1", BEV: "2"}
STOPPED = {OXA: "1", CAP: "2", BEV: "3"}
SHORT = ("OXA", "CAP", "BEV")
CAUSE = {"PROGRESSION": "肝细胞癌进展", "TREATMENT": "上消化道出血", "OTHER": "感染性休克"}


def add_doses(book: Book, subject: Subject) -> None:
    """EXIV and EXPO."""
    for infusion in subject.treatment.infusions:
        event = f"C{infusion.cycle.number}D1"
        book.add(
            "EXIV", subject.person, event, infusion.cycle.day, **_infusion(infusion, subject.person.number)
        )
    for oral in subject.treatment.orals:
        event = f"C{oral.cycle.number}D1"
        book.add("EXPO", subject.person, event, oral.cycle.day, **_oral(oral))


def _infusion(dose: Infusion, person: int) -> dict[str, object]:
    cells: dict[str, object] = {
        "IVDRUG": INFUSED[dose.drug],
        "CYCLE": dose.cycle.number,
        "GIVEN": dose.actual is not None,
        "NOTGIVRS": dose.missing,
        "PLDOSE": dose.planned,
        "DELAY": dose.cycle.day > dose.cycle.due,
        "ADJ": dose.adjustment,
        "ADJRS": dose.reason,
    }
    if dose.actual is None:
        return cells
    return cells | {
        "WTUSED": dose.cycle.weight,
        "BSAUSED": dose.cycle.surface,
        "ACTDOSE": dose.actual,
        "STDT": dose.cycle.day,
        "STTM": dose.start,
        "ENDT": dose.cycle.day,
        "ENTM": dose.end,
        "LOT": f"{'L' if dose.drug == OXA else 'V'}{dose.cycle.day:%y%m}{person % 3 + 1:02d}",
    }


def _oral(oral: Oral) -> dict[str, object]:
    cells: dict[str, object] = {
        "CYCLE": oral.cycle.number,
        "CAPPL": oral.planned,
        "FRQ": oral.frequency,
        "STDT": oral.start,
        "ENDT": oral.end,
        "TAKEN": oral.taken,
        "HOLDRS": oral.held,
    }
    if not oral.taken:
        return cells
    return cells | {
        "TAB500": oral.tablets[0],
        "TAB150": oral.tablets[1],
        "ADJRS": oral.reason,
        "MISSED": oral.missed,
        "BSAUSED": oral.cycle.surface,
    }


def add_events(book: Book, subject: Subject) -> None:
    """The AE log, stated on the subject's last day."""
    for event in subject.events:
        cells: dict[str, object] = {
            "AETXT": event.term,
            "AESTDT": event.start,
            "AEENDT": event.end,
            "AEONGO": event.end is None,
            "AEGR": event.grade,
            "AESERZH": bool(event.serious),
            "AESERCR": ";".join(event.serious),
            "AECMTRT": bool(event.drug),
            "AEOUTZH": event.outcome,
            "AESI": event.interest,
        }
        cells |= {f"AEREL_{drug}": value for drug, value in zip(SHORT, event.related, strict=True)}
        cells |= {f"AEACN_{drug}": value for drug, value in zip(SHORT, event.action, strict=True)}
        book.add("AE", subject.person, LOG, subject.until, **cells)


def add_ending(book: Book, subject: Subject) -> None:
    """EOT, FU, SUBSQ, DTH, EOS and DV."""
    person = subject.person
    for drug, (last, reason) in subject.discontinued.items():
        book.add("EOT", person, LOG, subject.stop or last, EOTDRUG=STOPPED[drug], LASTDT=last, EOTRSN=reason)
    for contact in subject.contacts:
        known = subject.next_therapy is not None and subject.next_therapy <= contact.date
        book.add("FU", person, contact.event, contact.date, FUDT=contact.date, FUMODE=contact.mode,
                 SURV=contact.status, SUBSQ=None if contact.status == "LOST" else known)  # fmt: skip
    _add_next_therapy(book, subject)
    if subject.death:
        book.add("DTH", person, LOG, subject.death, DTHDT=subject.death, DTHCAUSE=CAUSE[subject.role.death],
                 DTHCAT=subject.role.death)  # fmt: skip
    _add_end_of_study(book, subject)
    if subject.role.deviation:
        book.add("DV", person, LOG, subject.until, DVTXT=subject.role.deviation, DVCATZH=_category(subject),
                 DVSEVZH="MINOR", DVDT=_deviation_day(subject))  # fmt: skip


def _add_next_therapy(book: Book, subject: Subject) -> None:
    if not subject.next_therapy:
        return
    lines = sum(row["SUBJID"] == subject.id and row["PTLINE"] != "" for row in book.tables["PRIORTX"])
    kind = "2" if "单抗" in subject.role.subsequent else "1"
    book.add("SUBSQ", subject.person, LOG, subject.until, PTCLASS=kind, PTNAME=subject.role.subsequent,
             PTLINE=lines + 1, SQSTDT=subject.next_therapy)  # fmt: skip


def _add_end_of_study(book: Book, subject: Subject) -> None:
    if not subject.left or not subject.role.eos:
        return
    failed = subject.ending == "FAILED"
    book.add(
        "EOS",
        subject.person,
        LOG,
        subject.left,
        EOSDT=subject.left,
        EOSRSN="OTHER" if failed else subject.ending,
        EOSOTH="筛选失败" if failed else "",
        LASTCONT=subject.until,
    )


def _category(subject: Subject) -> str:
    return "OTHER" if "知情同意" in subject.role.deviation else "TREATMENT"


def _deviation_day(subject: Subject) -> object:
    """The day the drug was not taken; the consent day for a deviation of consent."""
    missed = [o.start for o in subject.treatment.orals if o.held == "MISSED"]
    missed += [i.cycle.day for i in subject.treatment.infusions if i.missing == "PATIENT"]
    return missed[0] if missed else subject.person.consent
