"""The door of frames: what it opens, what it leaves alone, and what it says of a column that is missing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.accessor import Kos
from tests.conftest import ROOT
from tests.unit.frame.samples import days

CONTRACT = {"ohlc", "vwap", "returns", "spread", "imbalance", "wide", "korean", "plot", "check"}


def test_the_door_is_there_after_the_import_alone_and_brings_no_pictures() -> None:
    code = (
        "import kosdata, sys, pandas as pd\n"
        "frame = pd.DataFrame({'price': [1.0], 'size': [2]}, index=pd.DatetimeIndex(['2024-01-05 09:00:01']))\n"
        "assert frame.kos.ohlc()['volume'].tolist() == [2]\n"
        "assert not [name for name in sys.modules if name.startswith(('matplotlib', 'requests', 'kosdata.wire'))]"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], env={"PYTHONPATH": str(ROOT)}, check=True)


def test_all_of_it_completes_and_says_what_it_does() -> None:
    shown = {name for name in dir(pd.DataFrame().kos) if not name.startswith("_")}
    assert shown == CONTRACT
    assert all(getattr(Kos, name).__doc__ for name in shown)


def test_the_frame_is_never_changed(client: Any) -> None:
    frame = kd.intraday(["005930", "000660"], date="2024-01-05")
    before, attrs = frame.copy(deep=True), dict(frame.attrs["kosdata"])
    for made in (
        frame.kos.ohlc("5min"),
        frame.kos.wide("close"),
        frame.kos.korean(),
        frame.kos.check(),
        frame.kos.vwap().to_frame(),
        frame.kos.returns().to_frame(),
    ):
        made.iloc[:] = made.iloc[::-1].to_numpy() if len(made) else made
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs["kosdata"] == attrs


def test_korean_columns_give_the_same(client: Any) -> None:
    bars = kd.history(["005930", "000660"], "2024-01-02")
    book = kd.order_book(["005930"])
    for name in ("vwap", "returns"):
        one, other = getattr(bars.kos, name)(), getattr(bars.kos.korean().kos, name)()
        np.testing.assert_array_equal(one.to_numpy(), other.to_numpy())
    for name in ("spread", "imbalance"):
        assert getattr(book.kos, name)().tolist() == getattr(book.kos.korean().kos, name)().tolist()
    assert bars.kos.korean().kos.check().empty
    wide = bars.kos.korean().kos.wide("종가")
    np.testing.assert_array_equal(wide.to_numpy(), bars.kos.wide("close").to_numpy())
    assert bars.kos.korean().kos.wide("close").index.name == "일자"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda kos: kos.ohlc(), r"open is missing: history\(\) and intraday\(\) have it\. The frame has"),
        (lambda kos: kos.spread(), r"ask_price_1 is missing: order_book\(\) and streams"),
        (lambda kos: kos.imbalance(), "ask_size_1 is missing: order_book"),
        (lambda kos: kos.vwap(), "volume is missing: history"),
        (lambda kos: kos.returns(), "close is missing: history"),
        (lambda kos: kos.check(), r"close is missing: history\(\) and"),
        (lambda kos: kos.wide("open_interest"), "open_interest is missing"),
        (lambda kos: kos.imbalance(0), "levels=0"),
    ],
)
def test_a_missing_column_is_named_with_what_has_it(call: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call(days("2024-01-05", market=["kospi"]).kos)
