"""What a fund holds, what that is worth, and the price that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.draws import Ints
from kosdata.simulator.shares import price_ladder
from kosdata.simulator.shares.issues import BASKET, Issue, Tracker
from kosdata.simulator.shares.paths import MILLION, Paths
from kosdata.simulator.shares.rosters import roster

__all__ = ["Basket", "Holdings", "open_funds", "quoted"]

_ALL: Final = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """What stands behind `BASKET` shares of a fund that follows its index once.

    Shares are held in the proportions of the market, set anew with every year; what whole shares leave over is cash.

    Attributes
    ----------
    members : array of int
        Columns of what is held.
    quantity : array of int
        Shares by session and member.
    cash : array of int
        Won, by session.
    before, after : array of int
        Worth at the base prices and at the closing prices of each session, in won.
    """

    members: Ints
    quantity: Ints
    cash: Ints
    before: Ints
    after: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Basket:
    """One fund: the holdings that it follows, and how often.

    A fund that follows doubly or inversely has that many times the holdings, set anew each day, and owes or owns cash
    for it.

    Attributes
    ----------
    column : int
        Column of the fund.
    times : int
        How often it follows.
    holdings : Holdings
        What it follows.
    nav : array of int
        Net asset value of a share at each close, in hundredths of a won.
    premium : array of int
        How far the closing price is meant to lie above it, in millionths.
    """

    column: int
    times: int
    holdings: Holdings
    nav: Ints
    premium: Ints

    def nav_of(self, rows: Ints, worth: Ints) -> Ints:
        """Return net asset values, in hundredths, from the worth of the holdings by session and time."""
        if self.times == 1:
            return np.asarray(worth * 100 // BASKET)
        before, last = self.holdings.before[rows, np.newaxis], self.nav[rows - 1, np.newaxis]
        return np.asarray(last + self.times * last * (worth - before) // before)

    def held(self, row: int) -> tuple[Ints, int]:
        """Return shares of each member behind `BASKET` shares of the fund in one session, and their worth with cash."""
        holdings = self.holdings
        before = int(holdings.before[row])
        if self.times == 1:
            return holdings.quantity[row], before
        worth = int(self.nav[row - 1]) * BASKET // 100
        quantity = [self.times * worth * held // before for held in holdings.quantity[row].tolist()]
        return np.array(quantity, dtype=np.int64), worth


def open_funds(paths: Paths) -> tuple[Paths, dict[int, Basket]]:
    """Return the market with the prices of its funds, and their baskets by column."""
    followed: dict[str, Holdings] = {}
    baskets: dict[int, Basket] = {}
    base, close = paths.base.copy(), paths.close.copy()
    for column, issue in enumerate(paths.issues):
        if issue.tracker is not None:
            index = issue.tracker.index
            if index not in followed:
                followed[index] = _hold(paths, _members(index, paths.issues), issue.prices[0])
            baskets[column] = _basket(paths, column, issue.tracker, followed[index])
            base[:, column], close[:, column] = _prices(paths, baskets[column])
    return replace(paths, base=base, close=close), baskets


def quoted(nav: Ints, premium: Ints, ladders: Ints) -> Ints:
    """Return the number of the price that lies `premium` millionths above a net asset value in hundredths."""
    return price_ladder.nearest((nav * (MILLION + premium) + 50 * MILLION) // (100 * MILLION), ladders)


def _members(index: str, issues: Sequence[Issue]) -> Ints:
    """Return columns of the members of an index that are simple to hold: never delisted, no shares drawn together."""
    return np.array(
        [
            column
            for column in roster(index, issues)
            if issues[column].delist_date is None and all(split.new > split.old for split in issues[column].splits)
        ]
    )


def _hold(paths: Paths, members: Ints, price: int) -> Holdings:
    """Return holdings that are worth `price` won a share of the fund at the first base prices."""
    base, close = paths.base[:, members], paths.close[:, members]
    shares = paths.shares[:, members]
    quantity, cash = np.zeros_like(base), np.zeros(len(base), dtype=np.int64)
    years = [0, *(row for row in range(1, len(base)) if paths.dates[row].year != paths.dates[row - 1].year), len(base)]
    worth = price * BASKET
    for first, end in pairwise(years):
        if first:
            kept = quantity[first - 1] * shares[first] // shares[first - 1]
            worth = int(kept @ base[first]) + int(cash[first - 1])
        listed = np.where(paths.listed[first, members], shares[first], 0)
        market = int(listed @ base[first])
        bought = np.array([worth * held // market for held in listed.tolist()], dtype=np.int64)
        quantity[first:end] = bought * shares[first:end] // shares[first]
        cash[first:end] = worth - int(bought @ base[first])
    before = (quantity * base).sum(axis=1) + cash
    return Holdings(members, quantity, cash, before, (quantity * close).sum(axis=1) + cash)


def _basket(paths: Paths, column: int, tracker: Tracker, holdings: Holdings) -> Basket:
    issue = paths.issues[column]
    of = draws.key(paths.seed, "premium", issue.code)
    premium = draws.drift(of, paths.days, 15, 3_000) - 1_500 + draws.bell(draws.at(of, paths.days), 500)
    if tracker.times == 1:
        nav = holdings.after * 100 // BASKET
    else:
        nav = np.full(len(paths.dates), issue.prices[0] * 100, dtype=np.int64)
        for row in range(max(paths.row(issue.list_date), 1), len(nav)):
            before, after, last = int(holdings.before[row]), int(holdings.after[row]), int(nav[row - 1])
            nav[row] = last + tracker.times * last * (after - before) // before
    return Basket(column, tracker.times, holdings, nav, premium)


def _prices(paths: Paths, basket: Basket) -> tuple[Ints, Ints]:
    """Return base and closing prices of a fund; a limit that is hit moves the next day's base."""
    column = basket.column
    ladders = paths.ladder(_ALL, column)
    percents = paths.percents[:, :, column].astype(np.int64)
    wanted = quoted(basket.nav, basket.premium, ladders)
    close = price_ladder.price(wanted)
    while True:
        base = np.concatenate([close[:1], close[:-1]])
        low, high = price_ladder.bounds(base, percents, ladders)
        reached = price_ladder.price(np.clip(wanted, low, high))
        if np.array_equal(reached, close):
            return base * paths.listed[:, column], close * paths.listed[:, column]
        close = reached
