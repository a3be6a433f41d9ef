"""The pieces of de-identification: keys, pseudonyms, anchored dates, folding, order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.errors import InputError, OutputError
from cdisc_kit.ipd import pseudonym
from cdisc_kit.ipd.anchor import EPOCH, MONTH_GRID, YEAR_GRID, anchored
from cdisc_kit.ipd.folding import folded
from cdisc_kit.ipd.key import DEMO_KEY, derived, key_id, new_key, read_key
from cdisc_kit.ipd.order import in_released_order
from cdisc_kit.ipd.plan import Decision
from cdisc_kit.ipd.pseudonym import CHARACTERS, Pseudonyms


def moved(texts: list[str], day_one: str, *, intervals: bool = True) -> list[str]:
    ones = pd.Series(np.full(len(texts), np.datetime64(day_one, "s")))
    return list(anchored(pd.Series(texts, dtype=object), ones, intervals=intervals))


class TestKey:
    def test_the_folder_of_a_new_key_is_made_for_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "keys" / "study.key"
        assert new_key(path) == key_id(read_key(path))
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_a_new_key_is_read_back_and_only_by_its_owner(self, tmp_path: Path) -> None:
        path = tmp_path / "key"
        named = new_key(path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert key_id(read_key(path)) == named
        path.chmod(0o640)
        with pytest.raises(InputError, match="can be read by others"):
            read_key(path)

    def test_a_key_is_never_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "key"
        path.write_text("mine", encoding="ascii")
        with pytest.raises(InputError, match="exists"):
            new_key(path)
        assert path.read_text(encoding="ascii") == "mine"

    @pytest.mark.parametrize(
        "content", ["", "cdisc-kit-key-1:", "cdisc-kit-key-1:c2hvcnQ=", "cdisc-kit-key-1:" + "A" * 43 + "="]
    )
    def test_an_empty_short_or_constant_key_is_none(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "key"
        path.write_text(content, encoding="ascii")
        path.chmod(0o600)
        with pytest.raises(InputError, match="holds no key"):
            read_key(path)

    def test_no_key_in_a_git_tree(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        with pytest.raises(InputError, match="version-controlled"):
            new_key(tmp_path / "key")

    def test_contexts_that_run_together_differ(self) -> None:
        assert derived(DEMO_KEY, "ab", "c") != derived(DEMO_KEY, "a", "bc")


class TestPseudonyms:
    def test_two_recipients_share_none(self) -> None:
        ids = [f"{n:05d}" for n in range(200)]
        first = Pseudonyms(derived(DEMO_KEY, "s", "r", "one")).of("subject", ids)
        second = Pseudonyms(derived(DEMO_KEY, "s", "r", "two")).of("subject", ids)
        assert not set(first.values()) & set(second.values())
        assert all(len(value) == CHARACTERS for value in first.values())

    def test_a_collision_stops_the_release(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pseudonym, "CHARACTERS", 1)
        with pytest.raises(OutputError, match="share a pseudonym"):
            Pseudonyms(b"k" * 32).of("subject", [str(n) for n in range(40)])


class TestAnchor:
    def test_day_one_and_the_day_before(self) -> None:
        assert moved(["2026-03-01", "2026-02-28", "2024-02-29"], "2026-03-01") == [
            "1930-01-01",
            "1929-12-31",
            str(EPOCH + np.timedelta64(-731, "D")),
        ]

    def test_time_and_zone_are_dropped(self) -> None:
        assert moved(["2026-03-02T10:30", "2026-03-02T10:30:05+08:00"], "2026-03-01") == ["1930-01-02"] * 2

    @pytest.mark.parametrize(
        ("text", "grid"), [("2026-05", MONTH_GRID), ("2026", YEAR_GRID), ("2026---05", YEAR_GRID)]
    )
    @pytest.mark.parametrize("day_one", ["2026-01-01", "2026-05-17", "2027-01-31"])
    def test_a_partial_date_becomes_whole_cells_around_it(self, text: str, grid: int, day_one: str) -> None:
        (interval,) = moved([text], day_one)
        low, high = (
            (np.datetime64(end, "D") - EPOCH).astype(int) + np.array(0) for end in interval.split("/")
        )
        assert low % grid == 0
        assert (high + 1) % grid == 0
        first, last = ("2026-05-01", "2026-05-31") if grid == MONTH_GRID else ("2026-01-01", "2026-12-31")
        one = np.datetime64(day_one, "D")
        assert low <= (np.datetime64(first, "D") - one).astype(int)
        assert high >= (np.datetime64(last, "D") - one).astype(int)

    def test_partial_dates_can_be_left_out(self) -> None:
        assert moved(["2026-05", "2026-05-02"], "2026-05-01", intervals=False) == ["", "1930-01-02"]

    def test_text_and_dates_without_day_one_are_left_out(self) -> None:
        assert moved(["unknown", "2026-13-01", ""], "2026-01-01") == ["", "", ""]
        nothing = pd.Series([np.datetime64("NaT", "s")])
        assert list(anchored(pd.Series(["2026-01-01"]), nothing, intervals=True)) == [""]


class TestFolding:
    def folded(self, rows: list[tuple[str, str, str]], k: int) -> list[tuple[str, str]]:
        frame = pd.DataFrame(rows, columns=["USUBJID", "AEDECOD", "AEBODSYS"], dtype=object)
        decisions: list[Decision] = []
        result = folded("AE", frame, ("AEDECOD", "AEBODSYS"), k, decisions)
        return list(zip(result["AEDECOD"], result["AEBODSYS"], strict=True))

    def test_subjects_count_not_rows(self) -> None:
        rows = [("1", "Rare", "Skin")] * 9
        rows += [(str(n), term, "Gut") for n in range(6) for term in ("Nausea", "Vomiting")[: 1 + n % 2 * 9]]
        assert {term for term, _ in self.folded(rows, 3)} == {"Nausea", "OTHER"}

    def test_a_class_never_tells_what_was_folded_out_of_it(self) -> None:
        rows = [(str(n), "Nausea", "Gut") for n in range(5)] + [("9", "Ileus", "Gut"), ("9", "Rash", "Skin")]
        result = self.folded(rows, 5)
        for level in (0, 1):
            names = {row[level] for row in result}
            for name in names - {"OTHER"}:
                subjects = {rows[at][0] for at, row in enumerate(result) if row[level] == name}
                assert len(subjects) >= 5, name

    def test_enough_subjects_keep_their_class(self) -> None:
        rows = [(str(n), f"Term {n}", "Gut") for n in range(5)]
        assert set(self.folded(rows, 5)) == {("Gut", "Gut")}


def test_order_follows_what_is_released_and_numbers_begin_anew() -> None:
    frame = pd.DataFrame(
        {"USUBJID": ["B", "A", "A"], "XXSEQ": [1.0, 7.0, 9.0], "XXTERM": ["x", "OTHER", "Apple"]}
    )
    variables = tuple(Variable(name, name, "Char") for name in frame.columns)
    dataset = Dataset("XX", "x", "EVENTS", "", ("USUBJID", "XXTERM"), variables, frame)
    released, order = in_released_order(dataset)
    assert list(released.frame["XXTERM"]) == ["Apple", "OTHER", "x"]
    assert list(released.frame["XXSEQ"]) == [1.0, 2.0, 1.0]
    assert list(order) == [2, 1, 0]
