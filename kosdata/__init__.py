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
from kosdata.frame.accessor import Kos as _Kos  # noqa: F401 - frames have df.kos from here on

if TYPE_CHECKING:
    from kosdata.catalogue.calendar import CalendarWarning
    from kosdata.environment import Demo, configure, demo
    from kosdata.frame.dask import register_dask
    from kosdata.research.account import cache_info, capabilities, clear_cache, quota
    from kosdata.research.boards import board
    from kosdata.research.chains import futures_curve, option_chain
    from kosdata.research.close import close
    from kosdata.research.code_parts import parse_code
    from kosdata.research.continuous import continuous, rolls
    from kosdata.research.failures import failures
    from kosdata.research.fetch import decode, fetch
    from kosdata.research.functions import functions
    from kosdata.research.funds import constituents, holidays, nav, nav_history
    from kosdata.research.holdings import foreign_holding, short_selling
    from kosdata.research.indices import expected_index, market_cap
    from kosdata.research.intraday import intraday
    from kosdata.research.investors import investors
    from kosdata.research.joins import join
    from kosdata.research.listing import listing
    from kosdata.research.live.opening import replay, stream_to_frame
    from kosdata.research.live.stream import Stream
    from kosdata.research.master import master
    from kosdata.research.members import members
    from kosdata.research.order_books import order_book
    from kosdata.research.panels import panel
    from kosdata.research.plans import plan
    from kosdata.research.price_rules import price_limits, round_to_tick, tick_size
    from kosdata.research.prices import history
    from kosdata.research.quotes import quote
    from kosdata.research.search import search
    from kosdata.research.tables import code_table, endpoints, fields
    from kosdata.research.trading_days import is_open, sessions
    from kosdata.settings import Settings
    from kosdata.wire.cache import CacheWarning
    from kosdata.wire.client import Client
    from kosdata.wire.clock import ClockWarning

__version__ = "0.1.0"

_PLACES = {
    "kosdata.catalogue.calendar": ("CalendarWarning",),
    "kosdata.environment": ("Demo", "configure", "demo"),
    "kosdata.frame.dask": ("register_dask",),
    "kosdata.research.account": ("cache_info", "capabilities", "clear_cache", "quota"),
    "kosdata.research.price_rules": ("price_limits", "round_to_tick", "tick_size"),
    "kosdata.research.boards": ("board",),
    "kosdata.research.chains": ("futures_curve", "option_chain"),
    "kosdata.research.close": ("close",),
    "kosdata.research.code_parts": ("parse_code",),
    "kosdata.research.continuous": ("continuous", "rolls"),
    "kosdata.research.failures": ("failures",),
    "kosdata.research.fetch": ("decode", "fetch"),
    "kosdata.research.functions": ("functions",),
    "kosdata.research.funds": ("constituents", "holidays", "nav", "nav_history"),
    "kosdata.research.holdings": ("foreign_holding", "short_selling"),
    "kosdata.research.indices": ("expected_index", "market_cap"),
    "kosdata.research.intraday": ("intraday",),
    "kosdata.research.investors": ("investors",),
    "kosdata.research.joins": ("join",),
    "kosdata.research.listing": ("listing",),
    "kosdata.research.live.opening": ("replay", "stream_to_frame"),
    "kosdata.research.live.stream": ("Stream",),
    "kosdata.research.master": ("master",),
    "kosdata.research.members": ("members",),
    "kosdata.research.order_books": ("order_book",),
    "kosdata.research.panels": ("panel",),
    "kosdata.research.plans": ("plan",),
    "kosdata.research.prices": ("history",),
    "kosdata.research.quotes": ("quote",),
    "kosdata.research.search": ("search",),
    "kosdata.research.tables": ("code_table", "endpoints", "fields"),
    "kosdata.research.trading_days": ("is_open", "sessions"),
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
    "Stream",
    "StreamError",
    "TransportError",
    "__version__",
    "board",
    "cache_info",
    "capabilities",
    "clear_cache",
    "close",
    "code_table",
    "configure",
    "constituents",
    "continuous",
    "decode",
    "demo",
    "endpoints",
    "expected_index",
    "failures",
    "fetch",
    "fields",
    "foreign_holding",
    "functions",
    "futures_curve",
    "history",
    "holidays",
    "intraday",
    "investors",
    "is_open",
    "join",
    "listing",
    "market_cap",
    "master",
    "members",
    "nav",
    "nav_history",
    "option_chain",
    "order_book",
    "panel",
    "parse_code",
    "plan",
    "price_limits",
    "quota",
    "quote",
    "register_dask",
    "replay",
    "rolls",
    "round_to_tick",
    "search",
    "sessions",
    "short_selling",
    "stream_to_frame",
    "tick_size",
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
