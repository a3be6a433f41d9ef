"""Listed answers to their codes; the declared answers win over every token."""

from __future__ import annotations

import re

from cdisc_kit.normalise.notes import ANSWER_TEXT, SYNONYM, Note, Read
from cdisc_kit.normalise.text import clean
from cdisc_kit.spec.model import ColumnSpec

SEPARATOR = ";"
_OTHER_SEPARATORS = re.compile("[,、]")

Answers = dict[str, Read]

YES_NO: Answers = {
    "是": Read("Y", (ANSWER_TEXT,)),
    "否": Read("N", (ANSWER_TEXT,)),
    "Y": Read("Y"),
    "N": Read("N"),
    **{word: Read("Y", (SYNONYM,)) for word in ("有", "√", "✓", "✔", "1", "yes", "y", "TRUE")},
    **{word: Read("N", (SYNONYM,)) for word in ("无", "没有", "0", "no", "n", "FALSE")},
}


def answers(column: ColumnSpec) -> Answers:
    """Every accepted wording of the column's answers: code, text, declared synonym, and these folded."""
    texts = {clean(text).text: Read(code, (ANSWER_TEXT,)) for code, text in column.codes.items()}
    exact = texts | {clean(code).text: Read(code) for code in column.codes}
    # as declared they are read before cleaning (-80℃), so that only other spellings are told
    exact |= {text: Read(code, (ANSWER_TEXT,)) for code, text in column.codes.items()}
    exact |= {code: Read(code) for code in column.codes}
    said = {clean(word).text: Read(code, (SYNONYM,)) for word, code in column.synonyms.items()}
    return _folded(exact | said) | said | exact


def _folded(known: Answers) -> Answers:
    """Wordings that differ in case or inner spaces only, where they lead to one answer."""
    meanings: dict[str, set[str]] = {}
    for wording, read in known.items():
        meanings.setdefault(fold(wording), set()).add(read.text)
    return {word: Read(codes.pop(), (SYNONYM,)) for word, codes in meanings.items() if len(codes) == 1}


def fold(text: str) -> str:
    """Without case and spaces."""
    return text.casefold().replace(" ", "")


def read_answer(text: str, known: Answers) -> Read | None:
    """The code of one answer; None where the text is none of them."""
    found = known.get(text)
    if found is not None:
        return found
    folded = known.get(fold(text))
    return Read(folded.text, (SYNONYM,)) if folded is not None else None


def read_answers(text: str, known: Answers) -> Read | None:
    """Codes of several answers joined by `;`; None where one of them is not listed."""
    reads = [read_answer(part.strip(), known) for part in text.split(SEPARATOR)]
    notes: tuple[Note, ...] = ()
    if None in reads:
        reads = [
            read_answer(part.strip(), known)
            for part in _OTHER_SEPARATORS.sub(SEPARATOR, text).split(SEPARATOR)
        ]
        notes = (SYNONYM,)
    found = [read for read in reads if read is not None]
    if len(found) < len(reads):
        return None
    notes = tuple(dict.fromkeys([*notes, *(note for read in found for note in read.notes)]))
    return Read(SEPARATOR.join(read.text for read in found), notes)
