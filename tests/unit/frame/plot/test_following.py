"""A chart that is drawn anew."""

from __future__ import annotations

import sys
import threading
import types
from pathlib import Path
from typing import Any

import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from kosdata.errors import ArgumentError
from kosdata.frame.plot import LiveChart
from tests.unit.frame.plot.pictures import drawn, labels, of, ticks


def test_a_live_chart_draws_the_newest_frame_into_the_same_axes() -> None:
    newest = ticks("005930").iloc[:0]
    chart = LiveChart(lambda: newest, freq="1min")
    axes = chart.axes
    assert isinstance(chart, LiveChart) and axes.texts[0].get_text() == "the frame has no rows"
    for rows, bars_then in ((2, 1), (4, 3), (4, 3), (4, 3)):
        newest = ticks("005930").iloc[:rows]
        chart.draw()
        assert chart.axes is axes and len(axes.child_axes) == 1 and not axes.texts
        assert len(of(axes, LineCollection)[0].get_segments()) == bars_then
    assert chart.figure.axes[0] is axes
    assert len(axes.callbacks.callbacks.get("xlim_changed", {})) <= 3
    drawn(axes)


def test_a_live_chart_in_given_axes_asks_their_figure_to_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = Figure().subplots()
    asked: list[bool] = []
    monkeypatch.setattr(axes.figure.canvas, "draw_idle", lambda: asked.append(True))
    chart = LiveChart(lambda: ticks("005930"), ax=axes)
    chart.draw()
    assert chart.axes is axes and asked == [True]


def test_a_live_chart_renews_what_a_notebook_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, bytes]] = []

    class Handle:
        def display(self, picture: Any) -> None:
            shown.append(("display", picture._repr_png_()))

        def update(self, picture: Any) -> None:
            shown.append(("update", picture._repr_png_()))

    shell = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(DisplayHandle=Handle))
    chart = LiveChart(lambda: ticks("005930"))
    assert shown == []
    chart.draw()
    chart.draw()
    chart._ipython_display_()
    chart.draw()
    assert [what for what, _ in shown] == ["display", "update", "display", "update"]
    assert all(png.startswith(b"\x89PNG") for _, png in shown)


def test_a_picture_that_cannot_be_drawn_says_why_and_the_next_one_is_drawn() -> None:
    newest = ticks("005930").iloc[:0]
    chart = LiveChart(lambda: newest, kind="candles")
    newest = ticks("005930", "000660")
    with pytest.raises(ArgumentError, match="Candles show one code"):
        chart.draw()
    assert chart.axes.texts[0].get_text().startswith("Candles show one code")
    newest = ticks("005930")
    chart.draw()
    assert not chart.axes.texts and of(chart.axes, LineCollection)
    newest = None  # type: ignore[assignment]
    with pytest.raises(ArgumentError):
        chart.draw()
    drawn(chart.axes)


def test_a_picture_is_kept_whole_while_it_is_drawn_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chart = LiveChart(lambda: ticks("005930"))
    chart.draw()
    whole = list(chart.axes.collections)
    other = threading.Thread(target=chart.draw)
    kept: list[Any] = []

    def savefig(path: Path, **options: Any) -> None:
        other.start()
        other.join(0.1)  # it waits for this
        kept.extend([path, options, list(chart.axes.collections)])

    monkeypatch.setattr(chart.figure, "savefig", savefig)
    assert chart.save(tmp_path / "a.png", dpi=50) == tmp_path / "a.png"
    other.join()
    assert kept == [tmp_path / "a.png", {"dpi": 50}, whole]
    assert chart.axes.collections[0] is not whole[0]
    monkeypatch.undo()
    assert chart.save(tmp_path / "a.svg").read_bytes().startswith(b"<?xml")


def test_a_live_chart_takes_two_axes_or_a_figure_and_nothing_else() -> None:
    figure = Figure()
    upper, lower = figure.subplots(2, 1)
    chart = LiveChart(lambda: ticks("005930"), ax=(upper, lower))
    for _ in range(2):
        chart.draw()
        assert chart.axes is upper and len(of(lower, PolyCollection)) == 1
        assert labels(lower)[0] == "09:00\n2024-01-12"
        assert not upper.xaxis.get_tick_params()["labelbottom"]
    other = Figure()
    assert LiveChart(lambda: ticks("005930"), ax=other).figure is other
    assert LiveChart(lambda: ticks("005930"), figsize=(4, 3)).figure.get_size_inches().tolist() == [4, 3]
    for wrong in ({"ax": "here"}, {"ax": Figure().add_subplot(projection="polar")}, {"figsize": 5}):
        with pytest.raises(ArgumentError):
            LiveChart(lambda: ticks("005930"), **wrong)
