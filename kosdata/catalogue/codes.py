"""Closed lists: what a code stands for. The tables themselves are the CSV files of the folder ``tables``."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from kosdata.errors import ArgumentError

Row = Mapping[str, str]

TABLES = (
    "change_codes",
    "enums",
    "errors",
    "http_errors",
    "index_codes",
    "investors",
    "koscom_suffixes",
    "markets",
    "nations",
    "price_limits",
    "security_groups",
    "session_states",
    "tick_sizes",
    "trade_time_signals",
)

NOT_YET_KO = "제공 시간이 아닙니다"
"""Part of the refusal that comes before the hour of publication."""
WRONG_CODE_KO = "서브마켓/코드가 정상적이지 않습니다"
"""Part of the refusal of a code that the market of the path does not list."""
NO_KEY = "No API key found"
"""Part of the gateway's answer to a call without a key."""
NO_ROUTE = "no Route matched"
"""Part of the gateway's answer to a path that it does not know."""
FUTURE_DATE = 20100
"""Code of the answer to a span that reaches past today."""

FIRST_SIGNAL = 24_000_000
"""From here on the digits of a trade time are an operation signal."""


@cache
def table(name: str) -> tuple[Row, ...]:
    """Return the rows of one code table, every cell as text.

    Raises
    ------
    ArgumentError
        If there is no table of that name.
    """
    if name not in TABLES:
        raise ArgumentError(f"No code table is called {name!r}. Tables: {', '.join(TABLES)}.")
    text = (files("kosdata.catalogue") / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(MappingProxyType(row) for row in csv.DictReader(text.splitlines()))


@cache
def lookup(name: str, key: str = "code") -> Mapping[str, Row]:
    """Return one code table by its first column; the first row of a repeated code wins."""
    found: dict[str, Row] = {}
    for row in table(name):
        found.setdefault(row[key], row)
    return MappingProxyType(found)


def markets(kind: str) -> tuple[str, ...]:
    """Return the market codes of a kind: ``stock``, ``derivative`` or ``index``."""
    return tuple(row["market"] for row in table("markets") if row["kind"] == kind)


STOCKS: Final = markets("stock")
"""Markets of stocks and funds."""
DERIVATIVES: Final = markets("derivative")
"""Markets of futures and options."""
INDICES: Final = markets("index")
"""Markets of indices."""
CONNECTED: Final[Mapping[str, str]] = MappingProxyType(
    {row["connected_code"]: row["market"] for row in table("markets") if row["connected_code"]}
)
"""Code that stands for whichever future is the nearest, to its market."""
OF_MANY_PRODUCTS: Final = tuple(market for market in DERIVATIVES if market not in CONNECTED.values())
"""Markets with a product number for every underlying, where no one future is the nearest."""
SUFFIXES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (row["market"], product): number
        for row in table("markets")
        for number, _, product in (part.partition(" ") for part in row["suffix"].split("; "))
        if number
    }
)
"""Market and product, empty for stocks, to what KOSCOM's own keys have behind a code: ``005930*001``."""

ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("KOSPI", "KS11", "^KS11", "1001"), "K1"),
        **dict.fromkeys(("KOSDAQ", "KQ11", "^KQ11", "2001"), "Q1"),
        **dict.fromkeys(("KOSPI200", "KS200", "^KS200", "1028"), "K51"),
    }
)
"""What other libraries call an index, to its code here."""


_WITH_A: Final = 7
_ISIN: Final = re.compile(r"KR(?:7(?P<stock>[0-9A-Z]{6})[0-9A-Z]{3}|4(?P<contract>[0-9A-Z]{8})[0-9A-Z])")


def short_code(code: str) -> str:
    """Return the short code of an issue, also from an ISIN, ``A005930`` and ``005930*001``.

    Examples
    --------
    >>> short_code("KR7005930003"), short_code("101V3000*005"), short_code("A005930"), short_code("k1")
    ('005930', '101V3000', '005930', 'K1')
    """
    short = code.strip().upper().partition("*")[0]
    if isin := _ISIN.fullmatch(short):
        return isin["stock"] or isin["contract"]
    return short[1:] if len(short) == _WITH_A and short[0] == "A" and short[1:].isalnum() else short


@cache
def indices(market: str | None = None) -> Mapping[str, Row]:
    """Return the table of indices by code, of one market or of all that the API has."""
    known = INDICES if market is None else (market,)
    return MappingProxyType({row["code"]: row for row in table("index_codes") if row["market"] in known})
