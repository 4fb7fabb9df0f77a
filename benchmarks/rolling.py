"""What a rolling frame costs by itself: a snapshot at three sizes, an append, and the slowest append.

``python -m benchmarks.rolling`` prints it as JSON; ``benchmarks.stream`` shows it.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kosdata.frame.rolling import Column, RollingFrame

SIZES = (10_000, 100_000, 1_000_000)
WIDTHS = (5, 45)
BATCH = 256
SNAPSHOTS = 500


def micros(work: Callable[[], object], times: int) -> float:
    """Return the median microseconds of some work."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e6


def filled(rows: int, width: int) -> tuple[RollingFrame, list[float]]:
    """Return a frame that went through two changes of blocks, and the seconds of each append."""
    names = [f"n{n}" for n in range(width)]
    columns = [Column("code", "category"), *(Column(name, "float") for name in names), Column("received", "instant")]
    rolling = RollingFrame(columns, maxlen=rows)
    codes = [f"{n:06}" for n in range(8)] * (BATCH // 8)
    values = np.arange(BATCH, dtype=float)
    taken = []
    for n in range(9 * rows // (2 * BATCH)):
        at = np.arange(n * BATCH, (n + 1) * BATCH)
        batch = {"time": at, "code": codes, **dict.fromkeys(names, values + n), "received": at}
        began = time.perf_counter()
        rolling.append(batch)
        taken.append(time.perf_counter() - began)
        if n % 50 == 0:
            rolling.snapshot()
    return rolling, taken


def check(rolling: RollingFrame, width: int) -> None:
    """See that a frame is the newest rows, and that what a user writes into one stays there."""
    before = rolling.snapshot()
    kept = before.copy()
    written = rolling.snapshot()
    written.iloc[0, 1] = -1.0
    batch = dict.fromkeys([f"n{n}" for n in range(width)], np.full(BATCH, -2.0))
    at = np.full(BATCH, rolling.total)
    rolling.append({"time": at, "code": ["000000"] * BATCH, **batch, "received": at})
    pd.testing.assert_frame_equal(before, kept)
    after = rolling.snapshot()
    if (after["n0"] == -1).any() or (after["n0"].tail(BATCH) != -2).any():
        raise SystemExit("a write into a snapshot has reached the rows.")


def main() -> None:
    """Measure all sizes."""
    found: dict[str, dict[str, Any]] = {}
    for width in WIDTHS:
        for rows in SIZES:
            rolling, taken = filled(rows, width)
            found[f"{rows}x{width}"] = {
                "snapshot": micros(rolling.snapshot, SNAPSHOTS),
                "append": sum(taken) / len(taken) / BATCH * 1e6,
                "worst": max(taken) * 1e3,
                "copy": micros(rolling.snapshot().copy, 5),
            }
            check(rolling, width)
            del rolling
        if width == WIDTHS[0]:
            for rows in SIZES[:2]:
                kept = deque(({"code": "005930", **{f"n{k}": n for k in range(width)}} for n in range(rows)), rows)
                found[f"{rows}x{width}"]["naive"] = micros(lambda kept=kept: pd.DataFrame(kept), 3)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
