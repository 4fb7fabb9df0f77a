"""Saved messages of the stream as frames, read by the same records."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kosdata.catalogue.model import Record, Stream
from kosdata.catalogue.streams import product_of
from kosdata.errors import SchemaError, StreamError
from kosdata.frame import normalize
from kosdata.wire.stream.messages import Malformed, Push, Refusal, Reply, read

__all__ = ["to_frame"]


def to_frame(stream: Stream, body: object) -> pd.DataFrame:
    """Return the rows of one message of a channel, text or parsed.

    Raises
    ------
    StreamError
        If the message is a refusal.
    SchemaError
        If it is no message of the channel.
    """
    try:
        message, _ = read(body)
    except Malformed as error:
        raise SchemaError(f"{stream.id}: this is no message ({error}).", endpoint=stream.id) from None
    match message:
        case Push(rows, preset, whole_market):
            record = _record(stream, rows, "tick" if whole_market else preset or "change")
        case Reply(_, row):  # an acknowledgement carries none
            rows = [] if row is None else [row]
            record = _record(stream, rows, "tick")
        case Refusal(text, code):
            raise StreamError(f"{stream.id}: {text}" + ("" if code is None else f" (code {code})"))
        case _:
            raise SchemaError(f"{stream.id}: the message asks something, and holds no row.", endpoint=stream.id)
    frame = normalize.to_frame(rows, record)
    frame.attrs["kosdata"] = {"endpoint": stream.id}
    return frame


def _record(stream: Stream, rows: list[dict[str, Any]], preset: str) -> Record:
    code = str(rows[0].get("isuSrtCd", "")).partition("*")[0] if rows else ""
    product = "index" if preset == "index" else product_of(code)
    record = stream.presets.get((preset, product))
    if record is None:
        raise SchemaError(f"{stream.id}: preset {preset!r} is not known for {code!r}.", endpoint=stream.id)
    return record
