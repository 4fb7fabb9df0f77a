"""A gateway in a process of its own that answers questions about daily bars, as fast as it can or after a delay."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

from kosdata.catalogue.calendar import KRX


@cache
def page(code: str, first: str, last: str) -> bytes:
    """Return the body of one page of daily bars, newest first."""
    days = KRX.sessions(*(date(int(d[:4]), int(d[4:6]), int(d[6:])) for d in (first, last)))
    rows = [_row(int(code), day) for day in reversed(days)]
    return json.dumps({"jsonrpc": "2.0", "result": {"isuSrtCd": code, "hisLists": rows}}).encode()


def _row(seed: int, day: date) -> dict[str, object]:
    close, before = _price(seed, day), _price(seed, KRX.previous_session(day) if day > date(2000, 1, 4) else day)
    return {
        "trdDd": int(f"{day:%Y%m%d}"),
        "trdPrc": close,
        "cmpprevddTpCd": "2" if close > before else "5",
        "opnprc": before + 100,
        "hgprc": max(close, before) + 500,
        "lwprc": min(close, before) - 500,
        "accTrdvol": 14_168_875 + close,
        "accTrdval": 962_643_054_300 + close,
        "cmpprevddPrc": close - before,
    }


def _price(seed: int, day: date) -> int:
    return 50_000 + (day.toordinal() * 7 + seed) % 900 * 100


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    delay = 0.0

    def do_GET(self) -> None:
        """Answer."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        body = page(parts.path.split("/")[-2], query["inqStrtDd"][0], query["inqEndDd"][0])
        time.sleep(self.delay)
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _serve(delay: float, ready: Connection) -> None:
    handler = type("Handler", (_Handler,), {"delay": delay, "disable_nagle_algorithm": True})
    server = _Server(("127.0.0.1", 0), handler)
    ready.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def gateway(delay: float = 0.0) -> Iterator[str]:
    """Yield the address of a gateway that takes so many seconds for an answer."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(delay, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def windows(first: int, last: int) -> list[tuple[str, str]]:
    """Return thirds of years, as text."""
    found = []
    for year in range(first, last + 1):
        for month in (1, 5, 9):
            end = date(year + (month == 9), (month + 4 - 1) % 12 + 1, 1) - timedelta(days=1)
            found.append((f"{year}{month:02}01", f"{end:%Y%m%d}"))
    return found
