"""Every row shape, composed of fields. A body may lack a field or spell it otherwise; a frame always has it."""

from __future__ import annotations

from dataclasses import replace

from kosdata.catalogue import fields as f
from kosdata.catalogue.model import Field, Record

# Rows of days and bars --------------------------------------------------------------------------------------------

_OHLC = (f.OPEN.needed(), f.HIGH.needed(), f.LOW.needed(), f.PRICE.called("close").needed())
_DAY = (*_OHLC, f.VOLUME.needed(), f.VALUE.needed(), f.CHANGE, f.CHANGE_CODE)

DAILY_BAR = Record("daily_bar", (f.CODE, f.DATE.needed(), *_DAY), index=("date",))
# The name is documented beside these rows and was never seen there; whoever sends it finds it in the frame.
DAILY_BAR_INDEX = DAILY_BAR.having(f.NAME_KO, called="daily_bar_index")
DAILY_BAR_DERIVATIVE = DAILY_BAR.having(
    f.OPEN_INTEREST, f.NAME_KO.spelled("isuKorNm", "isuNm"), called="daily_bar_derivative"
)
CLOSE = Record("close", (f.CODE, *_DAY), index=("code",))
BAR = Record(
    "bar",
    (
        f.CODE,
        f.BAR_TIME.needed(),
        f.BAR_OPEN.needed(),
        f.BAR_HIGH.needed(),
        f.BAR_LOW.needed(),
        f.BAR_CLOSE.needed(),
        f.BAR_VOLUME.needed(),
        f.BAR_VALUE.needed(),
        f.BAR_VOLUME_CUM,
        f.BAR_VALUE_CUM,
        f.NAME.spelled("isuNm", "isuKorNm"),
    ),
    index=("time",),
)
BAR_RUNNING = replace(BAR.having(f.BAR_VOLUME, f.BAR_VALUE, called="bar_running"), running=True)
"""Bars as v2 sends them: the volume is the day's running total, and there is no value."""

# Trades, quotes, books --------------------------------------------------------------------------------------------

_STATE = (f.PRICE, f.OPEN, f.HIGH, f.LOW, f.VOLUME, f.VALUE)
_QUOTED = (f.QUOTED_BID, f.QUOTED_ASK)
_LIMITS = (f.BLOCK_VOLUME_CUM, f.REALTIME_UPPER_LIMIT, f.REALTIME_LOWER_LIMIT)

QUOTE = Record(
    "quote",
    (f.CODE, *_STATE, f.CHANGE, f.CHANGE_CODE, f.TRADE_TIME, f.SIZE, f.LAST_SIDE, *_QUOTED),
    index=("code",),
)
_QUOTE_DERIVATIVE = (f.CODE, *_STATE, f.TRADE_TIME, f.SIZE, f.LAST_SIDE_DERIVATIVE, *_LIMITS)
QUOTE_FUTURES = Record("quote_futures", (*_QUOTE_DERIVATIVE, f.NEAR_MONTH_PRICE, f.FAR_MONTH_PRICE), index=("code",))
QUOTE_OPTIONS = Record("quote_options", (*_QUOTE_DERIVATIVE, f.ISIN), index=("code",))

ORDER_BOOK = Record(
    "order_book",
    (
        f.CODE,
        *f.book("ask", 10),
        *f.book("bid", 10),
        f.ASK_SIZE_TOTAL,
        f.BID_SIZE_TOTAL,
        f.ASK_SIZE_AFTER_HOURS,
        f.BID_SIZE_AFTER_HOURS,
        f.VOLUME,
        f.EXPECTED_PRICE,
        f.EXPECTED_VOLUME,
        f.EXPECTED_VOLUME_CUM,
    ),
    index=("code",),
)
ORDER_BOOK_DERIVATIVE = Record(
    "order_book_derivative",
    (
        f.CODE,
        *f.book("ask", 5, counts=True),
        *f.book("bid", 5, counts=True),
        f.ASK_CONTRACTS_TOTAL,
        f.BID_CONTRACTS_TOTAL,
        f.ASK_COUNT_TOTAL,
        f.BID_COUNT_TOTAL,
        f.ORDER_TIME,
        f.EXPECTED_PRICE,
    ),
    index=("code",),
)
QUOTE_AND_BOOK = QUOTE.having(*ORDER_BOOK.fields, called="quote_and_book")
MEMBERS = Record("members", (f.CODE, *f.members("sell"), *f.members("buy")), index=("code",))


def each(record: Record) -> Record:
    """Return the record as a row among others, which is nothing without its code."""
    return record.having(f.CODE.needed())


# Whole markets ----------------------------------------------------------------------------------------------------

_LISTED_AT = (f.DATE.sent_as("str"), f.MARKET_CLOSE_TIME)
# A sample of 2018 carries the short code under the name of the standard one.
_BOARD_CODE = f.CODE.spelled("isuSrtCd", "isuCd").needed()
_BOARD_TIME = (f.DATE.sent_as("str"), f.TRADE_TIME.sent_as("str", digits=6))
_TOUCH = (*f.book("ask", 1), *f.book("bid", 1))

LISTING = Record(
    "listing",
    (f.CODE.needed(), f.ISIN, f.NAME_KO, f.NAME_KO_SHORT.spelled("isuKorAbbr"), f.KOSCOM_KEY, *_LISTED_AT),
    index=("code",),
)
BOARD_PRICE = Record(
    "board_price",
    (_BOARD_CODE, f.PRICE, f.VOLUME, f.VALUE, f.MARKET_CAP, f.book("ask", 1)[0], f.book("bid", 1)[0], *_BOARD_TIME),
    index=("code",),
)
BOARD_OHLC = Record("board_ohlc", (_BOARD_CODE, f.OPEN, f.HIGH, f.LOW, f.PRICE, *_BOARD_TIME), index=("code",))
BOARD_QUOTE = Record("board_quote", (_BOARD_CODE, f.PRICE, *_TOUCH, *_BOARD_TIME), index=("code",))

# Indices ----------------------------------------------------------------------------------------------------------

_CAP = (f.ISSUE_COUNT, f.MARKET_CAP, f.LISTED_SHARES)

INDEX_CLOSE = Record("index_close", (f.CODE, *_DAY, *_CAP), index=("code",))
INDEX_STATE = Record("index_state", (f.CODE, *_STATE, f.CHANGE, f.CHANGE_CODE, *_CAP), index=("code",))
INDEX_QUOTE = Record(
    "index_quote",
    (f.CODE, f.PRICE, f.VOLUME, f.VALUE, f.CHANGE, f.CHANGE_CODE, f.TRADE_TIME),
    index=("code",),
)
INDEX_CAP = Record(
    "index_cap", (f.CODE, f.ISSUE_COUNT, f.VOLUME, f.VALUE, f.MARKET_CAP, f.LISTED_SHARES), index=("code",)
)
INDEX_EXPECTED = Record(
    "index_expected",
    (
        f.CODE,
        f.EXPECTED_PRICE,
        f.EXPECTED_CHANGE,
        f.EXPECTED_CHANGE_CODE,
        f.EXPECTED_VOLUME_CUM,
        f.EXPECTED_VALUE_CUM,
        f.EXPECTED_TIME,
    ),
    index=("code",),
)

# Masters ----------------------------------------------------------------------------------------------------------

_NAMED = (f.CODE, f.ISIN, f.NAME_KO_SHORT, f.NAME_EN, f.DATE, f.SECURITY_GROUP, f.LIST_DATE)
_CLASSED = (f.INDUSTRY_MID, f.SIZE_CLASS)
_PRICED = (
    f.BASE_PRICE,
    f.PREV_CLOSE,
    f.PREV_VOLUME,
    f.PREV_VALUE,
    f.UPPER_LIMIT,
    f.LOWER_LIMIT,
    f.COLLATERAL_PRICE,
    f.PAR_VALUE,
    f.ISSUE_PRICE,
    f.LISTED_SHARES,
    f.LOT_SIZE,
    f.PREV_NAV,
)
_COMPANY = (f.EPS, f.PER, f.BPS, f.PBR, f.DPS, f.DIVIDEND_YIELD, f.FISCAL_MONTH, f.FISCAL_MONTH_MAP)
_FLAGGED = (
    f.IS_HALTED,
    f.IS_ADMINISTRATIVE,
    f.IS_LIQUIDATION_TRADING,
    f.IS_INVESTMENT_CAUTION,
    f.MARKET_WARNING,
    f.OVERHEAT_STATE,
    f.CREDIT_ORDER_ALLOWED,
    f.ADJUSTED_PRICE_FLAG,
    f.IS_MANUFACTURING,
    f.IS_SME,
    f.IN_KOSPI,
    f.IN_KOSPI100,
    f.IN_KOSPI50,
    f.IN_KRX100,
)
_OF_OLD = (
    f.INDUSTRY_UPPER,
    f.INDUSTRY_LOWER,
    f.ISSUE_TRADE_FLAG,
    f.OFF_HOURS_LOT_SIZE,
    f.IS_GOVERNANCE_EXCELLENT,
    f.IN_SRI_INDEX,
    *f.SECTOR_MEMBERSHIPS,
)
_STATISTICS = (
    f.WEEK52_HIGH,
    f.WEEK52_HIGH_DATE,
    f.WEEK52_HIGH_VOLUME,
    f.WEEK52_LOW,
    f.WEEK52_LOW_DATE,
    f.WEEK52_LOW_VOLUME,
    *f.MOVING_AVERAGES,
    *f.DISPARITIES,
    f.LENDING_BALANCE_QTY,
    f.LENDING_BALANCE_VALUE,
    f.SHORT_VOLUME,
    f.SHORT_VALUE,
    f.SHORT_OVERHEAT_DATE,
    f.FLOAT_SHARES,
    f.DEBT_RATIO,
    f.CREDIT_RATING,
    f.CAPITAL,
)

_MASTER = (*_NAMED, *_CLASSED, *_PRICED, *_COMPANY, *_FLAGGED)

# Printed samples of v3, too, show members that were dropped since.
MASTER = Record("master", (*_MASTER, *_OF_OLD), index=("code",))
MASTER_ITEMS = Record("master_items", (*_MASTER, *_STATISTICS), index=("code",)).having(f.NAME_EN.spelled("IsuEngNm"))
"""What can be asked of a stock, item by item."""
MASTER_CHOSEN = MASTER_ITEMS.having(*_OF_OLD, called="master_chosen")
"""What may come back for it: a printed sample answers with a whole master of 2018."""

_CONTRACT = (
    f.CODE,
    f.ISIN,
    f.NAME_KO,
    f.NAME_KO_SHORT,
    f.DATE,
    f.UNDERLYING,
    f.LIST_DATE,
    f.LAST_TRADE_DATE,
    f.EXPIRY_MONTH,
    f.DAYS_TO_EXPIRY,
    f.MULTIPLIER,
    f.BASE_PRICE,
    f.BASE_THEO_PRICE,
    f.SETTLE_THEO_PRICE,
    f.THEO_DIVERGENCE_PCT,
    f.PREV_CLOSE,
    f.PREV_OPEN,
    f.PREV_HIGH,
    f.PREV_LOW,
    f.PREV_VOLUME,
    f.PREV_VALUE,
    f.PREV_OPEN_INTEREST,
    *f.LIMIT_STEPS,
    f.YEAR_HIGH,
    f.YEAR_HIGH_DATE,
    f.YEAR_LOW,
    f.YEAR_LOW_DATE,
    f.LIFETIME_HIGH,
    f.LIFETIME_HIGH_DATE,
    f.LIFETIME_LOW,
    f.LIFETIME_LOW_DATE,
    f.CD_RATE,
)
MASTER_FUTURES = Record("master_futures", (*_CONTRACT, f.OPEN_INTEREST_LIMIT), index=("code",))
MASTER_OPTIONS = Record("master_options", (*_CONTRACT, f.STRIKE, f.IMPLIED_VOL), index=("code",))

# Flows, holders, funds, days --------------------------------------------------------------------------------------

_TRADED = (f.SELL_VOLUME, f.SELL_VALUE, f.BUY_VOLUME, f.BUY_VALUE)
INVESTORS_ISSUE = Record("investors_issue", (f.INVESTOR.needed(), *_TRADED, f.CODE, f.ISIN), index=("investor_code",))
INVESTORS_MARKET = Record("investors_market", (f.INVESTOR.needed(), *_TRADED, f.CODE, f.TIME), index=("investor_code",))
INVESTORS_FUTURES = Record(
    "investors_futures",
    (
        f.INVESTOR.needed(),
        f.CONTRACTS_SOLD,
        f.CONTRACTS_SOLD_VALUE,
        f.CONTRACTS_BOUGHT,
        f.CONTRACTS_BOUGHT_VALUE,
        f.TIME,
    ),
    index=("investor_code",),
)
INVESTORS_OPTIONS = Record(
    "investors_options",
    (
        f.INVESTOR.needed(),
        f.CALL_SELL_VOLUME,
        f.CALL_SELL_VALUE,
        f.CALL_BUY_VOLUME,
        f.CALL_BUY_VALUE,
        f.PUT_SELL_VOLUME,
        f.PUT_SELL_VALUE,
        f.PUT_BUY_VOLUME,
        f.PUT_BUY_VALUE,
        f.TIME,
    ),
    index=("investor_code",),
)
SHORT_SELLING = Record(
    "short_selling",
    (
        f.CODE,
        f.DATE.needed(),
        f.SHORT_VOLUME,
        f.SHORT_VALUE,
        f.SHORT_BALANCE_QTY,
        f.LENDING_BALANCE_QTY,
        f.LENDING_BALANCE_VALUE,
    ),
    index=("date",),
)
FOREIGN_HOLDING = Record(
    "foreign_holding",
    (f.CODE, f.DATE.needed(), f.FOREIGN_SHARES, f.FOREIGN_SHARES_CHANGE, f.FOREIGN_RATIO),
    index=("date",),
)
NAV = Record("nav", (f.CODE, f.NAV, f.NAV_CHANGE), index=("code",))
NAV_HISTORY = Record(
    "nav_history", (f.CODE, f.DATE.needed(), f.NAV, f.NAV_CHANGE, f.PRICE.called("close")), index=("date",)
)
CONSTITUENTS = Record(
    "constituents",
    (f.ISIN.needed(), f.NAME, f.QUANTITY, f.AMOUNT, f.WEIGHT_PCT, f.BASKET_DATE.sent_as("str")),
    index=("isin",),
)
HOLIDAYS = Record("holidays", (f.DATE.spelled("lists").sent_as("str").needed(), f.NATION_CODE), index=("date",))

# Pushes of the stream ---------------------------------------------------------------------------------------------


def _text(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(field.sent_as("str") for field in fields)


TICK = Record("tick", (f.CODE, f.TRADE_TIME.sent_as("str"), f.PRICE, f.SIZE, f.VOLUME, f.VALUE, f.MARKET_STATE))
TOUCH = Record("touch", (f.CODE, f.VOLUME, *_TOUCH))
MARKET_TICK = Record("market_tick", _text((f.CODE, f.TRADE_TIME, f.PRICE, f.SIZE.spelled("trdVol"))))
CHANGE = QUOTE_AND_BOOK.having(f.ISIN, called="change")
CHANGE_FUTURES = QUOTE_FUTURES.having(*ORDER_BOOK_DERIVATIVE.fields, f.ISIN, called="change_futures")
CHANGE_OPTIONS = QUOTE_OPTIONS.having(*ORDER_BOOK_DERIVATIVE.fields, called="change_options")


def former(record: Record) -> Record:
    """Return the record as v2 spelled it, dated by ``BzDd``."""
    return record.having(record["date"].spelled("BzDd"))
