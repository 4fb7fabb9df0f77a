"""End-of-day bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.errors import KosError
from kosdata.frame.adjust import adjusted_volume
from kosdata.frame.periods import by_period
from kosdata.research.asking import (
    Lang,
    Manner,
    OnError,
    Part,
    Parts,
    ask,
    blank,
    choice,
    finish,
    settled,
    whole,
)
from kosdata.research.instruments import Instrument, codes_of, resolve
from kosdata.research.lastday import MOVED, closed_days, has_moved, running_days
from kosdata.research.routes import arguments, route
from kosdata.research.spans import (
    Date,
    Span,
    history_through,
    period_end,
    period_start,
    span,
    surely_through,
)
from kosdata.wire import arguments as args
from kosdata.wire import paging
from kosdata.wire.arguments import Call
from kosdata.wire.client import Client

__all__ = ["BAR", "daily", "history"]

Freq = Literal["D", "W", "M"]
BAR: Final = ("open", "high", "low", "close", "volume", "value", "change")
_ADJUST: Final = {
    "server": "prices are re-based by the service after splits, volume and value are not",
    "volume": "prices are re-based by the service after splits, and volume to match them; value is as it was",
}

_RUNNING: Final = "not finished yet: partial=True shows what there is"
_NONE_ENDS: Final = "no week or month ends in this span"
_UNPUBLISHED: Final = "not published yet"
_HOLIDAY: Final = "holiday: there is no session from {} to {}"


def history(
    codes: str | Sequence[str],
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    freq: Freq = "D",
    partial: bool = False,
    from_days: bool = False,
    adjust: Literal["server", "volume"] = "server",
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return end-of-day bars of stocks, funds, indices, futures and options.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes such as ``"005930"``, ``"K1"``, ``"101S6000"`` or ``"K2FA001"``; ISIN, ``A005930`` and
        ``005930*001`` are read as well. A list gives the frame a leading level ``code``.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"``, ``"2w"``, ``"6m"`` or ``"1y"``.
    freq : {"D", "W", "M"}, default "D"
        Length of a bar: day, week or month. A longer bar is dated by its last session.
    partial : bool, default False
        Add the bar that is not finished, and a column ``final`` that says which bars are.
    from_days : bool, default False
        Make weeks and months of daily bars. By default they are those that the service publishes.
    adjust : {"server", "volume"}, default "server"
        The service re-bases past prices after a split and leaves volume as it was; ``"volume"`` puts the volume of
        stocks on the basis of their prices, as far as turnover tells; ``volume_factors`` in ``attrs`` says by what.
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
        One row a bar, oldest first, indexed by ``date``: ``open``, ``high``, ``low``, ``close``, ``change`` in won or
        points, ``volume`` in shares or contracts, ``value`` in won; ``open_interest`` in contracts where a code is a
        future or an option. A session without a trade has its row, and no open, high or low.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a page cannot be had: never a shorter frame.

    See Also
    --------
    intraday : Bars of seconds and minutes.
    plan : What a call would cost.

    Notes
    -----
    Pages are thirds of a year, whatever is asked for, so that overlapping questions share them. Published history
    ends with the day before; the last session is completed from the official close once that is out (15:40, futures
    and options 15:50), or for more than a hundred codes of a market from its snapshots, which count trades after hours
    as well and do not tell the change: ``attrs`` then says so. ``attrs`` also says when prices were found re-based between two pages and all were
    asked for again.

    Endpoints: ``history``, ``closeprice`` or ``closeindex``; ``price`` or ``index`` with `partial`.

    Examples
    --------
    >>> kd.history("005930", "2024-01-02", "2024-01-05").columns.tolist()
    ['open', 'high', 'low', 'close', 'volume', 'value', 'change']
    >>> kd.history(["005930", "K1"], "2024-01-11", "2024-01-12").index.tolist()[:2]
    [('005930', Timestamp('2024-01-11 00:00:00')), ('005930', Timestamp('2024-01-12 00:00:00'))]
    >>> kd.history("005930", "2024-01-06", "2024-01-07").attrs["kosdata"]["reason"]
    'holiday: there is no session from 2024-01-06 to 2024-01-07'
    """
    choice("freq", freq, ("D", "W", "M"))
    choice("adjust", adjust, tuple(_ADJUST))
    given, single = codes_of(codes)
    manner = Manner.of(
        client,
        refresh=refresh,
        on_error=on_error,
        allow_partial=allow_partial,
        progress=progress,
        lang=lang,
    )
    span(start, end, period, manner.client.now().date())

    def work(manner: Manner) -> tuple[dict[str, Part | KosError], list[Instrument]]:
        asked = span(start, end, period, manner.client.now().date())
        found = resolve(given, manner, market)
        instruments = [each for each in found.values() if isinstance(each, Instrument)]
        is_adjusted = adjust == "volume"
        if freq != "D" and from_days:
            parts = _from_days(instruments, asked, freq, manner, partial=partial, is_adjusted=is_adjusted)
        else:
            if freq == "D":
                parts = daily(instruments, asked, manner, partial=partial)
            else:
                parts = _published(instruments, asked, freq, manner, partial=partial)
            parts = _adjusted(instruments, parts) if is_adjusted else parts
        return {code: part if isinstance(part, KosError) else parts[code] for code, part in found.items()}, instruments

    parts, instruments = settled(manner, work)
    like = _like(has_interest=any(map(_has_interest, instruments)), partial=partial)
    frame = whole(_alike(parts, like), like, single=single)
    asides = {code: part.aside for code, part in parts.items() if isinstance(part, Part)}
    factors = {code: aside["volume_factors"] for code, aside in asides.items() if aside.get("volume_factors")}
    return finish(
        frame,
        parts,
        manner,
        adjust=_ADJUST[adjust],
        last_day="; ".join(sorted({aside["last_day"] for aside in asides.values() if "last_day" in aside})) or None,
        volume_factors="; ".join(said if single else f"{code}: {said}" for code, said in factors.items()) or None,
    )


def daily(
    instruments: Sequence[Instrument],
    asked: Span | Mapping[str, Span],
    manner: Manner,
    *,
    partial: bool = False,
) -> dict[str, Part | KosError]:
    """Return the daily bars of some instruments: published ones, and the last day from its official close.

    Each code may have a span of its own. With `partial`, today's row while the market is open, and a column ``final``.
    """
    asked = asked if isinstance(asked, Mapping) else dict.fromkeys((each.code for each in instruments), asked)
    parts = _to_the_last(instruments, asked, manner, partial=partial)
    if moved := [each for each in instruments if has_moved(parts[each.code])]:
        # The newest row stands on other prices than the history before it: what was kept is stale.
        anew = _to_the_last(moved, asked, manner.anew(), partial=partial)
        parts |= {code: _after_all(parts[code], part, code) for code, part in anew.items()}
    return parts


def _to_the_last(
    instruments: Sequence[Instrument], asked: Mapping[str, Span], manner: Manner, *, partial: bool
) -> dict[str, Part | KosError]:
    parts = closed_days(instruments, _pages(instruments, asked, "D", manner), asked, manner)
    if not partial:
        return parts
    parts = {c: p.having(p.frame.assign(final=True)) if isinstance(p, Part) else p for c, p in parts.items()}
    return running_days(instruments, parts, asked, manner)


def _after_all(before: Part | KosError, part: Part | KosError, code: str) -> Part | KosError:
    """Return what came when all was asked once more, with what the first time cost."""
    if isinstance(before, KosError) or isinstance(part, KosError):
        return part
    aside = {**part.aside, "last_day": MOVED.format(code)} if has_moved(part) else part.aside
    return replace(part, rebased=not has_moved(part), aside=aside, requests=before.requests + part.requests)


def _adjusted(instruments: Sequence[Instrument], parts: Mapping[str, Part | KosError]) -> dict[str, Part | KosError]:
    """Return parts with the volume of stocks on the basis of their prices; what moves others is no split."""
    made = dict(parts)
    for each in instruments:
        part = parts[each.code]
        if each.product == "stock" and isinstance(part, Part):
            frame, factors = adjusted_volume(part.frame)
            made[each.code] = part.having(frame, aside={**part.aside, "volume_factors": factors})
    return made


def _from_days(
    instruments: Sequence[Instrument],
    asked: Span,
    freq: Literal["W", "M"],
    manner: Manner,
    *,
    partial: bool,
    is_adjusted: bool,
) -> dict[str, Part | KosError]:
    """Return weeks or months made of daily bars; those that begin before the span are whole."""
    parts = daily(instruments, Span(period_start(asked.first, freq), asked.last), manner, partial=partial)
    parts = _adjusted(instruments, parts) if is_adjusted else parts
    last = manner.days.latest_session(asked.last)
    made = dict(parts)
    for code, part in parts.items():
        if not isinstance(part, Part) or part.frame.empty:
            continue
        bars = by_period(part.frame, freq)
        newest = bars.index[-1].date()
        end = period_end(newest, freq, manner.days)
        is_over = newest == end or end <= surely_through(part.newest_at, manner.days)
        if partial:
            is_over = is_over and bool(bars["final"].iloc[-1])
        if newest < end and newest == last and asked.last < manner.client.now().date():
            bars, is_over = bars[:-1], True  # the span ends before the bar does
        made[code] = _finished(
            part.having(bars[bars.index >= pd.Timestamp(asked.first)]), is_over=is_over, partial=partial
        )
    return made


def _published(
    instruments: Sequence[Instrument], asked: Span, freq: Literal["W", "M"], manner: Manner, *, partial: bool
) -> dict[str, Part | KosError]:
    """Return weeks or months as the service makes them."""
    made = _pages(instruments, dict.fromkeys((each.code for each in instruments), asked), freq, manner)
    for code, part in made.items():
        if isinstance(part, Part):
            newest = part.frame.index[-1].date() if len(part.frame) else asked.first
            end = period_end(newest, freq, manner.days)
            through = history_through if newest == end else surely_through
            made[code] = _finished(part, is_over=end <= through(part.newest_at, manner.days), partial=partial)
    return made


def _finished(part: Part, *, is_over: bool, partial: bool) -> Part:
    """Return a part without its newest bar if that is not over; with `partial`, with a column that says so."""
    bars, reason = part.frame, part.reason or (_NONE_ENDS if is_over else _RUNNING)
    if not partial:
        return part.having(bars if is_over else bars[:-1], reason=reason)
    return part.having(bars.assign(final=np.arange(len(bars)) < len(bars) - (not is_over)), reason=reason)


def _pages(
    instruments: Sequence[Instrument], spans: Mapping[str, Span], freq: Freq, manner: Manner
) -> dict[str, Part | KosError]:
    """Return what is published as history about each code, without rows of days that were not over when they came."""
    client, days, now = manner.client, manner.days, manner.client.now()
    parts: dict[str, Part | KosError] = {}
    calls: dict[str, Call] = {}
    for each in instruments:
        of = route(client, "history", each.product, each.market)
        columns, asked = _columns(each), spans[each.code]
        if freq == "D" and asked.first > history_through(now, days):
            reason = (
                _UNPUBLISHED if days.sessions(asked.first, asked.last) else _HOLIDAY.format(asked.first, asked.last)
            )
            parts[each.code] = Part(blank(of, columns), of.id, 0, 0, now, now, now, reason)
            continue
        given = arguments(of, each.market, each.code) | {"start": asked.first, "end": asked.last, "freq": freq}
        calls[each.code] = args.call(of, given, today=now.date(), calendar=days)
        if manner.refresh:
            client.forget(paging.every(calls[each.code], now.date()))
    for columns in dict.fromkeys(map(_columns, instruments)):
        codes = [each.code for each in instruments if each.code in calls and _columns(each) == columns]
        parts |= zip(codes, ask([calls[code] for code in codes], manner, columns=columns), strict=True)
    return {each.code: _trusted(parts[each.code], freq, manner) for each in instruments}


def _trusted(part: Part | KosError, freq: Freq, manner: Manner) -> Part | KosError:
    """Return a part without the row of a day that was not due when it came; the service may send one that runs."""
    if isinstance(part, KosError) or freq != "D" or part.frame.empty:
        return part
    due = pd.Timestamp(history_through(part.newest_at, manner.days))
    if part.frame.index[-1] <= due:
        return part
    return part.having(part.frame[part.frame.index <= due], reason=_RUNNING)


def _columns(of: Instrument) -> tuple[str, ...]:
    return (*BAR, "open_interest") if _has_interest(of) else BAR


def _has_interest(of: Instrument) -> bool:
    return of.product in ("futures", "options")


def _like(*, has_interest: bool, partial: bool) -> pd.DataFrame:
    like = blank(endpoint("v3_closed_kospi_history"), BAR)
    if has_interest:
        like = like.assign(open_interest=pd.array([], dtype="Int64"))
    return like.assign(final=np.zeros(0, dtype=bool)) if partial else like


def _alike(parts: Parts, like: pd.DataFrame) -> dict[str, Part | KosError]:
    """Return the parts with the columns of the whole: a stock among futures has no open interest."""
    return {
        code: part.having(_with_columns(part.frame, like)) if isinstance(part, Part) else part
        for code, part in parts.items()
    }


def _with_columns(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    if "open_interest" in like and "open_interest" not in frame:
        frame = frame.assign(open_interest=pd.array([pd.NA] * len(frame), dtype="Int64"))
    return frame if frame.columns.equals(like.columns) else frame[list(like.columns)]
