"""What a frame holds: its columns under English names, its codes, and which picture they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, Literal

import pandas as pd

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.model import Kind as FieldKind
from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError
from kosdata.frame.korean import english_name
from kosdata.frame.rows import OHLC

__all__ = [
    "BARS",
    "TICKS",
    "Kind",
    "by_code",
    "flows",
    "has_a_column_a_code",
    "is_price",
    "kind_of",
    "names_of",
    "require_column",
    "require_columns",
    "without_zero_prices",
]

Kind = Literal["candles", "line", "depth", "investors", "smile", "curve"]

BARS: Final = OHLC
TICKS: Final = ("price", "size")
_BOOK: Final = ("ask_price_1", "ask_size_1", "bid_price_1", "bid_size_1")
# Prices whose columns are made here and not in the catalogue.
_OWN_PRICES: Final = ("bid_price", "ask_price", "prev_close")
# Chart to what it needs, and what supplies that.
_NEEDS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "candles": (BARS, "kd.history, kd.intraday and df.kos.ohlc"),
    "line": (("close",), "kd.history and kd.intraday (column= names another one)"),
    "depth": (_BOOK, "kd.order_book"),
    "investors": (("investor",), "kd.investors"),
    "smile": (("strike", "right", "implied_vol"), "kd.option_chain"),
    "curve": (("expiry", "price"), "kd.futures_curve"),
}


def names_of(frame: pd.DataFrame) -> list[str]:
    """Return the names of columns and levels."""
    return [str(name) for name in (*frame.columns, *frame.index.names) if name is not None]


def by_code(frame: pd.DataFrame) -> dict[str | None, pd.DataFrame]:
    """Return the rows of each code, in the order in which codes come; under None where there are no codes."""
    if "code" in frame.index.names:
        if frame.index.nlevels == 1:
            return {str(code): frame[frame.index == code] for code in frame.index.unique()}
        codes = frame.index.get_level_values("code").unique()
        return {str(code): frame[frame.index.get_level_values("code") == code].droplevel("code") for code in codes}
    if "code" in frame.columns:
        return {
            str(code): frame[frame["code"] == code].drop(columns="code") for code in frame["code"].dropna().unique()
        }
    return {None: frame}


def has_a_column_a_code(frame: pd.DataFrame) -> bool:
    """Return whether the columns of a frame are codes."""
    name = frame.columns.name
    return isinstance(name, str) and english_name(name) == "code" and "code" not in frame.columns


def kind_of(frame: pd.DataFrame, kind: Kind | None, column: str | None) -> Kind:
    """Return the kind of picture that a frame makes, or the one that is wanted.

    Raises
    ------
    ArgumentError
        If the frame makes none.
    """
    if kind is not None:
        return kind
    there = set(names_of(frame))
    of_contracts: tuple[Kind, ...] = ("depth", "investors", "smile", "curve")
    for each in of_contracts:
        if there.issuperset(_NEEDS[each][0]) and not there.issuperset(BARS):
            return each
    if there.issuperset(BARS) or there.issuperset(TICKS):
        return "candles"
    if flows(frame, "value") or flows(frame, "volume"):
        return "investors"
    if has_a_column_a_code(frame) or column is not None:
        return "line"
    raise ArgumentError(f"No picture fits a frame with {_listed(names_of(frame))}: {_way_out(frame)}")


def _way_out(frame: pd.DataFrame) -> str:
    there = set(names_of(frame))
    supply = "kd.history, kd.intraday and kd.stream_to_frame make candles, kd.order_book depth, kd.investors flows"
    possible = [TICKS, *(names for each, (names, _) in _NEEDS.items() if each != "line")]
    closest = max(possible, key=lambda names: len(there.intersection(names)) / len(names))
    if there.isdisjoint(closest):
        numbers = frame.select_dtypes("number").columns
        example = f"column={str(numbers[0])!r} draws that column as a line; " if len(numbers) else ""
        return f"{example}{supply}."
    lacking = ", ".join(name for name in closest if name not in there)
    return (
        f"{', '.join(closest)} would do, and {lacking} is not there. {supply}; kind='line' with column= draws any one "
        "column."
    )


def flows(frame: pd.DataFrame, column: str) -> list[str]:
    """Return the columns of net purchases by day."""
    return [str(name) for name in frame.columns if str(name).endswith(f"_net_{column}") and "investor" not in frame]


def require_columns(frame: pd.DataFrame, kind: Kind, wanted: Iterable[str] | None = None) -> None:
    """Refuse a frame that lacks what a picture needs, and say what would supply it.

    Raises
    ------
    ArgumentError
        If a column is missing.
    """
    names, supply = _NEEDS[kind]
    there = names_of(frame)
    if lacking := [name for name in (wanted or names) if name not in there]:
        raise ArgumentError(
            f"kind={kind!r} needs {', '.join(lacking)}, which {supply} would supply; the frame has {_listed(there)}."
        )


def require_column(column: str, known: Sequence[str], of: str = "the frame") -> None:
    """Refuse a column that a user names and that is not there, and say which ones are.

    Raises
    ------
    ArgumentError
        If it is missing.
    """
    if column not in known:
        raise ArgumentError(f"column={column!r} is not in {of}, which has {_listed(known)}.{suggestion(column, known)}")


def without_zero_prices(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose prices of 0, which mean that there was none, are missing."""
    prices = [name for name in frame.columns if is_price(name) and pd.api.types.is_numeric_dtype(frame[name])]
    holed = {name: frame[name].mask(frame[name] == 0) for name in prices if (frame[name] == 0).any()}
    return frame.assign(**holed) if holed else frame


def is_price(column: object) -> bool:
    """Return whether a column has prices."""
    return column in _prices()


@cache
def _prices() -> frozenset[str]:
    fields = (field for endpoint in ENDPOINTS.values() for field in endpoint.record.fields)
    return frozenset((*_OWN_PRICES, *(field.column for field in fields if field.kind is FieldKind.PRICE)))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "") if names else "no columns"
