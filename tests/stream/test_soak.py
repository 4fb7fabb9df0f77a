"""An hour's worth of ticks with breaks: memory, handles and threads stay where they are."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

from kosdata.simulator import frames
from kosdata.simulator.blast import codes_of, texts
from tests.stream.watching import blast

COUNT = 200_000
BREAKS = 50
MAXLEN = 10_000
MIB = 2**20


class Used(NamedTuple):
    """What the process holds."""

    memory: int
    handles: int
    threads: int


def used() -> Used:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Used(pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/fd")), threading.active_count())  # noqa: PTH208


class Parts:
    """Ticks in as many parts as there are connections: each iterates over the next part."""

    def __init__(self, count: int, parts: int) -> None:
        self._ticks = (frames.text(each) for each in texts("tick", count))
        self._each = -(-count // parts)

    def __iter__(self) -> Iterator[bytes]:
        part = islice(self._ticks, self._each)
        return iter(lambda: b"".join(islice(part, 500)), b"")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process holds is read from /proc")
def test_memory_handles_and_threads_stay_flat(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kosdata.wire.stream.subscription._CAP", 0.0)
    each = COUNT // (BREAKS + 1)
    with blast(codes_of("tick"), Parts(COUNT, BREAKS + 1), close=True, maxlen=MAXLEN) as stream:
        seen: list[Used] = []
        for n in range(1, BREAKS + 1):
            assert stream.wait(rows=n * each, timeout=20)
            assert len(stream.frame) == min(MAXLEN, len(stream))
            if n % 5 == 0:
                seen.append(used())
        assert stream.wait(rows=COUNT, timeout=20)
        stats = stream.stats
        assert stats["received"] == stats["kept"] + stats["evicted"] == COUNT
        assert (stats["malformed"], stats["dropped"]) == (0, 0)
        # Nothing was lost where the connection said goodbye: what was traded tells so.
        assert stream.gaps["missed_volume"].iloc[:BREAKS].tolist() == [0] * BREAKS
    warm, rest = seen[1], seen[1:]
    assert max(each.memory for each in rest) - warm.memory <= warm.memory // 50 + 8 * MIB
    assert {each.threads for each in rest} == {warm.threads}
    # Both ends of a connection that has just been left may be there for a moment.
    begin, end = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    assert median(each.handles for each in end) <= median(each.handles for each in begin) + 1
