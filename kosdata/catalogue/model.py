"""The words that the catalogue is written in: a value, a row, a parameter, a route, a stream."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import Enum, auto
from typing import Literal

Json = Literal["num", "int", "str"]
Product = Literal["stock", "index", "derivative"]


class Kind(Enum):
    """What a value is; the codec of each kind decides its dtype."""

    CODE = auto()
    """A code: text, whatever JSON type it travels as."""
    TEXT = auto()
    """A name or another free text."""
    CLOCK = auto()
    """An hour and minute as text, ``HHMM``."""
    MONTH = auto()
    """A month as text, ``YYYYMM``."""
    FLAG = auto()
    """``Y`` or ``N``."""
    DATE = auto()
    """A day, ``YYYYMMDD``."""
    TIME = auto()
    """A time of day in Korea, ``HHMMSScc``, its leading zero lost."""
    PRICE = auto()
    """A price, where 0 means that there is none."""
    NUMBER = auto()
    """Any other decimal number, where 0 is 0."""
    RATIO = auto()
    """A percentage, or a plain ratio."""
    QUANTITY = auto()
    """A count of shares, contracts, orders or issues."""
    AMOUNT = auto()
    """Money."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value: how it is spelled on the wire, and what it is in a frame.

    Parameters
    ----------
    wire : str
        Name on the wire. Names are matched without regard to case.
    column : str
        Name in a frame.
    kind : Kind
        What the value is.
    ko, en : str
        Titles.
    unit : str or None
        Unit in a frame.
    scale : int
        What the wire's number is multiplied by to be in `unit`.
    index_scale : int
        The same for values of an index, which are published in thousand shares and million won.
    also : tuple of str
        Other names on the wire.
    json : {"num", "int", "str"} or None
        JSON type that the service sends; by default what suits `kind`.
    digits : int
        Digits of a TIME.
    required : bool
        Rows without it are not rows of this record; counts that are required are ``int64``.
    signals : bool
        A TIME that also carries operation signals, which go to a column ``signal``.
    codes : str or None
        Code table that lists the values.
    fid : int or None
        Field number in the vendor's stream dictionary.
    """

    wire: str
    column: str
    kind: Kind
    ko: str
    en: str
    unit: str | None = None
    scale: int = 1
    index_scale: int = 1
    also: tuple[str, ...] = ()
    json: Json | None = None
    digits: int = 8
    required: bool = False
    signals: bool = False
    codes: str | None = None
    fid: int | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name that is read, the one that is written first."""
        return (self.wire, *self.also)

    def called(self, column: str) -> Field:
        """Return the field under another column name."""
        return replace(self, column=column)

    def times(self, scale: int, unit: str) -> Field:
        """Return the field as published in multiples of its unit."""
        return replace(self, scale=scale, unit=unit)

    def spelled(self, wire: str, *also: str) -> Field:
        """Return the field written under another name; the names known so far are still read."""
        known = dict.fromkeys((*also, *self.spellings))
        known.pop(wire, None)
        return replace(self, wire=wire, also=tuple(known))

    def spelled_also(self, other: Field) -> Field:
        """Return the field, reading the names of another as well."""
        return self.spelled(self.wire, *other.spellings)

    def sent_as(self, json: Json, digits: int = 8) -> Field:
        """Return the field with another JSON type, or a TIME of other length."""
        return replace(self, json=json, digits=digits, signals=self.signals and digits == 8)

    def needed(self) -> Field:
        """Return the field as one that every row has."""
        return replace(self, required=True)

    def within(self, product: Product) -> Field:
        """Return the field with the units that it has for a product."""
        if product == "index":
            unit = "points" if self.kind in (Kind.PRICE, Kind.NUMBER) and self.unit == "won" else self.unit
            return replace(self, scale=self.scale * self.index_scale, index_scale=1, unit=unit)
        if product == "derivative":
            unit = {"shares": "contracts"}.get(self.unit or "", self.unit)
            return replace(
                self, unit="points or won" if self.kind in (Kind.PRICE, Kind.NUMBER) and self.unit == "won" else unit
            )
        return self


@dataclass(frozen=True, slots=True)
class Record:
    """One row: fields in the order that a frame shows them.

    Parameters
    ----------
    name : str
        What a row is.
    fields : tuple of Field
        The values of a row, those published beside the list of rows included.
    index : tuple of str
        Columns that become the index.
    running : bool
        Bars whose volume travels as the running total of the day.
    """

    name: str
    fields: tuple[Field, ...]
    index: tuple[str, ...] = ()
    running: bool = False

    def __post_init__(self) -> None:
        columns = [f.column for f in self.fields]
        if len(set(columns)) != len(columns):
            raise ValueError(f"record {self.name!r} names a column twice")

    def __getitem__(self, column: str) -> Field:
        return next(f for f in self.fields if f.column == column)

    def within(self, product: Product) -> Record:
        """Return the record with the units that a product has."""
        return replace(self, fields=tuple(f.within(product) for f in self.fields))

    def having(self, *fields: Field, called: str | None = None) -> Record:
        """Return the record with fields added, or in the place of their column, whose names are still read."""
        new = {f.column: f for f in fields}
        kept = [new.pop(f.column).spelled_also(f) if f.column in new else f for f in self.fields]
        return replace(self, name=called or self.name, fields=(*kept, *new.values()))

    def only(self, columns: tuple[str, ...]) -> Record:
        """Return the record with these columns alone, and its index."""
        wanted = {*columns, *self.index}
        return replace(self, fields=tuple(f for f in self.fields if f.column in wanted))


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where the rows stand in a body.

    Parameters
    ----------
    rows : str or None
        Key of the list of rows; None where the result object itself is the one row.
    beside : tuple of str
        Keys that stand beside the list and describe every row.
    flat : bool
        The keys stand at the top, not inside ``result``.
    scalars : bool
        The list holds plain values, not objects.
    """

    rows: str | None = None
    beside: tuple[str, ...] = ()
    flat: bool = False
    scalars: bool = False


class Paging(Enum):
    """How one question is cut into requests."""

    NONE = auto()
    DATES = auto()
    """A span of days; the newest 100 rows of it are sent."""
    TIMES = auto()
    """A stretch of one session; the newest 100 bars of it are sent."""
    ISSUES = auto()
    """Up to 20 codes."""
    ITEMS = auto()
    """Up to 10 items of one issue."""


PAGE_ROWS = 100
PAGE_ISSUES = 20
PAGE_ITEMS = 10


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a request.

    Parameters
    ----------
    wire : str
        Name on the wire.
    name : str
        Readable name, accepted as well.
    kind : Kind
        What it is.
    en : str
        Meaning.
    required : bool
        Whether a call must give it.
    choices : mapping of str to str
        Accepted spellings and what is sent for each; empty for anything.
    many : bool
        A list, joined by commas.
    bare : bool
        Sent as bare keys, without ``=value``.
    default : str or None
        What is sent when a call does not give it.
    """

    wire: str
    name: str
    kind: Kind
    en: str
    required: bool = True
    choices: Mapping[str, str] = field(default_factory=dict)
    many: bool = False
    bare: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence group: what a key's contract must cover."""

    group: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Published:
    """When an answer changes.

    Parameters
    ----------
    how : {"daily", "close", "live", "snapshot", "irregular", "planned", "stream"}
        ``daily``: once, in the morning, with the sessions before. ``close``: the day's figures after its session, those
        of the session before until then. ``live``: with every trade. ``snapshot``: every `every` seconds.
    at : time or None
        Hour in Korea of a daily or close publication.
    every : int or None
        Seconds between two snapshots.
    """

    how: Literal["daily", "close", "live", "snapshot", "irregular", "planned", "stream"]
    at: time | None = None
    every: int | None = None

    def __str__(self) -> str:
        match self.how:
            case "daily" | "close" if self.at is not None:
                return f"{'every day at' if self.how == 'daily' else 'same day after'} {self.at:%H:%M}"
            case "snapshot" | "live" if self.every is not None:
                return f"every {self.every} s"
            case how:
                return how


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route of the REST API.

    Parameters
    ----------
    id : str
        Stable name.
    path : str
        The spelling believed live, parameters in braces.
    record : Record
        Shape of a row.
    envelope : Envelope
        Where the rows stand.
    ko, en : str
        Titles.
    licence : Licence
        What a key's contract must cover.
    published : Published
        When the answer changes.
    params : tuple of Param
        Parameters of the path and of the query.
    paging : Paging
        How a question is cut into requests.
    also : tuple of str
        Other published spellings of the path, tried once after a 404.
    product : {"stock", "index", "derivative"}
        What is traded; decides units and hours.
    status : str
        ``documented``, ``inferred`` from a sibling, ``ended`` with v2 or only ``planned``.
    """

    id: str
    path: str
    record: Record
    envelope: Envelope
    ko: str
    en: str
    licence: Licence
    published: Published
    params: tuple[Param, ...] = ()
    paging: Paging = Paging.NONE
    also: tuple[str, ...] = ()
    product: Product = "stock"
    status: Literal["documented", "inferred", "ended", "planned"] = "documented"

    @property
    def version(self) -> str:
        """``v3`` or ``v2``."""
        return self.path[1:3]

    @property
    def operation(self) -> str:
        """The last word of the path: ``history``, ``price`` and so on."""
        return self.path.rpartition("/")[2]

    @property
    def market(self) -> str | None:
        """Market of stocks that stands in the path; None where it is a parameter, or there is none."""
        return next((part for part in self.path.split("/") if part in ("kospi", "kosdaq", "konex")), None)

    @property
    def floor(self) -> Literal["stock", "derivative"]:
        """Whose trading hours count."""
        return "derivative" if self.product == "derivative" else "stock"

    @property
    def paths(self) -> tuple[str, ...]:
        """Every spelling of the path, the one believed live first."""
        return (self.path, *self.also)

    @property
    def path_params(self) -> tuple[Param, ...]:
        """Parameters that stand in the path."""
        names = re.findall(r"{(\w+)}", self.path)
        return tuple(p for p in self.params if p.wire in names)

    @property
    def query_params(self) -> tuple[Param, ...]:
        """Parameters that stand in the query."""
        return tuple(p for p in self.params if f"{{{p.wire}}}" not in self.path)

    def param(self, wire: str) -> Param | None:
        """Return the parameter of that name on the wire, if there is one."""
        return next((p for p in self.params if p.wire == wire), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One channel of the WebSocket service.

    Parameters
    ----------
    id : str
        Stable name.
    path : str
        Path of the channel.
    presets : mapping of (preset, product) to Record
        Shape of a push; product ``option`` stands beside ``futures`` here, for their extended rows differ.
    """

    id: str
    path: str
    presets: Mapping[tuple[str, str], Record]
    ko: str
    en: str
    licence: Licence
    published: Published = field(default_factory=lambda: Published("stream"))
    version: str = "ws"
    status: str = "ended"
