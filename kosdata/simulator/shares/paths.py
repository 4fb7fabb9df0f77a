"""The price of every issue on every day: one walk for the whole market, in whole won, from the first session on.

A return is a part of the market's, of the industry's and an own one, and a mild pull toward where the price belongs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kosdata.catalogue.calendar import Calendar, Hours
from kosdata.simulator import draws
from kosdata.simulator.draws import Bools, Ints, UInts
from kosdata.simulator.shares import price_ladder as ladder
from kosdata.simulator.shares.issues import Issue, Split

__all__ = ["MILLION", "Paths", "walk"]

MILLION: Final = 1_000_000
"""Returns are counted in millionths."""

_Place: TypeAlias = int | Ints | slice
_ALL: Final = slice(None)
_FIRST: Final = date(2000, 1, 1)
_MARKET: Final = 8_000
_INDUSTRY: Final = 5_000
_PULL: Final = 4_500
# Out of a thousand days, how many are wild and how many are wilder, and how much.
_WILD: Final = ((22, 3), (2, 6))


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The market day by day: sessions go down, issues across.

    Attributes
    ----------
    seed : int
        Seed of the market.
    issues : tuple of Issue
        Issues, by column.
    columns : dict of str to int
        Column of each code.
    dates : tuple of date
        Sessions, by row.
    days : array of int
        Sessions as days since 1970-01-01.
    hours : tuple of Hours
        Trading hours of each session.
    ladders : array of small int
        Position of the tick table in `ladder.LADDERS`; ask `ladder`.
    percents : array of small int
        How far a price may fall from its base, and rise; one table each. Ask `bounds`.
    base, close, shares : array of int
        Base price, closing price, in won, and listed shares. Prices are raw: of the shares of that day.
    listed, trading : array of bool
        Whether the issue is listed, and whether it is traded.
    """

    seed: int
    issues: tuple[Issue, ...]
    columns: dict[str, int]
    dates: tuple[date, ...]
    days: Ints
    hours: tuple[Hours, ...]
    ladders: NDArray[np.int8]
    percents: NDArray[np.int16]
    base: Ints
    close: Ints
    shares: Ints
    listed: Bools
    trading: Bools

    def __post_init__(self) -> None:
        # All answers are made of these, from several threads: nobody may change them by accident.
        for each in fields(self):
            if isinstance(value := getattr(self, each.name), np.ndarray):
                value.flags.writeable = False

    def row(self, day: date) -> int:
        """Return the row of the last session up to `day`; -1 if there is none."""
        return bisect_right(self.dates, day) - 1

    def rows(self, start: date, end: date) -> range:
        """Return the rows of the sessions from `start` to `end`, both included."""
        return range(bisect_left(self.dates, start), bisect_right(self.dates, end))

    def ladder(self, rows: _Place, columns: _Place) -> Ints:
        """Return the positions in `ladder.LADDERS` of the tick tables that hold."""
        return np.asarray(self.ladders[rows, columns], dtype=np.int64)

    def bounds(self, rows: _Place, columns: _Place) -> tuple[Ints, Ints]:
        """Return the numbers of the lowest and highest price that the limits of each day allow."""
        percents = np.asarray(self.percents[:, rows, columns], dtype=np.int64)
        return ladder.bounds(self.base[rows, columns], percents, self.ladder(rows, columns))


def walk(seed: int, issues: Sequence[Issue], calendar: Calendar) -> Paths:
    """Return the daily market of a seed; funds walk like shares until they are given what they hold."""
    dates = tuple(calendar.sessions(max(_FIRST, calendar.valid_from), calendar.valid_through))
    days = np.array(dates, dtype="datetime64[D]").astype(np.int64)
    listed = _stretches(dates, [(issue.list_date, issue.delist_date) for issue in issues])
    sketch = Paths(
        seed=seed,
        issues=tuple(issues),
        columns={issue.code: column for column, issue in enumerate(issues)},
        dates=dates,
        days=days,
        hours=tuple(map(calendar.hours, dates)),
        ladders=np.stack([ladder.ladder_of(issue.rules, days).astype(np.int8) for issue in issues], axis=1),
        percents=_percents(issues, days, listed),
        base=np.zeros((0, 0), dtype=np.int64),
        close=np.zeros((0, 0), dtype=np.int64),
        shares=_shares(dates, issues),
        listed=listed,
        trading=listed & ~_halted(dates, issues),
    )
    base, close = _walked(sketch)
    return replace(sketch, base=base, close=close)


def _walked(paths: Paths) -> tuple[Ints, Ints]:
    """Return base and closing prices of all sessions; the only loop over days."""
    returns, anchors, splits = _returns(paths), _anchors(paths), _splits(paths)
    bases, closes = np.zeros_like(anchors), np.zeros_like(anchors)
    start = draws.below(draws.draw(_keys(paths, "start"), 1)[:, 0], 600) + 700
    last = anchors[0] * start // 1_000
    new = paths.listed & ~np.roll(paths.listed, 1, axis=0)
    new[0] = True
    for row, anchor in enumerate(anchors):
        base, ladders = last, paths.ladder(row, _ALL)
        if new[row].any():
            base = np.where(new[row], ladder.price(ladder.nearest(anchor if row else last, ladders)), base)
        for column, split in splits.get(row, ()):
            base[column] = (2 * base[column] * split.old + split.new) // (2 * split.new)
        pull = (anchor - base) * _PULL // (anchor + base)
        wanted = base + (base * (returns[row] + pull) + MILLION // 2) // MILLION
        low, high = ladder.bounds(base, paths.percents[:, row].astype(np.int64), ladders)
        number = np.clip(ladder.nearest(wanted, ladders), low, high)
        last = np.where(paths.trading[row], ladder.price(number), base)
        bases[row], closes[row] = base, last
    return bases * paths.listed, closes * paths.listed


def _percents(issues: Sequence[Issue], days: Ints, listed: Bools) -> NDArray[np.int16]:
    """Return how far prices may fall and rise: those of funds as many times farther as they follow their index."""
    markets = sorted({issue.rules for issue in issues})
    ordinary, new = (
        np.stack([ladder.percents_of(market, days, first_day=first) for market in markets], axis=-1).astype(np.int16)
        for first in (False, True)
    )
    of, rows = [markets.index(issue.rules) for issue in issues], listed.argmax(axis=0)
    found = ordinary[:, :, of]
    found[:, rows, np.arange(len(of))] = new[:, rows, of]
    return found * np.array([abs(issue.tracker.times) if issue.tracker else 1 for issue in issues], dtype=np.int16)


def _splits(paths: Paths) -> dict[int, list[tuple[int, Split]]]:
    """Return the splits of each session, with the column of the issue."""
    found: dict[int, list[tuple[int, Split]]] = {}
    for column, issue in enumerate(paths.issues):
        for split in issue.splits:
            found.setdefault(bisect_left(paths.dates, split.day), []).append((column, split))
    return found


def _returns(paths: Paths) -> Ints:
    """Return what moves each issue on each day, in millionths, before the pull."""
    seed, days = paths.seed, paths.days
    mood = 60 + draws.drift(draws.key(seed, "mood"), days[:, np.newaxis], 40, 130)
    market = _shocks(draws.key(seed, "market"), days, _MARKET) * mood // 100
    names = sorted({issue.industry for issue in paths.issues})
    industry = _shocks(np.array([draws.key(seed, "industry", name) for name in names]), days, _INDUSTRY)
    beta = np.array([issue.beta for issue in paths.issues])
    noise = np.array([issue.noise for issue in paths.issues])
    own = _shocks(_keys(paths, "return"), days, noise)
    return np.asarray(market * beta // 100 + industry[:, [names.index(each.industry) for each in paths.issues]] + own)


def _shocks(of: np.uint64 | UInts, days: Ints, spread: int | Ints) -> Ints:
    """Return one shock a day and key: mostly of the usual size, on wild days of several times that."""
    drawn = draws.at(np.atleast_1d(of), days[:, np.newaxis])
    luck = draws.below(draws.draw(drawn, 1)[..., 0], 1_000)
    scale = np.ones_like(luck)
    for share, times in _WILD:
        scale[luck < share] = times
    return draws.bell(drawn, spread) * scale


def _anchors(paths: Paths) -> Ints:
    """Return where each price belongs on each day: a line from then to now, in shares of the day."""
    then, now = np.array([issue.prices for issue in paths.issues], dtype=np.int64).T
    steps = len(paths.dates)
    line = then + (now - then) * np.arange(steps)[:, np.newaxis] // steps
    for column, issue in enumerate(paths.issues):
        for split in issue.splits:
            before = bisect_left(paths.dates, split.day)
            line[:before, column] = line[:before, column] * split.new // split.old
    return np.asarray(line)


def _shares(dates: tuple[date, ...], issues: Sequence[Issue]) -> Ints:
    shares = np.tile(np.array([issue.shares for issue in issues], dtype=np.int64), (len(dates), 1))
    for column, issue in enumerate(issues):
        for split in reversed(issue.splits):
            before = bisect_left(dates, split.day)
            shares[:before, column] = shares[:before, column] * split.old // split.new
    return shares


def _stretches(dates: tuple[date, ...], spans: Sequence[tuple[date, date | None]]) -> Bools:
    """Return which dates lie in each span; the second date of a span is the first outside."""
    inside = np.zeros((len(dates), len(spans)), dtype=np.bool_)
    for column, (first, end) in enumerate(spans):
        inside[bisect_left(dates, first) : None if end is None else bisect_left(dates, end), column] = True
    return inside


def _halted(dates: tuple[date, ...], issues: Sequence[Issue]) -> Bools:
    halted = np.zeros((len(dates), len(issues)), dtype=np.bool_)
    for column, issue in enumerate(issues):
        if issue.halts or issue.halt_week is not None:
            halted[:, column] = [issue.is_halted(day) for day in dates]
    return halted


def _keys(paths: Paths, purpose: str) -> UInts:
    return np.array([draws.key(paths.seed, purpose, issue.code) for issue in paths.issues])
