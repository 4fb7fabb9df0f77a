"""The members of the exchange that trade most of a stock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from kosdata.research.asking import blank
from kosdata.research.by_code import by_code
from kosdata.research.manner import Lang, Manner, OnError
from kosdata.research.routes import shape
from kosdata.wire.client import Client

__all__ = ["MEMBER", "members"]

_RANKS: Final = 5
MEMBER: Final = {"member": "member", "volume": "volume", "value": "value", "price": "avg_price", "weight": "weight"}


def members(
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
    """Return the five members of the exchange that sold most of a stock today, and the five that bought most.

    Parameters
    ----------
    code : str or sequence of str
        Short code of a stock or fund. A list gives the frame a leading level ``code``.
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
        Language of the column names; members have Korean names only.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        Ten rows, indexed by ``side`` (``"sell"``, then ``"buy"``) and ``rank`` (1 to 5): ``member`` (str), ``volume``
        in shares and ``value`` in won (Int64), average ``price`` in won and ``weight`` in the day's volume in per cent
        (float64). A rank that nobody holds is missing.

    Raises
    ------
    ArgumentError
        If a code is no stock or fund.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If the ranking cannot be had otherwise.

    See Also
    --------
    investors : Types of investors instead of brokers.

    Notes
    -----
    Endpoint: ``traderanking``.

    Examples
    --------
    >>> top = kd.members("005930")
    >>> top.index.tolist()[:2], top.columns.tolist()
    ([('sell', 1), ('sell', 2)], ['member', 'volume', 'value', 'price', 'weight'])
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return by_code(
        "members",
        code,
        manner,
        lambda _: _ranked(blank(shape("members"))),
        lambda part, _: part.having(_ranked(part.frame)),
        market=market,
        only=("stock",),
    )


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row of the ten members as ten rows."""
    ranks = [(side, rank) for side in ("sell", "buy") for rank in range(1, _RANKS + 1)]
    columns = {
        name: pd.concat([frame[f"{side}_{wire}_{rank}"] for side, rank in ranks], ignore_index=True)
        for name, wire in MEMBER.items()
    }
    index = pd.MultiIndex.from_tuples(ranks if len(frame) else [], names=["side", "rank"])
    if not len(frame):
        index = pd.MultiIndex.from_arrays([pd.Index([], dtype="str"), pd.Index([], dtype="int64")], names=index.names)
    found = pd.DataFrame(columns).set_axis(index)
    # A price of 0 is that of nobody.
    return found.assign(price=found["price"].where(found["price"] != 0))
