"""What ``kosdata demo`` shows: a walk through a synthetic market, from the list of issues to a chart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.environment import Demo, demo
from kosdata.errors import ArgumentError
from kosdata.frame.plot import save

_CODE = "005930"
_FUTURES = "K2FA001"
_EVENING = timedelta(hours=18, minutes=30)


def evening(now: datetime) -> datetime:
    """Return the last evening of a session by which everything of that day is published."""
    day = KRX.latest_session(min((now - _EVENING).date(), KRX.valid_through))
    return datetime.combine(day, datetime.min.time()) + _EVENING


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
        The evening on which it is shown.
    chart : Path
        Where the picture goes.
    """
    if not chart.absolute().parent.is_dir():
        raise ArgumentError(f"There is no folder {chart.absolute().parent} to draw into.")
    began = time.perf_counter()
    with demo(seed=seed, now=now, speed=0) as market:
        show(f"A synthetic market (seed {seed}), {now:%Y-%m-%d %H:%M} in Seoul, on {market.simulator.base_url}")
        for call, frame in _frames(market):
            show(f"\n>>> kd.{call}\n{_told(frame)}\n{table(frame)}")
        picture = kd.history(_CODE, period="6m")
        save(picture, chart, overlays=(5, 20), title=f"{_CODE}, {len(picture)} sessions")
        asked, seconds = market.simulator.count, time.perf_counter() - began
        show(f"\nChart: {chart}\n{asked} requests in {seconds:.1f} s, none to the outside.")


def _frames(market: Demo) -> Iterator[tuple[str, pd.DataFrame]]:
    today = market.client.now().date()
    yield "listing('kospi')", kd.listing("kospi")
    yield "history('005930', period='5y')", kd.history(_CODE, period="5y")
    yield "history('005930', period='5y')  # again", kd.history(_CODE, period="5y")
    yield f"intraday('005930', '5min', date='{today}')", kd.intraday(_CODE, "5min", date=today)
    yield "quote(['005930', '000660', '247540'])", kd.quote([_CODE, "000660", "247540"])
    yield "order_book('005930')", _levels(kd.order_book(_CODE))
    yield "investors('005930')", kd.investors(_CODE)
    yield (
        "join('005930', ['ohlcv', 'short', 'foreign'], period='5d')",
        kd.join(_CODE, ["ohlcv", "short", "foreign"], period="5d"),
    )
    yield "panel('close', ['K1', 'Q1', 'K2FA001'], period='2w')", kd.panel("close", ["K1", "Q1", _FUTURES], period="2w")
    yield "search('ㅅㅅㅈㅈ')", kd.search("ㅅㅅㅈㅈ")


def _levels(book: pd.DataFrame) -> pd.DataFrame:
    names = ("ask_size", "ask_price", "bid_price", "bid_size")
    levels = pd.DataFrame({name: [book[f"{name}_{n}"].iloc[0] for n in range(1, 11)] for name in names})
    levels.index = pd.RangeIndex(1, 11, name="level")
    levels.attrs = book.attrs
    return levels


def _told(frame: pd.DataFrame) -> str:
    said = frame.attrs["kosdata"]
    return f"{len(frame)} rows; {said['requests']} requests, {said['cached_pages']} pages from the cache"
