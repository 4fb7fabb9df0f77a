from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kosdata as kd
from kosdata.catalogue import contracts
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.codes import CONNECTED
from kosdata.simulator.derivatives.contracts import (
    Contract,
    Listings,
    Month,
    Right,
    Series,
    connected,
    contract,
    isin,
    parse,
)
from kosdata.simulator.derivatives.products import PRODUCTS, Product

LISTINGS = Listings(KRX)
FUTURES = [product for products in PRODUCTS["futures"].values() for product in products]
OPTIONS = [product for products in PRODUCTS["options"].values() for product in products]
K200 = PRODUCTS["futures"]["kospi200"][0]
MINI = PRODUCTS["futures"]["mini_kospi200"][0]
K200_OPTIONS = PRODUCTS["options"]["kospi200"][0]

every_product = pytest.mark.parametrize(
    "product", FUTURES + OPTIONS, ids=lambda product: product.name.replace(" ", "-")
)


def series_of(product: Product, year: int, month: int) -> Series:
    series = LISTINGS.series(product, Month(year, month))
    assert series is not None
    return series


def future(product: Product, year: int, month: int) -> Contract:
    return contract(series_of(product, year, month))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("101S6000", "KR4101S60008"),
        ("101N6000", "KR4101N60009"),
        ("105N3000", "KR4105N30003"),
        ("201N6220", "KR4201N62201"),
        ("201N3240", "KR4201N32402"),
        ("201N3242", "KR4201N32428"),
        ("201S6210", "KR4201S62101"),
        ("201S6212", "KR4201S62127"),
    ],
)
def test_isin_ends_in_the_published_check_digit(code, expected):
    assert isin(code) == expected


def test_futures_are_named_as_published():
    listed = future(K200, 2022, 6)
    assert (listed.code, listed.isin) == ("101S6000", "KR4101S60008")
    assert (listed.name_ko, listed.name_ko_short) == ("KOSPI200 선물 2206", "K200 선물 2206")
    assert listed.koscom_key == "101S6000*005"
    mini = future(MINI, 2018, 3)
    assert (mini.code, mini.name_ko, mini.name_ko_short) == (
        "105N3000",
        "MINI KOSPI200 선물 1803",
        "MINI K200 선물 1803",
    )
    assert mini.koscom_key == "105N3000*103"


def test_options_are_named_as_published():
    call = contract(series_of(K200_OPTIONS, 2018, 3), Right.CALL, 24_250)
    assert (call.code, call.isin, call.koscom_key) == ("201N3242", "KR4201N32428", "201N3242*006")
    assert (call.name_ko, call.name_ko_short) == ("KOSPI 200 콜옵션 1803 242.5", "K200 옵션 1803 C242.5")
    put = contract(series_of(K200_OPTIONS, 2018, 3), Right.PUT, 24_000)
    assert (put.code, put.name_ko, put.name_ko_short) == (
        "301N3240",
        "KOSPI 200 풋옵션 1803 240.0",
        "K200 옵션 1803 P240.0",
    )


def test_a_connected_code_stands_for_a_contract_under_its_names():
    live = future(K200, 2022, 6)
    alias = connected(live)
    assert (alias.code, alias.koscom_key, alias.live_code) == ("K2FA001", "K2FA001", "101S6000")
    assert (alias.isin, alias.name_ko, alias.name_ko_short) == (live.isin, live.name_ko, live.name_ko_short)
    assert alias.is_connected
    assert not live.is_connected


@pytest.mark.parametrize(
    ("year", "month", "letter"),
    [(2006, 3, "A"), (2018, 3, "N"), (2019, 3, "P"), (2025, 3, "W"), (2026, 3, "6"), (2027, 3, "7")],
)
def test_years_are_letters_that_run_out(year, month, letter):
    assert future(K200, year, month).code[3] == letter


@pytest.mark.parametrize(("month", "letter"), [(9, "9"), (10, "A"), (11, "B"), (12, "C")])
def test_months_go_on_in_letters(month, letter):
    assert future(MINI, 2022, month).code[4] == letter


@given(
    product=st.sampled_from(FUTURES + OPTIONS),
    year=st.integers(2006, 2035),
    month=st.integers(1, 12),
    right=st.sampled_from([Right.CALL, Right.PUT]),
    steps=st.integers(1, 140),
)
def test_a_code_says_what_its_contract_is(product, year, month, right, steps):
    series = LISTINGS.series(product, Month(year, month))
    if series is None:
        assert product.terms[month - 1] == 0
        return
    strike = steps * product.strike_step
    right = right if product.strike_step else Right.FUTURE
    code = contract(series, right, strike).code
    assert len(code) == 8
    assert parse(code, product) == (right, Month(year, month), strike)


@every_product
def test_a_code_says_the_same_to_everybody(product):
    known = contracts.PRODUCTS.get("kospi200" if product.market == "cme_kospi200" else product.market)
    right = Right.CALL if product.strike_step else Right.FUTURE
    strike = 13 * product.strike_step
    for months in range(12 * 12):
        series = LISTINGS.series(product, Month(2014, 1).plus(months))
        if series is None:
            assert known is None or product.strike_step or Month(2014, 1).plus(months).month not in known.months
            continue
        parts = kd.parse_code(contract(series, right, strike).code, series.list_date)
        assert parts.month == f"{series.month.year}-{series.month.month:02}"
        assert parts.strike == (strike / 100 if strike else None)
        if known is not None:
            assert (parts.market, parts.expiry) == (known.market, series.last_trade_date)


def test_connected_codes_are_those_of_the_catalogue():
    assert {product.connected: product.market for product in FUTURES if product.connected} == CONNECTED


@pytest.mark.parametrize(
    "code",
    ["", "101S600", "101S60000", "101I6000", "101SD000", "101S6001", "105S6000", "201S6210", "K2FA001", "101S6x00"],
)
def test_a_code_of_something_else_says_nothing(code):
    assert parse(code, K200) is None


@pytest.mark.parametrize("code", ["201S6213", "401S6210", "201S6000", "101S6000", "205S6210"])
def test_a_strike_off_the_grid_says_nothing(code):
    found = parse(code, K200_OPTIONS)
    assert found is None or found[2] == 0


@pytest.mark.parametrize(
    ("product", "month", "listed", "last"),
    [
        (K200, (2022, 6), date(2020, 6, 12), date(2022, 6, 9)),
        (K200, (2018, 6), date(2016, 6, 10), date(2018, 6, 14)),
        (K200_OPTIONS, (2018, 6), date(2016, 6, 10), date(2018, 6, 14)),
    ],
)
def test_dates_are_those_of_published_masters(product, month, listed, last):
    series = series_of(product, *month)
    assert (series.list_date, series.last_trade_date) == (listed, last)


@every_product
def test_series_live_from_session_to_session(product):
    for months in range(12 * 12):
        series = LISTINGS.series(product, Month(2014, 1).plus(months))
        if series is not None:
            assert KRX.is_session(series.last_trade_date)
            assert KRX.is_session(series.list_date)
            assert series.list_date <= series.near_date <= series.last_trade_date


@every_product
def test_every_session_has_one_nearest_series(product):
    spans = list(LISTINGS.between(product, date(2020, 1, 1), date(2023, 12, 31)))
    for one, after in pairwise(spans):
        assert after.near_date == KRX.next_session(one.last_trade_date)
    for day in KRX.sessions(date(2022, 1, 1), date(2022, 12, 31)):
        nearest = LISTINGS.nearest(product, day)
        assert nearest.near_date <= day <= nearest.last_trade_date
        assert nearest == LISTINGS.on(product, day)[0]


def test_seven_quarters_of_the_index_are_listed():
    listed = LISTINGS.on(K200, date(2022, 6, 3))
    assert [series.month.text for series in listed] == [
        "202206", "202209", "202212", "202303", "202306", "202312", "202412",
    ]  # fmt: skip


def test_an_expiry_on_a_closed_day_comes_forward():
    # The third Monday of August 2022 was Liberation Day.
    usd = PRODUCTS["futures"]["usd"][0]
    assert series_of(usd, 2022, 8).last_trade_date == date(2022, 8, 12)


def test_expiries_beyond_the_calendar_fall_on_their_weekday():
    day = KRX.valid_through - timedelta(days=3)
    listed = LISTINGS.on(K200, day)
    assert listed[-1].last_trade_date > KRX.valid_through
    assert all(series.last_trade_date.weekday() <= 3 for series in listed)
