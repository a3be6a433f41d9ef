"""Write printed forms as a CDISC ODM 1.3.2 snapshot whose bytes depend on its content only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cdisc_kit.synth.dirt.raw import RawData, RawForm, Record

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
CREATED = "2025-01-01T00:00:00+08:00"  # wanted by the format; a fixed one keeps two runs byte-identical

# ODM attribute -> the column it takes the place of
Keys = dict[str, str]
Line = tuple[str, Record | None]


def write_odm(path: Path, raw: RawData, study: str, keys: Keys) -> None:
    """Write every record as an ItemGroupData (FormOID and ItemGroupOID its form, ItemOID the column key).

    `keys` names the columns of LocationOID, SubjectKey, StudyEventOID and ItemGroupRepeatKey. Blank cells
    have no item, as in the exports of EDC systems.
    """
    text = "".join(f"{line}\n" for line, _ in _lines(raw, study, keys))
    path.write_text(text, encoding="utf-8", newline="\n")


def odm_rows(raw: RawData, study: str, keys: Keys) -> dict[int, int]:
    """`id` of a record -> the line its ItemGroupData begins in."""
    numbered = enumerate(_lines(raw, study, keys), start=1)
    return {id(record): line for line, (_, record) in numbered if record is not None}


def _lines(raw: RawData, study: str, keys: Keys) -> Iterator[Line]:
    oid = quoteattr(study)
    yield '<?xml version="1.0" encoding="UTF-8"?>', None
    yield (
        f'<ODM xmlns="{NAMESPACE}" ODMVersion="1.3.2" FileType="Snapshot" FileOID={oid} '
        f'CreationDateTime="{CREATED}">',
        None,
    )
    yield f' <ClinicalData StudyOID={oid} MetaDataVersionOID="MDV.1">', None
    for subject, events in _by_place(raw, keys).items():
        yield f"  <SubjectData SubjectKey={quoteattr(subject[1])}>", None
        yield f"   <SiteRef LocationOID={quoteattr(subject[0])}/>", None
        for event, forms in events.items():
            yield f"   <StudyEventData StudyEventOID={quoteattr(event)}>", None
            for form, records in forms.items():
                yield f"    <FormData FormOID={quoteattr(form)}>", None
                yield from (_item_group(raw.forms[form], record, keys) for record in records)
                yield "    </FormData>", None
            yield "   </StudyEventData>", None
        yield "  </SubjectData>", None
    yield " </ClinicalData>", None
    yield "</ODM>", None


_Events = dict[str, dict[str, list[Record]]]


def _by_place(raw: RawData, keys: Keys) -> dict[tuple[str, str], _Events]:
    """(site, subject) -> event -> form -> records, each in the order of first appearance."""
    found: dict[tuple[str, str], _Events] = {}
    for form in raw.forms.values():
        for record in form.records:
            site, subject, event = (
                odm_text(record.cells.get(keys[key]))
                for key in ("LocationOID", "SubjectKey", "StudyEventOID")
            )
            events = found.setdefault((site, subject), {})
            events.setdefault(event, {}).setdefault(form.name, []).append(record)
    return found


def _item_group(form: RawForm, record: Record, keys: Keys) -> Line:
    repeat = quoteattr(odm_text(record.cells.get(keys["ItemGroupRepeatKey"])))
    items = "".join(
        f"<ItemData ItemOID={quoteattr(key)} Value={quoteattr(odm_text(record.cells[key]))}/>"
        for key in form.columns
        if key not in keys.values() and record.cells.get(key) is not None
    )
    name = quoteattr(form.name)
    return (
        f"     <ItemGroupData ItemGroupOID={name} ItemGroupRepeatKey={repeat}>{items}</ItemGroupData>",
        record,
    )


def odm_text(cell: object) -> str:
    """A cell as ODM states it: dates and times as ISO 8601, numbers as plain decimals."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(Decimal(repr(cell)))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(timespec="seconds")
    return cell.isoformat() if isinstance(cell, (dt.date, dt.time)) else str(cell)
