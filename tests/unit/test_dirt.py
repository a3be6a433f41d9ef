"""Planted dirt: what the manifest says is what was changed, no more and no less.

Clean and dirty folders are read back from their bytes, without the code that wrote them.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from click.testing import CliRunner

from cdisc_kit.cli import main
from cdisc_kit.errors import InputError
from cdisc_kit.locate import bundled, locate_study
from cdisc_kit.synth import atg, capeox
from cdisc_kit.synth.atg.layout import read_layout
from cdisc_kit.synth.atg.printing import print_data
from cdisc_kit.synth.capeox.protocol import read_protocol
from cdisc_kit.synth.dirt import choose, plant
from cdisc_kit.synth.dirt.raw import RawData
from cdisc_kit.synth.dirt.registry import ALONE, CASES, FULL, LIGHT, Case
from cdisc_kit.yamltext import read_yaml

pytestmark = pytest.mark.xdist_group("dirt")

GENERATE = {"atg": atg.generate, "capeox": capeox.generate}
SEED = 20260509
SIZE = {"atg": 32, "capeox": 35}

# Which study a case is planted in. A number in both has two planters.
ONLY_CAPEOX = {2, 7, 8, 13, 20, 24, 40, *range(52, 62), 78, 79, 81, 87, 88}
IN_BOTH = {23, 37, 83}
# Cases that stop a build or need a file of their own: all of the number, or one form of it.
NEVER_IN_FULL = {8, 20, 21, 52, 65, 80}
ALSO_ALONE = {18, 31}
# The findings of a build that stops.
FATAL = {
    "atg": {"DM-DTHCONF", "ENC-BAD", "COL-MISSING", "RAND-DUP", "DDE-MISMATCH"},
    "capeox": {"DT-INVALID", "TU-REUSE"},
}

Line = dict[str, str]
Table = list[list[str]]


class Data(NamedTuple):
    """Cells of every file or sheet by (form, entry pass), as text, and the manifest."""

    tables: dict[tuple[str, str], Table]
    manifest: list[Line]


@cache
def columns(study: str) -> dict[str, dict[str, str]]:
    """Form -> heading as the file shows it -> column key."""
    sources = read_yaml(bundled("mappings") / study / "sources.yaml", "sources.yaml")
    found = {}
    for name, form in sources["forms"].items():
        own = {key: sources["header"][key] for key in form["header"]} | dict(form["columns"])
        by_key = "code_row" in form["reader"]
        found[str(name)] = {str(key) if by_key else str(own[key]["label"]): str(key) for key in own}
    return found


def text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        day = value.strftime("%Y-%m-%d")
        return day if value.time() == dt.time() else f"{day}T{value:%H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_csv(path: Path) -> Table:
    encoding = "gb18030" if path.parent.name == "entry1" else "utf-8-sig"
    content = path.read_bytes().decode(encoding, errors="surrogateescape")
    return list(csv.reader(io.StringIO(content, newline="")))


def read_sheets(path: Path) -> dict[str, Table]:
    book = openpyxl.load_workbook(path)
    return {s.title: [[text(c) for c in row] for row in s.iter_rows(values_only=True)] for s in book}


@cache
def read_folder(path: Path) -> Data:
    tables: dict[tuple[str, str], Table] = {}
    for file in sorted(path.rglob("*.csv")):
        if file.parent != path:
            tables[file.name[:3], file.parent.name] = read_csv(file)
    for file in sorted(path.glob("*.xlsx")):
        for title, table in read_sheets(file).items():
            tables[file.name[:3] if file.name[0] == "A" else title, ""] = table
    return Data(tables, manifest_of(path))


def manifest_of(folder: Path) -> list[Line]:
    return lines((folder / "dirt_manifest.csv").read_text(encoding="utf-8"))


def lines(manifest: str) -> list[Line]:
    return list(csv.DictReader(io.StringIO(manifest, newline="")))


@cache
def printer(study: str) -> Callable[[], RawData]:
    """Prints the clean forms of one truth again and again."""
    if study == "capeox":
        protocol = read_protocol()
        people = capeox.draw_subjects(SIZE[study], SEED, protocol)
        return capeox.print_forms(people, SEED, protocol).printed
    layout = read_layout(locate_study("atg").mappings)
    forms = atg.print_forms(atg.build_truth(layout, SEED, SIZE[study]), layout, SEED)
    return lambda: print_data(layout, forms)


def planted(study: str, cases: Sequence[Case]) -> Data:
    """The data as they are about to be written, with these cases in them."""
    raw = printer(study)()
    manifest = plant(raw, list(cases), SEED)
    return as_text(raw, manifest)


@cache
def clean(study: str) -> Data:
    return planted(study, [])


def as_text(raw: RawData, manifest: str) -> Data:
    return Data(
        {
            (name, entry): [[text(cell) for cell in row] for row in form.table(entry)]
            for name, form in raw.forms.items()
            for entry in form.entries
        },
        lines(manifest),
    )


@pytest.fixture(scope="module", params=["atg", "capeox"])
def study(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folders(study: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Level of dirt -> folder."""
    made = {}
    for level in ("none", "light", "full"):
        made[level] = tmp_path_factory.mktemp(f"{study}-{level}")
        GENERATE[study](made[level], seed=SEED, subjects=SIZE[study], dirt=level)
    return made


# --- what the manifest says against what the files hold ----------------------------------------------------


def differences(study: str, clean: Data, dirty: Data) -> Counter[tuple[str, ...]]:
    """(form, entry, row, key, clean, dirty) of every cell and row that differ."""
    assert clean.tables.keys() == dirty.tables.keys()
    found: Counter[tuple[str, ...]] = Counter()
    for (form, entry), before in clean.tables.items():
        after = dirty.tables[form, entry]
        if before != after:
            keys = columns(study)[form]
            changes = table_differences(before, after, rows_of(dirty.manifest, form), keys)
            found.update((form, entry, *change) for change in changes)
    return found


def rows_of(manifest: list[Line], form: str) -> tuple[set[int], set[int]]:
    """Rows taken out (of the clean file) and put in (of the dirty one) by the manifest."""
    whole = [line for line in manifest if line["form"] == form and line["field"] == "*"]
    taken = {int(line["row"]) for line in whole if not line["dirty_value"]}
    return taken, {int(line["row"]) for line in whole if not line["clean_value"]}


def table_differences(
    before: Table, after: Table, moved: tuple[set[int], set[int]], keys: dict[str, str]
) -> Iterator[tuple[str, ...]]:
    """(row, key, clean, dirty) of what differs once the rows that came and went are set aside."""
    taken, put = moved
    kept = [row for at, row in number_rows(before) if at not in taken]
    stay = [(at, row) for at, row in number_rows(after) if at not in put]
    assert len(kept) == len(stay), "rows came or went that the manifest does not name"
    order = match_columns(before[0], stay[0][1])
    for old, (at, new) in zip(kept, stay, strict=True):
        if old != new:
            for title, (was, now) in order.items():
                one = old[was] if was is not None else ""
                if one != new[now]:
                    yield str(at), keys.get(title, title), one, new[now]
    for table, changed in ((before, taken), (after, put)):
        rows = dict(number_rows(table))
        yield from ((str(at), "*", "|".join(rows[at]), "") for at in sorted(changed))


def number_rows(table: Table) -> list[tuple[int, list[str]]]:
    """Rows with the number of the line they begin on."""
    found, at = [], 1
    for row in table:
        found.append((at, row))
        at += 1 + sum(cell.count("\n") for cell in row)
    return found


def match_columns(before: list[str], after: list[str]) -> dict[str, tuple[int | None, int]]:
    """Heading of the clean file -> positions in both; a heading that was renamed keeps its place."""
    found: dict[str, tuple[int | None, int]] = {}
    for at, title in enumerate(before):
        found[title] = (at, after.index(title) if title in after else at)
    for at, title in enumerate(after):
        if title not in before and at >= len(before):
            found[title] = (None, at)
    return found


def announced(manifest: list[Line], entries: dict[str, list[str]]) -> Counter[tuple[str, ...]]:
    """The same tuples as the manifest has them, once for each entry pass the change stands in."""
    found: Counter[tuple[str, ...]] = Counter()
    for line in manifest:
        if line["clean_value"] == line["dirty_value"] or line["clean_value"].startswith("#"):
            continue
        if not line["form"]:
            continue  # the workbook's own switch
        form, _, only = line["form"].partition("/")
        for entry in [only] if only else entries[form]:
            whole = line["field"] == "*"
            change = (line["clean_value"], line["dirty_value"])
            found[
                (form, entry, line["row"], line["field"], *(("".join(change), "") if whole else change))
            ] += 1
    return found


def normal(change: tuple[str, ...]) -> tuple[str, ...]:
    """Workbook dates read back as ISO 8601, printed ones have slashes; a bad byte is shown escaped."""
    *place, one, other = change
    shown = (v.replace("/", "-").replace(" ", "T").encode("utf-8", "backslashreplace") for v in (one, other))
    return (*place, *(v.decode("utf-8") for v in shown))


def check_manifest(study: str, clean: Data, dirty: Data) -> None:
    entries: dict[str, list[str]] = {}
    for form, entry in clean.tables:
        entries.setdefault(form, []).append(entry)
    found = Counter(normal(key) for key in differences(study, clean, dirty).elements())
    said = Counter(normal(key) for key in announced(dirty.manifest, entries).elements())
    assert found == said, f"unannounced: {list(found - said)[:5]}; not there: {list(said - found)[:5]}"


NUMBERED = sorted({(case.study, case.number) for case in CASES})


@pytest.mark.parametrize(("study", "number"), NUMBERED, ids=str)
def test_a_case_alone_changes_what_it_names(study: str, number: int) -> None:
    dirty = planted(study, choose(study, "none", number))
    assert {line["case_id"] for line in dirty.manifest} == {str(number)}
    assert any(line["expected_severity"] for line in dirty.manifest), "no finding is expected"
    check_manifest(study, clean(study), dirty)
    for line in dirty.manifest:
        check_line(line)


@pytest.mark.parametrize("level", ["light", "full"])
def test_files_hold_what_the_manifest_says(study: str, folders: dict[str, Path], level: str) -> None:
    check_manifest(study, read_folder(folders["none"]), read_folder(folders[level]))


def test_the_truth_stays(folders: dict[str, Path]) -> None:
    truths = {(folder / "truth.json").read_bytes() for folder in folders.values()}
    assert len(truths) == 1


def test_clean_data_have_an_empty_manifest(folders: dict[str, Path]) -> None:
    assert manifest_of(folders["none"]) == []


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_seed_and_dirt_same_bytes(study: str, folders: dict[str, Path], tmp_path: Path) -> None:
    GENERATE[study](tmp_path / "again", seed=SEED, subjects=SIZE[study], dirt="full")
    assert contents(tmp_path / "again") == contents(folders["full"])


def test_another_seed_plants_elsewhere() -> None:
    raw = printer("capeox")
    one, other = (plant(raw(), choose("capeox", "full"), seed) for seed in (1, 2))
    assert one != other


# --- which cases there are ---------------------------------------------------------------------------------


def test_the_registry_has_every_case_once_per_study_and_level() -> None:
    assert {case.number for case in CASES} == set(range(1, 89))
    assert max(Counter((c.number, c.study, c.level) for c in CASES).values()) == 1
    in_capeox = {case.number for case in CASES if case.study == "capeox"}
    in_atg = {case.number for case in CASES if case.study == "atg"}
    assert in_capeox == ONLY_CAPEOX | IN_BOTH
    assert in_atg == set(range(1, 89)) - ONLY_CAPEOX


def test_full_holds_every_case_that_can_be_built(study: str, folders: dict[str, Path]) -> None:
    own = {case.number for case in CASES if case.study == study}
    found = {int(line["case_id"]) for line in manifest_of(folders["full"])}
    assert found == own - NEVER_IN_FULL
    alone = {case.number for case in CASES if case.level == ALONE}
    assert alone == NEVER_IN_FULL | ALSO_ALONE
    assert all(line["expected_severity"] != "FATAL" for line in manifest_of(folders["full"]))


def test_what_stops_a_build_is_planted_alone(study: str) -> None:
    found = set()
    for case in CASES:
        if case.study == study and case.level == ALONE:
            data = planted(study, [case])
            found |= {line["expected_rule"] for line in data.manifest if line["expected_severity"] == "FATAL"}
    assert found == FATAL[study]


def test_light_is_a_handful_of_what_full_holds(study: str, folders: dict[str, Path]) -> None:
    light = manifest_of(folders["light"])
    numbers = {line["case_id"] for line in light}
    assert 4 <= len(numbers) <= 8
    assert len(light) <= 12
    assert numbers < {line["case_id"] for line in manifest_of(folders["full"])}
    assert {case.level for case in CASES} == {LIGHT, FULL, ALONE}


# --- the lines of the manifest -----------------------------------------------------------------------------


def check_line(line: Line) -> None:
    assert re.fullmatch(r"([A-Z]{2,4}-[A-Z0-9-]+)?", line["expected_rule"]), line
    assert line["expected_severity"] in ("", "INFO", "WARN", "ERROR", "FATAL"), line
    assert re.fullmatch(r"([A-Z]{2}\.[A-Z]{2,8}=.*)?", line["expected_output"]), line
    assert line["caused_by"] in ("", line["case_id"]), line
    assert line["expected_severity"] or not line["expected_rule"], line
    changed = line["clean_value"] != line["dirty_value"]
    assert changed or line["expected_severity"], f"a line that says nothing: {line}"


def test_cascades_name_their_case(study: str) -> None:
    """A cascade tells of a rule beside the one the case was planted for, and changes nothing itself."""
    cascades = [line for line in planted(study, choose(study, "full")).manifest if line["caused_by"]]
    assert {int(line["caused_by"]) for line in cascades} <= {12, 17, 22, 48, 53, 54, 56, 58, 64, 69, 71, 73}
    assert len(cascades) >= 3
    assert all(line["clean_value"] == line["dirty_value"] for line in cascades)


def test_no_cell_holds_two_cases(study: str) -> None:
    changed = Counter(
        (line["form"], line["row"], line["field"])
        for line in planted(study, choose(study, "full")).manifest
        if line["clean_value"] != line["dirty_value"] and line["field"] != "*"
    )
    assert max(changed.values()) == 1


def test_cases_keep_to_subjects_of_their_own(study: str, folders: dict[str, Path]) -> None:
    owners: dict[str, set[str]] = {}
    for line in manifest_of(folders["light"]):
        owners.setdefault(line["subject"], set()).add(line["case_id"])
    assert all(len(cases) == 1 for cases in owners.values())


# --- files of their own ------------------------------------------------------------------------------------


def test_a_byte_that_is_no_text(tmp_path: Path) -> None:
    atg.generate(tmp_path, seed=SEED, subjects=6, dirt="none", dirt_case=21)
    (line,) = manifest_of(tmp_path)
    form, entry = line["form"].split("/")
    (file,) = (tmp_path / entry).glob(f"{form}_*.csv")
    with pytest.raises(UnicodeDecodeError):
        file.read_bytes().decode("utf-8-sig")
    assert file.read_bytes().splitlines()[int(line["row"]) - 1].count(b"\xff") == 1


def test_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    capeox.generate(tmp_path, seed=SEED, subjects=9, dirt="none", dirt_case=8)
    (file,) = tmp_path.glob("*.xlsx")
    with zipfile.ZipFile(file) as archive:
        assert b'date1904="1"' in archive.read("xl/workbook.xml")
    cell, switch = manifest_of(tmp_path)
    assert (switch["field"], switch["clean_value"], switch["dirty_value"]) == ("date1904", "0", "1")
    day = dt.date(1904, 1, 1) + dt.timedelta(days=int(cell["dirty_value"]))
    assert day.isoformat() == cell["clean_value"]
    consent = openpyxl.load_workbook(file)["DM"].cell(3, 10).value
    assert isinstance(consent, dt.datetime) and consent.year >= 2025, "true dates stay the same day"


def test_a_line_break_moves_the_rows_below(folders: dict[str, Path], study: str) -> None:
    if study == "capeox":
        return
    manifest = manifest_of(folders["full"])
    (line,) = (line for line in manifest if line["case_id"] == "36")
    (file,) = (folders["full"] / "entry1").glob("A20_*.csv")
    written = file.read_bytes().decode("gb18030").split("\n")
    assert written[int(line["row"]) - 1].split(",")[1] == line["subject"]


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("study", "level", "number", "told"),
    [
        ("atg", "some", None, "none, light, full"),
        ("atg", "none", 52, "belongs to capeox"),
        ("capeox", "none", 89, "1 to 88"),
        ("atg", "light", 1, "not both"),
    ],
)
def test_refusals(study: str, level: str, number: int | None, told: str) -> None:
    with pytest.raises(InputError, match=told):
        choose(study, level, number)


def test_a_case_without_a_place_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dirt case 64: .* form A01 .* --seed"):
        atg.generate(tmp_path / "x", seed=SEED, subjects=3, dirt="none", dirt_case=64)
    assert not (tmp_path / "x").exists()


def test_on_the_command_line(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    arguments = ["synth", "--study", "capeox", "--out", str(out), "--subjects", "9", "--dirt-case", "81"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert {line["expected_rule"] for line in manifest_of(out)} == {"FORM-DRAFT"}
    again = [
        "synth",
        "--study",
        "capeox",
        "--out",
        str(tmp_path / "b"),
        "--dirt",
        "full",
        "--dirt-case",
        "81",
    ]
    assert CliRunner().invoke(main, again).exit_code == 2
