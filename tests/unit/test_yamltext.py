"""YAML read as text, with the line of everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdisc_kit.errors import SpecError
from cdisc_kit.yamltext import Map, Seq, Text, key_place, line_of, place, read_yaml, walk


def read(tmp_path: Path, content: str | bytes) -> Map:
    path = tmp_path / "a.yaml"
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return read_yaml(path, "study/a.yaml")


def problems(tmp_path: Path, content: str | bytes) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        read(tmp_path, content)
    return caught.value.problems


@pytest.mark.parametrize(
    "scalar",
    ["NO", "yes", "true", "null", "~", "001", "1:30", "0x1F", "1e3", "2020-01-01", "1_000", ".5", "=", "!"],
)
def test_a_scalar_stays_the_text_that_was_written(tmp_path: Path, scalar: str) -> None:
    if scalar == "!":
        scalar = "'!'"
    document = read(tmp_path, f"key: {scalar}\nlist: [{scalar}]\n")
    assert document["key"] == scalar.strip("'")
    assert type(document["key"]) is Text
    assert document["list"] == [scalar.strip("'")]


def test_an_empty_value_is_empty_text_and_an_empty_file_an_empty_mapping(tmp_path: Path) -> None:
    assert read(tmp_path, "key:\n") == {"key": ""}
    assert read(tmp_path, "# nothing yet\n") == {}


def test_keys_and_values_know_file_and_line(tmp_path: Path) -> None:
    document = read(tmp_path, "a:\n  b: one\n  c:\n    - two\n    - {d: three}\n")
    inner = document["a"]
    assert (type(inner), inner.line, inner.file) == (Map, 2, "study/a.yaml")
    assert place(inner["b"]) == "study/a.yaml:2"
    assert type(inner["c"]) is Seq and line_of(inner["c"][1]["d"]) == 5
    assert key_place(inner, "c") == "study/a.yaml:3"
    assert key_place(inner, "absent") == "study/a.yaml:2", "an absent key is looked for in its mapping"
    assert line_of("plain text") == 0


def test_a_schema_path_leads_to_the_deepest_place_there_is(tmp_path: Path) -> None:
    document = read(tmp_path, "a:\n  - b: one\n  - b: two\n")
    assert line_of(walk(document, ["a", 1, "b"])) == 3
    assert line_of(walk(document, ["a", 7, "b"])) == 1, "the key before the missing entry"


def test_every_duplicate_key_is_told_with_both_lines(tmp_path: Path) -> None:
    assert problems(tmp_path, "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n") == (
        "study/a.yaml:5 duplicate key 'c' (first on line 3)",
        "study/a.yaml:6 duplicate key 'a' (first on line 1)",
    )


def test_merge_keys_are_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "base: &base {a: 1}\nother:\n  <<: *base\n")
    assert problem.startswith("study/a.yaml:3 ") and "merge keys" in problem


def test_an_alias_gives_the_same_text(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x hello\nb: *x\n")["b"] == "hello"


@pytest.mark.parametrize("content", ["- a\n- b\n", "just text\n"])
def test_the_document_must_be_a_mapping(tmp_path: Path, content: str) -> None:
    assert problems(tmp_path, content) == ("study/a.yaml:1 the document must be a mapping (key: value)",)


def test_invalid_yaml_names_the_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "a: 1\nb: [1, 2\nc: 3\n")
    assert problem.startswith("study/a.yaml:3 not valid YAML")


def test_a_file_that_is_not_utf8_names_the_byte(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "a: 甲\n".encode("gb18030"))
    assert problem == "study/a.yaml: not UTF-8 at byte 3; save the file as UTF-8"


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n") == {"a": "1"}
