"""Raw text to canonical text, by the column types of sources.yaml."""

from cdisc_kit.normalise.cells import normalise

__all__ = ["normalise"]
