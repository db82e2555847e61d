"""Input reader: how text is normalized, and which values are refused with which code."""

from __future__ import annotations

import json
import random
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.values.text import INVISIBLE, composed, is_blank, is_line, tidied
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import UserErrors

NODE: Final = Path(__file__).parents[2] / ".venv" / "bin" / "node"
JUDGE: Final = "const judge = (text) => { try { new URL(text); return true } catch { return false } };"
UNSEEN: Final = [
    "\u3164",
    "\u2800",
    "\u115f\u1160",
    "\ufe0f",
    "\u200b",
    "\u200d\u200c",
    "\u00ad",
    "\u2060",
    "\ufeff",
    "\u180e",
    "\u034f",
]
UNSEEN_TOO: Final = [
    "\uffa0",
    "\u3000",
    "\u00a0",
    "\U000e0100",
    "\U0001d159",
    "\u0301",
    " \u3164\t\u2800 ",
    "\ufff5",
    "\U000e0041",
    "\u061c",
]
ADDRESSES: Final = [
    "https://example.com",
    "https://example.com/",
    "HTTP://EXAMPLE.com:8080/a?b=c#d",
    "https://müller.example/straße?q=ü",
    "https://xn--mller-kva.example/",
    "https://i❤.ws/",
    "https://192.0.2.1/",
    "https://[2001:db8::1]:443/",
    "https://sub_domain.example/",
    "https://example.com/a%20b",
    "https://social.example/@sample",
    "https://example.com?to=sample@mail.example",
    "https://example.com#sample@mail.example",
    "https://example.com/%zz",
]
NO_ADDRESSES: Final = [
    "https://exa<mple.com/",
    "https://%zz/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://xn--/",
    "https://xn--a/",
    "https://www.xn--.example/",
    "https://[::1",
    "https://[1::2::3]/",
    "https://example.com:99999/",
    "https://a b/",
    "https://exa|mple.com/",
    "https://exa^mple.com/",
    "https://a%00b/",
    "https://a%2fb/",
    "https://\u00ad/",
    "https://",
    "https:///",
    "https://:80/",
    "https:example.com",
    "https://user@example.com/",
    "https://user:word@example.com/",
    "https://@example.com/",
    "https://example.com:0/",
    "https://\\\\example.com/",
    "https://example.com\\@other.example/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "//example.com/",
    "example.com",
    "https://exa\u3000mple.com/",
]


def read_url(text: str) -> str | None:
    """Return the URL read from an input, or None if it is refused."""
    return InputReader({"url": text}, UserErrors()).url("url")


def accepted_by_browser(texts: list[str]) -> list[bool]:
    """Return whether the `URL` class of a browser engine accepts each text."""
    script = f"{JUDGE} console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0)).map(judge)))"
    done = subprocess.run([NODE, "-e", script], input=json.dumps(texts), capture_output=True, check=True, text=True)
    verdicts: list[bool] = json.loads(done.stdout)
    return verdicts


@pytest.mark.parametrize("text", ADDRESSES)
def test_valid_url_is_stored_unchanged(text: str) -> None:
    """A valid URL is stored as the sender wrote it."""
    assert text == read_url(text)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_invalid_url_is_refused(text: str) -> None:
    """A URL that browsers refuse, or that hides where it leads, is invalid."""
    assert None is read_url(text)


def test_urls_are_accepted_exactly_as_browsers_do() -> None:
    """Of many generated hosts, the gateway accepts exactly those that a browser accepts."""
    draw = random.Random(12)
    parts = [
        "a",
        "Ü",
        "xn--",
        "xn--a",
        "xn--tda",
        "-",
        "_",
        ".",
        "1",
        "256",
        "0x",
        "%41",
        "%zz",
        "%2e",
        "<",
        "^",
        "|",
        "[",
        ":",
        ":80",
        ":x",
        "ß",
        "❤",
        "。",
        "\u00ad",
        "~",
        "!",
        "$",
        "'",
        "(",
    ]
    hosts = ["".join(draw.choices(parts, k=draw.randint(1, 4))) for _ in range(3_000)]
    texts = [f"https://{host}{draw.choice(['', '/', '/a?b#c'])}" for host in hosts] + ADDRESSES
    verdicts = accepted_by_browser(texts)

    accepted = [read_url(text) is not None for text in texts]
    differing = [
        text
        for text, verdict, ours in zip(texts, verdicts, accepted, strict=True)
        if verdict != ours and not text.endswith((":0", ":"))
    ]
    assert [] == differing
    assert 500 < sum(accepted) < 2_900


@pytest.mark.parametrize("text", [*UNSEEN, *UNSEEN_TOO])
def test_invisible_text_is_blank(text: str) -> None:
    """A name needs at least one visible character."""
    errors = UserErrors()

    assert None is InputReader({"name": text}, errors).text("name", 100)
    assert ["REQUIRED"] == [error.code for error in errors.errors]


IGNORABLE: Final = [  # Default_Ignorable_Code_Point of Unicode 16, and characters that fonts show as nothing
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F)),
    *((0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0)),
    *((0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF), (0x2800, 0x2800)),
]


def test_characters_that_fonts_may_ignore_are_blank_and_make_no_name_different() -> None:
    """Each such character is blank. It is also refused in a line, or ignored when names are compared."""
    characters = [chr(code) for first, last in IGNORABLE for code in range(first, last + 1)]

    assert [] == [hex(ord(each)) for each in characters if not is_blank(each)]
    assert [] == [hex(ord(each)) for each in characters if is_line(each) and not re.fullmatch(INVISIBLE, each)]


@pytest.mark.parametrize("text", ["A", "北", "한", "ก", "ا", "0", "–", "😀", "a\u200b", "می‌خواهم", "e\u0301", "👩‍👩‍👧"])
def test_partly_visible_text_is_not_blank(text: str) -> None:
    """Text with a visible character is accepted, even if it also has invisible ones."""
    assert tidied(text) == InputReader({"name": text}, UserErrors()).text("name", 100)


@pytest.mark.parametrize("text", ["Cafe\u0301 Net", "Caf\u00e9\u00a0Net", "Café  Net", "\u3000Café \u2003 Net ", "Café Net"])
def test_line_is_normalized(text: str) -> None:
    """A line is stored composed, with single spaces for white space."""
    assert "Café Net" == InputReader({"name": text}, UserErrors()).text("name", 8)


def test_multiline_text_keeps_white_space() -> None:
    """Text of several lines is composed and otherwise unchanged."""
    assert "a\u00a0  b\n\n c\u00e9" == InputReader({"text": "\n a\u00a0  b\n\n ce\u0301 "}, UserErrors()).text(
        "text", 100, lines=True
    )


@given(st.text())
def test_normalization_is_idempotent(text: str) -> None:
    """Reading normalized text again changes nothing."""
    assert (tidied(text), composed(text)) == (tidied(tidied(text)), composed(composed(text)))
    assert is_blank(text) == is_blank(tidied(text)) == is_blank(composed(text))


@pytest.mark.parametrize("value", ["x" * 1000, "a b " * 1000, '"' * 1000])
def test_long_refused_value_is_cut_in_the_message(value: str) -> None:
    """The message shows only the first 200 characters of the value."""
    errors = UserErrors()

    assert None is InputReader({"market": value}, errors).choice("market", ["DE"])
    assert [f"{value[:200]}… isn't allowed here. Use one of: DE."] == [error.message for error in errors.errors]
