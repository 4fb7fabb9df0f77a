from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kosdata.wire.stream import messages
from kosdata.wire.stream.messages import Call, Malformed, Push, Refusal, Reply, read
from tests.conftest import REFERENCE, needs_reference

STEMS = sorted(path.stem for path in (REFERENCE / "examples").glob("ws_*.json")) if REFERENCE.is_dir() else []
RAW = sorted(path.name for path in (REFERENCE / "examples").glob("ws_*.raw.txt")) if REFERENCE.is_dir() else []

# What the documents print with nothing worse than bare leading zeros; the rest lacks commas, colons or ends.
REPAIRED = {"ws_result_snapshot.raw.txt"}


def body(stem: str) -> Any:
    return json.loads((REFERENCE / "examples" / f"{stem}.json").read_text(encoding="utf-8"))["body"]


def said(text: str) -> messages.Message:
    message, repaired = read(text)
    assert not repaired
    return message


@needs_reference
class TestDocumented:
    @pytest.mark.parametrize("stem", STEMS)
    def test_every_message_is_read_as_what_it_is(self, stem: str) -> None:
        wanted = body(stem)
        for form in (wanted, json.dumps(wanted), json.dumps(wanted).encode(), memoryview(json.dumps(wanted).encode())):
            message, repaired = read(form)
            assert not repaired
            match stem.split("_")[1]:
                case "push" if isinstance(wanted, list):
                    assert message == Push(wanted, whole_market=True)
                case "push":
                    assert message == Push([wanted["params"]], wanted["params"].get("preset"))
                case "result" if "isuSrtCd" in wanted["result"]:
                    assert message == Reply(1, wanted["result"])
                case "result":
                    assert message == Reply(1)
                case "error":
                    assert message == Refusal(wanted["error"]["message"], 47)
                case _:
                    assert message == Call(wanted["method"], 1, wanted.get("params"))

    @pytest.mark.parametrize("name", RAW)
    def test_printed_text_is_repaired_where_zeros_are_all_that_is_wrong(self, name: str) -> None:
        text = (REFERENCE / "examples" / name).read_text(encoding="utf-8")
        for form in (text, text.encode()):
            if name in REPAIRED:
                message, repaired = read(form)
                assert repaired
                assert message == Reply(1, body(name.removesuffix(".raw.txt"))["result"])
            else:
                with pytest.raises(Malformed, match=r"^json$"):
                    read(form)


class TestBothSides:
    def test_what_the_client_writes_is_what_the_documents_print(self) -> None:
        assert json.loads(messages.init(1, "XXXXXXXX", "XXX Company")) == {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "init",
            "params": {"key": "XXXXXXXX", "membername": "XXX Company"},
        }
        assert json.loads(messages.heartbeat(1)) == {"jsonrpc": "2.0", "id": 1, "method": "heartbeat"}
        if STEMS:
            assert json.loads(messages.subscribe(1, "tick", "005930")) == body("ws_subscribe_tick")
            assert json.loads(messages.subscribe(1, "change", "005930", ["trdPrc", "trdTm"])) == body(
                "ws_subscribe_change"
            )
            assert json.loads(messages.unsubscribe(1, "quote", "005930")) == body("ws_unsubscribe_quote")

    NUMBERS = st.integers(1, 10**9)
    NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    VALUES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, width=32) | NAMES

    @given(NUMBERS, NAMES, NAMES, st.lists(NAMES, max_size=3))
    def test_the_service_reads_what_a_client_writes(self, n: int, one: str, other: str, items: list[str]) -> None:
        assert said(messages.init(n, one, other)) == Call("init", n, {"key": one, "membername": other})
        chosen = {"items": items} if items else {}
        assert said(messages.subscribe(n, one, other, items)) == Call(
            "subscribe", n, {"preset": one, "isuSrtCd": other} | chosen
        )
        assert said(messages.unsubscribe(n, one, other)) == Call("unsubscribe", n, {"preset": one, "isuSrtCd": other})
        assert said(messages.heartbeat(n)) == Call("heartbeat", n)

    @given(NUMBERS | st.none(), NAMES, st.integers(), st.dictionaries(NAMES, VALUES, max_size=4))
    def test_the_client_reads_what_a_service_writes(self, n: int | None, text: str, code: int, row: dict) -> None:
        row |= {"isuSrtCd": "005930"}
        row.pop("preset", None)
        assert said(messages.ok(n)) == Reply(n)
        assert said(messages.image(n, row)) == Reply(n, row)
        assert said(messages.push("tick", row)) == Push([{"preset": "tick"} | row], "tick")
        assert said(messages.push(None, row)) == Push([row])
        assert said(messages.bundle([row, row])) == Push([row, row], whole_market=True)
        if -(2**63) <= code < 2**63:
            assert said(messages.refusal(text, code, n)) == Refusal(text, code, n)


class TestZeros:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("09450155", "09450155"),
            ("00", "00"),
            (" 007 ", "007"),
            ("[01,2,03]", ["01", 2, "03"]),
            ('{"a":01}', {"a": "01"}),
        ],
    )
    def test_bare_numbers_with_leading_zeros_are_quoted(self, value: str, wanted: Any) -> None:
        message, repaired = read(f'{{"method":"push","params":{{"x":{value}}}}}')
        assert repaired
        assert message == Push([{"x": wanted}])

    def test_what_stands_in_a_text_is_left_alone(self) -> None:
        row = {"a": ':01,"b":02}', "c": "\\", "d": '[03]"', "e": 0.5, "f": 0}
        written = json.dumps({"method": "push", "params": row})
        message, repaired = read(written[:-2] + ',"z":09}}')
        assert repaired
        assert message == Push([row | {"z": "09"}])

    @pytest.mark.parametrize("value", ["00.5", "-01", "01e5", "0x1", "01a", "1 01"])
    def test_other_numbers_are_not_guessed(self, value: str) -> None:
        with pytest.raises(Malformed, match=r"^json$"):
            read(f'{{"method":"push","params":{{"x":{value}}}}}')


class TestHostile:
    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            (b"", "json"),
            (b"   ", "json"),
            (b"{", "json"),
            (b'"\xff"', "encoding"),
            (b'{"method":"\xed\xa0\x80"}', "encoding"),
            (b"[" * 100_000, "json"),
            (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json"),
            (b"1" + b"0" * 5_000, "json"),
            (b'{"error":{"message":1' + b"0" * 5_000 + b"}}", "json"),
            (b"1", "shape"),
            (b'"push"', "shape"),
            (b"null", "shape"),
            (b"{}", "shape"),
            (b'{"method":1}', "shape"),
            (b'{"method":"push"}', "shape"),
            (b'{"method":"push","params":[]}', "shape"),
            (b'{"error":null}', "shape"),
        ],
        ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value,
    )
    def test_what_is_no_message_says_why(self, payload: bytes, reason: str) -> None:
        with pytest.raises(Malformed) as caught:
            read(payload)
        assert str(caught.value) == reason
        assert caught.value.__cause__ is None

    def test_one_odd_value_does_not_cost_a_message(self) -> None:
        rows = [{"isuSrtCd": "1"}, {"isuSrtCd": "2", "trdPrc": None}]
        text = json.dumps(rows)
        for odd in ("NaN", "-Infinity", "1e999", r'"\ud800"', "9" * 400):
            message, repaired = read(text.replace("null", odd))
            assert isinstance(message, Push)
            assert not repaired
            assert message.rows[0] == rows[0]
            assert message.rows[1]["isuSrtCd"] == "2"

    def test_a_mark_of_byte_order_is_passed_over(self) -> None:
        assert read(b"\xef\xbb\xbf" + messages.heartbeat(3).encode()) == (Call("heartbeat", 3), False)

    def test_text_with_half_a_character_is_read(self) -> None:
        message, _ = read('{"method":"a\ud800b"}')
        assert message == Call("a?b")

    @pytest.mark.parametrize("number", ["9" * 5_000, True, 1.5, -1.5, [], "x", "", None])
    def test_odd_numbers_of_calls_are_none(self, number: Any) -> None:
        assert said(json.dumps({"id": number, "result": {}})) == Reply(None)

    def test_a_nested_error_says_why_or_is_malformed(self) -> None:
        for depth in range(sys.getrecursionlimit() - 150, sys.getrecursionlimit() + 20):
            try:
                message, _ = read(b'{"error":' + b"[" * depth + b"]" * depth + b"}")
            except Malformed:
                continue
            assert isinstance(message, Refusal)

    @pytest.mark.timeout(20)
    @pytest.mark.parametrize("part", [b'\\"', b'"', b'":01,', b":0 ", b'"\\'])
    def test_a_megabyte_of_nonsense_takes_no_time(self, part: bytes) -> None:
        # Minutes, if each quote were begun from anew.
        with pytest.raises(Malformed):
            read(b'{"' + part * (2**20 // len(part)))

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["id", "error", "result", "method", "params", "message", "code", "isuSrtCd", "preset"])
                | st.text(max_size=3),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )

    @given(JSON)
    @example({"id": "٣", "result": {"isuSrtCd": None}})
    def test_any_json_is_read_or_malformed(self, value: Any) -> None:
        self.reads(value)
        self.reads(json.dumps(value))
        self.reads(json.dumps(value).replace(" ", "").replace(":1", ":01").encode())

    @given(st.binary() | st.text() | st.text(alphabet='{}[]":,\\ 0123456789eE.-nulltrefaspdi').map(str.encode))
    def test_anything_else_is_malformed(self, payload: bytes | str) -> None:
        self.reads(payload)

    @given(st.data())
    def test_damaged_messages_are_read_or_malformed(self, data: st.DataObject) -> None:
        whole = messages.push("tick", {"isuSrtCd": "005930", "trdPrc": 71000, "trdTm": "09000125", "x": '가\\"'})
        raw = bytearray(whole.encode())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(raw) - 1))
            raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
            raw = raw or bytearray(b" ")
        self.reads(bytes(raw))

    def reads(self, payload: Any) -> None:
        reason = None
        try:
            message, repaired = read(payload)
        except Malformed as error:
            reason = str(error)
        if reason is None:
            assert isinstance(message, Push | Reply | Refusal | Call)
            assert isinstance(repaired, bool)
        else:
            assert reason in {"encoding", "json", "shape"}
