"""What one sells, another buys."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kosdata.simulator.shares.market import Market


def at(text: str) -> datetime:
    """Return a moment in Seoul."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Seoul"))


DAY = date(2024, 1, 5)
NOON = at("2024-01-05 12:00")
SIDES = ("sell_volume", "sell_value", "buy_volume", "buy_value")


def by_code(columns: dict[str, np.ndarray], name: str) -> dict[str, int]:
    return dict(zip(columns["investor_code"], columns[name].tolist(), strict=True))


@pytest.mark.parametrize("code", ["005930", "000020", "690010", "069500", "650230"])
def test_all_that_is_sold_is_bought(exchange: Market, code: str) -> None:
    found, quote = exchange.investors(code, NOON), exchange.quote(code, NOON)
    assert found["investor_code"] == [f"{number:02}" for number in range(1, 17)]
    for side in SIDES:
        kinds = by_code(found, side)
        assert kinds["08"] == sum(kinds[each] for each in ("01", "02", "03", "04", "05", "06", "07", "13"))
        assert kinds["11"] == kinds["14"] + kinds["15"]
        assert kinds["12"] == kinds["08"] + kinds["09"] + kinds["10"] + kinds["11"]
        assert kinds["16"] == kinds["09"]
        assert min(kinds.values()) >= 0
    for side in ("sell", "buy"):
        assert by_code(found, f"{side}_volume")["12"] == quote["volume"][0]
        assert by_code(found, f"{side}_value")["12"] == quote["value"][0] // 1_000 * 1_000
        assert not (found[f"{side}_value"] % 1_000).any()


def test_everyone_pays_about_the_price(exchange: Market) -> None:
    found, day = exchange.investors("005930", DAY), exchange.close("005930", DAY)
    traded = found["sell_volume"] > 10_000
    price = found["sell_value"][traded] / found["sell_volume"][traded]
    assert ((price > 0.99 * day["low"]) & (price < 1.01 * day["high"])).all()


def test_a_market_is_the_sum_of_its_shares(exchange: Market) -> None:
    shares = [issue.code for issue in exchange.listed("konex", DAY)]
    parts = [exchange.investors(code, NOON) for code in shares]
    whole = exchange.market_investors("konex", NOON)
    for side in SIDES:
        assert (whole[side] == sum(part[side] for part in parts)).all()


def test_a_market_is_its_composite(exchange: Market) -> None:
    market, index = exchange.market_investors("kosdaq", NOON), exchange.index_investors("Q1", NOON)
    assert all((market[side] == index[side]).all() for side in SIDES)


def test_figures_grow_through_the_day(exchange: Market) -> None:
    hours = [exchange.investors("005930", at(f"2024-01-05 {hour:02}:00")) for hour in (8, 10, 13, 16)]
    assert not hours[0]["sell_volume"].any()
    for before, after in itertools.pairwise(hours):
        assert all((before[side] <= after[side]).all() for side in SIDES)


def test_five_members_on_each_side(exchange: Market) -> None:
    found, quote = exchange.members("005930", NOON), exchange.quote("005930", NOON)
    for side in ("sell", "buy"):
        volume = [int(found[f"{side}_volume_{rank}"][0]) for rank in range(1, 6)]
        assert volume == sorted(volume, reverse=True)
        assert sum(volume) <= quote["volume"][0]
        assert len({found[f"{side}_member_{rank}"][0] for rank in range(1, 6)}) == 5
        for rank in range(1, 6):
            price = found[f"{side}_value_{rank}"][0] / found[f"{side}_volume_{rank}"][0]
            assert found[f"{side}_avg_price_{rank}"][0] == pytest.approx(price, abs=1)
            part = 100 * found[f"{side}_volume_{rank}"][0] / quote["volume"][0]
            assert found[f"{side}_weight_{rank}"][0] == pytest.approx(part, abs=0.01)


def test_short_sales_are_a_part_of_the_volume(exchange: Market) -> None:
    span = date(2023, 12, 1), DAY
    short = exchange.short_selling("005930", *span)
    days = exchange.daily("005930", *span, asof=DAY)
    assert (short["date"] == days["date"]).all()
    assert (short["short_volume"] < days["volume"] / 10).all()
    price = short["short_value"] / short["short_volume"]
    assert ((price > days["low"] - 1) & (price < days["high"] + 1)).all()
    assert not (short["lending_balance_value"] % 1_000).any()


def test_foreign_holdings_move_by_their_changes(exchange: Market) -> None:
    held = exchange.foreign_holding("247540", date(2023, 1, 1), DAY)
    assert (np.diff(held["foreign_shares"]) == held["foreign_shares_change"][1:]).all()
    assert ((held["foreign_ratio"] > 0) & (held["foreign_ratio"] < 60)).all()


def test_nothing_happens_in_a_halt(exchange: Market) -> None:
    halted = at("2025-08-20 12:00")
    assert not any(exchange.investors("650230", halted)[side].any() for side in SIDES)
    assert exchange.members("650230", halted)["sell_member_1"] == [None]
    assert exchange.short_selling("650230", halted.date(), halted.date())["short_volume"].tolist() == [0]
