"""The door on Dask frames: the same bars, computed by partitions of whole sessions."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError, ConfigError

dd = pytest.importorskip("dask.dataframe")


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


@pytest.mark.parametrize("freq", ["5min", "D"])
def test_bars_are_those_of_pandas(ticks: pd.DataFrame, freq: str) -> None:
    made = partitioned(ticks, 500).kos.ohlc(freq).compute(scheduler="synchronous")
    expected = ticks.kos.ohlc(freq)
    pd.testing.assert_frame_equal(
        made.set_index("code", append=True).swaplevel().sort_index(), expected.sort_index(), check_index_type=False
    )


def test_frames_of_one_code_and_averages_work_as_well(ticks: pd.DataFrame) -> None:
    one = ticks[["price", "size"]]
    frame = partitioned(one, 500)
    pd.testing.assert_frame_equal(frame.kos.ohlc().compute(scheduler="synchronous"), one.kos.ohlc(), check_freq=False)
    pd.testing.assert_series_equal(frame.kos.vwap().compute(scheduler="synchronous"), one.kos.vwap(), check_freq=False)
    assert frame.kos.korean().compute(scheduler="synchronous").columns.tolist() == ["현재가", "체결량"]


def test_a_session_in_two_partitions_is_refused_when_it_is_computed(ticks: pd.DataFrame) -> None:
    lazy = partitioned(ticks, 400).kos.ohlc()
    with pytest.raises(ArgumentError, match="sessions are split between partitions"):
        lazy.compute(scheduler="synchronous")
    with pytest.raises(ArgumentError, match="freq='W'"):
        partitioned(ticks, 500).kos.ohlc("W")


def test_a_local_cluster_makes_the_same(ticks: pd.DataFrame) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, host="127.0.0.1", protocol="tcp"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        made = client.compute(partitioned(ticks, 500).kos.ohlc("1h")).result()
    assert made["volume"].sum() == ticks["size"].sum()


def test_without_dask_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.dataframe.extensions", None)
    with pytest.raises(ConfigError, match=r"kosdata\[dask\]"):
        kd.register_dask()
