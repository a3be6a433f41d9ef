"""The page of a check as a browser shows it from disk: filter, sort, search, and complete without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from test_define_html import driver, opened, shown

from cdisc_kit.checked import CheckResult, RuleText, Unjudged
from cdisc_kit.decisions import Decision, Settled
from cdisc_kit.findings import Finding
from cdisc_kit.render.check_report import write_check_report

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("check_html")]

RULES = {
    "VAL-CT": RuleText("VAL-CT", "builtin", "ERROR", "value", reference="CDISC CG0002"),
    "CORE-000718": RuleText("CORE-000718", "core", "ERROR", "late"),
}
WAIVED = Decision("VAL-CT", "DM", "SEX", "waive", "known", "A. B.", "2026-11-02", file="d.yaml", line=3)
FOUND = (
    *(
        Settled(Finding("CORE-000718", "ERROR", "late", dataset="AE", row=row, usubjid=f"S-{row}"))
        for row in (10, 9)
    ),
    Settled(
        Finding("VAL-CT", "WARN", "no term", "无此术语", "DM", "SEX", 2, value="<b>X</b>"), WAIVED, False
    ),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    running = driver()
    yield running
    running.quit()


@pytest.fixture(scope="module")
def scriptless() -> Iterator[webdriver.Chrome]:
    running = driver("--blink-settings=scriptEnabled=false")
    yield running
    running.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reports") / "check.html"
    skipped = (Unjudged("CORE-000002", "EX", "no dataset EX"),)
    engines = {"builtin": "cdisc-kit", "core": "CDISC rules engine"}
    write_check_report(path, CheckResult("sdtm", engines, RULES, FOUND, skipped=skipped))
    return path


def rows(browser: webdriver.Chrome) -> list[str]:
    return shown(browser, "#table tbody tr")


def choose(browser: webdriver.Chrome, name: str, value: str) -> None:
    Select(browser.find_element(By.NAME, name)).select_by_visible_text(value)


def test_the_page_opens_from_disk_without_an_error(browser: webdriver.Chrome, page: Path) -> None:
    opened(browser, page)
    assert browser.get_log("browser") == []
    assert len(rows(browser)) == 3
    assert [card.split()[0] for card in shown(browser, "#cards .card")] == ["0", "2", "0", "0", "2", "1"]
    assert "<b>X</b>" in rows(browser)[2]


def test_filters_by_severity_engine_status_and_text(browser: webdriver.Chrome, page: Path) -> None:
    opened(browser, page)
    choose(browser, "engine", "core")
    assert len(rows(browser)) == 2
    browser.find_element(By.ID, "reset").click()
    choose(browser, "status", "accepted")
    assert [row.split()[1] for row in rows(browser)] == ["VAL-CT"]
    browser.find_element(By.ID, "reset").click()
    browser.find_element(By.ID, "search").send_keys("s-9")
    assert len(rows(browser)) == 1
    browser.find_element(By.ID, "reset").click()
    browser.find_element(By.CSS_SELECTOR, "button[data-severity=WARN]").click()
    assert len(rows(browser)) == 1
    browser.find_element(By.ID, "reset").click()
    browser.find_element(By.CSS_SELECTOR, "a[data-rule=CORE-000718]").click()
    assert len(rows(browser)) == 2
    assert shown(browser, "#shown") == ["2 of 3 shown"]


def test_rows_sort_as_numbers(browser: webdriver.Chrome, page: Path) -> None:
    opened(browser, page)
    browser.find_element(By.CSS_SELECTOR, "#table thead th:nth-child(4) button").click()
    assert shown(browser, "#table tbody tr td:nth-child(4)") == ["2", "9", "10"]


def test_the_page_is_complete_without_scripts(scriptless: webdriver.Chrome, page: Path) -> None:
    opened(scriptless, page)
    assert len(rows(scriptless)) == 3
    assert shown(scriptless, "#controls") == []
    assert "no dataset EX 1" in shown(scriptless, "details summary")
