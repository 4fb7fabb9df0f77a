"""Answers that are kept: a requests-cache table in SQLite, asked by a key of our own and never through a session."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from kosdata.wire.clock import seoul

if TYPE_CHECKING:
    from requests_cache.backends.sqlite import SQLiteCache

__all__ = ["Cache", "CacheWarning", "Entry", "address", "own_folder", "place"]

T = TypeVar("T")

_NAME: Final = b"kosdata"
_TAG: Final = _NAME + b"\x02"  # name and version of the format
_PACKED: Final = _NAME + b"\x03"  # the same, compressed
_SMALL: Final = 32 * 1024  # bytes
_BRIEF: Final = 60.0  # seconds; what lives no longer never touches the disk
_SKEW: Final = 60.0  # seconds that an entry may lie in the future
_WAIT: Final = 10_000  # milliseconds that another process may hold the file
_ROOM: Final = 64 * 1024 * 1024  # bytes of bodies in memory
_MOST_KEYS: Final = 500  # in one statement

_LOCKED: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_CLOSED: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL}
_BROKEN_DISK: Final = {sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH}


class CacheWarning(UserWarning):
    """The cache on disk cannot be used as it should, and why."""


class Entry(msgspec.Struct, frozen=True):
    """One validated answer.

    Parameters
    ----------
    target : str
        Path and query that it answers; never a key.
    content_type : str
        Header of the answer.
    body : bytes
        The body, decompressed.
    fetched_at, expires : float
        Seconds since 1970.
    reach : (int, int, int)
        Which days or times its rows are of, so that no kept page is looked through again.
    """

    target: str
    content_type: str
    body: bytes
    fetched_at: float
    expires: float
    reach: tuple[int, int, int] = (0, 0, 0)


def place(base: str, digest: str) -> str:
    """Return what the keys of all answers begin with that one API key got from one address."""
    return blake2b(base.encode(), digest_size=8, key=bytes.fromhex(digest)).hexdigest()


def address(place: str, target: str) -> str:
    """Return the key of an answer in the cache."""
    return place + blake2b(target.encode(), digest_size=12).hexdigest()


def own_folder(path: Path) -> Path:
    """Return a folder that is there and belongs to this user.

    Raises
    ------
    OSError
        If it cannot be made, or belongs to somebody else.
    """
    if not path.is_absolute():  # what is left of a home directory that is not there
        raise FileNotFoundError(f"{path} has no place on this machine")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    open_to_all = found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX
    if open_to_all or not _is_ours(found):
        raise PermissionError(f"{path} belongs to another user, or others may write to it")
    return path


class Cache:
    """Answers on disk, for all threads and processes; in memory where there is no disk, or where they live briefly.

    Parameters
    ----------
    folder : Path or None
        Where the file is; None for memory alone.
    time : callable
        The time, in seconds since 1970, by the server's clock.
    """

    def __init__(self, folder: Path | None, time: Callable[[], float]) -> None:
        self._path = folder and folder / "answers.sqlite"
        self._time = time
        self._lock = threading.RLock()
        self._memory: OrderedDict[str, Entry] = OrderedDict()
        self._room = _ROOM
        self._file: SQLiteCache | None = None
        self._inode = 0
        self._is_open = False
        self._is_writable = True
        self._warned: set[str] = set()

    def get(self, wanted: Mapping[str, str]) -> dict[str, Entry]:
        """Return the entries that may be served now, by their keys.

        Parameters
        ----------
        wanted : mapping of str to str
            Key to target.
        """
        now = self._time()

        def fresh(found: Iterable[tuple[str, Entry]]) -> dict[str, Entry]:
            return {
                key: entry
                for key, entry in found
                if entry.target == wanted.get(key) and entry.fetched_at <= now + _SKEW and now < entry.expires
            }

        with self._lock:
            entries = fresh([(key, self._memory[key]) for key in wanted if key in self._memory])
        missing = [key for key in wanted if key not in entries]
        return entries | fresh(self._read(missing)) if missing else entries

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry until it expires."""
        life = entry.expires - entry.fetched_at
        if life <= 0:
            return
        if life > _BRIEF and self._write(key, entry):
            with self._lock:
                self._forget(key)
            return
        with self._lock:
            self._remember(key, entry)

    def clear(self, place: str) -> int:
        """Delete the entries of a place and return how many there were."""
        with self._lock:
            keys = [key for key in self._memory if key.startswith(place)]
            for key in keys:
                self._forget(key)

        def delete(connection: sqlite3.Connection) -> int:
            bounds = (place, f"{place}g")  # keys are hexadecimal: none sorts behind a g
            deleted = connection.execute("DELETE FROM responses WHERE key BETWEEN ? AND ?", bounds).rowcount
            with suppress(sqlite3.OperationalError):  # another process reads: the room is used again anyhow
                connection.execute("VACUUM")
            return deleted

        return len(keys) + self._do(delete, 0)

    def forget(self, keys: Sequence[str]) -> None:
        """Delete some entries."""
        with self._lock:
            for key in keys:
                self._forget(key)

        def delete(connection: sqlite3.Connection) -> int:
            return connection.executemany("DELETE FROM responses WHERE key = ?", [(key,) for key in keys]).rowcount

        self._do(delete, 0)

    def info(self) -> dict[str, str | int | None]:
        """Return where the entries are, how many there are, and how many bytes they take."""
        with self._lock:
            on_disk = self._do(lambda connection: connection.execute("SELECT COUNT(*) FROM responses").fetchone()[0], 0)
            return {
                "path": str(self._path) if self._file else None,
                "entries": on_disk + len(self._memory),
                "bytes": (_size(self._path) if self._file else 0) + _ROOM - self._room,
            }

    def close(self) -> None:
        """Close the file; nothing is kept after that."""
        with self._lock:
            self._drop()
            self._path = None

    def _read(self, keys: list[str]) -> list[tuple[str, Entry]]:
        def select(connection: sqlite3.Connection) -> list[tuple[str, Entry]]:
            found: list[tuple[str, Entry]] = []
            for start in range(0, len(keys), _MOST_KEYS):
                part = keys[start : start + _MOST_KEYS]
                marks = ",".join("?" * len(part))
                # One statement for all keys: get_response would take one or two for each.
                rows = connection.execute(f"SELECT key, value FROM responses WHERE key IN ({marks})", part)  # noqa: S608
                found += [(key, entry) for key, value in rows if (entry := _loads(value)) is not None]
            return found

        return self._do(select, [])

    def _write(self, key: str, entry: Entry) -> bool:
        if self._path is None or not self._is_writable:
            return False
        # One statement of its own: requests-cache would swallow the error of a full disk.
        row = (key, _dumps(entry), int(entry.expires))
        statement = "INSERT OR REPLACE INTO responses (key, value, expires) VALUES (?, ?, ?)"
        return self._do(lambda connection: connection.execute(statement, row).rowcount, 0) == 1

    def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what the file says, or something else where it cannot be asked."""
        with self._lock:
            self._open()
            if self._file is None:
                return otherwise
            try:
                with self._file.responses.connection() as connection:
                    return work(connection)
            except (sqlite3.Error, _Foreign) as error:
                self._fail(error)
                return otherwise

    def _open(self) -> None:
        for _ in range(2):  # a damaged file is moved away, and a new one takes its place
            if self._path is None or self._is_open:
                return
            self._is_open = True
            try:
                self._inode = _own_file(self._path)
                self._file = _table(self._path)
                with self._file.responses.connection() as connection:
                    connection.execute("SELECT key, value, expires FROM responses LIMIT 1")
                    connection.execute("DELETE FROM responses WHERE expires <= ?", (int(self._time()),))
            except (sqlite3.Error, OSError) as error:
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Go on without what does not work, and say so once."""
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _LOCKED:
            self._is_writable = False
            self._warn("is held by another process; new answers are kept in memory")
        elif code & 0xFF in _CLOSED:
            self._is_writable = False
            self._warn(f"cannot be written ({error}); new answers are kept in memory")
        elif isinstance(error, OSError) or (code & 0xFF in _BROKEN_DISK and code != sqlite3.SQLITE_IOERR_SHORT_READ):
            self._drop()
            self._warn(f"cannot be used ({error}); answers are kept in memory")
        else:
            self._drop()
            self._is_open = False
            self._move_away()

    def _drop(self) -> None:
        if self._file is not None:
            with suppress(sqlite3.Error):
                self._file.close()  # type: ignore[no-untyped-call]
            self._file = None

    def _move_away(self) -> None:
        """Put a damaged file aside for inspection, unless another process has done so by now."""
        assert self._path is not None  # noqa: S101 - only a file that was opened is found damaged
        moment = f"corrupt-{seoul(self._time()):%Y%m%dT%H%M%S}"
        stamps = (f"{moment}-{n}" if n else moment for n in count())
        stamp = next(stamp for stamp in stamps if not Path(f"{self._path}.{stamp}").exists())
        try:
            if self._path.stat().st_ino != self._inode:
                return
            for part in (f"{self._path}", f"{self._path}-wal", f"{self._path}-shm"):
                with suppress(FileNotFoundError):
                    Path(part).rename(f"{part}.{stamp}")
        except FileNotFoundError:
            return
        except OSError as error:
            self._is_open = True
            self._warn(f"is damaged and cannot be moved ({error}); answers are kept in memory")
        else:
            self._warn(f"was damaged and is now {self._path.name}.{stamp}; a new one was made")

    def _warn(self, what: str) -> None:
        if what not in self._warned:
            self._warned.add(what)
            warnings.warn(f"The cache {self._path} {what}.", CacheWarning, stacklevel=2)

    def _remember(self, key: str, entry: Entry) -> None:
        self._forget(key)
        self._memory[key] = entry
        self._room -= len(entry.body)
        while self._room < 0:
            self._room += len(self._memory.popitem(last=False)[1].body)

    def _forget(self, key: str) -> None:
        entry = self._memory.pop(key, None)
        if entry is not None:
            self._room += len(entry.body)


class _Foreign(Exception):
    """A value that kosdata did not write."""


class _Stuck(sqlite3.DatabaseError):
    """A transaction that could not begin."""


class _Connection(sqlite3.Connection):
    """A connection that gives up: requests-cache would try to begin a transaction for ever."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            if not sql.startswith("BEGIN"):
                raise
            stuck = _Stuck(str(error))
            stuck.sqlite_errorcode = error.sqlite_errorcode
            raise stuck from None


def _table(path: Path) -> SQLiteCache:
    from requests_cache.backends.sqlite import SQLiteCache
    from requests_cache.serializers import SerializerPipeline, Stage

    # Its own serializer would unpickle whatever somebody put into the file.
    plain = SerializerPipeline([Stage(dumps=_dumps, loads=_loads)], name="kosdata", is_binary=True)
    return SQLiteCache(path, serializer=plain, wal=True, busy_timeout=_WAIT, factory=_Connection)


def _dumps(entry: Entry) -> bytes:
    packed = msgspec.msgpack.encode(entry)
    # A page of bars is read sooner as it is than unpacked; lists of whole markets are not.
    if len(packed) >= _SMALL:
        return _PACKED + zlib.compress(packed, 1)
    return _TAG + zlib.crc32(packed).to_bytes(4) + packed


def _loads(value: object) -> Entry | None:
    """Return the entry of a value in the table, or None where it cannot be read and will be replaced."""
    if not isinstance(value, bytes) or not value.startswith(_NAME):
        raise _Foreign("it holds values that kosdata did not write")
    tag, packed = value[: len(_TAG)], memoryview(value)[len(_TAG) :]
    try:
        if tag == _PACKED:
            return _DECODER.decode(zlib.decompress(packed))
        is_whole = tag == _TAG and zlib.crc32(packed[4:]).to_bytes(4) == packed[:4]
        return _DECODER.decode(packed[4:]) if is_whole else None
    except (msgspec.MsgspecError, zlib.error):
        return None


_DECODER: Final = msgspec.msgpack.Decoder(Entry)


def _own_file(path: Path) -> int:
    """Make sure that a file is there for this user alone, and return its number."""
    own_folder(path.parent)
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        found = os.fstat(file)
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or not _is_ours(found):
            raise PermissionError(f"{path} belongs to another user, or others may write to it")
        if found.st_mode & 0o077:
            path.chmod(0o600)
        return found.st_ino
    finally:
        os.close(file)


def _size(path: Path | None) -> int:
    parts = (Path(f"{path}{suffix}") for suffix in ("", "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def _is_ours(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
