"""Sharing from end to end, on a small study: prepare and pack, also killed; verify, log, mail."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import importlib
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import ASKED

from cdisc_kit import pipeline, share_command
from cdisc_kit.cli import main
from cdisc_kit.errors import InputError, OutputError
from cdisc_kit.ipd import evidence
from cdisc_kit.ipd.key import DEMO_KEY
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.sharing import judge as judging
from cdisc_kit.sharing import pack as packing
from cdisc_kit.sharing import prepare as preparing
from cdisc_kit.sharing.files import package_files
from cdisc_kit.sharing.gates import Override
from cdisc_kit.sharing.judge import judge
from cdisc_kit.sharing.mail import drafts
from cdisc_kit.sharing.pack import Packed, pack
from cdisc_kit.sharing.prepare import Candidate, prepare
from cdisc_kit.sharing.release import Release, make_release
from cdisc_kit.sharing.releaselog import entries, problems
from cdisc_kit.sharing.request import Request
from cdisc_kit.sharing.seal import opened, payload
from cdisc_kit.sharing.sealed import discrepancies, entry_of, request_of, require_in_force, sealed_files
from cdisc_kit.sharing.source import Source
from cdisc_kit.sharing.state import PASSPHRASE, State, open_state, stage
from cdisc_kit.sharing.verify import complaints, verify
from cdisc_kit.spec import StudySpec, load_study

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS, DOCS = ROOT / "mappings", ROOT / "docs"
TODAY = dt.date(2028, 4, 1)
EIGHT_MIB = 8 << 20
KILLS = 20
NAME = "王小明"
CALLS = ("open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir")

pytestmark = pytest.mark.xdist_group("share")


@dataclass(frozen=True)
class Small:
    """A study of few subjects, and the release of it for one recipient."""

    spec: StudySpec
    source: Source
    release: Release
    candidate: Candidate

    def pack(self, folder: Path, request: Request = ASKED, **options: object) -> Packed:
        chosen = {"override": None, "max_bytes": EIGHT_MIB, "today": TODAY, **options}
        return pack(self.spec, self.source, folder, DEMO_KEY, request, **chosen)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    raw = tmp_path_factory.mktemp("share") / "raw"
    importlib.import_module("cdisc_kit.synth.atg").generate(raw, seed=7, subjects=16, dirt="none")
    spec = load_study(MAPPINGS / "atg")
    source = Source.of(pipeline.build(spec, raw), synthetic=True)
    release = make_release(spec, load_policy(spec.folder), source.datasets, ASKED, DEMO_KEY, synthetic=True)
    files = package_files(release)
    return Small(spec, source, release, Candidate(release, files, judge(release, files, source, DEMO_KEY)))


@pytest.fixture
def made_before(small: Small, monkeypatch: pytest.MonkeyPatch) -> Small:
    """`prepare` and `pack` find release, files and judgement made: what is left to do is to write."""
    held = small.candidate
    monkeypatch.setattr(preparing, "candidate", lambda *_: held)
    monkeypatch.setattr(packing, "make_release", lambda *_, **__: held.release)
    monkeypatch.setattr(packing, "package_files", lambda _: held.files)
    monkeypatch.setattr(packing, "judge", lambda *_: held.judgement)
    return small


@pytest.fixture(scope="module")
def packed(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """A package made whole, every step of it."""
    return small.pack(tmp_path_factory.mktemp("packed") / "ipd")


def passphrase(package: Packed) -> str:
    return package.passphrase_file.read_text(encoding="ascii").strip()


def sealed_bytes(package: Packed) -> bytes:
    return b"".join((package.folder / name).read_bytes() for name in package.files)


# --- the package -----------------------------------------------------------------------------------------


def test_the_recipient_finds_the_package_whole(packed: Packed) -> None:
    found = verify(packed.folder / packed.files[0], passphrase(packed))
    assert found.problems == ()
    assert found.files > 50
    assert packed.passphrase_file.stat().st_mode & 0o777 == 0o600


def test_the_same_key_and_input_give_the_same_payload(small: Small, packed: Packed) -> None:
    inner = opened(sealed_bytes(packed), passphrase(packed))
    gates = packing.require_open(small.spec, ASKED, None, TODAY)
    again = package_files(dataclasses.replace(small.release, gates=gates, override=None))
    assert payload(small.release.name, again) == inner


def test_two_recipients_share_no_id(small: Small) -> None:
    other = dataclasses.replace(ASKED, email="b@example.org")
    policy = load_policy(small.spec.folder)
    theirs = make_release(small.spec, policy, small.source.datasets, other, DEMO_KEY, synthetic=True)
    ids = [set(release.datasets["DM"].frame["USUBJID"]) for release in (small.release, theirs)]
    assert len(ids[0]) == len(ids[1]) > 5
    assert not ids[0] & ids[1]


def test_seven_zip_opens_it(packed: Packed, tmp_path: Path) -> None:
    program = next(filter(None, map(shutil.which, ("7z", "7zz", "7za"))), None)
    if program is None:
        pytest.skip("no 7-Zip on this machine (Debian: 7zip)")
    closed = packed.folder / packed.files[0]
    for archive, phrase in ((closed, passphrase(packed)), (tmp_path / "payload.zip", "")):
        command = [program, "x", "-y", f"-p{phrase}", f"-o{tmp_path}", str(archive)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    assert verify(tmp_path / packed.name).problems == ()
    wrong = subprocess.run([program, "t", "-pwrong", str(closed)], capture_output=True, check=False)
    assert wrong.returncode != 0


def test_volumes_are_small_enough_and_open_joined(made_before: Small, tmp_path: Path) -> None:
    package = made_before.pack(tmp_path / "ipd", max_bytes=100_000)
    assert len(package.files) > 2
    assert all((package.folder / name).stat().st_size <= 100_000 for name in package.files)
    assert verify(package.folder / package.files[0], passphrase(package)).problems == ()
    (package.folder / package.files[1]).unlink()
    with pytest.raises(InputError):
        verify(package.folder / package.files[0], passphrase(package))


@pytest.mark.parametrize("name", ["data/define.xml", "bag-info.txt", "data/sdtm/csv/dm.csv"])
def test_a_file_changed_missing_or_added_is_told(small: Small, name: str) -> None:
    files = small.candidate.files
    assert complaints({**files, name: files[name] + b" "}) == [f"{name} was changed"]
    assert complaints({key: files[key] for key in files if key != name}) == [f"{name} is missing"]
    assert complaints({**files, "data/extra.csv": b""}) == ["data/extra.csv is in no manifest"]


def test_a_failed_intruder_test_stops_the_package_and_tells_no_value(
    made_before: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, spec, source = made_before.candidate, made_before.spec, made_before.source
    hit = evidence.Hit("NAME", "data/x.csv", NAME)
    failed = evidence.Test("known values", passed=False, figures={}, detail="1 stands in it", hits=(hit,))
    monkeypatch.setattr(judging, "intruder_tests", lambda *_: [failed])
    judgement = judge(held.release, held.files, source, DEMO_KEY)
    monkeypatch.setattr(packing, "judge", lambda *_: judgement)
    monkeypatch.setattr(preparing, "candidate", lambda *_: dataclasses.replace(held, judgement=judgement))
    with pytest.raises(OutputError, match="known values: 1 stands in it") as caught:
        made_before.pack(tmp_path / "ipd")
    assert NAME not in str(caught.value)
    report = tmp_path / "ipd/internal/reports/R1/intruder-tests.json"
    assert NAME in report.read_text(encoding="utf-8")
    assert report.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "ipd/sealed").exists()
    assert not (tmp_path / "ipd/release-log.jsonl").exists()
    with pytest.raises(OutputError):
        prepare(spec, source, tmp_path / "ipd", DEMO_KEY)
    assert not (tmp_path / "ipd/release").exists()


# --- gates, log, mail --------------------------------------------------------------------------------------


def test_a_closed_gate_writes_nothing(small: Small, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="window is closed: open from 2028-03-01"):
        small.pack(tmp_path / "ipd", today=dt.date(2028, 2, 1))
    assert not (tmp_path / "ipd").exists()


def test_an_override_is_logged_and_a_release_is_packed_once(made_before: Small, tmp_path: Path) -> None:
    override = Override(("window",), "EC-77", "demonstration", "PI", "2026-11-20", ASKED.release)
    folder = tmp_path / "ipd"
    package = made_before.pack(folder, override=override, today=dt.date(2028, 2, 1))
    assert "let pass by the override: window" in package.text()
    (entry,) = entries(folder / "release-log.jsonl")
    assert entry["override"]["ethics_number"] == "EC-77"
    assert entry["package"] == package.sha256
    with pytest.raises(InputError, match="is packed"):
        made_before.pack(folder)
    assert discrepancies(State(folder)) == []


def test_a_package_goes_only_to_whom_the_log_names(made_before: Small, tmp_path: Path) -> None:
    folder = tmp_path / "ipd"
    package = made_before.pack(folder)
    state = State(folder)
    entry = entry_of(state, "R1")
    (message,) = drafts(request_of(entry), "S", package.name, sealed_files(state, entry), "pi@example.org")
    assert message["To"] == ASKED.email
    assert passphrase(package).encode() not in bytes(message)
    require_in_force(entry, dt.date(2029, 12, 31))
    with pytest.raises(InputError, match="ended on 2029-12-31"):
        require_in_force(entry, dt.date(2030, 1, 1))
    with pytest.raises(InputError, match="has no release R2"):
        entry_of(state, "R2")
    (package.folder / package.files[0]).write_bytes(b"another package")
    with pytest.raises(InputError, match="not hold the package that was logged"):
        sealed_files(state, entry)
    assert discrepancies(state) == ["the package of release R1 is not the one that was logged"]
    package.folder.rename(package.folder.with_name("R9"))
    assert len(discrepancies(state)) == 2, "one is gone, one nobody logged"


def test_one_run_at_a_time(made_before: Small, tmp_path: Path) -> None:
    with stage(open_state(tmp_path / "ipd")), pytest.raises(InputError, match="another run is at work"):
        made_before.pack(tmp_path / "ipd")
    made_before.pack(tmp_path / "ipd")


# --- killed ------------------------------------------------------------------------------------------------


def in_a_child(action: Callable[[], object]) -> bool:
    """`action` in a process of its own: True where it ended, False where it was killed; it must not fail."""
    child = os.fork()
    if child == 0:
        signal.alarm(300)
        try:
            action()
        except BaseException:  # the parent tells, and pytest must not go on twice
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


@dataclass(frozen=True)
class Killed:
    """What a run may write to: the folder of the study, and the folder of temporary files it is given."""

    state: Path
    temporary: Path

    def run(self, action: Callable[[], object], kill_at: int) -> bool:
        """`action` in a process of its own, killed at that file-system call; True where it ended before."""
        calls = iter(range(1, 1 << 30))

        def count(event: str, _: object) -> None:
            if event in CALLS and next(calls) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        def counted() -> object:
            os.environ["TMPDIR"] = tempfile.tempdir = str(self.temporary)
            sys.addaudithook(count)
            return action()

        return in_a_child(counted)

    def calls(self, action: Callable[[], object]) -> int:
        """How many calls a whole run makes, to the power of two below which none is missed."""
        low, high = 1, 2
        while not self.run(action, high):
            self.reset()
            low, high = high, high * 2
        self.reset()
        while high - low > max(1, low // 20):
            middle = (low + high) // 2
            low, high = (low, middle) if self.run(action, middle) else (middle, high)
            self.reset()
        return low

    def reset(self) -> None:
        shutil.rmtree(self.state, ignore_errors=True)

    def outside(self) -> Iterator[Path]:
        """Every file but those that only the owner can see."""
        internal = self.state / "internal"
        for path in (*self.state.rglob("*"), *self.temporary.rglob("*")):
            if path.is_file() and internal not in path.parents:
                yield path


@pytest.fixture
def killed(tmp_path: Path) -> Killed:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return Killed(tmp_path / "ipd", temporary)


def test_prepare_killed_leaves_a_whole_release_or_none(made_before: Small, killed: Killed) -> None:
    chance = random.Random(20260407)
    files = made_before.candidate.files

    def action() -> object:
        return prepare(made_before.spec, made_before.source, killed.state, DEMO_KEY, request=ASKED)

    points = killed.calls(action)
    assert points > len(files)
    for _ in range(KILLS):
        assert not killed.run(action, chance.randint(1, points - 1))
        there = {p.relative_to(killed.state / "release").as_posix(): p.read_bytes() for p in killed.outside()}
        assert there in ({}, files)
        internal = killed.state / "internal"
        assert not internal.exists() or internal.stat().st_mode & 0o777 == 0o700
    action()
    there = {p.relative_to(killed.state / "release").as_posix(): p.read_bytes() for p in killed.outside()}
    assert there == files
    assert sorted(p.name for p in (killed.state / "internal").iterdir()) == ["lock", "reports"]


def test_pack_killed_leaves_a_whole_sealed_package_or_none(made_before: Small, killed: Killed) -> None:
    chance = random.Random(20260408)
    parts = 100_000

    def action() -> object:
        return made_before.pack(killed.state, max_bytes=parts)

    points = killed.calls(action)
    for at in [*range(points - 5, points + 1), *(chance.randint(1, points) for _ in range(KILLS - 6))]:
        killed.reset()
        ended = killed.run(action, at)
        state = State(killed.state)
        log = killed.state / "release-log.jsonl"
        for path in killed.outside():
            assert path.parent in (killed.state, killed.state / "sealed" / "R1"), path
            assert path.name == PASSPHRASE or not path.read_bytes().startswith(b"PK") or path.suffix == ".001"
        assert problems(log, DEMO_KEY, made_before.spec.key) == []
        whole = (killed.state / "sealed" / "R1").is_dir()
        if whole:
            assert discrepancies(state) == []
            phrase = (killed.state / "sealed" / "R1" / PASSPHRASE).read_text(encoding="ascii").strip()
            first = next((killed.state / "sealed" / "R1").glob("*.001"))
            assert verify(first, phrase).problems == ()
            continue
        assert not ended
        told = discrepancies(state)
        assert bool(told) == bool(entries(log)), "a line without a package is told"
        action()
        assert discrepancies(state) == []


def test_nothing_unsealed_is_ever_opened_for_writing(small: Small, tmp_path: Path) -> None:
    """Every step of a real `pack`, watched: for writing it opens reports, log and sealed files."""
    told = tmp_path / "opened"

    def pack_watched() -> object:
        handle = os.open(told, os.O_WRONLY | os.O_CREAT)

        def watch(event: str, args: tuple[Any, ...]) -> None:
            if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
                os.write(handle, f"{args[0]}\n".encode())

        sys.addaudithook(watch)
        return small.pack(tmp_path / "ipd")

    assert in_a_child(pack_watched)
    lines = told.read_text(encoding="utf-8").splitlines()
    names = {Path(line).name for line in lines if not line.isdigit()}  # a number: a file opened before
    reports = {*small.candidate.judgement.reports, "lock"}
    log = {"release-log.jsonl.part", "release-log.head.part"}
    assert names == reports | log | {PASSPHRASE, f"{small.release.name}.zip"}


# --- the command line --------------------------------------------------------------------------------------


def share(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["share", *map(str, arguments)])


def test_the_commands_on_a_package_that_is_there(made_before: Small, tmp_path: Path) -> None:
    folder = tmp_path / "ipd"
    package = made_before.pack(folder)
    at = ("--study", "atg", "--state", folder)
    listed = share("log", *at, "--verify")
    assert listed.exit_code == 0 and "R1" in listed.output and "untouched" in listed.output
    drafted = share("mail", *at, "--release", "R1", "--from", "pi@example.org")
    (draft,) = package.folder.glob("*.eml")
    assert drafted.exit_code == 0 and str(draft) in drafted.output and ASKED.email in drafted.output
    assert passphrase(package).encode() not in draft.read_bytes()
    assert share("log", *at, "--verify").exit_code == 0, "a draft is no part of the package"
    closed = package.folder / package.files[0]
    assert share("verify", closed, "--passphrase-file", package.passphrase_file).exit_code == 0
    assert share("verify", closed).exit_code == 2
    package.passphrase_file.unlink()
    closed.unlink()
    missing = share("log", *at, "--verify")
    assert missing.exit_code == 1 and "can be packed again" in missing.output
    assert share("mail", *at, "--release", "R1", "--from", "pi@example.org").exit_code == 2
    log = folder / "release-log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"a@example.org", b"b@example.org"))
    edited = share("log", *at)
    assert edited.exit_code == 1 and "line 1 was edited" in edited.output
    assert share("mail", *at, "--release", "R1", "--from", "pi@example.org").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mail", "--release", "R1", "--from", "a@b", "--send"), "belong together"),
        (("mail", "--release", "R1", "--from", "a@b", "--smtp", "x:25"), "belong together"),
        (("mail", "--release", "R1", "--from", "a@b", "--send", "--smtp", "x"), "no HOST:PORT"),
        (("mail", "--release", "R1", "--from", "a@b"), "does not exist"),
        (("log",), "does not exist"),
        (("prepare", "--raw", "x", "--demo"), "not both"),
        (("prepare", "--raw", "x"), "no key"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = share(*arguments, "--study", "atg", "--state", tmp_path / "ipd")
    assert result.exit_code == 2 and said in result.output
    assert not (tmp_path / "ipd").exists()


def test_a_key_within_what_it_protects_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "ipd" / "key"
    key.parent.mkdir()
    assert share("key", "new", key).exit_code == 0
    result = share("prepare", "--study", "atg", "--demo", "--key", key, "--state", tmp_path / "ipd")
    assert result.exit_code == 2 and "keep the key apart" in result.output


def documented() -> Iterator[str]:
    """Each `share` command of the walk-through, as it stands there, on one line."""
    text = (DOCS / "sharing.md").read_text(encoding="utf-8")
    for _, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        lines = re.sub(r"\\\n\s*", "", block).splitlines()
        yield from (line for line in lines if line.startswith("cdisc-kit share"))


def files_documented() -> dict[str, str]:
    """The files the walk-through tells to write."""
    text = (DOCS / "sharing.md").read_text(encoding="utf-8")
    return dict(re.findall(r"`(\w+\.yaml)`\)?:\n\n```yaml\n(.*?)```", text, re.DOTALL))


class Then(dt.date):
    """The day of the walk-through: the window of the registration is closed."""

    @classmethod
    def today(cls) -> dt.date:
        return dt.date(2026, 11, 21)


def test_the_walk_through_runs_as_it_is_written(
    made_before: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command but the build of the study and what is made of it, which other tests do."""

    @contextlib.contextmanager
    def built(_: object, spec: StudySpec) -> Iterator[tuple[StudySpec, Source]]:
        yield spec, made_before.source

    monkeypatch.setattr(share_command, "_built", built)
    monkeypatch.setattr(share_command, "dt", types.SimpleNamespace(date=Then))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name, content in files_documented().items():
        Path(name).write_text(content, encoding="utf-8")
    ended = {}
    for line in documented():
        words = [str(Path(word).expanduser()) for word in shlex.split(line)[1:]]
        result = CliRunner().invoke(main, words)
        ended[line] = result.exit_code
        if ended[line]:
            assert "gate window is closed: open from 2028-03-01" in result.output, f"{line}\n{result.output}"
    assert len(ended) >= 9
    assert [line for line, code in ended.items() if code] == [
        "cdisc-kit share pack --study atg --demo --request R1.yaml"
    ]
    assert Path("ipd/atg/release/data/README.en.md").is_file()
    assert list(Path("ipd/atg/sealed/R1").glob("*.eml"))
