"""The ways that the rows of a stream come: pushed by the service, polled from REST, or read from an iterable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from kosdata.catalogue import STREAMS
from kosdata.catalogue.calendar import Product as Floor
from kosdata.catalogue.streams import product_of
from kosdata.errors import ConfigError, StreamError
from kosdata.frame.pushes import Schema
from kosdata.research.live.about import About
from kosdata.research.live.asked import MARKETS, Bounds, address, fitting, limit
from kosdata.research.live.feeds import Polled, Source
from kosdata.research.live.ingest import Ingest
from kosdata.research.live.polling import Poll
from kosdata.research.live.recording import Head, Recorder
from kosdata.research.live.stream import Stream
from kosdata.research.sessions import calendar
from kosdata.wire.client import Client
from kosdata.wire.clock import ClockWarning
from kosdata.wire.stream.conversation import REPLY_DUE, Conversation
from kosdata.wire.stream.intake import Intake
from kosdata.wire.stream.sessions import Sessions
from kosdata.wire.stream.subscription import Subscription

__all__ = ["Transport", "Wish", "fed"]

Transport: TypeAlias = Literal["auto", "ws", "poll"]

_QUIET: Final = 60.0  # seconds without a push that are odd while trades are made one by one
_QUIET_AUCTION: Final = 900.0
_REFUSALS_SHOWN: Final = 3


class Wish:
    """A stream that shall be opened, and the ways to do so.

    Parameters
    ----------
    client : Client
        Whom to ask.
    about : Head
        What of.
    shape : Schema
        Columns of the frame.
    keep : Bounds
        How many rows are kept.
    sessions : int
        Sessions to spread the codes over.
    interval : float, optional
        Seconds between two polls at least.
    path : Path, optional
        File that messages are written to.
    rival : Stream, optional
        A stream that has a session of the same key.
    """

    def __init__(
        self,
        client: Client,
        about: Head,
        shape: Schema,
        keep: Bounds,
        sessions: int,
        interval: float | None,
        path: Path | None,
        rival: Stream | None,
    ) -> None:
        self.about = about
        self._client = client
        self._shape = shape
        self._keep = keep
        self._sessions = sessions
        self._interval = interval
        self._limit: int | None = None
        self._days = calendar(client)
        self._path = path
        self._rival = rival
        self._has_recorded = False

    def opened(self, transport: Transport) -> Stream:
        """Return the stream, once the service has accepted it."""
        if transport == "poll":
            return self._polled("transport='poll' was asked for")
        self._limit = limit(self._client.settings, self._sessions, self.about)
        try:
            stream, ingest = self._pushed()
        except (ConfigError, StreamError) as error:
            if self._rival is not None and isinstance(error, StreamError):
                raise StreamError(
                    f"{error} One session a key, and {self._rival!r} has it: close() it first, or add() codes to it; "
                    "transport='poll' needs none."
                ) from error
            # Patches can not be polled: then it is the stream that is missing.
            if transport == "ws" or self.about.preset == "change":
                raise
            return self._polled(str(error))
        if ingest.refusals:
            stream.close()
            said = "; ".join(f"{code}: {text}" for code, text in list(ingest.refusals.items())[:_REFUSALS_SHOWN])
            raise StreamError(f"The service refused {len(ingest.refusals)} of {len(self.about.codes)} codes ({said}).")
        return stream

    def _pushed(self) -> tuple[Stream, Ingest]:
        settings = self._client.ready()
        url = address(settings) + STREAMS[MARKETS.get(self.about.market or "", "ws_issue")].path
        intake, ingest = self._parts(is_bundled=self.about.market is not None)
        key = settings.api_key
        assert key is not None  # noqa: S101 - `ready` has seen to it

        def converse(codes: Iterable[str]) -> Conversation:
            return Conversation(
                codes,
                preset=self.about.preset,
                items=[field.wire for name, field in self._shape.fields.items() if name != "code"]
                if self.about.preset == "change"
                else (),
                key=key,
                member=settings.member,
                heartbeat=settings.heartbeat,
                stale=settings.stale,
                patience=self._patience,
                is_registered=self.about.market is None,
            )

        def subscriptions(arrived: Callable[[], None]) -> list[Subscription]:
            shares = [self.about.codes[n :: self._sessions] for n in range(self._sessions)]
            return [
                Subscription(
                    url,
                    share,
                    converse=converse,
                    intake=intake,
                    sink=ingest,
                    arrived=arrived,
                    timeout=settings.timeout,
                    greeted=self._greeted,
                    rng=self._client.rng,
                )
                for share in shares
            ]

        sessions = Sessions(subscriptions, intake, ingest)
        stream = Stream(ingest, intake, sessions, self._told("ws", lambda: f"the stream at {url}"))
        sessions.start()
        with _closing_unless_done(stream):
            _await(ingest, sessions, self._sessions, settings.timeout, is_hasty=self._rival is not None)
        return stream, ingest

    def _polled(self, why: str) -> Stream:
        intake, ingest = self._parts(is_bundled=False)
        poll = Poll(
            self._client,
            None if self.about.market else self.about.codes,
            market=self.about.market,
            preset=self.about.preset,
            interval=self._interval,
        )
        feed = Polled(intake, ingest, poll, rng=self._client.rng)
        stream = Stream(ingest, intake, feed, self._told("poll", lambda: f"{why.rstrip('.')}; {poll.why}"))
        feed.start()
        timeout = self._client.settings.timeout
        with _closing_unless_done(stream):
            ingest.wait_until(lambda: feed.rounds > 0 or ingest.has_ended, timeout)
            _raise_if_failed(ingest)
            if not feed.rounds:
                said = feed.trouble or "no answer"
                raise StreamError(f"No round of polls has succeeded within {timeout:g} s: {said}.")
        return stream

    def _parts(self, *, is_bundled: bool) -> tuple[Intake, Ingest]:
        clock = self._client.clock()
        intake = Intake(
            self.about.preset,
            self._shape.fields,
            clock=lambda: int(clock.time() * 1e6),
            is_bundled=is_bundled,
            secret=self._client.settings.api_key,
        )
        ingest = _ingest(self.about, self._shape, intake, self._keep, env=self._client.env)
        if self._path is not None:
            # The second way writes over what the first one has begun.
            key, again = self._client.settings.api_key, self._has_recorded
            ingest.record(Recorder(self._path, self.about, secret=key, overwrite=again))
            self._has_recorded = True
        return intake, ingest

    def _told(self, transport: str, why: Callable[[], str]) -> About:
        return About(
            self.about,
            transport,
            why,
            fitting(self.about, self._shape),
            self._limit if transport == "ws" else None,
            self._client.settings.api_key,
            self._client,
        )

    def _greeted(self, headers: Mapping[str, str]) -> None:
        clock = self._client.clock()
        # The warning is for whoever reads the screen; where warnings are errors, it would end the stream.
        with suppress(ClockWarning):
            clock.observe(headers.get("Date"), clock.own(), server_name=headers.get("Server"))

    def _patience(self) -> float | None:
        now, days = self._client.now(), self._days
        if not days.is_session(now.date()):
            return None
        floor: Floor = "derivative" if {product_of(c) for c in self.about.codes} & {"futures", "option"} else "stock"
        hours = days.hours(now.date(), floor)
        if not hours.open <= now.time() <= hours.close:
            return None
        pauses = (hours.closing_auction, *hours.breaks)
        return _QUIET_AUCTION if any(p.start <= now.time() <= p.end for p in pauses) else _QUIET


def fed(
    messages: Iterable[Any],
    about: Head,
    shape: Schema,
    keep: Bounds,
    *,
    speed: float | None = None,
    recorder: Recorder | None = None,
) -> Stream:
    is_bundled = about.market is not None
    intake = Intake(about.preset, shape.fields, clock=lambda: time.time_ns() // 1000, is_bundled=is_bundled)
    ingest = _ingest(about, shape, intake, keep)
    feed = Source(intake, ingest, messages, speed=speed)
    stream = Stream(ingest, intake, feed, About(about, "source", lambda: "source= was given", fitting(about, shape)))
    ingest.record(recorder)
    feed.start()
    return stream


def _ingest(about: Head, shape: Schema, intake: Intake, keep: Bounds, **origin: str) -> Ingest:
    endpoint = MARKETS.get(about.market or "", "ws_issue")
    by_unit: dict[str, list[str]] = {}
    for name, field in shape.fields.items():
        if field.unit:
            by_unit.setdefault(field.unit, []).append(name)
    units = "; ".join(f"{unit}: {' '.join(names)}" for unit, names in by_unit.items())
    origin |= {"source": about.source, "endpoint": endpoint, "preset": about.preset, "units": units}
    return Ingest(shape, intake, codes=about.codes, maxlen=keep.maxlen, window=keep.window, origin=origin)


@contextmanager
def _closing_unless_done(stream: Stream) -> Iterator[None]:
    """Close a stream that is not handed out: it failed, or whoever waited for it has left."""
    try:
        yield
    except BaseException:
        stream.close()
        raise


def _await(ingest: Ingest, sessions: Sessions, wanted: int, timeout: float, *, is_hasty: bool) -> None:
    """Wait until the service has accepted the key, and has answered for every code or had its time to.

    Whoever is hasty takes the first refusal for the last: it does not pass as long as another session is open.
    """

    def is_settled() -> bool:
        has_failed = is_hasty and bool(sessions.trouble)
        return ingest.has_ended or has_failed or len(ingest.parts_ready) >= wanted

    ingest.wait_until(is_settled, timeout)
    _raise_if_failed(ingest)
    if len(ingest.parts_ready) < wanted:
        trouble = sessions.trouble or "no answer"
        within = "" if is_hasty and sessions.trouble else f" within {timeout:g} s"
        raise StreamError(f"The stream could not be opened{within}: {trouble}.")
    ingest.wait_until(lambda: ingest.has_ended or not sessions.is_unconfirmed, REPLY_DUE)
    _raise_if_failed(ingest)


def _raise_if_failed(ingest: Ingest) -> None:
    if ingest.error is not None:
        raise ingest.error
