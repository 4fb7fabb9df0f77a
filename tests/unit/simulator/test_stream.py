from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue.calendar import KRX
from kosdata.errors import ArgumentError
from kosdata.simulator.stream import POLICY, Channel, Desk, Session, StreamOptions
from kosdata.simulator.views import broadcast
from kosdata.wire.stream import messages

KEY, NOON = "a key", datetime(2024, 1, 12, 12)
FUTURE, OPTION = "101V3000", "301V2347"


@cache
def market() -> Any:
    return broadcast(0, KRX)


def desk(**options: Any) -> Desk:
    return Desk(market(), KEY, StreamOptions(**options), lambda: NOON)


def begun(at: Desk | None = None, channel: Channel = "issue") -> Session:
    session = Session(at or desk(), channel)
    assert tell(session, messages.init(1, KEY, "me")) == [{"jsonrpc": "2.0", "id": 1, "result": {"message": "ok"}}]
    return session


def tell(session: Session, message: str | bytes) -> list[Any]:
    return [json.loads(said.text) for said in session.receive(message)]


def wanted(session: Session) -> list[tuple[str, str]]:
    return [(each.asked.preset, each.asked.code) for each in session.registrations]


def is_ok(answers: list[Any]) -> bool:
    return [answer.get("result") for answer in answers] == [{"message": "ok"}]


def refused(answers: list[Any]) -> int:
    (answer,) = answers
    assert set(answer) == {"jsonrpc", "error"}
    assert answer["error"]["message"]
    return int(answer["error"]["code"])


class TestInit:
    @pytest.mark.parametrize("key", ["another", "", None, 7])
    def test_a_wrong_key_is_refused_and_the_connection_closed(self, key: Any):
        session = Session(desk())
        assert (
            session.receive(json.dumps({"id": 1, "method": "init", "params": {"key": key, "membername": "me"}})) == []
        )
        assert session.ending is not None
        assert session.ending.code == POLICY
        assert refused([json.loads(said.text) for said in session.ending.said]) == 13001
        assert session.receive(messages.init(2, KEY, "me")) == []

    @pytest.mark.parametrize(
        "message",
        [messages.subscribe(1, "tick", "005930"), messages.heartbeat(1), messages.unsubscribe(1, "tick", "0")],
    )
    def test_anything_before_it_is_refused(self, message: str):
        session = Session(desk())
        assert refused(tell(session, message)) == 10070
        assert session.registrations == []

    def test_a_name_of_the_member_is_needed(self):
        session = Session(desk())
        assert refused(tell(session, '{"id":1,"method":"init","params":{"key":"a key"}}')) == 10070

    def test_a_second_session_of_a_key_is_refused(self):
        at = desk()
        first, second = begun(at), Session(at)
        assert tell(second, messages.init(1, KEY, "me")) == []
        assert second.ending is not None
        assert refused([json.loads(said.text) for said in second.ending.said]) == 13004
        assert first.ending is None

    def test_there_may_be_as_many_sessions_as_the_contract_says(self):
        at = desk(sessions=2)
        begun(at), begun(at)
        third = Session(at)
        third.receive(messages.init(1, KEY, "me"))
        assert third.ending is not None

    def test_the_oldest_session_ends_where_that_is_the_rule(self):
        at = desk(takeover=True)
        first = begun(at)
        tell(first, messages.subscribe(2, "tick", "005930"))
        second = begun(at)
        assert first.ending is not None
        assert first.ending.code == POLICY
        assert first.registrations == []
        assert second.ending is None

    def test_a_session_that_has_left_makes_room(self):
        at = desk()
        begun(at).leave()
        begun(at)

    def test_saying_it_again_changes_nothing(self):
        session = begun()
        tell(session, messages.subscribe(2, "tick", "005930"))
        assert is_ok(tell(session, messages.init(3, KEY, "me")))
        assert wanted(session) == [("tick", "005930")]


class TestSubscribe:
    @pytest.mark.parametrize("preset", ["tick", "quote", "tick10", "quote10"])
    @pytest.mark.parametrize("code", ["005930", FUTURE, OPTION])
    def test_an_issue_is_told_from_now_on(self, preset: str, code: str):
        session = begun()
        assert is_ok(tell(session, messages.subscribe(2, preset, code)))
        assert wanted(session) == [(preset, code)]
        assert session.registrations[0].since == NOON

    @pytest.mark.parametrize(
        ("preset", "code", "error"),
        [
            ("tick", "999999", 10040),
            ("tick", "", 10040),
            ("tick", "101S6000", 10040),  # expired long ago
            ("ticks", "005930", 10000),
            ("tick", "K1", 10000),
            ("index", "005930", 10000),
            ("change", "005930", 10050),
        ],
    )
    def test_what_does_not_exist_is_refused(self, preset: str, code: str, error: int):
        session = begun()
        assert refused(tell(session, messages.subscribe(2, preset, code))) == error
        assert wanted(session) == []

    def test_one_unknown_item_fails_the_whole_registration(self):
        session = begun()
        assert refused(tell(session, messages.subscribe(2, "change", "005930", ["trdPrc", "isuKorNm"]))) == 10050
        assert is_ok(tell(session, messages.subscribe(2, "change", "005930", ["trdPrc", "trdTm"])))
        assert session.registrations[0].asked.items == ("trdPrc", "trdTm")
        assert refused(tell(session, messages.subscribe(3, "change", "K1", ["trdPrc"]))) == 10000

    def test_one_too_many_is_refused(self):
        session = begun(desk(registrations=2))
        for preset in ("tick", "quote", "tick"):
            assert is_ok(tell(session, messages.subscribe(2, preset, "005930")))
        assert refused(tell(session, messages.subscribe(3, "tick10", "005930"))) == 20056
        assert is_ok(tell(session, messages.unsubscribe(4, "tick", "005930")))
        assert is_ok(tell(session, messages.subscribe(5, "tick10", "005930")))

    def test_a_whole_market_takes_none(self):
        session = begun(channel="kospi")
        assert wanted(session) == [("tick", "kospi")]
        assert refused(tell(session, messages.subscribe(2, "tick", "005930"))) == 10000
        assert is_ok(tell(session, messages.heartbeat(3)))


class TestAcknowledgement:
    def test_a_snapshot_holds_the_present_values_and_the_state_of_the_market(self):
        session = begun(desk(acknowledge="snapshot"))
        (answer,) = tell(session, messages.subscribe(2, "tick", "005930"))
        assert answer["id"] == 2
        assert set(answer["result"]) == {
            *("isuSrtCd", "trdPrc", "trdvol", "trdTm", "accTrdvol", "accTrdval", "mkStatTpCd"),
        }
        assert answer["result"]["mkStatTpCd"] == 1

    @pytest.mark.parametrize(("preset", "code"), [("quote10", OPTION), ("index", "K1"), ("tick10", FUTURE)])
    def test_a_push_holds_the_present_values(self, preset: str, code: str):
        (answer,) = tell(begun(desk(acknowledge="push")), messages.subscribe(2, preset, code))
        assert answer["method"] == "push"
        assert (answer["params"]["preset"], answer["params"]["isuSrtCd"]) == (preset, code)

    def test_changes_are_acknowledged_with_their_items_alone(self):
        session = begun(desk(acknowledge="push"))
        (answer,) = tell(session, messages.subscribe(2, "change", "005930", ["trdPrc"]))
        assert set(answer["params"]) == {"isuCd", "isuSrtCd", "trdPrc"}

    def test_all_ways_come_in_turn(self):
        session = begun(desk(acknowledge="mixed"))
        codes = [issue.code for issue in market()._market.listed("kospi", NOON.date())[:4]]
        said = [tell(session, messages.subscribe(n, "tick", code)) for n, code in enumerate(codes)]
        assert [[("push" if "method" in each else len(each["result"])) for each in one] for one in said] == [
            [1],
            [7],
            ["push"],
            ["push", 1],
        ]

    def test_before_the_first_trade_the_time_is_zero(self):
        early = Desk(market(), KEY, StreamOptions(acknowledge="snapshot"), lambda: datetime(2024, 1, 12, 8))
        (answer,) = tell(begun(early), messages.subscribe(2, "tick", "005930"))
        assert (answer["result"]["trdTm"], answer["result"]["trdvol"]) == (0, 0)


class TestUnsubscribe:
    def test_what_is_not_registered_cannot_end(self):
        session = begun()
        assert refused(tell(session, messages.unsubscribe(2, "tick", "005930"))) == 20057

    def test_a_number_alone_ends_what_was_asked_for_under_it(self):
        session = begun()
        for number, code in ((7, "005930"), (7, "000660"), (8, "005380")):
            tell(session, messages.subscribe(number, "tick", code))
        assert is_ok(tell(session, '{"jsonrpc":"2.0","id":7,"method":"unsubscribe"}'))
        assert wanted(session) == [("tick", "005380")]
        assert refused(tell(session, '{"jsonrpc":"2.0","id":7,"method":"unsubscribe","params":{}}')) == 20057


class TestMessages:
    @pytest.mark.parametrize(
        ("message", "error"),
        [
            ("{", 47),
            (b"\xff", 47),
            ("[1]", 47),
            ("7", 47),
            ('{"id":1,"method":"push","params":{"isuSrtCd":"005930"}}', 47),
            ('{"id":1,"method":"subscribe"}', 47),
            ('{"id":1,"method":"subscribe","params":{"preset":"tick","isuSrtCd":5930}}', 47),
            ('{"id":1,"method":"query"}', 10000),
        ],
    )
    def test_what_is_no_message_is_refused(self, message: Any, error: int):
        assert refused(tell(begun(), message)) == error

    def test_an_answer_to_a_heartbeat_is_not_answered(self):
        assert tell(begun(), messages.ok(1)) == []

    def test_a_refusal_can_say_which_message_it_means(self):
        (answer,) = tell(begun(desk(numbered=True)), messages.subscribe(9, "tick", "999999"))
        assert answer["id"] == 9

    @given(
        st.lists(
            st.one_of(
                st.text(max_size=20),
                st.binary(max_size=20),
                st.just(messages.init(1, KEY, "me")),
                st.builds(
                    lambda method, number, params: json.dumps({"id": number, "method": method, "params": params}),
                    st.sampled_from(["subscribe", "unsubscribe", "heartbeat", "query", "init"]),
                    st.integers(0, 3) | st.none() | st.text(max_size=3),
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "preset": st.sampled_from(["tick", "quote", "index", "change", "x", None, 3]),
                            "isuSrtCd": st.sampled_from(["005930", "K1", FUTURE, OPTION, "x", None, 5, [], "2" * 9]),
                            "items": st.lists(st.sampled_from(["trdPrc", "trdTm", "x", None, {}]), max_size=3),
                            "key": st.sampled_from([KEY, None]),
                            "membername": st.just("me"),
                        },
                    ),
                ),
            ),
            max_size=25,
        ),
        st.sampled_from(["ok", "snapshot", "push", "mixed"]),
    )
    def test_no_message_breaks_a_session_or_its_limits(self, said: list[str | bytes], acknowledge: Any):
        session = Session(desk(registrations=3, acknowledge=acknowledge))
        for message in said:
            answers = session.receive(message)
            assert len(answers) <= 2
            assert len(session.registrations) <= 3


class TestOptions:
    @pytest.mark.parametrize("options", [{"registrations": 0}, {"sessions": True}, {"acknowledge": "no"}, {"times": 3}])
    def test_what_cannot_be_is_refused(self, options: dict[str, Any]):
        with pytest.raises(ArgumentError):
            StreamOptions(**options)
