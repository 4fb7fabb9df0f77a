from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.errors import KosError, ServerError, TransportError
from kosdata.wire.limits import REST, STREAK, Bucket, Circuit, Gate, backoff, budget, pacing, retry_after
from tests.unit.wire.fakes import Clock, dice, kst

ROUTE = "v3_closed_kospi_history"


def down() -> ServerError:
    return ServerError("HTTP 503", status=503, endpoint=ROUTE)


def fail(circuit: Circuit, times: int, route: str = ROUTE, error: Callable[[], KosError] = down) -> None:
    for _ in range(times):
        with suppress(KosError), circuit.passage(route):
            circuit.failed(route, error())


class TestBucket:
    def test_a_burst_passes_and_then_the_pace_holds(self) -> None:
        clock = Clock()
        bucket = pacing(50, clock)
        waits = [bucket.take() for _ in range(150)]
        assert waits[:100] == [0] * 100
        assert waits[100:103] == pytest.approx([0.02, 0.04, 0.06])
        clock.seconds += 10
        assert bucket.take() == 0

    def test_threads_together_keep_the_pace(self) -> None:
        bucket = Bucket(1, 20, Clock())
        with ThreadPoolExecutor(8) as pool:
            waits = sorted(pool.map(lambda _: bucket.take(), range(101)))
        assert waits == pytest.approx([n / 20 for n in range(101)])

    @given(st.lists(st.sampled_from(["spend", "give", "wait"]), max_size=200))
    def test_retry_tokens_are_never_negative_and_never_more_than_full(self, steps: list[str]) -> None:
        clock = Clock()
        bucket = budget(clock)
        for step in steps:
            if step == "spend":
                bucket.spend()
            elif step == "give":
                bucket.give(0.5)
            else:
                clock.seconds += 1
            assert 0 <= bucket.level <= 30

    def test_what_is_not_there_cannot_be_spent(self) -> None:
        bucket = budget(Clock())
        assert [bucket.spend() for _ in range(32)] == [True] * 30 + [False] * 2

    def test_a_clock_that_is_set_back_does_not_stop_it(self) -> None:
        clock = Clock()
        bucket = Bucket(1, 1, clock)
        bucket.take()
        clock.seconds -= 86_400
        bucket.take()
        clock.seconds += 10
        assert bucket.take() == 0


class TestBackoff:
    @pytest.mark.parametrize("attempt", [1, 2, 3, 4, 9])
    def test_delays_are_uniform_up_to_the_cap(self, attempt: int) -> None:
        rng, top = dice(7), min(20, 0.5 * 2 ** (attempt - 1))
        delays = sorted(backoff(rng, attempt, 0.5, 20) for _ in range(1000))
        assert delays[0] >= 0
        assert delays[-1] <= top
        # Kolmogorov and Smirnov: the largest distance to the straight line, at p = 0.001.
        assert max(abs((n + 1) / 1000 - delay / top) for n, delay in enumerate(delays)) < 1.95 / 1000**0.5

    def test_two_clients_do_not_wait_in_step(self) -> None:
        one, other = ([backoff(rng, 3, 0.5, 20) for _ in range(1000)] for rng in (dice(1), dice(2)))
        means = [sum(delays) / 1000 for delays in (one, other)]
        shared = sum((a - means[0]) * (b - means[1]) for a, b in zip(one, other, strict=True)) / 1000
        assert abs(shared / (2 / 12**0.5) ** 2) < 0.1

    def test_an_attempt_far_out_does_not_overflow(self) -> None:
        assert backoff(dice(1), 900, 0.5, 20) <= 20


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            (None, None),
            ("7", 7),
            (" 0 ", 0),
            ("soon", None),
            ("-3", None),
            ("1e9", None),
            ("Wed, 06 Mar 2024 03:00:30 GMT", 30),
            ("Wed, 06 Mar 2024 02:00:00 GMT", 0),
            ("Wed, 99 Mar 2024 02:00:00 GMT", None),
        ],
    )
    def test_seconds_and_dates_are_read(self, header: str | None, seconds: float | None) -> None:
        assert retry_after(header, kst("2024-03-06 12:00").timestamp()) == seconds


class TestGate:
    def test_it_halves_and_opens_again_by_one(self) -> None:
        gate = Gate(8)
        gate.narrow()
        gate.narrow()
        assert gate.width == 2
        for _ in range(40):
            gate.calm()
        assert gate.width == 4
        for _ in range(1000):
            gate.calm()
        assert gate.width == 8

    def test_one_always_passes(self) -> None:
        gate = Gate(1)
        gate.narrow()
        with gate:
            assert gate.width == 1

    def test_no_more_than_its_width_are_inside(self) -> None:
        gate, inside, most, lock = Gate(3), 0, 0, threading.Lock()

        def pass_through(_: int) -> None:
            nonlocal inside, most
            with gate:
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(pass_through, range(500)))
        assert most <= 3


class TestCircuit:
    def test_it_opens_after_a_streak_and_lets_one_probe_through_after_a_rest(self) -> None:
        clock = Clock()
        circuit = Circuit(clock)
        fail(circuit, STREAK)
        with pytest.raises(ServerError, match="left alone for 30 s"), circuit.passage(ROUTE):
            pass
        clock.seconds += REST
        fail(circuit, 1)
        with pytest.raises(ServerError), circuit.passage(ROUTE):
            pass
        clock.seconds += REST
        with circuit.passage(ROUTE):
            circuit.succeeded()
        with circuit.passage(ROUTE):
            pass
        assert not circuit.is_open

    def test_it_raises_the_first_error_and_each_time_a_new_one(self) -> None:
        circuit = Circuit(Clock())
        fail(circuit, 1, error=lambda: TransportError("refused"))
        fail(circuit, STREAK - 1)
        raised = []
        for _ in range(2):
            with pytest.raises(TransportError, match="refused") as caught, circuit.passage(ROUTE):
                pass
            raised.append(caught.value)
        assert raised[0] is not raised[1]
        assert str(raised[0]).count("left alone") == 1

    def test_an_answer_in_between_ends_the_streak(self) -> None:
        circuit = Circuit(Clock())
        fail(circuit, STREAK - 1)
        circuit.succeeded()
        fail(circuit, STREAK - 1)
        assert not circuit.is_open

    def test_one_request_that_gave_up_is_an_outage_if_nobody_was_answered(self) -> None:
        circuit = Circuit(Clock(), patience=5)
        fail(circuit, 4)
        circuit.gave_up()
        assert not circuit.is_open
        fail(circuit, 1)
        circuit.gave_up()
        assert circuit.is_open

    def test_a_broken_route_does_not_shut_the_others(self) -> None:
        circuit = Circuit(Clock())
        fail(circuit, STREAK)
        with circuit.passage("v3_closed_kospi_lists"):
            circuit.succeeded()
        assert not circuit.is_open

    def test_others_wait_for_the_probe(self) -> None:
        clock = Clock()
        circuit = Circuit(clock)
        fail(circuit, STREAK)
        clock.seconds += REST
        probing, release, passed = threading.Event(), threading.Event(), []

        def probe() -> None:
            with circuit.passage(ROUTE):
                probing.set()
                release.wait(5)
                circuit.succeeded()

        def follow(n: int) -> None:
            with circuit.passage(ROUTE):
                passed.append(n)

        with ThreadPoolExecutor(4) as pool:
            pool.submit(probe)
            probing.wait(5)
            followers = [pool.submit(follow, n) for n in range(3)]
            assert passed == []
            release.set()
            for follower in followers:
                follower.result(5)
        assert sorted(passed) == [0, 1, 2]

    def test_a_probe_that_is_interrupted_makes_room_for_the_next(self) -> None:
        clock = Clock()
        circuit = Circuit(clock)
        fail(circuit, STREAK)
        clock.seconds += REST
        with pytest.raises(KeyboardInterrupt), circuit.passage(ROUTE):
            raise KeyboardInterrupt
        with circuit.passage(ROUTE):
            circuit.succeeded()

    def test_a_clock_that_is_set_back_does_not_keep_it_open(self) -> None:
        clock = Clock()
        circuit = Circuit(clock)
        fail(circuit, STREAK)
        clock.seconds -= 86_400
        with circuit.passage(ROUTE):
            pass
