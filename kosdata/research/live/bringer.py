"""Whatever brings the rows of a stream, as the rest of it knows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

__all__ = ["Bringer", "Part"]


class Part(Protocol):
    """What breaks and comes back as one: a session of the service, or the polls of REST."""

    @property
    def codes(self) -> Collection[str]:
        """Codes that it brings; none named for a whole market."""


class Bringer(Protocol):
    """Sessions of the service, polls of REST, or an iterable."""

    @property
    def reconnects(self) -> int:
        """Connections after the first ones."""

    @property
    def connected_at(self) -> int:
        """When the newest connection came about, in microseconds since 1970; 0 without any."""

    @property
    def trouble(self) -> str:
        """Why it could not bring any, the last time that it could not."""

    @property
    def is_unconfirmed(self) -> bool:
        """Whether it waits for the first rows of some code."""

    def start(self) -> None:
        """Begin, in the background."""

    def stop(self) -> None:
        """End, and wait for it."""

    def abandon(self) -> None:
        """End, soon, without any wait."""

    def add(self, codes: Iterable[str]) -> None:
        """Register more codes."""

    def remove(self, codes: Iterable[str]) -> None:
        """End the registration of some codes."""

    def seen(self, codes: Iterable[str]) -> None:
        """Take note of codes that rows have come for."""
