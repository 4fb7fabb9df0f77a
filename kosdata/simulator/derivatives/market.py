"""The derivatives market of the simulator: futures and options, and every record that the API has of them.

Records are columns under the names that frames have: prices in points or won, money in won, oldest row first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

import numpy as np

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.terms import MORNING_HOUR
from kosdata.simulator import draws
from kosdata.simulator.columns import Columns, seoul
from kosdata.simulator.courses import REGULAR_CLOSE, signalled, timeline
from kosdata.simulator.derivatives import depth, pricing
from kosdata.simulator.derivatives.board import Board
from kosdata.simulator.derivatives.contracts import Contract, Listings, Right
from kosdata.simulator.derivatives.depth import Side
from kosdata.simulator.derivatives.ledger import Ledger, Rows, periods
from kosdata.simulator.derivatives.participants import divided
from kosdata.simulator.derivatives.prints import BOUGHT, States, bars
from kosdata.simulator.derivatives.products import Kind
from kosdata.simulator.derivatives.records import (
    Band,
    Bands,
    Sheet,
    bar_columns,
    book_columns,
    daily_columns,
    investor_columns,
    master_columns,
    quote_columns,
    trade_columns,
)
from kosdata.simulator.derivatives.valuation import Valuation
from kosdata.simulator.derivatives.walks import Underlying
from kosdata.simulator.draws import Ints
from kosdata.simulator.shares.bars import Freq, whole
from kosdata.simulator.shares.shapes import centiseconds

__all__ = ["Columns", "Derivatives"]

_MIDNIGHT: Final = 24 * 60 * 60 * 100
_SNAPSHOT: Final = 30 * 100
_BOOK_AGE: Final = 5 * 100
_WHOLE: Final = 10_000
# How far a price may go from the last trade at once, as a part of the first daily limit.
_STEPS: Final = {"futures": 8, "options": 4}


class Derivatives:
    """Futures and options, as a pure function of a seed and of the levels that they are written on.

    Parameters
    ----------
    seed : int
        Seed of the simulated market.
    calendar : Calendar
        Trading days and hours.
    underlying : callable
        Gives the level of an index or stock code, as `Product.underlying` names it, adjusted for splits.

    Notes
    -----
    Moments are read as wall-clock time of Seoul. A record of what does not exist raises `LookupError`; `contract`
    says whether it does.
    """

    def __init__(self, seed: int, calendar: Calendar, underlying: Callable[[str], Underlying]) -> None:
        self._seed = seed
        self._calendar = calendar
        self._valuation = Valuation(seed, calendar, underlying)
        self._ledger = Ledger(seed, calendar, self._valuation)
        self._board = Board(Listings(calendar), self._valuation, self._ledger)
        self._trades = lru_cache(maxsize=128)(self._ledger.trades)
        self._turnover = lru_cache(maxsize=64)(self._summed)

    def contracts(self, kind: Kind, market: str, day: date) -> list[Contract]:
        """Return the contracts listed on a day; those of connected codes are flagged."""
        return self._board.contracts(kind, market, day)

    def contract(self, kind: Kind, market: str, code: str, day: date) -> Contract | None:
        """Return the contract of a code as known on a day, also one that has expired; None if there is none."""
        return self._board.contract(kind, market, code, day)

    def daily(
        self,
        kind: Kind,
        market: str,
        code: str,
        start: date,
        end: date,
        *,
        freq: Freq = "D",
        until: datetime | None = None,
    ) -> Columns:
        """Return bars of days, weeks or months, dated by their last session; those of a connected code are spliced.

        Parameters
        ----------
        kind, market, code : str
            The contract.
        start, end : date
            First and last day that a bar is dated by, both included; weeks and months are whole.
        freq : {"D", "W", "M"}, default "D"
            Length of a bar.
        until : datetime, optional
            The present: later days are left out, and its own day is unfinished.

        Returns
        -------
        Columns
            A session without trades repeats the base price, under change code 0.
        """
        now = until and seoul(until)
        first, last = whole(start, end, freq)
        last = min(last, now.date()) if now else last
        sought = self._board.meant(kind, market, code, min(end, last))
        if sought is None:
            raise LookupError(f"{code} is no code of {market} {kind}")
        rows = Rows.joined([self._rows(*part, now) for part in self._board.spliced(sought, first, last)])
        rows = _by_period(rows, freq)
        return daily_columns(rows.part((rows.days >= start.toordinal()) & (rows.days <= end.toordinal())))

    def close(self, kind: Kind, market: str, code: str, day: date) -> Columns:
        """Return the closing record of a session; no row if there was none on that day."""
        sought = self._live(kind, market, code, day)
        row = daily_columns(self._ledger.rows(sought, day, day))
        del row["date"], row["open_interest"]
        return {"code": [sought.code] * len(row["close"]), **row}

    def bars(
        self,
        kind: Kind,
        market: str,
        code: str,
        day: date,
        seconds: int,
        start: time,
        end: time,
        *,
        until: datetime | None = None,
    ) -> Columns:
        """Return the bars of one session that end after a time of the day and up to another.

        Parameters
        ----------
        kind, market, code : str
            The contract.
        day : date
            The session.
        seconds : int
            Length of a bar, in whole seconds.
        start, end : time
            Bars that end after the one and up to the other are given.
        until : datetime, optional
            The present. The bar that it lies in ends with its last trade.
        """
        sought = self._live(kind, market, code, day)
        reached = _MIDNIGHT if until is None else _reached(day, until)
        ends, found = bars(self._trades(sought, day), self._valuation.session(day), seconds, reached)
        first, last = np.searchsorted(ends, [centiseconds(start), centiseconds(end)], side="right")
        columns = bar_columns(ends, found, sought.product.multiplier)
        return {name: column[first:last] for name, column in columns.items()}

    def trades(self, kind: Kind, market: str, code: str, day: date, *, until: datetime | None = None) -> Columns:
        """Return the trades of a session one by one, up to the present if it is given."""
        found = self._trades(self._live(kind, market, code, day), day)
        return trade_columns(found if until is None else found.until(_reached(day, until)))

    def quote(self, kind: Kind, market: str, code: str, now: datetime) -> Columns:
        """Return the last trade of a contract and its day so far."""
        day, moment = self._moment(now)
        sought = self._live(kind, market, code, day)
        states = self._states(sought, day, np.array([self._count(sought, day, moment)]))
        closed = moment >= self._valuation.session(day).close
        return quote_columns(sought, states, self._bands(kind, sought, day, states), closed=closed)

    def book(self, kind: Kind, market: str, code: str, now: datetime) -> Columns:
        """Return the order book of a contract; it is empty before the session, and stays after it."""
        day, moment = self._moment(now)
        sought = self._live(kind, market, code, day)
        session = self._valuation.session(day)
        if moment < session.open:
            return book_columns(sought, Side.none(), Side.none(), np.array([-1]), np.array([0]))
        moments = np.array([min(moment, session.close)])
        return self._book(sought, day, moments, np.array([self._count(sought, day, moment)]))

    def course(self, kind: Kind, market: str, code: str, day: date) -> Columns:
        """Return quote and book of a contract whenever they change in a session, one row each: see `courses`."""
        sought = self._live(kind, market, code, day)
        session, trades = self._valuation.session(day), self._trades(sought, day).times
        ages = np.arange(session.open, session.close + 1, _BOOK_AGE)
        moments, events, counts = timeline(trades, ages, [session.close])
        states = self._states(sought, day, counts)
        found = self._book(sought, day, moments, counts)
        found |= quote_columns(sought, states, self._bands(kind, sought, day, states), closed=False)
        found |= {"moment": moments, "event": events, "isin": [sought.isin] * len(moments)}
        return signalled(found, {session.close: REGULAR_CLOSE})

    def master(self, kind: Kind, market: str, code: str, day: date) -> Columns:
        """Return the master of a contract on a day, with what was known on its eve."""
        sought = self._live(kind, market, code, day)
        eves = self._ledger.marks(sought, day)
        sheet = Sheet(
            day=day,
            base=int(eves.settlements[0]),
            theoretical=int(self._valuation.theoretical(sought, eves)[0]),
            cd_rate=int(pricing.cd_rate(eves.days)[0]),
            volatility=int(eves.volatilities[0]),
            limits=[self._band(sought, day, share) for share in sought.product.limits],
            rows=self._ledger.rows(sought, sought.series.list_date, self._ledger.eve(day)),
        )
        return master_columns(sought, sheet)

    def investors(self, kind: Kind, market: str, now: datetime) -> Columns:
        """Return what each of sixteen investors has sold and bought in a market, as of the last half minute."""
        day, moment = self._moment(now)
        session = self._valuation.session(day)
        at = max(0, min(moment, session.close) - session.open) // _SNAPSHOT
        names = {"": Right.FUTURE} if kind == "futures" else {"call_": Right.CALL, "put_": Right.PUT}
        sides = {}
        for name, right in names.items():
            volume, value = (int(upto[at]) for upto in self._turnover(kind, market, day, right))
            for side in ("sell", "buy"):
                of = draws.key(self._seed, "investors", kind, market, right, side, day)
                sides[f"{name}{side}"] = divided(of, volume, value)
        return investor_columns(session.open + at * _SNAPSHOT, sides)

    def _required(self, kind: Kind, market: str, code: str, day: date) -> Contract:
        sought = self._board.contract(kind, market, code, day)
        if sought is None:
            raise LookupError(f"{market} lists no {kind} {code} on {day}")
        return sought

    def _live(self, kind: Kind, market: str, code: str, day: date) -> Contract:
        """Return the contract that a code stands for on a day that it has not expired on."""
        sought = self._required(kind, market, code, day)
        if sought.series.last_trade_date < day:
            raise LookupError(f"{market} {kind} {code} expired on {sought.series.last_trade_date}, before {day}")
        return sought if sought.live_code is None else self._required(kind, market, sought.live_code, day)

    def _moment(self, now: datetime) -> tuple[date, int]:
        """Return the session that is shown at a moment, and how far it has come; the next one from the morning on."""
        now = seoul(now)
        today = now.date()
        if now.time() >= MORNING_HOUR and self._calendar.is_session(today):
            return today, centiseconds(now.time())
        return self._ledger.eve(today), _MIDNIGHT

    def _rows(self, contract: Contract, start: date, end: date, now: datetime | None) -> Rows:
        rows = self._ledger.rows(contract, start, end)
        if now is None or not len(rows.days) or rows.days[-1] != now.date().toordinal():
            return rows
        today, moment = now.date(), centiseconds(now.time())
        session = self._valuation.session(today)
        if moment >= session.close:
            return rows
        if moment < session.open:
            return rows.part(slice(0, -1))
        done = self._trades(contract, today).until(moment).bar(int(rows.base[-1]))
        so_far = rows.part(slice(-1, None))._replace(
            **{name: getattr(done, name) for name in ("open", "high", "low", "close", "volume")},
            value=done.points * contract.product.multiplier // 100,
        )
        return Rows.joined([rows.part(slice(0, -1)), so_far])

    def _band(self, contract: Contract, day: date, share: int) -> Band:
        ladder = contract.product.ladder(day)
        low, high = self._valuation.limits(contract, self._ledger.marks(contract, day), share, ladder)
        return int(low[0]), int(high[0])

    def _count(self, contract: Contract, day: date, moment: int) -> int:
        return int(np.searchsorted(self._trades(contract, day).times, moment, side="right"))

    def _states(self, contract: Contract, day: date, counts: Ints) -> States:
        return self._trades(contract, day).states(counts, int(self._ledger.marks(contract, day).settlements[0]))

    def _bands(self, kind: Kind, contract: Contract, day: date, states: States) -> Bands:
        """Return the limits around the last trade; without one, the first limits of the day."""
        first, *_, widest = contract.product.limits
        last = states.day.close
        moved = last if kind == "futures" else self._ledger.marks(contract, day).forwards
        reach = moved * first // (_STEPS[kind] * _WHOLE)
        low, high = self._band(contract, day, widest)
        lowest, highest = self._band(contract, day, first)
        ladder, none = contract.product.ladder(day), states.times < 0
        return (
            np.where(none, lowest, np.maximum(low, pricing.ceil_to_tick(last - reach, ladder))),
            np.where(none, highest, np.minimum(high, pricing.floor_to_tick(last + reach, ladder))),
        )

    def _book(self, contract: Contract, day: date, moments: Ints, counts: Ints) -> Columns:
        """Return the books at moments of a session, after so many of its trades each time."""
        prices = np.append(self._trades(contract, day).prices, 0)
        auction = np.where(moments >= self._valuation.session(day).close, prices[counts - 1], prices[0])
        return book_columns(
            contract, *self._sides(contract, day, moments, counts), moments, np.where(counts > 0, auction, 0)
        )

    def _sides(self, contract: Contract, day: date, moments: Ints, counts: Ints) -> tuple[Side, Side]:
        product = contract.product
        ladder = product.ladder(day)
        all_day = self._trades(contract, day)
        volume = int(all_day.sizes.sum())
        base = int(self._ledger.marks(contract, day).settlements[0])
        if not volume:
            low, high = self._band(contract, day, product.limits[0])
            return (
                depth.lonely(base, high, ladder, up=True).repeated(len(moments)),
                depth.lonely(base, low, ladder, up=False).repeated(len(moments)),
            )
        last = np.concatenate([[base], all_day.prices])[counts]
        bought = np.concatenate([[BOUGHT], all_day.sides])[counts] == BOUGHT
        up, down = (depth.next_price(last, ladder, up=up) for up in (True, False))
        low, high = self._band(contract, day, product.limits[-1])
        ages, which = np.unique(moments // _BOOK_AGE, return_inverse=True)
        of = [draws.key(self._seed, "book", product.market, contract.code, day, age) for age in ages.tolist()]
        keys = draws.draw(np.array(of, dtype=np.uint64), 2)[which]
        return (
            depth.side(keys[:, 0], np.where(bought, last, up), high, ladder, volume, up=True),
            depth.side(keys[:, 1], np.where(bought, down, last), low, ladder, volume, up=False),
        )

    def _summed(self, kind: Kind, market: str, day: date, right: Right) -> tuple[Ints, Ints]:
        """Return contracts and won that a market has traded by each half minute of a session."""
        session = self._valuation.session(day)
        grid = np.arange(session.open, session.close + 1, _SNAPSHOT)
        volume, value = np.zeros_like(grid), np.zeros_like(grid)
        for each in self._board.contracts(kind, market, day):
            if each.right is right and not each.is_connected:
                done = self._ledger.trades(each, day)
                at = np.searchsorted(done.times, grid, side="right")
                volume += _upto(done.sizes)[at]
                value += _upto(done.prices * done.sizes)[at] * each.product.multiplier // 100
        return volume, value


def _upto(amounts: Ints) -> Ints:
    return np.concatenate([[0], amounts.cumsum()])


def _reached(day: date, now: datetime) -> int:
    """Return how much of a day has passed at a moment."""
    now = seoul(now)
    if now.date() != day:
        return _MIDNIGHT if now.date() > day else 0
    return centiseconds(now.time())


def _by_period(rows: Rows, freq: Freq) -> Rows:
    if freq == "D":
        return rows
    begins = [whole(day, day, freq)[0].toordinal() for day in map(date.fromordinal, rows.days.tolist())]
    return periods(rows, np.array(begins, dtype=np.int64))
