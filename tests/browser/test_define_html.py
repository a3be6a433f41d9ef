"""define.html and the findings page as a browser shows them from disk, with scripts and without."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from cdisc_kit.dataset import Dataset, Origin, Variable
from cdisc_kit.definexml import Document, StudyDescription, write_define
from cdisc_kit.findings import Finding
from cdisc_kit.locate import bundled
from cdisc_kit.render.define_html import render_define_html
from cdisc_kit.render.findings_html import render_findings
from cdisc_kit.standard import load_ct, load_sdtmig

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("define_html")]

COLLECTED = {"*": Origin("Collected", "Investigator", columns=("A01.SEX",))}
DERIVED = {"*": Origin("Derived", "Sponsor", "Whole years from birth to consent.")}


def chromium() -> str:
    path = shutil.which("chromium")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("chromium is missing; install Debian's chromium and chromium-driver")
    if path is None:
        pytest.skip("chromium is not installed (apt-get install chromium chromium-driver)")
    return path


def driver(*arguments: str) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = chromium()
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1500,1100", *arguments):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    opened = driver()
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def scriptless() -> Iterator[webdriver.Chrome]:
    opened = driver("--blink-settings=scriptEnabled=false")
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def define(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdtm")
    columns = {
        "USUBJID": ["S-1", "S-1", "S-2"],
        "VSTESTCD": ["TEMP", "HR", "TEMP"],
        "VSTEST": ["Temperature", "Heart Rate", "Temperature"],
        "VSORRES": ["36.6", "72", "37.5"],
        "VSPOS": ["SITTING", "SITTING", "UPSIDE DOWN"],
        "VSDY": [1.0, 1.0, 2.0],
    }
    variables = (
        Variable("USUBJID", "Unique Subject Identifier", "Char", 3, core="Req", origins=COLLECTED),
        Variable(
            "VSTESTCD", "Test Code", "Char", 4, codelists=("C66741",), origins=COLLECTED, label_zh="检查代码"
        ),
        Variable("VSTEST", "Test Name", "Char", 11, codelists=("C67153",), origins=COLLECTED),
        Variable("VSORRES", "Result", "Char", 4, origins=COLLECTED),
        Variable("VSPOS", "Position <of> the subject", "Char", 11, codelists=("C71148",), origins=COLLECTED),
        Variable("VSDY", "Study Day", "Num", 8, origins=DERIVED, comment="A comment."),
    )
    dataset = Dataset(
        "VS", "Vital Signs", "FINDINGS", "One record", ("USUBJID",), variables, pd.DataFrame(columns)
    )
    study = StudyDescription(
        oid="ST.S",
        name="S",
        description="A study",
        protocol="P",
        created="2026-10-31T00:00:00",
        synthetic=True,
        documents=(Document("acrf", "Annotated CRF", "acrf.pdf", "annotated_crf"),),
        crf_pages={"A01": (3,)},
    )
    path = folder / "define.xml"
    write_define(path, study, [dataset], sdtmig=load_sdtmig(), ct=load_ct("2025-03-28"))
    page = folder / "define.html"
    page.write_bytes(render_define_html(path, bundled("define") / "define2-1.xsl"))
    return page


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    listed = [
        Finding("ID-ORPHAN", "ERROR", "no such subject", "没有该受试者", form="A19", value="01007"),
        *(Finding("CT-EXT", "WARN", "own term", dataset="PR", row=row) for row in (10, 9)),
        Finding("NUM-UNIT", "INFO", "unit converted", dataset="LB", row=1),
    ]
    path = tmp_path_factory.mktemp("reports") / "index.html"
    path.write_text(render_findings(listed, "S", True), encoding="utf-8")
    return path


def opened(browser: webdriver.Chrome, page: Path) -> webdriver.Chrome:
    browser.get(page.as_uri())
    return browser


def shown(browser: webdriver.Chrome, selector: str) -> list[str]:
    return [found.text for found in browser.find_elements(By.CSS_SELECTOR, selector) if found.is_displayed()]


def test_page_has_no_error(browser, define, findings):
    for page in (define, findings):
        opened(browser, page)
        assert browser.get_log("browser") == []


def test_define_shows_variables_with_value_levels(browser, define):
    opened(browser, define)
    rows = shown(browser, ".dataset tbody tr")
    assert len(rows) == 8
    assert "VSTESTCD = HR" in rows[4]
    assert "integer 2" in rows[4]
    assert "float 4.1" in rows[5]
    assert "检查代码" in rows[1]
    assert "Whole years from birth to consent." in rows[7]
    assert "A comment." in rows[7]


def test_define_shows_terms_with_codes(browser, define):
    opened(browser, define)
    rows = shown(browser, "[id='CL.POSITION'] tbody tr")
    assert rows[0].split() == ["SITTING", "C62122"]
    assert rows[1].split() == ["UPSIDE", "DOWN", "extended"]


def test_every_link_within_the_page_has_a_target(browser, define, findings):
    for page in (define, findings):
        opened(browser, page)
        missing = browser.execute_script(
            "return [...document.querySelectorAll('a[href^=\"#\"]')]"
            ".map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id))"
        )
        assert missing == []


def test_define_cites_crf_pages_and_datasets(browser, define):
    opened(browser, define)
    places = {
        link.get_attribute("href").rpartition("/")[2] for link in browser.find_elements(By.TAG_NAME, "a")
    }
    assert {"acrf.pdf#page=3", "vs.xpt"} <= places


def test_define_filter_keeps_the_variable_above_its_levels(browser, define):
    opened(browser, define)
    browser.find_element(By.ID, "filter").send_keys("vstestcd = hr")
    rows = shown(browser, ".dataset tbody tr")
    assert [row.split()[0] for row in rows] == ["VSORRES", "VSTESTCD"]
    assert shown(browser, "#found") == ["1 row(s)"]


def test_synthetic_banner(browser, define, findings):
    for page in (define, findings):
        opened(browser, page)
        (banner,) = shown(browser, ".synthetic")
        assert banner.startswith("SYNTHETIC DATA")


def test_pages_are_complete_without_scripts(scriptless, define, findings):
    opened(scriptless, define)
    assert len(shown(scriptless, ".dataset tbody tr")) == 8
    assert shown(scriptless, "#filter") == []
    opened(scriptless, findings)
    assert len(shown(scriptless, "#table tbody tr")) == 4
    assert shown(scriptless, "#controls") == []


def test_findings_filter_by_severity_rule_and_text(browser, findings):
    opened(browser, findings)
    browser.find_element(By.CSS_SELECTOR, "button[data-severity=WARN]").click()
    assert len(shown(browser, "#table tbody tr")) == 2
    browser.find_element(By.ID, "reset").click()
    assert len(shown(browser, "#table tbody tr")) == 4
    browser.find_element(By.ID, "search").send_keys("受试者")
    assert len(shown(browser, "#table tbody tr")) == 1
    browser.find_element(By.ID, "reset").click()
    browser.find_element(By.CSS_SELECTOR, "a[data-rule=NUM-UNIT]").click()
    assert [row.split()[1] for row in shown(browser, "#table tbody tr")] == ["NUM-UNIT"]


def test_findings_sort_numbers_as_numbers(browser, findings):
    opened(browser, findings)
    browser.find_element(By.CSS_SELECTOR, "#table thead th:nth-child(3) button").click()
    datasets = shown(browser, "#table tbody tr td:nth-child(3)")
    assert datasets == ["", "LB row 1", "PR row 9", "PR row 10"]


def test_no_findings_is_no_blank_page(browser, tmp_path):
    page = tmp_path / "index.html"
    page.write_text(render_findings([], "S", False), encoding="utf-8")
    opened(browser, page)
    assert "No findings" in browser.find_element(By.TAG_NAME, "main").text
    assert browser.get_log("browser") == []
