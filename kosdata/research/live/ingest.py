"""Where everything that a stream brings comes together: rows, gaps, counts, and whoever waits for them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from kosdata.errors import KosError, StreamError
from kosdata.frame.pushes import Schema, typed
from kosdata.frame.rolling import RollingFrame
from kosdata.research.live.bringer import Bringer, Part
from kosdata.research.live.gaps import Gaps
from kosdata.research.live.readers import Reader
from kosdata.research.live.recording import Recorder
from kosdata.research.live.volumes import Volumes
from kosdata.wire.stream.intake import Intake

__all__ = ["Ingest"]

_NAT: Final = np.iinfo(np.int64).min
_OLD: Final = 12 * 3_600_000_000  # microseconds; what is older when it comes is of another session
_LAST_WORDS: Final = 1.0  # seconds in which a closed stream still hands out what it holds


class Ingest:
    """Rows, gaps and counts of one stream. One thread brings, any number read.

    Parameters
    ----------
    schema : Schema
        Columns of the frame.
    intake : Intake
        Where rows come from.
    codes : iterable of str
        Codes that are known beforehand.
    maxlen, window : int or None, timedelta or None
        What bounds the rows that are kept.
    origin : mapping
        What the frames say of where they come from.

    Attributes
    ----------
    rolling : RollingFrame
        The rows.
    gaps : Gaps
        What was missed.
    error : KosError or None
        Why the stream has failed.
    refusals : dict of str to str
        Codes that the service does not serve, and what it said.
    parts_ready : set of Part
        Sessions whose key was accepted, or what else brings rows and has begun.
    bringer : Bringer or None
        What brings the rows, which the stream tells.
    """

    def __init__(
        self,
        schema: Schema,
        intake: Intake,
        *,
        codes: Iterable[str],
        maxlen: int | None,
        window: timedelta | None,
        origin: Mapping[str, Any],
    ) -> None:
        self.rolling = RollingFrame(schema.columns, maxlen=maxlen, window=window)
        self.rolling.expect("code", codes)
        self.gaps = Gaps()
        self.error: KosError | None = None
        self.refusals: dict[str, str] = {}
        self.parts_ready: set[Part] = set()
        self.bringer: Bringer | None = None
        self.recorder: Recorder | None = None
        self.has_ended = False
        self.schema = schema
        self._intake = intake
        self._origin = dict(origin)
        self._volumes = Volumes(self.gaps) if {"size", "volume"} <= schema.fields.keys() else None
        self._readers: list[Reader] = []
        self._left: deque[tuple[Reader, int]] = deque()  # and the oldest row when they left
        self._missed: list[tuple[int, int]] = []  # by readers that have left: the first and the end of each run
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self._wanted: dict[object, int] = {}  # by whoever waits: the rows that it waits for
        self._closed_at: float | None = None
        self._began = 0  # when the first row was received
        self._newest = 0  # the latest time of a row
        self._lag = 0  # how much later the last rows were received, at most, by the exchange's clock
        self._ahead = 0  # how far the exchange's clock is ahead of ours, by the trades that came before they happened

    # What a feed calls

    def flush(self) -> None:
        """Put what has come into the frame."""
        with self._writing:
            came = self._write()
        if came and any(rows <= self.rolling.total for rows in list(self._wanted.values())):
            self._tell()

    def ready(self, of: Part, at: int) -> None:
        """Take note that the service accepted the key."""
        self.flush()
        self.parts_ready.add(of)
        if self.recorder is not None and self.bringer is not None and self.bringer.connected_at:
            self.recorder.ready(at, self.bringer.connected_at)
        if not of.codes:
            self._is_back(of, at, None)
        self._tell()

    def back(self, of: Part, at: int) -> None:
        """Take note that whatever brings rows has come back."""
        self.flush()
        self._is_back(of, at, None)

    def forget(self, codes: Iterable[str], at: int) -> None:
        """Take note that some codes are followed no longer."""
        self.flush()
        self.gaps.leave(codes, at)
        if self._volumes is not None:
            names = list(self.rolling.categories("code"))
            with self._writing:
                self._volumes.forget([names.index(code) for code in codes if code in names])

    def held(self, of: Part, code: str, at: int) -> None:
        """Take note that pushes of an issue come from now on."""
        self.flush()
        self._is_back(of, at, (code,))
        self._tell()

    def refused(self, of: Part, code: str, text: str, at: int) -> None:
        """Take note that an issue is not served: a gap that does not end."""
        self.flush()
        self.refusals[code] = text
        self.gaps.lost(at, None, f"refused: {text}", (code,))
        self._tell()

    def broke(self, of: Part, at: int, reason: str) -> None:
        """Take note that nothing was heard after a moment."""
        self.flush()
        # Trades have their time from the exchange, whose clock is another one: what was lost may be older than the
        # last thing that was heard, by as much as the last rows were when they came; but those came.
        at += self._ahead
        start = min(at, max(self._newest, at - self._lag))
        codes = tuple(of.codes)
        self.gaps.begin(of, start, reason, codes)
        if self.recorder is not None:
            self.recorder.broke(start, reason, codes)
        self._tell()

    def image(self, row: Mapping[str, Any]) -> None:
        """Take the present state of an issue, which is no trade."""
        self.flush()
        told = self._intake.image(row)
        if self._volumes is None or not isinstance(told.get("code"), str | int):
            return
        at = self._intake.clock()
        arrays, unread = typed(self.schema, {"size": [0], **{n: [v] for n, v in told.items()}}, np.array([at]))
        if not unread:
            with self._writing:
                self.rolling.expect("code", arrays["code"])
                names = self.rolling.categories("code")
                of, total = names.index(arrays["code"][0]), float(arrays["volume"][0])
                self._volumes.image(names, of, total, int(arrays["time"][0]), at)

    def failed(self, error: KosError) -> None:
        """Take note that nothing will come any more, and why."""
        self.error = self.error or error
        self.ended()

    def ended(self) -> None:
        """Take note that nothing will come any more."""
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, and of the end
            self.error = self.error or StreamError(f"The last rows could not be taken: {type(error).__name__}: {error}")
        self.has_ended = True
        self.record(None)
        self._tell()

    # What a stream calls

    def snapshot(self) -> pd.DataFrame:
        """Return the rows that are kept, with those that wait if nobody else is about to write them."""
        came = False
        if self._intake.waiting and self._writing.acquire(blocking=False):
            try:
                came = self._write()
            finally:
                self._writing.release()
        if came:
            self._tell()
        return self.dressed(self.rolling.snapshot())

    def dressed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame that says where it comes from."""
        frame.attrs["kosdata"] = dict(self._origin)
        return frame

    def expect(self, codes: Iterable[str]) -> None:
        """Make codes known before their rows come."""
        self.rolling.expect("code", codes)

    def record(self, recorder: Recorder | None) -> None:
        """Write what comes from now on to a file, or to none."""
        with self._writing:
            before, self.recorder = self.recorder, recorder
            self._intake.tapped(recorder)
        if before is not None:
            before.close()

    def close(self) -> None:
        """Let whoever reads come to an end."""
        self._closed_at = time.monotonic()
        self.ended()

    def reader(self) -> Reader:
        """Return a new place in the stream, at the oldest row that is kept."""
        reader = Reader(self.rolling, self.gaps, lambda: self._began)
        self._readers.append(reader)
        return reader

    def dismiss(self, reader: Reader) -> None:
        """Take note that a reader will not read on; takes no lock, for the garbage collector may call this."""
        self._left.append((reader, self.rolling.first))

    def wait_for(self, reader: Reader, *, is_hasty: bool = True) -> bool:
        """Wait until there is something to read; return False if there will not be, or soon after a close if hasty."""
        self.wait_until(lambda: reader.is_behind or self.has_ended, rows=reader.next + 1)
        is_late = is_hasty and self._closed_at is not None and time.monotonic() - self._closed_at > _LAST_WORDS
        return reader.is_behind and not is_late

    def wait_until(self, holds: Callable[[], bool], timeout: float | None = None, *, rows: int | None = None) -> bool:
        """Wait until something holds, for which so many rows must have come if any; return whether it does."""
        me = object()
        with self._changed:
            if rows is not None:
                self._wanted[me] = rows
            try:
                return self._changed.wait_for(holds, timeout)
            finally:
                self._wanted.pop(me, None)

    def wait_past(self, rows: int) -> int:
        """Wait until more rows have come than so many; return how many, or 0 if there will be no more."""
        self.wait_until(lambda: self.rolling.total > rows or self.has_ended, rows=rows + 1)
        return self.rolling.total if self.rolling.total > rows else 0

    def counts(self) -> dict[str, int]:
        """Return what has become of the rows, each of which is counted once."""
        with self._writing:
            pass  # rows can be seen a moment before it is told what gaps before them have cost
        while self._left:
            reader, first = self._left.popleft()
            self._missed += reader.missed(first)
            self._readers.remove(reader)
        dropped = _length(self._missed + [run for reader in list(self._readers) for run in reader.missed()])
        first, total = self.rolling.first, self.rolling.total
        return {"received": total, "kept": total - first, "evicted": first - dropped, "dropped": dropped}

    # ------------------------------------------------------------------------------------------------------------------

    def _is_back(self, of: Part, received: int, codes: tuple[str, ...] | None) -> None:
        # Trades that came before they happened show that the exchange's clock is ahead. If it is behind, the first row
        # to come says so.
        at = received + self._ahead
        if self.recorder is not None and self.gaps.is_broken:
            self.recorder.back(at, codes or ())
        self.gaps.back(of, at, codes)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _write(self) -> bool:
        batch = self._intake.take()
        if self.recorder is not None:
            self.recorder.write()
        if not batch.marks:
            return False
        times = np.array(batch.marks, dtype=np.int64)
        received = np.repeat(times[:, 1], times[:, 0])
        arrays, unread = typed(self.schema, batch.columns, received)
        for position in unread:
            self._intake.spoil("row", {name: column[position] for name, column in batch.columns.items()})
        count = len(arrays["received"])
        if not count:
            return False
        self._began = self._began or int(arrays["received"][0])
        numbers = self.rolling.append(arrays)
        newest = int(arrays["time"].max())  # of a row that has one
        if int(arrays["received"][-1]) - newest < _OLD:
            lags = (arrays["received"] - arrays["time"])[arrays["time"] != _NAT]
            self._newest, self._ahead = max(self._newest, newest), max(self._ahead, -int(lags.min()))
            self._lag = int(lags.max()) + self._ahead
        if self.gaps.has_open or (self.bringer is not None and self.bringer.is_unconfirmed):
            self._notice(arrays)
        # Then: what a gap has cost is told once, and with that it is settled.
        if self._volumes is not None:
            names = self.rolling.categories("code")
            self._volumes.check(
                names, numbers["code"], arrays["size"], arrays["volume"], arrays["time"], arrays["received"]
            )
        return True

    def _notice(self, arrays: Mapping[str, Any]) -> None:
        connected = 0 if self.bringer is None else self.bringer.connected_at + self._ahead - self._lag
        received = arrays["received"] + self._ahead
        own = np.where(arrays["time"] == _NAT, received, arrays["time"])
        at = np.minimum(received, np.maximum(own, connected)).tolist()
        codes = dict(zip(reversed(arrays["code"]), reversed(at), strict=True))  # the first of each
        self.gaps.arrived({code: codes[code] for code in reversed(codes)}, connected)
        if self._volumes is None:
            self.gaps.untold(codes)
        if self.bringer is not None and self.bringer.is_unconfirmed:
            self.bringer.seen(codes)


def _length(runs: list[tuple[int, int]]) -> int:
    """Return how many numbers lie in any of the runs."""
    length, reached = 0, 0
    for first, end in sorted(runs):
        length += max(0, end - max(first, reached))
        reached = max(reached, end)
    return length
