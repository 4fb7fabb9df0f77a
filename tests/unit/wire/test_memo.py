"""The store of finished frames."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kosdata.wire.memo import Memo
from tests.unit.wire.fakes import kst

NOON = kst("2024-03-06 12:00")
LATER = NOON + timedelta(hours=1)


def test_what_is_kept_comes_back_until_it_expires() -> None:
    memo = Memo()
    memo.put("a", 1, LATER, 10)
    assert memo.get("a", NOON) == 1
    assert memo.get("b", NOON) is None
    assert memo.get("a", LATER) is None
    assert memo.get("a", NOON) is None, "it was dropped when it had expired"


def test_the_least_used_goes_first() -> None:
    memo = Memo(room=30)
    for name in "abc":
        memo.put(name, name, LATER, 10)
    memo.get("a", NOON)
    memo.put("d", "d", LATER, 10)
    assert [memo.get(name, NOON) for name in "abcd"] == ["a", None, "c", "d"]


def test_what_is_too_large_is_not_kept_and_forgets_what_it_replaces() -> None:
    memo = Memo(room=30)
    memo.put("a", 1, LATER, 10)
    memo.put("b", 2, LATER, 10)
    memo.put("a", 3, LATER, 31)
    assert memo.get("a", NOON) is None and memo.get("b", NOON) == 2


def test_it_can_be_cleared_and_filled_again() -> None:
    memo = Memo(room=30)
    memo.put("a", 1, LATER, 30)
    memo.clear()
    assert memo.get("a", NOON) is None
    memo.put("b", 2, LATER, 30)
    assert memo.get("b", NOON) == 2


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40))))
def test_it_never_takes_more_than_its_room_and_never_loses_the_newest(puts: list[tuple[int, int]]) -> None:
    memo, sizes = Memo(room=60), dict[int, int]()
    for key, size in puts:
        memo.put(key, size, LATER, size)
        sizes[key] = size
        assert memo.get(key, NOON) == size
        assert sum(size for key, size in sizes.items() if memo.get(key, NOON) is not None) <= 60
        memo.get(key, NOON)


def test_threads_may_share_it() -> None:
    memo = Memo(room=500)

    def work(n: int) -> bool:
        memo.put(n % 7, n, LATER, 100)
        found = memo.get(n % 7, NOON)
        return found is None or found % 7 == n % 7

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(2_000)))
