"""The embedded gateway and its client for every test, and ``kd`` in every example."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

import kosdata as kd
from kosdata.environment import Demo
from kosdata.simulator import Simulator
from kosdata.wire.client import Client, use

# Examples are few and seeded; how fast a shared machine draws them is no property of the code.
hypothesis.settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")

NOW = "2024-01-12T18:30"


@pytest.fixture(scope="session")
def market() -> Iterator[Simulator]:
    """One gateway for the whole run, on the evening of a Friday, its clock stopped."""
    with Simulator(now=NOW, speed=0) as simulator:
        yield simulator


@pytest.fixture
def client(market: Simulator) -> Iterator[Client]:
    """A client of that gateway, current for the test."""
    with market.client() as client:
        before = use(client)
        yield client
        use(before)


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("KOSDATA_") or name == "KOSCOM_API_KEY":
            monkeypatch.delenv(name)
    before = use(None)
    yield
    use(before)


@pytest.fixture(autouse=True)
def _example(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any], _nothing_from_outside: None
) -> Iterator[None]:
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    market = request.getfixturevalue("market")
    doctest_namespace |= {"kd": kd, "Simulator": Simulator, "Demo": Demo}
    with market.client() as client:
        before = use(client)
        yield
        use(before)
