"""Every notebook runs from top to bottom and says what was kept of it. ``KOSDATA_RECORD=1`` writes outputs anew.

Cells run in this process rather than in a kernel: that saves the seconds that six kernels take to start, makes each
warning an error, and needs no Jupyter. Kept outputs are those that Jupyter would show.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from PIL import Image

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RECORDING = bool(os.environ.get("KOSDATA_RECORD"))
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
MOST_BYTES = 300_000
PRIVATE = re.compile(r"/(home|root|tmp|work|Users)/|[A-Z]:\\|127\.0\.0\.1:\d|0x[0-9a-f]{6}")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def written(notebook: Any) -> str:
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@pytest.fixture
def _as_in_jupyter() -> Iterator[None]:
    """Frames are written as a kernel writes them, pictures are drawn into memory, and none is left of another test."""
    plt.close("all")
    with pd.option_context("display.max_columns", 20, "display.width", 80), mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def run(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Run one cell and return its outputs: what it printed, its pictures, and its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out, err = io.StringIO(), io.StringIO()
    shown = None
    with redirect_stdout(out), redirect_stderr(err):
        exec(compile(tree, "<cell>", "exec"), names)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    streams = (("stdout", out), ("stderr", err))
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": name, "text": lines(text.getvalue())} for name, text in streams if text.tell()
    ]
    if shown is not None and not source.rstrip().endswith(";"):
        data = {"text/plain": lines(repr(shown))}
        if hasattr(shown, "_repr_html_"):
            data["text/html"] = lines(shown._repr_html_())
        outputs.append({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": count})
    for number in plt.get_fignums():
        outputs.append({"output_type": "display_data", "data": picture(plt.figure(number)), "metadata": {}})
    plt.close("all")
    return outputs


def picture(figure: Any) -> dict[str, Any]:
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=72, bbox_inches="tight")
    if RECORDING:
        Image.open(drawn).convert("RGB").quantize(64).save(small, format="png", optimize=True)
    axes = [each for each in figure.axes if each.get_visible()]
    size = "x".join(f"{inches * 72:.0f}" for inches in figure.get_size_inches())
    return {
        "image/png": b64encode(small.getvalue()).decode() + "\n",
        "text/plain": [f"<Figure size {size} with {len(axes)} Axes>"],
    }


def told(outputs: list[dict[str, Any]]) -> list[Any]:
    """Return outputs without the pixels of pictures, which depend on fonts."""
    return [{**each, "data": {**each["data"], "image/png": ""}} if is_picture(each) else each for each in outputs]


def is_picture(output: dict[str, Any]) -> bool:
    return "image/png" in output.get("data", {})


@each_notebook
@pytest.mark.usefixtures("_as_in_jupyter")
def test_a_notebook_says_what_was_kept_of_it(path: Path):
    notebook = read(path)
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    try:
        for count, cell in enumerate(cells, start=1):
            outputs = run("".join(cell["source"]), names, count)
            if RECORDING:
                cell |= {"outputs": outputs, "execution_count": count}
            assert told(outputs) == told(cell["outputs"]), f"cell {count}:\n{''.join(cell['source'])}"
    except BaseException:
        for name in {"stream", "market"} & names.keys():
            names[name].close()
        raise
    if RECORDING:
        path.write_text(written(notebook), encoding="utf-8")


@each_notebook
def test_a_notebook_is_small_and_tells_nothing_of_the_machine(path: Path):
    text, notebook = path.read_text(encoding="utf-8"), read(path)
    assert text == written(notebook)
    assert len(text.encode()) < MOST_BYTES
    assert notebook["metadata"] == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
        outputs = [{**each, "data": dict(each.get("data", {}))} for each in cell.get("outputs", ())]
        for each in outputs:
            each["data"].pop("image/png", None)
        assert not PRIVATE.search("".join(cell["source"]) + json.dumps(outputs))


@each_notebook
def test_a_notebook_asks_one_question_of_synthetic_data_and_closes_its_gateway(path: Path):
    cells = read(path)["cells"]
    first, last = "".join(cells[0]["source"]), "".join(cells[-1]["source"])
    assert first.startswith("# ")
    assert first.splitlines()[0].endswith("?")
    assert "**All data here are synthetic" in first
    assert last.endswith("market.close()")
    assert [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"] == list(
        range(1, sum(cell["cell_type"] == "code" for cell in cells) + 1)
    )


def test_there_are_six() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]
