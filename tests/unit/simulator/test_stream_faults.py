from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.errors import ArgumentError
from kosdata.simulator.faults import Fault, Schedule
from kosdata.simulator.http import Request
from kosdata.simulator.stream_faults import Stage, StreamFault, StreamSchedule


def struck(schedule: StreamSchedule, pushes: int, path: str = "/ws", stage: Stage = "push") -> list[int]:
    """Return how many messages a new connection lets pass before each strike."""
    script, found = schedule.open(path), []
    for nth in range(pushes):
        assert script.free(stage) >= 0
        while script.strike(stage) is not None:
            found.append(nth)
        script.passed(stage)
    return found


class TestWhen:
    def test_it_strikes_once_after_so_many_messages(self):
        assert struck(StreamSchedule([StreamFault("fin", after=3)]), 10) == [3]

    def test_it_strikes_again_every_so_often(self):
        assert struck(StreamSchedule([StreamFault("ping", after=1, every=4)]), 10) == [1, 5, 9]

    def test_it_strikes_every_connection_so_often(self):
        schedule = StreamSchedule([StreamFault("fin", after=2, times=2)])
        assert [struck(schedule, 5) for _ in range(3)] == [[2], [2], []]

    def test_it_lets_connections_pass(self):
        schedule = StreamSchedule([StreamFault("fin", skip=1)])
        assert [struck(schedule, 5) for _ in range(2)] == [[], [0]]

    def test_it_keeps_to_its_path_and_stage(self):
        schedule = StreamSchedule([StreamFault("mute", path="_ksp", at="reply")])
        assert struck(schedule, 3, "/ws", "reply") == []
        assert struck(schedule, 3, "/ws_ksp") == []
        assert struck(schedule, 3, "/ws_ksp", "reply") == [0]

    @given(rate=st.floats(0.01, 1), seed=st.integers(0, 100))
    def test_chance_is_a_course_of_its_own_for_each_seed_and_connection(self, rate: float, seed: int):
        courses = [
            [struck(s, 200) for _ in range(3)]
            for s in [StreamSchedule([StreamFault("drop", rate=rate, seed=seed)]) for _ in range(2)]
        ]
        assert courses[0] == courses[1]
        if rate == 1:
            assert courses[0][0] == list(range(200))

    def test_chance_strikes_about_as_often_as_it_says(self):
        assert 900 < len(struck(StreamSchedule([StreamFault("drop", rate=0.1)]), 10_000)) < 1_100


class TestFile:
    def test_a_file_may_hold_faults_of_both(self, tmp_path: Path):
        plan = [
            {"kind": "reset", "times": 1},
            {"stream": "close", "after": 2, "code": 1012},
            {"stream": "ping", "every": 1},
        ]
        (tmp_path / "faults.json").write_text(json.dumps(plan))
        schedule = Schedule.load(tmp_path / "faults.json")
        assert struck(schedule.stream, 3) == [0, 1, 2, 2]
        assert schedule.next(Request("GET", "/", "", {})) == Fault("reset")

    @pytest.mark.parametrize(
        "item",
        [
            {"stream": "nothing"},
            {"stream": "fin", "code": 1012},
            {"stream": "fin", "after": -1},
            {"stream": "fin", "rate": 2},
            {"stream": "fin", "rate": 0.5, "every": 2},
            {"stream": "refuse", "at": "push"},
            {"stream": "close", "at": "handshake"},
            {"stream": "fin", "path": "("},
            {"stream": "fin", "when": 1},
            {"stream": ["fin"]},
        ],
    )
    def test_what_cannot_be_is_refused(self, item: dict[str, Any], tmp_path: Path):
        (tmp_path / "faults.json").write_text(json.dumps(item))
        with pytest.raises(ArgumentError, match="fault 1"):
            Schedule.load(tmp_path / "faults.json")
