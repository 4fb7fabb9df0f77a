"""What the day's volume tells, against all ways of losing, repeating and delaying trades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kosdata.research.live.gaps import Gaps
from kosdata.research.live.volumes import Volumes
from tests.unit.research.live.feeding import SECOND, at

NAMES = ("A", "B", "C")
DAY = 86_400 * SECOND


class Trade(NamedTuple):
    """A trade of a code: its size, the day's volume with it, and when."""

    code: int
    size: int
    total: float
    moment: int


def told(gaps: Gaps) -> int:
    missed: int = gaps.frame()["missed_volume"].sum()
    return missed


def show(volumes: Volumes, rows: Sequence[Trade]) -> None:
    columns = zip(*rows, strict=True)
    codes, size, total, moment = (np.array(each) for each in columns)
    volumes.check(NAMES, codes.astype(np.int32), size, total.astype(float), moment, moment)


@st.composite
def days(draw: st.DrawFn) -> list[Trade]:
    """Return what arrives of one to three days: some trades lost, repeated, late, or without their total."""
    arrived: list[Trade] = []
    for day in range(draw(st.integers(1, 3))):
        totals = dict.fromkeys(range(3), 0)
        trades: list[Trade] = []
        for n, (code, size) in enumerate(draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), max_size=25))):
            totals[code] += size
            trades.append(Trade(code, size, totals[code], at(n) + day * DAY))
        fates = draw(st.lists(st.sampled_from("kkkklrdn"), min_size=len(trades), max_size=len(trades)))
        late: list[Trade] = []
        for trade, fate in zip(trades, fates, strict=True):
            match fate:
                case "k":
                    arrived.append(trade)
                case "r":  # twice, as a row that carries a signal repeats the last trade
                    arrived += [trade, trade]
                case "d":
                    late.append(trade)
                case "n":
                    arrived.append(trade._replace(total=np.nan))
            if late and draw(st.booleans()):
                arrived.append(late.pop(draw(st.integers(0, len(late) - 1))))
        arrived += late if draw(st.booleans()) else []
    return arrived


def expected(rows: Sequence[Trade]) -> int:
    """Return the shares that lie between the totals and that no row of their day explains."""
    missing = 0
    for code in range(3):
        has_begun = False
        mine = [row for row in rows if row.code == code and row.total == row.total]
        for day in sorted({row.moment // DAY for row in mine}):
            here = [row for row in mine if row.moment // DAY == day]
            begin = 0 if has_begun else int(here[0].total)
            shares = set(range(begin, int(max(row.total for row in here))))
            for row in here:
                shares -= set(range(int(row.total) - row.size, int(row.total)))
            missing += len(shares)
            has_begun = True
    return missing


@given(days(), st.randoms(use_true_random=False))
def test_what_was_missed_is_exactly_what_no_row_explains_however_rows_are_cut(rows: list[Trade], cut: object) -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    rest = rows
    while rest:
        length = cut.randint(1, len(rest))  # type: ignore[attr-defined]
        show(volumes, rest[:length])
        rest = rest[length:]
    assert told(gaps) == expected(rows)
    frame = gaps.frame()
    assert (frame["missed_volume"] > 0).all()
    assert (frame["start"] <= frame["end"]).all()
    assert gaps.count == len(frame)


def test_the_first_total_of_a_code_says_nothing() -> None:
    gaps = Gaps()
    show(Volumes(gaps), [Trade(0, 5, 1_000, at(0)), Trade(0, 5, 1_005, at(1))])
    assert gaps.count == 0


def test_a_new_day_is_counted_from_zero() -> None:
    gaps = Gaps()
    show(Volumes(gaps), [Trade(0, 5, 1_000, at(0)), Trade(0, 5, 12, at(1) + DAY)])
    assert told(gaps) == 7


def test_a_day_ends_at_midnight_in_seoul() -> None:
    gaps = Gaps()
    midnight = at(14 * 3_600)
    volumes = Volumes(gaps)
    show(volumes, [Trade(0, 5, 5, midnight - 3), Trade(0, 5, 10, midnight - 2)])
    show(volumes, [Trade(0, 5, 15, midnight - 1), Trade(0, 5, 20, midnight)])
    assert told(gaps) == 15


def test_an_image_is_a_baseline_and_no_trade() -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    volumes.image(NAMES, 0, 100, at(0), at(0))
    show(volumes, [Trade(0, 5, 105, at(1))])
    assert gaps.count == 0
    volumes.image(NAMES, 0, 112, at(2), at(2))
    assert told(gaps) == 7
    show(volumes, [Trade(0, 7, 112, at(1.5))])
    assert gaps.count == 0


def test_the_image_of_yesterday_is_no_baseline_for_today() -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    volumes.image(NAMES, 0, 9_000_000, at(0) - DAY, at(0) - DAY)
    show(volumes, [Trade(0, 5, 5, at(1)), Trade(0, 5, 13, at(2))])
    assert told(gaps) == 3


def test_what_a_break_has_cost_is_told_in_its_row() -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    show(volumes, [Trade(0, 5, 5, at(0)), Trade(1, 1, 1, at(0))])
    gaps.begin("session", at(1), "closed 1006", ("A", "B"))
    gaps.back("session", at(2))
    show(volumes, [Trade(0, 5, 30, at(3)), Trade(1, 1, 2, at(3))])
    assert gaps.frame()["missed_volume"].tolist() == [20]
    show(volumes, [Trade(0, 4, 40, at(4))])
    assert gaps.frame()["reason"].tolist() == ["closed 1006", "volume"]
    assert gaps.frame()["missed_volume"].tolist() == [20, 6]


def test_an_image_that_comes_before_its_code_is_back_tells_what_the_break_has_cost() -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    show(volumes, [Trade(0, 5, 5, at(0))])
    gaps.begin("session", at(1), "closed 1006", ("A",))
    volumes.image(NAMES, 0, 25, at(2), at(2))
    gaps.back("session", at(2), ("A",))
    show(volumes, [Trade(0, 5, 30, at(3))])
    assert gaps.frame()["missed_volume"].tolist() == [20]
    assert gaps.count == 1


def test_a_break_before_the_first_total_has_cost_nobody_knows_what() -> None:
    gaps = Gaps()
    gaps.begin("session", at(1), "closed 1006", ("A",))
    gaps.back("session", at(2))
    volumes = Volumes(gaps)
    show(volumes, [Trade(0, 5, 30, at(3)), Trade(0, 5, 35, at(4))])
    assert gaps.frame()["missed_volume"].isna().tolist() == [True]
    assert not gaps.has_open


def test_a_late_trade_gives_back_where_it_was_missed() -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    show(volumes, [Trade(0, 5, 5, at(0)), Trade(0, 3, 12, at(2)), Trade(0, 1, 15, at(4))])
    assert gaps.frame()["missed_volume"].tolist() == [4, 2]
    show(volumes, [Trade(0, 4, 9, at(1))])
    assert gaps.frame()["missed_volume"].tolist() == [2]


def test_totals_that_nobody_sends_tell_nothing() -> None:
    gaps = Gaps()
    show(Volumes(gaps), [Trade(0, 5, np.nan, at(n)) for n in range(3)])
    assert gaps.count == 0


def test_before_the_open_a_total_without_a_time_is_of_nobody_knows_which_day() -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    none, early = np.iinfo(np.int64).min, at(0) - 3 * 3_600 * SECOND
    volumes.image(NAMES, 0, 9_000_000, at(0) - DAY, at(0) - DAY)
    volumes.image(NAMES, 0, 9_000_000, none, early)
    volumes.image(NAMES, 0, 8_000_000, none, early)
    volumes.image(NAMES, 0, 12, at(1), at(1))
    assert gaps.frame()["missed_volume"].tolist() == [12]


def test_nothing_traded_yet_is_a_baseline_also_without_a_time() -> None:
    gaps = Gaps()
    volumes = Volumes(gaps)
    volumes.image(NAMES, 0, 0, np.iinfo(np.int64).min, at(0) - 3 * 3_600 * SECOND)
    volumes.image(NAMES, 0, 7, at(1), at(1))
    assert gaps.frame()["missed_volume"].tolist() == [7]
