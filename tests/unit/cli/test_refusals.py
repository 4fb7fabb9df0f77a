"""Wrong calls, and answers that do not come: one line of whole sentences, with the way out, in its own words."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from kosdata.cli import Exit
from kosdata.cli.refusals import line_of
from kosdata.errors import ApiError, ArgumentError, AuthError, ConfigError, NotFoundError, ServerError, TransportError
from kosdata.simulator import Schedule, Simulator
from kosdata.simulator.faults import Fault

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

KEY = "l7" + "xx" + "0123456789abcdef" * 2


@pytest.fixture
def port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("", "COMMAND"),
        ("histroy 005930", "'history'"),
        ("history", "CODE"),
        ("history 2024-01-02", "name a code"),
        ("history 2024 005930", "behind the codes"),
        ("history 005930 2021 2022 2023", "two days"),
        ("history 005930", "write --start 2024-01-02, or --period 1y"),
        ("history 005930 2024-13-01", "--start 2024-13-01 is not a day"),
        ("history 005930 2024-01-10 --start 2024-01-12", "the first day is named twice"),
        ("history --start 2024-01-10 --start 2024-01-12 005930", "the first day is named twice"),
        ("history 005930 2024-01-10 2024-01-11 --end 2024-01-12", "the last day is named twice"),
        ("history 005930 2024 --period 1y", "give one of them"),
        ("history 005930 2024 --freq Y", "'D', 'W', 'M'"),
        ("history '' 2024-01", "argument CODE: '' names nothing"),
        ("quote ''", "argument CODE: '' names nothing"),
        ("quote ,", "argument CODE: ',' names nothing"),
        ("quote ' '", "argument CODE: ' ' names nothing"),
        ("intraday ''", "argument CODE: '' names nothing"),
        ("investors ''", "argument CODE_OR_MARKET: '' names nothing"),
        ("listing ''", "argument MARKET: '' names nothing"),
        ("intraday 005930 --interval 7s", "--interval 7s is not 10 seconds or a multiple"),
        ("quote Samsung!", "kosdata: 'Samsung!' is not a code"),
        ("quote 005930 --market foo", "--market foo is not known"),
        ("quote 005930 --nonsense", "no option --nonsense"),
        ("history 005930 2024 --strat 2024", "no option --strat. Did you mean --start? Try: kosdata history --help"),
        ("doctor now", "'now' is too much"),
        ("listing nasdaq", "kosdata: 'nasdaq' is not known. Did you mean kosdaq?"),
        ("endpoints --fields v3_closed_kospi_histroy", "v3_closed_kospi_history"),
        ("quote 005930 --seed 1", "KOSDATA_BASE_URL"),
        ("--env demo quote 005930", "kosdata COMMAND ... --env"),
        ("plan --env demo history 005930 2024", "kosdata plan COMMAND ... --env"),
        ("demo --now tomorrow", "2024-01-05T15:45"),
        ("demo --now 1999-12-31", "write --now 2000-01-04T18:30 or later"),
        ("stream 005930 --rows 0", "at least 1"),
        ("stream 005930 --seconds soon", "above 0"),
        ("stream 005930 --preset change", "--preset change needs --items, such as price,volume."),
        ("stream kospi --preset quote", "tick"),
        ("stream kospi kosdaq", "kospi is a market"),
        ("stream kospi,kosdaq", "kospi is a market"),
        ("stream 005930 KOSDAQ", "kosdaq is a market"),
        ("stream konex", "konex is a market: name kospi or kosdaq"),
        ("stream K1", "K1 has no preset 'tick': use 'index'"),
        ("stream 005930 --interval 3 --transport ws", "--interval is for --transport poll"),
        ("serve --faults nowhere.json", "nowhere.json"),
        ("serve --quota -5", "at least 1"),
        ("serve --port 70000", "no port from 1 to 65535"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_way_out(words: str, part: str, run: Run) -> None:
    said = run(words)
    assert (said.code, said.out) == (Exit.WRONG_CALL, "")
    assert said.err.startswith("kosdata")
    assert said.err.count("\n") == 1
    assert part in said.err


def test_a_port_that_is_taken_is_told_with_the_way_out(run: Run, port: int) -> None:
    said = run(f"serve --port {port}")
    assert said.code == Exit.WRONG_CALL
    assert str(port) in said.err
    assert "Name another --port" in said.err


@pytest.mark.parametrize("variable", ["KOSCOM_API_KEY", "KOSDATA_ENV", "KOSDATA_BASE_URL", "KOSDATA_STREAM_URL"])
@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_variable_is_as_good_as_none(
    variable: str, blank: str, own: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, blank)
    assert own("quote 005930 --env demo --demo-now 2024-01-12T18:30").code == Exit.DONE


# Keys ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        *("quote 005930 --api-key {}", "--api-key {} quote", "quote --apikey={}", "--key {}"),
        *("quote --apiKey={}", "quote --api_key={}", "quote 005930 --token {}", "plan history --API-KEY {}"),
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(words: str, run: Run) -> None:
    said = run(words.format("not-my-key"))
    assert said.code == Exit.WRONG_CALL
    assert "KOSCOM_API_KEY" in said.err
    assert "not-my-key" not in said.err


@pytest.mark.parametrize("key", [KEY, KEY.upper(), KEY[:-1]])
@pytest.mark.parametrize(
    "words",
    [
        *("doctor {}", "quote {}", "{}", "quote 005930 --market {}", "quote 005930 -o {}", "quote --frob={}"),
        *("history 005930 {}", "endpoints --fields {}", "quote 005930 --market {} --debug", "serve --faults {}.json"),
    ],
)
def test_what_looks_like_a_key_is_never_repeated(words: str, key: str, run: Run) -> None:
    said = run(words.format(key))
    assert said.code == Exit.WRONG_CALL
    assert said.err
    assert key[4:].lower() not in (said.out + said.err).lower()


def test_without_a_key_both_ways_out_are_named(run: Run) -> None:
    for words in ("quote 005930", "quota", "plan quote 005930", "stream 005930"):
        said = run(f"{words} --env production")
        assert said.code == Exit.WRONG_CALL
        assert "KOSCOM_API_KEY" in said.err
        assert "--env demo" in said.err


# Answers that do not come -------------------------------------------------------------------------------------------


def test_a_refusal_is_one_line_and_exit_code_three(run: Run) -> None:
    said = run("quote 999999")
    assert (said.code, said.out, said.err.count("\n")) == (Exit.REFUSED, "", 1)
    assert "999999" in said.err
    assert "--market kospi" in said.err


def test_a_key_that_is_refused_is_exit_code_three(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSCOM_API_KEY", "canary-key")
    said = run("quote 005930")
    assert said.code == Exit.REFUSED
    assert "canary" not in said.err
    assert "Check KOSCOM_API_KEY; sandbox and production have different keys." in said.err
    assert run("stream 005930 --transport ws").code == Exit.REFUSED


def test_an_address_that_nobody_answers_at_is_exit_code_three(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(now="2024-01-12T18:30", speed=0) as gone:
        monkeypatch.setenv("KOSDATA_BASE_URL", gone.base_url)
    monkeypatch.setattr("kosdata.wire.session.backoff", lambda *_: 0.0)
    said = run("quote 005930")
    assert said.code == Exit.REFUSED
    assert said.err.count("\n") == 1
    for part in ("network", "proxy", "KOSDATA_BASE_URL", "kosdata doctor"):
        assert part in said.err


def test_what_the_service_says_is_left_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "start=20240102 and market='kospi' and base_url do not go together"
    fault = Fault("status", status=400, body=f'{{"message":"{text}"}}')
    with Simulator(now="2024-01-12T18:30", speed=0, faults=Schedule([fault])) as strange:
        monkeypatch.setenv("KOSDATA_BASE_URL", strange.base_url)
        said = run("history K1 2024-01-02")
    assert said.code == Exit.REFUSED
    assert f"HTTP 400: {text}. kosdata doctor looks for the cause.\n" in said.err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ArgumentError("start=2024-01-02 comes after end=2024-01-01."), "--start 2024-01-02 comes after 2024-01-01."),
        (ArgumentError("refresh=True needs items=['a', 'b']"), "--refresh needs --items a,b."),
        (ArgumentError("nothing=1 is known; code='x y' neither"), "nothing=1 is known; 'x y' neither."),
        (ConfigError("api_key (argument or variable KOSCOM_API_KEY) is blank."), "KOSCOM_API_KEY is blank."),
        (ConfigError("Write https://, or pass allow_insecure=True if it is yours."), "Write https://."),
        (ArgumentError("Wait, or pass refresh=True."), "Wait, or pass --refresh."),
        (ConfigError("Set stream_url= or KOSDATA_STREAM_URL."), "Set KOSDATA_STREAM_URL."),
        (ServerError("x: HTTP 500 without a word", hint="This passes."), "x: HTTP 500 without a word. This passes."),
        (ApiError("x: HTTP 400: start=1"), "x: HTTP 400: start=1. kosdata doctor looks for the cause."),
        (
            AuthError("x: HTTP 401: api_key", hint="Check api_key (argument or KOSCOM_API_KEY); or not"),
            "x: HTTP 401: api_key. Check KOSCOM_API_KEY; or not.",
        ),
        (NotFoundError("x", hint="Check env and base_url."), "x. Check --env and KOSDATA_BASE_URL."),
        (
            TransportError("x: no answer.\nTried 5 times."),
            "x: no answer. Tried 5 times. See network, proxy and KOSDATA_BASE_URL: kosdata doctor looks for the cause.",
        ),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh. This is a bug of kosdata: --debug shows where."),
    ],
)
def test_advice_is_told_in_the_words_of_the_command_line(error: Exception, line: str) -> None:
    written = {"start": "--start", "end": "", "refresh": "--refresh", "items": "--items", "code": ""}
    assert line_of(error, written) == line
