"""The study of docs/add-a-study.md is built from the page itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyreadstat
import pytest
from click.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "add-a-study.md"
# A path in backticks on a line of its own, then the file's content as a fenced block.
FILE = re.compile(r"^`(?P<path>\S+)`\n```\w+\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)


def lay_out(folder: Path) -> list[str]:
    """Writes the page's files below `folder`, in the encodings the page says; their paths."""
    written = []
    for found in FILE.finditer(PAGE.read_text(encoding="utf-8")):
        path = folder / found["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found["content"], encoding="gb18030" if path.suffix == ".csv" else "utf-8")
        written.append(found["path"])
    return written


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CDISC_KIT_MAPPINGS", raising=False)
    assert len(lay_out(tmp_path)) == 6
    return tmp_path


def test_the_page_builds(there: Path) -> None:
    from cdisc_kit.cli import main  # noqa: PLC0415 - so that only these tests need the command line

    command = re.search(r"^cdisc-kit (build .+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert command
    # Five files are no complete submission: findings are expected, a FATAL is not.
    done = CliRunner().invoke(main, [*command[1].split(), "--fail-on", "fatal"])
    assert done.exit_code == 0, done.output
    frame, _ = pyreadstat.read_xport(there / "out/mini/sdtm/dm.xpt")
    assert frame["USUBJID"].tolist() == ["MINI01-01-0101", "MINI01-01-0102"]
    assert frame["BRTHDTC"].tolist() == ["1971", "1980-03-12"]
    assert frame["SEX"].tolist() == ["M", "F"]
    assert frame["ARMNRS"].tolist() == ["NOT ASSIGNED", "SCREEN FAILURE"]


def test_the_mapping_test_of_the_page_passes_and_takes_every_branch(there: Path) -> None:
    from cdisc_kit.cli import main  # noqa: PLC0415

    command = re.search(r"^cdisc-kit (test-mapping .+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert command
    done = CliRunner().invoke(main, command[1].split())
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith("mini: 1 cases, 0 failed; 5 of 5 branches")


def test_a_mistake_is_reported_with_its_line(there: Path) -> None:
    from cdisc_kit.cli import main  # noqa: PLC0415

    domain = there / "mappings/mini/domains/dm.yaml"
    lines = domain.read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, start=1) if "ct: sex" in line)
    lines[number - 1] = lines[number - 1].replace("ct: sex", "ct: sexx")
    domain.write_text("\n".join(lines), encoding="utf-8")
    done = CliRunner().invoke(main, ["build", "--study", "mini", "--raw", "raw/mini"])
    assert done.exit_code == 2
    assert f"mappings/mini/domains/dm.yaml:{number}" in done.output
    assert "did you mean 'sex'" in done.output
    assert not (there / "out").exists()


def test_the_list_of_studies_has_it(there: Path) -> None:
    from cdisc_kit.cli import main  # noqa: PLC0415

    done = CliRunner().invoke(main, ["studies", "--mappings", str(there / "mappings")])
    assert done.exit_code == 0
    assert "mini" in done.output


def test_findings_name_the_mapping(there: Path) -> None:
    from cdisc_kit.cli import main  # noqa: PLC0415

    raw = there / "raw/mini/enrolment.csv"
    raw.write_text(raw.read_text(encoding="gb18030").replace("1980/03/12", "12.03.1980"), encoding="gb18030")
    CliRunner().invoke(main, ["build", "--study", "mini", "--raw", "raw/mini", "--fail-on", "never"])
    findings = json.loads((there / "out/mini/reports/findings.json").read_text(encoding="utf-8"))["findings"]
    about = [f for f in findings if f["source"]["column"] == "BRTHDT"]
    assert about, "a date in an undeclared format is a finding"
    assert about[0]["source"]["file"].endswith("enrolment.csv")
    assert about[0]["source"]["row"] == 3
