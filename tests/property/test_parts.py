"""Parts of a long text: they fit, they give the text back, and no character is taken apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdisc_kit.language.parts import characters, parts

ENCODINGS = ("ascii", "utf-8", "gb18030")
LIMIT = 200

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
four_bytes = st.sampled_from("𠮷𠀀龦𪚥ë€Ω→")  # four bytes in GB18030, or two to four in UTF-8
emoji = st.sampled_from(["😀", "👨\u200d👩\u200d👧", "👍🏽", "🇨🇳", "❤\ufe0f", "1\ufe0f\u20e3"])
composed = st.sampled_from(["e\u0301", "n\u0303", "각", "\u1112\u1161\u11ab", "が", "a\u0300\u0301\u0302"])
word = st.from_regex(r"[A-Za-z]{1,12}|[0-9]{1,3}\.[0-9]|20[0-9]{2}-0[1-9]|[A-Z]{2,5}-[0-9]", fullmatch=True)
stop = st.sampled_from(["。", "；", "，", "、", "（", "）", ", ", "; ", " ", " "])
english = st.lists(word | st.sampled_from([", ", "; ", " ", " "]), max_size=120).map("".join)
mixed = st.lists(han | four_bytes | emoji | composed | word | stop, max_size=200).map("".join)


def check(text: str, encoding: str) -> None:
    found = parts(text, LIMIT, encoding)
    stored = [part.encode(encoding).ljust(LIMIT).rstrip(b" ").decode(encoding) for part in found]
    assert "".join(stored) == text.rstrip(" ")
    assert all(len(part.encode(encoding)) <= LIMIT for part in found)
    whole = characters(text)
    assert [unit for part in found for unit in characters(part)] == whole, "a character was taken apart"
    if len(text.encode(encoding)) <= LIMIT:
        assert found == [text]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@settings(max_examples=150, deadline=None)
@given(text=mixed)
def test_mixed_text_is_cut_without_loss(encoding: str, text: str) -> None:
    check(text.strip(), encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=80, deadline=None)
@given(text=english)
def test_english_text_is_cut_without_loss(encoding: str, text: str) -> None:
    check(text.strip(), encoding)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=300))
def test_characters_joined_are_the_text(text: str) -> None:
    units = characters(text)
    assert "".join(units) == text
    assert not any(unicodedata.category(unit[0]) == "Mn" for unit in units[1:])


@pytest.mark.parametrize(
    ("text", "encoding", "first"),
    [
        ("热" * 60 + "。" + "痛" * 30, "utf-8", "热" * 60 + "。"),
        ("热" * 60 + "。" + "痛" * 30, "gb18030", None),
        ("热" * 10 + "。" + "痛" * 90, "utf-8", "热" * 10 + "。" + "痛" * 55),
        ("FEVER AND CHILLS " * 20, "ascii", ("FEVER AND CHILLS " * 12)[:196]),
        ("热" * 65 + "ABCDEFG" + "痛" * 10, "utf-8", "热" * 65),
        ("热" * 66 + "38.5" + "痛" * 30, "utf-8", "热" * 66),
        ("热" * 66 + "，" + "痛" * 30, "utf-8", "热" * 65),
        ("热" * 66 + "e\u0301" + "痛" * 30, "utf-8", "热" * 66),
        ("热" * 50 + ",ABC" + "痛" * 30, "utf-8", "热" * 50 + ",ABC" + "痛" * 15),
        ("热" * 50 + ";" + "痛" * 30, "utf-8", "热" * 50 + ";"),
        ("x" * 198 + "😀" + "y" * 10, "gb18030", "x" * 198),
        ("A" * 250, "ascii", "A" * 200),
    ],
)
def test_the_place_of_the_cut(text: str, encoding: str, first: str | None) -> None:
    found = parts(text.strip(), LIMIT, encoding)
    assert "".join(found) == text.strip()
    assert found[0] == (first if first is not None else text)


def test_a_character_larger_than_a_part_is_not_taken_apart() -> None:
    zalgo = "a" + "\u0301" * 150
    assert parts("x" * 10 + zalgo + "y", LIMIT, "utf-8") == ["x" * 10, zalgo, "y"]


def test_blanks_never_end_a_part() -> None:
    text = "a" * 150 + " " * 100 + "b"
    assert all(part == part.rstrip() for part in parts(text, LIMIT, "ascii"))
    assert "".join(parts(text, LIMIT, "ascii")) == text
