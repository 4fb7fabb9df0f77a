"""A session of the stream, without a socket: a message in, its answers out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from kosdata.catalogue import STREAMS
from kosdata.catalogue.codes import lookup
from kosdata.errors import ArgumentError
from kosdata.simulator.broadcast import Asked, Broadcast, Registration, Row, Times, items_of
from kosdata.wire.stream import messages

__all__ = ["CHANNELS", "POLICY", "Channel", "Desk", "Ending", "Said", "Session", "StreamOptions"]

Channel: TypeAlias = Literal["issue", "kospi", "kosdaq"]
Acknowledgement: TypeAlias = Literal["ok", "snapshot", "push", "mixed"]

CHANNELS: Final[dict[str, Channel]] = {"/ws": "issue", "/ws/": "issue", "/ws_ksp": "kospi", "/ws_kdq": "kosdaq"}
"""Paths of the stream."""
POLICY: Final = 1008
"""The code that a connection is closed with where its key, or another session, stands against it."""

_PRESETS: Final = frozenset(STREAMS["ws_issue"].presets)
# Of the documented error codes those that fit; the documentation shows none but the first in an answer of the stream.
_NO_MESSAGE, _NO_SUCH_KIND, _NO_SUCH_CODE, _NO_SUCH_ITEM = 47, 10000, 10040, 10050
_NOT_KNOWN, _WRONG_KEY, _TAKEN, _TOO_MANY, _NOT_REGISTERED = 10070, 13001, 13004, 20056, 20057


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """How the stream of a gateway behaves where the documentation leaves it open.

    Parameters
    ----------
    registrations : int, default 200
        Issues times presets in one session; 20 in the vendor's sandbox.
    sessions : int, default 1
        Sessions at a time.
    takeover : bool, default False
        Let one session too many end the oldest one, instead of being refused.
    acknowledge : {"ok", "snapshot", "push", "mixed"}, default "ok"
        Answer to a registration: ``ok``; the present values of the issue, as the answer; the same as a push, without
        an answer; or these in turn, and then a push before an ``ok``.
    numbered : bool, default False
        Say in a refusal which message is refused.
    times : {"number", "text", "bare"}, default "number"
        How times of day travel to ``/ws``: as numbers, as text, or bare, as the manual prints times and codes: numbers
        with leading zeros, which is no JSON.
    kept : int, default 100000
        Messages that are remembered of each connection.
    """

    registrations: int = 200
    sessions: int = 1
    takeover: bool = False
    acknowledge: Acknowledgement = "ok"
    numbered: bool = False
    times: Times = "number"
    kept: int = 100_000

    def __post_init__(self) -> None:
        for name, least in (("registrations", 1), ("sessions", 1), ("kept", 0)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ArgumentError(f"{name} is a whole number of at least {least}, not {value!r}.")
        for name, choices in (("acknowledge", get_args(Acknowledgement)), ("times", get_args(Times))):
            if getattr(self, name) not in choices:
                raise ArgumentError(f"{name} is one of {', '.join(choices)}, not {getattr(self, name)!r}.")


class Said(NamedTuple):
    """A message of the service, and how many rows it pushes: none, if it is an answer."""

    text: str
    rows: int = 0


class Ending(NamedTuple):
    """How the service ends a session: the code and the reason of the close frame, and what it says before."""

    code: int
    reason: str
    said: tuple[Said, ...] = ()


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


class Desk:
    """What the sessions of one gateway share.

    Parameters
    ----------
    broadcast : Broadcast
        The market.
    key : str
        The key that is accepted.
    options : StreamOptions
        How to behave.
    now : callable
        The moment in Seoul, without a zone.
    """

    def __init__(self, broadcast: Broadcast, key: str, options: StreamOptions, now: Callable[[], datetime]) -> None:
        self.broadcast = broadcast
        self.key = key
        self.options = options
        self.now = now
        self._live: list[Session] = []

    def admit(self, session: Session) -> bool:
        """Return whether a session may begin, and end the oldest one where that makes the room."""
        if session in self._live:
            return True
        if len(self._live) >= self.options.sessions:
            if not self.options.takeover:
                return False
            self._live.pop(0).end(_TAKEN)
        self._live.append(session)
        return True

    def dismiss(self, session: Session) -> None:
        """Take note that a session is over."""
        if session in self._live:
            self._live.remove(session)


class Session:
    """One connection: whether it has begun, and what it is registered for.

    Parameters
    ----------
    desk : Desk
        Who admits it.
    channel : {"issue", "kospi", "kosdaq"}
        Chosen issues, or all of a market.

    Attributes
    ----------
    ending : Ending or None
        Set once the service wants to end the connection.
    """

    def __init__(self, desk: Desk, channel: Channel = "issue") -> None:
        self._desk = desk
        self._channel = channel
        self._begun = False
        self._registered: dict[tuple[str, str], Registration] = {}
        self._turn = count()
        self.ending: Ending | None = None

    @property
    def registrations(self) -> list[Registration]:
        """What is to be told, in the order in which it was asked for."""
        return list(self._registered.values())

    def receive(self, payload: bytes | str) -> list[Said]:
        """Return the answers to a message; nothing may be expected of a session that has an ending."""
        if self.ending is not None:
            return []
        number = None
        try:
            try:
                message, _ = messages.read(payload)
            except messages.Malformed:
                raise _Refused(_NO_MESSAGE) from None
            if isinstance(message, messages.Reply | messages.Refusal):
                return []  # to a heartbeat of the service
            if not isinstance(message, messages.Call):
                raise _Refused(_NO_MESSAGE)
            number = message.number
            return [Said(self._desk.broadcast.spelled(said.text), said.rows) for said in self._answers(message)]
        except _Refused as refused:
            said = self._refusal(refused.code, number)
            if refused.code not in (_WRONG_KEY, _TAKEN):
                return [said]
            self.ending = Ending(POLICY, "refused", (said,))
            return []

    def end(self, code: int) -> None:
        """End the session for a reason with a documented error code."""
        self._registered = {}
        self.ending = Ending(POLICY, "taken over", (self._refusal(code, None),))

    def leave(self) -> None:
        """Forget the session: its connection is gone."""
        self._registered = {}
        self._desk.dismiss(self)

    def _answers(self, call: messages.Call) -> list[Said]:
        params = call.params or {}
        if call.method == "init":
            return self._init(call, params.get("key"), params.get("membername"))
        if not self._begun:
            raise _Refused(_NOT_KNOWN)
        if call.method == "heartbeat":
            return [Said(messages.ok(call.number))]
        if self._channel != "issue" or call.method not in ("subscribe", "unsubscribe"):
            raise _Refused(_NO_SUCH_KIND)
        preset, code = params.get("preset"), params.get("isuSrtCd")
        if call.method == "unsubscribe" and preset is None and code is None:
            return self._unsubscribe(call, [key for key, r in self._registered.items() if r.number == call.number])
        if not isinstance(preset, str) or not isinstance(code, str):
            raise _Refused(_NO_MESSAGE)
        if call.method == "unsubscribe":
            return self._unsubscribe(call, [key for key in self._registered if key == (preset, code)])
        return self._subscribe(call, preset, code, params.get("items"))

    def _init(self, call: messages.Call, key: object, member: object) -> list[Said]:
        if key != self._desk.key:
            raise _Refused(_WRONG_KEY)
        if not isinstance(member, str) or not member:
            raise _Refused(_NOT_KNOWN)
        if not self._desk.admit(self):
            raise _Refused(_TAKEN)
        if self._channel != "issue" and not self._begun:
            everything = Asked("tick", self._channel, "market")
            self._registered["tick", self._channel] = Registration(everything, self._desk.now(), call.number)
        self._begun = True
        return [Said(messages.ok(call.number))]

    def _subscribe(self, call: messages.Call, preset: str, code: str, items: object) -> list[Said]:
        desk, now = self._desk, self._desk.now()
        if preset not in {known for known, _ in _PRESETS}:
            raise _Refused(_NO_SUCH_KIND)
        product = desk.broadcast.product(code, now)
        if product is None:
            raise _Refused(_NO_SUCH_CODE)
        if (preset, product) not in _PRESETS:
            raise _Refused(_NO_SUCH_KIND)
        chosen: tuple[str, ...] = ()
        if preset == "change":
            if not isinstance(items, list) or not items or not items_of(product).issuperset(map(str, items)):
                raise _Refused(_NO_SUCH_ITEM)
            chosen = tuple(dict.fromkeys(items))
        if (preset, code) not in self._registered and len(self._registered) >= desk.options.registrations:
            raise _Refused(_TOO_MANY)
        asked = Asked(preset, code, product, chosen)
        said = self._acknowledged(call, asked, now)
        self._registered[preset, code] = Registration(asked, now, call.number)
        return said

    def _unsubscribe(self, call: messages.Call, keys: list[tuple[str, str]]) -> list[Said]:
        if not keys:
            raise _Refused(_NOT_REGISTERED)
        for key in keys:
            del self._registered[key]
        return [Said(messages.ok(call.number))]

    def _acknowledged(self, call: messages.Call, asked: Asked, now: datetime) -> list[Said]:
        ok, broadcast = Said(messages.ok(call.number)), self._desk.broadcast
        how = self._desk.options.acknowledge
        turn = next(self._turn) % 4 if how == "mixed" else ("ok", "snapshot", "push").index(how)
        row: Row | None = broadcast.image(asked, now) if turn else None
        if row is None:
            return [ok]
        if turn == 1:
            state = {"mkStatTpCd": broadcast.state(asked.product, now)}
            return [Said(messages.image(call.number, row | state))]
        pushed = Said(broadcast.push(asked, row), 1)
        return [pushed] if turn == 2 else [pushed, ok]

    def _refusal(self, code: int, number: int | None) -> Said:
        text = lookup("errors")[str(code)]["name_ko"]
        return Said(messages.refusal(text, code, number if self._desk.options.numbered else None))
