"""The scan of a package: every kind of file is read, every disguise seen through, nothing right is a hit."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

import openpyxl
import pandas as pd
import pytest
import pyzipper

from cdisc_kit.ipd.decode import decode
from cdisc_kit.ipd.known import Known
from cdisc_kit.ipd.patterns import shapes
from cdisc_kit.ipd.scan import Allowed, hits, keys_in, unsafe_names
from cdisc_kit.ipd.spelling import plain, readings
from cdisc_kit.ipd.writtendates import days, months
from cdisc_kit.xpt import XptVariable, xpt_bytes

NUMBER = "01001"
KNOWN = Known(
    numbers=frozenset({NUMBER, "bx-01001-01", "chictr0000000000-01-01001", "20250907010011", "th012509"}),
    words=frozenset({"XLPI"}),
    phrases=re.compile("浙大一院|Sun Yat-sen Memorial Hospital", re.IGNORECASE),
    days=frozenset({"2026-03-05", "1958-04-01"}),
    short=0,
)
ALLOWED = Allowed(days=frozenset({"2026-04-16", "2025-03-28"}), texts=("First Hospital of Somewhere",))


def found(files: dict[str, bytes]) -> set[str]:
    """The rules of all hits, `unread` for a file that cannot be looked through."""
    decoded = decode(files)
    rules = {hit.rule for hit in hits(decoded, KNOWN, ALLOWED)}
    return rules | ({"unread"} if decoded.unread else set())


def zipped(name: str = "a.txt", content: bytes = b"", *, comment: str = "", year: int = 1980) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
        info.comment = comment.encode("utf-8")
        archive.writestr(info, content)
    return buffer.getvalue()


def workbook(change: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def hidden_sheet(book: openpyxl.Workbook) -> None:
    sheet = book.create_sheet("raw")
    sheet["A1"] = "subject " + NUMBER
    sheet.sheet_state = "veryHidden"


def author(book: openpyxl.Workbook) -> None:
    book.properties.creator = "欧阳娜娜"


def formula(book: openpyxl.Workbook) -> None:
    book.worksheets[0]["A1"] = "=HYPERLINK(A2)"


def date_cell(book: openpyxl.Workbook) -> None:
    book.worksheets[0]["A1"] = pd.Timestamp("2026-03-05").to_pydatetime()


def png(kind: bytes, data: bytes, *, behind: bytes = b"") -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(kind, data) + pixels + chunk(b"IEND", b"") + behind


def jpeg(note: bytes) -> bytes:
    part = b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note
    return b"\xff\xd8" + part + b"\xff\xda\x00\x02\x00\xff\xd9"


def pdf(text: str, author: str = "") -> bytes:
    """A PDF of one page, by hand: its readers mend the missing table of objects."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1")
    return b"\n".join(
        [
            b"%PDF-1.4",
            b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
            b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
            b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj",
            b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj" % (len(stream), stream),
            b"5 0 obj<</Author(%s)>>endobj" % author.encode("latin-1"),
            b"trailer<</Root 1 0 R/Info 5 0 R>>",
            b"startxref\n0\n%%EOF",
        ]
    )


def xpt(value: str, *, label: str = "Term", name: str = "AETERM", title: str = "Adverse Events") -> bytes:
    frame = pd.DataFrame({name: pd.Series([value, "Nausea"], dtype=object)})
    variables = [XptVariable(name, label, "Char", 200)]
    return xpt_bytes("AE", title, frame, variables, encoding="utf-8")


def unnamed(value: object) -> str | None:
    """No bytes in the name of a test: a workbook's differ from run to run."""
    return "content" if isinstance(value, bytes) else None


class TestPlaces:
    """A known number or date is found wherever it stands."""

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("sdtm/csv/ae.csv", f'"AETERM"\r\n"as {NUMBER} said"\r\n'.encode()),
            ("sdtm/csv/ae.csv", f"AETERM\r\nx,{NUMBER}\r\n".encode()),
            ("sdtm/xpt/ae.xpt", xpt(f"as {NUMBER} said")),
            ("sdtm/xpt/ae.xpt", xpt("x", label=f"Term {NUMBER}")),
            ("sdtm/xpt/ae.xpt", xpt("x", title=f"Events {NUMBER}")),
            ("sdtm/json/ae.json", json.dumps({"columns": [{"name": "A"}], "rows": [[NUMBER]]}).encode()),
            ("sdtm/json/ae.ndjson", b'{"columns":[{"name":"A"}]}\n["\\u0030' + NUMBER[1:].encode() + b'"]\n'),
            ("metadata/x.json", json.dumps({"a": {NUMBER: 1}}).encode()),
            ("define.xml", f"<a b='{NUMBER}'/>".encode()),
            ("define.xml", f"<a><!-- {NUMBER} --></a>".encode()),
            ("define.xml", f"<!-- {NUMBER} --><a/>".encode()),
            ("define.xml", f"<a><?x {NUMBER}?></a>".encode()),
            ("define.xml", b"<a>01<b>00</b>1</a>"),
            ("define.html", f"<p>&#48;{NUMBER[1:]}</p>".encode()),
            ("README.md", f"see {NUMBER}\n".encode("utf-16")),
            ("README.md", f"受试者{NUMBER}\n".encode("gb18030")),
            (f"docs/{NUMBER}.txt", b"x"),
            ("a.zip", zipped(content=zipped(content=NUMBER.encode()))),
            ("a.zip", zipped(NUMBER)),
            ("a.zip", zipped(comment=f"of {NUMBER}")),
            ("a.csv.gz", gzip.compress(f"A\r\n{NUMBER}\r\n".encode(), mtime=0)),
            ("dictionary.xlsx", workbook(hidden_sheet)),
            ("plot.png", png(b"tEXt", b"Comment\0" + NUMBER.encode())),
            ("plot.png", png(b"zTXt", b"Comment\0\0" + zlib.compress(NUMBER.encode()))),
            ("plot.png", png(b"iTXt", b"Comment\0\0\0\0\0" + NUMBER.encode())),
            ("plot.png", png(b"eXIf", b"II*\0" + f"subject {NUMBER}".encode("utf-16-le"))),
            ("photo.jpg", jpeg(b"Exif\0\0" + f"subject {NUMBER} x".encode())),
            ("protocol.pdf", pdf(f"subject {NUMBER}")),
            ("protocol.pdf", pdf("Protocol", author=f"of {NUMBER}")),
            ("anything.bin", b"\0\1\2" + f"subject {NUMBER} x".encode("utf-16-le") + b"\0\0\7"),
        ],
        ids=unnamed,
    )
    def test_a_subject_number(self, path: str, content: bytes) -> None:
        assert "identifier" in found({path: content}), path

    def test_a_table_without_rows(self) -> None:
        assert not found({"sdtm/json/ae.json": b'{"columns": [{"name": "A"}], "rows": []}'})

    def test_a_picture_within_a_page(self) -> None:
        inner = base64.b64encode(png(b"tEXt", b"Comment\0" + NUMBER.encode())).decode()
        page = f'<img src="data:image/png;base64,{inner}">'.encode()
        assert "identifier" in found({"report.html": page})

    def test_a_date_cell_of_a_workbook(self) -> None:
        assert "date" in found({"dictionary.xlsx": workbook(date_cell)})

    def test_the_author_of_a_workbook(self) -> None:
        assert "Chinese name" in found({"dictionary.xlsx": workbook(author)})

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 40),
            ("a.doc", b"\xd0\xcf\x11\xe0" + b"\0" * 40),
            ("a.bin", b"\0\1\2\3"),
            ("a.zip", zipped(content=b"x") + b"behind"),
            ("a.zip", zipped(content=b"x")[:-30]),
            ("a.xpt", b"HEADER RECORD*******LIB"),
            ("a.xpt", xpt("x")[:-80] + b"x"),
            ("a.csv", b'A\r\n"open'),
            ("a.json", b"{"),
            ("a.xml", b"<a>"),
            ("a.xml", b'<!DOCTYPE a [<!ENTITY n "x">]><a>&n;</a>'),
            ("a.pdf", b"%PDF-1.4 nothing"),
            ("a.png", png(b"tEXt", b"a\0b", behind=b"more")),
            ("a.jpg", jpeg(b"x") + b"more"),
        ],
        ids=unnamed,
    )
    def test_what_cannot_be_read_fails(self, path: str, content: bytes) -> None:
        assert "unread" in found({path: content})

    def test_an_encrypted_archive_fails(self) -> None:
        buffer = io.BytesIO()
        with pyzipper.AESZipFile(buffer, "w", encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(b"x")
            archive.writestr("a.txt", "x")
        assert "unread" in found({"a.zip": buffer.getvalue()})


class TestShapes:
    @pytest.mark.parametrize(
        ("text", "shape"),
        [
            ("110105194912310021", "identity number"),
            ("身份证11010519491231002X", "identity number"),
            ("１１０１０５１９４９１２３１００２Ｘ", "identity number"),
            ("110105 1949 1231 002X", "identity number"),
            ("1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 1", "identity number"),
            ("110\u200b105\u200b194912310021", "identity number"),
            ("110105491231002", "identity number"),
            ("一一零一零五一九四九一二三一零零二一", "identity number"),
            ("13800138000", "mobile telephone"),
            ("+86 138-0013-8000", "mobile telephone"),
            ("8613800138000", "mobile telephone"),
            ("电话一三八零零一三八零零零", "mobile telephone"),
            ("138 0013 8000", "mobile telephone"),
            ("0571-87236114", "landline"),
            ("(010) 5611 8899", "landline"),
            ("+86-571-87236114", "landline"),
            ("zhang.san@zju.edu.cn", "e-mail address"),
            ("zhangsan ＠ 163.com", "e-mail address"),
            ("微信：zhang_san88", "WeChat or QQ"),
            ("WeChat ID: lisi1990", "WeChat or QQ"),
            ("wxid_abc12345", "WeChat or QQ"),
            ("QQ:123456789", "WeChat or QQ"),
            ("住院号：0012345", "hospital number"),
            ("病理号P2026-1234", "hospital number"),
            ("MRN 00123456", "hospital number"),
            ("12床", "ward or bed"),
            ("床号：十二床", "ward or bed"),
            ("转入3病区", "ward or bed"),
            ("病房 2308", "ward or bed"),
            ("bed 12", "ward or bed"),
            ("欧阳娜", "Chinese name"),
            ("司马相如", "Chinese name"),
            ("买买提·艾合买提", "Chinese name"),
            ("患者姓名：张伟", "Chinese name"),
            ("由陈建国医生", "Chinese name"),
            ("王某", "Chinese name"),
        ],
    )
    def test_found_in_documents_too(self, text: str, shape: str) -> None:
        for cell in (False, True):
            assert shape in {name for reading in readings(text) for name, _ in shapes(reading, cell=cell)}, (
                cell
            )

    @pytest.mark.parametrize(
        ("text", "shape"),
        [
            ("Dr. Wang saw him", "name"),
            ("seen with Zhang Xiaoming", "name"),
            ("Ouyang Nana", "name"),
            ("moved to Beijing Friendship Hospital", "hospital"),
            ("HLA-A", "HLA typing"),
            ("A*02:01", "HLA typing"),
            ("头痛", "Chinese text in a cell"),
        ],
    )
    def test_found_in_cells(self, text: str, shape: str) -> None:
        assert shape in {name for name, _ in shapes(plain(text), cell=True)}

    @pytest.mark.parametrize(
        ("name", "right", "wrong"),
        [
            *(
                (name, *encodings)
                for name in ("欧阳娜", "患者姓名:张伟")
                for encodings in (("gb18030", "latin-1"), ("utf-8", "latin-1"))
            ),
            ("欧阳娜", "utf-8", "cp1252"),
        ],
    )
    def test_a_name_in_the_wrong_encoding(self, name: str, right: str, wrong: str) -> None:
        hidden = name.encode(right).decode(wrong)
        assert "Chinese name" in {
            rule for reading in readings(hidden) for rule, _ in shapes(reading, cell=True)
        }
        assert "Chinese name" in found({"sdtm/xpt/ae.xpt": xpt(hidden)})

    @pytest.mark.parametrize(
        "text",
        [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "13800138000e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495",
            "25P3QZAQDH",
            "IT.LB.LBSTRESN.ALT",
            "1.2.840.10008.5.1.4.1.1.2",
            "10.5281/zenodo.1234567",
            "1930-01-01/1930-04-01",
            "1930-01-01 12:30",
            "住院号、床号和病区均不包含在内",
            "请联系研究负责人或任何医生",
            "高年资医师审核,主任医师签字",
            "Anti-Thymocyte Globulin 2.5 mg/kg",
            "Han Chinese",
            "He had no fever",
            "Lu 5 mg",
            "Hospital stay",
            "IN-HOSPITAL DEATH",
            "Room air",
            "Embedded tumour",
        ],
    )
    def test_what_is_right_stays(self, text: str) -> None:
        assert not [name for reading in readings(text) for name, _ in shapes(reading, cell=False)]
        if text.isascii():
            assert not [name for reading in readings(text) for name, _ in shapes(reading, cell=True)]

    def test_a_result_is_no_telephone(self) -> None:
        assert not list(shapes("15000000000", cell=True, column="MBSTRESC"))
        assert list(shapes("15000000000", cell=True, column="AETERM"))

    @pytest.mark.parametrize("column", ["LBSTRESC", "MBSTRESN", "QVAL"])
    def test_a_telephone_typed_as_a_result_is_one(self, column: str) -> None:
        assert [name for name, _ in shapes("13812345678", cell=True, column=column)] == ["mobile telephone"]


class TestDates:
    @pytest.mark.parametrize(
        "text",
        [
            "2026-03-05", "2026/3/5", "20260305", "2026.03.05", "2026年3月5日", "２０２６年３月５日",
            "二〇二六年三月五日", "26年3月5日", "05MAR2026", "5 Mar 2026", "March 5, 2026", "5/3/2026",
            "03/05/2026", "2026-03-05T10:30:00+08:00",
            "202603051030", "on 2026-3-5, at home",
        ],
    )  # fmt: skip
    def test_any_writing(self, text: str) -> None:
        assert "2026-03-05" in days(plain(text))
        assert "date" in found({"sdtm/csv/ae.csv": f'AETERM\r\n"{text}"\r\n'.encode()})
        assert "date" in found({"README.md": text.encode()})

    def test_no_date(self) -> None:
        assert not days("1.2026.3.50 2026-13-01 12026-03-05 2026-02-30")
        assert months("2026-03 and 2026年4月") == {"2026-03", "2026-04"}
        assert not months("2026-03-05")

    @pytest.mark.parametrize(
        ("column", "text"),
        [("CMSTDTC", "2026"), ("AETERM", "2026-03"), ("DSTERM", "2027-01-02"), ("QVAL", "1958-4-1")],
    )
    def test_no_date_of_the_living_stands_in_a_cell(self, column: str, text: str) -> None:
        assert "date" in found({"sdtm/csv/ae.csv": f"{column}\r\n{text}\r\n".encode()})

    def test_fictitious_and_public_dates(self) -> None:
        assert not found({"sdtm/csv/ae.csv": b"AESTDTC\r\n1930-01-01/1930-04-01\r\n1895-03-05\r\n"})
        assert not found({"README.md": b"registered 2026-04-16, terms of 2025-03-28, packed 2027-11-21"})

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("a.zip", zipped(year=2026)),
            ("a.gz", gzip.compress(b"x", mtime=1772668800)),
            ("plot.png", png(b"tIME", struct.pack(">HBBBBB", 2026, 3, 6, 10, 30, 0))),
            ("ae.json", b'{"datasetJSONCreationDateTime": "2026-11-21T10:00:00"}'),
            ("define.xml", b'<ODM CreationDateTime="2026-11-21T10:00:00"/>'),
            ("ae.xpt", xpt("x").replace(b"01JAN00:00:00:00", b"21NOV26:00:00:00")),
        ],
        ids=unnamed,
    )
    def test_no_time_of_making(self, path: str, content: bytes) -> None:
        assert "date" in found({path: content})


class TestKnown:
    @pytest.mark.parametrize(
        "text",
        [
            "01001",
            "S01001",
            "subject-01001",
            "BX-01001-01",
            "bx 01001 01",
            "CHICTR0000000000-01-01001",
            "TH012509",
            "XLPI",
        ],
    )
    def test_as_a_token(self, text: str) -> None:
        assert list(KNOWN.found(text, cell=True))

    @pytest.mark.parametrize("text", ["101001", "010010", "XLPIA", "xlpi"])
    def test_not_as_a_part(self, text: str) -> None:
        assert not list(KNOWN.found(text, cell=True))

    def test_initials_are_searched_in_cells_alone(self) -> None:
        assert not list(KNOWN.found("XLPI", cell=False))

    @pytest.mark.parametrize("text", ["转自浙大一院", "at SUN YAT-SEN MEMORIAL hospital"])
    def test_places(self, text: str) -> None:
        assert "place or person" in found({"define.xml": f"<Comment>{text}</Comment>".encode()})


def test_formulas_of_spreadsheets() -> None:
    assert "formula" in found({"sdtm/csv/ae.csv": b"AETERM\r\n=cmd|' /C calc'!A0\r\n"})
    assert "formula" in found({"dictionary.xlsx": workbook(formula)})
    assert not found({"sdtm/csv/ae.csv": b"AETERM,AESTDY\r\n'=cmd,-5\r\n"})


@pytest.mark.parametrize("writing", [bytes, bytes.hex, lambda key: "cdisc-kit-key-1:" + "x" * 44])
def test_a_key_in_the_package(writing: Callable[[bytes], bytes | str]) -> None:
    key = bytes(range(32))
    form = writing(key)
    content = form if isinstance(form, bytes) else form.encode()
    for files in ({"data/x.txt": b"a " + content}, {"a.zip": zipped(content=b"the key is " + content)}):
        if not isinstance(form, bytes) or "a.zip" not in files:
            assert list(keys_in(files, decode(files), [key]))
    clean = {"data/x.txt": b"a"}
    assert not list(keys_in(clean, decode(clean), [key]))


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../b", "a\\b", "数据.csv", "a\x1b[2J"])
def test_names_that_leave_their_folder(name: str) -> None:
    assert list(unsafe_names([name]))
    assert not list(unsafe_names(["data/sdtm/xpt/ae.xpt", "bag-info.txt"]))


def test_a_public_name_may_stand_in_documents_only() -> None:
    text = "First Hospital of Somewhere"
    assert not found({"README.md": f"{text} gives".encode()})
    assert "hospital" in found({"sdtm/csv/ae.csv": f"AETERM\r\nmoved to {text}\r\n".encode()})
