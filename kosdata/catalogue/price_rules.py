"""The rules of the exchange about prices, by the day from which they hold: tick sizes and daily limits.

To add a rule, add its row to ``tables/tick_sizes.csv`` or ``tables/price_limits.csv``, with its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from kosdata.catalogue.codes import DERIVATIVES, Row, table
from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError

__all__ = ["MARKETS", "UNIT", "PriceLimit", "TickTable", "price_limits", "tick_tables"]

UNIT: Final = 100
"""Prices of a tick table are whole hundredths, so that no sum is ever rounded."""


@dataclass(frozen=True, slots=True)
class TickTable:
    """The tick sizes of a market from one day on.

    Attributes
    ----------
    since : date
        First day that the table holds.
    bands : tuple of pairs of int
        Price from which a tick holds, and the tick, lowest first; both in hundredths of a won or point.
    """

    since: date
    bands: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """How far a price may move from its base in one day, from one day on.

    Attributes
    ----------
    since : date
        First day that the limit holds.
    down, up : int
        Per cent of the base price.
    """

    since: date
    down: int
    up: int


MARKETS: Final = tuple(dict.fromkeys(row["market"] for row in table("tick_sizes")))
"""Markets with a tick table."""


@cache
def tick_tables(market: str, product: str = "futures") -> tuple[TickTable, ...]:
    """Return the tick tables of a market, oldest first.

    Parameters
    ----------
    market : str
        Market of stocks or derivatives, or ``etf``, ``etn`` or ``elw``.
    product : {"futures", "options"}, default "futures"
        What is meant of a derivatives market; of no account elsewhere.

    Raises
    ------
    ArgumentError
        If there is no such table.

    Examples
    --------
    >>> [(str(each.since), each.bands) for each in tick_tables("etf")]
    [('2002-10-14', ((0, 500),)), ('2023-12-11', ((0, 100), (200000, 500)))]
    """
    wanted = product if market in DERIVATIVES else ""
    rows = [row for row in table("tick_sizes") if (row["market"], row["product"]) == (market, wanted)]
    if not rows:
        raise _unknown(market, product)
    return tuple(TickTable(date.fromisoformat(row["since"]), _bands(row["bands"])) for row in rows)


@cache
def price_limits(market: str, *, first_day: bool = False) -> tuple[PriceLimit, ...]:
    """Return the daily price limits of a market, oldest first.

    Parameters
    ----------
    market : str
        Market of stocks, ``etf`` or ``etn``.
    first_day : bool, default False
        Limits of the day on which a stock is first traded.

    Raises
    ------
    ArgumentError
        If prices of the market have no such limit.

    Examples
    --------
    >>> [(str(each.since), each.up) for each in price_limits("kosdaq")]
    [('2000-01-01', 12), ('2005-03-28', 15), ('2015-06-15', 30)]
    """
    day = "first" if first_day else "ordinary"
    rows = [row for row in table("price_limits") if (row["market"], row["day"]) == (market, day)]
    if not rows:
        raise _unlimited(market, first_day)
    return tuple(map(_limit, rows))


def _bands(text: str) -> tuple[tuple[int, int], ...]:
    pairs = (band.split(":") for band in text.split())
    return tuple((int(Decimal(floor) * UNIT), int(Decimal(tick) * UNIT)) for floor, tick in pairs)


def _limit(row: Row) -> PriceLimit:
    since = date.fromisoformat(row["since"])
    return PriceLimit(since, int(row["down"]), int(row["up"]))


def _unknown(market: str, product: str) -> ArgumentError:
    if market in MARKETS:
        return ArgumentError(
            f"product={product!r} is not known of {market}: write 'futures', or 'options' if it has any."
        )
    if market in DERIVATIVES:
        return ArgumentError(f"The tick sizes of {market} are in no rule that is public; kosdata.master() has them.")
    return ArgumentError(
        f"market={market!r} has no tick table.{suggestion(market, MARKETS)} Known: {', '.join(MARKETS)}."
    )


def _unlimited(market: str, first_day: bool) -> ArgumentError:
    known = tuple(dict.fromkeys(row["market"] for row in table("price_limits")))
    if first_day and market in known:
        return ArgumentError(f"{market} has no other limits on the first day: leave first_day out.")
    if market in DERIVATIVES:
        return ArgumentError(f"The limits of {market} widen in steps during the day: kosdata.master() has them.")
    if market == "elw":
        return ArgumentError("Prices of warrants (elw) have no daily limit.")
    return ArgumentError(
        f"market={market!r} has no price limits.{suggestion(market, known)} Known: {', '.join(known)}."
    )
