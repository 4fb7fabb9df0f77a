"""The stream of the gateway over real sockets, with a client that is not kosdata's."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import ClientSession, ClientWebSocketResponse, ClientWSTimeout, WSMsgType, WSServerHandshakeError

from kosdata.simulator import Schedule, Simulator, StreamFault, StreamOptions
from kosdata.wire.stream import messages

DAWN, NIGHT = datetime(2024, 1, 12, 7), datetime(2024, 1, 12, 20)
CODES = ("005930", "000660", "101V3000", "301V2347")
IMPATIENT = ClientWSTimeout(ws_close=0.05)
BETWEEN = {"malformed", "binary", "heartbeat"}
ENDED = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0)


@pytest.fixture
def serve() -> Iterator[Callable[..., Simulator]]:
    before = set(threading.enumerate())
    running: list[Simulator] = []

    def start(*faults: StreamFault, **options: Any) -> Simulator:
        schedule = Schedule(faults) if faults else None
        simulator = Simulator(now=DAWN, speed=0, faults=schedule, stream=StreamOptions(**options))
        running.append(simulator.start())
        return simulator

    yield start
    for simulator in running:
        simulator.stop()
    assert set(threading.enumerate()) <= before


@asynccontextmanager
async def connected(simulator: Simulator, path: str = "/ws", **options: Any) -> AsyncIterator[ClientWebSocketResponse]:
    async with (
        ClientSession() as session,
        session.ws_connect(simulator.stream_url + path, max_msg_size=0, **options) as socket,
    ):
        yield socket


async def asked(socket: ClientWebSocketResponse, *said: str) -> list[Any]:
    for message in said:
        await socket.send_str(message)
    return [json.loads((await socket.receive()).data) for _ in said]


async def begun(simulator: Simulator, socket: ClientWebSocketResponse, *codes: str, preset: str = "tick") -> None:
    said = [messages.init(1, simulator.api_key, "me")]
    said += [messages.subscribe(n, preset, code) for n, code in enumerate(codes, start=2)]
    answers = await asked(socket, *said)
    assert all(answer.get("result") == {"message": "ok"} for answer in answers), answers


async def heard(simulator: Simulator, socket: ClientWebSocketResponse, before: int = 0) -> list[bytes]:
    """Return the data messages until the server has ended the connection, or told everything there is to tell."""
    found: list[bytes] = []
    sent = simulator.sent[-1]
    while True:
        is_done = sent.until == simulator.clock.now().replace(tzinfo=None) and sent.ended is None
        if is_done and before + len(found) == sent.messages + sum(kind in BETWEEN for kind in sent.faults):
            return found
        try:
            message = await socket.receive(timeout=0.02)
        except TimeoutError:
            continue
        if message.type in ENDED:
            return found
        found.append(message.data.encode() if isinstance(message.data, str) else message.data)


def run(conversation: Awaitable[Any]) -> Any:
    async def limited() -> Any:
        return await asyncio.wait_for(conversation, 20)

    return asyncio.run(limited())


def day(simulator: Simulator, *codes: str, path: str = "/ws", preset: str = "tick") -> tuple[list[bytes], int | None]:
    """Return what one client hears of a day that passes at once, and how its connection ended."""

    async def listen() -> tuple[list[bytes], int | None]:
        async with connected(simulator, path) as socket:
            await begun(simulator, socket, *codes, preset=preset)
            simulator.clock.set(NIGHT)
            found = await heard(simulator, socket)
            return found, socket.close_code

    return run(listen())  # type: ignore[no-any-return]


class TestADay:
    def test_everything_is_told_once_and_in_order(self, serve: Callable[..., Simulator]):
        simulator = serve()
        found, _ = day(simulator, *CODES)
        (sent,) = simulator.sent
        assert [text.decode() for text in found] == sent.texts
        assert len(found) == sent.rows == sent.messages > 5_000
        assert {row["isuSrtCd"] for row in sent.told()} == set(CODES)

    @pytest.mark.parametrize("path", ["/ws_ksp", "/ws_kdq"])
    def test_a_whole_market_begins_by_itself(self, path: str, serve: Callable[..., Simulator]):
        simulator = serve()
        found, _ = day(simulator, path=path)
        (sent,) = simulator.sent
        rows = [row for text in found for row in json.loads(text)]
        assert len(rows) == sent.rows > 10_000
        assert len(found) == sent.messages

    def test_a_day_that_comes_piece_by_piece_is_the_same(self, serve: Callable[..., Simulator]):
        async def listen(simulator: Simulator) -> list[bytes]:
            found: list[bytes] = []
            async with connected(simulator) as socket:
                await begun(simulator, socket, "005930")
                for hour in range(8, 20):
                    simulator.clock.set(datetime(2024, 1, 12, hour, 30))
                    found += await heard(simulator, socket, len(found))
            return found

        whole, _ = day(serve(), "005930")
        assert run(listen(serve())) == whole

    def test_a_clock_that_runs_brings_the_same(self, serve: Callable[..., Simulator]):
        whole, _ = day(serve(), "005930")
        simulator = serve()

        async def listen() -> list[bytes]:
            async with connected(simulator) as socket:
                await begun(simulator, socket, "005930")
                simulator.clock.speed = 100_000
                found = [(await socket.receive()).data.encode() for _ in whole]
                simulator.clock.speed = 0
                return found

        assert run(listen()) == whole

    def test_a_clock_that_is_set_back_says_nothing(self, serve: Callable[..., Simulator]):
        simulator = serve()

        async def listen() -> None:
            async with connected(simulator) as socket:
                await begun(simulator, socket, "005930")
                simulator.clock.set(datetime(2024, 1, 12, 12))
                first = await heard(simulator, socket)
                simulator.clock.set(datetime(2024, 1, 12, 10))
                await until(lambda: simulator.sent[0].until == datetime(2024, 1, 12, 10))
                assert simulator.sent[0].messages == len(first)
                simulator.clock.set(datetime(2024, 1, 12, 11))
                again = await heard(simulator, socket, len(first))
                at = first.index(again[0])
                assert again == first[at : at + len(again)]

        run(listen())

    def test_a_client_that_reads_late_gets_all_of_it(self, serve: Callable[..., Simulator]):
        simulator = serve()

        async def listen() -> int:
            async with connected(simulator) as socket:
                await begun(simulator, socket, *CODES, preset="quote10")
                simulator.clock.set(NIGHT)
                # By then every buffer in between is full.
                await until(lambda: simulator.sent[0].messages > 500)
                return len(await heard(simulator, socket))

        assert run(listen()) == simulator.sent[0].rows > 10_000


class TestSessions:
    def test_a_wrong_key_is_told_and_closed(self, serve: Callable[..., Simulator]):
        simulator = serve()

        async def intrude() -> Any:
            async with connected(simulator) as socket:
                (answer,) = await asked(socket, messages.init(1, "wrong", "me"))
                assert (await socket.receive()).type is WSMsgType.CLOSE
                return answer, socket.close_code

        answer, code = run(intrude())
        assert (answer["error"]["code"], code) == (13001, 1008)
        assert simulator.sent[0].ended == "refused"

    def test_the_next_session_can_begin_when_one_has_ended(self, serve: Callable[..., Simulator]):
        simulator = serve()
        assert day(simulator, "005930")[0]
        simulator.clock.set(DAWN)
        assert day(simulator, "005930")[0]
        assert [sent.rows for sent in simulator.sent] == [simulator.sent[0].rows] * 2

    def test_a_second_session_is_refused_or_takes_over(self, serve: Callable[..., Simulator]):
        async def compete(simulator: Simulator, loser: int) -> list[int | None]:
            async with connected(simulator) as one, connected(simulator) as other:
                await begun(simulator, one)
                await other.send_str(messages.init(1, simulator.api_key, "me"))
                while (await (one, other)[loser].receive()).type not in ENDED:
                    pass
                return [one.close_code, other.close_code]

        assert run(compete(serve(), 1)) == [None, 1008]
        assert run(compete(serve(takeover=True), 0)) == [1008, None]

    def test_what_is_no_handshake_is_refused(self, serve: Callable[..., Simulator]):
        simulator = serve()
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"{simulator.base_url}/ws", timeout=5).status_code == 426
        assert simulator.sent == ()

    def test_a_server_that_stops_ends_its_connections(self, serve: Callable[..., Simulator]):
        simulator = serve()

        async def listen() -> WSMsgType:
            async with connected(simulator) as socket:
                await begun(simulator, socket, "005930")
                await asyncio.to_thread(simulator.stop)
                return (await socket.receive()).type

        assert run(listen()) in ENDED


class TestFaults:
    @pytest.mark.parametrize("kind", ["close", "fin", "reset", "cut"])
    @pytest.mark.parametrize("after", [0, 1, 97])
    def test_a_break_leaves_a_prefix_of_what_was_sent(self, kind: Any, after: int, serve: Callable[..., Simulator]):
        simulator = serve(
            StreamFault(kind, after=after, times=2, code=1012)
            if kind == "close"
            else StreamFault(kind, after=after, times=2)
        )
        for _ in range(2):
            simulator.clock.set(DAWN)
            found, code = day(simulator, *CODES)
            sent = simulator.sent[-1]
            assert [text.decode() for text in found] == sent.texts[: len(found)]
            assert sent.messages == after
            assert kind == "reset" or len(found) == after
            assert code == {"close": 1012}.get(kind, 1006 if kind != "reset" else code)
            assert (sent.ended, sent.faults) == (kind, [kind])
        simulator.clock.set(DAWN)
        assert len(day(simulator, *CODES)[0]) == simulator.sent[-1].messages > after

    @pytest.mark.parametrize("kind", ["fragment", "split", "oversize"])
    def test_a_message_that_travels_badly_arrives_whole(self, kind: Any, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault(kind, after=1, every=200))
        found, _ = day(simulator, "005930", "000660")
        told = [json.loads(text)["params"] for text in found]
        assert sum("isuKorAbbr" in row for row in told) == (len(simulator.sent[0].faults) if kind == "split" else 0)
        for row in told:
            assert row.pop("isuKorAbbr", "가나다") == "가나다"
        assert told == [json.loads(text)["params"] for text in simulator.sent[0].texts]
        assert len(simulator.sent[0].faults) > 3

    @pytest.mark.parametrize(
        ("kind", "is_one"),
        [
            ("malformed", lambda text: text.startswith(b"{") and not text.endswith(b"}")),
            ("binary", lambda text: len(text) == 64),
            ("heartbeat", lambda text: b"heartbeat" in text),
        ],
    )
    def test_what_comes_between_takes_nothing_away(self, kind: Any, is_one: Any, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault(kind, rate=0.1, seed=4))
        found, _ = day(simulator, "005930")
        sent = simulator.sent[0]
        assert [text.decode() for text in found if not is_one(text)] == sent.texts
        assert sum(map(is_one, found)) == len(sent.faults) > 10

    def test_pings_of_the_server_are_answered(self, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault("ping", every=1))
        assert len(day(simulator, "005930")[0]) == simulator.sent[0].messages

    @pytest.mark.parametrize("kind", ["encoding", "reserved"])
    def test_what_the_protocol_forbids_is_sent(self, kind: Any, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault(kind, after=5))
        found, code = day(simulator, "005930")
        assert len(found) == 5
        assert code in (1002, 1007)

    def test_a_message_that_is_dropped_is_counted(self, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault("drop", after=10, every=10))
        found, _ = day(simulator, "005930")
        told = [json.loads(text)["params"] for text in found]
        missed = sum(b["accTrdvol"] - a["accTrdvol"] - b["trdvol"] > 0 for a, b in pairwise(told))
        assert missed == simulator.sent[0].dropped == len(simulator.sent[0].faults)

    def test_a_mute_connection_stays_open_and_says_nothing(self, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault("mute", after=5, times=1))

        async def listen() -> int:
            async with connected(simulator, autoping=False, timeout=IMPATIENT) as socket:
                await begun(simulator, socket, "005930")
                simulator.clock.set(NIGHT)
                found = [await socket.receive() for _ in range(5)]
                await until(lambda: simulator.sent[0].faults == ["mute"])
                await socket.ping()
                await socket.send_str(messages.heartbeat(9))
                with pytest.raises(TimeoutError):
                    await socket.receive(timeout=0.1)
                assert simulator.sent[0].ended == "mute"
                return len(found)

        assert run(listen()) == 5

    @pytest.mark.parametrize("after", [0, 1])
    def test_it_can_go_mute_in_place_of_an_answer(self, after: int, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault("mute", at="reply", after=after))

        async def listen() -> None:
            async with connected(simulator, timeout=IMPATIENT) as socket:
                await socket.send_str(messages.init(1, simulator.api_key, "me"))
                for _ in range(after):
                    await socket.receive()
                await socket.send_str(messages.heartbeat(2))
                await until(lambda: simulator.sent[0].faults == ["mute"])
                with pytest.raises(TimeoutError):
                    await socket.receive(timeout=0.05)

        run(listen())

    def test_a_handshake_can_be_refused(self, serve: Callable[..., Simulator]):
        simulator = serve(StreamFault("refuse", status=429, times=1))
        with pytest.raises(WSServerHandshakeError, match="429"):
            day(simulator, "005930")
        assert day(simulator, "005930")[0]

    def test_faults_may_come_from_a_file(self, tmp_path: Path):
        (tmp_path / "faults.json").write_text('[{"stream": "close", "after": 3, "code": 1011}]')
        with Simulator(now=DAWN, speed=0, faults=Schedule.load(tmp_path / "faults.json")) as simulator:
            found, code = day(simulator, "005930")
        assert (len(found), code) == (3, 1011)
