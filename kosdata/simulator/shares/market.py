"""A seeded synthetic market: one price path for every issue, and every record derived from it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
from typing import Final

import numpy as np

from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.catalogue.codes import table
from kosdata.simulator import draws
from kosdata.simulator.columns import Columns, moment_of, seoul, times, won
from kosdata.simulator.shares import flows, quotes
from kosdata.simulator.shares.bars import Freq, cut, labels
from kosdata.simulator.shares.funds import open_funds
from kosdata.simulator.shares.indices import Index, Indices
from kosdata.simulator.shares.issues import Issue
from kosdata.simulator.shares.levels import Level, index_level, share_level
from kosdata.simulator.shares.listing import universe
from kosdata.simulator.shares.masters import Masters
from kosdata.simulator.shares.minutes import Minutes
from kosdata.simulator.shares.navs import Navs
from kosdata.simulator.shares.paths import Paths, walk
from kosdata.simulator.shares.quotes import Floor
from kosdata.simulator.shares.shapes import MINUTE, centiseconds
from kosdata.simulator.shares.stocks import Stocks
from kosdata.simulator.shares.tape import Tape, no_trades

__all__ = ["Market"]

_DAY_OVER: Final = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True)
class _Engine:
    paths: Paths
    minutes: Minutes
    stocks: Stocks
    indices: Indices
    navs: Navs
    masters: Masters


class Market:
    """Shares, funds, notes and indices from 2000 on.

    Nothing is remembered that matters: the same seed, code and date give the same answer on every machine, in any
    order of questions and from any thread. The walk through the days is made at the first question.

    Answers are columns by name, oldest row first, in won, shares, index points and per cent. Prices are float64, NaN
    for none; counts and money int64; dates datetime64[D]; times of day timedelta64[us]; flags bool or None. `now` is a
    ``datetime``, in Seoul if it has no zone; a bare ``date`` is the end of that day, and on a day without a session
    either means the end of the last one before. An unknown code is a `KeyError`; what was not listed has no rows.

    Parameters
    ----------
    seed : int, default 0
        Which of the markets.
    calendar : Calendar
        Sessions and hours.
    indices : sequence of (market, code, name), optional
        Indices that are published. Those of the code tables by default.

    Examples
    --------
    >>> from datetime import date
    >>> market = Market()
    >>> bars = market.daily("005930", date(2024, 1, 2), date(2024, 1, 5), asof=date(2024, 1, 5))
    >>> bars["date"].astype(str).tolist()
    ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05']
    """

    def __init__(
        self, seed: int = 0, calendar: Calendar = KRX, *, indices: Sequence[tuple[str, str, str]] | None = None
    ) -> None:
        self.seed = seed
        self.calendar = calendar
        self._published = indices

    # Who is there -------------------------------------------------------------------------------------------------

    def issue(self, code: str) -> Issue | None:
        """Return an issue by its short code; None if there never was one."""
        return next((issue for issue in universe() if issue.code == code), None)

    def listed(self, market: str, day: date) -> list[Issue]:
        """Return the issues that a market lists on a day."""
        return [issue for issue in universe() if issue.market == market and issue.is_listed(day)]

    @property
    def indices(self) -> dict[str, Index]:
        """Indices that are published, by code."""
        return self._engine.indices.published

    def master(self, code: str, day: date) -> Columns:
        """Return the master record before the session of a day, in one row."""
        column, row = self._column(code), self._row(day)
        return self._if_listed(column, row, self._engine.masters.master(column, row))

    # Shares and funds ---------------------------------------------------------------------------------------------

    def daily(self, code: str, start: date, end: date, *, asof: date, freq: Freq = "D") -> Columns:
        """Return history as it looks on a day: splits up to `asof` re-base prices, but neither volume nor value.

        A session without trades has its close, no open, high or low, and the sign code 0. A week or a month is dated
        on its last session and covers all of its sessions up to `asof`.
        """
        return self._engine.stocks.daily(self._column(code), start, end, asof, freq).columns()

    def close(self, code: str, day: date) -> Columns:
        """Return the official close of a day, at its own prices, in one row."""
        column, row = self._column(code), self._row(day)
        bar = self._engine.stocks.day(column, row).columns()
        del bar["date"]
        return self._if_listed(column, row, {"code": [code], **bar})

    def trades(self, code: str, day: date, until: time | None = None) -> Columns:
        """Return the trades of the regular session of one day; none on a day without a session."""
        return _trades(self._session(code, day).regular, until)

    def after_hours(self, code: str, day: date, until: time | None = None) -> Columns:
        """Return the trades after hours of one day: at the closing price, then in auctions."""
        return _trades(self._session(code, day).late, until)

    def tape(self, market: str, day: date, after: time, until: time) -> Columns:
        """Return the trades of a whole market with a time after one and up to another, in order of time.

        `volume` and `value` are the totals of the issue with the trade, after hours included.
        """
        row = self._row(day)
        floor = self._engine.stocks.floor(market, row)
        found = quotes.tape(floor, centiseconds(after), centiseconds(until))
        return found if self._is_session(day) else _none(found)

    def bars(
        self, code: str, day: date, seconds: int, start: time, end: time, *, until: datetime | None = None
    ) -> Columns:
        """Return the bars of one day with a label after `start` and up to `end`, as far as they are known at `until`.

        A bar is labelled by its end. The first includes the opening auction, the last the closing auction; one
        without a trade repeats the last price. The running bar is labelled by its last trade.
        """
        session = self._session(code, day)
        ends = labels(centiseconds(session.hours.open), centiseconds(session.hours.close), seconds)
        found = cut(session.regular, ends, _known_until(day, until))
        return found.columns(centiseconds(start), centiseconds(end))

    def quote(self, code: str, now: date) -> Columns:
        """Return the last trade and the day so far, in one row; trades after hours count in price, volume and value."""
        column, (row, moment) = self._column(code), self._at(now)
        return self._if_listed(column, row, quotes.quote(self._engine.stocks.session(column, row), moment))

    def book(self, code: str, now: date) -> Columns:
        """Return ten levels of orders on both sides, in one row; levels beyond a limit are empty."""
        column, (row, moment) = self._column(code), self._at(now)
        return self._if_listed(column, row, quotes.book(self._engine.stocks.session(column, row), moment))

    def course(self, code: str, day: date) -> Columns:
        """Return quote and book of an issue whenever they change in a session, one row each: see `courses`."""
        column, row = self._column(code), self._row(day)
        return self._if_listed(column, row, quotes.course(self._session(code, day)))

    def snapshot(self, market: str, now: date) -> Columns:
        """Return the state of all issues of a market, one row each."""
        row, moment = self._at(now)
        return quotes.snapshot(self._engine.stocks.floor(market, row), moment)

    # Indices ------------------------------------------------------------------------------------------------------

    def index_daily(self, code: str, start: date, end: date, *, asof: date, freq: Freq = "D") -> Columns:
        """Return the history of an index, in the columns of `daily`."""
        return self._engine.indices.daily(code, start, end, asof, freq)

    def index_close(self, code: str, day: date) -> Columns:
        """Return the closing record of an index and the size of its members, in one row."""
        return self._engine.indices.close(code, self._row(day))

    def index_bars(
        self, code: str, day: date, seconds: int, start: time, end: time, *, until: datetime | None = None
    ) -> Columns:
        """Return the bars of an index, in the columns of `bars`; within a minute it moves along a straight line."""
        window = centiseconds(start), centiseconds(end)
        until_then = _known_until(day, until) if self._is_session(day) else 0
        return self._engine.indices.bars(code, self._row(day), seconds, window, until_then)

    def index_quote(self, code: str, now: date) -> Columns:
        """Return the level of an index and the day so far, in one row."""
        return self._engine.indices.quote(code, *self._at(now))

    def index_course(self, code: str, day: date) -> Columns:
        """Return what `index_quote` says of a session whenever it changes, one row each."""
        return self._engine.indices.course(code, self._row(day))

    def index_state(self, code: str, now: date) -> Columns:
        """Return the level of an index, the day so far and the size of its members, in one row."""
        return self._engine.indices.state(code, *self._at(now))

    def index_expected(self, code: str, now: date) -> Columns:
        """Return the level that the opening auction makes, in one row; missing before the auction is called."""
        return self._engine.indices.expected(code, *self._at(now))

    def index_cap(self, code: str, now: date) -> Columns:
        """Return what the members of an index are worth, in one row."""
        return self._engine.indices.cap(code, *self._at(now))

    def underlying(self, code: str) -> Level:
        """Return the level of an index or the price of an issue, for contracts that are written on it."""
        engine = self._engine
        if code in engine.paths.columns:
            return share_level(engine.paths, engine.minutes, engine.paths.columns[code])
        return index_level(engine.paths, engine.indices, code)

    # Who trades ---------------------------------------------------------------------------------------------------

    def investors(self, code: str, now: date) -> Columns:
        """Return what each kind of investor sold and bought of an issue that day, sixteen rows."""
        row, moment = self._at(now)
        return self._investors(self._engine.stocks.session(self._column(code), row), None, row, moment)

    def market_investors(self, market: str, now: date) -> Columns:
        """Return what each kind of investor sold and bought of the shares of a market that day."""
        row, moment = self._at(now)
        floor = self._engine.stocks.floor(market, row)
        return self._investors(floor, {issue.code for issue in universe() if issue.is_stock}, row, moment)

    def index_investors(self, code: str, now: date) -> Columns:
        """Return what each kind of investor sold and bought of the members of an index that day."""
        row, moment = self._at(now)
        issues = self._engine.paths.issues
        members = {issues[column].code for column in self._engine.indices.members(code, row).tolist()}
        floor = self._engine.stocks.floor(None, row)
        return self._investors(floor, members, row, moment)

    def members(self, code: str, now: date) -> Columns:
        """Return the five members that sold most of an issue that day, and the five that bought most, in one row."""
        column, (row, moment) = self._column(code), self._at(now)
        state = quotes.state(self._engine.stocks.session(column, row), moment)
        of = draws.key(self.seed, "members", code, self._engine.paths.dates[row])
        found = flows.members(of, int(state.volume[0]), int(state.value[0]))
        return self._if_listed(column, row, {"code": [code], **found})

    def short_selling(self, code: str, start: date, end: date) -> Columns:
        """Return what was sold short and lent of an issue, one row a session."""
        column = self._column(code)
        rows = self._engine.stocks.rows(column, start, end)
        return flows.short_selling(self._engine.paths, column, rows, *self._engine.stocks.turnover(column, rows))

    def foreign_holding(self, code: str, start: date, end: date) -> Columns:
        """Return what foreigners hold of an issue, one row a session."""
        column = self._column(code)
        return flows.foreign_holding(self._engine.paths, column, self._engine.stocks.rows(column, start, end))

    # Funds --------------------------------------------------------------------------------------------------------

    def nav(self, code: str, now: date) -> Columns:
        """Return the net asset value of a fund, in one row; missing for what is no fund."""
        column, (row, moment) = self._column(code), self._at(now)
        return self._if_listed(column, row, self._engine.navs.nav(column, row, moment))

    def nav_close(self, code: str, day: date) -> Columns:
        """Return the net asset value of a fund at the close of a day, in one row."""
        column, row = self._column(code), self._row(day)
        return self._if_listed(column, row, self._engine.navs.nav(column, row, _DAY_OVER))

    def nav_history(self, code: str, start: date, end: date, *, asof: date | None = None, freq: Freq = "D") -> Columns:
        """Return closing prices and net asset values of a fund; a week or a month is dated on its last session."""
        return self._engine.navs.history(self._column(code), start, end, asof or end, freq)

    def constituents(self, code: str, day: date) -> Columns:
        """Return what stands behind `issues.BASKET` shares of a fund before the session of a day."""
        column, row = self._column(code), self._row(day)
        return self._if_listed(column, row, self._engine.navs.constituents(column, row))

    # The engine ---------------------------------------------------------------------------------------------------

    @cached_property
    def _engine(self) -> _Engine:
        paths, baskets = open_funds(walk(self.seed, universe(), self.calendar))
        minutes = Minutes(paths, baskets)
        stocks = Stocks(paths, minutes)
        published = self._published or [(row["market"], row["code"], row["name_ko"]) for row in table("index_codes")]
        return _Engine(
            paths,
            minutes,
            stocks,
            Indices(paths, minutes, [Index(*index) for index in published]),
            Navs(paths, minutes, baskets),
            Masters(paths, stocks, baskets),
        )

    def _column(self, code: str) -> int:
        return self._engine.paths.columns[code]

    def _row(self, day: date) -> int:
        """Return the row of the session of a day, or of the last one before; the first one if there is none."""
        return max(self._engine.paths.row(day), 0)

    def _at(self, now: date) -> tuple[int, int]:
        """Return the row of the session of a moment and the time of day in it; without a time, or later, it is over."""
        if not isinstance(now, datetime):
            return self._row(now), _DAY_OVER
        day = seoul(now).date()
        return self._row(day), moment_of(now) if self._is_session(day) else _DAY_OVER

    def _is_session(self, day: date) -> bool:
        return self._engine.paths.dates[self._row(day)] == day

    def _session(self, code: str, day: date) -> Floor:
        """Return the floor of one issue on one day, an empty one without a session."""
        floor = self._engine.stocks.session(self._column(code), self._row(day))
        return floor if self._is_session(day) else replace(floor, regular=no_trades(), late=no_trades())

    def _if_listed(self, column: int, row: int, found: Columns) -> Columns:
        return found if self._engine.paths.listed[row, column] else _none(found)

    def _investors(self, floor: Floor, codes: Set[str] | None, row: int, moment: int) -> Columns:
        state = quotes.state(floor, moment)
        chosen = np.array([codes is None or code in codes for code in floor.codes], dtype=np.bool_)
        day = self._engine.paths.dates[row]
        of = [draws.key(self.seed, "investors", code, day) for code in floor.codes if codes is None or code in codes]
        return flows.investors(np.array(of, dtype=np.uint64), state.volume[chosen], state.value[chosen])


def _none(columns: Columns) -> Columns:
    return {name: column[:0] for name, column in columns.items()}


def _known_until(day: date, until: datetime | None) -> int:
    """Return the time of day up to which a day is known at a moment; always, if there is none."""
    if until is None or seoul(until).date() > day:
        return _DAY_OVER
    return moment_of(until) if seoul(until).date() == day else 0


def _trades(tape: Tape, until: time | None) -> Columns:
    if until is not None:
        tape = tape.until(centiseconds(until))
    return {
        "time": times(tape.time),
        "price": won(tape.price),
        "size": tape.size.copy(),
        "auction": tape.auction.copy(),
    }
