"""JSON-RPC of the stream, as both sides write and read it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

__all__ = [
    "NOT_JSON_RPC",
    "Call",
    "Malformed",
    "Message",
    "Push",
    "Refusal",
    "Reply",
    "bundle",
    "code_of",
    "heartbeat",
    "image",
    "init",
    "ok",
    "push",
    "read",
    "refusal",
    "subscribe",
    "unsubscribe",
]

NOT_JSON_RPC: Final = 47
"""The one error code that the documentation shows."""

Row = dict[str, Any]


class Malformed(ValueError):
    """What came is no message of the stream; the text says in which way: one word of a closed list."""


@dataclass(frozen=True, slots=True)
class Push:
    """Rows that the service sends unasked: one of a preset, or up to fifty of a whole market.

    Attributes
    ----------
    rows : list of dict
        By wire name.
    preset : str or None
        None where the message names none: the patches of ``change``, and whole markets.
    whole_market : bool
        Whether it came as a bare list.
    """

    rows: list[Row]
    preset: str | None = None
    whole_market: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a call: an acknowledgement, or the present state of the issue."""

    number: int | None
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that failed; the service does not always say which."""

    text: str
    code: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What one side asks of the other: ``init``, ``subscribe``, ``unsubscribe`` or ``heartbeat``."""

    method: str
    number: int | None = None
    params: Mapping[str, Any] | None = None


Message = Push | Reply | Refusal | Call


# Written by the client --------------------------------------------------------------------------------------------


def init(number: int, key: str, member: str) -> str:
    """Return the first message of a session; it carries the key."""
    return _call(number, "init", {"key": key, "membername": member})


def subscribe(number: int, preset: str, code: str, items: Sequence[str] = ()) -> str:
    """Return the registration of one issue, with the wire names of `items` for the preset ``change``."""
    params: Row = {"preset": preset, "isuSrtCd": code}
    return _call(number, "subscribe", {**params, "items": list(items)} if items else params)


def unsubscribe(number: int, preset: str, code: str) -> str:
    """Return the end of a registration."""
    return _call(number, "unsubscribe", {"preset": preset, "isuSrtCd": code})


def heartbeat(number: int) -> str:
    """Return a sign of life, which either side may send."""
    return _written({"jsonrpc": "2.0", "id": number, "method": "heartbeat"})


# Written by the service -------------------------------------------------------------------------------------------


def ok(number: int | None) -> str:
    """Return an acknowledgement."""
    return _written({"jsonrpc": "2.0", "id": number, "result": {"message": "ok"}})


def image(number: int | None, row: Mapping[str, Any]) -> str:
    """Return an acknowledgement that carries the present state of an issue."""
    return _written({"jsonrpc": "2.0", "id": number, "result": dict(row)})


def refusal(text: str, code: int = NOT_JSON_RPC, number: int | None = None) -> str:
    """Return an error; without a number, as the documentation shows them."""
    numbered = {} if number is None else {"id": number}
    return _written({"jsonrpc": "2.0", **numbered, "error": {"message": text, "code": code}})


def push(preset: str | None, row: Mapping[str, Any]) -> str:
    """Return one row of a preset; None for a patch, whose preset is not named."""
    named = {} if preset is None else {"preset": preset}
    return _written({"jsonrpc": "2.0", "method": "push", "params": {**named, **row}})


def bundle(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return last trades of a whole market."""
    return _written(list(rows))


# Read by either ---------------------------------------------------------------------------------------------------


def read(payload: bytes | str | object) -> tuple[Message, bool]:
    """Return a message, and whether numbers with leading zeros were quoted to read it.

    Parameters
    ----------
    payload : bytes, str or parsed
        What came.

    Raises
    ------
    Malformed
        ``encoding``, ``json`` or ``shape``.
    """
    if isinstance(payload, bytes | bytearray | memoryview | str):
        parsed, repaired = _parsed(payload)
    else:
        parsed, repaired = payload, False
    try:
        return _understood(parsed), repaired
    except RecursionError:
        raise Malformed("shape") from None


def code_of(row: Mapping[str, Any]) -> str | None:
    """Return the short code that a row names, whatever the case of the name; None where it names none."""
    found = next((value for name, value in row.items() if str(name).casefold() == "isusrtcd"), None)
    return None if found is None else str(found).partition("*")[0].strip()


# A value, not a part of a text: what precedes it opens a value, and what follows ends it. A text may lack its end, so
# that it is passed over once and not from each of its quotes again.
_BARE_ZEROS = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*+"?)|(?<=[:,\[])(\s*)(0\d+)(?=\s*[,}\]])', re.DOTALL)
_LONGEST_NUMBER = 18


def _parsed(payload: bytes | bytearray | memoryview | str) -> tuple[object, bool]:
    raw = payload.encode("utf-8", "replace") if isinstance(payload, str) else bytes(payload)
    try:
        return msgspec.json.decode(raw), False
    except UnicodeDecodeError:
        raise Malformed("encoding") from None
    except (msgspec.DecodeError, RecursionError):
        pass
    mended = _BARE_ZEROS.sub(lambda found: found[1] or found[2] + b'"' + found[3] + b'"', raw)
    # NaN, 1e999 and halves of characters are one bad value, and no reason to lose the fifty rows around it.
    for text in (raw, mended) if mended != raw else (raw,):
        try:
            return json.loads(text), text is not raw
        except (ValueError, RecursionError):
            continue
    raise Malformed("json")


def _understood(parsed: object) -> Message:
    if isinstance(parsed, list):
        if not all(isinstance(row, dict) for row in parsed):
            # One bad item costs one item: whoever takes the rows counts what is none.
            return Push([row if isinstance(row, dict) else {} for row in parsed], whole_market=True)
        return Push(parsed, whole_market=True)
    if not isinstance(parsed, dict):
        raise Malformed("shape")
    number = _number(parsed.get("id"))
    if parsed.get("error") is not None:
        return _refused(parsed["error"], number)
    if "result" in parsed:
        row = parsed["result"]
        return Reply(number, row if isinstance(row, dict) and code_of(row) is not None else None)
    method, params = parsed.get("method"), parsed.get("params")
    if not isinstance(method, str):
        raise Malformed("shape")
    if method != "push":
        return Call(method, number, params if isinstance(params, dict) else None)
    if not isinstance(params, dict):
        raise Malformed("shape")
    preset = params.get("preset")
    return Push([params], preset if isinstance(preset, str) else None)


def _number(given: object) -> int | None:
    if isinstance(given, str) and given.isdecimal() and len(given) <= _LONGEST_NUMBER:
        return int(given)
    return given if type(given) is int else None


def _refused(error: object, number: int | None) -> Refusal:
    if not isinstance(error, dict):
        return Refusal(str(error), None, number)
    code = _number(error.get("code"))
    text = error.get("message", error.get("mesage", ""))
    return Refusal(str(text), code, number)


def _call(number: int, method: str, params: Mapping[str, Any]) -> str:
    return _written({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def _written(message: object) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
