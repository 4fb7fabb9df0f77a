"""A small WebSocket server that sends exactly what it is told, and a client that keeps what came."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

from kosdata.catalogue import STREAMS
from kosdata.frame.pushes import schema
from kosdata.settings import Secret
from kosdata.wire.stream import messages
from kosdata.wire.stream.intake import Intake
from kosdata.wire.stream.messages import Message
from kosdata.wire.stream.socket import Closed, Line, connect

KEY = "canary+7d1f/9e"
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
DEADLINE = 10.0

Script = Callable[["Peer"], Awaitable[None]]


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, rsv: int = 0, mask: bool = False) -> bytes:
    first = fin << 7 | rsv << 4 | opcode
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size) if size < 65536 else long_length(size)
    if mask:
        return bytes([first, length[0] | 128]) + length[1:] + bytes(4) + payload
    return bytes([first]) + length + payload


def long_length(size: int) -> bytes:
    return b"\x7f" + struct.pack(">Q", size)


def fragments(payload: bytes, cuts: Iterable[int], opcode: int = TEXT, between: bytes = b"") -> bytes:
    edges = [0, *sorted(cuts), len(payload)]
    parts = [payload[a:b] for a, b in pairwise(edges)]
    return between.join(frame(p, CONT if n else opcode, fin=n == len(parts) - 1) for n, p in enumerate(parts))


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(struct.pack(">H", code) + reason, CLOSE)


def tick(n: int, **more: Any) -> bytes:
    row = {"isuSrtCd": "005930", "trdPrc": 71000, "trdvol": n, "trdTm": 9000125, "isuKorNm": "삼성🙂전자"} | more
    return messages.push("tick", row).encode()


class Peer:
    """The service's side of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.request = b""
        self.got: list[tuple[int, bytes]] = []

    async def shake(self) -> Peer:
        self.request = await self.reader.readuntil(b"\r\n\r\n")
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", self.request)
        assert key
        accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        self.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        return self

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def hear(self) -> tuple[int, bytes]:
        """Return the next frame of the client, which is masked."""
        first, second = await self.reader.readexactly(2)
        size = second & 127
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        assert second & 128
        assert first & 128
        mask = await self.reader.readexactly(4)
        payload = bytes(b ^ mask[n % 4] for n, b in enumerate(await self.reader.readexactly(size)))
        self.got.append((first & 15, payload))
        return self.got[-1]

    async def hear_all(self) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self.hear()

    def reset(self) -> None:
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[tuple[str, list[Peer]]]:
    """Serve every connection by a script, and hold it open until the client is gone."""
    peers: list[Peer] = []
    failures: list[BaseException] = []
    tasks: set[asyncio.Task[None]] = set()

    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        peers.append(Peer(reader, writer))
        try:
            await script(peers[-1])
            await peers[-1].hear_all()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(each, "127.0.0.1", 0, limit=2**20)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws", peers
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
    assert not failures, failures


def intake() -> Intake:
    fields = schema("tick", [STREAMS["ws_issue"].presets["tick", "stock"]]).fields
    return Intake("tick", fields, clock=lambda: time.time_ns() // 1000, secret=Secret(KEY))


class Client:
    """A line, and what came over it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.intake = intake()
        self.heard: list[Message] = []
        self.stirred = asyncio.Event()
        self.line: Line

    async def __aenter__(self) -> Client:
        stir = self.stirred.set
        self.line = await connect(
            self.url, lambda: Line(self.intake, heard=self.heard.append, arrived=stir, stirred=stir)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.line.abort()
        await self.until(lambda: self.line.closed is not None)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not holds():
                await self.stirred.wait()
                self.stirred.clear()

    async def ended(self) -> Closed:
        await self.until(lambda: self.line.closed is not None)
        assert self.line.closed is not None
        return self.line.closed

    @property
    def sizes(self) -> list[int]:
        return [row.size for row in self.intake.rows]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def timed() -> Any:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(timed())


def exchange(*frames: bytes, count: int, then: Callable[[Peer], object] = lambda peer: None) -> Client:
    """Return a client that was sent some frames, once it has so many rows."""

    async def work() -> Client:
        async def script(peer: Peer) -> None:
            (await peer.shake()).send(*frames)
            await peer.writer.drain()
            then(peer)

        async with serving(script) as (url, _), Client(url) as client:
            await client.until(lambda: len(client.intake.rows) >= count)
            return client

    return run(work())


def broken(*frames: bytes, then: Callable[[Peer], object] = lambda peer: None) -> tuple[Client, Closed, Peer]:
    """Return a client that was sent some frames, once the connection has ended, and how that came."""

    async def work() -> tuple[Client, Closed, Peer]:
        async def script(peer: Peer) -> None:
            (await peer.shake()).send(*frames)
            with suppress(ConnectionError):
                await peer.writer.drain()
            then(peer)

        async with serving(script) as (url, peers), Client(url) as client:
            return client, await client.ended(), peers[0]

    return run(work())
