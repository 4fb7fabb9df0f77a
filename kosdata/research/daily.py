"""What is published once a day: rows of days, weeks and months, and none before its hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal

import numpy as np
import pandas as pd

from kosdata.catalogue import records as r
from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Endpoint
from kosdata.errors import KosError
from kosdata.research.asking import ask, blank
from kosdata.research.columns import columns_of
from kosdata.research.instruments import Instrument, codes_of, instruments_of, resolve
from kosdata.research.manner import Manner, call_for, settled
from kosdata.research.parts import Part, Parts, finish, whole
from kosdata.research.routes import route, routed
from kosdata.research.spans import (
    Date,
    Span,
    closed_through,
    history_through,
    period_end,
    span,
    surely_through,
)
from kosdata.wire import paging
from kosdata.wire.arguments import Call
from kosdata.wire.hours import nothing_yet

__all__ = ["BESIDES_BARS", "Freq", "Outcomes", "daily_rows", "finished", "published"]

Freq = Literal["D", "W", "M"]
Outcomes = dict[str, Part | KosError]

BESIDES_BARS: Final = {
    "short_selling": columns_of(r.SHORT_SELLING),
    "foreign_holding": columns_of(r.FOREIGN_HOLDING),
    "nav_history": columns_of(r.NAV_HISTORY),
}
"""Questions about days of stocks or funds, as `routes.ROUTES` calls them, and the columns of their answers."""

_RUNNING: Final = "not finished yet: partial=True shows what there is"
_UNFINISHED: Final = "not finished yet"
_UNPUBLISHED: Final = "not published yet"
_NONE_ENDS: Final = "no week or month ends in this span"


def published(
    name: str,
    instruments: Sequence[Instrument],
    spans: Span | Mapping[str, Span],
    manner: Manner,
    *,
    freq: Freq = "D",
    columns: tuple[str, ...] | None = None,
    partial: bool | None = None,
) -> Outcomes:
    """Return the rows by ``date`` that answer a question about some codes, all pages asked for at once.

    Parameters
    ----------
    name : str
        The question, as `routes.ROUTES` calls it: ``history`` or one of `BESIDES_BARS`.
    instruments : sequence of Instrument
        What it is about.
    spans : Span or mapping of str to Span
        First and last day, of all codes or of each.
    manner : Manner
        How to ask.
    freq : {"D", "W", "M"}
        Length of a row's period, where the endpoint has one.
    columns : tuple of str, optional
        Columns wanted, as far as an endpoint has them.
    partial : bool, optional
        Keep the week or month that is not over, and say in a column ``final`` which one is. None where a user has no
        such choice.

    Returns
    -------
    dict of str to Part or KosError
        Code to its frame, without ``code``. Rows that came before they were due are not in it.

    Raises
    ------
    KosError
        If there is no endpoint, or a page cannot be had, unless errors are collected.
    """
    client, now, days = manner.client, manner.client.now(), manner.days
    each_span = spans if isinstance(spans, Mapping) else dict.fromkeys((each.code for each in instruments), spans)
    columns = columns or BESIDES_BARS[name]
    parts: Outcomes = {}
    calls: dict[str, Call] = {}
    for each, of in zip(instruments, routed(name, instruments, manner).values(), strict=True):
        code, within = each.code, each_span[each.code]
        if isinstance(of, KosError):
            parts[code] = of
            continue
        if freq == "D" and within.first > _through(of, now, days):
            # The newest bar is made of the official close, as soon as that is out.
            first = route(client, "close", each.product, each.market) if name == "history" else of
            reason = nothing_yet(first, within.first, within.last, now, days) or _UNPUBLISHED
            parts[code] = Part.none(blank(of, columns), of.id, now, reason)
            continue
        given = {"freq": freq} if of.param("trnsmCycleTpCd") else {}
        calls[code] = call_for(manner, of, each.market, code, start=within.first, end=within.last, **given)
        if manner.refresh and name == "history":
            # Pages beyond this span may stand on other prices, too.
            client.forget(paging.every(calls[code], now.date()))
    parts |= zip(calls, ask([*calls.values()], manner, columns=columns), strict=True)
    for code, call in calls.items():
        part = parts[code]
        if isinstance(part, Part):
            if freq == "D":
                parts[code] = _due(part, call.endpoint, days)
            else:
                parts[code] = _over(part, each_span[code], freq, days, partial=partial)
    return {each.code: parts[each.code] for each in instruments}


def daily_rows(
    question: str,
    codes: str | Sequence[str],
    start: Date | None,
    end: Date | None,
    period: str | None,
    manner: Manner,
    *,
    market: str | None = None,
    freq: Freq = "D",
) -> pd.DataFrame:
    """Return the frame of one of `BESIDES_BARS`; a list of codes leads with ``code``.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    KosError
        If a page cannot be had.
    """
    given, single = codes_of(codes)
    span(start, end, period, manner.client.now().date())

    def work(manner: Manner) -> Parts:
        within = span(start, end, period, manner.client.now().date())
        found = resolve(given, manner, market, only=("stock",))
        instruments = instruments_of(found)
        parts = published(question, instruments, within, manner, freq=freq)
        return {code: each if isinstance(each, KosError) else parts[code] for code, each in found.items()}

    parts = settled(manner, work)
    like = blank(route(manner.client, question, "stock", "kospi"), BESIDES_BARS[question])
    return finish(whole(parts, like, single=single), parts, manner, freq=None if freq == "D" else freq)


def finished(part: Part, *, is_over: bool, partial: bool | None) -> Part:
    """Return a part without its newest bar if that is not over; with `partial`, with a column that says so."""
    bars, reason = part.frame, part.reason or _NONE_ENDS
    if not is_over:
        reason = _RUNNING if partial is False else _UNFINISHED
    if partial:
        return part.having(bars.assign(final=np.arange(len(bars)) < len(bars) - (not is_over)), reason=reason)
    return part.having(bars if is_over else bars[:-1], reason=reason)


def _over(part: Part, within: Span, freq: Freq, days: Calendar, *, partial: bool | None) -> Part:
    """Return weeks or months as far as they are over, or why none is."""
    if len(part.frame):
        newest = part.frame.index[-1].date()
        end = period_end(newest, freq, days)
        through = history_through if newest == end else surely_through
        return finished(part, is_over=end <= through(part.newest_at, days), partial=partial)
    sessions = days.sessions(within.first, within.last)
    end = period_end(sessions[0], freq, days) if sessions else date.min
    part = part.having(part.frame, reason=_NONE_ENDS if end > within.last else part.reason)
    return finished(part, is_over=end <= history_through(part.newest_at, days), partial=partial)


def _due(part: Part, of: Endpoint, days: Calendar) -> Part:
    """Return a part without the rows of days that were not due when they came; the service may send one that runs."""
    frame, came = part.frame, part.newest_at
    due = pd.Timestamp(_through(of, came, days))
    if frame.empty or frame.index[-1] <= due:
        return part
    first, last = frame.index[0].date(), frame.index[-1].date()
    return part.having(frame[frame.index <= due], reason=nothing_yet(of, first, last, came, days) or _UNPUBLISHED)


def _through(of: Endpoint, now: datetime, days: Calendar) -> date:
    """Return the newest session that can have its row by now."""
    return closed_through(of, now, days) if of.published.how == "close" else history_through(now, days)
