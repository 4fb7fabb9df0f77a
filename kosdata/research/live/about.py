"""What a stream is of, and how its rows come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kosdata.research.live.recording import Head
from kosdata.settings import Secret
from kosdata.wire.client import Client

__all__ = ["About"]


@dataclass(frozen=True, slots=True)
class About:
    """What the opener of a stream knows of it.

    Parameters
    ----------
    head : Head
        Codes, market, preset and source.
    transport : str
        ``ws``, ``poll`` or ``source``.
    why : callable
        Says why this transport.
    check : callable
        Refuses codes whose rows have other columns.
    limit : int or None
        Most codes at once.
    secret : Secret or None
        What must not be recorded.
    client : Client or None
        Who is asked to fill gaps.
    """

    head: Head
    transport: str
    why: Callable[[], str]
    check: Callable[[Sequence[str]], object]
    limit: int | None = None
    secret: Secret | None = None
    client: Client | None = None
