"""The output folder appears whole, is replaced whole, and is never taken from others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdisc_kit.errors import InputError
from cdisc_kit.output import MANIFEST, require_ours, sha256, staged, write_json, write_manifest


def write(out: Path, **files: str) -> None:
    with staged(out) as stage:
        for name, content in files.items():
            write_json(stage / "sub" / f"{name}.json", content)
        write_manifest(stage, {"kit": "1"})


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_new_folder_appears_with_its_manifest(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    write(out, a="one")
    assert set(tree(out)) == {"manifest.json", "sub/a.json"}
    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    assert manifest == {"kit": "1", "outputs": {"sub/a.json": sha256(out / "sub" / "a.json")}}
    assert list(out.parent.iterdir()) == [out], "nothing is left beside it"


def test_our_own_output_is_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, a="one", b="two")
    write(out, a="three")
    assert set(tree(out)) == {"manifest.json", "sub/a.json"}
    assert tree(out)["sub/a.json"] == '"three"\n'
    assert list(tmp_path.iterdir()) == [out]


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged(out) as stage:
        (stage / "half").write_text("x", encoding="utf-8")
        assert not out.exists()
        write_manifest(stage, {})
    assert out.is_dir()


def test_an_exception_leaves_the_old_output_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, a="one")
    before = tree(out)
    with pytest.raises(RuntimeError, match="in the middle"), staged(out) as stage:
        (stage / "half").write_text("x", encoding="utf-8")
        raise RuntimeError("in the middle")
    assert tree(out) == before
    assert list(tmp_path.iterdir()) == [out]


def test_an_exception_without_an_old_output_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), staged(tmp_path / "out"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("with_manifest", [False, True])
def test_a_folder_with_foreign_files_is_refused_untouched(tmp_path: Path, with_manifest: bool) -> None:
    out = tmp_path / "out"
    if with_manifest:
        write(out, a="one")
    out.mkdir(exist_ok=True)
    (out / "thesis.docx").write_text("mine", encoding="utf-8")
    before = tree(out)
    with (
        pytest.raises(InputError, match=r"holds files this kit did not write \(thesis\.docx\)"),
        staged(out),
    ):
        pytest.fail("the block must not run")
    assert tree(out) == before


def test_several_foreign_files_are_counted(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"\(a and 2 more\)"):
        require_ours(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        require_ours(tmp_path / "out")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", a="one")
    assert set(tree(tmp_path / "out")) == {"manifest.json", "sub/a.json"}


@pytest.mark.parametrize("content", ["not json", "[]", '{"outputs": null}', "{}"])
def test_a_manifest_that_is_not_ours_makes_nothing_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="did not write"):
        require_ours(tmp_path)


def test_the_current_folder_can_be_named_by_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    write(Path(), a="one")
    assert set(tree(out)) == {"manifest.json", "sub/a.json"}
    assert list(tmp_path.iterdir()) == [out]


def test_json_is_utf8_with_line_feeds(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"键": "值"})
    assert (tmp_path / "x.json").read_bytes() == '{\n "键": "值"\n}\n'.encode()


def test_an_empty_folder_or_a_link_of_somebody_is_not_taken_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, a="one")
    (out / "mine").mkdir()
    with pytest.raises(InputError, match="mine"):
        require_ours(out)
    (out / "mine").rmdir()
    (tmp_path / "data").mkdir()
    (out / "link").symlink_to(tmp_path / "data", target_is_directory=True)
    with pytest.raises(InputError, match="link"):
        require_ours(out)
    (out / "link").unlink()
    require_ours(out)
