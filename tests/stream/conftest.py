"""What every test over real sockets must leave behind: nothing."""

from __future__ import annotations

import gc
import threading

import pytest


@pytest.fixture(scope="module")
def nothing_left_at_all():
    yield
    gc.collect()


@pytest.fixture
def nothing_left():
    """Whatever is not closed warns when it is collected, and warnings are errors."""
    before = threading.active_count()
    yield
    gc.collect(1)
    assert threading.active_count() == before
