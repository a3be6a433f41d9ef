"""Running the rules engine on a folder, in worker processes of its own."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import multiprocessing
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdisc_kit.checked import Unjudged
from cdisc_kit.core_engine.result import CoreResult, reference_of
from cdisc_kit.core_engine.rules_cache import locate_cache, open_cache, read_cache_file
from cdisc_kit.core_engine.verdict import RECORD_RULES, Verdict
from cdisc_kit.errors import CdiscKitError, InputError, RawDataError

if TYPE_CHECKING:
    from cdisc_kit.core_engine.engine import Engine

Progress = Callable[[int, int], None]

DEFAULT_CT_PACKAGES = ("sdtmct-2025-03-28",)
_RULE_SET = "sdtmig/3-4"
_DEFINE_2_1 = "http://www.cdisc.org/ns/def/v2.1"


@dataclass(frozen=True)
class Job:
    """What a worker process needs to set up the engine. All paths are absolute."""

    folder: Path
    datasets: tuple[Path, ...]
    cache: Path
    rules: tuple[str, ...]
    ct_packages: tuple[str, ...]
    define: Path | None
    encoding: str


def check_with_core(
    folder: Path, *, define: Path | None = None, progress: Progress | None = None
) -> CoreResult:
    """Judge `folder` (with its define.xml, unless `define` names another).

    The cache is the one the environment variable CDISC_KIT_CORE_CACHE names. Raises as `run_core` does.
    """
    beside = folder / "define.xml"
    return run_core(
        folder,
        cache=locate_cache(),
        define=define or (beside if beside.is_file() else None),
        progress=progress,
    )


def run_core(
    folder: Path,
    *,
    cache: Path,
    ct_packages: Sequence[str] = DEFAULT_CT_PACKAGES,
    define: Path | None = None,
    rules: Sequence[str] | None = None,
    processes: int = 2,
    progress: Progress | None = None,
) -> CoreResult:
    """Run CDISC's rules for SDTMIG 3.4 (or only `rules`) on the XPT files in `folder`.

    `cache` is a folder or a .tar.xz of one, unpacked once into the user's cache folder. A Define-XML 2.1
    names its own terminology packages; `ct_packages` count without one. `progress` is called with the
    number of rules done and their total. Raises InputError for a folder, engine or cache that cannot be used,
    RawDataError for a file that cannot be read, and CdiscKitError where a worker process dies.
    """
    version = _engine_version()
    cache = open_cache(cache).resolve()
    datasets = _datasets(folder)
    everything = read_cache_file(cache, "rules.pkl")
    wanted = list(read_cache_file(cache, "rules_dictionary.pkl")[_RULE_SET] if rules is None else rules)
    types = {name: everything[name]["rule_type"] for name in wanted}
    needs_define = [name for name in wanted if define is None and "Define" in types[name]]
    job = Job(
        folder=folder.resolve(),
        datasets=datasets,
        cache=cache,
        # A few rules look at every cell, not every record; they take longest and go first.
        rules=tuple(
            sorted(
                (name for name in wanted if name not in needs_define), key=lambda n: types[n] == RECORD_RULES
            )
        ),
        ct_packages=_cited_ct_packages(define) or tuple(ct_packages) if define else tuple(ct_packages),
        define=define.resolve() if define else None,
        encoding=_encoding(datasets),
    )
    verdicts = _judge(job, processes, progress)
    skipped = [Unjudged(name, "", "needs define.xml") for name in needs_define]
    references = {name: reference_of(everything[name]) for name in wanted}
    return _merge(version, job, verdicts, skipped, references)


def _merge(
    version: str,
    job: Job,
    verdicts: Sequence[Verdict],
    skipped: Iterable[Unjudged],
    references: Mapping[str, str],
) -> CoreResult:
    absent = (
        Unjudged("", "define.xml" if job.define else "", f"terminology package {name} is not in the cache")
        for name in job.ct_packages
        if not (job.cache / f"{name}.pkl").is_file()
    )
    return CoreResult(
        engine_version=version,
        ct_packages=job.ct_packages,
        judged=tuple(sorted(verdict.rule for verdict in verdicts if verdict.judged)),
        issues=tuple(sorted({issue for verdict in verdicts for issue in verdict.issues})),
        skipped=tuple(sorted({*skipped, *(pair for verdict in verdicts for pair in verdict.skipped)})),
        errors=tuple(sorted({*absent, *(pair for verdict in verdicts for pair in verdict.errors)})),
        not_applicable=tuple(
            sorted(v.rule for v in verdicts if not (v.judged or v.issues or v.skipped or v.errors))
        ),
        references=references,
    )


def _engine_version() -> str:
    if sys.version_info[:2] != (3, 12):
        running = ".".join(map(str, sys.version_info[:2]))
        raise InputError(
            f"CDISC's rules engine runs on Python 3.12 only; this is {running}. "
            "Install cdisc-kit[core] into an environment of Python 3.12 and run the check there."
        )
    if importlib.util.find_spec("cdisc_rules_engine") is None:
        raise InputError("CDISC's rules engine is not installed. Run: pip install 'cdisc-kit[core]'")
    return importlib.metadata.version("cdisc-rules-engine")


def _datasets(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Name the folder that holds the .xpt files.")
    found = sorted(path for path in folder.resolve().iterdir() if path.suffix.lower() == ".xpt")
    if not found:
        raise InputError(f"{folder}: holds no .xpt file. Name the folder that holds them.")
    return tuple(found)


def _encoding(datasets: Iterable[Path]) -> str:
    """The encoding all files can be read in; the engine would drop a file it cannot read, silently."""
    import pyreadstat  # noqa: PLC0415

    encodings = ["utf-8", "gb18030"]
    for path in datasets:
        while True:
            try:
                pyreadstat.read_xport(path, encoding=encodings[0])
            except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
                if len(encodings) == 1:
                    raise RawDataError(f"{path}: not a SAS XPORT v5 file in UTF-8 or GB18030") from error
                del encodings[0]
            else:
                break
    return encodings[0]


def _cited_ct_packages(define: Path) -> tuple[str, ...]:
    """Terminology packages a Define-XML 2.1 names, in its order; empty for 2.0, which names none."""
    from lxml import etree  # noqa: PLC0415

    try:
        root = etree.parse(define).getroot()
    except (OSError, etree.XMLSyntaxError) as error:
        raise RawDataError(f"{define}: not a readable define.xml: {error}") from error
    ns = f"{{{_DEFINE_2_1}}}"
    return tuple(
        f"{standard.get('PublishingSet', '').lower()}ct-{standard.get('Version')}"
        for standard in root.iter(f"{ns}Standard")
        if standard.get("Type") == "CT"
    )


def _judge(job: Job, processes: int, progress: Progress | None) -> list[Verdict]:
    """One verdict a rule, in the order of `job.rules`.

    Always in processes of our own: the engine changes the process it runs in and remembers earlier folders.
    """
    verdicts: list[Verdict] = []
    with ProcessPoolExecutor(
        max_workers=max(1, min(processes, len(job.rules))),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(job,),
    ) as pool:
        try:
            for verdict in pool.map(_run, job.rules):
                verdicts.append(verdict)
                if progress is not None:
                    progress(len(verdicts), len(job.rules))
        except BrokenProcessPool as error:
            raise CdiscKitError(
                "a process of the rules engine died; with little memory, run it with one process"
            ) from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return verdicts


_engine: Engine | CdiscKitError


def _start(job: Job) -> None:
    """Set up this worker process; a failure is kept for the first rule, since a pool swallows it here."""
    global _engine  # noqa: PLW0603 - a worker process serves one folder
    from cdisc_kit.core_engine.engine import Engine  # noqa: PLC0415

    try:
        _engine = Engine(job)
    except CdiscKitError as error:
        _engine = error


def _run(rule: str) -> Any:
    if isinstance(_engine, CdiscKitError):
        raise _engine
    return _engine.judge(rule)
