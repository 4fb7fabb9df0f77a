from __future__ import annotations

import gzip
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.errors import ArgumentError
from kosdata.simulator.faults import MIX, Chance, Fault, Kind, Rule, Schedule, spoiled
from kosdata.simulator.http import NO_ANSWER, Reply, Request

NEEDED: dict[str, dict[str, Any]] = {"redirect": {"location": "http://elsewhere.invalid/"}, "body": {"body": "[]"}}
TRUE = Reply(200, b'{"result":{"trdPrc":71500}}', {"X-RateLimit-Remaining-Day": "49973"})
RESET, CUT = Fault("reset"), Fault("cut")
seeds = st.integers(0, 2**32)


def ask(path: str, query: str = "") -> Request:
    return Request("GET", path, query, {})


def truth() -> Reply:
    return TRUE


def met(schedule: Schedule, paths: list[str]) -> list[Fault | None]:
    return [schedule.next(ask(path)) for path in paths]


class TestFault:
    @pytest.mark.parametrize("kind", get_args(Kind))
    def test_every_kind_can_be_made(self, kind: Kind) -> None:
        assert Fault(kind, **NEEDED.get(kind, {})).kind == kind

    @pytest.mark.parametrize(
        ("kind", "options", "says"),
        [
            ("dealy", {}, "dealy.*delay, refuse"),
            ("reset", {"seconds": 3}, "takes no seconds"),
            ("redirect", {}, "needs a location"),
            ("body", {}, "needs a body"),
            ("delay", {"seconds": -1}, "seconds is a number"),
            ("delay", {"seconds": float("inf")}, "seconds is a number"),
            ("delay", {"seconds": "2"}, "seconds is a number"),
            ("status", {"status": 99}, "200 to 599"),
            ("status", {"retry_after": "1\r\nEvil: 1"}, "retry_after is"),
            ("redirect", {"location": "/\n"}, "location is"),
            ("huge", {"size": 1.5}, "size is"),
        ],
    )
    def test_what_cannot_be_is_refused(self, kind: Any, options: dict[str, Any], says: str) -> None:
        with pytest.raises(ArgumentError, match=says):
            Fault(kind, **options)


class TestSpoiled:
    @pytest.mark.parametrize("kind", ["delay", "cut", "trickle"])
    def test_the_sockets_spoil_the_rest(self, kind: Kind) -> None:
        assert spoiled(None, truth) == TRUE
        assert spoiled(Fault(kind), truth) == TRUE

    @pytest.mark.parametrize("kind", ["refuse", "reset"])
    def test_no_answer_at_all(self, kind: Kind) -> None:
        assert spoiled(Fault(kind), lambda: pytest.fail("asked")).status == NO_ANSWER

    @given(
        st.recursive(
            st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
        )
    )
    def test_a_corrupt_body_is_never_json(self, value: Any) -> None:
        true = Reply(200, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        body = spoiled(Fault("corrupt"), lambda: true).body
        with pytest.raises(ValueError, match=r".*"):
            json.loads(body)

    def test_statuses(self) -> None:
        plain = spoiled(Fault("status", status=502), truth)
        assert (plain.status, json.loads(plain.body), plain.headers) == (502, {"message": "Bad Gateway"}, {})
        spent = spoiled(Fault("status", status=429, remaining=0, retry_after=7), truth)
        assert json.loads(spent.body) == {"message": "API rate limit exceeded"}
        assert spent.headers == {
            "Retry-After": "7",
            "X-RateLimit-Limit-Day": "50000",
            "X-RateLimit-Remaining-Day": "0",
        }
        assert spoiled(Fault("status", status=400, body="no"), truth).body == b"no"

    def test_bodies(self) -> None:
        assert spoiled(Fault("empty"), truth).body == b""
        assert b"<html" in spoiled(Fault("html"), truth).body
        assert spoiled(Fault("body", body="{}"), truth) == Reply(200, b"{}")

    def test_a_huge_body_is_small_on_the_way_and_true_at_its_end(self) -> None:
        reply = spoiled(Fault("huge", size=3_000_000), truth)
        whole = gzip.decompress(reply.body)
        assert len(reply.body) < 10_000
        assert len(whole) > 3_000_000
        assert json.loads(whole) == json.loads(TRUE.body)
        assert reply.headers["Content-Encoding"] == "gzip"


class TestRules:
    def test_no_rules(self) -> None:
        assert met(Schedule(), ["/a"] * 3) == [None] * 3

    def test_a_bare_fault_always_strikes(self) -> None:
        assert met(Schedule([RESET]), ["/a", "/b"]) == [RESET, RESET]

    def test_skip_then_times(self) -> None:
        assert met(Schedule([Rule(RESET, skip=2, times=2)]), ["/a"] * 6) == [None, None, RESET, RESET, None, None]

    def test_the_next_rule_takes_over(self) -> None:
        schedule = Schedule([Rule(RESET, times=1), Rule(CUT, times=1)])
        assert met(schedule, ["/a"] * 3) == [RESET, CUT, None]

    def test_only_the_paths_that_match_count(self) -> None:
        schedule = Schedule([Rule(RESET, path="history$", times=1)])
        assert met(schedule, ["/lists", "/history", "/history"]) == [None, RESET, None]

    def test_two_schedules_of_one_rule_count_apart(self) -> None:
        rule = Rule(RESET, times=1)
        assert met(Schedule([rule]), ["/a"]) == met(Schedule([rule]), ["/a"]) == [RESET]

    def test_threads_share_one_count(self) -> None:
        schedule = Schedule([Rule(RESET, times=100)])
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(schedule.next, [ask("/a")] * 400))
        assert found.count(RESET) == 100


class TestChance:
    @given(seeds, st.integers(0, 5), st.floats(0.5, 1))
    def test_never_more_in_a_row_than_said(self, seed: int, most: int, rate: float) -> None:
        found = met(Schedule.random(seed, rate, most_in_a_row=most), ["/a"] * 60)
        assert max((len(list(run)) for fails, run in groupby(found, bool) if fails), default=0) <= most

    @given(
        seeds,
        st.lists(st.sampled_from("abc"), max_size=40).flatmap(
            lambda urls: st.tuples(st.just(urls), st.permutations(urls))
        ),
    )
    def test_the_order_among_urls_changes_nothing(self, seed: int, orders: tuple[list[str], list[str]]) -> None:
        def by_url(order: list[str]) -> dict[str, list[Fault | None]]:
            found: dict[str, list[Fault | None]] = {}
            for url, fault in zip(order, met(Schedule.random(seed, 0.5), order), strict=True):
                found.setdefault(url, []).append(fault)
            return found

        one, other = map(by_url, orders)
        assert one == other

    def test_a_course_of_events_is_the_same_on_every_machine(self) -> None:
        found = met(Schedule.random(7, 0.5, ["reset", "cut"]), ["/a"] * 12)
        assert "".join(fault.kind[0] if fault else "-" for fault in found) == "-crr--c-rc-r"

    def test_query_and_seed_matter_and_the_key_does_not(self) -> None:
        def course(seed: int, query: str) -> list[Fault | None]:
            schedule = Schedule.random(seed, 0.5)
            return [schedule.next(ask("/a", query)) for _ in range(40)]

        assert course(1, "x=1&apikey=one") == course(1, "x=1&apikey=two")
        assert course(1, "x=1") != course(1, "x=2")
        assert course(1, "x=1") != course(2, "x=1")

    def test_the_rate_is_met_and_every_kind_comes(self) -> None:
        found = met(Schedule.random(3, 0.3), [f"/{number}" for number in range(4000)])
        struck = Counter(fault for fault in found if fault)
        assert 0.27 < sum(struck.values()) / 4000 < 0.33
        assert set(struck) == set(MIX)
        assert min(struck.values()) > 4000 * 0.3 / len(MIX) / 2

    @pytest.mark.parametrize("options", [{"rate": 1.5}, {"kinds": ()}, {"most_in_a_row": -1}, {"path": "("}])
    def test_what_cannot_be_is_refused(self, options: dict[str, Any]) -> None:
        with pytest.raises(ArgumentError):
            Chance(1, **options)


class TestLoad:
    def load(self, folder: Path, plan: object) -> Schedule:
        file = folder / "faults.json"
        file.write_text(plan if isinstance(plan, str) else json.dumps(plan), "utf-8")
        return Schedule.load(file)

    def test_rules(self, tmp_path: Path) -> None:
        plan = [
            {"kind": "status", "status": 429, "retry_after": 1, "path": "history", "skip": 1, "times": 1},
            {"kind": "body", "body": {"error": {"code": 10080}}, "path": "lists"},
        ]
        found = met(self.load(tmp_path, plan), ["/history", "/history", "/history", "/lists"])
        assert found == [
            None,
            Fault("status", status=429, retry_after=1),
            None,
            Fault("body", body='{"error": {"code": 10080}}'),
        ]

    def test_chance(self, tmp_path: Path) -> None:
        plan = {"seed": 7, "rate": 0.5, "kinds": ["reset", {"kind": "delay", "seconds": 9}], "most_in_a_row": 2}
        same = Schedule.random(7, 0.5, ["reset", Fault("delay", seconds=9)], 2)
        assert met(self.load(tmp_path, plan), ["/a"] * 50) == met(same, ["/a"] * 50)

    @pytest.mark.parametrize(
        ("plan", "says"),
        [
            ("{", "not JSON"),
            ("7", "fault 1: .*a kind .* or with a seed"),
            ([{"kind": "reset"}, {"kind": "dealy"}], "fault 2: No fault is called 'dealy'"),
            ([{"kind": "reset", "tiems": 2}], "No option is called tiems"),
            ([{"kind": ["reset"]}], "A fault is the name of a kind"),
            ([{"kind": "reset", "times": "2"}], "times is a whole number"),
            ([{"kind": "reset", "skip": -1}], "skip is a whole number"),
            ([{"kind": "reset", "path": 5}], "path is a regular expression"),
            ([{"seed": "x"}], "seed is a whole number"),
            ([{"seed": 1, "rate": True}], "rate is a number"),
            ([{"seed": 1, "kinds": "reset"}], "kinds is a list"),
            ([{"seed": 1, "kinds": [5]}], "A fault is the name of a kind"),
            ([{"seed": 1, "speed": 2}], "No option is called speed"),
        ],
    )
    def test_what_cannot_be_is_refused_and_named(self, tmp_path: Path, plan: object, says: str) -> None:
        with pytest.raises(ArgumentError, match=says):
            self.load(tmp_path, plan)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ArgumentError, match="cannot be read"):
            Schedule.load(tmp_path / "none.json")
