"""The standard's facts as tables: SDTMIG, SDTM and controlled terminology (see SOURCES.md here)."""

from cdisc_kit.standard.chinese import ChineseLabels, load_chinese_labels
from cdisc_kit.standard.model import ModelClass, ModelDataset, ModelVariable, SDTMModel, load_sdtm_model
from cdisc_kit.standard.sdtmig import SDTMIG, StandardDataset, StandardVariable, load_sdtmig
from cdisc_kit.standard.terminology import Codelist, ControlledTerminology, Term, load_ct

__all__ = [
    "SDTMIG",
    "ChineseLabels",
    "Codelist",
    "ControlledTerminology",
    "ModelClass",
    "ModelDataset",
    "ModelVariable",
    "SDTMModel",
    "StandardDataset",
    "StandardVariable",
    "Term",
    "load_chinese_labels",
    "load_ct",
    "load_sdtm_model",
    "load_sdtmig",
]
