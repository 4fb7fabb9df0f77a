"""Orders that wait."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kosdata.research.asking import blank
from kosdata.research.by_code import by_code
from kosdata.research.instruments import Instrument
from kosdata.research.manner import Lang, Manner, OnError
from kosdata.research.parts import Part
from kosdata.research.routes import shape
from kosdata.research.shaping import instants, zoned
from kosdata.wire.client import Client

__all__ = ["order_book"]


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
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
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
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )

    def timed(part: Part, _: Instrument) -> Part:
        frame = part.frame
        if "order_time" in frame:
            frame = frame.assign(order_time=instants(frame["order_time"], part.newest_at, manner.days))
        return part.having(frame)

    return by_code(
        "order_book",
        codes,
        manner,
        _like,
        timed,
        market=market,
        only=("stock", "futures", "options"),
        many="order_books",
    )


def _like(instruments: Sequence[Instrument]) -> pd.DataFrame:
    """Return the columns of the books of what is asked about: those of stocks, then what contracts have besides."""
    contracts = zoned(blank(shape("order_book", "futures")), "order_time")
    if all(each.product != "stock" for each in instruments) and instruments:
        return contracts
    stocks = blank(shape("order_book"))
    if all(each.product == "stock" for each in instruments):
        return stocks
    return pd.concat([stocks, contracts[contracts.columns.difference(stocks.columns, sort=False)]], axis=1)
