"""Findings stand at the raw cell a person can look at, whatever they were raised on."""

from __future__ import annotations

import pytest
from conftest import TinyStudy

from cdisc_kit.build.place import raw_column
from cdisc_kit.locate import bundled
from cdisc_kit.spec import load_study


@pytest.mark.parametrize(
    ("dataset", "block", "item", "name", "column"),
    [
        ("LB", "chemistry", 1, "VALUE", "AST"),
        ("LB", "chemistry", 1, "LBORRES", "AST"),
        ("LB", "chemistry", 1, "LBSTRESC", "AST"),
        ("LB", "chemistry", 1, "LBORRESU", "AST_U"),
        ("LB", "chemistry", 1, "LBORNRHI", "AST_HI"),
        ("LB", "chemistry", 1, "LBTESTCD", ""),
        ("RS", "response", 2, "RSSTRESC", "ORESP"),
        ("RS", "response", 2, "RSDTC", "RSPDT"),
        ("TR", "target", None, "TRSTRESC", "DIAM"),
        ("TR", "target", None, "TRLNKID", "LESNO"),
        ("TU", "lesion", None, "TUSTRESC", "LESTYPE"),
        ("EC", "oxaliplatin", None, "ECDOSE", "ACTDOSE"),
        ("EC", "oxaliplatin", None, "EPOCH", "STDT"),
        ("EC", "oxaliplatin", None, "UNKNOWN", ""),
    ],
)
def test_the_raw_column_behind_a_name(
    dataset: str, block: str, item: int | None, name: str, column: str
) -> None:
    spec = load_study(bundled("mappings") / "capeox")
    domain = spec.domains[dataset]
    own = next(part for part in domain.blocks if part.id == block)
    assert raw_column(spec, domain, own, name, item) == column


def test_what_an_operation_reports_names_variable_and_raw_column(tiny: TinyStudy) -> None:
    tiny.change("ct.yaml", maps={"kind": {"terms": {"a": "ALPHA"}}})
    tiny.edit("domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  CECAT: {map: OWN, ct: kind}")
    tiny.edit("domains/ce.yaml", "variables:", "work: {OWN: {expr: \"B if A == 'x' else 'a'\"}}\nvariables:")
    built = tiny.build({"DEMOG": [{"SITE": "01", "SUBJ": "1"}], "EVENT": [{"SUBJ": "1", "A": "x", "B": "b"}]})
    (finding,) = (found for found in built.findings if found.rule == "CT-UNMAPPED")
    assert (finding.dataset, finding.variable) == ("CE", "CECAT")
    assert (finding.form, finding.source_row, finding.source_column) == ("EVENT", 2, "B")
