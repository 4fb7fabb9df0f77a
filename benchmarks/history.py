"""Fifty pages of daily bars to one frame, beside parsing alone and beside a frame a page."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd

from kosdata.catalogue import endpoint
from kosdata.frame.normalize import to_frame
from kosdata.research.columns import DAILY_BAR
from kosdata.wire.envelope import parse, unpack

HISTORY = endpoint("v3_closed_kospi_history")
BARS = HISTORY.record.only(DAILY_BAR)
PAGES, ROWS, ROUNDS = 50, 100, 21


def bodies() -> list[bytes]:
    newest = date(2024, 12, 30)
    days = [newest - timedelta(days=n) for n in range(PAGES * ROWS)]
    rows = [
        {
            "trdDd": int(f"{day:%Y%m%d}"),
            "trdPrc": 67500 + n % 900,
            "cmpprevddTpCd": "2",
            "opnprc": 67400,
            "hgprc": 68400,
            "lwprc": 67300,
            "accTrdvol": 14168875 + n,
            "accTrdval": 962643054300 + n,
            "cmpprevddPrc": 200,
        }
        for n, day in enumerate(days)
    ]
    pages = [rows[at : at + ROWS] for at in range(0, len(rows), ROWS)]
    return [
        json.dumps({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": page}}).encode() for page in pages
    ]


def ours(pages: list[bytes]) -> pd.DataFrame:
    contents = [unpack(HISTORY, parse(page)) for page in pages]
    return to_frame([row for content in contents for row in content.rows], BARS, beside=contents[0].beside)


def naive(pages: list[bytes]) -> pd.DataFrame:
    frames = []
    for page in pages:
        frame = pd.DataFrame(json.loads(page)["result"]["hisLists"])
        frame["date"] = pd.to_datetime(frame["trdDd"].astype(str), format="%Y%m%d")
        frames.append(frame.set_index("date"))
    return pd.concat(frames).sort_index()


def parsing(pages: list[bytes]) -> None:
    for page in pages:
        json.loads(page)


def main() -> None:
    pages = bodies()
    ways: dict[str, Callable[[list[bytes]], object]] = {
        "json.loads alone": parsing,
        "kosdata": ours,
        "a frame a page": naive,
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            way(pages)
            taken[name].append(time.perf_counter() - began)
    base = statistics.median(taken["json.loads alone"])
    for name, found in taken.items():
        median = statistics.median(found)
        print(f"{name:18} {median * 1000:7.2f} ms  {median / base:5.2f} x json.loads")


if __name__ == "__main__":
    main()
