from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kosdata.errors import KosError, ServerError, TransportError
from kosdata.wire.flights import Flights, gather
from tests.waiting import until


def names() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("kosdata-request")}


def run(work: Callable[[int], Any], items: Iterable[int], workers: int = 4, **given: Any) -> list[Any]:
    given = {
        "stop": threading.Event(),
        "cut": lambda threads: None,
        "is_fatal": lambda error: True,
        "done": lambda: None,
        **given,
    }
    return gather(work, list(items), workers=workers, **given)


class TestFlights:
    def test_the_same_work_is_done_once(self) -> None:
        flights, begun, release = Flights[int](), threading.Event(), threading.Event()

        def work() -> int:
            begun.set()
            release.wait(5)
            return 7

        with ThreadPoolExecutor(5) as pool:
            first = pool.submit(flights.join, "a", work, threading.Event())
            begun.wait(5)
            others = [pool.submit(flights.join, "a", work, threading.Event()) for _ in range(4)]
            assert flights.join("b", lambda: 8, threading.Event()) == (8, True)
            release.set()
        assert first.result() == (7, True)
        assert [other.result() for other in others] in ([(7, False)] * 4, [(7, False)] * 3 + [(7, True)])

    def test_an_error_reaches_all_of_them_as_their_own(self) -> None:
        flights, begun, release = Flights[int](), threading.Event(), threading.Event()

        def work() -> int:
            begun.set()
            release.wait(5)
            raise ServerError("down", status=503)

        with ThreadPoolExecutor(3) as pool:
            joined = [pool.submit(flights.join, "a", work, threading.Event())]
            begun.wait(5)
            joined += [pool.submit(flights.join, "a", work, threading.Event()) for _ in range(2)]
            until(lambda: all(f.running() for f in joined))
            release.set()
        errors = [future.exception() for future in joined]
        assert all(isinstance(error, ServerError) and error.status == 503 for error in errors)
        assert len({id(error) for error in errors}) == 3

    @pytest.mark.parametrize("reason", ["interrupted", "stopped"])
    def test_when_one_gives_up_another_does_the_work(self, reason: str) -> None:
        flights, begun, release, stop = Flights[int](), threading.Event(), threading.Event(), threading.Event()

        def give_up() -> int:
            begun.set()
            release.wait(5)
            if reason == "interrupted":
                raise KeyboardInterrupt
            stop.set()
            raise TransportError("cut")

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(flights.join, "a", give_up, stop)
            begun.wait(5)
            second = pool.submit(flights.join, "a", lambda: 7, threading.Event())
            release.set()
            assert second.result(5) == (7, True)
            assert isinstance(first.exception(5), (KeyboardInterrupt, TransportError))


class TestGather:
    @pytest.mark.parametrize("workers", [1, 3, 50])
    def test_results_come_in_order(self, workers: int) -> None:
        told: list[int] = []
        assert run(lambda n: n * n, range(20), workers, done=lambda: told.append(1)) == [n * n for n in range(20)]
        assert len(told) == 20
        assert names() == set()

    def test_nothing_is_nothing(self) -> None:
        assert run(lambda n: n, []) == []

    def test_the_first_fatal_error_is_raised_and_what_has_not_begun_never_does(self) -> None:
        begun: list[int] = []

        def work(n: int) -> int:
            begun.append(n)
            raise ServerError(f"{n}")

        with pytest.raises(ServerError):
            run(work, range(1000))
        assert len(begun) <= 4
        assert names() == set()

    def test_what_fails_because_of_it_is_not_taken_for_the_cause(self) -> None:
        stop = threading.Event()

        def work(n: int) -> int:
            if n == 3:
                raise ServerError("the cause")
            stop.wait(5)
            raise TransportError("the consequence")

        for _ in range(20):
            stop.clear()
            with pytest.raises(ServerError, match="the cause"):
                run(work, range(4), stop=stop)

    def test_other_errors_stand_in_the_place_of_results(self) -> None:
        def work(n: int) -> int:
            if n % 2:
                raise TransportError(f"{n}")
            return n

        found = run(work, range(6), is_fatal=lambda error: isinstance(error, ServerError))
        assert [str(result) for result in found] == list("012345")
        assert [isinstance(result, KosError) for result in found] == [False, True] * 3

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_an_interruption_cuts_what_hangs_and_leaves_no_thread(
        self, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kosdata.wire.flights._GRACE", 0.05)
        hanging, stop, cut = threading.Event(), threading.Event(), []

        def work(n: int) -> int:
            if n == 3:
                return n
            hanging.wait(10)
            return n

        def interrupted() -> None:
            raise error

        def break_off(threads: Iterable[int]) -> None:
            cut.extend(threads)
            hanging.set()

        begun = time.monotonic()
        with pytest.raises(error):
            run(work, range(4), stop=stop, cut=break_off, done=interrupted)
        assert time.monotonic() - begun < 2
        assert stop.is_set()
        assert len(cut) == 3
        assert names() == set()

    def test_it_can_be_nested(self) -> None:
        assert run(lambda n: sum(run(lambda m: n * m, range(5), 2)), range(8), 2) == [10 * n for n in range(8)]
