"""Prices that exist, and how far they may go."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kosdata as kd
from kosdata.frame.price_grid import price_limits
from kosdata.simulator.shares import price_ladder
from kosdata.simulator.shares.market import Market

LADDERS = st.integers(0, len(price_ladder.LADDERS) - 1)
PRICES = st.integers(5, 400_000)


def one(value: int) -> np.ndarray:
    return np.array([value], dtype=np.int64)


def ladder(market: str, day: str) -> np.ndarray:
    return price_ladder.ladder_of(market, np.array([day], dtype="datetime64[D]").astype(np.int64))


@pytest.mark.parametrize(
    ("market", "day", "price", "tick"),
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
        ("konex", "2022-06-02", 505_000, 100),
        ("etf", "2023-12-08", 1_500, 5),
        ("etf", "2023-12-11", 1_500, 1),
        ("etn", "2023-12-11", 35_000, 5),
    ],
)
def test_the_table_of_the_day_holds(market: str, day: str, price: int, tick: int) -> None:
    assert price_ladder.tick(one(price), ladder(market, day)).tolist() == [tick]


@given(LADDERS, PRICES)
def test_a_number_is_the_highest_price_not_above(position: int, price: int) -> None:
    number = price_ladder.number(one(price), one(position))
    below, above = price_ladder.price(number)[0], price_ladder.price(number + 1)[0]
    assert below <= price < above
    assert price_ladder.number(one(below), one(position)) == number
    assert above - below == price_ladder.tick(one(below), one(position))[0]


@given(LADDERS, PRICES)
def test_nearest_is_nearest(position: int, price: int) -> None:
    number = price_ladder.number(one(price), one(position))
    below, above = price_ladder.price(number)[0], price_ladder.price(number + 1)[0]
    found = price_ladder.price(price_ladder.nearest(one(price), one(position)))[0]
    assert found == (above if 2 * price >= below + above else below)


@given(
    st.sampled_from(["kospi", "kosdaq", "konex", "etf", "etn"]),
    st.dates(date(2015, 1, 1), date(2026, 12, 31)),
    st.integers(5, 300_000),
    st.booleans(),
)
def test_limits_are_those_that_are_told_of_the_day(market: str, day: date, base: int, first_day: bool) -> None:
    first_day &= market in ("kospi", "kosdaq") and day >= date(2023, 6, 26)
    days = np.array([day], dtype="datetime64[D]").astype(np.int64)
    percents = price_ladder.percents_of(market, days, first_day=first_day)
    low, high = price_ladder.bounds(one(base), percents, price_ladder.ladder_of(market, days))
    told = price_limits([base], market, day, first_day=first_day)
    assert [price_ladder.price(low).tolist(), price_ladder.price(high).tolist()] == [each.tolist() for each in told]


@pytest.mark.parametrize(("base", "limits"), [(67_400, (47_200, 87_600)), (50_200, (35_200, 65_200))])
def test_documented_limits(base: int, limits: tuple[int, int]) -> None:
    low, high = price_ladder.bounds(one(base), (30, 30), ladder("kospi", "2022-06-02"))
    assert (price_ladder.price(low)[0], price_ladder.price(high)[0]) == limits


# Before and after the limits changed, the day of a split, and first days of a share and of a fund.
@pytest.mark.parametrize(
    "day",
    [
        date(2003, 8, 4),
        date(2005, 3, 25),
        date(2005, 3, 28),
        date(2015, 6, 12),
        date(2015, 6, 15),
        date(2018, 5, 4),
        date(2018, 11, 20),
        date(2023, 7, 27),
        date(2024, 1, 12),
        date(2024, 3, 13),
    ],
)
def test_masters_tell_the_limits_of_every_issue(exchange: Market, day: date) -> None:
    engine = exchange._engine
    for market in ("kospi", "kosdaq"):
        for issue in exchange.listed(market, day):
            told = engine.masters._limits(engine.paths.columns[issue.code], engine.paths.row(day))
            limits = kd.price_limits(
                float(told["base_price"][0]),
                {"EF": "etf", "EN": "etn"}.get(issue.group, market),
                day,
                first_day=issue.list_date == day and issue.group not in ("EF", "EN"),
                leverage=issue.tracker.times if issue.tracker else 1,
            )
            assert (told["lower_limit"][0], told["upper_limit"][0]) == limits, issue.code
