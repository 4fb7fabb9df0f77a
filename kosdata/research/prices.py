"""End-of-day bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd

from kosdata.catalogue.spelling import choice
from kosdata.errors import KosError
from kosdata.frame.adjust import adjusted_volume
from kosdata.frame.periods import by_period
from kosdata.research.asking import blank
from kosdata.research.columns import CONTRACT_BAR, DAILY_BAR
from kosdata.research.daily import Freq, Outcomes, finished, published
from kosdata.research.instruments import Instrument, codes_of, instruments_of, resolve
from kosdata.research.manner import Lang, Manner, OnError, settled
from kosdata.research.newest_session import closed_days, running_days
from kosdata.research.parts import Part, Parts, each_part, finish, whole
from kosdata.research.routes import shape
from kosdata.research.shaping import conformed
from kosdata.research.spans import Date, Span, period_end, period_start, span, surely_through
from kosdata.wire.client import Client

__all__ = ["daily", "history"]

_ADJUST: Final = {
    "server": "prices are re-based by the service after splits, volume and value are not",
    "volume": "prices are re-based by the service after splits, and volume to match them; value is as it was",
}
_MOVED: Final = "the last day stands on other prices than the days before it"


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
        Instead of `start`: so much time up to `end`, as ``"5d"`` (calendar days), ``"2w"``, ``"6m"``, ``"1y"``.
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
        future or an option. A session without a trade has its row, and no open, high or low. The unfinished row of a
        future or an option has no change: nothing beside its last trade says from which price it began.

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
    and options 15:50). For more than a hundred codes of a market it comes from its snapshots, for those whose price no
    trade after hours has moved: such a row has no change, its volume and value count trades after hours at the close,
    and ``attrs`` says so. ``attrs`` also says when prices were found re-based between two pages and all were asked for
    again.

    Endpoints: ``history``, ``closeprice`` or ``closeindex``, the snapshots ``ohlclists``, ``lists`` and
    ``ahtohlclists``; with `partial` ``price``, its form for several issues, or ``index`` and the bars of the day.

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
    choice("partial", partial, (True, False))
    choice("from_days", from_days, (True, False))
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

    def work(manner: Manner) -> tuple[Outcomes, list[Instrument]]:
        within = span(start, end, period, manner.client.now().date())
        found = resolve(given, manner, market)
        instruments = instruments_of(found)
        is_adjusted = adjust == "volume"
        if freq != "D" and from_days:
            parts = _from_days(instruments, within, freq, manner, partial=partial, is_adjusted=is_adjusted)
        else:
            if freq == "D":
                parts = daily(instruments, within, manner, partial=partial)
            else:
                parts = published(
                    "history", instruments, within, manner, freq=freq, columns=CONTRACT_BAR, partial=partial
                )
            parts = _adjusted(instruments, parts) if is_adjusted else parts
        return {code: each if isinstance(each, KosError) else parts[code] for code, each in found.items()}, instruments

    parts, instruments = settled(manner, work)
    like = _like(has_interest=any(map(_has_interest, instruments)), partial=partial)
    frame = whole(each_part(parts, lambda part: part.having(conformed(part.frame, like))), like, single=single)
    return finish(frame, parts, manner, adjust=_ADJUST[adjust], freq=None if freq == "D" else freq)


def daily(
    instruments: Sequence[Instrument],
    within: Span | Mapping[str, Span],
    manner: Manner,
    *,
    partial: bool = False,
) -> Outcomes:
    """Return the daily bars of some instruments: published ones, and the last day from its official close.

    Each code may have a span of its own. With `partial`, today's row while the market is open, and a column ``final``.
    """
    spans = within if isinstance(within, Mapping) else dict.fromkeys((each.code for each in instruments), within)
    parts = _to_the_last(instruments, spans, manner, partial=partial)
    if moved := [each for each in instruments if _has_moved(parts[each.code])]:
        # The newest row stands on other prices than the history before it: what was kept is stale.
        anew = _to_the_last(moved, spans, manner.anew(), partial=partial)
        parts |= {code: _after_all(parts[code], part) for code, part in anew.items()}
    return parts


def _has_moved(part: Part | KosError) -> bool:
    return isinstance(part, Part) and part.moved


def _to_the_last(
    instruments: Sequence[Instrument], spans: Mapping[str, Span], manner: Manner, *, partial: bool
) -> Outcomes:
    history = published("history", instruments, spans, manner, columns=CONTRACT_BAR)
    parts = closed_days(instruments, history, spans, manner)
    if not partial:
        return parts
    parts = each_part(parts, _with_final)
    return running_days(instruments, parts, spans, manner)


def _with_final(part: Part) -> Part:
    final = np.ones(len(part.frame), dtype=bool)
    final[-1:] = part.is_official
    return part.having(part.frame.assign(final=final))


def _after_all(before: Part | KosError, part: Part | KosError) -> Part | KosError:
    """Return what came when all was asked once more, with what the first time cost."""
    if isinstance(before, KosError) or isinstance(part, KosError):
        return part
    again = part.after(before).having(part.frame, rebased=not part.moved)
    return again.noting(last_day=_MOVED) if part.moved else again


def _adjusted(instruments: Sequence[Instrument], parts: Parts) -> Outcomes:
    """Return parts with the volume of stocks on the basis of their prices; what moves others is no split."""
    made = dict(parts)
    for each in instruments:
        part = parts[each.code]
        if each.product == "stock" and isinstance(part, Part):
            frame, factors = adjusted_volume(part.frame)
            made[each.code] = part.having(frame).noting(volume_factors=factors) if factors else part
    return made


def _from_days(
    instruments: Sequence[Instrument],
    within: Span,
    freq: Literal["W", "M"],
    manner: Manner,
    *,
    partial: bool,
    is_adjusted: bool,
) -> Outcomes:
    """Return weeks or months made of daily bars; those that begin before the span are whole."""
    parts = daily(instruments, Span(period_start(within.first, freq), within.last), manner, partial=partial)
    parts = _adjusted(instruments, parts) if is_adjusted else parts
    last = manner.days.latest_session(within.last)
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
        if newest < end and newest == last and within.last < manner.client.now().date():
            bars, is_over = bars[:-1], True  # the span ends before the bar does
        made[code] = finished(
            part.having(bars[bars.index >= pd.Timestamp(within.first)]), is_over=is_over, partial=partial
        )
    return made


def _has_interest(of: Instrument) -> bool:
    return of.product in ("futures", "options")


def _like(*, has_interest: bool, partial: bool) -> pd.DataFrame:
    like = blank(shape("history", "futures"), CONTRACT_BAR if has_interest else DAILY_BAR)
    return like.assign(final=np.zeros(0, dtype=bool)) if partial else like
