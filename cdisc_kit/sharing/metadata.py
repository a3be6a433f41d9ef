"""What catalogues read of a release: DataCite 4.4 (XML) and RO-Crate 1.1 (JSON-LD)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from cdisc_kit import __version__
from cdisc_kit.sharing.bag import PAYLOAD
from cdisc_kit.sharing.gates import plus_months
from cdisc_kit.sharing.release import Release

DATACITE = "metadata/datacite.xml"
CRATE = "metadata/ro-crate-metadata.json"
_KERNEL = "http://datacite.org/schema/kernel-4"
_SCHEMA = "http://schema.datacite.org/meta/kernel-4.4/metadata.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# DataCite's own word for an identifier that will be assigned later: a release on request has no DOI.
_UNASSIGNED = "(:tba)"
_CRATE_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_CRATE_PROFILE = "https://w3id.org/ro/crate/1.1"
_ABOVE = "../"  # from metadata/ to the package's own folder
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".xpt": "application/x-sas-xport",
    ".xsl": "application/xslt+xml",
}


def title_of(release: Release, language: str) -> str:
    """The title of the data set, marked where no real subject is in it."""
    spec = release.spec
    if language == "zh":
        mark = "【合成数据，无真实受试者】" if release.synthetic else ""
        return f"{mark}{spec.title_zh}：去标识化个体受试者数据"
    mark = "SYNTHETIC DATA, no real subject. " if release.synthetic else ""
    return f"{mark}{spec.title}: de-identified individual participant data"


def abstract_of(release: Release, language: str) -> str:
    """What the data set is, in two sentences."""
    registration = release.spec.study["registration"]
    place = f"{registration['registry']} {registration['id']}"
    tier = release.plan.tier.name
    if language == "zh":
        return (
            f"临床试验{place}的去标识化个体受试者数据（SDTM格式，{tier}级）。"
            "日期已平移至虚构的起始日，标识符为假名。"
        )
    return (
        f"De-identified individual participant data of the clinical trial {place} as SDTM datasets "
        f"(tier {tier}). Dates are moved to a fictitious first day, identifiers are pseudonyms."
    )


def year_of(release: Release) -> str:
    """The year in which the registration opens the data; that of registering where it is not known yet."""
    terms = release.policy.document["release"]
    begins = str(terms.get(str(terms["opens"]["after"]), ""))
    if not begins:
        return str(release.spec.study["registration"]["registered"])[:4]
    start = dt.date.fromisoformat(begins)
    within = terms["opens"].get("within") == "true"
    return str((start if within else plus_months(start, int(terms["opens"]["months"]))).year)


def terms_of(release: Release, language: str) -> str:
    """Who gets the data, when and how, as promised in the registration."""
    return str(release.policy.document["release"]["promise"][language])


def datacite(release: Release) -> bytes:
    """The release as DataCite 4.4; its publication year is when the embargo of the registration ends."""
    sponsor = release.spec.study["registration"]["sponsor"]
    root = etree.Element(f"{{{_KERNEL}}}resource", nsmap={None: _KERNEL, "xsi": _XSI})  # type: ignore[dict-item]
    root.set(f"{{{_XSI}}}schemaLocation", f"{_KERNEL} {_SCHEMA}")
    _add(root, "identifier", _UNASSIGNED, identifierType="DOI")
    creator = _add(_add(root, "creators"), "creator")
    _add(creator, "creatorName", str(sponsor["en"]), "en", nameType="Organizational")
    titles = _add(root, "titles")
    _add(titles, "title", title_of(release, "en"), "en")
    _add(titles, "title", title_of(release, "zh"), "zh", titleType="TranslatedTitle")
    _add(root, "publisher", str(sponsor["en"]), "en")
    _add(root, "publicationYear", year_of(release))
    kind = "De-identified individual participant data of a clinical trial"
    _add(root, "resourceType", kind, resourceTypeGeneral="Dataset")
    _add(_add(root, "subjects"), "subject", str(release.spec.study["registration"]["target_disease"]), "en")
    _add(root, "language", "en")
    _add(
        _add(root, "alternateIdentifiers"),
        "alternateIdentifier",
        release.name,
        alternateIdentifierType="Local",
    )
    formats = _add(root, "formats")
    for name in ("SAS XPORT version 5", "text/csv", "CDISC Dataset-JSON 1.1", "CDISC Define-XML 2.1"):
        _add(formats, "format", name)
    _add(root, "version", release.request.release)
    rights, descriptions = _add(root, "rightsList"), _add(root, "descriptions")
    for language in ("en", "zh"):
        _add(rights, "rights", terms_of(release, language), language)
        text = abstract_of(release, language)
        _add(descriptions, "description", text, language, descriptionType="Abstract")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add(
    parent: etree._Element, name: str, text: str = "", language: str = "", **attributes: str
) -> etree._Element:
    made = etree.SubElement(parent, f"{{{_KERNEL}}}{name}", attributes)
    if text:
        made.text = text
    if language:
        made.set(_LANGUAGE, language)
    return made


def crate(release: Release, payload: Mapping[str, bytes]) -> bytes:
    """The RO-Crate of the package: its root is the folder that holds metadata/ and data/.

    `payload` is what lies below data/, by path.
    """
    paths = [f"{_ABOVE}{PAYLOAD}{name}" for name in sorted(payload)]
    sponsor = release.spec.study["registration"]["sponsor"]
    graph: list[dict[str, Any]] = [
        {
            "@id": PurePosixPath(CRATE).name,
            "@type": "CreativeWork",
            "conformsTo": {"@id": _CRATE_PROFILE},
            "about": {"@id": _ABOVE},
        },
        {
            "@id": _ABOVE,
            "@type": "Dataset",
            "name": title_of(release, "en"),
            "alternateName": title_of(release, "zh"),
            "description": abstract_of(release, "en"),
            "identifier": release.name,
            "version": release.request.release,
            "datePublished": year_of(release),
            "inLanguage": "en",
            "publisher": {"@id": "#sponsor"},
            "license": {"@id": "#terms"},
            "conditionsOfAccess": terms_of(release, "en"),
            "hasPart": [{"@id": path} for path in paths],
        },
        {
            "@id": "#sponsor",
            "@type": "Organization",
            "name": str(sponsor["en"]),
            "alternateName": str(sponsor["zh"]),
        },
        {
            "@id": "#terms",
            "@type": "CreativeWork",
            "name": "Terms of use",
            "description": f"{terms_of(release, 'en')} {terms_of(release, 'zh')}",
        },
        {"@id": "#cdisc-kit", "@type": "SoftwareApplication", "name": "cdisc-kit", "version": __version__},
        *_crate_files(payload),
    ]
    return json_bytes({"@context": _CRATE_CONTEXT, "@graph": graph})


def _crate_files(payload: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    for name in sorted(payload):
        path = PurePosixPath(name)
        yield {
            "@id": f"{_ABOVE}{PAYLOAD}{name}",
            "@type": "File",
            "name": path.name,
            "encodingFormat": MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
            "contentSize": str(len(payload[name])),
        }


def json_bytes(content: dict[str, Any]) -> bytes:
    """JSON as people and version control read it."""
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
