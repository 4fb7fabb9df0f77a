"""Everything that kosdata raises, one tree.

::

    KosError
    ├── ConfigError       no key, or a setting that cannot work
    ├── ArgumentError     the call is wrong; nothing was sent (also a ValueError)
    ├── TransportError    no usable answer: refused, timed out, cut off
    ├── ApiError          the API answered, and said no: .status .code .endpoint .licence .hint
    │   ├── AuthError         the key is missing or unknown
    │   ├── LicenceError      the key is good, the contract does not cover this
    │   ├── NotFoundError     no such code, market or path
    │   ├── NotReadyError     not published yet; come back at the hour that the message names
    │   ├── RateLimitError    too many calls
    │   │   └── QuotaError        the day's calls are used up: .limit .remaining .reset_at
    │   └── ServerError       the service is down or under maintenance
    ├── SchemaError       the answer does not fit the catalogue: .endpoint .field
    ├── StreamError       the stream was refused or dropped
    └── StoreError        the store is damaged or cannot be written: .path

No message, argument or cause holds an API key.
"""

from __future__ import annotations

from datetime import datetime

__all__ = [
    "ApiError",
    "ArgumentError",
    "AuthError",
    "ConfigError",
    "KosError",
    "LicenceError",
    "NotFoundError",
    "NotReadyError",
    "QuotaError",
    "RateLimitError",
    "SchemaError",
    "ServerError",
    "StoreError",
    "StreamError",
    "TransportError",
]


class KosError(Exception):
    """The root: ``except KosError`` catches everything that kosdata raises on purpose."""


class ConfigError(KosError):
    """A setting is missing or cannot work; the message names it and the way out."""


class ArgumentError(KosError, ValueError):
    """The call is wrong, and nothing was sent; the message says what to write instead."""


class TransportError(KosError):
    """No usable answer came: refused, timed out, cut off, too large or redirected."""


class SchemaError(KosError):
    """The answer does not fit the catalogue, so that no honest frame can be made of it."""

    def __init__(self, message: str, *, endpoint: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.endpoint = endpoint
        self.field = field


class StreamError(KosError):
    """The stream was refused, or dropped for good."""


class StoreError(KosError):
    """The store is damaged or cannot be written."""

    def __init__(self, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class ApiError(KosError):
    """The API answered, and said no.

    Attributes
    ----------
    status : int or None
        HTTP status; None where the body alone is known.
    code : int or None
        The service's own numeric code, if it sent one.
    endpoint : str or None
        Id of the endpoint that was asked.
    licence : str or None
        Licence group that the endpoint belongs to.
    hint : str or None
        What to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        endpoint: str | None = None,
        licence: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message if not hint else f"{message}\n{hint}")
        self.status = status
        self.code = code
        self.endpoint = endpoint
        self.licence = licence
        self.hint = hint


class AuthError(ApiError):
    """The key is missing or unknown."""


class LicenceError(ApiError):
    """The key is good, but its contract does not cover this endpoint."""


class NotFoundError(ApiError):
    """No such code in this market, or no such path at this address."""


class NotReadyError(ApiError):
    """Not published yet."""


class RateLimitError(ApiError):
    """Too many calls at once."""


class QuotaError(RateLimitError):
    """The day's calls are used up, or fewer are left than a job needs."""

    def __init__(
        self,
        message: str,
        *,
        limit: int | None = None,
        remaining: int | None = None,
        reset_at: datetime | None = None,
        status: int | None = None,
        endpoint: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, status=status, endpoint=endpoint, hint=hint)
        self.limit = limit
        self.remaining = remaining
        self.reset_at = reset_at


class ServerError(ApiError):
    """The service is down, overloaded or under maintenance."""
