"""What may be wrong with a machine, a key or a gateway, looked at one after the other, and what to do about it."""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import sys
import textwrap
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import pandas as pd

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.seoul import SEOUL
from kosdata.cli.exits import Exit
from kosdata.cli.gateway import NO_KEY, client_for, settings_of
from kosdata.cli.notes import masked
from kosdata.cli.output import terminal
from kosdata.cli.refusals import line_of
from kosdata.errors import (
    ApiError,
    AuthError,
    ConfigError,
    KosError,
    LicenceError,
    NotFoundError,
    NotReadyError,
    QuotaError,
    RateLimitError,
    ServerError,
)
from kosdata.research.live.asked import address
from kosdata.settings import Settings
from kosdata.wire.client import Client

__all__ = ["examine"]

State = Literal["ok", "wrong", "unknown"]

_STATES: Final = ("granted", "denied", "unknown")
_TIMEOUT: Final = 10.0  # seconds: who looks for a fault does not wait for it
_USUAL_KEY: Final = re.compile(r"l7xx[0-9a-f]{32}")
_EXTRAS: Final = {
    "aiohttp": ("demo", "the demo market"),
    "pyarrow": ("store", "Parquet files"),
    "dask": ("dask", "frames larger than memory"),
}
_ASK: Final = "closing figures of one stock"
_NO_PATH: Final = 404
_NETWORK: Final = "see network, proxy and KOSDATA_BASE_URL"


class Finding(NamedTuple):
    """One line of the report."""

    state: State
    what: str
    said: str


def examine(arguments: argparse.Namespace) -> Exit:
    """Print what is found, and return whether something is wrong."""
    states = set()
    for finding in _findings(arguments):
        print(_line(finding), flush=True)
        states.add(finding.state)
    return Exit.WRONG if "wrong" in states else Exit.DONE


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    yield Finding("ok", "versions", f"kosdata {kd.__version__}, Python {sys.version.split()[0]}")
    yield _zone()
    try:
        settings = settings_of(arguments)
    except ConfigError as error:
        yield Finding("wrong", "settings", line_of(error, arguments.written))
        yield from _packages("")
        return
    yield from _packages(settings.env)
    try:
        with client_for(arguments, retries=1, timeout=_TIMEOUT) as client:
            yield from _of_client(client, arguments)
    except ConfigError as error:
        yield Finding("wrong", "settings", line_of(error, arguments.written))


def _of_client(client: Client, arguments: argparse.Namespace) -> Iterator[Finding]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kd.ClockWarning)
        has_key = client.settings.api_key is not None or client.env == "demo"
        if has_key and client.env == "demo":
            client.ready()
        settings = client.settings
        cache = _cache(client)  # before anything uses it, for it complains but once
        yield _key(settings)
        outcome = _outcome(client) if has_key and arguments.ask else None
        yield _host(settings, outcome)
        if has_key:
            yield _acceptance(outcome)
        yield _clock(client, outcome)
        yield _calendar(client)
        yield cache
        if has_key:
            yield _quota(client)
            yield _licences(client) if arguments.licences else _unasked_licences()
        yield _stream(settings)


class _Answered(NamedTuple):
    """What became of the one request: nothing went wrong, or this error."""

    error: KosError | None


def _outcome(client: Client) -> _Answered:
    try:
        kd.fetch("v3_closed_kospi_closeprice", code="005930", refresh=True, client=client)
    except KosError as error:
        return _Answered(error)
    return _Answered(None)


def _heard(outcome: _Answered | None) -> bool:
    """Return whether the service has answered, be it with a refusal."""
    return outcome is not None and (outcome.error is None or isinstance(outcome.error, ApiError))


def _zone() -> Finding:
    offset = datetime(2024, 1, 2, tzinfo=SEOUL).utcoffset()
    if offset != timedelta(hours=9):
        return Finding("wrong", "timezone", f"Seoul is {offset} from UTC here, not 9:00:00: pip install -U tzdata")
    return Finding("ok", "timezone", "Seoul is 9 hours ahead of UTC")


def _packages(env: str) -> Iterator[Finding]:
    for name, (extra, purpose) in _EXTRAS.items():
        try:
            yield Finding("ok", name, f"{version(name)}, for {purpose}")
        except PackageNotFoundError:
            state: State = "wrong" if env == extra else "ok"
            yield Finding(state, name, f"not installed; {purpose} need it: pip install 'kosdata[{extra}]'")


def _key(settings: Settings) -> Finding:
    if settings.env == "demo":
        return Finding("ok", "key", "the demo market needs none")
    if settings.api_key is None:
        return Finding("wrong", "key", NO_KEY)
    if _USUAL_KEY.fullmatch(settings.api_key.reveal()) is None:
        return Finding(
            "unknown", "key", f"{settings.api_key!r} is set; KOSCOM's keys are l7xx and 32 hexadecimal digits"
        )
    return Finding("ok", "key", f"{settings.api_key!r} is set, and looks like one of KOSCOM's")


def _host(settings: Settings, outcome: _Answered | None) -> Finding:
    where = settings.address(settings.api)
    if outcome is None:
        return _reached(where)
    match outcome.error:
        case NotFoundError() as error if error.status == _NO_PATH:
            return Finding("wrong", "host", f"{where} has no such path: see KOSDATA_BASE_URL. {_said(error)}")
        case ServerError() as error:
            return Finding("wrong", "host", f"{where} answers that it is down: try again later. {_said(error)}")
        case ApiError() | None:
            return Finding("ok", "host", f"{where} answers")
        case error:
            return Finding("wrong", "host", f"{where} gives no usable answer: {_NETWORK}. {_said(error)}")


def _reached(where: str) -> Finding:
    """Return whether a host accepts connections; nothing is sent."""
    parts = urlsplit(where)
    host = parts.hostname or ""
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return Finding("unknown", "host", f"{where} is behind a proxy: only a request can tell")
    try:
        socket.create_connection((host, parts.port or (443 if parts.scheme == "https" else 80)), _TIMEOUT).close()
    except OSError as error:
        return Finding("wrong", "host", f"{where} cannot be reached: {_NETWORK}. {error}")
    return Finding("ok", "host", f"{where} accepts connections; nothing was sent")


def _acceptance(outcome: _Answered | None) -> Finding:
    if outcome is None:
        return Finding("unknown", "access", "not asked: --ask sends one request")
    if outcome.error is None:
        return Finding("ok", "access", f"the key is accepted: {_ASK} came")
    state, what = _verdict(outcome.error)
    return Finding(state, "access", f"{what}. {_said(outcome.error)}")


def _verdict(error: KosError) -> tuple[State, str]:
    """Return what an error says of the key, and what to do."""
    match error:
        case AuthError():
            return "wrong", "the key is refused: copy it again; sandbox and production have keys of their own"
        case LicenceError():
            return "wrong", (
                f"the key may not see {_ASK}: its contract lacks {error.licence}, or a proxy refuses; "
                "--licences shows what it covers"
            )
        case QuotaError():
            return "wrong", "the calls of the day are used up: the next day of the quota begins at 09:00 in Seoul"
        case RateLimitError():
            return "unknown", "too many calls at once: wait a minute, and ask again"
        case NotReadyError():
            return "ok", "the key is accepted"
        case NotFoundError() if error.status != _NO_PATH:
            return "ok", "the key is accepted"
        case _:
            return "unknown", (
                "no answer tells whether the key is accepted: ask again later, and KOSCOM if it stays so"
            )


def _said(error: KosError) -> str:
    """Return what has happened, without advice: that is given here."""
    return (str(error).splitlines() or [""])[0].rstrip(".")


def _clock(client: Client, outcome: _Answered | None) -> Finding:
    now = f"{client.now():%Y-%m-%d %H:%M}"
    if not _heard(outcome):
        return Finding("unknown", "clock", f"{now} in Seoul; no answer has confirmed it")
    if client.source == "simulator":
        return Finding("ok", "clock", f"{now} in the synthetic market, which has its own time")
    ahead = float(client.stats()["clock_ahead"])
    if ahead:
        said = f"{abs(ahead):,.0f} s {'behind' if ahead > 0 else 'ahead of'} the server's"
        return Finding("wrong", "clock", f"this machine's is {said}: set it right, or let NTP do so")
    return Finding("ok", "clock", f"{now} in Seoul, and within a minute of the server's")


def _calendar(client: Client) -> Finding:
    through, today = KRX.valid_through, client.now().date()
    if today > through:
        return Finding("unknown", "calendar", f"holidays are known through {through}: pip install -U kosdata")
    return Finding("ok", "calendar", f"holidays are known through {through}")


def _cache(client: Client) -> Finding:
    if not client.settings.cache:
        return Finding("ok", "cache", "off")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        info = client.cache_info()
    told = [str(each.message) for each in said if issubclass(each.category, kd.CacheWarning)]
    if told:
        return Finding("wrong", "cache", f"{' '.join(told)} See the folder, or set KOSDATA_CACHE_DIR to another one.")
    if info["path"] is None:
        return Finding("ok", "cache", "in memory")
    path = Path(str(info["path"]))
    mode, free = path.stat().st_mode & 0o777, shutil.disk_usage(path.parent).free
    sizes = f"{info['entries']:,} answers, {int(info['bytes'] or 0) / 1e6:,.1f} MB, {free / 1e9:,.1f} GB free"
    if mode & 0o077:
        return Finding("wrong", "cache", f"{path}: others may read or write it: chmod 600 '{path}'")
    return Finding("ok", "cache", f"{path}: {sizes}, nobody else reads it")


def _quota(client: Client) -> Finding:
    quota = client.quota()
    if quota.remaining is None:
        return Finding("unknown", "quota", "the API has not told yet today")
    said = f"{quota.remaining:,} of {quota.limit or 0:,} calls are left until {quota.reset_at:%Y-%m-%d %H:%M} in Seoul"
    return Finding("ok" if quota.remaining else "wrong", "quota", said)


def _unasked_licences() -> Finding:
    return Finding("unknown", "licences", "not asked: --licences sends a request for each group")


def _licences(client: Client) -> Finding:
    try:
        found = kd.capabilities(client=client)
    except KosError as error:
        return Finding("unknown", "licences", _said(error))
    states = set(found["state"])
    said = "; ".join(_of_state(found, each) for each in _STATES)
    if states == {"denied"}:
        return Finding("wrong", "licences", f"the contract covers nothing: ask KOSCOM what the key is for. {said}")
    return Finding("unknown" if "unknown" in states else "ok", "licences", said)


def _of_state(found: pd.DataFrame, state: str) -> str:
    return f"{state}: {' '.join(found.index[found['state'] == state]) or 'none'}"


def _stream(settings: Settings) -> Finding:
    try:
        return Finding("ok", "stream", address(settings))
    except ConfigError:
        return Finding(
            "unknown",
            "stream",
            "KOSCOM publishes no address: set KOSDATA_STREAM_URL if you were given one; else streams poll",
        )


def _line(finding: Finding) -> str:
    head = f"{finding.state:<8} {finding.what:<10} "
    said = masked(" ".join(finding.said.split()))
    screen = terminal()
    if screen is None:
        return head + said
    room = max(20, screen[0] - len(head))
    return head + f"\n{' ' * len(head)}".join(textwrap.wrap(said, room, break_on_hyphens=False) or [""])
