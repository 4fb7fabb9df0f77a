"""A call's arguments: checked and brought into the wire's form before anything is sent."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from urllib.parse import quote

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.codes import ELSEWHERE
from kosdata.catalogue.codes import short_code as shortened
from kosdata.catalogue.model import PAGE_ROWS, Endpoint, Paging, Param
from kosdata.catalogue.seoul import SEOUL
from kosdata.catalogue.spelling import suggestion
from kosdata.catalogue.terms import CODES, INTERVAL
from kosdata.errors import ArgumentError

FIRST_DAY = date(1980, 1, 1)
"""Before this there is no electronic history."""

_CODE = re.compile(r"[0-9A-Z]{1,12}")
_WITH_EXCHANGE = re.compile(r"([0-9]{5}[0-9A-Z])\.(?:KS|KQ|KN)")
_DAY = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?")
_TIME = re.compile(r"(\d{2}):?(\d{2})(?::?(\d{2}))?")
# The tables print both placeholders for the code of an issue.
_ALIASES = {"issucode": "issuecode"}
# Lists up to this length are shown whole where something else was written.
_FEW = 16


@dataclass(frozen=True, slots=True)
class Request:
    """One GET: the endpoint, and what fills its path and query.

    Parameters
    ----------
    endpoint : Endpoint
        What is asked.
    path : mapping
        Path parameters by wire name.
    query : tuple of (name, value)
        Query in catalogue order; a value of None is a bare key.
    """

    endpoint: Endpoint
    path: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str | None], ...] = ()

    def target(self, template: str | None = None) -> str:
        """Return path and query, for one spelling of the path."""
        filled = (template or self.endpoint.path).format_map({k: _quoted(v) for k, v in self.path.items()})
        pairs = (_quoted(k) if v is None else f"{_quoted(k)}={_quoted(v, safe=',')}" for k, v in self.query)
        query = "&".join(pairs)
        return f"{filled}?{query}" if query else filled

    def get(self, wire: str) -> str | None:
        """Return the value of a parameter, or None."""
        return self.path.get(wire) or dict(self.query).get(wire)


@dataclass(frozen=True, slots=True)
class Call:
    """One question, its arguments checked; `paging` cuts it into requests.

    Parameters
    ----------
    endpoint : Endpoint
        What is asked.
    path : mapping
        Path parameters by wire name.
    start, end : date or None
        Span of a question about days.
    freq : str
        Length of its bars.
    limit : int or None
        Rows wanted of one request; a call that gives it is one request, as on the wire.
    day : date or None
        Session of a question about bars.
    interval : int or None
        Length of its bars in seconds.
    begin, finish : time or None
        Stretch of the session.
    is_whole : bool
        The stretch is the whole session, by the calendar's word; what lies beyond it is kept.
    codes, items : tuple of str
        Lists that travel in one parameter.
    """

    endpoint: Endpoint
    path: Mapping[str, str] = field(default_factory=dict)
    start: date | None = None
    end: date | None = None
    freq: str = "D"
    limit: int | None = None
    day: date | None = None
    interval: int | None = None
    begin: time | None = None
    finish: time | None = None
    is_whole: bool = False
    codes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    @property
    def span(self) -> tuple[date, date]:
        """First and last day of a question about days."""
        if self.start is None or self.end is None:
            raise TypeError(f"{self.endpoint.id} is not asked about days")
        return self.start, self.end

    @property
    def stretch(self) -> tuple[date, time, time]:
        """Session, begin and finish of a question about bars."""
        if self.day is None or self.begin is None or self.finish is None:
            raise TypeError(f"{self.endpoint.id} is not asked about bars")
        return self.day, self.begin, self.finish


def call(endpoint: Endpoint, arguments: Mapping[str, Any], *, today: date, calendar: Calendar) -> Call:
    """Return the call that the arguments describe.

    Raises
    ------
    ArgumentError
        If an argument is unknown, missing, of the wrong type or out of range.
    """
    given = _by_wire(endpoint, arguments)
    path = {p.wire: text(p, given[p.wire]) for p in endpoint.path_params}
    match endpoint.paging:
        case Paging.DATES:
            return _days(endpoint, path, given, today)
        case Paging.TIMES:
            return _bars(endpoint, path, given, today, calendar)
        case Paging.ISSUES:
            return Call(endpoint, path, codes=listed(CODES, given["isuCd"]))
        case Paging.ITEMS:
            param = endpoint.query_params[0]
            return Call(endpoint, path, items=listed(param, given.get(param.wire, param.choices)))
        case Paging.NONE:
            return Call(endpoint, path)


def day(value: object, name: str = "date", *, last: bool = False) -> date:
    """Return the day that a user wrote; a month or a year stands for its first day, or its `last`.

    Raises
    ------
    ArgumentError
        If it is no day.
    """
    if isinstance(value, datetime):
        if value != value:
            raise ArgumentError(f"{name} is not a day: NaT.")
        return (value.astimezone(SEOUL) if value.tzinfo else value).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and (found := _DAY.fullmatch(value.strip())):
        year, month, number = (int(part or 0) for part in found.groups())
        try:
            month = month if found[2] else (12 if last else 1)
            return date(year, month, number if found[3] else (monthrange(year, month)[1] if last else 1))
        except ValueError:
            pass
    raise ArgumentError(f"{name}={value!r} is not a day: write '2024-01-02', '20240102', '2024-01', '2024' or a date.")


def _quoted(text: str, safe: str = "") -> str:
    return text if text.isascii() and text.isalnum() else quote(text, safe=safe)


def _session(value: object) -> date:
    first, last = day(value, "date"), day(value, "date", last=True)
    if first != last:
        raise ArgumentError(f"date={value!r} is more than one day; bars are asked of one session.")
    return first


def clock(value: object, name: str = "time") -> time:
    """Return the time of day that a user wrote.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    if isinstance(value, str) and (found := _TIME.fullmatch(value.strip())):
        try:
            hour, minute, second = (int(part or 0) for part in found.groups())
            return time(hour, minute, second)
        except ValueError:
            pass
    raise ArgumentError(f"{name}={value!r} is not a time of day: write '09:00', '0900' or a time.")


def short_code(value: object, name: str = "code") -> str:
    """Return the short code of an issue; also from ``A005930``, ``005930*001`` and an ISIN.

    Raises
    ------
    ArgumentError
        If it cannot be a code; a number loses its leading zeros and is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        raise ArgumentError(f"{name}={value} is a number, and numbers lose their zeros: write {f'{value:06d}'!r}.")
    if not isinstance(value, str):
        raise ArgumentError(
            f"{name}={value!r} is not a code: write a string such as '005930'. Several go where codes= is taken."
        )
    code = shortened(value)
    if index := ELSEWHERE.get(code):
        # Some of these are also what a market is called.
        raise ArgumentError(
            f"{name}={value!r} is not a code: write {index!r} for the index. kosdata.listing('kospi').index has the "
            "codes of a market."
        )
    if stock := _WITH_EXCHANGE.fullmatch(code):
        raise ArgumentError(f"{name}={value!r} is not a code: write {stock[1]!r}, without the exchange.")
    if code.isdigit() and len(code) < 6:
        raise ArgumentError(
            f"{name}={value!r} is too short for a code: did you mean {code.zfill(6)!r}, or an index such as 'K1'?"
        )
    if not _CODE.fullmatch(code):
        if _DAY.fullmatch(value.strip()):
            raise ArgumentError(f"{name}={value!r} reads as a day: the code comes first, then start and end.")
        named = f" kosdata.search({value!r}) finds codes by name." if any(map(str.isalpha, code)) else ""
        raise ArgumentError(f"{name}={value!r} is not a code: up to 12 letters and digits, such as '005930'.{named}")
    return code


def _by_wire(endpoint: Endpoint, arguments: Mapping[str, Any]) -> dict[str, Any]:
    by_name = {p.name: p for p in endpoint.params} | {p.wire: p for p in endpoint.params}
    if codes := endpoint.param("isuCd"):
        by_name["code"] = codes
    given: dict[str, Any] = {}
    for name, value in arguments.items():
        if value is None:
            continue
        if name == "market" and name not in by_name:
            _check_fixed_market(endpoint, value)
            continue
        param = by_name.get(_ALIASES.get(name, name))
        if param is None:
            raise ArgumentError(f"{endpoint.id} takes no argument {name!r}.{_accepted(endpoint, name)}")
        if param.wire in given:
            raise ArgumentError(f"{endpoint.id}: {param.name!r} and {param.wire!r} are the same; give one of them.")
        given[param.wire] = value
    missing = [p.name for p in endpoint.params if p.required and p.wire not in given]
    if missing:
        raise ArgumentError(f"{endpoint.id} needs {' and '.join(map(repr, missing))}.{_accepted(endpoint)}")
    return given


def _accepted(endpoint: Endpoint, name: str | None = None) -> str:
    names = [p.name for p in endpoint.params]
    if not names:
        return " It takes none."
    return f"{suggestion(name or '', names, most=1)} Arguments: {', '.join(names)}."


def _check_fixed_market(endpoint: Endpoint, value: object) -> None:
    if str(value).lower() != endpoint.market:
        raise ArgumentError(f"{endpoint.id} serves one market, and it is not {value!r}: its path is {endpoint.path}.")


def text(param: Param, value: object) -> str:
    """Return one value as the wire has it.

    Raises
    ------
    ArgumentError
        If it is none of the choices, or no code.
    """
    if not param.choices:
        return short_code(value, param.name)
    written = str(value)
    for spelling in (written, written.upper(), written.lower()):
        if spelling in param.choices:
            return param.choices[spelling]
    if len(param.choices) <= _FEW:
        raise ArgumentError(f"{param.name}={value!r} is not one of {', '.join(param.choices)} ({param.en}).")
    hint = suggestion(written, param.choices, most=3, cutoff=0.5)
    listed = f"{', '.join(list(param.choices)[:_FEW])} and {len(param.choices) - _FEW} more"
    raise ArgumentError(f"{param.name}={value!r} is not known.{hint} There are {listed}.")


def listed(param: Param, value: object) -> tuple[str, ...]:
    """Return a list, given as one or as text with commas, each value once.

    Raises
    ------
    ArgumentError
        If it is empty, or a value is none that the parameter takes.
    """
    values: Iterable[object] = value.split(",") if isinstance(value, str) else (value,)
    if isinstance(value, Iterable) and not isinstance(value, str):
        values = value
    found = tuple(dict.fromkeys(text(param, v.strip() if isinstance(v, str) else v) for v in values))
    if not found:
        raise ArgumentError(f"{param.name} is empty: name at least one.")
    return found


def _days(endpoint: Endpoint, path: Mapping[str, str], given: Mapping[str, Any], today: date) -> Call:
    start = day(given["inqStrtDd"], "start")
    end = day(given["inqEndDd"], "end", last=True) if "inqEndDd" in given else today
    if start > today:
        raise ArgumentError(f"start={start} lies in the future: today in Korea is {today}.")
    if start > end:
        raise ArgumentError(f"start={start} comes after end={end}.")
    if end < FIRST_DAY:
        raise ArgumentError(f"end={end} lies before {FIRST_DAY}: there is no history of it.")
    start = max(start, FIRST_DAY)
    if "reqCnt" not in given:
        end = min(end, today)  # a window further on would cost a request and hold nothing
    freq = endpoint.param("trnsmCycleTpCd")
    return Call(
        endpoint,
        path,
        start=start,
        end=end,
        freq=text(freq, given.get(freq.wire, freq.default)) if freq else "D",
        limit=_limit(given["reqCnt"]) if "reqCnt" in given else None,
    )


def _limit(value: object) -> int:
    try:
        limit = int(str(value))
    except ValueError:
        limit = 0
    if not 1 <= limit <= PAGE_ROWS:
        raise ArgumentError(f"limit={value!r} is not a whole number from 1 to {PAGE_ROWS}; leave it out for all rows.")
    return limit


def _bars(
    endpoint: Endpoint, path: Mapping[str, str], given: Mapping[str, Any], today: date, calendar: Calendar
) -> Call:
    on = _session(given["inqStrtDd"]) if "inqStrtDd" in given else calendar.latest_session(today)
    if on < FIRST_DAY:
        raise ArgumentError(f"date={on} lies before {FIRST_DAY}: there are no bars of it.")
    if on > today:
        raise ArgumentError(f"date={on} lies in the future: today in Korea is {today}.")
    if not calendar.is_session(on):
        # The service would answer with the bars of another day, which carry no date.
        before, after = calendar.previous_session(on), calendar.next_session(on)
        raise ArgumentError(f"date={on} is no trading day; the sessions next to it are {before} and {after}.")
    hours = calendar.hours(on, endpoint.floor)
    begin = clock(given["strtTm"], "start") if "strtTm" in given else hours.open
    finish = clock(given["endTm"], "end") if "endTm" in given else hours.close
    if begin > finish:
        raise ArgumentError(f"start={begin:%H:%M} comes after end={finish:%H:%M}.")
    if begin.second or finish.second:
        raise ArgumentError("start and end of a stretch are whole minutes; cut the frame for anything finer.")
    return Call(
        endpoint,
        path,
        day=on,
        interval=int(text(INTERVAL, given["inddCycleTpCd"])),
        begin=begin,
        finish=finish,
        is_whole=not {"strtTm", "endTm"} & given.keys(),
    )
