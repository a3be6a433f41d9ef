"""Every identifier of the raw source that a package must not hold, and where a text holds one.

What is searched: the values of the columns the policy names (`identifiers`), the identifiers of the datasets
as built, the names of the sites, and every date of a subject. Not searched, since they stand in any text:
values shorter than four characters, and words of letters alone (initials) outside of data cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import SpecError
from cdisc_kit.ipd.declared import declared_terms
from cdisc_kit.ipd.patterns import CHECKSUM
from cdisc_kit.ipd.plan import Plan
from cdisc_kit.ipd.spelling import has_chinese, plain
from cdisc_kit.ipd.writtendates import days
from cdisc_kit.raw.table import RawTable
from cdisc_kit.yamltext import Map

SHORTEST = 4
_WORD = re.compile(r"[0-9A-Za-z]+|[\u3400-\u9fff]+")
_RUN = re.compile(r"(?<!\d)\d{5,}(?!\d)")
_LONGEST = 6  # words of an identifier
_NUMBERS = ("SPID", "REFID", "LOT")  # endings of variables that hold numbers of a sponsor or hospital
_DATES = ("date", "datetime")


@dataclass(frozen=True)
class Known:
    """`numbers` are identifiers with a digit, their words joined by `-`; `words` those of letters alone.

    Words count as they are written. `phrases` finds names of places and people, `days` holds the subjects'
    dates (YYYY-MM-DD). `short` counts the identifiers that are too short to be searched.
    """

    numbers: frozenset[str] = field(repr=False)
    words: frozenset[str] = field(repr=False)
    phrases: re.Pattern[str] | None = field(repr=False)
    days: frozenset[str] = field(repr=False)
    short: int

    @property
    def size(self) -> int:
        """How many values are searched, the phrases aside."""
        return len(self.numbers) + len(self.words) + len(self.days)

    def found(self, text: str, *, cell: bool) -> Iterator[tuple[str, str]]:
        """(kind, value) of each identifier that stands in a text as a token; dates are not among them."""
        words = _WORD.findall(CHECKSUM.sub(" ", text))
        for length in range(1, min(_LONGEST, len(words)) + 1):
            for at in range(len(words) - length + 1):
                token = "-".join(words[at : at + length]).casefold()
                if token in self.numbers:
                    yield "identifier", token
        for run in _RUN.findall(text):  # a subject's number behind a prefix: S01001
            if run in self.numbers and run not in words:
                yield "identifier", run
        if cell:
            yield from (("initials or name", word) for word in words if word in self.words)
        if self.phrases is not None:
            yield from (("place or person", match[0]) for match in self.phrases.finditer(text))


def known_values(
    plan: Plan,
    original: Mapping[str, Dataset],
    raw: Mapping[str, Sequence[RawTable]],
    public: frozenset[str],
) -> Known:
    """What must not stand in a package of `plan`. `public` are texts that the registration makes known.

    SpecError where the policy names no identifying column, or one that no form has.
    """
    values = set(_of_columns(plan, raw)) | set(_of_datasets(plan, original))
    values |= {text for text in plan.policy.identifying_texts if not text.isascii()}
    numbers, words, names = set(), set(), set(plan.policy.identifying_texts)
    short = 0
    allowed = {_token(text) for text in public}
    for value in values:
        token = _token(value)
        if has_chinese(value):
            names.add(value)
        elif len(token) < SHORTEST:
            short += 1
        elif token not in allowed:
            (numbers.add(token) if any(c.isdigit() for c in token) else words.add(value))
    names |= {str(text) for site in plan.spec.study["sites"].values() for text in site.values()}
    names = {plain(name) for name in names if len(name) >= SHORTEST or has_chinese(name)} - public
    return Known(
        frozenset(numbers),
        frozenset(words - _declared_words(plan, original)),
        _any_of(names),
        frozenset(_days(plan, original, raw)),
        short,
    )


def _token(value: str) -> str:
    return "-".join(_WORD.findall(plain(value))).casefold()


def _any_of(names: set[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def _of_columns(plan: Plan, raw: Mapping[str, Sequence[RawTable]]) -> Iterator[str]:
    if not plan.policy.identifiers:
        raise SpecError(["ipd.yaml: identifiers is missing; name the raw columns that identify a subject"])
    forms = plan.spec.sources.forms
    declared = [(form, key) for form, spec in forms.items() for key in spec.columns]
    wrong = [
        f"ipd.yaml: identifiers: {pattern} fits no column of sources.yaml; write FORM.COLUMN"
        for pattern in plan.policy.identifiers
        if not any(fnmatchcase(f"{form}.{key}", pattern) for form, key in declared)
    ]
    if wrong:
        raise SpecError(wrong)
    for form, key in declared:
        if any(fnmatchcase(f"{form}.{key}", pattern) for pattern in plan.policy.identifiers):
            for table in raw.get(form, ()):
                if key in table.frame:
                    yield from (str(value) for value in table.frame[key].unique() if value)


def _of_datasets(plan: Plan, original: Mapping[str, Dataset]) -> Iterator[str]:
    """Identifiers of the datasets as built; a number that several subjects share identifies nobody."""
    for name, dataset in original.items():
        if "USUBJID" not in dataset.frame:
            continue
        for variable in dataset.frame:
            rule = plan.policy.rule_for(name, str(variable))
            subject = rule is not None and rule.action == "pseudonym" and rule.params == "subject"
            if not subject and not str(variable).endswith((*_NUMBERS, "LNKID", "LNKGRP")):
                continue
            people = dataset.frame["USUBJID"].groupby(dataset.frame[variable]).nunique()
            yield from (str(value) for value in people.index[people == 1] if value)


def _declared_words(plan: Plan, original: Mapping[str, Dataset]) -> frozenset[str]:
    """Words of the terms that the datasets may hold: initials that spell one cannot be told from it."""
    return frozenset(
        word
        for name, dataset in original.items()
        for variable in dataset.variables
        if not variable.iso8601 and variable.type == "Char"
        for term in declared_terms(plan.spec, name, variable.name)
        for word in _WORD.findall(term)
    )


def _days(
    plan: Plan, original: Mapping[str, Dataset], raw: Mapping[str, Sequence[RawTable]]
) -> Iterator[str]:
    for form, tables in raw.items():
        columns = plan.spec.sources.forms[form].columns.values()
        for table in tables:
            for key in (column.key for column in columns if column.type in _DATES):
                if key in table.frame:
                    yield from _all_days(table.frame[key].unique())
    for dataset in original.values():
        if "USUBJID" in dataset.frame:
            for variable in dataset.variables:
                if variable.iso8601:
                    yield from _all_days(dataset.frame[variable.name].unique())


def _all_days(texts: Iterable[object]) -> Iterator[str]:
    for text in texts:
        yield from days(str(text))


def declared_days(document: object) -> frozenset[str]:
    """Every date that a mapping file states: public facts of the study, not of a subject."""
    if isinstance(document, Map):
        return frozenset().union(*(declared_days(value) for value in document.values()))
    if isinstance(document, (list, tuple)):
        return frozenset().union(*(declared_days(value) for value in document))
    return frozenset(days(str(document)))
