"""Calls in, typed parts out: what every research function does between its arguments and its frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeVar

import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Endpoint, Record
from kosdata.errors import ArgumentError, KosError, SchemaError
from kosdata.frame.korean import korean
from kosdata.frame.normalize import to_frame
from kosdata.frame.stack import stack
from kosdata.research.progress import Bar
from kosdata.research.sessions import calendar
from kosdata.wire.arguments import Call
from kosdata.wire.client import Client, current
from kosdata.wire.collect import Collected, collect_each
from kosdata.wire.envelope import Row
from kosdata.wire.rehearsal import Rehearsal

__all__ = ["Lang", "Manner", "OnError", "Part", "Parts", "ask", "blank", "finish", "framed", "settled", "whole"]

T = TypeVar("T")
_PLENTY = 2_000  # requests; with fewer left, every call is gone through before it is made
_WIDTH = 16  # bytes of a value, about
Lang = Literal["en", "ko"]
OnError = Literal["raise", "collect"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a question is asked, the same for every function.

    Parameters
    ----------
    client : Client
        Whom to ask.
    days : Calendar
        Sessions of the exchange.
    refresh : bool
        Ask even for what the cache has.
    on_error : {"raise", "collect"}
        Whether what fails ends the call, or is listed by `failures`.
    allow_partial : bool
        Begin even if the day's quota is too small.
    progress : bool, optional
        Show a bar.
    lang : {"en", "ko"}
        Language of the column names.
    """

    client: Client
    days: Calendar
    refresh: bool = False
    on_error: OnError = "raise"
    allow_partial: bool = False
    progress: bool | None = None
    lang: Lang = "en"

    @classmethod
    def of(
        cls,
        client: Client | None,
        *,
        refresh: bool = False,
        on_error: OnError = "raise",
        allow_partial: bool = False,
        progress: bool | None = None,
        lang: Lang = "en",
    ) -> Manner:
        """Return the manner that the arguments of a function describe.

        Raises
        ------
        ArgumentError
            If a word is none of the choices.
        """
        choice("on_error", on_error, ("raise", "collect"))
        choice("lang", lang, ("en", "ko"))
        asked = client or current()
        return cls(asked, calendar(asked), refresh, on_error, allow_partial, progress, lang)

    @property
    def is_strict(self) -> bool:
        """Whether the first error ends the call."""
        return self.on_error == "raise"

    def anew(self) -> Manner:
        """Return the manner that goes past the cache."""
        return replace(self, refresh=True)


def choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Refuse what is none of the choices.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    if value not in choices:
        raise ArgumentError(f"{name}={value!r} is not one of {', '.join(map(str, choices))}.")


@dataclass(frozen=True, slots=True)
class Part:
    """What answers one call, and where it came from.

    Parameters
    ----------
    frame : DataFrame
        The rows. Never changed: others may hold the same one.
    endpoint : str
        Id of the endpoint.
    requests, cached : int
        Pages asked of the gateway, and pages that the cache had.
    fetched_at, newest_at, expires : datetime
        When the oldest page was asked for, when the newest one, and until when all of them hold.
    reason : str or None
        Why there are no rows.
    rebased : bool
        Prices were re-based after some pages had been kept, and all were asked for again.
    holes, absent : int
        Pages without a row between others, and sessions without a row between others.
    aside : mapping
        What stood beside the rows and is in no column.
    """

    frame: pd.DataFrame
    endpoint: str
    requests: int
    cached: int
    fetched_at: datetime
    newest_at: datetime
    expires: datetime
    reason: str | None = None
    rebased: bool = False
    holes: int = 0
    absent: int = 0
    aside: Mapping[str, Any] = field(default_factory=dict)

    def again(self) -> Part:
        """Return the part as one that cost nothing this time."""
        return replace(self, requests=0, cached=self.requests + self.cached, rebased=False)

    def having(self, frame: pd.DataFrame, **changes: Any) -> Part:
        """Return the part with another frame."""
        return replace(self, frame=frame, **changes)


Parts = Mapping[str, Part | KosError]
"""Code to what answers about it, or to why nothing does."""


def ask(
    calls: Sequence[Call],
    manner: Manner,
    *,
    columns: tuple[str, ...] | None = None,
    stamped: bool = True,
) -> list[Part | KosError]:
    """Return what answers some calls, all of their pages asked for at once.

    Parameters
    ----------
    calls : sequence of Call
        The questions.
    manner : Manner
        How to ask.
    columns : tuple of str, optional
        Columns wanted; those of the catalogue by default.
    stamped : bool
        Put times of day on the session that a call is about.

    Raises
    ------
    KosError
        If any call has no answer, unless errors are collected.
    """
    client = manner.client
    keys = [_key(call, columns, stamped) for call in calls]
    is_kept = client.settings.cache is not False and client.sends
    now = client.now()
    known: list[Part | None] = [client.memo.get(key, now) if is_kept and not manner.refresh else None for key in keys]
    asked = [n for n, part in enumerate(known) if part is None]
    found: dict[int, Part | KosError] = {n: part.again() for n, part in enumerate(known) if part is not None}
    for n, outcome in zip(asked, _collected([calls[n] for n in asked], manner), strict=True):
        found[n] = _part(calls[n], outcome, manner, columns, stamped)
        if manner.is_strict and isinstance(found[n], KosError):
            raise found[n]  # type: ignore[misc]
        part = found[n]
        if is_kept and isinstance(part, Part):
            client.memo.put(keys[n], part, part.expires, _WIDTH * (part.frame.size + len(part.frame)))
    return [found[n] for n in range(len(calls))]


def framed(
    of: Endpoint,
    rows: Sequence[Row],
    beside: Row,
    call: Call | None = None,
    *,
    columns: tuple[str, ...] | None = None,
    stamped: bool = True,
) -> pd.DataFrame:
    """Return rows of an endpoint as its frame.

    Raises
    ------
    SchemaError
        If they do not fit the catalogue.
    """
    try:
        return to_frame(
            rows,
            _record(of.id, columns),
            beside=beside,
            day=call.day if call else None,
            stamped=stamped,
            interval=call.interval if call else None,
            product=of.product,
        )
    except SchemaError as error:
        raise SchemaError(f"{of.id}: {error}", endpoint=of.id, field=error.field) from None


@lru_cache(maxsize=256)
def _blank(endpoint_id: str, columns: tuple[str, ...] | None) -> pd.DataFrame:
    return to_frame([], _record(endpoint_id, columns))


def blank(of: Endpoint, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return the frame of an endpoint without rows: every column and dtype."""
    return _blank(of.id, columns).copy(deep=False)


def whole(parts: Parts, like: pd.DataFrame, *, single: bool, inner: bool = True) -> pd.DataFrame:
    """Return what came for some codes as one frame.

    Parameters
    ----------
    parts : mapping
        Code to part or error.
    like : DataFrame
        What the frame of a code looks like without rows.
    single : bool
        One code was asked for as a string: its own frame.
    inner : bool
        Frames have an index of their own under that of the codes; otherwise they are indexed by code already.
    """
    frames = {code: part.frame for code, part in parts.items() if isinstance(part, Part)}
    if single or not inner:
        filled = [frame for frame in frames.values() if len(frame)]
        if len(filled) < 2:
            return (filled or [*frames.values(), like])[0].copy(deep=False)
        return pd.concat(filled)
    return stack(frames, like)


def finish(frame: pd.DataFrame, parts: Parts, manner: Manner, **said: Any) -> pd.DataFrame:
    """Return a frame that says where it came from, under the column names of the language asked for.

    Parameters
    ----------
    frame : DataFrame
        The answer.
    parts : mapping
        What it was made of.
    manner : Manner
        How it was asked for.
    **said : Any
        What else is to be said of it; None is left out.
    """
    frame = korean(frame) if manner.lang == "ko" else frame
    come = {code: part for code, part in parts.items() if isinstance(part, Part)}
    client = manner.client
    about: dict[str, Any] = {
        "source": client.source,
        "env": client.settings.env,
        "endpoint": " ".join(dict.fromkeys(part.endpoint for part in come.values())),
        "requests": sum(part.requests for part in come.values()),
        "cached_pages": sum(part.cached for part in come.values()),
    }
    if come:
        about["fetched_at"] = min(part.fetched_at for part in come.values()).isoformat(timespec="milliseconds")
    for name in ("rebased", "holes", "absent"):
        if codes := [code for code, part in come.items() if getattr(part, name)]:
            about[_SAID[name]] = " ".join(codes) or True
    if frame.empty and come:
        about["reason"] = "; ".join(dict.fromkeys(part.reason for part in come.values() if part.reason))
    if failed := {code: part for code, part in parts.items() if isinstance(part, KosError)}:
        about["failures"] = json.dumps([_failure(code, error) for code, error in failed.items()], ensure_ascii=False)
    frame.attrs["kosdata"] = about | {name: value for name, value in said.items() if value is not None}
    return frame


_SAID = {"rebased": "rebased", "holes": "empty_pages_between", "absent": "sessions_missing"}


def settled(manner: Manner, work: Callable[[Manner], T]) -> T:
    """Return the result of some work that the day's quota allows and that is all of one day.

    Parameters
    ----------
    manner : Manner
        How to ask.
    work : callable
        What depends on the day. Done again if midnight passed, or the server told that this machine's day is off.

    Raises
    ------
    QuotaError
        If it needs more requests than are left today; nothing was sent.
    """
    client = manner.client
    left = client.quota().remaining
    if client.sends and not manner.allow_partial and left is not None and left < _PLENTY:
        # Lists, pages and closing rows are asked for one after the other: only together they tell the cost.
        rehearsal = Rehearsal(client)
        with suppress(KosError):
            work(replace(manner, client=rehearsal, progress=False))
        if (shortage := client.shortage(rehearsal.requests, rehearsal.kept)) is not None:
            raise shortage
    today = client.now().date()
    result = work(manner)
    return result if client.now().date() == today else work(manner)


def _collected(calls: Sequence[Call], manner: Manner) -> Iterable[Collected | KosError]:
    if not calls:
        return []
    with Bar(manner.client, manner.progress) as bar:
        return collect_each(
            manner.client,
            calls,
            refresh=manner.refresh,
            calendar=manner.days,
            strict=manner.is_strict,
            allow_partial=manner.allow_partial,
            progress=bar,
        )


def _part(
    call: Call, found: Collected | KosError, manner: Manner, columns: tuple[str, ...] | None, stamped: bool
) -> Part | KosError:
    if isinstance(found, KosError):
        return found
    of = call.endpoint
    try:
        frame = framed(of, found.rows, found.beside, call, columns=columns, stamped=stamped)
    except SchemaError as error:
        if manner.refresh:
            return error
        # What was kept may be what is wrong, or prices were re-based between two pages.
        (again,) = _collected([call], manner.anew())
        return _part(call, again, manner.anew(), columns, stamped)
    return Part(
        frame,
        of.id,
        found.requests,
        found.cached,
        found.fetched_at,
        found.newest_at,
        found.expires,
        found.reason,
        found.rebased,
        found.holes,
        found.absent,
        asides(of.record, found.rows, found.beside),
    )


def asides(record: Record, rows: Sequence[Row], beside: Row) -> dict[str, Any]:
    """Return what stood beside the rows and is in no column, or in one without rows to carry it."""
    names = {s.lower(): f.column for f in record.fields for s in f.spellings}
    return {
        names.get(key.lower(), key): value
        for key, value in beside.items()
        if isinstance(value, str | int | float) and not (rows and key.lower() in names)
    }


@lru_cache(maxsize=1024)
def _record(endpoint_id: str, columns: tuple[str, ...] | None) -> Record:
    record = endpoint(endpoint_id).record
    return record if columns is None else record.only(columns)


def _key(call: Call, columns: tuple[str, ...] | None, stamped: bool) -> Hashable:
    path = tuple(sorted(call.path.items()))
    return (
        call.endpoint.id,
        path,
        *(call.start, call.end, call.freq, call.limit),
        *(call.day, call.interval, call.begin, call.finish, call.is_whole),
        *(call.codes, call.items),
        columns,
        stamped,
    )


def _failure(code: str, error: KosError) -> dict[str, Any]:
    return {
        "code": code,
        "error": type(error).__name__,
        "message": str(error),
        "endpoint": getattr(error, "endpoint", None),
        "retriable": type(error).__name__ in {"TransportError", "ServerError", "RateLimitError", "NotReadyError"},
    }
