"""One answer a code: found, asked for, brought into shape and put together, the same way for every such question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from kosdata.errors import KosError
from kosdata.research.instruments import Instrument, codes_of, instruments_of, resolve, unresolved
from kosdata.research.manner import Manner, settled
from kosdata.research.multi_issue import answers, questions, rows
from kosdata.research.parts import Part, Parts, finish, whole
from kosdata.research.routes import Product
from kosdata.research.shaping import conformed

__all__ = ["by_code", "in_order"]

_CODE = ["code"]


def by_code(
    name: str,
    codes: object,
    manner: Manner,
    like: Callable[[Sequence[Instrument]], pd.DataFrame],
    shaped: Callable[[Part, Instrument], Part | KosError] = lambda part, _: part,
    *,
    market: str | None = None,
    only: Sequence[Product] | None = None,
    many: str | None = None,
    columns: tuple[str, ...] | None = None,
    **given: Any,
) -> pd.DataFrame:
    """Return the frame that answers a question about some codes.

    Parameters
    ----------
    name : str
        The question, as `routes.ROUTES` calls it.
    codes : str or sequence of str
        What a user asks about.
    manner : Manner
        How to ask.
    like : callable
        Instruments to the frame without rows. Called before they are asked about, so that it may refuse them. Where
        its index is not ``code``, each code has a frame of its own.
    shaped : callable
        Part and instrument to what becomes of it; the first instrument where a part is about several.
    market : str, optional
        Market of all codes.
    only : sequence of str, optional
        Products that can be meant.
    many : str, optional
        The question about several codes of a market at once.
    columns : tuple of str, optional
        Columns to read; those of the catalogue by default.
    **given : Any
        Further arguments, by the names of the wire, of endpoints that take them.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    KosError
        If a code has no answer, unless errors are collected.
    """
    written, single = codes_of(codes)

    def work(manner: Manner) -> tuple[dict[str, Part | KosError], pd.DataFrame]:
        found = resolve(written, manner, market, only=only)
        instruments = instruments_of(found)
        blank = like(instruments)
        asked, parts = questions(name, instruments, manner, many=many, **given)
        parts |= rows(answers(asked, manner, columns=columns), manner)
        for of in instruments:
            if isinstance(part := parts.get(of.code), Part):
                parts[of.code] = _conformed(shaped(part, of), blank)
        return unresolved(found) | parts, blank

    parts, blank = settled(manner, work)
    return in_order(parts, blank, written, manner, single=single)


def in_order(
    parts: Parts, like: pd.DataFrame, codes: Sequence[str], manner: Manner, *, single: bool = False, **said: Any
) -> pd.DataFrame:
    """Return what came for some codes as one frame, in the order asked for.

    Parameters
    ----------
    parts : mapping
        Code to part or error; one part may hold the rows of several codes.
    like : DataFrame
        The frame without rows; by ``code``, or what each code has of its own.
    codes : sequence of str
        The order.
    manner : Manner
        How it was asked for.
    single : bool
        One code was asked for as a string: its own frame.
    **said : Any
        What else is to be said of it.

    Raises
    ------
    KosError
        If a code has no answer, unless errors are collected.
    """
    ordered = {code: parts[code] for code in codes if code in parts}
    for part in ordered.values():
        if manner.is_strict and isinstance(part, KosError):
            raise part
    if list(like.index.names) != _CODE:
        return finish(whole(ordered, like, single=single), ordered, manner, **said)
    frame = whole(ordered, like, single=False, inner=False)
    return finish(frame.loc[[code for code in codes if code in frame.index]], ordered, manner, **said)


def _conformed(part: Part | KosError, like: pd.DataFrame) -> Part | KosError:
    if isinstance(part, KosError) or list(like.index.names) != _CODE:
        return part
    return part.having(conformed(part.frame, like))
