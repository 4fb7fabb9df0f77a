"""The synthetic market and its gateway at any moment, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from kosdata.catalogue.calendar import KRX
from kosdata.simulator import Simulator
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client, use

MARKET = Market(0)
DERIVATIVES = Derivatives(0, KRX, MARKET.underlying)


@contextmanager
def at(now: str, **given: Any) -> Iterator[Client]:
    """A client, current for the time being, of a gateway whose clock stands at a moment."""
    simulator = _gateway()
    simulator.clock.set(datetime.fromisoformat(now))
    with simulator.client(**given) as client:
        before = use(client)
        yield client
        use(before)


@cache
def _gateway() -> Simulator:
    # A walk through the market takes a second; its threads end with the run.
    return Simulator(now="2024-01-12T18:30", speed=0).start()
