"""A package judged before it is written anywhere: what its recipient would check, and what an intruder would.

The package is judged as paths and bytes, exactly those that are then sealed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cdisc_kit.errors import OutputError
from cdisc_kit.ipd.intruder import Evidence, Test, intruder_tests
from cdisc_kit.ipd.key import derived
from cdisc_kit.sharing.bag import PAYLOAD
from cdisc_kit.sharing.datafiles import csv_files
from cdisc_kit.sharing.documents import internal_report
from cdisc_kit.sharing.files import CSV
from cdisc_kit.sharing.release import Release
from cdisc_kit.sharing.source import Source
from cdisc_kit.sharing.verify import complaints

_OTHER_RECIPIENT = "whoever else would be given this release"


@dataclass(frozen=True)
class Judgement:
    """`reports` (file name -> bytes) stay within the house; `failures` name what stops the package."""

    reports: Mapping[str, bytes]
    failures: tuple[str, ...]

    def require_passed(self, where: str) -> None:
        """OutputError with every failure; no value of a subject is in it. `where` holds the reports."""
        if self.failures:
            lines = "\n".join(self.failures)
            raise OutputError(f"the package was not written ({where} holds what was found):\n{lines}")


def judge(release: Release, files: Mapping[str, bytes], source: Source, master: bytes) -> Judgement:
    """The package `files` of `release` judged against what it was made from."""
    tests = intruder_tests(evidence_of(release, source, master), files)
    conforming = [*_not_as_released(release, files), *complaints(files)]
    failures = [f"{test.name}: {test.detail}" for test in tests if not test.passed]
    failures += [f"verify: {complaint}" for complaint in conforming]
    return Judgement(
        {
            **internal_report(release),
            "intruder-tests.json": _json([_told(test) for test in tests]),
            "conformance.json": _json(conforming),
        },
        tuple(failures),
    )


def _not_as_released(release: Release, files: Mapping[str, bytes]) -> Iterator[str]:
    """Tables of the package that do not hold the datasets of the release, cell by cell.

    The other forms of a dataset are held against its table by `complaints`.
    """
    expected = {f"{PAYLOAD}{CSV}{name}": content for name, content in csv_files(release.datasets).items()}
    held = {name: content for name, content in files.items() if name.startswith(f"{PAYLOAD}{CSV}")}
    for name in sorted(expected.keys() | held.keys()):
        if expected.get(name) != held.get(name):
            yield f"{name} does not hold what is released"


def evidence_of(release: Release, source: Source, master: bytes) -> Evidence:
    """What the intruder tests of `release` compare a package with."""
    request, study = release.request, release.policy.study
    keys = [
        derived(master, study, request.release, recipient, "pseudonyms")
        for recipient in (request.recipient, _OTHER_RECIPIENT)
    ]
    public = set(_texts([release.spec.study["registration"], release.policy.document["release"]]))
    public |= set(asdict(request).values())
    return Evidence(
        plan=release.plan,
        original=source.datasets,
        released=release.datasets,
        raw=source.raw,
        origins=release.deidentified.origins,
        other_key=keys[1],
        secrets=(master, *keys),
        dates=frozenset(text for text in public if _is_date(text)),
        texts=frozenset(text for text in public if text and not _is_date(text)),
    )


def _texts(value: object) -> Iterator[str]:
    """Every text in nested mappings and lists."""
    if isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)


def _is_date(text: str) -> bool:
    return len(text) == len("2026-01-31") and text[:4].isdigit() and text[4] == text[7] == "-"


def _told(test: Test) -> dict[str, Any]:
    """A test with its hits: the only place that holds their values."""
    return {
        "test": test.name,
        "passed": test.passed,
        "figures": dict(test.figures),
        "detail": test.detail,
        "hits": [{"rule": hit.rule, "place": hit.place, "value": hit.value} for hit in test.hits],
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
