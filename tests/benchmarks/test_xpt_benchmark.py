"""The writer against pyreadstat's on the same frame, in the same run: a ratio, since machines differ.

Run with `pytest --benchmark-enable -s tests/benchmarks/test_xpt_benchmark.py`; otherwise a small frame only
shows that both still write the same values.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cdisc_kit.xpt import XptVariable, write_xpt

DISTINCT = (1, 20, 500, 5_000, 50_000)  # from a constant to nearly an identifier


def frame_of(rows: int) -> pd.DataFrame:
    rng = np.random.Generator(np.random.PCG64(1))
    words = np.array([f"VALUE {i:06d}" for i in range(max(DISTINCT))], dtype=object)
    return pd.DataFrame(
        {f"V{i}": pd.array(words[rng.integers(0, DISTINCT[i % 5], rows)], dtype="str") for i in range(25)}
    )


def test_str_columns_against_pyreadstat(
    benchmark: BenchmarkFixture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = frame_of(2_000 if benchmark.disabled else 200_000)
    variables = [XptVariable(name, "", "Char", 12) for name in frame.columns]
    ours, theirs = tmp_path / "ours.xpt", tmp_path / "theirs.xpt"
    benchmark.pedantic(write_xpt, args=(ours, "ZZ", "", frame, variables), rounds=3, warmup_rounds=1)
    start = time.perf_counter()
    pyreadstat.write_xport(frame, theirs, table_name="ZZ", file_format_version=5)
    seconds = time.perf_counter() - start
    if benchmark.disabled:
        pd.testing.assert_frame_equal(pyreadstat.read_xport(ours)[0], pyreadstat.read_xport(theirs)[0])
        return
    ratio = seconds / benchmark.stats.stats.median
    benchmark.extra_info["pyreadstat / cdisc_kit"] = round(ratio, 1)
    with capsys.disabled():
        print(f"\npyreadstat.write_xport takes {ratio:.1f} times as long")
