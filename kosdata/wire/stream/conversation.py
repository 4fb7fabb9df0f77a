"""One session of the stream, without its socket: what was asked, what was answered, what to send, when to worry.

Time comes in as seconds from anywhere, and nothing here waits: whoever holds the socket shows every message and the
time, sends what lies in `Conversation.out`, and acts on what lies in `Conversation.events`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from kosdata.catalogue import codes
from kosdata.settings import Secret
from kosdata.wire.redaction import shown
from kosdata.wire.stream import messages
from kosdata.wire.stream.messages import Call, Message, Refusal, Reply, Row

__all__ = ["Conversation", "Ended", "Event", "Held", "Image", "Ready", "Refused"]

REPLY_DUE: Final = 10.0
"""Seconds that an answer may take."""


class Ready(NamedTuple):
    """The key was accepted."""


class Held(NamedTuple):
    """An issue is registered: from now on its pushes come."""

    code: str


class Image(NamedTuple):
    """The present state of an issue."""

    row: Row


class Refused(NamedTuple):
    """An issue is not served; it was asked for a second time, alone, where the first refusal named nobody."""

    code: str
    text: str


class Ended(NamedTuple):
    """The session is of no use any more; if `is_final`, neither is the next one."""

    reason: str
    is_final: bool = False


Event: TypeAlias = Ready | Held | Image | Refused | Ended


@dataclass(frozen=True, slots=True)
class _Asked:
    method: Literal["init", "subscribe", "unsubscribe", "heartbeat"]
    since: float
    code: str = ""
    is_alone: bool = False


class Conversation:
    """The client's side of one session.

    Parameters
    ----------
    wanted : iterable of str
        Codes to register.
    preset : str
        What of them.
    items : sequence of str
        Wire names, for the preset ``change``.
    key : Secret
        The key, which travels in the first message.
    member : str
        Name of the firm, which travels beside it.
    heartbeat, stale : float
        Seconds between two signs of life, and after how much silence a link that used to answer is dead.
    patience : callable
        Seconds of silence that are nothing special now on a link that never answered a sign of life; None for any.
    is_registered : bool
        Whether pushes must be asked for; those of a whole market start by themselves.

    Attributes
    ----------
    out : list of str
        What to send.
    wants_ping : bool
        Whether a ping of the WebSocket is to be sent, too.
    events : list of Event
        What has happened.
    unconfirmed : dict of str to None
        Codes whose registration nothing has confirmed yet.
    is_ready : bool
        Whether the key was accepted.
    """

    def __init__(
        self,
        wanted: Iterable[str],
        *,
        preset: str,
        items: Sequence[str] = (),
        key: Secret,
        member: str,
        heartbeat: float = 10.0,
        stale: float = 20.0,
        patience: Callable[[], float | None] = lambda: None,
        is_registered: bool = True,
    ) -> None:
        self.out: list[str] = []
        self.wants_ping = False
        self.events: list[Event] = []
        self.unconfirmed: dict[str, None] = {}
        self.is_ready = False
        self._wanted = dict.fromkeys(wanted)
        self._preset = preset
        self._items = items
        self._key = key
        self._member = member
        self._heartbeat = heartbeat
        self._stale = stale
        self._patience = patience
        self._is_registered = is_registered
        self._asked: dict[int, _Asked] = {}
        self._doubted: dict[int, _Asked] = {}  # blamed or given up on without proof: an answer may still name them
        self._suspects: list[str] = []
        self._has_begun = False
        self._number = 0
        self._last_beat = 0.0
        self._answers = False
        self._allowed: float | None = None
        self._allowed_since = 0.0

    # What the client does

    def open(self, now: float) -> None:
        """Begin: the key first, and a ping, which shows at once whether the other side answers any."""
        self._send("init", now, messages.init(self._next(), self._key.reveal(), self._member))
        self._last_beat = now
        self.wants_ping = True

    def add(self, codes: Iterable[str], now: float) -> None:
        """Register more codes."""
        new = [code for code in dict.fromkeys(codes) if code not in self._wanted]
        self._wanted |= dict.fromkeys(new)
        if self.is_ready:
            self._subscribe(new, now)

    def remove(self, codes: Iterable[str], now: float) -> None:
        """End the registration of some codes."""
        for code in [code for code in dict.fromkeys(codes) if code in self._wanted]:
            del self._wanted[code]
            self.unconfirmed.pop(code, None)
            if self.is_ready:
                text = messages.unsubscribe(self._next(), self._preset, code)
                self._send("unsubscribe", now, text, code)

    # What the other side does

    def hear(self, message: Message, now: float) -> None:
        """Take a message that is no push."""
        match message:
            case Reply(number, row):
                self._confirm(self._settled(number, row), row)
            case Refusal(text, code, number):
                self._refuse(number, text, code)
            case Call("heartbeat", int(number)):
                self._answers = True
                self.out.append(messages.ok(number))
            case Call("heartbeat"):
                self._answers = True
            case _:
                pass
        self._go_on(now)

    def pong(self) -> None:
        """Take the answer to a ping."""
        self._answers = True

    def seen(self, codes: Iterable[str], now: float) -> None:
        """Take note of codes that pushes have come for, which confirms them as well as an answer does."""
        for code in codes:
            if code in self.unconfirmed:
                number = next((n for n, asked in self._asked.items() if asked.code == code), None)
                self._asked.pop(number or 0, None)
                self._hold(code)
        self._go_on(now)

    # What time does

    def tick(self, now: float, last_heard: float) -> None:
        """Do what is due, given when anything at all was heard last."""
        for number, asked in list(self._asked.items()):
            if now >= asked.since + REPLY_DUE:
                self._give_up_on(number, asked)
        deadline = self._deadline(now, last_heard)
        if deadline is not None and now >= deadline:
            self.events.append(Ended(f"mute for {now - last_heard:.0f} s"))
        if now >= self._last_beat + self._heartbeat:
            self._last_beat = now
            self.wants_ping = True
            if self.is_ready:
                self._send("heartbeat", now, messages.heartbeat(self._next()))
        self._go_on(now)

    def due(self, now: float, last_heard: float) -> float:
        """Return in how many seconds time must be looked at again."""
        moments = [self._last_beat + self._heartbeat, *(asked.since + REPLY_DUE for asked in self._asked.values())]
        deadline = self._deadline(now, last_heard)
        if deadline is not None:
            moments.append(deadline)
        return max(min(moments) - now, 0.0)

    # ------------------------------------------------------------------------------------------------------------------

    def _deadline(self, now: float, last_heard: float) -> float | None:
        """Return when silence will have been too long; what was nothing special is not held against the link later."""
        if not self.is_ready:
            return None
        if self._answers:
            return last_heard + self._stale
        allowed = self._patience()
        if allowed != self._allowed:
            self._allowed, self._allowed_since = allowed, now
        return None if allowed is None else max(last_heard, self._allowed_since) + allowed

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _send(
        self,
        method: Literal["init", "subscribe", "unsubscribe", "heartbeat"],
        now: float,
        text: str,
        code: str = "",
        *,
        is_alone: bool = False,
    ) -> None:
        if method == "heartbeat":  # a gateway may never answer them: the newest stands for all
            self._asked = {n: asked for n, asked in self._asked.items() if asked.method != "heartbeat"}
        self._asked[self._number] = _Asked(method, now, code, is_alone)
        self.out.append(text)

    def _subscribe(self, wanted: Iterable[str], now: float, *, is_alone: bool = False) -> None:
        for code in wanted:
            self.unconfirmed[code] = None
            text = messages.subscribe(self._next(), self._preset, code, self._items)
            self._send("subscribe", now, text, code, is_alone=is_alone)

    def _settled(self, number: int | None, row: Row | None) -> _Asked | None:
        """Return what was answered: by its number, else by its code, else the oldest that waits."""
        if number in self._doubted:
            return self._doubted.pop(number)
        if number not in self._asked and row is not None:
            code = messages.code_of(row)
            number = next((n for n, asked in self._asked.items() if asked.code == code), None)
        elif number is None:
            number = self._oldest()
        return self._asked.pop(number, None) if number is not None else None

    def _oldest(self) -> int | None:
        beats = [n for n, asked in self._asked.items() if asked.method == "heartbeat"]
        return next((n for n in self._asked if n not in beats), beats[0] if beats else None)

    def _confirm(self, asked: _Asked | None, row: Row | None) -> None:
        if row is not None:
            self.events.append(Image(row))
        match asked:
            case _Asked("init"):
                self.is_ready = True
                self.events.append(Ready())
            case _Asked("subscribe", code=code):
                self._hold(code)
            case _Asked("heartbeat"):
                self._answers = True

    def _hold(self, code: str) -> None:
        if code in self.unconfirmed:
            del self.unconfirmed[code]
            self.events.append(Held(code))

    def _refuse(self, number: int | None, text: str, error: int | None) -> None:
        certain = number in self._asked or number in self._doubted
        if not certain and number is not None and 0 < number <= self._number:
            return  # of something that is settled
        found = number if certain else self._oldest()
        if found is None:
            return
        asked = self._doubted.pop(found, None) or self._asked.pop(found)
        text = shown(text, self._key)
        match asked:
            case _Asked("init"):
                passing = codes.lookup("errors").get(str(error), {}).get("outcome") == "server"
                self.events.append(Ended(f"refused: {text}", is_final=not passing))
            case _Asked("subscribe", code=code, is_alone=is_alone) if code in self.unconfirmed:
                if certain or is_alone:
                    del self._wanted[code]
                    del self.unconfirmed[code]
                    self.events.append(Refused(code, text))
                else:
                    self._doubt(found, asked)
            case _Asked("heartbeat"):
                self._answers = True

    def _give_up_on(self, number: int, asked: _Asked) -> None:
        del self._asked[number]
        if asked.method == "init":
            self.events.append(Ended("no answer to init"))
        elif asked.method == "subscribe" and not asked.is_alone and asked.code in self.unconfirmed:
            self._doubt(number, asked)

    def _doubt(self, number: int, asked: _Asked) -> None:
        self._doubted[number] = asked
        self._suspects.append(asked.code)

    def _go_on(self, now: float) -> None:
        """Register what the accepted key permits; what an unnamed refusal may have meant, once more and alone."""
        if not self.is_ready or not self._is_registered:
            return
        if not self._has_begun:
            self._has_begun = True
            self._subscribe(self._wanted, now)
        elif self._suspects and not any(asked.method == "subscribe" for asked in self._asked.values()):
            self._suspects = [code for code in self._suspects if code in self.unconfirmed]
            for code in self._suspects[:1]:
                del self._suspects[0]
                self._subscribe([code], now, is_alone=True)
