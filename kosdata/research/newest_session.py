"""The newest session of daily bars, which history lacks: from its official close, or from what trades now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from kosdata.catalogue.model import Endpoint
from kosdata.errors import KosError, NotFoundError, NotReadyError
from kosdata.research.asking import ask
from kosdata.research.columns import DAILY_BAR
from kosdata.research.instruments import Instrument
from kosdata.research.manner import Manner, call_for
from kosdata.research.parts import Part, Parts
from kosdata.research.quotes import latest
from kosdata.research.routes import route
from kosdata.research.spans import Span, closed_through, history_through, surely_through
from kosdata.wire.pages import meet

__all__ = ["closed_days", "running_days"]

# From so many codes of a market on, three snapshots of all of it stand in for a closing row each.
_MANY: Final = 100
# What moves further in a day may have been re-based: its closing row tells.
_WIDEST: Final = 0.1
_FIRST_MATCH: Final = timedelta(minutes=40)
_BOARDS: Final = ("board_ohlc", "board_price", "board_after_hours")
_FROM_BOARD: Final = (
    "the last day of {} is from snapshots of the market: volume and value count trades after hours at the close, and "
    "change is missing"
)
_NOT_OUT: Final = "the row of {} is not out yet"

MutableParts = dict[str, Part | KosError]


def closed_days(
    instruments: Sequence[Instrument],
    parts: Parts,
    spans: Mapping[str, Span],
    manner: Manner,
) -> MutableParts:
    """Return daily bars with the row of the newest session that is over, where they lack it.

    A part whose new row starts from other prices than the last row before it is marked as `moved`.
    """
    due = [each for each in instruments if _lacks_last(each, parts[each.code], spans[each.code], manner)]
    known: MutableParts = dict(parts)
    settled: set[str] = set()
    for market in ("kospi", "kosdaq"):
        here = [each for each in due if each.market == market and each.product == "stock"]
        if len(here) > _MANY:
            settled |= _from_board(market, here, known, manner)
    single = [each for each in due if each.code not in settled]
    return known | _from_close(single, known, manner)


def running_days(
    instruments: Sequence[Instrument],
    parts: Parts,
    spans: Mapping[str, Span],
    manner: Manner,
) -> MutableParts:
    """Return daily bars with the unfinished row of today while there is one."""
    now = manner.client.now()
    today = now.date()
    found: MutableParts = dict(parts)
    if not manner.days.is_session(today):
        return found
    wanted = [each for each in instruments if spans[each.code].first <= today <= spans[each.code].last]
    due = [each for each in wanted if isinstance(parts[each.code], Part) and _runs(each, manner)]
    shares = {each.code for each in due if each.product == "stock"}
    for code, quote in latest(due, manner).items():
        part = found[code]
        assert isinstance(part, Part)  # noqa: S101 - only those are asked about
        if isinstance(quote, KosError):
            found[code] = quote
        elif len(quote.frame):
            row = quote.frame.rename(columns={"price": "close"})[list(DAILY_BAR)].assign(final=False)
            if row["volume"].iloc[0] or row["open"].notna().iloc[0]:
                found[code] = _with_row(
                    part, today, row, quote, is_checked=code in shares and _follows(part, today, manner)
                )
    return found


def _lacks_last(of: Instrument, part: Part | KosError, within: Span, manner: Manner) -> bool:
    if isinstance(part, KosError):
        return False
    last = _over(of, manner)
    if not within.first <= last <= within.last:
        return False
    newest = part.frame.index[-1].date() if len(part.frame) else None
    if not manner.client.sends:
        return last > history_through(part.newest_at, manner.days)
    if newest is None:
        return last > surely_through(part.newest_at, manner.days)
    # One that ended earlier is listed no more.
    return bool(newest < last and newest == manner.days.previous_session(last))


def _follows(part: Part, day: date, manner: Manner) -> bool:
    """Return whether a day comes right after the last row, whose close it then starts from."""
    return bool(len(part.frame) and part.frame.index[-1].date() == manner.days.previous_session(day))


def _over(of: Instrument, manner: Manner) -> date:
    return closed_through(_closing(of, manner), manner.client.now(), manner.days)


def _runs(of: Instrument, manner: Manner) -> bool:
    now = manner.client.now()
    opening = manner.days.hours(now.date(), _closing(of, manner).floor).open
    return bool(now.time() >= opening and _over(of, manner) < now.date())


def _closing(of: Instrument, manner: Manner) -> Endpoint:
    return route(manner.client, "close", of.product, of.market)


def _from_close(instruments: Sequence[Instrument], parts: Parts, manner: Manner) -> MutableParts:
    """Return parts with the official closing row of each code."""
    calls = [call_for(manner, _closing(each, manner), each.market, each.code) for each in instruments]
    done: MutableParts = {}
    for each, row in zip(instruments, ask(calls, manner.collecting(), columns=DAILY_BAR), strict=True):
        part, day = parts[each.code], _over(each, manner)
        assert isinstance(part, Part)  # noqa: S101 - only those lack a row
        if isinstance(row, NotFoundError) and part.requests + part.cached:
            done[each.code] = part  # listed no more
        elif isinstance(row, NotReadyError):
            done[each.code] = part.noting(last_day=_NOT_OUT.format(day))
        elif isinstance(row, KosError):
            if manner.is_strict:
                raise row
            done[each.code] = row
        else:
            is_checked = each.product == "stock" and _follows(part, day, manner)
            done[each.code] = _with_row(part, day, row.frame, row, is_checked=is_checked)
    return done


def _from_board(market: str, instruments: Sequence[Instrument], parts: MutableParts, manner: Manner) -> set[str]:
    """Give parts the row that snapshots of the whole market tell, and return the codes for which they settle it."""
    routes = [route(manner.client, name, "stock", market) for name in _BOARDS]
    found = ask([call_for(manner, of, market) for of in routes], manner.collecting())
    snapshots = [part for part in found if isinstance(part, Part)]
    if len(snapshots) < len(found):
        return set()
    codes = [each.code for each in instruments]
    day = _over(instruments[0], manner)
    if not manner.client.sends:
        return set() if _trades_after_hours(day, manner) else set(codes)
    told = _told(*(part.frame.reindex(codes) for part in snapshots))
    lasts = pd.Series({code: _last_close(parts[code]) for code in codes})
    # A price without one before it, from another day or too far away is no row: the closing row will tell.
    is_row = (told["date"] == pd.Timestamp(day)) & ((told["close"] / lasts - 1).abs() <= _WIDEST)
    settled = told.loc[is_row & told[["volume", "value"]].notna().all(axis=1), list(DAILY_BAR)]
    source = Part.of(snapshots, settled)
    for code in settled.index:
        part = parts[code]
        assert isinstance(part, Part)  # noqa: S101 - only those lack a row
        row = _with_row(part, day, settled.loc[[code]], source).noting(last_day=_FROM_BOARD.format(market))
        parts[code] = replace(row, is_official=False)
        source = source.having(settled, requests=0, cached=0)  # what the snapshots cost is counted once
    if settled.empty and isinstance(first := parts[codes[0]], Part):
        parts[codes[0]] = first.after(source)
    return set(settled.index)


def _told(ohlc: pd.DataFrame, price: pd.DataFrame, after_hours: pd.DataFrame) -> pd.DataFrame:
    """Return daily bars from three snapshots, with a close where it is known to be the regular one."""
    # Any price moves on with trades after hours. Before the first of them it is the regular close.
    is_close = after_hours[["open", "high", "low"]].isna().all(axis=1) & (after_hours["date"] == ohlc["date"])
    return ohlc[["open", "high", "low", "date"]].assign(
        close=after_hours["price"].where(is_close), volume=price["volume"], value=price["value"], change=np.nan
    )


def _last_close(part: Part | KosError) -> float:
    return float(part.frame["close"].iloc[-1]) if isinstance(part, Part) and len(part.frame) else np.nan


def _trades_after_hours(day: date, manner: Manner) -> bool:
    """Return whether the first trades after hours at other prices than the close must be expected to be over."""
    close = datetime.combine(day, manner.days.hours(day).close)
    return manner.client.now().replace(tzinfo=None) >= close + _FIRST_MATCH


def _with_row(part: Part, day: date, row: pd.DataFrame, source: Part, *, is_checked: bool = False) -> Part:
    """Return a part with one more row at its end, and what it cost."""
    if row.empty:
        return part
    dated = row.set_axis(pd.DatetimeIndex([day], name="date").as_unit("us"))
    dated = dated.reindex(columns=part.frame.columns).astype(part.frame.dtypes.to_dict())
    frame = pd.concat([part.frame, dated]) if len(part.frame) else dated
    has_moved = False
    if is_checked and len(part.frame):
        before, base = part.frame["close"].iloc[-1], row["close"].iloc[0] - row["change"].iloc[0]
        has_moved = not np.isnan(base - before) and not meet(before, base)
    return Part.of([part, source], frame, reason=None, moved=part.moved or has_moved)
