"""What traded last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from kosdata.catalogue.spelling import choice
from kosdata.errors import KosError
from kosdata.research.asking import blank
from kosdata.research.by_code import in_order
from kosdata.research.instruments import Instrument, codes_of, instruments_of, resolve, unresolved
from kosdata.research.manner import Lang, Manner, OnError, call_for, settled
from kosdata.research.multi_issue import Question, answers, left_out, questions, rows
from kosdata.research.parts import Part, each_part
from kosdata.research.routes import route, shape
from kosdata.research.shaping import conformed, instants, unique, zoned
from kosdata.wire.client import Client

__all__ = ["COLUMNS", "latest", "quote"]

_PRICES: Final = ("price", "open", "high", "low", "volume", "value", "change")
_QUOTED: Final = (*_PRICES, "size", "bid_price_1", "ask_price_1", "time")
_BEST: Final = {"bid_price_1": "bid_price", "ask_price_1": "ask_price"}
COLUMNS: Final = (*_PRICES, "size", *_BEST.values(), "time", "signal")
_BOARD_MARKETS: Final = ("kospi", "kosdaq")
_BOARDS: Final = ("board_ohlc", "board_price", "board_quote")
# From so many codes of a market on, three snapshots of all of it are far cheaper than groups of twenty.
_MANY: Final = 300
_BAR_SECONDS: Final = 600
_FROM_BOARDS: Final = "from snapshots of the whole market: change, size and time are missing"


def quote(
    codes: str | Sequence[str],
    *,
    whole_market: bool | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the last trade and the day so far of stocks, funds, indices, futures and options.

    Parameters
    ----------
    codes : str or sequence of str
        Short codes such as ``"005930"``, ``"K1"``, ``"101S6000"`` or ``"K2FA001"``.
    whole_market : bool, optional
        Take three snapshots of a whole market, KOSPI or KOSDAQ, in place of twenty stocks a call. By default for more
        than 300 stocks of one market. ``change``, ``size`` and ``time`` are then missing, and ``attrs`` says so.
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
        One row a code, indexed by ``code`` in the order asked for: ``price``, ``open``, ``high``, ``low`` and
        ``change`` in won or points, ``volume`` and ``size`` of the last trade in shares or contracts, ``value`` in
        won, best ``bid_price`` and ``ask_price``, ``time`` of the last trade (Asia/Seoul), and ``signal``: the code
        that stands in the place of a time, such as ``"31000000"`` after the close, or ``"0"`` before the first trade.
        Prices and change are float64, counts and won Int64.

    Raises
    ------
    ArgumentError
        If an argument is wrong, or a market has no quotes (KONEX).
    NotFoundError
        If a code is listed nowhere or was not answered.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a code cannot be had otherwise: never a shorter frame.

    See Also
    --------
    order_book : All levels of orders.
    board : A whole market at once.
    history : Daily bars, today's unfinished one with ``partial=True``.

    Notes
    -----
    Indices have no open, high, low, size and orders here, futures and options no change and orders: what a product
    lacks is missing. A stock that has not traded today has a price, and no open, high or low; a contract repeats its
    base price there, as published. Trades after hours count.

    Endpoints: ``multiquote/price``, ``price`` for a stock alone and for contracts, ``index``; ``ohlclists``, ``lists``
    and ``quotelists`` with `whole_market`.

    Examples
    --------
    >>> kd.quote(["005930", "K1"])[["price", "time"]].dtypes.astype(str).tolist()
    ['float64', 'datetime64[us, Asia/Seoul]']
    >>> kd.quote("K2FA001").index.tolist()
    ['K2FA001']
    """
    choice("whole_market", whole_market, (None, True, False))
    given, _ = codes_of(codes)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )

    def work(manner: Manner) -> tuple[dict[str, Part | KosError], str | None]:
        found = resolve(given, manner, market)
        parts, said = _quotes(instruments_of(found), manner, whole_market)
        return unresolved(found) | parts, said

    parts, said = settled(manner, work)
    # A part is about many codes here, so that none of them can bear the note.
    return in_order(parts, _like_quote(), given, manner, whole_market=said)


def latest(instruments: Sequence[Instrument], manner: Manner) -> dict[str, Part | KosError]:
    """Return the last trade and the day so far of some instruments, one row each; none where nothing was counted.

    Parameters
    ----------
    instruments : sequence of Instrument
        What is asked about.
    manner : Manner
        How to ask.

    Returns
    -------
    dict of str to Part or KosError
        Code to a frame by ``code``: ``price``, ``open``, ``high``, ``low``, ``volume``, ``value``, ``change``. Those
        of an index are as far as its bars have come; futures and options have no change.

    Raises
    ------
    KosError
        If a code has no answer, unless errors are collected.
    """
    asked, found = questions("quote", instruments, manner, many="quotes")
    bars = {each.code: _bars(each, manner) for each in instruments if each.product == "index"}
    answered = answers([*asked, *bars.values()], manner, columns=(*_PRICES, "time"))
    beside = {id(question): outcome for question, outcome in answered if not question.about}
    like = blank(shape("quote"), _PRICES)
    for first, part in rows([each for each in answered if each[0].about], manner).items():
        if isinstance(part, KosError):
            found[first] = part
            continue
        counted = conformed(part.frame, like).dropna(subset=["price", "volume", "value"])
        # What a group cost is counted once.
        free = part.having(part.frame, requests=0, cached=0)
        for code in part.frame.index:
            found[code] = (part if code == first else free).having(counted[counted.index == code])
    found |= {code: _with_range(found[code], beside[id(bars[code])]) for code in bars if code in found}
    if manner.is_strict and (errors := [part for part in found.values() if isinstance(part, KosError)]):
        raise errors[0]
    return found


def _quotes(
    instruments: Sequence[Instrument], manner: Manner, whole_market: bool | None
) -> tuple[dict[str, Part | KosError], str | None]:
    """Return quotes, and what is to be said of those from snapshots of a whole market."""
    stocks: dict[str, list[Instrument]] = {}
    for each in instruments:
        if each.product == "stock":
            stocks.setdefault(each.market, []).append(each)
    wide = {
        market: [_about_market(name, market, manner) for name in _BOARDS]
        for market, here in stocks.items()
        if whole_market or (whole_market is None and len(here) > _MANY and market in _BOARD_MARKETS)
    }
    rest = [each for each in instruments if each.product != "stock" or each.market not in wide]
    asked, parts = questions("quote", rest, manner, many="quotes")
    snapshots = [question for three in wide.values() for question in three]
    answered = answers([*asked, *snapshots], manner, columns=_QUOTED)
    beside = {id(question): outcome for question, outcome in answered if not question.about}
    answered = [each for each in answered if each[0].about]
    taken = []
    for market, three in wide.items():
        outcomes = [beside[id(question)] for question in three]
        come = [outcome for outcome in outcomes if isinstance(outcome, Part)]
        if len(come) == len(outcomes):
            taken.append(market)
            parts |= _from_boards([each.code for each in stocks[market]], come, manner)
        elif whole_market:
            error = next(outcome for outcome in outcomes if isinstance(outcome, KosError))
            parts |= dict.fromkeys([each.code for each in stocks[market]], error)
        else:
            again, refused = questions("quote", stocks[market], manner, many="quotes")
            parts |= refused
            answered += answers(again, manner, columns=_QUOTED)
    parts |= rows(answered, manner)
    shaped = each_part(parts, lambda part: _shaped(part, manner))
    return shaped, f"{' and '.join(taken)} {_FROM_BOARDS}" if taken else None


def _from_boards(codes: Sequence[str], come: Sequence[Part], manner: Manner) -> dict[str, Part | KosError]:
    """Return quotes from three snapshots of a market, under the first code, and errors for what they do not hold."""
    ohlc, price, best = (unique(part.frame) for part in come)
    present = [code for code in codes if code in ohlc.index and code in price.index]
    chosen = (ohlc[["open", "high", "low", "price"]], price[["volume", "value"]], best[list(_BEST)])
    frame = pd.concat([part.reindex(present) for part in chosen], axis=1)
    found: dict[str, Part | KosError] = {(present or codes)[0]: Part.of(come, frame)}
    if manner.client.sends:
        found = found if present else {}
        found |= {code: left_out(code, come[0]) for code in codes if code not in frame.index}
    return found


def _about_market(name: str, market: str, manner: Manner) -> Question:
    of = route(manner.client, name, "stock", market)
    return Question(call_for(manner, of, market))


def _bars(of: Instrument, manner: Manner) -> Question:
    """Return the question about the bars of the running session of an index."""
    intraday, today = route(manner.client, "intraday", of.product, of.market), manner.client.now().date()
    day = manner.days.latest_session(today)
    return Question(call_for(manner, intraday, of.market, of.code, interval=_BAR_SECONDS, date=day))


def _with_range(part: Part | KosError, bars: Part | KosError) -> Part | KosError:
    """Return the quote of an index with open, high and low from its bars."""
    if isinstance(part, KosError) or isinstance(bars, KosError):
        return part if isinstance(part, KosError) else bars
    frame = part.frame
    if len(frame) and len(bars.frame):
        # The level may have moved on since the bars were made.
        prices = np.append(bars.frame[["high", "low"]].to_numpy(), frame["price"].to_numpy())
        opening = bars.frame["open"].iloc[0]
        frame = frame.assign(open=opening, high=np.nanmax(prices), low=np.nanmin(prices))
    # What is known is as of the quote.
    return Part.of((part, bars), frame, newest_at=part.newest_at)


def _shaped(part: Part, manner: Manner) -> Part:
    """Return quotes with all columns of `quote`, their times of day as instants."""
    frame = part.frame
    if "time" in frame:
        frame = frame.assign(time=instants(frame["time"], part.newest_at, manner.days))
    return part.having(conformed(frame.rename(columns=_BEST), _like_quote()))


def _like_quote() -> pd.DataFrame:
    like = blank(shape("quote"), _QUOTED).rename(columns=_BEST)
    return zoned(like, "time")[list(COLUMNS)]
