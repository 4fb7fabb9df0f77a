"""What a code says by itself."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime
from typing import Final, Literal, NamedTuple

from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.codes import CONNECTED, indices
from kosdata.catalogue.contracts import (
    PRODUCTS,
    Month,
    Right,
    kind_of,
    last_trade_date,
    market_of,
    month_of,
    right_of,
    strike_of,
)
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError
from kosdata.research.spans import Date
from kosdata.wire import arguments as args

__all__ = ["CodeParts", "parse_code"]

_STOCK_LENGTH: Final = 6


class CodeParts(NamedTuple):
    """A code, taken apart; what it does not say is None.

    Parameters
    ----------
    code : str
        Short code.
    product : {"stock", "index", "futures", "options", "spread"}
        What it is; funds, notes and warrants are traded as stocks.
    market : str, optional
        Market code. Codes of stocks, and of futures on single stocks and sectors, do not say it.
    right : {"future", "call", "put", "spread"}, optional
        What a contract is.
    month : str, optional
        Month that a contract expires in, ``"2024-03"``; the nearer one of a spread.
    expiry : date, optional
        Last trading day of a contract of a product that is known.
    strike : float, optional
        Strike of an option in points.
    """

    code: str
    product: Literal["stock", "index", "futures", "options", "spread"]
    market: str | None = None
    right: Right | None = None
    month: str | None = None
    expiry: Day | None = None
    strike: float | None = None


def parse_code(code: str, date: Date | None = None) -> CodeParts:
    """Return what a code says by itself: product, market, expiry and strike.

    Parameters
    ----------
    code : str
        Code in any spelling: ``"005930"``, ``"A005930"``, an ISIN, ``"101S6000*005"``.
    date : str, date or Timestamp, optional
        Day around which the code was in use. Today by default; the letters of the years come back after thirty.

    Returns
    -------
    CodeParts
        A named tuple of ``code``, ``product``, ``market``, ``right``, ``month``, ``expiry`` and ``strike``; None for
        what the code does not say.

    Raises
    ------
    ArgumentError
        If it can be no code.

    See Also
    --------
    master : What the exchange says of one instrument.
    search : Codes by name.

    Notes
    -----
    Nothing is asked, so that a code may be well formed and yet listed nowhere. The expiry is the last session on or
    before the weekday of the rule; beyond the built-in calendar it is that weekday.

    Examples
    --------
    >>> kd.parse_code("201V3330", "2024-01-12")
    CodeParts(code='201V3330', product='options', market='kospi200', right='call', month='2024-03', \
expiry=datetime.date(2024, 3, 14), strike=330.0)
    >>> kd.parse_code("KR7005930003").product, kd.parse_code("K2FA001").market
    ('stock', 'kospi200')
    """
    short = args.short_code(code)
    if row := indices().get(short):
        return CodeParts(short, "index", row["market"])
    if (market := CONNECTED.get(short)) is not None:
        return CodeParts(short, "futures", market, "future")
    right = right_of(short)
    if right is not None:
        near = datetime.now(SEOUL).date() if date is None else args.day(date)
        return _contract(short, right, month_of(short, near.year))
    if len(short) == _STOCK_LENGTH and any(map(str.isdecimal, short)):
        return CodeParts(short, "stock")
    raise ArgumentError(f"code={code!r} is shaped like no code: 005930 is a stock, 101V3000 a future, K1 an index.")


def _contract(code: str, right: Right, month: Month | None) -> CodeParts:
    market = market_of(code)
    product = "spread" if right == "spread" else kind_of(code) or "futures"
    if month is None:
        return CodeParts(code, product, market, right)
    expiry = None if market is None else last_trade_date(PRODUCTS[market], month, KRX)
    return CodeParts(code, product, market, right, f"{month.year}-{month.month:02}", expiry, strike_of(code))
