"""Leaks planted in a study, in its datasets and in its package: each is cleaned or stops the package."""

from __future__ import annotations

import base64
import hashlib
import importlib
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from generated import MAPPINGS, SEED, STUDIES, Study, generate
from released import Released, release_of

from cdisc_kit import pipeline
from cdisc_kit.columns import Texts
from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import OutputError, SpecError
from cdisc_kit.ipd.anchor import EPOCH
from cdisc_kit.ipd.dayone import day_one
from cdisc_kit.ipd.dayproof import equal_days
from cdisc_kit.ipd.idattack import enumeration, order, two_recipients
from cdisc_kit.ipd.intruder import intruder_tests
from cdisc_kit.ipd.linkage import by_quasi_identifiers
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.raw import RawTable
from cdisc_kit.sharing.datafiles import csv_files
from cdisc_kit.spec import StudySpec, load_study
from cdisc_kit.standard import load_sdtmig
from cdisc_kit.xpt import XptVariable, xpt_bytes

# What a person writes into a free text field, and the piece of it that must be nowhere in a package.
WRITTEN = {
    "患者欧阳娜娜诉": "欧阳娜娜",
    "家属张伟民电话13800138000": "13800138000",
    "身份证11010519491231002X": "11010519491231002X",
    "身份证１１０１０５１９４９１２３１００２Ｘ": "１１０１０５１９４９１２３１００２Ｘ",
    "买买提·艾合买提": "艾合买提",
    "住院号0087654,12床": "0087654",
    "转入肝移植3病区": "肝移植3病区",
    "微信wx_zhangsan88": "zhangsan88",
    "致电0571-87236114": "87236114",
    "由陈建国医生会诊": "陈建国",
    "转自浙大一院": "浙大一院",
    "发生于2026年3月5日": "3月5日",
}


@pytest.fixture(
    scope="module", params=[pytest.param(s, marks=pytest.mark.xdist_group(f"build-{s}")) for s in STUDIES]
)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return generate(request.param, tmp_path_factory.getbasetemp(), seed=SEED)


@pytest.fixture(scope="module")
def clean(study: Study) -> Released:
    return release_of(study.spec, study.built)


class TestClean:
    def test_every_test_passes(self, clean: Released) -> None:
        assert not [f"{test.name}: {test.detail}" for test in clean.tests.values() if not test.passed]

    def test_the_scan_had_something_to_look_for(self, clean: Released) -> None:
        assert clean.known.size > 500
        assert clean.tests["shapes"].figures["texts"] > 5000
        assert clean.tests["linkage by exact results"].figures["share_linked"] > 0.9

    def test_every_study_day_is_what_it_was(self, clean: Released) -> None:
        figures = clean.tests["equality of study days"].figures
        assert figures["variables"] > 10
        assert figures["rows"] > 1000
        assert figures["unequal"] == 0

    def test_released_dates_end_before_those_of_the_living_begin(self, clean: Released) -> None:
        latest = max(
            str(text)[:10]
            for dataset in clean.release.datasets.values()
            for variable in dataset.variables
            if variable.iso8601 and "USUBJID" in dataset.frame
            for text in dataset.frame[variable.name].unique()
        )
        assert str(EPOCH) < latest < "1942"


# planted in the raw data


def free_text(spec: StudySpec, form: str) -> list[str]:
    """Text columns whose words are typed in, not picked: no keys, identifiers, units or texts of codes."""
    found = spec.sources.forms[form]
    taken = {spec.sources.site, spec.sources.subject, spec.sources.visit, *found.key, *found.natural_key}
    taken |= {*spec.sources.agree, *(c.unit_in for c in found.columns.values())}
    return [
        key
        for key, column in found.columns.items()
        if column.type == "text" and key not in taken and not column.text_of
    ]


def planted(spec: StudySpec, table: RawTable) -> RawTable:
    """Something personal behind the text of a fifth of the rows of every free text column.

    Which, the row's key decides: both entries of a row, and a row that stands twice, stay alike. On a form
    with one row a subject every filled cell gets the same: dirt repeats rows in several ways.
    """
    several = spec.sources.forms[table.form].key != (spec.sources.subject,)
    frame = table.frame.copy()
    keys = frame[list(spec.sources.forms[table.form].key)].agg("|".join, axis=1)
    rows = [zlib.crc32(key.encode("utf-8")) for key in keys]
    pieces = list(WRITTEN)
    for number, key in enumerate(free_text(spec, table.form)):
        cells = frame[key].to_numpy(dtype=object).copy()
        for at, hashed in enumerate(rows):
            row = hashed if several else -number
            if (row + number) % 5 == 0 and (several or cells[at]):
                cells[at] = f"{cells[at]}{pieces[(row // 5 + number) % len(pieces)]}"
        frame[key] = cells
    return replace(table, frame=frame, texts=Texts(frame))


@pytest.mark.parametrize("name", STUDIES)
def test_what_is_typed_into_dirty_raw_data_reaches_no_byte(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = pipeline.read_raw
    cells = 0

    def read_planted(spec: StudySpec, folder: Path) -> object:
        nonlocal cells
        found = read(spec, folder)
        tables = {form: tuple(planted(spec, t) for t in entries) for form, entries in found.tables.items()}
        cells = sum(
            int((new.frame[key] != old.frame[key]).sum())
            for form in tables
            for new, old in zip(tables[form], found.tables[form], strict=True)
            for key in free_text(spec, form)
        )
        return replace(found, tables=tables)

    monkeypatch.setattr(pipeline, "read_raw", read_planted)
    generator = importlib.import_module(f"cdisc_kit.synth.{name}")
    generator.generate(tmp_path / "raw", seed=SEED, subjects=None, dirt="full")
    spec = load_study(MAPPINGS / name)
    built = pipeline.build(spec, tmp_path / "raw", "utf8")  # lot numbers may hold anything in this language
    assert cells > 300
    made = release_of(spec, built)
    assert not [f"{test.name}: {test.detail}" for test in made.tests.values() if not test.passed]
    texts = "\n".join(text.text for text in made.decoded.texts)
    everything = b"\n".join(made.files.values())
    for piece in WRITTEN.values():
        assert piece not in texts
        for encoding in ("utf-8", "gb18030", "utf-16-le"):
            assert piece.encode(encoding) not in everything


# planted in the datasets as built


def markers(study: Study) -> dict[str, str]:
    """Leaks in the words of an English dataset, and the piece to look for."""
    roster = study.built.english["DM"].frame
    subject, number = str(roster["USUBJID"].iloc[0]), str(roster["SUBJID"].iloc[0])
    return {
        f"as in {subject}": subject,
        f"subject {number} again": number,
        "began on 2026/3/5": "2026/3/5",
        "seen 20260305": "20260305",
        "15 Mar 2026 at home": "15 Mar 2026",
        "call 138 0013 8000": "138 0013 8000",
        "call +86-571-87236114": "87236114",
        "ID 110105 19491231 002X": "110105 19491231 002X",
        "WeChat: lisi_1990": "lisi_1990",
        "Dr. Chen Jianguo": "Chen Jianguo",
        "bed 12, ward 3": "bed 12",
        "from Beijing Friendship Hospital": "Friendship",
        "HLA-A*02:01": "A*02:01",
        "lisi@example.com": "lisi@example.com",
    }


# A Required variable that holds anything but its terms stops the release by itself.
STOPS = ("terms", "numbers")


def sown(study: Study) -> tuple[dict[str, Dataset], set[str]]:
    """Every text variable of every dataset with two leaks in it, but for names and keys of the structure."""
    leaks = list(markers(study))
    policy = load_policy(study.spec.folder)
    structure = {
        "STUDYID",
        "DOMAIN",
        "RDOMAIN",
        "USUBJID",
        "SUBJID",
        "IDVAR",
        "QNAM",
        "SITEID",
        "RELID",
        "RELTYPE",
        "ARMNRS",  # a quasi-identifier that stays: any text in it is a class of one, and no gate opens
    }
    made, used = {}, set()
    count = 0
    for name, dataset in study.built.english.items():
        frame = dataset.frame.copy()
        for variable in dataset.variables:
            fixed = variable.name in structure or variable.name.endswith("TESTCD") or variable.iso8601
            known = load_sdtmig().datasets.get(name)
            required = known is not None and variable.name in known.variables
            if required and known is not None and known.variables[variable.name].core == "Req":
                rule = policy.rule_for(name, variable.name)
                fixed |= rule is not None and rule.action in STOPS
            if variable.type == "Num" or fixed or dataset.is_reference or len(frame) < 2 or name == "RELREC":
                continue
            cells = frame[variable.name].to_numpy(dtype=object).copy()
            for at in (0, len(cells) // 2):
                cells[at] = leaks[count % len(leaks)]
                used.add(leaks[count % len(leaks)])
                count += 1
            frame[variable.name] = cells
        made[name] = replace(dataset, frame=frame)
    return made, used


def test_a_leak_in_any_variable_is_cleaned_or_seen(study: Study) -> None:
    datasets, used = sown(study)
    assert used == set(markers(study))
    made = release_of(study.spec, replace(study.built, english=datasets))
    told = {hit.place for test in made.tests.values() for hit in test.hits}
    for leak, piece in markers(study).items():
        places = {text.place for text in made.decoded.texts if piece in text.text}
        assert not places or places & told, leak


def test_pointers_and_comments_hold_no_old_identifier(study: Study) -> None:
    english = dict(study.built.english)
    subject = str(english["DM"].frame["USUBJID"].iloc[0])
    name = next(
        name for name, d in english.items() if name.startswith("SUPP") and (d.frame["IDVAR"] != "").any()
    )
    frame = english[name].frame.copy()
    frame.loc[frame.index[0], "IDVARVAL"] = subject
    english[name] = replace(english[name], frame=frame)
    if "CO" in english:
        comments = english["CO"].frame.assign(COVAL=f"see {subject}")
        english["CO"] = replace(english["CO"], frame=comments)
    made = release_of(study.spec, replace(study.built, english=english))
    assert made.tests["known values"].passed
    assert not any(subject in text.text for text in made.decoded.texts)


def test_a_leak_in_a_required_term_stops_the_release(study: Study) -> None:
    frame = study.built.english["DM"].frame.assign(COUNTRY="Dr. Chen Jianguo")
    datasets = {**study.built.english, "DM": replace(study.built.english["DM"], frame=frame)}
    with pytest.raises(SpecError, match=r"DM\.COUNTRY is Required and would be blank") as stopped:
        release_of(study.spec, replace(study.built, english=datasets))
    assert "Chen" not in str(stopped.value)


def test_chinese_text_in_a_kept_variable_stops_the_release(study: Study) -> None:
    frame = study.built.english["SV"].frame.copy()
    frame.loc[0, "VISIT"] = "欧阳娜娜"
    datasets = {**study.built.english, "SV": replace(study.built.english["SV"], frame=frame)}
    with pytest.raises(OutputError) as stopped:
        release_of(study.spec, replace(study.built, english=datasets))
    assert "欧阳" not in str(stopped.value)


# planted in the package: as if the protection of the datasets were missing


@dataclass(frozen=True)
class Leak:
    """`plant` gives the files that replace those of the package; the scan must tell of `rule`."""

    name: str
    rule: str
    plant: Callable[[Released], dict[str, bytes]]


def in_table(column: str, text: str, *, dataset: str = "ae") -> Callable[[Released], dict[str, bytes]]:
    def plant(made: Released) -> dict[str, bytes]:
        frame = pd.DataFrame({column: pd.Series([text.format(**originals(made)), "x"], dtype=object)})
        variables = [XptVariable(column, "Text", "Char", 200)]
        content = xpt_bytes(dataset.upper(), "Events", frame, variables, encoding="utf-8")
        return {f"data/sdtm/xpt/{dataset}.xpt": content}

    return plant


def in_define(old: bytes, new: str) -> Callable[[Released], dict[str, bytes]]:
    def plant(made: Released) -> dict[str, bytes]:
        content = made.files["data/define.xml"]
        assert old in content
        return {"data/define.xml": content.replace(old, new.format(**originals(made)).encode("utf-8"), 1)}

    return plant


def originals(made: Released) -> dict[str, str]:
    """A value of each kind of the study's own."""
    evidence = made.evidence
    roster = evidence.plan.subjects.roster
    spec = evidence.plan.spec
    site = [names for names in spec.study["sites"].values() if str(names["en"]) not in evidence.texts]
    numbers = {
        kind: next(str(v) for t in evidence.raw[form] for v in t.frame[key] if v)
        for kind, (form, key) in RAW[spec.key].items()
    }
    first = next(iter(evidence.plan.subjects.first.values()))
    return {
        "usubjid": str(roster["USUBJID"].iloc[0]),
        "subjid": str(roster["SUBJID"].iloc[0]),
        "day": str(first),
        "site": str(site[0]["en"]) if site else "Beijing Chaoyang Hospital",
        "short": made.release.policy.identifying_texts[0],
        **numbers,
    }


RAW = {
    "atg": {"lot": ("A08", "INDLOT"), "specimen": ("A25", "SPECNO"), "initials": ("A01", "INITIALS")},
    "capeox": {"lot": ("EXIV", "LOT"), "specimen": ("SPEC", "SPECNO"), "initials": ("DM", "INIT")},
}
LEAKS = [
    Leak("old USUBJID in IDVARVAL", "identifier", in_table("IDVARVAL", "{usubjid}", dataset="suppae")),
    Leak("old USUBJID in QVAL text", "identifier", in_table("QVAL", "as {usubjid} said", dataset="suppae")),
    Leak("old USUBJID in COVAL", "identifier", in_table("COVAL", "see {usubjid}.", dataset="co")),
    Leak("SUBJID", "identifier", in_table("SUBJID", "{subjid}", dataset="dm")),
    Leak("SUBJID with site prefix", "identifier", in_table("SUBJID", "01-{subjid}", dataset="dm")),
    Leak("specimen number as link id", "identifier", in_table("PRLNKID", "{specimen}", dataset="pr")),
    Leak("lot number", "identifier", in_table("EXLOT", "{lot}", dataset="ex")),
    Leak("initials", "initials or name", in_table("AETERM", "told by {initials}")),
    Leak("day 1 in QVAL", "date", in_table("QVAL", "{day}", dataset="suppae")),
    Leak("date in words", "date", in_table("AETERM", "2026年3月5日")),
    Leak("date with strokes", "date", in_table("AETERM", "fell on 2026/3/5")),
    Leak("date of eight digits", "date", in_table("AETERM", "fell 20260305")),
    Leak("partial date", "date", in_table("CMSTDTC", "2019-07", dataset="cm")),
    Leak("year", "date", in_table("CMSTDTC", "2019", dataset="cm")),
    Leak("HLA", "HLA typing", in_table("ISTEST", "HLA-DRB1", dataset="is")),
    Leak("compound surname", "Chinese name", in_table("AETERM", "欧阳娜娜来电")),
    Leak("name with a dot", "Chinese name", in_table("AETERM", "买买提·艾合买提")),
    Leak(
        "full-width identity number",
        "identity number",
        in_table("AETERM", "１１０１０５１９４９１２３１００２Ｘ"),
    ),
    Leak("spaced identity number", "identity number", in_table("AETERM", "110105 1949 1231 002X")),
    Leak("mobile with +86", "mobile telephone", in_table("AETERM", "+86 13800138000")),
    Leak("landline", "landline", in_table("AETERM", "0571-87236114")),
    Leak("WeChat", "WeChat or QQ", in_table("AETERM", "微信号:lisi_1990")),
    Leak("bed", "ward or bed", in_table("AETERM", "12床")),
    Leak("ward", "ward or bed", in_table("AETERM", "病区3")),
    Leak("hospital by its short name", "place or person", in_table("AETERM", "转自{short}")),
    Leak("doctor", "name", in_table("AETERM", "Dr. Chen saw him")),
    Leak("mojibake", "Chinese name", in_table("AETERM", "欧阳娜娜".encode("gb18030").decode("latin-1"))),
    Leak("site in a comment of Define", "hospital", in_table("AETERM", "moved to {site}")),
    Leak("doctor in Define", "Chinese name", in_define(b"</ODM>", "<!-- 由陈建国医生 --></ODM>")),
    Leak("short name in Define", "place or person", in_define(b"</ODM>", "<!-- {short} --></ODM>")),
    Leak("subject in Define", "identifier", in_define(b"</ODM>", "<!-- {subjid} --></ODM>")),
    Leak(
        "time of making",
        "date",
        in_define(b'CreationDateTime="19', 'CreationDateTime="2026-11-21T00:00:00" X="'),
    ),
]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
def test_a_leak_in_the_package_is_seen(clean: Released, leak: Leak) -> None:
    files = leak.plant(clean)
    assert leak.rule in {hit.rule for hit in clean.hits_of(files)}


def test_hits_name_no_value_but_in_their_own_field(clean: Released) -> None:
    files = {**clean.files, **in_table("AETERM", "call 13800138000")(clean)}
    failed = [test for test in intruder_tests(clean.evidence, files) if not test.passed]
    assert [test.name for test in failed] == ["shapes"]
    assert "13800138000" not in failed[0].detail + repr(failed[0])
    assert failed[0].hits[0].value == "13800138000"


def test_a_key_in_the_bundle_stops_it(clean: Released) -> None:
    files = {**clean.files, "data/docs/key.txt": clean.evidence.secrets[1].hex().encode()}
    tests = {test.name: test for test in intruder_tests(clean.evidence, files)}
    assert not tests["keys"].passed


# attacks on a release whose protection is missing


def renamed(made: Released, names: Callable[[str, int], str]) -> dict[str, Dataset]:
    """DM with other subject ids: `names` gives the id of an old SUBJID at its place of enrolment."""
    roster = made.evidence.plan.subjects.roster
    dataset = made.evidence.released["DM"]
    given = [names(str(subject), at) for at, subject in enumerate(roster["SUBJID"])]
    frame = dataset.frame.assign(SUBJID=given[: len(dataset.frame)])
    return {"DM": replace(dataset, frame=frame)}


def hashes() -> Iterator[Callable[[str, int], str]]:
    yield lambda subject, at: subject
    yield lambda subject, at: f"S{at + 1:03d}"
    yield lambda subject, at: hashlib.sha256(subject.encode()).hexdigest()[:10]
    yield lambda subject, at: hashlib.md5(subject.encode(), usedforsecurity=False).hexdigest()
    yield lambda subject, at: base64.b32encode(hashlib.sha1(subject.encode()).digest()).decode()[:10]


@pytest.mark.parametrize(
    "names", list(hashes()), ids=["as it is", "sequence", "sha256", "md5", "sha1 base32"]
)
def test_pseudonyms_without_a_key_are_recovered(clean: Released, names: Callable[[str, int], str]) -> None:
    attacked = enumeration(clean.with_released(renamed(clean, names)))
    assert not attacked.passed
    assert attacked.figures["recovered"] == attacked.figures["subjects"]


def test_one_key_for_two_recipients_is_seen(clean: Released) -> None:
    evidence = replace(clean.evidence, other_key=clean.evidence.plan.pseudonyms.key)
    assert not two_recipients(evidence).passed


def test_rows_in_the_order_of_enrolment_are_seen(clean: Released) -> None:
    plan = clean.evidence.plan
    names = plan.pseudonyms.given["subject"]
    places = {f"{plan.spec.studyid}-{names[s]}": at for at, s in enumerate(plan.subjects.usubjids)}
    dataset = clean.evidence.released["DM"]
    frame = dataset.frame.sort_values("USUBJID", key=lambda ids: ids.map(places))
    assert not order(clean.with_released({"DM": replace(dataset, frame=frame)})).passed


def test_a_subject_alone_with_what_a_relative_knows_is_seen(clean: Released) -> None:
    dataset = clean.evidence.released["DM"]
    frame = dataset.frame.copy()
    frame.loc[0, "SEX"] = "UNDIFFERENTIATED"
    attacked = by_quasi_identifiers(clean.with_released({"DM": replace(dataset, frame=frame)}))
    assert not attacked.passed
    assert attacked.figures["linked"] >= 1


def test_exact_bounds_of_partial_dates_give_day_1_away(clean: Released) -> None:
    """What the grid protects from: the bounds of a whole year, moved by as many days as day 1."""
    plan = clean.evidence.plan
    names = plan.pseudonyms.given["subject"]
    rows = [
        (f"{plan.spec.studyid}-{names[subject]}", f"{EPOCH + (low - day)}/{EPOCH + (high - day)}")
        for subject, day in plan.subjects.first.items()
        if not np.isnat(day)
        for low, high in [(np.datetime64("2019-01-01"), np.datetime64("2019-12-31"))]
    ]
    dataset = clean.evidence.released["DM"]
    moved = dict(rows)
    frame = dataset.frame.assign(RFPENDTC=dataset.frame["USUBJID"].map(moved).fillna(""))
    attacked = day_one(clean.with_released({"DM": replace(dataset, frame=frame)}))
    assert not attacked.passed


@pytest.mark.parametrize("moved", ["AESTDY", "AESTDTC"])
def test_a_study_day_or_a_date_moved_alone_is_seen(clean: Released, moved: str) -> None:
    dataset = clean.evidence.released["AE"]
    frame = dataset.frame.copy()
    (at, *_) = frame.index[frame["AESTDY"].notna()]
    frame.loc[at, moved] = 4711 if moved == "AESTDY" else "1931-02-03"
    attacked = equal_days(clean.with_released({"AE": replace(dataset, frame=frame)}))
    assert not attacked.passed
    assert attacked.detail == "other days: AE.AESTDY"


def test_formulas_are_neutral_in_the_package(study: Study) -> None:
    dataset = study.built.english["DM"]
    frame = dataset.frame.assign(ARM="=cmd|' /C calc'!A0")
    (content,) = csv_files({"DM": replace(dataset, frame=frame)}).values()
    table = pd.read_csv(io.BytesIO(content), dtype=str)
    assert set(table["ARM"]) == {"'=cmd|' /C calc'!A0"}
