"""One synthetic market for all tests of the folder; a question leaves no trace in it."""

from __future__ import annotations

import pytest

from kosdata.simulator.shares.market import Market


@pytest.fixture(scope="session")
def exchange() -> Market:
    return Market()
