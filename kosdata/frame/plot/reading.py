"""What a frame holds: its columns under English names, its codes, and which picture they make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

import pandas as pd

from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError

__all__ = ["BARS", "TICKS", "Kind", "by_code", "flows", "kind_of", "names_of", "needed"]

Kind = Literal["candles", "line", "depth", "investors", "smile", "curve"]

BARS: Final = ("open", "high", "low", "close")
TICKS: Final = ("price", "size")
_BOOK: Final = ("ask_price_1", "ask_size_1", "bid_price_1", "bid_size_1")
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


def kind_of(frame: pd.DataFrame, kind: object) -> Kind:
    """Return the kind of picture that a frame makes, or the one that is wanted.

    Raises
    ------
    ArgumentError
        If there is no such picture, or the frame makes none.
    """
    kinds = get_args(Kind)
    if kind is not None:
        if kind not in kinds:
            raise ArgumentError(f"kind={kind!r} is not one of {', '.join(kinds)}.{suggestion(kind, kinds)}")
        return kind  # type: ignore[return-value]
    there = set(names_of(frame))
    of_contracts: tuple[Kind, ...] = ("depth", "investors", "smile", "curve")
    for each in of_contracts:
        if there.issuperset(_NEEDS[each][0]) and not there.issuperset(BARS):
            return each
    if there.issuperset(BARS) or there.issuperset(TICKS):
        return "candles"
    if flows(frame, "value") or flows(frame, "volume"):
        return "investors"
    if frame.columns.name == "code":
        return "line"
    possible = [TICKS, *(names for each, (names, _) in _NEEDS.items() if each != "line")]
    closest = max(possible, key=lambda names: len(there.intersection(names)) / len(names))
    lacking = ", ".join(name for name in closest if name not in there)
    raise ArgumentError(
        f"No picture fits a frame with {_listed(frame)}: {', '.join(closest)} would do, and {lacking} "
        "is not there. kd.history, kd.intraday and kd.stream_to_frame make candles, kd.order_book depth, kd.investors "
        "flows; kind='line' with column= draws any one column."
    )


def flows(frame: pd.DataFrame, column: str) -> list[str]:
    """Return the columns of net purchases by day."""
    return [str(name) for name in frame.columns if str(name).endswith(f"_net_{column}") and "investor" not in frame]


def needed(frame: pd.DataFrame, kind: str, wanted: Iterable[str] | None = None) -> None:
    """Refuse a frame that lacks what a picture needs, and say what would supply it.

    Raises
    ------
    ArgumentError
        If a column is missing.
    """
    names, supply = _NEEDS[kind]
    lacking = [name for name in (wanted or names) if name not in names_of(frame)]
    if lacking:
        raise ArgumentError(
            f"kind={kind!r} needs {', '.join(lacking)}, which {supply} would supply; the frame has {_listed(frame)}."
        )


def _listed(frame: pd.DataFrame) -> str:
    names = names_of(frame)
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "") if names else "no columns"
