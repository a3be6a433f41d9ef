"""Write a finished study into a folder: datasets, Define-XML, reports, manifest."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cdisc_kit import __version__
from cdisc_kit.dataset import Dataset
from cdisc_kit.datasetjson import SUFFIX, Provenance, dataset_json
from cdisc_kit.decisions import Decision
from cdisc_kit.definexml import (
    STYLESHEET,
    Comment,
    Dictionary,
    Document,
    StudyDescription,
    ValueLevel,
    write_define,
)
from cdisc_kit.explanations import DefineTexts
from cdisc_kit.findings import Finding
from cdisc_kit.language import english_labels, shown_label
from cdisc_kit.ledger import write_ledger
from cdisc_kit.lineage import FOLDER, write_lineage
from cdisc_kit.locate import bundled
from cdisc_kit.outcomes import OutcomesSpec, compute_outcomes
from cdisc_kit.output import hashes, write_json, write_manifest
from cdisc_kit.pipeline import ENCODINGS, BuiltStudy
from cdisc_kit.spec import DomainSpec, StudySpec
from cdisc_kit.standard import load_ct, load_sdtmig
from cdisc_kit.xpt import XptVariable, write_xpt

_SUPPLEMENT = "SUPP"
DATASET_JSON = "dataset-json"
# The names of the IANA's register of character sets.
ENCODING_NAMES = {"ascii": "US-ASCII", "utf-8": "UTF-8", "gb18030": "GB18030"}


def write_package(
    stage: Path,
    spec: StudySpec,
    built: BuiltStudy,
    texts: DefineTexts,
    outcomes: OutcomesSpec | None,
    *,
    text: str,
    synthetic: bool,
    decisions: Sequence[Decision],
) -> None:
    """The output folder of a build in `stage`, but for what is beside the package and the manifest.

    `decisions` are what the reviewer's guide shows of accepted findings.
    """
    encoding = ENCODINGS[text]
    sdtm, reports = stage / "sdtm", stage / "reports"
    write_datasets(sdtm, built.datasets, encoding)
    write_dataset_json(stage / DATASET_JSON, spec, built.datasets, encoding)
    write_definition(sdtm, spec, built.datasets, texts, encoding=encoding, synthetic=synthetic)
    write_guide(sdtm, spec, built, texts, decisions, encoding=encoding, synthetic=synthetic)
    write_reports(reports, spec, built.findings, synthetic=synthetic)
    write_ledger(reports / "ledger.csv", built.ledger)
    write_open_points(reports, spec, built)
    write_outcomes(reports / "outcomes.json", spec, built.english, outcomes)
    write_verbatim(reports / "traceability" / "verbatim_zh.csv", built.verbatim)
    write_lineage(stage / FOLDER, built)


def write_account(stage: Path, spec: StudySpec, *, raw: Path, text: str, synthetic: bool) -> None:
    """The manifest of all that is in `stage`, and of what it was made from. `raw` is the folder read."""
    write_manifest(
        stage,
        {
            "kit": __version__,
            "study": spec.key,
            "synthetic": synthetic,
            "standards": {"sdtmig": load_sdtmig().version, "ct": spec.ct_version, "define": "2.1"},
            "text": text,
            "encoding": ENCODING_NAMES[ENCODINGS[text]],
            "raw": hashes(raw, [path for path in raw.rglob("*") if path.is_file()]),
            "spec": hashes(spec.folder, spec.files),
        },
    )


def write_datasets(folder: Path, datasets: dict[str, Dataset], encoding: str) -> None:
    """One XPT v5 file for each dataset, named in lower case."""
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in datasets.values():
        write_dataset(folder / f"{dataset.name.lower()}.xpt", dataset, encoding)


def write_dataset(path: Path, dataset: Dataset, encoding: str) -> None:
    """`dataset` as XPT v5 with its declared lengths. Raises OutputError for what the format cannot hold."""
    variables = [XptVariable(v.name, shown_label(v, encoding), v.type, v.length) for v in dataset.variables]
    label = shown_label(dataset, encoding)
    write_xpt(path, dataset.name, label, dataset.frame, variables, encoding=encoding)


def write_dataset_json(folder: Path, spec: StudySpec, datasets: dict[str, Dataset], encoding: str) -> None:
    """The same datasets as Dataset-JSON, with the labels of their transport files."""
    folder.mkdir(parents=True, exist_ok=True)
    sponsor = spec.study.get("registration", {}).get("sponsor", {}).get("en", spec.studyid)
    oid = f"ST.{spec.studyid}"
    place = "../sdtm/define.xml"
    provenance = Provenance(oid, f"MDV.{oid}", place, f"{spec.extract_date}T00:00:00", str(sponsor))
    for dataset in datasets.values():
        shown = replace(
            dataset,
            label=shown_label(dataset, encoding),
            variables=tuple(replace(v, label=shown_label(v, encoding)) for v in dataset.variables),
        )
        content = dataset_json(shown, provenance)
        (folder / f"{dataset.name.lower()}{SUFFIX}").write_bytes(content)


def write_definition(
    folder: Path,
    spec: StudySpec,
    datasets: dict[str, Dataset],
    texts: DefineTexts,
    *,
    encoding: str,
    synthetic: bool,
) -> None:
    """define.xml, our stylesheet beside it, and the page it gives."""
    from cdisc_kit.render.define_html import render_define_html  # noqa: PLC0415 - lxml's XSLT is costly

    path, stylesheet = folder / "define.xml", folder / STYLESHEET
    write_define(
        path,
        describe(spec, datasets, texts, encoding=encoding, synthetic=synthetic),
        list(datasets.values()),
        sdtmig=load_sdtmig(),
        ct=load_ct(spec.ct_version),
        value_levels=value_levels(spec),
    )
    shutil.copyfile(bundled("define") / STYLESHEET, stylesheet)
    (folder / "define.html").write_bytes(render_define_html(path, stylesheet))


def write_guide(
    folder: Path,
    spec: StudySpec,
    built: BuiltStudy,
    texts: DefineTexts,
    decisions: Sequence[Decision],
    *,
    encoding: str,
    synthetic: bool,
) -> None:
    """The reviewer's guide beside the Define-XML."""
    from cdisc_kit.render.reviewers_guide import NAME, render_guide  # noqa: PLC0415 - Jinja2 only here

    named = spec.study.get("standards", {})
    dictionaries = texts.content.get("dictionaries", {})
    standards = {
        "SDTM": str(named.get("sdtm", "")),
        "SDTMIG": load_sdtmig().version,
        "Define-XML": "2.1",
        "CDISC/NCI CT": spec.ct_version,
        **{str(name): f"{entry['name']} {entry['version']}" for name, entry in dictionaries.items()},
        "XPT": f"version 5, {ENCODING_NAMES[encoding]}",
    }
    page = render_guide(
        spec, built.datasets, built.findings, decisions, standards=standards, synthetic=synthetic
    )
    (folder / NAME).write_text(page, encoding="utf-8", newline="\n")


def describe(
    spec: StudySpec, datasets: dict[str, Dataset], texts: DefineTexts, *, encoding: str, synthetic: bool
) -> StudyDescription:
    """What Define-XML says of the study: the mapping's words and those of define/<study>.yaml."""
    content = texts.content
    comments = [Comment(str(entry["on"]), str(entry["text"])) for entry in content.get("comments", ())]
    return StudyDescription(
        oid=f"ST.{spec.studyid}",
        name=spec.studyid,
        description=spec.title,
        protocol=str(spec.study.get("protocol", {}).get("name", spec.studyid)),
        created=f"{spec.extract_date}T00:00:00",
        synthetic=synthetic,
        encoding=encoding,
        define_ct=spec.ct_version,
        documents=tuple(
            Document(str(entry["id"]), str(entry["title"]), str(entry["href"]))
            for entry in content.get("documents", ())
        ),
        comments=(*_of_encoding(encoding), *comments, *_assumptions(datasets)),
        english=english_labels(spec, datasets.values()) if encoding != "ascii" else {},
        dictionaries={
            str(name): Dictionary(str(entry["name"]), str(entry["version"]))
            for name, entry in content.get("dictionaries", {}).items()
        },
    )


def _of_encoding(encoding: str) -> list[Comment]:
    """What a transport file cannot say of itself; ASCII needs no word."""
    if encoding == "ascii":
        return []
    text = (
        f"Labels and character values of the transport files are encoded in {ENCODING_NAMES[encoding]}; the "
        "format does not state an encoding. Text is as collected, in Chinese; records stand in the order of "
        "the English text, as in the English package."
    )
    return [Comment("", text)]


def _assumptions(datasets: dict[str, Dataset]) -> list[Comment]:
    """A comment on each variable that holds a value nobody has confirmed."""
    text = "Holds a value the registration does not give: assumed, to be confirmed by the trial team."
    return [
        Comment(f"{dataset.name}.{variable.name}", text)
        for dataset in datasets.values()
        for variable in dataset.variables
        if variable.assumed
    ]


def value_levels(spec: StudySpec) -> dict[str, list[ValueLevel]]:
    """The value levels the mappings declare, by dataset, with C-codes for codelists.

    A supplemental qualifier filled by a map of a codelist is a value level of QVAL with that codelist.
    """
    ct = load_ct(spec.ct_version)
    result: dict[str, list[ValueLevel]] = {}
    for domain in spec.domains.values():
        for name, submission in _qualifier_lists(spec, domain):
            qualifier = ValueLevel("QVAL", {"QNAM": (name,)}, ct.by_submission(submission).code)
            result.setdefault(f"{_SUPPLEMENT}{domain.name}", []).append(qualifier)
        for declared in domain.value_levels:
            codelist = ct.find(declared.codelist)
            code = codelist.code if codelist is not None else ""
            level = ValueLevel(declared.variable, {declared.where: declared.values}, code)
            result.setdefault(domain.name, []).append(level)
    return result


def _qualifier_lists(spec: StudySpec, domain: DomainSpec) -> list[tuple[str, str]]:
    """(QNAM, codelist) of the supplemental qualifiers whose maps all lead to one codelist."""
    found = []
    for qualifier in domain.supp.values():
        maps = {spec.maps[name].codelist for call in qualifier.by.values() for name in call.needs.maps}
        every = all(call.needs.maps for call in qualifier.by.values())
        if every and len(maps) == 1 and "" not in maps:
            found.append((qualifier.name, maps.pop()))
    return found


def write_reports(folder: Path, spec: StudySpec, findings: list[Finding], *, synthetic: bool) -> None:
    """findings.json, findings.csv and the page that shows them."""
    from cdisc_kit.render.findings_html import render_findings  # noqa: PLC0415 - Jinja2 only here
    from cdisc_kit.reports import write_findings  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    write_findings(folder, findings)
    page = render_findings(
        findings, spec.title, synthetic, {"Study": spec.studyid, "Data cut-off": spec.extract_date}
    )
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")


def write_open_points(folder: Path, spec: StudySpec, built: BuiltStudy) -> None:
    """What others have to answer: queries to the sites, questions to the trial team, assumed values."""
    from cdisc_kit.render.open_points import write_assumptions, write_questions  # noqa: PLC0415
    from cdisc_kit.render.queries_xlsx import write_queries  # noqa: PLC0415

    write_queries(folder / "queries_zh.xlsx", spec, built.raw, built.findings)
    write_questions(folder / "questions.md", spec)
    write_assumptions(folder / "assumptions.csv", spec)


def write_outcomes(
    path: Path, spec: StudySpec, datasets: dict[str, Dataset], outcomes: OutcomesSpec | None
) -> None:
    """The registered outcomes with the records that carry them; no file for a study that declares none."""
    if outcomes is None:
        return
    frames = {name: dataset.frame for name, dataset in datasets.items()}
    parameters = {name: parameter.value for name, parameter in spec.parameters.items()}
    write_json(path, {"study": spec.studyid, "outcomes": compute_outcomes(frames, outcomes, parameters)})


def write_verbatim(path: Path, verbatim: pd.DataFrame) -> None:
    """The wording behind each translated value; UTF-8 with BOM, so that Excel opens it as Chinese."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(verbatim.columns)
    writer.writerows(verbatim.to_numpy(dtype=object).tolist())
    path.write_bytes(buffer.getvalue().encode("utf-8-sig"))
