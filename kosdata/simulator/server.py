"""The sockets of the embedded gateway: an HTTP server on loopback, in a thread of its own, that errs when told to."""

from __future__ import annotations

import asyncio
import gzip
import logging
import math
import os
import re
import socket
import struct
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import responses
from importlib import import_module
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from kosdata.errors import ConfigError
from kosdata.settings import DEMO_SERVER, is_loopback
from kosdata.simulator.clock import Clock
from kosdata.simulator.faults import Fault, Schedule, spoiled
from kosdata.simulator.http import NO_ANSWER, Answerer, Reply, Request, redacted

if TYPE_CHECKING:
    from types import TracebackType

    from aiohttp import web

Handler: TypeAlias = "Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]"
"""Answers what is no plain request."""

__all__ = ["MOST_CONNECTIONS", "Handler", "Seen", "Server", "reset", "signature"]

MOST_CONNECTIONS = 64

_BACKLOG = 128
_LOG_LENGTH = 10_000
_WORKERS = 4
_GZIP_FROM = 1_024  # bytes
_IDLE = 75.0  # seconds that a silent connection is kept
_LINGER = 1.0  # seconds that a body which nobody reads may still arrive
_GRACE = 0.1  # seconds that answers under way are given at the end
_BUSY = math.inf  # the moment since when a busy connection is idle

_TAKES_GZIP = re.compile(r"(?:^|[\s,])gzip\s*(?:,|$|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))", re.IGNORECASE)
_PORT = re.compile(r":\d+$")
_FOREIGN = Reply(403, b'{"message":"This gateway answers programs on its own machine only"}')
_BROKEN = Reply(500, b'{"message":"An unexpected error occurred"}')

logger = logging.getLogger(__name__)


class Seen(NamedTuple):
    """One request in the log: the query without its key, and the status that was sent or `NO_ANSWER`."""

    method: str
    path: str
    query: str
    status: int


class Server:
    """Serve an answerer on a loopback port, from one background thread.

    Parameters
    ----------
    answer : callable
        From a `Request` to its `Reply`; called in worker threads.
    host : str
        Address to listen on. Any that is not loopback needs `expose`.
    port : int
        Port to listen on. By default a free one, which is kept over `stop` and `start`.
    faults : Schedule, optional
        What goes wrong, and when. An attribute, too: it may be replaced while the server runs.
    expose : bool
        Permit other machines to connect.
    sockets : mapping of str to coroutine function, optional
        Path to handler of what is no plain request there (a WebSocket): an aiohttp request in, its response out.
    now : callable, optional
        The time for the ``Date`` header, with a zone. The real time by default.
    sleep : coroutine function
        How the seconds of a fault are waited for.

    Attributes
    ----------
    requests : tuple of Seen
        The newest requests, oldest first; never a key.
    count : int
        Requests since the server was made.
    """

    def __init__(
        self,
        answer: Answerer,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Schedule | None = None,
        expose: bool = False,
        sockets: Mapping[str, Handler] | None = None,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        _require_aiohttp()
        if not is_loopback(host):
            if not expose:
                raise ConfigError(f"host={host!r} is open to other machines: pass expose=True if that is meant.")
            warnings.warn(f"The gateway on {host!r} answers other machines, in clear text.", stacklevel=2)
        self.host = host
        self.port = port
        self.faults = faults
        self._answer = answer
        self._expose = expose
        self._sockets = dict(sockets or {})
        self._now = now or Clock().now
        self._sleep = sleep
        self._log: deque[Seen] = deque(maxlen=_LOG_LENGTH)
        self._count = 0
        self._log_lock = threading.Lock()
        self._idle_since: WeakKeyDictionary[asyncio.Transport, float] = WeakKeyDictionary()
        self._thread: threading.Thread | None = None
        self._quit: Callable[[], object]

    def start(self) -> Self:
        """Listen, and answer from now on; no effect on a server that runs."""
        if self._thread is not None:
            return self
        listener = _listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        loop, stopping = asyncio.new_event_loop(), asyncio.Event()

        def run() -> None:
            with listener, asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._serve(listener, stopping))

        self._thread = threading.Thread(target=run, name="kosdata-gateway", daemon=True)
        self._thread.start()
        self._quit = lambda: loop.call_soon_threadsafe(stopping.set)
        return self

    def stop(self) -> None:
        """Close every connection and wait for the thread to end; no effect on a server that is stopped."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._quit()
        thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """Address of the REST tree, known once the server has been started."""
        return f"http://{self._authority()}"

    @property
    def stream_url(self) -> str:
        """Address of the stream: the same port."""
        return f"ws://{self._authority()}"

    @property
    def requests(self) -> tuple[Seen, ...]:
        """The newest requests, oldest first."""
        with self._log_lock:
            return tuple(self._log)

    @property
    def count(self) -> int:
        """Requests since the server was made, also those that left the log."""
        return self._count

    def _authority(self) -> str:
        if not self.port:
            raise ConfigError("The gateway has no address before it is started.")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    async def _serve(self, listener: socket.socket, stopping: asyncio.Event) -> None:
        from aiohttp import web

        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_WORKERS, "kosdata-gateway"))
        site = web.Server(
            self._handle,
            handler_cancellation=True,
            access_log=None,
            # It would print what a broken request says, and that may be a key.
            logger=logging.Logger(f"{__name__}.aiohttp", level=logging.CRITICAL + 1),
            keepalive_timeout=_IDLE,
            lingering_time=_LINGER,
            auto_decompress=False,
        )
        accepting = asyncio.create_task(self._accept(listener, site))
        await stopping.wait()
        accepting.cancel()
        site.pre_shutdown()
        await site.shutdown(_GRACE)
        for transport in self._idle_since:
            transport.abort()
        await asyncio.sleep(0)  # one round of the loop, in which the sockets are closed

    async def _accept(self, listener: socket.socket, site: web.Server) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError:  # out of file handles: who calls now waits in the backlog
                await asyncio.sleep(0.1)
                continue
            if not self._has_room():
                connection.close()
                continue
            try:
                transport, _ = await loop.connect_accepted_socket(site, connection)
            except OSError:  # gone before it was greeted
                connection.close()
            else:
                self._idle_since.setdefault(transport, loop.time())

    def _has_room(self) -> bool:
        """Return whether one more connection may be held, and close the one that was idle longest if need be."""
        held = [transport for transport in self._idle_since if not transport.is_closing()]
        if len(held) < MOST_CONNECTIONS:
            return True
        idlest = min(held, key=self._idle_since.__getitem__)
        if self._idle_since[idlest] == _BUSY:
            return False
        idlest.close()
        return True

    async def _handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        transport = raw.transport
        if transport is None:  # the client has left by now
            return _response(_BROKEN)
        self._idle_since[transport] = _BUSY
        try:
            return await self._respond(_read(raw), raw, transport)
        finally:
            self._idle_since[transport] = asyncio.get_running_loop().time()

    async def _respond(
        self, request: Request, raw: web.BaseRequest, transport: asyncio.Transport
    ) -> web.StreamResponse:
        if self._is_foreign(request):
            self._note(request, _FOREIGN.status)
            return _response(self._dressed(_FOREIGN, request))
        if request.path in self._sockets:
            return await self._converse(request, raw)
        fault = self.faults.next(request) if self.faults is not None else None
        status = NO_ANSWER
        try:
            reply = await asyncio.to_thread(self._reply, request, fault)
            status = reply.status
        finally:  # before the client sees it, and also where the client has left
            self._note(request, status)
        if fault is not None:
            await self._misbehave(fault, transport, reply, request)
        return _response(reply)

    async def _converse(self, request: Request, raw: web.BaseRequest) -> web.StreamResponse:
        self._note(request, 101)
        try:
            return await self._sockets[request.path](raw)
        except Exception as error:
            _report(request, error)
            raise

    async def _misbehave(self, fault: Fault, transport: asyncio.Transport, reply: Reply, request: Request) -> None:
        """Do to the connection what the fault says; what is left open then gets the reply."""
        head, body = _head(reply), reply.body if request.method != "HEAD" else b""
        match fault.kind:
            case "delay":
                await self._sleep(fault.seconds)
            case "refuse":
                transport.close()
            case "reset":
                reset(transport)
            case "cut":
                transport.write(head + body[: len(body) // 2])
                transport.close()
            case "trickle":
                for byte in head + body:
                    transport.write(bytes([byte]))
                    await self._sleep(fault.seconds)
                transport.close()

    def _reply(self, request: Request, fault: Fault | None) -> Reply:
        try:
            reply = spoiled(fault, lambda: self._answer(request))
        except Exception as error:  # noqa: BLE001 - whatever breaks, the gateway goes on
            _report(request, error)
            reply = _BROKEN
        return self._dressed(reply, request)

    def _dressed(self, reply: Reply, request: Request) -> Reply:
        """Return the reply as it travels: with every header but the length, and compressed if that pays."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            **signature(self._now()),
            **reply.headers,
        }
        takes_gzip = _TAKES_GZIP.search(request.headers.get("accept-encoding", ""))
        if len(reply.body) < _GZIP_FROM or "Content-Encoding" in headers or not takes_gzip:
            return replace(reply, headers=headers)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return replace(reply, body=gzip.compress(reply.body, 1, mtime=0), headers=headers)

    def _is_foreign(self, request: Request) -> bool:
        """Return whether a page of some other site may be behind a request: any can make a browser call loopback."""
        host = request.headers.get("host", "").lower()
        name = _PORT.sub("", host).strip("[]")
        # A site can point its own name here, but not an address.
        is_known = is_loopback(name) or (self._expose and (name == self.host.lower() or _is_address(name)))
        return not is_known or request.headers.get("origin", f"http://{host}").lower() != f"http://{host}"

    def _note(self, request: Request, status: int) -> None:
        with self._log_lock:
            self._log.append(Seen(request.method, redacted(request.path), redacted(request.query), status))
            self._count += 1


def reset(transport: asyncio.Transport) -> None:
    """Cut a connection off without a goodbye: the other side finds it reset."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def signature(now: datetime) -> dict[str, str]:
    """Return the headers of every answer: what time it is there, and who answers."""
    return {"Date": format_datetime(now.astimezone(UTC), usegmt=True), "Server": DEMO_SERVER}


def _require_aiohttp() -> None:
    try:
        import_module("aiohttp")
    except ImportError:
        raise ConfigError("The embedded gateway needs aiohttp: pip install 'kosdata[demo]'.") from None


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise ConfigError(f"The gateway cannot listen on {host} port {port}: {error}.") from None
    listener.setblocking(False)
    return listener


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _read(raw: web.BaseRequest) -> Request:
    path, _, query = raw.raw_path.partition("?")
    return Request(raw.method, unquote(path), query, {name.lower(): value for name, value in raw.headers.items()})


def _response(reply: Reply) -> web.Response:
    from aiohttp import web

    return web.Response(status=reply.status, body=reply.body, headers=reply.headers)


def _head(reply: Reply) -> bytes:
    lines = {**reply.headers, "Content-Length": str(len(reply.body)), "Connection": "close"}
    start = f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}\r\n"
    return (start + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n").encode()


def _report(request: Request, error: Exception) -> None:
    """Log where an answer failed. Not what the error says: it may quote the key."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s %s failed: %s\n%s", request.method, redacted(request.path), type(error).__name__, trace)
