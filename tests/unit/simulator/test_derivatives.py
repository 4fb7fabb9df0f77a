from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest

from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.seoul import SEOUL
from kosdata.simulator.derivatives import pricing
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.derivatives.participants import INVESTORS
from kosdata.simulator.derivatives.products import PRODUCTS
from kosdata.simulator.derivatives.walks import WALKS

FUTURES_MARKETS = list(PRODUCTS["futures"])
OPTIONS_MARKETS = list(PRODUCTS["options"])


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2024, 3, day, hour, minute, second, tzinfo=SEOUL)


DAY = date(2024, 3, 5)
MORNING = at(5, 10, 3, 20)
EVENING = at(5, 18)
ALL_DAY = (time(0, 0), time(23, 59))


class Zigzag:
    """A level that goes straight from close to close, up and down over five weeks."""

    def __init__(self, mean: int) -> None:
        self.mean = mean

    def closes(self, days: Sequence[date]) -> np.ndarray:
        return np.array([self.level(day) for day in days], dtype=np.int64)

    def minutes(self, day: date) -> np.ndarray:
        hours = KRX.hours(day)
        count = (hours.close.hour - hours.open.hour) * 60 + hours.close.minute - hours.open.minute
        eve, close = self.level(day - timedelta(days=1)), self.level(day)
        return eve + (close - eve) * np.arange(1, count + 1) // count

    def level(self, day: date) -> int:
        return self.mean + self.mean * (abs(day.toordinal() * 7 % 71 - 35) - 17) // 400


MEANS = {"K51": 35_000, "Q203": 130_000, "005930": 7_000_000}


def make(seed: int = 0) -> Derivatives:
    return Derivatives(seed, KRX, lambda code: Zigzag(MEANS.get(code, 100_000)))


@pytest.fixture(scope="module")
def market() -> Derivatives:
    return make()


def digest(*answers: dict) -> str:
    found = sha256()
    for answer in answers:
        for name, column in answer.items():
            found.update(name.encode())
            found.update(column.tobytes() if isinstance(column, np.ndarray) else repr(column).encode())
    return found.hexdigest()[:16]


def base_price(market: Derivatives, kind: str, name: str, code: str, day: date) -> float:
    """Return the price before the first trade."""
    dawn = datetime.combine(day, time(7), tzinfo=SEOUL)
    return market.quote(kind, name, code, dawn)["price"][0]


def at_the_money(market: Derivatives, right: str, day: date = DAY, name: str = "kospi200"):
    listed = [each for each in market.contracts("options", name, day) if each.right == right]
    level = Zigzag(MEANS["K51"]).level(day)
    first = [each for each in listed if each.series == listed[0].series]
    return min(first, key=lambda each: abs(each.strike - level))


# Listing


def test_the_connected_code_is_a_second_row_of_the_nearest_contract(market):
    listed = market.contracts("futures", "kospi200", date(2022, 6, 2))
    assert [each.code for each in listed[:3]] == ["101S6000", "K2FA001", "101S9000"]
    live, alias = listed[:2]
    assert alias.live_code == live.code
    assert (alias.isin, alias.name_ko, alias.name_ko_short) == (live.isin, live.name_ko, live.name_ko_short)
    assert (live.koscom_key, alias.koscom_key) == ("101S6000*005", "K2FA001")


@pytest.mark.parametrize("name", FUTURES_MARKETS)
def test_every_futures_market_lists_contracts_that_can_be_found(market, name):
    listed = market.contracts("futures", name, DAY)
    assert len({each.code for each in listed}) == len(listed)
    assert all(market.contract("futures", name, each.code, DAY) == each for each in listed)
    has_alias = name not in {"sector", "stock"}
    assert sum(each.is_connected for each in listed) == has_alias


@pytest.mark.parametrize("name", OPTIONS_MARKETS)
def test_every_options_market_lists_contracts_that_can_be_found(market, name):
    listed = market.contracts("options", name, DAY)
    assert len({each.code for each in listed}) == len(listed)
    assert all(market.contract("options", name, each.code, DAY) == each for each in listed[::7])
    calls = {(each.series.month, each.strike) for each in listed if each.right == "2"}
    puts = {(each.series.month, each.strike) for each in listed if each.right == "3"}
    assert calls == puts


def test_strikes_surround_the_level_and_stay_until_expiry(market):
    codes = [{each.code for each in market.contracts("options", "kospi200", day)} for day in (date(2024, 2, 14), DAY)]
    gone = codes[0] - codes[1]
    assert not gone
    level = Zigzag(MEANS["K51"]).level(DAY)
    strikes = {each.strike for each in market.contracts("options", "kospi200", DAY)}
    assert sum(strike < level for strike in strikes) >= 10
    assert sum(strike > level for strike in strikes) >= 10
    assert all(strike % 250 == 0 for strike in strikes)


def test_an_expired_contract_is_still_known(market):
    assert market.contract("futures", "kospi200", "101S6000", DAY).series.last_trade_date == date(2022, 6, 9)
    assert market.contract("futures", "kospi200", "101S6000", date(2019, 1, 2)) is None


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        ("futures", "kospi200", "999"),
        ("futures", "nowhere", "101S6000"),
        ("options", "kospi200", "201V3900"),
        ("options", "usd", "K2FA001"),
    ],
)
def test_what_does_not_exist_is_none_and_has_no_records(market, kind, name, code):
    assert market.contract(kind, name, code, DAY) is None
    with pytest.raises(LookupError):
        market.quote(kind, name, code, MORNING)


def test_an_expired_contract_has_a_past_and_no_present(market):
    assert len(market.daily("futures", "kospi200", "101S6000", date(2022, 6, 2), DAY)["date"]) == 5
    with pytest.raises(LookupError, match="expired"):
        market.quote("futures", "kospi200", "101S6000", MORNING)


def test_a_share_without_a_price_has_no_futures():
    market = Derivatives(0, KRX, lambda code: Zigzag(0 if code == "005930" else 100_000))
    assert {each.code[:3] for each in market.contracts("futures", "stock", DAY)} == {"116", "147", "150", "153"}
    assert market.contract("futures", "stock", "111V3000", DAY) is None


def test_a_market_that_is_not_there_lists_nothing(market):
    assert market.contracts("options", "usd", DAY) == []


# Days


def test_a_day_is_one_shape_for_all(market):
    found = market.daily("futures", "kospi200", "K2FA001", date(2024, 2, 26), DAY)
    assert list(found) == [
        "date", "close", "change_code", "open", "high", "low", "volume", "value", "open_interest", "change",
    ]  # fmt: skip
    assert found["date"].dtype == "datetime64[D]"
    assert all(found[name].dtype == "float64" for name in ("close", "open", "high", "low", "change"))
    assert all(found[name].dtype == "int64" for name in ("volume", "value", "open_interest"))
    assert found["date"].tolist() == KRX.sessions(date(2024, 2, 26), DAY)


def test_no_days_have_the_same_columns(market):
    some = market.daily("futures", "kospi200", "K2FA001", DAY, DAY)
    none = market.daily("futures", "kospi200", "K2FA001", date(2024, 3, 2), date(2024, 3, 3))
    before = market.daily("futures", "kospi200", "101V3000", date(2015, 1, 1), date(2015, 2, 1))
    for empty in (none, before):
        assert list(empty) == list(some)
        assert [getattr(column, "dtype", list) for column in empty.values()] == [
            getattr(column, "dtype", list) for column in some.values()
        ]
        assert not len(empty["date"])


def test_a_liquid_day_starts_where_the_day_before_settled(market):
    found = market.daily("futures", "kospi200", "101V3000", date(2024, 1, 2), DAY)
    assert np.allclose(found["close"][1:] - found["change"][1:], found["close"][:-1])
    assert [{"2": 1, "3": 0, "5": -1}[code] for code in found["change_code"]] == np.sign(found["change"]).tolist()


@pytest.mark.parametrize("name", FUTURES_MARKETS)
def test_prices_lie_on_ticks_between_low_and_high(market, name):
    product = PRODUCTS["futures"][name][0]
    code = market.contracts("futures", name, DAY)[0].code
    found = market.daily("futures", name, code, date(2024, 1, 2), DAY)
    for column in ("open", "high", "low", "close"):
        hundredths = np.round(found[column] * 100).astype(int)
        assert (pricing.floor_to_tick(hundredths, product.ladder(DAY)) == hundredths).all()
        assert (found["low"] <= found[column]).all()
        assert (found[column] <= found["high"]).all()
    assert found["volume"].any()


def test_futures_follow_what_they_are_written_on(market):
    days = KRX.sessions(date(2024, 1, 2), date(2024, 3, 14))
    found = market.daily("futures", "kospi200", "101V3000", days[0], days[-1])
    levels = Zigzag(MEANS["K51"]).closes(days) / 100
    assert (abs(found["close"] / levels - 1) < 0.01).all()
    assert found["close"][-1] == pytest.approx(levels[-1], abs=0.05)


def test_a_connected_code_splices_the_nearest_contracts(market):
    spliced = market.daily("futures", "kospi200", "K2FA001", date(2024, 3, 11), date(2024, 3, 19))
    march = market.daily("futures", "kospi200", "101V3000", date(2024, 3, 11), date(2024, 3, 19))
    june = market.daily("futures", "kospi200", "101V6000", date(2024, 3, 15), date(2024, 3, 19))
    assert march["date"][-1] == np.datetime64("2024-03-14")
    for name in spliced:
        assert list(spliced[name]) == [*march[name], *june[name]]


def test_open_interest_is_built_up_by_trades_and_falls_into_expiry(market):
    found = market.daily("futures", "kospi200", "101V6000", date(2023, 1, 1), date(2024, 6, 13))
    held, traded = found["open_interest"], found["volume"]
    assert (abs(np.diff(held)) <= traded[1:]).all()
    assert held[0] == 0 < held[3 * len(held) // 4] < held.max()
    assert held[-1] < held.max() // 2


def test_an_option_without_trades_repeats_its_base_price(market):
    deep = next(each for each in market.contracts("options", "kospi200", DAY) if each.right == "2")
    found = market.daily("options", "kospi200", deep.code, date(2024, 2, 26), DAY)
    assert not found["volume"].any()
    assert set(found["change_code"]) == {"0"}
    assert not found["change"].any()
    for name in ("open", "high", "low"):
        assert (found[name] == found["close"]).all()
    base = market.master("options", "kospi200", deep.code, DAY)["base_price"]
    assert found["close"][-1] == base[0]


@pytest.mark.parametrize(("freq", "dates"), [("W", ["2024-02-23", "2024-02-29", "2024-03-08"]), ("M", ["2024-02-29"])])
def test_longer_bars_are_whole_and_end_on_a_session(market, freq, dates):
    found = market.daily("futures", "kospi200", "101V6000", date(2024, 2, 21), date(2024, 3, 10), freq=freq)
    days = market.daily("futures", "kospi200", "101V6000", date(2024, 1, 1), date(2024, 3, 31))
    assert found["date"].astype(str).tolist()[0] == dates[0]
    last = found["date"][0]
    first = np.datetime64("2024-02-19" if freq == "W" else "2024-02-01")
    inside = (days["date"] >= first) & (days["date"] <= last)
    assert found["open"][0] == days["open"][inside][0]
    assert found["high"][0] == days["high"][inside].max()
    assert found["low"][0] == days["low"][inside].min()
    assert found["volume"][0] == days["volume"][inside].sum()
    assert found["open_interest"][0] == days["open_interest"][inside][-1]


def test_the_present_day_is_unfinished(market):
    code, span = "101V3000", (date(2024, 3, 4), date(2024, 3, 8))
    running = market.daily("futures", "kospi200", code, *span, until=MORNING)
    quote = market.quote("futures", "kospi200", code, MORNING)
    assert running["date"].astype(str).tolist() == ["2024-03-04", "2024-03-05"]
    for name, of in (
        ("close", "price"),
        ("open", "open"),
        ("high", "high"),
        ("low", "low"),
        ("volume", "volume"),
        ("value", "value"),
    ):
        assert running[name][-1] == quote[of][0]
    early = market.daily("futures", "kospi200", code, *span, until=at(5, 8))
    assert early["date"].astype(str).tolist() == ["2024-03-04"]
    late = market.daily("futures", "kospi200", code, *span, until=EVENING)
    whole = market.daily("futures", "kospi200", code, span[0], DAY)
    assert digest(late) == digest(whole)


# Bars


@pytest.mark.parametrize("seconds", [10, 60, 600])
@pytest.mark.parametrize("day", [DAY, date(2023, 7, 28), date(2022, 11, 17)], ids=["early", "nine", "exam"])
def test_bars_add_up_to_the_day(market, seconds, day):
    for kind, code in (("futures", "K2FA001"), ("options", at_the_money(market, "2", day).code)):
        bars = market.bars(kind, "kospi200", code, day, seconds, *ALL_DAY)
        whole = market.close(kind, "kospi200", code, day)
        assert bars["open"][0] == whole["open"][0]
        assert bars["close"][-1] == whole["close"][0]
        assert bars["high"].max() == whole["high"][0]
        assert bars["low"].min() == whole["low"][0]
        assert bars["volume"].sum() == bars["volume_cum"][-1] == whole["volume"][0]
        assert bars["value"].sum() == bars["value_cum"][-1] == whole["value"][0]
        steps = np.diff(bars["time"].astype(int)) // 1_000_000
        assert set(steps[:-1].tolist()) == {seconds}
        assert bars["time"][-1] == np.timedelta64((16 if day.month == 11 else 15) * 60 + 45, "m")


def test_bars_are_labelled_by_their_end(market):
    bars = market.bars("futures", "kospi200", "K2FA001", DAY, 600, *ALL_DAY)
    labels = [str(timedelta(microseconds=int(label))) for label in bars["time"].astype(int)]
    assert (labels[0], labels[-1], len(labels)) == ("8:55:00", "15:45:00", 42)
    older = market.bars("futures", "kospi200", "K2FA001", date(2023, 7, 28), 600, *ALL_DAY)
    assert older["time"][0] == np.timedelta64(9 * 60 + 10, "m")


def test_windows_of_bars_tile_the_session(market):
    whole = market.bars("futures", "kospi200", "K2FA001", DAY, 60, *ALL_DAY)
    edges = [time(8, 45), time(10, 0), time(11, 40), time(13, 20), time(15, 0), time(15, 45)]
    parts = [market.bars("futures", "kospi200", "K2FA001", DAY, 60, start, end) for start, end in pairwise(edges)]
    for name, column in whole.items():
        assert np.array_equal(column, np.concatenate([part[name] for part in parts]))


def test_the_closing_auction_stands_alone_after_ten_quiet_minutes(market):
    bars = market.bars("futures", "kospi200", "K2FA001", DAY, 60, time(15, 35), time(15, 45))
    assert bars["volume"][:-1].tolist() == [0] * 9
    assert bars["volume"][-1] > 0
    assert (bars["open"][:-1] == bars["close"][:-1]).all()


def test_the_running_bar_ends_with_the_last_trade(market):
    bars = market.bars("futures", "kospi200", "K2FA001", DAY, 600, *ALL_DAY, until=MORNING)
    quote = market.quote("futures", "kospi200", "K2FA001", MORNING)
    assert bars["time"][-1] == quote["time"][0]
    assert bars["volume_cum"][-1] == quote["volume"][0]
    assert bars["close"][-1] == quote["price"][0]
    finished = market.bars("futures", "kospi200", "K2FA001", DAY, 600, *ALL_DAY)
    assert np.array_equal(bars["volume"][:-1], finished["volume"][: len(bars["volume"]) - 1])


def test_minutes_of_ten_seconds_are_minutes(market):
    fine = market.bars("futures", "kospi200", "K2FA001", DAY, 10, *ALL_DAY)
    coarse = market.bars("futures", "kospi200", "K2FA001", DAY, 60, *ALL_DAY)
    assert np.array_equal(fine["volume"].reshape(-1, 6).sum(axis=1), coarse["volume"])
    traded = np.where(fine["volume"] > 0, fine["high"], 0)
    assert np.array_equal(traded.reshape(-1, 6).max(axis=1)[:-10], coarse["high"][:-10])


def test_there_are_no_bars_without_trades(market):
    deep = next(each for each in market.contracts("options", "kospi200", DAY) if each.right == "2")
    for kind, code, day in (("options", deep.code, DAY), ("futures", "K2FA001", date(2024, 3, 2))):
        bars = market.bars(kind, "kospi200", code, day, 60, *ALL_DAY)
        assert [len(column) for column in bars.values()] == [0] * 9


def test_trades_are_worth_their_price_times_size(market):
    trades = market.trades("futures", "kospi200", "K2FA001", DAY)
    value = np.round(trades["price"] * 100).astype(np.int64) * trades["size"] * 250_000 // 100
    assert value.sum() == market.close("futures", "kospi200", "K2FA001", DAY)["value"][0]
    assert (np.diff(trades["time"].astype(int)) > 0).all()
    assert set(trades["last_side"]) == {"1", "2"}


# Options


@pytest.mark.parametrize("name", OPTIONS_MARKETS)
def test_a_call_less_a_put_is_the_forward_less_the_strike(market, name):
    day = date(2024, 2, 27)
    product = PRODUCTS["options"][name][0]
    listed = market.contracts("options", name, day)
    first = [each for each in listed if each.series.month == (2024, 3)]
    (future,) = (
        each
        for each in market.contracts("futures", name, day)
        if each.series.month == (2024, 3) and not each.is_connected
    )
    forward = base_price(market, "futures", name, future.code, day)
    base = {(each.right, each.strike): base_price(market, "options", name, each.code, day) for each in first}
    ladder = product.ladder(day)
    tick = ladder[-1][1] / 100
    for (right, strike), price in base.items():
        if right == "2" and min(price, base["3", strike]) > ladder[0][1] / 100:
            assert price - base["3", strike] == pytest.approx(forward - strike / 100, abs=tick + 1e-9)


def test_calls_fall_and_puts_rise_with_the_strike(market):
    listed = [each for each in market.contracts("options", "kospi200", DAY) if each.series.month == (2024, 6)]
    for right, sign in (("2", -1), ("3", 1)):
        prices = [base_price(market, "options", "kospi200", each.code, DAY) for each in listed if each.right == right]
        assert (np.diff(prices) * sign >= 0).all()


def test_trade_is_at_the_money(market):
    near = at_the_money(market, "2")
    far = next(each for each in market.contracts("options", "kospi200", DAY) if each.right == "2")
    assert market.close("options", "kospi200", near.code, DAY)["volume"][0] > 1_000
    assert market.close("options", "kospi200", far.code, DAY)["volume"][0] == 0


# The present


def test_a_quote_of_a_future(market):
    quote = market.quote("futures", "kospi200", "K2FA001", MORNING)
    assert list(quote) == [
        "code", "price", "open", "high", "low", "volume", "time", "size", "last_side", "value", "near_month_price",
        "far_month_price", "block_volume_cum", "realtime_upper_limit", "realtime_lower_limit", "signal",
    ]  # fmt: skip
    assert quote["code"] == ["101V3000"]
    assert quote["near_month_price"][0] == quote["price"][0]
    assert quote["time"][0] <= np.timedelta64(10 * 3600 + 3 * 60 + 20, "s")
    assert quote["signal"] == [None]
    band = quote["realtime_lower_limit"][0], quote["realtime_upper_limit"][0]
    assert band == pytest.approx((quote["price"][0] * 0.99, quote["price"][0] * 1.01), abs=0.05)


def test_a_quote_of_an_option_tells_the_close_by_a_signal(market):
    code = at_the_money(market, "3").code
    running = market.quote("options", "kospi200", code, MORNING)
    closed = market.quote("options", "kospi200", code, EVENING)
    assert running["signal"] == [None]
    assert not np.isnat(running["time"][0])
    assert closed["signal"] == ["31000000"]
    assert np.isnat(closed["time"][0])
    assert closed["isin"][0].startswith("KR4301V3")
    assert closed["price"][0] == market.close("options", "kospi200", code, DAY)["close"][0]


def test_an_untraded_option_is_quoted_at_its_base_price(market):
    deep = next(each for each in market.contracts("options", "kospi200", DAY) if each.right == "2")
    quote = market.quote("options", "kospi200", deep.code, MORNING)
    master = market.master("options", "kospi200", deep.code, DAY)
    assert {quote[name][0] for name in ("price", "open", "high", "low")} == {master["base_price"][0]}
    assert (quote["volume"][0], quote["size"][0], quote["value"][0], quote["last_side"]) == (0, 0, 0, ["0"])
    assert np.isnat(quote["time"][0])
    assert quote["realtime_upper_limit"][0] == master["upper_limit_1"][0]
    assert quote["realtime_lower_limit"][0] == master["lower_limit_1"][0]


def test_at_night_the_session_before_is_shown(market):
    friday, weekend = at(8, 20), at(10, 12)
    monday = at(11, 6, 29)
    quotes = [market.quote("futures", "kospi200", "K2FA001", now) for now in (friday, weekend, monday)]
    assert len({digest(quote) for quote in quotes}) == 1
    fresh = market.quote("futures", "kospi200", "K2FA001", at(11, 6, 30))
    assert (fresh["volume"][0], fresh["price"][0]) == (0, quotes[0]["price"][0])


@pytest.mark.parametrize("now", [MORNING, EVENING])
def test_a_book_surrounds_the_last_trade(market, now):
    book = market.book("futures", "kospi200", "K2FA001", now)
    quote = market.quote("futures", "kospi200", "K2FA001", now)
    asks = [book[f"ask_price_{level}"][0] for level in range(1, 6)]
    bids = [book[f"bid_price_{level}"][0] for level in range(1, 6)]
    assert np.allclose(np.diff([*bids[::-1], *asks]), 0.05)
    assert quote["price"][0] in {asks[0], bids[0]}
    for side in ("ask", "bid"):
        sizes = [book[f"{side}_size_{level}"][0] for level in range(1, 6)]
        counts = [book[f"{side}_count_{level}"][0] for level in range(1, 6)]
        assert all(0 < count <= size for count, size in zip(counts, sizes, strict=True))
        assert book[f"{side}_size_total"][0] >= sum(sizes)
        assert sum(counts) <= book[f"{side}_count_total"][0] <= book[f"{side}_size_total"][0]
    assert book["expected_price"][0] == (quote["open"][0] if now == MORNING else quote["price"][0])
    assert len(book) == 1 + 30 + 6


def test_a_book_is_empty_before_the_session(market):
    book = market.book("futures", "kospi200", "K2FA001", at(5, 8))
    assert np.isnan(book["ask_price_1"][0])
    assert (book["ask_size_1"][0], book["bid_size_total"][0]) == (0, 0)
    assert np.isnat(book["order_time"][0])


def test_nobody_stands_close_to_an_untraded_option(market):
    deep = next(each for each in market.contracts("options", "kospi200", DAY) if each.right == "2")
    book = market.book("options", "kospi200", deep.code, MORNING)
    master = market.master("options", "kospi200", deep.code, DAY)
    assert (
        master["lower_limit_1"]
        < book["bid_price_1"]
        < master["base_price"]
        < book["ask_price_1"]
        < master["upper_limit_1"]
    )
    assert np.isnan(book["ask_price_2"][0])
    assert (book["ask_size_1"][0], book["ask_size_2"][0]) == (10, 0)


# Masters


def test_a_master_of_a_future_is_made_as_published(market):
    master = market.master("futures", "kospi200", "K2FA001", date(2022, 6, 2))
    assert len(master) == 38
    assert master["code"] == ["101S6000"]
    assert master["days_to_expiry"][0] == 8
    assert master["list_date"][0] == np.datetime64("2020-06-12")
    assert master["last_trade_date"][0] == np.datetime64("2022-06-09")
    assert (master["expiry_month"], master["underlying"], master["multiplier"][0]) == (
        ["202206"],
        ["KOSPI200"],
        250_000,
    )
    assert np.isnan(master["base_theo_price"][0])
    assert master["open_interest_limit"] == [None]


def test_a_master_of_an_option_has_a_strike_and_a_volatility(market):
    option = at_the_money(market, "2")
    master = market.master("options", "kospi200", option.code, DAY)
    assert len(master) == 39
    assert master["strike"][0] == option.strike / 100
    assert 5 < master["implied_vol"][0] < 60
    assert master["base_theo_price"][0] == pytest.approx(master["base_price"][0], abs=0.05)


def test_a_master_remembers_the_extremes(market):
    master = market.master("futures", "kospi200", "101V3000", DAY)
    life = market.daily("futures", "kospi200", "101V3000", date(2023, 1, 1), DAY - timedelta(days=1))
    traded = life["volume"] > 0
    assert master["lifetime_high"][0] == life["high"][traded].max()
    assert master["lifetime_low"][0] == life["low"][traded].min()
    year = traded & (life["date"] >= np.datetime64("2024-01-01"))
    assert master["year_high"][0] == life["high"][year].max()
    assert life["high"][life["date"] == master["lifetime_high_date"][0]][0] == master["lifetime_high"][0]
    assert master["prev_close"][0] == life["close"][-1]
    assert master["prev_open_interest"][0] == life["open_interest"][-1]


@pytest.mark.parametrize(("kind", "names"), [("futures", FUTURES_MARKETS), ("options", OPTIONS_MARKETS)])
def test_no_price_lies_beyond_the_widest_limit(market, kind, names):
    for name in names:
        listed = market.contracts(kind, name, DAY)
        for each in listed[:: max(1, len(listed) // 3)]:
            master = market.master(kind, name, each.code, DAY)
            limits = [
                master[f"{side}_limit_{step}"][0]
                for side, step in zip(["lower"] * 3 + ["upper"] * 3, [3, 2, 1, 1, 2, 3], strict=True)
            ]
            assert limits == sorted(limits)
            assert limits[2] <= master["base_price"][0] <= limits[3]
            whole = market.close(kind, name, each.code, DAY)
            assert limits[0] <= whole["low"][0] <= whole["high"][0] <= limits[-1]


def test_the_limits_are_rounded_into_the_move(market):
    master = market.master("futures", "kospi200", "101V3000", DAY)
    base = master["base_price"][0]
    for step, share in ((1, 0.08), (2, 0.15), (3, 0.2)):
        assert base * (1 + share) - 0.05 < master[f"upper_limit_{step}"][0] <= base * (1 + share) + 1e-9
        assert base * (1 - share) - 1e-9 <= master[f"lower_limit_{step}"][0] < base * (1 - share) + 0.05


def test_prices_are_held_within_the_limits_when_the_level_crashes():
    class Crash(Zigzag):
        def level(self, day: date) -> int:
            return 35_000 if day < DAY else 24_000

    market = Derivatives(0, KRX, lambda _: Crash(0))
    row = market.close("futures", "kospi200", "K2FA001", DAY)
    assert row["low"][0] == market.master("futures", "kospi200", "K2FA001", DAY)["lower_limit_3"][0]


# Investors


@pytest.mark.parametrize(("kind", "sides"), [("futures", [""]), ("options", ["call_", "put_"])])
@pytest.mark.parametrize("now", [at(5, 8), MORNING, EVENING])
def test_investors_add_up(market, kind, sides, now):
    found = market.investors(kind, "mini_kospi200", now)
    assert found["investor_code"] == list(INVESTORS)
    for side in sides:
        for what in ("volume", "value"):
            sold, bought = (
                dict(zip(INVESTORS, found[f"{side}{who}_{what}"].tolist(), strict=True)) for who in ("sell", "buy")
            )
            assert sold["12"] == bought["12"]
            for part in (sold, bought):
                assert part["08"] == sum(part[code] for code in ("01", "02", "03", "04", "05", "06", "07", "13"))
                assert part["11"] == part["14"] + part["15"]
                assert part["12"] == part["08"] + part["09"] + part["10"] + part["11"]
                assert min(part.values()) >= 0
        assert not (found[f"{side}sell_value"] % 1_000).any()


def test_investors_together_trade_what_the_market_trades(market):
    found = market.investors("futures", "kospi200", EVENING)
    codes = [each.code for each in market.contracts("futures", "kospi200", DAY) if not each.is_connected]
    rows = [market.close("futures", "kospi200", code, DAY) for code in codes]
    total = INVESTORS.index("12")
    assert found["buy_volume"][total] == sum(row["volume"][0] for row in rows)
    assert found["buy_value"][total] == sum(row["value"][0] for row in rows) // 1_000 * 1_000


def test_investors_are_counted_every_half_minute(market):
    found = market.investors("futures", "kospi200", MORNING)
    assert found["time"] == np.timedelta64(10 * 60 + 3, "m")
    again = market.investors("futures", "kospi200", MORNING - timedelta(seconds=19))
    assert digest(found) == digest(again)


# One market


def test_answers_do_not_depend_on_what_was_asked_before():
    def days(market):
        return market.daily("futures", "kospi200", "K2FA001", date(2024, 1, 15), DAY)

    def one_day(market):
        return market.daily("futures", "kospi200", "101V3000", DAY, DAY)

    def bars(market):
        return market.bars("options", "kospi200", at_the_money(market, "2").code, DAY, 60, *ALL_DAY)

    def master(market):
        return market.master("futures", "usd", "KUFA001", DAY)

    questions = [days, one_day, bars, master]
    forward, backward = make(), make()
    there = [digest(ask(forward)) for ask in questions]
    back = [digest(ask(backward)) for ask in reversed(questions)]
    assert there == back[::-1]
    rows = days(forward)
    alone = one_day(make())
    assert [column[-1] for column in rows.values()] == [column[0] for column in alone.values()]


def test_answers_do_not_depend_on_who_changes_them(market):
    for ask in (
        lambda: market.daily("futures", "kospi200", "101V3000", DAY, DAY),
        lambda: market.trades("futures", "kospi200", "101V3000", DAY),
        lambda: market.bars("futures", "kospi200", "101V3000", DAY, 600, *ALL_DAY),
        lambda: market.quote("futures", "kospi200", "101V3000", EVENING),
    ):
        before = digest(ask())
        for column in ask().values():
            if isinstance(column, np.ndarray) and column.dtype == np.int64:
                column[:] = -1
        assert digest(ask()) == before


def test_threads_see_one_market():
    shared = make()
    seen: list[str] = []

    def ask() -> None:
        seen.append(digest(shared.daily("futures", "kospi200", "K2FA001", date(2024, 2, 1), DAY)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1


def test_another_seed_is_another_market(market):
    span = (date(2024, 2, 1), DAY)
    other = make(seed=1)
    for name, code in (("kospi200", "K2FA001"), ("usd", "KUFA001")):
        assert digest(market.daily("futures", name, code, *span)) != digest(other.daily("futures", name, code, *span))


def test_markets_of_their_own_ask_for_no_level():
    def refuse(code: str) -> Zigzag:
        raise AssertionError(code)

    market = Derivatives(0, KRX, refuse)
    own = [name for name in FUTURES_MARKETS if PRODUCTS["futures"][name][0].underlying in WALKS]
    assert len(own) == 9
    for name in own:
        assert market.quote("futures", name, market.contracts("futures", name, DAY)[0].code, EVENING)["volume"][0] >= 0


def test_seed_0_stays_what_it_is():
    market = make()
    answers = [
        market.daily("futures", "usd", "KUFA001", date(2023, 12, 1), DAY),
        market.bars("futures", "ktb10", "KXFA001", DAY, 600, *ALL_DAY),
        market.master("futures", "eurostoxx", "GIXFSSX5E", DAY),
        market.book("futures", "vix", "VIFA001", MORNING),
        market.daily("options", "kospi200", "201V3347", date(2024, 2, 1), DAY),
        market.investors("futures", "yen", EVENING),
    ]
    assert digest(*answers) == "31dbd394f9357d0b"
