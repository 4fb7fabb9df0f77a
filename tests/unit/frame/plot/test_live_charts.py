"""A chart that follows a stream by itself, whatever comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.plot import LiveChart
from kosdata.research.live.charts import follow
from tests.unit.frame.plot.pictures import of
from tests.unit.research.live.feeding import PATIENCE, Hand, at, came, row


@pytest.fixture
def hand() -> Iterator[Hand]:
    """What a test says to a stream, which ends with the test."""
    hand = Hand()
    yield hand
    hand.end()


class Watched(LiveChart):
    """A chart that tells what it draws."""

    def __init__(self, stream: kd.Stream, **options: Any) -> None:
        self.count = 0
        self.told = threading.Condition()
        super().__init__(lambda: stream.frame, **options)

    def draw(self) -> None:
        """Draw, and tell."""
        try:
            super().draw()
        finally:
            with self.told:
                self.count += 1
                self.told.notify_all()

    def wait(self, holds: Callable[[], Any]) -> bool:
        """Wait until something holds after a drawing."""
        with self.told:
            return bool(self.told.wait_for(holds, PATIENCE))


@pytest.mark.parametrize(
    "wrong",
    [
        {"freq": "7x"},
        {"kind": "candles"},
        {"overlays": 5},
        {"column": "clsoe"},
        {"kind": "candle"},
        {"every": float("inf")},
        {"every": float("nan")},
        {"every": "1"},
        {"ax": "here"},
    ],
    ids=str,
)
def test_a_chart_that_could_never_be_drawn_is_refused_before_the_first_row(hand: Hand, wrong: dict[str, Any]) -> None:
    with kd.stream_to_frame(["005930", "000660"], source=hand) as stream, pytest.raises(ArgumentError):
        stream.plot(**wrong)


def test_what_cannot_be_drawn_is_said_in_the_chart_and_the_next_rows_are_drawn(
    hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    with kd.stream_to_frame(source=hand, maxlen=2) as stream:
        chart = Watched(stream, kind="candles")
        follow(stream._ingest, chart, 0.001)
        hand.say(came(at(0), row(moment=at(0))), came(at(1), row("000660", moment=at(1))))
        said = "Candles show one code"
        assert chart.wait(lambda: [text for text in chart.axes.texts if said in text.get_text()])
        hand.say(came(at(2), row(moment=at(2))), came(at(3), row(moment=at(3))))
        assert chart.wait(lambda: of(chart.axes, LineCollection))
        assert not chart.axes.texts
        assert said in caplog.text and "Traceback" not in caplog.text


def test_a_chart_in_axes_without_a_window_draws_itself_too(hand: Hand) -> None:
    axes = Figure().subplots()
    with kd.stream_to_frame(["005930"], source=hand) as stream:
        chart = Watched(stream, ax=axes)
        follow(stream._ingest, chart, 0.001)
        hand.say(came(at(0)))
        assert chart.wait(lambda: of(axes, LineCollection))


def test_a_window_draws_in_its_own_time_and_no_thread_does(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = Figure().subplots()
    timers: list[Any] = []

    class Timer:
        def __init__(self, interval: int) -> None:
            self.interval = interval
            self.is_running = False
            timers.append(self)

        def add_callback(self, look: Any) -> None:
            self.look = look

        def start(self) -> None:
            self.is_running = True

    monkeypatch.setattr(axes.figure.canvas, "required_interactive_framework", "tk", raising=False)
    monkeypatch.setattr(axes.figure.canvas, "new_timer", Timer)
    before = set(threading.enumerate())
    with kd.stream_to_frame(["005930"], source=hand) as stream:
        chart = Watched(stream, ax=axes)
        follow(stream._ingest, chart, 0.5)
        assert "kosdata-chart" not in {thread.name for thread in set(threading.enumerate()) - before}
        (timer,) = timers
        assert (timer.interval, timer.is_running) == (500, True)
        assert timer.look() is True and chart.count == 0
        hand.say(came(at(0)))
        assert stream.wait(1, PATIENCE)
        assert timer.look() is True and chart.count == 1
        assert of(axes, LineCollection)
        assert timer.look() is True and chart.count == 1
    assert timer.look() is False
