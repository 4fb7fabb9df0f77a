"""Bars of ticks and of bars: nothing is lost, and they are those that the service makes of the same trades."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.seoul import DAY
from kosdata.errors import ArgumentError
from kosdata.frame.bars import ohlc
from kosdata.frame.korean import korean, titles
from kosdata.frame.phases import phases
from tests.unit.frame.samples import COLUMNS, SEOUL, ticks

CODES = ["005930", "000660", "K2FA001"]
LATE_DAYS = ["2024-01-02", "2023-11-16", "2001-09-12"]


def fetched(frame: pd.DataFrame, moment: str) -> pd.DataFrame:
    frame.attrs["kosdata"] = {**frame.attrs.get("kosdata", {}), "fetched_at": moment}
    return frame


def bars_of(moments: Any, *, interval: str) -> pd.DataFrame:
    index = pd.DatetimeIndex(moments, name="time").as_unit("us").tz_localize(SEOUL)
    frame = pd.DataFrame({**dict.fromkeys(COLUMNS[:4], 10.0), "volume": 3, "value": 30}, index)
    frame.attrs["kosdata"] = {"interval": interval}
    return frame


def at(*moments: str, day: str = "2024-01-05") -> list[str]:
    return [f"{day} {moment}" for moment in moments]


def times_of(bars: pd.DataFrame) -> list[str]:
    return pd.DatetimeIndex(bars.index.get_level_values("time")).strftime("%H:%M:%S").tolist()


@st.composite
def streams(draw: st.DrawFn, *, in_session: bool = True, with_codes: bool | None = None) -> pd.DataFrame:
    """Ticks of some days around the clock or within the regular hours of all products, in any order."""
    days = [np.datetime64(day, "us") for day in ("2024-01-04", "2024-01-05", "2023-11-16", "2015-03-02")]
    low, high = (10 * 3600 * 2, 15 * 3600 * 2) if in_session else (0, 24 * 3600 * 2 - 1)
    tick = st.tuples(
        st.sampled_from(days),
        st.integers(low, high),
        st.integers(1, 5_000_000),
        st.integers(1, 1_000_000_000),
        st.sampled_from(CODES),
    )
    rows = draw(st.lists(tick, max_size=40))
    if draw(st.booleans()):
        rows.sort(key=lambda row: (row[0], row[1]))
    moments = [day + np.timedelta64(half * 500, "ms") for day, half, *_ in rows]
    is_of_codes = draw(st.booleans()) if with_codes is None else with_codes
    codes = pd.Categorical([row[4] for row in rows], CODES) if is_of_codes else None
    return ticks(moments, [row[2] for row in rows], [row[3] for row in rows], codes)


def plain(frame: pd.DataFrame, seconds: int) -> pd.DataFrame:
    """Bars of ticks of stocks within the session, one at a time: the plainest way there is."""
    found: dict[pd.Timestamp, list[tuple[float, int]]] = {}
    for moment, price, size in sorted(zip(frame.index, frame["price"], frame["size"], strict=True), key=lambda r: r[0]):
        hours = KRX.hours(moment.date())
        begin, close = (
            pd.Timestamp(datetime.combine(moment.date(), at)).tz_localize(SEOUL) for at in (hours.open, hours.close)
        )
        step = pd.Timedelta(seconds=seconds)
        last = -((begin - close) // step) - 1
        begin += step * min(max((moment - begin) // step, 0), last)
        found.setdefault(begin, []).append((price, size))
    rows = [
        (
            trades[0][0],
            max(p for p, _ in trades),
            min(p for p, _ in trades),
            trades[-1][0],
            sum(q for _, q in trades),
            sum(int(p) * q for p, q in trades),
            len(trades),
        )
        for trades in found.values()
    ]
    index = pd.DatetimeIndex(list(found), dtype=f"datetime64[us, {SEOUL}]", name="time")
    bars = pd.DataFrame(rows, index=index, columns=COLUMNS)
    return bars.astype(dict.fromkeys(COLUMNS[:4], np.float64) | dict.fromkeys(COLUMNS[4:], np.int64))


# Laws -----------------------------------------------------------------------------------------------------------------


@given(streams(with_codes=False), st.sampled_from([1, 10, 60, 420, 3600, 30_000]))
def test_bars_are_those_of_the_plainest_way(frame: pd.DataFrame, seconds: int) -> None:
    pd.testing.assert_frame_equal(ohlc(frame, seconds), plain(frame, seconds), check_freq=False)


@given(streams(in_session=False), st.sampled_from(["10s", "7min", "1h", "D", "W", "M"]))
def test_bars_of_all_trades_keep_every_share_and_every_won(frame: pd.DataFrame, freq: str) -> None:
    bars = ohlc(frame, freq, session="all")
    assert int(bars["volume"].sum()) == int(frame["size"].sum())
    assert int(bars["count"].sum()) == len(frame)
    paid = sum(int(p) * q for p, q in zip(frame["price"], frame["size"].tolist(), strict=True))
    assert sum(bars["value"].tolist()) == paid


@given(streams(in_session=False))
def test_the_session_and_what_lies_around_it_are_all(frame: pd.DataFrame) -> None:
    inside, around, both = (ohlc(frame, session=session) for session in ("regular", "after_hours", "all"))
    assert inside["count"].sum() + around["count"].sum() == both["count"].sum() == len(frame)
    assert inside.attrs["kosdata"]["outside_session"] == around["count"].sum()
    pd.testing.assert_frame_equal(pd.concat([inside, around]).sort_index(), both.sort_index())


@given(streams(in_session=False), st.sampled_from(["regular", "all"]), st.sampled_from(["left", "right"]))
def test_bars_of_bars_are_those_of_the_ticks(frame: pd.DataFrame, session: Any, label: Any) -> None:
    minutes = ohlc(frame, session=session, label=label)
    for freq in ("5min", "1h", "D", "W", "M"):
        pd.testing.assert_frame_equal(
            ohlc(minutes, freq, session=session, label=label), ohlc(frame, freq, session=session, label=label)
        )
    pd.testing.assert_frame_equal(ohlc(minutes, session=session, label=label), minutes)


@given(streams(in_session=False))
def test_high_and_low_bound_open_and_close(frame: pd.DataFrame) -> None:
    bars = ohlc(frame, "30min", session="all")
    assert (bars["high"] >= bars[["open", "close"]].max(axis=1)).all()
    assert (bars["low"] <= bars[["open", "close"]].min(axis=1)).all()


@given(streams(in_session=False, with_codes=True), st.sampled_from(["regular", "all"]), st.booleans())
def test_splitting_by_code_and_joining_changes_nothing(frame: pd.DataFrame, session: Any, fill: bool) -> None:
    whole = ohlc(frame, "5min", session=session, fill=fill)
    apart = [ohlc(frame[frame["code"] == code], "5min", session=session, fill=fill) for code in CODES]
    pd.testing.assert_frame_equal(pd.concat(apart), whole, check_index_type=False)


@given(streams(in_session=False), st.randoms(use_true_random=False))
def test_the_order_of_moments_is_of_no_account(frame: pd.DataFrame, random: Any) -> None:
    frame = frame[~frame.index.duplicated()]  # the order within a moment is
    order = list(range(len(frame)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(ohlc(frame.iloc[order], session="all"), ohlc(frame, session="all"))


@given(streams(in_session=False), st.sampled_from(["1min", "7min"]))
def test_labels_on_the_right_are_the_ends(frame: pd.DataFrame, freq: str) -> None:
    left, right = (ohlc(frame, freq, label=label) for label in ("left", "right"))
    pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True))
    begins, ends = (pd.DatetimeIndex(bars.index.get_level_values("time")) for bars in (left, right))
    longer = ends - begins
    assert (longer <= pd.Timedelta(freq)).all()
    # Only the last bar of a session is shorter.
    assert {moment.strftime("%H:%M") for moment in ends[longer < pd.Timedelta(freq)]} <= {
        "15:30",
        "16:30",
        "15:00",
        "15:45",
        "16:45",
        "15:15",
    }


@given(streams(with_codes=False), st.sampled_from(["1min", "5min", "1h"]))
def test_bars_are_those_of_pandas_where_it_can_say_them(frame: pd.DataFrame, freq: str) -> None:
    frame = frame.sort_index(kind="stable")
    # Before the close, which pandas would give a bar of its own.
    day = frame[(frame.index >= "2024-01-05") & (frame.index < "2024-01-05 15:30")]
    origin = pd.Timestamp("2024-01-05 09:00", tz=SEOUL)
    grouped = day.assign(value=day["price"] * day["size"]).resample(freq, origin=origin)
    theirs = grouped["price"].ohlc().assign(volume=grouped["size"].sum(), value=grouped["value"].sum())
    theirs = theirs.assign(count=grouped.size())[lambda bars: bars["count"] > 0]
    pd.testing.assert_frame_equal(
        ohlc(day, freq), theirs, check_freq=False, check_dtype=False, check_index_type=False, check_names=False
    )


@given(st.dates(date(2000, 1, 1), date(2026, 12, 31)), st.sampled_from(["stock", "derivative"]))
def test_the_stretches_of_a_day_tile_it(day: date, product: Any) -> None:
    number = day.toordinal() - date(1970, 1, 1).toordinal()
    spans = phases([number, number + 1], product, "all")
    assert (spans.after[1:] == spans.upto[:-1]).all()
    assert spans.upto[-1] - spans.after[0] == 2 * DAY
    assert (spans.start < spans.end).all()
    assert spans.is_regular.sum() == 2


# Sessions, auctions, late opens ---------------------------------------------------------------------------------------


def test_auctions_are_in_the_first_and_the_last_bar() -> None:
    frame = ticks(at("09:00:00", "09:00:12", "15:19:59", "15:30:00", "15:30:21"), [10, 11, 12, 13, 14], [1] * 5)
    bars = ohlc(frame)
    assert times_of(bars) == ["09:00:00", "15:19:00", "15:29:00"]
    assert bars["count"].tolist() == [2, 1, 2]
    assert times_of(ohlc(frame, label="right")) == ["09:01:00", "15:20:00", "15:30:00"]


def test_a_trade_at_the_end_of_a_bar_belongs_to_the_next_one_and_at_the_close_to_the_last() -> None:
    bars = ohlc(ticks(at("09:00:59.999999", "09:01:00", "15:30:00"), [10, 11, 12], [1, 1, 1]))
    assert times_of(bars) == ["09:00:00", "09:01:00", "15:29:00"]


def test_bars_after_hours_are_cut_from_the_begin_of_their_own_trading() -> None:
    frame = ticks(at("08:35:00", "15:40:00", "15:55:00", "16:10:00", "18:00:08"), [10] * 5, [1] * 5)
    assert times_of(ohlc(frame, "15min", session="after_hours")) == [
        "08:30:00",
        "15:40:00",
        "15:55:00",
        "16:00:00",
        "17:45:00",
    ]
    bars = ohlc(frame, "20min", session="after_hours", label="right")
    assert times_of(bars) == ["08:40:00", "16:00:00", "16:20:00", "18:00:00"]
    assert bars["count"].tolist() == [1, 2, 1, 1]
    assert ohlc(frame).empty


def test_a_night_runs_across_midnight_and_belongs_to_its_evening() -> None:
    moments = ["2024-01-05 18:00:00", "2024-01-05 23:59:59", "2024-01-06 00:00:01", "2024-01-06 05:59:59"]
    frame = ticks(moments, [10, 11, 12, 13], [1] * 4, ["K2FA001"] * 4)
    bars = ohlc(frame, "7h", session="all").loc["K2FA001"]
    assert bars.index.strftime("%d %H:%M").tolist() == ["05 18:00", "06 01:00"]
    assert bars["count"].tolist() == [3, 1]
    assert ohlc(frame, "D", session="all").index.tolist() == [("K2FA001", pd.Timestamp("2024-01-05"))]


@pytest.mark.parametrize("day", LATE_DAYS)
def test_bars_are_cut_from_a_late_open(day: str) -> None:
    opens = KRX.hours(date.fromisoformat(day)).open
    start = pd.Timestamp(f"{day} {opens}")
    frame = ticks([start, start + pd.Timedelta("7min"), start + pd.Timedelta("7min 1s")], [1, 2, 3], [1, 1, 1])
    assert ohlc(frame, "7min").index.tz_localize(None).tolist() == [start, start + pd.Timedelta("7min")]


def test_each_code_keeps_its_own_hours() -> None:
    frame = ticks(at("08:45:01", "08:45:01", "15:40:00", "15:40:00"), [1] * 4, [1] * 4, ["K2FA001", "005930"] * 2)
    assert ohlc(frame, "1h").index.get_level_values("code").unique().tolist() == ["K2FA001"]
    assert ohlc(frame, "1h").attrs["kosdata"]["outside_session"] == 2


# Filling --------------------------------------------------------------------------------------------------------------


def test_filled_bars_are_flat_and_go_to_the_close() -> None:
    bars = ohlc(ticks(at("09:03:30", "09:05:30"), [10, 12], [3, 4]), fill=True)
    assert times_of(bars)[:4] == ["09:03:00", "09:04:00", "09:05:00", "09:06:00"]
    assert times_of(bars)[-1] == "15:29:00"
    assert bars.iloc[1].tolist() == [10, 10, 10, 10, 0, 0, 0]
    assert bars["volume"].sum() == 7


def test_nothing_is_filled_that_has_not_begun() -> None:
    frame = ticks(at("09:03:30", "09:05:30"), [10, 12], [3, 4])
    assert len(ohlc(fetched(frame, "2024-01-05T09:08:01+09:00"), fill=True)) == 6
    received = frame.assign(received=pd.DatetimeIndex(at("09:03:31", "09:07:31")).as_unit("us").tz_localize(SEOUL))
    assert len(ohlc(received, fill=True)) == 5
    assert len(ohlc(fetched(frame, "2024-01-05T09:00+09:00"), fill=True)) == 3


def test_bars_that_may_not_be_out_yet_are_not_filled() -> None:
    frame = bars_of(at("09:03", "09:05"), interval="1min")
    assert times_of(ohlc(fetched(frame, "2024-01-05T10:30:10+09:00"), fill=True))[-1] == "09:05:00"
    assert times_of(ohlc(fetched(frame, "2024-01-05T18:00+09:00"), fill=True))[-1] == "15:29:00"


def test_bars_that_are_not_final_make_bars_that_are_not(client: Any) -> None:
    minutes = kd.intraday(["005930", "101V3000"], date="2024-01-05").assign(final=True)
    minutes.iloc[[200, -1], minutes.columns.get_loc("final")] = False
    made = minutes.kos.ohlc("30min")
    assert made.columns[-1] == "final"
    assert (~made["final"]).sum() == 2
    pd.testing.assert_frame_equal(made.drop(columns="final"), minutes.drop(columns="final").kos.ohlc("30min"))
    assert minutes.kos.ohlc("1min", fill=True)["final"].sum() >= len(minutes) - 2
    days = kd.history("005930", "2024-01-08", partial=True)
    assert days.kos.ohlc("W")["final"].tolist() == [True]


def test_bars_without_a_trade_are_left_out_unless_there_never_is_a_volume(client: Any) -> None:
    minutes = kd.intraday("005930", date="2024-01-05")
    assert len(ohlc(minutes)) == (minutes["volume"] > 0).sum()
    assert len(ohlc(minutes.assign(volume=0, value=0))) == len(minutes)


# What a frame may look like -------------------------------------------------------------------------------------------


def test_rows_without_time_price_or_code_are_left_out_and_counted() -> None:
    moments = ["2024-01-05 09:00:01", "NaT", "2024-01-05 09:00:02", "2024-01-05 09:00:03"]
    frame = ticks(moments, [10, 10, np.nan, 11], [1, 1, 1, 1], ["005930", "005930", "005930", None])
    bars = ohlc(frame)
    assert bars["count"].tolist() == [1]
    told = bars.attrs["kosdata"]
    assert (told["without_time"], told["without_trade"], told["outside_session"]) == (2, 1, 0)


def test_identical_ticks_are_all_kept() -> None:
    assert ohlc(ticks(at("09:00:01") * 3, [10] * 3, [2] * 3))["volume"].tolist() == [6]


def test_bars_that_are_there_twice_count_once_and_are_told() -> None:
    bars = ohlc(ticks(at("09:00:01", "09:01:30"), [10, 12], [3, 4]))
    twice = ohlc(pd.concat([bars, bars]), "5min")
    assert twice["volume"].tolist() == [7]
    assert twice.attrs["kosdata"]["repeated"] == 2
    with pytest.raises(ArgumentError, match="two bars at 2024-01-05 09:00:00 differ in volume"):
        ohlc(pd.concat([bars, bars.assign(volume=5)]), "5min")


def test_no_rows_make_no_bars_of_the_same_dtypes() -> None:
    frame = ticks(at("09:00:01"), [10], [1], ["005930"])
    for freq in ("1min", "D"):
        some, none = ohlc(frame, freq), ohlc(frame[:0], freq)
        assert len(none) == 0
        assert none.dtypes.to_dict() == some.dtypes.to_dict()
        assert none.index.names == some.index.names
        assert (
            ohlc(frame[["price", "size"]][:0], freq, fill=False).index.dtype
            == ohlc(frame[["price", "size"]], freq).index.dtype
        )


def test_names_may_be_korean_and_stay_so(client: Any) -> None:
    minutes = kd.intraday("005930", date="2024-01-05")
    bars = ohlc(korean(minutes), "1h")
    assert bars.columns.tolist() == [titles()[name] for name in COLUMNS]
    pd.testing.assert_frame_equal(bars, korean(ohlc(minutes, "1h")))
    frame = ticks(at("09:00:01"), [10], [1], ["005930"])
    assert ohlc(korean(frame)).index.names == ["종목코드", "시각"]


@pytest.mark.parametrize("order", [["figure", "code"], ["code", "figure"]])
def test_wide_frames_stay_wide(client: Any, order: list[str]) -> None:
    long = kd.intraday(["005930", "000660"], date="2024-01-05")
    frame = long.unstack("code").rename_axis(columns=["figure", "code"])  # noqa: PD010
    frame = frame if order[0] == "figure" else frame.swaplevel(axis=1)
    bars = ohlc(frame, "1h")
    expected = ohlc(long, "1h")
    assert bars.columns.nlevels == 2
    for code in ("005930", "000660"):
        one = bars.xs(code, axis=1, level="code")
        pd.testing.assert_frame_equal(one, expected.loc[code], check_dtype=False, check_names=False, check_freq=False)


def test_a_zone_is_read_and_none_is_seoul() -> None:
    frame = ticks(at("09:00:01"), [10], [1])
    expected = ohlc(frame)
    for index in (frame.index.tz_convert("UTC"), frame.index.tz_localize(None), frame.index.as_unit("ns")):
        pd.testing.assert_frame_equal(ohlc(frame.set_axis(index)), expected)


def test_counts_that_may_be_missing_stay_so() -> None:
    bars = ohlc(ticks(at("09:00:01", "09:01:30"), [10, 12], [3, 4]))
    known = ohlc(bars.assign(value=pd.array([None, 48], dtype="Int64")), "5min")
    assert known["value"].isna().tolist() == [True]
    assert known["volume"].dtype == np.int64


def test_the_frame_is_left_as_it_was() -> None:
    frame = ticks(at("09:00:03", "09:00:01"), [10, 11], [1, 2], ["005930", "000660"])
    before = frame.copy(deep=True)
    ohlc(frame, fill=True)
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == {}


def test_sums_beyond_what_a_float_holds_are_exact() -> None:
    price, size = 5_000_001.0, 3_000_000_001
    bars = ohlc(ticks(at("09:00:01", "09:00:02"), [price, price], [size, size]))
    assert bars["value"].tolist() == [2 * int(price) * size]


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"freq": "5 minutes"}, "'1min'"),
        ({"freq": 0}, "'1min'"),
        ({"freq": True}, "'1min'"),
        ({"freq": "24h"}, "'D'"),
        ({"session": "night"}, "after_hours"),
        ({"label": "middle"}, "right"),
        ({"fill": "ffill"}, "True"),
        ({"freq": "D", "fill": True}, "within sessions"),
    ],
)
def test_a_wrong_argument_is_told_what_to_write(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        ohlc(ticks(at("09:00:01"), [10], [1]), **arguments)


def test_what_a_frame_lacks_is_told() -> None:
    frame = ticks(at("09:00:01"), [10], [1])
    with pytest.raises(ArgumentError, match=r"size is missing: the ticks of stream_to_frame\(\) have it"):
        ohlc(frame[["price"]])
    with pytest.raises(ArgumentError, match=r"open is missing: history\(\) and intraday\(\) have it"):
        ohlc(frame[["size"]])
    with pytest.raises(ArgumentError, match="set_index"):
        ohlc(frame.reset_index())
    with pytest.raises(ArgumentError, match="2 columns price"):
        ohlc(pd.concat([frame, frame[["price"]]], axis=1))


def test_bars_are_not_cut_into_shorter_ones(client: Any) -> None:
    with pytest.raises(ArgumentError, match="bars of 10min make no bars of 15min"):
        ohlc(kd.intraday("005930", "10min", date="2024-01-05"), "15min")
    with pytest.raises(ArgumentError, match="freq='W'"):
        ohlc(kd.history("005930", "2024-01-02"), "1h")
