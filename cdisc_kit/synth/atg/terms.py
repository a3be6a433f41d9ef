"""The Chinese verbatims the synthetic investigators write; every one has an entry in the coding tables."""

from __future__ import annotations

from typing import NamedTuple


class Drug(NamedTuple):
    """A concomitant drug as written on A20."""

    text: str
    cls: str
    dose: str
    unit: str
    frequency: str
    route: str


class Event(NamedTuple):
    """An adverse event: POD of its start, days it lasts, grades, frequency by arm, treatment."""

    text: str
    first: int
    last: int
    shortest: int
    longest: int
    grades: tuple[int, ...]
    atg: float
    bas: float
    drug: str = ""
    related: bool = False


class InfectionTerm(NamedTuple):
    """An infection: AE text, site and type codes of A18, organism (blank: not found), treatment, route."""

    text: str
    site: str
    type: str
    organisms: tuple[str, ...]
    drug: str


DRUGS = {
    drug.text: drug
    for drug in (
        Drug("对乙酰氨基酚", "OTHER", "500", "mg", "PRN", "ORAL"),
        Drug("异丙嗪", "OTHER", "25", "mg", "ONCE", "IV"),
        Drug("重组人粒细胞刺激因子", "OTHER", "150", "mg", "QD", "SC"),
        Drug("氨氯地平", "ANTIHYPERTENSIVE", "5", "mg", "QD", "ORAL"),
        Drug("硝苯地平控释片", "ANTIHYPERTENSIVE", "30", "mg", "QD", "ORAL"),
        Drug("胰岛素", "OTHER", "8", "IU", "TID", "SC"),
        Drug("呋塞米", "OTHER", "20", "mg", "BID", "IV"),
        Drug("人血白蛋白", "OTHER", "10", "g", "QD", "IV"),
        Drug("昂丹司琼", "OTHER", "8", "mg", "BID", "IV"),
        Drug("蒙脱石散", "OTHER", "3", "g", "TID", "ORAL"),
        Drug("氯化钾缓释片", "OTHER", "1", "g", "BID", "ORAL"),
        Drug("别嘌醇", "OTHER", "100", "mg", "BID", "ORAL"),
        Drug("熊去氧胆酸", "OTHER", "250", "mg", "TID", "ORAL"),
        Drug("低分子肝素", "OTHER", "4000", "IU", "Q12H", "SC"),
        Drug("氯雷他定", "OTHER", "10", "mg", "QD", "ORAL"),
        Drug("艾司唑仑", "OTHER", "1", "mg", "PRN", "ORAL"),
        Drug("阿司匹林肠溶片", "ANTIPLATELET", "100", "mg", "QD", "ORAL"),
        Drug("恩替卡韦", "ANTIVIRAL", "0.5", "mg", "QD", "ORAL"),
        Drug("富马酸丙酚替诺福韦", "ANTIVIRAL", "25", "mg", "QD", "ORAL"),
        Drug("更昔洛韦", "ANTIVIRAL", "250", "mg", "Q12H", "IV"),
        Drug("伐昔洛韦", "ANTIVIRAL", "300", "mg", "BID", "ORAL"),
        Drug("复方磺胺甲噁唑", "ANTIINFECTIVE", "480", "mg", "QD", "ORAL"),
        Drug("亚胺培南西司他丁钠", "ANTIINFECTIVE", "500", "mg", "Q8H", "IV"),
        Drug("哌拉西林他唑巴坦钠", "ANTIINFECTIVE", "4.5", "g", "Q8H", "IV"),
        Drug("头孢哌酮舒巴坦钠", "ANTIINFECTIVE", "3", "g", "Q12H", "IV"),
        Drug("左氧氟沙星", "ANTIINFECTIVE", "500", "mg", "QD", "ORAL"),
        Drug("卡泊芬净", "ANTIINFECTIVE", "50", "mg", "QD", "IV"),
        Drug("甲泼尼龙琥珀酸钠", "ANTIREJECTION", "500", "mg", "QD", "IV"),
    )
}

EVENTS = (
    Event("发热", 0, 10, 1, 4, (1, 1, 2), 0.30, 0.12, "对乙酰氨基酚", related=True),
    Event("寒战", 0, 2, 1, 2, (1, 2), 0.15, 0.02, "异丙嗪", related=True),
    Event("白细胞减少", 1, 14, 3, 12, (1, 2, 2, 3), 0.28, 0.06, "重组人粒细胞刺激因子", related=True),
    Event("中性粒细胞减少", 2, 20, 3, 10, (1, 2, 3), 0.10, 0.03, related=True),
    Event("淋巴细胞减少", 1, 10, 10, 40, (2, 3, 3, 4), 0.30, 0.05, related=True),
    Event("血小板减少", 1, 10, 4, 14, (1, 2, 3), 0.22, 0.10, related=True),
    Event("贫血", 0, 20, 8, 40, (1, 2, 2, 3), 0.18, 0.18),
    Event("高血糖", 0, 40, 5, 60, (1, 2, 2, 3), 0.20, 0.20, "胰岛素"),
    Event("高血压", 3, 180, 20, 200, (1, 2, 2, 3), 0.14, 0.14, "氨氯地平"),
    Event("肌酐升高", 2, 200, 7, 40, (1, 1, 2), 0.14, 0.14),
    Event("急性肾损伤", 1, 14, 5, 20, (2, 3, 3), 0.05, 0.06, "呋塞米"),
    Event("胸腔积液", 2, 20, 6, 20, (1, 2, 2), 0.14, 0.14, "呋塞米"),
    Event("腹水", 3, 25, 6, 25, (1, 2, 2), 0.10, 0.10, "人血白蛋白"),
    Event("恶心", 1, 60, 1, 6, (1, 1, 2), 0.12, 0.12, "昂丹司琼"),
    Event("呕吐", 1, 40, 1, 3, (1, 1, 2), 0.06, 0.06, "昂丹司琼"),
    Event("腹泻", 3, 200, 2, 7, (1, 1, 2), 0.12, 0.11, "蒙脱石散"),
    Event("腹痛", 2, 100, 1, 6, (1, 1, 2), 0.08, 0.08),
    Event("低钾血症", 1, 20, 2, 6, (1, 2), 0.08, 0.08, "氯化钾缓释片"),
    Event("高钾血症", 5, 150, 2, 6, (1, 2), 0.05, 0.05),
    Event("低白蛋白血症", 1, 15, 6, 18, (1, 2, 2), 0.10, 0.10, "人血白蛋白"),
    Event("高尿酸血症", 60, 300, 30, 120, (1, 1), 0.06, 0.06, "别嘌醇"),
    Event("震颤", 4, 90, 8, 60, (1, 1, 2), 0.10, 0.10),
    Event("头痛", 1, 120, 1, 5, (1, 1, 2), 0.06, 0.05),
    Event("失眠", 2, 60, 5, 40, (1, 1, 2), 0.08, 0.08, "艾司唑仑"),
    Event("谵妄", 1, 8, 1, 5, (2, 3), 0.03, 0.03),
    Event("胆漏", 4, 30, 8, 30, (2, 3), 0.03, 0.03),
    Event("胆道吻合口狭窄", 45, 250, 30, 120, (2, 3), 0.06, 0.06, "熊去氧胆酸"),
    Event("门静脉血栓形成", 4, 60, 20, 60, (2, 3), 0.03, 0.03, "低分子肝素"),
    Event("丙氨酸氨基转移酶升高", 20, 250, 6, 30, (1, 1, 2), 0.08, 0.10),
    Event("下肢水肿", 3, 60, 6, 20, (1, 1, 2), 0.06, 0.06),
    Event("皮疹", 1, 60, 3, 10, (1, 1, 2), 0.06, 0.03, "氯雷他定"),
    Event("皮肤瘙痒", 2, 90, 3, 12, (1, 1), 0.04, 0.04, "氯雷他定"),
    Event("口腔溃疡", 10, 150, 4, 10, (1, 2), 0.05, 0.05),
    Event("切口疼痛", 1, 6, 3, 8, (1, 2), 0.12, 0.12),
    Event("心房颤动", 1, 20, 1, 4, (2, 3), 0.02, 0.02),
)

INFUSION_REACTION = "输液相关反应"
LEUKOPENIA = "白细胞减少"
BIOPSY_BLEEDING = "肝包膜下血肿"

INFECTIONS = (
    InfectionTerm("肺部感染", "LUNG", "1", ("肺炎克雷伯菌", "鲍曼不动杆菌", ""), "哌拉西林他唑巴坦钠"),
    InfectionTerm("血流感染", "BLOOD", "1", ("大肠埃希菌", "屎肠球菌"), "亚胺培南西司他丁钠"),
    InfectionTerm("腹腔感染", "ABDOMEN", "1", ("大肠埃希菌", "屎肠球菌", ""), "亚胺培南西司他丁钠"),
    InfectionTerm("胆道感染", "BILIARY", "1", ("大肠埃希菌", "肺炎克雷伯菌", ""), "头孢哌酮舒巴坦钠"),
    InfectionTerm("尿路感染", "URINARY", "1", ("大肠埃希菌", ""), "左氧氟沙星"),
    InfectionTerm("切口感染", "WOUND", "1", ("金黄色葡萄球菌", ""), "头孢哌酮舒巴坦钠"),
    InfectionTerm("巨细胞病毒感染", "OTHER", "2", ("巨细胞病毒",), "更昔洛韦"),
    InfectionTerm("带状疱疹", "OTHER", "2", ("",), "伐昔洛韦"),
    InfectionTerm("肺部真菌感染", "LUNG", "3", ("烟曲霉", "白假丝酵母菌"), "卡泊芬净"),
    InfectionTerm("上呼吸道感染", "OTHER", "9", ("",), "左氧氟沙星"),
)
SEPSIS = InfectionTerm("脓毒症", "BLOOD", "1", ("肺炎克雷伯菌", "鲍曼不动杆菌"), "亚胺培南西司他丁钠")

# Fatal courses: category of A22, cause written on A22, and the AE that was fatal (none: the tumour).
FATAL = (
    ("INFECTION", "脓毒症", "脓毒症"),
    ("RECURRENCE", "肝癌复发伴多发转移", ""),
    ("GRAFT", "移植肝功能衰竭", "移植肝功能衰竭"),
    ("CARDIO", "急性心肌梗死", "急性心肌梗死"),
    ("OTHER", "腹腔内出血", "腹腔内出血"),
    ("CARDIO", "脑出血", "脑出血"),
)
GRAFT_LOSS_REASONS = ("肝动脉血栓形成", "缺血性胆道病变")
GRAFT_FAILURE = "移植肝功能衰竭"

PD1 = ("卡瑞利珠单抗", "信迪利单抗", "替雷利珠单抗", "特瑞普利单抗", "帕博利珠单抗")
PD1_DOSE = {"特瑞普利单抗": "240"}
# Drug, dose in mg, frequency.
TKI = (
    ("仑伐替尼", "8", "QD"),
    ("索拉非尼", "400", "BID"),
    ("阿帕替尼", "250", "QD"),
    ("多纳非尼", "200", "BID"),
)
BEVACIZUMAB = "贝伐珠单抗"
# Class of A05, text, how often given before transplantation.
PROCEDURES = (
    ("3", "经动脉化疗栓塞术", 0.55),
    ("4", "FOLFOX方案肝动脉灌注化疗", 0.18),
    ("5", "射频消融术", 0.14),
    ("6", "肝部分切除术", 0.14),
    ("7", "立体定向放射治疗", 0.08),
)

HEPATITIS_B = "慢性乙型病毒性肝炎"
HEPATITIS_C = "慢性丙型病毒性肝炎"
AUTOIMMUNE_HEPATITIS = "自身免疫性肝炎"
HYPERTENSION = "高血压病"
CONDITIONS = (
    (HYPERTENSION, 0.28, True),
    ("2型糖尿病", 0.18, True),
    ("肝硬化", 0.60, True),
    ("脾功能亢进", 0.22, True),
    ("食管胃底静脉曲张", 0.18, True),
    ("胆囊结石", 0.10, False),
    ("脂肪肝", 0.08, True),
    ("高脂血症", 0.08, True),
    ("甲状腺结节", 0.06, True),
    ("青霉素过敏", 0.05, True),
    ("阑尾炎", 0.06, False),
    ("慢性胃炎", 0.08, True),
    ("痛风", 0.04, True),
    ("肺结核", 0.03, False),
)

BIOPSY_INDICATIONS = ("转氨酶升高", "胆红素升高", "肝功能异常待查")
PATHOLOGY_TEXTS = {
    "0": ("移植肝组织未见急性排斥反应", "汇管区少量炎细胞浸润，未见明确排斥反应"),
    "1": ("汇管区轻度炎细胞浸润，急性排斥反应不确定",),
    "2": ("符合轻度急性T细胞介导的排斥反应",),
    "3": ("符合中度急性T细胞介导的排斥反应",),
    "4": ("符合重度急性T细胞介导的排斥反应",),
    "5": ("C4d阳性，考虑抗体介导的排斥反应",),
    "6": ("小叶间胆管减少，考虑慢性排斥反应",),
}

RECURRENCE_SITES = ("肺", "移植肝内", "骨", "腹膜")
DOSE_CHANGE_REASONS = ("血药浓度偏高", "血药浓度偏低")
SIROLIMUS_REASON = "预防肿瘤复发转换方案"

# Criterion -> the note written on A02 when it excludes the subject.
UNMET_NOTES = {
    "I02": "ECOG评分3分",
    "I03": "仅有影像学诊断",
    "I05": "术前未使用PD-1抑制剂",
    "I06": "末次PD-1抑制剂距拟移植日不足30天",
    "E01": "曾接受CAR-T细胞治疗",
    "E03": "合并自身免疫性肝炎",
    "E05": "筛选期活动性肺部感染",
    "E09": "研究者认为依从性差",
}

DEVIATIONS = (
    ("漏查尿蛋白", "PROCEDURE", "MINOR"),
    ("研究者未在24小时内记录不良事件", "OTHER", "MINOR"),
    ("患者自行停服吗替麦考酚酯2天", "TREATMENT", "MINOR"),
    ("知情同意书留存副本未交予患者", "OTHER", "MAJOR"),
)

# Form -> what is now and then written in the margin.
REMARKS = {
    "A05": ("外院治疗，资料由患者提供",),
    "A06": ("病史由患者自述",),
    "A07": ("手术过程顺利",),
    "A08": ("输注过程顺利",),
    "A09": ("遵医嘱调整剂量",),
    "A11": ("平卧位测量",),
    "A15": ("穿刺过程顺利",),
    "A19": ("已告知患者及家属",),
    "A21": ("患者一般情况良好",),
}
REMARK_NOT_OPERATED = "供肝质量评估不合格，手术取消"

# Screening questions as printed on A02.
CRITERIA = {
    "I01": "签署知情同意书时年龄≥18岁,性别不限",
    "I02": "美国东部肿瘤合作组体能状态评分(ECOG-PS)为0-2分",
    "I03": "经组织学和/或细胞学确诊的肝癌",
    "I04": "首次接受肝移植的患者",
    "I05": "肝移植(全肝移植)前接受≥1次PD-1抑制剂治疗",
    "I06": "末次PD-1抑制剂治疗与移植术间隔时间≥30天且≤180天",
    "I07": "对本研究已充分了解并自愿签署知情同意书",
    "E01": "术前曾接受系统和(或)局部的自体和(或)异体细胞治疗",
    "E02": "术前曾接受除ICIs以外的免疫治疗",
    "E03": "术前合并自身免疫性疾病或免疫缺陷疾病",
    "E04": "曾接受过骨髓移植史、异体器官移植史或异体造血干细胞移植史",
    "E05": "不受控制的并发症,或研究者认为的不可入组的其它疾病",
    "E06": "处于哺乳期或妊娠期的患者",
    "E07": "既往有滥用药物史,或有精神病史者",
    "E08": "有既往或研究者认为的免疫球蛋白过敏者",
    "E09": "研究者认为不适合入组或可能因为其他原因不能完成本试验者",
}

NATIONS = (("汉族", 0.92), ("回族", 0.02), ("满族", 0.03), ("壮族", 0.02), ("蒙古族", 0.01))
SURNAMES = (
    "ZHANG",
    "WANG",
    "LI",
    "ZHAO",
    "CHEN",
    "LIU",
    "YANG",
    "HUANG",
    "WU",
    "ZHOU",
    "XU",
    "SUN",
    "MA",
    "ZHU",
    "HE",
)
GIVEN = (
    "LIN",
    "WEI",
    "MIN",
    "JUN",
    "HUA",
    "GUO",
    "XIU",
    "PING",
    "QIANG",
    "LEI",
    "YAN",
    "FANG",
    "BO",
    "TAO",
    "DONG",
)
