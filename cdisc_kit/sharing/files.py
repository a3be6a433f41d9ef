"""The package of a release as paths and bytes, never as files: what is unsealed stays in memory."""

from __future__ import annotations

import io

from cdisc_kit.datasetjson import Provenance
from cdisc_kit.definexml import STYLESHEET
from cdisc_kit.ipd.plan import Decision
from cdisc_kit.locate import bundled
from cdisc_kit.render.define_html import render_define_html
from cdisc_kit.sharing.bag import PAYLOAD, bag
from cdisc_kit.sharing.cells import Cell, csv_table
from cdisc_kit.sharing.datafiles import csv_files, json_files, transport_files
from cdisc_kit.sharing.datapackage import data_package
from cdisc_kit.sharing.described import BY_VALUE, MADE, TRANSPORT, define_of, described, description_of
from cdisc_kit.sharing.dictionary import dictionary_files, shown_count
from cdisc_kit.sharing.documents import documents
from cdisc_kit.sharing.metadata import CRATE, DATACITE, crate, datacite
from cdisc_kit.sharing.release import Release

Files = dict[str, bytes]
CSV, JSON = "sdtm/csv/", "sdtm/json/"
DATA_PACKAGE = "datapackage.json"
RULES_APPLIED = "deid/rules-applied.csv"
NOT_TOLD = "not told"


def release_files(release: Release) -> Files:
    """Every file of the release below data/, by path; equal releases give equal bytes."""
    datasets = described(release)
    define = define_of(release, datasets)
    stylesheet = bundled("define") / STYLESHEET
    files: Files = {}
    files |= {f"{TRANSPORT}/{name}": content for name, content in transport_files(datasets).items()}
    tables = csv_files(datasets)
    files |= {f"{CSV}{name}": content for name, content in tables.items()}
    files |= {
        f"{JSON}{name}": content for name, content in json_files(datasets, _provenance(release)).items()
    }
    files |= dictionary_files(release, datasets)
    files["define.xml"] = define
    files[STYLESHEET] = stylesheet.read_bytes()
    files["define.html"] = render_define_html(io.BytesIO(define), stylesheet)
    files[RULES_APPLIED] = rules_applied(release)
    files |= documents(release)
    # Tools of data packages read nothing above the folder of the description: it stands here too.
    files[DATA_PACKAGE] = data_package(release, tables, CSV)
    return dict(sorted(files.items()))


def _provenance(release: Release) -> Provenance:
    oid = description_of(release).oid
    sponsor = str(release.spec.study["registration"]["sponsor"]["en"])
    return Provenance(oid, f"MDV.{oid}", "../../define.xml", MADE, sponsor)


def package_files(release: Release) -> Files:
    """The release as a bag: what is sealed and sent."""
    registration = release.spec.study["registration"]
    info = {
        "Source-Organization": str(registration["sponsor"]["en"]),
        "External-Identifier": release.name,
        "External-Description": release.spec.title,
    }
    files = release_files(release)
    return bag(files, metadata_files(release, files), info)


def metadata_files(release: Release, files: Files) -> Files:
    """What catalogues and tools read, beside the payload `files`."""
    tables = {name.removeprefix(CSV): content for name, content in files.items() if name.startswith(CSV)}
    return {
        DATACITE: datacite(release),
        CRATE: crate(release, files),
        f"metadata/{DATA_PACKAGE}": data_package(release, tables, f"{PAYLOAD}{CSV}"),
    }


def rules_applied(release: Release) -> bytes:
    """Every decision of the release: dataset, variable or QNAM, rule, reason, rows touched.

    A number of rows below the tier's k is given as `<k`, and none for records left out because of a value:
    either would tell of a rare or sensitive value that somebody has it, or that nobody has.
    """
    k = release.plan.tier.k
    head = ("dataset", "variable", "rule", "reason", "rows")
    decisions = release.deidentified.decisions
    return csv_table([head, *((d.dataset, d.variable, d.rule, d.reason, _rows(d, k)) for d in decisions)])


def _rows(decision: Decision, k: int) -> Cell:
    return NOT_TOLD if decision.rule.startswith(BY_VALUE) else shown_count(decision.rows, k)
