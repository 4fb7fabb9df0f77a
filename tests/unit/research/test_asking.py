"""What every function does between its arguments and its frame: quota, days, and where a frame came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

import kosdata as kd
from kosdata.errors import QuotaError
from kosdata.research import asking, progress
from kosdata.simulator import Simulator
from kosdata.wire.client import Client
from tests.unit.research.markets import MARKET

NOW = "2024-01-12T18:30"


@contextmanager
def narrow(quota: int) -> Iterator[tuple[Simulator, Client]]:
    """Yield a market of few calls a day, and a client that one of them told so."""
    with Simulator(now=NOW, speed=0, quota=quota) as market, market.client(cache=True, concurrency=1) as client:
        kd.fetch("v3_extra_holiday", nation="KR", client=client)
        yield market, client


@pytest.mark.parametrize(
    ("quota", "start"),
    [
        (4, "2023-09"),  # two lists, two pages and a closing row, and three calls left
        (5, "2023-09"),
        (20, "2004"),
    ],
)
def test_a_job_larger_than_what_is_left_is_refused_before_its_first_request(quota: int, start: str) -> None:
    with narrow(quota) as (market, client):
        before = market.count
        with pytest.raises(QuotaError, match="Nothing was sent"):
            kd.history("247540", start, client=client)
        assert market.count == before


def test_a_job_that_just_fits_is_done() -> None:
    with narrow(6) as (market, client):
        assert len(kd.history("247540", "2023-09", client=client)) == 88
        assert market.count == 6
        assert client.quota().remaining == 0


def test_what_the_cache_has_needs_no_quota() -> None:
    with narrow(6) as (_, client):
        frame = kd.history("247540", "2023-09", client=client)
        client.memo.clear()
        again = kd.history("247540", "2023-10", client=client)
        assert again.equals(frame["2023-10":])
        assert again.attrs["kosdata"]["requests"] == 0


def test_a_part_of_a_job_may_be_done_on_demand() -> None:
    with narrow(5) as (market, client):
        with pytest.raises(QuotaError, match="used up"):
            kd.history("247540", "2022", client=client, allow_partial=True)
        assert market.count == 6  # the last one was told so


@pytest.mark.parametrize("ask", [kd.history, kd.short_selling, kd.foreign_holding])
def test_bars_of_several_codes_are_refused_together(ask: Callable[..., Any]) -> None:
    with narrow(8) as (market, client):
        before = market.count
        with pytest.raises(QuotaError):
            ask(["005930", "000660", "247540"], "2023", client=client)
        assert market.count == before


def test_on_demand_no_step_of_a_job_refuses_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    bars: list[bool | None] = []

    class Bar(progress.Bar):
        def __init__(self, client: Client, wanted: bool | None) -> None:
            bars.append(wanted)
            super().__init__(client, wanted)

    monkeypatch.setattr(asking, "Bar", Bar)
    codes = [issue.code for issue in MARKET.listed("kospi", date(2024, 1, 12))][:101]
    jobs: list[Callable[..., Any]] = [
        lambda **given: kd.history(codes, "2024-01-12", market="kospi", **given),
        lambda **given: kd.history(["005930", "000660"], "2024-01-11", market="kospi", **given),
        lambda **given: kd.join(["005930", "000660"], start="2024-01-11", market="kospi", **given),
        lambda **given: kd.intraday(["101V3000"], start="2024-01-10", **given),
        lambda **given: kd.continuous("kospi200", "2023-12-11", "2023-12-22", **given),
    ]
    for job in jobs:
        with narrow(2) as (market, client):
            before = market.count
            bars.clear()
            with pytest.raises(QuotaError) as caught:
                job(client=client, allow_partial=True, progress=False)
            assert "Nothing was sent" not in str(caught.value)
            assert market.count > before
            assert set(bars) == {False}


def test_a_frame_says_which_columns_have_which_unit() -> None:
    with Simulator(now=NOW, speed=0) as market, market.client() as client:
        mixed = kd.history(["005930", "K1", "K2FA001"], "2024-01-11", client=client)
        assert mixed.attrs["kosdata"]["units"].split("; ") == [
            "won or points: open high low close change",
            "shares or contracts: volume",
            "won: value",
            "contracts: open_interest",
        ]
        flows = kd.investors("005930", client=client)
        assert "net_volume" in flows.attrs["kosdata"]["units"]
        assert kd.listing("konex", client=client).attrs["kosdata"]["units"] == ""
