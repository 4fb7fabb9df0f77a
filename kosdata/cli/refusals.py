"""Errors as the command line tells them: an exit code, and one line of whole sentences with the way out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Final

from kosdata.cli.exits import Exit
from kosdata.errors import (
    ApiError,
    ArgumentError,
    ConfigError,
    KosError,
    SchemaError,
    StreamError,
    TransportError,
)

__all__ = ["exit_of", "line_of"]

_DOCTOR: Final = "kosdata doctor looks for the cause."
_WAYS_OUT: Final[Mapping[type[Exception], str]] = {
    TransportError: f"See network, proxy and KOSDATA_BASE_URL: {_DOCTOR}",
    SchemaError: f"See proxy and KOSDATA_BASE_URL: {_DOCTOR}",
    StreamError: f"See KOSDATA_STREAM_URL; --transport poll needs no stream: {_DOCTOR}",
}

# What the library says to programmers, in the words of the command line.
_SETTINGS: Final = {"api_key": "KOSCOM_API_KEY", "base_url": "KOSDATA_BASE_URL", "stream_url": "KOSDATA_STREAM_URL"}
_SETTING: Final = re.compile(rf"\b({'|'.join(_SETTINGS)})\b=?( \(argument or [^)]*\)| or KOS\w+)?")
_ENVIRONMENT: Final = re.compile(r"(?<!-)\benv\b(?!=)")
_ELSEWHERE: Final = re.compile(r",? or pass ([a-z_]+)=[^.;]*")
_LIST: Final = re.compile(r"\['([^]]*)'\]")
_NAMED: Final = re.compile(r"\b([a-z_]+)=('[^']*'|[\w.:,-]*\w)?")


def exit_of(error: Exception) -> Exit:
    """Return what a command ends with that fails so."""
    if isinstance(error, ArgumentError | ConfigError):
        return Exit.WRONG_CALL
    return Exit.REFUSED if isinstance(error, KosError | OSError) else Exit.WRONG


def line_of(error: Exception, options: Mapping[str, str]) -> str:
    """Return what is said of an error.

    Parameters
    ----------
    error : Exception
        What has happened.
    options : mapping
        Name of each argument to the option that it is written as; nothing where it stands without one.
    """
    lines = _told(error, options)
    return " ".join(line if line.endswith((".", "?", "!")) else f"{line}." for line in lines)


def _told(error: Exception, options: Mapping[str, str]) -> list[str]:
    """Return what has happened, and then what to do."""
    if isinstance(error, OSError):
        what = f"{error.filename} cannot be used" if error.filename else "Standard output cannot be written"
        return [f"{what}: {error.strerror or error}"]
    if not isinstance(error, KosError):
        return [f"{type(error).__name__}: {error}", "This is a bug of kosdata: --debug shows where."]
    lines = str(error).splitlines()
    # The first line may be what the service said; those below it are advice of the library.
    own = 0 if isinstance(error, ArgumentError | ConfigError) else 1
    told = lines[:own] + [_here(line, options) for line in lines[own:]]
    missing = _DOCTOR if isinstance(error, ApiError) and len(lines) == 1 else ""
    return list(filter(None, [*told, _WAYS_OUT.get(type(error), missing)]))


def _here(text: str, options: Mapping[str, str]) -> str:
    """Return advice as it is followed here: ``--start 2024-01-02`` for ``start='2024-01-02'``."""

    def written(found: re.Match[str]) -> str:
        name, value = found.groups()
        option = options.get(name)
        if option is None:
            return found[0]
        if not value or value == "True":
            return option or name
        return f"{option} {shlex.quote(value.strip(chr(39)))}" if option else str(value)

    # What cannot be passed here is no advice.
    text = _ELSEWHERE.sub(lambda found: found[0] if found[1] in options else "", text)
    text = _LIST.sub(lambda found: found[1].replace("', '", ","), text)
    text = _NAMED.sub(written, text)
    text = _ENVIRONMENT.sub("--env", text)
    return _SETTING.sub(lambda found: _SETTINGS[found[1]], text)
