"""Every research function against a cassette: the official address, no network, no key."""

from __future__ import annotations

import pytest

import kosdata as kd
from kosdata.wire.client import Client
from tests.questions import QUESTIONS

pytestmark = [pytest.mark.vcr, pytest.mark.usefixtures("recorded")]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_recorded_answer_becomes_a_frame(question: str) -> None:
    frame = QUESTIONS[question]()
    assert len(frame)
    about = frame.attrs["kosdata"]
    assert about["requests"] >= 1
    assert "failures" not in about
    assert "object" not in frame.dtypes.astype(str).tolist()


def test_what_one_call_would_cost(recorded: Client) -> None:
    planned = kd.plan(kd.history, "005930", "2023-09", "2023-12", market="kospi", client=recorded)
    assert (
        kd.history("005930", "2023-09", "2023-12", market="kospi").attrs["kosdata"]["requests"] == planned["requests"]
    )


def test_one_bad_code_does_not_spoil_the_others() -> None:
    frame = kd.quote(["005930", "000660", "999999"], market="kospi", on_error="collect")
    assert frame.index.tolist() == ["005930", "000660"]
    assert kd.failures(frame).index.tolist() == ["999999"]
