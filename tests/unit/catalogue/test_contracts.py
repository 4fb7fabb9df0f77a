"""Codes of futures and options, against those that the simulated exchange gives out."""

from __future__ import annotations

from datetime import date

import pytest

from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.contracts import (
    OPTION_MARKETS,
    PRODUCTS,
    Month,
    futures_code,
    last_trade_date,
    market_of,
    month_of,
    respelled,
    right_of,
    strike_of,
)
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market

DAY = date(2024, 1, 12)


@pytest.fixture(scope="module")
def exchange() -> Derivatives:
    return Derivatives(0, KRX, Market(0, KRX).underlying)


@pytest.mark.parametrize("name", PRODUCTS)
def test_futures_have_the_codes_months_and_days_of_their_product(exchange: Derivatives, name: str) -> None:
    product = PRODUCTS[name]
    for each in exchange.contracts("futures", name, DAY):
        month = each.series.month
        assert month.month in product.months
        assert last_trade_date(product, month, KRX) == each.series.last_trade_date
        if each.is_connected:
            assert right_of(each.code) is None
            continue
        code = futures_code(product, month)
        assert each.code in (code, respelled(code))
        assert (right_of(code), market_of(code), month_of(code, DAY.year)) == ("future", name, month)
        assert strike_of(code) is None


@pytest.mark.parametrize("name", OPTION_MARKETS)
def test_options_have_the_strikes_that_their_codes_say(exchange: Derivatives, name: str) -> None:
    for each in exchange.contracts("options", name, DAY):
        assert strike_of(each.code) == each.strike / 100
        assert market_of(each.code) == name
        assert right_of(each.code) == {"2": "call", "3": "put"}[each.right]
        assert month_of(each.code, DAY.year) == each.series.month


@pytest.mark.parametrize("code", ["", "005930", "K2FA001", "201S6I1x", "201S6*00", "501S6210", "2AFS6210"])
def test_what_is_no_option_has_no_strike(code: str) -> None:
    assert strike_of(code) is None


def test_codes_change_their_spelling_with_2026() -> None:
    kospi200 = PRODUCTS["kospi200"]
    assert futures_code(kospi200, Month(2025, 12)) == "101WC000"
    assert futures_code(kospi200, Month(2026, 3)) == "A0163000"
    assert respelled(respelled("B0163330")) == "B0163330"


def test_strikes_from_a_thousand_points_on_stand_in_no_new_code() -> None:
    assert (strike_of("B016A350"), strike_of("B016AA03")) == (350.0, None)
    assert strike_of("206V2J25") == 1925.0


def test_weekly_options_are_options_of_no_month_and_market() -> None:
    for code, right in (("B09FEA49", "call"), ("CAFBZA49", "put")):
        assert (right_of(code), month_of(code, 2026), market_of(code), strike_of(code)) == (right, None, None, None)
