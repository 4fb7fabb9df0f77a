"""Korean market data of the KOSCOM Open API as typed pandas frames.

Everything public is here. Names load when they are first used, so that the import opens nothing and costs little.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kosdata.errors import (
    ApiError,
    ArgumentError,
    AuthError,
    ConfigError,
    KosError,
    LicenceError,
    NotFoundError,
    NotReadyError,
    QuotaError,
    RateLimitError,
    SchemaError,
    ServerError,
    StoreError,
    StreamError,
    TransportError,
)

if TYPE_CHECKING:
    from kosdata.catalogue.calendar import CalendarWarning
    from kosdata.environment import Demo, configure, demo
    from kosdata.research.account import cache_info, capabilities, clear_cache, quota
    from kosdata.research.fetch import decode, fetch
    from kosdata.research.tables import code_table, endpoints, fields
    from kosdata.settings import Settings
    from kosdata.wire.cache import CacheWarning
    from kosdata.wire.client import Client
    from kosdata.wire.clock import ClockWarning

__version__ = "0.1.0"

_PLACES = {
    "kosdata.catalogue.calendar": ("CalendarWarning",),
    "kosdata.environment": ("Demo", "configure", "demo"),
    "kosdata.research.account": ("cache_info", "capabilities", "clear_cache", "quota"),
    "kosdata.research.fetch": ("decode", "fetch"),
    "kosdata.research.tables": ("code_table", "endpoints", "fields"),
    "kosdata.settings": ("Settings",),
    "kosdata.wire.cache": ("CacheWarning",),
    "kosdata.wire.client": ("Client",),
    "kosdata.wire.clock": ("ClockWarning",),
}
_PLACE = {name: place for place, names in _PLACES.items() for name in names}

__all__ = [
    "ApiError",
    "ArgumentError",
    "AuthError",
    "CacheWarning",
    "CalendarWarning",
    "Client",
    "ClockWarning",
    "ConfigError",
    "Demo",
    "KosError",
    "LicenceError",
    "NotFoundError",
    "NotReadyError",
    "QuotaError",
    "RateLimitError",
    "SchemaError",
    "ServerError",
    "Settings",
    "StoreError",
    "StreamError",
    "TransportError",
    "__version__",
    "cache_info",
    "capabilities",
    "clear_cache",
    "code_table",
    "configure",
    "decode",
    "demo",
    "endpoints",
    "fetch",
    "fields",
    "quota",
]


def __getattr__(name: str) -> Any:
    place = _PLACE.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Knows how the demo gateway is started, which any client may need.
    import_module("kosdata.environment")
    value = getattr(import_module(place), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
