"""Which picture a frame makes, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kosdata.errors import ArgumentError
from kosdata.frame.korean import korean
from kosdata.frame.plot import plot, save
from tests.unit.frame.plot.pictures import bars, drawn


@pytest.mark.parametrize("frame", [bars(0, reason="holiday: no session"), pd.DataFrame()])
def test_a_frame_without_rows_gives_titled_axes_with_the_reason(frame: pd.DataFrame) -> None:
    axes = plot(frame)
    assert axes.get_title() == "no data"
    assert [text.get_text() for text in axes.texts] == [
        frame.attrs["kosdata"]["reason"] if frame.attrs else "the frame has no rows"
    ]
    assert plot(frame, title="005930").get_title() == "005930"
    drawn(axes)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (None, r"open, high, low, close would do, and open, low is not there\. .*kd\.history"),
        ("candles", r"kind='candles' needs open, low, which kd\.history.* would supply"),
        ("depth", r"needs ask_price_1.*kd\.order_book"),
        ("investors", r"kd\.investors"),
        ("smile", r"needs strike, right, implied_vol.*kd\.option_chain"),
        ("curve", r"needs expiry, price.*kd\.futures_curve"),
        ("candle", r"not one of candles.* Did you mean candles\?"),
    ],
)
def test_what_is_missing_is_named_with_what_would_supply_it(kind: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        plot(bars()[["high", "close"]], kind=kind)


@pytest.mark.parametrize(
    "wrong",
    [{"style": "french"}, {"lang": "de"}, {"ax": "here"}, {"ax": []}, {"kind": "line", "column": "nav"}],
    ids=str,
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        plot(bars(), **wrong)


def test_pictures_can_be_kept_and_pickled(tmp_path: Any) -> None:
    path = save(bars(3), tmp_path / "a.svg", title="a", figsize=(3, 2))
    assert b"<svg" in path.read_bytes()
    pickle.dumps(plot(bars(3)).figure)


def test_frames_stay_as_they_are() -> None:
    frame = korean(bars(5))
    before = frame.copy(deep=True)
    plot(frame, overlays=(2,))
    pd.testing.assert_frame_equal(frame, before)


def test_bars_without_any_price_say_so() -> None:
    frame = bars(3)
    frame[["open", "high", "low", "close"]] = np.nan
    assert [text.get_text() for text in plot(frame).texts] == ["no row has a price"]


def test_a_frame_that_makes_no_picture_is_told_what_does() -> None:
    with pytest.raises(ArgumentError, match="with volume, date: column='volume' draws that column as a line; kd"):
        plot(bars()[["volume"]])
    assert plot(bars()[["volume"]], column="volume").lines[0].get_ydata().tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(ArgumentError, match=r"kind='line' needs close, which kd\.history"):
        plot(pd.concat({"A": bars()[["volume"]]}, names=["code"]), kind="line")


def test_a_size_that_is_none_makes_no_file(tmp_path: Any) -> None:
    with pytest.raises(ArgumentError, match="figsize"):
        save(bars(3), tmp_path / "a.png", figsize=5)
    assert not list(tmp_path.iterdir())
