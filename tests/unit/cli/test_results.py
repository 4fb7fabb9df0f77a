"""What goes to standard output: frames into a pipe, tables on a terminal; and what is said beside it."""

from __future__ import annotations

import sys
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Any

import pytest

import kosdata as kd
from kosdata.cli import Exit
from kosdata.cli.table import display_width

if TYPE_CHECKING:
    from kosdata.simulator import Simulator
    from tests.unit.cli.conftest import Run, Screen


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("history 005930 2024-01-02 2024-01-05", lambda: kd.history("005930", "2024-01-02", "2024-01-05")),
        ("history 005930 2024-01-02 --end 2024-01-05", lambda: kd.history("005930", "2024-01-02", "2024-01-05")),
        ("history 005930 --start 2023 --freq M", lambda: kd.history("005930", "2023", freq="M")),
        ("history 005930,K1 20240110", lambda: kd.history(["005930", "K1"], "20240110")),
        ("intraday 005930 --interval 30min", lambda: kd.intraday("005930", "30min")),
        ("quote 005930 K2FA001", lambda: kd.quote(["005930", "K2FA001"])),
        ("listing kospi kosdaq --lang ko", lambda: kd.listing(["kospi", "kosdaq"], lang="ko")),
        ("listing", kd.listing),
        ("investors kospi", lambda: kd.investors("kospi")),
        ("endpoints", kd.endpoints),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_goes_into_a_pipe_is_the_frame_and_nothing_else(words: str, call: Any, run: Run) -> None:
    said = run(words)
    assert said.code == Exit.DONE
    assert said.out == call().reset_index().to_csv(index=False, lineterminator="\n")


def test_synthetic_data_say_so(run: Run) -> None:
    assert "synthetic" in run("quote 005930").err


def test_a_terminal_gets_a_table_that_fits(run: Run, screen: Screen) -> None:
    screen(60, 20)
    said = run("history 005930 2023")
    lines = said.out.splitlines()
    assert lines[0].split() == ["date", "close", "volume", "value", "change"]
    assert max(map(display_width, lines)) <= 60
    assert len(lines) <= 20
    assert any(line.startswith("... ") for line in lines)
    assert "of 254 rows, 4 of 7 columns" in said.err


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ("history 005930 2024-01", ["date", "open", "high", "low", "close", "volume", "change"]),
        ("investors 005930", ["investor", "net_volume", "net_value"]),
        ("endpoints --fields v3_closed_index_history", ["wire", "column", "unit", "name_en"]),
    ],
)
def test_columns_that_belong_together_are_shown_together(
    words: str, columns: list[str], run: Run, screen: Screen
) -> None:
    screen(80)
    assert run(words).out.splitlines()[0].split() == columns


def test_a_terminal_gets_single_values_one_a_line(run: Run, screen: Screen) -> None:
    screen(80)
    said = run("plan history 005930 2023-01 2023-04")
    assert said.out.splitlines()[0].split() == ["requests", "3"]
    assert said.out.splitlines()[-1].split() == ["fits", "yes"]


@pytest.mark.parametrize("words", ["plan history 005930 2023-01 2023-04", "quota"])
def test_single_values_have_korean_names(words: str, run: Run, screen: Screen) -> None:
    assert run(f"{words} --lang ko").out.splitlines()[0].isascii() is False
    screen(80)
    lines = run(f"{words} --lang ko").out.splitlines()
    assert not any(line.split()[0].isascii() for line in lines)
    assert len({display_width(line[: line.rindex("  ")]) for line in lines}) == 1


def test_one_is_told_in_the_singular(run: Run, screen: Screen) -> None:
    screen(80)
    assert "1 of 1 row, " in run("quote 005930").err
    assert "1 row in one.csv" in run("quote 005930 -o one.csv").err


def test_nothing_found_is_told_with_its_reason(run: Run, screen: Screen) -> None:
    screen(80)
    said = run("history 005930 2024-01-06 2024-01-07")
    assert (said.code, said.out) == (Exit.DONE, "")
    assert "holiday" in said.err
    assert "nothing found" in run("endpoints nothing-like-this").err


def test_a_plan_sends_nothing_and_the_quota_knows_what_was_sent(run: Run, market: Simulator) -> None:
    before = market.count
    assert run("plan intraday 005930 000660 --interval 1min").out.startswith("requests,cached,left,days,fits\n")
    said = run("quota")
    assert said.out.startswith("limit,remaining,used,reset_at\n")
    assert "once the API has answered" in said.err
    assert market.count == before


@pytest.mark.parametrize(
    ("words", "rows", "part"),
    [
        ("endpoints", 130, "v3_closed_kospi_lists"),
        ("endpoints --version ws", 3, "ws_issue"),
        ("endpoints short --version v3", 3, "v3_closed_kospi_shortsell"),
        ("endpoints --fields v3_closed_index_history", 11, "1000000"),
    ],
)
def test_the_catalogue_is_listed(words: str, rows: int, part: str, run: Run) -> None:
    said = run(words)
    assert said.out.count("\n") == rows + 1
    assert part in said.out


def test_what_fails_is_told_beside_what_came(run: Run) -> None:
    said = run("history 005930 999999 2024-01-11 --on-error collect")
    assert said.code == Exit.REFUSED
    assert said.out.count("005930") == 2
    assert "kosdata: 999999: " in said.err
    assert "--market kospi" in said.err
    assert "market=" not in said.err


def test_where_every_code_has_failed_it_is_not_said_that_nothing_was_found(run: Run) -> None:
    said = run("quote 999999 999998 --on-error collect")
    assert said.code == Exit.REFUSED
    assert "999998" in said.err
    assert "nothing found" not in said.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_the_output_lacks_are_replaced_and_that_is_told_once(
    encoding: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(raw, encoding=encoding))
    said = run("listing kospi")
    assert said.code == Exit.DONE
    assert raw.getvalue().count(b"\n") == len(kd.listing("kospi")) + 1
    assert b"005930,KR7005930003,????," in raw.getvalue()
    assert said.err.count("PYTHONIOENCODING") == 1


@pytest.mark.filterwarnings("always::kosdata.CalendarWarning")
def test_a_warning_is_told_once_a_run(own: Run) -> None:
    said = own("history 005930 --period 1m --env demo --demo-now 2027-03-03")
    assert said.code == Exit.DONE
    assert said.err.count("trading calendar") == 1
