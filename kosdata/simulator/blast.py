"""A stream for benchmarks: so many messages of one kind, encoded beforehand, as fast as the socket takes them.

``python -m kosdata.simulator.blast --kind tick --count 1000000`` serves on this machine and prints where, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Any, Final, Literal, get_args

from kosdata.settings import DEMO_KEY
from kosdata.wire.stream import messages

__all__ = ["Blast", "Kind", "codes_of", "texts"]

Kind = Literal["tick", "quote10", "market"]

_RECORDS: Final = 50
_A_SECOND: Final = 5_000  # trades of the market's time, which begins at nine
_BATCH: Final = 512  # messages a write: some 80 KB of ticks
_QUIET: Final = 0.2  # seconds after which no more registrations are waited for
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_KEY = re.compile(rb"^sec-websocket-key:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def codes_of(kind: Kind) -> list[str]:
    """Return the codes that messages of a kind are about."""
    return [f"{593 + n:05}0" for n in range(400 if kind == "market" else 8)]


def texts(kind: Kind, count: int) -> Iterator[str]:
    """Yield messages: the same for the same arguments."""
    codes = codes_of(kind)
    traded, turnover = dict.fromkeys(codes, 0), dict.fromkeys(codes, 0)

    def trade(n: int) -> dict[str, Any]:
        code = codes[n % len(codes)]
        price, size = 50_000 + n % len(codes) * 7_000 + n * 7_919 % 61 * 100, 1 + n * 104_729 % 97
        traded[code] += size
        turnover[code] += price * size
        seconds, hundredths = divmod(9 * 360_000 + n * 100 // _A_SECOND, 100)
        clock = seconds // 3600 * 1_000_000 + seconds // 60 % 60 * 10_000 + seconds % 60 * 100 + hundredths
        row = {"isuSrtCd": code, "trdPrc": price, "trdvol": size}
        return {**row, "accTrdvol": traded[code], "accTrdval": turnover[code], "trdTm": clock}

    for n in range(count):
        if kind == "tick":
            yield messages.push(kind, trade(n))
        elif kind == "quote10":
            yield messages.push(kind, _book(trade(n), n))
        else:
            yield messages.bundle([_spelled(trade(n * _RECORDS + k)) for k in range(_RECORDS)])


def _spelled(row: dict[str, Any]) -> dict[str, str]:
    clock = f"{row['trdTm']:08}"
    return {"isuSrtCd": row["isuSrtCd"], "trdPrc": str(row["trdPrc"]), "trdVol": str(row["trdvol"]), "trdTm": clock}


def _book(row: dict[str, Any], n: int) -> dict[str, Any]:
    price, steps = row["trdPrc"], range(1, 11)
    return {
        "isuSrtCd": row["isuSrtCd"],
        **{f"askStep{k}BstordPrc": price + 100 * k for k in steps},
        **{f"askStep{k}BstordRqty": 10_000 + (n + k) * 7_919 % 90_001 for k in steps},
        **{f"bidStep{k}BstordPrc": price - 100 * k + 100 for k in steps},
        **{f"bidStep{k}BstordRqty": 10_000 + (n - k) * 7_919 % 90_001 for k in steps},
        **{"askordTotRqty": 709_044 + n % 1_000, "bidordTotRqty": 1_847_131 - n % 1_000},
        **{"pstoffhrAskTotOrdRqty": 0, "pstoffhrBidTotOrdRqty": 2_895, "accTrdvol": row["accTrdvol"]},
        **{"deemTrdPrc": price, "deemTrdvol": row["trdvol"], "deemAccTrdvol": row["accTrdvol"]},
    }


class Blast:
    """Send every client that registers `count` messages: at `pace` a second, or as fast as the socket takes them."""

    def __init__(self, kind: Kind, count: int, *, pace: float | None = None, close: bool = False) -> None:
        self.codes = codes_of(kind)
        self._awaited = len(self.codes) if kind != "market" else 0
        self._pace, self._close = pace, close
        frames = (_frame(text.encode()) for text in texts(kind, count))
        self._writes = list(iter(lambda: b"".join(islice(frames, 1 if pace else _BATCH)), b""))

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listen on this machine, and yield the address."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        async with server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, asyncio.LimitOverrunError):
            key = _KEY.search(await reader.readuntil(b"\r\n\r\n"))
            if key is None:
                writer.write(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
            else:
                accept = base64.b64encode(hashlib.sha1(key[1] + _MAGIC, usedforsecurity=False).digest())
                upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                writer.write(upgrade + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
                if await self._registered(reader, writer):
                    sending = asyncio.create_task(self._send(writer))
                    try:
                        while await _answered(reader, writer):
                            pass
                    finally:
                        sending.cancel()
        writer.close()

    async def _registered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Wait until a client has said who it is and registered as many codes as there are, or no more for a while."""
        names: list[str] = []
        while not names or names.count("subscribe") < self._awaited:
            try:
                call = await asyncio.wait_for(_answered(reader, writer), _QUIET if "subscribe" in names else None)
            except TimeoutError:
                break
            if call is None or (call.method == "init" and (call.params or {}).get("key") != DEMO_KEY):
                return False
            names.append(call.method)
        return "init" in names

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            began = time.perf_counter()
            for n, part in enumerate(self._writes):
                # A timer is coarser than the pace.
                while self._pace and time.perf_counter() < began + n / self._pace:
                    await asyncio.sleep(0)
                writer.write(part)
                await writer.drain()
            if self._close:
                writer.write(_frame((1000).to_bytes(2), _CLOSE))


def _frame(payload: bytes, opcode: int = _TEXT) -> bytes:
    size = len(payload)
    length = (
        bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2) if size < 65_536 else b"\x7f" + size.to_bytes(8)
    )
    return bytes([0x80 | opcode]) + length + payload


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> messages.Call | None:
    """Acknowledge the next call, and return it; None at the end."""
    while True:
        first, second = await reader.readexactly(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8))
        mask, masked = await reader.readexactly(4), await reader.readexactly(size)
        payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(masked))
        if first & 0xF == _CLOSE:
            writer.write(_frame(payload, _CLOSE))
            return None
        if first & 0xF == _PING:
            writer.write(_frame(payload, _PONG))
            continue
        with suppress(messages.Malformed):
            call, _ = messages.read(payload)
            if isinstance(call, messages.Call):
                writer.write(_frame(messages.ok(call.number).encode()))
                return call


async def _run(options: argparse.Namespace) -> None:
    blast = Blast(options.kind, options.count, pace=options.pace, close=options.close)
    async with blast.serve() as address:
        print(json.dumps({"stream_url": address, "api_key": DEMO_KEY, "codes": blast.codes}), flush=True)  # noqa: T201
        await asyncio.sleep(options.seconds)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m kosdata.simulator.blast", description=__doc__)
    parser.add_argument("--kind", choices=get_args(Kind), default="tick")
    parser.add_argument("--count", type=int, default=1_000_000, help="messages (default: 1000000)")
    parser.add_argument("--pace", type=float, help="messages a second, each in its own packet (default: all at once)")
    parser.add_argument("--close", action="store_true", help="close after the last one (default: stay open)")
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long to serve (default: an hour)")
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
