"""One answer a code: refused before it is asked for, put in order, one error or all of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from kosdata.errors import ArgumentError, KosError, NotReadyError
from kosdata.research.asking import blank
from kosdata.research.by_code import by_code
from kosdata.research.failures import failures
from kosdata.research.instruments import Instrument
from kosdata.research.manner import Manner
from kosdata.research.parts import Part
from kosdata.research.routes import shape
from kosdata.simulator import Simulator
from kosdata.wire.client import Client


def like(_: Sequence[Instrument]) -> pd.DataFrame:
    return blank(shape("quote"), ("price", "volume"))


def test_rows_stand_in_the_order_asked_for_and_have_the_columns_of_the_shape(client: Client) -> None:
    codes = ["035720", "005930", "K2FA001", "000660"]
    frame = by_code("quote", codes, Manner.of(client), like, many="quotes")
    assert frame.index.tolist() == codes
    assert frame.columns.tolist() == ["price", "volume"]
    one = by_code("quote", "005930", Manner.of(client), like)
    pd.testing.assert_frame_equal(one, frame.loc[["005930"]])


def test_a_shape_may_refuse_what_is_asked_about_before_it_is(market: Simulator, client: Client) -> None:
    def refuse(instruments: Sequence[Instrument]) -> pd.DataFrame:
        raise ArgumentError(f"not {instruments[0].product}")

    before = market.count
    with pytest.raises(ArgumentError, match="not futures"):
        by_code("quote", "K2FA001", Manner.of(client), refuse)
    assert market.count == before


def test_what_becomes_of_an_answer_may_be_an_error(client: Client) -> None:
    def shaped(part: Part, of: Instrument) -> Part | KosError:
        return NotReadyError("too early") if of.code == "K1" else part

    with pytest.raises(NotReadyError):
        by_code("quote", ["005930", "K1"], Manner.of(client), like, shaped)
    frame = by_code("quote", ["005930", "K1"], Manner.of(client, on_error="collect"), like, shaped)
    assert frame.index.tolist() == ["005930"]
    assert failures(frame)["error"].to_dict() == {"K1": "NotReadyError"}


def test_a_table_of_each_code_leads_with_the_code_where_several_were_asked_for(client: Client) -> None:
    def table(_: Sequence[Instrument]) -> pd.DataFrame:
        return blank(shape("constituents"))

    one = by_code("constituents", "069500", Manner.of(client), table, only=("stock",))
    assert one.index.names == ["isin"]
    several = by_code("constituents", ["069500"], Manner.of(client), table, only=("stock",))
    assert several.index.names == ["code", "isin"]
    with pytest.raises(ArgumentError, match="an index"):
        by_code("constituents", "K1", Manner.of(client), table, only=("stock",))
