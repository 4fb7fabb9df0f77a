"""Routes of trading by investor type, of issues and of whole markets."""

from __future__ import annotations

from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.model import Endpoint


def _investors(market: str) -> tuple[Endpoint, ...]:
    name, licence, at = market.upper(), t.INVESTORS[market], f"/v3/market/investors/{market}"
    return (
        Endpoint(
            id=f"v3_investors_{market}_issue",
            path=f"{at}/{{issuecode}}/investors",
            record=r.INVESTORS_ISSUE,
            envelope=t.INVESTORS_ISSUE,
            ko=f"{name} 주식 종목별 투자자별 매매동향 (종가)",
            en=f"{name} trading of an issue by investor type",
            licence=licence,
            published=t.AFTER_1530,
            params=(t.CODE,),
        ),
        Endpoint(
            id=f"v3_investors_{market}_market",
            path=f"{at}/investors",
            record=r.INVESTORS_MARKET,
            envelope=t.INVESTORS_MARKET,
            ko=f"{name} 지수 투자자 마감정보",
            en=f"{name} trading of the market by investor type",
            licence=licence,
            published=t.AFTER_1540,
        ),
    )


ENDPOINTS: tuple[Endpoint, ...] = (*_investors("kospi"), *_investors("kosdaq"))
