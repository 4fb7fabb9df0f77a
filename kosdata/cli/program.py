"""One run of the command line, from its words to its exit code."""

from __future__ import annotations

import argparse
import codecs
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper, UnsupportedOperation
from pathlib import Path

from kosdata.cli.commands import COMMANDS
from kosdata.cli.exits import Exit
from kosdata.cli.notes import each_once, masked, say, warnings_told
from kosdata.cli.parsing import parser
from kosdata.cli.refusals import exit_of, line_of

__all__ = ["run"]

_REPLACING = "kosdata-replacing"


def run(argv: Sequence[str] | None) -> Exit:
    """Run one command and return its exit code."""
    tell = each_once()
    arguments = argparse.Namespace(debug=False, written={})
    try:
        with warnings_told(tell):
            _prepare_output(tell)
            code = _command(argv, arguments)
            sys.stdout.flush()
            return code
    except BrokenPipeError:
        _hush()
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told in one line
        if isinstance(error, OSError):
            _hush()
        if arguments.debug:
            print(masked("".join(traceback.format_exception(error))), file=sys.stderr)
        say(line_of(error, arguments.written))
        return exit_of(error)


def _command(argv: Sequence[str] | None, arguments: argparse.Namespace) -> Exit:
    try:
        parser(COMMANDS).parse_args(argv, arguments)
    except SystemExit as ended:  # argparse has spoken
        return Exit.WRONG_CALL if ended.code else Exit.DONE
    outcome: Exit | None = arguments.run(arguments)
    return outcome or Exit.DONE


def _prepare_output(tell: Callable[[object], None]) -> None:
    """Have the output take any letter; where it is closed, have that told once it is written to."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the program runs
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - cannot be written, and says so
        return

    def replaced(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        tell(f"The output is {error.encoding} and lacks letters, which become ?: -o FILE or PYTHONIOENCODING=utf-8.")
        return "?" * (error.end - error.start), error.end

    codecs.register_error(_REPLACING, replaced)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=_REPLACING)


def _hush() -> None:
    """Have what is left of the output go nowhere: whoever reads it has seen enough, or cannot be reached."""
    with suppress(OSError, UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
