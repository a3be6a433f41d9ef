"""The cast: one role per screened subject, so that every path of the study occurs at the default size.

A role fixes what happens (how the tumour goes, what the drugs do, how it ends); dates, sites, sizes and
values are drawn. Responses are not part of a role: they follow from the measurements by RECIST 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """`ratios`: sum of target diameters relative to baseline at each imaging; the last one stays.

    `progress`: what else is seen at the last of `ratios` (new, equivocal, nontarget, symptoms). `extra`: an
    imaging outside the calendar, (event, days since first dose). `marks`: (assessment, target, state) with
    state NE, TINY (too small to measure) or GONE. `toxicity`: (cycle, kind), kinds in toxicity.py.
    `stop`: why treatment ends (PD where the measurements say so); `stop_day`: when, for other reasons;
    `survival`: days from the end of treatment to death, 0 for none. `fails`: criteria not met (number, part).
    """

    name: str
    kind: str = "treated"
    ratios: tuple[float, ...] = ()
    progress: tuple[str, ...] = ()
    extra: tuple[str, int] | None = None
    marks: tuple[tuple[int, int, str], ...] = ()
    lesions: str = ""
    targets: int = 0
    toxicity: tuple[tuple[int, str], ...] = ()
    stop: str = "PD"
    stop_day: int = 0
    survival: int = 0
    death: str = "PROGRESSION"
    subsequent: str = ""
    eos: bool = True
    fails: tuple[tuple[str, str], ...] = ()
    imaged: bool = True
    deviation: str = ""


def _failure(name: str, *fails: tuple[str, str], imaged: bool = False) -> Role:
    return Role(name, "failure", fails=fails, imaged=imaged, stop="")


# In order of consent. Late roles are still on treatment, or hardly started, at the cut-off.
CAST: tuple[Role, ...] = (
    Role(
        "complete response, twelve cycles",
        ratios=(0.6, 0.0),
        lesions="complete",
        stop="COMPLETED",
        toxicity=((3, "HYPERTENSION"), (5, "NEUTROPENIA"), (7, "NEUROPATHY"), (9, "HANDFOOT")),
    ),
    Role("target PD", ratios=(1.34,), survival=95, subsequent="瑞戈非尼", toxicity=((2, "HYPERTENSION"),)),
    Role(
        "new lesion week 12, follow-up completed",
        ratios=(1.02, 1.05),
        progress=("new",),
        subsequent="仑伐替尼",
        toxicity=((3, "INTERRUPTION"),),
    ),
    Role(
        "partial response, a target too small to measure",
        ratios=(0.64, 0.5, 0.49, 0.56, 0.72),
        marks=((2, 3, "TINY"), (3, 3, "TINY")),
        targets=3,
        survival=120,
        subsequent="信迪利单抗+贝伐珠单抗",
        toxicity=((2, "PLATELETS"), (4, "PROTEINURIA"), (6, "HANDFOOT")),
    ),
    _failure("neutrophils too low", ("I10", "1A")),
    Role(
        "stable, target PD week 18",
        ratios=(0.86, 0.84, 1.1),
        survival=150,
        toxicity=((3, "PROTEINURIA"), (5, "HANDFOOT")),
    ),
    Role("new lesion week 6", ratios=(1.06,), progress=("new",), survival=60, death="OTHER"),
    Role(
        "stable, new lesion week 24",
        ratios=(0.82, 0.8, 0.82, 0.88),
        progress=("new",),
        subsequent="多纳非尼",
        toxicity=((4, "NEUROPATHY"), (6, "ONCE_DAILY")),
    ),
    Role("stable, target PD week 12", ratios=(0.92, 1.2), survival=110, toxicity=((2, "HANDFOOT"),)),
    Role("consent withdrawn in screening", "failure", imaged=False, stop="WITHDRAWN"),
    Role(
        "partial response, once not evaluable",
        ratios=(0.64, 0.62, 0.6, 0.63),
        marks=((2, 1, "NE"),),
        progress=("new",),
        targets=2,
        subsequent="仑伐替尼",
        toxicity=((2, "HYPERTENSION"), (5, "DECLINED")),
        deviation="受试者要求未使用贝伐珠单抗",
    ),
    Role(
        "unscheduled imaging, target PD",
        ratios=(0.93, 0.95, 1.24),
        extra=("UNS", 104),
        survival=75,
        toxicity=((3, "PLATELETS"),),
    ),
    Role(
        "stable, target PD week 30",
        ratios=(0.9, 0.84, 0.83, 0.86, 1.12),
        subsequent="瑞戈非尼",
        toxicity=((3, "PNEUMONIA"), (6, "PROTEINURIA")),
    ),
    _failure("Child-Pugh 8", ("I08", "")),
    Role(
        "late partial response",
        ratios=(0.84, 0.62, 0.58, 0.6, 0.8),
        subsequent="阿帕替尼",
        toxicity=((4, "DIARRHEA"), (8, "NEUROPATHY_STOP")),
    ),
    Role(
        "target PD and new lesion, end-of-study form missing",
        ratios=(1.48,),
        progress=("new",),
        survival=45,
        eos=False,
    ),
    Role(
        "stable, lost to follow-up",
        ratios=(0.94, 0.96),
        stop="LOST",
        stop_day=95,
        toxicity=((2, "PLATELETS"),),
    ),
    Role("enrolled, not treated", "untreated", stop="WITHDRAWN"),
    Role(
        "stopped for toxicity, imaged on",
        ratios=(0.95, 0.93, 0.92, 0.95, 1.22),
        extra=("EOT", 61),
        stop="AE",
        stop_day=58,
        toxicity=((3, "NEPHROTIC"),),
    ),
    Role("target PD, equivocal new lesion", ratios=(1.31,), progress=("equivocal",), survival=100),
    _failure("hypertension", ("E10", "")),
    Role(
        "unscheduled imaging, new lesion, symptoms",
        ratios=(1.0, 0.97, 1.0),
        progress=("new", "symptoms"),
        extra=("UNS", 108),
        survival=30,
        toxicity=((2, "DIARRHEA"),),
    ),
    Role(
        "non-target PD week 6",
        ratios=(1.12,),
        progress=("nontarget",),
        survival=140,
        toxicity=((2, "INTERRUPTION"),),
    ),
    Role("consent withdrawn on treatment", ratios=(1.0,), stop="WITHDRAWN", stop_day=26),
    Role(
        "non-target PD week 18",
        ratios=(0.94, 0.9, 0.88),
        progress=("nontarget",),
        toxicity=((2, "NEUTROPENIA"),),
    ),
    Role(
        "non-target PD week 12",
        ratios=(0.98, 1.0),
        progress=("nontarget",),
        toxicity=((2, "HYPERTENSION"),),
        deviation="知情同意书副本交付延迟",
    ),
    _failure("albumin too low, occult blood", ("I10", "2A"), ("E06", ""), imaged=True),
    Role(
        "partial response at the cut-off, a target vanished",
        ratios=(0.66, 0.52),
        marks=((2, 2, "GONE"),),
        targets=3,
        stop="",
        toxicity=((2, "NEUTROPENIA"), (4, "FORGOTTEN")),
        deviation="受试者漏服卡培他滨2天",
    ),
    Role(
        "stable at the cut-off, oxaliplatin stopped", ratios=(0.9, 0.88), stop="", toxicity=((3, "ALLERGY"),)
    ),
    Role(
        "new lesion week 6, measured",
        ratios=(0.99,),
        progress=("new",),
        survival=30,
        toxicity=((2, "SLOWED"),),
    ),
    Role(
        "fatal adverse event",
        ratios=(1.0,),
        stop="DEATH",
        stop_day=27,
        survival=4,
        death="TREATMENT",
        toxicity=((2, "BLEEDING"),),
    ),
    Role("target and non-target PD", ratios=(1.36,), progress=("nontarget",)),
    Role("target PD week 6", ratios=(1.31,), toxicity=((2, "PLATELETS"),)),
    _failure("portal vein thrombus Vp3", ("E02", ""), imaged=True),
    Role("just started", ratios=(1.0,), stop=""),
)


def role_of(subject: int, subjects: int) -> Role:
    """The role of the `subject`-th (from 0) of `subjects`: roles keep their place in the calendar."""
    return CAST[subject * len(CAST) // subjects]
