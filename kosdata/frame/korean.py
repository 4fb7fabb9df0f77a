"""Korean names of columns, from the titles of the catalogue, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pandas as pd

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.model import Field

__all__ = ["english", "english_name", "korean", "titles"]

# Columns that are made here, and those whose published title fits only where it stands.
_OWN = {
    "code": "종목코드",
    "isin": "표준코드",
    "date": "일자",
    "time": "시각",
    "close": "종가",
    "price": "현재가",
    "change": "전일대비",
    "volume": "거래량",
    "value": "거래대금",
    "size": "체결량",
    "count": "체결건수",
    "received": "수신시각",
    "final": "확정여부",
    "market": "시장",
    "product": "상품",
    "is_connected": "연결선물여부",
    "short_code": "단축코드",
    "investor": "투자자",
    "sell_volume": "매도량",
    "buy_volume": "매수량",
    "net_volume": "순매수량",
    "sell_value": "매도대금",
    "buy_value": "매수대금",
    "net_value": "순매수대금",
    "call_net_volume": "옵션콜순매수량",
    "call_net_value": "옵션콜순매수대금",
    "put_net_volume": "옵션풋순매수량",
    "put_net_value": "옵션풋순매수대금",
    "side": "매매구분",
    "rank": "순위",
    "member": "회원사",
    "weight": "비중",
    "bid_price": "매수호가",
    "ask_price": "매도호가",
    "available_at": "이용가능시각",
    "contract": "월물",
    "right": "권리",
    "expiry": "만기일",
    "moneyness": "행사가비율",
    "basis": "근월물대비",
    "annualised": "연율",
    "signal": "장운영신호",
    "match": "일치",
    "individuals_net_volume": "개인순매수량",
    "individuals_net_value": "개인순매수대금",
    "foreigners_net_volume": "외국인순매수량",
    "foreigners_net_value": "외국인순매수대금",
    "institutions_net_volume": "기관순매수량",
    "institutions_net_value": "기관순매수대금",
}
# Columns that mean something else beside another one.
_BESIDE = {"member": {"price": "거래단가"}}
# As other libraries write them; their other columns mean other things.
_CAPITALS = {name.capitalize(): name for name in ("open", "high", "low", "close", "volume")}


@cache
def titles() -> dict[str, str]:
    """Return column name to Korean title, for every column that a frame can have."""
    found = dict(_OWN)
    for field in _fields():
        found.setdefault(field.column, field.ko)
    return found


def korean(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame under Korean column and index names; what has none keeps its own.

    Examples
    --------
    >>> korean(pd.DataFrame({"open": [1.0], "close": [2.0]})).columns.tolist()
    ['시가', '종가']
    """
    known = titles()
    for other, meant in _BESIDE.items():
        if other in frame.columns:
            known = known | meant
    names = [known.get(str(name), name) for name in frame.index.names]
    renamed = frame.rename(columns=known)
    renamed.index = renamed.index.set_names(names)
    return renamed


def english(frame: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Return a frame under English names of columns and levels, and whether any was Korean.

    Examples
    --------
    >>> frame, was_korean = english(pd.DataFrame({"시가": [1.0], "종가": [2.0]}))
    >>> frame.columns.tolist(), was_korean
    (['open', 'close'], True)
    """
    if frame.columns.nlevels > 1:
        return frame, False
    names = [name for name in (*frame.columns, *frame.index.names) if isinstance(name, str)]
    known = {name: meant for name in names if (meant := english_name(name)) != name and meant not in names}
    if not known:
        return frame, False
    renamed = frame.rename(columns=known)
    renamed.index = renamed.index.set_names([known.get(str(name), name) for name in frame.index.names])
    return renamed, not known.keys() <= _CAPITALS.keys()


def english_name(name: str) -> str:
    """Return the English name of a column; what has none keeps its own."""
    return _meanings().get(name, name)


@cache
def _meanings() -> dict[str, str]:
    meanings = dict(_CAPITALS)
    for name, title in titles().items():
        meanings.setdefault(title, name)
    return meanings


def _fields() -> Iterator[Field]:
    for endpoint in ENDPOINTS.values():
        yield from endpoint.record.fields
