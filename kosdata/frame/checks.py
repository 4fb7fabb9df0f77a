"""What looks wrong in a frame of prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.codes import indices, short_code
from kosdata.catalogue.contracts import kind_of, market_of
from kosdata.catalogue.seoul import DAY
from kosdata.errors import ArgumentError
from kosdata.frame.korean import english
from kosdata.frame.phases import DAY_BEGINS
from kosdata.frame.price_grid import off_grid
from kosdata.frame.rows import NAT, OHLC, Rows, column, floats, has, is_of_ticks, origin_products
from kosdata.frame.spacing import is_of_sessions

__all__ = ["RULES", "check"]

RULES: Final = {
    "no_price": "a price is zero or negative",
    "outside": "open or close lies outside low to high",
    "off_tick": "a price is not on the grid of its day",
    "rebased": "the close before is not the price that change counts from",
    "no_time": "a bar has no time",
    "missing_session": "the calendar has a session that the frame has not",
    "no_session": "the calendar has no session on this day",
    "repeated": "two rows have one time",
    "unsorted": "a row comes before the row above it",
}
"""Rule to what it finds."""

_PRICES: Final = (*OHLC, "price")
_STOCK_GRIDS: Final = ("kospi", "kosdaq", "etf")
# Differences of sums of floats, in won or points.
_NOISE: Final = 1e-6
# Parts of the prices that may be off a grid.
_FITS: Final = 0.2
_HALF: Final = 0.5

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class _Finding(NamedTuple):
    at: Any
    rule: str
    column: str
    value: float
    expected: float


def check(frame: pd.DataFrame, *, market: str | None = None) -> pd.DataFrame:
    """Return what looks wrong in a frame of bars or ticks; see `Kos.check`."""
    frame, _ = english(frame)
    if not has(frame, "close") and not has(frame, "price"):
        column(frame, "close")
    rows = Rows.of(frame)
    local = np.where(rows.times == NAT, NAT, rows.times + rows.utc_offset)
    codes: list[tuple[str | None, Any]] = [(None, np.arange(len(local)))]
    if rows.codes is not None:
        codes = [(name, np.flatnonzero(rows.codes == n)) for n, name in enumerate(rows.names)]
    prices = {name: floats(frame, name) for name in _PRICES if has(frame, name)}
    is_ticks = is_of_ticks(frame)
    # Of which contract prices are that have no code, nothing says.
    is_stock = rows.products(frame) == ["stock"] and "index" not in origin_products(frame)
    knows_grid = market is not None or rows.codes is not None or is_stock
    # Weeks and months are dated by one of their sessions.
    has_each_session = is_of_sessions(frame, rows)
    if is_ticks:  # whose open, high and low are those of the day so far
        prices = {"price": prices["price"]}
    change = floats(frame, "change") if rows.is_daily and has(frame, "change") and has(frame, "close") else None
    # The change of a contract counts from a settlement price, or from a theoretical one.
    are_stocks = [product == "stock" for product in rows.products(frame)]
    found: list[tuple[str | None, _Finding]] = []
    for (code, at), is_stock in zip(codes, are_stocks, strict=True):
        one = {name: values[at] for name, values in prices.items()}
        times = local[at]
        findings = [
            *_without_price(times, one),
            *_outside(times, one),
            *(_off_tick(times, one, code, market) if knows_grid else ()),
            *(_rebased(times, one["close"], change[at]) if change is not None and is_stock else ()),
            *(_days(times) if has_each_session else ()),
            *(() if is_ticks else _order(times)),
        ]
        # NaT is the smallest of all.
        found += [
            (code, each) for each in sorted(findings, key=lambda each: (int(each.at), list(RULES).index(each.rule)))
        ]
    return _frame(found)


def _frame(found: list[tuple[str | None, _Finding]]) -> pd.DataFrame:
    moments = np.array([each.at for _, each in found], dtype=np.int64).astype("datetime64[us]")
    return pd.DataFrame(
        {
            "code": pd.array([code for code, _ in found], dtype="str"),
            "at": moments,
            "rule": pd.array([each.rule for _, each in found], dtype="str"),
            "column": pd.array([each.column for _, each in found], dtype="str"),
            "value": np.array([each.value for _, each in found], dtype=np.float64),
            "expected": np.array([each.expected for _, each in found], dtype=np.float64),
            "note": pd.array([RULES[each.rule] for _, each in found], dtype="str"),
        }
    )


def _findings(
    times: Any, wrong: Bools, rule: str, name: str = "", values: Floats | None = None, expected: Floats | None = None
) -> Iterator[_Finding]:
    for n in np.flatnonzero(wrong).tolist():
        yield _Finding(
            times[n],
            rule,
            name,
            np.nan if values is None else float(values[n]),
            np.nan if expected is None else float(expected[n]),
        )


def _without_price(times: Any, prices: dict[str, Floats]) -> Iterator[_Finding]:
    for name, values in prices.items():
        yield from _findings(times, values <= 0, "no_price", name, values)


def _outside(times: Any, prices: dict[str, Floats]) -> Iterator[_Finding]:
    if not {"high", "low"} <= prices.keys():
        return
    high, low = prices["high"], prices["low"]
    for name in ("open", "close"):
        if name in prices:
            values = prices[name]
            yield from _findings(
                times, (values > high) | (values < low), "outside", name, values, np.where(values > high, high, low)
            )
    yield from _findings(times, high < low, "outside", "high", high, low)


def _off_tick(times: Any, prices: dict[str, Floats], code: str | None, market: str | None) -> Iterator[_Finding]:
    code = None if code is None else short_code(code)
    if code is not None and code in indices():
        return
    product, grids = "futures", [market.lower()] if market else list(_STOCK_GRIDS)
    if code is not None and (kind := kind_of(code)):
        product = kind
        known = market or market_of(code)
        grids = [known] if known else []
    days = times.astype("datetime64[us]").astype("datetime64[D]")
    found: list[dict[str, Bools]] = []
    for grid in grids:
        try:
            found.append({name: off_grid(values, str(grid), days, product) for name, values in prices.items()})
        except ArgumentError:
            if market:
                raise
    if not found:
        return
    shares = [sum(int(each.sum()) for each in off.values()) / max(1, sum(map(len, off.values()))) for off in found]
    # The grid of funds is the finest: it is theirs only where prices do not fit that of stocks.
    best = next((n for n, share in enumerate(shares) if share <= _FITS), int(np.argmin(shares)))
    fits = shares[best] <= _HALF
    for name, off in found[best].items():
        wrong = off & ~(prices[name] <= 0)
        if not fits:
            wrong &= np.cumsum(wrong) == 1
        yield from _findings(times, wrong, "off_tick", name, prices[name])


def _rebased(times: Any, close: Floats, change: Floats) -> Iterator[_Finding]:
    base, before = (close - change)[1:], close[:-1]
    yield from _findings(times[1:], np.abs(base - before) > _NOISE, "rebased", "close", before, base)


def _days(times: Any) -> Iterator[_Finding]:
    days = np.unique((times[times != NAT] - (0 if _at_midnight(times) else DAY_BEGINS)) // DAY)
    if not len(days):
        return
    known = [day for day in (np.datetime64(int(day), "D").item() for day in days) if KRX.knows(day)]
    if not known:
        return
    first, last = known[0], known[-1]
    days = days[(days >= _number(first)) & (days <= _number(last))]
    sessions = np.array(KRX.sessions(first, last), dtype="datetime64[D]").astype(np.int64)
    for rule, odd in (("missing_session", np.setdiff1d(sessions, days)), ("no_session", np.setdiff1d(days, sessions))):
        for day in odd.tolist():
            yield _Finding(day * DAY, rule, "", np.nan, np.nan)


def _number(day: Any) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _at_midnight(times: Any) -> bool:
    return not (times[times != NAT] % DAY).any()


def _order(times: Any) -> Iterator[_Finding]:
    yield from _findings(times, times == NAT, "no_time")
    times = times[times != NAT]
    yield from _findings(times, pd.Index(times).duplicated(), "repeated")
    yield from _findings(times, np.diff(times, prepend=times[:1]) < 0, "unsorted")
