"""A study small enough to read, copied for every test that wants to change its mapping or feed it rows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from cdisc_kit.build.checks import study_findings
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.finalize import finalize
from cdisc_kit.build.study import Built, build_datasets
from cdisc_kit.build.supplement import supplement
from cdisc_kit.build.workspace import Form, Workspace
from cdisc_kit.columns import text_as_objects
from cdisc_kit.errors import SpecError
from cdisc_kit.findings import Finding
from cdisc_kit.locate import bundled
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.raw import RawTable
from cdisc_kit.sharing.request import Request
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.standard import load_ct

TINY = Path(__file__).parent / "studies" / "tiny"
Rows = dict[str, list[dict[str, str]]]
# Of a recipient whose request opens every gate once the window is open.
ASKED = Request(
    release="R1",
    requester="Dr Example",
    institution="Example University",
    country="CHN",
    email="a@example.org",
    purpose="replication",
    tier="T2",
    expires="2029-12-31",
    ethics_number="EC-1",
    pi_approved="2028-01-10",
    ethics_approved="2028-01-20",
    dua_sha256="0" * 64,
)
# What reading says of cells that stay usable is the matter of the tests of reading, not of mappings.
OF_CELLS = frozenset({"DT-PARTIAL", "DT-FUTURE", "TXT-NFKC", "TXT-TRIM"})


@dataclass(frozen=True)
class TinyStudy:
    """A copy of tests/studies/tiny in a folder of its own: change its files, load it, build it from rows."""

    folder: Path

    def edit(self, name: str, old: str, new: str) -> TinyStudy:
        """Replace text that stands once in a mapping file."""
        path = self.folder / name
        content = path.read_text(encoding="utf-8")
        assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {name}"
        path.write_text(content.replace(old, new), encoding="utf-8")
        return self

    def change(self, name: str, **sections: Any) -> TinyStudy:
        """Merge top-level sections into a mapping file (everything in them is text, lists and mappings)."""
        path = self.folder / name
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        for key, value in sections.items():
            mergeable = isinstance(value, dict) and isinstance(document.get(key), dict)
            document[key] = {**document[key], **value} if mergeable else value
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return self

    def load(self) -> StudySpec:
        return load_study(self.folder)

    def problems(self) -> list[str]:
        """Every problem the load reports; the test fails where there is none."""
        with pytest.raises(SpecError) as caught:
            self.load()
        return list(caught.value.problems)

    def tables(self, rows: Rows, spec: StudySpec) -> dict[str, tuple[RawTable, ...]]:
        """Raw tables as the readers give them: row 1 is the header, a cell left out is blank."""
        unknown = rows.keys() - spec.sources.forms.keys()
        assert not unknown, f"no form {unknown}"
        result = {}
        for name, form in spec.sources.forms.items():
            given = rows.get(name, [])
            assert all(row.keys() <= form.columns.keys() for row in given), f"unknown column of {name}"
            cells = {column: [row.get(column, "") for row in given] for column in form.columns}
            frame = pd.DataFrame(cells, dtype=object)
            result[name] = (RawTable(name, f"{name}.csv", "", np.arange(len(given)) + 2, frame),)
        return result

    @text_as_objects
    def forms(self, rows: Rows) -> tuple[StudySpec, dict[str, Form], list[Finding]]:
        spec = self.load()
        forms, findings = prepare_forms(spec, self.tables(rows, spec))
        return spec, forms, findings

    @text_as_objects
    def workspace(self, rows: Rows) -> Workspace:
        """Drafts before they are sorted and checked: what an operation gives, row by row."""
        spec, forms, findings = self.forms(rows)
        workspace = Workspace(spec, load_ct(spec.ct_version), forms, Draft)
        workspace.findings += [finding for finding in findings if finding.rule not in OF_CELLS]
        return workspace

    @text_as_objects
    def build(self, rows: Rows) -> Built:
        """The final datasets (lengths not set); `findings` holds those of preparing the forms too."""
        spec, forms, findings = self.forms(rows)
        built = build_datasets(spec, forms)
        prepared = [finding for finding in findings if finding.rule not in OF_CELLS]
        return replace(built, findings=[*prepared, *built.findings])


@cache
@text_as_objects
def bundled_study(study: str) -> tuple[StudySpec, dict[str, Form]]:
    """A bundled study with its forms as they are without rows."""
    folder = bundled("mappings") / study
    spec = load_study(folder)
    return spec, prepare_forms(spec, TinyStudy(folder).tables({}, spec))[0]


@text_as_objects
def bundled_forms(study: str, rows: Rows) -> tuple[StudySpec, dict[str, Form], list[Finding]]:
    """A bundled study with rows of some forms, and what preparing those found."""
    spec, blank = bundled_study(study)
    tables = TinyStudy(spec.folder).tables(rows, spec)
    forms, findings = prepare_forms(spec, {name: tables[name] for name in rows})
    return spec, {**blank, **forms}, findings


@text_as_objects
def build_only(study: str, rows: Rows, *names: str) -> Built:
    """Some datasets of a bundled study with their SUPP--, and what these and the study's checks find."""
    spec, forms, prepared = bundled_forms(study, rows)
    workspace = Workspace(spec, load_ct(spec.ct_version), forms, Draft)
    made = [finalize(workspace, name) for name in names]
    made += [(extra, order) for one, order in made if (extra := supplement(workspace, one, order))]
    findings = [finding for finding in prepared if finding.rule not in OF_CELLS]
    findings += [*workspace.findings, *study_findings(workspace)]
    return Built({one.name: one for one, _ in made}, findings, pd.DataFrame(), {}, workspace)


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStudy:
    folder = tmp_path / "mappings" / "tiny"
    shutil.copytree(TINY, folder)
    return TinyStudy(folder)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where groups of tests are ignored: each worker would build every package for itself."""
    if getattr(session.config.option, "loadgroup", False):
        grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
        if not all("@" in item.nodeid for item in grouped):
            raise pytest.UsageError(
                "--dist loadgroup has no effect with this pytest: see tools/constraints.txt"
            )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The lines that tests recorded as `summary`, below pytest's own."""
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, [])]
    lines = sorted(
        str(v) for r in reports for name, v in getattr(r, "user_properties", ()) if name == "summary"
    )
    for line in lines:
        terminalreporter.write_line(line)
