"""The terms a codelist or the study's mapping declares for a variable: none of them is a person's words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from cdisc_kit.spec import StudySpec
from cdisc_kit.spec.model import VariableSpec
from cdisc_kit.standard import load_ct, load_sdtmig
from cdisc_kit.yamltext import Map, Seq

_SUPPLEMENT = "SUPP"


def declared_terms(spec: StudySpec, dataset: str, variable: str) -> frozenset[str]:
    """Terms of the variable's codelists, of the study's maps that fill it, and its constants.

    `variable` of a `SUPP--` dataset is a QNAM. What a coding table gives is not among them: it may be a
    translation of somebody's words.
    """
    domain = spec.domains.get(dataset.removeprefix(_SUPPLEMENT))
    if domain is None:
        return frozenset()
    target = (domain.supp if dataset.startswith(_SUPPLEMENT) else domain.variables).get(variable)
    terms = set(_of_codelists(spec, dataset, variable, target))
    for level in domain.value_levels:
        if level.variable == variable and level.codelist:
            terms |= _of_codelist(spec.ct_version, level.codelist)
    if target is not None:
        for call in target.by.values():
            for name in call.needs.maps:
                terms |= set(spec.maps[name].terms.values())
            terms |= set(_constants(call.params))
    return frozenset(terms - {""})


def _of_codelists(spec: StudySpec, dataset: str, variable: str, target: VariableSpec | None) -> Iterator[str]:
    supplement = dataset.startswith(_SUPPLEMENT)
    known = None if supplement else load_sdtmig().dataset(dataset).variables.get(variable)
    codes = [*(known.codelists if known is not None else ())]
    if target is not None and target.codelist:
        codes.append(target.codelist)
    for code in codes:
        yield from _of_codelist(spec.ct_version, code)
        yield from spec.extensions.get(code, ())


@cache
def _of_codelist(version: str, name: str) -> frozenset[str]:
    found = load_ct(version).find(name)
    return frozenset(found.terms) if found is not None else frozenset()


def _constants(params: object) -> Iterator[str]:
    """Every text under a key `const`, at any depth of a call's parameters."""
    if isinstance(params, Map):
        for key, value in params.items():
            if key == "const":
                yield str(value)
            else:
                yield from _constants(value)
    elif isinstance(params, Seq):
        for value in params:
            yield from _constants(value)
