"""Funds: net asset value and constituents; and the market holidays that share their licence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.errors import KosError
from kosdata.research.asking import Lang, Manner, OnError, Part, ask, blank, choice, finish, whole
from kosdata.research.groups import finished
from kosdata.research.instruments import codes_of, resolve
from kosdata.research.participants import said_of, session_of
from kosdata.research.routes import route
from kosdata.research.rows import Freq, by_code, daily_rows, of_each
from kosdata.research.spans import Date
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["constituents", "holidays", "nav", "nav_history"]

_BASKET: Final = ("short_code", "name", "quantity", "amount", "weight_pct", "date")


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
        won a share (float64). Both are missing where a code is no fund; ``attrs`` names those in ``no_nav``.

    Raises
    ------
    ArgumentError
        If an argument is wrong, or a code is no stock or fund.
    NotFoundError
        If no market lists a code.
    NotReadyError
        If it is too early for the value of the close.
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
    given, _ = codes_of(codes)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    found = resolve(given, manner, market, only=("stock",))
    parts = by_code("close_nav" if close else "nav", found, manner)
    parts = {code: _with_value(part, manner) for code, part in parts.items()}
    like = blank(endpoint("v3_extra_kospi_nav"))
    none = " ".join(code for code, part in parts.items() if isinstance(part, Part) and part.aside.get("is_none"))
    session = said_of(parts, "session") if close else None
    return finished(parts, like, given, manner, session=session, no_nav=none or None)


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
        Instead of `start`: so much time up to `end`, as ``"5d"``, ``"2w"``, ``"6m"`` or ``"1y"``.
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
    given, single = codes_of(code, "code")
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    found = resolve(given, manner, market, only=("stock",))
    parts = {name: _basket(part) for name, part in of_each("constituents", found, manner).items()}
    like = _with_codes(blank(endpoint("v3_extra_kospi_pdf")))
    return finish(whole(parts, like, single=single), parts, manner, count=said_of(parts, "count"))


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
    call = args.call(of, {"nationcode": nation}, today=manner.client.now().date(), calendar=manner.days)
    (part,) = ask([call], manner)
    parts = {nation: part}
    return finish(whole(parts, blank(of), single=True), parts, manner)


def _with_value(part: Part | KosError, manner: Manner) -> Part | KosError:
    """Return a value, missing where it is 0, which is how the service answers about what is no fund."""
    if isinstance(part, KosError):
        return part
    is_none = part.frame["nav"] == 0
    session = session_of(endpoint(part.endpoint), part.newest_at, manner.days)
    aside = {"session": session.isoformat(), "is_none": bool(is_none.any())}
    return part.having(part.frame.mask(is_none), aside=aside)


def _basket(part: Part | KosError) -> Part | KosError:
    if isinstance(part, KosError):
        return part
    announced = str(part.aside.get("Cnt", "")).strip()
    count = None
    if announced.isdecimal():
        came = len(part.frame)
        count = "agrees" if int(announced) == came else f"{announced} constituents were announced, {came} came"
    return part.having(_with_codes(part.frame), aside={"count": count})


def _with_codes(frame: pd.DataFrame) -> pd.DataFrame:
    short = pd.array([_short(isin) for isin in frame.index], dtype="str")
    return frame.assign(short_code=short)[list(_BASKET)]


def _short(isin: object) -> str | None:
    """Return the short code that an ISIN of the Korean exchange holds."""
    if not isinstance(isin, str) or not isin.startswith("KR") or not isin.isalnum():
        return None
    code = args.short_code(isin)
    return None if code == isin else code
