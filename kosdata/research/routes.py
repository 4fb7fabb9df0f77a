"""Which endpoint answers which question: one table for every function, v3 beside the ended v2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.codes import STOCKS
from kosdata.catalogue.model import Endpoint
from kosdata.errors import ArgumentError, KosError
from kosdata.wire.client import Client

if TYPE_CHECKING:
    from kosdata.research.instruments import Instrument
    from kosdata.research.manner import Manner

__all__ = ["ROUTES", "Product", "endpoints_of", "route", "routed", "shape"]

Product: TypeAlias = Literal["stock", "index", "futures", "options"]


def _stock(v3: str, v2: str) -> dict[Product, tuple[str, str]]:
    return {"stock": (v3, v2)}


def _contracts(v3: str, operation: str) -> dict[Product, tuple[str, str]]:
    return {
        "futures": (f"v3_{v3}_futures_{operation}", f"v2_futures_{operation}"),
        "options": (f"v3_{v3}_options_{operation}", f"v2_options_{operation}"),
    }


def _index(v3: str, operation: str) -> dict[Product, tuple[str, str]]:
    return {"index": (f"v3_{v3}_index_{operation}", f"v2_index_{operation}")}


ROUTES: Final[Mapping[str, Mapping[Product, tuple[str, str]]]] = {
    # Days and bars
    "history": {
        **_stock("v3_closed_{market}_history", "v2_stocks_history"),
        **_index("closed", "history"),
        **_contracts("closed", "history"),
    },
    "intraday": {
        **_stock("v3_realtime_{market}_intraday", "v2_stocks_intraday"),
        **_index("realtime", "intraday"),
        **_contracts("realtime", "intraday"),
    },
    "close": {
        **_stock("v3_closed_{market}_closeprice", "v2_stocks_closeprice"),
        **_index("closed", "closeindex"),
        **_contracts("closed", "closeprice"),
    },
    # Now
    "quote": {
        **_stock("v3_realtime_{market}_price", "v2_stocks_price"),
        **_index("realtime", "index"),
        **_contracts("realtime", "price"),
    },
    "quotes": _stock("v3_realtime_{market}_multiquote_price", "v2_multiquote_price"),
    "order_book": {
        **_stock("v3_realtime_{market}_orderbook", "v2_stocks_orderbook"),
        **_contracts("realtime", "orderbook"),
    },
    "order_books": _stock("v3_realtime_{market}_multiquote_orderbook", "v2_multiquote_orderbook"),
    "board_price": _stock("v3_realtime_{market}_multiquote_lists", "v2_multiquote_lists"),
    "board_ohlc": _stock("v3_realtime_{market}_multiquote_ohlclists", "v2_multiquote_ohlclists"),
    "board_after_hours": _stock("v3_realtime_{market}_multiquote_ahtohlclists", "v2_multiquote_ahtohlclists"),
    "board_quote": _stock("v3_realtime_{market}_multiquote_quotelists", "v2_multiquote_quotelists"),
    "market_cap": _index("realtime", "marketcap"),
    "expected_index": _index("realtime", "prospectindex"),
    # Who is there
    "listing": {**_stock("v3_closed_{market}_lists", "v2_stocks_lists"), **_contracts("closed", "lists")},
    "master": {**_stock("v3_closed_{market}_master", "v2_stocks_master"), **_contracts("closed", "master")},
    "chosen_master": {
        **_stock("v3_closed_{market}_selectivemaster", "v2_stocks_selectivemaster"),
        **_contracts("closed", "master"),
    },
    # Who trades and holds
    "investors": {
        **_stock("v3_investors_{market}_issue", "v2_stocks_investors"),
        **_index("realtime", "investors"),
        **_contracts("realtime", "investors"),
    },
    "market_investors": _stock("v3_investors_{market}_market", "v2_stocks_market_investors"),
    "members": _stock("v3_realtime_{market}_traderanking", "v2_stocks_traderanking"),
    "short_selling": _stock("v3_closed_{market}_shortsell", "v2_stocks_shortsell"),
    "foreign_holding": _stock("v3_closed_{market}_foreignhistory", "v2_stocks_foreignhistory"),
    # Funds and days
    "nav": _stock("v3_extra_{market}_nav", "v2_stocks_nav"),
    "close_nav": _stock("v3_closed_etf_closenav", "v2_stocks_closenav"),
    "nav_history": _stock("v3_extra_{market}_navhistory", "v2_stocks_navhistory"),
    "constituents": _stock("v3_extra_{market}_pdf", "v2_stocks_pdf"),
    "holidays": _stock("v3_extra_holiday", "v2_holiday"),
}
"""Question and product to the ids of v3 and v2."""


def route(client: Client, name: str, product: Product = "stock", market: str = "") -> Endpoint:
    """Return the endpoint that answers a question about a product of a market, in the version that a client speaks.

    Raises
    ------
    ArgumentError
        If there is none.
    """
    ids = ROUTES[name].get(product)
    found = ENDPOINTS.get(ids[client.settings.api == "v2"].format(market=market)) if ids else None
    param = found and found.param("marketcode")
    if found is None or (param and market not in param.choices.values()):
        what = name.replace("_", " ")
        raise ArgumentError(f"The API has no {what} of {market or product} {product if market else ''}".strip() + ".")
    return found


def shape(name: str, product: Product = "stock", market: str = "kospi") -> Endpoint:
    """Return the endpoint of v3 whose columns are those of a question about a product."""
    v3, _ = ROUTES[name][product]
    return ENDPOINTS[v3.format(market=market)]


def routed(name: str, instruments: Iterable[Instrument], manner: Manner) -> dict[str, Endpoint | KosError]:
    """Return the endpoint that answers a question about each instrument, or why there is none.

    Raises
    ------
    ArgumentError
        If there is none for one of them, unless errors are collected.
    """
    found: dict[str, Endpoint | KosError] = {}
    for each in instruments:
        try:
            found[each.code] = route(manner.client, name, each.product, each.market)
        except ArgumentError as error:
            if manner.is_strict:
                raise
            found[each.code] = error
    return found


def endpoints_of(names: Iterable[str]) -> list[Endpoint]:
    """Return every endpoint of v3 that answers some questions."""
    ids = [v3.format(market=market) for name in names for v3, _ in ROUTES[name].values() for market in STOCKS]
    return [ENDPOINTS[id] for id in dict.fromkeys(ids) if id in ENDPOINTS]
