from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import pickle
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from kosdata.errors import (
    AuthError,
    ConfigError,
    KosError,
    LicenceError,
    QuotaError,
    ServerError,
    TransportError,
)
from kosdata.settings import Settings
from kosdata.wire.arguments import Request
from kosdata.wire.client import Answer, Client, Gateway, current, provide, use
from tests.unit.wire.fakes import (
    BASE,
    KEY,
    NOON,
    Clock,
    Sent,
    Service,
    client,
    dice,
    history,
    kst,
    listing,
    no,
    ok,
    page_of,
    pages,
    price,
    rows,
)

USED_UP = no(429, "API rate limit exceeded", X_RateLimit_Limit_Day="50000", X_RateLimit_Remaining_Day="0")
LIST = ok({"trdDd": "20240306", "isuLists": [{"isuSrtCd": "005930", "isuKorNm": "삼성전자"}]})
QUOTE = ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "trdPrc": 70000}})


def served(target: str, n: int) -> Sent:
    return ok(page_of(target))


class Faulty:
    """Fail a share of the requests, in every way that passes, at most `run` times in a row for one address."""

    def __init__(self, seed: int, share: float, run: int | None = 4) -> None:
        self.rng, self.share, self.run = dice(seed), share, run
        self.row: dict[str, list[int]] = {}
        self.lock = threading.Lock()

    def __call__(self, target: str, n: int) -> Sent | Exception:
        with self.lock:
            row = self.row.setdefault(target, [])
            kinds = len(self.KINDS)
            kind = self.rng.randrange(kinds)
            if self.rng.random() >= self.share or (self.run is not None and len(row) >= self.run):
                row.clear()
                return served(target, n)
            if self.run is not None and row[-1:] == [kinds - 1] == [kind]:
                kind = 0  # what is not JSON is worth two attempts
            row.append(kind)
        return self.KINDS[kind]()

    KINDS: tuple[Callable[[], Sent | Exception], ...] = (
        lambda: no(500),
        lambda: no(502),
        lambda: no(503),
        lambda: no(504),
        lambda: no(429, X_RateLimit_Remaining_Day="100000"),
        ConnectionResetError,
        requests.ReadTimeout,
        requests.exceptions.ChunkedEncodingError,
        lambda: ok({"jsonrpc": "2.0", "error": {"code": 10080, "message": "x"}}),
        lambda: (200, {"Content-Type": "text/html"}, b"<html>"),
    )


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("KOSDATA_", "KOSCOM_")):
            monkeypatch.delenv(name)
    before = use(None)
    yield
    use(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def numbers(answers: list[Answer]) -> list[Any]:
    return [answer.content.rows for answer in answers]


def expected(requests: list[Request]) -> list[Any]:
    return [page_of(request.target())["result"]["hisLists"] for request in requests]


class TestAnswers:
    def test_they_come_in_order(self) -> None:
        asked = pages(50)
        with client(served) as c:
            answers = c.answers(asked)
        assert numbers(answers) == expected(asked)
        assert {(answer.cached, answer.fetched_at) for answer in answers} == {(False, NOON)}

    def test_nothing_is_asked_for_nothing(self) -> None:
        service = Service(served)
        assert client(service).answers([]) == []
        assert service.sent == []

    def test_what_is_asked_twice_is_sent_once_and_each_has_its_own_rows(self) -> None:
        service = Service(served)
        one, other = client(service).answers([history(), history()])
        assert len(service.sent) == 1
        assert one.content == other.content
        one.content.rows[0].clear()
        assert other.content.rows[0] != {}

    def test_progress_is_told(self, folder: Path) -> None:
        c, told = client(served, cache=folder), list[int]()
        c.answers(pages(3))
        c.answers(pages(5), progress=told.append)
        assert told == [3, 1, 1]

    def test_the_first_error_cancels_what_has_not_begun(self) -> None:
        for status, error in ((401, AuthError), (403, LicenceError)):
            service = Service(lambda target, n, status=status: no(status))  # type: ignore[misc]
            with pytest.raises(error):
                client(service).answers(pages(50))
            assert len(service.sent) <= 8

    def test_outcomes_keep_errors_in_their_places(self) -> None:
        bad = pages(6)[2].target()
        found = client(lambda target, n: no(400) if target == bad else served(target, n)).outcomes(pages(6))
        assert [isinstance(outcome, KosError) for outcome in found] == [n == 2 for n in range(6)]
        with pytest.raises(AuthError):
            client(lambda target, n: no(401)).outcomes(pages(6))

    def test_it_works_inside_a_running_event_loop_and_inside_itself(self) -> None:
        c = client(served)

        async def notebook() -> list[Answer]:
            return c.answers(pages(10))

        assert numbers(asyncio.run(notebook())) == expected(pages(10))
        with ThreadPoolExecutor(3) as pool:
            nested = list(pool.map(lambda n: numbers(c.answers(pages(n))), range(1, 9)))
        assert nested == [expected(pages(n)) for n in range(1, 9)]

    def test_no_thread_is_left_behind(self) -> None:
        before = set(threading.enumerate())
        with client(served) as c:
            c.answers(pages(20))
            assert set(threading.enumerate()) <= before


class TestFaults:
    """Small versions of the stress runs."""

    def test_bounded_faults_change_nothing(self) -> None:
        asked, sent = pages(50), 0
        for seed in range(20):
            service = Service(Faulty(seed, 0.3))
            assert numbers(client(service, seed=seed).answers(asked)) == expected(asked)
            sent += len(service.sent)
        assert sent <= 1.6 * 20 * len(asked)

    @pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
    def test_unbounded_faults_give_everything_or_an_error_and_finished_pages_stay(
        self, share: float, folder: Path
    ) -> None:
        asked = pages(50)
        for seed in range(5):
            service = Service(Faulty(seed, share, None))
            c = client(service, seed=seed, cache=folder / f"{seed}")
            try:
                assert numbers(c.answers(asked)) == expected(asked)
            except KosError:
                done = c.cached(asked)
                service.answer = served
                c._services.clear()  # a new process, so to speak: the circuit is closed, the cache is there
                service.sent.clear()
                assert numbers(c.answers(asked)) == expected(asked)
                assert len(service.sent) == len(asked) - done

    def test_an_outage_costs_little_and_is_over_soon_after_its_end(self) -> None:
        clock, service = Clock(), Service(lambda target, n: no(503))
        c, begun = client(service, clock), clock()
        with pytest.raises(ServerError):
            c.answers(pages(50))
        assert len(service.sent) <= 40
        assert clock() - begun <= 60
        for _ in range(9):
            with pytest.raises(ServerError):
                c.answers(pages(50))
        assert len(service.sent) <= 100
        service.answer = served
        clock.seconds += 30
        assert numbers(c.answers(pages(50))) == expected(pages(50))

    def test_eight_threads_ask_for_the_same_pages_once(self, folder: Path) -> None:
        asked, service = pages(40), Service(Faulty(3, 0.05))
        c = client(service, cache=folder)

        def work(seed: int) -> bool:
            rng = dice(seed)
            return all(numbers([c.answer(one)]) == expected([one]) for one in (rng.choice(asked) for _ in range(100)))

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(8)))
        retries = c.stats()["retries"]
        assert isinstance(retries, int)
        assert len(service.sent) == 40 + retries

    def test_who_missed_a_landing_by_a_moment_does_not_ask_again(self, folder: Path) -> None:
        service = Service(served)
        c = client(service, cache=folder)
        c.answer(history())
        opened = c._service()
        fetched, cached = opened.fetch(opened.asked(history()), threading.Event(), refresh=False)
        assert cached
        assert [fetched.content.rows] == expected([history()])
        assert len(service.sent) == 1

    def test_an_interrupt_comes_back_at_once(self) -> None:
        hanging = threading.Event()

        def hang(target: str, n: int) -> Sent:
            if n == 1:
                return served(target, n)
            hanging.wait(10)
            return served(target, n)

        def interrupt(more: int) -> None:
            if more:
                raise KeyboardInterrupt

        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            client(hang).answers(pages(20), progress=interrupt)
        assert time.monotonic() - begun < 2
        hanging.set()


class TestCache:
    def test_finished_pages_are_asked_once_and_for_ever(self, folder: Path) -> None:
        clock, service = Clock(), Service(served)
        with client(service, clock, cache=folder) as c:
            first = c.answers(pages(20))
        clock.set(kst("2026-06-01 12:00"))
        with client(service, clock, cache=folder) as c:
            again = c.answers(pages(20))
            assert c.cached(pages(25)) == 20
        assert len(service.sent) == 20
        assert numbers(again) == numbers(first)
        assert {(answer.cached, answer.fetched_at) for answer in again} == {(True, NOON)}

    def test_what_holds_today_is_asked_again_after_the_next_publication(self, folder: Path) -> None:
        clock, service = Clock(), Service(lambda target, n: LIST if "lists" in target else served(target, n))
        c = client(service, clock, cache=folder)
        open_page = history("20240301", "20240430")
        calls = []
        for moment in ("2024-03-06 12:00", "2024-03-06 23:59", "2024-03-07 06:29", "2024-03-07 06:30"):
            clock.set(kst(moment))
            c.answers([open_page, listing(), history()])
            calls.append(len(service.sent))
        assert calls == [3, 3, 3, 5]

    def test_quotes_live_a_second(self, folder: Path) -> None:
        clock, service = Clock(), Service(lambda target, n: QUOTE)
        c = client(service, clock, cache=folder)
        assert [c.answer(price()).cached for _ in range(3)] == [False, True, True]
        clock.seconds += 1
        assert not c.answer(price()).cached

    def test_refresh_asks_again_and_keeps_the_new_answer(self, folder: Path) -> None:
        service = Service(lambda target, n: ok(rows(20231200 + n)))
        c = client(service, cache=folder)
        days = [
            c.answer(history(), refresh=refresh).content.rows[0]["trdDd"] for refresh in (False, False, True, False)
        ]
        assert days == [20231201, 20231201, 20231202, 20231202]

    def test_without_it_nothing_is_kept_or_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        service = Service(served)
        c = client(service, cache=False)
        assert [c.answer(history()).cached for _ in range(2)] == [False, False]
        assert list(tmp_path.iterdir()) == []
        assert c.cache_info() == {"path": None, "entries": 0, "bytes": 0, "hits": 0, "misses": 2}
        assert c.clear_cache() == 0

    def test_by_default_it_is_in_the_folder_of_the_user(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        with client(served, cache=True) as c:
            c.answers(pages(2))
            assert c.cache_info()["path"] == str(tmp_path / "kosdata" / "answers.sqlite")

    def test_a_folder_may_be_named_from_here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with client(served, cache="kept/here") as c:
            c.answers(pages(2))
        assert (tmp_path / "kept" / "here" / "answers.sqlite").exists()

    def test_a_synthetic_market_is_kept_in_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        c = client(served, cache=True, env="demo")
        c.answers(pages(2))
        assert [answer.cached for answer in c.answers(pages(2))] == [True, True]
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param(no(503), id="error"),
            pytest.param(ok({"jsonrpc": "2.0", "error": {"code": 10080, "message": "x"}}), id="error-inside-200"),
            pytest.param(ok({"jsonrpc": "2.0", "error": {"code": 20110, "message": "x"}}), id="no-rows-inside-200"),
            pytest.param((400, {}, '{"error": "당일 종가 제공 시간이 아닙니다."}'.encode()), id="not-ready"),
            pytest.param((200, {}, b"<html>"), id="html"),
            pytest.param(ok({"jsonrpc": "2.0", "result": {"isuSrtCd": [" -"]}}), id="nulls"),
        ],
    )
    def test_a_refusal_is_never_kept(self, told: Sent, folder: Path) -> None:
        c = client(lambda target, n: told, cache=folder)
        c.outcomes([history()])
        assert c.cache_info()["entries"] == 0

    def test_keys_and_addresses_have_answers_of_their_own(self, folder: Path) -> None:
        for given in ({}, {"api_key": "other"}, {"base_url": "https://other.test"}):
            service = Service(served)
            with client(service, cache=folder, **given) as c:
                assert c.cached([history()]) == 0
                c.answer(history())
                assert c.cached([history()]) == 1
        with client(served, cache=folder) as c:
            assert c.clear_cache() == 1
            assert c.cache_info()["entries"] == 2

    def test_an_entry_that_is_no_longer_understood_is_a_miss(self, folder: Path) -> None:
        service = Service(served)
        with client(service, cache=folder) as c:
            c.answer(history())
            asked = c._service().asked(history())
            entry = next(iter(c._service().cache.get({asked.key: asked.target}).values()))  # type: ignore[union-attr]
            broken = type(entry)(entry.target, "", b"<html>", entry.fetched_at, entry.expires)
            c._service().cache.put(asked.key, broken)  # type: ignore[union-attr]
            assert not c.answer(history()).cached
            assert c.answer(history()).cached


class TestQuota:
    def test_the_counter_is_shown(self) -> None:
        c = client(
            lambda target, n: ok(page_of(target), X_RateLimit_Limit_Day="50000", X_RateLimit_Remaining_Day="49973")
        )
        assert c.quota().limit is None
        c.answer(history())
        quota = c.quota()
        assert (quota.limit, quota.remaining, quota.reset_at) == (50_000, 49_973, kst("2024-03-07 09:00"))

    @pytest.mark.parametrize("at", [1, 9, 30])
    def test_once_it_is_used_up_nobody_asks_until_the_reset(self, at: int, folder: Path) -> None:
        clock, asked = Clock(), pages(50)
        service = Service(lambda target, n: USED_UP if n >= at else served(target, n))
        c = client(service, clock, cache=folder)
        with pytest.raises(QuotaError):
            c.answers(asked)
        sent = len(service.sent)
        assert sent <= at + 7
        # Another process of the key, as its own client on the same folder.
        other = client(service, clock, cache=folder)
        for one in (c, other):
            with pytest.raises(QuotaError):
                one.answers(pages(60)[50:])
        assert len(service.sent) == sent
        clock.set(kst("2024-03-07 09:00"))
        done = other.cached(asked)
        assert done == at - 1
        service.answer = served
        assert numbers(other.answers(asked)) == expected(asked)
        assert len(service.sent) == sent + 50 - done

    def test_a_job_larger_than_the_day_does_not_begin(self, folder: Path) -> None:
        service = Service(
            lambda target, n: ok(page_of(target), X_RateLimit_Limit_Day="100", X_RateLimit_Remaining_Day=f"{21 - n}")
        )
        c = client(service, cache=folder)
        c.answer(pages(1)[0])
        with pytest.raises(QuotaError, match=r"needs 39 requests \(1 more are in the cache\), and 20 are left"):
            c.answers(pages(40))
        assert len(service.sent) == 1
        assert len(c.answers(pages(40), allow_partial=True)) == 40


class TestEnvironments:
    def test_without_a_key_both_ways_out_are_named_at_the_first_request(self) -> None:
        c = Client(Settings(), clock=Clock())
        assert c.now() == NOON
        with pytest.raises(ConfigError, match=r"KOSCOM_API_KEY.*env='demo'"):
            c.answer(history())
        with pytest.raises(ConfigError):
            c.ready()

    def test_settings_come_from_the_environment_and_single_ones_on_top(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KOSCOM_API_KEY", KEY)
        monkeypatch.setenv("KOSDATA_ENV", "sandbox")
        c = Client(timeout=7)
        assert (c.env, c.source, c.settings.timeout) == ("sandbox", "live", 7)
        assert c.settings.api_key is not None
        assert c.settings.api_key.reveal() == KEY
        with pytest.raises(ConfigError, match="colour"):
            Client(colour="red")

    def test_both_trees_are_asked_at_their_own_address(self) -> None:
        service = Service(lambda target, n: LIST)
        c = Client(Settings().changed(api_key=KEY, cache=False), adapter=service, clock=Clock())
        v2 = Request(_endpoint("v2_stocks_lists"), {"marketcode": "kospi"})
        c.answers([listing(), v2])
        assert {(sent.url or "")[:29] for sent in service.sent} == {
            "https://oap.k-mydata.org/v3/m",
            "https://apigw.koscom.co.kr/v2",
        }

    def test_the_embedded_gateway_is_started_when_it_is_first_needed(self) -> None:
        started: list[int] = []

        def start() -> Gateway:
            started.append(1)
            return Gateway(
                "http://127.0.0.1:9", "ws://127.0.0.1:9", "demo", lambda: kst("2024-01-05 18:30").timestamp()
            )

        before = provide("demo", start)
        try:
            c = Client(Settings().changed(env="demo"), adapter=Service(served))
            assert started == []
            assert c.source == "simulator"
            assert c.now() == kst("2024-01-05 18:30")
            assert c.answer(history()).fetched_at == kst("2024-01-05 18:30")
            ready = c.ready()
            assert (ready.base_url, ready.stream_url) == ("http://127.0.0.1:9", "ws://127.0.0.1:9")
            assert started == [1]
            assert c.cache_info()["path"] is None
            provide("demo", None)
            with pytest.raises(ConfigError, match="demo"):
                Client(Settings().changed(env="demo")).answer(history())
        finally:
            provide("demo", before)

    def test_what_runs_here_is_a_simulator(self) -> None:
        assert client(served, base_url="http://127.0.0.1:1").source == "simulator"
        assert client(served).source == "live"

    def test_there_is_one_current_client(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KOSCOM_API_KEY", KEY)
        first = current()
        assert current() is first
        mine = client(served)
        assert use(mine) is first
        assert current() is mine
        assert use(None) is mine
        assert current() is not first

    def test_the_time_of_the_server_decides_what_is_today(self) -> None:
        told = ok(page_of("x"), Date="Thu, 07 Mar 2024 03:00:00 GMT")
        c = client(lambda target, n: told)
        with pytest.warns(UserWarning, match="86,400 s behind"):
            c.answers(pages(5))
        assert c.now() == kst("2024-03-07 12:00")
        assert c.stats()["clock_ahead"] == 86_400


class TestLife:
    def test_constructing_opens_nothing(self, folder: Path) -> None:
        before = set(threading.enumerate())
        Client(Settings().changed(api_key=KEY, cache=folder))
        assert set(threading.enumerate()) <= before
        assert not folder.exists()

    def test_a_closed_client_says_so(self, folder: Path) -> None:
        c = client(served, cache=folder)
        c.answer(history())
        c.close()
        c.close()
        for use_it in (lambda: c.answer(history()), c.quota, c.stats, c.now, c.clear_cache, c.ready):
            with pytest.raises(KosError, match="closed"):
                use_it()
        assert "closed" in repr(c)

    def test_a_pickle_carries_no_key_and_reads_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        c = Client(Settings().changed(api_key=KEY, base_url=BASE, timeout=7))
        packed = pickle.dumps(c)
        assert KEY.encode() not in packed
        there = pickle.loads(packed)
        assert (there.settings.base_url, there.settings.timeout, there.settings.api_key) == (BASE, 7, None)
        monkeypatch.setenv("KOSCOM_API_KEY", "workers-own")
        assert pickle.loads(packed).settings.api_key.reveal() == "workers-own"

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
    def test_a_forked_child_opens_its_own(self, folder: Path) -> None:
        c = client(served, cache=folder)
        c.answers(pages(3))
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # there are other threads here, and they are not used
            child = os.fork()
        if child == 0:  # pragma: no cover - in another process
            try:
                found = c.answers(pages(6))
                os.write(writing, json.dumps([len(c._services), [answer.cached for answer in found]]).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        services, cached = json.loads(os.read(reading, 999))
        os.close(reading)
        os.close(writing)
        assert services == 2
        assert cached == [True] * 3 + [False] * 3
        assert [answer.cached for answer in c.answers(pages(6))] == [True] * 6

    def test_what_was_counted_is_single_values(self, folder: Path) -> None:
        c = client(Faulty(1, 0.3), cache=folder)
        c.answers(pages(10))
        stats = c.stats()
        assert stats["requests"] == 10 + int(stats["retries"])
        assert (stats["cache_hits"], stats["cache_misses"]) == (0, 10)
        assert all(isinstance(value, int | float | bool | str) for value in stats.values())


class TestCapabilities:
    def test_one_request_a_licence_group(self) -> None:
        def told(target: str, n: int) -> Sent | Exception:
            if "konex" in target:
                return no(403, "no right")
            return no(400) if "futures" in target else requests.ReadTimeout() if "pdf" in target else LIST

        service = Service(told)
        c = client(service, retries=1)
        found = {capability.licence: capability for capability in c.capabilities()}
        assert len(found) == 13 == len(service.sent)
        assert found["konex_close"].state == "denied"
        assert found["konex_close"].licence_ko == "KONEX종가"
        assert found["extra"].state == "unknown"
        assert found["deriv_close_A"].state == found["stock_close_A"].state == "granted"
        c.capabilities()
        assert len(service.sent) == 13

    def test_a_refused_key_is_no_capability(self) -> None:
        with pytest.raises(AuthError):
            client(lambda target, n: no(401)).capabilities()


class TestSecrecy:
    FORMS = (
        KEY,
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        KEY.encode().hex(),
        json.dumps(KEY)[1:-1],
    )

    @pytest.mark.parametrize("auth", ["header", "query"])
    @pytest.mark.parametrize(
        "told",
        [
            ok(page_of("x")),
            no(401, f"no such key: {KEY}"),
            no(403, KEY),
            no(503, KEY),
            USED_UP,
            (200, {"Content-Type": f"text/{KEY}"}, f"<html>{KEY}</html>".encode()),
            ok({"jsonrpc": "2.0", "error": {"code": 1, "message": f"apikey={KEY}"}}),
            requests.ConnectionError(f"Max retries exceeded with url: /?apikey={KEY}"),
            requests.exceptions.InvalidHeader(KEY),
            (307, {"Location": f"https://elsewhere.test/?apikey={KEY}"}, b""),
        ],
    )
    def test_the_key_is_nowhere(
        self, told: Sent | Exception, auth: str, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        shown: list[str] = []
        with client(lambda target, n: told, cache=folder, auth=auth) as c:
            for ask in (lambda: c.answer(history()), lambda: c.answers(pages(3)), c.capabilities):
                try:
                    shown.append(repr(ask()))
                except KosError as error:
                    shown.append(_everything(error))
            shown += [
                repr(x) for x in (c, vars(c), dir(c), c.settings, c.stats(), c.quota(), c.cache_info(), c.ready())
            ]
            shown.append(repr(pickle.dumps(c)))
            files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        shown.append(caplog.text + repr([vars(record) for record in caplog.records]))
        files += [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        for form in self.FORMS:
            assert not any(form in text for text in shown)
            assert not any(form.encode() in data for data in files)

    def test_an_interrupt_shows_none_either(self) -> None:
        class Interrupted(Service):
            def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
                raise KeyboardInterrupt

        c = client(Interrupted(served), auth="query")
        try:
            c.answer(history())
        except KeyboardInterrupt as interrupt:
            text = _everything(interrupt)
        assert not any(form in text for form in self.FORMS)


def _everything(error: BaseException) -> str:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = (error.args, vars(error), error.__cause__, error.__context__)
    # The frames of this file hold what the service was told to answer.
    return "".join(line for line in shown.format() if "test_client.py" not in line) + repr(parts)


def _endpoint(name: str) -> Any:
    from kosdata.catalogue import endpoint

    return endpoint(name)


def test_transport_errors_are_of_one_kind() -> None:
    with pytest.raises(TransportError):
        client(lambda target, n: requests.ReadTimeout()).answer(history())
