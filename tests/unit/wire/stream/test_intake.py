from __future__ import annotations

import json
import random
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kosdata.catalogue import STREAMS
from kosdata.catalogue.model import Field, Kind
from kosdata.frame.pushes import Schema, schema, typed
from kosdata.settings import Secret
from kosdata.wire.stream import messages
from kosdata.wire.stream.intake import Intake
from kosdata.wire.stream.messages import Refusal, Reply
from tests.conftest import REFERENCE, needs_reference

PRESETS = STREAMS["ws_issue"].presets
TICK = {"isuSrtCd": "005930", "trdPrc": 71000, "trdvol": 10, "accTrdvol": 1000, "accTrdval": 71000000, "trdTm": 9000125}
BUNDLED = {"isuSrtCd": "000210", "trdPrc": "81000", "trdVol": "5", "trdTm": "14340400"}
NOON = 1_704_942_000_000_000  # 2024-01-11 12:00 in Seoul
DOCUMENTED = sorted(p.stem for p in (REFERENCE / "examples").glob("ws_push_*.json")) if REFERENCE.is_dir() else []


class Received:
    """An intake, and the frame that its rows would make."""

    def __init__(self, preset: str = "tick", *products: str, market: bool = False, key: str | None = None) -> None:
        records = [PRESETS[preset, product] for product in products or ("stock",)]
        self.schema: Schema = schema(preset, [STREAMS["ws_all_kospi"].presets["tick", "stock"]] if market else records)
        self.intake = Intake(
            preset,
            self.schema.fields,
            clock=lambda: NOON,
            is_bundled=market,
            secret=None if key is None else Secret(key),
        )
        self.unread = 0

    def take(self, *payloads: Any) -> list[dict[str, Any]]:
        for payload in payloads:
            assert self.intake.message(payload) is None
        self.intake.stamp()
        batch = self.intake.take()
        received = np.repeat(*np.array(batch.marks, dtype=np.int64).reshape(-1, 2).T[::-1])
        arrays, unread = typed(self.schema, batch.columns, received)
        self.unread += len(unread)
        assert not self.intake.waiting
        columns = {name: v.tolist() if isinstance(v, np.ndarray) else list(v) for name, v in arrays.items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    @property
    def lost(self) -> int:
        return self.unread + sum(self.intake.malformed.values())

    def is_fast_with(self, payload: str | bytes) -> bool:
        try:
            self.intake.decode(payload)
        except Exception:  # noqa: BLE001
            return False
        return True


def push(preset: str | None = "tick", **row: Any) -> str:
    return messages.push(preset, TICK | row)


def same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    return repr(one) == repr(other)  # NaN for NaN


# Values as they may come, by kind ---------------------------------------------------------------------------------

NUMBER = st.integers(0, 10**13) | st.floats(0, 1e9).map(lambda x: round(x, 2))
ABSENT = st.sampled_from([None, "", " -", "-"])
DIGITS = st.integers(0, 99_999).map(lambda n: f"{n:05d}") | st.integers(0, 9)
CLOCKS = st.builds(
    lambda h, m, s, c: h * 10**6 + m * 10**4 + s * 100 + c,
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
    st.integers(0, 99),
)


def values(field: Field) -> st.SearchStrategy[Any]:
    if field.column == "code":
        return st.sampled_from(["005930", "005930*001", "201S6212*006", 5930])
    if field.kind is Kind.TIME:
        return CLOCKS | CLOCKS.map(lambda n: f"{n:08d}") | st.sampled_from([0, 31000000, "31000000", None, ""])
    if field.kind is Kind.QUANTITY and field.required:
        return (
            st.integers(0, 10**9) | st.integers(0, 10**9).map(str) | st.sampled_from([1.5, -1, "x", None, 2.0, "1,000"])
        )
    if field.kind in {Kind.PRICE, Kind.NUMBER, Kind.RATIO, Kind.QUANTITY, Kind.AMOUNT}:
        signed = NUMBER | NUMBER.map(lambda x: -x)
        return signed | signed.map(str) | signed.map(lambda x: f"{x:,}") | ABSENT | st.sampled_from(["word", True, [1]])
    return DIGITS | st.sampled_from(["Y", "가나", " x ", None, ""])


@st.composite
def rows(draw: st.DrawFn, preset: str, product: str) -> dict[str, Any]:
    record = PRESETS[preset, product]
    row: dict[str, Any] = {"isuSrtCd": draw(values(record["code"]))}
    for field in record.fields:
        if field.column != "code" and draw(st.integers(0, 9)):
            name = draw(st.sampled_from(field.spellings))
            cased = draw(st.sampled_from([name, name, name, name.upper(), name.lower(), name.swapcase()]))
            row[cased] = draw(values(field))
    for extra in draw(
        st.lists(st.sampled_from(["seq", 'q"uote', "back\\slash", "", "\n", "한글", "unknown_0"]), max_size=2)
    ):
        row[extra] = draw(st.none() | st.integers() | st.lists(st.integers()) | st.text(max_size=3))
    return dict(draw(st.permutations(list(row.items()))))


ISSUES = sorted((preset, product) for preset, product in PRESETS if preset != "change")


class TestBothWays:
    @pytest.mark.parametrize(("preset", "product"), ISSUES)
    @settings(max_examples=8)
    @given(data=st.data())
    def test_rows_are_the_same_fast_and_patiently(self, preset: str, product: str, data: st.DataObject) -> None:
        fast, patient = Received(preset, product), Received(preset, product)
        for row in data.draw(st.lists(rows(preset, product), min_size=1, max_size=3)):
            text = messages.push(preset, row)
            assert same(fast.take(text), patient.take(json.loads(text)))
            assert same(fast.take(text.encode()), patient.take(json.loads(text)))
            assert fast.lost == patient.lost

    @settings(max_examples=8)
    @given(st.lists(st.lists(rows("tick", "stock"), max_size=3), max_size=3))
    def test_bundles_are_the_same_fast_and_patiently(self, bundles: list[list[dict[str, Any]]]) -> None:
        fast, patient = Received(market=True), Received(market=True)
        for bundle in bundles:
            for _ in range(2):
                assert same(fast.take(messages.bundle(bundle)), patient.take(json.loads(json.dumps(bundle))))
        assert fast.lost == patient.lost

    @needs_reference
    @pytest.mark.parametrize("stem", DOCUMENTED)
    def test_documented_pushes_are_fast_from_the_second_on(self, stem: str) -> None:
        body = json.loads((REFERENCE / "examples" / f"{stem}.json").read_text(encoding="utf-8"))["body"]
        is_market, preset = isinstance(body, list), "tick" if isinstance(body, list) else body["params"].get("preset")
        if preset is None:
            return
        products = [product for of, product in ISSUES if of == preset]
        received = Received(preset, *products, market=is_market)
        text = json.dumps(body)
        first = received.take(text)
        assert len(first) == (len(body) if is_market else 1)
        assert received.is_fast_with(text)
        assert same(received.take(text), first)
        assert received.lost == 0

    @pytest.mark.parametrize(("preset", "product"), ISSUES)
    def test_no_two_columns_of_a_frame_share_a_name(self, preset: str, product: str) -> None:
        of = Received(preset, *(p for name, p in ISSUES if name == preset))
        names = [name for field in of.schema.fields.values() for name in {each.casefold() for each in field.spellings}]
        assert len(set(names)) == len(names)


class TestLearning:
    @pytest.mark.parametrize("name", ["trdVol", "TRDVOL", "trdvol", "TrDvOl"])
    def test_a_spelling_is_slow_once(self, name: str) -> None:
        received = Received()
        row = {name if key == "trdvol" else key: value for key, value in TICK.items()}
        (first,) = received.take(messages.push("tick", row))
        assert first["size"] == 10
        assert received.is_fast_with(messages.push("tick", row))

    def test_names_of_nothing_are_slow_once(self) -> None:
        received = Received()
        for n in range(300):
            received.take(push(**{f"x{n}": [n]}))
        assert received.is_fast_with(push(x0=None, x255=1))
        assert not received.is_fast_with(push(x256=1))
        assert len(received.take(push(x256=1), push(x999=1))) == 2
        assert received.lost == 0

    @pytest.mark.parametrize(
        "name", ['a"b', "a\\b", "\x01", "", "preset2", "unknown_0", "한글", "\u2028", "a b", "Preset"]
    )
    def test_no_name_breaks_anything(self, name: str) -> None:
        received = Received()
        assert len(received.take(push(**{name: 1}), push(**{name: 1}), push(), push(x=1))) == 4
        assert received.is_fast_with(push(x=2))
        assert received.lost == 0

    def test_two_spellings_in_one_message_are_read_again_and_again(self) -> None:
        received = Received()
        for _ in range(3):
            (row,) = received.take(push(trdVol=7))
            assert row["size"] == 7
        assert received.is_fast_with(push().replace("trdvol", "trdVol"))

    def test_lessons_end_and_rows_do_not(self) -> None:
        received = Received()
        for n in range(1_100):
            name = "trdvol" if n % 2 else "trdVol"
            row = {name if key == "trdvol" else key: value for key, value in TICK.items()}
            text = messages.push("tick", row) if n % 3 else messages.bundle([row])
            assert [r["size"] for r in received.take(text)] == [10]
        assert received.lost == 0

    def test_objects_and_bundles_may_alternate(self) -> None:
        received = Received()
        told = [
            push(),
            messages.bundle([BUNDLED] * 3),
            push(),
            "[]",
            push(),
            push(),
            messages.bundle([TICK]),
            "[]",
            "[]",
        ]
        assert len(received.take(*told)) == 8
        assert len(received.take(*map(json.loads, told))) == 8
        assert received.lost == 0


class TestBundles:
    @pytest.mark.parametrize(
        "bad", [None, 1, "x", [], {}, {"trdPrc": 1}, {**BUNDLED, "isuSrtCd": None}, {**BUNDLED, "trdPrc": "?"}]
    )
    def test_one_bad_item_costs_one_item(self, bad: Any) -> None:
        received = Received(market=True)
        for _ in range(2):
            before = received.lost
            found = received.take(json.dumps([BUNDLED] * 20 + [bad] + [BUNDLED] * 29))
            assert len(found) == 49
            assert received.lost == before + 1

    def test_numbers_beyond_all_bounds_cost_one_value(self) -> None:
        received = Received(market=True)
        text = json.dumps([BUNDLED, BUNDLED | {"trdPrc": None}, BUNDLED])
        found = received.take(*(text.replace("null", odd) for odd in ("1e999", "NaN", "-Infinity", "9" * 400, "null")))
        assert len(found) == 15
        assert [row["price"] != row["price"] for row in found] == [False, True, False] * 5


class TestOthers:
    def test_another_preset_is_counted_and_no_row(self) -> None:
        received = Received()
        assert len(received.take(push(), push("quote"), push(None), push(), push("quote", x=1))) == 3
        assert received.intake.malformed == {"preset": 2}

    def test_answers_are_handed_back(self) -> None:
        intake = Received().intake
        row = {"isuSrtCd": "005930", "trdPrc": 1}
        assert intake.message(messages.ok(3)) == Reply(3)
        assert intake.message(messages.image(4, row).encode()) == Reply(4, row)
        assert intake.message(messages.refusal("no", 47)) == Refusal("no", 47)
        assert not intake.waiting

    def test_repairs_are_counted(self) -> None:
        received = Received()
        (row,) = received.take(
            '{"method":"push","params":{"isuSrtCd":005930,"trdPrc":1310000,"trdvol":86,"trdTm":09450155}}'
        )
        assert (row["code"], row["size"], received.intake.repaired) == ("005930", 86, 1)

    def test_an_image_is_no_row(self) -> None:
        intake = Received().intake
        assert intake.image({"isuSrtCd": "005930*001", "TRDPRC": 5, "mkStatTpCd": 1})["price"] == 5
        assert intake.image({"trdPrc": 5}) == {"price": 5}
        assert list(intake.images) == ["005930"]
        assert intake.images["005930"].received == NOON
        assert not intake.waiting

    @pytest.mark.parametrize(
        "payload",
        [{1: 2}, {"method": "push", "params": {1: 2, "isuSrtCd": "1"}}, object(), 5, None, {"id": 1}, [object()], (1,)],
        ids=["key", "params", "object", "number", "none", "no row", "junk", "tuple"],
    )
    def test_no_message_of_a_user_raises(self, payload: Any) -> None:
        Received().intake.message(payload)

    def test_a_message_that_cannot_even_be_shown_is_counted(self) -> None:
        class Odd:
            def __str__(self) -> str:
                raise ValueError

        nested: list[Any] = []
        for _ in range(sys.getrecursionlimit() * 3):
            nested = [nested]
        intake = Received().intake
        for payload in (Odd(), {"error": nested}, {"method": nested}):
            intake.message(payload)
        assert intake.malformed == {"shape": 3}


class TestChange:
    def received(self) -> Received:
        return Received("change")

    def test_a_patch_is_laid_over_the_last_row(self) -> None:
        received = self.received()
        found = received.take(
            messages.push(None, {"isuCd": "KR7005930003", "isuSrtCd": "005930", "trdPrc": 2465000, "trdTm": 14340400}),
            messages.push(None, {"isuSrtCd": "000660", "trdPrc": 5}),
            messages.push("change", {"isuSrtCd": "005930", "TrdPrc": 2466000}),
            messages.push(None, {"isuSrtCd": "005930", "trdTm": 14340300}),
        )
        assert [(row["code"], row["price"]) for row in found] == [
            ("005930", 2465000.0),
            ("000660", 5.0),
            ("005930", 2466000.0),
            ("005930", 2466000.0),
        ]
        assert found[2]["time"] == found[0]["time"]
        assert found[3]["time"] == found[0]["time"] - 1_000_000
        assert found[1]["time"] < 0 < found[0]["time"]
        assert found[3]["isin"] == "KR7005930003"

    def test_an_image_is_what_a_patch_is_laid_over(self) -> None:
        received = self.received()
        received.intake.image({"isuSrtCd": "005930", "trdPrc": 7, "opnprc": 6})
        (row,) = received.take(messages.push(None, {"isuSrtCd": "005930*001", "trdPrc": 8}))
        assert (row["price"], row["open"]) == (8.0, 6.0)

    @given(
        st.lists(
            st.dictionaries(st.sampled_from(["trdPrc", "opnprc", "hgprc"]), st.integers(1, 99), max_size=3), max_size=9
        )
    )
    def test_each_row_is_all_that_was_told_so_far(self, patches: list[dict[str, int]]) -> None:
        received = self.received()
        known: dict[str, int] = {}
        for patch in patches:
            known |= patch
            (row,) = received.take(messages.push(None, {"isuSrtCd": "005930"} | patch))
            for name, column in (("trdPrc", "price"), ("opnprc", "open"), ("hgprc", "high")):
                assert row[column] == known[name] if name in known else row[column] != row[column]


class TestSamples:
    def test_they_are_few_and_short_and_plain(self) -> None:
        intake = Received().intake
        for n in range(100):
            intake.message(f"{n}\x1b[31m\r\n\u202e" + "가" * 10**4)
            intake.message(b"\x00\xff" * 10**4)
        assert intake.malformed["json"] + intake.malformed["encoding"] == 200
        assert len(intake.samples) == 20
        for sample in intake.samples:
            assert sample.received == NOON
            assert sample.sample.isascii()
            assert sample.sample.isprintable()
            assert len(sample.sample) <= 2_000

    @pytest.mark.parametrize(
        "form",
        [
            str,
            partial(quote, safe=""),
            lambda k: json.dumps(k)[1:-1],
            lambda k: k.encode().hex(),
            lambda k: b64encode(k.encode()).decode(),
        ],
        ids=["plain", "url", "json", "hex", "base64"],
    )
    def test_the_key_is_in_none(self, form: Any) -> None:
        key = 'canary+7d1f/9e"\\l7'
        received = Received(key=key)
        echoed = form(key)
        told = [
            f"no JSON: {echoed}",
            f"{' ' * 190}{echoed}",
            echoed * 30,
            push("quote", x=echoed),
            {"x": echoed},
            push(isuSrtCd=None, x=echoed),
        ]
        received.take(*told, *(t.encode() for t in told if isinstance(t, str)))
        received.intake.spoil("row", {"code": echoed})
        assert received.lost == 12
        for sample in received.intake.samples:
            assert echoed not in sample.sample
            assert "canary" not in sample.sample
            assert echoed.encode("unicode_escape").decode()[:9] not in sample.sample


class TestThreads:
    @pytest.mark.parametrize("seed", range(3))
    def test_nothing_is_lost_or_doubled_between_two(self, seed: int) -> None:
        received, dice, total = Received(), random.Random(seed), 20_000
        intake, done = received.intake, threading.Event()

        def feed() -> None:
            clock = count(1)
            left = iter(range(total))
            for size in iter(lambda: dice.randint(0, 40), None):
                texts = [push(trdvol=n) for n in islice(left, size)]
                for text in texts:
                    if dice.random() < 0.5:
                        intake.message(text)
                    else:
                        intake.rows.append(intake.decode(text).params)
                intake.stamp(next(clock))
                if not texts and size:
                    break
            done.set()

        thread = threading.Thread(target=feed)
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        found: list[int] = []
        stamps: list[int] = []
        try:
            thread.start()
            while True:
                last = done.is_set()
                batch = intake.take()
                assert sum(size for size, _ in batch.marks) == len(batch.columns.get("size", ()))
                found += batch.columns.get("size", ())
                stamps += [at for _, at in batch.marks]
                if last:
                    break
        finally:
            sys.setswitchinterval(before)
            thread.join(10)
        assert found == list(range(total))
        assert stamps == sorted(set(stamps))
        assert not intake.waiting

    def test_rows_wait_until_their_arrival_is_known(self) -> None:
        intake = Received().intake
        intake.message(push())
        assert intake.take().marks == []
        intake.stamp(5)
        intake.message(push())
        assert intake.waiting == 2
        batch = intake.take()
        assert (batch.marks, len(batch.columns["code"]), intake.waiting) == ([(1, 5)], 1, 1)
        intake.stamp(6)
        assert intake.take().marks == [(1, 6)]


class TestTap:
    def test_it_is_shown_everything_that_comes(self) -> None:
        class Tap(list[Any]):
            message = list.append
            stamp = list.append

        received, tap = Received(), Tap()
        received.intake.tapped(tap)
        told = [push(), "nonsense", messages.ok(1).encode(), push(x=1), push(x=1)]
        for text in told:
            received.intake.message(text)
        with pytest.raises(TypeError):
            received.intake.decode(push())
        received.intake.stamp(7)
        assert tap == [*told, 7]
        received.intake.tapped(None)
        assert received.is_fast_with(push())
        assert len(received.intake.take().columns["code"]) == 3


class TestFuzz:
    """Payloads with their verdict: whether json.loads and the rules of the documents make a trade of them."""

    GOOD = (
        {},
        {"trdPrc": "71,000"},
        {"trdvol": "5"},
        {"trdTm": "09000125"},
        {"seq": 1},
        {"trdPrc": None},
        {"isuSrtCd": 5930},
    )
    BAD = (
        {"trdvol": "x"},
        {"trdvol": -1},
        {"trdvol": None},
        {"trdvol": 1.5},
        {"trdvol": True},
        {"trdPrc": "word"},
        {"trdPrc": []},
        {"trdTm": 9750000},
        {"trdTm": "noon"},
        {"isuSrtCd": None},
        {"isuSrtCd": ""},
        {"isuSrtCd": []},
        {"preset": "quote"},
    )

    def payloads(self, dice: random.Random, n: int) -> Iterator[tuple[bytes, bool]]:
        whole = push().encode()
        for _ in range(n):
            match dice.randrange(20):
                case 0 | 1:
                    yield push(**dice.choice(self.GOOD)).encode(), True
                case 2 | 3 | 4:
                    yield push(**dice.choice(self.BAD)).encode(), False
                case 5 | 6 | 7:
                    yield whole[: dice.randrange(len(whole))], False
                case 8 | 9:
                    yield (
                        dice.choice(
                            [b"{}", b"1", b'"x"', b'{"method":"push"}', b'{"method":2,"params":1}', b"[" * 2_000]
                        ),
                        False,
                    )
                case _:
                    raw = bytearray(whole)
                    for _ in range(dice.randint(1, 3)):
                        # A byte that no JSON has. What stands before the row is not looked at by the fast way.
                        raw[dice.randrange(whole.index(b"params"), len(raw))] = dice.choice(b"\x00\x01\x1f\xff\xfe")
                    yield bytes(raw), False

    def test_all_trades_arrive_and_all_the_rest_is_counted(self) -> None:
        received, dice = Received(key="canarycanary"), random.Random(20240112)
        good = bad = came = 0
        for n, (payload, is_good) in enumerate(self.payloads(dice, 100_000)):
            assert received.intake.message(payload) is None
            good, bad = good + is_good, bad + (not is_good)
            if n % 1_000 == 999:
                found = received.take()
                came += len(found)
                assert {row["code"] for row in found} <= {"005930"}
        assert (came, received.lost) == (good, bad)
        assert 0.08 < good / 100_000 < 0.12

    def test_any_damage_is_a_row_or_is_counted(self) -> None:
        received, dice = Received(), random.Random(7)
        whole = push(isuCd="KR7005930003").encode()
        come = told = 0
        for _ in range(2_000):
            raw = bytearray(whole)
            for _ in range(dice.randint(1, 3)):
                at = dice.randrange(len(raw))
                raw[at : at + dice.randrange(3)] = dice.choice(
                    [b"", b'"', b"0", b"{", b",", b"\\", b"-", b"e9", b"]", b":"]
                )
            told += received.intake.message(bytes(raw)) is not None
            come += len(received.take())
        assert come + received.lost + told == 2_000
