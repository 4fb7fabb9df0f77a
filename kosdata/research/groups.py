"""One row a code: twenty codes a call where the service takes so many, others one by one, all on the way together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import PAGE_ISSUES
from kosdata.errors import ApiError, ArgumentError, KosError, NotFoundError
from kosdata.frame.normalize import SEOUL
from kosdata.research.asking import Manner, Part, Parts, ask, finish, whole
from kosdata.research.instruments import Instrument
from kosdata.research.routes import Product, arguments, route
from kosdata.wire import arguments as args
from kosdata.wire.arguments import Call

__all__ = [
    "Question",
    "Routes",
    "answers",
    "conformed",
    "finished",
    "instants",
    "instruments_of",
    "left_out",
    "questions",
    "rows",
    "unique",
    "unresolved",
    "zoned",
]

T = TypeVar("T")
_SLACK: Final = timedelta(minutes=1)
_NO_PATH: Final = 404


@dataclass(frozen=True, slots=True)
class Routes:
    """Names in `routes.ROUTES`: of the question about one code, and of that about several."""

    one: str
    many: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One call, and the instruments that its rows are about; none where it is about something else."""

    call: Call
    about: tuple[Instrument, ...] = ()


Answers = list[tuple[Question, Part | KosError]]


def questions(
    instruments: Sequence[Instrument], routes: Routes, manner: Manner
) -> tuple[list[Question], dict[str, Part | KosError]]:
    """Return the questions about some instruments, and those that there is no endpoint for.

    Groups of a market are nearly equal, so that no code stands alone in the last one: the service may then answer in
    another shape.

    Raises
    ------
    ArgumentError
        If there is no endpoint, unless errors are collected.
    """
    made: list[Question] = []
    refused: dict[str, Part | KosError] = {}
    markets: dict[tuple[Product, str], list[Instrument]] = {}
    for each in instruments:
        markets.setdefault((each.product, each.market), []).append(each)
    for (product, market), here in markets.items():
        most = PAGE_ISSUES if _takes_many(routes, product, market, manner) else 1
        try:
            made += [_question(group, routes, manner) for group in _even(here, most)]
        except ArgumentError as error:
            if manner.is_strict:
                raise
            refused |= dict.fromkeys([each.code for each in here], error)
    return made, refused


def answers(
    asked: Sequence[Question], routes: Routes, manner: Manner, *, columns: tuple[str, ...] | None = None
) -> Answers:
    """Return what answers some questions; a group that one bad code spoils is halved until that code stands alone."""
    # An error must not end the others: it is to be told which code it is about. Where there are only many single
    # questions, the first one that is refused saves the rest.
    is_plain = len(asked) > PAGE_ISSUES and all(len(question.about) == 1 for question in asked)
    loose = manner if is_plain else replace(manner, on_error="collect")
    has_come = sum(len(question.about) > 1 for question in asked) == 1
    done: Answers = []
    while asked:
        outcomes = ask([question.call for question in asked], loose, columns=columns)
        has_come = has_come or any(map(_is_of_stocks, asked, outcomes))
        again: list[Question] = []
        for question, outcome in zip(asked, outcomes, strict=True):
            if len(question.about) > 1 and manner.client.sends and _is_spoiled(outcome, has_come=has_come):
                halves = _even(question.about, -(-len(question.about) // 2))
                again += [_question(half, routes, manner) for half in halves]
            else:
                done.append((question, outcome))
        asked = again
    return done


def rows(answered: Answers, manner: Manner) -> dict[str, Part | KosError]:
    """Return answers by code: a part stands under the first code of its rows, an error under each that it is about."""
    found: dict[str, Part | KosError] = {}
    for question, outcome in answered:
        codes = [each.code for each in question.about]
        if isinstance(outcome, KosError):
            found |= dict.fromkeys(codes, outcome if len(codes) > 1 else _naming(codes[0], outcome))
            continue
        frame = _of_codes(question, outcome.frame)
        if missing := [code for code in codes if code not in frame.index and manner.client.sends]:
            found |= {code: left_out(code, outcome) for code in missing}
        if present := [code for code in codes if code not in missing]:
            found[present[0]] = outcome.having(frame)
    return found


def finished(parts: Parts, like: pd.DataFrame, codes: Sequence[str], manner: Manner, **said: Any) -> pd.DataFrame:
    """Return rows by code in the order asked for.

    Raises
    ------
    KosError
        If a code has no answer, unless errors are collected.
    """
    errors = [part for code in codes if isinstance(part := parts.get(code), KosError)]
    if errors and manner.is_strict:
        raise errors[0]
    frame = whole(parts, like, single=False, inner=False)
    return finish(frame.loc[[code for code in codes if code in frame.index]], parts, manner, **said)


def conformed(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the columns of another, missing where it has none."""
    lacking = like.columns.difference(frame.columns, sort=False)
    if len(lacking):
        frame = pd.concat([frame, like[lacking].reindex(frame.index)], axis=1)
    return frame[list(like.columns)]


def unique(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows by code, the last of each."""
    return frame if frame.index.is_unique else frame[~frame.index.duplicated(keep="last")]


def instants(of_day: pd.Series[Any], at: datetime, days: Calendar) -> Any:
    """Return times of day, seen at a moment, as instants: of the newest session that they are not yet to come in."""
    session = days.latest_session(at.date())
    before = np.datetime64(days.previous_session(session), "us")
    times = of_day.to_numpy()
    found = np.datetime64(session, "us") + times
    # Clocks may differ a little; a time that is still to come is left from the session before.
    is_to_come = found > np.datetime64(at.replace(tzinfo=None) + _SLACK, "us")
    found = np.where(is_to_come, before + times, found)
    return pd.DatetimeIndex(found).as_unit("us").tz_localize(SEOUL).array


def zoned(like: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a frame without rows whose column holds instants."""
    return like.assign(**{column: pd.DatetimeIndex([]).as_unit("us").tz_localize(SEOUL).array})


def instruments_of(found: Mapping[str, Instrument | KosError]) -> list[Instrument]:
    """Return what was found."""
    return [each for each in found.values() if isinstance(each, Instrument)]


def unresolved(found: Mapping[str, Instrument | KosError]) -> dict[str, KosError]:
    """Return the errors of what was not found."""
    return {code: each for code, each in found.items() if isinstance(each, KosError)}


def _question(about: Sequence[Instrument], routes: Routes, manner: Manner) -> Question:
    first, client = about[0], manner.client
    # One code alone is asked about where the shape of the answer is known.
    name = routes.one if len(about) == 1 or routes.many is None else routes.many
    of = route(client, name, first.product, first.market)
    given: dict[str, Any] = arguments(of, first.market, first.code)
    if len(about) > 1:
        given["codes"] = [each.code for each in about]
    return Question(args.call(of, given, today=client.now().date(), calendar=manner.days), tuple(about))


def _takes_many(routes: Routes, product: Product, market: str, manner: Manner) -> bool:
    try:
        return routes.many is not None and bool(route(manner.client, routes.many, product, market))
    except ArgumentError:
        return False


def _even(values: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Yield values in as few groups of at most so many as there can be, nearly equal."""
    count = -(-len(values) // most)
    for first, end in pairwise(len(values) * n // count for n in range(count + 1)):
        yield values[first:end]


def _is_of_stocks(question: Question, outcome: Part | KosError) -> bool:
    is_stock = bool(question.about) and question.about[0].product == "stock"
    return is_stock and isinstance(outcome, Part) and not outcome.frame.empty


def _is_spoiled(outcome: Part | KosError, *, has_come: bool) -> bool:
    """Return whether a group may lack its answer for one of its codes; an answer to another shows that it is no more.

    A refusal that says nothing of codes may be about all of them. Halving every group then would only burn calls.
    """
    if isinstance(outcome, Part):
        return has_come and outcome.frame.empty
    if isinstance(outcome, NotFoundError):
        return outcome.status != _NO_PATH
    return has_come and type(outcome) is ApiError


def _of_codes(question: Question, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the codes asked about, under those codes."""
    if len(question.about) > 1:
        frame = unique(frame)
        return frame.loc[[each.code for each in question.about if each.code in frame.index]]
    (only,) = question.about
    frame = unique(frame)
    is_other = only.product == "stock" and len(frame) and frame.index[0] != only.code and pd.notna(frame.index[0])
    if is_other or len(frame) > 1:
        return frame[frame.index == only.code]
    # A connected code is answered under that of the contract it stands for.
    return frame.set_axis(pd.Index([only.code] * len(frame), dtype="str", name="code"))


def left_out(code: str, part: Part) -> NotFoundError:
    why = f" ({part.reason})" if part.reason else ""
    return NotFoundError(
        f"{part.endpoint}: {code} was asked for and is not in the answer{why}.",
        endpoint=part.endpoint,
        hint="Check code and market: kosdata.listing() has what is listed.",
    )


def _naming(code: str, error: KosError) -> KosError:
    """Return the refusal of one code with its name in it."""
    if not isinstance(error, NotFoundError) or code in str(error):
        return error
    said = str(error).partition("\n")[0]
    return NotFoundError(
        f"{code}: {said}",
        status=error.status,
        code=error.code,
        endpoint=error.endpoint,
        licence=error.licence,
        hint=error.hint,
    )
