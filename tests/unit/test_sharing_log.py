"""The release log: whatever was done to it afterwards shows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import DEMO_KEY
from cdisc_kit.sharing.releaselog import append, entries, problems
from cdisc_kit.sharing.request import Request
from cdisc_kit.sharing.sealed import require_accounted
from cdisc_kit.sharing.state import State

STUDY = "atg"
OTHER_KEY = hashlib.sha256(b"another").digest()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "release-log.jsonl"
    for number in (1, 2, 3):
        append(path, {"release": f"R{number}", "requester": "Dr 王"}, DEMO_KEY, STUDY)
    return path


def lines(log: Path) -> list[bytes]:
    return log.read_bytes().splitlines(keepends=True)


def test_an_untouched_log_has_no_problem(log: Path) -> None:
    assert problems(log, DEMO_KEY, STUDY) == problems(log, None, STUDY) == []
    assert [entry["release"] for entry in entries(log)] == ["R1", "R2", "R3"]
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("key", [DEMO_KEY, None], ids=["with the key", "without a key"])
def test_any_byte_changed_is_told(log: Path, key: bytes | None) -> None:
    head = log.with_suffix(".head")
    for path in (log, head):
        whole = path.read_bytes()
        for at in range(len(whole)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
            assert problems(log, key, STUDY), f"{path.name}, byte {at}"
        path.write_bytes(whole)
    assert problems(log, key, STUDY) == []


@pytest.mark.parametrize(
    "order", [(0, 1), (0, 2), (1, 2), (0, 2, 1), (1, 0, 2), (0, 1, 1, 2), (), (0, 1, 2, 0)]
)
@pytest.mark.parametrize("key", [DEMO_KEY, None])
def test_lines_removed_swapped_or_repeated_are_told(
    log: Path, order: tuple[int, ...], key: bytes | None
) -> None:
    old = lines(log)
    log.write_bytes(b"".join(old[at] for at in order))
    assert problems(log, key, STUDY)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_log_cut_off_is_told(log: Path, kept: float) -> None:
    whole = log.read_bytes()
    log.write_bytes(whole[: int(len(whole) * kept)])
    assert problems(log, DEMO_KEY, STUDY)


def test_a_log_or_head_that_is_gone_is_told(log: Path) -> None:
    head = log.with_suffix(".head")
    kept = head.read_bytes()
    head.unlink()
    assert problems(log, None, STUDY)
    head.write_bytes(kept)
    log.unlink()
    assert problems(log, None, STUDY)


def test_a_chain_made_anew_without_the_key_is_told(log: Path, tmp_path: Path) -> None:
    forged = tmp_path / "forged.jsonl"
    for number in (1, 2, 3):
        append(forged, {"release": f"R{number}", "requester": "Dr Somebody"}, OTHER_KEY, STUDY)
    log.write_bytes(forged.read_bytes())
    log.with_suffix(".head").write_bytes(forged.with_suffix(".head").read_bytes())
    assert problems(log, None, STUDY) == [], "only the key tells"
    assert problems(log, DEMO_KEY, STUDY)


def test_lines_cut_off_with_a_head_to_match_are_told_by_the_key(log: Path) -> None:
    kept = lines(log)[:2]
    log.write_bytes(b"".join(kept))
    last = json.loads(kept[-1])
    head = f"2 {last['hash']} {'0' * 64}"
    checked = f"{head} {hashlib.sha256(head.encode()).hexdigest()}\n"
    log.with_suffix(".head").write_text(checked, encoding="ascii")
    assert problems(log, None, STUDY) == [], "only the key tells"
    assert problems(log, DEMO_KEY, STUDY) == ["release-log.head was not written with this key"]


def test_the_key_of_another_study_or_another_key_is_told(log: Path) -> None:
    assert problems(log, OTHER_KEY, STUDY)
    assert problems(log, DEMO_KEY, "capeox")


def test_nothing_is_added_to_a_log_that_was_changed(log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b"R2", b"R9"))
    before = log.read_bytes()
    with pytest.raises(InputError, match="was changed"):
        append(log, {"release": "R4"}, DEMO_KEY, STUDY)
    assert log.read_bytes() == before


def test_an_entry_cannot_name_its_own_number(tmp_path: Path) -> None:
    log = tmp_path / "release-log.jsonl"
    assert append(log, {"number": 7}, DEMO_KEY, STUDY)["number"] == 1
    assert problems(log, DEMO_KEY, STUDY) == []


def test_a_run_ended_between_line_and_head_is_no_tampering(log: Path) -> None:
    head = log.with_suffix(".head")
    before = head.read_bytes()
    append(log, {"release": "R4"}, DEMO_KEY, STUDY)
    head.write_bytes(before)
    assert problems(log, DEMO_KEY, STUDY) == []
    append(log, {"release": "R5"}, DEMO_KEY, STUDY)
    assert problems(log, DEMO_KEY, STUDY) == []
    head.write_bytes(before)
    assert problems(log, DEMO_KEY, STUDY), "two behind is"


ASKED = Request(
    "R1", "Dr Example", "Example University", "CHN", "a@example.org", "replication", "T2", "2099-12-31"
)


def packed(folder: Path) -> State:
    """A state in which R1 was packed for ASKED."""
    state = State(folder)
    (state.sealed / "R1").mkdir(parents=True)
    append(state.log, asdict(ASKED), DEMO_KEY, STUDY)
    return state


def test_a_log_that_was_taken_away_from_its_packages_is_seen(tmp_path: Path) -> None:
    state = packed(tmp_path)
    require_accounted(state, replace(ASKED, release="R2"))
    state.log.unlink()
    state.log.with_suffix(".head").unlink()
    assert problems(state.log, DEMO_KEY, STUDY) == [], "an empty log is like one that never was"
    with pytest.raises(InputError, match="does not name R1"):
        require_accounted(state, replace(ASKED, release="R2"))


def test_an_id_of_a_release_stands_for_one_recipient(tmp_path: Path) -> None:
    state = packed(tmp_path)
    require_accounted(state, ASKED)
    with pytest.raises(InputError, match="another recipient"):
        require_accounted(state, replace(ASKED, email="b@example.org"))
