"""What a client is told before it asks: key, addresses, limits; and where each of them may come from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from kosdata.errors import ConfigError

Env = Literal["production", "sandbox", "demo"]

HOSTS: Mapping[str, Mapping[str, str]] = {
    "v3": {"production": "https://oap.k-mydata.org", "sandbox": "https://testoap.k-mydata.org"},
    "v2": {"production": "https://apigw.koscom.co.kr", "sandbox": "https://sandbox-apigw.koscom.co.kr"},
}
# No production address of the stream was ever published.
STREAM_HOSTS: Mapping[str, str] = {"sandbox": "ws://sandbox-apigw.koscom.co.kr:9887"}

DEMO_KEY = "demo"
"""The key that the embedded gateway takes, so that whoever asks it needs none."""
DEMO_SERVER = "kosdata-simulator"
"""What the embedded gateway calls itself in its answers, so that nobody takes it for the market."""

_VARIABLES = {
    "api_key": "KOSCOM_API_KEY",
    "env": "KOSDATA_ENV",
    "base_url": "KOSDATA_BASE_URL",
    "stream_url": "KOSDATA_STREAM_URL",
    "cache": "KOSDATA_CACHE_DIR",
}


class Secret:
    """An API key that shows itself only to whoever asks with `reveal`.

    Every printed form is ``***`` and four digits of a digest, so that two keys can be told apart in a log. Pickles
    and JSON do not carry it: a worker reads its own settings.
    """

    __slots__ = ("_digest", "_reveal")

    def __init__(self, value: str) -> None:
        self._reveal: Callable[[], str] = lambda: value
        self._digest = hashlib.sha256(value.encode()).hexdigest()

    def reveal(self) -> str:
        """Return the key itself."""
        return self._reveal()

    @property
    def digest(self) -> str:
        """A digest of the key, for telling caches of two keys apart."""
        return self._digest

    def __repr__(self) -> str:
        return f"***{self._digest[:4]}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._digest == self._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return NoneType, ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a client reaches the API.

    Parameters
    ----------
    api_key : str, optional
        KOSCOM API key. ``KOSCOM_API_KEY`` by default.
    env : {"production", "sandbox", "demo"}
        Which gateway to ask. ``demo`` is the one embedded in kosdata and needs no key.
    base_url, stream_url : str, optional
        Addresses that replace those of `env`.
    api : {"v3", "v2"}
        Tree of paths that the research functions use. v2 has ended in 2022.
    auth : {"header", "query"}
        Where the key travels.
    cache : bool or path
        Keep answers on disk: in the user's cache folder, not at all, or in this folder.
    timeout : float
        Seconds that one request may take in all, from connecting to the last byte.
    retries : int
        Attempts that one request may take in all, the first included.
    backoff, backoff_cap : float
        Base and cap of the wait before a retry, in seconds: uniform on [0, min(cap, base * 2**n)].
    concurrency : int
        Requests under way at once.
    pace : float or None
        Requests a second that the client settles to after a burst of twice as many.
    progress : bool or None
        Show a progress bar: always, never, or when a bulk call takes long on a terminal or in a notebook.
    member : str
        Name of the firm, which the stream asks for beside the key.
    heartbeat, stale : float
        Seconds between two signs of life of a stream, and after how many of silence its connection counts as dead.
    allow_insecure : bool
        Permit clear text (``http://``, ``ws://``) to another machine. The key is then readable on the way.
    """

    api_key: Secret | None = None
    env: Env = "production"
    base_url: str | None = None
    stream_url: str | None = None
    api: Literal["v3", "v2"] = "v3"
    auth: Literal["header", "query"] = "header"
    cache: bool | Path = True
    timeout: float = 30.0
    retries: int = 5
    backoff: float = 0.5
    backoff_cap: float = 20.0
    concurrency: int = 8
    pace: float | None = 50.0
    progress: bool | None = None
    member: str = "kosdata"
    heartbeat: float = 10.0
    stale: float = 20.0
    allow_insecure: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_key", _secret(self.api_key))
        for name, allowed in (("env", get_args(Env)), ("api", ("v3", "v2")), ("auth", ("header", "query"))):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name}={getattr(self, name)!r} is not one of {', '.join(map(repr, allowed))}.")
        for name in ("timeout", "backoff", "backoff_cap", "heartbeat", "stale"):
            if not _is_number(getattr(self, name)) or getattr(self, name) <= 0:
                raise ConfigError(f"{name} is a number of seconds above 0, not {getattr(self, name)!r}.")
        for name in ("retries", "concurrency"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise ConfigError(f"{name} is a whole number of at least 1, not {getattr(self, name)!r}.")
        if self.pace is not None and (not _is_number(self.pace) or self.pace <= 0):
            raise ConfigError(f"pace is a number of requests a second above 0, or None; not {self.pace!r}.")
        _check_url("base_url", self.base_url, {"https", "http"}, self.allow_insecure)
        _check_url("stream_url", self.stream_url, {"wss", "ws"}, self.allow_insecure)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
        """Return settings from what is given, then the environment variables that are not blank, then the defaults."""
        environ = os.environ if environ is None else environ
        written = {name: environ.get(variable, "") for name, variable in _VARIABLES.items()}
        found = {name: value for name, value in written.items() if value.strip()}
        # What a synthetic market answers is kept by nobody: the next one may be another.
        if given.get("env", found.get("env")) == "demo":
            found.pop("cache", None)
        return cls().changed(**{**found, **given})

    def changed(self, **given: Any) -> Settings:
        """Return these settings with some of them replaced; strings are read as a user writes them."""
        unknown = given.keys() - {field.name for field in fields(self)}
        if unknown:
            known = ", ".join(field.name for field in fields(self))
            raise ConfigError(f"No setting is called {', '.join(sorted(map(repr, unknown)))}. Settings: {known}.")
        if "api_key" in given:
            given["api_key"] = _secret(given["api_key"])
        if "cache" in given and not isinstance(given["cache"], bool):
            given["cache"] = Path(given["cache"]).expanduser()
        for name in ("base_url", "stream_url"):
            if given.get(name):
                given[name] = str(given[name]).rstrip("/")
            elif name in given:
                given[name] = None
        return replace(self, **given)

    def address(self, version: str = "v3") -> str:
        """Return the base address for one version of the API."""
        if self.base_url is not None:
            return self.base_url
        if self.env == "demo":
            raise ConfigError("env='demo' has no address before its gateway is started: call kosdata.demo().")
        return HOSTS[version][self.env]


def is_loopback(host: str | None) -> bool:
    """Return whether a host name stands for this machine."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def _secret(value: object) -> Secret | None:
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise ConfigError("api_key is a string (argument api_key or variable KOSCOM_API_KEY).")
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigError(
            "api_key (argument or variable KOSCOM_API_KEY) is blank or holds a space, a line break or another "
            "character that no key has. Copy it again from the developer centre."
        )
    return Secret(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_url(name: str, url: str | None, schemes: set[str], allow_insecure: bool) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise ConfigError(f"{name} is not an address.") from None
    if parts.scheme not in schemes or not host:
        raise ConfigError(f"{name} starts with {' or '.join(sorted(s + '://' for s in schemes))} and names a host.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError(f"{name} is an address alone: no user, no query, no key.")
    if parts.scheme in {"http", "ws"} and not is_loopback(host) and not allow_insecure:
        raise ConfigError(
            f"{name} would send the key in clear text to {host}: write {parts.scheme}s://, or pass "
            "allow_insecure=True if that network is yours."
        )
