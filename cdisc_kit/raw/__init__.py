"""Raw data: bytes to text cells."""

from cdisc_kit.raw.read import read_raw
from cdisc_kit.raw.resolution import Resolution, read_resolutions
from cdisc_kit.raw.table import RawTable

__all__ = ["RawTable", "Resolution", "read_raw", "read_resolutions"]
