"""A stream as lines of CSV."""

from __future__ import annotations

import csv
import sys
import threading
from itertools import islice
from typing import Any

import pandas as pd

import kosdata as kd
from kosdata.cli.output import say
from kosdata.frame.korean import korean
from kosdata.wire.client import Client

__all__ = ["follow"]


def follow(wanted: dict[str, Any], client: Client, *, rows: int | None, seconds: float | None, lang: str) -> None:
    """Print the rows of a stream as they come, and say at the end what was missed.

    Parameters
    ----------
    wanted : dict
        Arguments of `stream_to_frame`.
    client : Client
        Whom to ask.
    rows, seconds : int, float, optional
        When to end.
    lang : str
        Language of the names.

    Raises
    ------
    KosError
        If the stream fails.
    """
    with kd.stream_to_frame(**wanted, client=client) as stream:
        if client.source == "simulator":
            say("synthetic data of a demo gateway, not the market.")
        say(f"{stream.stats['transport']}: {stream.stats['why']}. Ctrl-C ends it.")
        clock = threading.Timer(seconds or 0, stream.close)
        clock.daemon = True
        if seconds is not None:
            clock.start()
        try:
            _print(stream, rows, lang)
        finally:
            clock.cancel()
            stream.close()
            _account(stream)
        stream.wait(rows=sys.maxsize, timeout=0)  # raises why it failed, if it did


def _print(stream: kd.Stream, rows: int | None, lang: str) -> None:
    head = stream.frame.head(0)
    names = (korean(head) if lang == "ko" else head).reset_index().columns
    write = csv.writer(sys.stdout, lineterminator="\n").writerow
    write(names)
    sys.stdout.flush()
    for row in islice(stream, rows):
        write("" if value != value else value for value in row)  # what is not itself is missing
        sys.stdout.flush()


def _account(stream: kd.Stream) -> None:
    gaps = stream.gaps
    for row in range(len(gaps)):
        start, end, reason, codes, missed = gaps.iloc[row]
        volume = "" if pd.isna(missed) else f"; missed volume {missed:,}"
        until = "the end" if pd.isna(end) else f"{end:%H:%M:%S}"
        say(f"gap {start:%H:%M:%S} to {until}, {reason}: {' '.join(codes)}{volume}")
    say(f"{stream.stats['received']:,} rows, {len(gaps) or 'no'} gap{'' if len(gaps) == 1 else 's'}.")
