"""The XPORT v5 writer: what it refuses, and what independent readers find in its files."""

from __future__ import annotations

import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from cdisc_kit.errors import OutputError
from cdisc_kit.xpt import XptVariable, byte_lengths, write_xpt, writer
from cdisc_kit.xpt.fields import ieee_to_ibm

CHAR = XptVariable("TERM", "Reported Term", "Char", 10)
NUM = XptVariable("SEQ", "Sequence Number", "Num", 8)
HEADER_BYTES = 8 * 80 + 320 + 80  # eight records, 2 NAMESTRs of 140 bytes padded to 320, the OBS record


def frame_of(terms: list[object], numbers: list[float] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"SEQ": numbers or [float(i) for i in range(1, len(terms) + 1)], "TERM": terms})


def write(path: Path, frame: pd.DataFrame, *variables: XptVariable, **options: object) -> Path:
    write_xpt(path, "ZZ", "Test Dataset", frame, variables or (NUM, CHAR), **options)  # type: ignore[arg-type]
    return path


def refusal(path: Path, frame: pd.DataFrame, *variables: XptVariable, **options: object) -> str:
    """The message of the error; the target must be as it was and nothing half-written beside it."""
    path.write_bytes(b"before")
    with pytest.raises(OutputError) as caught:
        write(path, frame, *variables, **options)
    assert path.read_bytes() == b"before"
    assert list(path.parent.iterdir()) == [path]
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "zz.xpt"


# --- read back ----------------------------------------------------------------------------------------------


def test_pyreadstat_reads_names_labels_types_lengths_and_values(path: Path) -> None:
    write(path, frame_of(["NAUSEA", "", "VOMITING"], [1.0, np.nan, -2.5]))
    frame, meta = pyreadstat.read_xport(path)
    assert meta.table_name == "ZZ"
    assert meta.file_label == "Test Dataset"
    assert meta.column_names_to_labels == {"SEQ": "Sequence Number", "TERM": "Reported Term"}
    assert meta.readstat_variable_types == {"SEQ": "double", "TERM": "string"}
    assert meta.variable_storage_width == {"SEQ": 8, "TERM": 10}
    assert frame["TERM"].tolist() == ["NAUSEA", "", "VOMITING"]
    np.testing.assert_array_equal(frame["SEQ"], [1.0, np.nan, -2.5])


def test_pandas_reads_the_same_values(path: Path) -> None:
    # Values that fill their 8 bytes: pandas takes blank 8-byte words of the last record for padding.
    write(path, frame_of(["HEADACHE", "VOMITING"], [1.5, np.nan]), NUM, XptVariable("TERM", "", "Char", 8))
    frame = pd.read_sas(path, format="xport", encoding="ascii")
    assert frame["TERM"].tolist() == ["HEADACHE", "VOMITING"]
    np.testing.assert_array_equal(frame["SEQ"], [1.5, np.nan])


@pytest.mark.parametrize(("encoding", "length"), [("utf-8", 12), ("gb18030", 8)])
def test_chinese_text_and_labels_read_back_in_the_stated_encoding(
    path: Path, encoding: str, length: int
) -> None:
    label = "报告的不良事件名称" + "术" * 4
    term = XptVariable("TERM", label, "Char", length)
    write(path, frame_of(["恶心呕吐", "皮疹"]), NUM, term, encoding=encoding)
    frame, meta = pyreadstat.read_xport(path, encoding=encoding.upper())
    assert frame["TERM"].tolist() == ["恶心呕吐", "皮疹"]
    assert meta.column_names_to_labels["TERM"] == label
    again = pd.read_sas(path, format="xport", encoding=encoding)
    assert again["TERM"].tolist() == ["恶心呕吐", "皮疹"]


def test_zero_rows_keep_the_declared_variables(path: Path) -> None:
    write(path, pd.DataFrame(columns=["SEQ", "TERM"]))
    frame, meta = pyreadstat.read_xport(path)
    assert frame.empty
    assert meta.variable_storage_width == {"SEQ": 8, "TERM": 10}
    assert path.stat().st_size == HEADER_BYTES


def test_the_file_follows_the_declaration_not_the_column_order(path: Path) -> None:
    write(path, frame_of(["A"])[["TERM", "SEQ"]])
    assert pyreadstat.read_xport(path)[1].column_names == ["SEQ", "TERM"]


def test_rows_beyond_one_block_stay_in_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_BUFFER_BYTES", 18 * 7)
    terms = [f"T{i % 13}" for i in range(100)]
    write(path, frame_of(terms))
    frame, _ = pyreadstat.read_xport(path)
    assert frame["TERM"].tolist() == terms
    assert frame["SEQ"].tolist() == list(range(1, 101))


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_kinds_of_char_columns_give_the_same_bytes(path: Path, dtype: str) -> None:
    write(path, frame_of(["A", "", "B"]))
    frame = pd.DataFrame({"SEQ": [1, 2, 3], "TERM": pd.Series(["A", None, "B"], dtype=dtype)})
    assert path.read_bytes() == write(path.with_name("other.xpt"), frame).read_bytes()


@pytest.mark.parametrize("dtype", ["int64", "int8", "Int64", "float32", "Float64"])
def test_kinds_of_num_columns_give_the_same_bytes(path: Path, dtype: str) -> None:
    write(path, frame_of(["A", "B"], [1.0, 100.0]))
    frame = pd.DataFrame({"SEQ": pd.Series([1, 100], dtype=dtype), "TERM": ["A", "B"]})
    assert path.read_bytes() == write(path.with_name("other.xpt"), frame).read_bytes()


def test_the_index_of_the_frame_does_not_matter(path: Path) -> None:
    frame = frame_of(["A", "B"])
    first = write(path, frame).read_bytes()
    frame.index = pd.Index([7, 7])
    assert write(path, frame).read_bytes() == first


def test_a_nullable_integer_missing_is_missing(path: Path) -> None:
    write(path, pd.DataFrame({"SEQ": pd.array([1, None], dtype="Int64"), "TERM": ["A", "B"]}))
    assert np.isnan(pyreadstat.read_xport(path)[0]["SEQ"][1])


# --- exact bytes --------------------------------------------------------------------------------------------


def test_two_writes_are_byte_identical_and_carry_no_clock(path: Path) -> None:
    first = write(path, frame_of(["A", "B"])).read_bytes()
    assert write(path, frame_of(["A", "B"])).read_bytes() == first
    for offset in (144, 160, 464, 480):  # created and modified, library and member
        assert first[offset : offset + 16] == b"01JAN00:00:00:00"
    dated = write(path, frame_of(["A", "B"]), created=datetime(2026, 10, 31, 13, 5, 9)).read_bytes()
    assert dated[144:160] == b"31OCT26:13:05:09"
    assert dated.replace(b"31OCT26:13:05:09", b"01JAN00:00:00:00") == first


def test_header_records_stand_where_the_format_puts_them(path: Path) -> None:
    content = write(path, frame_of(["A"])).read_bytes()
    assert len(content) == HEADER_BYTES + 80
    records = [content[i : i + 80] for i in range(0, HEADER_BYTES, 80)]
    zeros = b"0" * 30 + b"  "
    assert records[0] == b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + zeros
    assert records[1].startswith(b"SAS     SAS     SASLIB  9.4     ")
    assert records[3] == (b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  ")
    assert records[4] == b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!" + zeros
    assert records[5].startswith(b"SAS     ZZ      SASDATA 9.4     ")
    assert records[6] == b"01JAN00:00:00:00" + b" " * 16 + b"Test Dataset".ljust(48)
    assert records[7] == (b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000000200000000000000000000  ")
    assert records[12] == b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!" + zeros


def test_namestr_holds_type_length_number_position_and_blank_formats(path: Path) -> None:
    content = write(path, frame_of(["A"])).read_bytes()
    second = content[640 + 140 : 640 + 280]
    kind, hashing, length, number = struct.unpack(">4h", second[:8])
    assert (kind, hashing, length, number) == (2, 0, 10, 2)
    assert second[8:16] == b"TERM    "
    assert second[16:56] == b"Reported Term".ljust(40)
    assert second[56:64] == second[72:80] == b" " * 8
    assert struct.unpack(">i", second[84:88]) == (8,)


@pytest.mark.parametrize("rows", [1, 4, 40, 41])
def test_observations_are_padded_with_blanks_to_whole_records(path: Path, rows: int) -> None:
    content = write(path, frame_of(["A"] * rows)).read_bytes()
    data = content[HEADER_BYTES:]
    assert len(data) % 80 == 0
    assert 0 <= len(data) - 18 * rows < 80
    assert not data[18 * rows :].strip(b" ")


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0.0, "0000000000000000"),
        (-0.0, "0000000000000000"),
        (float("nan"), "2e00000000000000"),
        (1.0, "4110000000000000"),
        (-1.0, "c110000000000000"),
        (0.1, "401999999999999a"),
        (100.0, "4264000000000000"),
        (-118.625, "c276a00000000000"),
        (16.0**-65, "0010000000000000"),
        (float(np.nextafter(16.0**63, 0)), "7ffffffffffffff8"),
    ],
)
def test_ibm_words_of_known_numbers(number: float, word: str) -> None:
    words, exact = ieee_to_ibm(np.array([number]))
    assert words.astype(">u8").tobytes().hex() == word
    assert exact.all()


# --- refusals: declaration ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "TOOLONGNA", "aeterm", "1AE", "AE-TERM", "名"])
def test_a_bad_variable_name_is_refused(path: Path, name: str) -> None:
    message = refusal(path, pd.DataFrame({name: ["A"]}), XptVariable(name, "Label", "Char", 1))
    assert message.startswith(f"ZZ.{name}: the name must be 1 to 8 characters")


def test_a_bad_dataset_name_is_refused(path: Path) -> None:
    with pytest.raises(OutputError, match=r"^SUPPZZZZZ: the name must be"):
        write_xpt(path, "SUPPZZZZZ", "Label", frame_of(["A"]), (NUM, CHAR))


def test_labels_are_counted_in_bytes_of_the_encoding(path: Path) -> None:
    def declared(label: str) -> XptVariable:
        return XptVariable("TERM", label, "Char", 10)

    frame = frame_of(["A"])
    write(path, frame, NUM, declared("字" * 20), encoding="gb18030")
    write(path, frame, NUM, declared("字" * 13), encoding="utf-8")
    write(path, frame, NUM, declared("x" * 40))
    assert "ZZ.TERM: the label takes 42 bytes" in refusal(
        path, frame, NUM, declared("字" * 14), encoding="utf-8"
    )
    assert "ZZ.TERM: the label takes 42 bytes" in refusal(
        path, frame, NUM, declared("字" * 21), encoding="gb18030"
    )
    assert "ZZ.TERM: the label takes 41 bytes" in refusal(path, frame, NUM, declared("x" * 41))
    assert "ZZ.TERM: the label has a character ascii cannot hold" in refusal(path, frame, NUM, declared("é"))


def test_a_long_dataset_label_is_refused(path: Path) -> None:
    with pytest.raises(OutputError, match=r"^ZZ: the label takes 41 bytes in ascii"):
        write_xpt(path, "ZZ", "x" * 41, frame_of(["A"]), (NUM, CHAR))


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        (XptVariable("TERM", "", "Char", 0), "Char of length 0"),
        (XptVariable("TERM", "", "Char", 201), "Char of length 201"),
        (XptVariable("TERM", "", "Num", 4), "Num of length 4"),
        (XptVariable("TERM", "", "text", 4), "the type must be Char or Num"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_type_or_length_is_refused(path: Path, variable: XptVariable, text: str) -> None:
    assert f"ZZ.TERM: {text}" in refusal(path, frame_of(["A"]), NUM, variable)


def test_all_bad_declarations_are_named_at_once(path: Path) -> None:
    bad = (XptVariable("a", "", "Char", 1), XptVariable("B", "", "Char", 0), XptVariable("B", "", "Char", 1))
    lines = refusal(path, frame_of(["A"]), *bad).splitlines()
    assert [line.split(":")[0] for line in lines] == ["ZZ.B", "ZZ.a", "ZZ.B"]
    assert "declared more than once" in lines[0]


def test_no_variables_and_an_unknown_encoding_are_refused(path: Path) -> None:
    with pytest.raises(OutputError, match=r"ZZ: 0 variables"):
        write_xpt(path, "ZZ", "Label", pd.DataFrame(), ())
    assert "encoding 'latin-1' is none of ascii, utf-8, gb18030" in refusal(
        path, frame_of(["A"]), encoding="latin-1"
    )


def test_columns_and_declaration_must_agree(path: Path) -> None:
    frame = frame_of(["A"]).rename(columns={"SEQ": "OTHER"})
    assert refusal(path, frame).splitlines() == [
        "ZZ.SEQ: declared, but the frame has no such column",
        "ZZ.OTHER: a column of the frame that is not declared",
    ]
    doubled = pd.concat([frame_of(["A"]), frame_of(["B"])[["TERM"]]], axis=1)
    assert "ZZ.TERM: 2 columns of that name" in refusal(path, doubled)


def test_a_dtype_that_cannot_be_the_declared_type_is_refused(path: Path) -> None:
    swapped = pd.DataFrame({"SEQ": ["1"], "TERM": [1.0]})
    lines = refusal(path, swapped).splitlines()
    assert lines[0].startswith("ZZ.SEQ: declared Num, but row 1")
    assert lines[1].startswith("ZZ.TERM: declared Char, but row 1")


# --- refusals: values ---------------------------------------------------------------------------------------


def test_too_long_texts_are_named_by_variable_and_first_row(path: Path) -> None:
    other = XptVariable("NOTE", "Note", "Char", 200)
    frame = frame_of(["ok", "SECRETVALUE", "SECRETVALUE", "SECRETVALU"]).assign(NOTE=["", "", "", "y" * 201])
    message = refusal(path, frame, NUM, CHAR, other)
    assert message.splitlines() == [
        "ZZ.TERM row 2 (and 1 more rows): the value takes more than the declared 10 bytes in ascii: "
        "declare more",
        "ZZ.NOTE row 4: the value takes more than 200 bytes in ascii: move the rest to SUPP--",
    ]
    assert "SECRET" not in message


def test_lengths_are_counted_in_bytes(path: Path) -> None:
    frame = frame_of(["恶心呕吐"])
    write(path, frame, encoding="gb18030")
    assert "row 1: the value takes more than the declared 10 bytes in utf-8" in refusal(
        path, frame, encoding="utf-8"
    )


def test_a_character_outside_the_encoding_is_refused_without_showing_it(path: Path) -> None:
    message = refusal(path, frame_of(["ok", "café"]))
    assert message.startswith("ZZ.TERM row 2: the value has a character ascii cannot hold")
    assert "caf" not in message
    surrogate = pd.DataFrame({"SEQ": [1.0], "TERM": pd.Series(["\ud800"], dtype=object)})
    assert "row 1: the value has a character utf-8 cannot hold" in refusal(path, surrogate, encoding="utf-8")


def test_a_cell_that_is_not_text_or_holds_nul_is_refused(path: Path) -> None:
    frame = frame_of(["ok", 5, b"x", "a\0b"])
    assert refusal(path, frame).splitlines() == [
        "ZZ.TERM row 2: the value is of type int, not text",
        "ZZ.TERM row 3: the value is of type bytes, not text",
        "ZZ.TERM row 4: the value holds a NUL, where readers cut it off",
    ]
    numbers = pd.DataFrame({"SEQ": [1.0], "TERM": pd.Categorical([7])})
    assert "ZZ.TERM row 1: the value is of type int, not text" in refusal(path, numbers)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (np.inf, "is infinite"),
        (-np.inf, "is infinite"),
        (16.0**63, "is too large for IBM floating point"),
        (-1e300, "is too large for IBM floating point"),
        (float(np.nextafter(16.0**-65, 0)), "is too small for IBM floating point"),
        (5e-324, "is too small for IBM floating point"),
    ],
)
def test_numbers_ibm_floating_point_cannot_hold_are_refused(path: Path, number: float, text: str) -> None:
    message = refusal(path, frame_of(["A", "B"], [1.0, number]))
    assert message.startswith(f"ZZ.SEQ row 2: the value {text}")


def test_an_integer_that_is_no_exact_double_is_refused(path: Path) -> None:
    frame = pd.DataFrame({"SEQ": [2**53 + 1], "TERM": ["A"]})
    assert "ZZ.SEQ row 1: the value is an integer of 2**53 or more" in refusal(path, frame)


def test_rows_are_counted_over_all_blocks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_BUFFER_BYTES", 18 * 7)
    frame = frame_of(["ok"] * 20 + ["é"] + ["ok"] * 20 + ["é"])
    assert "ZZ.TERM row 21 (and 1 more rows): " in refusal(path, frame)


@pytest.mark.parametrize("last", ["", None, "   "])
def test_a_last_row_of_blanks_only_is_refused(path: Path, last: str | None) -> None:
    frame = pd.DataFrame({"TERM": ["A", last]})
    assert refusal(path, frame, CHAR).startswith("ZZ row 2: blank in all of TERM; readers take such a row")


def test_blank_rows_that_readers_keep_are_written(path: Path) -> None:
    write(path, pd.DataFrame({"TERM": ["", "A"]}), CHAR)
    assert pyreadstat.read_xport(path)[0]["TERM"].tolist() == ["", "A"]
    write(path, frame_of(["A", ""], [1.0, np.nan]))  # a missing number is not blank bytes
    assert len(pyreadstat.read_xport(path)[0]) == 2


def test_a_number_whose_bytes_are_all_blanks_is_refused_as_last_row(path: Path) -> None:
    blanks = 0x20202020202020 / 2**56 * 16.0**-32
    frame = frame_of(["A", ""], [1.0, blanks])
    assert refusal(path, frame).startswith("ZZ row 2: blank in all of SEQ, TERM")


def test_a_file_above_5_gb_is_refused_with_a_split_plan(path: Path) -> None:
    rows = 130_000
    text = pd.Categorical.from_codes(np.zeros(rows, dtype=np.int8), ["x"])
    variables = [XptVariable(f"V{i}", "", "Char", 200) for i in range(400)]
    frame = pd.DataFrame({v.name: text for v in variables}, copy=False)
    message = refusal(path, frame, *variables)
    assert message.startswith("zz.xpt: ZZ would take 10,400,056,")
    assert message.endswith("split it into 3 parts of at most 43334 rows")


def test_parts_of_the_split_plan_fit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_FILE_BYTES", HEADER_BYTES + 175)
    frame = frame_of(["A"] * 17)  # two whole records fit, 8 rows of 18 bytes; 17 rows need 3 parts
    assert refusal(path, frame).endswith("split it into 3 parts of at most 6 rows")
    write(path, frame.iloc[:8])
    assert "bytes from row 1 to 9," in refusal(path, frame.iloc[:9])


def test_an_interrupted_write_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(writer, "_write_observations", fail)
    with pytest.raises(OSError, match="disk full"):
        write(path, frame_of(["A"]))
    assert list(path.parent.iterdir()) == []


# --- byte lengths -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["object", "category"])
def test_byte_lengths_in_each_encoding(dtype: str) -> None:
    texts = pd.Series(["ab", "", None, "恶心", "ab", "a\0"], dtype=dtype)
    assert byte_lengths(texts, "utf-8").tolist() == [2, 0, 0, 6, 2, -1]
    assert byte_lengths(texts, "gb18030").tolist() == [2, 0, 0, 4, 2, -1]
    assert byte_lengths(texts, "ascii").tolist() == [2, 0, 0, -1, 2, -1]
    assert byte_lengths(texts.iloc[:0], "ascii").tolist() == []
