"""The merged verdict of a check as JUnit XML, which build servers read: one test case for each rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cdisc_kit.checked import CheckResult
    from cdisc_kit.findings import Finding

_MAX_LINES = 100  # of findings in one failure; how many more there are is said
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(result: CheckResult) -> bytes:
    """A suite for each engine and one for the decisions. A rule fails by its standing findings.

    A rule that CORE could judge on no dataset is skipped, one that it could not run is an error.
    """
    root = etree.Element("testsuites", name=_text(result.folder))
    standing: dict[str, list[Finding]] = {}
    for finding in result.standing:
        standing.setdefault(finding.rule, []).append(finding)
    broken = {pair.rule: f"{pair.dataset}: {pair.reason}" for pair in result.errors}
    unjudged = {pair.rule: pair.reason for pair in result.skipped}
    for engine in result.engines:
        suite = etree.SubElement(root, "testsuite", name=engine)
        codes = {code for code, rule in result.rules.items() if rule.engine == engine}
        for code in sorted(codes | ({*broken, *unjudged} if engine == "core" else set())):
            case = _case(suite, engine, code)
            if code in broken:
                _add(case, "error", "the engine could not run this rule", broken[code])
            elif code in standing:
                _fail(case, standing[code])
            elif code in unjudged and code not in result.rules:
                _add(case, "skipped", unjudged[code], "")
        _count(suite)
    suite = etree.SubElement(root, "testsuite", name="decisions")
    for stale in result.stale:
        _add(_case(suite, "decisions", stale.place), "failure", stale.reason, str(stale))
    _count(suite)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _case(suite: _Element, engine: str, name: str) -> _Element:
    return etree.SubElement(suite, "testcase", classname=f"cdisc-kit.{engine}", name=_text(name))


def _fail(case: _Element, findings: list[Finding]) -> None:
    lines = [_line(finding) for finding in findings[:_MAX_LINES]]
    if len(findings) > _MAX_LINES:
        lines.append(f"and {len(findings) - _MAX_LINES} more")
    _add(case, "failure", f"{len(findings)} finding(s): {findings[0].message}", "\n".join(lines))


def _line(finding: Finding) -> str:
    """`ERROR CORE-000718 AE.AESTDTC record 2: message [S-1 seq 2: AESTDTC=2024]`."""
    record = " ".join(part for part in (finding.usubjid, f"seq {finding.seq}" if finding.seq else "") if part)
    told = ": ".join(part for part in (record, finding.value) if part)
    return finding.one_line() + (f" [{told}]" if told else "")


def _add(case: _Element, kind: str, message: str, text: str) -> None:
    child = etree.SubElement(case, kind, message=_text(message))
    if text:
        child.text = _text(text)


def _count(suite: _Element) -> None:
    suite.set("tests", str(len(suite)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{kind}"))))


def _text(value: str) -> str:
    """Without characters that XML cannot hold: data may contain them."""
    return _NOT_XML.sub("\ufffd", value)
