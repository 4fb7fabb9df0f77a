"""What the commands do: each asks public functions, and hands on what they return."""

from __future__ import annotations

import argparse
import inspect
import json
import signal
import threading
from datetime import datetime
from typing import Any, Final

import pandas as pd

import kosdata as kd
from kosdata.catalogue.seoul import SEOUL
from kosdata.cli.exits import Exit
from kosdata.cli.gateway import required_client, settings_of
from kosdata.cli.notes import counted, say
from kosdata.cli.output import Result, terminal, write_result
from kosdata.cli.table import table
from kosdata.errors import ConfigError
from kosdata.frame.korean import korean

__all__ = ["answer", "doctor", "endpoints", "plan", "quota", "serve", "stream", "tour"]

_WIDTH: Final = 120
_LEAST: Final = 1.0  # seconds to open a stream in
_TRIES: Final = 2  # for a request of a stream whose time is short
_KOREAN: Final = {
    "requests": "요청수",
    "cached": "캐시보유",
    "left": "오늘잔여",
    "days": "소요일수",
    "fits": "오늘가능여부",
    "limit": "일한도",
    "remaining": "잔여",
    "used": "사용",
    "reset_at": "초기화시각",
}


def answer(arguments: argparse.Namespace) -> Exit:
    """Ask the public function that bears the name of the command."""
    with required_client(arguments):
        frame = getattr(kd, arguments.function)(**_given(arguments))
        return Exit.REFUSED if write_result(frame, arguments) else Exit.DONE


def plan(arguments: argparse.Namespace) -> None:
    """Say what a call would cost."""
    with required_client(arguments):
        _write(kd.plan(getattr(kd, arguments.function), **_given(arguments)), arguments)


def quota(arguments: argparse.Namespace) -> None:
    """Say what is left of the day."""
    with required_client(arguments):
        found = kd.quota()
    _write(found, arguments)
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
    _write(frame, arguments)


def stream(arguments: argparse.Namespace) -> None:
    """Print rows as they come."""
    from kosdata.cli import live

    seconds: float | None = arguments.seconds
    # Half of the time is for the service's own stream, so that there is some left to poll in.
    longest = settings_of(arguments).timeout
    limits = {} if seconds is None else {"timeout": max(_LEAST, min(longest, seconds / 2)), "retries": _TRIES}
    wanted = _given(arguments, kd.stream_to_frame)
    with required_client(arguments, **limits) as client:
        live.follow(wanted, client, rows=arguments.rows, seconds=seconds, lang=arguments.lang)


def doctor(arguments: argparse.Namespace) -> Exit:
    """Look for what is wrong."""
    from kosdata.cli import doctor

    return doctor.examine(arguments)


def tour(arguments: argparse.Namespace) -> None:
    """Walk through a synthetic market."""
    from kosdata import tour

    now = arguments.now or datetime.now(SEOUL).replace(tzinfo=None)
    tour.run(print, _part_of, seed=arguments.seed, now=now, chart=arguments.chart)


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
    try:
        simulator.start()
    except ConfigError as error:
        raise ConfigError(f"{error} Name another --port, or none for any that is free.") from error
    with simulator:
        addresses = {"base_url": simulator.base_url, "stream_url": simulator.stream_url, "api_key": simulator.api_key}
        print(json.dumps(addresses), flush=True)
        ended.wait()


def _part_of(frame: pd.DataFrame) -> str:
    """Return a frame as a table, and how many columns it lacks."""
    shown = table(frame, (terminal() or (_WIDTH, 0))[0], 0)
    missing = frame.shape[1] - shown.columns
    return shown.text + (f"\n... and {counted(missing, 'more column')}" if missing else "")


def _given(arguments: argparse.Namespace, function: Any = None) -> dict[str, Any]:
    """Return what was written, as arguments of the function; what was left out is left to it."""
    names = inspect.signature(function or getattr(kd, arguments.function)).parameters
    written = {name: _plain(value) for name, value in vars(arguments).items() if name in names}
    return {name: value for name, value in written.items() if value is not None}


def _plain(value: Any) -> Any:
    """Return one word as it is, several as a list, and nothing where nothing was written."""
    if not isinstance(value, list):
        return value
    words = [each for word in value for each in word.split(",") if each.strip()]
    return words[0] if len(words) == 1 else words if value else None


def _write(result: Result, arguments: argparse.Namespace) -> None:
    if arguments.lang == "ko":
        result = korean(result) if isinstance(result, pd.DataFrame) else result.rename(_KOREAN)
    write_result(result, arguments)
