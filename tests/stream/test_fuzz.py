"""Whatever comes over the wire: nothing escapes, what is good arrives, and the rest is counted."""

from __future__ import annotations

import json
import math
from collections import Counter
from random import Random
from typing import Any

import pytest

from kosdata.simulator import frames
from kosdata.wire.stream import messages
from tests.stream.watching import blast

COUNT = 100_000
CODE = "005930"


def trade(n: int) -> dict[str, Any]:
    clock = 9_000_000 + n % 60 * 100
    return {"isuSrtCd": CODE, "trdPrc": 70_000 + n % 50 * 100, "trdvol": 1, "accTrdvol": n + 1, "trdTm": clock}


def good(luck: Random, n: int) -> bytes:
    """Return a tick as it may travel: in other spellings, and in fragments with pings between."""
    body = messages.push("tick", trade(n)).encode()
    match luck.randrange(6):
        case 0:
            body = body.replace(b"trdvol", b"trdVol")
        case 1:
            body = body.replace(b'"trdTm":', b'"trdTm":0')  # bare zeros
        case 2:
            body = body[:-2] + ',"isuKorAbbr":"삼성전자"}}'.encode()
        case 3:
            cuts = sorted(luck.sample(range(1, len(body)), 2))
            parts = [body[: cuts[0]], body[cuts[0] : cuts[1]], body[cuts[1] :]]
            ping = frames.frame(frames.PING, b"?")
            kinds = (frames.TEXT, frames.CONTINUATION, frames.CONTINUATION)
            whole = [
                frames.frame(kind, part, final=at == 2)
                for at, (kind, part) in enumerate(zip(kinds, parts, strict=True))
            ]
            return ping.join(whole)
        case _:
            pass
    return frames.frame(frames.TEXT, body)


def bad(luck: Random, body: bytes) -> tuple[bytes, str | None]:
    """Return what is no tick, and as what it must be counted: None if it is a message all the same."""
    pushed: dict[str, Any] = {"preset": "tick", **trade(0)}
    match luck.randrange(14):
        case 0:
            return b"\xff" + luck.randbytes(luck.randint(0, 200)), "text"
        case 1:  # only the whole of it is JSON
            return body[: luck.randint(1, len(body) - 1)], "text"
        case 2:  # not in the envelope, of which nothing is needed
            at = luck.randrange(body.index(b"params"), len(body))
            return body[:at] + bytes([luck.randrange(0x80, 0x100)]) + body[at + 1 :], "text"
        case 3:
            return b"[{"[luck.randrange(2) :][:1] * luck.randint(1, 5_000), "text"
        case 4:
            return json.dumps(luck.choice([None, 1, "x", True, math.pi, {}, {"a": {"b": []}}])).encode(), "shape"
        case 5:
            params = luck.choice([None, 3, "x", []])
            return json.dumps({"method": "push", "params": params}).encode(), "shape"
        case 6:
            return messages.push(luck.choice(["quote", "tick10", "", "틱"]), trade(0)).encode(), "preset"
        case 7:
            del pushed["isuSrtCd"]
        case 8:
            pushed["isuSrtCd"] = luck.choice([None, 1.5, [], {}, True])
        case 9:
            pushed["trdPrc"] = luck.choice(["x", "1e", "1-2", [], {}, True])
        case 10:
            pushed["trdTm"] = luck.choice([9_750_000, 9_006_100, "x", [1], True])
        case 11:
            pushed["trdvol"] = luck.choice([None, -1, "x", 0.5, [], True])
        case 12:
            return luck.choice(
                [messages.ok(10**6), messages.heartbeat(1), messages.refusal("no", 47, 10**6)]
            ).encode(), None
        case _:
            return messages.image(10**6, trade(0)).encode(), None
    return json.dumps({"method": "push", "params": pushed}).encode(), "row"


KINDS = {"json": "text", "encoding": "text", "shape": "shape", "preset": "preset", "code": "row", "row": "row"}


@pytest.mark.parametrize("seed", [0])
def test_of_a_hundred_thousand_frames_the_good_ones_arrive_and_the_others_are_counted(seed: int):
    luck, oracle, sent, parts = Random(seed), Counter[str](), 0, []
    for n in range(COUNT):
        if luck.random() < 0.1 or n == COUNT - 1:
            parts.append(good(luck, sent))
            sent += 1
            continue
        body, kind = bad(luck, messages.push("tick", trade(sent)).encode())
        oracle[kind or "none"] += 1
        parts.append(frames.frame(luck.choice((frames.TEXT, frames.BINARY)), body))
    del oracle["none"]
    with blast([CODE], [b"".join(parts[at : at + 500]) for at in range(0, COUNT, 500)], maxlen=COUNT) as stream:
        assert stream.wait(rows=sent, timeout=40)
        frame, stats = stream.frame, stream.stats
        counted = Counter[str]()
        for reason, kind in KINDS.items():
            counted[kind] += stats.get(f"malformed_{reason}", 0)
        assert frame["volume"].tolist() == list(range(1, sent + 1))
        assert frame["price"].tolist() == [70_000 + n % 50 * 100 for n in range(sent)]
        assert counted == oracle
        assert stats["malformed"] == sum(oracle.values()) > COUNT // 2
        assert (stats["state"], stats["reconnects"], len(stream.gaps)) == ("open", 0, 0)
        assert len(stream.malformed) == 20
