"""What the commands do: each asks public functions, and hands on what they return."""

from __future__ import annotations

import argparse
import inspect
import json
import signal
import threading
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

import kosdata as kd
from kosdata.cli.gateway import asked
from kosdata.cli.output import Result, put, say, terminal
from kosdata.cli.table import table
from kosdata.frame.korean import korean

__all__ = ["answer", "doctor", "endpoints", "plan", "quota", "serve", "stream", "tour"]

_WIDTH: Final = 120


def answer(arguments: argparse.Namespace) -> int:
    """Ask the public function that bears the name of the command."""
    with asked(arguments):
        frame = getattr(kd, arguments.function)(**_given(arguments))
        return 3 if put(frame, arguments.output) else 0


def plan(arguments: argparse.Namespace) -> None:
    """Say what a call would cost."""
    with asked(arguments):
        _put(kd.plan(getattr(kd, arguments.function), **_given(arguments)), arguments)


def quota(arguments: argparse.Namespace) -> None:
    """Say what is left of the day."""
    with asked(arguments):
        found = kd.quota()
    _put(found, arguments)
    if found["remaining"] is None:
        say("limit and remaining are known once the API has answered today.")


def endpoints(arguments: argparse.Namespace) -> None:
    """List the catalogue, or what the columns of an endpoint are."""
    if arguments.fields:
        frame = kd.fields(arguments.fields)
    else:
        frame = kd.endpoints()
        if arguments.version:
            frame = frame[frame["version"] == arguments.version]
        if arguments.text:
            known = frame.index + " " + frame["path"] + " " + frame["name_ko"] + " " + frame["name_en"]
            frame = frame[known.str.contains(arguments.text, case=False, regex=False)]
    _put(frame, arguments)


def stream(arguments: argparse.Namespace) -> None:
    """Print rows as they come."""
    from kosdata.cli import live

    with asked(arguments) as client:
        wanted = _given(arguments, kd.stream_to_frame)
        live.follow(wanted, client, rows=arguments.rows, seconds=arguments.seconds, lang=arguments.lang)


def doctor(arguments: argparse.Namespace) -> int:
    """Look for what is wrong."""
    from kosdata.cli import doctor

    return doctor.examine(arguments)


def tour(arguments: argparse.Namespace) -> None:
    """Walk through a synthetic market."""
    from kosdata import tour

    now = arguments.now or tour.evening(datetime.now(ZoneInfo("Asia/Seoul")).replace(tzinfo=None))
    width = (terminal() or (_WIDTH, 0))[0]
    tour.run(print, lambda frame: table(frame, width, 0).text, seed=arguments.seed, now=now, chart=arguments.chart)


def serve(arguments: argparse.Namespace) -> None:
    """Run the embedded gateway until it is told to stop."""
    from kosdata.simulator import Schedule, Simulator

    simulator = Simulator(
        seed=arguments.seed or 0,
        now=arguments.now,
        speed=1.0 if arguments.speed is None else arguments.speed,
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


def _given(arguments: argparse.Namespace, function: Any = None) -> dict[str, Any]:
    """Return what was written, as arguments of the function; what was left out is left to it."""
    names = inspect.signature(function or getattr(kd, arguments.function)).parameters
    written = {name: _plain(value) for name, value in vars(arguments).items() if name in names}
    return {name: value for name, value in written.items() if value is not None}


def _plain(value: Any) -> Any:
    """Return one word as it is, several as a list, and none as nothing."""
    if not isinstance(value, list):
        return value
    words = [each for word in value for each in word.split(",") if each]
    return words[0] if len(words) == 1 else words or None


def _put(result: Result, arguments: argparse.Namespace) -> None:
    put(korean(result) if arguments.lang == "ko" and isinstance(result, pd.DataFrame) else result, arguments.output)
