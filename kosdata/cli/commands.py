"""The commands as one table: what each is called, what it takes, what it runs."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

from kosdata.cli import runners
from kosdata.cli.parsing import CodesAndDays, CodesOrMarket, Command, Day, Option, option
from kosdata.cli.values import code, count, frame_file, moment, names, new_file, picture_file, port, seconds

__all__ = ["COMMANDS"]


def _market_options(prefix: str = "demo-") -> tuple[Option, ...]:
    return (
        option("--seed", type=int, help="which synthetic market (default: 0)"),
        option(f"--{prefix}now", type=moment, metavar="TIME", help="where its clock begins (default: the real time)"),
        option(f"--{prefix}speed", type=float, metavar="X", help="seconds there in a real one; 0 stops its clock"),
    )


_WHOM = option("--env", choices=("production", "sandbox", "demo"), help="whom to ask (default: KOSDATA_ENV)")
_WHERE = ("where to ask", (_WHOM, *_market_options()))
_SHOWN = (
    "how to show it (by default a table on a terminal, CSV into a pipe)",
    (
        option("-o", "--output", type=frame_file, metavar="FILE", help="write a file: .csv, .parquet or .json"),
        option("--lang", choices=("en", "ko"), default="en", help="language of the names (default: en)"),
    ),
)
_OF = option("--market", help="market of all codes, such as kosdaq (looked up by default)")
_MANNER = (
    "how to ask",
    (
        option("--on-error", choices=("raise", "collect"), default="raise", help="collect: go on without what fails"),
        option("--allow-partial", action="store_true", help="begin even if today's quota is too small"),
        option("--refresh", action="store_true", help="ask even for what the cache has"),
        option("--progress", action=argparse.BooleanOptionalAction, help="a bar, by default once it takes long"),
    ),
)
_ALL = (_SHOWN, _MANNER, _WHERE)
_SUCH = "005930, K1, 101S6000 or K2FA001; several make one table"
_CODE = option("codes", nargs="+", type=code, metavar="CODE", help=_SUCH)
_SPAN = (
    option("--start", action=Day, metavar="DAY", help="first day: 2024-01-02, 2024-01 or 2024"),
    option("--end", action=Day, metavar="DAY", help="last day, included (default: the newest)"),
    option("--period", metavar="SPAN", help="instead of a first day: 5d, 2w, 6m or 1y up to the last"),
)

_FUNCTIONS: Final = (
    Command(
        "history",
        runners.answer,
        "CODE ... [FIRST_DAY [LAST_DAY]]",
        "daily, weekly or monthly bars",
        "kosdata history 005930 000660 2024-01-02 2024-06-28",
        (
            option(
                "codes",
                nargs="+",
                type=code,
                action=CodesAndDays,
                metavar="CODE",
                help=f"{_SUCH}; then the days, if any",
            ),
            *_SPAN,
            option("--freq", choices=("D", "W", "M"), help="length of a bar (default: D)"),
            option("--partial", action="store_true", help="add today's unfinished bar, and say which are final"),
            option("--adjust", choices=("server", "volume"), help="volume: put volume on the basis of the prices"),
            _OF,
        ),
        _ALL,
    ),
    Command(
        "intraday",
        runners.answer,
        "CODE ...",
        "bars of seconds, minutes or hours",
        "kosdata intraday 005930 --interval 5min --date 2024-01-05",
        (
            _CODE,
            option("--interval", metavar="LENGTH", help="10s, 1min, 15min, 1h (default: 1min)"),
            option("--date", metavar="DAY", help="one session (default: the newest)"),
            *_SPAN,
            option("--label", choices=("left", "right"), help="name a bar by its start or its end (default: left)"),
            option("--partial", action="store_true", help="keep the unfinished bar, and say which are final"),
            _OF,
        ),
        _ALL,
    ),
    Command(
        "quote",
        runners.answer,
        "CODE ...",
        "last trade and the day so far",
        "kosdata quote 005930 000660 K1",
        (_CODE, _OF),
        _ALL,
    ),
    Command(
        "listing",
        runners.answer,
        "[MARKET ...]",
        "what is listed today",
        "kosdata listing kosdaq -o kosdaq.csv",
        (
            option(
                "market",
                nargs="*",
                type=code,
                metavar="MARKET",
                help="kospi, kosdaq, konex, kospi200, index (default: all stocks)",
            ),
        ),
        _ALL,
    ),
    Command(
        "investors",
        runners.answer,
        "CODE_OR_MARKET ...",
        "what each type of investor sold and bought",
        "kosdata investors 005930 --lang ko",
        (
            option(
                "code_or_market",
                nargs="+",
                type=code,
                metavar="CODE_OR_MARKET",
                help="a stock (005930), an index (K1) or a market (kospi, kospi200)",
            ),
            option("--kind", choices=("futures", "options"), help="contracts of a market of both"),
            _OF,
        ),
        _ALL,
    ),
)


def _planned(command: Command) -> Command:
    """Return the same call, which is not made."""
    example = command.example.replace("kosdata ", "kosdata plan ", 1)
    return replace(command, run=runners.plan, help=f"what it would cost to ask: {command.help}", example=example)


COMMANDS: Final = (
    Command(
        "demo",
        runners.tour,
        "",
        "show what there is, on a synthetic market; no key, no network",
        "kosdata demo --now 2024-01-05T18:30",
        (
            option("--seed", type=int, default=0, help="which market (default: 0)"),
            option(
                "--now",
                type=moment,
                metavar="TIME",
                help="moment in Korea since 2000; the last evening by then is shown (default: the real time)",
            ),
            option(
                "--chart",
                type=picture_file,
                metavar="FILE",
                default="kosdata-demo.png",
                help="picture to write: .png, .svg or .pdf (default: ./kosdata-demo.png)",
            ),
        ),
    ),
    *_FUNCTIONS,
    Command(
        "endpoints",
        runners.endpoints,
        "[TEXT]",
        "list the catalogue: every call of the API, and its columns",
        "kosdata endpoints investors --version v3",
        (
            option("text", nargs="?", metavar="TEXT", help="only those whose id, path or title holds this text"),
            option("--version", choices=("v3", "v2", "ws"), help="only this version of the API"),
            option("--fields", metavar="ID", help="show what the columns of one endpoint are"),
        ),
        (_SHOWN,),
    ),
    Command(
        "plan",
        runners.plan,
        "COMMAND ...",
        "what a call would cost, before it is made; nothing is sent",
        "kosdata plan history 005930 000660 2015",
        of=tuple(map(_planned, _FUNCTIONS)),
    ),
    Command(
        "quota",
        runners.quota,
        "",
        "the day's budget of calls; nothing is sent",
        "kosdata quota",
        groups=(_SHOWN, _WHERE),
    ),
    Command(
        "stream",
        runners.stream,
        "CODE_OR_MARKET ...",
        "rows as they happen, as CSV, until Ctrl-C",
        "kosdata stream 005930 --env demo --demo-now 2024-01-05T10:00 --demo-speed 60 --rows 10",
        (
            option(
                "codes",
                nargs="+",
                type=code,
                action=CodesOrMarket,
                metavar="CODE_OR_MARKET",
                help="codes that have the preset, or all of kospi, or all of kosdaq",
            ),
            option(
                "--preset",
                choices=("tick", "quote", "tick10", "quote10", "index", "change"),
                help="trades, best orders, ten levels, index levels, or chosen items (default: tick)",
            ),
            option("--items", type=names, metavar="NAMES", help="what --preset change is of, such as price,volume"),
            option("--rows", type=count, metavar="N", help="end after so many rows"),
            option("--seconds", type=seconds, metavar="S", help="end after so many seconds, opening it included"),
            option(
                "--record",
                type=new_file,
                metavar="FILE",
                help="write every message to a new file, which kd.replay plays again",
            ),
            option("--transport", choices=("auto", "ws", "poll"), help="how rows come (default: auto)"),
            option("--interval", type=seconds, metavar="S", help="seconds between two polls at least"),
            option("--sessions", type=count, metavar="N", help="sessions to spread the codes over (default: 1)"),
            option("--lang", choices=("en", "ko"), default="en", help="language of the names (default: en)"),
        ),
        (_WHERE,),
    ),
    Command(
        "serve",
        runners.serve,
        "",
        "run the embedded gateway as a program",
        "kosdata serve --now 2024-01-05T10:00 --speed 60",
        (
            option("--port", type=port, default=0, help="port on this machine (default: any free one)"),
            option("--faults", type=Path, metavar="FILE", help="JSON file that says when and how to fail"),
            option("--quota", type=count, default=50_000, help="calls a day (default: 50000)"),
            *_market_options(""),
        ),
    ),
    Command(
        "doctor",
        runners.doctor,
        "",
        "look for what is wrong with key, host, clock or cache, and say what to do",
        "kosdata doctor",
        (
            option(
                "--ask",
                action=argparse.BooleanOptionalAction,
                default=True,
                help="send one request, to see whether the key is accepted",
            ),
            option("--licences", action="store_true", help="send one request for every licence group"),
        ),
        (_WHERE,),
    ),
)
"""Every command, in the order of the help."""
