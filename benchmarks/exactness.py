"""Random questions about days and minutes, asked of a gateway that fails: how many frames are the market's own truth.

Prints counts, not times. ``python -m benchmarks.exactness [questions] [seed]``.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.simulator import Schedule, Simulator
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market

EVENING = datetime.fromisoformat("2024-01-12T18:30")
FRIDAY = EVENING.date()
BAR = ("open", "high", "low", "close", "volume", "value")
MARKET = Market(0)
DERIVATIVES = Derivatives(0, KRX, MARKET.underlying)
CODES = [issue.code for name in ("kospi", "kosdaq", "konex") for issue in MARKET.listed(name, FRIDAY)]


def days(chance: random.Random) -> tuple[str, Callable[..., Any], Callable[[], Any], int]:
    """Return a question about days, its truth, and the fewest requests that can answer it."""
    code = chance.choice([*CODES, *["K2FA001"] * 10, *["K1"] * 3])
    last = FRIDAY - timedelta(days=chance.randrange(1200))
    first = last - timedelta(days=chance.randrange(8 if code == "K1" else 40 if code == "K2FA001" else 2500))

    def truth() -> Any:
        if code == "K1":
            found = MARKET.index_daily(code, first, last, asof=FRIDAY)
            # Indices travel in thousand shares and million won.
            return {**found, "volume": found["volume"] // 1_000 * 1_000, "value": found["value"] // 10**6 * 10**6}
        if code == "K2FA001":
            return DERIVATIVES.daily("futures", "kospi200", code, first, last)
        return MARKET.daily(code, first, last, asof=FRIDAY)

    least = max(1, -(-len(KRX.sessions(first, last)) // 100))
    return f"{code} {first} {last}", lambda c: kd.history(code, first, last, client=c), truth, least


def minutes(chance: random.Random) -> tuple[str, Callable[..., Any], Callable[[], Any], int]:
    """Return a question about minutes, its truth, and the fewest requests that can answer it."""
    code = chance.choice(CODES[:200])
    day = KRX.latest_session(FRIDAY - timedelta(days=chance.randrange(500)))
    name, length = chance.choice([("10s", 10), ("1min", 60), ("5min", 300), ("10min", 600), ("30min", 1800)])

    def truth() -> Any:
        return MARKET.bars(code, day, length, time(0), time(23, 59))

    served = next(each for each in (600, 60, 10) if length % each == 0)
    hours = KRX.hours(day)
    seconds = (hours.close.hour - hours.open.hour) * 3600 + (hours.close.minute - hours.open.minute) * 60
    least = -(-seconds // served // 100)
    return f"{code} {day} {name}", lambda c: kd.intraday(code, name, date=day, client=c), truth, least


def is_true(frame: Any, truth: Any) -> bool:
    """Return whether a frame has the rows of the truth, in all of their values."""
    return len(frame) == len(truth["close"]) and all(
        np.array_equal(np.asarray(frame[name], dtype=float), np.asarray(truth[name], dtype=float), equal_nan=True)
        for name in BAR
    )


def main() -> None:
    """Ask, and count what came."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)  # noqa: S311 - a seed replays it
    found: Counter[str] = Counter()
    spent: list[float] = []
    with Simulator(now=EVENING, speed=0) as market, market.client(cache=True) as warm:
        kd.listing(client=warm)
        for _ in range(count):
            told, ask, truth, least = (days if chance.random() < 0.7 else minutes)(chance)
            before = market.count
            frame = ask(warm)
            spent.append((market.count - before) / least)
            found["asked" if is_true(frame, truth()) else f"WRONG {told}"] += 1
            before = market.count
            ask(warm)
            found["asked again without a request"] += market.count == before
            with market.client(cache=True, sleep=lambda _: None) as client:
                market.faults = Schedule.random(chance.randrange(10**9), most_in_a_row=2)
                try:
                    found[
                        "under faults: the truth" if is_true(ask(client), truth()) else f"WRONG under faults {told}"
                    ] += 1
                except kd.KosError as error:
                    found[f"under faults: {type(error).__name__}"] += 1
                finally:
                    market.faults = None
    for name, number in sorted(found.items()):
        print(f"{number:6} {name}")
    cold = [ratio for ratio in spent if ratio]
    print(f"requests over the least possible: {np.mean(cold):.3f} on average, {max(cold):.2f} at most")


if __name__ == "__main__":
    main()
