"""Chinese packages: labels, collected wording, what keeps its English, and text over its byte budget."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml
from conftest import TinyStudy

from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding
from cdisc_kit.language import english_labels, packaged, shown_label
from cdisc_kit.language.budget import Cut, rejoin_findings
from cdisc_kit.locate import bundled
from cdisc_kit.spec import load_study
from cdisc_kit.standard import load_chinese_labels, load_sdtmig

PERSON = {"SITE": "01", "SUBJ": "1"}
TERM = {
    "lookup": "A",
    "table": "terms",
    "take": "term_en",
    "missing": {"rule": "CE-NOTRANS", "value": "UNKNOWN {row}"},
}
STUDIES = ("atg", "capeox")


def package(
    tiny: TinyStudy, encoding: str, *rows: dict[str, str]
) -> tuple[dict[str, Dataset], list[Finding]]:
    events = [{"SUBJ": "1", "D": f"2025-01-{day:02}", **row} for day, row in enumerate(rows, start=1)]
    built = tiny.build({"DEMOG": [PERSON], "EVENT": events})
    datasets, findings = packaged(tiny.load(), built, encoding)
    return datasets, [f for f in findings if f.rule != "LABEL-NOCHINESE"]


def chinese(tiny: TinyStudy, **content: object) -> TinyStudy:
    (tiny.folder / "chinese.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return tiny


def qualifiers(dataset: Dataset) -> list[tuple[str, str, str, str]]:
    columns = [dataset.frame[name] for name in ("IDVARVAL", "QNAM", "QLABEL", "QVAL")]
    return list(zip(*columns, strict=True))


# -- labels --


def test_every_variable_of_the_guide_has_a_chinese_label_that_fits() -> None:
    labels = load_chinese_labels()
    for dataset in load_sdtmig().datasets.values():
        shown = [labels.variable(dataset.name, name) for name in dataset.variables]
        lacking = [n for n, label in zip(dataset.variables, shown, strict=True) if not label]
        assert not lacking, f"labels-zh/variables.tsv lacks {dataset.name}: {', '.join(lacking)}"
        doubled = [label for label, count in Counter(shown).items() if count > 1]
        assert not doubled, f"{dataset.name} has two variables labelled {doubled}"
        for label in (*shown, labels.dataset(dataset.name), labels.dataset(f"SUPP{dataset.name}")):
            assert 0 < len(label.encode("utf-8")) <= 40 and len(label.encode("gb18030")) <= 40, label


def test_numbered_and_supplemental_labels_follow_their_base() -> None:
    labels = load_chinese_labels()
    assert labels.variable("CO", "COVAL2") == labels.variable("CO", "COVAL") + "2"
    assert labels.dataset("SUPPAE") == "AE补充限定变量"
    assert labels.variable("AE", "AEXYZ") == labels.dataset("ZZ") == ""


@pytest.mark.parametrize("study", STUDIES)
def test_everything_the_studies_build_has_a_chinese_label(study: str) -> None:
    """A new qualifier or a variable outside the guide needs `label: {en: …, zh: …}` in its mapping."""
    spec, labels = load_study(bundled("mappings") / study), load_chinese_labels()
    lacking = []
    for domain in spec.domains.values():
        for target in domain.variables.values():
            if not (target.label_zh or labels.variable(domain.name, target.name)):
                lacking.append(f"{domain.name}.{target.name}")
        lacking += [f"{domain.name} supp {q.name}" for q in domain.supp.values() if not q.label_zh]
        for qualifier in domain.supp.values():
            assert len(qualifier.label_zh.encode("utf-8")) <= 40, qualifier.label_zh
    assert not lacking, "no Chinese label: " + ", ".join(lacking)
    english = english_labels(spec, ())
    pairs = {(q.label_zh, q.label) for d in spec.domains.values() for q in d.supp.values()}
    assert all(english[zh] == en for zh, en in pairs), "one Chinese label for two English ones"


def test_labels_are_chinese_in_chinese_packages_only(tiny: TinyStudy) -> None:
    for encoding, label in (("ascii", "Reported Term for the Clinical Event"), ("utf-8", "临床事件报告术语")):
        datasets, _ = package(tiny, encoding, {"A": "x"})
        assert shown_label(datasets["CE"].variable("CETERM"), encoding) == label
    assert shown_label(datasets["CE"], "gb18030") == "临床事件"
    assert datasets["CE"].variable("CETERM").label == "Reported Term for the Clinical Event"


def test_a_label_that_is_missing_is_told_and_one_too_long_stops(tiny: TinyStudy) -> None:
    tiny.change("domains/ce.yaml", supp={"CEX": {"assign": "B", "label": "Own"}})
    built = tiny.build({"DEMOG": [PERSON], "EVENT": [{"SUBJ": "1", "A": "x", "B": "y"}]})
    _, findings = packaged(tiny.load(), built, "utf-8")
    (finding,) = [f for f in findings if f.rule == "LABEL-NOCHINESE"]
    assert (finding.severity, finding.dataset, finding.variable) == ("WARN", "SUPPCE", "CEX")
    assert finding.spec_file.endswith("ce.yaml") and finding.spec_line
    tiny.change("domains/ce.yaml", supp={"CEX": {"assign": "B", "label": {"en": "Own", "zh": "很" * 14}}})
    built = tiny.build({"DEMOG": [PERSON], "EVENT": [{"SUBJ": "1", "A": "x", "B": "y"}]})
    _, findings = packaged(tiny.load(), built, "utf-8")
    (finding,) = [f for f in findings if f.rule == "LABEL-TOOLONG"]
    assert (finding.severity, finding.dataset, finding.variable) == ("FATAL", "SUPPCE", "CEX")
    assert "42 bytes" in finding.message and finding.spec_line
    datasets, findings = packaged(tiny.load(), built, "gb18030")
    assert not [f for f in findings if f.severity == "FATAL"], "14 characters are 28 bytes in GB18030"
    assert qualifiers(datasets["SUPPCE"]) == [("1", "CEX", "很" * 14, "y")]


# -- text --


def test_a_translated_variable_holds_the_collected_text_in_chinese_packages(tiny: TinyStudy) -> None:
    tiny.change("domains/ce.yaml", variables={"CETERM": TERM})
    for encoding, terms in (
        ("ascii", ["Fever", "Nausea"]),
        ("utf-8", ["发热", "恶心"]),
        ("gb18030", ["发热", "恶心"]),
    ):
        datasets, findings = package(tiny, encoding, {"A": "发热"}, {"A": "恶心"})
        assert datasets["CE"].frame["CETERM"].tolist() == terms
        assert findings == [] and "SUPPCE" not in datasets


@pytest.mark.parametrize("wide", ["腹痛（右侧），发热；３８℃", "腹痛（右侧），发热；38℃ "])
def test_collected_text_keeps_its_chinese_punctuation(tiny: TinyStudy, wide: str) -> None:
    table = tiny.folder / "coding" / "terms.csv"
    line = '"腹痛（右侧），发热；38℃",Pain,Pain\n'
    table.write_text(table.read_text(encoding="utf-8") + line, encoding="utf-8")
    tiny.change("domains/ce.yaml", variables={"CETERM": TERM})
    for encoding, terms in (
        ("ascii", ["Pain", "Fever", "Pain"]),
        ("utf-8", ["腹痛（右侧），发热；38°C", "发热", "腹痛(右侧),发热;38°C"]),
        ("gb18030", ["腹痛（右侧），发热；38°C", "发热", "腹痛(右侧),发热;38°C"]),
    ):
        datasets, _ = package(tiny, encoding, {"A": wide}, {"A": "发热"}, {"A": "腹痛(右侧),发热;38℃"})
        assert datasets["CE"].frame["CETERM"].tolist() == terms


def test_a_text_of_each_item_keeps_its_chinese_punctuation(tiny: TinyStudy) -> None:
    block = "unpivot: {items: [{columns: {TERM: A}}, {columns: {TERM: B}}], keep: present(TERM)}"
    tiny.edit("domains/ce.yaml", "{id: event, from: EVENT}", f"{{id: event, from: EVENT, {block}}}")
    tiny.change("domains/ce.yaml", variables={"CETERM": {**TERM, "lookup": "TERM"}})
    datasets, _ = package(tiny, "utf-8", {"A": "发热？", "B": "恶心！"})
    assert sorted(datasets["CE"].frame["CETERM"]) == ["发热？", "恶心！"]


def test_order_and_numbers_are_those_of_the_english_package(tiny: TinyStudy) -> None:
    tiny.change("domains/ce.yaml", variables={"CETERM": TERM}, finalize={"sort": ["USUBJID", "CETERM"]})
    datasets, _ = package(tiny, "utf-8", {"A": "恶心"}, {"A": "发热"})
    assert datasets["CE"].frame["CETERM"].tolist() == ["发热", "恶心"], "Fever before Nausea"
    assert datasets["CE"].frame["CESEQ"].tolist() == [1, 2]


def test_english_of_a_term_goes_to_the_declared_qualifier(tiny: TinyStudy) -> None:
    tiny.change("domains/ce.yaml", variables={"CETERM": TERM})
    label = {"en": "Term in English", "zh": "术语英文"}
    chinese(tiny, english={"CE.CETERM": {"qnam": "CETRMEN", "label": label}})
    datasets, findings = package(tiny, "utf-8", {"A": "发热"}, {"A": "奇怪"}, {"A": "恶心"})
    assert qualifiers(datasets["SUPPCE"]) == [
        ("1", "CETRMEN", "术语英文", "Fever"),
        ("3", "CETRMEN", "术语英文", "Nausea"),
    ]
    assert set(datasets["SUPPCE"].frame["QORIG"]) == {"Assigned"}
    assert [(f.rule, f.severity) for f in findings] == [("CE-NOTRANS", "INFO")], "the text itself is kept"
    datasets, findings = package(tiny, "ascii", {"A": "发热"}, {"A": "奇怪"})
    assert "SUPPCE" not in datasets
    assert [(f.rule, f.severity) for f in findings] == [("CE-NOTRANS", "ERROR")]


def test_terms_of_the_mapping_come_from_chinese_yaml(tiny: TinyStudy) -> None:
    chinese(tiny, terms={"CETERM": {"REJECTION": "排斥反应", "COMPLETED": "COMPLETED"}})
    rows = ({"A": "REJECTION"}, {"A": "COMPLETED"}, {"A": "LOSS"}, {"A": "38.5"}, {"A": ""})
    datasets, findings = package(tiny, "utf-8", *rows)
    assert datasets["CE"].frame["CETERM"].tolist() == ["排斥反应", "COMPLETED", "LOSS", "38.5", ""]
    (finding,) = findings
    assert (finding.rule, finding.severity, finding.variable, finding.value) == (
        "TXT-NOCHINESE",
        "WARN",
        "CETERM",
        "LOSS",
    )


def test_a_qualifier_that_is_translated_holds_the_collected_text(tiny: TinyStudy) -> None:
    own = {**TERM, "label": {"en": "Own", "zh": "自有"}}
    tiny.change("domains/ce.yaml", supp={"CEX": own})
    datasets, _ = package(tiny, "utf-8", {"A": "恶心"}, {"A": ""}, {"A": "发热"})
    assert qualifiers(datasets["SUPPCE"]) == [("1", "CEX", "自有", "恶心"), ("3", "CEX", "自有", "发热")]


def test_text_passed_on_from_a_helper_column_is_collected_text_too(tiny: TinyStudy) -> None:
    tiny.change(
        "domains/ce.yaml",
        work={"CAUSE": TERM},
        variables={"CETERM": {"expr": "CAUSE if YN == 'Y' else 'NONE'", "origin": "Collected"}},
    )
    datasets, _ = package(tiny, "utf-8", {"A": "发热", "YN": "Y"}, {"A": "恶心", "YN": "N"})
    assert datasets["CE"].frame["CETERM"].tolist() == ["发热", "NONE"]


def test_coded_variables_keep_submission_values(tiny: TinyStudy) -> None:
    chinese(tiny, terms={"SEX": {"M": "男"}})
    (problem,) = tiny.problems()
    assert "DM.SEX has CDISC terminology; its values stay submission values" in problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            {"terms": {"CETREM": {"A": "甲"}}},
            "terms: unknown variable of the study 'CETREM'; did you mean 'CETERM'?",
        ),
        (
            {"english": {"CE.CETREM": {"qnam": "X", "label": {"en": "X", "zh": "甲"}}}},
            "did you mean 'CE.CETERM'?",
        ),
        (
            {"english": {"CE.CETERM": {"qnam": "CESTDTC", "label": {"en": "X", "zh": "甲"}}}},
            "already has a variable",
        ),
        ({"english": {"CE.CETERM": {"qnam": "CETRMEN", "label": {"en": "X"}}}}, "'zh' is missing"),
        ({"words": {}}, "unknown key 'words'"),
    ],
)
def test_mistakes_in_chinese_yaml_are_told_with_their_line(
    tiny: TinyStudy, content: dict[str, object], problem: str
) -> None:
    (found,) = chinese(tiny, **content).problems()
    assert problem in found and found.startswith("mappings/tiny/chinese.yaml:")


# -- byte budgets --


def stored(datasets: dict[str, Dataset], name: str) -> str:
    frame = datasets["SUPPCE"].frame
    return "".join(frame.loc[frame["QNAM"] == name, "QVAL"])


@pytest.mark.parametrize(("encoding", "count"), [("utf-8", 2), ("gb18030", 1)])
def test_long_text_goes_on_in_the_supplemental_dataset(tiny: TinyStudy, encoding: str, count: int) -> None:
    text = "患者诉发热," * 25 + "体温38.5度。"
    datasets, findings = package(tiny, encoding, {"A": "short"}, {"A": text})
    terms = datasets["CE"].frame["CETERM"].tolist()
    names = [f"CETERM{number}" for number in range(1, count + 1)]
    assert terms[0] == "short" and terms[1] + "".join(stored(datasets, n) for n in names) == text
    assert [q[:3] for q in qualifiers(datasets["SUPPCE"])] == [
        ("2", name, "临床事件报告术语") for name in names
    ]
    assert terms[1].endswith(",") and len(terms[1].encode(encoding)) <= 200
    (finding,) = findings
    assert (finding.rule, finding.severity, finding.dataset, finding.variable) == (
        "TXT-SPLIT",
        "INFO",
        "CE",
        "CETERM",
    )
    assert (finding.row, finding.usubjid, finding.value) == (2, "TINY-01-1", text)
    assert (
        f"{len(text.encode(encoding))} bytes in {encoding}" in finding.message
        and "SUPPCE CETERM1" in finding.message
    )


def test_english_text_is_continued_too(tiny: TinyStudy) -> None:
    text = "THE SUBJECT CAME BACK WITH A FEVER " * 9
    datasets, findings = package(tiny, "ascii", {"A": text.strip()})
    assert datasets["CE"].frame["CETERM"][0] + stored(datasets, "CETERM1") == text.strip()
    assert [f.rule for f in findings] == ["TXT-SPLIT"]
    assert qualifiers(datasets["SUPPCE"])[0][2] == "Reported Term for the Clinical Event"
    assert datasets["SUPPCE"].variable("QVAL").length == len(stored(datasets, "CETERM1"))


def test_a_long_qualifier_goes_on_in_further_qualifiers(tiny: TinyStudy) -> None:
    tiny.change(
        "domains/ce.yaml", supp={"CEREMARK": {"assign": "B", "label": {"en": "Remark", "zh": "说明"}}}
    )
    text = "随访情况良好。" * 30
    datasets, findings = package(tiny, "utf-8", {"A": "x", "B": "短"}, {"A": "y", "B": text})
    assert [q[:3] for q in qualifiers(datasets["SUPPCE"])] == [
        ("1", "CEREMARK", "说明"), ("2", "CEREMAR1", "说明"), ("2", "CEREMAR2", "说明"),
        ("2", "CEREMAR3", "说明"), ("2", "CEREMARK", "说明"),
    ]  # fmt: skip
    held = {q[1]: q[3] for q in qualifiers(datasets["SUPPCE"]) if q[0] == "2"}
    assert held["CEREMARK"] + held["CEREMAR1"] + held["CEREMAR2"] + held["CEREMAR3"] == text
    assert [(f.rule, f.variable, f.row) for f in findings] == [("TXT-SPLIT", "CEREMARK", 2)]


def test_a_value_of_its_own_dataset_goes_on_in_numbered_variables(tiny: TinyStudy) -> None:
    text = "WORDS OF A LONG TITLE " * 15
    tiny.edit("domains/ts.yaml", 'value: "1"', f'value: "{text.strip()}"')
    datasets, findings = package(tiny, "ascii")
    ts = datasets["TS"]
    names = [v.name for v in ts.variables]
    at = names.index("TSVAL1")
    assert names[at - 1] == "TSVAL" and list(ts.frame.columns) == names
    joined = (ts.frame["TSVAL"] + ts.frame["TSVAL1"]).tolist()
    assert text.strip() in joined
    assert (ts.variable("TSVAL1").label, ts.variable("TSVAL1").core) == ("Parameter Value 1", "Perm")
    assert [(f.rule, f.dataset, f.variable) for f in findings] == [("TXT-SPLIT", "TS", "TSVAL")]


def test_text_that_has_no_place_to_go_on_stops(tiny: TinyStudy) -> None:
    tiny.edit("domains/tv.yaml", '"Day {visitdy}"', f'"{"Day " * 60}"')
    _, findings = package(tiny, "ascii")
    assert {(f.rule, f.severity, f.dataset, f.variable) for f in findings} == {
        ("TXT-TOOLONG", "FATAL", "TV", "TVSTRL")
    }


def test_a_name_that_is_taken_is_not_used_twice(tiny: TinyStudy) -> None:
    tiny.change("domains/ce.yaml", supp={"CETERM1": {"assign": "B", "label": {"en": "Own", "zh": "自有"}}})
    datasets, findings = package(tiny, "ascii", {"A": "word " * 60, "B": "mine"})
    assert stored(datasets, "CETERM1") == "mine"
    assert [f.rule for f in findings] == ["TXT-TOOLONG"]


def test_parts_that_do_not_give_the_text_back_stop(tiny: TinyStudy) -> None:
    text = "word " * 59 + "word"
    datasets, _ = package(tiny, "ascii", {"A": text})
    cut = Cut("CE", ("CETERM", "CETERM1"), datasets["CE"].frame.index.to_numpy(), (text,))
    assert rejoin_findings(datasets, [cut], "ascii") == []
    datasets["SUPPCE"].frame.loc[0, "QVAL"] = "another end"
    (finding,) = rejoin_findings(datasets, [cut], "ascii")
    assert (finding.rule, finding.severity, finding.row) == ("TXT-REJOIN", "FATAL", 1)


def test_the_label_table_names_only_what_the_guide_or_the_model_has() -> None:
    known = set(load_sdtmig().datasets)
    folder = Path(__file__).resolve().parents[2] / "cdisc_kit" / "standard" / "labels-zh"
    names = [line.split("\t")[0] for line in (folder / "datasets.tsv").read_text("utf-8").splitlines()[1:]]
    assert set(names) == known and len(names) == len(set(names))
