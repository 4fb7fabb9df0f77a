"""Minute bars of a day of ticks, beside pandas, and beside polars and duckdb where they are installed.

pandas and polars make open, high, low, close and volume; kosdata, duckdb and the way "of all columns" also make the
value in won and the number of trades.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from kosdata.frame.bars import ohlc

ROUNDS = 15
OPEN, CLOSE = 9 * 3_600_000_000, 55_800_000_000
DAY = pd.Timestamp("2024-01-05")

MINUTE = "time_bucket(interval 1 minute, time)"
SUMS = (
    "arg_min(price, time)",
    "max(price)",
    "min(price)",
    "arg_max(price, time)",
    "sum(size)",
    "sum(price * size)",
    "count(*)",
)

Way = Callable[[pd.DataFrame], object]


def ticks(rows: int, codes: int) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    of_day = np.sort(rng.integers(OPEN + 1, CLOSE + 1, rows))
    moments = (DAY.to_numpy().astype("datetime64[us]") + of_day) - np.timedelta64(9, "h")
    index = pd.DatetimeIndex(moments, name="time").tz_localize("UTC").tz_convert("Asia/Seoul")
    prices = 73_000.0 + 100 * rng.integers(-50, 50, rows)
    frame = pd.DataFrame({"price": prices, "size": rng.integers(1, 500, rows)}, index=index)
    if codes > 1:
        names = pd.Index([f"{n:06}" for n in range(codes)], dtype="str")
        frame["code"] = pd.Categorical.from_codes(rng.integers(0, codes, rows).astype(np.int16), names)
    return frame


def ours(frame: pd.DataFrame) -> object:
    return ohlc(frame, "1min")


def resample(frame: pd.DataFrame) -> object:
    grouped = frame.resample("1min")
    return grouped["price"].ohlc().join(grouped["size"].sum())


def resample_all(frame: pd.DataFrame) -> object:
    grouped = frame.assign(value=(frame["price"] * frame["size"]).astype("int64")).resample("1min")
    return grouped["price"].ohlc().join(grouped[["size", "value"]].sum()).join(grouped.size().rename("count"))


def grouper(frame: pd.DataFrame) -> object:
    grouped = frame.groupby(["code", pd.Grouper(freq="1min")], observed=True)
    return grouped["price"].ohlc().join(grouped["size"].sum())


def aggregated(frame: pd.DataFrame) -> object:
    return frame.groupby(["code", pd.Grouper(freq="1min")], observed=True).agg(
        open=("price", "first"),
        high=("price", "max"),
        low=("price", "min"),
        close=("price", "last"),
        volume=("size", "sum"),
    )


def floored(frame: pd.DataFrame) -> object:
    minutes = frame.index.floor("1min")
    return frame.groupby(["code", minutes], observed=True).agg(
        open=("price", "first"),
        high=("price", "max"),
        low=("price", "min"),
        close=("price", "last"),
        volume=("size", "sum"),
    )


def in_polars(frame: pd.DataFrame) -> object:
    pl: Any = import_module("polars")
    columns = {"time": frame.index.tz_localize(None).to_numpy(), **{n: frame[n].to_numpy() for n in ("price", "size")}}
    if "code" in frame:
        columns["code"] = frame["code"].cat.codes.to_numpy()
    price = pl.col("price")
    return (
        pl.DataFrame(columns)
        .set_sorted("time")
        .group_by_dynamic("time", every="1m", group_by=["code"] if "code" in frame else None)
        .agg(
            price.first().alias("open"),
            price.max().alias("high"),
            price.min().alias("low"),
            price.last().alias("close"),
            pl.col("size").sum().alias("volume"),
        )
    )


def in_duckdb(frame: pd.DataFrame) -> object:
    duckdb: Any = import_module("duckdb")
    keys = ["code", MINUTE] if "code" in frame else [MINUTE]
    table = frame.assign(time=frame.index.tz_localize(None)).reset_index(drop=True)
    if "code" in frame:
        table["code"] = frame["code"].cat.codes.to_numpy()
    with duckdb.connect() as connection:
        connection.register("ticks", table)
        ticks = connection.table("ticks")
        found = ticks.aggregate(", ".join([*keys, *SUMS]), ", ".join(keys))
        return found.fetchnumpy()


def beside() -> dict[str, Way]:
    found: dict[str, Way] = {}
    for name, way in (("polars", in_polars), ("duckdb", in_duckdb)):
        try:
            import_module(name)
        except ImportError:
            print(f"{name} is not installed: left out")
        else:
            found[name] = way
    return found


def measured(frame: pd.DataFrame, ways: Mapping[str, Way]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    rng = np.random.default_rng(7)
    for n in range(ROUNDS + 1):
        for name in rng.permutation(list(ways)).tolist():  # what ran before leaves the caches as it likes
            began = time.perf_counter()
            ways[name](frame)
            if n:  # the first round warms up
                taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    others = beside()
    one: dict[str, Way] = {"kosdata": ours, "pandas resample": resample, "pandas of all columns": resample_all}
    many: dict[str, Way] = {
        "kosdata": ours,
        "pandas Grouper ohlc": grouper,
        "pandas Grouper agg": aggregated,
        "pandas floor agg": floored,
    }
    for rows in (1_000_000, 5_000_000):
        for codes, ways in ((1, one), (200, many)):
            found = measured(ticks(rows, codes), {**ways, **others})
            base = min(found[name] for name in ways if name.startswith("pandas"))
            print(f"{rows:,} ticks, {codes} code{'s' * (codes > 1)}")
            for name, seconds in found.items():
                print(f"  {name:22} {seconds * 1000:8.1f} ms  {seconds / base:5.2f} x the fastest of pandas")


if __name__ == "__main__":
    main()
