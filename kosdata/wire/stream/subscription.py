"""A session that is kept alive: connect, converse, notice the end, come back."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from kosdata.errors import StreamError
from kosdata.wire.limits import backoff
from kosdata.wire.stream.conversation import Conversation, Ended, Event, Held, Image, Ready, Refused
from kosdata.wire.stream.intake import Intake
from kosdata.wire.stream.messages import Message
from kosdata.wire.stream.socket import Line, Unreachable, connect

__all__ = ["Sink", "Subscription"]

_CAP: Final = 60.0  # seconds between two attempts, at most
_HEALTHY: Final = 30.0  # seconds after which a connection counts as a good one
_PATIENCE: Final = 20.0  # seconds that connecting may take, at most
_KICKS: Final = 3
_PASSING: Final = (408, 429)
_KICKED_WITHIN: Final = 60.0
_POLICY: Final = 1008
_OWN_CODES: Final = 4000

Connect = Callable[[str, Callable[[], Line]], Awaitable[Line]]


class Sink(Protocol):
    """Who is told what becomes of a subscription. Times are microseconds since 1970."""

    def flush(self) -> None:
        """Take what the intake holds."""

    def ready(self, of: Subscription, at: int) -> None:
        """Take note that the service accepted the key."""

    def held(self, of: Subscription, code: str, at: int) -> None:
        """Take note that pushes of an issue come from now on."""

    def image(self, row: Mapping[str, Any]) -> None:
        """Take the present state of an issue, which is no trade."""

    def refused(self, of: Subscription, code: str, text: str, at: int) -> None:
        """Take note that an issue is not served."""

    def broke(self, of: Subscription, at: int, reason: str) -> None:
        """Take note that nothing was heard after that moment."""

    def failed(self, error: StreamError) -> None:
        """Take note that it will not come back."""

    def ended(self) -> None:
        """Take note that nothing will come any more."""


class Subscription:
    """One session of the stream, over as many connections as it takes.

    Parameters
    ----------
    url : str
        Address of the channel.
    codes : iterable of str
        What to register; nothing on the channel of a whole market.
    converse : callable
        Makes the conversation of a new connection, from the codes to register.
    intake : Intake
        Where pushes go.
    sink : Sink
        Who is told.
    arrived : callable
        Told after each read of the socket.
    timeout : float
        Seconds that connecting may take; 20 at most.
    opener : callable
        Makes a connection.
    greeted : callable
        Shown the headers that a connection began with.
    rng : Random
        Jitter.

    Attributes
    ----------
    codes : dict of str to None
        What is or shall be registered.
    reconnects : int
        Connections after the first one.
    connected_at : int
        When the newest connection came about, in microseconds since 1970; 0 before.
    trouble : str
        Why the newest attempt failed, or the newest connection ended.
    """

    def __init__(
        self,
        url: str,
        codes: Iterable[str],
        *,
        converse: Callable[[Iterable[str]], Conversation],
        intake: Intake,
        sink: Sink,
        arrived: Callable[[], object],
        timeout: float,
        opener: Connect | None = None,
        greeted: Callable[[Mapping[str, str]], object] = lambda headers: None,
        rng: random.Random,
    ) -> None:
        self.codes = dict.fromkeys(codes)
        self.reconnects = 0
        self.connected_at = 0
        self.trouble = ""
        self._url = url
        self._converse = converse
        self._intake = intake
        self._sink = sink
        self._arrived = arrived
        self._opener = opener or connect
        self._timeout = min(timeout, _PATIENCE)
        self._opening: asyncio.Future[Line] | None = None
        self._greeted = greeted
        self._rng = rng
        self._conversation: Conversation | None = None
        self._line: Line | None = None
        self._kicks: deque[float] = deque(maxlen=_KICKS)
        self._stirred = asyncio.Event()
        self._stopping = asyncio.Event()

    async def run(self) -> bool:
        """Stay connected until `stop`, or until the service will not have it; return whether it was the former."""
        loop, failures = asyncio.get_running_loop(), 0
        while not self._stopping.is_set():
            try:
                line = await self._opened()
            except asyncio.CancelledError:
                if self._stopping.is_set():
                    break
                raise
            except Unreachable as error:
                self.trouble = str(error)
                if error.status is not None and 300 <= error.status < 500 and error.status not in _PASSING:
                    self._sink.failed(_refusal(error))
                    return False
            else:
                self.reconnects += self.connected_at > 0
                self._greeted(line.headers)
                self.connected_at = self._intake.clock()
                began = loop.time()
                ended = await self._talk(line)
                if self._stopping.is_set():
                    break
                self.trouble = ended.reason
                self._sink.flush()
                self._sink.broke(self, line.heard_at, ended.reason)
                if ended.is_final:
                    self._sink.failed(StreamError(f"The stream ended: {ended.reason}."))
                    return False
                if loop.time() - began >= _HEALTHY:
                    failures = 0
            failures += 1
            await self._pause(backoff(self._rng, failures, 1.0, _CAP))
        return True

    def stop(self) -> None:
        """Hang up and do not come back."""
        self._stopping.set()
        self._stirred.set()
        if self._opening is not None:
            self._opening.cancel()

    def add(self, codes: Iterable[str]) -> None:
        """Register more codes, now and after every break."""
        codes = list(codes)
        self.codes |= dict.fromkeys(codes)
        if self._conversation is not None:
            self._conversation.add(codes, asyncio.get_running_loop().time())
            self._stirred.set()

    def remove(self, codes: Iterable[str]) -> None:
        """End the registration of some codes."""
        codes = list(codes)
        for code in codes:
            self.codes.pop(code, None)
        if self._conversation is not None:
            self._conversation.remove(codes, asyncio.get_running_loop().time())
            self._stirred.set()

    def seen(self, codes: Iterable[str]) -> None:
        """Take note of codes that pushes have come for."""
        if self._conversation is not None:
            self._conversation.seen(codes, asyncio.get_running_loop().time())
            self._stirred.set()

    @property
    def is_unconfirmed(self) -> bool:
        """Whether some registration is not confirmed yet."""
        return self._conversation is not None and bool(self._conversation.unconfirmed)

    # ------------------------------------------------------------------------------------------------------------------

    async def _opened(self) -> Line:
        self._opening = asyncio.ensure_future(self._opener(self._url, self._new_line))
        try:
            async with asyncio.timeout(self._timeout):
                return await self._opening
        except TimeoutError:
            raise Unreachable(f"no connection within {self._timeout:g} s") from None
        finally:
            self._opening = None

    def _new_line(self) -> Line:
        return Line(self._intake, heard=self._hear, arrived=self._arrived, stirred=self._stirred.set)

    def _hear(self, message: Message) -> None:
        if self._conversation is not None:
            self._conversation.hear(message, asyncio.get_running_loop().time())
            self._stirred.set()

    async def _talk(self, line: Line) -> Ended:
        """Hold one connection until it ends, and return how."""
        loop = asyncio.get_running_loop()
        conversation = self._conversation = self._converse(self.codes)
        conversation.open(loop.time())
        try:
            while True:
                if line.fault is not None:
                    raise line.fault
                ended = self._act(conversation, line)
                if ended is not None:
                    return ended
                if line.closed is not None:
                    return self._closed(line, conversation)
                if self._stopping.is_set():
                    return Ended("closed")
                self._stirred.clear()
                try:
                    async with asyncio.timeout(conversation.due(loop.time(), line.last_heard)):
                        await self._stirred.wait()
                except TimeoutError:
                    pass
                if line.has_pong:
                    conversation.pong()
                conversation.tick(loop.time(), line.last_heard)
        finally:
            self._conversation = None
            if line.closed is None:
                line.close() if self._stopping.is_set() else line.abort()

    def _act(self, conversation: Conversation, line: Line) -> Ended | None:
        for text in conversation.out:
            line.send(text)
        conversation.out.clear()
        if conversation.wants_ping:
            conversation.wants_ping = False
            line.ping()
        events, conversation.events = conversation.events, []
        for event in events:
            if isinstance(event, Ended):
                return event
            self._tell(event)
        return None

    def _tell(self, event: Event) -> None:
        at = self._intake.clock()
        match event:
            case Ready():
                self._sink.ready(self, at)
            case Held(code):
                self._sink.held(self, code, at)
            case Image(row):
                self._sink.image(row)
            case Refused(code, text):
                self.codes.pop(code, None)
                self._sink.refused(self, code, text, at)

    def _closed(self, line: Line, conversation: Conversation) -> Ended:
        code, said = line.closed or (0, "")
        reason = f"closed {code}" + (f": {said}" if said else "")
        if code != _POLICY and code < _OWN_CODES:
            return Ended(reason)
        if not conversation.is_ready:
            return Ended(reason, is_final=True)
        # Somebody else's session has the key: come back a few times, but do not fight over it.
        now = asyncio.get_running_loop().time()
        self._kicks.append(now)
        fought = len(self._kicks) == _KICKS and now - self._kicks[0] <= _KICKED_WITHIN
        return Ended(f"{reason}, {_KICKS} times within a minute" if fought else reason, is_final=fought)

    async def _pause(self, seconds: float) -> None:
        self._stirred.clear()
        if self._stopping.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                while not self._stopping.is_set():
                    await self._stirred.wait()
                    self._stirred.clear()
        except TimeoutError:
            pass


def _refusal(error: Unreachable) -> StreamError:
    hints = {
        401: "the key is not accepted",
        403: "the key's contract does not cover the stream",
        404: "this gateway has no stream at that path; transport='poll' asks REST instead",
    }
    return StreamError(f"The stream was refused: {error}{', ' + hints[error.status] if error.status in hints else ''}.")
