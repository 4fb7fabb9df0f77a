"""Orders that wait, and snapshots of whole markets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import Calendar
from kosdata.errors import ArgumentError, KosError
from kosdata.frame.normalize import SEOUL
from kosdata.research.asking import Lang, Manner, OnError, Part, ask, blank, choice, finish, settled
from kosdata.research.groups import (
    Routes,
    answers,
    conformed,
    finished,
    instants,
    instruments_of,
    questions,
    rows,
    unique,
    unresolved,
    zoned,
)
from kosdata.research.instruments import Instrument, codes_of, resolve
from kosdata.research.routes import arguments, route
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["board", "order_book"]

Kind = Literal["price", "ohlc", "after_hours", "quote"]

_BOOK: Final = Routes("order_book", "order_books")
_MARKETS: Final = ("kospi", "kosdaq")


def order_book(
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
    """Return the orders that wait on both sides, of stocks, funds, futures and options.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes such as ``"005930"`` or ``"101S6000"``.
    market : str, optional
        Market of all codes, for example ``"kosdaq"``. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the codes that fail; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what was answered within the second.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a code, indexed by ``code`` in the order asked for: ``ask_price_1`` (float64, won or points) and
        ``ask_size_1`` (Int64, shares or contracts) to level 10, ``bid_price_1`` and ``bid_size_1`` likewise, totals,
        expected price and volume of an auction. Books of futures and options have five levels, and the number of
        orders (``ask_count_1``, ...) and the time of the newest one (``order_time``, Asia/Seoul) besides. The
        columns are those of the products asked about. An empty level has no price and size 0.

    Raises
    ------
    ArgumentError
        If an argument is wrong, a code is an index, or a market has no books (KONEX).
    NotFoundError
        If a code is listed nowhere or was not answered.
    KosError
        If a code cannot be had otherwise: never a shorter frame.

    See Also
    --------
    quote : The last trade, and the best price of each side.

    Notes
    -----
    Orders of liquidity providers are left out by the service. Books of stocks bear no time: they are as of
    ``fetched_at`` in ``attrs``.

    Endpoints: ``multiquote/orderbook``; ``orderbook`` for a stock alone and for contracts.

    Examples
    --------
    >>> book = kd.order_book("005930")
    >>> bool(book["ask_price_1"].iloc[0] > book["bid_price_1"].iloc[0])
    True
    """
    given, _ = codes_of(codes)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )

    def work(manner: Manner) -> tuple[dict[str, Part | KosError], list[Instrument]]:
        found = resolve(given, manner, market, only=("stock", "futures", "options"))
        asked, refused = questions(instruments_of(found), _BOOK, manner)
        parts = rows(answers(asked, _BOOK, manner), manner)
        return unresolved(found) | refused | parts, instruments_of(found)

    parts, instruments = settled(manner, work)
    like = _like_book(instruments)

    def shaped(part: Part) -> Part:
        frame = part.frame
        if "order_time" in frame:
            frame = frame.assign(order_time=instants(frame["order_time"], part.newest_at, manner.days))
        return part.having(conformed(frame, like))

    parts = {code: shaped(part) if isinstance(part, Part) else part for code, part in parts.items()}
    return finished(parts, like, given, manner)


def board(
    market: str,
    kind: Kind = "price",
    *,
    refresh: bool = False,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return a snapshot of all stocks and funds of a market, in one call.

    Parameters
    ----------
    market : {"kospi", "kosdaq"}
        The market.
    kind : {"price", "ohlc", "after_hours", "quote"}, default "price"
        Last price, volume, turnover and market capitalisation; open, high, low and last price; the same of the
        auctions after hours; or last price and the best orders.
    refresh : bool, default False
        Ask even for what was answered within the second.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a code, indexed by ``code``; prices in won (float64), ``volume`` in shares, ``value`` and
        ``market_cap`` in won (Int64); ``date`` (datetime64[us]) and ``time`` (Asia/Seoul) of the snapshot.

    Raises
    ------
    ArgumentError
        If the API has no such snapshot.
    KosError
        If it cannot be had.

    See Also
    --------
    quote : Chosen codes, and more about each.

    Notes
    -----
    Snapshots are made every second. What has not traded has a price, and no open, high or low.

    Endpoints: ``multiquote/lists``, ``ohlclists``, ``ahtohlclists`` and ``quotelists``.

    Examples
    --------
    >>> kd.board("kospi", "ohlc").columns.tolist()
    ['open', 'high', 'low', 'price', 'date', 'time']
    """
    choice("kind", kind, ("price", "ohlc", "after_hours", "quote"))
    name = str(market).lower()
    if name not in _MARKETS:
        raise ArgumentError(
            f"market={market!r} has no board: the API has snapshots of 'kospi' and 'kosdaq' alone. "
            "kosdata.quote(codes) asks about codes of other markets."
        )
    manner = Manner.of(client, refresh=refresh, lang=lang)
    of = route(manner.client, f"board_{kind}", "stock", name)
    call = args.call(of, arguments(of, name), today=manner.client.now().date(), calendar=manner.days)
    (part,) = ask([call], manner)
    assert isinstance(part, Part)  # noqa: S101 - errors are raised
    frame = unique(part.frame)
    frame = frame.assign(time=_snapshot_times(frame, part.newest_at, manner.days))
    return finish(frame, {name: part}, manner)


def _snapshot_times(frame: pd.DataFrame, at: datetime, days: Calendar) -> Any:
    if frame["date"].notna().all():
        return (frame["date"] + frame["time"]).dt.tz_localize(SEOUL)
    return instants(frame["time"], at, days)


def _like_book(instruments: Sequence[Instrument]) -> pd.DataFrame:
    """Return the columns of the books of what is asked about: those of stocks, then what contracts have besides."""
    contracts = zoned(blank(endpoint("v3_realtime_futures_orderbook")), "order_time")
    if all(each.product != "stock" for each in instruments) and instruments:
        return contracts
    stocks = blank(endpoint("v3_realtime_kospi_orderbook"))
    if all(each.product == "stock" for each in instruments):
        return stocks
    return pd.concat([stocks, contracts[contracts.columns.difference(stocks.columns, sort=False)]], axis=1)
