"""What is refused before anything is opened, how a stream is chosen, and that nothing is left behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import kosdata as kd
from kosdata.errors import ArgumentError, ConfigError, StreamError
from kosdata.settings import Settings
from kosdata.simulator import Schedule, Simulator, StreamFault
from kosdata.simulator.faults import Fault, Rule
from kosdata.wire.client import Client
from tests.unit.research.live.feeding import PATIENCE, AtOnce

CODES = [f"{n:06d}" for n in range(1, 402)]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(now="2024-01-12 10:00", speed=0) as simulator:
        yield simulator


@pytest.fixture
def asked(sim: Simulator) -> Iterator[Client]:
    with sim.client(rng=AtOnce()) as client:
        yield client
    sim.faults = None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({}, "codes is missing"),
        ({"codes": []}, "codes is empty"),
        ({"codes": "5930"}, "'005930'"),
        ({"codes": 5930}, "numbers lose their zeros"),
        ({"codes": ["005930", None]}, "code"),
        ({"codes": ["K1"]}, "use 'index'"),
        ({"codes": ["005930", "K1"]}, "use 'index'"),
        ({"codes": "005930", "preset": "index"}, "use 'tick'"),
        ({"codes": "005930", "preset": "ticks"}, "preset="),
        ({"codes": "005930", "preset": None}, "preset="),
        ({"codes": "kospi", "preset": "quote"}, "'tick' alone"),
        ({"codes": "kospi", "sessions": 2}, "one session"),
        ({"codes": "005930", "items": ["price"]}, "items="),
        ({"codes": "005930", "preset": "change"}, "needs items="),
        ({"codes": "005930", "preset": "change", "items": "price"}, "no list of names"),
        ({"codes": "005930", "preset": "change", "items": ["colour"]}, "colour"),
        ({"codes": "005930", "maxlen": 0}, "maxlen=0"),
        ({"codes": "005930", "maxlen": True}, "maxlen=True"),
        ({"codes": "005930", "maxlen": 1.5}, "maxlen=1.5"),
        ({"codes": "005930", "maxlen": None}, "Nothing bounds"),
        ({"codes": "005930", "window": "soon"}, "window="),
        ({"codes": "005930", "window": "-1min"}, "window="),
        ({"codes": "005930", "window": 5}, "window="),
        ({"codes": "005930", "transport": "tcp"}, "transport="),
        ({"codes": "005930", "sessions": 0}, "sessions=0"),
        ({"codes": "005930", "sessions": 21}, "sessions=21"),
        ({"codes": "005930", "sessions": True}, "sessions=True"),
        ({"codes": CODES[:201]}, "201 codes are more than the 200 .* sessions=2"),
        ({"codes": CODES, "sessions": 2}, "401 codes are more than the 200 .* times 2: pass sessions=3"),
        ({"codes": "005930", "transport": "poll", "interval": 0}, "interval=0"),
        ({"codes": "005930", "transport": "poll", "preset": "change", "items": ["price"]}, "cannot be polled"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_opened(
    call: dict[str, Any], said: str, sim: Simulator, asked: Client
) -> None:
    before = sim.count, len(sim.sent)
    with pytest.raises(ArgumentError, match=said):
        kd.stream_to_frame(**call, client=asked)
    assert (sim.count, len(sim.sent)) == before


def test_the_sandbox_has_twenty_registrations() -> None:
    with Client(Settings(env="sandbox").changed(api_key="k")) as client:
        with pytest.raises(ArgumentError, match=r"21 codes are more than the 20 registrations .* sessions=2"):
            kd.stream_to_frame(CODES[:21], client=client)
        with pytest.raises(ConfigError, match="clear text"):
            kd.stream_to_frame(CODES[:20], transport="ws", client=client)


def test_production_has_no_address_that_is_published() -> None:
    with Client(Settings().changed(api_key="k")) as client, pytest.raises(ConfigError, match="KOSDATA_STREAM_URL"):
        kd.stream_to_frame("005930", transport="ws", client=client)


@pytest.mark.parametrize("code", ["005930", "A005930", "005930*001", "KR7005930003", ["005930", "A005930"]])
def test_a_code_may_be_written_in_any_way(code: Any) -> None:
    with kd.stream_to_frame(code, source=[]) as stream:
        assert stream.codes == ("005930",)


@pytest.mark.parametrize("why", ["unknown", "refused", "404", "nobody"])
def test_auto_asks_rest_where_the_stream_cannot_be_had_and_says_why(why: str, sim: Simulator) -> None:
    settings: dict[str, Any] = {"env": "production", "stream_url": None} if why == "unknown" else {}
    status = {"refused": 403, "404": 404}.get(why)
    if why == "nobody":
        settings = {"stream_url": "ws://127.0.0.1:9", "timeout": 0.5}
    sim.faults = None if status is None else Schedule([StreamFault("refuse", status=status)])
    try:
        with sim.client(**settings) as client, kd.stream_to_frame("005930", client=client) as stream:
            stats = stream.stats
            assert stats["transport"] == "poll"
            expected = {
                "unknown": "No address",
                "refused": "HTTP 403",
                "404": "HTTP 404",
                "nobody": "could not be opened",
            }
            assert expected[why] in stats["why"]
            assert "REST polls of 1 codes" in stats["why"]
    finally:
        sim.faults = None


def test_a_refused_key_is_an_error_after_one_attempt(sim: Simulator) -> None:
    before = len(sim.sent)
    with sim.client(api_key="wrong") as client, pytest.raises(StreamError):
        kd.stream_to_frame("005930", transport="ws", client=client)
    assert len(sim.sent) == before + 1


def test_a_cell_that_is_run_again_closes_its_first_stream(asked: Client) -> None:
    first = kd.stream_to_frame(["005930"], client=asked)
    with kd.stream_to_frame(["005930"], client=asked) as second:
        assert first.state == "closed"
        assert second.state == "open"
    assert list(first) == []


def test_a_call_that_is_refused_leaves_the_first_stream_alone(asked: Client) -> None:
    with kd.stream_to_frame(["005930"], client=asked) as first:
        for wrong in ({"sessions": 0}, {"maxlen": 0}, {"transport": "x"}):
            with pytest.raises(ArgumentError):
                kd.stream_to_frame(["005930"], client=asked, **wrong)  # type: ignore[arg-type]
        assert first.state == "open"


def test_streams_of_other_codes_go_on(asked: Client) -> None:
    with (
        kd.stream_to_frame(["005930"], transport="poll", client=asked) as first,  # one session a key
        kd.stream_to_frame(["000660"], client=asked) as second,
    ):
        assert (first.state, second.state) == ("open", "open")


def test_a_poll_has_a_gap_while_rest_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        Simulator(now="2024-01-12 10:00", speed=300) as sim,
        sim.client(sleep=lambda seconds: None, clock=sim.timestamp) as client,
        kd.stream_to_frame(["005930"], transport="poll", client=client) as stream,
    ):
        sim.faults = Schedule([Rule(Fault("status", status=503), times=client.settings.retries)])
        # The second row from here on is of a round that began after the one that failed.
        assert stream.wait(rows=len(stream) + 2, timeout=PATIENCE)
        gaps = stream.gaps
        assert gaps["reason"].str.contains("ServerError").tolist() == [True]
        assert gaps["codes"].tolist() == [("005930",)]
        assert gaps["end"].notna().all()
        assert stream.state == "open"


def test_a_program_that_forgets_its_stream_ends() -> None:
    program = (
        "import kosdata as kd\n"
        "demo = kd.demo(now='2024-01-12 10:00', speed=1)\n"
        "stream = kd.stream_to_frame(['005930'])\n"
        "stream.on(print)\n"
        "import time; print('open', time.monotonic(), flush=True)\n"
    )
    import time

    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=40, check=True)
    ended = time.monotonic()
    opened = next(line for line in found.stdout.splitlines() if line.startswith("open"))
    assert ended - float(opened.split()[1]) < 3  # 2 s for the stream, and the interpreter's own end
    assert found.stderr == ""


@pytest.mark.parametrize("transport", ["auto", "ws"])
def test_a_second_stream_of_a_key_is_refused_at_once_and_told_who_has_the_session(
    asked: Client, transport: Any
) -> None:
    with kd.stream_to_frame(["005930"], client=asked) as first:
        with pytest.raises(StreamError, match=r"One session a key, and <Stream tick of 005930, ws"):
            kd.stream_to_frame(["000660"], transport=transport, client=asked)
        assert first.state == "open"
