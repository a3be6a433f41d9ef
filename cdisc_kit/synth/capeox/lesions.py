"""Lesions: where they are and how large they are at baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cdisc_kit.synth.capeox.cast import Role
from cdisc_kit.synth.capeox.chance import Chance

TARGET, NON_TARGET, NEW = "1", "2", "3"


class Site(NamedTuple):
    """`organ`, `side`, `region` are codes of TULES.LESORG, TULES.LESLAT and TUMHX.RECSITE."""

    organ: str
    side: str
    detail: str
    region: str
    size: tuple[int, int] = (0, 0)
    node: bool = False


# Nodal targets stay under 20 mm at baseline so that growth never looks like a longest diameter.
TARGET_SITES = (
    Site("LIVER", "NA", "S8", "LIVER", (26, 52)),
    Site("LIVER", "NA", "S5", "LIVER", (18, 34)),
    Site("LUNG", "RIGHT", "右下肺", "LUNG", (14, 30)),
    Site("LUNG", "LEFT", "左下肺", "LUNG", (12, 26)),
    Site("NODE_PORTA", "NA", "", "NODE", (16, 19), node=True),
    Site("NODE_RETRO", "NA", "", "NODE", (16, 19), node=True),
    Site("ADRENAL", "LEFT", "", "ADRENAL", (20, 38)),
    Site("PERITONEUM", "NA", "", "PERITONEUM", (18, 34)),
)
FIRST_SITES = (
    Site("LIVER", "NA", "S6", "LIVER", (30, 55)),
    Site("LUNG", "RIGHT", "右上肺", "LUNG", (30, 48)),
)
SMALL_SITE = Site("LUNG", "LEFT", "左上肺", "LUNG", (12, 12))
NON_TARGET_SITES = (
    Site("VERTEBRA", "NA", "T8", "BONE"),
    Site("RIB", "LEFT", "", "BONE"),
    Site("PLEURA", "RIGHT", "", "OTHER"),
    Site("NODE_MEDIA", "NA", "", "NODE", node=True),
    Site("LUNG", "BILATERAL", "双肺小结节", "LUNG"),
    Site("OMENTUM", "NA", "", "PERITONEUM"),
)
NEW_SITES = (
    Site("LIVER", "NA", "S3", "LIVER", (11, 24)),
    Site("VERTEBRA", "NA", "L2", "BONE", (12, 22)),
    Site("LUNG", "LEFT", "左上肺", "LUNG", (10, 18)),
    Site("NODE_AORTA", "NA", "", "NODE", (15, 19), node=True),
)
COMPLETE_TARGETS = (
    Site("LUNG", "RIGHT", "右上肺", "LUNG", (24, 24)),
    Site("NODE_RETRO", "NA", "", "NODE", (17, 17), node=True),
)
COMPLETE_NON_TARGETS = (Site("LUNG", "BILATERAL", "双肺小结节", "LUNG"),)


@dataclass(frozen=True)
class Lesion:
    """One lesion; `baseline` in mm (longest diameter, short axis of a node), 0 where not measured."""

    number: str
    kind: str
    site: Site
    method: str
    baseline: int
    irradiated: bool = False

    @property
    def link(self) -> str:
        """TULNKID: new lesions are called NEW01 … there."""
        return self.number.replace("N", "NEW", 1) if self.kind == NEW else self.number


def draw_lesions(role: Role, chance: Chance) -> tuple[Lesion, ...]:
    """The baseline lesions: at most five targets, at most two an organ."""
    mri = chance.happens(0.3)
    targets, non_targets = _sites(role, chance)
    lesions = [
        Lesion(f"T{i:02d}", TARGET, site, _method(site, mri), chance.integer(*site.size))
        for i, site in enumerate(targets, 1)
    ]
    if chance.happens(0.25):
        first = lesions[0]
        lesions[0] = Lesion(first.number, TARGET, first.site, first.method, first.baseline, irradiated=True)
    scan = chance.happens(0.4)
    lesions += [
        Lesion(
            f"NT{i:02d}",
            NON_TARGET,
            site,
            "BONESCAN" if scan and site.region == "BONE" else _method(site, mri),
            0,
        )
        for i, site in enumerate(non_targets, 1)
    ]
    return tuple(lesions)


def _sites(role: Role, chance: Chance) -> tuple[list[Site], list[Site]]:
    if role.lesions == "complete":
        return list(COMPLETE_TARGETS), list(COMPLETE_NON_TARGETS)
    count = role.targets or chance.choice((1, 2, 2, 3, 3, 4, 5))
    first = chance.choice(FIRST_SITES)
    tiny = {target for _, target, state in role.marks if state == "TINY"}
    rest = [site for site in TARGET_SITES if not (tiny and site.organ == "LUNG")]
    # One lesion of the first organ may follow: two an organ is the limit.
    pool = [site for site in rest if site.organ != first.organ] + [s for s in rest if s.organ == first.organ][
        :1
    ]
    targets = [first, *chance.sample(pool, count - 1)]
    for place in tiny:
        targets[place - 1] = SMALL_SITE
    least = 1 if "nontarget" in role.progress else 0
    wanted = max(least, chance.choice((0, 1, 1, 2)))
    used = {site.organ for site in targets}
    return targets, chance.sample([site for site in NON_TARGET_SITES if site.organ not in used], wanted)


def _method(site: Site, mri: bool) -> str:
    return "CEMRI" if mri and site.organ == "LIVER" else "CECT"


def draw_new_lesion(lesions: tuple[Lesion, ...], chance: Chance) -> Lesion:
    """A lesion in an organ that had none; imaging ends with the first one, so it is always N01."""
    used = {lesion.site.organ for lesion in lesions}
    free = [site for site in NEW_SITES if site.organ not in used] or [NEW_SITES[-1]]
    site = chance.choice(free)
    return Lesion("N01", NEW, site, "CECT", chance.integer(*site.size) if chance.happens(0.6) else 0)
