"""Channels of the WebSocket service, and the rows that they push."""

from __future__ import annotations

import re
from typing import Final

from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.contracts import kind_of
from kosdata.catalogue.model import Product, Record, Stream

PRESETS: Final = ("tick", "quote", "tick10", "quote10", "index", "change")
"""What can be followed of an issue."""
REGISTRATIONS: Final = 200
"""Issues that a session may have registered, each preset counted by itself."""
REGISTRATIONS_SANDBOX: Final = 20

# Also indices that are younger than the code tables.
_INDEX = re.compile(r"[KQSE]\d{1,5}")


def product_of(code: str) -> str:
    """Return what a code stands for, as the presets are told apart: stock, futures, option or index."""
    if (kind := kind_of(code)) is not None:
        return "futures" if kind == "futures" else "option"
    return "index" if _INDEX.fullmatch(code) else "stock"


_PRODUCTS: dict[str, tuple[Record, Record, Record]] = {
    "stock": (r.QUOTE, r.ORDER_BOOK, r.CHANGE),
    "futures": (
        r.QUOTE_FUTURES.within("derivative"),
        r.ORDER_BOOK_DERIVATIVE.within("derivative"),
        r.CHANGE_FUTURES.within("derivative"),
    ),
    "option": (
        r.QUOTE_OPTIONS.within("derivative"),
        r.ORDER_BOOK_DERIVATIVE.within("derivative"),
        r.CHANGE_OPTIONS.within("derivative"),
    ),
}


def _presets() -> dict[tuple[str, str], Record]:
    presets = {("index", "index"): r.INDEX_QUOTE.within("index")}
    for product, (trade, book, change) in _PRODUCTS.items():
        short: Product = "stock" if product == "stock" else "derivative"
        presets["tick", product] = r.TICK.within(short)
        presets["quote", product] = r.TOUCH.within(short)
        presets["tick10", product] = trade
        presets["quote10", product] = book
        presets["change", product] = change
    return presets


_LICENCE = t.former("실시간(증권A/B/C,파생A,KRX지수 선택) + API세션사용 라이선스")

STREAMS: tuple[Stream, ...] = (
    Stream(
        id="ws_issue",
        path="/ws",
        presets=_presets(),
        ko="종목별 실시간상세 (유가+코스닥)",
        en="chosen issues, by preset",
        licence=_LICENCE,
    ),
    *(
        Stream(
            id=f"ws_all_{market}",
            path=path,
            presets={("tick", "stock"): r.MARKET_TICK},
            ko=f"{ko} 전종목실시간",
            en=f"last trades of every {market.upper()} issue",
            licence=_LICENCE,
        )
        for market, path, ko in (("kospi", "/ws_ksp", "유가증권"), ("kosdaq", "/ws_kdq", "코스닥"))
    ),
)
