"""Connections that break in every way: what came, what was lost, and what the gaps say of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random
from threading import Semaphore
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.simulator import Schedule, Simulator, StreamFault
from tests.stream.watching import MARKET, Key, Listed, Watch, check_volumes, expected, keys, tape, watched
from tests.waiting import until

CODES = ("005930", "000660", "101V3000")


@pytest.fixture(autouse=True)
def _without_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back at once: the pauses are tested in virtual time elsewhere."""
    monkeypatch.setattr("kosdata.wire.stream.subscription._CAP", 0.0)


@pytest.mark.parametrize("kind", ["close", "fin", "reset", "cut"])
@pytest.mark.parametrize("after", [1, 2, 3, 5, 10, 50, 97])
def test_each_break_is_one_gap_and_the_frame_holds_a_prefix_of_each_connection(kind: Any, after: int):
    luck, breaks = Random(f"{kind} {after}"), 6
    with watched(CODES, StreamFault(kind, after=after, times=breaks)) as watch:
        watch.to("09:00:00")
        while len(watch.sent) <= breaks:
            watch.to(timedelta(seconds=luck.uniform(1, 240)))
        watch.to(timedelta(minutes=3))
        lost = watch.check()
        check_volumes(watch)
        gaps, runs = Listed(watch.stream.gaps), watch.runs(watch.rows)
        assert len(lost) > 0
        assert watch.stream.stats["reconnects"] == len(watch.sent) - 1 == breaks
        assert len(gaps.starts) == breaks
        assert gaps.codes == [CODES] * breaks
        assert [len(run) <= sent.rows for run, sent in zip(runs, watch.sent, strict=True)] == [True] * (breaks + 1)
        if kind != "reset":  # the kernel drops what was not read yet
            assert [len(run) for run in runs] == [sent.rows for sent in watch.sent]
            assert [len(run) for run in runs[:-1]] == [after] * breaks


BREAKS = ("close", "fin", "reset", "cut")
HARMLESS = ("fragment", "split", "delay")
NOISE = ("fragment", "split", "heartbeat", "ping", "malformed", "binary")


def chance(seed: int) -> tuple[Random, list[StreamFault]]:
    """Return what goes wrong in one course of chance."""
    luck = Random(seed)
    kinds = [luck.choice(BREAKS) for _ in range(luck.randint(1, 3))]
    faults = [
        StreamFault(kind, rate=luck.choice((0.5, 0.1, 0.01)), times=luck.randint(1, 4), seed=luck.randrange(100))
        for kind in kinds
    ]
    for kind in luck.sample(HARMLESS, 2):
        seconds = {"seconds": 0.002} if kind == "delay" else {}
        faults.append(StreamFault(kind, rate=0.02, seed=luck.randrange(100), **seconds))  # type: ignore[arg-type]
    luck.shuffle(faults)
    return luck, faults


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def walk(watch: Watch, luck: Random) -> None:
    """Go through a day in steps, some of which do not wait for what they bring."""
    while watch.now.hour < 18:
        step = timedelta(seconds=luck.choice((1, 20, 300, 1800)) * luck.uniform(0.5, 2))
        if luck.random() < 0.5:
            watch.to(step)
        else:
            watch.simulator.clock.advance(step.total_seconds())
    watch.settle()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_breaks_what_was_sent_is_kept_or_lies_in_a_gap(seed: int):
    luck, faults = chance(seed)
    codes = luck.sample(["005930", "000660", "069500", "101V3000", "301V2347"], luck.randint(1, 4))
    options = {"numbered": luck.random() < 0.5, "times": luck.choice(["number", "text", "bare"])}
    with watched(codes, *faults, options=options) as watch:
        walk(watch, luck)
        watch.check()
        check_volumes(watch)


@pytest.mark.parametrize("after", [1, 10, 97])
def test_a_mute_link_is_left_and_its_gap_begins_with_the_last_row(after: int):
    settings = {"heartbeat": 0.05, "stale": 0.15}
    with watched(CODES, StreamFault("mute", after=after, times=2), settings=settings) as watch:
        watch.to("09:10:00")
        watch.to("09:20:00")
        watch.to("09:30:00")
        assert len(watch.check()) > 0
        check_volumes(watch)
        assert [sent.ended for sent in watch.sent].count("mute") == 2
        assert {reason.split()[0] for reason in Listed(watch.stream.gaps).reasons} == {"mute"}


@pytest.mark.parametrize("every", [2, 50])
def test_a_push_that_never_comes_is_found_by_volume_alone(every: int):
    with watched(CODES, StreamFault("drop", after=3, every=every)) as watch:
        # A signal has no time: it counts as of when it came.
        for clock in ("10:00", "15:30", "15:45", "16:00", "18:00", "18:30"):
            watch.to(clock)
        assert watch.stream.stats["reconnects"] == 0
        assert sum(sent.dropped for sent in watch.sent) == len(watch.lost(watch.rows)) > 10
        check_volumes(watch)
        of, silent = expected(watch)
        assert of == []
        assert len(silent) > 10


def test_a_state_that_is_told_on_return_says_what_each_gap_has_cost():
    luck, options = Random(1), {"acknowledge": "snapshot"}
    with watched(CODES, StreamFault("cut", after=25, times=10), options=options) as watch:
        watch.to("09:00:00")
        while len(watch.sent) <= 10:
            watch.to(timedelta(seconds=luck.uniform(1, 240)))
        lost, gaps = watch.check(), Listed(watch.stream.gaps)
        cost = [
            sum(each.size for each in lost if start <= each.at <= end)
            for start, end in zip(gaps.starts, gaps.ends, strict=True)
        ]
        assert gaps.missed == cost
        assert sum(cost) == sum(each.size for each in lost) > 0


@pytest.mark.parametrize("seed", range(2))
def test_noise_between_messages_takes_nothing_away(seed: int):
    faults = [StreamFault(kind, rate=0.05, seed=seed) for kind in NOISE]  # type: ignore[arg-type]
    with watched(CODES, *faults, options={"times": "bare"}) as watch:
        watch.to("18:30")
        (sent,) = watch.sent
        stats = watch.stream.stats
        assert watch.check() == []
        assert stats["malformed"] == sent.faults.count("malformed") + sent.faults.count("binary") > 10
        assert stats["repaired"] == sum(not is_json(text) for text in sent.texts) > 10
        assert len(watch.stream.gaps) == 0


@pytest.mark.parametrize(("kind", "said"), [("reserved", "1002"), ("encoding", ""), ("oversize", "1009")])
def test_what_the_protocol_forbids_costs_the_connection_and_nothing_else(kind: Any, said: str):
    with watched(CODES, StreamFault(kind, after=20, times=3)) as watch:
        for clock in ("09:10:00", "09:20:00", "09:30:00", "09:40:00", "09:50:00"):
            watch.to(clock)
        watch.check()
        check_volumes(watch)
        gaps = Listed(watch.stream.gaps)
        # Text that is no UTF-8 is one bad message: what follows can be read.
        assert len(gaps.starts) == (3 if said else 0)
        assert all(said in reason for reason in gaps.reasons)


@pytest.mark.parametrize("seed", range(2))
def test_a_slow_callback_costs_itself_rows_and_nobody_else(seed: int):
    luck, gate = Random(seed), Semaphore(0)
    given: list[Key] = []

    def slow(frame: pd.DataFrame) -> None:
        gate.acquire()
        given.extend(keys(frame))

    faults = [StreamFault(luck.choice(BREAKS), rate=0.01, times=2, seed=seed)]  # type: ignore[arg-type]
    with watched(CODES, *faults, maxlen=100) as watch:
        watch.stream.on(slow)
        for n in range(60):
            watch.to(timedelta(seconds=luck.uniform(1, 60)))
            if n % 20 == 19:
                gate.release()
        watch.to(timedelta(seconds=60))
        lost = watch.check()
        for _ in range(100):
            gate.release()
        until(lambda: given[-1:] == watch.rows[-1:])
        stats, gaps = watch.stream.stats, watch.stream.gaps
        overflows = gaps[gaps["reason"] == "overflow"]
        places = [watch.rows.index(key) for key in given]
        assert places == sorted(set(places))
        missed = [key for key in watch.rows if key not in set(given)]
        events = tape(CODES, watch.began, watch.now)
        assert len(missed) == stats["dropped"] > 0
        assert len(events) == stats["kept"] + stats["evicted"] + stats["dropped"] + len(lost)
        assert len(overflows) == sum(b - a > 1 for a, b in zip([-1, *places], places, strict=False))


def test_breaks_of_a_whole_market_lie_in_gaps_though_its_trades_come_in_bundles():
    faults = Schedule([StreamFault("cut", after=30, times=4)])
    begin, day = datetime(2024, 1, 12, 8, 30), date(2024, 1, 12)
    with (
        Simulator(now=begin, speed=0, faults=faults) as simulator,
        simulator.client() as client,
        kd.stream_to_frame("kospi", maxlen=None, window="1D", client=client) as stream,
    ):
        for minutes in range(35, 65, 5):
            now = begin + timedelta(minutes=minutes)
            simulator.clock.set(now)
            until(lambda now=now: simulator.sent[-1].until == now and stream.state == "open")  # type: ignore[misc]
        assert stream.wait(rows=sum(sent.rows for sent in simulator.sent), timeout=20)
        frame, gaps = stream.frame, stream.gaps
    whole = MARKET.tape("kospi", day, time.min, now.time())
    traded = Counter(zip(whole["code"], whole["time"].astype("int64").tolist(), whole["size"].tolist(), strict=True))
    moments = (frame.index - pd.Timestamp(day, tz="Asia/Seoul")) // pd.Timedelta("1us")
    came = Counter(zip(frame["code"].astype("str"), moments, frame["size"], strict=True))
    lost = traded - came
    midnight = pd.Timestamp(day, tz="Asia/Seoul")
    spans = [
        ((a - midnight) // pd.Timedelta("1us"), (b - midnight) // pd.Timedelta("1us"))
        for a, b in zip(gaps["start"], gaps["end"], strict=True)
    ]
    assert came <= traded
    assert len(spans) == 4
    assert all(any(start <= at <= end for start, end in spans) for _, at, _ in lost)
    assert not any(start < at < end for _, at, _ in came for start, end in spans)
    assert sum(lost.values()) > 100
    assert gaps["missed_volume"].isna().all()


def test_a_stream_that_is_broken_says_why() -> None:
    with (
        Simulator(now="2024-01-12 10:00", speed=0) as simulator,
        simulator.client() as client,
        kd.stream_to_frame(["005930"], client=client) as stream,
    ):
        assert stream.stats["why"] == f"the stream at {simulator.stream_url}/ws"
        simulator.stop()
        until(lambda: stream.state == "broken")
        until(lambda: "; " in stream.stats["why"])
