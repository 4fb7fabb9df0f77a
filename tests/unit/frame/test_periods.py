"""Weeks and months of days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from kosdata.catalogue.calendar import KRX
from kosdata.frame.periods import by_period

NAMES = ["open", "high", "low", "close", "volume", "value", "change", "open_interest"]


def days(seed: int, first: date, last: date) -> pd.DataFrame:
    """Return random bars, some of days without a trade."""
    rng = np.random.default_rng(seed)
    index = pd.DatetimeIndex(KRX.sessions(first, last), name="date").as_unit("us")
    number = len(index)
    close = 1_000.0 + rng.integers(-100, 100, number).cumsum()
    halted = rng.random(number) < 0.3
    change = np.diff(close, prepend=1_000.0)
    return pd.DataFrame(
        {
            "open": np.where(halted, np.nan, close + 1),
            "high": np.where(halted, np.nan, close + 5),
            "low": np.where(halted, np.nan, close - 5),
            "close": close,
            "volume": np.where(halted, 0, rng.integers(1, 100, number)),
            "value": np.where(halted, 0, rng.integers(1, 100, number)),
            "change": change,
            "open_interest": pd.array(rng.integers(0, 9, number), dtype="Int64"),
        },
        index=index,
    )


@settings(max_examples=20)
@given(st.integers(0, 999), st.dates(date(2019, 1, 1), date(2022, 1, 1)), st.integers(0, 500), st.sampled_from("WM"))
def test_they_are_what_pandas_makes_of_them(seed: int, first: date, length: int, freq: str) -> None:
    bars = days(seed, first, date.fromordinal(first.toordinal() + length))
    found = by_period(bars, freq)  # type: ignore[arg-type]
    groups = bars.groupby(bars.index.to_period(freq), sort=True)
    assert found.index.tolist() == [part.index[-1] for _, part in groups]
    assert found.columns.tolist() == NAMES and found.dtypes.equals(bars.dtypes)
    for name, how in {
        "open": lambda part: part.dropna().iloc[0] if part.notna().any() else np.nan,
        "high": lambda part: part.max(),
        "low": lambda part: part.min(),
        "close": lambda part: part.iloc[-1],
        "volume": lambda part: part.sum(),
        "value": lambda part: part.sum(),
        "change": lambda part: part.sum(),
        "open_interest": lambda part: part.iloc[-1],
    }.items():
        np.testing.assert_array_equal(found[name].tolist(), [how(part[name]) for _, part in groups], err_msg=name)


def test_the_change_is_from_the_price_before_and_adds_no_rounding() -> None:
    index = pd.DatetimeIndex(["2024-01-08", "2024-01-09", "2024-01-10"], name="date").as_unit("us")
    bars = days(1, date(2024, 1, 8), date(2024, 1, 10))
    bars = bars.assign(close=[100.0, 103.0, 101.0], change=[5.0, 4.0, -3.0])
    assert bars.index.equals(index)
    assert by_period(bars, "W")["change"].tolist() == [101 - 95]


def test_one_day_that_is_not_final_makes_its_bar_so() -> None:
    bars = days(1, date(2024, 1, 1), date(2024, 1, 12)).assign(final=True)
    bars.loc[bars.index[-1], "final"] = False
    assert by_period(bars, "W")["final"].tolist() == [True, False]
    assert by_period(bars, "M")["final"].dtype == bool


def test_no_days_make_no_bars() -> None:
    bars = days(1, date(2024, 1, 6), date(2024, 1, 7))
    assert bars.empty and by_period(bars, "W").dtypes.equals(bars.dtypes)


def test_a_week_that_spans_two_years_is_one() -> None:
    found = by_period(days(2, date(2019, 12, 30), date(2020, 1, 3)), "W")
    assert found.index.tolist() == [pd.Timestamp("2020-01-03")]
