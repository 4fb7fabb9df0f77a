"""The fair price of every contract, at each close and from minute to minute, and the limits that follow from it.

Whatever is written on one level shares one forward, so that futures, minis, calls and puts move together and agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from kosdata.catalogue.calendar import Calendar
from kosdata.simulator import draws
from kosdata.simulator.derivatives import pricing
from kosdata.simulator.derivatives.contracts import Contract, Right
from kosdata.simulator.derivatives.products import Ladder, Product
from kosdata.simulator.derivatives.walks import WALKS, Underlying, Walk, minutes_between, ordinals
from kosdata.simulator.draws import Ints
from kosdata.simulator.shares.shapes import centiseconds

__all__ = ["Marks", "Session", "Valuation"]

_WHOLE: Final = 10_000
_VOLATILITY: Final = "VKOSPI"
# The forward strays by about 0.04 per cent from its carry, less and less until it expires.
_BASIS_SHARE: Final = 2_500
_BASIS_DAYS: Final = 20


class Session(NamedTuple):
    """A derivatives session, in hundredths of a second of its day.

    Attributes
    ----------
    minutes : int
        Minutes of continuous trading; one auction follows, at the close.
    early : int
        Minutes that it opens before the stock session.
    """

    open: int
    close: int
    minutes: int
    early: int


class Marks(NamedTuple):
    """What a contract is worth at some closes, and what decides it; one element a day.

    Attributes
    ----------
    days : Ints
        Days as ordinals.
    levels : Ints
        Level of the underlying.
    surplus : Ints
        What the forward is worth more than the level.
    volatilities, deviations : Ints
        Volatility at the strike, and the standard deviation of the level until expiry that it means.
    settlements : Ints
        Settlement price: the fair price on a tick. It is the base price of the next session.
    """

    days: Ints
    levels: Ints
    surplus: Ints
    volatilities: Ints
    deviations: Ints
    settlements: Ints

    @property
    def forwards(self) -> Ints:
        """What a future without ticks would be worth."""
        return self.levels + self.surplus

    def part(self, which: slice | Ints) -> Marks:
        """Return the marks of some of the days."""
        return Marks(*(column[which] for column in self))


class Valuation:
    """Fair prices, all of them from the levels that contracts are written on.

    Parameters
    ----------
    seed : int
        Seed of the simulated market.
    calendar : Calendar
        Trading days and hours.
    underlying : callable
        Gives the level of a stock or index code. It is not asked for those in `WALKS`.
    """

    def __init__(self, seed: int, calendar: Calendar, underlying: Callable[[str], Underlying]) -> None:
        walks = {name: Walk(seed, name, shape, calendar) for name, shape in WALKS.items()}
        self._seed = seed
        self._calendar = calendar
        self._underlying = lru_cache(maxsize=None)(lambda code: walks.get(code) or underlying(code))
        # A whole chain asks for the same few closes and minutes.
        self._closes = lru_cache(maxsize=256)(lambda code, days: self._underlying(code).closes(days))
        self._minutes = lru_cache(maxsize=1024)(lambda code, day: self._underlying(code).minutes(day))
        self.session = lru_cache(maxsize=1024)(self._session)

    def closes(self, product: Product, days: Sequence[date]) -> Ints:
        """Return the closing levels of what a product is on."""
        return self._closes(product.underlying, tuple(days))

    def marks(self, contract: Contract, days: Sequence[date]) -> Marks:
        """Return what a contract is worth at the close of some days, also of days on which it is not listed."""
        product = contract.product
        numbers = ordinals(days)
        left = np.maximum(contract.series.last_trade_date.toordinal() - numbers, 0)
        levels = self.closes(product, days)
        surplus = pricing.carry(levels, pricing.cd_rate(numbers), left) + self._basis(product, numbers, levels, left)
        if contract.right is Right.FUTURE:
            volatilities = deviations = np.zeros_like(levels)
        else:
            anywhere = self._closes(_VOLATILITY, tuple(days)) * product.volatility // 100
            volatilities = pricing.skewed(anywhere, levels + surplus, contract.strike)
            deviations = pricing.deviation(levels, volatilities, left)
        fair = self.fair(contract, levels + surplus, deviations)
        return Marks(numbers, levels, surplus, volatilities, deviations, _settled(product, numbers, fair))

    def fair(self, contract: Contract, forwards: Ints, deviations: Ints) -> Ints:
        """Return what a contract is worth, before it is rounded to a tick."""
        if contract.right is Right.FUTURE:
            return forwards
        step = contract.product.forward_tick
        return pricing.premium(contract.right, (forwards + step // 2) // step * step, contract.strike, deviations)

    def theoretical(self, contract: Contract, marks: Marks) -> Ints:
        """Return the theoretical price at some closes, above 0: the level with interest, or an option's fair price."""
        if contract.right is not Right.FUTURE:
            fair = self.fair(contract, marks.forwards, marks.deviations)
        else:
            left = contract.series.last_trade_date.toordinal() - marks.days
            fair = marks.levels + pricing.carry(marks.levels, pricing.cd_rate(marks.days), left)
        return np.maximum(fair, 1)

    def paths(self, contract: Contract, days: Sequence[date], eves: Marks, closes: Marks) -> Ints:
        """Return the fair price through some sessions of equal hours, one row each.

        The first element is the opening price, the others stand at the end of each minute of continuous trading.
        """
        session = self.session(days[0])
        at = np.arange(session.minutes + 1)
        code = contract.product.underlying
        minutes = (self._minutes(code, day) for day in days)
        levels = np.stack([path[np.clip(at - session.early - 1, 0, len(path) - 1)] for path in minutes])
        # Before stocks open, futures feel their way from half of the night's move to all of it.
        ahead, before = levels[:, : session.early + 1], eves.levels[:, np.newaxis]
        ahead += (before - ahead) * (session.early - at[: session.early + 1]) // max(2 * session.early, 1)

        def glide(start: Ints, end: Ints) -> Ints:
            return start[:, np.newaxis] + (end - start)[:, np.newaxis] * at // session.minutes

        forwards = levels + glide(eves.surplus, closes.surplus)
        return self.fair(contract, forwards, glide(eves.deviations, closes.deviations))

    def limits(self, contract: Contract, eves: Marks, share: int, ladder: Ladder) -> tuple[Ints, Ints]:
        """Return the lowest and highest price for a move of so many hundredths of a per cent.

        Parameters
        ----------
        contract : Contract
            A future, whose base price moves, or an option, whose forward does.
        eves : Marks
            The closes that the limits of the next session are taken from.
        share : int
            The move, in hundredths of a per cent.
        ladder : Ladder
            Tick sizes of those sessions.
        """
        base = eves.settlements
        if contract.right is Right.FUTURE:
            low, high = -(-base * (_WHOLE - share) // _WHOLE), base * (_WHOLE + share) // _WHOLE
        else:
            down, up = (self._moved(contract, eves, sign * share) for sign in (-1, 1))
            low, high = np.minimum(down, up), np.maximum(down, up)
        lowest = np.minimum(np.maximum(pricing.ceil_to_tick(low, ladder), ladder[0][1]), base)
        return lowest, np.maximum(pricing.floor_to_tick(high, ladder), base)

    def _moved(self, contract: Contract, eves: Marks, share: int) -> Ints:
        return self.fair(contract, eves.forwards * (_WHOLE + share) // _WHOLE, eves.deviations)

    def _basis(self, product: Product, numbers: Ints, levels: Ints, left: Ints) -> Ints:
        of = draws.keys(draws.key(self._seed, "basis", product.underlying), numbers)
        strays = draws.bell(draws.draw(of, 1)[:, 0], levels // _BASIS_SHARE)
        return strays * np.minimum(left, _BASIS_DAYS) // _BASIS_DAYS

    def _session(self, day: date) -> Session:
        hours = self._calendar.hours(day, "derivative")
        return Session(
            open=centiseconds(hours.open),
            close=centiseconds(hours.close),
            minutes=minutes_between(hours.open, hours.closing_auction.start),
            early=minutes_between(hours.open, self._calendar.hours(day).open),
        )


def _settled(product: Product, days: Ints, fair: Ints) -> Ints:
    """Return the settlement prices of some days, by the ticks of each."""
    oldest, *later = product.ticks
    found = pricing.to_tick(fair, oldest.bands)
    for rule in later:
        found = np.where(days >= rule.since.toordinal(), pricing.to_tick(fair, rule.bands), found)
    return found
