"""A laboratory mapping through the whole engine, against the same datasets by hand in plain pandas.

Run with `pytest --benchmark-enable -s tests/benchmarks/test_laboratory_benchmark.py`; otherwise a small file
only shows that both make the same datasets.
"""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest
from laboratory_plain import plain, write_raw
from pytest_benchmark.fixture import BenchmarkFixture

from cdisc_kit.pipeline import BuiltStudy, build
from cdisc_kit.spec import load_study

STUDY = Path(__file__).parent / "laboratory"
ROUNDS = 5


def engine(folder: Path) -> BuiltStudy:
    return build(load_study(STUDY), folder)


def compared(made: pd.DataFrame, by_hand: pd.DataFrame) -> None:
    texts = {name: object for name in by_hand if by_hand[name].dtype != "float64"}
    pd.testing.assert_frame_equal(
        made[list(by_hand)].astype(texts), by_hand.astype(texts), check_column_type=False
    )


@pytest.mark.parametrize("results", [100_000, 1_000_000])
def test_laboratory_mapping_against_plain_pandas(
    benchmark: BenchmarkFixture, tmp_path: Path, capsys: pytest.CaptureFixture[str], results: int
) -> None:
    write_raw(tmp_path, 20_000 if benchmark.disabled else results)
    built = benchmark.pedantic(engine, args=(tmp_path,), rounds=ROUNDS, warmup_rounds=1)
    for name, by_hand in plain(tmp_path).items():
        compared(built.datasets[name].frame, by_hand)
    if benchmark.disabled:
        return
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        plain(tmp_path)
        seconds.append(time.perf_counter() - start)
    ratio = min(seconds) / benchmark.stats.stats.min
    benchmark.extra_info["plain pandas / cdisc_kit"] = round(ratio, 2)
    with capsys.disabled():
        print(f"\nplain pandas takes {ratio:.2f} times as long for {results} results")
