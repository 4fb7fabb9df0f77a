"""What each function asks and returns, as one table: the endpoints behind it, their licences and hours, its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from kosdata.catalogue import records as r
from kosdata.catalogue.model import Endpoint, Field
from kosdata.research import funds, joins, listing, members, quotes, search
from kosdata.research.chains import CHAIN, CURVE
from kosdata.research.columns import CONTRACT_BAR, DAILY_BAR, INTRADAY_BAR, columns_of
from kosdata.research.daily import BESIDES_BARS
from kosdata.research.routes import endpoints_of

__all__ = ["FUNCTIONS", "Function", "functions"]

_DAYS: Final = ("history", "close", "board_ohlc", "board_price", "board_after_hours")
_STOCK: Final = ("stock",)
_CONTRACT: Final = ("derivative",)


@dataclass(frozen=True, slots=True)
class Function:
    """One function that returns a frame.

    Parameters
    ----------
    rows : tuple of str
        Names of the index, for one code.
    routes : tuple of str
        What it asks, as in `ROUTES`. Codes that do not say their market are looked up in the lists.
    columns : tuple of str
        Columns, by default and of all products.
    units : mapping of str to str
        Units of columns that no endpoint has under this name.
    products : tuple of str
        What it can be asked about, as endpoints call it.
    """

    rows: tuple[str, ...]
    routes: tuple[str, ...]
    columns: tuple[str, ...]
    units: Mapping[str, str] = field(default_factory=dict)
    products: tuple[str, ...] = ("stock", "index", "derivative")


FUNCTIONS: Final[Mapping[str, Function]] = {
    "history": Function(("date",), (*_DAYS, "quote", "quotes", "intraday", "listing"), CONTRACT_BAR),
    "intraday": Function(("time",), ("intraday", "listing"), INTRADAY_BAR),
    "quote": Function(
        ("code",),
        ("quote", "quotes", "board_ohlc", "board_price", "board_quote", "listing"),
        quotes.COLUMNS,
        {"bid_price": "won or points", "ask_price": "won or points"},
    ),
    "order_book": Function(("code",), ("order_book", "order_books", "listing"), columns_of(r.ORDER_BOOK)),
    "board": Function(
        ("code",), ("board_price", "board_ohlc", "board_after_hours", "board_quote"), columns_of(r.BOARD_PRICE)
    ),
    "close": Function(("code",), ("close", "listing"), ("date", *DAILY_BAR)),
    "listing": Function(("code",), ("listing",), listing.COLUMNS),
    "master": Function(("code",), ("master", "chosen_master", "listing"), columns_of(r.MASTER)),
    "investors": Function(
        ("investor",),
        ("investors", "market_investors", "listing"),
        tuple(f"{side}_{what}" for what in ("volume", "value") for side in ("sell", "buy", "net")),
        {"net_volume": "shares or contracts", "net_value": "won"},
    ),
    "members": Function(
        ("side", "rank"),
        ("members", "listing"),
        tuple(members.MEMBER),
        {"volume": "shares", "value": "won", "price": "won", "weight": "%"},
        _STOCK,
    ),
    **{
        name: Function(("date",), (name, "listing"), columns, products=_STOCK) for name, columns in BESIDES_BARS.items()
    },
    "nav": Function(("code",), ("nav", "close_nav", "listing"), columns_of(r.NAV), products=_STOCK),
    "constituents": Function(("isin",), ("constituents", "listing"), funds.BASKET, products=_STOCK),
    "holidays": Function(("date",), ("holidays",), columns_of(r.HOLIDAYS)),
    "market_cap": Function(("code",), ("market_cap",), columns_of(r.INDEX_CAP)),
    "expected_index": Function(("code",), ("expected_index",), columns_of(r.INDEX_EXPECTED)),
    "search": Function(("code",), ("listing",), search.COLUMNS, products=_STOCK),
    "panel": Function(("date",), (*_DAYS, *BESIDES_BARS, "listing"), ()),
    "join": Function(
        ("date",),
        (*_DAYS, *BESIDES_BARS, "investors", "listing"),
        (*(column for columns in joins.FIGURES.values() for column in columns), "available_at"),
        {column: "shares" if column.endswith("volume") else "won" for column in joins.FIGURES["flows"]},
    ),
    "futures_curve": Function(
        ("expiry",),
        ("listing", "master", "quote"),
        CURVE,
        {"change": "points or won", "open_interest": "contracts", "basis": "points or won", "annualised": "%"},
        _CONTRACT,
    ),
    "option_chain": Function(
        ("strike", "right"),
        ("listing", "master", "quote"),
        CHAIN,
        {"open_interest": "contracts", "upper_limit": "points or won", "lower_limit": "points or won"},
        _CONTRACT,
    ),
    "continuous": Function(("date",), ("history", "close", "quote"), (*CONTRACT_BAR, "contract"), products=_CONTRACT),
}
"""Every function that returns market data."""


def functions() -> pd.DataFrame:
    """Return what each function asks and returns.

    Returns
    -------
    DataFrame
        One row a function, indexed by ``function``: what a row is, the endpoints behind it (v3), their licence groups
        and hours, and its columns by unit. All text.

    See Also
    --------
    endpoints : Every endpoint of the API.

    Examples
    --------
    >>> kd.functions().loc["short_selling", ["licences", "hours"]].tolist()
    ['stock_close_A stock_close_B konex_close', 'same day after 18:00']
    """
    rows = []
    for name, of in FUNCTIONS.items():
        behind = _behind(of)
        # Where codes are looked up is no figure.
        figures = [e for e in behind if e.operation != "lists"]
        rows.append(
            {
                "function": name,
                "rows": ", ".join(of.rows),
                "endpoints": " ".join(e.id for e in behind),
                "licences": " ".join(dict.fromkeys(e.licence.group for e in behind)),
                "hours": ", ".join(dict.fromkeys(str(e.published) for e in figures or behind)),
                "columns": _by_unit(of, behind) or "one a code",
            }
        )
    return pd.DataFrame(rows, dtype="str").set_index("function")


def _behind(of: Function) -> list[Endpoint]:
    return [endpoint for endpoint in endpoints_of(of.routes) if endpoint.product in of.products]


def _by_unit(of: Function, behind: Iterable[Endpoint]) -> str:
    """Return columns with their units, those of the same unit together: ``open high (won), volume (shares)``."""
    units: dict[str, dict[str, None]] = {}
    for each in _fields(behind):
        parts = (each.unit or "").split(" or ")
        units.setdefault(each.column, {}).update(dict.fromkeys(filter(None, parts)))
    together: dict[str, list[str]] = {}
    for column in of.columns:
        unit = of.units.get(column) or " or ".join(units.get(column, ()))
        together.setdefault(unit, []).append(column)
    return ", ".join(" ".join(_folded(found)) + (f" ({unit})" if unit else "") for unit, found in together.items())


def _fields(behind: Iterable[Endpoint]) -> Iterator[Field]:
    for endpoint in behind:
        yield from endpoint.record.fields


def _folded(columns: Iterable[str]) -> Iterator[str]:
    """Yield column names, those of a numbered family as one: ``ask_price_1..10``."""
    numbers: dict[str, list[str]] = {}
    for column in columns:
        found = re.fullmatch(r"(.+_)(\d+)", column)
        numbers.setdefault(found[1] if found else column, []).append(found[2] if found else "")
    for stem, ends in numbers.items():
        yield stem + ends[0] + (f"..{ends[-1]}" if len(ends) > 1 else "")
