"""Where results go: a table to a terminal, CSV into a pipe, a file by its suffix; and what is said goes to the side."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd

import kosdata as kd
from kosdata.cli.table import item, table, wide
from kosdata.errors import StoreError

__all__ = ["Result", "destination", "put", "say", "terminal"]

Result: TypeAlias = "pd.DataFrame | pd.Series[Any]"

_MARGIN: Final = 4  # lines of the screen for the head, the rows left out, the note and the prompt
# What every frame says of itself; anything else there is news.
_ROUTINE: Final = {
    *("source", "env", "endpoint", "requests", "cached_pages", "fetched_at", "units", "failures", "adjust"),
    *("interval", "label", "built_from", "session", "time", "sums", "count"),
}


def say(text: object) -> None:
    """Say something that is no data, in one line."""
    print("kosdata:", " ".join(str(text).split()), file=sys.stderr, flush=True)


def terminal() -> tuple[int, int] | None:
    """Return columns and lines of the screen, if the output goes to one."""
    if not sys.stdout.isatty():
        return None
    size = shutil.get_terminal_size()
    return size.columns, size.lines


def destination(text: str) -> Path:
    """Return the path of a file that can be written.

    Raises
    ------
    ArgumentTypeError
        If it cannot, so that nothing is asked in vain.
    """
    path = Path(text).expanduser()
    if path.suffix.lower() not in _WRITERS:
        raise argparse.ArgumentTypeError(f"{text!r} does not say what to write: end it in {', '.join(_WRITERS)}")
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.absolute().parent}")
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise argparse.ArgumentTypeError("Parquet needs pyarrow: pip install 'kosdata[store]', or write .csv or .json")
    return path


def put(result: Result, path: Path | None) -> int:
    """Write a result to where it belongs, say what must be known of it, and return how many parts of it failed."""
    frame = pd.DataFrame([dict(result)]).infer_objects() if isinstance(result, pd.Series) else result
    screen = terminal()
    if path is not None:
        _write(frame, path)
    elif screen is None:
        _csv(frame, sys.stdout)
    elif isinstance(result, pd.Series):
        longest = max(wide(str(name)) for name in result.index)
        print("\n".join(f"{name!s:<{longest}}  {item(value)}" for name, value in result.items()))
    elif len(frame):
        _show(frame, *screen)
    sys.stdout.flush()
    return _comment(frame)


def _show(frame: pd.DataFrame, width: int, height: int) -> None:
    shown = table(frame, width, height - _MARGIN)
    print(shown.text, flush=True)
    if (shown.rows, shown.columns) != frame.shape:
        say(f"{shown.rows} of {len(frame):,} rows, {shown.columns} of {frame.shape[1]} columns; -o FILE.csv has all.")


def _comment(frame: pd.DataFrame) -> int:
    about: dict[str, Any] = frame.attrs.get("kosdata", {})
    if about.get("source") == "simulator":
        say("synthetic data of a demo gateway, not the market.")
    if frame.empty and not about.get("reason"):
        say("nothing found.")
    for name in (name for name in about if name not in _ROUTINE and about[name]):
        say(f"{name}: {about[name]}")
    failed = kd.failures(frame) if about else pd.DataFrame()
    for row in failed.itertuples():
        say(f"{row.Index}: {row.message}")
    return len(failed)


def _write(frame: pd.DataFrame, path: Path) -> None:
    try:
        _WRITERS[path.suffix.lower()](frame, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.", path=str(path)) from error
    say(f"{len(frame):,} rows in {path}")


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


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if frame.index.names == [None] else frame.reset_index()
