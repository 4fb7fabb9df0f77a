from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.stack import stack
from kosdata.frame.wide import wide
from tests.unit.frame.samples import ticks

_DAYS = st.lists(st.dates(date(2024, 1, 1), date(2024, 1, 20)), unique=True, max_size=8).map(sorted)


def _frame(days: list[date]) -> pd.DataFrame:
    index = pd.DatetimeIndex(days, name="date").as_unit("us")
    numbers = np.array([day.day for day in days], dtype=np.int64)
    return pd.DataFrame({"volume": numbers, "close": numbers / 2}, index=index)


@given(st.dictionaries(st.sampled_from(["B", "A", "C", "005930"]), _DAYS, min_size=1))
def test_each_code_keeps_its_values_and_lacks_the_days_of_others(spans: dict[str, list[date]]) -> None:
    frames = {code: _frame(days) for code, days in spans.items()}
    long = stack(frames, _frame([]))
    for column, dtype in (("volume", "Int64"), ("close", "float64")):
        found = wide(long, column)
        assert found.columns.tolist() == list(spans)
        assert found.columns.name == "code" and found.index.name == "date"
        assert found.index.is_monotonic_increasing and found.index.is_unique
        assert set(found.index.date) == {day for days in spans.values() for day in days}  # type: ignore[attr-defined]
        for code, frame in frames.items():
            assert found[code].dtype == dtype
            there = found[code].dropna()
            assert there.index.tolist() == frame.index.tolist()
            assert there.tolist() == frame[column].tolist()


@pytest.mark.parametrize("column", ["volume", "close"])
def test_no_codes_and_no_rows_are_empty_frames(column: str) -> None:
    assert wide(stack({}, _frame([])), column).shape == (0, 0)
    assert wide(stack({"A": _frame([])}, _frame([])), column).shape == (0, 1)


def test_wide_has_a_column_a_code(client: Any) -> None:
    long = kd.intraday(["005930", "000660"], date="2024-01-05")
    found = long.kos.wide("volume")
    assert found.columns.tolist() == ["005930", "000660"]
    assert found["000660"].tolist() == long.loc["000660", "volume"].tolist()
    frame = ticks(["2024-01-05 09:00"] * 2, [1.0, 2.0], [1, 1], ["a", "a"])
    with pytest.raises(ArgumentError, match="two rows at 2024-01-05 09:00:00"):
        frame.kos.wide("price")
    with pytest.raises(ArgumentError, match="of one code"):
        kd.history("005930", "2024-01-05").kos.wide("close")


def test_investors_of_several_codes_are_made_wide_in_their_order(client: Any) -> None:
    flows = kd.investors(["005930", "000660"])
    found = flows.kos.wide("net_value")
    assert found.columns.tolist() == ["005930", "000660"]
    assert found.index.tolist() == flows.loc["005930"].index.tolist()
    assert found["005930"].tolist() == flows.loc["005930", "net_value"].tolist()
    with pytest.raises(ArgumentError, match="neither times nor a second level"):
        kd.quote(["005930"]).kos.wide("price")
