"""Prices on the grid of the exchange, and how far they may go: many at once, each by the rules of its day."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kosdata.catalogue import price_rules

__all__ = ["Dates", "How", "off_grid", "price_limits", "round_to_tick", "tick_size"]

Floats: TypeAlias = NDArray[np.float64]
Days: TypeAlias = "NDArray[np.datetime64]"
Dates: TypeAlias = "date | np.datetime64 | Days"
"""One day for all prices, or one a price; NaT is a day without rules."""
How: TypeAlias = Literal["nearest", "down", "up"]

# A price is a float: 352.05 is not quite 7041 ticks of 0.05.
_NOISE: Final = 1e-11


class _Table(NamedTuple):
    floors: Floats
    sizes: Floats


class _Rules(NamedTuple):
    since: Days
    tables: tuple[_Table, ...]


def tick_size(prices: ArrayLike, market: str, dates: Dates, product: str = "futures") -> Floats:
    """Return the tick size at each price; missing where there is no price, or no rule of that day is known.

    Parameters
    ----------
    prices : array of float
        In won or points.
    market : str
        Market of stocks or derivatives, or ``etf``, ``etn`` or ``elw``.
    dates : date or array of datetime64
        Day of all prices, or of each.
    product : {"futures", "options"}
        What is meant of a derivatives market.

    Raises
    ------
    ArgumentError
        If the market has no tick table.

    Examples
    --------
    >>> tick_size([15_000, 15_000], "kospi", np.array(["2023-01-20", "2023-01-25"], dtype="datetime64[D]"))
    array([50., 10.])
    """
    rules = _rules(market, product)
    values, days = _broadcast(prices, dates)
    sizes = np.full(values.shape, np.nan)
    position = _position(rules.since, days)
    is_price = np.isfinite(values) & (values >= 0)
    for number, (floors, steps) in enumerate(rules.tables):
        mine = is_price & (position == number)
        sizes[mine] = steps[np.searchsorted(floors, values[mine] * (1 + _NOISE), side="right") - 1]
    return sizes


def round_to_tick(
    prices: ArrayLike, market: str, dates: Dates, how: How = "nearest", product: str = "futures"
) -> Floats:
    """Return the price on the grid that is nearest to each price (halfway goes up), or next below or above it.

    Examples
    --------
    >>> round_to_tick([71_349, 71_350, 352.07], "kospi", date(2024, 1, 12))
    array([71300., 71400.,   352.])
    >>> round_to_tick([352.07], "kospi200", date(2024, 1, 12), "down")
    array([352.05])
    """
    values, _ = _broadcast(prices, dates)
    return _on_grid(values, tick_size(values, market, dates, product), how)


def off_grid(prices: ArrayLike, market: str, dates: Dates, product: str = "futures") -> NDArray[np.bool_]:
    """Return which prices cannot have been traded; none where there is no price, or no rule is known.

    Examples
    --------
    >>> off_grid([71_300, 71_350, np.nan], "kospi", date(2024, 1, 12))
    array([False,  True, False])
    """
    values, _ = _broadcast(prices, dates)
    nearest = round_to_tick(values, market, dates, product=product)
    return np.abs(values - nearest) > _NOISE * np.maximum(1, np.abs(values))


def price_limits(
    bases: ArrayLike, market: str, dates: Dates, *, first_day: bool = False, leverage: float = 1
) -> tuple[Floats, Floats]:
    """Return the lowest and the highest price of a day; missing where no rule of that day is known.

    The exchange takes the percentage of the base price, cuts it to whole ticks of the base price, and adds and
    subtracts what is left. A limit that is not on the grid of its own height goes to the next price inside.

    Parameters
    ----------
    bases : array of float
        Base prices in won; offer prices on a `first_day`.
    market : str
        Market of stocks, ``etf`` or ``etn``.
    dates : date or array of datetime64
        Day of all prices, or of each.
    first_day : bool
        Limits of the day on which a stock is first traded.
    leverage : float
        Times that a fund moves as far as its index, of either sign.

    Raises
    ------
    ArgumentError
        If prices of the market have no limit.

    Examples
    --------
    >>> price_limits([67_400, 50_200], "kospi", date(2024, 1, 12))
    (array([47200., 35200.]), array([87600., 65200.]))
    """
    rules = price_rules.price_limits(market, first_day=first_day)
    values, days = _broadcast(bases, dates)
    position = _position(_days([each.since for each in rules]), days)
    percents = np.array([(each.down, each.up) for each in rules] + [(np.nan, np.nan)])[position] * abs(leverage)
    sizes = tick_size(values, market, dates)
    down, up = (_on_grid(values * percents[..., side] / 100, sizes, "down") for side in (0, 1))
    lower, upper = values - down, values + up
    return round_to_tick(lower, market, dates, "up"), round_to_tick(upper, market, dates, "down")


def _on_grid(values: Floats, sizes: Floats, how: How) -> Floats:
    steps = values / sizes
    noise = _NOISE * np.maximum(1, np.abs(steps))
    match how:
        case "down":
            steps = np.floor(steps + noise)
        case "up":
            steps = np.ceil(steps - noise)
        case "nearest":
            steps = np.floor(steps + 0.5 + noise)
    return np.asarray(np.round(steps * sizes, 2))


def _broadcast(prices: ArrayLike, dates: Dates) -> tuple[Floats, Days]:
    values, days = np.broadcast_arrays(np.asarray(prices, dtype=np.float64), np.asarray(dates, dtype="datetime64[D]"))
    return values, days


def _position(since: Days, days: Days) -> NDArray[np.int64]:
    """Return which rule holds on each day, -1 for none."""
    found: Any = np.searchsorted(since, days, side="right") - 1
    return np.where(np.isnat(days), -1, found)


def _days(days: list[date]) -> Days:
    return np.array(days, dtype="datetime64[D]")


@cache
def _rules(market: str, product: str) -> _Rules:
    tables = price_rules.tick_tables(market, product)
    return _Rules(
        _days([each.since for each in tables]),
        tuple(_Table(*(np.array(each.bands, dtype=np.float64).T / price_rules.UNIT)) for each in tables),
    )
