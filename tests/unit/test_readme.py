"""The table of functions in the README is that of the catalogue. ``KOSDATA_RECORD=1`` writes it anew."""

from __future__ import annotations

import os
import re

import pytest

import kosdata as kd
from kosdata.research.functions import FUNCTIONS
from tests.conftest import ROOT

README = ROOT / "README.md"
TABLE = re.compile(r"(?<=<!-- functions -->\n).*?(?=\n<!-- /functions -->)", re.DOTALL)
RECORDING = bool(os.environ.get("KOSDATA_RECORD"))
# A row of more columns names the place where they are listed.
MOST_COLUMNS = 30


def pattern(id: str) -> str:
    """Return an endpoint's id with what it is about left open."""
    return re.sub(r"_(kospi|kosdaq|konex|index|futures|options|etf)_", "_*_", id)


def markdown() -> str:
    """Return the table."""
    lines = [
        "| function | a row | endpoints | licences | hours | columns (unit) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in kd.functions().iterrows():
        ids = row["endpoints"].split()
        endpoints = ", ".join(f"`{each}`" for each in dict.fromkeys(map(pattern, ids)))
        licences = ", ".join(row["licences"].split())
        number = len(FUNCTIONS[str(name)].columns)
        columns = row["columns"] if number <= MOST_COLUMNS else f'{number} columns: `kd.fields("{ids[0]}")`'
        lines.append(f"| `{name}` | {row['rows']} | {endpoints} | {licences} | {row['hours']} | {columns} |")
    return "\n".join(lines)


def test_the_table_of_functions_is_that_of_the_catalogue() -> None:
    text = README.read_text(encoding="utf-8")
    if RECORDING:
        README.write_text(TABLE.sub(lambda _: markdown(), text), encoding="utf-8")
        pytest.skip("written anew")
    assert TABLE.search(text)[0] == markdown()  # type: ignore[index]


def test_every_function_of_the_table_is_public_and_the_other_way_round() -> None:
    assert set(FUNCTIONS) <= set(kd.__all__)
    others = {"cache_info", "capabilities", "clear_cache", "code_table", "configure", "decode", "demo", "endpoints"}
    others |= {"failures", "fetch", "fields", "functions", "plan", "quota", "rolls"}
    functions = {name for name in kd.__all__ if name[0].islower()}
    assert functions - others == set(FUNCTIONS)
