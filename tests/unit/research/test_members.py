"""Members of the exchange: the simulator's own truth, and ranks that nobody holds."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.unit.wire import fakes

DAY = date(2024, 1, 12)
TRUTH = Market()


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_members_are_ten_rows(market: Simulator, api: str) -> None:
    wanted = TRUTH.members("005930", DAY)
    with market.client(api=api) as client:
        frame = kd.members("005930", client=client)
        several = kd.members(["005930", "069500"], client=client)
    assert frame.index.tolist() == [(side, rank) for side in ("sell", "buy") for rank in range(1, 6)]
    assert frame.columns.tolist() == ["member", "volume", "value", "price", "weight"]
    assert frame.dtypes.astype(str).tolist() == ["str", "Int64", "Int64", "float64", "float64"]
    for side, rank in frame.index:
        for column, name in {"member": "member", "volume": "volume", "price": "avg_price", "weight": "weight"}.items():
            assert frame.loc[(side, rank), column] == wanted[f"{side}_{name}_{rank}"][0]
    assert several.index.names == ["code", "side", "rank"]
    pd.testing.assert_frame_equal(several.loc["005930"], frame)


def test_a_rank_that_nobody_holds_is_missing() -> None:
    result = {"isuSrtCd": "005930*001", "askTrdMbr1": "가", "askTrdVolMbr1": 3, "askTrdPrcMbr2": 0, "askTrdMbr2": None}
    client = fakes.client(lambda _, __: fakes.ok({"jsonrpc": "2.0", "result": result}))
    frame = kd.members("005930", market="kospi", client=client)
    assert frame["member"].notna().sum() == 1
    assert frame["price"].isna().all()
    assert len(frame) == 10


def test_members_of_what_is_no_stock_are_refused_before_anything_is_sent(client: Client, market: Simulator) -> None:
    before = market.count
    for code in ("K1", "101S6000"):
        with pytest.raises(ArgumentError):
            kd.members(code)
    with pytest.raises(ArgumentError, match="konex"):
        kd.members("005930", market="konex")
    assert market.count == before


def test_the_price_of_a_member_is_no_last_price(client: Client) -> None:
    frame = kd.members(code="005930", lang="ko")
    assert frame.columns.tolist() == ["회원사", "거래량", "거래대금", "거래단가", "비중"]
    assert frame.index.names == ["매매구분", "순위"]
