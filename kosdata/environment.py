"""Which gateway is asked: the current client, and the demo environment behind it."""

from __future__ import annotations

import weakref
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kosdata.settings import Settings
from kosdata.wire.client import Client, Gateway, provide, use

if TYPE_CHECKING:
    from kosdata.simulator import Schedule, Simulator


def configure(**settings: Any) -> Client:
    """Make a client with these settings and let every function ask through it.

    Parameters
    ----------
    **settings : Any
        ``api_key``, ``env``, ``base_url``, ``cache`` and so on, as in `Settings`; environment variables fill in
        what is not given.

    Returns
    -------
    Client
        The client, current from now on.

    Raises
    ------
    ConfigError
        If a setting is unknown or cannot work.

    Examples
    --------
    >>> kd.configure(env="sandbox", timeout=10).settings.timeout
    10
    """
    client = Client(Settings.from_env(**settings))
    use(client)
    return client


class Demo:
    """The embedded gateway, asked by every function until it is closed.

    Attributes
    ----------
    simulator : Simulator
        The gateway: its clock can be set, its faults replaced, its requests read.
    client : Client
        The client that asks it.
    """

    def __init__(self, simulator: Simulator, **settings: Any) -> None:
        Settings().changed(**settings)  # before anything is started
        self.simulator = simulator.start()
        self.client = simulator.client(**{"cache": True, **settings})
        _replaced[self.client] = use(self.client)
        self._end = weakref.finalize(self, _end, self.client, self.simulator)
        self._end.atexit = False
        _newest[:] = [self]

    def close(self) -> None:
        """Stop the gateway and restore the client that was current before; one that was started since stays."""
        if self in _newest:
            _newest.clear()
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        end = "" if self._end.alive else ", closed"
        return f"<demo market, seed {self.simulator.seed}, {self.simulator.clock.now():%Y-%m-%d %H:%M} KST{end}>"


# Clients of the demos that are open, the newest last, and which client was current before each.
_replaced: dict[Client, Client | None] = {}
# Nobody need keep the newest one. An older one that nobody keeps was replaced, as by a notebook's cell that ran again.
_newest: list[Demo] = []


def _end(client: Client, simulator: Simulator) -> None:
    clients = list(_replaced)
    place, before = clients.index(client), _replaced.pop(client)
    if place + 1 == len(clients):
        use(before)
    else:
        _replaced[clients[place + 1]] = before
    client.close()
    simulator.stop()


def demo(
    *,
    seed: int = 0,
    now: str | datetime | None = None,
    speed: float = 1.0,
    port: int = 0,
    faults: Schedule | str | Path | None = None,
    quota: int = 50_000,
    settings: dict[str, Any] | None = None,
) -> Demo:
    """Start the embedded gateway in this process and ask it from now on.

    Its market is synthetic; every frame says so in ``attrs``. Nothing is needed: no key, no network.

    Parameters
    ----------
    seed : int, default 0
        Which market: the same seed, code and date give the same figures on every machine.
    now : str or datetime, optional
        Where its clock begins, in Korea. The real time by default.
    speed : float, default 1.0
        Seconds that pass there in one real second; 0 stops the clock.
    port : int, default 0
        Port on this machine; any free one by default.
    faults : Schedule, str or Path, optional
        When and how to fail, or a JSON file that says so.
    quota : int, default 50000
        Calls a day.
    settings : dict, optional
        Settings of the client, such as ``{"cache": False}``.

    Returns
    -------
    Demo
        Closes the gateway when used as a context manager, and restores the client that was current before. An older one
        that nobody refers to any more is closed, so that a notebook's cell can be run again.

    Raises
    ------
    ConfigError
        If the extra ``demo`` is not installed.

    Examples
    --------
    >>> with kd.demo(now="2024-01-05 18:30", speed=0):
    ...     kd.fetch("v3_extra_holiday", nation="KR").index[0]
    Timestamp('2024-02-09 00:00:00')
    """
    from kosdata.simulator import Schedule, Simulator

    schedule = Schedule.load(Path(faults)) if isinstance(faults, str | Path) else faults
    simulator = Simulator(seed=seed, now=now, speed=speed, port=port, faults=schedule, quota=quota)
    return Demo(simulator, **(settings or {}))


def _start_demo() -> Gateway:
    from kosdata.simulator import Simulator

    return Simulator().start().gateway()


provide("demo", _start_demo)
