"""The countries of ISO 3166-1 by their three letters: what DM.COUNTRY may hold (IG 5.2)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("countries.txt")


@cache
def countries() -> frozenset[str]:
    """The codes that are assigned: neither withdrawn ones nor those left to users (AAA, XAA, ZZZ)."""
    return frozenset(_FILE.read_text(encoding="ascii").split())
