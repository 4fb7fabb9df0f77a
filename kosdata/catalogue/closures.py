"""What the Korea Exchange published about its days since 2000: the closed ones, the late ones, the trading hours.

To add a year, add its row to `CLOSURES` and to `EXAM_DAYS`; new hours are a new row of `HOURS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal, NamedTuple, TypeAlias

Product: TypeAlias = Literal["stock", "derivative"]


class Span(NamedTuple):
    """A stretch of one day, Seoul time."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Hours:
    """The sessions of one trading day, Seoul time.

    Attributes
    ----------
    open, close : time
        Start and end of the regular session; the closing auction is its last part.
    closing_auction : Span
        Orders are collected, and matched once at its end.
    breaks : tuple of Span
        Pauses within the regular session.
    post_close : Span, optional
        After hours, at the closing price. None where the table does not know it.
    single_price : Span, optional
        After hours, in repeated auctions. None where there is none.
    """

    open: time
    close: time
    closing_auction: Span
    breaks: tuple[Span, ...] = ()
    post_close: Span | None = None
    single_price: Span | None = None


# Weekdays without a session, as month and day. Saturdays are closed since December 1998.
CLOSURES: Final[Mapping[int, str]] = {
    2000: "0103 0204 0301 0405 0413 0501 0505 0511 0606 0717 0815 0911 0912 0913 1003 1225 1227 1228 1229",
    2001: "0101 0123 0124 0125 0301 0405 0501 0606 0717 0815 1001 1002 1003 1225 1231",
    2002: "0101 0211 0212 0213 0301 0405 0501 0606 0613 0701 0717 0815 0920 1003 1219 1225 1231",
    2003: "0101 0131 0501 0505 0508 0606 0717 0815 0910 0911 0912 1003 1225 1231",
    2004: "0101 0121 0122 0123 0301 0405 0415 0505 0526 0927 0928 0929 1231",
    2005: "0208 0209 0210 0301 0405 0505 0606 0815 0919 1003 1230",
    2006: "0130 0301 0501 0505 0531 0606 0717 0815 1003 1005 1006 1225 1229",
    2007: "0101 0219 0301 0501 0524 0606 0717 0815 0924 0925 0926 1003 1219 1225 1231",
    2008: "0101 0206 0207 0208 0409 0501 0505 0512 0606 0815 0915 1003 1225 1231",
    2009: "0101 0126 0127 0501 0505 1002 1225 1231",
    2010: "0101 0215 0301 0505 0521 0602 0921 0922 0923 1231",
    2011: "0202 0203 0204 0301 0505 0510 0606 0815 0912 0913 1003 1230",
    2012: "0123 0124 0301 0411 0501 0528 0606 0815 1001 1003 1219 1225 1231",
    2013: "0101 0211 0301 0501 0517 0606 0815 0918 0919 0920 1003 1009 1225 1231",
    2014: "0101 0130 0131 0501 0505 0506 0604 0606 0815 0908 0909 0910 1003 1009 1225 1231",
    2015: "0101 0218 0219 0220 0501 0505 0525 0814 0928 0929 1009 1225 1231",
    2016: "0101 0208 0209 0210 0301 0413 0505 0506 0606 0815 0914 0915 0916 1003 1230",
    2017: "0127 0130 0301 0501 0503 0505 0509 0606 0815 1002 1003 1004 1005 1006 1009 1225 1229",
    2018: "0101 0215 0216 0301 0501 0507 0522 0606 0613 0815 0924 0925 0926 1003 1009 1225 1231",
    2019: "0101 0204 0205 0206 0301 0501 0506 0606 0815 0912 0913 1003 1009 1225 1231",
    2020: "0101 0124 0127 0415 0430 0501 0505 0817 0930 1001 1002 1009 1225 1231",
    2021: "0101 0211 0212 0301 0505 0519 0816 0920 0921 0922 1004 1011 1231",
    2022: "0131 0201 0202 0301 0309 0505 0601 0606 0815 0909 0912 1003 1010 1230",
    2023: "0123 0124 0301 0501 0505 0529 0606 0815 0928 0929 1002 1003 1009 1225 1229",
    2024: "0101 0209 0212 0301 0410 0501 0506 0515 0606 0815 0916 0917 0918 1001 1003 1009 1225 1231",
    2025: "0101 0127 0128 0129 0130 0303 0501 0505 0506 0603 0606 0815 1003 1006 1007 1008 1009 1225 1231",
    2026: "0101 0216 0217 0218 0302 0501 0505 0525 0603 0717 0817 0924 0925 1005 1009 1225 1231",
}

# Days of the college entrance exam: all trading is one hour late, so that candidates have the roads. The exam of
# 2017 was put off for an earthquake; the market ran late on the day announced and on the day it was held.
EXAM_DAYS: Final[Mapping[int, str]] = {
    2000: "1115",
    2001: "1107",
    2002: "1106",
    2003: "1105",
    2004: "1117",
    2005: "1123",
    2006: "1116",
    2007: "1115",
    2008: "1113",
    2009: "1112",
    2010: "1118",
    2011: "1110",
    2012: "1108",
    2013: "1107",
    2014: "1113",
    2015: "1112",
    2016: "1117",
    2017: "1116 1123",
    2018: "1115",
    2019: "1114",
    2020: "1203",
    2021: "1118",
    2022: "1117",
    2023: "1116",
    2024: "1114",
    2025: "1113",
    2026: "1119",
}

# Opens moved for one day, on all markets, with the close unchanged: the morning after the attacks on New York.
LATE_OPENS: Final[Mapping[date, time]] = {date(2001, 9, 12): time(12)}

_LUNCH = Span(time(12), time(13))

# The hours of an ordinary day, by the first day they held. Derivatives are those on shares, indices and rates.
# The exchange announced longer after-hours sessions for 2026-06-29; they want a row once their start is confirmed.
HOURS: Final[Mapping[Product, tuple[tuple[date, Hours], ...]]] = {
    "stock": (
        (date(1998, 12, 7), Hours(time(9), time(15), Span(time(14, 50), time(15)), breaks=(_LUNCH,))),
        (date(2000, 5, 22), Hours(time(9), time(15), Span(time(14, 50), time(15)))),
        (
            date(2005, 5, 30),
            Hours(
                time(9),
                time(15),
                Span(time(14, 50), time(15)),
                post_close=Span(time(15, 10), time(15, 30)),
                single_price=Span(time(15, 30), time(18)),
            ),
        ),
        (
            date(2016, 8, 1),
            Hours(
                time(9),
                time(15, 30),
                Span(time(15, 20), time(15, 30)),
                post_close=Span(time(15, 40), time(16)),
                single_price=Span(time(16), time(18)),
            ),
        ),
    ),
    "derivative": (
        (date(1998, 12, 7), Hours(time(9), time(15, 15), Span(time(15, 5), time(15, 15)), breaks=(_LUNCH,))),
        (date(2000, 5, 22), Hours(time(9), time(15, 15), Span(time(15, 5), time(15, 15)))),
        (date(2016, 8, 1), Hours(time(9), time(15, 45), Span(time(15, 35), time(15, 45)))),
        (date(2023, 7, 31), Hours(time(8, 45), time(15, 45), Span(time(15, 35), time(15, 45)))),
    ),
}
