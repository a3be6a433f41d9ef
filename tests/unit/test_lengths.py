"""Lengths in bytes: the longest value of a variable anywhere, and what cannot be written stops the build."""

from __future__ import annotations

import pytest
from conftest import TinyStudy

from cdisc_kit.build.study import Built
from cdisc_kit.lengths import with_lengths

PERSON = {"SITE": "01", "SUBJ": "1"}


def built(tiny: TinyStudy, *terms: str) -> Built:
    return tiny.build({"DEMOG": [PERSON], "EVENT": [{"SUBJ": "1", "A": term} for term in terms]})


def length(tiny: TinyStudy, name: str, encoding: str, *terms: str) -> int:
    datasets, findings = with_lengths(built(tiny, *terms).datasets, encoding)
    assert findings == []
    return datasets["CE"].variable(name).length


def test_a_length_is_that_of_the_longest_value_in_bytes(tiny: TinyStudy) -> None:
    assert length(tiny, "CETERM", "ascii", "a", "abc", "") == 3
    assert length(tiny, "CETERM", "utf-8", "发热", "abc") == 6
    assert length(tiny, "CETERM", "gb18030", "发热", "abc") == 4


def test_a_blank_variable_has_length_one_and_a_number_eight(tiny: TinyStudy) -> None:
    assert length(tiny, "CETERM", "ascii", "") == 1
    assert length(tiny, "CESEQ", "ascii", "x") == 8


def test_a_variable_has_one_length_in_all_datasets_but_supplemental_ones(tiny: TinyStudy) -> None:
    tiny.change("domains/ce.yaml", supp={"CEX": {"assign": "A", "label": "A"}})
    datasets, _ = with_lengths(built(tiny, "x").datasets, "ascii")
    usubjid = {name: d.variable("USUBJID").length for name, d in datasets.items() if "USUBJID" in d.frame}
    assert usubjid == dict.fromkeys(("CE", "DM", "SE", "SV", "SUPPCE"), 9)
    visit = {name: datasets[name].variable("VISIT").length for name in ("SV", "TV")}
    assert visit == {"SV": 9, "TV": 9}, "SV has no row: it takes the length of TV"
    assert datasets["SUPPCE"].variable("QVAL").length == 1


def test_text_of_200_bytes_fits_and_of_201_does_not(tiny: TinyStudy) -> None:
    assert length(tiny, "CETERM", "ascii", "x" * 200) == 200
    _, findings = with_lengths(built(tiny, "a", "x" * 201).datasets, "ascii")
    (finding,) = findings
    assert (finding.rule, finding.severity) == ("TXT-TOOLONG", "FATAL")
    assert (finding.dataset, finding.variable, finding.row, finding.usubjid) == (
        "CE",
        "CETERM",
        2,
        "TINY-01-1",
    )
    assert finding.value == "x" * 201 and "xxx" not in finding.message


@pytest.mark.parametrize(("encoding", "rule"), [("utf-8", "TXT-TOOLONG"), ("gb18030", None)])
def test_bytes_count_not_characters(tiny: TinyStudy, encoding: str, rule: str | None) -> None:
    _, findings = with_lengths(built(tiny, "热" * 100).datasets, encoding)
    assert [finding.rule for finding in findings] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("encoding", "text", "rule"),
    [
        ("ascii", "发热", "TXT-NONASCII"),
        ("ascii", "37°C", "TXT-NONASCII"),
    ],
)
def test_text_that_cannot_be_encoded_stops_with_its_record(
    tiny: TinyStudy, encoding: str, text: str, rule: str
) -> None:
    _, findings = with_lengths(built(tiny, "zz", text, "aa").datasets, encoding)
    (finding,) = findings
    assert (finding.rule, finding.severity) == (rule, "FATAL")
    assert (finding.dataset, finding.variable) == ("CE", "CETERM")
    assert finding.row == sorted(["zz", text, "aa"]).index(text) + 1
    assert text not in finding.message
