"""A demonstration package written as Dataset-JSON is judged as its transport files are, record by record."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_json import convert

from cdisc_kit.check import check_folder

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from demo import make_demo


@pytest.mark.xdist_group("demo-capeox")
def test_the_same_findings_as_the_transport_files(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sdtm = make_demo("capeox", tmp_path_factory.getbasetemp()).out / "sdtm"
    names = convert(sdtm, tmp_path)
    assert len(names) > 40
    without_define = tmp_path / "xpt"
    without_define.mkdir()
    for path in sdtm.glob("*.xpt"):
        shutil.copy(path, without_define)
    expected = check_folder(without_define).findings
    assert expected  # terms that only the Define-XML declares
    as_json = [replace(f, source_file=f.source_file.replace(".xpt", ".json")) for f in expected]
    assert list(check_folder(tmp_path).findings) == as_json
    for path in sdtm.glob("define*"):
        shutil.copy(path, tmp_path)
    assert check_folder(tmp_path).findings == check_folder(sdtm).findings == ()
