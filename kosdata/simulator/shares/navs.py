"""Net asset values of funds, and what a fund is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from kosdata.simulator.columns import Columns, dates, per_cent, points, won
from kosdata.simulator.draws import Ints
from kosdata.simulator.shares.bars import Freq, last_of_each, whole
from kosdata.simulator.shares.funds import Basket
from kosdata.simulator.shares.minutes import Minutes
from kosdata.simulator.shares.paths import Paths

__all__ = ["Navs"]

_CASH_ISIN: Final = "CASH00000001"
_CASH_NAME: Final = "원화현금"


class Navs:
    """Answers for funds; of what is no fund the value is missing.

    Parameters
    ----------
    paths : Paths
        Daily prices.
    minutes : Minutes
        Sessions in cells.
    baskets : mapping of int to Basket
        Funds by column.
    """

    def __init__(self, paths: Paths, minutes: Minutes, baskets: Mapping[int, Basket]) -> None:
        self._paths = paths
        self._minutes = minutes
        self._baskets = baskets
        self._session = lru_cache(maxsize=256)(self._make_session)

    def nav(self, column: int, row: int, moment: int) -> Columns:
        """Return the value at a time of a session, and its change from the close before."""
        code = self._paths.issues[column].code
        if column not in self._baskets:
            return {"code": [code], "nav": np.array([np.nan]), "nav_change": np.array([np.nan])}
        cell = int(np.searchsorted(self._minutes.clock(np.array([row])), moment, side="right")) - 1
        eve = self._eve(column, row)
        now = eve if cell < 0 else int(self._session(column, row)[cell])
        return {"code": [code], "nav": points(np.array([now])), "nav_change": points(np.array([now - eve]))}

    def history(self, column: int, start: date, end: date, asof: date, freq: Freq) -> Columns:
        """Return closing prices and values, one row a day, week or month."""
        paths = self._paths
        first, last = whole(start, end, freq)
        span = paths.rows(first, min(last, asof))
        rows = np.flatnonzero(paths.listed[span.start : span.stop, column]) + span.start
        if column not in self._baskets:
            rows = rows[:0]
        ends = rows[last_of_each([paths.dates[row] for row in rows.tolist()], freq)]
        nav = self._baskets[column].nav if len(ends) else np.zeros(len(paths.dates), dtype=np.int64)
        before = np.append(rows[:1] - 1, ends[:-1])
        keep = np.array([start <= paths.dates[row] <= end for row in ends.tolist()], dtype=np.bool_)
        ends, before = ends[keep], before[keep]
        return {
            "date": dates([paths.dates[row] for row in ends.tolist()]),
            "close": won(paths.close[ends, column]),
            "nav": points(nav[ends]),
            "nav_change": points(nav[ends] - nav[before]),
        }

    def constituents(self, column: int, row: int) -> Columns:
        """Return what stands behind a basket of shares before a session, at its base prices; cash comes last."""
        paths, basket = self._paths, self._baskets.get(column)
        if basket is None:
            nothing = np.zeros(0, dtype=np.int64)
            return {"isin": [], "quantity": won(nothing), "name": [], "amount": nothing, "weight_pct": won(nothing)}
        quantity, worth = basket.held(row)
        held = np.flatnonzero(quantity)
        members = basket.holdings.members[held]
        amount = quantity[held] * paths.base[row, members]
        cash = worth - int(amount.sum())
        amount = np.append(amount, cash)
        issues = [paths.issues[member] for member in members.tolist()]
        return {
            "isin": [*(issue.isin for issue in issues), _CASH_ISIN],
            "quantity": np.append(quantity[held], cash).astype(np.float64),
            "name": [*(issue.name_ko for issue in issues), _CASH_NAME],
            "amount": amount,
            "weight_pct": per_cent(amount, np.full_like(amount, amount.sum())),
        }

    def _eve(self, column: int, row: int) -> int:
        return int(self._baskets[column].nav[max(row - 1, 0)])

    def _make_session(self, column: int, row: int) -> Ints:
        found: Ints = self._minutes.nav(self._baskets[column], np.array([row]))[0]
        return found
