"""Finding a study by its key, its registry id or its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdisc_kit.errors import InputError
from cdisc_kit.locate import bundled, locate_study, mappings_folder, studies


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    for key, alias in (("alpha", "NCT00000001"), ("beta", "ChiCTR2600000002")):
        folder = tmp_path / "mappings" / key
        folder.mkdir(parents=True)
        (folder / "study.yaml").write_text(f"study: {key}\naliases: [{alias}]\n", encoding="utf-8")
    return tmp_path / "mappings"


@pytest.mark.parametrize("name", ["beta", "BETA", "ChiCTR2600000002", "chictr2600000002"])
def test_a_study_is_found_by_key_or_registry_id_in_any_case(mappings: Path, name: str) -> None:
    found = locate_study(name, mappings)
    assert (found.key, found.mappings) == ("beta", mappings / "beta")


def test_a_study_is_found_by_its_folder(mappings: Path) -> None:
    found = locate_study(str(mappings / "alpha"))
    assert (found.key, found.mappings) == ("alpha", mappings / "alpha")


def test_an_unknown_study_names_the_nearest_and_those_there_are(mappings: Path) -> None:
    with pytest.raises(InputError) as caught:
        locate_study("alpa", mappings)
    told = str(caught.value)
    assert "unknown study 'alpa'; did you mean 'alpha'?" in told
    assert "alpha (NCT00000001), beta (ChiCTR2600000002)" in told and str(mappings) in told


def test_a_folder_that_is_named_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="does not exist; check --mappings"):
        mappings_folder(tmp_path / "nowhere")
    monkeypatch.setenv("CDISC_KIT_MAPPINGS", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="CDISC_KIT_MAPPINGS"):
        mappings_folder(None)


def test_the_option_goes_before_the_variable_before_the_current_folder_before_the_bundle(
    mappings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.delenv("CDISC_KIT_MAPPINGS", raising=False)
    monkeypatch.chdir(elsewhere)
    assert mappings_folder(None) == bundled("mappings")
    monkeypatch.chdir(mappings.parent)
    assert mappings_folder(None).resolve() == mappings
    monkeypatch.setenv("CDISC_KIT_MAPPINGS", str(elsewhere))
    assert mappings_folder(None) == elsewhere
    assert mappings_folder(mappings) == mappings


def test_an_empty_mappings_folder_here_does_not_hide_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CDISC_KIT_MAPPINGS", raising=False)
    (tmp_path / "mappings").mkdir()
    monkeypatch.chdir(tmp_path)
    assert mappings_folder(None) == bundled("mappings")


def test_the_bundled_studies_are_known_by_their_registry_ids() -> None:
    assert studies(bundled("mappings")) == {
        "atg": ("ChiCTR2600122712",),
        "capeox": ("ChiCTR2600126870",),
    }
