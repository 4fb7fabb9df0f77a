"""What codes say by themselves, against those that the simulated exchange gives out."""

from __future__ import annotations

from datetime import date

import pytest

import kosdata as kd
from kosdata.catalogue.codes import DERIVATIVES as MARKETS
from kosdata.catalogue.contracts import OPTION_MARKETS, PRODUCTS
from tests.unit.research.markets import DERIVATIVES

DAY = date(2024, 1, 12)


@pytest.mark.parametrize("market", MARKETS)
def test_futures_of_the_simulated_exchange_are_read(market: str) -> None:
    for each in DERIVATIVES.contracts("futures", market, DAY):
        found = kd.parse_code(each.code, DAY)
        assert (found.product, found.right) == ("futures", "future")
        if market in PRODUCTS:
            assert found.market == market
            assert found.expiry == (None if each.is_connected else each.series.last_trade_date)
        if not each.is_connected:
            assert found.month == f"{each.series.month.year}-{each.series.month.month:02}"


@pytest.mark.parametrize("market", OPTION_MARKETS)
def test_options_of_the_simulated_exchange_are_read(market: str) -> None:
    for each in DERIVATIVES.contracts("options", market, DAY):
        found = kd.parse_code(each.isin, DAY)
        assert (found.code, found.product, found.market) == (each.code, "options", market)
        assert found.right == each.right.name.lower()
        assert (found.expiry, found.strike) == (each.series.last_trade_date, each.strike / 100)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("A005930", ("005930", "stock", None, None, None, None, None)),
        ("005930*001", ("005930", "stock", None, None, None, None, None)),
        ("0037T0", ("0037T0", "stock", None, None, None, None, None)),
        ("k1", ("K1", "index", "kospi", None, None, None, None)),
        ("E60001", ("E60001", "index", None, None, None, None, None)),
        ("GIXFSSX5E", ("GIXFSSX5E", "futures", "eurostoxx", "future", None, None, None)),
        ("111V3000", ("111V3000", "futures", None, "future", "2024-03", None, None)),
        ("401V3V6S", ("401V3V6S", "spread", "kospi200", "spread", "2024-03", date(2024, 3, 14), None)),
        ("A756C000", ("A756C000", "futures", "usd", "future", "2026-12", date(2026, 12, 21), None)),
        ("206V2J25", ("206V2J25", "options", "kosdaq150", "call", "2024-02", date(2024, 2, 8), 1925.0)),
    ],
)
def test_codes_are_read_in_every_spelling(code: str, parts: tuple[object, ...]) -> None:
    found = kd.parse_code(code, DAY)
    if parts[1] == "index":
        assert found[:2] == parts[:2]
        assert found.market is not None
    else:
        assert tuple(found) == parts


def test_letters_of_years_come_back_after_thirty() -> None:
    assert kd.parse_code("101A3000", "2006-01-02").month == "2006-03"
    assert kd.parse_code("101A3000", "2035-01-02").month == "2036-03"


@pytest.mark.parametrize("code", ["SAMSUNG", "ABCDEF", 5930, "593", "", "1234567", None])
def test_what_can_be_no_code_is_said(code: object) -> None:
    with pytest.raises(kd.ArgumentError, match="code"):
        kd.parse_code(code)  # type: ignore[arg-type]
