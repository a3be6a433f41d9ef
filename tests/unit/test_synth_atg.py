"""The synthetic raw data of the ATG study: reproducible, complete, and consistent with themselves."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
import re
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from cdisc_kit.errors import InputError
from cdisc_kit.locate import locate_study
from cdisc_kit.synth.atg import generate
from cdisc_kit.synth.atg.layout import Form, read_layout
from cdisc_kit.yamltext import read_yaml

pytestmark = pytest.mark.xdist_group("synth-atg")

SEED = 20260416
STUDY = locate_study("atg").mappings
LAYOUT = read_layout(STUDY)
Rows = list[dict[str, str]]
Study = dict[str, Rows]


def day(text: str) -> dt.date:
    return dt.datetime.strptime(text[:10], "%Y/%m/%d").date()


def cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y/%m/%d %H:%M") if value.time() != dt.time() else value.strftime("%Y/%m/%d")
    return "" if value is None else str(value)


def read_form(raw: Path, form: Form, file: str, encoding: str) -> Rows:
    """The rows of one file, column key -> printed text; the headings must be the declared labels."""
    if encoding:
        text = (raw / file).read_bytes().decode(encoding, errors="strict")
        assert "\n" not in text.replace("\r\n", "")
        table = list(csv.reader(io.StringIO(text, newline="")))
    else:
        sheet = openpyxl.load_workbook(raw / file, read_only=True)[form.sheet]
        table = [[cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    assert table[0] == [column.label for column in form.columns]
    keys = [column.key for column in form.columns]
    return [dict(zip(keys, row, strict=True)) for row in table[1:]]


def read_study(raw: Path) -> Study:
    return {name: read_form(raw, form, *form.files[0]) for name, form in LAYOUT.forms.items()}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("atg")
    generate(out, seed=SEED, subjects=None, dirt="none")
    return out


@pytest.fixture(scope="module")
def study(raw: Path) -> Study:
    return read_study(raw)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Study:
    out = tmp_path_factory.mktemp("small")
    generate(out, seed=11, subjects=24, dirt="none")
    return read_study(out)


@pytest.fixture(scope="module")
def truth(raw: Path) -> dict:
    return json.loads((raw / "truth.json").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        generate(tmp_path / name, seed=seed, subjects=6, dirt="none")
    first, second, other = (contents(tmp_path / name) for name in "abc")
    assert first == second
    assert first.keys() == other.keys()
    assert first["entry1/A11_生命体征.csv"] != other["entry1/A11_生命体征.csv"]


def test_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dirt"):
        generate(tmp_path / "x", seed=1, subjects=3, dirt="some")
    with pytest.raises(InputError, match="subjects"):
        generate(tmp_path / "x", seed=1, subjects=0, dirt="none")
    assert not (tmp_path / "x").exists()


def test_registered_size(study: Study, truth: dict) -> None:
    people = truth["subjects"]
    assert len(people) == 118
    assert Counter(r["RANDGRP"] for r in study["A03"]) == {"研究组": 52, "对照组": 52}
    assert len({r["SUBJNO"] for r in study["A08"] if r["INDGIVEN"] == "是"}) == 101
    assert {r["SITENO"] for r in study["A01"]} == {f"{n:02d}" for n in range(1, 10)}
    assert min(day(r["ICFDT"]) for r in study["A01"]) == dt.date(2025, 9, 4)
    assert len(study["A01"]) == 119, "one person is screened twice"


@pytest.mark.parametrize("subjects", [1, 10])
def test_size_scales(tmp_path: Path, subjects: int) -> None:
    generate(tmp_path, seed=3, subjects=subjects, dirt="none")
    assert len(read_study(tmp_path)["A03"]) == subjects


def test_both_passes_hold_the_same(raw: Path) -> None:
    passes = {name: form.files for name, form in LAYOUT.forms.items() if len(form.files) == 2}
    assert len(passes) == 23
    for name, files in passes.items():
        first, second = (read_form(raw, LAYOUT.forms[name], *file) for file in files)
        assert first == second, name
        assert (raw / files[1][0]).read_bytes().startswith(b"\xef\xbb\xbf"), name
    assert (raw / "resolution.csv").read_bytes().decode("utf-8-sig").count("\r\n") == 1


def test_cells_are_what_is_declared(study: Study) -> None:
    """Codes hold a declared text, dates and numbers their printed form; no key stands twice."""
    patterns = {
        "date": r"\d{4}/(\d\d/\d\d|\d\d/UK|UK/UK)",
        "datetime": r"\d{4}/\d\d/\d\d \d\d:\d\d",
        "time": r"\d\d:\d\d",
        "integer": r"\d+",
        "number": r"\d+(\.\d+)?",
        "yesno": "是|否",
    }
    for name, form in LAYOUT.forms.items():
        rows = study[name]
        assert rows, name
        keys = Counter(tuple(row[key] for key in form.key) for row in rows)
        assert max(keys.values()) == 1, (name, keys.most_common(1))
        for column in form.columns:
            values = {row[column.key] for row in rows} - {""}
            if column.type in patterns:
                bad = [v for v in values if not re.fullmatch(patterns[column.type], v)]
                assert not bad, (name, column.key)
            if column.type in ("code", "codes"):
                parts = {part for value in values for part in value.split(";")}
                assert parts <= set(column.codes.values()), (name, column.key)


def test_required_columns_are_filled(study: Study) -> None:
    sources = read_yaml(STUDY / "sources.yaml", "sources.yaml")
    checked = 0
    for name, form in sources["forms"].items():
        declared = {**{key: sources["header"][key] for key in form["header"]}, **form["columns"]}
        for key, column in declared.items():
            if column.get("required") == "true":
                undone = column.get("not_done", "")
                asked = [row for row in study[name] if not (undone and row[undone] == "是")]
                assert all(row[key] for row in asked), (name, key)
                checked += 1
    assert checked > 120


def test_every_verbatim_is_coded(study: Study) -> None:
    tables = {}
    for path in sorted((STUDY / "coding").glob("*.csv")):
        lines = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
        if "term_en" not in lines[0]:
            continue  # a table of limits translates nothing
        tables[path.stem] = {line["verbatim_zh"]: line for line in lines}
        assert len(tables[path.stem]) == len(lines), path.stem
        for line in lines:
            assert line["term_en"], (path.stem, "no English")
            english = [v for k, v in line.items() if k not in ("verbatim_zh", "verbatim_norm")]
            assert all(v.isascii() and len(v) <= 200 for v in english), path.stem
    lookups = {
        "ae": ["A19.AETXT"],
        "mh": ["A06.MHTXT"],
        "cm": ["A20.CMTXT", "A09.IMSDRUG", "A18.INFTRT"],
        "text": [
            "A01.NATION A02.IECMT A04.HISTTYPE A09.IMSRSN A15.BXIND A16.PATHTXT A18.INFORG A18.INFTRT",
            "A20.CMINDZH A21.GRLOSSRS A21.RECSITE A22.DTHCAUSE A24.DVTXT",
            *(f"{name}.REMARK" for name in LAYOUT.forms if "REMARK" in study[name][0]),
        ],
        "dv": ["A24.DVTXT"],
    }
    for table, columns in lookups.items():
        for name, key in (c.split(".") for group in columns for c in group.split()):
            found = {row[key] for row in study[name]} - {""}
            assert found <= tables[table].keys(), (table, name, key)
    procedures = {"TACE", "HAIC", "消融", "肝切除", "放疗"}
    for row in study["A05"]:
        assert row["TXNAME"] in tables["pr" if row["TXCLASS"] in procedures else "cm"]
    assert all(tables["ae"][row["AETXT"]]["soc"] for row in study["A19"])


def by_subject(rows: Rows) -> dict[str, Rows]:
    ordered = sorted(rows, key=lambda row: row["SUBJNO"])
    return {key: list(group) for key, group in itertools.groupby(ordered, key=lambda row: row["SUBJNO"])}


def consistency(study: Study) -> list[str]:
    """Every contradiction between the pages; empty for clean data."""
    return [
        *_dates(study),
        *_visits(study),
        *_eligibility(study),
        *_induction(study),
        *_graft(study),
        *_safety(study),
        *_end(study),
        *_measurements(study),
    ]


def _dates(study: Study) -> list[str]:
    consent = {r["SUBJNO"]: day(r["ICFDT"]) for r in study["A01"]}
    death = {r["SUBJNO"]: day(r["DTHDT"]) for r in study["A22"]}
    before = {"BRTHDT", "HCCDXDT", "TXSTDT", "TXENDT", "LASTDOSE", "MHSTDT", "MHENDT", "CMSTDT"}
    found = []
    for name, form in LAYOUT.forms.items():
        dated = [c.key for c in form.columns if c.type in ("date", "datetime")]
        for row in study[name]:
            subject = row["SUBJNO"]
            for key in dated:
                if not row[key] or "UK" in row[key]:
                    continue
                when = day(row[key])
                late = when > LAYOUT.cutoff or when > death.get(subject, LAYOUT.cutoff)
                early = when < consent[subject] and key not in before
                if late or early:
                    found.append(f"{name} {subject} {key} {row[key]}")
    for name, start, end in (
        ("A05", "TXSTDT", "TXENDT"),
        ("A06", "MHSTDT", "MHENDT"),
        ("A20", "CMSTDT", "CMENDT"),
    ):
        for row in study[name]:
            first, last = row[start].replace("/UK", ""), row[end].replace("/UK", "")
            size = min(len(first), len(last))
            if last and first[:size] > last[:size]:
                found.append(f"{name} {row['SUBJNO']} ends before it starts")
    return found


def _visits(study: Study) -> list[str]:
    operated = {r["SUBJNO"]: day(r["LTDT"]) for r in study["A07"]}
    code_of = {
        text: code for c in LAYOUT.forms["A11"].columns if c.key == "VISIT" for code, text in c.codes.items()
    }
    dates: dict[tuple[str, str], set[dt.date]] = {}
    for name in ("A01", "A07", "A10", "A11", "A12", "A13", "A14", "A15", "A17", "A21", "A25"):
        for row in study[name]:
            dates.setdefault((row["SUBJNO"], code_of[row["VISIT"]]), set()).add(day(row["VISDT"]))
    found = [f"{key} on {len(on)} days" for key, on in dates.items() if key[1] != "UNS" and len(on) > 1]
    for (subject, code), on in dates.items():
        if subject not in operated or code == "UNS":
            continue
        pod = (min(on) - operated[subject]).days
        if not LAYOUT.visits[code].first_pod <= pod <= LAYOUT.visits[code].last_pod:
            found.append(f"{subject} {code} on POD {pod}")
    for subject in operated:
        planned = [min(dates[subject, code]) for code in LAYOUT.visits if (subject, code) in dates]
        if planned != sorted(set(planned)):
            found.append(f"{subject} visits out of order")
        if dates.get((subject, "UNS"), set()) & set(planned):
            found.append(f"{subject} unplanned on a planned day")
    return found


def _eligibility(study: Study) -> list[str]:
    found = []
    entered = {r["SUBJNO"]: r for r in study["A01"] if r["SCRRES"] == "入组"}
    if set(entered) != {r["SUBJNO"] for r in study["A03"]}:
        found.append("enrolled and randomised differ")
    for row in study["A02"]:
        met = row["IERES"] == "不适用" or (row["IERES"] == "是") == row["IENO"].startswith("I")
        if not met and row["SUBJNO"] in entered:
            found.append(f"{row['SUBJNO']} entered with {row['IENO']}")
    operated = {r["SUBJNO"]: day(r["LTDT"]) for r in study["A07"]}
    last = {r["SUBJNO"]: r for r in study["A05"] if r["TXCLASS"] == "PD-1抑制剂"}
    for subject, on in operated.items():
        interval = (on - day(last[subject]["LASTDOSE"])).days
        if not 30 <= interval <= 180 or int(last[subject]["NCYC"]) < 1:
            found.append(f"{subject} PD-1 {interval} days")
    for row in study["A01"]:
        consent, birth = day(row["ICFDT"]), day(row["BRTHDT"])
        age = consent.year - birth.year - ((consent.month, consent.day) < (birth.month, birth.day))
        if not 18 <= age <= 75:
            found.append(f"{row['SUBJNO']} aged {age}")
    people = Counter((r["BRTHDT"], r["INITIALS"], r["SEXZH"]) for r in study["A01"] if not r["PREVSUBJ"])
    numbers = [r["RANDNO"] for r in study["A03"]]
    twins = [key for key, n in people.items() if n > 1]
    return found + [f"twins {twins}"] * bool(twins) + ["RANDNO repeated"] * (len(set(numbers)) < len(numbers))


def _induction(study: Study) -> list[str]:
    found = []
    operated = {r["SUBJNO"]: r for r in study["A07"]}
    for row in study["A03"]:
        if row["SUBJNO"] in operated:
            drawn = dt.datetime.strptime(row["RANDDT"] + row["RANDTM"], "%Y/%m/%d%H:%M")
            lt = operated[row["SUBJNO"]]
            start = dt.datetime.strptime(lt["LTDT"] + lt["LTSTTM"], "%Y/%m/%d%H:%M")
            if not dt.timedelta(0) < start - drawn <= dt.timedelta(hours=24):
                found.append(f"{row['SUBJNO']} randomised {start - drawn} before surgery")
    arms = {r["SUBJNO"]: r["RANDGRP"] for r in study["A03"]}
    for row in study["A08"]:
        atg = row["INDDRUG"].startswith("兔抗")
        if atg != (arms[row["SUBJNO"]] == "研究组"):
            found.append(f"{row['SUBJNO']} got the other drug")
        if (row["INDGIVEN"] == "是") != bool(row["INDDOSE"]) or (row["INDGIVEN"] == "否") != bool(
            row["INDNOTRS"]
        ):
            found.append(f"{row['SUBJNO']} dose {row['ROWNO']} given and reason disagree")
        if atg and row["INDDOSE"]:
            wanted = float(row["INDPLAN"]) * float(row["INDWT"])
            off = abs(float(row["INDDOSE"]) / wanted - 1) > 0.1
            if off != (row["INDADJ"] != "无"):
                found.append(f"{row['SUBJNO']} dose {row['ROWNO']} changed without reason")
    first = {r["SUBJNO"]: r["INDSTDT"] for r in study["A08"] if r["ROWNO"] == "1"}
    return found + [s for s, r in operated.items() if first[s] != r["LTDT"]]


def _graft(study: Study) -> list[str]:
    found = []
    read = {r["BXNO"]: r for r in study["A16"]}
    done = {r["BXNO"]: r for r in study["A15"] if r["BXDONE"] == "是"}
    if read.keys() != done.keys():
        found.append("biopsies and readings differ")
    band = ["无排斥", "不确定", "不确定", "轻度", "轻度", "中度", "中度", "重度", "重度", "重度"]
    for number, row in read.items():
        total = int(row["PORTAL"]) + int(row["BILE"]) + int(row["VENOUS"])
        special = row["BANFFDX"] in ("抗体介导排斥", "慢性排斥")
        if total != int(row["RAI"]) or (not special and not row["BANFFDX"].startswith(band[total])):
            found.append(f"{number} RAI")
        if day(row["RPTDT"]) < day(done[number]["BXDT"]):
            found.append(f"{number} reported before it was taken")
    episodes = {r["ARBXNO"] for r in study["A17"] if r["ARBXNO"]}
    rejected = {n for n, r in read.items() if int(r["RAI"]) >= 3 or r["BANFFDX"] == "抗体介导排斥"}
    if episodes != rejected:
        found.append(f"rejections without page or biopsy {episodes ^ rejected}")
    for row in study["A15"]:
        if (row["BXDONE"] == "否") != bool(row["BXNDRS"]) or (row["BXTYPE"] == "临床指征") != bool(
            row["BXIND"]
        ):
            found.append(f"{row['SUBJNO']} biopsy {row['ROWNO']} incomplete")
    tissue = {r["BXNO"] for r in study["A25"] if r["BXNO"]}
    return found + ["tissue of no biopsy"] * (not tissue <= done.keys())


def _safety(study: Study) -> list[str]:
    found = []
    events = {(r["SUBJNO"], r["ROWNO"]): r for r in study["A19"]}
    infections = {key for key, row in events.items() if row["AEINF"] == "是"}
    pages = {(r["SUBJNO"], r["INFAENO"]): r for r in study["A18"]}
    if infections != pages.keys() or any(events[k]["AESTDT"] != r["INFDT"] for k, r in pages.items()):
        found.append("infection pages and events differ")
    treated = {(r["SUBJNO"], r["CMAENO"]) for r in study["A20"] if r["CMAENO"]}
    if treated != {key for key, row in events.items() if row["AECMTRT"] == "是"}:
        found.append("drugs and events disagree")
    for key, row in events.items():
        ongoing, serious = row["AEONGO"] == "是", row["AESERZH"] == "是"
        if ongoing == bool(row["AEENDT"]) or (row["AEENDT"] and day(row["AEENDT"]) < day(row["AESTDT"])):
            found.append(f"{key} end")
        if serious != bool(row["AESERCR"]) or (int(row["AEGR"]) > 3 and not serious):
            found.append(f"{key} seriousness")
        if (row["AEOUTZH"] in ("痊愈", "痊愈有后遗症", "死亡")) == ongoing:
            found.append(f"{key} outcome")
    for name, end, ongo in (("A09", "IMSENDT", "IMSONGO"), ("A20", "CMENDT", "CMONGO")):
        found += [f"{name} {r['SUBJNO']} end" for r in study[name] if (r[ongo] == "是") == bool(r[end])]
    return found + ["no tacrolimus"] * ({r["SUBJNO"] for r in study["A07"]} != _on(study, "他克莫司"))


def _on(study: Study, drug: str) -> set[str]:
    return {r["SUBJNO"] for r in study["A09"] if r["IMSDRUG"] == drug}


def _end(study: Study) -> list[str]:
    died = {r["SUBJNO"]: r["DTHDT"] for r in study["A22"]}
    told = sorted((r["SUBJNO"], r["FUDT"]) for r in study["A21"] if r["SURV"] == "死亡")
    ended = {r["SUBJNO"]: r["EOSDT"] for r in study["A23"] if r["EOSRSN"] == "死亡"}
    fatal = {r["SUBJNO"]: r["AEENDT"] for r in study["A19"] if r["AEOUTZH"] == "死亡"}
    tumour = {r["SUBJNO"] for r in study["A22"] if r["DTHCAT"] == "肿瘤复发"}
    found = ["deaths disagree"] * (not (died == ended and told == sorted(died.items())))
    found += ["fatal events disagree"] * (fatal != {s: d for s, d in died.items() if s not in tumour})
    found += ["recurrence not told"] * (
        not tumour <= {r["SUBJNO"] for r in study["A21"] if r["RECUR"] == "是"}
    )
    for subject, rows in by_subject(study["A21"]).items():
        if sum(bool(r["GRLOSSDT"]) for r in rows) > 1 or sum(r["RECUR"] == "是" for r in rows) > 1:
            found.append(f"{subject} told twice")
    return found


def _measurements(study: Study) -> list[str]:
    found = [f"{r['SUBJNO']} blood pressure" for r in study["A11"] if float(r["SBP"]) <= float(r["DBP"])]
    for row in study["A13"]:
        result, reference = row["RESULT"], row["REFRANGE"]
        if not re.fullmatch(r"[\d.]+", result):
            continue
        low, _, high = reference.partition("-") if "-" in reference else ("0", "", reference[1:])
        flag = "↓" if float(result) < float(low) else "↑" if float(result) > float(high) else ""
        if flag != row["FLAG"]:
            found.append(f"{row['SUBJNO']} {row['ITEMCD']} {result} flagged {row['FLAG']}")
    return found


def test_full_study_is_consistent(study: Study) -> None:
    assert consistency(study) == []


@pytest.mark.parametrize(("seed", "subjects"), [(1, 2), (2, 9), (5, 24)])
def test_other_studies_are_consistent(tmp_path: Path, seed: int, subjects: int) -> None:
    generate(tmp_path, seed=seed, subjects=subjects, dirt="none")
    assert consistency(read_study(tmp_path)) == []


@pytest.mark.parametrize(
    ("form", "field", "value"),
    [
        ("A11", "VISDT", "2025/09/01"),
        ("A13", "FLAG", "H"),
        ("A16", "RAI", "9"),
        ("A18", "INFAENO", "99"),
        ("A19", "AEENDT", "2025/01/01"),
        ("A20", "CMAENO", "99"),
        ("A21", "SURV", "死亡"),
        ("A22", "DTHDT", "2025/10/31"),
        ("A05", "LASTDOSE", "2024/01/01"),
        ("A08", "INDDOSE", "33"),
    ],
)
def test_one_altered_cell_is_noticed(small: Study, form: str, field: str, value: str) -> None:
    atg = [r for r in small[form] if not r.get("INDDRUG", "").startswith("巴利")]
    row = next(r for r in atg if r[field] not in ("", value))
    altered = [{**r, field: value} if r is row else r for r in small[form]]
    assert consistency(small) == []
    assert consistency({**small, form: altered}) != []


def test_truth_agrees_with_the_pages(study: Study, truth: dict) -> None:
    given = [r for r in study["A08"] if r["INDGIVEN"] == "是"]
    counts = truth["counts"]
    assert counts["EX"] == len(given) == sum(d["given"] for d in truth["doses"].values())
    assert counts["EC"] == 2 * len(study["A08"])
    for drug, start in (("ATG", "兔抗"), ("BAS", "巴利")):
        total = sum(float(r["INDDOSE"]) for r in given if r["INDDRUG"].startswith(start))
        assert truth["doses"][drug]["total_mg"] == pytest.approx(total)
    pages = {"AE": "A19", "RS": "A12", "PC": "A10", "MB": "A14", "LB": "A13"}
    assert {name: counts[name] for name in pages} == {name: len(study[form]) for name, form in pages.items()}
    assert counts["MH"] == len(study["A04"]) + len(study["A06"])
    assert counts["DS"] == 2 * len(study["A01"]) - sum(r["SCRRES"] == "筛选中" for r in study["A01"]) + len(
        study["A03"]
    ) + len({r["SUBJNO"] for r in given}) + len(study["A23"])
    assert counts["DD"] == 3 * len(study["A22"])
    told = ("INFSITE", "INFTYPE", "INFORG", "INFDX", "INFDT", "INFTRT", "CLAVIEN")
    assert counts["FA"] == sum(bool(row[name]) for row in study["A18"] for name in told)
    specimens = study["A25"]
    biopsies = {row["BXNO"] for row in study["A15"] if row["BXNO"]}
    assert counts["RELSPEC"] == len(biopsies | {row["SPECNO"] for row in specimens})
    assert counts["BS"] == sum(bool(row["VOL"]) for row in specimens)
    whole = sum(row["PARENT"] in ("", row["BXNO"]) for row in specimens)
    assert counts["BE"] == whole + len(specimens)
    prior = Counter(r["TXCLASS"] in ("PD-1抑制剂", "TKI", "其他") for r in study["A05"])
    assert counts["CM"] == prior[True] + len(study["A09"]) + len(study["A20"])
    again = sum(r["RETX"] == "是" for r in study["A21"])
    assert counts["PR"] == prior[False] + len(study["A07"]) + len(study["A15"]) + again
    assert counts["IE"] == sum(
        r["IERES"] == ("否" if r["IENO"].startswith("I") else "是") for r in study["A02"]
    )
    for subject, row in truth["subjects"].items():
        doses = [r for r in given if r["SUBJNO"] == subject]
        assert row["infusions_given"] == len(doses)
        if doses:
            first = min(f"{r['INDSTDT']}T{r['INDSTTM']}" for r in doses).replace("/", "-")
            assert row["first_dose"] == first


def test_visit_count(study: Study, truth: dict) -> None:
    """SV from the pages: visits with any page, plus planned ones whose last day passed before the exit."""
    first = {r["SUBJNO"]: r["PREVSUBJ"] or r["SUBJNO"] for r in study["A01"]}
    seen: set[tuple[str, ...]] = set()
    for name, form in LAYOUT.forms.items():
        if "VISIT" in [column.key for column in form.columns]:
            for r in study[name]:
                unplanned = r["VISIT"] == "计划外访视"
                seen.add((first[r["SUBJNO"]], r["VISIT"], r["VISDT"] if unplanned else ""))
    left = {r["SUBJNO"]: day(r["EOSDT"]) for r in study["A23"]}
    texts = next(c for c in LAYOUT.forms["A11"].columns if c.key == "VISIT").codes
    missed = 0
    for row in study["A07"]:
        end = min(left.get(row["SUBJNO"], LAYOUT.cutoff), LAYOUT.cutoff)
        for code, visit in LAYOUT.visits.items():
            due = day(row["LTDT"]) + dt.timedelta(days=visit.last_pod)
            missed += due < end and (first[row["SUBJNO"]], texts[code], "") not in seen
    assert missed >= 3
    assert truth["counts"]["SV"] == len(seen) + missed


def test_outcomes_from_the_pages(study: Study, truth: dict) -> None:
    operated = {r["SUBJNO"]: day(r["LTDT"]) for r in study["A07"]}
    arm = {r["SUBJNO"]: "ATG" if r["RANDGRP"] == "研究组" else "BAS" for r in study["A03"]}

    def within(row: dict[str, str], key: str, window: int) -> bool:
        return bool(row[key]) and (day(row[key]) - operated[row["SUBJNO"]]).days <= window

    biopsies = {r["BXNO"]: r for r in study["A15"] if r["BXNO"]}
    rejected = {r["SUBJNO"] for r in study["A17"] if within(r, "ARDT", 90)}
    for row in study["A16"]:
        biopsy = biopsies[row["BXNO"]]
        protocol = biopsy["BXTYPE"] != "临床指征"
        if row["BANFFDX"] not in ("无排斥", "不确定", "慢性排斥") and (
            protocol or within(biopsy, "BXDT", 90)
        ):
            rejected.add(row["SUBJNO"])
    dead = {r["SUBJNO"] for r in study["A22"] if within(r, "DTHDT", 365)}
    infected = {r["SUBJNO"] for r in study["A19"] if r["AEINF"] == "是" and within(r, "AESTDT", 90)}
    lost = dead | {r["SUBJNO"] for r in study["A21"] if within(r, "GRLOSSDT", 365)}
    for name, subjects in (("AR90", rejected), ("INF90", infected), ("OS1Y", dead), ("GS1Y", lost)):
        for group in ("ATG", "BAS"):
            assert truth["outcomes"][name][group] == {
                "events": sum(arm[s] == group for s in subjects),
                "n": sum(arm[s] == group for s in operated),
            }, name
    assert len(rejected) >= 10 and len(infected) >= 20 and len(dead) >= 6 and len(lost) > len(dead)


def test_every_path_occurs(study: Study, truth: dict) -> None:
    """What a mapping must cope with is there in the default study."""
    status = Counter(row["status"] for row in truth["subjects"].values())
    assert status.keys() == {
        "ongoing",
        "completed",
        "died",
        "lost to follow-up",
        "withdrawn",
        "not treated",
        "screen failure",
        "in screening",
    }
    present = {
        "A01.SCRFAILRS": {"不符合入排标准", "撤回知情同意", "未行肝移植", "其他"},
        "A08.INDNOTRS": {"白细胞/血小板减少", "感染", "过敏", "医嘱"},
        "A15.BXTYPE": {"程序性(POD14)", "程序性(POD90)", "临床指征"},
        "A15.BXNDRS": {"患者拒绝"},
        "A17.ARBASIS": {"活检证实", "临床诊断"},
        "A16.BANFFDX": {"无排斥", "不确定", "轻度急性T细胞介导排斥", "抗体介导排斥"},
        "A19.AEACT": {"未改变", "减量", "停药", "不适用"},
        "A21.FUMODE": {"门诊", "电话", "住院"},
        "A21.SURV": {"存活", "死亡", "失访"},
        "A21.RETX": {"是", "否"},
        "A21.RECUR": {"是", "否"},
        "A23.EOSRSN": {"死亡", "失访", "撤回知情", "未行移植"},
        "A05.TXBEST": {"不详", "PR"},
        "A11.VISIT": {"计划外访视"},
        "A12.ECOGND": {"是"},
        "A10.TACND": {"是"},
        "A10.TACRES": {"<2.0"},
        "A13.RESULT": {"阴性", "1+", "<0.03"},
        "A14.VIRRES": {"未检出", "<20", "阳性"},
    }
    for column, values in present.items():
        name, key = column.split(".")
        assert values <= {row[key] for row in study[name]}, column
    assert any(r["INDADJ"] == "白细胞/血小板减少" for r in study["A08"])
    assert any(r["BXAE"] for r in study["A15"])
    assert {r["MHSTDT"][4:].count("UK") for r in study["A06"]} == {0, 1, 2}
    assert any(r["LTENTM"] < r["LTSTTM"] for r in study["A07"]), "an operation past midnight"
    assert sum(bool(r["PREVSUBJ"]) for r in study["A01"]) == 1
    assert sum(bool(r.get("REMARK")) for rows in study.values() for r in rows) > 20
