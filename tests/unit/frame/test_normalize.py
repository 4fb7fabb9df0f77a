from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue import records as r
from kosdata.errors import SchemaError
from kosdata.frame.normalize import to_frame, to_rows

RECORDS = {e.record.name: e.record for e in ENDPOINTS.values()}


def bar(day: int, close: float = 100, **changed: Any) -> dict[str, Any]:
    row = {"trdDd": day, "trdPrc": close, "opnprc": 99, "hgprc": 101, "lwprc": 98, "accTrdvol": 5, "accTrdval": 500}
    return row | {"cmpprevddPrc": 1, "cmpprevddTpCd": "2"} | changed


@pytest.mark.parametrize("record", RECORDS.values(), ids=list(RECORDS))
def test_no_rows_give_every_column_and_dtype(record: r.Record) -> None:
    frame = to_frame([], record)
    assert frame.empty
    assert frame.index.names == list(record.index)
    columns = [f.column for f in record.fields if f.column not in record.index]
    assert [c for c in frame.columns if c != "signal"] == columns
    assert to_rows(frame, record) == []


@given(st.permutations([20240102, 20240103, 20240104, 20240105, 20240108]))
def test_days_ascend_whatever_the_order_of_the_rows(days: list[int]) -> None:
    frame = to_frame([bar(day, close=day % 100) for day in days], r.DAILY_BAR)
    assert frame.index.is_monotonic_increasing
    assert (frame["close"] == frame.index.day).all()


def test_equal_rows_become_one_and_different_ones_are_never_joined() -> None:
    assert len(to_frame([bar(20240102), bar(20240102)], r.DAILY_BAR)) == 1
    with pytest.raises(SchemaError, match="two different rows"):
        to_frame([bar(20240102), bar(20240102, close=101)], r.DAILY_BAR)


def test_dirty_rows_are_kept_and_no_price_is_missing() -> None:
    frame = to_frame([bar(20240102, opnprc=0, hgprc=0, lwprc=0, accTrdvol=0)], r.DAILY_BAR)
    assert frame[["open", "high", "low"]].isna().all(axis=None)
    assert frame["volume"].tolist() == [0]


def test_a_required_field_that_no_row_has_is_refused_and_one_that_single_rows_lack_is_missing() -> None:
    lacking = bar(20240102)
    del lacking["opnprc"]
    with pytest.raises(SchemaError, match="opnprc"):
        to_frame([lacking], r.DAILY_BAR)
    frame = to_frame([lacking, bar(20240103)], r.DAILY_BAR)
    assert np.isnan(frame["open"].iloc[0])


def test_rows_without_any_day_are_refused() -> None:
    with pytest.raises(SchemaError, match="trdDd"):
        to_frame([bar(0), bar(0, close=5)], r.DAILY_BAR)
    frame = to_frame([bar(0), bar(20240103)], r.DAILY_BAR)
    assert frame.index.isna().tolist() == [False, True]


def test_a_count_of_a_bar_is_never_invented() -> None:
    lacking = bar(20240102)
    del lacking["accTrdvol"]
    with pytest.raises(SchemaError, match="accTrdvol"):
        to_frame([lacking, bar(20240103)], r.DAILY_BAR)


def test_optional_fields_keep_their_column() -> None:
    lacking = bar(20240102)
    del lacking["cmpprevddPrc"], lacking["cmpprevddTpCd"]
    frame = to_frame([lacking], r.DAILY_BAR)
    assert frame["change"].isna().all()
    assert str(frame["change_code"].dtype) == "str"


def test_names_match_without_regard_to_case_and_unknown_ones_are_ignored() -> None:
    row = {k.upper(): v for k, v in bar(20240102).items()} | {"brandNew": [1]}
    assert to_frame([row], r.DAILY_BAR)["close"].tolist() == [100.0]


def test_rows_of_mixed_spelling_are_read_row_by_row() -> None:
    old = bar(20240102)
    old["BzDd"] = old.pop("trdDd")
    assert len(to_frame([old, bar(20240103)], r.DAILY_BAR)) == 2


def test_what_stands_beside_the_rows_is_laid_onto_each() -> None:
    frame = to_frame([bar(20240102), bar(20240103)], r.DAILY_BAR, beside={"isuSrtCd": "005930*001"})
    assert frame["code"].tolist() == ["005930", "005930"]


def ten_minutes(*totals: tuple[str, int], **more: Any) -> list[dict[str, Any]]:
    prices = {"inddOpnprc": 10, "inddHgprc": 11, "inddLwprc": 9, "inddClsprc": 10}
    return [{"inddTm": at, "inddTrdvol": total, **prices, **more} for at, total in totals]


def test_running_totals_become_volumes_of_bars() -> None:
    rows = ten_minutes(("9300000", 30), ("9200000", 25), ("9100000", 10))
    frame = to_frame(rows, r.BAR_RUNNING)
    assert frame["volume"].tolist() == [10, 15, 5]
    assert frame["volume_cum"].tolist() == [10, 25, 30]
    assert frame["value"].isna().all()
    again = to_frame(to_rows(frame, r.BAR_RUNNING), r.BAR_RUNNING)
    pd.testing.assert_frame_equal(again, frame)


def test_the_first_volume_of_a_stretch_is_unknown() -> None:
    frame = to_frame(ten_minutes(("11100000", 900), ("11200000", 950)), r.BAR_RUNNING)
    assert frame["volume"].tolist() == [pd.NA, 50]
    late = to_frame(
        ten_minutes(("10100000", 900), ("10200000", 950)), r.BAR_RUNNING, day=date(2024, 1, 2), stamped=False
    )
    assert late["volume"].tolist() == [900, 50]


def test_a_running_total_is_not_taken_for_a_volume_where_volumes_are_published() -> None:
    rows = ten_minutes(("11100000", 900), ("11200000", 950), inddTrdval=5)
    with pytest.raises(SchemaError, match="inddAccTrdvol"):
        to_frame(rows, r.BAR)


def test_a_total_that_falls_tells_nothing() -> None:
    frame = to_frame(ten_minutes(("9100000", 50), ("9200000", 20)), r.BAR_RUNNING)
    assert frame["volume"].tolist() == [50, pd.NA]


def test_times_become_instants_of_their_session() -> None:
    frame = to_frame(ten_minutes(("9100000", 10), ("9200000", 20)), r.BAR_RUNNING, day=date(2024, 1, 5))
    assert str(frame.index.dtype) == "datetime64[us, Asia/Seoul]"
    assert frame.index[0] == pd.Timestamp("2024-01-05 09:10", tz="Asia/Seoul")
    assert to_rows(frame, r.BAR_RUNNING)[0]["inddTm"] == "9100000"


def test_signals_have_a_column_of_their_own() -> None:
    rows = [{"isuSrtCd": "201S6212", "trdPrc": 138.1, "trdTm": t} for t in (31000000, 9544500, 0, None)]
    frame = to_frame(rows, r.QUOTE_OPTIONS)
    assert frame["time"].isna().tolist() == [True, False, True, True]
    assert frame["signal"].fillna("").tolist() == ["31000000", "", "0", ""]
    assert [row["trdTm"] for row in to_rows(frame, r.QUOTE_OPTIONS)] == [31000000, 9544500, 0, None]
