"""Bars of ticks and of bars, against those that the service makes itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.frame.bars import ohlc
from kosdata.simulator.views import markets
from tests.unit.frame.samples import COLUMNS, ticks


def simulated(columns: Any, day: str) -> pd.DataFrame:
    return ticks(np.datetime64(day, "us") + columns["time"], columns["price"], columns["size"])


@pytest.mark.parametrize("day", ["2024-01-05", "2024-01-02", "2023-11-16", "2015-03-04"])
@pytest.mark.parametrize("code", ["005930", "069500", "000660"])
def test_ticks_a_day_make_the_bars_of_the_service(client: Any, code: str, day: str) -> None:
    market, _ = markets(0, KRX)
    frame = simulated(market.trades(code, date.fromisoformat(day)), day)
    for freq in ("10s", "1min", "15min"):
        for label in ("left", "right"):
            served = kd.intraday(code, freq, date=day, label=label)  # type: ignore[arg-type]
            bars = ohlc(frame, freq, label=label, fill=True)  # type: ignore[arg-type]
            pd.testing.assert_frame_equal(bars[served.columns], served, check_freq=False)
            again = ohlc(served, freq, label=label, fill=True)  # type: ignore[arg-type]
            pd.testing.assert_frame_equal(again[served.columns], served, check_freq=False)
    assert ohlc(frame)["volume"].sum() == frame["size"].sum()


def test_ticks_a_future_make_the_bars_of_the_service(client: Any) -> None:
    _, derivatives = markets(0, KRX)
    for day in ("2024-01-05", "2024-01-02"):
        trades = derivatives.trades("futures", "kospi200", "101V3000", date.fromisoformat(day))
        frame = simulated(trades, day).assign(code="101V3000")
        served = kd.intraday(["101V3000"], "1min", date=day)
        bars = ohlc(frame, fill=True)
        names = COLUMNS[:5]  # the value of ticks is in points
        pd.testing.assert_frame_equal(bars[names], served[names], check_freq=False)
        assert bars.attrs["kosdata"]["value_of_contracts"]
        points = (frame["price"] * frame["size"]).sum()
        assert abs(bars["value"].sum() - points) < len(bars)


def test_minutes_of_the_service_make_its_longer_bars(client: Any) -> None:
    codes = ["005930", "101V3000", "K1"]
    minutes = kd.intraday(codes, date="2024-01-05")
    served = kd.intraday(codes, "1h", date="2024-01-05")
    bars = ohlc(minutes, "1h", fill=True)[served.columns]
    pd.testing.assert_frame_equal(bars.drop("K1"), served.drop("K1"))
    # Volume and value of an index are published in thousands and millions, and rounded bar by bar.
    pd.testing.assert_frame_equal(bars.loc["K1", COLUMNS[:4]], served.loc["K1", COLUMNS[:4]], check_freq=False)
    one = kd.intraday("101V3000", date="2024-01-05")
    pd.testing.assert_frame_equal(ohlc(one, "1h")[served.columns], served.loc["101V3000"], check_freq=False)


def test_days_make_the_weeks_and_months_of_history(client: Any) -> None:
    days = kd.history(["005930", "069500"], "2023-01-01", "2023-12-31")
    for freq in ("W", "M"):
        served = kd.history(["005930", "069500"], "2023-01-01", "2023-12-31", freq=freq)  # type: ignore[arg-type]
        bars = ohlc(days, freq)
        pd.testing.assert_frame_equal(
            bars[COLUMNS[:6]].loc["005930"].iloc[1:], served[COLUMNS[:6]].loc["005930"].iloc[1:]
        )
