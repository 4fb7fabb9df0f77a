"""Frames that do not say what they are: attrs, names of levels and zones are lost on the way to whoever makes bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError

DAYS = ("2024-01-05", "2024-01-08")


def joined(code: str, interval: str, **options: Any) -> pd.DataFrame:
    """Return two days in one frame, which loses its attrs, as they were fetched at two moments."""
    frame = pd.concat([kd.intraday(code, interval, date=day, **options) for day in DAYS])
    frame.attrs.clear()
    return frame


def ticks(*moments: str, price: Any = 100.0) -> pd.DataFrame:
    index = pd.DatetimeIndex([f"2024-01-05 {moment}" for moment in moments], name="time")
    return pd.DataFrame({"price": price, "size": np.arange(len(moments)) + 1}, index)


def test_bars_of_the_wire_are_labelled_by_their_ends(client: Any) -> None:
    wire = kd.fetch("v3_realtime_kospi_intraday", code="005930", date="2024-01-05", interval="1min")
    expected = kd.intraday("005930", "5min", date="2024-01-05").query("volume > 0")
    assert wire.attrs["kosdata"]["label"] == "right"
    for frame in (wire, joined("005930", "1min", label="right").loc["2024-01-05"]):
        assert frame.kos.ohlc("5min")["volume"].tolist() == expected["volume"].tolist()


def test_bars_make_no_shorter_ones_also_without_their_attrs(client: Any) -> None:
    for freq in ("15min", "1min"):
        with pytest.raises(ArgumentError, match="bars of 10min make no bars of"):
            joined("005930", "10min").kos.ohlc(freq)


def test_a_future_keeps_its_hours_without_its_attrs(client: Any) -> None:
    frame = joined("101V3000", "1min")
    assert frame.kos.ohlc("30min")["volume"].sum() == frame["volume"].sum()
    assert frame.kos.ohlc("30min").index[0].strftime("%H:%M") == "08:45"


def test_another_level_of_the_index_is_that_of_codes() -> None:
    one = ticks("09:00:00", "09:00:20")
    frame = pd.concat({"005930": one, "000660": one.assign(price=1000.0)})
    bars = frame.kos.ohlc()
    assert bars.index.names == ["code", "time"]
    assert bars["high"].droplevel("time").to_dict() == {"005930": 100.0, "000660": 1000.0}
    assert frame.kos.returns().isna().sum() == 2
    with pytest.raises(ArgumentError, match="keep code and time"):
        pd.concat({"a": frame}).kos.ohlc()


def test_weeks_and_months_make_no_other_bars_and_lack_no_sessions(client: Any) -> None:
    weeks, months = (kd.history("005930", "2023-01-01", "2024-01-31", freq=freq) for freq in ("W", "M"))
    for frame, freq in ((weeks, "M"), (months, "W"), (weeks.copy(), "D")):
        with pytest.raises(ArgumentError, match="one row a week or month"):
            frame.kos.ohlc(freq)  # type: ignore[arg-type]
    weeks.attrs.clear()
    with pytest.raises(ArgumentError, match="one row a week or month"):
        weeks.kos.ohlc("M")
    assert "missing_session" not in weeks.kos.check()["rule"].tolist()


def test_days_with_a_zone_are_days(client: Any) -> None:
    days = kd.history("005930", "2023-12-01", "2024-01-12")
    zoned = days.tz_localize("Asia/Seoul").rename_axis("Date")
    pd.testing.assert_frame_equal(zoned.kos.ohlc("W"), days.kos.ohlc("W"), check_names=False)


def test_an_index_of_dates_by_name_and_of_moments_by_its_values_is_one_of_moments(client: Any) -> None:
    minutes = kd.intraday("005930", date="2024-01-05").tz_localize(None)
    for name in ("date", "일자"):
        renamed = minutes.rename_axis(name)
        assert len(renamed.kos.ohlc("30min")) == 13
        assert renamed.kos.vwap().iloc[-1] == minutes.kos.vwap().iloc[-1]


def test_moments_may_be_objects_or_those_of_arrow() -> None:
    frame = ticks("09:00:00", "09:00:20")
    expected = frame.kos.ohlc()
    as_objects = frame.set_axis(frame.index.astype(object)).rename_axis("time")
    as_arrow = frame.set_axis(frame.index.astype("timestamp[us][pyarrow]")).rename_axis("time")
    for other in (as_objects, as_arrow):
        pd.testing.assert_frame_equal(other.kos.ohlc(), expected)


def test_codes_may_be_written_as_calls_take_them() -> None:
    moments = ("08:50:00", "10:00:00", "15:44:00")
    for code in ("101V3000", "101V3000*005", "KR4101V30007", "B09FEA49"):
        frame = ticks(*moments, price=350.0).assign(code=code)
        assert frame.kos.ohlc("1h")["count"].sum() == len(moments)
        assert "off_tick" not in frame.assign(price=350.05).kos.check()["rule"].tolist()


def test_bars_of_v2_may_lack_a_volume(client: Any) -> None:
    bars = kd.intraday("005930", date="2024-01-05").head(6)
    bars["volume"] = bars["volume"].astype("Int64").mask([True, *[False] * 5])
    bars["final"] = pd.array([True] * 5 + [None], dtype="boolean")
    made = bars.kos.ohlc("3min")
    assert made["volume"].isna().tolist() == [True, False]
    assert made["count"].isna().tolist() == [True, False]
    assert made["final"].tolist() == [True, False]


@pytest.mark.parametrize("freq", ["D", "10min"])
def test_bars_share_no_memory_with_what_they_are_made_of(client: Any, freq: str) -> None:
    days = freq == "D"
    frame = kd.history("005930", "2024-01-02") if days else kd.intraday("005930", "10min", date="2024-01-05")
    made = frame.kos.ohlc(freq)  # type: ignore[arg-type]
    before = made.copy()
    frame.iloc[0, 3] = 1.0
    pd.testing.assert_frame_equal(made, before)
    made.iloc[0, 3] = 5.0


def test_trades_after_hours_stay_there_through_shorter_bars() -> None:
    frame = ticks("15:30:00", "15:31:20", "15:45:00")
    for freq in ("10min", "D"):
        once, twice = frame.kos.ohlc(freq), frame.kos.ohlc("1min", session="all").kos.ohlc(freq)
        assert once["volume"].tolist() == twice["volume"].tolist() == [1]
    ends = frame.kos.ohlc("1min", session="all", label="right").index
    assert (ends.second + ends.microsecond == 0).all()


def test_what_is_no_number_is_refused_in_words() -> None:
    frame = ticks("09:00:00", "09:00:20")
    for wrong in ({"size": 1.5}, {"size": np.inf}, {"price": "1,000"}, {"price": "-"}):
        with pytest.raises(ArgumentError, match=r"no (whole )?numbers"):
            frame.assign(**wrong).kos.ohlc()
    assert frame.assign(price=[np.inf, 100.0]).kos.ohlc()["value"].tolist() == [200]
    missing = frame.assign(size=pd.array([None, 2**53 + 1], dtype="object"))
    assert missing.kos.ohlc()["volume"].tolist() == [2**53 + 1]
    for wrong in ({"fill": pd.NA}, {"label": np.array(["left"])}, {"session": None}):
        with pytest.raises(ArgumentError, match="is not one of"):
            frame.kos.ohlc(**wrong)


def test_what_was_out_of_order_is_said() -> None:
    frame = ticks("09:00:20", "09:00:00", "09:01:00")
    assert frame.kos.ohlc().attrs["kosdata"]["unsorted"] == 1
    assert frame.sort_index().kos.ohlc().attrs["kosdata"]["unsorted"] == 0
    assert frame.kos.ohlc("1min").kos.ohlc("5min").attrs["kosdata"]["unsorted"] == 0
    reverse = frame.sort_index(ascending=False)
    pd.testing.assert_series_equal(reverse.kos.vwap().sort_index(), frame.sort_index().kos.vwap())


def test_wide_frames_keep_every_code_by_its_text() -> None:
    one = ticks("09:00:00", "09:00:20")
    late = one.set_axis(one.index + pd.Timedelta("10h"))
    wide = pd.concat({5930: one, 660: late}, axis=1)
    made = wide.kos.ohlc()
    assert made.columns.unique(0).tolist() == ["5930", "660"]
    assert made["660"]["volume"].isna().all()
    assert made["5930"]["volume"].tolist() == [3]


def test_labels_that_are_missing_are_labels_of_their_own() -> None:
    index = pd.MultiIndex.from_tuples([("A", "x"), ("A", None), ("B", "x")], names=["code", "investor"])
    made = pd.DataFrame({"value": [1, 2, 3]}, index).kos.wide("value")
    assert made.loc["x"].tolist() == [1, 3]
    assert made[made.index.isna()]["A"].tolist() == [2]


def test_averages_of_rebased_sessions_are_missing(client: Any) -> None:
    average = kd.history("005930", "2018-04-20", "2018-05-10").kos.vwap()
    assert average[:"2018-05-03"].isna().all()  # type: ignore[misc]
    assert average["2018-05-08":].notna().all()  # type: ignore[misc]
    both = kd.intraday(["005930", "101V3000"], date="2024-01-05")
    assert both.loc[["005930"]].kos.vwap().notna().all()


def test_checks_see_repeats_anywhere_and_rows_without_a_time(client: Any) -> None:
    days = kd.history("005930", "2024-01-02")
    twice = pd.concat([days, days]).kos.check()
    assert twice["rule"].value_counts()["repeated"] == len(days)
    strange = days.set_axis(days.index.where(days.index != "2024-01-04"))
    assert strange.kos.check()["rule"].tolist() == ["no_time", "missing_session"]
    future = days.set_axis([*days.index[:-1], pd.Timestamp("2030-01-02")]).rename_axis("date").drop("2024-01-04")
    assert "missing_session" in future.kos.check()["rule"].tolist()
    for frame in (kd.history("K1", "2024-01-02"), kd.intraday("K1", date="2024-01-05")):
        assert frame.kos.check().empty
    assert days.kos.check(market="KOSPI").empty


def test_a_night_of_the_exchange_is_the_first_part_of_the_next_session() -> None:
    moments = ["2026-03-10 10:00", "2026-03-10 20:00", "2026-03-11 03:00", "2026-03-11 10:00"]
    index = pd.DatetimeIndex(moments, name="time")
    frame = pd.DataFrame({"code": "A0166000", "price": [1.0, 2, 3, 4], "size": 1}, index)
    bars = frame.kos.ohlc("D", session="all").loc["A0166000"]
    assert bars["count"].tolist() == [1, 3]
    assert bars["open"].tolist() == [1.0, 2.0]
