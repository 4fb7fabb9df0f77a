"""How many contracts change hands in a day, and how many stay open after it."""

from __future__ import annotations

from typing import Final

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.derivatives.contracts import Contract, Right
from kosdata.simulator.derivatives.valuation import Marks
from kosdata.simulator.draws import Ints

__all__ = ["open_interest", "volumes"]

_MILLION: Final = 1_000_000
_THOUSAND: Final = 1_000
_ONE: Final = 1 << 10
# Nobody trades what becomes the nearest month in more than half a year.
_HORIZON: Final = 180
# Days before expiry in which trade moves on to the next month, and positions are closed.
_ROLL: Final = 5
_UNWIND: Final = 7


def volumes(seed: int, contract: Contract, eves: Marks, closes: Marks) -> Ints:
    """Return the contracts traded on each day, given the marks of its eve and of its close."""
    series = contract.series
    until_near = np.maximum(series.near_date.toordinal() - closes.days, 0)
    left = series.last_trade_date.toordinal() - closes.days
    distant = np.where(until_near <= _HORIZON, 18_000_000 // (30 + until_near) ** 2, 0)
    rolling = np.where(until_near <= _ROLL, _MILLION * (_ROLL + 1 - until_near) // 12, distant)
    share = np.where(until_near > 0, rolling, np.where(left > 1, _MILLION, 6 * _MILLION // 10))
    expected = contract.product.activity * share // _THOUSAND * _moneyness(contract, eves) // _MILLION

    drawn = draws.draw(draws.keys(_key(seed, "volume", contract), closes.days), 2)
    moves = np.minimum(abs(closes.levels - eves.levels) * 10_000 // np.maximum(eves.levels, 1), 400)
    mood = 650_000 + draws.below(drawn[:, 0], 500_000) + 2_000 * moves
    # A part of a contract is traded with the odds it has, so that thin contracts trade on some days.
    return np.asarray((expected * mood // _MILLION + draws.below(drawn[:, 1], _THOUSAND)) // _THOUSAND)


def open_interest(seed: int, contract: Contract, days: Ints, traded: Ints, before: int) -> Ints:
    """Return the contracts open after each day, given those before the first; no more than half the trades count."""
    series = contract.series
    until_near = np.maximum(series.near_date.toordinal() - days, 0)
    left = series.last_trade_date.toordinal() - days
    of = _key(seed, "interest", contract)
    weight = 1_000 + draws.below(draws.draw(of, 1), 500)
    mood = 970_000 + draws.below(draws.draw(draws.keys(of, days), 1)[:, 0], 60_000)
    sought = contract.product.activity * weight * mood // (_THOUSAND * _MILLION) * 20 // (20 + until_near)
    sought = sought * np.minimum(left + 3, _UNWIND + 3) // (_UNWIND + 3)
    held = []
    for target, volume in zip(sought.tolist(), traded.tolist(), strict=True):
        before += max(-volume // 2, min(target - before, volume // 2))
        held.append(before)
    return np.array(held, dtype=np.int64)


def _moneyness(contract: Contract, eves: Marks) -> Ints:
    """Return the share of trade at a strike in millionths: most at the money, none deep in it."""
    if contract.right is Right.FUTURE:
        return np.full_like(eves.days, _MILLION)
    out = contract.strike - eves.forwards if contract.right is Right.CALL else eves.forwards - contract.strike
    x = np.minimum(np.maximum(out * _ONE // eves.deviations, -_ONE), 16 * _ONE)
    width = _ONE + x * x // _ONE
    share = _MILLION * _ONE // width * _ONE // width * _ONE // width
    return np.asarray(np.where(x < 0, share * (_ONE + x) // (2 * _ONE), share))


def _key(seed: int, what: str, contract: Contract) -> np.uint64:
    return draws.key(seed, what, contract.product.market, contract.code)
