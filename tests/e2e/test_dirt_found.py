"""Findings on dirty data are exactly what was planted: nothing is missed, nothing is told without a cause.

That clean data give none is in test_truth.py.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner
from dirt_match import CASCADES, Cascade, Run, Verdict, judge, make_run

from cdisc_kit.cli import main
from cdisc_kit.errors import InputError
from cdisc_kit.findings import Finding
from cdisc_kit.synth import atg, capeox
from cdisc_kit.synth.dirt.editor import Editor
from cdisc_kit.synth.dirt.manifest import fatal
from cdisc_kit.synth.dirt.registry import ALONE, CASES, Case

pytestmark = pytest.mark.e2e

STUDIES = ("atg", "capeox")
GENERATORS = {"atg": atg, "capeox": capeox}
# Neither the demonstration's seed nor one of another test.
SEEDS = (20260101, 20260815, 77)
SEED = 20260912
# Subjects: most cases find a place among few, every one among the most.
SIZES = {"atg": (6, 32), "capeox": (9, 35)}
SIZE = {study: most for study, (_, most) in SIZES.items()}


def complete(verdict: Verdict) -> bool:
    return verdict.recall == verdict.precision == 100


# -- everything at once, and each case alone ----------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("study", STUDIES)
def test_every_line_is_found_and_nothing_else(
    study: str, seed: int, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    run = make_run(study, tmp_path, seed=seed, subjects=None, dirt="full")
    verdict = judge(run)
    assert run.built is not None
    cells = run.built.ledger.totals["cells"]
    record_property(
        "summary",
        f"dirt: {study:6} seed {seed:8}: {verdict.expected} expectations, recall {verdict.recall:.1f} %; "
        f"{verdict.told} findings of WARN or above, precision {verdict.precision:.1f} %; "
        f"{cells['total'] - cells['open']} of {cells['total']} cells accounted for",
    )
    assert complete(verdict), verdict.text()
    assert cells["open"] == 0
    assert cells["total"] == sum(count for fate, count in cells.items() if fate != "total")


def among_few(case: Case, folder: Path) -> Run:
    """The case alone, among as few subjects as offer it a place."""
    few, most = SIZES[case.study]
    options = {"seed": SEED, "case": case.number, "level": case.level}
    try:
        return make_run(case.study, folder / "few", subjects=few, **options)
    except InputError:
        return make_run(case.study, folder / "most", subjects=most, **options)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.study}-{case.number}-{case.level}")
def test_a_case_alone(case: Case, tmp_path: Path) -> None:
    run = among_few(case, tmp_path)
    verdict = judge(run)
    assert complete(verdict), verdict.text()
    assert verdict.expected or all(line["expected_severity"] != "WARN" for line in run.manifest)
    stops = any(line["expected_severity"] == "FATAL" for line in run.manifest)
    assert (run.built is None) == stops
    if run.built is not None:
        assert run.built.ledger.totals["cells"]["open"] == 0


def test_cascades_are_named_once_and_with_a_reason() -> None:
    named = [cascade[:3] for cascade in CASCADES]
    planted = {(case.study, case.number) for case in CASES}
    assert len(named) == len(set(named))
    assert {(study, case) for study, case, _ in named} <= planted
    assert all(len(cascade.reason.split()) > 3 for cascade in CASCADES)


# -- what stops a build -------------------------------------------------------------------------------------


def number_of_two(edit: Editor) -> None:
    """A number without its zeros, when two numbers of the screening form differ in zeros only."""
    record = edit.pick("A12", lambda v: v["VISIT"] == "V8" and v["SUBJNO"].startswith("0"))
    subject = edit.subject(record)
    screening = edit.rows("A01", subject)[0]
    edit.insert(screening, {"SUBJNO": "0" + subject, "INITIALS": "ZZQX"})
    edit.write(record, "SUBJNO", subject.lstrip("0"), fatal("ID-AMBIG"))


def lesion_of_nobody(edit: Editor) -> None:
    """A diameter of a lesion that is not registered."""
    record = edit.pick("TUTGT", lambda v: v["EVENT"] == "SCR")
    edit.write(record, "LESNO", "T08", fatal("TR-NOTU"))


# Two rules that stop a build and have no case of their own.
FURTHER = (Case(0, "atg", ALONE, number_of_two), Case(0, "capeox", ALONE, lesion_of_nobody))
OF_THE_REGISTRY = tuple(case for case in CASES if case.level == ALONE and case.number != 8)
STOPPED_BY = {
    "death_in_conflict": "DM-DTHCONF",
    "undecodable_byte": "ENC-BAD",
    "renamed_column": "COL-MISSING",
    "number_twice": "RAND-DUP",
    "entered_two_ways": "DDE-MISMATCH",
    "number_of_two": "ID-AMBIG",
    "impossible_birth": "DT-INVALID",
    "number_reused": "TU-REUSE",
    "lesion_of_nobody": "TR-NOTU",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Study -> a package built before; that of atg from data with personal data in a remark."""
    made = {}
    for study, case in (("atg", 35), ("capeox", None)):
        folder = tmp_path_factory.mktemp(f"before-{study}")
        GENERATORS[study].generate(folder / "raw", seed=SEED, subjects=9, dirt="none", dirt_case=case)
        made[study] = folder / "out"
        assert invoke(study, folder / "raw", made[study]) == (1 if case else 0)
    return made


def invoke(study: str, raw: Path, out: Path) -> int:
    arguments = ["build", "--study", study, "--raw", str(raw), "--out", str(out)]
    return CliRunner().invoke(main, arguments).exit_code


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.xdist_group("stopped-builds")
@pytest.mark.parametrize("case", OF_THE_REGISTRY + FURTHER, ids=lambda case: case.plant.__name__)
def test_a_fatal_finding_stops_the_build_and_leaves_the_package(
    case: Case, packages: dict[str, Path], tmp_path: Path
) -> None:
    raw, out = tmp_path / "raw", packages[case.study]
    generator = GENERATORS[case.study]
    with mock.patch.object(generator, "choose", return_value=[case]):
        generator.generate(raw, seed=SEED, subjects=SIZE[case.study], dirt="none")
    before = contents(out)
    assert invoke(case.study, raw, out) == 3
    assert contents(out) == before
    failed = json.loads((out.with_name("out.failed") / "findings.json").read_text(encoding="utf-8"))
    stopping = {f["rule"] for f in failed["findings"] if f["severity"] == "FATAL"}
    assert stopping == {STOPPED_BY[case.plant.__name__]}


# -- personal data ------------------------------------------------------------------------------------------


def texts_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and of the parts of a workbook."""
    yield path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


@pytest.mark.xdist_group("stopped-builds")
def test_no_file_of_a_package_holds_personal_data_of_a_remark(packages: dict[str, Path]) -> None:
    raw = packages["atg"].with_name("raw")
    written = (raw / "dirt_manifest.csv").read_text(encoding="utf-8")
    secrets = ["张伟", "11010119000101001"]
    assert all(secret in written for secret in secrets)
    files = [path for path in packages["atg"].rglob("*") if path.is_file()]
    assert any("PHI-TEXT" in path.read_text(encoding="utf-8") for path in files if path.suffix == ".json")
    for path in files:
        for content in texts_of(path):
            assert not any(secret.encode(code) in content for secret in secrets for code in ("utf-8", "gbk"))


# -- the judge itself ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run("atg", tmp_path_factory.mktemp("judged"), seed=SEED, subjects=SIZE["atg"], case=74)
    assert complete(judge(run))
    return run


def the_finding(run: Run) -> Finding:
    return next(finding for finding in run.findings if finding.rule == "DT-ORDER")


def without_it(run: Run, *instead: Finding) -> Verdict:
    others = [finding for finding in run.findings if finding != the_finding(run)]
    return judge(replace(run, findings=(*others, *instead)))


@pytest.mark.xdist_group("judged")
def test_a_missing_finding_is_missed(judged: Run) -> None:
    verdict = without_it(judged)
    assert verdict.recall < 100 and verdict.precision == 100
    assert "DT-ORDER" in verdict.text()


@pytest.mark.xdist_group("judged")
@pytest.mark.parametrize(
    "change",
    [{"source_row": 3}, {"source_column": "CMSTDT"}, {"form": "A19"}, {"severity": "WARN"}, {"rule": "X-Y"}],
    ids=lambda change: next(iter(change)),
)
def test_a_finding_at_another_place_is_another_finding(judged: Run, change: dict[str, object]) -> None:
    verdict = without_it(judged, replace(the_finding(judged), **change))  # type: ignore[arg-type]
    assert verdict.recall < 100 and verdict.precision < 100


@pytest.mark.xdist_group("judged")
def test_a_finding_without_a_cause_is_told(judged: Run) -> None:
    noise = replace(next(f for f in judged.findings if f.severity == "INFO"), severity="WARN")
    verdict = judge(replace(judged, findings=(*judged.findings, noise)))
    assert verdict.recall == 100 and verdict.precision < 100
    assert verdict.unexplained == [noise]


@pytest.mark.xdist_group("judged")
@pytest.mark.parametrize(
    ("at", "change", "explained"),
    [
        (("row",), {}, True),
        (("row",), {"source_row": 900}, False),
        (("row",), {"form": "A19"}, False),
        (("later",), {"source_row": 900}, True),
        (("later",), {"source_row": 1}, False),
        (("A19.AESTDT",), {"form": "A19", "source_column": "AESTDT"}, True),
        (("A19.AESTDT",), {"form": "A19", "source_column": "AEENDT"}, False),
        (("any",), {"form": "A19", "source_row": 900}, True),
        (("any",), {"usubjid": "CHICTR2600122712-01-00000"}, False),
    ],
)
def test_a_cascade_explains_the_places_it_names_and_no_others(
    judged: Run, at: tuple[str, ...], change: dict[str, object], explained: bool
) -> None:
    cascade = Cascade("atg", 74, "X-FOLLOWS", "a rule that follows from it", at)
    other = replace(the_finding(judged), rule="X-FOLLOWS", **change)  # type: ignore[arg-type]
    verdict = judge(replace(judged, findings=(*judged.findings, other)), (*CASCADES, cascade))
    assert verdict.unexplained == ([] if explained else [other])


@pytest.mark.xdist_group("judged")
@pytest.mark.parametrize("output", ["CM.CMENDTC=2020-01-01", "CM.CMENDTC=", "CM.CMENDY=2020", "XX.CMENDTC=1"])
def test_another_output_is_missed(judged: Run, output: str) -> None:
    manifest = [dict(line, expected_output=output) for line in judged.manifest]
    verdict = judge(replace(judged, manifest=tuple(manifest)))
    assert verdict.recall < 100 and verdict.precision == 100
    assert len(verdict.unmet) == len(manifest)
