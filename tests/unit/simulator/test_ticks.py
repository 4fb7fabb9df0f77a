"""Prices that exist, and how far they may go."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.simulator.shares import ticks

LADDERS = st.integers(0, len(ticks.LADDERS) - 1)
PRICES = st.integers(5, 400_000)


def one(value: int) -> np.ndarray:
    return np.array([value], dtype=np.int64)


def ladder(family: str, day: str) -> np.ndarray:
    return ticks.ladder_of(family, np.array([day], dtype="datetime64[D]").astype(np.int64))


@pytest.mark.parametrize(
    ("family", "day", "price", "tick"),
    [
        ("kospi", "2010-10-01", 900, 5),
        ("kospi", "2010-10-04", 900, 1),
        ("kospi", "2023-01-24", 15_000, 50),
        ("kospi", "2023-01-25", 15_000, 10),
        ("kospi", "2023-01-25", 1_999, 1),
        ("kospi", "2023-01-25", 2_000, 5),
        ("kospi", "2023-01-25", 199_900, 100),
        ("kospi", "2023-01-25", 200_000, 500),
        ("kospi", "2023-01-25", 500_000, 1_000),
        ("kosdaq", "2022-06-02", 505_000, 100),
        ("kosdaq", "2023-01-25", 505_000, 1_000),
        ("fund", "2023-12-08", 1_500, 5),
        ("fund", "2023-12-11", 1_500, 1),
        ("fund", "2023-12-11", 35_000, 5),
    ],
)
def test_the_table_of_the_day_holds(family: str, day: str, price: int, tick: int) -> None:
    assert ticks.tick(one(price), ladder(family, day)).tolist() == [tick]


@given(LADDERS, PRICES)
def test_a_number_is_the_highest_price_not_above(position: int, price: int) -> None:
    number = ticks.number(one(price), one(position))
    below, above = ticks.price(number)[0], ticks.price(number + 1)[0]
    assert below <= price < above
    assert ticks.number(one(below), one(position)) == number
    assert above - below == ticks.tick(one(below), one(position))[0]


@given(LADDERS, PRICES)
def test_nearest_is_nearest(position: int, price: int) -> None:
    number = ticks.number(one(price), one(position))
    below, above = ticks.price(number)[0], ticks.price(number + 1)[0]
    found = ticks.price(ticks.nearest(one(price), one(position)))[0]
    assert found == (above if 2 * price >= below + above else below)


@given(LADDERS, st.integers(100, 300_000), st.sampled_from([15, 30]))
def test_limits_are_the_outermost_prices_inside(position: int, base: int, percent: int) -> None:
    low, high = ticks.bounds(one(base), one(percent), one(position))
    assert 100 * ticks.price(low)[0] >= base * (100 - percent) > 100 * ticks.price(low - 1)[0] - 1 or low[0] == 0
    assert 100 * ticks.price(high)[0] <= base * (100 + percent) < 100 * ticks.price(high + 1)[0]


def test_documented_limits() -> None:
    low, high = ticks.bounds(one(67_400), one(30), ladder("kospi", "2022-06-02"))
    assert (ticks.price(low)[0], ticks.price(high)[0]) == (47_200, 87_600)


def test_limits_were_wider_from_june_2015() -> None:
    assert ticks.limit_percent("kospi", date(2015, 6, 14)) == 15
    assert ticks.limit_percent("kospi", date(2015, 6, 15)) == 30
    assert ticks.limit_percent("konex", date(2024, 1, 2)) == 15
