"""The release that a build makes beside the package: when there is none, and why."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from conftest import TinyStudy

from cdisc_kit.check import MemoryPath, check_folder
from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import DEMO_KEY
from cdisc_kit.sharing.built import bundle_of
from cdisc_kit.sharing.source import Source

FILES = {"data/define.xml": b"<x/>", "data/sdtm/xpt/ae.xpt": b"no dataset", "bagit.txt": b""}
NOTHING = Source({}, {}, synthetic=False)


def test_a_study_without_a_policy_has_none(tiny: TinyStudy, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        bundle = bundle_of(tiny.load(), NOTHING, DEMO_KEY, demo_key=True)
    assert bundle.said == "no release: the study has no ipd.yaml"
    assert bundle.said in caplog.text
    assert bundle.made is None


def test_without_a_key_there_is_none(tiny: TinyStudy, tmp_path: Path) -> None:
    spec = tiny.load()
    (spec.folder / "ipd.yaml").write_text("{}\n", encoding="utf-8")
    bundle = bundle_of(spec, NOTHING, None, demo_key=False)
    assert "give --key FILE" in bundle.said
    bundle.write(tmp_path / "stage")
    assert not (tmp_path / "stage").exists()


class TestMemoryPath:
    def test_it_answers_like_a_folder(self, tmp_path: Path) -> None:
        for name, content in FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
        memory = MemoryPath(FILES)
        for parts in ((), ("data",), ("data", "define.xml"), ("data", "nothing"), ("data", "sdtm", "xpt")):
            here, there = tmp_path.joinpath(*parts), memory.joinpath(*parts)
            for question in ("is_file", "is_dir", "exists", "is_symlink"):
                assert getattr(here, question)() == getattr(there, question)(), (parts, question)
            if parts:
                assert (here.name, here.suffix) == (there.name, there.suffix)
            if here.is_dir():
                assert sorted(p.name for p in here.iterdir()) == [p.name for p in there.iterdir()]
            if here.is_file():
                assert here.read_bytes() == there.read_bytes() == there.open("rb").read()
                assert here.stat().st_size == there.stat().st_size
        assert (memory / "data" / "define.xml").parent == memory / "data"

    def test_a_check_finds_the_same_in_both(self, tmp_path: Path) -> None:
        (tmp_path / "ae.xpt").write_bytes(b"no dataset")
        (tmp_path / "define.xml").write_bytes(b"<x/>")
        found = check_folder(tmp_path).findings
        files = {f"a/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
        assert found and check_folder(MemoryPath(files, "a")).findings == found
        with pytest.raises(InputError, match="no such folder"):
            check_folder(MemoryPath(files, "b"))
