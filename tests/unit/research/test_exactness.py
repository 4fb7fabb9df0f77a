"""Minutes and flows under faults, from any number of threads and any time zone: the same frame, or an error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import kosdata as kd
from kosdata.simulator import Schedule, Simulator
from kosdata.wire.client import Client

Ask = Callable[[Client], pd.DataFrame]
EVENING = datetime(2024, 1, 12, 18, 30)


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(now=EVENING, speed=0) as simulator:
        yield simulator


@st.composite
def questions(draw: st.DrawFn) -> Ask:
    code = draw(st.sampled_from(["005930", "247540", "069500"]))
    last = draw(st.dates(date(2023, 11, 13), EVENING.date()))
    first = last - timedelta(days=draw(st.integers(0, 6)))
    interval = draw(st.sampled_from(["10s", "1min", "7min", "10min", "1h"]))
    return draw(
        st.sampled_from(
            [
                lambda client: kd.intraday(code, interval, start=first, end=last, client=client),
                lambda client: kd.short_selling([code], first - timedelta(days=300), last, client=client),
                lambda client: kd.join(code, ["ohlcv", "foreign"], first - timedelta(days=300), last, client=client),
                lambda client: kd.quote([code, "000660", "035720"], client=client),
                lambda client: kd.panel("close", [code, "K1"], first, last, client=client),
            ]
        )
    )


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(questions(), st.integers(0, 10**6))
def test_faults_change_nothing_or_are_told(sim: Simulator, ask: Ask, seed: int) -> None:
    with sim.client(cache=False) as client:
        wanted = ask(client)
    with sim.client(cache=True, sleep=lambda _: None) as client:
        sim.faults = Schedule.random(seed, most_in_a_row=2)
        try:
            found = ask(client)
        except (kd.ApiError, kd.TransportError, kd.SchemaError):
            pass
        else:
            assert_frame_equal(found, wanted)
        finally:
            sim.faults = None
        assert_frame_equal(ask(client), wanted)


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York", "Pacific/Kiritimati"])
def test_neither_threads_nor_the_zone_of_the_machine_matter(
    sim: Simulator, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(workers: int) -> list[pd.DataFrame]:
        with sim.client(cache=True, concurrency=workers) as client:
            return [
                kd.history(["005930", "247540"], "2023-06-01", client=client),
                kd.intraday("005930", "5min", start="2024-01-10 14:00", end="2024-01-12", client=client),
                kd.join("005930", start="2024-01-02", client=client),
                kd.quote("005930", client=client),
                kd.close(["005930", "K1"], client=client),
            ]

    wanted = asked(1)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = asked(8)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    for one, other in zip(found, wanted, strict=True):
        assert_frame_equal(one, other)


def test_a_write_to_a_frame_reaches_no_other(sim: Simulator) -> None:
    questions: dict[str, Ask] = {
        "short_volume": lambda client: kd.short_selling("005930", "2024-01-02", client=client),
        "foreign_shares": lambda client: kd.foreign_holding("005930", "2024-01-02", client=client),
        "close": lambda client: kd.history("005930", "2024-01-02", client=client),
        "open_interest": lambda client: kd.history("K2FA001", "2024-01-02", client=client),
        "name_ko": lambda client: kd.listing("kospi", client=client),
    }
    with sim.client(cache=True) as client:
        for column, ask in questions.items():
            frame = ask(client)
            before = frame.copy()
            frame[column].array[0] = before[column].iloc[1]
            assert_frame_equal(ask(client), before)
