from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.settings import Secret
from kosdata.wire.stream import messages
from kosdata.wire.stream.conversation import REPLY_DUE, Conversation, Ended, Event, Held, Image, Ready, Refused
from kosdata.wire.stream.messages import Call, Message, Refusal, Reply, read

KEY = "canary+7d1f/9e"
HOUR = 3600.0


class Talk:
    """A conversation with its time, driven as a socket would drive it: no sooner and no later than it asks for."""

    def __init__(self, *codes: str, at: float = 50.0, **given: Any) -> None:
        given = {"preset": "tick", "key": Secret(KEY), "member": "me"} | given
        self.it = Conversation(codes, **given)
        self.now = self.heard_at = at
        self.sent: list[tuple[float, dict[str, Any]]] = []
        self.events: list[Event] = []
        self.pings = 0
        self.wakes = 0
        self.answers_pings = False
        self.answers_beats = False
        self.it.open(self.now)
        self.act()

    def act(self) -> None:
        while self.it.out or self.it.wants_ping:
            fresh = [json.loads(text) for text in self.it.out]
            self.it.out.clear()
            self.sent += [(self.now, message) for message in fresh]
            pinged, self.it.wants_ping = self.it.wants_ping, False
            self.pings += pinged
            if pinged and self.answers_pings:
                self.heard_at = self.now
                self.it.pong()
            for message in fresh:
                if message["method"] == "heartbeat" and self.answers_beats:
                    self.hear(Reply(message["id"]))
        self.events += self.it.events
        self.it.events = []

    def hear(self, *told: Message | str) -> Talk:
        for message in told:
            self.heard_at = self.now
            self.it.hear(read(message)[0] if isinstance(message, str) else message, self.now)
            self.act()
        return self

    def seen(self, *codes: str) -> Talk:
        self.heard_at = self.now
        self.it.seen(codes, self.now)
        self.act()
        return self

    def wait(self, seconds: float) -> Talk:
        """Let time pass until then, or until the session has ended."""
        end = self.now + seconds
        while self.ended is None:
            due = self.it.due(self.now, self.heard_at)
            if self.now + due > end:
                self.now = end
                break
            self.now += due
            self.wakes += 1
            self.it.tick(self.now, self.heard_at)
            self.act()
        return self

    def ready(self) -> Talk:
        return self.hear(Reply(1))

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [message for _, message in self.sent if message["method"] == method]

    def registered(self) -> list[str]:
        return [message["params"]["isuSrtCd"] for message in self.asked("subscribe")]

    def number(self, code: str) -> int:
        """The newest registration of a code."""
        return int([m["id"] for m in self.asked("subscribe") if m["params"]["isuSrtCd"] == code][-1])

    @property
    def ended(self) -> Ended | None:
        return next((event for event in self.events if isinstance(event, Ended)), None)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def held(self) -> list[str]:
        return [event.code for event in self.of(Held)]


class TestInit:
    def test_the_key_comes_first_and_alone(self) -> None:
        talk = Talk("A", "B")
        assert [message for _, message in talk.sent] == [json.loads(messages.init(1, KEY, "me"))]
        assert talk.pings == 1
        assert not talk.it.is_ready

    @pytest.mark.parametrize("answer", [messages.ok(1), messages.ok(None), messages.image(1, {"isuSrtCd": "A"})])
    def test_an_accepted_key_registers_every_code_once(self, answer: str) -> None:
        talk = Talk("A", "B", "A").hear(answer)
        assert talk.of(Ready) == [Ready()]
        assert talk.registered() == ["A", "B"]
        assert len({message["id"] for _, message in talk.sent}) == 3

    @pytest.mark.parametrize("number", [1, None, 0, 99])
    def test_a_refused_key_ends_it_for_good(self, number: int | None) -> None:
        talk = Talk("A").hear(Refusal("no such key", 47, number))
        assert talk.ended == Ended("refused: no such key", is_final=True)
        assert talk.registered() == []

    def test_a_service_in_trouble_may_be_asked_again(self) -> None:
        talk = Talk("A").hear(Refusal("busy", 10080))
        assert talk.ended is not None
        assert not talk.ended.is_final

    def test_no_answer_ends_it_when_one_is_due(self) -> None:
        talk = Talk("A").wait(HOUR)
        assert talk.ended == Ended("no answer to init")
        assert talk.now == 50 + REPLY_DUE

    def test_a_link_that_answers_pings_alone_is_no_session(self) -> None:
        talk = Talk("A", stale=2.0, heartbeat=1.0)
        talk.it.pong()
        talk.wait(HOUR)
        assert talk.ended == Ended("no answer to init")
        assert talk.wakes < 20  # it does not spin in the meantime
        assert talk.asked("heartbeat") == []

    def test_what_is_refused_does_not_show_the_key(self) -> None:
        talk = Talk("A").hear(Refusal(f"{KEY} is\r\n\x1b[31m no key" + "x" * 10**6, 47))
        assert talk.ended is not None
        assert talk.ended.reason.startswith("refused: *** is\\x0d\\x0a\\x1b[31m no key")
        assert len(talk.ended.reason) < 250


ROW = {"isuSrtCd": "A*001", "trdPrc": 1}


class TestSubscribe:
    @pytest.mark.parametrize(
        "told",
        [
            ["ok"],
            ["image"],
            ["push"],
            ["ok", "image", "push"],
            ["push", "ok", "image"],
            ["image", "push", "ok"],
            ["unnumbered"],
            ["foreign image"],
        ],
        ids=" ".join,
    )
    def test_any_answer_confirms_once(self, told: list[str]) -> None:
        talk = Talk("A", "B").ready()
        for each in told:
            match each:
                case "ok":
                    talk.hear(Reply(talk.number("A")))
                case "image":
                    talk.hear(Reply(talk.number("A"), ROW))
                case "foreign image":
                    talk.hear(Reply(77, ROW))
                case "unnumbered":
                    talk.hear(Reply(None))
                case "push":
                    talk.seen("A")
        assert talk.held == ["A"]
        assert list(talk.it.unconfirmed) == ["B"]
        assert talk.of(Image) == [Image(ROW)] * sum("image" in each for each in told)
        talk.hear(Reply(talk.number("B")))
        assert talk.wait(60).registered() == ["A", "B"]

    def test_an_image_of_an_issue_nobody_asked_for_confirms_nothing(self) -> None:
        talk = Talk("A").ready().hear(Reply(None, {"isuSrtCd": "Z"}))
        assert talk.held == []
        assert len(talk.of(Image)) == 1

    def test_items_travel_with_changes(self) -> None:
        talk = Talk("A", preset="change", items=["trdPrc"]).ready()
        assert talk.asked("subscribe")[0]["params"] == {"preset": "change", "isuSrtCd": "A", "items": ["trdPrc"]}

    def test_a_whole_market_is_not_registered(self) -> None:
        talk = Talk("A", is_registered=False).ready()
        assert talk.wait(30).registered() == []

    def test_a_named_refusal_is_final_at_once(self) -> None:
        talk = Talk("A", "B").ready()
        talk.hear(Refusal("no", 47, talk.number("A")), Reply(talk.number("B")))
        assert talk.of(Refused) == [Refused("A", "no")]
        assert talk.held == ["B"]
        assert talk.wait(60).registered() == ["A", "B"]

    def test_an_unnamed_refusal_is_of_the_oldest_which_is_asked_once_more_alone(self) -> None:
        talk = Talk("A", "B", "C").ready()
        talk.hear(Refusal("no"), Reply(talk.number("B")))
        assert talk.of(Refused) == []
        assert talk.registered() == ["A", "B", "C"]  # not while an answer is due
        talk.hear(Reply(talk.number("C")))
        assert talk.registered() == ["A", "B", "C", "A"]
        talk.hear(Refusal("no indeed"))
        assert talk.of(Refused) == [Refused("A", "no indeed")]
        assert talk.wait(60).registered() == ["A", "B", "C", "A"]

    def test_the_wrongly_blamed_is_held_all_the_same(self) -> None:
        talk = Talk("A", "B").ready()
        first = talk.number("A")
        talk.hear(Refusal("no"))  # of B, but A is older
        talk.hear(Reply(first))
        assert talk.held == ["A"]
        talk.wait(REPLY_DUE)
        assert talk.registered() == ["A", "B", "B"]
        talk.hear(Refusal("no"))
        assert talk.of(Refused) == [Refused("B", "no")]

    def test_no_answer_is_asked_once_more_alone_and_then_left_to_pushes(self) -> None:
        talk = Talk("A", "B", answers := "C").ready()
        talk.hear(Reply(talk.number(answers))).wait(60)
        assert talk.registered() == ["A", "B", "C", "A", "B"]
        assert list(talk.it.unconfirmed) == ["A", "B"]
        assert talk.of(Refused) == []
        talk.seen("B")
        assert talk.held == ["C", "B"]

    def test_an_answer_that_comes_late_counts(self) -> None:
        talk = Talk("A", "B").ready()
        first, other = talk.number("A"), talk.number("B")
        talk.wait(REPLY_DUE + 1)
        assert talk.registered() == ["A", "B", "A"]
        talk.hear(Reply(first))
        assert talk.held == ["A"]
        talk.hear(Refusal("you have it already", 47, talk.number("A")))
        assert talk.of(Refused) == []
        talk.hear(Refusal("no", 47, other))
        assert talk.of(Refused) == [Refused("B", "no")]

    def test_a_refusal_of_what_is_settled_blames_nobody(self) -> None:
        talk = Talk("A", "B").ready()
        first = talk.number("A")
        talk.seen("A").hear(Refusal("late", 47, first), Reply(talk.number("B")))
        assert talk.held == ["A", "B"]
        assert talk.of(Refused) == []

    def test_a_refusal_shows_no_key(self) -> None:
        talk = Talk("A").ready()
        talk.hear(Refusal(f"{KEY}\n", 47, talk.number("A")))
        assert talk.of(Refused) == [Refused("A", "***\\x0a")]


class TestAddAndRemove:
    def test_codes_may_come_before_the_key_is_accepted(self) -> None:
        talk = Talk("A")
        talk.it.add(["B", "A"], talk.now)
        talk.it.remove(["A", "Z"], talk.now)
        assert talk.ready().registered() == ["B"]
        assert talk.asked("unsubscribe") == []

    def test_codes_may_come_and_go_later(self) -> None:
        talk = Talk("A").ready()
        talk.it.add(["B", "B", "A"], talk.now)
        talk.act()
        assert talk.registered() == ["A", "B"]
        talk.it.remove(["A"], talk.now)
        talk.act()
        assert [m["params"] for m in talk.asked("unsubscribe")] == [{"preset": "tick", "isuSrtCd": "A"}]
        assert list(talk.it.unconfirmed) == ["B"]
        talk.hear(Reply(talk.number("B")), Refusal("not subscribed")).wait(60)
        assert talk.registered() == ["A", "B"]
        assert talk.of(Refused) == []

    def test_what_is_removed_is_not_asked_for_again(self) -> None:
        talk = Talk("A", "B").ready().hear(Refusal("no"))
        talk.it.remove(["A"], talk.now)
        assert talk.wait(60).registered() == ["A", "B", "B"]

    def test_what_is_added_again_is_registered_again(self) -> None:
        talk = Talk("A").ready()
        talk.hear(Reply(talk.number("A")))
        talk.it.remove(["A"], talk.now)
        talk.it.add(["A"], talk.now)
        talk.act()
        talk.hear(Reply(talk.number("A")))
        assert talk.held == ["A", "A"]


class TestHeartbeat:
    def test_each_beat_is_a_ping_and_a_message(self) -> None:
        talk = Talk("A").ready().seen("A")
        talk.answers_pings = True
        talk.wait(100)
        assert len(talk.asked("heartbeat")) == 10
        assert talk.pings == 11
        assert [round(at - 50) for at, m in talk.sent if m["method"] == "heartbeat"] == list(range(10, 101, 10))

    def test_a_beat_of_the_service_is_answered(self) -> None:
        talk = Talk("A")
        talk.it.hear(Call("heartbeat", 7), talk.now)
        talk.it.hear(Call("heartbeat"), talk.now)
        talk.it.hear(Call("query", 3), talk.now)
        assert [json.loads(text) for text in talk.it.out] == [json.loads(messages.ok(7))]

    @pytest.mark.parametrize("how", ["answers_pings", "answers_beats"])
    def test_eight_silent_hours_with_answers_are_no_alarm(self, how: str) -> None:
        talk = Talk("A", patience=lambda: 60.0).ready().seen("A")
        setattr(talk, how, True)
        talk.wait(8 * HOUR)
        assert talk.ended is None
        assert talk.wakes < 8 * HOUR / 10 + 10

    def test_eight_silent_hours_without_any_answer_are_no_alarm_outside_of_the_session(self) -> None:
        assert Talk("A").ready().seen("A").wait(8 * HOUR).ended is None

    @pytest.mark.parametrize("state", ["subscribing", "streaming"])
    @pytest.mark.parametrize("how", ["answers_pings", "answers_beats"])
    @pytest.mark.parametrize("after", [0.0, 3.0, 9.9, 11.0, 1000.0])
    def test_a_link_that_used_to_answer_is_found_mute_within_twenty_seconds(
        self, state: str, how: str, after: float
    ) -> None:
        talk = Talk("A")
        setattr(talk, how, True)
        talk.ready()
        talk.it.pong()
        if state == "streaming":
            talk.seen("A")
        talk.wait(after)
        setattr(talk, how, False)
        talk.wait(HOUR)
        assert talk.ended == Ended("mute for 20 s")
        assert talk.now - talk.heard_at == pytest.approx(20)

    def test_a_link_that_never_answered_is_suspected_by_patience_alone(self) -> None:
        talk = Talk("A", patience=lambda: 60.0).ready().seen("A").wait(HOUR)
        assert talk.ended == Ended("mute for 60 s")
        assert talk.now == pytest.approx(110)

    def test_a_quiet_night_is_not_held_against_the_morning(self) -> None:
        opens = 50 + 8 * HOUR
        talk = Talk("A", patience=lambda: 60.0 if talk.now >= opens else None)
        talk.ready().seen("A").wait(8 * HOUR + 50)
        assert talk.ended is None
        talk.seen("A").wait(HOUR)
        assert talk.ended == Ended("mute for 60 s")

    def test_an_auction_is_not_held_against_what_follows_it(self) -> None:
        talk = Talk("A", patience=lambda: 900.0 if talk.now < 650 else 60.0)
        talk.ready().seen("A").wait(650)
        assert talk.ended is None
        talk.wait(HOUR)
        assert talk.now == pytest.approx(710, abs=10)

    def test_a_service_that_refuses_beats_is_alive(self) -> None:
        talk = Talk("A", patience=lambda: 60.0).ready().seen("A")
        for _ in range(20):
            talk.wait(10).hear(Refusal("what is that", 47))
        assert talk.ended is None
        assert talk.of(Refused) == []
        talk.wait(HOUR)
        assert talk.ended == Ended("mute for 20 s")

    def test_a_gateway_that_never_answers_beats_gathers_none(self) -> None:
        talk = Talk("A").ready().seen("A").wait(8 * HOUR)
        assert len(talk.it._asked) == 1


CODES = ["A", "B", "C", "D"]
STEPS = st.one_of(
    st.tuples(st.just("reply"), st.integers(0, 40) | st.none(), st.sampled_from([*CODES, "Z", None])),
    st.tuples(st.just("refuse"), st.integers(-1, 40) | st.none(), st.sampled_from([47, 10080, None])),
    st.tuples(st.just("call"), st.sampled_from(["heartbeat", "query", ""]), st.integers(0, 5) | st.none()),
    st.tuples(st.just("seen"), st.lists(st.sampled_from([*CODES, "Z"]), max_size=3), st.none()),
    st.tuples(st.just("add"), st.lists(st.sampled_from(CODES), max_size=3), st.none()),
    st.tuples(st.just("remove"), st.lists(st.sampled_from(CODES), max_size=3), st.none()),
    st.tuples(st.just("wait"), st.floats(0, 30), st.none()),
    st.tuples(st.just("pong"), st.none(), st.none()),
)


class TestAnything:
    @given(st.lists(st.sampled_from(CODES), max_size=4), st.booleans(), st.lists(STEPS, max_size=60))
    def test_no_sequence_raises_or_asks_too_much(self, codes: list[str], is_early: bool, steps: list[Any]) -> None:
        talk = Talk(*codes, patience=lambda: 60.0)
        added = dict.fromkeys(codes, 1)  # how often each was wanted anew
        if is_early:
            talk.ready()
        began = talk.now
        for step, one, other in steps:
            match step:
                case "reply":
                    talk.hear(Reply(one, None if other is None else {"isuSrtCd": other}))
                case "refuse":
                    talk.hear(Refusal("no", other, one))
                case "call":
                    talk.it.hear(Call(one, other), talk.now)
                    talk.it.out.clear()
                case "seen":
                    talk.seen(*one)
                case "add":
                    added |= {code: added.get(code, 0) + 1 for code in set(one)}
                    talk.it.add(one, talk.now)
                    talk.act()
                case "remove":
                    talk.it.remove(one, talk.now)
                    talk.act()
                case "wait":
                    talk.wait(one)
                case "pong":
                    talk.heard_at = talk.now
                    talk.it.pong()
            assert talk.it.due(talk.now, talk.heard_at) >= 0
            if talk.ended:
                break
        asked = talk.registered()
        assert all(asked.count(code) <= 2 * added.get(code, 0) for code in set(asked))
        assert len(talk.asked("init")) == 1
        assert len(talk.asked("heartbeat")) <= (talk.now - began) / 10 + 1
        assert len(talk.of(Ready)) <= 1
        numbers = [message["id"] for _, message in talk.sent]
        assert numbers == sorted(set(numbers))
        assert talk.wakes <= len(steps) * 8 + 20
        assert set(talk.it.unconfirmed) <= talk.it._wanted.keys()
        if not talk.it.is_ready:
            assert len(talk.sent) == 1
