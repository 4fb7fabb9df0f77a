"""Which days or times the rows of a page are of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any, NamedTuple

from kosdata.catalogue.digits import digits
from kosdata.catalogue.model import Endpoint, Paging
from kosdata.wire.envelope import Row

__all__ = ["NOTHING", "Reach", "moment", "moments", "number", "reach", "value_of"]


class Reach(NamedTuple):
    """How many moments the rows of a page are of, the oldest and the newest, as numbers.

    Zeros where the rows do not say.
    """

    size: int
    oldest: int
    newest: int


NOTHING = Reach(0, 0, 0)


def reach(of: Endpoint, rows: Sequence[Row]) -> Reach:
    """Return which moments the rows of an endpoint are of."""
    known = {at for at in moments(of, rows) if at}
    return Reach(len(known), min(known), max(known)) if known else NOTHING


def moments(of: Endpoint, rows: Sequence[Row]) -> Sequence[int | None]:
    """Return when rows are, as numbers: 0 where they do not say, and None where they make no sense."""
    if not rows or of.paging not in (Paging.DATES, Paging.TIMES):
        return ()
    field = of.record["date" if of.paging is Paging.DATES else "time"]
    try:
        values = [row[field.wire] for row in rows]
    except KeyError:
        values = [value_of(row, field.spellings) for row in rows]
    if set(map(type, values)) == {int}:
        return values  # nearly every page; reading value by value would cost as much as parsing
    return [None if value is None else digits(value, field.digits) for value in values]


def value_of(row: Row, names: Sequence[str]) -> Any:
    """Return the value of the first of some names, in any case."""
    value = next((row[name] for name in names if name in row), None)
    if value is not None:
        return value
    lowered = {name.lower() for name in names}
    return next((v for k, v in row.items() if k.lower() in lowered), None)


def moment(of: Endpoint, at: int) -> date | time | None:
    """Return the day or the time that a number stands for; None if there is none."""
    try:
        if of.paging is Paging.DATES:
            return date(at // 10_000, at // 100 % 100, at % 100)
        return time(at // 1_000_000, at // 10_000 % 100, at // 100 % 100)
    except ValueError:
        return None


def number(day: date) -> int:
    """Return a day as the number that the wire writes."""
    return day.year * 10_000 + day.month * 100 + day.day
