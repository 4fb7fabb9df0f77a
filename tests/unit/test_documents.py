"""What the documents show can be done: calls in tables run, links lead somewhere, the picture is the one of the demo.

Snippets of the documents are doctests, collected by pytest itself.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import kosdata as kd
from kosdata.cli import main
from tests.conftest import ROOT

DOCUMENTS = ["README.md", "README.ko.md", "CONTRIBUTING.md", "SECURITY.md"]
PICTURE = ROOT / "docs" / "candles.png"
# As README says it was made.
DRAWN = ["demo", "--now", "2024-01-12T18:30", "--chart"]
RECORDING = bool(os.environ.get("KOSDATA_RECORD"))
MOST_BYTES = 100_000

_CALLS = re.compile(r"(?<=<!-- calls -->\n).*?(?=<!-- /calls -->)", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def text(document: str) -> str:
    """Return a document."""
    return (ROOT / document).read_text(encoding="utf-8")


def calls() -> Iterator[object]:
    """Return the second column of the tables of calls, one parameter a call."""
    for document in DOCUMENTS:
        for table in _CALLS.findall(text(document)):
            for line in table.splitlines():
                cells = line.strip("| ").split(" | ")
                found = _CODE.findall(cells[1]) if len(cells) > 1 else []
                yield from (pytest.param(code, id=f"{document} {code}") for code in found)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("code", list(calls()))
def test_a_call_that_replaces_another_one_runs(code: str) -> None:
    found = eval(code, {"kd": kd})
    if isinstance(found, kd.Stream):
        found.close()
        return
    if isinstance(found, pd.DataFrame):
        assert len(found)
    assert found is not None


def test_tables_of_calls_are_found() -> None:
    assert len(list(calls())) > 40


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_within_the_repository_lead_somewhere(document: str) -> None:
    links = _LINK.findall(_FENCED.sub("", text(document)))
    assert links
    for path, part in links:
        target = ROOT / path if path else ROOT / document
        assert target.exists(), path
        if part:
            assert part in anchors(target), part


def anchors(path: Path) -> set[str]:
    """Return what the headings of a document can be called by."""
    headings = _HEADING.findall(_FENCED.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", ["README.md", "README.ko.md"])
def test_both_begin_with_the_same_two_lines(document: str) -> None:
    blocks = [_FENCED.search(text(name))[0] for name in ("README.md", document)]  # type: ignore[index]
    assert blocks[0] == blocks[1]
    assert len(blocks[0].splitlines()) == 4


def test_every_document_with_snippets_is_collected() -> None:
    settings = tomllib.loads(text("pyproject.toml"))["tool"]["pytest"]
    assert "--doctest-glob=*.md" in settings["addopts"]
    assert {name for name in DOCUMENTS if ">>> " in text(name)} <= set(settings["testpaths"])


@pytest.mark.parametrize("document", ["README.md", "README.ko.md"])
def test_the_picture_is_shown_and_how_it_is_made_is_said(document: str) -> None:
    assert re.search(r"!\[[^\]]{20,}\]\(docs/candles\.png\)", text(document))
    assert f"kosdata {' '.join(DRAWN)} docs/candles.png" in text(document)


def test_the_picture_is_small_and_drawn_anew_if_recorded() -> None:
    if RECORDING:
        assert main([*DRAWN, str(PICTURE)]) == 0
    assert PICTURE.stat().st_size < MOST_BYTES
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
