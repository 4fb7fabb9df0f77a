"""A chart that follows a stream by itself."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from kosdata.errors import ArgumentError
from kosdata.research.live.ingest import Ingest

if TYPE_CHECKING:
    from kosdata.frame.plot import LiveChart

__all__ = ["follow"]

logger = logging.getLogger("kosdata.stream")


def follow(ingest: Ingest, chart: LiveChart, every: float) -> None:
    """Draw a chart anew whenever rows have come, at most once in so many seconds, until the stream has ended.

    The window that the chart is drawn in does it, where there is one; else a thread. A picture that cannot be drawn
    says why and is logged, and the next rows are drawn nevertheless.

    Raises
    ------
    ArgumentError
        If the pause is none, or the codes of the stream make no such picture.
    """
    is_number = isinstance(every, int | float) and not isinstance(every, bool)
    if not is_number or not 0 < every <= threading.TIMEOUT_MAX:
        raise ArgumentError(f"every={every!r} is no number of seconds between two drawings: write 1 or 0.5.")
    chart.refuse_codes(ingest.rolling.categories("code"))
    follower = _Follower(ingest, chart)
    if not chart.repeat(follower.look, every):
        threading.Thread(target=follower.run, args=(every,), name="kosdata-chart", daemon=True).start()


class _Follower:
    """What has been drawn so far of a stream."""

    def __init__(self, ingest: Ingest, chart: LiveChart) -> None:
        self._ingest = ingest
        self._chart = chart
        self._drawn = 0
        self._failure = ""

    def run(self, every: float) -> None:
        """Draw until the stream has ended."""
        pause = threading.Event()
        while rows := self._ingest.wait_past(self._drawn):
            self._draw(rows)
            pause.wait(0 if self._ingest.has_ended else every)

    def look(self) -> bool:
        """Draw if rows have come, and return whether more may come."""
        has_ended = self._ingest.has_ended
        self._ingest.snapshot()  # takes in what waits
        rows = self._ingest.rolling.total
        if rows > self._drawn:
            self._draw(rows)
        return not has_ended

    def _draw(self, rows: int) -> None:
        self._drawn = rows
        try:
            self._chart.draw()
        except Exception as error:
            failure, self._failure = self._failure, repr(error)
            if self._failure != failure:
                is_ours = isinstance(error, ArgumentError)
                logger.warning("a chart of a stream cannot be drawn: %s", error, exc_info=not is_ours)
        else:
            self._failure = ""
