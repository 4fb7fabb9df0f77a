from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError, ConfigError, KosError, QuotaError
from kosdata.simulator import Simulator
from kosdata.wire.client import Client

NOW = "2024-01-12T18:30"
Case = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]

CASES: list[Any] = [
    pytest.param((kd.history, ("005930", "2020"), {}), id="history of one code"),
    pytest.param((kd.history, (["005930", "247540", "069500"], "2021"), {}), id="history of many codes"),
    pytest.param((kd.history, ("690010", "2024-01-02"), {"market": "konex"}), id="history of KONEX"),
    pytest.param((kd.history, ("K1", "2019", "2023"), {}), id="history of an index"),
    pytest.param((kd.history, ("K2FA001", "2022"), {}), id="history of connected futures"),
    pytest.param((kd.history, (["101V3000", "101V6000"], "2024-01-02"), {}), id="history of futures"),
    pytest.param((kd.history, (["005930", "K1"], "2015"), {"freq": "W"}), id="weeks"),
    pytest.param((kd.history, ("005930", "2022"), {"freq": "M", "from_days": True}), id="months of days"),
    pytest.param((kd.history, ("005930", "2023"), {"refresh": True}), id="history past the cache"),
    pytest.param((kd.history, ("005930", "2024-01-06", "2024-01-07"), {}), id="a weekend"),
    pytest.param((kd.intraday, ("005930", "1min"), {"start": "2024-01-08", "end": "2024-01-12"}), id="minutes"),
    pytest.param((kd.intraday, (["005930", "247540"], "10min"), {"date": "2024-01-10"}), id="minutes of many codes"),
    pytest.param((kd.quote, ("005930",), {}), id="quote of one code"),
    pytest.param((kd.quote, (["005930", "000660", "069500", "K1"],), {}), id="quotes"),
    pytest.param((kd.order_book, (["005930", "000660"],), {}), id="order books"),
    pytest.param((kd.close, (["005930", "K1"],), {}), id="closes"),
    pytest.param((kd.board, ("kospi",), {}), id="board"),
    pytest.param((kd.short_selling, (["005930", "247540"], "2022"), {}), id="short selling"),
    pytest.param((kd.foreign_holding, ("005930", "2022"), {}), id="foreign holding"),
    pytest.param((kd.nav_history, ("069500", "2023"), {}), id="nav history"),
    pytest.param((kd.investors, (["005930", "kospi"],), {}), id="investors"),
    pytest.param((kd.listing, ("kospi",), {}), id="listing"),
    pytest.param((kd.master, (["005930", "247540"],), {}), id="master"),
    pytest.param((kd.master, ("005930",), {"fields": ["eps", "per"]}), id="items of a master"),
    pytest.param(
        (kd.fetch, ("v3_closed_kospi_history",), {"code": "005930", "start": "2021-05-01"}), id="fetch of pages"
    ),
    pytest.param((kd.fetch, ("v3_extra_holiday",), {"nation": "KR"}), id="fetch"),
    pytest.param((kd.search, ("삼성",), {}), id="search"),
    pytest.param((kd.panel, ("close", ["005930", "000660"], "2022"), {}), id="panel"),
    pytest.param((kd.panel, ("short_volume", ["005930", "000660"], "2022"), {}), id="panel of short sales"),
    pytest.param((kd.join, ("005930",), {"start": "2022"}), id="join"),
    pytest.param((kd.capabilities, (), {}), id="capabilities"),
]


def _run(case: Case, client: Client) -> None:
    function, args, arguments = case
    function(*args, **arguments, client=client)


def _planned(case: Case, client: Client) -> pd.Series[Any]:
    function, args, arguments = case
    return kd.plan(function, *args, **arguments, client=client)


@pytest.mark.parametrize("case", CASES)
def test_what_is_planned_is_what_is_asked_cold_and_warm(case: Case, market: Simulator, tmp_path: Path) -> None:
    for cache in (tmp_path, False):
        with market.client(cache=cache) as client:
            for _ in range(2):
                before = market.count
                cost = _planned(case, client)
                assert market.count == before, "a plan sent something"
                _run(case, client)
                assert market.count - before == cost["requests"]
                assert cost["fits"] and cost["days"] == min(cost["requests"], 1)


def test_quotes_of_several_markets_are_planned_once_the_lists_are_there(market: Simulator) -> None:
    with market.client(cache=False) as client:
        case: Case = (kd.quote, (["005930", "247540", "069500", "K1"],), {})
        kd.search("x", client=client)
        cost, before = _planned(case, client), market.count
        _run(case, client)
        assert market.count - before == cost["requests"]


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_both_versions_are_planned(api: str) -> None:
    with Simulator(now=NOW, speed=0) as sim, sim.client(cache=True, api=api) as client:
        case: Case = (kd.history, (["005930", "K1"], "2022"), {})
        cost = _planned(case, client)
        _run(case, client)
        assert sim.count == cost["requests"]


def test_a_history_asks_for_two_lists_its_pages_and_one_closing_row() -> None:
    with Simulator(now=NOW, speed=0) as sim, sim.client(cache=True) as client:
        cold = kd.plan(kd.history, ["005930"], "2020", client=client)
        assert cold.to_dict() == {"requests": 2 + 13 + 1, "cached": 0, "left": None, "days": 1, "fits": True}
        kd.history(["005930"], "2020", client=client)
        warm = kd.plan(kd.history, ["005930"], "2020", client=client)
        assert warm.to_dict() == {"requests": 0, "cached": 14, "left": 50_000 - 16, "days": 0, "fits": True}
        assert (cold.name, cold.dtype) == ("plan", object)


def test_a_part_that_is_cached_is_not_paid_again() -> None:
    with Simulator(now=NOW, speed=0) as sim, sim.client(cache=True) as client:
        kd.history("005930", "2022", "2022", client=client)
        cost = kd.plan(kd.history, "005930", "2021", "2023", client=client)
        assert (cost["requests"], cost["cached"]) == (6, 3)


def test_codes_whose_list_is_forgotten_are_found_in_the_cache_of_their_market(market: Simulator) -> None:
    with market.client(cache=True) as client:
        kd.fetch("v3_closed_kosdaq_history", code="247540", start="2022", end="2022", client=client)
        cost = kd.plan(kd.history, "247540", "2022", "2022", client=client)
        assert (cost["requests"], cost["cached"]) == (2, 3)


def test_many_codes_take_the_boards_of_their_market() -> None:
    with Simulator(now="2024-01-12T15:50", speed=0) as sim, sim.client(cache=True) as client:
        codes = kd.listing("kospi", client=client).index[:110].tolist()
        kd.search("x", market="kosdaq", client=client)
        cost = kd.plan(kd.history, codes, "2024-01-02", client=client)
        before = sim.count
        kd.history(codes, "2024-01-02", client=client)
        # What the boards leave open is asked one by one.
        assert cost["requests"] == 113 <= sim.count - before <= 120


@pytest.mark.parametrize(
    ("quota", "days", "fits"),
    [(40, 1, True), (30, 2, False), (10, 4, False), (15, 3, False)],
)
def test_days_are_todays_rest_and_then_the_daily_limit(quota: int, days: int, fits: bool) -> None:
    with Simulator(now=NOW, speed=0, quota=quota) as sim, sim.client(cache=True) as client:
        kd.history("K1", "2023-12-01", "2023-12-28", client=client)  # leaves quota - 1
        cost = kd.plan(kd.history, "K2", "2013", "2023", client=client)
        assert cost["requests"] == 33
        assert (cost["left"], cost["days"], cost["fits"]) == (quota - 1, days, fits)


def test_a_job_larger_than_what_is_left_is_refused_before_anything_is_sent() -> None:
    with Simulator(now=NOW, speed=0, quota=20) as sim, sim.client(cache=True) as client:
        kd.history("005930", "2024-01-02", "2024-01-05", client=client)
        before = sim.count
        assert not kd.plan(kd.history, "005930", "2010", client=client)["fits"]
        with pytest.raises(QuotaError, match="Nothing was sent") as refused:
            kd.history("005930", "2010", client=client)
        assert sim.count == before
        assert (refused.value.limit, refused.value.remaining) == (20, 20 - before)


def test_a_job_too_large_begins_if_it_may() -> None:
    with Simulator(now=NOW, speed=0, quota=20) as sim, sim.client(cache=True) as client:
        kd.history("005930", "2024-01-02", "2024-01-05", client=client)
        with pytest.raises(QuotaError):
            kd.history("005930", "2010", allow_partial=True, client=client)
        assert sim.count >= 20
        # What came is kept: tomorrow goes on from there.
        assert kd.plan(kd.history, "005930", "2010", client=client)["cached"] > 10


@pytest.mark.parametrize("wrong", [print, kd.endpoints, kd.decode, "history", kd.plan.__class__, None, pd.DataFrame()])
def test_what_does_not_ask_the_api_is_refused(wrong: Any, client: Client) -> None:
    with pytest.raises(ArgumentError, match=r"kosdata\.plan\(kosdata\.history"):
        kd.plan(wrong, "005930")


def test_a_wrong_call_is_refused_as_the_call_itself_would_be(client: Client) -> None:
    for arguments in ({"freq": "Y"}, {"on_error": "ignore"}):
        with pytest.raises(ArgumentError):
            kd.plan(kd.history, "005930", "2020", **arguments)
    with pytest.raises(ArgumentError, match="start is missing"):
        kd.plan(kd.history, "005930")


def test_a_code_that_no_list_has_costs_the_lists(market: Simulator) -> None:
    with market.client(cache=True) as client:
        for _ in range(2):
            with pytest.raises(KosError):
                kd.history("999999", "2023", client=client)
        assert kd.plan(kd.history, "999999", "2023", client=client)["requests"] == 0


def test_without_a_key_there_is_no_plan() -> None:
    with Client(env="production") as client, pytest.raises(ConfigError):
        kd.plan(kd.history, "K1", "2023", client=client)


def test_no_bar_is_shown_for_a_plan(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    kd.plan(kd.history, "K1", "2015", progress=True)
    assert capsys.readouterr().err == ""
