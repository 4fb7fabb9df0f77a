"""Candles, and the volume beneath."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from kosdata.frame.plot import plot
from tests.unit.frame.plot.pictures import BLUE, GREEN, GREY, RED, bars, colours, drawn, of


def test_a_candle_reaches_from_low_to_high_and_its_body_from_open_to_close() -> None:
    frame = bars(4)
    axes = plot(frame)
    (wicks,), (bodies,) = of(axes, LineCollection), of(axes, PolyCollection)
    for n, (segment, body) in enumerate(zip(wicks.get_segments(), bodies.get_paths(), strict=True)):
        row = frame.iloc[n]
        assert segment.tolist() == [[n, row["low"]], [n, row["high"]]]
        box = body.get_extents()
        assert (box.y0, box.y1) == (min(row["open"], row["close"]), max(row["open"], row["close"]))
        assert (box.x0 + box.x1) / 2 == n
    drawn(axes)


@pytest.mark.parametrize(("style", "rise", "fall"), [("korean", RED, BLUE), ("us", GREEN, RED)])
def test_colours_are_korean_unless_asked_otherwise(style: Any, rise: str, fall: str) -> None:
    frame = bars(4).assign(open=[1.0, 3.0, 2.0, 2.0], close=[2.0, 2.0, 2.0, 3.0], low=0.5, high=4.0)
    axes = plot(frame, style=style)
    assert colours(of(axes, PolyCollection)[0]) == [rise, fall, GREY, rise]
    below = axes.figure.axes[1]
    assert colours(of(below, PolyCollection)[0]) == [rise, fall, GREY, rise]


def test_the_volume_stands_below_and_shares_the_positions() -> None:
    axes = plot(bars(5))
    prices, volume = axes.figure.axes
    assert prices is axes
    (tall,) = of(volume, PolyCollection)
    assert [path.get_extents().y1 for path in tall.get_paths()] == [1, 2, 3, 4, 5]
    assert volume.get_xlim() == prices.get_xlim() == (-1, 5)
    assert len(plot(bars(5), volume=False).figure.axes) == 1
    assert len(plot(bars(5).drop(columns="volume")).figure.axes) == 1


def test_days_without_a_price_leave_their_place_empty() -> None:
    frame = bars(5)
    frame.iloc[2, :4] = np.nan
    axes = plot(frame, overlays=(2,))
    assert [segment[0][0] for segment in of(axes, LineCollection)[0].get_segments()] == [0, 1, 3, 4]
    assert axes.lines[0].get_xdata().tolist() == [1, 3, 4]


def test_a_hundred_thousand_bars_are_few_artists() -> None:
    frame = bars(100_000, "2000-01-03 09:00", "1min")
    axes = plot(frame.assign(**frame[["open", "high", "low", "close"]] + 200_000))
    assert len(axes.collections) <= 3 and len(axes.patches) == 0
    assert len(of(axes, LineCollection)[0].get_segments()) == 100_000


def test_a_price_of_nothing_is_none_and_not_a_candle_from_nothing() -> None:
    frame = bars(5)
    frame.iloc[2, :3] = 0
    axes = plot(frame)
    assert [segment[0][0] for segment in of(axes, LineCollection)[0].get_segments()] == [0, 1, 3, 4]
    assert axes.get_ylim()[0] > 90


def test_a_body_that_closes_where_it_opened_is_thick_enough_to_be_seen() -> None:
    frame = bars(400, "2024-01-12 09:00", "1min").assign(open=100.0, high=101.0, low=99.0, close=100.0)
    frame.iloc[0, 3] = 101.0
    (bodies,) = of(plot(frame), PolyCollection)
    rising, flat = bodies.get_linewidth()[:2]
    assert rising < 1 <= flat


def test_prices_and_volume_say_what_they_are_and_in_which_unit() -> None:
    units = "won: open high low close value; shares: volume"
    prices, volume = plot(bars(3, units=units)).figure.axes
    assert (prices.get_ylabel(), volume.get_ylabel()) == ("price, won", "volume, shares")
    assert plot(bars(3, units="points: close")).get_ylabel() == "price, points"
    assert plot(bars(3)).get_ylabel() == "price"
    line = plot(bars(3, units=units).assign(foreign_ratio=50.0), column="foreign_ratio")
    assert line.get_ylabel() == "foreign ratio"


def test_the_legend_stands_where_it_hides_least() -> None:
    flat = {"open": 1.0, "high": 1.0, "low": 1.0}
    for close, corner in ((np.arange(1.0, 61), 2), (np.arange(60.0, 0, -1), 1)):
        axes = plot(bars(60).assign(close=close, **flat), kind="line", overlays=2)
        assert axes.get_legend()._loc == corner
    valley = np.abs(np.arange(60.0) - 30) + 1
    assert plot(bars(60).assign(close=valley, **flat), kind="line", overlays=2).get_legend()._loc in (3, 4)
    assert plot(bars(60).assign(close=valley), kind="line", overlays=2, ax=Figure().subplots()).get_legend()._loc < 3
