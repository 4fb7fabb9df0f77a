"""Ticks of a socket to a rolling frame: kosdata beside what users write today, and beside receiving alone.

``python -m benchmarks.stream [--ticks N] [--rounds R] [--feeds NAME ...]``. The server is another process, every feed
runs in a fresh one, in turn; all of them must end with the same rows. Needs ``pip install 'kosdata[bench]'``.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

LIMIT = 180.0
"""Seconds that one process may take."""
SHORT = 1_000
"""Messages of the run before the run."""
PACE = 20_000.0

OURS, NAIVE, RECEIVE = "kosdata", "naive", "receive only"
STYLES = ("streamz", "alpaca-py style", "cryptofeed style")
BOTH, BESIDE = (OURS, NAIVE), (OURS, NAIVE, RECEIVE)


@dataclass(frozen=True)
class Scene:
    """One comparison: who receives what, and how often a frame is asked for."""

    title: str
    feeds: tuple[str, ...]
    count: int
    kind: str = "tick"
    every: int = 0
    pace: float | None = None
    once: bool = False


class Cost(NamedTuple):
    """Medians over the rounds."""

    rate: float
    cpu: float
    peak: float


class Bar(NamedTuple):
    """A ratio and what PERFORMANCE asks of it: at least, or at most."""

    name: str
    value: float
    least: float | None = None
    most: float | None = None
    goal: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the ratio is on the right side."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)


def scenes(ticks: int) -> dict[str, Scene]:
    """Return what is compared, sized so that each takes seconds."""
    return {
        "tick": Scene("ticks", BESIDE, ticks),
        "styles": Scene("ticks, other styles", (OURS, NAIVE, *STYLES), ticks // 4, once=True),
        "every 10,000": Scene("ticks, a frame every 10,000", BOTH, ticks // 2, every=10_000),
        "every 1,000": Scene("ticks, a frame every 1,000", BOTH, ticks // 2, every=1_000, once=True),
        "quote10": Scene("order books (quote10)", BESIDE, ticks // 8, "quote10"),
        "market": Scene("whole market, 50 records a message", BESIDE, ticks // 40, "market"),
        "paced": Scene(f"ticks at {PACE:,.0f} a second", BESIDE, int(3 * PACE), pace=PACE, once=True),
    }


@contextmanager
def blast(kind: str, count: int, pace: float | None = None) -> Iterator[dict[str, Any]]:
    """Yield where a server in another process sends so many messages."""
    command = [sys.executable, "-m", "kosdata.simulator.blast", "--kind", kind, "--count", str(count)]
    command += ["--seconds", "1800", *(["--pace", str(pace)] if pace else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        late = threading.Timer(LIMIT, server.kill)
        late.start()
        try:
            line = server.stdout.readline() if server.stdout else ""
            late.cancel()
            if not line:
                raise SystemExit(f"The server of {count} {kind} messages did not start.")
            yield json.loads(line)
        finally:
            late.cancel()
            server.kill()


def run(module: str, *arguments: str) -> Any:
    """Return what a process of its own prints as JSON."""
    try:
        found = subprocess.run(
            [sys.executable, "-m", module, *arguments], capture_output=True, text=True, timeout=LIMIT, check=True
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{module} {arguments[:1]} took more than {LIMIT:.0f} s.") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{module} {arguments[:1]} failed:\n{error.stderr}") from None
    return json.loads(found.stdout)


def compare(scene: Scene, rounds: int, chosen: list[str]) -> dict[str, Cost]:
    """Return what each feed of a scene costs a row, and see that all of them have the same rows."""
    taken: dict[str, list[Cost]] = {name: [] for name in scene.feeds if name in chosen}
    checksums: dict[str, list[float]] = {}
    with (
        blast(scene.kind, SHORT) as first,
        blast(scene.kind, scene.count, scene.pace) as full,
    ):
        jobs = json.dumps(
            [
                {"url": at["stream_url"], "key": at["api_key"], "codes": at["codes"], "kind": scene.kind, **more}
                for at, more in ((first, {"count": SHORT}), (full, {"count": scene.count, "every": scene.every}))
            ]
        )
        for _ in range(1 if scene.once else rounds):
            for name, costs in taken.items():
                found = run("benchmarks.feeds", name, jobs)
                checksums[name] = found["checksum"]
                rows = found["checksum"][0]
                costs.append(Cost(rows / found["seconds"], found["cpu"] / rows * 1e6, found["peak"]))
    if any(one[: len(two)] != two[: len(one)] for one in checksums.values() for two in checksums.values()):
        raise SystemExit(f"{scene.title}: not the same rows: {checksums}")
    return {name: Cost(*map(statistics.median, zip(*costs, strict=True))) for name, costs in taken.items()}


def show(scene: Scene, costs: dict[str, Cost]) -> None:
    """Print costs, and the ratios to what users write today."""
    print(f"{scene.title} ({scene.count:,} messages)")
    base = costs.get(NAIVE)
    for name, cost in costs.items():
        line = f"  {name:18} {cost.rate:12,.0f} rows/s {cost.cpu:8.2f} us CPU a row {cost.peak:6.0f} MiB"
        if base:
            line += f"   {base.cpu / cost.cpu:7.2f} x less CPU than naive, {cost.rate / base.rate:7.2f} x its rate"
        print(line, flush=True)


def bars(costs: dict[str, dict[str, Cost]]) -> Iterator[Bar]:
    """Yield the ratios that have a floor."""
    for name in ("tick", "quote10", "market", "paced"):
        found = costs.get(name, {})
        if {*BESIDE} <= found.keys():
            ours, naive, receive = (found[feed] for feed in BESIDE)
            floor = name == "tick"
            yield Bar(f"{name}: CPU, naive over ours", naive.cpu / ours.cpu, 6.0 if floor else None, goal=10.0)
            yield Bar(
                f"{name}: CPU, ours over receive only", ours.cpu / receive.cpu, most=4.5 if floor else None, goal=3
            )
            if name != "paced":
                yield Bar(f"{name}: rate, ours over naive", ours.rate / naive.rate, 6.0 if floor else None, goal=10.0)
            yield Bar(f"{name}: peak memory, ours over naive", ours.peak / naive.peak, most=1.0)
    for name in ("every 10,000", "every 1,000"):
        found = costs.get(name, {})
        if {*BOTH} <= found.keys():
            yield Bar(f"a frame {name}: CPU, naive over ours", found[NAIVE].cpu / found[OURS].cpu, 10.0)


def alone(found: dict[str, dict[str, float]]) -> Iterator[Bar]:
    """Print what a rolling frame costs by itself, and yield the ratios that have a floor."""
    print("rolling frame alone (window x columns)")
    for name, cost in found.items():
        line = f"  {name:18} snapshot {cost['snapshot']:6.1f} us, append {cost['append']:5.2f} us a row"
        line += f" and {cost['worst']:6.1f} ms at worst, copy {cost['copy']:8.0f} us"
        print(line + (f", DataFrame of a deque {cost['naive']:8.0f} us" if "naive" in cost else ""))
    for width in (5, 45):
        small, large = (found[f"{rows}x{width}"]["snapshot"] for rows in (10_000, 1_000_000))
        yield Bar(f"snapshot, {width} columns: 1e6 rows over 1e4", large / small, most=1.5)
    narrow, wide = found["1000000x5"], found["1000000x45"]
    yield Bar("snapshot, 1e6 rows: 45 columns over 5", wide["snapshot"] / narrow["snapshot"], most=1.5)
    yield Bar("snapshot of 1e6 rows over one copy", narrow["snapshot"] / narrow["copy"], most=0.02)


def tell(found: list[Bar]) -> bool:
    """Print ratios beside their floors, and return whether all are met."""
    print(f"{'ratio':44} {'value':>8}   floor    goal")
    for bar in found:
        floor = f">= {bar.least:g}" if bar.least else f"<= {bar.most:g}" if bar.most else "-"
        goal = "" if bar.goal is None else f"{'<=' if bar.goal == 3 else '>='} {bar.goal:g}"
        print(f"{bar.name:44} {bar.value:8.2f}   {floor:8} {goal:8} {'' if bar.is_met else 'MISSED'}")
    return all(bar.is_met for bar in found)


def main() -> None:
    """Run what is asked for, by default everything."""
    every = [OURS, NAIVE, RECEIVE, *STYLES]
    known = scenes(300_000)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream", description="Ticks to frames: what it costs.")
    parser.add_argument("--ticks", type=int, default=300_000, help="messages of the longest scene (default: 300000)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of which the median is taken (default: 3)")
    parser.add_argument("--feeds", nargs="+", choices=every, default=every, help="who takes part")
    parser.add_argument("--scenes", nargs="+", choices=[*known, "rolling"], default=[*known, "rolling"], help="what")
    options = parser.parse_args()
    # Also who is told to end stops the servers first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    costs: dict[str, dict[str, Cost]] = {}
    for name, scene in scenes(options.ticks).items():
        if name in options.scenes:
            costs[name] = compare(scene, options.rounds, options.feeds)
            show(scene, costs[name])
    ratios = [*bars(costs), *(alone(run("benchmarks.rolling")) if "rolling" in options.scenes else ())]
    if not tell(ratios):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
