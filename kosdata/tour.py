"""What ``kosdata demo`` shows: a walk through a synthetic market, from the list of issues to a chart."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from kosdata.catalogue.calendar import KRX
from kosdata.environment import Demo, demo
from kosdata.errors import ArgumentError
from kosdata.frame.plot import save_candles
from kosdata.research.fetch import fetch
from kosdata.research.tables import code_table

_CODE = "005930"
_FUTURES = "K2FA001"
_YEARS = 5
_EVENING = timedelta(hours=18, minutes=30)


def evening(now: datetime) -> datetime:
    """Return the last evening of a session by which everything of that day is published."""
    day = KRX.latest_session(min((now - _EVENING).date(), KRX.valid_through))
    return datetime.combine(day, datetime.min.time()) + _EVENING


def run(show: Callable[[str], None], *, seed: int, now: datetime, chart: Path) -> None:
    """Start the gateway, ask what a researcher asks first, and show the answers.

    Parameters
    ----------
    show : callable
        Takes a paragraph of text.
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
        for title, frame in _frames(market):
            show(f"\n{title}\n{_told(frame)}\n{_table(frame)}")
        picture = _five_years(market).iloc[-120:]
        save_candles(picture, chart, title=f"{_CODE}, synthetic: {len(picture)} sessions")
        asked, seconds = market.simulator.count, time.perf_counter() - began
        show(f"\nChart: {chart}\n{asked} requests in {seconds:.1f} s, none to the outside.")


def _five_years(market: Demo) -> pd.DataFrame:
    today = market.client.now().date()
    frame: pd.DataFrame = fetch(
        "v3_closed_kospi_history", code=_CODE, start=today.replace(year=today.year - _YEARS, day=1), end=today
    )
    return frame[["open", "high", "low", "close", "volume", "value", "change"]].assign().pipe(_with_attrs, frame)


def _frames(market: Demo) -> Iterator[tuple[str, pd.DataFrame]]:
    today = market.client.now().date()
    month = today.replace(day=1)
    yield "Every KOSPI issue: v3_closed_kospi_lists", fetch("v3_closed_kospi_lists")
    yield f"{_YEARS} years of days of {_CODE}: v3_closed_kospi_history, page by page", _five_years(market)
    yield "The same again", _five_years(market)
    yield (
        "A session in minutes: v3_realtime_kospi_intraday",
        fetch("v3_realtime_kospi_intraday", code=_CODE, interval="1min", date=today),
    )
    yield "The last trade: v3_realtime_kospi_price", fetch("v3_realtime_kospi_price", code=_CODE)
    yield "The order book: v3_realtime_kospi_orderbook", _levels(fetch("v3_realtime_kospi_orderbook", code=_CODE))
    yield "Who bought and who sold: v3_investors_kospi_issue", _named(fetch("v3_investors_kospi_issue", code=_CODE))
    yield (
        "The KOSPI: v3_closed_index_history",
        fetch("v3_closed_index_history", market="kospi", code="K1", start=month, end=today),
    )
    yield (
        "The nearest KOSPI200 future: v3_closed_futures_history",
        fetch("v3_closed_futures_history", market="kospi200", code=_FUTURES, start=month, end=today),
    )


def _levels(book: pd.DataFrame) -> pd.DataFrame:
    names = ("ask_size", "ask_price", "bid_price", "bid_size")
    levels = pd.DataFrame({name: [book[f"{name}_{n}"].iloc[0] for n in range(1, 11)] for name in names})
    levels.index = pd.RangeIndex(1, 11, name="level")
    return _with_attrs(levels, book)


def _named(investors: pd.DataFrame) -> pd.DataFrame:
    names = code_table("investors").set_index("code")["name_en"]
    shown = investors[["sell_volume", "buy_volume", "sell_value", "buy_value"]]
    return _with_attrs(shown.set_axis(pd.Index(names.reindex(investors.index), name="investor")), investors)


def _with_attrs(frame: pd.DataFrame, of: pd.DataFrame) -> pd.DataFrame:
    frame.attrs = of.attrs
    return frame


def _told(frame: pd.DataFrame) -> str:
    said = frame.attrs["kosdata"]
    return f"{len(frame)} rows; {said['requests']} requests, {said['cached_pages']} pages from the cache"


def _table(frame: pd.DataFrame) -> str:
    width = shutil.get_terminal_size((120, 24)).columns
    shown = frame.dropna(axis="columns", how="all") if len(frame.columns) > 8 else frame
    return shown.to_string(max_rows=6, line_width=width, float_format="{:,.2f}".format, show_dimensions=False)
