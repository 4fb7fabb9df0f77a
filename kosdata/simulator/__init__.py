"""The embedded gateway: a seeded synthetic market behind the published routes, over real HTTP on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.settings import DEMO_KEY, Settings
from kosdata.simulator.clock import Clock
from kosdata.simulator.columns import seoul
from kosdata.simulator.faults import Schedule
from kosdata.simulator.rest import Rest
from kosdata.simulator.server import Seen, Server
from kosdata.simulator.sockets import Sent, Streams
from kosdata.simulator.stream import Desk, StreamOptions
from kosdata.simulator.stream_faults import StreamFault
from kosdata.simulator.views import Views, broadcast
from kosdata.wire.client import Client, Gateway

__all__ = ["Clock", "Schedule", "Sent", "Simulator", "StreamFault", "StreamOptions"]


class Simulator:
    """A gateway of its own, serving a synthetic market on a loopback port: by request, and as a stream.

    The stream is that of the documentation: ``/ws`` for chosen issues, ``/ws_ksp`` and ``/ws_kdq`` for whole markets.
    It tells the trades that REST makes its bars of, when the market's clock reaches them. A clock that is pushed ahead
    has everything in between told, in order and as fast as the client takes it; one that is set back tells nothing.

    Parameters
    ----------
    seed : int, default 0
        Which market: the same seed, code and date give the same bytes on every machine.
    now : str or datetime, optional
        Where the market's clock begins, in Korea. The real time by default.
    speed : float, default 1.0
        Seconds that pass there in one real second; 0 stops the clock.
    port : int, default 0
        Port to listen on; any free one by default.
    faults : Schedule, optional
        When and how to fail.
    quota : int, default 50000
        Calls a day.
    denied : iterable of str, optional
        Licence groups that the key does not cover.
    seed_spelling : bool, default False
        Serve the other published spelling of paths that have two.
    host : str, default "127.0.0.1"
        Address to listen on; one that is not loopback needs `expose`.
    expose : bool, default False
        Listen where other machines can reach it.
    stream : StreamOptions, optional
        How the stream behaves where the documentation leaves it open.

    Examples
    --------
    >>> with Simulator(now="2024-01-05 18:30", speed=0) as sim, sim.client() as client:
    ...     kd.fetch("v3_closed_kospi_closeprice", code="005930", client=client).index.tolist()
    ['005930']
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        now: str | datetime | None = None,
        speed: float = 1.0,
        port: int = 0,
        faults: Schedule | None = None,
        quota: int = 50_000,
        denied: Iterable[str] = (),
        seed_spelling: bool = False,
        host: str = "127.0.0.1",
        expose: bool = False,
        stream: StreamOptions | None = None,
    ) -> None:
        self.seed = seed
        self.clock = Clock(now, speed)
        self.api_key = DEMO_KEY
        calendar = _calendar(self.clock.now().date())
        rest = Rest(
            Views(seed, calendar),
            now=self.clock.now,
            calendar=calendar,
            api_key=DEMO_KEY,
            quota=quota,
            denied=frozenset(denied),
            seed_spelling=seed_spelling,
        )
        options = stream or StreamOptions()
        desk = Desk(broadcast(seed, calendar, options.times), DEMO_KEY, options, lambda: seoul(self.clock.now()))
        self._streams = Streams(desk, lambda: self._server.faults)
        self._server = Server(
            rest,
            host=host,
            port=port,
            faults=faults,
            expose=expose,
            sockets=self._streams.handlers,
            now=self.clock.now,
        )

    @property
    def base_url(self) -> str:
        """Address of the REST service."""
        return self._server.base_url

    @property
    def stream_url(self) -> str:
        """Address of the stream."""
        return self._server.stream_url

    @property
    def requests(self) -> tuple[Seen, ...]:
        """The newest requests, without keys."""
        return self._server.requests

    @property
    def count(self) -> int:
        """Requests so far."""
        return self._server.count

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What the stream has pushed over each connection, oldest first."""
        return self._streams.sent

    @property
    def faults(self) -> Schedule | None:
        """When and how to fail; may be replaced at any time, for connections of the stream that come after."""
        return self._server.faults

    @faults.setter
    def faults(self, faults: Schedule | None) -> None:
        self._server.faults = faults

    def start(self) -> Self:
        """Begin to listen."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop listening; the address stays the same for another start."""
        self._server.stop()

    def gateway(self) -> Gateway:
        """Return what a client must know to ask this gateway."""
        return Gateway(self.base_url, self.stream_url, self.api_key, self.timestamp)

    def timestamp(self) -> float:
        """Return the market's time in seconds since 1970."""
        return self.clock.now().timestamp()

    def client(self, **settings: Any) -> Client:
        """Return a client of this gateway alone."""
        given = {"env": "demo", "base_url": self.base_url, "stream_url": self.stream_url, "api_key": self.api_key}
        seams: dict[str, Any] = {name: settings.pop(name) for name in ("clock", "sleep", "rng") if name in settings}
        if "clock" not in seams:
            # The market's clock may stand still; pauses and the circuit are measured in real time.
            seams |= {"clock": self.timestamp, "timer": time.monotonic}
        return Client(Settings().changed(**{**given, "cache": False, "pace": None, **settings}), **seams)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _calendar(today: date) -> Calendar:
    """Return the sessions of the synthetic market, which goes on trading where the published calendar ends."""
    return KRX if today < KRX.valid_through else KRX.extended((), date(today.year + 1, 12, 31))
