"""The tour: every moment has an evening to be shown, and what is printed is what is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import kosdata as kd
from kosdata.cli import Exit
from kosdata.cli.table import display_width, table

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Run


def test_the_tour_shows_what_a_user_gets(run: Run, tmp_path: Path) -> None:
    said = run("demo --now 2024-01-05T18:30 --chart chart.png")
    assert said.code == Exit.DONE
    for part in ("kd.listing", "pages from the cache: 17", "ask_price", "insurance", "K2FA001", "Requests: "):
        assert part in said.out
    assert max(map(display_width, said.out.splitlines())) <= 120
    assert "\nChart: chart.png\n" in said.out
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.filterwarnings("default::kosdata.CalendarWarning")
@pytest.mark.parametrize(
    ("now", "evening"),
    [
        ("2024-01-13", "2024-01-12"),  # a Saturday
        ("2024-01-12T10:00", "2024-01-11"),  # during a session
        ("2024-01-12T18:30Z", "2024-01-12"),  # in the night that follows
        ("2015-06-15T09:00", "2015-06-12"),  # before many were listed
        ("2000-01-04T18:30", "2000-01-04"),  # when the market begins
        ("2027-03-03", "2026-12-30"),  # beyond the calendar
    ],
)
def test_the_tour_walks_through_at_any_moment(now: str, evening: str, run: Run) -> None:
    said = run(f"demo --now {now}")
    assert said.code == Exit.DONE
    assert f"on the evening of {evening} 18:30 in Seoul" in said.out
    assert "\nChart: kosdata-demo.png\n" in said.out


def test_another_evening_than_was_asked_for_is_told(run: Run) -> None:
    assert "the last evening of a session by 2024-01-13 00:00" in run("demo --now 2024-01-13").out
    assert "the last evening" not in run("demo --now 2024-01-12T18:30").out


def test_what_is_shown_is_what_is_called_and_what_is_cut_is_told(run: Run) -> None:
    said = run("demo --now 2024-01-12T18:30")
    shown = re.findall(r"^>>> (.*)\n.*\n(.*)\n((?:.+\n)*)", said.out, re.MULTILINE)
    assert len(shown) == 10
    with kd.demo(now="2024-01-12T18:30", speed=0):
        for call, head, rest in shown:
            frame: pd.DataFrame = eval(call, {"kd": kd})
            expected = table(frame, 120, 0)
            assert f"{head}\n{rest}".startswith(f"{expected.text}\n"), call
            missing = frame.shape[1] - expected.columns
            assert ("more column" in rest) == (missing > 0)
            assert not missing or rest.endswith(f"... and {missing} more column{'s' if missing > 1 else ''}\n")
