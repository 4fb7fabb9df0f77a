"""Daily history as users ask for it: cold and cached, one code and many, beside what they write today.

Every figure is a ratio within this run. Run it as ``python -m benchmarks.research``.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import requests
from requests_cache import CachedSession  # noqa: TID253 - the baseline is loaded before the clock runs

import kosdata as kd
from benchmarks.gateway import gateway, page, windows

YEARS = (2004, 2023)
SHORT = (2019, 2023)
CODES = [f"{n:06}" for n in range(1, 201)]
COLUMNS = {
    "opnprc": "open",
    "hgprc": "high",
    "lwprc": "low",
    "trdPrc": "close",
    "accTrdvol": "volume",
    "accTrdval": "value",
    "cmpprevddPrc": "change",
}
PATH = "/v3/market/closed/kospi/{}/history"


def client(base: str, cache: Path | bool = False, workers: int = 8) -> kd.Client:
    """Return a client without limits of its own."""
    return kd.Client(kd.Settings().changed(api_key="none", base_url=base, cache=cache, concurrency=workers, pace=None))


def ours(asked: kd.Client, codes: str | list[str], years: tuple[int, int]) -> pd.DataFrame:
    """Return history through kosdata."""
    return kd.history(codes, str(years[0]), str(years[1]), market="kospi", progress=False, client=asked)


def theirs(session: requests.Session, base: str, codes: list[str], years: tuple[int, int]) -> pd.DataFrame:
    """Return history as users collect it today: a request and a frame a page."""
    frames = []
    for code in codes:
        for first, last in windows(*years):
            answer = session.get(
                base + PATH.format(code),
                params={"trnsmCycleTpCd": "D", "inqStrtDd": first, "inqEndDd": last, "reqCnt": 100},
                headers={"apikey": "none"},
            )
            frame = pd.DataFrame(answer.json()["result"]["hisLists"]).rename(columns=COLUMNS)
            frame["date"] = pd.to_datetime(frame["trdDd"].astype(str), format="%Y%m%d")
            frames.append(frame.set_index("date")[list(COLUMNS.values())].assign(code=code))
    return pd.concat(frames).sort_index()


def parse(codes: list[str], years: tuple[int, int]) -> Callable[[], None]:
    """Return a parser of the text of all pages, and of nothing else."""
    texts = [page(code, *window).decode() for code in codes for window in windows(*years)]

    def work() -> None:
        for text in texts:
            json.loads(text)

    return work


def rounds(ways: dict[str, Callable[[], object]], count: int) -> dict[str, float]:
    """Return the median seconds of each way, taken in turn."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(count):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(found) for name, found in taken.items()}


def show(title: str, taken: dict[str, float], base: str) -> None:
    """Print times and their ratios."""
    print(title)
    for name, seconds in taken.items():
        print(f"  {name:44} {seconds * 1000:10.2f} ms  {seconds / taken[base]:8.3f} x {base}")


def peak(work: Callable[[], object]) -> float:
    """Return the most megabytes that Python held at once during some work."""
    gc.collect()
    tracemalloc.start()
    kept = work()
    found = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    del kept
    return found


def forgetful(asked: kd.Client) -> kd.Client:
    """Return a client that has forgotten its finished frames, and has its cache."""
    asked.memo.clear()
    return asked


def cold() -> None:
    """Time 20 years from a gateway that takes 20 ms for an answer."""
    with gateway(0.02) as base:
        one, eight = client(base, workers=1), client(base, workers=8)
        taken = rounds(
            {
                "requests, one after the other": lambda: theirs(requests.Session(), base, ["005930"], YEARS),
                "kosdata, 1 worker": lambda: ours(one, "005930", YEARS),
                "kosdata, 8 workers": lambda: ours(eight, "005930", YEARS),
            },
            5,
        )
    show("20 years cold, 20 ms an answer (60 pages)", taken, "kosdata, 1 worker")


def cached() -> None:
    """Time 20 years from the cache, and 200 codes of 5 years."""
    with gateway() as base, tempfile.TemporaryDirectory() as folder:
        asked = client(base, Path(folder) / "ours")
        session = CachedSession(str(Path(folder) / "theirs"), backend="sqlite")
        kept = client(base, Path(folder) / "ours")
        for years, codes, count in ((YEARS, ["005930"], 21), (SHORT, CODES, 3)):
            wanted = codes[0] if len(codes) == 1 else codes
            ways = {
                "json.loads of the text": parse(codes, years),
                "requests-cache, a frame a page": lambda c=codes, y=years: theirs(session, base, c, y),
                "kosdata, from the cache": lambda w=wanted, y=years: ours(forgetful(asked), w, y),
                "kosdata, again in the same process": lambda w=wanted, y=years: ours(kept, w, y),
            }
            for way in ways.values():
                way()
            name = "20 years of a code" if len(codes) == 1 else f"5 years of {len(codes)} codes"
            show(f"{name}, cached ({len(windows(*years)) * len(codes)} pages)", rounds(ways, count), next(iter(ways)))
            memory = {name: peak(way) for name, way in ways.items()}
            print("  peak memory: " + ", ".join(f"{name} {size:.1f} MiB" for name, size in memory.items()))


def main() -> None:
    """Run what is named on the command line, by default everything."""
    for work in (cold, cached):
        if len(sys.argv) < 2 or work.__name__ in sys.argv[1:]:
            work()


if __name__ == "__main__":
    main()
