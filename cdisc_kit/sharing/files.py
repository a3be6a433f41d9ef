"""The package of a release as paths and bytes, never as files: what is unsealed stays in memory."""

from __future__ import annotations

import csv
import io

from cdisc_kit.definexml import STYLESHEET
from cdisc_kit.locate import bundled
from cdisc_kit.render.define_html import render_define_html
from cdisc_kit.sharing.bag import bag
from cdisc_kit.sharing.datafiles import csv_files, transport_files
from cdisc_kit.sharing.described import TRANSPORT, define_of, described
from cdisc_kit.sharing.release import Release

Files = dict[str, bytes]


def release_files(release: Release) -> Files:
    """Every file of the release below its folder, by path; equal releases give equal bytes."""
    datasets = described(release)
    define = define_of(release, datasets)
    stylesheet = bundled("define") / STYLESHEET
    files: Files = {}
    files |= {f"{TRANSPORT}/{name}": content for name, content in transport_files(datasets).items()}
    files |= {f"sdtm/csv/{name}": content for name, content in csv_files(datasets).items()}
    files["define.xml"] = define
    files[STYLESHEET] = stylesheet.read_bytes()
    files["define.html"] = render_define_html(io.BytesIO(define), stylesheet)
    files["deid/rules-applied.csv"] = rules_applied(release)
    return dict(sorted(files.items()))


def package_files(release: Release) -> Files:
    """The release as a bag: what is sealed and sent."""
    registration = release.spec.study["registration"]
    info = {
        "Source-Organization": str(registration["sponsor"]["en"]),
        "External-Identifier": release.name,
        "External-Description": release.spec.title,
    }
    return bag(release_files(release), {}, info)


def rules_applied(release: Release) -> bytes:
    """Every decision of the release: dataset, variable or QNAM, rule, reason, rows touched."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["dataset", "variable", "rule", "reason", "rows"])
    writer.writerows(
        [d.dataset, d.variable, d.rule, d.reason, d.rows] for d in release.deidentified.decisions
    )
    return buffer.getvalue().encode("utf-8-sig")
