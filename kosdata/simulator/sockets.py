"""The connections of the stream: what a session says, and what the market does, written to a socket, or spoiled."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kosdata.catalogue.seoul import SEOUL
from kosdata.simulator import draws, frames
from kosdata.simulator.faults import Schedule
from kosdata.simulator.server import Handler, reset, signature
from kosdata.simulator.stream import CHANNELS, Desk, Said, Session
from kosdata.simulator.stream_faults import Script, Stage, StreamFault
from kosdata.wire.stream import messages

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.abc import AbstractStreamWriter

__all__ = ["Sent", "Streams"]

_LOOK: Final = 0.02  # seconds between two looks at the market's clock
_AT_ONCE: Final = 2_000  # messages that are made at once
_WRITE: Final = 256  # messages a write, some tens of kilobytes
_LONGEST: Final = 1 << 16  # bytes of a message of the client
_PATIENCE: Final = 10.0  # seconds that a client may take to hang up
_REMEMBERED: Final = 1_000  # connections
_WORD: Final = "가나다"

logger = logging.getLogger(__name__)


class Sent:
    """What has been pushed over one connection. Written by the server's thread, read by any.

    Attributes
    ----------
    path : str
        Channel.
    messages, rows : int
        Pushes that were written whole, and the rows in them.
    dropped : int
        Rows that a fault has left out.
    faults : list of str
        Kinds of the faults that struck, in order.
    until : datetime or None
        Moment of the market up to which everything has been written.
    ended : str or None
        Who ended the connection: ``"client"``, the kind of a fault, or the reason of a refusal. None while it is open.
    """

    def __init__(self, path: str, kept: int) -> None:
        self.path = path
        self.messages = 0
        self.rows = 0
        self.dropped = 0
        self.faults: list[str] = []
        self.until: datetime | None = None
        self.ended: str | None = None
        self._frames: deque[bytes] = deque(maxlen=kept)

    @property
    def texts(self) -> list[str]:
        """The newest pushes, oldest first, as they were meant before a fault spoiled how they travelled."""
        return [frames.payload(framed).decode() for framed in tuple(self._frames)]

    def told(self) -> list[dict[str, Any]]:
        """Return the rows of the newest pushes, oldest first; bare numbers are read like any."""
        pushes = [messages.read(text)[0] for text in self.texts]
        return [row for push in pushes if isinstance(push, messages.Push) for row in push.rows]

    def add(self, framed: Sequence[bytes], rows: int) -> None:
        """Take note of messages."""
        self.messages += len(framed)
        self.rows += rows
        self._frames.extend(framed)


class Streams:
    """The stream of a gateway, as handlers for its sockets.

    Parameters
    ----------
    desk : Desk
        Admits sessions.
    faults : callable
        Gives what goes wrong with connections from now on.
    sleep : coroutine function
        How the seconds of a delay are waited for.
    """

    def __init__(
        self,
        desk: Desk,
        faults: Callable[[], Schedule | None],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.desk = desk
        self.sleep = sleep
        self._faults = faults
        self._sent: deque[Sent] = deque(maxlen=_REMEMBERED)

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What was pushed over each connection, oldest first."""
        return tuple(self._sent)

    @property
    def handlers(self) -> dict[str, Handler]:
        """What answers each path."""
        return {path: partial(self._converse, path) for path in CHANNELS}

    async def _converse(self, path: str, raw: web.BaseRequest) -> web.StreamResponse:
        from aiohttp import web

        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, max_msg_size=_LONGEST)
        socket.headers.update(signature(self.desk.now().replace(tzinfo=SEOUL)))
        if not socket.can_prepare(raw):
            return web.Response(status=426, headers={"Upgrade": "websocket"})
        schedule = self._faults()
        script = Script(()) if schedule is None else schedule.stream.open(path)
        sent = Sent(path, self.desk.options.kept)
        self._sent.append(sent)
        return await _Connection(self, raw, script, sent).run(socket)


class _Connection:
    """One connection, from its handshake to its end."""

    _writer: AbstractStreamWriter

    def __init__(self, streams: Streams, raw: web.BaseRequest, script: Script, sent: Sent) -> None:
        self._desk = streams.desk
        self._sleep = streams.sleep
        self._raw = raw
        self._script = script
        self._sent = sent
        self._session = Session(streams.desk, CHANNELS[sent.path])
        self._silent = False  # nothing more is said
        self._mute = False  # and nobody hangs up

    async def run(self, socket: web.WebSocketResponse) -> web.StreamResponse:
        from aiohttp import web

        pushing: asyncio.Task[None] | None = None
        try:
            while (fault := self._script.strike("handshake")) is not None:
                self._struck(fault)
                if fault.kind == "refuse":
                    return web.Response(status=fault.status)
                await self._spoil(fault, b"", 0)
                if self._silent:
                    await asyncio.Event().wait()  # until the client hangs up
            self._writer = await socket.prepare(self._raw)
            pushing = asyncio.create_task(self._push())
            await self._read(socket)
        except ConnectionError:
            pass
        finally:
            if pushing is not None:
                pushing.cancel()
            self._session.leave()
            self._sent.ended = self._sent.ended or "client"
        return socket

    # What the client says

    async def _read(self, socket: web.WebSocketResponse) -> None:
        from aiohttp import WSMsgType

        while True:
            message = await socket.receive()
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    if not self._silent:
                        await self._answer(message.data)
                case WSMsgType.PING:
                    self._write(frames.frame(frames.PONG, message.data))
                case WSMsgType.CLOSE if self._mute:
                    await asyncio.Event().wait()
                case WSMsgType.CLOSE if not self._silent:
                    self._silent = True
                    self._session.leave()
                    await socket.close(code=message.data or 1000)
                    return
                case WSMsgType.PONG:
                    pass
                case _:
                    self._transport.close()
                    return

    async def _answer(self, data: str | bytes) -> None:
        # A first question to a market takes a second, in which other connections go on.
        for said in await asyncio.to_thread(self._session.receive, data):
            await self._say(said)
        if self._session.ending is not None:
            await self._end()

    async def _say(self, said: Said) -> None:
        await self._emit("push" if said.rows else "reply", [frames.text(said.text)], [said.rows])

    async def _end(self) -> None:
        ending = self._session.ending
        if ending is None or self._sent.ended is not None:
            return
        self._sent.ended = ending.reason
        for said in ending.said:
            await self._say(said)
        self._bid_farewell(frames.close(ending.code, ending.reason))

    # What the market does

    async def _push(self) -> None:
        try:
            while not self._silent:
                await self._look()
                await asyncio.sleep(_LOOK)
        except ConnectionError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever breaks, the gateway goes on
            trace = "".join(traceback.format_tb(error.__traceback__))
            logger.error("%s failed: %s\n%s", self._sent.path, type(error).__name__, trace)
            self._transport.abort()

    async def _look(self) -> None:
        """Write everything that is due at this moment of the market's clock."""
        if self._session.ending is not None:
            await self._end()
        now = self._desk.now()
        for each in self._session.registrations:
            each.since = min(each.since, now)  # the clock was set back
        while not self._silent and self._session.ending is None:
            wanted = [each for each in self._session.registrations if each.since < now]
            if not wanted:
                self._sent.until = now
                return
            batch = await asyncio.to_thread(self._desk.broadcast.due, wanted, now, _AT_ONCE)
            await self._emit("push", batch.frames, batch.rows)
            for each in wanted:
                each.since = max(each.since, batch.until)

    # What is written

    async def _emit(self, stage: Stage, framed: Sequence[bytes], rows: Sequence[int]) -> None:
        """Write messages, as fast as the client takes them, each behind what goes wrong before it."""
        at = 0
        while at < len(framed) and not self._silent:
            free = self._script.free(stage)
            if free > 0:
                end = int(min(at + _WRITE, len(framed), at + free))
                self._write(b"".join(framed[at:end]))
                self._passed(stage, framed[at:end], sum(rows[at:end]))
                at = end
                await self._writer.drain()
            elif (fault := self._script.strike(stage)) is not None:
                self._struck(fault)
                at += await self._spoil(fault, framed[at], rows[at])

    def _passed(self, stage: Stage, framed: Sequence[bytes], rows: int) -> None:
        self._script.passed(stage, len(framed))
        if stage == "push":
            self._sent.add(framed, rows)

    def _struck(self, fault: StreamFault) -> None:
        self._sent.faults.append(fault.kind)

    async def _spoil(self, fault: StreamFault, framed: bytes, rows: int) -> bool:
        """Do what a fault says to a connection and the message that is next; return whether it took the message."""
        body = frames.payload(framed) if framed else b""
        match fault.kind:
            case "delay":
                await self._sleep(fault.seconds)
            case "malformed":
                text = body[: len(body) // 2].decode(errors="ignore") if fault.text is None else fault.text
                self._write(frames.text(text))
            case "encoding":
                self._write(frames.frame(frames.TEXT, b'{"jsonrpc":"2.0","method":"push","params":{"a":"\xb0\xa1"}}'))
            case "binary":
                self._write(frames.frame(frames.BINARY, _noise(fault.bytes)))
            case "reserved":
                self._write(frames.frame(frames.TEXT, b"{}", reserved=4))
            case "heartbeat":
                self._write(frames.text(messages.heartbeat(len(self._sent.faults))))
            case "ping":
                self._write(frames.frame(frames.PING, b"kosdata"))
            case "drop":
                self._sent.dropped += rows
                self._script.passed(fault.stage)
                return True
            case "fragment" | "split" | "oversize":
                self._write(_spoiled(fault, body))
                self._passed(fault.stage, [framed], rows)
                await self._writer.drain()
                return True
            case _:
                self._sent.ended = self._sent.ended or fault.kind
                self._break(fault, framed)
        return False

    def _break(self, fault: StreamFault, framed: bytes) -> None:
        transport = self._transport
        match fault.kind:
            case "close":
                self._bid_farewell(frames.close(fault.code, fault.reason))
            case "fin" | "cut":
                self._write(framed[: len(framed) // 2] if fault.kind == "cut" else b"")
                transport.write_eof()
                self._wait_for_client()
            case "reset":
                self._session.leave()
                reset(transport)
            case "mute":
                self._mute = True
        self._silent = True

    def _bid_farewell(self, framed: bytes) -> None:
        self._write(framed)
        self._wait_for_client()

    def _wait_for_client(self) -> None:
        """Say nothing more, and give the client some time to hang up."""
        self._silent = True
        self._session.leave()
        asyncio.get_running_loop().call_later(_PATIENCE, self._transport.close)

    def _write(self, data: bytes) -> None:
        if self._silent or not data:
            return
        transport = self._transport
        if transport.is_closing():
            raise ConnectionResetError
        transport.write(data)

    @property
    def _transport(self) -> asyncio.Transport:
        transport = self._raw.transport
        if transport is None:
            raise ConnectionResetError
        return transport


def _noise(size: int) -> bytes:
    return draws.draw(draws.key("noise"), -(-size // 8)).tobytes()[:size]


def _spoiled(fault: StreamFault, body: bytes) -> bytes:
    """Return a message as it travels under a fault that leaves it whole."""
    if fault.kind == "oversize":
        return frames.frame(frames.TEXT, b" " * fault.bytes + body)
    if fault.kind == "split":
        word = f',"isuKorAbbr":{json.dumps(_WORD, ensure_ascii=False)}'.encode()
        cut = len(body) - 2 + len(word) - 2
        body = body[:-2] + word + body[-2:]
        pieces = [body[:cut], body[cut:]]
    else:
        pieces = [body[at : at + fault.bytes] for at in range(0, len(body), fault.bytes)]
    last = len(pieces) - 1
    ping = frames.frame(frames.PING, b"kosdata")
    return ping.join(
        frames.frame(frames.CONTINUATION if at else frames.TEXT, piece, final=at == last)
        for at, piece in enumerate(pieces)
    )
