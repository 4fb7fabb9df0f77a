"""The picture of a frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError
from kosdata.frame.bars import ohlc
from kosdata.frame.korean import english, english_name
from kosdata.frame.plot.candles import bars_of_one, overlaid
from kosdata.frame.plot.canvas import STYLES, Sheet, Style
from kosdata.frame.plot.hand import Hand, Lang
from kosdata.frame.plot.lines import curve, lines, smile
from kosdata.frame.plot.reading import BARS, TICKS, Kind, by_code, flows, kind_of, names_of, needed
from kosdata.frame.plot.sides import depth, flows_by_day, investors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kosdata.frame.plot.candles import Overlays
    from kosdata.frame.plot.canvas import Target

__all__ = ["plot", "save"]

_TICK_FREQ: Final = "1min"
_MOST_PANELS: Final = 12


def plot(
    frame: pd.DataFrame,
    *,
    kind: Kind | None = None,
    freq: str | None = None,
    column: str | None = None,
    overlays: Overlays | None = None,
    volume: bool = True,
    rebase: bool | None = None,
    style: Style = "korean",
    lang: Lang | None = None,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Target = None,
) -> Axes | NDArray[Any]:
    """Return the picture of a frame; `Kos.plot` says of what, and how."""
    if not isinstance(frame, pd.DataFrame):
        raise ArgumentError(f"A picture is made of a DataFrame, not of {type(frame).__name__}.")
    choice("style", style, tuple(STYLES))
    choice("lang", lang, (None, "en", "ko"))
    read, was_korean = english(frame)
    about = frame.attrs.get("kosdata")
    sheet = Sheet(
        Hand.of(lang or ("ko" if was_korean else "en")),
        STYLES[style],
        title,
        figsize,
        ax,
        about if isinstance(about, dict) else {},
    )
    if read.empty and not names_of(read):
        return sheet.empty()
    chosen = kind_of(read, kind)
    column = None if column is None else english_name(column)
    if chosen in ("candles", "line"):
        return _prices(sheet, read, kind, freq, column, overlays, volume=volume, rebase=rebase)
    if freq is not None or overlays is not None:
        raise ArgumentError(f"freq and overlays are for prices: leave them out of kind={chosen!r}.")
    if chosen == "depth":
        return _depth(sheet, read)
    if chosen == "investors":
        return _investors(sheet, read, column or "value")
    return _contracts(sheet, read, chosen, column)


def save(frame: pd.DataFrame, path: str | Path, *, dpi: int = 110, **options: Any) -> Path:
    """Draw the picture of a frame into a file and return its path.

    Parameters
    ----------
    frame : DataFrame
        As for `plot`.
    path : str or Path
        Where to; its suffix says in which format, as ``.png``, ``.svg`` or ``.pdf``.
    dpi : int, default 110
        Dots per inch.
    **options
        Those of `plot`, without ``ax``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=options.pop("figsize", None) or (10, 6), layout="constrained")
    plot(frame, ax=figure, **options)
    figure.savefig(path, dpi=dpi)
    return Path(path)


def _prices(
    sheet: Sheet,
    frame: pd.DataFrame,
    kind: Kind | None,
    freq: str | None,
    column: str | None,
    overlays: Overlays | None,
    *,
    volume: bool,
    rebase: bool | None,
) -> Axes:
    """Draw candles or a line of one code, lines of several."""
    table, names = _table(frame, kind, column)
    if table is None:
        made = _bars(frame, freq)
        parts = by_code(made)
        if len(parts) > 1 and kind == "candles":
            raise ArgumentError(
                f"Candles show one code and the frame has {len(parts)}: choose one, as with "
                f"frame.loc[{next(iter(parts))!r}], or leave kind out for lines."
            )
        of = column or "close"
        needed(made, "line" if column or kind == "line" else "candles", (of,) if column or len(parts) > 1 else None)
        if len(parts) == 1:
            ((code, bars),) = parts.items()
            return _one(
                sheet, bars, code, of if kind == "line" or column else None, overlays, volume=volume, rebase=rebase
            )
        table = pd.DataFrame({code: _in_order(bars)[of] for code, bars in parts.items()})
        names = of
    if overlays is not None:
        raise ArgumentError("overlays are for one code: choose one, or add the series to the frame as a column.")
    table = _in_order(table)
    if not table.notna().to_numpy().any():
        return sheet.empty()
    (axes,) = sheet.axes(1)
    lines(axes, table, rebase=len(table.columns) > 1 if rebase is None else rebase, column=names, hand=sheet.hand)
    return sheet.done(axes)


def _table(frame: pd.DataFrame, kind: Kind | None, column: str | None) -> tuple[pd.DataFrame | None, str]:
    """Return a frame with a column a code, if it is one."""
    is_wide = frame.columns.name == "code" or (kind == "line" and column is None and "close" not in names_of(frame))
    if not is_wide or "code" in names_of(frame.reset_index(drop=True)) or set(TICKS).issubset(names_of(frame)):
        return None, ""
    numbers = frame.select_dtypes("number")
    if numbers.empty and len(frame):
        needed(frame, "line")
    about = frame.attrs.get("kosdata")
    return numbers, str(about.get("field") or "") if isinstance(about, dict) else ""


def _one(
    sheet: Sheet,
    bars: pd.DataFrame,
    code: str | None,
    column: str | None,
    overlays: Overlays | None,
    *,
    volume: bool,
    rebase: bool | None,
) -> Axes:
    bars = _in_order(bars)
    over = [] if overlays is None else overlaid(overlays, bars, column or "close")
    if rebase:
        table = pd.DataFrame({column or "close": bars[column or "close"]} | dict(over))
        (axes,) = sheet.axes(1)
        lines(axes, table, rebase=True, column=column or "close", hand=sheet.hand)
        return sheet.done(axes, code)
    shown = bars[[column] if column else list(BARS)]
    if not shown.notna().all(axis=1).any():
        return sheet.empty(code, "no row has a price" if len(bars) else None)
    volume = volume and "volume" in bars
    made = sheet.axes(2 if volume else 1, heights=(3, 1) if volume else (1,))
    bars_of_one(made, bars, column=column, overlays=over, volume=volume, colours=sheet.colours, hand=sheet.hand)
    return sheet.done(made[0], code)


def _bars(frame: pd.DataFrame, freq: str | None) -> pd.DataFrame:
    """Return ticks as bars, and bars as longer ones."""
    is_bars = set(BARS).issubset(frame.columns)
    if not is_bars and set(TICKS).issubset(frame.columns):
        return ohlc(frame, freq or _TICK_FREQ) if len(frame) else pd.DataFrame(columns=[*BARS, "volume"], dtype=float)
    if freq is None or frame.empty:
        return frame
    needed(frame, "candles", (*BARS, "volume", "value"))
    return ohlc(frame, freq)


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows by their day or time, ascending, the last one of each."""
    if not isinstance(frame.index, pd.DatetimeIndex):
        own = next((name for name in ("time", "date") if name in frame and frame[name].dtype.kind == "M"), None)
        frame = frame.set_index(own) if own else frame
    frame = frame[frame.index.notna()]
    frame = frame if frame.index.is_monotonic_increasing else frame.sort_index(kind="stable")
    return frame if frame.index.is_unique else frame[~frame.index.duplicated(keep="last")]


def _depth(sheet: Sheet, frame: pd.DataFrame) -> Axes | NDArray[Any]:
    needed(frame, "depth")
    parts = {code: part.iloc[-1] for code, part in by_code(frame).items() if len(part)}
    if not parts:
        return sheet.empty()
    made = sheet.axes(_panels(len(parts)))
    for axes, (code, book) in zip(made, parts.items(), strict=True):
        depth(axes, book, colours=sheet.colours, hand=sheet.hand)
        sheet.done(axes, code, one_of=len(made))
    return _as_asked(made)


def _investors(sheet: Sheet, frame: pd.DataFrame, column: str) -> Axes | NDArray[Any]:
    names = flows(frame, column)
    if column not in ("value", "volume"):
        raise ArgumentError(f"column={column!r} is not one of value, volume.")
    if "investor" not in names_of(frame) and names:
        if frame.empty:
            return sheet.empty()
        made = sheet.axes(_panels(len(parts := by_code(frame))))
        for axes, (code, part) in zip(made, parts.items(), strict=True):
            flows_by_day(axes, _in_order(part), names, column=column, hand=sheet.hand)
            sheet.done(axes, code, one_of=len(made))
        return _as_asked(made)
    needed(frame, "investors")
    rights = ("call_", "put_") if "call_buy_" + column in frame else ("",)
    needed(frame, "investors", [f"{right}{side}_{column}" for right in rights for side in ("buy", "sell")])
    if frame.empty:
        return sheet.empty()
    by_name = {
        code: part if "investor" in part.index.names else part.set_index("investor")
        for code, part in by_code(frame).items()
    }
    made = sheet.axes(_panels(len(by_name) * len(rights)))
    words = {"": "", "call_": sheet.hand.word("calls", "콜"), "put_": sheet.hand.word("puts", "풋")}
    tasks = [(code, part, right) for code, part in by_name.items() for right in rights]
    for axes, (code, part, right) in zip(made, tasks, strict=True):
        investors(axes, part, prefix=right, column=column, colours=sheet.colours, hand=sheet.hand)
        sheet.done(axes, " ".join(filter(None, (code, words[right]))), one_of=len(made))
    return _as_asked(made)


def _contracts(sheet: Sheet, frame: pd.DataFrame, kind: Kind, column: str | None) -> Axes:
    of = column or ("implied_vol" if kind == "smile" else "price")
    needed(frame, kind, ("strike", "right", of) if kind == "smile" else ("expiry", "price"))
    if frame.empty:
        return sheet.empty()
    (axes,) = sheet.axes(1)
    if kind == "smile":
        underlying = sheet.about.get("underlying_price")
        smile(axes, frame, column=of, underlying=underlying, colours=sheet.colours, hand=sheet.hand)
    else:
        curve(axes, frame, hand=sheet.hand)
    return sheet.done(axes)


def _panels(count: int) -> int:
    if count > _MOST_PANELS:
        raise ArgumentError(f"That would be {count} panels: choose at most {_MOST_PANELS} codes.")
    return count


def _as_asked(made: list[Axes]) -> Axes | NDArray[Any]:
    if len(made) == 1:
        return made[0]
    found = np.empty(len(made), dtype=object)
    found[:] = made
    return found
