"""The embedded gateway as a program."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
import requests

from kosdata.cli import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Start


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
def test_the_gateway_runs_as_a_program_and_stops_when_told(way: signal.Signals, start: Start, tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"kind": "status", "status": 503, "times": 1}]))
    with start(f"serve --now 2024-01-05T18:30 --faults {faults}") as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        assert found.keys() == {"base_url", "stream_url", "api_key"}
        address, headers = f"{found['base_url']}/v3/market/closed/kospi/lists", {"apikey": found["api_key"]}
        statuses = [requests.get(address, headers=headers, timeout=10).status_code for _ in range(2)]
        process.send_signal(way)
        assert process.wait(timeout=10) == Exit.DONE
    assert statuses == [503, 200]
