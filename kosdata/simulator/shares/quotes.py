"""Where issues stand at a moment of a session: the last trade, the day so far, the orders on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from kosdata.catalogue.calendar import Hours
from kosdata.simulator import draws
from kosdata.simulator.columns import Columns, change_codes, times, won
from kosdata.simulator.courses import AFTER_HOURS_CLOSE, REGULAR_CLOSE, SINGLE_PRICE_CLOSE, signalled, timeline
from kosdata.simulator.draws import Bools, Ints, UInts
from kosdata.simulator.shares import price_ladder
from kosdata.simulator.shares.shapes import MINUTE, centiseconds
from kosdata.simulator.shares.tape import Bars, Tape

__all__ = ["DEPTH", "Floor", "State", "book", "course", "quote", "snapshot", "state", "tape"]

DEPTH: Final = 10
"""Price levels on each side of an order book."""

_SELL, _BUY = 1, 2
# Orders are taken from half an hour before the open.
_EARLY: Final = 30 * MINUTE


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """One session of some issues: its trades from the first to the last, and what holds all day.

    Attributes
    ----------
    codes : list of str
        Short codes.
    hours : Hours
        Trading hours.
    regular, late : Tape
        Trades of the regular session and after hours, one line an issue.
    base, low, high, ladders : array of int
        Base price, numbers of the limits, tick table.
    shares, volume : array of int
        Listed shares, and shares traded in the whole regular session.
    keys : array of int
        Chance of the order books.
    """

    codes: list[str]
    hours: Hours
    regular: Tape
    late: Tape
    base: Ints
    low: Ints
    high: Ints
    ladders: Ints
    shares: Ints
    volume: Ints
    keys: UInts


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where issues stand, one element each; prices in won, 0 is none.

    Attributes
    ----------
    regular, late : Bars
        The regular session and the trades after hours, so far.
    price, time, size, side : array of int
        The last trade: won, hundredths of a second, shares, and 1 for a seller's or 2 for a buyer's. Without one, the
        price is the base price, the time -1 and the side 0.
    volume, value : array of int
        Shares and won of the day, after hours included.
    """

    regular: Bars
    late: Bars
    price: Ints
    time: Ints
    size: Ints
    side: Ints
    volume: Ints
    value: Ints


class _Last(NamedTuple):
    """The last trade of a tape; anything where there is none."""

    time: Ints
    size: Ints
    before: Ints  # price of the trade before it


@dataclass(frozen=True, slots=True, eq=False)
class _Orders:
    """Orders waiting, by issue and level from the touch; 0 is none."""

    ask_price: Ints
    ask_size: Ints
    bid_price: Ints
    bid_size: Ints


def state(floor: Floor, moment: int) -> State:
    """Return the state at a time of day."""
    regular, late = (tape.until(moment) for tape in (floor.regular, floor.late))
    last = (_Last(_last(tape, "time"), _last(tape, "size"), _last(tape, "price", 2)) for tape in (regular, late))
    return _state(floor, regular.bars(), late.bars(), *last)


def _state(floor: Floor, day: Bars, after: Bars, regular: _Last, late: _Last) -> State:
    some, more = day.count > 0, after.count > 0
    price = np.where(more, after.close, np.where(some, day.close, floor.base))
    time = np.where(more, late.time, np.where(some, regular.time, -1))
    size = np.where(more, late.size, np.where(some, regular.size, 0))
    before = np.where(more, day.close, np.where(day.count > 1, regular.before, floor.base))
    side = np.select([time < 0, price > before, price < before, size % 2 == 1], [0, _BUY, _SELL, _BUY], _SELL)
    return State(day, after, price, time, size, side, day.volume + after.volume, day.value + after.value)


def _signs(floor: Floor, price: Ints, volume: Ints) -> list[str]:
    """Return the sign code of the change of each price from its base."""
    low, high = price_ladder.price(floor.low), price_ladder.price(floor.high)
    return change_codes(price - floor.base, volume, price == high, price == low)


def quote(floor: Floor, moment: int) -> Columns:
    """Return the last trade and the day so far, one row an issue."""
    return _quote(floor, state(floor, moment), moment)


def _quote(floor: Floor, now: State, moment: int | Ints) -> Columns:
    orders = _orders(floor, now, moment)
    return {
        "code": list(floor.codes),
        "price": won(now.price),
        "change_code": _signs(floor, now.price, now.volume),
        "open": won(now.regular.open),
        "high": won(now.regular.high),
        "low": won(now.regular.low),
        "volume": now.volume,
        "time": times(now.time),
        "size": now.size,
        "value": now.value,
        "change": (now.price - floor.base).astype(np.float64),
        "bid_price_1": won(orders.bid_price[:, 0]),
        "ask_price_1": won(orders.ask_price[:, 0]),
        "last_side": [str(side) if side else None for side in now.side.tolist()],
        "signal": [None] * len(floor.codes),
    }


def book(floor: Floor, moment: int) -> Columns:
    """Return ten levels of orders on both sides, one row an issue."""
    return _book(floor, state(floor, moment), moment)


def _book(floor: Floor, now: State, moment: int | Ints) -> Columns:
    orders = _orders(floor, now, moment)
    left = _left_after_hours(floor, moment)
    price, volume = _expected(floor, moment)
    found: Columns = {"code": list(floor.codes)}
    for level in range(DEPTH):
        found[f"ask_price_{level + 1}"] = won(orders.ask_price[:, level])
        found[f"ask_size_{level + 1}"] = orders.ask_size[:, level]
        found[f"bid_price_{level + 1}"] = won(orders.bid_price[:, level])
        found[f"bid_size_{level + 1}"] = orders.bid_size[:, level]
    return found | {
        "ask_size_total": orders.ask_size.sum(axis=1),
        "bid_size_total": orders.bid_size.sum(axis=1),
        "ask_size_after_hours": left[:, 0],
        "bid_size_after_hours": left[:, 1],
        "volume": now.volume,
        "expected_price": won(price),
        "expected_volume": volume,
        "expected_volume_cum": volume,
    }


def course(floor: Floor) -> Columns:
    """Return quote and book of the one issue of a floor whenever they change, one row each: see `courses`."""
    hours = floor.hours
    opening, closing = centiseconds(hours.open), centiseconds(hours.close)
    orders = [opening - _EARLY, opening, centiseconds(hours.closing_auction.start), closing]
    ends = {closing: REGULAR_CLOSE}
    for late, signal in ((hours.post_close, AFTER_HOURS_CLOSE), (hours.single_price, SINGLE_PRICE_CLOSE)):
        if late is not None:
            orders.append(centiseconds(late.start))
            ends[centiseconds(late.end)] = signal
    trades = np.concatenate([floor.regular.time, floor.late.time])
    moments, events, counts = timeline(trades, orders, list(ends))
    regular = np.minimum(counts, len(floor.regular.time))
    day, last = _after(floor.regular, regular)
    after, latest = _after(floor.late, counts - regular)
    now = _state(floor, day, after, last, latest)
    found = _quote(floor, now, moments) | _book(floor, now, moments)
    return signalled(found | {"code": floor.codes * len(moments), "moment": moments, "event": events}, ends)


def snapshot(floor: Floor, moment: int) -> Columns:
    """Return the state of many issues at once, one row each."""
    now = state(floor, moment)
    orders = _orders(floor, now, moment)
    late = floor.late.until(moment)
    late = late.where(late.auction)
    after = late.bars()
    return {
        "code": list(floor.codes),
        "price": won(now.price),
        "open": won(now.regular.open),
        "high": won(now.regular.high),
        "low": won(now.regular.low),
        "volume": now.volume,
        "value": now.value,
        "market_cap": now.price * floor.shares,
        "ask_price_1": won(orders.ask_price[:, 0]),
        "ask_size_1": orders.ask_size[:, 0],
        "bid_price_1": won(orders.bid_price[:, 0]),
        "bid_size_1": orders.bid_size[:, 0],
        "after_hours_open": won(after.open),
        "after_hours_high": won(after.high),
        "after_hours_low": won(after.low),
        "after_hours_price": won(np.where(after.count > 0, after.close, now.price)),
    }


def tape(floor: Floor, after: int, until: int) -> Columns:
    """Return the trades with a time after one and up to another, in order of time, with the totals of the day."""
    end = floor.regular.bars()
    lines = np.arange(len(floor.codes))
    parts: list[Ints] = []
    for trades, volume, value in ((floor.regular, 0 * end.volume, 0 * end.value), (floor.late, end.volume, end.value)):
        line = np.repeat(lines, np.diff(trades.start))
        totals = (
            _running(sizes, trades.start) + before[line]
            for sizes, before in ((trades.size, volume), (trades.size * trades.price, value))
        )
        rows = np.stack([line, trades.time, trades.price, trades.size, *totals])
        parts.append(rows[:, (trades.time > after) & (trades.time <= until)])
    found = np.concatenate(parts, axis=1)
    line, time, price, size, volume, value = found[:, np.argsort(found[1], kind="stable")]
    return {
        "code": [floor.codes[each] for each in line.tolist()],
        "time": times(time),
        "price": won(price),
        "size": size,
        "volume": volume,
        "value": value,
    }


def _after(tape: Tape, counts: Ints) -> tuple[Bars, _Last]:
    """Return what one line of trades comes to after so many of them each time, and the last of them."""
    none = np.zeros(1, dtype=np.int64)
    price, size, time = (np.concatenate([none, column]) for column in (tape.price, tape.size, tape.time))
    highest, lowest = (np.concatenate([none, f.accumulate(tape.price)]) for f in (np.maximum, np.minimum))
    volume, value = np.cumsum(size), np.cumsum(size * price)
    bars = Bars(
        open=np.where(counts > 0, price[:2][-1], 0),
        high=highest[counts],
        low=lowest[counts],
        close=price[counts],
        volume=volume[counts],
        value=value[counts],
        count=counts,
    )
    return bars, _Last(time[counts], size[counts], price[np.maximum(counts - 1, 0)])


def _orders(floor: Floor, now: State, moment: int | Ints) -> _Orders:
    """Return the books; no order lies beyond a limit, and none waits before orders are taken or in a halt."""
    open_ = moment >= centiseconds(floor.hours.open) - _EARLY
    usual = (floor.volume // 300 + 1) * (floor.volume > 0) * open_
    ask = price_ladder.number(now.price, floor.ladders) + (now.side != _BUY)
    levels = np.arange(DEPTH)
    asks, bids = ask[:, np.newaxis] + levels, ask[:, np.newaxis] - 1 - levels
    chance = draws.below(draws.draw(draws.keys(floor.keys, now.volume), 2 * DEPTH), 1 << 17)
    sizes = (usual[:, np.newaxis] * (2_000 + chance) >> 16) + 1
    sold = (asks <= floor.high[:, np.newaxis]) & (usual[:, np.newaxis] > 0)
    bought = (bids >= floor.low[:, np.newaxis]) & (usual[:, np.newaxis] > 0)
    return _Orders(
        ask_price=np.where(sold, price_ladder.price(np.where(sold, asks, 0)), 0),
        ask_size=np.where(sold, sizes[:, :DEPTH], 0),
        bid_price=np.where(bought, price_ladder.price(np.where(bought, bids, 0)), 0),
        bid_size=np.where(bought, sizes[:, DEPTH:], 0),
    )


def _left_after_hours(floor: Floor, moment: int | Ints) -> Ints:
    """Return what is left on both sides of the orders at the closing price."""
    begins = floor.hours.post_close
    late = np.asarray(begins is not None and moment >= centiseconds(begins.start))[..., np.newaxis]
    chance = draws.below(draws.draw(floor.keys, 2), 1 << 10)
    return np.asarray(floor.volume[:, np.newaxis] * chance // (1 << 18) * late)


def _expected(floor: Floor, moment: int | Ints) -> tuple[Ints, Ints]:
    """Return price and volume that the auction being called would have; 0 while none is."""
    opening = centiseconds(floor.hours.open)
    closing = centiseconds(floor.hours.closing_auction.start), centiseconds(floor.hours.closing_auction.end)
    bars = floor.regular.bars()
    first, last = ((opening - _EARLY <= moment) & (moment < opening)), (closing[0] <= moment) & (moment < closing[1])
    sizes = (np.where(bars.count > 0, of(floor.regular, "size"), 0) for of in (_first, _last))
    return _either(first, last, bars.open, bars.close), _either(first, last, *sizes)


def _either(first: bool | Bools, last: bool | Bools, one: Ints, other: Ints) -> Ints:
    """Return the one, the other or zeros."""
    return np.asarray(np.where(first, one, np.where(last, other, 0)))


def _first(tape: Tape, what: str) -> Ints:
    """Return a value of the first trade of each line; anything where there is none."""
    values: Ints = np.append(getattr(tape, what), 0)
    return values[tape.start[:-1]]


def _last(tape: Tape, what: str, back: int = 1) -> Ints:
    """Return a value of the last trade of each line, or of one before; anything where there is none."""
    values: Ints = np.append(getattr(tape, what), 0)
    return values[np.maximum(tape.start[1:] - back, 0)]


def _running(values: Ints, starts: Ints) -> Ints:
    """Return running sums that begin anew with each line."""
    total: Ints = np.concatenate(([0], np.cumsum(values)))
    return total[1:] - np.repeat(total[starts[:-1]], np.diff(starts))
