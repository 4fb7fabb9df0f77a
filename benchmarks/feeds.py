"""The ways to get a stream into a frame that ``benchmarks.stream`` compares, each run in a process of its own.

``python -m benchmarks.feeds NAME JOB`` runs one and prints what it took as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kosdata.wire.stream import messages

if TYPE_CHECKING:
    import pandas as pd

RECORDS = 50
"""Rows in a message of a whole market."""
PATIENCE = 120.0
"""Seconds after which a feed has failed."""
FRIDAY = datetime(2024, 1, 12, 14, tzinfo=ZoneInfo("Asia/Seoul"))


@dataclass
class Job:
    """What is to be received, and when a frame is asked for.

    Attributes
    ----------
    url, key, codes, kind
        Where the messages come from, and what they are: ``tick``, ``quote10`` or ``market``.
    count
        Messages in all.
    maxlen
        Rows that are kept.
    every
        Rows between two frames; 0 asks for one frame, at the end.
    """

    url: str
    key: str
    codes: list[str]
    kind: str
    count: int
    maxlen: int = 100_000
    every: int = 0
    _began: tuple[float, float] = (0.0, 0.0)
    taken: dict[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows in all."""
        return self.count * (RECORDS if self.kind == "market" else 1)

    @property
    def path(self) -> str:
        """Address of the channel."""
        return self.url + ("/ws_ksp" if self.kind == "market" else "/ws")

    @property
    def greeting(self) -> list[str]:
        """What a client says before the first message comes."""
        codes = [] if self.kind == "market" else self.codes
        calls = [messages.subscribe(n, self.kind, code) for n, code in enumerate(codes, 2)]
        return [messages.init(1, self.key, "benchmark"), *calls]

    def begin(self) -> None:
        """Start the clocks."""
        self._began = time.perf_counter(), time.process_time()

    def end(self) -> None:
        """Stop the clocks: the last frame is there, and what is left is to hang up."""
        seconds, cpu = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        # A process of its own, started by a small one: what the parent held would count here.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        self.taken = {"seconds": seconds, "cpu": cpu, "peak": peak, "threads": threading.active_count()}


Found = tuple[int, "pd.DataFrame | None"]
Rows = deque[dict[str, Any]]


def ours(job: Job) -> Found:
    """Receive with kosdata."""
    import kosdata as kd

    settings = kd.Settings().changed(
        env="demo", stream_url=job.url, base_url=job.url.replace("ws", "http"), api_key=job.key, cache=False
    )
    codes, preset = ("kospi", "tick") if job.kind == "market" else (job.codes, job.kind)
    every = job.every or job.rows
    # In the session, whenever this runs: a trade of later than now would be one of the day before.
    ahead = FRIDAY.timestamp() - time.time()
    with (
        kd.Client(settings, clock=lambda: time.time() + ahead) as client,
        kd.stream_to_frame(codes, preset=preset, maxlen=job.maxlen, transport="ws", client=client) as stream,
    ):
        for rows in range(every, job.rows + 1, every):
            if not stream.wait(rows=rows, timeout=PATIENCE):
                raise SystemExit(f"{rows} rows did not come: {stream.stats.to_dict()}")
            frame = stream.frame
        job.end()
        return int(stream.stats["received"]), frame


# What users write today -------------------------------------------------------------------------------------------


def naive(job: Job) -> Found:
    """Receive as users do today: websockets, json, a deque of dicts and a DataFrame of it."""

    async def run() -> Found:
        rows: Rows = deque(maxlen=job.maxlen)
        received = 0
        async with _socket(job) as socket:
            async for text in socket:
                for row in _rows(json.loads(text)):
                    rows.append(row)
                    received += 1
                    if job.every and received % job.every == 0:
                        frame = _frame(rows)
                if received == job.rows:
                    if not job.every:
                        frame = _frame(rows)
                    job.end()
                    return received, frame
        return received, None

    return asyncio.run(asyncio.wait_for(run(), PATIENCE))


def alpaca(job: Job) -> Found:
    """Receive in the style of alpaca-py: ``wait_for(recv)``, a model of the message, an awaited handler."""

    @dataclass
    class Trade:
        symbol: str
        price: float
        size: int
        volume: int
        timestamp: datetime

    wire = {"trdPrc": "price", "trdvol": "size", "accTrdvol": "volume", "trdTm": "timestamp"}
    rows: Rows = deque(maxlen=job.maxlen)

    async def handler(trade: Trade) -> None:
        rows.append(vars(trade))

    handlers: dict[str, Callable[[Trade], Awaitable[None]]] = dict.fromkeys(job.codes, handler)

    def cast(row: dict[str, Any]) -> Trade:
        named = {wire[name]: value for name, value in row.items() if name in wire}
        return Trade(symbol=row["isuSrtCd"], **{**named, "timestamp": _instant(named["timestamp"])})

    async def dispatch(row: dict[str, Any]) -> None:
        handled = handlers.get(row["isuSrtCd"])
        if handled is not None:
            await handled(cast(row))

    async def run() -> Found:
        received = 0
        async with _socket(job) as socket:
            while received < job.rows:
                text = await asyncio.wait_for(socket.recv(), 5)
                for row in _rows(json.loads(text)):
                    received += 1
                    await dispatch(row)
            frame = _frame(rows)
            job.end()
            return received, frame

    return asyncio.run(asyncio.wait_for(run(), PATIENCE))


def cryptofeed(job: Job) -> Found:
    """Receive in the style of cryptofeed: decimals, a trade object (compiled there, slots here), awaited callbacks."""

    @dataclass(slots=True)
    class Trade:
        symbol: str
        amount: Decimal
        price: Decimal
        timestamp: float
        raw: dict[str, Any]

    rows: Rows = deque(maxlen=job.maxlen)

    async def store(trade: Trade, receipt: float) -> None:
        rows.append({"symbol": trade.symbol, "price": float(trade.price), "size": int(trade.amount), "at": receipt})

    callbacks = {"trades": [store]}

    async def callback(kind: str, trade: Trade, receipt: float) -> None:
        for each in callbacks[kind]:
            await each(trade, receipt)

    async def run() -> Found:
        received = 0
        async with _socket(job) as socket:
            async for text in socket:
                receipt = time.time()
                for row in _rows(json.loads(text, parse_float=Decimal)):
                    received += 1
                    size, price = Decimal(row["trdvol"]), Decimal(row["trdPrc"])
                    at = _instant(row["trdTm"]).timestamp()
                    await callback("trades", Trade(row["isuSrtCd"], size, price, at, row), receipt)
                if received == job.rows:
                    break
            frame = _frame(rows)
            job.end()
            return received, frame

    return asyncio.run(asyncio.wait_for(run(), PATIENCE))


def streamz(job: Job) -> Found:
    """Receive into a window of streamz: websockets, json and a frame per 256 ticks."""
    import pandas as pd
    from streamz import Stream

    frames: list[pd.DataFrame] = []

    def keep(frame: pd.DataFrame) -> None:
        frames[:] = [frame]

    async def run() -> Found:
        source, batch, received = Stream(), [], 0
        async with _socket(job) as socket:
            async for text in socket:
                for row in _rows(json.loads(text)):
                    batch.append(row)
                    received += 1
                    if received == 1:
                        window = source.to_dataframe(example=pd.DataFrame(batch)).window(n=job.maxlen)
                        window.full().stream.sink(keep)
                    if len(batch) == 256 or received == job.rows:
                        source.emit(pd.DataFrame(batch))
                        batch = []
                if received == job.rows:
                    break
            job.end()
            return received, frames[0]

    return asyncio.run(asyncio.wait_for(run(), PATIENCE))


def receive(job: Job) -> Found:
    """Count the same frames with picows, and do nothing else."""
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

    awaited = job.count + len(job.greeting)

    class Counter(WSListener):  # type: ignore[misc]
        def __init__(self) -> None:
            self.count = 0
            self.done = asyncio.get_running_loop().create_future()

        def on_ws_connected(self, transport: WSTransport) -> None:
            for text in job.greeting:
                transport.send(WSMsgType.TEXT, text.encode())

        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            self.count += 1
            if self.count == awaited:
                self.done.set_result(None)

    async def run() -> Found:
        transport, listener = await ws_connect(Counter, job.path)
        await listener.done
        job.end()
        transport.disconnect()
        return (listener.count - len(job.greeting)) * job.rows // job.count, None

    return asyncio.run(asyncio.wait_for(run(), PATIENCE))


@asynccontextmanager
async def _socket(job: Job) -> AsyncIterator[Any]:
    import websockets

    async with websockets.connect(job.path, max_size=None) as socket:
        for text in job.greeting:
            await socket.send(text)
        yield socket


def _rows(message: Any) -> list[dict[str, Any]]:
    return message if isinstance(message, list) else [message["params"]] if "params" in message else []


def _frame(rows: Rows) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows)
    texts = [name for name in ("trdPrc", "trdVol") if isinstance(rows[-1].get(name), str)]
    return frame.astype(dict.fromkeys(texts, "int64")) if texts else frame


def _instant(clock: int) -> datetime:
    seconds, hundredths = divmod(clock, 100)
    hour, minute, second = seconds // 10_000, seconds // 100 % 100, seconds % 100
    return datetime(2024, 1, 12, hour, minute, second, hundredths * 10_000, tzinfo=UTC)


FEEDS: dict[str, Callable[[Job], Found]] = {
    "kosdata": ours,
    "naive": naive,
    "receive only": receive,
    "streamz": streamz,
    "alpaca-py style": alpaca,
    "cryptofeed style": cryptofeed,
}

_SIZES = ("size", "trdvol", "trdVol", "ask_size_1", "askStep1BstordRqty")
_PRICES = ("price", "trdPrc", "bid_price_1", "bidStep1BstordPrc")


def _checksum(found: Found) -> Iterator[float]:
    """Yield what every feed must agree on: rows received and, where it has a frame, rows kept, sizes and last price."""
    received, frame = found
    yield received
    if frame is not None:
        size, price = (next(name for name in names if name in frame) for names in (_SIZES, _PRICES))
        yield from (len(frame), int(frame[size].sum()), float(frame[price].iloc[-1]))


def main() -> None:
    """Run one feed twice: shortly, so that everything is loaded, and as asked."""
    feed = FEEDS[sys.argv[1]]
    first, job = (Job(**each) for each in json.loads(sys.argv[2]))
    feed(first)
    job.begin()
    found = feed(job)
    print(json.dumps({**job.taken, "checksum": list(_checksum(found))}))


if __name__ == "__main__":
    main()
