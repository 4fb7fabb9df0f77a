"""Who reads a stream as it grows: each at its own pace, from the rows that are kept, so that none holds up another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import pandas as pd

from kosdata.frame.rolling import RollingFrame
from kosdata.research.live.gaps import Gap, Gaps

__all__ = ["Reader", "deliver", "iterate"]

_MOST: Final = 10_000  # rows that are given at once

logger = logging.getLogger("kosdata.stream")


class Reader:
    """A place in a stream. Rows that leave the window before the place has passed them are a gap of this reader.

    Parameters
    ----------
    rolling : RollingFrame
        The rows.
    gaps : Gaps
        Where it is told what was missed.
    began : callable
        When the first row of the stream was received.
    """

    def __init__(self, rolling: RollingFrame, gaps: Gaps, began: Callable[[], int]) -> None:
        self._rolling = rolling
        self._gaps = gaps
        self._began = began
        oldest, self._next = rolling.since(rolling.first, 1)
        # Nothing that this reader can miss came before.
        self._last_received = _received(oldest, 0) if len(oldest) else None
        self._gap: Gap | None = None  # as long as nothing was read since
        self._missed: list[tuple[int, int]] = []
        self._lock = threading.Lock()

    def read(self) -> pd.DataFrame:
        """Return the rows after those that were read before, and pass them."""
        with self._lock:
            found, first = self._rolling.since(self._next, _MOST)
            if first > self._next:
                self._miss(first, found)
            if len(found):
                self._next = first + len(found)
                self._last_received = _received(found, -1)
                self._gap = None
            return found

    @property
    def next(self) -> int:
        """Sequence number of the row that is read next."""
        return self._next

    @property
    def is_behind(self) -> bool:
        """Whether there are rows to read."""
        return self._rolling.total > self._next

    def missed(self, upto: int | None = None) -> list[tuple[int, int]]:
        """Return the runs of rows that left before they were read, each as first number and end."""
        with self._lock:
            first = self._rolling.first if upto is None else upto
            if first > self._next:
                self._miss(first, self._rolling.since(first, 1)[0])
            return list(self._missed)

    def _miss(self, end: int, found: pd.DataFrame) -> None:
        since = self._began() if self._last_received is None else self._last_received
        until = _received(found, 0) if len(found) else since
        if self._gap is None:
            self._gap = self._gaps.lost(since, until, "overflow", ())
            self._missed.append((self._next, end))
        else:
            self._gaps.extend(self._gap, until)
            self._missed[-1] = (self._missed[-1][0], end)
        self._next = end


def deliver(
    reader: Reader,
    callback: Callable[[pd.DataFrame], Any],
    wait: Callable[[Reader], bool],
    dressed: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    """Give new rows to a callback until the stream has ended; what it raises is logged, and goes no further.

    The log has the first failure whole, and of those after it every tenth, hundredth and so on in a line: a callback
    that fails at each tick must not bury whatever else is logged.
    """
    failures = 0
    while wait(reader):
        try:
            callback(dressed(reader.read()))
        except Exception as error:
            failures += 1
            if failures == 1:
                logger.exception("a callback of a stream has failed; the stream goes on")
            elif failures == 10 ** (len(str(failures)) - 1):
                logger.error("a callback of a stream has failed %d times: %r", failures, error)


def iterate(reader: Reader, wait: Callable[[Reader], bool]) -> Iterator[Any]:
    """Give new rows one by one, as named tuples that begin with their time, until the stream has ended."""
    while wait(reader):
        yield from reader.read().reset_index().itertuples(index=False, name="Row")


def _received(frame: pd.DataFrame, position: int) -> int:
    return int(frame["received"].array.asi8[position])
