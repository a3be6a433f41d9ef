"""A study of a few hand-made rows, for planting one case of de-identification at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.ipd import deidentify as module
from cdisc_kit.ipd.included import included
from cdisc_kit.ipd.key import DEMO_KEY, derived
from cdisc_kit.ipd.lattice import Node, known_table, least_loss, nodes
from cdisc_kit.ipd.plan import Decision, Plan
from cdisc_kit.ipd.policy import Policy, load_policy
from cdisc_kit.ipd.pseudonym import Pseudonyms
from cdisc_kit.ipd.subjects import subjects_of
from cdisc_kit.spec import StudySpec, load_study

STUDIES = Path(__file__).parents[1] / "studies"
SUBJECTS = 20
K = 5
DAY_ONE = "2026-03-05"
POLICY = """
release:
  opens: {after: study_end, months: "6"}
  approvals: [ethics_committee]
  channel: email
  promise: {en: on request, zh: 可申请}
country: CHN
default_tier: T2
tiers: {T2: {k: "5", max_risk: "0.2", source: a test}}
population: {size: "6000", source: a test}
partial_dates: interval
quasi_identifiers:
  SEX: {variable: DM.SEX, levels: [keep, drop], suppressed: U}
  AGE: {variable: DM.AGE, levels: [keep, "10", drop], qualifier: {name: AGEBAND, label: Age Band (Years)}}
  DONOR: {variable: SUPPPR.PRDONOR, levels: [keep, drop]}
sensitive: [MH.MHDECOD]
datasets:
  DM:
    keep: the subjects
    variables:
      SEX: {quasi: SEX, reason: known}
      AGE: {quasi: AGE, reason: known}
  SUPPDM: {keep: by name}
  AE: {keep: events, fold: [AEDECOD, AEBODSYS]}
  MH: {keep: history, fold: [MHDECOD, MHBODSYS]}
  EC: {keep: doses in milligrams, variables: {ECDOSE: {round: "10", reason: gives the weight back}}}
  EX: {keep: doses per kilogram, variables: {EXDOSE: {round: "0.5", reason: gives the weight back}}}
  VS: {keep: vital signs, results: {round: {WEIGHT: "2"}, reason: narrows down}}
  LB: {keep: results}
  TU: {keep: tumours}
  TR: {keep: their sizes}
  PR: {keep: procedures}
  SUPPPR: {keep: by name, qualifiers: {PRDONOR: {quasi: DONOR, reason: a third person}}}
  IE: {drop: single criteria}
  RELREC: {keep: rebuilt}
"""

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Released:
    """What came out: `new` leads from an original USUBJID to the released one."""

    datasets: dict[str, Dataset]
    decisions: tuple[Decision, ...]
    node: Node
    new: dict[str, str]

    def frame(self, name: str) -> pd.DataFrame:
        return self.datasets[name].frame

    def texts(self) -> set[str]:
        """Every text of every cell."""
        return {
            str(value)
            for dataset in self.datasets.values()
            for column in dataset.frame
            for value in dataset.frame[column].dropna().unique()
        }


def usubjid(number: int) -> str:
    return f"TINY-S{1 + number % 4:02d}-{number:05d}"


def table(name: str, rows: Rows, keys: Sequence[str] = ("USUBJID",), cls: str = "EVENTS") -> Dataset:
    """A dataset of `rows`; numbers make a Num variable, a name that ends in DTC a date."""
    frame = pd.DataFrame([{"STUDYID": "TINY", **row} for row in rows])
    variables = []
    for column in frame:
        number = pd.api.types.is_numeric_dtype(frame[column]) and bool(len(frame))
        frame[column] = frame[column].astype(float) if number else frame[column].astype(object).fillna("")
        iso = str(column).endswith("DTC")
        variables.append(Variable(str(column), str(column), "Num" if number else "Char", iso8601=iso))
    return Dataset(name, name, cls, "", tuple(keys), tuple(variables), frame)


def empty(name: str, columns: Sequence[str]) -> Dataset:
    made = table(name, [dict.fromkeys(columns, "x")])
    return replace(made, frame=made.frame.iloc[:0])


def roster(changed: Mapping[int, Mapping[str, object]] | None = None) -> Dataset:
    """Twenty subjects at four sites, half of them women, half in their fifties, in the order of enrolment.

    `changed` gives the values of a subject that are not like the others'.
    """
    rows = []
    for number in range(SUBJECTS):
        usual = {
            "DOMAIN": "DM",
            "USUBJID": usubjid(number),
            "SUBJID": f"{number:05d}",
            "RFSTDTC": DAY_ONE,
            "RFICDTC": "2026-02-20",
            "SITEID": f"S{1 + number % 4:02d}",
            "BRTHDTC": "1970-01-01",
            "AGE": 52.0 if number < SUBJECTS // 2 else 63.0,
            "SEX": "F" if number % 2 else "M",
            "ARM": "A",
        }
        rows.append({**usual, **(changed or {}).get(number, {})})
    return table("DM", rows, ("USUBJID",), "SPECIAL PURPOSE")


def events(rows: Rows, name: str = "AE") -> Dataset:
    """Events with --SEQ by subject; each row gives `of` (a subject's number) and what differs."""
    counts: dict[object, int] = {}
    made = []
    for row in rows:
        subject = row["of"]
        counts[subject] = counts.get(subject, 0) + 1
        own = {
            key if key.isupper() and key[:2] == name else f"{name}{key}": v
            for key, v in row.items()
            if key != "of"
        }
        made.append(
            {
                "DOMAIN": name,
                "USUBJID": usubjid(int(str(subject))),
                f"{name}SEQ": float(counts[subject]),
                **own,
            }
        )
    return table(name, made, ("USUBJID", f"{name}DECOD"))


def common(term: str = "Nausea", group: str = "Gut", subjects: int = 12) -> list[dict[str, object]]:
    """One event of `term` in each of the first subjects."""
    return [{"of": n, "TERM": term, "DECOD": term, "BODSYS": group} for n in range(subjects)]


def supplement(parent: str, rows: Rows) -> Dataset:
    """Supplemental qualifiers: `of`, IDVAR, IDVARVAL, QNAM, QVAL."""
    usual = {
        "RDOMAIN": parent,
        "IDVAR": "",
        "IDVARVAL": "",
        "QNAM": "X",
        "QLABEL": "x",
        "QVAL": "",
        "QORIG": "CRF",
    }
    made = []
    for row in rows:
        own = {key: value for key, value in row.items() if key != "of"}
        made.append({"USUBJID": usubjid(int(str(row["of"]))), **usual, **own})
    columns = ["STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL", "QORIG"]
    dataset = table(f"SUPP{parent}", made, ("USUBJID", "IDVAR", "IDVARVAL", "QNAM"), "RELATIONSHIP")
    ordered = tuple(dataset.variable(name) for name in columns)
    return replace(dataset, variables=ordered, frame=dataset.frame[columns])


def suppdm() -> Dataset:
    """A supplement of DM of which nothing is named: the place where bands of ages go."""
    return supplement("DM", [{"of": 0, "QNAM": "UNNAMED", "QVAL": "x"}])


@cache
def small_spec() -> StudySpec:
    return load_study(STUDIES / "tiny")


@cache
def small_policy(text: str = POLICY) -> Policy:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ipd.yaml").write_text(text, encoding="utf-8")
        return load_policy(Path(folder))


def release(*datasets: Dataset, policy: str = POLICY, recipient: str = "one") -> Released:
    """The datasets de-identified; a roster of the usual subjects where none is given."""
    built = {dataset.name: dataset for dataset in (*datasets, suppdm())}
    if "DM" not in built:
        built["DM"] = roster()
    ordered = {
        name: built[name] for name in sorted(built, key=lambda n: (n == "RELREC", n.startswith("SUPP"), n))
    }
    rules = small_policy(policy)
    tier = rules.tiers["T2"]
    ordered, absent, _ = included(ordered, rules)
    node = least_loss(nodes(known_table(ordered, rules), rules), tier)
    assert node is not None
    pseudonyms = Pseudonyms(derived(DEMO_KEY, "tiny", "review", recipient, "pseudonyms"))
    rules = rules.withholding(dict(node.levels))
    plan = Plan(small_spec(), rules, tier, dict(node.levels), pseudonyms, subjects_of(ordered))
    made = module.deidentify(ordered, plan)
    given = pseudonyms.of("subject", plan.subjects.usubjids)
    return Released(
        made.datasets, (*absent, *made.decisions), node, {old: f"TINY-{new}" for old, new in given.items()}
    )
