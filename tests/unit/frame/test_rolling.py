"""A rolling frame equals a list of rows cut to its bounds, at every step, and what was taken from it never changes."""

from __future__ import annotations

import math
import random
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kosdata.frame import rolling as module
from kosdata.frame.rolling import Column, RollingFrame

NAT = np.iinfo(np.int64).min
COLUMNS = (
    Column("code", "category"),
    Column("price", "float"),
    Column("size", "int"),
    Column("value", "float"),
    Column("signal", "category"),
    Column("received", "instant"),
)
SECOND = 1_000_000

BATCHES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2**32)), max_size=12)
"""Sizes of batches, and a seed for the values of each."""


def rows_of(size: int, seed: int) -> list[tuple[Any, ...]]:
    rng = random.Random(seed)
    return [
        (
            rng.choice([NAT, rng.randrange(10**15)]),
            f"{rng.randrange(40):03d}",
            rng.choice([rng.uniform(-1e6, 1e6), float("nan")]),
            rng.randrange(-(2**63), 2**63),
            rng.choice([0.0, 1.0, float("nan")]),
            rng.choice([None, None, "31000000", "0"]),
            rng.randint(-3, 5),  # seconds since the row before
        )
        for _ in range(size)
    ]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST", 8)


def batch_of(rows: list[tuple[Any, ...]], names: tuple[str, ...] = ("time", *(c.name for c in COLUMNS))) -> Any:
    kinds = {"time": np.int64, "price": np.float64, "size": np.int64, "value": np.float64, "received": np.int64}
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return {name: np.array(values, kinds[name]) if name in kinds else values for name, values in columns.items()}


def plain(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return a frame as rows of what was appended."""
    assert frame.columns.tolist() == [column.name for column in COLUMNS]
    times = frame.index.asi8.tolist()
    words = [[v if isinstance(v, str) else None for v in frame[name].tolist()] for name in ("code", "signal")]
    price, value = (frame[name].fillna(-7.25).tolist() for name in ("price", "value"))
    received = frame["received"].array.asi8.tolist()
    return list(zip(times, words[0], price, frame["size"].tolist(), value, words[1], received, strict=True))


def model_of(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(-7.25 if isinstance(value, float) and math.isnan(value) else value for value in row)


def walk(
    batches: list[tuple[int, int]], maxlen: int | None, window: int | None
) -> Iterator[tuple[RollingFrame, list[tuple[Any, ...]], int]]:
    """Append batch by batch, to a rolling frame and to a list."""
    rolling = RollingFrame(COLUMNS, maxlen=maxlen, window=window and timedelta(seconds=window))
    kept: list[tuple[Any, ...]] = []
    total = 0
    sent, newest = 10**15, 0
    for size, seed in batches:
        rows = rows_of(size, seed)
        stamped = []
        for row in rows:
            sent += row[-1] * SECOND
            newest = max(newest, sent)
            stamped.append((*row[:-1], sent))
            kept.append(model_of((*row[:-1], newest)))
        rolling.append(batch_of(stamped))
        total += len(rows)
        if window is not None:
            kept = [row for row in kept if row[-1] >= newest - window * SECOND]
        if maxlen is not None:
            kept = kept[-maxlen:]
        yield rolling, kept, total


@given(BATCHES, st.one_of(st.none(), st.integers(1, 60)), st.one_of(st.none(), st.integers(1, 60)))
def test_the_rows_are_the_newest_ones_at_every_step(batches: Any, maxlen: int | None, window: int | None) -> None:
    if maxlen is None and window is None:
        maxlen = 10
    for rolling, kept, total in walk(batches, maxlen, window):
        assert plain(rolling.snapshot()) == kept
        assert (rolling.total, len(rolling), rolling.first) == (total, len(kept), total - len(kept))


@given(BATCHES, st.integers(1, 60), st.one_of(st.none(), st.integers(1, 60)))
def test_a_snapshot_never_changes_and_what_is_written_into_it_stays_there(
    batches: Any, maxlen: int, window: int | None
) -> None:
    taken: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    spoilt = []
    for rolling, kept, _ in walk(batches, maxlen, window):
        frame = rolling.snapshot()
        taken.append((frame, frame.copy()))
        mine = rolling.snapshot()
        mine["price"] = 0.0
        mine.loc[:, "size"] = 3
        if len(mine):
            mine.iloc[0, mine.columns.get_loc("value")] = 99.0
        mine.columns.name = mine.index.name = "spoilt"
        spoilt.append(mine)
        assert plain(rolling.snapshot()) == kept
        assert rolling.snapshot().index.name == "time" and rolling.snapshot().columns.name is None
    for frame, copy in taken:
        assert_frame_equal(frame, copy)


@given(BATCHES, st.integers(1, 40), st.integers(-3, 300), st.one_of(st.none(), st.integers(0, 30)))
def test_rows_since_a_number_say_which_number_is_the_first(
    batches: Any, maxlen: int, sequence: int, most: int | None
) -> None:
    everything: list[tuple[Any, ...]] = []
    for rolling, kept, total in walk(batches, maxlen, None):
        everything = everything[: total - len(kept)] + [None] * (total - len(kept) - len(everything)) + kept  # type: ignore[list-item]
        frame, first = rolling.since(sequence, most)
        assert first == min(max(sequence, rolling.first), total)
        wanted = everything[first:total]
        assert plain(frame) == (wanted if most is None else wanted[:most])


@given(BATCHES, st.integers(1, 30))
def test_a_reader_that_is_fast_enough_misses_nothing(batches: Any, maxlen: int) -> None:
    read = sent = missed = 0
    for rolling, _, total in walk(batches, maxlen, None):
        frame, first = rolling.since(read)
        missed += first - read
        read = first + len(frame)
        assert read == total
        sent = total
    assert read == sent and missed <= sent


# What a frame is --------------------------------------------------------------------------------------------------


def some(rows: int, start: int = 0) -> Any:
    at = np.arange(start, start + rows)
    return {
        "time": at * SECOND,
        "code": [f"{n % 150:06d}" for n in at],
        "price": at * 1.0,
        "size": at,
        "value": at * 2.0,
        "signal": [None] * rows,
        "received": at * SECOND,
    }


def test_columns_and_dtypes_stand_before_the_first_row() -> None:
    frame = RollingFrame(COLUMNS).snapshot()
    assert frame.empty and frame.index.name == "time"
    assert str(frame.index.dtype) == "datetime64[us, Asia/Seoul]"
    assert [str(dtype) for dtype in frame.dtypes] == [
        "category",
        "float64",
        "int64",
        "float64",
        "category",
        "datetime64[us, Asia/Seoul]",
    ]


def memory_of(frame: pd.DataFrame, name: str) -> Any:
    array = frame[name].array
    if isinstance(array, pd.Categorical):
        return array.codes
    return array.asi8 if hasattr(array, "asi8") else frame[name].to_numpy()


@pytest.mark.parametrize("known", [0, 126, 127, 200, 32_766, 32_767, 40_000])
def test_a_snapshot_is_a_view_however_many_categories_there_are(known: int) -> None:
    rolling = RollingFrame(COLUMNS, maxlen=100)
    rolling.expect("code", [f"{n:06d}" for n in range(known)])
    rolling.append(some(40))
    frame = rolling.snapshot()
    block, _, _ = rolling._kept
    assert all(np.shares_memory(memory_of(frame, name), block.row[name]) for name in frame.columns)
    assert np.shares_memory(frame.index.asi8, block.row["time"])
    assert len(frame["code"].cat.categories) == max(known, 40)


def test_no_way_leads_from_a_snapshot_into_the_block() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=100)
    rolling.append(some(5))
    frame = rolling.snapshot()
    for write in (
        lambda: frame["price"].to_numpy().__setitem__(0, 9.0),
        lambda: frame["size"].array.__setitem__(0, 9),
        lambda: frame["code"].array.__setitem__(0, "000001"),
        lambda: frame["received"].array.__setitem__(0, frame["received"].iloc[1]),
        lambda: frame.index.asi8.__setitem__(0, 9),
    ):
        with pytest.raises(ValueError, match="read-only"):
            write()
    assert rolling.snapshot()["price"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_new_categories_change_nothing_in_the_rows_before() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=1_000)
    taken = []
    for n in range(150):
        rolling.append(some(3, 3 * n))
        taken.append(rolling.snapshot())
    for n, frame in enumerate(taken):
        assert frame["code"].tolist() == [f"{k % 150:06d}" for k in range(3 * n + 3)]
    assert taken[0]["code"].cat.categories.tolist() == ["000000", "000001", "000002"]


def test_the_numbers_of_categories_come_back() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=10)
    rolling.expect("code", ["B", "A"])
    numbers = rolling.append(some(3) | {"code": ["A", "C", "A"], "signal": (None, "0", None)})
    assert {name: found.tolist() for name, found in numbers.items()} == {"code": [1, 2, 1], "signal": [-1, 0, -1]}
    assert [*rolling.categories("code")] == ["B", "A", "C"] and [*rolling.categories("signal")] == ["0"]
    assert rolling.append(some(0)) == {}


def test_frames_of_expected_codes_join_to_a_category() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=1_000)
    rolling.expect("code", ["B", "A", "B"])
    early = rolling.snapshot()
    rolling.append(some(3) | {"code": ["A", "B", "A"]})
    joined = pd.concat([early, rolling.snapshot()])
    assert joined["code"].dtype == early["code"].dtype
    assert early["code"].cat.categories.tolist() == ["B", "A"]


def test_pandas_works_on_a_snapshot_as_on_any_frame() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=1_000)
    rolling.append(some(300))
    frame, copy = rolling.snapshot(), rolling.snapshot().copy()
    for use in (
        lambda f: f.groupby("code", observed=True)["size"].sum(),
        lambda f: f.resample("1min")["price"].ohlc(),
        lambda f: f.sort_values("code"),
        lambda f: f["price"].rolling(5).mean(),
        lambda f: f.reset_index().merge(f.reset_index(), on="size"),
        lambda f: f[f["code"] == "000003"],
        lambda f: f.drop_duplicates("code", keep="last"),
        lambda f: f.tz_convert("UTC"),
        lambda f: f.fillna({"value": 0.0}),
        lambda f: f.groupby("code", observed=True).rolling(2)["price"].sum(),
        lambda f: f.pivot_table(index="code", values="price", observed=True),
    ):
        one, other = use(frame), use(copy)
        assert one.equals(other)


def test_columns_of_unequal_length_are_refused_and_nothing_is_taken() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=10)
    rolling.append(some(2))
    for short in ({"price": np.array([1.0])}, {"code": []}):
        with pytest.raises(ValueError, match="columns of unequal length"):
            rolling.append(some(3) | short)
    assert len(rolling) == rolling.total == 2
    rolling.append(some(2, 2))
    assert rolling.snapshot()["size"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("columns", "bounds", "words"),
    [
        (COLUMNS, {"maxlen": None}, "nothing bounds"),
        (COLUMNS, {"maxlen": 0}, "at least one"),
        (COLUMNS[:-1], {"window": timedelta(seconds=1)}, "received"),
        ((*COLUMNS, COLUMNS[0]), {}, "twice"),
        ((*COLUMNS, Column("time", "float")), {}, "twice"),
    ],
)
def test_a_frame_that_can_not_be_is_refused(columns: Any, bounds: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RollingFrame(columns, **bounds)


# Memory and threads -----------------------------------------------------------------------------------------------


def test_only_two_blocks_live_and_a_held_snapshot_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    ended: list[int] = []

    class Counted(module._Block):
        def __init__(self, *args: Any) -> None:
            made.append(1)
            super().__init__(*args)

        def __del__(self) -> None:
            ended.append(1)

    monkeypatch.setattr(module, "_Block", Counted)
    rolling = RollingFrame(COLUMNS, maxlen=50)
    held = None
    for n in range(100):
        rolling.append(some(10, 10 * n))
        held = rolling.snapshot() if n == 30 else held
        assert len(made) - len(ended) <= 2
    assert held is not None and held["size"].tolist() == list(range(260, 310))
    assert rolling.snapshot()["size"].tolist() == list(range(950, 1000))


def test_a_window_takes_more_room_in_a_rush_and_gives_it_back() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=None, window=timedelta(seconds=9))
    for n in range(20):
        rolling.append(some(10, 10 * n) | {"received": np.full(10, n // 10)})  # 200 rows in a moment
    assert len(rolling) == 200
    large = rolling._kept[0].capacity
    for n in range(200):
        rolling.append(some(10, 200 + 10 * n) | {"received": np.full(10, (n + 20) * 5 * SECOND)})
    assert len(rolling) == 20 and rolling._kept[0].capacity < large / 2


def test_readers_on_other_threads_see_whole_prefixes() -> None:
    rolling = RollingFrame(COLUMNS, maxlen=500)
    total, step = 60_000, 60
    problems: list[str] = []
    done = threading.Event()

    def read() -> None:
        at = 0
        while not done.is_set() or at < rolling.total:
            frame, first = rolling.since(at, 200)
            numbers = frame["size"].to_numpy()
            if first < at or not np.array_equal(numbers, np.arange(first, first + len(frame))):
                problems.append(f"since {at}: from {first}, {numbers[:3]}")
            if not np.array_equal(frame["price"].to_numpy(), numbers * 1.0):
                problems.append("columns of different rows")
            codes = frame["code"].cat.codes.to_numpy()
            if len(codes) and not np.array_equal(frame["code"].to_numpy(), [f"{n % 150:06d}" for n in numbers]):
                problems.append("codes of different rows")
            at = first + len(frame)
            whole = rolling.snapshot()["size"].to_numpy()
            if len(whole) and (whole[-1] - whole[0] + 1 != len(whole) or len(whole) > 500):
                problems.append(f"snapshot of {len(whole)} rows from {whole[0]} to {whole[-1]}")

    interval = sys.getswitchinterval()
    readers = [threading.Thread(target=read) for _ in range(3)]
    try:
        sys.setswitchinterval(1e-5)
        for reader in readers:
            reader.start()
        for start in range(0, total, step):
            rolling.append(some(step, start))
    finally:
        done.set()
        for reader in readers:
            reader.join()
        sys.setswitchinterval(interval)
    assert not problems, problems[:5]
    assert rolling.total == total
