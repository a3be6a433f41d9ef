"""Raw data: bytes to text cells."""

from cdisc_kit.raw.beside import Beside
from cdisc_kit.raw.read import RawFolder, read_raw
from cdisc_kit.raw.resolution import Resolution, read_resolutions
from cdisc_kit.raw.table import RawTable

__all__ = ["Beside", "RawFolder", "RawTable", "Resolution", "read_raw", "read_resolutions"]
