"""Payloads of the stream become rows: typed at the speed of the wire, read with patience where that fails.

A message that looks as those before it is decoded straight into a row object. Whatever else comes (another spelling,
text that is no JSON, an answer to a call) takes the patient way, which also teaches the fast one new spellings.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from kosdata.catalogue.digits import NONE, digits
from kosdata.catalogue.model import Field, Kind
from kosdata.settings import Secret
from kosdata.wire.redaction import redacted, shown
from kosdata.wire.stream.messages import Malformed, Message, Push, read

__all__ = ["LAG", "Batch", "Image", "Intake", "Misread", "Tap"]

LAG: Final = 0.005  # seconds that a row waits for others, whoever brings it

Payload: TypeAlias = bytes | bytearray | memoryview | str
Mark: TypeAlias = tuple[int, int]

_CELLS: Final = 8_192  # values that stay in the processor's cache
_LEAST_BATCH: Final = 128
_SAMPLES: Final = 20
_SAMPLE_LENGTH: Final = 200
_SAMPLE_READ: Final = 16_384  # bytes of a message that are looked at for a sample of it
_MOST_UNKNOWN: Final = 256  # names that no field has
_MOST_LESSONS: Final = 1_000


class Batch(NamedTuple):
    """Rows in the order of their arrival.

    Attributes
    ----------
    columns : dict of str to sequence
        The wire's values.
    marks : list of (int, int)
        How many of the rows were received when: microseconds since 1970.
    """

    columns: dict[str, Sequence[Any]]
    marks: list[Mark]


class Image(NamedTuple):
    """The state of an issue: when it was told, and the wire's values by column."""

    received: int
    fields: dict[str, Any]


class Misread(NamedTuple):
    """A message that could not be read: when, why, and how it began."""

    received: int
    reason: str
    sample: str


class Tap(Protocol):
    """Who is shown everything that is received."""

    def message(self, payload: Payload) -> None:
        """Take note of a message."""

    def stamp(self, received: int) -> None:
        """Take note of when the messages since the last stamp came."""


class Intake:
    """What one stream has received and nobody has taken yet.

    One thread feeds it, any other may `take`.

    Parameters
    ----------
    preset : str
        Preset of the rows.
    columns : mapping of str to Field
        Attribute of a row, and the value that it holds. ``code`` is one of them.
    clock : callable
        The time, in microseconds since 1970.
    secret : Secret, optional
        What no sample may show.

    Attributes
    ----------
    rows : list
        What has come and was not taken; whoever decodes on its own adds here.
    decode : callable
        From a payload to an object whose ``params`` are a row, or to a list of rows if `is_bundled`; raises where the
        payload is anything else, which is then for `message`.
    many : int
        Rows that are better taken before there are more: the first of them would leave the processor's cache.
    is_bundled : bool
        Whether rows come as bare lists, as those of whole markets do.
    images : dict of str to Image
        The present state of issues, as replies and patches told it.
    repaired : int
        Messages that were read after their leading zeros were quoted.
    malformed : Counter
        What could not be read, by reason.
    samples : deque of Misread
        The newest of it.
    """

    def __init__(
        self,
        preset: str,
        columns: Mapping[str, Field],
        *,
        clock: Callable[[], int],
        is_bundled: bool = False,
        secret: Secret | None = None,
    ) -> None:
        self.preset = preset
        self.clock = clock
        self.images: dict[str, Image] = {}
        self.repaired = 0
        self.malformed: Counter[str] = Counter()
        self.samples: deque[Misread] = deque(maxlen=_SAMPLES)
        self.rows: list[Any] = []
        self.many = max(_LEAST_BATCH, _CELLS // len(columns))
        self._tap: Tap | None = None
        self.is_bundled = is_bundled
        self._is_named = not is_bundled  # whether rows name their preset
        self._secret = secret
        self._columns = columns
        self._by_name = {name.casefold(): column for column, f in columns.items() for name in f.spellings}
        self._spelled = {column: f.wire for column, f in columns.items()}
        self._unknown: dict[str, None] = {}
        self._lessons = 0
        self._marks: list[Mark] = []
        self._stamped = 0
        self._lock = threading.Lock()
        self._build()

    # Taken by whoever makes frames

    def take(self) -> Batch:
        """Return the rows whose arrival is known, and forget them here."""
        with self._lock:
            count, self._stamped = self._stamped, 0
            rows, marks = self.rows[:count], self._marks
            del self.rows[:count]
            self._marks = []
        columns = _ticks(rows) if self._columns.keys() == _ticks([]).keys() else self._split(rows)
        return Batch(columns, marks)

    @property
    def waiting(self) -> int:
        """Rows that nobody has taken yet."""
        return len(self.rows)

    def _split(self, rows: list[Any]) -> dict[str, Sequence[Any]]:
        # Every row begins with the columns, whatever names were unknown when it came.
        values = zip(*map(msgspec.structs.astuple, rows), strict=False)
        return dict[str, Sequence[Any]](zip(self._columns, values, strict=False))

    @property
    def is_unstamped(self) -> bool:
        """Whether rows have come since the last stamp."""
        return len(self.rows) > self._stamped

    # Fed by whoever receives

    def stamp(self, received: int | None = None) -> None:
        """Say that what came since the last stamp came now, or then."""
        with self._lock:
            count = len(self.rows) - self._stamped
            if count or self._tap is not None:
                at = self.clock() if received is None else received
                if self._tap is not None:
                    self._tap.stamp(at)
            if count:
                self._stamped += count
                self._marks.append((count, at))

    def message(self, payload: Payload | object) -> Message | None:
        """Take one whole message, and return it if it is no push; nothing that comes raises."""
        if not isinstance(payload, bytes | bytearray | memoryview | str):
            return self._patiently(payload)
        if self._tap is not None:
            self._tap.message(payload)
        try:
            found = self._typed(payload)
        except Exception:  # noqa: BLE001 - whatever it is, the patient way says
            return self._patiently(payload)
        if self.is_bundled:
            self.rows.extend(found)
        else:
            self.rows.append(found.params)
        return None

    def tapped(self, tap: Tap | None) -> None:
        """Show every message from now on to somebody else first, or to nobody."""
        with self._lock:
            self._tap = tap
            self.decode = self._typed if tap is None else _pass_by

    def spoil(self, reason: str, payload: object) -> None:
        """Count what cannot be read, and keep a sample of it; any thread may."""
        misread = Misread(self.clock(), reason, self._sample(payload))
        with self._lock:
            self.malformed[reason] += 1
            self.samples.append(misread)

    # The fast way

    def _build(self) -> None:
        known = [(column, _type(f), None) for column, f in self._columns.items()]
        unknown = [(f"unknown_{n}", Any, None) for n in range(len(self._unknown))]
        row = msgspec.defstruct(
            "Row",
            [*known, *unknown],
            rename={**self._spelled, **{f"unknown_{n}": key for n, key in enumerate(self._unknown)}},
            tag_field="preset" if self._is_named else None,
            tag=self.preset if self._is_named else None,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._row: Callable[..., Any] = row
        # An echo of what was asked looks like a push: as a tick it lacks its size, as a quote nothing that is needed.
        named = [] if self.preset == "tick" else [("method", Literal["push"])]
        push = msgspec.defstruct("Push", [*named, ("params", row)], gc=False)
        form: Any = list[row] if self.is_bundled else push  # type: ignore[valid-type]  # made here
        decode = msgspec.json.Decoder(form, strict=False).decode
        # A patch lacks what has not changed: it is read with patience, and laid over what was known.
        with self._lock:
            self._typed: Callable[[Any], Any] = _pass_by if self.preset == "change" else decode
            self.decode = self._typed if self._tap is None else _pass_by

    def _learn(self, row: Mapping[str, Any]) -> bool:
        """Take note of names that the fast way did not know; return whether there were any."""
        before = len(self._unknown), dict(self._spelled)
        for key in filter(_is_plain, row):
            column = self._by_name.get(key.casefold())
            if column is not None:
                self._spelled[column] = key
            elif key != "preset" and len(self._unknown) < _MOST_UNKNOWN:
                self._unknown[key] = None
        return before != (len(self._unknown), self._spelled)

    # The patient way

    def _patiently(self, payload: Payload | object) -> Message | None:
        try:
            message, repaired = read(payload)
        except Malformed as error:
            self.spoil(str(error), payload)
            return None
        except Exception:  # noqa: BLE001 - a parsed message of a user's own may be anything
            self.spoil("shape", payload)
            return None
        self.repaired += repaired
        if not isinstance(message, Push):
            return message
        if message.preset not in (None, self.preset):
            self.spoil("preset", payload)
            return None
        rows = [row for row in message.rows if self._take_row(row)]
        if rows and self._lessons < _MOST_LESSONS:
            learned = self._learn(rows[-1])
            if learned or (message.whole_market, message.preset is not None) != (self.is_bundled, self._is_named):
                self._lessons += 1
                self.is_bundled, self._is_named = message.whole_market, message.preset is not None
                self._build()
        return None

    def _take_row(self, row: dict[str, Any]) -> bool:
        values = self._values(row)
        if not isinstance(values.get("code"), str | int):
            self.spoil("code", row)
            return False
        if self.preset == "change":
            if not all(_is_readable(self._columns[column], value) for column, value in values.items()):
                # Laid over what is known, it would spoil every row to come.
                self.spoil("row", row)
                return False
            code = _short(values["code"])
            known = self.images.get(code)
            values = values if known is None else known.fields | values
            self.images[code] = Image(self.clock(), values)
        self.rows.append(self._row(**values))
        return True

    def image(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Take the present state of an issue, which is no trade, and return its values by column."""
        values = self._values(row)
        if isinstance(values.get("code"), str | int):
            code = _short(values["code"])
            # What was told of chosen items comes in parts; any other state is a whole one.
            known = self.images[code].fields if self.preset == "change" and code in self.images else {}
            self.images[code] = Image(self.clock(), known | values)
        return values

    def _values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        found = ((self._by_name.get(str(key).casefold()), value) for key, value in row.items())
        return {column: value for column, value in found if column is not None}

    def shown(self, text: str) -> str:
        """Return what messages may say of a text that the other side has sent."""
        return shown(text, self._secret)

    def _sample(self, payload: object) -> str:
        if isinstance(payload, bytes | bytearray | memoryview):
            text = bytes(payload[:_SAMPLE_READ]).decode("utf-8", "replace")
        else:
            try:
                text = str(payload)
            except Exception:  # noqa: BLE001 - a message of a user's own, or one that is nested too deeply
                text = type(payload).__name__
        return redacted(text, self._secret, _SAMPLE_LENGTH).encode("unicode_escape").decode("ascii")


def _is_plain(key: object) -> bool:
    """Return whether a name can be one that the fast way knows."""
    return isinstance(key, str) and key.isprintable() and not set(key) & {'"', "\\"}


def _ticks(rows: list[Any]) -> dict[str, Sequence[Any]]:
    """Return the columns of ticks: the most frequent rows, at half the cost of any others."""
    return {
        "code": [row.code for row in rows],
        "time": [row.time for row in rows],
        "price": [row.price for row in rows],
        "size": [row.size for row in rows],
        "volume": [row.volume for row in rows],
        "value": [row.value for row in rows],
    }


def _pass_by(payload: object) -> Any:
    raise TypeError("this one is for the patient way")


def _is_readable(field: Field, value: object) -> bool:
    if value is None or field.kind in (Kind.CODE, Kind.TEXT):
        return isinstance(value, str | int | None)
    if field.kind is Kind.TIME:
        return digits(value, field.digits) is not None
    if isinstance(value, str):
        try:
            float(value.strip().replace(",", "").replace("_", "?") or "nan")
        except ValueError:
            return value.strip() in NONE
        return True
    return type(value) in (int, float)


def _short(code: object) -> str:
    # A short code that came as a number has lost its zeros.
    return f"{code:06d}" if type(code) is int else str(code).partition("*")[0].strip()


def _type(field: Field) -> Any:
    match field.kind:
        case _ if field.column == "code":
            return str | None
        case Kind.TIME | Kind.CODE | Kind.TEXT | Kind.CLOCK | Kind.MONTH | Kind.FLAG | Kind.DATE:
            return int | str | None  # text stays text, also if it looks like a number
        case Kind.QUANTITY if field.required:
            return int | None
        case _:
            return float | None
