"""Which futures and options exist on a day: their codes, names and dates, as the exchange makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.contracts import FIRST_YEAR, HUNDREDS, MONTHS, YEARS, Month, last_trade_date
from kosdata.simulator.derivatives.products import Product
from kosdata.simulator.shares.issues import check_digit

__all__ = [
    "HIGHEST_STRIKE",
    "Contract",
    "Listings",
    "Month",
    "Right",
    "Series",
    "connected",
    "contract",
    "isin",
    "parse",
]

HIGHEST_STRIKE: Final = 100 * (100 * len(HUNDREDS) - 1)
"""The highest strike that a code can say, in hundredths."""

_WEEK: Final = timedelta(days=7)


class Right(StrEnum):
    """What a contract is, as the first character of its code says it."""

    FUTURE = "1"
    CALL = "2"
    PUT = "3"


@dataclass(frozen=True, slots=True)
class Series:
    """All contracts of a product that expire together.

    Attributes
    ----------
    list_date, last_trade_date : date
        First and last session.
    near_date : date
        First session on which no contract of the product expires earlier.
    """

    product: Product
    month: Month
    list_date: date
    near_date: date
    last_trade_date: date


@dataclass(frozen=True, slots=True)
class Contract:
    """One future or option.

    Attributes
    ----------
    strike : int
        Strike in hundredths; 0 for a future.
    live_code : str, optional
        Code of the contract that this connected code stands for; None for an ordinary contract.
    """

    code: str
    isin: str
    name_ko: str
    name_ko_short: str
    koscom_key: str
    series: Series
    right: Right
    strike: int = 0
    live_code: str | None = None

    @property
    def product(self) -> Product:
        """The product that the contract belongs to."""
        return self.series.product

    @property
    def is_connected(self) -> bool:
        """Whether the code stands for whichever contract is nearest."""
        return self.live_code is not None


class Listings:
    """The series of every product, by the calendar of an exchange.

    Parameters
    ----------
    calendar : Calendar
        Trading days. Expiries beyond the days it knows fall on their weekday.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self.series = lru_cache(maxsize=4096)(self._series)

    def on(self, product: Product, day: date) -> list[Series]:
        """Return the series listed on a day, nearest first."""
        found = (self.series(product, month) for month in _months(Month.of(day), max(product.terms)))
        return [series for series in found if series and series.list_date <= day <= series.last_trade_date]

    def nearest(self, product: Product, day: date) -> Series:
        """Return the series that expires next, on `day` at the earliest."""
        return next(self.between(product, day, day))

    def meant(self, product: Product, month: Month, day: date) -> Series | None:
        """Return the series that a code with this month means on a day; codes come back after thirty years."""
        series = self.series(product, month)
        older = self.series(product, month.plus(-12 * len(YEARS)))
        if series and older and series.list_date > day and older.last_trade_date >= self._calendar.valid_from:
            return older
        return series

    def between(self, product: Product, start: date, end: date) -> Iterator[Series]:
        """Yield the series that were nearest on some day of a span, oldest first."""
        month = Month.of(start)
        while True:
            series = self.series(product, month)
            if series and series.near_date > end:
                return
            if series and series.last_trade_date >= start:
                yield series
            month = month.plus(1)

    def _series(self, product: Product, month: Month) -> Series | None:
        term = product.terms[month.month - 1]
        if not term:
            return None
        last = last_trade_date(product, month, self._calendar)
        before = next(m for m in _months(month.plus(-1), -12) if product.terms[m.month - 1])
        return Series(
            product,
            month,
            list_date=self._after(last_trade_date(product, month.plus(-term), self._calendar)),
            near_date=self._after(last_trade_date(product, before, self._calendar)),
            last_trade_date=last,
        )

    def _after(self, day: date) -> date:
        is_known = self._calendar.knows(day) and self._calendar.knows(day + 2 * _WEEK)
        return self._calendar.next_session(day) if is_known else day + timedelta(days=1)


def contract(series: Series, right: Right = Right.FUTURE, strike: int = 0) -> Contract:
    """Return the contract of a series: the future, or the option of one right and strike."""
    product = series.product
    code = _code(product, right, series.month, strike)
    month = series.month.text[2:]
    if right is Right.FUTURE:
        name = f"{product.name} 선물 {month}"
        short_name = f"{product.short_name} 선물 {month}"
    else:
        word, letter = ("콜", "C") if right is Right.CALL else ("풋", "P")
        points = f"{strike // 100}.{strike % 100 // 10}"
        name = f"{product.name} {word}옵션 {month} {points}"
        short_name = f"{product.short_name} 옵션 {month} {letter}{points}"
    return Contract(code, isin(code), name, short_name, f"{code}*{product.suffix}", series, right, strike)


def connected(live: Contract) -> Contract:
    """Return the row of the connected code that stands for a contract."""
    code = live.product.connected
    return replace(live, code=code, koscom_key=code, live_code=live.code)


def isin(code: str) -> str:
    """Return the standard code of a short code of eight characters: country, code and check digit.

    Examples
    --------
    >>> isin("101S6000")
    'KR4101S60008'
    """
    body = f"KR4{code}"
    return f"{body}{check_digit(body)}"


def parse(code: str, product: Product) -> tuple[Right, Month, int] | None:
    """Return what a code says: right, month of expiry and strike in hundredths; None if it is none of `product`.

    Examples
    --------
    >>> from kosdata.simulator.derivatives.products import PRODUCTS
    >>> parse("301S6212", PRODUCTS["options"]["kospi200"][0])
    (<Right.PUT: '3'>, Month(year=2022, month=6), 21250)
    """
    try:
        right, month, strike = _read(code, product.strike_step)
    except (ValueError, IndexError):
        return None
    is_own = (right is Right.FUTURE) is (product.strike_step == 0)
    return (right, month, strike) if is_own and code == _code(product, right, month, strike) else None


def _read(code: str, strike_step: int) -> tuple[Right, Month, int]:
    month = Month(FIRST_YEAR + YEARS.index(code[3]), MONTHS.index(code[4]) + 1)
    points = 100 * HUNDREDS.index(code[5]) + int(code[6:])
    # Codes cut the half point off a strike: it is the multiple of the step at or just above the points.
    strike = -(-points * 100 // strike_step) * strike_step if strike_step else 0
    return Right(code[0]), month, strike


def _code(product: Product, right: Right, month: Month, strike: int) -> str:
    hundreds, points = divmod(strike // 100, 100)
    year = YEARS[(month.year - FIRST_YEAR) % len(YEARS)]
    return f"{right}{product.number}{year}{MONTHS[month.month - 1]}{HUNDREDS[hundreds]}{points:02}"


def _months(first: Month, count: int) -> Iterator[Month]:
    step = 1 if count > 0 else -1
    return (first.plus(months) for months in range(0, count + step, step))
