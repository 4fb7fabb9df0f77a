"""The command line: a thin door to the public functions.

Data goes to standard output, and nothing else does; whatever is said about it goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import UnsupportedOperation

from kosdata.cli.commands import COMMANDS
from kosdata.cli.output import say
from kosdata.cli.parsing import parser
from kosdata.errors import ArgumentError, ConfigError, KosError

__all__ = ["INTERRUPTED", "OK", "REFUSED", "WRONG", "WRONG_CALL", "main"]

OK, WRONG, WRONG_CALL, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130

_ARGUMENT = re.compile(r"\b([a-z_]+)=(True\b)?")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        What follows the name of the program.

    Returns
    -------
    int
        0, 1 if `doctor` found something wrong or the program is broken, 2 for a wrong call, 3 for a refusal, 130 for
        Ctrl-C.
    """
    arguments = parser(COMMANDS).parse_args(argv)
    try:
        with _warnings_in_a_line():
            code = arguments.run(arguments) or OK
            sys.stdout.flush()
            return int(code)
    except BrokenPipeError:
        _hush()
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if arguments.debug:
            raise
        return _fail(error, arguments)


def _fail(error: Exception, arguments: argparse.Namespace) -> int:
    if not isinstance(error, KosError):
        say(f"{type(error).__name__}: {error} (This is a bug of kosdata: --debug shows where.)")
        return WRONG
    say(_ARGUMENT.sub(lambda found: _as_option(found, arguments), str(error)))
    return WRONG_CALL if isinstance(error, ArgumentError | ConfigError) else REFUSED


def _as_option(found: re.Match[str], arguments: argparse.Namespace) -> str:
    """Return the way in which an argument that an error names is written here: ``--start`` for ``start=``."""
    name, is_flag = found.groups()
    return f"--{name.replace('_', '-')}{'' if is_flag else ' '}" if name in vars(arguments) else found[0]


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: say(message)
        yield


def _hush() -> None:
    """Have what is left of the output go nowhere: whoever reads it has seen enough."""
    with suppress(OSError, UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
