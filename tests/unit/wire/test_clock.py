from __future__ import annotations

import warnings
from datetime import timedelta
from email.utils import format_datetime

import pytest

from kosdata.wire.clock import ClockWarning, ServerClock, timestamp
from tests.unit.wire.fakes import NOON, Clock


def header(seconds: float) -> str:
    return format_datetime(NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize("off", [-60, -5, 0, 5, 60])
def test_a_small_difference_is_left_alone(off: float) -> None:
    clock = Clock()
    server = ServerClock(clock)
    server.observe(header(off), clock())
    assert server.now() == NOON


@pytest.mark.parametrize("off", [-86_400, -300, -62, 62, 300, 86_400])
def test_a_large_one_makes_the_server_right_with_one_warning(off: float) -> None:
    clock = Clock()
    server = ServerClock(clock)
    with pytest.warns(ClockWarning, match="behind" if off > 0 else "ahead"):
        server.observe(header(off), clock())
    server.observe(header(off), clock())
    assert server.now() == NOON + timedelta(seconds=off)
    assert server.ahead == off
    clock.seconds += off
    server.observe(header(off), clock())
    assert server.now() == NOON + timedelta(seconds=off)


def test_a_slow_answer_is_no_wrong_clock() -> None:
    clock = Clock()
    sent = clock()
    clock.seconds += 500
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ServerClock(clock).observe(header(0), sent)


@pytest.mark.parametrize("junk", [None, "", "now", "Wed, 99 Mar 2024 03:00:00 GMT", "Wed, 06 Mar 99999 03:00:00 GMT"])
def test_what_is_no_date_says_nothing(junk: str | None) -> None:
    clock = Clock()
    server = ServerClock(clock)
    server.observe(junk, clock())
    assert server.now() == NOON


def test_a_date_without_a_zone_is_utc() -> None:
    assert timestamp("Wed, 06 Mar 2024 03:00:00 -0000") == NOON.timestamp()
