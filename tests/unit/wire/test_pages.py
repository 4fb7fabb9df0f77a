"""Pages that lack rows, or are of something else, from services that answer otherwise than they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import KRX
from kosdata.errors import SchemaError
from kosdata.wire import arguments as args
from kosdata.wire.collect import Collected, collect
from tests.unit.wire.fakes import Sent, client, ok

MINUTES = [60 * 9 + n for n in range(1, 391)]  # labels, by their minute of the day
TODAY = date(2024, 3, 6)


def label(minute: int) -> int:
    return (minute // 60 * 10_000 + minute % 60 * 100) * 100


def bar(minute: int) -> dict[str, Any]:
    names = ("inddOpnprc", "inddHgprc", "inddLwprc", "inddClsprc")
    price = dict.fromkeys(names, 100 + minute)
    return {"inddTm": str(label(minute)), **price, "inddTrdvol": 1, "inddTrdval": 100, "inddAccTrdvol": minute}


def bars(answer: Callable[[list[int], int], list[int]], **arguments: Any) -> tuple[Collected, list[str]]:
    """Return what is collected of a day, from a service that sends some of the bars asked for."""
    sent: list[str] = []

    def told(target: str, n: int) -> Sent:
        sent.append(target)
        query = parse_qs(urlsplit(target).query)
        begin, end = (int(query[name][0][:2]) * 60 + int(query[name][0][2:4]) for name in ("strtTm", "endTm"))
        wanted = [minute for minute in MINUTES if begin < minute <= end]
        rows = [bar(minute) for minute in sorted(answer(wanted, n), reverse=True)]
        return ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": rows}})

    given = {"code": "005930", "interval": 60, "date": "2024-03-05"} | arguments
    call = args.call(endpoint("v3_realtime_kospi_intraday"), given, today=TODAY, calendar=KRX)
    with client(told) as asking:
        return collect(asking, call), sent


def minutes(found: Collected) -> list[int]:
    return sorted(int(row["inddTm"]) for row in found.rows)


WHOLE = [label(minute) for minute in MINUTES]


def test_whole_pages_are_asked_for_once() -> None:
    found, sent = bars(lambda wanted, n: wanted)
    assert minutes(found) == WHOLE
    assert len(sent) == 4


@pytest.mark.parametrize("cap", [10, 30, 50, 99])
def test_a_smaller_cap_on_bars_loses_none(cap: int) -> None:
    found, _ = bars(lambda wanted, n: wanted[-cap:])
    assert sorted(set(minutes(found))) == WHOLE
    assert found.absent == 0


def test_bars_that_were_lost_once_are_there_the_second_time() -> None:
    found, sent = bars(lambda wanted, n: wanted if n > 4 else [m for m in wanted if m % 10 != 5])
    assert sorted(set(minutes(found))) == WHOLE
    assert (len(sent), found.absent) == (8, 0)


def test_bars_that_never_come_are_counted() -> None:
    found, sent = bars(lambda wanted, n: [m for m in wanted if m % 10 != 5])
    assert found.absent == 39
    assert set(minutes(found)) == {label(m) for m in MINUTES if m % 10 != 5}
    assert len(sent) == 8


def test_a_closing_bar_that_never_comes_is_counted() -> None:
    found, _ = bars(lambda wanted, n: [minute for minute in wanted if minute != MINUTES[-1]])
    assert found.absent == 1


@pytest.mark.parametrize("lost", [0, 2, 3])
def test_a_stretch_of_a_finished_session_without_bars_is_told(lost: int) -> None:
    gone = MINUTES[100 * lost : 100 * (lost + 1)]
    found, _ = bars(lambda wanted, n: [minute for minute in wanted if minute not in gone])
    assert found.holes == 1


def test_bars_of_another_stretch_are_refused() -> None:
    with pytest.raises(SchemaError, match="only others"):
        bars(lambda wanted, n: MINUTES[-100:])


def test_a_service_that_always_sends_the_whole_day_is_cut() -> None:
    found, _ = bars(lambda wanted, n: MINUTES, start="10:00", end="11:00")
    assert minutes(found)[0] >= label(600)
    assert minutes(found)[-1] <= label(660)


SESSIONS = KRX.sessions(date(2022, 9, 1), date(2024, 2, 29))


def days(
    answer: Callable[[list[date], int], list[date]], name: str = "v3_closed_kospi_history", **arguments: Any
) -> tuple[Collected, list[str]]:
    """Return what is collected of some days, from a service that sends some of those asked for."""
    sent: list[str] = []

    def told(target: str, n: int) -> Sent:
        sent.append(target)
        query = parse_qs(urlsplit(target).query)
        first, last = (query[name][0] for name in ("inqStrtDd", "inqEndDd"))
        wanted = [day for day in SESSIONS if first <= f"{day:%Y%m%d}" <= last]
        rows = [
            {"trdDd": int(f"{day:%Y%m%d}"), "trdPrc": 100, "FornHdVol": 1}
            for day in sorted(answer(wanted, n), reverse=True)
        ]
        return ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": rows}})

    given = {"code": "005930", "start": "2023-05-01", "end": "2023-12-31"} | arguments
    call = args.call(endpoint(name), given, today=TODAY, calendar=KRX)
    with client(told) as asking:
        return collect(asking, call), sent


def test_a_page_that_lost_its_newest_rows_is_asked_for_them() -> None:
    found, sent = days(lambda wanted, n: wanted if n > 2 else [day for day in wanted if day.month != 8])
    assert len({row["trdDd"] for row in found.rows}) == len(KRX.sessions(date(2023, 5, 1), date(2023, 12, 31)))
    assert (len(sent), found.absent) == (3, 0)


def test_rows_that_never_come_are_counted() -> None:
    found, _ = days(lambda wanted, n: [day for day in wanted if day.month != 8])
    assert found.absent == len([day for day in SESSIONS if (day.year, day.month) == (2023, 8)])


def test_what_ends_before_a_page_does_is_listed_no_more() -> None:
    found, sent = days(lambda wanted, n: [day for day in wanted if day < date(2023, 8, 1)])
    assert found.absent == 0
    assert len(sent) == 3


@pytest.mark.parametrize("name", ["v3_closed_kospi_foreignhistory", "v3_closed_kospi_history"])
def test_rows_missing_between_others_are_asked_for_in_every_question_about_days(name: str) -> None:
    lost = {date(2023, 6, 1), date(2023, 6, 9)}
    found, sent = days(lambda wanted, n: [day for day in wanted if day not in lost], name, end="2023-08-31")
    assert found.absent == 2
    assert "inqStrtDd=20230601&inqEndDd=20230609" in sent[-1]


@pytest.mark.parametrize(("freq", "lost"), [("W", 33), ("M", 7)])
def test_weeks_and_months_without_a_bar_are_asked_for(freq: str, lost: int) -> None:
    def bars_of(wanted: list[date], n: int) -> list[date]:
        ends = {(day.isocalendar()[:2] if freq == "W" else (day.year, day.month)): day for day in wanted}
        return [end for slot, end in ends.items() if slot != (2023, lost)]

    found, sent = days(bars_of, freq=freq)
    assert (found.absent, len(sent)) == (1, 2)
