"""intraday against the synthetic market's own bars, and against a service that misbehaves."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kosdata as kd
from kosdata.catalogue.calendar import KRX, CalendarWarning
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError, LicenceError, NotFoundError, SchemaError, ServerError
from kosdata.simulator import Simulator
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.conftest import needs_reference, reference
from tests.unit.wire import fakes

BAR = ["open", "high", "low", "close", "volume", "value"]
INTERVALS = {
    "10s": 10,
    "30s": 30,
    "1min": 60,
    "5min": 300,
    "7min": 420,
    "15min": 900,
    "10min": 600,
    "30min": 1800,
    "1h": 3600,
}
# A day like others, an exam day that begins and ends an hour late, a first session of a year that begins an hour late.
DAYS = [date(2024, 1, 5), date(2023, 11, 16), date(2024, 1, 2)]
MARKET = Market(0, KRX)
DERIVATIVES = Derivatives(0, KRX, MARKET.underlying)


@cache
def truth(code: str, day: date, length: int, label: str = "left", until: datetime | None = None) -> pd.DataFrame:
    """Return what the market itself says, labelled as the frame is."""
    late = time(23, 59)
    if code.startswith("101"):
        found = DERIVATIVES.bars("futures", "kospi200", code, day, length, time(0), late, until=until)
        hours = KRX.hours(day, "derivative")
    elif code.startswith("K"):
        found, hours = MARKET.index_bars(code, day, length, time(0), late, until=until), KRX.hours(day)
    else:
        found, hours = MARKET.bars(code, day, length, time(0), late, until=until), KRX.hours(day)
    ends = np.datetime64(day, "us") + np.asarray(found["time"]).astype("timedelta64[us]")
    if label == "left":
        opening, step = np.datetime64(datetime.combine(day, hours.open), "us"), np.timedelta64(length, "s")
        ends = opening + (ends - opening - np.timedelta64(1, "us")) // step * step
    index = pd.DatetimeIndex(ends, name="time").as_unit("us").tz_localize("Asia/Seoul")
    return pd.DataFrame({name: np.asarray(found[name]) for name in BAR}, index=index)


def bars(times: list[str], volume: int = 5) -> list[dict[str, Any]]:
    """Return bars of the wire that end at some times."""
    prices = dict.fromkeys(("inddOpnprc", "inddHgprc", "inddLwprc", "inddClsprc"), 100)
    return [
        {"inddTm": at, **prices, "inddTrdvol": volume, "inddTrdval": volume * 100, "inddAccTrdvol": volume * (n + 1)}
        for n, at in enumerate(times)
    ][::-1]


def fake(rows: Any, now: str = "2024-03-06 18:00", **given: Any) -> Client:
    """Return a client of a service that answers a day and a stretch with what a function says."""

    def answer(target: str, _: int) -> fakes.Sent:
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": rows(query)}})

    return fakes.client(answer, fakes.Clock(fakes.kst(now)), **given)


def lies_in(query: dict[str, str], at: str) -> bool:
    """Return whether a stretch that is asked for has a time of the wire."""
    return int(query["strtTm"]) <= int(at) // 10_000 <= int(query["endTm"])


@pytest.fixture(scope="module")
def morning() -> Iterator[Simulator]:
    with Simulator(now="2024-01-12T10:03:20", speed=0) as simulator:
        yield simulator


@pytest.mark.parametrize("label", ["left", "right"])
@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("code", ["005930", "101V3000"])
def test_bars_are_those_of_the_market(client: Client, code: str, interval: str, label: Any) -> None:
    for day in DAYS:
        frame = kd.intraday(code, interval, date=day, label=label)
        pd.testing.assert_frame_equal(frame, truth(code, day, INTERVALS[interval], label))


@pytest.mark.parametrize("interval", INTERVALS)
def test_bars_of_an_index_are_those_of_the_market(client: Client, interval: str) -> None:
    length = INTERVALS[interval]
    for day in DAYS:
        frame, true = kd.intraday("K1", interval, date=day), truth("K1", day, length)
        prices, counts = BAR[:4], BAR[4:]
        pd.testing.assert_frame_equal(frame[prices], true[prices])
        # Counts of an index travel in thousands and millions.
        parts = length // max(each for each in (10, 60, 600) if length % each == 0)
        assert ((true[counts] - frame[counts]).abs() <= [parts * 1_000, parts * 1_000_000]).all(axis=None)


def test_the_last_bar_ends_with_its_session(client: Client) -> None:
    for day, close in zip(DAYS, ["15:30", "16:30", "15:30"], strict=True):
        assert kd.intraday("005930", "7min", date=day, label="right").index[-1].strftime("%H:%M") == close


def test_weeks_of_minutes_are_one_call(client: Client) -> None:
    frame = kd.intraday("005930", start="2023-12-20", end="2024-01")
    days = KRX.sessions(date(2023, 12, 20), date(2024, 1, 12))
    pd.testing.assert_frame_equal(frame, pd.concat([truth("005930", day, 60) for day in days]))
    assert frame.index.is_monotonic_increasing and frame.index.is_unique
    assert frame.attrs["kosdata"]["requests"] == 4 * len(days)


def test_what_was_asked_is_not_asked_again() -> None:
    with Simulator(now="2024-01-12T18:30", speed=0) as simulator, simulator.client(cache=True) as client:
        given = {"start": "2024-01-02", "end": "2024-01-12", "client": client, "market": "kospi"}
        first = kd.intraday("005930", **given)
        assert simulator.count == 9 * 4
        second = kd.intraday("005930", **given)
        client.memo.clear()
        third = kd.intraday("005930", "15min", **given)
        assert simulator.count == 9 * 4
        pd.testing.assert_frame_equal(first, second)
        assert third["volume"].sum() == first["volume"].sum()
        assert kd.intraday("005930", refresh=True, **given).attrs["kosdata"]["requests"] == 9 * 4


@pytest.mark.parametrize("workers", [1, 8])
def test_several_codes_stand_under_their_codes(market: Simulator, workers: int) -> None:
    codes = ["K1", "005930", "101V3000"]
    with market.client(concurrency=workers) as client:
        frame = kd.intraday(codes, "5min", start="2024-01-04", end="2024-01-05", client=client)
        one = kd.intraday(["005930"], "5min", date="2024-01-05", client=client)
    assert frame.index.names == ["code", "time"]
    assert frame.index.get_level_values("code").unique().tolist() == codes
    assert frame.index.dtypes["time"] == "datetime64[us, Asia/Seoul]"
    for code in codes[1:]:
        expected = pd.concat([truth(code, day, 300) for day in (date(2024, 1, 4), date(2024, 1, 5))])
        pd.testing.assert_frame_equal(frame.loc[code], expected)
    assert one.index.names == ["code", "time"]


@settings(max_examples=25)
@given(
    st.integers(1, 2340).map(lambda n: n * 10),
    st.datetimes(datetime(2023, 11, 15), datetime(2023, 11, 18)),
    st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
    st.sampled_from(["005930", "101V3000"]),
)
def test_any_stretch_of_any_length_is_cut_from_the_whole(
    market: Simulator, length: int, start: datetime, lasting: timedelta, code: str
) -> None:
    whole = pd.concat([truth(code, day, length) for day in KRX.sessions(date(2023, 11, 15), date(2023, 11, 20))])
    first, end = (pd.Timestamp(at).tz_localize("Asia/Seoul") for at in (start, start + lasting))
    expected = whole[(whole.index >= first) & (whole.index < end)]
    served = max(each for each in (10, 60, 600) if length % each == 0)
    with market.client() as client:
        given = f"{start.isoformat(sep=' ')}", end.to_pydatetime()
        frame = kd.intraday(code, length, start=given[0], end=f"{end.isoformat()}", client=client, market=_market(code))
        pd.testing.assert_frame_equal(frame, expected)
        if served != length and len(expected):
            parts = kd.intraday(code, served, start="2023-11-15", end="2023-11-17", client=client, market=_market(code))
            ends = expected.index + pd.Timedelta(seconds=length)
            inside = parts[(parts.index >= expected.index[0]) & (parts.index < ends[-1])]
            days = {moment.date() for moment in expected.index}
            if len(days) == 1:
                assert inside["volume"].sum() == frame["volume"].sum()


def _market(code: str) -> str:
    return "kospi200" if code.startswith("101") else "kospi"


def test_a_stretch_asks_only_for_its_pages(client: Client) -> None:
    for start, end, pages in [
        ("2024-01-05 10:00", "2024-01-05 10:05", 1),
        ("2024-01-05 10:00", "2024-01-05 10:41", 2),
        ("2024-01-05 15:30", "2024-01-08 09:01", 1),
        ("2024-01-05 18:00", "2024-01-08 08:00", 0),
    ]:
        frame = kd.intraday("005930", start=start, end=end, market="kospi")
        assert frame.attrs["kosdata"]["requests"] == pages, start
    assert frame.empty
    assert frame.attrs["kosdata"]["reason"] == "no bar begins within the stretch asked for"


# A session that runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("code", ["005930", "K1", "101V3000"])
def test_the_bar_that_runs_is_left_out(morning: Simulator, interval: str, code: str) -> None:
    length, now = INTERVALS[interval], datetime(2024, 1, 12, 10, 3, 20)
    with morning.client() as client:
        frame = kd.intraday(code, interval, client=client)
        kept = kd.intraday(code, interval, partial=True, client=client)
    assert frame.columns.tolist() == BAR
    ends = frame.index.tz_localize(None) + pd.Timedelta(seconds=length)
    assert (ends <= now).all()
    true = truth(code, now.date(), length)
    columns = BAR[:4] if code == "K1" else BAR
    pd.testing.assert_frame_equal(frame[columns], true[columns].iloc[: len(frame)])
    assert len(frame) == sum(true.index.tz_localize(None) + pd.Timedelta(seconds=length) <= now)
    assert kept.columns.tolist() == [*BAR, "final"]
    assert kept["final"].dtype == bool
    pd.testing.assert_frame_equal(kept[kept["final"]][BAR], frame)
    running = truth(code, now.date(), length, until=now.replace(tzinfo=SEOUL))
    if kept["volume"].iloc[-1] == 0 and len(kept) > len(running):
        # Nothing has traded in it so far: the market has no such bar yet, though it has flat ones within it.
        kept = kept.iloc[:-1]
    pd.testing.assert_frame_equal(kept[columns], running[columns].iloc[: len(kept)])
    if not kept["final"].all():
        assert kept["final"].tolist() == [True] * len(frame) + [False]
        assert kept.index[-1] == true.index[len(frame)]


def test_a_session_that_runs_is_asked_for_as_far_as_it_is(morning: Simulator) -> None:
    with morning.client() as client:
        assert kd.intraday("005930", market="kospi", client=client).attrs["kosdata"]["requests"] == 1
        span = kd.intraday("005930", start="2024-01-11", market="kospi", client=client)
    assert span.attrs["kosdata"]["requests"] == 5
    assert span.index[-1] == pd.Timestamp("2024-01-12 10:02", tz="Asia/Seoul")


def test_a_running_bar_is_known_by_its_label_too() -> None:
    # The gateway is a minute behind: by the clock here the bar would be over.
    with fake(lambda query: bars(["9010000", "9020000", "9022500"]), "2024-03-06 09:03:10") as client:
        assert len(kd.intraday("005930", market="kospi", client=client)) == 2
        kept = kd.intraday("005930", market="kospi", partial=True, label="right", client=client)
    assert kept["final"].tolist() == [True, True, False]
    assert kept.index[-1].strftime("%H:%M:%S") == "09:03:00"


@pytest.mark.parametrize(
    ("now", "code", "day"),
    [
        ("2024-01-12T08:44", "101V3000", "2024-01-11"),
        ("2024-01-12T08:50", "101V3000", "2024-01-12"),
        ("2024-01-12T08:50", "005930", "2024-01-11"),
        ("2024-01-12T09:05", "005930", "2024-01-12"),
        ("2024-01-13T12:00", "005930", "2024-01-12"),
        ("2024-01-12T15:30", "005930", "2024-01-12"),
    ],
)
def test_nothing_given_is_the_newest_session_that_has_begun(now: str, code: str, day: str) -> None:
    with Simulator(now=now, speed=0) as simulator, simulator.client() as client:
        frame = kd.intraday(code, client=client)
        assert {f"{moment:%Y-%m-%d}" for moment in frame.index} == {day}


def test_a_session_that_has_not_begun_is_not_asked_for() -> None:
    with Simulator(now="2024-01-12T08:30", speed=0) as simulator, simulator.client() as client:
        frame = kd.intraday("005930", date="2024-01-12", market="kospi", partial=True, client=client)
        assert simulator.count == 0
    assert frame.attrs["kosdata"]["reason"] == "not begun: the session of 2024-01-12 opens at 09:00 KST"
    assert frame.columns.tolist() == [*BAR, "final"]


# What is wrong, and what is missing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"interval": "15s"}, "multiple"),
        ({"interval": 0}, "multiple"),
        ({"interval": "8h"}, "history"),
        ({"interval": "5T"}, "15min"),
        ({"label": "middle"}, "left, right"),
        ({"date": "2024-01-06"}, "2024-01-05 and 2024-01-08"),
        ({"date": "2024-01"}, "more than one day"),
        ({"date": "2024-01-15"}, "future"),
        ({"date": "2024-01-05", "start": "2024-01-05"}, "give the one or the other"),
        ({"start": "2024-01-15"}, "future"),
        ({"start": "2024-01-08", "end": "2024-01-05"}, "does not come before"),
        ({"end": "2024-01-05"}, "start is missing"),
        ({"on_error": "ignore"}, "collect"),
        ({"lang": "fr"}, "ko"),
        ({"market": "konex"}, "no intraday"),
        ({"market": "moon"}, "moon"),
        ({"codes": []}, "empty"),
        ({"codes": 5930}, "005930"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(given: dict[str, Any], said: str) -> None:
    with Simulator(now="2024-01-12T18:30", speed=0) as simulator, simulator.client() as client:
        with pytest.raises(ArgumentError, match=said):
            kd.intraday(**{"codes": "005930", "client": client, **given})
        assert simulator.count == 0


def test_no_session_is_an_empty_frame_with_its_reason(client: Client) -> None:
    frame = kd.intraday("005930", start="2024-01-06", end="2024-01-07")
    several = kd.intraday(["005930", "K1"], start="2024-01-06", end="2024-01-07")
    like = kd.intraday("005930", date="2024-01-05")
    assert frame.attrs["kosdata"]["reason"] == "holiday: there is no session from 2024-01-06 to 2024-01-07"
    pd.testing.assert_frame_equal(frame, like.iloc[:0])
    pd.testing.assert_frame_equal(several, kd.intraday(["005930"], date="2024-01-05").iloc[:0], check_index_type=False)


def test_korean_names(client: Client) -> None:
    frame = kd.intraday("005930", date="2024-01-05", lang="ko")
    assert frame.columns.tolist() == ["시가", "고가", "저가", "종가", "거래량", "거래대금"]


def test_konex_has_no_bars(client: Client) -> None:
    code = kd.fetch("v3_closed_konex_lists").index[0]
    with pytest.raises(ArgumentError, match="no intraday of konex"):
        kd.intraday(code)
    frame = kd.intraday([code, "005930"], date="2024-01-05", on_error="collect")
    assert frame.index.get_level_values("code").unique().tolist() == ["005930"]
    assert json.loads(frame.attrs["kosdata"]["failures"])[0]["code"] == code


def test_a_code_that_fails_fails_whole() -> None:
    def answer(target: str, _: int) -> fakes.Sent:
        if "000660" in target and "20240305" in target:
            return fakes.no(403, "You cannot consume this service")
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "1", "hisLists": bars(["9010000"])}})

    with fakes.client(answer, fakes.Clock(fakes.kst("2024-03-06 18:00"))) as client:
        given = {"start": "2024-03-04", "market": "kospi", "client": client}
        frame = kd.intraday(["005930", "000660"], "10min", on_error="collect", **given)
        assert frame.index.get_level_values("code").tolist() == ["005930"] * 3
        with pytest.raises(LicenceError):
            kd.intraday(["005930", "000660"], "10min", **given)


def test_a_contract_has_bars_while_it_lives(client: Client) -> None:
    # Not listed yet in March 2023.
    frame = kd.intraday("101V3000", "10min", start="2023-03-09", end="2023-03-10")
    assert {f"{moment:%m-%d}" for moment in frame.index} <= {"03-09", "03-10"}
    with pytest.raises(NotFoundError):
        kd.intraday("101S6000", "10min", start="2024-01-04", end="2024-01-05")


def test_a_session_before_the_listing_is_no_error() -> None:
    def answer(target: str, _: int) -> fakes.Sent:
        lists = [] if "20240304" in target else bars(["8550000"])
        code: Any = [" -"] if not lists else "101V3000"
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": code, "hisLists": lists}})

    def broken(target: str, number: int) -> fakes.Sent:
        return fakes.no(500) if "20240305" in target else answer(target, number)

    given: dict[str, Any] = {"interval": "10min", "start": "2024-03-04", "market": "kospi200"}
    with fakes.client(answer, fakes.Clock(fakes.kst("2024-03-06 18:00"))) as client:
        frame = kd.intraday("101V3000", client=client, **given)
        assert frame.index.strftime("%m-%d %H:%M").tolist() == ["03-05 08:45", "03-06 08:45"]
    with fakes.client(broken, fakes.Clock(fakes.kst("2024-03-06 18:00"))) as client, pytest.raises(ServerError):
        kd.intraday("101V3000", client=client, **given)


def test_a_day_that_is_no_session_after_all_is_left_out() -> None:
    # The calendar ends with 2026, and holidays are not told: the 4th of January is believed to be a session.
    def rows(query: dict[str, str]) -> list[dict[str, Any]]:
        day = "20261231" if query["inqStrtDd"] == "20270104" else query["inqStrtDd"]
        return bars(["9100000", "9200000", "15300000"], int(day) % 97 + 1)

    def answer(target: str, number: int) -> fakes.Sent:
        if "holiday" in target:
            return fakes.no(403)
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": rows(query)}})

    first = KRX.next_session(date(2026, 12, 29))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CalendarWarning)
        before = KRX.previous_session(date(2027, 1, 4))
        assert first <= before

        def again(target: str, number: int) -> fakes.Sent:
            return answer(target.replace("20270104", f"{before:%Y%m%d}"), number)

        given: dict[str, Any] = {"interval": "10min", "market": "kospi"}
        with fakes.client(again, fakes.Clock(fakes.kst("2027-01-06 18:00"))) as client:
            frame = kd.intraday("005930", start=before, end="2027-01-06", client=client, **given)
            alone = kd.intraday("005930", start="2027-01-04", end="2027-01-05", client=client, **given)
            nothing = kd.intraday("005930", date="2027-01-04", client=client, **given)
    days = sorted({f"{moment:%Y-%m-%d}" for moment in frame.index})
    assert days == [f"{before}", "2027-01-05", "2027-01-06"]
    assert frame.attrs["kosdata"]["no_session"] == "2027-01-04"
    assert {f"{moment:%Y-%m-%d}" for moment in alone.index} == {"2027-01-05"}
    assert alone.attrs["kosdata"]["no_session"] == "2027-01-04"
    assert nothing.empty
    assert nothing.attrs["kosdata"]["reason"] == "holiday: the service sent the bars of the day before"


def test_a_late_closing_auction_is_in_the_last_bar() -> None:
    ends = ["9010000", "15300000", "15301200"]
    with fake(lambda query: bars([at for at in ends if lies_in(query, at)])) as client:
        frame = kd.intraday("005930", date="2024-03-06", market="kospi", client=client)
        tail = kd.intraday("005930", start="2024-03-06 15:00", market="kospi", client=client)
    assert frame.index.strftime("%H:%M").tolist() == ["09:00", "15:29"]
    assert frame["volume"].tolist() == [5, 10]
    assert tail["volume"].tolist() == [10]


def test_a_bar_without_a_time_is_refused() -> None:
    ends = ["9010000", "0"]
    with (
        fake(lambda query: bars(ends if lies_in(query, ends[0]) else [])) as client,
        pytest.raises(SchemaError, match="inddTm"),
    ):
        kd.intraday("005930", date="2024-03-06", market="kospi", client=client)


def test_frames_that_are_kept_are_not_touched(market: Simulator) -> None:
    with market.client(cache=True) as client:
        one = kd.intraday("005930", date="2024-01-05", client=client)
        before = one.copy()
        one.loc[:, "close"] = 0.0
        pd.testing.assert_frame_equal(kd.intraday("005930", date="2024-01-05", client=client), before)


# The ended gateway --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", ["10s", "1min", "7min", "10min", "1h"])
@pytest.mark.parametrize("code", ["005930", "K1", "101V3000"])
def test_running_totals_become_the_volume_of_each_bar(market: Simulator, code: str, interval: str) -> None:
    with market.client(api="v2") as client:
        frame = kd.intraday(code, interval, start="2024-01-02", end="2024-01-03", client=client)
        part = kd.intraday(code, interval, start="2024-01-03 11:00", end="2024-01-03 12:30", client=client)
        empty = kd.intraday(code, interval, start="2024-01-06", end="2024-01-07", client=client)
    assert frame["volume"].dtype == frame["value"].dtype == "Int64"
    assert frame["value"].isna().all()
    expected = pd.concat([truth(code, day, INTERVALS[interval]) for day in (date(2024, 1, 2), date(2024, 1, 3))])
    pd.testing.assert_frame_equal(frame[BAR[:4]], expected[BAR[:4]])
    if code != "K1":
        assert frame["volume"].astype("int64").tolist() == expected["volume"].tolist()
    stretch = (frame.index >= "2024-01-03 11:00+09:00") & (frame.index < "2024-01-03 12:30+09:00")
    pd.testing.assert_frame_equal(part, frame[stretch])
    pd.testing.assert_frame_equal(empty, frame.iloc[:0])


def test_a_total_that_begins_late_is_that_of_the_first_bar() -> None:
    rows = bars(["9300000", "9400000"])
    for row in rows:
        row["inddTrdvol"] = row.pop("inddAccTrdvol")
        del row["inddTrdval"]
    with fake(lambda query: rows, api="v2") as client:
        frame = kd.intraday("005930", "10min", date="2024-03-06", market="kospi", client=client)
    assert frame["volume"].tolist() == [5, 5]


def test_sessions_stand_apart(client: Client) -> None:
    frame = kd.intraday("005930", "7min", start="2024-01-02", end="2024-01-05")
    opens = [frame.index[0], *(after for before, after in pairwise(frame.index) if after.date() != before.date())]
    assert [f"{moment:%d %H:%M}" for moment in opens] == ["02 10:00", "03 09:00", "04 09:00", "05 09:00"]


# More kinds of codes, and what the documents print -------------------------------------------------------------------


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_options_that_hardly_trade(market: Simulator, api: Any) -> None:
    day = date(2024, 1, 5)
    found = {each.code: _minutes(each.code, day) for each in DERIVATIVES.contracts("options", "kospi200", day)}
    quiet = [code for code, times in found.items() if 0 < len(times) < 300][:2]
    silent = next(code for code, times in found.items() if not len(times))
    with market.client(api=api) as client:
        for code in quiet:
            frame = kd.intraday(code, "7min", date=day, client=client)
            true = DERIVATIVES.bars("options", "kospi200", code, day, 420, time(0), time(23, 59))
            for name in [*BAR[:5]]:
                assert frame[name].astype("float64").tolist() == np.asarray(true[name]).tolist(), name
        nothing = kd.intraday(silent, date=day, client=client)
    assert nothing.empty and nothing.attrs["kosdata"]["reason"]


def _minutes(code: str, day: date) -> Any:
    return DERIVATIVES.bars("options", "kospi200", code, day, 60, time(0), time(23, 59))["time"]


def test_a_connected_future(client: Client) -> None:
    frame = kd.intraday("K2FA001", "30min", date="2024-01-05")
    assert len(frame) == 14
    assert frame["volume"].sum() == kd.history("K2FA001", "2024-01-05", "2024-01-05")["volume"].iloc[0]


def test_what_it_would_cost(client: Client) -> None:
    cost = kd.plan(kd.intraday, "005930", start="2024-01-02", end="2024-01-12", market="kospi")
    assert cost["requests"] == 9 * 4
    assert kd.plan(kd.intraday, ["101V3000", "K1"], "10min", date="2024-01-05")["requests"] == 2


@needs_reference
def test_the_documented_bodies() -> None:
    body = reference("examples/v3_realtime_kospi_intraday.json")["body"]
    with fakes.client(lambda *_: fakes.ok(body), fakes.Clock(fakes.kst("2022-06-02 18:00"))) as client:
        frame = kd.intraday("005930", "10min", date="2022-04-29", market="kospi", client=client)
    assert frame.index.strftime("%H:%M").tolist() == ["09:00", "09:50"]
    assert frame["volume"].tolist() == [3472896, 1577394]

    body = reference("examples/v2_stocks_intraday.json")["body"]
    with fakes.client(lambda *_: fakes.ok(body), fakes.Clock(fakes.kst("2018-12-28 10:03:20")), api="v2") as client:
        given: dict[str, Any] = {"market": "kospi", "client": client}
        frame = kd.intraday("005930", "10min", **given)
        kept = kd.intraday("005930", "20min", partial=True, **given)
    assert frame.index.strftime("%H:%M").tolist() == ["09:00", "09:10", "09:20", "09:30", "09:40", "09:50"]
    assert frame["volume"].sum() == 2903276
    assert kept["final"].tolist() == [True, True, True, False]
    assert kept["volume"].sum() == 2929814
    # From 09:30 to 09:40 nothing traded: the price of that bar only repeats the last one.
    assert kept.loc["2018-12-28 09:20", ["open", "high", "low", "close"]].tolist() == [38500, 38550, 38450, 38550]


def test_a_period_is_a_start(client: Client) -> None:
    assert kd.intraday("005930", "1h", period="2d").equals(kd.intraday("005930", "1h", start="2024-01-11"))
    with pytest.raises(ArgumentError, match="one session"):
        kd.intraday("005930", date="2024-01-11", period="2d")


def test_what_has_no_bars_is_listed(client: Client) -> None:
    found = kd.intraday(["100010"], market="konex", on_error="collect")
    assert kd.failures(found).index.tolist() == ["100010"]
