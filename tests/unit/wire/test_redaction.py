from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.settings import Secret
from kosdata.wire.redaction import redacted, shown

KEYS = ["canary-9f1c4e7ab2d85306e1f7c3a9", 'canary+7d1f/9e=="\\&']
FORMS = {
    "plain": str,
    "quote": quote,
    "url": lambda key: quote(key, safe=""),
    "plus": quote_plus,
    "lower": lambda key: quote(key, safe="").lower(),
    "json": lambda key: json.dumps(key)[1:-1],
    "slashes": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "unicode": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "hex": lambda key: key.encode().hex(),
    "HEX": lambda key: key.encode().hex().upper(),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 url": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 in url": lambda key: quote(base64.b64encode(key.encode()).decode(), safe=""),
    "base64 of more": lambda key: base64.b64encode(b"key=" + key.encode() + b"&a=1").decode(),
    "base64 of others": lambda key: base64.b64encode(b"x:" + key.encode()).decode(),
}


class TestKey:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("key", KEYS)
    def test_no_form_of_it_is_shown(self, key: str, form: str) -> None:
        echoed = FORMS[form](key)
        for text in (echoed, f'{{"error":"{echoed}"}}', f"A{echoed}!", echoed * 100, "z" * 195 + echoed, "가" + echoed):
            told = redacted(text, Secret(key))
            assert len(told) <= 200
            # A run of the echo long enough to be of use to anybody.
            assert not any(echoed[at : at + 8] in told for at in range(len(echoed) - 7) if len(echoed) > 8)

    def test_what_is_cut_off_leaves_no_part_of_it(self) -> None:
        key = KEYS[0]
        for before in range(900, 1300):
            told = redacted(" " * before + key, Secret(key), most=5_000)
            assert key[:4] not in told
        assert redacted(key * 1_000, Secret(key)).strip("*") == ""

    @given(st.text(max_size=300), st.integers(0, 250))
    def test_other_text_stays_as_it_is(self, text: str, most: int) -> None:
        assert redacted(text, Secret("canarycanary"), most) == text[:most]
        assert redacted(text, None, most) == text[:most]

    def test_control_characters_are_escaped(self) -> None:
        assert shown("a\x1b[31m\r\n\u202e가", None) == "a\\x1b[31m\\x0d\\x0a\\x202e가"
        assert len(shown("\x00" * 500, None)) == 200
