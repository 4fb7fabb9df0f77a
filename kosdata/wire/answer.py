"""What one request brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kosdata.wire.clock import seoul
from kosdata.wire.envelope import Content
from kosdata.wire.reach import NOTHING, Reach
from kosdata.wire.session import Fetched

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request brought.

    Parameters
    ----------
    content : Content
        Its rows.
    cached : bool
        Whether it came from the cache.
    sent, until : float
        When it was asked for, and until when it may be served again, in seconds since 1970.
    reach : Reach
        Which days or times its rows are of.
    """

    content: Content
    cached: bool
    sent: float
    until: float
    reach: Reach = NOTHING

    @classmethod
    def of(cls, found: Fetched, *, cached: bool) -> Answer:
        """Return what was fetched as an answer."""
        entry = found.entry
        return cls(found.content, cached, entry.fetched_at, entry.expires, Reach(*entry.reach))

    @property
    def fetched_at(self) -> datetime:
        """When it was asked for, Seoul time."""
        return seoul(self.sent)
