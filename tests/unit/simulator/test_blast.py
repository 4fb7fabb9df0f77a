from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from kosdata.settings import DEMO_KEY
from kosdata.simulator.blast import Blast, Kind, codes_of, texts
from kosdata.wire.stream import messages

KINDS: list[Kind] = ["tick", "quote10", "market"]
Socket = aiohttp.ClientWebSocketResponse


def met(blast: Blast, talk: Callable[[Socket], Awaitable[Any]]) -> Any:
    """Return what a conversation with a blast came to."""

    async def run() -> Any:
        async with (
            blast.serve() as address,
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{address}/ws", autoclose=False) as socket,
        ):
            return await asyncio.wait_for(talk(socket), 20)

    return asyncio.run(run())


async def greet(socket: Socket, codes: list[str]) -> None:
    await socket.send_str(messages.init(1, DEMO_KEY, "kosdata"))
    for number, code in enumerate(codes, 2):
        await socket.send_str(messages.subscribe(number, "tick", code))
    for number in range(1, len(codes) + 2):
        assert messages.read(await socket.receive_str())[0] == messages.Reply(number)


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_gets_every_message_once_and_in_order_and_then_the_end(kind: Kind) -> None:
    blast = Blast(kind, 1_300, close=True)

    async def talk(socket: Socket) -> list[str]:
        await greet(socket, [] if kind == "market" else blast.codes)
        return [message.data async for message in socket]

    assert met(blast, talk) == list(texts(kind, 1_300))


def test_the_connection_stays_open_and_answers_heartbeats_after_the_last_message() -> None:
    async def talk(socket: Socket) -> tuple[list[str], str]:
        await greet(socket, blast.codes)
        pushes = [await socket.receive_str() for _ in range(20)]
        await socket.send_str(messages.heartbeat(99))
        return pushes, await socket.receive_str()

    blast = Blast("tick", 20, pace=100_000)
    pushes, last = met(blast, talk)
    assert pushes == list(texts("tick", 20))
    assert last == messages.ok(99)


def test_a_client_that_wants_fewer_codes_is_served_all_the_same() -> None:
    async def talk(socket: Socket) -> str:
        await greet(socket, ["005930"])
        return await socket.receive_str()

    assert met(Blast("tick", 1), talk) == next(texts("tick", 1))


def test_a_wrong_key_and_what_is_no_stream_get_nothing() -> None:
    async def talk(socket: Socket) -> list[Any]:
        await socket.send_str(messages.init(1, "another", "kosdata"))
        return [message.data async for message in socket]

    blast = Blast("tick", 1)
    assert met(blast, talk) == [messages.ok(1)]

    async def ask() -> int:
        async with (
            blast.serve() as address,
            aiohttp.ClientSession() as session,
            session.get(address.replace("ws", "http")) as answer,
        ):
            return answer.status

    assert asyncio.run(ask()) == 426


def test_volumes_of_the_day_are_sums_of_sizes_and_time_goes_on() -> None:
    traded: dict[str, int] = defaultdict(int)
    turnover: dict[str, int] = defaultdict(int)
    before = 0
    for text in texts("tick", 2_000):
        row = json.loads(text)["params"]
        traded[row["isuSrtCd"]] += row["trdvol"]
        turnover[row["isuSrtCd"]] += row["trdvol"] * row["trdPrc"]
        assert (row["accTrdvol"], row["accTrdval"]) == (traded[row["isuSrtCd"]], turnover[row["isuSrtCd"]])
        assert before <= row["trdTm"] < 9_010_000
        before = row["trdTm"]
    assert list(traded) == codes_of("tick")
    assert before == 9_000_039


def test_a_book_has_ten_steps_and_a_market_arrives_as_text_fifty_at_once() -> None:
    book = json.loads(next(texts("quote10", 1)))["params"]
    assert len(book) >= 45
    assert book["bidStep1BstordPrc"] < book["askStep1BstordPrc"] < book["askStep10BstordPrc"]
    rows = json.loads(next(texts("market", 1)))
    assert len({row["isuSrtCd"] for row in rows}) == len(rows) == 50
    assert all(isinstance(value, str) for row in rows for value in row.values())
    assert rows[0]["trdTm"] == "09000000"
