"""What was traded in the gaps of a stream, as far as bars tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from kosdata.catalogue.model import Endpoint
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError, AuthError, KosError, LicenceError, QuotaError
from kosdata.frame.stack import joined, stack
from kosdata.research.instruments import Instrument, codes_of, instruments_of, resolve
from kosdata.research.intervals import Interval, Stretch, seconds
from kosdata.research.intraday_bars import Plan, bars, come_for, like, planned
from kosdata.research.manner import Manner, settled
from kosdata.research.parts import Part, finish
from kosdata.research.routes import routed
from kosdata.wire import paging
from kosdata.wire.client import Client

__all__ = ["backfill"]

_SHORT: Final = timedelta(minutes=15)  # a page of ten-second bars
_FINE, _COARSE = 10, 60
# Whoever is not let in, or has no calls left, gets nothing for any other gap either.
_GRAVE = (AuthError, LicenceError, QuotaError)
Floor = Literal["stock", "derivative"]
_NEEDED: Final = ("start", "end", "codes")


@dataclass(frozen=True, slots=True)
class _Gap:
    """One gap: the label of its row, from when until when (Seoul, without a zone), whom it is about, length of bars."""

    label: int
    start: datetime
    end: datetime
    codes: tuple[str, ...]
    length: int

    def within(self, floor: Floor, manner: Manner) -> Stretch:
        """Return the stretch in which the bars begin that overlap the gap."""
        step = timedelta(seconds=self.length)
        opening = datetime.combine(self.start.date(), manner.days.hours(self.start.date(), floor).open)
        # An instant lies in one bar, also at the very start of it.
        end = max(self.end, self.start + timedelta.resolution)
        return Stretch(opening + (self.start - opening) // step * step, end)

    def is_over(self, floor: Floor, manner: Manner) -> bool:
        """Return whether the last bar of the gap is finished."""
        hours = manner.days.hours(self.end.date(), floor)
        opening, close = (datetime.combine(self.end.date(), at) for at in (hours.open, hours.close))
        step = timedelta(seconds=self.length)
        last = min(opening - (opening - self.end) // step * step, close)
        return manner.client.now().replace(tzinfo=None) >= last


class _Asked(NamedTuple):
    """One code of one gap: what is asked, or why nothing can be."""

    gap: _Gap
    code: str
    plan: Plan | KosError
    within: Stretch
    is_over: bool


def backfill(
    gaps: pd.DataFrame,
    codes: Sequence[str],
    *,
    interval: Interval | None = None,
    market: str | None = None,
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the bars that overlap the gaps of a stream.

    Parameters
    ----------
    gaps : DataFrame
        Gaps of a stream, one row each: ``start``, ``end`` (missing while the gap is open: now counts) and ``codes``
        (none for all). Its labels are whole numbers.
    codes : sequence of str
        Codes of the stream, in the order that rows are wanted in.
    interval : str, int or Timedelta, optional
        Length of a bar. By default ten seconds for a gap of at most 15 minutes within one day, else a minute.
    market : str, optional
        Market of all codes. Looked up by default.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        Bars that are finished, indexed by ``code`` and ``time`` (their begin, Asia/Seoul): ``open``, ``high``,
        ``low``, ``close`` (float64, won or points), ``volume`` (int64, shares or contracts), ``value`` (int64, won)
        and ``gap`` (int64): the label of the gap. A bar that overlaps two gaps stands there twice. A gap of which
        there is no row was not filled.

        ``attrs["kosdata"]`` counts gaps that are ``filled``, filled ``partly`` (a code has no answer, or the last bar
        still runs) and ``unfilled``, names the latter two as ``partly_gaps`` and ``unfilled_gaps``, and says
        ``reason`` where nothing came. `failures` lists codes without an answer.

    Raises
    ------
    ArgumentError
        If `gaps` is no such frame, or an argument is wrong.
    AuthError, LicenceError, QuotaError
        If the key, its contract or the day's quota does not allow it. Any other failure leaves a gap unfilled.

    See Also
    --------
    intraday : Bars of whole sessions.

    Notes
    -----
    Bars are of the regular session, auctions included; they know nothing of trades after hours, of order books and of
    the order of trades. A bar reaches beyond the gap by less than its length, and holds what the stream did receive
    there. Gaps for any reason are looked up: rows that a slow reader dropped are in the bars, too.

    A gap costs one or two requests a code, and up to four for each full session of minutes; gaps share what is on one
    page. Endpoint: ``intraday``.
    """
    _check(gaps)
    length = None if interval is None else seconds(interval)
    given, _ = codes_of(codes)
    manner = Manner.of(client, on_error="collect")

    def work(manner: Manner) -> list[tuple[_Asked, Part | KosError]]:
        found = _gaps(gaps, given, length, manner.client.now().replace(tzinfo=None))
        resolved = resolve(list(dict.fromkeys(code for gap in found for code in gap.codes)), manner, market)
        routes = routed("intraday", instruments_of(resolved), manner)
        asked = [_asked(gap, resolved[code], routes, code, manner) for gap in found for code in gap.codes]
        # Numbers stand for codes here: the same code may be asked about for several gaps, all at once.
        plans = {str(n): each.plan for n, each in enumerate(asked) if isinstance(each.plan, Plan)}
        come = come_for(plans, manner)
        made: list[tuple[_Asked, Part | KosError]] = []
        for n, each in enumerate(asked):
            if isinstance(each.plan, Plan):
                step, outcomes = each.gap.length, come[str(n)]
                made.append((each, bars(each.plan, outcomes, each.within, step, "left", manner, partial=False)))
            else:
                made.append((each, each.plan))
        return made

    made = settled(manner, work)
    for _, part in made:
        if isinstance(part, _GRAVE):
            raise part
    return _finished(gaps, made, given, manner)


def _asked(
    gap: _Gap, of: Instrument | KosError, routes: Mapping[str, Endpoint | KosError], code: str, manner: Manner
) -> _Asked:
    """Return what is asked about one code of one gap."""
    way = of if isinstance(of, KosError) else routes[code]
    if isinstance(of, KosError) or isinstance(way, KosError):
        why = of if isinstance(of, KosError) else way
        assert isinstance(why, KosError)  # noqa: S101 - one of them is
        return _Asked(gap, code, why, Stretch(gap.start, gap.end), is_over=True)
    within = gap.within(way.floor, manner)
    plan = planned(of, way, within, gap.length, manner)
    return _Asked(gap, code, plan, within, gap.is_over(way.floor, manner))


def _finished(
    gaps: pd.DataFrame, made: Sequence[tuple[_Asked, Part | KosError]], given: Sequence[str], manner: Manner
) -> pd.DataFrame:
    """Return the bars of all gaps by code, with what became of each gap."""
    empty = like(manner, partial=False).assign(gap=np.zeros(0, dtype=np.int64))
    frames: dict[str, list[pd.DataFrame]] = {code: [] for code in given}
    parts: dict[str, Part | KosError] = {}
    rows: Counter[int] = Counter()
    lacking: set[int] = set()
    for (gap, code, _, _, is_over), part in made:
        before = parts.get(code)
        if not isinstance(part, Part):
            parts[code] = part
        elif not isinstance(before, KosError):
            parts[code] = part if before is None else Part.of([before, part], empty)
        if isinstance(part, Part):
            rows[gap.label] += len(part.frame)
            frames.setdefault(code, []).append(part.frame.assign(gap=np.int64(gap.label)))
        if not isinstance(part, Part) or not is_over:
            lacking.add(gap.label)
    partly = [label for label in map(int, gaps.index) if rows[label] and label in lacking]
    unfilled = [label for label in map(int, gaps.index) if not rows[label]]
    sent = sum(part.requests for part in parts.values() if isinstance(part, Part))
    return finish(
        stack({code: _joined(each, empty) for code, each in frames.items() if each}, empty),
        parts,
        manner,
        # A page that several gaps share was asked for once.
        requests=min(sent, _pages([each for each, _ in made], manner)),
        filled=len(gaps) - len(partly) - len(unfilled),
        partly=len(partly),
        unfilled=len(unfilled),
        partly_gaps=" ".join(map(str, partly)) or None,
        unfilled_gaps=" ".join(map(str, unfilled)) or None,
    )


def _pages(asked: Sequence[_Asked], manner: Manner) -> int:
    """Return how many requests differ from each other."""
    calls = [session.call for each in asked if isinstance(each.plan, Plan) for session in each.plan.sessions]
    return len({request.target() for call in calls for request in paging.requests(call, manner.days)})


def _joined(frames: Sequence[pd.DataFrame], empty: pd.DataFrame) -> pd.DataFrame:
    """Return the bars of one code, in the order of time."""
    times = pd.DatetimeIndex(joined([frame.index.array for frame in frames]), name="time")
    columns = {name: joined([frame[name].array for frame in frames]) for name in empty.columns}
    return pd.DataFrame(columns, index=times).sort_index(kind="stable")


def _check(gaps: object) -> None:
    if not isinstance(gaps, pd.DataFrame) or not set(_NEEDED) <= set(gaps.columns):
        raise ArgumentError(f"gaps must be the frame of a stream's gaps, with {', '.join(_NEEDED)}: pass stream.gaps.")
    if not (pd.api.types.is_integer_dtype(gaps.index.dtype) and gaps.index.is_unique):
        raise ArgumentError("gaps must be labelled by whole numbers, each once: pass stream.gaps, or rows of it.")


def _gaps(gaps: pd.DataFrame, given: Sequence[str], length: int | None, now: datetime) -> list[_Gap]:
    """Return the gaps that have begun, with the length of bars that suits each."""
    found: list[_Gap] = []
    for label, start, end, codes in zip(gaps.index, gaps["start"], gaps["end"], gaps["codes"], strict=True):
        first = _moment(start)
        if first is None or first > now:
            continue
        last = min(max(_moment(end) or now, first), now)
        is_short = last - first <= _SHORT and last.date() == first.date()
        found.append(_Gap(int(label), first, last, _about(codes, given), length or (_FINE if is_short else _COARSE)))
    return found


def _about(codes: object, given: Sequence[str]) -> tuple[str, ...]:
    some = isinstance(codes, Sequence) and len(codes) > 0
    return tuple(codes_of(codes)[0]) if some else tuple(given)


def _moment(value: Any) -> datetime | None:
    """Return an instant as Seoul's clock shows it, or None where there is none."""
    if pd.isna(value):
        return None
    stamp = pd.Timestamp(value)
    local = stamp.tz_convert(SEOUL).tz_localize(None) if stamp.tzinfo else stamp
    return local.to_pydatetime(warn=False)
