"""Questions about codes: twenty codes a call where the service takes so many, others one by one, all together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeVar

import pandas as pd

from kosdata.catalogue.model import PAGE_ISSUES, Endpoint
from kosdata.errors import ApiError, KosError, NotFoundError
from kosdata.research.asking import ask
from kosdata.research.instruments import Instrument
from kosdata.research.manner import Manner, call_for
from kosdata.research.parts import Part
from kosdata.research.routes import route, routed
from kosdata.research.shaping import unique
from kosdata.wire.arguments import Call

__all__ = ["Question", "answers", "left_out", "questions", "rows"]

T = TypeVar("T")
_NO_PATH: Final = 404


@dataclass(frozen=True, slots=True)
class Question:
    """One call, and the instruments that its rows are about; none where it is about something else.

    `name` and `many` are what it asks of one code and of several, as `routes.ROUTES` calls them.
    """

    call: Call
    about: tuple[Instrument, ...] = ()
    name: str = ""
    many: str | None = None


Answers = list[tuple[Question, Part | KosError]]


def questions(
    name: str, instruments: Sequence[Instrument], manner: Manner, *, many: str | None = None, **given: Any
) -> tuple[list[Question], dict[str, Part | KosError]]:
    """Return the questions about some instruments, and why there are none about others.

    Groups of a market are nearly equal, so that no code stands alone in the last one: the service may then answer in
    another shape.

    Parameters
    ----------
    name : str
        The question about one code, as `routes.ROUTES` calls it.
    instruments : sequence of Instrument
        What is asked about.
    manner : Manner
        How to ask.
    many : str, optional
        The question about several codes of a market.
    **given : Any
        Further arguments, by the names of the wire, of endpoints that take them.

    Raises
    ------
    ArgumentError
        If there is no endpoint, unless errors are collected.
    """
    alone = routed(name, instruments, manner)
    together = routed(many, instruments, manner.collecting()) if many else {}
    made: list[Question] = []
    refused: dict[str, Part | KosError] = {}
    groups: dict[tuple[str, str], list[Instrument]] = {}
    for each in instruments:
        one, several = alone[each.code], together.get(each.code)
        if isinstance(one, KosError):
            refused[each.code] = one
        elif isinstance(several, Endpoint):
            groups.setdefault((several.id, each.market), []).append(each)
        else:
            taken = {wire: value for wire, value in given.items() if one.param(wire)}
            made.append(Question(call_for(manner, one, each.market, each.code, **taken), (each,), name))
    for here in groups.values():
        made += [_about(group, name, many, manner) for group in _even(here, PAGE_ISSUES)]
    return made, refused


def answers(asked: Sequence[Question], manner: Manner, *, columns: tuple[str, ...] | None = None) -> Answers:
    """Return what answers some questions; a group that one bad code spoils is halved until that code stands alone."""
    # An error must not end the others: it is to be told which code it is about. Where there are only many single
    # questions, the first one that is refused saves the rest.
    is_plain = len(asked) > PAGE_ISSUES and all(len(question.about) == 1 for question in asked)
    loose = manner if is_plain else manner.collecting()
    has_come = sum(len(question.about) > 1 for question in asked) == 1
    done: Answers = []
    while asked:
        outcomes = ask([question.call for question in asked], loose, columns=columns)
        has_come = has_come or any(map(_is_of_stocks, asked, outcomes))
        again: list[Question] = []
        for question, outcome in zip(asked, outcomes, strict=True):
            if len(question.about) > 1 and manner.client.sends and _is_spoiled(outcome, has_come=has_come):
                halves = _even(question.about, -(-len(question.about) // 2))
                again += [_about(half, question.name, question.many, manner) for half in halves]
            else:
                done.append((question, outcome))
        asked = again
    return done


def rows(answered: Answers, manner: Manner) -> dict[str, Part | KosError]:
    """Return answers by code: a part stands under the first code of its rows, an error under each that it is about.

    An answer whose rows are not by code is that of the one code asked about, whole.
    """
    found: dict[str, Part | KosError] = {}
    for question, outcome in answered:
        codes = [each.code for each in question.about]
        if isinstance(outcome, KosError):
            found |= dict.fromkeys(codes, outcome if len(codes) > 1 else _naming(codes[0], outcome))
            continue
        if question.call.endpoint.record.index != ("code",):
            found[codes[0]] = outcome
            continue
        frame = _of_codes(question, outcome.frame)
        if missing := [code for code in codes if code not in frame.index and manner.client.sends]:
            found |= {code: left_out(code, outcome) for code in missing}
        if present := [code for code in codes if code not in missing]:
            found[present[0]] = outcome.having(frame)
    return found


def left_out(code: str, part: Part) -> NotFoundError:
    """Return the error of a code that an answer does not hold."""
    why = f" ({part.reason})" if part.reason else ""
    return NotFoundError(
        f"{part.endpoint}: {code} was asked for and is not in the answer{why}.",
        endpoint=part.endpoint,
        hint="Check code and market: kosdata.listing() has what is listed.",
    )


def _about(group: Sequence[Instrument], name: str, many: str | None, manner: Manner) -> Question:
    """Return the question about a group; one code alone is asked about where the shape of the answer is known."""
    first, is_one = group[0], len(group) == 1
    of = route(manner.client, name if is_one or many is None else many, first.product, first.market)
    given = {} if is_one else {"codes": [each.code for each in group]}
    return Question(call_for(manner, of, first.market, first.code, **given), tuple(group), name, many)


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
    frame = unique(frame)
    if len(question.about) > 1:
        return frame.loc[[each.code for each in question.about if each.code in frame.index]]
    (only,) = question.about
    is_other = only.product == "stock" and len(frame) and frame.index[0] != only.code and pd.notna(frame.index[0])
    if is_other or len(frame) > 1:
        return frame[frame.index == only.code]
    # A connected code is answered under that of the contract it stands for.
    return frame.set_axis(pd.Index([only.code] * len(frame), dtype="str", name="code"))


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
