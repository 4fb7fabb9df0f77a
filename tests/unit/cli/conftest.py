"""The command line in this process, on one gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest

from kosdata import cli

if TYPE_CHECKING:
    from pathlib import Path

    from kosdata.simulator import Simulator


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(market: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """What runs a command, words as one text, against the gateway of the tests."""
    monkeypatch.setenv("KOSDATA_ENV", "demo")
    monkeypatch.setenv("KOSDATA_BASE_URL", market.base_url)
    monkeypatch.setenv("KOSDATA_STREAM_URL", market.stream_url)
    monkeypatch.setenv("KOSDATA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def run(words: str) -> Said:
        try:
            code = cli.main(words.split())
        except SystemExit as ended:  # argparse has spoken
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """What makes the output a terminal of so many columns and lines."""

    def screen(columns: int, lines: int = 24) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", str(lines))

    return screen
