"""A request in, the gateway's reply out: routes, keys, quota, hours and refusals, as the live service has them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import Any, Literal
from urllib.parse import unquote

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import PAGE_ISSUES, PAGE_ROWS, Endpoint, Field, Kind, Param
from kosdata.frame import codecs
from kosdata.frame.normalize import to_rows
from kosdata.settings import DEMO_SERVER
from kosdata.simulator.http import Reply, Request

NOT_YET = "당일 종가 제공 시간이 아닙니다."
WRONG_CODE = "서브마켓/코드가 정상적이지 않습니다."
WRONG_INPUT = "입력 에러입니다.입력하신 데이터를 다시 확인하시기 바랍니다"

# Before this hour of a session the closing figures are still those of the session before; the live switch is unknown.
_CLOSE_WITHDRAWN = time(8, 30)
_QUOTA_NAMES = ("X-RateLimit-Limit-Day", "X-RateLimit-Remaining-Day")


class Refused(Exception):
    """The service behind the gateway says no."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class UnknownContract(Exception):
    """A derivative that nobody lists, which the service answers with a row of nulls."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the service, its texts read.

    Parameters
    ----------
    endpoint : Endpoint
        What is asked.
    now : datetime
        The moment, in Seoul.
    day : date
        Session that closing figures, lists and masters are of at that moment.
    texts : mapping
        Parameters by wire name.
    items : tuple of str
        Bare names of the query.
    """

    endpoint: Endpoint
    now: datetime
    day: date
    texts: Mapping[str, str]
    items: tuple[str, ...] = ()

    @property
    def market(self) -> str:
        """Market of the path, where it is a parameter or a part of it."""
        parts = self.endpoint.path.split("/")
        return self.texts.get("marketcode") or next(m for m in ("kospi", "kosdaq", "konex") if m in parts)

    @property
    def code(self) -> str:
        """Code of the path."""
        return self.texts["issuecode"]

    @property
    def codes(self) -> list[str]:
        """Codes of a question about several issues."""
        codes = self.texts["isuCd"].split(",")
        if not 1 <= len(codes) <= PAGE_ISSUES or not all(codes):
            raise Refused(WRONG_INPUT)
        return codes

    @property
    def span(self) -> tuple[date, date]:
        """First and last day of a question about days; nothing is published past `day`."""
        first, last = (_day(self.texts.get(name, f"{self.day:%Y%m%d}")) for name in ("inqStrtDd", "inqEndDd"))
        return first, min(last, self.day)

    @property
    def limit(self) -> int:
        """Rows that are sent at most: the newest."""
        wanted = self.texts.get("reqCnt", str(PAGE_ROWS))
        return min(int(wanted), PAGE_ROWS) if wanted.isdecimal() and int(wanted) else PAGE_ROWS

    @property
    def freq(self) -> Literal["D", "W", "M"]:
        """Length of a bar of days."""
        match self.texts.get("trnsmCycleTpCd"):
            case "W":
                return "W"
            case "M":
                return "M"
            case _:
                return "D"

    @property
    def interval(self) -> int:
        """Length of an intraday bar in seconds."""
        return int(self.texts["inddCycleTpCd"])

    @property
    def stretch(self) -> tuple[time, time]:
        """Stretch of a session."""
        if "strtTm" not in self.texts or "endTm" not in self.texts:
            raise Refused(WRONG_INPUT)
        return _time(self.texts["strtTm"]), _time(self.texts["endTm"])

    def session(self, calendar: Calendar) -> date:
        """Session of intraday bars: a day without trading is silently answered with the session before it."""
        wanted = _day(self.texts["inqStrtDd"]) if "inqStrtDd" in self.texts else self.now.date()
        return calendar.latest_session(min(wanted, self.now.date()))


View = Callable[[Asked], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Route:
    endpoint: Endpoint
    pattern: re.Pattern[str]


class Rest:
    """The service of every route of the catalogue.

    Parameters
    ----------
    view : callable
        From a question to the columns of its answer, in base units and oldest first; what stands beside the rows
        is a plain value instead of a column.
    now : callable
        The moment, in Seoul.
    calendar : Calendar
        Sessions of the market.
    api_key : str
        The key that is accepted.
    quota : int
        Calls a day; the day turns at 09:00 in Seoul.
    denied : collection of str
        Licence groups that the key does not cover.
    seed_spelling : bool
        Serve the other published spelling of paths that have one, in place of the one believed live.
    """

    def __init__(
        self,
        view: View,
        *,
        now: Callable[[], datetime],
        calendar: Calendar,
        api_key: str,
        quota: int = 50_000,
        denied: frozenset[str] = frozenset(),
        seed_spelling: bool = False,
    ) -> None:
        self._view = view
        self._now = now
        self._calendar = calendar
        self._api_key = api_key
        self._quota = quota
        self._denied = denied
        self._routes = [
            _Route(e, _pattern(e.also[0] if seed_spelling and e.also else e.path)) for e in ENDPOINTS.values()
        ]
        self._lock = Lock()
        self._day: date | None = None
        self._calls = 0

    def __call__(self, request: Request) -> Reply:
        """Return the reply to a request."""
        now = self._now()
        found = self._route(request.path)
        if found is None:
            return _reply(404, {"message": "no Route matched with those values"})
        endpoint, path = found
        query = _query(request.query)
        refused = self._gate(request, endpoint, query)
        if refused is not None:
            return refused
        count, headers = self._count(now)
        if count > self._quota:
            return _reply(429, {"message": "API rate limit exceeded"}, headers)
        try:
            asked = self._asked(endpoint, now, path, query)
            return _reply(200, self._body(asked), headers)
        except Refused as refusal:
            return _reply(refusal.status, {"error": str(refusal)}, headers)

    def _route(self, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        for route in self._routes:
            if match := route.pattern.fullmatch(path):
                return route.endpoint, match.groupdict()
        return None

    def _gate(self, request: Request, endpoint: Endpoint, query: Mapping[str, str | None]) -> Reply | None:
        key = request.headers.get("apikey") or query.get("apikey")
        if not key:
            return _reply(401, {"message": "No API key found in request"})
        if key != self._api_key:
            return _reply(401, {"message": "Invalid authentication credentials"})
        if endpoint.licence.group in self._denied:
            return _reply(403, {"message": "You cannot consume this service"})
        if request.method != "GET":
            return _reply(405, {"message": "Method not allowed"})
        return None

    def _count(self, now: datetime) -> tuple[int, dict[str, str]]:
        # 00:00 GMT, the boundary of the gateway's day, is 09:00 in Seoul.
        day = (now - timedelta(hours=9)).date()
        with self._lock:
            if day != self._day:
                self._day, self._calls = day, 0
            self._calls = min(self._calls + 1, self._quota + 1)
            calls = self._calls
        remaining = max(self._quota - calls, 0)
        return calls, dict(zip(_QUOTA_NAMES, (str(self._quota), str(remaining)), strict=True))

    def _asked(
        self, endpoint: Endpoint, now: datetime, path: Mapping[str, str], query: Mapping[str, str | None]
    ) -> Asked:
        texts: dict[str, str] = dict(path)
        items: list[str] = []
        known = {p.wire: p for p in endpoint.query_params}
        chosen = next((p for p in endpoint.query_params if p.bare), None)
        for name, value in query.items():
            if name in known and value is not None:
                texts[name] = value
            elif chosen is not None and value is None and name in chosen.choices:
                items.append(name)
        for param in endpoint.params:
            if not _takes(param, texts.get(param.wire)):
                raise Refused(WRONG_CODE if param.wire == "marketcode" else WRONG_INPUT)
        return Asked(endpoint, now, self._published(endpoint, now), texts, tuple(items))

    def _published(self, endpoint: Endpoint, now: datetime) -> date:
        """Return the session that the figures of an endpoint are of, or refuse before their hour."""
        published, today = endpoint.published, now.date()
        trading = self._calendar.is_session(today)
        if published.how == "daily" and published.at is not None:
            morning = today if now.time() >= published.at else today - timedelta(days=1)
            listed = endpoint.operation in {"lists", "master", "selectivemaster", "pdf"}
            return self._calendar.latest_session(morning) if listed else self._calendar.previous_session(morning)
        if published.how == "close" and published.at is not None and trading:
            if now.time() >= published.at:
                return today
            if endpoint.param("inqEndDd") is None and now.time() >= _CLOSE_WITHDRAWN:
                raise Refused(NOT_YET)
            return self._calendar.previous_session(today)
        return self._calendar.latest_session(today)

    def _body(self, asked: Asked) -> dict[str, Any]:
        envelope, record = asked.endpoint.envelope, asked.endpoint.record
        try:
            columns = self._view(asked)
        except UnknownContract:
            return _nulls(asked.endpoint)
        beside = {f.wire: f for f in record.fields if f.wire in envelope.beside}
        rows = to_rows({n: c for n, c in columns.items() if n not in {f.column for f in beside.values()}}, record)
        if envelope.rows == "hisLists":
            rows = rows[: -asked.limit - 1 : -1]
        if envelope.rows is None and not rows:
            raise Refused(WRONG_CODE)
        if envelope.rows is None:
            return {"jsonrpc": "2.0", "result": rows[0]}
        aside = {wire: _one(f, columns[f.column]) for wire, f in beside.items() if f.column in columns}
        if "Cnt" in envelope.beside:
            aside = {"Cnt": str(len(rows)), **aside}
        listed = [row[envelope.rows] for row in rows] if envelope.scalars else rows
        inner = {**aside, envelope.rows: listed}
        return inner if envelope.flat else {"jsonrpc": "2.0", "result": inner}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _query(text: str) -> dict[str, str | None]:
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return {unquote(name): unquote(value) if equals else None for name, equals, value in pairs}


def _takes(param: Param, text: str | None) -> bool:
    if text is None:
        return not param.required or param.bare
    match param.kind:
        case Kind.DATE:
            return _valid(_day, text)
        case Kind.CLOCK | Kind.TIME:
            return _valid(_time, text)
        case _:
            return not param.choices or param.many or text in param.choices.values()


def _valid(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except (Refused, ValueError):
        return False
    return True


def _day(text: str) -> date:
    if len(text) != 8 or not text.isdecimal():
        raise Refused(WRONG_INPUT)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _time(text: str) -> time:
    if len(text) not in (4, 6) or not text.isdecimal():
        raise Refused(WRONG_INPUT)
    return time(int(text[:2]), int(text[2:4]), int(text[4:] or 0))


def _one(field: Field, value: Any) -> Any:
    (written,) = codecs.encode(field, [value])
    return written


def _nulls(endpoint: Endpoint) -> dict[str, Any]:
    aside = {"isuSrtCd": [" -"]}
    if endpoint.envelope.rows is not None:
        return {"jsonrpc": "2.0", "result": {**aside, endpoint.envelope.rows: []}}
    nulls: dict[str, Any] = {f.wire: None for f in endpoint.record.fields}
    return {"jsonrpc": "2.0", "result": nulls | aside}


def _reply(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode(), {"Server": DEMO_SERVER, **(headers or {})})
