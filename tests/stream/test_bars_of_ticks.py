"""Bars made of the ticks of whole days, beside those that REST has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import kosdata as kd
from kosdata.simulator import Simulator, StreamFault
from tests.stream.watching import tape, watched
from tests.waiting import until

STOCKS = ("005930", "000660")
ETF, FUTURE, OPTION = "069500", "101V3000", "301V2347"
COLUMNS = ["open", "high", "low", "close", "volume", "value"]


def traded(bars: pd.DataFrame) -> pd.DataFrame:
    """Return bars that had a trade: those of ticks know of no others."""
    return bars[bars["volume"] > 0]


def made(frame: pd.DataFrame, freq: str) -> pd.DataFrame:
    return frame.kos.ohlc(freq)[COLUMNS]  # type: ignore[attr-defined]  # the accessor


def compare(made: pd.DataFrame, rest: pd.DataFrame, *, has_value: bool = True) -> None:
    columns = COLUMNS if has_value else COLUMNS[:-1]
    assert len(rest) > 0
    assert_frame_equal(made[columns], rest[columns], check_freq=False)


class TestWholeDays:
    @pytest.mark.parametrize(
        ("day", "codes"),
        [
            ("2024-01-12", (*STOCKS, ETF)),
            ("2024-01-12", (FUTURE, OPTION)),
            # The first session of a year opens an hour late.
            ("2024-01-02", (*STOCKS, ETF)),
            ("2024-01-02", (FUTURE, OPTION)),
            # The day of the CSAT is an hour late from its open to its close.
            ("2023-11-16", (*STOCKS, ETF)),
            ("2023-11-16", ("101TC000", "301TC335")),
        ],
    )
    def test_ticks_make_the_bars_of_rest(self, day: str, codes: Sequence[str]):
        is_contract = codes[0].startswith("101")
        with watched(codes, now=f"{day} 08:00") as watch:
            watch.to("18:30")
            frame, client = watch.stream.frame, watch.client
            for freq in ("1min", "5min", "10min", "10s"):
                rest = kd.intraday(codes, freq, date=day, client=client)
                # Ticks of contracts know no multiplier.
                compare(made(frame, freq), traded(rest), has_value=not is_contract)
            compare(
                frame.kos.ohlc("1min", fill=True),
                kd.intraday(codes, date=day, client=client),
                has_value=not is_contract,
            )
            daily = kd.history(codes, start=day, end=day, client=client)
            compare(made(frame, "D"), daily, has_value=not is_contract)

    def test_the_first_and_the_last_bar_hold_the_auctions(self):
        with watched(STOCKS) as watch:
            watch.to("18:30")
            bars = made(watch.stream.frame, "1min")
        events = [each for each in tape(STOCKS, watch.began, watch.now) if each.key[2][:2] < "16"]
        for code in STOCKS:
            mine = [each for each in events if each.code == code and each.size]
            first = [each for each in mine if each.key[2] < "09010000"]
            last = [each for each in mine if each.key[2] >= "15290000" and each.key[2] <= "15300000"]
            bar = bars.loc[code].iloc[0]
            assert first[0].key[2] == "09000000"
            assert (bar["open"], bar["volume"]) == (first[0].price, sum(each.size for each in first))
            bar = bars.loc[code].iloc[-1]
            assert [each.key[2] for each in last] == ["15300000"]
            assert (bar["open"], bar["close"], bar["volume"]) == (last[0].price, last[0].price, last[0].size)

    @pytest.mark.parametrize("times", ["text", "bare"])
    def test_times_and_codes_may_travel_in_any_spelling(self, times: str):
        with watched((*STOCKS, ETF), options={"times": times}) as watch:
            watch.to("18:30")
            rest = kd.intraday((*STOCKS, ETF), date="2024-01-12", client=watch.client)
            compare(made(watch.stream.frame, "1min"), traded(rest))

    @pytest.mark.parametrize("market", ["kospi", "kosdaq"])
    def test_a_whole_market_in_arrays_makes_them_too(self, market: str):
        with Simulator(now="2024-01-12 08:30", speed=0) as simulator, simulator.client() as client:
            with kd.stream_to_frame(market, maxlen=None, window="1D", client=client) as stream:
                simulator.clock.set(datetime(2024, 1, 12, 18, 30))
                until(lambda: simulator.sent[-1].until == datetime(2024, 1, 12, 18, 30))
                assert stream.wait(rows=simulator.sent[-1].rows, timeout=20)
                frame = stream.frame
            assert len(frame) == simulator.sent[-1].rows > 10_000
            codes = sorted(frame["code"].value_counts().index[:3])
            bars = made(frame[frame["code"].isin(codes)], "1min")
            compare(bars, traded(kd.intraday(codes, date="2024-01-12", client=client)))

    def test_a_window_smaller_than_the_day_makes_the_last_bars(self):
        with watched(STOCKS, maxlen=300) as watch:
            watch.simulator.clock.set(datetime(2024, 1, 12, 18, 30))
            until(lambda: watch.simulator.sent[-1].until == watch.now)
            watch.stream.wait(rows=watch.simulator.sent[-1].rows, timeout=20)
            frame = watch.stream.frame
            assert len(frame) == 300
            # The bar in which the window begins lacks what has left.
            since = frame.index[0].ceil("1min")
            bars = made(frame, "1min")
            rest = traded(kd.intraday(STOCKS, start=since, end="2024-01-12", client=watch.client))
            compare(bars[bars.index.get_level_values("time") >= since].sort_index(), rest.sort_index())


class TestABreak:
    def test_bars_of_the_gap_fill_what_is_missing(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("kosdata.wire.stream.subscription._CAP", 0.0)
        with watched(STOCKS, StreamFault("cut", after=200, times=1)) as watch:
            watch.to("09:30")
            watch.to("10:30")
            watch.to("18:30")
            lost = watch.check()
            frame, client = watch.stream.frame, watch.client
            filled = watch.stream.backfill(interval="1min")
            rest = traded(kd.intraday(STOCKS, date="2024-01-12", client=client))
        assert len(lost) > 10
        assert filled.attrs["kosdata"]["filled"] == len(watch.stream.gaps) == 1
        bars, missing = (
            made(frame, "1min"),
            {
                (each.code, pd.Timestamp(each.at, unit="us", tz="UTC").tz_convert("Asia/Seoul").floor("1min"))
                for each in lost
            },
        )
        assert missing <= set(filled.index)
        # Bars of the gap take the place of those that lack trades; the other ones are whole.
        whole = pd.concat([bars[~bars.index.isin(filled.index)], traded(filled)[COLUMNS]]).sort_index()
        compare(whole, rest.sort_index())
