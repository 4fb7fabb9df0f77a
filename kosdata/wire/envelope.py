"""A body and its rows: every published envelope is opened here, and every refusal becomes its error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import msgspec

from kosdata.catalogue import ENDPOINTS, codes
from kosdata.catalogue.model import Endpoint, Paging
from kosdata.errors import (
    ApiError,
    AuthError,
    LicenceError,
    NotFoundError,
    NotReadyError,
    RateLimitError,
    SchemaError,
    ServerError,
)

Row = dict[str, Any]
E = TypeVar("E", bound=ApiError)

_SHOWN = 80
# Others are not Korea's, and some take time without end.
_CHARSETS = {"utf-8", "utf-16", "euc-kr", "cp949"}
_DEEPEST_COMPLAINT = 4


@dataclass(frozen=True, slots=True)
class Content:
    """What a body holds.

    Parameters
    ----------
    rows : list of dict
        Rows as the wire has them, in its order.
    beside : dict
        What stands beside the list of rows.
    reason : str or None
        Why there are no rows.
    code : int or None
        The service's code for that, if it sent one.
    """

    rows: list[Row]
    beside: Row = field(default_factory=dict)
    reason: str | None = None
    code: int | None = None


def parse(body: bytes, content_type: str = "", *, endpoint: Endpoint | None = None) -> object:
    """Return the JSON value of a body.

    Raises
    ------
    SchemaError
        If it is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        # The standard library reads what is merely untidy: a byte order mark, half a surrogate pair, NaN.
        return json.loads(_decoded(body, content_type))
    except (ValueError, RecursionError):
        pass
    shown = body[: 4 * _SHOWN].decode("utf-8", "replace")[:_SHOWN]
    kind = content_type or "no content type"
    raise SchemaError(
        f"{_name(endpoint)}: the answer is not JSON ({kind}): {printable(shown)!r}", endpoint=_id(endpoint)
    )


def unpack(endpoint: Endpoint, parsed: object, status: int = 200) -> Content:
    """Return the rows of a parsed body; none where the service says that there are none, whatever its status.

    Raises
    ------
    ApiError
        If the body is a refusal; its subclasses say why.
    SchemaError
        If the body has not the envelope that the endpoint is known for.
    """
    complaint = _complaint(parsed) if isinstance(parsed, dict) else None
    if complaint is not None or status != 200:
        return _verdict(endpoint, status, *(complaint or (None, "")))
    if not isinstance(parsed, dict):
        raise _misfit(endpoint, f"the answer is {_kind(parsed)}, not an object", None)
    rows_key = endpoint.envelope.rows
    if rows_key is None:
        return _row(endpoint, parsed)
    outer = _holder(endpoint, parsed, rows_key)
    key = _key(outer, rows_key)
    beside = {k: v for k, v in outer.items() if k not in (key, "jsonrpc")}
    _check_code(endpoint, beside)
    if key is None:
        raise _misfit(endpoint, f"the list {rows_key!r} is missing", rows_key)
    return _rows(endpoint, outer[key], beside)


def printable(text: str) -> str:
    """Return text of the server with control characters escaped."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _holder(endpoint: Endpoint, parsed: Row, rows_key: str) -> Row:
    """Return the object that holds the list: the body itself or its result, wherever the list is found."""
    result_key = _key(parsed, "result")
    result = parsed.get(result_key) if result_key else None
    places = [place for place in (result, parsed) if isinstance(place, dict)]
    holding = [place for place in places if _key(place, rows_key) is not None]
    if holding:
        return holding[0]
    if not endpoint.envelope.flat and not isinstance(result, dict):
        raise _misfit(endpoint, "the object 'result' is missing", "result")
    return places[0]


def _row(endpoint: Endpoint, parsed: Row) -> Content:
    key = _key(parsed, "result")
    if key is None:
        raise _misfit(endpoint, "the member 'result' is missing", "result")
    result = parsed[key]
    if result is None or isinstance(result, list):
        return _rows(endpoint, result, {})
    if not isinstance(result, dict):
        raise _misfit(endpoint, f"result is {_kind(result)}, not an object", "result")
    _check_code(endpoint, result)
    names = _names(endpoint)
    known = [k for k in result if k.lower() in names]
    if not known:
        raise _misfit(endpoint, "result holds none of the values that this endpoint is known for", "result")
    values = [result[k] for k in known if k.lower() != "isusrtcd"]
    if not values:
        raise _misfit(endpoint, "result holds a code and none of the values that this endpoint is known for", "result")
    # One chosen item may well be null of itself; a whole row of nulls is how an unknown contract looks.
    if all(v is None for v in values) and endpoint.paging is not Paging.ITEMS:
        raise _no_such_code(endpoint)
    return Content([result])


def _rows(endpoint: Endpoint, found: Any, beside: Row) -> Content:
    if found is None or found == []:
        return Content([], beside, reason="the service sent no rows for this question")
    rows: list[Any] = found if isinstance(found, list) else [found]
    name = endpoint.envelope.rows or "result"
    if endpoint.envelope.scalars:
        if any(isinstance(value, dict | list) for value in rows):
            raise _misfit(endpoint, "the list holds objects, not plain values", name)
        return Content([{name: value} for value in rows], beside)
    if set(map(type, rows)) != {dict}:
        raise _misfit(endpoint, "the list holds something other than objects", name)
    names = _names(endpoint)
    if not any(k.lower() in names for row in rows for k in row):
        raise _misfit(endpoint, "its rows hold none of the values that this endpoint is known for", name)
    # Rows of days and bars carry no code of their own; looking into each of them would cost as much as parsing them.
    if any("isuSrtCd" in row for row in (rows[0], rows[-1])):
        for row in rows:
            _check_code(endpoint, row)
    return Content(rows, beside)


def _check_code(endpoint: Endpoint, row: Mapping[str, Any]) -> None:
    # An unknown contract is answered with HTTP 200, every value null, and a list where its code should stand.
    if isinstance(row.get("isuSrtCd"), list):
        raise _no_such_code(endpoint)


def _no_such_code(endpoint: Endpoint) -> NotFoundError:
    return NotFoundError(
        f"{endpoint.id}: the service knows no such code (it sent a row of nulls).",
        status=200,
        endpoint=endpoint.id,
        licence=endpoint.licence.group,
        hint="Check code and market against the list of the market.",
    )


def _complaint(parsed: Row) -> tuple[int | None, str] | None:
    """Return code and text of a refusal in any of the published shapes, or None."""
    result = parsed.get("result")
    for place in (parsed, result):
        if isinstance(place, dict) and place.get("error"):
            return _said(place["error"])
    if result is None and isinstance(parsed.get("message"), str):
        return _said(parsed)
    return None


def _said(error: object, depth: int = 0) -> tuple[int | None, str]:
    if not isinstance(error, dict) or depth > _DEEPEST_COMPLAINT:
        return None, _text(error)
    if error.get("error"):
        return _said(error["error"], depth + 1)
    # One page prints "mesage".
    text = next((error[k] for k in ("message", "mesage", "description") if isinstance(error.get(k), str)), None)
    return _number(error.get("code")), _text(error if text is None else text)


def _text(value: object) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))[:300]


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _verdict(endpoint: Endpoint, status: int, code: int | None, text: str) -> Content:
    """Raise what a refusal means, or return no rows where it means that there are none."""
    # The gateway before the service speaks by status alone.
    for of in _candidates(code, text) if status in (200, 400) else ():
        outcome = codes.lookup("errors")[str(of)]
        said = f"{of} {outcome['name_ko']} ({outcome['name_en']})"
        match outcome["outcome"]:
            case "empty":
                return Content([], reason=said, code=of)
            case "not_found":
                raise _error(NotFoundError, endpoint, status, of, said, "Check the code against its market's list.")
            case "not_ready":
                raise _not_ready(endpoint, status, of, said)
            case "server":
                raise _error(ServerError, endpoint, status, of, said, "This passes; try again later.")
            case "auth":
                raise _error(AuthError, endpoint, status, of, said, "Check the key and its contract.")
            case _:
                raise _error(ApiError, endpoint, status, of, said)
    if codes.NOT_YET_KO in text:
        raise _not_ready(endpoint, status, code, text)
    if codes.WRONG_CODE_KO in text:
        hint = "The code is not listed in this market: leave out market=, or see kosdata.search(code)."
        raise _error(NotFoundError, endpoint, status, code, text, hint)
    raise _by_status(endpoint, status, code, text)


def _by_status(endpoint: Endpoint, status: int, code: int | None, text: str) -> ApiError:
    match status:
        case 401:
            hint = "Check api_key (argument or KOSCOM_API_KEY); sandbox and production have different keys."
            if codes.NO_KEY in text:
                hint += " A gateway that reads no header wants auth='query'."
            return _error(AuthError, endpoint, status, code, text, hint)
        case 403:
            hint = f"The key's contract must cover {endpoint.licence.group} ({endpoint.licence.ko})."
            return _error(LicenceError, endpoint, status, code, text, hint)
        case 404:
            hint = "There is no such path at this address; that says nothing about the code. Check env and base_url."
            return _error(NotFoundError, endpoint, status, code, text, hint)
        case 429:
            return _error(RateLimitError, endpoint, status, code, text, "Too many calls at once; wait and try again.")
        case 408 | 500 | 502 | 503 | 504:
            return _error(ServerError, endpoint, status, code, text, "This passes; try again later.")
        case 200 if "API rate limit exceeded" in text:
            return _error(RateLimitError, endpoint, status, code, text)
        case 200 if codes.NO_KEY in text or "Invalid authentication" in text:
            return _error(AuthError, endpoint, status, code, text)
        case 200 if codes.NO_ROUTE in text:
            return _error(NotFoundError, endpoint, status, code, text)
        case _:
            return _error(ApiError, endpoint, status, code, text)


def _candidates(code: int | None, text: str) -> Iterator[int]:
    table = codes.lookup("errors")
    if code is not None and str(code) in table:
        yield code
        return
    for row in codes.table("errors"):
        if row["name_ko"] in text:
            yield int(row["code"])


def _not_ready(endpoint: Endpoint, status: int, code: int | None, text: str) -> NotReadyError:
    at = endpoint.published.at
    hint = f"The figures of the day come after {at:%H:%M} KST." if at else "Try again later today."
    return _error(NotReadyError, endpoint, status, code, text, hint)


def _error(kind: type[E], endpoint: Endpoint, status: int, code: int | None, text: str, hint: str | None = None) -> E:
    said = f"{endpoint.id}: HTTP {status}: {text}" if text else f"{endpoint.id}: HTTP {status} without a word"
    return kind(said, status=status, code=code, endpoint=endpoint.id, licence=endpoint.licence.group, hint=hint)


def _misfit(endpoint: Endpoint, what: str, name: str | None) -> SchemaError:
    return SchemaError(f"{endpoint.id}: {what}.", endpoint=endpoint.id, field=name)


def _names(endpoint: Endpoint) -> frozenset[str]:
    return _names_of(endpoint.id)


@cache
def _names_of(endpoint_id: str) -> frozenset[str]:
    endpoint = ENDPOINTS[endpoint_id]
    return frozenset(s.lower() for f in endpoint.record.fields for s in f.spellings)


def _key(found: Mapping[str, Any], name: str) -> str | None:
    if name in found:
        return name
    return next((k for k in found if isinstance(k, str) and k.lower() == name.lower()), None)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a flag", type(None): "null"}
    return names.get(type(value), "a number")


def _decoded(body: bytes, content_type: str) -> str:
    charset = re.search(r"charset=\"?([\w-]+)", content_type)
    named = (charset[1] if charset else "").lower()
    for name in (named if named in _CHARSETS else "utf-8-sig", "utf-8-sig", "cp949"):
        try:
            return body.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    raise ValueError("no known charset")


def _name(endpoint: Endpoint | None) -> str:
    return endpoint.id if endpoint else "decode"


def _id(endpoint: Endpoint | None) -> str | None:
    return endpoint.id if endpoint else None
