"""Text of the other side, as it may be shown: without the key, and short."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import Final

from kosdata.settings import Secret
from kosdata.wire.envelope import printable

__all__ = ["redacted", "scrubbed", "shown"]

_MOST: Final = 200
_WINDOW: Final = 1024  # what is searched for the key, however long the text: whoever floods is not served slowly


def shown(text: str, secret: Secret | None, most: int = _MOST) -> str:
    """Return what messages may say of a text: its start, with control characters escaped."""
    return printable(redacted(text, secret, most))[:most]


def redacted(text: str, secret: Secret | None, most: int = _MOST) -> str:
    """Return the start of a text with ``***`` for the key, as it is or as URLs, JSON, base64 and hex write it.

    Redaction comes before shortening: what is cut off may not leave a part of the key.
    """
    if secret is None:
        return text[:most]
    pattern, longest = _forms(secret)
    found: str = pattern.sub("***", text[: _WINDOW + longest])
    return (found if len(text) <= _WINDOW + longest else found[:-longest])[:most]


def scrubbed(text: str, secret: Secret | None) -> str:
    """Return the whole of a text, with ``***`` for the key in any of these forms."""
    if secret is None:
        return text
    found: str = _forms(secret)[0].sub("***", text)
    return found


@lru_cache(maxsize=16)
def _forms(secret: Secret) -> tuple[re.Pattern[str], int]:
    """Return what finds a key, and how long its longest form is."""
    raw = secret.reveal().encode()
    forms = ["".join(map(_character, raw)), "".join(f"[{h}{h.upper()}]" for h in raw.hex())]
    for shift in range(3):
        # The characters of base64 that the key alone decides, wherever in a longer text it begins.
        text = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")
        inner = text[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        forms.append(re.escape(inner).replace(r"\+", r"(?:[+\-]|%2[Bb])").replace("/", r"(?:[/_]|%2[Ff])"))
    return re.compile("|".join(forms)), 7 * len(raw)


def _character(byte: int) -> str:
    """Return what matches a character as it is, and escaped by a URL or by JSON, the latter also twice."""
    code = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{byte:02x}")
    return rf"(?:\\{{0,3}}{re.escape(chr(byte))}|%{code}|\\{{1,2}}u00{code})"
