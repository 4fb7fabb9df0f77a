"""One figure of many codes, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Final

import pandas as pd

from kosdata.catalogue.spelling import choice, suggestion
from kosdata.errors import ArgumentError
from kosdata.frame.korean import titles
from kosdata.frame.wide import wide
from kosdata.research.columns import CONTRACT_BAR
from kosdata.research.daily import BESIDES_BARS, Freq, daily_rows
from kosdata.research.instruments import codes_of
from kosdata.research.manner import Lang, Manner, OnError
from kosdata.research.prices import history
from kosdata.research.spans import Date
from kosdata.wire.client import Client

__all__ = ["panel"]

_HISTORY: Final = "history"


def panel(
    field: str,
    codes: str | Sequence[str],
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    freq: Freq = "D",
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return one figure of many codes by date: a column a code.

    Parameters
    ----------
    field : str
        A column of `history` (``"close"``, ``"volume"``, ...), `short_selling` (``"short_volume"``, ...),
        `foreign_holding` (``"foreign_ratio"``, ...) or `nav_history` (``"nav"``, ``"nav_change"``).
    codes : str or sequence of str
        Short codes.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"`` (calendar days), ``"2w"``, ``"6m"``, ``"1y"``.
    freq : {"D", "W", "M"}, default "D"
        Length of a bar; what shorts and foreigners hold is published by day only.
    market : str, optional
        Market of all codes, for example ``"kosdaq"``. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` leaves out the codes that fail; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what the cache has.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the names of the axes.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        Indexed by ``date``, every date that any code has, oldest first; the columns are the codes, named ``code``, in
        the order given. Prices and ratios are float64, counts and won Int64, in the units of the function that the
        field belongs to. A code that answered without a row has an empty column, and ``attrs`` names it (``empty``).

    Raises
    ------
    ArgumentError
        If the field is unknown, or another argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a page cannot be had.

    See Also
    --------
    join : Many figures of one code.
    history : All bars of the codes, under one another.

    Notes
    -----
    Endpoints: those of the function that the field belongs to.

    Examples
    --------
    >>> kd.panel("volume", ["005930", "000660"], "2024-01-11", "2024-01-12").dtypes.tolist()
    [Int64Dtype(), Int64Dtype()]
    >>> kd.panel("close", ["005930", "K1"], "2024-01-02", "2024-01-12").shape
    (9, 2)
    """
    question = _question(field)
    choice("freq", freq, ("D", "W", "M"))
    choice("lang", lang, ("en", "ko"))
    if freq != "D" and question in ("short_selling", "foreign_holding"):
        raise ArgumentError(f"{field} is published by day: leave out freq={freq!r}.")
    given, _ = codes_of(codes)
    if question == _HISTORY:
        frame = history(
            given,
            start,
            end,
            period=period,
            freq=freq,
            market=market,
            on_error=on_error,
            allow_partial=allow_partial,
            refresh=refresh,
            progress=progress,
            client=client,
        )
        if field not in frame:  # no code is one of a future
            frame[field] = pd.array([pd.NA] * len(frame), dtype="Int64")
    else:
        # Columns are chosen by their English names.
        manner = Manner.of(client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress)
        frame = daily_rows(question, given, start, end, period, manner, market=market, freq=freq)
    found = wide(frame, field)
    filled = set(frame.index.get_level_values("code"))
    empty = " ".join(code for code in found.columns if code not in filled)
    found.attrs["kosdata"] = frame.attrs["kosdata"] | {"field": field} | ({"empty": empty} if empty else {})
    return found.rename_axis(index=titles()["date"], columns=titles()["code"]) if lang == "ko" else found


@cache
def _fields() -> Mapping[str, str]:
    """Return column to the question that answers it."""
    found = dict.fromkeys(CONTRACT_BAR, _HISTORY)
    for question, columns in BESIDES_BARS.items():
        # What several have, such as close, belongs to the first.
        found = dict.fromkeys(columns, question) | found
    return MappingProxyType({column: found[column] for column in (*CONTRACT_BAR, *found)})


def _question(field: object) -> str:
    known = _fields()
    if isinstance(field, str) and field in known:
        return known[field]
    hint = suggestion(str(field).lower(), known, most=3, cutoff=0.5)
    raise ArgumentError(f"field={field!r} is no figure that comes by day.{hint} Fields: {', '.join(known)}.")
