"""How the command line is read: arguments as values, refusals in one line, and never a key."""

from __future__ import annotations

import argparse
import math
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

import kosdata as kd

__all__ = ["CodesAndDays", "Command", "Option", "Run", "count", "moment", "names", "option", "parser", "seconds"]

Run: TypeAlias = Callable[[argparse.Namespace], Any]

_KEYS: Final = (
    "The API key is read from the environment variable KOSCOM_API_KEY and is no argument: command lines are seen by "
    "others and kept by the shell. --env demo needs no key."
)
_FOLDED_KEYS: Final = textwrap.fill(_KEYS, 80)
_CODES: Final = "exit codes: 0 done, 1 doctor found something wrong, 2 a wrong call, 3 a refusal, 130 Ctrl-C"
_DAY: Final = re.compile(r"(19|20)\d\d(-\d\d(-\d\d)?|\d{4})?")


class Option(NamedTuple):
    """One argument of a command, as argparse takes it."""

    names: tuple[str, ...]
    how: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Parameters
    ----------
    name : str
        Its name; of a command that asks, also that of the public function.
    run : callable
        Takes what was written; returns a frame, a series, an exit code or nothing.
    takes, help, example : str
        What must be named, what it does, and a line to try.
    options : tuple of Option
        What it takes.
    groups : tuple of (str, tuple of Option)
        What it takes besides, under titles.
    of : tuple of Command
        Commands that it is about: each stands below it, with its own arguments.
    """

    name: str
    run: Run
    takes: str
    help: str
    example: str
    options: tuple[Option, ...] = ()
    groups: tuple[tuple[str, tuple[Option, ...]], ...] = ()
    of: tuple[Command, ...] = ()


def option(*names: str, **how: Any) -> Option:
    """Return an argument as it is given to argparse."""
    return Option(names, how)


class CodesAndDays(argparse.Action):
    """Codes, and behind them the first and the last day."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        days = [word for word in values if _DAY.fullmatch(word)]
        if days and values[-len(days) :] != days:
            parser.error(
                f"days stand behind the codes: {' '.join(v for v in values if v not in days)} {' '.join(days)}"
            )
        if len(days) > 2:
            parser.error("at most two days can be named, the first and the last")
        for name, day in zip(("start", "end"), days, strict=False):
            setattr(namespace, name, day)
        setattr(namespace, self.dest, values[: len(values) - len(days)])
        if not getattr(namespace, self.dest):
            parser.error("name a code before the days, such as 005930")


class _Key(argparse.Action):
    """Refuse a key, and never repeat it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        parser.error("a key is no argument, for others see command lines: set the environment variable KOSCOM_API_KEY")


class _Parser(argparse.ArgumentParser):
    def __init__(self, **how: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **how)
        self.add_argument("--api-key", "--apikey", "--key", nargs="?", action=_Key, help=argparse.SUPPRESS)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.rstrip('.')}. Try: {self.prog} --help\n")


def moment(text: str) -> datetime:
    """Read a moment."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a moment: write 2024-01-05T15:45") from None


def count(text: str) -> int:
    """Read how many."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of at least 1")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    """Read names between commas."""
    return tuple(filter(None, text.split(",")))


def seconds(text: str) -> float:
    """Read how long."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def parser(commands: Iterable[Command]) -> argparse.ArgumentParser:
    """Return what reads the command line."""
    top = _Parser(
        prog="kosdata",
        description="Korean market data of the KOSCOM Open API.",
        epilog=f"example:\n  kosdata history 005930 --period 1m --env demo\n\n{_FOLDED_KEYS}\n\n{_CODES}",
    )
    top.add_argument("--version", action="version", version=f"kosdata {kd.__version__}")
    _add(top, commands)
    return top


def _add(above: argparse.ArgumentParser, commands: Iterable[Command]) -> None:
    places = above.add_subparsers(title="commands", required=True, metavar="COMMAND", prog=above.prog)
    for each in commands:
        below = places.add_parser(
            each.name,
            help=each.help,
            usage=" ".join(filter(None, ("%(prog)s", each.takes, "" if each.of else "[option ...]"))),
            description=f"{each.help[0].upper()}{each.help[1:]}.",
            epilog=f"example:\n  {each.example}\n\n{_FOLDED_KEYS}",
        )
        below.set_defaults(run=each.run, function=each.name)
        for option in each.options:
            below.add_argument(*option.names, **option.how)
        for title, options in each.groups:
            group = below.add_argument_group(title)
            for option in options:
                group.add_argument(*option.names, **option.how)
        if each.of:
            _add(below, each.of)
        else:
            below.add_argument("--debug", action="store_true", help="show where an error comes from")
