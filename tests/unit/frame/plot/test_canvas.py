"""Where pictures are drawn, and what they say of their data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from kosdata.errors import ArgumentError
from kosdata.frame.plot import plot
from tests.unit.frame.plot.pictures import bars, drawn, labels, of


def test_synthetic_data_say_so_in_the_picture() -> None:
    assert plot(bars(source="simulator")).get_title(loc="right") == "synthetic data (simulator)"
    assert plot(bars(source="production")).get_title(loc="right") == ""
    assert plot(bars(0, source="simulator")).get_title(loc="right") == "synthetic data (simulator)"


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


def test_two_axes_of_their_own_share_what_they_show() -> None:
    figure = Figure()
    upper, lower = figure.subplots(2, 1)
    plot(bars(5), ax=(upper, lower))
    assert upper.get_xlim() == lower.get_xlim() == (-1, 5)
    assert labels(lower)[0] == "01-02\n2024"
    assert not upper.xaxis.get_tick_params()["labelbottom"]
    upper.set_xlim(0, 2)
    assert lower.get_xlim() == (0, 2)
    plot(bars(5), ax=(upper, lower))
    left, right = figure.subplots(1, 2)
    plot(bars(5), ax=[left, right])
    assert labels(left) == labels(right) != []
    drawn(left)


def test_axes_that_share_with_others_cannot_share_with_these() -> None:
    one, (_, other) = Figure().subplots(), Figure().subplots(2, 1, sharex=True)
    with pytest.raises(ArgumentError, match="with others"):
        plot(bars(5), ax=(one, other))


@pytest.mark.parametrize(
    "wrong",
    [
        {"style": ["us"]},
        {"style": None},
        {"lang": ["ko"]},
        {"kind": ["line"]},
        {"figsize": 5},
        {"figsize": (5,)},
        {"figsize": (5, 0)},
        {"figsize": "big"},
        {"title": 5},
        {"ax": [None]},
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        plot(bars(), **wrong)


@pytest.mark.parametrize("projection", ["polar", "3d"])
def test_axes_that_are_not_flat_are_refused(projection: str) -> None:
    axes = Figure().add_subplot(projection=projection)
    with pytest.raises(ArgumentError, match=f"{projection} Axes"):
        plot(bars(), ax=axes)
