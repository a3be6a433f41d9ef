"""The capeox mapping on one subject small enough to work out by hand: lesions, response, a held drug."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from cdisc_kit.pipeline import build
from cdisc_kit.spec import load_study
from cdisc_kit.synth.capeox.book import Book
from cdisc_kit.synth.capeox.protocol import mapping_folder, read_protocol
from cdisc_kit.synth.workbook import write_workbook

pytestmark = pytest.mark.xdist_group("capeox-worked-example")

B017 = SimpleNamespace(number=17, subjid="B017", initials="ABCD")
SCREENING, FIRST_DOSE = dt.date(2025, 9, 5), dt.date(2025, 9, 10)
BASELINE, WEEK6, WEEK12 = dt.date(2025, 9, 3), dt.date(2025, 10, 21), dt.date(2025, 12, 2)


def add_tumours(book: Book) -> None:
    baseline = {"LESMETH": "CECT", "LESDT": BASELINE}
    lesions = [
        {"LESNO": "T01", "LESTYPE": "1", "LESORG": "LUNG", "LESLAT": "RIGHT", "LESNODE": False, **baseline},
        {"LESNO": "T02", "LESTYPE": "1", "LESORG": "NODE_PORTA", "LESLAT": "NA", "LESNODE": True, **baseline},
        {"LESNO": "NT01", "LESTYPE": "2", "LESORG": "BONE", "LESNODE": False, "LESDET": "T8", **baseline},
    ]
    for cells in lesions:
        book.add("TULES", B017, "SCR", SCREENING, **cells)
    book.add("TULES", B017, "TA12", WEEK12, LESNO="N01", LESTYPE="3", LESORG="LIVER", LESNODE=False,
             LESMETH="CECT", LESDT=WEEK12)  # fmt: skip
    for event, day, scan, sizes in (
        ("SCR", SCREENING, BASELINE, (32, 18)),
        ("TA6", WEEK6, WEEK6, (20, 12)),
        ("TA12", WEEK12, WEEK12, (18, None)),
    ):
        for lesion, size in zip(("T01", "T02"), sizes, strict=True):
            book.add("TUTGT", B017, event, day, LESNO=lesion, SCANDT=scan, LESMETH="CECT", DIAM=size,
                     TGTST="1" if size else "2", SLICE=5)  # fmt: skip
        book.add("TUNTG", B017, event, day, LESNO="NT01", SCANDT=scan, NTST="4" if event == "TA6" else "1",
                 NTNERS="QUALITY" if event == "TA6" else "")  # fmt: skip
    book.add("TUNEW", B017, "TA12", WEEK12, LESNO="N01", SCANDT=WEEK12, NEWST="1")


def add_responses(book: Book) -> None:
    book.add("RESP", B017, "SCR", SCREENING, ASMNO=0, RSPDT=BASELINE, SUMDIAM=50)
    book.add("RESP", B017, "TA6", WEEK6, ASMNO=1, RSPDT=WEEK6, SUMDIAM=32, PCHGBL="-36", TRESP="PR",
             NTRESP="NONCRPD", NEWLES="N", ORESP="PR", SYMPDET=False)  # fmt: skip
    book.add("RESP", B017, "TA12", WEEK12, ASMNO=2, TRESP="PR", NTRESP="NA", NEWLES="Y", ORESP="PD",
             SYMPDET=True, BOR="SD")  # fmt: skip
    book.add("ECOG", B017, "SCR", SCREENING, ECOG=1)


def add_doses(book: Book) -> None:
    common = {"CYCLE": 1, "CAPPL": 1700, "FRQ": "BID"}
    day = dt.timedelta(days=1)
    intervals = [
        (0, 8, {"TAKEN": True, "TAB500": 3, "TAB150": 1, "BSAUSED": 1.7, "MISSED": 1}),
        (9, 11, {"TAKEN": False, "HOLDRS": "DIARRHEA"}),
        (12, 13, {"TAKEN": True, "TAB500": 2, "TAB150": 0, "ADJRS": "DIARRHEA"}),
    ]
    for first, last, cells in intervals:
        span = {"STDT": FIRST_DOSE + first * day, "ENDT": FIRST_DOSE + last * day}
        book.add("EXPO", B017, "C1D1", FIRST_DOSE, **common, **span, **cells)
    book.add("EXIV", B017, "C1D1", FIRST_DOSE, IVDRUG="1", CYCLE=1, GIVEN=True, WTUSED=60, BSAUSED=1.7,
             PLDOSE=130, ACTDOSE=220, STDT=FIRST_DOSE, STTM="11:00", ENDT=FIRST_DOSE, ENTM="13:00",
             DELAY=False, ADJ="NONE")  # fmt: skip
    book.add("EXIV", B017, "C3D1", dt.date(2025, 10, 23), IVDRUG="2", CYCLE=3, GIVEN=False,
             NOTGIVRS="PATIENT", PLDOSE=7.5, DELAY=False, ADJ="NONE")  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, pd.DataFrame], list[tuple[str, str]]]:
    """Frames by dataset, and (rule, dataset) of the findings above INFO."""
    book = Book(read_protocol())
    book.add("DM", B017, "SCR", SCREENING, ICFDT=SCREENING - dt.timedelta(days=3), BRTHYM="1960-09", SEX="1",
             AGEICF=65, SCRRES="1", ENRDT=dt.date(2025, 9, 8), CHILDBEAR="NA")  # fmt: skip
    book.add("VS", B017, "UNS", dt.date(2025, 10, 1), HR=80)
    add_tumours(book)
    add_responses(book)
    add_doses(book)
    raw = tmp_path_factory.mktemp("raw")
    write_workbook(Path(raw) / "ResMan_export_20261031.xlsx", book.sheets())
    result = build(load_study(mapping_folder()), raw)
    found = [(f.rule, f.dataset) for f in result.findings if f.severity != "INFO"]
    return {name: dataset.frame for name, dataset in result.datasets.items()}, found


@pytest.fixture(scope="module")
def frames(built: tuple[dict[str, pd.DataFrame], list[tuple[str, str]]]) -> dict[str, pd.DataFrame]:
    return built[0]


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    text = frame[list(columns)].map(
        lambda v: "" if pd.isna(v) else f"{v:g}" if isinstance(v, float) else str(v)
    )
    return [tuple(row) for row in text.to_numpy()]


def test_lesions_are_identified_once_where_they_were_first_seen(frames: dict[str, pd.DataFrame]) -> None:
    columns = ("TULNKID", "TUORRES", "TULOC", "TULAT", "TULOBXFL", "VISITNUM", "TUREFID", "TUDY")
    assert rows(frames["TU"], *columns) == [
        ("NT01", "NON-TARGET", "BONE", "", "Y", "1", "IMG-A00-CECT", "-7"),
        ("T01", "TARGET", "LUNG", "RIGHT", "Y", "1", "IMG-A00-CECT", "-7"),
        ("T02", "TARGET", "PORTA HEPATIS LYMPH NODE", "", "Y", "1", "IMG-A00-CECT", "-7"),
        ("NEW01", "NEW", "LIVER", "", "", "112", "IMG-A02-CECT", "84"),
    ]


def test_measurements_are_grouped_by_assessment(frames: dict[str, pd.DataFrame]) -> None:
    columns = (
        "TRLNKGRP",
        "TRGRPID",
        "TRLNKID",
        "TRTESTCD",
        "TRORRES",
        "TRORRESU",
        "TRSTRESC",
        "TRSTAT",
        "TRLOBXFL",
    )
    assert rows(frames["TR"], *columns) == [
        ("A00", "TARGET", "", "SUMDIAM", "50", "mm", "50", "", "Y"),
        ("A00", "TARGET", "T01", "LDIAM", "32", "mm", "32", "", "Y"),
        ("A00", "TARGET", "T02", "LPERP", "18", "mm", "18", "", "Y"),
        ("A00", "NON-TARGET", "NT01", "TUMSTATE", "PRESENT", "", "PRESENT", "", "Y"),
        ("A01", "TARGET", "", "PCBSD", "-36", "%", "-36", "", ""),
        ("A01", "TARGET", "", "SUMDIAM", "32", "mm", "32", "", ""),
        ("A01", "TARGET", "T01", "LDIAM", "20", "mm", "20", "", ""),
        ("A01", "TARGET", "T02", "LPERP", "12", "mm", "12", "", ""),
        ("A01", "NON-TARGET", "NT01", "TUMSTATE", "", "", "", "NOT DONE", ""),
        ("A02", "TARGET", "T01", "LDIAM", "18", "mm", "18", "", ""),
        ("A02", "TARGET", "T02", "LPERP", "TOO SMALL TO MEASURE", "", "5", "", ""),
        ("A02", "NON-TARGET", "NT01", "TUMSTATE", "PRESENT", "", "PRESENT", "", ""),
        ("A02", "NEW", "NEW01", "TUMSTATE", "PRESENT", "", "PRESENT", "", ""),
    ]
    assert set(frames["TR"]["TRSEQ"]) == set(range(1, 14))


def test_responses_link_to_the_measurements(frames: dict[str, pd.DataFrame]) -> None:
    """The second assessment has no date of its own: it is that of its last scan."""
    columns = ("RSLNKGRP", "RSTESTCD", "RSCAT", "RSSTRESC", "RSSTRESN", "RSEVAL", "RSLOBXFL", "RSDTC")
    assert rows(frames["RS"], *columns) == [
        ("", "ECOG101", "ECOG", "1", "1", "", "Y", "2025-09-05"),
        ("", "SYMPTDTR", "PROTOCOL DEFINED RESPONSE CRITERIA", "PD", "", "INVESTIGATOR", "", "2025-12-02"),
        ("", "NTRGRESP", "RECIST 1.1", "NON-CR/NON-PD", "", "INVESTIGATOR", "", "2025-10-21"),
        ("A01", "OVRLRESP", "RECIST 1.1", "PR", "", "INVESTIGATOR", "", "2025-10-21"),
        ("", "TRGRESP", "RECIST 1.1", "PR", "", "INVESTIGATOR", "", "2025-10-21"),
        ("", "BESTRESP", "RECIST 1.1", "SD", "", "INVESTIGATOR", "", "2025-12-02"),
        ("", "NEWLPROG", "RECIST 1.1", "UNEQUIVOCAL", "", "INVESTIGATOR", "", "2025-12-02"),
        ("A02", "OVRLRESP", "RECIST 1.1", "PD", "", "INVESTIGATOR", "", "2025-12-02"),
        ("", "TRGRESP", "RECIST 1.1", "PR", "", "INVESTIGATOR", "", "2025-12-02"),
    ]


def test_a_held_drug_stands_in_ec_and_not_in_ex(frames: dict[str, pd.DataFrame]) -> None:
    ec, ex = frames["EC"], frames["EX"]
    columns = (
        "ECLNKID",
        "ECMOOD",
        "ECOCCUR",
        "ECREASOC",
        "ECDOSE",
        "ECDOSU",
        "ECPSTRG",
        "ECADJ",
        "ECSTDTC",
        "ECENDTC",
    )
    assert rows(ec[ec["ECTRT"] == "CAPECITABINE"], *columns) == [
        ("CAP-C1-1", "PERFORMED", "Y", "", "1650", "mg", "", "", "2025-09-10", "2025-09-18"),
        ("CAP-C1-S", "SCHEDULED", "", "", "1700", "mg", "", "", "2025-09-10", "2025-09-23"),
        ("CAP-C1-2", "PERFORMED", "N", "DIARRHEA", "", "mg", "", "", "2025-09-19", "2025-09-21"),
        ("CAP-C1-3", "PERFORMED", "Y", "", "2", "TABLET", "500", "DIARRHEA", "2025-09-22", "2025-09-23"),
    ]
    assert rows(ec[ec["ECTRT"] == "BEVACIZUMAB"], *columns) == [
        ("BEV-C3-1", "PERFORMED", "N", "SUBJECT DECISION", "", "mg", "", "", "2025-10-23", "2025-10-23"),
        ("BEV-C3-S", "SCHEDULED", "", "", "7.5", "mg/kg", "", "", "2025-10-23", "2025-10-23"),
    ]
    assert rows(ex, "EXLNKID", "EXTRT", "EXDOSE", "EXDOSU", "EXSTDTC", "EXENDTC", "EXSTDY", "EXENDY") == [
        ("CAP-C1-1", "CAPECITABINE", "970.6", "mg/m2", "2025-09-10", "2025-09-18", "1", "9"),
        ("CAP-C1-3", "CAPECITABINE", "588.2", "mg/m2", "2025-09-22", "2025-09-23", "13", "14"),
        ("OXA-C1-1", "OXALIPLATIN", "129.4", "mg/m2", "2025-09-10T11:00", "2025-09-10T13:00", "1", "1"),
    ]


def test_a_surface_that_is_missing_is_carried_and_told(
    built: tuple[dict[str, pd.DataFrame], list[tuple[str, str]]],
) -> None:
    assert [found for found in built[1] if found[1] == "EX"] == [("EX-WTCARRIED", "EX")]


def test_treatment_goes_on_while_a_drug_has_no_end(frames: dict[str, pd.DataFrame]) -> None:
    assert rows(frames["SE"], "ETCD", "SESTDTC", "SEENDTC") == [
        ("SCRN", "2025-09-02", "2025-09-10T11:00"),
        ("CAPOXBEV", "2025-09-10T11:00", ""),
    ]


def test_visits_span_their_scans_and_a_skipped_cycle_is_missed(frames: dict[str, pd.DataFrame]) -> None:
    """Baseline scans count to screening; imaging ends with progression in week 12."""
    assert rows(frames["SV"], "VISITNUM", "SVPRESP", "SVOCCUR", "SVSTDTC", "SVENDTC") == [
        ("1", "Y", "Y", "2025-09-03", "2025-09-05"),
        ("2", "Y", "Y", "2025-09-10", "2025-09-10"),
        ("2.01", "", "", "2025-10-01", "2025-10-01"),
        ("3", "Y", "N", "", ""),
        ("4", "Y", "Y", "2025-10-23", "2025-10-23"),
        ("106", "Y", "Y", "2025-10-21", "2025-10-21"),
        ("112", "Y", "Y", "2025-12-02", "2025-12-02"),
    ]


def test_imaging_is_one_procedure_a_day_and_method(frames: dict[str, pd.DataFrame]) -> None:
    assert rows(frames["PR"], "PRTRT", "PRCAT", "PRLNKID", "PRSTDTC", "VISITNUM") == [
        ("CT", "TUMOR IMAGING", "IMG-A00-CECT", "2025-09-03", "1"),
        ("CT", "TUMOR IMAGING", "IMG-A01-CECT", "2025-10-21", "106"),
        ("CT", "TUMOR IMAGING", "IMG-A02-CECT", "2025-12-02", "112"),
    ]


def test_the_age_of_a_birth_known_by_month_is_the_collected_one(frames: dict[str, pd.DataFrame]) -> None:
    assert rows(frames["DM"], "AGE", "ARMCD", "ACTARMCD", "ARMNRS", "RFPENDTC") == [
        ("65", "CAPOXBEV", "CAPOXBEV", "", "2025-12-02")
    ]
