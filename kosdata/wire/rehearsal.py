"""A call that is gone through without being made, to see what it would cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.codes import STOCKS
from kosdata.errors import KosError
from kosdata.settings import Settings
from kosdata.wire.answer import Answer
from kosdata.wire.arguments import Request
from kosdata.wire.capabilities import Capability
from kosdata.wire.client import Client
from kosdata.wire.envelope import Content
from kosdata.wire.service import Asked, Service
from kosdata.wire.session import Fetched

__all__ = ["Rehearsal"]


class Rehearsal(Client):
    """A client that sends nothing: it answers from the cache, else with no rows, and counts what it would have asked.

    Parameters
    ----------
    client : Client
        Whose settings, cache and clock are used.
    """

    sends = False

    def __init__(self, client: Client) -> None:
        super().__init__(client.settings)
        self.memo = client.memo
        self._client = client
        self._needed: set[str] = set()
        self._kept: set[str] = set()
        self._is_guessing = False

    @property
    def settings(self) -> Settings:
        """How the API would be reached."""
        return self._client.settings

    @property
    def source(self) -> str:  # type: ignore[override]
        """Where answers would come from."""
        return self._client.source

    @property
    def requests(self) -> int:
        """How many requests would be sent."""
        return len(self._needed)

    @property
    def kept(self) -> int:
        """How many answers the cache has, and are not asked for all the same."""
        return len(self._kept - self._needed)

    def capabilities(self) -> list[Capability]:
        """Return what is known of the key; what is not would be asked for, and counts."""
        known = self._client._capabilities
        return super().capabilities() if known is None else list(known)

    def forget(self, requests: Sequence[Request]) -> None:
        """Forget nothing."""

    def clear_cache(self) -> int:
        """Forget nothing."""
        return 0

    def _ask(
        self,
        requests: Sequence[Request],
        refresh: bool,
        allow_partial: bool,
        progress: Callable[[int], object] | None,
        is_fatal: Callable[[KosError], bool],
    ) -> list[Answer | KosError]:
        service, now = self._service(), self.now().timestamp()
        wanted = [service.asked(request) for request in requests]
        found = {} if refresh else service.look({asked.key: asked for asked in wanted})
        missing = [asked for asked in wanted if asked.key not in found]
        # As long as the list of its market has not been asked for, a code may stand in the cache under any of them.
        self._is_guessing = self._is_guessing or any(a.request.endpoint.operation == "lists" for a in missing)
        if self._is_guessing and not refresh:
            found |= _in_other_markets(service, missing)
        self._kept.update(found)
        self._needed.update(asked.key for asked in missing if asked.key not in found)
        nothing = Answer(Content([], reason="nothing was asked"), False, now, now)
        return [Answer.of(found[asked.key], cached=True) if asked.key in found else nothing for asked in wanted]

    def _service(self, *, needs_key: bool = True) -> Service:
        return self._client._service(needs_key=needs_key)


def _in_other_markets(service: Service, missing: Sequence[Asked]) -> dict[str, Fetched]:
    """Return the answers that the cache has to the same questions, asked of other markets of stocks."""
    others = [(asked.key, service.asked(other)) for asked in missing for other in _moved(asked.request)]
    found = service.look({other.key: other for _, other in others})
    return {key: found[other.key] for key, other in others if other.key in found}


def _moved(request: Request) -> list[Request]:
    """Return the same question about the same code in the other markets of stocks."""
    of = request.endpoint
    if of.product != "stock" or "issuecode" not in request.path:
        return []
    if of.market is None:
        here = request.path.get("marketcode")
        return [replace(request, path={**request.path, "marketcode": m}) for m in STOCKS if m != here]
    ids = (of.id.replace(of.market, market) for market in STOCKS if market != of.market)
    return [replace(request, endpoint=ENDPOINTS[other]) for other in ids if other in ENDPOINTS]
