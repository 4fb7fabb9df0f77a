"""Who buys and who sells: investors, members of the exchange, short sellers, foreign holders.

Every share sold is bought: all kinds of investors together sell and buy exactly what changed hands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.columns import Columns, dates, per_cent, points, won
from kosdata.simulator.draws import Ints, UInts
from kosdata.simulator.shares.paths import Paths

__all__ = ["INVESTORS", "foreign_holding", "investors", "members", "short_selling"]

INVESTORS: Final = tuple(f"{code:02}" for code in range(1, 17))
"""Codes of the kinds of investors and of their sums."""

# Ten-thousandths of the turnover of each kind that is no sum. 07 does not trade: the tables leave open whether it
# counts with the institutions or with the others, and so both readings of the sums hold.
_SHARES: Final = {
    "01": 900,
    "02": 80,
    "03": 250,
    "04": 25,
    "05": 30,
    "06": 450,
    "07": 0,
    "09": 120,
    "10": 5_595,
    "13": 150,
    "14": 2_350,
    "15": 50,
}
_SUMS: Final = {
    "08": ("01", "02", "03", "04", "05", "06", "07", "13"),
    "11": ("14", "15"),
    "12": tuple(_SHARES),
    "16": ("09",),
}
_KINDS: Final = tuple(_SHARES)
_PRIVATE: Final = _KINDS.index("10")
_THOUSAND: Final = 1_000

_MEMBERS: Final = (
    "가람증권",
    "나래투자증권",
    "다온증권",
    "라온투자증권",
    "마루증권",
    "바람증권",
    "새벽투자증권",
    "아라증권",
    "자윤증권",
    "차오름증권",
    "큰솔투자증권",
    "타래증권",
    "하늬증권",
    "한누리증권",
)
_TOP: Final = 5


def investors(of: UInts, volume: Ints, value: Ints) -> Columns:
    """Return what each kind of investor sold and bought, summed over issues.

    Parameters
    ----------
    of : array of int
        Key of each issue and day.
    volume, value : array of int
        Shares and won that changed hands, by issue.

    Returns
    -------
    dict
        Sixteen rows; won in whole thousands, as they are published.
    """
    found: Columns = {"investor_code": list(INVESTORS)}
    usual = np.array([_SHARES[kind] for kind in _KINDS])
    thousands = value // _THOUSAND
    chance = draws.below(draws.draw(of, 3 * len(_KINDS)), 1_000).reshape(len(of), 3, len(_KINDS))
    for side, drawn in (("sell", chance[:, 0]), ("buy", chance[:, 1])):
        shares = _divided(volume, usual * (400 + drawn))
        worth = shares * thousands[:, np.newaxis] // np.maximum(volume, 1)[:, np.newaxis]
        # Nobody trades at quite the average price.
        worth += worth * (chance[:, 2] - 500) // 500_000
        worth[:, _PRIVATE] += thousands - worth.sum(axis=1)
        found[f"{side}_volume"] = _summed(shares.sum(axis=0))
        found[f"{side}_value"] = _summed(worth.sum(axis=0)) * _THOUSAND
    return found


def members(of: np.uint64, volume: int, value: int) -> Columns:
    """Return the five members that sold most and the five that bought most of one issue, in one row."""
    found: Columns = {}
    for side in ("sell", "buy"):
        key = draws.key(int(of), side)
        first, *steps = draws.below(draws.draw(key, _TOP), 1_000).tolist()
        order = np.argsort(draws.draw(draws.key(int(of), side, "order"), len(_MEMBERS)), kind="stable").tolist()
        part = 1_500 + first
        for rank in range(_TOP):
            part = part * (700 + steps[rank - 1] // 4) // 1_000 if rank else part
            shares = volume * part // 10_000
            # Nobody trades at quite the average price.
            worth = value * part // 10_000 * (10_000 + steps[rank - 1] // 100 - 5) // 10_000
            found |= {
                f"{side}_member_{rank + 1}": [_MEMBERS[order[rank]] if shares else None],
                f"{side}_volume_{rank + 1}": np.array([shares]),
                f"{side}_value_{rank + 1}": np.array([worth]),
                f"{side}_weight_{rank + 1}": per_cent(np.array([shares]), np.array([volume])),
                f"{side}_avg_price_{rank + 1}": won(np.array([worth // shares if shares else 0])),
            }
    return found


def short_selling(paths: Paths, column: int, rows: Ints, volume: Ints, value: Ints) -> Columns:
    """Return what was sold short and what is lent, by session."""
    of = draws.key(paths.seed, "short", paths.issues[column].code)
    shares, days = paths.shares[rows, column], paths.days[rows]
    lent = shares * (2_000 + draws.drift(of, days, 30, 40_000)) // 1_000_000
    short = volume * (20 + draws.below(draws.at(of, days), 480)) // 10_000
    return {
        "date": dates(_days(paths, rows)),
        "lending_balance_qty": lent,
        "lending_balance_value": lent * paths.close[rows, column] // _THOUSAND * _THOUSAND,
        "short_balance_qty": lent * (40 + draws.drift(of ^ np.uint64(1), days, 20, 160)) // 1_000,
        "short_volume": short,
        "short_value": short * (value // np.maximum(volume, 1)),
    }


def foreign_holding(paths: Paths, column: int, rows: Ints) -> Columns:
    """Return what foreigners hold after each session, and the change from the session before."""
    issue = paths.issues[column]
    of = draws.key(paths.seed, "foreign", issue.code)
    usual = int(draws.below(draws.draw(of, 1), 400_000 if issue.liquidity > 2 else 120_000)[0])
    eve = np.maximum(rows - 1, 0)

    def held(at: Ints) -> Ints:
        part = usual + 5_000 + draws.drift(of, paths.days[at], 25, 100_000)
        # Counted in today's shares, whatever a split made of them, so that nobody sells by a split.
        return np.asarray(paths.shares[rows, column] * part // 1_000_000)

    now = held(rows)
    listed = (rows > 0) & paths.listed[eve, column]
    return {
        "date": dates(_days(paths, rows)),
        "foreign_shares": now,
        "foreign_shares_change": np.where(listed, now - held(eve), now),
        "foreign_ratio": points(now * 10_000 // np.maximum(paths.shares[rows, column], 1)),
    }


def _divided(whole: Ints, weights: Ints) -> Ints:
    """Return each whole divided by its line of weights; private investors take what does not divide."""
    parts: Ints = whole[:, np.newaxis] * weights // weights.sum(axis=1, keepdims=True)
    parts[:, _PRIVATE] += whole - parts.sum(axis=1)
    return parts


def _summed(kinds: Ints) -> Ints:
    """Return the figures of all sixteen codes from those of the kinds."""
    by_kind = dict(zip(_KINDS, kinds.tolist(), strict=True))
    rows = [by_kind.get(code, 0) + sum(by_kind[part] for part in _SUMS.get(code, ())) for code in INVESTORS]
    return np.array(rows, dtype=np.int64)


def _days(paths: Paths, rows: Ints) -> Sequence[date]:
    return [paths.dates[row] for row in rows.tolist()]
