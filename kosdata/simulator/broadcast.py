"""What the stream has to say of the synthetic market, and when: the same prices as REST, as messages of a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import compress, pairwise
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np

from kosdata.catalogue import STREAMS, codes
from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Kind, Record
from kosdata.frame.normalize import to_rows
from kosdata.simulator.columns import Columns
from kosdata.simulator.courses import ORDERS, SIGNAL, TRADE
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.derivatives.products import Kind as Contracts
from kosdata.simulator.draws import Bools, Ints
from kosdata.simulator.frames import text
from kosdata.simulator.shares.market import Market
from kosdata.simulator.shares.shapes import SECOND, centiseconds
from kosdata.wire.stream import messages

__all__ = ["BUNDLE", "Asked", "Batch", "Broadcast", "Product", "Registration", "Row", "Times", "items_of"]

Product: TypeAlias = Literal["stock", "futures", "option", "index", "market"]
Times: TypeAlias = Literal["number", "text", "bare"]
Row: TypeAlias = dict[str, Any]

BUNDLE: Final = 50
"""Trades of a whole market that travel in one message, at most."""

_COLLECTED: Final = SECOND // 2
_OPEN, _CLOSED, _LATE, _LATE_OVER = 1, 2, 6, 7
_DAY_OVER: Final = 24 * 60 * 60 * SECOND
_PRESETS: Final = STREAMS["ws_issue"].presets
_OF_MARKET: Final = STREAMS["ws_all_kospi"].presets["tick", "stock"]
_TOLD: Final = {
    "tick": (TRADE, SIGNAL),
    "tick10": (TRADE, SIGNAL),
    "index": (TRADE,),
    "quote": (TRADE, ORDERS),
    "quote10": (TRADE, ORDERS),
    "change": (TRADE, ORDERS, SIGNAL),
}
_BOOKS: Final = ("quote", "quote10")
_NAMED: Final = ("isuCd", "isuSrtCd")
_ZEROS: Final = re.compile(r'"(trdTm|ordAcptTm|isuSrtCd)":"?(\d+)"?(?=[,}])')


class Asked(NamedTuple):
    """What somebody wants to be told.

    Attributes
    ----------
    preset, code : str
        Kind of message and short code; the market, where all of it is meant.
    product : str
        What the code is.
    items : tuple of str
        Names on the wire whose changes are told, for the preset ``change``.
    """

    preset: str
    code: str
    product: Product
    items: tuple[str, ...] = ()


@dataclass(slots=True)
class Registration:
    """A wish, and how far it has been granted.

    Attributes
    ----------
    asked : Asked
        What is told.
    since : datetime
        Moment of Seoul up to which everything has been told.
    number : int or None
        The request that asked for it.
    """

    asked: Asked
    since: datetime
    number: int | None = None


class Batch(NamedTuple):
    """Messages that are due, in order.

    Attributes
    ----------
    frames : list of bytes
        Each as a frame of the stream.
    until : datetime
        Everything up to this moment is among them.
    rows : list of int
        Rows in each message.
    """

    frames: list[bytes]
    until: datetime
    rows: list[int]


class _Due(NamedTuple):
    """Messages of one day that are due; all up to a time of the day, or all that there are."""

    frames: list[bytes]
    rows: list[int]
    reached: int | None

    def on(self, day: date, until: datetime) -> Batch:
        if self.reached is not None:
            return Batch(self.frames, _at(day, self.reached), self.rows)
        return Batch(self.frames, min(until, _at(day, _DAY_OVER)), self.rows)


class _Feed(NamedTuple):
    """The messages of one day: when each is due, in hundredths of a second, and how many rows it has."""

    due: Ints
    frames: Sequence[bytes]
    rows: Sequence[int]


_NOTHING: Final = _Feed(np.zeros(0, dtype=np.int64), (), ())


class Broadcast:
    """The messages of one synthetic market.

    Parameters
    ----------
    market : Market
        Stocks and indices.
    derivatives : Derivatives
        Futures and options.
    calendar : Calendar
        Sessions.
    times : {"number", "text", "bare"}
        How times of day travel: as numbers, as text, or bare, as the manual prints them and codes too: numbers with
        leading zeros, which is no JSON.
    """

    def __init__(self, market: Market, derivatives: Derivatives, calendar: Calendar, times: Times = "number") -> None:
        self._market = market
        self._derivatives = derivatives
        self._calendar = calendar
        self._times = times
        self._course = lru_cache(maxsize=256)(self._make_course)
        self._feed = lru_cache(maxsize=4_096)(self._make_feed)

    def product(self, code: str, now: datetime) -> Product | None:
        """Return what a code is on the day of a moment; None if nobody lists it."""
        if code in self._market.indices:
            return "index"
        day = self._calendar.latest_session(now.date())
        issue = self._market.issue(code)
        if issue is not None:
            return "stock" if issue.is_listed(day) else None
        listed = self._listed(code, day) if code else None
        return None if listed is None else ("futures" if listed[0] == "futures" else "option")

    def image(self, asked: Asked, now: datetime) -> Row | None:
        """Return the present values of an issue, as REST has them; None where it has none."""
        code, day = asked.code, self._calendar.latest_session(now.date())
        try:
            if asked.product == "index":
                columns = self._market.index_quote(code, now)
            elif asked.product == "stock":
                columns = self._market.quote(code, now) | self._market.book(code, now)
            else:
                kind, market = self._listed(code, day) or ("futures", "")
                columns = self._derivatives.quote(kind, market, code, now) | self._derivatives.book(
                    kind, market, code, now
                )
            (row,) = self._rows(asked, columns | {"code": [code]})
        except (LookupError, ValueError):  # listed from today on, and yesterday is still shown
            return None
        if asked.preset != "change":
            return row
        return {"isuCd": self._isin(asked, day), "isuSrtCd": code, **{name: row[name] for name in asked.items}}

    def state(self, product: Product, now: datetime) -> int:
        """Return the code of the state of a market, as `session_states` of the code tables has it."""
        if not self._calendar.is_session(now.date()):
            return _CLOSED
        hours = self._calendar.hours(now.date(), "derivative" if product in ("futures", "option") else "stock")
        if hours.open <= now.time() < hours.close:
            return _OPEN
        late = [span for span in (hours.post_close, hours.single_price) if span is not None]
        if any(span.start <= now.time() < span.end for span in late):
            return _LATE
        return _LATE_OVER if late and now.time() >= late[-1].end else _CLOSED

    def push(self, asked: Asked, row: Row) -> str:
        """Return a row as a message of its preset; what changed is told without one."""
        return messages.push(None if asked.preset == "change" else asked.preset, row)

    def due(self, wanted: Sequence[Registration], until: datetime, most: int) -> Batch:
        """Return what is to be said up to a moment; less, if it is more than so many messages.

        All messages of one moment stay together, however many they are.
        """
        since = min((each.since for each in wanted), default=until)
        days = self._calendar.sessions(since.date(), until.date()) if since < until else []
        for day in days:
            feeds = [(self._feed(each.asked, day), _into(each.since, day)) for each in wanted]
            found = _merged(feeds, _into(until, day), most)
            if found is not None:
                return found.on(day, until)
        return Batch([], until, [])

    def spelled(self, message: str) -> str:
        """Return a message with numbers as the manual prints them, where that is wanted."""
        return _ZEROS.sub(_zero_led, message) if self._times == "bare" else message

    def _listed(self, code: str, day: date) -> tuple[Contracts, str] | None:
        kinds: tuple[Contracts, ...] = ("futures", "options")
        for kind in kinds:
            for market in codes.DERIVATIVES:
                found = self._derivatives.contract(kind, market, code, day)
                if found is not None and found.series.last_trade_date >= day:
                    return kind, market
        return None

    def _isin(self, asked: Asked, day: date) -> str | None:
        if asked.product == "stock":
            issue = self._market.issue(asked.code)
            return issue.isin if issue else None
        listed = self._listed(asked.code, day)
        contract = listed and self._derivatives.contract(*listed, asked.code, day)
        return contract.isin if contract else None

    def _rows(self, asked: Asked, columns: Columns) -> list[Row]:
        if "signal" in columns:
            # Before the first trade, the time of the last one is 0.
            known = zip(columns["signal"], np.isnat(columns["time"]).tolist(), strict=True)
            columns |= {"signal": ["0" if signal is None and none else signal for signal, none in known]}
        return to_rows(columns, _written(asked.preset, asked.product, self._times))

    def _make_course(self, code: str, product: Product, day: date) -> Columns | None:
        if product == "index":
            return self._market.index_course(code, day)
        if product == "stock":
            return self._market.course(code, day)
        listed = self._listed(code, day)
        return None if listed is None else self._derivatives.course(*listed, code, day)

    def _make_feed(self, asked: Asked, day: date) -> _Feed:
        if asked.product == "market":
            return self._bundled(asked.code, day)
        course = self._course(asked.code, asked.product, day)
        if course is None or not len(course["moment"]):
            return _NOTHING
        told = np.isin(course["event"], _TOLD[asked.preset])
        columns = {name: _where(column, told) for name, column in course.items()}
        rows = self._rows(asked, columns | {"code": [asked.code] * int(told.sum())})
        if asked.preset == "change":
            rows = _changes(rows, asked.items, self._isin(asked, day))
            news = [len(row) > len(_NAMED) for row in rows]
        else:
            # A book that looks as before is not told again.
            news = [asked.preset not in _BOOKS or row != before for before, row in pairwise([{}, *rows])]
        frames = [text(self.spelled(self.push(asked, row))) for row in compress(rows, news)]
        return _Feed(columns["moment"][np.array(news, dtype=np.bool_)], frames, (1,) * len(frames))

    def _bundled(self, market: str, day: date) -> _Feed:
        """Return the trades of a market: collected for a while, and only those of the regular session."""
        found = self._market.tape(market, day, time.min, self._calendar.hours(day).close)
        due = -(-(found["time"].astype(np.int64) // 10_000) // _COLLECTED) * _COLLECTED
        columns = {name: found[name] for name in ("code", "time", "price", "size")}
        rows = [{name: str(value) for name, value in row.items()} for row in to_rows(columns, _OF_MARKET)]
        edges = np.flatnonzero(np.diff(due, prepend=-1, append=-1)).tolist()
        cuts = [(at, min(at + BUNDLE, end)) for begin, end in pairwise(edges) for at in range(begin, end, BUNDLE)]
        frames = [text(messages.bundle(rows[first:last])) for first, last in cuts]
        return _Feed(due[[first for first, _ in cuts]], frames, [last - first for first, last in cuts])


def items_of(product: Product) -> frozenset[str]:
    """Return the names on the wire whose changes can be told; none for an index."""
    if product == "index":
        return frozenset()
    return frozenset(each.wire for each in _written("change", product, "number").fields)


@cache
def _written(preset: str, product: Product, times: Times) -> Record:
    """Return the shape of a message; the standard code is no part of it but of changes, where it is always there."""
    record = _PRESETS[preset, product]
    json: Literal["int", "str"] = "str" if times == "text" else "int"
    kept = (each.sent_as(json) if each.kind is Kind.TIME else each for each in record.fields if each.column != "isin")
    return replace(record, fields=tuple(kept))


def _changes(rows: list[Row], items: Sequence[str], isin: str | None) -> list[Row]:
    """Return of each row what is not as in the one before, behind the two codes."""
    found = []
    for before, row in pairwise([{}, *rows]):
        news = {name: row[name] for name in items if name not in before or before[name] != row[name]}
        found.append({"isuCd": isin, "isuSrtCd": row["isuSrtCd"], **news})
    return found


def _where(column: Any, chosen: Bools) -> Any:
    return column[chosen] if isinstance(column, np.ndarray) else list(compress(column, chosen.tolist()))


def _merged(feeds: Sequence[tuple[_Feed, int]], last: int, most: int) -> _Due | None:
    """Return the messages after a moment of each and up to a common one, in order; None if there are none."""
    spans = [np.searchsorted(feed.due, [first, max(first, last)], side="right").tolist() for feed, first in feeds]
    counts = [end - begin for begin, end in spans]
    if not sum(counts):
        return None
    due = np.concatenate([feed.due[begin:end] for (feed, _), (begin, end) in zip(feeds, spans, strict=True)])
    place = np.concatenate([np.arange(begin, end) for begin, end in spans])
    order = np.argsort(due, kind="stable")
    reached = None
    if len(order) > most:
        reached = int(due[order[most - 1]])
        order = order[: np.searchsorted(due[order], reached, side="right")]
    of = np.repeat(np.arange(len(feeds)), counts)[order].tolist()
    found = [(feeds[which][0], at) for which, at in zip(of, place[order].tolist(), strict=True)]
    return _Due([feed.frames[at] for feed, at in found], [feed.rows[at] for feed, at in found], reached)


def _into(moment: datetime, day: date) -> int:
    """Return how much of a day has passed at a moment, in hundredths of a second; less than nothing before it."""
    if moment.date() != day:
        return -1 if moment.date() < day else _DAY_OVER
    return centiseconds(moment.time())


def _at(day: date, moment: int) -> datetime:
    return datetime.combine(day, time.min) + timedelta(milliseconds=10 * moment)


def _zero_led(found: re.Match[str]) -> str:
    name, digits = found.groups()
    return f'"{name}":{digits if name == "isuSrtCd" else digits.zfill(8)}'
