"""Funds: net asset value and constituents; and the market holidays that share their licence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.catalogue.spelling import choice
from kosdata.research.asking import ask, blank
from kosdata.research.by_code import by_code
from kosdata.research.daily import Freq, daily_rows
from kosdata.research.instruments import Instrument
from kosdata.research.investors import session_of
from kosdata.research.manner import Lang, Manner, OnError, call_for, settled
from kosdata.research.parts import Part, finish, whole
from kosdata.research.routes import route, shape
from kosdata.research.spans import Date
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["BASKET", "constituents", "holidays", "nav", "nav_history"]

BASKET: Final = ("short_code", "name", "quantity", "amount", "weight_pct", "date")


def nav(
    codes: str | Sequence[str],
    *,
    close: bool = False,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the net asset value of funds: now, or that of the close.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes of funds, for example ``"069500"``.
    close : bool, default False
        The value after the close of the session, which comes at 16:00.
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
        One row a code, indexed by ``code`` in the order asked for: ``nav`` and ``nav_change`` from the day before, in
        won a share (float64). Both are missing where a code is no fund; ``attrs`` says so in ``no_nav``.

    Raises
    ------
    ArgumentError
        If an argument is wrong, or a code is no stock or fund.
    NotFoundError
        If no market lists a code.
    NotReadyError
        If it is too early for the value of the close.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a value cannot be had otherwise.

    See Also
    --------
    nav_history : Net asset values by day, week or month.

    Notes
    -----
    ``attrs`` says of which ``session`` a value of the close is. That of a fund on foreign assets may still move then.

    Endpoints: ``nav``; ``closenav`` with `close`.

    Examples
    --------
    >>> kd.nav(["069500", "005930"])["nav"].notna().tolist()
    [True, False]
    """
    choice("close", close, (True, False))
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )

    def valued(part: Part, _: Instrument) -> Part:
        return _with_value(part, manner, close=close)

    name = "close_nav" if close else "nav"
    return by_code(name, codes, manner, lambda _: blank(shape("nav")), valued, market=market, only=("stock",))


def nav_history(
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
    """Return the net asset value of funds by day, week or month, beside their price.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes of funds, for example ``"069500"``. A list gives the frame a leading level ``code``.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"`` (calendar days), ``"2w"``, ``"6m"``, ``"1y"``.
    freq : {"D", "W", "M"}, default "D"
        Day, week or month. The last two are dated by their last session, and left out until it is published.
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
        Oldest first, indexed by ``date``: ``nav``, ``nav_change`` and ``close``, the price in the market, in won a
        share (float64).

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
    nav : The value now, or that of the close.

    Notes
    -----
    A day comes in the morning after it, at 06:30; until then it has no row.

    Endpoint: ``navhistory``.

    Examples
    --------
    >>> kd.nav_history("069500", "2024-01-10", "2024-01-12").index.strftime("%m-%d").tolist()
    ['01-10', '01-11']
    """
    choice("freq", freq, ("D", "W", "M"))
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return daily_rows("nav_history", codes, start, end, period, manner, market=market, freq=freq)


def constituents(
    code: str | Sequence[str],
    *,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what the creation basket of a fund holds.

    Parameters
    ----------
    code : str or sequence of str
        Short code of a fund, for example ``"069500"``. A list gives the frame a leading level ``code``.
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
        One row a constituent as the service orders them, indexed by ``isin``: ``short_code`` where it trades on the
        Korean exchange, and ``name`` (str), ``quantity`` a basket (float64), ``amount`` in won (Int64), ``weight_pct``
        in per cent of the basket (float64), ``date`` of the basket (datetime64[us]).

    Raises
    ------
    ArgumentError
        If a code is no stock or fund.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If the basket cannot be had otherwise.

    See Also
    --------
    nav : What a share of the fund is worth.

    Notes
    -----
    Cash stands among the constituents under an ``isin`` that is none. ``attrs`` says in ``count`` whether as many rows
    came as the service announced. The basket of a day comes at 06:30.

    Endpoint: ``pdf``.

    Examples
    --------
    >>> basket = kd.constituents("069500")
    >>> basket.loc["KR7005930003", "short_code"], basket.attrs["kosdata"]["count"]
    ('005930', 'agrees')
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return by_code(
        "constituents",
        code,
        manner,
        lambda _: _with_codes(blank(shape("constituents"))),
        lambda part, _: _basket(part),
        market=market,
        only=("stock",),
    )


def holidays(
    nation: str = "KR",
    *,
    refresh: bool = False,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the days to come on which a market is closed, weekends aside.

    Parameters
    ----------
    nation : str, default "KR"
        Two-letter code of a nation, one of ``kd.code_table("nations")``.
    refresh : bool, default False
        Ask even for what the cache has.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a day from today on, as far as they are announced, indexed by ``date``: ``nation_code`` (str).

    Raises
    ------
    ArgumentError
        If there is no such nation; nothing was sent.
    KosError
        If the days cannot be had.

    Notes
    -----
    Endpoint: ``holiday``.

    Examples
    --------
    >>> kd.holidays().index[0]
    Timestamp('2024-02-09 00:00:00')
    """
    manner = Manner.of(client, refresh=refresh, lang=lang)
    of = route(manner.client, "holidays")
    (part,) = settled(manner, lambda manner: ask([call_for(manner, of, nationcode=nation)], manner))
    parts = {nation: part}
    return finish(whole(parts, blank(of), single=True), parts, manner)


def _with_value(part: Part, manner: Manner, *, close: bool) -> Part:
    """Return a value, missing where it is 0, which is how the service answers about what is no fund."""
    is_none = part.frame["nav"] == 0
    if close:
        part = part.noting(session=session_of(endpoint(part.endpoint), part.newest_at, manner.days).isoformat())
    if is_none.any():
        part = part.noting(no_nav="no fund")
    return part.having(part.frame.mask(is_none))


def _basket(part: Part) -> Part:
    """Return a basket, and whether as much of it came as was announced."""
    announced, came = str(part.aside.get("Cnt", "")).strip(), len(part.frame)
    if announced.isdecimal():
        off = f"{announced} constituents were announced, {came} came"
        part = part.noting(count="agrees" if int(announced) == came else off)
    return part.having(_with_codes(part.frame))


def _with_codes(frame: pd.DataFrame) -> pd.DataFrame:
    short = pd.array([_short(isin) for isin in frame.index], dtype="str")
    return frame.assign(short_code=short)[list(BASKET)]


def _short(isin: object) -> str | None:
    """Return the short code that an ISIN of the Korean exchange holds."""
    if not isinstance(isin, str) or not isin.startswith("KR") or not isin.isalnum():
        return None
    code = args.short_code(isin)
    return None if code == isin else code
