"""Tick tables and price limits as data: dated, in order, each with its source."""

from __future__ import annotations

from datetime import date

import pytest

import kosdata as kd
from kosdata.catalogue import price_rules
from kosdata.catalogue.codes import DERIVATIVES, table

TABLES = sorted({(row["market"], row["product"]) for row in table("tick_sizes")})
LIMITS = sorted({(row["market"], row["day"]) for row in table("price_limits")})


@pytest.mark.parametrize("name", ["tick_sizes", "price_limits"])
def test_every_rule_has_its_source(name: str) -> None:
    for row in table(name):
        assert len(row["source"]) > 10
        assert row["assumed"] in ("", "Y")


@pytest.mark.parametrize(("market", "product"), TABLES)
def test_tables_of_a_market_follow_each_other(market: str, product: str) -> None:
    found = price_rules.tick_tables(market, product or "futures")
    assert [each.since for each in found] == sorted({each.since for each in found})


@pytest.mark.parametrize(("market", "product"), TABLES)
def test_a_band_begins_on_the_grid_of_both_sides(market: str, product: str) -> None:
    for each in price_rules.tick_tables(market, product or "futures"):
        floors, steps = zip(*each.bands, strict=True)
        assert floors[0] == 0
        assert list(floors) == sorted(set(floors))
        for floor, below, above in zip(floors[1:], steps, steps[1:], strict=False):
            assert floor % below == floor % above == 0
            assert above % below == 0 or market == "mini_kospi200"


@pytest.mark.parametrize(("market", "day"), LIMITS)
def test_limits_only_ever_widened(market: str, day: str) -> None:
    found = price_rules.price_limits(market, first_day=day == "first")
    assert [each.since for each in found] == sorted({each.since for each in found})
    assert [each.up for each in found] == sorted({each.up for each in found})


@pytest.mark.parametrize(
    ("market", "day", "percent"),
    [
        ("kospi", date(1998, 12, 6), 12),
        ("kospi", date(2015, 6, 14), 15),
        ("kospi", date(2015, 6, 15), 30),
        ("kosdaq", date(2005, 3, 27), 12),
        ("kosdaq", date(2005, 3, 28), 15),
        ("konex", date(2024, 1, 2), 15),
    ],
)
def test_the_limit_of_the_day(market: str, day: date, percent: int) -> None:
    rule = [each for each in price_rules.price_limits(market) if each.since <= day][-1]
    assert rule.down == rule.up == percent


@pytest.mark.parametrize("market", price_rules.MARKETS)
def test_a_market_with_ticks_is_one_of_the_api_or_a_kind_of_fund(market: str) -> None:
    assert market in {"kospi", "kosdaq", "konex", "etf", "etn", "elw", *DERIVATIVES}


@pytest.mark.parametrize(
    ("market", "product", "said"),
    [
        ("kosdak", "futures", "Did you mean kosdaq"),
        ("usd", "options", "product='options' is not known of usd"),
        ("sector", "futures", "kosdata.master"),
    ],
)
def test_a_market_without_a_table_is_said(market: str, product: str, said: str) -> None:
    with pytest.raises(kd.ArgumentError, match=said):
        price_rules.tick_tables(market, product)


@pytest.mark.parametrize(
    ("market", "first_day", "said"),
    [
        ("elw", False, "no daily limit"),
        ("kospi200", False, "steps"),
        ("konex", True, "leave first_day out"),
        ("moon", False, "Known: kospi"),
    ],
)
def test_prices_without_a_limit_are_said(market: str, first_day: bool, said: str) -> None:
    with pytest.raises(kd.ArgumentError, match=said):
        price_rules.price_limits(market, first_day=first_day)


def test_the_tables_are_frames_too() -> None:
    assert kd.code_table("tick_sizes")["source"].str.len().min() > 10
    assert set(kd.code_table("price_limits")["day"]) == {"ordinary", "first"}
