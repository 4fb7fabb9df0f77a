"""The command line from its words to its output, its files and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import requests

import kosdata as kd
from kosdata import cli
from kosdata.cli.commands import COMMANDS
from kosdata.cli.parsing import parser
from kosdata.cli.table import wide
from kosdata.simulator import Simulator
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Run

Screen = Callable[..., None]
NAMES = [
    *("demo", "history", "intraday", "quote", "listing", "investors"),
    *("endpoints", "plan", "quota", "stream", "serve", "doctor"),
]
LIVE = "--env demo --demo-now 2024-01-12T10:00 --demo-speed 600"


def program(words: str, folder: Path, **how: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kosdata", *words.split()]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, text=True, env=environ, cwd=folder, stdout=subprocess.PIPE, **how)


# What there is ------------------------------------------------------------------------------------------------------


def test_the_commands_are_those_of_the_contract(run: Run) -> None:
    assert [command.name for command in COMMANDS] == NAMES
    said = run("--help")
    assert said.code == cli.OK
    assert all(name in said.out for name in NAMES)
    assert run("--version").out == f"kosdata {kd.__version__}\n"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_helps_with_an_example_and_says_where_the_key_comes_from(name: str, run: Run) -> None:
    said = run(f"{name} --help")
    assert said.code == cli.OK
    assert f"example:\n  kosdata {name}" in said.out
    assert "KOSCOM_API_KEY" in said.out
    assert "--api-key" not in said.out


def test_the_help_of_a_plan_is_that_of_the_call(run: Run) -> None:
    said = run("plan history --help")
    assert said.out.startswith("usage: kosdata plan history CODE ...")
    assert "example:\n  kosdata plan history" in said.out


# Data ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("history 005930 2024-01-02 2024-01-05", lambda: kd.history("005930", "2024-01-02", "2024-01-05")),
        ("history 005930 --start 2023 --freq M", lambda: kd.history("005930", "2023", freq="M")),
        ("history 005930,K1 20240110", lambda: kd.history(["005930", "K1"], "20240110")),
        ("intraday 005930 --interval 30min", lambda: kd.intraday("005930", "30min")),
        ("quote 005930 K2FA001", lambda: kd.quote(["005930", "K2FA001"])),
        ("listing kospi kosdaq --lang ko", lambda: kd.listing(["kospi", "kosdaq"], lang="ko")),
        ("investors kospi", lambda: kd.investors("kospi")),
        ("endpoints", kd.endpoints),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_goes_into_a_pipe_is_the_frame_and_nothing_else(words: str, call: Any, run: Run) -> None:
    said = run(words)
    assert said.code == cli.OK
    assert said.out == call().reset_index().to_csv(index=False, lineterminator="\n")


def test_synthetic_data_say_so(run: Run) -> None:
    assert "synthetic" in run("quote 005930").err


def test_a_terminal_gets_a_table_that_fits(run: Run, screen: Screen) -> None:
    screen(60, 20)
    said = run("history 005930 2023")
    lines = said.out.splitlines()
    assert lines[0].split() == ["date", "open", "close", "volume", "change"] or "close" in lines[0]
    assert max(map(wide, lines)) <= 60
    assert len(lines) <= 20
    assert any(line.startswith("... ") for line in lines)
    assert "of 254 rows" in said.err


def test_a_terminal_gets_single_values_one_a_line(run: Run, screen: Screen) -> None:
    screen(80)
    said = run("plan history 005930 2023-01 2023-04")
    assert said.out.splitlines()[0].split() == ["requests", "3"]
    assert said.out.splitlines()[-1].split() == ["fits", "yes"]


def test_nothing_found_is_told_with_its_reason(run: Run, screen: Screen) -> None:
    screen(80)
    said = run("history 005930 2024-01-06 2024-01-07")
    assert (said.code, said.out) == (cli.OK, "")
    assert "holiday" in said.err
    assert "nothing found" in run("endpoints nothing-like-this").err


def test_a_plan_sends_nothing_and_the_quota_knows_what_was_sent(run: Run, market: Simulator) -> None:
    before = market.count
    assert run("plan intraday 005930 000660 --interval 1min").out.startswith("requests,cached,left,days,fits\n")
    said = run("quota")
    assert said.out.startswith("limit,remaining,used,reset_at\n")
    assert "once the API has answered" in said.err
    assert market.count == before


@pytest.mark.parametrize(
    ("words", "rows", "part"),
    [
        ("endpoints", 130, "v3_closed_kospi_lists"),
        ("endpoints --version ws", 3, "ws_issue"),
        ("endpoints short --version v3", 3, "v3_closed_kospi_shortsell"),
        ("endpoints --fields v3_closed_index_history", 11, "1000000"),
    ],
)
def test_the_catalogue_is_listed(words: str, rows: int, part: str, run: Run) -> None:
    said = run(words)
    assert said.out.count("\n") == rows + 1
    assert part in said.out


def test_what_fails_is_told_beside_what_came(run: Run) -> None:
    said = run("history 005930 999999 2024-01-11 --on-error collect")
    assert said.code == cli.REFUSED
    assert said.out.count("005930") == 2
    assert "kosdata: 999999: " in said.err


# Files --------------------------------------------------------------------------------------------------------------


def test_csv_comes_back_as_it_was(run: Run, client: kd.Client, tmp_path: Path) -> None:
    said = run("history 005930 000660 2024-01-10 -o bars.csv")
    assert (said.code, said.out) == (cli.OK, "")
    assert "6 rows in bars.csv" in said.err
    back = pd.read_csv(tmp_path / "bars.csv", dtype={"code": "str"}, parse_dates=["date"]).set_index(["code", "date"])
    expected = kd.history(["005930", "000660"], "2024-01-10", client=client)
    pd.testing.assert_frame_equal(back, expected, check_index_type=False)
    assert (tmp_path / "bars.csv").read_text().splitlines()[1].startswith("005930,2024-01-10,")


def test_json_keeps_zeros_hangul_and_the_zone(run: Run, tmp_path: Path) -> None:
    assert run("quote 005930 K1 -o quotes.json --lang ko").code == cli.OK
    first, index = json.loads((tmp_path / "quotes.json").read_text(encoding="utf-8"))
    assert first["종목코드"] == "005930"
    assert first["시각"].endswith("+09:00")
    assert index["시가"] is None
    run("history 005930 2024-01-12 -o day.json")
    assert json.loads((tmp_path / "day.json").read_text())[0]["date"] == "2024-01-12"


def test_parquet_comes_back_as_it_was(run: Run, client: kd.Client, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert run("listing kospi -o listing.parquet").code == cli.OK
    back = pd.read_parquet(tmp_path / "listing.parquet")
    pd.testing.assert_frame_equal(back, kd.listing("kospi", client=client))


def test_parquet_without_pyarrow_is_refused_before_anything_is_asked(
    run: Run, market: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kosdata.cli.output.find_spec", lambda name: None if name == "pyarrow" else find_spec(name))
    before = market.count
    said = run("quote 005930 -o quotes.parquet")
    assert said.code == cli.WRONG_CALL
    assert "pip install 'kosdata[store]'" in said.err
    assert market.count == before


def test_a_file_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken.csv").mkdir()
    said = run("quote 005930 -o taken.csv")
    assert said.code == cli.REFUSED
    assert "taken.csv cannot be written" in said.err


# Errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("", "COMMAND"),
        ("histroy 005930", "'history'"),
        ("history", "CODE"),
        ("history 2024-01-02", "name a code"),
        ("history 2024 005930", "behind the codes"),
        ("history 005930 2021 2022 2023", "two days"),
        ("history 005930", "--period '1y'"),
        ("history 005930 2024-13-01", "is not a day"),
        ("history 005930 2024 --freq Y", "'D', 'W', 'M'"),
        ("intraday 005930 --interval 7s", "multiple"),
        ("quote Samsung!", "005930"),
        ("quote 005930 -o quotes.xls", ".csv, .parquet, .json"),
        ("quote 005930 -o nowhere/quotes.csv", "no folder"),
        ("quote 005930 --nonsense", "--nonsense"),
        ("listing nasdaq", "kospi"),
        ("endpoints --fields v3_closed_kospi_histroy", "v3_closed_kospi_history"),
        ("quote 005930 --seed 1", "KOSDATA_BASE_URL"),
        ("demo --now tomorrow", "2024-01-05T15:45"),
        ("demo --chart nowhere/chart.png", "no folder"),
        ("stream 005930 --rows 0", "at least 1"),
        ("stream 005930 --seconds soon", "above 0"),
        ("stream 005930 --preset change", "--items"),
        ("stream kospi --preset quote", "tick"),
        ("serve --faults nowhere.json", "nowhere.json"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_way_out(words: str, part: str, run: Run) -> None:
    said = run(words)
    assert (said.code, said.out) == (cli.WRONG_CALL, "")
    assert said.err.startswith("kosdata")
    assert said.err.count("\n") == 1
    assert part in said.err


@pytest.mark.parametrize("words", ["quote 005930 --api-key {}", "--api-key {} quote", "quote --apikey={}", "--key {}"])
def test_a_key_on_the_command_line_is_refused_and_not_repeated(words: str, run: Run) -> None:
    said = run(words.format("not-my-key"))
    assert said.code == cli.WRONG_CALL
    assert "KOSCOM_API_KEY" in said.err
    assert "not-my-key" not in said.err


def test_without_a_key_both_ways_out_are_named(run: Run) -> None:
    for words in ("quote 005930", "quota", "plan quote 005930", "stream 005930"):
        said = run(f"{words} --env production")
        assert said.code == cli.WRONG_CALL
        assert "KOSCOM_API_KEY" in said.err
        assert "--env demo" in said.err


def test_a_refusal_is_one_line_and_exit_code_three(run: Run, market: Simulator) -> None:
    said = run("quote 999999")
    assert (said.code, said.out, said.err.count("\n")) == (cli.REFUSED, "", 1)
    assert "999999" in said.err
    assert "--market" in said.err


def test_a_key_that_is_refused_is_exit_code_three(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSCOM_API_KEY", "canary-key")
    said = run("quote 005930")
    assert said.code == cli.REFUSED
    assert "canary" not in said.err
    assert run("stream 005930 --transport ws").code == cli.REFUSED


def test_an_address_that_nobody_answers_at_is_exit_code_three(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(now="2024-01-12T18:30", speed=0) as gone:
        monkeypatch.setenv("KOSDATA_BASE_URL", gone.base_url)
    monkeypatch.setattr("kosdata.wire.session.backoff", lambda *_: 0.0)
    said = run("quote 005930")
    assert said.code == cli.REFUSED
    assert said.err.count("\n") == 1


def test_a_bug_is_one_line_too_and_debug_shows_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(kd, "endpoints", broken)
    said = run("endpoints")
    assert said.code == cli.WRONG
    assert "ZeroDivisionError: oh" in said.err
    assert "--debug" in said.err
    with pytest.raises(ZeroDivisionError):
        run("endpoints --debug")


def test_warnings_are_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def warning() -> pd.DataFrame:
        warnings.simplefilter("always")
        warnings.warn("the clock is off", kd.ClockWarning, stacklevel=1)
        return pd.DataFrame({"a": [1]})

    monkeypatch.setattr(kd, "endpoints", warning)
    assert run("endpoints").err == "kosdata: the clock is off\n"


def test_an_interrupt_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kd, "endpoints", interrupted)
    assert run("endpoints") == (cli.INTERRUPTED, "", "")


# Streams ------------------------------------------------------------------------------------------------------------


def test_rows_of_a_stream_are_lines_of_csv(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KOSDATA_BASE_URL")
    monkeypatch.delenv("KOSDATA_STREAM_URL")
    said = run(f"stream 005930 000660 {LIVE} --rows 5 --record ticks.jsonl")
    assert said.code == cli.OK
    head, *rows = said.out.splitlines()
    assert head == "time,code,price,size,volume,value,signal,received"
    assert len(rows) == 5
    assert {row.split(",")[1] for row in rows} <= {"005930", "000660"}
    assert "kosdata: ws: " in said.err
    assert "no gaps" in said.err
    with kd.replay(tmp_path / "ticks.jsonl") as again:
        assert again.wait(rows=5, timeout=20)
        assert [str(time) for time in again.frame.index[:5]] == [row.split(",")[0] for row in rows]
    assert run(f"stream 005930 {LIVE} --record ticks.jsonl").code == cli.WRONG_CALL


def test_a_stream_ends_after_its_seconds_and_speaks_korean(run: Run) -> None:
    said = run("stream 005930 --seconds 0.1 --lang ko")
    assert said.code == cli.OK
    assert said.out == "시각,종목코드,현재가,체결량,거래량,거래대금,장운영신호,수신시각\n"
    assert "0 rows" in said.err


def test_a_stream_may_be_polled(run: Run) -> None:
    said = run("stream 005930 --transport poll --preset change --items price --seconds 0.1")
    assert said.code in (cli.WRONG_CALL, cli.REFUSED)
    said = run("stream 005930 --transport poll --seconds 0.1")
    assert "kosdata: poll: " in said.err


def test_ctrl_c_ends_a_stream_with_its_account(tmp_path: Path) -> None:
    with program(f"stream 005930 {LIVE}", tmp_path, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("time,")
        assert ",005930," in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == cli.INTERRUPTED
        said = process.stderr.read()
    assert "no gaps" in said
    assert "Traceback" not in said


# Pipes and programs -------------------------------------------------------------------------------------------------


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    with program(f"stream 005930 {LIVE}", tmp_path, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("time,")
        process.stdout.close()
        assert process.wait(timeout=20) == cli.OK
        said = process.stderr.read()
    assert "Traceback" not in said
    assert "Error" not in said


def test_the_tour_shows_what_a_user_gets(run: Run, tmp_path: Path) -> None:
    said = run("demo --now 2024-01-05T18:30 --chart chart.png")
    assert said.code == cli.OK
    for part in ("kd.listing", "17 pages from the cache", "ask_price", "insurance", "K2FA001", "requests in"):
        assert part in said.out
    assert max(map(wide, said.out.splitlines())) <= 120
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_the_gateway_runs_as_a_program_and_stops_when_told(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"kind": "status", "status": 503, "times": 1}]))
    with program(f"serve --now 2024-01-05T18:30 --faults {faults}", tmp_path) as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        assert found.keys() == {"base_url", "stream_url", "api_key"}
        address, headers = f"{found['base_url']}/v3/market/closed/kospi/lists", {"apikey": found["api_key"]}
        statuses = [requests.get(address, headers=headers, timeout=10).status_code for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert statuses == [503, 200]


def test_the_readme_has_every_command_with_its_example() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [f"| `{each.name}` | {each.help} | `{each.example}` |" for each in COMMANDS]
    assert "\n".join(rows) in text


def test_every_example_is_read() -> None:
    for command in COMMANDS:
        words = command.example.split()[1:]
        assert parser(COMMANDS).parse_args(words).run is not None
