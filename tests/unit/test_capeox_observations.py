"""The capeox mapping of laboratory, drugs, history and death on one subject worked out by hand."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from cdisc_kit.findings import at_or_above
from cdisc_kit.pipeline import build
from cdisc_kit.spec import load_study
from cdisc_kit.synth.capeox.book import LOG, Book
from cdisc_kit.synth.capeox.protocol import mapping_folder, read_protocol
from cdisc_kit.synth.workbook import write_workbook

pytestmark = pytest.mark.xdist_group("capeox-observations")

B017 = SimpleNamespace(number=17, subjid="B017", initials="ABCD")
SCREENING, FIRST_DOSE, DEATH = dt.date(2025, 9, 5), dt.date(2025, 9, 10), dt.date(2025, 11, 20)
UNCONVERTED = re.compile("^CT-|^LINK-|-NOTRANS$|-UNCODED$|-NOUNIT$")
# Result and its grade by the text of CTCAE 5.0; the limits of the form are 3.5, 1.8, 130 and 125.
GRADES = {
    "WBC": [("3.5", "0"), ("3.49", "1"), ("3.0", "1"), ("2.99", "2"), ("1.99", "3"), ("0.99", "4")],
    "NEUT": [("1.8", "0"), ("1.79", "1"), ("1.5", "1"), ("1.49", "2"), ("0.99", "3"), ("0.49", "4")],
    "HGB": [("130", "0"), ("129", "1"), ("100", "1"), ("99", "2"), ("79", "3"), ("30", "3")],
    "PLAT": [("125", "0"), ("124", "1"), ("75", "1"), ("74", "2"), ("49", "3"), ("24", "4")],
}
RAW_CODES = {"WBC": "WBC", "NEUT": "NEUT", "HGB": "HGB", "PLAT": "PLT"}
UNITS = {"WBC": "10^9/L", "NEUT": "10^9/L", "HGB": "g/L", "PLAT": "10^9/L"}
LIMITS = {"WBC": 3.5, "NEUT": 1.8, "HGB": 130, "PLAT": 125}
PROTEIN = [
    ("-", "NEGATIVE", "0"),
    ("±", "TRACE", "0"),
    ("1+", "1+", "1"),
    ("3+", "3+", "2"),
    ("4+", "4+", "3"),
]


def add_laboratory(book: Book) -> None:
    for at in range(6):
        day = SCREENING + dt.timedelta(days=at + 1)
        counts: dict[str, object] = {}
        for test, column in RAW_CODES.items():
            counts |= {column: GRADES[test][at][0], f"{column}_U": UNITS[test], f"{column}_LO": LIMITS[test]}
        book.add("LBHEM", B017, "UNS", day, COLDT=day, COLTM="08:00", **counts)
    for at, (word, _, _) in enumerate(PROTEIN):
        day = SCREENING + dt.timedelta(days=at + 1)
        book.add("LBURI", B017, "UNS", day, COLDT=day, UPRO=word)
    book.add("LBURI", B017, "SCR", SCREENING, COLDT=SCREENING, U24P="3.5", U24P_U="g/24h", U24P_HI="0.15")
    book.add(
        "LBTM", B017, "SCR", SCREENING, COLDT=SCREENING, AFP="0.1", AFP_U="ng/mL", AFP_HI=7, PIVKA_ND=True
    )
    book.add("LBVIR", B017, "SCR", SCREENING, COLDT=SCREENING, HBSAG="阳性", HBVDNA="<20", HBVDNA_U="IU/mL",
             HBSAG_CS="NCS", HCVAB="阴性", HCVRNA="未检出")  # fmt: skip
    book.add("VS", B017, "SCR", SCREENING, SBP1=150, DBP1=90, SBP2=140, DBP2=85, TEMP="36.60")


def add_specimens(book: Book) -> None:
    moment = f"{SCREENING.isoformat()}T07:30"
    kept = {"SPECTYPE": "1", "COLDT": moment, "STOREDT": SCREENING}
    book.add("SPEC", B017, "SCR", SCREENING, SPECNO="S1", VOL="8.5", STORE="M80",
             DESTDT=SCREENING + dt.timedelta(days=60), **kept)  # fmt: skip
    book.add("SPEC", B017, "SCR", SCREENING, SPECNO="S1-A", VOL=2, STORE="LN2", PARENT="S1", **kept)
    book.add("SPEC", B017, "SCR", SCREENING, SPECNO="T1", SPECTYPE="2", COLDT=moment)


def add_history(book: Book) -> None:
    consent = SCREENING - dt.timedelta(days=3)
    book.add("TUMHX", B017, "SCR", SCREENING, HCCDT="2022", HISTTYP="HCC", LTDT=dt.date(2022, 5, 1),
             RECDT="2024-02", RECSITE="LUNG;BONE", METN=2)  # fmt: skip
    book.add(
        "MH", B017, "SCR", SCREENING, MHSPID="HTN", MHYN=True, MHTXT="高血压", MHSTDT="2019", MHONGO=True
    )
    book.add("MH", B017, "SCR", SCREENING, MHSPID="DM", MHYN=False, MHTXT="糖尿病")
    book.add("PRIORTX", B017, "SCR", SCREENING, PTCLASS="3", PTNAME="奥沙利铂+氟尿嘧啶", PTSETTING="3",
             PTLINE=2, PTSTDT=dt.date(2024, 3, 1), PTENDT=dt.date(2024, 6, 1), PTBEST="SD",
             PTRSN="1")  # fmt: skip
    book.add("PRIORTX", B017, "SCR", SCREENING, PTCLASS="4", PTNAME="TACE", PTSETTING="1",
             PTSTDT=dt.date(2021, 3, 1))  # fmt: skip
    book.add("SUBSQ", B017, LOG, DEATH, PTCLASS="2", PTNAME="信迪利单抗+贝伐珠单抗+仑伐替尼", PTLINE=4,
             SQSTDT=dt.date(2025, 11, 1))  # fmt: skip
    book.add("AE", B017, LOG, DEATH, AETXT="高血压", AESTDT=FIRST_DOSE, AEGR="2", AESERZH=False, AEONGO=True,
             AEOUTZH="3", AESI="3", **{f"AE{kind}_{drug}": "1" for kind in ("REL", "ACN")
                                      for drug in ("OXA", "CAP", "BEV")})  # fmt: skip
    drug = {"CMCLASSZH": "ANTIHYP", "CMINDZH": "高血压", "CMDOSU": "mg", "CMFRQ": "QD", "CMRTE": "ORAL"}
    book.add(
        "CM", B017, LOG, DEATH, CMTXT="氨氯地平", CMSTDT=FIRST_DOSE, CMDOSE=5, CMAENO=1, CMONGO=True, **drug
    )
    book.add(
        "CM",
        B017,
        LOG,
        DEATH,
        CMTXT="氨氯地平",
        CMSTDT=f"{consent:%Y-%m}",
        CMDOSE="2.5",
        CMONGO=False,
        **drug,
    )
    book.add("CM", B017, LOG, DEATH, CMTXT="氨氯地平", CMSTDT="2025-08", CMDOSE="2.5", CMONGO=False, **drug)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    book = Book(read_protocol())
    book.add("DM", B017, "SCR", SCREENING, ICFDT=SCREENING - dt.timedelta(days=3), BRTHYM="1960-09", SEX="1",
             AGEICF=65, SCRRES="1", ENRDT=dt.date(2025, 9, 8), CHILDBEAR="NA", CONTRA="Y")  # fmt: skip
    book.add("EXIV", B017, "C1D1", FIRST_DOSE, IVDRUG="1", CYCLE=1, GIVEN=True, WTUSED=60, BSAUSED=1.7,
             PLDOSE=130, ACTDOSE=220, STDT=FIRST_DOSE, STTM="11:00", ENDT=FIRST_DOSE, ENTM="13:00",
             DELAY=False, ADJ="NONE")  # fmt: skip
    add_laboratory(book)
    add_specimens(book)
    add_history(book)
    book.add("DTH", B017, LOG, DEATH, DTHDT=DEATH, DTHCAUSE="感染性休克", DTHCAT="OTHER")
    book.add("FU", B017, "SURV1", DEATH, FUDT=DEATH, SURV="DEAD", SUBSQ=True)
    raw = tmp_path_factory.mktemp("raw")
    write_workbook(Path(raw) / "ResMan_export_20261031.xlsx", book.sheets())
    result = build(load_study(mapping_folder()), raw)
    # The study's own checks have more to say of so thin a subject.
    assert [f for f in at_or_above(result.findings, "WARN") if UNCONVERTED.search(f.rule)] == []
    return {name: dataset.frame for name, dataset in result.datasets.items()}


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    text = frame[list(columns)].map(
        lambda v: "" if pd.isna(v) else f"{v:g}" if isinstance(v, float) else str(v)
    )
    return [tuple(row) for row in text.to_numpy()]


def of_test(frame: pd.DataFrame, test: str) -> pd.DataFrame:
    return frame[frame["LBTESTCD"] == test]


@pytest.mark.parametrize("test", GRADES)
def test_a_blood_count_has_the_grade_of_its_amount(frames: dict[str, pd.DataFrame], test: str) -> None:
    found = rows(of_test(frames["LB"], test).sort_values("LBDTC"), "LBORRES", "LBTOXGR")
    assert [(Decimal(result), grade) for result, grade in found] == [
        (Decimal(result), grade) for result, grade in GRADES[test]
    ]


def test_protein_is_graded_by_dipstick_and_by_day(frames: dict[str, pd.DataFrame]) -> None:
    stick = of_test(frames["LB"], "PROT").sort_values("LBDTC")
    assert rows(stick, "LBSTRESC", "LBTOXGR") == [(word, grade) for _, word, grade in PROTEIN]
    columns = ("LBORRES", "LBORRESU", "LBSTRESC", "LBSTRESU", "LBNRIND", "LBTOX", "LBTOXGR")
    assert rows(of_test(frames["LB"], "PROTEXR"), *columns) == [
        ("3.5", "g/day", "3.5", "g/day", "HIGH", "Proteinuria", "3")
    ]


def test_a_test_not_done_is_a_record_without_result(frames: dict[str, pd.DataFrame]) -> None:
    columns = ("LBTESTCD", "LBORRES", "LBORRESU", "LBSTRESC", "LBSTRESN", "LBSTRESU", "LBNRIND", "LBSTAT")
    marker = frames["LB"][frames["LB"]["LBCAT"] == "TUMOR MARKER"]
    assert rows(marker, *columns) == [
        ("AFP", "0.1", "ug/L", "0.1", "0.1", "ug/L", "NORMAL", ""),
        ("PIVKAII", "", "", "", "", "", "", "NOT DONE"),
    ]


def test_the_count_before_the_first_dose_is_the_baseline(frames: dict[str, pd.DataFrame]) -> None:
    """Samples of 08:00 on days -4 to 2; the first dose is on day 1 at 11:00."""
    counts = of_test(frames["LB"], "WBC")
    assert rows(counts[counts["LBLOBXFL"] == "Y"], "LBDTC", "LBDY") == [("2025-09-10T08:00", "1")]


def test_virology_keeps_what_was_reported(frames: dict[str, pd.DataFrame]) -> None:
    columns = ("MBTESTCD", "MBTSTDTL", "MBORRES", "MBORRESU", "MBSTRESC", "MBSTRESN", "MBSTRESU")
    assert rows(frames["MB"], *columns) == [
        ("HBDNA", "VIRAL LOAD", "<20", "IU/mL", "<20", "", "IU/mL"),
        ("HBSAG", "DETECTION", "POSITIVE", "", "POSITIVE", "", ""),
        ("HCRNA", "VIRAL LOAD", "NOT DETECTED", "", "NEGATIVE", "", ""),
    ]


def test_an_antibody_is_a_response_of_the_subject(frames: dict[str, pd.DataFrame]) -> None:
    columns = ("ISTEST", "ISBDAGNT", "ISORRES", "ISSTRESC", "ISSTAT", "ISLOBXFL", "ISDTC")
    assert rows(frames["IS"], *columns) == [
        ("Microbial-induced Antibody", "HEPATITIS C VIRUS", "NEGATIVE", "NEGATIVE", "", "Y", "2025-09-05")
    ]
    significant = frames["MB"][frames["MB"]["MBCLSIG"] != ""]
    assert rows(significant, "MBTESTCD", "MBCLSIG") == [("HBSAG", "N")]


def test_specimens_are_collected_stored_and_destroyed(frames: dict[str, pd.DataFrame]) -> None:
    columns = ("BEREFID", "BETERM", "BEDECOD", "BELOC", "BESTDTC", "BESTDY", "VISIT")
    assert rows(frames["BE"], *columns) == [
        ("S1", "COLLECTED", "COLLECTING", "", "2025-09-05T07:30", "-5", "SCREENING"),
        ("S1", "STORED AT -80 C", "STORING", "", "2025-09-05", "-5", "SCREENING"),
        ("S1", "DESTROYED", "DESTROYING", "", "2025-11-04", "56", "SCREENING"),
        ("S1-A", "STORED IN LIQUID NITROGEN", "STORING", "", "2025-09-05", "-5", "SCREENING"),
        ("T1", "COLLECTED", "COLLECTING", "LIVER", "2025-09-05T07:30", "-5", "SCREENING"),
    ]
    assert rows(frames["RELSPEC"], "REFID", "SPEC", "PARENT", "LEVEL") == [
        ("S1", "BLOOD", "", "1"),
        ("S1-A", "BLOOD", "S1", "2"),
        ("T1", "TISSUE", "", "1"),
    ]
    assert rows(frames["BS"], "BSREFID", "BSTESTCD", "BSORRES", "BSSTRESU") == [
        ("S1", "VOLUME", "8.5", "mL"),
        ("S1-A", "VOLUME", "2", "mL"),
    ]


def test_contraception_and_the_adjustment_of_a_dose_are_kept(frames: dict[str, pd.DataFrame]) -> None:
    subject, dose = frames["SUPPDM"], frames["SUPPEC"]
    assert rows(subject[subject["QNAM"] == "CONTRACP"], "QVAL") == [("Y",)]
    assert rows(dose[dose["QNAM"] == "ECADJTYP"], "QVAL") == [("NONE",)]


def test_two_readings_are_two_time_points_and_one_baseline(frames: dict[str, pd.DataFrame]) -> None:
    columns = ("VSTESTCD", "VSORRES", "VSSTRESC", "VSORRESU", "VSTPT", "VSTPTNUM", "VSLOBXFL")
    assert rows(frames["VS"], *columns) == [
        ("DIABP", "90", "90", "mmHg", "READING 1", "1", ""),
        ("DIABP", "85", "85", "mmHg", "READING 2", "2", "Y"),
        ("SYSBP", "150", "150", "mmHg", "READING 1", "1", ""),
        ("SYSBP", "140", "140", "mmHg", "READING 2", "2", "Y"),
        ("TEMP", "36.6", "36.6", "C", "", "", "Y"),
    ]


def test_a_regimen_is_one_record_for_each_drug(frames: dict[str, pd.DataFrame]) -> None:
    cancer = frames["CM"][frames["CM"]["CMCAT"] == "ANTI-CANCER THERAPY"]
    assert rows(cancer, "CMTRT", "CMSCAT", "CMGRPID", "CMSPID", "CMSTDTC", "CMRSDISC") == [
        ("FLUOROURACIL", "PRIOR", "LINE-2", "PRIORTX-1", "2024-03-01", "DISEASE PROGRESSION"),
        ("OXALIPLATIN", "PRIOR", "LINE-2", "PRIORTX-1", "2024-03-01", "DISEASE PROGRESSION"),
        ("BEVACIZUMAB", "SUBSEQUENT", "SUBSEQUENT-LINE-4", "SUBSQ-1", "2025-11-01", ""),
        ("LENVATINIB", "SUBSEQUENT", "SUBSEQUENT-LINE-4", "SUBSQ-1", "2025-11-01", ""),
        ("SINTILIMAB", "SUBSEQUENT", "SUBSEQUENT-LINE-4", "SUBSQ-1", "2025-11-01", ""),
    ]


def test_only_a_start_surely_before_consent_is_called_so(frames: dict[str, pd.DataFrame]) -> None:
    """The month of consent itself may hold days before and after it."""
    log = frames["CM"][frames["CM"]["CMCAT"] == "CONCOMITANT MEDICATION"]
    assert rows(log, "CMSTDTC", "CMSTRTPT", "CMSTTPT", "CMENRTPT", "EPOCH") == [
        ("2025-08", "BEFORE", "INFORMED CONSENT", "", ""),
        ("2025-09", "", "", "", ""),
        ("2025-09-10", "", "", "ONGOING", "TREATMENT"),
    ]


def test_a_drug_is_related_to_the_event_it_was_given_for(frames: dict[str, pd.DataFrame]) -> None:
    related = frames["RELREC"][frames["RELREC"]["RELID"] == "AECM-1"]
    assert rows(related, "RDOMAIN", "IDVAR", "IDVARVAL") == [("AE", "AESEQ", "1"), ("CM", "CMSEQ", "8")]
    drug = frames["CM"][frames["CM"]["CMSEQ"] == 8]
    assert rows(drug, "CMTRT", "CMSTDTC") == [("AMLODIPINE", "2025-09-10")]


def test_history_holds_the_disease_and_the_conditions_asked_for(frames: dict[str, pd.DataFrame]) -> None:
    columns = ("MHTERM", "MHEVDTYP", "MHPRESP", "MHOCCUR", "MHSTDTC", "MHENRTPT")
    assert rows(frames["MH"], *columns) == [
        ("HEPATOCELLULAR CARCINOMA RECURRENT", "DISEASE RELAPSE", "", "", "2024-02", ""),
        ("DIABETES MELLITUS", "", "Y", "N", "", ""),
        ("HYPERTENSION", "", "Y", "Y", "2019", "ONGOING"),
        ("HEPATOCELLULAR CARCINOMA", "PATHOLOGICAL DIAGNOSIS", "", "", "2022", ""),
    ]
    assert rows(frames["SUPPMH"], "IDVARVAL", "QNAM", "QVAL") == [
        ("1", "METORG", "2"),
        ("1", "RECSITE1", "LUNG"),
        ("1", "RECSITE2", "BONE"),
        ("4", "HISTTYP", "HEPATOCELLULAR CARCINOMA"),
    ]


def test_death_is_told_the_same_everywhere(frames: dict[str, pd.DataFrame]) -> None:
    assert rows(frames["DD"], "DDTESTCD", "DDORRES", "DDRESCAT") == [
        ("CUSCDIND", "N", ""),
        ("PRCDTH", "SEPTIC SHOCK", "OTHER"),
    ]
    assert rows(frames["SS"], "SSSTRESC", "SSDTC") == [("DEAD", "2025-11-20")]
    assert rows(frames["DM"], "DTHFL", "DTHDTC", "RFPENDTC") == [("Y", "2025-11-20", "2025-11-20")]
