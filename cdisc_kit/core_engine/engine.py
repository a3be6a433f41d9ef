"""The engine itself, set up for one folder. Imported in worker processes only.

Importing it takes seconds and reconfigures logging and pandas for the whole process, and its services are
singletons that remember the first folder they saw.
"""

# mypy: disable-error-code="import-untyped, import-not-found, misc, unused-ignore"
from __future__ import annotations

import copy
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyreadstat
from cdisc_rules_engine.interfaces import CacheServiceInterface, DataReaderInterface
from cdisc_rules_engine.models.dataset import PandasDataset
from cdisc_rules_engine.models.external_dictionaries_container import ExternalDictionariesContainer
from cdisc_rules_engine.models.library_metadata_container import LibraryMetadataContainer
from cdisc_rules_engine.rules_engine import RulesEngine
from cdisc_rules_engine.services import logger
from cdisc_rules_engine.services.data_readers import DataReaderFactory
from cdisc_rules_engine.services.data_services import base_data_service
from cdisc_rules_engine.services.define_xml.define_xml_reader_factory import DefineXMLReaderFactory

from cdisc_kit.checked import Unjudged
from cdisc_kit.core_engine import pace
from cdisc_kit.core_engine.result import CoreIssue
from cdisc_kit.core_engine.rules_cache import published_ct_packages, read_cache_file
from cdisc_kit.core_engine.verdict import RECORD_RULES, Verdict, as_text, read_verdict

if TYPE_CHECKING:
    from pathlib import Path

    from cdisc_kit.core_engine.run import Job

STANDARD, STANDARD_VERSION = "sdtmig", "3-4"
_MODEL = "models/sdtm/2-0"
# Citations are most of a rule's bulk; the engine copies rules often and reads them nowhere.
_CITATIONS = ("authorities", "reference")


class _XptReader(DataReaderInterface):
    """Reads XPT with pyreadstat: the engine's reader (pandas) invents records and stops at empty datasets."""

    def from_file(self, file_path: str) -> Any:
        frame, _ = pyreadstat.read_xport(file_path, encoding=self.encoding)
        return PandasDataset(frame.round(15))  # the engine's own reader rounds to as many decimals


class _FileCache(CacheServiceInterface):
    """Keeps datasets as read from their files, and nothing else; hands out copies.

    The engine's own cache hands out the objects it keeps, which rules then change, and files results under
    keys that leave out part of what they depend on: what a rule said would hang on the rules run before it.
    """

    def __init__(self) -> None:
        self._datasets: dict[str, Any] = {}

    @classmethod
    def get_instance(cls, **_: Any) -> _FileCache:
        return cls()

    def add(self, cache_key: str, data: Any) -> None:
        """Forget it."""

    def get(self, cache_key: str) -> None:
        """Never there."""

    def add_dataset(self, cache_key: str, data: Any) -> None:
        self._datasets[cache_key] = _copied(data)

    def get_dataset(self, cache_key: str) -> Any:
        data = self._datasets.get(cache_key)
        return None if data is None else _copied(data)


def _copied(kept: Any) -> Any:
    """The same to change: of a dataset only the frame is new, its texts and numbers cannot change."""
    if not isinstance(kept, PandasDataset):
        return copy.deepcopy(kept)
    made = copy.copy(kept)
    made.data = kept.data.copy()
    return made


class _Library(LibraryMetadataContainer):
    """The standard and its terminology, which `restore` puts back as read: some rules change them."""

    def __init__(self, cache: Path, packages: dict[str, Any]) -> None:
        standard = read_cache_file(cache, "standards_details.pkl")[f"standards/{STANDARD}/{STANDARD_VERSION}"]
        model = read_cache_file(cache, "standards_models.pkl")[_MODEL]
        codelists = read_cache_file(cache, "variable_codelist_maps.pkl")
        variables = read_cache_file(cache, "variables_metadata.pkl")
        super().__init__(
            variable_codelist_map=codelists[f"{STANDARD}-{STANDARD_VERSION}-codelists"],
            variables_metadata=variables[f"library_variables_metadata/{STANDARD}/{STANDARD_VERSION}"],
            published_ct_packages=published_ct_packages(cache),
        )
        self._cache = cache
        self._cited = packages
        self._loaded: dict[str, Any] = {}
        self._pristine = pickle.dumps((standard, model), pickle.HIGHEST_PROTOCOL)
        self.absent: set[str] = set()
        self.restore()

    def restore(self) -> None:
        self._standard_metadata, self._model_metadata = pickle.loads(self._pristine)
        self._ct_package_metadata = dict(self._cited)

    def _load_ct_package_data(self, ct_package_type: str, version: str) -> Any:
        """A package that the data cite (TSVCDVER). The engine takes an absent one as empty, silently."""
        name = f"{ct_package_type}-{version}"
        if name not in self._loaded:
            held = (self._cache / f"{name}.pkl").is_file()
            self._loaded[name] = read_cache_file(self._cache, f"{name}.pkl") if held else {}
        if not self._loaded[name]:
            self.absent.add(name)
        self.set_ct_package_metadata(name, self._loaded[name])
        return self._loaded[name]


class Engine:
    """Judges the datasets of one folder, one rule at a time."""

    def __init__(self, job: Job) -> None:
        warnings.simplefilter("ignore")
        # Text as Python objects, which the engine was made for: it goes through rows, and takes half as long.
        pd.set_option("future.infer_string", False)
        logger.disabled = True
        DataReaderFactory.register_service("XPT", _XptReader)
        pace.install()
        # The engine reads the parts of a split dataset in threads that write to one object: take turns.
        base_data_service.ThreadPoolExecutor = partial(ThreadPoolExecutor, max_workers=1)
        self._folder = f"{job.folder}/"
        rules = read_cache_file(job.cache, "rules.pkl")
        self._rules = {
            name: {key: value for key, value in rules[name].items() if key not in _CITATIONS}
            for name in job.rules
        }
        self._library = _Library(job.cache, _cited_packages(job))
        self._engine = RulesEngine(
            cache=_FileCache(),
            standard=STANDARD,
            standard_version=STANDARD_VERSION,
            library_metadata=self._library,
            external_dictionaries=ExternalDictionariesContainer({}),
            ct_packages=job.ct_packages,
            define_xml_path=str(job.define) if job.define else None,
            dataset_paths=[str(path) for path in job.datasets],
            encoding=job.encoding,
            validate_xml=True,
        )

    def judge(self, rule_id: str) -> Verdict:
        """The verdict of one rule on all datasets; the engine's failures are part of it, never raised."""
        rule = copy.deepcopy(self._rules[rule_id])
        self._library.absent.clear()
        try:
            verdict = read_verdict(rule, self._engine.validate_single_rule(rule))
        except Exception as error:  # whatever it is, it is the engine's verdict on this rule
            reason = f"{type(error).__name__}: {error}"
            verdict = Verdict(rule_id, errors=(Unjudged(rule_id, "", reason),))
        if rule["rule_type"] != RECORD_RULES or rule.get("operations"):
            self._library.restore()  # no other rule can have changed it, and putting it back takes long
        absent = (
            f"terminology package {name} is not in the rules engine's cache" for name in self._library.absent
        )
        return Verdict(
            rule_id,
            verdict.judged,
            self._identified(verdict.issues),
            (*verdict.skipped, *(Unjudged(rule_id, "", reason) for reason in absent)),
            tuple(pair._replace(reason=self._without_folder(pair.reason)) for pair in verdict.errors),
        )

    def _identified(self, issues: tuple[CoreIssue, ...]) -> tuple[CoreIssue, ...]:
        """With the subject and sequence number of the record, which rules about single values leave out."""
        held = {dataset.name for dataset in self._engine.data_service.get_datasets()}
        nameless = {issue for issue in issues if issue.row and not issue.usubjid and issue.dataset in held}
        names = {dataset: self._record_names(dataset) for dataset in {issue.dataset for issue in nameless}}
        named = {issue: names[issue.dataset][issue.row - 1] for issue in nameless}
        return tuple(
            replace(issue, usubjid=named[issue][0], seq=named[issue][1]) if issue in named else issue
            for issue in issues
        )

    def _record_names(self, dataset: str) -> list[tuple[str, str]]:
        """USUBJID and --SEQ of each record, empty where the dataset has no such variable."""
        frame = self._engine.data_service.get_dataset(dataset_name=dataset).data
        domain = frame["DOMAIN"].iloc[0] if "DOMAIN" in frame else ""
        usubjid, seq = (
            frame[name].map(as_text) if name in frame else [""] * len(frame)
            for name in ("USUBJID", f"{domain}SEQ")
        )
        return list(zip(usubjid, seq, strict=True))

    def _without_folder(self, reason: str) -> str:
        return reason.replace(self._folder, "")


def _cited_packages(job: Job) -> dict[str, Any]:
    """The terminology packages of the run and what define.xml adds to them, under the engine's own names."""
    packages = {
        name: read_cache_file(job.cache, f"{name}.pkl")
        for name in job.ct_packages
        if (job.cache / f"{name}.pkl").is_file()
    }
    if job.define:
        reader = DefineXMLReaderFactory.from_filename(str(job.define))
        if reader.class_define_xml_version().model_package == "define_2_1":
            _, merged, _, is_merged = reader.get_ct_standards_metadata()
            if is_merged:
                packages["define_XML_merged_CT"] = merged
        packages["extensible"] = reader.get_extensible_codelist_mappings()
    return packages
