"""Orders that wait, and what investors bought and sold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.plot import plot
from kosdata.wire.client import Client
from tests.unit.frame.plot.pictures import BLUE, RED, bars, book, drawn, names, of


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


def test_flows_and_books_say_what_they_count(client: Client, with_korean_font: None) -> None:
    flows = kd.investors("005930")
    assert plot(flows).get_xlabel() == "value, won"
    assert plot(flows, column="volume").get_xlabel() == "volume, shares"
    assert plot(flows, lang="ko").get_xlabel() == "거래대금, 원"
    orders = plot(kd.order_book("005930"))
    assert (orders.get_xlabel(), orders.get_ylabel()) == ("size, shares", "price, won")
    index = pd.date_range("2024-01-02", periods=2, name="date")
    days = pd.DataFrame({"individuals_net_value": [3, -1]}, index=index)
    assert (plot(days).get_ylabel(), names(plot(days))) == ("net value", ["individuals"])
    assert (plot(days, lang="ko").get_ylabel(), names(plot(days, lang="ko"))) == ("순매수대금", ["개인"])


@pytest.mark.parametrize("nothing", [np.nan, 0.0])
def test_a_book_without_orders_says_so(nothing: float) -> None:
    frame = book()
    empty = frame.assign(**dict.fromkeys([name for name in frame if "price" in name], nothing))
    axes = plot(empty)
    assert [text.get_text() for text in axes.texts] == ["no orders wait"] and not names(axes)
    assert axes.get_title() == "005930"
    both = plot(pd.concat([empty, frame.rename({"005930": "000660"})]))
    assert both[0].texts and len(both[1].containers[0]) == 3


def test_the_colours_of_a_book_are_known_where_one_side_is_empty() -> None:
    frame = book().assign(**{f"ask_price_{n}": np.nan for n in (1, 2, 3)})
    axes = plot(frame)
    assert names(axes) == ["asks 0", "bids 60"]
    assert [to_hex(each.get_facecolor()) for each in axes.get_legend().legend_handles] == [BLUE, RED]


@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        (book(), {"rebase": True}, "no use for rebase:"),
        (book(), {"volume": False}, "no use for volume:"),
        (book(), {"column": "ask_size_1"}, "no use for column:"),
        (book(), {"freq": "1min", "overlays": 5}, "no use for freq and overlays:"),
        (pd.DataFrame({"expiry": bars(2).index, "price": 1.0}), {"column": "volume"}, "no use for column:"),
        (
            pd.DataFrame({"a_net_value": [1]}),
            {"rebase": True, "volume": False},
            "volume and rebase",
        ),
        (pd.DataFrame({"a_net_value": [1]}), {"column": "price"}, "not one of value, volume"),
        (
            pd.DataFrame({"strike": [1.0], "right": "call", "implied_vol": 1.0}),
            {"column": "iv"},
            "column='iv' is not",
        ),
    ],
)
def test_what_means_nothing_to_a_picture_is_refused(frame: pd.DataFrame, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        plot(frame, **options)
