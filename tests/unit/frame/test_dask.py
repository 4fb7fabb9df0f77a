"""The door on Dask frames: the same bars, computed by partitions of whole sessions."""

from __future__ import annotations

import sys
from typing import Any

import dask.dataframe as dd
import distributed
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import kosdata as kd
from kosdata.errors import ArgumentError, ConfigError


@pytest.fixture
def ticks() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    days = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-08"]).as_unit("us")
    moments = np.sort(rng.integers(9 * 3600 * 10**6, 55_800 * 10**6, (3, 500)), axis=1).astype("timedelta64[us]")
    index = pd.DatetimeIndex((days.to_numpy()[:, np.newaxis] + moments).ravel(), name="time").tz_localize("Asia/Seoul")
    columns = {"price": 100.0 + rng.integers(0, 9, 1500), "size": rng.integers(1, 9, 1500)}
    codes = pd.Categorical.from_codes(rng.integers(0, 2, 1500), ["005930", "000660"])
    return pd.DataFrame({"code": codes, **columns}, index=index)


@pytest.fixture(autouse=True)
def _registered() -> None:
    kd.register_dask()


def partitioned(frame: pd.DataFrame, size: int) -> Any:
    return dd.from_pandas(frame, chunksize=size, sort=False)


def computed(lazy: Any) -> Any:
    return lazy.compute(scheduler="synchronous")


def by_code(made: pd.DataFrame) -> pd.DataFrame:
    return made.set_index("code", append=True).swaplevel().sort_index()


@pytest.mark.parametrize("freq", ["5min", "D", "W"])
def test_bars_are_those_of_pandas(ticks: pd.DataFrame, freq: str) -> None:
    made, expected = partitioned(ticks, 500).kos.ohlc(freq), ticks.kos.ohlc(freq)
    assert made.columns.tolist() == ["code", *expected.columns]
    pd.testing.assert_frame_equal(by_code(computed(made)), expected.sort_index(), check_index_type=False)


def test_frames_of_one_code_work_as_well(ticks: pd.DataFrame) -> None:
    one = ticks[["price", "size"]]
    frame = partitioned(one, 500)
    pd.testing.assert_frame_equal(computed(frame.kos.ohlc()), one.kos.ohlc(), check_freq=False)
    for name in ("vwap", "returns"):
        made = computed(getattr(frame.kos, name)())
        pd.testing.assert_series_equal(made, getattr(one.kos, name)(), check_freq=False)
    assert computed(frame.kos.korean()).columns.tolist() == ["현재가", "체결량"]


@pytest.mark.parametrize("size", [500, 700])
def test_returns_reach_from_one_partition_to_the_next(ticks: pd.DataFrame, size: int) -> None:
    ticks.iloc[[499, 500, 700], 1] = np.nan
    for frame in (ticks, ticks.kos.korean()):
        made = computed(partitioned(frame, size).kos.returns())
        pd.testing.assert_series_equal(made, frame.kos.returns(), check_freq=False)


@pytest.mark.parametrize("kind", ["category", "str"])
def test_wide_frames_have_a_column_a_code(ticks: pd.DataFrame, kind: str) -> None:
    minutes = ticks.kos.ohlc("1min").reset_index("code").sort_index(kind="stable").astype({"code": kind})
    days = [minutes[minutes.index.day == day] for day in (4, 5, 8)]
    lazy = dd.concat([dd.from_pandas(part, 1, sort=False) for part in days])
    made = lazy.kos.wide("volume")
    expected = minutes.kos.wide("volume")[["000660", "005930"]]
    assert made.columns.tolist() == expected.columns.tolist()
    pd.testing.assert_frame_equal(computed(made), expected, check_freq=False, check_column_type=False)


def test_bars_that_begin_before_their_partition_are_kept() -> None:
    days = [
        pd.DataFrame(
            {"price": 100.0, "size": 1},
            pd.date_range(f"{day} 10:00:05", periods=500, freq="10s", tz="Asia/Seoul", name="time").as_unit("us"),
        )
        for day in ("2024-01-02", "2024-01-03", "2024-01-04")
    ]
    bars = dd.concat([dd.from_pandas(day, npartitions=1) for day in days]).kos.ohlc("1h")
    assert not bars.known_divisions
    joined = bars[["volume"]].join(bars[["count"]])
    assert computed(joined)["volume"].sum() == 1500


def test_what_looks_wrong_in_all_partitions_together_is_found(ticks: pd.DataFrame) -> None:
    ticks = ticks[ticks.index.strftime("%d") != "05"]
    pd.testing.assert_frame_equal(computed(partitioned(ticks, 500).kos.check()), ticks.kos.check())
    assert "missing_session" in ticks.kos.check()["rule"].tolist()


def test_spread_and_imbalance_are_by_rows() -> None:
    quotes = pd.DataFrame({"ask_price_1": [101.0] * 4, "bid_price_1": 100.0, "ask_size_1": 1, "bid_size_1": 3})
    lazy = partitioned(quotes, 2)
    assert computed(lazy.kos.spread()).tolist() == [1.0] * 4
    assert computed(lazy.kos.imbalance()).tolist() == [0.5] * 4


def test_a_picture_is_drawn_of_what_is_computed(ticks: pd.DataFrame) -> None:
    one = ticks[["price", "size"]]
    axes = partitioned(one, 500).kos.plot(freq="30min", ax=Figure(), title="one")
    expected = one.kos.plot(freq="30min", ax=Figure(), title="one")
    assert axes.get_title() == "one"
    assert axes.dataLim.bounds == expected.dataLim.bounds


def test_a_session_in_two_partitions_is_refused_when_it_is_computed(ticks: pd.DataFrame) -> None:
    lazy = partitioned(ticks, 400).kos.ohlc()
    with pytest.raises(ArgumentError, match="sessions are split between partitions"):
        lazy.compute(scheduler="synchronous")


def test_processes_of_a_local_cluster_make_the_same(ticks: pd.DataFrame) -> None:
    lazy = partitioned(ticks, 500)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as local,
        distributed.Client(local) as client,
    ):
        bars, returns = (future.result() for future in client.compute([lazy.kos.ohlc("1h"), lazy.kos.returns()]))
    pd.testing.assert_frame_equal(by_code(bars), ticks.kos.ohlc("1h").sort_index(), check_index_type=False)
    pd.testing.assert_series_equal(returns, ticks.kos.returns(), check_freq=False)


def test_without_dask_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.dataframe", None)
    with pytest.raises(ConfigError, match=r"kosdata\[dask\]"):
        kd.register_dask()
