"""`cdisc-kit share`: the commands around a study's de-identified data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit import pipeline
from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import DEMO_KEY, read_key, require_private
from cdisc_kit.locate import locate_study
from cdisc_kit.sharing import mail
from cdisc_kit.sharing.gates import read_override
from cdisc_kit.sharing.pack import Packed, pack, require_open
from cdisc_kit.sharing.prepare import Prepared, prepare
from cdisc_kit.sharing.releaselog import entries, problems, require_untouched
from cdisc_kit.sharing.request import read_request
from cdisc_kit.sharing.sealed import (
    DRAFTS,
    discrepancies,
    entry_of,
    request_of,
    require_in_force,
    sealed_files,
)
from cdisc_kit.sharing.source import Source
from cdisc_kit.sharing.state import State, write_files
from cdisc_kit.sharing.verify import Verified, verify
from cdisc_kit.source import raw_folder
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.synth.run import is_synthetic


@dataclass(frozen=True)
class Run:
    """What `prepare` and `pack` are asked for alike; `state` is ipd/<study> where it is None."""

    name: str
    raw: Path | None
    demo: bool
    key: Path | None
    state: Path | None
    mappings: Path | None


def prepare_release(run: Run, *, request: Path | None, tier: str) -> Prepared:
    """Build the study in memory and prepare its release, for `request` or for review.

    The published demonstration key serves a demo alone; InputError without a key otherwise.
    """
    asked = read_request(request) if request is not None else None
    study = locate_study(run.name, run.mappings)
    folder = run.state or Path("ipd") / study.key
    master = master_key(run.key, demo=run.demo, apart=folder)
    with _built(run, load_study(study.mappings)) as (spec, source):
        return prepare(spec, source, folder, master, request=asked, tier=tier)


def pack_release(run: Run, *, request: Path, override: Path | None, max_mb: int) -> Packed:
    """Build the study in memory, and seal and log the package for `request`, if every gate lets it pass."""
    asked = read_request(request)
    passed = read_override(override) if override is not None else None
    today = dt.date.today()
    study = locate_study(run.name, run.mappings)
    folder = run.state or Path("ipd") / study.key
    master = master_key(run.key, demo=run.demo, apart=folder)
    spec = load_study(study.mappings)
    require_open(spec, asked, passed, today)  # before the work, too
    with _built(run, spec) as (_, source):
        return pack(spec, source, folder, master, asked, override=passed, max_bytes=max_mb << 20, today=today)


@contextmanager
def _built(run: Run, spec: StudySpec) -> Iterator[tuple[StudySpec, Source]]:
    study = locate_study(run.name, run.mappings)
    with ExitStack() as stack:
        raw = raw_folder(stack, study, run.raw, run.demo, run.mappings)
        yield spec, Source.of(pipeline.build(spec, raw, "ascii"), synthetic=is_synthetic(raw))


def master_key(key: Path | None, *, demo: bool, apart: Path) -> bytes:
    """The master key of a run: the one named, or a demo's; there is no default and no environment.

    InputError where the key lies in the folder `apart`: who may read the release would have the key.
    """
    if key is not None:
        return read_key(key, apart=apart)
    if demo:
        return DEMO_KEY
    raise InputError("no key; give --key FILE (`cdisc-kit share key new FILE` makes one)")


def mail_release(
    name: str,
    *,
    release: str,
    sender: str,
    out: Path | None,
    server: mail.Server | None,
    key: Path | None,
    state: Path | None,
    mappings: Path | None,
) -> str:
    """Drafts of the mails that bring a sealed release, or these sent through `server`; says what was done.

    The address is the one the log gives. InputError where the log or the package was changed, or the
    agreement has ended.
    """
    study = locate_study(name, mappings)
    found = _state(state or Path("ipd") / study.key)
    require_untouched(found.log, read_key(key) if key is not None else None, study.key)
    entry = entry_of(found, release)
    require_in_force(entry, dt.date.today())
    request = request_of(entry)
    messages = mail.drafts(
        request, str(entry["study"]), str(entry["name"]), sealed_files(found, entry), sender
    )
    if server is not None:
        mail.send(messages, server)
        return f"{len(messages)} sent to {request.email} through {server.host}:{server.port}"
    folder = out or found.sealed / release
    files = {f"{entry['name']}-{at}{DRAFTS}": bytes(m) for at, m in enumerate(messages, start=1)}
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file).unlink(missing_ok=True)
    write_files(folder, files, mode=0o600)
    return "\n".join(
        [f"drafts to {request.email}; nothing was sent", *(str(folder / file) for file in files)]
    )


def mail_server(address: str, user: str, password_file: Path | None, *, implicit: bool) -> mail.Server:
    """The mail server at `HOST:PORT`. InputError for another form, or a password file others can read."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"{address} is no HOST:PORT")
    if bool(user) != (password_file is not None):
        raise InputError("give --smtp-user and --smtp-password-file together")
    password = _secret(password_file) if password_file is not None else ""
    return mail.Server(host, int(port), user, password, implicit)


def _secret(path: Path) -> str:
    require_private(path)
    return path.read_text(encoding="utf-8").strip()


def verify_package(package: Path, passphrase_file: Path | None) -> Verified:
    """Judge a package with nothing but the package."""
    if passphrase_file is not None and not passphrase_file.is_file():
        raise InputError(f"{passphrase_file} does not exist")
    return verify(package, passphrase_file.read_text(encoding="utf-8").strip() if passphrase_file else "")


@dataclass(frozen=True)
class LogReport:
    """The releases of a study, one line each, and what is wrong with log and packages."""

    lines: tuple[str, ...]
    problems: tuple[str, ...]
    judged: bool

    def text(self) -> str:
        """The log for a person."""
        count = f"{len(self.lines)} releases"
        if self.problems:
            return "\n".join([*self.lines, *self.problems])
        return "\n".join([*self.lines, f"{count}, untouched" if self.judged else count])


def log_report(
    name: str, *, judge: bool, key: Path | None, state: Path | None, mappings: Path | None
) -> LogReport:
    """The release log of a study, if it is as it was written: with `key` also by whom.

    With `judge` the packages are held against it.
    """
    study = locate_study(name, mappings)
    found = _state(state or Path("ipd") / study.key)
    wrong = problems(found.log, read_key(key) if key is not None else None, study.key)
    if wrong:  # what a changed log says is not shown as if it were true
        return LogReport((), tuple(wrong), judge)
    lines = [
        f"{e['number']}\t{e['when']}\t{e['release']}\t{e['tier']}\t{e['requester']}, {e['institution']}\t"
        f"{e['email']}\tuntil {e['expires']}\tkey {e['key']}\t{e['package'][:12]}"
        for e in entries(found.log)
    ]
    return LogReport(tuple(lines), tuple(discrepancies(found)) if judge else (), judge)


def _state(folder: Path) -> State:
    """The state that is there; looking makes nothing."""
    if not folder.is_dir():
        raise InputError(f"{folder} does not exist; nothing of the study was packed, or give --state DIR")
    return State(folder)
