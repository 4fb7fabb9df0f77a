"""Messages that a test hands to a stream one by one, and streams of the synthetic market that it steps through."""

from __future__ import annotations

import json
import queue
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from kosdata.research.live.recording import Recorded

PATIENCE = 20.0
"""Seconds after which a test that waits has failed; none of them is ever waited for."""
START = int(datetime(2024, 1, 12, 1, 0, tzinfo=UTC).timestamp()) * 1_000_000
"""Friday 2024-01-12 10:00 in Seoul, in microseconds."""
SECOND = 1_000_000


def at(seconds: float) -> int:
    """Return a moment that many seconds after 10:00."""
    return START + round(seconds * SECOND)


def clock(moment: int) -> int:
    """Return a moment as the wire has times of day: hundredths of a second, as HHMMSScc."""
    day = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=moment) + timedelta(hours=9)
    return int(day.strftime("%H%M%S")) * 100 + day.microsecond // 10_000


def row(
    code: str = "005930", moment: int = START, *, price: float = 71_000, size: int = 1, **more: Any
) -> dict[str, Any]:
    """Return a trade as the wire has it; ``accTrdVol`` is the day's volume, where it is given."""
    return {"isuSrtCd": code, "trdTm": clock(moment), "trdPrc": price, "trdvol": size, **more}


def push(fields: dict[str, Any], preset: str | None = "tick") -> str:
    """Return a message that pushes a row."""
    named = {} if preset is None else {"preset": preset}
    return json.dumps({"jsonrpc": "2.0", "method": "push", "params": {**named, **fields}})


def came(moment: int, fields: dict[str, Any] | None = None) -> Recorded:
    """Return a trade that is received at a moment, one of that moment by default."""
    return Recorded(moment, push(row(moment=moment) if fields is None else fields))


class AtOnce(random.Random):
    """Chance that never lets anybody wait."""

    def uniform(self, a: float, b: float) -> float:
        return a


class Hand:
    """An iterable of what a test says, until it says that this was all."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def say(self, *messages: Any) -> None:
        """Hand on some messages."""
        for message in messages:
            self._said.put(message)

    def end(self) -> None:
        """End the iterable."""
        self._said.put(self)

    def fail(self, error: BaseException) -> None:
        """Let the iterable raise."""
        self._said.put(error)

    def __iter__(self) -> Iterator[Any]:
        while (item := self._said.get()) is not self:
            if isinstance(item, BaseException):
                raise item
            yield item


def micros(values: pd.Series | pd.DatetimeIndex) -> list[int]:
    """Return instants in microseconds since 1970."""
    return pd.DatetimeIndex(values).as_unit("us").asi8.tolist()
