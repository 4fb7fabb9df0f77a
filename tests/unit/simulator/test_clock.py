from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError
from kosdata.simulator.clock import Clock

OPEN = datetime(2024, 1, 2, 9, 0, tzinfo=SEOUL)
seconds = st.floats(0, 10**6)
speeds = st.floats(0, 1000)


class Time:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    def now(self) -> datetime:
        return datetime(2030, 6, 1, tzinfo=UTC) + timedelta(seconds=self.elapsed)


def clock_at(start: datetime | None, speed: float = 1.0) -> tuple[Clock, Time]:
    time = Time()
    return Clock(start, speed, monotonic=time.monotonic, now=time.now), time


def close(one: datetime, other: datetime) -> bool:
    """Equal but for the microseconds that floats round away."""
    return abs(one - other) < timedelta(milliseconds=1)


def test_moments_may_be_text() -> None:
    clock = Clock("2024-01-02 09:00", 0)
    assert clock.now() == OPEN
    clock.set("2024-01-03T00:00+00:00")
    clock.advance(timedelta(minutes=10))
    assert repr(clock) == "<Clock 2024-01-03 09:10:00 KST, speed 0>"
    with pytest.raises(ArgumentError, match="write"):
        clock.set("soon")


@given(speeds, seconds)
def test_time_passes_at_its_speed(speed: float, real: float) -> None:
    clock, time = clock_at(OPEN, speed)
    time.elapsed = real
    assert close(clock.now(), OPEN + timedelta(seconds=real) * speed)


@given(seconds, seconds)
def test_two_advances_are_one(first: float, second: float) -> None:
    twice, _ = clock_at(OPEN, 0)
    once, _ = clock_at(OPEN, 0)
    twice.advance(first)
    twice.advance(second)
    once.advance(first + second)
    assert close(twice.now(), once.now())


@given(speeds, speeds, seconds, seconds)
def test_a_new_speed_is_no_jump(before: float, after: float, first: float, second: float) -> None:
    clock, time = clock_at(OPEN, before)
    time.elapsed = first
    moment = clock.now()
    clock.speed = after
    assert clock.speed == after
    assert close(clock.now(), moment)
    time.elapsed = first + second
    assert close(clock.now(), moment + timedelta(seconds=second) * after)


def test_speed_0_freezes() -> None:
    clock, time = clock_at(OPEN, 0)
    time.elapsed = 3600
    assert clock.now() == OPEN


def test_it_goes_on_from_what_it_is_set_to() -> None:
    clock, time = clock_at(OPEN)
    time.elapsed = 100
    clock.set(datetime(2024, 3, 4, 15, 30))
    assert clock.now() == datetime(2024, 3, 4, 15, 30, tzinfo=SEOUL)
    time.elapsed = 101
    assert clock.now() == datetime(2024, 3, 4, 15, 30, 1, tzinfo=SEOUL)


@pytest.mark.parametrize("start", [datetime(2024, 1, 2, 9, 0), datetime(2024, 1, 2, tzinfo=UTC), OPEN])
def test_any_zone_is_read_and_seoul_is_told(start: datetime) -> None:
    clock, _ = clock_at(start, 0)
    assert clock.now() == OPEN
    assert clock.now().tzinfo is SEOUL


def test_real_time_by_default() -> None:
    clock, time = clock_at(None)
    time.elapsed = 12.5
    assert clock.now() == time.now()
    clock.advance(60)
    assert clock.now() == time.now() + timedelta(minutes=1)
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_an_hour_is_an_hour_when_the_clocks_of_seoul_change() -> None:
    clock, _ = clock_at(datetime(1988, 5, 8, 1, 30, tzinfo=SEOUL), 0)
    clock.advance(3600)
    assert clock.now() == datetime(1988, 5, 8, 3, 30, tzinfo=SEOUL)


@pytest.mark.parametrize("speed", [-1.0, math.nan, math.inf])
def test_a_speed_that_no_clock_has(speed: float) -> None:
    with pytest.raises(ArgumentError, match="speed"):
        Clock(OPEN, speed)
    clock, _ = clock_at(OPEN, 2.0)
    with pytest.raises(ArgumentError, match="speed"):
        clock.speed = speed
    assert clock.speed == 2.0
