"""Bars of whole sessions: what to ask for them, and what frame they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.model import Endpoint
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import KosError, NotFoundError, SchemaError
from kosdata.frame.aggregation import aggregated, cut
from kosdata.frame.stack import joined
from kosdata.research.asking import ask, blank
from kosdata.research.columns import INTRADAY_BAR
from kosdata.research.instruments import Instrument
from kosdata.research.intervals import Stretch, served
from kosdata.research.manner import Manner, call_for
from kosdata.research.parts import Part
from kosdata.research.routes import route
from kosdata.wire.arguments import Call
from kosdata.wire.hours import no_session

__all__ = ["Label", "Plan", "bars", "come_for", "like", "planned"]

Label = Literal["left", "right"]
Ints = NDArray[np.int64]

# A running total beside it tells whether the volume of a bar is its own.
_WANTED: Final = (*INTRADAY_BAR, "volume_cum")
_MINUTE: Final = timedelta(minutes=1)
_SECOND: Final = 1_000_000
# From the close of a session until its bars are taken for settled.
_MARGIN: Final = 15 * 60 * _SECOND


class Session(NamedTuple):
    """One session of one code: the call for its bars, and its hours in Seoul."""

    call: Call
    open: datetime
    close: datetime


class Plan(NamedTuple):
    """What is asked about one code.

    Attributes
    ----------
    of : Endpoint
        Where bars come from.
    sessions : list of Session
        What to ask for, oldest first.
    has_witness : bool
        The first session is there only to be compared with the second.
    reason : str
        Why there is nothing, if there is nothing to ask.
    """

    of: Endpoint
    sessions: list[Session]
    has_witness: bool
    reason: str


def planned(each: Instrument, of: Endpoint, within: Stretch, length: int, manner: Manner) -> Plan:
    """Return the calls that bars of some length within a stretch take: one a session, no longer than it must be."""
    days, now = manner.days, manner.client.now().replace(tzinfo=None)
    sessions = within.sessions(days)
    if not sessions:
        last = within.end - timedelta.resolution
        return Plan(of, [], False, no_session(within.first.date(), last.date()))
    # Where the calendar does not reach, a day is compared with the one before it, and needs it whole.
    knows_all = all(map(days.knows, (sessions[0], sessions[-1])))
    has_witness = not days.knows(sessions[0])
    if has_witness:
        sessions = [days.previous_session(sessions[0]), *sessions]
    made: list[Session] = []
    reason = "no bar begins within the stretch asked for"
    for day in sessions:
        hours = days.hours(day, of.floor)
        opening, close = datetime.combine(day, hours.open), datetime.combine(day, hours.close)
        if now < opening:
            reason = f"not begun: the session of {day} opens at {hours.open:%H:%M} KST"
            continue
        call = call_for(manner, of, each.market, each.code, interval=served(length), date=day)
        if knows_all:
            shortened = _shortened(call, opening, close, within, timedelta(seconds=length), now)
            if shortened is None:
                continue
            call = shortened
        made.append(Session(call, opening, close))
    return Plan(of, made, has_witness, reason)


def _shortened(
    call: Call, opening: datetime, close: datetime, within: Stretch, step: timedelta, now: datetime
) -> Call | None:
    """Return the call for the bars of a session that begin within a stretch; None if there are none."""
    first = opening + max(0, -((opening - within.first) // step)) * step
    end = min(opening - (opening - min(within.end, close)) // step * step, close)
    # What is not there yet is not asked for.
    end = min(end, now.replace(second=0, microsecond=0) + _MINUTE)
    if first >= end:
        return None
    if call.endpoint.version == "v2":
        first = opening  # running totals are told apart from the first one on
    up = timedelta(seconds=-end.second % 60)
    # Bars are chosen by their begins, here; pages keep what they hold.
    return replace(call, begin=first.replace(second=0).time(), finish=(end + up).time(), is_whole=True)


def come_for(plans: Mapping[str, Plan], manner: Manner) -> dict[str, list[Part | KosError]]:
    """Return what comes for the sessions of some plans, all asked for at once.

    Raises
    ------
    KosError
        If a call has no answer, unless errors are collected.
    """
    calls = [session.call for each in plans.values() for session in each.sessions]
    # A contract lives in some of the sessions of a span: what is not found in the others is no error.
    may_lack = any(each.of.product == "derivative" and len(each.sessions) > 1 for each in plans.values())
    found = iter(ask(calls, manner.collecting() if may_lack else manner, columns=_WANTED, stamped=False))
    come = {code: list(islice(found, len(each.sessions))) for code, each in plans.items()}
    for outcomes in come.values():
        if manner.is_strict and (error := _error(outcomes)):
            raise error
    return come


def _error(outcomes: Sequence[Part | KosError]) -> KosError | None:
    errors = [outcome for outcome in outcomes if isinstance(outcome, KosError)]
    grave = [error for error in errors if not isinstance(error, NotFoundError)]
    if grave or len(errors) == len(outcomes):
        return next(iter(grave or errors), None)
    return None


def bars(
    plan: Plan,
    come: Sequence[Part | KosError],
    within: Stretch,
    length: int,
    label: Label,
    manner: Manner,
    *,
    partial: bool,
) -> Part | KosError:
    """Return the bars of one code that begin within a stretch, made of what came for its sessions.

    Raises
    ------
    SchemaError
        If a row has no time, unless errors are collected.
    """
    now = manner.client.now()
    if error := _error(come):
        return error
    empty = like(manner, partial=partial)
    if not come:
        return Part.none(empty, plan.of.id, now, plan.reason)
    again = [n for n in range(1, len(come)) if _is_repeated(come[n - 1], come[n], plan.sessions[n], manner)]
    kept = [
        (session, part)
        for n, (session, part) in enumerate(zip(plan.sessions, come, strict=True))
        if isinstance(part, Part) and n not in again and not (plan.has_witness and n == 0)
    ]
    filled = [(session, part) for session, part in kept if len(part.frame)]
    try:
        frame = _frame(filled, within, length, label, partial=partial) if filled else empty
    except SchemaError as error:
        if manner.is_strict:
            raise
        return error
    parts = [part for part in come if isinstance(part, Part)]
    reason = next((part.reason for _, part in kept if part.reason), plan.reason)
    if again and not filled:
        reason = "holiday: the service sent the bars of the day before"
    made = Part.of(parts, frame, reason=reason)
    return made.noting(no_session=" ".join(f"{plan.sessions[n].open.date()}" for n in again)) if again else made


def like(manner: Manner, *, partial: bool) -> pd.DataFrame:
    """Return bars without a row."""
    found = blank(route(manner.client, "intraday", "stock", "kospi"), INTRADAY_BAR)
    found = found.set_index(pd.DatetimeIndex([], dtype=f"datetime64[us, {SEOUL}]", name="time"))
    return found.assign(final=np.zeros(0, dtype=bool)) if partial else found


def _is_repeated(before: Part | KosError, part: Part | KosError, session: Session, manner: Manner) -> bool:
    """Return whether a day that the calendar does not know brought the bars of the session before it."""
    if manner.days.knows(session.open.date()) or isinstance(before, KosError) or isinstance(part, KosError):
        return False
    return bool(part.frame["volume"].sum() > 0) and part.frame.equals(before.frame)


def _frame(
    filled: Sequence[tuple[Session, Part]], within: Stretch, length: int, label: Label, *, partial: bool
) -> pd.DataFrame:
    """Return the bars of some sessions, all built at once."""
    frames = [part.frame for _, part in filled]
    counts = [len(frame) for frame in frames]
    times = np.concatenate([frame.index.to_numpy() for frame in frames])
    if np.isnat(times).any():
        name = filled[0][0].call.endpoint.record["time"].wire
        raise SchemaError(f"{filled[0][1].endpoint}: {name} (time) is missing in a row.", field=name)
    midnights, opens, closes, known = (
        np.array(moments, dtype="datetime64[us]").astype(np.int64)
        for moments in zip(
            *((s.open.date(), s.open, s.close, p.fetched_at.replace(tzinfo=None)) for s, p in filled), strict=True
        )
    )
    columns = {name: joined([frame[name].array for frame in frames]) for name in _WANTED}
    session = np.repeat(np.arange(len(frames)), counts)
    ends = midnights[session] + times.astype(np.int64)
    firsts = np.cumsum([0, *counts[:-1]])
    columns["volume"] = _from_total(columns["volume"], columns.pop("volume_cum"), firsts)

    made = cut(ends, opens[session], closes[session], length * _SECOND)
    lasts = firsts + counts - 1
    # The bar that still runs is labelled by its last trade; a clock that is ahead would take it for a whole one.
    of_served = served(length) * _SECOND
    odd = ((ends[lasts] - opens) % of_served != 0) & (ends[lasts] < closes) & (known < closes + _MARGIN)
    runs = np.zeros(len(ends), dtype=bool)
    runs[lasts[odd]] = True
    final = (made.end <= known[session[made.starts]]) & ~np.logical_or.reduceat(runs, made.starts)

    first, end = np.array([within.first, within.end], dtype="datetime64[us]").astype(np.int64)
    keep = (made.begin >= first) & (made.begin < end) & (final | partial)
    moments = (made.end if label == "right" else made.begin)[keep].astype("datetime64[us]")
    index = pd.DatetimeIndex(moments, name="time").tz_localize(SEOUL)
    found = {name: column[keep] for name, column in aggregated(columns, made.starts).items()}
    if partial:
        found["final"] = final[keep]
    return pd.DataFrame(found, index=index, columns=list(found), copy=False)


def _from_total(volume: Any, total: Any, firsts: Ints) -> Any:
    """Return volumes; the first of a session, where it is missing, is what the running total begins with."""
    if not isinstance(volume, pd.arrays.IntegerArray):
        return volume
    lacking = firsts[np.asarray(volume.isna()[firsts])]
    if len(lacking):
        volume = volume.copy()
        volume[lacking] = total[lacking]
    return volume
