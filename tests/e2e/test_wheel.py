"""The kit as its users get it: a wheel, in an environment of its own, far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from demo import make_demo

ROOT = Path(__file__).resolve().parents[2]
FROM_THE_CHECKOUT = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CDISC_KIT_MAPPINGS", "CDISC_KIT_REFERENCE"}

# One worker runs them all: each worker would build and install for itself.
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("demo-atg")]


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
    done = run(
        scripts / "python", "-m", "pip", "install", "--quiet", "--no-compile", "-c", pins, wheel, cwd=home
    )
    assert done.returncode == 0, done.stderr
    return scripts


def test_the_wheel_carries_the_package_and_the_studies(wheel: Path) -> None:
    names = members(wheel)
    for study in ("atg", "capeox"):
        assert f"cdisc_kit/_bundled/mappings/{study}/study.yaml" in names
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT / "cdisc_kit").rglob("*") if p.is_file()}
    files = {name for name in files if "__pycache__" not in name}
    assert "cdisc_kit/ipd/classes.yaml" in files
    assert [name for name in files if name.startswith("cdisc_kit/sharing/templates/")]
    assert not files - names, "modules, tables, templates"
    policies = {p.relative_to(ROOT).as_posix() for p in (ROOT / "mappings").rglob("ipd.yaml")}
    assert {f"cdisc_kit/_bundled/{name}" for name in policies} <= names
    assert not {name for name in names if name.startswith(("tests/", "docs/"))}


def test_a_wheel_by_way_of_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    assert members(build(tmp_path)) == members(wheel)


def test_the_demonstration_from_another_folder_has_the_same_bytes(
    installed: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path / "package"
    done = run(installed / "cdisc-kit", "build", "--study", "atg", "--demo", "--out", out, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == make_demo("atg", tmp_path_factory.getbasetemp()).manifest
    assert [p.name for p in tmp_path.iterdir()] == ["package"]


def test_the_installed_kit_finds_its_own_studies(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "cdisc-kit", "studies", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "atg" in done.stdout
    assert "capeox" in done.stdout
    place = run(installed / "python", "-c", "import cdisc_kit; print(cdisc_kit.__file__)", cwd=tmp_path)
    assert "site-packages" in place.stdout
