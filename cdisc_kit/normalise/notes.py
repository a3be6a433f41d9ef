"""What can happen to a cell while it is read: one `Note` for each rule, with its severity and wording."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """A rule that applied to a cell. Without severity it is logged only: the study declared that form.

    `en` and `zh` follow the name of the column in the finding's message.
    """

    rule: str
    severity: str
    en: str = ""
    zh: str = ""


class Read(NamedTuple):
    """The canonical text of a cell and the rules that led to it."""

    text: str
    notes: tuple[Note, ...] = ()


SUPERSCRIPT = Note("TXT-SUPER", "INFO", "superscripts written in line", "的上标已改写")
WIDTH = Note("TXT-NFKC", "INFO", "full-width and compatibility characters unified", "的全角或兼容字符已统一")
TRIM = Note(
    "TXT-TRIM", "INFO", "spaces, line breaks or invisible characters removed", "的多余空白或不可见字符已去除"
)
BLANKED = Note("TXT-TRIM", "")
MISSING = Note("TXT-MISSING", "INFO", "mark for a missing value, left null", "为缺失标记,按缺失处理")
UNKNOWN = Note("TXT-UNKNOWN", "INFO", "answered as unknown, left null", "填写为不详,按缺失处理")
NOT_DONE = Note("TXT-NOTDONE", "INFO", "answered as not done", "填写为未做")
MOJIBAKE = Note(
    "ENC-MOJIBAKE",
    "ERROR",
    "text pasted in another encoding is unreadable; left null",
    "为编码错误造成的乱码,已置空",
)
PERSONAL = Note(
    "PHI-TEXT",
    "ERROR",
    "a person's name, identity number or telephone number in free text; masked here, remove it at the source",
    "含有姓名、身份证号或手机号,此处已用***遮盖,请在原始数据中删除",
)

DATE_DECLARED = Note("DT-ISO", "")
DATE_FORM = Note("DT-FORMAT", "INFO", "date in another unambiguous form", "为另一种无歧义的日期写法,已转换")
TIMED = Note(
    "DT-TIME",
    "WARN",
    "time behind the date left out; the field asks for a day",
    "中日期后的时间未采用,本项只需日期",
)
PARTIAL = Note("DT-PARTIAL", "INFO", "part of the date is unknown", "为不完整日期")
GAP = Note("DT-PARTIAL", "WARN", "day known but month unknown", "已知日而月份不详")
SERIAL = Note("DT-SERIAL", "INFO", "Excel serial number read as a date", "为Excel日期序号,已转换")
SERIAL_1904 = Note(
    "DT-1904",
    "WARN",
    "Excel serial number read on the workbook's 1904 base",
    "为Excel日期序号,按工作簿的1904日期系统转换",
)
MIDNIGHT = Note("DT-2400", "INFO", "24:00 is 00:00 of the next day", "24:00按次日00:00处理")
ZH_TIME = Note("DT-ZHTIME", "WARN", "time in Chinese wording", "为中文时间写法,已转换")
NO_DATE = Note("DT-INVALID", "ERROR", "not a valid date or time; left null", "不是有效的日期或时间,已置空")
AMBIGUOUS = Note(
    "DT-AMBIG", "ERROR", "order of day, month and year is not clear; left null", "的年月日顺序不明,已置空"
)
SHORT_YEAR = Note(
    "DT-YY", "WARN", "two-digit year read as the only plausible one", "为两位年份,已按唯一合理的年份解读"
)
DECLARED_YEAR = Note(
    "DT-YY",
    "INFO",
    "two-digit year of a declared format read as the latest one not after the data cut-off",
    "为约定格式的两位年份,按不晚于数据截止日期的最近年份解读",
)
TIME_FORM = Note("DT-FORMAT", "INFO", "time in another unambiguous form", "为另一种无歧义的时间写法,已转换")
BEFORE_BIRTH = Note("DT-BEFOREBIRTH", "ERROR", "earlier than the subject's birth", "早于受试者出生日期")
FUTURE = Note("DT-FUTURE", "WARN", "later than the data cut-off", "晚于数据截止日期")
FAR_FUTURE = Note(
    "DT-FUTURE", "ERROR", "more than 30 days later than the data cut-off", "晚于数据截止日期30天以上"
)

PLAIN = Note("NUM-PLAIN", "")
THOUSANDS = Note("NUM-THOUS", "INFO", "thousands separators removed", "的千位分隔符已去除")
COMMA = Note(
    "NUM-COMMA", "ERROR", "comma that may be a decimal point; left null", "其中的逗号可能为小数点,已置空"
)
EXPONENT = Note("NUM-FORMAT", "INFO", "number with an exponent written out", "的科学计数法已展开")
COMPARATOR = Note("NUM-COMP", "INFO", "bound written with <, <=, > or >=", "的比较符号已统一")
COMMA_READ = Note(
    "NUM-COMMA",
    "WARN",
    "the comma before three digits may be a decimal point; read as a thousands separator",
    "其中的逗号可能为小数点,已按千位分隔符解读",
)
OWN_UNIT = Note(
    "NUM-UNIT",
    "INFO",
    "unit behind the number is that of the column; removed",
    "后的单位与本项单位一致,已去除",
)
FLAG = Note("NUM-FLAG", "INFO", "arrow behind the number removed", "后的高低箭头已去除")
NOT_DONE_FILLED = Note(
    "ND-RESULT",
    "ERROR",
    "is filled in although the form says that it was not done; the value is kept",
    "已填写,但同时标记为未做,按填写值保留",
)
NO_NUMBER = Note(
    "NUM-INVALID", "ERROR", "not a number of the kind asked for; left null", "不是所要求的数值,已置空"
)

ANSWER_TEXT = Note("CODE-TEXT", "")
SYNONYM = Note("CODE-SYNONYM", "INFO", "another wording of a listed answer", "为选项的另一种写法,已对应")
CONFLICT = Note(
    "ODM-CONFLICT",
    "ERROR",
    "says another answer than the code beside it; the code counts",
    "与同一字段的代码不一致,以代码为准",
)
NO_ANSWER = Note("CT-UNMAPPED", "ERROR", "none of the listed answers; left null", "不在可选答案中,已置空")
