"""What was missed, against a model of a service that breaks, comes back code by code, and delays what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kosdata.catalogue import STREAMS
from kosdata.frame.pushes import schema
from kosdata.research.live.gaps import Gaps
from kosdata.research.live.ingest import Ingest
from kosdata.wire.stream.intake import Intake
from tests.unit.research.live.feeding import SECOND, START, at, micros, push, row

CODES = ("005930", "000660", "035720")
A, B, C = CODES


class Session:
    """Whatever breaks: a session of some codes."""

    def __init__(self, codes: Iterable[str] = CODES) -> None:
        self.codes = dict.fromkeys(codes)


class Rig:
    """The inside of a stream, told by a test what its sessions notice."""

    is_unconfirmed = False

    def __init__(self, preset: str = "tick") -> None:
        self.now = START
        self.connected_at = 0
        shape = schema(preset, [STREAMS["ws_issue"].presets[preset, "stock"]])
        self.preset = preset
        self.intake = Intake(preset, shape.fields, clock=lambda: self.now)
        self.ingest = Ingest(shape, self.intake, codes=CODES, maxlen=10_000, window=None, origin={})
        self.ingest.bringer = self

    def seen(self, codes: Iterable[str]) -> None:
        """Nobody asks."""

    def receive(self, fields: dict[str, Any], moment: int) -> None:
        self.now = moment
        self.intake.message(push(fields, self.preset))
        self.intake.stamp(moment)

    @property
    def gaps(self) -> pd.DataFrame:
        return self.ingest.gaps.frame(CODES)

    def bounds(self) -> list[tuple[tuple[str, ...], float, float | None]]:
        """Return the codes of each gap, and its ends in seconds after 10:00."""
        frame = self.gaps
        ends = zip(
            micros(frame["start"]), micros(frame["end"].fillna(frame["start"])), frame["end"].isna(), strict=True
        )
        return [
            (codes, (start - START) / SECOND, None if is_open else (end - START) / SECOND)
            for codes, (start, end, is_open) in zip(frame["codes"], ends, strict=True)
        ]


class Event(NamedTuple):
    """What happens at the service: a trade of a code, a break, a connection, a registration; and when."""

    kind: str
    moment: int
    code: str = ""
    size: int = 0
    total: int = 0


@st.composite
def courses(draw: st.DrawFn) -> tuple[int, list[Event]]:
    """Return how long rows travel, and what happens at a service that registers codes one by one after each break."""
    delay = draw(st.integers(0, 30)) * 10_000
    events: list[Event] = []
    totals = dict.fromkeys(CODES, 0)
    waiting: list[str] = list(CODES)
    is_up, moment = True, START
    for _ in range(draw(st.integers(5, 60))):
        moment += draw(st.integers(1, 50)) * 10_000
        choices = ["trade"] * 6 + (["break"] if is_up else ["connect"]) + (["hold"] * 4 if is_up and waiting else [])
        match draw(st.sampled_from(choices)):
            case "trade":
                code, size = draw(st.sampled_from(CODES)), draw(st.integers(1, 9))
                totals[code] += size
                events.append(Event("trade", moment, code, size, totals[code]))
            case "break":
                is_up, waiting = False, list(CODES)
                events.append(Event("break", moment))
            case "connect":
                is_up = True
                events.append(Event("connect", moment))
                moment += delay  # nobody can register before he has heard of the connection
            case _:
                events.append(Event("hold", moment, waiting.pop(draw(st.integers(0, len(waiting) - 1)))))
    return delay, events


@given(courses(), st.integers(0, 3), st.randoms(use_true_random=False))
@settings(max_examples=100, phases=[Phase.generate])
def test_each_gap_covers_its_loss_and_no_row_that_came(
    given_course: tuple[int, list[Event]], in_flight: int, chance: Any
) -> None:
    """Time passes at the service; whoever listens hears of it later, and what is under way when it breaks is lost."""
    (delay, course), rig, session = given_course, Rig(), Session()
    registered: set[str] = set()
    followed: set[str] = set()
    lost: list[Event] = []
    received: list[Event] = []
    sent: list[Event] = []  # and maybe not arrived
    heard = START

    def deliver(events: Iterable[Event]) -> None:
        nonlocal heard
        for event in events:
            heard = rig.now = event.moment + delay
            if event.kind == "hold":
                rig.ingest.held(session, event.code, rig.now)
                followed.add(event.code)
            else:
                total = {"accTrdVol": event.total}
                rig.receive(row(event.code, event.moment, size=event.size, **total), rig.now)
                received.append(event)
            if chance.random() < 0.5:
                rig.ingest.flush()

    for event in [*course, Event("break", course[-1].moment + 1)]:
        match event.kind:
            case "trade":
                (sent if event.code in registered else lost).append(event)
            case "hold":
                registered.add(event.code)
                sent.append(event)
            case "connect":
                rig.connected_at = rig.now = event.moment + delay
                heard = rig.now
                rig.ingest.ready(session, rig.now)
            case _:
                kept = max(0, len(sent) - in_flight)
                # A registration whose answer is lost has not begun, as far as anybody can tell.
                deliver(sent[:kept])
                lost += [each for each in sent[kept:] if each.kind == "trade"]
                if not received:  # and nobody can know how long rows travel
                    lost = [each._replace(moment=each.moment + delay) for each in lost]
                sent.clear()
                registered.clear()
                rig.ingest.flush()
                rig.ingest.broke(session, heard, "closed 1006")
        # Those of the first time are not missed by anybody.
        lost = [each for each in lost if each.code in followed]

    gaps = rig.gaps
    starts, ends = (
        micros(gaps["start"]),
        [None if pd.isna(e) else micros(gaps["end"])[n] for n, e in enumerate(gaps["end"])],
    )
    broken = gaps["reason"] == "closed 1006"

    def around(event: Event, *, is_open: bool) -> bool:
        for codes, start, end in zip(gaps["codes"], starts, ends, strict=True):
            if event.code not in codes:
                continue
            if (start < event.moment and (end is None or event.moment < end)) or (
                not is_open and start <= event.moment and (end is None or event.moment <= end)
            ):
                return True
        return False

    assert [event for event in lost if not around(event, is_open=False)] == []
    assert [event for event in received if around(event, is_open=True)] == []
    explained = 0
    for code in CODES:
        mine = [event for event in received if event.code == code]
        explained += sum(e.size for e in lost if e.code == code and mine and mine[0].total < e.total < mine[-1].total)
    assert gaps["missed_volume"].sum() == explained
    assert broken.sum() == len(gaps), "the cost of a break belongs in its own row"


def test_a_break_is_one_row_without_an_end_until_all_is_back() -> None:
    rig, session = Rig(), Session()
    rig.ingest.broke(session, at(1), "closed 1006")
    assert rig.bounds() == [(CODES, 1.0, None)]
    assert rig.ingest.gaps.is_broken
    for n, code in enumerate(CODES):
        rig.ingest.held(session, code, at(2 + n))
    assert rig.bounds() == [(CODES, 1.0, 4.0)]
    assert not rig.ingest.gaps.is_broken


def test_codes_that_come_back_at_different_times_with_rows_between_have_rows_of_their_own() -> None:
    rig, session = Rig(), Session()
    rig.ingest.broke(session, at(1), "closed 1006")
    rig.ingest.held(session, A, at(2))
    rig.receive(row(A, at(3)), at(3))
    rig.ingest.held(session, B, at(4))
    rig.ingest.held(session, C, at(5))
    assert rig.bounds() == [((A,), 1.0, 2.0), ((B, C), 1.0, 5.0)]


def test_rows_of_codes_that_are_not_in_a_gap_leave_it_whole() -> None:
    rig = Rig()
    rig.ingest.broke(Session((A, B)), at(1), "closed 1006")
    rig.ingest.broke(Session((C,)), at(1), "closed 1006")
    rig.ingest.gaps.arrived({C: at(2)}, 0)
    assert rig.bounds() == [((C,), 1.0, 2.0), ((A, B), 1.0, None)]


def test_a_second_break_before_all_is_back_goes_on_for_those_that_were_not() -> None:
    rig, session = Rig(), Session()
    rig.ingest.broke(session, at(1), "closed 1006")
    rig.ingest.held(session, A, at(2))
    rig.ingest.broke(session, at(2.5), "closed 1011")
    assert rig.bounds() == [(CODES, 1.0, None)]
    rig.ingest.held(session, A, at(3))
    rig.receive(row(A, at(4)), at(4))
    rig.ingest.flush()
    rig.ingest.broke(session, at(4), "mute for 20 s")
    assert rig.bounds() == [((A,), 1.0, 3.0), ((B, C), 1.0, None), ((A,), 4.0, None)]
    for code in CODES:
        rig.ingest.held(session, code, at(9))
    assert rig.bounds() == [((A,), 1.0, 3.0), ((B, C), 1.0, 9.0), ((A,), 4.0, 9.0)]


def test_rows_that_come_before_an_answer_end_the_gap_of_each_code_by_itself() -> None:
    rig, session = Rig(), Session((A, B))
    rig.ingest.broke(session, at(1), "closed 1006")
    rig.receive(row(A, at(3)), at(3))
    rig.receive(row(B, at(5)), at(5))
    rig.ingest.flush()
    assert rig.bounds() == [((A,), 1.0, 3.0), ((B,), 1.0, 5.0)]


def test_the_first_quote_after_a_break_does_not_pull_its_end_to_the_connection() -> None:
    rig, session = Rig("quote"), Session((A,))
    rig.ingest.broke(session, at(1), "closed 1006")
    rig.connected_at = at(2)
    rig.ingest.ready(session, at(2.5))
    rig.ingest.held(session, A, at(3))
    rig.receive({"isuSrtCd": A, "accTrdVol": 10}, at(4))
    rig.ingest.flush()
    assert rig.bounds() == [((A,), 1.0, 3.0)]
    assert not rig.ingest.gaps.has_open


def test_a_refused_code_is_a_row_that_does_not_end_and_no_break() -> None:
    rig = Rig()
    rig.ingest.refused(Session(), A, "no such code", at(1))
    assert rig.bounds() == [((A,), 1.0, None)]
    assert rig.gaps["reason"].tolist() == ["refused: no such code"]
    assert not rig.ingest.gaps.is_broken
    assert rig.ingest.refusals == {A: "no such code"}


def test_a_code_that_is_followed_no_longer_is_waited_for_no_longer() -> None:
    rig, session = Rig(), Session((A, B))
    rig.ingest.broke(session, at(1), "closed 1006")
    rig.ingest.gaps.leave([A], at(2))
    assert rig.ingest.gaps.is_broken
    rig.ingest.gaps.leave([B], at(3))
    assert not rig.ingest.gaps.is_broken
    assert rig.bounds() == [((A, B), 1.0, 3.0)]


def test_a_gap_of_a_whole_market_is_of_all_codes() -> None:
    rig, session = Rig(), Session(())
    rig.ingest.broke(session, at(1), "closed 1006")
    rig.receive(row(A, at(2)), at(2))
    rig.ingest.flush()
    rig.ingest.broke(session, at(2), "closed 1006")
    assert rig.bounds() == [(CODES, 1.0, None)]
    rig.ingest.ready(session, at(5))
    assert rig.bounds() == [(CODES, 1.0, 5.0)]


def test_a_gap_begins_as_much_before_the_last_thing_heard_as_rows_travel() -> None:
    rig, session = Rig(), Session()
    rig.receive(row(A, at(1)), at(1.5))
    rig.ingest.broke(session, at(1.5), "closed 1006")
    rig.ingest.gaps.back(session, at(3))
    rig.ingest.broke(session, at(4), "closed 1006")
    assert [start for _, start, _ in rig.bounds()] == [1.0, 3.5]


def test_the_frame_has_its_columns_before_the_first_gap() -> None:
    frame = Gaps().frame()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "start": "datetime64[us, Asia/Seoul]",
        "end": "datetime64[us, Asia/Seoul]",
        "reason": "str",
        "codes": "object",
        "missed_volume": "Int64",
    }
    gaps = Gaps()
    gaps.begin("s", at(0), "closed 1006", CODES)
    assert gaps.frame().dtypes.equals(frame.dtypes)


def test_old_gaps_are_forgotten_but_those_that_go_on_are_not() -> None:
    gaps = Gaps()
    gaps.begin("s", at(0), "closed 1006", (A,))
    for n in range(20_001):
        gaps.lost(at(n), at(n + 1), "overflow", ())
    frame = gaps.frame()
    assert gaps.count == 20_002
    assert len(frame) <= 10_000
    assert frame["end"].isna().tolist()[0]
    assert micros(frame["end"])[-1] == at(20_001)
    assert np.count_nonzero(frame["end"].isna()) == 1


@pytest.mark.parametrize("codes", [(), (A,), CODES])
def test_being_back_without_a_break_is_nothing(codes: tuple[str, ...]) -> None:
    gaps = Gaps()
    gaps.back("s", at(1), codes)
    gaps.back("s", at(1))
    gaps.arrived(dict.fromkeys(codes, at(2)), 0)
    assert gaps.count == 0
