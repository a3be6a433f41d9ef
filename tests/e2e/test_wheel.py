"""The kit as its users get it: a wheel, in an environment of its own, far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FROM_THE_CHECKOUT = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CDISC_KIT_MAPPINGS", "CDISC_KIT_REFERENCE"}

# One worker runs them all: each worker would build and install for itself.
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("wheel")]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in FROM_THE_CHECKOUT}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def build(out: Path, *options: str) -> Path:
    done = run(sys.executable, "-m", "build", *options, "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    return wheel


def members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout."""
    return build(tmp_path_factory.mktemp("wheel"), "--wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of a clean environment that holds the wheel and its pinned dependencies."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    pins = ROOT / "tools" / "constraints.txt"
    done = run(scripts / "python", "-m", "pip", "install", "--quiet", "-c", pins, wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    return scripts


def test_the_wheel_carries_the_package_and_the_studies(wheel: Path) -> None:
    names = members(wheel)
    for study in ("atg", "capeox"):
        assert f"cdisc_kit/_bundled/mappings/{study}/study.yaml" in names
    sources = {p.relative_to(ROOT).as_posix() for p in (ROOT / "cdisc_kit").rglob("*.py")}
    assert not sources - names
    assert not {name for name in names if name.startswith(("tests/", "docs/"))}


def test_a_wheel_by_way_of_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    assert members(build(tmp_path)) == members(wheel)


def test_the_demonstration_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    out = tmp_path / "package"
    done = run(installed / "cdisc-kit", "build", "--study", "atg", "--demo", "--out", out, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("sdtm/dm.xpt", "sdtm/define.xml", "reports/findings.json", "manifest.json"):
        assert (out / name).stat().st_size > 0, name
    assert [p.name for p in tmp_path.iterdir()] == ["package"]


def test_the_installed_kit_finds_its_own_studies(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "cdisc-kit", "studies", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "atg" in done.stdout
    assert "capeox" in done.stdout
    place = run(installed / "python", "-c", "import cdisc_kit; print(cdisc_kit.__file__)", cwd=tmp_path)
    assert "site-packages" in place.stdout
