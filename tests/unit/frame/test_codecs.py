"""Every way in which a value was seen to travel, and the laws that hold for all of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue import fields as f
from kosdata.catalogue.model import Field, Kind
from kosdata.errors import SchemaError
from kosdata.frame import codecs

TIMES = st.integers(1, 24 * 3600 * 100 - 1)  # hundredths of a second after midnight


def one(field: Field, value: Any) -> Any:
    return codecs.decode(field, [value])[0]


@given(TIMES, st.booleans())
def test_a_time_survives_its_lost_zero(hundredths: int, as_text: bool) -> None:
    seconds, cc = divmod(hundredths, 100)
    number = seconds // 3600 * 1_000_000 + seconds // 60 % 60 * 10_000 + seconds % 60 * 100 + cc
    written = str(number) if as_text else number
    found = one(f.BAR_TIME, written)
    assert found == np.timedelta64(hundredths * 10_000, "us")
    assert codecs.encode(f.BAR_TIME, [found]) == [str(number)]
    assert codecs.encode(f.ORDER_TIME, [found]) == [number]


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_a_day_is_the_same_as_text_and_as_number(day: date) -> None:
    as_number, as_text = one(f.DATE, int(f"{day:%Y%m%d}")), one(f.DATE, f"{day:%Y%m%d}")
    assert as_number == as_text == np.datetime64(day, "us")
    assert codecs.encode(f.DATE, [as_number]) == [int(f"{day:%Y%m%d}")]


@given(st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53)), max_size=8))
def test_counts_survive_the_round(values: list[int | None]) -> None:
    column = codecs.decode(f.OPEN_INTEREST, values)
    assert column.dtype == pd.Int64Dtype()
    assert codecs.encode(f.OPEN_INTEREST, column) == values


@given(st.lists(st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: round(x, 2)), max_size=8))
def test_numbers_survive_the_round(values: list[float]) -> None:
    assert codecs.encode(f.CHANGE, codecs.decode(f.CHANGE, values)) == values


@pytest.mark.parametrize("value", [67500, 67500.0, "67500", "67,500", " 67500 ", "67500.0"], ids=repr)
def test_a_price_is_a_price_however_it_is_written(value: object) -> None:
    assert one(f.PRICE, value) == 67500.0
    assert codecs.decode(f.PRICE, [value, None]).tolist()[0] == 67500.0


@pytest.mark.parametrize("value", [None, "", " -", "-", 0, "0", float("nan"), float("inf")], ids=repr)
def test_no_price_is_missing(value: object) -> None:
    assert np.isnan(one(f.PRICE, value))


def test_a_count_or_a_change_of_zero_is_zero() -> None:
    assert one(f.CHANGE, 0) == 0.0
    assert one(f.OPEN_INTEREST, 0) == 0
    assert one(f.NAV, 0) == 0.0


def test_counts_that_every_row_has_are_plain_integers_and_may_not_be_missing() -> None:
    needed = f.VOLUME.needed()
    assert codecs.decode(needed, [1, 2]).dtype == np.int64
    assert codecs.decode(needed, ["1", "2,000"]).tolist() == [1, 2000]
    with pytest.raises(SchemaError, match="accTrdvol"):
        codecs.decode(needed, [1, None])


@pytest.mark.parametrize("value", [1.5, "1.5", "many", {"a": 1}, [1], True], ids=repr)
def test_what_is_no_count_is_refused(value: object) -> None:
    with pytest.raises(SchemaError, match="accTrdvol"):
        codecs.decode(f.VOLUME, [value])


def test_units_are_won_and_shares() -> None:
    index = f.VALUE.within("index")
    assert one(index, 6323816) == 6_323_816_000_000
    assert codecs.encode(index, codecs.decode(index, [6323816])) == [6323816]
    thousand = f.SELL_VALUE
    assert codecs.decode(thousand, [207768090, None]).tolist() == [207_768_090_000, pd.NA]


def test_counts_beyond_64_bits_are_missing_and_never_wrap() -> None:
    assert one(f.VOLUME, 2**64) is pd.NA
    assert one(f.VALUE.within("index"), 2**60) is pd.NA


@pytest.mark.parametrize(
    ("value", "time", "signal"),
    [
        (15554100, np.timedelta64(57341, "s"), None),
        (9544500, np.timedelta64(35685, "s"), None),
        (31000000, None, "31000000"),
        (91000007, None, "91000007"),
        (0, None, "0"),
        ("0", None, "0"),
        (None, None, None),
    ],
    ids=repr,
)
def test_signals_are_no_times(value: object, time: np.timedelta64 | None, signal: str | None) -> None:
    found, said = one(f.TRADE_TIME, value), codecs.signals(f.TRADE_TIME, [value])[0]
    assert found == time if time is not None else np.isnat(found)
    assert said == signal if signal is not None else pd.isna(said)


def test_six_digits_beside_a_list_are_hours_minutes_seconds() -> None:
    beside = f.TRADE_TIME.sent_as("str", digits=6)
    assert one(beside, "153039") == np.timedelta64(15 * 3600 + 30 * 60 + 39, "s")
    assert one(beside, "90501") == np.timedelta64(9 * 3600 + 5 * 60 + 1, "s")
    assert codecs.encode(beside, [np.timedelta64(9 * 3600, "s")]) == ["090000"]


def test_separators_are_read_although_no_sample_has_them() -> None:
    assert one(f.BAR_TIME, "09:10:00") == one(f.BAR_TIME, "9100000")
    assert one(f.ORDER_TIME, "09:10:00.25") == np.timedelta64(33000_250_000, "us")
    assert one(f.ORDER_TIME, "09:10:00.250") == np.timedelta64(33000_250_000, "us")
    assert one(f.ORDER_TIME, "10:10:00.5") == np.timedelta64(36600_500_000, "us")
    assert one(f.DATE, "2024-01-02") == np.datetime64("2024-01-02", "us")


@pytest.mark.parametrize("value", [20241399, "20240230", "soon", 2024, -5, 1.5, [20240102]], ids=repr)
def test_what_is_no_day_is_refused(value: object) -> None:
    with pytest.raises(SchemaError, match="trdDd"):
        codecs.decode(f.DATE, [value])


@pytest.mark.parametrize("value", [9700000, "9106100", "noon"], ids=repr)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(SchemaError, match="inddTm"):
        codecs.decode(f.BAR_TIME, [value])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("005930*001", "005930"),
        ("201S6212*006", "201S6212"),
        (5930, "005930"),
        (" -", None),
        (None, None),
        ("K1", "K1"),
    ],
    ids=repr,
)
def test_issue_codes_lose_their_suffix_and_keep_their_zeros(value: object, code: str | None) -> None:
    found = one(f.CODE, value)
    assert pd.isna(found) if code is None else found == code


def test_codes_are_text_whatever_they_travel_as() -> None:
    assert codecs.decode(f.SIZE_CLASS, [2, "2"]).tolist() == ["2", "2"]
    assert codecs.encode(f.SIZE_CLASS, ["2"]) == [2]
    assert one(f.KOSCOM_KEY, "005930*001") == "005930*001"


@pytest.mark.parametrize(
    ("value", "flag"),
    [("Y", True), ("N", False), ("y", True), (" -", None), ("0", None), ("", None), (None, None)],
    ids=repr,
)
def test_flags(value: object, flag: bool | None) -> None:
    found = one(f.IS_HALTED, value)
    assert found is pd.NA if flag is None else found == flag


def test_names_lose_blanks_and_half_characters() -> None:
    assert one(f.NAME_KO, " 삼성전자\u3000") == "삼성전자"
    assert one(f.NAME_KO, "a\ud800b") == "a?b"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_dtype_without_a_value(kind: Kind) -> None:
    field = Field("x", "x", kind, "", "")
    assert str(pd.Series(codecs.decode(field, [])).dtype) == codecs.dtype(field)
    assert str(pd.Series(codecs.decode(field, [None])).dtype) == codecs.dtype(field)


def test_plain_and_patient_ways_agree() -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(40)]
    plain = codecs.decode(f.DATE, [int(f"{d:%Y%m%d}") for d in days])
    patient = codecs.decode(f.DATE, [int(f"{d:%Y%m%d}") if n % 2 else f"{d:%Y-%m-%d}" for n, d in enumerate(days)])
    assert (plain == patient).all()
