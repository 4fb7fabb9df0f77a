"""A fund is worth what it holds, and trades close to that."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kosdata.simulator.shares.issues import BASKET
from kosdata.simulator.shares.listing import universe
from kosdata.simulator.shares.market import Market


def at(text: str) -> datetime:
    """Return a moment in Seoul."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Seoul"))


DAY = date(2024, 1, 5)
FUNDS = [issue.code for issue in universe() if issue.tracker is not None]
PLAIN = [issue.code for issue in universe() if issue.tracker is not None and issue.tracker.times == 1]


@pytest.mark.parametrize("code", FUNDS)
def test_the_close_is_near_the_value(exchange: Market, code: str) -> None:
    history = exchange.nav_history(code, date(2000, 1, 1), date(2026, 12, 31))
    assert np.abs(history["close"] / history["nav"] - 1).max() < 0.01
    assert np.allclose(history["nav_change"][1:], np.diff(history["nav"]), atol=0.005)


@pytest.mark.parametrize("code", ["069500", "122630", "114800", "640080"])
def test_every_trade_is_near_the_value(exchange: Market, code: str) -> None:
    bars = exchange.bars(code, DAY, 600, time(0), time(23, 59))
    value = [exchange.nav(code, at(f"{DAY} 00:00") + end.item())["nav"][0] for end in bars["time"]]
    assert np.abs(bars["close"] / value - 1).max() < 0.01


@pytest.mark.parametrize("code", FUNDS)
def test_the_constituents_are_the_value_of_the_eve(exchange: Market, code: str) -> None:
    day = date(2026, 7, 2)
    parts = exchange.constituents(code, day)
    eve = exchange.nav_close(code, date(2026, 7, 1))["nav"][0]
    assert parts["amount"].sum() / BASKET == pytest.approx(eve, abs=0.02)
    assert parts["weight_pct"].sum() == pytest.approx(100, abs=1)
    assert len(set(parts["isin"])) == len(parts["isin"])


@pytest.mark.parametrize("code", PLAIN)
def test_the_value_is_made_of_the_constituents(exchange: Market, code: str) -> None:
    day = date(2026, 7, 2)
    parts = exchange.constituents(code, day)
    by_isin = {issue.isin: issue.code for issue in universe()}
    worth = parts["amount"][-1]
    for isin, quantity in zip(parts["isin"][:-1], parts["quantity"][:-1], strict=True):
        worth += int(quantity) * int(exchange.close(by_isin[isin], day)["close"][0])
    assert worth / BASKET == pytest.approx(exchange.nav_close(code, day)["nav"][0], abs=0.01)


@pytest.mark.parametrize(("code", "times"), [("122630", 2), ("114800", -1)])
def test_a_leveraged_fund_moves_that_many_times(exchange: Market, code: str, times: int) -> None:
    span = date(2023, 1, 1), DAY
    moves = [exchange.nav_history(each, *span) for each in ("069500", code)]
    plain, leveraged = (move["nav_change"] / (move["nav"] - move["nav_change"]) for move in moves)
    assert np.allclose(leveraged, times * plain, atol=2e-5)


def test_a_fund_follows_its_index(exchange: Market) -> None:
    span = date(2023, 1, 5), date(2023, 12, 28)
    fund = exchange.nav_history("069500", *span)["nav"]
    index = exchange.index_daily("K51", *span, asof=DAY)["close"]
    assert np.allclose(fund / fund[0], index / index[0], rtol=0.01)


def test_values_of_the_day_lead_to_the_close(exchange: Market) -> None:
    early = exchange.nav("069500", at("2024-01-05 08:00"))
    assert early["nav_change"].tolist() == [0]
    assert early["nav"][0] == exchange.nav_close("069500", date(2024, 1, 4))["nav"][0]
    late, close = exchange.nav("069500", at("2024-01-05 17:00")), exchange.nav_close("069500", DAY)
    assert late["nav"][0] == close["nav"][0] == exchange.nav_history("069500", DAY, DAY)["nav"][0]


def test_weeks_end_where_days_do(exchange: Market) -> None:
    days = exchange.nav_history("069500", date(2023, 11, 1), DAY)
    weeks = exchange.nav_history("069500", date(2023, 11, 1), DAY, freq="W")
    at = np.searchsorted(days["date"], weeks["date"])
    assert (days["nav"][at] == weeks["nav"]).all()
    assert weeks["date"][-1] == np.datetime64(DAY)


def test_what_is_no_fund_has_no_value(exchange: Market) -> None:
    assert np.isnan(exchange.nav_close("005930", DAY)["nav"]).all()
    assert exchange.constituents("005930", DAY)["isin"] == []
    assert len(exchange.nav_history("005930", DAY, DAY)["date"]) == 0
