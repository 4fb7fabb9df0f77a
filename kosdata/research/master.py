"""What is on record about a code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pandas as pd

from kosdata.catalogue.contracts import kind_of
from kosdata.catalogue.model import Field, Record
from kosdata.catalogue.records import MASTER_FUTURES, MASTER_ITEMS, MASTER_OPTIONS
from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError
from kosdata.frame.normalize import to_frame
from kosdata.research.by_code import by_code
from kosdata.research.instruments import Instrument, codes_of
from kosdata.research.manner import Lang, Manner, OnError
from kosdata.research.routes import Product, shape
from kosdata.wire.client import Client

__all__ = ["master"]

_ONLY: Final[tuple[Product, ...]] = ("stock", "futures", "options")
_ITEMS: Final[Mapping[Product, Record]] = {
    "stock": MASTER_ITEMS,
    "futures": MASTER_FUTURES,
    "options": MASTER_OPTIONS,
}


def master(
    codes: str | Sequence[str],
    fields: str | Sequence[str] | None = None,
    *,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what is on record about stocks, funds, futures and options this morning.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes such as ``"005930"``, ``"101S6000"`` or ``"K2FA001"``.
    fields : str or sequence of str, optional
        Columns wanted, any number, as ``["per", "week52_high"]``, under these names or those of the wire. By default
        the whole master. Some are served only when they are asked for: 52-week marks, moving averages, short sales,
        free float, ``debt_ratio``, ``credit_rating``, ``capital``.
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
        One row a code, indexed by ``code`` in the order asked for; the columns of `fields` in their order, else those
        of the products asked about. ``kd.fields("v3_closed_kospi_selectivemaster")`` tells dtypes and units. What a
        product lacks is missing.

    Raises
    ------
    ArgumentError
        If an argument is wrong, a code is an index, or no product asked about has a field.
    NotFoundError
        If a code is listed nowhere.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a master cannot be had otherwise: never a shorter frame.

    See Also
    --------
    listing : Everything that is listed, with its name.

    Notes
    -----
    Masters are those of the morning, 06:30. One call a code; with `fields` one for every ten of them, of a stock.

    Endpoints: ``master``; ``selectivemaster`` for fields of stocks.

    Examples
    --------
    >>> kd.master("005930", ["name_en", "listed_shares"]).columns.tolist()
    ['name_en', 'listed_shares']
    >>> kd.master(["005930", "K2FA001"])["multiplier"].isna().tolist()
    [True, False]
    """
    given, _ = codes_of(codes)
    wanted = None if fields is None else _wanted(fields, given)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )

    def like(instruments: Sequence[Instrument]) -> pd.DataFrame:
        return _like(list(dict.fromkeys(each.product for each in instruments)) or ["stock"], wanted)

    if wanted is None:
        return by_code("master", given, manner, like, market=market, only=_ONLY)
    of_stocks = {field.column for field in MASTER_ITEMS.fields}
    # A call without items would be one for all of them.
    items = [name for name in wanted if name in of_stocks] or ["isin"]
    return by_code("chosen_master", given, manner, like, market=market, only=_ONLY, items=items)


def _wanted(given: str | Sequence[str], codes: Sequence[str]) -> list[str]:
    """Return the columns wanted, each once.

    Raises
    ------
    ArgumentError
        If one is on no record of the products that the codes can be.
    """
    named = given.split(",") if isinstance(given, str) else given
    names = [str(value).strip() for value in named] if isinstance(named, Iterable) else [str(named)]
    can_be_contract = any(map(kind_of, codes))
    known: dict[str, str] = {}
    for record in _ITEMS.values() if can_be_contract else (MASTER_ITEMS,):
        known |= {spelling.lower(): field.column for field in record.fields for spelling in _spellings(field)}
    for name in names:
        if name.lower() not in known:
            raise ArgumentError(
                f"fields: {name!r} cannot be asked for.{suggestion(name.lower(), known, most=3)} "
                "kosdata.fields('v3_closed_kospi_selectivemaster') has what can, of stocks."
            )
    wanted = [column for column in dict.fromkeys(known[name.lower()] for name in names) if column != "code"]
    if not wanted:
        raise ArgumentError("fields is empty: name at least one besides the code, or leave it out for all.")
    return wanted


def _spellings(field: Field) -> tuple[str, ...]:
    return (field.column, *field.spellings)


def _like(products: Sequence[Product], wanted: Sequence[str] | None) -> pd.DataFrame:
    """Return the frame of some products without rows: all of their columns, or those that are wanted.

    Raises
    ------
    ArgumentError
        If none of the products has one of those.
    """
    fields: dict[str, Field] = {}
    for product in products:
        record = shape("master", product).record if wanted is None else _ITEMS[product]
        fields |= {field.column: field for field in record.fields if field.column not in fields}
    if nowhere := [name for name in wanted or () if name not in fields]:
        raise ArgumentError(f"fields: the master of {' and '.join(products)} has no {', '.join(nowhere)}.")
    columns = [name for name in fields if name != "code"] if wanted is None else list(wanted)
    return to_frame([], Record("masters", tuple(fields.values()), index=("code",)))[columns]
