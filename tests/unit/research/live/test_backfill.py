"""Bars for gaps against the synthetic market's own, and against a service that misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kosdata as kd
from kosdata.errors import ArgumentError, AuthError, LicenceError, QuotaError
from kosdata.research.live.backfill import backfill
from kosdata.simulator import Simulator
from kosdata.wire.client import Client
from tests.unit.research.markets import DERIVATIVES, MARKET, at
from tests.unit.wire import fakes

FUTURE = "101V3000"
CODES = ["005930", FUTURE, "K1"]
NOON, EVENING = "2024-01-12 12:00:00", "2024-01-12 18:30:00"
BAR = ["open", "high", "low", "close", "volume", "value"]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(now=EVENING, speed=0) as simulator:
        yield simulator


@pytest.fixture
def asked(sim: Simulator) -> Iterator[Client]:
    sim.clock.set(fakes.kst(EVENING))
    with sim.client() as client:
        yield client


def gap(start: str, end: str | None, codes: tuple[str, ...] = (), day: str = "2024-01-12") -> dict[str, Any]:
    moments = [
        None if at is None else pd.Timestamp(at if "-" in at else f"{day} {at}", tz="Asia/Seoul") for at in (start, end)
    ]
    return {"start": moments[0], "end": moments[1], "reason": "closed", "codes": codes, "missed_volume": pd.NA}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    found = pd.DataFrame([*rows], columns=["start", "end", "reason", "codes", "missed_volume"])
    zoned = "datetime64[us, Asia/Seoul]"
    return found.astype({"start": zoned, "end": zoned, "reason": "str", "missed_volume": "Int64"})


def truth(code: str, day: date, length: int) -> pd.DataFrame:
    """Return the bars of a session, labelled by their begins."""
    late = time(23, 59)
    of = DERIVATIVES.bars("futures", "kospi200", code, day, length, time(0), late) if code == FUTURE else None
    found = of or MARKET.bars(code, day, length, time(0), late)
    ends = np.datetime64(day, "us") + np.asarray(found["time"]).astype("timedelta64[us]")
    index = pd.DatetimeIndex(ends, name="time").as_unit("us").tz_localize("Asia/Seoul") - pd.Timedelta(seconds=length)
    return pd.DataFrame({name: np.asarray(found[name]) for name in BAR}, index=index)


def about(found: pd.DataFrame) -> dict[str, Any]:
    said: dict[str, Any] = found.attrs["kosdata"]
    return said


def test_a_short_gap_is_filled_with_the_bars_of_ten_seconds_that_overlap_it(asked: Client) -> None:
    found = backfill(frame(gap("10:00:03.5", "10:01:10")), CODES, client=asked)
    assert found.index.names == ["code", "time"]
    assert found.columns.tolist() == [*BAR, "gap"]
    assert [str(dtype) for dtype in found.dtypes] == [*["float64"] * 4, *["int64"] * 3]
    assert list(dict.fromkeys(found.index.get_level_values("code"))) == CODES
    for code in CODES[:2]:
        expected = truth(code, date(2024, 1, 12), 10).loc["2024-01-12 10:00:00":"2024-01-12 10:01:00"]  # type: ignore[misc]
        pd.testing.assert_frame_equal(found.loc[code, BAR], expected, check_freq=False)
    assert (about(found)["filled"], about(found)["partly"], about(found)["unfilled"]) == (1, 0, 0)
    assert about(found)["requests"] == 3


def test_a_long_gap_is_filled_with_minutes(asked: Client) -> None:
    found = backfill(frame(gap("15:20:30", "2024-01-12 09:05:00", day="2024-01-11")), ["005930"], client=asked)
    bars = [truth("005930", day, 60) for day in (date(2024, 1, 11), date(2024, 1, 12))]
    expected = pd.concat([bars[0].loc["2024-01-11 15:20":], bars[1].loc[:"2024-01-12 09:04"]])  # type: ignore[misc]
    pd.testing.assert_frame_equal(found.loc["005930", BAR], expected, check_freq=False)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(32_300, 56_000), st.integers(0, 1_300)), min_size=1, max_size=4))
def test_the_bars_of_a_gap_are_just_those_that_overlap_it(stretches: list[tuple[int, int]]) -> None:
    midnight = pd.Timestamp("2024-01-12", tz="Asia/Seoul")
    gaps = frame(
        *(
            gap(
                str(midnight.tz_localize(None) + pd.Timedelta(seconds=first)),
                str(midnight.tz_localize(None) + pd.Timedelta(seconds=first + length)),
            )
            for first, length in stretches
        )
    )
    gaps.index = pd.Index(range(7, 7 + len(gaps)))
    with at("2024-01-12T18:30") as client:
        found = backfill(gaps, ["005930"], client=client)
    for label, row in gaps.iterrows():
        length = 10 if row["end"] - row["start"] <= pd.Timedelta("15min") else 60
        bars = truth("005930", date(2024, 1, 12), length)
        ends = bars.index + pd.Timedelta(seconds=length)
        last = max(row["end"], row["start"] + pd.Timedelta(1, "us"))
        expected = bars[(bars.index < last) & (ends > row["start"])]
        here = found[found["gap"] == label]
        assert here.index.get_level_values("time").tolist() == expected.index.tolist()
        assert here["volume"].tolist() == expected["volume"].tolist()
    assert found.index.get_level_values("time").is_monotonic_increasing


def test_gaps_of_other_codes_go_together_and_share_pages(sim: Simulator, asked: Client) -> None:
    gaps = frame(
        gap("10:00:00", "10:00:20"), gap("10:05:00", "10:05:20", ("005930",)), gap("10:06:00", "10:06:20", ("000660",))
    )
    before = sim.count
    found = backfill(gaps, ["005930", FUTURE], market=None, client=asked)
    assert found.groupby(["code", "gap"]).size().to_dict() == {
        ("005930", 0): 2,
        ("005930", 1): 2,
        (FUTURE, 0): 2,
        ("000660", 2): 2,
    }
    # A code that the stream has no more comes last.
    assert list(dict.fromkeys(found.index.get_level_values("code"))) == ["005930", FUTURE, "000660"]
    assert about(found)["requests"] == 3
    assert sim.count - before == 3 + 2  # and two lists


@pytest.mark.parametrize(("interval", "rows"), [("10s", 120), ("1min", 20), ("7min", 4), (600, 2)])
def test_the_length_of_bars_can_be_chosen(asked: Client, interval: Any, rows: int) -> None:
    found = backfill(frame(gap("10:00:00", "10:20:00")), ["005930"], interval=interval, client=asked)
    assert len(found) == rows
    assert found.index[0][1] <= pd.Timestamp("2024-01-12 10:00", tz="Asia/Seoul")


def test_a_gap_that_is_open_ends_now(sim: Simulator, asked: Client) -> None:
    sim.clock.set(fakes.kst("2024-01-12 12:00:07"))
    found = backfill(frame(gap("11:59:45", None)), ["005930"], client=asked)
    assert found.index.get_level_values("time").strftime("%H:%M:%S").tolist() == ["11:59:40", "11:59:50"]
    # The bar that runs is not there yet.
    assert (about(found)["partly"], about(found)["partly_gaps"]) == (1, "0")
    sim.clock.set(fakes.kst(EVENING))
    assert about(backfill(frame(gap("15:29:45", None)), ["005930"], client=asked))["filled"] == 1


def test_an_instant_lies_in_one_bar(asked: Client) -> None:
    found = backfill(frame(gap("10:00:10", "10:00:10"), gap("10:00:15", "10:00:05")), ["005930"], client=asked)
    assert found.index.get_level_values("time").strftime("%H:%M:%S").tolist() == ["10:00:10"] * 2
    assert found["gap"].tolist() == [0, 1]


def test_a_gap_without_trading_is_not_filled(asked: Client) -> None:
    gaps = frame(
        gap("2024-01-13 10:00", "2024-01-14 10:00"),
        gap("17:00", "17:30"),
        gap("07:00", "08:30"),
        gap("2024-01-15 10:00", None),
    )
    gaps.loc[4] = gaps.loc[0].replace({gaps.loc[0, "start"]: pd.NaT})
    found = backfill(gaps, ["005930"], client=asked)
    assert found.empty and [str(dtype) for dtype in found.dtypes] == [*["float64"] * 4, *["int64"] * 3]
    assert str(found.index.get_level_values("time").dtype) == "datetime64[us, Asia/Seoul]"
    assert (about(found)["unfilled"], about(found)["unfilled_gaps"]) == (5, "0 1 2 3 4")
    assert about(found)["requests"] == 0
    assert backfill(frame(), ["005930"], client=asked).columns.tolist() == [*BAR, "gap"]


def test_both_versions_have_bars(sim: Simulator) -> None:
    sim.clock.set(fakes.kst(EVENING))
    with sim.client(api="v2") as client:
        found = backfill(frame(gap("10:00:03", "10:01:10")), ["005930"], client=client)
    expected = truth("005930", date(2024, 1, 12), 10).loc["2024-01-12 10:00:00":"2024-01-12 10:01:00"]  # type: ignore[misc]
    assert found["volume"].tolist() == expected["volume"].tolist()


def test_a_code_without_an_answer_leaves_the_rest(sim: Simulator, asked: Client) -> None:
    gaps = frame(
        gap("10:00:00", "10:00:20"), gap("10:10:00", "10:10:20", ("999999",)), gap("10:20:00", "10:20:20", (FUTURE,))
    )
    found = backfill(gaps, ["005930", "999999"], client=asked)
    assert found["gap"].tolist() == [0, 0, 2, 2]
    said = about(found)
    assert (said["filled"], said["partly_gaps"], said["unfilled_gaps"]) == (1, "0", "1")
    assert kd.failures(found)["error"].to_dict() == {"999999": "NotFoundError"}


NOT_YET = (400, {}, json.dumps({"error": "당일 종가 제공 시간이 아닙니다."}).encode())


def fake(failure: Any, code: str = "000660") -> Client:
    """Return a client of a service that fails for one code, and has a bar of ten seconds a request for others."""

    def answer(target: str, _: int) -> Any:
        parts = urlsplit(target)
        if code in parts.path:
            return failure
        begin = parse_qs(parts.query)["strtTm"][0]
        prices = dict.fromkeys(("inddOpnprc", "inddHgprc", "inddLwprc", "inddClsprc"), 100)
        bar = {"inddTm": f"{begin}1000", **prices, "inddTrdvol": 5, "inddTrdval": 500, "inddAccTrdvol": 5}
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": [bar]}})

    return fakes.client(answer, fakes.Clock(fakes.kst("2024-01-12 18:00")), retries=1, pace=None)


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        (NOT_YET, "NotReadyError"),
        (fakes.no(503, "down"), "ServerError"),
        (fakes.no(429, "API rate limit exceeded"), "RateLimitError"),
        (ConnectionError("cut"), "TransportError"),
        (fakes.ok({"jsonrpc": "2.0"}), "SchemaError"),
    ],
)
def test_what_may_pass_leaves_a_gap_unfilled_and_says_so(failure: Any, name: str) -> None:
    gaps = frame(gap("10:00:00", "10:00:10"), gap("10:00:00", "10:00:10", ("000660",)))
    found = backfill(gaps, ["005930", "000660"], market="kospi", client=fake(failure))
    assert found["gap"].tolist() == [0]
    assert (about(found)["partly_gaps"], about(found)["unfilled_gaps"]) == ("0", "1")
    assert kd.failures(found)["error"].to_dict() == {"000660": name}


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (fakes.no(401, "Invalid authentication credentials"), AuthError),
        (fakes.no(403, "no"), LicenceError),
        (
            fakes.no(429, "API rate limit exceeded", X_RateLimit_Remaining_Day="0", X_RateLimit_Limit_Day="9"),
            QuotaError,
        ),
    ],
)
def test_what_holds_for_every_gap_is_raised(failure: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        backfill(frame(gap("10:00:00", "10:00:10")), ["005930", "000660"], market="kospi", client=fake(failure))


def test_more_than_is_left_of_the_day_is_not_begun() -> None:
    with Simulator(now=NOON, speed=0, quota=5) as sim, sim.client() as client:
        client.answer(fakes.price(), refresh=True)
        before = sim.count
        with pytest.raises(QuotaError):
            backfill(
                frame(gap("09:00", "11:50")),
                [i.code for i in MARKET.listed("kospi", datetime(2024, 1, 12).date())][:9],
                market="kospi",
                client=client,
            )
        assert sim.count == before


@pytest.mark.parametrize(
    "gaps",
    [
        None,
        [],
        pd.DataFrame({"start": []}),
        frame(gap("10:00", "10:01")).set_axis(["a"]),
        frame(gap("10:00", "10:01"), gap("10:00", "10:01")).set_axis([1, 1]),
    ],
)
def test_what_are_no_gaps_is_refused(asked: Client, gaps: Any) -> None:
    with pytest.raises(ArgumentError, match=r"stream\.gaps"):
        backfill(gaps, ["005930"], client=asked)


@pytest.mark.parametrize(
    ("given", "said"), [({"codes": []}, "empty"), ({"codes": ["005930"], "interval": "3s"}, "10 seconds")]
)
def test_wrong_arguments_are_refused(asked: Client, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        backfill(frame(gap("10:00", "10:01")), **given, client=asked)
