"""The atg mapping of pathology, rejection, laboratory, drugs, history and death on one subject by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import Rows, TinyStudy

from cdisc_kit.build.study import Built
from cdisc_kit.findings import at_or_above

pytestmark = pytest.mark.xdist_group("atg-observations")

MAPPING = Path(__file__).resolve().parents[2] / "mappings" / "atg"
WHO = {"SITENO": "01", "SUBJNO": "01007"}
SCREENING = {"VISIT": "筛选期", "VISDT": "2025/09/20", "FILLDT": "2025/09/20"}
SURGERY = {"VISIT": "手术当日", "VISDT": "2025/10/05", "FILLDT": "2025/10/05"}
DAY_14 = {"VISIT": "术后2周", "VISDT": "2025/10/20", "FILLDT": "2025/10/20"}
DAY_90 = {"VISIT": "术后3月", "VISDT": "2026/01/03", "FILLDT": "2026/01/03"}


def lab(
    item: str, result: str, unit: str = "", reference: str = "", flag: str = "", **cells: str
) -> dict[str, str]:
    usual = {"LISID": "S1", "COLDT": "2025/09/20 08:05", "PANEL": "生化", "SPEC": "血清", "ITEMCD": item}
    return {
        **{"VISIT": "筛选期", "VISDT": "2025/09/20", **usual},
        **{"ITEM": item, "RESULT": result, "UNIT": unit, "REFRANGE": reference, "FLAG": flag, **cells},
    }


LATER = {"VISIT": "手术当日", "VISDT": "2025/10/05", "LISID": "S2"}
LABORATORY = [
    lab("肌酐", "88", "μmol/L", "57-97"),
    lab("肌酐", "1.0", "mg/dL", "0.6-1.1", COLDT="2025/10/05 06:10", **LATER),
    lab("肌酐", "99", "μmol/L", "57-97", "↑", COLDT="2025/10/05 18:00", **{**LATER, "LISID": "S3"}),
    lab("降钙素原", "<0.030", "ng/mL", "<0.05"),
    lab("C反应蛋白", "≤40", "mg/L", "<8"),
    lab("国际标准化比值", "1.10", "", "0.85-1.15", SPEC="血浆"),
    lab("尿蛋白", "±", "", "阴性", "↑", SPEC="尿"),
    lab("尿蛋白", "阴性", "", "阴性", LISID="S4", SPEC="尿"),
    lab("碱性磷酸酶", "未查"),
    lab("白蛋白", "38.10", "g/L", "40-55", "↓"),
]
FORMS: Rows = {
    "A01": [
        {**SCREENING, "ICFDT": "2025/09/18", "ICFVER": "V1.0", "BRTHDT": "1970/03/02", "SEXZH": "男",
         "NATION": "汉族", "SCRNO": "S007", "SCRRES": "入组"}
    ],
    "A03": [{"FILLDT": "2025/10/04", "RANDDT": "2025/10/04", "RANDNO": "R007", "RANDGRP": "研究组"}],
    "A04": [
        {**SCREENING, "HCCDXDT": "2024/12/UK", "HCCDXMETH": "影像学", "HISTTYPE": "肝细胞癌",
         "ETIO": "乙肝;酒精性",
         "CNLC": "IIa", "MAXDIAM": "2.3", "PVTT": "无"}
    ],
    "A05": [
        {"ROWNO": "1", "FILLDT": "2025/09/20", "TXCLASS": "PD-1抑制剂", "TXNAME": "信迪利单抗",
         "TXDOSE": "200",
         "TXDOSEU": "mg", "TXFRQ": "q3w", "NCYC": "6", "TXSTDT": "2025/01/UK", "TXENDT": "2025/08/01",
         "LASTDOSE": "2025/08/01", "TXBEST": "不详", "TXRSN": "桥接至移植",
         "REMARK": "外院治疗，资料由患者提供"},
        {"ROWNO": "2", "FILLDT": "2025/09/20", "TXCLASS": "TACE", "TXNAME": "经动脉化疗栓塞术",
         "TXSTDT": "2025/02/03", "TXENDT": "2025/02/03", "REMARK": "外院治疗，资料由患者提供"},
        {"ROWNO": "3", "FILLDT": "2025/09/20", "TXCLASS": "放疗", "TXNAME": "立体定向放射治疗",
         "TXSTDT": "2025/03/UK"},
    ],
    "A06": [
        {"ROWNO": "1", "FILLDT": "2025/09/20", "MHTXT": "高血压病", "MHSTDT": "2019/08/UK", "MHONGO": "是"},
        {"ROWNO": "2", "FILLDT": "2025/09/20", "MHTXT": "阑尾炎", "MHSTDT": "2001/UK/UK", "MHONGO": "否",
         "MHENDT": "2001/05/03"},
    ],
    "A07": [
        {**SURGERY, "LTDT": "2025/10/05", "LTSTTM": "08:10", "LTENTM": "16:55", "DONTYPE": "DBD",
         "LTTYPE": "全肝", "ABOCOMP": "相同", "EXPLPATH": "完全坏死"}
    ],
    "A08": [
        {"ROWNO": "1", "FILLDT": "2025/10/05", "INDDRUG": "兔抗人胸腺细胞免疫球蛋白(即复宁)",
         "INDPLAN": "1.0",
         "INDWT": "62", "INDGIVEN": "是", "INDDOSE": "62.5", "INDSTDT": "2025/10/05", "INDSTTM": "14:30",
         "INDENDT": "2025/10/05", "INDENTM": "20:30"}
    ],
    "A09": [
        {"ROWNO": "1", "FILLDT": "2025/10/06", "IMSDRUG": "他克莫司", "IMSDOSE": "2", "IMSDOSU": "mg",
         "IMSFRQ": "q12h", "IMSRTE": "口服", "IMSSTDT": "2025/10/06", "IMSONGO": "是",
         "IMSRSN": "血药浓度偏低"}
    ],
    "A10": [
        {**DAY_14, "TACDT": "2025/10/20", "TACTM": "06:00", "TACRES": "<2.0", "TACU": "ng/mL",
         "TACLOQ": "2.0",
         "TACPRE": "是"},
        {**DAY_90, "TACND": "是"},
    ],
    "A11": [
        {**SCREENING, "WT": "62.0", "SBP": "120", "DBP": "75", "TEMP": "36.60", "REMARK": "平卧位测量"},
        {**SURGERY, "WT": "62.5"},
    ],
    "A13": LABORATORY,
    "A14": [
        {**SCREENING, "VIRDT": "2025/09/20", "VIRTEST": "HBV-DNA", "VIRRES": "1.2E+4", "VIRU": "IU/mL",
         "VIRSPEC": "血清"},
        {**SCREENING, "VIRDT": "2025/09/20", "VIRTEST": "HCV-RNA", "VIRRES": "未检出", "VIRSPEC": "血清"},
        {**SCREENING, "VIRDT": "2025/09/20", "VIRTEST": "HBsAg", "VIRRES": "阳性", "VIRSPEC": "血清"},
        {**DAY_14, "VIRDT": "2025/10/20", "VIRTEST": "HBV-DNA", "VIRRES": "<20", "VIRU": "copies/mL",
         "VIRSPEC": "血清"},
    ],
    "A15": [
        {**DAY_14, "ROWNO": "1", "BXTYPE": "程序性(POD14)", "BXDONE": "是", "BXDT": "2025/10/20",
         "BXTM": "09:15", "BXMETH": "经皮", "BXNO": "BX-01007-01", "BXADQ": "否", "BXAE": "1"},
        {**DAY_90, "ROWNO": "2", "BXTYPE": "程序性(POD90)", "BXDONE": "否", "BXNDRS": "患者拒绝"},
    ],
    "A16": [
        {"BXNO": "BX-01007-01", "RPTDT": "2025/10/23", "PORTAL": "2", "BILE": "1", "VENOUS": "1", "RAI": "4",
         "BANFFDX": "轻度急性T细胞介导排斥", "NPORTAL": "9", "PATHTXT": "符合轻度急性T细胞介导的排斥反应"}
    ],
    "A17": [
        {**DAY_14, "ROWNO": "1", "AROCC": "是", "ARDT": "2025/10/20", "ARBASIS": "活检证实",
         "ARBXNO": "BX-01007-01", "ARGRADE": "轻", "ARTRT": "激素冲击;增加CNI", "ARSTERES": "否",
         "AROUT": "移植物失功", "ARAENO": "1"},
        {**DAY_90, "ROWNO": "2", "AROCC": "否"},
    ],
    "A19": [
        {"ROWNO": "1", "FILLDT": "2025/10/21", "AETXT": "发热", "AESTDT": "2025/10/20",
         "AEONGO": "是", "AEGR": "1",
         "AESERZH": "否", "AERELI": "可能", "AEACT": "不适用", "AEOUTZH": "未恢复", "AEINF": "否"}
    ],
    "A20": [
        {"ROWNO": "1", "FILLDT": "2025/10/21", "CMTXT": "对乙酰氨基酚", "CMCLASSZH": "其他",
         "CMINDZH": "发热",
         "CMAENO": "1", "CMDOSE": "0.5", "CMDOSU": "g", "CMFRQ": "prn", "CMRTE": "口服",
         "CMSTDT": "2025/10/20",
         "CMENDT": "2025/10/22", "CMONGO": "否"},
        {"ROWNO": "2", "FILLDT": "2025/10/21", "CMTXT": "恩替卡韦", "CMCLASSZH": "抗病毒",
         "CMINDZH": "慢性乙型病毒性肝炎", "CMSTDT": "2023/UK/UK", "CMONGO": "是"},
    ],
    "A18": [
        {"ROWNO": "1", "FILLDT": "2025/10/21", "INFAENO": "1", "INFSITE": "血流", "INFTYPE": "细菌",
         "INFORG": "大肠埃希菌", "INFDX": "微生物", "INFDT": "2025/10/20", "CLAVIEN": "IVa"}
    ],
    "A25": [
        {**SCREENING, "ROWNO": "1", "SPECNO": "PB-01007-V1", "SPECTYPE": "外周血",
         "COLDT": "2025/09/20 08:00", "VOL": "5", "STORE": "-80℃", "STOREDT": "2025/09/20"},
        {**DAY_14, "ROWNO": "2", "SPECNO": "LT-01007-01", "SPECTYPE": "肝穿刺组织",
         "COLDT": "2025/10/20 09:15", "BXNO": "BX-01007-01", "STORE": "石蜡", "STOREDT": "2025/10/21",
         "PARENT": "BX-01007-01"},
        {**DAY_14, "ROWNO": "3", "SPECNO": "LT-01007-01-A", "SPECTYPE": "肝穿刺组织",
         "COLDT": "2025/10/20 09:15", "BXNO": "BX-01007-01", "STORE": "液氮", "PARENT": "LT-01007-01",
         "REMARK": "穿刺过程顺利"},
    ],
    "A21": [
        {**DAY_90, "ROWNO": "1", "FUMODE": "住院", "FUDT": "2026/01/03", "SURV": "死亡", "GRAFT": "失功",
         "GRLOSSDT": "2026/01/01",
         "GRLOSSRS": "缺血性胆道病变", "RETX": "否", "RECUR": "否"}
    ],
    "A22": [
        {"FILLDT": "2026/01/04", "DTHDT": "2026/01/02", "DTHCAUSE": "脓毒症", "DTHCAT": "感染",
         "DTHPLACE": "医院",
         "DTHSRC": "病历"}
    ],
    "A24": [
        {"ROWNO": "1", "FILLDT": "2025/11/02", "DVTXT": "漏查尿蛋白", "DVCATZH": "检查", "DVSEVZH": "一般",
         "DVDT": "2025/11/01"}
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("mappings") / "atg"
    shutil.copytree(MAPPING, folder)
    rows = {name: [{**WHO, **row} for row in given] for name, given in FORMS.items()}
    return TinyStudy(folder).build(rows)


def table(built: Built, dataset: str, *names: str, **where: str) -> list[tuple[object, ...]]:
    """The named columns, numbers as text, of the records that equal `where`."""
    frame = built.datasets[dataset].frame
    for name, value in where.items():
        frame = frame[frame[name] == value]
    cells = frame[list(names)].astype(object)
    return [
        tuple("" if pd.isna(cell) else f"{cell:g}" if isinstance(cell, float) else cell for cell in row)
        for row in cells.to_numpy()
    ]


def test_the_mapping_finds_nothing_wrong(built: Built) -> None:
    """What is asked of the raw forms (a visit after death, blank required cells) is another matter."""
    found = at_or_above(built.findings, "WARN")
    mapping = [f for f in found if f.dataset and not f.spec_file.endswith("checks.yaml")]
    assert mapping == []


def test_creatinine_in_two_units_is_one_scale_and_the_last_before_the_infusion_is_flagged(
    built: Built,
) -> None:
    names = ("LBORRES", "LBORRESU", "LBSTRESC", "LBSTRESN", "LBSTRESU", "LBSTNRLO", "LBSTNRHI", "LBNRIND")
    assert table(built, "LB", *names, "LBLOBXFL", "LBDY", LBTESTCD="CREAT") == [
        ("88", "umol/L", "88", "88", "umol/L", "57", "97", "NORMAL", "", "-15"),
        ("1.0", "mg/dL", "88.42", "88.42", "umol/L", "53.052", "97.262", "NORMAL", "Y", "1"),
        ("99", "umol/L", "99", "99", "umol/L", "57", "97", "HIGH", "", "1"),
    ]


def test_results_that_are_no_plain_number(built: Built) -> None:
    names = ("LBTESTCD", "LBORRES", "LBORRESU", "LBSTRESC", "LBSTRESN", "LBSTRESU", "LBNRIND", "LBSTAT")
    found = {row[0]: row[1:] for row in table(built, "LB", *names) if row[0] not in ("CREAT", "PROT")}
    assert found == {
        "PCT": ("<0.030", "ug/L", "<0.030", "", "ug/L", "NORMAL", ""),
        "CRP": ("<=40", "mg/L", "<=40", "", "mg/L", "", ""),
        "INR": ("1.10", "", "1.1", "1.1", "RATIO", "NORMAL", ""),
        "ALP": ("", "", "", "", "", "", "NOT DONE"),
        "ALB": ("38.10", "g/L", "38.1", "38.1", "g/L", "LOW", ""),
    }
    words = ("LBORRES", "LBSTRESC", "LBSTNRC", "LBNRIND", "LBORNRLO")
    assert sorted(table(built, "LB", *words, LBTESTCD="PROT")) == [
        ("NEGATIVE", "NEGATIVE", "NEGATIVE", "NORMAL", ""),
        ("TRACE", "TRACE", "NEGATIVE", "ABNORMAL", ""),
    ]


def test_virology(built: Built) -> None:
    names = ("MBTESTCD", "MBTSTDTL", "MBORRES", "MBORRESU", "MBSTRESC", "MBSTRESN", "MBSTRESU", "MBLOBXFL")
    assert table(built, "MB", *names) == [
        ("HBDNA", "VIRAL LOAD", "12000", "IU/mL", "12000", "12000", "IU/mL", "Y"),
        ("HBDNA", "VIRAL LOAD", "<20", "copies/mL", "<20", "", "copies/mL", ""),
        ("HBSAG", "DETECTION", "POSITIVE", "", "POSITIVE", "", "", "Y"),
        ("HCRNA", "VIRAL LOAD", "NOT DETECTED", "", "NEGATIVE", "", "", "Y"),
    ]


def test_concentrations(built: Built) -> None:
    names = ("PCORRES", "PCSTRESC", "PCSTRESN", "PCSTRESU", "PCSTAT", "PCLLOQ", "PCDTC", "PCTPT")
    assert table(built, "PC", *names) == [
        ("<2.0", "<2.0", "", "ng/mL", "", "2", "2025-10-20T06:00", "PREDOSE"),
        ("", "", "", "", "NOT DONE", "", "2026-01-03", ""),
    ]


def test_a_biopsy_keeps_the_adequacy_of_its_specimen(built: Built) -> None:
    assert table(built, "SUPPPR", "QVAL", QNAM="PRSPADQ") == [("N",)]


def test_vital_signs(built: Built) -> None:
    names = ("VSTESTCD", "VSORRES", "VSSTRESC", "VSSTRESU", "VISIT", "VSLOBXFL")
    assert table(built, "VS", *names) == [
        ("DIABP", "75", "75", "mmHg", "SCREENING", "Y"),
        ("SYSBP", "120", "120", "mmHg", "SCREENING", "Y"),
        ("TEMP", "36.60", "36.6", "C", "SCREENING", "Y"),
        ("WEIGHT", "62.0", "62", "kg", "SCREENING", "Y"),
        ("WEIGHT", "62.5", "62.5", "kg", "POD 0", ""),
    ]


def test_pathology_and_the_biopsy_it_belongs_to(built: Built) -> None:
    names = ("MITESTCD", "MITSTDTL", "MISTRESC", "MISTRESN", "MIDTC", "MIDY", "VISIT", "MISPCUFL")
    when = ("2025-10-20T09:15", "16", "POD 14", "N")
    index = "BANFF REJECTION ACTIVITY INDEX"
    category = "MILD ACUTE T CELL-MEDIATED REJECTION"
    assert table(built, "MI", *names) == [
        ("DIAGNOS", "", "COMPLETE NECROSIS", "", "2025-10-05", "1", "POD 0", ""),
        ("BANFLDX", "", category, "", *when),
        ("BDINFDMG", index, "1", "1", *when),
        ("DIAGNOS", "", "CONSISTENT WITH " + category, "", *when),
        ("PORTINF", index, "2", "2", *when),
        ("RAITOT", index, "4", "4", *when),
        ("VENDINF", index, "1", "1", *when),
    ]
    assert table(built, "MI", "MILNKID", "MIREFID")[:2] == [
        ("A07-01007", ""),
        ("BX-01007-01", "BX-01007-01"),
    ]
    assert table(built, "PR", "PRLNKID", PRCAT="TRANSPLANT SURGERY") == [("A07-01007",)]
    assert table(built, "PR", "PRLNKID", PRSCAT="POD 14") == [("BX-01007-01",)]
    assert table(built, "SUPPMI", "QNAM", "QVAL") == [("MINPT", "9"), ("MIRPTDTC", "2025-10-23")]


def test_specimens_are_collected_once_and_stored_piece_by_piece(built: Built) -> None:
    names = ("BEREFID", "BETERM", "BEDECOD", "BELOC", "BEDTC", "BESTDTC", "BESTDY", "VISIT")
    taken, drawn = "2025-10-20T09:15", "2025-09-20T08:00"
    stored = ("STORING", "")
    assert table(built, "BE", *names) == [
        ("BX-01007-01", "COLLECTED", "COLLECTING", "LIVER", taken, taken, "16", "POD 14"),
        ("LT-01007-01", "STORED IN PARAFFIN", *stored, taken, "2025-10-21", "17", "POD 14"),
        ("LT-01007-01-A", "STORED IN LIQUID NITROGEN", *stored, taken, "", "", "POD 14"),
        ("PB-01007-V1", "COLLECTED", "COLLECTING", "", drawn, drawn, "-15", "SCREENING"),
        ("PB-01007-V1", "STORED AT -80 C", *stored, drawn, "2025-09-20", "-15", "SCREENING"),
    ]
    assert table(built, "RELSPEC", "REFID", "SPEC", "PARENT", "LEVEL") == [
        ("BX-01007-01", "TISSUE", "", "1"),
        ("LT-01007-01", "TISSUE", "BX-01007-01", "2"),
        ("LT-01007-01-A", "TISSUE", "LT-01007-01", "3"),
        ("PB-01007-V1", "BLOOD", "", "1"),
    ]
    names = ("BSREFID", "BSTEST", "BSORRES", "BSSTRESN", "BSSTRESU", "BSSPEC")
    assert table(built, "BS", *names) == [("PB-01007-V1", "Volume", "5", "5", "mL", "BLOOD")]


def test_what_the_infection_form_says_is_about_its_adverse_event(built: Built) -> None:
    assert table(built, "FA", "FATESTCD", "FAORRES", FAOBJ="Fever", FAGRPID="A18-1") == [
        ("CLAVIEN", "IVa"),
        ("INFBASIS", "MICROBIOLOGICAL"),
        ("INFORG", "ESCHERICHIA COLI"),
        ("INFSITE", "BLOODSTREAM"),
        ("INFSTDTC", "2025-10-20"),
        ("INFTYPE", "BACTERIAL"),
    ]
    related = table(built, "RELREC", "RDOMAIN", RELID="AEFA-1")
    assert related == [("AE",), *[("FA",)] * 6]


def test_the_mode_of_contact_is_that_of_the_follow_up_page(built: Built) -> None:
    assert table(built, "SV", "SVCNTMOD", VISIT="POD 90") == [("IN PERSON",)]
    assert table(built, "SV", "SVCNTMOD", VISIT="POD 14") == [("",)]


def test_a_prior_procedure_says_before_only_where_its_date_does_not(built: Built) -> None:
    names = ("PRTRT", "PRLOC", "PRSTRTPT", "PRSTTPT")
    assert table(built, "PR", *names, PRCAT="PRIOR LOCOREGIONAL THERAPY") == [("TACE", "LIVER", "", "")]
    assert table(built, "PR", *names, PRCAT="PRIOR RADIOTHERAPY") == [
        ("RADIOTHERAPY", "", "BEFORE", "INFORMED CONSENT")
    ]


def test_events(built: Built) -> None:
    names = ("CETERM", "CEOCCUR", "CESCAT", "CESEV", "CEOUT", "CEDTC", "CESTDTC", "CESTDY", "EPOCH")
    assert table(built, "CE", *names) == [
        ("ACUTE REJECTION", "N", "", "", "", "2026-01-03", "", "", "FOLLOW-UP"),
        ("TUMOR RECURRENCE", "N", "", "", "", "2026-01-03", "", "", "FOLLOW-UP"),
        ("ACUTE REJECTION", "Y", "BIOPSY-PROVEN", "MILD", "NOT RECOVERED/NOT RESOLVED",
         "2025-10-20", "2025-10-20",
         "16", "FOLLOW-UP"),
        ("GRAFT LOSS", "Y", "", "", "", "2026-01-03", "2026-01-01", "89", "FOLLOW-UP"),
    ]  # fmt: skip
    assert table(built, "SUPPCE", "IDVARVAL", "QNAM", "QVAL") == [
        ("3", "CEOUTGL", "Y"),
        ("3", "CESTERR", "N"),
        ("3", "CETRT1", "STEROID PULSE"),
        ("3", "CETRT2", "CALCINEURIN INHIBITOR INCREASED"),
        ("4", "CELOSSRS", "ISCHEMIC CHOLANGIOPATHY"),
    ]


def test_status_death_and_end_of_participation(built: Built) -> None:
    assert table(built, "SS", "SSTESTCD", "SSSTRESC", "SSDTC") == [
        ("GRFTSTAT", "FAILED", "2026-01-03"),
        ("SURVSTAT", "DEAD", "2026-01-03"),
    ]
    assert table(built, "DD", "DDTESTCD", "DDSTRESC", "DDRESCAT", "DDDTC") == [
        ("INFOSCOD", "MEDICAL RECORD", "", "2026-01-04"),
        ("LOCDTH", "HOSPITAL", "", "2026-01-04"),
        ("PRCDTH", "SEPSIS", "INFECTION", "2026-01-04"),
    ]
    assert table(built, "DM", "DTHFL", "DTHDTC", "RFPENDTC") == [("Y", "2026-01-02", "2026-01-03")]


def test_drugs(built: Built) -> None:
    names = ("CMCAT", "CMSCAT", "CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMSTDTC", "CMENRTPT", "CMENTPT")
    assert table(built, "CM", *names) == [
        ("ANTI-CANCER THERAPY", "PRIOR", "SINTILIMAB", "200", "mg", "EVERY 3 WEEKS", "2025-01", "", ""),
        ("ANTIVIRAL", "", "ENTECAVIR", "", "", "", "2023", "ONGOING", "2025-10-21"),
        ("CONCOMITANT MEDICATION", "OTHER", "PARACETAMOL", "0.5", "g", "PRN", "2025-10-20", "", ""),
        ("IMMUNOSUPPRESSANT", "MAINTENANCE", "TACROLIMUS", "2", "mg", "Q12H", "2025-10-06", "ONGOING",
         "2025-10-06"),
    ]  # fmt: skip
    assert table(built, "SUPPCM", "QNAM", "QVAL") == [
        ("CMBEST", "UNKNOWN"),
        ("CMLASTDT", "2025-08-01"),
        ("CMNCYC", "6"),
    ]


def test_history(built: Built) -> None:
    names = ("MHCAT", "MHTERM", "MHEVDTYP", "MHSTDTC", "MHENDTC", "MHENRTPT", "MHENDY")
    assert table(built, "MH", *names) == [
        ("GENERAL MEDICAL HISTORY", "APPENDICITIS", "", "2001", "2001-05-03", "", "-8921"),
        ("GENERAL MEDICAL HISTORY", "HYPERTENSION", "", "2019-08", "", "ONGOING", ""),
        ("PRIMARY DIAGNOSIS", "HEPATOCELLULAR CARCINOMA", "DIAGNOSIS", "2024-12", "", "", ""),
    ]
    assert dict(table(built, "SUPPMH", "QNAM", "QVAL")) == {
        "CNLC": "IIa", "ETIOL1": "HBV", "ETIOL2": "ALCOHOL", "HISTDXM": "IMAGING",
        "MAXDIAM": "23", "PVTT": "NONE",
    }  # fmt: skip


def test_deviation(built: Built) -> None:
    assert table(built, "DV", "DVTERM", "DVDECOD", "DVCAT", "DVSTDTC") == [
        ("URINE PROTEIN NOT TESTED", "PROTOCOL PROCEDURE NOT PERFORMED", "PROCEDURE", "2025-11-01")
    ]
    assert table(built, "SUPPDV", "QNAM", "QVAL") == [("DVLEVEL", "MINOR")]


def test_remarks_are_comments_on_the_records_of_their_rows(built: Built) -> None:
    treated = "TREATED AT ANOTHER HOSPITAL, RECORDS PROVIDED BY THE SUBJECT"
    (prior,) = table(built, "CM", "CMSEQ", CMTRT="SINTILIMAB")
    (procedure,) = table(built, "PR", "PRSEQ", PRTRT="TACE")
    assert table(built, "CO", "RDOMAIN", "IDVAR", "IDVARVAL", "COVAL") == [
        ("BE", "BESEQ", "3", "UNEVENTFUL PUNCTURE"),
        ("CM", "CMSEQ", *prior, treated),
        ("PR", "PRSEQ", *procedure, treated),
        ("VS", "VISITNUM", "1", "MEASURED IN SUPINE POSITION"),
    ]


def test_records_are_related_where_the_forms_point(built: Built) -> None:
    numbers = {
        "AE": table(built, "AE", "AESEQ")[0],
        "CM": table(built, "CM", "CMSEQ", CMTRT="PARACETAMOL")[0],
        "CE": table(built, "CE", "CESEQ", CESCAT="BIOPSY-PROVEN")[0],
        "PR": table(built, "PR", "PRSEQ", PRSCAT="POD 14")[0],
    }
    pairs = {"AECM-1": ("AE", "CM"), "AEPR-1": ("AE", "PR"), "CEAE-1": ("AE", "CE"), "CEPR-1": ("PR", "CE")}
    rows = table(built, "RELREC", "RELID", "RDOMAIN", "IDVARVAL", RELTYPE="")
    others = [row for row in rows if row[0] != "AEFA-1"]
    assert others == [(name, end, *numbers[end]) for name, ends in pairs.items() for end in ends]
    assert [row[0] for row in table(built, "RELREC", "RELID", USUBJID="")] == ["ECEX"] * 2 + ["PRMI"] * 2
