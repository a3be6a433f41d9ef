"""Damaged and hostile files: told and located, and their neighbours still checked."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdisc_kit.check import check_folder
from cdisc_kit.check.xptfile import open_xpt
from cdisc_kit.errors import InputError
from cdisc_kit.xpt import XptVariable, write_xpt

VARIABLES = (XptVariable("STUDYID", "Study Identifier", "Char", 5), XptVariable("AGE", "Age", "Num", 8))


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("good") / "dm.xpt"
    write_xpt(path, "DM", "Demographics", pd.DataFrame({"STUDYID": ["A"] * 9, "AGE": range(9)}), VARIABLES)
    return path


def rules(folder: Path) -> set[str]:
    return {f.rule for f in check_folder(folder).findings if f.rule.startswith("FILE-")}


def test_a_folder_without_datasets_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no \\.xpt file"):
        check_folder(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        check_folder(tmp_path / "absent")


def test_the_limit_of_a_file(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules(good.parent) == set()
    monkeypatch.setattr("cdisc_kit.check.xptfile.LARGEST", 1000)
    assert rules(good.parent) == {"FILE-SIZE"}


def test_a_sparse_tail_is_no_million_records(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "dm.xpt"
    path.write_bytes(good.read_bytes())
    os.truncate(path, 50_000_000)
    header, records, problems = open_xpt(path)
    assert header is not None
    assert records is not None
    assert records.rows == 9
    assert [p.kind for p in problems] == ["trailing"]


def test_values_are_read_as_written(good: Path) -> None:
    header, records, problems = open_xpt(good)
    assert header is not None
    assert records is not None
    assert not problems
    assert records.numbers(header.variables[1]).tolist() == list(range(9))
    assert set(records.text(header.variables[0])[0].values) == {"A"}


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 1300), junk=st.binary(min_size=1, max_size=40))
def test_no_damage_stops_the_reader(
    good: Path, tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
) -> None:
    data = good.read_bytes()
    path = tmp_path_factory.mktemp("junk") / "dm.xpt"
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    header, records, problems = open_xpt(path)
    assert (header is None) == (records is None)
    assert header is not None or problems
    for variable in header.variables if header and records else ():
        column = records.numbers(variable) if variable.type == "Num" else records.text(variable)[0].codes
        assert len(column) == records.rows
