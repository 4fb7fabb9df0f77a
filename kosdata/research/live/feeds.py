"""Sources of a stream other than the service's own: any iterable, a recording, REST asked again and again."""

from __future__ import annotations

import json
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kosdata.errors import AuthError, KosError, LicenceError, StreamError
from kosdata.research.live.ingest import Ingest
from kosdata.research.live.polling import Poll
from kosdata.research.live.recording import Recorded
from kosdata.wire.limits import backoff
from kosdata.wire.stream.intake import LAG, Intake
from kosdata.wire.stream.messages import Reply, push

__all__ = ["Feed", "Polled", "Source"]

_GRACE: Final = 2.0
_CAP: Final = 60.0
_PART: Final = 0.1
_END: Final = object()


class Feed(ABC):
    """What brings messages from a thread of its own.

    Parameters
    ----------
    intake : Intake
        Where they go.
    ingest : Ingest
        What is told of gaps and of the end.
    """

    is_unconfirmed = False
    connected_at = 0
    reconnects = 0
    trouble = ""

    def __init__(self, intake: Intake, ingest: Ingest) -> None:
        self._intake = intake
        self._ingest = ingest
        self._stopping = threading.Event()
        self._is_abandoned = False
        self._thread = threading.Thread(target=self._guarded, name="kosdata-stream", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def abandon(self) -> None:
        """End, soon; takes no lock, so that the garbage collector may call this in the midst of anything."""
        self._is_abandoned = True

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopping.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_GRACE)

    def seen(self, codes: Iterable[str]) -> None:  # noqa: B027 - not one of them waits for the first rows of a code
        """Take note of codes that rows have come for."""

    @abstractmethod
    def add(self, codes: Iterable[str]) -> None:
        """Register more codes."""

    @abstractmethod
    def remove(self, codes: Iterable[str]) -> None:
        """End the registration of some codes."""

    def _guarded(self) -> None:
        try:
            self._run()
        except KosError as error:
            self._ingest.failed(error)
        except Exception as error:  # noqa: BLE001 - what a user's own iterable raises is for whoever waits
            failure = StreamError(f"The source of the stream failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
            self._ingest.failed(failure)
        finally:
            self._ingest.ended()

    @abstractmethod
    def _run(self) -> None:
        """Bring what there is, until it ends or is told to."""

    @property
    def _is_done(self) -> bool:
        return self._is_abandoned or self._stopping.is_set()

    def _rest(self, seconds: float) -> None:
        """Wait, unless it ends before."""
        until = time.monotonic() + seconds
        while not self._is_done and (left := until - time.monotonic()) > 0:
            self._stopping.wait(min(left, _PART))


class Source(Feed):
    """Messages of an iterable, live or saved, or the lines of a recording.

    Parameters
    ----------
    messages : iterable
        Text, bytes or parsed messages, or `Recorded` lines.
    speed : float, optional
        How many seconds of a recording pass in one; at once by default.
    """

    def __init__(self, intake: Intake, ingest: Ingest, messages: Iterable[Any], *, speed: float | None = None) -> None:
        super().__init__(intake, ingest)
        self._messages = messages
        self._speed = speed
        self._flushed = 0.0
        self._is_asking = False  # the iterable, which may take as long as it likes
        self._is_over = False
        self._has_rest = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="kosdata-stream-sweep", daemon=True)

    def stop(self) -> None:
        """End; an iterable that lets this wait is left at its next message."""
        self._stopping.set()
        self._has_rest.set()
        until = time.monotonic() + _GRACE
        for thread in (self._thread, self._sweeper):
            while self._is_held_by(thread) and time.monotonic() < until:
                thread.join(_PART)

    def add(self, codes: Iterable[str]) -> None:
        """Nothing can be asked of an iterable."""

    def remove(self, codes: Iterable[str]) -> None:
        """Nothing can be asked of an iterable."""

    def _run(self) -> None:
        self._sweeper.start()
        try:
            self._read(iter(self._messages))
        finally:
            self._is_asking = False
            self._is_over = True
            self._has_rest.set()

    def _read(self, messages: Iterator[Any]) -> None:
        began, first = time.monotonic(), None
        while not self._is_done:
            self._is_asking = True
            item = next(messages, _END)
            self._is_asking = False
            if item is _END or self._is_done:
                return
            if isinstance(item, Recorded):
                first = item.at if first is None and item.at else first
                if self._speed is not None and first is not None and item.at:
                    self._wait(began + (item.at - first) / 1e6 / self._speed)
                self._play(item)
            else:
                self._take(item, None)

    def _sweep(self) -> None:
        """Hand on the last rows of a batch that the iterable does not fill."""
        while self._has_rest.wait() and not (self._is_over or self._stopping.is_set()):
            self._has_rest.clear()
            self._stopping.wait(LAG)
            self._ingest.flush()

    def _is_held_by(self, thread: threading.Thread) -> bool:
        is_waiting = thread is self._thread and self._is_asking
        return thread.is_alive() and thread is not threading.current_thread() and not is_waiting

    def _play(self, line: Recorded) -> None:
        if line.connected is not None:
            self._ingest.flush()
            self.connected_at = line.connected
        elif line.text is not None:
            self._take(line.text, line.at or None)
        elif line.reason is not None:
            self._ingest.flush()
            self._ingest.gaps.begin(self, line.at, line.reason, line.codes)
        else:
            self._ingest.flush()
            self._ingest.gaps.back(self, line.at, line.codes or None)

    def _take(self, message: object, received: int | None) -> None:
        if self._ingest.recorder is not None:
            message = _text(message)
        heard = self._intake.message(message)
        self._intake.stamp(received)
        if isinstance(heard, Reply) and heard.row is not None:
            self._ingest.image(heard.row)
        now = time.monotonic()
        if self._intake.waiting >= self._intake.many or now - self._flushed >= LAG:
            self._flushed = now
            self._ingest.flush()
        elif self._intake.waiting and not self._has_rest.is_set():
            self._has_rest.set()

    def _wait(self, until: float) -> None:
        seconds = until - time.monotonic()
        if seconds > 0:
            self._ingest.flush()
            self._rest(seconds)


class Polled(Feed):
    """The rows that rounds of REST requests tell of."""

    def __init__(self, intake: Intake, ingest: Ingest, poll: Poll, *, rng: random.Random) -> None:
        super().__init__(intake, ingest)
        self._poll = poll
        self._rng = rng
        self._images: Mapping[str, Any] = {}
        self.rounds = 0

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes that are asked about; none named for a whole market."""
        return self._poll.codes

    def add(self, codes: Iterable[str]) -> None:
        """Ask about more codes from the next round on."""
        self._poll.add(list(codes))

    def remove(self, codes: Iterable[str]) -> None:
        """Ask about fewer codes from the next round on."""
        self._poll.remove(list(codes))

    def _run(self) -> None:
        failures, asked = 0, 0
        while not self._is_done:
            try:
                rows = self._poll.round()
            except (AuthError, LicenceError):
                raise
            except KosError as error:
                self.trouble = f"{type(error).__name__}: {error}"
                if asked:
                    self._ingest.broke(self, asked, self.trouble)
                failures += 1
                pause = backoff(self._rng, failures, 1.0, _CAP)
            else:
                self.trouble = ""
                failures, pause = 0, 0.0
                self._tell(rows)
                asked = self._intake.clock()
            self._rest(pause)
            # Its seconds are those of the market, whose clock may run fast or stand still.
            while not self._is_done and (rest := self._poll.pause()) > 0:
                self._rest(min(rest, _PART))

    def _tell(self, rows: list[dict[str, Any]]) -> None:
        self.rounds += 1
        if self._poll.images is not self._images:
            self._images = self._poll.images
            for row in self._images.values():
                self._intake.image(row)
        for row in rows:
            # As text, which can be recorded.
            self._intake.message(push(self._intake.preset, row))
        self._intake.stamp()
        at = self._intake.clock()
        self._ingest.back(self, at)
        self._ingest.ready(self, at)
        for code in self._poll.refused.keys() - self._ingest.refusals.keys():
            self._ingest.refused(self, code, str(self._poll.refused[code]), at)


def _text(message: object) -> object:
    """Return a message as the text of it, if it has one."""
    if isinstance(message, str | bytes | bytearray | memoryview):
        return message
    try:
        return json.dumps(message, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return message
