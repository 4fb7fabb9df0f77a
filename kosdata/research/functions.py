"""What each function asks and returns, as one table: the endpoints behind it, their licences and hours, its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from kosdata.catalogue import records as r
from kosdata.catalogue.model import Endpoint, Field, Record
from kosdata.research.routes import endpoints_of

__all__ = ["FUNCTIONS", "Function", "functions"]

_DAY: Final = ("open", "high", "low", "close", "volume", "value", "change")
_TRADED: Final = ("sell_volume", "buy_volume", "net_volume", "sell_value", "buy_value", "net_value")
_SHORT: Final = tuple(f.column for f in r.SHORT_SELLING.fields if f.column not in ("code", "date"))
_FOREIGN: Final = tuple(f.column for f in r.FOREIGN_HOLDING.fields if f.column not in ("code", "date"))


@dataclass(frozen=True, slots=True)
class Function:
    """One function that returns a frame.

    Parameters
    ----------
    rows : tuple of str
        Names of the index, for one code.
    routes : tuple of str
        What it asks, as in `ROUTES`.
    columns : tuple of str
        Columns, for a stock where products differ.
    units : mapping of str to str
        Units of columns that no endpoint has under this name.
    """

    rows: tuple[str, ...]
    routes: tuple[str, ...]
    columns: tuple[str, ...]
    units: Mapping[str, str] = field(default_factory=dict)


def _columns(record: Record, *without: str) -> tuple[str, ...]:
    left_out = {"code", "change_code", *without}
    return tuple(f.column for f in record.fields if f.column not in left_out)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "history": Function(("date",), ("history", "close", "quote", "quotes"), (*_DAY, "open_interest")),
    "intraday": Function(("time",), ("intraday",), ("open", "high", "low", "close", "volume", "value")),
    "quote": Function(
        ("code",),
        ("quote", "quotes", "board_ohlc", "board_price", "board_quote"),
        (
            *("price", "open", "high", "low", "volume", "value", "change", "size"),
            *("bid_price", "ask_price", "time", "signal"),
        ),
    ),
    "order_book": Function(("code",), ("order_book", "order_books"), _columns(r.ORDER_BOOK)),
    "board": Function(
        ("code",),
        ("board_price", "board_ohlc", "board_after_hours", "board_quote"),
        _columns(r.BOARD_PRICE),
    ),
    "close": Function(("code",), ("close",), ("date", *_DAY)),
    "listing": Function(
        ("code",), ("listing",), ("isin", "name_ko", "name_ko_short", "market", "product", "is_connected", "koscom_key")
    ),
    "master": Function(("code",), ("master", "chosen_master"), _columns(r.MASTER)),
    "investors": Function(
        ("investor",),
        ("investors", "market_investors"),
        _TRADED,
        {"net_volume": "shares or contracts", "net_value": "won"},
    ),
    "members": Function(
        ("side", "rank"),
        ("members",),
        ("member", "volume", "value", "price", "weight"),
        {"volume": "shares", "value": "won", "price": "won", "weight": "%"},
    ),
    "short_selling": Function(("date",), ("short_selling",), _SHORT),
    "foreign_holding": Function(("date",), ("foreign_holding",), _FOREIGN),
    "nav": Function(("code",), ("nav", "close_nav"), ("nav", "nav_change")),
    "nav_history": Function(("date",), ("nav_history",), ("nav", "nav_change", "close")),
    "constituents": Function(
        ("isin",), ("constituents",), ("short_code", "name", "quantity", "amount", "weight_pct", "date")
    ),
    "holidays": Function(("date",), ("holidays",), ("nation_code",)),
    "market_cap": Function(
        ("code",), ("market_cap",), ("issue_count", "volume", "value", "market_cap", "listed_shares")
    ),
    "expected_index": Function(("code",), ("expected_index",), tuple(f.column for f in r.INDEX_EXPECTED.fields[1:])),
    "search": Function(("code",), ("listing",), ("name_ko", "name_ko_short", "market", "product", "match")),
    "panel": Function(("date",), ("history", "short_selling", "foreign_holding", "nav_history"), ()),
    "join": Function(
        ("date",),
        ("history", "short_selling", "foreign_holding", "nav_history", "investors"),
        (*_DAY, *_SHORT, *_FOREIGN, "available_at"),
    ),
    "futures_curve": Function(
        ("expiry",),
        ("listing", "master", "quote"),
        (
            *("code", "price", "change", "volume", "value", "prev_close", "open_interest"),
            *("days_to_expiry", "multiplier", "basis", "annualised"),
        ),
        {"open_interest": "contracts", "basis": "points or won", "annualised": "%"},
    ),
    "option_chain": Function(
        ("strike", "right"),
        ("listing", "master", "quote"),
        (
            *("code", "expiry", "days_to_expiry", "price", "volume", "value", "upper_limit", "lower_limit"),
            *("prev_close", "open_interest", "implied_vol", "moneyness", "multiplier"),
        ),
        {"open_interest": "contracts", "upper_limit": "points or won", "lower_limit": "points or won"},
    ),
    "continuous": Function(("date",), ("history", "close"), (*_DAY, "open_interest", "contract")),
}
"""Every function that returns market data."""

# These ask about contracts alone.
_OF_CONTRACTS: Final = ("futures_curve", "option_chain", "continuous")


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
        behind = _behind(name, of)
        rows.append(
            {
                "function": name,
                "rows": ", ".join(of.rows),
                "endpoints": " ".join(e.id for e in behind),
                "licences": " ".join(dict.fromkeys(e.licence.group for e in behind)),
                "hours": ", ".join(dict.fromkeys(str(e.published) for e in behind)),
                "columns": _by_unit(of, behind) or "one a code",
            }
        )
    return pd.DataFrame(rows, dtype="str").set_index("function")


def _behind(name: str, of: Function) -> list[Endpoint]:
    found = endpoints_of(of.routes)
    if name in _OF_CONTRACTS:
        return [e for e in found if e.product == "derivative"]
    return [e for e in found if name != "search" or e.product == "stock"]


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
