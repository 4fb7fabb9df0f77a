"""Snapshots of whole markets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.seoul import SEOUL
from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError
from kosdata.research.asking import ask
from kosdata.research.manner import Lang, Manner, call_for, settled
from kosdata.research.parts import Part, finish
from kosdata.research.routes import route
from kosdata.research.shaping import instants, unique
from kosdata.wire.client import Client

__all__ = ["board"]

Kind = Literal["price", "ohlc", "after_hours", "quote"]

_MARKETS: Final = ("kospi", "kosdaq")


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
    (part,) = settled(manner, lambda manner: ask([call_for(manner, of, name)], manner))
    assert isinstance(part, Part)  # noqa: S101 - errors are raised
    frame = unique(part.frame)
    frame = frame.assign(time=_snapshot_times(frame, part.newest_at, manner.days))
    return finish(frame, {name: part}, manner)


def _snapshot_times(frame: pd.DataFrame, at: datetime, days: Calendar) -> Any:
    if frame["date"].notna().all():
        return (frame["date"] + frame["time"]).dt.tz_localize(SEOUL)
    return instants(frame["time"], at, days)
