"""Any number in range and any text in the encoding comes back from the file as it went in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cdisc_kit.errors import OutputError
from cdisc_kit.xpt import MAX_CHAR_BYTES, XptVariable, byte_lengths, write_xpt
from cdisc_kit.xpt.fields import ieee_to_ibm

SMALLEST = 16.0**-65
LARGEST = float(np.nextafter(16.0**63, 0))

magnitudes = st.floats(SMALLEST, LARGEST)
numbers = magnitudes | magnitudes.map(lambda x: -x) | st.integers(-(10**6), 10**6).map(lambda i: i / 100)


def _ibm_value(word: int) -> Fraction:
    """The exact value of an IBM double, from the definition: sign, 16**(power - 64), fraction / 2**56."""
    sign = -1 if word >> 63 else 1
    return sign * Fraction(word & (2**56 - 1), 2**56) * Fraction(16) ** (((word >> 56) & 0x7F) - 64)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("roundtrip") / "zz.xpt"


@settings(max_examples=60, deadline=None)
@given(values=st.lists(numbers | st.just(float("nan")), min_size=1, max_size=40))
def test_numbers_come_back_bit_for_bit(path: Path, values: list[float]) -> None:
    sent = np.array(values)
    write_xpt(path, "ZZ", "", pd.DataFrame({"X": sent}), [XptVariable("X", "", "Num", 8)])
    back = pyreadstat.read_xport(path)[0]["X"].to_numpy(dtype=np.float64)
    np.testing.assert_array_equal(back, sent)


@settings(max_examples=200, deadline=None)
@given(value=numbers)
def test_an_ibm_word_is_the_same_rational_number(value: float) -> None:
    words, exact = ieee_to_ibm(np.array([value]))
    assert exact.all()
    assert _ibm_value(int(words[0])) == Fraction(value)


@settings(max_examples=60, deadline=None)
@given(value=st.floats(allow_nan=False).filter(lambda x: x != 0 and not SMALLEST <= abs(x) <= LARGEST))
def test_numbers_out_of_range_are_refused(path: Path, value: float) -> None:
    with pytest.raises(OutputError, match=r"^ZZ\.X row 2: "):
        write_xpt(path, "ZZ", "", pd.DataFrame({"X": [0.0, value]}), [XptVariable("X", "", "Num", 8)])


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "gb18030"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_texts_come_back_but_for_trailing_blanks(path: Path, encoding: str, data: st.DataObject) -> None:
    alphabet = st.characters(codec=encoding, exclude_characters="\0")
    texts = [*data.draw(st.lists(st.text(alphabet, max_size=30), max_size=20)), "end"]
    frame = pd.DataFrame({"X": texts, "Y": [f"{i}" for i in range(len(texts))]})
    length = int(byte_lengths(frame["X"], encoding).max())
    assume(length <= MAX_CHAR_BYTES)
    variables = [XptVariable("X", "", "Char", length), XptVariable("Y", "", "Char", 2)]
    write_xpt(path, "ZZ", "", frame, variables, encoding=encoding)
    data_bytes = path.read_bytes()[8 * 80 + 320 + 80 :]
    rows = [data_bytes[i * (length + 2) :][:length].decode(encoding) for i in range(len(texts))]
    assert [row.rstrip(" ") for row in rows] == [text.rstrip(" ") for text in texts]
    if encoding != "gb18030":  # iconv and Python differ on a few private-use characters of GB18030
        back, meta = pyreadstat.read_xport(path, encoding="UTF-8")
        assert back["X"].tolist() == [text.rstrip(" ") for text in texts]
        assert meta.variable_storage_width["X"] == length
