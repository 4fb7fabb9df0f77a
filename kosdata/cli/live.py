"""A stream as lines of CSV."""

from __future__ import annotations

import csv
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any, Final

import pandas as pd

import kosdata as kd
from kosdata.cli.notes import counted, say
from kosdata.frame.korean import korean
from kosdata.wire.client import Client

__all__ = ["follow"]

_FOR_EVER: Final = 1e8  # seconds
_SOON: Final = 1.0  # seconds in which a stream is open as a rule
_LOOK: Final = 0.2  # seconds between two looks at whether the connection holds
_AHEAD: Final = timedelta(days=30)  # in which the exchange opens again


def follow(wanted: Mapping[str, Any], client: Client, *, rows: int | None, seconds: float | None, lang: str) -> None:
    """Print the rows of a stream as they come, and say what was missed.

    Parameters
    ----------
    wanted : dict
        Arguments of `stream_to_frame`.
    client : Client
        Whom to ask.
    rows, seconds : int, float, optional
        When to end; the seconds are counted from the call.
    lang : str
        Language of the names.

    Raises
    ------
    KosError
        If the stream fails.
    """
    end = time.monotonic() + (_FOR_EVER if seconds is None else seconds)
    with _after(_SOON, lambda: say("the stream is still being opened; Ctrl-C ends it.")):
        stream = kd.stream_to_frame(**wanted, client=client)
    with stream:
        _introduce(stream, client)
        try:
            with _after(end - time.monotonic(), stream.close), _watched(stream):
                _print(stream, rows, lang)
        finally:
            stream.close()
            _account(stream, rows)
        stream.wait(rows=sys.maxsize, timeout=0)  # raises why it failed, if it did


def _introduce(stream: kd.Stream, client: Client) -> None:
    if client.source == "simulator":
        say("synthetic data of a demo gateway, not the market.")
    say(f"{stream.stats['transport']}: {stream.stats['why']}.")
    if not any(kd.is_open(market=market, client=client) for market in ("kospi", "kospi200")):
        now = client.now()
        opens = kd.sessions(now.date(), now.date() + _AHEAD, client=client)["open"]
        say(
            f"the exchange is closed, at {now:%Y-%m-%d %H:%M} in Seoul: few rows or none come before "
            f"{opens[opens > now].iloc[0]:%Y-%m-%d %H:%M}."
        )


@contextmanager
def _after(seconds: float, do: Callable[[], None]) -> Iterator[None]:
    """Have something done after so many seconds, unless it is over by then."""
    clock = threading.Timer(max(0.0, seconds), do)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


@contextmanager
def _watched(stream: kd.Stream) -> Iterator[None]:
    """Say when the connection breaks, and when it is back."""
    is_over = threading.Event()
    watch = threading.Thread(target=_watch, args=(stream, is_over), name="kosdata-watch", daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        watch.join()


def _watch(stream: kd.Stream, is_over: threading.Event) -> None:
    was_broken, reconnects = False, 0
    while not is_over.wait(_LOOK):
        is_broken, before, reconnects = stream.state == "broken", reconnects, int(stream.stats["reconnects"])
        if is_broken and not was_broken:
            gaps = stream.gaps
            reason = gaps["reason"][gaps["end"].isna()].iloc[-1:]
            say(f"the connection broke ({', '.join(reason)}), and is tried again.")
        elif was_broken and not is_broken:
            say("the connection is back.")
        elif reconnects > before:
            say("the connection broke, and is back.")
        was_broken = is_broken


def _print(stream: kd.Stream, rows: int | None, lang: str) -> None:
    head = stream.frame.head(0)
    names = (korean(head) if lang == "ko" else head).reset_index().columns
    write = csv.writer(sys.stdout, lineterminator="\n").writerow
    write(names)
    sys.stdout.flush()
    for row in islice(stream, rows):
        write("" if value != value else value for value in row)  # what is not itself is missing
        sys.stdout.flush()


def _account(stream: kd.Stream, rows: int | None) -> None:
    gaps = stream.gaps
    for row in range(len(gaps)):
        start, end, reason, codes, missed = gaps.iloc[row]
        volume = "" if pd.isna(missed) else f"; missed volume {missed:,}"
        until = "the end" if pd.isna(end) else f"{end:%H:%M:%S}"
        say(f"gap {start:%H:%M:%S} to {until}, {reason}: {' '.join(codes)}{volume}")
    came = int(stream.stats["received"])
    told = counted(len(gaps), "gap") if len(gaps) else "no gaps"
    say(f"{counted(came if rows is None else min(came, rows), 'row')}, {told}.")
