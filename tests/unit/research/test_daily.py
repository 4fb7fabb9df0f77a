"""What is published by day: every row of the span, none before its hour, whatever the pages look like."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.errors import ArgumentError, LicenceError, NotFoundError
from kosdata.research.daily import published
from kosdata.research.instruments import Instrument
from kosdata.research.manner import Manner
from kosdata.research.parts import Part
from kosdata.research.spans import Span
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.conftest import needs_reference, reference
from tests.unit.wire import fakes

TRUTH = Market()
SHORT = ["short_volume", "short_value", "short_balance_qty", "lending_balance_qty", "lending_balance_value"]
FOREIGN = ["foreign_shares", "foreign_shares_change", "foreign_ratio"]
FIRST, LAST = date(2023, 7, 3), date(2024, 1, 12)


def days(body_of: Any, cap: int = 100) -> fakes.Service:
    """Return a service that sends the newest rows of a span, as many as its cap."""

    def answer(target: str, _: int) -> fakes.Sent:
        found = re.search(r"inqStrtDd=(\d{8})&inqEndDd=(\d{8})", target)
        assert found
        first, last = (datetime.strptime(text, "%Y%m%d").date() for text in found.groups())  # noqa: DTZ007
        sessions = KRX.sessions(first, min(last, date(2024, 3, 6)))
        rows = [body_of(int(f"{day:%Y%m%d}")) for day in sessions][-cap:][::-1]
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": rows}})

    return fakes.Service(answer)


def same(frame: pd.DataFrame, truth: dict[str, Any], columns: list[str]) -> None:
    assert frame.columns.tolist() == columns
    assert frame.index.to_numpy().astype("datetime64[D]").tolist() == truth["date"].astype("datetime64[D]").tolist()
    for name in columns:
        if name in truth:
            np.testing.assert_allclose(frame[name].to_numpy(dtype=float), np.asarray(truth[name], dtype=float))


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_rows_are_those_of_the_market(market: Simulator, api: str) -> None:
    eve = date(2024, 1, 11)
    with market.client(api=api) as client:
        short = kd.short_selling("005930", FIRST, LAST, client=client)
        foreign = kd.foreign_holding("005930", FIRST, LAST, client=client)
        nav = kd.nav_history("069500", FIRST, LAST, client=client)
        weeks = kd.nav_history("069500", FIRST, LAST, freq="W", client=client)
    truth = TRUTH.short_selling("005930", FIRST, LAST)
    if api == "v2":
        truth.pop("short_balance_qty")
        assert short["short_balance_qty"].isna().all()
    same(short, truth, SHORT)
    same(foreign, TRUTH.foreign_holding("005930", FIRST, eve), FOREIGN)
    same(nav, TRUTH.nav_history("069500", FIRST, eve), ["nav", "nav_change", "close"])
    # The week of the 12th is not published before the next morning.
    same(weeks, TRUTH.nav_history("069500", FIRST, date(2024, 1, 5), freq="W"), ["nav", "nav_change", "close"])
    assert set(map(str, short.dtypes)) == {"Int64"}


@pytest.mark.parametrize(("hour", "last"), [("17:59", "2024-01-11"), ("18:00", "2024-01-12")])
def test_a_day_of_short_sales_comes_at_its_hour(hour: str, last: str) -> None:
    with Simulator(now=f"2024-01-12T{hour}", speed=0) as sim, sim.client() as client:
        assert kd.short_selling("005930", "2024-01-02", client=client).index[-1] == pd.Timestamp(last)
        if hour == "17:59":
            before = sim.count
            none = kd.short_selling("005930", "2024-01-12", market="kospi", client=client)
            assert "18:00" in none.attrs["kosdata"]["reason"]
            assert none.columns.tolist() == SHORT
            assert sim.count == before


def test_a_list_leads_with_the_code_and_its_pages_travel_together(market: Simulator) -> None:
    with market.client() as client:
        frame = kd.foreign_holding(["005930", "035720"], "2023", client=client)
        assert frame.index.names == ["code", "date"]
        assert kd.foreign_holding(["005930"], period="5d", client=client).index.names == ["code", "date"]
        one = kd.foreign_holding("035720", "2023", client=client)
    pd.testing.assert_frame_equal(frame.loc["035720"], one)


def test_an_empty_span_has_its_columns_and_its_reason(client: Client) -> None:
    frame = kd.short_selling("005930", "2024-01-06", "2024-01-07")
    assert frame.columns.tolist() == SHORT
    assert set(map(str, frame.dtypes)) == {"Int64"}
    assert frame.attrs["kosdata"]["reason"].startswith("holiday")
    assert kd.short_selling(["005930"], "2024-01-06", "2024-01-07").index.names == ["code", "date"]


def test_pages_of_fifty_rows_lose_none() -> None:
    service = days(lambda day: {"trdDd": day, "srtsellTrdVol": day % 100, "lendBalAmt": 5}, cap=50)
    frame = kd.short_selling("005930", "2023-01-02", "2023-12-28", market="kospi", client=fakes.client(service))
    assert len(frame) == len(KRX.sessions(date(2023, 1, 2), date(2023, 12, 28)))
    assert frame.index.is_monotonic_increasing
    assert frame["lending_balance_value"].eq(5_000).all()
    # Two for each third of a year: 85 sessions at most.
    assert len(service.sent) <= 6


def test_a_row_that_is_not_final_is_left_out() -> None:
    # It is noon: the service sends a row of the day all the same.
    service = days(lambda day: {"trdDd": day, "FornHdVol": 1})
    frame = kd.foreign_holding("005930", "2024-03-04", market="kospi", client=fakes.client(service))
    assert frame.index[-1] == pd.Timestamp("2024-03-05")


def test_keys_that_a_row_lacks_are_missing() -> None:
    service = days(lambda day: {"BzDd": day} | ({"FornHdVol": 1} if day % 2 else {}))
    frame = kd.foreign_holding("005930", "2024-02-26", "2024-03-05", market="kospi", client=fakes.client(service))
    assert frame["foreign_shares"].isna().any()
    assert frame["foreign_shares"].notna().any()
    assert frame["foreign_ratio"].isna().all()


@needs_reference
def test_the_documented_rows_are_read() -> None:
    body = reference("examples/v2_stocks_shortsell.json")["body"]
    wire = body["result"]["hisLists"]

    def answer(target: str, _: int) -> fakes.Sent:
        found = re.search(r"inqStrtDd=(\d{8})&inqEndDd=(\d{8})", target)
        assert found
        first, last = map(int, found.groups())
        rows = [row for row in wire if first <= row["BzDd"] <= last]
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": rows}})

    client = fakes.client(answer, api="v2")
    frame = kd.short_selling("005930", "20181001", "20181231", market="kospi", client=client)
    assert frame["lending_balance_value"].tolist() == [row["lendBalAmt"] * 1_000 for row in wire[::-1]]
    assert frame["short_value"].tolist() == [row["srtsellTrdAmt"] for row in wire[::-1]]
    assert frame["short_balance_qty"].isna().all()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"codes": "005930"}, "start is missing"),
        ({"codes": "005930", "start": "2024-02-01"}, "future"),
        ({"codes": "005930", "start": "2024-01-05", "end": "2024-01-02"}, "after end"),
        ({"codes": "005930", "start": "2024", "period": "1y"}, "give one"),
        ({"codes": "K1", "start": "2024"}, "an index"),
        ({"codes": "101S6000", "start": "2024"}, "a future"),
        ({"codes": [], "start": "2024"}, "empty"),
        ({"codes": "005930", "start": "2024", "on_error": "skip"}, "on_error"),
        ({"codes": "005930", "start": "2024", "market": "kospy"}, "kospi"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    client: Client, market: Simulator, given: dict[str, Any], text: str
) -> None:
    before = market.count
    for function in (kd.short_selling, kd.foreign_holding, kd.nav_history):
        with pytest.raises(ArgumentError, match=text):
            function(**given)
    with pytest.raises(ArgumentError, match="freq"):
        kd.nav_history("069500", "2024", freq="Y")  # type: ignore[arg-type]
    assert market.count == before


def test_what_fails_is_listed_or_ends_the_call(client: Client) -> None:
    with pytest.raises(NotFoundError):
        kd.short_selling(["005930", "999999"], "2024")
    frame = kd.short_selling(["005930", "999999"], "2024", on_error="collect")
    assert kd.failures(frame).index.tolist() == ["999999"]
    assert len(frame)


def test_other_modules_ask_for_parts(market: Simulator) -> None:
    with market.client() as client:
        manner = Manner.of(client, on_error="collect")
        asked = [Instrument("069500", "stock", "kospi"), Instrument("100010", "stock", "konex")]
        parts = published("nav_history", asked, Span(date(2024, 1, 2), date(2024, 1, 5)), manner)
    fund = parts["069500"]
    assert isinstance(fund, Part)
    assert fund.frame.columns.tolist() == ["nav", "nav_change", "close"]
    assert isinstance(parts["100010"], ArgumentError)


def test_a_missing_licence_is_said() -> None:
    with (
        Simulator(now="2024-01-12T18:30", speed=0, denied={"extra"}) as sim,
        sim.client() as client,
        pytest.raises(LicenceError, match="extra"),
    ):
        kd.nav_history("069500", "2024", client=client)
