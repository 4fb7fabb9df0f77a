"""The official close of the day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kosdata.errors import KosError, NotReadyError
from kosdata.research.asking import blank
from kosdata.research.by_code import by_code
from kosdata.research.columns import DAILY_BAR
from kosdata.research.instruments import Instrument
from kosdata.research.manner import Lang, Manner, OnError
from kosdata.research.parts import Part
from kosdata.research.routes import route, shape
from kosdata.research.spans import closed_through
from kosdata.wire.client import Client
from kosdata.wire.hours import closed_at

__all__ = ["close"]


def close(
    codes: str | Sequence[str],
    *,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the official closing row of the day, of stocks, funds, indices, futures and options.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes such as ``"005930"``, ``"K1"`` or ``"101S6000"``.
    market : str, optional
        Market of all codes, for example ``"kosdaq"``. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the codes that fail; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what the cache has.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a code, indexed by ``code`` in the order asked for: ``date`` of the session (datetime64[us]); ``open``,
        ``high``, ``low``, ``close`` and ``change`` in won or points (float64); ``volume`` in shares or contracts and
        ``value`` in won (int64).

    Raises
    ------
    ArgumentError
        If an argument is wrong.
    NotReadyError
        If the close of the day is not out yet; the message says when it comes.
    NotFoundError
        If a code is listed nowhere.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a code cannot be had otherwise: never a shorter frame.

    See Also
    --------
    history : The days before as well; it does not fail while the close is not out.

    Notes
    -----
    The close comes at 15:40, that of futures and options at 15:50, on days that end late ten minutes after the end.
    Until the morning of the next session it is that of the session before. The service sends no date: it follows
    from the hour. Prices are the day's own, never re-based. One call a code.

    Endpoints: ``closeprice``, ``closeindex``.

    Examples
    --------
    >>> kd.close(["005930", "K1"])["date"].astype(str).tolist()
    ['2024-01-12', '2024-01-12']
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )

    def dated(part: Part, of: Instrument) -> Part | KosError:
        return _dated(of, part, manner)

    return by_code("close", codes, manner, lambda _: _like_close(), dated, market=market, columns=DAILY_BAR)


def _dated(of: Instrument, part: Part, manner: Manner) -> Part | KosError:
    """Return a closing row with its session, or why it is not final."""
    closing, now, days = route(manner.client, "close", of.product, of.market), part.newest_at, manner.days
    day = closed_through(closing, now, days)
    at = closing.published.at
    if day < now.date() and days.is_session(now.date()) and at is not None and now.time() >= at:
        out = closed_at(closing, now.date(), days)
        return NotReadyError(
            f"{closing.id}: trading of {now.date()} ends late; its close comes after {out:%H:%M} KST.",
            endpoint=closing.id,
            licence=closing.licence.group,
        )
    frame = part.frame.copy(deep=False)
    frame.insert(0, "date", np.full(len(frame), np.datetime64(day, "us")))
    return part.having(frame)


def _like_close() -> pd.DataFrame:
    like = blank(shape("close"), DAILY_BAR)
    like.insert(0, "date", np.empty(0, dtype="datetime64[us]"))
    return like
