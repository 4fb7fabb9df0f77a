"""The demo never contradicts what kosdata says of the market: ticks, limits, codes and hours."""

from __future__ import annotations

from datetime import date

import pytest

import kosdata as kd
from kosdata.catalogue.codes import DERIVATIVES
from kosdata.catalogue.contracts import OPTION_MARKETS
from kosdata.catalogue.price_rules import MARKETS
from kosdata.frame.price_grid import off_grid
from kosdata.simulator import Simulator
from kosdata.wire.client import Client

TODAY = date(2024, 1, 12)


@pytest.mark.parametrize("floor", DERIVATIVES)
def test_no_contract_has_a_price_off_its_grid(floor: str, client: Client) -> None:
    listed = kd.listing(floor)
    codes = listed.index[listed["product"] != "index"].tolist()
    bars = kd.history(codes[:: max(1, len(codes) // 12)], "2023-12", market=floor)
    assert len(bars) > 50
    minutes = kd.intraday(codes[0], "10min", market=floor)
    for frame in (bars, minutes):
        found = frame.kos.check(market=floor if floor in MARKETS else None)
        assert not found["rule"].isin(["off_tick", "outside", "no_price"]).any()


@pytest.mark.parametrize("floor", OPTION_MARKETS)
def test_no_chain_has_a_price_off_its_grid(floor: str, client: Client) -> None:
    chain = kd.option_chain(floor)
    for name in ("price", "prev_close", "upper_limit", "lower_limit"):
        assert chain[name].notna().any()
        assert not off_grid(chain[name], floor, TODAY, "options").any()
    busiest = chain.reset_index().sort_values("volume")["code"].tolist()[-3:]
    book = kd.order_book(busiest, market=floor).filter(regex=r"^(ask|bid)_price_\d$")
    assert book.notna().to_numpy().any()
    assert not off_grid(book, floor, TODAY, "options").any()


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("005930", {}),
        ("247540", {"market": "kosdaq"}),
        ("069500", {"market": "etf"}),
        ("122630", {"market": "etf", "leverage": 2}),
        ("640050", {"market": "etf", "leverage": -1}),
        ("640160", {"market": "etf"}),
        ("590003", {"market": "etn"}),
    ],
)
def test_masters_tell_the_limits_of_the_rule(code: str, rules: dict, client: Client) -> None:
    master = kd.master(code).iloc[0]
    assert (master["lower_limit"], master["upper_limit"]) == kd.price_limits(master["base_price"], date=TODAY, **rules)


def test_a_stock_goes_farther_on_its_first_day() -> None:
    with Simulator(now="2023-07-27 10:00", speed=0) as simulator, simulator.client() as client:
        master = kd.master("670770", market="kosdaq", client=client).iloc[0]
    limits = kd.price_limits(master["base_price"], "kosdaq", "2023-07-27", first_day=True)
    assert (master["lower_limit"], master["upper_limit"]) == limits


@pytest.mark.parametrize(("day", "hours"), [("2024-01-12", ["1540", "1550"]), ("2023-11-16", ["1640", "1650"])])
def test_lists_tell_when_the_day_is_over(day: str, hours: list[str]) -> None:
    with Simulator(now=f"{day} 10:00", speed=0) as simulator, simulator.client() as client:
        told = kd.listing(["kospi", "kospi200"], client=client)["market_close_time"]
    assert sorted(set(told)) == hours


def test_keys_carry_the_number_that_is_known_of_a_market(client: Client) -> None:
    for code, key in {"005930": "005930*001", "247540": "247540*003", "690010": "690010", "K2FA001": "K2FA001"}.items():
        markets = ["kospi", "kosdaq", "konex", "kospi200"]
        assert kd.listing(markets).loc[code, "koscom_key"] == key
