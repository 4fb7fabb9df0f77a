"""What failed, of a call that went on without it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

from kosdata.errors import (
    ArgumentError,
    KosError,
    NotReadyError,
    QuotaError,
    RateLimitError,
    ServerError,
    TransportError,
)

__all__ = ["failures", "written"]

_TEXTS = ("error", "message", "endpoint")


def failures(df: pd.DataFrame) -> pd.DataFrame:
    """Return the codes that a frame lacks because of an error, and which.

    Parameters
    ----------
    df : DataFrame
        What a function returned that was called with ``on_error="collect"``. Frames made of it may have lost their
        ``attrs``, where failures are kept.

    Returns
    -------
    DataFrame
        One row a code, indexed by ``code``: class of the ``error`` and its ``message``, id of the ``endpoint`` where
        it is known, and whether it may go away by itself (``retriable``). Empty if nothing failed.

    Raises
    ------
    ArgumentError
        If `df` does not say where it came from.

    See Also
    --------
    history : Takes ``on_error="collect"``, as every function of many codes does.

    Examples
    --------
    >>> df = kd.history(["005930", "999999"], "2024-01-11", on_error="collect")
    >>> kd.failures(df)["error"]
    code
    999999    NotFoundError
    Name: error, dtype: str
    """
    about = df.attrs.get("kosdata") if isinstance(df, pd.DataFrame) else None
    if about is None:
        raise ArgumentError("df carries no attrs of kosdata: pass the very frame that a function of kosdata returned.")
    rows = json.loads(about.get("failures", "[]"))
    index = pd.Index([row["code"] for row in rows], dtype="str", name="code")
    columns = {name: pd.array([row[name] for row in rows], dtype="str") for name in _TEXTS}
    retriable = pd.array([row["retriable"] for row in rows], dtype="boolean")
    return pd.DataFrame({**columns, "retriable": retriable}, index=index)


def written(errors: Mapping[str, KosError]) -> str:
    """Return what failed as a text that `failures` reads; only single values may stand in ``attrs``."""
    passing = (TransportError, ServerError, RateLimitError, NotReadyError)
    rows = [
        {
            "code": code,
            "error": type(error).__name__,
            "message": str(error),
            "endpoint": getattr(error, "endpoint", None),
            # A used up day does not pass by itself within it.
            "retriable": isinstance(error, passing) and not isinstance(error, QuotaError),
        }
        for code, error in errors.items()
    ]
    return json.dumps(rows, ensure_ascii=False)
