"""Run the tests of a study's mapping and count the branches they take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.columns import text_as_objects
from cdisc_kit.errors import InputError
from cdisc_kit.locate import locate_study
from cdisc_kit.mapping_tests.branches import Branch, branches
from cdisc_kit.mapping_tests.document import Case, DomainTests, NotCollected, read_tests
from cdisc_kit.mapping_tests.outcome import Bench, differences
from cdisc_kit.spec import load_study

_NOTHING = Case("no rows", "", {}, (), ())


@dataclass(frozen=True)
class DomainResult:
    """One domain: its cases, what differs, and its branches by whether a case takes them.

    `declared` are the branches that the test file says the study's data cannot take.
    """

    domain: str
    cases: int
    failed: int
    differences: tuple[str, ...]
    taken: frozenset[Branch]
    missing: tuple[Branch, ...]
    declared: int

    @property
    def branches(self) -> int:
        """Branches that count: all but the declared ones."""
        return len(self.taken) + len(self.missing)


@dataclass(frozen=True)
class MappingResult:
    """The result of a study's mapping tests."""

    study: str
    domains: tuple[DomainResult, ...]

    @property
    def failed(self) -> bool:
        """True where a case gives something else than it states."""
        return any(domain.differences for domain in self.domains)

    @property
    def coverage(self) -> float:
        """Percent of the branches that a case takes."""
        total = sum(domain.branches for domain in self.domains)
        return 100 * sum(len(domain.taken) for domain in self.domains) / total if total else 100.0

    def text(self) -> str:
        """What differs, what no case takes, and a line for each domain."""
        lines = [line for domain in self.domains for line in domain.differences]
        lines += [f"{branch.text()} (no case)" for domain in self.domains for branch in domain.missing]
        lines += [_line(domain) for domain in self.domains]
        cases, failed = (
            sum(getattr(domain, name) for domain in self.domains) for name in ("cases", "failed")
        )
        taken = sum(len(domain.taken) for domain in self.domains)
        total = sum(domain.branches for domain in self.domains)
        covered = f"{taken} of {total} branches ({self.coverage:.1f} %)"
        lines.append(f"{self.study}: {cases} cases, {failed} failed; {covered}")
        return "\n".join(lines)


def _line(domain: DomainResult) -> str:
    declared = f", {domain.declared} declared not collected" if domain.declared else ""
    return (
        f"{domain.domain:<8} {domain.cases} cases, {domain.failed} failed, "
        f"{len(domain.taken)} of {domain.branches} branches{declared}"
    )


@text_as_objects
def run_mapping_tests(name: str, mappings: Path | None = None, only: str = "") -> MappingResult:
    """Run the mapping tests of the study called `name`, of the domain `only` where one is named.

    Raises SpecError for a mapping or a test file that cannot be right, InputError for a name there is not.
    """
    study = locate_study(name, mappings)
    spec = load_study(study.mappings)
    if only and only not in spec.domains:
        raise InputError(f"{study.key} has no domain '{only}'; it has {', '.join(spec.domains)}")
    tests = read_tests(spec)
    bench = Bench(spec)
    domains = [domain for domain in sorted(spec.domains) if only in ("", domain)]
    return MappingResult(study.key, tuple(_run(bench, domain, tests.get(domain)) for domain in domains))


def _run(bench: Bench, domain: str, tests: DomainTests | None) -> DomainResult:
    cases = tests.cases if tests is not None else ()
    wrong: list[str] = []
    failed = 0
    blank = bench.run(domain, _NOTHING).draft
    assert blank is not None, "no rows give no FATAL"
    taken = dict.fromkeys((branch for branch, _ in branches(blank)), False)
    for case in cases:
        outcome = bench.run(domain, case)
        found = differences(case, outcome)
        failed += bool(found)
        wrong += found
        for branch, hit in branches(outcome.draft) if outcome.draft is not None else ():
            taken[branch] = taken[branch] or hit
    declared, problems = _declared(tests.not_collected if tests is not None else (), taken)
    missing = tuple(branch for branch, hit in taken.items() if not hit and branch not in declared)
    return DomainResult(
        domain=domain,
        cases=len(cases),
        failed=failed,
        differences=(*wrong, *problems),
        taken=frozenset(branch for branch, hit in taken.items() if hit),
        missing=missing,
        declared=len(declared),
    )


def _declared(
    entries: tuple[NotCollected, ...], taken: dict[Branch, bool]
) -> tuple[frozenset[Branch], list[str]]:
    """The branches declared not collected; one that is taken, or that is no branch, is told."""
    found: set[Branch] = set()
    problems = []
    for entry in entries:
        for arm in entry.arms:
            named = [b for b in taken if b.where == entry.variable and b.arm == arm]
            if not named:
                problems.append(f"{entry.place} not_collected: {entry.variable} has no branch '{arm}'")
            elif all(taken[branch] for branch in named):
                problems.append(
                    f"{entry.place} not_collected: a case takes the branch '{arm}' of {entry.variable}"
                )
            found |= {branch for branch in named if not taken[branch]}
    return frozenset(found), problems
