"""What every test may use: the reference data beside the project, where it is there."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "koscom"


@cache
def reference(name: str) -> Any:
    """Return one JSON file of the reference data."""
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference data is not beside the project")


def examples(status: int | None = None) -> list[Any]:
    """Return the documented REST bodies as parameters of a test; none where the reference data is absent."""
    paths = sorted((REFERENCE / "examples").glob("v[23]_*.json")) if REFERENCE.is_dir() else []
    found = [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    return [pytest.param(e, id=stem) for stem, e in found if status is None or e["status"] == status]


def example_of(parameter: Any) -> Any:
    """Return the documented body that is one parameter of a test."""
    values, *_ = parameter
    return values[0]
