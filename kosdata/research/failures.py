"""What failed, of a call that went on without it."""

from __future__ import annotations

import json

import pandas as pd

from kosdata.errors import ArgumentError

__all__ = ["failures"]

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
