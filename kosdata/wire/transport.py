"""One exchange over HTTP: the key on its way out, the answer within its limits of time and size."""

from __future__ import annotations

import http.client
import io
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Timeout

from kosdata.settings import Secret, is_loopback

__all__ = ["LIMIT", "Adapter", "Broken", "Reply", "Transport"]

LIMIT: Final = 32 * 1024 * 1024  # bytes of one body, after decompression

_CHUNK: Final = 64 * 1024
_CONNECT: Final = 10.0  # seconds that one address may take to accept a connection
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "kosdata"}
_KEY: Final = re.compile(r"(apikey=)[^&\s\"']+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whole and decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """No usable answer, and why; `is_final` where asking again would not help."""

    why: str
    is_final: bool = False


class Transport:
    """Send requests through pooled connections: no redirects, no cookies, no ``.netrc``, TLS always verified.

    Parameters
    ----------
    concurrency : int
        Connections that are kept.
    adapter : BaseAdapter, optional
        What carries the requests; for tests.
    """

    def __init__(self, concurrency: int, adapter: BaseAdapter | None = None) -> None:
        self._adapter = adapter or Adapter(concurrency)
        self._ways: dict[str, dict[str, Any]] = {}
        self._is_closed = False

    def get(self, url: str, key: Secret | None, auth: str, timeout: float) -> Reply | Broken:
        """Return the answer to a GET, or what became of it; `timeout` seconds are for all of it."""
        if self._is_closed:
            return Broken("the client was closed meanwhile", is_final=True)
        # The frames below hold the key in clear: nothing that is raised there may leave with its traceback.
        try:
            outcome = self._exchange(url, key, auth, timeout)
        except KeyboardInterrupt:
            outcome = None
        if outcome is None:
            raise KeyboardInterrupt
        return outcome

    @property
    def proxies(self) -> list[str]:
        """Hosts of the proxies in use."""
        urls = {url for way in self._ways.values() for url in way["proxies"].values()}
        return sorted(urlsplit(url).hostname or "" for url in urls)

    def cut(self, threads: Iterable[int]) -> None:
        """Break off what these threads are waiting for."""
        if isinstance(self._adapter, Adapter):
            self._adapter.cut(threads)

    def close(self) -> None:
        """Close every connection, and break off what they are used for."""
        self._is_closed = True
        self._adapter.close()

    def _exchange(self, url: str, key: Secret | None, auth: str, timeout: float) -> Reply | Broken:
        deadline = time.monotonic() + timeout
        try:
            prepared = requests.Request("GET", *_dressed(url, key, auth)).prepare()
            limits = Timeout(connect=min(timeout, _CONNECT), total=timeout)
            with self._adapter.send(prepared, stream=True, timeout=limits, **self._way(url)) as response:  # type: ignore[arg-type]
                if response.is_redirect:
                    host = urlsplit(urljoin(url, response.headers["location"])).hostname
                    return Broken(f"redirect refused: the key does not follow to {_clean(host or '', key)!r}", True)
                body = _read(response, deadline)
                if body is None:
                    return Broken(f"the answer is larger than {LIMIT >> 20} MiB", True)
                headers = {name: _clean(value, key) for name, value in response.headers.items()}
                return Reply(response.status_code, CaseInsensitiveDict(headers), _redacted(body, key))
        except Exception as error:  # noqa: BLE001 - whatever it is, its traceback would show the key
            return Broken(_why(error, timeout))

    def _way(self, url: str) -> dict[str, Any]:
        """Return proxies and certificates for an address, as the environment names them."""
        origin = urlsplit(url).netloc
        way = self._ways.get(origin)
        if way is None:
            with requests.Session() as session:
                found = session.merge_environment_settings(url, {}, None, None, None)
            # What is meant for this machine stays on it: it may be in clear text.
            proxies = {} if is_loopback(urlsplit(url).hostname) else found["proxies"]
            way = self._ways[origin] = {"proxies": proxies, "verify": found["verify"], "cert": found["cert"]}
        return way


class Adapter(HTTPAdapter):
    """Connections whose answers must be complete in time, and which another thread can break off."""

    def __init__(self, concurrency: int) -> None:
        self._busy: dict[int, Any] = {}
        super().__init__(pool_connections=4, pool_maxsize=concurrency)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._furnish(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return self._furnish(super().proxy_manager_for(*args, **kwargs))

    def cut(self, threads: Iterable[int]) -> None:
        """Shut the connections that these threads use."""
        for thread in threads:
            connection = self._busy.get(thread)
            sock = getattr(connection, "sock", None)
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def close(self) -> None:
        self.cut(list(self._busy))
        super().close()

    def _furnish(self, manager: Any) -> Any:
        manager.pool_classes_by_scheme = {
            "http": partial(_Pool, busy=self._busy),
            "https": partial(_SecurePool, busy=self._busy),
        }
        return manager


class _Punctual:
    """A pool whose connections hold the whole answer to the time limit of its first read."""

    def __init__(self, *args: Any, busy: MutableMapping[int, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._busy = busy

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        connection.response_class = _PunctualResponse
        self._busy[threading.get_ident()] = connection
        return connection

    def _put_conn(self, conn: Any) -> None:
        self._busy.pop(threading.get_ident(), None)
        super()._put_conn(conn)  # type: ignore[misc]


class _Pool(_Punctual, HTTPConnectionPool):
    pass


class _SecurePool(_Punctual, HTTPSConnectionPool):
    pass


class _PunctualResponse(http.client.HTTPResponse):
    """An answer whose head and body together must arrive within the time that the socket allows one read."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Stopwatch(sock, self.fp.detach()))


class _Stopwatch(io.RawIOBase):
    """Give each read only what is left of the time; a byte a second is not an answer."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        allowed = sock.gettimeout()
        self._deadline = None if allowed is None else time.monotonic() + allowed
        self._sock = sock
        self._raw = raw

    def readinto(self, buffer: Any) -> int | None:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Redaction(logging.Filter):
    """Take the key out of the addresses that urllib3 logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if _KEY.search(text):
            record.msg, record.args = _KEY.sub(r"\1***", text), None
        return True


_REDACTION: Final = _Redaction()


def _dressed(url: str, key: Secret | None, auth: str) -> tuple[str, dict[str, str]]:
    """Return address and headers with the key where it travels."""
    if key is None:
        return url, dict(_HEADERS)
    if auth == "header":
        return url, {**_HEADERS, "apikey": key.reveal()}
    for name in ("urllib3.connectionpool", "urllib3.connection"):
        logging.getLogger(name).addFilter(_REDACTION)  # adds it once, however often it is asked
    return f"{url}{'&' if '?' in url else '?'}apikey={quote(key.reveal(), safe='')}", dict(_HEADERS)


def _read(response: requests.Response, deadline: float) -> bytes | None:
    """Return the decompressed body, or None as soon as it is too large."""
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LIMIT:
            return None
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


def _redacted(body: bytes, key: Secret | None) -> bytes:
    """Return a body without the key that the server may have sent back."""
    return body if key is None else body.replace(key.reveal().encode(), b"***")


def _clean(text: str, key: Secret | None) -> str:
    return text if key is None else text.replace(key.reveal(), "***")


def _why(error: BaseException, timeout: float) -> str:
    """Return what went wrong, in words of our own: those of the libraries quote the address."""
    for cause in _causes(error):
        match cause:
            case TimeoutError() | requests.Timeout():
                return f"no answer within {timeout:g} s"
            case ssl.SSLError():
                return f"the TLS handshake failed ({cause.reason or type(cause).__name__})"
            case socket.gaierror():
                return "the host name is unknown"
            case ConnectionRefusedError():
                return "the connection was refused"
            case ConnectionError() | http.client.IncompleteRead():
                return "the connection was cut"
            case OSError(errno=int(), strerror=str(text)):
                return text
    return f"the exchange failed ({type(error).__name__})"


def _causes(error: BaseException) -> list[BaseException]:
    """Return the causes of an error, the deepest first."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [*cause.args, cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
    return found[::-1]
