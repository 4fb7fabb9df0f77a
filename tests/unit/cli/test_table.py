from __future__ import annotations

import pandas as pd
import pytest

from kosdata.cli.table import display_width, format_value, table

DAYS = pd.date_range("2024-01-01", periods=100, name="date")
BARS = pd.DataFrame(
    {name: [71_000.0 + n for n in range(100)] for name in ("open", "high", "low", "close")}
    | {"volume": range(1_000_000, 1_000_100), "value": range(10**12, 10**12 + 100), "change": [-1.0] * 100},
    index=DAYS,
)


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 200])
@pytest.mark.parametrize("ko", [False, True])
def test_no_line_is_wider_than_the_screen(width: int, ko: bool) -> None:
    names = pd.DataFrame({"name_ko": ["삼성전자우선주"] * 100, "market": ["코스피"] * 100}, index=DAYS)
    frame = pd.concat([BARS, names], axis=1)
    shown = table(frame.kos.korean() if ko else frame, width, 24)
    assert max(map(display_width, shown.text.splitlines())) <= width
    assert shown.columns <= frame.shape[1]


def test_the_important_columns_stay_in_their_order() -> None:
    assert table(BARS, 32, 24).text.splitlines()[0].split() == ["date", "close", "change"]
    assert table(BARS.kos.korean(), 33, 24).text.splitlines()[0].split() == ["일자", "종가", "전일대비"]
    assert table(BARS, 200, 24).text.splitlines()[0].split() == ["date", *BARS.columns]


def test_columns_that_belong_together_are_shown_together_or_not_at_all() -> None:
    shown = [table(BARS, width, 24).text.splitlines()[0].split() for width in range(20, 120)]
    assert all({"open", "high", "low"} <= {*names} or not {"open", "high", "low"} & {*names} for names in shown)
    assert shown[79 - 20] == ["date", "open", "high", "low", "close", "volume", "change"]
    flows = pd.DataFrame({f"{side}_{of}": [10**12] for of in ("volume", "value") for side in ("sell", "buy", "net")})
    for width in range(20, 120):
        names = {*table(flows, width, 24).text.splitlines()[0].split()}
        assert ("sell_value" in names) == ("buy_value" in names)
        assert ("sell_volume" in names) == ("buy_volume" in names)


def test_a_column_that_no_group_has_comes_last() -> None:
    frame = pd.DataFrame({"other": [1], "close": [2], "another": [3]}, index=pd.Index(["005930"], name="code"))
    assert table(frame, 21, 24).text.splitlines()[0].split() == ["code", "other", "close"]
    assert table(frame, 99, 24).text.splitlines()[0].split() == ["code", "other", "close", "another"]


def test_columns_without_a_value_go_first() -> None:
    frame = pd.DataFrame({"close": [float("nan")], "other": [1]}, index=pd.Index(["005930"], name="code"))
    assert table(frame, 16, 24).text.splitlines()[0].split() == ["code", "other"]


def test_long_frames_show_both_ends_and_how_much_is_between() -> None:
    shown = table(BARS, 100, 12)
    lines = shown.text.splitlines()
    assert len(lines) == 1 + 12 + 1
    assert lines[7] == "... 88 rows"
    assert (lines[1][:10], lines[-1][:10]) == ("2024-01-01", "2024-04-09")
    assert shown.rows == 12
    assert "..." not in table(BARS.head(12), 100, 12).text


def test_hangul_takes_two_columns_of_the_screen() -> None:
    frame = pd.DataFrame(
        {"name_ko_short": ["삼성전자", "NAVER"], "market": ["kospi"] * 2},
        index=pd.Index(["005930", "035420"], name="code"),
    )
    lines = table(frame, 80, 24).text.splitlines()
    assert len({display_width(line[: line.index("kospi")]) for line in lines[1:]}) == 1
    assert display_width("e\u0301") == 1


def test_values_are_written_as_people_read_them() -> None:
    assert [format_value(v) for v in (1_234_567, 71_000.0, 352.5, -13.43, True, None, float("nan"), pd.NA)] == [
        *("1,234,567", "71,000", "352.5", "-13.43", "yes", "-", "-", "-"),
    ]
    assert format_value(pd.Timestamp("2024-01-05")) == "2024-01-05"
    assert format_value(pd.Timestamp("2024-01-05 09:00", tz="Asia/Seoul")) == "2024-01-05 09:00"
    assert format_value(pd.Timestamp("2024-01-05 09:00:07.25", tz="Asia/Seoul")) == "2024-01-05 09:00:07.250"
    assert format_value("a\nb") == "a b"
    assert format_value("x" * 99).endswith("…")


def test_numbers_stand_under_each_other_with_as_many_digits_as_one_of_them_needs() -> None:
    frame = pd.DataFrame({"close": [71_000.0, 352.25]}, index=pd.Index(["005930", "K1"], name="code"))
    assert table(frame, 80, 24).text.splitlines() == [
        "code        close",
        "005930  71,000.00",
        "K1         352.25",
    ]


def test_a_frame_without_rows_has_its_head() -> None:
    assert table(BARS.head(0), 200, 24).text.split() == ["date", *BARS.columns]
