"""Routes of exchange-traded funds, and of market holidays, which share their licence."""

from __future__ import annotations

from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.model import Endpoint, Paging


def _extra(market: str) -> tuple[Endpoint, ...]:
    name, at = market.upper(), f"/v3/market/extra/stocks/{market}/{{issuecode}}"
    return (
        Endpoint(
            id=f"v3_extra_{market}_pdf",
            path=f"{at}/pdf",
            record=r.CONSTITUENTS,
            envelope=t.BASKET,
            ko=f"{name} ETF 구성종목 정보",
            en=f"{name} constituents of an ETF",
            licence=t.EXTRA,
            published=t.MORNING,
            params=(t.CODE,),
        ),
        Endpoint(
            id=f"v3_extra_{market}_nav",
            path=f"{at}/nav",
            record=r.NAV,
            envelope=t.OBJECT,
            ko=f"{name} ETF 종목 NAV 조회",
            en=f"{name} NAV of an ETF now",
            licence=t.EXTRA,
            published=t.LIVE,
            params=(t.CODE,),
        ),
        Endpoint(
            id=f"v3_extra_{market}_navhistory",
            path=f"{at}/navhistory",
            record=r.NAV_HISTORY,
            envelope=t.HISTORY,
            ko=f"{name} ETF 종목 NAV 히스토리",
            en=f"{name} NAV of an ETF by day, week or month",
            licence=t.EXTRA,
            published=t.MORNING,
            params=(t.CODE, t.FREQ, *t.SPAN),
            paging=Paging.DATES,
        ),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="v3_closed_etf_closenav",
        path="/v3/market/closed/etf/{marketcode}/{issuecode}/closenav",
        record=r.NAV,
        envelope=t.OBJECT,
        ko="주식종목(ETF) 장마감후 순자산가치",
        en="NAV of an ETF after the close",
        licence=t.ETF_CLOSE,
        published=t.AFTER_1600,
        params=(t.STOCK_MARKET, t.CODE),
    ),
    *_extra("kospi"),
    *_extra("kosdaq"),
    Endpoint(
        id="v3_extra_holiday",
        path="/v3/market/extra/stocks/{nationcode}/holiday",
        record=r.HOLIDAYS,
        envelope=t.HOLIDAYS,
        ko="국가별 휴장일 정보",
        en="market holidays of a nation, from today on",
        licence=t.EXTRA,
        published=t.IRREGULAR,
        params=(t.NATION,),
    ),
)
