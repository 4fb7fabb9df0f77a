"""Prices as the exchange allows them: on which grid, and how far from the base."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as Day
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from kosdata.catalogue import price_rules as rules
from kosdata.catalogue.codes import DERIVATIVES
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError
from kosdata.frame import price_grid
from kosdata.research.spans import Date
from kosdata.wire import arguments as args

__all__ = ["price_limits", "round_to_tick", "tick_size"]

Prices = TypeVar("Prices", float, pd.Series, pd.DataFrame, NDArray[np.float64])
Dates: TypeAlias = Date | pd.Series | pd.DatetimeIndex | ArrayLike | None

_Floats: TypeAlias = NDArray[np.float64]
_Days: TypeAlias = "NDArray[np.datetime64]"
_PRODUCTS: Final = ("futures", "options")
# Three times is the most that is listed.
_MOST_TIMES: Final = 3


def tick_size(
    price: Prices,
    market: str = "kospi",
    date: Dates = None,
    *,
    product: Literal["futures", "options"] = "futures",
) -> Prices:
    """Return the step between two prices that can be traded.

    Parameters
    ----------
    price : float, Series, DataFrame or array
        Prices in won, or in points of an index or bond.
    market : str, default "kospi"
        Market of the instrument, for example ``"kosdaq"`` or ``"kospi200"``; ``"etf"``, ``"etn"`` and ``"elw"``
        wherever they are listed.
    date : str, date or Timestamp, or one a price, optional
        Session whose rules count. By default the dates in the index of `price` if it has any, else today.
    product : {"futures", "options"}, default "futures"
        What is meant of a derivatives market.

    Returns
    -------
    float, Series, DataFrame or ndarray
        As `price`: the tick in the same unit, float64; missing where the price is missing or negative.

    Raises
    ------
    ArgumentError
        If the market has no tick table, or none is known of a date. ``kosdata.code_table("tick_sizes")`` has them all,
        with their sources.

    See Also
    --------
    round_to_tick : Prices on this grid.
    price_limits : How far prices may go in a day.

    Notes
    -----
    Nothing is asked of the service. The tick is that of the band that holds the price: going down from 2,000 won, the
    next price is 1,999.

    Examples
    --------
    >>> kd.tick_size(15_000, "kosdaq", "2023-01-20"), kd.tick_size(15_000, "kosdaq", "2023-01-25")
    (50.0, 10.0)
    >>> kd.tick_size(2.31, "kospi200", "2024-01-12", product="options")
    0.01
    >>> kd.tick_size(kd.history("005930", "2024-01-10", "2024-01-11")["close"]).tolist()
    [100.0, 100.0]
    """
    return _applied(price, date, _tables(market, product), price_grid.tick_size, product)


def round_to_tick(
    price: Prices,
    market: str = "kospi",
    date: Dates = None,
    *,
    how: Literal["nearest", "down", "up"] = "nearest",
    product: Literal["futures", "options"] = "futures",
) -> Prices:
    """Return prices that can be traded.

    Parameters
    ----------
    price : float, Series, DataFrame or array
        Prices in won, or in points of an index or bond.
    market : str, default "kospi"
        Market of the instrument, for example ``"kosdaq"`` or ``"kospi200"``; ``"etf"``, ``"etn"`` and ``"elw"``
        wherever they are listed.
    date : str, date or Timestamp, or one a price, optional
        Session whose rules count. By default the dates in the index of `price` if it has any, else today.
    how : {"nearest", "down", "up"}, default "nearest"
        The nearest price on the grid, halfway going up; or the highest not above, or the lowest not below.
    product : {"futures", "options"}, default "futures"
        What is meant of a derivatives market.

    Returns
    -------
    float, Series, DataFrame or ndarray
        As `price`: float64, missing where the price is missing or negative.

    Raises
    ------
    ArgumentError
        If `how` is none of the three, the market has no tick table, or none is known of a date.

    See Also
    --------
    tick_size : The step of the grid.
    price_limits : How far prices may go in a day.

    Examples
    --------
    >>> kd.round_to_tick(71_349, date="2024-01-12"), kd.round_to_tick(71_349, date="2024-01-12", how="up")
    (71300.0, 71400.0)
    >>> kd.round_to_tick([352.07, 352.08], "kospi200", "2024-01-12")
    array([352.05, 352.1 ])
    """
    if how not in get_args(price_grid.How):
        raise ArgumentError(f"how={how!r} is no way to round: write 'nearest', 'down' or 'up'.")
    return _applied(price, date, _tables(market, product), price_grid.round_to_tick, how, product)


def price_limits(
    base: Prices,
    market: str = "kospi",
    date: Dates = None,
    *,
    first_day: bool = False,
    leverage: float = 1,
) -> tuple[Prices, Prices]:
    """Return the lowest and the highest price that can be traded in a day.

    Parameters
    ----------
    base : float, Series, DataFrame or array
        Base prices in won: the close before, adjusted for what the day brings. On a `first_day` the offer price.
    market : str, default "kospi"
        ``"kospi"``, ``"kosdaq"`` or ``"konex"``; ``"etf"`` or ``"etn"`` wherever they are listed.
    date : str, date or Timestamp, or one a price, optional
        Session whose rules count. By default the dates in the index of `base` if it has any, else today.
    first_day : bool, default False
        Limits of the day on which a stock is first traded.
    leverage : float, default 1
        Times that a fund moves as far as its index, for example 2 or -2: its limits are as many times wider.

    Returns
    -------
    lower, upper : float, Series, DataFrame or ndarray
        As `base`: the limits in won, float64; missing where the base price is missing or negative.

    Raises
    ------
    ArgumentError
        If prices of the market have no such limits, none are known of a date, or `leverage` is beyond 3.

    See Also
    --------
    tick_size : The step between two prices.
    master : What the exchange says of one instrument, with the limits of the day.

    Notes
    -----
    The exchange takes a percentage of the base price and cuts it to whole ticks of the base price; limits that are off
    the grid then go inside. ``kosdata.code_table("price_limits")`` has the percentages, with their sources. Issues
    about to be delisted have no limits. Limits of futures and options widen in steps; `master` has them.

    Examples
    --------
    >>> kd.price_limits(67_400, date="2022-06-02")
    (47200.0, 87600.0)
    >>> kd.price_limits(10_000, "kosdaq", "2024-01-12", first_day=True)
    (6000.0, 40000.0)
    >>> kd.price_limits(20_000, "etf", "2024-01-12", leverage=2)
    (8000.0, 32000.0)
    """
    if not isinstance(leverage, int | float) or not 0 < abs(leverage) <= _MOST_TIMES:
        raise ArgumentError(f"leverage={leverage!r} is not a number from -{_MOST_TIMES} to {_MOST_TIMES} other than 0.")
    if leverage != 1 and str(market).lower() not in ("etf", "etn"):
        raise ArgumentError(f"Only funds have a leverage: write market='etf' or 'etn', not {market!r}.")
    name = str(market).lower()
    limits = rules.price_limits(name, first_day=first_day)
    since = max(limits[0].since, rules.tick_tables(name)[0].since)
    days = _days(base, date)
    _check(days, since, name, " of a first day" if first_day else "")
    values = _values(base)
    lower, upper = price_grid.price_limits(values, name, _beside(days, values), first_day=first_day, leverage=leverage)
    return _like(base, lower), _like(base, upper)


def _tables(market: str, product: str) -> str:
    """Return the name of a market that has tick tables."""
    name = str(market).lower()
    if product not in _PRODUCTS:
        raise ArgumentError(f"product={product!r} is not one of 'futures' and 'options'.")
    if product == "options" and name in rules.MARKETS and name not in DERIVATIVES:
        raise ArgumentError(f"{name} has no options: write market='kospi200'.")
    rules.tick_tables(name, product)
    return name


def _applied(price: Prices, date: Dates, market: str, function: Callable[..., _Floats], *how: str) -> Prices:
    values, days = _values(price), _days(price, date)
    product = how[-1]
    _check(days, rules.tick_tables(market, product)[0].since, market, "")
    return _like(price, function(values, market, _beside(days, values), *how))


def _values(price: object) -> _Floats:
    try:
        if isinstance(price, pd.Series | pd.DataFrame):
            return price.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(price, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"price={price!r} is no number: write 71300, a Series or an array of numbers.") from None


def _like(price: Prices, values: _Floats) -> Prices:
    found: Any = values
    if isinstance(price, pd.Series):
        found = pd.Series(values, index=price.index, name=price.name)
    elif isinstance(price, pd.DataFrame):
        found = pd.DataFrame(values, index=price.index, columns=price.columns)
    elif not values.ndim:
        found = float(values)
    return found  # type: ignore[no-any-return]


def _days(price: object, date: Dates) -> _Days:
    """Return the day of all prices, or of each."""
    if date is None:
        own = _own_dates(price.index) if isinstance(price, pd.Series | pd.DataFrame) else None
        date = datetime.now(SEOUL).date() if own is None else own
    if isinstance(date, str | Day):
        return np.array(args.day(date), dtype="datetime64[D]")
    return _in_seoul(date)


def _own_dates(index: pd.Index) -> pd.DatetimeIndex | None:
    levels = [index.get_level_values(number) for number in range(index.nlevels)]
    dates = [level for level in levels if isinstance(level, pd.DatetimeIndex)]
    return dates[0] if len(dates) == 1 else None


def _in_seoul(dates: Any) -> _Days:
    try:
        given = pd.DatetimeIndex(dates)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"date={dates!r} is no day, and no days either: write '2024-01-02', or one a price."
        ) from None
    local = given if given.tz is None else given.tz_convert(SEOUL).tz_localize(None)
    return local.to_numpy().astype("datetime64[D]")


def _beside(days: _Days, values: _Floats) -> _Days:
    """Return days that go with prices: those of a table are by row."""
    if days.ndim and len(days) != (len(values) if values.ndim else 0):
        raise ArgumentError(f"date has {len(days)} days for {values.size} prices: write one day, or one a price.")
    return days[:, np.newaxis] if days.ndim and values.ndim > 1 else days


def _check(days: _Days, since: Day, market: str, which: str) -> None:
    known = days[~np.isnat(days)]
    if known.size and known.min() < np.datetime64(since):
        raise ArgumentError(f"date={known.min()}: the rules{which} of {market} are known from {since} on.")
