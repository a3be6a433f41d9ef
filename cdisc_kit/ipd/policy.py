"""What a study's `ipd.yaml` says: what of it may leave, in which form, to whom and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cdisc_kit.errors import SpecError
from cdisc_kit.ipd.schema import ACTIONS, CLASSES_SCHEMA, POLICY_SCHEMA
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import Map, Seq, place, read_yaml

FILE = "ipd.yaml"
AS_COLLECTED = "keep"  # the level that leaves a quasi-identifier as it is
_CLASSES = Path(__file__).with_name("classes.yaml")


@dataclass(frozen=True)
class Rule:
    """What happens to a variable, a supplemental qualifier, a dataset or some records, and why.

    `action` is one of schema.ACTIONS, `params` what is written under it, `place` the file:line of the rule.
    """

    action: str
    params: object
    reason: str
    place: str

    def text(self) -> str:
        """The rule in one line, for the list of rules applied."""
        params = _shown(self.params)
        return f"{self.action}: {params}" if params else self.action


@dataclass(frozen=True)
class ClassRule:
    """A rule of the kit's own for every variable of a class; `--X` stands for any dataset's prefix."""

    variables: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True)
class DatasetPolicy:
    """What is said of one dataset. `drop` holds the rule that leaves it out (None: it is released).

    `records` are (variable, values, reason) of records left out; `variables` and `qualifiers` the rules for
    a variable or QNAM of this dataset, before the kit's own; `results` says how numeric results are made
    coarser; `fold` names the columns of a coded hierarchy from term to class.
    """

    name: str
    drop: Rule | None
    records: tuple[tuple[str, tuple[str, ...], str], ...]
    variables: Mapping[str, Rule]
    qualifiers: Mapping[str, Rule]
    results: Map
    fold: tuple[str, ...]


@dataclass(frozen=True)
class Tier:
    """The gate of one tier: the smallest class size and the largest risk allowed, with their source."""

    name: str
    k: int
    max_risk: float
    source: str


@dataclass(frozen=True)
class QuasiIdentifier:
    """A fact that a relative or colleague may know of a subject, and how it can be released, finest first.

    `variable` is DATASET.VARIABLE or SUPPDATASET.QNAM; a level is `keep`, a width of bands, a name in
    `groups` or `cuts` (where the bands begin), or `drop`. `suppressed` is what a Required variable holds at
    level drop; `qualifier` the (QNAM, QLABEL) of the bands of a number, whose own variable is then blank;
    `told_by` says by dataset what else would tell the fact, and goes where it is not released as collected.
    """

    name: str
    variable: str
    levels: tuple[str, ...]
    groups: Mapping[str, Mapping[str, str]]
    cuts: Mapping[str, tuple[int, ...]]
    weight: float
    suppressed: str
    qualifier: tuple[str, str] | None
    told_by: Map = field(default_factory=Map)


@dataclass(frozen=True)
class Policy:
    """A study's sharing policy; every mapping is keyed by the name of what it describes.

    `left_out` names the subjects whose data stay behind: (variable of the roster, values, reason).
    `identifiers` are the raw columns (FORM.COLUMN, either with wildcards) whose values must appear nowhere in
    a package, `identifying_texts` further texts of that kind.
    """

    study: str
    default_tier: str
    tiers: Mapping[str, Tier]
    intervals: bool
    left_out: tuple[str, tuple[str, ...], str] | None
    datasets: Mapping[str, DatasetPolicy]
    quasi_identifiers: tuple[QuasiIdentifier, ...]
    sensitive: tuple[str, ...]
    identifiers: tuple[str, ...]
    identifying_texts: tuple[str, ...]
    classes: tuple[ClassRule, ...]
    document: Map

    def for_tier(self, tier: str) -> Policy:
        """The policy with what `tier` says otherwise of single datasets.

        A rule of the tier for a variable or QNAM comes before the policy's; `drop`, `records`, `results` and
        `fold` of the tier stand in place of the policy's.
        """
        changes = self.document["tiers"][tier].get("datasets", {})
        merged = {
            str(name): _merged(self.datasets.get(str(name)), str(name), e) for name, e in changes.items()
        }
        return replace(self, datasets={**self.datasets, **merged})

    def withholding(self, levels: Mapping[str, str]) -> Policy:
        """The policy without what would tell a quasi-identifier that `levels` withholds or makes coarser."""
        datasets = dict(self.datasets)
        for quasi in self.quasi_identifiers:
            for name, entry in quasi.told_by.items() if levels[quasi.name] != AS_COLLECTED else ():
                if str(name) in datasets:
                    datasets[str(name)] = _withheld(datasets[str(name)], str(name), entry)
        return replace(self, datasets=datasets)

    def rule_for(self, dataset: str, variable: str) -> Rule | None:
        """The study's rule for a variable, else the first of the kit's classes that names it, else None."""
        own = self.datasets.get(dataset)
        if own is not None and variable in own.variables:
            return own.variables[variable]
        of_class = f"--{variable[2:]}" if variable[:2] == dataset[:2] else variable
        for entry in self.classes:
            if variable in entry.variables or of_class in entry.variables:
                return entry.rule
        return None


def load_policy(folder: Path) -> Policy:
    """The policy in `folder`/ipd.yaml. SpecError with every problem where it is missing or wrong."""
    shown = "/".join([*folder.resolve().parts[-2:], FILE])
    if not (folder / FILE).is_file():
        raise SpecError([f"{shown}: file is missing; without a policy nothing of the study may be shared"])
    problems = Problems()
    document = read_yaml(folder / FILE, shown)
    classes = read_yaml(_CLASSES, f"cdisc_kit/ipd/{_CLASSES.name}")
    if not (problems.schema(document, POLICY_SCHEMA) and problems.schema(classes, CLASSES_SCHEMA)):
        raise SpecError(problems)
    tiers = {
        str(name): Tier(str(name), int(entry["k"]), float(entry["max_risk"]), str(entry["source"]))
        for name, entry in document["tiers"].items()
    }
    if document["default_tier"] not in tiers:
        problems.unknown(document["default_tier"], "default_tier", "tier", document["default_tier"], tiers)
        raise SpecError(problems)
    return Policy(
        study=folder.resolve().name,
        default_tier=str(document["default_tier"]),
        tiers=tiers,
        intervals=document["partial_dates"] == "interval",
        left_out=_left_out(document.get("subjects")),
        datasets={str(name): _dataset(str(name), entry) for name, entry in document["datasets"].items()},
        quasi_identifiers=tuple(_quasi(str(n), e) for n, e in document["quasi_identifiers"].items()),
        sensitive=tuple(map(str, document["sensitive"])),
        identifiers=tuple(map(str, document.get("identifiers", {}).get("columns", ()))),
        identifying_texts=tuple(map(str, document.get("identifiers", {}).get("texts", ()))),
        classes=tuple(
            ClassRule(tuple(map(str, entry["variables"])), _rule(entry)) for entry in classes["classes"]
        ),
        document=document,
    )


def _left_out(entry: Map | None) -> tuple[str, tuple[str, ...], str] | None:
    if entry is None:
        return None
    return str(entry["variable"]), tuple(map(str, entry["values"])), str(entry["reason"])


def _dataset(name: str, entry: Map) -> DatasetPolicy:
    return DatasetPolicy(
        name,
        Rule("drop", "", str(entry["drop"]), place(entry["drop"])) if "drop" in entry else None,
        tuple(
            (str(record["variable"]), tuple(map(str, record["values"])), str(record["reason"]))
            for record in entry.get("records", ())
        ),
        {str(variable): _rule(rule) for variable, rule in entry.get("variables", {}).items()},
        {str(qualifier): _rule(rule) for qualifier, rule in entry.get("qualifiers", {}).items()},
        entry.get("results", Map()),
        tuple(map(str, entry.get("fold", ()))),
    )


def _merged(general: DatasetPolicy | None, name: str, entry: Map) -> DatasetPolicy:
    own = _dataset(name, entry)
    if general is None or own.drop is not None:
        return own
    return DatasetPolicy(
        name,
        None if "keep" in entry else general.drop,
        own.records if "records" in entry else general.records,
        {**general.variables, **own.variables},
        {**general.qualifiers, **own.qualifiers},
        own.results if "results" in entry else general.results,
        own.fold if "fold" in entry else general.fold,
    )


def _withheld(general: DatasetPolicy, name: str, entry: Map) -> DatasetPolicy:
    own = _dataset(name, entry)
    if own.drop is not None or general.drop is not None:
        return own if own.drop is not None else general
    return replace(
        general,
        records=(*general.records, *own.records),
        variables={**general.variables, **own.variables},
        qualifiers={**general.qualifiers, **own.qualifiers},
    )


def _rule(entry: Map) -> Rule:
    action = next(key for key in entry if key in ACTIONS)
    return Rule(str(action), entry[action], str(entry["reason"]), place(action))


def _quasi(name: str, entry: Map) -> QuasiIdentifier:
    groups = {
        str(level): {str(value): str(group) for value, group in values.items()}
        for level, values in entry.get("groups", {}).items()
    }
    band = entry.get("qualifier")
    return QuasiIdentifier(
        name,
        str(entry["variable"]),
        tuple(map(str, entry["levels"])),
        groups,
        {str(level): tuple(map(int, points)) for level, points in entry.get("cuts", {}).items()},
        float(entry.get("weight", "1")),
        str(entry.get("suppressed", "")),
        (str(band["name"]), str(band["label"])) if band else None,
        entry.get("told_by", Map()),
    )


def _shown(params: object) -> str:
    if isinstance(params, Map):
        return ", ".join(f"{key} {_shown(value)}" for key, value in params.items())
    if isinstance(params, Seq):
        return " ".join(map(_shown, params))
    return "" if params in ("", "true") else str(params)
