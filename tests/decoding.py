"""An independent parser of email headers, after RFC 5322 and RFC 2047. It is strict: an invalid header fails the test."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

MAX_LINE_LENGTH: Final = 76  # of a line with encoded words, in characters
WORD: Final = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/]*={0,2})\?=")
MAX_WORD_LENGTH: Final = 75


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    """Return the headers of a message in order, unfolded."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    assert [] == [line for line in lines if "\r" in line or "\n" in line or len(line) > MAX_LINE_LENGTH]
    found: list[tuple[str, str]] = []
    for line in lines:
        if line[0] in " \t":
            name, value = found.pop()
            found.append((name, value + line))
        else:
            name, _, value = line.partition(":")
            found.append((name, value.removeprefix(" ")))
    return found


def decoded(value: str) -> str:
    """Return the text of an unstructured header. White space between two encoded words isn't part of it."""
    if "=?" not in value:
        return value
    words = value.split(" ")
    assert [] == [word for word in words if len(word) > MAX_WORD_LENGTH]
    return "".join(_word(word) for word in words)


def _word(word: str) -> str:
    """Return the text of one encoded word. It must not split a character."""
    match = WORD.fullmatch(word)
    assert match is not None
    return b64decode(match[1], validate=True).decode()
