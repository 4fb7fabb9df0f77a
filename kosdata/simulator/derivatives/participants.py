"""Who bought and who sold: a market's turnover, divided among the sixteen investors of the API."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Final

import numpy as np

from kosdata.simulator import draws

__all__ = ["INVESTORS", "divided"]

# About how much of the trade is theirs, in thousandths. Everybody else is a sum of these.
_SHARES: Final[Mapping[str, int]] = {
    "01": 130,
    "02": 2,
    "03": 12,
    "04": 4,
    "05": 2,
    "06": 10,
    "07": 3,
    "09": 12,
    "10": 250,
    "13": 5,
    "14": 560,
    "15": 10,
}
_SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "08": ("01", "02", "03", "04", "05", "06", "07", "13"),
    "11": ("14", "15"),
    "12": ("08", "09", "10", "11"),
    "16": ("09",),
}

INVESTORS: Final = tuple(f"{number:02}" for number in range(1, 17))


def divided(of: np.uint64, volume: int, value: int) -> tuple[list[int], list[int]]:
    """Return one side of a market's trade, contracts and won, in the order of `INVESTORS`.

    Parameters
    ----------
    of : uint64
        Key of the side on this day: it decides how much of it each investor has.
    volume, value : int
        What all of them traded together. Value is counted in whole thousands of won.
    """
    moods = 700 + draws.below(draws.draw(of, len(_SHARES)), 600)
    upto = list(accumulate(share * mood for share, mood in zip(_SHARES.values(), moods.tolist(), strict=True)))
    contracts = [volume * part // upto[-1] for part in upto]
    # Value follows the contracts, so that nobody pays for none.
    won = [value // 1_000 * part // volume * 1_000 if volume else 0 for part in contracts]
    return _summed(contracts), _summed(won)


def _summed(upto: list[int]) -> list[int]:
    parts = dict(zip(_SHARES, (end - start for start, end in zip([0, *upto], upto, strict=False)), strict=True))
    for code, members in _SUMS.items():
        parts[code] = sum(parts[member] for member in members)
    return [parts[code] for code in INVESTORS]
