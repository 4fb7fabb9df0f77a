"""A stream in the hands of its user: frames, waiting, ends, and nothing left behind."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kosdata as kd
from kosdata.catalogue import STREAMS
from kosdata.errors import ArgumentError, StreamError
from tests.unit.research.live.feeding import PATIENCE, Hand, at, came, micros, push, row

PRODUCTS = {"stock": "005930", "futures": "101V3000", "option": "201V3330", "index": "K1"}
TICK = {
    "code": "category",
    "price": "float64",
    "size": "int64",
    "volume": "float64",
    "value": "float64",
    "signal": "category",
    "received": "datetime64[us, Asia/Seoul]",
}


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("kosdata")]


def gone(threads: list[threading.Thread]) -> bool:
    for thread in threads:
        thread.join(PATIENCE)
    return not any(thread.is_alive() for thread in threads)


def test_ticks_have_their_columns_and_dtypes_before_the_first_row() -> None:
    with kd.stream_to_frame(source=[]) as stream:
        frame = stream.frame
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == TICK
    assert (frame.index.name, str(frame.index.dtype)) == ("time", "datetime64[us, Asia/Seoul]")
    said = frame.attrs["kosdata"]
    assert (said["source"], said["endpoint"], said["preset"]) == ("messages", "ws_issue", "tick")


@pytest.mark.parametrize(("preset", "product"), sorted(STREAMS["ws_issue"].presets))
def test_every_preset_has_the_same_columns_and_dtypes_before_and_after_its_first_row(preset: Any, product: str) -> None:
    hand, items = Hand(), ["price", "volume"] if preset == "change" else []
    with kd.stream_to_frame(PRODUCTS[product], preset=preset, items=items, source=hand) as stream:
        empty = stream.frame
        hand.say(push({"isuSrtCd": PRODUCTS[product], "trdPrc": 5, "trdvol": 1}, None if items else preset))
        assert stream.wait(timeout=PATIENCE), stream.malformed
        full = stream.frame
    for name, dtype in empty.dtypes.items():
        assert str(full[name].dtype) == str(dtype)
    assert empty.columns.tolist() == full.columns.tolist()
    assert full.columns[-1] == "received"
    assert all(isinstance(value, str) for value in full.attrs["kosdata"].values())
    numbers = [name for name in full.columns if str(full[name].dtype) not in ("category", "datetime64[us, Asia/Seoul]")]
    assert {str(full[name].dtype) for name in numbers} <= {"float64", "int64"}


@settings(max_examples=20)
@given(st.lists(st.integers(1, 40), max_size=6), st.integers(1, 50), st.booleans())
def test_received_is_kept_and_evicted_and_dropped_exactly(batches: list[int], maxlen: int, has_window: bool) -> None:
    hand, sent = Hand(), 0
    window = "20s" if has_window else None
    with kd.stream_to_frame(source=hand, maxlen=maxlen, window=window) as stream:
        ticks = [iter(stream) for _ in range(3)]
        for batch in batches:
            hand.say(*(came(at(n), row(moment=at(n), price=n + 1)) for n in range(sent, sent + batch)))
            sent += batch
            assert stream.wait(rows=sent, timeout=PATIENCE)
            next(ticks[batch % 2])
        stats, frame = stream.stats, stream.frame
        kept = min(sent, maxlen, 21 if has_window else sent)
        assert (stats["received"], stats["kept"]) == (sent, kept)
        assert stats["received"] == stats["kept"] + stats["evicted"] + stats["dropped"]
        assert frame["price"].tolist() == [float(n + 1) for n in range(sent - kept, sent)]
        assert micros(frame["received"]) == [at(n) for n in range(sent - kept, sent)]
        assert len(stream) == len(frame)


def test_a_snapshot_never_changes_and_what_is_written_into_it_stays_in_it() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand, maxlen=3) as stream:
        hand.say(came(at(0)), came(at(1)))
        assert stream.wait(rows=2, timeout=PATIENCE)
        frame = stream.frame
        before = frame.copy(deep=True)
        hand.say(*(came(at(n), row("000660", at(n), price=9)) for n in range(2, 30)))
        assert stream.wait(rows=30, timeout=PATIENCE)
        pd.testing.assert_frame_equal(frame, before)
        now = stream.frame
        now.loc[:, "price"] = -1.0
        now["mine"] = 1
        assert stream.frame["price"].tolist() == [9.0] * 3
        assert "mine" not in stream.frame


def test_waiting_is_over_when_rows_are_there_or_time_is_or_the_stream() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand, maxlen=1) as stream:
        assert stream.wait(rows=0)
        assert not stream.wait(rows=1, timeout=0)
        hand.say(came(at(0)), came(at(1)))
        assert stream.wait(rows=2, timeout=PATIENCE)
        assert stream.wait(rows=1, timeout=0)
        assert not stream.wait(rows=3, timeout=0.001)
        hand.end()
        assert not stream.wait(rows=3, timeout=PATIENCE)
        assert stream.state == "ended"
        assert stream.wait(rows=2)
    for wrong in (-1, True, 1.5, "1", None):
        with pytest.raises(ArgumentError, match="rows="):
            stream.wait(wrong)  # type: ignore[arg-type]


def test_the_last_rows_of_a_live_source_are_handed_on_though_it_says_no_more() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand) as stream:
        hand.say(*(came(at(n)) for n in range(3)))
        assert stream.wait(rows=3, timeout=PATIENCE)


def test_a_source_that_raises_fails_the_stream_and_whoever_waits() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand) as stream:
        hand.say(came(at(0)))
        hand.fail(ZeroDivisionError("mine"))
        with pytest.raises(StreamError, match="ZeroDivisionError: mine") as caught:
            stream.wait(rows=2, timeout=PATIENCE)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert stream.state.startswith("failed")
        assert stream.wait(rows=1)
        assert len(stream.frame) == 1


def test_an_interrupt_while_waiting_leaves_the_stream_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand) as stream:
        changed = stream._ingest._changed

        def interrupted(*args: object) -> bool:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(changed, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                stream.wait()
        hand.say(came(at(0)))
        assert stream.wait(timeout=PATIENCE)
        assert stream.state == "open"


def test_no_thread_is_left_after_a_close() -> None:
    before = set(ours())
    hand = Hand()
    with kd.stream_to_frame(source=hand) as stream:
        stream.on(lambda frame: None)
        hand.say(came(at(0)))
        assert stream.wait(timeout=PATIENCE)
        threads = [thread for thread in ours() if thread not in before]
        assert len(threads) == 3
        hand.end()
    assert gone(threads)


def test_a_stream_that_nobody_holds_ends() -> None:
    before = set(ours())
    hand = Hand()
    stream = kd.stream_to_frame(source=hand)
    stream.on(lambda frame: None)
    hand.say(came(at(0)))
    assert stream.wait(timeout=PATIENCE)
    threads = [thread for thread in ours() if thread not in before]
    del stream
    gc.collect()
    hand.say(came(at(1)))  # a source that lets a stream wait is left at its next message
    assert gone(threads)


def test_a_close_does_not_wait_for_a_source_that_says_nothing_and_takes_nothing_more_from_it() -> None:
    hand = Hand()
    stream = kd.stream_to_frame(source=hand)
    feed = stream._bringer
    hand.say(came(at(0)))
    assert stream.wait(timeout=PATIENCE)
    stream.close()
    hand.say(came(at(1)))
    assert gone([feed._thread])  # type: ignore[attr-defined]
    assert len(stream.frame) == 1


def test_a_closed_stream_can_be_read_and_closed_again_and_refuses_the_rest() -> None:
    with kd.stream_to_frame(["005930"], source=[came(at(0))]) as stream:
        assert stream.wait(timeout=PATIENCE)
    stream.close()
    assert stream.state == "closed"
    assert len(stream.frame) == len(stream) == len(stream.latest) == 1
    assert stream.stats["state"] == "closed"
    assert stream.gaps.empty
    assert stream.malformed.empty
    assert not stream.wait(rows=2)
    assert "closed" in repr(stream)
    for use in (lambda: stream.add("000660"), lambda: stream.remove("005930"), lambda: stream.record("x")):
        with pytest.raises(ArgumentError, match="has ended"):
            use()


def test_rows_of_a_closed_stream_can_be_iterated_at_any_time_after() -> None:
    with kd.stream_to_frame(source=[came(at(0)), came(at(1))]) as stream:
        assert stream.wait(rows=2, timeout=PATIENCE)
    stream._ingest._closed_at -= 3_600  # type: ignore[operator]
    assert len(list(stream)) == 2


def test_what_cannot_be_read_is_counted_with_a_sample() -> None:
    with kd.stream_to_frame(source=["{", b"\xff", "[1]", 5, push({**row(), "trdPrc": "word"}), push(row())]) as stream:
        stream.wait(rows=10, timeout=PATIENCE)
    assert stream.stats["malformed"] == 5
    assert stream.stats["kept"] == 1
    assert stream.malformed.columns.tolist() == ["received", "reason", "sample"]
    assert len(stream.malformed) == 5


def test_codes_are_added_and_removed() -> None:
    hand = Hand()
    with kd.stream_to_frame(["005930"], source=hand) as stream:
        stream.add(["A000660", "000660"])
        assert stream.codes == ("005930", "000660")
        stream.remove("005930")
        assert stream.codes == ("000660",)
        with pytest.raises(ArgumentError, match="is not followed"):
            stream.remove("005930")
        with pytest.raises(ArgumentError, match="use 'index'"):
            stream.add("K1")


def test_a_chart_draws_itself_anew_as_rows_come_and_a_last_time_at_the_end() -> None:
    hand, drawn = Hand(), threading.Event()
    stream = kd.stream_to_frame(source=hand)
    chart = stream.plot("1min", every=0.001)
    draw = chart.draw

    def told() -> None:
        draw()
        if len(chart.axes.collections[0].get_segments()) == 2:
            drawn.set()

    chart.draw = told  # type: ignore[method-assign]
    hand.say(came(at(0), row(moment=at(0))))
    hand.say(came(at(90), row(moment=at(90))))
    assert drawn.wait(PATIENCE)
    hand.end()
    stream.close()


def test_a_chart_is_asked_for_with_a_pause_that_is_one() -> None:
    with kd.stream_to_frame(source=[]) as stream, pytest.raises(kd.ArgumentError, match="every="):
        stream.plot(every=0)
