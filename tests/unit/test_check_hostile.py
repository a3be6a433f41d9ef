"""What a folder from elsewhere may hold: told by name, in bounded time, and the rest is still checked."""

from __future__ import annotations

import json
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cdisc_kit.check import check_folder
from cdisc_kit.check_command import check_package, text
from cdisc_kit.findings import Finding
from cdisc_kit.xpt import XptVariable, write_xpt

VARIABLES = (XptVariable("STUDYID", "Study Identifier", "Char", 5), XptVariable("AGE", "Age", "Num", 8))
NAMESTR = 640
SECONDS = 20  # for one hostile thing, on a loaded machine
DEFINE = """<?xml version="1.0"{encoding}?>{dtd}
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1"
 xmlns:xlink="http://www.w3.org/1999/xlink"{more}><Study OID="S"><MetaDataVersion OID="M" Name="M">{inside}
</MetaDataVersion></Study></ODM>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder below one with a secret, with one good dataset that has one finding of its own."""
    (tmp_path / "secret.xpt").write_bytes(b"SECRET")
    made = tmp_path / "sdtm"
    made.mkdir()
    frame = pd.DataFrame({"STUDYID": ["."], "AGE": [1.0]})
    write_xpt(made / "dm.xpt", "DM", "Demographics", frame, VARIABLES)
    return made


def about(folder: Path, file: str) -> list[Finding]:
    """The findings about `file`; the good dataset was checked all the same, and soon enough."""
    start = time.monotonic()
    findings = check_folder(folder).findings
    assert time.monotonic() - start < SECONDS
    assert any(f.rule == "TEXT-UNTIDY" and f.dataset == "DM" for f in findings)
    assert not any("SECRET" in f.value + f.message for f in findings)
    return [f for f in findings if f.source_file == file]


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ae.xpt", b"x" * 1000)


def looped(path: Path) -> None:
    path.symlink_to(path.name)


FILES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "zip": zipped,
    "directory": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "link out": lambda path: path.symlink_to(path.parent.parent / "secret.xpt"),
    "link to nothing": lambda path: path.symlink_to("absent.xpt"),
    "loop": looped,
    "text": lambda path: path.write_text("STUDYID,AGE\n" * 9, encoding="utf-8"),
    "blanks": lambda path: path.write_bytes(b" " * 8000),
}


@pytest.mark.parametrize("kind", FILES)
def test_what_is_no_transport_file(folder: Path, kind: str) -> None:
    FILES[kind](folder / "ae.xpt")
    (finding,) = about(folder, "ae.xpt")
    assert finding.severity == "FATAL"
    assert finding.message


def changed(folder: Path, at: int, new: bytes) -> None:
    data = bytearray((folder / "dm.xpt").read_bytes())
    data[at : at + len(new)] = new
    (folder / "ae.xpt").write_bytes(data)


@pytest.mark.parametrize(
    ("at", "new"),
    [
        (7 * 80 + 54, b"0000"),
        (7 * 80 + 54, b"9999"),
        (7 * 80 + 54, b"-001"),
        (NAMESTR + 4, struct.pack(">h", -5)),
        (NAMESTR + 4, struct.pack(">h", 0)),
        (NAMESTR + 84, struct.pack(">i", 2_000_000_000)),
        (NAMESTR + 84, struct.pack(">i", -80)),
        (NAMESTR, struct.pack(">h", 9)),
        (3 * 80 + 75, b"999"),
    ],
    ids=["none", "9999", "minus one", "negative", "zero", "2 GB", "start", "type", "descriptor"],
)
def test_headers_that_lie(folder: Path, at: int, new: bytes) -> None:
    changed(folder, at, new)
    assert [f.rule for f in about(folder, "ae.xpt")] == ["FILE-HEADER"]


def test_a_file_that_ends_within_its_header(folder: Path) -> None:
    data = (folder / "dm.xpt").read_bytes()
    (folder / "ae.xpt").write_bytes(data[: data.index(b"OBS     HEADER") + 30])
    assert [f.rule for f in about(folder, "ae.xpt")] == ["FILE-HEADER"]


def test_thousands_of_variables(folder: Path) -> None:
    many = tuple(XptVariable(f"V{at}", "A variable", "Char", 1) for at in range(3_000))
    write_xpt(folder / "xx.xpt", "XX", "", pd.DataFrame({v.name: ["A"] for v in many}), many)
    assert about(folder, "xx.xpt")


def test_a_hundred_thousand_columns_of_json(folder: Path) -> None:
    columns = [
        {"itemOID": f"IT.{at}", "name": f"V{at}", "label": "A", "dataType": "string"} for at in range(100_000)
    ]
    told = {"datasetJSONVersion": "1.1.0", "itemGroupOID": "IG", "name": "XX", "label": "X", "records": 0}
    (folder / "xx.json").write_text(json.dumps({**told, "columns": columns, "rows": []}), encoding="utf-8")
    (finding,) = about(folder, "xx.json")
    assert finding.rule == "FILE-HEADER"
    assert "100000 columns" in finding.message


def laughs(levels: int) -> str:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, levels)
    )
    return f"<!DOCTYPE ODM [{entities}]>"


DOCUMENTS: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)) * 20,
    "not UTF-8": DEFINE.format(encoding="", dtd="", more="", inside="<Comment>\xe9</Comment>").encode(
        "latin-1"
    ),
    "unknown encoding": DEFINE.format(encoding=' encoding="klingon"', dtd="", more="", inside="").encode(),
    "wrong encoding": DEFINE.format(encoding=' encoding="UTF-16"', dtd="", more="", inside="").encode(),
    "billion laughs": DEFINE.format(encoding="", dtd=laughs(12), more="", inside="<a>&a11;</a>").encode(),
    "laughs in an attribute": DEFINE.format(
        encoding="", dtd=laughs(12), more=' FileOID="&a11;"', inside=""
    ).encode(),
    "external entity": DEFINE.format(
        encoding="", dtd='<!DOCTYPE ODM [<!ENTITY x SYSTEM "../secret.xpt">]>', more="", inside="<a>&x;</a>"
    ).encode(),
    "network entity": DEFINE.format(
        encoding="", dtd='<!DOCTYPE ODM SYSTEM "http://192.0.2.1/x.dtd">', more="", inside=""
    ).encode(),
    "deep": DEFINE.format(encoding="", dtd="", more="", inside="<a>" * 50_000 + "</a>" * 50_000).encode(),
    "huge attribute": DEFINE.format(
        encoding="", dtd="", more=f' FileOID="{"x" * 20_000_000}"', inside=""
    ).encode(),
    "another document": b"<html><body/></html>",
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_documents_that_are_refused(folder: Path, kind: str) -> None:
    (folder / "define.xml").write_bytes(DOCUMENTS[kind])
    (finding,) = about(folder, "define.xml")
    assert finding.rule == "DEFINE-UNREADABLE"
    assert ("entities, which are refused" in finding.message) == (b"<!DOCTYPE" in DOCUMENTS[kind])


@pytest.mark.parametrize("kind", ["directory", "pipe", "device", "link out", "loop"])
def test_a_define_that_is_no_file(folder: Path, kind: str) -> None:
    FILES[kind](folder / "define.xml")
    assert [f.rule for f in about(folder, "define.xml")] == ["DEFINE-UNREADABLE"]


def test_a_great_many_attributes(folder: Path) -> None:
    many = "".join(f' a{at}=""' for at in range(50_000))
    document = DEFINE.format(encoding="", dtd="", more=many, inside="")
    (folder / "define.xml").write_text(document, encoding="utf-8")
    assert about(folder, "define.xml")


@pytest.mark.parametrize(
    "href",
    [
        *("../secret.xpt", "a/../../secret.xpt", "%2e%2e/secret.xpt", "..%2fsecret.xpt", "/etc/passwd"),
        *("file:///etc/passwd", "http://192.0.2.1/a.pdf", "C:\\a.pdf", "C:/a.pdf", "\\\\host\\a.pdf"),
        *("..\\secret.xpt", "a%00.pdf", "out.xpt", "loop.pdf", "", "x" * 5000),
    ],
)
def test_links_that_lead_out(folder: Path, href: str) -> None:
    (folder / "out.xpt").symlink_to(folder.parent / "secret.xpt")
    looped(folder / "loop.pdf")
    leaf = f'<def:leaf ID="L" xlink:href="{href}"><def:title>T</def:title></def:leaf>'
    document = DEFINE.format(encoding="", dtd="", more="", inside=leaf)
    (folder / "define.xml").write_text(document, encoding="utf-8")
    found = {f.rule for f in about(folder, "define.xml")}
    assert "DEFINE-LINK" in found
    assert "DEFINE-LINK-FILE" not in found


def test_names_that_a_terminal_would_obey(folder: Path) -> None:
    for name in ("a\n\x1b[31mRED.xpt", "b\u202e.xpt", "<script>.xpt", os.fsdecode(b"c\xff.xpt")):
        (folder / name).write_bytes(b"nonsense")
    reports = [folder.parent / f"report.{form}" for form in ("html", "json", "xml", "xlsx")]
    result = check_package(folder, define=None, engine="builtin", reports=reports, decisions=())
    shown = text(result)
    assert "\x1b" not in shown
    assert "a\\n\\x1b[31mRED.xpt" in shown
    assert "b\\u202e.xpt" in shown
    assert "c\\udcff.xpt" in shown
    page = reports[0].read_text(encoding="utf-8")
    assert "\x1b" not in page
    assert "<script>.xpt" not in page
    assert all(report.stat().st_size for report in reports)


def test_a_name_and_a_label_with_escape_codes(folder: Path) -> None:
    data = (folder / "dm.xpt").read_bytes()
    (folder / "ae.xpt").write_bytes(
        data.replace(b"Demographics", b"\x1b[2JDemo\n\x07..").replace(b"DM   ", b"A\x1b[m ", 2)
    )
    result = check_package(folder, define=None, engine="builtin", reports=(), decisions=())
    assert all(line.isprintable() for line in text(result).split("\n"))
    assert len(text(result).split("\n")) == len(result.groups()) + len(result.not_checked) + 1
