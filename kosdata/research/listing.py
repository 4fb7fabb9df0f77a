"""What is listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import pandas as pd

from kosdata.catalogue.codes import CONNECTED, DERIVATIVES, INDICES, STOCKS, indices
from kosdata.catalogue.contracts import OPTION_MARKETS, PRODUCTS
from kosdata.catalogue.records import LISTING
from kosdata.errors import ArgumentError, KosError, LicenceError, NotFoundError
from kosdata.frame.normalize import to_frame
from kosdata.research.asking import blank
from kosdata.research.instruments import lists, unknown_market
from kosdata.research.manner import Lang, Manner, OnError, settled
from kosdata.research.parts import Part, finish, whole
from kosdata.research.routes import Product, shape
from kosdata.wire.client import Client

__all__ = ["COLUMNS", "listing"]

List: TypeAlias = tuple[str, Product]
"""A market, and what trades there."""

_LISTED: Final = ("isin", "name_ko", "name_ko_short", "market", "product", "is_connected")
_BESIDE: Final = ("koscom_key", "date", "market_close_time")
COLUMNS: Final = (*_LISTED, *_BESIDE)
_ALL_INDICES: Final = "index"
_CONTRACTS: Final[tuple[Product, ...]] = ("futures", "options")


def listing(
    market: str | Sequence[str] | None = None,
    *,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what is listed today.

    Parameters
    ----------
    market : str or sequence of str, optional
        ``"kospi"``, ``"kosdaq"`` or ``"konex"``; a market of futures and options, as ``"kospi200"``; ``"index"`` for
        all indices. ``"sector"`` has futures and indices, ``"etc"`` indices. By default the three stock markets.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the lists that fail; `failures` names them.
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
        One row a code, indexed by ``code``: ``isin``, ``name_ko``, ``name_ko_short``, ``market``, ``product``
        (``"stock"``, funds and notes included, ``"index"``, ``"futures"`` or ``"options"``), ``is_connected`` (boolean:
        a code that stands for whichever future is the nearest), ``koscom_key`` (str), ``date`` of the list
        (datetime64[us]) and ``market_close_time`` (str, ``HHMM``).

    Raises
    ------
    ArgumentError
        If there is no such market; nothing was sent.
    LicenceError
        If the key does not cover a market; by default only if it covers none. ``attrs`` names lists that were refused
        in ``refused``.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a list cannot be had otherwise.

    See Also
    --------
    master : All that is on record about a code.
    search : Codes by name.

    Notes
    -----
    Lists are those of the morning, 06:30. Indices are read from the table of this package (``kd.code_table``), and
    nothing is asked for them.

    Endpoint: ``lists``.

    Examples
    --------
    >>> kd.listing("kospi").loc["005930", "name_ko_short"]
    '삼성전자'
    >>> sorted(kd.listing()["market"].unique())
    ['konex', 'kosdaq', 'kospi']
    >>> kd.listing("index").loc["K1", ["market", "product"]].tolist()
    ['kospi', 'index']
    """
    wanted = list(dict.fromkeys(each for name in _markets(market) for each in _lists_of(name)))
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    asked = [each for each in wanted if each[1] != "index"]

    def work(manner: Manner) -> dict[List, Part | KosError]:
        return dict(zip(asked, lists(asked, manner, anew=manner.refresh), strict=True))

    outcomes = settled(manner, work)
    refused = [each for each, out in outcomes.items() if _may_lack(each, out, is_optional=market is None)]
    if len(refused) == len(wanted):
        refused = []
    parts: dict[str, Part | KosError] = {}
    for each in (each for each in wanted if each not in refused):
        outcome = outcomes[each] if each in outcomes else _of_table(each[0], manner)
        if manner.is_strict and isinstance(outcome, KosError):
            raise outcome
        parts[_name(each)] = outcome.having(_listed(outcome.frame, each)) if isinstance(outcome, Part) else outcome
    frame = whole(parts, _listed(blank(shape("listing")), wanted[0]), single=False, inner=False)
    return finish(frame, parts, manner, refused=", ".join(map(_name, refused)) or None)


def _markets(given: object) -> list[str]:
    if given is None:
        return list(STOCKS)
    values = given.split(",") if isinstance(given, str) else given
    names = [str(value).strip().lower() for value in values] if isinstance(values, Iterable) else [str(values)]
    known = (*STOCKS, *DERIVATIVES, _ALL_INDICES, *INDICES)
    for name in names:
        if name not in known:
            raise unknown_market(name, known)
    if not names:
        raise ArgumentError("market is empty: name at least one, or leave it out for all stock markets.")
    return list(dict.fromkeys(names))


def _lists_of(market: str) -> list[List]:
    if market in STOCKS:
        return [(market, "stock")]
    if market == _ALL_INDICES:
        return [(name, "index") for name in INDICES]
    has_no_options = market in PRODUCTS and market not in OPTION_MARKETS
    contracts = _CONTRACTS[:1] if has_no_options else _CONTRACTS
    found: list[List] = [(market, product) for product in contracts] if market in DERIVATIVES else []
    return found + ([(market, "index")] if market in INDICES else [])


def _name(of: List) -> str:
    market, product = of
    return market if product == "stock" else f"{market} {product}"


def _may_lack(of: List, outcome: Part | KosError, *, is_optional: bool) -> bool:
    """Return whether a list may be left out: for want of a licence, or as a market has no options."""
    if is_optional:
        return isinstance(outcome, LicenceError)
    return of[1] == "options" and isinstance(outcome, NotFoundError)


def _listed(frame: pd.DataFrame, of: List) -> pd.DataFrame:
    market, product = of
    there = frame.assign(
        market=pd.array([market] * len(frame), dtype="str"),
        product=pd.array([product] * len(frame), dtype="str"),
        is_connected=pd.array(frame.index.isin(list(CONNECTED)), dtype="boolean"),
    )
    return there[list(COLUMNS)]


def _of_table(market: str, manner: Manner) -> Part:
    """Return the indices of a market, which nobody is asked for."""
    code, name = LISTING["code"].wire, LISTING["name_ko"].wire
    rows = [{code: row["code"], name: row["name_ko"]} for row in indices(market).values()]
    return Part.none(to_frame(rows, LISTING), "", manner.client.now(), "")
