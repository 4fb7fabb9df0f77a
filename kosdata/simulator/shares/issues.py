"""What an issue is: its codes and names, when it is listed, and what its price and trade are like."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from datetime import date
from typing import Final

__all__ = ["BASKET", "Days", "Issue", "Split", "Tracker", "check_digit", "isin"]

BASKET: Final = 50_000
"""Shares of a fund that its basket of constituents stands for."""

_FUNDS: Final = {"EF": "etf", "EN": "etn"}


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of days, both ends included; without a last day it goes on."""

    first: date
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        """Return whether `day` lies in the stretch."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Split:
    """From `day` on, `old` shares are `new` ones; a reverse split has fewer new than old."""

    day: date
    new: int
    old: int


@dataclass(frozen=True, slots=True)
class Tracker:
    """How a fund follows the members of an index: once, doubly or inversely."""

    index: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Issue:
    """One listed security.

    Attributes
    ----------
    code, isin : str
        Short and standard code.
    market : str
        ``"kospi"``, ``"kosdaq"`` or ``"konex"``.
    name_ko, name_ko_short, name_en : str
        Names.
    group : str
        Security group, such as ``ST`` or ``EF``.
    industry : str
        Code of the index of its industry; empty for funds.
    list_date : date
        First day listed.
    delist_date : date, optional
        First day no longer listed.
    shares : int
        Shares listed today; before a split there were others.
    parval : int
        Par value in won, today.
    prices : pair of int
        About where the price was in 2000 and is now, both in shares of today.
    beta : int
        Part in the moves of the market, in per cent.
    noise : int
        Moves of its own, a standard deviation of daily millionths.
    turnover : int
        Millionths of the shares that change hands on an ordinary day.
    liquidity : int
        From 0, a few dozen trades a day, to 4, many hundreds.
    eps, bps, dps : int
        Earnings, book value and dividend a share, in won of today.
    fiscal_month : int
        Month that ends the business year.
    tracker : Tracker, optional
        What it follows, if it is an ETF.
    splits : tuple of Split
        Oldest first.
    halts : tuple of Days
        Stretches without trading.
    halt_week : int, optional
        Week of every year without trading.
    administrative : Days, optional
        Under administration.
    """

    code: str
    isin: str
    market: str
    name_ko: str
    name_ko_short: str
    name_en: str
    _: KW_ONLY
    group: str = "ST"
    industry: str = ""
    list_date: date
    delist_date: date | None = None
    shares: int
    parval: int = 500
    prices: tuple[int, int]
    beta: int = 100
    noise: int = 20_000
    turnover: int = 4_000
    liquidity: int = 2
    eps: int = 0
    bps: int = 0
    dps: int = 0
    fiscal_month: int = 12
    tracker: Tracker | None = None
    splits: tuple[Split, ...] = ()
    halts: tuple[Days, ...] = ()
    halt_week: int | None = None
    administrative: Days | None = None

    @property
    def rules(self) -> str:
        """Whose ticks and price limits it has: those of its market, or of ``etf`` or ``etn`` wherever it is listed."""
        return _FUNDS.get(self.group, self.market)

    @property
    def is_stock(self) -> bool:
        """Whether it counts in the indices of its market: no fund, no note."""
        return self.group not in _FUNDS

    @property
    def is_preferred(self) -> bool:
        """Whether it is a preferred share; their codes do not end in 0."""
        return self.is_stock and not self.code.endswith("0")

    def is_listed(self, day: date) -> bool:
        """Return whether it is listed on `day`."""
        return self.list_date <= day and (self.delist_date is None or day < self.delist_date)

    def is_halted(self, day: date) -> bool:
        """Return whether it is listed on `day` and may not be traded."""
        return any(day in halt for halt in self.halts) or (
            self.halt_week is not None and day.isocalendar().week == self.halt_week
        )


def check_digit(body: str) -> int:
    """Return the check digit of the first eleven characters of an ISIN.

    Examples
    --------
    >>> check_digit("KR700593000")
    3
    """
    digits = "".join(str(int(character, 36)) for character in body)
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    return -(doubled + sum(map(int, digits[-2::-2]))) % 10


def isin(code: str, group: str = "ST") -> str:
    """Return the standard code of a Korean issue; the series of a preferred share stands behind its number.

    Examples
    --------
    >>> isin("005930"), isin("005935"), isin("590003", "EN")
    ('KR7005930003', 'KR7005931001', 'KRG590000037')
    """
    if group == "EN":
        body = f"KRG{code[:3]}00{code[3:]}"
    elif group == "ST" and not code.endswith("0"):
        body = f"KR7{code[:5]}100"
    else:
        body = f"KR7{code}00"
    return f"{body}{check_digit(body)}"
