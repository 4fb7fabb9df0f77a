"""Bars within sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kosdata.catalogue.model import Endpoint
from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError, KosError
from kosdata.research.instruments import codes_of, instruments_of, resolve
from kosdata.research.intervals import Interval, Moment, Stretch, interval_name, seconds, served, stretch
from kosdata.research.intraday_bars import Label, bars, come_for, like, planned
from kosdata.research.manner import Lang, Manner, OnError, call_for, settled
from kosdata.research.parts import Part, finish, whole
from kosdata.research.routes import route, routed
from kosdata.research.spans import Date
from kosdata.wire.client import Client

__all__ = ["intraday"]


def intraday(
    codes: str | Sequence[str],
    interval: Interval = "1min",
    *,
    date: Date | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    period: str | None = None,
    label: Label = "left",
    partial: bool = False,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return bars of seconds, minutes or hours of stocks, funds, indices, futures and options.

    Without `date`, `start` or `period` they are those of the newest session that has begun.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes such as ``"005930"``, ``"K1"``, ``"101S6000"`` or ``"K2FA001"``; ISIN, ``A005930`` and
        ``005930*001`` are read as well. A list gives the frame a leading level ``code``.
    interval : str, int or Timedelta, default "1min"
        Length of a bar: ``"10s"``, ``"1min"``, ``"15min"``, ``"1h"``, or a number of seconds; a multiple of ten
        seconds that is no longer than a session.
    date : str, date or Timestamp, optional
        One session.
    start : str, date, datetime or Timestamp, optional
        First day, or an instant such as ``"2024-01-05 10:00"``, in Seoul unless it has a zone: bars that begin then or
        later.
    end : str, date, datetime or Timestamp, optional
        Last day, included, or an instant: bars that begin before it. Now by default. A datetime at midnight stands for
        its day.
    period : str, optional
        Instead of `start`: so much time up to the day of `end`, as ``"5d"`` (calendar days), ``"2w"`` or ``"6m"``.
    label : {"left", "right"}, default "left"
        Whether the time of a bar is its start or its end.
    partial : bool, default False
        Keep the bar that is not finished, and add a column ``final`` that says which bars are.
    market : str, optional
        Market of all codes, for example ``"kosdaq"``; needed for what is listed no more. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the codes that fail; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what the cache has.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a bar, oldest first, indexed by ``time`` in Seoul: ``open``, ``high``, ``low``, ``close`` in won or
        points, ``volume`` in shares or contracts, ``value`` in won. May be empty; ``attrs`` then says why.

    Raises
    ------
    ArgumentError
        If an argument is wrong, `date` is no session, or `start` lies in the future; nothing was sent.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a page cannot be had: never a shorter frame.

    See Also
    --------
    history : Bars of days, weeks and months.
    plan : What a call would cost.

    Notes
    -----
    The service makes bars of ten seconds, one minute and ten minutes; others are put together from the longest of
    these that divides them, from the open of each session on, which is an hour late on some days. The first bar
    includes the opening auction, the last one the closing auction; the last one may be shorter, and ends with the
    session. Minutes of a stock cost four requests a session, bars of ten seconds 26, bars of ten minutes one; of what
    is kept, none.

    Bars are as the service has them: its documents do not say that minutes before a split are re-based, as days are.
    Do not lay bars of both sides of a split beside each other.

    The service answers for a day without a session with the bars of another. Only sessions are asked for; where the
    calendar does not reach, a day that brings what the day before had brought is left out, and ``attrs`` says so.

    Endpoint: ``intraday``. There is none for KONEX.

    Examples
    --------
    >>> bars = kd.intraday("005930", "10min", date="2024-01-05")
    >>> bars.columns.tolist()
    ['open', 'high', 'low', 'close', 'volume', 'value']
    >>> bars.index[[0, -1]].strftime("%H:%M").tolist()
    ['09:00', '15:20']
    >>> kd.intraday("005930", "1h", date="2024-01-05", label="right").index.strftime("%H:%M").tolist()
    ['10:00', '11:00', '12:00', '13:00', '14:00', '15:00', '15:30']
    >>> len(kd.intraday("K1", start="2024-01-05 15:00", end="2024-01-08 09:30"))
    60
    """
    choice("partial", partial, (True, False))
    choice("label", label, ("left", "right"))
    length = seconds(interval)
    given, single = codes_of(codes)
    manner = Manner.of(
        client,
        refresh=refresh,
        on_error=on_error,
        allow_partial=allow_partial,
        progress=progress,
        lang=lang,
    )
    _stretch(date, start, end, period, manner)

    def work(manner: Manner) -> dict[str, Part | KosError]:
        within = _stretch(date, start, end, period, manner)
        found = resolve(given, manner, market)
        instruments = instruments_of(found)
        routes = routed("intraday", instruments, manner)
        within = within or _newest({of.floor for of in routes.values() if isinstance(of, Endpoint)}, manner)
        plans = {
            each.code: planned(each, of, within, length, manner)
            for each in instruments
            if isinstance(of := routes[each.code], Endpoint)
        }
        come = come_for(plans, manner)
        made = {code: bars(plans[code], come[code], within, length, label, manner, partial=partial) for code in plans}
        errors = {code: each for code, each in {**found, **routes}.items() if isinstance(each, KosError)}
        return {code: errors[code] if code in errors else made[code] for code in found}

    parts = settled(manner, work)
    frame = whole(parts, like(manner, partial=partial), single=single)
    return finish(
        frame,
        parts,
        manner,
        interval=interval_name(length),
        label=label,
        adjust="prices are as the service has them; those before a split may not be re-based",
        built_from=interval_name(served(length)) if served(length) != length else None,
    )


def _stretch(
    on: Date | None, start: Moment | None, end: Moment | None, period: str | None, manner: Manner
) -> Stretch | None:
    """Return the stretch that is asked for, or None for the newest session.

    Raises
    ------
    ArgumentError
        If there is none.
    """
    now = manner.client.now()
    if on is None:
        return None if start is None and end is None and period is None else stretch(start, end, now, period)
    if start is not None or end is not None or period is not None:
        raise ArgumentError("date is one session, start, end and period are a span: give the one or the other.")
    # Every route of bars takes the same days.
    of = route(manner.client, "intraday", "stock", "kospi")
    return Stretch.of_day(call_for(manner, of, "kospi", "005930", interval=60, date=on).stretch[0])


def _newest(floors: set[Any], manner: Manner) -> Stretch:
    """Return the newest session that has begun on one of some floors."""
    now, days = manner.client.now(), manner.days
    day = days.latest_session(now.date())
    if day == now.date() and all(now.time() < days.hours(day, floor).open for floor in floors):
        day = days.previous_session(day)
    return Stretch.of_day(day)
