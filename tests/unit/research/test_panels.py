from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.errors import ArgumentError, KosError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client

TODAY = date(2024, 1, 12)
CODES = ["069500", "005930", "247540"]


@pytest.fixture(scope="module")
def truth() -> Market:
    return Market(0, KRX)


def test_prices_stand_side_by_side_in_the_order_given(client: Client, truth: Market) -> None:
    found = kd.panel("close", CODES, "2023-11-01")
    assert found.columns.tolist() == CODES
    assert (found.columns.name, found.index.name, str(found.index.dtype)) == ("code", "date", "datetime64[us]")
    for code in CODES:
        expected = truth.daily(code, date(2023, 11, 1), TODAY, asof=TODAY)
        assert found[code].tolist() == list(expected["close"])
        assert found.index.to_numpy().astype("datetime64[D]").tolist() == list(
            np.asarray(expected["date"], dtype="datetime64[D]").tolist()
        )


@pytest.mark.parametrize(
    ("field", "function", "dtype"),
    [
        ("open", kd.history, "float64"),
        ("change", kd.history, "float64"),
        ("volume", kd.history, "Int64"),
        ("value", kd.history, "Int64"),
        ("short_volume", kd.short_selling, "Int64"),
        ("lending_balance_value", kd.short_selling, "Int64"),
        ("foreign_shares", kd.foreign_holding, "Int64"),
        ("foreign_ratio", kd.foreign_holding, "float64"),
        ("nav", kd.nav_history, "float64"),
        ("nav_change", kd.nav_history, "float64"),
    ],
)
def test_a_field_is_that_of_its_function(client: Client, field: str, function: Any, dtype: str) -> None:
    codes = ["069500", "114800"]
    found, long = kd.panel(field, codes, "2024-01-02"), function(codes, "2024-01-02")
    assert {str(each) for each in found.dtypes} == {dtype}
    for code in codes:
        expected = long.loc[code, field].astype(dtype)
        pd.testing.assert_series_equal(found[code].dropna(), expected.dropna(), check_names=False)
    empty = kd.panel(field, codes, "2024-01-06", "2024-01-07")
    assert empty.columns.tolist() == codes and empty.empty
    assert {str(each) for each in empty.dtypes} == {dtype}
    assert empty.attrs["kosdata"]["reason"]


def test_what_a_code_lacks_is_missing_and_never_0(client: Client) -> None:
    found = kd.panel("volume", ["005930", "K1", "590003"], "2020-01-02")
    for code in found.columns:
        first = kd.history(code, "2020-01-02").index[0]
        assert found.loc[found.index < first, code].isna().all()
        assert found.loc[first:, code].notna().all()


def test_one_code_is_a_column(client: Client) -> None:
    assert kd.panel("close", "005930", "2024-01-10").shape == (3, 1)


def test_open_interest_is_that_of_contracts_alone(client: Client) -> None:
    found = kd.panel("open_interest", ["101V3000", "005930"], "2024-01-10")
    assert found["101V3000"].notna().tolist() == [True, True, False]  # the closing row has none
    assert found["005930"].isna().all()
    assert kd.panel("open_interest", ["005930"], "2024-01-10")["005930"].dtype == "Int64"


def test_longer_bars_are_those_of_history(client: Client) -> None:
    found = kd.panel("close", ["005930", "K1"], "2023", freq="M")
    assert found["K1"].tolist() == kd.history("K1", "2023", freq="M")["close"].tolist()


def test_codes_that_fail_are_left_out_and_listed(client: Client) -> None:
    found = kd.panel("close", ["005930", "999999"], "2024-01-10", on_error="collect")
    assert found.columns.tolist() == ["005930"]
    assert kd.failures(found).index.tolist() == ["999999"]
    with pytest.raises(KosError):
        kd.panel("close", ["005930", "999999"], "2024-01-10")
    none = kd.panel("close", ["999999"], "2024-01-10", on_error="collect")
    assert none.empty and kd.failures(none).index.tolist() == ["999999"]


def test_codes_that_answer_without_rows_are_named(client: Client) -> None:
    found = kd.panel("nav", ["069500", "005930"], "2024-01-02")
    assert found["005930"].isna().all()
    assert found.attrs["kosdata"]["empty"] == "005930"


@pytest.mark.parametrize(
    ("field", "arguments", "says"),
    [
        ("closing", {}, "Did you mean close"),
        ("short_volum", {}, "short_volume"),
        ("Volume", {}, "volume"),
        (None, {}, "Fields: open, high"),
        ("close", {"freq": "Y"}, "freq"),
        ("short_volume", {"freq": "W"}, "by day"),
        ("close", {"start": None}, "start is missing"),
        ("nav", {"lang": "fr"}, "lang"),
    ],
)
def test_a_wrong_panel_is_refused_before_anything_is_sent(
    field: Any, arguments: dict[str, Any], says: str, market: Simulator, client: Client
) -> None:
    before = market.count
    with pytest.raises(ArgumentError, match=says):
        kd.panel(field, ["005930"], **{"start": "2024-01-02", **arguments})
    assert market.count == before


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_both_versions_answer_alike(market: Simulator, api: str) -> None:
    with market.client(api=api) as client:
        found = kd.panel("foreign_ratio", CODES, "2024-01-02", client=client)
        assert found.shape == (8, 3) and found.notna().all(axis=None)


def test_axes_come_in_korean(client: Client) -> None:
    found = kd.panel("close", CODES, "2024-01-10", lang="ko")
    assert (found.index.name, found.columns.name) == ("일자", "종목코드")
    assert found.columns.tolist() == CODES
