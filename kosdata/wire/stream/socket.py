"""The WebSocket itself: frames in at full speed, texts out, and how it ended."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from picows import (
    WSCloseCode,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSParsedURL,
    WSTransport,
    ws_connect,
)

from kosdata.settings import is_loopback
from kosdata.wire.stream.intake import Intake
from kosdata.wire.stream.messages import Message

__all__ = ["MOST_BYTES", "Closed", "Line", "Unreachable", "connect"]

MOST_BYTES: Final = 4 * 2**20
"""Bytes that a message may have."""

_READ_BUFFER: Final = 64 * 1024
_PROTOCOL: Final = WSCloseCode.PROTOCOL_ERROR.value
_UNSAID: Final = 1005
_ABNORMAL: Final = 1006
_INVALID: Final = WSCloseCode.INVALID_TEXT.value
_TOO_BIG: Final = WSCloseCode.MESSAGE_TOO_BIG.value
_STATUS: Final = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})\b")

# Its own debug log shows what is sent, and that is the key.
_SILENT = logging.Logger(f"{__name__}.picows", level=logging.CRITICAL + 1)


class Closed(NamedTuple):
    """How a connection ended: a code of the protocol, 1006 if the other side named none."""

    code: int
    reason: str


class Unreachable(Exception):
    """No connection came about.

    Attributes
    ----------
    status : int or None
        HTTP status that the service answered with.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class Line(WSListener):
    """One connection; what comes goes into an intake, and nothing that comes raises.

    Parameters
    ----------
    intake : Intake
        Takes the messages.
    heard : callable
        Shown every message that is no push.
    arrived : callable
        Told after each read of the socket, once its rows are stamped.
    stirred : callable
        Told of a pong, and of the end.

    Attributes
    ----------
    last_heard, heard_at : float, int
        When anything came last: in seconds of the loop, and in microseconds since 1970.
    has_pong : bool
        Whether a ping was ever answered.
    closed : Closed or None
        How it ended.
    fault : Exception or None
        What whoever was shown a message has raised.
    """

    def __init__(
        self,
        intake: Intake,
        *,
        heard: Callable[[Message], object],
        arrived: Callable[[], object],
        stirred: Callable[[], object],
    ) -> None:
        self._intake = intake
        self._heard = heard
        self._arrived = arrived
        self._stirred = stirred
        self._loop = asyncio.get_running_loop()
        self._is_special = False  # within a message of several frames, or after the last frame that counts
        self._fragments = bytearray()
        self._transport: WSTransport | None = None
        self._stated: Closed | None = None
        self.last_heard = self._loop.time()
        self.heard_at = intake.clock()
        self.has_pong = False
        self.closed: Closed | None = None
        self.fault: Exception | None = None

    # Called by picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        intake = self._intake
        rows = intake.rows
        try:
            if self._is_special:
                self._look_at(frame)
            elif intake.is_bundled:
                rows.extend(intake.decode(frame.get_payload_as_bytes()))
            else:
                rows.append(intake.decode(frame.get_payload_as_bytes()).params)
        except Exception:  # noqa: BLE001 - what is no common push is looked at with patience
            self._look_at(frame)
        if (frame.last_in_buffer or len(rows) >= intake.many) and self._stated is None:
            self._take_note()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._intake.stamp()
        self.closed = self._stated or _complaint(transport) or Closed(_ABNORMAL, "connection lost")
        self._stirred()

    # Called by whoever holds the line

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that the service answered the handshake with."""
        found: Mapping[str, str] = {} if self._transport is None else self._transport.response.headers
        return found

    def send(self, text: str) -> None:
        """Send a text; nothing happens on a line that is closed."""
        if self._transport is not None and self.closed is None:
            self._transport.send(WSMsgType.TEXT, text.encode())

    def ping(self) -> None:
        """Send a ping."""
        if self._transport is not None and self.closed is None:
            self._transport.send_ping()

    def close(self) -> None:
        """Say goodbye and hang up."""
        if self._transport is not None and self.closed is None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def abort(self) -> None:
        """Hang up at once, on a line that answers nothing."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # ------------------------------------------------------------------------------------------------------------------

    def _take_note(self) -> None:
        at = self._intake.clock()
        if self._stated is None:
            self.last_heard = self._loop.time()
            self.heard_at = at
        self._intake.stamp(at)
        self._arrived()

    def _look_at(self, frame: WSFrame) -> None:
        if self._stated is not None:
            return
        try:
            match frame.msg_type:
                case _ if frame.rsv1 or frame.rsv2 or frame.rsv3:
                    self._fail(_PROTOCOL, "reserved bits")
                case WSMsgType.PONG:
                    self.has_pong = True
                    self._stirred()
                case WSMsgType.PING:  # not answered by picows, so that it is heard
                    if self._transport is not None and not self._transport.underlying_transport.is_closing():
                        self._transport.send_pong(frame.get_payload_as_bytes())
                case WSMsgType.CLOSE:
                    self._hang_up(frame.get_payload_as_bytes())
                case WSMsgType.CONTINUATION if self._is_special:
                    self._join(frame)
                case WSMsgType.CONTINUATION:
                    # The message had ended with its first part, as far as it can be read.
                    if frame.get_payload_as_bytes().strip():
                        self._intake.spoil("fragment", frame.get_payload_as_bytes())
                case _ if self._is_special:
                    self._fail(_PROTOCOL, "a message within a message")
                case _ if frame.fin:
                    self._read(frame.get_payload_as_bytes())
                case _:
                    self._is_special = True
                    self._join(frame)
        except Exception as error:  # noqa: BLE001 - picows would hang up
            self._intake.spoil("frame", repr(error))

    def _join(self, frame: WSFrame) -> None:
        self._fragments += frame.get_payload_as_bytes()
        if len(self._fragments) > MOST_BYTES:
            self._fail(_TOO_BIG, "oversize")
        elif frame.fin:
            whole, self._fragments = bytes(self._fragments), bytearray()
            self._is_special = False
            self._read(whole)

    def _read(self, payload: bytes) -> None:
        message = self._intake.message(payload)
        if message is not None and self.fault is None:
            try:
                self._heard(message)
            except Exception as error:  # noqa: BLE001 - ours, and not the service's
                self.fault = error
                self._stirred()

    def _fail(self, code: int, reason: str) -> None:
        """Hang up on what cannot be read on: what follows it is not a part of a whole any more."""
        self._end(Closed(code, reason))
        self.abort()

    def _hang_up(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else _UNSAID
        self._end(Closed(code, self._intake.shown(payload[2:].decode("utf-8", "replace"))))
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def _end(self, stated: Closed) -> None:
        # A goodbye is no sign of life: whoever says it may have been cut off from the market for a while.
        if self._intake.is_unstamped:
            self._take_note()
        self._stated = stated
        self._is_special = True
        self._fragments = bytearray()


async def connect(url: str, line: Callable[[], Line]) -> Line:
    """Return a line to the service, once the handshake is done; whoever cancels this leaves no socket behind.

    Raises
    ------
    Unreachable
        If none came about.
    """
    dialled: list[socket.socket] = []

    async def dial(to: WSParsedURL) -> socket.socket:
        dialled.append(await _dial(to.host, to.port))
        return dialled[-1]

    opening = asyncio.ensure_future(
        ws_connect(
            line,
            url,
            logger_name=_SILENT,
            disconnect_on_exception=False,
            enable_auto_pong=False,
            websocket_handshake_timeout=None,
            max_frame_size=MOST_BYTES,
            max_redirects=0,  # the key follows the handshake, and it goes nowhere else
            proxy=_proxy(url),
            read_buffer_init_size=_READ_BUFFER,
            socket_factory=dial,
        )
    )
    try:
        _, found = await asyncio.shield(opening)
    except asyncio.CancelledError:
        await _given_up(opening, dialled)
        raise
    except WSHandshakeError as error:
        # Also of an answer that picows does not read, such as one of HTTP/1.0.
        said = _STATUS.match(error.raw_header or b"")
        raise Unreachable(f"HTTP {int(said[1])}" if said else "no WebSocket handshake", said and int(said[1])) from None
    except Exception as error:  # noqa: BLE001 - names, sockets, TLS and proxies have each their own
        raise Unreachable(str(error) or type(error).__name__) from None
    if not isinstance(found, Line):
        raise Unreachable("closed during the handshake")
    return found


async def _given_up(opening: asyncio.Future[Any], dialled: list[socket.socket]) -> None:
    """End an attempt to connect: picows would leave its transport open if its own waiting were cancelled."""
    for each in dialled:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    if not dialled:
        opening.cancel()
    await asyncio.wait([opening])
    if not opening.cancelled() and opening.exception() is None and opening.result()[1] is not None:
        opening.result()[1].abort()


async def _dial(host: str, port: int) -> socket.socket:
    """Return a socket to the first address of a host that answers."""
    loop, failure = asyncio.get_running_loop(), OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        found = socket.socket(family, kind, protocol)
        found.setblocking(False)
        try:
            await loop.sock_connect(found, address)
        except OSError as error:
            found.close()
            failure = error
        except BaseException:
            found.close()
            raise
        else:
            return found
    raise failure


def _complaint(transport: WSTransport) -> Closed | None:
    """Return what picows itself found wrong with what came, and has told the other side."""
    told = None if transport.close_handshake is None else transport.close_handshake.sent
    if told is None or told.code.value not in (_PROTOCOL, _INVALID, _TOO_BIG):
        return None
    return Closed(told.code.value, "oversize" if told.code.value == _TOO_BIG else str(told.reason))


def _proxy(url: str) -> str | None:
    parts = urlsplit(url)
    if is_loopback(parts.hostname) or proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get("https" if parts.scheme == "wss" else "http")
