"""What the running total of a day says about trades that never came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kosdata.catalogue.seoul import AHEAD, DAY
from kosdata.research.live.gaps import Gap, Gaps

__all__ = ["Volumes"]

_NAT: Final = np.iinfo(np.int64).min
_SHORT: Final = 2**15
_OPEN: Final = 32_400_000_000  # after midnight
_MOST_HOLES: Final = 100  # of one code

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Floats: TypeAlias = NDArray[np.float64]


class _Hole(NamedTuple):
    """A stretch of a day's volume that no trade explains, and the gap that it was counted in."""

    low: float
    high: float
    gap: Gap


class Volumes:
    """Follow the day's volume of each code: what it rose by and no trade explains was missed.

    Codes are numbers, as a category has them. A total below the highest one belongs to a trade that came late, and
    gives back what was thought missing there. The first total of a code says nothing, but on the day after it was
    followed, it is counted from zero.
    """

    def __init__(self, gaps: Gaps) -> None:
        self._gaps = gaps
        self._total: Floats = np.zeros(0)
        self._seen: Ints = np.zeros(0, dtype=np.int64)
        self._holes: dict[int, list[_Hole]] = {}

    def check(self, names: Sequence[str], codes: Ints, size: Ints, total: Floats, at: Ints, received: Ints) -> None:
        """Compare rows with those before them, as they arrived; `at` is when they were traded, if they say so."""
        if np.isnan(total).all():
            return
        self._grow(len(names))
        # Numbers of 16 bits are sorted by radix.
        order = np.argsort(codes.astype(np.int16) if len(names) < _SHORT else codes, kind="stable")
        code, rose = codes[order], total[order]
        first = np.empty(len(code), dtype=np.bool_)
        first[0] = True
        np.not_equal(code[1:], code[:-1], out=first[1:])
        before = np.empty_like(rose)
        before[1:] = rose[:-1]
        heads = code[first]
        before[first] = self._total[heads]
        if (
            np.array_equal(rose, before + size[order])
            and self._is_of(heads, at)
            and not (self._gaps.has_open and self._gaps.concern(names[head] for head in heads))
        ):
            last = np.append(first[1:], True)
            self._total[code[last]], self._seen[code[last]] = rose[last], at[order[last]]
            return
        rows = (codes.tolist(), size.tolist(), total.tolist(), at.tolist(), received.tolist())
        for row in zip(*rows, strict=True):
            self._follow(names, *row)

    def image(self, names: Sequence[str], code: int, total: float, at: int, received: int) -> None:
        """Compare the present state of an issue, which is no trade, with its last row."""
        self._grow(len(names))
        self._follow(names, code, 0, total, at, received)

    def _follow(self, names: Sequence[str], code: int, size: int, total: float, at: int, received: int) -> None:
        known, since = float(self._total[code]), int(self._seen[code])
        if at == _NAT:
            is_early = (received + AHEAD) % DAY < _OPEN
            if is_early and total not in (0, known):
                return  # the total of some day before, and nobody says of which
            at = since if is_early and total else received
        if total != total:
            return
        if known != known:
            self._gaps.untold((names[code],))
        else:
            if _day(since) < _day(at):
                known = 0.0
                self._holes.pop(code, None)
            if total - size >= known:
                missed = round(total - known) - size
                gap = self._gaps.volume(names[code], missed, since, at)
                if missed and gap is not None:
                    holes = self._holes.setdefault(code, [])
                    holes.append(_Hole(known, total - size, gap))
                    del holes[:-_MOST_HOLES]
            elif size:
                self._fill(code, total - size, total)
            total = max(total, known)
        self._total[code], self._seen[code] = total, max(at, since)

    def forget(self, codes: Iterable[int]) -> None:
        """Forget where codes stood that are followed no longer."""
        for code in codes:
            if code < len(self._total):
                self._total[code] = np.nan
                self._holes.pop(code, None)

    def _fill(self, code: int, low: float, high: float) -> None:
        """Give back what lies in holes of a stretch of the day's volume."""
        left = []
        for hole in self._holes.get(code, ()):
            begin, end = max(hole.low, low), min(hole.high, high)
            if begin >= end:
                left.append(hole)
                continue
            self._gaps.found(hole.gap, round(end - begin))
            parts = (hole._replace(high=begin), hole._replace(low=end))
            left += [part for part in parts if part.low < part.high]
        if left:
            self._holes[code] = left
        else:
            self._holes.pop(code, None)

    def _is_of(self, codes: Ints, at: Ints) -> bool:
        """Return whether codes were all seen on the one day of some rows before."""
        day = _day(int(at.min()))
        return day == _day(int(at.max())) and bool((_day(self._seen[codes]) == day).all())

    def _grow(self, count: int) -> None:
        more = count - len(self._total)
        if more > 0:
            self._total = np.append(self._total, np.full(more, np.nan))
            self._seen = np.append(self._seen, np.zeros(more, dtype=np.int64))


def _day(at: Any) -> Any:
    return (at + AHEAD) // DAY
