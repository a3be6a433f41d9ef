"""A held interval inside one that was taken splits it, and nothing of the raw rows is lost."""

from __future__ import annotations

from conftest import Rows, TinyStudy, build_only

from cdisc_kit.build.study import Built
from cdisc_kit.locate import bundled

HEAD = {"SITEID": "01", "SUBJID": "B001", "INIT": "ZHLI", "EVENT": "C1D1", "EVENTDT": "2025-09-10",
        "FORMSTATUS": "已锁定"}  # fmt: skip
SUBJECT = HEAD | {"REPEATKEY": "1", "EVENT": "SCR", "ICFDT": "2025-09-01", "BRTHYM": "1970-05", "SEX": "1"}
TAKEN = {
    "TAKEN": "是",
    "TAB500": "3",
    "TAB150": "0",
    "BSAUSED": "1.65",
    "CAPPL": "1650",
    "FRQ": "bid",
    "CYCLE": "1",
}
HELD = {"TAKEN": "否", "HOLDRS": "腹泻", "CYCLE": "1"}


def built(*rows: tuple[dict[str, str], str, str]) -> Built:
    diary = [
        HEAD | {"REPEATKEY": str(number), "STDT": start, "ENDT": end} | cells
        for number, (cells, start, end) in enumerate(rows, start=1)
    ]
    given: Rows = {"DM": [SUBJECT], "EXPO": diary}
    return build_only("capeox", given, "EC", "EX")


def intervals(found: Built, dataset: str = "EC") -> list[tuple[str, ...]]:
    frame = found.datasets[dataset].frame
    if dataset == "EC":
        frame = frame[frame["ECMOOD"] == "PERFORMED"]
        return list(frame[["ECSTDTC", "ECENDTC", "ECOCCUR"]].itertuples(index=False, name=None))
    return list(frame[["EXSTDTC", "EXENDTC"]].itertuples(index=False, name=None))


def told(found: Built) -> list[tuple[str, str, int, str]]:
    own = [f for f in found.findings if f.rule.startswith("EX-") and f.rule != "EX-BEFORE-ICF"]
    return [(f.rule, f.severity, f.source_row, f.source_column) for f in own]


def test_a_pause_inside_gives_three_records_of_two_rows() -> None:
    found = built((TAKEN | {"MISSED": "2"}, "2025-09-10", "2025-09-20"), (HELD, "2025-09-14", "2025-09-16"))
    assert intervals(found) == [
        ("2025-09-10", "2025-09-13", "Y"),
        ("2025-09-14", "2025-09-16", "N"),
        ("2025-09-17", "2025-09-20", "Y"),
    ]
    assert intervals(found, "EX") == [("2025-09-10", "2025-09-13"), ("2025-09-17", "2025-09-20")]
    assert told(found) == [("EX-SPLIT", "INFO", 3, "STDT")]
    links = found.datasets["EC"].frame.query("ECMOOD == 'PERFORMED'")["ECLNKID"]
    assert list(links) == ["CAP-C1-1", "CAP-C1-2", "CAP-C1-3"]
    assert list(found.datasets["EX"].frame["EXLNKID"]) == ["CAP-C1-1", "CAP-C1-3"]


def test_what_counts_over_the_whole_interval_is_not_counted_twice() -> None:
    found = built((TAKEN | {"MISSED": "2"}, "2025-09-10", "2025-09-20"), (HELD, "2025-09-14", "2025-09-16"))
    supp = found.datasets["SUPPEC"].frame
    assert list(supp[supp["QNAM"] == "ECMISSN"]["QVAL"]) == ["2"]


def test_pauses_at_the_ends_and_several_pauses() -> None:
    found = built(
        (TAKEN, "2025-09-10", "2025-09-20"),
        (HELD, "2025-09-10", "2025-09-11"),
        (HELD, "2025-09-15", "2025-09-15"),
    )
    assert [span for span in intervals(found) if span[2] == "Y"] == [
        ("2025-09-12", "2025-09-14", "Y"),
        ("2025-09-16", "2025-09-20", "Y"),
    ]
    assert [rule for rule, *_ in told(found)] == ["EX-SPLIT", "EX-SPLIT"]


def test_other_pauses_split_nothing() -> None:
    rows = [
        (TAKEN, "2025-09-10", "2025-09-20"),
        (HELD, "2025-09-21", "2025-09-23"),
        (HELD, "2025-09-19", "2025-09-25"),
        (HELD, "2025-09-10", "2025-09-20"),
        (HELD, "2025-09", "2025-09"),
    ]
    found = built(*rows)
    assert ("2025-09-10", "2025-09-20", "Y") in intervals(found)
    assert not told(found)


def test_a_pause_of_another_subject_splits_nothing() -> None:
    diary = [
        HEAD | TAKEN | {"REPEATKEY": "1", "STDT": "2025-09-10", "ENDT": "2025-09-20"},
        HEAD | HELD | {"REPEATKEY": "1", "SUBJID": "B002", "STDT": "2025-09-14", "ENDT": "2025-09-16"},
    ]
    given: Rows = {"DM": [SUBJECT, SUBJECT | {"SUBJID": "B002"}], "EXPO": diary}
    found = build_only("capeox", given, "EX")
    assert intervals(found, "EX") == [("2025-09-10", "2025-09-20")]


def test_a_visit_that_nobody_knows_is_told_at_its_cell() -> None:
    given: Rows = {
        "DM": [SUBJECT],
        "VS": [
            HEAD | {"REPEATKEY": "1", "HR": "70"},
            HEAD | {"REPEATKEY": "2", "EVENT": "C99D1", "HR": "70"},
        ],
        "AE": [HEAD | {"REPEATKEY": "1", "EVENT": "LOG", "AETXT": "发热"}],
        "ECOG": [HEAD | {"REPEATKEY": "1", "EVENT": "UNS", "ECOG": "1"}],
    }
    found = TinyStudy(bundled("mappings") / "capeox").build(given)  # whole: it is told last
    (finding,) = (f for f in found.findings if f.rule == "SV-UNKNOWN")
    assert (finding.severity, finding.value) == ("ERROR", "C99D1")
    assert (finding.form, finding.source_row, finding.source_column) == ("VS", 3, "EVENT")
    assert list(found.datasets["VS"].frame["VISITNUM"].isna()) == [True, False]
