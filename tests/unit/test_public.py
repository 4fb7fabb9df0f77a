"""The public surface, the quiet import, and what must stand nowhere in the project."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import kosdata as kd
from kosdata import errors
from kosdata.settings import Secret, Settings, is_loopback
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

QUIET = """
import socket, sys, threading
def refuse(*_): raise AssertionError("a socket was opened")
socket.socket = refuse
import pandas
before = set(sys.modules)
import kosdata
assert threading.active_count() == 1
added = set(sys.modules) - before
assert not {"requests", "requests_cache", "matplotlib", "aiohttp", "picows", "msgspec"} & added
# All that comes with it are the errors, and the door of frames.
ours = {"kosdata", "kosdata.errors", "kosdata.frame", "kosdata.frame.accessor"}
assert {name for name in added if name.startswith("kosdata")} == ours
assert pandas.DataFrame({"close": [1.0]}).kos is not None
assert {"fetch", "demo"} <= set(dir(kosdata))
"""


def test_the_import_opens_nothing_prints_nothing_and_loads_nothing_heavy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", QUIET],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_every_public_name_is_there() -> None:
    for name in kd.__all__:
        assert getattr(kd, name) is not None
    assert set(errors.__all__) <= set(kd.__all__)
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = kd.nothing_here


def test_no_key_stands_anywhere_in_the_project() -> None:
    shape = re.compile(rb"l7xx[0-9a-f]{32}")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    assert not [p for p in paths if p.is_file() and shape.search(p.read_bytes())]


def test_settings_come_from_arguments_then_the_environment_then_the_defaults() -> None:
    environ = {"KOSCOM_API_KEY": "from-outside", "KOSDATA_ENV": "sandbox", "KOSDATA_CACHE_DIR": "~/x"}
    assert Settings.from_env(environ, env="demo").cache is True
    settings = Settings.from_env(environ, env="production")
    assert settings.env == "production"
    assert settings.api_key == Secret("from-outside")
    assert str(settings.cache).endswith("/x")
    assert "~" not in str(settings.cache)
    assert Settings.from_env({}).env == "production"
    assert Settings.from_env({}).address() == "https://oap.k-mydata.org"


@pytest.mark.parametrize("key", ["", "  ", "a b", "key\n", "열쇠", 5])
def test_a_blank_or_broken_key_is_refused_without_showing_it(key: object) -> None:
    with pytest.raises(kd.ConfigError, match="KOSCOM_API_KEY") as caught:
        Settings().changed(api_key=key)
    assert "a b" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base_url": "http://example.com"}, "clear text"),
        ({"stream_url": "ws://example.com"}, "clear text"),
        ({"base_url": "ftp://example.com"}, "https://"),
        ({"base_url": "https://user:pass@example.com"}, "no user"),
        ({"base_url": "https://example.com?apikey=x"}, "no key"),
        ({"env": "live"}, "production"),
        ({"auth": "cookie"}, "header"),
        ({"timeout": 0}, "timeout"),
        ({"retries": True}, "retries"),
        ({"concurrency": 0}, "concurrency"),
        ({"pace": -1}, "pace"),
        ({"retry": 3}, "No setting is called 'retry'"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(kd.ConfigError, match=said):
        Settings().changed(**given)


def test_clear_text_is_for_this_machine_or_on_demand() -> None:
    assert Settings().changed(base_url="http://127.0.0.1:8080/").base_url == "http://127.0.0.1:8080"
    assert Settings().changed(base_url="http://example.com", allow_insecure=True).base_url
    assert is_loopback("localhost")
    assert is_loopback("::1")
    assert not is_loopback("127.0.0.1.example.com")
    assert not is_loopback(None)


def test_a_secret_shows_itself_to_nobody_who_does_not_ask() -> None:
    import copy
    import json
    import pickle

    secret = Secret("canary-key")
    shown = f"{secret} {secret!r} {[secret]} {vars(type(secret))} {Settings(api_key=secret)!r}"
    assert "canary" not in shown
    assert copy.deepcopy(secret).reveal() == "canary-key"
    assert pickle.loads(pickle.dumps(secret)) is None
    assert b"canary" not in pickle.dumps(Settings(api_key=secret))
    with pytest.raises(TypeError):
        json.dumps(secret)
