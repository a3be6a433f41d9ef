"""The documents of a release, used as a requester uses them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from demo import STUDIES, make_demo
from lxml import etree
from openpyxl.utils import get_column_letter

from cdisc_kit.ipd.anchor import EPOCH
from cdisc_kit.sharing.documents import GATES_TEXT, MARKDOWN
from cdisc_kit.sharing.gates import GATES

REPORT = "deid/anonymisation-report"
DATE = re.compile(r"(?<!\d)(\d{4})-\d\d-\d\d(?!\d)")
ICMJE = (
    "What data in particular",
    "What other documents",
    "When",
    "With whom",
    "what types of analyses",
    "mechanism",
)

pytestmark = pytest.mark.e2e


@pytest.fixture(
    scope="module", params=[pytest.param(s, marks=pytest.mark.xdist_group(f"demo-{s}")) for s in STUDIES]
)
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `data` of the release for review that a demonstration build leaves."""
    return make_demo(request.param, tmp_path_factory.getbasetemp()).out / "ipd" / "release" / "data"


def text_of(data: Path, name: str) -> str:
    return (data / name).read_text(encoding="utf-8")


def report(data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text_of(data, f"{REPORT}.json"))
    return loaded


def rows_of(text: str, heading: str) -> list[list[str]]:
    """Cells of the Markdown table whose first heading is `heading`."""
    table = text[text.index(f"| {heading} |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_analysis_gives_what_the_read_me_says(data: Path, language: str) -> None:
    text = text_of(data, f"README.{language}.md")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    program, shown = re.subn(r"^print\((.*)\)$", r"print(\1.to_json())", program, flags=re.MULTILINE)
    assert shown == 1
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=data, capture_output=True, text=True, check=True
    )
    counted = json.loads(ran.stdout)
    stated = rows_of(text, "ARM")
    for arm, some, none in stated:
        name = "" if arm.startswith(("(", "（")) else arm
        assert [counted.get(any_, {}).get(name, 0) for any_ in ("True", "False")] == [int(some), int(none)]
    assert sum(int(n) for _, *pair in stated for n in pair) == report(data)["subjects"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_analysis_in_r_and_excel_names_what_there_is(data: Path, language: str) -> None:
    text = text_of(data, f"README.{language}.md")
    (program,) = re.findall(r"```r\n(.*?)```", text, re.DOTALL)
    read = dict(re.findall(r'(\w+) <- read\.csv\("([\w/.]+)"', program))
    assert len(read) == 2
    heads = {
        name: (data / path).read_text(encoding="utf-8-sig").split("\n", 1)[0].strip().split(",")
        for name, path in read.items()
    }
    used = re.findall(r"(\w+)\$(\w+)", program)
    assert len(used) == 3
    assert not [(name, column) for name, column in used if column not in heads[name]]
    ((book, sheet, first, last, cell),) = re.findall(
        r"COUNTIF\(\[(\w+)\.csv\](\w+)!\$([A-Z]+):\$([A-Z]+),([A-Z]+)2\)", text
    )
    assert book == sheet and {book} == read.keys() - {"dm"}
    assert first == last == get_column_letter(heads[book].index("USUBJID") + 1)
    assert cell == get_column_letter(heads["dm"].index("USUBJID") + 1)


def test_read_me_and_report_say_who_is_not_here_and_print_no_small_cell(data: Path) -> None:
    for name in ("README.en.md", "README.zh.md", f"{REPORT}.html"):
        assert "SCREEN FAILURE" in text_of(data, name), name
    stated = rows_of(text_of(data, "README.en.md"), "ARM")
    assert [int(n) for _, *pair in stated for n in pair if 0 < int(n) < 5] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_file_that_the_read_me_names_is_there(data: Path, language: str) -> None:
    text = text_of(data, f"README.{language}.md")
    named = set(re.findall(r"`([\w./-]+/|[\w./-]+\.(?:csv|xlsx|xml|html|md))`", text))
    assert len(named) >= 10
    assert not [
        name for name in named if not ((data / name).exists() or (data / "sdtm" / "csv" / name).exists())
    ]


@pytest.mark.parametrize(("language", "heading"), [("en", "Table"), ("zh", "表")])
def test_the_read_me_lists_the_tables(data: Path, language: str, heading: str) -> None:
    listed = {row[0]: int(row[2]) for row in rows_of(text_of(data, f"README.{language}.md"), heading)}
    counted = {
        path.stem: len(path.read_text(encoding="utf-8-sig").splitlines()) - 1
        for path in (data / "sdtm" / "csv").iterdir()
    }
    assert listed == counted


@pytest.mark.parametrize("name", [*MARKDOWN, f"{REPORT}.html"])
def test_synthetic_data_say_so_and_no_date_is_of_the_study(data: Path, name: str) -> None:
    text = text_of(data, name)
    assert "SYNTHETIC" in text
    assert "合成数据" in text or name in {"README.en.md", "DUA.en.md"}
    fictitious = {str(EPOCH)[:4], str(int(str(EPOCH)[:4]) + 1)}
    assert set(DATE.findall(text)) <= fictitious
    assert "{{" not in text
    assert "None" not in text


def test_the_statement_has_the_elements_the_journals_ask_for(data: Path) -> None:
    headings = re.findall(r"^## (.+)$", text_of(data, "DATA_SHARING_STATEMENT.md"), re.MULTILINE)
    for element in ICMJE:
        assert any(element in heading and "·" in heading for heading in headings), element


def test_the_report_needs_no_script_and_no_network(data: Path) -> None:
    page = etree.HTML(text_of(data, f"{REPORT}.html"))
    assert not page.xpath("//script | //link | //img | //*[@onclick] | //iframe")
    assert page.xpath("//*[local-name()='svg']")
    assert "url(http" not in text_of(data, f"{REPORT}.html")


def test_the_report_tells_the_risk_of_the_release(data: Path) -> None:
    figures = report(data)
    after, tier = figures["risk"]["after"], figures["tier"]
    assert after["k"] >= tier["k"]
    assert after["maximum"]["value"] <= tier["max_risk"]
    assert after["above"] == 0
    assert sum(row["size"] * row["classes"] for row in after["classes"]) == figures["subjects"]
    assert [node["used"] for node in figures["frontier"]].count(True) == 1
    assert figures["sensitive"]
    assert 0 < figures["trajectory"]["days"]["value"] <= 1
    cards = etree.HTML(text_of(data, f"{REPORT}.html")).xpath("//div[@class='card']/b/text()")
    assert cards[0] == str(after["k"])


def test_every_gate_has_its_words() -> None:
    assert GATES_TEXT.keys() == GATES.keys()
