"""Indices: what their members are worth, over a divisor that no listing, delisting or split can make jump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from kosdata.simulator.columns import Columns, change_codes, points, times
from kosdata.simulator.courses import TRADE
from kosdata.simulator.draws import Bools, Ints
from kosdata.simulator.shares.bars import Daily, Freq, Intraday, labels, whole
from kosdata.simulator.shares.minutes import Minutes
from kosdata.simulator.shares.paths import Paths
from kosdata.simulator.shares.rosters import BASES, roster
from kosdata.simulator.shares.shapes import MINUTE, SECOND, centiseconds

__all__ = ["Index", "Indices"]

_BLOCK: Final = 64
_TICK: Final = 10 * SECOND
_EARLY: Final = 20 * MINUTE
# The sign code that every recorded expected index carries, whatever its change.
_EXPECTED_SIGN: Final = "69"


class Index(NamedTuple):
    """One published index."""

    market: str
    code: str
    name_ko: str


@dataclass(frozen=True, slots=True, eq=False)
class _History:
    """The closes of an index in hundredths of a point, by session, and its divisors with the rows they hold from."""

    members: Ints
    level: Ints
    since: Ints
    divisors: Ints

    def divisor(self, rows: Ints) -> Ints:
        """Return the worth of a hundredth of a point in sessions, in won."""
        return self.divisors[np.searchsorted(self.since, rows, side="right") - 1]

    def before(self, rows: Ints) -> Ints:
        """Return the closes of the sessions before; the first session has none but its own."""
        return self.level[np.maximum(rows - 1, 0)]


@dataclass(frozen=True, slots=True, eq=False)
class _Session:
    """One session of an index by cell: level in hundredths, shares and won so far."""

    clock: Ints
    level: Ints
    volume: Ints
    value: Ints

    def at(self, moments: Ints) -> tuple[Ints, Ints, Ints]:
        """Return level, volume and value at times of day; within a minute they move along a straight line."""
        last = len(self.clock) - 1
        cell = np.clip(np.searchsorted(self.clock, moments, side="right") - 1, 0, last)
        ahead = np.minimum(cell + 1, last)
        # Before its last minute, a cell stands still: so does an index in breaks, and while an auction is called.
        part = np.clip(moments - (self.clock[ahead] - MINUTE), 0, MINUTE) * (ahead < last)
        level, volume, value = (
            line[cell] + (line[ahead] - line[cell]) * part // MINUTE for line in (self.level, self.volume, self.value)
        )
        return level, volume, value


class Indices:
    """Answers for indices.

    Parameters
    ----------
    paths : Paths
        Daily prices.
    minutes : Minutes
        Sessions in cells.
    published : sequence of Index
        What there is.
    """

    def __init__(self, paths: Paths, minutes: Minutes, published: Sequence[Index]) -> None:
        self._paths = paths
        self._minutes = minutes
        self.published = {index.code: index for index in published}
        self._stocks = np.flatnonzero([issue.is_stock for issue in paths.issues])
        self._history = lru_cache(maxsize=512)(self._make_history)
        self._block = lru_cache(maxsize=2_048)(self._make_block)
        self._session = lru_cache(maxsize=512)(self._make_session)
        self._exchange = lru_cache(maxsize=16)(self._make_exchange)

    def members(self, code: str, row: int) -> Ints:
        """Return the columns of the members of an index in a session."""
        members = self._history(code).members
        return np.asarray(members[self._paths.listed[row, members]])

    def daily(self, code: str, start: date, end: date, asof: date, freq: Freq = "D") -> Columns:
        """Return bars of days, weeks or months."""
        first, last = whole(start, end, freq)
        span = self._paths.rows(first, min(last, asof))
        return self._days(code, np.arange(span.start, span.stop)).by(freq).between(start, end).columns(100)

    def closes(self, code: str, rows: Ints) -> Ints:
        """Return the closing levels of sessions, in hundredths."""
        return self._history(code).level[rows]

    def levels(self, code: str, row: int, moments: Ints) -> Ints:
        """Return the levels at times of a session, in hundredths."""
        return self._session(code, row).at(moments)[0]

    def close(self, code: str, row: int) -> Columns:
        """Return the closing record of a session."""
        bar = self._days(code, np.array([row])).columns(100)
        del bar["date"]
        return {"code": [code], **bar, **self._size(code, row, self._paths.close[row])}

    def bars(self, code: str, row: int, seconds: int, window: tuple[int, int], until: int) -> Columns:
        """Return the intraday bars of a session with a label in a window; the running one is labelled `until`."""
        session, hours = self._session(code, row), self._paths.hours[row]
        first, last = centiseconds(hours.open), centiseconds(hours.close)
        until = min(until // SECOND * SECOND, last)
        ends = labels(first, last, seconds)
        label = np.unique(np.append(ends[ends <= until], until))
        label = label[label > first]
        # A straight line is highest and lowest at its ends: at full minutes, and where bars end.
        marks = np.unique(np.concatenate([label, np.arange(first, until + 1, min(seconds * SECOND, MINUTE))]))
        level, volume, value = session.at(marks)
        end = np.searchsorted(marks, label)
        start = np.append(0, end[:-1])[: len(end)]
        high = np.maximum(np.maximum.reduceat(level, start), level[end])
        low = np.minimum(np.minimum.reduceat(level, start), level[end])
        found = Intraday(
            label=label,
            open=level[start],
            high=high,
            low=low,
            close=level[end],
            volume=np.diff(volume[end], prepend=0),
            value=np.diff(value[end], prepend=0),
        )
        return found.columns(*window, 100)

    def quote(self, code: str, row: int, moment: int) -> Columns:
        """Return the level at a time of a session, and the day so far."""
        session = self._session(code, row)
        before = self._history(code).before(np.array([row]))
        tick = min(moment, int(session.clock[-1])) // _TICK * _TICK
        if moment < session.clock[0]:
            nothing, none = np.zeros(1, dtype=np.int64), np.array([np.nan])
            price, volume, value, extremes, tick = before, nothing, nothing, (none, none, none), -1
        else:
            price, volume, value = session.at(np.array([tick]))
            passed = np.append(session.level[session.clock <= tick], price)
            extremes = points(passed[:1]), points(passed.max(keepdims=True)), points(passed.min(keepdims=True))
        return {
            "code": [code],
            "price": points(price),
            "change_code": change_codes(price - before, volume, *np.zeros((2, 1), dtype=np.bool_)),
            "open": extremes[0],
            "high": extremes[1],
            "low": extremes[2],
            "volume": volume,
            "time": times(np.array([tick])),
            "value": value,
            "change": points(price - before),
        }

    def course(self, code: str, row: int) -> Columns:
        """Return level, change and day so far of a session whenever they move, one row each: see `courses`."""
        session, before = self._session(code, row), self._history(code).before(np.array([row]))
        moments = np.arange(session.clock[0], session.clock[-1] + 1, _TICK) // _TICK * _TICK
        lines = np.stack(session.at(moments))
        moved = np.append(True, (np.diff(lines) != 0).any(axis=0))
        moments, (price, volume, value) = moments[moved], lines[:, moved]
        return {
            "code": [code] * len(moments),
            "price": points(price),
            "change_code": change_codes(price - before, volume, *np.zeros((2, 1), dtype=np.bool_)),
            "volume": volume,
            "time": times(moments),
            "value": value,
            "change": points(price - before),
            "moment": moments,
            "event": np.full_like(moments, TRADE),
        }

    def expected(self, code: str, row: int, moment: int) -> Columns:
        """Return the level that the opening auction makes, from the call of the auction on."""
        session, before = self._session(code, row), self._history(code).before(np.array([row]))
        opening = int(session.clock[0])
        known = moment >= opening - _EARLY
        tick = min(moment, opening) // _TICK * _TICK if known else -1
        level = session.level[:1]
        nothing = np.zeros(1, dtype=np.int64)
        return {
            "code": [code],
            "expected_time": times(np.array([tick])),
            "expected_price": points(level) if known else np.array([np.nan]),
            "expected_change_code": [_EXPECTED_SIGN],
            "expected_change": points(level - before) if known else np.array([np.nan]),
            "expected_volume_cum": session.volume[:1] if known else nothing,
            "expected_value_cum": session.value[:1] if known else nothing,
        }

    def cap(self, code: str, row: int, moment: int) -> Columns:
        """Return what the members are worth at a time of a session."""
        now = self.quote(code, row, moment)
        session, paths = self._session(code, row), self._paths
        if moment < session.clock[0]:
            prices = paths.base[row]
        else:
            cell = int(np.searchsorted(session.clock, moment, side="right")) - 1
            prices = np.zeros_like(paths.base[row])
            prices[self._stocks] = self._exchange(row)[1][:, cell]
        return {"code": [code], "volume": now["volume"], "value": now["value"], **self._size(code, row, prices)}

    def state(self, code: str, row: int, moment: int) -> Columns:
        """Return level, day so far and size at a time of a session."""
        return self.quote(code, row, moment) | self.cap(code, row, moment)

    def _size(self, code: str, row: int, prices: Ints) -> Columns:
        members, shares = self.members(code, row), self._paths.shares[row]
        return {
            "issue_count": np.array([len(members)]),
            "market_cap": np.array([int(prices[members] @ shares[members])]),
            "listed_shares": np.array([int(shares[members].sum())]),
        }

    def _make_history(self, code: str) -> _History:
        paths, index = self._paths, self.published[code]
        members = np.array(roster(index.code, paths.issues))
        weight = paths.shares[:, members] * paths.listed[:, members]
        before = (paths.base[:, members] * weight).sum(axis=1)
        after = (paths.close[:, members] * weight).sum(axis=1)
        since, divisors = [0], [int(before[0]) // (100 * BASES.get(code, 1_000))]
        for row in (np.flatnonzero(before[1:] != after[:-1]) + 1).tolist():
            since.append(row)
            divisors.append(divisors[-1] * int(before[row]) // int(after[row - 1]))
        level = after // np.repeat(divisors, np.diff([*since, len(after)]))
        return _History(members, level, np.array(since), np.array(divisors))

    def _days(self, code: str, rows: Ints) -> Daily:
        history = self._history(code)
        first = int(rows[0]) // _BLOCK if len(rows) else 0
        blocks = range(first, int(rows[-1]) // _BLOCK + 1) if len(rows) else range(0)
        found = [self._block(code, block) for block in blocks] or [np.zeros((5, 0), dtype=np.int64)]
        opened, high, low, volume, value = np.concatenate(found, axis=1)[:, rows - first * _BLOCK]
        level = history.level[rows]
        nowhere: Bools = np.zeros(len(rows), dtype=np.bool_)
        days = tuple(self._paths.dates[row] for row in rows.tolist())
        return Daily(days, opened, high, low, level, level - history.before(rows), volume, value, nowhere, nowhere)

    def _make_block(self, code: str, block: int) -> Ints:
        """Return open, high, low, volume and value of some sessions in a row."""
        paths, history = self._paths, self._history(code)
        rows = np.arange(block * _BLOCK, min((block + 1) * _BLOCK, len(paths.dates)))
        members = history.members
        width = len(members)
        found = np.zeros((5, len(rows)), dtype=np.int64)
        for part in self._minutes.same_hours(rows, width):
            some = rows[part]
            cells = self._minutes.cells(np.repeat(some, width), np.tile(members, len(some)))
            price = cells.price.reshape(len(some), width, -1)
            listed = paths.listed[some][:, members]
            worth = np.einsum("rm,rmc->rc", paths.shares[some][:, members] * listed, price)
            level = worth // history.divisor(some)[:, np.newaxis]
            volume = cells.volume.reshape(len(some), width, -1)
            turnover = np.einsum("rmc,rmc->r", price, volume)
            found[:, part] = level[:, 0], level.max(axis=1), level.min(axis=1), volume.sum(axis=(1, 2)), turnover
        return found

    def _make_session(self, code: str, row: int) -> _Session:
        history = self._history(code)
        clock, price, volume = self._exchange(row)
        chosen = np.isin(self._stocks, self.members(code, row))
        worth = self._paths.shares[row, self._stocks[chosen]] @ price[chosen]
        shares = np.cumsum(volume[chosen].sum(axis=0))
        won = np.cumsum((price[chosen] * volume[chosen]).sum(axis=0))
        return _Session(clock, worth // history.divisor(np.array([row])), shares, won)

    def _make_exchange(self, row: int) -> tuple[Ints, Ints, Ints]:
        """Return clock, prices and volumes of all shares in one session, by cell."""
        cells = self._minutes.cells(np.full_like(self._stocks, row), self._stocks)
        return cells.clock, cells.price, cells.volume
