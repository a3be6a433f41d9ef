"""Personal data in free text: names, resident identity numbers and mobile telephone numbers, masked.

A name is looked for only where the text itself says that there is one (姓名：…, …先生): many Chinese
surnames are everyday words of a medical record (高, 白, 黄). Numbers are looked for in any free text. Columns
that identify a row are left alone: the number of a specimen may look like that of a telephone.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.findings import Finding
from cdisc_kit.normalise.text import clean
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import StudySpec

MASK = "***"

SURNAMES = (
    "欧阳|上官|司马|诸葛|皇甫|夏侯|尉迟|令狐|慕容|端木|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
    "钟姜崔谭陆范汪廖石金韦贾夏傅方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤欧]"
)
_LABELS = "姓名|名叫|联系人|联系电话"
_NAME = re.compile(rf"(?P<label>(?:{_LABELS})\s*[:是为]?\s*)(?:{SURNAMES})[\u4e00-\u9fff]{{1,2}}")
_ADDRESSED = re.compile(rf"(?:{SURNAMES})[\u4e00-\u9fff]{{0,2}}(?=先生|女士|小姐)")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![0-9A-Za-z.])")
_POSSIBLE = re.compile(rf"{_LABELS}|先生|女士|小姐|(?:[0-9０-９][-－ ]?){{11}}")
_WEIGHTS = tuple(2**power % 11 for power in range(17, 0, -1))
_CHECK_CHARACTERS = "10X98765432"


def without_personal(spec: StudySpec, table: RawTable) -> tuple[RawTable, dict[str, np.ndarray]]:
    """The table with personal data in its free text masked, and the positions of those cells by column."""
    form = spec.sources.forms[table.form]
    identifying = {spec.sources.site, spec.sources.subject, *form.key}
    found: dict[str, np.ndarray] = {}
    cells: dict[str, np.ndarray] = {}
    for key, column in form.columns.items():
        if column.type != "text" or key in identifying:
            continue
        codes, uniques = pd.factorize(table.frame[key].to_numpy(dtype=object))
        shown = np.array([masked(str(text)) for text in uniques], dtype=object)
        changed = np.array([text != before for text, before in zip(shown, uniques, strict=True)], dtype=bool)
        if changed.any():
            found[key] = np.flatnonzero(changed[codes])
            cells[key] = shown[codes]
    return (replace(table, frame=table.frame.assign(**cells)) if cells else table), found


def without_names(told: Finding) -> Finding:
    """A finding of reading a file, which may hold a piece of free text, with personal data in it masked."""
    return replace(told, value=masked(told.value)) if told.value else told


def masked(raw: str) -> str:
    """`raw` as it is, or with `***` for what identifies a person and its other characters made plain."""
    if not _POSSIBLE.search(raw):
        return raw
    text = clean(raw).text
    shown = _NAME.sub(rf"\g<label>{MASK}", text)
    shown = _ADDRESSED.sub(MASK, shown)
    shown = _IDENTITY.sub(
        lambda number: MASK if is_identity_number(number.group()) else number.group(), shown
    )
    shown = _MOBILE.sub(MASK, shown)
    return shown if shown != text else raw


def is_identity_number(text: str) -> bool:
    """True where the last of 18 characters is the check character of the others (GB 11643: MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return _CHECK_CHARACTERS[total % 11] == text[17].upper()
