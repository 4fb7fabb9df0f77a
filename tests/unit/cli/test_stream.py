"""Rows of a stream on the command line, and what is said of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

import kosdata as kd
from kosdata.cli import Exit
from kosdata.simulator import Schedule, Simulator, StreamFault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Run

LIVE = "--env demo --demo-now 2024-01-12T10:00 --demo-speed 600"


@pytest.fixture
def nowhere() -> str:
    """An address of a stream at which nobody answers."""
    with Simulator(now="2024-01-12T18:30", speed=0) as gone:
        return gone.stream_url


def test_rows_of_a_stream_are_lines_of_csv(own: Run, tmp_path: Path) -> None:
    said = own(f"stream 005930 000660 {LIVE} --rows 5 --record ticks.jsonl")
    assert said.code == Exit.DONE
    head, *rows = said.out.splitlines()
    assert head == "time,code,price,size,volume,value,signal,received"
    assert len(rows) == 5
    assert {row.split(",")[1] for row in rows} <= {"005930", "000660"}
    assert "kosdata: ws: " in said.err
    assert "kosdata: 5 rows, no gaps.\n" in said.err
    assert "closed" not in said.err
    with kd.replay(tmp_path / "ticks.jsonl") as again:
        assert again.wait(rows=5, timeout=20)
        assert [str(time) for time in again.frame.index[:5]] == [row.split(",")[0] for row in rows]
    assert own(f"stream 005930 {LIVE} --record ticks.jsonl").code == Exit.WRONG_CALL


def test_as_many_rows_are_told_as_were_asked_for(own: Run) -> None:
    said = own(f"stream kospi {LIVE} --rows 3")
    assert said.out.count("\n") == 1 + 3
    assert "kosdata: 3 rows, no gaps.\n" in said.err


def test_stocks_and_futures_may_be_mixed(own: Run) -> None:
    said = own(f"stream 005930 K2FA001 {LIVE} --rows 60")
    assert said.code == Exit.DONE
    assert {row.split(",")[1] for row in said.out.splitlines()[1:]} == {"005930", "K2FA001"}


def test_a_stream_ends_after_its_seconds_and_speaks_korean(run: Run) -> None:
    said = run("stream 005930 --seconds 0.1 --lang ko")
    assert said.code == Exit.DONE
    assert said.out == "시각,종목코드,현재가,체결량,거래량,거래대금,장운영신호,수신시각\n"
    assert "0 rows" in said.err


def test_a_closed_market_is_told(run: Run) -> None:
    said = run("stream 005930 --seconds 0.1")
    assert "the exchange is closed, at 2024-01-12 18:30 in Seoul" in said.err
    assert "before 2024-01-15 09:00." in said.err


def test_a_stream_may_be_polled(run: Run) -> None:
    said = run("stream 005930 --transport poll --seconds 0.1")
    assert said.code == Exit.DONE
    assert "kosdata: poll: " in said.err
    said = run("stream 005930 --transport poll --preset change --items price --seconds 0.1")
    assert (said.code, said.out) == (Exit.WRONG_CALL, "")
    assert "change" in said.err


def test_the_time_to_open_a_stream_counts(run: Run, nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSDATA_STREAM_URL", nowhere)
    began = time.monotonic()
    said = run("stream 005930 --seconds 2")
    assert time.monotonic() - began < 12.0  # and not the half minute that is waited otherwise
    assert said.code == Exit.DONE
    assert "still being opened" in said.err
    assert "kosdata: poll: The stream could not be opened within 1 s: " in said.err
    began = time.monotonic()
    said = run("stream 005930 --seconds 2 --transport ws")
    assert time.monotonic() - began < 12.0
    assert said.code == Exit.REFUSED
    assert "KOSDATA_STREAM_URL" in said.err


def test_a_break_is_told_when_it_happens_and_when_it_is_over(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kosdata.wire.stream.subscription._CAP", 0.0)  # come back at once
    faults = Schedule([StreamFault("close", after=3, times=1)])
    with Simulator(now="2024-01-12T10:00", speed=600, faults=faults) as weak:
        monkeypatch.setenv("KOSDATA_BASE_URL", weak.base_url)
        monkeypatch.setenv("KOSDATA_STREAM_URL", weak.stream_url)
        said = run("stream 005930 --rows 12")
    lines = said.err.splitlines()
    told = [n for n, line in enumerate(lines) if "the connection broke" in line]
    back = [n for n, line in enumerate(lines) if "is back" in line]
    account = [n for n, line in enumerate(lines) if line.startswith("kosdata: gap ")]
    assert len(told) == 1
    assert told[0] <= back[0] < account[0]
