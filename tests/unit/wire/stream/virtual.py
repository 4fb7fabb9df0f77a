"""An event loop whose time only timers move: an hour takes no longer than what happens in it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Leaping(selectors.SelectSelector):
    """Wait for nothing: move the time instead."""

    def __init__(self, leap: Callable[[float], None]) -> None:
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing will ever happen again")
        if timeout > 0:
            self._leap(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Jump to the next timer when nothing is ready. A loop that spins on the spot fails."""

    MOST_TURNS = 100_000  # without a leap
    A_TURN = 1e-8  # seconds: some time passes, or a timer that is due but for a rounding error would never be

    def __init__(self) -> None:
        self._now = 1000.0
        self._turns = 0
        super().__init__(_Leaping(self._pass))

    def time(self) -> float:
        return self._now

    def _pass(self, seconds: float) -> None:
        self._now += seconds
        self._turns = 0

    def _run_once(self) -> None:
        self._turns += 1
        self._now += self.A_TURN
        if self._turns > self.MOST_TURNS:
            raise RuntimeError("time stands still")
        super()._run_once()  # type: ignore[misc]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run something to its end, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
