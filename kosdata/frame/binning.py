"""Where bars begin and end, and what the rows within come to: the engine of `bars`, on bare arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kosdata.frame.aggregation import aggregated
from kosdata.frame.phases import Phases
from kosdata.frame.stack import joined

__all__ = ["COLUMNS", "BinnedBars", "Columns", "bin_bars", "bin_ticks"]

Ints = NDArray[np.int64]
Codes = NDArray[Any]
Columns = Mapping[str, Any]

COLUMNS: Final = ("open", "high", "low", "close", "volume", "value", "count")

# Rows that are worked on at once: all that is made of them stays in the cache of a core.
_RUN: Final = 1 << 17
_EXACT: Final = float(1 << 53)
_NO_BARS: Final[tuple[NDArray[Any], ...]] = (
    np.zeros(0, dtype=np.int16),
    np.zeros(0, dtype=np.int64),
    *(np.zeros(0, dtype=np.float64) for _ in range(4)),
    *(np.zeros(0, dtype=np.int64) for _ in range(3)),
)


@dataclass(frozen=True, slots=True)
class BinnedBars:
    """Bars by code and time.

    Attributes
    ----------
    code : array of int, optional
        Number of the code of each bar.
    start, end : array of int
        When the stretch that it is counted from begins and ends.
    place : array of int
        Which bar of that stretch it is.
    day : array of int
        Days since 1970 of its session.
    is_regular : array of bool
        Whether the stretch is the regular session.
    columns : mapping of str to array
        `COLUMNS`, and others that the shorter bars have.
    """

    code: Codes | None
    start: Ints
    end: Ints
    place: Ints
    day: Ints
    is_regular: NDArray[np.bool_]
    columns: Columns

    @classmethod
    def within(cls, spans: Phases, phase: Ints, place: Ints, code: Codes | None, columns: Columns) -> BinnedBars:
        """Return bars of which it is known in which stretch they lie."""
        return cls(
            code, spans.start[phase], spans.end[phase], place, spans.day[phase], spans.is_regular[phase], columns
        )

    @classmethod
    def joined(cls, parts: Sequence[BinnedBars]) -> BinnedBars:
        """Return the bars of different codes, in the order of the codes."""
        if len(parts) == 1:
            return parts[0]
        codes = np.concatenate([part.code for part in parts if part.code is not None])
        order = np.argsort(codes, kind="stable")
        start, end, place, day, is_regular = (
            np.concatenate([getattr(part, name) for part in parts])[order]
            for name in ("start", "end", "place", "day", "is_regular")
        )
        columns = {name: joined([part.columns[name] for part in parts]).take(order) for name in parts[0].columns}
        return cls(codes[order], start, end, place, day, is_regular, columns)

    def begins(self, step: int) -> Ints:
        """Return when bars of some length begin."""
        return self.start + self.place * step

    def ends(self, step: int) -> Ints:
        """Return when they end."""
        return np.minimum(self.begins(step) + step, self.end)

    def where(self, keep: NDArray[np.bool_]) -> BinnedBars:
        """Return the bars that are marked."""
        if keep.all():
            return self
        at = np.flatnonzero(keep)
        code = None if self.code is None else self.code[at]
        start, end, place, day = (each[at] for each in (self.start, self.end, self.place, self.day))
        columns = {name: values.take(at) for name, values in self.columns.items()}
        return BinnedBars(code, start, end, place, day, self.is_regular[at], columns)

    def filled(self, step: int, over: int, seen: int) -> BinnedBars:
        """Return the bars with those of the regular sessions that have no trade, flat at the last price.

        They go from the first trade of a session to its last bar if it was over at one moment, else to the last one
        that had begun at the other.
        """
        if not len(self.start):
            return self
        first = _changes(self.start, self.code) | ~self.is_regular
        firsts = np.flatnonzero(first)
        lasts = np.append(firsts, len(first))[1:] - 1
        start, end = self.start[firsts], self.end[firsts]
        begun = np.where(end <= over, end, np.minimum(end, seen))
        reach = np.maximum(self.place[lasts], np.where(self.is_regular[firsts], -(-(begun - start) // step) - 1, 0))
        counts = reach - self.place[firsts] + 1
        ahead = np.cumsum(counts) - counts
        group = np.repeat(np.arange(len(firsts)), counts)
        place = np.arange(len(group)) + (self.place[firsts] - ahead)[group]
        at = (ahead - self.place[firsts])[np.cumsum(first) - 1] + self.place
        there = np.zeros(len(group), dtype=np.bool_)
        there[at] = True
        of = np.cumsum(there) - 1
        columns = {name: values.take(of) for name, values in self.columns.items()}
        for name in ("open", "high", "low"):
            columns[name] = np.where(there, columns[name], columns["close"])
        for name in ("volume", "value", "count"):
            columns[name][~there] = 0
        if "final" in columns:
            columns["final"][~there] = True
        code = None if self.code is None else self.code[of]
        return BinnedBars(code, self.start[of], self.end[of], place, self.day[of], self.is_regular[of], columns)

    def by(self, period: Ints) -> BinnedBars:
        """Return the bars of whole periods, each with the day of its last bar."""
        starts = np.flatnonzero(_changes(period, self.code))
        lasts = np.append(starts, len(period))[1:] - 1
        is_last = np.zeros(len(period), dtype=np.bool_)
        is_last[lasts] = True
        return replace(self.where(is_last), columns=aggregated(self.columns, starts))


def bin_ticks(
    times: Ints, price: NDArray[np.float64], size: Ints, codes: Codes | None, spans: Phases, step: int
) -> tuple[BinnedBars, int]:
    """Return the bars of ticks in order of time, and how many ticks lie in none.

    Parameters
    ----------
    times : array of int
        Ascending.
    price, size : array
        Of each tick.
    codes : array of int, optional
        Number of the code of each.
    spans : Phases
        Stretches that bars are made of, in order.
    step : int
        Length of a bar.
    """
    begins = np.searchsorted(times, spans.after, side="right")
    stops = np.searchsorted(times, spans.upto, side="right")
    marks: list[Ints] = []
    places: list[Ints] = []
    phase = np.flatnonzero(stops > begins)
    for n, begin, stop in zip(phase.tolist(), begins[phase].tolist(), stops[phase].tolist(), strict=True):
        firsts, place = _grid(times[begin:stop], int(spans.start[n]), int(spans.end[n]), step)
        # What follows up to the next stretch is a bar of its own, to be thrown away.
        marks.append(np.append(firsts + begin, stop))
        places.append(np.append(place, -1))
    mark, place = (np.concatenate([np.zeros(0, dtype=np.int64), *parts]) for parts in (marks, places))
    phase = np.repeat(phase, [len(part) for part in places])
    some = np.diff(mark, append=len(times)) > 0
    mark, place, phase = mark[some], place[some], phase[some]
    number, bar, columns = _summed(price, size, mark, codes)
    place, phase = place[bar], phase[bar]
    made = BinnedBars.within(spans, phase, place, number, columns).where(place >= 0)
    return made, len(times) - int(made.columns["count"].sum())


def bin_bars(times: Ints, columns: Columns, codes: Codes | None, spans: Phases, step: int) -> tuple[BinnedBars, int]:
    """Return the bars of shorter bars in order of code and time, and how many of these lie in none.

    Parameters
    ----------
    times : array of int
        When each ends, or any moment within.
    columns : mapping of str to array
        `COLUMNS`.
    codes : array of int, optional
        Number of the code of each.
    spans : Phases
        Stretches that bars are made of, in order.
    step : int
        Length of a bar.
    """
    if not len(spans.start):
        return BinnedBars.within(spans, times[:0], times[:0], codes, columns), len(times)
    phase = np.minimum(np.searchsorted(spans.upto, times), len(spans.upto) - 1)
    inside = np.flatnonzero((times > spans.after[phase]) & (times <= spans.upto[phase]))
    lost = len(times) - len(inside)
    if lost:
        times, phase, codes = times[inside], phase[inside], codes if codes is None else codes[inside]
        columns = {name: values.take(inside) for name, values in columns.items()}
    place = _places(times, spans.start[phase], spans.end[phase], step)
    starts = np.flatnonzero(_changes(place, _changes(phase, codes).cumsum()))
    code = None if codes is None else codes[starts]
    return BinnedBars.within(spans, phase[starts], place[starts], code, aggregated(columns, starts)), lost


def _places(times: Ints, start: Any, end: Any, step: int) -> Ints:
    """Return in which bar of their stretch moments lie: a bar holds its start and not its end, but for the last one."""
    last = -(-(end - start) // step) - 1
    return np.asarray(np.minimum(np.maximum((times - start) // step, 0), last))


def _grid(times: Ints, start: int, end: int, step: int) -> tuple[Ints, Ints]:
    """Return the first row of each bar of a stretch that has a row, and which bars these are."""
    bars = -(-(end - start) // step)
    if len(times) < bars:
        place = _places(times, start, end, step)
        firsts = np.flatnonzero(np.diff(place, prepend=-1))
        return firsts, place[firsts]
    ends = start + step * np.arange(1, bars, dtype=np.int64)
    cuts = np.concatenate(([0], np.searchsorted(times, ends), [len(times)]))
    place = np.flatnonzero(np.diff(cuts))
    return cuts[place], place


def _changes(values: Ints, codes: Codes | None) -> NDArray[np.bool_]:
    """Return where a value or a code is another than in the row before."""
    changes = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    if codes is not None:
        changes[1:] |= codes[1:] != codes[:-1]
    return changes


def _summed(
    price: NDArray[np.float64], size: Ints, mark: Ints, codes: Codes | None
) -> tuple[Codes | None, Ints, dict[str, Any]]:
    """Return the bars of ticks by code and time: the number of the code, which mark they lie behind, and columns.

    Parameters
    ----------
    price, size : array
        Of ticks in order of time.
    mark : array of int
        First row of each bar, of all codes together; what lies before the first is in none.
    codes : array of int, optional
        Number of the code of each tick.
    """
    parts = list(_runs(price, size, mark, codes)) or [_NO_BARS]
    number, bar, *made = (np.concatenate(each) for each in zip(*parts, strict=True))
    columns = dict(zip(COLUMNS, made, strict=True))
    if codes is None:
        return None, bar, columns
    order = np.argsort(number, kind="stable")
    return number[order], bar[order], {name: values[order] for name, values in columns.items()}


def _runs(
    price: NDArray[np.float64], size: Ints, mark: Ints, codes: Codes | None
) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield the bars of a few rows at once, always whole ones."""
    edges = np.append(np.flatnonzero(_changes(mark // _RUN, None)), len(mark)) if len(mark) else mark
    bounds = np.append(mark, len(price))
    room = np.empty(max((int(bounds[b] - bounds[a]) for a, b in pairwise(edges)), default=0))
    for first, stop in pairwise(edges):
        begin, end = bounds[first], bounds[stop]
        firsts = bounds[first:stop] - begin
        p, q = price[begin:end], size[begin:end]
        if codes is None:
            number = firsts[:0]
            bar = np.arange(first, stop)
        else:
            lengths = np.diff(bounds[first : stop + 1])
            order = np.argsort(codes[begin:end], kind="stable")  # by digits, if these are of 16 bits
            p, q, c = p[order], q[order], codes[begin:end][order]
            b = np.repeat(np.arange(first, stop), lengths)[order]
            firsts = np.flatnonzero(_changes(b, c))
            number, bar = c[firsts], b[firsts]
        stops = np.append(firsts[1:], len(p))
        # In place: a new array a run would cost more than the product.
        paid = room[: len(p)]
        np.copyto(paid, q)
        sums = np.add.reduceat(np.multiply(p, paid, out=paid), firsts)
        if np.abs(sums).max() < _EXACT:
            value = np.rint(sums).astype(np.int64)
        else:
            value = np.add.reduceat(np.rint(p).astype(np.int64) * q, firsts)
        yield (
            number,
            bar,
            p[firsts],
            np.maximum.reduceat(p, firsts),
            np.minimum.reduceat(p, firsts),
            p[stops - 1],
            np.add.reduceat(q, firsts),
            value,
            stops - firsts,
        )
