"""The sessions of one stream, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from kosdata.errors import StreamError
from kosdata.wire.stream.intake import LAG, Intake
from kosdata.wire.stream.subscription import Sink, Subscription

__all__ = ["Sessions"]

_GRACE: Final = 2.0  # seconds that the thread may take to end


class Sessions:
    """Run subscriptions, and hand what they bring to a sink in good batches.

    Parameters
    ----------
    make : callable
        Makes the subscriptions, given what each is to call after a read. Called in the thread.
    intake : Intake
        Where rows gather.
    sink : Sink
        Who takes them.
    new_loop : callable
        Makes the event loop.
    """

    def __init__(
        self,
        make: Callable[[Callable[[], None]], Sequence[Subscription]],
        intake: Intake,
        sink: Sink,
        *,
        new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> None:
        self._make = make
        self._intake = intake
        self._sink = sink
        self._loop = new_loop()
        self._thread = threading.Thread(target=self._run, name="kosdata-stream", daemon=True)
        self._timer: asyncio.TimerHandle | None = None
        self._flushed = 0.0
        self._is_stopping = False
        self.subscriptions: Sequence[Subscription] = ()

    def start(self) -> None:
        """Connect, in the background; no effect after `stop`."""
        if not self._is_stopping:
            self._thread.start()

    def stop(self) -> None:
        """Hang up, and wait for the thread; no effect if it has ended."""
        self._is_stopping = True
        self.call(self._stop)
        if self._thread.ident is None:
            self._loop.close()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_GRACE)

    def abandon(self) -> None:
        """Hang up, soon; waits for nothing, so that the garbage collector may call this in the midst of anything."""
        self._is_stopping = True
        self.call(self._stop)

    def call(self, what: Callable[[], Any]) -> None:
        """Do something in the thread, soon; nothing happens if it has ended."""
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # the loop is closed
            return

    def seen(self, codes: Iterable[str]) -> None:
        """Take note of codes that pushes have come for."""
        known = list(codes)

        def tell() -> None:
            for each in self.subscriptions:
                each.seen(known)

        self.call(tell)

    @property
    def connected_at(self) -> int:
        """When the newest connection came about, in microseconds since 1970."""
        return max((each.connected_at for each in self.subscriptions), default=0)

    @property
    def reconnects(self) -> int:
        """Connections after the first of each session."""
        return sum(each.reconnects for each in self.subscriptions)

    @property
    def trouble(self) -> str:
        """Why there is no connection."""
        return next((each.trouble for each in self.subscriptions if each.trouble), "")

    def add(self, codes: Iterable[str]) -> None:
        """Register more codes, with the session that has fewest."""
        wanted = list(codes)

        def register() -> None:
            for code in wanted:
                min(self.subscriptions, key=lambda each: len(each.codes)).add([code])

        self.call(register)

    def remove(self, codes: Iterable[str]) -> None:
        """End the registration of some codes."""
        gone = list(codes)

        def end() -> None:
            for each in self.subscriptions:
                each.remove([code for code in gone if code in each.codes])

        self.call(end)

    @property
    def is_unconfirmed(self) -> bool:
        """Whether some registration is not confirmed yet."""
        return any(each.is_unconfirmed for each in self.subscriptions)

    def _stop(self) -> None:
        for each in self.subscriptions:
            each.stop()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._all())
            except Exception as error:  # noqa: BLE001 - whoever waits for rows must hear of it
                self._sink.failed(_failure(error))
            else:
                self._sink.ended()

    async def _all(self) -> None:
        self.subscriptions = self._make(self._arrived)
        if self._is_stopping:
            return
        async with asyncio.TaskGroup() as group:
            for each in self.subscriptions:
                group.create_task(self._kept(each))
        self._flush()

    async def _kept(self, each: Subscription) -> None:
        if not await each.run():
            self._stop()  # half a stream would pass for a whole one

    def _arrived(self) -> None:
        now = self._loop.time()
        if self._intake.waiting >= self._intake.many or now >= self._flushed + LAG:
            self._flush()
        elif self._timer is None:
            self._timer = self._loop.call_at(self._flushed + LAG, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._flushed = self._loop.time()
        try:
            self._sink.flush()
        except Exception as error:  # noqa: BLE001 - whoever calls this would swallow it, and rows would be gone
            self._sink.failed(_failure(error))
            self._stop()


def _failure(error: Exception) -> StreamError:
    failure = StreamError(f"The stream has failed: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
