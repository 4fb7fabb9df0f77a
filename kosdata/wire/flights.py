"""Requests under way: identical ones travel once, many travel at once."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed, wait
from typing import Final, Generic, TypeVar

from kosdata.errors import KosError

__all__ = ["Flights", "gather"]

T = TypeVar("T")
R = TypeVar("R")

_GRACE: Final = 1.0  # seconds that requests under way may still take after another one has failed
_LANDING: Final = 0.5  # seconds that threads get to end once their connections are cut


class Flights(Generic[R]):
    """Do the same work once for all threads that want it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[R]] = {}

    def join(self, key: str, work: Callable[[], R], stop: threading.Event) -> tuple[R, bool]:
        """Return the result of the work that bears a key, and whether it was done here.

        Parameters
        ----------
        key : str
            What is the same work.
        work : callable
            Does it.
        stop : Event
            Set when whoever does it has given up: what follows from that is no result for the others.
        """
        while True:
            with self._lock:
                flight = self._flights.get(key)
                if flight is None:
                    mine = self._flights[key] = Future()
            if flight is None:
                return self._fly(key, mine, work, stop), True
            try:
                error = flight.exception()
            except CancelledError:
                continue
            if error is None:
                return flight.result(), False
            # A copy, because an exception gathers the tracebacks of every thread that raises it.
            raise copy.copy(error) from None

    def _fly(self, key: str, flight: Future[R], work: Callable[[], R], stop: threading.Event) -> R:
        result, error = None, None
        try:
            result = work()
        except KosError as failure:
            error = copy.copy(failure)
            raise
        finally:
            with self._lock:
                del self._flights[key]
            if error is not None and not stop.is_set():
                flight.set_exception(error)
            elif result is None:
                flight.cancel()
            else:
                flight.set_result(result)
        return result


def gather(
    work: Callable[[T], R],
    items: Sequence[T],
    *,
    workers: int,
    stop: threading.Event,
    cut: Callable[[Iterable[int]], None],
    is_fatal: Callable[[KosError], bool],
    done: Callable[[], object],
) -> list[R | KosError]:
    """Return the results of the work on every item, in order, with errors in the places of those that failed.

    Parameters
    ----------
    work : callable
        Does one item, in any thread.
    items : sequence
        What to work on.
    workers : int
        Items at once.
    stop : Event
        Set here when no further work is wanted.
    cut : callable
        Breaks off what threads of these numbers wait for.
    is_fatal : callable
        Whether an error ends everything: what has not begun never does, and it is raised.
    done : callable
        Called here after every item.
    """

    def attempt(item: T) -> R | KosError:
        if stop.is_set():
            raise CancelledError
        here = threading.get_ident()
        threads.add(here)
        try:
            return work(item)
        except KosError as error:
            if is_fatal(error):
                fatal.append(error)
                stop.set()  # here, before this thread can begin another one
            return error
        finally:
            threads.discard(here)

    def check() -> None:
        if fatal:  # what failed after the first one may have failed because of it
            raise fatal[0] from None

    threads: set[int] = set()
    fatal: list[KosError] = []
    if len(items) <= 1 or workers == 1:
        results: list[R | KosError] = []
        for item in items:
            results.append(attempt(item))
            check()
            done()
        return results
    pool = ThreadPoolExecutor(min(workers, len(items)), thread_name_prefix="kosdata-request")
    futures = [pool.submit(attempt, item) for item in items]
    try:
        for future in as_completed(futures):
            check()
            future.result()
            done()
    except BaseException as error:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        begun = [future for future in futures if not future.cancelled()]
        under_way = wait(begun, _GRACE if isinstance(error, Exception) else 0).not_done
        if under_way:
            cut(tuple(threads))
            under_way = wait(begun, _LANDING).not_done
        pool.shutdown(wait=not under_way)
        raise
    pool.shutdown()
    return [future.result() for future in futures]
