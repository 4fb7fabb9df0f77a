"""Which licences a key has: the cheapest question of every group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from kosdata.catalogue.model import Endpoint, Licence
from kosdata.errors import LicenceError, RateLimitError, ServerError, TransportError
from kosdata.wire.arguments import Request

__all__ = ["Capability", "capability", "probes"]

State = Literal["granted", "denied", "unknown"]

# Any value will do, for a gateway asks for the licence before the service looks at the code.
_SAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "stock": {"issuecode": "069500", "marketcode": "kospi", "nationcode": "KR"},
    "index": {"issuecode": "K1", "marketcode": "kospi"},
    "derivative": {"issuecode": "K2FA001", "marketcode": "kospi200"},
}


@dataclass(frozen=True, slots=True)
class Capability:
    """What a key may do in one licence group.

    Parameters
    ----------
    licence, licence_ko : str
        The group, and its Korean name.
    state : {"granted", "denied", "unknown"}
        What the answer says.
    endpoint : str
        Id of the endpoint that was asked.
    """

    licence: str
    licence_ko: str
    state: State
    endpoint: str


def probes(endpoints: Iterable[Endpoint], version: str) -> list[Request]:
    """Return one request for every licence group of a version: the one with the fewest parameters."""
    cheapest: dict[Licence, Endpoint] = {}
    for endpoint in endpoints:
        if endpoint.version != version or endpoint.query_params or endpoint.published.how == "planned":
            continue
        known = cheapest.get(endpoint.licence)
        if known is None or len(endpoint.params) < len(known.params):
            cheapest[endpoint.licence] = endpoint
    return [
        Request(endpoint, {p.wire: _SAMPLES[endpoint.product][p.wire] for p in endpoint.path_params})
        for endpoint in cheapest.values()
    ]


def capability(request: Request, outcome: object) -> Capability:
    """Return what the answer to a probe, or its error, says about the licence."""
    licence = request.endpoint.licence
    return Capability(licence.group, licence.ko, _state(outcome), request.endpoint.id)


def _state(outcome: object) -> State:
    if isinstance(outcome, LicenceError):
        return "denied"
    if isinstance(outcome, TransportError | ServerError | RateLimitError) or getattr(outcome, "status", None) == 404:
        return "unknown"
    return "granted"  # even if the question was wrong or came too early, it was heard
