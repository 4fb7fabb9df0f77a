"""What can be asked about: codes, their products and markets, and the lists that they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from kosdata.catalogue import codes
from kosdata.catalogue.contracts import market_of, right_of
from kosdata.errors import ArgumentError, KosError, LicenceError, NotFoundError
from kosdata.research.asking import Manner, Part, ask
from kosdata.research.routes import Product, arguments, route
from kosdata.wire import arguments as args

__all__ = ["Instrument", "codes_of", "listed", "resolve"]

STOCKS = codes.markets("stock")
INDICES = codes.markets("index")
DERIVATIVES = codes.markets("derivative")
# Where a code is looked for first, in one go; KONEX is small, and few licences cover it.
_FIRST, _LAST = ("kospi", "kosdaq"), ("konex",)
# Markets with a product number for every underlying.
_OF_MANY_PRODUCTS = ("stock", "sector")
_CODES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Instrument:
    """One code, and where it trades.

    Parameters
    ----------
    code : str
        Short code.
    product : {"stock", "index", "futures", "options"}
        What it is.
    market : str
        Market code of the routes.
    """

    code: str
    product: Product
    market: str


def codes_of(given: object, name: str = "codes") -> tuple[list[str], bool]:
    """Return the short codes that a user wrote, each once, and whether it was one as a string.

    Raises
    ------
    ArgumentError
        If there is none, or one cannot be a code.
    """
    if isinstance(given, str) and "," not in given:
        return [args.short_code(given, "code")], True
    values = given.split(",") if isinstance(given, str) else given
    if not isinstance(values, Iterable) or isinstance(values, bytes):
        return [args.short_code(values, "code")], True
    found = list(dict.fromkeys(args.short_code(value, "code") for value in values))
    if not found:
        raise ArgumentError(f"{name} is empty: name at least one code.")
    return found, False


def resolve(
    given: Sequence[str], manner: Manner, market: str | None = None, *, only: Sequence[Product] | None = None
) -> dict[str, Instrument | KosError]:
    """Return where codes trade: from the code itself, or from the lists of the stock markets.

    Parameters
    ----------
    given : sequence of str
        Short codes.
    manner : Manner
        How to ask for the lists; they are kept until the next morning.
    market : str, optional
        Market of all of them; nothing is looked up then.
    only : sequence of str, optional
        Products that can be meant.

    Raises
    ------
    ArgumentError
        If the market is unknown, or a code is of a product that cannot be meant.
    NotFoundError
        If no market lists a code, unless errors are collected.
    """
    found: dict[str, Instrument | KosError] = {}
    for code in given:
        instrument = _named(code, market) if market is not None else _known(code)
        if instrument is not None:
            if only is not None and instrument.product not in only:
                raise ArgumentError(
                    f"{code} is {_A[instrument.product]}; this takes {' or '.join(_A[each] for each in only)}."
                )
            found[code] = instrument
    contracts = [code for code in given if code not in found and right_of(code)]
    found |= _in_lists(contracts, manner, _OF_MANY_PRODUCTS)
    if unknown := [code for code in given if code not in found]:
        found |= _looked_up(unknown, manner)
    for code in given:
        outcome = found[code]
        if manner.is_strict and isinstance(outcome, KosError):
            raise outcome
    return {code: found[code] for code in given}


_A: dict[Any, str] = {"stock": "a stock or fund", "index": "an index", "futures": "a future", "options": "an option"}


def listed(market: str, manner: Manner, product: Product = "stock") -> Part:
    """Return the list of a market.

    Raises
    ------
    KosError
        If it cannot be had.
    """
    (outcome,) = _lists([(market, product)], manner)
    if isinstance(outcome, KosError):
        raise outcome
    return outcome


def _lists(wanted: Sequence[tuple[str, Product]], manner: Manner) -> list[Part | KosError]:
    client, loose = manner.client, Manner(manner.client, manner.days, on_error="collect")
    keys = [("listing", client.settings.api, *each) for each in wanted]
    found: dict[Any, Part | KosError] = {}
    for key in keys:
        # Kept whatever the cache: every call would ask for the lists again.
        if not manner.refresh and (part := client.memo.get(key, client.now())) is not None:
            found[key] = part.again()
    missing = [(key, each) for key, each in zip(keys, wanted, strict=True) if key not in found]
    calls = []
    for _, (market, product) in missing:
        of = route(client, "listing", product, market)
        calls.append(args.call(of, arguments(of, market), today=client.now().date(), calendar=manner.days))
    for (key, _), outcome in zip(missing, ask(calls, loose), strict=True):
        found[key] = outcome
        if isinstance(outcome, Part) and len(outcome.frame):
            client.memo.put(key, outcome, outcome.expires, 1 << 20)
    return [found[key] for key in keys]


def _named(code: str, market: str) -> Instrument:
    """Return the instrument of a code in a market that is given."""
    name = market.lower()
    if name in DERIVATIVES:
        right = right_of(code)
        return Instrument(code, "futures" if right in (None, "future") else "options", name)
    if (row := _index_table().get(code)) and name in INDICES and row["market"] == name:
        return Instrument(code, "index", name)
    if name in STOCKS:
        return Instrument(code, "stock", name)
    if name in INDICES:
        raise ArgumentError(f"{code} is no index of {name}: kosdata.listing('index') has them all.")
    near = get_close_matches(name, [*STOCKS, *DERIVATIVES, *INDICES], n=2)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ArgumentError(f"market={market!r} is not known.{hint} Markets: {', '.join((*STOCKS, *DERIVATIVES))}.")


def _known(code: str) -> Instrument | None:
    """Return the instrument of a code that says by itself what it is."""
    if row := _index_table().get(code):
        return Instrument(code, "index", row["market"])
    if (market := _connected().get(code)) is not None:
        return Instrument(code, "futures", market)
    right, market = right_of(code), market_of(code)
    if right is None or market is None:
        return None
    return Instrument(code, "futures" if right == "future" else "options", market)


def _in_lists(contracts: Sequence[str], manner: Manner, markets: Sequence[str]) -> dict[str, Instrument | KosError]:
    """Return the contracts that the lists of some markets of futures name."""
    found: dict[str, Instrument | KosError] = {}
    for market in markets:
        if missing := [code for code in contracts if code not in found]:
            here = set(listed(market, manner, "futures").frame.index)
            found.update({code: Instrument(code, "futures", market) for code in missing if code in here})
    return found


def _looked_up(unknown: Sequence[str], manner: Manner) -> dict[str, Instrument | KosError]:
    found: dict[str, Instrument | KosError] = {}
    names: dict[str, str] = {}
    refused: list[KosError] = []
    for markets in (_FIRST, _LAST):
        outcomes = _lists([(market, "stock") for market in markets], manner)
        for market, outcome in zip(markets, outcomes, strict=True):
            if isinstance(outcome, KosError):
                if not isinstance(outcome, LicenceError):
                    raise outcome
                refused.append(outcome)
                continue
            here = set(outcome.frame.index)
            found.update({code: Instrument(code, "stock", market) for code in unknown if code in here})
            names |= dict.fromkeys(here, market)
        unread = [m for m, each in zip(markets, outcomes, strict=True) if isinstance(each, Part) and each.frame.empty]
        if unread and not manner.client.sends:
            # In a rehearsal a list may not be there; the market changes no number of pages.
            found = {**{code: Instrument(code, "stock", unread[0]) for code in unknown}, **found}
        if len(found) == len(unknown):
            break
    return found | {code: _nowhere(code, names, refused) for code in unknown if code not in found}


def _nowhere(code: str, names: dict[str, str], refused: Sequence[KosError]) -> KosError:
    if refused and not names:
        return refused[0]
    near = get_close_matches(code, names, n=_CODES_SHOWN, cutoff=0.8)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    missing = f" {len(refused)} of the lists were refused for want of a licence." if refused else ""
    return NotFoundError(
        f"No stock market lists {code!r} today.{missing} 종목코드를 찾을 수 없습니다.",
        hint=f"{hint}kosdata.search() finds codes by name; market='kospi' asks about a code that is listed no more.",
    )


@cache
def _index_table() -> dict[str, codes.Row]:
    return {row["code"]: row for row in codes.table("index_codes") if row["market"] in INDICES}


@cache
def _connected() -> dict[str, str]:
    return {row["connected_code"]: row["market"] for row in codes.table("markets") if row["connected_code"]}
