"""The products of the derivatives market, one row each: what they are on, how they are quoted, when they expire.

Prices are whole hundredths of what the product is quoted in (index points, won, per cent of face value), so that no
sum is ever rounded by a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Final, Literal, TypeAlias

from kosdata.catalogue.contracts import Expiry

Kind: TypeAlias = Literal["futures", "options"]

Ladder: TypeAlias = tuple[tuple[int, int], ...]
"""Tick sizes as (from this price on, tick), lowest first, in hundredths."""


_THURSDAY_2: Final = Expiry(2, 3)
_TUESDAY_2: Final = Expiry(2, 1)
_MONDAY_3: Final = Expiry(3, 0)
_TUESDAY_3: Final = Expiry(3, 1)
_WEDNESDAY_3: Final = Expiry(3, 2)
_FRIDAY_3: Final = Expiry(3, 4)


# Rows are compared by identity: they are keys of every cache, and hashing all their fields each time would show.
@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """One product of a derivatives market.

    Attributes
    ----------
    market : str
        Market code of the routes.
    number : str
        Second and third character of its codes; the first says future, call or put.
    name, short_name : str
        What its Korean names begin with.
    underlying : str
        Index or stock code of what it is on, or the name of a walk.
    underlying_id : str
        The same as masters print it.
    suffix : str
        Number of the product in KOSCOM's own keys.
    ticks : Ladder
        Tick sizes.
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
    number: str
    name: str
    short_name: str
    underlying: str
    underlying_id: str
    suffix: str
    _: KW_ONLY
    ticks: Ladder
    multiplier: int
    terms: tuple[int, ...]
    activity: int
    connected: str = ""
    expiry: Expiry = _THURSDAY_2
    limits: tuple[int, int, int] = (800, 1_500, 2_000)
    strike_step: int = 0
    forward_tick: int = 0
    volatility: int = 100


_MONTHLY: Final = (6,) * 12
_QUARTERLY: Final = (0, 0, 12) * 4
_TWO_QUARTERS: Final = (0, 0, 6) * 4
_INDEX_FUTURES: Final = (0, 0, 12, 0, 0, 24, 0, 0, 12, 0, 0, 36)
_INDEX_OPTIONS: Final = (3, 3, 12, 3, 3, 24, 3, 3, 12, 3, 3, 36)
_SHORT_OPTIONS: Final = (3, 3, 6) * 4

_PREMIUM_TICKS: Final[Ladder] = ((0, 1), (1_000, 5))
_SHARE_TICKS: Final[Ladder] = (
    (0, 1_000),
    (1_000_000, 5_000),
    (5_000_000, 10_000),
    (10_000_000, 50_000),
    (50_000_000, 100_000),
)


def _sector(number: str, name: str, underlying: str) -> Product:
    return Product(
        "sector", number, name, name, underlying, name.replace(" ", ""), "121",
        ticks=((0, 20),), multiplier=10_000, terms=_QUARTERLY, activity=900,
    )  # fmt: skip


def _share(number: str, name: str, underlying: str, activity: int) -> Product:
    return Product(
        "stock", number, name, name, underlying, underlying, "107",
        ticks=_SHARE_TICKS, multiplier=10, terms=_QUARTERLY, activity=activity, limits=(1_000, 2_000, 3_000),
    )  # fmt: skip


# fmt: off
_FUTURES: Final = (
    Product("kospi200", "01", "KOSPI200", "K200", "K51", "KOSPI200", "005", connected="K2FA001",
            ticks=((0, 5),), multiplier=250_000, terms=_INDEX_FUTURES, activity=240_000),
    Product("mini_kospi200", "05", "MINI KOSPI200", "MINI K200", "K51", "KOSPI200", "103", connected="M2FA001",
            ticks=((0, 2),), multiplier=50_000, terms=_MONTHLY, activity=110_000),
    Product("kosdaq150", "06", "KOSDAQ150", "KQ150", "Q203", "KOSDAQ150", "115", connected="KSFA001",
            ticks=((0, 10),), multiplier=10_000, terms=_INDEX_FUTURES, activity=60_000),
    _sector("54", "K200 에너지화학", "K154"),
    _sector("55", "K200 정보기술", "K155"),
    _sector("56", "K200 금융", "K156"),
    _sector("58", "K200 경기소비재", "K158"),
    _sector("60", "K200 헬스케어", "K160"),
    Product("vix", "04", "V-KOSPI200", "VKOSPI", "VKOSPI", "VKOSPI", "113", connected="VIFA001",
            ticks=((0, 5),), multiplier=250_000, terms=_MONTHLY, activity=40, expiry=_TUESDAY_2,
            limits=(3_000, 4_500, 6_000)),
    _share("11", "삼성전자", "005930", 120_000),
    _share("50", "SK하이닉스", "000660", 60_000),
    _share("16", "현대차", "005380", 30_000),
    _share("53", "NAVER", "035420", 20_000),
    _share("47", "카카오", "035720", 20_000),
    Product("usd", "75", "미국달러", "달러", "USD", "USD", "008", connected="KUFA001",
            ticks=((0, 10),), multiplier=10_000, terms=_MONTHLY, activity=350_000, expiry=_MONDAY_3,
            limits=(450, 450, 450)),
    Product("yen", "76", "엔", "엔", "JPY", "JPY", "009", connected="KYFA001",
            ticks=((0, 10),), multiplier=10_000, terms=_MONTHLY, activity=3_000, expiry=_MONDAY_3,
            limits=(525, 525, 525)),
    Product("euro", "77", "유로", "유로", "EUR", "EUR", "010", connected="KEFA001",
            ticks=((0, 10),), multiplier=10_000, terms=_MONTHLY, activity=900, expiry=_MONDAY_3,
            limits=(525, 525, 525)),
    Product("ktb3", "65", "3년국채", "KTB3", "KTB3", "KTB3", "007", connected="KBFA001",
            ticks=((0, 1),), multiplier=1_000_000, terms=_TWO_QUARTERS, activity=120_000, expiry=_TUESDAY_3,
            limits=(150, 150, 150)),
    Product("ktb5", "66", "5년국채", "KTB5", "KTB5", "KTB5", "011", connected="K5FA001",
            ticks=((0, 1),), multiplier=1_000_000, terms=_TWO_QUARTERS, activity=300, expiry=_TUESDAY_3,
            limits=(180, 180, 180)),
    Product("ktb10", "67", "10년국채", "KTB10", "KTB10", "KTB10", "012", connected="KXFA001",
            ticks=((0, 1),), multiplier=1_000_000, terms=_TWO_QUARTERS, activity=55_000, expiry=_TUESDAY_3,
            limits=(270, 270, 270)),
    Product("lean_hogs", "88", "돈육", "돈육", "LEANHOG", "LEANHOG", "101", connected="KLFA001",
            ticks=((0, 500),), multiplier=1_000, terms=_MONTHLY, activity=12, expiry=_WEDNESDAY_3,
            limits=(2_100, 2_100, 2_100)),
    Product("cme_kospi200", "01", "CME KOSPI200", "CME K200", "K51", "KOSPI200", "105", connected="CKFA020",
            ticks=((0, 5),), multiplier=250_000, terms=_INDEX_FUTURES, activity=20_000),
    Product("eurostoxx", "08", "유로스탁스50", "ESX50", "SX5E", "SX5E", "117", connected="GIXFSSX5E",
            ticks=((0, 100),), multiplier=10_000, terms=_QUARTERLY, activity=600, expiry=_FRIDAY_3),
)

_OPTIONS: Final = (
    Product("kospi200", "01", "KOSPI 200", "K200", "K51", "KOSPI200", "006",
            ticks=_PREMIUM_TICKS, multiplier=250_000, terms=_INDEX_OPTIONS, activity=40_000,
            strike_step=250, forward_tick=5),
    Product("mini_kospi200", "05", "MINI KOSPI 200", "MINI K200", "K51", "KOSPI200", "104",
            ticks=_PREMIUM_TICKS, multiplier=50_000, terms=_SHORT_OPTIONS, activity=6_000,
            strike_step=250, forward_tick=2),
    Product("kosdaq150", "06", "KOSDAQ 150", "KQ150", "Q203", "KOSDAQ150", "116",
            ticks=((0, 10),), multiplier=10_000, terms=_SHORT_OPTIONS, activity=400,
            strike_step=2_500, forward_tick=10, volatility=130),
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
