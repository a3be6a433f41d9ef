"""Bad input on the command line: the message says what, where and what to do; nothing half-written stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdisc_kit.cli import main
from cdisc_kit.errors import OutputError
from cdisc_kit.synth.run import write_synthetic

MAPPINGS = Path(__file__).parents[2] / "mappings"

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("bad-input")]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "atg"
    write_synthetic("atg", folder, seed=3, subjects=6, mappings=MAPPINGS)
    return folder


@pytest.fixture
def copy(raw: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(raw, tmp_path / "raw"))


@pytest.fixture(scope="module")
def package(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sound raw folder gives, built once."""
    out = tmp_path_factory.mktemp("package") / "out"
    result = build("--study", "atg", "--raw", raw, "--out", out, "--no-ipd", "--mappings", MAPPINGS)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture
def earlier(copy: Path, package: Path) -> Path:
    """The package of an earlier build, where `build_copy` writes."""
    return Path(shutil.copytree(package, copy.parent / "out"))


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def build(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["build", *map(str, arguments)])


def build_copy(copy: Path, *, mappings: Path = MAPPINGS) -> Result:
    """Build into the folder beside, where an earlier package may be."""
    out = copy.parent / "out"
    return build("--study", "atg", "--raw", copy, "--out", out, "--no-ipd", "--mappings", mappings)


def recode(path: Path, encoding: str, old: str, new: str) -> None:
    text = path.read_bytes().decode(encoding)
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode(encoding))


def test_a_sound_raw_folder_builds(package: Path) -> None:
    assert (package / "sdtm" / "dm.xpt").is_file()


def test_unknown_study_names_the_studies() -> None:
    result = build("--study", "agt", "--demo")
    assert result.exit_code == 2
    assert "unknown study 'agt'; did you mean 'atg'?" in result.output and "capeox" in result.output


def test_missing_raw_folder_names_both_options(tmp_path: Path) -> None:
    result = build("--study", "atg", "--raw", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert (
        "--raw" in result.output and "--demo" in result.output and str(tmp_path / "nowhere") in result.output
    )
    assert list(tmp_path.iterdir()) == []


def test_missing_forms_are_named_together(copy: Path) -> None:
    (copy / "entry1" / "A07_肝移植手术.csv").unlink()
    (copy / "A16_病理结果.xlsx").unlink()
    result = build_copy(copy)
    assert result.exit_code == 2
    assert "A07" in result.output and "A16" in result.output
    assert not (copy.parent / "out").exists()


def test_missing_column_is_named_with_its_file(copy: Path) -> None:
    path = copy / "entry1" / "A01_筛选与知情同意.csv"
    recode(path, "gb18030", "出生日期", "出生年月日")
    result = build_copy(copy)
    assert result.exit_code == 3
    assert (
        "A01_筛选与知情同意.csv" in result.output
        and "BRTHDT '出生日期'; did you mean '出生年月日'?" in result.output
    )


def test_undecodable_byte_stops_with_file_line_and_offset(copy: Path) -> None:
    path = copy / "entry2" / "A01_筛选与知情同意.csv"
    data = path.read_bytes()
    at = data.index(b"\r\n") + 2 + 3
    path.write_bytes(data[:at] + b"\xff" + data[at:])
    result = build_copy(copy)
    assert result.exit_code == 3
    assert f"row 2: byte offset {at}" in result.output and "utf-8" in result.output


def test_unreadable_raw_data_leave_the_previous_output(copy: Path, earlier: Path) -> None:
    before = contents(earlier)
    (copy / "entry1" / "A03_随机化.csv").write_bytes(b"")
    result = build_copy(copy)
    assert result.exit_code == 3
    assert "A03_随机化.csv" in result.output and "empty" in result.output
    assert contents(earlier) == before


def test_output_that_cannot_be_written_leaves_the_previous_one(
    copy: Path, earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OutputError("AE.AESEQ, record 3: no number of the format")

    before = contents(earlier)
    monkeypatch.setattr("cdisc_kit.package.write_xpt", refuse)
    result = build_copy(copy)
    assert result.exit_code == 3 and "AE.AESEQ, record 3" in result.output
    assert contents(earlier) == before
    assert [p.name for p in copy.parent.iterdir() if p.name.endswith((".part", ".old"))] == []


def test_unequal_entries_of_a_critical_field_are_fatal_and_the_previous_output_stays(
    copy: Path, earlier: Path
) -> None:
    out, before = earlier, contents(earlier)
    entered = copy / "entry2" / "A03_随机化.csv"
    sound = entered.read_bytes()
    recode(entered, "utf-8-sig", "研究组", "对照组")
    result = build_copy(copy)
    assert result.exit_code == 3
    assert "DDE-MISMATCH" in result.output and "RANDGRP" in result.output and "ATG | BAS" not in result.output
    assert contents(out) == before
    failed = json.loads((out.with_name("out.failed") / "findings.json").read_text(encoding="utf-8"))
    (finding,) = [f for f in failed["findings"] if f["severity"] == "FATAL"]
    assert finding["source"]["file"].startswith("entry1/A03") and finding["source"]["row"] >= 2
    assert [p.name for p in copy.parent.iterdir() if p.name.endswith((".part", ".old"))] == []
    told = build("--study", "atg", "--raw", copy, "--out", out, "--mappings", MAPPINGS, "--json")
    assert told.exit_code == 3
    assert json.loads(told.stdout)["failed"] is True
    assert json.loads(told.stdout)["findings"]["FATAL"] == 1
    entered.write_bytes(sound)
    assert build_copy(copy).exit_code == 0
    assert not out.with_name("out.failed").exists(), "a package that stands forgets the failure before it"


def test_text_over_200_bytes_names_dataset_variable_and_record_and_the_previous_output_stays(
    copy: Path, earlier: Path, tmp_path: Path
) -> None:
    before = contents(earlier)
    mappings = Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))
    recode(mappings / "atg" / "study.yaml", "utf-8", "IMMUNOSUPPRESSIVE INDUCTION", "X" * 201)
    result = build_copy(copy, mappings=mappings)
    assert result.exit_code == 3
    assert "TXT-TOOLONG EX.EXCAT record 1 entry1/A08_免疫诱导用药.csv row " in result.output
    assert "(mappings/atg/domains/ex.yaml:" in result.output and "200 bytes" in result.output
    assert contents(earlier) == before


def test_non_ascii_text_in_ascii_mode(copy: Path, tmp_path: Path) -> None:
    mappings = Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))
    recode(mappings / "atg" / "study.yaml", "utf-8", "IMMUNOSUPPRESSIVE INDUCTION", "免疫诱导")
    result = build_copy(copy, mappings=mappings)
    assert result.exit_code == 3
    assert "TXT-NONASCII EX.EXCAT record 1 entry1/A08_免疫诱导用药.csv row " in result.output
    assert "(mappings/atg/domains/ex.yaml:" in result.output and "--text utf8" in result.output
    utf8 = build(
        "--study", "atg", "--raw", copy, "--out", tmp_path / "u", "--mappings", mappings, "--text", "utf8"
    )
    assert utf8.exit_code == 0, utf8.output


def test_label_over_40_bytes(copy: Path, tmp_path: Path) -> None:
    mappings = Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))
    recode(mappings / "atg" / "domains" / "dm.yaml", "utf-8", "Chinese Ethnic Group", "L" * 41)
    result = build_copy(copy, mappings=mappings)
    assert result.exit_code == 2
    assert "atg/domains/dm.yaml:" in result.output and "ETHGRP" in result.output and "40" in result.output


def test_every_mapping_problem_is_told_at_once(copy: Path, tmp_path: Path) -> None:
    mappings = Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))
    domains = mappings / "atg" / "domains"
    recode(domains / "ae.yaml", "utf-8", "ct: action", "ct: acton")
    recode(domains / "dm.yaml", "utf-8", "{datetime: BRTHDT}", "{datetime: BRTHDTT}")
    recode(domains / "ex.yaml", "utf-8", "{const: ONCE}", "{constant: ONCE}")
    result = build_copy(copy, mappings=mappings)
    assert result.exit_code == 2
    assert "AEACN: unknown map 'acton' of ct.yaml; did you mean 'action'?" in result.output
    assert (
        "BRTHDTC: unknown column 'BRTHDTT'; did you mean 'BRTHDTC'?" in result.output
        or "BRTHDT" in result.output
    )
    assert "EXDOSFRQ: unknown operation 'constant'; did you mean 'const'?" in result.output
    assert "atg/domains/ae.yaml:" in result.output


def test_a_folder_with_other_files_is_refused(copy: Path) -> None:
    out = copy.parent / "out"
    out.mkdir()
    (out / "thesis.docx").write_bytes(b"mine")
    result = build_copy(copy)
    assert result.exit_code == 2
    assert "thesis.docx" in result.output and (out / "thesis.docx").read_bytes() == b"mine"


def test_raw_and_demo_together(copy: Path) -> None:
    result = build("--study", "atg", "--raw", copy, "--demo")
    assert result.exit_code == 2 and "not both" in result.output


def test_output_inside_the_raw_folder_is_refused(copy: Path) -> None:
    result = build("--study", "atg", "--raw", copy, "--out", copy / "out", "--mappings", MAPPINGS)
    assert result.exit_code == 2
    assert "lie within each other" in result.output and not (copy / "out").exists()


def test_output_below_a_file_is_told_without_a_traceback(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    result = build("--study", "atg", "--raw", copy, "--out", tmp_path / "file" / "x", "--mappings", MAPPINGS)
    assert result.exit_code == 2
    assert str(tmp_path / "file") in result.output and "Traceback" not in result.output
