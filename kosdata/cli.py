"""The command line: a thin door to the public functions."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kosdata.errors import ApiError, ArgumentError, ConfigError, KosError

OK, WRONG_CALL, REFUSED = 0, 2, 3
_SEOUL = ZoneInfo("Asia/Seoul")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for a wrong call, 3 for a refusal."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or OK)
    except (ArgumentError, ConfigError) as error:
        return _fail(error, WRONG_CALL)
    except KosError as error:
        return _fail(error, REFUSED)
    except BrokenPipeError:
        # Whoever reads the output has seen enough.
        sys.stdout = None
        return OK
    except KeyboardInterrupt:
        return 130


def _fail(error: KosError, code: int) -> int:
    hint = error.hint if isinstance(error, ApiError) else None
    text = str(error).replace("\n", " ") if hint is None else f"{str(error).partition(chr(10))[0]} {hint}"
    print(f"kosdata: {text}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kosdata", description="Korean market data of the KOSCOM Open API.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="show what there is, on a synthetic market; no key, no network")
    demo.add_argument("--seed", type=int, default=0, help="which market (default: 0)")
    demo.add_argument("--now", type=_moment, help="moment in Korea (default: the last evening of a session)")
    demo.add_argument("--chart", type=Path, default=Path("kosdata-demo.png"), help="picture to write")
    demo.set_defaults(run=_demo)

    serve = commands.add_parser("serve", help="run the embedded gateway as a program")
    serve.add_argument("--port", type=int, default=0, help="port on this machine (default: any free one)")
    serve.add_argument("--seed", type=int, default=0, help="which market (default: 0)")
    serve.add_argument("--now", type=_moment, help="where its clock begins, in Korea (default: the real time)")
    serve.add_argument("--speed", type=float, default=1.0, help="market seconds in one real second; 0 stops the clock")
    serve.add_argument("--faults", type=Path, help="JSON file that says when and how to fail")
    serve.add_argument("--quota", type=int, default=50_000, help="calls a day (default: 50000)")
    serve.set_defaults(run=_serve)

    endpoints = commands.add_parser("endpoints", help="list the catalogue")
    endpoints.add_argument("text", nargs="?", help="only those whose id, path or title holds this text")
    endpoints.add_argument("--version", choices=("v3", "v2", "ws"), help="only this version of the API")
    endpoints.add_argument("--fields", metavar="ID", help="show what the columns of one endpoint are")
    endpoints.set_defaults(run=_endpoints)
    return parser


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a moment: write 2024-01-05T15:45") from None


def _demo(arguments: argparse.Namespace) -> None:
    from kosdata import tour

    now = arguments.now or tour.evening(datetime.now(_SEOUL).replace(tzinfo=None))
    tour.run(print, seed=arguments.seed, now=now, chart=arguments.chart)


def _serve(arguments: argparse.Namespace) -> None:
    from kosdata.simulator import Schedule, Simulator

    simulator = Simulator(
        seed=arguments.seed,
        now=arguments.now,
        speed=arguments.speed,
        port=arguments.port,
        quota=arguments.quota,
        faults=Schedule.load(arguments.faults) if arguments.faults else None,
    )
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    with simulator:
        addresses = {"base_url": simulator.base_url, "stream_url": simulator.stream_url, "api_key": simulator.api_key}
        print(json.dumps(addresses), flush=True)
        ended.wait()


def _endpoints(arguments: argparse.Namespace) -> None:
    from kosdata.research import tables

    if arguments.fields:
        frame = tables.fields(arguments.fields)[["column", "dtype", "unit", "scale", "name_ko", "name_en"]]
    else:
        frame = tables.endpoints()
        if arguments.version:
            frame = frame[frame["version"] == arguments.version]
        if arguments.text:
            known = frame.index + " " + frame["path"] + " " + frame["name_ko"] + " " + frame["name_en"]
            frame = frame[known.str.contains(arguments.text, case=False, regex=False)]
        frame = frame[["parameters", "licence", "hours", "name_en"]]
    if len(frame):
        print(frame.fillna("").to_string(max_colwidth=60))
    print(f"{len(frame)} rows" if len(frame) else f"Nothing holds {arguments.text!r}; without a text all are listed.")
