"""What was done to a variable on its way into a release, in plain words, for readers of no policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cdisc_kit.ipd.anchor import EPOCH
from cdisc_kit.ipd.generalise import DROP, KEEP
from cdisc_kit.ipd.policy import DatasetPolicy, QuasiIdentifier, Rule
from cdisc_kit.sharing.release import Release
from cdisc_kit.yamltext import Map

SUPPLEMENT = "SUPP"


@dataclass(frozen=True)
class Treatment:
    """`en` and `zh` say what was done; `changed` is False where every value is the one of the study."""

    en: str
    zh: str
    changed: bool = True


UNCHANGED = Treatment("Released unchanged.", "原样提供。", changed=False)
WITHHELD = Treatment("Not released: blank in every record.", "不提供：所有记录均为空。")
EMPTY = Treatment("No value in the study.", "研究中无取值。", changed=False)
_RENUMBERED = Treatment("Numbered anew in the order of the released records.", "按发布记录的顺序重新编号。")
_POINTER = Treatment(
    "Points to the released record: numbers and identifiers are the new ones.",
    "指向发布的记录：编号和标识均为新值。",
)
_OTHERWISE = Treatment("Released in another form than collected.", "以不同于采集时的形式提供。")
# By action; `{0}` is what the policy wrote under it. An action that is missing here says the least.
_SAID = {
    "terms": Treatment(
        "Standard terms and terms of the study plan are kept; any other text is left out.",
        "保留标准术语和研究方案规定的术语；其他文字不提供。",
    ),
    "numbers": Treatment(
        "Numbers and standard terms are kept; any other text stands as OTHER.",
        "保留数字和标准术语；其他文字以OTHER表示。",
    ),
    "drop": WITHHELD,
    "constant": Treatment(
        "The same for every record, because the true value would identify.",
        "所有记录均为同一个值，因为真实值可识别身份。",
    ),
    "pseudonym": Treatment(
        "A pseudonym of this release; the same identifier has the same one in every dataset.",
        "本次发布专用的假名；同一标识在各数据集中假名相同。",
    ),
    "anchor": Treatment(
        f"Moved so that the subject's study day 1 is {EPOCH}, a fictitious date; intervals between dates are "
        "the true ones. A date known in part is given as an interval that holds it. Times are left out.",
        f"整体平移，使受试者的研究第1天为虚构日期{EPOCH}；日期之间的间隔真实不变。"
        "不完整的日期以包含它的区间表示。时间不提供。",
    ),
    "day": Treatment(
        "The true number of days; blank where the date is known in part only.",
        "天数真实不变；日期不完整时为空。",
    ),
    "from": Treatment(
        "Holds the value of {0}; the value as collected is not released.",
        "此处为{0}的值；采集时的原值不提供。",
    ),
    "group": Treatment("Values are put into groups.", "取值已归组。"),
    "fold": Treatment("Values that too few subjects share stand as OTHER.", "共有者过少的取值以OTHER表示。"),
    "top": Treatment("Numbers from {0} on are one group, >={0}.", "{0}及以上归为一组，表示为>={0}。"),
    "round": Treatment("Rounded to the nearest multiple of {0}.", "按{0}的倍数取整。"),
    "where": Treatment(
        "Kept in the records that the registration makes public; left out in the others.",
        "仅保留注册信息已公开的记录；其余不提供。",
    ),
    "masks": Treatment(
        "MSK (masked) where the value of the record is withheld; otherwise unchanged.",
        "该记录的值不提供时为MSK（已屏蔽）；否则原样提供。",
    ),
}

# Said even where no record changed: `group` can come before the terms are folded, and is not counted then.
_ALWAYS = ("day", "pseudonym", "anchor", "group")


@dataclass(frozen=True)
class Treatments:
    """The treatment of every variable and supplemental qualifier of `release`."""

    release: Release

    @cached_property
    def _touched(self) -> dict[tuple[str, str, str], int]:
        """(dataset, variable or QNAM, rule) -> records changed."""
        return {(d.dataset, d.variable, d.rule): d.rows for d in self.release.deidentified.decisions}

    def of_variable(self, dataset: str, variable: str) -> Treatment:
        """What was done to a variable of a dataset."""
        policy = self.release.policy
        rule, own = policy.rule_for(dataset, variable), policy.datasets.get(dataset)
        if dataset.startswith(SUPPLEMENT) and variable == "QVAL":
            return Treatment("By qualifier (QNAM), see there.", "按限定变量（QNAM）分别处理，见各行。", False)
        if variable == f"{dataset}SEQ":
            return _RENUMBERED
        if rule is None and variable == "IDVARVAL":
            return _POINTER
        said = [self._by_rule(dataset, variable, rule)]
        if self._blank(dataset, variable):
            of_quasi = rule is not None and rule.action == "quasi"
            return said[0] if of_quasi else WITHHELD if said[0].changed else EMPTY
        if own is not None:
            said += _folded(own, variable, self.release.plan.tier.k, _source(rule, dataset))
            said += _coarser(own, variable, _source(rule, dataset))
        return _together(said)

    def _blank(self, dataset: str, variable: str) -> bool:
        column = self.release.datasets[dataset].frame[variable]
        return bool((column.isna() | (column.astype(object) == "")).all())

    def of_qualifier(self, dataset: str, qualifier: str) -> Treatment:
        """What was done to the values of a QNAM."""
        for quasi in self.release.policy.quasi_identifiers:
            if quasi.qualifier is not None and quasi.qualifier[0] == qualifier:
                of = quasi.variable.partition(".")[2]
                return Treatment(f"Bands in place of {of}.", f"以分段代替{of}。")
        own = self.release.policy.datasets.get(dataset)
        return self._by_rule(dataset, qualifier, own.qualifiers.get(qualifier) if own else None)

    def _by_rule(self, dataset: str, name: str, rule: Rule | None) -> Treatment:
        if rule is None:
            # Rules of supplements and relationships are built in: pointers follow the released records.
            related = dataset.startswith(SUPPLEMENT) or dataset == "RELREC"
            return UNCHANGED if related else WITHHELD
        touched = self._touched.get((dataset, name, rule.text()), 0)
        if rule.action == "keep" or (not touched and rule.action not in _ALWAYS):
            return UNCHANGED
        if rule.action == "quasi":
            quasi = self.release.plan.quasi(str(rule.params))
            return _by_level(quasi, self.release.plan.levels[quasi.name])
        said = _SAID.get(rule.action, _OTHERWISE)
        shown = _source(rule, dataset) or _params(rule)
        return Treatment(said.en.replace("{0}", shown), said.zh.replace("{0}", shown))


def _source(rule: Rule | None, dataset: str) -> str:
    """The variable whose value a rule puts in place of another, as the dataset spells it."""
    if rule is None or rule.action != "from":
        return ""
    return str(rule.params).replace("--", dataset[:2], 1)


def _params(rule: Rule) -> str:
    """What the policy wrote under an action; of steps by kind of record, each."""
    if isinstance(rule.params, Map):
        return ", ".join(f"{step} ({kind})" for kind, step in rule.params.get("steps", {}).items())
    return str(rule.params)


def _by_level(quasi: QuasiIdentifier, level: str) -> Treatment:
    """The form the least-loss search chose for a fact by which a subject may be known."""
    if level == KEEP:
        return UNCHANGED
    if level == DROP:
        if quasi.suppressed:
            return Treatment(
                f"{quasi.suppressed} for every subject: the true value would narrow subjects down.",
                f"所有受试者均为{quasi.suppressed}：真实值可缩小识别范围。",
            )
        return Treatment(
            "Not released: the true value would narrow subjects down.", "不提供：真实值可缩小识别范围。"
        )
    if quasi.qualifier is not None:
        return Treatment(
            f"Blank here; released in bands, as the supplemental qualifier {quasi.qualifier[0]}.",
            f"此处为空；以分段形式在补充限定变量{quasi.qualifier[0]}中提供。",
        )
    return Treatment("Released in groups, not as the single value.", "归组提供，不提供单个值。")


def _folded(own: DatasetPolicy, variable: str, k: int, source: str) -> Iterator[Treatment]:
    if variable in own.fold or source in own.fold:
        yield Treatment(
            f"Terms of fewer than {k} subjects stand as their class, or as OTHER.",
            f"少于{k}名受试者的术语以其所属类别或OTHER表示。",
        )


def _coarser(own: DatasetPolicy, variable: str, source: str) -> Iterator[Treatment]:
    """Numeric results of some tests made coarser, where `variable` or its `source` holds them."""
    numeric = {f"{own.name[:2]}{suffix}" for suffix in ("STRESN", "STRESC")}
    if not {variable, source} & numeric:
        return
    for code, step in own.results.get("round", {}).items():
        yield Treatment(f"{code} to the nearest multiple of {step}.", f"{code}按{step}的倍数取整。")
    for code, bound in own.results.get("top", {}).items():
        yield Treatment(f"{code} above {bound} reads >{bound}.", f"{code}大于{bound}者表示为>{bound}。")
    for code, width in own.results.get("bands", {}).items():
        yield Treatment(f"{code} in bands of {width}.", f"{code}按宽度{width}分段。")
    for code, other in own.results.get("from", {}).items():
        yield Treatment(f"{code} holds the value of {other}.", f"{code}为{other}的值。")
    if "digits" in own.results:
        digits = own.results["digits"]
        yield Treatment(f"Numbers to {digits} significant digits.", f"数值保留{digits}位有效数字。")


def _together(said: list[Treatment]) -> Treatment:
    """Several treatments as one; what was left alone goes unmentioned beside what was not."""
    changed = list(dict.fromkeys(one for one in said if one.changed))
    if not changed:
        return said[0]
    return Treatment(" ".join(one.en for one in changed), "".join(one.zh for one in changed))
