"""How the command line is read: commands as parsers, refusals in one line, and never a key."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

import kosdata as kd
from kosdata.catalogue.codes import DERIVATIVES, INDICES, STOCKS
from kosdata.catalogue.spelling import suggestion
from kosdata.cli.exits import Exit
from kosdata.cli.notes import masked

__all__ = ["CodesAndDays", "CodesOrMarket", "Command", "Day", "Option", "Run", "option", "parser"]

Run: TypeAlias = Callable[[argparse.Namespace], Exit | None]

_KEYS: Final = (
    "The API key is read from the environment variable KOSCOM_API_KEY and is no argument: command lines are seen by "
    "others and kept by the shell. --env demo needs no key."
)
_FOLDED_KEYS: Final = textwrap.fill(_KEYS, 80)
_DAY: Final = re.compile(r"(19|20)\d\d(-\d\d(-\d\d)?|\d{4})?")
_KEY: Final = re.compile(r"--?([a-z]+[-_]?)?(key|token)\b", re.IGNORECASE)
_WHICH_DAY: Final = {"start": "first", "end": "last"}


class Option(NamedTuple):
    """One argument of a command, as argparse takes it."""

    names: tuple[str, ...]
    how: dict[str, Any]

    @property
    def argument(self) -> str:
        """The argument of the public function."""
        return self.names[-1].lstrip("-").replace("-", "_")

    @property
    def written(self) -> str:
        """What precedes its value on the command line; nothing if it stands in its place."""
        return self.names[-1] if self.names[-1].startswith("-") else ""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Parameters
    ----------
    name : str
        Its name; of a command that asks, also that of the public function.
    run : callable
        Takes what was written; returns an exit code, or nothing where all went well.
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

    @property
    def written(self) -> Mapping[str, str]:
        """Each argument, and what precedes its value on the command line."""
        found = [*self.options, *(each for _, options in self.groups for each in options)]
        return {"code": ""} | {each.argument: each.written for each in found}


def option(*names: str, **how: Any) -> Option:
    """Return an argument as it is given to argparse."""
    return Option(names, how)


class Day(argparse.Action):
    """A day that an option names, once."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        _set_once(parser, namespace, self.dest, values)


class CodesAndDays(argparse.Action):
    """Codes, and behind them the first and the last day."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        days = [word for word in values if _DAY.fullmatch(word)]
        codes = [word for word in values if word not in days]
        if values != codes + days:
            parser.error(f"days stand behind the codes: {' '.join(codes + days)}")
        if len(days) > len(_WHICH_DAY):
            parser.error("at most two days can be named, the first and the last")
        if not codes:
            parser.error("name a code before the days, such as 005930")
        for name, day in zip(_WHICH_DAY, days, strict=False):
            _set_once(parser, namespace, name, day)
        setattr(namespace, self.dest, codes)


class CodesOrMarket(argparse.Action):
    """Codes, or one of the markets that can be had whole."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        from kosdata.research.live.asked import MARKETS

        words = [word.strip().lower() for value in values for word in value.split(",")]
        markets = [word for word in words if word in {*STOCKS, *DERIVATIVES, *INDICES}]
        if markets and (len(words) > 1 or markets[0] not in MARKETS):
            parser.error(f"{markets[0]} is a market: name {' or '.join(MARKETS)} and nothing beside it, or codes")
        setattr(namespace, self.dest, values)


def _set_once(parser: argparse.ArgumentParser, namespace: argparse.Namespace, name: str, day: str) -> None:
    before = getattr(namespace, name)
    if before is not None:
        parser.error(f"the {_WHICH_DAY[name]} day is named twice, as {before} and as {day}: leave one of them out")
    setattr(namespace, name, day)


class _Parser(argparse.ArgumentParser):
    """A parser that says in one line, for the command at hand, what it does not know; values are not repeated."""

    has_commands = False

    def __init__(self, **how: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **how)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        words = sys.argv[1:] if args is None else [*args]
        if any(map(_KEY.match, words)):
            self.error(
                "a key is no argument, for others see command lines: set the environment variable KOSCOM_API_KEY"
            )
        first = next(iter(words), "").partition("=")[0]
        if self.has_commands and first.startswith("-") and first not in self._option_string_actions:
            self.error(f"{first} stands before the command: write {self.prog} COMMAND ... {first}")
        found, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(self._not_known(unknown[0].partition("=")[0]))
        return found, unknown

    def _not_known(self, word: str) -> str:
        if word.startswith("-"):
            return f"there is no option {word}.{suggestion(word, self._option_string_actions, most=1)}"
        return f"{word!r} is too much, or belongs before the options"

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        end = "" if line.endswith((".", "?")) else "."
        self.exit(Exit.WRONG_CALL, masked(f"{self.prog}: {line}{end} Try: {self.prog} --help\n"))


def parser(commands: Iterable[Command]) -> argparse.ArgumentParser:
    """Return what reads the command line."""
    top = _Parser(
        prog="kosdata",
        description="Korean market data of the KOSCOM Open API.",
        epilog=f"example:\n  kosdata history 005930 --period 1m --env demo\n\n{_FOLDED_KEYS}\n\n{Exit.table()}",
    )
    top.add_argument("--version", action="version", version=f"kosdata {kd.__version__}")
    _add(top, commands)
    return top


def _add(above: _Parser, commands: Iterable[Command]) -> None:
    above.has_commands = True
    places = above.add_subparsers(title="commands", required=True, metavar="COMMAND", prog=above.prog)
    for each in commands:
        below = places.add_parser(
            each.name,
            help=each.help,
            usage=" ".join(filter(None, ("%(prog)s", each.takes, "" if each.of else "[option ...]"))),
            description=f"{each.help[0].upper()}{each.help[1:]}.",
            epilog=f"example:\n  {each.example}\n\n{_FOLDED_KEYS}",
        )
        below.set_defaults(run=each.run, function=each.name, written=each.written)
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
