from __future__ import annotations

import json
from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue import STREAMS
from kosdata.catalogue.calendar import KRX
from kosdata.frame.normalize import to_rows
from kosdata.simulator import frames
from kosdata.simulator.broadcast import BUNDLE, Asked, Broadcast, Registration, items_of
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market
from tests.conftest import needs_reference, reference

DAY = date(2024, 1, 12)
MORNING, NIGHT = datetime(2024, 1, 12), datetime(2024, 1, 13)
EVERYTHING = 10**9
CLOSES = {31000000, 41000000, 81000000}
FUTURE, OPTION, CONNECTED = "101V3000", "301V2347", "K2FA001"
PRODUCTS = {"005930": "stock", "069500": "stock", FUTURE: "futures", OPTION: "option", CONNECTED: "futures"}
CONTRACTS = {FUTURE: "futures", OPTION: "options", CONNECTED: "futures"}


@cache
def exchange() -> Market:
    return Market()


@cache
def derivatives() -> Derivatives:
    return Derivatives(0, KRX, exchange().underlying)


@cache
def station(times: Any = "number") -> Broadcast:
    return Broadcast(exchange(), derivatives(), KRX, times)


def wish(preset: str, code: str, since: datetime = MORNING, items: tuple[str, ...] = ()) -> Registration:
    product = "market" if code in ("kospi", "kosdaq") else station().product(code, NIGHT)
    assert product is not None
    return Registration(Asked(preset, code, product, items), since)


def told(*wishes: Registration, until: datetime = NIGHT, of: Broadcast | None = None) -> list[Any]:
    return [json.loads(frames.payload(framed)) for framed in pushed(list(wishes), until, of or station())]


def pushed(wishes: list[Registration], until: datetime, of: Broadcast, most: int = EVERYTHING) -> list[bytes]:
    found: list[bytes] = []
    while any(each.since < until for each in wishes):
        batch = of.due(wishes, until, most)
        found += batch.frames
        for each in wishes:
            each.since = max(each.since, batch.until)
    return found


def rows(preset: str, code: str, since: datetime = MORNING, **options: Any) -> list[dict[str, Any]]:
    pushes = told(wish(preset, code, since, options.pop("items", ())), **options)
    assert {push["params"].pop("preset", None) for push in pushes} <= {preset if preset != "change" else None}
    return [push["params"] for push in pushes]


def clock(tick: dict[str, Any]) -> timedelta:
    digits = f"{tick['trdTm']:08}"
    hours, minutes, seconds, hundredths = (int(digits[n : n + 2]) for n in (0, 2, 4, 6))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=10 * hundredths)


def trades(code: str, day: date) -> list[dict[str, Any]]:
    begin = datetime.combine(day, time.min)
    found = rows("tick", code, begin, until=begin + timedelta(days=1))
    return [tick for tick in found if tick["trdTm"] not in CLOSES]


def on_the_wire(preset: str, code: str, columns: dict[str, Any]) -> dict[str, Any]:
    record = STREAMS["ws_issue"].presets[preset, station().product(code, NIGHT) or ""]
    (row,) = to_rows(columns | {"code": [code]}, record)
    row.pop("isuCd", None)
    return row


def rest(code: str, now: datetime) -> dict[str, Any]:
    if code in CONTRACTS:
        asked = (CONTRACTS[code], "kospi200", code, now)
        return derivatives().quote(*asked) | derivatives().book(*asked)
    return exchange().quote(code, now) | exchange().book(code, now)


class TestTicks:
    @pytest.mark.parametrize("seconds", [10, 60, 600])
    @pytest.mark.parametrize(
        ("code", "day"),
        [(code, DAY) for code in PRODUCTS]
        + [("005930", date(2024, 1, 2)), ("005930", date(2023, 11, 16)), (CONNECTED, date(2023, 11, 16))],
    )
    def test_ticks_of_a_day_make_the_bars_that_rest_serves(self, code: str, day: date, seconds: int):
        whole = (time(0), time(23, 59, 59))
        if code in CONTRACTS:
            bars = derivatives().bars(CONTRACTS[code], "kospi200", code, day, seconds, *whole)
        else:
            bars = exchange().bars(code, day, seconds, *whole)
        labels = bars["time"].astype("timedelta64[us]").tolist()
        made: list[list[dict[str, Any]]] = [[] for _ in labels]
        for tick in trades(code, day):
            if clock(tick) <= labels[-1]:
                made[bisect_left(labels, clock(tick))].append(tick)
        for n, part in enumerate(made):
            prices = [tick["trdPrc"] for tick in part] or [bars["close"][n]]
            volume = sum(tick["trdvol"] for tick in part)
            bar = tuple(bars[name][n] for name in ("open", "high", "low", "close", "volume"))
            assert (prices[0], max(prices), min(prices), prices[-1], volume) == bar
            if part:
                assert part[-1]["accTrdvol"] == bars["volume_cum"][n]
                assert part[-1]["accTrdval"] == bars["value_cum"][n]

    @pytest.mark.parametrize("code", PRODUCTS)
    def test_ticks_of_a_day_make_its_daily_bar(self, code: str):
        is_contract = code in CONTRACTS
        bar = (
            derivatives().close(CONTRACTS[code], "kospi200", code, DAY) if is_contract else exchange().close(code, DAY)
        )
        close = KRX.hours(DAY, "derivative" if is_contract else "stock").close
        regular = [t for t in trades(code, DAY) if clock(t) <= timedelta(hours=close.hour, minutes=close.minute)]
        prices = [t["trdPrc"] for t in regular]
        made = (prices[0], max(prices), min(prices), prices[-1], regular[-1]["accTrdvol"], regular[-1]["accTrdval"])
        assert made == tuple(bar[name][0] for name in ("open", "high", "low", "close", "volume", "value"))

    @pytest.mark.parametrize("code", PRODUCTS)
    def test_every_trade_adds_its_size_to_the_volume_of_the_day(self, code: str):
        found = rows("tick", code)
        volumes = [0, *(tick["accTrdvol"] for tick in found)]
        assert [tick["trdvol"] for tick in found] == np.diff(volumes).tolist()

    @pytest.mark.parametrize(
        ("code", "signals"), [("005930", [31000000, 41000000, 81000000]), (FUTURE, [31000000]), (OPTION, [31000000])]
    )
    def test_sessions_end_with_a_signal_that_trades_nothing(self, code: str, signals: list[int]):
        found = [tick for tick in rows("tick", code) if tick["trdTm"] in CLOSES]
        assert [tick["trdTm"] for tick in found] == signals
        assert {tick["trdvol"] for tick in found} == {0}
        close = KRX.hours(DAY, "stock" if code == "005930" else "derivative").close
        closed = datetime.combine(DAY, close)
        assert rows("tick", code, until=closed)[-1]["trdTm"] == 31000000
        assert rows("tick", code, until=closed - timedelta(seconds=1))[-1]["trdTm"] != 31000000

    @given(code=st.sampled_from(list(PRODUCTS)), place=st.floats(0, 1, exclude_max=True))
    def test_an_extended_tick_is_what_rest_says_at_that_moment(self, code: str, place: float):
        found = [row for row in rows("tick10", code) if row["trdTm"] not in CLOSES]
        now = MORNING + clock(found[int(place * len(found))])
        (*_, last) = [row for row in found if MORNING + clock(row) == now]
        if code == OPTION and now.time() >= time(15, 45):
            return  # REST has the signal by then
        assert last == on_the_wire("tick10", code, rest(code, now))


class TestBooks:
    @pytest.mark.parametrize("preset", ["quote", "quote10"])
    @given(
        code=st.sampled_from(list(PRODUCTS)),
        now=st.datetimes(datetime(2024, 1, 12, 8, 45), datetime(2024, 1, 12, 19)),
    )
    def test_the_last_push_is_what_rest_says(self, preset: str, code: str, now: datetime):
        (*_, framed) = station().due([wish(preset, code)], now, EVERYTHING).frames
        last = json.loads(frames.payload(framed))["params"]
        assert last.pop("preset") == preset
        expected = on_the_wire(preset, code, rest(code, now))
        if last.get("ordAcptTm"):
            last["ordAcptTm"] = expected["ordAcptTm"]  # a book is told when it changes; REST stamps it when asked
        assert last == expected

    def test_a_book_that_stays_is_not_told_again(self):
        found = rows("quote10", FUTURE)
        assert all(one != other for one, other in pairwise(found))


class TestIndices:
    @given(now=st.datetimes(datetime(2024, 1, 12, 9), datetime(2024, 1, 12, 19)))
    def test_the_last_push_is_what_rest_says(self, now: datetime):
        (*_, last) = rows("index", "K1", until=now)
        expected = on_the_wire("index", "K1", exchange().index_quote("K1", now))
        last["trdTm"] = expected["trdTm"] = 0  # told when it moves; REST stamps it when asked
        assert last == expected

    def test_a_level_is_told_when_it_moves(self):
        found = rows("index", "K1")
        told = [(row["trdPrc"], row["accTrdvol"], row["accTrdval"]) for row in found]
        assert len(found) > 1_000
        assert len(set(told)) > 0.99 * len(told)


class TestChanges:
    @pytest.mark.parametrize("code", ["005930", FUTURE])
    def test_patches_add_up_to_the_full_rows(self, code: str):
        items = ("trdPrc", "accTrdvol", "bidStep1BstordPrc", "hgprc")
        row: dict[str, Any] = {}
        for patch in rows("change", code, items=items, until=datetime(2024, 1, 12, 14, 0)):
            assert list(patch)[:2] == ["isuCd", "isuSrtCd"]
            assert all(row.get(name) != value for name, value in patch.items() if name in items)
            row |= patch
        full = on_the_wire("change", code, rest(code, datetime(2024, 1, 12, 14, 0)))
        assert {name: row[name] for name in items} == {name: full[name] for name in items}

    def test_an_index_has_none(self):
        assert not items_of("index")


class TestWholeMarkets:
    def test_arrays_hold_every_trade_of_the_regular_session_as_text(self):
        arrays = told(wish("tick", "kosdaq"))
        assert max(map(len, arrays)) <= BUNDLE
        assert {tuple(row) for array in arrays for row in array} == {("isuSrtCd", "trdTm", "trdPrc", "trdVol")}
        assert {type(value) for array in arrays for row in array for value in row.values()} == {str}
        volumes: dict[str, int] = {}
        for row in (row for array in arrays for row in array):
            volumes[row["isuSrtCd"]] = volumes.get(row["isuSrtCd"], 0) + int(row["trdVol"])
        listed = {
            issue.code: int(exchange().close(issue.code, DAY)["volume"][0])
            for issue in exchange().listed("kosdaq", DAY)
        }
        assert volumes == {code: volume for code, volume in listed.items() if volume}

    def test_trades_are_collected_for_half_a_second(self):
        station_ = station()
        opening = datetime(2024, 1, 12, 9)
        assert (
            station_.due([wish("tick", "kospi", opening)], opening + timedelta(seconds=0.49), EVERYTHING).frames == []
        )
        first = told(wish("tick", "kospi"), until=opening)
        assert [len(array) for array in first[:-1]] == [BUNDLE] * (len(first) - 1)


class TestDue:
    @given(
        cuts=st.lists(st.datetimes(datetime(2024, 1, 11, 23), datetime(2024, 1, 16)), max_size=6),
        most=st.integers(50, 3_000),
    )
    def test_pieces_are_the_whole(self, cuts: list[datetime], most: int):
        wishes = [("tick", "005930"), ("quote10", "000660"), ("tick", OPTION), ("index", "Q1")]
        end = datetime(2024, 1, 16)
        whole = pushed([wish(*each) for each in wishes], end, station())
        mine, found = [wish(*each) for each in wishes], []
        for cut in (*sorted(cuts), end):
            found += pushed(mine, cut, station(), most)
        assert found == whole

    def test_codes_are_told_in_order_of_time(self):
        found = [push["params"] for push in told(wish("tick", "005930"), wish("tick", "000660"))]
        moments = [clock(tick) for tick in found if tick["trdTm"] not in CLOSES]
        assert moments == sorted(moments)
        assert {tick["isuSrtCd"] for tick in found} == {"005930", "000660"}

    def test_each_wish_is_told_what_it_has_not_heard(self):
        noon = datetime(2024, 1, 12, 12)
        found = [push["params"] for push in told(wish("tick", "005930", noon), wish("tick", "000660"))]
        assert min(clock(t) for t in found if t["isuSrtCd"] == "005930") > timedelta(hours=12)
        assert min(clock(t) for t in found if t["isuSrtCd"] == "000660") == timedelta(hours=9)

    def test_a_weekend_says_nothing(self):
        assert told(wish("tick", "005930", datetime(2024, 1, 13)), until=datetime(2024, 1, 15, 8)) == []


class TestSpelling:
    def test_times_travel_as_text_where_that_is_wanted(self):
        assert rows("tick", "005930", of=station("text"))[0]["trdTm"] == "9000000"

    def test_bare_numbers_keep_their_zeros(self):
        batch = station("bare").due([wish("tick", "005930")], NIGHT, EVERYTHING)
        assert b'"isuSrtCd":005930,"trdTm":09000000' in batch.frames[0]


@needs_reference
class TestDocumented:
    @staticmethod
    def presets() -> dict[str, Any]:
        (stream,) = [e for e in reference("endpoints.json") if e["id"] == "ws_issue"]
        return {preset["preset"]: preset for preset in stream["presets"]}

    @pytest.mark.parametrize("code", ["005930", FUTURE, OPTION])
    @pytest.mark.parametrize("preset", ["tick", "quote", "tick10", "quote10"])
    def test_rows_have_the_documented_names(self, preset: str, code: str):
        described = self.presets()[preset]
        wanted = described.get("fields_by_product", {}).get(PRODUCTS[code]) or {
            *described["fields_documented"],
            *described["fields_observed"],
        } - {"preset"}
        assert set(rows(preset, code)[0]) == set(wanted)

    def test_an_index_has_the_documented_names(self):
        assert set(rows("index", "K1")[0]) == set(self.presets()["index"]["fields_documented"])

    @pytest.mark.parametrize("product", ["stock", "futures", "option"])
    def test_what_changes_can_be_asked_of_is_documented(self, product: Any):
        assert items_of(product) == set(self.presets()["change"]["fields_allowed"][product])

    @pytest.mark.parametrize("name", ["ws_push_tick", "ws_push_tick10_stock_constructed"])
    def test_values_have_the_documented_types(self, name: str):
        documented = reference(f"examples/{name}.json")["body"]["params"]
        found = rows(documented.pop("preset"), "005930")[0]
        assert {key: type(value) for key, value in found.items()} == {k: type(v) for k, v in documented.items()}
