"""sdtm/csdrg.html: the study data reviewer's guide of a package, from what its mapping and its build say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdisc_kit.decisions import FIX
from cdisc_kit.findings import SEVERITIES
from cdisc_kit.render.page import CHINESE, RANK, template
from cdisc_kit.standard import load_chinese_labels

if TYPE_CHECKING:
    from cdisc_kit.dataset import Dataset
    from cdisc_kit.decisions import Decision
    from cdisc_kit.findings import Finding
    from cdisc_kit.spec.model import StudySpec

NAME = "csdrg.html"
_OF_GENERATOR = "synth_"  # parameters of the generator say nothing of real data
_FLOOR = "WARN"  # findings of this severity and above are issues that a reviewer should know


@dataclass(frozen=True)
class _Issue:
    """The findings of one rule on one dataset."""

    severity: str
    rule: str
    dataset: str
    count: int
    message: str
    message_zh: str


@dataclass(frozen=True)
class _Contents:
    """A dataset as the guide lists it; `forms` are (code, title) of the raw forms its records come from."""

    dataset: Dataset
    label_zh: str
    records: int
    forms: tuple[tuple[str, str], ...]


def render_guide(
    spec: StudySpec,
    datasets: Mapping[str, Dataset],
    findings: Sequence[Finding],
    decisions: Sequence[Decision],
    *,
    standards: Mapping[str, str],
    synthetic: bool,
) -> str:
    """The page as text; it needs no network, and the same package gives the same bytes.

    `decisions` are those of the study and of the reviewers; `standards` label to text, in the order shown.
    """
    issues = _issues(findings)
    return template("csdrg.html.j2").render(
        spec=spec,
        study=_study(spec),
        standards=standards,
        synthetic=synthetic,
        contents=[_contents(spec, dataset) for _, dataset in sorted(datasets.items())],
        accepted=[d for d in decisions if d.action != FIX],
        to_fix=[d for d in decisions if d.action == FIX],
        issues=[issue for issue in issues if RANK[issue.severity] <= RANK[_FLOOR]],
        notes=sum(issue.count for issue in issues if RANK[issue.severity] > RANK[_FLOOR]),
        assumed=[
            (name, p)
            for name, p in sorted(spec.parameters.items())
            if p.assumed and (synthetic or not name.startswith(_OF_GENERATOR))
        ],
        questions=spec.study.get("questions", ()),
        chinese=CHINESE,
    )


def _study(spec: StudySpec) -> dict[str, str]:
    """Facts of study.yaml, label to text; a fact that the study does not give is left out."""
    protocol, registration = spec.study.get("protocol", {}), spec.study.get("registration", {})
    sponsor = registration.get("sponsor", {})
    facts = {
        "Study · 研究编号": spec.studyid,
        "Protocol · 方案": protocol.get("name", ""),
        "Design · 设计": protocol.get("description", ""),
        "Registration · 注册号": " ".join(filter(None, map(registration.get, ("registry", "id")))),
        "Sponsor · 申办者": " · ".join(filter(None, (sponsor.get("en"), sponsor.get("zh")))),
        "Country · 国家": spec.study.get("country", ""),
        "Sites · 中心数": str(len(spec.study.get("sites", ())) or ""),
        "Data cut-off · 数据截止日期": spec.extract_date,
    }
    return {label: str(text) for label, text in facts.items() if text}


def _contents(spec: StudySpec, dataset: Dataset) -> _Contents:
    forms = sorted(set(dataset.lineage.forms) - {""}) if dataset.lineage else []
    titled = tuple((form, _title(spec, form)) for form in forms)
    label = dataset.label_zh or load_chinese_labels().dataset(dataset.name)
    return _Contents(dataset, label, len(dataset.frame), titled)


def _title(spec: StudySpec, form: str) -> str:
    held = spec.sources.forms.get(form)
    return f"{held.title} · {held.title_zh}" if held is not None else ""


def _issues(findings: Sequence[Finding]) -> list[_Issue]:
    """The findings by rule and dataset, the worst first."""
    groups: dict[tuple[int, str, str], list[Finding]] = {}
    for finding in findings:
        key = (-SEVERITIES.index(finding.severity), finding.rule, finding.dataset or finding.form)
        groups.setdefault(key, []).append(finding)
    return [
        _Issue(same[0].severity, rule, place, len(same), same[0].message, same[0].message_zh)
        for (_, rule, place), same in sorted(groups.items())
    ]
