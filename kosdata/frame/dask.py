"""``df.kos`` on Dask frames: sessions by partitions, if none is split between two, and what reaches across them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import accumulate
from typing import Any, Final

import numpy as np
import pandas as pd

from kosdata.catalogue.seoul import DAY
from kosdata.errors import ArgumentError, ConfigError
from kosdata.frame import bars, checks, korean, measures
from kosdata.frame.korean import english, titles
from kosdata.frame.phases import DAY_BEGINS
from kosdata.frame.rows import NAT, Rows, column, is_of_ticks
from kosdata.frame.wide import column_by_code

__all__ = ["DaskKos", "register_dask"]

Session = tuple[str, int]

_SHOWN: Final = 3


def register_dask() -> None:
    """Put ``df.kos`` on Dask frames as well.

    Its methods are those of the accessor on pandas frames. They return Dask frames, but for ``plot``. Partitions are in
    order of time; for bars, averages and wide frames every session of a code must lie in one of them, which is checked
    when the answer is computed. ``check`` brings all rows together in one.

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
        from dask.dataframe import DataFrame, extensions
    except ImportError as error:
        raise ConfigError("Dask is not installed: pip install 'kosdata[dask]'.") from error
    if getattr(DataFrame, "kos", None) is not DaskKos:
        register: Any = extensions.register_dataframe_accessor
        register("kos")(DaskKos)


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
        """Return bars as ``df.kos.ohlc`` of a pandas frame does, by ``time`` or ``date``; codes are a column.

        Raises
        ------
        ArgumentError
            If an argument is wrong; when computed, if a session is split.
        """
        if isinstance(freq, str) and freq in ("W", "M"):
            days = DaskKos(self.ohlc("D", session=session, label=label, fill=fill).repartition(npartitions=1))
            return days._of_rows(partial(_flat, bars.ohlc, freq=freq))

        return self._of_sessions(partial(_flat, bars.ohlc, freq=freq, session=session, label=label, fill=fill))

    def vwap(self, freq: bars.Freq | None = None) -> Any:
        """Return average prices as ``df.kos.vwap`` of a pandas frame does; with `freq`, codes are a column."""
        return self._of_sessions(partial(_flat, measures.vwap, freq=freq))

    def returns(self) -> Any:
        """Return simple returns as ``df.kos.returns`` of a pandas frame does, also from one partition to the next."""
        from dask.dataframe import from_delayed
        from dask.delayed import delayed

        parts = self._frame.to_delayed()
        lasts = accumulate(parts[:-1], delayed(_lasts), initial=self._frame._meta)
        made = [delayed(_returns)(last, part) for last, part in zip(lasts, parts, strict=True)]
        return from_delayed(made, meta=measures.returns(self._frame._meta), divisions=self._frame.divisions)

    def spread(self) -> Any:
        """Return the bid-ask spread."""
        return self._of_rows(measures.spread)

    def imbalance(self, levels: int = 1) -> Any:
        """Return the order book imbalance over some levels."""
        return self._of_rows(partial(measures.imbalance, levels=levels))

    def wide(self, column: str) -> Any:
        """Return one column with a column a code, in their order. Codes that no category names are read at once.

        Raises
        ------
        ArgumentError
            If the column is missing, or the frame is of one code; when computed, if a session is split or a code has
            two rows of one time.
        """
        codes = _code_column(self._frame)
        meta = column_by_code(self._frame._meta, column)
        if codes is not None:
            values = self._frame[codes]
            known = values.cat.categories if _has_categories(values) else values.unique().compute()
            meta = meta.reindex(columns=pd.Index(sorted(map(str, known)), dtype="str", name=meta.columns.name))
        return self._of_sessions(partial(_wide, name=column, codes=meta.columns), meta)

    def korean(self) -> Any:
        """Return the frame under Korean column names."""
        return self._of_rows(korean.korean)

    def check(self, *, market: str | None = None) -> Any:
        """Return what looks wrong, as ``df.kos.check`` of a pandas frame does; all rows come together for it."""
        return DaskKos(self._frame.repartition(npartitions=1))._of_rows(partial(checks.check, market=market))

    def plot(self, **options: Any) -> Any:
        """Return the picture of the frame, which is computed for it; ticks are made bars of before, by ``freq``."""
        from kosdata.frame.plot import plot

        frame = self._frame
        meta, _ = english(frame._meta)
        if is_of_ticks(meta):
            frame = self.ohlc(options.pop("freq", None) or "1min")
        return plot(frame.compute(), **options)

    def _of_rows(self, make: Callable[[pd.DataFrame], Any]) -> Any:
        return self._frame.map_partitions(make, meta=make(self._frame._meta))

    def _of_sessions(self, make: Callable[[pd.DataFrame], Any], meta: Any = None) -> Any:
        from dask.delayed import delayed

        frame = self._frame
        codes = _code_column(frame)
        # Of one column, which is read by itself, so that no partition waits in memory for the others.
        parts = frame[[frame.columns[0] if codes is None else codes]].to_delayed()
        checked = delayed(_whole)([delayed(_sessions)(part) for part in parts])
        meta = make(frame._meta) if meta is None else meta
        made = frame.map_partitions(_made, checked, make, meta=meta, enforce_metadata=False)
        # A bar begins before its first tick, which may be before the partition is said to.
        return made.clear_divisions()


def _code_column(frame: Any) -> str | None:
    return next((name for name in ("code", titles()["code"]) if name in frame.columns), None)


def _has_categories(values: Any) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype) and values.cat.known


def _made(frame: pd.DataFrame, _: None, make: Callable[[pd.DataFrame], Any]) -> Any:
    return make(frame)


def _flat(make: Callable[..., Any], frame: pd.DataFrame, **options: Any) -> Any:
    """Return what is made of a frame with codes as a column, for Dask knows no index of several levels."""
    made = make(frame, **options)
    return made if made.index.nlevels == 1 else made.reset_index(level=0)


def _wide(frame: pd.DataFrame, *, name: str, codes: pd.Index) -> pd.DataFrame:
    return column_by_code(frame, name).reindex(columns=codes)


def _lasts(before: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the last row with a price of each code, of some rows and those after them."""
    rows = pd.concat([before, frame])
    read, _ = english(rows)
    price = column(read, "price" if is_of_ticks(read) else "close")
    codes = _code_column(rows)
    priced = rows[price.notna().to_numpy()]
    return priced.tail(1) if codes is None else priced.drop_duplicates(codes, keep="last")


def _returns(before: pd.DataFrame, frame: pd.DataFrame) -> pd.Series[Any]:
    return measures.returns(pd.concat([before, frame])).iloc[len(before) :]


def _sessions(frame: pd.DataFrame) -> list[Session]:
    """Return the sessions that a partition has rows of, by code."""
    rows = Rows.of(english(frame)[0])
    codes = np.zeros(len(rows.times), dtype=np.int64) if rows.codes is None else rows.codes
    known = (rows.times != NAT) & (codes >= 0)
    days = (rows.times[known] + (rows.utc_offset - (0 if rows.is_daily else DAY_BEGINS))) // DAY
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
            f"{len(split)} sessions are split between partitions ({shown}): store each in one file, or write "
            "frame.repartition(divisions=..., force=True) at hours when nothing trades."
        )
