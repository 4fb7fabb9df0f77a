"""Sessions in their thread, over real sockets on this machine."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable, Iterable

import pytest

from kosdata.settings import Secret
from kosdata.wire.stream import messages
from kosdata.wire.stream.conversation import Conversation
from kosdata.wire.stream.sessions import Sessions
from kosdata.wire.stream.socket import MOST_BYTES
from kosdata.wire.stream.subscription import Subscription
from tests.stream.peers import (
    DEADLINE,
    KEY,
    PING,
    PONG,
    TEXT,
    Peer,
    close,
    frame,
    intake,
    run,
    serving,
    tick,
)
from tests.unit.wire.stream.test_subscription import FakeSink

pytestmark = pytest.mark.usefixtures("nothing_left", "nothing_left_at_all")


class Eager(random.Random):
    """No jitter: come back at once."""

    def uniform(self, a: float, b: float) -> float:
        return 0.0


class Live:
    """Sessions in their thread, with one subscription."""

    def __init__(self, url: str, codes: Iterable[str] = ("005930",)) -> None:
        self.intake, self.sink = intake(), FakeSink()
        self.sizes: list[int] = []
        self.sink.flush = self.flush  # type: ignore[method-assign]

        def make(arrived: Callable[[], None]) -> list[Subscription]:
            return [
                Subscription(
                    url,
                    codes,
                    converse=lambda codes: Conversation(codes, preset="tick", key=Secret(KEY), member="me"),
                    intake=self.intake,
                    sink=self.sink,
                    arrived=arrived,
                    timeout=10,
                    rng=Eager(),
                )
            ]

        self.sessions = Sessions(make, self.intake, self.sink)

    def flush(self) -> None:
        self.sizes += self.intake.take().columns.get("size", ())

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not holds():
                await asyncio.sleep(0.002)

    def stop(self) -> None:
        began = time.monotonic()
        self.sessions.stop()
        assert time.monotonic() - began < 2
        assert not self.sessions._thread.is_alive()


async def gateway(peer: Peer) -> None:
    """Accept the key and every code, and send a trade of it."""
    await peer.shake()
    while True:
        opcode, payload = await peer.hear()
        if opcode == PING:
            peer.send(frame(payload, PONG))
        elif opcode == TEXT:
            message = json.loads(payload)
            peer.send(frame(messages.ok(message["id"]).encode()))
            if message["method"] == "subscribe":
                peer.send(frame(tick(int(message["id"]))))
        else:
            return


class TestSessions:
    def test_the_key_is_in_the_first_message_and_in_no_log(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        for name in ("picows", "picows.client", "kosdata", "asyncio"):
            caplog.set_level(logging.DEBUG, logger=name)

        async def work() -> None:
            async with serving(gateway) as (url, peers):
                live = Live(url)
                live.sessions.start()
                await live.until(lambda: live.sizes)
                live.stop()
                assert KEY.encode() not in peers[0].request
                assert [KEY.encode() in payload for _, payload in peers[0].got][:3].count(True) == 1
                assert json.loads(next(p for o, p in peers[0].got if o == TEXT))["method"] == "init"

        run(work())
        assert KEY not in caplog.text
        assert "005930" not in caplog.text

    @pytest.mark.parametrize(
        "broken",
        [
            close(1001),
            close(1011, b"oops"),
            close(1012),
            frame(b" " * (MOST_BYTES + 1)),
            frame(b"\x00", rsv=4),
            None,
        ],
        ids=["1001", "1011", "1012", "oversize", "reserved", "FIN"],
    )
    def test_a_break_is_told_and_mended(self, broken: bytes | None) -> None:
        async def work() -> Live:
            async def script(peer: Peer) -> None:
                if len(peers) > 1:
                    await gateway(peer)
                    return
                await peer.shake()
                while not any(b'"subscribe"' in payload for _, payload in peer.got):
                    _, payload = await peer.hear()
                    if b'"init"' in payload:
                        peer.send(frame(messages.ok(1).encode()))
                peer.send(frame(tick(100)), frame(tick(101)), broken or b"")
                if broken is None:
                    peer.writer.close()

            async with serving(script) as (url, peers):
                live = Live(url)
                live.sessions.start()
                await live.until(lambda: len(live.sizes) == 3)
                live.stop()
                return live

        live = run(work())
        assert live.sizes[:2] == [100, 101]
        assert len(live.sink.reasons) == 1
        assert live.sessions.reconnects == 1
        assert not live.sink.errors
        if broken is not None and len(broken) > MOST_BYTES:
            assert "oversize" in live.sink.reasons[0]

    @pytest.mark.parametrize("state", ["connecting", "handshake", "init", "streaming", "flooded", "pausing"])
    def test_the_thread_ends_at_once_in_every_state(self, state: str) -> None:
        async def work() -> None:
            there = asyncio.Event()

            async def script(peer: Peer) -> None:
                await peer.reader.readuntil(b"\r\n\r\n") if state == "handshake" else await peer.shake()
                if state == "handshake":
                    there.set()
                    await peer.reader.read()
                    return
                await peer.hear()
                there.set()
                if state == "init":
                    return
                if state == "pausing":
                    peer.reset()
                    return
                peer.send(frame(messages.ok(1).encode()))
                for n in range(20_000 if state == "flooded" else 1):
                    peer.send(frame(tick(n)))
                    await peer.writer.drain()

            async with serving(script) as (url, _):
                live = Live(url)
                live.sessions.start()
                if state != "connecting":
                    await there.wait()
                if state in ("streaming", "flooded"):
                    await live.until(lambda: live.sizes)
                if state == "pausing":
                    await live.until(lambda: live.sink.reasons)
                live.stop()
                live.stop()
                live.sessions.call(lambda: pytest.fail("the loop is closed"))
                assert live.sizes == list(range(len(live.sizes)))

        run(work())

    def test_codes_may_come_and_go(self) -> None:
        async def work() -> None:
            async with serving(gateway) as (url, peers):
                live = Live(url)
                live.sessions.start()
                await live.until(lambda: live.sink.of("held"))
                live.sessions.add(["000660", "035720"])
                await live.until(lambda: len(live.sink.of("held")) == 3)
                live.sessions.remove(["005930", "000000"])
                await live.until(lambda: any(b'"unsubscribe"' in payload for _, payload in peers[0].got))
                assert not live.sessions.is_unconfirmed
                assert live.sessions.connected_at > 0
                live.stop()

        run(work())

    def test_one_that_was_never_started_leaves_nothing(self) -> None:
        live = Live("ws://127.0.0.1:1/ws")
        live.sessions.stop()
        live.sessions.start()
        assert not live.sessions._thread.is_alive()

    def test_a_failure_of_its_own_is_told(self) -> None:
        live = Live("ws://127.0.0.1:1/ws")

        def fail(arrived: object) -> list[Subscription]:
            raise ValueError("no such thing")

        live.sessions._make = fail  # type: ignore[assignment]
        live.sessions.start()
        live.sessions._thread.join(DEADLINE)
        assert str(live.sink.errors[0]) == "The stream has failed: ValueError: no such thing"

    def test_a_refused_key_is_told(self) -> None:
        async def work() -> None:
            async def script(peer: Peer) -> None:
                await peer.shake()
                await peer.hear()
                peer.send(frame(messages.refusal(f"unknown key {KEY}").encode()))

            async with serving(script) as (url, peers):
                live = Live(url)
                live.sessions.start()
                await live.until(lambda: live.sink.errors)
                assert str(live.sink.errors[0]) == "The stream ended: refused: unknown key ***."
                assert len(peers) == 1
                live.stop()

        run(work())
