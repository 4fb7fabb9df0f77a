"""Frames of several codes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kosdata.frame.stack import stack


def frame(first: str, rows: int) -> pd.DataFrame:
    index = pd.date_range(first, periods=rows, name="date", unit="us")
    return pd.DataFrame(
        {
            "close": np.arange(rows, dtype=np.float64),
            "volume": np.arange(rows),
            "open_interest": pd.array([pd.NA, *range(rows - 1)][:rows], dtype="Int64"),
            "name": pd.array(["가"] * rows, dtype="str"),
            "time": pd.date_range(first, periods=rows, tz="Asia/Seoul", unit="us"),
            "final": np.ones(rows, dtype=bool),
        },
        index=index,
    )


LIKE = frame("2024-01-01", 0)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 5)), max_size=4))
def test_it_is_what_concat_makes(parts: list[tuple[int, int]]) -> None:
    frames = {f"{n:06}": frame(f"2024-01-{day:02}", rows) for n, (day, rows) in enumerate(parts)}
    found = stack(frames, LIKE)
    assert found.index.names == ["code", "date"]
    assert found.dtypes.equals(LIKE.dtypes)
    assert found.index.levels[0].dtype == "str" and found.index.levels[1].dtype == "datetime64[us]"
    wanted = pd.concat(frames, names=["code", "date"]) if any(rows for _, rows in parts) else None
    if wanted is None:
        assert found.empty
    else:
        pd.testing.assert_frame_equal(found, wanted, check_index_type=False, check_freq=False)


def test_codes_stay_in_their_order_and_can_be_found() -> None:
    found = stack({"b": frame("2024-01-03", 2), "a": frame("2024-01-01", 3)}, LIKE)
    assert found.index.get_level_values("code").tolist() == ["b", "b", "a", "a", "a"]
    assert found.loc["a"].index.tolist() == frame("2024-01-01", 3).index.tolist()
    assert found.loc[("b", pd.Timestamp("2024-01-04")), "volume"] == 1


def test_a_code_without_rows_is_no_row() -> None:
    found = stack({"a": LIKE, "b": frame("2024-01-01", 1)}, LIKE)
    assert found.index.tolist() == [("b", pd.Timestamp("2024-01-01"))]


@pytest.mark.parametrize("number", [1, 2])
def test_who_writes_to_the_whole_changes_no_part(number: int) -> None:
    frames = {f"{n}": frame("2024-01-01", 3) for n in range(number)}
    kept = {code: part.copy(deep=True) for code, part in frames.items()}
    found = stack(frames, LIKE)
    found.iloc[0, 0] = -1.0
    found.loc[:, "volume"] = 9
    found.loc[found.index[1], "open_interest"] = 7
    for code, part in frames.items():
        pd.testing.assert_frame_equal(part, kept[code])


def test_an_index_of_two_levels_gets_a_third() -> None:
    index = pd.MultiIndex.from_tuples([("sell", 1), ("sell", 2), ("buy", 1)], names=["side", "rank"])
    part = pd.DataFrame({"volume": [1, 2, 3]}, index=index)
    found = stack({"a": part, "b": part}, part.iloc[:0])
    assert found.index.names == ["code", "side", "rank"]
    assert found.loc["b"].index.tolist() == index.tolist()
