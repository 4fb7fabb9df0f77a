"""A bar for what takes long."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from kosdata.wire.client import Client

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Bar"]

_PATIENCE: Final = 2.0  # seconds


class Bar:
    """The requests of a call as a bar on standard error, or in a notebook.

    Parameters
    ----------
    client : Client
        Whose setting counts where the call says nothing.
    wanted : bool, optional
        Always or never; by default on a terminal or in a notebook, once it takes over two seconds.
    """

    def __init__(self, client: Client, wanted: bool | None) -> None:
        self._wanted = client.settings.progress if wanted is None else wanted
        self._expected = 0
        self._bar: tqdm[Any] | None = None

    def expect(self, more: int) -> None:
        """So many more requests are coming."""
        self._expected += more
        if self._bar is None and self._may_show():
            from tqdm import tqdm  # the widget of notebooks warns where its package is missing

            delay = 0 if self._wanted else _PATIENCE
            self._bar = tqdm(
                total=self._expected, desc="kosdata", unit="page", delay=delay, leave=False, file=sys.stderr
            )
        if self._bar is not None:
            self._bar.total = self._expected

    def __call__(self, more: int) -> None:
        """So many more requests are answered."""
        if self._bar is not None:
            self._bar.update(more)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            if self._wanted:
                self._bar.refresh()
            self._bar.close()

    def _may_show(self) -> bool:
        if self._wanted is not None:
            return self._wanted
        return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
