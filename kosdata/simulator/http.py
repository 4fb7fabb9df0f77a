"""A request and its reply, as the sockets and whoever answers hand them to each other; no socket knows more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote_plus

__all__ = ["NO_ANSWER", "Answerer", "Reply", "Request", "redacted"]

NO_ANSWER = 0  # the status of a reply that is never sent

_KEY_SHAPE = re.compile(r"l7xx[0-9a-z]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked.

    Parameters
    ----------
    method : str
        As it was sent, for example ``"GET"``.
    path : str
        Percent-decoded, without the query.
    query : str
        What follows the question mark, as it was sent.
    headers : mapping of str to str
        Names in lower case.
    """

    method: str
    path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """Path and query without the key: equal for equal requests, whoever sends them."""
        return redacted(f"{self.path}?{self.query}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client is told: the status, the body before any compression, and the headers that are not the default.

    Header names are spelled as usual (``Content-Type``). The sockets add type, length and date where they are absent.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Answerer: TypeAlias = Callable[[Request], Reply]


def redacted(text: str) -> str:
    """Return a path or a query with ``***`` for whatever may be an API key."""
    return _KEY_SHAPE.sub("***", "&".join(map(_blanked, text.split("&"))))


def _blanked(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}=***" if equals and "key" in unquote_plus(name).lower() else pair
