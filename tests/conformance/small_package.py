"""A small SDTM package, as files, that the rules engine has next to nothing to say about."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat

STUDY = "STUDY1"
SUBJECTS = tuple(f"{STUDY}-01-00{number}" for number in (1, 2, 3))
Records = list[dict[str, object]]
Package = dict[str, tuple[str, Records]]


def good_package() -> Package:
    """Dataset name to (label, records), variables in the order of the standard."""
    common = {"STUDYID": STUDY}
    dm = [
        {
            **common,
            "DOMAIN": "DM",
            "USUBJID": subject,
            "SUBJID": subject[-3:],
            "RFSTDTC": "2024-01-10",
            "RFENDTC": "2024-03-01",
            "RFXSTDTC": "2024-01-10",
            "RFXENDTC": "2024-02-10",
            "RFICDTC": "2024-01-02",
            "RFPENDTC": "2024-03-01",
            "DTHDTC": "",
            "DTHFL": "",
            "SITEID": "01",
            "AGE": 50.0,
            "AGEU": "YEARS",
            "SEX": "M",
            "RACE": "ASIAN",
            "ETHNIC": "NOT HISPANIC OR LATINO",
            "ARMCD": "A",
            "ARM": "Drug A",
            "ACTARMCD": "A",
            "ACTARM": "Drug A",
            "ARMNRS": "",
            "ACTARMUD": "",
            "COUNTRY": "CHN",
        }
        for subject in SUBJECTS
    ]
    ae = [
        {
            **common,
            "DOMAIN": "AE",
            "USUBJID": subject,
            "AESEQ": float(number),
            "AETERM": term,
            "AELLT": term.title(),
            "AELLTCD": float(100 + number),
            "AEDECOD": term.title(),
            "AEPTCD": float(200 + number),
            "AEHLT": "High level",
            "AEHLTCD": 300.0,
            "AEHLGT": "High level group",
            "AEHLGTCD": 400.0,
            "AEBODSYS": "Body system",
            "AEBDSYCD": 500.0,
            "AESOC": "Body system",
            "AESOCCD": 500.0,
            "AESER": "N",
            "AEACN": "DOSE NOT CHANGED",
            "AEREL": "RELATED",
            "AEOUT": "RECOVERED/RESOLVED",
            "EPOCH": "TREATMENT",
            "AESTDTC": "2024-01-12",
            "AEENDTC": "2024-01-14",
            "AESTDY": 3.0,
            "AEENDY": 5.0,
        }
        for subject in SUBJECTS
        for number, term in enumerate(("HEADACHE", "NAUSEA"), 1)
    ]
    ex = [
        {
            **common,
            "DOMAIN": "EX",
            "USUBJID": subject,
            "EXSEQ": float(number),
            "EXTRT": "DRUG A",
            "EXDOSE": 10.0,
            "EXDOSU": "mg",
            "EXDOSFRM": "TABLET",
            "EXDOSFRQ": "QD",
            "EXROUTE": "ORAL",
            "EPOCH": "TREATMENT",
            "EXSTDTC": start,
            "EXENDTC": start,
            "EXSTDY": float(day),
            "EXENDY": float(day),
        }
        for subject in SUBJECTS
        for number, (start, day) in enumerate((("2024-01-10", 1), ("2024-02-10", 32)), 1)
    ]
    ts = [
        {
            **common,
            "DOMAIN": "TS",
            "TSSEQ": 1.0,
            "TSPARMCD": code,
            "TSPARM": name,
            "TSVAL": value,
            "TSVALNF": "",
            "TSVALCD": term,
            "TSVCDREF": "CDISC CT" if term else "",
            "TSVCDVER": "2025-03-28" if term else "",
        }
        for code, name, value, term in (
            ("INTMODEL", "Intervention Model", "PARALLEL", "C82639"),
            ("INTTYPE", "Intervention Type", "DRUG", "C1909"),
            ("PCLAS", "Pharmacologic Class", "A class", ""),
            ("RANDOM", "Trial is Randomized", "Y", "C49488"),
            ("STYPE", "Study Type", "INTERVENTIONAL", "C98388"),
            ("TITLE", "Trial Title", "A small trial", ""),
        )
    ]
    return {
        "AE": ("Adverse Events", ae),
        "DM": ("Demographics", dm),
        "EX": ("Exposure", ex),
        "TS": ("Trial Summary", ts),
    }


def write_package(package: Package, folder: Path) -> Path:
    """Write each dataset of `package` as an XPT v5 file; variables are labelled by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (label, records) in package.items():
        pyreadstat.write_xport(
            pd.DataFrame(records),
            str(folder / f"{name.lower()}.xpt"),
            file_label=label,
            table_name=name,
            file_format_version=5,
        )
    return folder


def write_define(package: Package, path: Path, roles: dict[str, str], ct_version: str = "2025-03-28") -> Path:
    """A minimal Define-XML 2.1 of `package`; `roles` gives the role of variables, the rest have none."""
    groups = "".join(
        _item_group(name, label, records[0], roles) for name, (label, records) in package.items()
    )
    items = "".join(
        f'<ItemDef OID="IT.{name}.{variable}" Name="{variable}" Length="8"'
        f' DataType="{"float" if isinstance(value, float) else "text"}"><Description>'
        f'<TranslatedText xml:lang="en">{variable}</TranslatedText></Description></ItemDef>'
        for name, (_, records) in package.items()
        for variable, value in records[0].items()
    )
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1"
  xmlns:xlink="http://www.w3.org/1999/xlink" FileOID="F" FileType="Snapshot" ODMVersion="1.3.2"
  CreationDateTime="2025-01-01T00:00:00" def:Context="Other"><Study OID="S"><GlobalVariables>
<StudyName>S</StudyName><StudyDescription>S</StudyDescription><ProtocolName>S</ProtocolName></GlobalVariables>
<MetaDataVersion OID="M" Name="M" def:DefineVersion="2.1.0"><def:Standards>
<def:Standard OID="STD.1" Name="SDTMIG" Type="IG" Version="3.4" Status="Final"/>
<def:Standard OID="STD.2" Name="CDISC/NCI" Type="CT" PublishingSet="SDTM" Version="{ct_version}"
  Status="Final"/>
</def:Standards>{groups}{items}</MetaDataVersion></Study></ODM>
"""
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _item_group(name: str, label: str, record: dict[str, object], roles: dict[str, str]) -> str:
    refs = "".join(
        f'<ItemRef ItemOID="IT.{name}.{variable}" OrderNumber="{number}" Mandatory="No"'
        + (f' Role="{roles[variable]}"/>' if variable in roles else "/>")
        for number, variable in enumerate(record, 1)
    )
    return f"""<ItemGroupDef OID="IG.{name}" Name="{name}" Domain="{record["DOMAIN"]}" Repeating="Yes"
 SASDatasetName="{name}" IsReferenceData="No" Purpose="Tabulation" def:Structure="One record"
 def:StandardOID="STD.1" def:ArchiveLocationID="LF.{name}"><Description>
<TranslatedText xml:lang="en">{label}</TranslatedText></Description>{refs}<def:Class Name="EVENTS"/>
<def:leaf ID="LF.{name}" xlink:href="{name.lower()}.xpt"><def:title>{name}</def:title></def:leaf>
</ItemGroupDef>
"""
