"""How the codes of futures and options are made: right, product, month of expiry, strike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.codes import CONNECTED

__all__ = [
    "FIRST_YEAR",
    "HUNDREDS",
    "MONTHS",
    "OPTION_MARKETS",
    "PRODUCTS",
    "YEARS",
    "Expiry",
    "Month",
    "Product",
    "Right",
    "futures_code",
    "kind_of",
    "last_trade_date",
    "market_of",
    "month_of",
    "respelled",
    "right_of",
    "strike_of",
]

Right: TypeAlias = Literal["future", "call", "put", "spread"]

# The second spelling is that of the codes that the exchange has given out since it changed them.
_RIGHTS: Final[Mapping[str, Right]] = {
    **{"1": "future", "2": "call", "3": "put", "4": "spread"},
    **{"A": "future", "B": "call", "C": "put", "D": "spread"},
}
_RESPELLED_OPTIONS: Final = "BC"
_LENGTH: Final = 8
_RESPELLED: Final = {**dict(zip("1234", "ABCD", strict=True)), **dict(zip("ABCD", "1234", strict=True))}
_RESPELLED_SINCE: Final = 2026

YEARS: Final = "ABCDEFGHJKLMNPQRSTVW6789012345"
"""The year of expiry, in a cycle of thirty: A is 2006, W is 2025, 6 is 2026. I, O and U are left out."""
FIRST_YEAR: Final = 2006
MONTHS: Final = "123456789ABC"
HUNDREDS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Hundreds of points of a strike; letters go on after 9."""


class Month(NamedTuple):
    """A calendar month."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month of a day."""
        return cls(day.year, day.month)

    def plus(self, months: int) -> Month:
        """Return the month so many months later, or earlier if negative."""
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)

    @property
    def text(self) -> str:
        """The month as masters print it: ``202206``."""
        return f"{self.year}{self.month:02}"


class Expiry(NamedTuple):
    """The n-th such weekday of a month, Monday being 0."""

    nth: int
    weekday: int


_THURSDAY_2: Final = Expiry(2, 3)
_QUARTERS: Final = (3, 6, 9, 12)
_EVERY_MONTH: Final = tuple(range(1, 13))


@dataclass(frozen=True, slots=True)
class Product:
    """One product whose codes say by themselves which market they belong to.

    Parameters
    ----------
    number : str
        Second and third character of its codes.
    market : str
        Market code of the routes.
    months : tuple of int
        Months that its futures expire in.
    expiry : Expiry
        Last trading day; the session before where that is none.
    strike_step : float
        What the strikes of its options are multiples of; 0 where there are none.
    """

    number: str
    market: str
    months: tuple[int, ...] = _QUARTERS
    expiry: Expiry = _THURSDAY_2
    strike_step: float = 0


PRODUCTS: Final[Mapping[str, Product]] = {
    product.market: product
    for product in (
        Product("01", "kospi200", strike_step=2.5),
        Product("05", "mini_kospi200", _EVERY_MONTH, strike_step=2.5),
        Product("06", "kosdaq150", strike_step=25),
        Product("04", "vix", _EVERY_MONTH, Expiry(2, 1)),
        Product("75", "usd", _EVERY_MONTH, Expiry(3, 0)),
        Product("76", "yen", _EVERY_MONTH, Expiry(3, 0)),
        Product("77", "euro", _EVERY_MONTH, Expiry(3, 0)),
        Product("65", "ktb3", _QUARTERS, Expiry(3, 1)),
        Product("66", "ktb5", _QUARTERS, Expiry(3, 1)),
        Product("67", "ktb10", _QUARTERS, Expiry(3, 1)),
        Product("88", "lean_hogs", _EVERY_MONTH, Expiry(3, 2)),
        Product("08", "eurostoxx", _QUARTERS, Expiry(3, 4)),
    )
}
"""Products by market. Single stocks and sectors have many numbers each and are looked up in their lists."""

OPTION_MARKETS: Final = tuple(product.market for product in PRODUCTS.values() if product.strike_step)
"""Markets that have options."""

_BY_NUMBER: Final = {product.number: product for product in PRODUCTS.values()}


def right_of(code: str) -> Right | None:
    """Return what a contract is; None if the code is none of a contract.

    Examples
    --------
    >>> right_of("101S6000"), right_of("301S6212"), right_of("005930")
    ('future', 'put', None)
    """
    if len(code) != _LENGTH or not code.isalnum():
        return None
    # The letters of weekly options say neither year nor month.
    is_one = (code[3] in YEARS and code[4] in MONTHS) or code[0] in _RESPELLED_OPTIONS
    return _RIGHTS.get(code[0]) if is_one else None


def kind_of(code: str) -> Literal["futures", "options"] | None:
    """Return what a contract is, connected futures and spreads included; None if the code is none of a contract.

    Examples
    --------
    >>> kind_of("101S6000"), kind_of("K2FA001"), kind_of("301S6212"), kind_of("005930")
    ('futures', 'futures', 'options', None)
    """
    right = right_of(code)
    if right is None:
        return "futures" if code in CONNECTED else None
    return "options" if right in ("call", "put") else "futures"


def market_of(code: str) -> str | None:
    """Return the market of a contract; None if the code does not say."""
    product = _BY_NUMBER.get(code[1:3]) if right_of(code) else None
    return product.market if product else CONNECTED.get(code)


def month_of(code: str, near: int) -> Month | None:
    """Return the month that a contract expires in; of the years that a letter stands for, the nearest to one.

    Examples
    --------
    >>> month_of("101S6000", near=2024)
    Month(year=2022, month=6)
    """
    if right_of(code) is None or code[3] not in YEARS or code[4] not in MONTHS:
        return None
    year = FIRST_YEAR + YEARS.index(code[3])
    cycle = len(YEARS)
    return Month(year + round((near - year) / cycle) * cycle, MONTHS.index(code[4]) + 1)


def strike_of(code: str) -> float | None:
    """Return the strike of an option of a known product; None if the code says none.

    Codes cut the half point off a strike: it is the multiple of the product's step at or just above what they say.
    From a thousand points on, codes that the exchange has given out since it changed them say none.

    Examples
    --------
    >>> strike_of("301S6212"), strike_of("206V2J25"), strike_of("101S6000")
    (212.5, 1925.0, None)
    """
    product = _BY_NUMBER.get(code[1:3])
    if right_of(code) not in ("call", "put") or product is None or not product.strike_step:
        return None
    if code[5] not in HUNDREDS or not code[6:].isdecimal():
        return None
    if code[0] in _RESPELLED_OPTIONS and code[5].isalpha():
        return None  # a serial number
    points = 100 * HUNDREDS.index(code[5]) + int(code[6:])
    return float(math.ceil(points / product.strike_step) * product.strike_step)


def futures_code(product: Product, month: Month) -> str:
    """Return the code of the future of a product that expires in a month.

    Examples
    --------
    >>> futures_code(PRODUCTS["kospi200"], Month(2022, 6)), futures_code(PRODUCTS["usd"], Month(2026, 12))
    ('101S6000', 'A756C000')
    """
    right = "1" if month.year < _RESPELLED_SINCE else "A"
    year = YEARS[(month.year - FIRST_YEAR) % len(YEARS)]
    return f"{right}{product.number}{year}{MONTHS[month.month - 1]}000"


def respelled(code: str) -> str:
    """Return the code of a contract in the other spelling of its right.

    Examples
    --------
    >>> respelled("101S6000"), respelled("A756C000")
    ('A01S6000', '1756C000')
    """
    return _RESPELLED[code[0]] + code[1:]


class Expiring(Protocol):
    """Whatever expires by a rule."""

    @property
    def expiry(self) -> Expiry:
        """The rule."""


def last_trade_date(product: Expiring, month: Month, calendar: Calendar) -> date:
    """Return the last session of the contracts that expire in a month; beyond the calendar, the weekday itself.

    Examples
    --------
    >>> from kosdata.catalogue.calendar import KRX
    >>> last_trade_date(PRODUCTS["usd"], Month(2022, 8), KRX)
    datetime.date(2022, 8, 12)
    """
    first = date(month.year, month.month, 1)
    ahead = (product.expiry.weekday - first.weekday()) % 7
    day = first + timedelta(days=ahead + 7 * (product.expiry.nth - 1))
    return calendar.latest_session(day) if calendar.knows(day) else day
