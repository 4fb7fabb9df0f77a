"""The records of futures and options as columns, under the names that frames have and in their units.

Up to here prices are whole hundredths and times hundredths of a second; here they become points, won and timedeltas.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kosdata.simulator.columns import Columns, change_codes, points, times
from kosdata.simulator.courses import REGULAR_CLOSE
from kosdata.simulator.derivatives.contracts import Contract, Right
from kosdata.simulator.derivatives.depth import LEVELS, Side
from kosdata.simulator.derivatives.ledger import Rows
from kosdata.simulator.derivatives.participants import INVESTORS
from kosdata.simulator.derivatives.prints import Bars, States, Trades
from kosdata.simulator.draws import Ints

__all__ = [
    "Band",
    "Bands",
    "Sheet",
    "bar_columns",
    "book_columns",
    "daily_columns",
    "investor_columns",
    "master_columns",
    "quote_columns",
    "trade_columns",
]

Band: TypeAlias = tuple[int, int]
"""Lowest and highest price allowed, in hundredths."""
Bands: TypeAlias = tuple[Ints, Ints]
"""The same at several moments."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
_NO_DATE: Final = np.array(["NaT"], dtype="datetime64[D]")
_NO_PRICE: Final = np.array([np.nan])


class Sheet(NamedTuple):
    """What a master tells besides the contract itself.

    Attributes
    ----------
    day : date
        Day of the master.
    base, theoretical : int
        Base price and theoretical price, in hundredths.
    cd_rate, volatility : int
        In hundredths of a per cent.
    limits : sequence of Band
        The three price limits.
    rows : Rows
        Every session since listing.
    """

    day: date
    base: int
    theoretical: int
    cd_rate: int
    volatility: int
    limits: Sequence[Band]
    rows: Rows


def daily_columns(rows: Rows) -> Columns:
    """Return daily bars; the change is that from the base price, and its code is 0 without a trade."""
    change = np.where(rows.volume > 0, rows.close - rows.base, 0)
    nowhere = np.zeros(len(change), dtype=np.bool_)
    return {
        "date": _dates(rows.days),
        "close": _prices(rows.close),
        "change_code": change_codes(change, rows.volume, nowhere, nowhere),
        "open": _prices(rows.open),
        "high": _prices(rows.high),
        "low": _prices(rows.low),
        "volume": rows.volume,
        "value": rows.value,
        "open_interest": rows.open_interest,
        "change": _prices(change),
    }


def bar_columns(ends: Ints, bars: Bars, multiplier: int) -> Columns:
    """Return the bars of one session."""
    value = bars.points * multiplier // 100
    return {
        "time": times(ends),
        "open": _prices(bars.open),
        "high": _prices(bars.high),
        "low": _prices(bars.low),
        "close": _prices(bars.close),
        "volume": bars.volume,
        "value": value,
        "volume_cum": bars.volume.cumsum(),
        "value_cum": value.cumsum(),
    }


def trade_columns(trades: Trades) -> Columns:
    """Return trades one by one; the last side is 1 if the seller came last, 2 if the buyer did."""
    return {
        "time": times(trades.times),
        "price": _prices(trades.prices),
        "size": trades.sizes.copy(),
        "last_side": _sides(trades),
    }


def quote_columns(contract: Contract, states: States, bands: Bands, *, closed: bool) -> Columns:
    """Return the last trade and the day so far, one row a state; the prices of a day without a trade are its base."""
    is_future = contract.right is Right.FUTURE
    rows, day = len(states.times), states.day
    # Options tell the close by a signal, in place of the time.
    signals = closed and not is_future
    low, high = bands
    months: Columns = {
        "near_month_price": np.where(states.times < 0, np.nan, _prices(day.close)),
        "far_month_price": np.repeat(_NO_PRICE, rows),
    }
    return {
        "code": [contract.live_code or contract.code] * rows,
        "price": _prices(day.close),
        "open": _prices(day.open),
        "high": _prices(day.high),
        "low": _prices(day.low),
        "volume": day.volume,
        "time": times(np.full(rows, -1) if signals else states.times),
        "size": states.sizes,
        "last_side": _sides(states),
        "value": day.points * contract.product.multiplier // 100,
        **(months if is_future else {"isin": [contract.isin] * rows}),
        "block_volume_cum": np.zeros(rows, dtype=np.int64),
        "realtime_upper_limit": _prices(high),
        "realtime_lower_limit": _prices(low),
        "signal": [REGULAR_CLOSE if signals else None] * rows,
    }


def book_columns(contract: Contract, asks: Side, bids: Side, moments: Ints, expected: Ints) -> Columns:
    """Return the order book, one row a moment; empty levels have no price and size 0."""
    levels = range(LEVELS)
    sides = {"ask": asks, "bid": bids}
    columns: Columns = {"code": [contract.live_code or contract.code] * len(moments)}
    for name, side in sides.items():
        columns |= {f"{name}_price_{level + 1}": _or_none(side.prices[:, level]) for level in levels}
        columns |= {f"{name}_size_{level + 1}": side.sizes[:, level] for level in levels}
    columns |= {f"{name}_size_total": side.size_total for name, side in sides.items()}
    for level in levels:
        columns |= {f"{name}_count_{level + 1}": side.counts[:, level] for name, side in sides.items()}
    columns |= {f"{name}_count_total": side.count_total for name, side in sides.items()}
    return columns | {"order_time": times(moments), "expected_price": _or_none(expected)}


def master_columns(contract: Contract, sheet: Sheet) -> Columns:
    """Return the master of a contract: 38 columns for a future, 39 for an option."""
    series = contract.series
    is_future = contract.right is Right.FUTURE
    rows = sheet.rows
    eve = rows.part(slice(-1, None))
    this_year = rows.part(rows.days >= date(sheet.day.year, 1, 1).toordinal())
    columns: Columns = {
        "code": [contract.live_code or contract.code],
        **_extremes("year", this_year),
        **_extremes("lifetime", rows),
        "prev_close": _prices(eve.close if len(eve.days) else [sheet.base]),
        "prev_open": _prices(eve.open if len(eve.days) else None),
        "prev_high": _prices(eve.high if len(eve.days) else None),
        "prev_low": _prices(eve.low if len(eve.days) else None),
        "prev_volume": _counts(eve.volume),
        "prev_value": _counts(eve.value),
        "prev_open_interest": _counts(eve.open_interest),
        "theo_divergence_pct": np.round(np.array([100 * (sheet.base - sheet.theoretical) / sheet.theoretical]), 2),
    }
    if not is_future:
        columns["implied_vol"] = _prices([sheet.volatility])
    columns |= {
        "date": _day(sheet.day),
        "base_price": _prices([sheet.base]),
        "name_ko": [contract.name_ko],
        "name_ko_short": [contract.name_ko_short],
        "isin": [contract.isin],
        "list_date": _day(series.list_date),
        "days_to_expiry": _counts([(series.last_trade_date - sheet.day).days + 1]),
        "cd_rate": _prices([sheet.cd_rate]),
        "last_trade_date": _day(series.last_trade_date),
        "expiry_month": [series.month.text],
    }
    if not is_future:
        columns["strike"] = _prices([contract.strike])
    columns["underlying"] = [contract.product.underlying_id]
    columns |= {f"upper_limit_{step}": _prices([high]) for step, (_, high) in enumerate(sheet.limits, 1)}
    columns |= {f"lower_limit_{step}": _prices([low]) for step, (low, _) in enumerate(sheet.limits, 1)}
    if is_future:
        columns["open_interest_limit"] = [None]
    return columns | {
        "multiplier": np.array([contract.product.multiplier], dtype=np.float64),
        "settle_theo_price": _NO_PRICE,
        "base_theo_price": _NO_PRICE if is_future else _prices([sheet.theoretical]),
    }


def investor_columns(moment: int, sides: dict[str, tuple[list[int], list[int]]]) -> Columns:
    """Return one row an investor: contracts and won of each side, such as ``"sell"`` or ``"put_buy"``.

    The time of the figures is one for all and stands beside the rows: an array without a dimension.
    """
    columns: Columns = {"investor_code": list(INVESTORS)}
    for side, (volume, value) in sides.items():
        columns[f"{side}_volume"] = _counts(volume)
        columns[f"{side}_value"] = _counts(value)
    columns["time"] = times(np.array(moment))
    return columns


def _extremes(name: str, rows: Rows) -> Columns:
    traded = rows.part(rows.volume > 0)
    columns: Columns = {}
    for side, found, best in (("high", traded.high, np.argmax), ("low", traded.low, np.argmin)):
        at = int(best(found)) if len(found) else None
        columns[f"{name}_{side}"] = _prices(None if at is None else found[[at]])
        columns[f"{name}_{side}_date"] = _NO_DATE if at is None else _dates(traded.days[[at]])
    return columns


def _sides(trades: Trades | States) -> list[str]:
    return [str(side) for side in trades.sides.tolist()]


def _or_none(hundredths: Ints) -> NDArray[np.float64]:
    return np.where(hundredths > 0, points(hundredths), np.nan)


def _prices(hundredths: Ints | Sequence[int] | None) -> NDArray[np.float64]:
    return _NO_PRICE if hundredths is None else points(np.asarray(hundredths, dtype=np.int64))


def _counts(counts: Ints | Sequence[int]) -> Ints:
    return np.array(counts if len(counts) else [0], dtype=np.int64)


def _dates(ordinals: Ints) -> NDArray[np.datetime64]:
    return (ordinals - _EPOCH).astype("datetime64[D]")


def _day(day: date) -> NDArray[np.datetime64]:
    return np.array([day], dtype="datetime64[D]")
