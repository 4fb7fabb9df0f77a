"""Who sells short, and what foreigners hold."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kosdata.research.daily import daily_rows
from kosdata.research.manner import Lang, Manner, OnError
from kosdata.research.spans import Date
from kosdata.wire.client import Client

__all__ = ["foreign_holding", "short_selling"]


def short_selling(
    codes: str | Sequence[str],
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return short sales and stock lending by day.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes of stocks or funds. A list gives the frame a leading level ``code``.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"`` (calendar days), ``"2w"``, ``"6m"``, ``"1y"``.
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
        One row a session, oldest first, indexed by ``date``: ``short_volume`` and ``short_balance_qty`` in shares,
        ``short_value`` in won, ``lending_balance_qty`` in shares and ``lending_balance_value`` in won. All Int64; what
        is not published is missing, as all of ``short_balance_qty`` in v2.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a page cannot be had: never a shorter frame.

    See Also
    --------
    foreign_holding : What foreigners hold.

    Notes
    -----
    A day comes on its evening, at 18:00; until then it has no row. Days are those that the service prints, whose
    tables call the figures those of the day before.

    Endpoint: ``shortsell``.

    Examples
    --------
    >>> kd.short_selling("005930", "2024-01-10", "2024-01-12").index.strftime("%m-%d").tolist()
    ['01-10', '01-11', '01-12']
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return daily_rows("short_selling", codes, start, end, period, manner, market=market)


def foreign_holding(
    codes: str | Sequence[str],
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what foreigners hold of a stock, by day.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes of stocks or funds. A list gives the frame a leading level ``code``.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"`` (calendar days), ``"2w"``, ``"6m"``, ``"1y"``.
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
        One row a session, oldest first, indexed by ``date``: ``foreign_shares`` and ``foreign_shares_change`` in
        shares (Int64), ``foreign_ratio`` in per cent of the shares listed (float64).

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a page cannot be had: never a shorter frame.

    See Also
    --------
    short_selling : Short sales and lending.
    investors : What foreigners traded in the newest session.

    Notes
    -----
    A day comes in the morning after it, at 06:30; until then it has no row.

    Endpoint: ``foreignhistory``.

    Examples
    --------
    >>> kd.foreign_holding("005930", "2024-01-10", "2024-01-12").columns.tolist()
    ['foreign_shares', 'foreign_shares_change', 'foreign_ratio']
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return daily_rows("foreign_holding", codes, start, end, period, manner, market=market)
