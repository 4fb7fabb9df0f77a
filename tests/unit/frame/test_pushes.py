"""Wire values as columns of a stream: documented pushes, and every way in which a value was seen to travel."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue import STREAMS
from kosdata.catalogue import records as r
from kosdata.catalogue.calendar import KRX
from kosdata.frame.pushes import Schema, schema, typed
from kosdata.frame.rolling import RollingFrame
from tests.conftest import needs_reference, reference

SEOUL = ZoneInfo("Asia/Seoul")
NAT = np.iinfo(np.int64).min
TICK = schema("tick", [r.TICK, r.MARKET_TICK])
FRIDAY = datetime(2024, 1, 12, 10, 0, tzinfo=SEOUL)
RECORDS = {key: record for stream in STREAMS.values() for key, record in stream.presets.items()}


def stamp(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def read(columns: dict[str, list[Any]], at: datetime = FRIDAY, of: Schema = TICK) -> tuple[dict[str, Any], list[int]]:
    rows = len(next(iter(columns.values())))
    return typed(of, columns, np.full(rows, stamp(at)))


def tick(**values: Any) -> dict[str, list[Any]]:
    row = {"code": "005930", "price": 73000, "size": 10, "time": "09300000", "volume": 5, "value": 6} | values
    return {name: [value] for name, value in row.items()}


def time_of(value: Any, at: datetime = FRIDAY) -> tuple[datetime | None, str | None]:
    arrays, left_out = read(tick(time=value), at)
    assert left_out == []
    moment = int(arrays["time"][0])
    return (
        None if moment == NAT else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment),
        arrays["signal"][0],
    )


# Frames -----------------------------------------------------------------------------------------------------------


def test_the_tick_frame_is_the_same_whatever_is_subscribed() -> None:
    names = ["code", "price", "size", "volume", "value", "signal", "received"]
    kinds = ["category", "float", "int", "float", "float", "category", "instant"]
    for records in ([r.TICK], [r.MARKET_TICK], [r.QUOTE, r.QUOTE_FUTURES], []):
        found = schema("tick", records)
        assert [tuple(column) for column in found.columns] == list(zip(names, kinds, strict=True))
        assert found.spellings["trdvol"] == "size" and found.spellings["acctrdval"] == "value"


@pytest.mark.parametrize("preset", ["quote", "tick10", "quote10", "index", "change"])
def test_other_frames_have_the_code_first_their_fields_as_floats_and_the_reception_last(preset: str) -> None:
    records = [record for (name, _), record in RECORDS.items() if name == preset]
    found = schema(preset, records)
    names = [column.name for column in found.columns]
    assert names[0] == "code" and names[-1] == "received" and len(set(names)) == len(names)
    published = {field.column for record in records for field in record.fields} - {"time"}
    extra = {"signal", "received"}
    assert set(names) - extra == published - ({"order_time"} if preset == "quote10" else set())
    assert {column.kind for column in found.columns} <= {"float", "category", "instant"}
    assert ("signal" in names) == (preset in ("tick10", "index", "change"))
    # Every spelling leads to one column.
    assert len(found.spellings) == len({w.lower() for f in found.fields.values() for w in f.spellings})
    spelled = [wire.lower() for field in found.fields.values() for wire in set(field.spellings)]
    assert len({*spelled}) == len(found.spellings)
    arrays, left_out = typed(found, {}, np.empty(0, np.int64))
    assert left_out == [] and {*arrays} == {"time", *names}


def test_the_order_time_of_a_book_is_its_index_and_a_stock_book_has_none() -> None:
    book = schema("quote10", [RECORDS["quote10", "futures"]])
    assert book.fields["time"].wire == "ordAcptTm"
    arrays, _ = read({"code": ["101S6000"], "time": [9524400]}, of=book)
    assert arrays["time"][0] == stamp(FRIDAY.replace(hour=9, minute=52, second=44))
    arrays, left_out = read(
        {"code": ["005930"], "ask_price_1": [10], "ask_size_1": [None]}, of=schema("quote10", [r.ORDER_BOOK])
    )
    assert left_out == [] and arrays["time"].tolist() == [NAT] and "signal" not in arrays
    assert arrays["ask_price_1"].tolist() == [10.0] and math.isnan(arrays["ask_size_1"][0])


def test_an_order_time_beside_a_trade_time_is_a_column() -> None:
    change = schema("change", [RECORDS["change", "stock"], RECORDS["change", "futures"]])
    kinds = dict(change.columns)
    assert kinds["order_time"] == "instant" and "trdtm" in change.spellings and "time" not in kinds
    arrays, left_out = read({"code": ["101S6000"], "time": [9300000], "order_time": ["9300100"]}, of=change)
    assert left_out == [] and arrays["order_time"][0] - arrays["time"][0] == 1_000_000


def test_index_figures_are_in_shares_and_won() -> None:
    index = schema("index", [RECORDS["index", "index"]])
    arrays, _ = read({"code": ["K1"], "time": [9122000], "volume": [114261], "value": [1075046]}, of=index)
    assert arrays["volume"].tolist() == [114_261_000.0] and arrays["value"].tolist() == [1_075_046_000_000.0]


# Documented pushes ------------------------------------------------------------------------------------------------


def columns_of(rows: list[dict[str, Any]], of: Schema) -> dict[str, list[Any]]:
    named = [{of.spellings[w.lower()]: v for w, v in row.items() if w.lower() in of.spellings} for row in rows]
    return {name: [row.get(name) for row in named] for name in of.fields}


@needs_reference
@pytest.mark.parametrize("name", ["tick", "tick_overview", "all_market"])
def test_documented_ticks_become_rows(name: str) -> None:
    body = reference(f"examples/ws_push_{name}.json")["body"]
    rows = body if isinstance(body, list) else [body["params"]]
    columns = columns_of(rows, TICK)
    arrays, left_out = typed(TICK, columns, np.full(len(rows), stamp(FRIDAY.replace(hour=15))))
    assert left_out == []
    rolling = RollingFrame(TICK.columns)
    rolling.append(arrays)
    frame = rolling.snapshot()
    assert frame["code"].tolist() == [row["isuSrtCd"] for row in rows]
    assert frame["price"].tolist() == [float(row["trdPrc"]) for row in rows]
    assert frame["size"].tolist() == [int(row.get("trdvol", row.get("trdVol"))) for row in rows]
    assert frame.index.strftime("%Y%m%d%H%M%S").tolist() == [f"20240112{int(row['trdTm']):08d}"[:14] for row in rows]
    assert frame["volume"].isna().tolist() == ["accTrdvol" not in row for row in rows]


@needs_reference
@pytest.mark.parametrize(
    ("name", "preset", "product"),
    [
        ("index", "index", "index"),
        ("quote10_stock", "quote10", "stock"),
        ("quote10_futures", "quote10", "futures"),
        ("tick10_stock", "tick10", "stock"),
        ("tick10_futures", "tick10", "futures"),
        ("tick10_options", "tick10", "option"),
    ],
)
def test_pushes_of_every_preset_become_rows(name: str, preset: str, product: str) -> None:
    row = reference(f"examples/ws_push_{name}_constructed.json")["body"]["params"]
    found = schema(preset, [record for (known, _), record in RECORDS.items() if known == preset])
    arrays, left_out = typed(found, columns_of([row], found), np.array([stamp(FRIDAY.replace(hour=17))]))
    assert left_out == []
    assert arrays["code"] == [row["isuSrtCd"].partition("*")[0]]
    for wire, value in row.items():
        column = found.spellings.get(wire.lower())
        if dict(found.columns).get(column or "") == "float":
            field = found.fields[str(column)]
            kept = arrays[column][0]
            assert kept == value * field.scale or (value == 0 and math.isnan(kept) and field.kind.name == "PRICE")
        elif column == "time" and value < 24_000_000:
            assert arrays["time"][0] != NAT
        elif column == "time":
            assert arrays["time"][0] == NAT and arrays["signal"] == [str(value)]
    rolling = RollingFrame(found.columns)
    rolling.append(arrays)
    assert len(rolling.snapshot()) == 1


# Times ------------------------------------------------------------------------------------------------------------

TIMES = st.integers(1, 24 * 360_000 - 1)  # hundredths of a second after midnight


def written(hundredths: int) -> int:
    seconds, cc = divmod(hundredths, 100)
    return seconds // 3600 * 1_000_000 + seconds // 60 % 60 * 10_000 + seconds % 60 * 100 + cc


@given(st.lists(st.tuples(TIMES, st.sampled_from([str, int, "{:08d}".format])), min_size=1, max_size=20), TIMES)
def test_a_time_is_read_with_and_without_its_zero_and_never_lies_in_the_future(times: Any, received: int) -> None:
    at = FRIDAY.replace(hour=0) + timedelta(milliseconds=received * 10)
    for kind in (None, str, int, "{:08d}".format):  # as they come, and all of one type
        values = [(kind or own)(written(hundredths)) for hundredths, own in times]
        columns = {name: value * len(values) for name, value in tick().items()} | {"time": values}
        arrays, left_out = read(columns, at)
        assert left_out == [] and arrays["signal"] == [None] * len(values)
        for moment, (hundredths, _) in zip(arrays["time"].tolist(), times, strict=True):
            midnight = FRIDAY.replace(hour=0)
            wanted = midnight + timedelta(milliseconds=hundredths * 10)
            if wanted > at + timedelta(minutes=1):
                wanted -= timedelta(days=1)
            assert moment == stamp(wanted) <= stamp(at + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("received", "value", "wanted"),
    [
        ("2024-01-12 09:30:05", "9300500", "2024-01-12 09:30:05"),
        ("2024-01-12 09:30:05", "9310500", "2024-01-12 09:31:05"),  # a minute ahead: two clocks
        ("2024-01-12 09:30:05", "9310501", "2024-01-11 09:31:05.01"),
        ("2024-01-12 08:00:00", "15300000", "2024-01-11 15:30:00"),  # yesterday's, before the open
        ("2024-01-15 08:00:00", "15300000", "2024-01-12 15:30:00"),  # Friday's, on Monday
        ("2024-02-13 08:00:00", "15300000", "2024-02-08 15:30:00"),  # before the New Year holidays
        ("2024-01-13 20:00:00", "15300000", "2024-01-12 15:30:00"),  # on Saturday
        ("2024-01-13 00:00:01", "23595999", "2024-01-12 23:59:59.99"),
        ("2024-01-12 23:59:59", "23595999", "2024-01-12 23:59:59.99"),
        ("2024-01-12 00:00:00", "1", "2024-01-12 00:00:00.01"),
        ("2044-03-07 08:00:00", "15300000", "2044-03-04 15:30:00"),  # weekdays, where no calendar reaches
    ],
)
def test_a_time_belongs_to_the_session_it_was_received_on_or_the_one_before(
    received: str, value: str, wanted: str
) -> None:
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=SEOUL) for text in (received, wanted))
    assert time_of(value, at) == (expected, None)
    assert time_of(int(value), at) == (expected, None)


def test_one_batch_may_span_minutes_days_and_signals() -> None:
    received = np.array(
        [stamp(FRIDAY.replace(hour=23, minute=59)), stamp(FRIDAY + timedelta(days=3))] * 1
        + [stamp(FRIDAY + timedelta(days=3, hours=1))]
    )
    columns = {name: value * 3 for name, value in tick().items()} | {"time": ["15300000", "09000000", "31000000"]}
    arrays, left_out = typed(TICK, columns, received)
    assert left_out == []
    monday = FRIDAY + timedelta(days=3)
    assert arrays["time"].tolist() == [stamp(FRIDAY.replace(hour=15, minute=30)), stamp(monday.replace(hour=9)), NAT]
    assert arrays["signal"] == [None, None, "31000000"]


@pytest.mark.parametrize("value", [31000000, "31000000", "41000000", 91000008, 24000000, "0", 0, "00000000"], ids=repr)
def test_a_signal_is_no_time(value: Any) -> None:
    assert time_of(value) == (None, str(int(value)))


@pytest.mark.parametrize("value", [None, "", " -", "-", math.nan], ids=repr)
def test_a_row_may_say_no_time(value: Any) -> None:
    assert time_of(value) == (None, None)


@pytest.mark.parametrize("value", ["9:30:00.00", " 9300000", "09:30:00", 9300000.0])
def test_times_are_read_however_they_are_written(value: Any) -> None:
    assert time_of(value) == (FRIDAY.replace(hour=9, minute=30), None)


@pytest.mark.parametrize(
    "value", ["9750000", 9750000, "9006100", "soon", "1,2", -9300000, "123456789", 10**30, True, [9], {}, 9.5], ids=repr
)
def test_a_row_of_an_impossible_time_is_left_out(value: Any) -> None:
    columns = {name: values * 3 for name, values in tick().items()} | {"time": ["09300000", value, "09300001"]}
    arrays, left_out = read(columns)
    assert left_out == [1] and len(arrays["time"]) == len(arrays["code"]) == len(arrays["size"]) == 2
    assert np.diff(arrays["time"]).tolist() == [10_000]


# Values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [73000, 73000.0, "73000", "73,000", " 73000 ", "73000.0"], ids=repr)
def test_numbers_are_read_however_they_are_written(value: Any) -> None:
    arrays, left_out = read({name: v * 2 for name, v in tick().items()} | {"price": [1.5, value], "size": [1, value]})
    assert left_out == [] and arrays["price"].tolist() == [1.5, 73000.0] and arrays["size"].tolist() == [1, 73000]


@pytest.mark.parametrize(
    "value",
    [None, "", " -", "-", math.nan, math.inf, "NaN", "Infinity", 10**20, 10**400, "9" * 500, 1e300],
    ids=lambda value: f"{value!s:.9}{len(repr(value))}",
)
def test_what_is_not_there_or_no_number_can_be_is_missing(value: Any) -> None:
    arrays, left_out = read(tick(price=value, volume=value))
    assert left_out == [] and math.isnan(arrays["price"][0]) and math.isnan(arrays["volume"][0])
    assert read(tick(size=value))[1] == [0]  # every tick has a size


@pytest.mark.parametrize("zero", [0, 0.0, "0", -0.0], ids=repr)
def test_a_price_of_zero_is_missing_and_a_count_of_zero_is_zero(zero: Any) -> None:
    arrays, left_out = read(tick(price=zero, size=zero, volume=zero))
    assert left_out == [] and math.isnan(arrays["price"][0])
    assert arrays["size"].tolist() == [0] and arrays["volume"].tolist() == [0.0]


@pytest.mark.parametrize("value", [True, False, "many", "1_000", [1], {"a": 1}, b"1"], ids=repr)
@pytest.mark.parametrize("column", ["price", "size", "volume"])
def test_a_row_with_a_value_that_is_no_number_is_left_out(column: str, value: Any) -> None:
    columns = {name: v * 4 for name, v in tick().items()} | {column: [1, value, 3, 4]}
    arrays, left_out = read(columns)
    assert left_out == [1] and arrays[column].tolist() == [1, 3, 4]


@pytest.mark.parametrize("size", [-1, 2.5, "-3", 2.0**60], ids=repr)
def test_a_size_is_a_whole_number_of_shares(size: Any) -> None:
    assert read(tick(size=size))[1] == [0]
    assert read({name: v * 2 for name, v in tick().items()} | {"size": [2.0, size]})[1] == [1]


@pytest.mark.parametrize(
    ("value", "code"),
    [("005930", "005930"), (" 005930 ", "005930"), (5930, "005930"), (5930.0, "005930"), ("201S6212*006", "201S6212")],
    ids=repr,
)
def test_a_code_is_short_and_has_its_zeros(value: Any, code: str) -> None:
    arrays, left_out = read({name: v * 2 for name, v in tick().items()} | {"code": ["000660", value]})
    assert left_out == [] and arrays["code"] == ["000660", code]


@pytest.mark.parametrize("value", [None, "", "  ", "-", "*001", True, -5, 5.5, ["005930"], {}], ids=repr)
def test_a_row_without_a_code_is_left_out(value: Any) -> None:
    arrays, left_out = read({name: v * 2 for name, v in tick().items()} | {"code": [value, "005930"]})
    assert left_out == [0] and arrays["code"] == ["005930"]


@pytest.mark.parametrize(
    ("value", "word"),
    [("2", "2"), (2, "2"), (2.0, "2"), (" - ", None), ("", None), (None, None), ("\ud800", "?")],
    ids=repr,
)
def test_words_are_text_or_missing(value: Any, word: str | None) -> None:
    quote = schema("tick10", [r.QUOTE])
    arrays, left_out = read({"code": ["A", "B"], "change_code": ["5", value]}, of=quote)
    assert left_out == [] and arrays["change_code"] == ["5", word]


@pytest.mark.parametrize("value", [True, [1], {}, 1.5], ids=repr)
def test_a_row_with_a_word_that_is_no_text_is_left_out(value: Any) -> None:
    quote = schema("tick10", [r.QUOTE])
    arrays, left_out = read({"code": ["A", "B"], "change_code": ["5", value]}, of=quote)
    assert left_out == [1] and arrays["change_code"] == ["5"]


JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(10**400), 10**400),
        st.floats(),
        st.text(max_size=12),
        st.from_regex(r"[-+ ]?[0-9_,.:]{0,10}", fullmatch=True),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=3,
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(tick(), JUNK)), max_size=6), st.randoms())
def test_junk_beside_a_good_row_changes_nothing_in_it(rows: list[dict[str, Any]], random: Any) -> None:
    good = {name: values[0] for name, values in tick().items()}
    rows.insert(at := random.randint(0, len(rows)), good)
    for of, extra in ((TICK, {}), (schema("tick10", [r.QUOTE]), {"change_code": [row["code"] for row in rows]})):
        columns = {name: [row[name] for row in rows] for name in good} | extra
        arrays, left_out = read(columns, of=of)
        assert at not in left_out and left_out == sorted(set(left_out))
        kept = [n for n in range(len(rows)) if n not in left_out].index(at)
        alone, _ = read({name: [values[at]] for name, values in columns.items()}, of=of)
        assert {len(values) for values in arrays.values()} == {len(rows) - len(left_out)}
        assert all(arrays[name][kept] == alone[name][0] or alone[name][0] != alone[name][0] for name in arrays)
        assert (arrays["time"] <= stamp(FRIDAY) + 60_000_000).all()
        assert all(isinstance(code, str) and code for code in arrays["code"])
        rolling = RollingFrame(of.columns)
        rolling.append(arrays)
        assert len(rolling.snapshot()) == len(arrays["code"])


@pytest.mark.parametrize("bad", [None, 1])
def test_columns_may_be_tuples(bad: int | None) -> None:
    columns = {name: tuple(values * 3) for name, values in tick().items()}
    if bad is not None:
        columns["size"] = (1, "many", 3)
    arrays, left_out = read(columns)
    assert left_out == ([] if bad is None else [bad])
    rolling = RollingFrame(TICK.columns)
    rolling.append(arrays)
    assert rolling.snapshot()["code"].tolist() == ["005930"] * (3 - len(left_out))


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(tick(), JUNK)), min_size=1, max_size=6))
def test_a_row_is_read_the_same_alone_and_among_others(rows: list[dict[str, Any]]) -> None:
    together, left_out = read({name: [row[name] for row in rows] for name in tick()})
    alone = [read({name: [row[name]] for name in tick()}) for row in rows]
    assert left_out == [at for at, (_, wrong) in enumerate(alone) if wrong]
    kept = [arrays for arrays, wrong in alone if not wrong]
    for name in together:
        for value, single in zip(together[name], kept, strict=True):
            assert value == single[name][0] or (value != value and single[name][0] != single[name][0])


def test_the_calendar_of_a_schema_decides_the_session() -> None:
    closed = KRX.extended([FRIDAY.date()], FRIDAY.date(), since=FRIDAY.date())
    assert FRIDAY.date() in closed.closures
    arrays, _ = typed(schema("tick", [], closed), tick(time="9000000"), np.array([stamp(FRIDAY)]))
    assert arrays["time"][0] == stamp(FRIDAY.replace(day=11, hour=9))
