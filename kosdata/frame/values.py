"""Lists of wire values as arrays, for rows that come by the thousand a second.

Plain columns are read at once. What does not fit there - text among numbers, blanks, separators - is read value by
value. A value that is nothing of its kind makes its row wrong: its position goes to the set that every reader takes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.codes import FIRST_SIGNAL
from kosdata.catalogue.digits import NONE, digits
from kosdata.catalogue.model import Field, Kind
from kosdata.catalogue.seoul import AHEAD, DAY

__all__ = ["Place", "Values", "codes", "counts", "floats", "words"]

_LARGEST: Final = 2.0**63
_EXACT: Final = 2.0**53
_DIGITS: Final = 20
_CODE_DIGITS: Final = 6
_NAT: Final = np.iinfo(np.int64).min
_SATURDAY: Final = 5
_HUNDREDTH: Final = 10_000  # microseconds, in which instants are counted
_MINUTE: Final = 6_000 * _HUNDREDTH

Values = Sequence[Any]


def _each(values: Values, read: Callable[[Any], Any], wrong: set[int]) -> Values:
    """Return values read one by one, None where there is none; a ValueError makes a row wrong."""
    found = []
    for at, value in enumerate(values):
        try:
            found.append(read(value))
        except ValueError:
            wrong.add(at)
            found.append(None)
    return found


def _is_absent(values: Values) -> bool:
    return bool(values) and values[0] is None and values.count(None) == len(values)


# Numbers ----------------------------------------------------------------------------------------------------------


def _plain(values: Values) -> tuple[NDArray[Any], float] | None:
    """Return numbers as they are, and the least of them; None where anything else is among them."""
    if not values:
        return None
    column: NDArray[Any] | None = None
    # Packing is a third of the cost of np.array, and refuses text and None.
    for code, dtype in (("q", np.int64), ("d", np.float64))[type(values[0]) is not int :]:
        with suppress(struct.error, OverflowError):
            column = np.frombuffer(struct.pack(f"{len(values)}{code}", *values), dtype)
            break
    if column is None:
        return None
    least = column.min()
    # It takes True for 1 as well.
    return None if not least > 1 and bool in set(map(type, values)) else (column, least)


def floats(fields: Sequence[Field], columns: Sequence[Values], wrong: set[int]) -> list[NDArray[np.float64]]:
    """Return columns of numbers in the units of their fields, NaN where there is none.

    All of them are packed as one: wide rows come in small batches, where every step costs more than its length.
    """
    present = [at for at, values in enumerate(columns) if not _is_absent(values)]
    found = [np.full(len(values), math.nan) if at not in present else None for at, values in enumerate(columns)]
    if present:
        table = _table([columns[at] for at in present], wrong)
        table[~(np.abs(table) < _LARGEST)] = math.nan
        prices = np.array([fields[at].kind is Kind.PRICE for at in present])
        table[(table == 0) & prices[:, np.newaxis]] = math.nan
        scales = np.array([fields[at].scale for at in present])
        if (scales != 1).any():
            table *= scales[:, np.newaxis]
        for at, row in zip(present, table, strict=True):
            found[at] = row
    return found  # type: ignore[return-value]  # every place is filled


def _table(columns: Sequence[Values], wrong: set[int]) -> NDArray[np.float64]:
    """Return numbers, a row a column, NaN where there is none."""
    shape = len(columns), len(columns[0])
    try:
        packed = struct.pack(f"{math.prod(shape)}d", *chain.from_iterable(columns))
    except (struct.error, OverflowError):  # text, or a number that is missing
        return np.array([_patient(values, wrong) for values in columns])
    table = np.frombuffer(packed, np.float64).reshape(shape).copy()
    # It takes True for 1 as well.
    for at in np.flatnonzero(((table == 0) | (table == 1)).any(axis=1)).tolist():
        if bool in set(map(type, columns[at])):
            table[at] = _patient(columns[at], wrong)
    return table


def counts(values: Values, wrong: set[int]) -> NDArray[np.int64]:
    """Return whole numbers from 0 on, which every row must have."""
    column, least = _plain(values) or (None, 0)
    if column is not None and column.dtype.kind == "i" and least >= 0:
        return column
    return np.array([count or 0 for count in _each(values, _count, wrong)], np.int64)


def _count(value: object) -> int:
    number = _number(value)
    if number is None or number < 0 or (isinstance(number, float) and not (number < _EXACT and number.is_integer())):
        raise ValueError("no count")
    return int(number)


def _patient(values: Values, wrong: set[int]) -> NDArray[np.float64]:
    if set(map(type, values)) <= {int, float, type(None)}:
        with suppress(OverflowError):
            return np.fromiter(values, np.float64, len(values))
    return np.array(_each(values, _number, wrong), np.float64)


def _number(value: object) -> int | float | None:
    number = value
    if isinstance(value, str):
        text = value.strip().replace(",", "")
        if text in NONE:
            return None
        text = text.replace("_", "?")  # Python would read 1_000, which no number on the wire is
        number = int(text) if text.isdecimal() and len(text) < _DIGITS else float(text)
    if number is None:
        return None
    if type(number) not in (int, float):
        raise ValueError("no number")
    return number if abs(number) < _LARGEST else None  # type: ignore[arg-type, return-value]


# Text -------------------------------------------------------------------------------------------------------------


def codes(values: Values, wrong: set[int]) -> Values:
    """Return short codes, which every row must have."""
    with suppress(TypeError, ValueError):
        # As bytes: that is a tenth of what the test of the text costs.
        if "".join(values).encode().isalnum() and all(values):
            return values
    return _each(values, _code, wrong)


def _code(value: object) -> str:
    if type(value) is str:
        return _short(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or value < 0:
        raise ValueError("no code")
    # A short code that came as a number has lost its zeros.
    return f"{value:0{_CODE_DIGITS}d}"


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    found = _whole(text.partition("*")[0])
    if found is None:
        raise ValueError("no code")
    return found


def words(values: Values, wrong: set[int]) -> Values:
    """Return text, None where there is none."""
    if _is_absent(values):
        return values
    if set(map(type, values)) <= {str, int, type(None)}:
        # Columns repeat few values, and each is read once.
        known = {value: _word(value) for value in set(values)}
        return [known[value] for value in values]
    return _each(values, _word, wrong)


def _word(value: object) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int and abs(value) < _LARGEST:
        return str(value)
    if not isinstance(value, str):
        raise ValueError("no text")
    return _whole(value)


def _whole(text: str) -> str | None:
    """Return text without blanks around it, and without halves of characters that no file can hold."""
    found = text.strip().encode("utf-8", "replace").decode("utf-8")
    return None if found in NONE else found


# Times ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where times of day belong: on the session of their reception, or the one before."""

    received: NDArray[np.int64]
    calendar: Calendar
    wrong: set[int]

    def moments(self, field: Field | None, values: Values) -> tuple[NDArray[np.int64], Values]:
        """Return instants, and what their field says where it says no time."""
        none: list[str | None] = [None] * len(values)
        if field is None or not values or _is_absent(values):
            return np.full(len(values), _NAT), none
        numbers = _clock_numbers(values)
        known: Values | None = None
        if numbers is None or numbers.min() < 0 or numbers.max() >= 10**field.digits:
            known = _each(values, partial(_clock_number, width=field.digits), self.wrong)
            numbers = np.array([number or 0 for number in known], np.int64)
        if field.digits == 6:
            numbers = numbers * 100
        found = self._within_a_minute(numbers)
        if found is not None:
            return found, none
        found, untimed = self._anywhere(numbers)
        for at in np.flatnonzero(untimed).tolist():
            number = numbers[at] if known is None or known[at] is not None else None
            none[at] = None if number is None else str(number)
        return found, none

    def _within_a_minute(self, numbers: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return instants if all are of one minute and day, as in nearly every batch; a few operations do then."""
        low, high = int(numbers.min()), int(numbers.max())
        first, last = int(self.received[0]), int(self.received[-1])
        minute = low // 10_000
        day = (first + AHEAD) // DAY
        if (
            low <= 0
            or high >= min(minute * 10_000 + 6_000, FIRST_SIGNAL)
            or minute % 100 > 59
            or (last + AHEAD) // DAY != day
        ):
            return None
        midnight = _session(self.calendar, day) * DAY - AHEAD
        shift = midnight + (minute // 100 * 60 + minute % 100) * _MINUTE - minute * 10_000 * _HUNDREDTH
        return None if high * _HUNDREDTH + shift > first + _MINUTE else numbers * _HUNDREDTH + shift

    def _anywhere(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return instants, and which of the numbers are no times."""
        minutes, seconds = numbers // 10_000, numbers // 100
        untimed = (numbers == 0) | (numbers >= FIRST_SIGNAL)
        impossible = ~untimed & ((minutes % 100 > 59) | (seconds % 100 > 59))
        self.wrong.update(np.flatnonzero(impossible).tolist())
        # HHMMSScc counts 10,000 a minute of 6,000 hundredths, and 100 such minutes an hour of 60.
        clock = (numbers - 4_000 * minutes - 240_000 * (minutes // 100)) * _HUNDREDTH
        days = (self.received + AHEAD) // DAY
        found = self._sessions(days) * DAY - AHEAD + clock
        late = found > self.received + _MINUTE
        if late.any():
            found[late] = (self._sessions(days - 1) * DAY - AHEAD + clock)[late]
        found[untimed | impossible] = _NAT
        return found, untimed

    def _sessions(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        if days[0] == days[-1]:  # they never go back
            return np.full(len(days), _session(self.calendar, int(days[0])))
        return np.array([_session(self.calendar, day) for day in days.tolist()], np.int64)


def _clock_numbers(values: Values) -> NDArray[np.int64] | None:
    """Return times of day as numbers; None where anything is no plain number."""
    if type(values[0]) is not str:
        plain = _plain(values)
        return plain[0] if plain and plain[0].dtype.kind == "i" else None
    with suppress(TypeError, ValueError):
        text = ",".join(values)
        if not text.encode().translate(None, b"0123456789,") and text.count(",") == len(values) - 1:
            numbers = np.fromstring(text, np.int64, sep=",")
            return numbers if len(numbers) == len(values) else None
    return None


def _clock_number(value: object, width: int) -> int | None:
    if value is None or value != value or (isinstance(value, str) and value.strip() in NONE):
        return None
    number = None if isinstance(value, int | float) and not 0 <= value < 10**width else digits(value, width)
    if number is None:
        raise ValueError("no time of day")
    return number


@lru_cache(maxsize=64)
def _session(calendar: Calendar, day: int) -> int:
    """Return the last session up to a day, both in days since 1970."""
    found = date(1970, 1, 1) + timedelta(day)
    # By the closures alone: `Calendar.latest_session` warns of unknown years, here in the middle of a stream.
    while found.weekday() >= _SATURDAY or found in calendar.closures:
        found -= timedelta(1)
    return (found - date(1970, 1, 1)).days
