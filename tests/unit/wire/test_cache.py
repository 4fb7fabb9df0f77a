from __future__ import annotations

import os
import pickle
import sqlite3
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from kosdata.wire.cache import Cache, CacheWarning, Entry, address, own_folder, place
from tests.unit.wire.fakes import KEY, Clock

HOUR = 3600.0
DIGEST = "ab" * 32
HERE = place("https://gateway.test", DIGEST)
needs_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users here")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path, clock: Clock) -> Iterator[Cache]:
    cache = Cache(folder, clock)
    yield cache
    cache.close()


def entry(target: str, now: float, life: float = HOUR, body: bytes = b"{}") -> Entry:
    return Entry(target, "application/json", body, now, now + life)


def put(cache: Cache, clock: Clock, *targets: str, life: float = HOUR) -> None:
    for target in targets:
        cache.put(address(HERE, target), entry(target, clock(), life, target.encode() * 100))


def bodies(cache: Cache, *targets: str) -> list[bytes | None]:
    found = cache.get({address(HERE, target): target for target in targets})
    return [found[key].body if (key := address(HERE, target)) in found else None for target in targets]


def file_of(folder: Path) -> Path:
    return folder / "answers.sqlite"


def edit(folder: Path, sql: str, *values: object) -> None:
    connection = sqlite3.connect(file_of(folder))
    with connection:
        connection.execute(sql, values)
    connection.close()


class TestKeeping:
    def test_an_entry_comes_back_until_it_expires(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/a", "/b")
        assert bodies(cache, "/b", "/c", "/a") == [b"/b" * 100, None, b"/a" * 100]
        clock.seconds += HOUR
        assert bodies(cache, "/a") == [None]

    def test_it_is_there_for_the_next_one(self, cache: Cache, clock: Clock, folder: Path) -> None:
        put(cache, clock, "/a")
        other = Cache(folder, clock)
        assert bodies(other, "/a") == [b"/a" * 100]
        other.close()

    def test_many_are_read_at_once(self, cache: Cache, clock: Clock) -> None:
        targets = [f"/{n}" for n in range(1200)]
        put(cache, clock, *targets)
        assert None not in bodies(cache, *targets)

    def test_brief_ones_never_touch_the_disk(self, cache: Cache, clock: Clock, folder: Path) -> None:
        put(cache, clock, "/brief", life=1)
        assert bodies(cache, "/brief") != [None]
        assert not file_of(folder).exists()
        clock.seconds += 1
        assert bodies(cache, "/brief") == [None]

    def test_a_lasting_one_takes_the_place_of_a_brief_one(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/a", life=1)
        clock.seconds += 5
        put(cache, clock, "/a")
        assert bodies(cache, "/a") != [None]

    def test_what_must_not_be_kept_is_not(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/a", life=0)
        assert bodies(cache, "/a") == [None]

    def test_memory_is_bounded_and_the_oldest_leave(self, clock: Clock) -> None:
        cache = Cache(None, clock)
        for n in range(40):
            cache.put(address(HERE, f"/{n}"), entry(f"/{n}", clock(), body=bytes(4 * 2**20)))
        assert [n for n in range(40) if bodies(cache, f"/{n}") != [None]] == list(range(24, 40))
        assert cache.info()["bytes"] == 64 * 2**20

    def test_clearing_deletes_the_entries_of_one_place(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/a", "/b")
        put(cache, clock, "/brief", life=1)
        other = place("https://other.test", DIGEST)
        cache.put(address(other, "/a"), entry("/a", clock()))
        assert cache.clear(HERE) == 3
        assert bodies(cache, "/a", "/brief") == [None, None]
        assert cache.info()["entries"] == 1

    def test_expired_ones_are_gone_when_the_file_is_opened_again(
        self, cache: Cache, clock: Clock, folder: Path
    ) -> None:
        put(cache, clock, "/a")
        put(cache, clock, "/b", life=3 * HOUR)
        clock.seconds += 2 * HOUR
        other = Cache(folder, clock)
        assert other.info()["entries"] == 1
        other.close()

    def test_after_closing_nothing_is_kept(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/a")
        cache.close()
        assert bodies(cache, "/a") == [None]


class TestApart:
    def test_addresses_and_keys_have_places_of_their_own(self) -> None:
        keys = {address(place(base, digest), "/a") for base in ("https://a", "https://b") for digest in ("", DIGEST)}
        assert len(keys) == 4

    def test_an_entry_under_a_strange_key_is_not_served(self, cache: Cache, clock: Clock) -> None:
        cache.put(address(HERE, "/a"), entry("/b", clock()))
        assert bodies(cache, "/a") == [None]

    def test_one_of_the_future_is_not_served(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/a")
        clock.seconds -= 61
        assert bodies(cache, "/a") == [None]
        clock.seconds += 2
        assert bodies(cache, "/a") != [None]


class TestDamage:
    """Whatever is in the file: no exception, no wrong answer, one warning, and the original is kept."""

    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param(lambda data: b"not a database" * 1000, id="garbage"),
            pytest.param(lambda data: data[:100] + os.urandom(4000) + data[4100:], id="first-page"),
            pytest.param(lambda data: data[: len(data) // 2 + 7], id="cut"),
            pytest.param(lambda data: bytes(len(data)), id="zeros"),
            pytest.param(lambda data: data[:4096] + bytes(4096) + data[8192:], id="zeroed-page"),
        ],
    )
    def test_a_damaged_file_is_moved_aside(
        self, cache: Cache, clock: Clock, folder: Path, spoil: Callable[[bytes], bytes]
    ) -> None:
        targets = [f"/{n}" for n in range(300)]
        put(cache, clock, *targets)
        cache.close()
        file_of(folder).write_bytes(spoil(file_of(folder).read_bytes()))
        other = Cache(folder, clock)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = bodies(other, *targets)
            put(other, clock, *targets)
        assert all(body is None or body == target.encode() * 100 for target, body in zip(targets, found, strict=True))
        assert None not in bodies(other, *targets)
        assert [str(w.message).count("was damaged") for w in caught] in ([1], [])
        assert len(list(folder.glob("*.corrupt-*"))) >= len(caught)
        other.close()

    def test_flipped_bytes_never_give_a_wrong_answer(self, cache: Cache, clock: Clock, folder: Path) -> None:
        targets = [f"/{n}" for n in range(60)]
        put(cache, clock, *targets)
        cache.close()
        whole = file_of(folder).read_bytes()
        for n in range(60):
            spoiled = bytearray(whole)
            spoiled[(n * 7919) % len(whole)] ^= 1 << n % 8
            file_of(folder).write_bytes(bytes(spoiled))
            other = Cache(folder, clock)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CacheWarning)
                found = bodies(other, *targets)
            other.close()
            assert all(b is None or b == t.encode() * 100 for t, b in zip(targets, found, strict=True))

    @pytest.mark.parametrize("value", [b"kosdata\x01", b"kosdata\x01junk", b"kosdata\x02later", b"kosdata"])
    def test_an_entry_that_cannot_be_read_is_a_miss_and_is_replaced(
        self, cache: Cache, clock: Clock, folder: Path, value: bytes
    ) -> None:
        put(cache, clock, "/a", "/b")
        edit(folder, "UPDATE responses SET value = ? WHERE key = ?", value, address(HERE, "/a"))
        assert bodies(cache, "/a", "/b") == [None, b"/b" * 100]
        put(cache, clock, "/a")
        assert bodies(cache, "/a") == [b"/a" * 100]
        assert list(folder.glob("*.corrupt-*")) == []

    def test_a_planted_pickle_is_never_unpickled(
        self, cache: Cache, clock: Clock, folder: Path, tmp_path: Path
    ) -> None:
        canary = tmp_path / "ran"
        put(cache, clock, "/a", "/b")
        edit(folder, "UPDATE responses SET value = ? WHERE key = ?", _bomb(canary), address(HERE, "/a"))
        with pytest.warns(CacheWarning, match="corrupt-20240306T120000"):
            assert bodies(cache, "/a") == [None]
        assert not canary.exists()
        assert len(list(folder.glob("answers.sqlite.corrupt-*"))) == 1
        put(cache, clock, "/a")
        assert bodies(cache, "/a") == [b"/a" * 100]

    def test_a_database_of_somebody_else_is_moved_aside(self, clock: Clock, folder: Path) -> None:
        folder.mkdir()
        edit(folder, "CREATE TABLE responses (name TEXT)")
        file_of(folder).chmod(0o600)
        cache = Cache(folder, clock)
        with pytest.warns(CacheWarning, match="was damaged"):
            put(cache, clock, "/a")
        put(cache, clock, "/a")
        assert bodies(cache, "/a") != [None]
        cache.close()

    def test_two_damages_leave_two_files(self, clock: Clock, folder: Path) -> None:
        folder.mkdir()
        for _ in range(2):
            file_of(folder).write_bytes(b"garbage" * 100)
            file_of(folder).chmod(0o600)
            cache = Cache(folder, clock)
            with pytest.warns(CacheWarning):
                put(cache, clock, "/a")
            cache.close()
        assert len(list(folder.glob("answers.sqlite.corrupt-*"))) == 2

    def test_a_file_that_another_process_replaced_meanwhile_is_left_alone(
        self, cache: Cache, clock: Clock, folder: Path
    ) -> None:
        put(cache, clock, "/a")
        edit(folder, "UPDATE responses SET value = 'x'")
        for part in list(folder.iterdir()):
            part.rename(folder / f"old-{part.name}")
        other = Cache(folder, clock)
        put(other, clock, "/a")
        assert bodies(cache, "/a") == [None]
        assert bodies(cache, "/a") == [b"/a" * 100]
        assert list(folder.glob("*.corrupt-*")) == []
        other.close()


class TestNoPlace:
    """Without a disk the answers are kept in memory, and there is one warning."""

    def check(self, cache: Cache, clock: Clock, match: str) -> None:
        with pytest.warns(CacheWarning, match=match) as caught:
            put(cache, clock, "/a", "/b")
        assert len(caught) == 1
        assert bodies(cache, "/a", "/b") == [b"/a" * 100, b"/b" * 100]
        cache.close()

    def test_a_folder_that_cannot_be_made(self, clock: Clock, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        self.check(Cache(tmp_path / "file" / "cache", clock), clock, "cannot be used")

    def test_no_home_directory(self, clock: Clock) -> None:
        self.check(Cache(Path("~/.cache/kosdata"), clock), clock, "no place on this machine")
        assert not Path("~").exists()

    def test_a_full_disk(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/before")
        self.limit(cache, "max_page_count = 1")
        large = [(address(HERE, f"/{n}"), entry(f"/{n}", clock(), body=os.urandom(50_000))) for n in range(5)]
        with pytest.warns(CacheWarning, match="disk is full"):
            cache.put(*large[0])
        for key, one in large[1:]:
            cache.put(key, one)
        assert None not in bodies(cache, "/before", "/0", "/4")

    def test_a_read_only_file(self, cache: Cache, clock: Clock) -> None:
        put(cache, clock, "/before")
        self.limit(cache, "query_only = 1")
        self.check(cache, clock, "readonly")

    def test_a_writer_that_is_stuck(
        self, cache: Cache, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kosdata.wire.cache._WAIT", 50)
        put(cache, clock, "/before")
        self.limit(cache, "busy_timeout = 50")
        holder = sqlite3.connect(file_of(folder), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.warns(CacheWarning, match="another process") as caught:
            put(cache, clock, "/a", "/b")
        assert len(caught) == 1
        assert None not in bodies(cache, "/before", "/a", "/b")
        fresh = Cache(folder, clock)
        with pytest.warns(CacheWarning, match="another process"):
            assert bodies(fresh, "/x") == [None]
        holder.close()
        fresh.close()

    @staticmethod
    def limit(cache: Cache, pragma: str) -> None:
        assert cache._file is not None
        with cache._file.responses.connection() as connection:
            connection.execute(f"PRAGMA {pragma}")


class TestOwnership:
    def test_folder_and_files_are_private(self, cache: Cache, clock: Clock, folder: Path) -> None:
        before = os.umask(0)
        try:
            put(cache, clock, "/a")
        finally:
            os.umask(before)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        assert len(list(folder.iterdir())) == 3

    def test_a_file_that_others_may_write_is_refused(self, cache: Cache, clock: Clock, folder: Path) -> None:
        put(cache, clock, "/a")
        cache.close()
        file_of(folder).chmod(0o622)
        other = Cache(folder, clock)
        with pytest.warns(CacheWarning, match="others may write"):
            assert bodies(other, "/a") == [None]

    def test_one_that_others_may_read_is_closed_to_them(self, cache: Cache, clock: Clock, folder: Path) -> None:
        put(cache, clock, "/a")
        cache.close()
        file_of(folder).chmod(0o644)
        other = Cache(folder, clock)
        assert bodies(other, "/a") != [None]
        assert file_of(folder).stat().st_mode & 0o777 == 0o600
        other.close()

    @needs_users
    def test_what_belongs_to_another_user_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(PermissionError):
            own_folder(tmp_path)

    def test_a_folder_that_everybody_may_write_is_refused(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o777)
        with pytest.raises(PermissionError):
            own_folder(tmp_path)
        tmp_path.chmod(0o1777)
        own_folder(tmp_path)
        tmp_path.chmod(0o700)


class TestTogether:
    def test_threads_share_one_cache(self, cache: Cache, clock: Clock) -> None:
        def work(n: int) -> bool:
            put(cache, clock, f"/{n % 50}")
            return bodies(cache, f"/{n % 50}") == [f"/{n % 50}".encode() * 100]

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(800)))

    def test_threads_that_find_the_same_damage_move_one_file(self, clock: Clock, folder: Path) -> None:
        folder.mkdir()
        file_of(folder).write_bytes(b"garbage" * 1000)
        file_of(folder).chmod(0o600)
        cache, start = Cache(folder, clock), threading.Barrier(8)

        def work(n: int) -> None:
            start.wait()
            put(cache, clock, f"/{n}")

        with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
            warnings.simplefilter("ignore", CacheWarning)
            list(pool.map(work, range(8)))
        assert None not in bodies(cache, *(f"/{n}" for n in range(8)))
        assert len(list(folder.glob("*.corrupt-*"))) == 1
        cache.close()

    def test_processes_share_one_file(self, folder: Path) -> None:
        with ProcessPoolExecutor(3, get_context("spawn")) as pool:
            assert sum(pool.map(_work_in_a_process, [folder] * 3, range(3))) == 3 * 40


def _work_in_a_process(folder: Path, number: int) -> int:
    clock = Clock()
    cache = Cache(folder, clock)
    targets = [f"/{number}/{n}" for n in range(40)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda target: put(cache, clock, target), targets))
    found = bodies(cache, *targets)
    cache.close()
    return sum(body is not None for body in found)


class _Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.canary), "w")


def _bomb(canary: Path) -> bytes:
    return pickle.dumps(_Bomb(canary))


def test_no_key_is_in_a_digest() -> None:
    assert KEY not in address(HERE, "/a")
