"""Frames of the WebSocket protocol as a server writes them, also broken ones; pure."""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["BINARY", "CLOSE", "CONTINUATION", "PING", "PONG", "TEXT", "close", "frame", "payload", "text"]

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

_FINAL: Final = 0x80
_SHORT, _LONG = 126, 127


def frame(opcode: int, body: bytes, *, final: bool = True, reserved: int = 0) -> bytes:
    """Return one frame; servers do not mask."""
    first = (_FINAL if final else 0) | reserved << 4 | opcode
    if len(body) < _SHORT:
        return bytes((first, len(body))) + body
    if len(body) < 1 << 16:
        return struct.pack("!BBH", first, _SHORT, len(body)) + body
    return struct.pack("!BBQ", first, _LONG, len(body)) + body


def text(message: str) -> bytes:
    """Return a message as one frame."""
    return frame(TEXT, message.encode())


def close(code: int, reason: str = "") -> bytes:
    """Return the frame that ends a connection; any code, also one that must not travel."""
    return frame(CLOSE, struct.pack("!H", code) + reason.encode()[:123])


def payload(framed: bytes) -> bytes:
    """Return what one whole unmasked frame carries."""
    return framed[{_SHORT: 4, _LONG: 10}.get(framed[1], 2) :]
