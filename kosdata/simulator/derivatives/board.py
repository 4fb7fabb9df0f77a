"""Which contracts each market lists on a day: every series, every strike that the level has come near, every alias."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from kosdata.simulator.derivatives.contracts import (
    HIGHEST_STRIKE,
    Contract,
    Listings,
    Right,
    Series,
    connected,
    contract,
    parse,
)
from kosdata.simulator.derivatives.ledger import Ledger
from kosdata.simulator.derivatives.products import PRODUCTS, Kind, Product
from kosdata.simulator.derivatives.valuation import Valuation

__all__ = ["Board"]

# Strikes beyond the highest and the lowest level that a series has seen.
_WINGS: Final = 10


class Board:
    """The contracts of every market.

    Parameters
    ----------
    listings : Listings
        The series of each product.
    valuation : Valuation
        The levels that strikes are set around.
    ledger : Ledger
        The sessions there were.
    """

    def __init__(self, listings: Listings, valuation: Valuation, ledger: Ledger) -> None:
        self._listings = listings
        self._valuation = valuation
        self._ledger = ledger
        self._listed = lru_cache(maxsize=16)(self._all_listed)
        self._found = lru_cache(maxsize=8192)(self._sought)
        self._ranges = lru_cache(maxsize=2048)(self._strike_ranges)

    def contracts(self, kind: Kind, market: str, day: date) -> list[Contract]:
        """Return the contracts listed on a day, connected codes beside the contract they stand for."""
        return list(self._listed(kind, market, day))

    def contract(self, kind: Kind, market: str, code: str, day: date) -> Contract | None:
        """Return the contract of a code as known on a day, also one that has expired; None if there is none."""
        return self._found(kind, market, code, day)

    def meant(self, kind: Kind, market: str, code: str, day: date) -> Contract | None:
        """Return what a code says, whether or not it is listed by `day`; None if it says nothing."""
        for product in PRODUCTS[kind].get(market, ()):
            if product.connected == code:
                return connected(contract(self._listings.nearest(product, day)))
            if read := parse(code, product):
                right, month, strike = read
                series = self._listings.meant(product, month, day)
                return contract(series, right, strike) if series else None
        return None

    def spliced(self, contract_: Contract, start: date, end: date) -> Iterator[tuple[Contract, date, date]]:
        """Yield what a code means in a span: the contract and its first and last day; connected codes change theirs."""
        if not contract_.is_connected:
            yield contract_, start, end
            return
        for series in self._listings.between(contract_.product, start, end):
            yield contract(series), max(start, series.near_date), min(end, series.last_trade_date)

    def _all_listed(self, kind: Kind, market: str, day: date) -> tuple[Contract, ...]:
        rows = _futures if kind == "futures" else self._options
        return tuple(
            row
            for product in PRODUCTS[kind].get(market, ())
            if self._has_level(product, day)
            for row in rows(product, tuple(self._listings.on(product, day)), day)
        )

    def _options(self, product: Product, listed: tuple[Series, ...], day: date) -> Iterator[Contract]:
        ranges = self._ranges(product, listed, day)
        for right in (Right.CALL, Right.PUT):
            for series, strikes in zip(listed, ranges, strict=True):
                yield from (contract(series, right, strike) for strike in strikes)

    def _sought(self, kind: Kind, market: str, code: str, day: date) -> Contract | None:
        meant = self.meant(kind, market, code, day)
        if meant is None or meant.series.list_date > day:
            return None
        last = min(day, meant.series.last_trade_date)
        is_there = self._has_level(meant.product, last) and self._has_strike(meant.series, meant.strike, last)
        return meant if is_there else None

    def _has_level(self, product: Product, day: date) -> bool:
        # A share that is not listed yet has no price, and no futures.
        return bool(self._valuation.closes(product, [self._ledger.eve(day)])[0] > 0)

    def _has_strike(self, series: Series, strike: int, day: date) -> bool:
        if not series.product.strike_step:
            return True
        (strikes,) = self._ranges(series.product, (series,), day)
        return strike in strikes

    def _strike_ranges(self, product: Product, listed: Sequence[Series], day: date) -> tuple[range, ...]:
        """Return the strikes of some series: around every level since their listing, up to the eve of `day`."""
        if not listed:
            return ()
        eves = [self._ledger.eve(series.list_date) for series in listed]
        days = self._ledger.sessions(min(eves), self._ledger.eve(day)) or [day]
        levels = self._valuation.closes(product, days)
        lows = np.minimum.accumulate(levels[::-1])[::-1]
        highs = np.maximum.accumulate(levels[::-1])[::-1]
        step = product.strike_step
        ranges = []
        for eve in eves:
            at = min(bisect_left(days, eve), len(days) - 1)
            lowest = max(int(lows[at]) // step - _WINGS, 1)
            highest = min(-(-int(highs[at]) // step) + _WINGS, HIGHEST_STRIKE // step)
            ranges.append(range(lowest * step, (highest + 1) * step, step))
        return tuple(ranges)


def _futures(product: Product, listed: tuple[Series, ...], _day: date) -> Iterator[Contract]:
    for series in listed:
        future = contract(series)
        yield future
        if product.connected and series is listed[0]:
            yield connected(future)
