"""Who trades and who holds: investors, members of the exchange, short sellers, foreigners."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

import numpy as np
import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.catalogue.contracts import OPTION_MARKETS, PRODUCTS, market_of
from kosdata.errors import ArgumentError, KosError
from kosdata.research.asking import Lang, Manner, OnError, Part, ask, blank, choice, finish, whole
from kosdata.research.instruments import DERIVATIVES, STOCKS, Instrument, codes_of, resolve
from kosdata.research.participants import by_investor, figures_of, said_of
from kosdata.research.routes import Product, arguments, route
from kosdata.research.rows import by_code, daily_rows
from kosdata.research.spans import Date
from kosdata.wire import arguments as args
from kosdata.wire.arguments import Call
from kosdata.wire.client import Client

__all__ = ["foreign_holding", "investors", "members", "short_selling"]

_RANKS: Final = 5
_MEMBER: Final = {"member": "member", "volume": "volume", "value": "value", "price": "avg_price", "weight": "weight"}
_WORD: Final = re.compile(r"[a-z]{3}[a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose investors are asked for: a market, or one code where it is not resolved yet."""

    name: str
    question: str = "investors"
    product: Product = "stock"
    market: str | None = None

    @property
    def is_code(self) -> bool:
        return self.market is None


def investors(
    code_or_market: str | Sequence[str],
    *,
    kind: Literal["futures", "options"] | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what each type of investor sold and bought in a session.

    Parameters
    ----------
    code_or_market : str or sequence of str
        A stock or fund (``"005930"``), a stock market (``"kospi"``, ``"kosdaq"``), an index (``"K1"``, ``"Q203"``) or
        a market of futures and options (``"kospi200"``, ``"usd"``). A list gives the frame a leading level ``code``.
    kind : {"futures", "options"}, optional
        Contracts of a market of futures and options: ``"futures"`` by default.
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
        Language of the columns and of the investors.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a type of investor, indexed by ``investor`` in the order of ``kd.code_table("investors")``:
        ``sell_volume``, ``buy_volume`` and ``net_volume`` (bought less sold) in shares or contracts, ``sell_value``,
        ``buy_value`` and ``net_value`` in won. Options have the six for calls, ``call_sell_volume`` to
        ``call_net_value``, then the six for puts. All Int64. A code that is not in the table stands for itself.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    NotReadyError
        If it is too early: figures of stocks come at 15:30, those of whole markets at 15:40.
    KosError
        If the figures cannot be had otherwise.

    See Also
    --------
    members : The members of the exchange that traded most.

    Notes
    -----
    Rows overlap: ``institutions total``, ``foreigners``, ``grand total`` and ``other total`` are sums of others, so do
    not add up all rows. ``attrs`` says of which ``session`` and ``time`` the figures are, and in ``sums`` whether the
    totals agree with their parts. Figures that came without investor codes, as before the first snapshot of a day,
    are put in the order of the table if there are sixteen; ``attrs`` says so in ``labels``.

    Endpoints: ``investors`` of an issue, a market, an index, futures or options.

    Examples
    --------
    >>> kd.investors("005930").columns.tolist()
    ['sell_volume', 'buy_volume', 'net_volume', 'sell_value', 'buy_value', 'net_value']
    >>> kd.investors("kospi").attrs["kosdata"]["sums"]
    'agree'
    >>> int(kd.investors("kospi200", kind="options").loc["grand total", "call_net_volume"])
    0
    """
    choice("kind", kind, (None, "futures", "options"))
    subjects, single = _subjects(code_or_market, kind)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    codes = [each.name for each in subjects if each.is_code]
    for each in subjects:
        if not each.is_code:
            route(manner.client, each.question, each.product, each.market or "")
    found = resolve(codes, manner, market, only=("stock", "index")) if codes else {}
    parts: dict[str, Part | KosError] = {}
    calls: dict[str, Call] = {}
    for each in subjects:
        of = found.get(each.name)
        if isinstance(of, KosError):
            parts[each.name] = of
            continue
        try:
            calls[each.name] = _call(each, of, manner)
        except ArgumentError as error:
            if manner.is_strict:
                raise
            parts[each.name] = error
    for name, outcome in zip(calls, ask(list(calls.values()), manner), strict=True):
        parts[name] = outcome if isinstance(outcome, KosError) else by_investor(outcome, manner)
    parts = {each.name: parts[each.name] for each in subjects}
    like = figures_of(
        blank(endpoint("v3_realtime_options_investors" if kind == "options" else "v3_investors_kospi_issue"))
    )
    said = {name: said_of(parts, name) for name in ("session", "time", "sums", "labels", "note")}
    return finish(whole(parts, like, single=single), parts, manner, **said)


def members(
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
    """Return the five members of the exchange that sold most of a stock today, and the five that bought most.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes of stocks or funds. A list gives the frame a leading level ``code``.
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
    given, single = codes_of(codes)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    found = resolve(given, manner, market, only=("stock",))
    parts = by_code("members", found, manner)
    parts = {c: p.having(_ranked(p.frame)) if isinstance(p, Part) else p for c, p in parts.items()}
    like = _ranked(blank(endpoint("v3_realtime_kospi_traderanking")))
    # Elsewhere a price is that of the last trade.
    return finish(whole(parts, like, single=single), parts, manner).rename(columns={"현재가": "거래단가"})


def short_selling(
    codes: str | Sequence[str],
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return short sales and stock lending by day.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes of stocks or funds. A list gives the frame a leading level ``code``.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"``, ``"2w"``, ``"6m"`` or ``"1y"``.
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
        One row a session, oldest first, indexed by ``date``: ``short_volume`` and ``short_balance_qty`` in shares,
        ``short_value`` in won, ``lending_balance_qty`` in shares and ``lending_balance_value`` in won. All Int64; what
        is not published is missing, as all of ``short_balance_qty`` in v2.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    KosError
        If a page cannot be had: never a shorter frame.

    See Also
    --------
    foreign_holding : What foreigners hold.

    Notes
    -----
    A day comes on its evening, at 18:00; until then it has no row. Days are those that the service prints, whose
    tables call the figures those of the day before.

    Endpoint: ``shortsell``.

    Examples
    --------
    >>> kd.short_selling("005930", "2024-01-10", "2024-01-12").index.strftime("%m-%d").tolist()
    ['01-10', '01-11', '01-12']
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return daily_rows("short_selling", codes, start, end, period, manner, market=market)


def foreign_holding(
    codes: str | Sequence[str],
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what foreigners hold of a stock, by day.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes of stocks or funds. A list gives the frame a leading level ``code``.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"``, ``"2w"``, ``"6m"`` or ``"1y"``.
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
        One row a session, oldest first, indexed by ``date``: ``foreign_shares`` and ``foreign_shares_change`` in
        shares (Int64), ``foreign_ratio`` in per cent of the shares listed (float64).

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    KosError
        If a page cannot be had: never a shorter frame.

    See Also
    --------
    short_selling : Short sales and lending.
    investors : What foreigners traded in the newest session.

    Notes
    -----
    A day comes in the morning after it, at 06:30; until then it has no row.

    Endpoint: ``foreignhistory``.

    Examples
    --------
    >>> kd.foreign_holding("005930", "2024-01-10", "2024-01-12").columns.tolist()
    ['foreign_shares', 'foreign_shares_change', 'foreign_ratio']
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return daily_rows("foreign_holding", codes, start, end, period, manner, market=market)


# Investors --------------------------------------------------------------------------------------------------------


def _subjects(given: object, kind: Literal["futures", "options"] | None) -> tuple[list[_Subject], bool]:
    """Return whose investors a user wants, each once, and whether it was one as a string."""
    single = isinstance(given, str) and "," not in given
    values = given.split(",") if isinstance(given, str) else given
    if isinstance(values, bytes) or not isinstance(
        values, Sequence | pd.Index | pd.Series | np.ndarray | set | Mapping
    ):
        return [_subject(values, kind)], True
    found = {each.name: each for each in (_subject(value, kind) for value in values)}
    if not found:
        raise ArgumentError("code_or_market is empty: name at least one code or market.")
    return list(found.values()), single


def _subject(value: object, kind: Literal["futures", "options"] | None) -> _Subject:
    name = value.strip().lower() if isinstance(value, str) else ""
    if name in DERIVATIVES:
        if kind == "options" and name in PRODUCTS and name not in OPTION_MARKETS:
            raise ArgumentError(f"kind='options' does not fit {name}, which has futures only.")
        return _Subject(name, product=kind or "futures", market=name)
    if kind is not None:
        raise ArgumentError(
            f"kind={kind!r} does not fit {value!r}, which is no market of futures and options: leave it out, or name "
            f"one of {', '.join(DERIVATIVES)}."
        )
    if name in STOCKS:
        return _Subject(name, "market_investors", market=name)
    if _WORD.fullmatch(name):
        known = (*STOCKS[:2], *DERIVATIVES)
        near = get_close_matches(name, known, n=2)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise ArgumentError(
            f"{value!r} is neither a code nor a market with investors.{hint} Markets: {', '.join(known)}."
        )
    code = args.short_code(value, "code_or_market")
    if contracts := market_of(code):
        raise ArgumentError(f"{code} is one contract; investors are those of its market: write {contracts!r}.")
    return _Subject(code)


def _call(subject: _Subject, of: Instrument | None, manner: Manner) -> Call:
    product, market = (of.product, of.market) if of else (subject.product, subject.market or "")
    asked = route(manner.client, subject.question, product, market)
    given = arguments(asked, market, subject.name)
    return args.call(asked, given, today=manner.client.now().date(), calendar=manner.days)


# Members ----------------------------------------------------------------------------------------------------------


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row of the ten members as ten rows."""
    ranks = [(side, rank) for side in ("sell", "buy") for rank in range(1, _RANKS + 1)]
    columns = {
        name: pd.concat([frame[f"{side}_{wire}_{rank}"] for side, rank in ranks], ignore_index=True)
        for name, wire in _MEMBER.items()
    }
    index = pd.MultiIndex.from_tuples(ranks if len(frame) else [], names=["side", "rank"])
    if not len(frame):
        index = pd.MultiIndex.from_arrays([pd.Index([], dtype="str"), pd.Index([], dtype="int64")], names=index.names)
    found = pd.DataFrame(columns).set_axis(index)
    # A price of 0 is that of nobody.
    return found.assign(price=found["price"].where(found["price"] != 0))
