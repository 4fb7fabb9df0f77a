"""What ``kosdata demo`` shows: a walk through a synthetic market, from the list of issues to a chart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.environment import demo
from kosdata.errors import ArgumentError
from kosdata.frame.plot import save

_CODE = "005930"
_EVENING = timedelta(hours=18, minutes=30)
"""By then everything of a session is published."""


class _Call(NamedTuple):
    """A call of a public function, and what is said of it."""

    function: str
    given: tuple[Any, ...]
    named: dict[str, Any]
    remark: str = ""

    def __str__(self) -> str:
        given = [*map(repr, self.given), *(f"{name}={value!r}" for name, value in self.named.items())]
        return f"kd.{self.function}({', '.join(given)}){self.remark}"

    def frame(self) -> pd.DataFrame:
        """Return what it returns."""
        found: pd.DataFrame = getattr(kd, self.function)(*self.given, **self.named)
        return found


def run(
    show: Callable[[str], None], table: Callable[[pd.DataFrame], str], *, seed: int, now: datetime, chart: Path
) -> None:
    """Start the gateway, ask what a researcher asks first, and show the answers.

    Parameters
    ----------
    show : callable
        Takes a paragraph of text.
    table : callable
        Makes text of a frame.
    seed : int
        Which market.
    now : datetime
        Moment in Seoul; it is shown on the last evening of a session by then.
    chart : Path
        Where the picture goes.

    Raises
    ------
    ArgumentError
        If there was no session by then.
    """
    began = time.perf_counter()
    evening = _evening(now)
    with demo(seed=seed, now=evening, speed=0) as market:
        url = market.simulator.base_url
        show(f"A synthetic market (seed {seed}) on the evening of {evening:%Y-%m-%d %H:%M} in Seoul, on {url}")
        if evening != now:
            show(f"That is the last evening of a session by {now:%Y-%m-%d %H:%M}.")
        for call in _calls(evening.date()):
            frame = call.frame()
            show(f"\n>>> {call}\n{_told(frame)}\n{table(frame)}")
        picture = kd.history(_CODE, period="6m")
        path = save(picture, chart, overlays=(5, 20), title=f"{_CODE}, {len(picture)} sessions")
        asked, seconds = market.simulator.count, time.perf_counter() - began
        show(f"\nChart: {path}\nRequests: {asked} in {seconds:.1f} s, none to the outside.")


def _evening(now: datetime) -> datetime:
    """Return the last evening of a session by a moment, as far as sessions are known."""
    first = KRX.sessions(KRX.valid_from, KRX.valid_from + timedelta(days=30))[0]
    if now < datetime.combine(first, time_of_day.min) + _EVENING:
        raise ArgumentError(
            f"The synthetic market has no evening before {first} 18:30: write now={first}T18:30 or later."
        )
    day = KRX.latest_session(min((now - _EVENING).date(), KRX.valid_through))
    return datetime.combine(day, time_of_day.min) + _EVENING


def _calls(today: date) -> Iterator[_Call]:
    yield _Call("listing", ("kospi",), {})
    yield _Call("history", (_CODE,), {"period": "5y"})
    yield _Call("history", (_CODE,), {"period": "5y"}, "  # again")
    yield _Call("intraday", (_CODE, "5min"), {"date": str(today)})
    yield _Call("quote", ([_CODE, "000660", "005380"],), {})
    yield _Call("order_book", (_CODE,), {})
    yield _Call("investors", (_CODE,), {})
    yield _Call("join", (_CODE, ["ohlcv", "short", "foreign"]), {"period": "5d"})
    yield _Call("panel", ("close", ["K1", "Q1", "K2FA001"]), {"period": "2w"})
    yield _Call("search", ("ㅅㅅㅈㅈ",), {})


def _told(frame: pd.DataFrame) -> str:
    said = frame.attrs["kosdata"]
    return f"rows: {len(frame):,}; requests: {said['requests']}; pages from the cache: {said['cached_pages']}"
