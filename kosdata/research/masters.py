"""What is listed, and what is on record about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

import pandas as pd

from kosdata.catalogue import codes as tables
from kosdata.catalogue import endpoint
from kosdata.catalogue.contracts import OPTION_MARKETS, PRODUCTS, right_of
from kosdata.catalogue.model import Field, Record
from kosdata.catalogue.records import LISTING, MASTER_FUTURES, MASTER_ITEMS, MASTER_OPTIONS
from kosdata.errors import ArgumentError, KosError, LicenceError, NotFoundError
from kosdata.frame.normalize import to_frame
from kosdata.research.asking import Lang, Manner, OnError, Part, ask, blank, finish, whole
from kosdata.research.groups import Question, Routes, answers, conformed, finished, questions, rows
from kosdata.research.instruments import DERIVATIVES, INDICES, STOCKS, Instrument, codes_of, resolve
from kosdata.research.routes import Product, arguments, route
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["listing", "master"]

_LISTED: Final = ("isin", "name_ko", "name_ko_short", "market", "product", "is_connected")
_BESIDE: Final = ("koscom_key", "date", "market_close_time")
_ALL_INDICES: Final = "index"
_CONTRACTS: Final[tuple[Product, ...]] = ("futures", "options")
_MASTERS: Final = {
    "stock": "v3_closed_kospi_master",
    "futures": "v3_closed_futures_master",
    "options": "v3_closed_options_master",
}
_ITEMS: Final[Mapping[str, Record]] = {"stock": MASTER_ITEMS, "futures": MASTER_FUTURES, "options": MASTER_OPTIONS}


@dataclass(frozen=True, slots=True)
class _List:
    """One list that is asked for; an optional one may be refused."""

    market: str
    product: Product
    is_optional: bool = False

    @property
    def name(self) -> str:
        return self.market if self.product == "stock" else f"{self.market} {self.product}"


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
    markets = _markets(market)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    lists = list(dict.fromkeys(each for name in markets for each in _lists_of(name, is_optional=market is None)))
    parts: dict[str, Part | KosError] = {}
    asked = [each for each in lists if each.product != "index"]
    calls = []
    for each in asked:
        of = route(manner.client, "listing", each.product, each.market)
        calls.append(args.call(of, arguments(of, each.market), today=manner.client.now().date(), calendar=manner.days))
    outcomes = dict(zip(asked, ask(calls, replace(manner, on_error="collect")), strict=True))
    refused = {each: out for each, out in outcomes.items() if isinstance(out, KosError) and _may_lack(each, out)}
    if len(refused) == len(lists):
        raise next(iter(refused.values()))
    for each in lists:
        outcome = outcomes.get(each)
        if isinstance(outcome, KosError):
            if each in refused:
                continue
            if manner.is_strict:
                raise outcome
            parts[each.name] = outcome
        elif outcome is None:
            now = manner.client.now()
            parts[each.name] = Part(_indices(each.market), "index_codes", 0, 0, now, now, now)
        else:
            parts[each.name] = outcome.having(_listed(outcome.frame, each))
    frame = whole(parts, _listed(blank(endpoint("v3_closed_kospi_lists")), lists[0]), single=False, inner=False)
    return finish(frame, parts, manner, refused=", ".join(each.name for each in refused) or None)


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
    found = resolve(given, manner, market, only=("stock", *_CONTRACTS))
    instruments = [each for each in found.values() if isinstance(each, Instrument)]
    products = list(dict.fromkeys(each.product for each in instruments)) or ["stock"]
    if wanted is not None:
        _check_served(wanted, products)
    chosen = [each for each in instruments if wanted is not None and each.product == "stock"]
    others = [each for each in instruments if each not in chosen]
    asked, refused = questions(others, Routes("master"), manner)
    asked += [_choice(each, wanted or [], manner) for each in chosen]
    parts = refused | rows(answers(asked, Routes("master"), manner), manner)
    parts |= {code: of for code, of in found.items() if isinstance(of, KosError)}
    like = _like(products, wanted)
    parts = {c: p.having(conformed(p.frame, like)) if isinstance(p, Part) else p for c, p in parts.items()}
    return finished({code: parts[code] for code in given if code in parts}, like, given, manner)


# Lists ------------------------------------------------------------------------------------------------------------


def _markets(given: object) -> list[str]:
    if given is None:
        return list(STOCKS)
    values = given.split(",") if isinstance(given, str) else given
    names = [str(value).strip().lower() for value in values] if isinstance(values, Iterable) else [str(values)]
    known = (*STOCKS, *DERIVATIVES, _ALL_INDICES, *INDICES)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise ArgumentError(
                f"market={name!r} is not known.{hint} Markets: {', '.join(dict.fromkeys(known))}; "
                "kosdata.master() tells about single codes."
            )
    if not names:
        raise ArgumentError("market is empty: name at least one, or leave it out for all stock markets.")
    return list(dict.fromkeys(names))


def _lists_of(market: str, *, is_optional: bool) -> list[_List]:
    if market in STOCKS:
        return [_List(market, "stock", is_optional)]
    if market == _ALL_INDICES:
        return [_List(name, "index") for name in INDICES]
    has_no_options = market in PRODUCTS and market not in OPTION_MARKETS
    contracts = _CONTRACTS[:1] if has_no_options else _CONTRACTS
    found = [_List(market, product) for product in contracts] if market in DERIVATIVES else []
    return found + ([_List(market, "index")] if market in INDICES else [])


def _may_lack(of: _List, outcome: KosError) -> bool:
    """Return whether a list may be left out: for want of a licence, or as a market has no options."""
    if of.is_optional:
        return isinstance(outcome, LicenceError)
    return of.product == "options" and isinstance(outcome, NotFoundError)


def _listed(frame: pd.DataFrame, of: _List) -> pd.DataFrame:
    there = frame.assign(
        market=pd.array([of.market] * len(frame), dtype="str"),
        product=pd.array([of.product] * len(frame), dtype="str"),
        is_connected=pd.array(frame.index.isin(list(_connected())), dtype="boolean"),
    )
    return there[[*_LISTED, *_BESIDE]]


@cache
def _connected() -> frozenset[str]:
    return frozenset(row["connected_code"] for row in tables.table("markets") if row["connected_code"])


def _indices(market: str) -> pd.DataFrame:
    here = [row for row in tables.table("index_codes") if row["market"] == market]
    rows_ = [{LISTING["code"].wire: row["code"], LISTING["name_ko"].wire: row["name_ko"]} for row in here]
    return _listed(to_frame(rows_, LISTING), _List(market, "index"))


# Masters ----------------------------------------------------------------------------------------------------------


def _wanted(given: str | Sequence[str], codes: Sequence[str]) -> list[str]:
    """Return the columns wanted, each once.

    Raises
    ------
    ArgumentError
        If one is on no record of the products that the codes can be.
    """
    named = given.split(",") if isinstance(given, str) else given
    names = [str(value).strip() for value in named] if isinstance(named, Iterable) else [str(named)]
    can_be_contract = any(right_of(code) or code in _connected() for code in codes)
    known: dict[str, str] = {}
    for record in _ITEMS.values() if can_be_contract else (MASTER_ITEMS,):
        known |= {spelling.lower(): field.column for field in record.fields for spelling in _spellings(field)}
    for name in names:
        if name.lower() not in known:
            near = get_close_matches(name.lower(), known, n=3)
            hint = f" Did you mean {' or '.join(dict.fromkeys(known[each] for each in near))}?" if near else ""
            raise ArgumentError(
                f"fields: {name!r} cannot be asked for.{hint} "
                "kosdata.fields('v3_closed_kospi_selectivemaster') has what can, of stocks."
            )
    wanted = [column for column in dict.fromkeys(known[name.lower()] for name in names) if column != "code"]
    if not wanted:
        raise ArgumentError("fields is empty: name at least one besides the code, or leave it out for all.")
    return wanted


def _spellings(field: Field) -> tuple[str, ...]:
    return (field.column, *field.spellings)


def _check_served(wanted: Sequence[str], products: Sequence[str]) -> None:
    served = {field.column for product in products for field in _ITEMS[product].fields}
    if nowhere := [name for name in wanted if name not in served]:
        raise ArgumentError(f"fields: the master of {' and '.join(products)} has no {', '.join(nowhere)}.")


def _choice(of: Instrument, wanted: Sequence[str], manner: Manner) -> Question:
    """Return the question about those of the fields that a stock has."""
    asked = route(manner.client, "chosen_master", of.product, of.market)
    there = {field.column for field in MASTER_ITEMS.fields}
    given: dict[str, Any] = arguments(asked, of.market, of.code)
    # A call without items would be one for all of them.
    given["fields"] = [name for name in wanted if name in there] or ["isin"]
    return Question(args.call(asked, given, today=manner.client.now().date(), calendar=manner.days), (of,))


def _like(products: Sequence[str], wanted: Sequence[str] | None) -> pd.DataFrame:
    """Return the frame of some products without rows: all of their columns, or those that are wanted."""
    fields: dict[str, Field] = {}
    for product in products:
        record = endpoint(_MASTERS[product]).record if wanted is None else _ITEMS[product]
        fields |= {field.column: field for field in record.fields if field.column not in fields}
    columns = [name for name in fields if name != "code"] if wanted is None else list(wanted)
    return to_frame([], Record("masters", tuple(fields.values()), index=("code",)))[columns]
