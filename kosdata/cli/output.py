"""Where results go: a table to a terminal, CSV into a pipe, a file by its suffix; and what is said goes to the side."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd

import kosdata as kd
from kosdata import errors
from kosdata.cli.notes import counted, say
from kosdata.cli.refusals import line_of
from kosdata.cli.table import display_width, format_value, table
from kosdata.errors import KosError, StoreError

__all__ = ["SUFFIXES", "Result", "terminal", "write_result"]

Result: TypeAlias = "pd.DataFrame | pd.Series[Any]"

_MARGIN: Final = 4  # lines of the screen for the head, the rows left out, the note and the prompt
# What every frame says of itself; anything else there is news.
_ROUTINE: Final = {
    *("source", "env", "endpoint", "requests", "cached_pages", "fetched_at", "units", "failures", "adjust"),
    *("interval", "label", "built_from", "session", "time", "sums", "count"),
}


def terminal() -> tuple[int, int] | None:
    """Return columns and lines of the screen, if the output goes to one."""
    if not sys.stdout.isatty():
        return None
    size = shutil.get_terminal_size()
    return size.columns, size.lines


def write_result(result: Result, arguments: argparse.Namespace) -> int:
    """Write a result to where it belongs, say what must be known of it, and return how many parts of it failed."""
    frame = pd.DataFrame([dict(result)]).infer_objects() if isinstance(result, pd.Series) else result
    screen = terminal()
    if arguments.output is not None:
        _write(frame, arguments.output)
    elif screen is None:
        _csv(frame, sys.stdout)
    elif isinstance(result, pd.Series):
        print(_listed(result))
    elif len(frame):
        _show(frame, *screen)
    sys.stdout.flush()
    return _comment(frame, arguments.written)


def _listed(values: pd.Series[Any]) -> str:
    """Return values one a line, under each other."""
    names = [str(name) for name in values.index]
    longest = max(map(display_width, names))
    blanks = [" " * (longest - display_width(name)) for name in names]
    cells = map(format_value, values)
    return "\n".join(f"{name}{blank}  {cell}" for name, blank, cell in zip(names, blanks, cells, strict=True))


def _show(frame: pd.DataFrame, width: int, height: int) -> None:
    shown = table(frame, width, height - _MARGIN)
    print(shown.text, flush=True)
    if (shown.rows, shown.columns) != frame.shape:
        rows, columns = counted(len(frame), "row"), counted(frame.shape[1], "column")
        say(f"{shown.rows} of {rows}, {shown.columns} of {columns}; -o FILE.csv has all.")


def _comment(frame: pd.DataFrame, options: Mapping[str, str]) -> int:
    about: dict[str, Any] = frame.attrs.get("kosdata", {})
    failed = kd.failures(frame) if about else pd.DataFrame()
    if about.get("source") == "simulator":
        say("synthetic data of a demo gateway, not the market.")
    if frame.empty and failed.empty and not about.get("reason"):
        say("nothing found.")
    for name in (name for name in about if name not in _ROUTINE and about[name]):
        say(f"{name}: {about[name]}")
    for row in failed.itertuples():
        error: KosError = getattr(errors, str(row.error))(row.message)
        say(f"{row.Index}: {line_of(error, options)}")
    return len(failed)


def _write(frame: pd.DataFrame, path: Path) -> None:
    try:
        _WRITERS[path.suffix.lower()](frame, path)
    except OSError as error:
        said = f"{path} cannot be written: {error.strerror or error}. Name another file."
        raise StoreError(said, path=str(path)) from error
    say(f"{counted(len(frame), 'row')} in {path}")


def _csv(frame: pd.DataFrame, to: Any) -> None:
    _flat(frame).to_csv(to, index=False, lineterminator="\n")


def _json(frame: pd.DataFrame, path: Path) -> None:
    flat = _flat(frame)
    for name in flat.select_dtypes(["datetime", "datetimetz"]):
        form = "%Y-%m-%d" if flat[name].dt.tz is None else None
        flat[name] = flat[name].map(
            lambda t, form=form: t.strftime(form) if form else t.isoformat(), na_action="ignore"
        )
    flat.to_json(path, orient="records", force_ascii=False)


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path)


_WRITERS: Final[Mapping[str, Callable[[pd.DataFrame, Path], None]]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".json": _json,
}
SUFFIXES: Final = tuple(_WRITERS)
"""How the names of files end that take a frame."""


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if frame.index.names == [None] else frame.reset_index()
