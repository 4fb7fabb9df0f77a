"""Where each code of a stream stands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kosdata.frame.pushes import Schema, typed
from kosdata.frame.rolling import RollingFrame
from kosdata.wire.stream.intake import Image

__all__ = ["latest"]


def latest(frame: pd.DataFrame, images: Mapping[str, Image], schema: Schema) -> pd.DataFrame:
    """Return the newest row of each code, or the state that was told of it since, indexed by code."""
    last = frame[~frame["code"].duplicated(keep="last")]
    # Categories of two frames differ, and then they do not go together.
    words = dict.fromkeys((column.name for column in schema.columns if column.kind == "category"), "str")
    both = pd.concat([part.astype(words).reset_index() for part in (last, _framed(list(images.values()), schema))])
    # Of two at the same moment the later one here is the state: it is told when somebody asks, after the row.
    newest = both.sort_values("received", kind="stable").drop_duplicates("code", keep="last")
    return newest.set_index("code").sort_index()


def _framed(images: list[Image], schema: Schema) -> pd.DataFrame:
    rolling = RollingFrame(schema.columns, maxlen=max(1, len(images)))
    if images:
        images = sorted(images, key=lambda image: image.received)
        # A count has no missing: a state that names no last trade has one of 0.
        absent = {column.name: 0 for column in schema.columns if column.kind == "int"}
        columns = {name: [image.fields.get(name, absent.get(name)) for image in images] for name in schema.fields}
        received = np.array([image.received for image in images], dtype=np.int64)
        rolling.append(typed(schema, columns, received)[0])
    return rolling.snapshot()
