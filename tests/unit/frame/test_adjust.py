"""Volume on the basis of re-based prices, from turnover alone."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache
from math import prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kosdata.catalogue.calendar import KRX
from kosdata.frame.adjust import adjusted_volume
from kosdata.simulator.shares.issues import Issue
from kosdata.simulator.shares.listing import universe
from kosdata.simulator.shares.market import Market

TODAY = date(2025, 12, 30)
RATIOS = [Fraction(2), Fraction(5), Fraction(10), Fraction(50), Fraction(1, 10), Fraction(1, 5), Fraction(3, 2)]
SPLIT = [issue for issue in universe() if issue.splits]


@cache
def market() -> Market:
    return Market(0)


def daily(issue: Issue, first: date = date(2016, 1, 1), last: date = TODAY, asof: date = TODAY) -> pd.DataFrame:
    columns = market().daily(issue.code, first, last, asof=asof)
    days = pd.DatetimeIndex(columns["date"], name="date").as_unit("us")
    names = ("open", "high", "low", "close", "volume", "value")
    return pd.DataFrame({name: columns[name] for name in names}, index=days)


def walk(seed: int, stretches: list[tuple[int, Fraction]]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return re-based bars of a random walk, and the factor of each; stretches oldest first, with the ratio after."""
    rng = np.random.default_rng(seed)
    lengths = [length for length, _ in stretches]
    exact = [prod(ratio for _, ratio in stretches[n:]) for n in range(len(stretches))]
    factors = np.repeat([float(ratio) for ratio in exact], lengths)
    close = np.round(20_000 * np.exp(np.cumsum(rng.normal(0, 0.02, len(factors)))))
    high = np.round(close * (1 + rng.uniform(0.001, 0.03, len(factors))))
    low = np.round(close * (1 - rng.uniform(0.001, 0.03, len(factors))))
    mean = low + (high - low) * rng.uniform(0.1, 0.9, len(factors))
    volume = rng.integers(10_000, 5_000_000, len(factors))
    index = pd.DatetimeIndex(KRX.sessions(date(2015, 1, 2), TODAY)[: len(factors)], name="date").as_unit("us")
    value = np.round(mean * factors * volume).astype(np.int64)
    return pd.DataFrame({"high": high, "low": low, "volume": volume, "value": value}, index=index), factors


stretches = st.lists(st.tuples(st.integers(12, 60), st.sampled_from(RATIOS)), max_size=3)


@settings(max_examples=25)
@given(st.integers(0, 10**6), stretches, st.integers(8, 60))
def test_splits_are_found_to_the_day(seed: int, before: list[tuple[int, Fraction]], newest: int) -> None:
    bars, factors = walk(seed, [*before, (newest, Fraction(1))])
    adjusted, said = adjusted_volume(bars)
    wanted = np.round(bars["volume"].to_numpy() * factors).astype(np.int64)
    off = np.abs(adjusted["volume"].to_numpy() / wanted - 1)
    # Which fraction it was cannot always be read off; where the step was, and nearly how large, can.
    assert off.max() < 0.02
    if all(ratio.denominator == 1 or ratio.numerator == 1 for _, ratio in before) and all(n > 25 for n, _ in before):
        np.testing.assert_array_equal(adjusted["volume"], wanted)
    assert bool(said) == bool((factors != 1).any())


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(RATIOS), st.data())
def test_single_dirty_rows_change_nothing_else(seed: int, ratio: Fraction, data: st.DataObject) -> None:
    bars, _ = walk(seed, [(40, ratio), (40, Fraction(1))])
    clean, said = adjusted_volume(bars)
    places = data.draw(st.lists(st.sampled_from([3, 12, 20, 28, 48, 56, 64, 72, 78]), unique=True, max_size=5))
    wrong = data.draw(st.sampled_from([0.01, 0.3, 1.7, 40.0]))
    dirty = bars.copy()
    dirty.iloc[places, dirty.columns.get_loc("value")] = (bars["value"].iloc[places] * wrong).astype(np.int64)
    adjusted, found = adjusted_volume(dirty)
    assert found.partition(" ")[2] == said.partition(" ")[2]
    assert np.abs(adjusted["volume"] / clean["volume"] - 1).max() < 0.02


def test_without_a_split_the_frame_itself_comes_back() -> None:
    bars, _ = walk(7, [(300, Fraction(1))])
    adjusted, said = adjusted_volume(bars)
    assert adjusted is bars and said == ""


@pytest.mark.parametrize("issue", SPLIT, ids=lambda issue: issue.code)
def test_of_the_market_every_split_is_found(issue: Issue) -> None:
    bars = daily(issue)
    (split,) = issue.splits
    adjusted, said = adjusted_volume(bars)
    factor = np.where(bars.index < pd.Timestamp(split.day), split.new / split.old, 1)
    assert said == f"{split.new / split.old:g} before {split.day}"
    np.testing.assert_array_equal(adjusted["volume"], np.round(bars["volume"] * factor))
    pd.testing.assert_frame_equal(adjusted.drop(columns="volume"), bars.drop(columns="volume"))
    assert adjusted["volume"].dtype == np.int64


@pytest.mark.parametrize("issue", SPLIT, ids=lambda issue: issue.code)
def test_days_before_a_split_alone_are_put_on_the_basis_of_their_prices(issue: Issue) -> None:
    (split,) = issue.splits
    bars = daily(issue, last=date.fromordinal(split.day.toordinal() - 60)).tail(200)
    adjusted, said = adjusted_volume(bars)
    assert said == f"{split.new / split.old:g} throughout"
    np.testing.assert_array_equal(adjusted["volume"], np.round(bars["volume"] * (split.new / split.old)))
    as_it_was = daily(issue, last=bars.index[-1].date(), asof=bars.index[-1].date()).tail(200)
    assert adjusted_volume(as_it_was)[1] == ""


def test_of_the_market_nothing_else_is_touched() -> None:
    for issue in [issue for issue in universe() if not issue.splits][::20]:
        assert adjusted_volume(daily(issue, first=date(2022, 1, 1)))[1] == "", issue.code


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_are_no_error(rows: int) -> None:
    bars, _ = walk(1, [(20, Fraction(1))])
    assert adjusted_volume(bars.head(rows))[0].equals(bars.head(rows))


def test_halted_days_stay_and_do_not_hide_a_split() -> None:
    issue = next(issue for issue in SPLIT if issue.code == "005930")
    bars = daily(issue, date(2018, 4, 2), date(2018, 6, 1))
    adjusted, _ = adjusted_volume(bars)
    halted = bars["volume"] == 0
    assert halted.sum() == 3 and (adjusted["volume"][halted] == 0).all()
    assert adjusted["volume"].iloc[0] == 50 * bars["volume"].iloc[0]
