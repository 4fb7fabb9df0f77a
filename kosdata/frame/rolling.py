"""The newest rows of a stream, and frames of them that cost the same at any size."""

from __future__ import annotations

import mmap
import sys
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.seoul import SEOUL

__all__ = ["Column", "RollingFrame"]

RECEIVED: Final = "received"

_LEAST = 4096
"""Rows of the smallest block."""
_LARGE = 2**21
"""Rows that are taken on trust; more are only made room for as they come."""

_INSTANT: Final = pd.DatetimeTZDtype("us", SEOUL)
_NUMBERS: Final[Mapping[str, Any]] = {"float": np.float64, "int": np.int64, "instant": np.int64}
# What pandas takes for so many categories. Codes of any other type it would copy, and miss the rows to come.
_CODES: Final[Sequence[tuple[int, Any]]] = ((126, np.int8), (32_766, np.int16), (2**31 - 2, np.int32))


class Column(NamedTuple):
    """One column of a rolling frame; an instant is microseconds since 1970 in UTC, shown in Seoul."""

    name: str
    kind: Literal["float", "int", "category", "instant"]


class RollingFrame:
    """Keep the newest rows of a stream, in the order in which they came.

    One thread appends; any thread reads, without a lock. Rows are written once and never moved, so that a frame of them
    is a view. What a user writes into such a frame is copied first; what comes later never shows in it.

    Parameters
    ----------
    columns : sequence of Column
        Columns in the order of the frame, the index not among them.
    index : str
        Name of the index, an instant.
    maxlen : int or None
        Rows that are kept at most.
    window : timedelta, optional
        Rows that were received longer than this before the newest one leave. Needs a column ``received``, which never
        goes back: an earlier time there becomes that of the row before.

    Notes
    -----
    Rows go to a block of twice the rows that are kept, and from its middle on into the next block too, so that the next
    one is ready when this one is full. That takes the memory of three times the kept rows. With a window alone nobody
    knows how many rows there will be: a block that proves too small is copied to a larger one.

    A frame keeps its whole block in memory; its ``copy`` does not.

    Examples
    --------
    >>> rolling = RollingFrame([Column("code", "category"), Column("price", "float")], maxlen=2)
    >>> at = np.array([0, 1, 2]) * 1_000_000
    >>> _ = rolling.append({"time": at, "code": ["A", "B", "A"], "price": np.array([1.0, 2.0, 3.0])})
    >>> rolling.snapshot()
                              code  price
    time
    1970-01-01 09:00:01+09:00    B    2.0
    1970-01-01 09:00:02+09:00    A    3.0
    >>> rolling.total, rolling.first, len(rolling)
    (3, 1, 2)
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        index: str = "time",
        maxlen: int | None = 100_000,
        window: timedelta | None = None,
    ) -> None:
        self._shown = [column.name for column in columns]
        self._layout = (Column(index, "instant"), *columns)
        names = [column.name for column in self._layout]
        clocks = [column.name for column in columns if column == (RECEIVED, "instant")]
        if len(set(names)) != len(names):
            raise ValueError(f"a column is named twice among {', '.join(names)}.")
        if maxlen is None and window is None:
            raise ValueError("nothing bounds the rows: give maxlen, window or both.")
        if maxlen is not None and maxlen < 1:
            raise ValueError(f"maxlen is {maxlen}; at least one row is kept.")
        if window is not None and not clocks:
            raise ValueError(f"window needs an instant {RECEIVED!r} among the columns.")
        self._maxlen = maxlen
        self._window = None if window is None else window // timedelta(microseconds=1)
        self._clock = clocks[0] if clocks else None
        self._newest = np.iinfo(np.int64).min
        self._numbers = [c.name for c in self._layout if c.kind != "category" and c.name != self._clock]
        self._known: dict[str, dict[str | None, int]] = {c.name: {None: -1} for c in columns if c.kind == "category"}
        self._categories: dict[str, list[str]] = {name: [] for name in self._known}
        self._codes: dict[str, Any] = dict.fromkeys(self._known, np.int8)
        self._version = 0
        self._learning = threading.Lock()
        self._following: _Block | None = None
        # The block, and the sequence numbers of the oldest row and of the next one: published as one.
        self._kept = (self._block(0, self._capacity(0)), 0, 0)

    def __len__(self) -> int:
        _, first, total = self._kept
        return total - first

    @property
    def total(self) -> int:
        """Rows that ever came: the sequence number of the next one."""
        return self._kept[2]

    @property
    def first(self) -> int:
        """The sequence number of the oldest row that is kept: how many have left."""
        return self._kept[1]

    def snapshot(self) -> pd.DataFrame:
        """Return the rows that are kept now."""
        block, first, total = self._kept
        return self._rows(block, first, total)

    def since(self, sequence: int, most: int | None = None) -> tuple[pd.DataFrame, int]:
        """Return the kept rows from a sequence number on, and the sequence number of the first of them.

        Parameters
        ----------
        sequence : int
            Number of the first row wanted; rows count from 0. Where it has left, the oldest row comes first.
        most : int, optional
            Rows at most.
        """
        block, first, total = self._kept
        start = min(max(sequence, first), total)
        stop = total if most is None else min(total, start + most)
        return self._rows(block, start, stop), start

    def expect(self, column: str, values: Iterable[str]) -> None:
        """Make values known to a category before they come: frames of equal categories are cheap to join."""
        known, categories = self._known[column], self._categories[column]
        with self._learning:
            for value in values:
                if value not in known:
                    # Readers may use a category as soon as it is in the list, the writer as soon as it has a number.
                    categories.append(value)
                    known[value] = len(categories) - 1
            needed = next(dtype for most, dtype in _CODES if len(categories) <= most)
            if needed is not self._codes[column]:
                self._codes = self._codes | {column: needed}
            self._version += 1

    def categories(self, column: str) -> Sequence[str]:
        """Return the values of a category by their numbers; it grows at its end."""
        return self._categories[column]

    def append(self, batch: Mapping[str, Any]) -> Mapping[str, NDArray[np.int32]]:
        """Take rows in, and return the numbers of their categories, -1 for none.

        Parameters
        ----------
        batch : mapping of str to array
            The index and every column, equally long: float64, or int64 for counts and instants; categories as text,
            None where there is none.

        Raises
        ------
        ValueError
            If columns are of unequal length. Nothing was taken then.
        """
        arrivals = [(name, batch[name]) for name in self._numbers]
        count = len(arrivals[0][1])
        if not count:
            return {}
        newest = self._newest
        if self._clock is not None:
            received = np.maximum.accumulate(batch[self._clock])
            if received[0] < newest:
                np.maximum(received, newest, out=received)
            newest = int(received[-1])
            arrivals.append((self._clock, received))
        numbers = {name: self._coded(name, batch[name]) for name in self._known}
        arrivals += numbers.items()
        if any(len(values) != count for _, values in arrivals):
            lengths = ", ".join(f"{name} {len(values)}" for name, values in arrivals)
            raise ValueError(f"columns of unequal length: {lengths}.")

        block, first, total = self._kept
        stop = total + count
        if self._window is not None:
            oldest = newest - self._window
            first += int(block.row[RECEIVED][first - block.base : total - block.base].searchsorted(oldest))
            if first == total:
                first += int(received.searchsorted(oldest))
        if self._maxlen is not None:
            first = max(first, stop - self._maxlen)
        if stop - block.base > block.capacity or block.codes is not self._codes:
            block = self._turned(block, first, total, stop)
        start = max(total, block.base)  # later only where rows leave as they come
        begin, end = start - block.base, stop - block.base
        for name, values in arrivals:
            block.row[name][begin:end] = values[start - total :] if start > total else values
        self._mirror(block, start, stop)
        self._newest = newest
        self._kept = (block, first, stop)
        return numbers

    def _coded(self, name: str, values: Any) -> NDArray[np.int32]:
        count = len(values)
        if count and values[0] is None and isinstance(values, (list, tuple)) and values.count(None) == count:
            return np.full(count, -1, np.int32)
        number = self._known[name].__getitem__
        try:
            return np.fromiter(map(number, values), np.int32, count)
        except KeyError:
            self.expect(name, dict.fromkeys(value for value in values if value is not None))
            return np.fromiter(map(number, values), np.int32, count)

    def _capacity(self, rows: int) -> int:
        """Return the rows of a block that is to keep so many of them."""
        if self._maxlen is None:
            return max(_LEAST, rows * 5 // 2)
        if self._window is None and self._maxlen <= _LARGE:
            return max(_LEAST, 2 * self._maxlen)
        return max(_LEAST, min(2 * self._maxlen, rows * 5 // 2))

    def _block(self, base: int, capacity: int) -> _Block:
        return _Block(self._layout, self._codes, base, capacity)

    def _turned(self, block: _Block, first: int, total: int, stop: int) -> _Block:
        """Return a block with room up to `stop` that holds the rows from `first` to `total`."""
        following, self._following = self._following, None
        capacity = self._capacity(stop - first)
        if (
            following is not None
            and following.codes is self._codes
            and following.base <= first
            and stop - following.base <= following.capacity <= 4 * capacity
        ):
            return following
        new = self._block(first, capacity)
        if first < total:
            new.copy(block, first, total)
        return new

    def _mirror(self, block: _Block, start: int, stop: int) -> None:
        """Write what stands behind the middle of a block into the next one as well."""
        middle = block.base + block.capacity // 2
        if stop > middle:
            if self._following is None:
                self._following = _Block(self._layout, block.codes, middle, block.capacity)
            self._following.copy(block, max(start, middle), stop)

    def _rows(self, block: _Block, start: int, stop: int) -> pd.DataFrame:
        version, frame = block.frame
        if frame is None or version != self._version:
            version = self._version
            frame = block.whole(self._layout, self._categories)[self._shown]
            block.frame = (version, frame)
        return frame.iloc[start - block.base : stop - block.base]


class _Block:
    """A stretch of rows, each in its place for good: row n of the stream is row ``n - base`` here."""

    __slots__ = ("base", "capacity", "codes", "frame", "row", "tables")

    def __init__(self, layout: Sequence[Column], codes: Mapping[str, Any], base: int, capacity: int) -> None:
        self.base = base
        self.capacity = capacity
        self.codes = codes
        self.frame: tuple[int, pd.DataFrame | None] = (-1, None)
        # One table a number type and one a category, a row of memory for each column.
        self.tables: dict[tuple[str, ...], NDArray[Any]] = {}
        self.row: dict[str, NDArray[Any]] = {}
        for kind, dtype in _NUMBERS.items():
            names = tuple(column.name for column in layout if column.kind == kind)
            if names:
                self._add(names, dtype)
        for name, dtype in codes.items():
            self._add((name,), dtype)

    def _add(self, names: tuple[str, ...], dtype: Any) -> None:
        table = _memory(len(names), self.capacity, dtype)
        self.tables[names] = table
        self.row.update(zip(names, table, strict=True))

    def copy(self, other: _Block, first: int, stop: int) -> None:
        """Copy the rows from `first` to `stop` out of another block."""
        here, there = slice(first - self.base, stop - self.base), slice(first - other.base, stop - other.base)
        for mine, theirs in zip(self.tables.values(), other.tables.values(), strict=True):
            mine[:, here] = theirs[:, there]

    def whole(self, layout: Sequence[Column], categories: Mapping[str, Sequence[str]]) -> pd.DataFrame:
        """Return all rows, written or not, as a frame that shares their memory and can not write there."""
        kinds = {column.name: column.kind for column in layout}
        index = _instants(self.row[layout[0].name])
        index.name = layout[0].name
        parts: list[pd.DataFrame] = []
        alone: dict[str, Any] = {}
        for names, table in self.tables.items():
            if kinds[names[0]] == "instant":
                alone |= {name: _instants(self.row[name]).array for name in names[1:]}
            elif kinds[names[0]] == "category":
                alone[names[0]] = _category(self.row[names[0]], categories[names[0]])
            else:
                parts.append(pd.DataFrame(_sealed(table).T, index=index, columns=list(names), copy=False))
        parts.append(pd.DataFrame(alone, index=index, copy=False))
        return _shared(pd.concat(parts, axis=1))


def _memory(rows: int, capacity: int, dtype: Any) -> NDArray[Any]:
    """Return room that takes no memory until it is written, page by page.

    Large arrays of numpy ask the system for huge pages: the first row of each column would take two megabytes, and the
    time to clear them.
    """
    size = rows * capacity * np.dtype(dtype).itemsize
    if sys.platform == "win32":
        memory = mmap.mmap(-1, size)
    else:
        # Not shared: a forked child keeps the rows that it was born with.
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(memory, dtype).reshape(rows, capacity)


class _Forever:
    """What never goes away, and can be referred to weakly."""


_FOREVER: Final = _Forever()


def _shared(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame, such that whatever is taken from it is copied before it is written to.

    pandas would copy as long as this frame lives. A user may keep what was taken from it for longer, and then write
    into memory that is sealed: so somebody else is said to refer to it, always.
    """
    for block in frame._mgr.blocks:  # there is no public way
        block.refs.referenced_blocks.append(weakref.ref(_FOREVER))
    return frame


def _sealed(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view that nobody can write through, not even past the frame."""
    view = array.view()
    view.flags.writeable = False
    return view


def _instants(row: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(_sealed(row), dtype=_INSTANT, copy=False)


def _category(row: NDArray[Any], values: Sequence[str]) -> pd.Categorical:
    most = next(most for most, dtype in _CODES if row.dtype == dtype)
    dtype = pd.CategoricalDtype(pd.Index(list(values[:most]), dtype="str"))
    return pd.Categorical.from_codes(_sealed(row), dtype=dtype, validate=False)
