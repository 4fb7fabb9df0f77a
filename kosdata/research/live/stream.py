"""A stream as its user holds it."""

from __future__ import annotations

import operator
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import pandas as pd

from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError
from kosdata.research.instruments import codes_of
from kosdata.research.live.about import About
from kosdata.research.live.alive import close_at_exit
from kosdata.research.live.backfill import backfill
from kosdata.research.live.bringer import Bringer
from kosdata.research.live.charts import follow
from kosdata.research.live.ingest import Ingest
from kosdata.research.live.latest import latest
from kosdata.research.live.readers import deliver, iterate
from kosdata.research.live.recording import Recorder
from kosdata.wire.stream.intake import Intake

if TYPE_CHECKING:
    from kosdata.frame.bars import Freq
    from kosdata.frame.plot import LiveChart
    from kosdata.frame.plot.canvas import Target

__all__ = ["Stream"]

C = TypeVar("C", bound=Callable[[pd.DataFrame], Any])


class Stream:
    """Rows that arrive, as a frame that can be looked at at any time.

    Made by `stream_to_frame` and `replay`. A context manager; it also ends when it is no longer referred to, or when
    the interpreter does. Every method may be called from any thread.

    See Also
    --------
    stream_to_frame : Open one.
    """

    def __init__(self, ingest: Ingest, intake: Intake, bringer: Bringer, about: About) -> None:
        self._ingest = ingest
        self._intake = intake
        self._bringer = ingest.bringer = bringer
        self._about = about
        self._codes = dict.fromkeys(about.head.codes)
        self._lock = threading.Lock()
        # Threads hold what they need, and not this: so that it can be dropped like any other object.
        self._end = weakref.finalize(self, bringer.abandon)
        self._end.atexit = False
        close_at_exit(self)

    # Rows -----------------------------------------------------------------------------------------------------------

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that are kept, in the order of their arrival.

        A snapshot: it costs microseconds at any size, never changes afterwards, and what is written into it stays in
        it. Holding many old ones holds their memory; a ``.copy()`` lets go of it.
        """
        return self._ingest.snapshot()

    @property
    def latest(self) -> pd.DataFrame:
        """The newest row of each code, indexed by ``code``, or the state of it that the service told since."""
        return self._ingest.dressed(latest(self._ingest.snapshot(), self._intake.images, self._ingest.schema))

    def __len__(self) -> int:
        return len(self._ingest.rolling)

    def __iter__(self) -> Iterator[Any]:
        """Return an iterator over rows as named tuples: those that are kept, then new ones, until the stream ends."""
        reader = self._ingest.reader()
        ingest = self._ingest

        # Whoever iterates keeps the stream open, also one that has no other name.
        def each(stream: Stream = self) -> Iterator[Any]:
            yield from iterate(reader, partial(ingest.wait_for, is_hasty=False))

        rows = each()
        # Also one that was never begun.
        weakref.finalize(rows, ingest.dismiss, reader)
        return rows

    def wait(self, rows: int = 1, timeout: float | None = None) -> bool:
        """Wait until so many rows have come since the stream began.

        Parameters
        ----------
        rows : int, default 1
            How many, those included that have left the window.
        timeout : float, optional
            Seconds to wait at most; for ever by default.

        Returns
        -------
        bool
            Whether they have come; also False if the stream ends before.

        Raises
        ------
        KosError
            If the stream has failed before they came.
        """
        # Also those of numpy.
        if isinstance(rows, bool) or not hasattr(rows, "__index__") or operator.index(rows) < 0:
            raise ArgumentError(f"rows={rows!r} is no number of rows to wait for: write 100.")
        if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float)):
            raise ArgumentError(f"timeout={timeout!r} is no number of seconds.")
        ingest = self._ingest
        ingest.wait_until(lambda: ingest.rolling.total >= rows or ingest.has_ended, timeout, rows=rows)
        if ingest.rolling.total >= rows:
            return True
        if ingest.error is not None:
            raise ingest.error
        return False

    def on(self, callback: C) -> C:
        """Call a function with every batch of rows, as a frame, in a thread of its own.

        It begins with the rows that are kept. However slow it is, it holds up nothing: it is given what has come
        meanwhile, and only what has left the window by then is dropped, counted in `stats` and listed in `gaps` with
        the reason ``overflow``. What it raises is logged under ``kosdata.stream``, and the stream goes on.

        Parameters
        ----------
        callback : callable
            Takes a frame of new rows, in the order of their arrival.

        Returns
        -------
        callable
            The function itself, so that this serves as a decorator.
        """
        if not callable(callback):
            raise ArgumentError(f"{callback!r} is no function that takes a frame.")
        reader = self._ingest.reader()
        thread = threading.Thread(
            target=deliver,
            args=(reader, callback, self._ingest.wait_for, self._ingest.dressed),
            name="kosdata-callback",
            daemon=True,
        )
        thread.start()
        return callback

    def plot(self, freq: Freq | None = None, *, every: float = 1.0, ax: Target = None, **options: Any) -> LiveChart:
        """Return a chart of the rows that are kept, which draws itself anew as more come.

        Parameters
        ----------
        freq : str, int or Timedelta, optional
            Length of a bar, such as ``"1min"``, which is what ticks make by default.
        every : float, default 1.0
            Seconds between two drawings at least.
        ax : Axes, sequence of Axes or Figure, optional
            Where to draw: in a window, whose own loop then draws it, or anywhere else, where a thread does. A figure of
            its own by default, which a notebook shows.
        **options
            Those of ``df.kos.plot``.

        Returns
        -------
        LiveChart
            ``draw()`` draws at once, ``save(path)`` keeps the picture in a file while it is drawn anew.

        Raises
        ------
        ArgumentError
            If an option is wrong, or the codes of the stream make no such picture. What only rows can tell is said in
            the chart, and logged under ``kosdata.stream``.
        """
        from kosdata.frame.plot import LiveChart

        chart = LiveChart(self._ingest.snapshot, freq=freq, ax=ax, **options)
        follow(self._ingest, chart, every)
        return chart

    # What is followed -----------------------------------------------------------------------------------------------

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes that are followed; none named for a whole market."""
        return tuple(code for code in self._codes if code not in self._ingest.refusals)

    def add(self, codes: str | Iterable[str]) -> None:
        """Follow more codes.

        Parameters
        ----------
        codes : str or list of str
            Codes of the products that the stream has already.

        Raises
        ------
        ArgumentError
            If they are too many, or rows of theirs have other columns.
        """
        given, _ = codes_of(codes)
        with self._lock:
            self._check_open("add")
            new = [code for code in given if code not in self._codes]
            self._about.check(new)
            limit = self._about.limit
            if limit is not None and len(self._codes) + len(new) > limit:
                raise ArgumentError(
                    f"{len(self._codes)} codes are registered and {len(new)} more make "
                    f"{len(self._codes) + len(new)}; this stream may have {limit}. Open it with more sessions=."
                )
            self._bringer.add(new)
            self._codes |= dict.fromkeys(new)
            self._ingest.expect(new)

    def remove(self, codes: str | Iterable[str]) -> None:
        """Follow some codes no longer; their rows stay.

        Parameters
        ----------
        codes : str or list of str
            Codes that are followed.
        """
        given, _ = codes_of(codes)
        with self._lock:
            self._check_open("remove")
            unknown = [code for code in given if code not in self._codes]
            if unknown:
                raise ArgumentError(f"{', '.join(unknown)} is not followed by this stream.")
            self._bringer.remove(given)
            self._ingest.forget(given, self._intake.clock())
            for code in given:
                del self._codes[code]

    # What was missed ------------------------------------------------------------------------------------------------

    @property
    def gaps(self) -> pd.DataFrame:
        """What was missed, one row a gap: ``start end reason codes missed_volume``.

        ``start`` and ``end`` (``datetime64[us, Asia/Seoul]``) are an open interval, in the time of the trades as far as
        they have one, and of their receipt where rows ``overflow``; a gap without an end goes on.
        ``codes`` is a tuple. ``missed_volume`` (``Int64``) is what the day's volume rose by and no row explains;
        missing where no volume tells. Reasons: how a connection ended; ``volume``: trades are missing though it did
        not; ``overflow``: a callback or an iterator was too slow, the rows had come; ``refused``.
        """
        self._ingest.counts()
        return self._ingest.gaps.frame(self.codes)

    def backfill(self, *, interval: str | None = None) -> pd.DataFrame:
        """Return the intraday bars that lie in the gaps, asked of REST.

        Parameters
        ----------
        interval : str, optional
            Length of the bars. By default ten seconds for short gaps, else a minute.

        Returns
        -------
        DataFrame
            Indexed by ``code`` and ``time``: ``open high low close volume value``, and ``gap``, the row of `gaps` that
            the bar lies in. A gap without rows here was not filled; ``attrs`` count both.

        Raises
        ------
        KosError
            If the key, its contract or the quota do not allow it.
        """
        return backfill(self.gaps, self.codes, client=self._about.client, interval=interval)

    @property
    def malformed(self) -> pd.DataFrame:
        """Samples of what could not be read, the newest twenty: ``received reason sample``."""
        samples = list(self._intake.samples)
        received = pd.DatetimeIndex([each.received * 1000 for each in samples], tz=SEOUL).as_unit("us")
        return pd.DataFrame(
            {
                "received": received,
                "reason": pd.array([each.reason for each in samples], dtype="str"),
                "sample": pd.array([each.sample for each in samples], dtype="str"),
            }
        )

    @property
    def stats(self) -> pd.Series:
        """What was counted, how the rows come and why so, or why they do not: one value a name.

        Each row that was ``received`` is ``kept``, was ``evicted`` when the window moved on, or was ``dropped``: it
        left before a callback or an iterator had read it.
        """
        ingest, head = self._ingest, self._about.head
        trouble = self._bringer.trouble if ingest.gaps.is_broken else ""
        found: dict[str, Any] = {
            "transport": self._about.transport,
            "why": "; ".join(filter(None, (self._about.why(), trouble))),
            "state": self.state,
            "source": head.source,
            **ingest.counts(),
            "malformed": sum(self._intake.malformed.values()),
            **{f"malformed_{reason}": count for reason, count in sorted(self._intake.malformed.items())},
            "repaired": self._intake.repaired,
            "images": len(self._intake.images),
            "reconnects": self._bringer.reconnects,
            "gaps": ingest.gaps.count,
            "gaps_forgotten": ingest.gaps.forgotten,
            "codes": len(self.codes),
            "refused": len(ingest.refusals),
        }
        return pd.Series(found, name="stats", dtype=object)

    @property
    def holds_session(self) -> bool:
        """Whether the stream has a session of the key, of which the service gives one."""
        return self._about.transport == "ws" and self._end.alive and not self._ingest.has_ended

    @property
    def state(self) -> str:
        """``open``, ``broken`` (it will come back), ``ended``, ``closed`` or ``failed``, and why."""
        ingest = self._ingest
        if ingest.error is not None:
            return f"failed: {ingest.error}"
        if not self._end.alive:
            return "closed"
        if ingest.has_ended:
            return "ended"
        return "broken" if ingest.gaps.is_broken else "open"

    # Beginning and end ----------------------------------------------------------------------------------------------

    def record(self, path: str | PathLike[str] | None, *, overwrite: bool = False) -> Self:
        """Write every message from now on to a file, which `replay` plays again.

        Parameters
        ----------
        path : str, Path or None
            File to write; None ends a recording.
        overwrite : bool, default False
            Replace a file that exists.

        Returns
        -------
        Stream
            The stream itself.

        Raises
        ------
        ArgumentError
            If there is a file of that name already, or the stream has ended.
        StoreError
            If it cannot be written.
        """
        with self._lock:
            if path is None:
                self._ingest.record(None)
                return self
            self._check_open("record")
            head = self._about.head._replace(codes=tuple(self._codes))
            self._ingest.record(Recorder(path, head, secret=self._about.secret, overwrite=overwrite))
        return self

    def close(self) -> None:
        """End the stream; its rows can still be read. No effect on one that is closed."""
        if self._end.detach() is not None:
            self._bringer.stop()
            self._ingest.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("A stream has threads and cannot be copied or pickled: take its frame.")

    def __repr__(self) -> str:
        head = self._about.head
        what = head.market or (", ".join(head.codes[:3]) + (" ..." if len(head.codes) > 3 else ""))
        return f"<Stream {head.preset} of {what}, {self._about.transport}: {len(self):,} rows, {self.state}>"

    def _check_open(self, what: str) -> None:
        if not self._end.alive or self._ingest.has_ended:
            raise ArgumentError(f"This stream has ended: open another one instead of {what}().")
        if what != "record" and self._about.head.market is not None:
            raise ArgumentError("This stream is of a whole market; codes are neither added nor removed.")
