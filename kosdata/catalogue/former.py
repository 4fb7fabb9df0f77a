"""Routes of the ended v2 service: the rows of v3 under other paths, with the market as a parameter everywhere.

Kept for whoever still runs such a gateway, and to read what was saved from one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kosdata.catalogue import boards, derivatives, flows, funds, indices, stocks
from kosdata.catalogue import records as r
from kosdata.catalogue import terms as t
from kosdata.catalogue.model import Endpoint, Param, Record

_SUCCESSORS: dict[str, Endpoint] = {
    e.id: e for part in (stocks, boards, flows, funds, derivatives, indices) for e in part.ENDPOINTS
}

_CLOSE_AND_REALTIME = "종가정보(증권ABC선택), 실시간(증권ABC선택)"
_REALTIME = "실시간(증권ABC선택)"
_BOARDS = "실시간(증권A/B/C,파생A,KRX지수 선택) + API 시세표사용 라이선스"
_BOARDS_LATER = "실시간(증권A/B/C,파생A, KRX지수 선택) + API 시세표 사용 라이선스"
_INVESTORS = "종가정보(종목별투자자)"
_EXTRA = "API 부가서비스 라이선스"
_DERIVATIVE_CLOSE = "종가정보(파생상품A), 실시간(파생)"
_DERIVATIVE_PRICE = "실시간(파생상품A)"
_DERIVATIVE_FLOWS = "실시간(파생)"
_INDEX_CLOSE = "종가정보(KRX지수), 실시간(KRX지수)"
_INDEX = "실시간(KRX지수)"


def _former(
    id: str,
    path: str,
    successor: str,
    licence: str,
    ko: str,
    *,
    en: str | None = None,
    record: Record | None = None,
    params: Iterable[Param] | None = None,
    also: Iterable[str] = (),
) -> Endpoint:
    of = _SUCCESSORS[successor]
    stem = "/v2/market/"
    return replace(
        of,
        id=id,
        path=stem + path,
        also=tuple(stem + other for other in also),
        licence=t.former(licence),
        ko=ko,
        en=en or of.en.replace("KOSPI ", ""),
        record=record or of.record,
        params=of.params if params is None else tuple(params),
        status="ended",
    )


_STOCKS, _ISSUE = "stocks/{marketcode}", "stocks/{marketcode}/{issuecode}"
_ANY = (t.ANY_STOCK_MARKET, t.CODE)
_ONE = (t.STOCK_MARKET, t.CODE)


def _stocks() -> tuple[Endpoint, ...]:
    chosen = _former(
        "v2_stocks_selectivereal",
        f"{_ISSUE}/selectivereal",
        "v3_closed_kospi_selectivemaster",
        _REALTIME,
        "주식 실시간(요구형)",
        en="last trade and order book of an issue, chosen items; announced, never published",
        record=r.QUOTE_AND_BOOK,
        params=(*_ONE, t.ITEMS_LIVE),
    )
    return (
        _former(
            "v2_stocks_lists",
            f"{_STOCKS}/lists",
            "v3_closed_kospi_lists",
            _CLOSE_AND_REALTIME,
            "주식 종목 리스트",
            params=(t.ANY_STOCK_MARKET,),
            also=(f"{_STOCKS}/list",),
        ),
        _former(
            "v2_stocks_master",
            f"{_ISSUE}/master",
            "v3_closed_kospi_master",
            _CLOSE_AND_REALTIME,
            "주식 종목 마스터",
            record=r.former(r.MASTER),
            params=_ANY,
        ),
        _former(
            "v2_stocks_selectivemaster",
            f"{_ISSUE}/selectivemaster",
            "v3_closed_kospi_selectivemaster",
            _CLOSE_AND_REALTIME,
            "주식 종목 마스터(요구형)",
            params=(*_ANY, t.ITEMS),
        ),
        replace(chosen, published=t.PLANNED, status="planned"),
        _former(
            "v2_stocks_closeprice",
            f"{_ISSUE}/closeprice",
            "v3_closed_kospi_closeprice",
            _CLOSE_AND_REALTIME,
            "주식 종목 종가",
            params=_ANY,
        ),
        _former(
            "v2_stocks_price", f"{_ISSUE}/price", "v3_realtime_kospi_price", _REALTIME, "주식 종목 체결", params=_ANY
        ),
        _former(
            "v2_stocks_orderbook",
            f"{_ISSUE}/orderbook",
            "v3_realtime_kospi_orderbook",
            _REALTIME,
            "주식 종목 호가잔량(LP호가제외)",
            params=_ANY,
        ),
        _former(
            "v2_stocks_investors",
            f"{_ISSUE}/investors",
            "v3_investors_kospi_issue",
            _INVESTORS,
            "주식 종목별 투자자별 종가",
            params=_ONE,
        ),
        _former(
            "v2_stocks_market_investors",
            f"{_STOCKS}/investors",
            "v3_investors_kospi_market",
            _INVESTORS,
            "KOSPI/KOSDAQ지수 투자자 마감정보",
            params=(t.STOCK_MARKET,),
        ),
        _former(
            "v2_stocks_index",
            f"{_STOCKS}/index",
            "v3_closed_kospi_index",
            _CLOSE_AND_REALTIME,
            "KOSPI/KOSDAQ지수",
            params=(t.INDEX_MARKET,),
            also=(f"{_STOCKS}/closeindex",),
        ),
        _former(
            "v2_stocks_closenav",
            f"{_ISSUE}/closenav",
            "v3_closed_etf_closenav",
            _CLOSE_AND_REALTIME,
            "주식종목(ETF) 장마감후 순자산가치",
        ),
        _former(
            "v2_stocks_shortsell",
            f"{_ISSUE}/shortsell",
            "v3_closed_kospi_shortsell",
            _CLOSE_AND_REALTIME,
            "주식 공매도 일별조회",
            record=r.former(r.SHORT_SELLING),
            params=(*_ONE, t.START, t.END),
        ),
        _former(
            "v2_stocks_intraday",
            f"{_ISSUE}/intraday",
            "v3_realtime_kospi_intraday",
            _REALTIME,
            "주식 종목 일중",
            record=r.BAR_RUNNING,
            params=(*_ONE, *t.STRETCH),
        ),
        _former(
            "v2_stocks_traderanking",
            f"{_ISSUE}/traderanking",
            "v3_realtime_kospi_traderanking",
            _REALTIME,
            "주식 거래상위 회원사 정보",
            params=_ONE,
            also=(f"{_ISSUE}/traderaking",),
        ),
        _former(
            "v2_stocks_foreignhistory",
            f"{_ISSUE}/foreignhistory",
            "v3_closed_kospi_foreignhistory",
            _CLOSE_AND_REALTIME,
            "주식 외국인 보유율 히스토리",
            record=r.former(r.FOREIGN_HOLDING),
            params=(*_ONE, *t.SPAN),
        ),
        _former(
            "v2_stocks_history",
            f"{_ISSUE}/history",
            "v3_closed_kospi_history",
            _CLOSE_AND_REALTIME,
            "주식 종목 히스토리",
            record=r.former(r.DAILY_BAR),
            params=(*_ANY, t.FREQ, *t.SPAN),
        ),
        _former("v2_stocks_pdf", f"{_ISSUE}/pdf", "v3_extra_kospi_pdf", _EXTRA, "ETF 구성종목 정보", params=_ONE),
        _former("v2_stocks_nav", f"{_ISSUE}/nav", "v3_extra_kospi_nav", _EXTRA, "ETF 종목 NAV 조회", params=_ONE),
        _former(
            "v2_stocks_navhistory",
            f"{_ISSUE}/navhistory",
            "v3_extra_kospi_navhistory",
            _EXTRA,
            "ETF 종목 NAV 히스토리",
            record=r.former(r.NAV_HISTORY),
            params=(*_ONE, t.FREQ, *t.SPAN),
        ),
        _former("v2_holiday", "stocks/{nationcode}/holiday", "v3_extra_holiday", _EXTRA, "국가별 휴장일 정보"),
    )


def _boards() -> tuple[Endpoint, ...]:
    at = "multiquote/stocks/{marketcode}"
    also = {"lists": (f"{at}/pricelist",), "orderbook": ("list/{marketcode}/orderbook",)}
    titles = {
        "lists": "주식시장별 현재가리스트",
        "ohlclists": "주식시장별 시고저 현재가리스트",
        "ahtohlclists": "주식 시장별 시간외단일가 시고저종 리스트",
        "quotelists": "주식 시장별 호가/잔량 리스트",
        "price": "주식 복수종목 현재가",
        "orderbook": "주식 복수종목 호가잔량",
    }
    return tuple(
        _former(
            f"v2_multiquote_{operation}",
            f"{at}/{operation}",
            f"v3_realtime_kospi_multiquote_{operation}",
            _BOARDS_LATER if operation in {"ahtohlclists", "quotelists"} else _BOARDS,
            ko,
            params=(t.STOCK_MARKET, t.CODES) if operation in {"price", "orderbook"} else (t.STOCK_MARKET,),
            also=also.get(operation, ()),
        )
        for operation, ko in titles.items()
    )


def _derivative(kind: str) -> tuple[Endpoint, ...]:
    ko = {"futures": "상품/지수선물", "options": "상품/지수 옵션"}[kind]
    market, contract = f"{kind}/{{marketcode}}", f"{kind}/{{marketcode}}/{{issuecode}}"
    master = {"futures": r.MASTER_FUTURES, "options": r.MASTER_OPTIONS}[kind].within("derivative")
    history = r.DAILY_BAR_DERIVATIVE.within("derivative")
    bar = r.BAR_RUNNING.within("derivative")
    seconds = (t.DERIVATIVE_MARKET, t.CODE, *t.STRETCH_SECONDS)
    closed, live = f"v3_closed_{kind}", f"v3_realtime_{kind}"
    return (
        _former(f"v2_{kind}_lists", f"{market}/lists", f"{closed}_lists", _DERIVATIVE_CLOSE, f"{ko} 종목 리스트"),
        _former(
            f"v2_{kind}_master",
            f"{contract}/master",
            f"{closed}_master",
            _DERIVATIVE_CLOSE,
            f"{ko} 종목 마스터",
            record=r.former(master),
        ),
        _former(
            f"v2_{kind}_closeprice",
            f"{contract}/closeprice",
            f"{closed}_closeprice",
            _DERIVATIVE_CLOSE,
            f"{ko} 종목 종가",
        ),
        _former(f"v2_{kind}_price", f"{contract}/price", f"{live}_price", _DERIVATIVE_PRICE, f"{ko}_체결"),
        _former(
            f"v2_{kind}_orderbook", f"{contract}/orderbook", f"{live}_orderbook", _DERIVATIVE_PRICE, f"{ko}_우선호가"
        ),
        _former(
            f"v2_{kind}_intraday",
            f"{contract}/intraday",
            f"{live}_intraday",
            _REALTIME,
            f"{ko} 일중",
            record=bar,
            params=seconds,
        ),
        _former(
            f"v2_{kind}_history",
            f"{contract}/history",
            f"{closed}_history",
            _DERIVATIVE_CLOSE,
            f"{ko} 종목 히스토리",
            record=r.former(history),
        ),
        _former(
            f"v2_{kind}_investors",
            f"{market}/market/investors",
            f"{live}_investors",
            _DERIVATIVE_FLOWS,
            f"{ko} 투자자별 매매동향",
        ),
    )


def _indices() -> tuple[Endpoint, ...]:
    at = "index/{marketcode}/{issuecode}"
    history = r.former(r.DAILY_BAR_INDEX.within("index"))
    return (
        _former(
            "v2_index_closeindex",
            f"{at}/closeindex",
            "v3_closed_index_closeindex",
            _INDEX_CLOSE,
            "업종 종가",
            also=(f"{at}/closeprice",),
        ),
        _former("v2_index_index", f"{at}/index", "v3_realtime_index_index", _INDEX, "업종 지수"),
        _former(
            "v2_index_prospectindex", f"{at}/prospectindex", "v3_realtime_index_prospectindex", _INDEX, "업종 예상지수"
        ),
        _former("v2_index_marketcap", f"{at}/marketcap", "v3_realtime_index_marketcap", _INDEX, "업종 시가총액"),
        _former("v2_index_investors", f"{at}/investors", "v3_realtime_index_investors", _INDEX, "업종 투자자별"),
        _former(
            "v2_index_intraday",
            f"{at}/intraday",
            "v3_realtime_index_intraday",
            _REALTIME,
            "업종 일중",
            record=r.BAR_RUNNING.within("index"),
        ),
        _former(
            "v2_index_history",
            f"{at}/history",
            "v3_closed_index_history",
            _INDEX_CLOSE,
            "업종 히스토리",
            record=history,
        ),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    *_boards(),
    *_stocks(),
    *_derivative("futures"),
    *_derivative("options"),
    *_indices(),
)
