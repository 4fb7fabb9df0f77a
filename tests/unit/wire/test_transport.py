from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import requests

from kosdata.settings import Secret
from kosdata.wire.transport import Broken, Reply, Transport
from tests.unit.wire.fakes import KEY, Service, ok
from tests.waiting import until

SECRET = Secret(KEY)
QUOTED = "canary%2B7d1f%2F9e"
Talk = Callable[[socket.socket], object]


@contextmanager
def server(talk: Talk) -> Iterator[tuple[str, list[bytes]]]:
    """Serve on loopback: read each request, then let `talk` have the socket."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=converse, args=(peer,), daemon=True).start()

    def converse(peer: socket.socket) -> None:
        with suppress(OSError), closing(peer), peer.makefile("rb") as lines:
            while request := b"".join(takewhile(lambda line: line not in (b"", b"\r\n"), iter(lines.readline, None))):
                heard.append(request)
                if talk(peer) is not True:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def says(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Talk:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]

    def talk(peer: socket.socket) -> bool:
        peer.sendall("\r\n".join(head).encode() + body)
        return length is None

    return talk


def slowly(data: bytes, gap: float) -> Talk:
    def talk(peer: socket.socket) -> None:
        for n in range(len(data)):
            peer.sendall(data[n : n + 1])
            time.sleep(gap)

    return talk


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(2)
    yield transport
    transport.close()


def ask(transport: Transport, url: str, *, auth: str = "header", timeout: float = 5) -> Reply | Broken:
    return transport.get(f"{url}/v3/x?a=1&b", SECRET, auth, timeout)


def why(reply: Reply | Broken) -> str:
    assert isinstance(reply, Broken)
    return reply.why


class TestAnswers:
    def test_a_whole_one_is_returned_and_the_connection_is_used_again(self, transport: Transport) -> None:
        with server(says(b'{"a": 1}', "X-RateLimit-Limit-Day: 7")) as (url, heard):
            for _ in range(2):
                reply = ask(transport, url)
                assert isinstance(reply, Reply)
                assert (reply.status, reply.body, reply.headers["x-ratelimit-limit-day"]) == (200, b'{"a": 1}', "7")
            ports = len(transport._adapter.poolmanager.pools)  # type: ignore[attr-defined]
            assert (len(heard), ports) == (2, 1)
        assert heard[0].startswith(b"GET /v3/x?a=1&b HTTP/1.1\r\n")
        assert f"apikey: {KEY}".encode() in heard[0]
        assert b"Cookie" not in heard[1]

    @pytest.mark.parametrize(("encoding", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
    def test_a_compressed_one_is_opened(
        self, transport: Transport, encoding: str, packed: Callable[[bytes], bytes]
    ) -> None:
        with server(says(packed(b"x" * 5000), f"Content-Encoding: {encoding}")) as (url, _):
            reply = ask(transport, url)
        assert isinstance(reply, Reply)
        assert reply.body == b"x" * 5000

    def test_the_key_travels_in_the_query_if_it_must(self, transport: Transport) -> None:
        with server(says(b"{}")) as (url, heard):
            ask(transport, url, auth="query")
            transport.get(f"{url}/v3/x", SECRET, "query", 5)
            transport.get(f"{url}/v3/x", None, "header", 5)
        assert heard[0].startswith(f"GET /v3/x?a=1&b&apikey={QUOTED} ".encode())
        assert heard[1].startswith(f"GET /v3/x?apikey={QUOTED} ".encode())
        assert all(b"\r\napikey:" not in request.lower() for request in heard)

    def test_a_key_that_the_server_sends_back_is_taken_out(self, transport: Transport) -> None:
        with server(says(f'{{"message": "no {KEY}"}}'.encode(), f"X-Echo: {KEY}", status="401 No")) as (url, _):
            reply = ask(transport, url)
        assert isinstance(reply, Reply)
        assert (reply.body, reply.headers["X-Echo"]) == (b'{"message": "no ***"}', "***")

    def test_neither_netrc_nor_cookies_are_used(
        self, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with server(says(b"{}", "Set-Cookie: a=b; Path=/")) as (url, heard):
            ask(transport, url)
            ask(transport, url)
        assert all(b"Authorization" not in request and b"Cookie" not in request for request in heard)

    def test_what_is_meant_for_this_machine_goes_through_no_proxy(
        self, transport: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://user:secret@127.0.0.1:1")
        monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:1")
        with server(says(b"{}")) as (url, _):
            assert isinstance(ask(transport, url), Reply)
        assert transport.proxies == []
        assert "refused" in why(ask(transport, "https://gateway.test"))
        assert transport.proxies == ["127.0.0.1"]


class TestTime:
    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="head"),
            pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500, id="endless-head"),
        ],
    )
    def test_a_byte_at_a_time_is_no_answer(self, transport: Transport, data: bytes) -> None:
        with server(slowly(data, 0.02)) as (url, _):
            begun = time.monotonic()
            assert why(ask(transport, url, timeout=0.3)) == "no answer within 0.3 s"
        assert time.monotonic() - begun < 1

    def test_the_limit_is_on_the_whole_body(self, transport: Transport) -> None:
        def talk(peer: socket.socket) -> None:
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
            slowly(b"x" * 999, 0.02)(peer)

        with server(talk) as (url, _):
            begun = time.monotonic()
            assert why(ask(transport, url, timeout=0.3)) == "no answer within 0.3 s"
        assert time.monotonic() - begun < 1

    def test_what_has_come_so_far_buys_no_time(self, transport: Transport) -> None:
        quiet = threading.Event()

        def talk(peer: socket.socket) -> None:
            quiet.wait(0.4)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
            quiet.wait(5)

        with server(talk) as (url, _):
            begun = time.monotonic()
            assert why(ask(transport, url, timeout=0.6)) == "no answer within 0.6 s"
            assert time.monotonic() - begun < 0.85
            quiet.set()

    def test_silence_is_no_answer(self, transport: Transport) -> None:
        quiet = threading.Event()
        with server(lambda peer: quiet.wait(5)) as (url, _):
            assert why(ask(transport, url, timeout=0.2)) == "no answer within 0.2 s"
            quiet.set()

    def test_a_connection_used_again_has_its_whole_time_again(self, transport: Transport) -> None:
        def talk(peer: socket.socket) -> bool:
            time.sleep(0.15)
            return bool(says(b"{}")(peer))

        with server(talk) as (url, _):
            for _ in range(4):
                assert isinstance(ask(transport, url, timeout=0.4), Reply)

    def test_another_thread_can_break_it_off(self, transport: Transport) -> None:
        quiet, replies = threading.Event(), []
        with server(lambda peer: quiet.wait(5)) as (url, heard):
            thread = threading.Thread(target=lambda: replies.append(ask(transport, url)))
            thread.start()
            until(lambda: heard)
            transport.cut([thread.ident or 0])
            thread.join(2)
            quiet.set()
        assert not thread.is_alive()
        assert isinstance(replies[0], Broken)


class TestFaults:
    def test_a_refused_connection(self, transport: Transport) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        assert why(ask(transport, f"http://127.0.0.1:{port}")) == "the connection was refused"

    def test_a_host_that_is_not_there(self) -> None:
        error = requests.ConnectionError(socket.gaierror(-2, f"unknown: {KEY}"))
        assert why(ask(Transport(1, Service(lambda *_: error)), "http://x")) == "the host name is unknown"

    @pytest.mark.parametrize(
        "talk",
        [
            pytest.param(lambda peer: None, id="nothing"),
            pytest.param(says(b"{}", length=9), id="too-short"),
            pytest.param(
                lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"),
                id="half-a-chunk",
            ),
            pytest.param(
                lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
                id="no-chunk",
            ),
            pytest.param(says(b"junk", "Content-Encoding: gzip"), id="no-gzip"),
            pytest.param(lambda peer: peer.sendall(b"SSH-2.0\r\n\r\n"), id="no-http"),
        ],
    )
    def test_what_is_cut_or_garbled_is_no_answer_and_may_be_asked_again(self, transport: Transport, talk: Talk) -> None:
        with server(talk) as (url, _):
            reply = ask(transport, url, timeout=2)
        assert isinstance(reply, Broken)
        assert not reply.is_final

    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
    def test_a_redirect_is_refused_and_the_key_does_not_follow(self, transport: Transport, status: str) -> None:
        with server(says(b"{}")) as (other, elsewhere):
            where = other.replace("127.0.0.1", "localhost")
            with server(says(gzip.compress(b"x"), f"Location: {where}/v3/x", status=status)) as (url, _):
                reply = ask(transport, url)
        assert reply == Broken("redirect refused: the key does not follow to 'localhost'", is_final=True)
        assert elsewhere == []

    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    def test_a_bomb_is_stopped_at_the_limit(
        self, transport: Transport, encoding: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kosdata.wire.transport.LIMIT", 2**20)
        packer = zlib.compressobj(1, wbits=31 if encoding == "gzip" else 15)
        bomb = packer.compress(bytes(2**26)) + packer.flush()
        with server(says(bomb, f"Content-Encoding: {encoding}")) as (url, _):
            tracemalloc.start()
            reply = ask(transport, url)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert reply == Broken("the answer is larger than 1 MiB", is_final=True)
        assert peak < 2**24

    def test_a_closed_transport_sends_nothing(self, transport: Transport) -> None:
        with server(says(b"{}")) as (url, heard):
            transport.close()
            assert why(ask(transport, url)) == "the client was closed meanwhile"
        assert heard == []


class TestSecrecy:
    @pytest.mark.parametrize("auth", ["header", "query"])
    def test_the_key_is_in_no_log(self, transport: Transport, auth: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        for name in ("urllib3", "requests", "kosdata"):
            caplog.set_level(logging.DEBUG, name)
        with server(says(b"{}", "A header that is none")) as (url, _):
            ask(transport, url, auth=auth)
        logged = caplog.text + repr([vars(record) for record in caplog.records])
        assert "/v3/x?a=1" in logged
        assert KEY not in logged
        assert QUOTED not in logged

    @pytest.mark.parametrize(
        "kind", [KeyboardInterrupt, requests.ConnectionError, requests.ReadTimeout, TypeError, MemoryError, SystemError]
    )
    def test_nothing_that_leaves_shows_it(self, kind: type[BaseException]) -> None:
        class Failing(Service):
            def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
                raise kind(f"at {request.url}")

        transport = Transport(1, Failing(lambda *_: ok({})))
        left: object = None
        try:
            left = transport.get("http://x/v3", SECRET, "query", 1)
        except KeyboardInterrupt as interrupt:
            shown = traceback.TracebackException.from_exception(interrupt, capture_locals=True)
            left = "".join(shown.format()) + repr((interrupt.args, interrupt.__context__, interrupt.__cause__))
        assert KEY not in repr(left)
        assert QUOTED not in repr(left)

    def test_certificates_are_always_verified(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: dict[str, Any] = {}

        class Watched(Service):
            def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
                seen.update(kwargs)
                return super().send(request)

        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        for bundle, expected in (("", True), ("/some/ca.pem", "/some/ca.pem")):
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
            ask(Transport(1, Watched(lambda *_: ok({}))), "https://gateway.test")
            assert seen["verify"] == expected
