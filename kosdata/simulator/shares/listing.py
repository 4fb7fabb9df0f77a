"""Who is listed on the simulated exchange: a few codes that everybody types first, and many companies that never were.

The list is the same for every seed; only prices and trades are drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from kosdata.catalogue.calendar import KRX
from kosdata.simulator import draws
from kosdata.simulator.shares.issues import Days, Issue, Split, Tracker, isin
from kosdata.simulator.shares.known import KNOWN

__all__ = ["universe"]

_STEMS: Final = (
    ("가람솔", "Garamsol"),
    ("나래울", "Naraeul"),
    ("다온빛", "Daonbit"),
    ("라온결", "Raongyeol"),
    ("마루별", "Marubyeol"),
    ("바람골", "Baramgol"),
    ("새벽들", "Saebyeokdeul"),
    ("아라솔", "Arasol"),
    ("자윤터", "Jayunteo"),
    ("차오름", "Chaoreum"),
    ("큰솔빛", "Keunsolbit"),
    ("타래울", "Taraeul"),
    ("푸르내", "Pureunae"),
    ("하늬울", "Haniul"),
    ("누리찬", "Nurichan"),
    ("도담숲", "Dodamsup"),
    ("로운빛", "Rounbit"),
    ("모아름", "Moareum"),
    ("보드란", "Bodeuran"),
    ("소담벌", "Sodambeol"),
    ("온새미", "Onsaemi"),
    ("초아람", "Choaram"),
    ("해든벌", "Haedeunbeol"),
)

_KOSPI: Final = (
    ("K5", "식품", "Foods"),
    ("K6", "섬유", "Textile"),
    ("K7", "제지", "Paper"),
    ("K8", "화학", "Chemical"),
    ("K9", "제약", "Pharm"),
    ("K10", "시멘트", "Cement"),
    ("K11", "제강", "Steel"),
    ("K12", "기계", "Machinery"),
    ("K13", "전자", "Electronics"),
    ("K14", "의료기", "Medical"),
    ("K15", "모터스", "Motors"),
    ("K16", "상사", "Trading"),
    ("K17", "가스", "Gas"),
    ("K18", "건설", "Construction"),
    ("K19", "해운", "Shipping"),
    ("K20", "텔레콤", "Telecom"),
    ("K21", "지주", "Holdings"),
    ("K22", "은행", "Bank"),
    ("K24", "증권", "Securities"),
    ("K25", "화재", "Insurance"),
    ("K26", "네트웍스", "Networks"),
)

_KOSDAQ: Final = (
    ("Q12", "개발", "Development"),
    ("Q26", "토건", "Engineering"),
    ("Q27", "유통", "Retail"),
    ("Q29", "물류", "Logistics"),
    ("Q31", "캐피탈", "Capital"),
    ("Q37", "엔터", "Entertainment"),
    ("Q56", "푸드", "Food"),
    ("Q58", "어패럴", "Apparel"),
    ("Q62", "펄프", "Pulp"),
    ("Q63", "북스", "Books"),
    ("Q65", "켐", "Chem"),
    ("Q66", "바이오", "Bio"),
    ("Q67", "세라믹", "Ceramics"),
    ("Q68", "금속", "Metal"),
    ("Q70", "정밀", "Precision"),
    ("Q72", "전지", "Battery"),
    ("Q74", "메디칼", "Medicals"),
    ("Q75", "오토", "Auto"),
    ("Q77", "산업", "Industries"),
    ("Q151", "링크", "Link"),
    ("Q152", "방송", "Broadcasting"),
    ("Q153", "포털", "Portal"),
    ("Q154", "게임즈", "Games"),
    ("Q155", "소프트", "Soft"),
    ("Q156", "시스템", "Systems"),
    ("Q157", "통신", "Communications"),
    ("Q158", "디바이스", "Devices"),
    ("Q159", "반도체", "Semicon"),
    ("Q160", "부품", "Parts"),
)

_KONEX: Final = (
    ("Q66", "바이오랩", "Biolab"),
    ("Q74", "헬스", "Health"),
    ("Q77", "테크", "Tech"),
    ("Q155", "데이터", "Data"),
    ("Q160", "모듈", "Module"),
)

# Code, index, times, name, first day, price at about the start and now.
_ETFS: Final = (
    ("069500", "K51", 1, "KODEX 200", "2002-10-14"),
    ("114800", "K51", -1, "KODEX 인버스", "2009-09-16"),
    ("122630", "K51", 2, "KODEX 레버리지", "2010-02-22"),
    ("640010", "K62", 1, "누리 대형 50", "2006-06-27"),
    ("640020", "K61", 1, "누리 100", "2008-04-10"),
    ("640030", "Q203", 1, "누리 코스닥 150", "2015-10-01"),
    ("640040", "Q203", 2, "누리 코스닥 150 레버리지", "2015-12-17"),
    ("640050", "Q203", -1, "누리 코스닥 150 인버스", "2016-08-10"),
    ("640060", "K13", 1, "누리 전자", "2006-06-27"),
    ("640070", "K15", 1, "누리 운수장비", "2006-06-27"),
    ("640080", "K22", 1, "누리 은행", "2007-05-31"),
    ("640090", "K18", 1, "누리 건설", "2009-10-30"),
    ("640100", "K8", 1, "누리 화학", "2009-10-12"),
    ("640110", "Q66", 1, "누리 제약", "2016-05-13"),
    ("640120", "Q159", 1, "누리 반도체", "2018-07-24"),
    ("640130", "K163", 1, "누리 고배당 50", "2018-11-20"),
    ("640140", "S50", 1, "누리 KRX 100", "2011-03-08"),
    ("640150", "K17", 1, "누리 에너지", "2020-02-18"),
    ("640160", "Q154", 1, "누리 게임", "2021-07-30"),
    ("0037T0", "K11", 1, "누리 철강", "2025-04-22"),
)
# No fund is listed on KOSDAQ in truth; the API has routes for them all the same, and they want something to serve.
_ETFS_OF_KOSDAQ: Final = frozenset({"640160"})

# Won traded on an ordinary day, from which on a company is of the next class of liquidity.
_LIQUID: Final = (1_000_000_000, 6_000_000_000, 25_000_000_000, 120_000_000_000)

# What happened to single companies.
_EVENTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "650110": {"halt_week": 47},
    "650230": {"halts": (Days(date(2025, 8, 18), date(2025, 8, 22)),)},
    "650310": {"delist_date": date(2009, 4, 15)},
    "650470": {"delist_date": date(2016, 9, 30)},
    "650590": {"group": "RT", "list_date": date(2018, 6, 27)},
    "650620": {
        "delist_date": date(2024, 5, 17),
        "administrative": Days(date(2023, 3, 23)),
        "halts": (Days(date(2024, 3, 21), date(2024, 5, 7)),),
    },
    "650710": {"splits": (Split(date(2022, 4, 15), 10, 1),), "halts": (Days(date(2022, 4, 12), date(2022, 4, 14)),)},
    "650880": {"group": "IF", "list_date": date(2006, 3, 15)},
    "650970": {"list_date": date(2022, 1, 27)},
    "651010": {"list_date": date(2024, 3, 13)},
    "651040": {"list_date": date(2025, 9, 24)},
    "670130": {"delist_date": date(2011, 6, 9)},
    "670290": {"delist_date": date(2019, 10, 2)},
    "670350": {"administrative": Days(date(2024, 3, 22))},
    "670480": {"administrative": Days(date(2025, 3, 24)), "halts": (Days(date(2025, 3, 24)),)},
    "670560": {"splits": (Split(date(2023, 10, 16), 1, 10),), "halts": (Days(date(2023, 9, 20), date(2023, 10, 13)),)},
    "670640": {"delist_date": date(2025, 2, 14), "administrative": Days(date(2024, 3, 25))},
    "670770": {"list_date": date(2023, 7, 27)},
    "670820": {"list_date": date(2024, 8, 22)},
    "670860": {"list_date": date(2026, 2, 4)},
    "690150": {"list_date": date(2025, 11, 12)},
}

_PREFERRED: Final = ("650050", "650170", "650420")


@cache
def universe() -> tuple[Issue, ...]:
    """Return every issue that was ever listed, by market and code."""
    companies = [
        *KNOWN,
        *_companies("kospi", 650_010, _KOSPI, 5, 120_000_000),
        *_companies("kosdaq", 670_010, _KOSDAQ, 3, 12_000_000),
        *_companies("konex", 690_010, _KONEX, 3, 150_000),
    ]
    companies += [_preferred(issue) for issue in companies if issue.code in _PREFERRED]
    order = {"kospi": 0, "kosdaq": 1, "konex": 2}
    return tuple(sorted([*companies, *_etfs()], key=lambda issue: (order[issue.market], issue.code)))


def _companies(
    market: str, first: int, industries: tuple[tuple[str, str, str], ...], each: int, largest: int
) -> Iterator[Issue]:
    """Yield invented companies; the largest is worth `largest` million won, the n-th an n-th part of it."""
    places = [(turn, row) for turn in range(each) for row in range(len(industries))]
    for place, (turn, row) in enumerate(places):
        industry, ko, en = industries[row]
        stem_ko, stem_en = _STEMS[(place + 5 * turn) % len(_STEMS)]
        code = str(first + 10 * place)
        chance = draws.below(draws.draw(draws.key("issue", code), 12), 1 << 16).tolist()
        worth = 1_000_000 * largest // (2 + (place * 37 + 11) % len(places))
        issue = _company(code, market, (stem_ko + ko, f"{stem_en} {en}"), industry, worth, chance)
        yield replace(issue, **_EVENTS.get(code, {}))


def _company(code: str, market: str, names: tuple[str, str], industry: str, worth: int, chance: list[int]) -> Issue:
    price = _price(market, chance[0], chance[1])
    earnings = price * 100 // (500 + chance[2] * 2_500 // 65_536) * (-1 if chance[3] < 9_000 else 1)
    quiet, lively = (1_000, 5_000) if market == "kospi" else (3_000, 20_000) if market == "kosdaq" else (100, 400)
    turnover = quiet + chance[4] * lively // 65_536
    traded = worth * turnover // 1_000_000
    return Issue(
        code,
        isin(code),
        market,
        names[0],
        names[0],
        names[1],
        industry=industry,
        list_date=_listed_since(market, chance[5], chance[6]),
        shares=worth // price // 10 * 10,
        parval=(500, 500, 500, 1_000, 5_000, 100)[chance[7] * 6 // 65_536],
        prices=(price * (25 + chance[8] * 65 // 65_536) // 100, price),
        beta=60 + chance[9] * 70 // 65_536,
        noise=(15_000 if market == "kospi" else 20_000) + chance[10] * 14_000 // 65_536,
        turnover=turnover,
        liquidity=sum(traded > bound for bound in _LIQUID),
        eps=earnings,
        bps=price * 100 // (50 + chance[11] * 350 // 65_536),
        dps=max(earnings, 0) * chance[7] // 65_536 // 2 // 5 * 5,
        fiscal_month=12 if chance[6] < 60_000 else 3 + 3 * (chance[6] % 3),
    )


def _price(market: str, size: int, detail: int) -> int:
    """Return a price that looks like one: few are cheap, fewer are dear."""
    bands = {
        "kospi": ((16_000, 1_500), (44_000, 10_000), (60_000, 45_000), (65_536, 160_000)),
        "kosdaq": ((34_000, 1_200), (58_000, 6_000), (64_000, 25_000), (65_536, 90_000)),
        "konex": ((40_000, 1_500), (65_536, 5_000)),
    }
    lowest = next(price for bound, price in bands[market] if size < bound)
    return (lowest + lowest * 4 * detail // 65_536) // 50 * 50


def _listed_since(market: str, year: int, day: int) -> date:
    """Return a first day: mostly before the history begins on the two old markets, never before KONEX on it."""
    if market == "konex":
        first = date(2013 + year * 10 // 65_536, 7, 1)
    elif year < 45_000:
        first = date((1962 if market == "kospi" else 1996) + year * (37 if market == "kospi" else 3) // 45_000, 2, 1)
    else:
        first = date(2000 + (year - 45_000) * 20 // 20_536, 2, 1)
    return _workday(first + timedelta(days=day % 300))


def _workday(day: date) -> date:
    if day >= KRX.valid_from:
        return day if KRX.is_session(day) else KRX.next_session(day)
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def _preferred(issue: Issue) -> Issue:
    code = f"{issue.code[:-1]}5"
    then, now = issue.prices
    return replace(
        issue,
        code=code,
        isin=isin(code),
        name_ko=f"{issue.name_ko}1우선주",
        name_ko_short=f"{issue.name_ko_short}우",
        name_en=f"{issue.name_en}(1P)",
        shares=issue.shares // 80 * 10,
        prices=(then * 7 // 10, now * 7 // 10),
        liquidity=max(issue.liquidity - 1, 0),
    )


def _etfs() -> Iterator[Issue]:
    for place, (code, index, times, name, first) in enumerate(_ETFS):
        famous = place < 3
        yield Issue(
            code,
            isin(code, "EF"),
            "kosdaq" if code in _ETFS_OF_KOSDAQ else "kospi",
            name,
            name,
            f"{'KODEX' if famous else 'Nuri'} {index}{'' if times == 1 else f' {times}X'}",
            group="EF",
            list_date=date.fromisoformat(first),
            shares=150_000_000 if famous else 2_000_000 + 1_350_000 * (place % 5),
            parval=0,
            prices=(13_000 if index == "K51" else 10_000,) * 2,
            turnover=30_000 if famous else 8_000,
            liquidity=4 if famous else 1 + place % 3,
            tracker=Tracker(index, times),
        )
