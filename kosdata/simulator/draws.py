"""Chance as a pure function: the same labels give the same whole numbers on every machine and in any order.

A draw is SplitMix64 over ``key + index``, in wrapping 64-bit integers. Nothing is remembered between draws, so a day
far back costs no more than today, and a batch of days gives what each of them would give alone.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

UInts = NDArray[np.uint64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def key(*labels: object) -> np.uint64:
    """Return the key of a name such as ``key(seed, "005930", "daily")``."""
    text = "\x1f".join(map(str, labels)).encode()
    return np.uint64(int.from_bytes(blake2b(text, digest_size=8).digest(), "little"))


def keys(base: np.uint64 | UInts, numbers: NDArray[np.int64]) -> UInts:
    """Return one key for each number (a day, say) below `base`."""
    return _mix(base ^ (numbers.astype(np.uint64) * _MIX_1))


def draw(of: np.uint64 | UInts, n: int) -> UInts:
    """Return `n` draws of 64 bits for each key, along a new last axis."""
    steps = np.arange(1, n + 1, dtype=np.uint64) * _GOLDEN
    return _mix(np.asarray(of, dtype=np.uint64)[..., np.newaxis] + steps)


def at(of: np.uint64 | UInts, index: int | Ints) -> UInts:
    """Return, of the draws of each key, the one at `index`, counted from 0 as `draw` lays them out."""
    with np.errstate(over="ignore"):
        return _mix(np.asarray(of + (np.asarray(index) + 1).astype(np.uint64) * _GOLDEN))


def below(drawn: UInts, limit: int | Ints) -> Ints:
    """Return the draws as whole numbers in ``[0, limit)``, for limits below 2**31."""
    high = (drawn >> np.uint64(32)).astype(np.int64)
    return (high * limit) >> 32


def bell(drawn: UInts, spread: int | Ints) -> Ints:
    """Return the draws as whole numbers about 0 of standard deviation `spread`: four uniforms added, never a float."""
    low = np.uint64(0xFFFF)
    total = sum(((drawn >> np.uint64(shift)) & low).astype(np.int64) for shift in (0, 16, 32, 48))
    # Four uniforms on [0, 65535] have mean 131070 and standard deviation 37837.
    return np.asarray((np.asarray(total) - 131_070) * spread // 37_837, dtype=np.int64)


def drift(of: np.uint64 | UInts, position: Ints, period: int, limit: int | Ints) -> Ints:
    """Return whole numbers in ``[0, limit)`` that wander: a draw every `period` positions, straight lines between."""
    knot, step = np.divmod(position, period)
    left, right = below(at(of, knot), limit), below(at(of, knot + 1), limit)
    return left + (right - left) * step // period


def _mix(x: UInts) -> UInts:
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * _MIX_1
        x = (x ^ (x >> np.uint64(27))) * _MIX_2
        return x ^ (x >> np.uint64(31))
