"""``df.kos`` on Dask frames: each partition by itself, if no session is split between two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from kosdata.errors import ArgumentError, ConfigError
from kosdata.frame import bars, korean, measures
from kosdata.frame.korean import english, titles
from kosdata.frame.phases import DAY, DAY_BEGINS
from kosdata.frame.rows import NAT, Rows

__all__ = ["DaskKos", "register_dask"]

Session = tuple[str, int]

_SHOWN: Final = 3


def register_dask() -> None:
    """Put ``df.kos`` on Dask frames as well.

    Bars, averages, spreads and Korean names are there. Every session of a code must lie in one partition, which is
    checked when the answer is computed; what needs the rows of several partitions works after ``.compute()``.

    Raises
    ------
    ConfigError
        If Dask is not installed.

    Examples
    --------
    >>> kd.register_dask()  # doctest: +SKIP
    >>> dask.dataframe.read_parquet("ticks/").kos.ohlc("5min").compute()  # doctest: +SKIP
    """
    try:
        from dask.dataframe import DataFrame
        from dask.dataframe.extensions import register_dataframe_accessor
    except ImportError as error:
        raise ConfigError("Dask is not installed: pip install 'kosdata[dask]'.") from error
    if getattr(DataFrame, "kos", None) is not DaskKos:
        register_dataframe_accessor("kos")(DaskKos)


class DaskKos:
    """Bars, averages and spreads of a Dask frame, which are computed when they are asked for.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        By ``time``, with a column ``code`` if there are several codes.
    """

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def ohlc(
        self,
        freq: bars.Freq = "1min",
        *,
        session: bars.Session = "regular",
        label: bars.Label = "left",
        fill: bool = False,
    ) -> Any:
        """Return bars as ``df.kos.ohlc`` of a pandas frame does, by ``time``; codes are a column.

        Raises
        ------
        ArgumentError
            If an argument is wrong, or freq is ``"W"`` or ``"M"``; when computed, if a session is split.
        """
        if isinstance(freq, str) and freq in ("W", "M"):
            raise ArgumentError(f"freq={freq!r} joins sessions of several partitions: write ohlc('D').compute() first.")

        def make(frame: pd.DataFrame) -> pd.DataFrame:
            made = bars.ohlc(frame, freq, session=session, label=label, fill=fill)
            return made if made.index.nlevels == 1 else made.reset_index(level=0)

        return self._of_sessions(make)

    def vwap(self, freq: bars.Freq | None = None) -> Any:
        """Return average prices as ``df.kos.vwap`` of a pandas frame does; with `freq`, codes are a column."""

        def make(frame: pd.DataFrame) -> pd.DataFrame | pd.Series[Any]:
            made = measures.vwap(frame, freq)
            return made if made.index.nlevels == 1 else made.reset_index(level=0)

        return self._of_sessions(make)

    def spread(self) -> Any:
        """Return the best ask less the best bid."""
        return self._of_rows(measures.spread)

    def imbalance(self, levels: int = 1) -> Any:
        """Return bid less ask of the sizes of some levels, as a part of both."""
        return self._of_rows(lambda frame: measures.imbalance(frame, levels))

    def korean(self) -> Any:
        """Return the frame under Korean column names."""
        return self._of_rows(korean.korean)

    def _of_rows(self, make: Callable[[pd.DataFrame], Any]) -> Any:
        return self._frame.map_partitions(make, meta=make(self._frame._meta))

    def _of_sessions(self, make: Callable[[pd.DataFrame], Any]) -> Any:
        from dask import delayed

        frame = self._frame
        named = [name for name in ("code", titles()["code"]) if name in frame.columns]
        # Of few columns, which are read by themselves, so that no partition waits in memory for the others.
        parts = frame[named or [frame.columns[0]]].to_delayed()
        checked = delayed(_whole)([delayed(_sessions)(part) for part in parts])
        return frame.map_partitions(_made, checked, make, meta=make(frame._meta), enforce_metadata=False)


def _made(frame: pd.DataFrame, _: None, make: Callable[[pd.DataFrame], Any]) -> Any:
    return make(frame)


def _sessions(frame: pd.DataFrame) -> list[Session]:
    """Return the sessions that a partition has rows of, by code."""
    rows = Rows.of(english(frame)[0])
    codes = np.zeros(len(rows.times), dtype=np.int64) if rows.codes is None else rows.codes
    known = (rows.times != NAT) & (codes >= 0)
    days = (rows.times[known] + (rows.shift - (0 if rows.is_daily else DAY_BEGINS))) // DAY
    found = np.unique(np.column_stack([codes[known], days]), axis=0).tolist()
    return [(rows.names[code] if rows.names else "", day) for code, day in found]


def _whole(parts: Iterable[list[Session]]) -> None:
    """Check that no session has rows in two partitions.

    Raises
    ------
    ArgumentError
        If one has.
    """
    split = [session for session, count in Counter(each for part in parts for each in part).items() if count > 1]
    if split:
        shown = ", ".join(f"{code} {np.datetime64(day, 'D')}".strip() for code, day in split[:_SHOWN])
        raise ArgumentError(
            f"{len(split)} sessions are split between partitions ({shown}): write frame.repartition(divisions=...) at "
            "midnights, or store whole days."
        )
