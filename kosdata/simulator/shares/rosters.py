"""Who belongs to an index: a rule for every code, applied to the list of issues.

Size is what an issue is worth at the price where it belongs today, so that nobody enters or leaves but by a listing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from kosdata.simulator import draws
from kosdata.simulator.shares.issues import Issue

__all__ = ["BASES", "roster"]

_KOSPI: Final = ("kospi",)
_KOSDAQ: Final = ("kosdaq",)
_BOTH: Final = ("kospi", "kosdaq")
_ALWAYS: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class _Rule:
    """The ordinary shares from the `first`-th largest on, up to the `last`-th; of some industries, or all."""

    markets: tuple[str, ...]
    first: int = 0
    last: int | None = None
    industries: frozenset[str] = frozenset()


_K200: Final = 80
_K100: Final = 50
_K50: Final = 30
_Q150: Final = 60
_KRX300: Final = 140
_KRX100: Final = 40
_LARGE: Final = 110


def _of(markets: tuple[str, ...], last: int | None, industries: str) -> _Rule:
    return _Rule(markets, 0, last, frozenset(industries.split()))


_FINANCE: Final = "K21 K22 K24 K25"
_MAKERS: Final = "K5 K6 K7 K8 K9 K10 K11 K12 K13 K14 K15"
_KOSDAQ_MAKERS: Final = "Q56 Q58 Q62 Q63 Q65 Q66 Q67 Q68 Q70 Q72 Q74 Q75 Q77"
_KOSDAQ_NETWORKS: Final = "Q151 Q152"
_KOSDAQ_SOFTWARE: Final = "Q153 Q154 Q155 Q156"
_KOSDAQ_HARDWARE: Final = "Q157 Q158 Q159 Q160"

_SECTORS: Final[Mapping[str, str]] = {
    "communication": "K20 K26 Q151 Q152 Q153 Q37",
    "construction": "K10 K18 Q26",
    "heavy": "K12 K15",
    "steel": "K7 K10 K11 Q67 Q68",
    "energy": "K8 K17 Q65",
    "technology": "K13 K14 Q154 Q155 Q156 Q157 Q158 Q159 Q160",
    "finance": f"{_FINANCE} Q31",
    "staples": "K5 K9 K16 Q56 Q66",
    "discretionary": "K6 K15 K16 Q27 Q37 Q58 Q75",
    "industrials": "K12 K16 K18 K19 Q26 Q29 Q70",
    "health": "K9 K14 Q66 Q74",
    "materials": "K7 K8 K10 K11 Q62 Q65 Q67 Q68",
    "autos": "K15 Q75",
    "semiconductors": "K13 Q159 Q160",
    "banks": "K22",
    "securities": "K24",
    "media": "K20 K26 Q37 Q63 Q152",
    "utilities": "K17",
}

_K200_SECTORS: Final[Mapping[str, str]] = {
    "K150": "communication",
    "K151": "construction",
    "K152": "heavy",
    "K153": "steel",
    "K154": "energy",
    "K155": "technology",
    "K156": "finance",
    "K157": "staples",
    "K158": "discretionary",
    "K159": "industrials",
    "K160": "health",
    "K168": "staples",
}
_Q150_SECTORS: Final[Mapping[str, str]] = {
    "Q211": "technology",
    "Q212": "materials",
    "Q213": "industrials",
    "Q214": "staples",
    "Q215": "discretionary",
    "Q216": "technology",
    "Q217": "health",
    "Q218": "media",
}
_KRX_SECTORS: Final[Mapping[str, str]] = {
    "S61": "discretionary",
    "S62": "staples",
    "S63": "media",
    "S64": "technology",
    "S65": "utilities",
    "S351": "technology",
    "S352": "finance",
    "S353": "discretionary",
    "S354": "industrials",
    "S355": "health",
    "S356": "communication",
    "S357": "materials",
    "S358": "staples",
    "S501": "autos",
    "S502": "semiconductors",
    "S503": "health",
    "S504": "banks",
    "S506": "energy",
    "S507": "steel",
    "S509": "media",
    "S510": "construction",
    "S512": "securities",
}

_RULES: Final[Mapping[str, _Rule]] = {
    "K2": _Rule(_KOSPI, 0, 35),
    "K3": _Rule(_KOSPI, 35, 75),
    "K4": _Rule(_KOSPI, 75),
    "K21": _of(_KOSPI, None, _FINANCE),
    "K27": _of(_KOSPI, None, _MAKERS),
    **{code: _Rule(_KOSPI, 0, _K200) for code in ("K51", "K175", "K176", "K401")},
    **{code: _Rule(_KOSPI, 0, _K100) for code in ("K61", "K402")},
    **{code: _Rule(_KOSPI, 0, _K50) for code in ("K62", "K403")},
    "K167": _Rule(_KOSPI, _K100, _K200),
    "K182": _Rule(_KOSPI, 1, _K200),
    **{code: _of(_KOSPI, _K200, _SECTORS[sector]) for code, sector in _K200_SECTORS.items()},
    "Q2": _Rule(_KOSDAQ, 0, 35),
    "Q3": _Rule(_KOSDAQ, 35, 65),
    "Q4": _Rule(_KOSDAQ, 65),
    "Q15": _of(_KOSDAQ, None, f"{_KOSDAQ_NETWORKS} {_KOSDAQ_SOFTWARE} {_KOSDAQ_HARDWARE}"),
    "Q24": _of(_KOSDAQ, None, _KOSDAQ_MAKERS),
    "Q41": _of(_KOSDAQ, None, _KOSDAQ_NETWORKS),
    "Q42": _of(_KOSDAQ, None, _KOSDAQ_SOFTWARE),
    "Q43": _of(_KOSDAQ, None, _KOSDAQ_HARDWARE),
    **{code: _Rule(_KOSDAQ, 0, _Q150) for code in ("Q203", "Q204")},
    **{code: _of(_KOSDAQ, _Q150, _SECTORS[sector]) for code, sector in _Q150_SECTORS.items()},
    **{code: _Rule(_BOTH, 0, _KRX100) for code in ("S50", "S441")},
    "S300": _Rule(_BOTH, 0, _KRX300),
    "S301": _Rule(_BOTH, _KRX100, _KRX300),
    **{code: _of(_BOTH, _KRX300, _SECTORS[sector]) for code, sector in _KRX_SECTORS.items()},
}

BASES: Final[Mapping[str, int]] = {"K1": 1_028, "K51": 130, "K61": 1_000, "Q1": 690, "Q203": 980, "E61001": 22}
"""Level at the first session, in points; 1000 for every other code."""


def roster(code: str, issues: Sequence[Issue]) -> list[int]:
    """Return the positions of the members of an index, in the order of `issues`; never none."""
    whole = {"K1": _KOSPI, "Q1": _KOSDAQ}
    if code in whole:
        return [place for place, issue in enumerate(issues) if issue.market in whole[code] and issue.is_stock]
    if code == "K165":
        return [place for place, issue in enumerate(issues) if issue.is_preferred]
    own = [place for place, issue in enumerate(issues) if issue.industry == code and not issue.is_preferred]
    rule = _RULES.get(code)
    pool = _largest(issues, rule or _Rule(_markets(code), 0, _LARGE))
    if rule is None:
        pool = own or _some(code, pool, issues)
    return sorted(pool if _always_there(pool, issues) else _largest(issues, _Rule(_markets(code), 0, _K50)))


def _largest(issues: Sequence[Issue], rule: _Rule) -> list[int]:
    places = [
        place
        for place, issue in enumerate(issues)
        if issue.market in rule.markets and issue.is_stock and not issue.is_preferred
    ]
    places.sort(key=lambda place: (-issues[place].shares * issues[place].prices[1], issues[place].code))
    chosen = places[rule.first : rule.last]
    return [place for place in chosen if not rule.industries or issues[place].industry in rule.industries]


def _some(code: str, pool: Sequence[int], issues: Sequence[Issue]) -> list[int]:
    """Return between 8 and 39 of the pool, drawn once for each index."""
    chance = {place: int(draws.key("roster", code, issues[place].code)) for place in pool}
    size = 8 + int(draws.key("roster", code)) % 32
    return sorted(pool, key=chance.__getitem__)[:size]


def _always_there(places: Sequence[int], issues: Sequence[Issue]) -> bool:
    return any(issues[place].list_date < _ALWAYS and issues[place].delist_date is None for place in places)


def _markets(code: str) -> tuple[str, ...]:
    return _KOSPI if code.startswith("K") else _KOSDAQ if code.startswith("Q") else _BOTH
