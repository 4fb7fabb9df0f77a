"""A stream on disk: what is recorded replays to the same frame, and what cannot be read or written is told."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kosdata as kd
from kosdata.errors import ArgumentError, StoreError
from kosdata.research.live import feeds
from kosdata.research.live.recording import Head, Recorder, head, recorded
from kosdata.settings import DEMO_KEY
from kosdata.simulator import Schedule, Simulator, StreamFault, StreamOptions
from tests.unit.research.live.feeding import PATIENCE, AtOnce, Hand, at, came, push, row

SECRET = DEMO_KEY


def played(path: Path) -> kd.Stream:
    with kd.replay(path) as stream:
        stream.wait(rows=10**9, timeout=PATIENCE)
    return stream


def record(path: Path, *messages: Any) -> kd.Stream:
    with kd.stream_to_frame(source=iter(messages), record=path) as stream:
        stream.wait(rows=10**9, timeout=PATIENCE)
    return stream


def test_a_recording_replays_to_the_same_frame_received_included(tmp_path: Path) -> None:
    path = tmp_path / "ticks.jsonl"
    messages = [
        push(row(price=1.5)),
        push(row("000660")).encode(),
        {"method": "push", "params": {"preset": "tick", **row("035720", size=7)}},
        "no json",
        '{"method": "push", "params": {"preset": "tick", "isuSrtCd": 005930, "trdPrc": 1, "trdvol": 1}}',
    ]
    stream, again = record(path, *messages), played(path)
    assert len(stream) == 4
    pd.testing.assert_frame_equal(again.frame, stream.frame)
    for name in ("malformed", "repaired", "received"):
        assert again.stats[name] == stream.stats[name]


@pytest.mark.parametrize("fault", ["close", "fin", "cut"])
@pytest.mark.parametrize("acknowledge", ["ok", "snapshot", "push"])
def test_a_recording_replays_breaks_and_what_they_cost(fault: Any, acknowledge: Any, tmp_path: Path) -> None:
    path = tmp_path / "ticks.jsonl"
    options = StreamOptions(acknowledge=acknowledge)
    faults = Schedule([StreamFault(fault, after=12, times=1)])
    with (
        Simulator(now="2024-01-12 10:00", speed=0, stream=options, faults=faults) as sim,
        sim.client(rng=AtOnce()) as client,
    ):
        with kd.stream_to_frame(["005930", "000660"], record=path, client=client) as stream:
            sim.clock.advance(900)
            ingest = stream._ingest
            assert ingest.wait_until(lambda: stream._bringer.reconnects == 1 and not ingest.gaps.is_broken, PATIENCE)
            come = len(stream)
            sim.clock.advance(900)
            assert stream.wait(rows=come + 5, timeout=PATIENCE)
        again = played(path)
    pd.testing.assert_frame_equal(again.frame, stream.frame)
    assert len(stream.gaps.query("reason != 'volume'")) >= 1
    pd.testing.assert_frame_equal(again.gaps, stream.gaps)
    assert SECRET not in path.read_text(encoding="utf-8")


def test_the_seconds_of_a_recording_pass_as_fast_as_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ticks.jsonl"
    Recorder(path, Head((), None, "tick", (), "messages")).close()
    lines = [{"at": at(second), "text": push(row(moment=at(second)))} for second in (0, 1, 3, 7)]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    waits: list[float] = []
    monkeypatch.setattr(feeds.Source, "_wait", lambda self, until: waits.append(until))
    with kd.replay(path, speed=2) as stream:
        assert stream.wait(rows=4, timeout=PATIENCE)
    assert [until - waits[0] for until in waits] == pytest.approx([0, 0.5, 1.5, 3.5])
    waits.clear()
    assert len(played(path)) == 4
    assert waits == []


@pytest.mark.parametrize("speed", [0, -1, float("nan"), True, "2"])
def test_a_speed_that_is_none_is_refused(speed: Any, tmp_path: Path) -> None:
    record(tmp_path / "a", push(row()))
    with pytest.raises(ArgumentError, match="speed="):
        kd.replay(tmp_path / "a", speed)


def test_a_last_line_that_was_cut_off_costs_that_line(tmp_path: Path) -> None:
    path = tmp_path / "ticks.jsonl"
    stream = record(path, *(push(row(price=n)) for n in range(1, 6)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    again = played(path)
    pd.testing.assert_frame_equal(again.frame, stream.frame.iloc[:-1])
    assert again.stats["malformed"] == 1


@given(st.binary(max_size=60), st.integers(0, 400))
def test_no_damage_to_lines_after_the_head_ends_a_replay(noise: bytes, where: int) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        record(path, *(push(row(price=n)) for n in range(1, 4)))
        whole = path.read_bytes()
        begin = whole.index(b"\n") + 1
        cut = begin + where % (len(whole) - begin)
        path.write_bytes(whole[:cut] + noise + whole[cut:])
        assert all(line.at is not None for line in recorded(path))


@pytest.mark.parametrize(
    "text", ["", "\n", "[]\n", "no json\n", '{"format": "other"}\n', "[" * 100_000, '{"format": "kosdata stream"}']
)
def test_a_foreign_file_is_no_recording(text: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(text, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        kd.replay(tmp_path / "a")
    assert caught.value.path == str(tmp_path / "a")


@pytest.mark.parametrize(
    "change", [{"codes": None}, {"codes": 5}, {"items": 7}, {"preset": 5}, {"preset": "x"}, {"market": 5}]
)
def test_a_head_that_makes_no_sense_is_no_recording(change: dict[str, Any], tmp_path: Path) -> None:
    record(tmp_path / "a", push(row()))
    first, rest = (tmp_path / "a").read_text(encoding="utf-8").split("\n", 1)
    (tmp_path / "a").write_text(json.dumps(json.loads(first) | change) + "\n" + rest, encoding="utf-8")
    with pytest.raises(StoreError):
        kd.replay(tmp_path / "a")


def test_a_recording_of_a_newer_version_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "a"
    record(path, push(row()))
    path.write_text(path.read_text(encoding="utf-8").replace('"version":1', '"version":2'), encoding="utf-8")
    with pytest.raises(StoreError, match="another version"):
        kd.replay(path)


def test_a_file_that_is_not_there_and_a_folder_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreError, match="cannot be read"):
            kd.replay(path)


def test_a_file_that_exists_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a"
    record(path, push(row()))
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match="overwrite=True"):
        kd.stream_to_frame(source=[push(row())], record=path)
    hand = Hand()
    with kd.stream_to_frame(source=hand) as stream:
        with pytest.raises(ArgumentError, match="overwrite=True"):
            stream.record(path)
        assert path.read_bytes() == before
        assert stream.record(path, overwrite=True) is stream
        hand.say(push(row(price=9)))
        assert stream.wait(timeout=PATIENCE)
    assert played(path).frame["price"].tolist() == [9.0]


def test_a_recording_ends_with_none_and_goes_on_with_another(tmp_path: Path) -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand) as stream:
        for n, path in enumerate((tmp_path / "0", None, tmp_path / "2"), 1):
            stream.record(path)
            hand.say(push(row(price=n)))
            assert stream.wait(rows=n, timeout=PATIENCE)
    assert played(tmp_path / "0").frame["price"].tolist() == [1.0]
    assert played(tmp_path / "2").frame["price"].tolist() == [3.0]


def test_what_has_come_can_be_replayed_while_the_stream_goes_on(tmp_path: Path) -> None:
    hand = Hand()
    with kd.stream_to_frame(source=hand, record=tmp_path / "a") as stream:
        hand.say(push(row()))
        assert stream.wait(timeout=PATIENCE)
        assert len(played(tmp_path / "a")) == 1


def test_a_recording_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    record(tmp_path / "a", push(row()))
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_the_key_is_not_written_even_if_the_service_echoes_it(tmp_path: Path) -> None:
    from kosdata.settings import Secret

    recorder = Recorder(tmp_path / "a", Head((), None, "tick", (), "live"), secret=Secret("abcdefgh"))
    recorder.message(b'{"error": {"message": "key abcdefgh"}}')
    recorder.stamp(at(0))
    recorder.close()
    assert "abcdefgh" not in (tmp_path / "a").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_ends_the_recording_with_a_word_and_not_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    hand = Hand()
    with caplog.at_level(logging.ERROR, "kosdata.stream"), kd.stream_to_frame(source=hand) as stream:
        stream.record("/dev/full", overwrite=True)
        hand.say(*(push(row(price=n)) for n in range(1, 501)))
        assert stream.wait(rows=500, timeout=PATIENCE)
        assert stream.state == "open"
    assert caplog.text.count("a recording has ended") == 1
    assert "/dev/full" in caplog.text


def test_a_place_that_cannot_be_written_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        kd.stream_to_frame(source=[push(row())], record=tmp_path / "none" / "a")


def test_a_head_says_what_was_recorded(tmp_path: Path) -> None:
    with kd.stream_to_frame(["005930"], source=[], preset="change", items=["price"], record=tmp_path / "a"):
        assert head(tmp_path / "a") == Head(("005930",), None, "change", ("price",), "messages")


def test_lines_tell_when_each_message_came(tmp_path: Path) -> None:
    with kd.stream_to_frame(source=[came(at(1)), came(at(2))], record=tmp_path / "a") as stream:
        stream.wait(rows=2, timeout=PATIENCE)
    assert [line.at for line in recorded(tmp_path / "a")] == [at(1), at(2)]
