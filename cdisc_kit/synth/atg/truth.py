"""The hidden truth: what happened to each subject. Answers are the codes of sources.yaml."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

UNPLANNED = "UNS"


@dataclass(frozen=True)
class Attempt:
    """One screening attempt: a consent with a subject number of its own."""

    subjno: str
    screening_no: str
    consent: dt.date
    closed: dt.date
    result: str
    failure: str = ""
    previous: str = ""
    unmet: tuple[str, ...] = ()
    asked: bool = True  # False where the criteria (A02) were not reached


@dataclass(frozen=True)
class PriorTherapy:
    """One line of A05; `start` may be partial."""

    cls: str
    name: str
    dose: str
    unit: str
    frequency: str
    cycles: str
    start: str
    end: str
    last_dose: str
    best: str
    reason: str


@dataclass(frozen=True)
class History:
    """One line of A06; dates may be partial."""

    text: str
    start: str
    end: str

    @property
    def ongoing(self) -> bool:
        """True where the condition has no end."""
        return not self.end


@dataclass(frozen=True)
class Infusion:
    """One planned induction infusion, given or not; `dose` in mg."""

    number: int
    planned: str
    given: bool
    dose: float = 0.0
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    reason: str = ""
    adjusted: str = "0"
    lot: str = ""


@dataclass(frozen=True)
class Visit:
    """A visit that took place. `purpose`: planned, check, rejection, death or lost; mode as A21.FUMODE."""

    code: str
    date: dt.date
    mode: str
    purpose: str = "planned"

    @property
    def examined(self) -> bool:
        """True where the subject was seen, so that examinations exist."""
        return self.mode != "2" and self.purpose in ("planned", "check", "rejection")


@dataclass(frozen=True)
class Pathology:
    """The reading of one biopsy; three components 0-3 each."""

    portal: int
    bile: int
    venous: int
    diagnosis: str
    c4d: str
    tracts: int
    text: str
    reported: dt.date

    @property
    def rai(self) -> int:
        """Rejection activity index: the sum of the three components."""
        return self.portal + self.bile + self.venous


@dataclass
class Biopsy:
    """A biopsy asked for; `specimen` is empty where it was not done. `event` is the AE it caused, if any."""

    visit: Visit
    type: str
    specimen: str = ""
    not_done: str = ""
    time: str = ""
    indication: str = ""
    method: str = ""
    adequate: bool = True
    pathology: Pathology | None = None
    event: AdverseEvent | None = None


@dataclass(frozen=True)
class Rejection:
    """An acute rejection episode, recorded at `visit`."""

    visit: Visit
    date: dt.date
    basis: str
    specimen: str
    grade: str
    treatment: str
    steroid_resistant: bool
    outcome: str
    resolved: dt.date | None


@dataclass(frozen=True)
class Infection:
    """What A18 says of an infection AE."""

    site: str
    type: str
    organism: str
    basis: str
    treatment: str
    clavien: str


@dataclass
class AdverseEvent:
    """One AE; `number` (A19.ROWNO) is given once all are known."""

    text: str
    start: dt.date
    end: dt.date | None
    grade: int
    relation: str
    action: str
    outcome: str
    criteria: str = ""
    infection: Infection | None = None
    number: int = 0

    @property
    def serious(self) -> bool:
        """True where a seriousness criterion applies."""
        return bool(self.criteria)


@dataclass(frozen=True)
class Medication:
    """One line of A20, or of A09, where `cls` is the drug code and `indication` the reason of the change.

    `start` is ISO text (partial for drugs taken long before); no `end` means ongoing.
    """

    text: str
    cls: str
    indication: str
    dose: str
    unit: str
    frequency: str
    route: str
    start: str
    end: dt.date | None
    event: AdverseEvent | None = None


@dataclass(frozen=True)
class Transplant:
    """Start and end of the operation, and the graft."""

    start: dt.datetime
    end: dt.datetime
    donor: str
    graft: str
    cava: str
    abo: str
    cold: int
    warm: int
    anhepatic: int
    blood: int
    explant: str


@dataclass(frozen=True)
class Death:
    """When and of what the subject died; `category`, `place` and `source` as in A22."""

    date: dt.date
    cause: str
    category: str
    place: str
    source: str


@dataclass(frozen=True)
class GraftLoss:
    """Loss of the graft, and the re-transplantation if there was one."""

    date: dt.date
    reason: str
    retransplanted: dt.date | None


@dataclass(frozen=True)
class FollowUp:
    """One A21 page."""

    visit: Visit
    survival: str
    graft: str = ""
    loss: GraftLoss | None = None
    recurrence: str = ""
    recurred: dt.date | None = None
    recurred_at: str = ""


@dataclass(frozen=True)
class Exit:
    """End of study: `reason` as A23.EOSRSN, empty where completed."""

    date: dt.date
    reason: str
    last_contact: dt.date


@dataclass
class Subject:
    """Everything true of one person."""

    index: int
    site: str
    attempts: tuple[Attempt, ...]
    initials: str
    birth: dt.date
    sex: str
    nation: str
    height: int
    weight: float
    ecog: str
    status: str
    end: dt.date
    arm: str = ""
    randno: str = ""
    randomised: dt.datetime | None = None
    hcc: dict[str, str] = field(default_factory=dict)
    therapies: list[PriorTherapy] = field(default_factory=list)
    history: list[History] = field(default_factory=list)
    transplant: Transplant | None = None
    infusions: list[Infusion] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    biopsies: list[Biopsy] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    events: list[AdverseEvent] = field(default_factory=list)
    maintenance: list[Medication] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    followups: list[FollowUp] = field(default_factory=list)
    graft_loss: GraftLoss | None = None
    death: Death | None = None
    exit: Exit | None = None

    @property
    def subjno(self) -> str:
        """The subject number of the last screening."""
        return self.attempts[-1].subjno

    @property
    def operated(self) -> dt.date:
        """The day of transplantation (POD 0); only for subjects who were transplanted."""
        if self.transplant is None:
            raise ValueError("the subject was not transplanted")
        return self.transplant.start.date()

    @property
    def given(self) -> list[Infusion]:
        """The infusions that were given, in order."""
        return [infusion for infusion in self.infusions if infusion.given]
