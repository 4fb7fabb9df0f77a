"""Prices on the grid: laws of rounding and limits, and the simulated market as a witness."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.price_rules import tick_tables
from kosdata.frame import price_grid
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market
from tests.conftest import example_of, examples
from tests.unit.catalogue.test_price_rules import TABLES

DAY = date(2024, 1, 12)
STOCKS = [("kospi", 2000), ("kosdaq", 2004), ("konex", 2014), ("etf", 2003), ("etn", 2015)]
PRICES = st.floats(0.01, 5_000_000) | st.integers(1, 5_000_000).map(float)
HOW = st.sampled_from(["nearest", "down", "up"])


@st.composite
def places(draw: st.DrawFn) -> tuple[str, str, date]:
    market, product = draw(st.sampled_from(TABLES))
    since = tick_tables(market, product or "futures")[0].since
    return market, product or "futures", draw(st.dates(since, date(2026, 12, 31)))


@given(places(), PRICES, HOW)
def test_a_rounded_price_lies_on_the_grid_within_a_tick(
    place: tuple[str, str, date], price: float, how: price_grid.How
) -> None:
    market, product, day = place
    size = price_grid.tick_size(price, market, day, product)
    found = price_grid.round_to_tick(price, market, day, how, product)
    assert not price_grid.off_grid(found, market, day, product)
    assert abs(found - price) <= size * (0.5 if how == "nearest" else 1) * (1 + 1e-6)
    assert how != "down" or found <= price * (1 + 1e-8)
    assert how != "up" or found >= price * (1 - 1e-8)


@given(places(), PRICES, HOW, HOW)
def test_a_price_on_the_grid_stays(
    place: tuple[str, str, date], price: float, how: price_grid.How, again: price_grid.How
) -> None:
    market, product, day = place
    found = price_grid.round_to_tick(price, market, day, how, product)
    assert price_grid.round_to_tick(found, market, day, again, product) == found


@given(places(), st.integers(1, 500_000_000))
def test_rounding_is_that_of_whole_hundredths(place: tuple[str, str, date], hundredths: int) -> None:
    market, product, day = place
    rule = [each for each in tick_tables(market, product) if each.since <= day][-1]
    step = next(step for floor, step in reversed(rule.bands) if floor <= hundredths)
    price = hundredths / 100
    assert price_grid.tick_size(price, market, day, product) == step / 100
    assert price_grid.round_to_tick(price, market, day, "down", product) == hundredths // step * step / 100
    assert price_grid.round_to_tick(price, market, day, "up", product) == -(-hundredths // step) * step / 100
    assert price_grid.off_grid(price, market, day, product) == bool(hundredths % step)


@given(st.sampled_from(STOCKS), st.integers(2000, 2026), PRICES, st.sampled_from([1, 2, -2]))
def test_limits_lie_on_the_grid_and_inside_the_percentage(
    place: tuple[str, int], year: int, price: float, leverage: int
) -> None:
    market, day = place[0], date(max(year, place[1]), 7, 1)
    leverage = leverage if market in ("etf", "etn") else 1
    base = price_grid.round_to_tick(price, market, day, "up")
    lower, upper = price_grid.price_limits(base, market, day, leverage=leverage)
    percent = (30 if day >= date(2015, 6, 15) else 15) if market != "konex" else 15
    percent = 12 if market == "kosdaq" and day < date(2005, 3, 28) else percent * abs(leverage)
    assert not price_grid.off_grid([lower, upper], market, day).any()
    assert base * (100 - percent) / 100 <= lower * (1 + 1e-9)
    assert upper <= base * (100 + percent) / 100 * (1 + 1e-9)
    assert lower <= base <= upper
    # What the percentage leaves on each side is less than a tick of the base, or of the limit itself.
    assert lower - base * (100 - percent) / 100 < price_grid.tick_size(base, market, day) + 1e-6
    assert base * (100 + percent) / 100 - upper < 2 * price_grid.tick_size(upper, market, day) + 1e-6


@pytest.mark.parametrize(
    ("base", "limits"),
    [
        (9_940, (6_960, 12_920)),  # the exchange's own example
        (50_200, (35_200, 65_200)),  # 15,060 won are cut to 15,000, though the grid is finer below
        (1_990, (1_393, 2_585)),  # 2,587 is off the grid above 2,000
    ],
)
def test_the_percentage_is_cut_to_ticks_of_the_base(base: int, limits: tuple[int, int]) -> None:
    assert price_grid.price_limits(base, "kospi", DAY) == limits


@pytest.mark.parametrize("example", [e for e in examples(200) if "uplmtprc" in str(example_of(e))])
def test_documented_masters_have_these_limits(example: Any) -> None:
    rows = [row for row in _dicts(example) if {"basPrc", "uplmtprc", "lwlmtprc"} <= row.keys()]
    for row in rows:
        assert price_grid.price_limits(row["basPrc"], "kospi", date(2022, 6, 2)) == (row["lwlmtprc"], row["uplmtprc"])


def _dicts(value: object) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for each in value.values() for found in _dicts(each))]
    return [found for each in value for found in _dicts(each)] if isinstance(value, list) else []


@given(st.lists(st.tuples(PRICES, st.dates(date(2000, 1, 1), date(2026, 12, 31))), max_size=20), HOW)
def test_many_at_once_are_each_by_its_day(rows: list[tuple[float, date]], how: price_grid.How) -> None:
    days = np.array([day for _, day in rows], dtype="datetime64[D]")
    found = price_grid.round_to_tick([price for price, _ in rows], "kospi", days, how)
    assert found.tolist() == [float(price_grid.round_to_tick(price, "kospi", day, how)) for price, day in rows]
    assert found.shape == (len(rows),)


def test_what_is_no_price_or_has_no_rule_is_missing() -> None:
    prices = [np.nan, -5.0, np.inf, 0.0]
    assert np.isnan(price_grid.tick_size(prices, "kospi", DAY)).tolist() == [True, True, True, False]
    assert not price_grid.off_grid(prices, "kospi", DAY).any()
    early = np.array(["1999-12-31", "NaT", "2000-01-04"], dtype="datetime64[D]")
    assert np.isnan(price_grid.tick_size([1_003] * 3, "kospi", early)).tolist() == [True, True, False]
    assert price_grid.off_grid([1_003] * 3, "kospi", early).tolist() == [False, False, True]
    assert np.isnan(price_grid.price_limits([1_000.0], "kospi", early[:1])).all()


def test_the_first_day_reaches_from_60_to_400_per_cent() -> None:
    before, after = np.array(["2023-06-23", "2023-06-26"], dtype="datetime64[D]")
    assert np.isnan(price_grid.price_limits(10_000.0, "kosdaq", before, first_day=True)).all()
    assert price_grid.price_limits(10_000.0, "kosdaq", after, first_day=True) == (6_000, 40_000)


@pytest.fixture(scope="module")
def simulated() -> Market:
    return Market(0, KRX)


@pytest.fixture(scope="module")
def paths(simulated: Market) -> Any:
    return simulated._engine.paths


@pytest.fixture(scope="module")
def derivatives(simulated: Market) -> Derivatives:
    return Derivatives(0, KRX, simulated.underlying)


@pytest.mark.parametrize("market", ["kospi", "kosdaq", "konex", "etf", "etn"])
def test_every_close_of_the_simulated_market_lies_on_its_grid(paths: Any, market: str) -> None:
    columns = [column for column, issue in enumerate(paths.issues) if issue.rules == market]
    days = np.array(paths.dates, dtype="datetime64[D]")[:, np.newaxis]
    closes = np.where(paths.trading, paths.close, np.nan)[:, columns]
    assert columns
    assert not price_grid.off_grid(closes, market, days).any()
    assert np.isfinite(price_grid.tick_size(closes, market, days)).any()


# Before and after the ticks of mini options changed, and lately.
@pytest.mark.parametrize("start", [date(2016, 1, 4), date(2024, 1, 2)])
@pytest.mark.parametrize(("market", "product"), [each for each in TABLES if each[1]])
def test_the_simulated_contracts_have_prices_on_the_grid(
    derivatives: Derivatives, market: str, product: Any, start: date
) -> None:
    end = start + timedelta(days=24)
    listed = derivatives.contracts(product, market, start)
    for each in listed[:: max(1, len(listed) // 30)]:
        bars = derivatives.daily(product, market, each.code, start, end)
        for name in ("open", "high", "low", "close"):
            assert not price_grid.off_grid(bars[name], market, bars["date"], product).any()


def test_an_unknown_market_is_refused() -> None:
    with pytest.raises(kd.ArgumentError, match="no tick table"):
        price_grid.round_to_tick(1_000, "moon", DAY)
