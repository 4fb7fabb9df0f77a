"""Pictures, by what they are made of: never by pixels."""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.korean import korean
from kosdata.frame.plot import LiveChart, live, plot, save
from kosdata.frame.plot import hand as hands
from kosdata.frame.plot.hand import Hand
from kosdata.frame.plot.ticks import marks
from kosdata.wire.client import Client

RED, BLUE, GREEN, GREY = "#d60000", "#0051c7", "#12823b", "#555555"


@pytest.fixture(autouse=True)
def _leaves_no_trace() -> Iterator[None]:
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    plt.close("all")


@pytest.fixture
def with_korean_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any font that claims to have Korean: which glyphs are there is looked up, and never drawn here."""
    monkeypatch.setattr(hands, "_korean_font", lambda: ("DejaVu Sans Mono",))
    monkeypatch.setattr(hands, "_has", lambda family, sign: "DejaVu Sans Mono" in family or sign.isascii())


def bars(n: int = 6, start: str = "2024-01-02", freq: str = "B", **attrs: Any) -> pd.DataFrame:
    index = pd.date_range(start, periods=n, freq=freq, name="date" if freq == "B" else "time").as_unit("us")
    close = 100 + np.arange(n) * np.tile([1.0, -1.0], n)[:n]
    frame = pd.DataFrame({"open": np.r_[100.0, close[:-1]][:n], "close": close}, index=index)
    frame.insert(1, "high", frame[["open", "close"]].max(axis=1) + 1)
    frame.insert(2, "low", frame[["open", "close"]].min(axis=1) - 1)
    made = frame.assign(volume=np.arange(1, n + 1), value=np.arange(1, n + 1) * 100)
    made.attrs["kosdata"] = attrs
    return made


def of(axes: Axes, kind: type) -> list[Any]:
    return [each for each in axes.collections if type(each) is kind and each.get_gid() is None]


def colours(collection: Any) -> list[str]:
    return [to_hex(each) for each in collection.get_facecolor()]


def names(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def drawn(axes: Any) -> None:
    """Draw everything; a missing glyph would be a warning, which is an error in tests."""
    first = np.ravel(np.asarray(axes, dtype=object))[0]
    first.get_figure(root=True).savefig(io.BytesIO(), format="png")


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
    frame = bars(4).assign(open=[1.0, 3.0, 2.0, 2.0], close=[2.0, 2.0, 2.0, 3.0], low=0.0, high=4.0)
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


def test_averages_columns_and_series_lie_over_prices_under_their_names() -> None:
    frame = bars(6).assign(vwap=np.arange(6.0))
    own = pd.Series([7.0, 8.0], index=frame.index[[1, 4]], name="fair value")
    axes = plot(frame, overlays=[3, "vwap", own])
    assert names(axes) == ["MA3", "vwap", "fair value"]
    average, _, series = axes.lines
    assert average.get_ydata().tolist() == frame["close"].rolling(3).mean().dropna().tolist()
    assert (series.get_xdata().tolist(), series.get_ydata().tolist()) == ([1, 4], [7, 8])
    assert names(plot(frame, overlays={"quick": 2})) == ["quick"]
    assert names(plot(frame, overlays=2)) == ["MA2"]


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        (0, "windows"),
        (True, "windows"),
        (2.5, "windows"),
        ("vwap", "no column"),
        (pd.Series([1.0], index=pd.DatetimeIndex(["2020-01-01"])), "no value at any row"),
        (pd.Series([1.0, 2.0], index=pd.DatetimeIndex(["2024-01-02"] * 2)), "two values"),
    ],
)
def test_an_overlay_that_fits_nothing_is_refused_and_no_figure_stays(overlay: Any, said: str) -> None:
    import matplotlib.pyplot as plt

    with pytest.raises(ArgumentError, match=said):
        plot(bars(), overlays=[overlay])
    assert plt.get_fignums() == []


def test_korean_columns_are_read_and_words_are_korean_where_a_font_is(with_korean_font: None) -> None:
    axes = plot(korean(bars(3)), overlays=["거래대금"])
    assert axes.figure.axes[1].get_ylabel() == "거래량"
    assert len(of(axes, PolyCollection)[0].get_paths()) == 3
    assert plot(bars(3), lang="ko").figure.axes[1].get_ylabel() == "거래량"
    assert axes.figure.axes[1].yaxis.label.get_fontfamily()[-1] == "DejaVu Sans Mono"


def test_without_a_korean_font_words_are_english_and_names_in_latin_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "_korean_font", lambda: ())
    axes = plot(korean(bars(3)), title="삼성전자 漢", overlays={"평균": 2}, lang="ko")
    assert axes.get_title() == "samseongjeonja ?"
    assert names(axes) == ["pyeonggyun"]
    assert axes.figure.axes[1].get_ylabel() == "volume"
    drawn(axes)


def test_the_readers_own_font_is_kept_and_a_korean_one_only_added(with_korean_font: None) -> None:
    own = tuple(mpl.rcParams["font.family"])
    assert Hand.of("ko") == Hand("ko", (*own, "DejaVu Sans Mono"))
    with mpl.rc_context({"font.family": ["DejaVu Sans Mono"]}):
        assert Hand.of("ko") == Hand("ko", ("DejaVu Sans Mono",))


def test_synthetic_data_say_so_in_the_picture() -> None:
    assert plot(bars(source="simulator")).get_title(loc="right") == "synthetic data (simulator)"
    assert plot(bars(source="production")).get_title(loc="right") == ""
    assert plot(bars(0, source="simulator")).get_title(loc="right") == "synthetic data (simulator)"


@pytest.mark.parametrize("frame", [bars(0, reason="holiday: no session"), pd.DataFrame()])
def test_a_frame_without_rows_gives_titled_axes_with_the_reason(frame: pd.DataFrame) -> None:
    axes = plot(frame)
    assert axes.get_title() == "no data"
    assert [text.get_text() for text in axes.texts] == [
        frame.attrs["kosdata"]["reason"] if frame.attrs else "the frame has no rows"
    ]
    assert plot(frame, title="005930").get_title() == "005930"
    drawn(axes)


def test_bars_without_any_price_say_so() -> None:
    frame = bars(3)
    frame[["open", "high", "low", "close"]] = np.nan
    assert [text.get_text() for text in plot(frame).texts] == ["no row has a price"]


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


def test_several_codes_are_lines_that_begin_at_100_together() -> None:
    late = bars(6).iloc[2:]
    axes = plot(pd.concat({"B": bars(6), "A": late}, names=["code"]))
    assert [line.get_label() for line in axes.lines[:2]] == ["B", "A"]
    for line in axes.lines[:2]:
        assert line.get_ydata()[line.get_xdata().tolist().index(2)] == 100
    assert axes.lines[1].get_xdata().tolist() == [2, 3, 4, 5]
    assert axes.get_ylabel() == f"close, {bars(6).index[2]:%Y-%m-%d} = 100"
    plain = plot(pd.concat({"B": bars(6), "A": late}, names=["code"]), rebase=False, column="volume")
    assert plain.lines[0].get_ydata().tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(ArgumentError, match="Candles show one code and the frame has 2"):
        plot(pd.concat({"B": bars(6), "A": late}, names=["code"]), kind="candles")


def test_a_panel_of_codes_is_drawn_like_their_long_frame(client: Client) -> None:
    wide = plot(kd.panel("close", ["005930", "000660"], period="1m"))
    long = plot(kd.history(["005930", "000660"], period="1m"))
    lines = {line.get_label(): line.get_ydata().tolist() for line in long.lines[:2]}
    assert {line.get_label(): line.get_ydata().tolist() for line in wide.lines[:2]} == lines
    assert wide.get_ylabel().startswith("close, ")


def test_the_legend_has_the_lines_in_the_order_in_which_they_end() -> None:
    index = pd.date_range("2024-01-02", periods=2, name="date")
    wide = pd.DataFrame({f"{n:02}": [1.0, n] for n in range(1, 13)}, index=index).rename_axis(columns="code")
    axes = plot(wide)
    assert names(axes) == [f"{n:02}" for n in range(12, 0, -1)]
    assert axes.lines[10].get_linestyle() != axes.lines[0].get_linestyle()


def test_one_code_in_a_list_is_candles_under_its_code() -> None:
    axes = plot(pd.concat({"005930": bars(3)}, names=["code"]))
    assert axes.get_title() == "005930" and len(of(axes, PolyCollection)[0].get_paths()) == 3


def ticks(*codes: str) -> pd.DataFrame:
    moments = pd.DatetimeIndex(
        [f"2024-01-12 {at}" for at in ("09:00:10", "09:00:40", "09:01:20", "09:06:00")] * len(codes), name="time"
    )
    owner = pd.Categorical(np.repeat(codes, 4))
    frame = pd.DataFrame({"code": owner, "price": [10.0, 12, 11, 14] * len(codes), "size": 1}, index=moments)
    return frame.tz_localize("Asia/Seoul").sort_index(kind="stable")


def test_ticks_become_bars_of_the_length_that_is_wanted() -> None:
    axes = plot(ticks("005930"))
    assert [s[:, 1].tolist() for s in of(axes, LineCollection)[0].get_segments()] == [[10, 12], [11, 11], [14, 14]]
    assert axes.get_title() == "005930"
    assert len(of(plot(ticks("005930"), freq="5min"), LineCollection)[0].get_segments()) == 2
    assert len(plot(ticks("005930", "000660")).lines) == 3


def test_bars_are_put_together_on_request() -> None:
    assert len(of(plot(bars(10), freq="W"), PolyCollection)[0].get_paths()) == 3
    minutes = bars(10, "2024-01-12 09:00", "1min").tz_localize("Asia/Seoul")
    assert len(of(plot(minutes, freq="5min"), PolyCollection)[0].get_paths()) == 2
    with pytest.raises(ArgumentError):
        plot(bars(10), freq="5min")


def test_unsorted_and_repeated_rows_are_drawn_once_in_order() -> None:
    frame = bars(4)
    axes = plot(pd.concat([frame.iloc[::-1], frame.iloc[:1]]))
    assert len(of(axes, PolyCollection)[0].get_paths()) == 4
    assert of(axes, LineCollection)[0].get_segments()[3][0][1] == frame["low"].iloc[3]


def test_a_column_can_be_a_line() -> None:
    axes = plot(bars(3), kind="line", overlays=(2,))
    assert axes.lines[0].get_ydata().tolist() == bars(3)["close"].tolist()
    assert names(axes) == ["MA2"]
    assert plot(bars(3), column="종가").lines[0].get_ydata().tolist() == bars(3)["close"].tolist()
    assert plot(bars(3), kind="line", rebase=True).lines[0].get_ydata()[0] == 100


def test_axes_are_used_as_given_and_pyplot_only_without_any() -> None:
    import matplotlib.pyplot as plt

    figure = Figure()
    upper, lower = figure.subplots(2, 1, sharex=True)
    assert plot(bars(3), ax=(upper, lower)) is upper
    assert len(of(lower, PolyCollection)) == 1 and len(figure.axes) == 2
    alone = Figure().subplots()
    assert plot(bars(3), ax=alone) is alone
    (inset,) = alone.child_axes
    assert len(of(inset, PolyCollection)) == 1
    assert alone.get_ylim()[0] < bars(3)["low"].min() - 0.2 * np.ptp(bars(3)["close"])
    assert plot(bars(3), ax=figure.subfigures()).figure is not None
    assert plt.get_fignums() == []
    axes = plot(bars(3), figsize=(4, 3))
    assert plt.get_fignums() == [axes.figure.number] and axes.figure.get_size_inches().tolist() == [4, 3]
    plt.close(axes.figure)


def test_pictures_can_be_kept_and_pickled(tmp_path: Any) -> None:
    path = save(bars(3), tmp_path / "a.svg", title="a", figsize=(3, 2))
    assert b"<svg" in path.read_bytes()
    pickle.dumps(plot(bars(3)).figure)


def book(n: int = 3) -> pd.DataFrame:
    levels = {f"ask_price_{i}": [100.0 + i] for i in range(1, n + 1)} | {
        f"bid_price_{i}": [100.0 - i] for i in range(n)
    }
    levels = {name.replace("bid_price_0", f"bid_price_{n}"): value for name, value in levels.items()}
    sizes = {f"{side}_size_{i}": pd.array([i * 10], dtype="Int64") for side in ("ask", "bid") for i in range(1, n + 1)}
    return pd.DataFrame(levels | sizes, index=pd.Index(["005930"], name="code"))


def test_an_order_book_is_bars_of_size_by_price() -> None:
    frame = book().assign(ask_price_3=np.nan)
    axes = plot(frame)
    asks, bids = axes.containers
    assert [bar.get_width() for bar in asks] == [10, 20]
    assert [bar.get_y() + bar.get_height() / 2 for bar in asks] == [3, 4]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["98", "99", "100", "101", "102"]
    assert to_hex(asks[0].get_facecolor()) == BLUE and to_hex(bids[0].get_facecolor()) == RED
    assert axes.get_title() == "005930"


def test_books_of_several_codes_have_panels_and_of_a_stream_the_newest_counts() -> None:
    both = pd.concat([book(), book().rename({"005930": "000660"})])
    made = plot(both)
    assert [axes.get_title() for axes in made] == ["005930", "000660"]
    with pytest.raises(ArgumentError, match="needs 2"):
        plot(both, ax=Figure().subplots())
    with pytest.raises(ArgumentError, match="13 panels"):
        plot(pd.concat([book().rename({"005930": str(n)}) for n in range(13)]))
    stream = pd.concat([book(), book().assign(ask_size_1=77)]).reset_index()
    stream.index = pd.DatetimeIndex(["2024-01-12 09:00", "2024-01-12 09:01"], name="time")
    assert plot(stream).containers[0][0].get_width() == 77


def test_investors_are_bars_to_both_sides_and_nobody_twice(client: Client) -> None:
    frame = kd.investors("005930")
    axes = plot(frame)
    bought, sold, net = axes.containers
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[:4] == ["individuals", "foreigners", "institutions total", "other corporations"]
    assert "grand total" not in labels and "foreigners, registered" not in labels and len(labels) == 12
    for column, container, sign in (("buy_value", bought, 1), ("sell_value", sold, -1), ("net_value", net, 1)):
        assert [bar.get_width() * sign for bar in container] == frame.loc[labels, column].tolist()
    # The four make up the market.
    assert sum(bar.get_width() for bar in bought[:4]) == frame.loc["grand total", "buy_value"]
    assert {to_hex(bar.get_facecolor()) for bar in net} == {RED, BLUE}
    assert plot(frame, column="volume").containers[0][0].get_width() == frame.loc["individuals", "buy_volume"]
    drawn(axes)


def test_investors_of_options_have_a_panel_for_calls_and_one_for_puts(client: Client) -> None:
    frame = kd.investors("kospi200", kind="options")
    calls, puts = plot(frame)
    assert (calls.get_title(), puts.get_title()) == ("calls", "puts")
    assert puts.containers[2][1].get_width() == frame.loc["foreigners", "put_net_value"]
    korean_one = plot(kd.investors("kospi200", kind="options", lang="ko"))
    assert korean_one[1].containers[2][1].get_width() == frame.loc["foreigners", "put_net_value"]


def test_flows_by_day_are_piled_above_and_below_zero() -> None:
    index = pd.date_range("2024-01-02", periods=2, name="date")
    frame = pd.DataFrame({"a_net_value": [3, -1], "b_net_value": [2, -4], "c_net_value": [-5, 5]}, index=index)
    axes = plot(frame)
    ends = [[sorted(path.vertices[:4, 1].tolist()) for path in each.get_paths()] for each in of(axes, PolyCollection)]
    assert [[(low[0], low[-1]) for low in each] for each in ends] == [
        [(0, 3), (-1, 0)],
        [(3, 5), (-5, -1)],
        [(-5, 0), (0, 5)],
    ]
    assert names(axes) == ["a", "b", "c"]


def test_options_make_a_smile_and_futures_a_curve(client: Client) -> None:
    chain = kd.option_chain("kospi200")
    axes = plot(chain)
    calls, puts, at = axes.lines
    assert calls.get_ydata().tolist() == chain.xs("call", level="right")["implied_vol"].dropna().tolist()
    assert at.get_xdata()[0] == chain.attrs["kosdata"]["underlying_price"]
    assert puts.get_label() == "puts"
    futures = kd.futures_curve("kospi200")
    axes = plot(futures)
    assert axes.lines[-1].get_ydata().tolist() == futures["price"].dropna().tolist()
    assert axes.get_xticklabels()[0].get_text() == f"{futures['code'].iloc[0]}\n{futures.index[0]:%Y-%m-%d}"
    drawn(axes)


@pytest.mark.parametrize(
    ("index", "room", "labels"),
    [
        (pd.date_range("2024-01-02", periods=4, freq="B"), 8, ["01-02\n2024", "01-03", "01-04", "01-05"]),
        (
            pd.date_range("2023-12-20", periods=20, freq="B"),
            5,
            ["12-20\n2023", "12-25", "01-01\n2024", "01-08", "01-15"],
        ),
        (pd.date_range("2014-01-01", "2024-01-01", freq="B"), 11, [str(year) for year in range(2014, 2025)]),
        (
            pd.date_range("2024-01-12 09:00", "2024-01-12 15:29", freq="1min", tz="Asia/Seoul"),
            8,
            ["09:00\n2024-01-12", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"],
        ),
        (pd.date_range("2024-01-12 09:00", periods=30, freq="1s"), 4, ["09:00:00\n2024-01-12", "09:00:10", "09:00:20"]),
        (pd.Index([f"L{n}" for n in range(9)]), 3, ["L0", "L3", "L6"]),
        (pd.DatetimeIndex([]), 3, []),
    ],
)
def test_marks_stand_at_starts_that_one_can_name(index: Any, room: int, labels: list[str]) -> None:
    assert marks(index, room)[1] == labels


def test_several_days_are_marked_at_their_first_bars_and_parted_by_a_line() -> None:
    sessions = [pd.date_range(f"2024-01-{day} 09:00", periods=39, freq="10min") for day in ("10", "11", "12")]
    index = sessions[0].append(sessions[1:])
    assert marks(index, 5) == ([0, 39, 78], ["01-10\n2024", "01-11", "01-12"])
    frame = bars(117).set_axis(index.rename("time"))
    axes = plot(frame)
    (dividers,) = [each for each in axes.collections if each.get_gid() == "sessions"]
    assert [segment[0][0] for segment in dividers.get_segments()] == [38.5, 77.5]


def test_labels_follow_what_is_shown() -> None:
    prices, axes = plot(bars(400)).figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()][1] == "2024-04"
    prices.set_xlim(0, 4)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["01-02\n2024", "01-03", "01-04", "01-05", "01-08"]
    assert axes.xaxis.get_majorticklocs().tolist() == [0, 1, 2, 3, 4]


def test_a_hundred_thousand_bars_are_few_artists() -> None:
    axes = plot(bars(100_000, "2000-01-03 09:00", "1min"))
    assert len(axes.collections) <= 3 and len(axes.patches) == 0
    assert len(of(axes, LineCollection)[0].get_segments()) == 100_000


def test_a_live_chart_draws_the_newest_frame_into_the_same_axes() -> None:
    newest = ticks("005930").iloc[:0]
    chart = live(lambda: newest, freq="1min")
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
    chart = live(lambda: ticks("005930"), ax=axes)
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
    chart = live(lambda: ticks("005930"))
    assert shown == []
    chart.draw()
    chart.draw()
    chart._ipython_display_()
    chart.draw()
    assert [what for what, _ in shown] == ["display", "update", "display", "update"]
    assert all(png.startswith(b"\x89PNG") for _, png in shown)


def test_frames_stay_as_they_are() -> None:
    frame = korean(bars(5))
    before = frame.copy(deep=True)
    plot(frame, overlays=(2,))
    pd.testing.assert_frame_equal(frame, before)
