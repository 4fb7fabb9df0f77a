"""What once went lost, or was told wrong, without a word."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import StreamError
from kosdata.research.live.ingest import Ingest
from kosdata.simulator import Schedule, Simulator
from kosdata.simulator.faults import Fault, Rule
from tests.unit.research.live.feeding import PATIENCE, AtOnce, Hand, at, came, push, row


def test_rows_that_cannot_be_taken_end_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(ingest: Ingest) -> bool:
        raise OSError("no memory")

    with (
        Simulator(now="2024-01-12 10:00", speed=0) as sim,
        sim.client() as client,
        kd.stream_to_frame(["005930"], client=client) as stream,
    ):
        monkeypatch.setattr(Ingest, "_write", fail)
        sim.clock.advance(300)
        with pytest.raises(StreamError, match="no memory"):
            stream.wait(rows=1, timeout=PATIENCE)
        assert stream.state.startswith("failed")
        monkeypatch.undo()


def test_polls_that_all_fail_are_no_open_stream() -> None:
    with (
        Simulator(now="2024-01-12 10:00", speed=0) as sim,
        sim.client(rng=AtOnce(), retries=1, timeout=1.0, sleep=lambda seconds: None, clock=sim.timestamp) as client,
    ):
        sim.faults = Schedule([Rule(Fault("status", status=500), path="/price$")])
        with pytest.raises(StreamError, match=r"(?s)No round of polls.*ServerError"):
            kd.stream_to_frame(["005930"], transport="poll", client=client)


def test_frames_of_callbacks_say_where_they_come_from() -> None:
    hand, told, is_told = Hand(), [], threading.Event()
    with kd.stream_to_frame(source=hand) as stream:

        @stream.on
        def note(frame: pd.DataFrame) -> None:
            told.append(frame.attrs["kosdata"]["source"])
            is_told.set()

        hand.say(came(at(0)))
        assert is_told.wait(PATIENCE)
        hand.end()
    assert told[0] == "messages"


def test_a_user_may_write_into_a_frame_however_old() -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand, maxlen=10) as stream:
        hand.say(*(came(at(n)) for n in range(5)))
        assert stream.wait(rows=5, timeout=PATIENCE)
        old = stream.frame
        kept = old.copy()
        # Another code, and more rows than any block holds.
        hand.say(came(at(5), row("000660", at(5))), *(came(at(n)) for n in range(6, 9_000)))
        assert stream.wait(rows=9_000, timeout=PATIENCE)
        pd.testing.assert_frame_equal(old, kept)
        for column in ("price", "size", "received", "code"):
            old.loc[old.index[0], column] = kept[column].iloc[1]
        assert len(stream.frame) == 10


def test_a_code_that_was_not_followed_for_a_while_has_missed_nothing() -> None:
    hand = Hand()
    with kd.stream_to_frame(["005930"], source=hand) as stream:
        hand.say(came(at(0), row(moment=at(0), accTrdvol=10, size=10)))
        assert stream.wait(rows=1, timeout=PATIENCE)
        stream.remove("005930")
        stream.add("005930")
        hand.say(came(at(9), row(moment=at(9), accTrdvol=5_000, size=1)))
        assert stream.wait(rows=2, timeout=PATIENCE)
        assert stream.gaps.empty
        hand.end()


def test_a_patch_that_cannot_be_read_costs_itself_alone() -> None:
    def patch(**fields: Any) -> str:
        return push({"isuSrtCd": "005930", **fields}, None)

    messages = [patch(trdPrc=1), patch(trdPrc="abc"), patch(accTrdvol="1,000"), patch(trdPrc=2)]
    with kd.stream_to_frame(preset="change", items=["price", "volume"], source=messages) as stream:
        assert stream.wait(rows=3, timeout=PATIENCE)
        assert stream.frame[["price", "volume"]].to_numpy().tolist()[1:] == [[1.0, 1000.0], [2.0, 1000.0]]
        assert stream.stats["malformed"] == 1


def test_a_stream_is_neither_copied_nor_pickled() -> None:
    with kd.stream_to_frame(source=[]) as stream, pytest.raises(TypeError, match="take its frame"):
        copy.copy(stream)
