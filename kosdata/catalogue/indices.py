"""Routes of indices: KOSPI, KOSDAQ, sectors and others."""

from __future__ import annotations

from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.model import Endpoint, Paging

_CLOSED, _LIVE = "/v3/market/closed/index", "/v3/market/realtime/index"
_INDEX = (t.INDEX_MARKET, t.CODE)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="v3_closed_index_closeindex",
        path=f"{_CLOSED}/{{marketcode}}/{{issuecode}}/closeindex",
        record=r.INDEX_CLOSE.within("index"),
        envelope=t.OBJECT,
        ko="업종 종가",
        en="index: closing row of the day",
        licence=t.INDEX_CLOSE,
        published=t.AFTER_1540,
        params=_INDEX,
        product="index",
    ),
    Endpoint(
        id="v3_closed_index_history",
        path=f"{_CLOSED}/{{marketcode}}/{{issuecode}}/history",
        also=(f"{_CLOSED}/index/{{marketcode}}/{{issuecode}}/history",),
        record=r.DAILY_BAR_INDEX.within("index"),
        envelope=t.HISTORY,
        ko="업종 히스토리",
        en="index: bars of days, weeks or months",
        licence=t.INDEX_CLOSE,
        published=t.MORNING,
        params=(*_INDEX, t.FREQ, *t.SPAN),
        paging=Paging.DATES,
        product="index",
    ),
    Endpoint(
        id="v3_realtime_index_marketcap",
        path=f"{_LIVE}/{{marketcode}}/{{issuecode}}/marketcap",
        record=r.INDEX_CAP.within("index"),
        envelope=t.OBJECT,
        ko="업종 시가총액",
        en="index: market capitalisation",
        licence=t.INDEX_REALTIME,
        published=t.LIVE,
        params=_INDEX,
        product="index",
    ),
    Endpoint(
        id="v3_realtime_index_prospectindex",
        path=f"{_LIVE}/{{marketcode}}/{{issuecode}}/prospectindex",
        record=r.INDEX_EXPECTED.within("index"),
        envelope=t.OBJECT,
        ko="업종 예상지수",
        en="index: expected level of an auction",
        licence=t.INDEX_REALTIME,
        published=t.LIVE,
        params=_INDEX,
        product="index",
    ),
    Endpoint(
        id="v3_realtime_index_intraday",
        path=f"{_LIVE}/{{marketcode}}/{{issuecode}}/intraday",
        record=r.BAR.within("index"),
        envelope=t.HISTORY,
        ko="업종 일중",
        en="index: intraday bars",
        licence=t.INDEX_REALTIME,
        published=t.LIVE,
        params=(*_INDEX, *t.STRETCH),
        paging=Paging.TIMES,
        product="index",
    ),
    Endpoint(
        id="v3_realtime_index_index",
        path=f"{_LIVE}/{{marketcode}}/{{issuecode}}/index",
        record=r.INDEX_QUOTE.within("index"),
        envelope=t.OBJECT,
        ko="업종 지수",
        en="index: level now",
        licence=t.INDEX_REALTIME,
        published=t.LIVE,
        params=_INDEX,
        product="index",
    ),
    Endpoint(
        id="v3_realtime_index_investors",
        path=f"{_LIVE}/{{marketcode}}/{{issuecode}}/investors",
        record=r.INVESTORS_MARKET,
        envelope=t.INVESTORS_MARKET,
        ko="업종 투자자별 매매동향",
        en="index: trading by investor type",
        licence=t.INDEX_REALTIME,
        published=t.LIVE,
        params=_INDEX,
        product="index",
    ),
)
