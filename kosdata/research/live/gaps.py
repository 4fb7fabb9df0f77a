"""What a stream has missed: every stretch of which something was lost, from when to when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Final

import numpy as np
import pandas as pd

from kosdata.catalogue.seoul import SEOUL

__all__ = ["Gap", "Gaps"]

_MOST: Final = 10_000
_INSTANT: Final = pd.DatetimeTZDtype("us", SEOUL)


@dataclass(slots=True, eq=False)
class Gap:
    """One stretch, as an open interval: what was received at its ends was not lost.

    Attributes
    ----------
    start, end : int
        Microseconds since 1970; no `end` as long as it goes on.
    reason : str
        What has happened.
    codes : dict of str to None
        Of which issues; none for all of them.
    missed : int or None
        Shares or contracts that were traded and not told, as far as the day's volume shows it.
    waiting : dict of str to None
        Codes that have not come back.
    """

    start: int
    reason: str
    codes: dict[str, None]
    end: int | None = None
    missed: int | None = None
    waiting: dict[str, None] = field(default_factory=dict)


class Gaps:
    """The gaps of one stream, in the order of their begin. Any thread may ask.

    Ten thousand are kept; older ones are forgotten, and counted.

    Attributes
    ----------
    count, forgotten : int
        Gaps that were noticed, and those of them that are not kept any more.
    """

    def __init__(self) -> None:
        self.count = 0
        self.forgotten = 0
        self._all: list[Gap] = []
        self._open: dict[object, list[Gap]] = {}  # several of one source, where it broke again before all was back
        self._latest: dict[str, Gap] = {}  # by code, as long as no volume has told what it cost
        self._whole: Gap | None = None  # of all codes, as long as no row has come since
        self._lock = RLock()

    def begin(self, of: object, start: int, reason: str, codes: Iterable[str]) -> None:
        """Take note that a source has broken; for what had not come back since it broke before, that gap goes on."""
        wanted = dict.fromkeys(codes)
        with self._lock:
            ongoing = self._open.setdefault(of, [])
            new = wanted.keys() - {code for gap in ongoing for code in gap.codes}
            for gap in ongoing:
                again = {code: None for code in wanted if code in gap.codes}
                if again:
                    gap.waiting |= again
                    gap.end = None
            if new or not ongoing:
                fresh = {code: None for code in wanted if code in new}
                gap = Gap(start, reason, fresh, waiting=dict(fresh))
                ongoing.append(gap)
                self._add(gap)

    def back(self, of: object, at: int, codes: Iterable[str] | None = None) -> None:
        """Take note that a source is back: for some codes, or for whatever it brings."""
        wanted = None if codes is None else dict.fromkeys(codes)
        with self._lock:
            for gap in list(self._open.get(of, ())):
                self._come(gap, list(gap.waiting if wanted is None else wanted), at)
                self._settle(of, gap, at)

    def leave(self, codes: Iterable[str], at: int) -> None:
        """Take note that some codes are followed no longer: nothing of them is waited for."""
        gone = list(codes)
        with self._lock:
            for of, gap in self._going_on():
                if gap.codes:
                    self._come(gap, gone, at)
                    self._settle(of, gap, at)
            for code in gone:
                self._latest.pop(code, None)

    def arrived(self, came: Mapping[str, int], connected: int) -> None:
        """Take note of when, by its own clock, the first new row of each code was: no gap covers it.

        A gap that has ended for some codes only becomes two, for what came lies between their ends.
        """
        with self._lock:
            for code, at in came.items():
                self._arrive(code, at, connected)
            whole, self._whole = self._whole, None
            if whole is not None and came:
                _shorten(whole, min(came.values()), connected)

    def lost(self, start: int, end: int | None, reason: str, codes: Sequence[str]) -> Gap:
        """Take note of a gap that is over, or that nothing will end, and return it."""
        with self._lock:
            gap = Gap(start, reason, dict.fromkeys(codes), end if end is None else max(start, end))
            self._add(gap)
        return gap

    def extend(self, gap: Gap, end: int) -> None:
        """Take note that a gap which was over goes on up to a moment."""
        with self._lock:
            gap.end = end

    def volume(self, code: str, missed: int, start: int, end: int) -> Gap | None:
        """Take note of what the day's volume tells of a code between two rows of it, and return the gap it lies in."""
        with self._lock:
            # The state of an issue may be told before it is said that its rows come again.
            waiting = (gap for _, gap in self._going_on() if code in gap.waiting)
            gap = self._latest.pop(code, None) or next(waiting, None)
            if gap is not None:
                gap.missed = (gap.missed or 0) + missed
            elif missed:
                gap = Gap(start, "volume", {code: None}, max(start, end), missed)
                self._add(gap)
        return gap

    def untold(self, codes: Iterable[str]) -> None:
        """Take note that no volume will tell what the newest gaps of some codes have cost."""
        with self._lock:
            for code in codes:
                self._latest.pop(code, None)

    def found(self, gap: Gap, size: int) -> None:
        """Take note that something came late, which had been thought missing."""
        with self._lock:
            gap.missed = max((gap.missed or 0) - size, 0)
            if gap.missed == 0 and gap.reason == "volume" and gap in self._all:
                self._all.remove(gap)
                self.count -= 1

    def concern(self, codes: Iterable[str]) -> bool:
        """Return whether rows of these codes may end a gap, or tell what it cost."""
        with self._lock:
            return any(
                code in self._latest or any(code in gap.waiting for _, gap in self._going_on()) for code in codes
            )

    @property
    def has_open(self) -> bool:
        """Whether rows that come may end a gap, or tell what it cost."""
        return bool(self._open) or bool(self._latest) or self._whole is not None

    @property
    def is_broken(self) -> bool:
        """Whether some source has not come back yet."""
        return bool(self._open)

    def frame(self, every: Sequence[str] = ()) -> pd.DataFrame:
        """Return one row a gap: ``start end reason codes missed_volume``; `every` stands for all codes."""
        with self._lock:
            # Those of one break, as they ended: which code came back first is not always noticed alike.
            told = sorted(self._all, key=lambda gap: (gap.start, gap.end is None, gap.end))
            found = [(g.start, g.end, g.reason, tuple(g.codes) or tuple(every), g.missed) for g in told]
        start, end, reason, codes, missed = zip(*found, strict=True) if found else ((), (), (), (), ())
        listed = np.empty(len(found), dtype=object)
        listed[:] = codes
        return pd.DataFrame(
            {
                "start": _instants(start),
                "end": _instants(end),
                "reason": pd.array(reason, dtype="str"),
                "codes": listed,
                "missed_volume": pd.array(missed, dtype="Int64"),
            }
        )

    def _going_on(self) -> list[tuple[object, Gap]]:
        return [(of, gap) for of, gaps in self._open.items() for gap in gaps]

    def _arrive(self, code: str, at: int, connected: int) -> None:
        for of, gap in self._going_on():
            if code not in gap.codes:
                continue
            self._come(gap, (code,), at)
            if gap.waiting:
                rest = Gap(gap.start, gap.reason, dict(gap.waiting), waiting=dict(gap.waiting))
                gap.codes = {code: None for code in gap.codes if code not in rest.codes}
                gap.waiting = {}
                self._open[of].append(rest)
                self._add(rest)
            self._settle(of, gap, at)
        if (ended := self._latest.get(code)) is not None:
            _shorten(ended, at, connected)

    def _come(self, gap: Gap, codes: Iterable[str], at: int) -> None:
        for code in codes:
            if code in gap.waiting:
                del gap.waiting[code]
                self._latest[code] = gap
                gap.end = at

    def _settle(self, of: object, gap: Gap, at: int) -> None:
        """Let go of a gap that nothing is waited for any more."""
        if not gap.waiting:
            gap.end = at if gap.end is None else gap.end
            self._whole = self._whole if gap.codes else gap
            self._open[of].remove(gap)
            if not self._open[of]:
                del self._open[of]

    def _add(self, gap: Gap) -> None:
        self.count += 1
        self._all.append(gap)
        if len(self._all) > _MOST:
            # Those that go on are no history yet.
            old = self._all[: _MOST // 2]
            kept = [gap for gap in old if gap.end is None]
            self.forgotten += len(old) - len(kept)
            self._all = kept + self._all[_MOST // 2 :]


def _shorten(gap: Gap, at: int, connected: int) -> None:
    """Let a gap that has ended end with the first row after it."""
    if gap.end is not None and connected <= at < gap.end:
        gap.end = max(at, gap.start)


def _instants(moments: Sequence[int | None]) -> pd.DatetimeIndex:
    none = np.iinfo(np.int64).min
    numbers = np.array([none if moment is None else moment for moment in moments], dtype=np.int64)
    return pd.DatetimeIndex(numbers, dtype=_INSTANT)
