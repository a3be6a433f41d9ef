"""Raw data: bytes to text cells."""

from cdisc_kit.raw.read import read_raw
from cdisc_kit.raw.table import RawTable

__all__ = ["RawTable", "read_raw"]
