"""What a command ends with where it is interrupted, broken, or cannot say what it has to say."""

from __future__ import annotations

import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.cli import Exit, main

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run, Start

LIVE = "--env demo --demo-now 2024-01-12T10:00 --demo-speed 600"
FULL = Path("/dev/full")


def raising(error: BaseException) -> Any:
    def broken(*_: object, **__: object) -> None:
        raise error

    return broken


def test_a_bug_is_one_line_too_and_debug_shows_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kd, "endpoints", raising(ZeroDivisionError("oh")))
    said = run("endpoints")
    assert said.code == Exit.WRONG
    assert said.err == "kosdata: ZeroDivisionError: oh. This is a bug of kosdata: --debug shows where.\n"
    said = run("endpoints --debug")
    assert said.code == Exit.WRONG
    assert "in broken" in said.err


@pytest.mark.parametrize(
    ("words", "code"), [("quote Samsung!", Exit.WRONG_CALL), ("quote 999999", Exit.REFUSED), ("quote", Exit.WRONG_CALL)]
)
def test_debug_changes_no_exit_code(words: str, code: Exit, run: Run) -> None:
    plain, debugged = run(words), run(f"{words} --debug")
    assert (plain.code, debugged.code) == (code, code)
    assert debugged.err.endswith(plain.err)


def test_warnings_are_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def warning() -> pd.DataFrame:
        warnings.simplefilter("always")
        for _ in range(3):
            warnings.warn("the clock is off", kd.ClockWarning, stacklevel=1)
        return pd.DataFrame({"a": [1]})

    monkeypatch.setattr(kd, "endpoints", warning)
    assert run("endpoints").err == "kosdata: the clock is off\n"


def test_an_interrupt_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kd, "endpoints", raising(KeyboardInterrupt()))
    assert run("endpoints") == (Exit.INTERRUPTED, "", "")


def test_an_interrupt_while_the_commands_are_loaded_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "kosdata.cli.program":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "kosdata.cli.program", raising=False)
    monkeypatch.delattr("kosdata.cli.program", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert main(["endpoints"]) == Exit.INTERRUPTED


def test_a_closed_output_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    code = main(["endpoints"])
    sys.stdout.close()
    assert code == Exit.REFUSED


def test_a_closed_output_is_told_in_a_program(start: Start) -> None:
    # The shell alone can close it.
    command = f"{sys.executable} -m kosdata endpoints >&-"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert ended.returncode == Exit.REFUSED
    assert ended.stderr == "kosdata: Standard output cannot be written: not writable.\n"


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("words", ["endpoints", f"stream 005930 {LIVE}", "doctor --env demo --no-ask"])
def test_an_output_that_is_full_is_told(words: str, start: Start) -> None:
    with FULL.open("w") as full, start(words, stdout=full) as process:
        assert process.stderr is not None
        assert process.wait(timeout=30) == Exit.REFUSED
        said = process.stderr.read()
    assert said.endswith("kosdata: Standard output cannot be written: No space left on device.\n")
    assert "Traceback" not in said
    assert "bug" not in said


def test_a_reader_that_has_seen_enough_is_no_error(start: Start) -> None:
    with start(f"stream 005930 {LIVE}") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("time,")
        process.stdout.close()
        assert process.wait(timeout=20) == Exit.DONE
        said = process.stderr.read()
    assert "Traceback" not in said
    assert "Error" not in said


def test_ctrl_c_ends_a_stream_with_its_account(start: Start) -> None:
    with start(f"stream 005930 {LIVE}") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("time,")
        assert ",005930," in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == Exit.INTERRUPTED
        said = process.stderr.read()
    assert "no gaps" in said
    assert "Traceback" not in said
