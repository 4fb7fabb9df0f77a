"""Cassettes: answers of the embedded gateway, filed under the official address, played back with the network shut.

``KOSDATA_RECORD=1 pytest tests/recorded --record-mode=rewrite`` records them anew.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
import yaml
from vcr.request import Request

from kosdata.settings import HOSTS, Settings, is_loopback
from kosdata.simulator import Simulator
from kosdata.wire.client import Client, use
from tests.conftest import ROOT

OFFICIAL = HOSTS["v3"]["production"]
NOT_A_KEY = "not-a-key"
RECORDING = bool(os.environ.get("KOSDATA_RECORD"))
_KEPT = {"content-type", "x-ratelimit-limit-day", "x-ratelimit-remaining-day"}


class ReadableYaml:
    """Cassettes in which Korean stays readable."""

    @staticmethod
    def serialize(data: Any) -> str:
        return str(yaml.safe_dump(data, allow_unicode=True, width=100_000))

    @staticmethod
    def deserialize(text: str) -> Any:
        return yaml.safe_load(text)


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    vcr.register_serializer("yaml", ReadableYaml)


def _officially(request: Request) -> Request:
    parts = urlsplit(request.uri)
    if is_loopback(parts.hostname):
        official = urlsplit(OFFICIAL)
        request.uri = urlunsplit((official.scheme, official.netloc, parts.path, parts.query, ""))
    return request


def _plainly(response: dict[str, Any]) -> dict[str, Any]:
    headers = response["headers"]
    return response | {"headers": {k: v for k, v in headers.items() if k.lower() in _KEPT}}


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(ROOT / "cassettes" / request.path.stem)


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    return {
        "match_on": ["method", "scheme", "host", "path", "query"],
        "filter_headers": [
            "apikey",
            "authorization",
            "cookie",
            "user-agent",
            "accept",
            "accept-encoding",
            "connection",
        ],
        "filter_query_parameters": ["apikey"],
        "before_record_request": _officially,
        "before_record_response": _plainly,
        "decode_compressed_response": True,
        "skip_patchers": ("aiohttp", "tornado", "httpx", "boto3", "httplib2"),
    }


@pytest.fixture(autouse=True)
def _one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # vcrpy is not made for threads: without this, a replay sends some requests to the real address.
    lock, send = threading.RLock(), requests.adapters.HTTPAdapter.send

    def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return send(self, *args, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", locked)


@pytest.fixture
def recorded(market: Simulator) -> Iterator[Client]:
    """A client of the official address, whose answers come from the cassette; the gateway's while recording."""
    address = market.base_url if RECORDING else OFFICIAL
    settings = Settings().changed(
        api_key=market.api_key if RECORDING else NOT_A_KEY, base_url=address, cache=False, retries=1, concurrency=1
    )
    with Client(settings, clock=market.timestamp) as client:
        before = use(client)
        yield client
        use(before)
