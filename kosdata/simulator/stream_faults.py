"""What goes wrong with the connections of the stream, and after how many messages."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, fields
from itertools import count
from threading import Lock
from typing import Any, Final, Literal, TypeAlias

from kosdata.errors import ArgumentError
from kosdata.simulator import draws
from kosdata.simulator.checks import is_count, is_number, is_wait, require, require_pattern

__all__ = ["Script", "Stage", "StreamFault", "StreamKind", "StreamSchedule"]

StreamKind: TypeAlias = Literal[
    "refuse",
    "close",
    "fin",
    "reset",
    "cut",
    "mute",
    "drop",
    "delay",
    "malformed",
    "encoding",
    "binary",
    "reserved",
    "fragment",
    "split",
    "oversize",
    "heartbeat",
    "ping",
]
Stage: TypeAlias = Literal["handshake", "reply", "push"]

_MIB: Final = 2**20
_LARGEST: Final = 2**26

_OPTIONS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "at": (lambda value: value in ("handshake", "reply", "push"), "handshake, reply or push"),
    "after": (is_count, "a whole number of at least 0"),
    "every": (lambda value: is_count(value) and value > 0, "a whole number of at least 1"),
    "rate": (lambda value: is_number(value) and 0 < value <= 1, "a number above 0 and up to 1"),
    "seed": (lambda value: type(value) is int, "a whole number"),
    "times": (is_count, "a whole number of at least 0"),
    "skip": (is_count, "a whole number of at least 0"),
    "code": (lambda value: is_count(value) and value < 1 << 16, "a whole number below 65536"),
    "reason": (lambda value: isinstance(value, str), "a text"),
    "status": (lambda value: is_count(value) and 400 <= value < 600, "an HTTP status from 400 to 599"),
    "seconds": (is_wait, "a number of at least 0"),
    "text": (lambda value: isinstance(value, str), "a text"),
    "size": (lambda value: is_count(value) and 0 < value <= _LARGEST, f"a whole number of bytes up to {_LARGEST}"),
}
_COMMON: Final = ("at", "after", "every", "rate", "seed", "times", "skip")
_READS: Final[Mapping[str, tuple[str, ...]]] = {
    "refuse": ("status",),
    "close": ("code", "reason"),
    "fin": (),
    "reset": (),
    "cut": (),
    "mute": (),
    "drop": (),
    "delay": ("seconds",),
    "malformed": ("text",),
    "encoding": (),
    "binary": ("size",),
    "reserved": (),
    "fragment": ("size",),
    "split": (),
    "oversize": ("size",),
    "heartbeat": (),
    "ping": (),
}
_BEFORE_MESSAGES: Final = ("refuse", "fin", "reset", "mute", "delay")
_SIZES: Final = {"binary": 64, "fragment": 16, "oversize": 16 * _MIB}


@dataclass(frozen=True, slots=True)
class StreamFault:
    """One thing that can go wrong with connections of the stream.

    Parameters
    ----------
    kind : str
        It ends a connection: ``close``: a close frame. ``fin``: the end of the data, without one. ``reset``: a reset.
        ``cut``: half of a frame, then the end of the data. ``mute``: it stays open, and nothing is said or answered any
        more, pings included. ``refuse``: the handshake is answered with a status.

        It spoils a message: ``drop``: it is not sent. ``delay``: it comes late, with all that follow. ``fragment``: it
        comes in fragments, with pings between. ``split``: the same, cut within a character of three bytes.
        ``oversize``: it comes behind so many blanks, in one frame.

        It puts something before a message: ``malformed``: a text that is no message. ``encoding``: a text that is no
        UTF-8. ``binary``: noise. ``reserved``: a frame with a reserved bit. ``heartbeat``: that of the service.
        ``ping``: that of the protocol.
    at : {"handshake", "reply", "push"}, optional
        Which messages count and are struck. Pushes by default; the handshake for ``refuse``.
    after : int
        How many of them a connection lets pass before.
    every : int, optional
        After how many more it strikes again, on the same connection.
    rate : float, optional
        How likely each of them is struck, in place of `every`.
    seed : int
        Names one course of chance.
    times : int, optional
        How often it strikes, on all connections together. Without an end by default.
    skip : int
        How many connections it lets pass before.
    path : str
        Regular expression, searched in the path of a connection. Every path by default.
    code : int
        Code of a close frame, also one that must not travel.
    reason : str
        Reason of a close frame.
    status : int
        HTTP status of a refused handshake.
    seconds : float
        Length of a delay.
    text : str, optional
        What a malformed message says. Half of the message that follows, by default.
    size : int, optional
        Bytes of the noise (64), of a fragment (16), or blanks before a message (16 MiB).
    """

    kind: StreamKind
    _: KW_ONLY
    at: Stage | None = None
    after: int = 0
    every: int | None = None
    rate: float | None = None
    seed: int = 0
    times: int | None = None
    skip: int = 0
    path: str = ""
    code: int = 1001
    reason: str = ""
    status: int = 503
    seconds: float = 1.0
    text: str | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in _READS:
            raise ArgumentError(f"No fault of the stream is called {self.kind!r}. Faults: {', '.join(_READS)}.")
        require_pattern(self.path)
        for option in fields(self)[1:]:
            value = getattr(self, option.name)
            if option.name == "path" or value == option.default:
                continue
            if option.name not in (*_COMMON, *_READS[self.kind]):
                raise ArgumentError(f"A fault of the stream of kind {self.kind!r} takes no {option.name}.")
            is_right, meaning = _OPTIONS[option.name]
            require(is_right(value), option.name, meaning, value)
        if self.every is not None and self.rate is not None:
            raise ArgumentError("A fault strikes every so often or at a rate, not both.")
        if self.stage == "handshake" and self.kind not in _BEFORE_MESSAGES:
            raise ArgumentError(f"A fault of kind {self.kind!r} cannot strike a handshake.")
        if self.stage != "handshake" and self.kind == "refuse":
            raise ArgumentError("Only a handshake can be refused with a status.")

    @property
    def stage(self) -> Stage:
        """Which messages count."""
        return self.at or ("handshake" if self.kind == "refuse" else "push")

    @property
    def bytes(self) -> int:
        """The size, or the usual one of the kind."""
        return self.size or _SIZES.get(self.kind, 0)

    def strikes(self, connection: int) -> Iterator[float]:
        """Yield how many messages a connection has let pass at each strike; infinity once there is none any more."""
        at: float = self.after
        for nth in count():
            if self.rate is not None:
                at += self._gap(connection, nth)
            yield at
            at = at + 1 if self.rate is not None else at + self.every if self.every is not None else math.inf

    def _gap(self, connection: int, nth: int) -> int:
        """Return how many messages chance spares."""
        if self.rate is None or self.rate == 1:
            return 0
        luck = (int(draws.key(self.seed, "stream", self.kind, connection, nth)) + 1) / 2**64
        return int(math.log(luck) / math.log1p(-self.rate))


class StreamSchedule:
    """Which faults the connections of a stream meet."""

    def __init__(self, faults: Iterable[StreamFault] = ()) -> None:
        self._faults = [_Course(fault) for fault in faults]

    def open(self, path: str) -> Script:
        """Return what will go wrong with a new connection."""
        return Script([course.open() for course in self._faults if re.search(course.fault.path, path)])


class Script:
    """What goes wrong with one connection."""

    def __init__(self, roles: Iterable[_Role | None]) -> None:
        self._roles = [role for role in roles if role is not None]
        self._passed: dict[Stage, int] = dict.fromkeys(("handshake", "reply", "push"), 0)

    def free(self, stage: Stage) -> float:
        """Return how many messages can pass until something may go wrong: infinitely many, if nothing does."""
        passed = self._passed[stage]
        return min((r.next - passed for r in self._roles if r.stage == stage), default=math.inf)

    def passed(self, stage: Stage, messages: int = 1) -> None:
        """Take note of messages that have passed, or were spoiled."""
        self._passed[stage] += messages

    def strike(self, stage: Stage) -> StreamFault | None:
        """Return what goes wrong with the next message, if anything does; ask again until nothing does."""
        for role in self._roles:
            if role.stage == stage and role.next <= self._passed[stage] and role.strike():
                return role.course.fault
        return None


class _Course:
    """A fault at work: what it has done to all connections."""

    def __init__(self, fault: StreamFault) -> None:
        self.fault = fault
        self._connections = count()
        self._left = math.inf if fault.times is None else fault.times
        self._lock = Lock()

    def open(self) -> _Role | None:
        nth = next(self._connections)
        return _Role(self, nth) if nth >= self.fault.skip else None

    def strike(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0


class _Role:
    """A fault on one connection: after how many messages it strikes next."""

    def __init__(self, course: _Course, connection: int) -> None:
        self.course = course
        self.stage = course.fault.stage
        self._strikes = course.fault.strikes(connection)
        self.next = next(self._strikes)

    def strike(self) -> bool:
        self.next = next(self._strikes)
        return self.course.strike()
