"""The command line in this process, on one gateway, and as a program of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from kosdata import cli
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from kosdata.simulator import Simulator


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]
Screen = Callable[..., None]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run(market: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """What runs a command, words as one text, against the gateway of the tests."""
    monkeypatch.setenv("KOSDATA_ENV", "demo")
    monkeypatch.setenv("KOSDATA_BASE_URL", market.base_url)
    monkeypatch.setenv("KOSDATA_STREAM_URL", market.stream_url)
    monkeypatch.setenv("KOSDATA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def run(words: str) -> Said:
        code = cli.main(shlex.split(words))
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def own(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What runs a command that starts a gateway for itself."""
    monkeypatch.delenv("KOSDATA_BASE_URL")
    monkeypatch.delenv("KOSDATA_STREAM_URL")
    return run


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """What makes the output a terminal of so many columns and lines."""

    def screen(columns: int, lines: int = 24) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", str(lines))

    return screen


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """What starts a command as a program of its own; its output goes into pipes unless it is said where."""

    def start(words: str, **how: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "kosdata", *shlex.split(words)]
        environ = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
        to = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
        return subprocess.Popen(command, text=True, env=environ, cwd=tmp_path, **to)

    return start
