"""Routes of futures and options, alike but for their books' spelling and their masters."""

from __future__ import annotations

from typing import Literal

from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.model import Endpoint, Paging


def _derivative(kind: Literal["futures", "options"]) -> tuple[Endpoint, ...]:
    ko, en = {"futures": ("선물", "futures"), "options": ("옵션", "options")}[kind]
    master = {"futures": r.MASTER_FUTURES, "options": r.MASTER_OPTIONS}[kind]
    quote = {"futures": r.QUOTE_FUTURES, "options": r.QUOTE_OPTIONS}[kind]
    investors = {"futures": r.INVESTORS_FUTURES, "options": r.INVESTORS_OPTIONS}[kind]
    closed, live = f"/v3/market/closed/derivative/{kind}", f"/v3/market/realtime/derivative/{kind}"
    contract = (t.DERIVATIVE_MARKET, t.CODE)
    return (
        Endpoint(
            id=f"v3_closed_{kind}_lists",
            path=f"{closed}/{{marketcode}}/lists",
            record=r.LISTING,
            envelope=t.LISTING,
            ko=f"상품/지수 {ko} 종목 리스트",
            en=f"{en} of a market",
            licence=t.DERIVATIVE_CLOSE,
            published=t.MORNING,
            params=(t.DERIVATIVE_MARKET,),
            product="derivative",
        ),
        Endpoint(
            id=f"v3_closed_{kind}_master",
            path=f"{closed}/{{marketcode}}/{{issuecode}}/master",
            # A stray letter was copied from table to table.
            also=(f"{closed}/{{marketcode}}/l{{issuecode}}/master",) if kind == "futures" else (),
            record=master.within("derivative"),
            envelope=t.OBJECT,
            ko=f"상품/지수 {ko} 종목 마스터",
            en=f"{en}: master of a contract",
            licence=t.DERIVATIVE_CLOSE,
            published=t.MORNING,
            params=contract,
            product="derivative",
        ),
        Endpoint(
            id=f"v3_closed_{kind}_closeprice",
            path=f"{closed}/{{marketcode}}/{{issuecode}}/closeprice",
            record=r.CLOSE.within("derivative"),
            envelope=t.OBJECT,
            ko=f"상품/지수 {ko} 종목 종가",
            en=f"{en}: closing row of the day",
            licence=t.DERIVATIVE_CLOSE,
            published=t.AFTER_1550,
            params=contract,
            product="derivative",
        ),
        Endpoint(
            id=f"v3_closed_{kind}_history",
            path=f"{closed}/{{marketcode}}/{{issuecode}}/history",
            record=r.DAILY_BAR_DERIVATIVE.within("derivative"),
            envelope=t.HISTORY,
            ko=f"상품/지수 {ko} 종목 히스토리",
            en=f"{en}: bars of days, weeks or months",
            licence=t.DERIVATIVE_CLOSE,
            published=t.MORNING,
            params=(*contract, t.FREQ, *t.SPAN),
            paging=Paging.DATES,
            product="derivative",
        ),
        Endpoint(
            id=f"v3_realtime_{kind}_price",
            path=f"{live}/{{marketcode}}/{{issuecode}}/price",
            record=quote.within("derivative"),
            envelope=t.OBJECT,
            ko=f"상품/지수 {ko}_체결",
            en=f"{en}: last trade",
            licence=t.DERIVATIVE_REALTIME,
            published=t.LIVE,
            params=contract,
            product="derivative",
        ),
        Endpoint(
            id=f"v3_realtime_{kind}_orderbook",
            path=f"{live}/{{marketcode}}/{{issuecode}}/orderbook",
            # Three tables share the misspelling; the page and its call line do not.
            also=(f"{live}/{{marketcode}}/{{issuecode}}/oederbook",) if kind == "options" else (),
            record=r.ORDER_BOOK_DERIVATIVE.within("derivative"),
            envelope=t.OBJECT,
            ko=f"상품/지수 {ko}_우선호가",
            en=f"{en}: order book",
            licence=t.DERIVATIVE_REALTIME,
            published=t.LIVE,
            params=contract,
            product="derivative",
        ),
        Endpoint(
            id=f"v3_realtime_{kind}_investors",
            path=f"{live}/{{marketcode}}/market/investors",
            record=investors.within("derivative"),
            envelope=t.INVESTORS_DERIVATIVE,
            ko=f"상품/지수 {ko} 투자자별 매매동향",
            en=f"{en}: trading of a market by investor type",
            licence=t.DERIVATIVE_REALTIME,
            published=t.EVERY_30_SECONDS,
            params=(t.DERIVATIVE_MARKET,),
            product="derivative",
        ),
        Endpoint(
            id=f"v3_realtime_{kind}_intraday",
            path=f"{live}/{{marketcode}}/{{issuecode}}/intraday",
            record=r.BAR.within("derivative"),
            envelope=t.HISTORY,
            ko=f"상품/지수 {ko} 일중",
            en=f"{en}: intraday bars",
            licence=t.DERIVATIVE_REALTIME,
            published=t.LIVE,
            params=(*contract, *t.STRETCH),
            paging=Paging.TIMES,
            product="derivative",
        ),
    )


ENDPOINTS: tuple[Endpoint, ...] = (*_derivative("futures"), *_derivative("options"))
