"""Laws of the synthetic market: one price path, and everything else is made of it."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kosdata.catalogue.calendar import KRX
from kosdata.simulator.columns import Columns
from kosdata.simulator.shares import price_ladder
from kosdata.simulator.shares.issues import check_digit
from kosdata.simulator.shares.listing import universe
from kosdata.simulator.shares.market import Market


def at(text: str) -> datetime:
    """Return a moment in Seoul."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Seoul"))


DAY = date(2024, 1, 5)
NOON = at("2024-01-05 12:00")
EVENING = at("2024-01-05 19:00")
ALL_DAY = time(0), time(23, 59)

# A large share, a small one, a KOSDAQ and a KONEX one, a foreign one, a fund, a leveraged fund and a note.
CODES = ("005930", "000020", "247540", "690010", "900110", "069500", "122630", "590003")
# The first session of a year, an exam day, a day with the old hours, one with a lunch break, the day after an attack.
DAYS = (date(2024, 1, 2), date(2023, 11, 16), date(2014, 5, 2), date(2000, 3, 2), date(2001, 9, 12))


def digest(columns: Columns) -> str:
    text = "\n".join(f"{name}={list(map(str, column))}" for name, column in columns.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def same(left: Columns, right: Columns) -> bool:
    return digest(left) == digest(right)


def sessions_of(code: str) -> Iterator[date]:
    issue = next(each for each in universe() if each.code == code)
    return (day for day in (DAY, *DAYS) if issue.is_listed(day))


# What is on the list -------------------------------------------------------------------------------------------------


def test_codes_that_everybody_types_exist(exchange: Market) -> None:
    for code in ("005930", "000660", "035420", "005380", "051910", "035720", "247540", "900110", "0037T0", "005935"):
        assert exchange.issue(code) is not None
    assert exchange.issue("999999") is None


def test_identities_are_unique_and_check() -> None:
    issues = universe()
    for names in ("code", "isin", "name_ko", "name_en"):
        assert len({getattr(issue, names) for issue in issues}) == len(issues)
    assert all(check_digit(issue.isin[:-1]) == int(issue.isin[-1]) for issue in issues)
    assert not any(issue.isin.startswith("KR") for issue in issues if issue.group == "FS")


def test_first_and_last_days_are_sessions() -> None:
    for issue in universe():
        days = [issue.list_date, issue.delist_date, *(split.day for split in issue.splits)]
        assert all(KRX.is_session(day) for day in days if day is not None and day >= KRX.valid_from)


@pytest.mark.parametrize("market", ["kospi", "kosdaq", "konex"])
def test_a_snapshot_has_the_listed_issues(exchange: Market, market: str) -> None:
    assert exchange.snapshot(market, NOON)["code"] == [issue.code for issue in exchange.listed(market, DAY)]


def test_nobody_trades_before_the_listing_or_after_the_delisting(exchange: Market) -> None:
    issue = exchange.issue("670640")
    assert issue is not None
    assert issue.delist_date is not None
    bars = exchange.daily(issue.code, date(2025, 1, 1), date(2025, 12, 31), asof=date(2025, 12, 31))
    assert bars["date"][-1] == np.datetime64(KRX.previous_session(issue.delist_date))
    assert exchange.quote(issue.code, at("2025-03-04 12:00"))["code"] == []
    young = exchange.daily("651010", date(2024, 1, 1), date(2024, 4, 1), asof=date(2024, 4, 1))
    assert young["date"][0] == np.datetime64("2024-03-13")


def test_what_is_not_listed_has_no_rows(exchange: Market) -> None:
    now = at("2026-01-05 12:00")
    asked = [of("670640", now) for of in (exchange.quote, exchange.book, exchange.members, exchange.nav)]
    asked += [of("670640", now.date()) for of in (exchange.master, exchange.close, exchange.nav_close)]
    assert all(len(column) == 0 for columns in asked for column in columns.values())
    with pytest.raises(KeyError):
        exchange.quote("999999", now)


# One path ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("seconds", [10, 60, 600])
def test_intraday_bars_add_up_to_the_day(exchange: Market, code: str, seconds: int) -> None:
    for day in sessions_of(code):
        bars, bar = exchange.bars(code, day, seconds, *ALL_DAY), exchange.close(code, day)
        assert bars["open"][0] == bar["open"][0]
        assert bars["high"].max() == bar["high"][0]
        assert bars["low"].min() == bar["low"][0]
        assert bars["close"][-1] == bar["close"][0]
        assert bars["volume"].sum() == bars["volume_cum"][-1] == bar["volume"][0]
        assert bars["value"].sum() == bars["value_cum"][-1] == bar["value"][0]
        assert len(np.unique(bars["time"])) == len(bars["time"])


@pytest.mark.parametrize("code", CODES)
def test_the_day_is_its_trades(exchange: Market, code: str) -> None:
    for day in sessions_of(code):
        trades, bar, hours = exchange.trades(code, day), exchange.close(code, day), KRX.hours(day)
        price, size = trades["price"], trades["size"]
        assert (price[0], price.max(), price.min(), price[-1]) == tuple(
            bar[n][0] for n in ("open", "high", "low", "close")
        )
        assert (size.sum(), int((price * size).sum())) == (bar["volume"][0], bar["value"][0])
        assert size.min() > 0
        assert (np.diff(trades["time"]) >= np.timedelta64(0)).all()
        within = trades["time"][~trades["auction"]]
        assert within[0] > since_midnight(hours.open)
        assert within[-1] < since_midnight(hours.closing_auction.start)
        assert trades["time"][[0, -1]].tolist() == [since_midnight(hours.open), since_midnight(hours.close)]
        for pause in hours.breaks:
            assert not ((within > since_midnight(pause.start)) & (within <= since_midnight(pause.end))).any()


def since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)


@pytest.mark.parametrize("code", CODES)
def test_raw_prices_exist_and_keep_to_the_limits(exchange: Market, code: str) -> None:
    for day in sessions_of(code):
        issue, master = exchange.issue(code), exchange.master(code, day)
        assert issue is not None
        ladder = price_ladder.ladder_of(issue.rules, np.array([day], dtype="datetime64[D]").astype(np.int64))
        for trades in (exchange.trades(code, day), exchange.after_hours(code, day)):
            price = trades["price"].astype(np.int64)
            assert (price_ladder.price(price_ladder.number(price, ladder)) == price).all()
            assert ((price >= master["lower_limit"]) & (price <= master["upper_limit"])).all()


def test_every_close_exists_and_keeps_to_the_limits(exchange: Market) -> None:
    paths = exchange._engine.paths
    number = price_ladder.number(paths.close, paths.ladders.astype(np.int64))
    low, high = paths.bounds(slice(None), slice(None))
    live = paths.trading
    assert (price_ladder.price(number) == paths.close)[live].all()
    assert ((low <= number) & (number <= high))[live].all()
    touched = ((number == low) | (number == high)) & live
    assert 100 < touched.sum() < 5_000


def test_a_bar_without_trades_repeats_the_last_price(exchange: Market) -> None:
    bars = exchange.bars("690010", DAY, 10, *ALL_DAY)
    empty = np.flatnonzero(bars["volume"] == 0)
    assert len(empty) > 1_000
    for name in ("open", "high", "low", "close"):
        assert (bars[name][empty] == bars["close"][empty - 1]).all()


def test_a_window_leaves_out_its_start(exchange: Market) -> None:
    bars = exchange.bars("005930", DAY, 60, time(9, 1), time(9, 4))
    assert bars["time"].astype("timedelta64[m]").astype(int).tolist() == [542, 543, 544]


def test_the_running_bar_is_labelled_by_its_last_trade(exchange: Market) -> None:
    until = at("2024-01-05 09:03:30")
    bars = exchange.bars("005930", DAY, 60, *ALL_DAY, until=until)
    trades = exchange.trades("005930", DAY, until.time())
    assert bars["time"][-1] == trades["time"][-1]
    assert bars["volume_cum"][-1] == trades["size"].sum() == exchange.quote("005930", until)["volume"][0]
    assert len(exchange.bars("005930", DAY, 60, *ALL_DAY, until=at("2024-01-05 08:59"))["time"]) == 0


# History -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "day"), [("005930", "2018-05-04"), ("035420", "2024-06-14"), ("670560", "2023-10-16")]
)
def test_a_split_leaves_no_jump_in_history(exchange: Market, code: str, day: str) -> None:
    split = date.fromisoformat(day)
    span = split - timedelta(days=40), split + timedelta(days=20)
    before, after = (exchange.daily(code, *span, asof=asof) for asof in (split - timedelta(days=1), span[1]))
    gap = after["close"][1:] - after["change"][1:] - after["close"][:-1]
    assert np.abs(gap).max() <= 1
    assert np.abs(after["change"] / after["close"]).max() < 0.3
    known = len(before["date"])
    ratio = before["close"] / after["close"][:known]
    change = next(each for each in universe() if each.code == code).splits[0]
    assert np.allclose(ratio, change.new / change.old, rtol=0.001)
    assert (before["volume"] == after["volume"][:known]).all()
    assert (before["value"] == after["value"][:known]).all()


def test_a_halt_keeps_its_rows(exchange: Market) -> None:
    bars = exchange.daily("650230", date(2025, 8, 14), date(2025, 8, 25), asof=date(2025, 8, 29))
    halted = slice(1, 6)
    assert np.isnan(bars["open"][halted]).all()
    assert np.isnan(bars["high"][halted]).all()
    assert bars["volume"][halted].tolist() == bars["value"][halted].tolist() == [0] * 5
    assert bars["close"][halted].tolist() == [bars["close"][0]] * 5
    assert bars["change_code"][halted] == ["0"] * 5
    now = at("2025-08-20 12:00")
    assert exchange.quote("650230", now)["volume"].tolist() == [0]
    assert np.isnan(exchange.book("650230", now)["ask_price_1"]).all()
    assert len(exchange.bars("650230", now.date(), 60, *ALL_DAY)["time"]) == 0
    assert exchange.master("650230", now.date())["is_halted"] == [True]


@pytest.mark.parametrize("freq", ["W", "M"])
def test_longer_bars_are_made_of_days(exchange: Market, freq: str) -> None:
    days = exchange.daily("650230", date(2025, 7, 1), date(2025, 9, 30), asof=date(2025, 9, 30))
    longer = exchange.daily("650230", date(2025, 7, 1), date(2025, 9, 30), asof=date(2025, 9, 30), freq=freq)
    assert longer["volume"].sum() >= days["volume"].sum()
    assert set(longer["date"]) <= set(days["date"])
    for place in range(1, len(longer["date"])):
        part = (days["date"] > longer["date"][place - 1]) & (days["date"] <= longer["date"][place])
        assert longer["value"][place] == days["value"][part].sum()
        assert longer["close"][place] == days["close"][part][-1]
        assert longer["change"][place] == longer["close"][place] - longer["close"][place - 1]
        if longer["volume"][place]:
            assert longer["high"][place] == np.nanmax(days["high"][part])
            assert longer["low"][place] == np.nanmin(days["low"][part])


def test_a_page_says_what_the_whole_says(exchange: Market) -> None:
    asof = date(2024, 1, 5)
    whole = exchange.daily("000660", date(2023, 1, 1), asof, asof=asof)
    page = exchange.daily("000660", date(2023, 5, 1), date(2023, 8, 31), asof=asof)
    first = int(np.searchsorted(whole["date"], page["date"][0]))
    assert all(list(whole[name][first : first + len(page["date"])]) == list(page[name]) for name in page)


# The day so far ------------------------------------------------------------------------------------------------------


def test_before_the_first_trade_there_is_only_a_price(exchange: Market) -> None:
    quote = exchange.quote("005930", at("2024-01-05 08:59:59"))
    eve = exchange.close("005930", date(2024, 1, 4))
    assert quote["price"][0] == eve["close"][0]
    assert np.isnan([quote[name][0] for name in ("open", "high", "low")]).all()
    assert quote["volume"].tolist() == [0]
    assert np.isnat(quote["time"][0])
    assert quote["change_code"] == ["0"]


def test_a_weekend_answers_with_friday_night(exchange: Market) -> None:
    assert same(exchange.quote("005930", at("2024-01-06 11:00")), exchange.quote("005930", EVENING))


def test_trades_after_hours_move_the_quote_alone(exchange: Market) -> None:
    close, late = exchange.close("005930", DAY), exchange.after_hours("005930", DAY)
    at_close = exchange.quote("005930", at("2024-01-05 15:35"))
    assert at_close["volume"][0] == close["volume"][0]
    night = exchange.quote("005930", EVENING)
    assert night["volume"][0] == close["volume"][0] + late["size"].sum()
    assert night["price"][0] == late["price"][-1]
    assert night["time"][0] == late["time"][-1]
    assert [night[name][0] for name in ("open", "high", "low")] == [close[name][0] for name in ("open", "high", "low")]
    assert (late["price"][~late["auction"]] == close["close"]).all()
    assert (np.abs(late["price"] / close["close"] - 1) <= 0.1).all()


def test_a_snapshot_is_the_quotes(exchange: Market) -> None:
    board = exchange.snapshot("kosdaq", NOON)
    for place in (0, 20, 40, 80):
        quote, book = (of(board["code"][place], NOON) for of in (exchange.quote, exchange.book))
        for name in ("price", "open", "high", "low", "volume", "value"):
            assert board[name][place] == quote[name][0]
        assert board["ask_size_1"][place] == book["ask_size_1"][0]


def test_a_book_stands_about_the_last_price(exchange: Market) -> None:
    book, quote = exchange.book("005930", NOON), exchange.quote("005930", NOON)
    asks, bids = ([book[f"{side}_price_{level}"][0] for level in range(1, 11)] for side in ("ask", "bid"))
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert asks[0] - bids[0] == 100
    assert quote["price"][0] in (asks[0], bids[0])
    assert (asks[0], bids[0]) == (quote["ask_price_1"][0], quote["bid_price_1"][0])
    assert book["ask_size_total"][0] == sum(book[f"ask_size_{level}"][0] for level in range(1, 11))


def test_no_order_lies_beyond_a_limit(exchange: Market) -> None:
    paths = exchange._engine.paths
    _low, high = paths.bounds(slice(None), slice(None))
    number = price_ladder.number(paths.close, paths.ladders.astype(np.int64))
    row, column = np.argwhere((number == high) & paths.trading)[-1]
    issue, day = paths.issues[column], paths.dates[row]
    book = exchange.book(issue.code, at(f"{day} 15:35"))
    assert np.isnan(book["ask_price_2"]).all()
    assert book["ask_size_2"].tolist() == [0]
    assert book["bid_price_2"][0] > 0
    assert exchange.close(issue.code, day)["change_code"] == ["1"]


def test_a_tape_has_every_trade_once(exchange: Market) -> None:
    edges = [time(0), time(9, 30), time(13), time(15, 30), time(23, 59)]
    parts = [exchange.tape("konex", DAY, *span) for span in itertools.pairwise(edges)]
    size = np.concatenate([part["size"] for part in parts])
    assert size.sum() == exchange.snapshot("konex", EVENING)["volume"].sum()
    assert all((np.diff(part["time"]) >= np.timedelta64(0)).all() for part in parts)


def test_an_auction_shows_what_it_will_be(exchange: Market) -> None:
    called, open_ = exchange.book("005930", at("2024-01-05 08:50")), exchange.book("005930", NOON)
    assert called["expected_price"][0] == exchange.close("005930", DAY)["open"][0]
    assert called["expected_volume"][0] == exchange.trades("005930", DAY)["size"][0]
    assert np.isnan(open_["expected_price"]).all()


# Masters -------------------------------------------------------------------------------------------------------------


def test_a_master_looks_back_a_year(exchange: Market) -> None:
    master = exchange.master("005930", DAY)
    days = exchange.daily("005930", date(2023, 1, 5), date(2024, 1, 4), asof=DAY)
    assert master["week52_high"][0] == days["high"].max()
    assert master["week52_low_date"][0] == days["date"][days["low"].argmin()]
    assert master["price_ma_20"][0] == pytest.approx(days["close"][-20:].mean(), abs=0.01)
    assert master["volume_ma_5"][0] == pytest.approx(days["volume"][-5:].mean(), abs=0.01)
    assert master["prev_close"][0] == master["base_price"][0] == days["close"][-1]


def test_a_split_moves_the_base_price(exchange: Market) -> None:
    master = exchange.master("005930", date(2018, 5, 4))
    assert master["base_price"][0] == pytest.approx(master["prev_close"][0] / 50, abs=0.5)
    assert master["adjusted_price_flag"] == [True]
    assert master["listed_shares"][0] == 50 * exchange.master("005930", date(2018, 5, 3))["listed_shares"][0]


# The same on every machine --------------------------------------------------------------------------------------------


def questions(market: Market) -> list[tuple[str, str]]:
    asked = {
        "daily": market.daily("005930", date(2017, 1, 1), date(2019, 1, 1), asof=DAY),
        "fund": market.daily("069500", date(2023, 10, 1), DAY, asof=DAY),
        "bars": market.bars("247540", DAY, 60, *ALL_DAY),
        "trades": market.trades("690010", DAY),
        "board": market.snapshot("kospi", EVENING),
        "book": market.book("000660", NOON),
        "master": market.master("035420", DAY),
        "index": market.index_daily("K51", date(2023, 10, 1), DAY, asof=DAY),
        "index bars": market.index_bars("Q1", DAY, 600, *ALL_DAY),
        "investors": market.market_investors("kosdaq", NOON),
        "short": market.short_selling("005930", date(2023, 10, 1), DAY),
    }
    return [(name, digest(columns)) for name, columns in asked.items()]


def test_neither_order_nor_object_matters(exchange: Market) -> None:
    other = Market()
    other.snapshot("kospi", EVENING)
    other.bars("005930", date(2005, 5, 3), 600, *ALL_DAY)
    assert questions(other) == questions(exchange)


def test_threads_get_the_same_answers(exchange: Market) -> None:
    fresh = Market()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda code: digest(fresh.quote(code, NOON)), CODES * 2))
    assert found == [digest(exchange.quote(code, NOON)) for code in CODES] * 2


def test_another_seed_is_another_market(exchange: Market) -> None:
    span = date(2024, 1, 2), date(2024, 1, 5)
    one, two = (market.daily("005930", *span, asof=span[1]) for market in (exchange, Market(seed=1)))
    assert not (one["close"] == two["close"]).any()


def test_the_bytes_of_seed_0_are_pinned(exchange: Market) -> None:
    # These change only when the synthetic market itself is meant to change.
    assert dict(questions(exchange)) == {
        "daily": "8911354aba691457",
        "fund": "d05c0425e137c643",
        "bars": "f2eacf5f482d0c8b",
        "trades": "1624acc831fdc92d",
        "board": "62f4950f8e1f3cd7",
        "book": "ad696dbf293b3d1a",
        "master": "afa7f2c1522478f0",
        "index": "fe9c36c521196586",
        "index bars": "a8c25890ed9532a0",
        "investors": "3d40d11a6923d382",
        "short": "f6b7844a936f0f38",
    }
