"""Indices are made of their members, and nothing but trading moves them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kosdata.catalogue import codes
from kosdata.simulator.shares.listing import universe
from kosdata.simulator.shares.market import Market


def at(text: str) -> datetime:
    """Return a moment in Seoul."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Seoul"))


DAY = date(2024, 1, 5)
NOON = at("2024-01-05 12:00")
ALL_DAY = time(0), time(23, 59)
COLUMNS = ["date", "close", "change_code", "open", "high", "low", "volume", "value", "change"]


def test_every_published_code_has_members_and_a_level(exchange: Market) -> None:
    published = [row["code"] for row in codes.table("index_codes")]
    assert list(exchange.indices) == published
    for code in published:
        closes = exchange.underlying(code).closes([date(2000, 1, 4), date(2012, 6, 1), DAY])
        assert (closes > 0).all()
        assert len(exchange._engine.indices.members(code, 0))
    with pytest.raises(KeyError):
        exchange.index_close("K999", DAY)


@pytest.mark.parametrize("code", ["K1", "K51", "Q203", "K22", "E60001"])
@pytest.mark.parametrize("seconds", [10, 60, 600])
def test_bars_add_up_to_the_day(exchange: Market, code: str, seconds: int) -> None:
    for day in (DAY, date(2024, 1, 2), date(2014, 5, 2), date(2000, 3, 2)):
        bars, close = exchange.index_bars(code, day, seconds, *ALL_DAY), exchange.index_close(code, day)
        assert bars["open"][0] == close["open"][0]
        assert bars["close"][-1] == close["close"][0]
        assert bars["high"].max() == close["high"][0]
        assert bars["low"].min() == close["low"][0]
        assert bars["volume"].sum() == bars["volume_cum"][-1] == close["volume"][0]
        assert bars["value"].sum() == bars["value_cum"][-1] == close["value"][0]
        assert (bars["open"][1:] == bars["close"][:-1]).all()


def test_volume_and_value_are_those_of_the_members(exchange: Market) -> None:
    shares = [issue.code for issue in exchange.listed("kospi", DAY) if issue.is_stock]
    closes = [exchange.close(code, DAY) for code in shares]
    index = exchange.index_close("K1", DAY)
    assert index["issue_count"][0] == len(shares)
    assert index["volume"][0] == sum(close["volume"][0] for close in closes)
    assert index["value"][0] == sum(close["value"][0] for close in closes)


def test_the_size_is_that_of_the_members(exchange: Market) -> None:
    board = exchange.snapshot("kospi", NOON)
    shares = {issue.code for issue in universe() if issue.is_stock}
    worth = sum(cap for code, cap in zip(board["code"], board["market_cap"], strict=True) if code in shares)
    assert exchange.index_cap("K1", NOON)["market_cap"][0] == worth


@pytest.mark.parametrize("code", ["K1", "Q1"])
def test_no_listing_delisting_or_split_makes_it_jump(exchange: Market, code: str) -> None:
    paths, indices = exchange._engine.paths, exchange._engine.indices
    events = {day for issue in universe() for day in (issue.list_date, issue.delist_date) if day}
    events |= {split.day for issue in universe() for split in issue.splits}
    rows = np.array([row for row, day in enumerate(paths.dates) if day in events and row])
    level, eve = indices.closes(code, rows), indices.closes(code, rows - 1)
    for row, now, before in zip(rows.tolist(), level, eve, strict=True):
        members = indices.members(code, row)
        moves = paths.close[row, members] / paths.base[row, members]
        assert moves.min() - 0.001 <= now / before <= moves.max() + 0.001


def test_a_level_does_not_depend_on_what_is_asked_with_it(exchange: Market) -> None:
    history = exchange.index_daily("K51", date(2023, 9, 1), DAY, asof=DAY)
    for place in (0, 40, -1):
        day = history["date"][place].astype(object)
        alone = Market(indices=[("kospi", "K51", "KOSPI 200")]).index_close("K51", day) if place == 40 else None
        close = alone or exchange.index_close("K51", day)
        assert all(close[name][0] == history[name][place] for name in COLUMNS[1:])


def test_a_change_leads_from_close_to_close(exchange: Market) -> None:
    for freq in ("D", "W", "M"):
        days = exchange.index_daily("Q1", date(2022, 1, 1), DAY, asof=DAY, freq=freq)
        assert list(days) == COLUMNS
        assert np.allclose(days["change"][1:], np.diff(days["close"]), atol=0.005)
        assert (days["low"] <= np.minimum(days["open"], days["close"])).all()
        assert (days["high"] >= np.maximum(days["open"], days["close"])).all()


def test_a_quote_grows_into_the_close(exchange: Market) -> None:
    early, open_ = (exchange.index_quote("K1", at(f"2024-01-05 {hour:02}:00")) for hour in (8, 9))
    assert np.isnat(early["time"][0])
    assert early["volume"][0] == 0
    assert np.isnan(early["open"][0])
    assert open_["price"][0] == open_["open"][0] == exchange.index_close("K1", DAY)["open"][0]
    noon, night = exchange.index_quote("K1", NOON), exchange.index_quote("K1", at("2024-01-05 20:00"))
    assert open_["volume"][0] < noon["volume"][0] < night["volume"][0]
    close = exchange.index_close("K1", DAY)
    assert all(night[name][0] == close[name][0] for name in ("open", "high", "low", "volume", "value", "change"))
    assert night["price"][0] == close["close"][0]
    assert night["time"][0].item() == timedelta(hours=15, minutes=30)


def test_it_stands_still_while_the_close_is_called(exchange: Market) -> None:
    bars = exchange.index_bars("K1", DAY, 10, time(15, 20), time(15, 29, 50))
    assert len(bars["time"]) == 59
    assert bars["volume"].sum() == 0
    assert len(set(bars["close"])) == 1


def test_the_running_bar_is_labelled_by_the_moment(exchange: Market) -> None:
    bars = exchange.index_bars("K1", DAY, 600, *ALL_DAY, until=at("2024-01-05 10:03:20"))
    assert bars["time"][-1].item() == timedelta(hours=10, minutes=3, seconds=20)
    assert len(bars["time"]) == 7
    quote = exchange.index_quote("K1", at("2024-01-05 10:03:20"))
    assert bars["close"][-1] == quote["price"][0]
    assert bars["volume_cum"][-1] == quote["volume"][0]


def test_the_opening_auction_is_expected(exchange: Market) -> None:
    expected = exchange.index_expected("K1", at("2024-01-05 08:50"))
    open_ = exchange.index_close("K1", DAY)["open"][0]
    assert expected["expected_price"][0] == open_
    assert expected["expected_time"][0].item() == timedelta(hours=8, minutes=50)
    assert expected["expected_change_code"] == ["69"]
    assert np.isnan(exchange.index_expected("K1", at("2024-01-05 08:00"))["expected_price"]).all()


def test_contracts_can_be_written_on_it(exchange: Market) -> None:
    for code in ("K51", "005930"):
        level = exchange.underlying(code)
        minutes = level.minutes(DAY)
        assert len(minutes) == 390
        assert minutes[-1] == level.closes([DAY])[0]
    assert exchange.underlying("K51").closes([DAY])[0] == round(100 * exchange.index_close("K51", DAY)["close"][0])
    split = exchange.underlying("005930").closes([date(2018, 4, 27), date(2018, 5, 4)])
    assert 0.7 < split[1] / split[0] < 1.3
