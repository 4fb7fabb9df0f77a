"""A stream on disk: a text file with one message a line, and when it was received."""

from __future__ import annotations

import json
import logging
import os
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from kosdata.catalogue.streams import PRESETS
from kosdata.errors import ArgumentError, StoreError
from kosdata.settings import Secret
from kosdata.wire.redaction import scrubbed

__all__ = ["Head", "Recorded", "Recorder", "head", "located", "recorded"]

_FORMAT: Final = "kosdata stream"
_VERSION: Final = 1

logger = logging.getLogger("kosdata.stream")


class Head(NamedTuple):
    """What was recorded: the arguments of the stream, and where it came from."""

    codes: tuple[str, ...]
    market: str | None
    preset: str
    items: tuple[str, ...]
    source: str


class Recorded(NamedTuple):
    """One line of a recording.

    Attributes
    ----------
    at : int
        Microseconds since 1970.
    text : str or None
        The message; None where the line is a break.
    reason : str or None
        Why nothing was received from then on; None with the first line after it that tells of its end.
    codes : tuple of str
        Issues that the break, or its end, is about.
    connected : int or None
        When the connection came about, where the line tells that the service accepted its key.
    """

    at: int
    text: str | None = None
    reason: str | None = None
    codes: tuple[str, ...] = ()
    connected: int | None = None


class Recorder:
    """Write what a stream receives to a file, from its thread, whenever it hands on rows.

    Parameters
    ----------
    path : Path
        A new file, unless `overwrite`.
    about : Head
        What is recorded.
    secret : Secret, optional
        What must not be written.
    overwrite : bool
        Replace a file that exists.

    Raises
    ------
    ArgumentError
        If there is a file of that name.
    StoreError
        If it cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        about: Head,
        *,
        secret: Secret | None = None,
        overwrite: bool = False,
    ) -> None:
        self.path = located(path)
        self.error: StoreError | None = None
        self._secret = secret
        self._texts: list[str] = []
        self._lines: deque[str] = deque()  # one thread may note while another writes
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
        try:
            self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")
        except FileExistsError:
            raise ArgumentError(f"{path} exists: choose another name, or pass overwrite=True.") from None
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._note({"format": _FORMAT, "version": _VERSION, **about._asdict()})
        self.write()

    def message(self, payload: bytes | bytearray | memoryview | str) -> None:
        """Take note of a message."""
        text = payload if isinstance(payload, str) else bytes(payload).decode("utf-8", "replace")
        self._texts.append(scrubbed(text, self._secret))

    def stamp(self, received: int) -> None:
        """Take note of when the messages since the last stamp came."""
        for text in self._texts:
            self._note({"at": received, "text": text})
        self._texts.clear()

    def broke(self, at: int, reason: str, codes: tuple[str, ...]) -> None:
        """Take note that nothing was received after a moment."""
        self._note({"at": at, "reason": reason, "codes": codes})

    def ready(self, at: int, connected: int) -> None:
        """Take note that the service accepted the key, on a connection that came about then."""
        self._note({"at": at, "connected": connected})

    def back(self, at: int, codes: tuple[str, ...]) -> None:
        """Take note that pushes come again."""
        self._note({"at": at, "codes": codes})

    def write(self) -> None:
        """Write what has been noted; if the disk will not have it, say so once, and go on without."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if self.error is not None or not lines:
            return
        try:
            self._file.write("".join(lines))
            self._file.flush()
        except (OSError, ValueError) as error:
            self._fail(error)

    def close(self) -> None:
        """Write the rest, and close the file."""
        self.write()
        try:
            self._file.close()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self.error is None:
            self.error = _unwritable(self.path, error)
            logger.error("a recording has ended; the stream goes on: %s", self.error)

    def _note(self, line: Mapping[str, Any]) -> None:
        self._lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def located(path: str | os.PathLike[str]) -> Path:
    """Return a path that a user wrote.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ArgumentError(f"{path!r} is no path of a file: write 'ticks.jsonl'.")
    return Path(path)


def head(path: Path) -> Head:
    """Return what a recording says of itself.

    Raises
    ------
    StoreError
        If it cannot be read, is no recording, or was written by a newer version.
    """
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline())
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.", path=str(path)) from None
    except (ValueError, RecursionError):
        first = None
    if not isinstance(first, dict) or first.get("format") != _FORMAT:
        raise StoreError(f"{path} is no recording of a stream; Stream.record makes them.", path=str(path))
    if first.get("version") != _VERSION:
        raise StoreError(f"{path} was recorded by another version of kosdata; update it to read this.", path=str(path))
    try:
        found = {name: first[name] for name in Head._fields}
    except KeyError as error:
        raise StoreError(f"{path} does not say its {error}.", path=str(path)) from None
    lists, words = (found["codes"], found["items"]), (found["preset"], found["source"], found["market"] or "")
    if not (
        all(isinstance(each, list) and all(isinstance(one, str) for one in each) for each in lists)
        and all(isinstance(each, str) for each in words)
        and found["preset"] in PRESETS
    ):
        raise StoreError(f"{path} is a recording of nothing that can be streamed.", path=str(path))
    return Head(**{**found, "codes": tuple(found["codes"]), "items": tuple(found["items"])})


def recorded(path: Path) -> Iterator[Recorded]:
    """Return the lines of a recording after its head; the last one may have been cut off by a crash."""
    with path.open(encoding="utf-8", errors="replace") as file:
        next(file, None)
        for line in file:
            try:
                found = json.loads(line)
                yield Recorded(
                    int(found["at"]),
                    found.get("text"),
                    found.get("reason"),
                    tuple(found.get("codes", ())),
                    found.get("connected"),
                )
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
                # Whoever reads the rows counts what is no message.
                yield Recorded(0, line)


def _unwritable(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path} cannot be written: {error}.", path=str(path))
