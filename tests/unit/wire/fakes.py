"""A service without a network, and time without waiting, for the tests of this folder."""

from __future__ import annotations

import io
import json
import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from kosdata.catalogue import endpoint
from kosdata.catalogue.seoul import SEOUL
from kosdata.settings import Settings
from kosdata.wire.arguments import Request
from kosdata.wire.client import Client

KEY = "canary+7d1f/9e"
BASE = "https://gateway.test"
NOON = datetime(2024, 3, 6, 12, 0, tzinfo=SEOUL)  # a Wednesday, and a session

Sent = tuple[int, Mapping[str, str], bytes]


class Clock:
    """A clock that only sleepers move."""

    def __init__(self, at: datetime = NOON) -> None:
        self.seconds = at.timestamp()
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.seconds += seconds

    def set(self, at: datetime) -> None:
        self.seconds = at.timestamp()


class Service(BaseAdapter):
    """Answer requests from a function: from the target and its number to a status, headers and a body, or an error."""

    def __init__(self, answer: Callable[[str, int], Sent | Exception]) -> None:
        super().__init__()
        self.answer = answer
        self.sent: list[requests.PreparedRequest] = []
        self._lock = threading.Lock()

    @property
    def targets(self) -> list[str]:
        return [_target(request) for request in self.sent]

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        with self._lock:
            self.sent.append(request)
            number = len(self.sent)
        told = self.answer(_target(request), number)
        if isinstance(told, Exception):
            raise told
        status, headers, body = told
        raw = HTTPResponse(
            io.BytesIO(body), HTTPHeaderDict(headers), status, preload_content=False, decode_content=False
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        pass


def dice(seed: int) -> random.Random:
    return random.Random(seed)


def history(first: str = "20231101", last: str = "20231231", code: str = "005930", freq: str = "D") -> Request:
    """Return the request of one page of days."""
    query = (("trnsmCycleTpCd", freq), ("inqStrtDd", first), ("inqEndDd", last), ("reqCnt", "100"))
    return Request(endpoint("v3_closed_kospi_history"), {"issuecode": code}, query)


def pages(number: int) -> list[Request]:
    """Return requests of finished pages, all different."""
    return [history(f"{2023 - n // 12}{n % 12 + 1:02}01", f"{2023 - n // 12}{n % 12 + 1:02}28") for n in range(number)]


def price(code: str = "005930") -> Request:
    return Request(endpoint("v3_realtime_kospi_price"), {"issuecode": code})


def listing() -> Request:
    return Request(endpoint("v3_closed_kospi_lists"))


def ok(content: object, **headers: str) -> Sent:
    body = json.dumps(content, ensure_ascii=False).encode()
    return 200, {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}, body


def no(status: int, text: str = "", **headers: str) -> Sent:
    return status, {k.replace("_", "-"): v for k, v in headers.items()}, json.dumps({"message": text}).encode()


def rows(*days: int) -> dict[str, Any]:
    """Return the body of a page of days."""
    bars = [{"trdDd": day, "opnprc": 1, "hgprc": 1, "lwprc": 1, "trdPrc": day % 1000, "accTrdvol": 1} for day in days]
    return {"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": bars}}


def page_of(target: str) -> dict[str, Any]:
    """Return a body that belongs to one target alone."""
    number = int.from_bytes(target.encode()[-24:], "big") % 10**7
    return rows(20230000 + number % 9999, 20230000)


def settings(**given: Any) -> Settings:
    return Settings().changed(**{"api_key": KEY, "base_url": BASE, "cache": False, **given})


def client(
    answer: Callable[[str, int], Sent | Exception] | Service, clock: Clock | None = None, seed: int = 1, **given: Any
) -> Client:
    clock = clock or Clock()
    service = answer if isinstance(answer, Service) else Service(answer)
    return Client(settings(**given), clock=clock, sleep=clock.sleep, rng=dice(seed), adapter=service)


def kst(text: str) -> datetime:
    """Return a time in Seoul: ``2024-03-06 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def _target(request: requests.PreparedRequest) -> str:
    parts = urlsplit(request.url or "")
    return f"{parts.path}?{parts.query}" if parts.query else str(parts.path)
