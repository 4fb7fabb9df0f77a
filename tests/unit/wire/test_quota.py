from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.errors import QuotaError, RateLimitError
from kosdata.wire.quota import Meter
from tests.unit.wire.fakes import Clock, kst

USED_UP = {"X-RateLimit-Limit-Day": "50000", "X-RateLimit-Remaining-Day": "0"}
RESET = kst("2024-03-07 09:00")


def left(remaining: int, limit: int = 50_000, **more: str) -> Mapping[str, str]:
    return {"X-RateLimit-Limit-Day": f"{limit}", "X-RateLimit-Remaining-Day": f"{remaining}", **more}


@pytest.fixture
def clock() -> Clock:
    return Clock(kst("2024-03-06 12:00"))


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "quota.json"


def call(meter: Meter, headers: Mapping[str, str], status: int = 200) -> QuotaError | None:
    meter.check()
    meter.sent()
    return meter.observe(status, headers)


class TestOneProcess:
    def test_it_says_what_the_server_said(self, clock: Clock) -> None:
        meter = Meter(clock)
        assert (meter.read().limit, meter.read().remaining, meter.read().used) == (None, None, 0)
        call(meter, left(49_973))
        quota = meter.read()
        assert (quota.limit, quota.remaining, quota.used, quota.reset_at) == (50_000, 49_973, 1, RESET)

    def test_the_lower_of_header_and_own_count_is_shown(self, clock: Clock) -> None:
        meter = Meter(clock)
        call(meter, left(100))
        call(meter, {})
        assert meter.read().remaining == 99
        call(meter, left(120))  # another node, which knows less
        assert meter.read().remaining == 98
        call(meter, left(50))
        assert meter.read().remaining == 50

    def test_no_count_alone_ever_stops_a_call(self, clock: Clock) -> None:
        meter = Meter(clock)
        assert call(meter, USED_UP) is None
        assert call(meter, USED_UP) is None

    def test_a_refusal_with_calls_left_or_without_a_count_does_not_stop(self, clock: Clock) -> None:
        meter = Meter(clock)
        assert call(meter, left(3), 429) is None
        assert call(meter, {}, 429) is None
        meter.check()

    def test_the_day_is_used_up_until_nine_in_seoul(self, clock: Clock) -> None:
        meter = Meter(clock)
        error = call(meter, USED_UP, 429)
        assert isinstance(error, RateLimitError)
        assert (error.limit, error.remaining, error.reset_at, error.status) == (50_000, 0, RESET, 429)
        assert "2024-03-07 09:00" in str(error)
        assert "호출 한도" in str(error)
        clock.set(RESET - timedelta(seconds=1))
        with pytest.raises(QuotaError):
            meter.check()
        assert meter.read().remaining == 0
        clock.set(RESET)
        meter.check()
        assert meter.read().remaining is None
        assert meter.read().limit == 50_000

    def test_the_day_turns_in_the_middle_of_a_run(self, clock: Clock) -> None:
        meter = Meter(clock)
        call(meter, left(2))
        clock.set(kst("2024-03-07 09:00"))
        call(meter, left(49_999))
        assert (meter.read().remaining, meter.read().used) == (49_999, 1)

    def test_an_answer_of_the_day_before_says_nothing_of_the_new_one(self, clock: Clock) -> None:
        meter = Meter(clock)
        clock.set(kst("2024-03-07 09:00"))
        late = {**USED_UP, "Date": "Wed, 06 Mar 2024 23:59:58 GMT"}
        assert call(meter, late, 429) is None
        assert call(meter, left(49_998, Date="Thu, 07 Mar 2024 00:00:03 GMT")) is None
        assert meter.read().remaining == 49_998

    @pytest.mark.parametrize("junk", ["", "many", "-1", "1.5", "9" * 40, "٣", "NaN"])
    def test_what_is_no_number_is_not_there(self, clock: Clock, junk: str) -> None:
        meter = Meter(clock)
        headers = {"X-RateLimit-Limit-Day": junk, "X-RateLimit-Remaining-Day": junk}
        assert call(meter, headers, 429) is None
        assert meter.read().limit is None

    @given(st.lists(st.tuples(st.sampled_from([200, 429, 500]), st.none() | st.integers(0, 60)), max_size=40))
    def test_what_is_shown_never_rises_within_a_day(self, answers: list[tuple[int, int | None]]) -> None:
        meter, shown = Meter(Clock()), [10**9]
        for status, said in answers:
            meter.sent()
            meter.observe(status, {} if said is None else left(said))
            remaining = meter.read().remaining
            if remaining is not None:
                assert 0 <= remaining <= shown[-1]
                shown.append(remaining)


class TestJobs:
    def test_a_job_larger_than_the_day_is_told_what_it_needs(self, clock: Clock) -> None:
        meter = Meter(clock)
        call(meter, left(100, limit=1000))
        error = meter.short(2500, cached=7)
        assert error is not None
        assert (error.limit, error.remaining, error.reset_at) == (1000, 100, RESET)
        for part in ("2,500", "7 more are in the cache", "100 are left", "3 days", "allow_partial"):
            assert part in str(error)

    def test_one_that_fits_or_of_which_nothing_is_known_is_not(self, clock: Clock) -> None:
        meter = Meter(clock)
        assert meter.short(10**6, cached=0) is None
        call(meter, left(100))
        assert meter.short(100, cached=0) is None


class TestProcesses:
    def test_others_of_the_key_hold_back_too(self, clock: Clock, note: Path) -> None:
        one, other = Meter(clock, note), Meter(clock, note)
        other.check()
        call(one, USED_UP, 429)
        with pytest.raises(QuotaError):
            other.check()
        clock.set(RESET)
        other.check()

    def test_a_later_process_knows_what_is_left(self, clock: Clock, note: Path) -> None:
        meter = Meter(clock, note)
        for remaining in (40, 39, 38):
            call(meter, left(remaining))
        meter.save()
        later = Meter(clock, note)
        assert (later.read().remaining, later.read().used) == (38, 3)

    def test_counts_of_both_are_added(self, clock: Clock, note: Path) -> None:
        one, other = Meter(clock, note), Meter(clock, note)
        for meter in (one, other, one, other):
            call(meter, {})
            meter.save()
        assert one.read().used == other.read().used == 4

    def test_a_note_of_another_day_does_not_count(self, clock: Clock, note: Path) -> None:
        call(Meter(clock, note), USED_UP, 429)
        clock.set(kst("2024-03-05 12:00"))
        Meter(clock, note).check()
        clock.set(kst("2024-03-08 12:00"))
        Meter(clock, note).check()

    @pytest.mark.parametrize(
        "junk", [b"", b"{", b"[]", b"\x80\x04.", b'{"day": "x"}', b'{"day": 19788, "left": "many"}', b"[" * 10**5]
    )
    def test_a_damaged_note_is_none_and_is_written_anew(self, clock: Clock, note: Path, junk: bytes) -> None:
        note.write_bytes(junk)
        meter = Meter(clock, note)
        meter.check()
        call(meter, USED_UP, 429)
        with pytest.raises(QuotaError):
            Meter(clock, note).check()

    def test_a_note_of_a_newer_version_is_left_out(self, clock: Clock, note: Path) -> None:
        call(Meter(clock, note), USED_UP, 429)
        known = json.loads(note.read_bytes())
        note.write_text(json.dumps({**known, "format": 2}))
        Meter(clock, note).check()

    def test_the_note_is_private_and_nothing_else_is_left_behind(self, clock: Clock, note: Path) -> None:
        call(Meter(clock, note), USED_UP, 429)
        assert note.stat().st_mode & 0o777 == 0o600
        assert list(note.parent.iterdir()) == [note]

    def test_without_a_place_for_it_the_meter_works_alone(self, clock: Clock, tmp_path: Path) -> None:
        meter = Meter(clock, tmp_path / "missing" / "quota.json")
        call(meter, USED_UP, 429)
        with pytest.raises(QuotaError):
            meter.check()

    def test_it_is_written_at_most_once_a_second(self, clock: Clock, note: Path) -> None:
        meter = Meter(clock, note)
        call(meter, left(10))
        stamp = note.stat().st_ino
        for remaining in range(9, 0, -1):
            call(meter, left(remaining))
        assert note.stat().st_ino == stamp
        clock.seconds += 1
        call(meter, left(0))
        assert note.stat().st_ino != stamp
