"""Routes of many stocks at once: snapshots of a whole market, and up to 20 issues a call."""

from __future__ import annotations

from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.model import Endpoint, Paging


def _boards(market: str) -> tuple[Endpoint, ...]:
    name, licence = market.upper(), t.STOCK_REALTIME[market]
    at = f"/v3/market/realtime/{market}/multiquote/stocks"
    snapshots = (
        ("lists", r.BOARD_PRICE, "현재가 리스트", "last price, volume and turnover"),
        ("ohlclists", r.BOARD_OHLC, "시고저종 리스트", "open, high, low and last price"),
        (
            "ahtohlclists",
            r.BOARD_OHLC,
            "시간외단일가 시고저종 리스트",
            "the same of the after-hours single-price session",
        ),
        ("quotelists", r.BOARD_QUOTE, "호가/잔량 리스트", "last price and best quotes"),
    )
    issues = (
        ("price", r.each(r.QUOTE), "복수종목 현재가", "last trade"),
        ("orderbook", r.each(r.ORDER_BOOK), "복수종목 호가잔량", "order book"),
    )
    return (
        *(
            Endpoint(
                id=f"v3_realtime_{market}_multiquote_{operation}",
                path=f"{at}/{operation}",
                record=record,
                envelope=t.BOARD,
                ko=f"(시세표) {name} 주식 {ko}",
                en=f"{name} all issues: {en}",
                licence=licence,
                published=t.EVERY_SECOND,
            )
            for operation, record, ko, en in snapshots
        ),
        *(
            Endpoint(
                id=f"v3_realtime_{market}_multiquote_{operation}",
                path=f"{at}/{operation}",
                record=record,
                envelope=t.ISSUES,
                ko=f"(시세표) {name} 주식 {ko}",
                en=f"{name} up to 20 issues: {en}",
                licence=licence,
                published=t.LIVE,
                params=(t.CODES,),
                paging=Paging.ISSUES,
            )
            for operation, record, ko, en in issues
        ),
    )


ENDPOINTS: tuple[Endpoint, ...] = (*_boards("kospi"), *_boards("kosdaq"))
