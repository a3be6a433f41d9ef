"""A Define-XML of the small package, made by hand and not by the kit's writer, and edits of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

from cdisc_kit.standard import load_ct, load_sdtmig

Table = dict[str, Any]
ODM = "http://www.cdisc.org/ns/odm/v1.3"
NAMESPACES = {
    "odm": ODM,
    "xlink": "http://www.w3.org/1999/xlink",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
CT = "2025-03-28"
DOCUMENT = "csdrg.pdf"
LISTS = {"SEX": "C66731", "AESER": "C66742", "LBTESTCD": "C65047", "EXDOSFRQ": "C71113"}
OWN = {"LBCAT": {"CHEMISTRY": "", "URINALYSIS": ""}, "LBORRES.GLUC": {"POSITIVE": ""}}
KEYS = {
    "DM": ("USUBJID",),
    "SV": ("USUBJID", "VISITNUM"),
    "TA": ("ARMCD", "TAETORD"),
    "TE": ("ETCD",),
    "TV": ("VISITNUM",),
    "TI": ("IETESTCD",),
    "TS": ("TSPARMCD", "TSSEQ"),
    "RELREC": ("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "RELID"),
    "SUPPAE": ("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"),
}
LEVELS = {
    ("LB", "LBORRES"): (("LBTESTCD", "ALT"), ("LBTESTCD", "GLUC")),
    ("SUPPAE", "QVAL"): (("QNAM", "AENOTE"),),
}


def document(tables: dict[str, Table], version: str = "2.1") -> etree._ElementTree:
    """The description of the tables as they are."""
    return etree.ElementTree(etree.fromstring(_text(tables, version).encode()))


def namespaces(root: etree._Element) -> dict[str, str]:
    """The prefixes that edits are written with."""
    return {**NAMESPACES, "def": root.nsmap["def"]}


def edit(tree: etree._ElementTree, change: dict[str, Any]) -> None:
    """One change of the elements an XPath finds: `set` and `drop` attributes, `text`, `remove`, `after`."""
    root = tree.getroot()
    names = namespaces(root)
    found = root.xpath(change["define"], namespaces=names) if change["define"] else []
    assert found or not change["define"], change["define"]
    for node in found:
        for name, value in change.get("set", {}).items():
            node.set(_qualified(name, names), str(value))
        if "drop" in change:
            del node.attrib[_qualified(change["drop"], names)]
        if "text" in change:
            node.text = change["text"]
        if "after" in change:
            declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in names.items() if prefix != "xml")
            new = etree.fromstring(f'<x xmlns="{ODM}"{declared}>{change["after"]}</x>')
            node.addnext(new[0])
        if change.get("remove"):
            node.getparent().remove(node)
    if "stylesheet" in change:
        text = f'type="text/xsl" href="{change["stylesheet"]}"'
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", text))


def write(tree: etree._ElementTree, folder: Path) -> None:
    """define.xml, and the document it links."""
    tree.write(str(folder / "define.xml"), encoding="UTF-8", xml_declaration=True)
    (folder / DOCUMENT).write_bytes(b"%PDF-1.4\n")


def _qualified(name: str, names: dict[str, str]) -> str:
    prefix, colon, local = name.rpartition(":")
    return f"{{{names[prefix]}}}{local}" if colon else name


def _text(tables: dict[str, Table], version: str) -> str:
    new = version == "2.1"
    groups = "".join(_group(name, table, new) for name, table in tables.items())
    items = "".join(
        _item(f"IT.{name}.{v}", v, table, new) for name, table in tables.items() for v in table["variables"]
    )
    standards = (
        f"""<def:Standards><def:Standard OID="STD.1" Name="SDTMIG" Type="IG" Version="3.4" Status="Final"/>
<def:Standard OID="STD.2" Name="CDISC/NCI" Type="CT" PublishingSet="SDTM" Version="{CT}" Status="Final"/>
</def:Standards>"""
        if new
        else ""
    )
    stated = "" if new else ' def:StandardName="SDTM-IG" def:StandardVersion="3.4"'
    context = ' def:Context="Submission"' if new else ""
    return f"""<ODM xmlns="{ODM}" xmlns:def="http://www.cdisc.org/ns/def/v{version}"
 xmlns:xlink="http://www.w3.org/1999/xlink" FileType="Snapshot" FileOID="F" ODMVersion="1.3.2"
 CreationDateTime="2024-05-01T00:00:00"{context}>
<Study OID="S"><GlobalVariables><StudyName>STUDY</StudyName><StudyDescription>A study</StudyDescription>
<ProtocolName>P</ProtocolName></GlobalVariables>
<MetaDataVersion OID="MDV" Name="MDV" Description="M" def:DefineVersion="{version}.0"{stated}>{standards}
<def:SupplementalDoc><def:DocumentRef leafID="LF.DOC"/></def:SupplementalDoc>
{"".join(_value_list(*place, levels) for place, levels in LEVELS.items())}
{"".join(_where(place[0], *one) for place, levels in LEVELS.items() for one in levels)}
{groups}{items}
{"".join(_level(tables, *place, one, new) for place, levels in LEVELS.items() for one in levels)}
{"".join(_list(name, tables, new) for name in (*LISTS, *OWN))}
<MethodDef OID="MT.1" Name="Derivation" Type="Computation"><Description><TranslatedText xml:lang="en">Counted
</TranslatedText></Description></MethodDef>
<def:CommentDef OID="COM.1"><Description><TranslatedText xml:lang="en">A remark</TranslatedText></Description>
</def:CommentDef>
<def:leaf ID="LF.DOC" xlink:href="{DOCUMENT}"><def:title>Reviewer's guide</def:title></def:leaf>
</MetaDataVersion></Study></ODM>"""


def _group(name: str, table: Table, new: bool) -> str:
    prefix = name[:2]
    keys = KEYS.get(name, ("USUBJID", f"{prefix}SEQ"))
    refs = "".join(
        f'<ItemRef ItemOID="IT.{name}.{v}" OrderNumber="{at}" Mandatory="{"Yes" if v == "STUDYID" else "No"}"'
        + (f' KeySequence="{keys.index(v) + 1}"' if v in keys else "")
        + (' MethodOID="MT.1"' if v.endswith("DY") else "")
        + "/>"
        for at, v in enumerate(table["variables"], 1)
    )
    supplement = name.startswith("SUPP")
    reference = "USUBJID" not in table["variables"]
    cls = load_sdtmig().dataset(name).define_class
    repeating = "No" if name == "DM" or reference else "Yes"
    standard, element = (' def:StandardOID="STD.1"', f'<def:Class Name="{cls}"/>') if new else ("", "")
    attribute = "" if new else f' def:Class="{cls}"'
    comment = ' def:CommentOID="COM.1"' if name == "AE" else ""
    return f"""<ItemGroupDef OID="IG.{name}" Name="{name}" Domain="{name[4:] if supplement else name}"
 Repeating="{repeating}" IsReferenceData="{"Yes" if reference else "No"}" SASDatasetName="{name}"
 Purpose="Tabulation" def:Structure="One record"{attribute}{standard}
 def:ArchiveLocationID="LF.{name}"{comment}>
<Description><TranslatedText xml:lang="en">{table["label"]}</TranslatedText></Description>{refs}{element}
<def:leaf ID="LF.{name}" xlink:href="{name.lower()}.xpt"><def:title>{name.lower()}.xpt</def:title></def:leaf>
</ItemGroupDef>
"""


def _item(oid: str, variable: str, table: Table, new: bool) -> str:
    told = table["variables"][variable]
    values = [row.get(variable, "") for row in table["rows"]]
    dataset = oid.split(".")[1]
    value_list = f'<def:ValueListRef ValueListOID="VL.{variable}"/>' if (dataset, variable) in LEVELS else ""
    own = variable in LISTS or variable in OWN
    codelist = f'<CodeListRef CodeListOID="CL.{variable}"/>' if own else ""
    if told["type"] == "Num":
        kind = _number(values)
    elif variable.endswith("DTC"):
        kind = 'DataType="partialDatetime"'
    else:
        kind = f'DataType="text" Length="{max(1, *(len(v.encode()) for v in values))}"'
    return _item_def(oid, variable, kind, told["label"], new, codelist=codelist, value_list=value_list)


def _item_def(
    oid: str, name: str, kind: str, label: str, new: bool, *, codelist: str = "", value_list: str = ""
) -> str:
    derived = name.endswith("DY")
    origin = (
        f'Type="{"Derived" if derived else "Collected"}" Source="{"Sponsor" if derived else "Investigator"}"'
        if new
        else f'Type="{"Derived" if derived else "CRF"}"'
    )
    return f"""<ItemDef OID="{oid}" Name="{name}" {kind}><Description>
<TranslatedText xml:lang="en">{label}</TranslatedText></Description>{codelist}<def:Origin {origin}/>
{value_list}</ItemDef>
"""


def _number(values: list[str]) -> str:
    numbers = [v for v in values if v]
    longest = max((len(v) for v in numbers), default=8)
    digits = max((len(v.partition(".")[2]) for v in numbers), default=0)
    if digits:
        return f'DataType="float" Length="{longest}" SignificantDigits="{digits}"'
    return f'DataType="integer" Length="{longest}"'


def _value_list(dataset: str, variable: str, levels: tuple[tuple[str, str], ...]) -> str:
    refs = "".join(
        f'<ItemRef ItemOID="IT.{dataset}.{variable}.{value}" OrderNumber="{at}" Mandatory="No">'
        f'<def:WhereClauseRef WhereClauseOID="WC.{dataset}.{value}"/></ItemRef>'
        for at, (_, value) in enumerate(levels, 1)
    )
    return f'<def:ValueListDef OID="VL.{variable}">{refs}</def:ValueListDef>'


def _where(dataset: str, variable: str, value: str) -> str:
    return f"""<def:WhereClauseDef OID="WC.{dataset}.{value}"><RangeCheck Comparator="EQ" SoftHard="Soft"
 def:ItemOID="IT.{dataset}.{variable}"><CheckValue>{value}</CheckValue></RangeCheck></def:WhereClauseDef>"""


def _level(tables: dict[str, Table], dataset: str, variable: str, level: tuple[str, str], new: bool) -> str:
    name, value = level
    values = [row.get(variable, "") for row in tables[dataset]["rows"] if row[name] == value]
    number = all(v.replace(".", "").isdigit() for v in values if v)
    kind = _number(values) if number else f'DataType="text" Length="{max(map(len, values))}"'
    own = f"{variable}.{value}"
    codelist = f'<CodeListRef CodeListOID="CL.{own}"/>' if own in OWN else ""
    return _item_def(f"IT.{dataset}.{own}", value, kind, value, new, codelist=codelist)


def _list(name: str, tables: dict[str, Table], new: bool) -> str:
    code = LISTS.get(name, "")
    ct = load_ct(CT)
    named = {row["LBTESTCD"]: row["LBTEST"] for row in tables["LB"]["rows"]} if name == "LBTESTCD" else {}
    used = sorted(
        {row[name] for t in tables.values() for row in t["rows"] if name in row} if code else OWN[name]
    )
    terms = ""
    for value in used:
        known = ct[code].terms.get(value) if code else None
        alias = f'<Alias Context="nci:ExtCodeID" Name="{known.code}"/>' if known else ""
        extended = "" if known or not code else ' def:ExtendedValue="Yes"'
        decode = f'<Decode><TranslatedText xml:lang="en">{named.get(value)}</TranslatedText></Decode>'
        tag = "CodeListItem" if named else "EnumeratedItem"
        terms += f'<{tag} CodedValue="{value}"{extended}>{decode if named else ""}{alias}</{tag}>'
    alias = f'<Alias Context="nci:ExtCodeID" Name="{code}"/>' if code else ""
    standard = ' def:StandardOID="STD.2"' if code else ' def:IsNonStandard="Yes"'
    return f"""<CodeList OID="CL.{name}" Name="{name}" DataType="text"{standard if new else ""}>{terms}{alias}
</CodeList>"""
