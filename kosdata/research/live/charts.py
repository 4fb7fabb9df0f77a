"""A chart that follows a stream by itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kosdata.errors import ArgumentError
from kosdata.research.live.ingest import Ingest

if TYPE_CHECKING:
    from kosdata.frame.plot import LiveChart

__all__ = ["follow"]


def follow(ingest: Ingest, chart: LiveChart, every: float) -> None:
    """Draw a chart anew whenever rows have come, at most once in so many seconds, until the stream has ended."""
    if isinstance(every, bool) or not isinstance(every, int | float) or not every > 0:
        raise ArgumentError(f"every={every!r} is no number of seconds between two drawings: write 1 or 0.5.")

    def run() -> None:
        pause = threading.Event()
        drawn = ingest.wait_past(0)
        while drawn:
            chart.draw()
            pause.wait(0 if ingest.has_ended else every)
            drawn = ingest.wait_past(drawn)

    threading.Thread(target=run, name="kosdata-chart", daemon=True).start()
