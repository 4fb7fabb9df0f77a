"""What one process holds open for a client: connections, cache, and a session for every address."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from requests.adapters import BaseAdapter

from kosdata.errors import KosError
from kosdata.settings import Settings
from kosdata.wire.arguments import Request
from kosdata.wire.cache import Cache, Entry, address, own_folder, place
from kosdata.wire.clock import ServerClock
from kosdata.wire.envelope import parse, unpack
from kosdata.wire.flights import Flights
from kosdata.wire.quota import Meter
from kosdata.wire.session import Fetched, Session
from kosdata.wire.transport import Transport

__all__ = ["Asked", "Service"]

_NO_KEY = ""


@dataclass(frozen=True, slots=True)
class _Host:
    """One address: who asks there, what is left of the day, and what its keys in the cache begin with."""

    session: Session
    meter: Meter
    place: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, where it goes, and the key of its answer in the cache."""

    request: Request
    session: Session
    key: str
    target: str


class Service:
    """Answer requests from the cache or from the API.

    Parameters
    ----------
    settings : Settings
        Address, key and limits.
    folder : Path or None
        Where answers and the quota are kept; None to keep them in memory.
    clock : ServerClock
        The time in the market.
    timer, sleep : callable
        The time that limits are kept by, and how to wait.
    rng : Random
        Source of the jitter.
    adapter : BaseAdapter, optional
        What carries the requests; for tests.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path | None,
        *,
        clock: ServerClock,
        timer: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random,
        adapter: BaseAdapter | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.cache = Cache(folder, clock.time) if settings.cache else None
        self.transport = Transport(settings.concurrency, adapter)
        self._folder = folder if settings.cache else None
        self._timer = timer
        self._sleep = sleep
        self._rng = rng
        self._digest = settings.api_key.digest if settings.api_key else _NO_KEY
        self._flights: Flights[tuple[Fetched, bool]] = Flights()
        self._hosts: dict[str, _Host] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def asked(self, request: Request) -> Asked:
        """Return a request with its way."""
        host, target = self._host(request.endpoint.version), request.target()
        return Asked(request, host.session, address(host.place, target), target)

    def meter(self, version: str | None = None) -> Meter:
        """Return the quota at the address of a version of the API."""
        return self._host(version or self.settings.api).meter

    def kept(self, wanted: Iterable[Asked]) -> dict[str, Fetched]:
        """Return the answers that the cache has, by their keys."""
        by_key = {asked.key: asked for asked in wanted}
        found = self.look(by_key)
        with self._lock:
            self._counts.update(hits=len(found), misses=len(by_key) - len(found))
        return found

    def fetch(self, asked: Asked, stop: threading.Event, *, refresh: bool) -> tuple[Fetched, bool]:
        """Return an answer that the cache did not have, and whether it has it by now after all."""

        def work() -> tuple[Fetched, bool]:
            # Another thread may have landed between the look into the cache and this one's take-off.
            if not refresh and (kept := self.look({asked.key: asked})):
                return kept[asked.key], True
            fetched = asked.session.fetch(asked.request, stop)
            if self.cache is not None:
                self.cache.put(asked.key, fetched.entry)
            return fetched, False

        (fetched, cached), is_own = self._flights.join(asked.key, work, stop)
        return fetched if is_own else reread(asked.request, fetched.entry), cached

    def stats(self) -> dict[str, int | float | bool | str]:
        """Return what was counted, summed over the addresses."""
        sums: Counter[str] = Counter()
        for host in list(self._hosts.values()):
            sums.update(host.session.stats())
        info = self.cache_info()
        return {
            **sums,
            "cache_hits": info["hits"] or 0,
            "cache_misses": info["misses"] or 0,
            "clock_ahead": self.clock.ahead,
            "proxies": ", ".join(self.transport.proxies),
        }

    def cache_info(self) -> dict[str, str | int | None]:
        """Return where answers are kept, how many, how many bytes they take, and how often they served."""
        info = self.cache.info() if self.cache else {"path": None, "entries": 0, "bytes": 0}
        with self._lock:
            return {**info, "hits": self._counts["hits"], "misses": self._counts["misses"]}

    def clear_cache(self) -> int:
        """Forget the answers that this key got from the addresses in use, and return how many there were."""
        if self.cache is None:
            return 0
        self._host(self.settings.api)
        return sum(self.cache.clear(host.place) for host in list(self._hosts.values()))

    def forget(self, requests: Iterable[Request]) -> None:
        """Forget the answers to some requests."""
        if self.cache is not None:
            self.cache.forget([self.asked(request).key for request in requests])

    def close(self) -> None:
        """Close connections and files, and write down what was counted."""
        self.transport.close()
        if self.cache is not None:
            self.cache.close()
        for host in list(self._hosts.values()):
            host.meter.save()

    def look(self, wanted: Mapping[str, Asked]) -> dict[str, Fetched]:
        """Return the answers that the cache has, by their keys; nothing is counted."""
        if self.cache is None:
            return {}
        found: dict[str, Fetched] = {}
        for key, entry in self.cache.get({key: asked.target for key, asked in wanted.items()}).items():
            with suppress(KosError):  # kept by a version that understood it otherwise: a miss
                found[key] = reread(wanted[key].request, entry)
        return found

    def _host(self, version: str) -> _Host:
        base = self.settings.address(version)
        with self._lock:
            host = self._hosts.get(base)
            if host is None:
                host = self._hosts[base] = self._opened(base)
            return host

    def _opened(self, base: str) -> _Host:
        here = place(base, self._digest)
        meter = Meter(self.clock.time, self._note(here))
        session = Session(
            base,
            self.settings,
            transport=self.transport,
            meter=meter,
            clock=self.clock,
            timer=self._timer,
            sleep=self._sleep,
            rng=self._rng,
        )
        return _Host(session, meter, here)

    def _note(self, here: str) -> Path | None:
        """Return the file of the quota, if there can be one."""
        if self._folder is not None:
            with suppress(OSError):
                return own_folder(self._folder) / f"quota-{here}.json"
        return None


def reread(request: Request, entry: Entry) -> Fetched:
    """Return a kept answer with what it holds.

    Raises
    ------
    KosError
        If it cannot be understood.
    """
    parsed = parse(entry.body, entry.content_type, endpoint=request.endpoint)
    return Fetched(entry, unpack(request.endpoint, parsed))
