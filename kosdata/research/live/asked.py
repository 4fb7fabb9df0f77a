"""What a user asks of a stream, checked before anything is opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from kosdata.catalogue import STREAMS
from kosdata.catalogue.model import Record
from kosdata.catalogue.spelling import choice
from kosdata.catalogue.streams import PRESETS, REGISTRATIONS, REGISTRATIONS_SANDBOX, product_of
from kosdata.errors import ArgumentError, ConfigError
from kosdata.frame.pushes import Schema, schema
from kosdata.research.instruments import codes_of
from kosdata.research.live.recording import Head
from kosdata.settings import STREAM_HOSTS, Settings

__all__ = [
    "MARKETS",
    "Bounds",
    "address",
    "bounds",
    "fitting",
    "items_of",
    "limit",
    "sessions_of",
    "shape_of",
    "source_of",
    "target",
]

MARKETS: Final = {"kospi": "ws_all_kospi", "kosdaq": "ws_all_kosdaq"}
"""Markets that have a channel of their own."""

_CHANNEL: Final = re.compile(r"/ws(_ksp|_kdq)?$")
_MOST_SESSIONS: Final = 20
_MOMENT: Final = pd.Timedelta(1, "us")


class Bounds(NamedTuple):
    """How many rows are kept, and for how long."""

    maxlen: int | None
    window: timedelta | None


def target(codes: str | Iterable[str] | None, source: object) -> tuple[str | None, tuple[str, ...]]:
    """Return the market that is meant, or the codes."""
    if codes is None:
        if source is None:
            raise ArgumentError("codes is missing: name some, such as '005930', or a market: 'kospi' or 'kosdaq'.")
        return None, ()
    if isinstance(codes, str) and codes.strip().lower() in MARKETS:
        return codes.strip().lower(), ()
    return None, tuple(codes_of(codes)[0])


def shape_of(market: str | None, codes: Sequence[str], preset: str, items: Sequence[str]) -> Schema:
    """Return the columns of a stream's frame."""
    choice("preset", preset, PRESETS)
    if (preset == "change") != bool(items):
        raise ArgumentError(
            f"items= goes with preset='change'; {preset!r} has its own."
            if items
            else "preset='change' needs items=, such as ['price', 'volume']."
        )
    if market is not None:
        if preset != "tick":
            raise ArgumentError(f"A whole market is streamed with preset='tick' alone, not {preset!r}: name its codes.")
        return schema(preset, [STREAMS[MARKETS[market]].presets["tick", "stock"]])
    records = STREAMS["ws_issue"].presets
    found: dict[str, Record] = {}
    for code in codes:
        product = product_of(code)
        record = records.get((preset, product))
        if record is None:
            instead = "'index'" if product == "index" else "'tick', 'quote', 'tick10', 'quote10' or 'change'"
            raise ArgumentError(f"{code} has no preset {preset!r}: use {instead}.")
        found[product] = record
    found = found or {product: record for (name, product), record in records.items() if name == preset}
    if preset == "change":
        found = {product: _chosen(record, items) for product, record in found.items()}
    return schema(preset, list(found.values()))


def fitting(about: Head, shape: Schema) -> Callable[[Sequence[str]], None]:
    """Return what refuses codes whose rows have columns that a frame lacks."""

    def check(codes: Sequence[str]) -> None:
        missing = shape_of(None, codes, about.preset, about.items).fields.keys() - shape.fields.keys() if codes else ()
        if missing:
            raise ArgumentError(
                f"Rows of {', '.join(codes)} have columns that this frame lacks ({', '.join(sorted(missing))}): open "
                "a stream of their own for them."
            )

    return check


def _chosen(record: Record, items: Sequence[str]) -> Record:
    # The code comes along in any case.
    by_name = {name.casefold(): f.column for f in record.fields[1:] for name in (f.column, *f.spellings)}
    unknown = [item for item in items if str(item).casefold() not in by_name]
    if unknown:
        known = ", ".join(f.column for f in record.fields[1:])
        raise ArgumentError(f"No item of {record.name} is called {', '.join(map(repr, unknown))}. Items: {known}.")
    return record.only(("code", *(by_name[str(item).casefold()] for item in items)))


def items_of(given: object) -> tuple[str, ...]:
    """Return the items that a user wrote, each once."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ArgumentError(f"items={given!r} is no list of names: write ['price', 'volume'].")
    return tuple(dict.fromkeys(map(str, given)))


def source_of(given: object) -> Iterable[Any]:
    """Return the messages that a user gave."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ArgumentError(f"source={given!r:.40} is no series of messages: write [message] for a single one.")
    return given


def bounds(maxlen: object, window: object) -> Bounds:
    """Return what bounds the rows that are kept."""
    if maxlen is None and window is None:
        raise ArgumentError("Nothing bounds the memory: give maxlen= rows, window= such as '15min', or both.")
    if isinstance(maxlen, np.integer):
        maxlen = int(maxlen)
    if maxlen is not None and (type(maxlen) is not int or maxlen < 1):
        raise ArgumentError(f"maxlen={maxlen!r} is no number of rows: write a whole number of at least 1, or None.")
    if window is None:
        return Bounds(maxlen, None)
    try:
        length: pd.Timedelta | None = pd.Timedelta(window)  # type: ignore[arg-type]  # what it refuses is said below
    except (ValueError, TypeError):
        length = None
    if length is None or not length >= _MOMENT:  # nor is what is no time
        raise ArgumentError(f"window={window!r} is no length of time: write '15min' or a timedelta.")
    return Bounds(maxlen, length.to_pytimedelta())


def sessions_of(given: object, market: str | None) -> int:
    """Return the number of sessions that a user wrote."""
    if type(given) is not int or not 1 <= given <= _MOST_SESSIONS:
        raise ArgumentError(f"sessions={given!r} is no number of sessions from 1 to {_MOST_SESSIONS}.")
    if market is not None and given > 1:
        raise ArgumentError("A whole market comes in one session: leave sessions= out.")
    return given


def limit(settings: Settings, sessions: int, about: Head) -> int | None:
    """Return how many codes the sessions may have in all, or refuse what is more."""
    if about.market is not None:
        return None
    each = REGISTRATIONS_SANDBOX if settings.env == "sandbox" else REGISTRATIONS
    if len(about.codes) > each * sessions:
        needed = -(-len(about.codes) // each)
        raise ArgumentError(
            f"{len(about.codes)} codes are more than the {each} registrations of a session"
            + (f" times {sessions}" if sessions > 1 else "")
            + f": pass sessions={needed} if your contract has them, or stream a whole market: 'kospi', 'kosdaq'."
        )
    return each * sessions


def address(settings: Settings) -> str:
    """Return where the stream is.

    Raises
    ------
    ConfigError
        If nobody has said so, or the key would travel in clear text.
    """
    url = settings.stream_url or STREAM_HOSTS.get(settings.env)
    if url is None and settings.env == "demo" and settings.base_url is not None:
        url = settings.base_url.replace("http", "ws", 1)  # the demo gateway serves both on one port
    if url is None:
        raise ConfigError(
            f"No address of a stream is published for env={settings.env!r}: set stream_url= or KOSDATA_STREAM_URL "
            "if KOSCOM gave you one, or use transport='poll'."
        )
    # Refuses clear text to another machine. The documentation prints the address with the path of a channel.
    return _CHANNEL.sub("", settings.changed(stream_url=url).stream_url or url)
