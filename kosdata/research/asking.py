"""Calls in, typed parts out: what every research function does between its arguments and its frame."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.catalogue.model import Endpoint, Record
from kosdata.errors import KosError, SchemaError
from kosdata.frame.normalize import RowsDiffer, to_frame
from kosdata.research.manner import Manner
from kosdata.research.parts import Part
from kosdata.research.progress import Bar
from kosdata.wire.arguments import Call
from kosdata.wire.collect import Collected, collect_each
from kosdata.wire.envelope import Row
from kosdata.wire.paging import every

__all__ = ["asides", "ask", "blank", "framed", "size"]

_WIDTH: Final = 16  # bytes of a value, about


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
            client.memo.put(keys[n], part, part.expires, size(part.frame))
    return [found[n] for n in range(len(calls))]


def size(frame: pd.DataFrame) -> int:
    """Return the bytes that a frame takes, about."""
    return _WIDTH * (frame.size + len(frame))


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
        raise type(error)(f"{of.id}: {error}", endpoint=of.id, field=error.field) from None


@lru_cache(maxsize=256)
def _blank(endpoint_id: str, columns: tuple[str, ...] | None) -> pd.DataFrame:
    return to_frame([], _record(endpoint_id, columns))


def blank(of: Endpoint, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return the frame of an endpoint without rows: every column and dtype."""
    return _blank(of.id, columns).copy()


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
        if differ := isinstance(error, RowsDiffer):
            manner.client.forget(every(call, manner.client.now().date()))
        (again,) = _collected([call], manner.anew())
        part = _part(call, again, manner.anew(), columns, stamped)
        return replace(part, rebased=differ or part.rebased) if isinstance(part, Part) else part
    named = _other_code(call, found)
    return Part(
        frame,
        of.id,
        requests=found.requests,
        cached=found.cached,
        fetched_at=found.fetched_at,
        newest_at=found.newest_at,
        expires=found.expires,
        reason=found.reason,
        rebased=found.rebased,
        holes=found.holes,
        absent=found.absent,
        aside=asides(of.record, found.rows, found.beside),
        notes={"answered_as": named} if named else {},
    )


def _other_code(call: Call, found: Collected) -> str | None:
    """Return the code that an answer bears if it is not the one asked for; futures answer under other names."""
    asked = call.path.get("issuecode")
    named = found.beside.get("isuSrtCd") or (found.rows[0].get("isuSrtCd") if found.rows else None)
    if call.endpoint.product == "derivative" or asked is None or not isinstance(named, str):
        return None
    code = named.partition("*")[0].strip()
    return code if code and code != asked else None


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
