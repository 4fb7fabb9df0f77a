"""Readers of a stream: each row once and in order, and what they were too slow for is counted and listed."""

from __future__ import annotations

import gc
import logging
import threading
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kosdata as kd
from kosdata.frame.rolling import Column, RollingFrame
from kosdata.research.live.gaps import Gaps
from kosdata.research.live.readers import Reader, deliver
from tests.unit.research.live.feeding import PATIENCE, SECOND, Hand, at, came, micros, row

COLUMNS = [Column("price", "float"), Column("received", "instant")]


def trades(first: int, count: int) -> list[object]:
    return [came(at(n), row(moment=at(n), price=n + 1)) for n in range(first, first + count)]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 12)),
            st.tuples(st.sampled_from(["read", "new", "look"]), st.integers(0, 3)),
        ),
        max_size=40,
    ),
    st.integers(1, 10),
    st.one_of(st.none(), st.integers(1, 10)),
)
def test_what_a_reader_missed_is_what_it_did_not_read_and_lies_within_its_gaps(
    steps: list[tuple[str, int]], maxlen: int, window: int | None
) -> None:
    rolling = RollingFrame(COLUMNS, maxlen=maxlen, window=None if window is None else timedelta(seconds=window))
    readers: list[tuple[Reader, Gaps, list[int], int]] = []
    total = 0
    for step, number in steps:
        here = number % len(readers) if readers else 0
        if step == "append":
            rows = np.arange(total, total + number)
            rolling.append({"time": at(0) + rows, "price": rows.astype(float), "received": at(0) + rows * SECOND})
            total += number
        elif step == "new":
            gaps = Gaps()
            readers.append((Reader(rolling, gaps, lambda: at(0)), gaps, [], rolling.first))
        elif readers:
            reader, _, seen, _ = readers[here]
            if step == "read":
                seen += reader.read()["price"].astype(int).tolist()
            else:
                reader.missed()
    for reader, gaps, seen, begin in readers:
        missed = [number for run in reader.missed() for number in range(*run)]
        assert seen == sorted(set(seen))
        assert missed == sorted(set(missed))
        assert not set(seen) & set(missed)
        seen_all = seen + reader.read()["price"].astype(int).tolist()
        assert sorted(seen_all + missed) == list(range(begin, total))
        frame = gaps.frame()
        bounds = list(zip(micros(frame["start"]), micros(frame["end"]), strict=True))
        assert all(any(s <= at(0) + m * SECOND <= e for s, e in bounds) for m in missed)
        assert not any(s < at(0) + r * SECOND < e for s, e in bounds for r in seen)
        assert len(bounds) <= len(missed)


def test_callbacks_get_every_row_once_and_in_order_however_slow_they_are() -> None:
    hand, seen, is_done, may_go = Hand(), [], threading.Event(), threading.Event()
    with kd.stream_to_frame(source=hand) as stream:

        @stream.on
        def slow(frame: pd.DataFrame) -> None:
            may_go.wait(PATIENCE)
            seen.extend(frame["price"].tolist())
            if len(seen) == 500:
                is_done.set()

        hand.say(*trades(0, 500))
        assert stream.wait(rows=500, timeout=PATIENCE)
        may_go.set()
        assert is_done.wait(PATIENCE)
        assert seen == [float(n + 1) for n in range(500)]
        assert stream.stats["dropped"] == 0
        assert stream.gaps.empty


@settings(max_examples=10)
@given(st.integers(1, 20), st.integers(1, 120))
def test_rows_that_leave_before_a_callback_comes_back_are_dropped_and_listed(maxlen: int, count: int) -> None:
    hand, frames, is_in, may_go, is_done = Hand(), [], threading.Event(), threading.Event(), threading.Event()
    with kd.stream_to_frame(source=hand, maxlen=maxlen) as stream:

        @stream.on
        def slow(frame: pd.DataFrame) -> None:
            frames.append(frame)
            is_in.set()
            may_go.wait(PATIENCE)
            if frame["price"].iloc[-1] == count + 1:
                is_done.set()

        hand.say(*trades(0, 1))
        assert is_in.wait(PATIENCE)
        hand.say(*trades(1, count))
        assert stream.wait(rows=count + 1, timeout=PATIENCE)
        may_go.set()
        assert is_done.wait(PATIENCE)
        stats = stream.stats
        seen = np.concatenate([frame["price"] for frame in frames]).astype(int).tolist()
        expected = max(0, count - maxlen)
        assert seen == [1, *range(2 + expected, count + 2)]
        assert stats["dropped"] == expected
        assert stats["received"] == stats["kept"] + stats["evicted"] + stats["dropped"] == count + 1
        gaps = stream.gaps
        assert gaps["reason"].tolist() == (["overflow"] if expected else [])
        if expected:
            assert micros(gaps["start"]) == [at(0)]
            assert micros(gaps["end"]) == [at(expected + 1)]


def test_a_row_that_two_readers_miss_is_dropped_once() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand, maxlen=5) as stream:
        first, second = iter(stream), iter(stream)
        hand.say(*trades(0, 20))
        assert stream.wait(rows=20, timeout=PATIENCE)
        assert [next(first).price for _ in range(5)] == [16, 17, 18, 19, 20]
        assert next(second).price == 16
        stats = stream.stats
        assert (stats["received"], stats["kept"], stats["evicted"], stats["dropped"]) == (20, 5, 0, 15)
        # Both had read nothing: what they missed began with the first row of all.
        assert micros(stream.gaps["start"]) == [at(0), at(0)]
        assert micros(stream.gaps["end"]) == [at(15), at(15)]


def test_an_iterator_that_has_left_misses_nothing_more() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand, maxlen=5) as stream:
        hand.say(*trades(0, 5))
        for tick in stream:
            if tick.price == 5:
                break
        hand.say(*trades(5, 20))
        assert stream.wait(rows=25, timeout=PATIENCE)
        assert stream.stats["dropped"] == 0
        assert stream.stats["evicted"] == 20


def test_an_iterator_that_was_never_begun_misses_nothing_once_it_is_gone() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand, maxlen=5) as stream:
        iter(stream)
        gc.collect()
        hand.say(*trades(0, 20))
        assert stream.wait(rows=20, timeout=PATIENCE)
        assert stream.stats["dropped"] == 0


def test_iteration_gives_the_rows_that_are_kept_then_new_ones_until_the_end() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand) as stream:
        hand.say(*trades(0, 3))
        assert stream.wait(rows=3, timeout=PATIENCE)
        ticks = iter(stream)
        first = next(ticks)
        assert first._fields == ("time", "code", "price", "size", "volume", "value", "signal", "received")
        assert first.time == pd.Timestamp("2024-01-12 10:00", tz="Asia/Seoul")
        hand.say(*trades(3, 3))
        hand.end()
        assert [tick.price for tick in ticks] == [2, 3, 4, 5, 6]


def test_a_stream_that_only_a_loop_holds_goes_on_to_its_end() -> None:
    prices = [tick.price for tick in kd.stream_to_frame(source=iter(trades(0, 50)))]
    assert prices == [float(n + 1) for n in range(50)]


def test_a_callback_that_always_raises_floods_no_log(caplog: pytest.LogCaptureFixture) -> None:
    reads = iter([True] * 120 + [False])

    def fail(frame: pd.DataFrame) -> None:
        raise ValueError("no such column")

    class Empty:
        def read(self) -> pd.DataFrame:
            return pd.DataFrame()

    deliver(Empty(), fail, lambda reader: next(reads), lambda frame: frame)  # type: ignore[arg-type]
    assert [record.exc_info is not None for record in caplog.records] == [True, False, False]
    assert "100 times: ValueError('no such column')" in caplog.records[-1].getMessage()


def test_a_callback_that_raises_is_logged_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    hand, seen, is_done = Hand(), [], threading.Event()
    with caplog.at_level(logging.ERROR, "kosdata.stream"), kd.stream_to_frame(source=hand) as stream:

        @stream.on
        def bad(frame: pd.DataFrame) -> None:
            seen.extend(frame["price"].tolist())
            if seen[-1] == 2:
                is_done.set()
            raise ZeroDivisionError("mine")

        hand.say(*trades(0, 1))
        assert stream.wait(rows=1, timeout=PATIENCE)
        hand.say(*trades(1, 1))
        assert is_done.wait(PATIENCE)
        assert stream.state == "open"
    assert seen == [1, 2]
    assert "the stream goes on" in caplog.text


def test_a_reader_learns_of_rows_that_somebody_else_took_in_by_looking() -> None:
    """Looking at the frame takes in what waits; whoever waits for rows must hear of those, too."""
    hand, seen, is_done = Hand(), [], threading.Event()
    with kd.stream_to_frame(source=hand) as stream:

        @stream.on
        def watch(frame: pd.DataFrame) -> None:
            seen.extend(frame["price"].tolist())
            if len(seen) == 200:
                is_done.set()

        for n in range(200):
            hand.say(*trades(n, 1))
            len(stream.frame)
        assert is_done.wait(PATIENCE)
    assert seen == [float(n + 1) for n in range(200)]
