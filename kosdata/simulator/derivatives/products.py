"""The products of the derivatives market, one row each: the names, the sizes and the trade that no rule tells.

Numbers, ticks, expiries, strikes and connected codes are those of the catalogue, wherever it has them. Prices are
whole hundredths of what the product is quoted in (index points, won, per cent of face value), so that no sum is ever
rounded by a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import date
from functools import partial
from typing import Any, Final, Literal, TypeAlias

from kosdata.catalogue import contracts
from kosdata.catalogue.codes import CONNECTED, SUFFIXES
from kosdata.catalogue.contracts import Expiry
from kosdata.catalogue.price_rules import UNIT, TickTable, tick_tables

Kind: TypeAlias = Literal["futures", "options"]

Ladder: TypeAlias = tuple[tuple[int, int], ...]
"""Tick sizes as (from this price on, tick), lowest first, in hundredths."""


# Rows are compared by identity: they are keys of every cache, and hashing all their fields each time would show.
@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """One product of a derivatives market.

    Attributes
    ----------
    market : str
        Market code of the routes.
    name, short_name : str
        What its Korean names begin with.
    underlying : str
        Index or stock code of what it is on, or the name of a walk.
    underlying_id : str
        The same as masters print it.
    number : str
        Second and third character of its codes; the first says future, call or put.
    suffix : str
        Number of the product in KOSCOM's own keys.
    ticks : tuple of TickTable
        Tick sizes, oldest first; ask `ladder`.
    multiplier : int
        Won for one point.
    terms : tuple of int
        Months that a contract of January, February, ... stands listed before it expires; 0 where there is none.
    activity : int
        Contracts that change hands on an ordinary day in the nearest month, for options at the money.
    connected : str
        Code that always means the nearest contract, if there is one.
    expiry : Expiry
        Day of the month on which trading ends.
    limits : tuple of int
        The three price limits, in basis points.
    strike_step : int
        Distance of two strikes, in hundredths; 0 for futures.
    forward_tick : int
        Tick of the future that an option is priced from, in hundredths; 0 for futures.
    volatility : int
        Per cent of the volatility index that options are priced with.
    """

    market: str
    name: str
    short_name: str
    underlying: str
    underlying_id: str
    _: KW_ONLY
    number: str
    suffix: str
    ticks: tuple[TickTable, ...]
    multiplier: int
    terms: tuple[int, ...]
    activity: int
    connected: str = ""
    expiry: Expiry = contracts.PRODUCTS["kospi200"].expiry
    limits: tuple[int, int, int] = (800, 1_500, 2_000)
    strike_step: int = 0
    forward_tick: int = 0
    volatility: int = 100

    def ladder(self, day: date) -> Ladder:
        """Return the tick sizes of a day; the oldest that are known hold before it too."""
        return next((rule.bands for rule in reversed(self.ticks) if rule.since <= day), self.ticks[0].bands)


_MONTHLY: Final = (6,) * 12
_QUARTERLY: Final = (0, 0, 12) * 4
_TWO_QUARTERS: Final = (0, 0, 6) * 4
_INDEX_FUTURES: Final = (0, 0, 12, 0, 0, 24, 0, 0, 12, 0, 0, 36)
_INDEX_OPTIONS: Final = (3, 3, 12, 3, 3, 24, 3, 3, 12, 3, 3, 36)
_SHORT_OPTIONS: Final = (3, 3, 6) * 4

_ALIASES: Final = {market: code for code, market in CONNECTED.items()}
_SECTOR_TICKS: Final = TickTable(date.min, ((0, 20),))  # no rule is public


def _product(kind: Kind, market: str, *names: str, of: str = "", suffix: str = "", **own: Any) -> Product:
    """Return a product: its own, and what the catalogue says of its market, or of the one that it is a copy `of`."""
    rule = contracts.PRODUCTS[of or market]
    said: dict[str, Any] = {
        "number": rule.number,
        "suffix": SUFFIXES.get((market, kind), suffix),
        "ticks": tick_tables(rule.market, kind),
        "expiry": rule.expiry,
    }
    if kind == "futures":
        said["connected"] = _ALIASES[market]
    else:
        said["strike_step"] = round(rule.strike_step * UNIT)
        said["forward_tick"] = tick_tables(rule.market)[-1].bands[0][1]
    return Product(market, *names, **own | said)


def _sector(number: str, name: str, underlying: str) -> Product:
    return Product(
        "sector", name, name, underlying, name.replace(" ", ""),
        number=number, suffix="121", ticks=(_SECTOR_TICKS,), multiplier=10_000, terms=_QUARTERLY, activity=900,
    )  # fmt: skip


def _share(number: str, name: str, underlying: str, activity: int) -> Product:
    return Product(
        "stock", name, name, underlying, underlying, number=number, suffix="107", ticks=tick_tables("stock"),
        multiplier=10, terms=_QUARTERLY, activity=activity, limits=(1_000, 2_000, 3_000),
    )  # fmt: skip


_future, _option = partial(_product, "futures"), partial(_product, "options")

# fmt: off
_FUTURES: Final = (
    _future("kospi200", "KOSPI200", "K200", "K51", "KOSPI200",
            multiplier=250_000, terms=_INDEX_FUTURES, activity=240_000),
    _future("mini_kospi200", "MINI KOSPI200", "MINI K200", "K51", "KOSPI200",
            multiplier=50_000, terms=_MONTHLY, activity=110_000),
    _future("kosdaq150", "KOSDAQ150", "KQ150", "Q203", "KOSDAQ150", suffix="115",
            multiplier=10_000, terms=_INDEX_FUTURES, activity=60_000),
    _sector("54", "K200 에너지화학", "K154"),
    _sector("55", "K200 정보기술", "K155"),
    _sector("56", "K200 금융", "K156"),
    _sector("58", "K200 경기소비재", "K158"),
    _sector("60", "K200 헬스케어", "K160"),
    _future("vix", "V-KOSPI200", "VKOSPI", "VKOSPI", "VKOSPI", suffix="113",
            multiplier=250_000, terms=_MONTHLY, activity=40, limits=(3_000, 4_500, 6_000)),
    _share("11", "삼성전자", "005930", 120_000),
    _share("50", "SK하이닉스", "000660", 60_000),
    _share("16", "현대차", "005380", 30_000),
    _share("53", "NAVER", "035420", 20_000),
    _share("47", "카카오", "035720", 20_000),
    _future("usd", "미국달러", "달러", "USD", "USD", suffix="008",
            multiplier=10_000, terms=_MONTHLY, activity=350_000, limits=(450, 450, 450)),
    _future("yen", "엔", "엔", "JPY", "JPY", suffix="009",
            multiplier=10_000, terms=_MONTHLY, activity=3_000, limits=(525, 525, 525)),
    _future("euro", "유로", "유로", "EUR", "EUR", suffix="010",
            multiplier=10_000, terms=_MONTHLY, activity=900, limits=(525, 525, 525)),
    _future("ktb3", "3년국채", "KTB3", "KTB3", "KTB3", suffix="007",
            multiplier=1_000_000, terms=_TWO_QUARTERS, activity=120_000, limits=(150, 150, 150)),
    _future("ktb5", "5년국채", "KTB5", "KTB5", "KTB5", suffix="011",
            multiplier=1_000_000, terms=_TWO_QUARTERS, activity=300, limits=(180, 180, 180)),
    _future("ktb10", "10년국채", "KTB10", "KTB10", "KTB10", suffix="012",
            multiplier=1_000_000, terms=_TWO_QUARTERS, activity=55_000, limits=(270, 270, 270)),
    _future("lean_hogs", "돈육", "돈육", "LEANHOG", "LEANHOG", suffix="101",
            multiplier=1_000, terms=_MONTHLY, activity=12, limits=(2_100, 2_100, 2_100)),
    _future("cme_kospi200", "CME KOSPI200", "CME K200", "K51", "KOSPI200", of="kospi200", suffix="105",
            multiplier=250_000, terms=_INDEX_FUTURES, activity=20_000),
    _future("eurostoxx", "유로스탁스50", "ESX50", "SX5E", "SX5E", suffix="117",
            multiplier=10_000, terms=_QUARTERLY, activity=600),
)

_OPTIONS: Final = (
    _option("kospi200", "KOSPI 200", "K200", "K51", "KOSPI200",
            multiplier=250_000, terms=_INDEX_OPTIONS, activity=40_000),
    _option("mini_kospi200", "MINI KOSPI 200", "MINI K200", "K51", "KOSPI200", suffix="104",
            multiplier=50_000, terms=_SHORT_OPTIONS, activity=6_000),
    _option("kosdaq150", "KOSDAQ 150", "KQ150", "Q203", "KOSDAQ150", suffix="116",
            multiplier=10_000, terms=_SHORT_OPTIONS, activity=400, volatility=130),
)
# fmt: on


def _by_market(products: tuple[Product, ...]) -> dict[str, tuple[Product, ...]]:
    markets = dict.fromkeys(product.market for product in products)
    return {market: tuple(product for product in products if product.market == market) for market in markets}


PRODUCTS: Final[Mapping[Kind, Mapping[str, tuple[Product, ...]]]] = {
    "futures": _by_market(_FUTURES),
    "options": _by_market(_OPTIONS),
}
"""The products of each market code, futures and options apart."""
