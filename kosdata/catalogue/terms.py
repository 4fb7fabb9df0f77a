"""What routes have in common: licences, hours of publication, envelopes and parameters."""

from __future__ import annotations

from datetime import time

from kosdata.catalogue import codes
from kosdata.catalogue.model import Envelope, Kind, Licence, Param, Published, Record
from kosdata.catalogue.records import MASTER_ITEMS, QUOTE_AND_BOOK

# Licence groups of v3 ---------------------------------------------------------------------------------------------

STOCK_CLOSE = {
    "kospi": Licence("stock_close_A", "주식실시간종가A", "KOSPI stocks, closing data"),
    "kosdaq": Licence("stock_close_B", "주식실시간종가B", "KOSDAQ stocks, closing data"),
    "konex": Licence("konex_close", "KONEX종가", "KONEX stocks, closing data"),
}
ETF_CLOSE = Licence("stock_close_C", "주식실시간종가C", "ETF closing NAV")
STOCK_REALTIME = {
    "kospi": Licence("stock_realtime_A", "주식실시간A", "KOSPI stocks, real time"),
    "kosdaq": Licence("stock_realtime_B", "주식실시간B", "KOSDAQ stocks, real time"),
}
INVESTORS = {
    "kospi": Licence("investors_kospi", "유가종목별투자자", "KOSPI trading by investor type"),
    "kosdaq": Licence("investors_kosdaq", "코스닥종목별투자자", "KOSDAQ trading by investor type"),
}
EXTRA = Licence("extra", "부가서비스", "value-added services: ETF constituents, NAV, holidays")
DERIVATIVE_CLOSE = Licence("deriv_close_A", "파생실시간종가A", "derivatives, closing data")
DERIVATIVE_REALTIME = Licence("deriv_realtime_A", "파생실시간A", "derivatives, real time")
INDEX_CLOSE = Licence("krx_index_close", "KRX업종실시간종가", "KRX indices, closing data")
INDEX_REALTIME = Licence("krx_index_realtime", "KRX업종 실시간", "KRX indices, real time")


def former(ko: str) -> Licence:
    """Return a licence of v2, which had no groups, only a text for each call."""
    return Licence("v2_free_text", ko, "licence of the ended v2 service")


# Hours of publication, in Korea -----------------------------------------------------------------------------------

MORNING_HOUR = time(6, 30)  # lists, masters and the rows of the day before are renewed
MORNING = Published("daily", MORNING_HOUR)
AFTER_1530 = Published("close", time(15, 30))
AFTER_1540 = Published("close", time(15, 40))
AFTER_1550 = Published("close", time(15, 50))
AFTER_1600 = Published("close", time(16, 0))
AFTER_1800 = Published("close", time(18, 0))
LIVE = Published("live")
EVERY_SECOND = Published("snapshot", every=1)
EVERY_30_SECONDS = Published("live", every=30)
IRREGULAR = Published("irregular")
PLANNED = Published("planned")

# Envelopes --------------------------------------------------------------------------------------------------------

OBJECT = Envelope()
HISTORY = Envelope("hisLists", beside=("isuSrtCd",))
ISSUES = Envelope("isulist")
LISTING = Envelope("isuLists", beside=("trdDd", "mktEndTm"), flat=True)
BOARD = Envelope("isuLists", beside=("trdDd", "trdTm"), flat=True)
INVESTORS_ISSUE = Envelope("invstLists", beside=("isuCd", "isuSrtCd"))
INVESTORS_MARKET = Envelope("invstLists", beside=("Tm", "isuSrtCd"))
INVESTORS_DERIVATIVE = Envelope("invstLists", beside=("Tm",))
BASKET = Envelope("Lists", beside=("Cnt", "InqDd"), flat=True)
HOLIDAYS = Envelope("lists", beside=("marketCd",), flat=True, scalars=True)

# Parameters -------------------------------------------------------------------------------------------------------


def _same(values: tuple[str, ...]) -> dict[str, str]:
    return {value: value for value in values}


CODE = Param("issuecode", "code", Kind.CODE, "short code of the issue, contract or index")
STOCK_MARKET = Param("marketcode", "market", Kind.CODE, "market", choices=_same(("kospi", "kosdaq")))
ANY_STOCK_MARKET = Param("marketcode", "market", Kind.CODE, "market", choices=_same(codes.STOCKS))
DERIVATIVE_MARKET = Param("marketcode", "market", Kind.CODE, "market of the contract", choices=_same(codes.DERIVATIVES))
INDEX_MARKET = Param("marketcode", "market", Kind.CODE, "market of the index", choices=_same(codes.INDICES))
NATION = Param(
    "nationcode", "nation", Kind.CODE, "two-letter code of a nation", choices=_same(tuple(codes.lookup("nations")))
)

START = Param("inqStrtDd", "start", Kind.DATE, "first day")
END = Param("inqEndDd", "end", Kind.DATE, "last day; today by default", required=False)
LIMIT = Param(
    "reqCnt", "limit", Kind.QUANTITY, "rows wanted of one request; all of the span by default", required=False
)
FREQ = Param(
    "trnsmCycleTpCd",
    "freq",
    Kind.CODE,
    "length of a bar: day, week or month",
    required=False,
    choices=_same(("D", "W", "M")),
    default="D",
)
SPAN = (START, END, LIMIT)

INTERVAL = Param(
    "inddCycleTpCd",
    "interval",
    Kind.CODE,
    "length of a bar; plain numbers are seconds, and longer bars are built from these",
    choices={"10": "10", "10s": "10", "60": "60", "1min": "60", "600": "600", "10min": "600"},
)
DAY = Param("inqStrtDd", "date", Kind.DATE, "session; the latest one by default", required=False)
FROM = Param("strtTm", "start", Kind.CLOCK, "from this time on; the open by default", required=False)
TO = Param("endTm", "end", Kind.CLOCK, "up to this time; the close by default", required=False)
FROM_SECOND = Param("strtTm", "start", Kind.TIME, "from this time on; the open by default", required=False)
TO_SECOND = Param("endTm", "end", Kind.TIME, "up to this time; the close by default", required=False)
STRETCH = (INTERVAL, DAY, FROM, TO)
STRETCH_SECONDS = (INTERVAL, DAY, FROM_SECOND, TO_SECOND)

CODES = Param("isuCd", "codes", Kind.CODE, "short codes, up to 20 a request", many=True)


def _items(record: Record) -> Param:
    wire = {f.wire: f.wire for f in record.fields}
    return Param(
        "items",
        "fields",
        Kind.CODE,
        "items wanted, up to 10 a request; all of them by default",
        required=False,
        choices={**{f.column: f.wire for f in record.fields}, **wire},
        many=True,
        bare=True,
    )


ITEMS = _items(MASTER_ITEMS)
ITEMS_LIVE = _items(QUOTE_AND_BOOK)
