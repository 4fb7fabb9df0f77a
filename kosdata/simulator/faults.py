"""What goes wrong at the gateway, and when: faults as data, and schedules that hand them out to requests."""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, fields, replace
from hashlib import blake2b
from http.client import responses
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeAlias

from kosdata.errors import ArgumentError
from kosdata.simulator.checks import is_count, is_number, is_wait, made, require, require_pattern
from kosdata.simulator.http import NO_ANSWER, Reply, Request
from kosdata.simulator.stream_faults import StreamFault, StreamSchedule

__all__ = ["MIX", "Chance", "Fault", "Kind", "Rule", "Schedule", "spoiled"]

Kind: TypeAlias = Literal[
    "delay", "refuse", "reset", "cut", "trickle", "corrupt", "html", "empty", "status", "redirect", "huge", "body"
]
Draw: TypeAlias = Callable[[Request], "Fault | None"]

_MIB = 2**20
_PAGE = "<!DOCTYPE html><html><head><title>점검 안내</title></head><body><h1>서비스 점검 중입니다.</h1></body></html>"


def _is_header(value: object) -> bool:
    return is_count(value) or (isinstance(value, str) and value.isascii() and value.isprintable())


# What an option may be, the options that each kind reads, and those it cannot do without.
_OPTIONS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "seconds": (is_wait, "a number of at least 0"),
    "status": (lambda value: is_count(value) and 200 <= value < 600, "an HTTP status from 200 to 599"),
    "body": (lambda value: isinstance(value, str), "a text"),
    "retry_after": (_is_header, "a number of seconds or an HTTP date"),
    "remaining": (is_count, "a whole number of at least 0"),
    "location": (lambda value: isinstance(value, str) and _is_header(value), "an address"),
    "size": (is_count, "a whole number of bytes"),
}
_READS: Mapping[str, tuple[str, ...]] = {
    "delay": ("seconds",),
    "refuse": (),
    "reset": (),
    "cut": (),
    "trickle": ("seconds",),
    "corrupt": (),
    "html": (),
    "empty": (),
    "status": ("status", "body", "retry_after", "remaining"),
    "redirect": ("location",),
    "huge": ("size",),
    "body": ("body",),
}
_NEEDS: Mapping[str, str] = {"redirect": "location", "body": "body"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can go wrong with one request.

    Parameters
    ----------
    kind : str
        ``delay``: the true answer, late. ``refuse``: the connection is closed without a byte; ``reset``: it is reset.
        ``cut``: the true head and half of the body. ``trickle``: the true answer, head included, a byte at a time.
        ``corrupt``: the true body, made invalid JSON. ``html``: 200 with a page. ``empty``: 200 with nothing.
        ``status``: a refusal of the gateway. ``redirect``: 302. ``huge``: a small gzip that unpacks to a huge body.
        ``body``: 200 with that body.
    seconds : float
        The wait before a delayed answer, or after each byte of a trickle.
    status : int
        HTTP status to refuse with.
    body : str, optional
        Text to answer with; a refusal has the gateway's own by default.
    retry_after : int or str, optional
        Seconds or an HTTP date, for the header ``Retry-After``.
    remaining : int, optional
        Calls left today, for the quota headers; without it there are none.
    location : str, optional
        Where to redirect to.
    size : int
        Bytes that a huge body unpacks to, at least.
    """

    kind: Kind
    _: KW_ONLY
    seconds: float = 1.0
    status: int = 503
    body: str | None = None
    retry_after: int | str | None = None
    remaining: int | None = None
    location: str | None = None
    size: int = 33 * _MIB

    def __post_init__(self) -> None:
        if self.kind not in _READS:
            raise ArgumentError(f"No fault is called {self.kind!r}. Faults: {', '.join(_READS)}.")
        for option in fields(self)[1:]:
            value = getattr(self, option.name)
            if value == option.default:
                continue
            if option.name not in _READS[self.kind]:
                raise ArgumentError(f"A fault of kind {self.kind!r} takes no {option.name}.")
            is_right, meaning = _OPTIONS[option.name]
            require(is_right(value), option.name, meaning, value)
        needed = _NEEDS.get(self.kind)
        if needed and getattr(self, needed) is None:
            raise ArgumentError(f"A fault of kind {self.kind!r} needs a {needed}.")


# What a client should outlive. Delays are not among them: how long is too long, only the client's timeout says.
MIX: tuple[Fault, ...] = (
    Fault("status", status=500),
    Fault("status", status=502),
    Fault("status", status=503),
    Fault("status", status=504),
    Fault("status", status=429, remaining=40_000),
    Fault("refuse"),
    Fault("reset"),
    Fault("cut"),
    Fault("html"),
    Fault("body", body='{"jsonrpc":"2.0","error":{"message":"서버 시스템 에러 입니다","code":10080}}'),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault for the requests whose path matches, in the order in which they arrive.

    Parameters
    ----------
    fault : Fault
        What goes wrong.
    path : str
        Regular expression, searched in the path. Every path by default.
    times : int, optional
        How many requests it strikes. Every one by default.
    skip : int
        How many it lets pass before.
    """

    fault: Fault
    path: str = ""
    times: int | None = None
    skip: int = 0

    def __post_init__(self) -> None:
        require_pattern(self.path)
        require(self.times is None or is_count(self.times), "times", "a whole number of at least 0", self.times)
        require(is_count(self.skip), "skip", "a whole number of at least 0", self.skip)

    def begin(self) -> Draw:
        """Return the rule at work: a function that counts the requests it is shown."""
        stop = None if self.times is None else self.skip + self.times
        arrivals = itertools.count()

        def draw(request: Request) -> Fault | None:
            if not re.search(self.path, request.path):
                return None
            nth = next(arrivals)
            return self.fault if nth >= self.skip and (stop is None or nth < stop) else None

        return draw


@dataclass(frozen=True, slots=True)
class Chance:
    """Faults at random, the same for the same seed: they depend on the URL and on how often it was asked, not on when.

    Parameters
    ----------
    seed : int
        Names one course of events.
    rate : float
        Share of the requests that go wrong, from 0 to 1.
    kinds : tuple of Fault
        What goes wrong, each as likely as the others.
    most_in_a_row : int
        How often in a row one URL can fail before it is answered.
    path : str
        Regular expression, searched in the path. Every path by default.
    """

    seed: int
    rate: float = 0.3
    kinds: tuple[Fault, ...] = MIX
    most_in_a_row: int = 4
    path: str = ""

    def __post_init__(self) -> None:
        require(type(self.seed) is int, "seed", "a whole number", self.seed)
        require(is_number(self.rate) and 0 <= self.rate <= 1, "rate", "a number from 0 to 1", self.rate)
        require(len(self.kinds) > 0, "kinds", "one fault or more", self.kinds)
        require(is_count(self.most_in_a_row), "most_in_a_row", "a whole number of at least 0", self.most_in_a_row)
        require_pattern(self.path)

    def begin(self) -> Draw:
        """Return the chance at work: a function that counts the requests of each URL it is shown."""
        asked: dict[str, tuple[int, int]] = {}  # by URL: how often, and how often in a row it has failed now

        def draw(request: Request) -> Fault | None:
            if not re.search(self.path, request.path):
                return None
            nth, row = asked.get(request.url, (0, 0))
            fault = self._cast(request.url, nth) if row < self.most_in_a_row else None
            asked[request.url] = nth + 1, row + 1 if fault else 0
            return fault

        return draw

    def _cast(self, url: str, nth: int) -> Fault | None:
        digest = blake2b(f"{self.seed} {nth} {url}".encode("utf-8", "replace"), digest_size=16).digest()
        luck, which = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
        return self.kinds[which % len(self.kinds)] if luck < self.rate * 2**64 else None


class Schedule:
    """Which fault, if any, each request meets: the first that its rules come up with. Safe to ask from many threads.

    A fault alone stands for a rule that always strikes. Faults of the stream, which no request meets, are handed out by
    `stream`.

    Examples
    --------
    >>> outage = Schedule([Rule(Fault("status", status=503), times=3), Rule(Fault("reset"), times=1)])
    >>> request = Request("GET", "/v3/market/investor/kospi/lists", "", {})
    >>> [fault.kind if (fault := outage.next(request)) else None for _ in range(5)]
    ['status', 'status', 'status', 'reset', None]
    """

    def __init__(self, rules: Iterable[Rule | Chance | Fault | StreamFault] = ()) -> None:
        rules = list(rules)
        self._draws = [
            (Rule(rule) if isinstance(rule, Fault) else rule).begin()
            for rule in rules
            if not isinstance(rule, StreamFault)
        ]
        self.stream = StreamSchedule([rule for rule in rules if isinstance(rule, StreamFault)])
        self._lock = Lock()

    @classmethod
    def random(
        cls,
        seed: int,
        rate: float = 0.3,
        kinds: Iterable[Kind | Fault] = MIX,
        most_in_a_row: int = 4,
    ) -> Schedule:
        """Return faults at random, drawn from `kinds`: see `Chance`."""
        faults = tuple(Fault(kind) if isinstance(kind, str) else kind for kind in kinds)
        return cls([Chance(seed, rate, faults, most_in_a_row)])

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Schedule:
        """Return the schedule that a JSON file describes.

        The file holds one object, or a list of them. An object with a ``kind`` is a rule: a `Fault` and, beside its
        options, those of `Rule`. An object with a ``seed`` is a `Chance`, whose ``kinds`` are names or faults. One with
        ``stream`` is a `StreamFault`, of the kind that stands there.

        Raises
        ------
        ArgumentError
            If the file cannot be read, or says what no schedule can do.
        """
        try:
            plan = json.loads(Path(path).read_text("utf-8"))
        except OSError as error:
            raise ArgumentError(f"The faults of {path} cannot be read: {error.strerror}.") from None
        except (ValueError, RecursionError) as error:
            raise ArgumentError(f"The faults of {path} are not JSON: {error}.") from None
        rules = []
        for place, item in enumerate(plan if isinstance(plan, list) else [plan], start=1):
            try:
                rules.append(_read_rule(item))
            except ArgumentError as error:
                raise ArgumentError(f"{path}, fault {place}: {error}") from None
        return cls(rules)

    def next(self, request: Request) -> Fault | None:
        """Return what goes wrong with this request, and count it."""
        with self._lock:
            return next((fault for draw in self._draws if (fault := draw(request))), None)


def spoiled(fault: Fault | None, answer: Callable[[], Reply]) -> Reply:
    """Return the reply that a fault leaves of the true one; `answer` is only asked where the fault needs it."""
    match fault:
        case Fault(kind="refuse" | "reset"):
            return Reply(NO_ANSWER, b"")
        case Fault(kind="corrupt"):
            reply = answer()
            # No valid JSON ends in a comma, wherever the cut may fall.
            return replace(reply, body=reply.body[: len(reply.body) // 2] + b",")
        case Fault(kind="html"):
            return Reply(200, _PAGE.encode(), {"Content-Type": "text/html; charset=utf-8"})
        case Fault(kind="empty"):
            return Reply(200, b"")
        case Fault(kind="status"):
            return Reply(fault.status, _refusal(fault).encode(), _refusal_headers(fault))
        case Fault(kind="redirect", location=str(location)):
            return Reply(302, b"", {"Location": location})
        case Fault(kind="huge"):
            reply = answer()
            packed = _packed(fault.size, reply.body)
            return replace(reply, body=packed, headers={**reply.headers, "Content-Encoding": "gzip"})
        case Fault(kind="body", body=str(body)):
            return Reply(200, body.encode())
        case _:
            return answer()


def _refusal(fault: Fault) -> str:
    if fault.body is not None:
        return fault.body
    text = "API rate limit exceeded" if fault.status == 429 else responses.get(fault.status, "")
    return json.dumps({"message": text})


def _refusal_headers(fault: Fault) -> dict[str, str]:
    headers = {}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.remaining is not None:
        headers |= {"X-RateLimit-Limit-Day": "50000", "X-RateLimit-Remaining-Day": str(fault.remaining)}
    return headers


def _packed(size: int, body: bytes) -> bytes:
    """Return a gzip of `size` blanks and the body: still good JSON for whoever unpacks all of it."""
    gzip = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    blanks = b" " * _MIB
    parts = [gzip.compress(blanks) for _ in range(math.ceil(size / _MIB))]
    return b"".join((*parts, gzip.compress(body), gzip.flush()))


def _read_rule(item: object) -> Rule | Chance | StreamFault:
    if isinstance(item, dict) and "stream" in item and "kind" not in item:
        return made(StreamFault, {"kind" if name == "stream" else name: value for name, value in item.items()})
    if not isinstance(item, dict) or ("kind" in item) == ("seed" in item):
        raise ArgumentError("It is an object with a kind (a rule), with stream, or with a seed (chance).")
    if "seed" in item:
        named = item.get("kinds", [])
        require(isinstance(named, list), "kinds", "a list of faults", named)
        kinds = {"kinds": tuple(map(_read_fault, named))} if "kinds" in item else {}
        return made(Chance, {**item, **kinds})
    own = {name: value for name, value in item.items() if name in ("path", "times", "skip")}
    return Rule(_read_fault({name: value for name, value in item.items() if name not in own}), **own)


def _read_fault(item: object) -> Fault:
    if isinstance(item, str):
        item = {"kind": item}
    if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
        raise ArgumentError("A fault is the name of a kind, or an object with a kind.")
    if isinstance(item.get("body"), dict | list):
        item = {**item, "body": json.dumps(item["body"], ensure_ascii=False)}
    return made(Fault, item)
