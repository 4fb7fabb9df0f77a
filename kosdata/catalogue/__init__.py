"""What the API offers, as data: one table that client, frames and simulator read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kosdata.catalogue import boards, derivatives, flows, former, funds, indices, stocks
from kosdata.catalogue.model import Endpoint, Stream
from kosdata.catalogue.spelling import suggestion
from kosdata.catalogue.streams import STREAMS as _STREAMS
from kosdata.errors import ArgumentError

__all__ = ["ENDPOINTS", "STREAMS", "endpoint"]

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {e.id: e for part in (stocks, boards, flows, funds, derivatives, indices, former) for e in part.ENDPOINTS}
)
"""Every route of REST v3 and v2 by its id."""

STREAMS: Mapping[str, Stream] = MappingProxyType({s.id: s for s in _STREAMS})
"""Every channel of the WebSocket service by its id."""


def endpoint(name: str) -> Endpoint:
    """Return the REST endpoint of that id.

    Raises
    ------
    ArgumentError
        If there is none; the message names the nearest.
    """
    found = ENDPOINTS.get(name)
    if found is not None:
        return found
    if name in STREAMS:
        raise ArgumentError(f"{name} is a channel of the stream and cannot be called; saved messages of it decode.")
    hint = suggestion(name, ENDPOINTS, most=3)
    raise ArgumentError(f"No endpoint is called {name!r}.{hint} kosdata.endpoints() lists them all.")
