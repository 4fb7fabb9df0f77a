"""The table of functions against what the functions return."""

from __future__ import annotations

import pytest

import kosdata as kd
from kosdata.research.functions import FUNCTIONS
from kosdata.wire.client import Client
from tests.questions import QUESTIONS

# Columns that depend on what is asked.
CHOSEN = {"panel", "master", "board"}
# Open interest belongs to futures and options, and quotes of a chain may be left out.
NOT_HERE = {"open_interest", "price", "volume", "value", "upper_limit", "lower_limit"}


def test_every_function_has_a_question() -> None:
    assert set(FUNCTIONS) <= set(QUESTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_returns_what_its_row_says(name: str, client: Client) -> None:
    frame, said = QUESTIONS[name](), FUNCTIONS[name]
    assert tuple(frame.index.names) == said.rows
    if name not in CHOSEN:
        assert set(frame.columns) <= set(said.columns) | {"date", "market_close_time"}
        assert set(said.columns) - set(frame.columns) <= (NOT_HERE if name == "option_chain" else {"open_interest"})
    asked = set(frame.attrs["kosdata"]["endpoint"].split())
    assert asked <= set(kd.functions().loc[name, "endpoints"].split())


def test_whole_masters_and_boards_have_the_columns_of_their_rows(client: Client) -> None:
    assert set(FUNCTIONS["master"].columns) <= set(kd.master("005930").columns)
    assert set(FUNCTIONS["board"].columns) == set(kd.board("kospi").columns)
