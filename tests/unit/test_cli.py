from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from kosdata import cli
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tour_shows_what_a_user_gets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart = tmp_path / "chart.png"
    assert cli.main(["demo", "--now", "2024-01-05T18:30", "--chart", str(chart)]) == cli.OK
    shown = capsys.readouterr().out
    for part in (
        "kd.listing",
        "17 pages from the cache",
        "ask_price",
        "insurance",
        "K2FA001",
        "requests in",
    ):
        assert part in shown
    assert chart.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["endpoints"], "130 rows"),
        (["endpoints", "--version", "ws"], "3 rows"),
        (["endpoints", "short sales", "--version", "v3"], "v3_closed_kospi_shortsell"),
        (["endpoints", "--fields", "v3_closed_index_history"], "1000000"),
    ],
    ids=["all", "version", "text", "fields"],
)
def test_the_catalogue_is_listed(arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == cli.OK
    assert part in capsys.readouterr().out


def test_a_wrong_call_is_one_line_and_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["endpoints", "--fields", "v3_closed_kospi_histroy"]) == cli.WRONG_CALL
    said = capsys.readouterr().err
    assert said.startswith("kosdata: ")
    assert said.count("\n") == 1
    with pytest.raises(SystemExit) as caught:
        cli.main(["demo", "--now", "tomorrow"])
    assert caught.value.code == cli.WRONG_CALL


def test_the_gateway_runs_as_a_program_and_stops_when_told(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"kind": "status", "status": 503, "times": 1}]))
    command = [sys.executable, "-m", "kosdata", "serve", "--now", "2024-01-05T18:30", "--faults", str(faults)]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=tmp_path) as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        assert found.keys() == {"base_url", "stream_url", "api_key"}
        address, headers = f"{found['base_url']}/v3/market/closed/kospi/lists", {"apikey": found["api_key"]}
        statuses = [requests.get(address, headers=headers, timeout=10).status_code for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert statuses == [503, 200]
