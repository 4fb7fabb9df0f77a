"""Routes of single stocks: closing data and real time; KOSPI, KOSDAQ and KONEX."""

from __future__ import annotations

from dataclasses import replace

from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.model import Endpoint, Paging


def _closed(market: str) -> tuple[Endpoint, ...]:
    name, licence, at = market.upper(), t.STOCK_CLOSE[market], f"/v3/market/closed/{market}"
    return (
        Endpoint(
            id=f"v3_closed_{market}_lists",
            path=f"{at}/lists",
            record=r.LISTING,
            envelope=t.LISTING,
            ko=f"{name} 주식 종목 리스트",
            en=f"{name} issues",
            licence=licence,
            published=t.MORNING,
        ),
        Endpoint(
            id=f"v3_closed_{market}_master",
            path=f"{at}/{{issuecode}}/master",
            record=r.MASTER,
            envelope=t.OBJECT,
            ko=f"{name} 주식 종목 마스터",
            en=f"{name} master of an issue",
            licence=licence,
            published=t.MORNING,
            params=(t.CODE,),
        ),
        Endpoint(
            id=f"v3_closed_{market}_selectivemaster",
            path=f"{at}/{{issuecode}}/selectivemaster",
            record=r.MASTER_CHOSEN,
            envelope=t.OBJECT,
            ko=f"{name} 주식 종목 마스터(요구형)",
            en=f"{name} master of an issue, chosen items",
            licence=licence,
            published=t.MORNING,
            params=(t.CODE, t.ITEMS),
            paging=Paging.ITEMS,
        ),
        Endpoint(
            id=f"v3_closed_{market}_closeprice",
            path=f"{at}/{{issuecode}}/closeprice",
            record=r.CLOSE,
            envelope=t.OBJECT,
            ko=f"{name} 주식 종목 종가",
            en=f"{name} closing row of the day",
            licence=licence,
            published=t.AFTER_1540,
            params=(t.CODE,),
        ),
        Endpoint(
            id=f"v3_closed_{market}_index",
            path=f"{at}/index",
            record=r.INDEX_STATE.within("index"),
            envelope=t.OBJECT,
            ko=f"{name} 지수",
            en=f"{name} composite index now",
            licence=licence,
            published=t.LIVE,
            product="index",
        ),
        Endpoint(
            id=f"v3_closed_{market}_shortsell",
            path=f"{at}/{{issuecode}}/shortsell",
            record=r.SHORT_SELLING,
            envelope=t.HISTORY,
            ko=f"{name} 주식 공매도 일별조회",
            en=f"{name} short sales and stock lending by day",
            licence=licence,
            published=t.AFTER_1800,
            params=(t.CODE, t.START, t.END),
            paging=Paging.DATES,
        ),
        Endpoint(
            id=f"v3_closed_{market}_foreignhistory",
            path=f"{at}/{{issuecode}}/foreignhistory",
            record=r.FOREIGN_HOLDING,
            envelope=t.HISTORY,
            ko=f"{name} 주식 외국인 보유율 히스토리",
            en=f"{name} foreign holding by day",
            licence=licence,
            published=t.MORNING,
            params=(t.CODE, *t.SPAN),
            paging=Paging.DATES,
        ),
        Endpoint(
            id=f"v3_closed_{market}_history",
            path=f"{at}/{{issuecode}}/history",
            record=r.DAILY_BAR,
            envelope=t.HISTORY,
            ko=f"{name} 주식 종목 히스토리",
            en=f"{name} bars of days, weeks or months",
            licence=licence,
            published=t.MORNING,
            params=(t.CODE, t.FREQ, *t.SPAN),
            paging=Paging.DATES,
        ),
    )


def _realtime(market: str) -> tuple[Endpoint, ...]:
    name, licence, at = market.upper(), t.STOCK_REALTIME[market], f"/v3/market/realtime/{market}"

    def also(operation: str) -> tuple[str, ...]:
        # The table of URIs drops "stocks" for KOSDAQ; the page and its call line have it.
        return (f"{at}/{{issuecode}}/{operation}",) if market == "kosdaq" else ()

    return (
        Endpoint(
            id=f"v3_realtime_{market}_price",
            path=f"{at}/stocks/{{issuecode}}/price",
            also=also("price"),
            record=r.QUOTE,
            envelope=t.OBJECT,
            ko=f"{name} 주식 종목 체결",
            en=f"{name} last trade",
            licence=licence,
            published=t.LIVE,
            params=(t.CODE,),
        ),
        Endpoint(
            id=f"v3_realtime_{market}_orderbook",
            path=f"{at}/stocks/{{issuecode}}/orderbook",
            also=also("orderbook"),
            record=r.ORDER_BOOK,
            envelope=t.OBJECT,
            ko=f"{name} 주식 종목 호가잔량(LP호가제외)",
            en=f"{name} order book, without liquidity providers",
            licence=licence,
            published=t.LIVE,
            params=(t.CODE,),
        ),
        Endpoint(
            id=f"v3_realtime_{market}_intraday",
            path=f"{at}/stocks/{{issuecode}}/intraday",
            also=also("intraday"),
            record=r.BAR,
            envelope=t.HISTORY,
            ko=f"{name} 주식 종목 일중",
            en=f"{name} intraday bars",
            licence=licence,
            published=t.LIVE,
            params=(t.CODE, *t.STRETCH),
            paging=Paging.TIMES,
        ),
        Endpoint(
            id=f"v3_realtime_{market}_traderanking",
            path=f"{at}/stocks/{{issuecode}}/traderanking",
            also=also("traderanking"),
            record=r.MEMBERS,
            envelope=t.OBJECT,
            ko=f"{name} 주식 거래상위 회원사 정보",
            en=f"{name} five most active members of each side",
            licence=licence,
            published=t.LIVE,
            params=(t.CODE,),
        ),
    )


def _konex() -> tuple[Endpoint, ...]:
    routes = (e for e in _closed("konex") if e.operation != "index")
    return tuple(e if e.operation == "lists" else replace(e, status="inferred") for e in routes)


ENDPOINTS: tuple[Endpoint, ...] = (
    *_closed("kospi"),
    *_closed("kosdaq"),
    *_realtime("kospi"),
    *_realtime("kosdaq"),
    *_konex(),
)
