"""The synthetic capeox export, read back from the workbook and checked without the generator's own code."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import math
import os
import re
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import openpyxl
import pytest

from cdisc_kit.errors import InputError
from cdisc_kit.locate import bundled
from cdisc_kit.synth import GENERATORS, workbook
from cdisc_kit.synth.capeox import generate, response
from cdisc_kit.yamltext import read_yaml

pytestmark = pytest.mark.xdist_group("synth-capeox")

MAPPING = bundled("mappings") / "capeox"
SOURCES = read_yaml(MAPPING / "sources.yaml", "sources.yaml")
CUTOFF = dt.date(2026, 10, 31)
SHEETS_OF_LABS = ("LBHEM", "LBCHEM", "LBCOAG", "LBURI", "LBTM", "LBPREG", "LBVIR", "STOOL")


class Export:
    """One generated folder: rows of each sheet as {column key: cell}."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        book = openpyxl.load_workbook(folder / "ResMan_export_20261031.xlsx")
        cells = {sheet.title: [[c.value for c in row] for row in sheet.iter_rows()] for sheet in book}
        self.codes = {name: rows[0] for name, rows in cells.items()}
        self.labels = {name: rows[1] for name, rows in cells.items()}
        self.sheets = {
            name: [dict(zip(rows[0], row, strict=True)) for row in rows[2:]] for name, rows in cells.items()
        }

    def __getitem__(self, sheet: str) -> list[dict]:
        return self.sheets[sheet]

    def by_subject(self, sheet: str) -> dict[str, list[dict]]:
        grouped: dict[str, list[dict]] = defaultdict(list)
        for row in self.sheets[sheet]:
            grouped[row["SUBJID"]].append(row)
        return grouped

    def one(self, sheet: str) -> dict[str, dict]:
        return {row["SUBJID"]: row for row in self.sheets[sheet]}


def make(folder: Path, seed: int = 7, subjects: int | None = None) -> Export:
    generate(folder, seed=seed, subjects=subjects, dirt="none")
    return Export(folder)


@pytest.fixture(scope="module", params=[7, 20260101])
def export(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Export:
    return make(tmp_path_factory.mktemp("capeox"), seed=request.param)


def day(cell: object) -> dt.date | None:
    return cell.date() if isinstance(cell, dt.datetime) else None


# --- the files -------------------------------------------------------------------------------------------


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    one, two, other = (make(tmp_path / name, seed, 9) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    names = sorted(path.name for path in one.folder.iterdir())
    assert names == ["ResMan_export_20261031.xlsx", "dirt_manifest.csv", "truth.json"]
    for name in names:
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()
    assert one.truth != other.truth


def test_manifest_of_clean_data_has_only_its_header(export: Export) -> None:
    lines = (export.folder / "dirt_manifest.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("case_id,form,subject,visit,row,field,clean_value,dirty_value,expected_rule")


@pytest.mark.parametrize(("subjects", "dirt"), [(None, "some"), (0, "none")])
def test_what_cannot_be_made_is_refused(tmp_path: Path, subjects: int | None, dirt: str) -> None:
    with pytest.raises(InputError):
        generate(tmp_path / "x", seed=1, subjects=subjects, dirt=dirt)
    assert not (tmp_path / "x").exists()


def test_generators_are_named_by_module() -> None:
    assert GENERATORS["capeox"] == generate.__module__


def test_columns_and_labels_are_those_of_sources_yaml(export: Export) -> None:
    assert list(export.codes) == list(SOURCES["forms"])
    for name, form in SOURCES["forms"].items():
        entries = {key: SOURCES["header"][key] for key in form["header"]} | form["columns"]
        assert export.codes[name] == list(entries)
        assert export.labels[name] == [entry["label"] for entry in entries.values()]


def test_cells_follow_the_types_of_sources_yaml(export: Export) -> None:
    partial = re.compile(r"\d{4}-(\d{2}|UK)-UK$")
    for name, form in SOURCES["forms"].items():
        entries = {key: SOURCES["header"][key] for key in form["header"]} | form["columns"]
        for row in export[name]:
            for key, entry in entries.items():
                value = row[key]
                if value is None:
                    assert entry.get("required") != "true", f"{name}.{key} is blank"
                    continue
                if entry["type"] == "date" and key != "BRTHYM":
                    assert isinstance(value, dt.datetime) or partial.match(value), (name, key)
                elif entry["type"] == "yesno":
                    assert value in ("是", "否")
                elif entry["type"] in ("number", "integer"):
                    assert isinstance(value, (int, float))
                elif entry["type"] in ("code", "codes"):
                    _check_coded(row, key, entry)


def _check_coded(row: dict, key: str, entry: dict) -> None:
    values = str(row[key]).split(";")
    if f"{key}_TXT" in row:
        assert ";".join(entry["codes"][value] for value in values) == row[f"{key}_TXT"]
    else:
        assert set(values) <= set(entry["codes"].values()), key


def test_rows_are_unique_on_the_key_of_their_form(export: Export) -> None:
    for name, form in SOURCES["forms"].items():
        keys = [tuple(row[column] for column in form["key"]) for row in export[name]]
        assert len(keys) == len(set(keys)), name
        assert all(row["FORMSTATUS"] in ("已提交", "已核查", "已锁定") for row in export[name])


def test_only_declared_free_text_is_chinese_and_every_text_has_its_english(export: Export) -> None:
    tables = {name: _coding(name) for name in ("ae", "mh", "cm", "pr", "text", "dv")}
    drugs = {"1", "2", "3", "9"}
    for row in export["AE"]:
        assert row["AETXT"] in tables["ae"]
    for row in export["MH"]:
        assert row["MHTXT"] in tables["mh"]
    for row in export["CM"]:
        assert row["CMTXT"] in tables["cm"] and row["CMINDZH"] in tables["text"]
    for row in [*export["PRIORTX"], *export["SUBSQ"]]:
        table = tables["cm"] if str(row["PTCLASS"]) in drugs else tables["pr"]
        assert all(name in table for name in row["PTNAME"].split("+"))
    free = {"EOS": "EOSOTH", "IE": "IECMT", "EXIV": "ADJRS", "DTH": "DTHCAUSE", "TULES": "LESDET"}
    for sheet, column in free.items():
        words = {row[column] for row in export[sheet]} - {None}
        assert {word for word in words if not word.isascii()} <= set(tables["text"]), column
    assert {row["DVTXT"] for row in export["DV"]} <= set(tables["dv"])


def _coding(name: str) -> dict[str, dict[str, str]]:
    with (MAPPING / "coding" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["verbatim_zh"]: row for row in csv.DictReader(file)}


def test_coding_tables_are_ascii_ctcae_without_codes() -> None:
    for name in ("ae", "mh"):
        for row in _coding(name).values():
            assert (row["term_en"] + row["decod"] + row["soc"]).isascii()
            assert row["decod"] and row["soc"] and (row["dict"], row["dict_ver"]) == ("CTCAE", "5.0")
            assert not any(row[column] for column in ("llt_cd", "pt_cd", "hlt_cd", "hlgt_cd", "soc_cd"))
    for name in ("cm", "pr", "dv", "text"):
        assert all(row["term_en"].isascii() and row["term_en"] for row in _coding(name).values())


# --- sizes, people, dates --------------------------------------------------------------------------------


def test_default_size_and_aims(export: Export) -> None:
    consent = export.one("DM")
    assert list(consent) == [f"B{n:03d}" for n in range(1, 36)]
    assert sum(row["ENRDT"] is not None for row in consent.values()) == 29
    assert len(export.by_subject("EXPO")) == 28
    assert min(row["ICFDT"] for row in consent.values()).date() == dt.date(2025, 7, 25)
    found = export.truth["outcomes"]
    assert found["N_TREATED"] == 28
    assert found["ORR_CONFIRMED"] == found["ORR_UNCONFIRMED"] == 5
    assert 0.60 <= found["DCR_CONFIRMED"] / 28 <= 0.65
    assert 3.2 <= found["PFS_MEDIAN_DAYS"] / 30.4375 <= 3.8


@pytest.mark.parametrize("subjects", [1, 4, 50])
def test_other_sizes_hold_together(tmp_path: Path, subjects: int) -> None:
    other = make(tmp_path, 5, subjects)
    assert len(other["DM"]) == subjects == len(other.truth["subjects"])
    assert len({(row["INIT"], row["SEX"], row["BRTHYM"]) for row in other["DM"]}) == subjects
    for rows in other.by_subject("RESP").values():
        _check_gaps(rows)


def test_nothing_is_dated_before_consent_after_death_or_after_the_cut_off(export: Export) -> None:
    consent = {subject: day(row["ICFDT"]) for subject, row in export.one("DM").items()}
    death = {subject: day(row["DTHDT"]) for subject, row in export.one("DTH").items()}
    history = {"BRTHYM", "HCCDT", "LTDT", "RECDT", "PTSTDT", "PTENDT", "PTPDDT", "MHSTDT", "MHENDT", "CMSTDT"}
    for sheet, rows in export.sheets.items():
        for row in rows:
            for key, value in row.items():
                if not isinstance(value, dt.datetime):
                    continue
                assert value.date() <= CUTOFF, (sheet, key)
                if key not in ("LASTMODTM", "DESTDT"):
                    assert value.date() <= death.get(row["SUBJID"], CUTOFF), (sheet, key)
                if key not in history:
                    assert value.date() >= consent[row["SUBJID"]], (sheet, key)


def test_visits_follow_in_order_and_window(export: Export) -> None:
    for visits in _visit_dates(export).values():
        cycles = [visits[f"C{n}D1"] for n in range(1, 13) if f"C{n}D1" in visits]
        for earlier, later in itertools.pairwise(cycles):
            assert 21 <= (later - earlier).days <= 31
        after = [visits[e] for e in ("EOT", "SFU", "SURV1", "SURV2", "SURV3", "SURV4") if e in visits]
        assert after == sorted(set(after))
        if cycles:
            assert 1 <= (cycles[0] - visits["SCR"]).days <= 28
            assert not after or after[0] > cycles[-1]
        for week in range(6, 73, 6):
            if f"TA{week}" in visits:
                assert abs((visits[f"TA{week}"] - cycles[0]).days - 7 * week) <= 7


def _visit_dates(export: Export) -> dict[str, dict[str, dt.date]]:
    """Subject -> event -> its one date (a date that differs between forms fails)."""
    visits: dict[str, dict[str, dt.date]] = defaultdict(dict)
    for rows in export.sheets.values():
        for row in rows:
            if row["EVENT"] not in ("LOG", "UNS"):
                known = visits[row["SUBJID"]].setdefault(row["EVENT"], row["EVENTDT"].date())
                assert known == row["EVENTDT"].date()
    return visits


def test_the_enrolled_meet_every_measured_criterion(export: Export) -> None:
    people = export.one("DM")
    enrolled = {subject for subject, row in people.items() if row["ENRDT"]}
    screening = {
        name: {r["SUBJID"]: r for r in export[name] if r["EVENT"] == "SCR"} for name in ("VS", "ECOG", "CPS")
    }
    for sheet in SHEETS_OF_LABS:
        for row in export[sheet]:
            if row["EVENT"] == "SCR" and row["SUBJID"] in enrolled and sheet != "STOOL":
                assert 0 <= (people[row["SUBJID"]]["ENRDT"] - row["COLDT"]).days <= 7
            for limit, least in (("NEUT", 1.5), ("PLT", 75), ("HGB", 90), ("ALB", 30)):
                if limit in row and row["EVENT"] == "SCR" and row["SUBJID"] in enrolled:
                    assert row[limit] >= least
    for subject in enrolled:
        pressure = screening["VS"][subject]
        assert pressure["SBP1"] + pressure["SBP2"] < 280 and pressure["DBP1"] + pressure["DBP2"] < 180
        assert screening["ECOG"][subject]["ECOG"] in ("0", "1")
        assert screening["CPS"][subject]["CPTOT"] <= 7
        assert people[subject]["AGEICF"] >= 18
        tki = [r for r in export.by_subject("PRIORTX")[subject] if str(r["PTCLASS"]) == "1"]
        assert any(str(r["PTSETTING"]) in "23" and str(r["PTRSN"]) in "12" for r in tki)
    unmet = {row["SUBJID"] for row in export["IE"] if _not_met(row)}
    assert not unmet & enrolled


def _not_met(row: dict) -> bool:
    return str(row["IERES"]) == ("2" if row["IENO"].startswith("I") else "1")


def test_child_pugh_points_add_up_and_follow_the_laboratory(export: Export) -> None:
    chemistry = {(r["SUBJID"], r["EVENT"]): r for r in export["LBCHEM"]}
    for row in export["CPS"]:
        points = [int(row[key]) for key in ("CPENC", "CPASC", "CPBIL", "CPALB", "CPPT")]
        assert row["CPTOT"] == sum(points)
        assert row["CPGRADE"] == ("A" if sum(points) <= 6 else "B")
        albumin = chemistry[row["SUBJID"], row["EVENT"]]["ALB"]
        assert row["CPALB"] == ("1" if albumin > 35 else "2")


# --- imaging ---------------------------------------------------------------------------------------------


def test_lesions_satisfy_the_structural_rules(export: Export) -> None:
    lesions = {(r["SUBJID"], r["LESNO"]): r for r in export["TULES"]}
    assert len(lesions) == len(export["TULES"])
    for rows in export.by_subject("TULES").values():
        targets = [row for row in rows if row["LESTYPE"] == 1]
        assert 1 <= len(targets) <= 5
        organs = [row["LESORG"] for row in targets]
        assert max(organs.count(organ) for organ in organs) <= 2
        assert all(row["EVENT"] == "SCR" for row in rows if row["LESTYPE"] != 3)
    for row in export["TUTGT"]:
        lesion = lesions[row["SUBJID"], row["LESNO"]]
        assert lesion["LESMETH"] == row["LESMETH"]
        node = lesion["LESNODE"] == "是"
        if row["EVENT"] == "SCR":
            assert row["DIAM"] >= (15 if node else max(10, 2 * row["SLICE"]))
        if node and row["DIAM"]:
            assert row["DIAM"] < 30
    for sheet in ("TUNTG", "TUNEW"):
        assert all((row["SUBJID"], row["LESNO"]) in lesions for row in export[sheet])


def test_imaging_keeps_the_calendar(export: Export) -> None:
    first = {
        subject: min(day(r["STDT"]) for r in rows) for subject, rows in export.by_subject("EXPO").items()
    }
    for subject, rows in export.by_subject("RESP").items():
        _check_gaps(rows)
        if subject in first:
            baseline = {
                day(r["SCANDT"]) for r in export["TUTGT"] if r["SUBJID"] == subject and r["EVENT"] == "SCR"
            }
            assert all(0 < (first[subject] - scan).days <= 28 for scan in baseline)
    scans = defaultdict(set)
    for sheet in ("TUTGT", "TUNTG", "TUNEW"):
        for row in export[sheet]:
            scans[row["SUBJID"], row["EVENT"], row["EVENTDT"]].add(day(row["SCANDT"]))
    for row in export["RESP"]:
        seen = scans[row["SUBJID"], row["EVENT"], row["EVENTDT"]]
        assert day(row["RSPDT"]) == max(seen)
        assert row["ORESP"] != "PD" or len(seen) == 1


def _check_gaps(rows: list[dict]) -> None:
    assert [row["ASMNO"] for row in rows] == list(range(len(rows)))
    for earlier, later in itertools.pairwise(rows[1:]):
        assert 0 < (later["RSPDT"] - earlier["RSPDT"]).days <= 49


def test_collected_responses_follow_from_the_measurements(export: Export) -> None:
    lesions = {(r["SUBJID"], r["LESNO"]): r for r in export["TULES"]}
    parts = {sheet: defaultdict(list) for sheet in ("TUTGT", "TUNTG", "TUNEW")}
    for sheet, groups in parts.items():
        for row in export[sheet]:
            groups[row["SUBJID"], row["EVENT"], row["EVENTDT"]].append(row)
    seen_responses = set()
    for subject, rows in export.by_subject("RESP").items():
        sums: list[float] = []
        for row in rows:
            place = (subject, row["EVENT"], row["EVENTDT"])
            sizes = [_size(r) for r in parts["TUTGT"][place]]
            nodes = [lesions[subject, r["LESNO"]]["LESNODE"] == "是" for r in parts["TUTGT"][place]]
            complete = None if None in sizes else sum(sizes)
            assert row["SUMDIAM"] == complete
            if row["ASMNO"] == 0:
                sums.append(complete)
                assert row["ORESP"] is None and row["PCHGBL"] is None
                continue
            target = _target(sizes, nodes, sums)
            nontarget = _nontarget([r["NTST"] for r in parts["TUNTG"][place]])
            new = {r["NEWST"] for r in parts["TUNEW"][place]}
            assert (row["TRESP"], row["NTRESP"]) == (target, nontarget)
            assert row["NEWLES"] == ("有" if 1 in new else "可疑" if 2 in new else "无")
            assert row["ORESP"] == _overall(target, nontarget, 1 in new)
            _check_changes(row, complete, sums)
            seen_responses.add(row["ORESP"])
            sums += [] if complete is None else [complete]
        assert [row["ORESP"] for row in rows].count("PD") <= 1
        assert "PD" not in [row["ORESP"] for row in rows[:-1]]
    assert seen_responses == {"CR", "PR", "SD", "PD", "NE"}


def _size(row: dict) -> int | None:
    return {1: row["DIAM"], 2: 5, 3: 0, 4: None}[row["TGTST"]]


def _target(sizes: list, nodes: list[bool], sums: list[float]) -> str:
    if None in sizes:
        return "NE"
    if all(size < 10 if node else size == 0 for size, node in zip(sizes, nodes, strict=True)):
        return "CR"
    now, nadir = sum(sizes), min(sums)
    if now - nadir >= 5 and now * 10 >= nadir * 12:
        return "PD"
    return "PR" if now * 10 <= sums[0] * 7 else "SD"


def _nontarget(states: list[int]) -> str:
    if not states:
        return "NA"
    return "PD" if 3 in states else "NE" if 4 in states else "CR" if set(states) == {2} else "非CR非PD"


def _overall(target: str, nontarget: str, new: bool) -> str:
    if new or "PD" in (target, nontarget):
        return "PD"
    return "PR" if target == "CR" and nontarget not in ("CR", "NA") else target


def _check_changes(row: dict, complete: float | None, sums: list[float]) -> None:
    if complete is None:
        assert row["PCHGBL"] is row["PCHGNAD"] is row["ACHNAD"] is None
        return
    assert row["ACHNAD"] == complete - min(sums)
    exact = (Decimal(100) * (complete - sums[0]) / Decimal(sums[0])).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    assert Decimal(str(row["PCHGBL"])) == exact
    assert (row["PCHGNAD"] is None) == (min(sums) == 0)


def test_best_response_stands_on_the_last_row_of_those_who_are_done(export: Export) -> None:
    for subject, rows in export.by_subject("RESP").items():
        assert all(row["BOR"] is None for row in rows[:-1])
        facts = export.truth["subjects"][subject]
        done = len(rows) > 1 and (rows[-1]["ORESP"] == "PD" or facts["left"])
        assert (rows[-1]["BOR"] is not None) == bool(done)
        if done:
            assert rows[-1]["BOR"] == facts["best_response"] == facts["best_response_unconfirmed"]


def test_recist_of_the_truth_agrees_with_the_golden_cases() -> None:
    reference = os.environ.get("CDISC_KIT_REFERENCE")
    if not reference:
        pytest.skip("CDISC_KIT_REFERENCE is not set: no golden RECIST cases to compare with")
    golden = json.loads((Path(reference) / "design" / "recist-golden.json").read_text(encoding="utf-8"))
    for case in golden["timepoints"]:
        nodes = [bool(node) for node in case["nodal"]]
        rows = [*case["history"], case["current"]]
        values = [[_golden_value(cell) for cell in row] for row in [case["baseline"], *rows]]
        sums = [sum(row) for row in values[:-1] if None not in row]
        readings = [response.Reading(mm, node) for mm, node in zip(values[-1], nodes, strict=True)]
        target = response.target_response(
            readings, sums[0] if sums else 0, min(sums, default=0), was_complete=case["prior_overall_cr"]
        )
        nontarget = response.nontarget_response(case["nontarget"])
        overall = response.overall_response(target, nontarget, case["new"])
        assert (target, nontarget, overall) == (
            case["target"],
            case["nontarget_resp"],
            case["overall"],
        ), case["id"]
    best_cases = next(
        value for key, value in golden.items() if key != "timepoints" and isinstance(value, list)
    )
    for case in best_cases:
        points = [tuple(point) for point in case["timepoints"]]
        for confirmed in (True, False):
            wanted = case["bor_confirmed" if confirmed else "bor_unconfirmed"]
            best = response.best_response(points, confirmed=confirmed, conf_days=28, sd_days=35, max_ne=1)
            assert best == wanted, case["id"]


def _golden_value(cell: object) -> int | None:
    return {"TSTM": 5, "NE": None}.get(cell, cell) if isinstance(cell, str) else cell


# --- doses -----------------------------------------------------------------------------------------------


def test_doses_agree_with_plan_surface_and_calendar(export: Export) -> None:
    signs = {(r["SUBJID"], r["EVENT"]): r for r in export["VS"]}
    height = {r["SUBJID"]: r["HT"] for r in export["VS"] if r["EVENT"] == "SCR"}
    for row in export["VS"]:
        assert row["BSA"] == round(math.sqrt(height[row["SUBJID"]] * row["WT"] / 3600), 2)
    for row in export["EXIV"]:
        given = row["GIVEN"] == "是"
        assert given == (row["ACTDOSE"] is not None) == (row["STDT"] is not None) == (row["NOTGIVRS"] is None)
        if given:
            visit = signs[row["SUBJID"], row["EVENT"]]
            assert (row["WTUSED"], row["BSAUSED"]) == (visit["WT"], visit["BSA"])
            per = row["BSAUSED"] if row["IVDRUG"] == 1 else row["WTUSED"]
            _check_plan(row["ACTDOSE"] / per / row["PLDOSE"], row["ADJ"] != "无", row["ADJRS"])
            assert row["STTM"] < row["ENTM"] and row["LOT"]
    for row in export["EXPO"]:
        if row["TAKEN"] == "是":
            milligrams = 500 * row["TAB500"] + 150 * row["TAB150"]
            _check_plan(milligrams / row["CAPPL"], row["ADJRS"] is not None, row["ADJRS"])
            assert row["HOLDRS"] is None and row["CAPPL"] == round(1000 * row["BSAUSED"])
        else:
            assert row["HOLDRS"] and row["TAB500"] is row["MISSED"] is row["ADJRS"] is None


def _check_plan(share: float, adjusted: bool, reason: str | None) -> None:
    assert adjusted == (reason is not None)
    assert adjusted or abs(share - 1) <= 0.1


def test_capecitabine_intervals_do_not_overlap_nor_exceed_fourteen_days(export: Export) -> None:
    for rows in export.by_subject("EXPO").values():
        for earlier, later in itertools.pairwise(rows):
            assert earlier["ENDT"] < later["STDT"]
        for _, cycle in itertools.groupby(rows, key=lambda row: row["CYCLE"]):
            assert sum((r["ENDT"] - r["STDT"]).days + 1 for r in cycle if r["TAKEN"] == "是") <= 14


def test_treatment_ends_as_the_end_of_treatment_rows_say(export: Export) -> None:
    last: dict[tuple[str, int], dt.date] = defaultdict(lambda: dt.date.min)
    for row in export["EXIV"]:
        if row["STDT"]:
            drug = 1 if row["IVDRUG"] == 1 else 3
            last[row["SUBJID"], drug] = max(last[row["SUBJID"], drug], day(row["STDT"]))
    for row in export["EXPO"]:
        if row["TAKEN"] == "是":
            last[row["SUBJID"], 2] = max(last[row["SUBJID"], 2], day(row["ENDT"]))
    for row in export["EOT"]:
        assert day(row["LASTDT"]) == last[row["SUBJID"], row["EOTDRUG"]]
    reasons = {row["EOTRSN"] for row in export["EOT"]}
    assert reasons == {"疾病进展", "不良事件", "受试者撤回", "研究者决定", "完成", "死亡", "失访"}
    ended = {subject: len(rows) for subject, rows in export.by_subject("EOT").items()}
    ongoing = [s for s, facts in export.truth["subjects"].items() if facts["ongoing"]]
    assert len(ongoing) == 3 and sorted(ended.get(subject, 0) for subject in ongoing) == [0, 0, 1]
    progressed = {r["SUBJID"]: day(r["RSPDT"]) for r in export["RESP"] if r["ORESP"] == "PD"}
    for (subject, _), date in last.items():
        assert date <= progressed.get(subject, CUTOFF)


# --- safety and survival ---------------------------------------------------------------------------------


def test_adverse_events_are_consistent(export: Export) -> None:
    interest = {"CYTOPENIA": 1, "PROTEINURIA": 2, "HYPERTENSION": 3}
    with (MAPPING / "coding" / "aesi.csv").open(encoding="utf-8", newline="") as file:
        flags = {row["verbatim_zh"]: interest[row["aesi"]] for row in csv.DictReader(file)}
    decod = {verbatim: row["decod"] for verbatim, row in _coding("ae").items()}
    deaths = export.one("DTH")
    linked = {(row["SUBJID"], row["CMAENO"]) for row in export["CM"] if row["CMAENO"]}
    events = {(row["SUBJID"], row["REPEATKEY"]) for row in export["AE"]}
    assert linked <= events
    for row in export["AE"]:
        assert row["AESI"] == flags.get(decod[row["AETXT"]], 0)
        assert (row["AEONGO"] == "是") == (row["AEENDT"] is None)
        assert row["AEENDT"] is None or row["AEENDT"] >= row["AESTDT"]
        serious = row["AESERZH"] == "是"
        assert serious == (row["AESERCR"] is not None) and (serious or row["AEGR"] not in ("4", "5"))
        fatal = row["AEGR"] == "5"
        assert fatal == (row["AEOUTZH"] == 5) == ("1" in str(row["AESERCR"] or "").split(";"))
        assert not fatal or row["AEENDT"] == deaths[row["SUBJID"]]["DTHDT"]
        assert (row["AEOUTZH"] in (1, 4, 5)) == (row["AEENDT"] is not None)
        assert (row["AECMTRT"] == "是") == ((row["SUBJID"], row["REPEATKEY"]) in linked)
    assert {row["AESI"] for row in export["AE"]} == {0, 1, 2, 3}


def test_actions_taken_match_the_doses(export: Export) -> None:
    starts = defaultdict(list)
    for row in export["EXIV"]:
        starts[row["SUBJID"], row["IVDRUG"]].append(row)
    for row in export["AE"]:
        oxaliplatin = starts[row["SUBJID"], 1]
        if row["AEACN_OXA"] == 2:
            assert any(dose["ADJ"] == "减量" for dose in oxaliplatin)
        if row["AEACN_OXA"] == 4 and row["AEGR"] != "5":
            assert oxaliplatin[-1]["GIVEN"] == "否" and oxaliplatin[-1]["ADJ"] == "停药"
        if row["AEACN_BEV"] == 3 and row["AESI"] == 2:
            skipped = [dose for dose in starts[row["SUBJID"], 2] if dose["NOTGIVRS"] == "非血液学毒性"]
            assert day(row["AESTDT"]) in {day(dose["EVENTDT"]) for dose in skipped}
    answers = {(row["AEACN_OXA"], row["AEACN_CAP"], row["AEACN_BEV"]) for row in export["AE"]}
    assert (3, 3, 3) in answers and any(len(set(answer)) > 1 for answer in answers)


def test_deaths_stand_on_every_form_that_must_tell_them(export: Export) -> None:
    deaths = {subject: row["DTHDT"] for subject, row in export.one("DTH").items()}
    told = {row["SUBJID"]: row["FUDT"] for row in export["FU"] if row["SURV"] == "死亡"}
    assert told == deaths and len(deaths) >= 10
    ended = {row["SUBJID"]: row["EOSDT"] for row in export["EOS"] if row["EOSRSN"] == "死亡"}
    without = set(deaths) - set(ended)
    assert len(without) == 1
    assert all(deaths[subject] == date for subject, date in ended.items())
    assert {row["EOSRSN"] for row in export["EOS"]} == {"死亡", "失访", "撤回知情", "完成随访", "其他"}
    assert {row["DTHCAT"] for row in export["DTH"]} == {"肿瘤进展", "治疗相关", "其他"}


# --- the truth -------------------------------------------------------------------------------------------


def test_truth_of_each_subject_is_what_the_sheets_say(export: Export) -> None:
    consent, deaths = export.one("DM"), export.one("DTH")
    orals, infusions = export.by_subject("EXPO"), export.by_subject("EXIV")
    for subject, facts in export.truth["subjects"].items():
        days = [day(r["ENDT"]) for r in orals.get(subject, []) if r["TAKEN"] == "是"]
        days += [day(r["STDT"]) for r in infusions.get(subject, []) if r["STDT"]]
        starts = [day(r["STDT"]) for r in orals.get(subject, [])]
        assert facts["first_dose"] == (str(min(starts)) if starts else None)
        assert facts["last_dose"] == (str(max(days)) if days else None)
        assert facts["death"] == (str(day(deaths[subject]["DTHDT"])) if subject in deaths else None)
        assert facts["consent"] == str(day(consent[subject]["ICFDT"]))
        assert facts["age"] == consent[subject]["AGEICF"]
        assert facts["arm"] == ("CAPOXBEV" if consent[subject]["ENRDT"] else None)


def test_counts_recounted_from_the_sheets(export: Export) -> None:
    counts, parts = export.truth["counts"], export.truth["parts"]
    given = sum(r["GIVEN"] == "是" for r in export["EXIV"]) + sum(r["TAKEN"] == "是" for r in export["EXPO"])
    assert counts["EX"] == counts["SUPPEX"] == given
    cycles = {(r["SUBJID"], r["CYCLE"]) for r in export["EXPO"]}
    assert counts["EC"] == 2 * len(export["EXIV"]) + len(export["EXPO"]) + len(cycles)
    assert counts["DM"] == 35 and counts["TU"] == len(export["TULES"]) and counts["AE"] == len(export["AE"])
    assert counts["IE"] == sum(_not_met(row) for row in export["IE"]) == 6
    assert counts["SUPPAE"] == 6 * counts["AE"] + sum(row["AESI"] > 0 for row in export["AE"])
    visits = {
        (row["SUBJID"], row["EVENT"], row["EVENTDT"] if row["EVENT"] == "UNS" else None)
        for rows in export.sheets.values()
        for row in rows
        if row["EVENT"] != "LOG"
    }
    assert counts["SV"] == len(visits)
    shown = sum(
        row[key] is not None for row in export["RESP"] for key in ("SUMDIAM", "PCHGBL", "PCHGNAD", "ACHNAD")
    )
    measured = sum(row["DIAM"] is not None for row in export["TUNEW"])
    assert counts["TR"] == shown + measured + sum(len(export[s]) for s in ("TUTGT", "TUNTG", "TUNEW"))
    assert counts["RS"] == sum(parts["RS"].values())
    assert parts["RS"]["ECOG101"] == len(export["ECOG"])
    assert parts["RS"]["CHILD-PUGH"] == 7 * len(export["CPS"])
    assert parts["RS"]["OVRLRESP"] == sum(row["ORESP"] is not None for row in export["RESP"])
    assert counts["DS"] == 35 + 29 + 29 + len(export["EOT"]) + len(export["EOS"]) + 1
    labs = sum(
        row[key.removesuffix("_ND")] is not None or row[key] == "是"
        for sheet in SHEETS_OF_LABS
        if sheet != "LBVIR"
        for row in export[sheet]
        for key in row
        if key.endswith("_ND")
    )
    assert counts["LB"] == labs
    assert counts["SE"] == 35 + 28 + len({r["SUBJID"] for r in export["EOT"]}) - 1


def test_exposure_of_the_truth_is_the_dose_per_surface_or_weight(export: Export) -> None:
    truth = {
        (subject, record["drug"], record["start"][:10]): record["dose"]
        for subject, records in export.truth["exposure"].items()
        for record in records
    }
    for row in export["EXIV"]:
        if row["GIVEN"] == "是":
            drug, per, digits = (
                ("OXALIPLATIN", "BSAUSED", 1) if row["IVDRUG"] == 1 else ("BEVACIZUMAB", "WTUSED", 2)
            )
            found = truth[row["SUBJID"], drug, str(day(row["STDT"]))]
            assert found == pytest.approx(row["ACTDOSE"] / row[per], abs=0.5 * 10**-digits + 1e-9)
    assert len(truth) == export.truth["counts"]["EX"]


def test_every_path_of_the_study_occurs(export: Export) -> None:
    targets = export["TUTGT"]
    assert {row["TGTST"] for row in targets} == {1, 2, 3, 4}
    assert {row["NTST"] for row in export["TUNTG"]} == {1, 2, 3}
    assert {row["NEWST"] for row in export["TUNEW"]} == {1, 2}
    assert any(row["SYMPDET"] == "是" for row in export["RESP"])
    assert {row["EVENT"] for row in export["RESP"]} >= {"SCR", "TA6", "UNS", "EOT"}
    assert {row["ADJ"] for row in export["EXIV"]} == {"无", "减量", "中断输注", "停药"}
    assert {row["NOTGIVRS"] for row in export["EXIV"]} >= {"非血液学毒性", "患者意愿"}
    assert {row["HOLDRS"] for row in export["EXPO"]} >= {"手足综合征", "腹泻", "患者漏服"}
    assert {row["FRQ"] for row in export["EXPO"]} == {"bid", "qd"}
    assert any(row["DELAY"] == "是" for row in export["EXIV"])
    assert any(row["LESNODE"] == "是" and row["LESTYPE"] == 1 for row in export["TULES"])
    assert any(row["HCG"] for row in export["LBPREG"]) and any(row["HCGVAL"] for row in export["LBPREG"])
    assert any(row["PIVKA_ND"] == "是" for row in export["LBTM"])
    assert {row["IEPART"] for row in export["IE"]} >= {"1A", "2A"}
    assert any(isinstance(row["MHSTDT"], str) for row in export["MH"])
    assert {row["EVENT"] for row in export["LBHEM"]} >= {"SCR", "C1D1", "UNS", "EOT", "SFU"}
    assert len(export["SUBSQ"]) >= 3 and len(export["DV"]) == 3
    assert any("+" in row["PTNAME"] for row in [*export["PRIORTX"], *export["SUBSQ"]])


# --- the workbook writer ---------------------------------------------------------------------------------


def test_workbook_keeps_types_and_never_makes_a_formula(tmp_path: Path) -> None:
    row: list[object] = [
        "=1+1",
        "001",
        None,
        1.5,
        dt.date(2025, 1, 2),
        dt.datetime(2025, 1, 2, 3, 4),
        dt.time(8, 5),
    ]
    workbook.write_workbook(tmp_path / "a.xlsx", {"表": [row]})
    cells = next(openpyxl.load_workbook(tmp_path / "a.xlsx")["表"].iter_rows())
    assert [cell.value for cell in cells][:4] == ["=1+1", "001", None, 1.5]
    assert [cell.data_type for cell in cells][:2] == ["s", "s"]
    assert [cell.value for cell in cells][4:] == [
        dt.datetime(2025, 1, 2),
        dt.datetime(2025, 1, 2, 3, 4),
        dt.time(8, 5),
    ]


def test_workbook_refuses_other_types(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="1:1 of sheet S is a bool"):
        workbook.write_workbook(tmp_path / "a.xlsx", {"S": [[True]]})
