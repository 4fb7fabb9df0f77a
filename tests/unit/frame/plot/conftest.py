"""What every test of pictures has: a backend without a window, settings that stay as they are, and maybe a font."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest

from kosdata.frame.plot import text as texts


@pytest.fixture(autouse=True)
def _leaves_no_trace() -> Iterator[None]:
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    plt.close("all")


@pytest.fixture
def with_korean_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any font that claims to have Korean: which glyphs are there is looked up, and never drawn here."""
    monkeypatch.setattr(texts, "_korean_font", lambda: ("DejaVu Sans Mono",))
    monkeypatch.setattr(texts, "_has", lambda family, sign: "DejaVu Sans Mono" in family or sign.isascii())
