"""What can be asked about: codes, their products and markets, and the lists that they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from kosdata.catalogue.codes import DERIVATIVES, INDICES, OF_MANY_PRODUCTS, STOCKS, indices
from kosdata.catalogue.contracts import kind_of, market_of
from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError, KosError, LicenceError, NotFoundError
from kosdata.research.asking import ask, size
from kosdata.research.manner import Manner, call_for
from kosdata.research.parts import Part
from kosdata.research.routes import Product, route
from kosdata.wire import arguments as args
from kosdata.wire.arguments import Call

__all__ = [
    "Instrument",
    "codes_of",
    "instruments_of",
    "listed",
    "lists",
    "resolve",
    "several",
    "unknown_market",
    "unresolved",
]

# Where a code is looked for first, in one go; KONEX is small, and few licences cover it.
_FIRST, _LAST = ("kospi", "kosdaq"), ("konex",)
_CODES_SHOWN = 3
_CALLED: Final[Mapping[Product, str]] = {
    "stock": "a stock or fund",
    "index": "an index",
    "futures": "a future",
    "options": "an option",
}


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


def several(given: object) -> tuple[list[object], bool]:
    """Return the values that a user wrote, as one, as text with commas or as any collection, and whether it was one."""
    if isinstance(given, str):
        return [*given.split(",")], "," not in given
    try:
        # A set has no order, and a frame should.
        return (sorted(given) if isinstance(given, Set) else [*given]), False  # type: ignore[misc]
    except TypeError:
        return [given], True


def codes_of(given: object, name: str = "codes") -> tuple[list[str], bool]:
    """Return the short codes that a user wrote, each once, and whether it was one as a string.

    Raises
    ------
    ArgumentError
        If there is none, or one cannot be a code.
    """
    values, single = several(given)
    found = list(dict.fromkeys(args.short_code(value, "code") for value in values))
    if not found:
        raise ArgumentError(f"{name} is empty: name at least one code.")
    return found, single


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
                taken = " or ".join(_CALLED[each] for each in only)
                raise ArgumentError(f"{code} is {_CALLED[instrument.product]}; this takes {taken}.")
            found[code] = instrument
    contracts = [code for code in given if code not in found and kind_of(code)]
    found |= _in_lists(contracts, manner)
    if unknown := [code for code in given if code not in found]:
        found |= _looked_up(unknown, manner)
    for code in given:
        outcome = found[code]
        if manner.is_strict and isinstance(outcome, KosError):
            raise outcome
    return {code: found[code] for code in given}


def lists(wanted: Sequence[tuple[str, Product]], manner: Manner, *, anew: bool = False) -> list[Part | KosError]:
    """Return the lists of some markets and products, or why they cannot be had.

    They are kept whatever the cache, until the next morning: every call would ask for them again. `anew` does.
    """
    client = manner.client
    keys: list[tuple[str, str, str, str]] = [("listing", client.settings.api, *each) for each in wanted]
    kept = {} if anew else {key: client.memo.get(key, client.now()) for key in keys}
    found: dict[tuple[str, str, str, str], Part | KosError] = {
        key: part.again() for key, part in kept.items() if part is not None
    }
    missing = {key: each for key, each in zip(keys, wanted, strict=True) if key not in found}
    calls: dict[tuple[str, str, str, str], Call] = {}
    for key, (market, product) in missing.items():
        try:
            calls[key] = call_for(manner, route(client, "listing", product, market), market)
        except ArgumentError as error:
            found[key] = error
    for key, outcome in zip(calls, ask([*calls.values()], replace(manner.collecting(), refresh=anew)), strict=True):
        found[key] = outcome
        if isinstance(outcome, Part) and len(outcome.frame):
            client.memo.put(key, outcome, outcome.expires, size(outcome.frame))
    return [found[key] for key in keys]


def instruments_of(found: Mapping[str, Instrument | KosError]) -> list[Instrument]:
    """Return what was found."""
    return [each for each in found.values() if isinstance(each, Instrument)]


def unresolved(found: Mapping[str, Instrument | KosError]) -> dict[str, KosError]:
    """Return the errors of what was not found."""
    return {code: each for code, each in found.items() if isinstance(each, KosError)}


def listed(market: str, manner: Manner, product: Product = "stock") -> Part:
    """Return the list of a market.

    Raises
    ------
    KosError
        If it cannot be had.
    """
    (outcome,) = lists([(market, product)], manner)
    if isinstance(outcome, KosError):
        raise outcome
    return outcome


def unknown_market(given: object, known: Sequence[str], meant: Sequence[str] = ()) -> ArgumentError:
    """Return the error for a market that is none of those known; `meant` may name others as well."""
    near = suggestion(str(given).strip().lower(), meant or known)
    return ArgumentError(f"market={given!r} is not known.{near} Markets: {', '.join(dict.fromkeys(known))}.")


def _named(code: str, market: str) -> Instrument:
    """Return the instrument of a code in a market that is given."""
    name = str(market).lower()
    if name in DERIVATIVES:
        return Instrument(code, kind_of(code) or "futures", name)
    if (row := indices().get(code)) and name in INDICES and row["market"] == name:
        return Instrument(code, "index", name)
    if name in STOCKS:
        return Instrument(code, "stock", name)
    if name in INDICES:
        raise ArgumentError(f"{code} is no index of {name}: kosdata.listing('index') has them all.")
    raise unknown_market(market, (*STOCKS, *DERIVATIVES), (*STOCKS, *DERIVATIVES, *INDICES))


def _known(code: str) -> Instrument | None:
    """Return the instrument of a code that says by itself what it is."""
    if row := indices().get(code):
        return Instrument(code, "index", row["market"])
    kind, market = kind_of(code), market_of(code)
    return None if kind is None or market is None else Instrument(code, kind, market)


def _in_lists(contracts: Sequence[str], manner: Manner) -> dict[str, Instrument | KosError]:
    """Return the contracts that the lists of futures with many underlyings name, or why those cannot be had."""
    if not contracts:
        return {}
    outcomes = lists([(market, "futures") for market in OF_MANY_PRODUCTS], manner)
    found, refused = _found(contracts, OF_MANY_PRODUCTS, outcomes, "futures")
    errors = dict.fromkeys((code for code in contracts if code not in found), refused[0]) if refused else {}
    return {**errors, **found}


def _looked_up(unknown: Sequence[str], manner: Manner) -> dict[str, Instrument | KosError]:
    """Return the stocks that the lists of their markets name."""
    found: dict[str, Instrument] = {}
    refused: list[KosError] = []
    names: set[str] = set()
    for markets in (_FIRST, _LAST):
        outcomes = lists([(market, "stock") for market in markets], manner)
        here, why = _found(unknown, markets, outcomes, "stock")
        found |= here
        refused += why
        names |= {name for outcome in outcomes if isinstance(outcome, Part) for name in outcome.frame.index}
        unread = [m for m, each in zip(markets, outcomes, strict=True) if isinstance(each, Part) and each.frame.empty]
        if unread and not manner.client.sends:
            # In a rehearsal a list may not be there; the market changes no number of pages.
            found = {**{code: Instrument(code, "stock", unread[0]) for code in unknown}, **found}
        if len(found) == len(unknown):
            break
    return {code: found.get(code) or _nowhere(code, names, refused) for code in unknown}


def _found(
    sought: Sequence[str], markets: Sequence[str], outcomes: Sequence[Part | KosError], product: Product
) -> tuple[dict[str, Instrument], list[KosError]]:
    found: dict[str, Instrument] = {}
    refused: list[KosError] = []
    for market, outcome in zip(markets, outcomes, strict=True):
        if isinstance(outcome, KosError):
            refused.append(outcome)
        else:
            here = set(outcome.frame.index)
            found |= {code: Instrument(code, product, market) for code in sought if code in here}
    return found, refused


def _nowhere(code: str, names: Set[str], refused: Sequence[KosError]) -> KosError:
    # KONEX is small, and few licences cover it; without another list nothing can be said of a code.
    unread = [e for e in refused if not isinstance(e, LicenceError) or "konex" not in (e.endpoint or "")]
    if unread:
        return unread[0]
    near = suggestion(code, names, most=_CODES_SHOWN, cutoff=0.8).lstrip()
    hint = f"{near} " if near else ""
    missing = f" {len(refused)} of the lists were refused for want of a licence." if refused else ""
    return NotFoundError(
        f"No stock market lists {code!r} today.{missing} 종목코드를 찾을 수 없습니다.",
        hint=f"{hint}kosdata.search() finds codes by name; market='kospi' asks about a code that is listed no more.",
    )
