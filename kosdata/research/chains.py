"""What is listed now of futures and options: the options of one expiry, the futures of every expiry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from kosdata.catalogue.codes import CONNECTED, DERIVATIVES, OF_MANY_PRODUCTS
from kosdata.catalogue.contracts import OPTION_MARKETS, PRODUCTS, Month, last_trade_date, market_of, month_of, right_of
from kosdata.errors import ArgumentError, KosError
from kosdata.research.asking import ask, blank
from kosdata.research.instruments import listed
from kosdata.research.manner import Lang, Manner, OnError, call_for, settled
from kosdata.research.parts import Part, Parts, finish
from kosdata.research.routes import Product, route
from kosdata.research.spans import Date
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["CHAIN", "CURVE", "futures_curve", "option_chain"]

CHAIN: Final = (
    *("code", "expiry", "days_to_expiry", "price", "volume", "value", "upper_limit", "lower_limit"),
    *("prev_close", "open_interest", "implied_vol", "moneyness", "multiplier"),
)
CURVE: Final = (
    *("code", "price", "change", "volume", "value", "prev_close", "open_interest"),
    *("days_to_expiry", "multiplier", "basis", "annualised"),
)
_WANTED: Final = (
    *("last_trade_date", "days_to_expiry", "multiplier", "underlying", "strike", "implied_vol"),
    *("base_price", "prev_close", "prev_open_interest"),
    *("price", "volume", "value", "realtime_upper_limit", "realtime_lower_limit"),
)
_QUOTED: Final = ("price", "change", "volume", "value", "upper_limit", "lower_limit")
_NAMES: Final = {
    "last_trade_date": "expiry",
    "prev_open_interest": "open_interest",
    "realtime_upper_limit": "upper_limit",
    "realtime_lower_limit": "lower_limit",
}
_NEAREST: Final = {market: code for code, market in CONNECTED.items()}
_YEAR: Final = 365
_SHOWN: Final = 12


def option_chain(
    market: str,
    expiry: Date | None = None,
    *,
    quotes: bool = True,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return all options of one expiry.

    Parameters
    ----------
    market : {"kospi200", "mini_kospi200", "kosdaq150"}
        Market of the options.
    expiry : str, date or Timestamp, optional
        Month of expiry, as ``"2024-02"`` or ``"202402"``, or the last trading day. By default the nearest one that is
        not over.
    quotes : bool, default True
        Ask for the last trade of each option as well: one request more for each.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the options that fail; `failures` lists them.
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
        One row an option, indexed by ``strike`` (float64) and ``right`` (``call`` before ``put``), ascending:
        ``code``, ``expiry`` (last trading day), ``days_to_expiry`` as published (the day itself counts); with `quotes`
        ``price`` (last trade in points, missing without one), ``volume`` and ``value`` of the day in contracts and
        won, ``upper_limit`` and ``lower_limit`` as they stand now; then ``prev_close``, ``open_interest`` (of the day
        before, in contracts), ``implied_vol`` (of the day before, in per cent), ``moneyness`` and ``multiplier`` (won a
        point).

    Raises
    ------
    ArgumentError
        If the market has no options, or none that expire then: the message names the expiries that there are.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If an option has no answer.

    See Also
    --------
    futures_curve : Futures of every expiry.
    plan : What a call would cost.

    Notes
    -----
    ``moneyness`` is the strike over the level of the nearest future, which needs no licence for indices and trades as
    long as the options do: its last price, or its previous close without `quotes`. ``attrs`` name the future
    (``underlying``) and the level (``underlying_price``). Strikes and dates are those of the masters, for codes cut
    half points off; weekly options, whose codes bear other numbers, are left out.

    Endpoints: ``lists``, one ``master`` an option, one ``price`` an option with `quotes`, and one of the future.

    Examples
    --------
    >>> chain = kd.option_chain("kosdaq150", "2024-02")
    >>> chain.loc[(1925.0, "put"), "code"], float(chain.loc[(1925.0, "put"), "price"])
    ('306V2J25', 10.3)
    >>> chain.attrs["kosdata"]["underlying"]
    '106V3000'
    """
    name = _market(market, OPTION_MARKETS, "options")
    wanted = None if expiry is None else _expiry(expiry)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )

    def work(manner: Manner) -> tuple[pd.DataFrame, dict[str, Part | KosError], dict[str, Any]]:
        listing = listed(name, manner, "options")
        codes = _of_expiry(name, listing.frame.index, wanted, manner)
        near = _NEAREST.get(name, "")
        asks: list[tuple[Product, str]] = [("options", code) for code in codes]
        parts = _contracts(name, [*asks, ("futures", near)], manner, quotes=quotes)
        level, said = _level(parts[near], quotes=quotes)
        frame, absent = _table(name, "options", codes, parts, manner)
        rights = pd.Index([right_of(code) for code in frame["code"]], dtype="str", name="right")
        frame.insert(len(frame.columns) - 1, "moneyness", frame["strike"] / level)
        frame = frame.set_index([frame.pop("strike"), rights]).sort_index()
        return frame, {name: listing, **parts}, said | {"absent": absent}

    frame, parts, said = settled(manner, work)
    return finish(_shown(frame, CHAIN, quotes=quotes), parts, manner, **said)


def futures_curve(
    market: str,
    *,
    underlying: str | None = None,
    quotes: bool = True,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return all listed futures of a market, nearest first.

    Parameters
    ----------
    market : str
        Market of the futures, for example ``"kospi200"``, ``"usd"`` or ``"stock"``.
    underlying : str, optional
        Of markets with many underlyings (``"stock"``, ``"sector"``) the one wanted: its name in the list such as
        ``"삼성전자"``, the second and third character of its codes, or its id, such as ``"005930"``. By default all.
    quotes : bool, default True
        Ask for the last trade of each contract as well: one request more for each.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the contracts that fail; `failures` lists them.
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
        One row a contract, indexed by ``expiry`` (last trading day), in markets with many underlyings under a leading
        level ``underlying`` unless one is named: ``code``; with `quotes` ``price`` (last trade, missing without one),
        ``change`` from the base price, ``volume`` and ``value`` of the day in contracts and won; then ``prev_close``,
        ``open_interest`` (of the day before, in contracts), ``days_to_expiry`` as published, ``multiplier``,
        ``basis`` (what the contract costs more than the nearest one) and ``annualised`` (that in per cent a year of
        the nearest one, simple interest between the two expiries). Prices are in points or won.

    Raises
    ------
    ArgumentError
        If the market has no futures, or no such underlying.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a contract has no answer.

    See Also
    --------
    option_chain : Options of one expiry.
    continuous : A series of the nearest future through time.

    Notes
    -----
    ``basis`` never compares different days: it is that of last trades, missing where a contract has none, or that of
    previous closes as long as the nearest contract has not traded, and without `quotes`; ``attrs["kosdata"]["basis"]``
    says which. An underlying that is named by its id costs one ``master`` for each underlying of the market.
    Connected codes and spreads are left out.

    Endpoints: ``lists``, one ``master`` a contract, one ``price`` a contract with `quotes`.

    Examples
    --------
    >>> kd.futures_curve("ktb3")[["code", "price", "basis"]]
                    code   price  basis
    expiry
    2024-03-19  165V3000  104.50   0.00
    2024-06-18  165V6000  105.16   0.66
    """
    name = _market(market, DERIVATIVES, "futures")
    has_many = name in OF_MANY_PRODUCTS
    if underlying is not None and not has_many:
        raise ArgumentError(f"All futures of {name} are on the same: leave out underlying={underlying!r}.")
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    route(manner.client, "master", "futures", name)

    def work(manner: Manner) -> tuple[pd.DataFrame, dict[str, Part | KosError], dict[str, Any]]:
        listing = listed(name, manner, "futures")
        names = {c: str(text) for c, text in listing.frame["name_ko"].items() if right_of(str(c)) == "future"}
        found: dict[str, Part | KosError] = {name: listing}
        if underlying is not None:
            names, masters = _on(underlying, names, name, manner)
            found |= masters
        codes = [str(code) for code in names]
        parts = _contracts(name, [("futures", code) for code in codes], manner, quotes=quotes)
        frame, absent = _table(name, "futures", codes, parts, manner)
        frame, basis = _with_basis(frame.sort_values("expiry", kind="stable"), quotes=quotes)
        levels = [frame.pop("underlying"), frame.pop("expiry")]
        frame = frame.set_index(levels if has_many and underlying is None else levels[1:]).sort_index()
        return frame, found | parts, {"basis": basis, "absent": absent}

    frame, parts, said = settled(manner, work)
    return finish(_shown(frame, CURVE, quotes=quotes), parts, manner, **said)


def _market(given: object, known: Sequence[str], what: str) -> str:
    name = given.lower() if isinstance(given, str) else None
    if name not in known:
        raise ArgumentError(f"market={given!r} has no {what}. Markets that have: {', '.join(known)}.")
    return str(name)


def _expiry(given: Date) -> tuple[Month, date | None]:
    """Return the month that a user wrote, and the day if it was one."""
    first, last = args.day(given, "expiry"), args.day(given, "expiry", last=True)
    if Month.of(first) != Month.of(last):
        raise ArgumentError(f"expiry={given!r} is a whole year: write a month, such as '{first:%Y}-03', or a day.")
    return Month.of(first), first if first == last else None


def _of_expiry(market: str, listing: pd.Index, wanted: tuple[Month, date | None] | None, manner: Manner) -> list[str]:
    """Return the codes of the options of a market that expire when it is wanted, or next."""
    today = manner.client.now().date()
    months = {
        code: month
        for code in map(str, listing)
        if right_of(code) in ("call", "put") and market_of(code) == market and (month := month_of(code, today.year))
    }
    ends = {month: last_trade_date(PRODUCTS[market], month, manner.days) for month in sorted(set(months.values()))}
    if not ends:
        return []
    if wanted is None:
        month = next((month for month, end in ends.items() if end >= today), max(ends))
    else:
        month, day = wanted
        if month not in ends or (day and day != ends[month] and manner.days.knows(day)):
            said = ", ".join(f"{end}" for end in ends.values())
            raise ArgumentError(f"No options of {market} expire {_when(month, day)}. Expiries: {said}.")
    return [code for code, each in months.items() if each == month]


def _when(month: Month, day: date | None) -> str:
    return f"on {day}" if day else f"in {month.year}-{month.month:02}"


def _on(
    underlying: str, names: Mapping[Any, str], market: str, manner: Manner
) -> tuple[dict[Any, str], dict[str, Part | KosError]]:
    """Return the contracts on an underlying, and what had to be asked to tell them."""
    sought = str(underlying).strip().upper()
    found = {c: text for c, text in names.items() if sought in (_underlying_of(text).upper(), c[1:3])}
    if found or not names:
        return found, {}
    first = {c[1:3]: str(c) for c in reversed(names)}
    parts = _contracts(market, [("futures", code) for code in first.values()], manner, quotes=False)
    number = [
        number
        for number, code in first.items()
        if isinstance(part := parts[code], Part) and len(part.frame) and part.frame["underlying"].iloc[0] == sought
    ]
    if not number and manner.client.sends:
        known = list(dict.fromkeys(map(_underlying_of, names.values())))
        more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
        raise ArgumentError(
            f"No futures of {market} are on {underlying!r}. There are {', '.join(known[:_SHOWN])}{more}."
        )
    return {c: text for c, text in names.items() if c[1:3] in number}, parts


def _underlying_of(name: str) -> str:
    """Return what a future is on, by its Korean name: ``삼성전자 선물 2403``."""
    return name.partition(" 선물")[0].strip()


def _contracts(
    market: str, contracts: Sequence[tuple[Product, str]], manner: Manner, *, quotes: bool
) -> dict[str, Part | KosError]:
    """Return the masters of some contracts, with their last trades beside them, all asked for at once."""
    calls = [
        call_for(manner, route(manner.client, question, product, market), market, code)
        for question in (("master", "quote") if quotes else ("master",))
        for product, code in contracts
    ]
    found = ask(calls, manner, columns=_WANTED)
    return {code: _beside(found[n :: len(contracts)]) for n, (_, code) in enumerate(contracts)}


def _beside(found: Sequence[Part | KosError]) -> Part | KosError:
    """Return one part of all that is known of a contract; it has no row unless each of them has."""
    parts = [each for each in found if isinstance(each, Part)]
    for each in found:
        if isinstance(each, KosError):
            return each
    rows = [part.frame.iloc[:1].reset_index(drop=n > 0) for n, part in enumerate(parts)]
    return Part.of(parts, pd.concat(rows, axis=1, join="inner"))


def _table(
    market: str, product: Product, codes: Sequence[str], parts: Parts, manner: Manner
) -> tuple[pd.DataFrame, str | None]:
    """Return the contracts that answered as one frame, and the codes of those that said nothing."""
    come = {code: part.frame for code in codes if isinstance(part := parts[code], Part)}
    frames = {code: frame for code, frame in come.items() if len(frame)}
    likes = [blank(route(manner.client, name, product, market), _WANTED) for name in ("master", "quote")]
    frame = pd.concat(frames.values(), ignore_index=True) if frames else pd.concat(likes, axis=1)
    frame["code"] = pd.array(list(frames), dtype="str")
    if "price" in frame:
        # What has not traded repeats its base price.
        frame["price"] = frame["price"].mask((frame["volume"] == 0).fillna(value=False).astype(bool))
        frame["change"] = frame["price"] - frame["base_price"]
    return frame.rename(columns=_NAMES), " ".join(code for code in come if code not in frames) or None


def _level(part: Part | KosError, *, quotes: bool) -> tuple[float, dict[str, Any]]:
    """Return the level of the nearest future, and what is to be said of it."""
    if isinstance(part, KosError) or part.frame.empty:
        return np.nan, {}
    level = float(part.frame["price" if quotes else "prev_close"].iloc[0])
    return level, {"underlying": part.frame["code"].iloc[0], "underlying_price": level}


def _with_basis(frame: pd.DataFrame, *, quotes: bool) -> tuple[pd.DataFrame, str | None]:
    """Return contracts, nearest first, with what they cost more than the first of their product."""
    products = frame["code"].str[1:3]
    first = frame.assign(product=products).drop_duplicates("product").set_index("product")
    nearest = first.reindex(products).set_axis(frame.index)
    mark, base = frame["prev_close"], nearest["prev_close"]
    words = {"prev_close"}
    if quotes:
        traded = nearest["price"].notna()
        mark, base = mark.mask(traded, frame["price"]), base.mask(traded, nearest["price"])
        words = {"price" if each else "prev_close" for each in traded}
    apart = (frame["expiry"] - nearest["expiry"]).dt.days
    basis = mark - base
    rate = 100 * basis / base * _YEAR / apart.where(apart > 0).astype("float64")
    return frame.assign(basis=basis, annualised=rate), " or ".join(sorted(words)) or None


def _shown(frame: pd.DataFrame, columns: Sequence[str], *, quotes: bool) -> pd.DataFrame:
    return frame[[name for name in columns if quotes or name not in _QUOTED]]
