"""Snapshots as rows of a preset: what is asked for each, what a row says, and what is new in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NamedTuple

from kosdata.catalogue import fields as f
from kosdata.catalogue import records as r
from kosdata.catalogue.digits import digits
from kosdata.catalogue.model import Endpoint, Record
from kosdata.research.routes import Product
from kosdata.wire.envelope import Row

__all__ = ["WAYS", "Told", "Way", "code_of", "read", "since", "went_back"]

_TRADED: Final[tuple[Product, ...]] = ("stock", "futures", "options")


@dataclass(frozen=True, slots=True)
class Way:
    """How a preset is asked for.

    Attributes
    ----------
    name, many, board : str
        The questions about one code, up to twenty and a whole market, as `routes.ROUTES` calls them.
    only : tuple of str
        Products that have it.
    new : {"volume", "any"}
        What makes a row a new one: that the volume of the day moved, or that anything did.
    kept : Record, optional
        What of a snapshot is a row of the preset; all of it by default.
    """

    name: str
    many: str | None
    board: str | None
    only: tuple[Product, ...]
    new: Literal["volume", "any"]
    kept: Record | None = None


_TICK: Final = r.TICK.only(("code", "time", "price", "size", "volume", "value"))
WAYS: Final[Mapping[str, Way]] = {
    "tick": Way("quote", "quotes", "board_price", _TRADED, "volume", _TICK),
    "tick10": Way("quote", "quotes", None, _TRADED, "volume"),
    "quote": Way("order_book", "order_books", "board_quote", _TRADED, "any", r.TOUCH),
    "quote10": Way("order_book", "order_books", None, _TRADED, "any"),
    # The level of an index moves between two thousands of shares.
    "index": Way("quote", None, None, ("index",), "any"),
}
"""Preset to how it is asked for."""


class Told(NamedTuple):
    """What was told of a code: on which day, under which code, the volume of the day so far, and the row."""

    day: date
    named: str
    volume: int | None
    row: Row


def read(row: Row, code: str, way: Way, *, named: str, day: date, beside: Row | None = None) -> Told | None:
    """Return what a snapshot tells of a code, or None if it lacks the volume that all depends on.

    Parameters
    ----------
    row : dict
        The snapshot, as it came.
    code : str
        The code that it was asked for under.
    way : Way
        How it was asked for.
    named : str
        The code that it bears.
    day : date
        When it came.
    beside : dict, optional
        What stood beside it, if it is of a whole market.
    """
    volume = _count(_value(row, f.VOLUME.spellings))
    if volume is None and way.new == "volume":
        return None
    wire = {**_kept({**(beside or {}), **row}, way.kept), "isuSrtCd": code}
    if beside is not None and "trdTm" in wire:
        wire["trdTm"] = _in_hundredths(wire["trdTm"])
    return Told(day, named, volume, wire)


def since(last: Told, now: Told, way: Way) -> Row | None:
    """Return the row that stands for all that happened between two snapshots; None where nothing did, or none can say.

    Totals of another day or of another contract cannot be compared.
    """
    if (last.day, last.named) != (now.day, now.named):
        return None
    if way.new == "any":
        return now.row if _state(now.row) != _state(last.row) else None
    size = (now.volume or 0) - (last.volume or 0)
    return {**now.row, "trdvol": size} if size > 0 else None


def went_back(last: Told, now: Told, way: Way) -> bool:
    """Return whether the volume of a day became less within it."""
    is_same = way.new == "volume" and (last.day, last.named) == (now.day, now.named)
    return is_same and (now.volume or 0) < (last.volume or 0)


def code_of(row: Row, of: Endpoint) -> str:
    """Return the short code that a row bears."""
    return str(_value(row, of.record["code"].spellings) or "").partition("*")[0].strip()


def _kept(row: Row, record: Record | None) -> Row:
    if record is None:
        return row
    found = {each.wire: _value(row, each.spellings) for each in record.fields}
    return {name: value for name, value in found.items() if value is not None}


def _value(row: Row, spellings: Sequence[str]) -> Any:
    """Return the value of a field, however its name is written."""
    for name in spellings:
        if name in row:
            return row[name]
    wanted = {name.lower() for name in spellings}
    return next((value for key, value in row.items() if key.lower() in wanted), None)


def _count(value: object) -> int | None:
    """Return a count of the wire, or None where there is none."""
    try:
        found = int(value.replace(",", "")) if isinstance(value, str) else int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found >= 0 else None


def _in_hundredths(value: object) -> object:
    """Return the time of a list, which has six digits, as trades bear it, with eight."""
    found = digits(value, 6)
    if found is None:
        return value
    return f"{found:06}00" if found else "0"


def _state(row: Row) -> Row:
    """Return a row without the time of the snapshot, which moves by itself."""
    return {name: value for name, value in row.items() if name != "trdTm"}
