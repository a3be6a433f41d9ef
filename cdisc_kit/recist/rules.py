"""Rule codes of the tumour checks with their severity and words, and how a Finding is made of them."""

from __future__ import annotations

from dataclasses import dataclass

from cdisc_kit.findings import Finding
from cdisc_kit.recist.records import Place


@dataclass(frozen=True)
class Rule:
    """Severity unless the check says otherwise, and what is wrong and what to do, in English and Chinese."""

    severity: str
    en: str
    zh: str


RULES: dict[str, Rule] = {
    "TU-MAX5": Rule(
        "WARN",
        "more target lesions than RECIST 1.1 allows; confirm which ones are targets",
        "靶病灶数目超过RECIST 1.1上限,请确认靶病灶的选择",
    ),
    "TU-ORG2": Rule(
        "WARN",
        "more targets in one organ than RECIST 1.1 allows (lymph nodes are one organ); confirm them",
        "同一器官的靶病灶数目超过RECIST 1.1上限(淋巴结合计为一个器官),请确认靶病灶的选择",
    ),
    "TU-NODE15": Rule(
        "WARN",
        "short axis of a nodal target at baseline is below the limit; confirm value and lesion type",
        "淋巴结靶病灶基线短径低于可测量标准,请核对测量值与病灶类别",
    ),
    "TU-MEAS10": Rule(
        "WARN",
        "target at baseline is too small to be one (or under twice the slice thickness); confirm it",
        "靶病灶基线长径低于可测量标准(或小于层厚的两倍),请核对测量值与病灶类别",
    ),
    "TU-NODEDIM": Rule(
        "WARN",
        "nodal target at baseline is large for a short axis; confirm that it is not the longest diameter",
        "淋巴结靶病灶基线测量值偏大,请核对是否误填了长径(应为短径)",
    ),
    "TU-LATE": Rule(
        "WARN",
        "target registered after baseline; it takes no part in the sums, confirm number and lesion type",
        "靶病灶在基线之后才登记,不计入靶病灶总和,请核对病灶编号与类别",
    ),
    "TU-REUSE": Rule(
        "FATAL",
        "lesion number was given before to another lesion of the subject; give this one a number of its own",
        "病灶编号已用于该受试者的另一病灶,请为此病灶使用新的编号",
    ),
    "TR-NOTU": Rule(
        "FATAL",
        "result of a lesion that is not registered for the subject; register it or correct its number",
        "测量记录对应的病灶未登记,请补登病灶或更正病灶编号",
    ),
    "TU-NOTR": Rule(
        "ERROR",
        "registered lesion has no result at all; enter its measurements or remove the lesion",
        "已登记的病灶没有任何测量或评价记录,请补录或更正",
    ),
    "TR-MISS": Rule(
        "ERROR",
        "target has no record at an assessment that has others; enter its diameter or the reason it has none",
        "本次评估缺少该靶病灶的记录,请补录测量值或无法评价的原因",
    ),
    "TR-CONFLICT": Rule(
        "ERROR",
        "another row of the lesion at this assessment has a different result: it counts as not evaluable "
        "and nothing that depends on it is compared; keep the right one",
        "同一次评估中该病灶有不同的结果,按无法评价处理,相关疗效不再比对,请保留正确的一条",
    ),
    "RS-CONFLICT": Rule(
        "ERROR",
        "another response of this kind at the assessment differs; neither is compared, keep the right one",
        "同一次评估有不同的疗效结果,均不参与比对,请保留正确的一条",
    ),
    "RS-NOTR": Rule(
        "ERROR",
        "response without any lesion record at its assessment; enter the lesions or correct the assessment",
        "本次疗效评价没有对应的病灶记录,请补录病灶或更正评估序号",
    ),
    "RX-SUM": Rule(
        "ERROR",
        "collected sum of diameters, or its change, differs from the recomputed one; check the diameters",
        "靶病灶总和(或其变化值)与重新计算的结果不一致,请核对各病灶测量值",
    ),
    "RX-TRESP": Rule(
        "WARN",
        "target response differs from RECIST 1.1 applied to the diameters; confirm or correct it",
        "靶病灶疗效与按RECIST 1.1重新计算的结果不一致,请确认或更正",
    ),
    "RX-NTRESP": Rule(
        "WARN",
        "non-target response differs from RECIST 1.1 applied to the lesions; confirm or correct it",
        "非靶病灶疗效与按RECIST 1.1重新判定的结果不一致,请确认或更正",
    ),
    "RX-ORESP": Rule(
        "WARN",
        "overall response differs from RECIST 1.1 applied to the lesions; confirm or correct it",
        "总体疗效与按RECIST 1.1重新判定的结果不一致,请确认或更正",
    ),
    "RX-MATRIX": Rule(
        "ERROR",
        "overall response does not follow from target, non-target and new-lesion response beside it; check",
        "总体疗效与同一次评价的靶病灶、非靶病灶及新病灶结果不符,请核对",
    ),
    "RX-BOR": Rule(
        "WARN",
        "best overall response does not follow from the overall responses, confirmed or not; check it",
        "最佳总体疗效与历次总体疗效不符(无论是否要求确认),请核对",
    ),
    "RX-CONF": Rule(
        "WARN",
        "response is not confirmed by a later assessment; it does not count in the confirmed response rate",
        "缓解未经后续评估确认,不计入确认的客观缓解率",
    ),
    "RX-GAP": Rule(
        "WARN",
        "more time between two assessments than the schedule allows; check for a missing assessment",
        "相邻两次评估的间隔超过方案规定,请核对是否漏录评估",
    ),
    "RX-NOBASE": Rule(
        "ERROR",
        "no baseline imaging before the first dose and within the protocol's window; check both dates",
        "首次用药前的规定时间内没有基线影像,请核对影像日期与首次用药日期",
    ),
    "RX-EQNEW": Rule(
        "WARN",
        "equivocal new lesion that no later scan has settled; it counts as none until it is unequivocal",
        "可疑新病灶尚未由后续影像明确,暂按无新病灶处理,请继续随访",
    ),
    "RX-BACKDATE": Rule(
        "WARN",
        "new lesion later found unequivocal was first seen here: progression dates from this scan",
        "该新病灶后经确认为明确病灶,疾病进展日期应回溯至首次发现的影像日期",
    ),
    "RX-CRPR": Rule(
        "ERROR",
        "partial response after a complete response: was the complete response real?",
        "完全缓解之后又评为部分缓解,请核实此前的完全缓解是否成立",
    ),
    "RX-MERGE": Rule(
        "WARN",
        "target has merged with another lesion; its share is taken as measured there and is not added again",
        "靶病灶已与其他病灶融合,其径线计入融合后的病灶,不重复相加",
    ),
    "RX-METHOD": Rule(
        "WARN",
        "target measured by another method than at baseline; confirm that the diameters are comparable",
        "靶病灶的检查方法与基线不同,请确认测量结果具有可比性",
    ),
}


def finding(rule: str, place: Place, variable: str, value: str = "", severity: str = "") -> Finding:
    """A Finding of `rule` at a row; `value` holds what was compared (cell values stay out of messages)."""
    entry = RULES[rule]
    return Finding(
        rule=rule,
        severity=severity or entry.severity,
        message=entry.en,
        message_zh=entry.zh,
        dataset=place.dataset,
        variable=variable,
        row=place.row,
        usubjid=place.usubjid,
        seq=place.seq,
        value=value,
        query=f"{entry.zh}({value})。" if value else f"{entry.zh}。",
    )
