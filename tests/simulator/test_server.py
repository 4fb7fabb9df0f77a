from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
import requests

from kosdata.errors import ConfigError
from kosdata.simulator.faults import Fault, Rule, Schedule
from kosdata.simulator.http import NO_ANSWER, Reply, Request
from kosdata.simulator.server import MOST_CONNECTIONS, Server
from tests.waiting import until

KEY = "canary-7d1f"
Serve = Callable[..., Server]


def echo(request: Request) -> Reply:
    """Say what was asked, at the length that the query wants."""
    size = int(request.query.partition("pad=")[2] or 0)
    told = {"method": request.method, "path": request.path, "query": request.query, "pad": "가" * size}
    return Reply(200 if request.method == "GET" else 405, json.dumps(told, ensure_ascii=False).encode())


class Waits:
    """A sleep that only takes note."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def forever(seconds: float) -> None:
    await asyncio.Event().wait()


@pytest.fixture
def serve() -> Iterator[Serve]:
    before = set(threading.enumerate())
    with ExitStack() as running:
        yield lambda answer=echo, **options: running.enter_context(Server(answer, **options))
    assert set(threading.enumerate()) <= before


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def faulty(*faults: Fault | Rule) -> Schedule:
    return Schedule(rule if isinstance(rule, Rule) else Rule(rule, times=1) for rule in faults)


def ask(url: str) -> requests.Response:
    """Ask over a connection of one's own."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=5)


def hello(server: Server) -> bytes:
    return f"GET / HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode()


def greeted(server: Server) -> socket.socket:
    """Return a connection that has asked, and has not read yet."""
    connection = socket.create_connection((server.host, server.port), timeout=5)
    connection.sendall(hello(server))
    return connection


def is_let_in(server: Server) -> bool:
    try:
        return get(server) != b""
    except ConnectionResetError:
        return False


def raw(server: Server, message: bytes) -> bytes:
    """Send bytes and return all that comes back until the server hangs up."""
    with closing(socket.create_connection((server.host, server.port), timeout=5)) as connection:
        connection.sendall(message)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def get(server: Server, *lines: str, path: str = "/a", host: str | None = None) -> bytes:
    head = [f"GET {path} HTTP/1.1", f"Host: {host or f'{server.host}:{server.port}'}", "Connection: close", *lines]
    return raw(server, "\r\n".join([*head, "", ""]).encode())


class TestAnswers:
    def test_what_was_asked_reaches_the_answerer(self, serve: Serve, http: requests.Session) -> None:
        answer = Mock(side_effect=echo)
        server = serve(answer)
        told = http.get(f"{server.base_url}/v3/%EA%B0%80 b?isuCd=005930%2C000660&x", headers={"ApiKey": KEY})
        assert (told.status_code, told.json()["path"]) == (200, "/v3/가 b")
        asked = answer.call_args.args[0]
        assert asked.query == "isuCd=005930%2C000660&x"
        assert asked.headers["apikey"] == KEY
        assert KEY not in repr(asked)

    def test_headers(self, serve: Serve, http: requests.Session) -> None:
        server = serve(now=lambda: datetime(2024, 1, 2, 9, tzinfo=UTC))
        headers = http.get(server.base_url).headers
        assert headers["Content-Type"] == "application/json; charset=utf-8"
        assert headers["Date"] == "Tue, 02 Jan 2024 09:00:00 GMT"
        assert "simulator" in headers["Server"]
        assert not [name for name in headers if name.lower().startswith("access-control")]

    def test_the_reply_has_the_last_word_on_its_headers(self, serve: Serve, http: requests.Session) -> None:
        own = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT", "X-RateLimit-Remaining-Day": "49973"}
        server = serve(lambda _: Reply(404, b"{}", own))
        told = http.get(server.base_url)
        assert told.status_code == 404
        assert own.items() <= told.headers.items()

    @pytest.mark.parametrize(
        ("accepted", "pad", "encoding"),
        [
            ("gzip, deflate", 2000, "gzip"),
            ("br;q=1.0, gzip;q=0.8", 2000, "gzip"),
            ("gzip", 10, None),
            ("gzip;q=0", 2000, None),
            ("identity", 2000, None),
        ],
    )
    def test_gzip(self, serve: Serve, http: requests.Session, accepted: str, pad: int, encoding: str | None) -> None:
        told = http.get(f"{serve().base_url}/?pad={pad}", headers={"Accept-Encoding": accepted})
        assert told.headers.get("Content-Encoding") == encoding
        assert told.json()["pad"] == "가" * pad

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
    def test_other_methods_are_the_answerers(self, serve: Serve, http: requests.Session, method: str) -> None:
        server = serve()
        for _ in range(2):
            told = http.request(method, server.base_url, data=b"x" * 5000)
            assert (told.status_code, told.json()["method"]) == (405, method)

    def test_head_has_the_length_and_no_body(self, serve: Serve, http: requests.Session) -> None:
        server = serve()
        told = http.head(server.base_url)
        assert (told.status_code, told.content) == (405, b"")
        assert int(told.headers["Content-Length"]) > 0
        assert http.get(server.base_url).ok

    def test_many_at_once(self, serve: Serve) -> None:
        server = serve()
        paths = [f"/{number}" for number in range(160)]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, (server.base_url + path for path in paths)))
        assert [told.json()["path"] for told in answers] == paths
        assert server.count == 160

    def test_a_slow_answer_holds_nobody_up(self, serve: Serve, http: requests.Session) -> None:
        begun, finish = threading.Event(), threading.Event()

        def answer(request: Request) -> Reply:
            if request.path == "/slow":
                begun.set()
                finish.wait(5)
            return echo(request)

        server = serve(answer)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(ask, f"{server.base_url}/slow")
            assert begun.wait(5)
            assert http.get(f"{server.base_url}/fast").ok
            assert not slow.done()
            finish.set()
            assert slow.result().ok

    def test_a_failing_answer_is_a_500_and_its_text_stays_inside(
        self, serve: Serve, http: requests.Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        server = serve(lambda request: {}[request.headers["apikey"]])
        told = http.get(f"{server.base_url}/v3", headers={"apikey": KEY})
        assert (told.status_code, list(told.json())) == (500, ["message"])
        assert "GET /v3 failed: KeyError" in caplog.text
        assert KEY not in caplog.text


class TestFaults:
    @pytest.mark.parametrize("pad", [0, 5000])
    def test_cut(self, serve: Serve, http: requests.Session, pad: int) -> None:
        server = serve(faults=faulty(Fault("cut")))
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            http.get(f"{server.base_url}/?pad={pad}")
        assert http.get(server.base_url).ok

    def test_refuse(self, serve: Serve) -> None:
        server = serve(faults=faulty(Fault("refuse")))
        assert get(server) == b""
        assert get(server).startswith(b"HTTP/1.1 200 OK\r\n")
        assert [seen.status for seen in server.requests] == [NO_ANSWER, 200]

    def test_reset(self, serve: Serve) -> None:
        server = serve(faults=faulty(Fault("reset")))
        with pytest.raises(ConnectionResetError):
            get(server)
        assert get(server).startswith(b"HTTP/1.1 200 OK\r\n")

    @pytest.mark.parametrize("kind", ["refuse", "reset"])
    def test_a_kept_connection_is_broken_too(self, serve: Serve, http: requests.Session, kind: Any) -> None:
        server = serve(faults=faulty(Rule(Fault(kind), skip=1, times=1)))
        assert http.get(server.base_url).ok
        with pytest.raises(requests.ConnectionError):
            http.get(server.base_url)
        assert http.get(server.base_url).ok

    @pytest.mark.parametrize("kind", ["refuse", "reset", "status", "html", "empty"])
    def test_the_answerer_is_not_asked_in_vain(self, serve: Serve, kind: Any) -> None:
        asked = Mock(side_effect=echo)
        server = serve(asked, faults=Schedule([Fault(kind)]))
        with suppress(ConnectionResetError):
            get(server)
        assert server.count == 1
        asked.assert_not_called()

    def test_delay(self, serve: Serve, http: requests.Session) -> None:
        waits = Waits()
        server = serve(faults=faulty(Fault("delay", seconds=2.5)), sleep=waits)
        assert http.get(server.base_url).ok
        assert waits.seconds == [2.5]

    def test_a_delay_outlasts_the_patience_of_the_client(self, serve: Serve, http: requests.Session) -> None:
        server = serve(faults=faulty(Fault("delay")), sleep=forever)
        with pytest.raises(requests.ReadTimeout):
            http.get(server.base_url, timeout=0.05)
        assert http.get(server.base_url).ok
        assert [seen.status for seen in server.requests] == [200, 200]

    def test_trickle(self, serve: Serve) -> None:
        waits = Waits()
        server = serve(faults=faulty(Fault("trickle", seconds=0.5)), sleep=waits)
        message = get(server)
        head, _, body = message.partition(b"\r\n\r\n")
        assert json.loads(body)["path"] == "/a"
        assert f"Content-Length: {len(body)}".encode() in head
        assert waits.seconds == [0.5] * len(message)

    def test_a_trickle_may_be_left_early(self, serve: Serve) -> None:
        server = serve(faults=faulty(Fault("trickle", seconds=0.001)))
        with closing(greeted(server)) as connection:
            assert b"".join(connection.recv(1) for _ in range(15)) == b"HTTP/1.1 200 OK"
        assert get(server).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_corrupt(self, serve: Serve, http: requests.Session) -> None:
        told = http.get(serve(faults=faulty(Fault("corrupt"))).base_url)
        assert told.status_code == 200
        with pytest.raises(requests.exceptions.JSONDecodeError):
            told.json()

    def test_html_and_empty(self, serve: Serve, http: requests.Session) -> None:
        server = serve(faults=faulty(Fault("html"), Fault("empty")))
        page, empty = http.get(server.base_url), http.get(server.base_url)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "<html" in page.text
        assert (empty.status_code, empty.content) == (200, b"")

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
    def test_status(self, serve: Serve, http: requests.Session, status: int) -> None:
        server = serve(faults=faulty(Fault("status", status=status, retry_after=3, remaining=0)))
        told = http.get(server.base_url)
        assert told.status_code == status
        assert told.json()["message"]
        assert (told.headers["Retry-After"], told.headers["X-RateLimit-Remaining-Day"]) == ("3", "0")

    def test_redirect(self, serve: Serve, http: requests.Session) -> None:
        server = serve(faults=faulty(Fault("redirect", location="http://elsewhere.invalid/")))
        told = http.get(server.base_url, allow_redirects=False)
        assert (told.status_code, told.headers["Location"]) == (302, "http://elsewhere.invalid/")

    def test_huge(self, serve: Serve, http: requests.Session) -> None:
        told = http.get(serve(faults=faulty(Fault("huge", size=3_000_000))).base_url)
        assert int(told.headers["Content-Length"]) < 10_000
        assert len(told.content) > 3_000_000
        assert told.json()["path"] == "/"

    def test_body(self, serve: Serve, http: requests.Session) -> None:
        told = http.get(serve(faults=faulty(Fault("body", body='{"error":{"code":10080}}'))).base_url)
        assert (told.status_code, told.json()) == (200, {"error": {"code": 10080}})

    def test_faults_may_come_and_go(self, serve: Serve, http: requests.Session) -> None:
        server = serve()
        assert http.get(server.base_url).ok
        server.faults = Schedule([Fault("status")])
        assert http.get(server.base_url).status_code == 503
        server.faults = None
        assert http.get(server.base_url).ok


class TestGuards:
    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:9", "[::1]:9", "127.3.2.1"])
    def test_own_hosts(self, serve: Serve, host: str) -> None:
        assert get(serve(), host=host).startswith(b"HTTP/1.1 200 ")

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "10.0.0.1",
            "[::1",
            ":80",
            "a@localhost",
        ],
    )
    def test_foreign_hosts(self, serve: Serve, host: str) -> None:
        server = serve(faults=Schedule([Fault("refuse")]))
        assert get(server, host=host).startswith(b"HTTP/1.1 403 ")
        assert server.requests[-1].status == 403

    def test_no_host(self, serve: Serve) -> None:
        assert raw(serve(), b"GET / HTTP/1.0\r\n\r\n").split()[1] == b"403"

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost", "http://localhost:8888"])
    def test_foreign_origins(self, serve: Serve, http: requests.Session, origin: str) -> None:
        assert http.get(serve().base_url, headers={"Origin": origin}).status_code == 403

    def test_own_origin(self, serve: Serve, http: requests.Session) -> None:
        server = serve()
        assert http.get(server.base_url, headers={"Origin": server.base_url}).ok

    @pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "example.org"])
    def test_other_machines_need_a_word(self, host: str) -> None:
        with pytest.raises(ConfigError, match="expose=True"):
            Server(echo, host=host)
        with pytest.warns(UserWarning, match="other machines"):
            Server(echo, host=host, expose=True)

    def test_an_exposed_server_is_called_by_address(self, serve: Serve, recwarn: pytest.WarningsRecorder) -> None:
        server = serve(expose=True)
        assert not recwarn
        assert get(server, host="192.0.2.1:8000").startswith(b"HTTP/1.1 200 ")
        assert get(server, host="evil.example").startswith(b"HTTP/1.1 403 ")

    @pytest.mark.parametrize(
        "message",
        [
            b"\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nbroken canary-7d1f\r\n\r\n",
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
            b"GET http://[::1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"GET /\xff%ff%00\x80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        ],
    )
    def test_broken_requests_do_no_harm(
        self, serve: Serve, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], message: bytes
    ) -> None:
        server = serve()
        with closing(socket.create_connection((server.host, server.port), timeout=5)) as connection:
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)
            try:
                answer = connection.recv(65536)
            except ConnectionResetError:
                answer = b""
        assert not answer or 400 <= int(answer.split()[1]) < 500 or b"200 OK" in answer
        assert get(server).startswith(b"HTTP/1.1 200 OK\r\n")
        assert KEY not in caplog.text + str(server.requests) + "".join(capfd.readouterr())

    def test_a_crowd_closes_who_was_idle_longest(self, serve: Serve) -> None:
        server = serve()
        with ExitStack() as held:
            first = held.enter_context(greeted(server))
            assert first.recv(65536)  # answered, and idle, before any other is
            crowd = [first, *(held.enter_context(greeted(server)) for _ in range(MOST_CONNECTIONS - 1))]
            for connection in crowd[1:]:
                assert connection.recv(65536)
            assert get(server).startswith(b"HTTP/1.1 200 OK\r\n")
            assert crowd[0].recv(1) == b""
            crowd[1].sendall(hello(server))
            assert crowd[1].recv(65536)

    def test_a_busy_crowd_leaves_no_room(self, serve: Serve) -> None:
        server = serve(faults=faulty(Rule(Fault("delay"), times=MOST_CONNECTIONS)), sleep=forever)
        with ExitStack() as held:
            crowd = [held.enter_context(greeted(server)) for _ in range(MOST_CONNECTIONS)]
            until(lambda: server.count == MOST_CONNECTIONS)
            assert not is_let_in(server)
            crowd[0].close()
            until(lambda: is_let_in(server))


class TestLog:
    def test_it_tells_what_came_and_hides_the_key(self, serve: Serve) -> None:
        server = serve()
        get(server, f"apikey: {KEY}", path=f"/v3/a?x=1&api%4Bey={KEY}&y")
        assert server.requests == (("GET", "/v3/a", "x=1&api%4Bey=***&y", 200),)
        assert server.count == 1

    def test_what_looks_like_a_key_is_hidden_anywhere(self, serve: Serve, http: requests.Session) -> None:
        server, stray = serve(), "l7" + "xx" + "0123456789abcdef"
        http.get(f"{server.base_url}/{stray}?{stray}")
        assert server.requests == (("GET", "/***", "***", 200),)

    def test_nothing_is_logged_elsewhere(
        self, serve: Serve, http: requests.Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        server = serve()
        with caplog.at_level(logging.DEBUG):
            http.get(server.base_url, headers={"apikey": KEY})
        assert KEY not in caplog.text
        assert not [record for record in caplog.records if record.name.startswith(("aiohttp", "kosdata"))]


class TestLife:
    def test_no_address_before_the_start(self) -> None:
        with pytest.raises(ConfigError, match="before it is started"):
            _ = Server(echo).base_url

    def test_addresses(self, serve: Serve) -> None:
        server = serve()
        assert server.base_url == f"http://127.0.0.1:{server.port}"
        assert server.stream_url == f"ws://127.0.0.1:{server.port}"

    def test_stop_and_start_keep_the_address(self, http: requests.Session) -> None:
        server = Server(echo)
        server.stop()
        for _ in range(3):
            assert server.start() is server.start()
            address = server.base_url
            assert http.get(address).ok
            server.stop()
            server.stop()
            with pytest.raises(requests.ConnectionError):
                http.get(address)
        assert server.count == 3

    def test_a_taken_port_is_named(self, serve: Serve) -> None:
        taken = serve().port
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {taken}"):
            Server(echo, port=taken).start()

    def test_only_loopback_listens(self, serve: Serve) -> None:
        server = serve()
        with closing(socket.socket()) as other:
            other.bind(("127.0.0.2", server.port))  # free, so nobody listens on every address

    def test_stop_does_not_wait_for_the_slow(self, http: requests.Session) -> None:
        server = Server(echo, faults=Schedule([Fault("delay")]), sleep=forever).start()
        with ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(ask, server.base_url) for _ in range(4)]
            until(lambda: server.count == 4)
            began = time.monotonic()
            server.stop()
            assert time.monotonic() - began < 1
            assert all(isinstance(future.exception(), requests.ConnectionError) for future in waiting)

    def test_stop_drops_a_client_that_does_not_read(self) -> None:
        before = threading.active_count()
        server = Server(lambda _: Reply(200, bytes(20_000_000))).start()
        with closing(greeted(server)) as connection:
            assert connection.recv(1) == b"H"
            server.stop()
        assert threading.active_count() == before

    def test_it_ends_with_the_process(self) -> None:
        program = (
            "import urllib.request as u\n"
            "from kosdata.simulator.http import Reply\n"
            "from kosdata.simulator.server import Server\n"
            "server = Server(lambda _: Reply(200, b'{}')).start()\n"
            "print(u.build_opener(u.ProxyHandler({})).open(server.base_url).read().decode())\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")

    def test_without_aiohttp_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "aiohttp", None)
        with pytest.raises(ConfigError, match=r"kosdata\[demo\]"):
            Server(echo)


class TestSockets:
    """The door for the stream; the protocol behind it lives elsewhere."""

    def test_a_path_can_be_a_socket(self, serve: Serve, http: requests.Session) -> None:
        from aiohttp import ClientSession, WSServerHandshakeError, web

        async def upper(request: web.BaseRequest) -> web.StreamResponse:
            answer = web.WebSocketResponse()
            await answer.prepare(request)
            async for message in answer:
                await answer.send_str(message.data.upper())
            return answer

        async def converse(url: str) -> str:
            async with ClientSession() as session, session.ws_connect(url) as stream:
                await stream.send_str("init")
                return await stream.receive_str()

        async def intrude(url: str) -> None:
            async with ClientSession() as session, session.ws_connect(url, origin="http://evil.example"):
                pass

        server = serve(sockets={"/ws/": upper})
        assert asyncio.run(converse(f"{server.stream_url}/ws/")) == "INIT"
        with pytest.raises(WSServerHandshakeError, match="403"):
            asyncio.run(intrude(f"{server.stream_url}/ws/"))
        assert http.get(server.base_url).ok
        assert [seen.status for seen in server.requests] == [101, 403, 200]
