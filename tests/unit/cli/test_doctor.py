"""What the doctor says of a machine that is well, and of one that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from kosdata.cli import Exit
from kosdata.cli.table import display_width
from kosdata.simulator import Schedule, Simulator
from kosdata.simulator.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Run, Said

Ask = Callable[..., "Said"]


def found(said: Said) -> dict[str, tuple[str, str]]:
    """Return what was looked at, what state it is in, and what was said."""
    lines = [line.split(None, 2) for line in said.out.splitlines()]
    return {what: (state, text) for state, what, text in lines}


@pytest.fixture
def production(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What runs a command as if the gateway of the tests were the service."""
    monkeypatch.delenv("KOSDATA_ENV")
    monkeypatch.delenv("KOSDATA_STREAM_URL")
    monkeypatch.setenv("KOSCOM_API_KEY", "demo")
    return run


@pytest.fixture
def strict() -> Iterator[Simulator]:
    """A gateway whose key does not cover everything."""
    with Simulator(now="2024-01-12T18:30", speed=0, denied=["extra"]) as simulator:
        yield simulator


def test_the_demo_market_is_well_without_a_key(run: Run) -> None:
    said = run("doctor")
    states = found(said)
    assert said.code == Exit.DONE
    assert "wrong" not in {state for state, _ in states.values()}
    for name in ("key", "host", "access", "clock", "cache", "quota", "stream"):
        assert states[name][0] == "ok", name
    assert "synthetic" in states["clock"][1]
    assert said.err == ""


def test_a_demo_of_its_own_is_well_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KOSDATA_BASE_URL", "KOSDATA_STREAM_URL", "KOSDATA_ENV"):
        monkeypatch.delenv(name)
    said = run("doctor --env demo --demo-now 2024-01-12T18:30")
    assert said.code == Exit.DONE
    assert "2024-01-12 18:3" in found(said)["clock"][1]


def test_without_a_key_both_ways_out_are_said_and_nothing_is_sent(
    production: Run, market: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KOSCOM_API_KEY")
    before = market.count
    said = production("doctor")
    states = found(said)
    assert said.code == Exit.WRONG
    assert states["key"][0] == "wrong"
    assert "KOSCOM_API_KEY" in states["key"][1]
    assert "--env demo" in states["key"][1]
    assert states["host"] == ("ok", f"{market.base_url} accepts connections; nothing was sent")
    assert "access" not in states
    assert market.count == before


def test_one_request_tells_whether_the_key_is_accepted(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator() as simulator:  # on this machine's day: the service tells no other
        monkeypatch.setenv("KOSDATA_BASE_URL", simulator.base_url)
        said = production("doctor")
        assert simulator.count == 1
    states = found(said)
    assert said.code == Exit.DONE
    assert states["access"][0] == "ok"
    assert states["key"][0] == "unknown"
    assert "demo" not in states["key"][1]
    assert states["stream"][0] == "unknown"
    assert "KOSDATA_STREAM_URL" in states["stream"][1]


def test_nobody_is_asked_if_the_user_says_so(production: Run, market: Simulator) -> None:
    before = market.count
    states = found(production("doctor --no-ask"))
    assert market.count == before
    assert [states[name][0] for name in ("host", "access", "licences")] == ["ok", "unknown", "unknown"]


def test_a_key_of_the_usual_shape_is_known_and_never_shown(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "l7" + "xx" + "0123456789abcdef" * 2
    monkeypatch.setenv("KOSCOM_API_KEY", key)
    said = production("doctor")
    states = found(said)
    assert states["key"][0] == "ok"
    assert states["host"][0] == "ok"
    assert states["access"][0] == "wrong"
    assert "refused" in states["access"][1]
    assert said.code == Exit.WRONG
    assert key not in said.out + said.err


def test_a_key_that_cannot_be_one_is_wrong(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSCOM_API_KEY", "a b")
    said = production("doctor")
    assert said.code == Exit.WRONG
    state, text = found(said)["settings"]
    assert state == "wrong"
    assert text.startswith("KOSCOM_API_KEY is blank or holds a space")


def test_a_blank_key_is_none(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSCOM_API_KEY", " ")
    said = production("doctor")
    assert said.code == Exit.WRONG
    assert "There is no API key" in found(said)["key"][1]


def test_a_host_that_does_not_answer_is_wrong(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(now="2024-01-12T18:30", speed=0) as gone:
        monkeypatch.setenv("KOSDATA_BASE_URL", gone.base_url)
    for words in ("doctor", "doctor --no-ask"):
        said = production(words)
        states = found(said)
        assert said.code == Exit.WRONG
        assert states["host"][0] == "wrong"
        assert "KOSDATA_BASE_URL" in states["host"][1]
        assert states["clock"][0] == "unknown"
        assert "synthetic" not in states["clock"][1]


Outcome = tuple[Fault, dict[str, str], str]
OUTCOMES: list[Outcome] = [
    (Fault("status", status=401), {"host": "ok", "access": "wrong"}, "copy it again"),
    (Fault("status", status=403), {"host": "ok", "access": "wrong"}, "its contract lacks stock_close_A"),
    (Fault("status", status=404), {"host": "wrong", "access": "unknown"}, "has no such path: see KOSDATA_BASE_URL"),
    (Fault("status", status=400), {"host": "ok", "access": "unknown"}, "ask again later"),
    (Fault("status", status=429), {"host": "ok", "access": "unknown"}, "wait a minute"),
    (
        Fault("status", status=429, remaining=0),
        {"host": "ok", "access": "wrong", "quota": "wrong"},
        "used up: the next day",
    ),
    (Fault("status", status=503), {"host": "wrong", "access": "unknown"}, "down: try again later"),
    (Fault("html"), {"host": "wrong", "access": "unknown"}, "gives no usable answer: see network, proxy"),
    (
        Fault("empty"),
        {"host": "wrong", "access": "unknown"},
        "the answer is not JSON (application/json; charset=utf-8)",
    ),
    (Fault("redirect", location="https://example.com/"), {"host": "wrong", "access": "unknown"}, "redirect refused"),
    (Fault("reset"), {"host": "wrong", "access": "unknown"}, "the connection was cut"),
]


@pytest.mark.parametrize(("fault", "states", "part"), OUTCOMES, ids=[part for *_, part in OUTCOMES])
def test_each_answer_is_told_for_what_it_is(
    fault: Fault, states: dict[str, str], part: str, production: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulator(faults=Schedule([fault])) as strange:
        monkeypatch.setenv("KOSDATA_BASE_URL", strange.base_url)
        said = production("doctor")
    told = found(said)
    assert {name: told[name][0] for name in states} == states
    assert said.code == (Exit.WRONG if "wrong" in states.values() else Exit.DONE)
    assert part in said.out
    assert "does not answer" not in said.out
    assert told["clock"][0] == ("unknown" if "no usable answer" in said.out else "ok")


def test_a_key_that_may_do_nothing_is_not_well(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(faults=Schedule([Fault("status", status=403)])) as closed:
        monkeypatch.setenv("KOSDATA_BASE_URL", closed.base_url)
        said = production("doctor --licences")
    assert said.code == Exit.WRONG
    state, text = found(said)["licences"]
    assert state == "wrong"
    assert "ask KOSCOM" in text
    assert "granted: none" in text


def test_no_package_is_named_that_nothing_uses(run: Run) -> None:
    assert not {"duckdb", "polars"} & found(run("doctor")).keys()


def test_licences_are_asked_for_on_request(production: Run, strict: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSDATA_BASE_URL", strict.base_url)
    states = found(production("doctor --licences"))
    assert "denied: extra" in states["licences"][1]
    assert "stock_close_A" in states["licences"][1].partition("denied")[0]
    assert strict.count > 10


def test_a_cache_that_cannot_be_used_is_wrong(production: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KOSDATA_CACHE_DIR", str(tmp_path / "file"))
    said = production("doctor")
    assert said.code == Exit.WRONG
    assert found(said)["cache"][0] == "wrong"
    assert "KOSDATA_CACHE_DIR" in found(said)["cache"][1]


def test_a_day_that_is_used_up_is_wrong(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(now="2024-01-12T18:30", speed=0, quota=1) as poor:
        monkeypatch.setenv("KOSDATA_BASE_URL", poor.base_url)
        said = production("doctor")
    assert said.code == Exit.WRONG
    assert found(said)["quota"][0] == "wrong"


def test_a_clock_that_is_wrong_is_told(production: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kosdata.wire.client.Client.source", "live")
    said = production("doctor")
    assert found(said)["clock"][0] == "wrong"
    assert "NTP" in found(said)["clock"][1]


def test_time_zones_of_another_world_are_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoneinfo import ZoneInfo

    monkeypatch.setattr("kosdata.cli.doctor.SEOUL", ZoneInfo("UTC"))
    said = run("doctor")
    assert said.code == Exit.WRONG
    assert "tzdata" in found(said)["timezone"][1]


def test_a_missing_package_is_wrong_only_where_it_is_needed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import PackageNotFoundError

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("kosdata.cli.doctor.version", missing)
    states = found(run("doctor"))
    assert states["aiohttp"][0] == "wrong"
    assert states["pyarrow"][0] == "ok"
    assert "pip install 'kosdata[demo]'" in states["aiohttp"][1]


def test_on_a_terminal_lines_fit(run: Run, screen: Callable[[int], None]) -> None:
    screen(60)
    said = run("doctor")
    assert max(map(display_width, said.out.splitlines())) <= 60
