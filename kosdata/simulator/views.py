"""What each operation of the service answers: columns of the synthetic market, by the names of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from kosdata.catalogue import ENDPOINTS, codes
from kosdata.catalogue import records as r
from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Endpoint
from kosdata.simulator.broadcast import Broadcast, Times
from kosdata.simulator.columns import Columns
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.derivatives.products import Kind
from kosdata.simulator.rest import WRONG_CODE, Asked, Refused, UnknownContract
from kosdata.simulator.shares.issues import Issue
from kosdata.simulator.shares.market import Market
from kosdata.wire.hours import closed_at

_COMPOSITES = {"kospi": "K1", "kosdaq": "Q1"}
_HORIZON = timedelta(days=366)
_CLOSES = {"stock": ENDPOINTS["v3_closed_kospi_closeprice"], "derivative": ENDPOINTS["v3_closed_futures_closeprice"]}

_MASTER = frozenset(f.column for f in r.MASTER.fields) & frozenset(f.column for f in r.MASTER_ITEMS.fields)
# What the bodies of v2 lack.
_LATER = frozenset({"name_en", "in_krx100", "short_balance_qty"})


@lru_cache(maxsize=2)
def markets(seed: int, calendar: Calendar) -> tuple[Market, Derivatives]:
    """Return the markets of a seed, which do not change: a second gateway need not walk through the years again."""
    market = Market(seed, calendar)
    return market, Derivatives(seed, calendar, market.underlying)


@lru_cache(maxsize=4)
def broadcast(seed: int, calendar: Calendar, times: Times = "number") -> Broadcast:
    """Return what the stream has to say of the market of a seed."""
    return Broadcast(*markets(seed, calendar), calendar, times)


class Views:
    """The answers of one synthetic market.

    Parameters
    ----------
    seed : int
        Which market.
    calendar : Calendar
        Its sessions.
    """

    def __init__(self, seed: int, calendar: Calendar) -> None:
        self._calendar = calendar
        self._market, self._derivatives = markets(seed, calendar)
        self._index_markets = {row["code"]: row["market"] for row in codes.table("index_codes")}

    def __call__(self, asked: Asked) -> Columns:
        """Return the columns of an answer.

        Raises
        ------
        Refused
            If the market does not list the code.
        UnknownContract
            If there is no such contract.
        """
        parts = asked.endpoint.path.split("/")
        if "futures" in parts or "options" in parts:
            return self._of_contract(asked, "futures" if "futures" in parts else "options")
        if "multiquote" in parts:
            return self._of_board(asked)
        if asked.endpoint.product == "index":
            return self._of_index(asked)
        if asked.endpoint.operation == "holiday":
            return self._holidays(asked)
        if asked.endpoint.operation == "lists":
            return self._listing(asked)
        if asked.endpoint.operation == "investors" and "issuecode" not in asked.texts:
            found = self._market.market_investors(asked.market, asked.day)
            return found | {"code": _COMPOSITES[asked.market], "time": _of_day(self._closed(asked, asked.endpoint))}
        return self._of_issue(asked)

    # Stocks and funds

    def _of_issue(self, asked: Asked) -> Columns:
        market, issue = self._market, self._issue(asked, asked.code)
        code, day, now = issue.code, asked.day, asked.now
        match asked.endpoint.operation:
            case "master":
                return _master(asked, market.master(code, day))
            case "selectivemaster":
                return _chosen(asked, market.master(code, day))
            case "selectivereal":
                return _chosen(asked, market.quote(code, now) | market.book(code, now))
            case "closeprice":
                return market.close(code, day)
            case "history":
                return self._with_code(issue, market.daily(code, *asked.span, asof=now.date(), freq=asked.freq))
            case "shortsell":
                return self._with_code(issue, _printed(asked, market.short_selling(code, *asked.span)))
            case "foreignhistory":
                return self._with_code(issue, market.foreign_holding(code, *asked.span))
            case "price":
                return market.quote(code, now)
            case "orderbook":
                return market.book(code, now)
            case "intraday":
                found = market.bars(code, asked.session(self._calendar), asked.interval, *asked.stretch, until=now)
                return self._with_code(issue, found)
            case "traderanking":
                # The one answer about a single stock whose code carries its market's number.
                return market.members(code, now) | {"code": [_key(issue)]}
            case "investors":
                return market.investors(code, day) | {"code": code, "isin": issue.isin}
            case "nav":
                return _or_zero(market.nav(code, now), "nav", "nav_change")
            case "closenav":
                return _or_zero(market.nav_close(code, day), "nav", "nav_change")
            case "navhistory":
                return self._with_code(issue, market.nav_history(code, *asked.span, freq=asked.freq))
            case "pdf":
                return market.constituents(code, day) | {"date": np.datetime64(day)}
            case operation:
                raise AssertionError(operation)

    def _issue(self, asked: Asked, code: str) -> Issue:
        issue = self._market.issue(code)
        if issue is None or issue.market != asked.market:
            raise Refused(WRONG_CODE)
        return issue

    def _with_code(self, issue: Issue, columns: Columns) -> Columns:
        return columns | {"code": issue.code}

    def _listing(self, asked: Asked) -> Columns:
        issues = self._market.listed(asked.market, asked.day)
        return self._listed(asked, issues, [_key(issue) for issue in issues])

    def _of_board(self, asked: Asked) -> Columns:
        operation, now = asked.endpoint.operation, asked.now
        if operation in {"price", "orderbook"}:
            of = self._market.quote if operation == "price" else self._market.book
            return _stacked([of(self._issue(asked, code).code, now) for code in asked.codes])
        board = self._market.snapshot(asked.market, now)
        beside = {"date": np.datetime64(self._calendar.latest_session(now.date())), "time": _of_day(now)}
        wanted = {
            "lists": ("price", "volume", "value", "market_cap"),
            "ohlclists": ("open", "high", "low", "price"),
            "ahtohlclists": ("open", "high", "low", "price"),
            "quotelists": ("price", "ask_price_1", "ask_size_1", "bid_price_1", "bid_size_1"),
        }[operation]
        if operation == "lists" and asked.endpoint.version == "v2":
            wanted = wanted[:3]
        prefix = "after_hours_" if operation == "ahtohlclists" else ""
        return {"code": board["code"], **{name: board[prefix + name] for name in wanted}, **beside}

    # Indices

    def _of_index(self, asked: Asked) -> Columns:
        market, now = self._market, asked.now
        if "issuecode" not in asked.texts:
            return market.index_state(self._composite(asked.market), now)
        code = asked.code
        if self._index_markets.get(code) != asked.market:
            raise Refused(WRONG_CODE)
        match asked.endpoint.operation:
            case "closeindex":
                return market.index_close(code, asked.day)
            case "history":
                return market.index_daily(code, *asked.span, asof=now.date(), freq=asked.freq) | {"code": code}
            case "marketcap":
                return market.index_cap(code, now)
            case "prospectindex":
                return market.index_expected(code, now)
            case "intraday":
                day = asked.session(self._calendar)
                return market.index_bars(code, day, asked.interval, *asked.stretch, until=now) | {"code": code}
            case "index":
                return market.index_quote(code, now)
            case "investors":
                return market.index_investors(code, now) | {"code": code, "time": _of_day(now)}
            case operation:
                raise AssertionError(operation)

    def _composite(self, market: str) -> str:
        """Return the index that stands for a whole market: its first one where it has no composite."""
        return _COMPOSITES.get(market) or next(c for c, m in self._index_markets.items() if m == market)

    # Futures and options

    def _of_contract(self, asked: Asked, kind: Kind) -> Columns:
        market, day, now, of = asked.market, asked.day, asked.now, self._derivatives
        if asked.endpoint.operation == "lists":
            listed = of.contracts(kind, market, day)
            return self._listed(asked, listed, [contract.koscom_key for contract in listed])
        if asked.endpoint.operation == "investors":
            return of.investors(kind, market, now)
        code = asked.code
        try:
            match asked.endpoint.operation:
                case "master":
                    return of.master(kind, market, code, day)
                case "closeprice":
                    return of.close(kind, market, code, day)
                case "history":
                    return of.daily(kind, market, code, *asked.span, freq=asked.freq) | {"code": code}
                case "price":
                    return self._with_suffix(of.quote(kind, market, code, now), kind, market, day)
                case "orderbook":
                    return of.book(kind, market, code, now)
                case "intraday":
                    session = asked.session(self._calendar)
                    found = of.bars(kind, market, code, session, asked.interval, *asked.stretch, until=now)
                    return found | {"code": code}
                case operation:
                    raise AssertionError(operation)
        except LookupError:
            raise UnknownContract from None

    def _with_suffix(self, quote: Columns, kind: Kind, market: str, day: date) -> Columns:
        """Return the last trade of an option under its whole key, as the service sends it."""
        if kind == "futures":
            return quote
        contract = self._derivatives.contract(kind, market, str(quote["code"][0]), day)
        return quote | {"code": [contract.koscom_key if contract else quote["code"][0]]}

    # Lists and days

    def _listed(self, asked: Asked, listed: Sequence[Any], keys: list[str]) -> Columns:
        names = ("code", "isin", "name_ko", "name_ko_short")
        columns: Columns = {name: [getattr(one, name) for one in listed] for name in names}
        over = self._closed(asked, _CLOSES[asked.endpoint.floor])
        return columns | {"koscom_key": keys, "date": np.datetime64(asked.day), "market_close_time": f"{over:%H%M}"}

    def _closed(self, asked: Asked, closing: Endpoint) -> datetime:
        return closed_at(closing, asked.day, self._calendar)

    def _holidays(self, asked: Asked) -> Columns:
        nation, today = asked.texts["nationcode"], asked.now.date()
        days = [today + timedelta(days=n) for n in range(_HORIZON.days)]
        found = [day for day in days if self._is_holiday(nation, day)]
        return {"date": np.array(found, dtype="datetime64[D]"), "nation_code": nation}

    def _is_holiday(self, nation: str, day: date) -> bool:
        if day.weekday() >= 5:
            return False
        if nation == "KR":
            return self._calendar.knows(day) and not self._calendar.is_session(day)
        return (day.month, day.day) in {(1, 1), (12, 25)}


def _key(issue: Issue) -> str:
    suffix = codes.SUFFIXES.get((issue.market, ""))
    return f"{issue.code}*{suffix}" if suffix else issue.code


def _printed(asked: Asked, columns: Columns) -> Columns:
    """Return what the bodies of the version that was asked have."""
    return {n: c for n, c in columns.items() if asked.endpoint.version != "v2" or n not in _LATER}


def _master(asked: Asked, columns: Columns) -> Columns:
    found = _or_zero(_printed(asked, {n: c for n, c in columns.items() if n in _MASTER}), "prev_nav")
    if asked.endpoint.version != "v2":
        return found
    industry = columns["industry_mid"]
    flags = ["Y"] * len(industry)
    return found | {"industry_upper": industry, "industry_lower": industry, "issue_trade_flag": flags}


def _or_zero(columns: Columns, *names: str) -> Columns:
    """Return columns in which the values of what is no fund are 0, as the service sends them."""
    return columns | {name: np.nan_to_num(np.asarray(columns[name], dtype=float)) for name in names}


def _chosen(asked: Asked, columns: Columns) -> Columns:
    wanted = {f.column for f in asked.endpoint.record.fields if f.wire in asked.items} or set(columns)
    found = {n: c for n, c in columns.items() if n in wanted | {"code"}}
    return _or_zero(found, "prev_nav") if "prev_nav" in found else found


def _stacked(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


def _of_day(moment: datetime) -> np.timedelta64:
    at = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)
    return np.timedelta64(at, "us")
