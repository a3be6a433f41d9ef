"""SAS XPORT v5 transport files, the form regulators take datasets in.

The layout follows SAS technical note TS-140: 80-byte header records, one 140-byte NAMESTR a variable, then
fixed-width observations, all padded with blanks to a multiple of 80 bytes. Values are text in the package's
encoding, or 8-byte IBM hexadecimal floating point. `pyreadstat` reads these files and is the test oracle.
"""

from cdisc_kit.xpt.declaration import ENCODINGS, MAX_LABEL_BYTES, XptVariable
from cdisc_kit.xpt.fields import MAX_CHAR_BYTES, byte_lengths, byte_range
from cdisc_kit.xpt.writer import CREATED, write_xpt, xpt_bytes

__all__ = [
    "CREATED",
    "ENCODINGS",
    "MAX_CHAR_BYTES",
    "MAX_LABEL_BYTES",
    "XptVariable",
    "byte_lengths",
    "byte_range",
    "write_xpt",
    "xpt_bytes",
]
