"""Frames of several codes, one under the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["CODE", "joined", "stack"]

CODE = "code"


def stack(frames: Mapping[str, pd.DataFrame], like: pd.DataFrame) -> pd.DataFrame:
    """Return frames of equal columns under one another, under a leading level of their codes.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Code to frame.
    like : DataFrame
        A frame of no rows that has the columns, dtypes and index; it is what no frames come to.

    Returns
    -------
    DataFrame
        Codes in the order given, rows in theirs.
    """
    parts = list(frames.values()) or [like]
    columns = {name: joined([part[name].array for part in parts]) for name in like.columns}
    lengths = [len(part) for part in parts]
    codes = pd.Index(list(frames), dtype="str", name=CODE)
    outer = np.repeat(np.arange(len(codes)), lengths if len(codes) else [])
    inner = [like.index.get_level_values(n) for n in range(like.index.nlevels)]
    levels: list[Any] = [codes]
    numbers: list[Any] = [outer]
    for n, level in enumerate(inner):
        values = pd.Index(joined([part.index.get_level_values(n).array for part in parts]), name=level.name)
        found, unique = pd.factorize(values, sort=True)
        levels.append(pd.Index(unique, name=level.name))
        numbers.append(found)
    index = pd.MultiIndex(levels=levels, codes=numbers, names=[CODE, *like.index.names], verify_integrity=False)
    # The columns of a part alone are its own still: who writes to the whole must not change it.
    return pd.DataFrame(columns, index=index, copy=len(parts) == 1)


def joined(arrays: list[Any]) -> Any:
    """Return arrays of one dtype, at least one, behind one another."""
    if len(arrays) == 1:
        return arrays[0]
    if isinstance(arrays[0], np.ndarray):
        return np.concatenate(arrays)
    if isinstance(arrays[0], pd.arrays.NumpyExtensionArray):
        return np.concatenate([array.to_numpy() for array in arrays])
    return type(arrays[0])._concat_same_type(arrays)
