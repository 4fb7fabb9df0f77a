"""When the exchange trades."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd

from kosdata.catalogue.calendar import KRX, Calendar, Hours, Product
from kosdata.catalogue.codes import DERIVATIVES, STOCKS
from kosdata.catalogue.price_rules import MARKETS
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError
from kosdata.research.instruments import unknown_market
from kosdata.research.sessions import calendar
from kosdata.research.spans import Date
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["is_open", "sessions"]

_MINUTE: Final = timedelta(minutes=1)


def sessions(
    start: Date, end: Date | None = None, *, market: str = "kospi", client: Client | None = None
) -> pd.DataFrame:
    """Return the trading days of a span with their hours.

    Parameters
    ----------
    start : str, date or Timestamp
        First day, included.
    end : str, date or Timestamp, optional
        Last day, included. Today by default; it may lie in the future.
    market : str, default "kospi"
        Market whose hours are wanted; those of derivatives are others than those of stocks.
    client : Client, optional
        Client to ask about holidays that lie beyond the built-in calendar. Without one nothing is asked.

    Returns
    -------
    DataFrame
        One row a session, oldest first, indexed by ``date``: ``open`` and ``close`` of the regular session and
        ``auction``, the start of the closing auction, as instants of Seoul; ``minutes`` of trading without breaks,
        int64; and ``kind``: ``ordinary``, ``year_open`` (first of the year, an hour late), ``exam`` (day of the college
        entrance exam, all an hour late) or ``late`` (put off for another reason).

    Raises
    ------
    ArgumentError
        If `start` is after `end`, or there is no such market.

    See Also
    --------
    is_open : Whether the exchange trades at a moment.
    holidays : The holidays that the exchange has announced.

    Notes
    -----
    The built-in calendar knows the sessions since 2000. Outside it every weekday counts as one, with a
    `CalendarWarning`. The hours of derivatives are those of products on share indices: that others did not follow the
    earlier open of 2023-07-31, and close earlier on exam days, the calendar does not know.

    Examples
    --------
    >>> kd.sessions("2023-11-15", "2023-11-17")[["open", "kind"]]
                                    open      kind
    date
    2023-11-15 2023-11-15 09:00:00+09:00  ordinary
    2023-11-16 2023-11-16 10:00:00+09:00      exam
    2023-11-17 2023-11-17 09:00:00+09:00  ordinary
    >>> kd.sessions("2024-01-06", "2024-01-07").empty
    True
    """
    days, today, product = _where(market, client)
    first = args.day(start, "start")
    last = today.date() if end is None else args.day(end, "end", last=True)
    if first > last:
        raise ArgumentError(f"start={first} comes after end={last}.")
    found = days.sessions(first, last)
    hours = [days.hours(each, product) for each in found]
    columns = {
        "open": _instants(found, [each.open for each in hours]),
        "close": _instants(found, [each.close for each in hours]),
        "auction": _instants(found, [each.closing_auction.start for each in hours]),
        "minutes": np.array([_minutes(each) for each in hours], dtype=np.int64),
        "kind": pd.array([days.kind(each) for each in found], dtype="str"),
    }
    return pd.DataFrame(columns, index=pd.DatetimeIndex(found, dtype="datetime64[us]", name="date"))


def is_open(at: str | datetime | None = None, *, market: str = "kospi", client: Client | None = None) -> bool:
    """Return whether the regular session is on.

    Parameters
    ----------
    at : str, datetime or Timestamp, optional
        A moment, in Seoul unless it has a zone. Now by default.
    market : str, default "kospi"
        Market whose hours count; those of derivatives are others than those of stocks.
    client : Client, optional
        Client whose clock says what is now, and to ask about holidays that lie beyond the built-in calendar. Without
        one nothing is asked, and the clock is that of this machine.

    Returns
    -------
    bool
        True from the open to the moment of the close, the closing auction with it, and False in a break. Trading before
        and after hours does not count.

    Raises
    ------
    ArgumentError
        If `at` is no moment, or there is no such market.

    See Also
    --------
    sessions : The trading days with their hours.

    Notes
    -----
    The hours of derivatives are those of products on share indices.

    Examples
    --------
    >>> kd.is_open("2024-01-12 10:00"), kd.is_open("2024-01-12 15:30"), kd.is_open("2024-01-13 10:00")
    (True, False, False)
    """
    days, now, product = _where(market, client)
    moment = now if at is None else _moment(at)
    day, clock = moment.date(), moment.time()
    if not days.is_session(day):
        return False
    hours = days.hours(day, product)
    return hours.open <= clock < hours.close and not any(each.start <= clock < each.end for each in hours.breaks)


def _where(market: str, client: Client | None) -> tuple[Calendar, datetime, Product]:
    name = str(market).lower()
    if name not in (*STOCKS, *DERIVATIVES, *MARKETS):
        raise unknown_market(market, (*STOCKS, *DERIVATIVES))
    product: Product = "derivative" if name in DERIVATIVES else "stock"
    if client is None:
        return KRX, datetime.now(SEOUL), product
    return calendar(client), client.now(), product


def _moment(at: object) -> datetime:
    moment: object = at
    if isinstance(at, str):
        try:
            moment = datetime.fromisoformat(at.strip())
        except ValueError:
            moment = None
        if len(at.strip()) <= len("2024-01-12"):
            moment = None
    if not isinstance(moment, datetime) or moment != moment:
        raise ArgumentError(f"at={at!r} is no moment: write '2024-01-12 10:00' or a datetime.")
    return moment.astimezone(SEOUL) if moment.tzinfo else moment


def _instants(days: list[date], clocks: list[time]) -> pd.DatetimeIndex:
    found = [datetime.combine(day, clock) for day, clock in zip(days, clocks, strict=True)]
    return pd.DatetimeIndex(found, dtype="datetime64[us]").tz_localize(SEOUL)


def _minutes(hours: Hours) -> int:
    spans = [(hours.open, hours.close), *hours.breaks]
    first, *breaks = (datetime.combine(date.min, end) - datetime.combine(date.min, start) for start, end in spans)
    return (first - sum(breaks, timedelta())) // _MINUTE
