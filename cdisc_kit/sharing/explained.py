"""Issues that CDISC's engine has with a release and that are as they should be, with their reasons."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from cdisc_kit.decisions import ANY_COUNT, Decision
from cdisc_kit.errors import SpecError
from cdisc_kit.explanations import DefineTexts, read_define_texts
from cdisc_kit.ipd.policy import Policy
from cdisc_kit.locate import bundled
from cdisc_kit.sharing.release import Release
from cdisc_kit.yamltext import Map


def explanations_of(release: Release) -> tuple[Decision, ...]:
    """The explanations of the policy for the tier of `release`.

    SpecError with every entry that gives no reason where the study's own package has none for it either.
    """
    texts = read_define_texts(bundled("define"), release.spec.key)
    return explanations(release.policy, release.plan.tier.name, texts)


def explanations(policy: Policy, tier: str, texts: DefineTexts) -> tuple[Decision, ...]:
    """As `explanations_of`; `texts` are those of the study's own package."""
    known = {(one.rule, one.dataset, one.variable): one.reason for one in texts.explanations}
    entries = policy.document.get("explanations", ())
    found = [_decision(entry, known) for entry in entries if tier in entry.get("tiers", [tier])]
    missing = [one for one in found if not one.reason]
    if missing:
        raise SpecError(
            f"{one.place} {one.where}: give a reason; {texts.file or 'define/'} explains no such issue"
            for one in missing
        )
    return tuple(found)


def _decision(entry: Map, known: dict[tuple[str, str, str], str]) -> Decision:
    rule, dataset, variable = (str(entry[name]) for name in ("rule", "dataset", "variable"))
    return Decision(
        *(rule, dataset, variable, "document"),
        reason=str(entry.get("reason", known.get((rule, dataset, variable), ""))),
        file=entry.file,
        line=entry.line,
    )


def as_file(found: Iterable[Decision]) -> bytes:
    """Explanations as a file that `check --decisions` reads; it says of each where the policy has it."""
    entries = [
        {
            "rule": one.rule,
            "dataset": one.dataset,
            "variable": one.variable,
            "count": ANY_COUNT,
            "reason": one.reason,
            "evidence": one.place,
        }
        for one in found
    ]
    text = yaml.safe_dump({"explanations": entries}, sort_keys=False, allow_unicode=True, width=110)
    return text.encode("utf-8")
