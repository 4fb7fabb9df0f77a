"""A call that is gone through without being made, to see what it would cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.codes import markets
from kosdata.errors import KosError
from kosdata.wire.arguments import Request
from kosdata.wire.client import Answer, Client
from kosdata.wire.clock import seoul
from kosdata.wire.envelope import Content
from kosdata.wire.service import Asked, Service

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
        """How many answers the cache has."""
        return len(self._kept)

    def forget(self, requests: Sequence[Request]) -> None:
        """Forget nothing."""

    def _ask(
        self,
        requests: Sequence[Request],
        refresh: bool,
        allow_partial: bool,
        progress: Callable[[int], object] | None,
        is_fatal: Callable[[KosError], bool],
    ) -> list[Answer | KosError]:
        service, now = self._service(), self.now()
        wanted = [service.asked(request) for request in requests]
        kept = {} if refresh else service.kept(wanted)
        missing = [asked for asked in wanted if asked.key not in kept]
        # As long as the list of its market has not been asked for, a code may stand in the cache under any of them.
        elsewhere = {
            other.key: asked.key for asked in missing for other in map(service.asked, _in_other_markets(asked.request))
        }
        found = {} if refresh else service.kept(map(service.asked, _all_in_other_markets(missing)))
        self._kept.update(kept, (elsewhere[key] for key in found))
        self._needed.update({asked.key for asked in missing} - self._kept)
        nothing = Answer(Content([], reason="nothing was asked"), False, now, now)
        return [
            Answer(kept[asked.key].content, True, seoul(kept[asked.key].entry.fetched_at), now)
            if asked.key in kept
            else nothing
            for asked in wanted
        ]

    def _service(self, *, needs_key: bool = True) -> Service:
        return self._client._service(needs_key=needs_key)


def _all_in_other_markets(asked: Iterable[Asked]) -> list[Request]:
    return [other for each in asked for other in _in_other_markets(each.request)]


def _in_other_markets(request: Request) -> list[Request]:
    """Return the same question about the same code in the other markets of stocks."""
    of = request.endpoint
    if of.product != "stock" or "issuecode" not in request.path:
        return []
    if of.market is None:
        return [replace(request, path={**request.path, "marketcode": market}) for market in markets("stock")]
    ids = (of.id.replace(of.market, market) for market in markets("stock") if market != of.market)
    return [replace(request, endpoint=ENDPOINTS[other]) for other in ids if other in ENDPOINTS]
