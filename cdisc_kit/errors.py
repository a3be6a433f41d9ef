"""Exceptions: raised only when the run cannot go on. Data problems are `Finding` values instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdisc_kit.findings import Finding


class CdiscKitError(Exception):
    """Root of every error the kit raises; `exit_code` is what the command line returns."""

    exit_code = 2


class SpecError(CdiscKitError):
    """One or more problems in the mapping files, all reported at once.

    `problems` is a tuple of strings of the form `mappings/atg/domains/ae.yaml:14 AESEV: unknown codelist …`.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class InputError(CdiscKitError):
    """Missing or unusable input named on the command line (a folder, a file, a study)."""


class RawDataError(CdiscKitError):
    """Raw data that cannot be read: wrong encoding, missing column, corrupt workbook."""

    exit_code = 3


class StandardError(CdiscKitError):
    """The standard's tables do not hold what was asked for."""


class OutputError(CdiscKitError):
    """The output cannot be written without losing or changing a value."""

    exit_code = 3


class FatalFindingsError(CdiscKitError):
    """The build stops before anything is written; `findings` holds every finding so far."""

    exit_code = 3

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        fatal = [f for f in self.findings if f.severity == "FATAL"]
        super().__init__("\n".join(f.one_line() for f in fatal))
