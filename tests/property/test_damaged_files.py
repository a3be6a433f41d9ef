"""Readers of other people's files survive any damage. `tools/fuzz_readers.py` does the same for longer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from damage import check_damaged_define, damaged, read_damaged_xpt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdisc_kit.check.folder import read_folder
from cdisc_kit.check.records import Records

CASES = Path(__file__).parents[1] / "check_cases"
BRIEF = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"damaged_{name}", CASES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few datasets of the small package, and their Define-XML."""
    package, define = _loaded("package"), _loaded("define_base")
    made: Path = tmp_path_factory.mktemp("damaged")
    tables = {name: table for name, table in package.base().items() if name in ("DM", "LB", "SUPPAE")}
    package.write(tables, made)
    define.write(define.document(tables), made)
    return made


@pytest.fixture(scope="module")
def datasets(folder: Path) -> dict[str, Records]:
    return read_folder(folder).datasets


@BRIEF
@given(data=st.data())
def test_a_damaged_transport_file_is_told(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    bytes_ = (folder / "lb.xpt").read_bytes()
    read_damaged_xpt(folder / "junk.bin", data.draw(damaged(bytes_)))


@BRIEF
@given(data=st.data())
def test_a_damaged_define_is_told(folder: Path, datasets: dict[str, Records], data: st.DataObject) -> None:
    document = (folder / "define.xml").read_bytes()
    check_damaged_define(folder / "junk.xml", data.draw(damaged(document)), datasets)
