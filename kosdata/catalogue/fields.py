"""Every value that the API sends: what it is called on the wire and in a frame, and what it is.

Units are those that frames have. ``scale`` brings the wire's number there where it is published in thousands;
``index_scale`` does it for values of an index. Where the printed unit and the arithmetic of the printed samples
disagree, the arithmetic is believed.
"""

from __future__ import annotations

from typing import Literal

from kosdata.catalogue.model import Field
from kosdata.catalogue.model import Kind as K

# One value a line: a table is read down its columns.
# fmt: off

# Who: codes, names, classes
CODE = Field("isuSrtCd", "code", K.CODE, "종목단축코드", "short code of an issue or index", also=("IsuSrtCd",), fid=16013)
ISIN = Field("isuCd", "isin", K.CODE, "종목코드", "standard code, ISIN")
KOSCOM_KEY = Field("map_to", "koscom_key", K.TEXT, "코스콤 내부 종목키", "internal key: short code, market number")
NAME_KO = Field("isuKorNm", "name_ko", K.TEXT, "종목한글명", "Korean name")
NAME_KO_SHORT = Field("isuKorAbbrv", "name_ko_short", K.TEXT, "종목한글약명", "Korean short name", also=("isuKorAbbr",))
NAME_EN = Field("isuEngNm", "name_en", K.TEXT, "종목명(영문)", "English name", also=("IsuEngNm",))
NAME = Field("isuNm", "name", K.TEXT, "종목명", "issue name")
NATION_CODE = Field("marketCd", "nation_code", K.CODE, "국가코드", "nation code", codes="nations")
SECURITY_GROUP = Field("secugrpId", "security_group", K.CODE, "증권그룹ID", "security group", codes="security_groups")
INDUSTRY_UPPER = Field("idxIndUpclssCd", "industry_upper", K.CODE, "지수업종대분류코드", "index industry class, upper", json="int")
INDUSTRY_MID = Field("idxIndMidclssCd", "industry_mid", K.CODE, "지수업종중분류코드", "index industry class, middle", json="int")
INDUSTRY_LOWER = Field("idxIndLwclssCd", "industry_lower", K.CODE, "지수업종소분류코드", "index industry class, lower", json="int")
SIZE_CLASS = Field("mktcapScaleCd", "size_class", K.CODE, "시가총액규모코드", "size class", json="int", codes="enums")
UNDERLYING = Field("ulyId", "underlying", K.CODE, "기초자산ID", "underlying")
INVESTOR = Field("invstCd", "investor_code", K.CODE, "투자자코드", "investor code", codes="investors", fid=6502)

# When
DATE = Field("trdDd", "date", K.DATE, "체결일자", "trading date", also=("BzDd",))
BASKET_DATE = Field("InqDd", "date", K.DATE, "조회일자", "date of the basket")
MARKET_CLOSE_TIME = Field("mktEndTm", "market_close_time", K.CLOCK, "장종료시각", "time the market closes")
TRADE_TIME = Field("trdTm", "time", K.TIME, "체결시각", "time of the last trade", json="int", signals=True, codes="trade_time_signals", fid=15019)
TIME = Field("Tm", "time", K.TIME, "장시간", "time of the figures")
ORDER_TIME = Field("ordAcptTm", "order_time", K.TIME, "호가접수시각", "order acceptance time", json="int")
EXPECTED_TIME = Field("deemTm", "expected_time", K.TIME, "예상(체결)시간", "expected-trade time")
BAR_TIME = Field("inddTm", "time", K.TIME, "일중시간", "end of the bar")
LIST_DATE = Field("listDd", "list_date", K.DATE, "상장일자", "listing date")
LAST_TRADE_DATE = Field("lsttrdDd", "last_trade_date", K.DATE, "최종거래일자", "last trading date")
EXPIRY_MONTH = Field("expDd", "expiry_month", K.MONTH, "만기일자", "expiry month", json="int")
DAYS_TO_EXPIRY = Field("remainDys", "days_to_expiry", K.QUANTITY, "잔존일수", "days to expiry", unit="days")
FISCAL_MONTH = Field("acntclsMm", "fiscal_month", K.CODE, "결산월", "fiscal closing month")
FISCAL_MONTH_MAP = Field("acntclsCd", "fiscal_month_map", K.TEXT, "결산월구분", "closing months, one character each")
SHORT_OVERHEAT_DATE = Field("srtsellOverheatDd", "short_overheat_date", K.DATE, "공매도과열종목지정일", "date the issue was designated short-sale overheated")

# Trades and bars
PRICE = Field("trdPrc", "price", K.PRICE, "체결가격", "last price, close or index level", unit="won", also=("prc",), fid=15001)
OPEN = Field("opnprc", "open", K.PRICE, "시가", "open", unit="won", fid=15009)
HIGH = Field("hgprc", "high", K.PRICE, "고가", "high", unit="won", fid=15010)
LOW = Field("lwprc", "low", K.PRICE, "저가", "low", unit="won", fid=15011)
VOLUME = Field("accTrdvol", "volume", K.QUANTITY, "누적체결수량", "volume of the day so far", unit="shares", index_scale=1_000, fid=15015)
VALUE = Field("accTrdval", "value", K.AMOUNT, "누적거래대금", "turnover of the day so far", unit="won", index_scale=1_000_000, fid=15023)
CHANGE = Field("cmpprevddPrc", "change", K.NUMBER, "전일대비가격", "change from the previous close, signed", unit="won", fid=15472)
CHANGE_CODE = Field("cmpprevddTpCd", "change_code", K.CODE, "전일대비구분코드", "change sign code", codes="change_codes", fid=15006)
SIZE = Field("trdvol", "size", K.QUANTITY, "체결수량", "volume of the last trade", unit="shares", also=("trdVol",), fid=15020)
LAST_SIDE = Field("lstAskbidTpCd", "last_side", K.CODE, "최종매도매수구분코드", "side that traded last", also=("lstTrdTpCd",), json="int", codes="enums", fid=33499)
LAST_SIDE_DERIVATIVE = Field("lstTrdTpCd", "last_side", K.CODE, "최종매도매수구분코드", "side that traded last", also=("lstAskbidTpCd",), json="int", codes="enums")
BLOCK_VOLUME_CUM = Field("negoBlkAccTrdvol", "block_volume_cum", K.QUANTITY, "협의대량누적체결수량", "cumulative negotiated block volume", unit="contracts")
OPEN_INTEREST = Field("opnintQty", "open_interest", K.QUANTITY, "미결제약정수량", "open interest", unit="contracts")
NEAR_MONTH_PRICE = Field("fstmmAgndaContrtPrc", "near_month_price", K.PRICE, "최근월물의제약정가격", "implied near-month trade price", unit="points or won")
FAR_MONTH_PRICE = Field("futrmmAgndaContrtPrc", "far_month_price", K.PRICE, "원월물의제약정가격", "implied far-month trade price", unit="points or won")
REALTIME_UPPER_LIMIT = Field("realtmUplmtprc", "realtime_upper_limit", K.PRICE, "실시간상한가", "real-time upper price limit", unit="points or won")
REALTIME_LOWER_LIMIT = Field("realtmLwlmtprc", "realtime_lower_limit", K.PRICE, "실시간하한가", "real-time lower price limit", unit="points or won")
MARKET_STATE = Field("mkStatTpCd", "market_state", K.CODE, "장상태구분코드", "market state code", json="int", codes="session_states")
BAR_OPEN = Field("inddOpnprc", "open", K.PRICE, "일중시가", "bar open", unit="won")
BAR_HIGH = Field("inddHgprc", "high", K.PRICE, "일중고가", "bar high", unit="won")
BAR_LOW = Field("inddLwprc", "low", K.PRICE, "일중저가", "bar low", unit="won")
BAR_CLOSE = Field("inddClsprc", "close", K.PRICE, "일중종가", "bar close", unit="won")
BAR_VOLUME = Field("inddTrdvol", "volume", K.QUANTITY, "일중거래량", "bar volume", unit="shares", index_scale=1_000)
BAR_VALUE = Field("inddTrdval", "value", K.AMOUNT, "일중거래대금", "bar turnover", unit="won", index_scale=1_000_000)
BAR_VOLUME_CUM = Field("inddAccTrdvol", "volume_cum", K.QUANTITY, "일중누적거래량", "cumulative volume at bar end", unit="shares", index_scale=1_000)
BAR_VALUE_CUM = Field("inddAccTrdval", "value_cum", K.AMOUNT, "일중누적대금", "cumulative turnover at bar end", unit="won", index_scale=1_000_000)

# Quotes and books
QUOTED_ASK = Field("askordPrc_1", "ask_price_1", K.PRICE, "매도호가가격_1", "best ask price", unit="won", fid=14501)
QUOTED_BID = Field("bidordPrc_1", "bid_price_1", K.PRICE, "매수호가가격_1", "best bid price", unit="won", fid=14531)
ASK_SIZE_TOTAL = Field("askordTotRqty", "ask_size_total", K.QUANTITY, "매도호가총잔량", "total ask quantity", unit="shares", fid=14561)
BID_SIZE_TOTAL = Field("bidordTotRqty", "bid_size_total", K.QUANTITY, "매수호가총잔량", "total bid quantity", unit="shares", fid=14563)
ASK_CONTRACTS_TOTAL = Field("askTotOrdRqty", "ask_size_total", K.QUANTITY, "매도총호가잔량", "total ask quantity", unit="contracts")
BID_CONTRACTS_TOTAL = Field("bidTotOrdRqty", "bid_size_total", K.QUANTITY, "매수총호가잔량", "total bid quantity", unit="contracts")
ASK_COUNT_TOTAL = Field("askValidOrdCnt", "ask_count_total", K.QUANTITY, "매도유효호가건수", "number of valid ask orders", unit="orders")
BID_COUNT_TOTAL = Field("bidValidOrdCnt", "bid_count_total", K.QUANTITY, "매수유효호가건수", "number of valid bid orders", unit="orders")
ASK_SIZE_AFTER_HOURS = Field("pstoffhrAskTotOrdRqty", "ask_size_after_hours", K.QUANTITY, "장종료후시간외매도총호가잔량", "total ask quantity of the post-close session", unit="shares", fid=14575)
BID_SIZE_AFTER_HOURS = Field("pstoffhrBidTotOrdRqty", "bid_size_after_hours", K.QUANTITY, "장종료후시간외매수총호가잔량", "total bid quantity of the post-close session", unit="shares", fid=14577)
EXPECTED_PRICE = Field("deemTrdPrc", "expected_price", K.PRICE, "예상체결가격 / 예상지수", "expected trade price / expected index", unit="won", fid=15176)
EXPECTED_VOLUME = Field("deemTrdvol", "expected_volume", K.QUANTITY, "예상체결수량", "expected trade volume", unit="shares", fid=15308)
EXPECTED_VOLUME_CUM = Field("deemAccTrdvol", "expected_volume_cum", K.QUANTITY, "예상누적체결수량", "expected cumulative volume", unit="shares", index_scale=1_000, fid=15309)
EXPECTED_VALUE_CUM = Field("deemAccTrdval", "expected_value_cum", K.AMOUNT, "예상누적거래대금", "expected cumulative turnover", unit="won", index_scale=1_000_000)
EXPECTED_CHANGE = Field("deemcmpprevddPrc", "expected_change", K.NUMBER, "예상전일대비지수", "expected change, signed", unit="points")
EXPECTED_CHANGE_CODE = Field("deemcmpprevddTpCd", "expected_change_code", K.CODE, "예상전일대비구분코드", "expected change sign code", codes="change_codes")

# Investors
SELL_VOLUME = Field("askTrdvol", "sell_volume", K.QUANTITY, "매도체결수량", "sell volume", unit="shares")
SELL_VALUE = Field("askTrdval", "sell_value", K.AMOUNT, "매도거래대금", "sell turnover", unit="won", scale=1_000)
BUY_VOLUME = Field("bidTrdvol", "buy_volume", K.QUANTITY, "매수체결수량", "buy volume", unit="shares")
BUY_VALUE = Field("bidTrdval", "buy_value", K.AMOUNT, "매수거래대금", "buy turnover", unit="won", scale=1_000)
CONTRACTS_SOLD = Field("MktAccAskTrdvol", "sell_volume", K.QUANTITY, "시장누적매도체결수량", "market cumulative sell volume", unit="contracts")
CONTRACTS_SOLD_VALUE = Field("MktAccAskTrdval", "sell_value", K.AMOUNT, "시장누적매도거래대금", "market cumulative sell turnover", unit="won", scale=1_000)
CONTRACTS_BOUGHT = Field("MktAccBidTrdvol", "buy_volume", K.QUANTITY, "시장누적매수체결수량", "market cumulative buy volume", unit="contracts")
CONTRACTS_BOUGHT_VALUE = Field("MktAccBidTrdval", "buy_value", K.AMOUNT, "시장누적매수거래대금", "market cumulative buy turnover", unit="won", scale=1_000)
CALL_SELL_VOLUME = Field("CallAccAskTrdvol", "call_sell_volume", K.QUANTITY, "옵션콜누적매도체결수량", "call options cumulative sell volume", unit="contracts")
CALL_SELL_VALUE = Field("CallAccAskTrdval", "call_sell_value", K.AMOUNT, "옵션콜누적매도거래대금", "call options cumulative sell turnover", unit="won", scale=1_000)
CALL_BUY_VOLUME = Field("CallAccBidTrdvol", "call_buy_volume", K.QUANTITY, "옵션콜누적매수체결수량", "call options cumulative buy volume", unit="contracts")
CALL_BUY_VALUE = Field("CallAccBidTrdval", "call_buy_value", K.AMOUNT, "옵션콜누적매수거래대금", "call options cumulative buy turnover", unit="won", scale=1_000)
PUT_SELL_VOLUME = Field("PutAccAskTrdvol", "put_sell_volume", K.QUANTITY, "옵션풋누적매도체결수량", "put options cumulative sell volume", unit="contracts")
PUT_SELL_VALUE = Field("PutAccAskTrdval", "put_sell_value", K.AMOUNT, "옵션풋누적매도거래대금", "put options cumulative sell turnover", unit="won", scale=1_000)
PUT_BUY_VOLUME = Field("PutAccBidTrdvol", "put_buy_volume", K.QUANTITY, "옵션풋누적매수체결수량", "put options cumulative buy volume", unit="contracts")
PUT_BUY_VALUE = Field("PutAccBidTrdval", "put_buy_value", K.AMOUNT, "옵션풋누적매수거래대금", "put options cumulative buy turnover", unit="won", scale=1_000)

# Short sales and foreign holders
LENDING_BALANCE_QTY = Field("lendBalQty", "lending_balance_qty", K.QUANTITY, "대차잔고수량", "stock lending balance quantity", unit="shares")
LENDING_BALANCE_VALUE = Field("lendBalAmt", "lending_balance_value", K.AMOUNT, "대차잔고금액", "stock lending balance amount", unit="won", scale=1_000)
SHORT_BALANCE_QTY = Field("srtsellBal", "short_balance_qty", K.QUANTITY, "공매도잔고수량", "short-sale balance", unit="shares", also=("srtsellBalQty",))
SHORT_VOLUME = Field("srtsellTrdVol", "short_volume", K.QUANTITY, "공매도거래량", "short-sale volume", unit="shares", also=("srtsellTrdvol",))
SHORT_VALUE = Field("srtsellTrdAmt", "short_value", K.AMOUNT, "공매도거래금액", "short-sale turnover", unit="won")
FOREIGN_SHARES = Field("FornHdVol", "foreign_shares", K.QUANTITY, "외국인보유주식수", "shares held by foreigners", unit="shares")
FOREIGN_SHARES_CHANGE = Field("cmpprevddFornHdVol", "foreign_shares_change", K.QUANTITY, "외국인보유주식수전일대비", "change of foreign holding", unit="shares")
FOREIGN_RATIO = Field("FornHdVolRt", "foreign_ratio", K.RATIO, "외국인보유율", "foreign holding ratio", unit="%")

# Funds
NAV = Field("nav", "nav", K.NUMBER, "순자산가치", "net asset value per ETF share", unit="won")
NAV_CHANGE = Field("cmpprevddNav", "nav_change", K.NUMBER, "전일대비순자산가치", "change of NAV, signed", unit="won")
PREV_NAV = Field("prevddNav", "prev_nav", K.NUMBER, "전일순자산가치", "NAV of the previous day", unit="won")
COUNT = Field("Cnt", "count", K.QUANTITY, "개수", "row count", unit="rows", json="str")
QUANTITY = Field("Unit", "quantity", K.NUMBER, "단위", "units of the constituent per creation basket", unit="shares")
AMOUNT = Field("SetAmt", "amount", K.AMOUNT, "설정금액", "basket amount of the constituent", unit="won")
WEIGHT_PCT = Field("ratio", "weight_pct", K.RATIO, "비중", "weight in the basket", unit="%")

# Indices
ISSUE_COUNT = Field("isuCnt", "issue_count", K.QUANTITY, "종목수", "number of issues in the index", unit="issues")
MARKET_CAP = Field("mktcap", "market_cap", K.AMOUNT, "시가총액", "market capitalisation", unit="won", index_scale=1_000_000)
LISTED_SHARES = Field("listShrs", "listed_shares", K.QUANTITY, "상장주식수", "listed shares", unit="shares", index_scale=1_000)

# Masters: prices and limits
PREV_CLOSE = Field("prevddClsprc", "prev_close", K.NUMBER, "전일종가", "previous day close", unit="won")
PREV_OPEN = Field("prevddOpnprc", "prev_open", K.NUMBER, "전일시가", "previous day open", unit="won")
PREV_HIGH = Field("prevddHgprc", "prev_high", K.NUMBER, "전일고가", "previous day high", unit="won")
PREV_LOW = Field("prevddLwprc", "prev_low", K.NUMBER, "전일저가", "previous day low", unit="won")
PREV_VOLUME = Field("prevddAccTrdvol", "prev_volume", K.QUANTITY, "전일누적거래량", "volume of the previous day", unit="shares")
PREV_VALUE = Field("prevddAccTrdval", "prev_value", K.AMOUNT, "전일누적거래대금", "turnover of the previous day", unit="won")
PREV_OPEN_INTEREST = Field("prevddOpnintQty", "prev_open_interest", K.QUANTITY, "전일미결제약정수량", "previous day open interest", unit="contracts")
BASE_PRICE = Field("basPrc", "base_price", K.NUMBER, "기준가격", "base price", unit="won")
BASE_THEO_PRICE = Field("basTheoPrc", "base_theo_price", K.NUMBER, "기준이론가격", "base theoretical price", unit="points or won")
SETTLE_THEO_PRICE = Field("setlTheoPrc", "settle_theo_price", K.NUMBER, "정산이론가격", "settlement theoretical price", unit="points or won")
THEO_DIVERGENCE_PCT = Field("setlPrcTheoPrcDivrgRt", "theo_divergence_pct", K.RATIO, "정산가격이론가격괴리율", "settlement vs theoretical price divergence", unit="%")
UPPER_LIMIT = Field("uplmtprc", "upper_limit", K.NUMBER, "상한가", "upper price limit", unit="won")
LOWER_LIMIT = Field("lwlmtprc", "lower_limit", K.NUMBER, "하한가", "lower price limit", unit="won")
COLLATERAL_PRICE = Field("sbPrc", "collateral_price", K.NUMBER, "대용가격", "collateral (substitute) price", unit="won")
ISSUE_PRICE = Field("isuPrc", "issue_price", K.PRICE, "발행가격", "issue price of a warrant", unit="won")
PAR_VALUE = Field("parval", "par_value", K.NUMBER, "액면가", "par value", unit="won")
STRIKE = Field("exerPrc", "strike", K.NUMBER, "행사가격", "strike price", unit="points or won")
IMPLIED_VOL = Field("impVolt", "implied_vol", K.RATIO, "내재변동성", "implied volatility", unit="%")
MULTIPLIER = Field("setlmult", "multiplier", K.NUMBER, "거래승수", "contract multiplier", unit="won a point")
CD_RATE = Field("cdInt", "cd_rate", K.RATIO, "CD금리", "CD rate", unit="%")
OPEN_INTEREST_LIMIT = Field("opnintLmtQty", "open_interest_limit", K.QUANTITY, "미결제한도수량", "open-interest limit per account", unit="contracts")
LOT_SIZE = Field("regulssQtyUnit", "lot_size", K.QUANTITY, "정규장매매수량단위", "regular-session lot size", unit="shares")
OFF_HOURS_LOT_SIZE = Field("offhrQtyunit", "off_hours_lot_size", K.QUANTITY, "시간외매매수량단위", "off-hours lot size", unit="shares", json="str")
LIFETIME_HIGH = Field("inlistHgstprc", "lifetime_high", K.NUMBER, "상장중최고가", "lifetime high", unit="points or won")
LIFETIME_HIGH_DATE = Field("inlistHgstprcDd", "lifetime_high_date", K.DATE, "상장중최고가일자", "date of the lifetime high")
LIFETIME_LOW = Field("inlistLwstprc", "lifetime_low", K.NUMBER, "상장중최저가", "lifetime low", unit="points or won")
LIFETIME_LOW_DATE = Field("inlistLwstprcDd", "lifetime_low_date", K.DATE, "상장중최저가일자", "date of the lifetime low")
YEAR_HIGH = Field("midyyHgstprc", "year_high", K.NUMBER, "연중최고가", "year high", unit="points or won")
YEAR_HIGH_DATE = Field("midyyHgstprcDd", "year_high_date", K.DATE, "연중최고가일자", "date of the year high")
YEAR_LOW = Field("midyyLwstprc", "year_low", K.NUMBER, "연중최저가", "year low", unit="points or won")
YEAR_LOW_DATE = Field("midyyLwstprcDd", "year_low_date", K.DATE, "연중최저가일자", "date of the year low")
WEEK52_HIGH = Field("wk52HgstPrc", "week52_high", K.NUMBER, "52주최고가격", "52-week high", unit="won")
WEEK52_HIGH_DATE = Field("wk52HgstprcDd", "week52_high_date", K.DATE, "52주최고가일자", "date of the 52-week high")
WEEK52_HIGH_VOLUME = Field("wk52HgstTrdvol", "week52_high_volume", K.QUANTITY, "52주최고거래량", "52-week highest volume", unit="shares")
WEEK52_LOW = Field("wk52LwstPrc", "week52_low", K.NUMBER, "52주최저가격", "52-week low", unit="won")
WEEK52_LOW_DATE = Field("wk52LwstprcDd", "week52_low_date", K.DATE, "52주최저가일자", "date of the 52-week low")
WEEK52_LOW_VOLUME = Field("wk52LwstTrdvol", "week52_low_volume", K.QUANTITY, "52주최저거래량", "52-week lowest volume", unit="shares")

# Masters: the company
EPS = Field("eps", "eps", K.NUMBER, "주당순이익", "earnings per share", unit="won")
BPS = Field("bps", "bps", K.NUMBER, "주당순자산가치", "book value per share", unit="won")
PER = Field("per", "per", K.RATIO, "주가수익률", "price/earnings ratio")
PBR = Field("pbr", "pbr", K.RATIO, "주당순자산비율", "price/book ratio")
DPS = Field("dps", "dps", K.NUMBER, "주당배당금액", "dividend per share", unit="won")
DIVIDEND_YIELD = Field("divYd", "dividend_yield", K.RATIO, "배당수익율", "dividend yield", unit="%")
CAPITAL = Field("Cap", "capital", K.NUMBER, "자본금", "paid-in capital, unit unpublished")
DEBT_RATIO = Field("DebtRt", "debt_ratio", K.RATIO, "부채비율", "debt ratio", unit="%")
CREDIT_RATING = Field("CrdtGrd", "credit_rating", K.TEXT, "신용등급", "credit rating")
FLOAT_SHARES = Field("liquShrs", "float_shares", K.QUANTITY, "유동주식수", "free-float shares", unit="shares")

# Masters: states and memberships
MARKET_WARNING = Field("mktWarnTpCd", "market_warning", K.CODE, "시장경보구분코드", "market warning code", codes="enums")
OVERHEAT_STATE = Field("srttrmOverheatIsuTpCd", "overheat_state", K.CODE, "단기과열종목구분코드", "short-term overheating state", codes="enums")
IS_HALTED = Field("haltYn", "is_halted", K.FLAG, "거래정지여부", "trading halt")
IS_ADMINISTRATIVE = Field("admisuYn", "is_administrative", K.FLAG, "관리종목여부", "administrative issue")
IS_LIQUIDATION_TRADING = Field("arrantrdYn", "is_liquidation_trading", K.FLAG, "정리매매여부", "liquidation trading")
IS_INVESTMENT_CAUTION = Field("invstcautnRemndIsuYn", "is_investment_caution", K.FLAG, "투자주의환기종목여부", "investment caution issue")
CREDIT_ORDER_ALLOWED = Field("creditOrdPosblYn", "credit_order_allowed", K.FLAG, "신용주문가능여부", "credit order allowed")
ADJUSTED_PRICE_FLAG = Field("adjStkprcCalcYn", "adjusted_price_flag", K.FLAG, "수정주가산출여부", "adjusted price computed")
ISSUE_TRADE_FLAG = Field("isuTrdvol", "issue_trade_flag", K.TEXT, "종목체결수량", "undefined flag of old masters")
IS_MANUFACTURING = Field("mfindYn", "is_manufacturing", K.FLAG, "제조업여부", "manufacturer")
IS_SME = Field("smeYn", "is_sme", K.FLAG, "중소기업여부", "small or medium enterprise")
IS_GOVERNANCE_EXCELLENT = Field("govncExcelYn", "is_governance_excellent", K.FLAG, "지배구조우량여부", "governance excellence")
IN_KOSPI = Field("kospiYn", "in_kospi", K.FLAG, "KOSPI여부", "KOSPI member; premier issue on KOSDAQ")
IN_KOSPI100 = Field("kospi100Yn", "in_kospi100", K.FLAG, "KOSPI100여부", "KOSPI100 member")
IN_KOSPI50 = Field("kospi50Yn", "in_kospi50", K.FLAG, "KOSPI50여부", "KOSPI50 member")
IN_KRX100 = Field("krx100IsuYn", "in_krx100", K.FLAG, "KRX100종목여부", "KRX100 member")
IN_SRI_INDEX = Field("sriidxYn", "in_sri_index", K.FLAG, "SRI지수종목여부", "SRI index member")

# fmt: on

# Families: a name for each level, rank or length
LIMIT_STEPS = tuple(
    Field(
        f"prcLmtStep{n}{wire}",
        f"{side}_limit_{n}",
        K.NUMBER,
        f"가격제한{n}단계{ko}",
        f"{side} price limit, stage {n}",
        unit="points or won",
    )
    for side, wire, ko in (("upper", "Uplmtprc", "상한가"), ("lower", "Lwlmtprc", "하한가"))
    for n in (1, 2, 3)
)
MOVING_AVERAGES = tuple(
    Field(
        f"dd{days}Avg{wire}",
        f"{column}_ma_{days}",
        K.NUMBER,
        f"전일{ko}{days}일이동평균",
        f"{days}-day moving average of {column}, up to the previous day",
        unit=unit,
    )
    for column, wire, ko, unit in (
        ("price", "Prc", "가격", "won"),
        ("volume", "TrdVol", "거래량", "shares"),
        ("value", "TrdAmt", "거래대금", "won"),
    )
    for days in (3, 5, 10, 20, 40, 60, 120, 250)
)
DISPARITIES = tuple(
    Field(
        f"dd{days}AvgDp",
        f"disparity_{days}",
        K.RATIO,
        f"전일이격도{days}일이동평균",
        f"price over its {days}-day moving average",
        unit="%",
    )
    for days in (5, 20, 60, 120)
)
SECTOR_MEMBERSHIPS = tuple(
    Field(
        f"krx{wire}SectidxYn",
        f"in_krx_{column}",
        K.FLAG,
        f"KRX {ko} 섹터지수종목여부",
        f"member of the KRX sector index {column.replace('_', ' ')}",
    )
    for wire, column, ko in (
        ("Autos", "autos", "자동차"),
        ("Bio", "bio", "바이오"),
        ("Constr", "construction", "건설"),
        ("EnergyChem", "energy_chemicals", "에너지화학"),
        ("Fnc", "finance", "금융"),
        ("Insu", "insurance", "보험"),
        ("MediaComm", "media_telecom", "미디어통신"),
        ("Secu", "securities", "증권"),
        ("Semicon", "semicon", "반도체"),
        ("Ship", "shipbuilding", "조선"),
        ("Steel", "steel", "철강"),
    )
)

# Numbers of the best price and size of each side in the vendor's stream dictionary; deeper levels follow one by one.
_BOOK_FIDS = {"ask": (14501, 14511), "bid": (14531, 14541)}


def book(side: Literal["ask", "bid"], levels: int, *, counts: bool = False) -> tuple[Field, ...]:
    """Return prices, then sizes, then numbers of orders of one side of a book, the best level first."""
    ko = {"ask": "매도", "bid": "매수"}[side]
    price_fid, size_fid = _BOOK_FIDS[side]
    steps = range(1, levels + 1)
    prices = (
        Field(
            f"{side}Step{n}BstordPrc",
            f"{side}_price_{n}",
            K.PRICE,
            f"{ko}{n}단계우선호가가격",
            f"{side} price at level {n}",
            unit="won",
            fid=price_fid + n - 1,
        )
        for n in steps
    )
    sizes = (
        Field(
            f"{side}Step{n}BstordRqty",
            f"{side}_size_{n}",
            K.QUANTITY,
            f"{ko}{n}단계우선호가잔량",
            f"{side} size at level {n}",
            unit="shares",
            fid=size_fid + n - 1,
        )
        for n in steps
    )
    orders = (
        Field(
            f"{side}Step{n}BstordCnt",
            f"{side}_count_{n}",
            K.QUANTITY,
            f"{ko}{n}단계우선호가건수",
            f"number of {side} orders at level {n}",
            unit="orders",
        )
        for n in steps
    )
    return (*prices, *sizes, *(orders if counts else ()))


def members(side: Literal["sell", "buy"]) -> tuple[Field, ...]:
    """Return the five most active members of one side: name, volume, value, weight and average price of each rank."""
    wire, ko = {"sell": ("ask", "매도"), "buy": ("bid", "매수")}[side]

    def of(n: int, name: str, column: str, kind: K, what: str, en: str, unit: str | None) -> Field:
        title = f"{ko}상위{what}{n}" if name == "" else f"{ko}상위{what} 회원{n}"
        return Field(
            f"{wire}Trd{name}Mbr{n}", f"{side}_{column}_{n}", kind, title, f"{en} of {side} rank {n}", unit=unit
        )

    return tuple(
        of(n, *value)
        for n in range(1, 6)
        for value in (
            ("", "member", K.TEXT, "회원명", "member", None),
            ("Vol", "volume", K.QUANTITY, "거래량", "volume", "shares"),
            ("Amt", "value", K.AMOUNT, "거래금액", "turnover", "won"),
            ("Wt", "weight", K.RATIO, "거래비중", "share of the day's volume", "%"),
            ("Prc", "avg_price", K.NUMBER, "거래단가", "average price", "won"),
        )
    )


IN_USE: tuple[Field, ...] = (
    *(value for value in list(globals().values()) if isinstance(value, Field)),
    *LIMIT_STEPS,
    *MOVING_AVERAGES,
    *DISPARITIES,
    *SECTOR_MEMBERSHIPS,
    *book("ask", 10),
    *book("bid", 10),
    *(f for side in ("ask", "bid") for f in book(side, 5, counts=True) if f.unit == "orders"),
    *members("sell"),
    *members("buy"),
)
"""Every value of the published bodies, as it stands for stocks."""
