"""The WebSocket over real sockets on this machine, byte by byte."""

from __future__ import annotations

import asyncio
import random
import socket
import struct

import pytest

from kosdata.wire.stream import messages
from kosdata.wire.stream.messages import Call
from kosdata.wire.stream.socket import MOST_BYTES, Closed, Unreachable
from tests.stream.peers import (
    BINARY,
    CLOSE,
    CONT,
    KEY,
    PING,
    PONG,
    TEXT,
    Client,
    Peer,
    Script,
    broken,
    close,
    exchange,
    fragments,
    frame,
    long_length,
    run,
    serving,
    tick,
)

pytestmark = pytest.mark.usefixtures("nothing_left", "nothing_left_at_all")


class TestFragments:
    @pytest.mark.parametrize("opcode", [TEXT, BINARY])
    @pytest.mark.parametrize(
        "between", [b"", frame(b"hi", PING) + frame(b"", PONG)], ids=["alone", "with control frames"]
    )
    def test_a_message_may_be_cut_anywhere(self, opcode: int, between: bytes) -> None:
        size = len(tick(1000))
        sent = [fragments(tick(1000 + at), [at], opcode, between) for at in range(size + 1)]
        client = exchange(*sent, count=size + 1)
        assert client.sizes == list(range(1000, 1000 + size + 1))
        assert not client.intake.malformed

    @pytest.mark.parametrize("seed", range(3))
    def test_a_message_may_be_cut_into_any_number(self, seed: int) -> None:
        dice = random.Random(seed)
        sent = []
        for n in range(300):
            whole = tick(n)
            cuts = [dice.randint(0, len(whole)) for _ in range(dice.randrange(6))]
            sent.append(fragments(whole, cuts, dice.choice([TEXT, BINARY]), dice.choice([b"", frame(b"x", PING)])))
        client = exchange(*sent, count=300)
        assert client.sizes == list(range(300))
        assert not client.intake.malformed

    def test_bytes_may_arrive_one_by_one(self) -> None:
        async def work() -> None:
            async def script(peer: Peer) -> None:
                await peer.shake()
                for byte in frame(tick(1)) + fragments(tick(2), [5, 90]) + frame(b"", PING) + frame(tick(3)):
                    peer.send(bytes([byte]))
                    await peer.writer.drain()

            async with serving(script) as (url, _), Client(url) as client:
                await client.until(lambda: len(client.intake.rows) == 3)
                assert client.sizes == [1, 2, 3]
                assert not client.intake.malformed

        run(work())

    def test_many_small_parts_take_no_longer_than_few(self) -> None:
        blank = b" " * 100_000
        whole = blank + tick(1) + blank
        client = exchange(fragments(whole, range(1, len(whole))), frame(tick(2)), count=2)
        assert client.sizes == [1, 2]

    def test_answers_may_be_cut_too(self) -> None:
        text = messages.ok(1).encode()
        client = exchange(*(fragments(text, [at]) for at in range(len(text) + 1)), frame(tick(1)), count=1)
        assert client.heard == [messages.Reply(1)] * (len(text) + 1)

    def test_a_part_that_looks_like_a_trade_is_none(self) -> None:
        inner = tick(9)
        outer = b'{"method":"query","params":[' + inner + b"]}"
        at = outer.index(inner)
        client = exchange(fragments(outer, [at, at + len(inner)]), frame(tick(1)), count=1)
        assert client.sizes == [1]
        assert client.heard == [Call("query")]

    def test_text_that_is_no_text_costs_one_message(self) -> None:
        bad = tick(0).replace("성".encode(), b"\xc3\x28")
        client = exchange(frame(tick(1)), frame(bad), fragments(bad, [100, 120]), frame(tick(2)), count=2)
        assert client.sizes == [1, 2]
        assert sum(client.intake.malformed.values()) == 2

    def test_a_message_of_the_full_length_is_read(self) -> None:
        pad = b" " * (MOST_BYTES - len(tick(1)))
        client = exchange(frame(tick(1) + pad), fragments(pad + tick(2), [1, 2**20, 2**21]), frame(tick(3)), count=3)
        assert client.sizes == [1, 2, 3]


class TestBroken:
    PAD = b" " * (MOST_BYTES + 1 - len(tick(2)))

    @pytest.mark.parametrize(
        "sent",
        [
            bytes([0x81]) + long_length(MOST_BYTES + 1),
            frame(tick(2) + PAD),
            fragments(PAD + tick(2), [2**20]),
            fragments(PAD + tick(2), [2**20, 2**20, MOST_BYTES]),
            frame(PAD, fin=False) + frame(PAD, CONT, fin=False),
        ],
        ids=["announced", "sent", "in two", "in four", "without end"],
    )
    def test_too_much_breaks_it(self, sent: bytes) -> None:
        client, ended, _ = broken(frame(tick(1)), sent, frame(tick(3)) * 3)
        assert ended == Closed(1009, "oversize")
        assert client.sizes[:1] == [1]
        # picows may pass on what it complains of, if it comes at once; nothing that follows a loss is kept.
        assert client.sizes in ([1], [1, 2, 3, 3, 3])

    @pytest.mark.parametrize(
        "sent",
        [
            frame(b"\x00\x01", rsv=4),
            frame(messages.ok(1).encode(), rsv=1),
            frame(b"", PING, rsv=2),
            frame(b"x", 3),
            frame(b"x", 11),
            frame(tick(2), mask=True),
            frame(b"x", PING, fin=False),
            frame(b"x" * 126, PING),
            bytes([0x81, 126]) + struct.pack(">H", 5) + b"12345",
            bytes([0x81, 127]) + struct.pack(">Q", 5) + b"12345",
            bytes([0x81, 127]) + struct.pack(">Q", 2**63),
            frame(b'{"a":', fin=False) + frame(tick(2)),
            frame(b"x", CLOSE),
            close(1005),
            close(999),
            close(2999),
            close(1000, b"\xff"),
        ],
        ids=[
            "rsv1",
            "rsv3",
            "rsv2 of a ping",
            "opcode 3",
            "opcode 11",
            "masked",
            "ping in parts",
            "long ping",
            "length that is too long 16",
            "length that is too long 64",
            "negative length",
            "message in a message",
            "short close",
            "close 1005",
            "close 999",
            "close 2999",
            "close with no text",
        ],
    )
    def test_what_is_against_the_protocol_breaks_it(self, sent: bytes) -> None:
        client, ended, _ = broken(frame(tick(1)), sent)
        assert client.sizes == [1]
        assert ended.code in (1002, 1007)
        assert ended.reason

    @pytest.mark.parametrize(
        "sent",
        [frame(b"\x00", rsv=4), frame(b"{", fin=False) + frame(tick(2)), close(1001), fragments(PAD + b" " * 400, [9])],
        ids=["rsv1", "message in a message", "close", "oversize"],
    )
    def test_nothing_is_kept_that_comes_after_what_breaks_it(self, sent: bytes) -> None:
        client, _, _ = broken(frame(tick(1)) + sent + frame(tick(3)) + fragments(tick(4), [9]) + frame(tick(5)))
        assert client.sizes == [1]
        assert not client.intake.malformed

    @pytest.mark.parametrize("code", [1000, 1001, 1003, 1006, 1008, 1011, 1012, 3000, 4001, 4999])
    def test_a_goodbye_says_why(self, code: int) -> None:
        client, ended, peer = broken(frame(tick(1)), frame(tick(2)), close(code, "점검\n".encode()))
        assert client.sizes == [1, 2]
        assert ended == Closed(code, "점검\\x0a")
        assert peer.got in ([], [(CLOSE, struct.pack(">H", 1000))])

    def test_a_goodbye_need_not_say_why(self) -> None:
        assert broken(frame(tick(1)), frame(b"", CLOSE))[1] == Closed(1005, "")

    def test_a_goodbye_shows_no_key(self) -> None:
        assert broken(close(1008, f"{KEY}?".encode()))[1] == Closed(1008, "***?")

    @pytest.mark.parametrize("left", [b"", frame(tick(3))[:1], frame(tick(3))[:-1], fragments(tick(3), [60])[:62]])
    @pytest.mark.parametrize("way", ["FIN", "RST"])
    def test_a_cut_leaves_what_came_whole(self, way: str, left: bytes) -> None:
        def cut(peer: Peer) -> None:
            peer.writer.close() if way == "FIN" else peer.reset()

        client, ended, _ = broken(frame(tick(1)), frame(tick(2)), left, then=cut)
        assert ended == Closed(1006, "connection lost")
        assert client.sizes == [1, 2][: len(client.sizes)]
        if way == "FIN":
            assert client.sizes == [1, 2]
        assert not client.intake.malformed

    def test_every_row_has_its_time_when_it_has_ended(self) -> None:
        client, _, _ = broken(*(frame(tick(n)) for n in range(5_000)), close(1001))
        batch = client.intake.take()
        assert list(batch.columns["size"]) == list(range(5_000))
        assert sum(count for count, _ in batch.marks) == 5_000
        assert [at for _, at in batch.marks] == sorted(at for _, at in batch.marks)
        assert client.line.heard_at >= batch.marks[-1][1] - 10**6


class TestControl:
    def test_pings_are_answered_and_heard(self) -> None:
        async def work() -> None:
            async def script(peer: Peer) -> None:
                await peer.shake()
                await peer.hear()
                peer.send(frame(b"one", PING), frame(b"", PING))
                assert await peer.hear() == (PONG, b"one")
                assert await peer.hear() == (PONG, b"")
                peer.send(frame(tick(1)))

            async with serving(script) as (url, _), Client(url) as client:
                before = client.line.last_heard
                client.line.send("go")
                await client.until(lambda: client.line.last_heard > before)
                await client.until(lambda: client.sizes == [1])
                assert not client.line.has_pong

        run(work())

    def test_ours_are_answered(self) -> None:
        async def work() -> None:
            async def script(peer: Peer) -> None:
                await peer.shake()
                while True:
                    opcode, payload = await peer.hear()
                    if opcode == PING:
                        peer.send(frame(payload, PONG))

            async with serving(script) as (url, peers), Client(url) as client:
                client.line.send("가" * 70_000)
                client.line.ping()
                await client.until(lambda: client.line.has_pong)
                assert peers[0].got[0] == (TEXT, ("가" * 70_000).encode())
                client.line.close()
                await client.ended()
                for late in (client.line.ping, client.line.close, client.line.abort):
                    late()
                client.line.send("late")

        run(work())


class TestHandshake:
    def tried(self, script: Script) -> tuple[Unreachable, list[Peer]]:
        async def work() -> tuple[Unreachable, list[Peer]]:
            async with serving(script) as (url, peers):
                with pytest.raises(Unreachable) as caught:
                    await Client(url).__aenter__()
                return caught.value, peers

        return run(work())

    def answered(self, answer: bytes) -> Unreachable:
        async def script(peer: Peer) -> None:
            peer.request = await peer.reader.readuntil(b"\r\n\r\n")
            assert KEY.encode() not in peer.request
            peer.send(answer)
            peer.writer.write_eof()

        return self.tried(script)[0]

    @pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 426, 429, 500, 502, 503, 520])
    @pytest.mark.parametrize("version", ["1.1", "1.0"])
    def test_a_status_is_told(self, status: int, version: str) -> None:
        error = self.answered(f"HTTP/{version} {status} No\r\nContent-Length: 2\r\n\r\nno".encode())
        assert (error.status, str(error)) == (status, f"HTTP {status}")

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 101",
            b"SSH-2.0-OpenSSH_9\r\n\r\n",
            b"\xff\xfe\r\n\r\n",
            b"HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
            b"HTTP/1.1 101 Ok\r\n\r\n",
            b"HTTP/1.1 101 Ok\r\nno colon\r\n\r\n",
            b"HTTP/1.1 101 Ok\r\nx: " + b"y" * 10**6 + b"\r\n\r\n",
        ],
        ids=["nothing", "half", "another protocol", "bytes", "wrong accept", "no headers", "bad header", "endless"],
    )
    def test_what_is_no_handshake_is_no_connection(self, answer: bytes) -> None:
        error = self.answered(answer)
        assert error.status in (None, 101)

    def test_a_reset_is_no_connection(self) -> None:
        async def script(peer: Peer) -> None:
            await peer.reader.readuntil(b"\r\n\r\n")
            peer.reset()

        error, _ = self.tried(script)
        assert error.status is None

    def test_a_port_that_nobody_listens_on_is_no_connection(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            with pytest.raises(Unreachable):
                run(Client(f"ws://127.0.0.1:{bound.getsockname()[1]}/ws").__aenter__())

    @pytest.mark.parametrize(
        "url", ["ws://" + "a" * 70 + ".example/ws", "ws:///ws", "http://127.0.0.1/ws", "ws://127.0.0.1:0/"]
    )
    def test_an_address_of_nothing_is_no_connection(self, url: str) -> None:
        with pytest.raises(Unreachable):
            run(Client(url).__aenter__())

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_leads_nowhere(self, status: int) -> None:
        async def work() -> None:
            async def elsewhere(peer: Peer) -> None:
                await peer.shake()

            async with serving(elsewhere) as (other, visitors):

                async def script(peer: Peer) -> None:
                    await peer.reader.readuntil(b"\r\n\r\n")
                    peer.send(f"HTTP/1.1 {status} Moved\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n".encode())

                async with serving(script) as (url, _):
                    with pytest.raises(Unreachable) as caught:
                        await Client(url).__aenter__()
                    assert caught.value.status == status
                    assert visitors == []

        run(work())

    def test_whoever_waits_no_longer_leaves_no_socket(self) -> None:
        async def work() -> None:
            asked = asyncio.Event()

            async def script(peer: Peer) -> None:
                await peer.reader.readuntil(b"\r\n\r\n")
                asked.set()
                assert await peer.reader.read() == b""  # hung up

            async with serving(script) as (url, _):
                task = asyncio.ensure_future(Client(url).__aenter__())
                await asked.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await Client(url).__aenter__()

        run(work())


class TestFuzz:
    def test_all_trades_arrive_among_any_nonsense(self) -> None:
        dice = random.Random(1)
        sent, good = [], 0
        for _ in range(10_000):
            if dice.random() < 0.1:
                cuts = [dice.randrange(40)] if dice.random() < 0.3 else []
                sent.append(fragments(tick(good), cuts))
                good += 1
            else:
                junk = dice.choice(
                    [dice.randbytes(dice.randrange(60)), tick(0)[: dice.randrange(30, 130)], b"{}", b"[1]"]
                )
                sent.append(fragments(junk, [dice.randrange(len(junk) + 1)]) if dice.random() < 0.3 else frame(junk))
        client = exchange(*sent, frame(tick(good)), count=good + 1)
        assert client.sizes == list(range(good + 1))
        assert sum(client.intake.malformed.values()) == 10_000 - good
        assert len(client.intake.samples) == 20
