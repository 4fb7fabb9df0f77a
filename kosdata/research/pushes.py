"""Saved messages of the stream as frames, read by the same records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from kosdata.catalogue.model import Record, Stream
from kosdata.errors import SchemaError, StreamError
from kosdata.frame import normalize

_FUTURES = re.compile(r"1.{7}|.{2}FA.{3}|GIXFSSX5E")
_OPTION = re.compile(r"[23].{7}")
_INDEX = re.compile(r"[KQSE]\d{1,5}")


def to_frame(stream: Stream, message: object) -> pd.DataFrame:
    """Return the rows of one message of a channel.

    Raises
    ------
    StreamError
        If the message is a refusal.
    SchemaError
        If it is no message of the channel.
    """
    if isinstance(message, list):
        record = stream.presets.get(("tick", "stock"))
        if record is None or not all(isinstance(row, dict) for row in message):
            raise SchemaError(f"{stream.id}: a list is no message of this channel.", endpoint=stream.id)
        return _framed(stream, message, record)
    if not isinstance(message, Mapping):
        raise SchemaError(f"{stream.id}: the message is neither an object nor a list.", endpoint=stream.id)
    if "error" in message:
        raise StreamError(f"{stream.id}: {message['error']}")
    row = message.get("params", message.get("result"))
    if not isinstance(row, dict):
        raise SchemaError(f"{stream.id}: the message has neither params nor a result.", endpoint=stream.id)
    snapshot = "params" not in message
    preset = str(row.get("preset") or ("tick" if snapshot else "change"))
    record = stream.presets.get((preset, _product(row)))
    if record is None:
        raise SchemaError(
            f"{stream.id}: preset {preset!r} is not known for {row.get('isuSrtCd')!r}.", endpoint=stream.id
        )
    # An acknowledgement carries no row.
    return _framed(stream, [] if "isuSrtCd" not in row else [row], record)


def _product(row: Mapping[str, Any]) -> str:
    code = str(row.get("isuSrtCd", "")).partition("*")[0]
    if row.get("preset") == "index" or _INDEX.fullmatch(code):
        return "index"
    if _FUTURES.fullmatch(code):
        return "futures"
    return "option" if _OPTION.fullmatch(code) else "stock"


def _framed(stream: Stream, rows: list[dict[str, Any]], record: Record) -> pd.DataFrame:
    frame = normalize.to_frame(rows, record)
    frame.attrs["kosdata"] = {"endpoint": stream.id}
    return frame
