"""The client: settings in, answers out; and which client is the current one."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast
from urllib.parse import urlsplit

import platformdirs

from kosdata.catalogue import ENDPOINTS
from kosdata.errors import AuthError, ConfigError, KosError, QuotaError
from kosdata.settings import DEMO_KEY, Settings, is_loopback
from kosdata.wire.answer import Answer
from kosdata.wire.capabilities import Capability, capability, probes
from kosdata.wire.clock import ServerClock
from kosdata.wire.flights import gather
from kosdata.wire.memo import Memo
from kosdata.wire.quota import Quota
from kosdata.wire.service import Service, reread
from kosdata.wire.session import Fetched

if TYPE_CHECKING:
    from types import TracebackType

    from requests.adapters import BaseAdapter

    from kosdata.wire.arguments import Request

__all__ = ["Answer", "Client", "Gateway", "current", "provide", "use"]


@dataclass(frozen=True, slots=True)
class Gateway:
    """A service that was started in this process: where it is, its key, and its time in seconds since 1970."""

    base_url: str
    stream_url: str
    api_key: str = field(repr=False)
    clock: Callable[[], float] = field(repr=False)


class Client:
    """Ask the API, and keep what may be kept.

    Any number of threads may share a client. It opens nothing before it is first asked; a forked child opens its own
    connections, and a pickle carries no key.

    Parameters
    ----------
    settings : Settings, optional
        How to reach the API. Read from the environment variables by default.
    clock, sleep, rng : callable, callable, Random
        Time, waiting and chance; for tests.
    timer : callable, optional
        What pace and circuit are measured by, where `clock` may stand still.
    adapter : BaseAdapter, optional
        What carries the requests; for tests.
    **overrides
        Single settings.

    Attributes
    ----------
    memo : Memo
        What was made of answers and is used again as long as they hold.
    sends : bool
        Whether what is not in the cache is asked for; not in a rehearsal.
    """

    sends = True

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
        timer: Callable[[], float] | None = None,
        adapter: BaseAdapter | None = None,
        **overrides: Any,
    ) -> None:
        settings = Settings.from_env(**overrides) if settings is None else settings.changed(**overrides)
        if settings.env == "demo" and settings.base_url is not None and settings.api_key is None:
            settings = settings.changed(api_key=DEMO_KEY)
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 - jitter keeps no secret
        self._timer = timer
        self._adapter = adapter
        self._gateway: Gateway | None = None
        self._capabilities: list[Capability] | None = None
        self.memo = Memo()
        self._lock = threading.Lock()
        self._services: dict[int, Service] = {}
        self._is_closed = False

    def __repr__(self) -> str:
        settings = self.settings
        where = settings.base_url or settings.env
        return f"<Client {where}{' closed' if self._is_closed else ''}>"

    def __reduce__(self) -> tuple[Callable[..., Client], tuple[dict[str, Any]]]:
        # The key stays here: whoever unpickles this reads it from the environment, as any other client does.
        given = {f.name: getattr(self._settings, f.name) for f in fields(Settings) if f.name != "api_key"}
        return _revived, (given,)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def settings(self) -> Settings:
        """How the API is reached, the embedded gateway included once it has been started."""
        gateway = self._gateway
        if gateway is None:
            return self._settings
        return self._settings.changed(base_url=gateway.base_url, stream_url=gateway.stream_url, api_key=gateway.api_key)

    @property
    def env(self) -> str:
        """``production``, ``sandbox`` or ``demo``."""
        return self._settings.env

    @property
    def source(self) -> Literal["live", "simulator"]:
        """Where answers come from; what runs on this machine is never the live service."""
        url = self._settings.base_url
        is_here = url is not None and is_loopback(urlsplit(url).hostname)
        return "simulator" if is_here or self.env == "demo" else "live"

    def ready(self) -> Settings:
        """Return the settings with address and key; the embedded gateway is started if it is the one to ask.

        Raises
        ------
        ConfigError
            If there is no key.
        KosError
            If the client is closed.
        """
        return self._service().settings

    def now(self) -> datetime:
        """Return the time in Seoul, by the server's clock where this machine's is wrong."""
        return self._service(needs_key=False).clock.now()

    def clock(self) -> ServerClock:
        """Return what tells that time, and learns it from headers."""
        return self._service(needs_key=False).clock

    @property
    def rng(self) -> random.Random:
        """Chance, for jitter."""
        return self._rng

    def answer(self, request: Request, *, refresh: bool = False) -> Answer:
        """Return the answer to one request.

        Parameters
        ----------
        request : Request
            What to ask.
        refresh : bool
            Ask the API even if the cache has an answer.

        Raises
        ------
        KosError
            If there is none.
        """
        return self.answers([request], refresh=refresh)[0]

    def answers(
        self,
        requests: Sequence[Request],
        *,
        refresh: bool = False,
        allow_partial: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> list[Answer]:
        """Return the answers to several requests, in their order; the first error cancels what has not begun.

        Parameters
        ----------
        requests : sequence of Request
            What to ask.
        refresh : bool
            Ask the API even where the cache has an answer.
        allow_partial : bool
            Begin even if the day's quota is too small for all of them.
        progress : callable, optional
            Told how many requests more are answered, whenever there are.

        Raises
        ------
        QuotaError
            If fewer calls are left today than are needed; nothing was sent.
        KosError
            If any request has no answer.
        """
        found = self._ask(requests, refresh, allow_partial, progress, lambda error: True)
        return cast("list[Answer]", found)

    def outcomes(
        self,
        requests: Sequence[Request],
        *,
        refresh: bool = False,
        allow_partial: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> list[Answer | KosError]:
        """Return the answers to several requests, with errors in the places of those that have none.

        The parameters are those of `answers`. A refused key is raised, for it would be refused every time.
        """
        return self._ask(requests, refresh, allow_partial, progress, lambda error: isinstance(error, AuthError))

    def cached(self, requests: Sequence[Request]) -> int:
        """Return how many of the requests the cache can answer now."""
        service = self._service()
        wanted = {asked.key: asked.target for asked in map(service.asked, requests)}
        return len(service.cache.get(wanted)) if service.cache else 0

    def quota(self) -> Quota:
        """Return what is left of the day's calls, as far as the server has said so."""
        return self._service().meter().read()

    def shortage(self, needed: int, cached: int = 0) -> QuotaError | None:
        """Return the error for a job that needs more requests than are left today, if it does."""
        return self._service().meter().short(needed, cached)

    def capabilities(self) -> list[Capability]:
        """Return what the key may do in every licence group: asked once, one request a group."""
        if self._capabilities is None:
            requests = probes(ENDPOINTS.values(), self._settings.api)
            self._capabilities = [
                capability(request, outcome) for request, outcome in zip(requests, self.outcomes(requests), strict=True)
            ]
        return list(self._capabilities)

    def stats(self) -> dict[str, int | float | bool | str]:
        """Return what was counted since the client was first asked; single values only."""
        return self._service(needs_key=False).stats()

    def cache_info(self) -> dict[str, str | int | None]:
        """Return where answers are kept, how many, how many bytes they take, and how often they served."""
        return self._service(needs_key=False).cache_info()

    def forget(self, requests: Sequence[Request]) -> None:
        """Forget the answers to some requests, and all finished frames."""
        self.memo.clear()
        self._service().forget(requests)

    def clear_cache(self) -> int:
        """Forget the answers that this key got from this address, and return how many there were."""
        self.memo.clear()
        return self._service(needs_key=False).clear_cache()

    def close(self) -> None:
        """Close connections and files; no effect on a client that is closed."""
        self._is_closed = True
        service = self._services.pop(os.getpid(), None)
        if service is not None:
            service.close()

    def _ask(
        self,
        requests: Sequence[Request],
        refresh: bool,
        allow_partial: bool,
        progress: Callable[[int], object] | None,
        is_fatal: Callable[[KosError], bool],
    ) -> list[Answer | KosError]:
        service = self._service()
        wanted = [service.asked(request) for request in requests]
        kept = {} if refresh else service.kept(wanted)
        missing = list({asked.key: asked for asked in wanted if asked.key not in kept}.values())
        if len(missing) > 1 and not allow_partial:
            too_much = service.meter(missing[0].request.endpoint.version).short(len(missing), len(kept))
            if too_much is not None:
                raise too_much
        report = progress or (lambda more: None)
        report(len(wanted) - len(missing))
        stop = threading.Event()
        fetched = gather(
            lambda asked: service.fetch(asked, stop, refresh=refresh),
            missing,
            workers=service.settings.concurrency,
            stop=stop,
            cut=service.transport.cut,
            is_fatal=is_fatal,
            done=lambda: report(1),
        )
        landed: dict[str, tuple[Fetched, bool] | KosError] = {key: (found, True) for key, found in kept.items()}
        landed |= {asked.key: outcome for asked, outcome in zip(missing, fetched, strict=True)}
        answers: list[Answer | KosError] = []
        given: set[str] = set()
        for asked in wanted:
            outcome = landed[asked.key]
            if isinstance(outcome, KosError):
                answers.append(outcome)
                continue
            found, cached = outcome
            if asked.key in given:  # asked for twice: rows of its own, for rows can be changed
                found = reread(asked.request, found.entry)
            given.add(asked.key)
            answers.append(Answer.of(found, cached=cached))
        return answers

    def _service(self, *, needs_key: bool = True) -> Service:
        """Return what this process holds open, and open it if need be."""
        if self._is_closed:
            raise KosError("This client is closed; make a new one.")
        if needs_key and self._settings.api_key is None and self.env != "demo":
            raise ConfigError(
                "There is no API key: set KOSCOM_API_KEY, or pass api_key=... (KOSCOM gives keys to companies with a "
                "contract). Or call kosdata.demo(), or use env='demo': synthetic data, which need none."
            )
        here = os.getpid()
        service = self._services.get(here)
        # Two threads may both come here first. What loses has opened nothing yet.
        return service or self._services.setdefault(here, self._opened())

    def _opened(self) -> Service:
        if self.env == "demo" and self._settings.base_url is None:
            with self._lock:
                self._gateway = self._gateway or _shared.start(self.env)
        return Service(
            self.settings,
            None if self._gateway else _folder(self._settings),
            clock=ServerClock(self._gateway.clock if self._gateway else self._clock),
            timer=self._timer or self._clock,
            sleep=self._sleep,
            rng=self._rng,
            adapter=self._adapter,
        )


class _Shared:
    """The current client, and the gateways that can be started here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._starters: dict[str, Callable[[], Gateway]] = {}

    def current(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = Client()
            return self._client

    def use(self, client: Client | None) -> Client | None:
        with self._lock:
            previous, self._client = self._client, client
            return previous

    def provide(self, env: str, start: Callable[[], Gateway] | None) -> Callable[[], Gateway] | None:
        previous = self._starters.pop(env, None)
        if start is not None:
            self._starters[env] = start
        return previous

    def start(self, env: str) -> Gateway:
        starter = self._starters.get(env)
        if starter is None:
            raise ConfigError(f"env={env!r} has no address here: pass base_url=..., or call kosdata.demo().")
        return starter()


_shared = _Shared()


def current() -> Client:
    """Return the current client; the first one is made from the environment variables."""
    return _shared.current()


def use(client: Client | None) -> Client | None:
    """Make a client the current one, and return the one that was; None makes room for a new one."""
    return _shared.use(client)


def provide(env: str, start: Callable[[], Gateway] | None) -> Callable[[], Gateway] | None:
    """Say how the gateway of an environment is started for a client without an address; return how it was before."""
    return _shared.provide(env, start)


def _folder(settings: Settings) -> Path | None:
    """Return where answers are kept; those of a synthetic market in memory, for the next one may be another."""
    if isinstance(settings.cache, Path):
        return settings.cache.absolute()
    return None if settings.env == "demo" else platformdirs.user_cache_path("kosdata")


def _revived(given: dict[str, Any]) -> Client:
    return Client(Settings.from_env(**given))
