from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from kosdata.catalogue import endpoint
from kosdata.errors import (
    ApiError,
    AuthError,
    KosError,
    LicenceError,
    NotFoundError,
    NotReadyError,
    QuotaError,
    RateLimitError,
    SchemaError,
    ServerError,
    TransportError,
)
from kosdata.wire.arguments import Request
from kosdata.wire.clock import ServerClock
from kosdata.wire.quota import Meter
from kosdata.wire.session import Session
from kosdata.wire.transport import Transport
from tests.unit.wire.fakes import BASE, KEY, Clock, Sent, Service, dice, history, kst, no, ok, price, rows, settings

HTML = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>maintenance</html>")
PAGE = ok(rows(20231228, 20231227))
Told = Sent | Exception


class World:
    """A session, its service and its clock."""

    def __init__(self, *told: Told, seed: int = 1, **given: Any) -> None:
        self.clock = Clock()
        self.service = Service(lambda target, n: told[min(n, len(told)) - 1])
        timed = ServerClock(self.clock)
        self.meter = Meter(timed.time)
        self.session = Session(
            BASE,
            settings(**given),
            transport=Transport(2, self.service),
            meter=self.meter,
            clock=timed,
            timer=self.clock,
            sleep=self.clock.sleep,
            rng=dice(seed),
        )

    def fetch(self, request: Request | None = None) -> Any:
        return self.session.fetch(request or history())

    def fails(self, error: type[KosError], request: Request | None = None) -> Any:
        with pytest.raises(error) as caught:
            self.fetch(request)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert KEY not in f"{caught.value!r} {caught.value} {vars(caught.value)}"
        return caught.value

    @property
    def count(self) -> int:
        return len(self.service.sent)


def cut() -> Exception:
    return requests.exceptions.ChunkedEncodingError(f"cut at apikey={KEY}")


class TestRetried:
    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param(requests.ConnectionError("refused"), id="R1-refused"),
            pytest.param(requests.exceptions.SSLError("bad"), id="R1-tls"),
            pytest.param(requests.ConnectTimeout(), id="R1-timeout"),
            pytest.param(requests.ReadTimeout(), id="R2"),
            pytest.param(cut(), id="R3"),
            pytest.param(ConnectionResetError(104, "reset"), id="R3-reset"),
            pytest.param(no(500), id="R5-500"),
            pytest.param(no(502), id="R5-502"),
            pytest.param(no(503, "down"), id="R5-503"),
            pytest.param((504, {}, b"<html>"), id="R5-504-html"),
            pytest.param(no(408), id="R5-408"),
            pytest.param(no(429, "API rate limit exceeded", X_RateLimit_Remaining_Day="7"), id="R7-429"),
            pytest.param(no(429), id="R7-429-bare"),
            *(
                pytest.param(ok({"jsonrpc": "2.0", "error": {"code": code, "message": "x"}}), id=f"R14-{code}")
                for code in (10080, 10090, 13004, 20054, 20170)
            ),
        ],
    )
    def test_a_passing_fault_is_tried_five_times_and_no_more(self, fault: Told) -> None:
        healed = World(*[fault] * 4, PAGE)
        assert [row["trdDd"] for row in healed.fetch().content.rows] == [20231228, 20231227]
        assert healed.count == 5
        lasting = World(fault)
        error = lasting.fails(KosError)
        assert isinstance(error, TransportError | ServerError | RateLimitError)
        assert "v3_closed_kospi_history" in str(error)
        assert "Tried 5 times" in str(error)
        assert lasting.count == 5

    @pytest.mark.parametrize("body", [HTML, (200, {}, b""), (200, {}, b'{"a":'), (200, {}, b"\x80\x04.")])
    def test_what_is_not_json_is_tried_twice(self, body: Sent) -> None:
        assert World(body, PAGE).fetch().content.rows
        world = World(body)
        error = world.fails(SchemaError)
        assert world.count == 2
        assert "not JSON" in str(error)
        assert world.clock.slept != []

    def test_only_two_in_a_row_end_it(self) -> None:
        world = World(HTML, no(503), HTML, PAGE)
        world.fetch()
        assert world.count == 4

    def test_the_settings_say_how_often(self) -> None:
        world = World(no(503), retries=1)
        world.fails(ServerError)
        assert world.count == 1

    def test_waits_are_full_jitter(self) -> None:
        world = World(no(503), seed=5)
        world.fails(ServerError)
        rng = dice(5)
        assert world.clock.slept == [rng.uniform(0, 0.5 * 2**n) for n in range(4)]

    def test_messages_say_what_happened_and_name_no_query(self) -> None:
        error = World(cut()).fails(TransportError)
        assert "gateway.test" in str(error)
        assert "inqStrtDd" not in str(error)


class TestRetryAfter:
    def test_it_is_obeyed(self) -> None:
        world = World(no(503, Retry_After="17"), no(429, Retry_After="Wed, 06 Mar 2024 03:00:40 GMT"), PAGE)
        world.fetch()
        assert world.clock.slept[0] == 17
        assert world.clock.slept[1] >= 40 - 17 - 1

    def test_a_longer_one_is_raised_and_named(self) -> None:
        for fault in (no(503, Retry_After="61"), no(429, Retry_After="3600")):
            world = World(fault)
            error = world.fails(ApiError)
            assert world.count == 1
            assert "until 2024-03-06" in str(error)

    def test_waits_for_one_request_add_up_to_a_minute_at_most(self) -> None:
        world = World(no(503, Retry_After="25"))
        world.fails(ServerError)
        assert world.count == 3
        assert sum(world.clock.slept) <= 60


class TestNotRetried:
    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            pytest.param(no(401, "Invalid authentication credentials"), AuthError, id="R10-401"),
            pytest.param(no(403, "no right"), LicenceError, id="R10-403"),
            pytest.param(no(404, "no Route matched with those values"), NotFoundError, id="R11"),
            pytest.param((400, {}, '{"error": "당일 종가 제공 시간이 아닙니다."}'.encode()), NotReadyError, id="R12"),
            pytest.param(
                (400, {}, '{"error": "서브마켓/코드가 정상적이지 않습니다."}'.encode()), NotFoundError, id="R13-code"
            ),
            pytest.param((400, {}, b"<html>"), ApiError, id="R13"),
            pytest.param(ok({"jsonrpc": "2.0", "error": {"code": 20040, "message": "x"}}), NotReadyError, id="R14"),
            pytest.param(ok({"jsonrpc": "2.0", "result": {}}), SchemaError, id="shape"),
            pytest.param((302, {"Location": "https://elsewhere.test/"}, b""), TransportError, id="R18"),
            pytest.param((304, {}, b""), ApiError, id="304"),
        ],
    )
    def test_a_refusal_is_one_request(self, answer: Sent, error: type[KosError]) -> None:
        world = World(answer)
        world.fails(error)
        assert world.count == 1
        assert world.clock.slept == []

    def test_the_text_of_the_server_is_quoted(self) -> None:
        text = "서브마켓/코드가 정상적이지 않습니다."
        assert text in str(World((400, {}, f'{{"error": "{text}"}}'.encode())).fails(NotFoundError))

    def test_a_row_of_nulls_is_no_such_code(self) -> None:
        body = {"jsonrpc": "2.0", "result": {"isuSrtCd": [" -"], "trdPrc": None}}
        world = World(ok(body))
        world.fails(NotFoundError, price())
        assert world.count == 1

    def test_a_redirect_names_its_host(self) -> None:
        assert "elsewhere.test" in str(
            World((302, {"Location": "https://elsewhere.test/?k=1"}, b"")).fails(TransportError)
        )

    def test_a_used_up_day_is_one_request_and_then_none(self) -> None:
        world = World(no(429, "API rate limit exceeded", X_RateLimit_Limit_Day="9", X_RateLimit_Remaining_Day="0"))
        error = world.fails(QuotaError)
        assert (error.limit, error.remaining, error.reset_at) == (9, 0, kst("2024-03-07 09:00"))
        world.fails(QuotaError)
        assert world.count == 1
        world.clock.set(kst("2024-03-07 09:00"))
        world.fails(QuotaError)
        assert world.count == 2


class TestPaths:
    def test_the_other_spelling_is_tried_once_and_remembered(self) -> None:
        world = World(no(404, "no Route matched with those values"), ok(_book()))
        request = _order_book()
        world.fetch(request)
        world.fetch(request)
        spellings = request.endpoint.paths
        assert world.service.targets == [request.target(p) for p in (spellings[0], spellings[1], spellings[1])]

    def test_if_none_is_served_the_address_is_wrong_and_not_the_code(self) -> None:
        world = World(no(404, "no Route matched with those values"))
        error = world.fails(NotFoundError, _order_book())
        assert "no such path at this address" in str(error)
        assert world.count == len(_order_book().endpoint.paths)

    def test_a_404_of_another_kind_ends_it(self) -> None:
        world = World(no(404, "gone"))
        world.fails(NotFoundError, _order_book())
        assert world.count == 1


class TestKey:
    NO_KEY = no(401, "No API key found in request")

    def test_the_key_is_not_put_into_the_address_because_a_gateway_asks_for_it(self) -> None:
        world = World(self.NO_KEY)
        error = world.fails(AuthError)
        assert "KOSCOM_API_KEY" in str(error)
        assert "auth='query'" in str(error)
        assert world.count == 1

    def test_a_wrong_key_is_not_shown_again(self) -> None:
        world = World(no(401, "Invalid authentication credentials"))
        world.fails(AuthError)
        assert world.count == 1

    def test_the_setting_query_is_used_from_the_start(self) -> None:
        world = World(PAGE, auth="query")
        world.fetch()
        assert "apikey=canary%2B7d1f%2F9e" in (world.service.sent[0].url or "")
        assert "apikey" not in world.service.sent[0].headers

    def test_the_header_has_one_spelling(self) -> None:
        world = World(PAGE)
        world.fetch()
        assert "apikey" in list(world.service.sent[0].headers)


class TestLimits:
    def test_too_many_calls_at_once_halve_the_concurrency(self) -> None:
        world = World(no(429), no(429), PAGE)
        world.fetch()
        assert world.session.stats()["concurrency"] == 2

    def test_retries_are_paid_from_a_budget(self) -> None:
        world = World(no(429), retries=100, backoff_cap=0.5)
        world.fails(RateLimitError)
        # Thirty, and half a one for every second that the waits took.
        assert 31 <= world.count <= 31 + sum(world.clock.slept) / 2 + 1
        assert 0 <= world.session.stats()["retry_tokens"] < 1

    def test_the_pace_holds_after_a_burst(self) -> None:
        world = World(PAGE, pace=10)
        for _ in range(50):
            world.fetch()
        assert sum(world.clock.slept) == pytest.approx(3, abs=0.2)

    def test_no_attempt_begins_once_it_is_stopped(self) -> None:
        world, stop = World(no(503)), threading.Event()
        world.service.answer = lambda target, n: stop.set() or no(503)  # type: ignore[func-returns-value]
        with pytest.raises(ServerError):
            world.session.fetch(history(), stop)
        with pytest.raises(TransportError, match="not sent"):
            world.session.fetch(history(), stop)
        assert world.count == 1
        assert not world.session.stats()["circuit_open"]

    def test_a_failing_request_is_an_outage_and_the_next_fails_at_once(self) -> None:
        world = World(no(503))
        world.fails(ServerError)
        for _ in range(9):
            error = world.fails(ServerError)
        assert world.count == 5
        assert "left alone" in str(error)
        world.clock.seconds += 31
        world.service.answer = lambda target, n: PAGE
        world.fetch()
        assert world.count == 6


class TestEntry:
    def test_an_answer_can_be_kept_as_it_was_asked(self) -> None:
        world = World(PAGE)
        entry = world.fetch().entry
        assert entry.target == "/v3/market/closed/kospi/005930/history?" + "&".join(
            ("trnsmCycleTpCd=D", "inqStrtDd=20231101", "inqEndDd=20231231", "reqCnt=100")
        )
        assert (entry.body, entry.content_type) == (PAGE[2], "application/json")
        assert entry.fetched_at == world.clock()
        assert entry.expires > world.clock() + 10**9

    def test_it_counts_from_when_it_was_asked(self) -> None:
        world = World(PAGE)
        begun = world.clock()

        def slowly(target: str, n: int) -> Sent:
            world.clock.seconds += 20
            return PAGE

        world.service.answer = slowly
        assert world.fetch().entry.fetched_at == begun

    def test_the_time_of_the_server_counts_if_this_machine_is_wrong(self) -> None:
        world = World(replace_date(PAGE, "Thu, 07 Mar 2024 03:00:00 GMT"))
        with pytest.warns(UserWarning, match="86,400 s behind"):
            entry = world.fetch().entry
        assert entry.fetched_at == kst("2024-03-07 12:00").timestamp()

    def test_a_page_with_the_row_of_a_running_day_is_a_passing_one(self) -> None:
        # The clock stands at noon of a session.
        until = [
            World(ok(rows(20240305, day))).fetch(history("20240101", "20240430")).entry.expires
            for day in (20240304, 20240306)
        ]
        assert until == [kst("2024-03-07 06:30").timestamp(), kst("2024-03-06 12:00:01").timestamp()]

    def test_an_answer_that_means_no_rows_is_not_kept(self) -> None:
        entry = World(ok({"jsonrpc": "2.0", "error": {"code": 20110, "message": "x"}})).fetch().entry
        assert entry.expires == entry.fetched_at


def replace_date(told: Sent, date: str) -> Sent:
    return told[0], {**told[1], "Date": date}, told[2]


def _order_book() -> Request:
    return Request(endpoint("v3_realtime_options_orderbook"), {"marketcode": "kospi200", "issuecode": "201S6210"})


def _book() -> dict[str, Any]:
    field = _order_book().endpoint.record.fields[1].wire
    return {"jsonrpc": "2.0", "result": {"isuSrtCd": "201S6210", field: 1}}


def test_a_session_can_be_asked_by_many_threads() -> None:
    world = World(PAGE)
    threads = [threading.Thread(target=lambda: [world.fetch() for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert world.count == world.session.stats()["requests"] == world.meter.read().used == 160
