"""One answer a code: rows of days, one row, or a table; and what is published once a day besides bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.catalogue.model import Endpoint
from kosdata.errors import ArgumentError, KosError
from kosdata.research.asking import Manner, Part, ask, blank, finish, settled, whole
from kosdata.research.groups import Routes, answers, questions, rows
from kosdata.research.instruments import Instrument, codes_of, resolve
from kosdata.research.routes import arguments, route
from kosdata.research.spans import Date, Span, closed_through, history_through, period_end, span
from kosdata.wire import arguments as args
from kosdata.wire.arguments import Call

__all__ = ["Freq", "by_code", "daily_rows", "of_each", "published"]

Freq = Literal["D", "W", "M"]


def published(
    name: str, instruments: Sequence[Instrument], asked: Span, manner: Manner, *, freq: Freq = "D"
) -> dict[str, Part | KosError]:
    """Return the rows by ``date`` that answer a question about some stocks or funds, all pages asked for at once.

    Parameters
    ----------
    name : str
        The question, as `routes.ROUTES` calls it: ``short_selling``, ``foreign_holding`` or ``nav_history``.
    instruments : sequence of Instrument
        What it is about.
    asked : Span
        First and last day.
    manner : Manner
        How to ask.
    freq : {"D", "W", "M"}
        Length of a row's period, where the endpoint has one.

    Returns
    -------
    dict of str to Part or KosError
        Code to its frame: index ``date``, columns of the catalogue without ``code``. Rows that came before they were
        final are not in it.
    """
    now = manner.client.now()
    endpoints, parts = _routed(name, instruments, manner)
    calls: dict[str, Call] = {}
    for each in instruments:
        if (of := endpoints.get(each.code)) is None:
            continue
        if freq == "D" and asked.first > _out_by(of, now.date(), manner):
            parts[each.code] = Part(blank(of, _columns(of)), of.id, 0, 0, now, now, now, _not_yet(of))
            continue
        given: dict[str, Any] = arguments(of, each.market, each.code) | {"start": asked.first, "end": asked.last}
        if of.param("trnsmCycleTpCd"):
            given["freq"] = freq
        calls[each.code] = args.call(of, given, today=now.date(), calendar=manner.days)
    columns = next((_columns(call.endpoint) for call in calls.values()), None)
    found = dict(zip(calls, ask(list(calls.values()), manner, columns=columns), strict=True))
    parts |= {code: _final(part, calls[code].endpoint, freq, manner) for code, part in found.items()}
    return {each.code: parts[each.code] for each in instruments}


def of_each(name: str, found: Mapping[str, Instrument | KosError], manner: Manner) -> dict[str, Part | KosError]:
    """Return what answers a question about each of some codes, as it comes.

    Parameters
    ----------
    name : str
        The question, as `routes.ROUTES` calls it.
    found : mapping
        Codes as `instruments.resolve` found them.
    manner : Manner
        How to ask.
    """
    instruments = [each for each in found.values() if isinstance(each, Instrument)]
    endpoints, parts = _routed(name, instruments, manner)
    asked = [each for each in instruments if each.code in endpoints]
    today, days = manner.client.now().date(), manner.days
    calls = [
        args.call(of, arguments(of, each.market, each.code), today=today, calendar=days)
        for each in asked
        for of in [endpoints[each.code]]
    ]
    parts |= zip([each.code for each in asked], ask(calls, manner), strict=True)
    return {code: parts[code] if isinstance(of, Instrument) else of for code, of in found.items()}


def by_code(name: str, found: Mapping[str, Instrument | KosError], manner: Manner) -> dict[str, Part | KosError]:
    """Return the one row by ``code`` that answers a question about each of some codes.

    Parameters
    ----------
    name : str
        The question, as `routes.ROUTES` calls it.
    found : mapping
        Codes as `instruments.resolve` found them.
    manner : Manner
        How to ask.

    Raises
    ------
    KosError
        If a code has no answer, unless errors are collected.
    """
    routes = Routes(name)
    asked, refused = questions([each for each in found.values() if isinstance(each, Instrument)], routes, manner)
    answered = refused | rows(answers(asked, routes, manner), manner)
    for outcome in answered.values():
        if manner.is_strict and isinstance(outcome, KosError):
            raise outcome
    return {code: answered[code] if isinstance(of, Instrument) else of for code, of in found.items()}


def daily_rows(
    question: str,
    codes: str | Sequence[str],
    start: Date | None,
    end: Date | None,
    period: str | None,
    manner: Manner,
    *,
    market: str | None = None,
    freq: Freq = "D",
) -> pd.DataFrame:
    """Return the frame of a question about days of stocks or funds; a list of codes leads with ``code``.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    KosError
        If a page cannot be had.
    """
    given, single = codes_of(codes)
    span(start, end, period, manner.client.now().date())

    def work(manner: Manner) -> dict[str, Part | KosError]:
        asked = span(start, end, period, manner.client.now().date())
        found = resolve(given, manner, market, only=("stock",))
        parts = published(question, [i for i in found.values() if isinstance(i, Instrument)], asked, manner, freq=freq)
        return {code: parts[code] if isinstance(of, Instrument) else of for code, of in found.items()}

    parts = settled(manner, work)
    of = route(manner.client, question, "stock", "kospi")
    return finish(whole(parts, blank(of, _columns(of)), single=single), parts, manner)


def _routed(
    name: str, instruments: Sequence[Instrument], manner: Manner
) -> tuple[dict[str, Endpoint], dict[str, Part | KosError]]:
    """Return the endpoint that answers a question about each code, and the errors of those that none answers."""
    found: dict[str, Endpoint] = {}
    errors: dict[str, Part | KosError] = {}
    for each in instruments:
        try:
            found[each.code] = route(manner.client, name, each.product, each.market)
        except ArgumentError as error:
            if manner.is_strict:
                raise
            errors[each.code] = error
    return found, errors


def _columns(of: Endpoint) -> tuple[str, ...]:
    return tuple(f.column for f in endpoint(of.id).record.fields if f.column not in ("code", "date"))


def _out_by(of: Endpoint, today: date, manner: Manner) -> date:
    """Return the newest session that can have its row by now."""
    now = manner.client.now()
    return closed_through(of, now, manner.days) if of.published.how == "close" else history_through(now, manner.days)


def _not_yet(of: Endpoint) -> str:
    when = "on the evening of its day" if of.published.how == "close" else "in the morning after its day"
    return f"not published yet: a row comes {when}, at {of.published.at:%H:%M} KST"


def _final(part: Part | KosError, of: Endpoint, freq: Freq, manner: Manner) -> Part | KosError:
    """Return a part without rows of what was not over when they came: the service may send such."""
    if isinstance(part, KosError) or part.frame.empty:
        return part
    frame, came = part.frame, part.newest_at
    if freq == "D":
        closing = of if of.published.how == "close" else route(manner.client, "close", "stock", "kospi")
        over = pd.Timestamp(closed_through(closing, came, manner.days))
        return part if frame.index[-1] <= over else part.having(frame[frame.index <= over])
    newest = min(frame.index[-1].date(), history_through(came, manner.days))
    return part if newest >= period_end(newest, freq, manner.days) else part.having(frame[:-1])
