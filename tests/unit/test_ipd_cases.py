"""Every case of ipd_cases: planted, and seen stopped or cleaned."""

from __future__ import annotations

import pytest
from ipd_cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    CASES[name]()
