"""Kill `share prepare` and `share pack` at random points of their running time: `tools/kill_share.py atg`.

Each is run as its user runs it, on synthetic raw data, and its process group is killed (SIGKILL): one half of
the points anywhere in its running time, the other half while it writes. After each point nothing may be half
there, unsealed or identifiable outside the internal folder, and the next run has to work (every fifth is not
killed). Prints a line a point; the exit code is 1 where something was found.

With --warm the runs are forked from a process that has imported everything and built the study: quicker, and
each point lies within what sharing itself does.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import random
import re
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from multiprocessing.process import BaseProcess
from pathlib import Path

from cdisc_kit import pipeline, share_command
from cdisc_kit.cli import main as command_line
from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import new_key, read_key
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.locate import locate_study
from cdisc_kit.raw import read_raw
from cdisc_kit.sharing.prepare import prepare
from cdisc_kit.sharing.releaselog import problems
from cdisc_kit.sharing.seal import opened
from cdisc_kit.sharing.sealed import discrepancies
from cdisc_kit.sharing.source import Source
from cdisc_kit.sharing.state import PASSPHRASE, State
from cdisc_kit.sharing.verify import verify
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.synth.run import write_synthetic

LOGGED = {"release-log.jsonl", "release-log.head", "release-log.jsonl.part", "release-log.head.part"}
WHOLE = 5  # after so many killed runs one that is not
SHORTEST = 5  # characters of an identifier that stands in no text by chance
WORD = re.compile(rb"[0-9A-Za-z]+")
REQUEST = """\
release: {release}
requester: Dr. Example
institution: University of Example
country: CHN
email: requester@example.org
purpose: Rejection after induction
tier: T2
expires: 2099-12-31
ethics_number: 2026-EX-17
pi_approved: 2026-11-02
ethics_approved: 2026-11-09
dua_sha256: {hash}
"""
OVERRIDE = """\
gates: [window]
release: {release}
ethics_number: 2026-EX-31
reason: Synthetic data
who: Ethics committee
when: 2026-11-16
"""


@dataclass
class Bench:
    """A folder that holds all a run may write to, and what must not be found in it."""

    study: str
    folder: Path
    warm: bool
    whole: dict[str, bytes] = field(default_factory=dict)
    needles: frozenset[bytes] = frozenset()

    def prepare_inputs(self, subjects: int | None) -> None:
        """Raw data and key, outside of what is searched."""
        (self.folder / "seen").mkdir(parents=True)
        for name in ("state", "tmp", "home", "work"):
            (self.folder / "seen" / name).mkdir()
        write_synthetic(self.study, self.folder / "raw", seed=7, subjects=subjects)
        new_key(self.folder / "key")
        self.needles = frozenset(value.encode("utf-8") for value in self._values())

    def _values(self) -> list[str]:
        """Every value of the identifying columns of the raw data."""
        spec = load_study(locate_study(self.study).mappings.resolve())
        columns = load_policy(spec.folder).document["identifiers"]["columns"]
        found: set[str] = set()
        for form, entries in read_raw(spec, self.folder / "raw").tables.items():
            for table in entries:
                for key in table.frame:
                    if any(fnmatchcase(f"{form}.{key}", pattern) for pattern in columns):
                        found |= set(table.frame[key].astype(str))
        values = sorted(value for value in found if len(value) >= SHORTEST)
        assert len(values) > 10, "nothing to search for"
        return values

    def identifies(self, content: bytes) -> bool:
        """True where an identifier stands in `content`: a word alone or, of several words, anywhere."""
        words = set(WORD.findall(content))
        return any(n in words if n.isalnum() else n in content for n in self.needles)

    @property
    def state(self) -> State:
        return State(self.folder / "seen" / "state")

    def arguments(self, command: str, release: str) -> list[str]:
        """What the command line is given, with a request of that name."""
        request = self.folder / f"{release}.yaml"
        request.write_text(REQUEST.format(release=release, hash="0" * 64), encoding="utf-8")
        override = self.folder / f"E-{release}.yaml"
        override.write_text(OVERRIDE.format(release=release), encoding="utf-8")
        asked = ["--request", request, "--override", override] if command == "pack" else []
        given = ["--raw", self.folder / "raw", "--key", self.folder / "key", "--state", self.state.folder]
        return ["share", command, "--study", self.study, *map(str, [*given, *asked])]

    def start(self, command: str, release: str) -> BaseProcess:
        """The command in a process group of its own."""
        arguments = self.arguments(command, release)
        process = multiprocessing.get_context("fork").Process(target=self._run, args=(arguments,))
        process.start()
        return process

    def _run(self, arguments: list[str]) -> None:
        os.setsid()
        seen = self.folder / "seen"
        os.chdir(seen / "work")
        os.environ |= {"TMPDIR": str(seen / "tmp"), "HOME": str(seen / "home")}
        tempfile.tempdir = None
        said = os.open(self.folder / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(said, stream)
        if not self.warm:
            os.execv(sys.executable, [sys.executable, "-m", "cdisc_kit", *arguments])
        command_line(arguments)

    def warm_up(self) -> None:
        """Build the study once, for every run; prepare it once, so that all is imported."""
        spec = load_study(locate_study(self.study).mappings.resolve())
        source = Source.of(pipeline.build(spec, self.folder / "raw"), synthetic=True)

        @contextmanager
        def built(*_: object) -> Iterator[tuple[StudySpec, Source]]:
            yield spec, source

        share_command._built = built
        prepare(spec, source, self.folder / "first", read_key(self.folder / "key"))

    def finish(self, command: str, release: str) -> tuple[float, float]:
        """A whole run: seconds until it began to write, and until its end."""
        begun = time.monotonic()
        running = self.start(command, release)
        self.wait_for_reports(running, release)
        writing = time.monotonic() - begun
        running.join()
        assert running.exitcode == 0, (self.folder / "said.txt").read_text(encoding="utf-8")
        return writing, time.monotonic() - begun

    def wait_for_reports(self, running: BaseProcess, release: str) -> None:
        """Until the judgement is written or the run has ended."""
        stamp = time.time() - 0.05
        place = self.state.internal / "reports" / release
        while running.is_alive() and not (place.exists() and place.stat().st_ctime >= stamp):
            time.sleep(0.001)

    def kill(self, command: str, release: str, delay: float, *, writing: bool) -> bool:
        """Kill a run `delay` seconds after it started, or began to write; False where it had ended."""
        running = self.start(command, release)
        if writing:
            self.wait_for_reports(running, release)
        running.join(delay)
        if running.is_alive():
            os.killpg(running.pid or 0, signal.SIGKILL)
        running.join()
        return running.exitcode == -signal.SIGKILL

    def wrong(self) -> Iterator[str]:
        """Whatever must not be there after a run, ended or killed."""
        state = self.state
        if any(path.is_file() for path in (self.folder / "seen" / "tmp").rglob("*")):
            yield "a temporary file is left"
        if state.internal.exists() and state.internal.stat().st_mode & 0o777 != 0o700:
            yield "others can open the internal folder"
        there = files_below(state.release) if state.release.exists() else {}
        if there and there != self.whole:
            yield "half a release"
        for path in state.folder.iterdir():
            if path.name not in {"release", "internal", "sealed", *LOGGED}:
                yield f"unexpected: {path.name}"
        yield from problems(state.log, read_key(self.folder / "key"), self.study)
        for package in sorted(state.sealed.iterdir()) if state.sealed.exists() else ():
            yield from self._wrong_package(package)
        for name, content in files_below(self.folder / "seen").items():
            if not name.startswith("state/internal/") and any(map(self.identifies, decoded(content))):
                yield f"identifiable: {name}"

    def _wrong_package(self, package: Path) -> Iterator[str]:
        (closed,) = (path for path in package.iterdir() if path.name != PASSPHRASE)
        phrase = (package / PASSPHRASE).read_text(encoding="ascii").strip()
        try:
            inner = opened(closed.read_bytes(), phrase)
        except InputError:
            yield f"half a package: {package.name}"
            return
        if any(map(self.identifies, decoded(inner))):
            yield f"identifiable: {package.name}"


def files_below(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def decoded(content: bytes) -> Iterator[bytes]:
    """The bytes, and those of every member of a ZIP however deep."""
    yield content
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for info in archive.infolist():
                    if not info.flag_bits & 1:
                        yield from decoded(archive.read(info))
        except zipfile.BadZipFile:
            yield b""


def main() -> int:
    """The exit code: 1 where a point left something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--subjects", type=int)
    parser.add_argument("--commands", nargs="+", choices=("prepare", "pack"), default=["prepare", "pack"])
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--seed", type=int, default=20260407)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(chosen.study, Path(folder) / "bench", chosen.warm)
        bench.prepare_inputs(chosen.subjects)
        if bench.warm:
            bench.warm_up()
        for command in chosen.commands:
            writes, ends = bench.finish(command, "review" if command == "prepare" else "R0")
            bench.whole = bench.whole or files_below(bench.state.release)
            for point in range(1, chosen.points + 1):
                release = "review" if command == "prepare" else f"R{point}"
                writing = point % 2 == 0
                delay = chance.uniform(
                    0, (ends - writes) / 2 if writing else ends
                )  # a run's own end takes time
                if command == "prepare" and point % 4 == 1:  # now with an older release there, now without
                    for path in sorted(bench.state.folder.rglob("*"), reverse=True):
                        path.rmdir() if path.is_dir() else path.unlink()
                killed = bench.kill(command, release, delay, writing=writing)
                if not killed and command == "prepare":
                    delay /= 2
                    killed = bench.kill(command, release, delay, writing=writing)
                found = list(bench.wrong())
                there = (bench.state.sealed / release).exists()
                if point % WHOLE == 0 and not there:
                    bench.finish(command, release)
                    found += [f"after the next run: {text}" for text in bench.wrong()]
                    found += [text for text in discrepancies(bench.state) if f"{release} " in text]
                if command == "pack" and (there or point % WHOLE == 0):
                    place = bench.state.sealed / release
                    (closed,) = place.glob("*.zip")
                    phrase = (place / PASSPHRASE).read_text(encoding="ascii").strip()
                    found += verify(closed, phrase).problems
                bad += bool(found)
                where = "while writing" if writing else "from the start"
                state = "killed" if killed else "had ended"
                print(
                    command, point, f"{delay:.3f} s {where}:", state, "; ".join(found) or "clean", flush=True
                )
    print("nothing left" if not bad else f"{bad} points left something")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
