"""What the help tells of commands, arguments and exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import kosdata as kd
from kosdata.cli import Exit
from kosdata.cli.commands import COMMANDS
from kosdata.cli.parsing import parser
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

NAMES = [
    *("demo", "history", "intraday", "quote", "listing", "investors"),
    *("endpoints", "plan", "quota", "stream", "serve", "doctor"),
]


def test_the_commands_are_those_of_the_contract(run: Run) -> None:
    assert [command.name for command in COMMANDS] == NAMES
    said = run("--help")
    assert said.code == Exit.DONE
    assert all(name in said.out for name in NAMES)
    assert run("--version").out == f"kosdata {kd.__version__}\n"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_helps_with_an_example_and_says_where_the_key_comes_from(name: str, run: Run) -> None:
    said = run(f"{name} --help")
    assert said.code == Exit.DONE
    assert f"example:\n  kosdata {name}" in said.out
    assert "KOSCOM_API_KEY" in said.out
    assert "--api-key" not in said.out


def test_the_help_of_a_plan_is_that_of_the_call(run: Run) -> None:
    said = run("plan history --help")
    assert said.out.startswith("usage: kosdata plan history CODE ...")
    assert "example:\n  kosdata plan history" in said.out


def test_the_help_has_every_exit_code_with_its_meaning(run: Run) -> None:
    table = run("--help").out.partition("exit codes:\n")[2]
    assert " ".join(table.split()) == " ".join(f"{code:d} {code.meaning}" for code in Exit)
    assert {code.value for code in Exit} == {0, 1, 2, 3, 130}


def test_the_help_of_the_tour_says_what_is_chosen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = " ".join(run("demo --help").out.split())
    assert "(default: ./kosdata-demo.png)" in said
    assert "the last evening by then is shown" in said


def test_every_example_is_read() -> None:
    for command in COMMANDS:
        words = command.example.split()[1:]
        assert parser(COMMANDS).parse_args(words).run is not None


def test_the_readme_has_every_command_with_its_example() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [f"| `{each.name}` | {each.help} | `{each.example}` |" for each in COMMANDS]
    assert "\n".join(rows) in text
