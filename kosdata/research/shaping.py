"""Frames by code brought into one shape: their columns, their order, times of day as instants."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.seoul import SEOUL

__all__ = ["conformed", "instants", "unique", "zoned"]

_SLACK: Final = timedelta(minutes=1)


def conformed(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the columns of another, missing where it has none."""
    lacking = like.columns.difference(frame.columns, sort=False)
    if len(lacking):
        frame = pd.concat([frame, like[lacking].reindex(frame.index)], axis=1)
    return frame[list(like.columns)]


def unique(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows by code, the last of each."""
    return frame if frame.index.is_unique else frame[~frame.index.duplicated(keep="last")]


def instants(of_day: pd.Series[Any], at: datetime, days: Calendar) -> Any:
    """Return times of day, seen at a moment, as instants: of the newest session that they are not yet to come in."""
    session = days.latest_session(at.date())
    before = np.datetime64(days.previous_session(session), "us")
    times = of_day.to_numpy()
    found = np.datetime64(session, "us") + times
    # Clocks may differ a little; a time that is still to come is left from the session before.
    is_to_come = found > np.datetime64(at.replace(tzinfo=None) + _SLACK, "us")
    found = np.where(is_to_come, before + times, found)
    return pd.DatetimeIndex(found).as_unit("us").tz_localize(SEOUL).array


def zoned(like: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a frame without rows whose column holds instants."""
    return like.assign(**{column: pd.DatetimeIndex([]).as_unit("us").tz_localize(SEOUL).array})
