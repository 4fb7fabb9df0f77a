from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kosdata.catalogue import STREAMS
from kosdata.errors import StreamError
from kosdata.frame.pushes import schema
from kosdata.settings import Secret
from kosdata.wire.stream import messages
from kosdata.wire.stream.conversation import Conversation
from kosdata.wire.stream.intake import Intake
from kosdata.wire.stream.messages import read
from kosdata.wire.stream.socket import Closed, Line, Unreachable
from kosdata.wire.stream.subscription import Subscription
from tests.unit.wire.stream.virtual import run

KEY = "canary+7d1f/9e"
HOUR = 3600.0


class FakeLine:
    """What a subscription sees of a connection; the service behind it does as it is told."""

    def __init__(self, line: Line, service: FakeService) -> None:
        self.service = service
        self.loop = asyncio.get_running_loop()
        self.opened_at = self.loop.time()
        self.line = line
        self.sent: list[dict[str, Any]] = []
        self.closed: Closed | None = None
        self.has_pong = False
        self.fault: Exception | None = None
        self.headers: dict[str, str] = {}
        self.last_heard = self.opened_at
        self.heard_at = self.micros()
        self.is_mute = False
        self.is_over = False

    def micros(self) -> int:
        return int(self.loop.time() * 1e6)

    def send(self, text: str) -> None:
        if self.closed is None:
            self.sent.append(json.loads(text))
            self.loop.call_soon(self.service.answer, self, self.sent[-1])

    def ping(self) -> None:
        if self.closed is None and self.service.answers_pings and not self.is_mute:
            self.loop.call_soon(self.pong)

    def pong(self) -> None:
        self.note()
        self.has_pong = True
        self.line._stirred()

    def tell(self, text: str) -> None:
        if self.closed is None and not self.is_over and not self.is_mute:
            self.note()
            self.line._heard(read(text)[0])

    def note(self) -> None:
        self.last_heard, self.heard_at = self.loop.time(), self.micros()

    def drop(self, code: int = 1006, reason: str = "") -> None:
        if self.closed is None:
            self.closed = Closed(code, reason)
            self.line._stirred()

    def close(self) -> None:
        self.is_over = True

    def abort(self) -> None:
        self.is_over = True

    @property
    def codes(self) -> list[str]:
        return [m["params"]["isuSrtCd"] for m in self.sent if m["method"] == "subscribe"]


class FakeService:
    """Opens lines, or does not: `refuses` says why, by the number of the attempt, or holds it up for ever."""

    answers_pings = True
    answers_init = True

    def __init__(self, refuses: Callable[[int], Unreachable | float | None] = lambda n: None) -> None:
        self.refuses = refuses
        self.attempts: list[float] = []
        self.lines: list[FakeLine] = []
        self.on_open: Callable[[FakeLine], object] = lambda line: None
        self.on_ready: Callable[[FakeLine], object] = lambda line: None

    async def open(self, url: str, make: Callable[[], Line]) -> Any:
        self.attempts.append(asyncio.get_running_loop().time())
        trouble = self.refuses(len(self.attempts))
        if isinstance(trouble, Unreachable):
            raise trouble
        await asyncio.sleep(trouble or 0)
        self.lines.append(FakeLine(make(), self))
        self.on_open(self.lines[-1])
        return self.lines[-1]

    def answer(self, line: FakeLine, message: dict[str, Any]) -> None:
        if message["method"] != "init" or self.answers_init:
            line.tell(messages.ok(message["id"]))
        if message["method"] == "init" and self.answers_init and not line.is_mute:
            line.loop.call_soon(self.on_ready, line)


class FakeSink:
    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.errors: list[StreamError] = []

    def flush(self) -> None:
        pass

    def ready(self, of: Any, at: int) -> None:
        self.told.append(("ready", at))

    def held(self, of: Any, code: str, at: int) -> None:
        self.told.append(("held", code))

    def image(self, row: Any) -> None:
        self.told.append(("image", row))

    def refused(self, of: Any, code: str, text: str, at: int) -> None:
        self.told.append(("refused", code))

    def broke(self, of: Any, at: int, reason: str) -> None:
        self.told.append(("broke", at, reason))

    def failed(self, error: StreamError) -> None:
        self.errors.append(error)

    def ended(self) -> None:
        self.told.append(("ended",))

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        return [told[1:] for told in self.told if told[0] == kind]

    @property
    def reasons(self) -> list[str]:
        return [reason for _, reason in self.of("broke")]


def subscription(
    service: FakeService, codes: Iterable[str] = ("A", "B"), *, seed: int = 0, timeout: float = 30.0, **given: Any
) -> tuple[Subscription, FakeSink]:
    sink = FakeSink()
    intake = Intake(
        "tick",
        schema("tick", [STREAMS["ws_issue"].presets["tick", "stock"]]).fields,
        clock=lambda: int(asyncio.get_running_loop().time() * 1e6),
    )
    made = Subscription(
        "ws://127.0.0.1/ws",
        codes,
        converse=lambda codes: Conversation(codes, preset="tick", key=Secret(KEY), member="me", **given),
        intake=intake,
        sink=sink,
        arrived=lambda: None,
        timeout=timeout,
        opener=service.open,
        rng=random.Random(seed),
    )
    return made, sink


def spend(service: FakeService, seconds: float, *codes: str, **given: Any) -> tuple[Subscription, FakeSink]:
    """Run a subscription for so long, or until it gives up."""

    async def work() -> tuple[Subscription, FakeSink]:
        made, sink = subscription(service, codes or ("A", "B"), **given)
        task = asyncio.ensure_future(made.run())
        await asyncio.wait([task], timeout=seconds)
        made.stop()
        async with asyncio.timeout(1):
            await task
        return made, sink

    return run(work())


def gone(*_: Any) -> Unreachable:
    return Unreachable("refused")


class TestOutage:
    @pytest.mark.parametrize("seed", range(5))
    def test_an_hour_costs_few_attempts_and_the_first_comes_within_a_second(self, seed: int) -> None:
        service = FakeService(lambda n: None if n == 1 else gone())
        service.on_ready = lambda line: line.loop.call_later(100, line.drop)
        _, sink = spend(service, HOUR, seed=seed)
        assert service.attempts[1] - service.attempts[0] - 100 <= 1.001
        assert len(service.attempts) <= 200
        assert sink.reasons == ["closed 1006"]
        assert not sink.errors

    def test_delays_are_full_jitter_under_the_cap(self) -> None:
        delays: list[list[float]] = [[] for _ in range(10)]
        for seed in range(100):
            service = FakeService(gone)
            spend(service, 600, seed=seed)
            for n, (one, other) in enumerate(zip(service.attempts, service.attempts[1:], strict=False)):
                delays[min(n, 9)].append(other - one)
        for n, found in enumerate(delays):
            most = min(60.0, 2.0**n)
            assert max(found) <= most + 0.001
            assert max(found) > 0.9 * most
            assert min(found) < 0.1 * most
            assert sum(found) / len(found) == pytest.approx(most / 2, rel=0.2)

    def test_a_hundred_of_them_do_not_storm(self) -> None:
        async def work() -> Counter[int]:
            service = FakeService(gone)
            many = [subscription(service, seed=seed)[0] for seed in range(100)]
            tasks = [asyncio.ensure_future(each.run()) for each in many]
            await asyncio.wait(tasks, timeout=HOUR)
            for each in many:
                each.stop()
            await asyncio.wait(tasks)
            return Counter(int(at - service.attempts[0]) for at in service.attempts)

        seconds = run(work())
        assert max(count for second, count in seconds.items() if second >= 60) <= 15
        assert sum(seconds.values()) <= 100 * 200

    @pytest.mark.parametrize(("lasts", "is_patient"), [(1, False), (15, False), (29, False), (31, True), (300, True)])
    def test_only_thirty_good_seconds_make_it_forget(self, lasts: float, is_patient: bool) -> None:
        service = FakeService()
        service.on_ready = lambda line: line.loop.call_later(lasts, line.drop)
        spend(service, HOUR)
        pauses = [b - a - lasts for a, b in zip(service.attempts, service.attempts[1:], strict=False)]
        assert (max(pauses) <= 1.001) == is_patient

    def test_a_slow_handshake_is_no_good_connection(self) -> None:
        service = FakeService(lambda n: 19.0)
        service.on_ready = lambda line: line.loop.call_later(12, line.drop)
        spend(service, HOUR)
        pauses = [b - a - 31 for a, b in zip(service.attempts, service.attempts[1:], strict=False)]
        assert max(pauses) > 10


class TestRefused:
    @pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410])
    def test_a_refused_handshake_is_one_attempt(self, status: int) -> None:
        service = FakeService(lambda n: Unreachable(f"HTTP {status}", status))
        _, sink = spend(service, HOUR)
        assert len(service.attempts) == 1
        assert f"HTTP {status}" in str(sink.errors[0])
        assert len(sink.errors) == 1

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_service_in_trouble_is_asked_again(self, status: int) -> None:
        service = FakeService(lambda n: Unreachable(f"HTTP {status}", status) if n < 4 else None)
        made, sink = spend(service, 60)
        assert len(service.attempts) == 4
        assert sink.of("held") == [("A",), ("B",)]
        assert not sink.errors
        assert made.reconnects == 0

    @pytest.mark.parametrize("code", [1008, 4000, 4001, 4999])
    def test_a_close_before_the_key_is_accepted_is_one_attempt(self, code: int) -> None:
        service = FakeService()
        service.answers_init = False
        service.on_open = lambda line: line.loop.call_later(1, line.drop, code, "limit of sessions")
        _, sink = spend(service, HOUR)
        assert len(service.attempts) == 1
        assert str(sink.errors[0]) == f"The stream ended: closed {code}: limit of sessions."

    def test_a_refused_key_is_one_attempt(self) -> None:
        service = FakeService()
        service.answers_init = False
        service.on_open = lambda line: line.loop.call_later(1, line.tell, messages.refusal("no such key"))
        _, sink = spend(service, HOUR)
        assert len(service.attempts) == 1
        assert str(sink.errors[0]) == "The stream ended: refused: no such key."
        assert all(line.is_over for line in service.lines)

    @pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013])
    def test_other_closes_are_asked_again(self, code: int) -> None:
        service = FakeService()
        service.on_open = lambda line: line.loop.call_later(1, line.drop, code)
        _, sink = spend(service, 600)
        assert len(service.attempts) > 5
        assert set(sink.reasons) == {f"closed {code}"}

    def test_three_kicks_within_a_minute_end_it(self) -> None:
        service = FakeService()
        service.on_ready = lambda line: line.loop.call_later(2, line.drop, 4001, "another session")
        _, sink = spend(service, HOUR)
        assert len(service.attempts) == 3
        assert str(sink.errors[0]) == "The stream ended: closed 4001: another session, 3 times within a minute."

    def test_three_kicks_in_an_hour_do_not(self) -> None:
        service = FakeService()
        service.on_ready = lambda line: line.loop.call_later(31, line.drop, 4001)
        _, sink = spend(service, HOUR)
        assert len(service.attempts) > 50
        assert not sink.errors


class TestMute:
    def found(self, service: FakeService, sink: FakeSink) -> float:
        """Seconds from the last sign of life until the next attempt, without the pause of at most one."""
        return service.attempts[1] - service.lines[0].last_heard

    def test_while_connecting(self) -> None:
        service = FakeService(lambda n: 10**6 if n == 1 else None)
        made, sink = spend(service, 100)
        assert service.attempts[1] - service.attempts[0] <= 21
        assert sink.of("held") == [("A",), ("B",)]
        assert made.trouble == "no connection within 20 s"

    def test_while_connecting_for_shorter_if_told_so(self) -> None:
        service = FakeService(lambda n: 10**6 if n == 1 else None)
        spend(service, 100, timeout=3)
        assert service.attempts[1] - service.attempts[0] <= 4

    def test_with_the_key_sent(self) -> None:
        service = FakeService()
        service.answers_init = False
        _, sink = spend(service, 200)
        assert set(sink.reasons) == {"no answer to init"}
        assert service.attempts[1] - service.attempts[0] <= 11.001

    @pytest.mark.parametrize("after", [0.0, 5.0, 1000.0])
    def test_later(self, after: float) -> None:
        service = FakeService()

        def hush(line: FakeLine) -> None:
            line.is_mute = len(service.lines) == 1

        service.on_ready = lambda line: line.loop.call_later(after, hush, line)
        _, sink = spend(service, 2_000)
        assert sink.reasons == ["mute for 20 s"]
        assert self.found(service, sink) <= 21.001
        ((at, _),) = sink.of("broke")
        assert at == int(service.lines[0].last_heard * 1e6)  # and not when it was found

    def test_silence_with_answers_is_none(self) -> None:
        service = FakeService()
        _, sink = spend(service, 8 * HOUR, patience=lambda: 60.0)
        assert len(service.attempts) == 1
        assert not sink.reasons

    def test_time_that_has_jumped_is_noticed_at_once(self) -> None:
        """A laptop that has slept."""
        service = FakeService()

        async def work() -> float:
            made, sink = subscription(service)
            task = asyncio.ensure_future(made.run())
            await asyncio.sleep(100)
            loop: Any = asyncio.get_running_loop()
            service.lines[0].is_mute = True
            loop._now += 5_000
            woken = loop.time()
            while not sink.reasons:
                await asyncio.sleep(0.1)
            made.stop()
            await task
            return loop.time() - woken

        assert run(work()) < 1


class TestCodes:
    def test_they_are_registered_again_after_each_break(self) -> None:
        service = FakeService()
        service.on_ready = lambda line: line.loop.call_later(40, line.drop)
        made, sink = spend(service, HOUR)
        assert all(line.codes == ["A", "B"] for line in service.lines[:-1])
        assert made.reconnects == len(service.lines) - 1 == len(sink.reasons) > 80
        assert [line.sent[0]["params"]["key"] for line in service.lines] == [KEY] * len(service.lines)

    def test_also_those_that_came_and_went(self) -> None:
        service = FakeService()

        async def work() -> FakeSink:
            made, sink = subscription(service)
            task = asyncio.ensure_future(made.run())
            await asyncio.sleep(50)
            made.add(["C", "D"])
            made.remove(["A"])
            await asyncio.sleep(1)
            assert service.lines[0].codes == ["A", "B", "C", "D"]
            service.lines[0].drop()
            made.add(["E"])
            made.remove(["D"])
            await asyncio.sleep(5)
            assert service.lines[1].codes == ["B", "C", "E"]
            service.refuses = lambda n: gone() if n < 10 else None
            service.lines[1].drop()
            await asyncio.sleep(2)
            made.add(["F"])
            made.remove(["B"])
            await asyncio.sleep(1_000)
            assert service.lines[2].codes == ["C", "E", "F"]
            made.stop()
            await task
            return sink

        run(work())

    def test_a_refused_one_is_not_registered_again(self) -> None:
        service = FakeService()

        def refuse(line: FakeLine, message: dict[str, Any]) -> None:
            if message.get("params", {}).get("isuSrtCd") == "A":
                line.tell(messages.refusal("no", 47, message["id"]))
            else:
                FakeService.answer(service, line, message)

        service.answer = refuse  # type: ignore[method-assign]
        service.on_ready = lambda line: line.loop.call_later(40, line.drop)
        made, sink = spend(service, 200)
        assert sink.of("refused") == [("A",)]
        assert service.lines[0].codes == ["A", "B"]
        assert all(line.codes == ["B"] for line in service.lines[1:])
        assert list(made.codes) == ["B"]


class TestStop:
    TROUBLES = (None, 0.5, 10**6, gone())

    @settings(max_examples=60)
    @given(
        st.floats(0, 200), st.sampled_from(TROUBLES), st.booleans(), st.booleans(), st.sampled_from([None, 3.0, 40.0])
    )
    def test_it_ends_at_any_moment(
        self, after: float, trouble: Any, answers_init: bool, answers_pings: bool, lasts: float | None
    ) -> None:
        service = FakeService(lambda n: trouble if n % 2 else None)
        service.answers_init, service.answers_pings = answers_init, answers_pings
        if lasts is not None:
            service.on_open = lambda line: line.loop.call_later(lasts, line.drop)

        async def work() -> None:
            made, sink = subscription(service)
            task = asyncio.ensure_future(made.run())
            await asyncio.sleep(after)
            made.stop()
            before = len(service.attempts)
            await asyncio.wait([task], timeout=0.001)
            assert task.done()
            assert task.exception() is None
            assert len(service.attempts) == before
            assert not sink.errors
            assert all(line.is_over or line.closed for line in service.lines)

        run(work())

    def test_before_it_began(self) -> None:
        service = FakeService()

        async def work() -> None:
            made, _ = subscription(service)
            made.stop()
            await made.run()

        run(work())
        assert not service.attempts

    def test_one_who_cancels_it_is_obeyed(self) -> None:
        async def work() -> None:
            made, _ = subscription(FakeService(lambda n: 10**6))
            task = asyncio.ensure_future(made.run())
            await asyncio.sleep(5)
            task.cancel()
            await asyncio.wait([task], timeout=1)
            assert task.cancelled()

        run(work())
