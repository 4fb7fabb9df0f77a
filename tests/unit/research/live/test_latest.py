"""Where each code stands: its newest row, or the state that was told since."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kosdata.catalogue import STREAMS
from kosdata.frame.pushes import Schema, schema, typed
from kosdata.frame.rolling import RollingFrame
from kosdata.research.live.latest import latest
from kosdata.wire.stream.intake import Image
from tests.unit.research.live.feeding import at, clock

PRODUCTS = STREAMS["ws_issue"].presets


def shape(preset: str = "tick", product: str = "stock") -> Schema:
    return schema(preset, [PRODUCTS[preset, product]])


def rows(of: Schema, *told: tuple[int, str, float]) -> pd.DataFrame:
    rolling = RollingFrame(of.columns, maxlen=100)
    if told:
        moments, codes, prices = (list(each) for each in zip(*told, strict=True))
        columns = {"code": codes, "price": prices, "size": [1] * len(told), "time": [clock(m) for m in moments]}
        rolling.append(typed(of, columns, np.array(moments))[0])
    return rolling.snapshot()


def test_the_newest_row_of_each_code_stands() -> None:
    frame = rows(shape(), (at(0), "A00001", 1), (at(1), "B00001", 2), (at(2), "A00001", 3))
    found = latest(frame, {}, shape())
    assert found.index.name == "code"
    assert found["price"].to_dict() == {"A00001": 3.0, "B00001": 2.0}


def test_a_state_that_was_told_since_stands_before_a_row_and_an_older_one_does_not() -> None:
    frame = rows(shape(), (at(1), "A00001", 1), (at(1), "B00001", 2))
    images = {
        "A00001": Image(at(0), {"code": "A00001", "price": 7}),
        "B00001": Image(at(2), {"code": "B00001", "price": 8, "size": 4}),
        "C00001": Image(at(1), {"code": "C00001", "price": 9}),
    }
    found = latest(frame, images, shape())
    assert found["price"].to_dict() == {"A00001": 1.0, "B00001": 8.0, "C00001": 9.0}
    assert found["size"].to_dict() == {"A00001": 1, "B00001": 4, "C00001": 0}


def test_states_that_were_told_at_the_same_moment_all_stand() -> None:
    images = {code: Image(at(0), {"code": code, "price": 5}) for code in ("A00001", "B00001")}
    assert latest(rows(shape()), images, shape()).index.tolist() == ["A00001", "B00001"]


@pytest.mark.parametrize(("preset", "product"), sorted(PRODUCTS))
def test_columns_and_dtypes_stand_before_the_first_row_of_any_preset(preset: str, product: str) -> None:
    of = shape(preset, product)
    empty = latest(rows(of), {}, of)
    full = latest(rows(of), {"A00001": Image(at(0), {"code": "A00001", "size": 1})}, of)
    assert empty.empty
    assert full.index.tolist() == ["A00001"]
    assert empty.dtypes.equals(full.dtypes)
    assert empty.columns.tolist() == ["time", *(c.name for c in of.columns if c.name != "code")]
