"""The master record of an issue: who it is, what it may cost today, and what its last year was like."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.columns import Columns, dates, points, won
from kosdata.simulator.draws import Ints
from kosdata.simulator.shares import flows, price_ladder
from kosdata.simulator.shares.funds import Basket
from kosdata.simulator.shares.paths import Paths
from kosdata.simulator.shares.rosters import roster
from kosdata.simulator.shares.stocks import Stocks, rebased

__all__ = ["Masters"]

_AVERAGES: Final = (3, 5, 10, 20, 40, 60, 120, 250)
_DISPARITIES: Final = (5, 20, 60, 120)
_YEAR: Final = timedelta(days=365)
# Sessions before a delisting in which holders can still sell.
_LAST_SESSIONS: Final = 7
_RATINGS: Final = ("AAA", "AA+", "AA", "AA-", "A+", "A", "A-", "BBB+", "BBB", "BBB-")
_SIZES: Final = {"kospi": (("K2", "2"), ("K3", "3"), ("K4", "4")), "kosdaq": (("Q2", "1"), ("Q3", "2"), ("Q4", "3"))}


class Masters:
    """Makes master records.

    Parameters
    ----------
    paths : Paths
        Daily prices.
    stocks : Stocks
        History.
    baskets : mapping of int to Basket
        Funds by column.
    """

    def __init__(self, paths: Paths, stocks: Stocks, baskets: dict[int, Basket]) -> None:
        self._paths = paths
        self._stocks = stocks
        self._baskets = baskets
        self._roster = lru_cache(maxsize=64)(lambda code: frozenset(roster(code, paths.issues)))

    def master(self, column: int, row: int) -> Columns:
        """Return the record that is published before a session, in one row."""
        issue = self._paths.issues[column]
        return {
            "code": [issue.code],
            "isin": [issue.isin],
            "name_ko": [issue.name_ko],
            "name_ko_short": [issue.name_ko_short],
            "name_en": [issue.name_en],
            "date": dates([self._paths.dates[row]]),
            "business_date": dates([self._paths.dates[row]]),
            "security_group": [issue.group],
            "list_date": dates([issue.list_date]),
            **self._classes(column),
            **self._limits(column, row),
            **self._eve(column, row),
            **self._company(column, row),
            **self._flags(column, row),
            **self._year(column, row),
        }

    def _classes(self, column: int) -> Columns:
        issue = self._paths.issues[column]
        sizes = (size for code, size in _SIZES.get(issue.market, ()) if column in self._roster(code))
        return {
            "industry_mid": [issue.industry[1:] or None],
            "size_class": [next(sizes, "0")],
            "is_manufacturing": [column in self._roster("K27") or column in self._roster("Q24")],
            "is_sme": [issue.is_stock and column not in self._roster("S300")],
            "in_krx100": [column in self._roster("S50")],
            "in_kospi": [issue.market == "kospi" and issue.is_stock],
            "in_kospi100": [column in self._roster("K61")],
            "in_kospi50": [column in self._roster("K62")],
        }

    def _limits(self, column: int, row: int) -> Columns:
        paths, issue = self._paths, self._paths.issues[column]
        base = paths.base[[row], column]
        low, high = paths.bounds(np.array([row]), np.array([column]))
        return {
            "base_price": won(base),
            "upper_limit": won(price_ladder.price(high)),
            "lower_limit": won(price_ladder.price(low)),
            "collateral_price": won(base * 8 // 10 // 10 * 10),
            "par_value": won(np.array([issue.parval])),
            "issue_price": np.array([np.nan]),
            "listed_shares": paths.shares[[row], column],
            "lot_size": np.array([1]),
        }

    def _eve(self, column: int, row: int) -> Columns:
        """Return what the session before left; nothing on the first day."""
        paths = self._paths
        eve = self._before(column, row, 1)
        volume, value = self._stocks.turnover(column, eve)
        short = flows.short_selling(paths, column, eve, volume, value)
        basket = self._baskets.get(column)
        nothing, zero = np.array([np.nan]), np.zeros(1, dtype=np.int64)
        names = ("short_volume", "short_value", "lending_balance_qty", "lending_balance_value")
        return {
            "prev_close": won(paths.close[eve, column]) if len(eve) else nothing,
            "prev_volume": volume if len(eve) else zero,
            "prev_value": value if len(eve) else zero,
            "prev_nav": points(basket.nav[eve]) if basket and len(eve) else nothing,
            **{name: short[name] if len(eve) else zero for name in names},
        }

    def _company(self, column: int, row: int) -> Columns:
        paths, issue = self._paths, self._paths.issues[column]
        old, new = rebased(issue, (paths.dates[row],), date.max)
        chance = draws.below(draws.draw(draws.key("company", issue.code), 4), 1 << 16).tolist()
        price = max(int(paths.base[row, column]), 1)
        eps, bps, dps = (int(each) * int(new[0]) // int(old[0]) for each in (issue.eps, issue.bps, issue.dps))
        shares = paths.shares[[row], column]
        company = issue.is_stock
        return {
            "eps": _known(eps, 1, company),
            "per": _known(price * 100 // eps if eps > 0 else 0, 100, company and eps > 0),
            "bps": _known(bps, 1, company),
            "pbr": _known(price * 100 // max(bps, 1), 100, company and bps > 0),
            "dps": _known(dps, 1, company),
            "dividend_yield": _known(dps * 10_000 // price, 100, company),
            "fiscal_month": [f"{issue.fiscal_month:02}" if company else None],
            "fiscal_month_map": ["1".rjust(issue.fiscal_month, "0").ljust(12, "0") if company else None],
            "float_shares": shares * (40 + chance[0] * 45 // 65_536) // 100,
            "debt_ratio": _known(2_000 + chance[1] * 20_000 // 65_536, 100, company),
            "credit_rating": [_RATINGS[chance[2] * len(_RATINGS) // 65_536] if company else None],
            "capital": _known(int(shares[0]) * issue.parval, 1, company and issue.parval > 0),
        }

    def _flags(self, column: int, row: int) -> Columns:
        paths, issue = self._paths, self._paths.issues[column]
        day = paths.dates[row]
        administrative = issue.administrative is not None and day in issue.administrative
        return {
            "is_halted": [not paths.trading[row, column]],
            "is_administrative": [administrative],
            "is_liquidation_trading": [not paths.listed[row : row + _LAST_SESSIONS + 1, column].all()],
            "is_investment_caution": [administrative if issue.market == "kosdaq" else None],
            "market_warning": ["00"],
            "overheat_state": ["0"],
            "credit_order_allowed": [issue.is_stock and issue.liquidity > 1 and not administrative],
            "adjusted_price_flag": [any(split.day == day for split in issue.splits)],
            "short_overheat_date": np.array(["NaT"], dtype="datetime64[D]"),
        }

    def _year(self, column: int, row: int) -> Columns:
        """Return averages and extremes up to the session before, in shares of the day."""
        day = self._paths.dates[row]
        rows = self._before(column, row, max(_AVERAGES))
        bars = self._stocks.adjusted(column, rows, day)
        found: Columns = {}
        for name, values in (("price", bars.close), ("volume", bars.volume), ("value", bars.value)):
            found |= {f"{name}_ma_{days}": _average(values, days) for days in _AVERAGES}
        for days in _DISPARITIES:
            known = len(bars.close) >= days
            parts = int(bars.close[-1]) * days * 10_000 // int(bars.close[-days:].sum()) if known else 0
            found[f"disparity_{days}"] = _known(parts, 100, known)
        first = next((place for place, each in enumerate(bars.day) if each >= day - _YEAR), len(bars.day))
        return found | _extremes(bars.high[first:], bars.low[first:], bars.volume[first:], bars.day[first:])

    def _before(self, column: int, row: int, count: int) -> Ints:
        """Return the rows of the last sessions before one in which the issue was listed."""
        return np.flatnonzero(self._paths.listed[max(row - count, 0) : row, column]) + max(row - count, 0)


def _extremes(high: Ints, low: Ints, volume: Ints, days: tuple[date, ...]) -> Columns:
    traded = np.flatnonzero(volume)
    if not len(traded):
        never = np.array(["NaT"], dtype="datetime64[D]")
        nothing, zero = np.array([np.nan]), np.zeros(1, dtype=np.int64)
        highest = {"week52_high": nothing, "week52_high_date": never, "week52_high_volume": zero}
        return highest | {"week52_low": nothing, "week52_low_date": never, "week52_low_volume": zero}
    top, bottom = traded[np.argmax(high[traded])], traded[np.argmin(low[traded])]
    return {
        "week52_high": won(high[top : top + 1]),
        "week52_high_date": dates([days[top]]),
        "week52_high_volume": np.array([volume[traded].max()]),
        "week52_low": won(low[bottom : bottom + 1]),
        "week52_low_date": dates([days[bottom]]),
        "week52_low_volume": np.array([volume[traded].min()]),
    }


def _average(values: Ints, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the mean of the last values, cut to hundredths; NaN if there are too few."""
    enough = len(values) >= count
    return _known(int(values[-count:].sum()) * 100 // count, 100, enough)


def _known(value: int, unit: int, known: bool) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([value / unit if known else np.nan])
