"""Streams are opened here: what the user asks is checked, and the way that its rows come is chosen."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError
from kosdata.research.live.asked import Bounds, bounds, items_of, sessions_of, shape_of, source_of, target
from kosdata.research.live.polling import pause_of
from kosdata.research.live.recording import Head, Recorder, head, located, recorded
from kosdata.research.live.stream import Stream
from kosdata.research.live.transports import Transport, Wish, fed
from kosdata.wire.client import Client, current

__all__ = ["replay", "stream_to_frame"]

Preset: TypeAlias = Literal["tick", "quote", "tick10", "quote10", "index", "change"]

_FOR_EVER: Final = timedelta(days=36_500)

_Key: TypeAlias = tuple[str | frozenset[str], str, tuple[str, ...]]


class _Opened:
    """The streams of one client, opened one after the other."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.streams: weakref.WeakValueDictionary[_Key, Stream] = weakref.WeakValueDictionary()


# One session a key: a notebook cell that is run again must not fight over it with the stream of its first run.
_opened: weakref.WeakKeyDictionary[Client, _Opened] = weakref.WeakKeyDictionary()


@contextmanager
def _streams_of(client: Client) -> Iterator[weakref.WeakValueDictionary[_Key, Stream]]:
    opened = _opened.setdefault(client, _Opened())
    with opened.lock:
        yield opened.streams


def stream_to_frame(
    codes: str | Iterable[str] | None = None,
    *,
    preset: Preset = "tick",
    items: Sequence[str] = (),
    maxlen: int | None = 100_000,
    window: str | timedelta | None = None,
    transport: Transport = "auto",
    sessions: int = 1,
    interval: float | None = None,
    source: Iterable[Any] | None = None,
    record: str | Path | None = None,
    client: Client | None = None,
) -> Stream:
    """Return a stream of rows as they happen, gathered in a frame.

    Parameters
    ----------
    codes : str or list of str
        Codes of one kind of product, or a whole market: ``"kospi"``, ``"kosdaq"`` (``tick`` alone). May be left out
        with `source`.
    preset : {"tick", "quote", "tick10", "quote10", "index", "change"}, default "tick"
        What of them: each trade; the best bid and ask; a trade with the day so far; ten levels of orders (five of
        futures and options); the level of an index; or chosen `items` whenever one of them changes.
    items : sequence of str, optional
        What ``change`` is of: columns of ``tick10`` and ``quote10``, or their wire names.
    maxlen : int or None, default 100_000
        Rows that are kept at most.
    window : str or timedelta, optional
        Rows that were received longer than this before the newest one leave, for example ``"15min"``.
    transport : {"auto", "ws", "poll"}, default "auto"
        ``ws`` is the service's own stream. ``poll`` asks REST for snapshots, as often as the day's quota allows, for
        gateways that have none: a row then stands for all trades since the round before, its ``size`` is what the
        day's volume rose by, and prices between two rounds are not seen. ``auto`` tries the first, then the second;
        `Stream.stats` says which it is and why.
    sessions : int, default 1
        Sessions to spread the codes over; each may have 200 (20 in the sandbox), and KOSCOM bills each.
    interval : float, optional
        Seconds between two polls at least; 3 by default.
    source : iterable, optional
        Messages to read instead, live or saved: text, bytes or parsed.
    record : str or Path, optional
        File to write every message to, from the first one on: see `Stream.record`.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    Stream
        Its ``frame`` is indexed by ``time`` (``datetime64[us, Asia/Seoul]``, the exchange's). Of ticks: ``code``
        (category), ``price`` (float64, won or points), ``size`` (int64, shares or contracts), ``volume`` and ``value``
        (float64: the day's, in shares or contracts and won; missing where they are not sent), ``signal`` (category)
        and ``received`` (``datetime64[us, Asia/Seoul]``). Of anything else: ``code``, the fields of the preset
        (float64; codes as category), ``received``. Columns and dtypes stand before the first row.

    Raises
    ------
    ArgumentError
        If the call is wrong, or more codes are named than a session may have. Nothing was sent.
    StreamError
        If the service refuses the key, the codes or the connection.
    ConfigError
        If no address of a stream is known, with ``transport="ws"``.

    See Also
    --------
    replay : Play a recording.
    intraday : Bars of the day.

    Notes
    -----
    KOSCOM described the stream (``ws_issue``, ``ws_all_kospi``, ``ws_all_kosdaq``) for v2 of its API alone, and
    publishes no address of it today: name yours as ``stream_url``.

    A ``time`` is missing where the message has none: in quotes of stocks, and in rows that carry an operation signal
    instead, which ``signal`` holds. Rows stand in the order of their arrival and are never taken for the same because
    they are equal.

    A second call for the same codes and preset closes the stream of the first, so that a notebook cell can be run
    again.

    Examples
    --------
    >>> trade = '{"params": {"preset": "tick", "isuSrtCd": "005930", "trdPrc": 71000, "trdvol": 10, "trdTm": 9000125}}'
    >>> with kd.stream_to_frame(source=[trade.replace("{", '{"method": "push", ', 1)]) as stream:
    ...     stream.wait(rows=1)
    ...     next(iter(stream)).price
    True
    71000.0
    """
    market, listed = target(codes, source)
    chosen = items_of(items)
    shape = shape_of(market, listed, preset, chosen)
    keep = bounds(maxlen, window)
    choice("transport", transport, ("auto", "ws", "poll"))
    path = None if record is None else located(record)
    count = sessions_of(sessions, market)
    pause_of(interval)
    about = Head(listed, market, preset, chosen, "messages")
    _check_goes_together(transport, count, interval, source)
    if source is not None:
        given = source_of(source)
        return fed(given, about, shape, keep, recorder=None if path is None else Recorder(path, about))
    asked = client or current()
    with _streams_of(asked) as opened:
        # The order of codes makes no other stream.
        key = market or frozenset(listed), preset, chosen
        if (same := opened.get(key)) is not None:
            same.close()
        about = about._replace(source=asked.source)
        rival = next((each for each in opened.values() if each.holds_session), None)
        wish = Wish(asked, about, shape, keep, count, interval, path, rival)
        stream = opened[key] = wish.opened(transport)
    return stream


def _check_goes_together(transport: str, sessions: int, interval: float | None, source: object) -> None:
    if source is not None and (transport != "auto" or sessions > 1 or interval is not None):
        raise ArgumentError("source= brings the messages itself: leave out transport=, sessions= and interval=.")
    if transport == "poll" and sessions > 1:
        raise ArgumentError("transport='poll' needs no sessions: leave sessions= out.")
    if transport == "ws" and interval is not None:
        raise ArgumentError("interval= is for transport='poll': the service's own stream sends when it has something.")


def replay(path: str | Path, speed: float | None = None) -> Stream:
    """Return the stream that a recording makes when it is played again.

    Parameters
    ----------
    path : str or Path
        What `Stream.record` has written.
    speed : float, optional
        Seconds of the recording that pass in one; at once by default.

    Returns
    -------
    Stream
        With the frame, the times of receipt and the gaps of the stream that was recorded.

    Raises
    ------
    ArgumentError
        If `speed` is no number above 0.
    StoreError
        If the file cannot be read, or is no recording.

    See Also
    --------
    stream_to_frame : Open a stream.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> trade = {"preset": "tick", "isuSrtCd": "005930", "trdPrc": 71000, "trdvol": 10, "trdTm": 9000125}
    >>> push = '{"method": "push", "params": ' + str(trade).replace("'", '"') + "}"
    >>> with TemporaryDirectory() as folder:
    ...     with kd.stream_to_frame(source=iter([push]), record=f"{folder}/ticks.jsonl") as stream:
    ...         stream.wait(rows=1)
    ...     with kd.replay(f"{folder}/ticks.jsonl") as again:
    ...         again.wait(rows=1)
    ...         again.frame.equals(stream.frame)
    True
    True
    True
    """
    if speed is not None and (isinstance(speed, bool) or not isinstance(speed, int | float) or not speed > 0):
        raise ArgumentError(f"speed={speed!r} is no number above 0; 2 plays twice as fast, None at once.")
    where = located(path)
    about = head(where)
    shape = shape_of(about.market, about.codes, about.preset, about.items)
    return fed(recorded(where), about, shape, Bounds(None, _FOR_EVER), speed=speed)
