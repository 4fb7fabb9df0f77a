"""A stream beside the market that it tells of: what was traded, what came, and what the gaps say of the rest."""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.research.live.stream import Stream
from kosdata.settings import DEMO_KEY, Settings
from kosdata.simulator import Schedule, Sent, Simulator, StreamFault, StreamOptions
from kosdata.simulator.blast import Blast
from kosdata.simulator.courses import SIGNAL, TRADE
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from kosdata.wire.stream import messages
from tests.waiting import until

MARKET = Market(0)
DERIVATIVES = Derivatives(0, KRX, MARKET.underlying)
KINDS: dict[str, tuple[Any, str]] = {"101": ("futures", "kospi200"), "301": ("options", "kospi200")}
ZONE = "Asia/Seoul"

Key = tuple[str, int, str]
"""A code, the volume of its day, and the time or the signal as it travels: there are no two of it in a day."""


class Event(NamedTuple):
    """A trade of the market, or the end of a session: when, in microseconds since 1970, and how much."""

    key: Key
    at: int
    size: int
    price: float

    @property
    def code(self) -> str:
        return self.key[0]


@cache
def course(code: str, day: date) -> tuple[list[int], list[Event]]:
    """Return what the market itself did with a code in a day, and when."""
    known = KINDS.get(code[:3])
    found = DERIVATIVES.course(*known, code, day) if known else MARKET.course(code, day)
    assert found is not None
    midnight, events = pd.Timestamp(day, tz=ZONE).value // 1000, []
    rows = zip(*(found[name] for name in ("event", "moment", "volume", "size", "price", "signal")), strict=True)
    for event, moment, volume, size, price, signal in rows:
        seconds, hundredths = divmod(int(moment), 100)
        clock = f"{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}{hundredths:02}"
        if event in (TRADE, SIGNAL):
            key = (code, int(volume), clock if event == TRADE else signal)
            events.append(Event(key, midnight + 10_000 * int(moment), int(size), float(price)))
    return [event.at for event in events], events


def tape(codes: Iterable[str], begin: datetime, end: datetime) -> list[Event]:
    """Return what the market itself did after one moment and up to another."""
    found: list[Event] = []
    first, last = (pd.Timestamp(moment, tz=ZONE).value // 1000 for moment in (begin, end))
    for day in KRX.sessions(begin.date(), end.date()):
        for code in codes:
            moments, events = course(code, day)
            found += events[bisect_right(moments, first) : bisect_right(moments, last)]
    return sorted(found, key=lambda each: each.at)


def told(sent: Sent, newest: int = 0) -> list[Key]:
    """Return what was pushed over a connection, or the newest of it."""
    pushed = [messages.read(text)[0] for text in sent.texts[-newest:]]
    rows = [row for push in pushed if isinstance(push, messages.Push) for row in push.rows]
    return [(f"{row['isuSrtCd']:0>6}", int(row["accTrdvol"]), f"{int(row['trdTm']):08}") for row in rows]


def keys(frame: pd.DataFrame) -> list[Key]:
    """Return what the rows of a frame are."""
    clocks = frame.index.strftime("%H%M%S%f").str[:8]
    words = frame["signal"].astype("str").to_numpy()
    known = zip(frame["code"].astype("str"), frame["volume"].astype("int64"), clocks, words, strict=True)
    return [(code, volume, word if isinstance(clock, float) else clock) for code, volume, clock, word in known]


class Watch:
    """A stream that is open, and its gateway.

    Parameters
    ----------
    simulator : Simulator
        The gateway, whose clock stands until it is moved.
    stream : Stream
        The stream, of ticks.
    client : Client
        Who asks the gateway for anything else.
    """

    def __init__(self, simulator: Simulator, stream: Stream, client: Client) -> None:
        self.simulator = simulator
        self.stream = stream
        self.client = client
        self.began = self.now
        self.sent = simulator.sent
        self.rows: list[Key] = []

    @property
    def now(self) -> datetime:
        return self.simulator.clock.now().replace(tzinfo=None)

    def to(self, clock: str | timedelta) -> None:
        """Move the clock to a time of the day, or by so much, and wait until all of it is told and taken."""
        is_time = isinstance(clock, str)
        self.simulator.clock.set(
            datetime.fromisoformat(f"{self.now:%Y-%m-%d} {clock}") if is_time else self.now + clock
        )
        self.settle()

    def settle(self) -> None:
        """Wait until the stream is whole again, and has taken all that was pushed to it."""
        until(self._is_settled)
        self.sent = self.simulator.sent
        self.collect()

    def collect(self) -> None:
        """Take note of the rows that have come since the last time, before they leave the window."""
        total, frame = self.stream.stats["received"], self.stream.frame
        assert total - len(self.rows) <= len(frame), "rows have left the window unseen"
        self.rows += keys(frame)[len(frame) - (total - len(self.rows)) :]

    def _is_settled(self) -> bool:
        sent = self.simulator.sent[-1]
        if sent.ended is not None or sent.until != self.now or self.stream.state != "open" or self._is_waiting():
            return False
        return not sent.rows or keys(self.stream.frame.iloc[-1:]) == told(sent, 1)

    def _is_waiting(self) -> bool:
        return self.stream._bringer.is_unconfirmed  # type: ignore[attr-defined]  # one that has it

    def runs(self, got: Sequence[Key]) -> list[list[Key]]:
        """Return what came over each connection, each a prefix of what was pushed there."""
        found, at = [], 0
        for sent in self.sent:
            pushed = told(sent)
            same = next((n for n, pair in enumerate(zip(pushed, got[at:], strict=False)) if pair[0] != pair[1]), None)
            came = min(len(pushed), len(got) - at) if same is None else same
            found.append(pushed[:came])
            at += came
        assert at == len(got), f"row {at} of {len(got)} is no part of what was pushed: {got[at]}"
        return found

    def lost(self, got: Sequence[Key]) -> list[Event]:
        """Return what never came; whatever came was traded, and came once."""
        events, came = tape(self.stream.codes, self.began, self.now), set(got)
        assert len(came) == len(got), "something came twice"
        assert came <= {event.key for event in events}, "something came that was never traded"
        return [event for event in events if event.key not in came]

    def check(self) -> list[Event]:
        """Check that rows and gaps together are what the market did; return what is lost."""
        got, stats = self.rows, self.stream.stats
        assert keys(self.stream.frame) == got[stats["evicted"] + stats["dropped"] :]
        assert stats["received"] == stats["kept"] + stats["evicted"] + stats["dropped"] == len(got)
        self.runs(got)
        lost, gaps = self.lost(got), Listed(self.stream.gaps)
        uncovered = [event for event in lost if not gaps.cover(event)]
        assert uncovered == [], f"{len(uncovered)} of {len(lost)} lost rows lie in no gap of\n{gaps.frame}"
        kept = set(got)
        came = [event for event in tape(self.stream.codes, self.began, self.now) if event.key in kept]
        inside = [event for event in came if gaps.enclose(event)]
        assert inside == [], f"{len(inside)} rows came, and lie in gaps of\n{gaps.frame}"
        return lost


class Listed:
    """The gaps of a stream, as open intervals in microseconds; the one that goes on ends never."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame[frame["reason"] != "overflow"]
        self.starts = [int(each.value) // 1000 for each in self.frame["start"]]
        self.ends = [2**62 if each is pd.NaT else int(each.value) // 1000 for each in self.frame["end"]]
        self.codes = list(self.frame["codes"])
        self.reasons = list(self.frame["reason"])
        self.missed = [None if each is pd.NA else int(each) for each in self.frame["missed_volume"]]

    def cover(self, event: Event) -> bool:
        """Return whether a gap explains what was lost."""
        known = zip(self.starts, self.ends, self.codes, strict=True)
        return any(start <= event.at <= end and event.code in codes for start, end, codes in known)

    def enclose(self, event: Event) -> bool:
        """Return whether a gap claims what has come; a signal has no time that could lie in one."""
        if event.key[2] in ("31000000", "41000000", "81000000"):
            return False
        known = zip(self.starts, self.ends, self.codes, strict=True)
        return any(start < event.at < end and event.code in codes for start, end, codes in known)


def expected(watch: Watch) -> tuple[list[int | None], list[tuple[str, int, int, int]]]:
    """Return the volume that each break has cost, and the gaps without one: code, start, end and volume.

    The day's volume tells it of a code between two rows of it that came; of several breaks between them, the last one
    has all of it. A code of which nothing came before, or after, tells nothing.
    """
    gaps, come = Listed(watch.stream.gaps), set(watch.rows)
    missed: list[int | None] = [None] * len(gaps.starts)
    silent: list[tuple[str, int, int, int]] = []
    events = tape(watch.stream.codes, watch.began, watch.now)
    for code in watch.stream.codes:
        mine = [event for event in events if event.code == code]
        places = [n for n, event in enumerate(mine) if event.key in come]
        for before, after in pairwise(places):
            a, b = mine[before], mine[after]
            size = sum(event.size for event in mine[before + 1 : after])
            between = [
                n
                for n, start in enumerate(gaps.starts)
                if code in gaps.codes[n] and gaps.reasons[n] != "volume" and a.at <= start and gaps.ends[n] <= b.at
            ]
            if between:
                missed[between[-1]] = (missed[between[-1]] or 0) + size
            elif size:
                silent.append((code, a.at, b.at, size))
    kept = [missed[n] for n, reason in enumerate(gaps.reasons) if reason != "volume"]
    return kept, silent


def check_volumes(watch: Watch) -> None:
    """Check what the gaps say of volume against what the market traded."""
    of_breaks, silent = expected(watch)
    gaps = Listed(watch.stream.gaps)
    is_silent = [reason == "volume" for reason in gaps.reasons]
    told_breaks = [missed for missed, silent_one in zip(gaps.missed, is_silent, strict=True) if not silent_one]
    assert told_breaks == of_breaks, f"\n{gaps.frame}"
    known = zip(gaps.codes, gaps.starts, gaps.ends, gaps.missed, is_silent, strict=True)
    told_silent = [(*codes, start, end, missed) for codes, start, end, missed, silent_one in known if silent_one]
    assert sorted(told_silent) == sorted(silent)


@contextmanager
def watched(
    codes: Sequence[str],
    *faults: StreamFault,
    now: str = "2024-01-12 08:30",
    settings: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    **given: Any,
) -> Iterator[Watch]:
    """Open a stream of ticks at a gateway that errs, and end both."""
    before = set(threading.enumerate())
    simulator = Simulator(now=now, speed=0, faults=Schedule(faults), stream=StreamOptions(**(options or {})))
    with (
        simulator,
        simulator.client(**(settings or {})) as client,
        kd.stream_to_frame(codes, client=client, **given) as stream,
    ):
        yield Watch(simulator, stream, client)
    until(lambda: not [each for each in set(threading.enumerate()) - before if each.name.startswith("kosdata")], 2)


@contextmanager
def blast(codes: Sequence[str], writes: Iterable[bytes], *, close: bool = False, **given: Any) -> Iterator[Stream]:
    """Open a stream of ticks at a server that writes what it is given to whoever has registered, and may then close."""
    server = Blast("tick", 0, close=close)
    server._writes, server._awaited = writes, len(codes)  # type: ignore[assignment]  # it iterates, and no more
    ready: Future[str] = Future()

    async def serve() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        ended.append(lambda: loop.call_soon_threadsafe(over.set))
        async with server.serve() as url:
            ready.set_result(url)
            await over.wait()

    ended: list[Callable[[], object]] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="blast")
    thread.start()
    try:
        url = ready.result(10)
        settings = {"base_url": url.replace("ws", "http"), "stream_url": url, "api_key": DEMO_KEY, "cache": False}
        with (
            Client(Settings().changed(**settings)) as client,
            kd.stream_to_frame(codes, client=client, **given) as stream,
        ):
            yield stream
    finally:
        ended[0]()
        thread.join()
