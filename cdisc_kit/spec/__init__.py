"""The mapping files of a study, loaded and checked."""

from cdisc_kit.spec.load import load_study
from cdisc_kit.spec.model import DomainSpec, FormSpec, StudySpec, VariableSpec

__all__ = ["DomainSpec", "FormSpec", "StudySpec", "VariableSpec", "load_study"]
