"""Attacks on pseudonyms: guessed from the old identifiers, joined by two recipients, read from the order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.evidence import Evidence, Test
from cdisc_kit.ipd.pseudonym import Pseudonyms
from cdisc_kit.standard.anchors import SUBJECT_LEVEL

_SHORTEST = 6  # characters of a hash that count as recovered
_KEYS = (b"", b"key", b"secret", b"password", b"salt", b"\0" * 32)
# A correlation this many standard errors from 0 comes by chance once in some ten thousand releases.
_ERRORS = 4.0


def enumeration(evidence: Evidence) -> Test:
    """Every old identifier through every hash without a real key, and every old number as it is."""
    roster = evidence.plan.subjects.roster
    released = set(evidence.released[SUBJECT_LEVEL].frame["SUBJID"])
    folded = {name.upper(): name for name in released}
    lengths = {len(name) for name in folded}
    recovered: set[str] = set()
    for usubjid, subject in zip(roster["USUBJID"], roster["SUBJID"], strict=True):
        for text in _spellings(evidence.plan.spec.studyid, usubjid, subject):
            for guess in _guesses(text):
                starts = {guess, *(guess[:length] for length in lengths if length >= _SHORTEST)}
                recovered |= {folded[start] for start in starts & folded.keys()}
    if _is_sequence(sorted(released)):
        recovered |= released
    figures = {"subjects": len(released), "recovered": len(recovered)}
    detail = f"{len(recovered)} of {len(released)} pseudonyms recovered by guessing"
    return Test("enumeration of identifiers", not recovered, figures, detail)


def _spellings(studyid: str, usubjid: str, subject: str) -> Iterator[str]:
    plain = {usubjid, subject, f"{studyid}{subject}", f"{studyid}-{subject}", subject.lstrip("0")}
    for text in sorted(plain):
        yield text
        yield text.lower()


def _guesses(text: str) -> Iterator[str]:
    """The text and its hashes, with keys that are none, as hex, base32 and base64."""
    data = text.encode("utf-8")
    digests = [
        hashlib.new(name, data, usedforsecurity=False).digest()
        for name in ("md5", "sha1", "sha256", "sha512")
    ]
    digests += [hmac.new(key, data, "sha256").digest() for key in _KEYS]
    digests += [hashlib.sha256(key + data).digest() for key in _KEYS]
    yield text.upper()
    yield f"{zlib.crc32(data):08X}"
    for digest in digests:
        yield digest.hex().upper()
        yield base64.b32encode(digest).decode("ascii")
        yield base64.b64encode(digest).decode("ascii").upper()


def _is_sequence(names: list[str]) -> bool:
    """True where the digits of the names count up: S001, S002 …"""
    digits = ["".join(c for c in name if c.isdigit()) for name in names]
    if len(names) < 3 or not all(digits):
        return False
    numbers = sorted(int(text) for text in digits)
    return len(set(numbers)) == len(numbers) and numbers[-1] - numbers[0] < 3 * len(numbers)


def two_recipients(evidence: Evidence) -> Test:
    """The same release for another recipient: no identifier of one stands in the other's."""
    other = Pseudonyms(evidence.other_key)
    shared, counted = 0, 0
    for kind, given in evidence.plan.pseudonyms.given.items():
        others = set(other.of(kind, given).values())
        shared += len(others & set(given.values()))
        counted += len(given)
    theirs = {name for given in other.given.values() for name in given.values()}
    shared += sum(bool(theirs & _tokens(dataset)) for dataset in evidence.released.values())
    figures = {"identifiers": counted, "shared": shared}
    return Test(
        "join of two recipients", not shared, figures, f"{shared} of {counted} identifiers are shared"
    )


def _tokens(dataset: Dataset) -> set[str]:
    names = [
        v.name
        for v in dataset.variables
        if v.type == "Char" and v.name.endswith(("SUBJID", "LNKID", "LNKGRP"))
    ]
    return {str(text).rpartition("-")[2] for name in names for text in dataset.frame[name].unique()}


def order(evidence: Evidence) -> Test:
    """Ranks of subjects in each released dataset against their ranks by enrolment: nothing in common."""
    plan = evidence.plan
    names = plan.pseudonyms.given.get("subject", {})
    old = {f"{plan.spec.studyid}-{names[s]}": at for at, s in enumerate(plan.subjects.usubjids) if s in names}
    day = {f"{plan.spec.studyid}-{names[s]}": d for s, d in plan.subjects.first.items() if s in names}
    worst, over = 0.0, []
    for name, dataset in evidence.released.items():
        if "USUBJID" not in dataset.frame:
            continue
        for known in (old, _ranks(day)):
            ranks = [known[s] for s in pd.unique(dataset.frame["USUBJID"]) if s in known]
            if len(ranks) < 10:
                continue
            found = _correlation(ranks)
            worst = max(worst, abs(found), key=abs)
            if abs(found) > min(0.9, _ERRORS / np.sqrt(len(ranks) - 1)):
                over.append(name)
    figures = {"largest_correlation": round(worst, 3), "datasets_in_order": len(set(over))}
    detail = f"largest rank correlation with enrolment {worst:.2f}" + "".join(
        f", {n}" for n in sorted(set(over))
    )
    return Test("order of enrolment", not over, figures, detail)


def _ranks(days: Mapping[str, np.datetime64]) -> dict[str, int]:
    known = [(day, subject) for subject, day in days.items() if not np.isnat(day)]
    return {subject: at for at, (_, subject) in enumerate(sorted(known))}


def _correlation(ranks: list[int]) -> float:
    """Spearman's rho of the ranks with their own order."""
    place = np.argsort(np.argsort(ranks))
    return float(np.corrcoef(place, np.arange(len(ranks)))[0, 1])
