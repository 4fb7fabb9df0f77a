"""One codec a kind: what a wire value is in a frame, and back.

Each codec has two ways. The plain one takes a whole column at once and serves nearly every body; the patient one takes
value by value and serves whatever the plain one cannot: text among numbers, blanks, dashes, separators.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.codes import FIRST_SIGNAL
from kosdata.catalogue.digits import NONE, digits
from kosdata.catalogue.model import Field, Kind
from kosdata.errors import SchemaError

Values = list[Any]
Array = Any
"""What a DataFrame takes as a column: a numpy array or a pandas extension array."""

_LARGEST = 2**63
_EXACT = 2**53
_HUGE = 10**300
_CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Codec:
    """How one kind of value travels.

    Parameters
    ----------
    decode : callable
        ``(field, values) -> array`` with the dtype of the field; None stands for a missing value.
    encode : callable
        ``(field, column) -> values`` as the wire has them.
    dtype : callable
        ``field -> dtype`` of the column.
    """

    decode: Callable[[Field, Values], Array]
    encode: Callable[[Field, Iterable[Any]], Values]
    dtype: Callable[[Field], str]


def decode(field: Field, values: Values) -> Array:
    """Return wire values as a column.

    Raises
    ------
    SchemaError
        If a value is nothing that the field's kind can be, or a required count is missing.
    """
    return CODECS[field.kind].decode(field, values)


def encode(field: Field, column: Iterable[Any]) -> Values:
    """Return a column as wire values; missing ones as the service writes them."""
    return CODECS[field.kind].encode(field, column)


def dtype(field: Field) -> str:
    """Return the dtype of a field's column."""
    return CODECS[field.kind].dtype(field)


# Numbers ----------------------------------------------------------------------------------------------------------


def _floats(field: Field, values: Values) -> NDArray[np.float64]:
    try:
        kinds = set(map(type, values))
        if kinds == {int}:
            column = np.fromiter(values, np.int64, len(values)).astype(np.float64)
        elif kinds <= {int, float}:
            column = np.fromiter(values, np.float64, len(values))
        else:
            column = _patient_floats(field, values)
    except (TypeError, ValueError, OverflowError):
        column = _patient_floats(field, values)
    if not np.isfinite(column).all():
        column[~np.isfinite(column)] = np.nan
    if field.kind is Kind.PRICE:
        column[column == 0] = np.nan
    return column * field.scale if field.scale != 1 else column


def _patient_floats(field: Field, values: Values) -> NDArray[np.float64]:
    numbers = (_number(field, value) for value in values)
    return np.array([math.nan if n is None or abs(n) > _HUGE else float(n) for n in numbers], dtype=np.float64)


def _ints(field: Field, values: Values) -> Array:
    if set(map(type, values)) != {int}:
        return _patient_ints(field, values)
    try:
        column = np.fromiter(values, np.int64, len(values))
    except OverflowError:
        return _patient_ints(field, values)
    if field.scale != 1:
        if len(column) and max(abs(int(column.max())), abs(int(column.min()))) >= _LARGEST // field.scale:
            return _patient_ints(field, values)
        column = column * field.scale
    return column if field.required else pd.arrays.IntegerArray(column, np.zeros(len(column), dtype=bool))


def _patient_ints(field: Field, values: Values) -> Array:
    numbers = [_integer(field, value) for value in values]
    mask = np.array([n is None for n in numbers], dtype=bool)
    if field.required and mask.any():
        raise _misfit(field, "is missing in a row; it is a count that every row has")
    column = np.array([n or 0 for n in numbers], dtype=np.int64)
    return column if field.required else pd.arrays.IntegerArray(column, mask)


def _integer(field: Field, value: object) -> int | None:
    number = _number(field, value)
    if number is None:
        return None
    scaled = number * field.scale
    if isinstance(scaled, float):
        if not math.isfinite(scaled):
            return None
        if abs(scaled) >= _EXACT or round(scaled) != scaled:
            raise _misfit(field, f"is {value!r}, not a whole number")
        scaled = round(scaled)
    # What no 64-bit integer holds is no count of anything.
    return scaled if -_LARGEST <= scaled < _LARGEST else None


def _number(field: Field, value: object) -> int | float | None:
    if value is None:
        return None
    if type(value) in (int, float):
        return value  # type: ignore[return-value]
    if isinstance(value, str):
        text = value.strip().replace(",", "")
        if text in NONE:
            return None
        for cast in (int, float):  # both would read 1_000, which no number on the wire is
            try:
                return cast(text.replace("_", "?"))
            except ValueError:
                continue
    raise _refused(field, value)


def _encode_floats(field: Field, column: Iterable[Any]) -> Values:
    none = 0 if field.kind is Kind.PRICE else None
    return [_plain(value, field.scale, none) for value in column]


def _plain(value: Any, scale: int, none: int | None) -> int | float | None:
    if value is None or value is pd.NA or value != value:
        return none
    number = float(value) / scale if scale != 1 else float(value)
    # A price that is whole travels without a point.
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _encode_ints(field: Field, column: Iterable[Any]) -> Values:
    found = [None if value is None or value is pd.NA else int(value) // field.scale for value in column]
    return [None if v is None else str(v) for v in found] if field.json == "str" else list(found)


# Days and times ---------------------------------------------------------------------------------------------------


def _dates(field: Field, values: Values) -> NDArray[np.datetime64]:
    numbers = _digits(field, values, 8)
    missing = numbers == 0
    year, month, number = numbers // 10_000, numbers // 100 % 100, numbers % 100
    column = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1).astype("timedelta64[M]")
    following = (column + 1).astype("datetime64[D]")
    days = column.astype("datetime64[D]") + (number - 1).astype("timedelta64[D]")
    wrong = ~missing & ((month < 1) | (month > 12) | (number < 1) | (days >= following) | (year < 1) | (year > 9999))
    if wrong.any():
        raise _misfit(field, f"is {values[int(wrong.argmax())]!r}, which is no day")
    result: NDArray[np.datetime64] = days.astype("datetime64[us]")
    result[missing] = np.datetime64("NaT")
    return result


def _times(field: Field, values: Values) -> NDArray[np.timedelta64]:
    numbers = _digits(field, values, field.digits) * (100 if field.digits == 6 else 1)
    column = (
        numbers // 1_000_000 * 3_600_000_000
        + numbers // 10_000 % 100 * 60_000_000
        + numbers // 100 % 100 * 1_000_000
        + numbers % 100 * 10_000
    )
    missing = (numbers == 0) | (numbers >= FIRST_SIGNAL)
    wrong = ~missing & ((numbers // 10_000 % 100 > 59) | (numbers // 100 % 100 > 59))
    if wrong.any():
        raise _misfit(field, f"is {values[int(wrong.argmax())]!r}, which is no time of day")
    result = column.astype("timedelta64[us]")
    result[missing] = np.timedelta64("NaT")
    return result


def signals(field: Field, values: Values) -> Array:
    """Return what a trade time says when it is no time: the code of an operation signal, or 0 before any trade."""
    numbers = _digits(field, values, field.digits)
    none = [value is None or (isinstance(value, str) and value.strip() in NONE) for value in values]
    found = [
        None if absent or 0 < n < FIRST_SIGNAL else str(n) for n, absent in zip(numbers.tolist(), none, strict=True)
    ]
    return pd.array(found, dtype="str")


def _digits(field: Field, values: Values, width: int) -> NDArray[np.int64]:
    kinds = set(map(type, values))
    try:
        if kinds in ({int}, {str}):
            plain = kinds == {int}
            numbers = np.fromiter(values, np.int64, len(values)) if plain else np.array(values).astype(np.int64)
            if len(numbers) == 0 or (numbers.min() >= 0 and numbers.max() < 10**width):
                return numbers
    except (ValueError, OverflowError):
        pass
    return np.array([_digit(field, value, width) for value in values], dtype=np.int64)


def _digit(field: Field, value: object, width: int) -> int:
    number = digits(value, width)
    if number is None:
        raise _refused(field, value)
    return number


def _encode_dates(field: Field, column: Iterable[Any]) -> Values:
    days = np.asarray(column, dtype="datetime64[D]")
    numbers = [0 if np.isnat(d) else int(str(d).replace("-", "")) for d in days]
    return [str(n) for n in numbers] if field.json == "str" else list(numbers)


def _encode_times(field: Field, column: Iterable[Any]) -> Values:
    hundredths = np.asarray(column, dtype="timedelta64[us]")
    numbers = [0 if np.isnat(t) else _clock(int(t.astype(np.int64)) // 10_000) for t in hundredths]
    if field.digits == 6:
        return [f"{n // 100:06d}" if n else "0" for n in numbers]
    return list(numbers) if field.json == "int" else [str(n) for n in numbers]


def _clock(hundredths: int) -> int:
    seconds, cc = divmod(hundredths, 100)
    return seconds // 3600 * 1_000_000 + seconds // 60 % 60 * 10_000 + seconds % 60 * 100 + cc


# Text -------------------------------------------------------------------------------------------------------------


def _codes(field: Field, values: Values) -> Array:
    issue = field.column == "code"
    return _each(values, lambda value: _code(field, value, issue))


def _texts(field: Field, values: Values) -> Array:
    return _each(values, lambda value: _sentence(field, value))


def _each(values: Values, read: Callable[[Any], str | None]) -> Array:
    """Return a column of text; columns repeat few values, and each is read once."""
    if set(map(type, values)) <= {str, type(None)}:
        known = {value: read(value) for value in set(values)}
        return pd.array([known[value] for value in values], dtype="str")
    return pd.array([read(value) for value in values], dtype="str")


def _code(field: Field, value: object, issue: bool) -> str | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # A short code that came as a number has lost its zeros.
        return f"{value:0{_CODE_DIGITS}d}" if issue else str(value)
    if not isinstance(value, str):
        raise _refused(field, value)
    text = _whole(value.partition("*")[0] if issue else value)
    return None if text in NONE else text


def _sentence(field: Field, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        if type(value) in (int, float):
            return str(value)
        raise _refused(field, value)
    text = _whole(value)
    return None if text in NONE else text


def _whole(text: str) -> str:
    """Return text without blanks around it, and without halves of characters that no file can hold."""
    return text.strip().encode("utf-8", "replace").decode("utf-8")


def _encode_texts(field: Field, column: Iterable[Any]) -> Values:
    number = field.json == "int"
    return [None if _absent(v) else (int(v) if number and str(v).isdecimal() else str(v)) for v in column]


def _absent(value: Any) -> bool:
    return value is None or value is pd.NA or value != value


_FLAGS: Mapping[object, bool] = {"Y": True, "N": False, True: True, False: False}


def _booleans(field: Field, values: Values) -> Array:
    return pd.array([_flag(field, value) for value in values], dtype="boolean")


def _flag(field: Field, value: object) -> bool | None:
    if _absent(value) or (type(value) is int and value == 0):
        return None
    text = value.strip().upper() if isinstance(value, str) else value
    if isinstance(text, str) and (text in NONE or text == "0"):
        return None
    found = _FLAGS.get(text) if isinstance(text, str | bool) else None
    if found is None:
        raise _refused(field, value)
    return found


def _encode_flags(_: Field, column: Iterable[Any]) -> Values:
    return [" -" if _absent(v) else ("Y" if v else "N") for v in column]


# ------------------------------------------------------------------------------------------------------------------


def _refused(field: Field, value: object) -> SchemaError:
    return _misfit(field, f"is {str(value)[:40]!r}, which is no {field.kind.name.lower()}")


def _misfit(field: Field, what: str) -> SchemaError:
    return SchemaError(f"{field.wire} ({field.column}) {what}.", field=field.wire)


_DECIMAL = Codec(_floats, _encode_floats, lambda _: "float64")
_COUNT = Codec(_ints, _encode_ints, lambda field: "int64" if field.required else "Int64")
_WORDS = Codec(_texts, _encode_texts, lambda _: "str")
_NAMES = Codec(_codes, _encode_texts, lambda _: "str")

CODECS: Mapping[Kind, Codec] = {
    Kind.CODE: _NAMES,
    Kind.TEXT: _WORDS,
    Kind.CLOCK: _NAMES,
    Kind.MONTH: _NAMES,
    Kind.FLAG: Codec(_booleans, _encode_flags, lambda _: "boolean"),
    Kind.DATE: Codec(_dates, _encode_dates, lambda _: "datetime64[us]"),
    Kind.TIME: Codec(_times, _encode_times, lambda _: "timedelta64[us]"),
    Kind.PRICE: _DECIMAL,
    Kind.NUMBER: _DECIMAL,
    Kind.RATIO: _DECIMAL,
    Kind.QUANTITY: _COUNT,
    Kind.AMOUNT: _COUNT,
}
