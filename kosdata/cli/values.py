"""What single words of the command line stand for; each is refused here if it stands for nothing."""

from __future__ import annotations

import math
import os
from argparse import ArgumentTypeError
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from kosdata.catalogue.seoul import SEOUL
from kosdata.cli.output import SUFFIXES

__all__ = ["code", "count", "frame_file", "moment", "names", "new_file", "picture_file", "port", "seconds"]

_PICTURES: Final = (".png", ".svg", ".pdf")
_LAST_PORT: Final = 65_535


def code(text: str) -> str:
    """Read a code or market, or several between commas."""
    if not text.strip(" ,"):
        raise ArgumentTypeError(f"{text!r} names nothing: write a code or a market, such as 005930 or kospi")
    return text


def moment(text: str) -> datetime:
    """Read a moment, as one of Seoul without a zone."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(SEOUL).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is not a moment: write 2024-01-05T15:45") from None


def count(text: str) -> int:
    """Read how many."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of at least 1")
    return int(text)


def port(text: str) -> int:
    """Read a port, or 0 for any."""
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise ArgumentTypeError(f"{text!r} is no port from 1 to {_LAST_PORT}, or 0 for any free one")
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
        raise ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def frame_file(text: str) -> Path:
    """Read the name of a file that takes a frame."""
    path = _writable(text, SUFFIXES)
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise ArgumentTypeError("Parquet needs pyarrow: pip install 'kosdata[store]', or write .csv or .json")
    return path


def picture_file(text: str) -> Path:
    """Read the name of a file that takes a picture."""
    return _writable(text, _PICTURES)


def new_file(text: str) -> Path:
    """Read the name of a file that is not there yet."""
    path = _writable(text)
    if path.exists():
        raise ArgumentTypeError(f"{path} exists: choose another name, or remove it first")
    return path


def _writable(text: str, suffixes: tuple[str, ...] = ()) -> Path:
    """Return the path of a file that can be written, so that nothing is asked in vain."""
    path = Path(text).expanduser()
    folder = path.absolute().parent
    if path.is_dir():
        raise ArgumentTypeError(f"{path} is a folder: name a file in it")
    if suffixes and path.suffix.lower() not in suffixes:
        raise ArgumentTypeError(f"{text!r} does not say what to write: end it in {', '.join(suffixes)}")
    if not folder.is_dir():
        raise ArgumentTypeError(f"there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ArgumentTypeError(f"{path} cannot be written: change its permissions, or name another file")
    return path
