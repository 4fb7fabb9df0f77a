"""What a stream pushes, as columns: the frame of a preset, and the arrays that fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kosdata.catalogue import records as r
from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.catalogue.model import Field, Kind, Record
from kosdata.frame.rolling import RECEIVED, Column
from kosdata.frame.values import Place, Values, codes, counts, floats, words

__all__ = ["Schema", "schema", "typed"]

CODE: Final = "code"
SIGNAL: Final = "signal"
TIME: Final = "time"

_NUMBERS: Final = frozenset({Kind.PRICE, Kind.NUMBER, Kind.RATIO, Kind.QUANTITY, Kind.AMOUNT})
_TICK: Final = (
    Column(CODE, "category"),
    Column("price", "float"),
    Column("size", "int"),
    Column("volume", "float"),
    Column("value", "float"),
    Column(SIGNAL, "category"),
    Column(RECEIVED, "instant"),
)


@dataclass(frozen=True)
class Schema:
    """The frame of a preset, and what its columns are called on the wire.

    Attributes
    ----------
    columns : tuple of Column
        Columns in the order of the frame; its index is ``time``.
    fields : mapping of str to Field
        What each column is read from, with every spelling that a product of the stream uses; the index under ``time``.
        ``signal`` and ``received`` have none, nor has an index that nothing is published for.
    calendar : Calendar
        Sessions that a time may belong to.
    """

    columns: tuple[Column, ...]
    fields: Mapping[str, Field]
    calendar: Calendar = KRX

    @property
    def spellings(self) -> dict[str, str]:
        """Names on the wire, in lower case, to columns."""
        return {wire.lower(): column for column, field in self.fields.items() for wire in field.spellings}


def schema(preset: str, records: Sequence[Record], calendar: Calendar = KRX) -> Schema:
    """Return the frame of a preset.

    Parameters
    ----------
    preset : str
        ``tick`` has the same columns whatever is subscribed; other presets have those of `records`.
    records : sequence of Record
        Rows of the products in the stream. A value of several products is one column, read from the names of all.
    calendar : Calendar
        Sessions that a time may belong to.

    Examples
    --------
    >>> [column.name for column in schema("quote", [r.TOUCH]).columns]
    ['code', 'volume', 'ask_price_1', 'ask_size_1', 'bid_price_1', 'bid_size_1', 'received']
    """
    known: dict[str, Field] = {}
    for field in (f for record in records for f in record.fields):
        known[field.column] = known[field.column].spelled_also(field) if field.column in known else field
    if preset == "tick":
        tick = r.TICK.having(*known.values()).only((TIME, *(column.name for column in _TICK)))
        fields = {field.column: field for field in tick.fields}
        return Schema(_TICK, {**fields, "size": fields["size"].needed()}, calendar)
    times = [column for column, field in known.items() if field.kind is Kind.TIME]
    index = TIME if TIME in known else next(iter(times), None)
    fields = {TIME if column == index else column: field for column, field in known.items()}
    columns = tuple(
        Column(column, "float" if field.kind in _NUMBERS else "instant" if field.kind is Kind.TIME else "category")
        for column, field in fields.items()
        if column != TIME
    )
    signal = (Column(SIGNAL, "category"),) if TIME in fields and fields[TIME].signals else ()
    return Schema((*columns, *signal, Column(RECEIVED, "instant")), fields, calendar)


def typed(
    schema: Schema, columns: Mapping[str, Values], received: NDArray[np.int64]
) -> tuple[dict[str, Any], list[int]]:
    """Return wire values as the arrays of a frame, and the positions of rows that can not be read and are left out.

    A row is left out if it has no code, or a value that is nothing of its kind, such as a word for a price or a minute
    75: the row it was meant to be is unknown, and half a row would pass for a whole one. Where a count is an integer,
    as the size of a tick, it must be there and not be negative: nothing published has a sign there, and bars add it up.
    What is not there, and numbers beyond 64 bits, are missing; so is a price of 0.

    Parameters
    ----------
    schema : Schema
        The frame.
    columns : mapping of str to list or tuple
        Wire values by column, the time of day under ``time``, all as long as `received`. A column may be absent.
    received : ndarray of int64
        Microseconds since 1970 when each row came, never going back.

    Returns
    -------
    arrays : dict
        The index ``time`` and every column: float64, int64, or sequences of text and None for categories.
    left_out : list of int
        Positions in `columns`, ascending.

    Notes
    -----
    The wire has times without a day. They are of the session on the day of reception, or the last one before that day;
    a time more than a minute after its reception is of the session before. So none is ever in the future. Codes of
    operation signals and 0 are no times: ``signal`` has them.

    Examples
    --------
    >>> tick = schema("tick", [r.TICK])
    >>> at = np.array([np.datetime64("2024-01-12T00:30:00", "us").astype(np.int64)])
    >>> row = {"code": ["005930*001"], "time": ["9295900"], "price": ["73,000"], "size": [10], "volume": [None]}
    >>> arrays, left_out = typed(tick, row, at)
    >>> arrays["code"], arrays["price"], arrays["size"], arrays["volume"], left_out
    (['005930'], array([73000.]), array([10]), array([nan]), [])
    >>> arrays["time"].astype("datetime64[us]")
    array(['2024-01-12T00:29:59.000000'], dtype='datetime64[us]')
    """
    wrong: set[int] = set()
    absent = [None] * len(received)
    place = Place(received, schema.calendar, wrong)
    moments, signals = place.moments(schema.fields.get(TIME), columns.get(TIME, absent))
    arrays: dict[str, Any] = {TIME: moments}
    numbers = [name for name, kind in schema.columns if kind == "float"]
    read = floats([schema.fields[name] for name in numbers], [columns.get(name, absent) for name in numbers], wrong)
    arrays |= zip(numbers, read, strict=True)
    for name, kind in schema.columns:
        values = columns.get(name, absent)
        if name == RECEIVED:
            arrays[name] = received
        elif name == SIGNAL:
            arrays[name] = signals
        elif name == CODE:
            arrays[name] = codes(values, wrong)
        elif kind == "int":
            arrays[name] = counts(values, wrong)
        elif kind == "category":
            arrays[name] = words(values, wrong)
        elif kind == "instant":
            arrays[name], _ = place.moments(schema.fields[name], values)
    if not wrong:
        return arrays, []
    kept = [at for at in range(len(received)) if at not in wrong]
    arrays = {name: v[kept] if isinstance(v, np.ndarray) else [v[at] for at in kept] for name, v in arrays.items()}
    return arrays, sorted(wrong)
