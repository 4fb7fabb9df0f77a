"""One series of the nearest future through time, made of the contracts themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.contracts import PRODUCTS, Month, Product, futures_code, last_trade_date, respelled
from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError, KosError, NotFoundError
from kosdata.research.asking import blank
from kosdata.research.columns import CONTRACT_BAR
from kosdata.research.instruments import Instrument
from kosdata.research.manner import Lang, Manner, settled
from kosdata.research.parts import Part, finish
from kosdata.research.prices import daily
from kosdata.research.routes import route
from kosdata.research.spans import Date, Span, history_through, span
from kosdata.wire.client import Client

__all__ = ["continuous", "rolls"]

Roll = Literal["expiry", "volume", "open_interest"]
Adjust = Literal["back", "ratio"]

_PRICES: Final = ["open", "high", "low", "close"]
_DAY: Final = timedelta(days=1)
# A contract of every month is the nearest one for three weeks at least.
_MOST_DAYS: Final = 10
# Nobody holds a contract as the nearest one for longer, whatever became of those before it.
_LONGEST: Final = timedelta(days=366)


def continuous(
    market: str,
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    roll: Roll = "expiry",
    days: int = 1,
    adjust: Adjust | None = None,
    partial: bool = False,
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return daily bars of the nearest future of a market, from one contract to the next.

    Parameters
    ----------
    market : str
        Market of the futures, for example ``"kospi200"``, ``"usd"`` or ``"ktb3"``.
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"6m"`` or ``"1y"``.
    roll : {"expiry", "volume", "open_interest"}, default "expiry"
        When to leave a contract: `days` sessions before its last one, or as soon as the next one had the greater
        volume or open interest on the session before. It is never gone back to.
    days : int, default 1
        A contract is held for the last time so many sessions before its last one, whatever `roll` is; from 0 to 10.
    adjust : {"back", "ratio"}, optional
        Move the prices of older contracts to where the newest one stands: by the difference of closes (``"back"``) or
        by their ratio (``"ratio"``) on the session before each roll. By default they are as they were.
    partial : bool, default False
        Add the bar of today that is not finished, and a column ``final`` that says which bars are.
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
        One row a session, oldest first, indexed by ``date``: ``open``, ``high``, ``low``, ``close`` in points or won,
        adjusted if it is asked for; ``volume`` in contracts, ``value`` in won, ``change`` of the contract itself,
        ``open_interest`` and ``contract``, the code of the one that is held. The unfinished row of `partial` has no
        change: nothing beside the last trade of a future says from which price it began.

    Raises
    ------
    ArgumentError
        If an argument is wrong, or the codes of a market cannot be told from its months; nothing was sent.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a page cannot be had: never a shorter frame.

    See Also
    --------
    rolls : When and at which prices contracts change.
    history : Takes ``"K2FA001"`` and its like: the connected series that KOSCOM makes, rolled after expiry.

    Notes
    -----
    Which contract is held on a day does not depend on `start` and `end`; adjusted prices depend on `end`, for the
    newest contract keeps its own. Codes are made from the months of a product, and a month that the service does not
    know is left out: ``attrs`` name it (``skipped``), sessions that have no row (``sessions_without_row``), and rolls
    without both closes (``unbridged``), before which adjusted prices are missing.

    There is no ``on_error``: a series without the rows of one of its contracts would be another series.

    Endpoints: ``history`` of each contract, ``closeprice`` for the last day; ``price`` with `partial`.

    Examples
    --------
    >>> kd.continuous("kospi200", "2023-12-12", "2023-12-15", adjust="back")[["close", "change", "contract"]]
                 close  change  contract
    date
    2023-12-12  394.75   -0.20  101TC000
    2023-12-13  393.15   -1.60  101TC000
    2023-12-14  394.20    1.05  101V3000
    2023-12-15  395.60    1.40  101V3000
    """
    name = market.lower() if isinstance(market, str) else market
    if name not in PRODUCTS:
        raise ArgumentError(
            f"market={market!r} has no contracts whose codes can be told. Markets that have: {', '.join(PRODUCTS)}."
        )
    choice("roll", roll, ("expiry", "volume", "open_interest"))
    choice("adjust", adjust, (None, "back", "ratio"))
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= _MOST_DAYS:
        raise ArgumentError(f"days={days!r} is not a number of sessions from 0 to {_MOST_DAYS}.")
    manner = Manner.of(client, refresh=refresh, allow_partial=allow_partial, progress=progress, lang=lang)
    route(manner.client, "history", "futures", name)
    span(start, end, period, manner.client.now().date())

    def work(manner: Manner) -> tuple[pd.DataFrame, dict[str, Part], dict[str, Any]]:
        rule = _Rule(PRODUCTS[name], roll, days, span(start, end, period, manner.client.now().date()))
        chain, parts, skipped = _bars(rule, manner, partial=partial)
        frame, table = _spliced(chain, {c.code: parts[c.code].frame for c in chain if c.code in parts}, rule)
        frame = frame if len(frame) else _like(rule, manner, partial=partial)
        said: dict[str, Any] = {
            "rolls": json.dumps(table),
            "skipped": " ".join(skipped) or None,
            "sessions_without_row": _holes(frame, manner.days),
            "unbridged": " ".join(each["date"] for each in table if None in each.values()) or None,
        }
        if not parts:
            said["reason"] = f"the service knows none of the contracts {' '.join(skipped)}"
        return _adjusted(frame, table, adjust), parts, said

    frame, parts, said = settled(manner, work)
    return finish(frame, parts, manner, roll=roll, days=days, adjust=adjust, **said)


def rolls(df: pd.DataFrame) -> pd.DataFrame:
    """Return when a continuous series went from one contract to the next.

    Parameters
    ----------
    df : DataFrame
        What `continuous` returned, or rows or columns of it.

    Returns
    -------
    DataFrame
        One row a roll, indexed by ``date``, the first session of the new contract: the codes ``from`` and ``to``,
        their closes on the session before, ``from_close`` and ``to_close``, their difference ``gap`` and ``ratio``.
        Prices are unadjusted, and missing where a contract has none.

    Raises
    ------
    ArgumentError
        If the frame does not say: it is none of `continuous`, or lost its ``attrs``.

    See Also
    --------
    continuous : The series.

    Examples
    --------
    >>> kd.rolls(kd.continuous("kospi200", "2023-12", "2023-12"))[["from", "to"]]
                    from        to
    date
    2023-12-14  101TC000  101V3000
    """
    about = df.attrs.get("kosdata") if isinstance(df, pd.DataFrame) else None
    if not about or "rolls" not in about:
        raise ArgumentError("df says nothing of rolls: pass the frame that kosdata.continuous() returned.")
    table = json.loads(about["rolls"])
    index = pd.DatetimeIndex([row["date"] for row in table], name="date", dtype="datetime64[us]")
    closes = {n: np.array([row[n] for row in table], dtype="float64") for n in ("from_close", "to_close")}
    return pd.DataFrame(
        {
            **{n: pd.array([row[n] for row in table], dtype="str") for n in ("from", "to")},
            **closes,
            "gap": closes["to_close"] - closes["from_close"],
            "ratio": closes["to_close"] / closes["from_close"],
        },
        index=index,
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which contracts of a product are to be held in a span, and until when."""

    product: Product
    roll: Roll
    days: int
    within: Span


@dataclass(frozen=True, slots=True)
class _Contract:
    """One contract: its last session, that of the one before it, and the last one that it may be held on."""

    code: str
    month: Month
    before: date
    end: date
    latest: date


def _contracts(rule: _Rule, calendar: Calendar, known: Mapping[Month, str | None]) -> list[_Contract]:
    """Return the contracts that may be held in a span, oldest first, by codes made here unless they are `known`."""
    found: list[_Contract] = []
    first, last = Month.of(rule.within.first).plus(-4), Month.of(rule.within.last).plus(12)
    before = rule.within.first - _LONGEST
    for month in _months(rule.product, first, last):
        code = known.get(month, futures_code(rule.product, month))
        if code is None:
            continue
        end = last_trade_date(rule.product, month, calendar)
        if end >= rule.within.first:
            found.append(_Contract(code, month, before, end, _earlier(end, rule.days, calendar)))
        before = end
        if sum(each.latest >= rule.within.last for each in found) >= (1 if rule.roll == "expiry" else 2):
            break
    return found


def _months(product: Product, first: Month, last: Month) -> Iterator[Month]:
    month = first
    while month <= last:
        if month.month in product.months:
            yield month
        month = month.plus(1)


def _earlier(day: date, sessions: int, calendar: Calendar) -> date:
    if not calendar.knows(day):
        return np.busday_offset(day, -sessions, roll="backward").astype(date)  # type: ignore[no-any-return]
    for _ in range(sessions):
        day = calendar.previous_session(day)
    return day


def _spans(chain: Sequence[_Contract], rule: _Rule) -> dict[str, Span]:
    """Return what must be known of each contract: the days it is held on, one before, and those that decide."""
    within, spans = rule.within, {}
    for n, each in enumerate(chain):
        if rule.roll == "expiry":
            first = max(within.first, chain[n - 1].latest) if n else within.first
        else:
            # What is held on the first day was decided since its contract became the nearest one.
            first = chain[max(n - 1, 0)].before + _DAY
        first, last = max(first, each.end - _LONGEST), min(each.latest, within.last)
        if first <= last:
            spans[each.code] = Span(first, last)
    return spans


def _bars(rule: _Rule, manner: Manner, *, partial: bool) -> tuple[list[_Contract], dict[str, Part], list[str]]:
    """Return the contracts that there are, their bars, and the codes of those that there are not."""
    parts, spans, codes = dict[str, Part](), dict[str, Span](), dict[Month, str | None]()
    skipped: list[str] = []
    while True:
        chain = _contracts(rule, manner.days, codes)
        wanted = {code: each for code, each in _spans(chain, rule).items() if spans.get(code) != each}
        instruments = [Instrument(code, "futures", rule.product.market) for code in wanted]
        absent = []
        for code, part in daily(instruments, wanted, manner.collecting(), partial=partial).items():
            if isinstance(part, KosError) and not isinstance(part, NotFoundError):
                raise part
            if isinstance(part, Part):
                parts[code] = part.after(parts[code]) if code in parts else part
            if isinstance(part, KosError) or (part.frame.empty and _is_due(wanted[code], manner)):
                absent.append(code)
        spans |= wanted
        if not absent or not manner.client.sends:
            return chain, parts, skipped
        # The contract after one that is not there takes over from the one before it.
        for each in chain:
            if each.code in absent:
                codes[each.month] = respelled(each.code) if each.code[0] == "A" else None
        skipped += [code for code in absent if code[0] != "A"]


def _is_due(within: Span, manner: Manner) -> bool:
    """Return whether a span has a session that must have been published."""
    last = min(within.last, history_through(manner.client.now(), manner.days))
    is_known = manner.days.knows(within.first) and manner.days.knows(last)
    return within.first <= last and (not is_known or bool(manner.days.sessions(within.first, last)))


def _spliced(
    chain: Sequence[_Contract], frames: Mapping[str, pd.DataFrame], rule: _Rule
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the bars of each contract for as long as it is held, and the table of the rolls."""
    held: list[pd.DataFrame] = []
    table: list[dict[str, Any]] = []
    left = rule.within.first - _DAY
    for n, each in enumerate(chain):
        bars = frames.get(each.code)
        if bars is None:
            continue
        follower = frames.get(chain[n + 1].code) if n + 1 < len(chain) else None
        leave = each.latest if rule.roll == "expiry" else _overtaken(each, bars, follower, rule.roll)
        rows = bars[(bars.index > pd.Timestamp(left)) & (bars.index <= pd.Timestamp(min(leave, rule.within.last)))]
        left = max(left, leave)
        if rows.empty:
            continue
        if held:
            last = held[-1].index[-1]
            closes = {"from_close": held[-1]["close"].iloc[-1], "to_close": bars["close"].get(last, np.nan)}
            table.append(
                {"date": f"{rows.index[0]:%Y-%m-%d}", "from": held[-1]["contract"].iloc[-1], "to": each.code}
                | {name: None if np.isnan(close) else float(close) for name, close in closes.items()}
            )
        rows = rows.assign(contract=pd.array([each.code] * len(rows), dtype="str"))
        held.append(rows[[*CONTRACT_BAR, "contract", *(["final"] if "final" in rows else [])]])
    return pd.concat(held) if held else pd.DataFrame(), table


def _overtaken(of: _Contract, bars: pd.DataFrame, follower: pd.DataFrame | None, figure: str) -> date:
    """Return the session on which the next contract had more than this one for the first time, if it is in time."""
    if follower is None:
        return of.latest
    is_over = (follower[figure].reindex(bars.index) > bars[figure]).fillna(value=False).astype(bool)
    days = bars.index[is_over & (bars.index > pd.Timestamp(of.before))]
    return min(days[0].date(), of.latest) if len(days) else of.latest


def _adjusted(frame: pd.DataFrame, table: Sequence[Mapping[str, Any]], adjust: Adjust | None) -> pd.DataFrame:
    """Return bars whose prices before each roll are moved to those after it."""
    if adjust is None or not table:
        return frame
    closes = np.array([[each["from_close"], each["to_close"]] for each in table], dtype="float64")
    steps = closes[:, 1] - closes[:, 0] if adjust == "back" else closes[:, 1] / closes[:, 0]
    gather = np.cumsum if adjust == "back" else np.cumprod
    moves = np.append(gather(steps[::-1])[::-1], 0.0 if adjust == "back" else 1.0)
    at = np.array([each["date"] for each in table], dtype="datetime64[us]")
    move = moves[np.searchsorted(at, frame.index.to_numpy(), side="right")][:, np.newaxis]
    prices = frame[_PRICES]
    return frame.assign(**(prices + move if adjust == "back" else prices * move))


def _holes(frame: pd.DataFrame, days: Calendar) -> str | None:
    """Return the sessions between the first row and the last that have none."""
    if frame.empty or not (days.knows(frame.index[0].date()) and days.knows(frame.index[-1].date())):
        return None
    here = {stamp.date() for stamp in frame.index}
    sessions = days.sessions(frame.index[0].date(), frame.index[-1].date())
    return " ".join(str(day) for day in sessions if day not in here) or None


def _like(rule: _Rule, manner: Manner, *, partial: bool) -> pd.DataFrame:
    like = blank(route(manner.client, "history", "futures", rule.product.market), CONTRACT_BAR)[list(CONTRACT_BAR)]
    like = like.assign(contract=pd.array([], dtype="str"))
    return like.assign(final=np.zeros(0, dtype=bool)) if partial else like
