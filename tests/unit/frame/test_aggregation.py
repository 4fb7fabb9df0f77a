"""Bars of bars: every multiple keeps every share, and is what the trades themselves would make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.frame.aggregation import aggregated, cut

SECOND = 1_000_000
MINUTE = 60 * SECOND
OPEN, CLOSE = 9 * 60 * MINUTE, 10 * 60 * MINUTE


def bars_of(times: Any, prices: Any, sizes: Any, length: int) -> tuple[Any, dict[str, Any]]:
    """Return labels and columns of bars of trades, one after the other: the plainest way there is."""
    ends = [*range(OPEN + length, CLOSE, length), CLOSE]
    first = next((n for n, end in enumerate(ends) if times[0] <= end), 0)
    rows, last = [], None
    for begin, end in zip([OPEN, *ends[:-1]][first:], ends[first:], strict=True):
        here = [(p, q) for t, p, q in zip(times, prices, sizes, strict=True) if begin < t <= end]
        cost = [p for p, _ in here] or [last]
        last = cost[-1]
        rows.append((cost[0], max(cost), min(cost), last, sum(q for _, q in here), sum(int(p) * q for p, q in here)))
    names = ("open", "high", "low", "close", "volume", "value")
    dtypes = dict.fromkeys(names[:4], np.float64) | dict.fromkeys(names[4:], np.int64)
    columns = {
        name: np.array(values, dtype=dtypes[name]) for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    return np.array(ends[first:]), columns


@st.composite
def sessions(draw: st.DrawFn) -> tuple[list[int], list[float], list[int]]:
    seconds = sorted(draw(st.sets(st.integers(1, 3600), min_size=1, max_size=25)))
    prices = [float(draw(st.integers(90, 110))) for _ in seconds]
    return [OPEN + s * SECOND for s in seconds], prices, [draw(st.integers(1, 1000)) for _ in seconds]


@given(sessions(), st.sampled_from([10, 60]), st.integers(1, 50))
def test_bars_of_bars_are_the_bars_of_trades(session: Any, seconds: int, multiple: int) -> None:
    fine, length = seconds * SECOND, min(seconds * multiple * SECOND, CLOSE - OPEN)
    ends, columns = bars_of(*session, fine)
    made = cut(ends, np.full(len(ends), OPEN), np.full(len(ends), CLOSE), length)
    built = aggregated(columns, made.starts)
    labels, expected = bars_of(*session, length)
    np.testing.assert_array_equal(made.end, labels)
    for name, column in expected.items():
        np.testing.assert_array_equal(built[name], column, err_msg=name)
    assert built["volume"].sum() == sum(session[2])


def test_an_auction_that_is_late_is_in_the_last_bar() -> None:
    ends = np.array([OPEN, OPEN + MINUTE, CLOSE - MINUTE, CLOSE + 12 * SECOND])
    made = cut(ends, np.full(4, OPEN), np.full(4, CLOSE), MINUTE)
    assert made.starts.tolist() == [0, 2, 3]
    assert made.begin.tolist() == [OPEN, CLOSE - 2 * MINUTE, CLOSE - MINUTE]
    assert made.end.tolist() == [OPEN + MINUTE, CLOSE - MINUTE, CLOSE]


def test_hours_that_are_not_what_was_thought_keep_their_bars() -> None:
    ends = OPEN + MINUTE * np.arange(-29, 91)
    made = cut(ends, np.full(120, OPEN), np.full(120, CLOSE), 10 * MINUTE)
    # The minute that ends at the open goes to the first bar, as an auction would; the one after the close to the last.
    assert len(made.starts) == 12
    assert np.diff(made.begin).tolist() == [10 * MINUTE] * 11


def test_the_last_bar_ends_with_its_session() -> None:
    opens, closes = np.repeat([OPEN, OPEN + 24 * 60 * MINUTE], 60), np.repeat([CLOSE, CLOSE + 24 * 60 * MINUTE], 60)
    ends = opens + MINUTE * np.tile(np.arange(1, 61), 2)
    made = cut(ends, opens, closes, 25 * MINUTE)
    assert (made.end - made.begin).tolist() == [25 * MINUTE, 25 * MINUTE, 10 * MINUTE] * 2


def test_nothing_makes_nothing() -> None:
    none = np.array([], dtype=np.int64)
    made = cut(none, none, none, MINUTE)
    assert [len(column) for column in made] == [0, 0, 0]
    assert len(aggregated({"close": none}, made.starts)["close"]) == 0


@pytest.mark.parametrize("missing", [0, 1])
def test_a_count_that_is_missing_is_missing_in_the_sum(missing: int) -> None:
    mask = np.arange(4) == missing
    counts = pd.arrays.IntegerArray(np.arange(4), mask)
    prices = dict.fromkeys(("open", "high", "low", "close"), np.full(4, 5.0))
    built = aggregated({**prices, "volume": counts, "value": counts}, np.array([0, 2]))
    assert built["volume"].isna().tolist() == [True, False]
    assert built["volume"][1] == 5


def test_prices_that_are_missing_are_passed_over() -> None:
    prices = np.array([np.nan, 7.0, 6.0, np.nan, np.nan, np.nan])
    columns = dict.fromkeys(("open", "high", "low", "close"), prices)
    counts = np.array([0, 2, 3, 0, 0, 0])
    built = aggregated({**columns, "volume": counts, "value": counts}, np.array([0, 4]))
    assert [built[name].tolist()[0] for name in ("open", "high", "low", "close")] == [7, 7, 6, 6]
    assert all(np.isnan(built[name][1]) for name in ("open", "high", "low", "close"))
